"""Fixtures: generated reviews, Keras's own steps written out, and the real data where it is.

What a test asks for decides its markers, and the markers decide which tests plain `pytest` runs.
"""

import gc
import json
import os
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

import sklearn_imdb

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ASKS_FOR = {
    "keras": {"keras"},
    "process": {"new_process"},
    "install": {"bare_python"},
    "imdb": {"imdb_data"},
    "slow": {"minutes"},
}
"""The fixtures, of which one gives a test the marker."""

NEED_KERAS = {"test_exporting.py", "test_keras.py"}
"""Files that import Keras where they are collected, which takes seconds."""

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="run the tests of every marker")


def _runs_all(config):
    return config.getoption("--all") or config.getoption("-m")


def pytest_configure(config):
    """Leave out the code of the documentation, and the files that import Keras."""
    if not _runs_all(config):
        config.option.doctestmodules, config.option.doctestglob = False, []
        patterns = [f"*{name}" for name in sorted(NEED_KERAS)]
        config.option.ignore_glob = [*(config.option.ignore_glob or []), *patterns]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Set markers, and without `--all` or `-m` leave out the tests that have one of them."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        for marker, asked in ASKS_FOR.items():
            if fixtures & asked:
                item.add_marker(marker)
        if item.path.name in {*NEED_KERAS, "exporting.py"} or parameters.get("backend") == "keras":
            item.add_marker("keras")
        if isinstance(item, pytest.DoctestItem):  # `pytest docs` and `pytest sklearn_imdb` run all.
            item.add_marker("guide")
    items.sort(key=lambda item: item.get_closest_marker("install") is None)  # They take longest.
    if not _runs_all(config):
        left_out = {item for item in items if any(map(item.get_closest_marker, ASKS_FOR))}
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_collection_finish():
    """Leave what is imported and collected out of the garbage collector's search from here on."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def keras():
    """Keras, with scikeras, where they are installed."""
    pytest.importorskip("scikeras")
    return pytest.importorskip("keras")


@pytest.fixture
def without_tracing(keras):
    """Have TensorFlow compute step by step: a graph takes longer to make than few steps to run."""
    tensorflow = pytest.importorskip("tensorflow")
    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def new_process():
    """Nothing; a test that starts a process asks for it."""


@pytest.fixture(scope="session")
def minutes():
    """Nothing; a test that takes minutes asks for it."""


@pytest.fixture(scope="session")
def run_python(new_process):
    """Run a script in a new Python and return what it prints."""

    def run(script, *arguments):
        done = subprocess.run(
            [sys.executable, "-c", script, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def reviews():
    """600 generated reviews and their classes."""
    return sklearn_imdb.datasets.make_reviews(600, mean_length=60, random_state=0)


@pytest.fixture(scope="session")
def sequences(reviews):
    """The same as sequences of 80 word indices, and their classes."""
    texts, y = reviews
    return sklearn_imdb.SequenceVectorizer(maxlen=80).fit_transform(texts), y


@pytest.fixture(scope="session")
def quick():
    """Make a classifier that learns the generated reviews in a moment."""

    def make(**parameters):
        defaults = {"batch_size": 32, "learning_rate": 0.01, "epochs": 8, "embedding_dim": 8}
        return sklearn_imdb.EmbeddingAverageClassifier(
            **{**defaults, "random_state": 0, **parameters}
        )

    return make


@pytest.fixture(scope="session")
def keras_words():
    """Return Keras's own steps from a text to its words, as its documentation has them."""
    blanks = str.maketrans(dict.fromkeys(FILTERS, " "))

    def words(text):
        return [word for word in text.lower().translate(blanks).split(" ") if word]

    return words


@pytest.fixture(scope="session")
def keras_encode():
    """Return Keras's own steps from a text's words to padded indices, by a word index."""

    def encode(words, word_index, num_words=10_000, maxlen=256):
        indices = [1]
        for word in words:
            index = word_index.get(word, num_words) + 3
            indices.append(index if index < num_words else 2)
        indices = indices[-maxlen:]
        return indices + [0] * (maxlen - len(indices))

    return encode


@pytest.fixture(scope="session")
def peak_memory():
    """Measure the bytes that Python and NumPy hold at most in a call, its result included."""

    def measure(function, *args):
        tracemalloc.start()
        try:
            function(*args)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return measure


# -- the real reviews -------------------------------------------------------------------------


@pytest.fixture(scope="session")
def imdb_data():
    """Folder of the published files; the tests that need it are skipped where there is none."""
    folder = Path(os.environ.get("SKLEARN_IMDB_TEST_DATA", SHARED_DATA))
    if not (folder / "aclImdb_labelled.tar.gz").exists():
        pytest.skip(  # The reviews are not ours to hand on, so a clone alone does not have them.
            "the real reviews are not here: set SKLEARN_IMDB_TEST_DATA to the folder that holds "
            "aclImdb_labelled.tar.gz and imdb_word_index.json"
        )
    return folder


@pytest.fixture(scope="session")
def imdb_home(imdb_data, tmp_path_factory):
    """A data_home with the folder aclImdb that a user would have unpacked, and the word index."""
    home = Path(os.environ.get("SCIKIT_LEARN_DATA", ""))
    if (home / "aclImdb").exists():  # As in CI, for all processes at once.
        return home
    home = tmp_path_factory.mktemp("imdb")
    # Python's tarfile takes seven times as long.
    archive = imdb_data / "aclImdb_labelled.tar.gz"
    subprocess.run(["tar", "xzf", archive, "-C", home], check=True)
    shutil.copy(imdb_data / "imdb_word_index.json", home)
    return home


@pytest.fixture(scope="session")
def imdb_train(imdb_home):
    return sklearn_imdb.datasets.fetch_imdb(subset="train", data_home=imdb_home)


@pytest.fixture(scope="session")
def imdb_test(imdb_home):
    return sklearn_imdb.datasets.fetch_imdb(subset="test", data_home=imdb_home)


@pytest.fixture(scope="session")
def word_index(imdb_data):
    """Keras's `imdb_word_index.json`."""
    return json.loads((imdb_data / "imdb_word_index.json").read_text(encoding="utf-8"))
