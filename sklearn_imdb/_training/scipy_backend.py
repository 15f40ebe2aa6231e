"""Training by NumPy and SciPy: sparse products, and the rows of the table that a batch has."""

from collections.abc import Callable

import numpy as np

from sklearn_imdb._training.network import Weights, evaluate, loss_and_gradients, n_right
from sklearn_imdb._training.optimizers import OPTIMIZERS, OptimizerState
from sklearn_imdb._training.plan import Job, Logs
from sklearn_imdb._training.sequences import ROWS_AT_ONCE


# A loss that overflows is reported as such, by whoever is called with the logs.
@np.errstate(over="ignore", invalid="ignore")
def train(
    job: Job, begin_epoch: Callable[[], None], end_epoch: Callable[[Logs, Weights], bool]
) -> tuple[Weights, OptimizerState]:
    """Train as `Backend` says."""
    plan, network, rng, validation = job.plan, job.network, job.rng, job.validation
    optimizer = OPTIMIZERS[plan.optimizer](job.weights, plan.schedule, state=job.optimizer_state)
    of_chunk, at_once = None, max(ROWS_AT_ONCE // plan.batch_size, 1) * plan.batch_size
    if validation is not None:
        of_validation = network.pooling.shares(validation.X, network.input_dim)
    for _ in range(plan.epochs):
        begin_epoch()
        loss = right = 0.0
        for chunk in job.training.chunks():
            if chunk is not of_chunk:  # The one chunk in memory stays the same.
                shares, of_chunk = network.pooling.shares(chunk.X, network.input_dim), chunk
            y, sample_weight = chunk.targets.numbers, chunk.weights.astype(np.float32)
            order = rng.permutation(len(chunk)) if plan.shuffle else np.arange(len(chunk))
            for start in range(0, len(chunk), plan.batch_size):
                rows, first = order[start : start + plan.batch_size], start % at_once
                if first == 0:  # To gather each batch alone takes longer than its arithmetic.
                    gathered = shares[order[start : start + at_once]]
                end, words = first + len(rows), None
                table, *dense = optimizer.weights
                if optimizer.moves_all_rows:
                    of_batch = gathered[first:end]
                else:  # Take the rows of words in the batch.
                    words, of_batch = gathered.compact(first, end)
                    table = table.take(words, axis=0)  # Faster than indexing by an array.
                batch_loss, gradients, z = loss_and_gradients(
                    network, [table, *dense], of_batch, y[rows], sample_weight[rows], rng
                )
                optimizer.step(gradients, words)
                loss += batch_loss * len(rows)
                right += n_right(network, z, y[rows])
        n_samples = len(job.training)
        logs = {"loss": loss / n_samples, "accuracy": right / n_samples}
        if validation is not None:
            logs |= evaluate(network, optimizer.weights, of_validation, validation)
        if end_epoch(logs, optimizer.weights):
            break
    return [array.copy() for array in optimizer.weights], optimizer.state
