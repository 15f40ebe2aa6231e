"""The network's mathematics against finite differences, textbooks and loops."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_imdb import _network
from sklearn_imdb._network import Adam, Examples, Network


def random_examples(network, n_samples, maxlen, seed):
    rng = np.random.RandomState(seed)
    X = rng.randint(0, network.input_dim, (n_samples, maxlen)).astype(np.int32)
    X[:, maxlen // 2 :] *= rng.randint(0, 2, (n_samples, maxlen - maxlen // 2))  # Some padding.
    X[0] = 0
    return Examples(X, rng.randint(0, max(network.n_outputs, 2), n_samples))


@pytest.mark.parametrize("mask_zero", [False, True])
@pytest.mark.parametrize("hidden_units", [0, 5])
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("weighted", [False, True])
def test_gradients_agree_with_finite_differences(
    mask_zero, hidden_units, n_outputs, dropout, weighted
):
    network = Network(9, 4, hidden_units, n_outputs, mask_zero, dropout, l2=0.1)
    X, y, _ = random_examples(network, n_samples=7, maxlen=6, seed=0)
    rng = np.random.RandomState(1)
    sample_weight = rng.uniform(0.5, 2, 7) if weighted else None
    weights = [rng.normal(size=shape) for shape in network.shapes]
    shares = _network.word_shares(X, network).astype(np.float64)

    def loss_and_gradients(weights):
        # The same dropout each time.
        rng = np.random.RandomState(2)
        return _network.loss_and_gradients(network, weights, shares, y, sample_weight, rng)

    _, gradients, _ = loss_and_gradients(weights)
    step = 1e-6
    for array, gradient in zip(weights, gradients, strict=True):
        assert array.shape == gradient.shape
        for place in np.ndindex(array.shape):
            value = array[place]
            array[place] = value + step
            above, *_ = loss_and_gradients(weights)
            array[place] = value - step
            below, *_ = loss_and_gradients(weights)
            array[place] = value
            assert_allclose(gradient[place], (above - below) / (2 * step), atol=1e-7)


def test_dropout_drops_its_share_and_keeps_the_mean():
    network = Network(3, 1, 0, 1, dropout=0.3)
    n_samples = 20_000
    X = np.full((n_samples, 2), 1, dtype=np.int32)
    weights = [np.ones((3, 1)), np.ones((1, 1)), np.zeros(1)]
    rng = np.random.RandomState(0)
    _, _, z = _network.loss_and_gradients(
        network, weights, _network.word_shares(X, network), np.zeros(n_samples, int), None, rng
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

    weights = start.copy()
    optimizer = Adam(learning_rate=alpha)
    for g in gradients:
        optimizer.step(weights, g.copy())
    assert_allclose(weights, theta, atol=1e-5)


def test_adam_goes_on_from_its_state():
    rng = np.random.RandomState(0)
    gradients = rng.normal(size=(6, 5)).astype(np.float32)
    at_once, in_parts = np.zeros((2, 5), dtype=np.float32)
    optimizer = Adam(0.1)
    for gradient in gradients:
        optimizer.step(at_once, gradient.copy())
    first = Adam(0.1)
    for gradient in gradients[:3]:
        first.step(in_parts, gradient.copy())
    second = Adam(0.1, **first.state)
    for gradient in gradients[3:]:
        second.step(in_parts, gradient.copy())
    assert_array_equal(at_once, in_parts)


@pytest.mark.parametrize("mask_zero", [False, True])
@pytest.mark.parametrize("rows_at_once", [4096, 7])
def test_word_shares_and_average_equal_a_loop(mask_zero, rows_at_once, monkeypatch):
    monkeypatch.setattr(_network, "ROWS_AT_ONCE", rows_at_once)
    network = Network(9, 4, 0, 1, mask_zero)
    X = random_examples(network, n_samples=20, maxlen=7, seed=3).X
    embedding = np.random.RandomState(4).normal(size=(9, 4)).astype(np.float32)
    expected = np.zeros((20, 4))
    for row, words in enumerate(X):
        if mask_zero:
            words = words[words != 0]
        for word in words:
            expected[row] += embedding[word] / len(words)
    assert_allclose(_network.word_shares(X, network) @ embedding, expected, atol=1e-6)
    assert_allclose(_network.average(X, embedding, network), expected, atol=1e-6)
    long = np.tile(X, 3000)  # So long that a plain sum in float32 would be off.
    assert_allclose(_network.average(long, embedding, network), expected, atol=1e-6)
    # Repeated words are merged: that is what makes training fast.
    assert _network.word_shares(X, network).nnz < np.count_nonzero(X) + len(X)


def test_losses_are_the_cross_entropies():
    z = np.array([[2.0], [-30.0], [800.0]])
    y = np.array([1, 1, 0])
    assert_allclose(_network.losses(z, y), [np.log1p(np.exp(-2)), 30, 800])
    z = np.array([[1.0, 2.0, 3.0]])
    expected = -1 + np.log(np.exp([1, 2, 3]).sum())
    assert_allclose(_network.losses(z, np.array([0])), [expected])


def test_initial_weights_are_drawn_as_keras_draws_them():
    network = Network(5000, 16, 16, 1)
    embedding, kernel, bias, *_ = _network.initial_weights(network, np.random.RandomState(0))
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
    training = random_examples(network, n_samples=10, maxlen=6, seed=0)
    validation = random_examples(network, n_samples=4, maxlen=6, seed=1)
    start = _network.initial_weights(network, np.random.RandomState(2))
    epochs = []
    _network.train(
        network,
        start,
        training,
        validation,
        epochs=3,
        batch_size=4,
        shuffle=False,
        optimizer=Adam(0.01),
        rng=np.random.RandomState(3),
        on_epoch_begin=lambda: None,
        on_epoch_end=lambda logs, weights: epochs.append((logs, [w.copy() for w in weights])),
    )

    weights = [array.copy() for array in start]
    optimizers = [Adam(0.01) for _ in weights]
    for logs, trained in epochs:
        losses, hits = [], 0
        for rows in (slice(0, 4), slice(4, 8), slice(8, 10)):
            X, y = training.X[rows], training.y[rows]
            loss, gradients, z = _network.loss_and_gradients(
                network, weights, _network.word_shares(X, network), y, None
            )
            losses += [loss] * len(y)
            hits += np.sum(_network.classes(z) == y)
            for array, gradient, optimizer in zip(weights, gradients, optimizers, strict=True):
                optimizer.step(array.reshape(-1), gradient.reshape(-1).copy())
        for array, expected in zip(trained, weights, strict=True):
            assert_allclose(array, expected, atol=1e-6)
        assert_allclose([logs["loss"], logs["accuracy"]], [np.mean(losses), hits / 10], rtol=1e-6)
        z = _network.logits(_network.average(validation.X, weights[0], network), weights)
        penalty = 0.01 * sum(np.sum(kernel**2) for kernel in weights[1::2])
        expected = _network.losses(z, validation.y).mean() + penalty
        assert_allclose(logs["val_loss"], expected, rtol=1e-5)
    assert_array_equal(start[0], _network.initial_weights(network, np.random.RandomState(2))[0])
