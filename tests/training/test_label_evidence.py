"""Labels pooled apart: each weighs words by its own evidence, in dimensions of its own."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.pipeline import make_pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
from sklearn_imdb._class_evidence import ClassCounts, label_evidence
from sklearn_imdb._convention import DIVIDER
from sklearn_imdb._training.network import Network, draw_weights
from sklearn_imdb._training.pooling import LabelEvidence
from sklearn_imdb.inspection import class_words, nearest_words, token_contributions

N_LABELS, EMBEDDING_DIM = 3, 7


@pytest.fixture
def network():
    """Ten word indices, of which the third label has no evidence of two."""
    weights = np.random.RandomState(0).uniform(0.2, 2, (10, N_LABELS)).astype(np.float32)
    weights[4:6, 2] = 0
    pooling = LabelEvidence(DIVIDER, weights)
    return Network(10, EMBEDDING_DIM, 0, N_LABELS, several=True, pooling=pooling)


def word_shares(X, network):
    return network.pooling.shares(X, network.input_dim)


X = np.array(
    [
        [4, 5, 5, DIVIDER, 8, 9],
        [6, 6, 6, DIVIDER, 0, 0],
        [5, 7, 4, DIVIDER, 9, 9],
        [4, 5, DIVIDER, 0, 0, 0],
        [DIVIDER, 0, 0, 0, 0, 0],
    ]
)


def by_hand(network, row, dimension):
    """The share of each word index of a row in a dimension."""
    shares = np.zeros(network.input_dim)
    label = dimension % N_LABELS
    divider = row.tolist().index(DIVIDER)
    for part, square in ((row[:divider], 0.6), (row[divider + 1 :], 0.4)):
        words, counts = np.unique(part[part > 0], return_counts=True)
        of_words = network.pooling.token_weights[words, label].astype(float) * (1 + np.log(counts))
        length = np.linalg.norm(of_words)
        shares[words] += of_words * (5 * np.sqrt(square) / length if length else 0)
    return shares


def expected_vectors(network, embedding):
    return np.array(
        [[by_hand(network, row, d) @ embedding[:, d] for d in range(EMBEDDING_DIM)] for row in X]
    )


# -- evidence -----------------------------------------------------------------------------------


def evidence_of(frequency, sizes):
    return label_evidence(ClassCounts(csr_matrix(frequency), np.array(sizes), len(sizes) - 1))


def test_the_evidence_of_a_label_is_how_far_its_log_odds_are_off():
    evidence = evidence_of([[3, 1, 4], [0, 0, 0]], [10, 5, 20])
    shares = np.array([(3 + 96 * 0.5) / 100, (1 + 96 * 0.25) / 100])
    expected = np.log(shares / (1 - shares)) - np.log([1, 1 / 3])
    assert_allclose(evidence, [np.abs(expected), [0, 0]], atol=1e-7)
    assert evidence.dtype == np.float32


def test_a_label_of_all_rows_or_of_none_has_no_say():
    evidence = evidence_of([[2, 0, 1, 2], [0, 0, 0, 0]], [8, 0, 4, 8])
    assert_array_equal(evidence[:, :2], [[1, 1], [0, 0]])
    assert evidence[0, 2] == 0  # As often as usual.


# -- shares -------------------------------------------------------------------------------------


def test_vectors_are_the_sums_by_hand(network):
    embedding = np.random.RandomState(1).normal(size=(10, EMBEDDING_DIM)).astype(np.float32)
    shares = word_shares(X, network)
    assert shares.shape == (5, 10)
    assert_allclose(shares @ embedding, expected_vectors(network, embedding), atol=1e-5)
    assert_allclose(shares[np.array([3, 0])] @ embedding, (shares @ embedding)[[3, 0]], atol=1e-6)
    [alone] = word_shares(X[:1], network) @ embedding
    assert_allclose(alone, (shares @ embedding)[0], atol=1e-6)


def test_blocks_of_rows_make_the_same_shares(network, monkeypatch):
    embedding = np.random.RandomState(1).normal(size=(10, EMBEDDING_DIM)).astype(np.float32)
    whole = word_shares(X, network) @ embedding
    monkeypatch.setattr("sklearn_imdb._training.sequences.ROWS_AT_ONCE", 2)
    assert_array_equal(word_shares(X, network) @ embedding, whole)


def test_the_length_of_shares_is_the_mean_of_labels_and_rows(network):
    sums = [by_hand(network, row, label).sum() for row in X for label in range(N_LABELS)]
    assert network.pooling.mean_length(X, network.input_dim) == pytest.approx(
        np.mean(sums), rel=1e-6
    )


@pytest.mark.parametrize("hidden_units", [0, 4])
def test_the_gradient_is_that_of_differences(network, hidden_units, check_gradients):
    network = replace(network, hidden_units=hidden_units, label_smoothing=0.1)
    rng = np.random.RandomState(2)
    weights = [rng.normal(size=shape) for shape in network.shapes]
    y = rng.randint(2, size=(len(X), N_LABELS))
    shares = word_shares(X, network)
    shares = replace(shares, counts=shares.counts.astype(float), scales=shares.scales.astype(float))
    check_gradients(network, weights, shares, y)


# -- the network --------------------------------------------------------------------------------


def test_a_label_starts_from_its_own_dimensions(network):
    _, kernel, _ = draw_weights(network, np.random.RandomState(0))
    own = np.arange(EMBEDDING_DIM)[:, np.newaxis] % N_LABELS == np.arange(N_LABELS)
    assert_array_equal(kernel != 0, own)
    assert np.abs(kernel).max() <= np.sqrt(6 / (7 / 3 + 1))


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
