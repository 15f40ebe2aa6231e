"""On a Dask cluster of two processes: the same results, whatever becomes of the workers."""

import os
import signal
from itertools import chain

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline

from sklearn_imdb import SequenceVectorizer

distributed = pytest.importorskip("distributed", reason="Dask is not here: pip install '.[dask]'")
pytest.importorskip("pyarrow", reason="dask.dataframe needs pyarrow: pip install '.[dask]'")
bag = pytest.importorskip("dask.bag")
dataframe = pytest.importorskip("dask.dataframe")

TIMEOUT = 60
"""Seconds."""


@pytest.fixture(scope="module")
def client(new_process):
    """A client of a cluster whose copies of what is sent to every worker are not discarded."""
    with (
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

    pipeline.set_params(**{TOKENIZER: Tokenizer(tmp_path)}).fit(texts, y)
    sent = both_workers.scatter(pipeline, broadcast=True)
    parts = bag.from_sequence(texts, npartitions=20)
    parts.map_partitions(lambda texts, pipeline: pipeline.predict(texts).tolist(), sent).compute()
    workers = both_workers.run(os.getpid).values()
    assert [(tmp_path / str(worker)).read_text() for worker in workers] == ["loaded\n"] * 2
