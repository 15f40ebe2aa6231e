"""Poolings: how the words of a sequence become one vector.

The vectors of sequences are a sparse product: the shares of words in sequences times the embedding
table. A pooling is an object that finds the shares. All that depends on the pooling is here.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log2, sqrt
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from sklearn_imdb._class_evidence import ClassCounts, class_columns, class_evidence, label_evidence
from sklearn_imdb._convention import PADDING
from sklearn_imdb._targets import Targets
from sklearn_imdb._training.rows import Rows
from sklearn_imdb._training.sequences import Floats, Words, count_words, split_rows, within

_LONG = 1024
"""Above this number of places the rounding of a float32 sum is noticeable."""

WEIGHTED_LENGTH = 5.0
"""Euclidean length of a sequence's shares where words are weighted."""

PARTS = (0.6, 0.4)
"""What words get of a sequence's squared length, and what subwords get."""


# -- shares -----------------------------------------------------------------------------------


class WordShares(csr_matrix):
    """Share of each word in each sequence, shape (n_samples, input_dim), float32."""

    def compact(self, begin: int, end: int) -> tuple[npt.NDArray[np.intp], "WordShares"]:
        """Return the words of some sequences, and the shares with columns for these words alone."""
        indptr = self.indptr[begin : end + 1]
        indices, data = self.indices[indptr[0] : indptr[-1]], self.data[indptr[0] : indptr[-1]]
        # The different words, without sorting the 50,000 items of a batch of long texts.
        is_there = np.zeros(self.shape[1], bool)
        is_there[indices] = True
        words = np.flatnonzero(is_there)
        column_of = np.empty(self.shape[1], np.int32)
        column_of[words] = np.arange(len(words), dtype=np.int32)
        items = data, column_of[indices], indptr - indptr[0]
        return words, WordShares(items, shape=(end - begin, len(words)))

    def of_row(self, row: int, embedding_dim: int) -> tuple[Words, Floats]:
        """Return the words of a sequence, and their shares: a column, or one for each dimension."""
        items = slice(*self.indptr[row : row + 2])
        return self.indices[items], self.data[items, np.newaxis]

    def find_gradient(self, backward: Floats) -> Floats:
        """Return the gradient of the embedding table, from that of the sequences' vectors."""
        return self.T @ backward

    def mean_sum(self) -> float:
        """Return the mean sum of a sequence's absolute shares; 1 if all are 0."""
        return float(np.abs(self.data).sum(dtype=np.float64)) / self.shape[0] or 1.0


@dataclass(frozen=True)
class LabelShares:
    """Shares if each label weighs words by its own evidence. They take the place of `WordShares`.

    The dimension d of the embedding belongs to the label d modulo the number of labels. Row 2 i of
    `counts` and `scales` has the words of sequence i, and row 2 i + 1 its subwords. For each label
    a word's share is its entry in `counts`, times the scale of the row, times the word's weight.
    """

    counts: WordShares
    """1 + log(the count of each word in each part), shape (2 n_samples, n_words), float32."""
    scales: Floats
    """Factor of each part for each label, shape (2 n_samples, n_labels)."""
    weights: Floats
    """Evidence of each word for each label, shape (n_words, n_labels)."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of sequences, and of words."""
        return self.counts.shape[0] // 2, self.counts.shape[1]

    def __getitem__(self, rows: npt.NDArray[np.intp] | slice) -> Self:
        if isinstance(rows, slice):
            parts: Any = slice(2 * rows.start, 2 * rows.stop)
        else:
            parts = (2 * rows[:, np.newaxis] + [0, 1]).ravel()
        return replace(self, counts=self.counts[parts], scales=self.scales[parts])

    def __matmul__(self, table: Floats) -> Floats:
        """Return the vector of each sequence, shape (n_samples, embedding_dim)."""
        shares, width = self, table.shape[1]
        if self.counts.nnz < len(table):  # Multiply the rows of words that occur, not all.
            words, shares = self.compact(0, self.shape[0])
            table = table[words]
        parts = shares.counts @ (table * by_dimension(shares.weights, width))
        parts *= by_dimension(shares.scales, width)
        return parts[::2] + parts[1::2]

    def compact(self, begin: int, end: int) -> tuple[npt.NDArray[np.intp], "LabelShares"]:
        """As `WordShares` has it."""
        words, counts = self.counts.compact(2 * begin, 2 * end)
        return words, LabelShares(counts, self.scales[2 * begin : 2 * end], self.weights[words])

    def of_row(self, row: int, embedding_dim: int) -> tuple[Words, Floats]:
        """As `WordShares` has it."""
        start, middle, end = self.counts.indptr[2 * row : 2 * row + 3]
        words = self.counts.indices[start:end]
        scales = np.repeat(self.scales[2 * row : 2 * row + 2], [middle - start, end - middle], 0)
        shares = self.counts.data[start:end, np.newaxis] * scales * self.weights[words]
        return words, by_dimension(shares, embedding_dim)

    def find_gradient(self, backward: Floats) -> Floats:
        """As `WordShares` has it."""
        width = backward.shape[1]
        parts = np.repeat(backward, 2, axis=0) * by_dimension(self.scales, width)
        gradient = self.counts.T @ parts
        gradient *= by_dimension(self.weights, width)
        return gradient

    def mean_sum(self) -> float:
        """Return the mean sum of a sequence's shares, over sequences and labels; 1 if all are 0."""
        sums = (self.counts @ self.weights) * self.scales
        return float(2 * sums.mean(dtype=np.float64)) or 1.0


Shares: TypeAlias = WordShares | LabelShares


def by_dimension(label_columns: Floats, embedding_dim: int) -> Floats:
    """Return for each dimension of the embedding the column of its label."""
    return label_columns[:, np.arange(embedding_dim) % label_columns.shape[1]]


# -- poolings ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pooling(ABC):
    """How a sequence becomes one vector, and all that depends on it."""

    divider: int | None = None
    """The word index that divides a row into words and subwords."""
    token_weights: Any = None
    """Weight of each word index, shape (n_words,) or (n_words, n_labels). None if all are alike,
    or before they are learned."""

    counts_padding: ClassVar[bool] = False
    """Whether padding has a share."""

    fixes_bias: ClassVar[bool] = False
    """Whether the last bias is the classes' log odds and is not trained."""

    def learn(
        self, rows: Rows, input_dim: int, before: ClassCounts | None = None
    ) -> tuple[Self, ClassCounts | None]:
        """Return the pooling for some training rows, and what it counted, `before` included."""
        return self, None

    @abstractmethod
    def go_on_from(self, trained: "Pooling") -> "Pooling | None":
        """Return the pooling to continue with after a trained one. None if that is impossible."""

    def draw_embedding(self, shape: tuple[int, ...], rng: np.random.RandomState) -> Floats:
        """Draw an embedding table as Keras's layer does."""
        return rng.uniform(-0.05, 0.05, shape)

    def start_kernel(self, kernel: Floats, rng: np.random.RandomState) -> Floats:
        """Return the kernel to start from if the layer of logits is right behind the pooling."""
        return kernel

    def step_factor(self, targets: Targets) -> float:
        """Return the factor of an "auto" learning rate for these classes."""
        return 2 * log2(2 * targets.n_classes) if targets.several else log2(targets.n_classes)

    def shares(self, X: Words, input_dim: int) -> Shares:
        """Return each word's share of each sequence, of shape (n_samples, input_dim), float32.

        An index of `input_dim` or more is the unknown word.
        """
        # All the padding of a row is at most one item.
        n_most = int(np.count_nonzero(X)) + len(X)
        # Blocks are put where they stay: blocks and their stack would take the memory twice.
        data, indices = np.empty(n_most, np.float32), np.empty(n_most, np.int32)
        indptr, end = np.zeros(len(X) + 1, np.int64), 0
        for rows in split_rows(X):
            block = self._share_block(within(X[rows], input_dim), input_dim)
            items = slice(end, end + block.nnz)
            data[items], indices[items] = block.data, block.indices
            indptr[1:][rows] = end + block.indptr[1:]
            end = items.stop
        return WordShares((data[:end], indices[:end], indptr), shape=(len(X), input_dim))

    @abstractmethod
    def _share_block(self, X: Words, input_dim: int) -> csr_matrix:
        """Return the shares of few sequences."""

    def pool(self, X: Words, embedding: Floats) -> Floats:
        """Return the vector of each sequence, shape (n_samples, embedding_dim).

        `shares` merges the repeated words of a sequence, which pays if the shares are used again,
        as in training. A subclass may take each place by itself.
        """
        return self.shares(X, len(embedding)) @ embedding

    @abstractmethod
    def weigh_terms(self, terms: Words | slice, maxlen: int, embedding_dim: int) -> Floats:
        """Return the share of each term in a sequence that holds it once, and no other word.

        It is a column, or one for each dimension. Where words are weighted, it is the weight, not
        scaled to a length.
        """


class Mean(Pooling):
    """The mean over all places, over padding too."""

    counts_padding = True

    def go_on_from(self, trained: "Pooling") -> "Pooling | None":
        return self if isinstance(trained, Mean) else None

    def _share_block(self, X: Words, input_dim: int) -> csr_matrix:
        counts = count_words(X, input_dim, counts_padding=self.counts_padding)
        # A sequence has two rows of counts, its words and its subwords. Without a divider the
        # second is empty.
        indptr, lengths = counts.indptr[::2], np.ravel(counts.sum(axis=1))[::2]
        shares = (counts.data / np.repeat(lengths, np.diff(indptr))).astype(np.float32)
        return csr_matrix((shares, counts.indices, indptr), shape=(len(X), input_dim))

    def pool(self, X: Words, embedding: Floats) -> Floats:
        n_samples, maxlen = X.shape
        if maxlen > _LONG:  # Merging the words makes the sum shorter.
            return super().pool(X, embedding)
        X = within(X, len(embedding))
        shares = self._share_places(X)
        if n_samples == 1 and embedding.shape[1] > 1:
            # A sparse matrix takes longer to make. NumPy's sum has the same order, and so the same
            # bits, except where the embeddings are a single column.
            return (shares.T * embedding[X[0]]).sum(axis=0, keepdims=True)
        indptr = np.arange(0, X.size + 1, maxlen)
        matrix = csr_matrix(
            (shares.ravel(), X.ravel(), indptr), shape=(n_samples, len(embedding)), copy=False
        )
        return matrix @ embedding

    def _share_places(self, X: Words) -> Floats:
        return np.full(X.shape, 1 / X.shape[1], dtype=np.float32)

    def weigh_terms(self, terms: Words | slice, maxlen: int, embedding_dim: int) -> Floats:
        return np.array([[1 / maxlen]])


class MaskedMean(Mean):
    """The mean over the words. A row of padding alone gives zero."""

    counts_padding = False

    def _share_places(self, X: Words) -> Floats:
        is_word = X != PADDING
        lengths = np.maximum(is_word.sum(axis=1, keepdims=True), 1)
        return (is_word / lengths).astype(np.float32)

    def weigh_terms(self, terms: Words | slice, maxlen: int, embedding_dim: int) -> Floats:
        return np.ones((1, 1))


class Evidence(Pooling):
    """The sum of the different words, weighed by class evidence times 1 + log(count).

    The shares of a sequence have a Euclidean length of 5. If the divider stands in the sequence,
    the words before it and the subwords behind it are scaled apart: `PARTS` of the squared length.
    """

    fixes_bias = True
    find_evidence = staticmethod(class_evidence)

    def learn(
        self, rows: Rows, input_dim: int, before: ClassCounts | None = None
    ) -> tuple[Self, ClassCounts | None]:
        # A column for each class; of several labels one more, for all rows.
        n_columns = rows.targets.n_classes + rows.targets.several
        frequency, sizes = csr_matrix((n_columns, input_dim)), np.zeros(n_columns)
        for chunk in rows.chunks():
            columns = class_columns(chunk.targets, len(chunk))
            members = columns.multiply(chunk.weights[:, np.newaxis].astype(np.float64)).T.tocsr()
            for block in split_rows(chunk.X):
                counts = count_words(within(chunk.X[block], input_dim), input_dim, self.divider)
                # A sequence has the items of its two parts.
                items = np.ones(counts.nnz), counts.indices, counts.indptr[::2]
                is_there = csr_matrix(items, shape=(counts.shape[0] // 2, input_dim))
                frequency += members[:, block] @ is_there
            sizes += np.ravel(members.sum(axis=1))
        counted = ClassCounts(frequency.T.tocsr(), sizes, rows.targets.n_classes)
        if before is not None:
            counted = counted + before
        return replace(self, token_weights=self.find_evidence(counted).astype(np.float32)), counted

    def go_on_from(self, trained: "Pooling") -> "Pooling | None":
        # The weights that were learned stay.
        return replace(trained, divider=self.divider) if isinstance(trained, Evidence) else None

    def draw_embedding(self, shape: tuple[int, ...], rng: np.random.RandomState) -> Floats:
        # The shares are of another size than those of a mean.
        return rng.normal(0, 0.01, shape)

    def _share_block(self, X: Words, input_dim: int) -> csr_matrix:
        # Two parts a sequence, of which the second is empty where nothing divides it.
        counts = count_words(X, input_dim, self.divider)
        shares = self.token_weights[counts.indices] * (1 + np.log(counts.data))
        parts = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        lengths = np.sqrt(np.bincount(parts, np.square(shares), minlength=counts.shape[0]))
        lengths[lengths == 0] = 1  # The part's weights are all 0, and so are its shares.
        shares *= (self._find_wanted_lengths(X) / lengths)[parts]
        # A sequence has the items of its two parts.
        items = shares.astype(np.float32), counts.indices, counts.indptr[::2]
        return csr_matrix(items, shape=(len(X), input_dim))

    def _find_wanted_lengths(self, X: Words) -> npt.NDArray[np.float64]:
        """Return the length that each part of each sequence is scaled to, shape (2 n_samples,)."""
        if self.divider is None:
            return np.full(2 * len(X), WEIGHTED_LENGTH)
        is_divided = np.equal(X, self.divider).any(axis=1, keepdims=True)
        return WEIGHTED_LENGTH * np.where(is_divided, np.sqrt(PARTS), 1.0).ravel()

    def weigh_terms(self, terms: Words | slice, maxlen: int, embedding_dim: int) -> Floats:
        return self.token_weights[terms, np.newaxis]


class LabelEvidence(Evidence):
    """Evidence of each label, if a row may have several. Each label has dimensions of its own."""

    find_evidence = staticmethod(label_evidence)  # type: ignore[assignment]  # It is of float32.

    def start_kernel(self, kernel: Floats, rng: np.random.RandomState) -> Floats:
        # A label's unit starts with weights for the label's own dimensions alone.
        embedding_dim, n_labels = kernel.shape
        limit = np.sqrt(6 / (embedding_dim / n_labels + 1))
        drawn = rng.uniform(-limit, limit, (embedding_dim, 1))
        return by_dimension(np.eye(n_labels), embedding_dim).T * drawn

    def step_factor(self, targets: Targets) -> float:
        # Each label has few dimensions, and a step of each dimension moves the label's logit.
        return sqrt(targets.n_classes)

    def shares(self, X: Words, input_dim: int) -> Shares:
        squares = np.square(self.token_weights, dtype=np.float64)
        terms, scales = [], []
        for block in split_rows(X):
            words = within(X[block], input_dim)
            counts = count_words(words, input_dim, self.divider)
            counts.data = 1 + np.log(counts.data)
            lengths = np.sqrt(counts.power(2) @ squares)
            lengths[lengths == 0] = 1
            wanted = self._find_wanted_lengths(words)
            scales.append((wanted[:, np.newaxis] / lengths).astype(np.float32))
            terms.append(counts.astype(np.float32))
        stacked = WordShares(vstack(terms, format="csr"))
        return LabelShares(stacked, np.concatenate(scales), self.token_weights)

    def weigh_terms(self, terms: Words | slice, maxlen: int, embedding_dim: int) -> Floats:
        return by_dimension(self.token_weights[terms], embedding_dim)


POOLINGS: dict[str, type[Pooling]] = {
    "mean": Mean,
    "masked_mean": MaskedMean,
    "evidence": Evidence,
    "label_evidence": LabelEvidence,
}
"""By the names of the classifier's parameter; the last if each label weighs words by itself."""


def make_pooling(parameters: Mapping[str, Any], targets: Targets, embedding_dim: int) -> Pooling:
    """Return the pooling of a classifier's parameters.

    Labels share the evidence if they cannot each have dimensions of their own: if there are more
    labels than dimensions, or if the dimensions were learned elsewhere.

    Raises
    ------
    ValueError
        If there is a divider for a pooling that divides nothing.
    """
    name, divider = parameters["pooling"], parameters["divider"]
    if name != "evidence" and divider is not None:
        rule = f"divider={divider!r} is for pooling='evidence', got pooling={name!r}"
        raise ValueError(f"{rule}: set divider=None.")
    has_initial = parameters["initial_embedding"] is not None
    has_dimensions = embedding_dim >= targets.n_classes and not has_initial
    if name == "evidence" and targets.several and has_dimensions:
        name = "label_evidence"
    return POOLINGS[name](None if divider is None else int(divider))
