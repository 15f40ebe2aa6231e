"""Adam and the schedule of its learning rate, as Keras has them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.floating]

OptimizerState: TypeAlias = list[npt.NDArray[Any]]
"""What training goes on from, besides the weights and the parameters."""

COSINE_END = 0.02
"""Part of the learning rate that is left at the end of a cosine decay."""


def cosine_decay(step: int, n_steps: int) -> float:
    """Return the part of the learning rate at a step (Loshchilov & Hutter, 2017)."""
    falling = (1 + math.cos(math.pi * min(step / n_steps, 1))) / 2
    return COSINE_END + (1 - COSINE_END) * falling


class Adam:
    """Adam (Kingma & Ba, 2015) as Keras has it: the order of section 2, epsilon 1e-7.

    `step` updates in place the one flat array that holds all weights. With `decay_steps` the
    learning rate falls along a cosine to 2 % in as many steps.
    """

    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-7

    def __init__(
        self,
        learning_rate: float,
        *,
        decay_steps: int | None = None,
        state: OptimizerState | None = None,
    ) -> None:
        self.learning_rate = float(learning_rate)  # A NumPy float64 would make float64 of all.
        self.decay_steps = decay_steps
        self.iterations = 0
        self.mean: Floats | None = None
        self.variance: Floats | None = None
        if state is not None:
            iterations, self.mean, self.variance = state
            self.iterations = int(iterations)

    @property
    def state(self) -> OptimizerState:
        """The state after at least one step."""
        moments = [array for array in (self.mean, self.variance) if array is not None]
        return [np.array(self.iterations), *moments]

    def rates(self, n_steps: int) -> npt.NDArray[np.float32]:
        """Return the learning rate of each of the next steps, corrected for the moments' bias."""
        steps = self.iterations + np.arange(n_steps)
        rates = np.full(n_steps, self.learning_rate)
        if self.decay_steps is not None:
            rates *= [cosine_decay(step, self.decay_steps) for step in steps.tolist()]
        # In float32, as in Keras: 1 - 0.999 is off by 1e-5 there, more than all else that makes
        # the two differ.
        betas = np.array([[self.beta_1], [self.beta_2]], np.float32)
        decays = betas ** (steps + 1).astype(np.float32)
        return rates.astype(np.float32) * (np.sqrt(1 - decays[1]) / (1 - decays[0]))

    def step(self, weights: Floats, gradient: Floats) -> None:
        """Move `weights` against `gradient`, which is overwritten; both of shape (n_weights,)."""
        if self.mean is None or self.variance is None:
            self.mean, self.variance = np.zeros_like(weights), np.zeros_like(weights)
        [rate] = self.rates(1)
        self.iterations += 1
        update(weights, gradient, self.mean, self.variance, rate)


def update(weights: Floats, gradient: Floats, mean: Floats, variance: Floats, rate: float) -> None:
    """Update weights and moments in place; the gradient is overwritten."""
    work = gradient - mean
    work *= 1 - Adam.beta_1
    mean += work
    np.square(gradient, out=gradient)
    gradient -= variance
    gradient *= 1 - Adam.beta_2
    variance += gradient
    np.sqrt(variance, out=work)
    work += Adam.epsilon
    np.divide(mean, work, out=work)
    work *= rate
    weights -= work


class Moving(NamedTuple):
    """Some rows of a table with Adam's moments of them, as copies."""

    table: Floats
    mean: Floats
    variance: Floats


class RowwiseAdam:
    """Adam's steps on a table of which each step has a gradient for few rows.

    The other rows move as well, because Adam's mean of the gradients fades only by and by. How far
    a row has moved follows from the number of steps since its last gradient, so it is moved when
    it is needed next. The result is that of `Adam` but for rounding and for `epsilon`, which is
    taken to fade with the root of the variance. The moments are those of an `Adam`, which counts
    the steps.
    """

    def __init__(self, adam: Adam, table: Floats, mean: Floats, variance: Floats) -> None:
        self._adam = adam
        self._table, self._mean, self._variance = table, mean, variance
        self._last = np.zeros(len(table), np.intp)
        self._is_wanted = np.zeros(len(table), bool)
        self._column_of = np.zeros(len(table), np.int32)

    def begin(self, n_steps: int) -> None:
        """Prepare for as many steps, after which `finish` is to be called."""
        self._rates = self._adam.rates(n_steps)
        self._n_steps = 0
        self._last[:] = 0
        # What is left of each moment, and of a move, after each number of steps without a gradient.
        waited = np.arange(n_steps + 1)
        fade = Adam.beta_1 / math.sqrt(Adam.beta_2)
        self._fades = fade**waited
        self._of_mean = (Adam.beta_1**waited).astype(np.float32)[:, np.newaxis]
        self._of_variance = (Adam.beta_2**waited).astype(np.float32)[:, np.newaxis]
        # How far a row of unit mean and variance moves, from each step on to the last one.
        ahead = [0.0]
        for rate in self._rates[::-1].tolist():
            ahead.append(fade * (rate + ahead[-1]))
        self._ahead = np.array(ahead[::-1])

    def different(
        self, rows: npt.NDArray[np.integer]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
        """Return the different ones of these rows, sorted, and the position of each row in them."""
        self._is_wanted[rows] = True
        different = np.flatnonzero(self._is_wanted)
        self._is_wanted[different] = False
        self._column_of[different] = np.arange(len(different), dtype=np.int32)
        return different, self._column_of[rows]

    def take(self, rows: npt.NDArray[np.intp]) -> Moving:
        """Return rows, with their moments, where the last step left them."""
        last = self._last[rows]
        waited = self._n_steps - last
        distance = self._ahead[last] - self._fades[waited] * self._ahead[self._n_steps]
        # Faster than indexing by an array.
        table, mean, variance = (
            array.take(rows, axis=0) for array in (self._table, self._mean, self._variance)
        )
        step = mean / (np.sqrt(variance) + np.float32(Adam.epsilon))
        step *= distance.astype(np.float32)[:, np.newaxis]
        table -= step
        mean *= self._of_mean[waited]
        variance *= self._of_variance[waited]
        return Moving(table, mean, variance)

    def step(self, rows: npt.NDArray[np.intp], moving: Moving, gradient: Floats) -> None:
        """Move the rows that `take` returned against their gradient; both are overwritten."""
        update(moving.table, gradient, moving.mean, moving.variance, self._rates[self._n_steps])
        self._n_steps += 1
        self._put(rows, moving)

    def finish(self) -> None:
        """Bring all rows to where the last step left them."""
        rows = np.arange(len(self._table))
        self._put(rows, self.take(rows))

    def _put(self, rows: npt.NDArray[np.intp], moving: Moving) -> None:
        self._table[rows], self._mean[rows], self._variance[rows] = moving
        self._last[rows] = self._n_steps
