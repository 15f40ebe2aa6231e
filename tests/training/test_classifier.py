"""EmbeddingAverageClassifier: the contract, on generated reviews and on sequences written here."""

import pickle
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from scipy.special import logit
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import f1_score, get_scorer, log_loss
from sklearn.model_selection import train_test_split

from sklearn_imdb import EmbeddingAverageClassifier


def quick(**parameters):
    """A classifier that learns the generated reviews in a moment."""
    return EmbeddingAverageClassifier(
        **{
            "batch_size": 32,
            "learning_rate": 0.01,
            "epochs": 8,
            "embedding_dim": 8,
            "random_state": 0,
            **parameters,
        }
    )


def state(classifier):
    """All that a classifier knows, as bytes."""
    return pickle.dumps(classifier)


def weights(classifier):
    return [classifier.embedding_, *classifier.coefs_, *classifier.intercepts_]


# -- weights and probabilities -----------------------------------------------------------------


def test_rows_of_weight_two_count_as_rows_given_twice(sequences):
    """What scikit-learn's check of this feeds fractions for, on whole numbers."""
    X, y = sequences
    weight = np.random.RandomState(0).randint(0, 3, len(y))
    whole = {"batch_size": 10_000, "shuffle": False, "input_dim": X.max() + 1}
    weighted = quick(**whole).fit(X, y, sample_weight=weight)
    repeated = quick(**whole).fit(X.repeat(weight, axis=0), y.repeat(weight))
    assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-5)
    unweighted = quick(**whole).fit(X, y)
    assert np.abs(weighted.predict_proba(X) - unweighted.predict_proba(X)).max() > 1e-3


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_follow_from_the_decision(sequences, n_classes):
    """What scikit-learn's check of this feeds fractions for, on whole numbers."""
    X, _ = sequences
    y = np.arange(len(X)) % n_classes
    classifier = quick().fit(X, y)
    decision, probability = classifier.decision_function(X), classifier.predict_proba(X)
    assert decision.dtype == probability.dtype == np.float64
    assert probability.shape == (len(X), n_classes)
    assert_allclose(probability.sum(axis=1), 1)
    if n_classes == 2:
        assert_allclose(probability[:, 1], 1 / (1 + np.exp(-decision)))
        assert_array_equal(classifier.predict(X), (decision > 0).astype(int))
    else:
        expected = np.exp(decision) / np.exp(decision).sum(axis=1, keepdims=True)
        assert_allclose(probability, expected)
        assert_array_equal(classifier.predict(X), decision.argmax(axis=1))
    assert classifier.predict_proba(X[:1]).shape == (1, n_classes)


def test_class_weights_are_sample_weights(sequences):
    X, y = sequences
    by_class = quick(class_weight={0: 3.0, 1: 0.5}).fit(X, y)
    by_sample = quick().fit(X, y, sample_weight=np.where(y == 0, 3.0, 0.5))
    assert_allclose(by_class.predict_proba(X), by_sample.predict_proba(X), atol=1e-6)
    few = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:30]]
    assert np.mean(quick(class_weight="balanced").fit(X[few], y[few]).predict(X)) > np.mean(
        quick().fit(X[few], y[few]).predict(X)
    )


@pytest.mark.parametrize("batch_size", [1, 8, 600])
def test_a_row_counts_for_its_weight_in_batches_of_any_size(sequences, batch_size):
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
def test_only_the_ratio_of_weights_counts(sequences, scale):
    X, y = sequences
    weight = np.random.RandomState(0).uniform(0.1, 3, len(y))
    expected = quick(epochs=2).fit(X, y, sample_weight=weight)
    scaled = quick(epochs=2).fit(X, y, sample_weight=weight * scale)
    assert_allclose(scaled.predict_proba(X), expected.predict_proba(X), atol=1e-5)
    assert_allclose(scaled.history_["loss"], expected.history_["loss"], rtol=1e-5)


def test_the_loss_is_the_weighted_mean(sequences):
    X, y = sequences
    weight = np.random.RandomState(0).uniform(0.1, 3, len(y))
    tiny = {"learning_rate": 1e-12, "epochs": 1, "batch_size": 7}
    classifier = quick(**tiny).fit(X, y, sample_weight=weight)
    losses = -np.log(classifier.predict_proba(X)[np.arange(len(y)), y])
    assert_allclose(classifier.history_["loss"][0], np.average(losses, weights=weight), rtol=1e-5)


def test_a_class_whose_rows_weigh_nothing_stays_a_class(sequences):
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
def test_class_weights_need_not_name_the_labels_of_every_chunk(sequences, class_weight):
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


def test_weights_in_a_stream_are_relative_to_all_rows_so_far(sequences):
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
def test_huge_weights_in_a_stream_do_not_end_the_learning(sequences, weights):
    X, y = sequences
    classifier = quick()
    for weight, rows in zip(weights, (slice(0, 50), slice(50, 200)), strict=True):
        sample_weight = np.full(len(y[rows]), weight)
        classifier.partial_fit(X[rows], y[rows], [0, 1], sample_weight=sample_weight)
    assert_allclose(
        classifier._partial_fit_state.mean_weight, weights[0] / 4 + weights[1] * (3 / 4)
    )


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 7], r"not among the classes \[0, 1\]: \[7\]; y\[2\] = 7\."),
        ([0, 0.5, 1], r"\[0, 1\]: \[0\.5\]; y\[1\] = 0\.5\."),
        ([0, "two", 1], r"either text or numbers, got y\[1\] = 'two' beside 0"),
        (np.array([0, 1, "two"], object), r"y\[2\] = 'two' beside 0"),
        (["0", "1", "x"], r"y\[2\] = 'x'\. The labels are text and the classes are numbers"),
        (["0", "1", "1"], r"y\[0\] = '0'\. The labels are text and the classes are numbers"),
        ([0, None, 1], r"y\[1\] = None\. A label is missing"),
        ([0, 1, pd.NaT], r"y\[2\] = NaT\. A label is missing"),
        (pd.Series([0, pd.NA, 1], index=[7, 8, 9]), r"y\[1\] = <NA>\. A label is missing"),
    ],
    ids=["seven", "half", "text", "object", "all text", "all numerals", "None", "NaT", "NA"],
)
def test_a_label_that_is_none_of_the_classes_is_named_by_its_row(sequences, labels, message):
    X, _ = sequences
    with pytest.raises(ValueError, match=message):
        quick().partial_fit(X[:3], labels, classes=[0, 1])


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([0, None], r"classes\[1\] = None\. A label is missing"),
        ([0, "a"], r"classes must hold either text or numbers, got classes\[1\] = 'a'"),
        (5, r"classes: y should be a 1d array"),
        ([0], "classes must hold at least two classes"),
        ([0.5, 1.5], "classes: Unknown label type: continuous"),
    ],
)
@pytest.mark.parametrize("call", ["first", "later"])
def test_classes_that_are_none_are_named(sequences, classes, message, call):
    X, y = sequences
    classifier = quick()
    if call == "later":
        classifier.partial_fit(X[:50], y[:50], classes=[0, 1])
    with pytest.raises(ValueError, match=message):
        classifier.partial_fit(X[:50], y[:50], classes=classes)


def test_class_weights_that_are_no_numbers_are_named(sequences):
    X, y = sequences
    with pytest.raises(ValueError, match=r"class_weight must be finite, got nan"):
        quick(class_weight={0: np.nan, 1: 1.0}).fit(X, y)


def test_class_weights_of_zero_and_below(sequences):
    X, y = sequences
    assert quick(batch_size=4, class_weight={0: 0, 1: 1}).fit(X, y).predict(X).all()
    with pytest.raises(ValueError, match="class_weight must not be negative, got -1"):
        quick(class_weight={0: -1, 1: 1}).fit(X, y)
    with pytest.raises(ValueError, match="class_weight is zero for every row"):
        quick(class_weight={0: 0, 1: 0}).fit(X, y)


@pytest.mark.parametrize(
    ("classes", "unknown"),
    [(["neg", "pos"], "negative"), ([False, True], 3), ([0, 1], "1"), (["0", "1"], 1)],
)
def test_labels_that_merely_resemble_the_classes_are_refused(sequences, classes, unknown):
    X, y = sequences
    labels = np.array(classes)[y]
    bad = np.array([unknown] * 9)
    with pytest.raises(ValueError, match=r"y_val holds labels that are not among"):
        quick().fit(X, labels, X_val=X[:9], y_val=bad)
    classifier = quick().partial_fit(X, labels, classes=classes)
    with pytest.raises(ValueError, match=r"y holds labels that are not among"):
        classifier.partial_fit(X[:9], bad)


def test_numpys_own_floats_are_parameters_too(sequences):
    X, y = sequences
    expected = quick(learning_rate=0.01, l2=0.01).fit(X, y)
    given = quick(learning_rate=np.float64(0.01), l2=np.float64(0.01)).fit(X, y)
    assert_array_equal(given.embedding_, expected.embedding_)
    assert given.embedding_.dtype == np.float32


# -- what it learns ---------------------------------------------------------------------------


def test_it_learns(sequences):
    X, y = sequences
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    classifier = quick().fit(X_train, y_train)
    assert classifier.score(X_test, y_test) > 0.7
    assert classifier.history_["loss"][-1] < 0.5 < classifier.history_["loss"][0]


def test_fitted_attributes(sequences):
    X, y = sequences
    classifier = quick(hidden_units=5).fit(X, y)
    assert classifier.embedding_.shape == (X.max() + 1, 8)
    assert classifier.embedding_.dtype == np.float32
    assert [array.shape for array in classifier.coefs_] == [(8, 5), (5, 1)]
    assert [array.shape for array in classifier.intercepts_] == [(5,), (1,)]
    assert classifier.n_iter_ == classifier.best_epoch_ == 8
    assert list(classifier.history_) == ["loss", "accuracy"]
    assert all(len(values) == 8 for values in classifier.history_.values())
    assert classifier.backend_ == "scipy"
    linear = quick(hidden_units=0).fit(X, y)
    assert [array.shape for array in linear.coefs_] == [(8, 1)]


@pytest.mark.parametrize(
    "labels", [["bad", "good"], [False, True], [-1, 1], [7.0, 9.0], ["b", "a", "c", "d"]]
)
def test_any_labels_will_do(sequences, labels):
    X, _ = sequences
    y = np.array(labels)[np.arange(len(X)) % len(labels)]
    classifier = quick(epochs=1).fit(X, y)
    assert_array_equal(classifier.classes_, np.unique(labels))
    predicted = classifier.predict(X)
    assert predicted.dtype == y.dtype
    assert set(predicted.tolist()) <= set(labels)


def test_predictions_are_those_of_the_network_in_float64(sequences):
    X, y = sequences
    classifier = quick(pooling="masked_mean").fit(X, y)
    row = X[0][X[0] != 0]
    average = classifier.embedding_[row].mean(axis=0, dtype=np.float64)
    hidden = np.maximum(average @ classifier.coefs_[0] + classifier.intercepts_[0], 0)
    expected = hidden @ classifier.coefs_[1] + classifier.intercepts_[1]
    assert_allclose(classifier.decision_function(X[:1]), expected, atol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "masked_mean", "evidence"])
@pytest.mark.parametrize("embedding_dim", [1, 16])
def test_a_prediction_does_not_depend_on_the_rows_beside_it(sequences, pooling, embedding_dim):
    X, y = sequences
    classifier = quick(pooling=pooling, embedding_dim=embedding_dim).fit(X, y)
    at_once = classifier.decision_function(X)
    assert_allclose(
        [classifier.decision_function(row[np.newaxis])[0] for row in X], at_once, atol=1e-12
    )


def test_an_index_beyond_the_table_counts_as_the_unknown_word(sequences):
    X, y = sequences
    classifier = quick(epochs=1).fit(X, y)
    beyond, unknown = X.copy(), X.copy()
    beyond[:, 3] = X.max() + 1
    beyond[:, 4] = np.iinfo(np.int32).max
    unknown[:, 3:5] = 2
    assert_array_equal(classifier.predict_proba(beyond), classifier.predict_proba(unknown))


def test_whole_floats_lists_and_tables_are_word_indices_too(sequences):
    X, y = sequences
    expected = quick(epochs=2).fit(X, y).predict_proba(X)
    for as_given in (X.astype(float), X.tolist(), X.astype(np.uint16), np.asfortranarray(X)):
        assert_array_equal(quick(epochs=2).fit(as_given, y).predict_proba(as_given), expected)
    table = pd.DataFrame(X).add_prefix("position")
    classifier = quick(epochs=2).fit(table, y)
    assert_array_equal(classifier.predict_proba(table), expected)
    assert classifier.feature_names_in_[0] == "position0"
    with pytest.warns(UserWarning, match="feature names"):
        classifier.predict(X)


# -- validation and early stopping ------------------------------------------------------------


def test_validation_rows_are_scored_every_epoch(sequences):
    X, y = sequences
    classifier = quick(l2=0.01).fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:])
    history = classifier.history_
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert {len(values) for values in history.values()} == {8}
    probability = classifier.predict_proba(X[400:])[np.arange(200), y[400:]]
    penalty = 0.01 * sum(np.sum(kernel**2) for kernel in classifier.coefs_)
    assert_allclose(history["val_loss"][-1], -np.log(probability).mean() + penalty, rtol=1e-5)
    assert_allclose(history["val_accuracy"][-1], classifier.score(X[400:], y[400:]))
    assert classifier.best_epoch_ == np.argmin(history["val_loss"]) + 1
    # Watching changes nothing of what is learned.
    unwatched = quick(l2=0.01).fit(X[:400], y[:400])
    assert_array_equal(unwatched.embedding_, classifier.embedding_)


def test_validation_weights_weigh_the_validation_loss(sequences):
    X, y = sequences
    weight = np.r_[np.zeros(100), np.ones(100)]
    weighted = quick().fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:], sample_weight_val=weight)
    half = quick().fit(X[:400], y[:400], X_val=X[500:], y_val=y[500:])
    assert_allclose(weighted.history_["val_loss"], half.history_["val_loss"], rtol=1e-6)


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_early_stopping_waits_and_keeps_the_best_weights(sequences, patience):
    X, y = sequences
    given = {"X_val": X[400:], "y_val": y[400:]}
    long = quick(epochs=40).fit(X[:400], y[:400], **given)
    losses = long.history_["val_loss"]
    # Keras's rule: stop when `patience` epochs, but at least one, have brought nothing better.
    best = 0
    for stopped, loss in enumerate(losses[1:], start=1):
        if loss < losses[best]:
            best = stopped
        elif stopped - best >= patience:
            break
    assert stopped < 39

    classifier = quick(epochs=40, early_stopping=True, patience=patience)
    classifier.fit(X[:400], y[:400], **given)
    assert classifier.n_iter_ == stopped + 1
    assert classifier.best_epoch_ == best + 1
    assert classifier.history_["val_loss"] == losses[: stopped + 1]
    short = quick(epochs=best + 1).fit(X[:400], y[:400])
    assert_array_equal(classifier.embedding_, short.embedding_)

    last = classifier.set_params(restore_best_weights=False).fit(X[:400], y[:400], **given)
    assert_array_equal(last.embedding_, quick(epochs=stopped + 1).fit(X[:400], y[:400]).embedding_)


def test_the_best_weights_are_kept_also_when_the_epochs_run_out(sequences):
    X, y = sequences
    given = {"X_val": X[400:], "y_val": y[400:]}
    classifier = quick(epochs=30, early_stopping=True, patience=100)
    classifier.fit(X[:400], y[:400], **given)
    assert classifier.n_iter_ == 30
    assert classifier.best_epoch_ < 30
    best = quick(epochs=classifier.best_epoch_).fit(X[:400], y[:400])
    assert_array_equal(classifier.embedding_, best.embedding_)


def test_early_stopping_holds_out_a_stratified_part():
    """Each row has a word of its own, which has evidence where the row was trained on."""
    X, y, weight = (
        np.arange(4, 404)[:, np.newaxis],
        np.repeat([0, 1], [300, 100]),
        np.arange(1, 401),
    )
    classifier = quick(
        pooling="evidence", input_dim=404, early_stopping=True, validation_split=0.2
    ).fit(X, y, sample_weight=weight)
    evidence = classifier.token_weights_[4:]
    held_out = evidence == 0
    assert (held_out.sum(), y[held_out].mean()) == (80, 0.25)
    of_rows = weight[~held_out]  # Each row has its own weight.
    members = np.eye(2)[y[~held_out]]
    p = of_rows @ members / of_rows.sum()
    q = (of_rows[:, np.newaxis] * members + 6 * p) / (of_rows[:, np.newaxis] + 6)
    expected = np.sqrt((q * (logit(q) - logit(p)) ** 2).sum(axis=1))
    assert_allclose(evidence[~held_out], expected, rtol=1e-4)
    probabilities = classifier.predict_proba(X[held_out])
    loss = log_loss(y[held_out], probabilities, sample_weight=weight[held_out])
    assert classifier.history_["val_loss"][classifier.kept_epoch_ - 1] == pytest.approx(loss)


@pytest.mark.parametrize("monitor", ["val_accuracy", "accuracy", "loss"])
def test_monitor_names_what_is_watched(sequences, monitor):
    X, y = sequences
    classifier = quick(epochs=30, early_stopping=True, monitor=monitor, patience=3).fit(X, y)
    values = classifier.history_[monitor]
    best = np.argmin(values) if monitor == "loss" else np.argmax(values)
    assert classifier.best_epoch_ == best + 1
    # The losses of training need no rows held out.
    assert ("val_loss" in classifier.history_) == monitor.startswith("val")


def test_x_val_as_long_as_x_is_explained(sequences):
    X, y = sequences
    with pytest.warns(UserWarning, match="cut to the rows of each fold"):
        quick(epochs=1).fit(X, y, X_val=X, y_val=y)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda X, y: {"X_val": X[:50]}, "y_val is missing"),
        (lambda X, y: {"y_val": y[:50]}, "X_val is missing"),
        (lambda X, y: {"X_val": X[:50], "y_val": y[:49]}, "50 rows and 49 labels"),
        (lambda X, y: {"X_val": X[:50, 1:], "y_val": y[:50]}, "X_val has 79 columns where X has"),
        (lambda X, y: {"X_val": X[:50], "y_val": y[:50] + 1}, "y_val holds labels that are not"),
        (
            lambda X, y: {"X_val": X[:50] / 2, "y_val": y[:50]},
            r"Fractional values in X_val: X_val\[0, 0\] = 0\.5,",
        ),
        (lambda X, y: {"X_val": ["a", "b"], "y_val": y[:2]}, r"X_val holds raw.*transform_input"),
        (
            lambda X, y: {"X_val": X[:50], "y_val": y[:50], "sample_weight_val": -np.ones(50)},
            "sample_weight_val must not be negative",
        ),
    ],
)
def test_validation_rows_that_are_none_are_named(sequences, given, message):
    X, y = sequences
    with pytest.raises(ValueError, match=message):
        quick().fit(X, y, **given(X, y))


# -- seeds, warm starts, chunks ---------------------------------------------------------------


def test_the_same_seed_gives_the_same_weights_in_another_process(sequences, tmp_path, run_python):
    X, y = sequences
    parameters = {"dropout": 0.3, "early_stopping": True}
    here = quick(**parameters).fit(X, y)
    np.savez(tmp_path / "data.npz", X=X, y=y)
    (tmp_path / "estimator.pkl").write_bytes(pickle.dumps(quick(**parameters)))
    script = (
        "import pickle, sys, numpy as np\n"
        "data = np.load(sys.argv[1] + '/data.npz')\n"
        "estimator = pickle.load(open(sys.argv[1] + '/estimator.pkl', 'rb'))\n"
        "np.random.seed(1)\n"
        "estimator.fit(data['X'], data['y'])\n"
        "np.save(sys.argv[1] + '/embedding.npy', estimator.embedding_)\n"
    )
    run_python(script, tmp_path)
    assert_array_equal(np.load(tmp_path / "embedding.npy"), here.embedding_)
    other = quick(**parameters).set_params(random_state=1).fit(X, y)
    assert not np.array_equal(other.embedding_, here.embedding_)


def test_without_a_seed_numpys_generator_is_used(sequences):
    X, y = sequences
    first, second = (
        (np.random.seed(3), quick(random_state=None, epochs=2).fit(X, y))[1] for _ in range(2)
    )
    assert_array_equal(first.embedding_, second.embedding_)
    before = np.random.get_state()[1].copy()
    quick(random_state=3, epochs=2).fit(X, y)
    assert_array_equal(np.random.get_state()[1], before)


def test_warm_start_goes_on(sequences):
    X, y = sequences
    classifier = quick(warm_start=True).fit(X, y)
    first = classifier.history_["loss"]
    classifier.fit(X, y)
    assert classifier.history_["loss"][0] < first[-1] * 1.1 < first[0]
    assert quick().fit(X, y).history_["loss"] == first
    with pytest.raises(ValueError, match=r"embedding_dim.*has been changed"):
        classifier.set_params(embedding_dim=3).fit(X, y)


def test_partial_fit_learns_chunk_after_chunk_and_from_a_pickle(sequences):
    X, y = sequences
    chunks = [slice(start, start + 100) for start in range(0, 600, 100)] * 5
    straight, pickled = quick(dropout=0.1), quick(dropout=0.1)
    for chunk in chunks:
        straight.partial_fit(X[chunk], y[chunk], classes=[0, 1])
        pickled.partial_fit(X[chunk], y[chunk], classes=[0, 1])
        pickled = pickle.loads(pickle.dumps(pickled))
    assert_array_equal(straight.embedding_, pickled.embedding_)
    assert straight.n_iter_ == len(straight.history_["loss"]) == 30
    assert straight.score(X, y) > 0.75


def test_partial_fit_on_everything_is_an_epoch_of_fit(sequences):
    X, y = sequences
    by_epoch = quick()
    for _ in range(3):
        by_epoch.partial_fit(X, y, classes=[0, 1])
    at_once = quick(epochs=3).fit(X, y)
    assert_array_equal(by_epoch.embedding_, at_once.embedding_)
    assert by_epoch.history_ == at_once.history_


def test_partial_fit_knows_its_classes_and_its_table(sequences):
    X, y = sequences
    with pytest.raises(ValueError, match="classes must list all labels in the first call"):
        quick().partial_fit(X, y)
    classifier = quick().partial_fit(X[y == 0], y[y == 0], classes=[0, 1])
    assert_array_equal(classifier.classes_, [0, 1])
    classifier.partial_fit(X + 1, y)  # Indices beyond the first chunk's count as unknown.
    assert len(classifier.embedding_) == X[y == 0].max() + 1
    with pytest.raises(ValueError, match="not those of the first call"):
        classifier.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"y holds labels.*\[0, 1\]: \[2\]"):
        classifier.partial_fit(X, y + 1)


@pytest.mark.parametrize(
    "parameters", [{"class_weight": "balanced"}, {"learning_rate_schedule": "cosine"}], ids=str
)
def test_partial_fit_is_there_only_where_it_can_work(sequences, parameters):
    X, y = sequences
    ((name, value),) = parameters.items()
    classifier = quick()
    taken_before = classifier.partial_fit
    classifier.set_params(**parameters)
    assert not hasattr(classifier, "partial_fit")
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'") as raised:
        _ = classifier.partial_fit
    assert f"{name}={value!r} needs" in str(raised.value.__cause__)
    with pytest.raises(ValueError, match=f"{name}={value!r} needs"):
        taken_before(X, y, classes=[0, 1])
    assert hasattr(
        classifier.set_params(class_weight={0: 2}, learning_rate_schedule="constant"), "partial_fit"
    )


# -- failures lose nothing --------------------------------------------------------------------


def test_weights_learned_are_never_updated_in_place(sequences):
    X, y = sequences
    classifier = quick(warm_start=True).partial_fit(X, y, classes=[0, 1])
    kept = weights(classifier)
    copies = [array.copy() for array in kept]
    classifier.partial_fit(X, y)
    classifier.fit(X, y)
    for array, expected in zip(kept, copies, strict=True):
        assert_array_equal(array, expected)


def test_weights_that_are_not_finite_after_the_last_step_are_no_fit(sequences):
    X, y = sequences
    with pytest.raises(ValueError, match="not finite after the last step"):
        quick(learning_rate=1e39, epochs=1, batch_size=600).fit(X, y)


@pytest.mark.parametrize("learning_rate", [1e30, 1e38])
def test_a_loss_that_is_not_finite_says_what_to_change(sequences, learning_rate):
    X, y = sequences
    classifier = quick(learning_rate=learning_rate, l2=1.0)
    with pytest.raises(ValueError, match=r"not finite in epoch \d.*lower learning_rate"):
        classifier.fit(X, y)
    assert not hasattr(classifier, "embedding_")


# -- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X / 3, y), r"values in X: X\[0, 0\] = 0\.33.*SequenceVectorizer"),
        (lambda X, y: (X - 1, y), r"Negative values.*X\[0, \d+\] = -1"),
        (lambda X, y: (X.astype(np.int64) + 2**31, y), "beyond the largest word index"),
        (lambda X, y: (X[0], y), "Expected 2D array"),
        (lambda X, y: (X[:-1], y), "inconsistent numbers of samples"),
        (lambda X, y: (X, np.zeros(len(X))), r"at least two classes.*got one class: 0\.0\."),
        (lambda X, y: (X, None), "requires y to be passed"),
        (lambda X, y: (X, y + 0.5 * X[:, 0] + np.arange(len(y)) / 7), "Unknown label type"),
        (lambda X, y: (["a text", "another"], [0, 1]), r"X holds raw texts.*SequenceVectorizer"),
        (lambda X, y: (np.array(["a", "b"]), [0, 1]), "X holds raw texts"),
        (lambda X, y: (pd.Series(["a", "b"]), [0, 1]), "X holds raw texts"),
        (lambda X, y: (pd.DataFrame({"text": ["a", "b"]}), [0, 1]), "X holds raw texts"),
        (lambda X, y: (np.array([["a"], ["b"]], dtype=object), [0, 1]), "X holds raw texts"),
        (lambda X, y: ([None, "b"], [0, 1]), "X holds raw texts"),
        (lambda X, y: ([b"a", b"b"], [0, 1]), "X holds raw texts"),
        (lambda X, y: ([["a", "word"], ["b"]], [0, 1]), "X holds raw texts"),
        (lambda X, y: (np.where(X == 5, np.nan, X), y), "NaN"),
        (lambda X, y: (X[:0], y[:0]), "0 sample"),
        (lambda X, y: (X[:, :0], y), r"0 feature"),
    ],
)
def test_x_and_y_that_do_not_do_are_named(sequences, change, message):
    X, y = sequences
    X_bad, y_bad = change(X, y)
    with pytest.raises(ValueError, match=message):
        quick().fit(X_bad, y_bad)


def test_sparse_input_is_refused(sequences):
    X, y = sequences
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        quick().fit(csr_matrix(X), y)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (lambda y: -np.ones(len(y)), "must not be negative|Negative values"),
        (lambda y: np.zeros(len(y)), "zero"),
        (lambda y: np.ones(len(y) - 1), "sample_weight"),
        (lambda y: np.where(y == 0, 0, 1), "at least two classes"),
    ],
)
def test_sample_weights_that_do_not_do_are_named(sequences, weight, message):
    X, y = sequences
    with pytest.raises(ValueError, match=message):
        quick().fit(X, y, sample_weight=weight(y))


@pytest.mark.parametrize(
    "parameters",
    [
        {"input_dim": 2},
        {"input_dim": "auto"},
        {"embedding_dim": 0},
        {"hidden_units": -1},
        {"dropout": 1.0},
        {"l2": -0.1},
        {"pooling": "max"},
        {"backend": "torch"},
        {"optimizer": 3},
        {"learning_rate": 0.0},
        {"learning_rate_schedule": "linear"},
        {"loss": 0.5},
        {"label_smoothing": 1.0},
        {"callbacks": "early"},
        {"epochs": 0},
        {"batch_size": 0.5},
        {"shuffle": "batch"},
        {"early_stopping": 1.5},
        {"validation_split": 0.0},
        {"monitor": 1},
        {"min_delta": -1.0},
        {"patience": -1},
        {"restore_best_weights": None},
        {"class_weight": "equal"},
        {"warm_start": "no"},
        {"random_state": "seed"},
        {"verbose": 3},
    ],
)
def test_a_parameter_out_of_range_is_named(sequences, parameters):
    X, y = sequences
    ((name, value),) = parameters.items()
    classifier = quick(**parameters)
    for fit in (classifier.fit, classifier.partial_fit):
        with pytest.raises(ValueError, match=rf"'{name}' parameter.*{re.escape(repr(value))}"):
            fit(X, y)


def test_a_loss_goes_with_the_number_of_classes(sequences):
    X, y = sequences
    with pytest.raises(ValueError, match="does not go with 2 classes: use 'binary_crossentropy'"):
        quick(loss="sparse_categorical_crossentropy").fit(X, y)
    three = np.arange(len(X)) % 3
    with pytest.raises(ValueError, match="does not go with 3 classes: use 'sparse_"):
        quick(loss="binary_crossentropy").fit(X, three)
    named = quick(epochs=1, loss="sparse_categorical_crossentropy").fit(X, three)
    assert_array_equal(named.embedding_, quick(epochs=1).fit(X, three).embedding_)


def test_an_index_beyond_input_dim_names_the_parameter_to_raise(sequences):
    X, y = sequences
    with pytest.raises(
        ValueError, match=f"input_dim=10: raise input_dim to at least {X.max() + 1}"
    ):
        quick(input_dim=10).fit(X, y)
    assert quick(input_dim=5000, epochs=1).fit(X, y).embedding_.shape == (5000, 8)


def test_early_stopping_without_rows_to_hold_out_trains_on_all_and_says_so():
    X, y = np.ones((6, 2), dtype=int), [0, 0, 0, 0, 0, 1]
    with pytest.warns(UserWarning, match="holds out nothing: validation_split=0.1 of the 5 rows"):
        classifier = quick(early_stopping=True, epochs=5).fit(X, y)
    assert classifier.n_iter_ == 5
    assert "val_loss" not in classifier.history_


def test_a_class_too_small_to_be_split_stays_with_the_training_rows():
    X, y = np.arange(4, 45)[:, np.newaxis], np.array([0] * 20 + [1] * 20 + [2])
    classifier = quick(pooling="evidence", input_dim=45, early_stopping=True).fit(X, y)
    is_trained = classifier.token_weights_[4:] > 0  # Each row has a word of its own.
    assert np.bincount(y[is_trained]).tolist() == [18, 18, 1]
    assert np.bincount(y[~is_trained]).tolist() == [2, 2]


def test_predicting_what_does_not_do_is_named(sequences):
    X, y = sequences
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(quick(), method)(X)
    classifier = quick(epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="79 features"):
        classifier.predict(X[:, 1:])
    with pytest.raises(ValueError, match="Negative"):
        classifier.predict(X - 1)
    with pytest.raises(ValueError, match=r"Fractional values in X: X\[0, 0\] = 0\.5"):
        classifier.predict(X / 2)
    with pytest.raises(ValueError, match="raw texts"):
        classifier.predict(["a text"])


# -- the rest ---------------------------------------------------------------------------------


def test_progress_of_several_fits_at_once(sequences, capsys):
    X, y = sequences
    with ThreadPoolExecutor(3) as pool:
        fits = [pool.submit(quick(epochs=5, verbose=1).fit, X, y) for _ in range(3)]
    assert [fit.result().n_iter_ for fit in fits] == [5, 5, 5]
    assert "5/5" in capsys.readouterr().out


def test_progress_as_keras_users_know_it(sequences, capsys):
    X, y = sequences
    quick(epochs=2).fit(X, y)
    assert capsys.readouterr() == ("", "")
    quick(epochs=2, verbose=2).fit(X, y, X_val=X[:9], y_val=y[:9])
    lines = capsys.readouterr().out.splitlines()
    number = r"\d\.\d{4}"
    expected = f"Epoch 1/2 - loss: {number} - accuracy: {number} - val_loss: {number} - val_acc"
    assert len(lines) == 2
    assert re.match(expected, lines[0])
    quick(epochs=3, verbose=1).fit(X, y, X_val=X[:9], y_val=y[:9])
    shown = capsys.readouterr().out
    assert "3/3" in shown
    figures = [rf"{name} \d\.\d{{3}}" for name in ("loss", "accuracy", "val_loss", "val_accuracy")]
    assert re.search(" ".join(figures), shown)
    assert max(map(len, shown.splitlines())) <= 80


def test_a_clone_is_unfitted_and_a_fitted_estimator_is_small(sequences):
    X, y = sequences
    classifier = quick(input_dim=10_000, embedding_dim=16).fit(X, y)
    assert not hasattr(clone(classifier), "embedding_")
    assert len(state(classifier)) < 1_000_000


# -- training that ended too early ------------------------------------------------------------


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_training_that_ends_before_it_has_learned_says_what_to_raise(sequences, early_stopping):
    parameters = {"early_stopping": early_stopping, "monitor": "loss"}
    classifier = quick(learning_rate=3e-4, epochs=12, batch_size=200, **parameters)
    with pytest.warns(ConvergenceWarning, match=r"epochs=12 .* Raise learning_rate or epochs"):
        classifier.fit(*sequences)


@pytest.mark.parametrize(
    "parameters",
    [
        {"epochs": 5},  # Short on purpose.
        {"learning_rate_schedule": "cosine"},  # It ends where it is planned to.
        {"learning_rate": 0.01},  # It has learned.
    ],
)
def test_other_trainings_end_without_a_word(sequences, parameters):
    quick(**{"learning_rate": 1e-4, "epochs": 12, "batch_size": 200, **parameters}).fit(*sequences)


# -- Keras's ways, named where they are others here ---------------------------------------------


@pytest.mark.parametrize(
    ("argument", "remedy"),
    [
        (
            "epochs",
            r"it is a parameter of the estimator, as in EmbeddingAverageClassifier\(epochs=",
        ),
        ("batch_size", "it is a parameter of the estimator"),
        ("class_weight", "it is a parameter of the estimator"),
        ("validation_data", "pass X_val and y_val"),
        ("wieght", r"unexpected keyword argument 'wieght'\."),
    ],
)
def test_arguments_of_keras_fit_are_named_with_the_remedy(sequences, argument, remedy):
    with pytest.raises(TypeError, match=remedy):
        quick().fit(*sequences, **{argument: 1})


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("optimizer__learning_rate", r"set_params\(learning_rate=...\)"),
        ("optimizer__beta_1", "give optimizer as an instance"),
        ("loss__from_logits", "give loss as an instance"),
        ("model__dropout", "Invalid parameter 'model'"),
    ],
)
def test_parameters_inside_a_parameter_are_named_with_the_remedy(name, remedy):
    with pytest.raises(ValueError, match=remedy):
        quick().set_params(**{name: 0.5})


def test_a_validation_split_without_early_stopping_warns(sequences):
    X, y = sequences
    with pytest.warns(UserWarning, match="validation_split=0.2 holds out nothing"):
        quick(validation_split=0.2, epochs=1).fit(X, y)
    quick(validation_split=0.2, epochs=1).fit(X, y, X_val=X[:9], y_val=y[:9])
    quick(validation_split=0.2, epochs=1, early_stopping=True).fit(X, y)


# -- vectors of documents -----------------------------------------------------------------------


@pytest.mark.parametrize("pooling", ["mean", "masked_mean", "evidence"])
def test_transform_gives_what_the_output_layer_is_given(sequences, pooling):
    X, y = sequences
    classifier = quick(hidden_units=0, pooling=pooling, epochs=1).fit(X, y)
    vectors = classifier.transform(X)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(X), classifier.embedding_dim_)
    z = vectors @ classifier.coefs_[0][:, 0] + classifier.intercepts_[0][0]
    assert_allclose(z, classifier.decision_function(X), rtol=1e-4, atol=1e-5)


def test_vectors_have_names_and_come_as_a_table(sequences):
    X, y = sequences
    classifier = quick(epochs=1).fit(X, y).set_output(transform="pandas")
    table = classifier.transform(X[:3])
    assert table.columns[0] == "embeddingaverageclassifier0"
    assert table.shape == (3, classifier.embedding_dim_)
    assert_array_equal(classifier.get_feature_names_out(), table.columns)


# -- embeddings to start from -------------------------------------------------------------------


def test_training_starts_from_the_given_embeddings(sequences):
    X, y = sequences
    table = np.random.RandomState(0).normal(size=(X.max() + 5, 6))
    classifier = quick(
        initial_embedding=table, embedding_dim="auto", learning_rate=1e-9, epochs=1
    ).fit(X, y)
    assert_allclose(classifier.embedding_, table, atol=1e-6)
    assert_array_equal(table, np.random.RandomState(0).normal(size=table.shape))
    assert clone(classifier).fit(X, y).embedding_dim_ == 6


@pytest.mark.parametrize(
    ("table", "parameters", "message"),
    [
        (np.zeros((500, 5)), {}, r"the shape \(500, 5\), and input_dim and embedding_dim make it"),
        (np.zeros((2, 8)), {}, "2 rows"),
        (np.zeros((500, 8)), {"input_dim": 600}, r"set them to 500 and 8, or to None"),
        (np.full((500, 8), np.nan), {}, r"initial_embedding must be an array .*NaN"),
        (np.zeros((5, 8)), {}, "beyond input_dim=5"),
        (["a"], {}, "initial_embedding must be an array of shape"),
    ],
)
def test_embeddings_that_do_not_fit_are_named(sequences, table, parameters, message):
    X, y = sequences
    with pytest.raises(ValueError, match=message):
        quick(initial_embedding=table, **parameters).fit(np.minimum(X, 499), y)


# -- stopping by any score, and by how much -----------------------------------------------------


@pytest.mark.parametrize("monitor", ["val_average_precision", "val_f1_macro", "val_neg_log_loss"])
def test_a_scorer_of_scikit_learn_is_measured_after_each_epoch(sequences, monitor):
    X, y = sequences
    classifier = quick(early_stopping=True, monitor=monitor).fit(
        X[50:], y[50:], X_val=X[:50], y_val=y[:50]
    )
    scores = classifier.history_[monitor]
    assert len(scores) == classifier.n_iter_
    assert classifier.best_epoch_ == np.argmax(scores) + 1
    kept = get_scorer(monitor.removeprefix("val_"))(classifier, X[:50], y[:50])
    assert kept == pytest.approx(max(scores))


def test_a_scorer_sees_the_labels_and_the_weights(sequences):
    X, y = sequences
    names = np.array(["bad", "good"])[y]
    weight = np.linspace(0, 1, 50)
    classifier = quick(early_stopping=True, monitor="val_f1_macro", patience=99, epochs=2).fit(
        X[50:], names[50:], X_val=X[:50], y_val=names[:50], sample_weight_val=weight
    )
    predicted = classifier.predict(X[:50])
    last = f1_score(names[:50], predicted, average="macro", sample_weight=weight)
    assert last in [pytest.approx(score) for score in classifier.history_["val_f1_macro"]]
    with pytest.raises(ValueError, match="pos_label=1 is not a valid label") as raised:
        quick(early_stopping=True, monitor="val_f1").fit(X, names)
    assert "monitor='val_f1'" in raised.value.__notes__[0]


@pytest.mark.parametrize("monitor", ["val_auc", "f1_macro", "best"])
def test_a_monitor_that_is_no_score_is_named(sequences, monitor):
    with pytest.raises(ValueError, match=f"'val_f1_macro', got '{monitor}'"):
        quick(monitor=monitor).fit(*sequences)


def test_a_score_that_is_not_a_number_is_named(sequences):
    X, y = sequences
    with (
        pytest.warns(UserWarning, match="Only one class"),
        pytest.raises(ValueError, match="monitor='val_roc_auc' is nan on the validation rows"),
    ):
        quick(early_stopping=True, monitor="val_roc_auc").fit(
            X, y, X_val=X[y == 1][:9], y_val=y[y == 1][:9]
        )


def test_a_value_counts_as_better_only_by_min_delta(sequences):
    X, y = sequences
    parameters = {"early_stopping": True, "monitor": "loss", "patience": 3, "epochs": 30}
    # No loss falls by a hundred: the first epoch stays the best.
    classifier = quick(min_delta=100.0, **parameters).fit(X, y)
    assert (classifier.n_iter_, classifier.best_epoch_) == (4, 1)
    assert quick(min_delta=1e-9, **parameters).fit(X, y).n_iter_ > 4
