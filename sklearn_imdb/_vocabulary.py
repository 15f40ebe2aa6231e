"""Words: how often they occur, which are kept, and which index each has."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from sklearn_imdb._sequences import LARGEST_INDEX
from sklearn_imdb._splitting import Key, Splitter

Numbers: TypeAlias = npt.NDArray[np.intc]
"""A document's words, as numbers."""


class WordCounts(NamedTuple):
    """Counts of the words of some documents; plain types, as a fitted estimator keeps them."""

    occurrences: dict[str, int]
    """Of each word, in order of first appearance."""
    holders: dict[str, int]
    """Documents that hold each word, likewise; empty where nobody asked for them."""
    n_documents: int

    @classmethod
    def of(
        cls,
        texts: Iterable[str],
        split: Splitter,
        *,
        binary: bool,
        by_document: bool,
        numbered: list[Numbers] | None = None,
    ) -> Self:
        """Count the words of `texts`, with `binary` each once a document.

        Words are numbered from 0 in order of first appearance; `numbered` is given the numbers of
        each document's words, where somebody wants them.
        """
        number_of: defaultdict[Key, int] = defaultdict(itertools.count().__next__)
        occurrences, holders = _Tally(), _Tally(once_a_document=True)
        n_documents = 0
        for text in texts:
            keys = split(text)
            if binary:
                keys = list(dict.fromkeys(keys))
            numbers = np.fromiter(map(number_of.__getitem__, keys), np.intc, len(keys))
            occurrences.add(numbers)
            if by_document:
                holders.add(numbers)
            if numbered is not None:
                numbered.append(numbers)
            n_documents += 1
        words = [split.word(key) for key in number_of]
        return cls(
            dict(zip(words, occurrences.totals(len(words)), strict=True)),
            dict(zip(words, holders.totals(len(words)), strict=True)) if by_document else {},
            n_documents,
        )

    def plus(self, later: WordCounts) -> WordCounts:
        return WordCounts(
            _sum(self.occurrences, later.occurrences),
            _sum(self.holders, later.holders),
            self.n_documents + later.n_documents,
        )

    def ranks(self, n_ranks: int | None, min_df: float) -> dict[str, int]:
        """Rank the words, most frequent first, that enough documents hold.

        `min_df` is a number of documents where it is an integer, else a share of them.
        """
        words = list(self.occurrences)
        counts = np.fromiter(self.occurrences.values(), np.int64, len(words))
        order = np.argsort(-counts, kind="stable")
        fewest = min_df if isinstance(min_df, Integral) else min_df * self.n_documents
        if fewest > 1:
            holders = np.fromiter(map(self.holders.__getitem__, words), np.int64, len(words))
            order = order[holders[order] >= fewest]
        return {words[place]: rank for rank, place in enumerate(order[:n_ranks].tolist(), 1)}


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

    def totals(self, n_words: int) -> list[int]:
        """Return how often each number below `n_words` was added."""
        self._count_waiting()
        return np.pad(self._totals, (0, n_words - len(self._totals))).tolist()


def _sum(before: dict[str, int], later: dict[str, int]) -> dict[str, int]:
    total = before.copy()
    for word, count in later.items():
        total[word] = total.get(word, 0) + count
    return total


def packed(*numbers: dict[str, int]) -> list[npt.NDArray[Any]]:
    """Return dictionaries of the same words as few arrays, which take the least room in a file.

    The words' text in UTF-8, their lengths in characters, and each dictionary's numbers.
    """
    words = list(numbers[0])
    # Bytes, because JSON, in which skops keeps a str, would merge surrogates of adjacent words.
    text = np.frombuffer("".join(words).encode("utf-8", "surrogatepass"), np.uint8)
    columns = [[len(word) for word in words]]
    columns += [[column[word] for word in words] for column in numbers]
    return [text] + [
        np.array(column, dtype=np.min_scalar_type(max(column, default=0))) for column in columns
    ]


def unpacked(arrays: Sequence[npt.NDArray[Any]]) -> list[dict[str, int]]:
    """Return the dictionaries that `packed` was given."""
    text, lengths, *columns = arrays
    characters = text.tobytes().decode("utf-8", "surrogatepass")
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    words = [characters[start:end] for start, end in itertools.pairwise([0, *ends])]
    return [dict(zip(words, column.tolist(), strict=True)) for column in columns]


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
