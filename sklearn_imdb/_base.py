"""What every learning method does: learn whole or not at all, and report to callbacks."""

import functools
import inspect
import reprlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from sklearn_imdb._compat import CallbackSupportMixin, begin_task, is_fitted, with_callbacks
from sklearn_imdb._version import __version__
from sklearn_imdb._warnings import warn_user

STATE_FORMAT = 6
"""Raise it with every change of a state that the versions before it would misread."""

_STAMP = "_sklearn_imdb"

Learner = TypeVar("Learner", bound="LearningMixin")
P = ParamSpec("P")
T = TypeVar("T")


def learning_method(
    method: Callable[Concatenate[Learner, P], T],
) -> Callable[Concatenate[Learner, P], T]:
    """Have a method learn the whole or nothing at all, and its errors name the estimator in a note.

    Callbacks are torn down inside: a callback that fails is a failure of the method.
    """
    managed = with_callbacks(method)
    accepted = inspect.signature(method).parameters

    @functools.wraps(method)
    def wrapper(self: Learner, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for name in kwargs:
            if name not in accepted:
                kind, remedy = type(self).__name__, self._elsewhere.get(name, ".")
                if name in inspect.signature(type(self)).parameters:
                    remedy = f": it is a parameter of the estimator, as in {kind}({name}=...)."
                called = f"{kind}.{method.__name__}()"
                raise TypeError(f"{called} got an unexpected keyword argument {name!r}{remedy}")
        try:
            with learn_whole_or_not_at_all(self):
                return managed(self, *args, **kwargs)
        except BaseException as error:
            # In a search, perhaps on another machine, the note names the candidate.
            error.add_note(f"Raised while {self._describe()} was fitted.")
            if self._note_if_unchanged and is_fitted(self):
                error.add_note(self._note_if_unchanged)
            raise

    return wrapper


@contextmanager
def learn_whole_or_not_at_all(estimator: Any) -> Iterator[None]:
    """Have what fails or is interrupted leave the estimator as it was.

    A copy of the attributes is enough, because nothing learned is ever updated in place.
    """
    before = estimator.__dict__.copy()
    try:
        yield
    except BaseException:
        # At once: another thread may be predicting, a second interrupt may come.
        estimator.__dict__ = before
        raise


class LearningMixin(CallbackSupportMixin):
    """Learning whole or not at all, callbacks, and a saved state that names its version."""

    _note_if_unchanged = ""
    """What to say of a failure that leaves what was learned before."""

    _elsewhere: Mapping[str, str] = {}
    """What to use in place of an argument that other libraries have, by its name."""

    def _describe(self) -> str:
        """Return the estimator's name with the parameters that are not the default, shortened.

        Its own `repr` would take seconds where a parameter is a vocabulary, and fails where the
        `repr` of a parameter does.
        """
        shown = reprlib.Repr()
        shown.maxother = shown.maxstring = 100
        shown.maxdict = 1
        given = []
        for name, parameter in inspect.signature(type(self)).parameters.items():
            value = shown.repr(getattr(self, name, parameter.default))
            if value != shown.repr(parameter.default):
                given.append(f"{name}={value}")
        return f"{type(self).__name__}({', '.join(given)})"

    @contextmanager
    def _fit_task(
        self, method: str, X: Any, y: Any, sample_weight: Any = None, *, epochs: int = 0
    ) -> Iterator["FitTask"]:
        """Report what is done meanwhile to the callbacks: a task, with each epoch a task in it."""
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        shown = {"estimator": self, "X": X, "y": y, "metadata": metadata}
        context = begin_task(self, method, n_subtasks=epochs)
        if context is not None:
            context.call_on_fit_task_begin(**shown)
        yield FitTask(context, shown)
        if context is not None:
            context.call_on_fit_task_end(**shown, reconstruction_attributes={})

    def __dask_tokenize__(self) -> Any:
        from dask.base import normalize_token

        # Of a dataclass Dask would take the parameters alone, and not what was learned.
        return normalize_token((type(self), self.__getstate__()))

    # scikit-learn's own check of versions is for its own estimators.
    def __getstate__(self) -> dict[str, Any]:
        state: Any = super().__getstate__()
        return {**state, _STAMP: {"version": __version__, "format": STATE_FORMAT}}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        state = dict(state)
        stamp = state.pop(_STAMP, {"version": "unknown", "format": 0})
        version, saved_format = stamp["version"], stamp["format"]
        saved_by = f"This {type(self).__name__} was saved by sklearn_imdb {version}"
        if saved_format != STATE_FORMAT:
            raise ValueError(
                f"{saved_by} in state format {saved_format}. This version, {__version__}, reads "
                f"only format {STATE_FORMAT}. Load it with version {version}, or fit it again."
            )
        if version != __version__:
            warn_user(
                f"{saved_by}, and may predict something else in version {__version__}. Load it "
                f"with version {version}, or check its predictions and save it again."
            )
        behind: Any = super()  # BaseEstimator, which has `__setstate__`, stands behind this mixin.
        behind.__setstate__(state)


@dataclass
class FitTask:
    """A fit under way, as scikit-learn's callbacks see it; silent where there are none."""

    context: Any
    """scikit-learn's; None where there are no callbacks."""
    shown: Mapping[str, Any]
    """What callbacks are given."""
    epoch: Any = None
    """The context of the epoch under way."""

    def begin_epoch(self) -> None:
        if self.context is not None:
            self.epoch = self.context.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(**self.shown)

    def end_epoch(self, learned: Callable[[], dict[str, Any]]) -> bool:
        """Return whether a callback asks to stop.

        `learned` makes the attributes of the estimator as if fitted up to here. It is called only
        if a callback wants that estimator, which may keep them.
        """
        if self.epoch is None:
            return False
        end = self.epoch.call_on_fit_task_end
        return bool(end(**self.shown, reconstruction_attributes=learned))
