"""The steps of a fit and of a chunk of `partial_fit`, from rows to a network."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_imdb._class_evidence import ClassCounts
from sklearn_imdb._training.epochs import Task, Trained, train
from sklearn_imdb._training.network import Network, Weights, fix_bias, start_network
from sklearn_imdb._training.optimizers import OptimizerState
from sklearn_imdb._training.plan import Plan
from sklearn_imdb._training.rows import (
    VALIDATION_SPLIT,
    Rows,
    hold_out,
    with_mean_one,
    with_row_weights,
)
from sklearn_imdb._warnings import warn_user

_MANY_NUMBERS = 5
"""Numbers, as of stars, that with the loss of a regression are likely meant to be in order."""


@dataclass(frozen=True)
class PartialFitState:
    """What `partial_fit` keeps between chunks, besides what `fit` learns."""

    backend: str
    optimizer_name: str
    optimizer: OptimizerState
    class_counts: tuple[npt.NDArray[Any], ...]
    """Of all chunks, the arrays of `ClassCounts`; empty where words are not weighed."""
    class_totals: npt.NDArray[np.float64]
    """Of all chunks, as in `Rows.class_totals`, of weights with a mean of 1."""
    learning_rate: float | None
    """Where it was "auto", as it was chosen for the first chunk."""
    n_rows: int
    mean_weight: float
    """Of the rows of all chunks."""
    rng: np.random.RandomState | None
    """None where the generator is the user's."""


def fit(
    parameters: Mapping[str, Any],
    training: Rows,
    validation: Rows | None,
    rng: np.random.RandomState,
    task: Task,
    *,
    before: tuple[Network, Weights] | None = None,
) -> Trained:
    """Train by a classifier's parameters, from new weights or from those of `before`."""
    network, weights = start_network(parameters, training, rng, before=before)
    if validation is None:
        training, validation = _hold_out(parameters, training, rng)
    if validation is not None:
        validation, _ = with_mean_one(validation)
    if before is None:
        counts = network.pooling.learn(training, network.input_dim, None)
        network = replace(network, pooling=network.pooling.weigh(counts))
    plan = Plan.of(parameters, training, network)
    _warn_of_a_regression(plan, training)
    training, _ = with_row_weights(training, parameters["class_weight"])
    if before is None:
        weights = fix_bias(network, weights, training.class_totals())
    trained, _ = train(plan, network, weights, training, validation, rng=rng, task=task)
    return trained


def fit_chunk(
    parameters: Mapping[str, Any],
    training: Rows,
    rng: np.random.RandomState,
    task: Task,
    *,
    before: tuple[Network, Weights] | None,
    state: PartialFitState | None,
    history: Mapping[str, list[float]],
) -> tuple[Trained, PartialFitState]:
    """Train one epoch on a chunk; return what the next chunk goes on from, too.

    Raises
    ------
    ValueError
        If the chunks before were trained by another backend or optimizer.
    """
    # A copy: a chunk that raises leaves the optimizer and the generator as they were.
    state = deepcopy(state)
    rng = (state and state.rng) or rng
    network, weights = start_network(parameters, training, rng, before=before)
    counts = ClassCounts.from_arrays(state.class_counts) if state and state.class_counts else None
    if before is None or counts is not None:
        counts = network.pooling.learn(training, network.input_dim, counts)
        network = replace(network, pooling=network.pooling.weigh(counts))
    plan = Plan.of_chunk(parameters, training, network)
    is_auto = isinstance(parameters["learning_rate"], str)
    n_before, mean_before = 0, 1.0
    if state is not None:
        plan = _check_goes_on(plan, state, is_auto=is_auto)
        n_before, mean_before = state.n_rows, state.mean_weight
    training, (n_rows, mean) = with_row_weights(
        training, parameters["class_weight"], n_before, mean_before
    )
    totals = training.class_totals()
    if state is not None:
        totals += state.class_totals * (mean_before / mean)
    if state is not None or before is None:
        weights = fix_bias(network, weights, totals)
    trained, optimizer = train(
        plan,
        network,
        weights,
        training,
        None,
        rng=rng,
        task=task,
        history={} if state is None else history,
        optimizer_state=None if state is None else state.optimizer,
    )
    return trained, PartialFitState(
        backend=plan.backend,
        optimizer_name=plan.optimizer_name,
        optimizer=optimizer,
        class_counts=counts.arrays if counts else (),
        class_totals=totals,
        learning_rate=plan.learning_rate if is_auto else None,
        n_rows=n_rows,
        mean_weight=mean,
        rng=rng if isinstance(parameters["random_state"], Integral) else None,
    )


def _hold_out(
    parameters: Mapping[str, Any], training: Rows, rng: np.random.RandomState
) -> tuple[Rows, Rows | None]:
    """Hold out rows where early stopping is to watch them."""
    if parameters["early_stopping"]:
        if parameters["monitor"].startswith("val_"):
            return hold_out(training, parameters["validation_split"], rng)
    elif parameters["validation_split"] != VALIDATION_SPLIT:
        warn_user(
            f"validation_split={parameters['validation_split']} holds out nothing without "
            "early_stopping: set early_stopping=True, with patience=epochs to train them all, or "
            "pass X_val and y_val.",
        )
    return training, None


def _warn_of_a_regression(plan: Plan, training: Rows) -> None:
    classes = training.targets.classes
    if plan.is_of_a_regression and len(classes) >= _MANY_NUMBERS and classes.dtype.kind in "iuf":
        warn_user(
            f"loss={plan.loss!r} makes no regression: the {len(classes)} numbers in y are "
            "classes without an order, and the loss compares their probabilities with 0 and 1. For "
            "a number in place of a class take predict_proba(X) @ classes_.",
        )


def _check_goes_on(plan: Plan, state: PartialFitState, *, is_auto: bool) -> Plan:
    """Return the plan of the next chunk, with the "auto" learning rate of the chunks before."""
    if plan.backend != state.backend:
        raise ValueError(
            f"Training cannot go on in another backend, {plan.backend!r}, than it began in, "
            f"{state.backend!r}: set backend back, or start with a clone."
        )
    if plan.optimizer_name != state.optimizer_name:
        raise ValueError(
            f"Training cannot go on with optimizer={plan.optimizer!r} from what "
            f"{state.optimizer_name!r} began: set optimizer back, or start with a clone."
        )
    if state.learning_rate is None or not is_auto:
        return plan
    return replace(plan, learning_rate=state.learning_rate)
