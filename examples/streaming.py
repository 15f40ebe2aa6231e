"""Learn from a file of reviews without ever having all of it in memory.

Chunk after chunk the words are counted, then the texts encoded, then the network trained, then it
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
from sklearn_imdb.streaming import map_chunks

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
# Larger chunks are quicker and take more memory, about ten times their size with all that is
# made of them. Where it uses no threads, and knows the columns' types, pyarrow names the row
# that it cannot read. An empty field is a missing text or label, which the estimators refuse,
# and "" an empty text.

CHUNK = 2**18 if options.small else 2**22  # Bytes.
reading = pyarrow.csv.ReadOptions(block_size=CHUNK, use_threads=False)
parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
converting = pyarrow.csv.ConvertOptions(
    column_types={"text": pa.string(), "label": pa.int64()},
    null_values=[""],
    strings_can_be_null=True,
    quoted_strings_can_be_null=False,
)


def reviews(path, purpose):
    """Yield the texts and labels of a chunk of the file after another; show how far it is."""
    with rich.progress.open(path, "rb", description=purpose) as file:
        for batch in pyarrow.csv.open_csv(file, reading, parsing, converting):
            yield batch["text"].to_pylist(), batch["label"].to_pylist()


# %%
# Counting the words
# ------------------
# The vocabulary is the one that `fit` on all texts at once would have found. `map_chunks` has the
# errors say in which chunk they arose, see below.

vectorizer = SequenceVectorizer()
for _ in map_chunks(vectorizer.partial_fit, reviews(train_path, "Counting")):
    pass
print(f"{len(vectorizer.vocabulary_):,} words; first {list(vectorizer.vocabulary_)[:5]}")

# %%
# Encoding the texts
# ------------------
# Once, into a file of arrays, one after another: the epochs then need not split the texts again,
# which takes longer than to train on them.

sequences_path = Path(folder.name) / "sequences"


def encode(texts, y):
    """Return the sequences of a chunk and its labels."""
    return vectorizer.transform(texts), y


with sequences_path.open("wb") as file:
    for X, y in map_chunks(encode, reviews(train_path, "Encoding")):
        np.save(file, X)
        np.save(file, y)


def sequences(purpose):
    """Yield the sequences and labels of a chunk after another; show how far it is."""
    with rich.progress.open(sequences_path, "rb", description=purpose) as file:
        while file.tell() < sequences_path.stat().st_size:
            yield np.load(file), np.load(file)


# %%
# Training and scoring
# --------------------
# A pass over the file is an epoch. How many word indices there will be is said at the start: the
# first chunk need not hold them all.

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
    for _ in map_chunks(learn, sequences(f"Epoch {epoch}")):
        pass
    right = np.concatenate(list(map_chunks(are_right, reviews(test_path, "Scoring"))))
    print(f"Epoch {epoch}: test accuracy {right.mean():.4f}")

# %%
# A row that cannot be read
# -------------------------
# The note below the error names the chunk and the row it begins at. What was learned from the
# chunks before stays learned; mend the file and go on there.

with train_path.open("ab") as file:
    file.write(b'"A na\xefve film",1\n')  # Latin-1, where UTF-8 is due.
try:
    for _ in map_chunks(vectorizer.partial_fit, reviews(train_path, "Counting a broken file")):
        pass
except pa.ArrowInvalid as error:
    print(f"{error}\n{' '.join(error.__notes__)}")

# %%
# The pipeline of both
# --------------------
# It is fitted, and can be saved and loaded as any other.

print(pipeline.predict_proba(["A moving story, well told.", "A waste of time."]).round(2))
folder.cleanup()
