"""Training by NumPy and SciPy: sparse products, and the rows of the table that a batch has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from sklearn_imdb._training.network import Network, Weights, evaluate, loss_and_gradients, n_right
from sklearn_imdb._training.optimizers import OPTIMIZERS, Optimizer, OptimizerState
from sklearn_imdb._training.plan import Job, Logs
from sklearn_imdb._training.pooling import Shares
from sklearn_imdb._training.sequences import ROWS_AT_ONCE, Floats, Words


# A loss that overflows is reported as such, by whoever is called with the logs.
@np.errstate(over="ignore", invalid="ignore")
def train(
    job: Job, begin_epoch: Callable[[], None], end_epoch: Callable[[Logs, Weights], bool]
) -> tuple[Weights, OptimizerState]:
    """Train as `Backend` says."""
    plan, network, rng, validation = job.plan, job.network, job.rng, job.validation
    optimizer = OPTIMIZERS[plan.optimizer](job.weights, plan.schedule, state=job.optimizer_state)
    step = _Step(network, optimizer, rng)
    shares: Shares | None = None
    of_chunk = None
    if validation is not None:
        of_validation = network.pooling.shares(validation.X, network.input_dim)
    for _ in range(plan.epochs):
        begin_epoch()
        loss = right = 0.0
        for chunk in job.training.chunks():
            if shares is None or chunk is not of_chunk:  # The one chunk in memory stays the same.
                shares, of_chunk = network.pooling.shares(chunk.X, network.input_dim), chunk
            y, sample_weight = chunk.targets.numbers, chunk.sample_weight
            if sample_weight is not None:
                sample_weight = sample_weight.astype(np.float32)
            order = rng.permutation(len(chunk)) if plan.shuffle else np.arange(len(chunk))
            for rows, gathered, batch in _gather_batches(shares, order, plan.batch_size):
                weight = None if sample_weight is None else sample_weight[rows]
                batch_loss, z = step(gathered, batch, y[rows], weight)
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


class _Step:
    """A step by a batch, of all weights or of the rows of the table that the batch has."""

    def __init__(self, network: Network, optimizer: Optimizer, rng: np.random.RandomState) -> None:
        self._network, self._optimizer, self._rng = network, optimizer, rng
        self._is_needed = np.zeros(network.input_dim, bool)
        self._column_of = np.zeros(network.input_dim, np.int32)

    def __call__(
        self, gathered: Shares, batch: slice, y: Words, sample_weight: Floats | None
    ) -> tuple[float, Floats]:
        """Take the step; return the batch's loss and logits, of the weights before."""
        table, *dense = self._optimizer.weights
        indices = gathered.find_words(batch)
        rows = None
        if self._optimizer.moves_all_rows or len(indices) >= len(table):
            shares = gathered[batch]
        else:
            # The different indices, without sorting the 50,000 of a batch of long texts.
            self._is_needed[indices] = True
            rows = np.flatnonzero(self._is_needed)
            self._is_needed[rows] = False
            self._column_of[rows] = np.arange(len(rows), dtype=np.int32)
            shares = gathered.compact(batch, rows, self._column_of[indices])
            table = table.take(rows, axis=0)  # Faster than indexing by an array.
        loss, gradients, z = loss_and_gradients(
            self._network, [table, *dense], shares, y, sample_weight, self._rng
        )
        self._optimizer.step(gradients, rows)
        return loss, z
