"""Saved pipelines that skops, and MLflow with it, load by `SKOPS_TRUSTED_TYPES`."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import sklearn_imdb
from sklearn_imdb import (
    EmbeddingAverageClassifier,
    SequenceVectorizer,
    make_text_classifier,
    make_text_regressor,
)
from sklearn_imdb.datasets import make_multilabel_reviews, make_reviews
from sklearn_imdb.streaming import fit_stream

skops_io = pytest.importorskip("skops.io")

TEXTS, Y_ONE = make_reviews(120, mean_length=20, random_state=0)
THEMED, Y_SEVERAL = make_multilabel_reviews(120, mean_length=20, random_state=0)
LABELS = {
    "numbers": (TEXTS, Y_ONE),
    "names": (TEXTS, np.array(["bad", "good"])[Y_ONE]),
    "objects": (TEXTS, np.array(["bad", "good"], dtype=object)[Y_ONE]),
    "several": (THEMED, Y_SEVERAL),
}


def load(estimator):
    """Save an estimator and load it as trusted, and hold what skops asks for against the list."""
    saved = skops_io.dumps(estimator)
    asked = skops_io.get_untrusted_types(data=saved)
    assert set(asked) <= set(sklearn_imdb.SKOPS_TRUSTED_TYPES)
    return skops_io.loads(saved, trusted=sklearn_imdb.SKOPS_TRUSTED_TYPES)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("preset", [None, "ngram", "tutorial"])
def test_a_fitted_pipeline_is_loaded(preset, labels):
    texts, y = LABELS[labels]
    pipeline = make_text_classifier(*[preset] * bool(preset), random_state=0)
    pipeline.set_params(classifier__epochs=1).fit(texts, y)
    assert_array_equal(load(pipeline).predict_proba(texts), pipeline.predict_proba(texts))


def test_all_types_are_asked_for_and_no_more():
    asked = set()
    for make in (make_text_classifier, make_text_regressor):
        saved = skops_io.dumps(make(random_state=0).fit(TEXTS, Y_ONE))
        asked |= set(skops_io.get_untrusted_types(data=saved))
    assert sorted(asked) == sklearn_imdb.SKOPS_TRUSTED_TYPES


@pytest.mark.parametrize("labels", ["numbers", "several"])
def test_a_pipeline_that_learned_from_chunks_is_loaded(labels):
    texts, y = LABELS[labels]
    chunks = [(texts[:60], y[:60]), (texts[60:], y[60:])]
    pipeline = fit_stream(make_text_classifier(random_state=0), lambda: iter(chunks))
    assert_array_equal(load(pipeline).predict_proba(texts), pipeline.predict_proba(texts))


@pytest.mark.parametrize("optimizer", ["adam", "adagrad"])
@pytest.mark.parametrize("labels", ["numbers", "several"])
def test_steps_after_partial_fit_are_loaded_and_go_on(labels, optimizer):
    texts, y = LABELS[labels]
    vectorizer = SequenceVectorizer(rank_by="class_evidence").partial_fit(texts, y)
    X = vectorizer.transform(texts)
    classes = np.arange(y.shape[1]) if y.ndim == 2 else [0, 1]
    classifier = EmbeddingAverageClassifier(optimizer=optimizer, random_state=0)
    classifier.partial_fit(X, y, classes=classes)
    loaded = load(vectorizer), load(classifier)
    assert (
        loaded[0].partial_fit(texts, y).vocabulary_ == vectorizer.partial_fit(texts, y).vocabulary_
    )
    embedding = classifier.partial_fit(X, y).embedding_
    assert_array_equal(loaded[1].partial_fit(X, y).embedding_, embedding)


def test_a_random_state_a_vocabulary_and_vectors_are_loaded():
    vectorizer = SequenceVectorizer(vocabulary=["film", "play"]).fit(TEXTS)
    classifier = EmbeddingAverageClassifier(
        random_state=np.random.RandomState(0),
        class_weight={0: 1.0, 1: 2.0},
        initial_embedding=np.ones((6, 2), np.float32),
        embedding_dim="auto",
        epochs=1,
    )
    X = load(vectorizer).transform(TEXTS)
    classifier.fit(X, Y_ONE)
    assert_array_equal(load(classifier).predict_proba(X), classifier.predict_proba(X))


def test_the_list_comes_without_any_import(run_python):
    run_python(
        "import sys\n"
        "from sklearn_imdb import SKOPS_TRUSTED_TYPES\n"
        "assert all(isinstance(name, str) for name in SKOPS_TRUSTED_TYPES)\n"
        "assert 'sklearn' not in sys.modules\n"
    )


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")  # Keras's.
def test_a_keras_file_is_loaded_in_a_new_process_after_the_import(keras, run_python, tmp_path):
    from sklearn_imdb.exporting import to_keras

    pipeline = make_text_classifier("tutorial", random_state=0)
    pipeline.set_params(classifier__epochs=1).fit(TEXTS, Y_ONE)
    to_keras(pipeline).save(tmp_path / "model.keras")
    script = (
        "import sys, keras, tensorflow\n"
        "import sklearn_imdb.exporting\n"
        "model = keras.models.load_model(sys.argv[1])\n"
        "print(model.predict(tensorflow.constant(['A superb film.']), verbose=0)[0, 1])\n"
    )
    printed = run_python(script, tmp_path / "model.keras")
    expected = pipeline.predict_proba(["A superb film."])[0, 1]
    assert float(printed.split()[-1]) == pytest.approx(expected, abs=1e-6)
