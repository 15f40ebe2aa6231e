"""How much each token of a sequence moved the logit: integrated gradients, in closed form.

The network sees a document as one vector, its word shares times the embedding table. The path is
the straight line from the vector of a document without words to the vector of the document. The
logit along the path is a sum of ramps, one for each relu unit, whose mean slope needs no steps: a
unit is off, or on, or is switched once.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sklearn_imdb._convention import PADDING
from sklearn_imdb._training.network import Network, Weights, logits, probabilities
from sklearn_imdb._training.sequences import within

Doubles = npt.NDArray[np.float64]

Path: TypeAlias = Callable[[Doubles, Doubles, list[Doubles]], tuple[float, float, Doubles]]
"""A function of the vectors at both ends of a straight path, and of the dense layers.

It returns the value to explain at both ends, and its mean gradient along the path."""

_N_NODES = 24
"""Number of gradients for each part of a path: with these, contributions add up to 1e-9."""


class TokenContributions(NamedTuple):
    """What each token of a text contributed to a logit.

    `contributions.sum()` is `logit - baseline`. Contributions are computed in float64.
    `decision_function` adds up embeddings in float32, and differs from `logit` in the sixth digit.
    """

    tokens: list[str]
    """The tokens of the sequence, in order, named as `inverse_transform` of the vectorizer names
    them: `<START>`, and `<UNK>` for an unknown word. Padding, and tokens that were cut off,
    contribute nothing and are not listed."""
    contributions: npt.NDArray[np.float64]
    """The contribution of each token, shape (n_tokens,)."""
    logit: float
    """The logit of `label`, minus the logit of `against` if there is one. For a regressor, the
    predicted number."""
    baseline: float
    """The same for a sequence of padding alone."""
    label: Any
    """The class whose logit is explained. For a regressor, the value is None."""
    against: Any = None
    """The class whose logit was subtracted. If no logit was subtracted, the value is None."""


def find_class(label: Any, classes: list[Any], name: str = "label") -> int:
    """Return the position of a label among the classes, or raise a ValueError."""
    if label not in classes:
        message = f"{name}={label!r} is none of the classes {classes}."
        if isinstance(label, str) and classes == list(range(len(classes))):
            message += " With several labels per text, pass the number of the column."
        raise ValueError(message)
    return classes.index(label)


def is_token_at(X: npt.NDArray[np.integer], network: Network) -> npt.NDArray[np.bool_]:
    """Whether each index stands for a token, and not for padding or the network's divider."""
    return ~np.isin(X, [PADDING, network.pooling.divider or PADDING])


def make_directions(n_outputs: int, n_classes: int) -> Doubles:
    """Return, for each class, the logit that speaks for it: shape (n_classes, n_outputs).

    Two classes share a logit, which speaks for the second and against the first.
    """
    return np.array([[-1.0], [1.0]]) if n_outputs < n_classes else np.eye(n_outputs)


def score_terms(
    network: Network, weights: Weights, terms: npt.NDArray[np.integer], maxlen: int, n_classes: int
) -> Doubles:
    """Return by how much each term speaks for each class, shape (n_terms, n_classes).

    A score is by how much the term moves the logit of a document without words that then holds it
    once. If padding counts, the document has the length `maxlen`. A term's weight is taken as it
    is, not scaled to a length. Scores of a softmax are relative to their mean.
    """
    embedding, *dense = (array.astype(np.float64) for array in weights)
    empty = _pool_padding(network, embedding)
    share = network.pooling.weigh_terms(terms, maxlen, len(empty)).astype(np.float64)
    vectors = np.vstack([empty, empty + share * (embedding[terms] - empty)])
    z = logits(vectors, [embedding, *dense]).astype(np.float64)
    scores = (z[1:] - z[0]) @ make_directions(network.n_outputs, n_classes).T
    return scores if network.ends_in_sigmoids else scores - scores.mean(axis=1, keepdims=True)


def _pool_padding(network: Network, embedding: npt.NDArray[np.floating]) -> Doubles:
    """Return the vector of a document without words."""
    is_counted = network.pooling.counts_padding
    return embedding[PADDING].astype(np.float64) if is_counted else np.zeros(network.embedding_dim)


def choose_logits(
    z: npt.NDArray[np.floating], network: Network, classes: list[Any], label: Any, against: Any
) -> tuple[list[Any], list[Path]]:
    """Return the label to explain for each sequence, and the path of its logit.

    If `label` is None, the decisions `z` choose it.
    """
    chosen = np.ones(len(z), np.intp) if z.ndim == 1 else z.argmax(axis=1)
    if label is not None:
        chosen[:] = find_class(label, classes)
    by_class = make_directions(network.n_outputs, len(classes))
    directions = by_class[chosen]
    if against is not None:
        other = find_class(against, classes, "against")
        if (chosen == other).any():
            raise ValueError(f"against={against!r} is the label that is explained: name another.")
        if z.ndim > 1:  # Two classes have one logit, which is already a difference.
            directions = directions - by_class[other]
    paths: list[Path] = [partial(follow_logit, direction=direction) for direction in directions]
    return [classes[number] for number in chosen.tolist()], paths


def attribute(
    network: Network, weights: Weights, X: npt.NDArray[np.integer], paths: Iterable[Path]
) -> Iterator[tuple[Doubles, float, float]]:
    """Attribute one value of each sequence, as its path has it, to the positions in the sequence.

    Yields the contribution of each position, the value, and the value of nothing but padding. A
    word index with the share s and the embedding e contributes s * (e - b) times the mean slope
    along the path. This is how far the word moved the document's vector by replacing padding: b is
    the vector of nothing but padding, or zero if padding has no share. Occurrences of a word share
    its contribution equally.
    """
    if not len(X):
        return
    embedding, dense = weights[0], [array.astype(np.float64) for array in weights[1:]]
    empty = _pool_padding(network, embedding)
    X = within(X, len(embedding))
    shares = network.pooling.shares(X, network.input_dim)
    for row, path in enumerate(paths):
        indices, row_shares = shares.of_row(row, network.embedding_dim)
        row_shares, vectors = row_shares.astype(np.float64), embedding[indices].astype(np.float64)
        baseline, value, slope = path(empty, (row_shares * vectors).sum(axis=0), dense)
        words, positions, counts = np.unique(X[row], return_inverse=True, return_counts=True)
        of_words = np.zeros(len(words))
        of_words[np.searchsorted(words, indices)] = (row_shares * (vectors - empty)) @ slope
        yield (of_words / counts)[positions], value, baseline


def follow_logit(
    start: Doubles, end: Doubles, dense: list[Doubles], *, direction: Doubles
) -> tuple[float, float, Doubles]:
    """Return the logit at either end of a straight path, and its mean gradient along it.

    The logit is the sum of the network's logits times `direction`, of shape (n_outputs,). It may
    be one logit, one with its sign turned, or a difference of two.
    """
    *hidden, kernel, bias = dense
    output, offset = kernel @ direction, float(bias @ direction)
    if not hidden:
        return float(start @ output) + offset, float(end @ output) + offset, output
    before, after = (vector @ hidden[0] + hidden[1] for vector in (start, end))
    off, on = np.maximum(before, 0), np.maximum(after, 0)
    # A unit rises with its input on the part of the path on which it is on.
    change = after - before
    part = np.divide(on - off, change, out=(after > 0).astype(np.float64), where=change != 0)
    return float(off @ output) + offset, float(on @ output) + offset, hidden[0] @ (part * output)


def follow_expected(
    start: Doubles, end: Doubles, dense: list[Doubles], *, network: Network, values: Doubles
) -> tuple[float, float, Doubles]:
    """Return the expected value at either end of a straight path, and its mean gradient along it.

    Gauss-Legendre quadrature, between the points of the path at which a relu unit is switched.
    """
    *hidden, kernel, bias = dense
    bounds = np.array([0.0, 1.0])
    if hidden:
        before, after = (vector @ hidden[0] + hidden[1] for vector in (start, end))
        change = after - before
        switches = -before[change != 0] / change[change != 0]
        bounds = np.unique(np.clip([*bounds, *switches], 0, 1))
    nodes, node_weights = np.polynomial.legendre.leggauss(_N_NODES)
    lengths = np.diff(bounds)[:, np.newaxis]
    points = (bounds[:-1, np.newaxis] + lengths * (nodes + 1) / 2).ravel()
    vectors = start + np.array([0, 1, *points])[:, np.newaxis] * (end - start)
    inner = vectors @ hidden[0] + hidden[1] if hidden else vectors
    z = (np.maximum(inner, 0) if hidden else inner) @ kernel + bias
    shares = probabilities(network, z)
    expected = shares @ values
    by_logit = shares * (values - expected[:, np.newaxis])
    gradients = by_logit[:, -network.n_outputs :] @ kernel.T
    if hidden:
        gradients = (gradients * (inner > 0)) @ hidden[0].T
    slope = (lengths * node_weights / 2).ravel() @ gradients[2:]
    return float(expected[0]), float(expected[1]), slope
