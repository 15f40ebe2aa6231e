"""TrainingHistoryDisplay: what it draws, where, and what it refuses."""

import sys
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_validate

from sklearn_imdb import EmbeddingAverageClassifier, TrainingHistoryDisplay, make_text_classifier

HISTORY = {
    "loss": [0.7, 0.5, 0.4],
    "accuracy": [0.5, 0.7, 0.9],
    "val_loss": [0.7, 0.6, 0.65],
    "val_accuracy": [0.5, 0.65, 0.6],
}


@pytest.fixture
def plt():
    mpl.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@pytest.fixture(scope="module")
def fitted(sequences):
    X, y = sequences
    classifier = EmbeddingAverageClassifier(
        epochs=60, learning_rate=0.01, batch_size=64, early_stopping=True, random_state=0
    )
    return classifier.fit(X, y)


def test_four_curves_over_epochs_counted_from_1(plt):
    display = TrainingHistoryDisplay.from_history(HISTORY)
    assert [axes.get_ylabel() for axes in display.ax_] == ["Loss", "Accuracy"]
    assert [line.axes for line in display.lines_] == [*display.ax_[[0, 0]], *display.ax_[[1, 1]]]
    names = ("loss", "val_loss", "accuracy", "val_accuracy")
    for line, name in zip(display.lines_, names, strict=True):
        assert_array_equal(line.get_xdata(), [1, 2, 3])
        assert_array_equal(line.get_ydata(), HISTORY[name])
        assert line.get_label() == ("validation" if "val" in name else "training")
    assert display.kept_epoch_lines_ == []
    assert display.figure_ is plt.gcf()
    display.figure_.canvas.draw()
    for axes in display.ax_:
        assert axes.get_legend() is not None
        ticks = [tick for tick in axes.get_xticks() if 1 <= tick <= 3]
        assert_array_equal(ticks, [1, 2, 3])


@pytest.mark.usefixtures("plt")
def test_training_and_validation_differ_in_grey_and_in_dashes():
    training, validation, *_ = TrainingHistoryDisplay.from_history(HISTORY).lines_
    luminance = [
        np.dot(to_rgb(line.get_color()), [0.2126, 0.7152, 0.0722])
        for line in (training, validation)
    ]
    assert abs(luminance[0] - luminance[1]) > 0.25
    assert training.get_linestyle() != validation.get_linestyle()


@pytest.mark.usefixtures("plt")
def test_the_epoch_whose_weights_were_kept_is_marked(fitted, sequences):
    assert fitted.best_epoch_ < fitted.n_iter_ < 60

    def marked(classifier):
        display = TrainingHistoryDisplay.from_estimator(classifier)
        epochs = {line.get_xdata()[0] for line in display.kept_epoch_lines_}
        assert len(display.kept_epoch_lines_) == 2
        (epoch,) = epochs
        assert display.kept_epoch_lines_[0].get_label() == f"epoch kept ({epoch})"
        return epoch

    assert marked(fitted) == fitted.best_epoch_
    not_restored = clone(fitted).set_params(restore_best_weights=False).fit(*sequences)
    assert marked(not_restored) == not_restored.n_iter_ == fitted.n_iter_
    fitted.set_params(early_stopping=False)  # Which changes nothing learned.
    assert marked(fitted) == fitted.best_epoch_
    fitted.set_params(early_stopping=True)


@pytest.mark.usefixtures("plt")
def test_a_pipeline_is_drawn_by_its_classifier(reviews):
    pipeline = make_text_classifier("tutorial", random_state=0).fit(*reviews)
    display = TrainingHistoryDisplay.from_estimator(pipeline)
    assert_array_equal(display.lines_[1].get_ydata(), pipeline[-1].history_["val_loss"])


FOLDS = [HISTORY, {name: [value / 2 for value in values[:2]] for name, values in HISTORY.items()}]


@pytest.mark.usefixtures("plt")
def test_folds_are_drawn_with_their_mean_as_far_as_all_of_them_go():
    display = TrainingHistoryDisplay.from_history(FOLDS)
    names = ("loss", "val_loss", "accuracy", "val_accuracy")
    for name, mean, folds, band in zip(
        names, display.lines_, display.fold_lines_, display.bands_, strict=True
    ):
        assert mean.get_label().endswith("mean ± sd of 2 folds")
        for line, fold in zip(folds, FOLDS, strict=True):
            assert_array_equal(line.get_xdata(), range(1, len(fold[name]) + 1))
            assert_array_equal(line.get_ydata(), fold[name])
        assert_array_equal(mean.get_xdata(), [1, 2])
        first = HISTORY[name][:2]
        assert_allclose(mean.get_ydata(), np.multiply(first, 0.75))
        # The deviation of a and a / 2 is a / 4.
        box = band.get_paths()[0].get_extents()
        assert (box.x0, box.x1) == (1, 2)
        assert box.y0 == pytest.approx(min(value * 0.5 for value in first))
        assert box.y1 == pytest.approx(max(first))
    assert display.kept_epoch_lines_ == []


@pytest.mark.usefixtures("plt")
def test_the_epoch_that_each_fold_kept_is_marked_on_its_curve():
    display = TrainingHistoryDisplay.from_history(FOLDS, kept_epoch=[3, None])
    loss, accuracy = display.kept_epoch_lines_
    assert (loss.get_xdata().tolist(), loss.get_ydata().tolist()) == ([3], [0.65])
    assert accuracy.get_ydata().tolist() == [0.6]
    only_training = [{"loss": fold["loss"]} for fold in FOLDS]
    (loss,) = TrainingHistoryDisplay.from_history(
        only_training, kept_epoch=[1, 2]
    ).kept_epoch_lines_
    assert loss.get_ydata().tolist() == [0.7, 0.25]


@pytest.mark.usefixtures("plt")
@pytest.mark.filterwarnings("ignore:Early stopping ended:sklearn.exceptions.ConvergenceWarning")
def test_a_cross_validation_is_drawn_by_its_estimators(reviews):
    pipeline = make_text_classifier("tutorial", random_state=0).set_params(
        classifier__learning_rate=0.01, classifier__patience=0
    )
    cv_results = cross_validate(pipeline, *reviews, cv=3, return_estimator=True)
    classifiers = [fitted[-1] for fitted in cv_results["estimator"]]
    assert len({classifier.n_iter_ for classifier in classifiers}) > 1
    display = TrainingHistoryDisplay.from_cv_results(cv_results)
    for line, classifier in zip(display.fold_lines_[1], classifiers, strict=True):
        assert_array_equal(line.get_ydata(), classifier.history_["val_loss"])
    kept, _ = display.kept_epoch_lines_
    assert_array_equal(kept.get_xdata(), [classifier.kept_epoch_ for classifier in classifiers])
    assert len(display.lines_[0].get_xdata()) == min(c.n_iter_ for c in classifiers)


def test_results_without_estimators_are_refused(sequences):
    draw = TrainingHistoryDisplay.from_cv_results
    scores = cross_validate(DummyClassifier(), *sequences, cv=2)
    with pytest.raises(ValueError, match="call cross_validate with return_estimator=True"):
        draw(scores)
    with pytest.raises(
        TypeError, match="cv_results must be the dict from cross_validate, got list"
    ):
        draw([])
    dummies = cross_validate(DummyClassifier(), *sequences, cv=2, return_estimator=True)
    with pytest.raises(TypeError, match=r"cv_results\['estimator'\]\[0\] must be an Embedding"):
        draw(dummies)


def test_a_fold_whose_fit_failed_is_named(sequences):
    X, y = sequences
    fitted = EmbeddingAverageClassifier(epochs=1).fit(X, y)
    folds = {"estimator": [fitted, EmbeddingAverageClassifier()]}
    with pytest.raises(
        NotFittedError,
        match=r"cv_results\['estimator'\]\[1\] must be fitted, and its Embedding\w+ is not",
    ):
        TrainingHistoryDisplay.from_cv_results(folds)


@pytest.mark.usefixtures("plt")
def test_without_validation_or_accuracy_there_is_less_to_draw():
    loss, accuracy = HISTORY["loss"], HISTORY["accuracy"]
    display = TrainingHistoryDisplay.from_history({"loss": loss, "accuracy": accuracy})
    assert [line.get_label() for line in display.lines_] == ["training", "training"]
    display = TrainingHistoryDisplay.from_history({"loss": loss, "learning_rate": loss})
    assert len(display.ax_) == len(display.lines_) == 1


def test_axes_given_are_drawn_in(plt):
    figure, (left, right, single) = plt.subplots(ncols=3)
    display = TrainingHistoryDisplay.from_history(HISTORY, ax=[left, right])
    assert display.figure_ is figure
    assert display.ax_.tolist() == [left, right]
    # A single one gives its place to both.
    again = display.plot(ax=single)
    assert again is display
    assert display.figure_ is figure
    figure.canvas.draw()
    place = single.get_window_extent()
    for axes in display.ax_:
        extent = axes.get_window_extent()
        assert place.x0 - 1 <= extent.x0 < extent.x1 <= place.x1 + 1
    alone = TrainingHistoryDisplay.from_history({"loss": [1.0]}, ax=right)
    assert alone.ax_.tolist() == [right]
    with pytest.raises(
        ValueError, match="ax holds a display of two Axes already: pass its axes, ax_"
    ):
        display.plot(ax=single)


@pytest.mark.usefixtures("plt")
def test_one_epoch_has_one_tick():
    display = TrainingHistoryDisplay.from_history({"loss": [0.5], "accuracy": [0.9]})
    display.figure_.canvas.draw()
    low, high = display.ax_[0].get_xlim()
    assert [tick for tick in display.ax_[0].get_xticks() if low <= tick <= high] == [1]


def test_axes_that_do_not_do_are_named(plt):
    figure, axes = plt.subplots(ncols=3)
    draw = TrainingHistoryDisplay.from_history
    with pytest.raises(ValueError, match="ax has 3 Axes for loss and accuracy: pass 2, or one"):
        draw(HISTORY, ax=axes)
    for wrong in (figure, "x", {"a": axes[0]}, [axes[0], None], [axes[0], axes[0]]):
        with pytest.raises(
            TypeError, match="ax must be a matplotlib Axes or several different ones"
        ):
            draw(HISTORY, ax=wrong)
    assert not any(place.lines for place in axes)


@pytest.mark.parametrize(
    ("history", "kept_epoch", "error", "message"),
    [
        ({"val_loss": [1.0]}, None, ValueError, r"'loss' or 'accuracy', got \['val_loss'\]"),
        ({"loss": []}, None, ValueError, r"a value for each epoch, got lengths {'loss': 0}"),
        ({"loss": [1.0], "val_loss": [1.0, 2.0]}, None, ValueError, "'val_loss': 2}"),
        (HISTORY, 0, ValueError, "kept_epoch=0 is no epoch of history: its epochs are 1 to 3"),
        (HISTORY, 4, ValueError, "kept_epoch=4 is no epoch of history: its epochs are 1 to 3"),
        (HISTORY, "1", ValueError, "kept_epoch='1' is no epoch of history: its epochs are 1 to 3"),
        ([0.5, 0.4], None, TypeError, r"must be a mapping .*, got list\."),
        ([], None, TypeError, r"history must be a mapping .*, got list\."),
        ([HISTORY, 1], None, TypeError, r"history\[1\] must be a mapping .*, got int\."),
        (
            [HISTORY, {"loss": [1.0]}],
            None,
            ValueError,
            r"same curves in every fold, got \['loss', .* and \['loss'\] in history\[1\]",
        ),
        ([HISTORY] * 2, [1], ValueError, r"kept_epoch must list 2 epochs"),
        ([HISTORY] * 2, 1, ValueError, r"one per fold, got 1"),
        (
            [HISTORY] * 2,
            [1, 4],
            ValueError,
            r"4 is no epoch of history\[1\]: its epochs are 1 to 3",
        ),
        ({"loss": 0.5}, None, TypeError, r"history\['loss'\] must be a list of numbers, got 0.5"),
        ({"loss": ["a"]}, None, TypeError, r"history\['loss'\] must be a list of numbers"),
    ],
)
@pytest.mark.usefixtures("plt")
def test_a_history_that_does_not_do_is_named(history, kept_epoch, error, message):
    with pytest.raises(error, match=message):
        TrainingHistoryDisplay.from_history(history, kept_epoch=kept_epoch)


def test_estimators_without_a_history_are_refused(sequences):
    X, y = sequences
    draw = TrainingHistoryDisplay.from_estimator
    with pytest.raises(NotFittedError):
        draw(make_text_classifier("tutorial"))
    with pytest.raises(TypeError, match=r"Pipeline ending in one, got DummyClassifier\."):
        draw(DummyClassifier().fit(X, y))
    search = GridSearchCV(EmbeddingAverageClassifier(epochs=1), {"l2": [0.0]}, cv=2).fit(X, y)
    with pytest.raises(TypeError, match="got GridSearchCV: pass its best_estimator_"):
        draw(search)
    with pytest.raises(TypeError, match=r"got str\."):
        draw("classifier")
    with pytest.raises(TypeError, match=r"pass its \.history to from_history"):
        draw(SimpleNamespace(history=HISTORY))


def test_without_matplotlib_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        TrainingHistoryDisplay.from_history(HISTORY)
