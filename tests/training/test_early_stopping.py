"""Validation rows, what is watched on them, and when a training stops."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logit
from sklearn.metrics import f1_score, get_scorer, log_loss


def test_validation_rows_are_scored_every_epoch(quick, sequences):
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


def test_validation_weights_weigh_the_validation_loss(quick, sequences):
    X, y = sequences
    weight = np.r_[np.zeros(100), np.ones(100)]
    weighted = quick().fit(X[:400], y[:400], X_val=X[400:], y_val=y[400:], sample_weight_val=weight)
    half = quick().fit(X[:400], y[:400], X_val=X[500:], y_val=y[500:])
    assert_allclose(weighted.history_["val_loss"], half.history_["val_loss"], rtol=1e-6)


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_early_stopping_waits_and_keeps_the_best_weights(quick, sequences, patience):
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


def test_the_best_weights_are_kept_also_when_the_epochs_run_out(quick, sequences):
    X, y = sequences
    given = {"X_val": X[400:], "y_val": y[400:]}
    classifier = quick(epochs=30, early_stopping=True, patience=100)
    classifier.fit(X[:400], y[:400], **given)
    assert classifier.n_iter_ == 30
    assert classifier.best_epoch_ < 30
    best = quick(epochs=classifier.best_epoch_).fit(X[:400], y[:400])
    assert_array_equal(classifier.embedding_, best.embedding_)


def test_early_stopping_holds_out_a_stratified_part(quick):
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
def test_monitor_names_what_is_watched(quick, sequences, monitor):
    X, y = sequences
    classifier = quick(epochs=30, early_stopping=True, monitor=monitor, patience=3).fit(X, y)
    values = classifier.history_[monitor]
    best = np.argmin(values) if monitor == "loss" else np.argmax(values)
    assert classifier.best_epoch_ == best + 1
    # The losses of training need no rows held out.
    assert ("val_loss" in classifier.history_) == monitor.startswith("val")


def test_x_val_as_long_as_x_is_explained(quick, sequences):
    X, y = sequences
    with pytest.warns(UserWarning, match="cut to the rows of each fold"):
        quick(epochs=1).fit(X, y, X_val=X, y_val=y)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda X, y: {"X_val": X[:50]}, "y_val is missing"),
        (lambda X, y: {"y_val": y[:50]}, "X_val is missing"),
        (lambda X, y: {"X_val": X[:50], "y_val": y[:49]}, "50 rows, but y_val has 49 labels"),
        (lambda X, y: {"X_val": X[:50, 1:], "y_val": y[:50]}, "X_val has 79 columns, but X has"),
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
def test_validation_rows_that_are_none_are_named(quick, sequences, given, message):
    X, y = sequences
    with pytest.raises(ValueError, match=message):
        quick().fit(X, y, **given(X, y))


def test_early_stopping_without_rows_to_hold_out_trains_on_all_and_says_so(quick):
    X, y = np.ones((6, 2), dtype=int), [0, 0, 0, 0, 0, 1]
    with pytest.warns(UserWarning, match="holds out nothing: validation_split=0.1 of the 5 rows"):
        classifier = quick(early_stopping=True, epochs=5).fit(X, y)
    assert classifier.n_iter_ == 5
    assert "val_loss" not in classifier.history_


def test_a_class_too_small_to_be_split_stays_with_the_training_rows(quick):
    X, y = np.arange(4, 45)[:, np.newaxis], np.array([0] * 20 + [1] * 20 + [2])
    classifier = quick(pooling="evidence", input_dim=45, early_stopping=True).fit(X, y)
    is_trained = classifier.token_weights_[4:] > 0  # Each row has a word of its own.
    assert np.bincount(y[is_trained]).tolist() == [18, 18, 1]
    assert np.bincount(y[~is_trained]).tolist() == [2, 2]


def test_a_validation_split_without_early_stopping_warns(quick, sequences):
    X, y = sequences
    with pytest.warns(UserWarning, match="validation_split=0.2 holds out nothing"):
        quick(validation_split=0.2, epochs=1).fit(X, y)
    quick(validation_split=0.2, epochs=1).fit(X, y, X_val=X[:9], y_val=y[:9])
    quick(validation_split=0.2, epochs=1, early_stopping=True).fit(X, y)


@pytest.mark.parametrize("monitor", ["val_average_precision", "val_f1_macro", "val_neg_log_loss"])
def test_a_scorer_of_scikit_learn_is_measured_after_each_epoch(quick, sequences, monitor):
    X, y = sequences
    classifier = quick(early_stopping=True, monitor=monitor).fit(
        X[50:], y[50:], X_val=X[:50], y_val=y[:50]
    )
    scores = classifier.history_[monitor]
    assert len(scores) == classifier.n_iter_
    assert classifier.best_epoch_ == np.argmax(scores) + 1
    kept = get_scorer(monitor.removeprefix("val_"))(classifier, X[:50], y[:50])
    assert kept == pytest.approx(max(scores))


def test_a_scorer_sees_the_labels_and_the_weights(quick, sequences):
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
def test_a_monitor_that_is_no_score_is_named(quick, sequences, monitor):
    with pytest.raises(ValueError, match=f"'val_f1_macro', got '{monitor}'"):
        quick(monitor=monitor).fit(*sequences)


def test_a_score_that_is_not_a_number_is_named(quick, sequences):
    X, y = sequences
    with (
        pytest.warns(UserWarning, match="Only one class"),
        pytest.raises(ValueError, match="monitor='val_roc_auc' is nan on the validation rows"),
    ):
        quick(early_stopping=True, monitor="val_roc_auc").fit(
            X, y, X_val=X[y == 1][:9], y_val=y[y == 1][:9]
        )


def test_a_value_counts_as_better_only_by_min_delta(quick, sequences):
    X, y = sequences
    parameters = {"early_stopping": True, "monitor": "loss", "patience": 3, "epochs": 30}
    # No loss falls by a hundred: the first epoch stays the best.
    classifier = quick(min_delta=100.0, **parameters).fit(X, y)
    assert (classifier.n_iter_, classifier.best_epoch_) == (4, 1)
    assert quick(min_delta=1e-9, **parameters).fit(X, y).n_iter_ > 4
