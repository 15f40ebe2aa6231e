"""The epochs of a training, whichever backend trains: history, weights to keep, when to stop."""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import entr
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer

from sklearn_imdb._base import FitTask
from sklearn_imdb._progress import Progress, can_write, write_line
from sklearn_imdb._training import scipy_backend
from sklearn_imdb._training.network import Network, Weights, classify, predict, probabilities
from sklearn_imdb._training.optimizers import OptimizerState
from sklearn_imdb._training.plan import CROSS_ENTROPIES, MEASURED, Job, Logs
from sklearn_imdb._training.rows import Rows
from sklearn_imdb._warnings import warn_user

_FEW_EPOCHS = 10

_LEAST_LEARNED = 0.01
"""Share of the loss of the class shares by which a training is to be better."""


class Backend(Protocol):
    """Does a job and returns new weights.

    An epoch goes through the chunks of the training rows: the rows of a chunk are shuffled, cut
    into batches, and a step is made by each batch. `begin_epoch()` is called before each epoch.
    `end_epoch(logs, weights)` is called after each with the epoch's losses and accuracies and with
    the weights, which the next epoch overwrites. Training ends when it returns True.
    """

    def __call__(
        self, job: Job, begin_epoch: Callable[[], None], end_epoch: Callable[[Logs, Weights], bool]
    ) -> tuple[Weights, OptimizerState]: ...


def train(
    job: Job, task: FitTask, before: Mapping[str, list[float]]
) -> tuple[dict[str, Any], OptimizerState]:
    """Train by the backend of the plan, and go on from the history `before`.

    Returns
    -------
    attributes : dict
        What a fitted classifier has.
    state : list of ndarray
        Of the optimizer.
    """
    backend: Backend = scipy_backend.train
    verbose = job.plan.verbose
    if job.plan.backend == "keras":
        from sklearn_imdb._training import keras_backend

        backend = keras_backend.train
        if can_write(sys.stdout):
            verbose = 0  # Keras shows the epochs itself.
        else:  # Keras raises an error where it cannot write.
            job = replace(job, plan=replace(job.plan, verbose=0))
    epochs = Epochs(job, task, before, verbose)
    with epochs.progress:
        weights, state = backend(job, task.begin_epoch, epochs.end_epoch)
    if epochs.n_epochs == epochs.n_before:
        raise ValueError("No epoch was trained: callbacks ended the training before the first.")
    kept_epoch: int | None = epochs.n_epochs
    if epochs.best_weights:
        weights, kept_epoch = epochs.best_weights, epochs.best_epoch
    elif job.plan.callbacks:
        kept_epoch = None  # Keras's callbacks may have set the weights.
    # The logs are of the weights before the last step.
    if not all(np.isfinite(array).all() for array in weights):
        raise ValueError("The weights are not finite after the last step: lower learning_rate.")
    if job.training.sample_weight is None:  # Else the accuracy is not what was trained for.
        _warn_if_unconverged(job, epochs)
    return epochs.list_attributes(weights, kept_epoch), state


def _warn_if_unconverged(job: Job, epochs: "Epochs") -> None:
    """Warn where training ended before the network had learned much.

    Either all epochs ran, the last was the best, and less than half of what there is to learn
    beyond the largest class was learned. A rate that falls ends where it is planned to, and a
    training of few epochs is short on purpose. Or early stopping ended it while the loss of the
    validation rows was still that of the class shares.
    """
    plan, history, smoothing = job.plan, epochs.history, job.plan.label_smoothing
    loss, accuracy = history["loss"], history["accuracy"][-1]
    totals = job.training.class_totals()
    shares = totals[:-1] / totals[-1]
    # One distribution over all classes; or for each label one over having it or not.
    table = np.column_stack([shares, 1 - shares]) if plan.several else shares[np.newaxis]
    # The accuracy and the loss of whoever predicts the smoothed shares for each row.
    largest = table.max(axis=1).mean()
    smoothed = (1 - smoothing) * table + smoothing / table.shape[1]
    known = entr(smoothed).sum(axis=1).mean()
    was_cut_short = (
        plan.epochs >= _FEW_EPOCHS
        and plan.learning_rate_schedule == "constant"
        and len(loss) == epochs.best_epoch == plan.epochs
        and loss[-1] == min(loss)
    )
    has_own_loss = job.network.l2 or plan.loss not in CROSS_ENTROPIES
    ended_early = plan.early_stopping and len(loss) < plan.epochs
    best = min(history.get("val_loss", [0.0]))
    if was_cut_short and accuracy - largest < (1 - largest) / 2:
        message = (
            f"The network has not converged after epochs={plan.epochs}. Its training accuracy is "
            f"{accuracy:.2f}. To predict the largest class for every row would give {largest:.2f}. "
            "Raise learning_rate or epochs"
        )
    elif ended_early and not has_own_loss and best > (1 - _LEAST_LEARNED) * known:
        message = (
            f"Early stopping ended the training after {len(loss)} epochs, before the network "
            f"learned much. The best val_loss is {best:.3f}. To predict the class frequencies for "
            f"every row would give {known:.3f}. Raise learning_rate or patience"
        )
    else:
        return
    remedy = "if sequences are mostly padding, set pooling='masked_mean' (classifier__pooling)"
    warn_user(f"{message}, or lower batch_size; {remedy}.", ConvergenceWarning)


class Epochs:
    """The epochs of a training: their history, which of them is best, and when they end.

    Early stopping is that of Keras's `EarlyStopping`: `patience` epochs without a value of
    `monitor` that is better by more than `min_delta` end the training. With `restore_best_weights`,
    `best_weights` are a copy of the best epoch's. `history` goes on from that of `before`, and so
    do the numbers of `n_epochs` and `best_epoch`.
    """

    def __init__(
        self, job: Job, task: FitTask, before: Mapping[str, list[float]], verbose: int
    ) -> None:
        self.history = {name: list(values) for name, values in before.items()}
        self.n_epochs = self.best_epoch = self.n_before = len(self.history.get("loss", []))
        self.best_weights: Weights = []
        self.progress = Progress("Epoch", job.plan.epochs, shown=verbose == 1, line_each=True)
        self._job, self._task, self._verbose = job, task, verbose

    def end_epoch(self, logs: Logs, weights: Weights) -> bool:
        """Take note of an epoch, as `Backend` says; return whether training is to stop."""
        plan, validation = self._job.plan, self._job.validation
        if plan.early_stopping and plan.monitor not in MEASURED and validation is not None:
            score = score_rows(plan.monitor, self._job.network, weights, validation)
            logs = {**logs, plan.monitor: score}
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        self.n_epochs += 1
        epoch = self.n_epochs - self.n_before
        # What callbacks have added to the logs is theirs.
        measured = {name: logs[name] for name in MEASURED if name in logs}
        if not all(map(math.isfinite, measured.values())):
            found = f"The loss is not finite in epoch {epoch} ({_show_logs(measured)})"
            raise ValueError(f"{found}: lower learning_rate, l2 or the sample weights.")
        values = self.history.get(plan.monitor)
        sign = 1 if plan.monitor in ("loss", "val_loss") else -1
        # Where nothing is measured to compare, each epoch is the best so far.
        if (
            values is None
            or self.best_epoch == self.n_before
            or sign * values[-1] < sign * values[self.best_epoch - 1] - plan.min_delta
        ):
            self.best_epoch = self.n_epochs
            if plan.early_stopping and plan.restore_best_weights:
                self.best_weights = [array.copy() for array in weights]
        if self._verbose == 2:
            write_line(f"Epoch {epoch}/{plan.epochs} - {_show_logs(logs)}")
        elif self._verbose:
            self.progress.update(epoch, _show_logs(logs, "{} {:.3f}", " "))

        def copy_attributes() -> dict[str, Any]:
            return self.list_attributes([array.copy() for array in weights], self.n_epochs)

        n_worse = self.n_epochs - self.best_epoch
        stops_early = plan.early_stopping and n_worse >= max(plan.patience, 1)
        return self._task.end_epoch(copy_attributes) or stops_early

    def list_attributes(self, weights: Weights, kept_epoch: int | None) -> dict[str, Any]:
        """Return the attributes of a classifier after the epochs so far."""
        job, (embedding, *dense) = self._job, weights
        return {
            "embedding_": embedding,
            "coefs_": dense[::2],
            "intercepts_": dense[1::2],
            "token_weights_": job.network.pooling.token_weights,
            "history_": {name: values.copy() for name, values in self.history.items()},
            "n_iter_": self.n_epochs,
            "best_epoch_": self.best_epoch,
            "kept_epoch_": kept_epoch,
            "backend_": job.plan.backend,
            "embedding_dim_": job.network.embedding_dim,
            "batch_size_": job.plan.batch_size,
            "learning_rate_": job.plan.learning_rate,
            # Of the trained network, whatever the parameters are set to later.
            "_network": job.network,
            "_n_features_out": job.network.embedding_dim,
        }


def _show_logs(logs: Logs, item: str = "{}: {:.4f}", separator: str = " - ") -> str:
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
            f"monitor={monitor!r} is {value} on the validation rows. They may lack a class. "
            "Validate on rows of every class, or set monitor='val_loss'."
        )
    return value


@dataclass
class _Predictions(ClassifierMixin, BaseEstimator):
    """Stored predictions with a classifier's methods, for scikit-learn's scorers."""

    network: Network
    z: npt.NDArray[np.float64]
    classes_: npt.NDArray[Any]

    def predict(self, X: Any) -> npt.NDArray[Any]:
        predicted = classify(self.network, self.z)
        return predicted if self.network.several else self.classes_[predicted]

    def decision_function(self, X: Any) -> npt.NDArray[np.float64]:
        return self.z[:, 0] if self.z.shape[1] == 1 else self.z

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        return probabilities(self.network, self.z)
