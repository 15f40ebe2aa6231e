"""Training and validation rows of a fit: sequences, labels and weights, checked together."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, column_or_1d

from sklearn_imdb._network import CROSS_ENTROPIES, Examples
from sklearn_imdb._row_weights import check_weights
from sklearn_imdb._sequences import checked_indices, refuse_texts


def labels_of_classes(y: Any, name: str) -> npt.NDArray[Any]:
    """Return the labels as a 1-d array, or raise a ValueError that names them."""
    try:
        labels = column_or_1d(y)
        check_classification_targets(labels)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return labels


def checked_classes(labels: npt.NDArray[Any], loss: Any, name: str = "y") -> npt.NDArray[Any]:
    """Return the different labels, sorted, if there are enough and `loss` goes with as many."""
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(
            f"{name} must hold at least two classes to tell apart, got one class: "
            f"{classes.tolist()[0]!r}."
        )
    fitting = CROSS_ENTROPIES[len(classes) > 2]
    if isinstance(loss, str) and loss in CROSS_ENTROPIES and loss != fitting:
        raise ValueError(
            f"loss={loss!r} does not go with {len(classes)} classes: use {fitting!r} or 'auto'."
        )
    return classes


def checked_examples(
    X: npt.NDArray[Any],
    labels: npt.NDArray[Any],
    sample_weight: Any,
    classes: npt.NDArray[Any] | None,
    loss: Any = "auto",
    suffix: str = "",
) -> tuple[Examples, npt.NDArray[Any]]:
    """Return the rows that weigh anything, and the classes of all where none are given.

    Rows that weigh nothing count for the classes, because meta-estimators line up probabilities by
    them; but two of the classes must weigh something.
    """
    given_labels, rows = labels, None
    if sample_weight is not None:
        try:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        except ValueError as error:
            raise ValueError(f"sample_weight{suffix}: {error}") from error
        check_weights(sample_weight, f"sample_weight{suffix}")
        rows = np.flatnonzero(sample_weight)
        X, labels, sample_weight = X[rows], labels[rows], sample_weight[rows]
        if classes is None:
            checked_classes(labels, "auto")
    if classes is None:
        classes = checked_classes(given_labels, loss)
    # By Python's equality: NumPy's would cast "negative" to "negat" beside shorter classes.
    numbers = {label: number for number, label in enumerate(classes.tolist())}
    unknown = {label for label in labels.tolist() if label not in numbers}
    if unknown:
        raise ValueError(_unlike_classes(given_labels.tolist(), unknown, numbers, f"y{suffix}"))
    y = np.array([numbers[label] for label in labels.tolist()], dtype=np.intp)
    return Examples(checked_indices(X, f"X{suffix}", rows), y, sample_weight), classes


def _unlike_classes(
    labels: list[Any], unknown: Collection[Any], classes: Collection[Any], name: str
) -> str:
    """Say which labels are unknown, and a row that has one: one unlike any class also as text."""
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


def checked_validation(
    X_val: Any,
    y_val: Any,
    sample_weight_val: Any,
    classes: npt.NDArray[Any],
    training_shape: tuple[int, int],
) -> Examples | None:
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
    y_val = labels_of_classes(y_val, "y_val")
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
    validation, _ = checked_examples(X_val, y_val, sample_weight_val, classes, suffix="_val")
    return validation


def hold_out(
    training: Examples, validation_split: float, rng: np.random.RandomState
) -> tuple[Examples, Examples]:
    """Split the rows into those to train on and a stratified part to validate on."""
    try:
        kept, held_out = train_test_split(
            np.arange(len(training.y)),
            test_size=validation_split,
            stratify=training.y,
            random_state=rng,
        )
    except ValueError as error:
        raise ValueError(
            f"early_stopping=True cannot hold out validation_split={validation_split} of the "
            f"{len(training.y)} rows with every class in both parts: {error} Pass more rows, or "
            "X_val and y_val."
        ) from error
    return training.take(kept), training.take(held_out)
