"""What `import sklearn_imdb` brings, and what it leaves alone."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_imdb


def test_all_names_are_there_and_listed():
    for name in sklearn_imdb.__all__:
        assert getattr(sklearn_imdb, name) is not None
    modules = {
        path.stem
        for path in Path(sklearn_imdb.__file__).parent.glob("*.py")
        if not path.stem.startswith("_")
    }
    assert set(dir(sklearn_imdb)) == {*sklearn_imdb.__all__, *modules}
    for name in modules - {"exporting"}:  # Which imports TensorFlow.
        assert getattr(sklearn_imdb, name).__name__ == f"sklearn_imdb.{name}"
    with pytest.raises(AttributeError, match="no attribute 'Vectorizer'"):
        _ = sklearn_imdb.Vectorizer


PROMISES = """
import sys
sys.modules["rich"] = None
import sklearn_imdb

# Importing brings nothing heavy, and public modules are found without being imported first.
assert not {"sklearn", "numpy", "scipy"} & set(sys.modules), "import sklearn_imdb"
assert {"fetch_imdb", "make_reviews"} <= set(sklearn_imdb.datasets.__all__)
assert "initial_embedding" in sklearn_imdb.vectors.__all__
assert "explain_html" in sklearn_imdb.inspection.__all__
assert "fit_stream" in sklearn_imdb.streaming.__all__
from sklearn_imdb import *
heavy = {"tensorflow", "keras", "scikeras", "matplotlib"} & set(sys.modules)
assert not heavy, heavy

# The progress bar alone needs rich, which is not to be had here.
X, y = [[1, 4], [1, 5]] * 9, [0, 1] * 9
for verbose in (0, 2):
    EmbeddingAverageClassifier(epochs=1, verbose=verbose).fit(X, y)
try:
    EmbeddingAverageClassifier(epochs=1, verbose=1).fit(X, y)
except ImportError as error:
    assert "pip install rich" in str(error)
else:
    raise AssertionError("no error without rich")
"""


def test_importing_brings_nothing_heavy_and_finds_everything(run_python):
    run_python(PROMISES)


def test_where_scikit_learn_has_no_callbacks_the_estimators_do_without(run_python):
    script = (
        "import sys, sklearn.model_selection, sklearn.pipeline\n"
        "vars(sklearn).pop('callback', None)\n"
        "sys.modules['sklearn.callback'] = None\n"
        "from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer\n"
        "vectorizer = SequenceVectorizer(maxlen=3)\n"
        "X = vectorizer.fit_transform(['a b', 'b c'])\n"
        "classifier = EmbeddingAverageClassifier(epochs=3).fit(X, [0, 1])\n"
        "assert classifier.n_iter_ == 3\n"
        "assert classifier.partial_fit(X, [0, 1]).n_iter_ == 1\n"
        "assert not hasattr(vectorizer, 'set_callbacks')\n"
        "assert not hasattr(classifier, 'set_callbacks')\n"
    )
    run_python(script)


@pytest.mark.usefixtures("new_process")
def test_a_misspelt_import_is_found_by_a_type_checker(tmp_path):
    script = tmp_path / "misspelt.py"
    script.write_text(
        "import sklearn_imdb\n"
        "from sklearn_imdb import SequenceVectorizer, SequenceVectoriser\n"
        "sklearn_imdb.streaming.fit_stream\n"
    )
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), str(script)]
    found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert 'has no attribute "SequenceVectoriser"' in found.stdout
    assert found.stdout.count("error:") == 1


def test_nothing_but_one_file_knows_what_scikit_learn_keeps_private():
    for path in Path(sklearn_imdb.__file__).parent.rglob("*.py"):
        private = re.findall(
            r"from sklearn\.\S*\b_\w+ import|from sklearn\.\S+ import .*\b_\w+",
            path.read_text(encoding="utf-8"),
        )
        assert not private or path.name == "_compat.py", path


def test_the_citation_names_this_version():
    citation = Path(__file__).parents[2] / "CITATION.cff"
    if not citation.exists():
        # An installed package and its tests come without the files around them.
        pytest.skip("CITATION.cff is in a checkout alone")
    assert f"\nversion: {sklearn_imdb.__version__}\n" in citation.read_text()
