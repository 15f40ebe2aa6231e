"""The embedding-average network in NumPy and SciPy: weights, forward, gradients, Adam.

The layers of Keras's tutorial: embedding, average over the sequence, a dense relu layer unless
`hidden_units` is 0, a dense layer of logits. The average of a sequence's embeddings is its word
shares, how large a part of the sequence each word is, times the embedding table: a sparse
product, whose gradient is the adjoint product. With `token_weights` a word's share is its weight,
relative to the length of the vector of the weights of all words there are.

Weights are a list of arrays in the order of Keras's `get_weights`: the embedding table, then
kernel and bias of each dense layer. Training computes in float32, as Keras does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack
from scipy.special import expit, log_softmax, softmax

from sklearn_imdb._products import product
from sklearn_imdb._sequences import ROWS_AT_ONCE, words_of

Floats: TypeAlias = npt.NDArray[np.floating]
Weights: TypeAlias = list[Floats]
Logs: TypeAlias = dict[str, float]

CROSS_ENTROPIES = ("binary_crossentropy", "sparse_categorical_crossentropy")
"""Keras's names of the loss of two classes, and of more."""

_LONG = 1024

WEIGHTED_LENGTH = 5.0
"""Euclidean length of a sequence's shares where words are weighted."""

COSINE_END = 0.02
"""Part of the learning rate that is left at the end of a cosine decay."""


@dataclass(frozen=True)
class Network:
    """Sizes and regularisation of an embedding-average network."""

    input_dim: int
    embedding_dim: int
    hidden_units: int
    n_outputs: int
    """1 is a sigmoid unit for two classes; more are a softmax."""
    mask_zero: bool = False
    dropout: float = 0.0
    l2: float = 0.0
    label_smoothing: float = 0.0
    token_weights: Floats | None = None
    """Of each word index, shape (input_dim,); None where sequences are averaged."""

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shape of each array of weights."""
        widths = [self.embedding_dim, self.n_outputs]
        if self.hidden_units:
            widths.insert(1, self.hidden_units)
        shapes: list[tuple[int, ...]] = [(self.input_dim, self.embedding_dim)]
        for n_inputs, n_units in pairwise(widths):
            shapes += [(n_inputs, n_units), (n_units,)]
        return shapes


class Examples(NamedTuple):
    """Sequences with their classes."""

    X: npt.NDArray[np.integer]
    """Word indices, shape (n_samples, maxlen)."""
    y: npt.NDArray[np.intp]
    """Class numbers, shape (n_samples,)."""
    sample_weight: Floats | None = None
    """With a mean of 1, shape (n_samples,)."""

    def take(self, rows: npt.NDArray[np.intp]) -> Examples:
        """Return the examples of these rows."""
        weight = self.sample_weight
        return Examples(self.X[rows], self.y[rows], None if weight is None else weight[rows])


def initial_weights(network: Network, rng: np.random.RandomState) -> Weights:
    """Draw weights as Keras's layers do: uniform embeddings, Glorot kernels, zero biases.

    With token weights, which make shares of another size, embeddings are normal instead.
    """
    weights: Weights = []
    for shape in network.shapes:
        if len(shape) == 1:
            array = np.zeros(shape)
        else:
            limit = 0.05 if not weights else np.sqrt(6 / sum(shape))
            if not weights and network.token_weights is not None:
                array = rng.normal(0, 0.01, shape)
            else:
                array = rng.uniform(-limit, limit, shape)
        weights.append(array.astype(np.float32))
    return weights


# -- forward ----------------------------------------------------------------------------------


def word_shares(X: npt.NDArray[np.integer], network: Network) -> csr_matrix:
    """Return each word's share of each sequence, shape (n_samples, input_dim), float32.

    Rows sum to 1. With `mask_zero` padding has no share, and a row of nothing else is empty. With
    token weights a word counts once, and the squares of a row sum to 25 unless all are 0.
    """
    # In blocks, because what lies between X and the shares takes several times their memory.
    return vstack(
        [
            _block_of_shares(X[start : start + ROWS_AT_ONCE], network)
            for start in range(0, len(X), ROWS_AT_ONCE)
        ],
        format="csr",
    )


def _block_of_shares(X: npt.NDArray[np.integer], network: Network) -> csr_matrix:
    n_samples, maxlen = X.shape
    starts, indices = words_of(X)
    counts = np.diff(starts, append=X.size)
    rows = starts // maxlen
    if network.mask_zero or network.token_weights is not None:
        kept = indices != 0
        indices, counts, rows = indices[kept], counts[kept], rows[kept]
    if network.token_weights is not None:
        shares = network.token_weights[indices].astype(np.float64)
        lengths = np.sqrt(np.bincount(rows, np.square(shares), minlength=n_samples))
        lengths[lengths == 0] = 1  # Its weights are all 0, and so are its shares.
        shares *= WEIGHTED_LENGTH / lengths[rows]
    else:
        lengths = np.count_nonzero(X, axis=1) if network.mask_zero else np.full(n_samples, maxlen)
        shares = counts / lengths[rows]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_samples))])
    shape = (n_samples, network.input_dim)
    return csr_matrix((shares.astype(np.float32), indices, indptr), shape=shape)


def average(X: npt.NDArray[np.int32], embedding: Floats, network: Network) -> Floats:
    """Return the average embedding of each sequence, shape (n_samples, embedding_dim).

    For one pass over the sequences, where merging the repeated words would not pay, unless they
    are so long that the rounding of a sum over all places would tell.
    """
    n_samples, maxlen = X.shape
    if maxlen > _LONG or network.token_weights is not None:
        return word_shares(X, network) @ embedding
    shares = np.full(X.shape, 1 / maxlen, dtype=np.float32)
    if network.mask_zero:
        is_word = X != 0
        lengths = np.maximum(is_word.sum(axis=1, keepdims=True), 1)
        np.divide(is_word, lengths, out=shares)
    indptr = np.arange(0, X.size + 1, maxlen)
    matrix = csr_matrix(
        (shares.ravel(), X.ravel(), indptr), shape=(n_samples, len(embedding)), copy=False
    )
    return matrix @ embedding


def logits(averages: Floats, weights: Weights) -> Floats:
    """Return the network's output before sigmoid or softmax, shape (n_samples, n_outputs)."""
    *hidden, kernel, bias = weights[1:]
    if hidden:
        averages = np.maximum(product(averages, hidden[0]) + hidden[1], 0)
    return product(averages, kernel) + bias


def losses(z: Floats, y: npt.NDArray[np.intp], label_smoothing: float = 0.0) -> Floats:
    """Return the cross-entropy of each sample from its logits, shape (n_samples,).

    Smoothed labels are, by the share `label_smoothing`, of all classes alike.
    """
    kept = 1 - label_smoothing
    if z.shape[1] == 1:
        return np.logaddexp(0, z[:, 0]) - (kept * y + label_smoothing / 2) * z[:, 0]
    logarithms = log_softmax(z, axis=1)
    found = -kept * logarithms[np.arange(len(z)), y]
    return found - label_smoothing * logarithms.mean(axis=1) if label_smoothing else found


def probabilities(z: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the probability of each class from the logits, shape (n_samples, n_classes)."""
    if z.shape[1] == 1:
        return np.hstack([expit(-z), expit(z)])
    return softmax(z, axis=1)


def classes(z: Floats) -> npt.NDArray[np.intp]:
    """Return the number of the most probable class from the logits, shape (n_samples,)."""
    return (z[:, 0] > 0).astype(np.intp) if z.shape[1] == 1 else z.argmax(axis=1)


# -- gradients --------------------------------------------------------------------------------


def loss_and_gradients(
    network: Network,
    weights: Weights,
    shares: csr_matrix,
    y: npt.NDArray[np.intp],
    sample_weight: Floats | None,
    rng: np.random.RandomState | None = None,
) -> tuple[float, Weights, Floats]:
    """Return a batch's loss, its gradient by each array of weights, and the logits.

    The loss is the sum of the samples' weighted cross-entropies, divided by the number of samples,
    plus `l2` times the sum of the squares of the kernels. `rng` draws the dropout; without it there
    is none.
    """
    embedding, *dense = weights
    dtype = embedding.dtype
    layers = list(zip(dense[::2], dense[1::2], strict=True))
    n_samples = shares.shape[0]

    # Each layer's input after dropout, and what its gradient is to be multiplied by.
    activation = shares @ embedding
    inputs, gates = [], []
    for depth, (kernel, bias) in enumerate(layers):
        gate = np.ones((), dtype) if depth == 0 else (activation > 0).astype(dtype)
        activation = np.maximum(activation, 0) if depth else activation
        if rng is not None and network.dropout:
            kept = rng.random_sample(activation.shape) >= network.dropout
            dropout = (kept / (1 - network.dropout)).astype(dtype)
            activation, gate = activation * dropout, gate * dropout
        inputs.append(activation)
        gates.append(gate)
        activation = product(activation, kernel) + bias
    z = activation

    if sample_weight is None:
        share = np.full(n_samples, 1 / n_samples, dtype)
    else:
        share = sample_weight / n_samples
    smoothing = network.label_smoothing
    loss = float(np.sum(share * losses(z, y, smoothing)))  # Not by BLAS: see product.

    # The derivative of either cross-entropy is probability minus truth.
    if network.n_outputs == 1:
        truth = (1 - smoothing) * y + smoothing / 2
        backward = expit(z) - truth[:, np.newaxis].astype(dtype)
    else:
        backward = softmax(z, axis=1) - dtype.type(smoothing / network.n_outputs)
        backward[np.arange(n_samples), y] -= 1 - smoothing
    backward = backward * share[:, np.newaxis]
    gradients: Weights = []
    for (kernel, _), activation, gate in reversed(list(zip(layers, inputs, gates, strict=True))):
        gradients[:0] = [
            product(activation.T, backward) + 2 * network.l2 * kernel,
            backward.sum(axis=0),
        ]
        backward = product(backward, kernel.T) * gate
    return loss + _penalty(network, weights), [shares.T @ backward, *gradients], z


class Adam:
    """Adam (Kingma & Ba, 2015) as Keras has it: the order of section 2, epsilon 1e-7.

    `step` updates in place the one flat array that holds all weights. With `decay_steps` the
    learning rate falls along a cosine to 2 % in so many steps (Loshchilov & Hutter, 2017). With
    `weight_decay` each step first takes that share, times the learning rate, off all weights, apart
    from the gradient (Loshchilov & Hutter, 2019).
    """

    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-7

    def __init__(
        self,
        learning_rate: float,
        *,
        decay_steps: int | None = None,
        weight_decay: float = 0.0,
        iterations: int = 0,
        mean: Floats | None = None,
        variance: Floats | None = None,
    ) -> None:
        self.learning_rate = float(learning_rate)  # A NumPy float64 would make float64 of all.
        self.decay_steps = decay_steps
        self.weight_decay = float(weight_decay)
        self.iterations = iterations
        self.mean = mean
        self.variance = variance

    @property
    def state(self) -> dict[str, Any]:
        """What training goes on from, but for the parameters."""
        return {"iterations": self.iterations, "mean": self.mean, "variance": self.variance}

    def step(self, weights: Floats, gradient: Floats) -> None:
        """Move `weights` against `gradient`, which is overwritten; both of shape (n_weights,)."""
        if self.mean is None or self.variance is None:
            self.mean, self.variance = np.zeros_like(weights), np.zeros_like(weights)
        learning_rate = self.learning_rate
        if self.decay_steps is not None:
            part = min(self.iterations / self.decay_steps, 1)
            falling = (1 + math.cos(math.pi * part)) / 2
            learning_rate *= COSINE_END + (1 - COSINE_END) * falling
        if self.weight_decay:
            weights *= 1 - self.weight_decay * learning_rate
        self.iterations += 1
        # In float32, as Keras has it: 1 - 0.999 is off by 1e-5 there, more than all else that tells
        # the two apart.
        decays = np.array([self.beta_1, self.beta_2], np.float32) ** np.float32(self.iterations)
        corrections = np.sqrt(1 - decays[1]) / (1 - decays[0])
        work = gradient - self.mean
        work *= 1 - self.beta_1
        self.mean += work
        np.square(gradient, out=gradient)
        gradient -= self.variance
        gradient *= 1 - self.beta_2
        self.variance += gradient
        np.sqrt(self.variance, out=work)
        work += self.epsilon
        np.divide(self.mean, work, out=work)
        work *= learning_rate * corrections
        weights -= work


# -- training ---------------------------------------------------------------------------------


# A loss that overflows is reported as such, by whoever is called with the logs.
@np.errstate(over="ignore", invalid="ignore")
def train(
    network: Network,
    weights: Weights,
    training: Examples,
    validation: Examples | None,
    *,
    epochs: int,
    batch_size: int,
    shuffle: bool,
    optimizer: Adam,
    rng: np.random.RandomState,
    on_epoch_begin: Callable[[], None],
    on_epoch_end: Callable[[Logs, Weights], bool],
) -> Weights:
    """Train from `weights`, which stay as they are, and return new ones.

    Before each epoch `on_epoch_begin()` is called. After each `on_epoch_end(logs, weights)` is
    called with the epoch's losses and accuracies and with the weights, which the next epoch
    overwrites; training ends when it returns True.
    """
    flat = np.concatenate([array.ravel() for array in weights])
    gradient = np.empty_like(flat)
    weights = _views(flat, network)
    gradients = _views(gradient, network)
    shares = word_shares(training.X, network)
    validation_shares = None if validation is None else word_shares(validation.X, network)
    n_samples = len(training.y)
    sample_weight = training.sample_weight
    if sample_weight is not None:
        sample_weight = sample_weight.astype(np.float32)
    for _ in range(epochs):
        on_epoch_begin()
        order = rng.permutation(n_samples) if shuffle else np.arange(n_samples)
        loss = n_right = 0.0
        for start in range(0, n_samples, batch_size):
            rows = order[start : start + batch_size]
            y = training.y[rows]
            batch_loss, batch_gradients, z = loss_and_gradients(
                network,
                weights,
                shares[rows],
                y,
                None if sample_weight is None else sample_weight[rows],
                rng,
            )
            for array, batch_array in zip(gradients, batch_gradients, strict=True):
                array[...] = batch_array
            optimizer.step(flat, gradient)
            loss += batch_loss * len(rows)
            n_right += float(np.count_nonzero(classes(z) == y))
        logs = {"loss": loss / n_samples, "accuracy": n_right / n_samples}
        if validation is not None and validation_shares is not None:
            logs |= _evaluate(network, weights, validation_shares, validation)
        if on_epoch_end(logs, weights):
            break
    return [array.copy() for array in weights]


def _evaluate(network: Network, weights: Weights, shares: csr_matrix, validation: Examples) -> Logs:
    z = logits(shares @ weights[0], weights)
    each = losses(z, validation.y, network.label_smoothing)
    loss = np.average(each, weights=validation.sample_weight)
    return {
        "val_loss": float(loss) + _penalty(network, weights),
        "val_accuracy": float(np.mean(classes(z) == validation.y)),
    }


def _penalty(network: Network, weights: Weights) -> float:
    return network.l2 * sum(float(np.square(kernel).sum()) for kernel in weights[1::2])


def _views(flat: Floats, network: Network) -> Weights:
    """The arrays of weights inside `flat`, which share its memory."""
    views, start = [], 0
    for shape in network.shapes:
        end = start + int(np.prod(shape))
        views.append(flat[start:end].reshape(shape))
        start = end
    return views
