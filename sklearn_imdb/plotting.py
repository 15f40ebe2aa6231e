"""The course of a training, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["TrainingHistoryDisplay"]

_PANELS = ("loss", "accuracy")
# Apart in colour, in grey and in dashes; for those who see few colours too (Okabe & Ito, 2008).
_TRAINING = {"label": "training", "color": "#E69F00", "linestyle": "--"}
_VALIDATION = {"label": "validation", "color": "#0072B2", "linestyle": "-"}
_KEPT = {"color": "0.3", "linestyle": ":", "linewidth": 1}


class TrainingHistoryDisplay:
    """Loss and accuracy after each epoch, of training and of validation.

    Make it by :meth:`from_estimator` or :meth:`from_history`.

    Parameters
    ----------
    history : mapping of str to sequence of float
        `loss` or `accuracy` or both, and where there was validation `val_loss` and
        `val_accuracy`: a value an epoch, as in `history_` of an
        :class:`EmbeddingAverageClassifier` or in `history` of Keras's `History`. What else
        there is in it is not drawn.
    kept_epoch : int, default=None
        Epoch, counted from 1, whose weights were kept; None marks none.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure drawn in.
    ax_ : ndarray of matplotlib.axes.Axes
        The axes of the loss and of the accuracy, where the history has them.
    lines_ : list of matplotlib.lines.Line2D
        The curves, in the order `loss`, `val_loss`, `accuracy`, `val_accuracy`.
    kept_epoch_lines_ : list of matplotlib.lines.Line2D
        The mark of the epoch kept, one in each of `ax_`.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores over the number of training rows.

    Examples
    --------
    >>> from sklearn_imdb import TrainingHistoryDisplay, make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> pipeline = make_text_classifier(random_state=0).fit(*make_reviews(1000, random_state=0))
    >>> display = TrainingHistoryDisplay.from_estimator(pipeline)
    >>> [line.get_label() for line in display.lines_]
    ['training', 'validation', 'training', 'validation']
    """

    figure_: Figure
    ax_: npt.NDArray[np.object_]
    lines_: list[Line2D]
    kept_epoch_lines_: list[Line2D]

    def __init__(
        self, *, history: Mapping[str, Sequence[float]], kept_epoch: int | None = None
    ) -> None:
        self.history = history
        self.kept_epoch = kept_epoch

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the training of a fitted classifier.

        Parameters
        ----------
        estimator : EmbeddingAverageClassifier or Pipeline ending in one
            Fitted.
        ax : matplotlib Axes or array-like of them, default=None
            As in :meth:`plot`.

        Returns
        -------
        display : TrainingHistoryDisplay

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError
            If `estimator` keeps no history.
        """
        classifier = estimator
        while hasattr(classifier, "steps"):
            classifier = classifier[-1]
        if isinstance(classifier, BaseEstimator):
            check_is_fitted(classifier)
        if not hasattr(classifier, "kept_epoch_"):
            remedy = ""
            if hasattr(classifier, "best_estimator_"):
                remedy = ": pass its best_estimator_"
            elif isinstance(getattr(classifier, "history", None), Mapping):
                remedy = ": pass its .history to from_history"
            raise TypeError(
                "estimator must be an EmbeddingAverageClassifier or a Pipeline ending in one, got "
                f"{type(classifier).__name__}{remedy}."
            )
        return cls.from_history(classifier.history_, kept_epoch=classifier.kept_epoch_, ax=ax)

    @classmethod
    def from_history(
        cls,
        history: Mapping[str, Sequence[float]],
        *,
        kept_epoch: int | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw a history.

        Parameters
        ----------
        history : mapping of str to sequence of float
            As the class takes it: `history_` of a classifier, or `model.fit(...).history`
            of Keras.
        kept_epoch : int, default=None
            Epoch, counted from 1, whose weights were kept; None marks none.
        ax : matplotlib Axes or array-like of them, default=None
            As in :meth:`plot`.

        Returns
        -------
        display : TrainingHistoryDisplay
        """
        return cls(history=history, kept_epoch=kept_epoch).plot(ax=ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the curves, loss on the left and accuracy on the right.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of them, default=None
            One Axes for each of loss and accuracy; or a single one, which gives its place to
            both. None makes a new figure.

        Returns
        -------
        display : TrainingHistoryDisplay

        Raises
        ------
        ImportError
            Without matplotlib.
        TypeError
            If `history` is no mapping of names to numbers, or `ax` holds anything but Axes.
        ValueError
            If `history` has neither loss nor accuracy, its lists differ in length,
            `kept_epoch` is none of its epochs, or `ax` has another number of Axes.
        """
        try:
            import matplotlib.pyplot as plt
            from matplotlib.axes import Axes
            from matplotlib.ticker import MaxNLocator
        except ImportError as error:
            raise ImportError(
                "TrainingHistoryDisplay draws with matplotlib, which is not installed: "
                'pip install "sklearn-imdb[plot]".'
            ) from error
        curves = self._checked_curves()
        panels = [panel for panel in _PANELS if panel in curves]
        if ax is None:
            size = (4.8 * len(panels), 3.6)
            _, ax = plt.subplots(ncols=len(panels), figsize=size, layout="constrained")
        axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
        if not all(isinstance(place, Axes) for place in axes) or len(set(axes)) < len(axes):
            raise TypeError(
                f"ax must be a matplotlib Axes or an array-like of different ones, got {ax!r}."
            )
        if len(axes) == 1 < len(panels):
            (whole,) = axes
            if not whole.axison:
                raise ValueError(
                    "ax has given its place to two Axes already: pass these, which are ax_ of the "
                    "display drawn there."
                )
            whole.set_axis_off()
            axes = np.array(
                [whole.inset_axes((left, 0, 0.42, 1)) for left in (0, 0.58)], dtype=object
            )
        if len(axes) != len(panels):
            raise ValueError(
                f"ax has {len(axes)} Axes, but there are {len(panels)} to draw, "
                f"{' and '.join(panels)}: pass one for each, or a single one."
            )

        n_epochs = len(curves[panels[0]])
        epochs = np.arange(1, n_epochs + 1)
        self.figure_ = axes[0].figure
        self.ax_ = axes
        self.lines_ = []
        self.kept_epoch_lines_ = []
        for panel, place in zip(panels, axes, strict=True):
            for name, style in ((panel, _TRAINING), (f"val_{panel}", _VALIDATION)):
                if name in curves:
                    # Markers, because a single epoch makes no line; not so many as to hide it.
                    self.lines_ += place.plot(
                        epochs,
                        curves[name],
                        marker=".",
                        markevery=max(1, n_epochs // 20),
                        **style,
                    )
            if self.kept_epoch is not None:
                label = f"epoch kept ({self.kept_epoch})"
                mark = place.axvline(self.kept_epoch, label=label, zorder=0, **_KEPT)
                self.kept_epoch_lines_.append(mark)
            place.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            place.set(xlabel="Epoch", ylabel=panel.capitalize())
            place.legend()
        return self

    def _checked_curves(self) -> dict[str, npt.NDArray[np.float64]]:
        if not isinstance(self.history, Mapping):
            remedy = ": pass its .history" if hasattr(self.history, "history") else ""
            raise TypeError(
                "history must be a mapping of names to values an epoch, got "
                f"{type(self.history).__name__}{remedy}."
            )
        if not any(panel in self.history for panel in _PANELS):
            raise ValueError(f"history must have 'loss' or 'accuracy', got {sorted(self.history)}.")
        curves = {}
        for panel in _PANELS:
            for name in (panel, f"val_{panel}") if panel in self.history else ():
                if name in self.history:
                    curves[name] = _checked_curve(name, self.history[name])
        lengths = {name: len(values) for name, values in curves.items()}
        n_epochs = max(lengths.values())
        if n_epochs == 0 or len(set(lengths.values())) > 1:
            raise ValueError(f"history must have a value for each epoch, got lengths {lengths}.")
        if self.kept_epoch is not None and self.kept_epoch not in range(1, n_epochs + 1):
            raise ValueError(
                f"kept_epoch={self.kept_epoch!r} is none of the {n_epochs} epochs of history; they "
                "are counted from 1."
            )
        return curves


def _checked_curve(name: str, values: Any) -> npt.NDArray[np.float64]:
    try:
        curve = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"history[{name!r}] must be a list of numbers, got {values!r}.") from error
    if curve.ndim != 1:
        raise TypeError(f"history[{name!r}] must be a list of numbers, got {values!r}.")
    return curve
