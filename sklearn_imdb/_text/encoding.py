"""A text's terms to their word indices, as many as a sequence has room for."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt

from sklearn_imdb._convention import DIVIDER
from sklearn_imdb._numbering import NumberedBytes, numbering
from sklearn_imdb._text.ngram_table import NgramTable
from sklearn_imdb._text.ngrams import ngram_spans
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.subwords import SubwordTable, is_subword
from sklearn_imdb._text.tokens import Key, make_tokenizer

_INDEX_BYTES = np.dtype(np.int32).itemsize

_PLACES_PER_INDEX = 10

_TEXTS_AT_ONCE = 256
"""Texts whose n-grams are looked up together; an iterator is read ahead by as many."""


class TextEncoder:
    """Turns a text into the indices of its terms; holds the look-up table of a vocabulary.

    An encoder is never pickled: a loaded vectorizer makes its own.
    """

    def __init__(self, vocabulary: Mapping[str, int], recipe: Recipe) -> None:
        if not vocabulary:
            raise ValueError(
                "X holds texts, but this SequenceVectorizer knows no words, because it was fitted "
                "on index lists or no word was kept yet: fit it on texts, or give it a vocabulary."
            )
        self.numbering = numbering(vocabulary, recipe.index_from)
        self._recipe = recipe
        self._tokenizer = tokenizer = make_tokenizer(recipe)
        self._space = tokenizer.key(" ")
        self._subwords: SubwordTable | None = None
        if isinstance(recipe.subword_range, tuple):
            self._subwords = SubwordTable(vocabulary, recipe.subword_range, recipe.index_from)
            vocabulary = {term: rank for term, rank in vocabulary.items() if not is_subword(term)}
        self._table: NgramTable | None = None
        if recipe.ngram_range != (1, 1) and recipe.oov_char is None:
            terms = {
                tuple(tokenizer.key(term).split(self._space)): rank + recipe.index_from
                for term, rank in vocabulary.items()
            }
            self._table = NgramTable(terms, recipe.ngram_range, recipe.binary)
            return
        unknown = b"" if recipe.oov_char is None else _as_bytes(recipe.oov_char)
        self._index_of = _IndexOf(
            {
                tokenizer.key(term): _as_bytes(rank + recipe.index_from)
                for term, rank in vocabulary.items()
            },
            unknown,
        ).__getitem__

    def __call__(self, texts: Iterable[str], maxlen: int) -> Iterator[bytes]:
        """Yield the sequence of each text, which is longer than `maxlen` where it is to be cut."""
        recipe = self._recipe
        if recipe.is_of_words and not recipe.binary and recipe.oov_char is not None:
            # Every word takes a place: one more is split off than there are places.
            tokenizer = self._tokenizer
            split = tokenizer.first if recipe.truncating == "post" else tokenizer.last
            for text in texts:
                indices = b"".join(map(self._index_of, split(text, maxlen + 1)))
                yield _with_start(indices, recipe)
            return
        texts = iter(texts)
        while some := list(islice(texts, _TEXTS_AT_ONCE)):
            documents = list(map(self._tokenizer.split, some))
            for document, indices in zip(documents, self._words(documents), strict=True):
                sequence = _with_start(indices, recipe)
                if self._subwords is not None:
                    sequence += _DIVIDER + self._of_subwords(document, self._subwords)
                yield sequence

    def _words(self, documents: list[list[Key]]) -> Iterator[bytes]:
        """Yield the indices of each document's words or n-grams."""
        if self._table is not None:
            for indices in self._table.sequences(documents):
                yield indices.tobytes()
            return
        for terms in documents:
            if self._recipe.ngram_range != (1, 1):
                terms = self._ngrams(terms)
            if self._recipe.binary:
                terms = list(dict.fromkeys(terms))
            yield b"".join(map(self._index_of, terms))

    def _ngrams(self, words: list[Key]) -> list[Key]:
        """Return the n-grams one by one, because unknown ones take places too."""
        spans = ngram_spans(len(words), self._recipe.ngram_range)
        return [self._space.join(words[start:end]) for start, end in spans]

    def _of_subwords(self, document: list[Key], table: SubwordTable) -> bytes:
        indices = table.of_words(map(self._tokenizer.word, document))
        if not self._recipe.binary:
            return indices
        different = dict.fromkeys(np.frombuffer(indices, np.int32).tolist())
        return np.array(list(different), np.int32).tobytes()


def sequence_of_terms(document: npt.NDArray[np.int32], recipe: Recipe) -> bytes:
    """Return the sequence of a document, from the index of each of its terms.

    A negative index is that of a term which takes no place.
    """
    return _with_start(document[document >= 0].tobytes(), recipe)


def sequence_of_indices(document: npt.NDArray[np.integer], recipe: Recipe) -> bytes:
    """Return the sequence of an index list, to which `num_words` is applied."""
    if recipe.num_words is not None:
        unknown = document >= recipe.num_words
        if recipe.oov_char is None:
            document = document[~unknown]
        elif unknown.any():
            document = np.where(unknown, recipe.oov_char, document)
    return np.asarray(document, dtype=np.int32).tobytes()


def _truncated(sequence: bytes, maxlen: int, recipe: Recipe) -> bytes:
    """Return the part of a sequence that is at most `maxlen` long.

    Words and subwords are each cut by their share.
    """
    n_bytes = _INDEX_BYTES * maxlen
    if len(sequence) <= n_bytes:
        return sequence
    keep = _first if recipe.truncating == "post" else _last
    if recipe.subword_range is None:
        return keep(sequence, n_bytes)
    indices = np.frombuffer(sequence, np.int32)
    dividers = np.flatnonzero(indices == DIVIDER)
    if not len(dividers):
        return keep(sequence, n_bytes)
    n_words = int(dividers[0])
    n_subwords = len(indices) - n_words - 1
    words, subwords = parts_that_fit(n_words, n_subwords, maxlen)
    return (
        keep(sequence[: _INDEX_BYTES * n_words], _INDEX_BYTES * words)
        + (_DIVIDER if maxlen > 1 else b"")
        + keep(sequence[_INDEX_BYTES * (n_words + 1) :], _INDEX_BYTES * subwords)
    )


def parts_that_fit(n_words: int, n_subwords: int, maxlen: int) -> tuple[int, int]:
    """Return how many words and subwords, with a divider between, a sequence has room for."""
    room = maxlen - 1
    if n_words + n_subwords <= room:
        return n_words, n_subwords
    words = -(-room * n_words // (n_words + n_subwords))
    return words, room - words


def padded(
    sequences: Iterable[bytes], numbering: str | None, maxlen: int, recipe: Recipe
) -> tuple[npt.NDArray[np.int32], int]:
    """Return the sequences as rows of `maxlen` indices, and how many of them were cut.

    The array remembers the numbering; None is that of no vocabulary.
    """
    pad = bytes.ljust if recipe.padding == "post" else bytes.rjust
    # It grows with the rows: an iterator's documents need not be held to be counted.
    rows = NumberedBytes()
    rows.numbering = numbering
    n_cut = 0
    for sequence in sequences:
        fitting = _truncated(sequence, maxlen, recipe)
        n_cut += fitting is not sequence
        rows += pad(fitting, _INDEX_BYTES * maxlen, b"\0")
    return np.frombuffer(rows, dtype=np.int32).reshape(-1, maxlen), n_cut


def length_for(lengths: npt.NDArray[np.integer], *, finds_all: bool) -> int:
    """Return the length of the longest sequence, or else the one that `maxlen="auto"` stands for.

    99 % of the sequences do not exceed it, and the rows have at most ten places for each index.
    """
    ordered = np.sort(lengths) if len(lengths) else np.ones(1, int)
    longest = max(int(np.percentile(ordered, 100 if finds_all else 99, method="higher")), 1)
    if finds_all:
        return longest

    def has_room(length: int) -> bool:
        return len(ordered) * length <= _PLACES_PER_INDEX * int(np.minimum(ordered, length).sum())

    # The longer the rows, the fewer of their places are filled.
    return max(bisect_left(range(1, longest + 1), True, key=lambda n: not has_room(n)), 1)


class Sequences:
    """The sequences of many documents, end to end, in one block of memory.

    Of 11,000 texts of 300 words a fit then peaks at 619 MB, with a list of bytes at 652.
    """

    def __init__(self, sequences: Iterable[bytes]) -> None:
        self._joined = bytearray()
        self._ends = [0]
        for sequence in sequences:
            self._joined += sequence
            self._ends.append(len(self._joined))

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Number of indices in each sequence."""
        return np.diff(self._ends) // _INDEX_BYTES

    def __iter__(self) -> Iterator[bytes]:
        for begin, end in pairwise(self._ends):
            yield bytes(self._joined[begin:end])


def _with_start(indices: bytes, recipe: Recipe) -> bytes:
    return indices if recipe.start_char is None else _as_bytes(recipe.start_char) + indices


def _first(sequence: bytes, n_bytes: int) -> bytes:
    return sequence[:n_bytes]


def _last(sequence: bytes, n_bytes: int) -> bytes:
    return sequence[len(sequence) - n_bytes :]


def _as_bytes(index: int) -> bytes:
    # Without an array a word: a table of 88,584 of them is made where a vectorizer is first used.
    return int(index).to_bytes(_INDEX_BYTES, sys.byteorder, signed=True)


_DIVIDER = _as_bytes(DIVIDER)


class _IndexOf(dict[Key, bytes]):
    """Index of each term's key, as the bytes of an int32; any other key gives `unknown`."""

    def __init__(self, indices: dict[Key, bytes], unknown: bytes) -> None:
        super().__init__(indices)
        self._unknown = unknown

    def __missing__(self, key: Key) -> bytes:
        return self._unknown
