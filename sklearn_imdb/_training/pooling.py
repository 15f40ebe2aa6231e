"""Pooling: how the words of a sequence become one vector.

The vectors of sequences are a sparse product, the shares of words in sequences times the embedding
table. For a mean, a word's share is how large a part of the sequence it is. For the pooling
"evidence", it is how much the word tells of the classes, relative to all words of the sequence;
where labels are pooled apart, of each label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from sklearn_imdb._class_evidence import class_evidence, label_evidence
from sklearn_imdb._convention import DIVIDER
from sklearn_imdb._training.label_shares import LabelShares
from sklearn_imdb._training.network import Floats, Network, Weights, logits
from sklearn_imdb._training.rows import Rows
from sklearn_imdb._training.sequences import (
    ROWS_AT_ONCE,
    blocks_of,
    checked_indices,
    within,
    words_of,
)

_LONG = 1024
"""Places from which on the rounding of a sum over all of them would tell."""

WEIGHTED_LENGTH = 5.0
"""Euclidean length of a sequence's shares where words are weighted."""

PARTS = (0.6, 0.4)
"""Parts of the squared length that words and subwords have."""


# -- class evidence ---------------------------------------------------------------------------


class ClassCounts(NamedTuple):
    """What class evidence is counted from. A row without a weight counts as 1."""

    document_frequency: csr_matrix
    """Weight of each class's rows that contain each word index, shape (input_dim, n_classes).

    Where a row may have several labels, there is a column more, of all rows.
    """
    class_sizes: npt.NDArray[np.float64]
    """Weight of each class's rows, shape (n_classes,); the same holds."""

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """The counts in arrays alone, which skops trusts."""
        frequency = self.document_frequency
        return frequency.data, frequency.indices, frequency.indptr, self.class_sizes

    @classmethod
    def of_arrays(cls, arrays: tuple[npt.NDArray[Any], ...]) -> Self:
        """Return what `arrays` were made from."""
        *frequency, class_sizes = arrays
        shape = (len(frequency[-1]) - 1, len(class_sizes))
        return cls(csr_matrix(tuple(frequency), shape=shape), class_sizes)


def with_token_weights(
    network: Network, rows: Rows, n_classes: int, before: ClassCounts | None = None
) -> tuple[Network, ClassCounts | None]:
    """Return the network with each word's class evidence in the rows, and the counts behind it.

    `before` are the counts of the rows before these. A network that weighs no words stays as it is.
    """
    if network.pooling != "evidence":
        return network, None
    counts = _class_counts(network, rows.within(network.input_dim), n_classes)
    if before is not None:
        counts = ClassCounts(*(now + then for now, then in zip(counts, before, strict=True)))
    if network.labels_apart:
        weights = label_evidence(*counts)
    else:
        weights = class_evidence(*counts, overlap=rows.have_labels).astype(np.float32)
    return replace(network, token_weights=weights), counts


def _class_counts(network: Network, rows: Rows, n_classes: int) -> ClassCounts:
    weights = np.ones(len(rows.y)) if rows.sample_weight is None else rows.sample_weight
    if rows.have_labels:
        members = csr_matrix(np.hstack([rows.y, np.ones((len(rows.y), 1))]))
        members = members.multiply(weights[:, np.newaxis]).T.tocsr()
    else:
        members = csr_matrix((weights, (rows.y, np.arange(len(rows.y)))), (n_classes, len(rows.y)))
    frequency = csr_matrix((members.shape[0], network.input_dim))
    for counts, block in _blocks_of_counts(rows.X, network):
        is_there = csr_matrix(
            (np.ones(counts.nnz), counts.indices, counts.indptr[::2]),
            shape=(counts.shape[0] // 2, counts.shape[1]),
        )
        frequency += members[:, block] @ is_there
    return ClassCounts(frequency.T.tocsr(), np.asarray(members.sum(axis=1)).ravel())


def _blocks_of_counts(
    X: npt.NDArray[np.integer], network: Network
) -> Iterator[tuple[csr_matrix, slice]]:
    for block in blocks_of(X):
        yield _counts_of_parts(X[block], network), block


# -- shares -----------------------------------------------------------------------------------


def word_shares(X: npt.NDArray[np.integer], network: Network) -> csr_matrix | LabelShares:
    """Return each word's share of each sequence, shape (n_samples, input_dim), float32.

    Rows sum to 1. With "masked_mean" padding has no share, and a row of nothing else is empty. With
    "evidence" a share is the word's weight times 1 + log(its count in the row), and the squares of
    a row sum to 25 unless all are 0. Where labels are pooled apart, each has such shares.
    """
    if network.labels_apart:
        return _label_shares(X, network)
    # Put where they stay at once: blocks and their stack would take the memory twice.
    most = np.count_nonzero(X) + len(X)  # Padding is one item of a row.
    data, indices = np.empty(most, np.float32), np.empty(most, np.int32)
    ends = [np.zeros(1, np.int64)]
    for block in blocks_of(X):
        part = _block_of_shares(X[block], network)
        begin, end = ends[-1][-1], ends[-1][-1] + part.nnz
        data[begin:end], indices[begin:end] = part.data, part.indices
        ends.append(begin + part.indptr[1:])
    shape = (len(X), network.input_dim)
    return csr_matrix((data[:end], indices[:end], np.concatenate(ends)), shape=shape)


def _block_of_shares(X: npt.NDArray[np.integer], network: Network) -> csr_matrix:
    if network.token_weights is not None:
        return _evidence_shares(X, network.token_weights, network)
    n_samples, maxlen = X.shape
    offsets, indices = words_of(X)
    counts = np.diff(offsets, append=X.size)
    rows = offsets // maxlen
    lengths = np.full(n_samples, maxlen)
    if network.pooling == "masked_mean":
        kept = indices != 0
        indices, counts, rows = indices[kept], counts[kept], rows[kept]
        lengths = np.count_nonzero(X, axis=1)
    shares = counts / lengths[rows]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_samples))])
    shape = (n_samples, network.input_dim)
    return csr_matrix((shares.astype(np.float32), indices, indptr), shape=shape)


def _evidence_shares(
    X: npt.NDArray[np.integer], token_weights: Floats, network: Network
) -> csr_matrix:
    # Two parts a sequence, of which the second is empty where nothing divides it.
    counts = _counts_of_parts(X, network)
    shares = token_weights[counts.indices] * (1 + np.log(counts.data))
    parts = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    lengths = np.sqrt(np.bincount(parts, np.square(shares), minlength=counts.shape[0]))
    lengths[lengths == 0] = 1  # Its weights are all 0, and so are its shares.
    factors = _wanted_lengths(len(X), network) / lengths
    shares *= factors[parts]
    # A sequence has the items of its two parts.
    return csr_matrix(
        (shares.astype(np.float32), counts.indices, counts.indptr[::2]),
        shape=(len(X), network.input_dim),
    )


def _label_shares(X: npt.NDArray[np.integer], network: Network) -> LabelShares:
    weights = network.token_weights
    assert weights is not None
    squares = np.square(weights, dtype=np.float64)
    terms, scales = [], []
    for counts, _ in _blocks_of_counts(X, network):
        counts.data = 1 + np.log(counts.data)
        lengths = np.sqrt(counts.power(2) @ squares)
        lengths[lengths == 0] = 1
        wanted = _wanted_lengths(counts.shape[0] // 2, network)
        scales.append((wanted[:, np.newaxis] / lengths).astype(np.float32))
        terms.append(counts.astype(np.float32))
    return LabelShares(vstack(terms, format="csr"), np.concatenate(scales), weights)


def _wanted_lengths(n_samples: int, network: Network) -> npt.NDArray[np.float64]:
    """Return the length that each part of each sequence is scaled to, shape (2 n_samples,)."""
    parts = np.sqrt(PARTS) if network.divided else np.ones(2)
    return WEIGHTED_LENGTH * np.tile(parts, n_samples)


def _counts_of_parts(X: npt.NDArray[np.integer], network: Network) -> csr_matrix:
    """Return how often each part of a sequence contains each word: shape (2 n_samples, input_dim).

    The first of two rows is of the words, the second of the subwords.
    """
    n_samples, maxlen = X.shape
    at = np.flatnonzero(X)
    indices = X.ravel()[at]
    parts = 2 * (at // maxlen)
    if network.divided:
        is_divider = X == DIVIDER
        # Where nothing divides a sequence, all of it is words.
        dividers = np.where(is_divider.any(axis=1), is_divider.argmax(axis=1), maxlen)
        parts += at % maxlen > dividers[parts // 2]
        kept = indices != DIVIDER
        indices, parts = indices[kept], parts[kept]
    # A part and a word in one number: NumPy sorts numbers faster than SciPy sorts rows.
    items = (parts << 32) | indices
    items.sort()
    is_first = np.ones(len(items), bool)
    np.not_equal(items[1:], items[:-1], out=is_first[1:])
    first = np.flatnonzero(is_first)
    counts = np.diff(first, append=len(items)).astype(np.float64)
    items = items[first]
    indptr = np.searchsorted(items, np.arange(2 * n_samples + 1) << 32)
    words = (items & 0xFFFFFFFF).astype(np.int32)
    return csr_matrix((counts, words, indptr), shape=(2 * n_samples, network.input_dim))


def share_length(X: npt.NDArray[np.integer], network: Network) -> float:
    """Return the mean sum of a sequence's shares, over at most `ROWS_AT_ONCE` of the sequences.

    Where labels are pooled apart, it is the mean over the labels, too.
    """
    some = X[:: -(-len(X) // ROWS_AT_ONCE)]
    shares = word_shares(within(some, network.input_dim), network)
    if isinstance(shares, LabelShares):
        sums = (shares.counts @ shares.weights) * shares.scales
        return float(2 * sums.mean(dtype=np.float64)) or 1.0
    return float(np.abs(shares.data).sum(dtype=np.float64)) / len(some) or 1.0


def average(X: npt.NDArray[np.int32], embedding: Floats, network: Network) -> Floats:
    """Return the average embedding of each sequence, shape (n_samples, embedding_dim).

    For one pass over the sequences, where merging the repeated words would not pay. They are merged
    where sequences are so long that the rounding of a sum over all places would tell.
    """
    n_samples, maxlen = X.shape
    if maxlen > _LONG or network.pooling == "evidence":
        return word_shares(X, network) @ embedding
    shares = np.full(X.shape, 1 / maxlen, dtype=np.float32)
    if network.pooling == "masked_mean":
        is_word = X != 0
        lengths = np.maximum(is_word.sum(axis=1, keepdims=True), 1)
        np.divide(is_word, lengths, out=shares)
    if n_samples == 1 < embedding.shape[1]:
        # A sparse matrix takes longer to make. NumPy adds up rows in the same order, but not the
        # places of a single column.
        return (shares.T * embedding[X[0]]).sum(axis=0, keepdims=True)
    indptr = np.arange(0, X.size + 1, maxlen)
    matrix = csr_matrix(
        (shares.ravel(), X.ravel(), indptr), shape=(n_samples, len(embedding)), copy=False
    )
    return matrix @ embedding


def vectors_of(
    X: npt.NDArray[np.integer], network: Network, embedding: Floats
) -> npt.NDArray[np.float32]:
    """Return the pooled vector of each sequence, checked, shape (n_samples, embedding_dim)."""
    vectors = np.empty((len(X), network.embedding_dim), np.float32)
    for rows, block in _checked_blocks(X, network):
        vectors[rows] = average(block, embedding, network)
    return vectors


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
    for rows, block in _checked_blocks(X, network):
        z[rows] = logits(average(block, embedding, network), weights)
    return z


def _checked_blocks(
    X: npt.NDArray[np.integer], network: Network
) -> Iterator[tuple[slice, npt.NDArray[np.int32]]]:
    # All that is made of X is made of a block of it: X may take most of the memory.
    for rows in blocks_of(X):
        checked = checked_indices(X[rows], "X", range(rows.start, len(X)))
        yield rows, within(checked, network.input_dim)
