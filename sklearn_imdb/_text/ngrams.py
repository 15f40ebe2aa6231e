"""N-grams: which there are, how many documents contain each, and the look-up in a vocabulary.

An n-gram is a pair of numbers: the id of the n-gram one word shorter that it begins with, and the
id of its last word. Size after size is counted by sorting such pairs, one pair for each word of the
documents. An n-gram is counted only if enough documents contain the shorter n-grams in it, because
it cannot be in more documents than they are. So memory grows with the words in the documents, by
some 80 bytes each, and not with the number of different n-grams: there is no dictionary of them.

Some millions of words are read, and of pairs sorted, at a time. Where the documents are in a file,
as those of a stream, so are the ids: then memory grows with the n-grams that are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from sklearn_imdb._checks import Labels
from sklearn_imdb._class_evidence import of_all_documents
from sklearn_imdb._text.counts import Integers, TermIds, WordCounts, document_frequency_bound
from sklearn_imdb._text.row_file import RowFile

_WORDS_AT_ONCE = 2**22
"""Words in a block of documents."""

_PAIRS_AT_ONCE = 2**23
"""Pairs that are sorted together; more where one beginning has more."""


def ngram_spans(n_words: int, ngram_range: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield where each n-gram of a document begins and ends, in words.

    N-grams come in the order of their first words, of the same first word the shorter first. That
    is the order of the n-grams in a sequence.
    """
    shortest, longest = ngram_range
    for start in range(n_words):
        for end in range(start + shortest, min(start + longest, n_words) + 1):
            yield start, end


class _Size(NamedTuple):
    """The n-grams of one size that are kept, with ids from 0."""

    ids: RowFile | list[TermIds]
    """For each block, the id of the n-gram that starts at each of its words; -1 for none."""
    pairs: Integers
    """Id of the n-gram one word shorter, times the number of different words, plus the word's."""
    first_words: Integers
    """The word of the documents at which each n-gram starts for the first time."""
    occurrences: Integers
    document_frequency: Integers


class _Occurrences(NamedTuple):
    """Where n-grams start in a block, in the order of the words."""

    starts: TermIds
    """Words of the block at which they start."""
    beginnings: TermIds
    """Id of the n-gram one word shorter that each begins with."""
    lasts: TermIds
    """Id of each one's last word."""
    documents: TermIds
    """Number of each one's document."""


class _Blocks:
    """The documents in blocks of some millions of words."""

    def __init__(self, documents: Sequence[TermIds]) -> None:
        self._documents = documents
        self._in_file = isinstance(documents, RowFile)
        self.pairs_at_once = _PAIRS_AT_ONCE // 2 if self._in_file else _PAIRS_AT_ONCE
        self.lengths = np.fromiter(map(len, documents), np.int64, len(documents))
        ends = np.cumsum(self.lengths)
        n_words = int(self.lengths.sum())
        inner = np.searchsorted(ends, np.arange(_WORDS_AT_ONCE, n_words, _WORDS_AT_ONCE), "right")
        self._bounds = np.array([0, *inner.tolist(), len(documents)])
        self.first_words = np.concatenate([[0], ends])[self._bounds].tolist()
        """Number of each block's first word, and of the words in all."""
        self._read: dict[int, tuple[TermIds, TermIds]] = {}

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def rows(self, block: int) -> slice:
        """Return the numbers of a block's documents."""
        return slice(*self._bounds[block : block + 2].tolist())

    def read(self, block: int) -> tuple[TermIds, TermIds]:
        """Return the ids of a block's words, end to end, and the number of each one's document."""
        if block in self._read:
            return self._read[block]
        rows = self.rows(block)
        words = np.concatenate([np.empty(0, np.intc), *self._documents[rows]])
        numbers = np.arange(rows.start, rows.stop, dtype=np.intc)
        found = words, np.repeat(numbers, self.lengths[rows])
        if not self._in_file:
            self._read[block] = found
        return found

    def new_ids(self) -> RowFile | list[TermIds]:
        """Return the id -1 for each word of each block."""
        ids = (np.full(size, -1, np.intc) for size in np.diff(self.first_words).tolist())
        if not self._in_file:
            return list(ids)
        file = RowFile()
        for row in ids:
            file.extend([row])
        return file


class NgramCounts:
    """Counts of the n-grams that enough documents contain, in order of first appearance.

    Parameters
    ----------
    counts : WordCounts
        Counts of the documents' words, with the ids of each document's words.
    labels : Labels
        The documents' classes.
    ngram_range : tuple of int
        Words in the shortest n-gram and in the longest.
    min_df : float
        Documents that must contain an n-gram, or the share of them.
    binary : bool
        Count each n-gram once a document.
    """

    def __init__(
        self,
        counts: WordCounts,
        labels: Labels,
        ngram_range: tuple[int, int],
        min_df: float | str,
        binary: bool,
    ) -> None:
        shortest, longest = ngram_range
        self.class_sizes, self.overlap = counts.class_sizes, counts.overlap
        self._words = counts.words
        self._binary = binary
        self._shortest = shortest
        self._blocks = _Blocks(counts.documents)
        self._n_words = max(len(counts.words), 1)
        least = document_frequency_bound(min_df, len(counts.documents))
        of_words = np.zeros(self._n_words, np.int64)
        of_words[: len(counts.words)] = counts.occurrences
        sizes: list[_Size] = []
        while len(sizes) < longest:
            of_beginnings = sizes[-1].occurrences if sizes else of_words
            size = _next_size(sizes, self._blocks, of_beginnings, self._n_words, labels, least)
            sizes.append(size)
        self._sizes = sizes
        self._wanted = sizes[shortest - 1 :]
        self._ends = np.cumsum([len(size.pairs) for size in self._wanted])
        # Of n-grams that start at the same word the shorter comes first.
        self._order = np.argsort(
            np.concatenate([size.first_words for size in self._wanted]), kind="stable"
        )
        self.document_frequency = np.concatenate(
            [size.document_frequency for size in self._wanted]
        )[self._order]
        self.occurrences = (
            of_all_documents(self.document_frequency, overlap=labels.overlap)
            if binary
            else np.concatenate([size.occurrences for size in self._wanted])[self._order]
        )

    def terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        sorted_ids = self._order[ids]
        sizes = np.searchsorted(self._ends, sorted_ids, side="right")
        terms = np.empty(len(ids), dtype=object)
        for step, size in enumerate(self._wanted):
            at = np.flatnonzero(sizes == step)
            ngrams = sorted_ids[at] - (self._ends[step] - len(size.pairs))
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
        of_sorted = np.empty_like(indices)
        of_sorted[self._order] = indices
        # The id -1, where no n-gram starts, finds the last item.
        tables = [
            np.append(of_sorted[end - len(size.pairs) : end], np.int32(-1))
            for size, end in zip(self._wanted, self._ends, strict=True)
        ]
        for block in range(len(self._blocks)):
            columns = [
                table[size.ids[block]] for table, size in zip(tables, self._wanted, strict=True)
            ]
            lengths = self._blocks.lengths[self._blocks.rows(block)].tolist()
            yield from _rows(columns, lengths, self._binary)


def _where_longer(shorter: TermIds, document_of: TermIds, n: int) -> TermIds:
    """Return the words at which an n-gram of n - 1 words starts that its document goes on after."""
    n_starts = max(len(shorter) - n + 1, 0)
    return np.flatnonzero(
        (shorter[:n_starts] >= 0) & (document_of[:n_starts] == document_of[n - 1 :])
    ).astype(np.intc)


def _rows(
    columns: list[npt.NDArray[np.int32]], lengths: Iterable[int], binary: bool
) -> Iterator[npt.NDArray[np.int32]]:
    """Yield each document's indices, given the index of the n-gram of each size at each word.

    Negative indices are left out, and with `binary` every index that was there before.
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
            starts = _where_longer(ids, document_of, n)
            last_words = words[starts + n - 1]
            starts, last_words = starts[last_words >= 0], last_words[last_words >= 0]
            found = pairs.find(ids[starts] * np.int64(len(self._id_of)) + last_words)
            ids = np.full(len(words), -1, np.intc)
            ids[starts] = found
            columns.append(indices[ids])
        return _rows(columns[self._shortest - 1 :], lengths, self._binary)


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


def _next_size(
    sizes: list[_Size],
    blocks: _Blocks,
    of_beginnings: Integers,
    n_words: int,
    labels: Labels,
    least: float,
) -> _Size:
    """Count the n-grams one word longer than those of `sizes`, and keep the frequent ones.

    `of_beginnings` is how often each n-gram one word shorter occurs, or each word.
    """
    ids, n_kept, parts = blocks.new_ids(), 0, []
    totals = np.cumsum(of_beginnings)
    inner = np.flatnonzero(np.diff(totals // blocks.pairs_at_once)) + 1
    for low, high in pairwise([0, *inner.tolist(), len(of_beginnings)]):
        wanted = None if len(inner) == 0 else range(low, high)
        blocks_found = [_occurrences(sizes, blocks, block, wanted) for block in range(len(blocks))]
        found = _Occurrences(*map(np.concatenate, zip(*blocks_found, strict=True)))
        ends = np.cumsum([len(of_block.starts) for of_block in blocks_found])
        del blocks_found  # They take as much memory once more.
        new_ids, firsts, *counts = _kept(
            found,
            range(low, high) if sizes else None,
            n_words,
            labels,
            len(blocks.lengths),
            least,
        )
        if n_kept:
            new_ids[new_ids >= 0] += n_kept
        n_kept += len(firsts)
        of_first = np.array(blocks.first_words)[np.searchsorted(ends, firsts, "right")]
        parts.append([counts[0], found.starts[firsts] + of_first, *counts[1:]])
        for block, (begin, end) in enumerate(pairwise([0, *ends.tolist()])):
            ids_of_block = ids[block]
            ids_of_block[found.starts[begin:end]] = new_ids[begin:end]
            ids[block] = ids_of_block
    return _Size(ids, *map(np.concatenate, zip(*parts, strict=True)))


def _occurrences(
    sizes: list[_Size], blocks: _Blocks, block: int, wanted: range | None
) -> _Occurrences:
    """Find the n-grams of a block that begin with one of the wanted ids; None wants all."""
    words, document_of = blocks.read(block)
    if sizes:
        # Both n-grams one word shorter that are in it are kept.
        shorter = sizes[-1].ids[block]
        starts = _where_longer(shorter, document_of, len(sizes) + 1)
        starts = starts[shorter[starts + 1] >= 0]
        beginnings = shorter[starts]
        lasts, documents = words[starts + len(sizes)], document_of[starts]
    else:
        starts = np.arange(len(words), dtype=np.intc)
        beginnings, lasts, documents = words, words, document_of
    if wanted is not None:
        is_in = (beginnings >= wanted.start) & (beginnings < wanted.stop)
        starts, beginnings, lasts, documents = (
            array[is_in] for array in (starts, beginnings, lasts, documents)
        )
    return _Occurrences(starts, beginnings, lasts, documents)


def _kept(
    found: _Occurrences,
    beginnings: range | None,
    n_words: int,
    labels: Labels,
    n_documents: int,
    least: float,
) -> tuple[TermIds, TermIds, Integers, Integers, Integers]:
    """Return the id of each occurrence, -1 of a rare n-gram, and what is known of the others.

    That is the first occurrence of each n-gram, its pair, how often it occurs, and in how many
    documents.
    """
    # An n-gram's occurrences are brought together in the order of the documents: by the last word
    # and then, which keeps that order, by the n-gram one word shorter.
    order, lasts = _counting_argsort(found.lasts, n_words)
    is_first = _changes(lasts)
    if beginnings is not None:
        of_order = found.beginnings[order] - beginnings.start
        by_beginning, of_order = _counting_argsort(of_order, len(beginnings))
        order = order[by_beginning]
        is_first = _changes(lasts[by_beginning]) | _changes(of_order)
    firsts = np.flatnonzero(is_first)
    occurrences = np.diff(firsts, append=len(order))
    # No n-gram is in more documents than it has occurrences: most of the rare ones end here.
    may_be_kept = occurrences >= least
    order = order[np.repeat(may_be_kept, occurrences)]
    occurrences = occurrences[may_be_kept]
    bounds = np.concatenate([[0], np.cumsum(occurrences)])
    # Occurrences are in the order of the documents: a change of document is a document more.
    documents = found.documents[order]
    is_new_document = _changes(documents)
    is_new_document[bounds[:-1]] = True
    is_in = csr_matrix(
        (is_new_document.astype(np.int32), documents, bounds), (len(occurrences), n_documents)
    )
    document_frequency = (is_in @ labels.indicator(n_documents)).astype(np.int64)
    is_kept = of_all_documents(document_frequency, overlap=labels.overlap) >= least
    new_ids = np.where(is_kept, np.cumsum(is_kept) - 1, -1).astype(np.intc)
    ids = np.full(len(found.starts), -1, np.intc)
    ids[order] = np.repeat(new_ids, occurrences)
    firsts = order[bounds[:-1][is_kept]]
    pairs = found.lasts[firsts].astype(np.int64)
    if beginnings is not None:  # Else they are words, which begin with nothing.
        pairs += found.beginnings[firsts] * np.int64(n_words)
    return ids, firsts, pairs, occurrences[is_kept], document_frequency[is_kept]


def _counting_argsort(keys: TermIds, n_keys: int) -> tuple[TermIds, TermIds]:
    """Return the stable order of keys below `n_keys`, in linear time, and the keys in this order.

    SciPy sorts by counting where it brings the columns of a sparse matrix together.
    """
    n = len(keys)
    one_a_row = csr_matrix(
        (np.ones(n, bool), keys, np.arange(n + 1, dtype=np.intc)), shape=(n, n_keys)
    )
    columns = one_a_row.tocsc()
    in_order = np.repeat(np.arange(n_keys, dtype=np.intc), np.diff(columns.indptr))
    return columns.indices, in_order


def _changes(values: TermIds) -> npt.NDArray[np.bool_]:
    """Whether each value differs from the one before; the first does."""
    changes = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes
