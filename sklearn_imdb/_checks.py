"""The gate for labels and the gate for raw texts: every method checks through them.

An error names the parameter, the row and the remedy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, issparse
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

_N_SEARCHED = 20
"""Rows in which raw texts are looked for."""


# -- labels -----------------------------------------------------------------------------------


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, or NA or NaT of pandas, which need not be installed."""
    is_nan = isinstance(value, float) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def checked_labels(y: Any, name: str = "y", *, are_known: bool = False) -> npt.NDArray[Any]:
    """Return the labels as an array of shape (n_samples,).

    Several labels of a row come as a matrix of 0 and 1, which is returned with shape
    (n_samples, n_labels) and dtype int8. Labels of classes that are known are left to
    `class_numbers`, which names the one that is new.

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
    labels = _as_array(y.toarray() if issparse(y) else y)
    if labels.ndim == 2 and labels.shape[1] > 1:
        return _indicator(labels, name)
    if labels.dtype.kind in "Of" and labels.size in labels.shape:  # One column.
        _check_each(labels.ravel(), name)
    if labels.dtype == object:
        labels = _as_plain(labels)
    try:
        labels = column_or_1d(labels, warn=True)
        if len(labels) and not are_known:
            check_classification_targets(labels)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return labels


def _as_array(y: Any) -> npt.NDArray[Any]:
    """Return the labels of any container as an array, missing ones as what they are there."""
    if hasattr(y, "to_pylist"):  # An array of pyarrow.
        y = y.to_pylist()
    if isinstance(y, np.ma.MaskedArray):
        labels = np.asarray(y.data, dtype=object)
        labels[np.ma.getmaskarray(y)] = None
        return labels
    # NumPy would turn every label of a list into text where one of them is text.
    labels = np.asarray(y, dtype=object if isinstance(y, list | tuple) else None)
    return labels.astype(object) if labels.dtype.kind == "T" else labels


def _as_plain(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return numbers and booleans of dtype object in their own dtype, and anything else as it is.

    Tables with missing values, and nullable dtypes, give them so.
    """
    values = labels.ravel().tolist()
    for kind, dtype in ((bool | np.bool_, bool), (Integral, np.int64), (Real, np.float64)):
        if values and all(isinstance(value, kind) for value in values):
            try:
                return labels.astype(dtype)
            except OverflowError:  # Whole numbers beyond 64 bits stay what they are.
                return labels
    return labels


def _indicator(labels: npt.NDArray[Any], name: str) -> npt.NDArray[np.int8]:
    """Return a matrix of labels as int8, or raise a ValueError for what is neither 0 nor 1."""
    if labels.dtype.kind not in "biuf":
        labels = labels.astype(object)
    wrong = (labels != 0) & (labels != 1)
    if np.any(wrong):
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"{name} has the shape {labels.shape} and {name}[{row}, {column}] = "
            f"{labels[row, column]!r}: several labels of a row are a matrix with a column of 0 and "
            "1 for each label, as sklearn.preprocessing.MultiLabelBinarizer makes it. One label of "
            "a row is one column."
        )
    return labels.astype(np.int8)


def _check_each(labels: npt.NDArray[Any], name: str) -> None:
    for row, label in enumerate(labels.tolist()):
        if isinstance(label, list | tuple | Set | np.ndarray):
            raise ValueError(
                f"{name} holds lists of labels, such as {name}[{row}] = {label!r}: have "
                "sklearn.preprocessing.MultiLabelBinarizer make a matrix of 0 and 1 of them."
            )
        if is_missing(label):
            raise ValueError(
                f"Input {name} contains NaN or None: {name}[{row}] = {label!r}. A label is "
                "missing: fill it, or drop the row."
            )
        if isinstance(label, Enum | Decimal):
            remedy = "label.value" if isinstance(label, Enum) else "float(label)"
            raise ValueError(
                f"{name} must hold text, numbers or booleans, got {name}[{row}] = {label!r} of "
                f"type {type(label).__name__}: pass [{remedy} for label in {name}]."
            )
        if isinstance(label, str) != isinstance(labels[0], str):
            raise ValueError(
                f"{name} must hold either text or numbers, got {name}[{row}] = {label!r} beside "
                f"{labels[0]!r}."
            )


def class_numbers(
    labels: npt.NDArray[Any], classes: npt.NDArray[Any], name: str = "y"
) -> npt.NDArray[np.integer]:
    """Return the position in `classes` of each label, or raise a ValueError for one not there.

    A matrix of labels, which has a column for each class, is returned as it is.
    """
    if labels.ndim == 2:
        if labels.shape[1] != len(classes):
            raise ValueError(
                f"{name} has {labels.shape[1]} columns of labels, and {len(classes)} labels are "
                "known."
            )
        return labels
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
    """The class of each document of an iterable, which may be an iterator; or its classes."""

    classes: list[Any]
    """Sorted; a single None where documents have no label. Of a matrix of labels the numbers of its
    columns, and None behind them, which all documents have."""
    numbers: npt.NDArray[np.integer] | None = None
    """Position in `classes` of each document's label. Of a matrix of labels the matrix, of shape
    (n_documents, n_classes)."""

    @classmethod
    def of(cls, y: Any) -> Self:
        """Return the classes of the labels `y`; with None all documents are of one class."""
        if y is None:
            return cls([None])
        labels = checked_labels(y)
        if labels.ndim == 2:
            of_all = np.ones(len(labels), labels.dtype)
            return cls([*range(labels.shape[1]), None], np.column_stack([labels, of_all]))
        classes, numbers = np.unique(labels, return_inverse=True)
        return cls(classes.tolist(), numbers)

    @property
    def overlap(self) -> bool:
        """Whether a document may have several of the classes."""
        return self.numbers is not None and self.numbers.ndim == 2

    def zip(self, documents: Iterable[Any]) -> Iterator[tuple[Any, Sequence[int]]]:
        """Yield each document with the numbers of its classes."""
        if self.numbers is None:
            for document in documents:
                yield document, [0]
            return
        n_documents = 0
        for n_documents, document in enumerate(documents, 1):
            if n_documents > len(self.numbers):
                break
            number = self.numbers[n_documents - 1]
            yield document, np.flatnonzero(number).tolist() if self.overlap else [number]
        if n_documents != len(self.numbers):
            # An iterable may have no end: it is not read on to be counted.
            found = "more" if n_documents > len(self.numbers) else str(n_documents)
            raise ValueError(
                f"y must have a label for each document of X: it has {len(self.numbers)}, and X "
                f"holds {found}."
            )

    def indicator(self, n_documents: int) -> csr_matrix:
        """Return 1 where a document has a class, shape (n_documents, n_classes), int32.

        The number of documents is that of `numbers`, which may be None.
        """
        if self.overlap:
            return csr_matrix(self.numbers, dtype=np.int32)
        numbers = np.zeros(n_documents, np.intp) if self.numbers is None else self.numbers
        return csr_matrix(
            (np.ones(n_documents, np.int32), numbers, np.arange(n_documents + 1)),
            shape=(n_documents, len(self.classes)),
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
