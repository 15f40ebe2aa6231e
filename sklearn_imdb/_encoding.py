"""A text's words to their indices, as many as a sequence has room for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_imdb._splitting import Key, make_splitter
from sklearn_imdb._vocabulary import Numbers

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
        self._start = np.array([] if start_char is None else [start_char], dtype=np.int32)
        index_from = recipe["index_from"]
        self._index_of = _IndexOf(
            {split.key(word): rank + index_from for word, rank in vocabulary.items()},
            _NONE if self._drops_unknown else recipe["oov_char"],
        ).__getitem__

    def __call__(self, text: str) -> npt.NDArray[np.int32]:
        """Return the indices of the text's words, at most `maxlen`."""
        if self._drops_unknown or self._binary:
            words = self._split(text)
            if self._binary:
                words = list(dict.fromkeys(words))
        else:
            # Every word takes a place: no more are split off than there are places.
            split = self._split.first if self._truncating == "post" else self._split.last
            words = split(text, self._maxlen)
        return self._sequence(np.fromiter(map(self._index_of, words), np.int32, len(words)))

    def of_numbered(
        self, documents: Iterable[Numbers], words: Collection[str]
    ) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the same from documents whose words are given as numbers, places in `words`."""
        keys = map(self._split.key, words)
        indices = np.fromiter(map(self._index_of, keys), np.int32, len(words))
        return (self._sequence(indices[numbers]) for numbers in documents)

    def _sequence(self, indices: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        if self._drops_unknown:
            indices = indices[indices != _NONE]
        return truncated(np.concatenate((self._start, indices)), self._maxlen, self._truncating)


def truncated(indices: npt.NDArray[Any], maxlen: int, truncating: str) -> npt.NDArray[Any]:
    """Return the part of the indices that a sequence has room for."""
    return indices[:maxlen] if truncating == "post" else indices[-maxlen:]


class _IndexOf(dict[Key, int]):
    """Index of each word's key; any other key gives `unknown`."""

    def __init__(self, indices: dict[Key, int], unknown: int) -> None:
        super().__init__(indices)
        self._unknown = unknown

    def __missing__(self, key: Key) -> int:
        return self._unknown
