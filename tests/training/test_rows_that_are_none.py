"""Rows that are no sequences of one vectorizer, one-hot labels, trainings that learn nothing."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews

N_TEXTS = 120


@pytest.fixture(scope="module")
def problem():
    return make_reviews(N_TEXTS, mean_length=30, random_state=0)


@pytest.fixture(scope="module", params=[(4, 5), None], ids=["subwords", "words"])
def rows(request, problem):
    """Sequences of the default recipe, their labels and an unfitted classifier."""
    vectorizer, classifier = make_text_classifier(random_state=0)
    vectorizer.set_params(subword_range=request.param)
    return vectorizer.fit_transform(*problem), problem[1], classifier


@pytest.mark.parametrize("first", [False, True], ids=["behind", "in front"])
@pytest.mark.parametrize("name", ["text", "words"])
def test_numbers_beside_the_texts_are_refused(problem, name, first):
    texts, y = problem
    table = pd.DataFrame({"text": texts, "votes": np.arange(N_TEXTS) % 40})
    vectorizer, classifier = make_text_classifier(random_state=0)
    steps = [(name, vectorizer, "text"), ("votes", "passthrough", ["votes"])]
    columns = ColumnTransformer(steps[::-1] if first else steps)
    with pytest.raises(ValueError, match=r"columns .*StackingClassifier|divider=3"):
        make_pipeline(columns, classifier).fit(table, y)


def test_numbers_behind_the_padding_are_refused(rows):
    X, y, classifier = rows
    with pytest.raises(
        ValueError, match=r"words, padding and words again: .* numbers, train another model"
    ):
        classifier.fit(np.column_stack([X, np.full(len(X), 7)]), y)


@pytest.mark.parametrize("maxlen", [20, 60])
def test_columns_of_two_vectorizers_are_refused(problem, maxlen):
    texts, y = problem  # Few of them are shorter than 20 words.
    X = SequenceVectorizer(maxlen=maxlen).fit_transform(texts)
    with pytest.raises(ValueError, match=r"words, padding and words again: .* of one Sequence"):
        EmbeddingAverageClassifier(epochs=1).fit(np.column_stack([X, X]), y)


@pytest.mark.parametrize("binary", [False, True])
def test_counts_of_words_are_taken_with_a_warning(problem, binary):
    texts, y = problem
    X = CountVectorizer(binary=binary).fit_transform(texts).toarray()
    with pytest.warns(UserWarning, match="stand alone between zeros, as counts of words"):
        EmbeddingAverageClassifier(epochs=1).fit(X, y)


def test_rows_of_padding_alone_are_taken_with_a_warning():
    texts, y = ["the film", "the cast"] * 20, [0, 1] * 20
    vectorizer = SequenceVectorizer(vocabulary=["a film"], start_char=None, oov_char=None)
    with pytest.warns(UserWarning, match="X is padding alone, .* know no word of the texts"):
        make_pipeline(vectorizer, EmbeddingAverageClassifier(epochs=1)).fit(texts, y)


def test_words_that_are_numbered_from_zero_are_sequences():
    rng = np.random.RandomState(0)
    X = rng.zipf(1.3, (60, 40)).clip(max=300) - 1  # Two of five words are the first one.
    EmbeddingAverageClassifier(epochs=1).fit(X, np.arange(60) % 2)


def test_rows_padded_at_either_end_are_refused(rows):
    X, y, classifier = rows
    mixed = X.copy()
    mixed[0] = np.roll(mixed[0], np.count_nonzero(mixed[0] == 0))
    with pytest.raises(ValueError, match="Row 0 of X has padding before its words, and other rows"):
        classifier.fit(mixed, y)


@pytest.mark.parametrize("share_made", [0.1, 0.9])
def test_rows_between_rows_with_subwords_are_refused(problem, share_made):
    texts, y = problem
    vectorizer, classifier = make_text_classifier(random_state=0)
    X = vectorizer.fit_transform(texts, y)
    rng = np.random.RandomState(0)
    first, second = rng.randint(N_TEXTS, size=(2, int(N_TEXTS * share_made / (1 - share_made))))
    between = (X[first] + (X[second] - X[first]) * 0.4).astype(np.int32)
    with pytest.raises(ValueError, match=r"divider=3 .* SMOTE|padding"):
        classifier.fit(np.concatenate([X, between]), np.append(y, y[first]))


def test_repeated_rows_and_empty_ones_are_sequences(rows):
    X, y, classifier = rows
    empty = np.zeros_like(X[:2])
    classifier.fit(np.concatenate([X, X[:40], empty]), np.concatenate([y, y[:40], [0, 1]]))


def test_padding_before_all_words_is_as_good(problem):
    texts, y = problem
    pipeline = make_text_classifier(random_state=0).set_params(vectorizer__padding="pre")
    pipeline.fit(texts, y)


def test_a_word_that_has_the_dividers_index_is_refused(problem):
    texts, y = problem
    vectorizer = SequenceVectorizer(index_from=2, oov_char=None, maxlen=60)
    X = vectorizer.fit_transform(texts)
    evidence = EmbeddingAverageClassifier(pooling="evidence", hidden_units=0, divider=3)
    with pytest.raises(ValueError, match=r"divider=3 .*index_from .* less than 3, set divider"):
        evidence.fit(X, y)
    evidence.set_params(divider=None, epochs=2).fit(X, y)
    with pytest.raises(ValueError, match="divider=3 is for pooling='evidence'"):
        EmbeddingAverageClassifier(divider=3).fit(np.where(X == 3, 2, X), y)


# -- labels -----------------------------------------------------------------------------------


def one_hot(y):
    return np.eye(3)[y]


def dummies(y):
    return pd.get_dummies(pd.Series(y).map(dict(enumerate("abc"))))


@pytest.mark.parametrize("make", [one_hot, dummies])
def test_one_hot_labels_warn(make):
    texts, y = make_reviews(90, n_classes=3, mean_length=20, random_state=0)
    with pytest.warns(
        UserWarning, match=r"y.argmax\(axis=1\), or y.idxmax\(axis=1\) for a DataFrame"
    ):
        make_text_classifier(random_state=0).fit(texts, make(y))


def test_labels_of_which_some_rows_have_two_or_none_do_not_warn():
    texts, y = make_reviews(90, n_classes=3, mean_length=20, random_state=0)
    for value in (0, 1):
        several = np.eye(3, dtype=int)[y]
        several[::10] = value
        make_text_classifier(random_state=0).fit(texts, several)  # Warnings are errors.


# -- early stopping ---------------------------------------------------------------------------


def test_early_stopping_before_anything_is_learned_warns():
    texts, y = make_reviews(400, mean_length=15, random_state=1)
    with pytest.warns(
        ConvergenceWarning, match=r"before the network learned much.*classifier__pooling"
    ):
        pipeline = make_text_classifier("tutorial", random_state=1).fit(texts, y)
    assert pipeline.score(texts, y) == 0.5


def test_early_stopping_of_a_training_that_learned_does_not_warn():
    texts, y = make_reviews(400, mean_length=15, random_state=0)
    pipeline = make_text_classifier("tutorial", random_state=0)
    pipeline.set_params(classifier__pooling="masked_mean", classifier__learning_rate=0.01)
    assert pipeline.fit(texts, y)[1].n_iter_ < 40


def test_few_rows_of_a_class_are_no_false_alarm():
    texts, y = make_reviews(1500, mean_length=15, random_state=0)
    rows = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:40]])
    pipeline = make_text_classifier("tutorial", random_state=0)
    pipeline.set_params(classifier__pooling="masked_mean", classifier__learning_rate=0.01)
    pipeline.fit([texts[row] for row in rows], y[rows])
