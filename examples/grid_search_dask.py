"""Search a grid, and score reviews by partitions, on the machines of a Dask cluster.

The cluster is a local one of two processes here. Where there is a real one, its workers need this
library installed, without TensorFlow (the README has the command), and one line below changes.

Run it with ``python examples/grid_search_dask.py``, with the extra ``[dask]`` installed. The
first run downloads 84 MB; ``--data-home`` names the folder that has the data or is to have it.
Where the reviews are not to be had, it says so and goes on with generated ones.
"""

# %%
# Options
# -------

import argparse
from itertools import chain

import dask.dataframe
import joblib
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

    # %%
    # The cluster
    # -----------
    # The next line starts a local cluster and ends it. For a real one write in its place
    #
    #     with Client("tcp://address-of-the-scheduler:8786") as client:

    with Client(n_workers=2, threads_per_worker=1, dashboard_address=":0") as client:
        print(f"{len(client.scheduler_info()['workers'])} workers")

        # %%
        # Grid search
        # -----------
        # A worker may die and the search still ends, with the same results, as long as another
        # has what was sent once. So all large arguments of a fit are sent to every worker, the
        # rows of the folds too, which joblib would send to one; and Dask is kept from discarding
        # the copies.

        client.amm.stop()
        pipeline = make_text_classifier(random_state=0)
        grid = {"classifier__embedding_dim": [8, 16], "classifier__learning_rate": [1e-3, 3e-3]}
        folds = list(StratifiedKFold(3).split(texts, y))
        search = GridSearchCV(pipeline, grid, cv=folds)
        with joblib.parallel_config("dask", scatter=[texts, y, *chain.from_iterable(folds)]):
            search.fit(texts, y)

        # The score of a candidate whose fit raised is nan, and scikit-learn warns with what it
        # raised; with `error_score="raise"` the error would end the search.
        results = pd.DataFrame(search.cv_results_)
        for params, score in zip(results["params"], results["mean_test_score"], strict=True):
            print(f"{score:.4f} {params}")

        # %%
        # Scoring by partitions
        # ---------------------
        # The fitted pipeline is sent once to each worker, not with each partition. Here the
        # partitions are cut from a table in memory; `dask.dataframe.read_parquet` has each
        # worker read its own.

        def predict(texts, pipeline):
            return pd.Series(pipeline.predict(texts), index=texts.index)

        fitted = client.scatter(search.best_estimator_, broadcast=True)
        frame = dask.dataframe.from_pandas(pd.DataFrame({"text": test_texts}), npartitions=8)
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
