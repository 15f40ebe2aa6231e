"""How often the terms of some documents occur, and how many documents of each class contain them.

A term has an id: its position in the order of first appearance.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from sklearn_imdb._class_evidence import ClassCounts
from sklearn_imdb._targets import Targets
from sklearn_imdb._text.tokens import Key, Tokenizer

Integers: TypeAlias = npt.NDArray[np.int64]
TermIds: TypeAlias = npt.NDArray[np.intc]
"""Ids of a document's terms, in the order of the document."""


class Row(NamedTuple):
    """Word indices of a document, before a start, a divider and padding are added."""

    words: npt.NDArray[np.int32]
    """Indices of its words or n-grams."""
    subwords: npt.NDArray[np.int32] | None = None
    """Indices of its subwords. None means no subwords and no divider."""


class Counts(Protocol):
    """Counts of the terms of some documents, tokens or n-grams, by their ids."""

    @property
    def occurrences(self) -> Integers:
        """How often each term occurs, shape (n_terms,)."""

    @property
    def by_class(self) -> ClassCounts:
        """How many documents of each class contain each term."""

    def terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        """Return the terms of these ids."""

    def rows(self, indices: npt.NDArray[np.int32]) -> Iterator[Row]:
        """Yield the indices of each document's terms, given the index of each term.

        A term with a negative index takes no place.
        """


@dataclass(frozen=True)
class WordCounts:
    """Counts of terms that are stored one by one."""

    words: list[str]
    """In order of first appearance."""
    occurrences: Integers
    frequency: csr_matrix
    """Documents of each column that contain each term, shape (n_terms, n_columns)."""
    sizes: Integers
    """Documents of each column, shape (n_columns,)."""
    columns: list[Any]
    """The labels of the columns of `ClassCounts`. None labels the column of all documents."""
    documents: Sequence[TermIds] = ()
    """The ids of each document's terms, if they were kept."""

    @property
    def by_class(self) -> ClassCounts:
        return ClassCounts(self.frequency, self.sizes, self.n_classes)

    @property
    def n_classes(self) -> int:
        """Number of columns that are classes."""
        return len(self.columns) - (self.columns[-1:] == [None])

    @property
    def n_words(self) -> int:
        """Number of words in all documents, repeated ones included."""
        return int(self.occurrences.sum())

    def ids(self) -> dict[str, int]:
        """Return the id of each word."""
        return dict(zip(self.words, itertools.count()))

    def plus(self, later: WordCounts, id_of: dict[str, int]) -> WordCounts:
        """Return the counts of the documents of both. The `documents` are those of `later` alone.

        `id_of` has the id of each word counted before. It is updated in place, because to make it
        anew would take longer with each chunk.
        """
        while len(id_of) > len(self.words):  # The words of a chunk that failed.
            id_of.popitem()
        new = [word for word in later.words if word not in id_of]
        words = self.words + new
        id_of.update(zip(new, range(len(self.words), len(words)), strict=True))
        columns = list(dict.fromkeys([*self.columns, *later.columns]))
        occurrences = np.zeros(len(words), np.int64)
        frequency = csr_matrix((len(words), len(columns)), dtype=np.int64)
        sizes = np.zeros(len(columns), np.int64)
        later_ids = np.fromiter(map(id_of.__getitem__, later.words), np.intc)
        for counts, ids in ((self, np.arange(len(self.words))), (later, later_ids)):
            occurrences[ids] += counts.occurrences
            numbers = np.array([columns.index(label) for label in counts.columns], np.intp)
            sizes[numbers] += counts.sizes
            found = counts.frequency.tocoo()
            items = found.data, (ids[found.row], numbers[found.col])
            frequency += csr_matrix(items, frequency.shape)
        documents = [later_ids[document] for document in later.documents]
        return WordCounts(words, occurrences, frequency, sizes, columns, documents)

    def terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        return [self.words[number] for number in ids.tolist()]

    def rows(self, indices: npt.NDArray[np.int32]) -> Iterator[Row]:
        for document in self.documents:
            words = indices[document]
            yield Row(words[words >= 0])


def count_words(
    texts: Iterable[str],
    tokenizer: Tokenizer,
    targets: Targets | None,
    *,
    binary: bool,
    by_document: bool,
    keeps_documents: bool,
) -> WordCounts:
    """Count the words of `texts`. With `binary` each is counted once a document.

    Without `by_document` the document frequency is left at 0, which takes a tenth less time.
    """
    columns: list[Any] = [] if targets is None else targets.classes.tolist()
    if targets is None or targets.several:
        columns.append(None)
    id_of: defaultdict[Key, int] = defaultdict(itertools.count().__next__)
    tally = _Tally(len(columns), by_document)
    sizes = np.zeros(len(columns), np.int64)
    documents = []
    for text, numbers in _zip_columns(texts, targets):
        keys = tokenizer.split(text)
        if binary:
            keys = list(dict.fromkeys(keys))
        ids = np.fromiter(map(id_of.__getitem__, keys), np.intc, len(keys))
        tally.add(ids, numbers)
        for number in numbers:
            sizes[number] += 1
        if keeps_documents:
            documents.append(ids)
    tally.count_waiting()
    words = tokenizer.words(list(id_of))
    return WordCounts(words, tally.occurrences, tally.frequency, sizes, columns, documents)


def _zip_columns(
    texts: Iterable[str], targets: Targets | None
) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield each text with the numbers of its columns."""
    if targets is None:
        for text in texts:
            yield text, [0]
        return
    n_texts = 0
    for n_texts, text in enumerate(texts, 1):
        if n_texts > len(targets):
            break
        number = targets.numbers[n_texts - 1]
        if targets.several:
            yield text, [*np.flatnonzero(number).tolist(), targets.n_classes]
        else:
            yield text, [number]
    if n_texts != len(targets):
        # An iterable may have no end: it is not read on to be counted.
        found = "more" if n_texts > len(targets) else str(n_texts)
        raise ValueError(
            f"y must have a label for each document of X: it has {len(targets)}, and X holds "
            f"{found}."
        )


def find_df_bound(df: float | str, n_documents: int) -> float:
    """Return `min_df` or `max_df` as a number of documents. A float is a share of them."""
    return float(df) if isinstance(df, Integral) else float(df) * n_documents


class _Tally:
    """Counts ids and, with `by_document`, the documents of each column that contain each id.

    Many documents are counted at a time, in a third of the time of `np.unique` of each document.
    """

    def __init__(self, n_columns: int, by_document: bool) -> None:
        self.occurrences = np.zeros(0, np.int64)
        self.frequency = csr_matrix((0, n_columns), dtype=np.int64)
        self._by_document = by_document
        self._waiting: list[tuple[TermIds, Sequence[int]]] = []
        self._n_waiting, self._most_waiting = 0, 2**14

    def add(self, ids: TermIds, columns: Sequence[int]) -> None:
        self._waiting.append((ids, columns))
        self._n_waiting += len(ids)
        if self._n_waiting >= self._most_waiting:
            self.count_waiting()

    def count_waiting(self) -> None:
        """Bring the totals up to date."""
        ids = [ids for ids, _ in self._waiting]
        joined = np.concatenate([np.empty(0, np.intc), *ids])
        counts = np.bincount(joined, minlength=len(self.occurrences))
        counts[: len(self.occurrences)] += self.occurrences
        self.occurrences = counts
        shape = len(counts), self.frequency.shape[1]
        self.frequency.resize(shape)
        if self._by_document:
            documents = _one_row_each(ids, shape[0])
            documents.sum_duplicates()
            documents.data[:] = 1  # However often a document has an id.
            columns = _one_row_each([columns for _, columns in self._waiting], shape[1])
            self.frequency += (documents.T @ columns).tocsr()
        self._waiting, self._n_waiting = [], 0
        # Seldom enough that adding up the totals takes little of the time.
        self._most_waiting = max(2**14, len(counts), self.frequency.nnz)


def _one_row_each(rows: Sequence[Sequence[int] | TermIds], n_columns: int) -> csr_matrix:
    """Return a matrix with a 1 in the columns that each row lists."""
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate([np.empty(0, np.intc), *rows]).astype(np.intc)
    return csr_matrix((np.ones(len(columns), np.int64), columns, ends), (len(rows), n_columns))
