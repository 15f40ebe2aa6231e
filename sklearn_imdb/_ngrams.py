"""N-grams of documents whose words are numbered: which there are, and how many documents hold each.

An n-gram is a pair of numbers: that of the n-gram one word shorter that it begins with, and that of
its last word. Size after size is counted by sorting such pairs, one for each word of the documents,
and made only of shorter n-grams that enough documents hold, because it cannot be in more. So memory
grows with the words in the documents, by some 80 bytes each, and not with the number of different
n-grams: there is no dictionary of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sklearn_imdb._labels import Labels
from sklearn_imdb._vocabulary import Integers, Numbers, WordCounts, fewest_holders


def ngram_spans(n_words: int, ngram_range: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield where each n-gram of a document begins and ends: by the first word, the shorter first.

    That is the order of the n-grams in a sequence.
    """
    shortest, longest = ngram_range
    for start in range(n_words):
        for end in range(start + shortest, min(start + longest, n_words) + 1):
            yield start, end


class _Size(NamedTuple):
    """The n-grams of one size that are kept, numbered from 0."""

    starts: Numbers
    """The one that starts at each word of the documents; -1 for none."""
    pairs: Integers
    """Number of the n-gram one word shorter, times the number of different words, plus the word."""
    firsts: Integers
    """Where each starts for the first time."""
    occurrences: Integers
    holders: Integers


class NgramCounts:
    """Counts of the n-grams that enough documents hold, in order of first appearance.

    Parameters
    ----------
    counts : WordCounts
        Counts of the documents' words, with the numbers of each document's words.
    labels : Labels
        The documents' classes.
    ngram_range : tuple of int
        Words in the shortest n-gram and in the longest.
    min_df : float
        Documents that must hold an n-gram, or the share of them.
    binary : bool
        Count each n-gram once a document.
    """

    def __init__(
        self,
        counts: WordCounts,
        labels: Labels,
        ngram_range: tuple[int, int],
        min_df: float,
        binary: bool,
    ) -> None:
        shortest, longest = ngram_range
        self.n_documents = counts.n_documents
        self._words = counts.words
        self._lengths = [len(numbers) for numbers in counts.numbered]
        self._binary = binary
        self._shortest = shortest
        document_of = np.repeat(np.arange(self.n_documents, dtype=np.intc), self._lengths)
        class_of = np.zeros(self.n_documents, np.intp) if labels.numbers is None else labels.numbers
        words = np.concatenate([*counts.numbered, np.empty(0, np.intc)])
        kept = fewest_holders(min_df, self.n_documents)
        sizes: list[_Size] = []
        while len(sizes) < longest:
            sizes.append(_next_size(sizes, words, document_of, class_of, len(labels.classes), kept))
        self._sizes = sizes
        self._n_words = words.max(initial=0) + 1
        self._wanted = sizes[shortest - 1 :]
        self._ends = np.cumsum([len(size.pairs) for size in self._wanted])
        # Of n-grams that start at the same word the shorter comes first.
        self._order = np.argsort(
            np.concatenate([size.firsts for size in self._wanted]), kind="stable"
        )
        self.holders = np.concatenate([size.holders for size in self._wanted])[self._order]
        self.occurrences = (
            self.holders.sum(axis=1)
            if binary
            else np.concatenate([size.occurrences for size in self._wanted])[self._order]
        )

    def terms(self, places: npt.NDArray[np.intp]) -> list[str]:
        numbers = self._order[places]
        which = np.searchsorted(self._ends, numbers, side="right")
        terms = np.empty(len(places), dtype=object)
        for step, size in enumerate(self._wanted):
            at = np.flatnonzero(which == step)
            ngrams = numbers[at] - (self._ends[step] - len(size.pairs))
            words = []
            for shorter in self._sizes[self._shortest - 1 + step : 0 : -1]:
                ngrams, word = np.divmod(shorter.pairs[ngrams], self._n_words)
                words.append(word)
            words.append(self._sizes[0].pairs[ngrams])
            terms[at] = [
                " ".join([self._words[word] for word in row])
                for row in np.transpose(words[::-1]).tolist()
            ]
        return terms.tolist()

    def sequences(self, indices: npt.NDArray[np.int32]) -> Iterator[npt.NDArray[np.int32]]:
        of_number = np.empty_like(indices)
        of_number[self._order] = indices
        columns = []
        for size, end in zip(self._wanted, self._ends, strict=True):
            # The -1 of a place where none starts finds the last item.
            table = np.append(of_number[end - len(size.pairs) : end], np.int32(-1))
            columns.append(table[size.starts])
        return _rows(columns, self._lengths, self._binary)


def _places_of(shorter: Numbers, document_of: Numbers, n: int) -> Numbers:
    """Return where one of the n-grams one word shorter starts and goes on in its document."""
    n_places = max(len(shorter) - n + 1, 0)
    return np.flatnonzero(
        (shorter[:n_places] >= 0) & (document_of[:n_places] == document_of[n - 1 :])
    ).astype(np.intc)


def _rows(
    columns: list[npt.NDArray[np.int32]], lengths: Iterable[int], binary: bool
) -> Iterator[npt.NDArray[np.int32]]:
    """Yield each document's indices from those of the n-grams of each size that start at its words.

    Negative ones are left out, and with `binary` those that were there before.
    """
    rows = np.stack(columns, axis=1)
    end = 0
    for length in lengths:
        begin, end = end, end + length
        document = rows[begin:end].ravel()
        document = document[document >= 0]
        if binary:
            document = np.array(list(dict.fromkeys(document.tolist())), document.dtype)
        yield document


class NgramTable:
    """Looks up the n-grams of documents in a vocabulary.

    Parameters
    ----------
    terms : mapping of tuple to int
        Words of each n-gram, and its index.
    ngram_range : tuple of int
        Words in the shortest n-gram to look up, and in the longest.
    binary : bool
        Take each n-gram once a document, where it first starts.
    """

    def __init__(
        self, terms: Mapping[tuple[Any, ...], int], ngram_range: tuple[int, int], binary: bool
    ) -> None:
        self._shortest, longest = ngram_range
        self._binary = binary
        found = {term: index for term, index in terms.items() if len(term) <= longest}
        words = dict.fromkeys(chain.from_iterable(found))
        self._number_of = _NumberOf(zip(words, count(), strict=False))
        lengths = np.fromiter(map(len, found), np.intp, len(found))
        indices = np.fromiter(found.values(), np.int32, len(found))
        flat = np.fromiter(map(self._number_of.__getitem__, chain.from_iterable(found)), np.int64)
        begins = np.cumsum(lengths) - lengths
        # Sorted pairs, as in _Size, of the n-grams of each size and of what longer ones begin with;
        # of these, those that are no terms have the index -1.
        self._pairs: list[Integers] = []
        self._indices: list[npt.NDArray[np.int32]] = []
        ngrams = np.zeros(len(found), np.int64)
        for n in range(1, longest + 1):
            reaching = np.flatnonzero(lengths >= n)
            pairs = ngrams[reaching] * len(words) + flat[begins[reaching] + n - 1]
            pairs, ngrams[reaching] = np.unique(pairs, return_inverse=True)
            # One more, which nothing equals, for what is larger than all; of its index -1 is the
            # one of what is not found, too.
            self._pairs.append(np.append(pairs, np.iinfo(np.int64).max))
            ends = np.flatnonzero(lengths == n)
            self._indices.append(np.full(len(pairs) + 1, -1, np.int32))
            self._indices[-1][ngrams[ends]] = indices[ends]

    def sequences(self, documents: Sequence[Sequence[Any]]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the indices of each document's n-grams, given its words; unknown ones left out."""
        lengths = [len(document) for document in documents]
        words = np.fromiter(
            map(self._number_of.__getitem__, chain.from_iterable(documents)), np.intc
        )
        document_of = np.repeat(np.arange(len(documents), dtype=np.intc), lengths)
        starts, columns = np.zeros(len(words), np.intc), []
        for n, (pairs, indices) in enumerate(zip(self._pairs, self._indices, strict=True), 1):
            places = _places_of(starts, document_of, n)
            last_words = words[places + n - 1]
            places, last_words = places[last_words >= 0], last_words[last_words >= 0]
            wanted = starts[places] * np.int64(len(self._number_of)) + last_words
            found = np.searchsorted(pairs, wanted)
            found = np.where(pairs[found] == wanted, found, -1)
            starts = np.full(len(words), -1, np.intc)
            starts[places] = found
            if n >= self._shortest:
                columns.append(indices[starts])
        return _rows(columns, lengths, self._binary)


class _NumberOf(dict[Any, int]):
    """Number of each word; -1 of any other."""

    def __missing__(self, word: Any) -> int:
        return -1


def _next_size(
    sizes: list[_Size],
    words: Numbers,
    document_of: Numbers,
    class_of: npt.NDArray[np.integer],
    n_classes: int,
    fewest: float,
) -> _Size:
    """Count the n-grams one word longer than those of `sizes`, and number those that are kept."""
    if not sizes:
        places, pairs = np.arange(len(words), dtype=np.intc), words.astype(np.int64)
    else:
        # Both n-grams one word shorter that are in it are kept.
        shorter = sizes[-1].starts
        places = _places_of(shorter, document_of, len(sizes) + 1)
        places = places[shorter[places + 1] >= 0]
        pairs = shorter[places] * np.int64(words.max(initial=0) + 1) + words[places + len(sizes)]
    order = np.argsort(pairs, kind="stable")
    pairs, places = pairs[order], places[order]
    del order
    documents = document_of[places]
    is_first = np.ones(len(pairs), dtype=bool)
    np.not_equal(pairs[1:], pairs[:-1], out=is_first[1:])
    firsts = np.flatnonzero(is_first)
    number = np.cumsum(is_first, dtype=np.intc) - 1
    # Equal pairs are in order of their places, and so of documents: each document begins once.
    is_holder = is_first.copy()
    is_holder[1:] |= documents[1:] != documents[:-1]
    holders = np.bincount(
        number[is_holder] * np.int64(n_classes) + class_of[documents[is_holder]],
        minlength=len(firsts) * n_classes,
    ).reshape(len(firsts), n_classes)
    is_kept = holders.sum(axis=1) >= fewest
    renumbered = np.where(is_kept, np.cumsum(is_kept) - 1, -1).astype(np.intc)
    starts = np.full(len(document_of), -1, dtype=np.intc)
    starts[places] = renumbered[number]
    return _Size(
        starts=starts,
        pairs=pairs[firsts[is_kept]],
        firsts=places[firsts[is_kept]],
        occurrences=np.diff(firsts, append=len(pairs))[is_kept],
        holders=holders[is_kept],
    )
