"""A text with several labels: a matrix of 0 and 1 in, a sigmoid unit each, a matrix out."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.utils.class_weight import compute_sample_weight

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier

WORDS = ["fine", "long", "loud", "sad"]


def documents(n, seed=0):
    """Texts in which each of four words stands for a label."""
    rng = np.random.RandomState(seed)
    Y = (rng.random_sample((n, len(WORDS))) < 0.4).astype(int)
    others = np.array(["the", "film", "cast", "plot", "score"])
    return [
        " ".join(rng.permutation([*others[rng.randint(5, size=4)], *np.array(WORDS)[row == 1]]))
        for row in Y
    ], Y


@pytest.fixture(scope="module")
def texts_and_labels():
    return documents(400)


@pytest.fixture(scope="module")
def sequences_and_labels(texts_and_labels):
    texts, Y = texts_and_labels
    return SequenceVectorizer(maxlen=8).fit_transform(texts), Y


def quick(**parameters):
    parameters = {"epochs": 20, "learning_rate": 0.02, "batch_size": 32, **parameters}
    return EmbeddingAverageClassifier(random_state=0, **parameters)


# -- learning -----------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["tutorial", "ngram"])
def test_both_presets_learn_several_labels(preset, texts_and_labels):
    texts, Y = texts_and_labels
    pipeline = make_text_classifier(preset, random_state=0)
    if preset == "tutorial":
        pipeline.set_params(
            classifier__learning_rate=0.02, vectorizer__maxlen=8, classifier__batch_size=16
        )
    pipeline.fit(texts[:300], Y[:300])
    assert pipeline.score(texts[300:], Y[300:]) > 0.9


@pytest.mark.parametrize(
    "of", [np.asarray, csr_matrix, pd.DataFrame, np.ndarray.tolist, lambda Y: Y.astype(bool)]
)
def test_the_matrix_may_be_of_any_kind(sequences_and_labels, of):
    X, Y = sequences_and_labels
    expected = quick(epochs=1).fit(X, Y)
    assert_array_equal(quick(epochs=1).fit(X, of(Y)).embedding_, expected.embedding_)


def test_what_comes_out_is_what_scikit_learns_network_gives(sequences_and_labels):
    X, Y = sequences_and_labels
    ours = quick().fit(X, Y)
    with pytest.warns(ConvergenceWarning):
        theirs = MLPClassifier(max_iter=2, random_state=0).fit(X, Y)
    for method in ("predict", "predict_proba", "predict_log_proba"):
        assert getattr(ours, method)(X[:3]).shape == getattr(theirs, method)(X[:3]).shape
    assert ours.predict(X).dtype == theirs.predict(X).dtype
    assert_array_equal(ours.classes_, theirs.classes_)
    assert ours.decision_function(X).shape == Y.shape
    assert_array_equal(ours.predict(X), ours.predict_proba(X) > 0.5)
    assert_allclose(np.exp(ours.predict_log_proba(X)), ours.predict_proba(X))
    assert ours.score(X, Y) == accuracy_score(Y, ours.predict(X))
    assert ours.__sklearn_tags__().classifier_tags.multi_label


def test_the_accuracy_of_an_epoch_is_the_share_of_labels_that_are_right(sequences_and_labels):
    X, Y = sequences_and_labels
    classifier = quick(epochs=3).fit(X, Y, X_val=X[:99], y_val=Y[:99])
    expected = np.mean(classifier.predict(X[:99]) == Y[:99])
    assert classifier.history_["val_accuracy"][-1] == pytest.approx(expected)


@pytest.mark.usefixtures("keras")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"pooling": "evidence", "label_smoothing": 0.1},
        {"pooling": "evidence", "embedding_dim": 6, "hidden_units": 0},
        {"pooling": "evidence", "embedding_dim": 3},
    ],
)
def test_both_backends_learn_the_same(sequences_and_labels, parameters):
    X, Y = sequences_and_labels
    arguments = {"X_val": X[:50], "y_val": Y[:50], "sample_weight": np.linspace(0.5, 2, len(X))}
    scipy, keras = (
        quick(epochs=3, backend=backend, **parameters).fit(X, Y, **arguments)
        for backend in ("scipy", "keras")
    )
    for name in scipy.history_:
        assert_allclose(scipy.history_[name], keras.history_[name], atol=1e-4)
    assert_allclose(scipy.embedding_, keras.embedding_, atol=1e-4)
    assert_allclose(scipy.model_.predict(X[:9], verbose=0), scipy.predict_proba(X[:9]), atol=1e-5)
    assert_array_equal(scipy.keras_classifier_.predict(X[:9]), scipy.predict(X[:9]))


@pytest.mark.usefixtures("keras")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_loss_of_one_class_of_many_is_refused(sequences_and_labels):
    with pytest.raises(ValueError, match="does not go with several labels of a row"):
        quick(loss="categorical_crossentropy").fit(*sequences_and_labels)
    with pytest.raises(ValueError, match="4 labels of which a row may have several: use 'binary"):
        quick(loss="sparse_categorical_crossentropy").fit(*sequences_and_labels)


def test_it_is_as_accurate_as_a_classifier_for_each_label():
    texts, Y = documents(600, seed=1)
    pipeline = make_text_classifier(random_state=0)
    ours, theirs = (
        f1_score(
            Y[400:], classifier.fit(texts[:400], Y[:400]).predict(texts[400:]), average="micro"
        )
        for classifier in (pipeline, OneVsRestClassifier(pipeline))
    )
    assert ours >= theirs


# -- evidence -----------------------------------------------------------------------------------


def sharing(**parameters):
    """A classifier of fewer dimensions than labels, which therefore share the weights of words."""
    return quick(pooling="evidence", embedding_dim=1, epochs=1, **parameters)


@pytest.mark.filterwarnings("ignore:Each row of y has exactly one of")
def test_the_evidence_of_one_label_a_document_is_that_of_classes():
    rng = np.random.RandomState(0)
    X, y = rng.randint(24, size=(120, 3)), rng.randint(3, size=120)
    of_labels, of_classes = (sharing().fit(X, target) for target in (np.eye(3)[y], y))
    assert_allclose(of_labels.token_weights_, of_classes.token_weights_, rtol=1e-6)


def test_the_evidence_of_labels_by_hand():
    # One label of 4 of 8 documents, and one that all have and that tells nothing.
    X, Y = np.array([4, 4, 0, 0, 0, 0, 0, 0])[:, np.newaxis], np.ones((8, 2), int)
    Y[4:, 0] = 0
    share = (2 + 6 * 0.5) / (2 + 6)
    assert sharing().partial_fit(X, Y, classes=range(2)).token_weights_[4] == pytest.approx(
        np.sqrt(share) * np.log(share / (1 - share))
    )


def test_a_row_of_weight_two_counts_twice_for_each_of_its_labels():
    X, Y = np.array([[4, 5], [4, 0], [5, 5]]), np.array([[1, 1], [0, 1], [0, 0]])
    weighted = sharing().fit(X, Y, sample_weight=[1, 2, 3])
    repeated = sharing().fit(X.repeat([1, 2, 3], axis=0), Y.repeat([1, 2, 3], axis=0))
    assert_allclose(weighted.token_weights_, repeated.token_weights_, rtol=1e-6)
    assert (weighted.token_weights_[4:] > 0).all()


def test_chunks_with_other_labels_than_the_first_are_refused(texts_and_labels):
    texts, Y = texts_and_labels
    chunks = SequenceVectorizer(rank_by="class_evidence").partial_fit(texts, Y)
    assert set(list(chunks.vocabulary_)[:6]) & set(WORDS)
    with pytest.raises(ValueError, match=r"y has shape \(9, 3\), .* began with 4 columns"):
        chunks.partial_fit(texts[:9], Y[:9, :3])
    with pytest.raises(ValueError, match=r"y has shape \(9,\), .* began with 4 columns"):
        chunks.partial_fit(texts[:9], Y[:9, 0])


@pytest.mark.parametrize("first_in_columns", [False, True])
def test_a_chunk_of_labels_and_one_of_their_columns_are_not_mixed(first_in_columns):
    chunks = [(["a b", "b"], [0, 1]), (["a b", "b"], [[0, 1], [1, 0]])]
    first, second = reversed(chunks) if first_in_columns else chunks
    vectorizer = SequenceVectorizer(rank_by="class_evidence").partial_fit(*first)
    shape, began = (r"\(2,\)", "2 columns") if first_in_columns else (r"\(2, 2\)", "one label")
    with pytest.raises(ValueError, match=f"y has shape {shape}, but chunks began with {began}"):
        vectorizer.partial_fit(*second)


# -- rows, weights, stopping ----------------------------------------------------------------------


def test_held_out_rows_are_a_part_of_all():
    X, Y = np.arange(4, 24)[:, np.newaxis], np.eye(20, dtype=int)
    classifier = sharing(early_stopping=True, validation_split=0.2, input_dim=24).fit(X, Y)
    # Each row has a word of its own, which has evidence where the row was trained on.
    assert np.count_nonzero(classifier.token_weights_[4:]) == 16


def test_early_stopping_and_weights_work_as_with_one_label(sequences_and_labels):
    X, Y = sequences_and_labels
    stopped = quick(early_stopping=True, monitor="val_f1_micro", epochs=60).fit(X, Y)
    assert stopped.history_["val_f1_micro"][stopped.best_epoch_ - 1] > 0.9
    weight = np.where(Y[:, 0] == 1, 3.0, 1.0)
    by_row = quick(epochs=2).fit(X, Y, sample_weight=weight)
    by_label = quick(epochs=2, class_weight=[{0: 1, 1: 3}, *[{0: 1, 1: 1}] * 3]).fit(X, Y)
    assert_array_equal(by_row.embedding_, by_label.embedding_)


def test_balanced_labels_are_weighed_as_scikit_learn_weighs_them(sequences_and_labels):
    X, Y = sequences_and_labels
    by_row = quick(epochs=2).fit(X, Y, sample_weight=compute_sample_weight("balanced", Y))
    assert_array_equal(
        by_row.embedding_, quick(epochs=2, class_weight="balanced").fit(X, Y).embedding_
    )


def test_chunks_go_on_and_need_the_labels_first(sequences_and_labels):
    X, Y = sequences_and_labels
    classifier = quick(pooling="evidence", hidden_units=0)
    with pytest.raises(ValueError, match="classes must list all labels"):
        classifier.partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"classes must be range\(4\), .* got \[0, 1, 2\]"):
        classifier.partial_fit(X, Y, classes=range(3))
    for _ in range(12):
        for rows in (slice(0, 200), slice(200, 400)):
            classifier.partial_fit(X[rows], Y[rows], classes=range(4))
    assert classifier.score(X, Y) > 0.9
    with pytest.raises(ValueError, match=r"y has shape \(400,\), .* with 4 columns"):
        classifier.partial_fit(X, Y[:, 0])


def test_other_kinds_of_labels_in_a_warm_start_or_in_validation_are_refused(sequences_and_labels):
    X, Y = sequences_and_labels
    classifier = quick(epochs=1, warm_start=True)
    with pytest.raises(ValueError, match=r"y_val has shape \(9,\), .* with 4 columns"):
        classifier.fit(X, Y, X_val=X[:9], y_val=Y[:9, 0])
    classifier.fit(X, Y[:, 0])
    with pytest.raises(ValueError, match=r"y has shape \(400, 2\), but training began with one"):
        classifier.fit(X, Y[:, :2])


def test_a_list_of_class_weights_needs_several_labels(sequences_and_labels):
    X, Y = sequences_and_labels
    with pytest.raises(ValueError, match="class_weight as a list is for"):
        quick(class_weight=[{0: 1, 1: 2}]).fit(X, Y[:, 0])


# -- in scikit-learn's tools ----------------------------------------------------------------------


def test_search_and_cross_validation_take_the_matrix(texts_and_labels):
    texts, Y = texts_and_labels
    pipeline = make_text_classifier(random_state=0)
    search = GridSearchCV(pipeline, {"classifier__epochs": [1, 4]}, scoring="f1_macro", cv=2)
    assert search.fit(texts, Y).best_score_ > 0.5
    assert cross_val_predict(pipeline, texts, Y, cv=2, method="predict_proba").shape == Y.shape


def test_a_saved_pipeline_predicts_the_same(texts_and_labels):
    texts, Y = texts_and_labels
    pipeline = make_text_classifier(random_state=0).fit(texts, Y)
    loaded = pickle.loads(pickle.dumps(pipeline))
    assert_array_equal(loaded.predict_proba(texts[:9]), pipeline.predict_proba(texts[:9]))
