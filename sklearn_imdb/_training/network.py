"""The embedding-average network in NumPy and SciPy: weights, forward pass, gradients.

The layers of Keras's tutorial: embedding, average over the sequence, a dense relu layer unless
`hidden_units` is 0, a dense layer of logits. The average of a sequence's embeddings is a sparse
product, the word shares times the embedding table, and its gradient is the adjoint product. A
word's share is how large a part of the sequence it is; with the pooling "evidence" it is the
word's weight, relative to the length of the vector of all weights in the sequence.

Weights are a list of arrays in the order of Keras's `get_weights`: the embedding table, then
kernel and bias of each dense layer. Training computes in float32, as Keras does.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack
from scipy.special import expit, log_softmax, softmax

from sklearn_imdb._class_evidence import log_count_ratios
from sklearn_imdb._convention import N_RESERVED, PADDING
from sklearn_imdb._training.rows import Rows
from sklearn_imdb._training.sequences import ROWS_AT_ONCE, checked_indices, within, words_of

Floats: TypeAlias = npt.NDArray[np.floating]
Weights: TypeAlias = list[Floats]
Logs: TypeAlias = dict[str, float]

_LONG = 1024
"""Places from which on the rounding of a sum over all of them would tell."""

WEIGHTED_LENGTH = 5.0
"""Euclidean length of a sequence's shares where words are weighted."""


@dataclass(frozen=True)
class Network:
    """Sizes and regularisation of an embedding-average network."""

    input_dim: int
    embedding_dim: int
    hidden_units: int
    n_outputs: int
    """1 is a sigmoid unit for two classes; more are a softmax."""
    pooling: str = "mean"
    """"mean" over all places, "masked_mean" over the words, or the sum by "evidence"."""
    dropout: float = 0.0
    l2: float = 0.0
    label_smoothing: float = 0.0
    token_weights: Floats | None = None
    """Weight of each word index, shape (input_dim,); with the pooling "evidence"."""

    @classmethod
    def of(cls, parameters: Mapping[str, Any], *, input_dim: int, n_classes: int) -> Self:
        """Make the network of a classifier's parameters, in types that Keras takes."""
        return cls(
            input_dim=input_dim,
            embedding_dim=int(parameters["embedding_dim"]),
            hidden_units=int(parameters["hidden_units"]),
            n_outputs=1 if n_classes == 2 else n_classes,
            pooling=parameters["pooling"],
            dropout=float(parameters["dropout"]),
            l2=float(parameters["l2"]),
            label_smoothing=float(parameters["label_smoothing"]),
        )

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


def starting_point(
    parameters: Mapping[str, Any],
    *,
    largest_index: int,
    n_classes: int,
    rng: np.random.RandomState,
    trained: Weights | None = None,
    token_weights: Floats | None = None,
) -> tuple[Network, Weights]:
    """Return the network of a classifier's parameters, and the weights that training starts from.

    They are drawn, or `trained` with its token weights.

    Raises
    ------
    ValueError
        If `input_dim` is too small for the rows, if the embedding table is larger than memory, or
        if the network is of another shape than the trained weights, or pools otherwise.
    """
    input_dim: int | None = parameters["input_dim"]
    if input_dim is not None and largest_index >= input_dim:
        raise ValueError(
            f"X holds the word index {largest_index}, beyond input_dim={input_dim}: raise "
            f"input_dim to at least {largest_index + 1}, or lower num_words of the vectorizer."
        )
    rows = len(trained[0]) if trained else max(largest_index + 1, N_RESERVED)
    network = Network.of(parameters, input_dim=int(input_dim or rows), n_classes=n_classes)
    if trained is None:
        origin = f"input_dim={input_dim}"
        if input_dim is None:
            origin = f"X holds the word index {largest_index}, and input_dim=None"
        _check_memory(network, origin)
        return network, initial_weights(network, rng)
    shapes = [array.shape for array in trained]
    if shapes != network.shapes or (token_weights is None) == (network.pooling == "evidence"):
        raise ValueError(
            f"Training cannot go on from weights of shapes {shapes}: input_dim, embedding_dim, "
            "hidden_units or pooling has been changed. Set it back, or fit with warm_start=False."
        )
    return replace(network, token_weights=token_weights), trained


def _check_memory(network: Network, origin: str) -> None:
    """Raise a ValueError where the embedding table is larger than memory.

    One word index that was a hash or an id is enough for that. `origin` says where the number of
    rows comes from.
    """
    # float32 weights before and after, their gradient twice, Adam's two moments and its work, the
    # best epoch's weights.
    n_bytes = 32 * network.input_dim * network.embedding_dim
    try:
        np.empty(min(n_bytes, sys.maxsize), dtype=np.uint8)  # Reserved, not written to.
    except MemoryError as error:
        raise ValueError(
            f"{origin} asks for an embedding table of {network.input_dim} rows and "
            f"embedding_dim={network.embedding_dim} columns: to train it takes "
            f"{n_bytes / 2**30:.0f} GiB, more than there is. Lower num_words of the vectorizer, or "
            "number the words without gaps; else lower input_dim or embedding_dim."
        ) from error


def initial_weights(network: Network, rng: np.random.RandomState) -> Weights:
    """Draw weights as Keras's layers do: uniform embeddings, Glorot kernels, zero biases.

    With the pooling "evidence", whose shares are of another size, embeddings are normal instead.
    """
    weights: Weights = []
    for shape in network.shapes:
        if len(shape) == 1:
            array = np.zeros(shape)
        else:
            limit = 0.05 if not weights else np.sqrt(6 / sum(shape))
            if not weights and network.pooling == "evidence":
                array = rng.normal(0, 0.01, shape)
            else:
                array = rng.uniform(-limit, limit, shape)
        weights.append(array.astype(np.float32))
    return weights


def with_token_weights(
    network: Network,
    rows: Rows,
    classes: npt.NDArray[Any],
    before: npt.NDArray[np.float64] | None = None,
) -> tuple[Network, npt.NDArray[np.float64] | None]:
    """Return the network with each word's class evidence in the rows, and the counts behind it.

    `before` are the counts of the rows before these. A network that weighs no words stays as it is.
    """
    if network.pooling != "evidence":
        return network, None
    counts = _document_frequency(rows.within(network.input_dim), network.input_dim, len(classes))
    if before is not None:
        counts += before
    weights = log_count_ratios(counts).astype(np.float32)
    weights[PADDING] = 0
    return replace(network, token_weights=weights), counts


def _document_frequency(rows: Rows, input_dim: int, n_classes: int) -> npt.NDArray[np.float64]:
    """Return the weight of each class's rows that contain each word index.

    The shape is (input_dim, n_classes). A row without a weight counts as 1.
    """
    X, y, sample_weight = rows
    frequency = np.zeros(input_dim * n_classes)
    for start in range(0, len(X), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        offsets, words = words_of(X[block])
        row_of = offsets // X.shape[1]
        weights = None if sample_weight is None else sample_weight[block][row_of]
        pairs = words * np.int64(n_classes) + y[block][row_of]
        frequency += np.bincount(pairs, weights, len(frequency))
    return frequency.reshape(input_dim, n_classes)


# -- forward ----------------------------------------------------------------------------------


def word_shares(X: npt.NDArray[np.integer], network: Network) -> csr_matrix:
    """Return each word's share of each sequence, shape (n_samples, input_dim), float32.

    Rows sum to 1. With "masked_mean" padding has no share, and a row of nothing else is empty. With
    "evidence" a word counts once, and the squares of a row sum to 25 unless all are 0.
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
    offsets, indices = words_of(X)
    counts = np.diff(offsets, append=X.size)
    rows = offsets // maxlen
    if network.pooling != "mean":
        kept = indices != 0
        indices, counts, rows = indices[kept], counts[kept], rows[kept]
    if network.token_weights is not None:
        shares = network.token_weights[indices].astype(np.float64)
        lengths = np.sqrt(np.bincount(rows, np.square(shares), minlength=n_samples))
        lengths[lengths == 0] = 1  # Its weights are all 0, and so are its shares.
        shares *= WEIGHTED_LENGTH / lengths[rows]
    else:
        is_masked = network.pooling == "masked_mean"
        lengths = np.count_nonzero(X, axis=1) if is_masked else np.full(n_samples, maxlen)
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
    if maxlen > _LONG or network.pooling == "evidence":
        return word_shares(X, network) @ embedding
    shares = np.full(X.shape, 1 / maxlen, dtype=np.float32)
    if network.pooling == "masked_mean":
        is_word = X != 0
        lengths = np.maximum(is_word.sum(axis=1, keepdims=True), 1)
        np.divide(is_word, lengths, out=shares)
    indptr = np.arange(0, X.size + 1, maxlen)
    matrix = csr_matrix(
        (shares.ravel(), X.ravel(), indptr), shape=(n_samples, len(embedding)), copy=False
    )
    return matrix @ embedding


def logits_of(
    X: npt.NDArray[np.integer], network: Network, weights: Weights
) -> npt.NDArray[np.float64]:
    """Return the logits of sequences, checked, to predict by: shape (n_samples, n_outputs).

    Averages are float32, summed in the order of the words. What follows is float64, so that a
    row's prediction does not depend on the rows beside it, but for the last bit.
    """
    embedding, *dense = weights
    weights = [embedding, *(array.astype(np.float64) for array in dense)]
    z = np.empty((len(X), network.n_outputs))
    # All that is made of X is made of a block of it: X may take most of the memory.
    for first in range(0, len(X), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        block = within(checked_indices(X[rows], "X", range(first, len(X))), network.input_dim)
        z[rows] = logits(average(block, embedding, network), weights)
    return z


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


def most_probable(z: Floats) -> npt.NDArray[np.intp]:
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
    return loss + penalty(network, weights), [shares.T @ backward, *gradients], z


def penalty(network: Network, weights: Weights) -> float:
    """Return `l2` times the sum of the squares of the kernels."""
    return network.l2 * sum(float(np.square(kernel).sum()) for kernel in weights[1::2])


# -- dense products that do not depend on the number of threads -------------------------------

# Multiplications in a product of two matrices, and in one with a vector, that OpenBLAS computes in
# one thread: half of its own bounds, 2**18, and a little less than its 9,216.
_OF_MATRICES = 2**17
_OF_A_VECTOR = 2**13
_DEPTH, _COLUMNS = 256, 32  # Their product is _OF_A_VECTOR: a block may be left with one row.


def product(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return `a @ b`, computed in blocks so small that BLAS leaves each of them to one thread.

    Where BLAS shares a product among threads, how it rounds depends on how many they are, and
    joblib's workers have fewer than the process that started them. Setting the number of threads
    instead (threadpoolctl) would act on the whole process, other threads' fits included, and
    NumPy's `einsum`, which uses no BLAS, takes ten times as long.
    """
    n_rows, depth = a.shape
    n_columns = b.shape[1]
    most = _OF_A_VECTOR if min(n_rows, n_columns) == 1 else _OF_MATRICES
    if n_rows * depth * n_columns <= most:
        return a @ b
    out = np.zeros((n_rows, n_columns), np.result_type(a, b))
    rows_at_once = most // (min(depth, _DEPTH) * min(n_columns, _COLUMNS))
    whole = n_rows - n_rows % rows_at_once
    for start in range(0, depth, _DEPTH):
        left = a[:, start : start + _DEPTH]
        # NumPy multiplies the matrices of a stack one by one.
        stack = left[:whole].reshape(-1, rows_at_once, left.shape[1])
        for column in range(0, n_columns, _COLUMNS):
            right = b[start : start + _DEPTH, column : column + _COLUMNS]
            part = out[:, column : column + _COLUMNS]
            part[:whole] += (stack @ right).reshape(whole, right.shape[1])
            part[whole:] += left[whole:] @ right
    return out
