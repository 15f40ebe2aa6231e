"""Search a grid, and score reviews by partitions, on the machines of a Dask cluster.

The cluster is a local one of two processes here. Where there is a real one, one line below changes,
and its scheduler and workers need what the README lists for them, in which there is no TensorFlow.

Run it with ``python examples/grid_search_dask.py``, with the extra ``[dask]`` installed. The
first run downloads 84 MB; ``--data-home`` names the folder that has the data or is to have it.
Where the reviews are not to be had, it says so and goes on with generated ones.
"""

# %%
# Options
# -------

import argparse
from contextlib import ExitStack
from itertools import chain

import dask.dataframe
import joblib
import numpy as np
import pandas as pd
from distributed import Client
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import fetch_imdb, make_reviews


def main():
    """Run the example: in a function, because the cluster's processes import this file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-home", help="folder of the data; default: ~/scikit_learn_data")
    parser.add_argument("--small", action="store_true", help="1,000 reviews only, to try it out")
    options = parser.parse_args()

    # %%
    # The reviews
    # -----------

    n_reviews = 1_000 if options.small else 25_000
    try:
        train = fetch_imdb(subset="train", data_home=options.data_home)
        test = fetch_imdb(subset="test", data_home=options.data_home)
        texts, y = train.data[:n_reviews], train.target[:n_reviews]
        test_texts, y_test = test.data[:n_reviews], test.target[:n_reviews]
    except OSError as error:
        print(f"\nNO REAL DATA: {error}\n\nGoing on with GENERATED reviews.")
        texts, y = make_reviews(2 * n_reviews, random_state=0)
        texts, y, test_texts, y_test = (
            texts[:n_reviews],
            y[:n_reviews],
            texts[n_reviews:],
            y[n_reviews:],
        )

    # An array is sent ten times as fast as a list.
    texts, test_texts = (np.array(column, dtype=object) for column in (texts, test_texts))

    # %%
    # The cluster
    # -----------
    # `Client` starts a local cluster and ends it. For a real one write in place of its line
    #
    #     Client("tcp://address-of-the-scheduler:8786") as client,

    with (
        Client(n_workers=2, threads_per_worker=1, dashboard_address=":0") as client,
        ExitStack() as at_the_end,
    ):
        client.wait_for_workers(2)
        print(f"{len(client.scheduler_info()['workers'])} workers")

        # What is sent to every worker once is to stay there, and Dask would discard all copies but
        # one. This holds for the whole cluster, so that it is undone at the end.
        client.amm.stop()
        at_the_end.callback(client.amm.start)

        # %%
        # Grid search
        # -----------
        # A worker may die and the search still ends, with the same results, as long as another
        # has what was sent: the texts, the labels, and the rows of each fold, which are therefore
        # made here. joblib sends to all workers what `scatter` names, and to one what it does not.
        # It is held on to here: joblib forgets what it sent, sometimes while it is sent again.

        pipeline = make_text_classifier("tutorial", random_state=0)
        grid = {"classifier__embedding_dim": [8, 16], "classifier__learning_rate": [1e-3, 3e-3]}
        folds = list(StratifiedKFold(3).split(texts, y))
        large = [texts, y, *chain.from_iterable(folds)]
        held = client.scatter(large, broadcast=True)
        search = GridSearchCV(pipeline, grid, cv=folds)
        with joblib.parallel_config("dask", scatter=large):
            search.fit(texts, y)
        del held

        # The score of a candidate whose fit raised is nan here, and scikit-learn warns with the
        # error, whose note says which step it was; with `error_score="raise"` it ends the search.
        results = pd.DataFrame(search.cv_results_)
        for params, score in zip(results["params"], results["mean_test_score"], strict=True):
            print(f"{score:.4f} {params}")

        # %%
        # Scoring by partitions
        # ---------------------
        # The fitted pipeline is sent once to each worker, not with each partition. The partitions
        # are cut from a table in memory here; from a folder that all workers see,
        # `dask.dataframe.read_parquet` has each read its own. A filter may have left a partition
        # without rows, for which there is nothing to predict. Where a text is missing, the error
        # says in which row of the partition, and the note which rows these are.

        def predict(texts, pipeline):
            try:
                labels = pipeline.predict(texts) if len(texts) else []
            except (TypeError, ValueError) as error:
                error.add_note(f"In the partition of rows {texts.index[0]} to {texts.index[-1]}.")
                raise
            return pd.Series(labels, index=texts.index, dtype="int64")

        fitted = client.scatter(search.best_estimator_, broadcast=True)
        table = pd.DataFrame({"text": test_texts})
        size = n_reviews // 8
        parts = client.scatter([table[at : at + size] for at in range(0, n_reviews, size)])
        frame = dask.dataframe.from_delayed(parts, meta=table[:0])
        # Without `meta` Dask would try the function out, here and without the pipeline.
        labels = frame["text"].map_partitions(predict, fitted, meta=("label", "int64")).compute()
        print(f"Test accuracy: {accuracy_score(y_test, labels):.4f}")
        print("The same as at once:", (labels == search.predict(test_texts)).all())

        # %%
        # What a worker needs
        # -------------------
        # Trained by SciPy, as here, it needs no TensorFlow.

        def has_tensorflow():
            import sys

            return "tensorflow" in sys.modules

        print("TensorFlow imported:", any(client.run(has_tensorflow).values()))


if __name__ == "__main__":
    main()
