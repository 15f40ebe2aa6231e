"""A million reviews, 1 GB of text, learned and scored as a stream and in memory.

The stream's process may take 1 GiB of address space beyond what it has after its imports. The
reviews are generated, which takes some minutes, and kept in the folder for temporary files for the
next run.
"""

import contest

options = contest.start(__doc__, cores=[2], rounds=3)

import json
import os
import resource
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path

# Arrow's own allocator reserves 1 GiB of address space at once.
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from joblib import Parallel, delayed
from sklearn.pipeline import make_pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.streaming import fit_transform_chunks, map_chunks

CHUNK = 10_000
N_TRAIN, N_TEST = (3 * CHUNK, CHUNK) if options.small else (100 * CHUNK, 10 * CHUNK)
WORDS = 190
"""Of a review, on average: 1,000 characters."""

EPOCHS = 5
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


def memory(column):
    """Return the bytes of this process: its address space, column 0, or what is resident, 1."""
    return int(Path("/proc/self/statm").read_text().split()[column]) * resource.getpagesize()


def in_memory():
    """Yield the name of each pass over the reviews when it is done."""
    texts, y = (list(chain.from_iterable(column)) for column in zip(*reviews(train), strict=True))
    X = vectorizer.fit_transform(texts)
    yield "counting and encoding"
    classifier.fit(X, y)
    yield "training"
    are_right(texts, y)
    yield "scoring"


def stream():
    """Yield the name of each pass over the reviews when it is done."""

    def sequences():
        with path.open("rb") as file:
            while file.peek():
                yield np.load(file), np.load(file)

    def learn(X, y):
        classifier.partial_fit(X, y, classes=[0, 1])

    def watched(name, chunks):
        for chunk in chunks:
            yield chunk
            held.setdefault(name, []).append(memory(1) // 2**20)

    path = FOLDER / "sklearn_imdb_sequences"
    resource.setrlimit(resource.RLIMIT_AS, (memory(0) + GIBIBYTE,) * 2)
    with path.open("wb") as file:
        chunks = fit_transform_chunks(vectorizer, watched("counting", reviews(train)))
        for X, y in watched("encoding", chunks):
            np.save(file, X)
            np.save(file, y)
    yield "counting and encoding"
    for _ in range(EPOCHS):
        for _ in map_chunks(learn, watched("training", sequences())):
            pass
    yield "training"
    for _ in map_chunks(are_right, watched("scoring", reviews(train))):
        pass
    yield "scoring"
    path.unlink()


def are_right(texts, y):
    """Return which texts are classified right."""
    return pipeline.predict(texts) == y


CONTENDERS = {"in memory": in_memory, "stream": stream}
train, test = written("train", N_TRAIN, 1_000), written("test", N_TEST, 0)

if options.contender:
    vectorizer = SequenceVectorizer()
    classifier = EmbeddingAverageClassifier(
        input_dim=vectorizer.num_words, epochs=EPOCHS, batch_size=64, random_state=0
    )
    pipeline = make_pipeline(vectorizer, classifier)
    seconds, held = {}, {}
    begin = time.perf_counter()
    for name in CONTENDERS[options.contender]():
        seconds[name] = time.perf_counter() - begin
        begin = time.perf_counter()
    right = np.concatenate(list(map_chunks(are_right, reviews(test))))
    print(json.dumps({"seconds": seconds, "held": held, "accuracy": right.mean()}))
    sys.exit()

measured = contest.processes(__file__, options, CONTENDERS)
turns = {name: [json.loads(output) for output in measured[name]["output"]] for name in CONTENDERS}
passes = list(turns["stream"][0]["seconds"])


def row(found):
    """Return what is found in each turn of each contender."""
    return {name: list(map(found, turns[name])) for name in CONTENDERS}


rows = {name: row(lambda turn, name=name: turn["seconds"][name]) for name in passes}
rows["all"] = row(lambda turn: sum(turn["seconds"][name] for name in passes))
rows["test accuracy"] = row(lambda turn: turn["accuracy"])
rows["peak memory"] = {name: measured[name]["megabytes"] for name in CONTENDERS}
held = "; ".join(
    f"{name} {megabytes[len(megabytes) // 10]} and {megabytes[-1]}"
    for name, megabytes in turns["stream"][0]["held"].items()
)
notes = (
    f"pyarrow {pa.__version__}; {N_TRAIN:,} generated reviews in chunks of {CHUNK:,}, {EPOCHS} "
    f"epochs; MB resident in the stream's process after a tenth of a pass and at its end: {held}"
)
contest.report(options, "streaming", rows, notes)
