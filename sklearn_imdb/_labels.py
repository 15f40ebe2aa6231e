"""Labels of documents: none missing, and the class of each as a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets


def is_missing(value: Any) -> bool:
    """Whether it is None, not a number, or pandas's NA or NaT, which need not be installed."""
    is_nan = isinstance(value, float) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def check_labels(y: Any, name: str = "y") -> None:
    """Raise a ValueError that names the row where a label is missing, or is text beside numbers."""
    # NumPy would make all labels of a list text where one of them is.
    labels = np.asarray(y, dtype=object if isinstance(y, list | tuple) else None)
    if labels.ndim != 1 or labels.dtype.kind not in "Of":
        return
    for row, label in enumerate(labels.tolist()):
        if is_missing(label):
            raise ValueError(
                f"Input {name} contains NaN or None: {name}[{row}] = {label!r}. A label is "
                "missing: fill it, or drop the row."
            )
        if isinstance(label, str) != isinstance(labels[0], str):
            raise ValueError(
                f"{name} must hold either text or numbers, got {name}[{row}] = {label!r} beside "
                f"{labels[0]!r}."
            )


class Labels(NamedTuple):
    """The class of each document."""

    classes: list[Any]
    """Sorted; one None where documents have no label."""
    numbers: npt.NDArray[np.intp] | None = None
    """Class number of each document."""

    @classmethod
    def of(cls, y: Any) -> Self:
        """Return the classes of the labels `y`; with None every document is of the same."""
        if y is None:
            return cls([None])
        check_labels(y)
        labels = column_or_1d(y)
        if len(labels):
            check_classification_targets(labels)
        classes, numbers = np.unique(labels, return_inverse=True)
        return cls(classes.tolist(), numbers)

    def beside(self, documents: Iterable[Any]) -> Iterator[tuple[Any, int]]:
        """Yield each document with its class number."""
        if self.numbers is None:
            for document in documents:
                yield document, 0
            return
        n_documents = 0
        for n_documents, document in enumerate(documents, 1):
            if n_documents > len(self.numbers):
                break
            yield document, self.numbers[n_documents - 1]
        if n_documents != len(self.numbers):
            more = "more" if n_documents > len(self.numbers) else "fewer"
            raise ValueError(
                f"y must have a label for each document of X: it has {len(self.numbers)}, and X "
                f"holds {more}."
            )
