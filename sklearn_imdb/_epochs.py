"""What follows each epoch, whichever backend trains: history, the weights to keep, when to stop."""

from __future__ import annotations

import math
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sklearn_imdb._network import Logs, Weights

if TYPE_CHECKING:
    from rich.progress import Progress


class EpochMonitor:
    """Called with the logs and weights of each epoch; returns True when training is to stop.

    Early stopping is that of Keras's `EarlyStopping`: `patience` epochs without a better value
    of `monitor` end the training. Without a `patience` it never stops. `weights` are copies of
    the weights to keep: the best epoch's with `restore_best`, else the last epoch's.
    """

    def __init__(
        self, *, epochs: int, monitor: str, patience: int | None, restore_best: bool, verbose: int
    ) -> None:
        self.history: dict[str, list[float]] = {}
        self.best_epoch = 0
        self.weights: Weights = []
        self.epochs = epochs
        self._monitor = monitor
        self._patience: float = math.inf if patience is None else patience
        self._restore_best = restore_best
        self._best_value = math.inf
        self._verbose = verbose
        self._progress: Progress | None = None

    def __call__(self, logs: Logs, weights: Weights) -> bool:
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        epoch = len(self.history["loss"])
        if not all(map(math.isfinite, logs.values())):
            raise ValueError(
                f"The loss is not finite in epoch {epoch} ({_shown(logs)}), and training cannot go "
                "on: lower learning_rate, or check l2 and the sample weights for huge values."
            )
        self._show(epoch, logs)

        is_best = True
        if self._monitor in logs:  # Where it is not measured, each epoch is the best so far.
            value = logs[self._monitor]
            if self._monitor.endswith("accuracy"):
                value = -value
            is_best = value < self._best_value
            self._best_value = min(value, self._best_value)
        if is_best:
            self.best_epoch = epoch
        if is_best or not self._restore_best:
            self.weights = [array.copy() for array in weights]
        return not is_best and epoch - self.best_epoch >= self._patience

    # -- progress, as Keras users know it: 1 is a bar, 2 a line an epoch --------------------

    def __enter__(self) -> Self:
        if self._verbose == 1:
            try:
                from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
            except ImportError as error:
                raise ImportError(
                    "verbose=1 draws its progress bar with rich, which is not installed: "
                    "pip install rich, or set verbose=2 for a line an epoch."
                ) from error
            self._progress = Progress(
                "Epoch", MofNCompleteColumn(), BarColumn(), TextColumn("{task.fields[logs]}")
            )
            self._progress.add_task("Epoch", total=self.epochs, logs="")
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _show(self, epoch: int, logs: Logs) -> None:
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=epoch, logs=_shown(logs))
        elif self._verbose == 2:
            sys.stdout.write(f"Epoch {epoch}/{self.epochs} - {_shown(logs)}\n")
            sys.stdout.flush()


def _shown(logs: Logs) -> str:
    return " - ".join(f"{name}: {value:.4f}" for name, value in logs.items())
