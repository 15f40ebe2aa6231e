"""The steps of a fit and of a chunk of `partial_fit`, from rows to a network."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_imdb._base import FitTask
from sklearn_imdb._class_evidence import ClassCounts
from sklearn_imdb._training.epochs import train
from sklearn_imdb._training.network import Trained, fix_bias, start_network
from sklearn_imdb._training.optimizers import OptimizerState
from sklearn_imdb._training.plan import Job, Plan
from sklearn_imdb._training.rows import Rows, hold_out, weigh_rows
from sklearn_imdb._warnings import warn_user

_MANY_NUMBERS = 5
"""From this number of numeric classes on, such as 1 to 5 stars, they are likely in order."""


@dataclass(frozen=True)
class PartialFitState:
    """What `partial_fit` keeps between chunks, besides what `fit` learns.

    The defaults are those before the first chunk.
    """

    backend: str | None = None
    optimizer_name: str | None = None
    optimizer: OptimizerState | None = None
    class_counts: tuple[npt.NDArray[Any], ...] = ()
    """Of all chunks, the arrays of `ClassCounts`; empty where words are not weighed."""
    class_totals: npt.NDArray[np.float64] | float = 0.0
    """`Rows.class_totals` of all chunks, by weights that are scaled to a mean of 1."""
    learning_rate: float | None = None
    """The rate chosen for the first chunk with a `learning_rate` of "auto"."""
    n_rows: int = 0
    mean_weight: float = 1.0
    """Mean weight of the rows of all chunks, as they were given."""
    rng: np.random.RandomState | None = None
    """None if the generator is the user's, or NumPy's global one."""


def fit_network(
    parameters: Mapping[str, Any],
    training: Rows,
    validation: Rows | None,
    rng: np.random.RandomState,
    task: FitTask,
    before: Trained | None = None,
) -> dict[str, Any]:
    """Train by a classifier's parameters; return the attributes that it then has.

    Training starts from new weights, or from those of the trained network `before`.
    """
    network, weights = start_network(parameters, training, rng, before=before)
    if validation is None:
        training, validation = hold_out(parameters, training, rng)
    if validation is not None:
        validation, _ = weigh_rows(validation)
    if before is None:
        pooling, _ = network.pooling.learn(training, network.input_dim)
        network = replace(network, pooling=pooling)
    plan = Plan.of(parameters, training, network)
    classes = training.targets.classes
    are_numbers = classes.dtype.kind in "iuf" and not training.targets.several
    if len(classes) >= _MANY_NUMBERS and are_numbers and plan.has_loss_of_regression:
        warn_user(
            f"loss={plan.loss!r} makes no regression: the {len(classes)} numbers in y are classes. "
            "To predict a number, use predict_proba(X) @ classes_."
        )
    training, _ = weigh_rows(training, parameters.get("class_weight"))
    if before is None:
        weights = fix_bias(network, weights, training.class_totals())
    attributes, _ = train(Job(plan, network, weights, training, validation, rng), task, {})
    return attributes


def fit_chunk(
    parameters: Mapping[str, Any],
    training: Rows,
    rng: np.random.RandomState,
    task: FitTask,
    before: Trained | None,
    state: PartialFitState | None,
    history: Mapping[str, list[float]],
) -> dict[str, Any]:
    """Train one epoch on a chunk; return the attributes that the classifier then has.

    Raises
    ------
    ValueError
        If the chunks before were trained by another backend or optimizer.
    """
    # A copy: a chunk that raises leaves the optimizer and the generator as they were.
    state = deepcopy(state) or PartialFitState()
    rng = state.rng or rng
    network, weights = start_network(parameters, training, rng, before=before)
    counts = ClassCounts.from_arrays(state.class_counts) if state.class_counts else None
    # After a `fit`, which keeps no counts, evidence and bias stay those of its rows.
    goes_on_counting = before is None or counts is not None
    if goes_on_counting:
        pooling, counts = network.pooling.learn(training, network.input_dim, counts)
        network = replace(network, pooling=pooling)
    plan = Plan.of_chunk(parameters, training, network)
    now, then = (plan.backend, plan.optimizer_name), (state.backend, state.optimizer_name)
    if then not in ((None, None), now):
        raise ValueError(
            f"Training began with backend={then[0]!r} and optimizer={then[1]!r}, and cannot go on "
            f"with backend={now[0]!r} and optimizer={now[1]!r}: set the earlier values again, or "
            "start with a clone."
        )
    is_auto = isinstance(parameters["learning_rate"], str)
    if is_auto and state.learning_rate is not None:
        plan = replace(plan, learning_rate=state.learning_rate)
    training, (n_rows, mean) = weigh_rows(
        training, parameters["class_weight"], state.n_rows, state.mean_weight
    )
    # Those of the chunks before were divided by the mean weight of then: divide by that of now.
    totals = training.class_totals() + state.class_totals * (state.mean_weight / mean)
    if goes_on_counting:
        weights = fix_bias(network, weights, totals)
    job = Job(plan, network, weights, training, None, rng, state.optimizer)
    attributes, optimizer = train(job, task, history)
    attributes["_partial_fit_state"] = PartialFitState(
        backend=plan.backend,
        optimizer_name=plan.optimizer_name,
        optimizer=optimizer,
        class_counts=counts.arrays if counts else (),
        class_totals=totals,
        learning_rate=plan.learning_rate if is_auto else state.learning_rate,
        n_rows=n_rows,
        mean_weight=mean,
        rng=rng if isinstance(parameters["random_state"], Integral) else None,
    )
    return attributes
