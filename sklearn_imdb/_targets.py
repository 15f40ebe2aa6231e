"""What a `y` is: classes, their numbers, and whether a row may have several of them.

Both estimators take labels through `check_targets`. An error names the parameter, the row and the
remedy.
"""

from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, issparse
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from sklearn_imdb._checks import is_missing, refuse_lazy, show_index_label
from sklearn_imdb._warnings import warn_user

_LABELS = (str, Real, np.bool_, np.datetime64)
"""Types of labels."""

_REMEDIES = {Enum: "label.value", Decimal: "float(label)", bytes: "label.decode()"}
"""How to make a label of what is none."""

N_BINS = 8
"""Bins of a number that has more different values."""


@dataclass(frozen=True)
class Targets:
    """The classes of some rows."""

    classes: npt.NDArray[Any]
    """Sorted; of several labels the numbers of their columns. Shape (n_classes,)."""
    numbers: npt.NDArray[np.integer]
    """Position of each row's class in `classes`, shape (n_samples,); of several labels a matrix of
    0 and 1, shape (n_samples, n_classes)."""
    several: bool
    """Whether a row may have several of the classes, its labels."""

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: npt.NDArray[np.intp] | slice) -> Self:
        return replace(self, numbers=self.numbers[rows])

    @property
    def n_classes(self) -> int:
        """Number of classes there are, whether or not a row has each."""
        return len(self.classes)

    @property
    def labels(self) -> npt.NDArray[Any]:
        """The labels as they were given, of several labels the matrix."""
        return self.numbers if self.several else self.classes[self.numbers]

    def indicator(self) -> csr_matrix:
        """Return 1 where a row has a class, shape (n_samples, n_classes), int32."""
        if self.several:
            return csr_matrix(self.numbers, dtype=np.int32)
        n_rows = len(self.numbers)
        items = np.ones(n_rows, np.int32), self.numbers, np.arange(n_rows + 1)
        return csr_matrix(items, shape=(n_rows, self.n_classes))

    def check_two_classes(self, name: str = "y") -> None:
        """Raise a ValueError where all rows are of one class, or have the same labels."""
        if (self.numbers == self.numbers[:1]).all():
            raise ValueError(f"{name} must hold more than one class, got only {self.labels[:1]}.")

    def warn_if_one_hot(self) -> None:
        """Warn where each of many rows has one label of several, as in one-hot classes."""
        if self.several and len(self) > self.n_classes and (self.numbers.sum(axis=1) == 1).all():
            warn_user(
                f"Each row of y has exactly one of the {self.n_classes} labels, but predict may "
                "give a text none of them, or several. If each text belongs to one class, pass "
                "y.argmax(axis=1), or y.idxmax(axis=1) for a DataFrame."
            )


def check_targets(
    y: Any, name: str = "y", *, known: Targets | None = None, is_chunk: bool = False
) -> Targets:
    """Find the classes of `y`; with `known`, number its labels by the classes known from before.

    A chunk may hold few of the classes, so it is not checked for having too many.

    Raises
    ------
    ValueError
        If a label is missing or unknown, is text beside numbers, or the labels are no classes. The
        message names the parameter, and the row where there is one.
    """
    labels = check_labels(y, name, are_classes=known is None and not is_chunk)
    if known is not None:
        if labels.shape[1:] != known.numbers.shape[1:]:
            began = f"{known.n_classes} columns" if known.several else "one label per row"
            raise ValueError(f"{name} has shape {labels.shape}, but training began with {began}.")
        numbers = labels if known.several else _number_labels(labels, known.classes, name)
        return replace(known, numbers=numbers)
    if labels.ndim == 2:
        return Targets(np.arange(labels.shape[1]), labels, True)
    classes, numbers = np.unique(labels, return_inverse=True)
    return Targets(classes, numbers, False)


def check_classes(classes: Any, like: Targets) -> Targets:
    """Return the classes that a user lists for all chunks of a stream, as the targets of no rows.

    `like` is of one chunk, and tells whether its rows may have several labels.

    Raises
    ------
    ValueError
        If only one class is listed, or those of several labels are not the numbers of the columns.
    """
    listed = check_targets(classes, "classes")
    listed.check_two_classes("classes")
    if like.several and listed.classes.tolist() != like.classes.tolist():
        raise ValueError(
            f"classes must be range({like.n_classes}), the numbers of the columns of y, got "
            f"{listed.classes.tolist()}."
        )
    return Targets(listed.classes, like.numbers[:0], like.several)


def check_labels(y: Any, name: str = "y", *, are_classes: bool = False) -> npt.NDArray[Any]:
    """Return the labels as an array; several labels of a row as a matrix of 0 and 1, int8.

    With `are_classes`, raise a ValueError where they are measurements, and no classes.
    """
    if y is None:
        raise ValueError(
            f"This estimator requires {name} to be passed, but the target {name} is None."
        )
    refuse_lazy(y, name)
    labels = _make_array(y)
    if labels.ndim == 2 and labels.shape[1] > 1:
        return _check_indicator(labels, y, name)
    if labels.dtype.kind in "OSfMm" and labels.size in labels.shape:  # One column.
        _check_each(labels.ravel(), y, name)
    if labels.dtype == object:
        labels = _narrow_dtype(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        warn_user(
            f"A column-vector {name} was passed when a 1d array was expected. Pass {name}.ravel(). "
            "For inverse_transform of a MultiLabelBinarizer pass predict(X)[:, None].",
            DataConversionWarning,
        )
    try:
        labels = column_or_1d(labels)
        if len(labels) and are_classes:
            check_classification_targets(labels)
    except ValueError as error:
        message = f"{name}: {error}"
        if labels.dtype.kind == "f" and np.isfinite(labels).all():
            row = int(np.argmax(labels % 1 != 0))
            message = (
                f"Unknown label type: continuous, {name}[{row}] = {labels[row]}. To predict "
                "numbers, use make_text_regressor, or rank_by='target_evidence' and "
                f"EmbeddingAverageRegressor. To predict classes, pass [str(x) for x in {name}]; "
                "see 'Ratings' in the user guide."
            )
        raise ValueError(message) from error
    return labels


def _make_array(y: Any) -> npt.NDArray[Any]:
    """Return the labels of any container as an array, missing ones as what they are there."""
    if issparse(y):
        return y.toarray()
    if hasattr(y, "to_pylist"):  # An array of pyarrow.
        y = y.to_pylist()
    elif isinstance(y, np.ma.MaskedArray):
        y = y.tolist()  # With None for what is masked.
    # NumPy would turn every label of a list into text where one of them is text.
    labels = np.asarray(y, dtype=object if isinstance(y, list | tuple) else None)
    return labels.astype(object) if labels.dtype.kind == "T" else labels


def _narrow_dtype(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return numbers and booleans of dtype object in their own dtype, and anything else as it is.

    Tables with missing values, and nullable dtypes, give them so.
    """
    values = labels.ravel().tolist()
    for kind, dtype in ((bool | np.bool_, bool), (Integral, np.int64), (Real, np.float64)):
        if values and all(isinstance(value, kind) for value in values):
            with suppress(OverflowError):  # Whole numbers beyond 64 bits stay what they are.
                return labels.astype(dtype)
            break
    return labels


def _check_indicator(labels: npt.NDArray[Any], y: Any, name: str) -> npt.NDArray[np.int8]:
    """Return a matrix of labels as int8, or raise a ValueError for what is neither 0 nor 1."""
    columns = list(y.columns) if hasattr(y, "iloc") else []
    if len(columns) > len(set(columns)) == 1:  # The user asked for one column.
        raise ValueError(
            f"{name} has {len(columns)} columns named {columns[0]!r}: pass one, {name}.iloc[:, 0]."
        )
    if labels.dtype.kind not in "biuf":
        labels = labels.astype(object)
    wrong = (labels != 0) & (labels != 1)
    if np.any(wrong):
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"{name} has shape {labels.shape}, but {name}[{row}, {column}] = "
            f"{labels[row, column]!r} is not 0 or 1. If a row has several labels, have "
            "MultiLabelBinarizer make a column of 0 and 1 for each label. If not, pass one column "
            "of labels."
        )
    return labels.astype(np.int8)


def _check_each(labels: npt.NDArray[Any], y: Any, name: str) -> None:
    """Raise a ValueError for the first label of `y` that is none."""
    # As a list, an item is of Python's own type; but a date would be a number of nanoseconds.
    items = list(labels) if labels.dtype.kind in "Mm" else labels.tolist()
    for row, label in enumerate(items):
        if isinstance(label, list | tuple | Set | np.ndarray):
            raise ValueError(
                f"{name} holds lists of labels, such as {name}[{row}] = {label!r}: pass "
                f"sklearn.preprocessing.MultiLabelBinarizer().fit_transform({name})."
            )
        if is_missing(label):
            raise ValueError(
                f"Input {name} contains NaN or None: {name}[{row}] = {label}. A label is missing: "
                f"fill it, or drop the row.{show_index_label(y, row)}"
            )
        if isinstance(label, Enum) or not isinstance(label, _LABELS):
            remedies = [how for kind, how in _REMEDIES.items() if isinstance(label, kind)]
            remedy = remedies[0] if remedies else "str(label)"
            raise ValueError(
                f"{name} must hold text, numbers or booleans, got {name}[{row}] = {label!r} of "
                f"type {type(label).__name__}: pass [{remedy} for label in {name}]."
            )
        if isinstance(label, str) != isinstance(items[0], str):
            raise ValueError(
                f"{name} must hold either text or numbers, got {name}[{row}] = {label!r} beside "
                f"{items[0]!r}.{show_index_label(y, row)}"
            )


def _number_labels(
    labels: npt.NDArray[Any], classes: npt.NDArray[Any], name: str
) -> npt.NDArray[np.intp]:
    """Return the position in `classes` of each label, or raise a ValueError for one not there."""
    # Python's equality: NumPy's would cast "negative" to "negat" beside shorter classes.
    number_of = {label: number for number, label in enumerate(classes.tolist())}
    items = labels.tolist()
    unknown = [row for row, label in enumerate(items) if label not in number_of]
    if not unknown:
        return np.array([number_of[label] for label in items], dtype=np.intp)
    # Show a label whose text is unlike every class, if there is one.
    texts = set(map(str, number_of))
    row = next((row for row in unknown if str(items[row]) not in texts), unknown[0])
    message = (
        f"{name} holds labels that are not among the classes {list(number_of)}: "
        f"{sorted({items[row] for row in unknown}, key=str)[:5]}; {name}[{row}] = {items[row]!r}."
    )
    if isinstance(items[row], str) and not any(isinstance(label, str) for label in number_of):
        message += (
            " The labels are text and the classes are numbers: a reader makes a whole column text "
            "where one value of it is no number."
        )
    raise ValueError(message)


# -- numbers ----------------------------------------------------------------------------------


def check_numbers(y: Any, name: str = "y") -> npt.NDArray[np.float64]:
    """Return the numbers of a regression, finite, shape (n_samples,)."""
    shape: tuple[int, ...] = getattr(y, "shape", ())
    if len(shape) == 2 and shape[1] > 1:
        raise ValueError(
            f"{name} must hold one number for each row, got shape {shape}: fit a regressor for "
            "each column, as MultiOutputRegressor does."
        )
    labels = check_labels(y, name)
    if not len(labels):
        raise ValueError(f"{name} must hold at least one number, got none.")
    if labels.ndim == 2 or labels.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must hold a number for each row, got {name}[0] = {labels[:1].tolist()[0]!r}: "
            f"pass [float(value) for value in {name}], or use EmbeddingAverageClassifier for "
            "labels."
        )
    numbers = labels.astype(np.float64)
    if not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers)))
        raise ValueError(f"{name} must be finite, got {name}[{row}] = {numbers[row]}.")
    return numbers


def make_bins(
    numbers: npt.NDArray[np.float64], n_bins: int
) -> tuple[Targets, npt.NDArray[np.float64]]:
    """Divide numbers into their different values, or into quantile bins where there are many.

    Returns
    -------
    targets : Targets
        The bins as classes, each with the mean of its numbers; two of the same for a constant.
    edges : ndarray of shape (n_bins + 1,)
        Where the bins begin and end.
    """
    values = np.unique(numbers)
    if len(values) == 1:
        values = np.repeat(values, 2)
    if len(values) <= n_bins:
        inner = (values[1:] + values[:-1]) / 2
    else:
        quantiles = np.quantile(numbers, np.linspace(0, 1, n_bins + 1)[1:-1])
        # One edge where the same value follows: a bin between two edges would be empty.
        following, first = np.unique(np.searchsorted(values, quantiles), return_index=True)
        inner = quantiles[first[following > 0]]
    edges = np.concatenate([values[:1], inner, values[-1:]])
    bins = assign_bins(numbers, edges)
    if len(values) > n_bins:
        values = np.bincount(bins, numbers) / np.bincount(bins)
    return Targets(values, bins, False), edges


def assign_bins(
    numbers: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]
) -> npt.NDArray[np.intp]:
    """Return the bin of each number; what lies outside falls into the outermost."""
    return np.searchsorted(edges[1:-1], numbers, side="right")
