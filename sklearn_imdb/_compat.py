"""What scikit-learn keeps private, or has in some versions only, in one file.

scikit-learn has callbacks, as an experiment, since 1.9. With an older version the estimators have
no `set_callbacks`, and nothing is reported.
"""

from typing import Any, Self

from sklearn.utils import _param_validation, validation

HasMethods = _param_validation.HasMethods
Interval = _param_validation.Interval
RealNotInt = _param_validation.RealNotInt
StrOptions = _param_validation.StrOptions
check_sample_weight = validation._check_sample_weight
is_fitted = validation._is_fitted
validate_parameter_constraints = _param_validation.validate_parameter_constraints

try:
    from sklearn import callback
except ImportError:

    def with_callbacks(method: Any) -> Any:
        """Return the method: this scikit-learn has no callbacks."""
        return method

    class CallbackSupportMixin:
        """Without callbacks: this scikit-learn has none."""

else:
    with_callbacks = callback.with_callbacks

    # mypy does not see that only one of the two branches is ever run.
    class CallbackSupportMixin(callback.CallbackSupportMixin):  # type: ignore[no-redef]
        """With scikit-learn's callbacks."""

        def set_callbacks(self, *callbacks: Any) -> Self:
            """Set scikit-learn's callbacks, such as `ProgressBar` and `ScoringMonitor`.

            They see each fit, each chunk of `partial_fit`, and each epoch where there are epochs.
            A pipeline or a search hands on the callbacks it is given. `clone` keeps them. They are
            not Keras's callbacks, which are the parameter `callbacks` of the classifier.

            Parameters
            ----------
            *callbacks : sklearn.callback.FitCallback
                The callbacks. They replace those set before.

            Returns
            -------
            self : estimator
            """
            return super().set_callbacks(*callbacks)


def begin_task(estimator: Any, name: str, *, n_subtasks: int) -> Any:
    """Return scikit-learn's context of a fit; None where there are no callbacks."""
    if not hasattr(estimator, "set_callbacks"):
        return None
    return estimator._init_callback_context(task_name=name, max_subtasks=n_subtasks)
