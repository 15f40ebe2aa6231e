"""The gate for labels and the gate for raw texts: every method checks through them.

An error names the parameter, the row and the remedy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

_N_SEARCHED = 20
"""Rows in which raw texts are looked for."""


# -- labels -----------------------------------------------------------------------------------


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, or NA or NaT of pandas, which need not be installed."""
    is_nan = isinstance(value, float) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def checked_labels(y: Any, name: str = "y") -> npt.NDArray[Any]:
    """Return the labels as an array of shape (n_samples,).

    Raises
    ------
    ValueError
        If a label is missing, is text beside numbers, or the labels are no classes. The message
        names the parameter, and the row where there is one.
    """
    if y is None:
        raise ValueError(
            f"This estimator requires {name} to be passed, but the target {name} is None."
        )
    # NumPy would turn every label of a list into text where one of them is text.
    labels = np.asarray(y, dtype=object if isinstance(y, list | tuple) else None)
    if labels.ndim == 1 and labels.dtype.kind in "Of":
        _check_each(labels, name)
    try:
        labels = column_or_1d(y, warn=True)
        if len(labels):
            check_classification_targets(labels)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return labels


def _check_each(labels: npt.NDArray[Any], name: str) -> None:
    for row, label in enumerate(labels.tolist()):
        if is_missing(label):
            raise ValueError(
                f"Input {name} contains NaN or None: {name}[{row}] = {label!r}. A label is "
                "missing: fill it, or drop the row."
            )
        if isinstance(label, str) != isinstance(labels[0], str):
            raise ValueError(
                f"{name} must hold either text or numbers, got {name}[{row}] = {label!r} beside "
                f"{labels[0]!r}."
            )


def class_numbers(
    labels: npt.NDArray[Any], classes: npt.NDArray[Any], name: str = "y"
) -> npt.NDArray[np.intp]:
    """Return the position in `classes` of each label, or raise a ValueError for one not there."""
    # Python's equality: NumPy's would cast "negative" to "negat" beside shorter classes.
    number_of = {label: number for number, label in enumerate(classes.tolist())}
    unknown = {label for label in labels.tolist() if label not in number_of}
    if unknown:
        raise ValueError(_unknown_labels(labels.tolist(), unknown, number_of, name))
    return np.array([number_of[label] for label in labels.tolist()], dtype=np.intp)


def _unknown_labels(
    labels: list[Any], unknown: Collection[Any], classes: Collection[Any], name: str
) -> str:
    """Say which labels are unknown, with a row: one whose text is unlike every class, if any."""
    texts = set(map(str, classes))
    rows = [row for row, label in enumerate(labels) if label in unknown]
    row = next((row for row in rows if str(labels[row]) not in texts), rows[0])
    message = (
        f"{name} holds labels that are not among the classes {list(classes)}: "
        f"{sorted(unknown, key=str)[:5]}; {name}[{row}] = {labels[row]!r}."
    )
    if isinstance(labels[row], str) and not any(isinstance(label, str) for label in classes):
        message += (
            " The labels are text and the classes are numbers: a reader makes a whole column text "
            "where one value of it is no number."
        )
    return message


class Labels(NamedTuple):
    """The class of each document of an iterable, which may be an iterator."""

    classes: list[Any]
    """Sorted; a single None where documents have no label."""
    numbers: npt.NDArray[np.intp] | None = None
    """Position in `classes` of each document's label."""

    @classmethod
    def of(cls, y: Any) -> Self:
        """Return the classes of the labels `y`; with None all documents are of one class."""
        if y is None:
            return cls([None])
        classes, numbers = np.unique(checked_labels(y), return_inverse=True)
        return cls(classes.tolist(), numbers)

    def zip(self, documents: Iterable[Any]) -> Iterator[tuple[Any, int]]:
        """Yield each document with the number of its class."""
        if self.numbers is None:
            for document in documents:
                yield document, 0
            return
        n_documents = 0
        for n_documents, document in enumerate(documents, 1):
            if n_documents > len(self.numbers):
                break
            yield document, self.numbers[n_documents - 1]
        if n_documents != len(self.numbers):
            more = "more" if n_documents > len(self.numbers) else "fewer"
            raise ValueError(
                f"y must have a label for each document of X: it has {len(self.numbers)}, and X "
                f"holds {more}."
            )


# -- raw texts --------------------------------------------------------------------------------


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
    rows = [
        row if isinstance(row, list | tuple | np.ndarray) else [row]
        for row in np.asarray(X, dtype=object)
    ]
    if any(isinstance(item, str | bytes) for row in rows for item in row):
        raise ValueError(f"{name} holds raw texts, where word indices are needed: {remedy}")
