"""What each token of some sequences contributed to a logit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sklearn_imdb._convention import PADDING
from sklearn_imdb._explain.attribution import (
    Attributions,
    attributions,
    class_directions,
    expected_path,
    logit_path,
)
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.vocabulary import name_indices
from sklearn_imdb._training.network import Network, Weights


class TokenContributions(NamedTuple):
    """What each token of a text contributed to a logit.

    `contributions.sum()` is `logit - baseline`. They are computed in float64, where
    `decision_function` adds up embeddings in float32: it differs from `logit` in the sixth digit.
    """

    tokens: list[str]
    """The tokens that the network was given, in order, as `inverse_transform` of the vectorizer
    names them: `<START>`, and `<UNK>` for a word it does not know. Tokens that were cut off
    and padding contribute nothing and are not listed."""
    contributions: npt.NDArray[np.float64]
    """Of each token, shape (n_tokens,)."""
    logit: float
    """The logit of `label`; of a regressor the predicted number."""
    baseline: float
    """The same logit of a sequence of nothing but padding."""
    label: Any
    """The class whose logit it is; None of a regressor."""
    against: Any = None
    """The class whose logit was taken from it; None where none was."""


def contributions_of(
    X: npt.NDArray[np.integer],
    z: npt.NDArray[np.float64],
    network: Network,
    weights: Weights,
    classes: list[Any],
    vocabulary: Mapping[str, int],
    recipe: Recipe,
    *,
    label: Any,
    against: Any,
) -> list[TokenContributions]:
    """Explain each sequence; `z` are the decisions, which choose the label where it is None."""
    if label is not None:
        numbers = np.full(len(z), number_of(label, classes))
    else:
        numbers = np.ones(len(z), np.intp) if z.ndim == 1 else z.argmax(axis=1)
    of_class = class_directions(network.n_outputs, len(classes))
    directions = of_class[numbers]
    if against is not None:
        other = number_of(against, classes, "against")
        if (numbers == other).any():
            raise ValueError(f"against={against!r} is the label that is explained: name another.")
        if z.ndim > 1:  # Else the logit is of one class against the other.
            directions = directions - of_class[other]
    paths = (partial(logit_path, direction=direction) for direction in directions)
    found = attributions(network, weights, X, paths)
    labels = [classes[number] for number in numbers.tolist()]
    return _name_tokens(X, found, network, vocabulary, recipe, labels, against)


def explain_values(
    X: npt.NDArray[np.integer],
    network: Network,
    weights: Weights,
    values: npt.NDArray[np.float64],
    vocabulary: Mapping[str, int],
    recipe: Recipe,
) -> list[TokenContributions]:
    """Explain the expected value of each sequence, in the units of the values."""
    path = partial(expected_path, network=network, values=values)
    found = attributions(network, weights, X, [path] * len(X))
    return _name_tokens(X, found, network, vocabulary, recipe, [None] * len(X), None)


def _name_tokens(
    X: npt.NDArray[np.integer],
    found: Attributions,
    network: Network,
    vocabulary: Mapping[str, int],
    recipe: Recipe,
    labels: list[Any],
    against: Any,
) -> list[TokenContributions]:
    indices, name_numbers = np.unique(X, return_inverse=True)
    names = name_indices(indices.tolist(), vocabulary, recipe)
    name_numbers = name_numbers.reshape(X.shape)  # NumPy 1 leaves it flat.
    is_token = is_token_at(X, network)
    return [
        TokenContributions(
            tokens=[names[number] for number in name_numbers[row][is_token[row]].tolist()],
            contributions=found.contributions[row][is_token[row]],
            logit=float(found.logits[row]),
            baseline=float(found.baselines[row]),
            label=label,
            against=against,
        )
        for row, label in enumerate(labels)
    ]


def number_of(label: Any, classes: list[Any], name: str = "label") -> int:
    """Return the position of a label among the classes, or raise a ValueError."""
    if label not in classes:
        raise ValueError(f"{name}={label!r} is none of the classes {classes}.")
    return classes.index(label)


def is_token_at(X: npt.NDArray[np.integer], network: Network) -> npt.NDArray[np.bool_]:
    """Whether each index stands for a token, and not for padding or the network's divider."""
    divider = network.pooling.divider
    return (X != PADDING) & ((PADDING if divider is None else divider) != X)
