"""The gate for raw texts and sparse matrices, where word indices belong.

An error names the parameter and the remedy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.sparse import issparse

_N_SEARCHED = 20
"""Rows in which raw texts are looked for."""


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, or NA or NaT of pandas, which need not be installed."""
    is_nan = isinstance(value, float) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def refuse_texts(X: Any, name: str, remedy: str) -> None:
    """Raise a ValueError where `X`, a table or a list, holds raw texts."""
    if getattr(getattr(X, "dtype", None), "kind", "O") in "biuf":
        return
    if hasattr(X, "head"):
        X = X.head(_N_SEARCHED)
    elif isinstance(X, list | tuple | np.ndarray):
        X = X[:_N_SEARCHED]
    else:
        return
    rows = [row if isinstance(row, list | tuple | np.ndarray) else [row] for row in _rows(X)]
    if any(isinstance(item, str | bytes) for row in rows for item in row):
        raise ValueError(f"{name} holds raw texts, where word indices are needed: {remedy}")
    lengths = sorted({len(row) for row in rows})
    if len(lengths) > 1:
        raise ValueError(
            f"{name} holds rows of different lengths, {lengths[0]} and {lengths[-1]} among them, "
            "where padded sequences are needed: have SequenceVectorizer pad them, which takes "
            "lists of word indices as it takes texts."
        )


def _rows(X: Any) -> Iterable[Any]:
    return X if isinstance(X, list | tuple) else np.asarray(X, dtype=object)


def refuse_sparse(X: Any, name: str) -> None:
    """Raise a TypeError where `X` is a sparse matrix, which holds counts and no sequences."""
    if issparse(X):
        raise TypeError(
            f"{name} is a sparse matrix, as CountVectorizer and TfidfVectorizer make it, where "
            "sequences of word indices are needed: put a SequenceVectorizer in front instead. "
            "Counts in a dense array would be taken for word indices."
        )
