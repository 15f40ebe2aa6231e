"""Every example runs top to bottom, in its small mode."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


def run(example, *arguments):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore:Retry downloading", example, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def no_network(monkeypatch):
    """Have every download fail at once, in processes started here too."""
    for scheme in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(scheme, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")


def figures(output):
    loss, accuracy = re.search(r"Test loss: +(\S+)\nTest accuracy: +(\S+)", output).groups()
    return float(loss), float(accuracy)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_without_the_real_data(example, tmp_path):
    output = run(example, "--small", "--data-home", tmp_path)
    assert "NO REAL DATA" in output
    assert str(tmp_path) in output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_network")
def test_the_main_job_on_generated_reviews(tmp_path):
    example = Path(__file__).parents[1] / "examples" / "imdb_sentiment.py"
    output = run(example, "--data-home", tmp_path)
    assert "Going on with 20,000 GENERATED reviews" in output
    loss, accuracy = figures(output)
    assert loss < 0.3
    assert accuracy > 0.88


@pytest.mark.imdb
def test_the_main_job_on_the_real_reviews(imdb_home):
    example = Path(__file__).parents[1] / "examples" / "imdb_sentiment.py"
    output = run(example, "--data-home", imdb_home)
    assert "25000 reviews to train and 25000 to test" in output
    assert "Epoch 1/40 - loss: 0." in output
    loss, accuracy = figures(output)
    assert loss < 0.31
    assert accuracy > 0.875
    positive = [float(share) for share in re.findall(r"(\d+\.\d)% positive", output)]
    assert positive[0] > 90
    assert positive[1] < 10
