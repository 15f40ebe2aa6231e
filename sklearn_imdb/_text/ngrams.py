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

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count, pairwise, repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from sklearn_imdb._class_evidence import ClassCounts
from sklearn_imdb._text.counts import Blocks, Integers, TermIds, WordCounts, count_documents
from sklearn_imdb._text.recipe import Recipe, find_df_bound
from sklearn_imdb._text.row_file import RowFile, Rows, join_rows

_PAIRS_AT_ONCE = 2**22
"""Pairs that are sorted together. All occurrences of a pair are."""


class _Size(NamedTuple):
    """The n-grams of one size that are kept, with ids from 0."""

    ids: Rows
    """For each block, the id of the n-gram that starts at each of its words. -1 means none."""
    pairs: Integers
    """Id of the n-gram one word shorter, times the number of different words, plus the word's."""
    first_words: Integers
    """Position, among all words of the documents, at which each n-gram starts first."""
    occurrences: Integers
    frequency: csr_matrix


class _Occurrences(NamedTuple):
    """N-grams of some documents, in the order in which they start."""

    starts: Integers
    """Position of each first word among all words of the documents."""
    beginnings: TermIds
    """Id of the n-gram one word shorter that each begins with."""
    lasts: TermIds
    """Id of each last word."""
    documents: TermIds
    """Number of each document."""


class NgramCounts:
    """Counts of the n-grams that enough documents contain, in order of first appearance."""

    def __init__(self, words: WordCounts, blocks: Blocks, recipe: Recipe) -> None:
        self._shortest, longest = recipe.ngram_range
        self._words, self._blocks = words, blocks
        self._n_words = max(len(words.words), 1)  # A divisor.
        self._least_df = find_df_bound(recipe.min_df, len(blocks.documents))
        self._sizes = [self._count_words()]
        while len(self._sizes) < longest:
            if len(self._sizes) >= self._shortest and not len(self._sizes[-1].pairs):
                break  # No longer n-gram is in enough documents.
            self._sizes.append(self._count_next_size())
        self._wanted = self._sizes[self._shortest - 1 :]
        self._ends = np.cumsum([0, *(len(size.pairs) for size in self._wanted)])
        # If n-grams start at the same word, the shorter comes first.
        first_words = np.concatenate([size.first_words for size in self._wanted])
        self._order = np.argsort(first_words, kind="stable")
        frequency = vstack([size.frequency for size in self._wanted], format="csr")
        self.by_class = ClassCounts(frequency, blocks.sizes, blocks.n_classes)[self._order]
        self.occurrences = np.concatenate([size.occurrences for size in self._wanted])[self._order]

    def name_terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        """Return the n-grams of these ids, their words joined by spaces."""
        sorted_ids = self._order[ids]
        terms = np.empty(len(ids), dtype=object)
        for n, (begin, end) in enumerate(pairwise(self._ends.tolist()), self._shortest):
            is_in = (sorted_ids >= begin) & (sorted_ids < end)
            ngrams, words = sorted_ids[is_in] - begin, []
            for size in reversed(self._sizes[:n]):
                ngrams, lasts = np.divmod(size.pairs[ngrams], self._n_words)
                words.append(self._words.name_terms(lasts))
            terms[is_in] = list(map(" ".join, zip(*reversed(words), strict=True)))
        return terms.tolist()

    def make_rows(self, index_of: npt.NDArray[np.int32]) -> Iterator[bytes]:
        """Yield the indices of each document's n-grams, given the index of each n-gram.

        The last index is that of the id -1, which stands where no n-gram starts.
        """
        of_sorted = np.empty_like(index_of[:-1])
        of_sorted[self._order] = index_of[:-1]
        tables = [np.append(of_sorted[slice(*at)], index_of[-1]) for at in pairwise(self._ends)]
        for block, rows in enumerate(self._blocks.rows):
            ids = [size.ids[block] for size in self._wanted]
            columns = [table[at] for table, at in zip(tables, ids, strict=True)]
            yield from join_columns(columns, join_rows(self._blocks.documents[rows])[1])

    # -- counting ---------------------------------------------------------------------------

    def _count_words(self) -> _Size:
        """Count single words block by block: all occurrences of a word may not fit into memory."""
        blocks, n_words = self._blocks, len(self._words.words)
        first_words = np.zeros(n_words, np.int64)
        frequency = csr_matrix((n_words, blocks.columns.shape[1]), dtype=np.int64)
        for rows, start in reversed(list(zip(blocks.rows, blocks.first_words[:-1], strict=True))):
            words, ends = join_rows(blocks.documents[rows])
            # Backwards, so that an earlier place replaces a later one.
            first_words[words[::-1]] = np.arange(start, start + len(words))[::-1]
            frequency += count_documents(words, ends, n_words, blocks.columns[rows])
        of_all = ClassCounts(frequency, blocks.sizes, blocks.n_classes).of_all
        kept = np.flatnonzero(of_all >= self._least_df)
        new_ids = np.full(n_words, -1, np.intc)
        new_ids[kept] = np.arange(len(kept))
        ids: Rows = RowFile() if isinstance(blocks.documents, RowFile) else []
        for rows in blocks.rows:
            ids.extend([new_ids[join_rows(blocks.documents[rows])[0]]])
        return _Size(ids, kept, first_words[kept], self._words.occurrences[kept], frequency[kept])

    def _count_next_size(self) -> _Size:
        """Count the n-grams one word longer than the last size, and keep the frequent ones."""
        blocks, begins = self._blocks, self._blocks.first_words
        ids: Rows = RowFile() if isinstance(blocks.documents, RowFile) else []
        for n_words in np.diff(begins).tolist():
            ids.extend([np.full(n_words, -1, np.intc)])
        n_pairs = int(self._sizes[-1].occurrences.sum())
        n_parts = 2 ** (n_pairs // _PAIRS_AT_ONCE).bit_length()
        parts: list[Any] = []
        n_kept = 0
        for part in range(n_parts):
            in_blocks = [self._find(block, part, n_parts) for block in range(len(blocks.rows))]
            found = _Occurrences(*map(np.concatenate, zip(*in_blocks, strict=True)))
            del in_blocks  # They take as much memory once more.
            new_ids, firsts, pairs, *counts = self._keep_frequent(found, n_kept)
            n_kept += len(firsts)
            parts.append((pairs, found.starts[firsts], *counts))
            bounds = np.searchsorted(found.starts, begins).tolist()
            for block, (begin, end) in enumerate(pairwise(bounds)):
                ids_of_block = ids[block]
                ids_of_block[found.starts[begin:end] - begins[block]] = new_ids[begin:end]
                ids[block] = ids_of_block
        *arrays, frequencies = zip(*parts, strict=True)
        pairs, first_words, occurrences = map(np.concatenate, arrays)
        return _Size(ids, pairs, first_words, occurrences, vstack(frequencies, format="csr"))

    def _find(self, block: int, part: int, n_parts: int) -> _Occurrences:
        """Find the n-grams of a block that are in one of the parts into which pairs are divided."""
        size = len(self._sizes)
        rows = self._blocks.rows[block]
        words, ends = join_rows(self._blocks.documents[rows])
        documents = np.repeat(np.arange(rows.start, rows.stop, dtype=np.intc), np.diff(ends))
        shorter = self._sizes[-1].ids[block]
        starts = find_longer(shorter, documents, size + 1)
        # Both n-grams one word shorter that are in it are kept.
        starts = starts[shorter[starts + 1] >= 0]
        beginnings, lasts = shorter[starts], words[starts + size]
        documents = documents[starts]
        found = starts + self._blocks.first_words[block], beginnings, lasts, documents
        if n_parts == 1:
            return _Occurrences(*found)
        is_in = (beginnings + lasts) & (n_parts - 1) == part  # `n_parts` is a power of 2.
        return _Occurrences(*(array[is_in] for array in found))

    def _keep_frequent(
        self, found: _Occurrences, n_before: int
    ) -> tuple[TermIds, TermIds, Integers, Integers, csr_matrix]:
        """Return the id of each occurrence, -1 for a rare n-gram, and facts of each kept n-gram.

        The facts are its first occurrence, its pair, how often it occurs, and in how many
        documents of each class.
        """
        # The sorts are stable, so the occurrences of a pair stay in the order of the documents.
        order = _counting_argsort(found.lasts, self._n_words)
        order = order[_counting_argsort(found.beginnings[order], len(self._sizes[-1].pairs))]
        pairs = (found.beginnings * np.int64(self._n_words) + found.lasts)[order]
        is_first = _find_changes(pairs)
        occurrences = np.diff(np.flatnonzero(is_first), append=len(order))
        # No n-gram is in more documents than it has occurrences: most of the rare ones end here.
        may_be_kept = occurrences >= self._least_df
        pairs = pairs[is_first][may_be_kept]
        order = order[np.repeat(may_be_kept, occurrences)]
        occurrences = occurrences[may_be_kept]
        ends = np.concatenate([[0], np.cumsum(occurrences)])
        documents = found.documents[order]
        is_new_document = _find_changes(documents)
        is_new_document[ends[:-1]] = True
        items = is_new_document.astype(np.int32), documents, ends
        columns, sizes = self._blocks.columns, self._blocks.sizes
        frequency = csr_matrix(items, (len(occurrences), columns.shape[0])) @ columns
        by_class = ClassCounts(frequency, sizes, self._blocks.n_classes)
        is_kept = by_class.of_all >= self._least_df
        new_ids = np.where(is_kept, np.cumsum(is_kept) - 1 + n_before, -1).astype(np.intc)
        ids = np.full(len(found.starts), -1, np.intc)
        ids[order] = np.repeat(new_ids, occurrences)
        firsts = order[ends[:-1][is_kept]]
        return ids, firsts, pairs[is_kept], occurrences[is_kept], frequency[is_kept]


def find_longer(shorter: TermIds, document_of: TermIds, n: int) -> TermIds:
    """Return the positions where a kept (n-1)-gram starts and its document has a word after it."""
    n_starts = max(len(shorter) - n + 1, 0)
    is_followed = document_of[:n_starts] == document_of[n - 1 :]
    return np.flatnonzero((shorter[:n_starts] >= 0) & is_followed).astype(np.intc)


def join_columns(columns: list[npt.NDArray[np.int32]], ends: Integers) -> Iterator[bytes]:
    """Yield each document's indices. A column has the index of the n-gram of a size at each word.

    Negative indices are left out.
    """
    rows = np.stack(columns, axis=1)
    for begin, end in pairwise(ends.tolist()):
        document = rows[begin:end].ravel()
        yield document[document >= 0].tobytes()


def _find_changes(values: TermIds | Integers) -> npt.NDArray[np.bool_]:
    """Whether each value is another than the one before it. The first one is."""
    is_other = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=is_other[1:])
    return is_other


def _counting_argsort(keys: TermIds, n_keys: int) -> TermIds:
    """Return the stable order of keys below `n_keys`, in linear time.

    SciPy sorts by counting where it brings the columns of a sparse matrix together.
    """
    items = np.ones(len(keys), bool), keys, np.arange(len(keys) + 1, dtype=np.intc)
    return csr_matrix(items, shape=(len(keys), n_keys)).tocsc().indices


# -- looking up -------------------------------------------------------------------------------


class NgramTable:
    """Looks up the n-grams of documents in a vocabulary.

    Parameters
    ----------
    terms : mapping of tuple to int
        Words of each n-gram, and its index.
    ngram_range : tuple of int
        Words in the shortest n-gram to look up, and in the longest.
    """

    def __init__(self, terms: Mapping[tuple[Any, ...], int], ngram_range: tuple[int, int]) -> None:
        self._shortest, longest = ngram_range
        found = {term: index for term, index in terms.items() if len(term) <= longest}
        words = dict.fromkeys(chain.from_iterable(found))
        self._id_of = dict(zip(words, count()))
        lengths = np.fromiter(map(len, found), np.intp, len(found))
        indices = np.fromiter(found.values(), np.int32, len(found))
        flat = np.fromiter(map(self._id_of.__getitem__, chain.from_iterable(found)), np.int64)
        begins = np.cumsum(lengths) - lengths
        # The n-grams of each size. A beginning of a longer n-gram is among them, with the index -1
        # if it is no term itself. The n-grams of one word have its id.
        self._pairs: list[Integers] = []
        self._indices: list[npt.NDArray[np.int32]] = []
        ngrams, n_ngrams = flat[begins], len(words)
        for n in range(1, max(self._shortest, lengths.max(initial=1)) + 1):
            if n > 1:
                reaching = np.flatnonzero(lengths >= n)
                pairs = ngrams[reaching] * len(words) + flat[begins[reaching] + n - 1]
                pairs, ngrams[reaching] = np.unique(pairs, return_inverse=True)
                # The last pair sorts behind all, so that a search never runs off the end.
                self._pairs.append(np.append(pairs, np.iinfo(np.int64).max))
                n_ngrams = len(pairs)
            # The last index is that of the id -1, which is no n-gram's.
            self._indices.append(np.full(n_ngrams + 1, -1, np.int32))
            self._indices[-1][ngrams[lengths == n]] = indices[lengths == n]

    def look_up(self, documents: Sequence[Sequence[Any]]) -> Iterator[bytes]:
        """Yield the indices of each document's n-grams, without unknown ones."""
        ends = np.cumsum([0, *map(len, documents)])
        joined = chain.from_iterable(documents)
        words = np.fromiter(map(self._id_of.get, joined, repeat(-1)), np.intc, int(ends[-1]))
        document_of = np.repeat(np.arange(len(documents), dtype=np.intc), np.diff(ends))
        ids, columns = words, [self._indices[0][words]]
        for n, (pairs, indices) in enumerate(zip(self._pairs, self._indices[1:], strict=True), 2):
            starts = find_longer(ids, document_of, n)
            last_words = words[starts + n - 1]
            starts, last_words = starts[last_words >= 0], last_words[last_words >= 0]
            wanted = ids[starts] * np.int64(len(self._id_of)) + last_words
            ids = np.full(len(words), -1, np.intc)
            ids[starts] = _find_pairs(wanted, pairs)
            columns.append(indices[ids])
        return join_columns(columns[self._shortest - 1 :], ends)


def _find_pairs(wanted: Integers, pairs: Integers) -> TermIds:
    """Return the position of each wanted pair among sorted ones; -1 for one that is not there."""
    # Sorted needles are found in half the time, sorting them included.
    order = np.argsort(wanted)
    positions = np.searchsorted(pairs, wanted[order])
    positions[pairs[positions] != wanted[order]] = -1
    found = np.empty(len(wanted), np.intc)
    found[order] = positions
    return found
