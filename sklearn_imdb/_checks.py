"""The gate for what is in the wrong place: raw texts, sparse matrices, labels in place of texts.

An error names the parameter and the remedy.
"""

from numbers import Real
from typing import Any

import numpy as np

N_SEARCHED = 20
"""Rows that are looked at for what stands in the wrong place."""


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT, or NA of pandas, which need not be installed."""
    is_nan = isinstance(value, float | np.datetime64 | np.timedelta64) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def show_index_label(X: Any, row: int) -> str:
    """Return a sentence behind a space with the index label of a row of pandas, if it is not `row`.

    Users find the row by it, where errors count rows.
    """
    index: Any = getattr(X, "index", None)
    label = index[row : row + 1].tolist()[0] if hasattr(index, "tolist") else row
    return "" if label == row else f" Row {row} has the index label {label!r}."


def refuse_lazy(X: Any, name: str) -> None:
    """Raise a TypeError where `X` is a query that has not been run, as a LazyFrame of polars."""
    if hasattr(X, "collect"):
        raise TypeError(
            f"{name} is a {type(X).__name__}, a query that has not been run: pass one column of "
            f"{name}.collect()."
        )


def refuse_swapped(X: Any, y: Any) -> None:
    """Raise a ValueError where `X` looks like labels, and `y` like the texts they belong to.

    Labels are short values beside longer texts. Most texts are different, and few labels are.
    """
    # The first rows may all be of one class, or each of another: then all rows are looked at.
    for n in (N_SEARCHED, None):
        labels, texts = _read_items(X, n), _read_items(y, n)
        if not (
            texts
            and all(isinstance(item, str) for item in texts)
            and all(isinstance(item, str | Real | np.bool_) for item in labels)
            and len(texts) < 2 * len(set(texts))
            and sum(len(str(item)) for item in labels) < sum(map(len, texts))
        ):
            return
    if 1 < len(set(labels)) <= len(set(texts)) / 2:
        raise ValueError(
            f"X looks like labels, such as {labels[0]!r}, and y like texts, such as "
            f"{texts[0][:40]!r}: the texts come first, as in fit(texts, labels)."
        )


def _read_items(X: Any, n: int | None = None) -> list[Any]:
    """Return the items of the first `n` rows, or of all; none of what must not be read ahead."""
    if isinstance(X, list | tuple):
        return list(X[:n])
    if not (isinstance(X, np.ndarray) or hasattr(X, "iloc") or hasattr(X, "to_numpy")):
        return []
    if n is not None:
        X = X.head(n) if hasattr(X, "head") else X[:n]
    return np.asarray(X, dtype=object).ravel().tolist()


def refuse_texts(X: Any, name: str, remedy: str) -> None:
    """Raise a ValueError where `X`, a table or a list, holds raw texts."""
    if getattr(getattr(X, "dtype", None), "kind", "O") in "biuf":
        return
    items = _read_items(X, N_SEARCHED)
    rows = [item if isinstance(item, list | tuple | np.ndarray) else [item] for item in items]
    if any(isinstance(item, str | bytes) for row in rows for item in row):
        raise ValueError(f"{name} holds raw texts, where word indices are needed: {remedy}")
    lengths = sorted(set(map(len, rows)))
    if len(lengths) > 1:
        raise ValueError(
            f"{name} holds rows of different lengths, such as {lengths[0]} and {lengths[-1]}: pass "
            "them through a SequenceVectorizer, which takes lists of word indices and pads them."
        )
