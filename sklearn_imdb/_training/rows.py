"""Training and validation rows of a fit, checked together, and their weights in the loss."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.validation import _check_sample_weight

from sklearn_imdb._checks import checked_labels, class_numbers, refuse_texts
from sklearn_imdb._training.sequences import checked_indices, within

ClassWeight: TypeAlias = Mapping[Any, float] | str | list[Mapping[int, float]] | None

VALIDATION_SPLIT = 0.1
"""Share of the rows that is held out where nothing else is asked for."""


class Rows(NamedTuple):
    """Sequences with their classes."""

    X: npt.NDArray[np.integer]
    """Word indices, shape (n_samples, maxlen)."""
    y: npt.NDArray[np.integer]
    """Class numbers, shape (n_samples,); or a matrix of labels, of 0 and 1, shape (n_samples,
    n_labels)."""
    sample_weight: npt.NDArray[np.floating] | None = None
    """With a mean of 1 where they come to a loss, shape (n_samples,)."""

    @property
    def have_labels(self) -> bool:
        """Whether a row may have several labels."""
        return self.y.ndim == 2

    def take(self, numbers: npt.NDArray[np.intp]) -> Rows:
        """Return the rows of these numbers."""
        weight = self.sample_weight
        return Rows(self.X[numbers], self.y[numbers], None if weight is None else weight[numbers])

    def class_totals(self, n_classes: int) -> npt.NDArray[np.float64]:
        """Return the weight of the rows of each class, and of all rows, shape (n_classes + 1,)."""
        weights = np.ones(len(self.y)) if self.sample_weight is None else self.sample_weight
        totals = weights @ self.y if self.have_labels else np.bincount(self.y, weights, n_classes)
        return np.append(totals, weights.sum())

    def within(self, input_dim: int) -> Rows:
        """Return the rows with indices of `input_dim` or more as the unknown word."""
        return self._replace(X=within(self.X, input_dim))


def checked_classes(labels: npt.NDArray[Any], name: str = "y") -> npt.NDArray[Any]:
    """Return the different labels, sorted, or raise a ValueError where there is only one.

    Those of a matrix of labels are the numbers of its columns.
    """
    if labels.ndim == 2:
        return np.arange(labels.shape[1])
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(
            f"{name} must hold at least two classes to tell apart, got one class: "
            f"{classes.tolist()[0]!r}."
        )
    return classes


def given_classes(classes: Any, labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the classes that a user gave for the labels of a stream, sorted.

    Raises
    ------
    ValueError
        If there is only one, or for a matrix of labels they are not the numbers of its columns.
    """
    found = checked_classes(checked_labels(classes, "classes"), "classes")
    if labels.ndim == 2 and found.tolist() != list(range(len(found))):
        raise ValueError(
            f"classes={found.tolist()} are for a matrix of labels, whose columns go by their "
            f"numbers: pass classes=range({labels.shape[1]})."
        )
    return found


def checked_rows(
    X: npt.NDArray[Any],
    labels: npt.NDArray[Any],
    sample_weight: Any,
    classes: npt.NDArray[Any] | None,
    suffix: str = "",
    *,
    have_labels: bool = False,
) -> tuple[Rows, npt.NDArray[Any]]:
    """Return the rows that weigh anything, and the classes of all where none are given.

    Rows of weight 0 count for the classes, because meta-estimators line up probabilities by them.
    But two of the classes must weigh something. `have_labels` says whether given classes are labels
    of which a row may have several.
    """
    numbers = None
    if classes is not None and (labels.ndim == 2) != have_labels:
        kinds = ("one label of each row", "a matrix of labels")
        raise ValueError(
            f"y{suffix} holds {kinds[labels.ndim == 2]}, and training began with "
            f"{kinds[have_labels]}."
        )
    given_classes = checked_classes(labels) if classes is None else classes
    y = class_numbers(labels, given_classes, f"y{suffix}")
    if sample_weight is not None:
        try:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        except ValueError as error:
            raise ValueError(f"sample_weight{suffix}: {error}") from error
        _check_weights(sample_weight, f"sample_weight{suffix}")
        numbers = np.flatnonzero(sample_weight)
        X, y, sample_weight = X[numbers], y[numbers], sample_weight[numbers]
        if classes is None and y.ndim == 1:
            checked_classes(given_classes[y])
    return Rows(checked_indices(X, f"X{suffix}", numbers), y, sample_weight), given_classes


def checked_validation(
    X_val: Any,
    y_val: Any,
    sample_weight_val: Any,
    classes: npt.NDArray[Any],
    training_shape: tuple[int, int],
    *,
    have_labels: bool,
) -> Rows | None:
    """Return the validation rows that `fit` was given; None where it was given none."""
    if X_val is None and y_val is None and sample_weight_val is None:
        return None
    if X_val is None or y_val is None:
        missing = "X_val" if X_val is None else "y_val"
        raise ValueError(f"{missing} is missing: pass X_val and y_val together, or neither.")
    refuse_texts(
        X_val,
        "X_val",
        "transform them first; or, in a Pipeline, have the vectorizer do it with "
        "Pipeline(..., transform_input=['X_val']) and metadata routing enabled.",
    )
    X_val = check_array(X_val, dtype="numeric", input_name="X_val")
    y_val = checked_labels(y_val, "y_val", are_known=True)
    n_training, maxlen = training_shape
    if X_val.shape[1] != maxlen:
        raise ValueError(
            f"X_val has {X_val.shape[1]} columns where X has {maxlen}: both must come from the "
            "same SequenceVectorizer."
        )
    if len(y_val) != len(X_val):
        raise ValueError(
            f"X_val and y_val must be of the same length, got {len(X_val)} rows and {len(y_val)} "
            "labels."
        )
    if len(X_val) == n_training:
        warnings.warn(
            f"X_val has as many rows as X, {n_training}. Metadata of that length is cut to the "
            "rows of each fold by scikit-learn's cross-validation and grid search, as "
            "sample_weight is, and is then not the validation set you passed. If this is no "
            "cross-validation, all is well; else pass an X_val of another length, or leave it out "
            "and set early_stopping=True.",
            UserWarning,
            stacklevel=3,
        )
    validation, _ = checked_rows(
        X_val, y_val, sample_weight_val, classes, "_val", have_labels=have_labels
    )
    return validation


def hold_out(
    training: Rows, validation_split: float, rng: np.random.RandomState
) -> tuple[Rows, Rows | None]:
    """Split the rows into those to train on and a stratified part to validate on.

    A class with too few rows to be split stays with the rows to train on. Rows that may have
    several labels are not stratified. Where nothing can be held out, the second part is None and a
    warning says so.
    """
    y = np.zeros(len(training.y), np.intp) if training.have_labels else training.y
    sizes = np.bincount(y)
    sizes = sizes[sizes > 0]
    n_held_out = math.ceil(len(y) * validation_split)
    if sizes.min() > 1 and len(sizes) <= min(n_held_out, len(y) - n_held_out):
        kept, held_out = train_test_split(
            np.arange(len(y)), test_size=validation_split, stratify=y, random_state=rng
        )
        return training.take(kept), training.take(held_out)
    order = rng.permutation(len(y))
    of_class = [order[y[order] == number] for number in np.unique(y)]
    held_out = np.concatenate([rows[: int(len(rows) * validation_split)] for rows in of_class])
    if not len(held_out):
        warnings.warn(
            f"early_stopping=True holds out nothing: validation_split={validation_split} of the "
            f"{sizes.max()} rows of the largest class is less than a row. All epochs are trained, "
            "without validation. Raise validation_split, or pass X_val and y_val.",
            UserWarning,
            stacklevel=4,
        )
        return training, None
    return training.take(np.setdiff1d(order, held_out)), training.take(held_out)


# -- weights in the loss ----------------------------------------------------------------------


def with_row_weights(
    rows: Rows,
    class_weight: ClassWeight,
    classes: npt.NDArray[Any],
    n_before: int = 0,
    mean_before: float = 1.0,
) -> tuple[Rows, tuple[int, float]]:
    """Return the rows with their own weights times their classes'; see `with_mean_one`."""
    if class_weight is not None:
        if rows.have_labels:
            weights = compute_sample_weight(class_weight, rows.y)
        elif isinstance(class_weight, list):
            raise ValueError("class_weight as a list is for a y with several labels of a row.")
        else:
            weights = _of_classes(class_weight, classes, rows.y)[rows.y]
        if rows.sample_weight is not None:
            weights = weights * rows.sample_weight
        _check_weights(weights, "class_weight")
        rows = rows._replace(sample_weight=weights)
    return with_mean_one(rows, n_before, mean_before)


def _of_classes(
    class_weight: Mapping[Any, float] | str, classes: npt.NDArray[Any], y: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Return the weight of each of `classes`; "balanced" counts the class numbers `y`."""
    if isinstance(class_weight, str):
        present = np.unique(y)
        weights = np.zeros(len(classes))
        weights[present] = compute_class_weight("balanced", classes=present, y=y)
        return weights
    # By name, and not by the rows at hand: a chunk need not hold every class.
    return compute_class_weight(dict(class_weight), classes=classes, y=classes)


def with_mean_one(
    rows: Rows, n_before: int = 0, mean_before: float = 1.0
) -> tuple[Rows, tuple[int, float]]:
    """Scale the weights to a mean of 1, once for all rows; return how many there are, and the mean.

    The loss is then their weighted mean. A row counts for the same in any batch, which it would not
    if each batch were scaled for itself. Nor is a chunk of a stream scaled for itself: what is
    returned for a chunk is given with the next one.
    """
    weights, n_rows, mean = rows.sample_weight, len(rows.y), 1.0
    if weights is not None:
        heaviest = weights.max()
        weights = weights / heaviest  # First, because a sum of huge weights would overflow.
        share = weights.mean()
        mean = heaviest * share
        weights = weights / share
    # In this form it is the same, to the bit, where there is nothing before, or nothing else.
    mean_of_all = mean + (mean_before - mean) * (n_before / (n_before + n_rows))
    if mean_of_all != mean:
        weights = (np.ones(n_rows) if weights is None else weights) * (mean / mean_of_all)
    return rows._replace(sample_weight=weights), (n_before + n_rows, float(mean_of_all))


def _check_weights(weights: npt.NDArray[np.float64], name: str) -> None:
    """Raise a ValueError unless the weights can be those of a mean."""
    if not np.isfinite(weights).all():
        raise ValueError(f"{name} must be finite, got {weights[~np.isfinite(weights)][0]}.")
    if (weights < 0).any():
        raise ValueError(f"{name} must not be negative, got {weights.min()}.")
    if not weights.any():
        raise ValueError(f"{name} is zero for every row: no row is left.")
