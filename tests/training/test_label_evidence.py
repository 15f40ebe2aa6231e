"""Labels pooled apart: each weighs words by its own evidence, in dimensions of its own."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
from sklearn_imdb.inspection import class_words, nearest_words, token_contributions

DIVIDER = 3
X = np.array(
    [
        [4, 5, 5, DIVIDER, 8, 9],
        [6, 6, 6, DIVIDER, 0, 0],
        [5, 7, 4, DIVIDER, 9, 9],
        [4, 5, DIVIDER, 0, 0, 0],
        [DIVIDER, 0, 0, 0, 0, 0],
    ]
)
Y = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 0], [1, 0, 0]])


def make_classifier(**parameters):
    return EmbeddingAverageClassifier(
        **{"pooling": "evidence", "hidden_units": 0, "epochs": 1, "random_state": 0, **parameters}
    )


# -- evidence -----------------------------------------------------------------------------------


def test_the_evidence_of_a_label_is_how_far_its_log_odds_are_off():
    rows, Y = np.arange(20), np.zeros((20, 2), int)
    Y[np.r_[0:3, 4:11], 0] = 1  # Three of the ten documents of this label have the term,
    Y[np.r_[3, 11:15], 1] = 1  # and one of the five of this one.
    X = np.where(rows[:, np.newaxis] < 4, 4, 0)
    evidence = make_classifier(input_dim=6).fit(X, Y).token_weights_
    shares = np.array([(3 + 96 * 0.5) / 100, (1 + 96 * 0.25) / 100])
    expected = np.log(shares / (1 - shares)) - np.log([1, 1 / 3])
    assert_allclose(evidence[4:], [np.abs(expected), [0, 0]], atol=1e-7)
    assert evidence.dtype == np.float32


def test_a_label_of_all_rows_or_of_none_has_no_say():
    Y = np.array([[1, 0, number % 2] for number in range(8)])
    X = np.where(np.arange(8)[:, np.newaxis] < 2, 4, 0)  # A row with the third label, one without.
    evidence = make_classifier(input_dim=6).partial_fit(X, Y, classes=range(3)).token_weights_
    assert_array_equal(evidence[4:, :2], [[1, 1], [0, 0]])
    assert evidence[4, 2] == 0  # As often as usual.


# -- shares -------------------------------------------------------------------------------------


def by_hand(classifier, row, dimension):
    """The share of each word index of a row in a dimension."""
    weights = classifier.token_weights_.astype(float)
    shares = np.zeros(len(weights))
    divider = row.tolist().index(DIVIDER)
    for part, square in ((row[:divider], 0.6), (row[divider + 1 :], 0.4)):
        words, counts = np.unique(part[part > 0], return_counts=True)
        of_words = weights[words, dimension % weights.shape[1]] * (1 + np.log(counts))
        length = np.linalg.norm(of_words)
        shares[words] += of_words * (5 * np.sqrt(square) / length if length else 0)
    return shares


def test_vectors_are_the_sums_by_hand():
    classifier = make_classifier(divider=DIVIDER, embedding_dim=7).fit(X, Y)
    embedding = classifier.embedding_
    expected = [[by_hand(classifier, row, d) @ embedding[:, d] for d in range(7)] for row in X]
    assert_allclose(classifier.transform(X), expected, atol=1e-6)
    assert_allclose(classifier.transform(X[[3, 0]]), np.array(expected)[[3, 0]], atol=1e-6)
    assert_allclose(classifier.transform(X[:1]), expected[:1], atol=1e-6)


def test_an_automatic_rate_goes_with_the_length_of_shares_over_labels_and_rows():
    classifier = make_classifier(divider=DIVIDER, embedding_dim=7, learning_rate="auto").fit(X, Y)
    sums = [by_hand(classifier, row, label).sum() for row in X for label in range(3)]
    assert classifier.learning_rate_ == pytest.approx(0.03 * np.sqrt(3) / np.mean(sums), rel=1e-5)


# -- the network --------------------------------------------------------------------------------


def learned(**parameters):
    """A pipeline on texts of two themes, which may come together."""
    rng = np.random.RandomState(0)
    Y = rng.randint(2, size=(300, 2))
    words = np.array([["the", "film"], ["war", "soldier"], ["love", "wedding"]])
    texts = [
        " ".join(word for of in words[[True, *row.astype(bool)]] for word in rng.permutation(of))
        for row in Y
    ]
    classifier = EmbeddingAverageClassifier(
        pooling="evidence", epochs=10, batch_size=16, learning_rate=0.01, random_state=0,
        **{"hidden_units": 0, **parameters},
    )  # fmt: skip
    vectorizer = SequenceVectorizer(maxlen=8, start_char=None, oov_char=None)
    return make_pipeline(vectorizer, classifier).fit(texts, Y), texts


def test_each_label_has_weights_of_its_own():
    pipeline, _ = learned(embedding_dim=5)
    weights = pipeline[1].token_weights_
    index = pipeline[0].vocabulary_["war"] + pipeline[0].index_from
    assert weights.shape == (pipeline[1].embedding_.shape[0], 2)
    assert weights[index, 0] > 3 * weights[index, 1]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "parameters", [{"embedding_dim": 1}, {"initial_embedding": np.full((10, 4), 0.01)}]
)
def test_labels_share_weights_where_they_cannot_have_dimensions_of_their_own(parameters):
    parameters = {"embedding_dim": "auto", "hidden_units": 4, **parameters}
    pipeline, _ = learned(**parameters)
    assert pipeline[1].token_weights_.ndim == 1


@pytest.mark.parametrize("hidden_units", [0, 4])
def test_contributions_add_up_to_the_logit(hidden_units):
    pipeline, texts = learned(hidden_units=hidden_units)
    for label in range(2):
        for explained in token_contributions(pipeline, texts[:5], label=label):
            assert explained.contributions.sum() == pytest.approx(
                explained.logit - explained.baseline, abs=1e-5
            )
    logits = [explained.logit for explained in token_contributions(pipeline, texts[:5], label=1)]
    assert_allclose(logits, pipeline.decision_function(texts[:5])[:, 1], atol=1e-5)


def test_words_of_a_label_are_scored_by_its_own_weights():
    pipeline, _ = learned()
    words = class_words(pipeline, n=2, label=1)
    assert set(words.word) == {"love", "wedding"}
    classifier = pipeline[1]
    indices = [pipeline[0].vocabulary_[word] + pipeline[0].index_from for word in words.word]
    by_dimension = classifier.token_weights_[indices][:, np.arange(16) % 2]
    expected = (classifier.embedding_[indices] * by_dimension) @ classifier.coefs_[0][:, 1]
    assert_allclose(words.score, expected, rtol=1e-5)


def test_words_of_the_same_label_are_near():
    pipeline, _ = learned()
    [(nearest, _)] = nearest_words(pipeline, "war", n=1)
    assert nearest == "soldier"
