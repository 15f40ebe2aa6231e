"""Class evidence: what a term tells of the classes, to rank by and to weigh by."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logit

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.inspection import token_contributions


@pytest.fixture(scope="module")
def terms():
    """Sequences of 600 texts with bigrams, and their labels of two and of three classes."""
    texts, y = make_reviews(600, n_classes=3, mean_length=60, random_state=0)
    vectorizer = SequenceVectorizer(
        ngram_range=(1, 2), min_df=2, maxlen=200, start_char=None, oov_char=None
    )
    return vectorizer.fit_transform(texts), (y > 0).astype(int), y


@pytest.fixture(scope="module")
def weighing(quick):
    """Make a classifier that pools by evidence."""

    def make(**parameters):
        return quick(**{"pooling": "evidence", "hidden_units": 0, "epochs": 3, **parameters})

    return make


def by_hand(X, y):
    """Return the evidence of each word index, class after class."""
    evidence = np.zeros(X.max() + 1)
    usual = [np.mean(y == label) for label in np.unique(y)]
    for index in range(1, len(evidence)):
        labels = y[(index == X).any(axis=1)]
        square = 0.0
        for label, p in zip(np.unique(y), usual, strict=True):
            q = (np.sum(labels == label) + 6 * p) / (len(labels) + 6)
            square += q * (logit(q) - logit(p)) ** 2
        evidence[index] = np.sqrt(square) if len(labels) else 0
    return evidence


# -- the evidence -----------------------------------------------------------------------------


def evidence_of(frequency, sizes):
    """Return the weights of terms that stand in so many documents of each class."""
    y = np.repeat(np.arange(len(sizes)), sizes)
    number_in_class = np.concatenate([np.arange(size) for size in sizes])
    X = np.column_stack(
        [
            np.where(number_in_class < np.repeat(of_term, sizes), index, 0)
            for index, of_term in enumerate(np.asarray(frequency), 4)
        ]
    )
    classifier = EmbeddingAverageClassifier(pooling="evidence", input_dim=4 + len(frequency))
    return classifier.partial_fit(X, y, classes=range(len(sizes))).token_weights_[4:]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_weights_are_the_evidence_of_the_training_rows(terms, weighing, n_classes):
    X, *targets = terms
    y = targets[n_classes - 2]
    all_rows = weighing().fit(X, y)
    assert_allclose(all_rows.token_weights_, by_hand(X, y), atol=1e-5)
    assert all_rows.token_weights_.dtype == np.float32


def test_of_two_balanced_classes_it_is_the_log_count_ratio_with_counts_raised_by_three():
    frequency = np.array([[5, 0], [2, 9], [4, 4]])
    ratios = np.log((frequency[:, 1] + 3) / (frequency[:, 0] + 3))
    assert_allclose(evidence_of(frequency, [20, 20]), np.abs(ratios), rtol=1e-5)


@pytest.mark.filterwarnings("ignore:X is padding alone")
def test_a_term_of_no_document_and_a_class_of_no_document_tell_nothing():
    assert_array_equal(evidence_of(np.zeros((2, 3), int), [4, 5, 6]), [0, 0])
    frequency = np.array([[3, 1, 0]])
    of_two = evidence_of(frequency[:, :2], [5, 5])
    assert_allclose(evidence_of(frequency, [5, 5, 0]), of_two, rtol=1e-6)


def test_a_term_of_all_documents_has_no_evidence_not_even_that_of_rounding():
    rng = np.random.RandomState(0)
    for sizes in rng.randint(1, 300, size=(60, 3)):
        assert_array_equal(evidence_of(sizes[np.newaxis], sizes), [0])


def test_a_row_of_weight_two_is_two_rows(terms, weighing):
    X, y, _ = terms
    twice = np.r_[np.arange(600), np.arange(100)]
    weight = np.where(np.arange(600) < 100, 2.0, 1.0)
    weighted = weighing().fit(X, y, sample_weight=weight)
    assert_allclose(
        weighted.token_weights_, weighing().fit(X[twice], y[twice]).token_weights_, atol=1e-6
    )


def test_the_vectorizer_ranks_by_evidence_and_document_frequency():
    texts = ["good film"] * 6 + ["bad film"] * 6 + ["rare film"]
    y = [1] * 6 + [0] * 6 + [1]
    vectorizer = SequenceVectorizer(rank_by="class_evidence").fit(texts, y)
    assert list(vectorizer.vocabulary_) == ["bad", "good", "rare", "film"]


# -- the network ------------------------------------------------------------------------------


def test_words_and_subwords_are_scaled_apart(weighing):
    X = np.array([[4, 5, 3, 6, 7, 7], [4, 3, 0, 0, 0, 0], [6, 7, 5, 3, 4, 4], [7, 7, 6, 3, 5, 0]])
    classifier = weighing(divider=3, batch_size=2).fit(X, [0, 1, 0, 1])
    weights = classifier.token_weights_.astype(float)
    expected = np.zeros((4, 8))
    for shares, row in zip(expected, X.tolist(), strict=True):
        divider = row.index(3)
        for part, square in ((row[:divider], 0.6), (row[divider + 1 :], 0.4)):
            words, counts = np.unique([index for index in part if index], return_counts=True)
            of_words = weights[words.astype(int)] * (1 + np.log(counts))
            length = np.linalg.norm(of_words) or 1
            shares[words.astype(int)] += 5 * np.sqrt(square) * of_words / length
    assert_allclose(classifier.transform(X), expected @ classifier.embedding_, atol=1e-6)
    # A sequence without a divider is one part of the whole length.
    shares = 5 * weights[[6, 7]] / np.linalg.norm(weights[[6, 7]])
    [vector] = classifier.transform(np.array([[6, 7, 0, 0, 0, 0]]))
    assert_allclose(vector, shares @ classifier.embedding_[[6, 7]], atol=1e-6)


@pytest.mark.parametrize("hidden_units", [0, 6])
def test_predictions_are_those_of_the_sum_by_hand(terms, weighing, hidden_units):
    X, y, _ = terms
    classifier = weighing(hidden_units=hidden_units).fit(X, y)
    weights = classifier.token_weights_.astype(float)
    for row, found in zip(X[:20], classifier.decision_function(X[:20]), strict=True):
        words, counts = np.unique(row[row > 0], return_counts=True)
        shares = weights[words] * (1 + np.log(counts))
        vector = 5 * shares / np.linalg.norm(shares) @ classifier.embedding_[words]
        for kernel, bias in zip(classifier.coefs_, classifier.intercepts_, strict=True):
            vector = np.maximum(vector, 0) if kernel is not classifier.coefs_[0] else vector
            vector = vector @ kernel + bias
        assert_allclose(found, vector[0], atol=1e-5)


def test_a_row_of_nothing_but_padding_gets_the_bias(terms, weighing):
    X, y, _ = terms
    classifier = weighing().fit(X, y)
    found = classifier.decision_function(np.zeros((1, X.shape[1]), int))
    assert_allclose(found, classifier.intercepts_[-1], rtol=1e-6)


def test_other_poolings_have_no_weights(terms, weighing):
    X, y, _ = terms
    classifier = weighing().fit(X, y)
    classifier.set_params(pooling="mean").fit(X, y)
    assert classifier.token_weights_ is None


# -- training ---------------------------------------------------------------------------------


def test_what_was_chosen_stands_in_fitted_attributes(terms):
    X, _, y = terms
    auto = {"embedding_dim": "auto", "learning_rate": "auto", "batch_size": "auto"}
    classifier = EmbeddingAverageClassifier(pooling="evidence", epochs=1, random_state=0, **auto)
    classifier.fit(X, y)
    weights = classifier.token_weights_.astype(float)
    sums = []
    for row in X:
        words, counts = np.unique(row[row > 0], return_counts=True)
        shares = weights[words] * (1 + np.log(counts))
        sums.append(5 * shares.sum() / np.linalg.norm(shares))
    assert_allclose(classifier.learning_rate_, 0.03 * np.log2(3) / np.mean(sums), rtol=1e-5)
    assert (classifier.embedding_dim_, classifier.batch_size_) == (16, 4)
    assert classifier.embedding_.shape == (X.max() + 1, 16)


# -- chunks -----------------------------------------------------------------------------------


def test_chunks_count_on(terms, weighing):
    X, y, _ = terms
    classifier = weighing(input_dim=X.max() + 1)
    for start in range(0, 600, 200):
        rows = slice(start, start + 200)
        classifier.partial_fit(X[rows], y[rows], classes=[0, 1])
    assert_allclose(classifier.token_weights_, by_hand(X, y), atol=1e-5)
    assert classifier.score(X, y) > 0.75


def test_chunks_keep_the_learning_rate_of_the_first(terms, weighing):
    X, y, _ = terms
    classifier = weighing(input_dim=X.max() + 1, learning_rate="auto")
    first = classifier.partial_fit(X[:200], y[:200], classes=[0, 1]).learning_rate_
    assert classifier.partial_fit(X[200:220, ::-1], y[200:220]).learning_rate_ == first
    classifier.set_params(learning_rate=0.5)
    assert classifier.partial_fit(X[220:240], y[220:240]).learning_rate_ == 0.5
    classifier.set_params(learning_rate="auto")
    assert classifier.partial_fit(X[240:260], y[240:260]).learning_rate_ == first


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_what_goes_on_from_a_fit_keeps_its_weights(terms, weighing, method):
    X, y, _ = terms
    classifier = weighing(warm_start=True).fit(X, y)
    before = classifier.token_weights_
    getattr(classifier, method)(X[:50], 1 - y[:50])
    getattr(classifier, method)(X[:50], 1 - y[:50])
    assert_array_equal(classifier.token_weights_, before)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_cannot_go_on_with_another_pooling(terms, weighing, method):
    X, y, _ = terms
    classifier = weighing(warm_start=True).fit(X, y).set_params(pooling="mean")
    with pytest.raises(ValueError, match="pooling has been changed"):
        getattr(classifier, method)(X, y)


# -- Keras ------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize(
    ("n_classes", "subword_range", "hidden_units"),
    [(2, (3, 4), 6), (2, None, 0), (3, None, 6), (3, (3, 4), 0)],
)
def test_the_backends_agree_and_keras_predicts_the_same(
    keras, tmp_path, n_classes, subword_range, hidden_units
):
    texts, y = make_reviews(500, n_classes=n_classes, mean_length=40, random_state=0)
    pipeline = make_text_classifier("ngram", random_state=0).set_params(
        vectorizer__subword_range=subword_range, classifier__dropout=0, classifier__epochs=2
    )
    vectorizer, classifier = pipeline
    X = vectorizer.fit_transform(texts, y)
    X[0], X[1, :5] = 0, X[1, 0]  # Nothing but padding, and one word again and again.
    if subword_range:
        X[0, 0] = 3  # The divider.
    fitted = []
    for backend in ("scipy", "keras"):
        classifier.set_params(backend=backend, hidden_units=hidden_units, l2=0.001).fit(
            X[:400], y[:400], X_val=X[400:], y_val=y[400:]
        )
        fitted.append((classifier.history_, classifier.embedding_))
    assert (X == 3).any() == (subword_range is not None)
    for name, values in fitted[0][0].items():
        assert_allclose(values, fitted[1][0][name], atol=1e-4, err_msg=name)
    assert_allclose(fitted[0][1], fitted[1][1], atol=1e-4)
    expected = classifier.predict_proba(X)
    classifier.model_.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for predicted in (classifier.model_.predict(X, verbose=0), loaded.predict(X, verbose=0)):
        if n_classes == 2:
            predicted = np.hstack([1 - predicted, predicted])
        assert_allclose(predicted, expected, atol=1e-5)
    assert_array_equal(classifier.keras_classifier_.predict(X), classifier.predict(X))


# -- the default pipeline ---------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
def test_contributions_of_words_and_subwords_add_up(n_classes):
    texts, y = make_reviews(300, n_classes=n_classes, mean_length=40, random_state=0)
    pipeline = make_text_classifier(random_state=0).fit(texts, y)
    assert pipeline["vectorizer"].subword_range_ == (4, 5)
    for explained in token_contributions(pipeline, [*texts[:5], "", "xyzzy"]):
        assert_allclose(
            explained.contributions.sum(), explained.logit - explained.baseline, atol=1e-6
        )
        assert "<DIVIDER>" not in explained.tokens
