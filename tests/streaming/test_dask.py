"""On a Dask cluster of two processes: the same results, whatever becomes of the workers."""

import os
import signal
import time
from itertools import chain

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline

from sklearn_imdb import SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_multilabel_reviews
from sklearn_imdb.streaming import fit_stream

distributed = pytest.importorskip("distributed", reason="Dask is not here: pip install '.[dask]'")
pytest.importorskip("pyarrow", reason="dask.dataframe needs pyarrow: pip install '.[dask]'")
dask = pytest.importorskip("dask")
bag = pytest.importorskip("dask.bag")
dataframe = pytest.importorskip("dask.dataframe")

TIMEOUT = 60
"""Seconds."""


@pytest.fixture(scope="module")
def client(new_process):
    """A client of a cluster whose copies of what is sent to every worker are not discarded.

    A killed worker is started again, which may take longer on a busy machine than Dask waits.
    """
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "10 minutes"}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            silence_logs="CRITICAL",  # A killed worker is logged as such.
        ) as cluster,
        distributed.Client(cluster, timeout=TIMEOUT) as client,
    ):
        client.amm.stop()
        yield client


def recording_tokenizer(folder):
    """Return a tokenizer that keeps a record of the processes it is unpickled in.

    Its class is local, so that it is sent whole: workers cannot import this file.
    """

    class Tokenizer:
        """Keeps a record of the processes it is unpickled in."""

        def __init__(self, folder):
            self.folder = folder

        def __setstate__(self, state):
            self.__dict__ = state
            with (self.folder / str(os.getpid())).open("a") as file:
                file.write("loaded\n")

        def __call__(self, text):
            return text.split()

    return Tokenizer(folder)


@pytest.fixture
def both_workers(client):
    client.wait_for_workers(2, timeout=TIMEOUT)
    return client


@pytest.fixture
def pipeline(quick):
    return make_pipeline(SequenceVectorizer(maxlen=60), quick(epochs=3))


@pytest.fixture
def search_on(reviews, pipeline):
    """Search a grid on the cluster or, without a client, in this process."""
    texts, y = reviews
    folds = list(StratifiedKFold(3).split(texts, y))

    def search(grid, client=None, **options):
        found = GridSearchCV(pipeline, grid, cv=folds, refit=False, **options)
        if client is None:
            return found.fit(texts, y).cv_results_
        with joblib.parallel_config("dask", scatter=[texts, y, *chain.from_iterable(folds)]):
            return found.fit(texts, y).cv_results_

    return search


def assert_same_scores(results, expected):
    scores = {name for name in expected if name.endswith("_score")}
    assert "split2_test_score" in scores
    for name in scores:
        assert_array_equal(results[name], expected[name])
    assert results["params"] == expected["params"]


DIM = "embeddingaverageclassifier__embedding_dim"
RATE = "embeddingaverageclassifier__learning_rate"
TOKENIZER = "sequencevectorizer__tokenizer"


# -- grid search ------------------------------------------------------------------------------


def test_grid_search_gives_the_same_scores_and_workers_import_no_tensorflow(
    both_workers, search_on
):
    grid = {DIM: [4, 8], "sequencevectorizer__num_words": [300, None]}
    results = search_on(grid, both_workers)
    assert_same_scores(results, search_on(grid))
    assert len(set(results["mean_test_score"])) > 1
    loaded = both_workers.run(lambda: set(__import__("sys").modules))
    assert len(loaded) == 2
    for modules in loaded.values():
        assert "sklearn_imdb.classifier" in modules
        assert not {"tensorflow", "keras", "scikeras", "matplotlib"} & modules


def test_grid_search_ends_with_the_same_scores_when_a_worker_is_killed(
    both_workers, search_on, tmp_path
):
    here, killed = os.getpid(), tmp_path / "killed"

    def split(text):
        return text.split()

    def kill(text):
        if os.getpid() != here and not killed.exists():
            killed.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return text.split()

    grid = {TOKENIZER: [split, kill], DIM: [4, 8]}
    before = set(both_workers.run(os.getpid).values())
    results = search_on(grid, both_workers)
    assert int(killed.read_text()) in before
    assert_same_scores(results, search_on(grid))
    both_workers.wait_for_workers(2, timeout=TIMEOUT)
    after = set(both_workers.run(os.getpid).values())
    assert len(after) == 2
    assert int(killed.read_text()) not in after


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_a_candidate_that_raises_is_the_one_without_a_score(both_workers, search_on):
    grid = {RATE: [0.01, 1e30], DIM: [4, 8]}
    with pytest.warns(
        FitFailedWarning, match=r"(?s)6 fits failed out of a total of 12.*not finite"
    ):
        results = search_on(grid, both_workers)
    failed = np.isnan(results["mean_test_score"])
    assert [results["params"][place] for place in np.flatnonzero(failed)] == [
        {RATE: 1e30, DIM: 4},
        {RATE: 1e30, DIM: 8},
    ]
    expected = search_on({RATE: [0.01], DIM: [4, 8]})
    assert_array_equal(results["mean_test_score"][~failed], expected["mean_test_score"])


def test_an_error_on_a_worker_is_raised_where_the_search_was_asked_for(both_workers, search_on):
    grid = {RATE: [1e30], "sequencevectorizer__num_words": [None]}
    with pytest.raises(ValueError, match="loss is not finite in epoch 1") as raised:
        search_on(grid, both_workers, error_score="raise")
    [note] = raised.value.__notes__
    assert "learning_rate=1e+30" in note


# -- scoring ----------------------------------------------------------------------------------


@pytest.fixture
def fitted(pipeline, reviews):
    texts, y = reviews
    return pipeline.fit(texts, y)


def test_a_dataframe_by_partitions_is_scored_as_at_once(both_workers, fitted, reviews):
    texts, _ = reviews

    def predict(texts, pipeline):
        return pd.Series(pipeline.predict_proba(texts)[:, 1], index=texts.index)

    sent = both_workers.scatter(fitted, broadcast=True)
    frame = dataframe.from_pandas(pd.DataFrame({"text": texts}), npartitions=7)
    scores = frame["text"].map_partitions(predict, sent, meta=("score", "float64")).compute()
    assert_allclose(scores, fitted.predict_proba(texts)[:, 1], rtol=1e-12)


def test_a_missing_text_is_named_by_its_row_and_its_partition(both_workers, fitted, reviews):
    texts = [*reviews[0][:50], None, *reviews[0][51:]]

    def predict(texts, pipeline):
        try:
            return pd.Series(pipeline.predict(texts), index=texts.index)
        except TypeError as error:
            error.add_note(f"From {texts.index[0]} on.")
            raise

    frame = dataframe.from_pandas(pd.DataFrame({"text": texts}), npartitions=15)
    sent = both_workers.scatter(fitted, broadcast=True)
    labels = frame["text"].map_partitions(predict, sent, meta=("label", "int64"))
    with pytest.raises(TypeError, match=r"X\[10\] = .* A text is missing") as raised:
        labels.compute()
    assert raised.value.__notes__ == ["From 40 on."]


def test_a_bag_by_partitions_is_scored_as_at_once(both_workers, fitted, reviews):
    texts, _ = reviews
    sent = both_workers.scatter(fitted, broadcast=True)
    parts = bag.from_sequence(texts, npartitions=7)
    labels = parts.map_partitions(lambda texts, pipeline: pipeline.predict(texts).tolist(), sent)
    assert_array_equal(labels.compute(), fitted.predict(texts))


def test_a_fitted_pipeline_is_sent_to_each_worker_once(both_workers, pipeline, reviews, tmp_path):
    texts, y = reviews
    pipeline.set_params(**{TOKENIZER: recording_tokenizer(tmp_path)}).fit(texts, y)
    sent = both_workers.scatter(pipeline, broadcast=True)
    parts = bag.from_sequence(texts, npartitions=20)
    parts.map_partitions(lambda texts, pipeline: pipeline.predict(texts).tolist(), sent).compute()
    workers = both_workers.run(os.getpid).values()
    assert [(tmp_path / str(worker)).read_text() for worker in workers] == ["loaded\n"] * 2


# -- fitting ----------------------------------------------------------------------------------

COLUMNS = ("text", "label")
WEIGHTED = ("text", "label", "weight")
FITS = {
    "ngram": (COLUMNS, "ngram", {}),
    "tutorial": (WEIGHTED, "tutorial", {}),
    "given words": (COLUMNS, "tutorial", {"vectorizer__vocabulary": {"superb": 1, "dull": 2}}),
}


def unfitted(preset="tutorial", **parameters):
    pipeline = make_text_classifier(preset, random_state=0).set_params(**parameters)
    return pipeline.set_params(classifier__early_stopping=False, classifier__epochs=2)


@pytest.fixture(scope="module")
def table(reviews):
    texts, y = reviews
    weight = np.random.RandomState(0).randint(3, size=len(y)).astype(float)
    return pd.DataFrame({"text": texts, "label": np.array(["dull", "superb"])[y], "weight": weight})


def assert_same_fit(pipeline, expected):
    assert list(pipeline[0].vocabulary_.items()) == list(expected[0].vocabulary_.items())
    assert_array_equal(pipeline[1].embedding_, expected[1].embedding_)
    for weights, of_expected in zip(pipeline[1].coefs_, expected[1].coefs_, strict=True):
        assert_array_equal(weights, of_expected)


@pytest.mark.parametrize(("columns", "preset", "parameters"), FITS.values(), ids=FITS)
def test_partitions_are_fitted_bitwise_as_chunks(both_workers, table, columns, preset, parameters):
    frame = dataframe.from_pandas(table.assign(row=table.index), npartitions=6)
    frame = frame[(frame["row"] < 100) | (frame["row"] >= 250)]  # One partition loses all rows.
    parts = [part.compute() for part in frame.partitions]
    assert 0 in map(len, parts)
    chunks = [tuple(part[name] for name in columns) for part in parts]
    expected = fit_stream(unfitted(preset, **parameters), chunks)
    assert_same_fit(fit_stream(unfitted(preset, **parameters), frame, columns=columns), expected)


def test_one_partition_with_several_labels_is_fitted_as_at_once(both_workers):
    texts, Y = make_multilabel_reviews(200, n_labels=2, random_state=0)
    frame = dataframe.from_pandas(pd.DataFrame({"text": texts, "a": Y[:, 0], "b": Y[:, 1]}), 1)
    fitted = fit_stream(unfitted("ngram"), frame, columns=("text", ["a", "b"]))
    assert_same_fit(fitted, unfitted("ngram").fit(texts, Y))


def test_a_fit_ends_the_same_when_a_worker_is_killed(both_workers, table, tmp_path):
    here, killed = os.getpid(), tmp_path / "killed"

    def kill(text):
        if os.getpid() != here and text == table["text"][250].lower() and not killed.exists():
            killed.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return text.split()

    def fit(chunks):
        pipeline = unfitted(vectorizer__tokenizer=kill)
        return fit_stream(pipeline, chunks, columns=COLUMNS)

    before = set(both_workers.run(os.getpid).values())
    frame = dataframe.from_pandas(table, npartitions=12)
    fitted = fit(frame)
    assert int(killed.read_text()) in before
    parts = (part.compute() for part in frame.partitions)
    assert_same_fit(fitted, fit((part["text"], part["label"]) for part in parts))


def test_an_error_in_a_partition_names_it_and_ends_the_work(both_workers, table):
    broken = table.assign(text=[*table["text"][:250], None, *table["text"][251:]])
    frame = dataframe.from_pandas(broken, npartitions=6)
    pipeline = unfitted()
    with pytest.raises(TypeError, match=r"X\[50\] = .* index label 250") as raised:
        fit_stream(pipeline, frame, columns=COLUMNS)
    assert raised.value.__notes__ == [
        "In partition 2 of the dataframe.",
        "Reading chunk 2 of the stream, which begins at row 200, counted from 0.",
    ]
    assert not hasattr(pipeline[0], "vocabulary_")

    def list_states():  # Of the partitions: the searches above have left tasks of their own.
        tasks = both_workers.futures.items()
        return [state.status for key, state in tasks if "_count_partition" in str(key)]

    deadline = time.monotonic() + TIMEOUT
    while len(list_states()) > 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert list_states() == ["error"]


def test_an_unknown_label_in_a_partition_is_named_by_the_partition(both_workers, table):
    label = table["label"].where(table.index != 250, "mixed")
    frame = dataframe.from_pandas(table.assign(label=label), npartitions=6)
    with pytest.raises(ValueError, match=r"\['mixed'\]; y\[50\] = 'mixed'") as raised:
        fit_stream(unfitted(), frame, columns=COLUMNS, classes=["dull", "superb"])
    assert "In chunk 2 of the stream, which begins at row 200" in raised.value.__notes__[0]


def test_what_is_counted_is_sent_to_each_worker_once(both_workers, table, tmp_path):
    pipeline = unfitted(vectorizer__tokenizer=recording_tokenizer(tmp_path))
    frame = dataframe.from_pandas(table, npartitions=20)
    fit_stream(pipeline, frame, columns=COLUMNS)
    workers = both_workers.run(os.getpid).values()
    assert [(tmp_path / str(worker)).read_text() for worker in workers] == ["loaded\n"] * 2
