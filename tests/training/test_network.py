"""The network's mathematics against finite differences, textbooks and loops."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from scipy.special import expit
from threadpoolctl import threadpool_limits

from sklearn_imdb import EmbeddingAverageClassifier
from sklearn_imdb._class_evidence import ClassCounts, class_evidence
from sklearn_imdb._targets import Targets
from sklearn_imdb._training import scipy_backend
from sklearn_imdb._training.network import (
    Network,
    classify,
    cross_entropies,
    draw_weights,
    logits,
    loss_and_gradients,
    product,
)
from sklearn_imdb._training.optimizers import Adagrad, Adam
from sklearn_imdb._training.plan import Job, Plan
from sklearn_imdb._training.pooling import Evidence, LabelEvidence, MaskedMean, Mean
from sklearn_imdb._training.rows import Rows
from sklearn_imdb._training.schedules import ConstantRate, CosineDecay


def random_rows(network, n_samples, maxlen, seed):
    rng = np.random.RandomState(seed)
    X = rng.randint(0, network.input_dim, (n_samples, maxlen)).astype(np.int32)
    X[:, maxlen // 2 :] *= rng.randint(0, 2, (n_samples, maxlen - maxlen // 2))  # Some padding.
    X[0] = 0
    n_classes = max(network.n_outputs, 2)
    return Rows(X, Targets(np.arange(n_classes), rng.randint(0, n_classes, n_samples), False))


def plan_of(rows, network, **parameters):
    """Return a plan of plain Adam on rows in their order."""
    asked = {**EmbeddingAverageClassifier().get_params(), "learning_rate": 0.01, "shuffle": False}
    return Plan.of({**asked, **parameters}, rows, network)


@pytest.mark.parametrize("kind", [Mean, MaskedMean])
@pytest.mark.parametrize("hidden_units", [0, 5])
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_agree_with_finite_differences(kind, hidden_units, n_outputs, dropout, weighted):
    network = Network(9, 4, hidden_units, n_outputs, pooling=kind(), dropout=dropout, l2=0.1)
    rows = random_rows(network, n_samples=7, maxlen=6, seed=0)
    y = rows.targets.numbers
    rng = np.random.RandomState(1)
    sample_weight = rng.uniform(0.5, 2, 7) if weighted else None
    weights = [rng.normal(size=shape) for shape in network.shapes]
    shares = network.pooling.shares(rows.X, 9).astype(np.float64)

    def with_same_dropout(weights):
        rng = np.random.RandomState(2)
        return loss_and_gradients(network, weights, shares, y, sample_weight, rng)

    _, gradients, _ = with_same_dropout(weights)
    step = 1e-6
    for array, gradient in zip(weights, gradients, strict=True):
        assert array.shape == gradient.shape
        for place in np.ndindex(array.shape):
            value = array[place]
            array[place] = value + step
            above, *_ = with_same_dropout(weights)
            array[place] = value - step
            below, *_ = with_same_dropout(weights)
            array[place] = value
            assert_allclose(gradient[place], (above - below) / (2 * step), atol=1e-7)


def test_dropout_drops_its_share_and_keeps_the_mean():
    network = Network(3, 1, 0, 1, dropout=0.3)
    n_samples = 20_000
    X = np.full((n_samples, 2), 1, dtype=np.int32)
    weights = [np.ones((3, 1)), np.ones((1, 1)), np.zeros(1)]
    rng = np.random.RandomState(0)
    _, _, z = loss_and_gradients(
        network, weights, Mean().shares(X, 3), np.zeros(n_samples, int), None, rng
    )
    assert_allclose(np.unique(z), [0, 1 / 0.7])
    assert_allclose(np.mean(z == 0), 0.3, atol=0.01)


def test_adam_is_the_textbooks():
    """Kingma & Ba (2015), algorithm 1 in the more efficient order that ends section 2."""
    rng = np.random.RandomState(0)
    start = rng.normal(size=50).astype(np.float32)
    gradients = (rng.normal(size=(200, 50)) * 10.0 ** rng.randint(-6, 2, 50)).astype(np.float32)
    alpha, beta_1, beta_2, epsilon_hat = 0.01, 0.9, 0.999, 1e-7

    theta = start.astype(np.float64)
    m = v = np.zeros(50)
    for t, g in enumerate(gradients.astype(np.float64), start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        alpha_t = alpha * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        theta = theta - alpha_t * m / (np.sqrt(v) + epsilon_hat)

    optimizer = Adam([start], ConstantRate(alpha))
    for g in gradients:
        optimizer.step([g.copy()])
    assert_allclose(optimizer.weights[0], theta, atol=1e-5)


def test_adagrad_is_keras_formula_from_empty_accumulators():
    rng = np.random.RandomState(0)
    start = [rng.normal(size=shape).astype(np.float32) for shape in ((20, 3), (3, 2), (2,))]
    optimizer = Adagrad(start, ConstantRate(0.1))
    expected, squares = [w.astype(np.float64) for w in start], [0.0, 0.0, 0.0]
    for _ in range(50):
        gradients = [1e-3 * rng.normal(size=w.shape) for w in start]
        optimizer.step([gradient.astype(np.float32) for gradient in gradients])
        squares = [total + g**2 for total, g in zip(squares, gradients, strict=True)]
        for w, g, total in zip(expected, gradients, squares, strict=True):
            w -= 0.1 * g / np.sqrt(total + 1e-7)
    for w, e in zip(optimizer.weights, expected, strict=True):
        assert_allclose(w, e, atol=1e-5)


def test_adagrad_by_rows_is_adagrad():
    """The gradients are of few rows of the table, at a rate that falls."""
    rng = np.random.RandomState(0)
    start = [rng.normal(size=shape).astype(np.float32) for shape in ((40, 3), (3,))]
    whole, by_rows = (Adagrad(start, CosineDecay(0.1, 30)) for _ in range(2))
    for _ in range(30):
        rows = np.unique(rng.randint(40, size=5))
        of_rows = rng.normal(size=(len(rows), 3)).astype(np.float32)
        of_all = np.zeros((40, 3), np.float32)
        of_all[rows] = of_rows
        bias = rng.normal(size=3).astype(np.float32)
        whole.step([of_all, bias.copy()])
        by_rows.step([of_rows, bias], rows)
    for one, other in zip(
        whole.weights + whole.state, by_rows.weights + by_rows.state, strict=True
    ):
        assert_array_equal(one, other)


@pytest.mark.parametrize("kind", [Adam, Adagrad])
def test_an_optimizer_goes_on_from_its_state(kind):
    rng = np.random.RandomState(0)
    gradients = rng.normal(size=(6, 5)).astype(np.float32)
    start = [np.zeros(5, np.float32)]
    at_once, first = (kind(start, ConstantRate(0.1)) for _ in range(2))
    for gradient in gradients:
        at_once.step([gradient.copy()])
    for gradient in gradients[:3]:
        first.step([gradient.copy()])
    second = kind(first.weights, ConstantRate(0.1), state=first.state)
    for gradient in gradients[3:]:
        second.step([gradient.copy()])
    assert_array_equal(second.weights, at_once.weights)
    assert_array_equal(start[0], 0)  # What it began with stays as it is.


def test_a_cosine_decay_ends_at_two_percent():
    rates = []
    for step in range(12):
        # With its moments at the gradient's, Adam moves by the learning rate and the corrections.
        state = [np.array(step), np.ones(1), np.ones(1)]
        optimizer = Adam([np.zeros(1)], CosineDecay(0.5, 10), state=state)
        optimizer.step([np.ones(1)])
        t = step + 1
        [moved] = optimizer.weights
        rates.append(-moved[0] * (1 - 0.9**t) / np.sqrt(1 - 0.999**t))
    expected = [0.5 * (0.02 + 0.98 * (1 + np.cos(np.pi * step / 10)) / 2) for step in range(10)]
    assert_allclose(rates, [*expected, 0.01, 0.01], rtol=1e-4)


@pytest.mark.parametrize("kind", [Mean, MaskedMean])
@pytest.mark.parametrize("rows_at_once", [4096, 7])
def test_word_shares_and_average_equal_a_loop(kind, rows_at_once, monkeypatch):
    monkeypatch.setattr("sklearn_imdb._training.sequences.ROWS_AT_ONCE", rows_at_once)
    pooling = kind()
    X = random_rows(Network(9, 4, 0, 1), n_samples=20, maxlen=7, seed=3).X
    embedding = np.random.RandomState(4).normal(size=(9, 4)).astype(np.float32)
    expected = np.zeros((20, 4))
    for row, words in enumerate(X):
        if kind is MaskedMean:
            words = words[words != 0]
        for word in words:
            expected[row] += embedding[word] / len(words)
    assert_allclose(pooling.shares(X, 9) @ embedding, expected, atol=1e-6)
    assert_allclose(pooling.pool(X, embedding), expected, atol=1e-6)
    long = np.tile(X, 3000)  # So long that a plain sum in float32 would be off.
    assert_allclose(pooling.pool(long, embedding), expected, atol=1e-6)
    # Repeated words are merged: that is what makes training fast.
    assert pooling.shares(X, 9).nnz < np.count_nonzero(X) + len(X)


def losses_of(network, z, y):
    losses, _ = cross_entropies(network, z, y)
    return losses


def test_losses_are_the_cross_entropies():
    z = np.array([[2.0], [-30.0], [800.0]])
    y = np.array([1, 1, 0])
    assert_allclose(losses_of(Network(5, 2, 0, 1), z, y), [np.log1p(np.exp(-2)), 30, 800])
    z = np.array([[1.0, 2.0, 3.0]])
    expected = -1 + np.log(np.exp([1, 2, 3]).sum())
    assert_allclose(losses_of(Network(5, 2, 0, 3), z, np.array([0])), [expected])
    of_labels = Network(5, 2, 0, 3, several=True)
    expected = (np.log1p(np.exp([-1, 2, -3]))).mean()
    assert_allclose(losses_of(of_labels, z, np.array([[1, 0, 1]])), [expected])


def test_initial_weights_are_drawn_as_keras_draws_them():
    network = Network(5000, 16, 16, 1)
    embedding, kernel, bias, *_ = draw_weights(network, np.random.RandomState(0))
    assert embedding.dtype == np.float32
    assert_allclose([embedding.min(), embedding.max()], [-0.05, 0.05], atol=1e-4)
    assert 0.9 * np.sqrt(6 / 32) < np.abs(kernel).max() < np.sqrt(6 / 32)
    assert_array_equal(bias, np.zeros(16))


def test_the_tutorials_network_has_160289_parameters():
    shapes = Network(10_000, 16, 16, 1).shapes
    assert sum(np.prod(shape) for shape in shapes) == 160_289


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_a_whole_training_is_gradients_and_adam_in_order(n_outputs):
    """Three epochs of `train` against the same steps written out, losses included."""
    network = Network(9, 4, 5, n_outputs, l2=0.01)
    training = random_rows(network, n_samples=10, maxlen=6, seed=0)
    validation = random_rows(network, n_samples=4, maxlen=6, seed=1)
    start = draw_weights(network, np.random.RandomState(2))
    epochs = []
    plan = plan_of(training, network, epochs=3, batch_size=4)
    scipy_backend.train(
        Job(plan, network, start, training, validation, np.random.RandomState(3)),
        begin_epoch=lambda: None,
        end_epoch=lambda logs, weights: epochs.append((logs, [w.copy() for w in weights])),
    )

    optimizer = Adam(start, ConstantRate(0.01))
    weights = optimizer.weights
    for logs, trained in epochs:
        row_losses, hits = [], 0
        for rows in (slice(0, 4), slice(4, 8), slice(8, 10)):
            X, y = training.X[rows], training.targets.numbers[rows]
            loss, gradients, z = loss_and_gradients(network, weights, Mean().shares(X, 9), y, None)
            row_losses += [loss] * len(y)
            hits += np.sum(classify(network, z) == y)
            optimizer.step(gradients)
        for array, expected in zip(trained, weights, strict=True):
            assert_allclose(array, expected, atol=1e-6)
        assert_allclose(
            [logs["loss"], logs["accuracy"]], [np.mean(row_losses), hits / 10], rtol=1e-6
        )
        z = logits(Mean().pool(validation.X, weights[0]), weights)
        penalty = 0.01 * sum(np.sum(kernel**2) for kernel in weights[1::2])
        expected = losses_of(network, z, validation.targets.numbers).mean() + penalty
        assert_allclose(logs["val_loss"], expected, rtol=1e-5)
    assert_array_equal(start[0], draw_weights(network, np.random.RandomState(2))[0])


@pytest.mark.parametrize("n_rows", [1, 33, 600])
@pytest.mark.parametrize("depth", [1, 16, 700])
@pytest.mark.parametrize("n_columns", [1, 33, 600])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_product_of_any_shape_is_right_and_the_same_with_any_number_of_threads(
    n_rows, depth, n_columns, dtype
):
    rng = np.random.RandomState(0)
    a = rng.normal(size=(n_rows, depth)).astype(dtype)
    b = rng.normal(size=(n_columns, depth)).astype(dtype).T
    expected = a.astype(np.float64) @ b.astype(np.float64)
    results = []
    for n_threads in (1, 2, 5):
        with threadpool_limits(n_threads, user_api="blas"):
            results.append([product(a, b), product(b.T, a.T).T])
    for other in results[1:]:
        assert_array_equal(other[0], results[0][0])
        assert_array_equal(other[1], results[0][1])
    for result in results[0]:
        assert result.dtype == dtype
        assert_allclose(result, expected.astype(dtype), atol=1000 * np.finfo(dtype).eps)


# -- evidence and labels ------------------------------------------------------------------------


def check_gradients(network, weights, shares, y):
    """Hold the gradient of a loss, of float64, against differences."""
    _, gradients, _ = loss_and_gradients(network, weights, shares, y, None)
    if network.pooling.fixes_bias:
        assert not gradients.pop().any()
    for array, gradient in zip(weights, gradients, strict=False):
        for index in np.ndindex(array.shape):
            kept, losses = array[index], []
            for step in (1e-5, -1e-5):
                array[index] = kept + step
                losses.append(loss_and_gradients(network, weights, shares, y, None)[0])
            array[index] = kept
            assert (losses[0] - losses[1]) / 2e-5 == pytest.approx(gradient[index], abs=1e-6)


@pytest.fixture
def label_network():
    """Ten word indices, of which the third label has no evidence of two."""
    weights = np.random.RandomState(0).uniform(0.2, 2, (10, 3)).astype(np.float32)
    weights[4:6, 2] = 0
    return Network(10, 7, 0, 3, several=True, pooling=LabelEvidence(3, weights))


def test_of_one_class_every_term_of_a_document_has_the_same_evidence():
    counts = ClassCounts(csr_matrix([[3], [0]]), np.array([5]), 1)
    assert_array_equal(class_evidence(counts), [1, 0])


@pytest.mark.parametrize("hidden_units", [0, 4])
def test_the_gradient_of_labels_pooled_apart_is_that_of_differences(label_network, hidden_units):
    network = replace(label_network, hidden_units=hidden_units, label_smoothing=0.1)
    X = np.array([[4, 5, 5, 3, 8, 9], [6, 6, 6, 3, 0, 0], [5, 7, 4, 3, 9, 9], [3, 0, 0, 0, 0, 0]])
    rng = np.random.RandomState(2)
    weights = [rng.normal(size=shape) for shape in network.shapes]
    shares = network.pooling.shares(X, 10)
    shares = replace(shares, counts=shares.counts.astype(float), scales=shares.scales.astype(float))
    check_gradients(network, weights, shares, rng.randint(2, size=(len(X), 3)))


def test_a_label_starts_from_its_own_dimensions(label_network):
    _, kernel, _ = draw_weights(label_network, np.random.RandomState(0))
    own = np.arange(7)[:, np.newaxis] % 3 == np.arange(3)
    assert_array_equal(kernel != 0, own)
    assert np.abs(kernel).max() <= np.sqrt(6 / (7 / 3 + 1))


def test_the_gradient_of_several_labels_is_that_of_differences():
    network = Network(7, 3, 4, 3, several=True, label_smoothing=0.1, l2=0.01)
    rng = np.random.RandomState(0)
    weights = [array.astype(np.float64) for array in draw_weights(network, rng)]
    X, y = rng.randint(1, 7, (5, 4)), rng.randint(2, size=(5, 3))
    shares = network.pooling.shares(X, 7).astype(np.float64)
    check_gradients(network, weights, shares, y)


def test_embeddings_start_normal_and_small():
    network = Network(10_000, 4, 0, 1, pooling=Evidence())
    embedding, *_ = draw_weights(network, np.random.RandomState(0))
    assert_allclose([embedding.mean(), embedding.std()], [0, 0.01], atol=2e-4)
    assert np.abs(embedding).max() > 0.03


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
