"""Adam and the schedule of its learning rate, as Keras has them."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

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
        self.mean: npt.NDArray[np.floating] | None = None
        self.variance: npt.NDArray[np.floating] | None = None
        if state is not None:
            iterations, self.mean, self.variance = state
            self.iterations = int(iterations)

    @property
    def state(self) -> OptimizerState:
        """The state after at least one step."""
        moments = [array for array in (self.mean, self.variance) if array is not None]
        return [np.array(self.iterations), *moments]

    def step(self, weights: npt.NDArray[np.floating], gradient: npt.NDArray[np.floating]) -> None:
        """Move `weights` against `gradient`, which is overwritten; both of shape (n_weights,)."""
        if self.mean is None or self.variance is None:
            self.mean, self.variance = np.zeros_like(weights), np.zeros_like(weights)
        learning_rate = self.learning_rate
        if self.decay_steps is not None:
            learning_rate *= cosine_decay(self.iterations, self.decay_steps)
        self.iterations += 1
        # In float32, as in Keras: 1 - 0.999 is off by 1e-5 there, more than all else that makes
        # the two differ.
        decays = np.array([self.beta_1, self.beta_2], np.float32) ** np.float32(self.iterations)
        corrections = np.sqrt(1 - decays[1]) / (1 - decays[0])
        work = gradient - self.mean
        work *= 1 - self.beta_1
        self.mean += work
        np.square(gradient, out=gradient)
        gradient -= self.variance
        gradient *= 1 - self.beta_2
        self.variance += gradient
        np.sqrt(self.variance, out=work)
        work += self.epsilon
        np.divide(self.mean, work, out=work)
        work *= learning_rate * corrections
        weights -= work
