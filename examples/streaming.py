"""Learn from a file of reviews without ever having all of it in memory.

Chunk after chunk the words are counted and the texts encoded, then the network is trained, then it
is scored: memory holds one chunk at a time, however large the file is. It is a CSV here, read by
pyarrow, which tells where a row is broken; of a Parquet file `read_row_group` of
`pyarrow.parquet.ParquetFile(path)` gives one chunk after the other.

Run it with ``python examples/streaming.py``, with the extra ``[dask]`` or ``[test]`` installed,
or pyarrow alone. The first run downloads 84 MB; ``--data-home`` names the folder that has the
data or is to have it. Where the reviews are not to be had, it says so and goes on with generated
ones.
"""

# %%
# Options
# -------

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.csv
import rich.progress
from sklearn.pipeline import make_pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
from sklearn_imdb.datasets import fetch_imdb, make_reviews
from sklearn_imdb.streaming import fit_transform_chunks, map_chunks

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--data-home", help="folder of the data; default: ~/scikit_learn_data")
parser.add_argument("--small", action="store_true", help="2,000 reviews only, to try it out")
options = parser.parse_args()
n_reviews = 2_000 if options.small else 25_000
epochs = 5

# %%
# Two files of reviews
# --------------------
# Yours are there already. The rows of a file to train on should be in random order, because a
# chunk is shuffled in itself only.

folder = TemporaryDirectory()
train_path, test_path = (Path(folder.name) / name for name in ("train.csv", "test.csv"))
try:
    halves = [fetch_imdb(subset=half, data_home=options.data_home) for half in ("train", "test")]
    tables = [pa.table({"text": half.data, "label": half.target}) for half in halves]
except OSError as error:
    print(f"\nNO REAL DATA: {error}\n\nGoing on with GENERATED reviews.")
    texts, y = make_reviews(2 * n_reviews, random_state=0)
    generated = pa.table({"text": texts, "label": y})
    tables = [generated[:n_reviews], generated[n_reviews:]]
for table, path in zip(tables, (train_path, test_path), strict=True):
    pyarrow.csv.write_csv(table[:n_reviews], path)
    print(f"{path.name}: {n_reviews:,} reviews, {path.stat().st_size / 1e6:.1f} MB")

# %%
# Reading in chunks
# -----------------
# Larger chunks are quicker and take more memory. Where it uses no threads, and knows the columns'
# types, pyarrow names the row that it cannot read. An empty field is a missing text or label, which
# the estimators refuse, and "" an empty text.

CHUNK = 2**18 if options.small else 2**22  # Bytes.
reading = pyarrow.csv.ReadOptions(block_size=CHUNK, use_threads=False)
parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
converting = pyarrow.csv.ConvertOptions(
    column_types={"text": pa.string(), "label": pa.int64()},
    null_values=[""],
    strings_can_be_null=True,
    quoted_strings_can_be_null=False,
)


def reviews(file):
    """Yield the texts and labels of a chunk of a CSV file after another."""
    for batch in pyarrow.csv.open_csv(file, reading, parsing, converting):
        yield batch["text"].to_pylist(), batch["label"].to_pylist()


# %%
# Counting the words, encoding the texts
# --------------------------------------
# The vocabulary is the one that `fit` on all texts at once would have found. It is complete before
# any text is encoded: with every further chunk words may get other indices. So each chunk goes
# through `vectorizer.partial_fit` first, and `fit_transform_chunks` keeps the numbers of its words
# meanwhile, because to read and to split the texts twice would take longer. The sequences are
# written to a file of arrays, one after another, for all epochs.

vectorizer = SequenceVectorizer()
sequences_path = Path(folder.name) / "sequences"
with (
    rich.progress.open(train_path, "rb", description="Counting") as file,
    sequences_path.open("wb") as encoded,
):
    for X, y in fit_transform_chunks(vectorizer, reviews(file)):
        np.save(encoded, X)
        np.save(encoded, y)
print(f"{len(vectorizer.vocabulary_):,} words; first {list(vectorizer.vocabulary_)[:5]}")


def sequences(file):
    """Yield the sequences and labels of a chunk after another."""
    while file.tell() < sequences_path.stat().st_size:
        yield np.load(file), np.load(file)


# %%
# Training and scoring
# --------------------
# A pass over the file is an epoch. How many word indices there will be is said at the start: the
# first chunk need not hold them all. `map_chunks` has an error say in which chunk it arose.

classifier = EmbeddingAverageClassifier(
    input_dim=vectorizer.num_words, batch_size=16 if options.small else 64, random_state=0
)
pipeline = make_pipeline(vectorizer, classifier)


def learn(X, y):
    """Train on a chunk."""
    classifier.partial_fit(X, y, classes=[0, 1])


def are_right(texts, y):
    """Return which texts of a chunk are classified right."""
    return pipeline.predict(texts) == y


for epoch in range(1, epochs + 1):
    with rich.progress.open(sequences_path, "rb", description=f"Epoch {epoch}") as file:
        for _ in map_chunks(learn, sequences(file)):
            pass
    with rich.progress.open(test_path, "rb", description="Scoring") as file:
        right = np.concatenate(list(map_chunks(are_right, reviews(file))))
    print(f"Epoch {epoch}: test accuracy {right.mean():.4f}")

# %%
# The pipeline of both
# --------------------
# It is fitted, and can be saved and loaded as any other.

print(pipeline.predict_proba(["A moving story, well told.", "A waste of time."]).round(2))

# %%
# A row that cannot be read
# -------------------------
# The reader's error counts the rows of the file from 1, its header too; the note below it says in
# which chunk it arose. What was learned from the chunks before stays learned. Mend the file, and go
# on with the row at which that chunk began, by pyarrow's `ReadOptions(skip_rows_after_names=...)`;
# or begin again with a clone, as one has to with `fit_transform_chunks`. (Of a Parquet file,
# `validate(full=True)` of a row group names the text that is no UTF-8. A stray quote is no error:
# it begins a text that ends with the next one.)

with train_path.open("ab") as file:
    file.write(b'"A na\xefve film",1\n')  # Latin-1, where UTF-8 is due.
other_vectorizer = SequenceVectorizer()
n_chunks = 0
try:
    with train_path.open("rb") as file:
        for _ in map_chunks(other_vectorizer.partial_fit, reviews(file)):
            n_chunks += 1
except pa.ArrowInvalid as error:
    print(f"{error}\n{' '.join(error.__notes__)}")
print(f"{n_chunks} chunks gave {len(other_vectorizer.vocabulary_):,} words")
folder.cleanup()
