"""What holds for every method that learns: whole or not at all, and reported to callbacks.

The callbacks are those that scikit-learn's `set_callbacks` sets, since 1.9 and still as an
experiment: this is the one file that knows them. Where scikit-learn is older, estimators have no
`set_callbacks`, and nothing is reported.
"""

from __future__ import annotations

import functools
import inspect
import reprlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

try:
    from sklearn import callback
except ImportError:

    def _with_callbacks(method: Any) -> Any:
        return method

    class CallbackSupportMixin:
        """Without callbacks: this scikit-learn has none."""

else:
    _with_callbacks = callback.with_callbacks

    class CallbackSupportMixin(callback.CallbackSupportMixin):  # type: ignore[no-redef]  # One of the two is.
        """With scikit-learn's callbacks."""

        def set_callbacks(self, *callbacks: Any) -> Self:
            """Set scikit-learn's callbacks, such as `ProgressBar` and `ScoringMonitor`.

            They see each fit, each chunk of `partial_fit`, and each epoch where there are any; a
            pipeline or a search hands on those it is given. They are kept by `clone`, and not
            Keras's, which are the parameter `callbacks` of the classifier.

            Parameters
            ----------
            *callbacks : sklearn.callback.FitCallback
                The callbacks, in place of those set before; none to have none.

            Returns
            -------
            self : estimator
            """
            return super().set_callbacks(*callbacks)


__all__ = ["CallbackSupportMixin", "fit_task", "learning_method"]

Estimator = TypeVar("Estimator")
P = ParamSpec("P")
T = TypeVar("T")


def learning_method(
    method: Callable[Concatenate[Estimator, P], T],
) -> Callable[Concatenate[Estimator, P], T]:
    """Have a method learn the whole or nothing at all, and its errors say by a note whose they are.

    Callbacks are torn down before that, whose failure is one of the method's.
    """
    managed = _with_callbacks(method)

    @functools.wraps(method)
    def wrapper(estimator: Estimator, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with whole_or_not_at_all(estimator):
                return managed(estimator, *args, **kwargs)
        except Exception as error:
            # Of a search, on another machine at that, one wants to know which candidate's.
            error.add_note(f"Raised while {_described(estimator)} was fitted.")
            raise

    return wrapper


@contextmanager
def whole_or_not_at_all(estimator: Any) -> Iterator[None]:
    """Have what fails or is interrupted leave the estimator as it was.

    That is enough because nothing learned is ever updated in place.
    """
    before = estimator.__dict__.copy()
    try:
        yield
    except BaseException:
        # At once: another thread may be predicting, a second interrupt may come.
        estimator.__dict__ = before
        raise


def _described(estimator: Any) -> str:
    """Return the estimator's name with the parameters that are not the default, shortened.

    Its own `repr` would take seconds where a parameter is a vocabulary, and fails where one's does.
    """
    shown = reprlib.Repr()
    shown.maxother = shown.maxstring = 100
    shown.maxdict = 1
    defaults = inspect.signature(type(estimator)).parameters
    given = [
        f"{name}={shown.repr(value)}"
        for name, value in estimator.get_params(deep=False).items()
        if shown.repr(value) != shown.repr(defaults[name].default)
    ]
    return f"{type(estimator).__name__}({', '.join(given)})"


class FitTask:
    """A fit under way, as scikit-learn's callbacks see it; silent where there are none."""

    def __init__(self, context: Any = None, **told: Any) -> None:
        self._context = context
        self._told = told
        self._epoch: Any = None

    def begin_epoch(self) -> None:
        if self._context is not None:
            self._epoch = self._context.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(**self._told)

    def end_epoch(self, learned: Callable[[], dict[str, Any]]) -> bool:
        """Return whether a callback asks to stop.

        `learned` makes the attributes of the estimator as if fitted up to here. It is called only
        if a callback wants that estimator, which may keep them.
        """
        if self._epoch is None:
            return False
        return bool(
            self._epoch.call_on_fit_task_end(**self._told, reconstruction_attributes=learned)
        )


@contextmanager
def fit_task(
    estimator: Any, method: str, X: Any, y: Any, sample_weight: Any = None, *, epochs: int = 0
) -> Iterator[FitTask]:
    """Report what is done meanwhile to the callbacks: a task, and each epoch as a task in it."""
    if not hasattr(estimator, "set_callbacks"):
        yield FitTask()
        return
    told = {
        "estimator": estimator,
        "X": X,
        "y": y,
        "metadata": None if sample_weight is None else {"sample_weight": sample_weight},
    }
    context = estimator._init_callback_context(task_name=method, max_subtasks=epochs)
    context.call_on_fit_task_begin(**told)
    yield FitTask(context, **told)
    context.call_on_fit_task_end(**told, reconstruction_attributes={})
