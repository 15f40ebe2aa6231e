"""The schedules of a learning rate: its value in each step."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias


@dataclass(frozen=True)
class ConstantRate:
    """The same learning rate in every step."""

    start: Any
    """A number, or for Keras's backend alone a schedule of Keras's."""

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        return float(self.start)  # A NumPy float64 would make float64 of all.


@dataclass(frozen=True)
class CosineDecay:
    """A rate that falls along a cosine over `n_steps` (Loshchilov & Hutter, 2017)."""

    start: float
    n_steps: int
    end: ClassVar[float] = 0.02
    """Part of the rate that is left at the end."""

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        falling = (1 + math.cos(math.pi * min(step / self.n_steps, 1))) / 2
        return self.start * (self.end + (1 - self.end) * falling)


Schedule: TypeAlias = ConstantRate | CosineDecay
