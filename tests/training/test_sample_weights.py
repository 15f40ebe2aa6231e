"""Weights of rows and of classes: what they count for, in one fit and in a stream."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import VotingClassifier


def weights(classifier):
    return [classifier.embedding_, *classifier.coefs_, *classifier.intercepts_]


def test_rows_of_weight_two_count_as_rows_given_twice(quick, sequences):
    """What scikit-learn's check of this feeds fractions for, on whole numbers."""
    X, y = sequences
    weight = np.random.RandomState(0).randint(0, 3, len(y))
    whole = {"batch_size": 10_000, "shuffle": False, "input_dim": X.max() + 1}
    weighted = quick(**whole).fit(X, y, sample_weight=weight)
    repeated = quick(**whole).fit(X.repeat(weight, axis=0), y.repeat(weight))
    assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-5)
    unweighted = quick(**whole).fit(X, y)
    assert np.abs(weighted.predict_proba(X) - unweighted.predict_proba(X)).max() > 1e-3


def test_class_weights_are_sample_weights(quick, sequences):
    X, y = sequences
    by_class = quick(class_weight={0: 3.0, 1: 0.5}).fit(X, y)
    by_sample = quick().fit(X, y, sample_weight=np.where(y == 0, 3.0, 0.5))
    assert_allclose(by_class.predict_proba(X), by_sample.predict_proba(X), atol=1e-6)
    few = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:30]]
    assert np.mean(quick(class_weight="balanced").fit(X[few], y[few]).predict(X)) > np.mean(
        quick().fit(X[few], y[few]).predict(X)
    )


@pytest.mark.parametrize("batch_size", [1, 8, 600])
def test_a_row_counts_for_its_weight_in_batches_of_any_size(quick, sequences, batch_size):
    """In a batch that was scaled for itself, weights would cancel, altogether in a batch of one."""
    X, y = sequences
    weight = np.where(np.arange(len(y)) < 300, 1.0, 1e-6)
    y_flipped = np.where(weight == 1, y, 1 - y)
    parameters = {"batch_size": batch_size, "epochs": 600 if batch_size == 600 else 4}
    weighted = quick(**parameters).fit(X, y_flipped, sample_weight=weight)
    assert weighted.score(X[:300], y[:300]) > 0.85
    assert weighted.score(X[300:], y[300:]) > 0.6
    if batch_size == 1:
        heavy = quick(batch_size=1, epochs=1, class_weight={0: 1, 1: 50}).fit(X, y)
        plain = quick(batch_size=1, epochs=1).fit(X, y)
        assert heavy.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.1


@pytest.mark.parametrize("scale", [1e-50, 1e-3, 1e38, 1e300])
def test_only_the_ratio_of_weights_counts(quick, sequences, scale):
    X, y = sequences
    weight = np.random.RandomState(0).uniform(0.1, 3, len(y))
    expected = quick(epochs=2).fit(X, y, sample_weight=weight)
    scaled = quick(epochs=2).fit(X, y, sample_weight=weight * scale)
    assert_allclose(scaled.predict_proba(X), expected.predict_proba(X), atol=1e-5)
    assert_allclose(scaled.history_["loss"], expected.history_["loss"], rtol=1e-5)


def test_the_loss_is_the_weighted_mean(quick, sequences):
    X, y = sequences
    weight = np.random.RandomState(0).uniform(0.1, 3, len(y))
    tiny = {"learning_rate": 1e-12, "epochs": 1, "batch_size": 7}
    classifier = quick(**tiny).fit(X, y, sample_weight=weight)
    losses = -np.log(classifier.predict_proba(X)[np.arange(len(y)), y])
    assert_allclose(classifier.history_["loss"][0], np.average(losses, weights=weight), rtol=1e-5)


def test_a_class_whose_rows_weigh_nothing_stays_a_class(quick, sequences):
    """As in LogisticRegression: meta-estimators line up probabilities by `classes_`."""
    X, y = sequences
    y = np.where(np.arange(len(y)) % 3 == 0, 2, y)
    weight = np.where(y == 0, 0.0, 1.0)
    classifier = quick(epochs=20).fit(X, y, sample_weight=weight)
    assert_array_equal(classifier.classes_, [0, 1, 2])
    assert classifier.predict_proba(X)[:, 0].max() < 0.34
    voting = VotingClassifier([("one", quick(epochs=20))], voting="soft")
    voting.fit(X, y, sample_weight=weight)
    assert_array_equal(voting.predict(X), classifier.predict(X))
    assert set(voting.predict(X)) == {1, 2}


@pytest.mark.parametrize("class_weight", [{1: 5.0}, {0: 0.2}])
def test_class_weights_need_not_name_the_labels_of_every_chunk(quick, sequences, class_weight):
    X, y = sequences
    chunks = [np.flatnonzero(y == label) for label in (0, 1)]
    weighted, plain, by_row = quick(class_weight=class_weight), quick(), quick()
    for rows in chunks:
        weighted.partial_fit(X[rows], y[rows], classes=[0, 1])
        plain.partial_fit(X[rows], y[rows], classes=[0, 1])
        by_row.partial_fit(X[rows], y[rows], [0, 1], sample_weight=1.0 + 4 * y[rows])
    # Only the ratio of weights counts: that to the rows of the chunks before, too.
    assert_allclose(weighted.embedding_, by_row.embedding_, atol=1e-6)
    assert weighted.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.02
    again = quick(class_weight=class_weight, warm_start=True).fit(X, y)
    assert again.fit(X[chunks[0]], y[chunks[0]]).n_iter_ == again.epochs


def test_weights_in_a_stream_are_relative_to_all_rows_so_far(quick, sequences):
    X, y = sequences
    weight = np.random.RandomState(0).uniform(0.1, 3, len(y))
    weight[400:] = 1  # As it is where none is given.
    classifier = quick(learning_rate=1e-12, batch_size=7)
    for start, end in [(0, 200), (200, 201), (201, 400), (400, 600)]:
        given = None if start == 400 else weight[start:end]
        classifier.partial_fit(X[start:end], y[start:end], [0, 1], sample_weight=given)
    losses = -np.log(classifier.predict_proba(X)[np.arange(len(y)), y])
    expected = [
        (weight * losses)[start:end].mean() / weight[:end].mean()
        for start, end in [(0, 200), (200, 201), (201, 400), (400, 600)]
    ]
    assert_allclose(classifier.history_["loss"], expected, rtol=1e-5)


@pytest.mark.parametrize("weights", [(1e307, 1), (1, 1e307)])
def test_huge_weights_in_a_stream_do_not_end_the_learning(quick, sequences, weights):
    X, y = sequences
    classifier = quick()
    for weight, rows in zip(weights, (slice(0, 50), slice(50, 200)), strict=True):
        sample_weight = np.full(len(y[rows]), weight)
        classifier.partial_fit(X[rows], y[rows], [0, 1], sample_weight=sample_weight)
    assert_allclose(
        classifier._partial_fit_state.mean_weight, weights[0] / 4 + weights[1] * (3 / 4)
    )


def test_class_weights_that_are_no_numbers_are_named(quick, sequences):
    X, y = sequences
    with pytest.raises(ValueError, match=r"class_weight must be finite, got nan"):
        quick(class_weight={0: np.nan, 1: 1.0}).fit(X, y)


def test_class_weights_of_zero_and_below(quick, sequences):
    X, y = sequences
    assert quick(batch_size=4, class_weight={0: 0, 1: 1}).fit(X, y).predict(X).all()
    with pytest.raises(ValueError, match="class_weight must not be negative, got -1"):
        quick(class_weight={0: -1, 1: 1}).fit(X, y)
    with pytest.raises(ValueError, match="class_weight is zero for every row"):
        quick(class_weight={0: 0, 1: 0}).fit(X, y)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (lambda y: -np.ones(len(y)), "must not be negative|Negative values"),
        (lambda y: np.zeros(len(y)), "zero"),
        (lambda y: np.ones(len(y) - 1), "sample_weight"),
        (lambda y: np.where(y == 0, 0, 1), "more than one class"),
    ],
)
def test_sample_weights_that_do_not_do_are_named(quick, sequences, weight, message):
    X, y = sequences
    with pytest.raises(ValueError, match=message):
        quick().fit(X, y, sample_weight=weight(y))
