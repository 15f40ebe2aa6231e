"""The embedding-average network in NumPy and SciPy: weights, forward pass, gradients.

The layers of Keras's tutorial: embedding, pooling of the sequence, a dense relu layer unless
`hidden_units` is 0, a dense layer of logits. The pooled vector is a sparse product, the word shares
times the embedding table (see `pooling.py`), and its gradient is the adjoint product.

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
from scipy.sparse import csr_matrix
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.utils import check_array

from sklearn_imdb._convention import DIVIDER, N_RESERVED
from sklearn_imdb._training.label_shares import LabelShares, by_dimension, labels_of_dimensions
from sklearn_imdb._training.products import product
from sklearn_imdb._training.rows import Rows

Floats: TypeAlias = npt.NDArray[np.floating]
Weights: TypeAlias = list[Floats]
Logs: TypeAlias = dict[str, float]


@dataclass(frozen=True)
class Network:
    """Sizes and regularisation of an embedding-average network."""

    input_dim: int
    embedding_dim: int
    hidden_units: int
    n_outputs: int
    """1 is a sigmoid unit for two classes; more are a softmax, or a sigmoid unit for each label."""
    pooling: str = "mean"
    """"mean" over all places, "masked_mean" over the words, or the sum by "evidence"."""
    dropout: float = 0.0
    l2: float = 0.0
    label_smoothing: float = 0.0
    token_weights: Floats | None = None
    """Weight of each word index, shape (input_dim,); with the pooling "evidence". Where labels are
    pooled apart, of each label, shape (input_dim, n_labels)."""
    have_labels: bool = False
    """Whether a sequence may have several labels, each with a sigmoid unit."""
    labels_apart: bool = False
    """Whether each label weighs words by its own evidence, in dimensions of its own."""
    divided: bool = False
    """Whether the index 3 divides each sequence into words and subwords, scaled apart."""

    @classmethod
    def of(
        cls,
        parameters: Mapping[str, Any],
        *,
        input_dim: int,
        n_classes: int,
        have_labels: bool,
        divided: bool,
    ) -> Self:
        """Make the network of a classifier's parameters, in types that Keras takes.

        Labels are pooled together where they cannot each have dimensions of their own: there are
        more of them than dimensions, or the dimensions were learned elsewhere.
        """
        embedding_dim, initial = parameters["embedding_dim"], parameters["initial_embedding"]
        if embedding_dim == "auto":
            embedding_dim = (
                min(max(16, 3 * n_classes), 100) if initial is None else initial.shape[1]
            )
        weighs = parameters["pooling"] == "evidence"
        return cls(
            input_dim=input_dim,
            embedding_dim=int(embedding_dim),
            hidden_units=int(parameters["hidden_units"]),
            n_outputs=1 if n_classes == 2 and not have_labels else n_classes,
            have_labels=have_labels,
            pooling=parameters["pooling"],
            dropout=float(parameters["dropout"]),
            l2=float(parameters["l2"]),
            label_smoothing=float(parameters["label_smoothing"]),
            labels_apart=have_labels and weighs and initial is None and embedding_dim >= n_classes,
            divided=divided and weighs,
        )

    @property
    def fixes_bias(self) -> bool:
        """Whether the last bias is not trained; see `with_fixed_bias`."""
        return self.pooling == "evidence"

    @property
    def ends_in_sigmoids(self) -> bool:
        """Whether each output is the logit of a class or label of its own, and no softmax."""
        return self.n_outputs == 1 or self.have_labels

    def weights_by_dimension(self, words: npt.NDArray[np.integer] | slice = slice(None)) -> Floats:
        """Return words' weights in each dimension; a column where they are the same in all."""
        assert self.token_weights is not None
        weights = self.token_weights[words]
        if not self.labels_apart:
            return weights[:, np.newaxis]
        return by_dimension(weights, self.embedding_dim)

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
    rows: Rows,
    n_classes: int,
    rng: np.random.RandomState,
    *,
    before: tuple[Network, Weights] | None = None,
) -> tuple[Network, Weights]:
    """Return the network of a classifier's parameters, and the weights that training starts from.

    They are drawn, or those of `before`, a trained network. Each row of a divided network has one
    divider.

    Raises
    ------
    ValueError
        If `input_dim` is too small for the rows, if the embedding table is larger than memory, or
        if the network is of another shape than the one before, or pools otherwise.
    """
    largest_index = int(rows.X.max())
    input_dim: int | None = parameters["input_dim"]
    initial = _checked_initial(parameters["initial_embedding"])
    if initial is not None:
        parameters = {**parameters, "initial_embedding": initial}
        input_dim = input_dim or len(initial)
    if input_dim is not None and largest_index >= input_dim:
        raise ValueError(
            f"X holds the word index {largest_index}, beyond input_dim={input_dim}: raise "
            f"input_dim to at least {largest_index + 1}, or lower num_words of the vectorizer."
        )
    if before is None:
        network = Network.of(
            parameters,
            input_dim=int(input_dim or max(largest_index + 1, N_RESERVED)),
            n_classes=n_classes,
            have_labels=rows.have_labels,
            divided=bool((np.count_nonzero(rows.X == DIVIDER, axis=1) == 1).all()),
        )
        origin = f"input_dim={input_dim}"
        if input_dim is None:
            origin = f"X holds the word index {largest_index}, and input_dim=None"
        _check_memory(network, origin)
        return network, initial_weights(network, rng, initial)
    trained, weights = before
    network = Network.of(
        parameters,
        input_dim=int(input_dim or trained.input_dim),
        n_classes=n_classes,
        have_labels=rows.have_labels,
        divided=trained.divided,
    )
    shapes = [array.shape for array in weights]
    if shapes != network.shapes or (network.pooling == "evidence") != (
        trained.pooling == "evidence"
    ):
        raise ValueError(
            f"Training cannot go on from weights of shapes {shapes}: input_dim, embedding_dim, "
            "hidden_units or pooling has been changed. Set it back, or fit with warm_start=False."
        )
    network = replace(
        network, token_weights=trained.token_weights, labels_apart=trained.labels_apart
    )
    return network, weights


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


def _checked_initial(initial: Any) -> Floats | None:
    """Return the embedding table that a user gave as float32, or raise a ValueError."""
    if initial is None:
        return None
    try:
        table = check_array(initial, dtype=np.float32, input_name="initial_embedding", copy=True)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"initial_embedding must be an array of shape (input_dim, embedding_dim): {error}"
        ) from error
    if len(table) < N_RESERVED:
        raise ValueError(
            f"initial_embedding has {len(table)} rows: it needs one for each word index, and the "
            f"first {N_RESERVED} are reserved."
        )
    return table


def initial_weights(
    network: Network, rng: np.random.RandomState, initial: Floats | None = None
) -> Weights:
    """Draw weights as Keras's layers do: uniform embeddings, Glorot kernels, zero biases.

    With the pooling "evidence", whose shares are of another size, embeddings are normal instead.
    The embeddings are those of `initial` where it is given. Where labels are pooled apart and there
    is no hidden layer, a label's unit starts from the label's own dimensions alone.

    Raises
    ------
    ValueError
        If `initial` is not of the shape of the network's embeddings.
    """
    if initial is not None and initial.shape != network.shapes[0]:
        raise ValueError(
            f"initial_embedding has the shape {initial.shape}, and input_dim and embedding_dim "
            f"make it {network.shapes[0]}: set them to {initial.shape[0]} and {initial.shape[1]}, "
            "or to None and 'auto'."
        )
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
    if network.labels_apart and not network.hidden_units:
        weights[1] = _kernel_of_labels(network, rng)
    return weights if initial is None else [initial, *weights[1:]]


def _kernel_of_labels(network: Network, rng: np.random.RandomState) -> Floats:
    n_labels = network.n_outputs
    limit = np.sqrt(6 / (network.embedding_dim / n_labels + 1))
    kernel = np.zeros((network.embedding_dim, n_labels), np.float32)
    dimensions = np.arange(network.embedding_dim)
    drawn = rng.uniform(-limit, limit, network.embedding_dim)
    kernel[dimensions, labels_of_dimensions(network.embedding_dim, n_labels)] = drawn
    return kernel


def with_fixed_bias(network: Network, weights: Weights, totals: npt.NDArray[np.float64]) -> Weights:
    """Return the weights with the last bias at the classes' log odds, where the network fixes it.

    A sequence without any known word then has the shares of the classes. A trained bias would
    drift from them.

    Parameters
    ----------
    network : Network
        The network.
    weights : list of ndarray
        Its weights.
    totals : ndarray of shape (n_classes + 1,)
        Weight of the rows of each class, and of all rows.
    """
    if not network.fixes_bias:
        return weights
    # Half a row more of each class, and not of it, because a chunk may lack a class.
    of_classes = totals[:-1] + 0.5
    if network.ends_in_sigmoids:
        bias = np.log(of_classes / (totals[-1] - totals[:-1] + 0.5))[-network.n_outputs :]
    else:
        bias = np.log(of_classes / of_classes.sum())
    return [*weights[:-1], bias.astype(np.float32)]


# -- forward ----------------------------------------------------------------------------------


def logits(averages: Floats, weights: Weights) -> Floats:
    """Return the network's output before sigmoid or softmax, shape (n_samples, n_outputs)."""
    *hidden, kernel, bias = weights[1:]
    if hidden:
        averages = np.maximum(product(averages, hidden[0]) + hidden[1], 0)
    return product(averages, kernel) + bias


def losses(network: Network, z: Floats, y: npt.NDArray[np.integer]) -> Floats:
    """Return the cross-entropy of each sample from its logits, shape (n_samples,).

    That of several labels is the mean of theirs. Smoothed labels are, by the share
    `label_smoothing`, of all classes alike.
    """
    kept, smoothing = 1 - network.label_smoothing, network.label_smoothing
    if network.ends_in_sigmoids:
        return (np.logaddexp(0, z) - _truth(network, y) * z).mean(axis=1)
    logarithms = _log_softmax(z)
    found = -kept * logarithms[np.arange(len(z)), y]
    return found - smoothing * logarithms.mean(axis=1) if smoothing else found


def _log_softmax(z: Floats) -> Floats:
    # SciPy's takes four times as long for a batch.
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def _truth(network: Network, y: npt.NDArray[np.integer]) -> Floats:
    """Return what the sigmoid units are to give, shape (n_samples, n_outputs)."""
    smoothing = network.label_smoothing
    return (1 - smoothing) * y.reshape(len(y), -1) + smoothing / 2


def probabilities(network: Network, z: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the probability of each class from the logits, shape (n_samples, n_classes)."""
    if network.have_labels:
        return expit(z)
    return np.hstack([expit(-z), expit(z)]) if z.shape[1] == 1 else softmax(z, axis=1)


def log_probabilities(network: Network, z: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the logarithm of the probability of each class, shape (n_samples, n_classes)."""
    if network.have_labels:
        return log_expit(z)
    return np.hstack([log_expit(-z), log_expit(z)]) if z.shape[1] == 1 else log_softmax(z, axis=1)


def most_probable(network: Network, z: Floats) -> npt.NDArray[np.intp]:
    """Return the number of the most probable class from the logits, shape (n_samples,).

    Of several labels it is the matrix of those that are more probable than not.
    """
    if network.have_labels:
        return (z > 0).astype(np.intp)
    return (z[:, 0] > 0).astype(np.intp) if z.shape[1] == 1 else z.argmax(axis=1)


def n_right(network: Network, z: Floats, y: npt.NDArray[np.integer]) -> float:
    """Return the number of samples that are predicted as they are; of labels their share of it."""
    is_right = most_probable(network, z) == y
    return float(np.count_nonzero(is_right)) * len(y) / is_right.size


# -- gradients --------------------------------------------------------------------------------


def loss_and_gradients(
    network: Network,
    weights: Weights,
    shares: csr_matrix | LabelShares,
    y: npt.NDArray[np.integer],
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
    loss = float(np.sum(share * losses(network, z, y)))  # Not by BLAS: see product.

    # The derivative of either cross-entropy is probability minus truth.
    if network.ends_in_sigmoids:
        backward = expit(z) - _truth(network, y).astype(dtype)
        backward /= network.n_outputs
    else:
        smoothing = network.label_smoothing
        backward = np.exp(_log_softmax(z)) - dtype.type(smoothing / network.n_outputs)
        backward[np.arange(n_samples), y] -= 1 - smoothing
    backward = backward * share[:, np.newaxis]
    gradients: Weights = []
    for (kernel, _), activation, gate in reversed(list(zip(layers, inputs, gates, strict=True))):
        gradients[:0] = [
            product(activation.T, backward) + 2 * network.l2 * kernel,
            backward.sum(axis=0),
        ]
        backward = product(backward, kernel.T) * gate
    if network.fixes_bias:
        gradients[-1][:] = 0
    return loss + penalty(network, weights), [shares.T @ backward, *gradients], z


def penalty(network: Network, weights: Weights) -> float:
    """Return `l2` times the sum of the squares of the kernels."""
    return network.l2 * sum(float(np.square(kernel).sum()) for kernel in weights[1::2])
