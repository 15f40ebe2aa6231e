"""Progress: a bar in a terminal, lines elsewhere, and never more than a line at the end of it."""

import io
import threading

import pytest
import rich.console
from joblib import Parallel, delayed

from sklearn_imdb import SequenceVectorizer, make_text_classifier
from sklearn_imdb import _progress as progress_module
from sklearn_imdb._progress import Progress
from sklearn_imdb.datasets import make_reviews


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A console that takes itself for a terminal, with what was written to it."""
    written = Terminal()
    original = rich.console.Console
    monkeypatch.setattr(
        rich.console, "Console", lambda: original(file=written, force_terminal=True, width=80)
    )
    return written


def test_a_terminal_gets_a_bar(terminal, capsys):
    with Progress("Epoch", 2) as progress:
        progress.update(1, "loss 0.500")
        progress.update(2, "loss 0.250")
    assert "Epoch" in terminal.getvalue()
    assert "2/2" in terminal.getvalue()
    assert "loss 0.250" in terminal.getvalue()
    assert capsys.readouterr().out == ""


def test_elsewhere_each_epoch_has_a_line_without_control_characters(capsys):
    with Progress("Epoch", 2, line_each=True) as progress:
        progress.update(1, "loss 0.500")
        progress.update(2, "loss 0.250")
    assert capsys.readouterr().out == "Epoch 1/2 loss 0.500\nEpoch 2/2 loss 0.250\n"


def test_a_file_gets_lines_also_where_colours_are_forced(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress("Epoch", 1) as progress:
        progress.update(1)
    assert capsys.readouterr().out == "Epoch 1/1\n"


def test_of_many_items_the_last_line_is_written(capsys):
    with Progress("Counting", 600) as progress:
        assert list(progress.over(range(600))) == list(range(600))
    assert capsys.readouterr().out == "Counting 600/600\n"


def test_a_line_every_few_seconds(capsys, monkeypatch):
    seconds = iter(range(0, 100, 3))
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: next(seconds))
    with Progress("Counting", None) as progress:
        for done in (1, 2):
            progress.update(done)
    assert capsys.readouterr().out == "Counting 1\nCounting 2\n"


def test_what_is_not_shown_takes_no_step():
    items = iter([1, 2])
    with Progress("Counting", 2, shown=False) as progress:
        assert progress.over(items) is items
        progress.update(1)


def test_an_error_ends_the_bar_and_leaves_the_line(capsys):
    def items():
        yield 1
        raise RuntimeError

    with pytest.raises(RuntimeError), Progress("Counting", 9) as progress:
        list(map(progress.update, items()))
    assert capsys.readouterr().out == "Counting 1/9\n"


@pytest.mark.parametrize("has_widgets", [True, False])
def test_a_notebook_keeps_the_last_line_with_widgets_or_without(monkeypatch, capsys, has_widgets):
    written = io.StringIO()
    original = rich.console.Console
    monkeypatch.setattr(
        rich.console,
        "Console",
        lambda: original(file=written, force_jupyter=True, force_terminal=False),
    )
    monkeypatch.setattr(progress_module, "find_spec", lambda name: has_widgets or None)
    started = []
    monkeypatch.setattr("rich.progress.Progress.start", lambda bar: started.append(bar))
    monkeypatch.setattr("rich.progress.Progress.stop", lambda bar: None)
    with Progress("Epoch", 1) as progress:
        progress.update(1, "loss 0.500")
    assert bool(started) == has_widgets
    assert capsys.readouterr().out == "Epoch 1/1 loss 0.500\n"


def test_a_thread_draws_no_bar(terminal, capsys):
    def work():
        with Progress("Epoch", 1) as progress:
            progress.update(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert terminal.getvalue() == ""
    assert capsys.readouterr().out == "Epoch 1/1\n"


def _is_of_the_main_thread():
    return progress_module._is_of_the_main_thread()


def test_a_worker_of_joblib_draws_no_bar():
    assert _is_of_the_main_thread()
    assert Parallel(n_jobs=2)(delayed(_is_of_the_main_thread)() for _ in range(2)) == [False] * 2


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
