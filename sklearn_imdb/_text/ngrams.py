"""N-grams: which there are, how many documents contain each, and the look-up in a vocabulary.

An n-gram is a pair of numbers: the id of the n-gram one word shorter that it begins with, and the
id of its last word. If "not a good" has the id 7 and "film" the id 2, "not a good film" is (7, 2).
Size after size is counted by sorting such pairs, one for each word of the documents. An n-gram is
counted only if enough documents contain the shorter n-grams in it, because no more documents can
contain it. So memory grows by some 80 bytes for each word of the documents, and not with the number
of different n-grams: there is no dictionary of them.

Some millions of words are read at a time, and as many pairs are sorted. If the documents are in a
file, as those of a stream are, so are the ids. Memory then grows with the n-grams that are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from sklearn_imdb._class_evidence import ClassCounts, class_columns, count_all
from sklearn_imdb._targets import Targets
from sklearn_imdb._text.counts import Integers, Row, TermIds, WordCounts, find_df_bound
from sklearn_imdb._text.row_file import RowFile

_WORDS_AT_ONCE = 2**20
"""Words in a block of documents."""

_PAIRS_AT_ONCE = 2**22
"""Pairs that are sorted together. All pairs of one beginning and one last word are."""


class _Size(NamedTuple):
    """The n-grams of one size that are kept, with ids from 0."""

    ids: RowFile | list[TermIds]
    """For each block, the id of the n-gram that starts at each of its words. -1 means none."""
    pairs: Integers
    """Id of the n-gram one word shorter, times the number of different words, plus the word's."""
    first_words: Integers
    """Position, among all words of the documents, at which each n-gram starts first."""
    occurrences: Integers
    document_frequency: csr_matrix


class _Occurrences(NamedTuple):
    """N-grams of a block, in the order in which they start."""

    starts: TermIds
    """Position of each first word in the block."""
    beginnings: TermIds
    """Id of the n-gram one word shorter that each begins with."""
    lasts: TermIds
    """Id of each last word."""
    documents: TermIds
    """Number of each document."""


class _Blocks:
    """The documents in blocks of some millions of words."""

    def __init__(self, documents: Sequence[TermIds]) -> None:
        self._documents = documents
        self._in_file = isinstance(documents, RowFile)
        self.lengths = np.fromiter(map(len, documents), np.int64, len(documents))
        ends = np.cumsum(self.lengths)
        n_words = int(self.lengths.sum())
        inner = np.searchsorted(ends, np.arange(_WORDS_AT_ONCE, n_words, _WORDS_AT_ONCE), "right")
        self._bounds = np.array([0, *inner.tolist(), len(documents)])
        self.first_words = np.concatenate([[0], ends])[self._bounds].tolist()
        """Position of each block's first word among all words, and the number of all words."""
        self._read: dict[int, tuple[TermIds, TermIds]] = {}

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def rows_of(self, block: int) -> slice:
        """Return the numbers of a block's documents."""
        return slice(*self._bounds[block : block + 2].tolist())

    def read(self, block: int) -> tuple[TermIds, TermIds]:
        """Return the ids of a block's words, end to end, and the number of each word's document."""
        if block in self._read:
            return self._read[block]
        rows = self.rows_of(block)
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
    targets : Targets or None
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
        targets: Targets | None,
        ngram_range: tuple[int, int],
        min_df: float | str,
        binary: bool,
    ) -> None:
        shortest, longest = ngram_range
        self._words, self._binary = counts.words, binary
        self._blocks = _Blocks(counts.documents)
        # If there is no word, arrays by word have one item.
        self._word_occurrences = counts.occurrences if counts.words else np.zeros(1, np.int64)
        self._n_words = len(self._word_occurrences)
        self._columns = class_columns(targets, len(counts.documents))
        self._n_classes = counts.n_classes
        self._least_df = find_df_bound(min_df, len(counts.documents))
        self._sizes = [self._count_words()]
        while len(self._sizes) < longest:
            self._sizes.append(self._count_next_size())
        self._wanted = self._sizes[shortest - 1 :]
        self._ends = np.cumsum([len(size.pairs) for size in self._wanted])
        # If n-grams start at the same word, the shorter comes first.
        first_words = np.concatenate([size.first_words for size in self._wanted])
        self._order = np.argsort(first_words, kind="stable")
        frequency = vstack([size.document_frequency for size in self._wanted], format="csr")
        self.by_class = ClassCounts(frequency[self._order], counts.sizes, counts.n_classes)
        occurrences = np.concatenate([size.occurrences for size in self._wanted])[self._order]
        self.occurrences = self.by_class.of_all if binary else occurrences

    def terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        sorted_ids = self._order[ids]
        sizes = np.searchsorted(self._ends, sorted_ids, side="right")
        terms = np.empty(len(ids), dtype=object)
        for step, size in enumerate(self._wanted):
            at = np.flatnonzero(sizes == step)
            ngrams = sorted_ids[at] - (self._ends[step] - len(size.pairs))
            words = []
            for shorter in self._sizes[len(self._sizes) - len(self._wanted) + step : 0 : -1]:
                ngrams, word = np.divmod(shorter.pairs[ngrams], self._n_words)
                words.append(word)
            words.append(self._sizes[0].pairs[ngrams])
            names = [[self._words[word] for word in column.tolist()] for column in reversed(words)]
            terms[at] = list(map(" ".join, zip(*names, strict=True)))
        return terms.tolist()

    def rows(self, indices: npt.NDArray[np.int32]) -> Iterator[Row]:
        of_sorted = np.empty_like(indices)
        of_sorted[self._order] = indices
        # The id -1 stands where no n-gram starts. It finds the last item.
        tables = [
            np.append(part, np.int32(-1)) for part in np.split(of_sorted, self._ends[:-1].tolist())
        ]
        for block in range(len(self._blocks)):
            columns = [
                table[size.ids[block]] for table, size in zip(tables, self._wanted, strict=True)
            ]
            lengths = self._blocks.lengths[self._blocks.rows_of(block)].tolist()
            yield from map(Row, join_columns(columns, lengths, self._binary))

    # -- counting ---------------------------------------------------------------------------

    def _count_words(self) -> _Size:
        """Count the documents that contain each word, and keep the frequent words."""
        blocks = self._blocks
        document_frequency = csr_matrix((self._n_words, self._columns.shape[1]), dtype=np.int64)
        first_words = np.full(self._n_words, -1, np.int64)
        for block in range(len(blocks)):
            words, document_of = blocks.read(block)
            order, in_order = _counting_argsort(words, self._n_words)
            sizes = np.bincount(words, minlength=self._n_words)
            bounds = np.concatenate([[0], np.cumsum(sizes)])
            # No document is in two blocks.
            document_frequency += self._count_documents(
                document_of[order], _changes(in_order), bounds
            )
            is_new = (first_words < 0) & (sizes > 0)
            first_words[is_new] = blocks.first_words[block] + order[bounds[:-1][is_new]]
        is_kept = self._are_frequent(document_frequency) & (first_words >= 0)
        new_ids = np.where(is_kept, np.cumsum(is_kept) - 1, -1).astype(np.intc)
        ids = blocks.new_ids()
        for block in range(len(blocks)):
            ids[block] = new_ids[blocks.read(block)[0]]
        kept = np.flatnonzero(is_kept)
        occurrences = self._word_occurrences[kept]
        return _Size(ids, kept, first_words[kept], occurrences, document_frequency[kept])

    def _count_next_size(self) -> _Size:
        """Count the n-grams one word longer than the last size, and keep the frequent ones."""
        blocks = self._blocks
        ids, n_kept, parts = blocks.new_ids(), 0, []
        for beginnings, lasts in _find_ranges(self._sizes[-1].occurrences, self._word_occurrences):
            in_blocks = [self._find(block, beginnings, lasts) for block in range(len(blocks))]
            found = _Occurrences(*map(np.concatenate, zip(*in_blocks, strict=True)))
            ends = np.cumsum([len(in_block.starts) for in_block in in_blocks])
            del in_blocks  # They take as much memory once more.
            new_ids, firsts, pairs, *counts = self._keep_frequent(found, beginnings)
            if n_kept:
                new_ids[new_ids >= 0] += n_kept
            n_kept += len(firsts)
            block_starts = np.array(blocks.first_words)[np.searchsorted(ends, firsts, "right")]
            parts.append((pairs, found.starts[firsts] + block_starts, *counts))
            for block, (begin, end) in enumerate(pairwise([0, *ends.tolist()])):
                ids_of_block = ids[block]
                ids_of_block[found.starts[begin:end]] = new_ids[begin:end]
                ids[block] = ids_of_block
        *arrays, frequencies = zip(*parts, strict=True)
        pairs, first_words, occurrences = map(np.concatenate, arrays)
        return _Size(ids, pairs, first_words, occurrences, vstack(frequencies, format="csr"))

    def _find(self, block: int, wanted: range, wanted_lasts: range) -> _Occurrences:
        """Find the n-grams of a block that begin, and end, with one of the wanted ids."""
        size = len(self._sizes)
        words, document_of = self._blocks.read(block)
        shorter = self._sizes[-1].ids[block]
        starts = find_longer(shorter, document_of, size + 1)
        # Both n-grams one word shorter that are in it are kept.
        starts = starts[shorter[starts + 1] >= 0]
        beginnings, lasts = shorter[starts], words[starts + size]
        is_in = np.ones(len(starts), bool)
        if len(wanted) < len(self._sizes[-1].pairs):
            is_in &= (beginnings >= wanted.start) & (beginnings < wanted.stop)
        if len(wanted_lasts) < self._n_words:
            is_in &= (lasts >= wanted_lasts.start) & (lasts < wanted_lasts.stop)
        if not is_in.all():
            starts, beginnings, lasts = starts[is_in], beginnings[is_in], lasts[is_in]
        return _Occurrences(starts, beginnings, lasts, document_of[starts])

    def _keep_frequent(
        self, found: _Occurrences, beginnings: range
    ) -> tuple[TermIds, TermIds, Integers, Integers, csr_matrix]:
        """Return the id of each occurrence, -1 for a rare n-gram, and facts of each kept n-gram.

        The facts are its first occurrence, its pair, how often it occurs, and in how many
        documents.
        """
        # Sort the occurrences by the n-gram one word shorter, then by the last word. The sorts are
        # stable, so the occurrences of an n-gram stay in the order of the documents.
        order, lasts = _counting_argsort(found.lasts, self._n_words)
        of_order = found.beginnings[order] - beginnings.start
        by_beginning, of_order = _counting_argsort(of_order, len(beginnings))
        order = order[by_beginning]
        is_first = _changes(lasts[by_beginning]) | _changes(of_order)
        del lasts, by_beginning, of_order
        occurrences = np.diff(np.flatnonzero(is_first), append=len(order))
        # No n-gram is in more documents than it has occurrences: most of the rare ones end here.
        may_be_kept = occurrences >= self._least_df
        order = order[np.repeat(may_be_kept, occurrences)]
        occurrences = occurrences[may_be_kept]
        bounds = np.concatenate([[0], np.cumsum(occurrences)])
        is_first = np.zeros(len(order), bool)
        is_first[bounds[:-1]] = True
        document_frequency = self._count_documents(found.documents[order], is_first, bounds)
        is_kept = self._are_frequent(document_frequency)
        new_ids = np.where(is_kept, np.cumsum(is_kept) - 1, -1).astype(np.intc)
        ids = np.full(len(found.starts), -1, np.intc)
        ids[order] = np.repeat(new_ids, occurrences)
        firsts = order[bounds[:-1][is_kept]]
        pairs = found.lasts[firsts] + found.beginnings[firsts] * np.int64(self._n_words)
        return ids, firsts, pairs, occurrences[is_kept], document_frequency[is_kept]

    def _count_documents(
        self, documents: TermIds, is_first: npt.NDArray[np.bool_], bounds: Integers
    ) -> csr_matrix:
        """Return the documents of each class that contain each term, shape (n_terms, n_classes).

        `documents` has the document of each occurrence. A term's occurrences are from one of
        `bounds` to the next, in the order of the documents.
        """
        is_new_document = is_first | _changes(documents)
        shape = (len(bounds) - 1, self._columns.shape[0])
        is_in = csr_matrix((is_new_document.astype(np.int32), documents, bounds), shape)
        return is_in @ self._columns

    def _are_frequent(self, document_frequency: csr_matrix) -> npt.NDArray[np.bool_]:
        """Whether enough documents contain each term, shape (n_terms,)."""
        return count_all(document_frequency, self._n_classes) >= self._least_df


def find_longer(shorter: TermIds, document_of: TermIds, n: int) -> TermIds:
    """Return the positions where a kept (n-1)-gram starts and its document has a word after it."""
    n_starts = max(len(shorter) - n + 1, 0)
    return np.flatnonzero(
        (shorter[:n_starts] >= 0) & (document_of[:n_starts] == document_of[n - 1 :])
    ).astype(np.intc)


def join_columns(
    columns: list[npt.NDArray[np.int32]], lengths: Iterable[int], binary: bool
) -> Iterator[npt.NDArray[np.int32]]:
    """Yield each document's indices. A column has the index of the n-gram of a size at each word.

    Negative indices are left out. With `binary` each index is taken once.
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


def _find_ranges(
    occurrences: Integers, word_occurrences: Integers
) -> Iterator[tuple[range, range]]:
    """Yield ranges of beginnings and of last words, with some `_PAIRS_AT_ONCE` pairs each.

    A beginning that has more by itself is divided by the last words.
    """
    words = range(len(word_occurrences))
    totals = np.cumsum(occurrences) // _PAIRS_AT_ONCE
    bounds = [0, *(np.flatnonzero(np.diff(totals)) + 1).tolist(), len(occurrences)]
    for low, high in pairwise(bounds):
        n_parts = -(-int(occurrences[low:high].sum()) // _PAIRS_AT_ONCE)
        if high - low > 1 or n_parts < 2:
            yield range(low, high), words
            continue
        shares = np.cumsum(word_occurrences) * n_parts // (int(word_occurrences.sum()) + 1)
        inner = np.flatnonzero(np.diff(shares)) + 1
        for first, end in pairwise([0, *inner.tolist(), len(word_occurrences)]):
            yield range(low, high), range(first, end)


def _counting_argsort(keys: TermIds, n_keys: int) -> tuple[TermIds, TermIds]:
    """Return the stable order of keys below `n_keys`, in linear time, and the keys in this order.

    SciPy sorts by counting where it brings the columns of a sparse matrix together.
    """
    n = len(keys)
    items = np.ones(n, bool), keys, np.arange(n + 1, dtype=np.intc)
    columns = csr_matrix(items, shape=(n, n_keys)).tocsc()
    in_order = np.repeat(np.arange(n_keys, dtype=np.intc), np.diff(columns.indptr))
    return columns.indices, in_order


def _changes(values: TermIds) -> npt.NDArray[np.bool_]:
    """Whether each value differs from the one before. The first does."""
    changes = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


# -- looking up -------------------------------------------------------------------------------


class NgramTable:
    """Looks up the n-grams of documents in a vocabulary.

    Parameters
    ----------
    terms : mapping of tuple to int
        Words of each n-gram, and its index.
    ngram_range : tuple of int
        Words in the shortest n-gram to look up, and in the longest.
    binary : bool
        Take each n-gram once a document, at its first position.
    """

    def __init__(
        self, terms: Mapping[tuple[Any, ...], int], ngram_range: tuple[int, int], binary: bool
    ) -> None:
        self._shortest, longest = ngram_range
        self._binary = binary
        found = {term: index for term, index in terms.items() if len(term) <= longest}
        words = dict.fromkeys(chain.from_iterable(found))
        self._id_of = LookUp(zip(words, count(), strict=False), -1)
        lengths = np.fromiter(map(len, found), np.intp, len(found))
        indices = np.fromiter(found.values(), np.int32, len(found))
        flat = np.fromiter(map(self._id_of.__getitem__, chain.from_iterable(found)), np.int64)
        begins = np.cumsum(lengths) - lengths
        # The n-grams of each size. A beginning of a longer n-gram is among them, with the index -1
        # if it is no term itself. The n-grams of one word have its id.
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
        """Yield the indices of each document's n-grams, without unknown ones."""
        lengths = [len(document) for document in documents]
        words = np.fromiter(map(self._id_of.__getitem__, chain.from_iterable(documents)), np.intc)
        document_of = np.repeat(np.arange(len(documents), dtype=np.intc), lengths)
        ids, columns = words, [self._indices[0][words]]
        for n, (pairs, indices) in enumerate(zip(self._pairs, self._indices[1:], strict=True), 2):
            starts = find_longer(ids, document_of, n)
            last_words = words[starts + n - 1]
            starts, last_words = starts[last_words >= 0], last_words[last_words >= 0]
            found = pairs.find(ids[starts] * np.int64(len(self._id_of)) + last_words)
            ids = np.full(len(words), -1, np.intc)
            ids[starts] = found
            columns.append(indices[ids])
        return join_columns(columns[self._shortest - 1 :], lengths, self._binary)


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
        # A search may go on into the next bucket, which has no match, and beyond the last one.
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


class LookUp(dict[Any, Any]):
    """What is found for each key; `unknown` for any other."""

    def __init__(self, found: Any, unknown: Any) -> None:
        super().__init__(found)
        self._unknown = unknown

    def __missing__(self, key: Any) -> Any:
        return self._unknown
