"""Progress: a bar in a terminal, lines elsewhere, and never more than a line at the end of it."""

import contextlib
import io
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest
import rich.console
from joblib import Parallel, delayed

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews

TEXTS = [f"text {number % 7}" for number in range(600)]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def console(monkeypatch):
    """Have rich take its output for what is asked, and return it."""

    def make(file, **options):
        original = rich.console.Console
        monkeypatch.setattr(rich.console, "Console", lambda: original(file=file, **options))
        return file

    return make


def train(epochs=2):
    X = np.array([[4, 5], [6, 5]] * 20)
    EmbeddingAverageClassifier(epochs=epochs, random_state=0, verbose=1).fit(X, [0, 1] * 20)


def shown_in_a_terminal():
    """Return what a training shows in a terminal, and what goes to standard output."""
    terminal, output, original = Terminal(), io.StringIO(), rich.console.Console
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(output):
        options = {"file": terminal, "force_terminal": True, "width": 80}
        patch.setattr(rich.console, "Console", lambda: original(**options))
        train()
    return terminal.getvalue(), output.getvalue()


def test_a_terminal_gets_a_bar():
    terminal, output = shown_in_a_terminal()
    for part in ("Epoch", "2/2", "loss 0."):
        assert part in terminal
    assert output == ""


def test_a_thread_draws_no_bar():
    with ThreadPoolExecutor(1) as threads:
        terminal, output = threads.submit(shown_in_a_terminal).result()
    assert terminal == ""
    assert [line[:16] for line in output.splitlines()] == ["Epoch 1/2 loss 0", "Epoch 2/2 loss 0"]


@pytest.mark.usefixtures("new_process")
def test_a_worker_of_joblib_draws_no_bar():
    for terminal, output in Parallel(n_jobs=2)(delayed(shown_in_a_terminal)() for _ in range(2)):
        assert terminal == ""
        assert output.startswith("Epoch 1/2 loss 0")


def test_elsewhere_each_epoch_has_a_line_without_control_characters(capsys):
    train()
    lines = capsys.readouterr().out.split("\n")
    assert [line[:16] for line in lines] == ["Epoch 1/2 loss 0", "Epoch 2/2 loss 0", ""]
    assert all(line.isprintable() for line in lines)


def test_a_file_gets_lines_also_where_colours_are_forced(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    SequenceVectorizer(verbose=1).fit(iter(TEXTS))
    assert capsys.readouterr().out == "Counting 600\n"


def test_a_line_every_few_seconds(capsys, monkeypatch):
    seconds = iter(range(0, 10_000, 3))
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    SequenceVectorizer(verbose=1).fit(iter(TEXTS))
    assert capsys.readouterr().out == "Counting 256\nCounting 512\nCounting 600\n"


def test_nothing_is_shown_that_was_not_asked_for(capsys, console):
    terminal = console(Terminal(), force_terminal=True)
    SequenceVectorizer().fit(TEXTS)
    assert terminal.getvalue() == capsys.readouterr().out == ""


def test_an_error_ends_the_bar_and_leaves_the_line(capsys):
    def texts():
        yield from TEXTS[:300]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        SequenceVectorizer(verbose=1).fit(texts())
    assert capsys.readouterr().out == "Counting 256\n"


@pytest.mark.parametrize("has_widgets", [True, False])
def test_a_notebook_keeps_the_last_line_with_widgets_or_without(
    monkeypatch, capsys, console, has_widgets
):
    console(io.StringIO(), force_jupyter=True, force_terminal=False)
    widgets = ModuleType("ipywidgets")
    widgets.__spec__ = ModuleSpec("ipywidgets", None)
    monkeypatch.setitem(sys.modules, "ipywidgets", widgets if has_widgets else None)
    started = []
    monkeypatch.setattr("rich.progress.Progress.start", lambda bar: started.append(bar))
    monkeypatch.setattr("rich.progress.Progress.stop", lambda bar: None)
    train(epochs=1)
    assert bool(started) == has_widgets
    assert capsys.readouterr().out.startswith("Epoch 1/1 loss 0.")


# -- of the estimators --------------------------------------------------------------------------


def test_the_vectorizer_shows_its_documents(capsys):
    texts, _ = make_reviews(1200, mean_length=20, random_state=0)
    vectorizer = SequenceVectorizer(verbose=1)
    silent = SequenceVectorizer().fit(texts)
    assert vectorizer.fit(texts).vocabulary_ == silent.vocabulary_
    vectorizer.transform(iter(texts))
    vectorizer.transform(texts[:10])
    assert capsys.readouterr().out == "Counting 1200/1200\nEncoding 1200\n"


@pytest.mark.parametrize("preset", ["tutorial", "ngram"])
def test_both_steps_of_a_preset_show_what_they_do(preset, capsys):
    texts, y = make_reviews(1200, mean_length=20, random_state=0)
    pipeline = make_text_classifier(preset, random_state=0, verbose=1)
    pipeline.set_params(classifier__epochs=2).fit(texts, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Counting 1200/1200"
    assert lines[-1].startswith("Epoch 2/2 loss 0.")


def test_progress_of_several_fits_at_once(quick, sequences, capsys):
    X, y = sequences
    with ThreadPoolExecutor(3) as pool:
        fits = [pool.submit(quick(epochs=5, verbose=1).fit, X, y) for _ in range(3)]
    assert [fit.result().n_iter_ for fit in fits] == [5, 5, 5]
    assert "5/5" in capsys.readouterr().out


def test_progress_as_keras_users_know_it(quick, sequences, capsys):
    X, y = sequences
    quick(epochs=2).fit(X, y)
    assert capsys.readouterr() == ("", "")
    quick(epochs=2, verbose=2).fit(X, y, X_val=X[:9], y_val=y[:9])
    lines = capsys.readouterr().out.splitlines()
    number = r"\d\.\d{4}"
    expected = f"Epoch 1/2 - loss: {number} - accuracy: {number} - val_loss: {number} - val_acc"
    assert len(lines) == 2
    assert re.match(expected, lines[0])
    quick(epochs=3, verbose=1).fit(X, y, X_val=X[:9], y_val=y[:9])
    shown = capsys.readouterr().out
    assert "3/3" in shown
    figures = [rf"{name} \d\.\d{{3}}" for name in ("loss", "accuracy", "val_loss", "val_accuracy")]
    assert re.search(" ".join(figures), shown)
    assert max(map(len, shown.splitlines())) <= 80
