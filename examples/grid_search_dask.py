"""A grid search on a Dask cluster, and scoring partition by partition
======================================================================

This example searches a grid on the machines of a Dask cluster. Then it scores reviews there,
partition by partition.
Here the cluster is a local one of two processes. For a real cluster one line changes. Its scheduler
and workers need no TensorFlow.

Run it with ``python examples/grid_search_dask.py``. It takes about 30 seconds on two cores.
It needs the extra ``dask``: ``pip install ".[dask]"`` in a checkout.
"""

from contextlib import ExitStack
from itertools import chain

import dask.dataframe
import joblib
import numpy as np
import pandas as pd
from distributed import Client
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from _start import load_reviews, parse_options
from sklearn_imdb import make_text_classifier


def main():
    """Run the example: in a function, because the cluster's processes import this file."""
    options = parse_options(__doc__, pictures=False)

    # %%
    # The reviews
    # -----------

    texts, y, test_texts, y_test = load_reviews(options, "train", "test")
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

        # Data that is sent to every worker once must stay there, and Dask would discard all copies
        # but one. The setting holds for the whole cluster, so it is undone at the end.
        client.amm.stop()
        at_the_end.callback(client.amm.start)

        # %%
        # Grid search
        # -----------
        # When a worker dies, the search still ends with the same results, if another worker has
        # the data. The data are the texts, the labels, and the rows of each fold. The folds are
        # made here for this reason: joblib sends to all workers only what `scatter` names. `held`
        # keeps a reference, because joblib may forget data while it is sent again.

        pipeline = make_text_classifier("tutorial", random_state=0)
        grid = {"classifier__embedding_dim": [8, 16], "classifier__learning_rate": [1e-3, 3e-3]}
        folds = list(StratifiedKFold(3).split(texts, y))
        large = [texts, y, *chain.from_iterable(folds)]
        held = client.scatter(large, broadcast=True)
        search = GridSearchCV(pipeline, grid, cv=folds)
        with joblib.parallel_config("dask", scatter=large):
            search.fit(texts, y)
        del held

        # A candidate whose fit raised has the score nan, and scikit-learn warns with the error. The
        # note of the error names the step. With `error_score="raise"` the error ends the search.
        results = pd.DataFrame(search.cv_results_)
        for params, score in zip(results["params"], results["mean_test_score"], strict=True):
            print(f"{score:.4f} {params}")

        # %%
        # Scoring partition by partition
        # ------------------------------
        # The fitted pipeline is sent once to each worker, not with each partition. Here the
        # partitions are cut from a table in memory. From a folder that all workers see,
        # `dask.dataframe.read_parquet` lets each worker read its own.
        #
        # A filter may leave a partition without rows, which has nothing to predict. When a text is
        # missing, the error names its row in the partition. The note names the partition's rows.

        def predict(texts, pipeline):
            try:
                labels = pipeline.predict(texts) if len(texts) else []
            except (TypeError, ValueError) as error:
                error.add_note(f"In the partition of rows {texts.index[0]} to {texts.index[-1]}.")
                raise
            return pd.Series(labels, index=texts.index, dtype="int64")

        fitted = client.scatter(search.best_estimator_, broadcast=True)
        table = pd.DataFrame({"text": test_texts})
        size = len(table) // 8
        parts = client.scatter([table[at : at + size] for at in range(0, len(table), size)])
        frame = dask.dataframe.from_delayed(parts, meta=table[:0])
        # Without `meta` Dask would try the function here, without the pipeline.
        labels = frame["text"].map_partitions(predict, fitted, meta=("label", "int64")).compute()
        print(f"Test accuracy: {accuracy_score(y_test, labels):.4f}")
        print("The same as at once:", (labels == search.predict(test_texts)).all())

        # %%
        # What a worker needs
        # -------------------
        # A worker that trains by SciPy, as here, needs no TensorFlow.

        def has_tensorflow():
            import sys

            return "tensorflow" in sys.modules

        print("TensorFlow imported:", any(client.run(has_tensorflow).values()))


if __name__ == "__main__":
    main()
