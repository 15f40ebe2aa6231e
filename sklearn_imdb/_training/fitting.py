"""The steps of a fit, of a chunk of `partial_fit` and of a stream, from rows to a network."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from sklearn_imdb._progress import Progress
from sklearn_imdb._training.epochs import Trained, train
from sklearn_imdb._training.network import (
    Network,
    Weights,
    starting_point,
    with_fixed_bias,
)
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

ReadSequences: TypeAlias = Callable[[int, int], npt.NDArray[np.integer]]

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
    if begun is None:
        weights = with_fixed_bias(network, weights, training.class_totals(len(classes)))
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
    counted = ClassCounts.of_arrays(stream.class_counts) if stream and stream.class_counts else None
    if begun is None or counted is not None:
        network, counted = with_token_weights(network, training, len(classes), counted)
    plan = _planned(Plan.of_chunk, parameters, network, training, len(classes))
    if stream is not None and plan.backend != stream.backend:
        raise ValueError(
            f"Training cannot go on in another backend, {plan.backend!r}, than it began in, "
            f"{stream.backend!r}: set backend back, or start with a clone."
        )
    if stream is not None and plan.optimizer_name != stream.optimizer_name:
        raise ValueError(
            f"Training cannot go on with optimizer={plan.optimizer!r} from what "
            f"{stream.optimizer_name!r} began: set optimizer back, or start with a clone."
        )
    is_auto = isinstance(parameters["learning_rate"], str)
    if stream is not None and stream.learning_rate is not None and is_auto:
        plan = replace(plan, learning_rate=stream.learning_rate)
    so_far = () if stream is None else (stream.n_rows, stream.mean_weight)
    training, (n_rows, mean) = with_row_weights(
        training, parameters["class_weight"], classes, *so_far
    )
    totals = training.class_totals(len(classes))
    if stream is not None:
        totals += stream.class_totals * (stream.mean_weight / mean)
    if stream is not None or begun is None:
        weights = with_fixed_bias(network, weights, totals)
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
    return trained, StreamState(
        backend=plan.backend,
        optimizer_name=plan.optimizer_name,
        optimizer=optimizer,
        class_counts=counted.arrays if counted else (),
        class_totals=totals,
        learning_rate=plan.learning_rate if is_auto else None,
        n_rows=n_rows,
        mean_weight=mean,
        rng=rng if isinstance(parameters["random_state"], Integral) else None,
    )


def fit_stream(
    parameters: Mapping[str, Any],
    classes: npt.NDArray[Any],
    read: ReadSequences,
    sizes: list[int],
    y: npt.NDArray[np.integer],
    sample: Rows,
    rng: np.random.RandomState,
    task: Task,
) -> Trained:
    """Train on rows whose sequences are read chunk after chunk, in each epoch anew.

    What `fit` knows of all rows is known before the first step: the class evidence, the weights of
    classes, the number of steps. The rows of a chunk are shuffled, and the chunks are not.

    Parameters
    ----------
    parameters : mapping
        Of the classifier. There is no early stopping, whatever they say.
    classes, y : ndarray
        All classes, and the class numbers of all rows.
    read : callable
        Returns the sequences of the rows from one number to another.
    sizes : list of int
        Number of rows of each chunk.
    sample : Rows
        Some of the rows. The largest index is among theirs.
    rng, task
        As for `fit`.
    """
    network, weights = starting_point(parameters, sample, len(classes), rng)
    all_rows = Rows(sample.X, y)
    counted: ClassCounts | None = None
    if network.pooling == "evidence":
        for rows in _chunks(all_rows, sizes, read):
            network, counted = with_token_weights(network, rows, len(classes), counted)
    plan = Plan.of(
        {**parameters, "early_stopping": False, "monitor": "loss"},
        n_rows=len(y),
        n_classes=len(classes),
        have_labels=sample.have_labels,
        labels_apart=network.labels_apart,
        share_length=lambda: share_length(sample.X, network),
    )
    all_rows, _ = with_row_weights(all_rows, parameters["class_weight"], classes)
    weights = with_fixed_bias(network, weights, all_rows.class_totals(len(classes)))
    # A call trains an epoch of one chunk, by the schedule of all steps.
    n_steps = plan.epochs * sum(-(-size // plan.batch_size) for size in sizes)
    plan_of_call = replace(plan, epochs=1, n_rows=n_steps * plan.batch_size, verbose=0)
    trained = Trained(plan, network, weights, {}, 0, 0)
    optimizer: OptimizerState | None = None
    with Progress("Epoch", plan.epochs, shown=plan.verbose > 0, line_each=True) as progress:
        for epoch in range(1, plan.epochs + 1):
            task.begin_epoch()
            sums: defaultdict[str, float] = defaultdict(float)
            for rows in _chunks(all_rows, sizes, read):
                of_chunk, optimizer = train(
                    plan_of_call,
                    network,
                    trained.weights,
                    rows,
                    None,
                    rng=rng,
                    optimizer_state=optimizer,
                    begin_epoch=_nothing,
                    end_epoch=_go_on,
                )
                trained = replace(trained, weights=of_chunk.weights)
                for name, [value] in of_chunk.history.items():
                    sums[name] += value * len(rows.y)
            means = {name: total / len(y) for name, total in sums.items()}
            history = {name: [*trained.history.get(name, []), means[name]] for name in means}
            trained = replace(trained, history=history, best_epoch=epoch, kept_epoch=epoch)
            progress.update(epoch, " ".join(f"{name} {means[name]:.3f}" for name in means))
            if task.end_epoch(trained.attributes):
                break
    return trained


def _chunks(rows: Rows, sizes: list[int], read: ReadSequences) -> Iterator[Rows]:
    """Yield each chunk: its sequences, and its part of what `rows` has besides."""
    end = 0
    for size in sizes:
        begin, end = end, end + size
        weight = rows.sample_weight
        part = None if weight is None else weight[begin:end]
        yield Rows(read(begin, end), rows.y[begin:end], part)


def _nothing() -> None: ...


def _go_on(so_far: Callable[[], Trained]) -> bool:
    return False


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
        labels_apart=network.labels_apart,
        share_length=lambda: share_length(training.X, network),
    )
