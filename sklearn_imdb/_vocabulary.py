"""Terms, words or n-grams: how often they occur, which are kept, and which rank each has."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from sklearn_imdb._class_evidence import log_count_ratios
from sklearn_imdb._labels import Labels
from sklearn_imdb._sequences import LARGEST_INDEX
from sklearn_imdb._splitting import Key, Splitter

Integers: TypeAlias = npt.NDArray[np.int64]
Numbers: TypeAlias = npt.NDArray[np.intc]
"""A document's words, as numbers."""


class Counts(Protocol):
    """Counts of the terms of some documents, words or n-grams, in order of first appearance."""

    @property
    def occurrences(self) -> Integers:
        """Of each term."""

    @property
    def holders(self) -> Integers:
        """Documents of each class that hold each term, shape (n_terms, n_classes)."""

    @property
    def n_documents(self) -> int:
        """All of them."""

    def terms(self, places: npt.NDArray[np.intp]) -> list[str]:
        """Return the terms at these places."""

    def sequences(self, indices: npt.NDArray[np.int32]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the indices of each document's terms, given that of each term."""


class WordCounts(NamedTuple):
    """Counts of words; plain types, as a fitted estimator keeps them."""

    words: list[str]
    """In order of first appearance."""
    occurrences: Integers
    holders: Integers
    n_documents: int
    classes: list[Any]
    """Labels, sorted; one None where documents have none."""
    numbered: Sequence[Numbers] = ()
    """Places of each document's words in `words`, where somebody asked for them."""

    @classmethod
    def of(
        cls,
        texts: Iterable[str],
        split: Splitter,
        labels: Labels,
        *,
        binary: bool = False,
        by_document: bool = True,
        keeps_numbers: bool = False,
    ) -> Self:
        """Count the words of `texts`, with `binary` each once a document."""
        number_of: defaultdict[Key, int] = defaultdict(itertools.count().__next__)
        occurrences = _Tally()
        holders = [_Tally(once_a_document=True) for _ in labels.classes]
        n_documents = 0
        numbered = []
        for text, class_number in labels.beside(texts):
            keys = split(text)
            if binary:
                keys = list(dict.fromkeys(keys))
            numbers = np.fromiter(map(number_of.__getitem__, keys), np.intc, len(keys))
            occurrences.add(numbers)
            if by_document:
                holders[class_number].add(numbers)
            if keeps_numbers:
                numbered.append(numbers)
            n_documents += 1
        words = [split.word(key) for key in number_of]
        return cls(
            words,
            occurrences.totals(len(words)),
            np.reshape(
                [tally.totals(len(words)) for tally in holders], (len(holders), len(words))
            ).T.astype(np.int64),
            n_documents,
            labels.classes,
            numbered,
        )

    def place_of(self) -> dict[str, int]:
        """Return the place of each word."""
        return dict(zip(self.words, itertools.count()))

    def plus(self, later: WordCounts, place_of: dict[str, int]) -> WordCounts:
        """Return the counts of the documents of both, and the numbers of the later ones'.

        `place_of` has the place of each of these words, and is given the new ones: to make it anew
        for every chunk would take longer with each.
        """
        while len(place_of) > len(self.words):  # Those of a chunk that failed.
            place_of.popitem()
        new = [word for word in later.words if word not in place_of]
        words = self.words + new
        place_of.update(zip(new, range(len(self.words), len(words)), strict=True))
        classes = list(dict.fromkeys([*self.classes, *later.classes]))
        occurrences = np.zeros(len(words), np.int64)
        holders = np.zeros((len(words), len(classes)), np.int64)
        places_now = np.fromiter(map(place_of.__getitem__, later.words), np.intc)
        for counts, places in ((self, slice(len(self.words))), (later, places_now)):
            occurrences[places] += counts.occurrences
            for label, column in zip(counts.classes, counts.holders.T, strict=True):
                holders[places, classes.index(label)] += column
        n_documents = self.n_documents + later.n_documents
        numbered = [places_now[numbers] for numbers in later.numbered]
        return WordCounts(words, occurrences, holders, n_documents, classes, numbered)

    def terms(self, places: npt.NDArray[np.intp]) -> list[str]:
        return [self.words[place] for place in places.tolist()]

    def sequences(self, indices: npt.NDArray[np.int32]) -> Iterator[npt.NDArray[np.int32]]:
        return (indices[numbers] for numbers in self.numbered)


def fewest_holders(min_df: float, n_documents: int) -> float:
    """Return how many documents must hold a term: `min_df`, a share of them if a float."""
    return min_df if isinstance(min_df, Integral) else min_df * n_documents


def ranked(
    counts: Counts, n_ranks: int | None, min_df: float, by_evidence: bool
) -> npt.NDArray[np.intp]:
    """Return the places of the terms that are kept, in the order of their ranks.

    The most frequent first, or by class evidence: those whose log-count ratio, times the root of
    the number of documents that hold them, is largest.
    """
    fewest = fewest_holders(min_df, counts.n_documents)
    n_terms = len(counts.occurrences)
    places = np.arange(n_terms)
    if fewest > 1:
        places = places[counts.holders.sum(axis=1) >= fewest]
    worth = counts.occurrences[places].astype(np.float64)
    if by_evidence:
        holders = counts.holders[places]
        worth = np.abs(log_count_ratios(holders)) * np.sqrt(holders.sum(axis=1))
    if n_ranks is not None and n_ranks < len(worth):  # To sort them all would take longer.
        is_worth_it = worth >= np.partition(worth, -n_ranks)[-n_ranks]
        places, worth = places[is_worth_it], worth[is_worth_it]
    return places[np.argsort(-worth, kind="stable")[:n_ranks]]


class _Tally:
    """Counts numbers, those of many documents at a time, each of them once a document if so asked.

    To count them so at a time takes a third of what `np.unique` of each document would.
    """

    def __init__(self, once_a_document: bool = False) -> None:
        self._once_a_document = once_a_document
        self._totals = np.zeros(0, dtype=np.int64)
        self._waiting: list[Numbers] = []
        self._n_waiting = 0

    def add(self, numbers: Numbers) -> None:
        self._waiting.append(numbers)
        self._n_waiting += len(numbers)
        # Seldom enough that adding up the totals takes little of the time.
        if self._n_waiting >= max(2**14, len(self._totals)):
            self._count_waiting()

    def _count_waiting(self) -> None:
        if self._waiting:
            numbers = np.concatenate(self._waiting)
            if self._once_a_document and numbers.size:
                width = int(numbers.max()) + 1
                documents = np.repeat(np.arange(len(self._waiting)), list(map(len, self._waiting)))
                pairs = np.sort(documents * width + numbers)
                numbers = pairs[np.diff(pairs, prepend=-1) != 0] % width
            counts = np.bincount(numbers, minlength=len(self._totals))
            counts[: len(self._totals)] += self._totals
            self._totals, self._waiting, self._n_waiting = counts, [], 0

    def totals(self, n_words: int) -> Integers:
        """Return how often each number below `n_words` was added."""
        self._count_waiting()
        return np.pad(self._totals, (0, n_words - len(self._totals)))


def packed(words: Iterable[str], *numbers: Iterable[int]) -> list[npt.NDArray[Any]]:
    """Return words and columns of numbers as few arrays, which take the least room in a file.

    The words' text in UTF-8, their lengths in characters, and each column.
    """
    words = list(words)
    # Bytes, because JSON, in which skops keeps a str, would merge surrogates of adjacent words.
    text = np.frombuffer("".join(words).encode("utf-8", "surrogatepass"), np.uint8)
    columns = [[len(word) for word in words], *map(list, numbers)]
    return [text] + [
        np.array(column, dtype=np.min_scalar_type(max(column, default=0))) for column in columns
    ]


def unpacked(arrays: Sequence[npt.NDArray[Any]]) -> tuple[list[str], list[npt.NDArray[Any]]]:
    """Return the words and the columns that `packed` was given."""
    text, lengths, *columns = arrays
    characters = text.tobytes().decode("utf-8", "surrogatepass")
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    words = [characters[start:end] for start, end in itertools.pairwise([0, *ends])]
    return words, columns


def is_packable(vocabulary: Any) -> bool:
    """Whether it is a dict of words and whole numbers that comes back from `packed` the same."""
    return type(vocabulary) is dict and all(
        type(word) is str and type(rank) is int and rank >= 0 for word, rank in vocabulary.items()
    )


def checked_vocabulary(
    vocabulary: Mapping[str, int], n_ranks: int | None, index_from: int
) -> dict[str, int]:
    """Return the first `n_ranks` ranks of a user's vocabulary, in order of rank."""
    ranks: dict[str, int] = {}
    for word, rank in vocabulary.items():
        if not isinstance(word, str):
            raise TypeError(
                f"vocabulary must map words to ranks, got the key {word!r} of type "
                f"{type(word).__name__}."
            )
        if not isinstance(rank, Integral) or isinstance(rank, bool) or rank < 1:
            raise ValueError(
                f"vocabulary must map words to ranks, integers counted from 1, got {rank!r} for "
                f"the word {word!r}."
            )
        ranks[word] = int(rank)
    if not ranks:
        raise ValueError("vocabulary must map at least one word to its rank, got an empty one.")
    if len(set(ranks.values())) < len(ranks):
        (rank, _), *_ = Counter(ranks.values()).most_common(1)
        twins = [word for word in ranks if ranks[word] == rank][:3]
        raise ValueError(f"vocabulary must give each word its own rank, got {rank} for {twins}.")
    lowest, highest = min(ranks.values()), max(ranks.values())
    if n_ranks is None and highest + index_from > LARGEST_INDEX:
        raise ValueError(
            f"vocabulary holds the rank {highest}, and with index_from={index_from} that is beyond "
            f"the largest index, {LARGEST_INDEX}."
        )
    if n_ranks is not None and lowest > n_ranks:
        raise ValueError(
            f"vocabulary holds no rank that num_words leaves room for: its lowest is {lowest}, and "
            f"ranks end at {n_ranks}. Raise num_words."
        )
    return {
        word: rank
        for word, rank in sorted(ranks.items(), key=lambda item: item[1])
        if n_ranks is None or rank <= n_ranks
    }
