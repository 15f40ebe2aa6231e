"""The steps of a fit and of a chunk of `partial_fit`, from checked rows to a trained network."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sklearn_imdb._training.epochs import Trained, train
from sklearn_imdb._training.network import Network, Weights, starting_point
from sklearn_imdb._training.optimizers import OptimizerState
from sklearn_imdb._training.plan import Plan
from sklearn_imdb._training.pooling import ClassCounts, share_length, with_token_weights
from sklearn_imdb._training.rows import (
    VALIDATION_SPLIT,
    Rows,
    hold_out,
    with_mean_one,
    with_row_weights,
)
from sklearn_imdb._training.scoring import validation_score

_MANY_NUMBERS = 5
"""Numbers, as of stars, that with the loss of a regression are likely meant to be in order."""


class Task(Protocol):
    """Whoever is to hear of each epoch, and may end the training."""

    def begin_epoch(self) -> None: ...
    def end_epoch(self, learned: Callable[[], dict[str, Any]]) -> bool: ...


@dataclass(frozen=True)
class StreamState:
    """What `partial_fit` keeps between chunks, besides what `fit` learns."""

    backend: str
    optimizer: OptimizerState
    class_counts: tuple[npt.NDArray[np.float64], ...]
    """Of all chunks, as in `ClassCounts`; empty where words are not weighed."""
    learning_rate: float | None
    """Where it was "auto", as it was chosen for the first chunk."""
    n_rows: int
    mean_weight: float
    """Of the rows of all chunks."""
    rng: np.random.RandomState | None
    """None where the generator is the user's."""


def fit(
    parameters: Mapping[str, Any],
    classes: npt.NDArray[Any],
    training: Rows,
    validation: Rows | None,
    rng: np.random.RandomState,
    task: Task,
    *,
    begun: tuple[Network, Weights] | None,
) -> Trained:
    """Train by a classifier's parameters, from new weights or from those of `begun`."""
    network, weights = starting_point(parameters, training, len(classes), rng, before=begun)
    watches_validation = parameters["early_stopping"] and parameters["monitor"].startswith("val_")
    if validation is None and watches_validation:
        training, validation = hold_out(training, parameters["validation_split"], rng)
    elif (
        validation is None
        and not parameters["early_stopping"]
        and parameters["validation_split"] != VALIDATION_SPLIT
    ):
        warnings.warn(
            f"validation_split={parameters['validation_split']} holds out nothing without "
            "early_stopping: set early_stopping=True, with patience=epochs to train them all, or "
            "pass X_val and y_val.",
            UserWarning,
            stacklevel=5,
        )
    if validation is not None:
        validation, _ = with_mean_one(validation)
    if begun is None:
        network, _ = with_token_weights(network, training, len(classes))
    plan = _planned(Plan.of, parameters, network, training, len(classes))
    if plan.is_of_a_regression and len(classes) >= _MANY_NUMBERS and classes.dtype.kind in "iuf":
        warnings.warn(
            f"loss={parameters['loss']!r} makes no regression: the {len(classes)} numbers in y are "
            "classes without an order, and the loss compares their probabilities with 0 and 1. For "
            "a number in place of a class take predict_proba(X) @ classes_.",
            UserWarning,
            stacklevel=5,
        )
    training, _ = with_row_weights(training, parameters["class_weight"], classes)
    trained, _ = train(
        plan,
        network,
        weights,
        training,
        validation,
        rng=rng,
        score=validation_score(plan.monitor, classes) if plan.is_scored else None,
        begin_epoch=task.begin_epoch,
        end_epoch=lambda so_far: task.end_epoch(lambda: so_far().attributes()),
    )
    return trained


def fit_chunk(
    parameters: Mapping[str, Any],
    classes: npt.NDArray[Any],
    training: Rows,
    rng: np.random.RandomState,
    task: Task,
    *,
    begun: tuple[Network, Weights] | None,
    stream: StreamState | None,
    history: Mapping[str, list[float]],
) -> tuple[Trained, StreamState]:
    """Train one epoch on a chunk; return what the next chunk goes on from, too.

    Raises
    ------
    ValueError
        If the stream began in another backend.
    """
    # A copy: a chunk that raises leaves the optimizer and the generator as they were.
    stream = deepcopy(stream)
    rng = (stream and stream.rng) or rng
    network, weights = starting_point(parameters, training, len(classes), rng, before=begun)
    counted = ClassCounts(*stream.class_counts) if stream and stream.class_counts else None
    if begun is None or counted is not None:
        network, counted = with_token_weights(network, training, len(classes), counted)
    plan = _planned(Plan.of_chunk, parameters, network, training, len(classes))
    if stream is not None and plan.backend != stream.backend:
        raise ValueError(
            f"Training cannot go on in another backend, {plan.backend!r}, than it began in, "
            f"{stream.backend!r}: set backend back, or start with a clone."
        )
    if stream is not None and stream.learning_rate is not None:
        plan = replace(plan, learning_rate=stream.learning_rate)
    so_far = () if stream is None else (stream.n_rows, stream.mean_weight)
    training, (n_rows, mean) = with_row_weights(
        training, parameters["class_weight"], classes, *so_far
    )
    trained, optimizer = train(
        plan,
        network,
        weights,
        training,
        None,
        rng=rng,
        before=None if stream is None else history,
        optimizer_state=None if stream is None else stream.optimizer,
        begin_epoch=task.begin_epoch,
        end_epoch=lambda so_far: task.end_epoch(lambda: so_far().attributes()),
    )
    is_auto = isinstance(parameters["learning_rate"], str)
    return trained, StreamState(
        backend=plan.backend,
        optimizer=optimizer,
        class_counts=tuple(counted or ()),
        learning_rate=plan.learning_rate if is_auto else None,
        n_rows=n_rows,
        mean_weight=mean,
        rng=rng if isinstance(parameters["random_state"], Integral) else None,
    )


def _planned(
    make: Callable[..., Plan],
    parameters: Mapping[str, Any],
    network: Network,
    training: Rows,
    n_classes: int,
) -> Plan:
    return make(
        parameters,
        n_rows=len(training.y),
        n_classes=n_classes,
        have_labels=training.have_labels,
        share_length=lambda: share_length(training.X, network),
    )
