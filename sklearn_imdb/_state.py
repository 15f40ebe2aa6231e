"""What an estimator's saved state says of the library that saved it, and what follows from that.

scikit-learn's own check of versions is for its own estimators.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from sklearn_imdb import __version__

STATE_FORMAT = 1
"""To be raised with every change of a state that the versions before it would misread."""

_STAMP = "_sklearn_imdb"


def stamped(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of an estimator's state that says what saved it."""
    return {**state, _STAMP: {"version": __version__, "format": STATE_FORMAT}}


def checked_state(state: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a copy of a loaded state without its stamp; warn or raise where it is not this one."""
    state = dict(state)
    stamp = state.pop(_STAMP, {"version": "unknown", "format": 0})
    if stamp["format"] > STATE_FORMAT:
        raise ValueError(
            f"This {name} was saved by sklearn_imdb {stamp['version']} in state format "
            f"{stamp['format']}, and sklearn_imdb {__version__} reads formats up to "
            f"{STATE_FORMAT}: upgrade sklearn_imdb to {stamp['version']} or later, or fit anew "
            "with this version."
        )
    if stamp["version"] != __version__:
        warnings.warn(
            f"This {name} was saved by sklearn_imdb {stamp['version']} and is loaded by "
            f"{__version__}: it may predict otherwise or not at all. Load it with the version that "
            "saved it, or check its predictions and save it anew.",
            UserWarning,
            stacklevel=3,
        )
    return state
