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
from scipy.sparse import csr_matrix, vstack

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
        document_frequency = [_Tally(once_a_document=True) for _ in labels.classes]
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
                    document_frequency[number].add(ids)
            if keeps_documents:
                documents.append(ids)
        words = [tokenizer.word(key) for key in id_of]
        # No row to begin with, because there may be no class.
        of_classes = [csr_matrix((0, len(words)), dtype=np.int64)]
        of_classes += [csr_matrix(tally.totals(len(words))) for tally in document_frequency]
        return cls(
            words,
            occurrences.totals(len(words)),
            vstack(of_classes).T.tocsr(),
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
    """Counts ids, those of many documents at a time, if so wanted each once a document.

    To count many documents at a time takes a third of the time of `np.unique` of each.
    """

    def __init__(self, once_a_document: bool = False) -> None:
        self._once_a_document = once_a_document
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
            ids = np.concatenate(self._waiting)
            if self._once_a_document and ids.size:
                width = int(ids.max()) + 1
                documents = np.repeat(np.arange(len(self._waiting)), list(map(len, self._waiting)))
                pairs = np.sort(documents * width + ids)
                ids = pairs[np.diff(pairs, prepend=-1) != 0] % width
            counts = np.bincount(ids, minlength=len(self._totals))
            counts[: len(self._totals)] += self._totals
            self._totals, self._waiting, self._n_waiting = counts, [], 0

    def totals(self, n_words: int) -> Integers:
        """Return how often each id below `n_words` was added."""
        self._count_waiting()
        return np.pad(self._totals, (0, n_words - len(self._totals)))
