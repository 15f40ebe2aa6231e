"""The optimizers of SciPy's backend, and the schedule of their learning rate, as Keras has them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

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


class Optimizer(ABC):
    """Holds weights and moves them against their gradient, step by step.

    Parameters
    ----------
    weights : sequence of ndarray
        Where to start from. They are copied.
    learning_rate : float
        Step size.
    decay_steps : int, default=None
        Steps over which the learning rate falls along a cosine to 2 %; None for a constant rate.
    state : list of ndarray, default=None
        The state of the optimizer that this one goes on from.
    """

    moves_all_rows: ClassVar[bool]
    """Whether a step also moves the rows of the embedding table that have no gradient."""

    n_moments: ClassVar[int]
    """Numbers that are kept of each weight."""

    auto_rate: ClassVar[float]
    """Factor of `learning_rate="auto"`."""

    def __init__(
        self,
        weights: Sequence[Floats],
        learning_rate: float,
        *,
        decay_steps: int | None = None,
        state: OptimizerState | None = None,
    ) -> None:
        self.learning_rate = float(learning_rate)  # A NumPy float64 would make float64 of all.
        self.decay_steps = decay_steps
        self._shapes = [array.shape for array in weights]
        # One flat array: a step then takes few calls of NumPy, however many layers there are.
        self._flat = np.concatenate([array.ravel() for array in weights])
        self.weights = self._views(self._flat)
        """The weights as they are after the last step."""
        self.iterations = 0
        self._moments = [np.zeros_like(self._flat) for _ in range(self.n_moments)]
        if state is not None:
            self.iterations, self._moments = int(state[0]), state[1:]
        self._views_of_moments = [self._views(moment) for moment in self._moments]

    @property
    def state(self) -> OptimizerState:
        """The number of steps, and what is kept of each weight, in the order of the weights."""
        return [np.array(self.iterations), *self._moments]

    @abstractmethod
    def step(self, gradients: Sequence[Floats], rows: npt.NDArray[np.intp] | None = None) -> None:
        """Move the weights against their gradients.

        Parameters
        ----------
        gradients : sequence of ndarray
            Of each array of weights. They may be overwritten.
        rows : ndarray of int, default=None
            The rows of the table, each once, that the first gradient is of; None for all. It is for
            an optimizer that leaves the other rows where they are.
        """

    def _rate(self) -> float:
        """Return the learning rate of the next step."""
        if self.decay_steps is None:
            return self.learning_rate
        return self.learning_rate * cosine_decay(self.iterations, self.decay_steps)

    def _views(self, flat: Floats) -> list[Floats]:
        """Return the arrays that lie in a flat one, and share its memory."""
        ends = np.cumsum([math.prod(shape) for shape in self._shapes])[:-1]
        parts = np.split(flat, ends)
        return [part.reshape(shape) for part, shape in zip(parts, self._shapes, strict=True)]


class Adam(Optimizer):
    """Adam (Kingma & Ba, 2015) as Keras has it: the order of section 2, epsilon 1e-7.

    All rows of a table move in each step, because the mean of their gradients decays slowly.
    """

    moves_all_rows = True
    n_moments = 2
    auto_rate = 0.03
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-7

    def step(self, gradients: Sequence[Floats], rows: npt.NDArray[np.intp] | None = None) -> None:
        gradient = np.concatenate([array.ravel() for array in gradients])
        mean, variance = self._moments
        rate = np.float32(self._rate()) * self._correction()
        work = gradient - mean
        work *= 1 - self.beta_1
        mean += work
        np.square(gradient, out=gradient)
        gradient -= variance
        gradient *= 1 - self.beta_2
        variance += gradient
        np.sqrt(variance, out=work)
        work += self.epsilon
        np.divide(mean, work, out=work)
        work *= rate
        self._flat -= work
        self.iterations += 1

    def _correction(self) -> np.float32:
        """Return the correction of the rate for the moments' start from zero."""
        # In float32, as in Keras: 1 - 0.999 is off by 1e-5 there, more than all else that makes
        # the two differ.
        betas = np.array([self.beta_1, self.beta_2], np.float32)
        decays = betas ** np.float32(self.iterations + 1)
        return np.sqrt(1 - decays[1]) / (1 - decays[0])


class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan & Singer, 2011) as Keras has it, epsilon 1e-7, from zero.

    A row without a gradient stays where it is, so that a step may take the rows of a batch alone.
    """

    moves_all_rows = False
    n_moments = 1
    auto_rate = 0.24
    epsilon = 1e-7

    def step(self, gradients: Sequence[Floats], rows: npt.NDArray[np.intp] | None = None) -> None:
        rate = self._rate()
        [sums] = self._views_of_moments
        for number, (weights, total, gradient) in enumerate(
            zip(self.weights, sums, gradients, strict=True)
        ):
            some = None if number else rows
            squares = np.square(gradient)
            squares += total if some is None else total.take(some, axis=0)
            _put(total, some, squares)
            squares += self.epsilon
            gradient *= rate
            gradient /= np.sqrt(squares, out=squares)
            moved = weights if some is None else weights.take(some, axis=0)
            _put(weights, some, moved - gradient)
        self.iterations += 1


def _put(table: Floats, rows: npt.NDArray[np.intp] | None, values: Floats) -> None:
    """Set these rows of a table, or all of it."""
    if rows is None:
        table[...] = values
        return
    # A row as one item: NumPy copies items twice as fast as rows of numbers.
    item = np.dtype((np.void, values.itemsize * values.shape[1]))
    table.view(item).ravel()[rows] = values.view(item).ravel()


OPTIMIZERS: dict[str, type[Optimizer]] = {"adam": Adam, "adagrad": Adagrad}
"""Those that SciPy's backend has, by Keras's names."""
