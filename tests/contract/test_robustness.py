"""Long-running processes, threads, interrupts, big inputs, and parameters broken along the way."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

# -- errors -----------------------------------------------------------------------------------


class Unrepresentable:
    """A tokenizer."""

    def __repr__(self):
        raise RuntimeError("no repr")

    def __call__(self, text):
        return text.split()


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        ({"maxlen": 7, "num_words": 10_000}, "maxlen=7"),
        ({"tokenizer": Unrepresentable()}, "tokenizer=<Unrepresentable instance at 0x"),
        ({"vocabulary": {str(n): n for n in range(1, 90_000)}}, "vocabulary={'1': 1, ...}"),
    ],
    ids=["changed", "without repr", "vocabulary"],
)
def test_the_note_on_an_error_shows_the_changed_parameters_shortly(parameters, shown):
    with pytest.raises(TypeError) as raised:
        SequenceVectorizer(**parameters).fit([None])
    [note] = raised.value.__notes__
    assert note.startswith(f"Raised while SequenceVectorizer({shown}")
    assert len(note) < 120


# -- processes and threads --------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc to read memory from")
def test_300_fits_do_not_grow_the_process(run_python):
    script = (
        "import resource, numpy as np\n"
        "from sklearn_imdb import EmbeddingAverageClassifier\n"
        "def resident():\n"
        "    with open('/proc/self/statm') as pages:\n"
        "        return int(pages.read().split()[1]) * resource.getpagesize()\n"
        "X = np.random.RandomState(0).randint(1, 2000, (300, 40)); y = np.arange(300) % 2\n"
        "for n_fits in range(1, 321):\n"
        "    fitted = EmbeddingAverageClassifier(\n"
        "        epochs=2, batch_size=100, early_stopping=True, random_state=0\n"
        "    ).fit(X, y)\n"
        "    fitted.predict_proba(X)\n"
        "    if n_fits == 20:\n"
        "        start = resident()\n"
        "print(resident() / start)\n"
    )
    printed = run_python(script)
    assert float(printed) < 1.02


def test_threads_that_predict_at_once_get_the_same_answers(quick, reviews):
    texts, y = reviews
    pipeline = make_pipeline(SequenceVectorizer(maxlen=60), quick(epochs=2)).fit(texts, y)
    parts = [texts[start : start + 75] for start in range(0, 600, 75)]
    expected = [pipeline.predict_proba(part) for part in parts]
    for _ in range(5):
        # Without the look-up table that the first thread to arrive has to build.
        loaded = pickle.loads(pickle.dumps(pipeline))
        with ThreadPoolExecutor(8) as threads:
            assert_array_equal(list(threads.map(loaded.predict_proba, parts)), expected)
    X, classifier = pipeline[0].transform(texts), pipeline[-1]
    at_once = classifier.predict_proba(X)
    with ThreadPoolExecutor(8) as threads:
        for answer in threads.map(classifier.predict_proba, [X] * 16):
            assert_array_equal(answer, at_once)


# -- memory -----------------------------------------------------------------------------------


def test_texts_from_a_generator_are_never_all_in_memory(peak_memory):
    n_texts = 8000
    words = [f"word{number}" * 20 for number in range(25)]
    vectorizer = SequenceVectorizer(maxlen=16)

    def texts():
        for number in range(n_texts):
            yield " ".join(words[number % 25 :] + words[: number % 25])

    size = sum(map(len, texts()))
    counting = peak_memory(vectorizer.fit, texts())
    assert counting < size / 20
    output = n_texts * 16 * 4
    encoding = peak_memory(vectorizer.transform, texts())
    assert encoding < 2 * output + 200_000 < size / 10
    assert_array_equal(vectorizer.transform(texts()), vectorizer.transform(list(texts())))


@pytest.mark.parametrize("in_X", [True, False])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_table_larger_than_memory_is_an_error_that_says_what_to_lower(sequences, in_X, method):
    X, y = sequences
    X = X.copy()
    X[5, 5] = 2**31 - 1 if in_X else 1
    classifier = EmbeddingAverageClassifier(
        input_dim=None if in_X else 2**31, embedding_dim=100_000
    )
    message = r"word index in X is 2147483647" if in_X else r"input_dim=2147483648\."
    with pytest.raises(ValueError, match=message + r".*2147483648 rows.*GiB.*Lower num_words"):
        getattr(classifier, method)(X, y, **({} if method == "fit" else {"classes": [0, 1]}))
    assert not hasattr(classifier, "classes_")


# -- parameters and columns that do not fit what was fitted -----------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maxlen", -5),
        ("maxlen", "long"),
        ("padding", "both"),
        ("truncating", "left"),
        ("lowercase", "yes"),
        ("filters", None),
        ("token_pattern", 3),
        ("tokenizer", "split"),
        ("start_char", -1),
        ("oov_char", 0.5),
        ("index_from", -1),
        ("num_words", 2),
    ],
)
@pytest.mark.parametrize("warm", [True, False])
def test_a_vectorizers_parameter_broken_after_fit_is_named(name, value, warm):
    vectorizer = SequenceVectorizer(maxlen=8).fit(["a film", "the film"])
    if warm:  # With its look-up table built.
        vectorizer.transform(["a film"])
    vectorizer.set_params(**{name: value})
    if name != "num_words":  # Which words there are, it says in fit.
        with pytest.raises(ValueError, match=f"'{name}' parameter"):
            vectorizer.transform(["a film"])
    for broken in (
        lambda: vectorizer.transform([[1, 4]]),
        lambda: vectorizer.inverse_transform([[1, 4]]),
        vectorizer.get_feature_names_out,
    ):
        with pytest.raises(ValueError, match=name):
            broken()


@pytest.mark.parametrize("value", ["masked_mean", "max"])
def test_predictions_are_those_of_the_network_trained_whatever_is_set_later(
    quick, sequences, value
):
    X, y = sequences
    classifier = quick(epochs=1).fit(X, y)
    expected = classifier.predict_proba(X)
    classifier.set_params(pooling=value, embedding_dim=-3, hidden_units="many", input_dim=5)
    assert_array_equal(classifier.predict_proba(X), expected)
    with pytest.raises(ValueError, match=r"'(pooling|embedding_dim|hidden_units)' parameter"):
        classifier.partial_fit(X, y)
    trained_masked = quick(epochs=1, pooling="masked_mean").fit(X, y)
    assert np.abs(trained_masked.predict_proba(X) - expected).max() > 1e-3


def test_validation_columns_in_another_order_are_refused(quick, sequences):
    X, y = sequences
    table = pd.DataFrame(X).add_prefix("position")
    classifier = quick(epochs=1).fit(table, y, X_val=table[:99], y_val=y[:99])
    with pytest.raises(ValueError, match=r"(?s)X_val: .*must be in the same order") as refused:
        classifier.fit(table, y, X_val=table.loc[:98, ::-1], y_val=y[:99])
    with pytest.raises(ValueError, match="must be in the same order") as as_at_predict:
        classifier.predict(table.loc[:98, ::-1])
    assert str(refused.value) == f"X_val: {as_at_predict.value}"
