"""What a user hands to the vectorizer, checked: texts or lists of word indices, never both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView, Mapping, Set, Sized
from itertools import chain, count, islice
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse

from sklearn_imdb._checks import is_missing
from sklearn_imdb._convention import LARGEST_INDEX
from sklearn_imdb._progress import Progress

_EXPECTED = "X must be an iterable of texts (str) or of lists of word indices (int)"


class Documents:
    """Documents that are all texts or all word indices; each is checked as it is read.

    An iterator is read once, document after document, and none of them is held.
    """

    def __init__(self, X: Iterable[Any], progress: Progress | None = None) -> None:
        documents = _checked_iterable(X)
        first = list(islice(documents, 1))
        self.is_empty = not first
        self.are_texts = self.is_empty or isinstance(first[0], str)
        self._documents: Iterable[Any] = chain(first, documents)
        if progress is not None:
            self._documents = progress.over(self._documents)

    def __iter__(self) -> Iterator[Any]:
        check = _checked_text if self.are_texts else _checked_indices
        return map(check, self._documents, count())


def materialized(X: Iterable[Any]) -> Iterable[Any]:
    """Return `X`, or the list of its documents where `X` can be read only once."""
    documents = _checked_iterable(X)
    return X if isinstance(X, Sized) else list(documents)


def n_documents(X: Any) -> int | None:
    """Return how many documents there are; None where that shows only when they are read."""
    return len(X) if isinstance(X, Sized) and not issparse(X) else None


def _checked_iterable(X: Iterable[Any]) -> Iterator[Any]:
    if isinstance(X, str | bytes):
        raise ValueError(
            f"{_EXPECTED}, got one {type(X).__name__}: for a single text pass a list, [text]."
        )
    container: Any = X
    if len(getattr(X, "column_names", ())) == 1:  # A table of pyarrow.
        container = container.column(0)
    if hasattr(container, "to_pylist"):  # An array of pyarrow.
        X = container.to_pylist()
    shape: tuple[int, ...] = getattr(X, "shape", (0,))
    is_table = len(shape) != 1 and getattr(getattr(X, "dtype", None), "kind", "O") not in "iu"
    if is_table and len(shape) == 2 and shape[1] == 1 and not issparse(X):
        return iter(np.asarray(X, dtype=object)[:, 0].tolist())
    is_set = isinstance(X, Set) and not isinstance(X, KeysView)
    if is_table or issparse(X) or isinstance(X, Mapping) or is_set:
        raise TypeError(
            f"{_EXPECTED}, got a {type(X).__name__}"
            + (f" of shape {shape}" if len(shape) != 1 else "")
            + ": pass one column of texts, such as X['text']."
        )
    try:
        return iter(X)
    except TypeError:
        raise TypeError(f"{_EXPECTED}, got {X!r} of type {type(X).__name__}.") from None


def _checked_text(document: Any, row: int) -> str:
    if isinstance(document, str):
        return document
    raise _wrong_type(document, row, "the documents before it are texts")


def _checked_indices(document: Any, row: int) -> npt.NDArray[np.integer]:
    if hasattr(document, "to_list"):  # A list in a column of polars.
        document = document.to_list()
    if not isinstance(document, list | tuple | np.ndarray):
        raise _wrong_type(document, row, "" if row == 0 else "the documents before it are lists")
    try:
        indices = np.asarray(document)
    except ValueError:  # A ragged list, of which numpy makes no array.
        raise _wrong_type(document, row, "") from None
    if indices.size == 0 and indices.ndim == 1:
        return np.empty(0, dtype=np.int32)
    if indices.ndim == 1 and indices.dtype.kind == "f":
        raise ValueError(
            f"X[{row}] holds {indices[0]} of dtype {indices.dtype}: word indices are whole "
            "numbers; pass them as int."
        )
    if indices.ndim != 1 or indices.dtype.kind not in "iu":
        raise _wrong_type(document, row, "")
    lowest, highest = indices.min(), indices.max()
    if lowest < 0 or highest > LARGEST_INDEX:
        raise ValueError(
            f"X[{row}] holds the word index {lowest if lowest < 0 else highest}: "
            f"word indices lie between 0 and {LARGEST_INDEX}."
        )
    return indices.astype(np.int32, copy=False)


def _wrong_type(document: Any, row: int, others: str) -> TypeError:
    shown = repr(document)
    if len(shown) > 60:
        shown = shown[:57] + "..."
    hint = ""
    if is_missing(document):
        hint = " A text is missing: fill it, or drop the row."
    elif isinstance(document, bytes):
        hint = " Decode it first."
    elif hasattr(document, "as_py"):
        hint = " Of pyarrow's arrays pass X.to_pylist()."
    return TypeError(
        f"{_EXPECTED}, got X[{row}] = {shown} of type {type(document).__name__}"
        + (f" where {others}." if others else ".")
        + hint
    )
