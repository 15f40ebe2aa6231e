"""The optimizers of SciPy's backend, as Keras has them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from sklearn_imdb._training.schedules import Schedule
from sklearn_imdb._training.sequences import Floats

OptimizerState: TypeAlias = list[npt.NDArray[Any]]
"""What training goes on from, besides the weights and the parameters."""


class Optimizer(ABC):
    """Holds weights and moves them against their gradient, step by step.

    Parameters
    ----------
    weights : sequence of ndarray
        Where to start from. They are copied.
    schedule : Schedule
        The learning rate of each step.
    state : list of ndarray, default=None
        The state of an optimizer, to continue from.
    """

    moves_all_rows: ClassVar[bool]
    """Whether a step also moves the rows of the embedding table that have no gradient."""

    n_moments: ClassVar[int]
    """Numbers that are kept for each weight."""

    auto_rate: ClassVar[float]
    """Factor of `learning_rate="auto"`."""

    def __init__(
        self, weights: Sequence[Floats], schedule: Schedule, *, state: OptimizerState | None = None
    ) -> None:
        self._schedule = schedule
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
        """The number of steps, and the moments of each weight, in the order of the weights."""
        return [np.array(self.iterations), *self._moments]

    @abstractmethod
    def step(self, gradients: Sequence[Floats], rows: npt.NDArray[np.intp] | None = None) -> None:
        """Move the weights against their gradients.

        Parameters
        ----------
        gradients : sequence of ndarray
            Of each array of weights. They may be overwritten.
        rows : ndarray of int, default=None
            The different rows of the table that the first gradient is of. None means all. Only an
            optimizer that leaves the other rows where they are takes some.
        """

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
        # The correction for moments that start from zero is in float32, as in Keras: 1 - 0.999 is
        # off by 1e-5 there, more than anything else in which the two differ.
        betas = np.array([self.beta_1, self.beta_2], np.float32)
        decays = betas ** np.float32(self.iterations + 1)
        correction = np.sqrt(1 - decays[1]) / (1 - decays[0])
        rate = np.float32(self._schedule.rate(self.iterations)) * correction
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


class Adagrad(Optimizer):
    """Adagrad (Duchi, Hazan & Singer, 2011) as Keras has it, epsilon 1e-7, from zero.

    A row without a gradient does not move, so a step can be limited to the rows of a batch.
    """

    moves_all_rows = False
    n_moments = 1
    auto_rate = 0.24
    epsilon = 1e-7

    def step(self, gradients: Sequence[Floats], rows: npt.NDArray[np.intp] | None = None) -> None:
        rate = self._schedule.rate(self.iterations)
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
"""The optimizers of SciPy's backend, by Keras's names."""
