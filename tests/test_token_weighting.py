"""token_weighting="nb" and what goes with it: log-count ratios, smoothed labels, a falling rate."""

import os

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

from sklearn_imdb import SequenceVectorizer, _network
from sklearn_imdb._network import Adam, Network

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

X_BY_HAND = np.array([[3, 4, 4, 0], [3, 3, 0, 0], [4, 5, 0, 0], [5, 5, 5, 5], [0, 0, 0, 0]])
Y_BY_HAND = np.array([0, 0, 1, 1, 1])


@pytest.fixture(scope="module")
def weighted(quick):
    """Make a classifier with weighted words."""

    def make(**parameters):
        return quick(**{"token_weighting": "nb", "epochs": 3, **parameters})

    return make


@pytest.fixture(scope="module")
def terms(reviews):
    """600 reviews as sequences of their pairs of words, each once, and three classes of them."""
    texts, y = reviews
    vectorizer = SequenceVectorizer(
        ngram_range=(1, 2), min_df=2, binary=True, oov_char=None, start_char=None, maxlen=150
    )
    return vectorizer.fit_transform(texts), y, np.arange(len(y)) % 3


def by_hand(X, y, sample_weight=None):
    """Log-count ratios of two classes."""
    weights = np.ones(len(X)) if sample_weight is None else sample_weight
    counts = np.ones((2, X.max() + 1))
    for row, label, weight in zip(X, y, weights, strict=True):
        counts[label, np.unique(row)] += weight
    shares = counts / counts.sum(axis=1, keepdims=True)
    ratios = np.where(counts.sum(axis=0) > 2, np.log(shares[1] / shares[0]), 0)
    ratios[0] = 0
    return ratios


# -- the weights ------------------------------------------------------------------------------


def test_words_weigh_their_log_count_ratio_and_padding_nothing(weighted):
    classifier = weighted(epochs=1).fit(X_BY_HAND, Y_BY_HAND)
    assert_allclose(classifier.token_weights_, by_hand(X_BY_HAND, Y_BY_HAND), rtol=1e-6)
    assert classifier.token_weights_.dtype == np.float32
    assert classifier.token_weights_[3] < 0 < classifier.token_weights_[5]


def test_a_row_of_weight_two_counts_as_two_rows(weighted):
    weight = np.array([1, 2, 1, 1, 3])
    one = weighted(epochs=1).fit(X_BY_HAND, Y_BY_HAND, sample_weight=weight)
    other = weighted(epochs=1).fit(np.repeat(X_BY_HAND, weight, axis=0), Y_BY_HAND.repeat(weight))
    assert_allclose(one.token_weights_, other.token_weights_, rtol=1e-6)


def test_the_held_out_rows_are_not_counted(terms, weighted, monkeypatch):
    X, y, _ = terms
    train, seen = _network.train, []

    def spy(network, weights, training, validation, **options):
        seen.append((network.token_weights, training))
        return train(network, weights, training, validation, **options)

    monkeypatch.setattr(_network, "train", spy)
    weighted(early_stopping=True, validation_split=0.3).fit(X, y)
    [(token_weights, training)] = seen
    assert len(training.y) == 420
    expected = by_hand(training.X, training.y)
    assert_allclose(token_weights[: len(expected)], expected, atol=1e-5)


def test_without_weighting_there_are_no_weights(quick, weighted, terms):
    X, y, _ = terms
    classifier = weighted().fit(X, y)
    classifier.set_params(token_weighting=None).fit(X, y)
    assert classifier.token_weights_ is None
    assert_array_equal(classifier.predict_proba(X), quick(epochs=3).fit(X, y).predict_proba(X))


# -- the network ------------------------------------------------------------------------------


def test_a_words_share_is_its_weight_once_and_rows_have_length_five():
    token_weights = np.array([0, 0.1, 0, -3, 4, 1, 0], np.float32)
    network = Network(7, 4, 0, 1, token_weights=token_weights)
    shares = _network.word_shares(np.array([[3, 4, 4, 0], [6, 6, 0, 2], [5, 0, 0, 0]]), network)
    expected = np.zeros((3, 7))
    expected[0, [3, 4]] = -3, 4
    expected[2, 5] = 5
    assert_allclose(shares.toarray(), expected, rtol=1e-6)
    assert shares.dtype == np.float32


@pytest.mark.parametrize("hidden_units", [0, 6])
def test_predictions_are_those_of_the_sum_by_hand(terms, weighted, hidden_units):
    X, y, _ = terms
    classifier = weighted(hidden_units=hidden_units).fit(X, y)
    weights = classifier.token_weights_.astype(float)
    for row, logit in zip(X[:20], classifier.decision_function(X[:20]), strict=True):
        words = np.unique(row)
        shares = 5 * weights[words] / np.linalg.norm(weights[words])
        vector = shares @ classifier.embedding_[words]
        for kernel, bias in zip(classifier.coefs_, classifier.intercepts_, strict=True):
            vector = np.maximum(vector, 0) if kernel is not classifier.coefs_[0] else vector
            vector = vector @ kernel + bias
        assert_allclose(logit, vector[0], atol=1e-5)


def test_a_row_of_nothing_but_padding_gets_the_bias(terms, weighted):
    X, y, _ = terms
    classifier = weighted(hidden_units=0).fit(X, y)
    logit = classifier.decision_function(np.zeros((1, X.shape[1]), int))
    assert_allclose(logit, classifier.intercepts_[-1], rtol=1e-6)


def test_embeddings_start_normal_and_small():
    network = Network(10_000, 4, 0, 1, token_weights=np.zeros(10_000, np.float32))
    embedding, *_ = _network.initial_weights(network, np.random.RandomState(0))
    assert_allclose([embedding.mean(), embedding.std()], [0, 0.01], atol=2e-4)
    assert np.abs(embedding).max() > 0.03


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
    assert_allclose(_network.losses(z, y, 0.2), -(labels * np.log(p)).sum(axis=1))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_gradient_of_a_smoothed_loss_is_that_of_differences(n_classes):
    rng = np.random.RandomState(1)
    network = Network(
        8, 3, 4, 1 if n_classes == 2 else 3, label_smoothing=0.3, token_weights=rng.normal(size=8)
    )
    X, y = rng.randint(8, size=(10, 5)), rng.randint(n_classes, size=10)
    shares = _network.word_shares(X, network).astype(np.float64)
    weights = [rng.normal(size=shape) for shape in network.shapes]
    _, gradients, _ = _network.loss_and_gradients(network, weights, shares, y, None)
    for array, gradient in zip(weights, gradients, strict=True):
        place = np.unravel_index(np.abs(gradient).argmax(), array.shape)
        values = []
        for step in (1e-6, -1e-6):
            array[place] += step
            values.append(_network.loss_and_gradients(network, weights, shares, y, None)[0])
            array[place] -= step
        assert_allclose((values[0] - values[1]) / 2e-6, gradient[place], rtol=1e-5)


def test_a_cosine_decay_ends_at_two_percent():
    rates = []
    for step in range(12):
        optimizer = Adam(0.5, decay_steps=10, iterations=step)
        weights = np.zeros(1)
        # With its moments at the gradient's, Adam moves by the learning rate and the corrections.
        optimizer.mean, optimizer.variance = np.ones(1), np.ones(1)
        optimizer.step(weights, np.ones(1))
        t = step + 1
        rates.append(-weights[0] * (1 - 0.9**t) / np.sqrt(1 - 0.999**t))
    expected = [0.5 * (0.02 + 0.98 * (1 + np.cos(np.pi * step / 10)) / 2) for step in range(10)]
    assert_allclose(rates, [*expected, 0.01, 0.01], rtol=1e-4)


def test_weight_decay_is_apart_from_the_gradient():
    plain, decayed = Adam(0.1), Adam(0.1, weight_decay=0.5)
    one, other = np.array([1.0, -2.0]), np.array([1.0, -2.0])
    for _ in range(3):
        before = other.copy()
        gradient = np.array([0.3, 0.0])
        moved = one.copy()
        plain.step(one, gradient.copy())
        decayed.step(other, gradient.copy())
        assert_allclose(other, before * (1 - 0.05) + (one - moved))


def test_the_rate_falls_over_all_epochs(terms, weighted, monkeypatch):
    X, y, _ = terms
    made = []

    def spy(*args, **options):
        made.append((args, options))
        return Adam(*args, **options)

    monkeypatch.setattr("sklearn_imdb._backends.Adam", spy)
    parameters = {"learning_rate_schedule": "cosine", "weight_decay": 0.01, "batch_size": 100}
    weighted(epochs=4, early_stopping=True, validation_split=0.25, **parameters).fit(X, y)
    assert made == [((0.01,), {"decay_steps": 4 * 5, "weight_decay": 0.01})]


@pytest.mark.parametrize(("n_rows", "expected"), [(9, 2), (450, 2), (600, 3), (26_000, 128)])
def test_an_automatic_batch_is_a_200th_of_the_rows(terms, weighted, monkeypatch, n_rows, expected):
    X, y, _ = terms
    sizes = []

    def spy(network, weights, training, validation, *, batch_size, **options):
        sizes.append(batch_size)
        options["on_epoch_end"]({"loss": 0.0}, weights)
        return weights

    monkeypatch.setattr(_network, "train", spy)
    weighted(batch_size="auto").fit(np.resize(X, (n_rows, X.shape[1])), np.resize(y, n_rows))
    assert sizes == [expected]


# -- chunks -----------------------------------------------------------------------------------


def test_chunks_count_on(terms, weighted):
    X, y, _ = terms
    classifier = weighted(input_dim=X.max() + 1)
    for start in range(0, 600, 200):
        rows = slice(start, start + 200)
        classifier.partial_fit(X[rows], y[rows], classes=[0, 1])
    assert_allclose(classifier.token_weights_, by_hand(X, y), atol=1e-6)
    assert classifier.score(X, y) > 0.8


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_what_goes_on_from_a_fit_keeps_its_weights(terms, weighted, method):
    X, y, _ = terms
    classifier = weighted(warm_start=True).fit(X, y)
    before = classifier.token_weights_
    getattr(classifier, method)(X[:50], 1 - y[:50])
    getattr(classifier, method)(X[:50], 1 - y[:50])
    assert_array_equal(classifier.token_weights_, before)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_cannot_go_on_with_another_weighting(terms, weighted, method):
    X, y, _ = terms
    classifier = weighted(warm_start=True).fit(X, y).set_params(token_weighting=None)
    with pytest.raises(ValueError, match="token_weighting has been changed"):
        getattr(classifier, method)(X, y)


def test_chunks_cannot_know_how_far_a_rate_is_to_fall(terms, weighted):
    X, y, _ = terms
    classifier = weighted(learning_rate_schedule="cosine")
    with pytest.raises(ValueError, match="learning_rate_schedule='cosine' needs the number of"):
        classifier.partial_fit(X, y, classes=[0, 1])


# -- Keras ------------------------------------------------------------------------------------

RECIPE = {"learning_rate_schedule": "cosine", "weight_decay": 0.01, "label_smoothing": 0.1}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("hidden_units", [0, 6])
def test_the_backends_agree_and_keras_predicts_the_same(
    terms, weighted, tmp_path, n_classes, hidden_units
):
    keras = pytest.importorskip("keras")
    pytest.importorskip("scikeras")
    X, *targets = terms
    y = targets[n_classes - 2]
    X = X.copy()
    X[0], X[1, :9] = 0, X[1, 0]  # Nothing but padding, and one word again and again.
    fitted = [
        weighted(backend=backend, input_dim=X.max() + 1, hidden_units=hidden_units, **RECIPE).fit(
            X[:400], y[:400], X_val=X[400:], y_val=y[400:]
        )
        for backend in ("scipy", "keras")
    ]
    one, other = fitted
    for name, values in one.history_.items():
        assert_allclose(values, other.history_[name], atol=1e-4, err_msg=name)
    assert_allclose(one.embedding_, other.embedding_, atol=1e-4)
    for classifier in fitted:
        expected = classifier.predict_proba(X)
        classifier.model_.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        for predicted in (classifier.model_.predict(X, verbose=0), loaded.predict(X, verbose=0)):
            if n_classes == 2:
                predicted = np.hstack([1 - predicted, predicted])
            assert_allclose(predicted, expected, atol=1e-5)
        assert_array_equal(classifier.keras_classifier_.predict(X), classifier.predict(X))


# -- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"token_weighting": "tfidf"}, "'token_weighting' parameter"),
        ({"label_smoothing": 1.0}, "'label_smoothing' parameter"),
        ({"learning_rate_schedule": "linear"}, "'learning_rate_schedule' parameter"),
        ({"weight_decay": -0.1}, "'weight_decay' parameter"),
        ({"label_smoothing": 0.1, "loss": "hinge"}, "label_smoothing=0.1 is for loss='auto'"),
        (
            {"weight_decay": 0.1, "optimizer": {"class_name": "Adam", "config": {}}},
            "are for an optimizer given by name",
        ),
    ],
)
def test_what_does_not_go_together_is_named(terms, weighted, parameters, message):
    X, y, _ = terms
    with pytest.raises(ValueError, match=message):
        weighted(**parameters).fit(X, y)


def test_a_schedule_of_keras_and_one_by_name_do_not_go_together(terms, weighted):
    keras = pytest.importorskip("keras")
    X, y, _ = terms
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.5)
    with pytest.raises(ValueError, match="is a schedule of its own"):
        weighted(learning_rate=schedule, learning_rate_schedule="cosine").fit(X, y)
