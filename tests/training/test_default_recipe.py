"""What the default recipe promises: the shares of the classes, and its bounds of memory."""

import pickle
import random
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_imdb import EmbeddingAverageClassifier, make_text_classifier
from sklearn_imdb.datasets import make_multilabel_reviews, make_reviews

UNKNOWN = ["qqqqqqqq"]


def short_texts(n_classes, n_texts):
    """Texts of three words, one of which tells the class."""
    texts = [f"w{n * 7 % 997} w{n * 11 % 991} key{n % n_classes}" for n in range(n_texts)]
    return texts, [n % n_classes for n in range(n_texts)]


@pytest.fixture
def unequal():
    """Reviews of four classes, the first of which has half of the rows."""
    texts, y = make_reviews(600, n_classes=4, mean_length=20, random_state=0)
    kept = np.flatnonzero((y == 0) | (np.arange(600) % 3 == 0))
    return [texts[row] for row in kept], y[kept]


# -- a text without known words -----------------------------------------------------------------


@pytest.mark.parametrize("classes", [[0, 1], [0, 1, 2, 3]])
def test_a_text_without_known_words_gets_the_shares_of_the_classes(unequal, classes):
    texts, y = unequal
    rows = np.flatnonzero(np.isin(y, classes))
    pipeline = make_text_classifier(random_state=0).fit([texts[row] for row in rows], y[rows])
    shares = np.bincount(y[rows]) / len(rows)
    assert_allclose(pipeline.predict_proba(UNKNOWN)[0], shares, atol=0.005)


def test_the_shares_are_those_of_the_weighted_rows(unequal):
    texts, y = unequal
    weight = np.where(y == 3, 5.0, 1.0)
    pipeline = make_text_classifier(random_state=0)
    pipeline.fit(texts, y, classifier__sample_weight=weight)
    shares = np.bincount(y, weight) / weight.sum()
    assert_allclose(pipeline.predict_proba(UNKNOWN)[0], shares, atol=0.005)
    pipeline.set_params(classifier__class_weight="balanced").fit(texts, y)
    assert_allclose(pipeline.predict_proba(UNKNOWN)[0], 0.25, atol=0.005)


def test_of_several_labels_each_has_its_own_share():
    texts, Y = make_multilabel_reviews(300, random_state=0)[:2]
    pipeline = make_text_classifier(random_state=0).fit(texts, Y)
    assert_allclose(pipeline.predict_proba(UNKNOWN)[0], np.mean(Y, axis=0), atol=0.005)


def test_the_shares_of_a_stream_are_those_of_all_its_chunks():
    rng = np.random.RandomState(0)
    X, y = rng.randint(4, 30, size=(200, 6)), np.repeat([0, 1], [150, 50])
    classifier = EmbeddingAverageClassifier(pooling="evidence", hidden_units=0, random_state=0)
    for rows in (slice(0, 100), slice(100, 200)):  # The first chunk has one class alone.
        classifier.partial_fit(X[rows], y[rows], classes=[0, 1])
    found = classifier.predict_proba(np.zeros((1, 6), int))
    assert_allclose(found, [[0.75, 0.25]], atol=0.005)


def test_a_stream_does_not_go_on_with_another_optimizer():
    X, y = np.arange(4, 16).reshape(4, 3), [0, 1, 0, 1]
    classifier = EmbeddingAverageClassifier(pooling="evidence", random_state=0)
    classifier.partial_fit(X, y, classes=[0, 1])
    classifier.set_params(optimizer="adagrad")
    with pytest.raises(
        ValueError, match=r"'adam', and .* with backend='scipy' and optimizer='adagrad'"
    ):
        classifier.partial_fit(X, y)


# -- memory -------------------------------------------------------------------------------------


def peak_of(fit):
    tracemalloc.start()
    try:
        fit()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("n_classes", [150, 400])
def test_hundreds_of_classes_take_little_memory(n_classes):
    texts, y = short_texts(n_classes, 2 * n_classes)
    pipeline = make_text_classifier(random_state=0).set_params(classifier__epochs=1)
    assert peak_of(lambda: pipeline.fit(texts, y)) < n_classes * 1.7e5
    assert pipeline["classifier"].embedding_dim_ == 100
    assert len(pickle.dumps(pipeline)) < n_classes * 2e4


def test_hundreds_of_labels_share_one_weight_a_word():
    texts, _ = short_texts(200, 400)
    Y, rows = np.zeros((400, 200), int), np.arange(400)
    Y[rows, rows % 200] = Y[rows, rows * 7 % 200] = 1
    pipeline = make_text_classifier(random_state=0).set_params(classifier__epochs=1).fit(texts, Y)
    assert pipeline["classifier"].token_weights_.ndim == 1
    assert len(pickle.dumps(pipeline)) < 5e6


def test_a_service_holds_no_long_tokens():
    pipeline = make_text_classifier(random_state=0).set_params(classifier__epochs=1)
    pipeline.fit(*make_reviews(100, random_state=0))
    pipeline.predict(["warm up"])
    generator = random.Random(0)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(8):
        pipeline.predict([generator.randbytes(5_000).hex()])
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 20_000
