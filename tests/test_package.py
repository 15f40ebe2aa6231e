"""What `import sklearn_imdb` brings, and what it leaves alone."""

import subprocess
import sys

import pytest

import sklearn_imdb


def test_all_names_are_there_and_listed():
    for name in sklearn_imdb.__all__:
        assert getattr(sklearn_imdb, name) is not None
    public = {name for name in dir(sklearn_imdb) if not name.startswith("_")}
    assert set(sklearn_imdb.__all__) <= public | {"__version__"}
    with pytest.raises(AttributeError, match="no attribute 'Vectorizer'"):
        _ = sklearn_imdb.Vectorizer


@pytest.mark.parametrize("module", ["datasets", "inspection"])
def test_public_modules_are_found_without_being_imported_first(module):
    script = f"import sklearn_imdb; print(*sklearn_imdb.{module}.__all__)"
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True
    )
    assert set(done.stdout.split()) <= set(dir(getattr(sklearn_imdb, module)))


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import sklearn_imdb", {"sklearn", "numpy", "scipy"}),
        (
            "from sklearn_imdb import *; import sklearn_imdb.datasets, sklearn_imdb.inspection",
            {"tensorflow", "keras", "scikeras", "matplotlib"},
        ),
    ],
)
def test_importing_brings_nothing_heavy(statement, absent):
    script = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True
    )
    assert not absent & set(done.stdout.split())


@pytest.mark.parametrize("verbose", [0, 2])
def test_the_progress_bar_alone_needs_rich(verbose):
    script = (
        "import sys\n"
        "sys.modules['rich'] = None\n"
        "from sklearn_imdb import EmbeddingAverageClassifier\n"
        "X, y = [[1, 4], [1, 5]] * 9, [0, 1] * 9\n"
        f"EmbeddingAverageClassifier(epochs=1, verbose={verbose}).fit(X, y)\n"
        "try:\n"
        "    EmbeddingAverageClassifier(epochs=1, verbose=1).fit(X, y)\n"
        "except ImportError as error:\n"
        "    assert 'pip install rich' in str(error)\n"
        "else:\n"
        "    raise AssertionError('no error')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE)


def test_where_scikit_learn_has_no_callbacks_the_estimators_do_without():
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
    subprocess.run([sys.executable, "-c", script], check=True)
