"""The shares of words in sequences where each label weighs words by its own evidence.

Each label has its own part of the embedding's dimensions: the dimension d belongs to the label
d modulo the number of labels. In these dimensions a sequence's vector is pooled as the label weighs
the words, and scaled to a length for the label. A sparse matrix for each label would take as many
times the memory; here the labels share one, and each has its factors of rows and of columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class LabelShares:
    """Stands for the sparse matrix of shares: by `@`, by `.T @`, and by its rows.

    A sequence has two rows of `counts` and `scales`, of its words and of its subwords.
    """

    counts: csr_matrix
    """1 + log(the count of each word in each part), shape (2 n_samples, n_words), float32."""
    scales: Floats
    """Factor of each part for each label, shape (2 n_samples, n_labels)."""
    weights: Floats
    """Evidence of each word for each label, shape (n_words, n_labels)."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of sequences, and of words."""
        return self.counts.shape[0] // 2, self.counts.shape[1]

    @property
    def indices(self) -> npt.NDArray[np.int32]:
        """The word of each item."""
        return self.counts.indices

    @property
    def T(self) -> _Transposed:
        """What takes a gradient of the sequences' vectors to that of the embedding table."""
        return _Transposed(self)

    def __getitem__(self, rows: npt.NDArray[np.intp] | slice) -> Self:
        parts: Any
        if isinstance(rows, slice):
            parts = _parts_of(rows)
        else:
            parts = (2 * rows[:, np.newaxis] + [0, 1]).ravel()
        return type(self)(self.counts[parts], self.scales[parts], self.weights)

    def of_words(self, words: npt.NDArray[np.intp], columns: npt.NDArray[np.integer]) -> Self:
        """Return the same with these words alone; `columns` is the new column of each item."""
        shape = (self.counts.shape[0], len(words))
        counts = csr_matrix((self.counts.data, columns, self.counts.indptr), shape=shape)
        return type(self)(counts, self.scales, self.weights[words])

    def __matmul__(self, table: Floats) -> Floats:
        """Return the vector of each sequence, shape (n_samples, embedding_dim)."""
        if self.counts.nnz < len(table):  # Else the whole table is multiplied.
            words, columns = np.unique(self.counts.indices, return_inverse=True)
            return self.of_words(words, columns) @ table[words]
        width = table.shape[1]
        parts = self.counts @ (table * by_dimension(self.weights, width))
        parts *= by_dimension(self.scales, width)
        return parts[::2] + parts[1::2]

    def of_sequence(
        self, row: int, embedding_dim: int
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Return the words of a sequence, and their shares of shape (n_items, embedding_dim)."""
        start, middle, end = self.counts.indptr[2 * row : 2 * row + 3]
        words = self.counts.indices[start:end]
        scales = np.repeat(self.scales[2 * row : 2 * row + 2], [middle - start, end - middle], 0)
        shares = self.counts.data[start:end, np.newaxis] * scales * self.weights[words]
        return words, by_dimension(shares, embedding_dim).astype(np.float64)


@dataclass(frozen=True)
class _Transposed:
    shares: LabelShares

    def __matmul__(self, backward: Floats) -> Floats:
        """Return the gradient of the embedding table, shape (n_words, embedding_dim)."""
        of, width = self.shares, backward.shape[1]
        parts = np.repeat(backward, 2, axis=0) * by_dimension(of.scales, width)
        gradient = of.counts.T @ parts
        gradient *= by_dimension(of.weights, width)
        return gradient


def labels_of_dimensions(embedding_dim: int, n_labels: int) -> npt.NDArray[np.intp]:
    """Return the number of the label that each dimension of the embedding belongs to."""
    return np.arange(embedding_dim) % n_labels


def by_dimension(of_labels: Floats, embedding_dim: int) -> Floats:
    """Return what each label has, a column each, for the dimensions that belong to the label."""
    return of_labels[:, labels_of_dimensions(embedding_dim, of_labels.shape[1])]


def items_of(shares: csr_matrix | LabelShares, batch: slice) -> slice:
    """Return where the items of some sequences are among those of all."""
    if isinstance(shares, LabelShares):
        return items_of(shares.counts, _parts_of(batch))
    return slice(shares.indptr[batch.start], shares.indptr[batch.stop])


def compact(
    shares: csr_matrix | LabelShares,
    batch: slice,
    words: npt.NDArray[np.intp],
    columns: npt.NDArray[np.integer],
) -> csr_matrix | LabelShares:
    """Return the shares of some sequences, of these words alone.

    `columns` is the new column of each of their items. Making one matrix of what SciPy would slice
    and then rename takes half the time.
    """
    if isinstance(shares, LabelShares):
        parts = _parts_of(batch)
        counts = compact(shares.counts, parts, words, columns)
        return LabelShares(counts, shares.scales[parts], shares.weights[words])
    ends = shares.indptr[batch.start : batch.stop + 1]
    data = shares.data[ends[0] : ends[-1]]
    return csr_matrix((data, columns, ends - ends[0]), shape=(len(ends) - 1, len(words)))


def _parts_of(batch: slice) -> slice:
    return slice(2 * batch.start, 2 * batch.stop)
