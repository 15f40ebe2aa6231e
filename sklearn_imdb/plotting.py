"""The course of a training, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from sklearn_imdb._histories import (
    PANELS,
    Curve,
    Training,
    are_folds,
    checked_trainings,
    histories_of_folds,
    history_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import FillBetweenPolyCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["TrainingHistoryDisplay"]

# Apart in colour, in grey and in dashes; for those who see few colours too (Okabe & Ito, 2008).
_TRAINING: dict[str, Any] = {"label": "training", "color": "#E69F00", "linestyle": "--"}
_VALIDATION: dict[str, Any] = {"label": "validation", "color": "#0072B2", "linestyle": "-"}
_KEPT: dict[str, Any] = {"color": "0.3", "linestyle": ":", "linewidth": 1}
_FOLD: dict[str, Any] = {"linewidth": 0.8, "alpha": 0.5}
_BAND: dict[str, Any] = {"alpha": 0.2, "linewidth": 0}
_KEPT_IN_FOLD: dict[str, Any] = {
    "label": "epoch kept, each fold",
    "linestyle": "none",
    "marker": "D",
    "markersize": 5,
    "markeredgecolor": "0.1",
    "zorder": 3,
}


class TrainingHistoryDisplay:
    """Loss and accuracy after each epoch, of training and of validation.

    Make it by :meth:`from_estimator`, :meth:`from_cv_results` or :meth:`from_history`.

    Parameters
    ----------
    history : mapping of str to sequence of float, or list of them
        `loss` or `accuracy` or both, and where there was validation `val_loss` and
        `val_accuracy`: a value an epoch, as in `history_` of an
        :class:`EmbeddingAverageClassifier` or in `history` of Keras's `History`. What else
        there is in it is not drawn. A list has the histories of several folds.
    kept_epoch : int or list of int, default=None
        Epoch, counted from 1, whose weights were kept; None marks none. With a list of
        histories, a list of as many, or None.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure drawn in.
    ax_ : ndarray of matplotlib.axes.Axes
        The axes of the loss and of the accuracy, where the history has them.
    lines_ : list of matplotlib.lines.Line2D
        The curves, in the order `loss`, `val_loss`, `accuracy`, `val_accuracy`; of several folds
        their means.
    kept_epoch_lines_ : list of matplotlib.lines.Line2D
        The mark of the epoch kept, one in each of `ax_`; of several folds, which may have kept
        different ones, points on the curves of validation, or of training without it.
    fold_lines_ : list of list of matplotlib.lines.Line2D
        For each of `lines_`, the curves of the folds; empty without folds.
    bands_ : list of matplotlib.collections.PolyCollection
        For each of `lines_`, one standard deviation to either side; empty without folds.

    Notes
    -----
    Where folds stopped early they differ in length. The mean and its band end where the shortest
    fold does: beyond, they would be of other folds than before, mostly of those that did best,
    and the curve would bend for no reason but that. The folds' own curves go on.

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
    fold_lines_: list[list[Line2D]]
    bands_: list[FillBetweenPolyCollection]

    def __init__(
        self,
        *,
        history: Mapping[str, Sequence[float]] | Sequence[Mapping[str, Sequence[float]]],
        kept_epoch: int | Sequence[int | None] | None = None,
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
        history = history_of(estimator, "estimator")
        return cls.from_history(history.values, kept_epoch=history.kept_epoch, ax=ax)

    @classmethod
    def from_cv_results(cls, cv_results: Mapping[str, Any], *, ax: Any = None) -> Self:
        """Draw the trainings of a cross-validation: each fold, their mean and its band.

        Parameters
        ----------
        cv_results : dict
            What :func:`~sklearn.model_selection.cross_validate` returns with
            `return_estimator=True`, of classifiers or Pipelines ending in one.
        ax : matplotlib Axes or array-like of them, default=None
            As in :meth:`plot`.

        Returns
        -------
        display : TrainingHistoryDisplay

        Raises
        ------
        TypeError
            If `cv_results` is no dict, or its estimators keep no history.
        ValueError
            If `cv_results` holds no estimators.
        NotFittedError
            If the fit of a fold failed.

        Examples
        --------
        >>> from sklearn.model_selection import cross_validate
        >>> from sklearn_imdb import TrainingHistoryDisplay, make_text_classifier
        >>> from sklearn_imdb.datasets import make_reviews
        >>> pipeline, (texts, y) = make_text_classifier(), make_reviews(600, random_state=0)
        >>> cv_results = cross_validate(pipeline, texts, y, cv=3, return_estimator=True)
        >>> display = TrainingHistoryDisplay.from_cv_results(cv_results)
        >>> [len(lines) for lines in display.fold_lines_]
        [3, 3, 3, 3]
        """
        histories = histories_of_folds(cv_results)
        return cls(
            history=[history.values for history in histories],
            kept_epoch=[history.kept_epoch for history in histories],
        ).plot(ax=ax)

    @classmethod
    def from_history(
        cls,
        history: Mapping[str, Sequence[float]] | Sequence[Mapping[str, Sequence[float]]],
        *,
        kept_epoch: int | Sequence[int | None] | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw a history, or the histories of several folds.

        Parameters
        ----------
        history : mapping of str to sequence of float, or list of them
            As the class takes it: `history_` of a classifier, or `model.fit(...).history`
            of Keras.
        kept_epoch : int or list of int, default=None
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
            If `history` has neither loss nor accuracy, its lists differ in length, folds have
            different curves, `kept_epoch` is none of its epochs, or `ax` has another number
            of Axes.
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
        trainings = checked_trainings(self.history, self.kept_epoch)
        panels = [panel for panel in PANELS if panel in trainings[0].curves]
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

        self.figure_ = axes[0].figure
        self.ax_ = axes
        self.lines_ = []
        self.kept_epoch_lines_ = []
        self.fold_lines_ = []
        self.bands_ = []
        for panel, place in zip(panels, axes, strict=True):
            if are_folds(self.history):
                self._draw_folds(place, panel, trainings)
            else:
                self._draw_one(place, panel, trainings[0])
            place.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            place.set(xlabel="Epoch", ylabel=panel.capitalize())
            place.legend()
        return self

    def _draw_one(self, place: Axes, panel: str, training: Training) -> None:
        for name, style in ((panel, _TRAINING), (f"val_{panel}", _VALIDATION)):
            if name in training.curves:
                self._draw_curve(place, training.curves[name], **style)
        if training.kept_epoch is not None:
            label = f"epoch kept ({training.kept_epoch})"
            mark = place.axvline(training.kept_epoch, label=label, zorder=0, **_KEPT)
            self.kept_epoch_lines_.append(mark)

    def _draw_folds(self, place: Axes, panel: str, folds: Sequence[Training]) -> None:
        for name, style in ((panel, _TRAINING), (f"val_{panel}", _VALIDATION)):
            if name not in folds[0].curves:
                continue
            curves = [fold.curves[name] for fold in folds]
            lines = []
            for curve in curves:
                faint = style | {"label": None} | _FOLD
                lines += place.plot(np.arange(1, len(curve) + 1), curve, **faint)
            self.fold_lines_.append(lines)
            # As far as every fold goes: see the Notes of the class.
            shared = np.stack([curve[: min(map(len, curves))] for curve in curves])
            mean, deviation = shared.mean(axis=0), shared.std(axis=0)
            label = f"{style['label']}, mean ± sd of {len(folds)} folds"
            self._draw_curve(place, mean, **style | {"label": label, "linewidth": 2})
            epochs, colour = np.arange(1, len(mean) + 1), style["color"]
            low, high = mean - deviation, mean + deviation
            self.bands_.append(place.fill_between(epochs, low, high, color=colour, **_BAND))
        # `curves` and `colour` are now those of validation, or of training where there is none.
        kept = [
            (fold.kept_epoch, curve[fold.kept_epoch - 1])
            for fold, curve in zip(folds, curves, strict=True)
            if fold.kept_epoch is not None
        ]
        if kept:
            epochs, values = np.transpose(kept)
            self.kept_epoch_lines_ += place.plot(epochs, values, color=colour, **_KEPT_IN_FOLD)

    def _draw_curve(self, place: Axes, curve: Curve, **style: Any) -> None:
        # Markers, because a single epoch makes no line; not so many as to hide it.
        epochs, every = np.arange(1, len(curve) + 1), max(1, len(curve) // 20)
        self.lines_ += place.plot(epochs, curve, marker=".", markevery=every, **style)
