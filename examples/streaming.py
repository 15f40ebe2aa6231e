"""Streaming: learn from a file of reviews larger than memory
=============================================================

This example reads a CSV file in chunks: it counts the words and encodes the texts, trains the
network, and scores it. Memory holds one chunk at a time, however large the file is. At the end it
shows how a row that cannot be read is reported.

Run it with ``python examples/streaming.py``. It takes SECONDS on two cores.
It needs pyarrow, which comes with ``sklearn-imdb[dask]``.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.csv
import rich.progress
from sklearn.pipeline import make_pipeline

from _start import load_reviews, parse_options
from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
from sklearn_imdb.streaming import fit_transform_chunks, map_chunks

options = parse_options(__doc__, pictures=False)
epochs = 5

# %%
# Two files of reviews
# --------------------
# You have your files already. The rows of a training file should be in random order, because rows
# are shuffled within their chunk only.

folder = TemporaryDirectory()
train_path, test_path = (Path(folder.name) / name for name in ("train.csv", "test.csv"))
texts, y, test_texts, y_test = load_reviews(options, "train", "test", n_small=2_000)
for path, columns in (
    (train_path, {"text": texts, "label": y}),
    (test_path, {"text": test_texts, "label": y_test}),
):
    pyarrow.csv.write_csv(pa.table(columns), path)
    print(f"{path.name}: {len(columns['text']):,} reviews, {path.stat().st_size / 1e6:.1f} MB")

# %%
# Reading in chunks
# -----------------
# Larger chunks are faster and take more memory. With one thread and given column types, pyarrow
# names a row that it cannot read. An empty field is a missing text or label, which the estimators
# refuse. The field ``""`` is an empty text.
#
# For a Parquet file, ``read_row_group`` of ``pyarrow.parquet.ParquetFile(path)`` reads one chunk
# after another.

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
    """Yield the texts and labels of one chunk of a CSV file after another."""
    for batch in pyarrow.csv.open_csv(file, reading, parsing, converting):
        yield batch["text"].to_pylist(), batch["label"].to_pylist()


# %%
# Counting the words, encoding the texts
# --------------------------------------
# The vocabulary is the same as ``fit`` would find on all texts at once. It must be complete before
# a text is encoded, because each further chunk may change the indices of words.
#
# ``fit_transform_chunks`` passes each chunk to ``vectorizer.partial_fit``, and keeps the numbers of
# its words. Reading and splitting the texts twice would take longer. The sequences are written to a
# file of arrays, one after another, for all epochs.

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
    """Yield the sequences and labels of one chunk after another."""
    while file.tell() < sequences_path.stat().st_size:
        yield np.load(file), np.load(file)


# %%
# Training and scoring
# --------------------
# One pass over the file is an epoch. ``input_dim`` gives the number of word indices, because the
# first chunk may not hold them all. An error in ``map_chunks`` names its chunk.

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
# It is fitted, and can be saved and loaded like any other.

print(pipeline.predict_proba(["A moving story, well told.", "A waste of time."]).round(2))

# %%
# A row that cannot be read
# -------------------------
# The reader's error counts the rows of the file from 1, the header included. The note below it
# names the chunk. What was learned from the chunks before stays learned.
#
# Mend the file, then go on with the first row of that chunk: pyarrow has
# ``ReadOptions(skip_rows_after_names=...)``. Or begin again with a clone, which
# ``fit_transform_chunks`` always needs.
#
# In a Parquet file, ``validate(full=True)`` of a row group names a text that is not UTF-8. A stray
# quote is no error: it begins a text that ends with the next quote.

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
