"""Weights of rows in the loss: those given, those of their classes, and their mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.class_weight import compute_class_weight

from sklearn_imdb._network import Examples


def with_row_weights(
    examples: Examples,
    class_weight: Mapping[Any, float] | str | None,
    classes: npt.NDArray[Any],
    n_before: int = 0,
    mean_before: float = 1.0,
) -> tuple[Examples, tuple[int, float]]:
    """Return the rows with their own weights times their classes'; see `with_mean_one`."""
    if class_weight is not None:
        weights = _of_classes(class_weight, classes, examples.y)[examples.y]
        if examples.sample_weight is not None:
            weights = weights * examples.sample_weight
        check_weights(weights, "class_weight")
        examples = examples._replace(sample_weight=weights)
    return with_mean_one(examples, n_before, mean_before)


def _of_classes(
    class_weight: Mapping[Any, float] | str, classes: npt.NDArray[Any], y: npt.NDArray[np.intp]
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
    examples: Examples, n_before: int = 0, mean_before: float = 1.0
) -> tuple[Examples, tuple[int, float]]:
    """Scale the weights to a mean of 1, once for all rows; return how many there are, and the mean.

    The loss is then their weighted mean, and a row counts for the same in a batch of any size and
    company, as it would not if each batch were scaled for itself; nor if each chunk of a stream
    were, for which what is returned is given with the next chunk.
    """
    weights, n_rows, mean = examples.sample_weight, len(examples.y), 1.0
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
    return examples._replace(sample_weight=weights), (n_before + n_rows, float(mean_of_all))


def check_weights(weights: npt.NDArray[np.float64], name: str) -> None:
    """Raise a ValueError unless the weights can be those of a mean."""
    if not np.isfinite(weights).all():
        raise ValueError(f"{name} must be finite, got {weights[~np.isfinite(weights)][0]}.")
    if (weights < 0).any():
        raise ValueError(f"{name} must not be negative, got {weights.min()}.")
    if not weights.any():
        raise ValueError(f"{name} is zero for every row: no row is left.")
