"""Plots of the loss and the accuracy over the epochs of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

__all__ = ["TrainingHistoryDisplay"]

Histories: TypeAlias = Mapping[str, Sequence[float]] | Sequence[Mapping[str, Sequence[float]]]
"""The values of each metric by epoch, or those of each fold."""

Epochs: TypeAlias = int | Sequence[int | None] | None
"""The epoch whose weights were kept, or that of each fold."""

_METRICS = ("loss", "accuracy")

# The curves differ in colour, in grey and in dashes. Colour-blind readers can tell the colours
# apart (Okabe & Ito, 2008).
_TRAINING: dict[str, Any] = {"label": "training", "color": "#E69F00", "linestyle": "--"}
_VALIDATION: dict[str, Any] = {"label": "validation", "color": "#0072B2", "linestyle": "-"}
_KEPT: dict[str, Any] = {"color": "0.3", "linestyle": ":", "linewidth": 1}
_FOLD: dict[str, Any] = {"linewidth": 0.8, "alpha": 0.5}
_BAND: dict[str, Any] = {"alpha": 0.2, "linewidth": 0}
_KEPT_IN_FOLD: dict[str, Any] = {"ls": "none", "marker": "D", "ms": 5, "mec": "0.1", "zorder": 3}


class TrainingHistoryDisplay:
    """Plot of the training and validation loss and accuracy after each epoch.

    Create a display with :meth:`from_estimator`, :meth:`from_cv_results` or
    :meth:`from_history`.

    Parameters
    ----------
    history : mapping of str to sequence of float, or list of them
        One value for each epoch under `loss`, `accuracy` or both. The values of the validation
        data, if any, are under `val_loss` and `val_accuracy`. This is the format of `history_` of
        an :class:`EmbeddingAverageClassifier` and of `history` of Keras's `History`. Other
        entries are not drawn. A list contains the history of each fold.
    kept_epoch : int or list of int, default=None
        Epoch, counted from 1, whose weights were kept. If None, no epoch is marked. For a list of
        histories, a list of the same length, or None.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure that contains the plots.
    ax_ : ndarray of matplotlib.axes.Axes
        The axes of the loss and of the accuracy, as far as `history` has them.
    lines_ : list of matplotlib.lines.Line2D
        The curves, in the order `loss`, `val_loss`, `accuracy`, `val_accuracy`. For several folds,
        the curves of their mean.
    kept_epoch_lines_ : list of matplotlib.lines.Line2D
        A vertical line at the kept epoch in each of `ax_`. For several folds, a point for each
        fold at its own kept epoch, on its validation curve. Without validation data the point is
        on the training curve.
    fold_lines_ : list of list of matplotlib.lines.Line2D
        For each of `lines_`, the curves of the folds. Empty without folds.
    bands_ : list of matplotlib.collections.PolyCollection
        For each of `lines_`, a band of one standard deviation to either side of the mean. Empty
        without folds.

    Notes
    -----
    Folds that stop early have different numbers of epochs. The mean and its band end with the
    shortest fold. A mean over the remaining folds would jump there, because the folds that go on
    are mostly the better ones. The curve of each fold is drawn to its own end.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Prefer it for the scores as a function of the
        number of training samples.

    Examples
    --------
    >>> from sklearn_imdb import TrainingHistoryDisplay, make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> pipeline = make_text_classifier("tutorial", random_state=0)
    >>> pipeline = pipeline.fit(*make_reviews(1000, random_state=0))
    >>> display = TrainingHistoryDisplay.from_estimator(pipeline)
    >>> [line.get_label() for line in display.lines_]
    ['training', 'validation', 'training', 'validation']
    """

    def __init__(self, *, history: Histories, kept_epoch: Epochs = None) -> None:
        self.history = history
        self.kept_epoch = kept_epoch

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Plot the training history of a fitted classifier.

        Parameters
        ----------
        estimator : EmbeddingAverageClassifier or Pipeline ending in one
            The fitted classifier.
        ax : matplotlib Axes or array-like of them, default=None
            As in :meth:`plot`.

        Returns
        -------
        display : TrainingHistoryDisplay

        Raises
        ------
        NotFittedError
            If `estimator` is not fitted.
        TypeError
            If `estimator` is no such classifier.
        """
        history, kept_epoch = _find_history(estimator, "estimator")
        return cls(history=history, kept_epoch=kept_epoch).plot(ax=ax)

    @classmethod
    def from_cv_results(cls, cv_results: Mapping[str, Any], *, ax: Any = None) -> Self:
        """Plot the training histories of a cross-validation: each fold, the mean and its band.

        Parameters
        ----------
        cv_results : dict
            The result of :func:`~sklearn.model_selection.cross_validate` with
            `return_estimator=True`. The estimators must be EmbeddingAverageClassifiers or
            Pipelines that end in one.
        ax : matplotlib Axes or array-like of them, default=None
            As in :meth:`plot`.

        Returns
        -------
        display : TrainingHistoryDisplay

        Raises
        ------
        TypeError
            If `cv_results` is no dict, or its estimators are no such classifiers.
        ValueError
            If `cv_results` contains no estimators.
        NotFittedError
            If the fit of a fold failed.

        Examples
        --------
        >>> from sklearn.model_selection import cross_validate
        >>> from sklearn_imdb import TrainingHistoryDisplay, make_text_classifier
        >>> from sklearn_imdb.datasets import make_reviews
        >>> pipeline = make_text_classifier("tutorial", random_state=0)
        >>> texts, y = make_reviews(600, random_state=0)
        >>> cv_results = cross_validate(pipeline, texts, y, cv=3, return_estimator=True)
        >>> display = TrainingHistoryDisplay.from_cv_results(cv_results)
        >>> [len(lines) for lines in display.fold_lines_]
        [3, 3, 3, 3]
        """
        if not isinstance(cv_results, Mapping):
            raise TypeError(
                f"cv_results must be the dict from cross_validate, got {type(cv_results).__name__}."
            )
        if "estimator" not in cv_results:
            raise ValueError(
                "cv_results has no key 'estimator': call cross_validate with return_estimator=True."
            )
        estimators = enumerate(cv_results["estimator"])
        folds = [_find_history(one, f"cv_results['estimator'][{fold}]") for fold, one in estimators]
        histories, kept_epochs = [fold[0] for fold in folds], [fold[1] for fold in folds]
        return cls(history=histories, kept_epoch=kept_epochs).plot(ax=ax)

    @classmethod
    def from_history(cls, history: Histories, *, kept_epoch: Epochs = None, ax: Any = None) -> Self:
        """Plot a training history, or the histories of several folds.

        Parameters
        ----------
        history : mapping of str to sequence of float, or list of them
            The parameter `history` of the class: `history_` of a classifier, or
            `model.fit(...).history` of Keras.
        kept_epoch : int or list of int, default=None
            Epoch, counted from 1, whose weights were kept. If None, no epoch is marked.
        ax : matplotlib Axes or array-like of them, default=None
            As in :meth:`plot`.

        Returns
        -------
        display : TrainingHistoryDisplay
        """
        return cls(history=history, kept_epoch=kept_epoch).plot(ax=ax)

    def plot(self, ax: Any = None) -> Self:
        """Plot the curves, the loss on the left and the accuracy on the right.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of them, default=None
            One Axes for each of loss and accuracy. A single Axes is divided into one for each.
            If None, a new figure is created.

        Returns
        -------
        display : TrainingHistoryDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `history` is no mapping of names to numbers, or `ax` contains anything but Axes.
        ValueError
            If `history` has neither loss nor accuracy, or its lists differ in length. If the
            folds have different curves. If `kept_epoch` is not an epoch of `history`. If `ax` has
            the wrong number of Axes.
        """
        plt = import_pyplot()
        has_folds, histories, kept_epochs = _check_histories(self.history, self.kept_epoch)
        metrics = [metric for metric in _METRICS if metric in histories[0]]
        if ax is None:
            size = (4.8 * len(metrics), 3.6)
            _, ax = plt.subplots(ncols=len(metrics), figsize=size, layout="constrained")
        axes = np.ravel(ax)
        if not all(isinstance(one, plt.Axes) for one in axes) or len(set(axes)) < len(axes):
            raise TypeError(f"ax must be a matplotlib Axes or several different ones, got {ax!r}.")
        if len(axes) == 1 < len(metrics):
            (outer,) = axes
            if not outer.axison:
                raise ValueError("ax holds a display of two Axes already: pass its axes, ax_.")
            outer.set_axis_off()
            axes = np.array([outer.inset_axes((left, 0, 0.42, 1)) for left in (0, 0.58)])
        if len(axes) != len(metrics):
            raise ValueError(
                f"ax has {len(axes)} Axes for {' and '.join(metrics)}: pass {len(metrics)}, or one."
            )

        self.figure_ = axes[0].figure
        self.ax_ = axes
        self.lines_: list[Any] = []
        self.kept_epoch_lines_: list[Any] = []
        self.fold_lines_: list[list[Any]] = []
        self.bands_: list[Any] = []
        for metric, metric_ax in zip(metrics, axes, strict=True):
            for name, style in ((metric, _TRAINING), (f"val_{metric}", _VALIDATION)):
                if name in histories[0]:
                    curves, colour = [fold[name] for fold in histories], style["color"]
                    self._draw(metric_ax, curves, style, has_folds)
            # `curves` and `colour` are now those of validation, or of training without validation.
            kept = [(n, curve[n - 1]) for n, curve in zip(kept_epochs, curves, strict=True) if n]
            if kept and has_folds:
                style = {"label": "epoch kept, each fold", "color": colour, **_KEPT_IN_FOLD}
                self.kept_epoch_lines_ += metric_ax.plot(*np.transpose(kept), **style)
            elif kept:
                [(epoch, _)] = kept
                line = metric_ax.axvline(epoch, label=f"epoch kept ({epoch})", zorder=0, **_KEPT)
                self.kept_epoch_lines_.append(line)
            metric_ax.locator_params(axis="x", integer=True, min_n_ticks=1)
            metric_ax.set(xlabel="Epoch", ylabel=metric.capitalize())
            metric_ax.legend()
        return self

    def _draw(self, ax: Any, curves: list[Any], style: dict[str, Any], has_folds: bool) -> None:
        """Draw the curve of each fold and their mean, or the only curve."""
        # The mean ends with the shortest fold: see the Notes of the class.
        n_epochs = min(map(len, curves))
        shared = np.stack([curve[:n_epochs] for curve in curves])
        epochs, mean = np.arange(1, n_epochs + 1), shared.mean(axis=0)
        if has_folds:
            faint, colour = {**style, "label": None, **_FOLD}, style["color"]
            lines = [ax.plot(np.arange(1, len(curve) + 1), curve, **faint) for curve in curves]
            self.fold_lines_.append([line for [line] in lines])
            low, high = mean - shared.std(axis=0), mean + shared.std(axis=0)
            self.bands_.append(ax.fill_between(epochs, low, high, color=colour, **_BAND))
            label = f"{style['label']}, mean ± sd of {len(curves)} folds"
            style = {**style, "label": label, "linewidth": 2}
        # Without markers a single epoch would be invisible. More than 20 would hide the line.
        self.lines_ += ax.plot(epochs, mean, marker=".", markevery=max(1, n_epochs // 20), **style)


def import_pyplot() -> Any:
    """Return `matplotlib.pyplot`, or raise an ImportError that names the extra."""
    try:
        return import_module("matplotlib.pyplot")
    except ImportError as error:
        raise ImportError("Displays need matplotlib: pip install matplotlib.") from error


def _find_history(estimator: Any, name: str) -> tuple[Mapping[str, Any], int]:
    """Return the history and the kept epoch of a classifier, or of a Pipeline that ends in one.

    Errors call the estimator `name`.
    """
    classifier = estimator
    while hasattr(classifier, "steps"):
        classifier = classifier[-1]
    if isinstance(classifier, BaseEstimator):
        check_is_fitted(classifier, msg=f"{name} must be fitted, and its %(name)s is not.")
    if not hasattr(classifier, "kept_epoch_"):
        remedy = ""
        if hasattr(classifier, "best_estimator_"):
            remedy = ": pass its best_estimator_"
        elif isinstance(getattr(classifier, "history", None), Mapping):
            remedy = ": pass its .history to from_history"
        raise TypeError(
            f"{name} must be an EmbeddingAverageClassifier or a Pipeline ending in one, got "
            f"{type(classifier).__name__}{remedy}."
        )
    return classifier.history_, classifier.kept_epoch_


def _check_histories(history: Any, kept_epoch: Any) -> tuple[bool, list[Any], Sequence[Any]]:
    """Return whether there are folds, the curves of each fold, and the epoch that each kept.

    A history that is not one of folds is returned as that of a single fold.
    """
    if not isinstance(history, list | tuple) or not any(isinstance(h, Mapping) for h in history):
        return False, [_check_history(history, kept_epoch, "history")], [kept_epoch]
    kept_epochs = [None] * len(history) if kept_epoch is None else kept_epoch
    if not isinstance(kept_epochs, list | tuple) or len(kept_epochs) != len(history):
        raise ValueError(
            f"kept_epoch must list {len(history)} epochs, one per fold, got {kept_epoch!r}."
        )
    names = [f"history[{number}]" for number in range(len(history))]
    folds = list(map(_check_history, history, kept_epochs, names))
    for name, fold in zip(names, folds, strict=True):
        if fold.keys() != folds[0].keys():
            raise ValueError(
                f"history must have the same curves in every fold, got {list(folds[0])} in "
                f"history[0] and {list(fold)} in {name}."
            )
    return True, folds, kept_epochs


def _check_history(history: Any, kept_epoch: Any, name: str) -> dict[str, Any]:
    """Return the curves to draw as arrays. Errors call the history `name`."""
    if not isinstance(history, Mapping):
        remedy = ": pass its .history" if hasattr(history, "history") else ""
        raise TypeError(
            f"{name} must be a mapping of metrics to values, got {type(history).__name__}{remedy}."
        )
    metrics = [metric for metric in _METRICS if metric in history]
    if not metrics:
        raise ValueError(f"{name} must have 'loss' or 'accuracy', got {sorted(history)}.")
    curves = {}
    for curve in (prefix + metric for metric in metrics for prefix in ("", "val_")):
        try:
            if curve in history:
                curves[curve] = np.fromiter(history[curve], np.float64)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{name}[{curve!r}] must be a list of numbers, got {history[curve]!r}."
            ) from error
    lengths = {curve: len(values) for curve, values in curves.items()}
    n_epochs = max(lengths.values())
    if n_epochs == 0 or len(set(lengths.values())) > 1:
        raise ValueError(f"{name} must have a value for each epoch, got lengths {lengths}.")
    if kept_epoch is not None and kept_epoch not in range(1, n_epochs + 1):
        raise ValueError(
            f"kept_epoch={kept_epoch!r} is no epoch of {name}: its epochs are 1 to {n_epochs}."
        )
    return curves
