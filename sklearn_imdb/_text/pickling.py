"""The vocabulary of a pickled vectorizer: words with numbers, as few and small arrays."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt


def pack_words(number_of: Mapping[str, int]) -> list[npt.NDArray[Any]]:
    """Return the text of the words in UTF-8, their lengths in characters, and their numbers."""
    # Bytes, because JSON, in which skops keeps a str, would merge surrogates of adjacent words.
    text = np.frombuffer("".join(number_of).encode("utf-8", "surrogatepass"), np.uint8)
    return [text, narrow(list(map(len, number_of))), narrow(list(number_of.values()))]


def narrow(numbers: Sequence[int] | npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Return whole numbers in the smallest dtype that holds them."""
    return np.array(numbers, dtype=np.min_scalar_type(max(numbers, default=0)))


def unpack_words(arrays: Sequence[npt.NDArray[Any]]) -> dict[str, int]:
    """Return the words with their numbers that `pack_words` was given."""
    text, lengths, numbers = arrays
    characters = text.tobytes().decode("utf-8", "surrogatepass")
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    words = (characters[start:end] for start, end in pairwise([0, *ends]))
    return dict(zip(words, numbers.tolist(), strict=True))


def is_packable(vocabulary: Any) -> bool:
    """Whether a vocabulary is a dict that `pack_words` and `unpack_words` give back as it was."""
    return type(vocabulary) is dict and all(
        type(word) is str and type(rank) is int and rank >= 0 for word, rank in vocabulary.items()
    )
