"""Training by NumPy and SciPy: sparse products and Adam."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_matrix

from sklearn_imdb._training.network import (
    Floats,
    Logs,
    Network,
    Weights,
    logits,
    loss_and_gradients,
    losses,
    most_probable,
    penalty,
    word_shares,
)
from sklearn_imdb._training.optimizers import Adam, OptimizerState
from sklearn_imdb._training.plan import Plan
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
    optimizer = Adam(plan.learning_rate, decay_steps=plan.decay_steps, state=optimizer_state)
    flat = np.concatenate([array.ravel() for array in weights])
    gradient = np.empty_like(flat)
    weights = _views(flat, network)
    gradients = _views(gradient, network)
    shares = word_shares(training.X, network)
    validation_shares = None if validation is None else word_shares(validation.X, network)
    n_samples, batch_size = len(training.y), plan.batch_size
    sample_weight = training.sample_weight
    if sample_weight is not None:
        sample_weight = sample_weight.astype(np.float32)
    for _ in range(plan.epochs):
        begin_epoch()
        order = rng.permutation(n_samples) if plan.shuffle else np.arange(n_samples)
        loss = n_right = 0.0
        for start in range(0, n_samples, batch_size):
            rows = order[start : start + batch_size]
            y = training.y[rows]
            batch_loss, batch_gradients, z = loss_and_gradients(
                network,
                weights,
                shares[rows],
                y,
                None if sample_weight is None else sample_weight[rows],
                rng,
            )
            for array, batch_array in zip(gradients, batch_gradients, strict=True):
                array[...] = batch_array
            optimizer.step(flat, gradient)
            loss += batch_loss * len(rows)
            n_right += float(np.count_nonzero(most_probable(z) == y))
        logs = {"loss": loss / n_samples, "accuracy": n_right / n_samples}
        if validation is not None and validation_shares is not None:
            logs |= _evaluate(network, weights, validation_shares, validation)
        if end_epoch(logs, weights):
            break
    return [array.copy() for array in weights], optimizer.state


def _evaluate(network: Network, weights: Weights, shares: csr_matrix, validation: Rows) -> Logs:
    z = logits(shares @ weights[0], weights)
    each = losses(z, validation.y, network.label_smoothing)
    loss = np.average(each, weights=validation.sample_weight)
    return {
        "val_loss": float(loss) + penalty(network, weights),
        "val_accuracy": float(np.mean(most_probable(z) == validation.y)),
    }


def _views(flat: Floats, network: Network) -> Weights:
    """Return the arrays of weights inside `flat`, which share its memory."""
    views, start = [], 0
    for shape in network.shapes:
        end = start + int(np.prod(shape))
        views.append(flat[start:end].reshape(shape))
        start = end
    return views
