"""Sequences of another vocabulary, and of several: the network would read other words."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, make_pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews

# -- which vocabulary numbered some sequences ---------------------------------------------------


def is_warned_of(trained_on, X):
    """Whether a classifier trained on sequences warns of others."""
    classifier = EmbeddingAverageClassifier(epochs=1).fit(trained_on, [0, 1])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        classifier.predict(X)
    return any("numbered by another vocabulary" in str(one.message) for one in caught)


def test_sequences_know_the_vocabulary_they_are_numbered_by():
    vectorizer = SequenceVectorizer()
    fitted = vectorizer.fit_transform(["a b", "a"])
    X = vectorizer.transform(["a", "b"])
    loaded = pickle.loads(pickle.dumps(vectorizer)).transform(["b"])
    for same in (X, X[:1], X[::-1], np.asarray(X), loaded):
        assert not is_warned_of(fitted, same)
    other = SequenceVectorizer().fit_transform(["b", "c"])
    assert is_warned_of(fitted, other)
    assert not is_warned_of(fitted, other.copy())
    assert not is_warned_of(fitted, SequenceVectorizer().fit_transform([[4, 5]]))


@pytest.mark.parametrize("other", [["b b a", "a"], ["a b", "c"]])
def test_another_order_or_another_word_is_another_numbering(other):
    X, other = (SequenceVectorizer().fit_transform(texts) for texts in (["a a b", "a"], other))
    assert is_warned_of(X, other)


def test_another_offset_is_another_numbering():
    vectorizer = SequenceVectorizer()
    X = vectorizer.fit_transform(["a", "b"])
    assert is_warned_of(X, vectorizer.set_params(index_from=9).transform(["a"]))


def test_sequences_of_another_vectorizer_keep_their_numbering():
    texts, others = ["a b", "a"], ["b", "c"]
    made_elsewhere = SequenceVectorizer().fit_transform(others)
    vectorizer = SequenceVectorizer().fit(texts)
    assert is_warned_of(vectorizer.transform(texts), vectorizer.transform(made_elsewhere))
    assert is_warned_of(
        SequenceVectorizer().fit_transform(made_elsewhere), vectorizer.transform(texts)
    )
    assert not is_warned_of(
        vectorizer.transform(texts), vectorizer.transform(vectorizer.transform(texts))
    )


# -- going on, and predicting -------------------------------------------------------------------


@pytest.fixture(scope="module")
def texts_and_labels():
    return make_reviews(240, random_state=0)


@pytest.fixture
def pipeline(texts_and_labels):
    classifier = EmbeddingAverageClassifier(
        epochs=2, batch_size=16, warm_start=True, random_state=0
    )
    return make_pipeline(SequenceVectorizer(), classifier).fit(*texts_and_labels)


def test_a_warm_start_refuses_a_vectorizer_that_was_fitted_to_other_texts(
    pipeline, texts_and_labels
):
    texts, y = texts_and_labels
    weights = pipeline[-1].embedding_
    with pytest.raises(ValueError, match=r"X is numbered by another .*FrozenEstimator") as raised:
        pipeline.fit(texts[:20], y[:20])
    assert "fit the Pipeline again before you predict" in raised.value.__notes__[1]
    assert pipeline[-1].embedding_ is weights
    with pytest.warns(UserWarning, match="predictions and explanations mean nothing"):
        pipeline.predict(texts[:2])


def test_a_warm_start_refuses_other_words_also_in_rows_of_another_length(
    pipeline, texts_and_labels
):
    texts, y = texts_and_labels
    pipeline[0].set_params(maxlen=None)
    with pytest.raises(ValueError, match=r"X is numbered by another .*FrozenEstimator"):
        pipeline.fit(texts[:20], y[:20])


def test_a_warm_start_goes_on_with_the_same_texts_and_behind_a_frozen_vectorizer(
    pipeline, texts_and_labels
):
    texts, y = texts_and_labels
    pipeline.fit(texts, y)
    frozen = make_pipeline(FrozenEstimator(pipeline[0]), pipeline[-1]).fit(texts[:20], y[:20])
    assert frozen.predict(texts[:2]).shape == (2,)


def test_an_error_in_the_classifiers_part_says_so(pipeline, texts_and_labels):
    texts, y = texts_and_labels
    pipeline[-1].set_params(warm_start=False, learning_rate=1e39)
    with pytest.raises(ValueError, match="not finite") as raised:
        pipeline.fit(texts[:20], y[:20])
    assert "fit the Pipeline again" in raised.value.__notes__[-1]
    with pytest.warns(UserWarning, match="numbered by another vocabulary"):
        pickle.loads(pickle.dumps(pipeline)).predict_proba(texts[:2])


def test_a_chunk_of_another_numbering_is_refused(texts_and_labels):
    texts, y = texts_and_labels
    vectorizer = SequenceVectorizer().partial_fit(texts[:100])
    classifier = EmbeddingAverageClassifier().partial_fit(
        vectorizer.transform(texts[:100]), y[:100], classes=[0, 1]
    )
    vectorizer.partial_fit(texts[100:])
    with pytest.raises(
        ValueError, match=r"X is numbered by another .*\. Fit the vectorizer only once"
    ):
        classifier.partial_fit(vectorizer.transform(texts[100:]), y[100:])


def test_validation_rows_of_another_numbering_are_refused(texts_and_labels):
    texts, y = texts_and_labels
    X, X_val = (SequenceVectorizer().fit_transform(part) for part in (texts[:200], texts[200:]))
    with pytest.raises(ValueError, match="X_val is numbered by another vocabulary"):
        EmbeddingAverageClassifier(epochs=1).fit(X, y[:200], X_val=X_val, y_val=y[200:])


# -- several sequences in a row -----------------------------------------------------------------

TABLE = pd.DataFrame(
    {"title": ["yes", "no"] * 20, "body": ["a cat", "dog"] * 20, "stars": [5, 1] * 20}
)
Y = [1, 0] * 20


def columns(*others, vectorizer=None):
    vectorizer = vectorizer or SequenceVectorizer(maxlen=4)
    return ColumnTransformer([("title", vectorizer, "title"), *others])


@pytest.mark.parametrize("output", ["default", "pandas"])
@pytest.mark.parametrize(
    "other",
    [("body", SequenceVectorizer(maxlen=4), "body"), ("stars", "passthrough", ["stars"])],
    ids=["two texts", "text and number"],
)
def test_a_row_with_columns_of_several_transformers_is_refused(output, other):
    together = columns(other).set_output(transform=output)
    with pytest.raises(ValueError, match=r"columns .*Join the texts"):
        make_pipeline(together, EmbeddingAverageClassifier(epochs=1)).fit(TABLE, Y)


def test_two_vectorizers_of_the_default_preset_are_refused():
    vectorizer, classifier = (step for _, step in make_text_classifier().steps)
    body = ("body", vectorizer, "body")
    with pytest.raises(ValueError, match="divider=3"):
        make_pipeline(columns(body, vectorizer=vectorizer), classifier).fit(TABLE, Y)


def test_a_union_of_vectorizers_is_refused():
    union = FeatureUnion([(name, SequenceVectorizer(maxlen=6)) for name in "ab"])
    with pytest.raises(ValueError, match="words, padding and words again"):
        make_pipeline(union, EmbeddingAverageClassifier(epochs=1)).fit(TABLE["title"], Y)


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_one_column_of_a_table_is_a_sequence(output):
    one = columns().set_output(transform=output)
    classifier = EmbeddingAverageClassifier(epochs=30, batch_size=8, learning_rate=0.1)
    assert make_pipeline(one, classifier).fit(TABLE, Y).score(TABLE, Y) == 1


def test_words_that_are_numbered_from_0_are_no_sign_of_several_sequences():
    X = np.array([[1, 0, 5, 2], [3, 1, 0, 4], [2, 2, 0, 1], [5, 0, 0, 1]])
    EmbeddingAverageClassifier(epochs=1).fit(X, [0, 1, 0, 1])
