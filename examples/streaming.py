"""Streaming: learn from a file of reviews larger than memory
=============================================================

This example fits a pipeline on a CSV file that is read in chunks, and scores it. Memory holds one
chunk at a time, however large the file is. At the end it shows how a row that cannot be read is
reported.

Run it with ``python examples/streaming.py``. It takes about 5 seconds on two cores.
It needs pyarrow: ``pip install pyarrow``.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.csv

from _start import load_reviews, parse_options
from sklearn_imdb import make_text_classifier
from sklearn_imdb.streaming import fit_stream

options = parse_options(__doc__, pictures=False)

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


def chunks_of(path):
    """Yield the texts and labels of one chunk of a CSV file after another."""
    with path.open("rb") as file:
        for batch in pyarrow.csv.open_csv(file, reading, parsing, converting):
            yield batch["text"].to_pylist(), batch["label"].to_pylist()


# %%
# Fitting
# -------
# ``fit_stream`` counts the words, then how much each of them tells of the classes, and then trains.
# It reads and splits each text once. Meanwhile the numbers of the words are in a temporary file. No
# rows are held out, so there is no early stopping unless texts to validate on are given.

pipeline = make_text_classifier("tutorial", random_state=0)
pipeline.set_params(classifier__early_stopping=False)
pipeline = fit_stream(pipeline, chunks_of(train_path), epochs=10 if options.small else 5, verbose=1)
print(f"{len(pipeline['vectorizer'].vocabulary_):,} words")

# %%
# Scoring
# -------
# Predictions take one chunk at a time too.

right = np.concatenate([pipeline.predict(texts) == y for texts, y in chunks_of(test_path)])
print(f"Test accuracy {right.mean():.4f}")

# %%
# The pipeline is fitted, and can be saved and loaded as any other.

print(pipeline.predict_proba(["A moving story, well told.", "A waste of time."]).round(2))

# %%
# A row that cannot be read
# -------------------------
# The reader's error counts the rows of the file from 1, its header too. The note below it says in
# which chunk the error arose. The pipeline stays as it was.

with train_path.open("ab") as file:
    file.write(b'"A na\xefve film",1\n')  # Latin-1, where UTF-8 is due.
before = pipeline.predict_proba(["A moving story, well told."])
try:
    fit_stream(pipeline, chunks_of(train_path))
except pa.ArrowInvalid as error:
    print(f"{error}\n{' '.join(error.__notes__)}")
after = pipeline.predict_proba(["A moving story, well told."])
print(f"The same pipeline as before: {(before == after).all()}")
folder.cleanup()
