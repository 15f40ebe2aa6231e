"""Subwords: the character n-grams of each word, within its boundaries, as terms.

A word gets a space at either end, as in scikit-learn's `char_wb`. So "cat" has the 4-grams " cat"
and "cat ". As a term, a subword has one more space in front. No word or n-gram begins with a space.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from sklearn_imdb._class_evidence import ClassCounts
from sklearn_imdb._text.counts import Blocks, WordCounts
from sklearn_imdb._text.row_file import join_rows

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
    longest = max(min(longest, len(bounded)), shortest)
    return [
        " " + bounded[start : start + n]
        for n in range(shortest, longest + 1)
        for start in range(max(len(bounded) - n + 1, 1))
    ]


def is_subword(term: str) -> bool:
    """Whether a term of a vocabulary is a subword."""
    return term.startswith(" ")


class SubwordCounts:
    """Counts of the subwords of some documents, whose words have been counted."""

    def __init__(self, counts: WordCounts, blocks: Blocks, sizes: tuple[int, int]) -> None:
        self._blocks = blocks
        id_of: dict[str, int] = {}
        ids, ends = [], [0]
        for word in counts.words:
            ids += [id_of.setdefault(term, len(id_of)) for term in make_subwords(word, sizes)]
            ends.append(len(ids))
        self._terms = list(id_of)
        shape = len(counts.words), len(id_of)
        # A row has the subwords of a word, in their order.
        self._of_words = csr_matrix((np.ones(len(ids), np.int32), ids, ends), shape)
        self.occurrences = self._of_words.T @ counts.occurrences
        frequency = csr_matrix((len(id_of), blocks.columns.shape[1]), dtype=np.int64)
        for rows in blocks.rows:
            words, document_ends = join_rows(blocks.documents[rows])
            items = np.ones(len(words), np.int32), words, document_ends
            # The product has each subword of a document once.
            documents = csr_matrix(items, (len(document_ends) - 1, shape[0])) @ self._of_words
            documents.data[:] = 1
            frequency += (documents.T @ blocks.columns[rows]).tocsr()
        self.by_class = ClassCounts(frequency, blocks.sizes, blocks.n_classes)

    def name_terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        """Return the subwords of these ids."""
        return [self._terms[number] for number in ids.tolist()]

    def make_rows(self, index_of: npt.NDArray[np.int32]) -> Iterator[bytes]:
        """Yield the indices of each document's subwords, given the index of each.

        A subword with a negative index takes no place.
        """
        indices_of_words = self._of_words.copy()
        indices_of_words.data = np.maximum(index_of[indices_of_words.indices], 0)
        indices_of_words.eliminate_zeros()
        for rows in self._blocks.rows:
            words, document_ends = join_rows(self._blocks.documents[rows])
            found = indices_of_words[words]
            for begin, end in pairwise(found.indptr[document_ends].tolist()):
                yield found.data[begin:end].tobytes()


class SubwordTable(dict[Any, bytes]):
    """The indices of each word's subwords, as bytes of int32, found when the word first occurs."""

    def __init__(self, index_of: Mapping[str, int], subword_range: tuple[int, int]) -> None:
        self._index_of, self._range = index_of, subword_range

    def __missing__(self, word: str) -> bytes:
        terms = make_subwords(word, self._range)
        if not terms:  # A long word, which is not stored.
            return b""
        found = [self._index_of[term] for term in terms if term in self._index_of]
        if len(self) >= _WORDS_REMEMBERED:
            self.clear()
        self[word] = indices = np.array(found, np.int32).tobytes()
        return indices
