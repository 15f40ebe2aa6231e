"""Class evidence: what a term tells of the classes, to rank by and to weigh by."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from scipy.special import expit, logit

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb._class_evidence import ClassCounts, class_evidence
from sklearn_imdb._convention import DIVIDER
from sklearn_imdb._training import scipy_backend
from sklearn_imdb._training.network import (
    Network,
    cross_entropies,
    draw_weights,
    loss_and_gradients,
)
from sklearn_imdb._training.pooling import Evidence
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.inspection import token_contributions


@pytest.fixture(scope="module")
def terms():
    """Sequences of 600 texts with bigrams, and their labels of two and of three classes."""
    texts, y = make_reviews(600, n_classes=3, mean_length=60, random_state=0)
    vectorizer = SequenceVectorizer(
        ngram_range=(1, 2), min_df=2, maxlen=200, start_char=None, oov_char=None
    )
    return vectorizer.fit_transform(texts), (y > 0).astype(int), y


@pytest.fixture(scope="module")
def weighing(quick):
    """Make a classifier that pools by evidence."""

    def make(**parameters):
        return quick(**{"pooling": "evidence", "hidden_units": 0, "epochs": 3, **parameters})

    return make


def by_hand(X, y):
    """Return the evidence of each word index, class after class."""
    evidence = np.zeros(X.max() + 1)
    usual = [np.mean(y == label) for label in np.unique(y)]
    for index in range(1, len(evidence)):
        labels = y[(index == X).any(axis=1)]
        square = 0.0
        for label, p in zip(np.unique(y), usual, strict=True):
            q = (np.sum(labels == label) + 6 * p) / (len(labels) + 6)
            square += q * (logit(q) - logit(p)) ** 2
        evidence[index] = np.sqrt(square) if len(labels) else 0
    return evidence


# -- the evidence -----------------------------------------------------------------------------


def evidence_of(frequency, sizes):
    return class_evidence(ClassCounts(csr_matrix(frequency), np.array(sizes), len(sizes)))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_weights_are_the_evidence_of_the_training_rows(terms, weighing, n_classes):
    X, *targets = terms
    y = targets[n_classes - 2]
    all_rows = weighing().fit(X, y)
    assert_allclose(all_rows.token_weights_, by_hand(X, y), atol=1e-5)
    assert all_rows.token_weights_.dtype == np.float32


def test_the_held_out_rows_are_not_counted(terms, weighing, monkeypatch):
    X, y, _ = terms
    train, seen = scipy_backend.train, []

    def spy(plan, network, weights, training, validation, **options):
        seen.append((network.pooling.token_weights, training))
        return train(plan, network, weights, training, validation, **options)

    monkeypatch.setattr(scipy_backend, "train", spy)
    weighing(early_stopping=True, validation_split=0.3).fit(X, y)
    [(token_weights, training)] = seen
    assert len(training) == 420
    assert len(token_weights) == X.max() + 1
    expected = by_hand(training.X, training.targets.numbers)
    assert_allclose(token_weights[: len(expected)], expected, atol=1e-5)
    assert not np.any(token_weights[len(expected) :])


def test_of_two_balanced_classes_it_is_the_log_count_ratio_with_counts_raised_by_three():
    frequency = np.array([[5, 0], [2, 9], [4, 4]])
    ratios = np.log((frequency[:, 1] + 3) / (frequency[:, 0] + 3))
    assert_allclose(evidence_of(frequency, [20, 20]), np.abs(ratios))


def test_a_term_of_no_document_and_a_class_of_no_document_tell_nothing():
    assert_array_equal(evidence_of(np.zeros((2, 3)), [4, 5, 6]), [0, 0])
    frequency = np.array([[3, 1, 0]])
    of_two = evidence_of(frequency[:, :2], [5, 5])
    assert_allclose(evidence_of(frequency, [5, 5, 0]), of_two)
    assert_array_equal(evidence_of([[3], [0]], [5]), [1, 0])


def test_a_term_of_all_documents_has_no_evidence_not_even_that_of_rounding():
    rng = np.random.RandomState(0)
    for sizes in rng.randint(1, 1000, size=(200, 3)):
        assert_array_equal(evidence_of(sizes[np.newaxis], sizes), [0])


def test_a_row_of_weight_two_is_two_rows(terms, weighing):
    X, y, _ = terms
    twice = np.r_[np.arange(600), np.arange(100)]
    weight = np.where(np.arange(600) < 100, 2.0, 1.0)
    weighted = weighing().fit(X, y, sample_weight=weight)
    assert_allclose(
        weighted.token_weights_, weighing().fit(X[twice], y[twice]).token_weights_, atol=1e-6
    )


def test_the_vectorizer_ranks_by_evidence_and_document_frequency():
    texts = ["good film"] * 6 + ["bad film"] * 6 + ["rare film"]
    y = [1] * 6 + [0] * 6 + [1]
    vectorizer = SequenceVectorizer(rank_by="class_evidence").fit(texts, y)
    assert list(vectorizer.vocabulary_) == ["bad", "good", "rare", "film"]


# -- the network ------------------------------------------------------------------------------


def weighted_pooling(token_weights, divided=False):
    divider = DIVIDER if divided else None
    return Evidence(divider, np.array(token_weights, np.float32))


def test_a_words_share_is_its_weight_times_its_logarithmic_count_and_rows_have_length_five():
    pooling = weighted_pooling([0, 0.1, 0, 3, 4, 1, 0])
    shares = pooling.shares(np.array([[3, 4, 4, 0], [6, 6, 0, 2], [5, 0, 0, 0]]), 7)
    expected = np.zeros((3, 7))
    expected[0, [3, 4]] = 3, 4 * (1 + np.log(2))
    expected[0] *= 5 / np.linalg.norm(expected[0])
    expected[2, 5] = 5
    assert_allclose(shares.toarray(), expected, rtol=1e-6)
    assert shares.dtype == np.float32


def test_words_and_subwords_are_scaled_apart():
    pooling = weighted_pooling([0, 0, 0, 0, 1, 2, 3, 4], divided=True)
    X = np.array([[4, 5, DIVIDER, 6, 7, 7], [4, DIVIDER, 0, 0, 0, 0], [6, 7, 0, 0, 0, 0]])
    shares = pooling.shares(X, 8).toarray()
    subwords = np.array([3, 4 * (1 + np.log(2))])
    assert_allclose(shares[0, 4:6], np.array([1, 2]) / np.sqrt(5) * 5 * np.sqrt(0.6), rtol=1e-6)
    assert_allclose(
        shares[0, 6:], subwords / np.linalg.norm(subwords) * 5 * np.sqrt(0.4), rtol=1e-6
    )
    assert_allclose(shares[1], [0, 0, 0, 0, 5 * np.sqrt(0.6), 0, 0, 0], rtol=1e-6)
    # A sequence without a divider is one part of the whole length.
    assert_allclose(shares[2, 6:], [3, 4], rtol=1e-6)


@pytest.mark.parametrize("hidden_units", [0, 6])
def test_predictions_are_those_of_the_sum_by_hand(terms, weighing, hidden_units):
    X, y, _ = terms
    classifier = weighing(hidden_units=hidden_units).fit(X, y)
    weights = classifier.token_weights_.astype(float)
    for row, found in zip(X[:20], classifier.decision_function(X[:20]), strict=True):
        words, counts = np.unique(row[row > 0], return_counts=True)
        shares = weights[words] * (1 + np.log(counts))
        vector = 5 * shares / np.linalg.norm(shares) @ classifier.embedding_[words]
        for kernel, bias in zip(classifier.coefs_, classifier.intercepts_, strict=True):
            vector = np.maximum(vector, 0) if kernel is not classifier.coefs_[0] else vector
            vector = vector @ kernel + bias
        assert_allclose(found, vector[0], atol=1e-5)


def test_a_row_of_nothing_but_padding_gets_the_bias(terms, weighing):
    X, y, _ = terms
    classifier = weighing().fit(X, y)
    found = classifier.decision_function(np.zeros((1, X.shape[1]), int))
    assert_allclose(found, classifier.intercepts_[-1], rtol=1e-6)


def test_embeddings_start_normal_and_small():
    network = Network(10_000, 4, 0, 1, pooling=Evidence())
    embedding, *_ = draw_weights(network, np.random.RandomState(0))
    assert_allclose([embedding.mean(), embedding.std()], [0, 0.01], atol=2e-4)
    assert np.abs(embedding).max() > 0.03


def test_other_poolings_have_no_weights(terms, weighing):
    X, y, _ = terms
    classifier = weighing().fit(X, y)
    classifier.set_params(pooling="mean").fit(X, y)
    assert classifier.token_weights_ is None


# -- training ---------------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 4])
def test_smoothed_labels_are_a_mixture_with_all_classes(n_classes):
    rng = np.random.RandomState(0)
    z = rng.normal(size=(6, 1 if n_classes == 2 else n_classes))
    y = rng.randint(n_classes, size=6)
    p = np.hstack([expit(-z), expit(z)])
    if n_classes > 2:
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    labels = 0.8 * np.eye(n_classes)[y] + 0.2 / n_classes
    network = Network(5, 2, 0, z.shape[1], label_smoothing=0.2)
    losses, _ = cross_entropies(network, z, y)
    assert_allclose(losses, -(labels * np.log(p)).sum(axis=1))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_gradient_of_a_smoothed_loss_is_that_of_differences(n_classes):
    rng = np.random.RandomState(1)
    network = Network(
        8, 3, 4, 1 if n_classes == 2 else 3, label_smoothing=0.3,
        pooling=Evidence(None, np.abs(rng.normal(size=8))),
    )  # fmt: skip
    X, y = rng.randint(8, size=(10, 5)), rng.randint(n_classes, size=10)
    shares = network.pooling.shares(X, 8).astype(np.float64)
    weights = [rng.normal(size=shape) for shape in network.shapes]
    _, gradients, _ = loss_and_gradients(network, weights, shares, y, None)
    assert not gradients.pop().any()  # The last bias is not trained.
    for array, gradient in zip(weights, gradients, strict=False):
        place = np.unravel_index(np.abs(gradient).argmax(), array.shape)
        values = []
        for step in (1e-6, -1e-6):
            array[place] += step
            values.append(loss_and_gradients(network, weights, shares, y, None)[0])
            array[place] -= step
        assert_allclose((values[0] - values[1]) / 2e-6, gradient[place], rtol=1e-5)


def test_what_was_chosen_stands_in_fitted_attributes(terms):
    X, _, y = terms
    auto = {"embedding_dim": "auto", "learning_rate": "auto", "batch_size": "auto"}
    classifier = EmbeddingAverageClassifier(pooling="evidence", epochs=1, random_state=0, **auto)
    classifier.fit(X, y)
    weights = classifier.token_weights_.astype(float)
    sums = []
    for row in X:
        words, counts = np.unique(row[row > 0], return_counts=True)
        shares = weights[words] * (1 + np.log(counts))
        sums.append(5 * shares.sum() / np.linalg.norm(shares))
    assert_allclose(classifier.learning_rate_, 0.03 * np.log2(3) / np.mean(sums), rtol=1e-5)
    assert (classifier.embedding_dim_, classifier.batch_size_) == (16, 4)
    assert classifier.embedding_.shape == (X.max() + 1, 16)


# -- chunks -----------------------------------------------------------------------------------


def test_chunks_count_on(terms, weighing):
    X, y, _ = terms
    classifier = weighing(input_dim=X.max() + 1)
    for start in range(0, 600, 200):
        rows = slice(start, start + 200)
        classifier.partial_fit(X[rows], y[rows], classes=[0, 1])
    assert_allclose(classifier.token_weights_, by_hand(X, y), atol=1e-5)
    assert classifier.score(X, y) > 0.75


def test_chunks_keep_the_learning_rate_of_the_first(terms, weighing):
    X, y, _ = terms
    classifier = weighing(input_dim=X.max() + 1, learning_rate="auto")
    first = classifier.partial_fit(X[:200], y[:200], classes=[0, 1]).learning_rate_
    assert classifier.partial_fit(X[200:220, ::-1], y[200:220]).learning_rate_ == first
    classifier.set_params(learning_rate=0.5)
    assert classifier.partial_fit(X[220:240], y[220:240]).learning_rate_ == 0.5


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_what_goes_on_from_a_fit_keeps_its_weights(terms, weighing, method):
    X, y, _ = terms
    classifier = weighing(warm_start=True).fit(X, y)
    before = classifier.token_weights_
    getattr(classifier, method)(X[:50], 1 - y[:50])
    getattr(classifier, method)(X[:50], 1 - y[:50])
    assert_array_equal(classifier.token_weights_, before)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_cannot_go_on_with_another_pooling(terms, weighing, method):
    X, y, _ = terms
    classifier = weighing(warm_start=True).fit(X, y).set_params(pooling="mean")
    with pytest.raises(ValueError, match="pooling has been changed"):
        getattr(classifier, method)(X, y)


# -- Keras ------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize(
    ("n_classes", "subword_range", "hidden_units"),
    [(2, (3, 4), 6), (2, None, 0), (3, None, 6), (3, (3, 4), 0)],
)
def test_the_backends_agree_and_keras_predicts_the_same(
    keras, tmp_path, n_classes, subword_range, hidden_units
):
    texts, y = make_reviews(500, n_classes=n_classes, mean_length=40, random_state=0)
    pipeline = make_text_classifier("ngram", random_state=0).set_params(
        vectorizer__subword_range=subword_range, classifier__dropout=0, classifier__epochs=2
    )
    vectorizer, classifier = pipeline
    X = vectorizer.fit_transform(texts, y)
    X[0], X[1, :5] = 0, X[1, 0]  # Nothing but padding, and one word again and again.
    if subword_range:
        X[0, -1] = DIVIDER
    fitted = []
    for backend in ("scipy", "keras"):
        classifier.set_params(backend=backend, hidden_units=hidden_units, l2=0.001).fit(
            X[:400], y[:400], X_val=X[400:], y_val=y[400:]
        )
        fitted.append((classifier.history_, classifier.embedding_))
    assert classifier._divided == (subword_range is not None)
    for name, values in fitted[0][0].items():
        assert_allclose(values, fitted[1][0][name], atol=1e-4, err_msg=name)
    assert_allclose(fitted[0][1], fitted[1][1], atol=1e-4)
    expected = classifier.predict_proba(X)
    classifier.model_.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for predicted in (classifier.model_.predict(X, verbose=0), loaded.predict(X, verbose=0)):
        if n_classes == 2:
            predicted = np.hstack([1 - predicted, predicted])
        assert_allclose(predicted, expected, atol=1e-5)
    assert_array_equal(classifier.keras_classifier_.predict(X), classifier.predict(X))


# -- the default pipeline ---------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
def test_contributions_of_words_and_subwords_add_up(n_classes):
    texts, y = make_reviews(300, n_classes=n_classes, mean_length=40, random_state=0)
    pipeline = make_text_classifier(random_state=0).fit(texts, y)
    assert pipeline["vectorizer"].subword_range_ == (4, 5)
    for explained in token_contributions(pipeline, [*texts[:5], "", "xyzzy"]):
        assert_allclose(
            explained.contributions.sum(), explained.logit - explained.baseline, atol=1e-6
        )
        assert "<DIVIDER>" not in explained.tokens
