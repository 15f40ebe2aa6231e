"""A fit on a Dask dataframe by two workers, and on the same chunks here: time, memory, the share p.

The share p is what partitions can do: reading, splitting the texts, counting the words. With two
workers on two cores a fit should take no more than 1 - p / 2 + 0.1 of the time. The scheduler has a
process of its own, and each fit as well. The cluster has done a small fit before. The reviews are
generated, and kept in the folder for temporary files for the next run.
"""

import contest

options = contest.start(__doc__, rounds=3)

import hashlib
import json
import os
import statistics
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import dask.dataframe
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from distributed import Client, SubprocessCluster
from sklearn.base import clone

from sklearn_imdb import make_text_classifier, streaming
from sklearn_imdb.datasets import make_reviews

CHUNK, N_CHUNKS = (1_000, 4) if options.small else (5_000, 24)
WORDS = 190
"""Of a review, on average: 1,000 characters."""

N_EPOCHS = {"ngram": 2, "tutorial": 5}


def written():
    """Return the path of a file of generated reviews, a row group for each chunk."""
    path = Path(tempfile.gettempdir()) / f"sklearn_imdb_cluster_{N_CHUNKS}_{CHUNK}.parquet"
    if path.exists():
        return path
    unfinished = path.with_suffix(".part")
    schema = pa.schema({"text": pa.string(), "y": pa.int64()})
    with pq.ParquetWriter(unfinished, schema, use_dictionary=False) as file:
        for seed in range(N_CHUNKS):
            table = pa.table(
                list(make_reviews(CHUNK, mean_length=WORDS, random_state=seed)), schema
            )
            file.write_table(table)
    return unfinished.rename(path)


class Clock:
    """Adds up the seconds that are spent on chunks."""

    seconds = 0.0

    def over(self, function):
        """Return the function, timed."""

        def timed(*arguments):
            begin = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.perf_counter() - begin

        return timed


def fit_chunks(pipeline):
    """Fit here, chunk after chunk; return the seconds, and the share that partitions can do."""
    clock = Clock()
    streaming._count_chunk = clock.over(streaming._count_chunk)
    begin = time.perf_counter()
    with pq.ParquetFile(path) as file:
        read = clock.over(lambda number: file.read_row_group(number).to_pandas())
        tables = map(read, range(N_CHUNKS))
        streaming.fit_stream(pipeline, ((table["text"], table["y"]) for table in tables))
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "share": clock.seconds / seconds, "caller": contest.peak()}


def fit_partitions(pipeline):
    """Fit by two workers; return the seconds, and the peak memory of each process."""
    cluster = SubprocessCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client:
        client.wait_for_workers(2)
        frame = dask.dataframe.read_parquet(path, split_row_groups=True)
        assert frame.npartitions == N_CHUNKS
        # A cluster in use has imported its libraries, which takes some 3 s.
        streaming.fit_stream(clone(pipeline), frame.partitions[:2])
        begin = time.perf_counter()
        streaming.fit_stream(pipeline, frame)
        return {
            "seconds": time.perf_counter() - begin,
            "caller": contest.peak(),
            "scheduler": contest.peak(client.run_on_scheduler(os.getpid)),
            "workers": max(map(contest.peak, client.run(os.getpid).values())),
        }


path = written()
FITS = {"chunks": fit_chunks, "two workers": fit_partitions}

if options.contender:
    preset, how = options.contender.split(", ")
    pipeline = make_text_classifier(preset, random_state=0)
    pipeline.set_params(classifier__early_stopping=False, classifier__epochs=N_EPOCHS[preset])
    figures = FITS[how](pipeline)
    learned = pipeline[1].embedding_.tobytes() + repr(pipeline[0].vocabulary_).encode()
    print(json.dumps({**figures, "learned": hashlib.sha256(learned).hexdigest()}))
    sys.exit()

names = [f"{preset}, {how}" for preset, how in product(N_EPOCHS, FITS)]
measured = contest.processes(__file__, options, names)
turns = pd.DataFrame(
    {"preset": preset, "how": how, **json.loads(output)}
    for preset, how in product(N_EPOCHS, FITS)
    for output in measured[f"{preset}, {how}"]["output"]
)
assert (turns.groupby("preset")["learned"].nunique() == 1).all(), "Not bitwise the same."

rows, notes = {}, []
for preset, of_preset in turns.groupby("preset"):
    for job, figure in ((preset, "seconds"), (f"{preset}, peak memory here", "caller")):
        rows[job] = {how: of_preset[of_preset["how"] == how][figure].tolist() for how in FITS}
    median = of_preset.groupby("how")[["share", "scheduler", "workers"]].median()
    share = median.loc["chunks", "share"]
    ratio = statistics.median(rows[preset]["two workers"]) / statistics.median(
        rows[preset]["chunks"]
    )
    notes.append(
        f"{preset}: p = {share:.2f}, ratio {ratio:.2f}, wanted at most {1 - share / 2 + 0.1:.2f}, "
        f"peak of the scheduler {median.loc['two workers', 'scheduler']:.0f} MB, of a worker "
        f"{median.loc['two workers', 'workers']:.0f} MB"
    )
contest.report(
    options,
    "cluster",
    rows,
    f"Dask {dask.__version__}; {N_CHUNKS * CHUNK:,} generated reviews in {N_CHUNKS} partitions, "
    f"the same vocabulary and weights; {'; '.join(notes)}",
)
