"""The plan: everything that was asked of a training, with each "auto" resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from numbers import Real
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.metrics import get_scorer_names

from sklearn_imdb._training.network import Network, Weights
from sklearn_imdb._training.optimizers import OPTIMIZERS, OptimizerState
from sklearn_imdb._training.rows import Rows
from sklearn_imdb._training.schedules import ConstantRate, CosineDecay, Schedule
from sklearn_imdb._training.sequences import ROWS_AT_ONCE

Logs: TypeAlias = dict[str, float]
"""The losses, the accuracies and the scores of an epoch."""

REGRESSION_LOSSES = (
    "mse mae mape msle huber logcosh meansquarederror meanabsoluteerror "
    "meanabsolutepercentageerror meansquaredlogarithmicerror"
).split()
"""Keras's losses of a regression, by their names in small letters without underscores."""

MEASURED = ("loss", "accuracy", "val_loss", "val_accuracy")
"""What every backend measures in each epoch, the last two where there are validation rows."""

CROSS_ENTROPIES = ("binary_crossentropy", "sparse_categorical_crossentropy")
"""Keras's names of the loss of two classes, and of more."""


@dataclass(frozen=True)
class Plan:
    """The classifier's training parameters under their own names, and what they apply to.

    A plan contradicts neither itself nor its rows and classes.
    """

    backend: str
    """"scipy" or "keras"."""
    optimizer: Any
    """A name, or what Keras takes."""
    learning_rate: Any
    """A number, or a schedule of Keras's."""
    learning_rate_schedule: str
    loss: Any
    """A name other than "auto", or what Keras takes."""
    label_smoothing: float
    epochs: int
    batch_size: int
    shuffle: bool
    early_stopping: bool
    monitor: str
    min_delta: float
    patience: int
    restore_best_weights: bool
    callbacks: Any
    verbose: int
    n_classes: int
    several: bool
    """Whether a row may have several of the classes, its labels."""
    n_steps: int
    """Steps of an epoch."""

    @classmethod
    def of(cls, parameters: Mapping[str, Any], rows: Rows, network: Network) -> Self:
        """Resolve the parameters of a fit on some rows.

        Raises
        ------
        ValueError
            If parameters contradict each other or the number of classes, or if `backend="scipy"`
            lacks what was asked for.
        """
        targets = rows.targets
        # A regressor has no parameter `loss`.
        known = {"loss": "auto", **parameters}
        known |= {"n_classes": targets.n_classes, "several": targets.several}
        if known["batch_size"] == "auto":
            known["batch_size"] = min(max(len(rows) // (200 if targets.several else 125), 2), 128)
        known["n_steps"] = rows.n_steps(known["batch_size"])
        if isinstance(known["learning_rate"], str):
            optimizer = known["optimizer"]
            if optimizer not in tuple(OPTIMIZERS):
                rule = f"learning_rate='auto' is for an optimizer in {list(OPTIMIZERS)}"
                raise ValueError(f"{rule}, got {optimizer!r}: set learning_rate to a number.")
            auto_rate = OPTIMIZERS[optimizer].auto_rate
            known["learning_rate"] = auto_learning_rate(rows, network) * auto_rate
        return cls(**{field.name: known[field.name] for field in fields(cls)})._resolve()

    @classmethod
    def of_chunk(cls, parameters: Mapping[str, Any], rows: Rows, network: Network) -> Self:
        """Resolve the parameters of a call of `partial_fit`: one epoch, and no early stopping."""
        check_partial_fit(parameters["class_weight"], parameters["learning_rate_schedule"])
        of_chunk = {"epochs": 1, "early_stopping": False, "monitor": "loss"}
        return cls.of({**parameters, **of_chunk}, rows, network)

    @property
    def schedule(self) -> Schedule:
        """The learning rate of each step."""
        if self.learning_rate_schedule == "constant":
            return ConstantRate(self.learning_rate)
        return CosineDecay(float(self.learning_rate), self.epochs * self.n_steps)

    @property
    def optimizer_name(self) -> str:
        """The name of the optimizer's kind, in small letters."""
        return _name_kind(self.optimizer)

    @property
    def has_loss_of_regression(self) -> bool:
        """Whether the loss is one that compares numbers, elsewhere."""
        return _name_kind(self.loss).replace("_", "") in REGRESSION_LOSSES

    def _resolve(self) -> Self:
        """Return the plan with its loss and its backend, or raise a ValueError."""
        if self.monitor not in (*MEASURED, *(f"val_{name}" for name in get_scorer_names())):
            raise ValueError(
                f"monitor must be one of {list(MEASURED)}, or 'val_' and a name of "
                "sklearn.metrics.get_scorer_names(), as in 'val_f1_macro', got "
                f"{self.monitor!r}."
            )
        if self.learning_rate_schedule == "cosine":
            if not isinstance(self.optimizer, str | type):
                raise ValueError(
                    "learning_rate_schedule='cosine' is for an optimizer given by name or class, "
                    f"got {self.optimizer!r}: give the schedule to this optimizer itself."
                )
            if not isinstance(self.learning_rate, Real):
                found = f"learning_rate={self.learning_rate!r} is already a schedule"
                raise ValueError(f"{found}: set learning_rate_schedule='constant'.")
        is_cross_entropy = self.loss in ("auto", *CROSS_ENTROPIES)
        if self.label_smoothing and not is_cross_entropy:
            raise ValueError(
                f"label_smoothing={self.label_smoothing!r} is for loss='auto', got "
                f"loss={self.loss!r}: set loss='auto', or give label_smoothing to the loss itself."
            )
        fitting_loss = CROSS_ENTROPIES[self.n_classes > 2 and not self.several]
        if is_cross_entropy and self.loss not in ("auto", fitting_loss):
            kind = "labels of which a row may have several" if self.several else "classes"
            given = f"loss={self.loss!r} does not go with {self.n_classes} {kind}"
            raise ValueError(f"{given}: use {fitting_loss!r} or 'auto'.")
        needs_keras = {
            "optimizer": self.optimizer not in tuple(OPTIMIZERS),
            "loss": not is_cross_entropy,
            "learning_rate": not isinstance(self.learning_rate, Real),
            "callbacks": bool(self.callbacks),
        }
        lacking = [f"{name}={getattr(self, name)!r}" for name in needs_keras if needs_keras[name]]
        if self.backend == "scipy" and lacking:
            found = f"backend='scipy' does not support {', '.join(lacking)}"
            raise ValueError(f"{found}: set backend='auto' or 'keras'.")
        backend = "keras" if self.backend == "keras" or lacking else "scipy"
        return replace(self, backend=backend, loss=fitting_loss if is_cross_entropy else self.loss)


def _name_kind(given: Any) -> str:
    """Return the name, in small letters, of what is given by name or as Keras takes it."""
    if isinstance(given, Mapping):
        given = given.get("class_name", "")
    if not isinstance(given, str):
        given = getattr(given, "__name__", type(given).__name__)
    return given.lower()


def check_partial_fit(class_weight: Any, learning_rate_schedule: str) -> None:
    """Raise a ValueError where a parameter needs more than a chunk of the rows."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        raise ValueError(
            "class_weight='balanced' needs all rows at once, and partial_fit sees only a chunk: "
            "set class_weight to a dict of the weights that "
            "sklearn.utils.class_weight.compute_class_weight finds from all labels."
        )
    if learning_rate_schedule == "cosine":
        raise ValueError(
            "learning_rate_schedule='cosine' needs the number of steps, which partial_fit does not "
            "know: set learning_rate_schedule='constant'."
        )


def auto_learning_rate(rows: Rows, network: Network) -> float:
    """Return the rate at which a step moves a sequence's vector by the same, whatever the rows.

    It is to be multiplied by the optimizer's `auto_rate`. A step of either optimizer moves a weight
    by the learning rate at most, and so a sequence's vector by the rate times the sum of the
    sequence's shares. More classes take larger steps, and several labels larger ones still.
    """
    some = rows.X[:: -(-len(rows.X) // ROWS_AT_ONCE)]
    shares = network.pooling.shares(some, network.input_dim)
    return network.pooling.step_factor(rows.targets) / shares.mean_sum()


@dataclass(frozen=True)
class Job:
    """A training as a backend is to carry it out."""

    plan: Plan
    network: Network
    weights: Weights
    """To start from; they stay as they are."""
    training: Rows
    validation: Rows | None
    rng: np.random.RandomState
    optimizer_state: OptimizerState | None = None
    """To go on from."""
