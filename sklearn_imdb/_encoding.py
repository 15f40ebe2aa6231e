"""A text's terms, words or n-grams, to their indices, as many as a sequence has room for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_imdb._ngrams import NgramTable, ngram_spans
from sklearn_imdb._splitting import Key, make_splitter

INDEX_BYTES = np.dtype(np.int32).itemsize

_TEXTS_AT_ONCE = 256
"""Texts whose n-grams are looked up together; an iterator is read ahead by as many."""


class TextEncoder:
    """Turns a text into the indices of its terms; holds the look-up table of a vocabulary.

    `recipe` has the vectorizer's parameters by name. The encoder is never pickled: a loaded
    vectorizer makes its own.
    """

    def __init__(self, vocabulary: Mapping[str, int], recipe: dict[str, Any]) -> None:
        self.recipe = recipe
        self._split = split = make_splitter(
            lowercase=recipe["lowercase"],
            filters=recipe["filters"],
            token_pattern=recipe["token_pattern"],
            tokenizer=recipe["tokenizer"],
        )
        self._maxlen: int = recipe["maxlen"]
        self._truncating: str = recipe["truncating"]
        self._binary: bool = recipe["binary"]
        self._ngram_range: tuple[int, int] = recipe["ngram_range"]
        self._space = split.key(" ")
        self._drops_unknown = recipe["oov_char"] is None
        start_char, index_from = recipe["start_char"], recipe["index_from"]
        self._start = b"" if start_char is None else _as_bytes(start_char)
        self._table: NgramTable | None = None
        if self._ngram_range != (1, 1) and self._drops_unknown:
            terms = {
                tuple(split.key(term).split(self._space)): rank + index_from
                for term, rank in vocabulary.items()
            }
            self._table = NgramTable(terms, self._ngram_range, self._binary)
            return
        self._index_of = _IndexOf(
            {split.key(term): _as_bytes(rank + index_from) for term, rank in vocabulary.items()},
            b"" if self._drops_unknown else _as_bytes(recipe["oov_char"]),
        ).__getitem__

    def __call__(self, texts: Iterable[str]) -> Iterator[bytes]:
        """Yield the indices of each text's terms, at most `maxlen`, as the bytes of int32."""
        if self._table is None:
            yield from map(self._of_text, texts)
            return
        texts = iter(texts)
        while some := list(islice(texts, _TEXTS_AT_ONCE)):
            yield from self.of_indices(self._table.sequences(list(map(self._split, some))))

    def _of_text(self, text: str) -> bytes:
        is_of_words = self._ngram_range == (1, 1)
        if self._drops_unknown or self._binary or not is_of_words:
            terms = self._split(text)
            if not is_of_words:
                terms = self._ngrams(terms)
            if self._binary:
                terms = list(dict.fromkeys(terms))
        else:
            # Every word takes a place: no more are split off than there are places.
            split = self._split.first if self._truncating == "post" else self._split.last
            terms = split(text, self._maxlen)
        return self._whole(b"".join(map(self._index_of, terms)))

    def _ngrams(self, words: list[Key]) -> list[Key]:
        """Return the n-grams, one by one, where unknown ones have to be told apart, too."""
        spans = ngram_spans(len(words), self._ngram_range)
        return [self._space.join(words[start:end]) for start, end in spans]

    def of_indices(self, documents: Iterable[npt.NDArray[np.int32]]) -> Iterator[bytes]:
        """Yield the same from the indices of each document's terms."""
        return (self._whole(document.tobytes()) for document in documents)

    def _whole(self, indices: bytes) -> bytes:
        return truncated(self._start + indices, self._maxlen, self._truncating)


def as_bytes(indices: npt.ArrayLike) -> bytes:
    """Return the bytes of the indices as int32, which join and pad much faster than arrays do."""
    return np.asarray(indices, dtype=np.int32).tobytes()


def _as_bytes(index: int) -> bytes:
    # Without an array a word: a table of 88,584 of them is made where a vectorizer is first used.
    return int(index).to_bytes(INDEX_BYTES, sys.byteorder, signed=True)


def truncated(indices: bytes, maxlen: int, truncating: str) -> bytes:
    """Return the part of the indices that a sequence has room for."""
    n_bytes = INDEX_BYTES * maxlen
    return indices[:n_bytes] if truncating == "post" else indices[-n_bytes:]


class _IndexOf(dict[Key, bytes]):
    """Index of each term's key, as the bytes of an int32; any other key gives `unknown`."""

    def __init__(self, indices: dict[Key, bytes], unknown: bytes) -> None:
        super().__init__(indices)
        self._unknown = unknown

    def __missing__(self, key: Key) -> bytes:
        return self._unknown
