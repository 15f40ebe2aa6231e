"""A stream to a fitted pipeline in one call: the same as `fit`, whole or not at all."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from sklearn_imdb import EmbeddingAverageRegressor, SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_multilabel_reviews
from sklearn_imdb.streaming import fit_stream

WORDS = {"vectorizer__subword_range": None}
PARAMETERS = {
    "ngram": ("ngram", {}),
    "subwords": ("ngram", {"vectorizer__subword_range": (3, 4)}),
    "unknown n-grams": ("ngram", {**WORDS, "vectorizer__oov_char": 2}),
    "balanced": ("ngram", {**WORDS, "classifier__class_weight": "balanced"}),
    "longest": ("ngram", {**WORDS, "vectorizer__maxlen": None}),
    "tutorial": ("tutorial", {}),
    "given words": ("tutorial", {"vectorizer__vocabulary": {"superb": 1, "dull": 2}}),
    "min_df": ("tutorial", {"vectorizer__min_df": 3}),
}
EPOCHS = 4


@pytest.fixture(params=PARAMETERS.values(), ids=PARAMETERS)
def pipeline(request):
    preset, parameters = request.param
    pipeline = make_text_classifier(preset, random_state=0).set_params(**parameters)
    return pipeline.set_params(classifier__early_stopping=False, classifier__epochs=EPOCHS)


@pytest.fixture(scope="module")
def few_reviews(reviews):
    return reviews[0][:150], reviews[1][:150]


def in_chunks(texts, y, size):
    """Return a function that returns the chunks, an empty one among them."""

    def read_chunks():
        yield [], []
        for start in range(0, len(texts), size):
            yield texts[start : start + size], y[start : start + size]

    return read_chunks


def test_one_chunk_gives_what_fit_does(few_reviews, pipeline):
    fitted = clone(pipeline).fit(*few_reviews)
    streamed = fit_stream(pipeline, in_chunks(*few_reviews, 600), epochs=EPOCHS)
    assert streamed is pipeline
    assert list(streamed[0].vocabulary_.items()) == list(fitted[0].vocabulary_.items())
    assert streamed[0].maxlen_ == fitted[0].maxlen_
    for name in ("embedding_", "token_weights_", "history_", "n_iter_", "learning_rate_"):
        assert_array_equal(getattr(streamed[1], name), getattr(fitted[1], name), err_msg=name)
    assert_array_equal(streamed.predict_proba(few_reviews[0]), fitted.predict_proba(few_reviews[0]))


def test_chunks_are_encoded_and_weighted_as_all_at_once(few_reviews, pipeline):
    fitted = clone(pipeline).fit(*few_reviews)
    streamed = fit_stream(pipeline, in_chunks(*few_reviews, 60), epochs=EPOCHS)
    assert list(streamed[0].vocabulary_.items()) == list(fitted[0].vocabulary_.items())
    assert_array_equal(streamed[0].transform(few_reviews[0]), fitted[0].transform(few_reviews[0]))
    assert streamed[1].learning_rate_ == fitted[1].learning_rate_
    assert streamed[1].batch_size_ == fitted[1].batch_size_
    assert len(streamed[1].history_["loss"]) == EPOCHS
    if fitted[1].token_weights_ is not None:
        assert_allclose(streamed[1].token_weights_, fitted[1].token_weights_, rtol=1e-6)


def test_chunks_teach_what_fit_does(reviews):
    fitted = make_text_classifier(random_state=0).fit(*reviews)
    streamed = fit_stream(make_text_classifier(random_state=0), in_chunks(*reviews, 100), epochs=4)
    accuracies = [pipeline.score(*reviews) for pipeline in (fitted, streamed)]
    assert accuracies[1] == pytest.approx(accuracies[0], abs=0.02)
    assert accuracies[1] > 0.9


def test_words_of_a_regression_that_are_rare_are_unknown_as_in_a_fit():
    texts, y = [*["a b", "a c", "a b d", "a e f"] * 5, "rare"], np.arange(21.0)
    fitted = make_pipeline(
        SequenceVectorizer(rank_by="target_evidence", min_df=2, maxlen=5),
        EmbeddingAverageRegressor(epochs=1, random_state=0),
    )
    streamed = fit_stream(clone(fitted), in_chunks(texts, y, 600))
    fitted.fit(texts, y)
    assert_array_equal(streamed[1].embedding_, fitted[1].embedding_)


def test_a_class_may_be_missing_in_the_first_chunk(reviews):
    texts, y = reviews
    order = np.argsort(-y, kind="stable")
    order[100:] = np.random.RandomState(0).permutation(order[100:])
    texts, y = [texts[row] for row in order.tolist()], y[order]
    for preset in ("ngram", "tutorial"):
        pipeline = make_text_classifier(preset, random_state=0)
        pipeline.set_params(
            vectorizer__rank_by="class_evidence",
            vectorizer__num_words=200,
            classifier__early_stopping=False,
        )
        fitted = clone(pipeline).fit(texts, y)
        streamed = fit_stream(pipeline, in_chunks(texts, y, 100), epochs=1)
        assert list(streamed[0].vocabulary_.items()) == list(fitted[0].vocabulary_.items())


def test_chunks_that_are_sorted_by_label_are_learned_with_a_warning(reviews):
    texts, y = reviews
    order = np.argsort(y, kind="stable")
    texts, y = [texts[row] for row in order.tolist()], y[order]
    with pytest.warns(
        UserWarning, match=r"6 of 6 chunks hold one class each\. .*: shuffle the rows"
    ):
        fit_stream(make_text_classifier(random_state=0), in_chunks(texts, y, 100))
    rare = (np.arange(600) % 250 == 0).astype(int)  # It is in three of the chunks.
    fit_stream(make_text_classifier(random_state=0), in_chunks(texts, rare, 100))


def test_no_texts_to_validate_on_are_an_error(reviews):
    with pytest.raises(ValueError, match="X_val must hold at least one text, got none"):
        fit_stream(make_text_classifier(), [reviews], X_val=[], y_val=[])


def test_several_labels_are_learned():
    texts, Y = make_multilabel_reviews(300, n_labels=3, random_state=0)
    pipeline = make_text_classifier(random_state=0).set_params(classifier__epochs=EPOCHS)
    fitted = clone(pipeline).fit(texts, Y)
    streamed = fit_stream(pipeline, lambda: [(texts, Y)], epochs=EPOCHS)
    assert_array_equal(streamed[1].embedding_, fitted[1].embedding_)


@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize("preset", ["ngram", "tutorial"])
def test_keras_trains_on_a_stream_as_scipy_does(reviews, preset):
    fitted = []
    for backend in ("scipy", "keras"):
        pipeline = make_text_classifier(preset, random_state=0)
        pipeline.set_params(classifier__backend=backend, classifier__early_stopping=False)
        fitted.append(fit_stream(pipeline, in_chunks(*reviews, 130), epochs=3))
    assert [pipeline[1].backend_ for pipeline in fitted] == ["scipy", "keras"]
    probabilities = [pipeline.predict_proba(reviews[0]) for pipeline in fitted]
    assert_allclose(*probabilities, atol=1e-4)


@pytest.mark.parametrize("pipeline", [("ngram", WORDS), ("tutorial", {})], indirect=True)
def test_a_stream_is_read_once_whatever_it_comes_in(few_reviews, pipeline):
    calls = []

    def read_chunks():
        calls.append(1)
        yield from in_chunks(*few_reviews, 60)()

    by_function = fit_stream(clone(pipeline), read_chunks)
    by_iterator = fit_stream(clone(pipeline), in_chunks(*few_reviews, 60)())
    by_list = fit_stream(clone(pipeline), list(in_chunks(*few_reviews, 60)()))
    assert calls == [1]
    assert by_function[1].n_iter_ == EPOCHS  # The classifier's own.
    assert_array_equal(by_function[1].embedding_, by_iterator[1].embedding_)
    assert_array_equal(by_function[1].embedding_, by_list[1].embedding_)


def test_a_stream_stops_early_on_the_texts_it_is_given(reviews):
    texts, y = reviews
    pipeline = make_text_classifier("tutorial", random_state=0)
    pipeline.set_params(classifier__epochs=60, classifier__learning_rate=0.01)
    pipeline.set_params(classifier__monitor="val_f1_macro", classifier__patience=10)
    streamed = fit_stream(
        pipeline, in_chunks(texts[:400], y[:400], 100), X_val=texts[400:], y_val=y[400:]
    )
    classifier = streamed[1]
    assert len(classifier.history_["val_f1_macro"]) == classifier.n_iter_ < 60
    assert classifier.kept_epoch_ == classifier.best_epoch_
    best = classifier.history_["val_f1_macro"][classifier.best_epoch_ - 1]
    assert best == max(classifier.history_["val_f1_macro"])


def test_early_stopping_without_texts_to_validate_on_is_refused_before_a_chunk_is_read(reviews):
    pipeline = make_text_classifier("tutorial")
    with pytest.raises(ValueError, match=r"pass X_val and y_val, or set early_stopping=False"):
        fit_stream(pipeline, lambda: pytest.fail("read"))
    with pytest.raises(ValueError, match="y_val is missing"):
        fit_stream(pipeline, lambda: pytest.fail("read"), X_val=reviews[0])


def test_texts_to_validate_on_with_labels_of_another_number_are_refused(reviews):
    texts, y = reviews
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[10, 5\]"):
        fit_stream(make_text_classifier(), [(texts, y)], X_val=texts[:10], y_val=y[:5])


@pytest.mark.parametrize("preset", ["ngram", "tutorial"])
def test_sample_weights_of_a_stream_are_those_of_fit(reviews, preset):
    texts, y = reviews
    weight = np.random.RandomState(0).randint(3, size=len(y)).astype(float)
    pipeline = make_text_classifier(preset, random_state=0)
    pipeline.set_params(classifier__early_stopping=False, classifier__epochs=EPOCHS)
    fitted = clone(pipeline).fit(texts, y, classifier__sample_weight=weight)
    streamed = fit_stream(pipeline, [(texts, y, weight)])
    assert_array_equal(streamed[1].embedding_, fitted[1].embedding_)
    halves = [(texts[rows], y[rows], weight[rows]) for rows in (slice(0, 300), slice(300, 600))]
    if streamed[1].token_weights_ is not None:
        in_halves = fit_stream(clone(pipeline), halves)
        assert_allclose(in_halves[1].token_weights_, fitted[1].token_weights_, rtol=1e-5)


def test_classes_that_are_not_in_the_stream_have_a_probability(reviews):
    texts, y = reviews
    names = np.array(["dull", "superb"])[y]
    pipeline = fit_stream(
        make_text_classifier(random_state=0),
        in_chunks(texts, names, 300),
        epochs=1,
        classes=["superb", "mixed", "dull"],
    )
    assert pipeline.classes_.tolist() == ["dull", "mixed", "superb"]
    assert pipeline.predict_proba(texts[:2]).shape == (2, 3)


def test_progress_is_shown(reviews, capsys):
    fit_stream(make_text_classifier(), in_chunks(*reviews, 300), epochs=2, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line[:11] for line in lines[-2:]] == ["Epoch 1/2 l", "Epoch 2/2 l"]


# -- errors -----------------------------------------------------------------------------------


def broken(reviews, chunk):
    """Return a function that returns two good chunks and a broken one."""
    texts, y = reviews

    def read_chunks():
        yield texts[:100], y[:100]
        yield texts[100:200], y[100:200]
        if isinstance(chunk, Exception):
            raise chunk
        yield chunk

    return read_chunks


BROKEN = {
    "missing text": ((["fine", None], [0, 1]), TypeError, r"X\[1\] = None"),
    "missing label": ((["fine", "dull"], [0, None]), ValueError, r"y\[1\] = None"),
    "labels of another kind": ((["fine"], ["good"]), ValueError, r"'good'.* such as 0"),
    "lengths": ((["fine", "dull"], [0]), ValueError, "same length"),
    "index lists": (([[1, 5]], [0]), TypeError, "takes texts"),
    "four columns": ((["fine"], [0], [1], [1]), TypeError, "tuple of length 4"),
    "weights": ((["fine"], [0], [-1]), ValueError, "sample_weight must not be negative"),
    "reader": (OSError("The disk is gone."), OSError, "The disk is gone"),
}


@pytest.mark.parametrize(("chunk", "error", "message"), BROKEN.values(), ids=BROKEN)
def test_an_error_names_the_chunk_and_leaves_no_file(reviews, tmp_path, chunk, error, message):
    pipeline = make_text_classifier(random_state=0)
    with pytest.raises(error, match=message) as raised:
        fit_stream(pipeline, broken(reviews, chunk), folder=tmp_path)
    assert "chunk 2 of the stream, which begins at row 200," in raised.value.__notes__[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("read_chunks", "error", "message"),
    [
        ([["a film", "a play"]], TypeError, "must yield tuples of columns"),
        (list, ValueError, "at least one text"),
        (lambda: [([], [])], ValueError, "at least one text"),
        (lambda: [(["a film", "a play"], [1, 1])], ValueError, "more than one class"),
    ],
)
def test_what_gives_no_chunks_of_two_classes_is_refused(read_chunks, error, message):
    with pytest.raises(error, match=message):
        fit_stream(make_text_classifier(), read_chunks)


def test_another_pipeline_is_refused():
    with pytest.raises(TypeError, match="got SequenceVectorizer"):
        fit_stream(SequenceVectorizer(), list)


def test_a_sparse_matrix_of_labels_is_taken_as_a_dense_one():
    texts, Y = make_multilabel_reviews(200, n_labels=3, random_state=0)
    dense, sparse = (
        fit_stream(make_text_classifier(random_state=0), lambda Y=of: [(texts, Y)])
        for of in (Y, csr_matrix(Y))
    )
    assert_array_equal(dense[1].embedding_, sparse[1].embedding_)


def test_names_for_the_columns_of_a_matrix_of_labels_are_refused():
    texts, Y = make_multilabel_reviews(50, n_labels=2, random_state=0)
    pipeline = make_text_classifier(random_state=0)
    message = r"classes must be range\(2\), .* got \['love', 'war'\]"
    with pytest.raises(ValueError, match=message):
        fit_stream(pipeline, lambda: [(texts, Y)], classes=["war", "love"])
    classifier = pipeline[1].set_params(learning_rate_schedule="constant")
    with pytest.raises(ValueError, match=message):
        classifier.partial_fit(np.full((50, 3), 4), Y, classes=["war", "love"])


def test_wrong_parameters_are_refused_before_a_chunk_is_read():
    with pytest.raises(ValueError, match="'epochs' parameter of EmbeddingAverageClassifier must"):
        fit_stream(make_text_classifier(), lambda: pytest.fail("read"), epochs=0)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("text", "y"), r"columns=\('text', 'y'\) must name .* \['text', 'label'\]"),
        (("text",), "must name the columns"),
        (("text", ["label", "mixed"]), "must name the columns"),
        (("text", "label"), "No clients found"),
    ],
)
def test_a_dask_dataframe_without_the_columns_or_without_a_cluster_is_refused(columns, message):
    pytest.importorskip("distributed")
    pytest.importorskip("pyarrow")
    dataframe = pytest.importorskip("dask.dataframe")
    table = pd.DataFrame({"text": ["a film", "a play"], "label": [0, 1]})
    frame = dataframe.from_pandas(table, npartitions=1)
    with pytest.raises(ValueError, match=message):
        fit_stream(make_text_classifier(), frame, columns=columns)


def test_an_unknown_label_is_named_by_its_chunk_before_the_rest_is_read():
    def read_chunks():
        yield ["fine", "dull"], [1, 0]
        yield ["fine", "dull"], [1, 7]
        pytest.fail("read")

    with pytest.raises(ValueError, match=r"classes \[0, 1\]: \[7\]; y\[1\] = 7") as raised:
        fit_stream(make_text_classifier(), read_chunks, classes=[0, 1])
    assert "In chunk 1 of the stream, which begins at row 2" in raised.value.__notes__[0]
