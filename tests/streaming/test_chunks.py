"""Streams: what is learned from chunks, in how much memory, and which chunk an error names."""

import io
import os
import pickle
import subprocess
import sys

import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sklearn_imdb import SequenceVectorizer
from sklearn_imdb.streaming import map_chunks

pa = pytest.importorskip("pyarrow", reason="the streams here are read by pyarrow")
csv = pytest.importorskip("pyarrow.csv")
pq = pytest.importorskip("pyarrow.parquet")

N_ROWS, BLOCK = 300, 4096


@pytest.fixture(scope="module")
def lines(reviews):
    """The header and 300 rows of a CSV file of reviews."""
    texts, y = reviews
    rows = [f'"{text}",{label}' for text, label in zip(texts[:N_ROWS], y, strict=False)]
    return [line.encode() for line in ("text,label", *rows)]


def csv_chunks(content):
    """Yield texts and labels of a CSV file, read as the example reads it."""
    batches = csv.open_csv(
        io.BytesIO(content),
        csv.ReadOptions(block_size=BLOCK, use_threads=False),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types={"text": pa.string(), "label": pa.int64()},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    for batch in batches:
        yield batch["text"].to_pylist(), batch["label"].to_pylist()


def exhaust(results):
    for _ in results:
        pass


# -- results ----------------------------------------------------------------------------------


def test_results_come_in_order_one_chunk_at_a_time():
    read = []

    def chunks():
        for number in range(3):
            read.append(number)
            yield [number] * 2, "ab"

    results = map_chunks(lambda *columns: columns, chunks())
    assert read == []
    assert next(results) == ([0, 0], "ab")
    assert read == [0]
    assert list(results) == [([1, 1], "ab"), ([2, 2], "ab")]


def test_a_chunk_is_let_go_before_the_next_is_read():
    class Texts(list):
        n_alive = 0

        def __init__(self):
            super().__init__(["a film"])
            Texts.n_alive += 1

        def __del__(self):
            Texts.n_alive -= 1

    most_alive = [Texts.n_alive for _ in map_chunks(len, ((Texts(),) for _ in range(5)))]
    assert most_alive == [0] * 5


def test_a_file_in_chunks_gives_the_vocabulary_of_all_at_once(lines):
    vectorizer = SequenceVectorizer()
    exhaust(map_chunks(vectorizer.partial_fit, csv_chunks(b"\n".join(lines))))
    texts = [line.decode().rpartition(",")[0].strip('"') for line in lines[1:]]
    assert vectorizer.vocabulary_ == SequenceVectorizer().fit(texts).vocabulary_


# -- errors -----------------------------------------------------------------------------------


def fails(error, message, note, function, chunks):
    with pytest.raises(error, match=message) as raised:
        exhaust(map_chunks(function, chunks))
    assert raised.value.__notes__[-1] == note


def test_an_error_names_the_chunk_and_the_row_it_begins_at():
    chunks = [(["a"] * 7, [0] * 7), (["b"] * 5, [0] * 5), (["c", None], [0, 0])]
    note = "In chunk 2 of the stream, which begins at row 12, counted from 0."
    fails(TypeError, r"X\[1\] = None", note, SequenceVectorizer().partial_fit, chunks)


def test_an_error_of_the_reader_names_the_chunk_that_was_due():
    def chunks():
        yield (["a"] * 7,)
        raise OSError("The disk is gone.")

    note = "Reading chunk 1 of the stream, which begins at row 7, counted from 0."
    fails(OSError, "The disk is gone", note, SequenceVectorizer().partial_fit, chunks())


def test_an_interrupt_says_where_one_may_go_on():
    def interrupted(texts):
        raise KeyboardInterrupt

    note = "In chunk 0 of the stream, which begins at row 0, counted from 0."
    fails(KeyboardInterrupt, None, note, interrupted, [(["a"],)])


def test_after_an_error_the_stream_goes_on_with_the_next_chunk():
    vectorizer = SequenceVectorizer()
    chunks = ((texts,) for texts in (["a"], [None], ["b"]))
    with pytest.raises(TypeError, match=r"X\[0\] = None"):
        exhaust(map_chunks(vectorizer.partial_fit, chunks))
    exhaust(map_chunks(vectorizer.partial_fit, chunks))
    assert list(vectorizer.vocabulary_) == ["a", "b"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a film", "the film"]),
        pa.chunked_array([["a film"], ["the film"]]),
        pa.array(["a film", "the film"]).dictionary_encode(),
        pa.table({"text": ["a film", "the film"]}),
    ],
    ids=["array", "chunks", "dictionary", "table"],
)
def test_texts_of_pyarrow_are_taken_as_a_list_is(column):
    vectorizer = SequenceVectorizer().partial_fit(column)
    assert list(vectorizer.vocabulary_) == ["film", "a", "the"]
    assert vectorizer.transform(column).shape == (2, 256)


def test_a_missing_text_of_pyarrow_is_named_by_its_row():
    with pytest.raises(TypeError, match=r"X\[1\] = None .*A text is missing"):
        SequenceVectorizer().fit(pa.array(["a film", None]))


@pytest.mark.parametrize("chunk", [["a film", "the film"], "a film", ()])
def test_a_chunk_that_is_no_tuple_of_columns_is_refused(chunk):
    note = "In chunk 0 of the stream, which begins at row 0, counted from 0."
    fails(TypeError, r"chunks must yield tuples", note, SequenceVectorizer().partial_fit, [chunk])


ROW = 200
BAD_ROWS = {
    "undecodable": (b'"na\xefve",1', pa.ArrowInvalid, f"Row #{ROW + 2}: .*invalid UTF8"),
    "no number": (b'"naive",good', pa.ArrowInvalid, f"Row #{ROW + 2}: .*invalid value 'good'"),
    "a column short": (b'"naive"', pa.ArrowInvalid, f"Row #{ROW + 2}: Expected 2 columns, got 1"),
    "missing text": (b",1", TypeError, r"X\[{row}\] = None .*A text is missing"),
    "unknown label": (b'"naive",7', ValueError, r"the classes \[0, 1\]: \[7\]; y\[{row}\] = 7"),
    "missing label": (b'"naive",', ValueError, r"y\[{row}\] = None. A label is missing"),
}


@pytest.fixture
def learners(quick):
    """A vectorizer with a vocabulary, what learns a chunk, and the classifier it teaches."""
    vectorizer = SequenceVectorizer(num_words=500, maxlen=40).fit(["the film is good"])
    classifier = quick(input_dim=500)

    def learn(texts, y):
        classifier.partial_fit(vectorizer.transform(texts), y, classes=[0, 1])
        return len(y)

    return learn, classifier


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_bad_row_is_named_and_what_was_learned_before_it_is_kept(lines, learners, bad):
    learn, classifier = learners
    line, error, message = BAD_ROWS[bad]
    broken = b"\n".join([*lines[: ROW + 1], line, *lines[ROW + 2 :]])
    learned = []

    def learn_and_note(texts, y):
        learn(texts, y)
        learned.append((len(y), pickle.dumps(classifier)))

    with pytest.raises(error) as raised:
        exhaust(map_chunks(learn_and_note, csv_chunks(broken)))
    lengths, states = zip(*learned, strict=True)
    begin = sum(lengths)
    assert len(lengths) > 2
    assert 0 < ROW - begin < 40  # The row is in this chunk.
    assert raised.match(message.replace("{row}", str(ROW - begin)))
    assert f"chunk {len(lengths)} of the stream, which begins at row {begin}," in str(
        raised.value.__notes__
    )
    assert pickle.dumps(classifier) == states[-1]
    # Mended, the stream goes on there, to the same end as one that was never broken.
    whole = list(csv_chunks(b"\n".join(lines)))
    exhaust(map_chunks(learn, whole[len(lengths) :]))
    twin = clone(classifier)
    vectorizer = SequenceVectorizer(num_words=500, maxlen=40).fit(["the film is good"])
    for texts, y in whole:
        twin.partial_fit(vectorizer.transform(texts), y, classes=[0, 1])
    assert_array_equal(classifier.embedding_, twin.embedding_)


def test_a_csv_file_cut_short_in_a_row_is_an_error_that_names_it(lines):
    content = b"\n".join(lines)
    vectorizer = SequenceVectorizer()
    with pytest.raises(pa.ArrowInvalid, match=r"Row #\d+: Expected 2 columns") as raised:
        exhaust(map_chunks(vectorizer.partial_fit, csv_chunks(content[: content.rindex(b'"') - 9])))
    assert "Reading chunk" in raised.value.__notes__[0]
    counted = vectorizer._learner.counts.by_class.sizes.sum()
    assert f"begins at row {counted}," in raised.value.__notes__[0]
    assert counted > N_ROWS / 2


def test_a_parquet_file_cut_short_is_refused_before_anything_is_learned(reviews):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": reviews[0]}), buffer)

    def chunks():
        for batch in pq.ParquetFile(io.BytesIO(buffer.getvalue()[:-9])).iter_batches(100):
            yield (batch["text"].to_pylist(),)

    vectorizer = SequenceVectorizer()
    note = "Reading chunk 0 of the stream, which begins at row 0, counted from 0."
    fails(pa.ArrowInvalid, "Parquet magic bytes", note, vectorizer.partial_fit, chunks())
    assert not hasattr(vectorizer, "vocabulary_")


def test_a_row_of_a_parquet_file_that_is_no_utf8_is_named():
    texts = pa.array([b"good", b"na\xefve", b"bad"]).view(pa.string())
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": texts}), buffer)

    def chunks():
        with pq.ParquetFile(buffer) as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number)
                group.validate(full=True)
                yield (group["text"].to_pylist(),)

    note = "Reading chunk 0 of the stream, which begins at row 0, counted from 0."
    message = "Invalid UTF8 sequence at string index 1"
    fails(pa.ArrowInvalid, message, note, SequenceVectorizer().partial_fit, chunks())


# -- memory -----------------------------------------------------------------------------------

LIMITED = """
import os, resource, sys
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # Arrow's own reserves 1 GiB at once.
import numpy as np
import pyarrow.parquet as pq
from sklearn.pipeline import make_pipeline
from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
from sklearn_imdb.streaming import map_chunks

path, n_rows, is_stream = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "stream"

def chunks():
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(n_rows):
            yield batch["text"].to_pylist(), batch["label"].to_numpy()

vectorizer = SequenceVectorizer(maxlen=1000)
classifier = EmbeddingAverageClassifier(
    input_dim=10_000, pooling="masked_mean", epochs=1, batch_size=64, learning_rate=0.01,
    random_state=0,
)
pipeline = make_pipeline(vectorizer, classifier)

def learn(texts, y):
    classifier.partial_fit(vectorizer.transform(texts), y, classes=[0, 1])

def are_right(texts, y):
    return pipeline.predict(texts) == y

with open("/proc/self/statm") as pages:
    at_start = int(pages.read().split()[0]) * resource.getpagesize()
limit = at_start + 2**20 * int(sys.argv[4])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
if is_stream:
    for _ in map_chunks(vectorizer.partial_fit, chunks()):
        pass
    for _ in map_chunks(learn, chunks()):
        pass
else:
    for _ in map_chunks(pipeline.fit, chunks()):
        pass
print(np.concatenate(list(map_chunks(are_right, chunks()))).mean())
"""


@pytest.fixture(scope="module")
def large_file(tmp_path_factory, reviews):
    """A file of 24,000 reviews."""
    path = tmp_path_factory.mktemp("stream") / "reviews.parquet"
    texts, y = reviews
    pq.write_table(pa.table({"text": texts * 40, "label": [*y] * 40}), path)
    return path


def limited(*arguments):
    return subprocess.run(
        [sys.executable, "-c", LIMITED, *map(str, arguments)],
        # Else threads, as many as there are cores, would reserve room for allocators of their own.
        env={**os.environ, "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("new_process")
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and a limit of address space")
def test_a_stream_takes_memory_for_a_chunk_and_learns_what_one_fit_does(large_file):
    MB = 128
    at_once = limited(large_file, 24_000, "at once", 4096)
    stream = limited(large_file, 1_200, "stream", MB)
    assert stream.returncode == 0, stream.stderr
    assert float(stream.stdout) == pytest.approx(float(at_once.stdout), abs=0.005)
    too_much = limited(large_file, 24_000, "at once", MB)
    assert too_much.returncode != 0
    assert "MemoryError" in too_much.stderr or "bad_alloc" in too_much.stderr


@pytest.mark.parametrize(
    ("chunk", "error", "message"),
    [
        ((iter(["a film"]),), TypeError, "columns that have a length"),
        ((["a film", "a cast"], [1]), ValueError, r"of the same length, got \[2, 1\]"),
    ],
    ids=["iterator", "lengths"],
)
def test_a_chunk_that_is_none_is_refused_before_it_is_learned(chunk, error, message):
    vectorizer = SequenceVectorizer()
    with pytest.raises(error, match=message) as caught:
        list(map_chunks(vectorizer.partial_fit, [chunk]))
    assert caught.value.__notes__[-1].startswith("In chunk 0 of the stream")
    assert not hasattr(vectorizer, "vocabulary_")
