"""Looks n-grams up in a vocabulary, those of many documents at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_imdb._text.counts import Integers, TermIds
from sklearn_imdb._text.ngrams import rows_of, where_longer


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
        self._id_of = _IdOf(zip(words, count(), strict=False))
        lengths = np.fromiter(map(len, found), np.intp, len(found))
        indices = np.fromiter(found.values(), np.int32, len(found))
        flat = np.fromiter(map(self._id_of.__getitem__, chain.from_iterable(found)), np.int64)
        begins = np.cumsum(lengths) - lengths
        # The n-grams of each size, and the beginnings of longer ones, which have the index -1
        # where they are no terms themselves. The n-grams of one word have its id.
        self._pairs: list[_PairTable] = []
        self._indices = [np.full(len(words) + 1, -1, np.int32)]
        ngrams = flat[begins]
        self._indices[0][ngrams[lengths == 1]] = indices[lengths == 1]
        for n in range(2, longest + 1):
            reaching = np.flatnonzero(lengths >= n)
            pairs = ngrams[reaching] * len(words) + flat[begins[reaching] + n - 1]
            pairs, ngrams[reaching] = np.unique(pairs, return_inverse=True)
            self._pairs.append(_PairTable(pairs))
            # The last index is that of the id -1, which is no n-gram's.
            self._indices.append(np.full(len(pairs) + 1, -1, np.int32))
            self._indices[-1][ngrams[lengths == n]] = indices[lengths == n]

    def sequences(self, documents: Sequence[Sequence[Any]]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the indices of each document's n-grams, given its words; unknown ones left out."""
        lengths = [len(document) for document in documents]
        words = np.fromiter(map(self._id_of.__getitem__, chain.from_iterable(documents)), np.intc)
        document_of = np.repeat(np.arange(len(documents), dtype=np.intc), lengths)
        ids, columns = words, [self._indices[0][words]]
        for n, (pairs, indices) in enumerate(zip(self._pairs, self._indices[1:], strict=True), 2):
            starts = where_longer(ids, document_of, n)
            last_words = words[starts + n - 1]
            starts, last_words = starts[last_words >= 0], last_words[last_words >= 0]
            found = pairs.find(ids[starts] * np.int64(len(self._id_of)) + last_words)
            ids = np.full(len(words), -1, np.intc)
            ids[starts] = found
            columns.append(indices[ids])
        return rows_of(columns[self._shortest - 1 :], lengths, self._binary)


class _PairTable:
    """A hash table of different integers, which finds the positions of many at once."""

    _BUCKETS_EACH = 8
    _SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio (Knuth).

    def __init__(self, pairs: Integers) -> None:
        n_bits = max(self._BUCKETS_EACH * len(pairs), 2).bit_length()
        self._shift = np.uint64(64 - n_bits)
        buckets = self._bucket(pairs)
        sizes = np.bincount(buckets, minlength=2**n_bits)
        self._begins = (np.cumsum(sizes) - sizes).astype(np.intc)
        self._largest = int(sizes.max())
        order = np.argsort(buckets)
        # A search may go on into the next bucket, where it finds nothing, and beyond the last one.
        self._pairs = np.append(pairs[order], np.full(self._largest, -1))
        self._positions = np.append(order, np.full(self._largest, -1)).astype(np.intc)

    def _bucket(self, pairs: Integers) -> Integers:
        return (pairs.astype(np.uint64) * self._SPREAD >> self._shift).astype(np.int64)

    def find(self, wanted: Integers) -> TermIds:
        """Return the position of each of these integers; -1 for one that is not there."""
        at = self._begins[self._bucket(wanted)]
        found = np.full(len(wanted), -1, np.intc)
        for _ in range(self._largest):
            is_here = self._pairs[at] == wanted
            found[is_here] = self._positions[at[is_here]]
            at += 1
        return found


class _IdOf(dict[Any, int]):
    """Id of each word; -1 of any other."""

    def __missing__(self, word: Any) -> int:
        return -1
