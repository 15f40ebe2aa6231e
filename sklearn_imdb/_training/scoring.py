"""Scores of the validation rows by scikit-learn's scorers, for early stopping to watch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import get_scorer

from sklearn_imdb._training.network import (
    Network,
    Weights,
    log_probabilities,
    most_probable,
    probabilities,
)
from sklearn_imdb._training.pooling import logits_of
from sklearn_imdb._training.rows import Rows

Score: TypeAlias = Callable[[Network, Weights, Rows], float]


def validation_score(monitor: str, classes: npt.NDArray[Any]) -> Score:
    """Return the function that scores rows by the scorer of a monitor, such as "val_f1_macro".

    A greater score is better: scikit-learn's scorers see to it.
    """
    scorer = get_scorer(monitor.removeprefix("val_"))

    def score(network: Network, weights: Weights, rows: Rows) -> float:
        predictions = _Predictions(network, logits_of(rows.X, network, weights), classes)
        y = rows.y if rows.have_labels else classes[rows.y]
        weight = {} if rows.sample_weight is None else {"sample_weight": rows.sample_weight}
        try:
            value = float(scorer(predictions, rows.X, y, **weight))
        except Exception as error:
            error.add_note(f"Raised by monitor={monitor!r}, on the validation rows.")
            raise
        if not math.isfinite(value):
            raise ValueError(
                f"monitor={monitor!r} is {value} on the validation rows: do they hold every class? "
                "Raise validation_split, pass X_val and y_val, or set monitor='val_loss'."
            )
        return value

    return score


class _Predictions(ClassifierMixin, BaseEstimator):
    """A classifier that has predicted, as scorers want to be given one."""

    def __init__(
        self, network: Network, z: npt.NDArray[np.float64], classes: npt.NDArray[Any]
    ) -> None:
        self.network = network
        self.z = z
        self.classes_ = classes

    def predict(self, X: Any) -> npt.NDArray[Any]:
        predicted = most_probable(self.network, self.z)
        return predicted if self.network.have_labels else self.classes_[predicted]

    def decision_function(self, X: Any) -> npt.NDArray[np.float64]:
        return self.z[:, 0] if self.z.shape[1] == 1 else self.z

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        return probabilities(self.network, self.z)

    def predict_log_proba(self, X: Any) -> npt.NDArray[np.float64]:
        return log_probabilities(self.network, self.z)
