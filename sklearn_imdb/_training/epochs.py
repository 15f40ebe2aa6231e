"""The epochs of a training, whichever backend trains: history, weights to keep, when to stop."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import entr
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer

from sklearn_imdb._progress import Progress, can_write, write_line
from sklearn_imdb._targets import Targets
from sklearn_imdb._training import scipy_backend
from sklearn_imdb._training.network import (
    Logs,
    Network,
    Weights,
    log_probabilities,
    most_probable,
    predict,
    probabilities,
)
from sklearn_imdb._training.optimizers import OptimizerState
from sklearn_imdb._training.plan import CROSS_ENTROPIES, MEASURED, Plan
from sklearn_imdb._training.rows import Rows
from sklearn_imdb._warnings import warn_user

_FEW_EPOCHS = 10

_LEAST_LEARNED = 0.01
"""Share of the loss of the class shares by which a training is to be better."""


class Task(Protocol):
    """Whoever is to hear of each epoch, and may end the training."""

    def begin_epoch(self) -> None: ...

    def end_epoch(self, learned: Callable[[], dict[str, Any]]) -> bool: ...


class Backend(Protocol):
    """Trains from `weights`, which stay as they are, and returns new ones.

    An epoch goes through the chunks of `training`: the rows of a chunk are shuffled, cut into
    batches, and a step is made by each batch. `begin_epoch()` is called before each epoch.
    `end_epoch(logs, weights)` is called after each with the epoch's losses and accuracies and with
    the weights, which the next epoch overwrites. Training ends when it returns True.
    """

    def __call__(
        self,
        plan: Plan,
        network: Network,
        weights: Weights,
        training: Rows,
        validation: Rows | None,
        *,
        rng: np.random.RandomState,
        optimizer_state: OptimizerState | None,
        begin_epoch: Callable[[], None],
        end_epoch: Callable[[Logs, Weights], bool],
    ) -> tuple[Weights, OptimizerState]: ...


@dataclass(frozen=True)
class Trained:
    """The state of a training, final or after an epoch."""

    plan: Plan
    network: Network
    weights: Weights
    history: dict[str, list[float]]
    """Of this training, and of the calls of `partial_fit` before it."""
    best_epoch: int
    kept_epoch: int | None
    """The epoch of `weights`, counted from 1; None where Keras's callbacks may have set them."""

    def attributes(self) -> dict[str, Any]:
        """Return what a fitted classifier has."""
        embedding, *dense = self.weights
        return {
            "embedding_": embedding,
            "coefs_": dense[::2],
            "intercepts_": dense[1::2],
            "token_weights_": self.network.pooling.token_weights,
            "history_": self.history,
            "n_iter_": len(self.history["loss"]),
            "best_epoch_": self.best_epoch,
            "kept_epoch_": self.kept_epoch,
            "backend_": self.plan.backend,
            "embedding_dim_": self.network.embedding_dim,
            "batch_size_": self.plan.batch_size,
            "learning_rate_": self.plan.learning_rate,
            # Of the trained network, whatever the parameters are set to later.
            "_network": self.network,
            "_n_features_out": self.network.embedding_dim,
        }


def train(
    plan: Plan,
    network: Network,
    weights: Weights,
    training: Rows,
    validation: Rows | None,
    *,
    rng: np.random.RandomState,
    task: Task,
    history: Mapping[str, list[float]] = {},  # It is not changed.
    optimizer_state: OptimizerState | None = None,
) -> tuple[Trained, OptimizerState]:
    """Train by the backend of the plan, and go on from a history and an optimizer's state."""
    backend: Backend = scipy_backend.train
    if plan.backend == "keras":
        from sklearn_imdb._training import keras_backend

        backend = keras_backend.train
    monitor = EpochMonitor(plan, history)
    training = training.within(network.input_dim)
    validation = None if validation is None else validation.within(network.input_dim)

    def copy_state(weights: Weights) -> Trained:
        history = {name: values.copy() for name, values in monitor.history.items()}
        copies = [array.copy() for array in weights]
        return Trained(plan, network, copies, history, monitor.best_epoch, monitor.n_epochs)

    def end_epoch(logs: Logs, weights: Weights) -> bool:
        if plan.is_scored and validation is not None:
            logs = {**logs, plan.monitor: score_rows(plan.monitor, network, weights, validation)}
        stops_early = monitor(logs, weights)
        return task.end_epoch(lambda: copy_state(weights).attributes()) or stops_early

    # Keras raises an error where it cannot write.
    shown_by_keras = plan.backend == "keras" and can_write(sys.stdout)
    with monitor.shown(0 if shown_by_keras else plan.verbose):
        weights, state = backend(
            plan if shown_by_keras else replace(plan, verbose=0),
            network,
            weights,
            training,
            validation,
            rng=rng,
            optimizer_state=optimizer_state,
            begin_epoch=task.begin_epoch,
            end_epoch=end_epoch,
        )
    if not monitor.has_begun:
        raise ValueError("No epoch was trained: callbacks ended the training before the first.")
    kept_epoch: int | None = monitor.n_epochs
    if monitor.best_weights:
        weights, kept_epoch = monitor.best_weights, monitor.best_epoch
    elif plan.callbacks:
        kept_epoch = None
    # The logs are of the weights before the last step.
    if not all(np.isfinite(array).all() for array in weights):
        raise ValueError("The weights are not finite after the last step: lower learning_rate.")
    trained = Trained(plan, network, weights, monitor.history, monitor.best_epoch, kept_epoch)
    if training.sample_weight is None:  # Else the accuracy is not what was trained for.
        _warn_if_unconverged(trained, training.targets)
    return trained, state


def _warn_if_unconverged(trained: Trained, targets: Targets) -> None:
    """Warn where training ended before the network had learned much.

    Either all epochs ran, the last was the best, and less than half of what there is to learn
    beyond the largest class was learned. A rate that falls ends where it is planned to, and a
    training of few epochs is short on purpose. Or early stopping ended it while the loss of the
    validation rows was still that of the class shares.
    """
    plan, history = trained.plan, trained.history
    loss, accuracy = history["loss"], history["accuracy"][-1]
    y = targets.numbers
    shares = y.mean(axis=0) if targets.several else np.bincount(y) / len(y)
    remedy = (
        "Where sequences are mostly padding, set pooling='masked_mean', in a Pipeline by the name "
        "of the step, as in classifier__pooling."
    )
    was_cut_short = (
        plan.epochs >= _FEW_EPOCHS
        and plan.learning_rate_schedule == "constant"
        and len(loss) == trained.best_epoch == plan.epochs
        and loss[-1] == min(loss)
    )
    largest = float(np.maximum(shares, 1 - shares).mean() if targets.several else shares.max())
    if was_cut_short and accuracy - largest < (1 - largest) / 2:
        warn_user(
            f"The training ended with epochs={plan.epochs} while the loss was still falling, at a "
            f"training accuracy of {accuracy:.2f}, where the largest class alone gives "
            f"{largest:.2f}: the network has not converged. Raise learning_rate or epochs, or "
            f"lower batch_size. {remedy}",
            ConvergenceWarning,
        )
        return
    ended_early = plan.early_stopping and len(loss) < plan.epochs and "val_loss" in history
    if not ended_early or trained.network.l2 or plan.loss not in CROSS_ENTROPIES:
        return
    known = _shares_loss(shares, plan, several=targets.several)
    best = min(history["val_loss"])
    if best > (1 - _LEAST_LEARNED) * known:
        warn_user(
            f"Early stopping ended the training after {len(loss)} epochs with a best val_loss of "
            f"{best:.3f}, and the shares of the classes alone give {known:.3f}: the network has "
            f"learned next to nothing. Raise learning_rate or patience, or lower batch_size. "
            f"{remedy}",
            ConvergenceWarning,
        )


def _shares_loss(shares: npt.NDArray[Any], plan: Plan, *, several: bool) -> float:
    """Return the loss of whoever predicts the shares of the smoothed classes for each row."""
    smoothing = plan.label_smoothing
    if several:
        smoothed = (1 - smoothing) * shares + smoothing / 2
        return float((entr(smoothed) + entr(1 - smoothed)).mean())
    return float(entr((1 - smoothing) * shares + smoothing / len(shares)).sum())


class EpochMonitor:
    """Called with the logs and weights of each epoch; returns True when training is to stop.

    Early stopping is that of Keras's `EarlyStopping`: `patience` epochs without a value of
    `monitor` that is better by more than `min_delta` end the training. With `restore_best_weights`,
    `best_weights` are a copy of the best epoch's. `history` goes on from that of `before`, and so
    do the numbers of `n_epochs` and `best_epoch`.
    """

    def __init__(self, plan: Plan, before: Mapping[str, list[float]]) -> None:
        self.history = {name: list(values) for name, values in before.items()}
        self.n_epochs = self.best_epoch = self._n_before = len(self.history.get("loss", []))
        self.best_weights: Weights = []
        self._epochs = plan.epochs
        self._monitor = plan.monitor
        self._min_delta = plan.min_delta
        self._patience = plan.patience if plan.early_stopping else math.inf
        self._restores_best = plan.early_stopping and plan.restore_best_weights
        self._best_value = math.inf
        self._show: Callable[[int, Logs], None] = _show_nothing

    def __call__(self, logs: Logs, weights: Weights) -> bool:
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        self.n_epochs += 1
        epoch = self.n_epochs - self._n_before
        # What callbacks have added to the logs is theirs.
        measured = {name: logs[name] for name in MEASURED if name in logs}
        if not all(map(math.isfinite, measured.values())):
            raise ValueError(
                f"The loss is not finite in epoch {epoch} ({_formatted(measured)}), and training "
                "cannot go on: lower learning_rate, or check l2 and the sample weights for huge "
                "values."
            )
        self._show(epoch, logs)

        is_best = True
        if self._monitor in logs:  # Where it is not measured, each epoch is the best so far.
            value = logs[self._monitor]
            if self._monitor not in ("loss", "val_loss"):
                value = -value
            is_best = value < self._best_value - self._min_delta
            if is_best:
                self._best_value = value
        if is_best:
            self.best_epoch = self.n_epochs
            if self._restores_best:
                self.best_weights = [array.copy() for array in weights]
        return not is_best and self.n_epochs - self.best_epoch >= self._patience

    @contextmanager
    def shown(self, verbose: int) -> Iterator[None]:
        """Show the epochs as Keras users know it: 1 is a bar, 2 a line an epoch."""
        if verbose == 2:
            self._show = self._print
        with Progress("Epoch", self._epochs, shown=verbose == 1, line_each=True) as progress:
            if verbose == 1:
                self._show = lambda epoch, logs: progress.update(
                    epoch, _formatted(logs, "{} {:.3f}", " ")
                )
            yield

    @property
    def has_begun(self) -> bool:
        """Whether any epoch has been trained."""
        return self.n_epochs > self._n_before

    def _print(self, epoch: int, logs: Logs) -> None:
        write_line(f"Epoch {epoch}/{self._epochs} - {_formatted(logs)}")


def _show_nothing(epoch: int, logs: Logs) -> None:
    pass


def _formatted(logs: Logs, item: str = "{}: {:.4f}", separator: str = " - ") -> str:
    return separator.join(item.format(name, value) for name, value in logs.items())


# -- scores -----------------------------------------------------------------------------------


def score_rows(monitor: str, network: Network, weights: Weights, rows: Rows) -> float:
    """Score rows by scikit-learn's scorer of a monitor, such as "val_f1_macro".

    A greater score is better: scikit-learn's scorers see to it.
    """
    scorer = get_scorer(monitor.removeprefix("val_"))
    predictions = _Predictions(network, predict(network, rows.X, weights), rows.targets.classes)
    weight = {} if rows.sample_weight is None else {"sample_weight": rows.sample_weight}
    try:
        value = float(scorer(predictions, rows.X, rows.targets.labels, **weight))
    except Exception as error:
        error.add_note(f"Raised by monitor={monitor!r}, on the validation rows.")
        raise
    if not math.isfinite(value):
        raise ValueError(
            f"monitor={monitor!r} is {value} on the validation rows: do they hold every class? "
            "Raise validation_split, pass X_val and y_val, or set monitor='val_loss'."
        )
    return value


class _Predictions(ClassifierMixin, BaseEstimator):
    """Stored predictions with a classifier's methods, for scikit-learn's scorers."""

    def __init__(
        self, network: Network, z: npt.NDArray[np.float64], classes: npt.NDArray[Any]
    ) -> None:
        self.network = network
        self.z = z
        self.classes_ = classes

    def predict(self, X: Any) -> npt.NDArray[Any]:
        predicted = most_probable(self.network, self.z)
        return predicted if self.network.several else self.classes_[predicted]

    def decision_function(self, X: Any) -> npt.NDArray[np.float64]:
        return self.z[:, 0] if self.z.shape[1] == 1 else self.z

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        return probabilities(self.network, self.z)

    def predict_log_proba(self, X: Any) -> npt.NDArray[np.float64]:
        return log_probabilities(self.network, self.z)
