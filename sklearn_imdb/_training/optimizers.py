"""Adam and the schedule of its learning rate, as Keras has them."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

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
        self._fade = Adam.beta_1 / math.sqrt(Adam.beta_2)

    def begin(self, n_steps: int) -> None:
        """Prepare for as many steps, after which `finish` is to be called."""
        self._rates = self._adam.rates(n_steps)
        self._n_steps = 0
        self._last[:] = 0
        # How far a row of unit mean and variance moves, from each step on to the last one.
        ahead = [0.0]
        for rate in self._rates[::-1].tolist():
            ahead.append(self._fade * (rate + ahead[-1]))
        self._ahead = np.array(ahead[::-1])

    def different(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
        """Return the different ones of these rows, sorted."""
        self._is_wanted[rows] = True
        different = np.flatnonzero(self._is_wanted)
        self._is_wanted[different] = False
        return different

    def catch_up(self, rows: npt.NDArray[np.intp] | slice) -> None:
        """Bring rows to where the last step left them."""
        last = self._last[rows]
        waited = self._n_steps - last
        distance = self._ahead[last] - self._fade**waited * self._ahead[self._n_steps]
        mean, variance = self._mean[rows], self._variance[rows]
        step = mean / (np.sqrt(variance) + np.float32(Adam.epsilon))
        step *= distance.astype(np.float32)[:, np.newaxis]
        self._table[rows] -= step
        self._mean[rows] = mean * (Adam.beta_1**waited).astype(np.float32)[:, np.newaxis]
        self._variance[rows] = variance * (Adam.beta_2**waited).astype(np.float32)[:, np.newaxis]
        self._last[rows] = self._n_steps

    def step(self, rows: npt.NDArray[np.intp], gradient: Floats) -> None:
        """Move rows that have caught up against their gradient, which is overwritten."""
        table, mean, variance = self._table[rows], self._mean[rows], self._variance[rows]
        update(table, gradient, mean, variance, self._rates[self._n_steps])
        self._table[rows], self._mean[rows], self._variance[rows] = table, mean, variance
        self._n_steps += 1
        self._last[rows] = self._n_steps

    def finish(self) -> None:
        """Bring all rows to where the last step left them."""
        self.catch_up(slice(None))
