"""scikit-learn's callbacks, by `set_callbacks`: what they see of a fit, and what they may do."""

import copy
import pickle
import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

callback = pytest.importorskip(
    "sklearn.callback", reason="scikit-learn has callbacks since 1.9, and this one is older"
)

# TensorFlow's and scikeras's own, on newer NumPy and Python.
with_keras = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
BACKENDS = ["scipy", pytest.param("keras", marks=with_keras)]


class Recorder:
    """Keeps what it is told; `stop_after` epochs it asks to stop."""

    def __init__(self, stop_after=None, fail_in=None):
        self.events = []
        self.fitted = []
        self.stop_after = stop_after
        self.fail_in = fail_in

    def _record(self, event, context):
        self.events.append((event, context.estimator_name, context.task_name, context.task_id))
        if self.fail_in == (event, context.task_name):
            raise RuntimeError("the callback fails")

    def setup(self, estimator, context):
        self._record("setup", context)

    def teardown(self, estimator, context):
        self._record("teardown", context)

    def on_fit_task_begin(self, estimator, context):
        self._record("begin", context)

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self._record("end", context)
        if context.task_name == "epoch":
            self.fitted.append(fitted_estimator)
        return len(self.fitted) == self.stop_after

    def count(self, *wanted):
        return sum(event[: len(wanted)] == wanted for event in self.events)


class PropagatedRecorder(Recorder):
    """Is handed on by pipelines and searches to what they fit."""

    max_propagation_depth = None


def quick(**parameters):
    """A classifier that learns the generated reviews in a moment."""
    return EmbeddingAverageClassifier(
        **{
            "batch_size": 32,
            "learning_rate": 0.01,
            "epochs": 4,
            "embedding_dim": 8,
            "random_state": 0,
            **parameters,
        }
    )


def make_pipeline(**parameters):
    steps = [("vectorizer", SequenceVectorizer(maxlen=40)), ("classifier", quick(**parameters))]
    return Pipeline(steps)


def needs(backend):
    if backend == "keras":
        pytest.importorskip("keras")


# -- what they see ----------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_fit_is_a_task_and_each_epoch_a_task_in_it(sequences, backend):
    needs(backend)
    recorder = Recorder()
    quick(epochs=2, backend=backend).set_callbacks(recorder).fit(*sequences)
    name = "EmbeddingAverageClassifier"
    assert recorder.events == [
        ("setup", name, "fit", 0),
        ("begin", name, "fit", 0),
        ("begin", name, "epoch", 0),
        ("end", name, "epoch", 0),
        ("begin", name, "epoch", 1),
        ("end", name, "epoch", 1),
        ("end", name, "fit", 0),
        ("teardown", name, "fit", 0),
    ]


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_epoch_hands_on_an_estimator_fitted_up_to_there(sequences, backend):
    needs(backend)
    X, y = sequences
    recorder = Recorder()
    classifier = quick(backend=backend).set_callbacks(recorder).fit(X, y)
    for n_epochs, fitted in enumerate(recorder.fitted, 1):
        shorter = quick(epochs=n_epochs, backend=backend).fit(X, y)
        assert_array_equal(fitted.predict_proba(X), shorter.predict_proba(X))
        assert fitted.history_ == shorter.history_
        assert fitted.n_iter_ == fitted.best_epoch_ == n_epochs
        assert fitted.backend_ == backend
    # It keeps: nothing of it is the estimator's own, or another epoch's.
    held = [classifier, *recorder.fitted]
    assert len({id(one.embedding_) for one in held}) == 5
    assert not any(np.shares_memory(classifier.coefs_[0], one.coefs_[0]) for one in held[1:])


def test_the_monitor_scores_every_epoch_alone_and_in_a_pipeline(sequences, reviews):
    X, y = sequences
    monitor = callback.ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    classifier = quick().set_callbacks(monitor).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert [row["task_id"] for row in rows] == [0, 1, 2, 3]
    assert rows[-1]["accuracy"] == classifier.score(X, y)
    assert rows[0]["neg_log_loss"] < rows[-1]["neg_log_loss"]

    texts, y = reviews
    pipeline = make_pipeline()
    pipeline["classifier"].set_callbacks(monitor)
    pipeline.fit(texts, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 4
    assert rows[-1]["accuracy"] == pipeline.score(texts, y)


def test_the_monitor_scores_with_the_sample_weights_of_the_fit(sequences):
    X, y = sequences
    weight = np.random.RandomState(0).uniform(0.1, 3, len(y))
    monitor = callback.ScoringMonitor(scoring="accuracy")
    classifier = quick().set_callbacks(monitor).fit(X, y, sample_weight=weight)
    score = classifier.score(X, y, sample_weight=weight)
    assert monitor.get_logs().data[-1]["accuracy"] == pytest.approx(score)
    assert score != classifier.score(X, y)


def test_the_monitor_does_not_mind_column_names(reviews):
    texts, y = reviews
    table = SequenceVectorizer(maxlen=40).set_output(transform="pandas").fit_transform(texts)
    monitor = callback.ScoringMonitor(scoring="accuracy")
    quick().set_callbacks(monitor).fit(table, y)  # Warnings are errors.
    assert len(monitor.get_logs().data) == 5  # The fit itself is the fifth.


def test_the_monitor_sees_every_epoch_of_every_fit_of_a_grid_search(reviews):
    check_monitor(*reviews, n_jobs=1)


@pytest.mark.usefixtures("new_process")
def test_the_monitor_sees_the_epochs_of_workers_too(reviews):
    check_monitor(*reviews, n_jobs=2)


def check_monitor(texts, y, n_jobs):
    """Check what a monitor has of a grid search."""
    monitor = callback.ScoringMonitor(scoring="accuracy")
    pipeline = make_pipeline()
    pipeline["classifier"].set_callbacks(monitor)
    search = GridSearchCV(pipeline, {"classifier__hidden_units": [0, 4]}, cv=3, n_jobs=n_jobs).fit(
        texts, y
    )
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == (2 * 3 + 1) * 4
    assert len({row["task_id_path"] for row in rows}) == len(rows)
    assert rows[0]["estimator_name"] == "EmbeddingAverageClassifier"
    assert search.best_estimator_["classifier"].n_iter_ == 4


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_callback_of_a_grid_search_reaches_vectorizer_and_epochs(reviews, backend):
    needs(backend)
    texts, y = reviews
    recorder = PropagatedRecorder()
    GridSearchCV(
        make_pipeline(backend=backend), {"classifier__epochs": [2, 3]}, cv=2, refit=False
    ).set_callbacks(recorder).fit(texts, y)
    classifier = ("EmbeddingAverageClassifier", "epoch")
    assert recorder.count("begin", *classifier) == recorder.count("end", *classifier) == 10
    vectorizer = ("SequenceVectorizer", "fit")
    assert recorder.count("begin", *vectorizer) == recorder.count("end", *vectorizer) == 4
    assert recorder.count("setup") == recorder.count("teardown") == 1


def test_the_progress_bar_shows_both_steps_of_a_pipeline(reviews, capsys, monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setenv("COLUMNS", "160")
    # A vectorizer that cannot take callbacks is warned of here, and warnings are errors.
    make_pipeline().set_callbacks(callback.ProgressBar()).fit(*reviews)
    shown = capsys.readouterr().out
    assert re.search(r"SequenceVectorizer - fit.*100%", shown)
    assert re.search(r"EmbeddingAverageClassifier - fit.*100%", shown)


def test_a_pipeline_that_caches_its_vectorizer(reviews, tmp_path):
    recorder = PropagatedRecorder()
    pipeline = make_pipeline().set_params(memory=str(tmp_path)).set_callbacks(recorder)
    for _ in range(2):
        pipeline.fit(*reviews)
    assert recorder.count("end", "SequenceVectorizer") == 1
    assert recorder.count("end", "EmbeddingAverageClassifier", "epoch") == 8


def test_early_stopping_ends_the_tasks(sequences):
    recorder = Recorder()
    classifier = quick(epochs=60, early_stopping=True, patience=1).set_callbacks(recorder)
    classifier.fit(*sequences)
    assert classifier.n_iter_ < 60
    n_begun = recorder.count("begin", "EmbeddingAverageClassifier", "epoch")
    assert n_begun == len(recorder.fitted) == classifier.n_iter_
    best = recorder.fitted[classifier.best_epoch_ - 1]
    assert_array_equal(classifier.embedding_, best.embedding_)
    assert classifier.best_epoch_ == recorder.fitted[-1].best_epoch_ < classifier.n_iter_


def test_partial_fit_is_a_task_of_one_epoch(sequences):
    X, y = sequences
    recorder = Recorder()
    classifier = quick().set_callbacks(recorder)
    for chunk in (slice(300), slice(300, 600)):
        classifier.partial_fit(X[chunk], y[chunk], classes=[0, 1])
    assert recorder.count("end", "EmbeddingAverageClassifier", "partial_fit") == 2
    assert [fitted.n_iter_ for fitted in recorder.fitted] == [1, 2]
    assert recorder.fitted[1].history_ == classifier.history_
    assert_array_equal(recorder.fitted[1].embedding_, classifier.embedding_)
    counted = Recorder()
    SequenceVectorizer().set_callbacks(counted).partial_fit(["a b"]).partial_fit([[1, 2]])
    assert counted.count("end", "SequenceVectorizer", "partial_fit") == 2


def test_an_iterator_of_texts_is_still_read_once():
    vectorizer = SequenceVectorizer().set_callbacks(Recorder()).fit(iter(["a b", "b"]))
    assert vectorizer.vocabulary_ == {"b": 1, "a": 2}


# -- what they may do -------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_stop_that_a_callback_asks_for_is_obeyed(sequences, backend):
    needs(backend)
    X, y = sequences
    recorder = Recorder(stop_after=2)
    classifier = quick(epochs=9, backend=backend).set_callbacks(recorder).fit(X, y)
    assert classifier.n_iter_ == 2
    assert recorder.count("begin", "EmbeddingAverageClassifier", "epoch") == 2
    assert_array_equal(classifier.embedding_, quick(epochs=2, backend=backend).fit(X, y).embedding_)


@with_keras
def test_an_epoch_after_which_kerass_own_callback_stops_is_the_last(sequences, keras):

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    recorder = Recorder()
    quick(callbacks=[Stop()]).set_callbacks(recorder).fit(*sequences)
    epoch = ("EmbeddingAverageClassifier", "epoch")
    assert recorder.count("begin", *epoch) == recorder.count("end", *epoch) == 2


# -- what becomes of them ---------------------------------------------------------------------


@pytest.mark.parametrize("estimator", [SequenceVectorizer(), EmbeddingAverageClassifier()])
def test_a_clone_keeps_the_callbacks_and_nothing_else(estimator):
    recorder = Recorder()
    other = clone(copy.copy(estimator).set_callbacks(recorder))
    assert other._skl_callbacks[0] is recorder
    assert "callbacks" not in other.set_callbacks().get_params() or other.callbacks is None
    assert vars(other) == vars(estimator)


def test_a_fit_with_callbacks_leaves_nothing_of_them_in_a_pickle(sequences):
    X, y = sequences
    plain = quick().fit(X, y)
    watched = quick().set_callbacks(callback.ScoringMonitor(scoring="accuracy")).fit(X, y)
    n_bytes = len(pickle.dumps(watched)) - len(pickle.dumps(plain))
    # The monitor itself with its log is pickled, as scikit-learn does it, and no task or epoch.
    assert n_bytes < len(pickle.dumps(watched._skl_callbacks)) + 100
    assert pickle.dumps(watched.set_callbacks()) == pickle.dumps(plain)


def test_a_loaded_estimator_reports_to_the_callbacks_that_came_with_it(sequences):
    watched = quick().set_callbacks(Recorder()).fit(*sequences)
    loaded = pickle.loads(pickle.dumps(watched)).fit(*sequences)
    assert len(loaded._skl_callbacks[0].fitted) == 8
    assert len(watched._skl_callbacks[0].fitted) == 4


def test_what_is_no_callback_is_refused():
    with pytest.raises(TypeError, match="FitCallback"):
        EmbeddingAverageClassifier().set_callbacks(lambda epoch: None)


@with_keras
def test_scikit_learns_callbacks_as_parameter_are_refused_with_the_remedy(sequences, keras):
    with pytest.raises(TypeError, match="Pass callbacks of scikit-learn to set_callbacks"):
        quick(callbacks=[Recorder()]).fit(*sequences)
