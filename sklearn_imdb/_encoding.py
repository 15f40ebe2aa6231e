"""A text's words to their indices, as many as a sequence has room for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_imdb._splitting import Key, make_splitter


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
        self._start = () if recipe["start_char"] is None else (recipe["start_char"],)
        index_from = recipe["index_from"]
        self._index_of = _IndexOf(
            {split.key(word): rank + index_from for word, rank in vocabulary.items()},
            recipe["oov_char"],
        ).__getitem__

    def __call__(self, text: str) -> npt.NDArray[np.int32]:
        """Return the indices of the text's words, at most `maxlen`."""
        words: Iterable[Key]
        if self._drops_unknown or self._binary:
            words = self._split(text)
            if self._binary:
                words = dict.fromkeys(words)
            known = (index for index in map(self._index_of, words) if index is not None)
            indices = np.fromiter(chain(self._start, known), np.int32)
        else:
            # Every word takes a place: no more are split off than there are places.
            split = self._split.first if self._truncating == "post" else self._split.last
            words = split(text, self._maxlen)
            n_indices = len(self._start) + len(words)
            indices = np.fromiter(
                chain(self._start, map(self._index_of, words)), np.int32, n_indices
            )
        return truncated(indices, self._maxlen, self._truncating)


def truncated(indices: npt.NDArray[Any], maxlen: int, truncating: str) -> npt.NDArray[Any]:
    """Return the part of the indices that a sequence has room for."""
    return indices[:maxlen] if truncating == "post" else indices[-maxlen:]


class _IndexOf(dict[Key, Any]):
    """Index of each word's key; any other key gives `unknown`."""

    def __init__(self, indices: dict[Key, int], unknown: int | None) -> None:
        super().__init__(indices)
        self._unknown = unknown

    def __missing__(self, key: Key) -> int | None:
        return self._unknown
