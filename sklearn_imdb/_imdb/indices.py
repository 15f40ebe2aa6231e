"""The reviews of IMDB as lists of word indices: Keras's copy, or encoded from the texts."""

import json
from typing import Any

import numpy as np

from sklearn_imdb._convention import FILTERS, INDEX_FROM, START, UNKNOWN
from sklearn_imdb._imdb import download
from sklearn_imdb._imdb.download import DataHome, fetch_published
from sklearn_imdb._warnings import warn_user

_BLANKS = bytes.maketrans(FILTERS.encode(), b" " * len(FILTERS))


def load_word_index(data_home: DataHome) -> dict[str, int]:
    """Return the rank of each word, 1 for the most frequent word."""
    return json.loads(fetch_published(download.WORD_INDEX, data_home).read_text(encoding="utf-8"))


def load_encoded(splits: list[str], data_home: DataHome) -> dict[str, Any] | None:
    """Return the columns of Keras's copy. Return None, with a warning, if it is unavailable."""
    try:
        path = fetch_published(download.ENCODED, data_home)
    except OSError as error:
        warn_user(
            "Keras's encoded reviews are made from the texts, because Keras's file cannot be "
            f"used. The lists are the same, but in another order. {error}"
        )
        return None
    # The lists in the file are pickled. That is safe, because the checksum has been verified.
    with path.open("rb") as file, np.load(file, allow_pickle=True) as arrays:
        ranks = [document for split in splits for document in arrays[f"x_{split}"]]
        labels = np.concatenate([arrays[f"y_{split}"] for split in splits])
    sequences = [[START, *(rank + INDEX_FROM for rank in document)] for document in ranks]
    return {"data": sequences, "target": labels.astype(np.int64)}


def encode(texts: list[str], word_index: dict[str, int]) -> list[list[int]]:
    """Encode texts by the steps that made Keras's copy.

    These steps lower-case ASCII letters only and leave out unknown words.
    """
    indices = {word.encode(): rank + INDEX_FROM for word, rank in word_index.items()}
    documents = (text.encode().lower().translate(_BLANKS).split(b" ") for text in texts)
    return [[START, *(indices[w] for w in words if w in indices)] for words in documents]


def limit_num_words(sequences: list[list[int]], num_words: int) -> list[list[int]]:
    """Replace the indices from `num_words` on by the index of unknown words."""
    return [[i if i < num_words else UNKNOWN for i in sequence] for sequence in sequences]
