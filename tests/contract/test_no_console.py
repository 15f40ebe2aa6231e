"""Programs without a console: stdout is None, lacks methods, fails or is closed."""

import errno
import io
import sys

import pytest

from sklearn_imdb import SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.streaming import fit_stream


class Writer:
    """A stream that can write, and nothing else."""

    def __init__(self):
        self.written = []

    def write(self, text):
        self.written.append(text)


class TerminalWriter(Writer):
    def isatty(self):
        return True


class FullDisk(Writer):
    def write(self, text):
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self):
        raise OSError(errno.ENOSPC, "No space left on device")


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


streams = pytest.mark.parametrize(
    "make_stream",
    [lambda: None, Writer, TerminalWriter, FullDisk, closed],
    ids=lambda one: one.__name__,
)
verbosities = pytest.mark.parametrize("verbose", [1, 2])


def fit(backend, verbose):
    texts, y = make_reviews(300, mean_length=20, random_state=0)
    pipeline = make_text_classifier("tutorial", random_state=0, verbose=verbose)
    return pipeline.set_params(classifier__epochs=2, classifier__backend=backend).fit(texts, y)


@verbosities
@streams
def test_a_fit_is_not_lost(make_stream, verbose, monkeypatch):
    monkeypatch.setattr(sys, "stdout", make_stream())
    assert fit("scipy", verbose)["classifier"].n_iter_ == 2


@verbosities
@streams
@pytest.mark.usefixtures("without_tracing")
def test_a_fit_by_keras_is_not_lost(make_stream, verbose, monkeypatch):
    monkeypatch.setattr(sys, "stdout", make_stream())
    assert fit("keras", verbose)["classifier"].n_iter_ == 2


@verbosities
@pytest.mark.parametrize("stream", [Writer(), TerminalWriter()], ids=lambda one: type(one).__name__)
def test_a_stream_that_can_only_write_gets_the_lines(stream, verbose, monkeypatch):
    stream.written.clear()
    monkeypatch.setattr(sys, "stdout", stream)
    fit("scipy", verbose)
    lines = "".join(stream.written).splitlines()
    assert [line[:9] for line in lines if line.startswith("Epoch")] == ["Epoch 1/2", "Epoch 2/2"]


def test_by_keras_too(keras, monkeypatch):
    stream = Writer()
    monkeypatch.setattr(sys, "stdout", stream)
    fit("keras", verbose=2)
    lines = [line for line in "".join(stream.written).splitlines() if line.startswith("Epoch")]
    assert [line[:9] for line in lines] == ["Epoch 1/2", "Epoch 2/2"]


@streams
def test_all_else_that_shows_progress_goes_on(make_stream, monkeypatch):
    monkeypatch.setattr(sys, "stdout", make_stream())
    texts, y = make_reviews(300, mean_length=20, random_state=0, verbose=1)
    pipeline = make_text_classifier("tutorial", random_state=0, verbose=1)
    pipeline.set_params(classifier__early_stopping=False)
    chunks = [(texts[:150], y[:150]), (texts[150:], y[150:])]
    assert fit_stream(pipeline, lambda: iter(chunks), epochs=1).predict(texts).shape == (300,)
    vectorizer = SequenceVectorizer(verbose=1).fit(iter(texts * 2))
    assert vectorizer.transform(iter(texts)).shape == (300, 256)


def test_a_line_that_cannot_be_written_is_logged(monkeypatch, caplog):
    monkeypatch.setattr(sys, "stdout", FullDisk())
    with caplog.at_level("DEBUG", "sklearn_imdb"):
        SequenceVectorizer(verbose=1).fit(iter(["a text"]))
    assert "Progress could not be written or flushed: [Errno 28] No space" in caplog.text
