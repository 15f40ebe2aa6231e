"""Texts of a Parquet file scored on Dask workers: does the speed grow with the number of workers?

Workers have one thread each, get the fitted pipeline once, and read the partitions they score.
"""

import contest

options = contest.start(__doc__)

from tempfile import TemporaryDirectory

import dask.dataframe
import numpy as np
import pandas as pd
from distributed import Client

from sklearn_imdb import make_text_classifier

PARTITIONS = 16


def predict(texts, pipeline):
    """Return the labels of a partition."""
    return pd.Series(pipeline.predict(texts), index=texts.index)


def main():
    """Measure; in a function, because the workers import this file."""
    texts, y, test_texts, _, source = contest.reviews(options)
    test_texts = test_texts * 4
    pipeline = make_text_classifier("tutorial", random_state=0).fit(texts, y)
    expected = pipeline.predict(test_texts)
    with TemporaryDirectory() as folder:
        table = dask.dataframe.from_pandas(pd.DataFrame({"text": test_texts}), PARTITIONS)
        table.to_parquet(folder, name_function="{:02}.parquet".format)

        def at_once():
            column = pd.read_parquet(folder)["text"]
            assert np.array_equal(pipeline.predict(column), expected)

        def by_partitions(client):
            column = dask.dataframe.read_parquet(folder)["text"]
            labels = column.map_partitions(predict, sent[client], meta=("label", "int64"))
            assert np.array_equal(client.compute(labels, sync=True), expected)

        with client_of(1) as one, client_of(2) as two:
            sent = {}
            for client in (one, two):
                client.amm.stop()  # Dask would discard all copies but one.
                sent[client] = client.scatter(pipeline, broadcast=True)
            contenders = {
                "1 worker": lambda: by_partitions(one),
                "2 workers": lambda: by_partitions(two),
                "at once, no Dask": at_once,
            }
            for score in contenders.values():
                score()  # The first time a worker imports what it needs.
            seconds = contest.interleaved(contenders, options.rounds)
    notes = f"Dask {dask.__version__}; {source}, {len(test_texts):,} in {PARTITIONS} partitions"
    contest.report(options, "partitions", {"reading and scoring": seconds}, notes)


def client_of(n_workers):
    """Return a client with a cluster of its own."""
    return Client(
        n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", set_as_default=False
    )


if __name__ == "__main__":
    main()
