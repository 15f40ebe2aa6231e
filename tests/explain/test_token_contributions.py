"""Contributions add up and are those of the right tokens; neighbours; clear errors."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_imdb import SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.inspection import class_words, explain_html, nearest_words, token_contributions

TEXT = "A superb film, a SUPERB cast; the plot xyzzy is dull"


@pytest.fixture(scope="session")
def fitted(reviews, quick):
    """Make a pipeline fitted to the generated reviews; `maxlen` and the like by `vectorizer`."""

    def make(vectorizer=None, reviews=reviews, **parameters):
        vectorizer = SequenceVectorizer(**{"maxlen": 80, **(vectorizer or {})})
        return make_pipeline(vectorizer, quick(**parameters)).fit(*reviews)

    return make


@pytest.fixture(scope="module")
def pipeline(fitted):
    return fitted()


def with_kinks(pipeline, seed=0):
    """Give the network weights with which about half of the units switch on the way."""
    rng = np.random.RandomState(seed)
    classifier = pipeline[-1]
    classifier.embedding_ = rng.normal(size=classifier.embedding_.shape).astype(np.float32)
    for kernel, bias in zip(classifier.coefs_, classifier.intercepts_, strict=True):
        kernel[:] = rng.normal(size=kernel.shape)
        bias[:] = rng.normal(scale=0.3, size=bias.shape)
    return pipeline


# -- contributions ----------------------------------------------------------------------------


@pytest.mark.parametrize("hidden_units", [0, 16])
@pytest.mark.parametrize("pooling", ["mean", "masked_mean"])
@pytest.mark.parametrize(
    "vectorizer",
    [
        {},
        {"maxlen": 8},
        {"maxlen": 8, "truncating": "post", "padding": "pre", "start_char": None},
        {"binary": True},
        {"oov_char": None},
        {"num_words": 40, "token_pattern": r"\w+"},
    ],
)
def test_contributions_add_up_to_the_logit_less_its_baseline(
    fitted, vectorizer, pooling, hidden_units
):
    pipeline = fitted(vectorizer, pooling=pooling, hidden_units=hidden_units, epochs=1)
    pipeline = with_kinks(pipeline)
    texts = [*make_reviews(20, mean_length=60, random_state=1)[0], TEXT, "xyzzy", ""]
    explained = token_contributions(pipeline, texts)
    padding = np.zeros((1, pipeline[0].maxlen), dtype=np.int32)
    # Which adds up a document's embeddings in float32.
    expected = partial(pytest.approx, rel=1e-5, abs=1e-5)
    for row, logit in zip(explained, pipeline.decision_function(texts), strict=True):
        assert row.contributions.sum() == pytest.approx(row.logit - row.baseline, abs=1e-6)
        assert row.logit == expected(logit)
        assert row.baseline == expected(pipeline[-1].decision_function(padding)[0])
        assert len(row.tokens) == len(row.contributions)


def test_of_a_linear_network_they_are_exact(fitted):
    pipeline = fitted(hidden_units=0)
    embedding, [kernel] = pipeline[-1].embedding_, pipeline[-1].coefs_
    [explained] = token_contributions(pipeline, ["the superb plot"])
    assert explained.tokens == ["<START>", "the", "superb", "plot"]
    indices = pipeline[0].transform(["the superb plot"])[0, :4]
    expected = (embedding[indices] - embedding[0]) @ kernel[:, 0] / 80
    assert_allclose(explained.contributions, expected, atol=1e-7)


def test_with_a_hidden_layer_they_are_integrated_gradients(fitted):
    """The closed form, against 20,000 steps along the path."""
    pipeline = with_kinks(fitted({"maxlen": 12}, epochs=1))
    X = pipeline[0].transform([TEXT])
    embedding = pipeline[-1].embedding_.astype(float)
    (hidden, output), (bias, _) = pipeline[-1].coefs_, pipeline[-1].intercepts_
    start, end = embedding[0], embedding[X[0]].mean(axis=0)
    path = start + (np.arange(20_000)[:, np.newaxis] + 0.5) / 20_000 * (end - start)
    is_on = path @ hidden + bias > 0
    assert np.count_nonzero(is_on.any(axis=0) & ~is_on.all(axis=0)) > 0  # There are kinks.
    slope = (is_on * output[:, 0]).mean(axis=0) @ hidden.T
    n_tokens = np.count_nonzero(X)
    expected = (embedding[X[0, :n_tokens]] - start) @ slope / 12
    [explained] = token_contributions(pipeline, [TEXT])
    assert_allclose(explained.contributions, expected, atol=1e-3)


def test_occurrences_of_a_word_contribute_alike(pipeline):
    [explained] = token_contributions(pipeline, [TEXT])
    first, second = (i for i, token in enumerate(explained.tokens) if token == "superb")
    assert explained.contributions[first] == explained.contributions[second] > 0
    assert explained.tokens[9] == "<UNK>"  # xyzzy


def test_tokens_cut_off_are_not_among_them(fitted):
    pipeline = fitted({"maxlen": 3})
    [explained] = token_contributions(pipeline, ["superb plot is dull here"])
    assert explained.tokens == ["is", "dull", "<UNK>"]


def test_the_other_class_of_two_has_the_opposite_sign(pipeline):
    [one] = token_contributions(pipeline, [TEXT])
    [other] = token_contributions(pipeline, [TEXT], label=0)
    assert (one.label, other.label) == (1, 0)
    assert_array_equal(other.contributions, -one.contributions)
    assert (other.logit, other.baseline) == (-one.logit, -one.baseline)


def test_of_more_classes_the_predicted_one_is_explained(fitted):
    texts, y = make_reviews(600, n_classes=3, mean_length=60, random_state=0)
    pipeline = fitted(reviews=(texts, np.array(["bad", "fair", "good"])[y]))
    explained = token_contributions(pipeline, texts[:20])
    logits = pipeline.decision_function(texts[:20])
    assert [row.label for row in explained] == pipeline.predict(texts[:20]).tolist()
    assert_allclose([row.logit for row in explained], logits.max(axis=1), atol=1e-5)
    chosen = token_contributions(pipeline, texts[:20], label="fair")
    for row, logit in zip(chosen, logits[:, 1], strict=True):
        assert row.label == "fair"
        assert row.baseline + row.contributions.sum() == pytest.approx(logit, abs=1e-5)


def test_index_lists_are_explained_in_words(pipeline):
    [indices] = pipeline[0].transform([TEXT])
    [of_text], [of_indices] = (
        token_contributions(pipeline, [document]) for document in (TEXT, indices[:12])
    )
    assert of_indices.tokens == of_text.tokens
    assert_array_equal(of_indices.contributions, of_text.contributions)


def test_a_pipeline_that_puts_out_tables_is_explained_alike(pipeline, reviews):
    in_tables = (
        make_text_classifier("tutorial", random_state=0)
        .set_output(transform="pandas")
        .fit(*reviews)
    )
    plain = make_text_classifier("tutorial", random_state=0).fit(*reviews)
    [of_table], [of_array] = (token_contributions(p, [TEXT]) for p in (in_tables, plain))
    assert_array_equal(of_table.contributions, of_array.contributions)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"start_char": None},
        {"oov_char": None},
        {"start_char": 7, "oov_char": 9},
        {"index_from": 0},
        {"vocabulary": {"b": 2, "a": 1}},
    ],
)
@pytest.mark.filterwarnings("ignore:oov_char=2 is also the index of a word")
def test_tokens_are_named_as_inverse_transform_names_them(quick, parameters):
    gaps = {"vocabulary": {"b": 5, "a": 2, "c d": 8}, "maxlen": 19}
    vectorizer = SequenceVectorizer(**gaps | parameters)
    indices = list(range(1, 20))
    pipeline = make_pipeline(vectorizer, quick(epochs=1, pooling="masked_mean"))
    pipeline.fit([indices, indices[::-1]] * 5, [0, 1] * 5)
    [explained] = token_contributions(pipeline, [indices])
    assert explained.tokens == vectorizer.inverse_transform([[index] for index in indices])


@pytest.mark.parametrize(
    "ask",
    [
        lambda pipeline: token_contributions(pipeline, [[1, 4, 5]]),
        lambda pipeline: nearest_words(pipeline, "film"),
        class_words,
    ],
)
def test_without_a_vocabulary_there_is_nothing_to_explain_by(quick, ask):
    lists = [[1, 4, 5], [1, 6, 7]] * 10
    pipeline = make_pipeline(SequenceVectorizer(maxlen=4), quick(epochs=1)).fit(lists, [0, 1] * 10)
    with pytest.raises(
        ValueError, match=r"knows no words\. .* fitted on lists of word indices\. Fit it on texts"
    ):
        ask(pipeline)


# -- neighbours -------------------------------------------------------------------------------


def test_the_nearest_words_are_those_of_the_largest_cosine(pipeline):
    vocabulary, embedding = pipeline[0].vocabulary_, pipeline[-1].embedding_
    neighbours = nearest_words(pipeline, "superb", n=5)
    directions = embedding / np.linalg.norm(embedding, axis=1, keepdims=True)
    cosines = {
        word: directions[rank + 3] @ directions[vocabulary["superb"] + 3]
        for word, rank in vocabulary.items()
        if word != "superb"
    }
    expected = sorted(cosines, key=cosines.get, reverse=True)[:5]
    assert [word for word, _ in neighbours] == expected
    assert_allclose([cosine for _, cosine in neighbours], [cosines[w] for w in expected], rtol=1e-5)
    assert len(nearest_words(pipeline, "superb", n=10**6)) == len(vocabulary) - 1


@pytest.mark.parametrize(
    ("word", "n", "message"),
    [
        ("xyzzy", 1, r"word='xyzzy' is not known to the network: choose one of the \d+ words"),
        ("Superb", 1, r"word='Superb' is not known to the network: did you mean 'superb'\?"),
        ("superb", 0, "n must be a positive integer, got 0"),
        ("superb", 2.0, r"n must be a positive integer, got 2\.0"),
    ],
)
def test_words_that_have_no_neighbours_are_refused(pipeline, word, n, message):
    with pytest.raises(ValueError, match=message):
        nearest_words(pipeline, word, n)


@pytest.mark.parametrize("word", [None, ["superb"], 3])
def test_a_word_is_a_str(pipeline, word):
    with pytest.raises(TypeError, match="word must be a str, got"):
        nearest_words(pipeline, word)


def test_a_word_without_an_embedding_of_its_own_is_unknown(fitted, reviews):
    """Where `input_dim` leaves it out: it counts as the unknown word in predictions."""
    pipeline = fitted()
    pipeline[-1].embedding_ = pipeline[-1].embedding_[:10]
    word = next(word for word, rank in pipeline[0].vocabulary_.items() if rank == 7)
    with pytest.raises(ValueError, match=r"is not known to the network: choose one of the 6 words"):
        nearest_words(pipeline, word)


# -- errors -----------------------------------------------------------------------------------


def test_what_is_no_such_pipeline_is_named(reviews, pipeline):
    texts, y = reviews
    with pytest.raises(NotFittedError):
        token_contributions(make_text_classifier("tutorial"), ["a"])
    dummy = make_pipeline(SequenceVectorizer(), DummyClassifier()).fit(texts, y)
    for wrong, got in (
        (dummy, "Pipeline of SequenceVectorizer, DummyClassifier"),
        (pipeline[-1], "EmbeddingAverageClassifier"),
        (GridSearchCV(pipeline, {}, cv=2).fit(texts, y), "GridSearchCV: pass its best_estimator_"),
    ):
        with pytest.raises(TypeError, match=rf"pipeline must be a Pipeline .* got {got}\."):
            token_contributions(wrong, ["a"])


def test_a_label_that_is_no_class_is_named(pipeline):
    with pytest.raises(ValueError, match=r"label='good' is none of the classes \[0, 1\]"):
        token_contributions(pipeline, ["a"], label="good")


def test_a_bare_text_is_refused_as_everywhere(pipeline):
    with pytest.raises(ValueError, match=r"Pass a list, \[text\]"):
        token_contributions(pipeline, "superb")


def test_with_weights_words_near_speak_for_the_same_class():
    texts, y = make_reviews(2000, random_state=0)
    pipeline = make_text_classifier("ngram", random_state=0).fit(texts, y)
    weights = pipeline["classifier"].token_weights_
    index_of = {word: rank + 3 for word, rank in pipeline["vectorizer"].vocabulary_.items()}
    for word in ("superb", "dull"):
        near = [other for other, _ in nearest_words(pipeline, word, n=20)]
        signs = np.sign([weights[index_of[other]] for other in near])
        assert np.mean(signs == np.sign(weights[index_of[word]])) > 0.9


@pytest.mark.parametrize("target_names", [{0: "bad", 1: "good"}, {"bad", "good"}, 3])
def test_names_of_classes_have_an_order(target_names):
    pipeline = make_text_classifier("tutorial", random_state=0).fit(
        *make_reviews(200, random_state=0)
    )
    with pytest.raises(
        TypeError, match="target_names must be a list in the order of classes_, got"
    ):
        explain_html(pipeline, "superb", target_names=target_names)
