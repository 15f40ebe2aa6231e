"""The plan of a training: each "auto" resolved, each contradiction refused, without a fit."""

from dataclasses import replace

import numpy as np
import pytest

from sklearn_imdb import EmbeddingAverageClassifier
from sklearn_imdb._targets import check_targets
from sklearn_imdb._training.network import Network
from sklearn_imdb._training.plan import Plan, auto_learning_rate
from sklearn_imdb._training.rows import Rows

ADAM = {"class_name": "Adam", "config": {}}


def plan(n_rows=1000, n_classes=2, make=Plan.of, **parameters):
    asked = {**EmbeddingAverageClassifier().get_params(), **parameters}
    rows = make_rows(np.arange(n_rows) % n_classes)
    return make(asked, rows, Network.of(asked, rows.targets, 3))


def make_rows(y, length=1):
    return Rows(np.ones((len(y), length), int), check_targets(y))


@pytest.mark.parametrize(("n_rows", "expected"), [(9, 2), (250, 2), (375, 3), (26_000, 128)])
def test_an_automatic_batch_is_a_125th_of_the_rows(n_rows, expected):
    assert plan(n_rows, batch_size="auto").batch_size == expected


def test_an_automatic_batch_of_several_labels_is_a_200th_of_the_rows():
    Y = np.random.RandomState(0).randint(2, size=(1200, 3))
    asked = {**EmbeddingAverageClassifier().get_params(), "batch_size": "auto"}
    rows = make_rows(Y)
    assert Plan.of(asked, rows, Network.of(asked, rows.targets, 3)).batch_size == 6


def test_an_automatic_rate_grows_with_the_classes_and_falls_with_the_shares():
    def rate(y, pooling="mean", weight=1.0):
        asked = {**EmbeddingAverageClassifier().get_params(), "pooling": pooling}
        rows = make_rows(y)
        network = Network.of(asked, rows.targets, 3)
        if pooling == "evidence":
            weights = np.full((3, np.shape(y)[1]) if np.ndim(y) == 2 else 3, weight)
            network = replace(network, pooling=replace(network.pooling, token_weights=weights))
        return auto_learning_rate(rows, network)

    # The shares of a mean sum to 1, and those of one weighted word are its length, 5.
    assert rate([0, 1]) == pytest.approx(1)
    assert rate(range(8)) == pytest.approx(3)
    assert rate(range(8), "evidence") == pytest.approx(3 / 5)
    assert rate(np.eye(8, dtype=int)) == pytest.approx(8)
    assert rate(np.eye(9, dtype=int), "evidence") == pytest.approx(3 / 5)
    for optimizer, step in (("adam", 0.03), ("adagrad", 0.24)):
        chosen = plan(n_classes=4, learning_rate="auto", optimizer=optimizer).learning_rate
        assert chosen == pytest.approx(2 * step)


@pytest.mark.parametrize("optimizer", ["sgd", "Adagrad", {"class_name": "adam"}])
def test_an_automatic_rate_is_for_the_optimizers_that_have_a_rule(optimizer):
    with pytest.raises(
        ValueError, match=r"learning_rate='auto' is for an optimizer in .*'adagrad'"
    ):
        plan(learning_rate="auto", optimizer=optimizer)


def test_what_is_given_stays():
    given = plan(batch_size=7, learning_rate=0.5, loss="binary_crossentropy")
    assert (given.batch_size, given.learning_rate, given.loss) == (7, 0.5, "binary_crossentropy")


@pytest.mark.parametrize(
    ("n_classes", "expected"), [(2, "binary_crossentropy"), (3, "sparse_categorical_crossentropy")]
)
def test_an_automatic_loss_goes_with_the_classes(n_classes, expected):
    assert plan(n_classes=n_classes).loss == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "scipy"),
        ({"backend": "keras"}, "keras"),
        ({"optimizer": "sgd"}, "keras"),
        ({"optimizer": ADAM}, "keras"),
        ({"optimizer": dict}, "keras"),
        ({"loss": "hinge"}, "keras"),
        ({"callbacks": ["one"]}, "keras"),
        ({"callbacks": []}, "scipy"),
        ({"learning_rate": {"a": "schedule"}}, "keras"),
    ],
)
def test_an_automatic_backend_is_scipy_where_it_can(parameters, expected):
    assert plan(**parameters).backend == expected


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mean_squared_error", True),
        ("mse", True),
        (type("MeanAbsoluteError", (), {}), True),
        (type("Huber", (), {})(), True),
        ("hinge", False),
        ("auto", False),
    ],
)
def test_losses_of_a_regression_are_known(loss, expected):
    assert plan(loss=loss).has_loss_of_regression == expected


def test_the_rate_falls_over_the_steps_of_all_epochs():
    falling = plan(
        450, learning_rate_schedule="cosine", epochs=4, batch_size=100, early_stopping=True
    )
    assert falling.schedule.n_steps == 4 * 5
    assert plan(450).schedule.rate(10**6) == plan(450).learning_rate


def test_a_chunk_is_one_epoch_without_early_stopping():
    chunk = plan(make=Plan.of_chunk, early_stopping=True, epochs=9)
    assert (chunk.epochs, chunk.early_stopping, chunk.monitor) == (1, False, "loss")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"label_smoothing": 0.1, "loss": "hinge"}, "label_smoothing=0.1 is for loss='auto'"),
        (
            {"learning_rate_schedule": "cosine", "optimizer": ADAM},
            "is for an optimizer given by name",
        ),
        ({"learning_rate_schedule": "cosine", "learning_rate": object()}, "is already a schedule"),
        ({"backend": "scipy", "optimizer": "sgd"}, "does not support optimizer='sgd'"),
        ({"loss": "sparse_categorical_crossentropy"}, "does not go with 2 classes"),
        ({"loss": "binary_crossentropy", "n_classes": 3}, "does not go with 3 classes"),
    ],
)
def test_what_does_not_go_together_is_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        plan(**parameters)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"class_weight": "balanced"}, "class_weight='balanced' needs all rows at once"),
        ({"learning_rate_schedule": "cosine"}, "'cosine' needs the number of steps"),
    ],
)
def test_what_a_chunk_cannot_know_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        plan(make=Plan.of_chunk, **parameters)
