"""Warnings that point at the user's line, from however deep they come."""

import sys
import warnings

_INSIDE = ("sklearn_imdb", "sklearn", "joblib", "pickle")
"""Packages whose lines are not the user's."""


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line outside of this package and of the packages that call it.

    From Python 3.12 on, `skip_file_prefixes` of `warnings.warn` does so.
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _INSIDE:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
