"""A text's words to their indices, as many as a sequence has room for."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_imdb._splitting import Key, make_splitter
from sklearn_imdb._vocabulary import Numbers

INDEX_BYTES = np.dtype(np.int32).itemsize
_NONE = -1
"""In place of the index of a word that is left out."""


class TextEncoder:
    """Turns a text into word indices; holds the look-up table of a vocabulary.

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
        self._drops_unknown = recipe["oov_char"] is None
        start_char = recipe["start_char"]
        self._start = b"" if start_char is None else _as_bytes(start_char)
        index_from = recipe["index_from"]
        self._index_of = _IndexOf(
            {split.key(word): _as_bytes(rank + index_from) for word, rank in vocabulary.items()},
            b"" if self._drops_unknown else _as_bytes(recipe["oov_char"]),
        ).__getitem__

    def __call__(self, text: str) -> bytes:
        """Return the indices of the text's words, at most `maxlen`, as the bytes of int32."""
        if self._drops_unknown or self._binary:
            words = self._split(text)
            if self._binary:
                words = list(dict.fromkeys(words))
        else:
            # Every word takes a place: no more are split off than there are places.
            split = self._split.first if self._truncating == "post" else self._split.last
            words = split(text, self._maxlen)
        indices = self._start + b"".join(map(self._index_of, words))
        return truncated(indices, self._maxlen, self._truncating)

    def of_numbered(self, documents: Iterable[Numbers], words: Collection[str]) -> Iterator[bytes]:
        """Yield the same from documents whose words are given as numbers, places in `words`."""
        left_out = _as_bytes(_NONE)
        indices = np.frombuffer(
            b"".join(self._index_of(self._split.key(word)) or left_out for word in words), np.int32
        )
        for numbers in documents:
            document = indices[numbers]
            if self._drops_unknown:
                document = document[document != _NONE]
            yield truncated(self._start + document.tobytes(), self._maxlen, self._truncating)


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
    """Index of each word's key, as the bytes of an int32; any other key gives `unknown`."""

    def __init__(self, indices: dict[Key, bytes], unknown: bytes) -> None:
        super().__init__(indices)
        self._unknown = unknown

    def __missing__(self, key: Key) -> bytes:
        return self._unknown
