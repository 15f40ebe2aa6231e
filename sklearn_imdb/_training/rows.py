"""Training and validation rows of a fit, checked together, and their weights in the loss."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.validation import check_consistent_length

from sklearn_imdb._compat import check_sample_weight
from sklearn_imdb._targets import Targets
from sklearn_imdb._training.sequences import Floats, Words, check_indices
from sklearn_imdb._warnings import warn_user

ClassWeight: TypeAlias = Mapping[Any, float] | str | list[Mapping[int, float]] | None

VALIDATION_SPLIT = 0.1
"""Share of the rows that is held out where nothing else is asked for."""


@dataclass(frozen=True)
class Rows:
    """Sequences with their classes, in memory: one chunk."""

    X: Words
    """Word indices, shape (n_samples, maxlen)."""
    targets: Targets
    sample_weight: Floats | None = None
    """With a mean of 1 where they come to a loss, shape (n_samples,)."""

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, numbers: npt.NDArray[np.intp] | slice) -> "Rows":
        weight = None if self.sample_weight is None else self.sample_weight[numbers]
        return Rows(self.X[numbers], self.targets[numbers], weight)

    def chunks(self) -> Iterator["Rows"]:
        """Yield the rows of each chunk."""
        yield self

    def n_steps(self, batch_size: int) -> int:
        """Return the number of batches in an epoch."""
        return -(-len(self) // batch_size)

    @property
    def weights(self) -> Floats:
        """The sample weights, or ones."""
        return np.ones(len(self)) if self.sample_weight is None else self.sample_weight

    def class_totals(self) -> npt.NDArray[np.float64]:
        """Return the weight of the rows of each class, and of all rows, shape (n_classes + 1,)."""
        return np.append(self.weights @ self.targets.indicator(), self.weights.sum())


@dataclass(frozen=True, kw_only=True)
class StreamedRows(Rows):
    """Sequences that are read chunk after chunk, anew in each epoch.

    `X` is a sample of them, with the largest index of all; `targets` and weights are of all rows.
    """

    read: Callable[[slice], Words]
    """Returns the sequences of some rows."""
    sizes: list[int]
    """Number of rows of each chunk."""

    def n_steps(self, batch_size: int) -> int:
        # A batch is of one chunk.
        return sum(-(-size // batch_size) for size in self.sizes)

    def chunks(self) -> Iterator[Rows]:
        end = 0
        for size in self.sizes:
            rows = slice(end, end := end + size)
            weight = None if self.sample_weight is None else self.sample_weight[rows]
            yield Rows(self.read(rows), self.targets[rows], weight)


def check_rows(
    X: Any, targets: Targets, sample_weight: Any, suffix: str = "", *, needs_two: bool = False
) -> Rows:
    """Return the rows of a numeric `X` that weigh anything, of two classes where these are needed.

    Rows of weight 0 count for the classes, because meta-estimators line up probabilities by them.
    """
    check_consistent_length(X, targets.numbers)
    numbers = None
    if sample_weight is not None:
        name = f"sample_weight{suffix}"
        weights = check_weights(sample_weight, X, name)
        numbers = find_weighted(weights, name)
        X, targets, sample_weight = X[numbers], targets[numbers], weights[numbers]
    if needs_two:
        targets.check_two_classes("y" if numbers is None else "y of the rows with a weight")
    return Rows(check_indices(X, f"X{suffix}", numbers), targets, sample_weight)


def check_pair(X_val: Any, y_val: Any) -> None:
    """Raise a ValueError unless validation rows and their labels are both there."""
    if X_val is None or y_val is None:
        missing = "X_val" if X_val is None else "y_val"
        raise ValueError(f"{missing} is missing: pass X_val and y_val together, or neither.")


def hold_out(
    parameters: Mapping[str, Any], training: Rows, rng: np.random.RandomState
) -> tuple[Rows, Rows | None]:
    """Split the rows into those to train on and a stratified part for early stopping to watch.

    A class with too few rows to be split stays with the rows to train on. Rows that may have
    several labels are not stratified. Where nothing is held out, the second part is None. A warning
    says so if something was asked for.
    """
    share, stops_early = parameters["validation_split"], parameters["early_stopping"]
    if not stops_early or not parameters["monitor"].startswith("val_"):
        if not stops_early and share != VALIDATION_SPLIT:
            found = f"validation_split={share} holds out nothing with early_stopping=False"
            warn_user(f"{found}: set early_stopping=True, or pass X_val and y_val.")
        return training, None
    y = np.zeros(len(training), np.intp) if training.targets.several else training.targets.numbers
    try:
        parts = train_test_split(np.arange(len(y)), test_size=share, stratify=y, random_state=rng)
        return training[parts[0]], training[parts[1]]
    except ValueError:  # A class has too few rows for both parts.
        order = rng.permutation(len(y))
    present, sizes = np.unique(y, return_counts=True)
    of_class = [order[y[order] == number] for number in present]
    held_out = np.concatenate([rows[: int(len(rows) * share)] for rows in of_class])
    if not len(held_out):
        warn_user(
            f"early_stopping=True holds out nothing: validation_split={share} of the "
            f"{sizes.max()} rows of the largest class is less than one row. So all epochs are "
            "trained. Raise validation_split, or pass X_val and y_val."
        )
        return training, None
    return training[np.setdiff1d(order, held_out)], training[held_out]


# -- weights in the loss ----------------------------------------------------------------------


def weigh_rows(
    rows: Rows, class_weight: ClassWeight = None, n_before: int = 0, mean_before: float = 1.0
) -> tuple[Rows, tuple[int, float]]:
    """Multiply the rows' weights by those of their classes, and scale all to a mean of 1.

    The loss is then their weighted mean. The scale is one for all rows, not one for each batch, so
    that a row counts for the same in any batch. Also returned are the number of rows and their mean
    weight before. For a stream, pass this pair with the next chunk.
    """
    weights, n_rows, mean = rows.sample_weight, len(rows), 1.0
    if class_weight is not None:
        of_classes = _weigh_by_class(class_weight, rows.targets)
        weights = of_classes if weights is None else of_classes * weights
        _check_each(weights, "class_weight")
        find_weighted(weights, "class_weight")
    if weights is not None:
        heaviest = weights.max()
        weights = weights / heaviest  # First, because a sum of huge weights would overflow.
        share = weights.mean()
        mean = heaviest * share
        weights = weights / share
    # In this form it is the same, to the bit, where there is nothing before, or nothing else.
    mean_of_all = mean + (mean_before - mean) * (n_before / (n_before + n_rows))
    if mean_of_all != mean:
        weights = (np.ones(n_rows) if weights is None else weights) * (mean / mean_of_all)
    return replace(rows, sample_weight=weights), (n_before + n_rows, float(mean_of_all))


def _weigh_by_class(class_weight: Any, targets: Targets) -> npt.NDArray[np.float64]:
    """Return the weight of each row by its class, or by its labels."""
    if targets.several or isinstance(class_weight, str):
        return compute_sample_weight(class_weight, targets.numbers)
    if isinstance(class_weight, list):
        raise ValueError("class_weight as a list is for a y with several labels of a row.")
    classes = targets.classes.tolist()
    unknown = [key for key in class_weight if key not in classes]
    if unknown and len(class_weight) - len(unknown) < len(classes):
        raise ValueError(
            f"class_weight has the key {unknown[0]!r}, which is none of the classes {classes}: use "
            "the classes as keys. Text and numbers are different keys."
        )
    # All classes are passed, because some of them may have no row.
    weights = compute_class_weight(dict(class_weight), classes=targets.classes, y=targets.classes)
    return weights[targets.numbers]


def check_weights(weights: Any, X: npt.NDArray[Any], name: str) -> npt.NDArray[np.float64]:
    """Return the sample weights that a user gave for these rows, finite and not negative."""
    try:
        weights = check_sample_weight(weights, X, dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    _check_each(weights, name)
    return weights


def find_weighted(weights: Floats, name: str) -> npt.NDArray[np.intp]:
    """Return the numbers of the rows that weigh anything."""
    if not weights.any():
        raise ValueError(f"{name} is zero for every row: no row is left.")
    return np.flatnonzero(weights)


def _check_each(weights: Floats, name: str) -> None:
    if not np.isfinite(weights).all():
        raise ValueError(f"{name} must be finite, got {weights[~np.isfinite(weights)][0]}.")
    if (weights < 0).any():
        raise ValueError(f"{name} must not be negative, got {weights.min()}.")
