"""Histories of trainings: found in fitted estimators, and checked before they are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

PANELS = ("loss", "accuracy")

Curve = npt.NDArray[np.float64]


class History(NamedTuple):
    """A training: values an epoch by name, and the epoch, counted from 1, that was kept."""

    values: Mapping[str, Sequence[float]]
    kept_epoch: int | None


class Training(NamedTuple):
    """A history that has been checked: what is drawn of it."""

    curves: dict[str, Curve]
    kept_epoch: int | None


def history_of(estimator: Any, name: str) -> History:
    """Return the history of a fitted classifier or a Pipeline ending in one.

    `name` is what the user calls the estimator.
    """
    classifier = estimator
    while hasattr(classifier, "steps"):
        classifier = classifier[-1]
    if isinstance(classifier, BaseEstimator):
        check_is_fitted(classifier, msg=f"{name} must be fitted, and its %(name)s is not.")
    if not hasattr(classifier, "kept_epoch_"):
        remedy = ""
        if hasattr(classifier, "best_estimator_"):
            remedy = ": pass its best_estimator_"
        elif isinstance(getattr(classifier, "history", None), Mapping):
            remedy = ": pass its .history to from_history"
        raise TypeError(
            f"{name} must be an EmbeddingAverageClassifier or a Pipeline ending in one, got "
            f"{type(classifier).__name__}{remedy}."
        )
    return History(classifier.history_, classifier.kept_epoch_)


def histories_of_folds(cv_results: Any) -> list[History]:
    """Return the history of each fold of `cross_validate(..., return_estimator=True)`."""
    if not isinstance(cv_results, Mapping):
        raise TypeError(
            "cv_results must be the dict that cross_validate returns, got "
            f"{type(cv_results).__name__}."
        )
    if "estimator" not in cv_results:
        raise ValueError(
            f"cv_results must hold the fitted estimators, got only {sorted(cv_results)}: call "
            "cross_validate with return_estimator=True."
        )
    return [
        history_of(estimator, f"cv_results['estimator'][{fold}]")
        for fold, estimator in enumerate(cv_results["estimator"])
    ]


def are_folds(history: Any) -> bool:
    """Whether it is a list of histories, and no history."""
    return isinstance(history, list | tuple) and any(isinstance(fold, Mapping) for fold in history)


def checked_trainings(history: Any, kept_epoch: Any) -> list[Training]:
    """Return what is drawn of a history, or of each fold's."""
    if not are_folds(history):
        return [_checked_training(history, kept_epoch, "history")]
    kept_epochs = [None] * len(history) if kept_epoch is None else kept_epoch
    if not isinstance(kept_epochs, list | tuple) or len(kept_epochs) != len(history):
        raise ValueError(
            f"kept_epoch must be None or a list of {len(history)} epochs, one for each fold of "
            f"history, got {kept_epoch!r}."
        )
    folds = [
        _checked_training(*fold, f"history[{number}]")
        for number, fold in enumerate(zip(history, kept_epochs, strict=True))
    ]
    for number, fold in enumerate(folds):
        if fold.curves.keys() != folds[0].curves.keys():
            raise ValueError(
                f"history must have the same curves in every fold, got {list(folds[0].curves)} in "
                f"history[0] and {list(fold.curves)} in history[{number}]."
            )
    return folds


def _checked_training(history: Any, kept_epoch: Any, name: str) -> Training:
    """Check one history; `name` is what the user calls it."""
    if not isinstance(history, Mapping):
        remedy = ": pass its .history" if hasattr(history, "history") else ""
        raise TypeError(
            f"{name} must be a mapping of names to values an epoch, got "
            f"{type(history).__name__}{remedy}."
        )
    if not any(panel in history for panel in PANELS):
        raise ValueError(f"{name} must have 'loss' or 'accuracy', got {sorted(history)}.")
    curves = {
        curve: _checked_curve(f"{name}[{curve!r}]", history[curve])
        for panel in PANELS
        if panel in history
        for curve in (panel, f"val_{panel}")
        if curve in history
    }
    lengths = {curve: len(values) for curve, values in curves.items()}
    n_epochs = max(lengths.values())
    if n_epochs == 0 or len(set(lengths.values())) > 1:
        raise ValueError(f"{name} must have a value for each epoch, got lengths {lengths}.")
    if kept_epoch is not None and kept_epoch not in range(1, n_epochs + 1):
        raise ValueError(
            f"kept_epoch={kept_epoch!r} is none of the {n_epochs} epochs of {name}; they are "
            "counted from 1."
        )
    return Training(curves, kept_epoch)


def _checked_curve(name: str, values: Any) -> Curve:
    try:
        curve = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be a list of numbers, got {values!r}.") from error
    if curve.ndim != 1:
        raise TypeError(f"{name} must be a list of numbers, got {values!r}.")
    return curve
