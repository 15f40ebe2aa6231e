"""Training by NumPy and SciPy: sparse products and Adam."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from sklearn_imdb._training.label_shares import LabelShares
from sklearn_imdb._training.network import (
    Floats,
    Logs,
    Network,
    Weights,
    logits,
    loss_and_gradients,
    losses,
    n_right,
    penalty,
)
from sklearn_imdb._training.optimizers import Adam, OptimizerState, RowwiseAdam, update
from sklearn_imdb._training.plan import Plan
from sklearn_imdb._training.pooling import word_shares
from sklearn_imdb._training.rows import Rows


# A loss that overflows is reported as such, by whoever is called with the logs.
@np.errstate(over="ignore", invalid="ignore")
def train(
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
) -> tuple[Weights, OptimizerState]:
    """Train as `Backend` says."""
    adam = Adam(plan.learning_rate, decay_steps=plan.decay_steps, state=optimizer_state)
    # A batch has few rows of a table of n-grams, and most rows of a table of words.
    kind = _RowSteps if network.pooling == "evidence" else _DenseSteps
    steps = kind(network, weights, adam)
    shares = word_shares(training.X, network)
    validation_shares = None if validation is None else word_shares(validation.X, network)
    n_samples, batch_size = len(training.y), plan.batch_size
    sample_weight = training.sample_weight
    if sample_weight is not None:
        sample_weight = sample_weight.astype(np.float32)
    for _ in range(plan.epochs):
        begin_epoch()
        order = rng.permutation(n_samples) if plan.shuffle else np.arange(n_samples)
        loss = right = 0.0
        steps.begin_epoch(-(-n_samples // batch_size))
        for start in range(0, n_samples, batch_size):
            rows = order[start : start + batch_size]
            y = training.y[rows]
            weight = None if sample_weight is None else sample_weight[rows]
            batch_loss, z = steps.step(shares[rows], y, weight, rng)
            loss += batch_loss * len(rows)
            right += n_right(network, z, y)
        steps.end_epoch()
        logs = {"loss": loss / n_samples, "accuracy": right / n_samples}
        if validation is not None and validation_shares is not None:
            logs |= _evaluate(network, steps.weights, validation_shares, validation)
        if end_epoch(logs, steps.weights):
            break
    return [array.copy() for array in steps.weights], adam.state


class _DenseSteps:
    """Steps of all weights, which lie in one flat array."""

    def __init__(self, network: Network, weights: Weights, adam: Adam) -> None:
        self._network, self._adam = network, adam
        self._flat = np.concatenate([array.ravel() for array in weights])
        self._gradient = np.empty_like(self._flat)
        self.weights = _views(self._flat, network.shapes)
        self._gradients = _views(self._gradient, network.shapes)

    def begin_epoch(self, n_steps: int) -> None:
        """Nothing is to be prepared."""

    def end_epoch(self) -> None:
        """Nothing is left to do."""

    def step(
        self,
        shares: csr_matrix | LabelShares,
        y: npt.NDArray[np.integer],
        sample_weight: Floats | None,
        rng: np.random.RandomState,
    ) -> tuple[float, Floats]:
        """Take a step by a batch; return its loss and logits, of the weights before."""
        loss, gradients, z = loss_and_gradients(
            self._network, self.weights, shares, y, sample_weight, rng
        )
        for array, gradient in zip(self._gradients, gradients, strict=True):
            array[...] = gradient
        self._adam.step(self._flat, self._gradient)
        return loss, z


class _RowSteps:
    """Steps of the rows of the embedding table that a batch has, and of all other weights."""

    def __init__(self, network: Network, weights: Weights, adam: Adam) -> None:
        self._network, self._adam = network, adam
        flat = np.concatenate([array.ravel() for array in weights])
        if adam.mean is None or adam.variance is None:
            adam.mean, adam.variance = np.zeros_like(flat), np.zeros_like(flat)
        self.weights = _views(flat, network.shapes)
        self._means = _views(adam.mean, network.shapes)
        self._variances = _views(adam.variance, network.shapes)
        self._table = RowwiseAdam(adam, self.weights[0], self._means[0], self._variances[0])

    def begin_epoch(self, n_steps: int) -> None:
        """Prepare for as many steps."""
        self._table.begin(n_steps)

    def end_epoch(self) -> None:
        """Bring all weights to where the last step left them."""
        self._table.finish()

    def step(
        self,
        shares: csr_matrix | LabelShares,
        y: npt.NDArray[np.integer],
        sample_weight: Floats | None,
        rng: np.random.RandomState,
    ) -> tuple[float, Floats]:
        """Take a step by a batch; return its loss and logits, of the weights before."""
        rows, columns = self._table.different(shares.indices)
        moving = self._table.take(rows)
        if isinstance(shares, LabelShares):
            of_rows = shares.of_words(rows, columns)
        else:
            of_rows = csr_matrix(
                (shares.data, columns, shares.indptr), shape=(shares.shape[0], len(rows))
            )
        weights = [moving.table, *self.weights[1:]]
        loss, gradients, z = loss_and_gradients(
            self._network, weights, of_rows, y, sample_weight, rng
        )
        self._table.step(rows, moving, gradients[0])
        [rate] = self._adam.rates(1)
        for array, gradient, mean, variance in zip(
            self.weights[1:], gradients[1:], self._means[1:], self._variances[1:], strict=True
        ):
            update(array, gradient, mean, variance, rate)
        self._adam.iterations += 1
        return loss, z


def _evaluate(
    network: Network, weights: Weights, shares: csr_matrix | LabelShares, validation: Rows
) -> Logs:
    z = logits(shares @ weights[0], weights)
    each = losses(network, z, validation.y)
    loss = np.average(each, weights=validation.sample_weight)
    return {
        "val_loss": float(loss) + penalty(network, weights),
        "val_accuracy": n_right(network, z, validation.y) / len(z),
    }


def _views(flat: Floats, shapes: list[tuple[int, ...]]) -> Weights:
    """Return the arrays of weights inside `flat`, which share its memory."""
    views, start = [], 0
    for shape in shapes:
        end = start + math.prod(shape)
        views.append(flat[start:end].reshape(shape))
        start = end
    return views
