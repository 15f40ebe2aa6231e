"""The README's code and commands, run as they stand, in environments that hold nothing else."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import joblib
import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S)
MAIN_JOB, TESTS = (block.strip() for language, block in BLOCKS if language == "bash")


def command_of(page):
    """Return the command that a page of the guide gives to install without TensorFlow."""
    return re.search("python3 -m pip install --no-deps .*", (ROOT / page).read_text())[0]


SERVICE = """
import joblib
joblib.dump(pipeline, "sentiment.joblib")
print(joblib.load("sentiment.joblib").predict(["A moving story, well told."]))
"""
NUMBER = re.compile(r"\d*\.\d+")

pytestmark = [
    pytest.mark.usefixtures("imdb_data"),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a checkout to install from"),
]


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what is committed or about to be, with nothing built or installed in it."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT)
    for name in listed.splitlines():
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def environment(imdb_home):
    """Variables that name the reviews, and nothing of the environment these tests run in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "SCIKIT_LEARN_DATA": str(imdb_home)}


@pytest.fixture
def bare_python(tmp_path, checkout, environment):
    """Return the interpreter of an environment, new at first, in which a command was run."""

    def make(install):
        folder = tmp_path / "bare"
        run([sys.executable, "-m", "venv", folder])
        path = f"{folder / 'bin'}{os.pathsep}{environment['PATH']}"
        run(["bash", "-c", install], cwd=checkout, env={**environment, "PATH": path})
        return folder / "bin" / "python"

    return make


def assert_prints_what_it_says(python, blocks, tmp_path, environment):
    """Run the code in order; text after a block is what it prints, but for the last digits."""
    code, expected = [], []
    for language, block in blocks:
        if language == "python":
            code.append(block)
        elif language == "text":
            code.append("print('---')\n")
            expected.append(block)
    printed = run([python, "-c", "".join(code)], cwd=tmp_path, env=environment).split("---\n")
    assert len(printed) == len(expected) + 1
    for output, block in zip(printed[:-1], expected, strict=True):
        assert NUMBER.sub("#", output) == NUMBER.sub("#", block)
        numbers = [list(map(float, NUMBER.findall(text))) for text in (output, block)]
        assert numbers[0] == pytest.approx(numbers[1], abs=0.02)


def check_main_job(output, folder):
    """Check what `examples/imdb_sentiment.py` prints and writes about the real reviews."""
    assert "25,000 reviews to train and 25,000 to test" in output
    for progress in ("Counting 25000/25000", "Epoch 1/2 - loss: 0.", "step 2 of 2"):
        assert progress in output
    names = (r"make_text_classifier\(\)", r"Tfidf\(1, 2\) \+ LinearSVC")
    accuracy, peer_accuracy = (
        float(re.search(rf"^{name} +(\d\.\d+)", output, re.M)[1]) for name in names
    )
    assert accuracy > 0.92
    assert peer_accuracy < accuracy - 0.015
    assert float(re.search(r"Test loss: +(\S+)", output)[1]) < 0.25
    positive = [float(share) for share in re.findall(r"(\d+\.\d)% positive:", output)]
    assert positive[0] > 90
    assert positive[1] < 10
    by_words, with_words = re.search(
        r"add up to (\S+?)\. .*, and with them (\S+)\.", output
    ).groups()
    assert float(by_words) == pytest.approx(float(with_words), abs=0.01)
    assert (folder / "imdb_sentiment.png").exists()
    assert "superb" in (folder / "imdb_sentiment.html").read_text(encoding="utf-8")
    saved = joblib.load(folder / "sentiment.joblib")
    assert saved.predict(["An excellent film."]).tolist() == [1]


@pytest.fixture
def main_job(checkout, environment):
    """Return the folder in which the main job has run as written, and what it printed."""
    log = os.environ.get("SKLEARN_IMDB_MAIN_JOB")
    if log:  # CI has run it.
        return Path(log).parent, Path(log).read_text(encoding="utf-8")
    return checkout, run(["bash", "-c", MAIN_JOB], cwd=checkout, env=environment)


@pytest.mark.usefixtures("bare_python")
def test_the_main_job_and_the_code_run_as_written(main_job, tmp_path, environment):
    """The second command of a checkout, that of the tests, is what runs this."""
    assert TESTS.endswith("-m pytest")
    folder, output = main_job
    check_main_job(output, folder)
    python = folder / ".venv/bin/python"
    # Whoever reads a CSV file by pandas has it.
    run([python, "-m", "pip", "install", "-q", "pandas"], env=environment)
    assert_prints_what_it_says(python, BLOCKS, tmp_path, environment)
    assert (tmp_path / "history.png").exists()
    assert "superb" in (tmp_path / "review.html").read_text(encoding="utf-8")


def test_slim_environments_train_save_and_answer_and_are_a_cluster(
    bare_python, checkout, tmp_path, environment
):
    python = bare_python(command_of("docs/guide/service.rst"))
    assert "tensorflow" not in run([python, "-m", "pip", "list"])
    first = next(i for i, (language, _) in enumerate(BLOCKS) if language == "python")
    blocks = [*BLOCKS[first : first + 2], ("python", SERVICE), ("text", "[1]\n")]
    assert_prints_what_it_says(python, blocks, tmp_path, environment)
    # The other page's command installs all that this one does, and more.
    python = bare_python(command_of("docs/guide/streams.rst"))
    output = run([python, checkout / "examples/grid_search_dask.py", "--small"], env=environment)
    assert "The same as at once: True" in output
    assert "tensorflow" not in run([python, "-m", "pip", "list"])
