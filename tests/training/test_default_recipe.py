"""What the default recipe promises: its bias, its bounds of memory, and its warnings."""

import pickle
import random
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
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
    with pytest.raises(ValueError, match="optimizer='adagrad' from what 'adam' began"):
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


def test_a_few_long_documents_do_not_lengthen_all_rows():
    texts = [f"order {n} is {'late' if n % 2 else 'here'}" for n in range(200)]
    for n in range(0, 200, 50):
        texts[n] = " ".join(f"w{word * (n + 1) % 5003}" for word in range(5000))
    vectorizer = make_text_classifier()["vectorizer"]
    X = vectorizer.fit_transform(texts, [n % 2 for n in range(200)])
    assert X.size <= 10 * np.count_nonzero(X)
    assert vectorizer.cut_share_ == 4 / 200


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([3] * 100, 3),
        ([1] * 98 + [900] * 2, 12),  # 100 rows of 12 places for 98 + 24 indices.
        ([0] * 99 + [5], 1),
    ],
)
def test_an_automatic_length_has_ten_places_for_each_index_at_most(lengths, expected):
    vectorizer = SequenceVectorizer(maxlen="auto", start_char=None)
    X = vectorizer.fit_transform([" ".join(["word"] * length) for length in lengths])
    assert vectorizer.maxlen_ == X.shape[1] == expected


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


def test_words_of_more_than_forty_characters_have_no_subwords():
    words = ["a" * 40, "b" * 41]
    vectorizer = SequenceVectorizer(subword_range=(3, 3), maxlen=99, start_char=None)
    X = vectorizer.fit_transform(words)
    subwords = {term for term in vectorizer.vocabulary_ if term.startswith(" ")}
    assert subwords == {"  aa", " aaa", " aa "}
    assert_array_equal(vectorizer.transform(words), X)


# -- subwords by script -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the cast is superb", (4, 5)),
        ("배우들이 정말 좋았다", (1, 3)),
        ("이 영화 정말 good film", (1, 3)),
        ("演员非常好", None),
        ("นักแสดงดีมาก", None),
        ("the film 好", (4, 5)),
        ("1234 5678 ...", (4, 5)),
    ],
)
def test_automatic_subwords_go_by_the_script(text, expected):
    vectorizer = SequenceVectorizer(tokenizer="unicode", subword_range="auto")
    assert vectorizer.fit([text]).subword_range_ == expected


# -- what is cut --------------------------------------------------------------------------------


@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("parameters", [{}, {"ngram_range": (1, 2), "oov_char": None}])
def test_transform_warns_where_it_cuts_many_more_than_fit(truncating, parameters, recwarn):
    vectorizer = SequenceVectorizer(maxlen=8, truncating=truncating, **parameters)
    short, long = ["a b c"] * 20, ["a b c d e f g h"] * 20
    vectorizer.fit_transform(short)
    assert vectorizer.cut_share_ == 0
    vectorizer.transform(short)
    vectorizer.transform(short + long[:4])  # A sixth.
    vectorizer.transform(["a b c a b c a b c"] * 19)  # Too few to tell.
    assert not recwarn.list
    with pytest.warns(
        UserWarning, match=r"100% of the documents are longer than maxlen=8 .*cut 0%"
    ):
        vectorizer.transform(["a b c a b c a b c"] * 20)


def test_no_warning_where_fit_cut_as_many_or_saw_no_lengths(recwarn):
    long = ["a b c d e f g h i j"] * 30
    vectorizer = SequenceVectorizer(maxlen=4)
    vectorizer.fit_transform(long)
    assert vectorizer.cut_share_ == 1
    vectorizer.transform(long)
    vectorizer.fit(["a b"])
    assert vectorizer.cut_share_ is None
    vectorizer.transform(long)
    assert not recwarn.list


def test_a_text_as_long_as_the_rows_is_not_cut():
    vectorizer = SequenceVectorizer(maxlen=3)
    vectorizer.fit_transform(["a b", "a b c"])  # With its start, the second is one too long.
    assert vectorizer.cut_share_ == 0.5
