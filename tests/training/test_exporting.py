"""One Keras model from texts to probabilities: the pipeline's own, saved and exported."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_imdb import (
    EmbeddingAverageClassifier,
    EmbeddingAverageRegressor,
    SequenceVectorizer,
    make_text_classifier,
)
from sklearn_imdb.datasets import make_reviews

pytest.importorskip("keras")
tensorflow = pytest.importorskip("tensorflow")

pytestmark = [
    pytest.mark.usefixtures("keras"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]

NASTY = [
    *("", "  a  b ", "İSTANBUL ΟΔΟΣ", "a\tb\nc\rd\x0be", "Ünïcode — “quoted” é", "film\u00a0cast"),
    *("!!!", "film " * 900, "the film; the CAST.", "[x]^-\\"),
]


def probabilities(model, texts):
    return model.predict(tensorflow.constant(texts), batch_size=512, verbose=0)


@pytest.fixture(scope="module")
def to_keras():
    from sklearn_imdb.exporting import to_keras

    return to_keras


@pytest.mark.parametrize(
    ("vectorizer", "classifier"),
    [
        ({}, {}),
        ({"truncating": "post", "padding": "pre", "maxlen": 20}, {"pooling": "masked_mean"}),
        ({"oov_char": None, "num_words": 60}, {"pooling": "evidence", "hidden_units": 0}),
        ({"start_char": None, "lowercase": False, "filters": "aé!]^-"}, {}),
        ({"vocabulary": {"film": 3, "the": 7, "cast": 900}}, {}),
        ({}, {"input_dim": None, "n_classes": 3}),
    ],
)
def test_probabilities_are_the_pipelines(to_keras, vectorizer, classifier):
    n_classes = classifier.pop("n_classes", 2)
    texts, y = make_reviews(200, n_classes=n_classes, mean_length=30, random_state=0)
    pipeline = make_pipeline(
        SequenceVectorizer(**{"maxlen": 40, **vectorizer}),
        EmbeddingAverageClassifier(epochs=2, random_state=0, **classifier),
    ).fit(texts, y)
    found = probabilities(to_keras(pipeline), [*texts, *NASTY])
    assert found.shape == (len(texts) + len(NASTY), n_classes)
    assert_allclose(found, pipeline.predict_proba([*texts, *NASTY]), atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_a_number_is_the_pipelines(to_keras, n_classes):
    texts, y = make_reviews(200, n_classes=n_classes, mean_length=30, random_state=0)
    regressor = EmbeddingAverageRegressor(epochs=2, random_state=0)
    pipeline = make_pipeline(SequenceVectorizer(maxlen=40), regressor).fit(texts, y / 2)
    found = probabilities(to_keras(pipeline), texts)
    assert_allclose(found, pipeline.predict(texts)[:, np.newaxis], atol=1e-6)


def test_several_labels_have_a_probability_each(to_keras):
    texts, y = make_reviews(200, mean_length=30, random_state=0)
    pipeline = make_text_classifier("tutorial", random_state=0).set_params(classifier__epochs=1)
    pipeline.fit(texts, np.column_stack([y, 1 - y, y]))
    assert_allclose(
        probabilities(to_keras(pipeline), NASTY), pipeline.predict_proba(NASTY), atol=1e-6
    )


def test_5000_real_reviews_have_the_pipelines_probabilities(to_keras, imdb_train, imdb_test):
    pipeline = make_text_classifier("tutorial", random_state=0).set_params(classifier__epochs=2)
    pipeline.fit(imdb_train.data[:5000], imdb_train.target[:5000])
    texts = imdb_test.data[:5000]
    assert not all(map(str.isascii, texts))
    expected = pipeline.predict_proba(texts)
    assert_allclose(probabilities(to_keras(pipeline), texts), expected, atol=1e-5)


def test_it_is_saved_and_exported(to_keras, tmp_path, run_python):
    texts, y = make_reviews(100, mean_length=20, random_state=0)
    pipeline = make_text_classifier("tutorial", random_state=0).set_params(classifier__epochs=1)
    model = to_keras(pipeline.fit(texts, y))
    model.save(tmp_path / "model.keras")
    model.export(tmp_path / "saved", verbose=False)
    expected = pipeline.predict_proba(["A superb film."])[0].tolist()
    script = (
        "import sys, tensorflow\n"
        f"served = tensorflow.saved_model.load({str(tmp_path / 'saved')!r})\n"
        "print(*served.serve(tensorflow.constant(['A superb film.'])).numpy()[0])\n"
        "assert 'sklearn_imdb' not in sys.modules\n"
        "import keras, sklearn_imdb.exporting\n"
        f"loaded = keras.models.load_model({str(tmp_path / 'model.keras')!r})\n"
        "print(*loaded.predict(tensorflow.constant(['A superb film.']), verbose=0)[0])\n"
    )
    for line in run_python(script).strip().splitlines()[-2:]:
        assert_allclose(list(map(float, line.split())), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"tokenizer": "unicode"},
            "TensorFlow cannot do tokenizer='unicode' .*: set tokenizer='keras'",
        ),
        ({"token_pattern": r"\w+"}, "token_pattern"),
        ({"ngram_range": (1, 2)}, r"ngram_range=\(1, 2\)"),
        ({"binary": True}, "binary=True"),
    ],
)
def test_what_tensorflow_cannot_do_is_named(to_keras, parameters, message):
    pipeline = make_pipeline(SequenceVectorizer(**parameters), EmbeddingAverageClassifier(epochs=1))
    pipeline.fit(["a b", "b c"] * 4, [0, 1] * 4)
    with pytest.raises(ValueError, match=message):
        to_keras(pipeline)


def test_other_steps_and_unfitted_ones_are_named(to_keras):
    steps = [SequenceVectorizer(), EmbeddingAverageClassifier(epochs=1)]
    with pytest.raises(NotFittedError):
        to_keras(make_pipeline(*steps))
    with pytest.raises(TypeError, match="got also FunctionTransformer: leave it out"):
        to_keras(make_pipeline(FunctionTransformer(), *steps))
    with pytest.raises(TypeError, match="got SequenceVectorizer"):
        to_keras(SequenceVectorizer())
    lists = make_pipeline(*steps).fit([[1, 4], [1, 5]] * 4, [0, 1] * 4)
    with pytest.raises(ValueError, match="knows no words"):
        to_keras(lists)
