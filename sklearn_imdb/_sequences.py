"""Sequences of word indices: what a user hands to the classifier, checked, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

LARGEST_INDEX = int(np.iinfo(np.int32).max)
"""Word indices are int32."""

UNKNOWN_WORD = 2
N_RESERVED = 3
"""Padding, start and unknown word: indices that every embedding table has rows for."""

ROWS_AT_ONCE = 4096
"""Sequences that are worked on together, where all at once would take too much memory."""

Rows: TypeAlias = Sequence[int] | npt.NDArray[np.intp]

_LOOKED_AT = 20
"""Rows in which raw texts are looked for."""


def refuse_texts(X: Any, name: str, remedy: str) -> None:
    """Raise a ValueError where `X`, a table or a list, holds raw texts."""
    if getattr(getattr(X, "dtype", None), "kind", "O") in "biuf":
        return
    if hasattr(X, "head"):
        X = X.head(_LOOKED_AT)
    elif isinstance(X, list | tuple | np.ndarray):
        X = X[:_LOOKED_AT]
    else:
        return
    rows = [
        row if isinstance(row, list | tuple | np.ndarray) else [row]
        for row in np.asarray(X, dtype=object)
    ]
    if any(isinstance(item, str | bytes) for row in rows for item in row):
        raise ValueError(f"{name} holds raw texts, where word indices are needed: {remedy}")


def checked_indices(
    X: npt.NDArray[Any], name: str, rows: Rows | None = None
) -> npt.NDArray[np.integer]:
    """Return the numeric array `X` as word indices, or raise a ValueError that says which fails.

    `X` may be some rows of the user's: those with the numbers `rows`.
    """
    lowest, highest = X.min(), X.max()
    if lowest < 0:
        raise ValueError(
            "Negative values in data passed to EmbeddingAverageClassifier: "
            f"{_shown(X, X < 0, name, rows)}, and word indices count from 0."
        )
    if float(highest) > LARGEST_INDEX:
        too_large = _shown(X, X > LARGEST_INDEX, name, rows)
        raise ValueError(f"{too_large}, beyond the largest word index, {LARGEST_INDEX}.")
    if X.dtype.kind in "iu":
        return X
    indices = X.astype(np.int32)
    fractional = indices != X
    if fractional.any():
        raise ValueError(
            f"Fractional values in {name}: {_shown(X, fractional, name, rows)}, and word indices "
            "are whole numbers: is a scaler or a tf-idf in front, where a SequenceVectorizer "
            "should be?"
        )
    return indices


def _shown(X: npt.NDArray[Any], wrong: npt.NDArray[np.bool_], name: str, rows: Rows | None) -> str:
    """Say what stands at the first wrong place of `X`, and where that is."""
    row, column = np.argwhere(wrong)[0]
    return f"{name}[{row if rows is None else rows[row]}, {column}] = {X[row, column]}"


def within(X: npt.NDArray[np.integer], input_dim: int) -> npt.NDArray[np.int32]:
    """Return `X` as int32, contiguous, with indices of `input_dim` or more as the unknown word."""
    if X.max() >= input_dim:
        X = np.where(X < input_dim, X, UNKNOWN_WORD)  # noqa: SIM300  # It takes X for a constant.
    return np.ascontiguousarray(X, dtype=np.int32)


def words_of(
    X: npt.NDArray[np.integer],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.integer]]:
    """Return the different words of each row, sorted, and their places in the sorted rows' `ravel`.

    A word is there as often as from its place to the next one's.
    """
    words = np.sort(X, axis=1)
    is_first = np.ones(X.shape, dtype=bool)
    np.not_equal(words[:, 1:], words[:, :-1], out=is_first[:, 1:])
    places = np.flatnonzero(is_first)
    return places, words.ravel()[places]
