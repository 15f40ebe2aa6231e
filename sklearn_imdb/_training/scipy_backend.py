"""Training by NumPy and SciPy: sparse products, and the rows of the table that a batch has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from sklearn_imdb._training.network import Weights, evaluate, loss_and_gradients, n_right
from sklearn_imdb._training.optimizers import OPTIMIZERS, OptimizerState
from sklearn_imdb._training.plan import Job, Logs
from sklearn_imdb._training.pooling import Shares
from sklearn_imdb._training.sequences import ROWS_AT_ONCE


# A loss that overflows is reported as such, by whoever is called with the logs.
@np.errstate(over="ignore", invalid="ignore")
def train(
    job: Job, begin_epoch: Callable[[], None], end_epoch: Callable[[Logs, Weights], bool]
) -> tuple[Weights, OptimizerState]:
    """Train as `Backend` says."""
    plan, network, rng, validation = job.plan, job.network, job.rng, job.validation
    optimizer = OPTIMIZERS[plan.optimizer](job.weights, plan.schedule, state=job.optimizer_state)
    of_chunk = None
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
            for rows, gathered, batch in _gather_batches(shares, order, plan.batch_size):
                table, *dense = optimizer.weights
                words: npt.NDArray[np.intp] | None = None
                if optimizer.moves_all_rows:
                    of_batch = gathered[batch]
                else:  # Take the rows of the table that the batch has.
                    words, of_batch = gathered.compact(batch)
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


def _gather_batches(
    shares: Shares, order: npt.NDArray[np.intp], batch_size: int
) -> Iterator[tuple[npt.NDArray[np.intp], Shares, slice]]:
    """Yield the numbers of each batch's rows, and which rows they are of some shares."""
    # Many batches are gathered at once, because to gather each takes longer than its arithmetic.
    at_once = max(ROWS_AT_ONCE // batch_size, 1) * batch_size
    for first in range(0, len(order), at_once):
        rows = order[first : first + at_once]
        gathered = shares[rows]
        for start in range(0, len(rows), batch_size):
            batch = slice(start, min(start + batch_size, len(rows)))
            yield rows[batch], gathered, batch
