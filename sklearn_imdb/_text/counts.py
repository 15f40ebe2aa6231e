"""How often the terms of some documents occur, and how many documents of each class contain them.

A term has an id: its position in the order of first appearance.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from numbers import Integral
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from sklearn_imdb._checks import Labels
from sklearn_imdb._text.tokens import Key, Tokenizer

Integers: TypeAlias = npt.NDArray[np.int64]
TermIds: TypeAlias = npt.NDArray[np.intc]
"""Ids of a document's terms, in the order of the document."""


class Counts(Protocol):
    """Counts of the terms of some documents, tokens or n-grams, by their ids."""

    @property
    def occurrences(self) -> Integers:
        """How often each term occurs, shape (n_terms,)."""

    @property
    def document_frequency(self) -> csr_matrix:
        """Documents of each class that contain each term, shape (n_terms, n_classes)."""

    @property
    def class_sizes(self) -> Integers:
        """How many documents of each class were counted, shape (n_classes,)."""

    @property
    def overlap(self) -> bool:
        """Whether a document may have several of the classes, as in `Labels`."""

    def terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        """Return the terms of these ids."""

    def sequences(self, indices: npt.NDArray[np.int32]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the indices of each document's terms, given the index of each term."""


class WordCounts(NamedTuple):
    """Counts of terms that are held one by one."""

    words: list[str]
    """In order of first appearance."""
    occurrences: Integers
    document_frequency: csr_matrix
    class_sizes: Integers
    classes: list[Any]
    """As in `Labels`, but in the order of first appearance."""
    documents: Sequence[TermIds] = ()
    """The ids of each document's terms, where they were to be kept."""

    @classmethod
    def of(
        cls,
        texts: Iterable[str],
        tokenizer: Tokenizer,
        labels: Labels,
        *,
        binary: bool = False,
        by_document: bool = True,
        keeps_documents: bool = False,
    ) -> Self:
        """Count the words of `texts`, with `binary` each once a document.

        Without `by_document` the document frequency is left at 0, which takes a tenth less time.
        """
        id_of: defaultdict[Key, int] = defaultdict(itertools.count().__next__)
        occurrences = _Tally()
        document_frequency = _ClassTally(len(labels.classes))
        class_sizes = np.zeros(len(labels.classes), np.int64)
        documents = []
        for text, class_numbers in labels.zip(texts):
            keys = tokenizer.split(text)
            if binary:
                keys = list(dict.fromkeys(keys))
            ids = np.fromiter(map(id_of.__getitem__, keys), np.intc, len(keys))
            occurrences.add(ids)
            for number in class_numbers:
                class_sizes[number] += 1
            if by_document:
                document_frequency.add(ids, class_numbers)
            if keeps_documents:
                documents.append(ids)
        words = [tokenizer.word(key) for key in id_of]
        return cls(
            words,
            occurrences.totals(len(words)),
            document_frequency.totals(len(words)),
            class_sizes,
            labels.classes,
            documents,
        )

    @property
    def overlap(self) -> bool:
        return len(self.classes) > 1 and self.classes[-1] is None

    def ids(self) -> dict[str, int]:
        """Return the id of each word."""
        return dict(zip(self.words, itertools.count()))

    def plus(self, later: WordCounts, id_of: dict[str, int]) -> WordCounts:
        """Return the counts of the documents of both, with the documents of `later` alone.

        `id_of` has the id of each of these words and is given the new ones. To make it anew for
        every chunk would take longer with each chunk.
        """
        while len(id_of) > len(self.words):  # The words of a chunk that failed.
            id_of.popitem()
        new = [word for word in later.words if word not in id_of]
        words = self.words + new
        id_of.update(zip(new, range(len(self.words), len(words)), strict=True))
        classes = list(dict.fromkeys([*self.classes, *later.classes]))
        occurrences = np.zeros(len(words), np.int64)
        document_frequency = csr_matrix((len(words), len(classes)), dtype=np.int64)
        class_sizes = np.zeros(len(classes), np.int64)
        ids_of_later = np.fromiter(map(id_of.__getitem__, later.words), np.intc)
        for counts, ids in ((self, np.arange(len(self.words))), (later, ids_of_later)):
            occurrences[ids] += counts.occurrences
            numbers = np.array([classes.index(label) for label in counts.classes], np.intp)
            class_sizes[numbers] += counts.class_sizes
            found = counts.document_frequency.tocoo()
            document_frequency += csr_matrix(
                (found.data, (ids[found.row], numbers[found.col])), document_frequency.shape
            )
        return WordCounts(
            words,
            occurrences,
            document_frequency,
            class_sizes,
            classes,
            [ids_of_later[document] for document in later.documents],
        )

    def terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        return [self.words[number] for number in ids.tolist()]

    def sequences(self, indices: npt.NDArray[np.int32]) -> Iterator[npt.NDArray[np.int32]]:
        return (indices[document] for document in self.documents)


def document_frequency_bound(df: float | str, n_documents: int) -> float:
    """Return the document frequency that `min_df` or `max_df` stands for: a float is a share."""
    return float(df) if isinstance(df, Integral) else float(df) * n_documents


class _Tally:
    """Counts ids, those of many documents at a time.

    That takes a third of the time of `np.unique` of each document.
    """

    def __init__(self) -> None:
        self._totals = np.zeros(0, dtype=np.int64)
        self._waiting: list[TermIds] = []
        self._n_waiting = 0

    def add(self, ids: TermIds) -> None:
        self._waiting.append(ids)
        self._n_waiting += len(ids)
        # Seldom enough that adding up the totals takes little of the time.
        if self._n_waiting >= max(2**14, len(self._totals)):
            self._count_waiting()

    def _count_waiting(self) -> None:
        if self._waiting:
            counts = np.bincount(np.concatenate(self._waiting), minlength=len(self._totals))
            counts[: len(self._totals)] += self._totals
            self._totals, self._waiting, self._n_waiting = counts, [], 0

    def totals(self, n_words: int) -> Integers:
        """Return how often each id below `n_words` was added."""
        self._count_waiting()
        return np.pad(self._totals, (0, n_words - len(self._totals)))


class _ClassTally:
    """Counts the documents of each class that contain each id, many documents at a time."""

    def __init__(self, n_classes: int) -> None:
        self._totals = csr_matrix((0, n_classes), dtype=np.int64)
        self._waiting: list[tuple[TermIds, Sequence[int]]] = []
        self._n_waiting = 0

    def add(self, ids: TermIds, class_numbers: Sequence[int]) -> None:
        self._waiting.append((ids, class_numbers))
        self._n_waiting += len(ids)
        if self._n_waiting >= max(2**14, self._totals.nnz):
            self._count_waiting()

    def _count_waiting(self) -> None:
        documents = _one_row_each([ids for ids, _ in self._waiting])
        documents.sum_duplicates()
        documents.data[:] = 1  # However often a document has an id.
        classes = _one_row_each([numbers for _, numbers in self._waiting], self._totals.shape[1])
        found = (documents.T @ classes).tocsr()
        shape = (max(found.shape[0], self._totals.shape[0]), found.shape[1])
        found.resize(shape)
        self._totals.resize(shape)
        self._totals += found
        self._waiting, self._n_waiting = [], 0

    def totals(self, n_words: int) -> csr_matrix:
        """Return the counts of the ids below `n_words`, shape (n_words, n_classes)."""
        self._count_waiting()
        self._totals.resize((n_words, self._totals.shape[1]))
        return self._totals


def _one_row_each(
    rows: Sequence[Sequence[int] | TermIds], n_columns: int | None = None
) -> csr_matrix:
    """Return a matrix with a 1 in the columns that each row lists."""
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate([np.empty(0, np.intc), *rows]).astype(np.intc)
    if n_columns is None:
        n_columns = int(columns.max(initial=-1)) + 1
    return csr_matrix((np.ones(len(columns), np.int64), columns, ends), (len(rows), n_columns))
