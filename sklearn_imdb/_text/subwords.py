"""Subwords: the character n-grams of each word, within its boundaries, as terms.

A word gets a space at either end, as in scikit-learn's `char_wb`. So "cat" has the 4-grams " cat"
and "cat ". As a term, a subword has one more space in front. No word or n-gram begins with a space.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from sklearn_imdb._class_evidence import ClassCounts, class_columns, count_all
from sklearn_imdb._convention import DIVIDER
from sklearn_imdb._targets import Targets
from sklearn_imdb._text.counts import Counts, Row, WordCounts, find_df_bound

_DOCUMENTS_AT_ONCE = 4096

LONGEST_WORD = 40
"""Characters of the longest word that has subwords."""

_WORDS_REMEMBERED = 2**18
"""Most words whose subwords an encoder stores: some 50 MB."""


def make_subwords(word: str, subword_range: tuple[int, int]) -> list[str]:
    """Return the subwords of a word as terms, by length and position. A short word has one.

    A long word, such as an address or a key, has none.
    """
    if len(word) > LONGEST_WORD:
        return []
    shortest, longest = subword_range
    bounded = f" {word} "
    terms = []
    for n in range(shortest, longest + 1):
        n_positions = len(bounded) - n + 1
        terms += [" " + bounded[start : start + n] for start in range(max(n_positions, 1))]
        if n_positions <= 1:
            break
    return terms


def is_subword(term: str) -> bool:
    """Whether a term of a vocabulary is a subword."""
    return term.startswith(" ")


class SubwordCounts:
    """Counts of the subwords that enough documents contain.

    Parameters
    ----------
    counts : WordCounts
        Counts of the documents' words, with the ids of each document's words.
    targets : Targets or None
        The documents' classes.
    subword_range : tuple of int
        Characters in the shortest subword and in the longest, the spaces included.
    min_df : float
        Documents that must contain a subword, or the share of them.
    binary : bool
        Count each subword once a document.
    """

    def __init__(
        self,
        counts: WordCounts,
        targets: Targets | None,
        subword_range: tuple[int, int],
        min_df: float | str,
        binary: bool,
    ) -> None:
        self._documents = counts.documents
        self._binary = binary
        id_of: dict[str, int] = {}
        ids, ends = [], [0]
        for word in counts.words:
            terms = make_subwords(word, subword_range)
            ids += [id_of.setdefault(term, len(id_of)) for term in terms]
            ends.append(len(ids))
        self._ids, self._ends = np.array(ids, np.intp), np.array(ends)
        frequency = self._count_documents(targets, len(id_of))
        least = find_df_bound(min_df, len(counts.documents))
        kept = np.flatnonzero(count_all(frequency, counts.n_classes) >= least)
        self.by_class = ClassCounts(frequency[kept], counts.sizes, counts.n_classes)
        terms = list(id_of)
        self._terms = [terms[number] for number in kept.tolist()]
        # Kept subwords are numbered anew; -1 is the id of any other.
        new_ids = np.full(len(terms), -1, np.intp)
        new_ids[kept] = np.arange(len(kept))
        self._ids = new_ids[self._ids]
        is_kept = self._ids >= 0
        occurrences = np.repeat(counts.occurrences, np.diff(self._ends))[is_kept]
        totals = np.bincount(self._ids[is_kept], occurrences, minlength=len(kept))
        self.occurrences = self.by_class.of_all if binary else totals.astype(np.int64)

    def _count_documents(self, targets: Targets | None, n_terms: int) -> csr_matrix:
        n_words = len(self._ends) - 1
        items = np.ones(len(self._ids), np.int32), self._ids, self._ends
        word_subwords = csr_matrix(items, shape=(n_words, n_terms))
        indicator = class_columns(targets, len(self._documents))
        frequency = csr_matrix((n_terms, indicator.shape[1]), dtype=np.int64)
        for start in range(0, len(self._documents), _DOCUMENTS_AT_ONCE):
            block = self._documents[start : start + _DOCUMENTS_AT_ONCE]
            ends = np.cumsum([0, *map(len, block)])
            words = np.concatenate(block)
            occurring = np.ones(len(words), np.int32), words, ends
            # The product has each subword of a document once.
            subwords = csr_matrix(occurring, shape=(len(block), n_words)) @ word_subwords
            subwords.data[:] = 1
            frequency += (subwords.T @ indicator[start : start + len(block)]).tocsr()
        return frequency

    def terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        return [self._terms[number] for number in ids.tolist()]

    def rows(self, indices: npt.NDArray[np.int32]) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the indices of each document's subwords, given the index of each."""
        # The indices of each word's subwords, end to end. The id -1 finds the last item.
        word_subwords = np.append(indices, np.int32(-1))[self._ids]
        is_kept = word_subwords >= 0
        ends = np.concatenate([[0], np.cumsum(is_kept)])[self._ends]
        word_subwords, lengths, begins = word_subwords[is_kept], np.diff(ends), ends[:-1]
        for words in self._documents:
            n_subwords = lengths[words]
            # Where the subwords of its word begin, plus the subword's position among them.
            before = np.cumsum(n_subwords) - n_subwords
            positions = np.arange(n_subwords.sum()) + np.repeat(begins[words] - before, n_subwords)
            document = word_subwords[positions]
            if self._binary:
                document = np.array(list(dict.fromkeys(document.tolist())), np.int32)
            yield document


class DividedCounts:
    """Counts of words or n-grams, then subwords. Subword ids start where word ids end."""

    def __init__(self, words: Counts, subwords: SubwordCounts) -> None:
        self._words, self._subwords = words, subwords
        self._n_words = len(words.occurrences)
        self.occurrences = np.concatenate([words.occurrences, subwords.occurrences])
        parts = [words.by_class, subwords.by_class]
        frequency = vstack([part.frequency for part in parts], format="csr")
        self.by_class = replace(parts[0], frequency=frequency)

    def terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        terms = np.empty(len(ids), dtype=object)
        is_word = ids < self._n_words
        terms[is_word] = self._words.terms(ids[is_word])
        terms[~is_word] = self._subwords.terms(ids[~is_word] - self._n_words)
        return terms.tolist()

    def rows(self, indices: npt.NDArray[np.int32]) -> Iterator[Row]:
        words, subwords = np.split(indices, [self._n_words])
        # An unknown subword takes no place, even if an unknown word does.
        subwords = np.where(subwords > DIVIDER, subwords, -1)
        rows = zip(self._words.rows(words), self._subwords.rows(subwords), strict=True)
        return (row._replace(subwords=row_subwords) for row, row_subwords in rows)


class SubwordTable(dict[Any, bytes]):
    """The indices of each word's subwords, as bytes of int32, found when the word first occurs."""

    def __init__(
        self, vocabulary: Mapping[str, int], subword_range: tuple[int, int], index_from: int
    ) -> None:
        super().__init__()
        self._range = subword_range
        self._index_of = {
            term: rank + index_from for term, rank in vocabulary.items() if is_subword(term)
        }

    def look_up(self, words: Iterable[str]) -> bytes:
        """Return the indices of the subwords of a document's words."""
        return b"".join(map(self.__getitem__, words))

    def __missing__(self, word: str) -> bytes:
        terms = make_subwords(word, self._range)
        if not terms:  # A long word, which is not stored.
            return b""
        found = [self._index_of[term] for term in terms if term in self._index_of]
        if len(self) >= _WORDS_REMEMBERED:
            self.clear()
        self[word] = indices = np.array(found, np.int32).tobytes()
        return indices
