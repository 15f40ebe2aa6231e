"""The embedding-average network in NumPy and SciPy: weights, forward pass, gradients.

The layers of Keras's tutorial: embedding, pooling of the sequence, a dense relu layer unless
`hidden_units` is 0, a dense layer of logits. The pooled vector is a sparse product, the word shares
times the embedding table (see `pooling.py`), and its gradient is the adjoint product.

Weights are a list of arrays in the order of Keras's `get_weights`: the embedding table, then
kernel and bias of each dense layer. Training computes in float32, as Keras does.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.utils import check_array

from sklearn_imdb._convention import N_RESERVED
from sklearn_imdb._targets import Targets
from sklearn_imdb._training.pooling import POOLINGS, Mean, Pooling, Shares, make_pooling
from sklearn_imdb._training.rows import Rows
from sklearn_imdb._training.sequences import Floats, Words, check_indices, split_rows

Weights: TypeAlias = list[Floats]


@dataclass(frozen=True)
class Network:
    """Sizes, pooling and regularisation of an embedding-average network."""

    input_dim: int
    embedding_dim: int
    hidden_units: int
    n_outputs: int
    """1 is a sigmoid unit for two classes; more are a softmax, or a sigmoid unit for each label."""
    several: bool = False
    """Whether a sequence may have several labels, each with a sigmoid unit."""
    pooling: Pooling = field(default_factory=Mean)
    dropout: float = 0.0
    l2: float = 0.0
    label_smoothing: float = 0.0

    @classmethod
    def of(cls, parameters: Mapping[str, Any], targets: Targets, input_dim: int) -> Self:
        """Make the network of a classifier's parameters, in types that Keras takes."""
        n_classes, several = targets.n_classes, targets.several
        embedding_dim, table = parameters["embedding_dim"], parameters["initial_embedding"]
        if embedding_dim == "auto":
            embedding_dim = min(max(16, 3 * n_classes), 100) if table is None else table.shape[1]
        return cls(
            input_dim=int(input_dim),
            embedding_dim=int(embedding_dim),
            hidden_units=int(parameters["hidden_units"]),
            n_outputs=1 if n_classes == 2 and not several else n_classes,
            several=several,
            pooling=make_pooling(parameters, targets, embedding_dim),
            dropout=float(parameters["dropout"]),
            l2=float(parameters["l2"]),
            label_smoothing=float(parameters["label_smoothing"]),
        )

    @property
    def ends_in_sigmoids(self) -> bool:
        """Whether each output is the logit of a class or label of its own, and no softmax."""
        return self.n_outputs == 1 or self.several

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

    @property
    def state(self) -> dict[str, Any]:
        """The network in plain types, which skops trusts, but for the weights."""
        name = next(name for name, kind in POOLINGS.items() if type(self.pooling) is kind)
        return {**vars(self), "pooling": {"name": name, "divider": self.pooling.divider}}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], token_weights: Floats | None) -> Self:
        """Return the network that `state` was made of."""
        name, divider = state["pooling"]["name"], state["pooling"]["divider"]
        return cls(**{**state, "pooling": POOLINGS[name](divider, token_weights)})


Trained: TypeAlias = tuple[Network, Weights]
"""A trained network."""


def start_network(
    parameters: Mapping[str, Any], rows: Rows, rng: np.random.RandomState, *, before: Trained | None
) -> Trained:
    """Return the network of a classifier's parameters, and the weights that training starts from.

    With `before`, a trained network, continue from its weights; otherwise draw new ones.

    Raises
    ------
    ValueError
        If `input_dim` is too small for the rows, if the embedding table is larger than memory, or
        if the network is of another shape than the one before, or pools otherwise.
    """
    largest_index = int(rows.X.max())
    input_dim: int | None = parameters["input_dim"]
    initial = parameters["initial_embedding"]
    if initial is not None:
        initial = _check_initial(initial)
        parameters = {**parameters, "initial_embedding": initial}
        input_dim = input_dim or len(initial)
    if input_dim is not None and largest_index >= input_dim:
        found = f"X holds the word index {largest_index}, beyond input_dim={input_dim}"
        raise ValueError(f"{found}: raise input_dim to at least {largest_index + 1}.")
    smallest = max(largest_index + 1, N_RESERVED) if before is None else before[0].input_dim
    network = Network.of(parameters, rows.targets, input_dim or smallest)
    if before is None:
        # float32 weights before and after, their gradient twice, Adam's two moments and its work,
        # the best epoch's weights.
        n_bytes = 32 * network.input_dim * network.embedding_dim
        try:
            np.empty(min(n_bytes, sys.maxsize), dtype=np.uint8)  # Reserved, not written to.
        except MemoryError as error:  # One word index that was a hash or an id is enough for that.
            raise ValueError(
                f"The largest word index in X is {largest_index}, and input_dim={input_dim}. So "
                f"the embeddings are a table of {network.input_dim} rows and "
                f"embedding_dim={network.embedding_dim} columns. Training it takes "
                f"{n_bytes / 2**30:.0f} GiB, more than there is. Lower num_words of a vectorizer, "
                "embedding_dim or input_dim, or number the words without gaps."
            ) from error
        weights = draw_weights(network, rng)
        if initial is None:
            return network, weights
        if initial.shape != weights[0].shape:
            raise ValueError(
                f"initial_embedding has the shape {initial.shape}, but input_dim and embedding_dim "
                f"ask for {weights[0].shape}: set input_dim=None and embedding_dim='auto'."
            )
        return network, [initial, *weights[1:]]
    trained, weights = before
    pooling = network.pooling.go_on_from(trained.pooling)
    shapes = [array.shape for array in weights]
    if pooling is None or shapes != network.shapes:
        raise ValueError(
            f"Training cannot go on from weights of shapes {shapes}: input_dim, embedding_dim, "
            "hidden_units or pooling has been changed. Set the old value, or train anew."
        )
    return replace(network, pooling=pooling), weights


def _check_initial(initial: Any) -> Floats:
    """Return the embedding table that a user gave as float32, or raise a ValueError."""
    try:
        table = check_array(initial, dtype=np.float32, input_name="initial_embedding", copy=True)
    except (TypeError, ValueError) as error:
        expected = "initial_embedding must be an array of shape (input_dim, embedding_dim)"
        raise ValueError(f"{expected}: {error}") from error
    if len(table) < N_RESERVED:
        raise ValueError(
            f"initial_embedding has {len(table)} rows, and the first {N_RESERVED} are reserved: it "
            "must have a row for each word index."
        )
    return table


def draw_weights(network: Network, rng: np.random.RandomState) -> Weights:
    """Draw the table as the pooling has it, and kernels uniformly (Glorot & Bengio, 2010)."""
    table, *dense = network.shapes
    weights = [network.pooling.draw_embedding(table, rng)]
    for shape, bias in zip(dense[::2], dense[1::2], strict=True):
        limit = np.sqrt(6 / sum(shape))
        kernel: Floats = rng.uniform(-limit, limit, shape)
        if not network.hidden_units:
            kernel = network.pooling.start_kernel(kernel, rng)
        weights += [kernel, np.zeros(bias)]
    return [array.astype(np.float32) for array in weights]


def fix_bias(network: Network, weights: Weights, totals: npt.NDArray[np.float64]) -> Weights:
    """Return the weights with the last bias at the classes' log odds, where the pooling fixes it.

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
    if not network.pooling.fixes_bias:
        return weights
    # Half a row more of each class, and not of it, because a chunk may lack a class.
    of_classes = totals[:-1] + 0.5
    if network.ends_in_sigmoids:
        bias = np.log(of_classes / (totals[-1] - totals[:-1] + 0.5))[-network.n_outputs :]
    else:
        bias = np.log(of_classes / of_classes.sum())
    return [*weights[:-1], bias.astype(np.float32)]


# -- forward ----------------------------------------------------------------------------------


def pool(network: Network, X: Words, embedding: Floats) -> Floats:
    """Return the pooled vector of each sequence, checked, shape (n_samples, embedding_dim)."""
    vectors = np.empty((len(X), network.embedding_dim), np.float32)
    for rows, block in _pool_blocks(network, X, embedding):
        vectors[rows] = block
    return vectors


def predict(network: Network, X: Words, weights: Weights) -> npt.NDArray[np.float64]:
    """Return the logits of sequences, checked, to predict by: shape (n_samples, n_outputs).

    Pooled vectors are float32, summed in the order of the words. What follows is float64, so that a
    row's prediction does not depend on the rows beside it, but for the last bit.
    """
    embedding, *dense = weights
    weights = [embedding, *(array.astype(np.float64) for array in dense)]
    z = np.empty((len(X), network.n_outputs))
    for rows, block in _pool_blocks(network, X, embedding):
        z[rows] = logits(block, weights)
    return z


def _pool_blocks(network: Network, X: Words, embedding: Floats) -> Iterator[tuple[slice, Floats]]:
    # All that is made of X is made of a block of it: X may take most of the memory.
    for rows in split_rows(X):
        block = check_indices(X[rows], "X", range(rows.start, len(X)))
        yield rows, network.pooling.pool(block, embedding)


def logits(averages: Floats, weights: Weights) -> Floats:
    """Return the network's output before sigmoid or softmax, shape (n_samples, n_outputs)."""
    *hidden, kernel, bias = weights[1:]
    if hidden:
        averages = np.maximum(product(averages, hidden[0]) + hidden[1], 0)
    return product(averages, kernel) + bias


def cross_entropies(network: Network, z: Floats, y: Words) -> tuple[Floats, Floats]:
    """Return the loss of each sample, shape (n_samples,), and its derivative by the logits `z`.

    With several labels, the loss is the mean over the labels. Label smoothing spreads a share of
    each label evenly over all classes.
    """
    smoothing = network.label_smoothing
    if network.ends_in_sigmoids:
        truth = (1 - smoothing) * y.reshape(len(y), -1) + smoothing / 2
        losses = (np.logaddexp(0, z) - truth * z).mean(axis=1)
        return losses, (expit(z) - truth.astype(z.dtype)) / network.n_outputs
    # SciPy's log_softmax takes four times as long for a batch.
    z = z - z.max(axis=1, keepdims=True)
    logarithms = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    true = np.arange(len(y)), y
    losses = (smoothing - 1) * logarithms[true]
    if smoothing:
        losses = losses - smoothing * logarithms.mean(axis=1)
    gradient = np.exp(logarithms) - z.dtype.type(smoothing / network.n_outputs)
    gradient[true] -= 1 - smoothing
    return losses, gradient


def probabilities(
    network: Network, z: npt.NDArray[np.float64], *, log: bool = False
) -> npt.NDArray[np.float64]:
    """Return the probability of each class from the logits, or its logarithm.

    Its shape is (n_samples, n_classes).
    """
    of_a_logit, of_logits = (log_expit, log_softmax) if log else (expit, softmax)
    if network.several:
        return of_a_logit(z)
    if z.shape[1] == 1:
        return np.hstack([of_a_logit(-z), of_a_logit(z)])
    return of_logits(z, axis=1)


def classify(network: Network, z: Floats) -> npt.NDArray[np.intp]:
    """Return the number of the most probable class from the logits, shape (n_samples,).

    Of several labels it is the matrix of those that are more probable than not.
    """
    if network.several:
        return (z > 0).astype(np.intp)
    return (z[:, 0] > 0).astype(np.intp) if z.shape[1] == 1 else z.argmax(axis=1)


def n_right(network: Network, z: Floats, y: Words) -> float:
    """Return the number of correct predictions.

    With several labels, a sample counts by the share of its labels that are right.
    """
    is_right = classify(network, z) == y
    return float(np.count_nonzero(is_right)) * len(y) / is_right.size


# -- gradients --------------------------------------------------------------------------------


def loss_and_gradients(
    network: Network,
    weights: Weights,
    shares: Shares,
    y: Words,
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

    share = (np.ones(n_samples, dtype) if sample_weight is None else sample_weight) / n_samples
    losses, backward = cross_entropies(network, z, y)
    loss = float(np.sum(share * losses))  # Not by BLAS: see product.
    backward = backward * share[:, np.newaxis]
    gradients: Weights = []
    for (kernel, _), activation, gate in reversed(list(zip(layers, inputs, gates, strict=True))):
        gradients[:0] = [
            product(activation.T, backward) + 2 * network.l2 * kernel,
            backward.sum(axis=0),
        ]
        backward = product(backward, kernel.T) * gate
    if network.pooling.fixes_bias:
        gradients[-1][:] = 0
    return loss + penalty(network, weights), [shares.find_gradient(backward), *gradients], z


def evaluate(network: Network, weights: Weights, shares: Shares, rows: Rows) -> dict[str, float]:
    """Return the loss and the accuracy on rows to validate on."""
    z, y = logits(shares @ weights[0], weights), rows.targets.numbers
    losses, _ = cross_entropies(network, z, y)
    loss = float(np.average(losses, weights=rows.sample_weight)) + penalty(network, weights)
    return {"val_loss": loss, "val_accuracy": n_right(network, z, y) / len(z)}


def penalty(network: Network, weights: Weights) -> float:
    """Return `l2` times the sum of the squares of the kernels."""
    return network.l2 * sum(float(np.square(kernel).sum()) for kernel in weights[1::2])


# -- products ---------------------------------------------------------------------------------

# Multiplications in a product of two matrices, and in one with a vector, that OpenBLAS computes in
# one thread: half of its own bounds, 2**18, and a little less than its 9,216.
_OF_MATRICES = 2**17
_OF_A_VECTOR = 2**13
_DEPTH, _COLUMNS = 256, 32  # Their product is _OF_A_VECTOR: a block may be left with one row.


def product(a: Floats, b: Floats) -> Floats:
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
