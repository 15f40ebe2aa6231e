"""A million reviews, 1 GB of text: either preset by `fit_stream`, and one of them in memory.

The process of a stream may take 1 GiB of address space beyond what it has after its imports. The
reviews are generated, which takes some minutes, and kept in the folder for temporary files for the
next run.
"""

import contest

options = contest.start(__doc__, rounds=3)

import json
import os
import resource
import sys
import tempfile
import time
from functools import partial
from itertools import chain
from pathlib import Path

# Arrow's own allocator reserves 1 GiB of address space at once.
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from joblib import Parallel, delayed

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.streaming import fit_stream

CHUNK = 10_000
N_TRAIN, N_TEST = (3 * CHUNK, CHUNK) if options.small else (100 * CHUNK, 10 * CHUNK)
WORDS = 190
"""Of a review, on average: 1,000 characters."""

EPOCHS = {"tutorial": 5, "ngram": None}
"""Of the stream: the preset's own where None, which are two."""

GIBIBYTE = 2**30
FOLDER = Path(tempfile.gettempdir())


def written(name, n_reviews, first_seed):
    """Return the path of a file of generated reviews, each chunk from its own seed."""
    path = FOLDER / f"sklearn_imdb_{name}_{n_reviews}.parquet"
    if path.exists():
        return path
    schema = pa.schema({"text": pa.string(), "label": pa.int64()})
    unfinished = path.with_suffix(".part")
    seeds = range(first_seed, first_seed + n_reviews // CHUNK)
    chunks = Parallel(n_jobs=options.cores, return_as="generator")(
        delayed(make_reviews)(CHUNK, mean_length=WORDS, random_state=seed) for seed in seeds
    )
    with pq.ParquetWriter(unfinished, schema, use_dictionary=False) as file:
        for texts, y in chunks:
            file.write_table(pa.table([texts, y], schema=schema))
    return unfinished.rename(path)


def reviews(path):
    """Yield texts and labels, chunk after chunk."""
    with pq.ParquetFile(path) as file:
        # A chunk is a row group. `iter_batches` would keep some memory of each that it has read.
        for number in range(file.num_row_groups):
            group = file.read_row_group(number)
            yield group["text"].to_pylist(), group["label"].to_numpy()


def memory():
    """Return the bytes of this process's address space."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def in_memory(preset):
    """Fit a preset with all reviews in memory."""
    texts, y = (list(chain.from_iterable(column)) for column in zip(*reviews(train), strict=True))
    pipeline = make_text_classifier(preset, random_state=0)
    pipeline.set_params(classifier__early_stopping=False, classifier__epochs=EPOCHS[preset])
    return pipeline.fit(texts, y)


def stream(preset):
    """Fit a preset on the reviews, chunk after chunk."""
    resource.setrlimit(resource.RLIMIT_AS, (memory() + GIBIBYTE,) * 2)
    pipeline = make_text_classifier(preset, random_state=0)
    pipeline.set_params(classifier__early_stopping=False)
    return fit_stream(pipeline, reviews(train), epochs=EPOCHS[preset])


CONTENDERS = {
    "tutorial, stream": partial(stream, "tutorial"),
    "tutorial, in memory": partial(in_memory, "tutorial"),
    "default, stream": partial(stream, "ngram"),
}
train, test = written("train", N_TRAIN, 1_000), written("test", N_TEST, 0)

if options.contender:
    begin = time.perf_counter()
    pipeline = CONTENDERS[options.contender]()
    seconds = time.perf_counter() - begin
    right = np.concatenate([pipeline.predict(texts) == y for texts, y in reviews(test)])
    print(json.dumps({"seconds": seconds, "accuracy": right.mean()}))
    sys.exit()

measured = contest.processes(__file__, options, CONTENDERS)
turns = {name: [json.loads(output) for output in measured[name]["output"]] for name in CONTENDERS}


def row(name):
    """Return what is found in each turn of each contender."""
    return {contender: [turn[name] for turn in turns[contender]] for contender in CONTENDERS}


rows = {"fitting": row("seconds"), "test accuracy": row("accuracy")}
rows["peak memory"] = {name: measured[name]["megabytes"] for name in CONTENDERS}
notes = (
    f"pyarrow {pa.__version__}; {N_TRAIN:,} generated reviews in chunks of {CHUNK:,}; "
    f"{EPOCHS['tutorial']} epochs of the tutorial, 2 of the default"
)
contest.report(options, "streaming", rows, notes)
