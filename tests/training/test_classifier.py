"""EmbeddingAverageClassifier: the contract, on generated reviews and on sequences written here."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import train_test_split


def state(classifier):
    """All that a classifier knows, as bytes."""
    return pickle.dumps(classifier)


def weights(classifier):
    return [classifier.embedding_, *classifier.coefs_, *classifier.intercepts_]


# -- probabilities and labels -------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_follow_from_the_decision(quick, sequences, n_classes):
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


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1, 7], r"not among the classes \[0, 1\]: \[7\]; y\[2\] = 7\."),
        ([0, 0.5, 1], r"\[0, 1\]: \[0\.5\]; y\[1\] = 0\.5\."),
        ([0, "two", 1], r"either text or numbers, got y\[1\] = 'two' beside 0"),
        (np.array([0, 1, "two"], object), r"y\[2\] = 'two' beside 0"),
        (
            ["0", "1", "x"],
            r"y\[2\] = 'x'\. The labels are text and the classes are numbers: a reader",
        ),
        (
            ["0", "1", "1"],
            r"y\[0\] = '0'\. The labels are text and the classes are numbers: a reader",
        ),
        ([0, None, 1], r"y\[1\] = None\. A label is missing"),
        ([0, 1, pd.NaT], r"y\[2\] = NaT\. A label is missing"),
        (pd.Series([0, pd.NA, 1], index=[7, 8, 9]), r"y\[1\] = <NA>\. A label is missing"),
    ],
    ids=["seven", "half", "text", "object", "all text", "all numerals", "None", "NaT", "NA"],
)
def test_a_label_that_is_none_of_the_classes_is_named_by_its_row(quick, sequences, labels, message):
    X, _ = sequences
    with pytest.raises(ValueError, match=message):
        quick().partial_fit(X[:3], labels, classes=[0, 1])


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([0, None], r"classes\[1\] = None\. A label is missing"),
        ([0, "a"], r"classes must hold either text or numbers, got classes\[1\] = 'a'"),
        (5, r"classes: y should be a 1d array"),
        ([0], "classes must hold more than one class"),
        ([0.5, 1.5], r"Unknown label type: continuous, classes\[0\] = 0\.5"),
    ],
)
@pytest.mark.parametrize("call", ["first", "later"])
def test_classes_that_are_none_are_named(quick, sequences, classes, message, call):
    X, y = sequences
    classifier = quick()
    if call == "later":
        classifier.partial_fit(X[:50], y[:50], classes=[0, 1])
    with pytest.raises(ValueError, match=message):
        classifier.partial_fit(X[:50], y[:50], classes=classes)


@pytest.mark.parametrize(
    ("classes", "unknown"),
    [(["neg", "pos"], "negative"), ([False, True], 3), ([0, 1], "1"), (["0", "1"], 1)],
)
def test_labels_that_merely_resemble_the_classes_are_refused(quick, sequences, classes, unknown):
    X, y = sequences
    labels = np.array(classes)[y]
    bad = np.array([unknown] * 9)
    with pytest.raises(ValueError, match=r"y_val holds labels that are not among"):
        quick().fit(X, labels, X_val=X[:9], y_val=bad)
    classifier = quick().partial_fit(X, labels, classes=classes)
    with pytest.raises(ValueError, match=r"y holds labels that are not among"):
        classifier.partial_fit(X[:9], bad)


def test_numpys_own_floats_are_parameters_too(quick, sequences):
    X, y = sequences
    expected = quick(learning_rate=0.01, l2=0.01).fit(X, y)
    given = quick(learning_rate=np.float64(0.01), l2=np.float64(0.01)).fit(X, y)
    assert_array_equal(given.embedding_, expected.embedding_)
    assert given.embedding_.dtype == np.float32


# -- what it learns ---------------------------------------------------------------------------


def test_it_learns(quick, sequences):
    X, y = sequences
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    classifier = quick().fit(X_train, y_train)
    assert classifier.score(X_test, y_test) > 0.7
    assert classifier.history_["loss"][-1] < 0.5 < classifier.history_["loss"][0]


def test_fitted_attributes(quick, sequences):
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
def test_any_labels_will_do(quick, sequences, labels):
    X, _ = sequences
    y = np.array(labels)[np.arange(len(X)) % len(labels)]
    classifier = quick(epochs=1).fit(X, y)
    assert_array_equal(classifier.classes_, np.unique(labels))
    predicted = classifier.predict(X)
    assert predicted.dtype == y.dtype
    assert set(predicted.tolist()) <= set(labels)


def test_predictions_are_those_of_the_network_in_float64(quick, sequences):
    X, y = sequences
    classifier = quick(pooling="masked_mean").fit(X, y)
    row = X[0][X[0] != 0]
    average = classifier.embedding_[row].mean(axis=0, dtype=np.float64)
    hidden = np.maximum(average @ classifier.coefs_[0] + classifier.intercepts_[0], 0)
    expected = hidden @ classifier.coefs_[1] + classifier.intercepts_[1]
    assert_allclose(classifier.decision_function(X[:1]), expected, atol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "masked_mean", "evidence"])
@pytest.mark.parametrize("embedding_dim", [1, 16])
def test_a_prediction_does_not_depend_on_the_rows_beside_it(
    quick, sequences, pooling, embedding_dim
):
    X, y = sequences
    classifier = quick(pooling=pooling, embedding_dim=embedding_dim).fit(X, y)
    at_once = classifier.decision_function(X)
    assert_allclose(
        [classifier.decision_function(row[np.newaxis])[0] for row in X], at_once, atol=1e-12
    )


def test_an_index_beyond_the_table_counts_as_the_unknown_word(quick, sequences):
    X, y = sequences
    classifier = quick(epochs=1).fit(X, y)
    beyond, unknown = X.copy(), X.copy()
    beyond[:, 3] = X.max() + 1
    beyond[:, 4] = np.iinfo(np.int32).max
    unknown[:, 3:5] = 2
    assert_array_equal(classifier.predict_proba(beyond), classifier.predict_proba(unknown))


def test_whole_floats_lists_and_tables_are_word_indices_too(quick, sequences):
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


# -- seeds ------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_weights_in_another_process(
    quick, sequences, tmp_path, run_python
):
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


def test_without_a_seed_numpys_generator_is_used(quick, sequences):
    X, y = sequences
    first, second = (
        (np.random.seed(3), quick(random_state=None, epochs=2).fit(X, y))[1] for _ in range(2)
    )
    assert_array_equal(first.embedding_, second.embedding_)
    before = np.random.get_state()[1].copy()
    quick(random_state=3, epochs=2).fit(X, y)
    assert_array_equal(np.random.get_state()[1], before)


# -- failures lose nothing --------------------------------------------------------------------


def test_weights_that_are_not_finite_after_the_last_step_are_no_fit(quick, sequences):
    X, y = sequences
    with pytest.raises(ValueError, match="not finite after the last step"):
        quick(learning_rate=1e39, epochs=1, batch_size=600).fit(X, y)


@pytest.mark.parametrize("learning_rate", [1e30, 1e38])
def test_a_loss_that_is_not_finite_says_what_to_change(quick, sequences, learning_rate):
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
        (lambda X, y: (X, np.zeros(len(X))), r"more than one class.*got only \[0\.\]\."),
        (lambda X, y: (X, np.tile([0, 1], (len(X), 1))), r"more than one class.*\[\[0 1\]\]\."),
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
def test_x_and_y_that_do_not_do_are_named(quick, sequences, change, message):
    X, y = sequences
    X_bad, y_bad = change(X, y)
    with pytest.raises(ValueError, match=message):
        quick().fit(X_bad, y_bad)


def test_sparse_input_is_refused(quick, sequences):
    X, y = sequences
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        quick().fit(csr_matrix(X), y)


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
def test_a_parameter_out_of_range_is_named(quick, sequences, parameters):
    X, y = sequences
    ((name, value),) = parameters.items()
    classifier = quick(**parameters)
    for fit in (classifier.fit, classifier.partial_fit):
        with pytest.raises(ValueError, match=rf"'{name}' parameter.*{re.escape(repr(value))}"):
            fit(X, y)


def test_a_loss_goes_with_the_number_of_classes(quick, sequences):
    X, y = sequences
    with pytest.raises(ValueError, match="does not go with 2 classes: use 'binary_crossentropy'"):
        quick(loss="sparse_categorical_crossentropy").fit(X, y)
    three = np.arange(len(X)) % 3
    with pytest.raises(ValueError, match="does not go with 3 classes: use 'sparse_"):
        quick(loss="binary_crossentropy").fit(X, three)
    named = quick(epochs=1, loss="sparse_categorical_crossentropy").fit(X, three)
    assert_array_equal(named.embedding_, quick(epochs=1).fit(X, three).embedding_)


def test_an_index_beyond_input_dim_names_the_parameter_to_raise(quick, sequences):
    X, y = sequences
    with pytest.raises(
        ValueError, match=f"input_dim=10: raise input_dim to at least {X.max() + 1}"
    ):
        quick(input_dim=10).fit(X, y)
    assert quick(input_dim=5000, epochs=1).fit(X, y).embedding_.shape == (5000, 8)


def test_predicting_what_does_not_do_is_named(quick, sequences):
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


def test_a_clone_is_unfitted_and_a_fitted_estimator_is_small(quick, sequences):
    X, y = sequences
    classifier = quick(input_dim=10_000, embedding_dim=16).fit(X, y)
    assert not hasattr(clone(classifier), "embedding_")
    assert len(state(classifier)) < 1_000_000


# -- training that ended too early ------------------------------------------------------------


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_training_that_ends_before_it_has_learned_says_what_to_raise(
    quick, sequences, early_stopping
):
    parameters = {"early_stopping": early_stopping, "monitor": "loss"}
    classifier = quick(learning_rate=3e-4, epochs=12, batch_size=200, **parameters)
    with pytest.warns(ConvergenceWarning, match=r"epochs=12\. .* Raise learning_rate or epochs"):
        classifier.fit(*sequences)


@pytest.mark.parametrize(
    "parameters",
    [
        {"epochs": 5},  # Short on purpose.
        {"learning_rate_schedule": "cosine"},  # It ends where it is planned to.
        {"learning_rate": 0.01},  # It has learned.
    ],
)
def test_other_trainings_end_without_a_word(quick, sequences, parameters):
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
def test_arguments_of_keras_fit_are_named_with_the_remedy(quick, sequences, argument, remedy):
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
def test_parameters_inside_a_parameter_are_named_with_the_remedy(quick, name, remedy):
    with pytest.raises(ValueError, match=remedy):
        quick().set_params(**{name: 0.5})


# -- vectors of documents -----------------------------------------------------------------------


@pytest.mark.parametrize("pooling", ["mean", "masked_mean", "evidence"])
def test_transform_gives_what_the_output_layer_is_given(quick, sequences, pooling):
    X, y = sequences
    classifier = quick(hidden_units=0, pooling=pooling, epochs=1).fit(X, y)
    vectors = classifier.transform(X)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(X), classifier.embedding_dim_)
    z = vectors @ classifier.coefs_[0][:, 0] + classifier.intercepts_[0][0]
    assert_allclose(z, classifier.decision_function(X), rtol=1e-4, atol=1e-5)


def test_vectors_have_names_and_come_as_a_table(quick, sequences):
    X, y = sequences
    classifier = quick(epochs=1).fit(X, y).set_output(transform="pandas")
    table = classifier.transform(X[:3])
    assert table.columns[0] == "embeddingaverageclassifier0"
    assert table.shape == (3, classifier.embedding_dim_)
    assert_array_equal(classifier.get_feature_names_out(), table.columns)
