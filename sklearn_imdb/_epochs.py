"""What follows each epoch, whichever backend trains: history, the weights to keep, when to stop."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sklearn_imdb._network import Logs, Weights

_MEASURED = ("loss", "accuracy", "val_loss", "val_accuracy")


class EpochMonitor:
    """Called with the logs and weights of each epoch; returns True when training is to stop.

    Early stopping is that of Keras's `EarlyStopping`: `patience` epochs without a better value
    of `monitor` end the training. Without a `patience` it never stops. With `restore_best`,
    `best_weights` are a copy of the best epoch's. `history` goes on from that of `before`, as do
    the numbers of `n_epochs` and `best_epoch`.
    """

    def __init__(
        self,
        *,
        epochs: int,
        monitor: str,
        patience: int | None,
        restore_best: bool,
        before: Mapping[str, list[float]] | None = None,
    ) -> None:
        self.history = {name: list(values) for name, values in (before or {}).items()}
        self.n_epochs = self.best_epoch = self._n_before = len(self.history.get("loss", []))
        self.best_weights: Weights = []
        self.epochs = epochs
        self._monitor = monitor
        self._patience: float = math.inf if patience is None else patience
        self._restore_best = restore_best
        self._best_value = math.inf
        self._show: Callable[[int, Logs], None] = _show_nothing

    def __call__(self, logs: Logs, weights: Weights) -> bool:
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        self.n_epochs += 1
        epoch = self.n_epochs - self._n_before
        # What callbacks have added to the logs is theirs.
        measured = {name: logs[name] for name in _MEASURED if name in logs}
        if not all(map(math.isfinite, measured.values())):
            raise ValueError(
                f"The loss is not finite in epoch {epoch} ({_formatted(measured)}), and training "
                "cannot go on: lower learning_rate, or check l2, weight_decay and the sample "
                "weights for huge values."
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
            self.best_epoch = self.n_epochs
            if self._restore_best:
                self.best_weights = [array.copy() for array in weights]
        return not is_best and self.n_epochs - self.best_epoch >= self._patience

    @contextmanager
    def shown(self, verbose: int) -> Iterator[None]:
        """Show the epochs as Keras users know it: 1 is a bar, 2 a line an epoch."""
        if verbose == 2:
            self._show = self._print
            yield
        elif verbose == 1:
            try:
                from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
                from rich.table import Column
            except ImportError as error:
                raise ImportError(
                    "verbose=1 draws its progress bar with rich, which is not installed: "
                    "pip install rich, or set verbose=2 for a line an epoch."
                ) from error
            # As narrow as 80 characters need; where they are fewer, the figures are cut first.
            figures = TextColumn("{task.fields[logs]}", table_column=Column(no_wrap=True))
            count = MofNCompleteColumn(table_column=Column(min_width=5, no_wrap=True))
            with Progress("Epoch", count, BarColumn(bar_width=8), figures) as progress:
                task = progress.add_task("Epoch", total=self.epochs, logs="")
                self._show = lambda epoch, logs: progress.update(
                    task, completed=epoch, logs=_formatted(logs, "{} {:.3f}", " ")
                )
                yield
        else:
            yield

    @property
    def has_begun(self) -> bool:
        """Whether any epoch has been trained."""
        return self.n_epochs > self._n_before

    def _print(self, epoch: int, logs: Logs) -> None:
        sys.stdout.write(f"Epoch {epoch}/{self.epochs} - {_formatted(logs)}\n")
        sys.stdout.flush()


def _show_nothing(epoch: int, logs: Logs) -> None:
    pass


def _formatted(logs: Logs, item: str = "{}: {:.4f}", separator: str = " - ") -> str:
    return separator.join(item.format(name, value) for name, value in logs.items())
