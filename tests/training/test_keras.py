"""backend="keras": the same network through scikeras's KerasClassifier, and what Keras adds."""

import copy
import os
import pickle
import random

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

keras = pytest.importorskip("keras")
tensorflow = pytest.importorskip("tensorflow")
scikeras_wrappers = pytest.importorskip("scikeras.wrappers")

pytestmark = pytest.mark.filterwarnings(
    # TensorFlow's and scikeras's own, on newer NumPy and Python.
    "ignore::DeprecationWarning",
    "ignore::FutureWarning",
)


def quick(**parameters):
    """A classifier that learns the generated reviews in a moment."""
    return EmbeddingAverageClassifier(
        **{
            "batch_size": 32,
            "learning_rate": 0.01,
            "epochs": 3,
            "embedding_dim": 8,
            "hidden_units": 6,
            "random_state": 0,
            "backend": "keras",
            **parameters,
        }
    )


def weights(classifier):
    return [classifier.embedding_, *classifier.coefs_, *classifier.intercepts_]


def assert_same_training(one, other, atol):
    assert one.history_.keys() == other.history_.keys()
    for name, values in one.history_.items():
        assert_allclose(values, other.history_[name], atol=atol, rtol=0, err_msg=name)
    for array, expected in zip(weights(one), weights(other), strict=True):
        assert_allclose(array, expected, atol=atol, rtol=0)


# -- two backends, one network ----------------------------------------------------------------


AS_SHIPPED = [
    {},
    {"shuffle": True},
    {"l2": 0.001},
    {"class_weight": {0: 2.0, 1: 0.5}},
    {"pooling": "masked_mean"},
    {"hidden_units": 0},
    {"early_stopping": True},
]


@pytest.mark.filterwarnings("ignore:Early stopping ended:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("parameters", AS_SHIPPED, ids=str)
def test_the_backends_agree_on_generated_reviews(sequences, parameters):
    X, y = sequences
    X = X.copy()
    X[0] = 0  # Nothing but padding, over which Keras's own masked average is not a number.
    validation = {"X_val": X[400:], "y_val": y[400:]}
    parameters = {"shuffle": False, "epochs": 5, **parameters}
    one, other = (
        quick(backend=backend, **parameters).fit(X[:400], y[:400], **validation)
        for backend in ("scipy", "keras")
    )
    assert (one.backend_, other.backend_) == ("scipy", "keras")
    assert_same_training(one, other, atol=1e-4)


def test_the_backends_agree_on_weighted_rows_and_three_classes(sequences):
    X, _ = sequences
    y = np.arange(len(X)) % 3
    weight = np.random.RandomState(0).uniform(0, 2, len(X))
    one, other = (
        quick(backend=backend, epochs=5).fit(
            X[:400],
            y[:400],
            sample_weight=weight[:400],
            X_val=X[400:],
            y_val=y[400:],
            sample_weight_val=weight[400:],
        )
        for backend in ("scipy", "keras")
    )
    assert_same_training(one, other, atol=1e-4)


@pytest.mark.parametrize("parameters", [*AS_SHIPPED[:5], {"n_classes": 3}], ids=str)
def test_the_backends_agree_on_2000_real_reviews(imdb_train, parameters):
    """Batch 32, rate .01, 5 epochs, at the tutorial's sizes, as shipped."""
    parameters = dict(parameters)
    X = SequenceVectorizer().fit_transform(imdb_train.data[:2000])
    y = imdb_train.target[:2000]
    if parameters.pop("n_classes", 2) == 3:
        y = np.digitize(imdb_train.ratings[:2000], [3, 9])
    parameters = {"shuffle": False, **parameters}
    one, other = (
        EmbeddingAverageClassifier(
            backend=backend,
            batch_size=32,
            learning_rate=0.01,
            epochs=5,
            random_state=0,
            **parameters,
        ).fit(X, y)
        for backend in ("scipy", "keras")
    )
    assert_same_training(one, other, atol=1e-4)


# -- model_ and keras_classifier_ -------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(sequences):
    """Classifiers of two and of three classes, trained by either backend; they are not changed."""
    X, _ = sequences
    names = np.array(["a", "b", "c"])
    return {
        (n_classes, backend): quick(backend=backend).fit(X, names[np.arange(len(X)) % n_classes])
        for n_classes in (2, 3)
        for backend in ("scipy", "keras")
    }


@pytest.mark.parametrize("backend", ["scipy", "keras"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_network_in_keras_predicts_the_same(sequences, trained, backend, n_classes):
    X, _ = sequences
    classifier = trained[n_classes, backend]
    expected = classifier.predict_proba(X)
    assert type(classifier.model_) is keras.Sequential
    assert classifier.model_ is classifier.model_
    outputs = classifier.model_.predict(X, verbose=0)
    if n_classes == 2:
        outputs = np.hstack([1 - outputs, outputs])
    assert_allclose(outputs, expected, atol=1e-5)
    around = classifier.keras_classifier_
    assert type(around) is scikeras_wrappers.KerasClassifier
    assert_allclose(around.predict_proba(X), expected, atol=1e-5)
    for dtype in (np.int64, np.int32, np.int16):
        assert_array_equal(around.predict(X.astype(dtype)), classifier.predict(X))


def test_saved_models_predict_the_same_where_this_package_is_not_imported(
    sequences, trained, tmp_path, run_python
):
    X, _ = sequences
    np.save(tmp_path / "X.npy", X)
    for number, classifier in enumerate(trained.values()):
        classifier.model_.save(tmp_path / f"{number}.keras")
    script = (
        "import sys, keras, numpy as np\n"
        "X = np.load(sys.argv[1] + '/X.npy')\n"
        "for number in range(4):\n"
        "    model = keras.models.load_model(f'{sys.argv[1]}/{number}.keras')\n"
        "    np.save(f'{sys.argv[1]}/{number}.npy', model.predict(X, verbose=0))\n"
        "assert 'sklearn_imdb' not in sys.modules\n"
    )
    run_python(script, tmp_path)
    for number, classifier in enumerate(trained.values()):
        expected = classifier.model_.predict(X, verbose=0)
        assert_array_equal(np.load(tmp_path / f"{number}.npy"), expected)


def test_the_tutorials_model_has_its_layers_and_160289_parameters(capsys):
    X = np.arange(1, 257)[np.newaxis].repeat(4, axis=0)
    classifier = EmbeddingAverageClassifier(input_dim=10_000, epochs=1, random_state=0)
    model = classifier.fit(X, [0, 1, 0, 1]).model_
    assert model.count_params() == 160_289
    model.summary()
    summary = capsys.readouterr().out
    kinds = ["Embedding", "GlobalAveragePooling1D", "Dense", "Dense"]
    assert [type(layer).__name__ for layer in model.layers] == kinds
    _, listing = summary.split("Layer (type)")
    places = [listing.index(layer.name) for layer in model.layers]
    assert places == sorted(places)


def test_the_model_follows_the_fit_and_needs_one(sequences):
    X, y = sequences
    classifier = quick(backend="scipy")
    for name in ("model_", "keras_classifier_"):
        with pytest.raises(AttributeError, match="not fitted"):
            getattr(classifier, name)
    first = classifier.fit(X, y).model_
    second = classifier.set_params(epochs=1).fit(X, y).model_
    assert second is not first
    assert_array_equal(second.get_weights()[0], classifier.embedding_)


# -- what Keras takes -------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "Nadam"])
def test_an_optimizer_by_name_takes_the_learning_rate(sequences, optimizer):
    X, y = sequences
    classifier = quick(backend="auto", optimizer=optimizer, epochs=1).fit(X, y)
    assert classifier.backend_ == "keras"
    faster = quick(optimizer=optimizer, epochs=1, learning_rate=0.1).fit(X, y)
    assert not np.array_equal(faster.embedding_, classifier.embedding_)


def test_an_optimizer_class_takes_the_learning_rate(sequences):
    X, y = sequences
    by_class, by_name = (
        quick_one.fit(X, y).embedding_
        for quick_one in (
            quick(optimizer=keras.optimizers.SGD, epochs=1, learning_rate=0.1),
            quick(optimizer="sgd", epochs=1, learning_rate=0.1),
        )
    )
    assert_array_equal(by_class, by_name)


def test_an_optimizer_instance_is_used_twice_and_never_changed(sequences):
    X, y = sequences
    optimizer = keras.optimizers.AdamW(0.02, weight_decay=0.1)
    before = pickle.dumps(optimizer.get_config())
    classifier = quick(backend="auto", optimizer=optimizer)
    first = classifier.fit(X, y).embedding_
    assert_array_equal(classifier.fit(X, y).embedding_, first)
    assert not optimizer.built
    assert pickle.dumps(optimizer.get_config()) == before
    config = keras.optimizers.serialize(optimizer)
    assert_array_equal(quick(optimizer=config).fit(X, y).embedding_, first)


@pytest.mark.parametrize(
    "loss",
    [
        "mean_squared_error",
        "mse",
        {"class_name": "MeanSquaredError", "config": {}},
        keras.losses.MeanSquaredError(),
        keras.losses.mean_squared_error,
    ],
    ids=["name", "short", "config", "instance", "function"],
)
def test_a_loss_as_keras_takes_it(sequences, loss):
    X, y = sequences
    classifier = quick(backend="auto", loss=loss).fit(X, y, X_val=X[:99], y_val=y[:99])
    assert classifier.backend_ == "keras"
    error = (classifier.predict_proba(X[:99])[:, 1] - y[:99]) ** 2
    assert_allclose(classifier.history_["val_loss"][-1], error.mean(), rtol=1e-5)
    three = quick(loss=loss, epochs=1).fit(X, np.arange(len(X)) % 3)
    assert three.predict_proba(X).shape == (len(X), 3)


def test_a_learning_rate_schedule(sequences):
    X, y = sequences
    schedule = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=57)
    classifier = quick(backend="auto", learning_rate=schedule).fit(X, y)
    constant = quick(learning_rate=0.01).fit(X, y)
    assert classifier.backend_ == "keras"
    assert not np.array_equal(classifier.embedding_, constant.embedding_)


def test_callbacks_see_the_epochs_and_are_never_changed(sequences, tmp_path):
    X, y = sequences
    callbacks = [
        keras.callbacks.EarlyStopping(patience=0, min_delta=10.0, restore_best_weights=True),
        keras.callbacks.ModelCheckpoint(str(tmp_path / "epoch{epoch}.keras")),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 * 0.5**epoch),
    ]
    before = [copy.deepcopy(vars(callback)) for callback in callbacks]
    classifier = quick(backend="auto", callbacks=callbacks, epochs=9)
    classifier.fit(X, y, X_val=X[:99], y_val=y[:99])
    assert classifier.n_iter_ == 2  # Keras's own early stopping waits at least one epoch.
    assert_allclose(classifier.history_["learning_rate"], [0.01, 0.005])
    assert [repr(vars(callback)) for callback in callbacks] == [repr(kept) for kept in before]
    # The callback restored the weights of its best epoch, the first, and those are learned.
    assert classifier.kept_epoch_ is None
    first = keras.models.load_model(tmp_path / "epoch1.keras")
    assert_array_equal(first.get_weights()[0], classifier.embedding_)
    assert_allclose(first.predict(X, verbose=0)[:, 0], classifier.predict_proba(X)[:, 1], atol=1e-5)


def test_a_loss_that_is_not_finite_is_an_error_here_too(sequences):
    X, y = sequences
    classifier = quick(
        optimizer="sgd", learning_rate=1e30, l2=1.0, callbacks=[keras.callbacks.TerminateOnNaN()]
    )
    with pytest.raises(ValueError, match=r"not finite in epoch \d.*lower learning_rate"):
        classifier.fit(X, y)
    assert not hasattr(classifier, "embedding_")


def test_grid_search_over_optimizer_and_learning_rate(reviews):
    texts, y = reviews
    search = GridSearchCV(
        make_pipeline(SequenceVectorizer(maxlen=60), quick(backend="auto")),
        {
            "embeddingaverageclassifier__optimizer": ["sgd", "adam"],
            "embeddingaverageclassifier__learning_rate": [1e-6, 0.03],
        },
        cv=2,
    ).fit(texts, y)
    assert search.best_params_ == {
        "embeddingaverageclassifier__optimizer": "adam",
        "embeddingaverageclassifier__learning_rate": 0.03,
    }


def test_partial_fit_goes_on_with_the_optimizer(sequences):
    X, y = sequences
    chunks, at_once = quick(shuffle=False), quick(shuffle=False)
    for _ in range(3):
        chunks.partial_fit(X, y, classes=[0, 1])
        chunks = pickle.loads(pickle.dumps(chunks))
    at_once.fit(X, y)
    assert_same_training(chunks, at_once, atol=1e-6)
    with pytest.raises(
        ValueError, match=r"'adam', and .* with backend='keras' and optimizer='sgd'"
    ):
        chunks.set_params(optimizer="sgd").partial_fit(X, y)
    with pytest.raises(ValueError, match=r"backend='keras' .* cannot go on with backend='scipy'"):
        chunks.set_params(optimizer="adam", backend="scipy").partial_fit(X, y)


@pytest.mark.parametrize(("verbose", "shown"), [(0, ""), (1, "Epoch 3/3"), (2, "Epoch 3/3")])
def test_progress_is_keras_own(sequences, capsys, verbose, shown):
    X, y = sequences
    quick(verbose=verbose).fit(X, y)
    output = capsys.readouterr().out
    assert bool(output) == bool(verbose)
    assert shown in output


def test_keras_objects_as_parameters_can_be_cloned_and_pickled(sequences):
    X, y = sequences
    classifier = quick(
        optimizer=keras.optimizers.RMSprop(0.01), callbacks=[keras.callbacks.TerminateOnNaN()]
    ).fit(X, y)
    loaded = pickle.loads(pickle.dumps(classifier))
    assert_array_equal(loaded.predict_proba(X), classifier.predict_proba(X))
    assert_array_equal(clone(loaded).fit(X, y).embedding_, classifier.embedding_)
    assert len(pickle.dumps(classifier)) < 100_000  # No model came along with the callback.


def test_a_loss_of_a_regression_on_numbers_warns(sequences):
    X, _ = sequences
    with pytest.warns(UserWarning, match=r"makes no regression: the 5 numbers.*@ classes_"):
        quick(loss="mean_squared_error", epochs=1).fit(X, np.arange(len(X)) % 5)
    labels = np.eye(5, dtype=int)[np.arange(len(X)) % 5] | 1 - np.eye(5, dtype=int)[0]
    quick(loss="mean_squared_error", epochs=1).fit(X, labels)  # Several labels are no numbers.


def test_what_an_optimizers_config_leaves_out_is_kept(sequences):
    class Halving(keras.optimizers.schedules.LearningRateSchedule):
        """One's own, not registered with Keras."""

        def __call__(self, step):
            return 0.02 * 0.5 ** keras.ops.cast(step // 19, "float32")

        def get_config(self):
            return {}

    X, y = sequences
    plain = quick(optimizer=keras.optimizers.AdamW(Halving(), weight_decay=1.0)).fit(X, y)
    optimizer = keras.optimizers.AdamW(Halving(), weight_decay=1.0)
    optimizer.exclude_from_weight_decay(var_names=["embeddings"])
    excluded = quick(optimizer=optimizer).fit(X, y)
    assert np.abs(excluded.embedding_).mean() > 1.1 * np.abs(plain.embedding_).mean()


def test_a_loss_instance_keeps_what_it_was_made_with(sequences):
    class Scaled(keras.losses.Loss):
        def __init__(self, scale):
            super().__init__()
            self.scale = scale

        def call(self, y_true, y_pred):
            return self.scale * keras.losses.binary_crossentropy(y_true, y_pred)

    X, y = sequences
    one, five = (
        quick(loss=Scaled(scale), learning_rate=1e-9, epochs=1).fit(X, y) for scale in (1.0, 5.0)
    )
    assert_allclose(five.history_["loss"][0], 5 * one.history_["loss"][0], rtol=1e-5)


def test_callbacks_may_log_what_they_like(sequences):
    class Logger(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs.update(auc=float("nan"), matrix=np.eye(2), seconds=1.5)

    X, y = sequences
    history = quick(callbacks=[Logger()]).fit(X, y).history_
    assert history["seconds"] == [1.5] * 3
    assert "matrix" not in history


# -- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"optimizer": "adamm"}, "optimizer='adamm' is none that Keras knows"),
        ({"optimizer": {"class_name": "Adamm"}}, "optimizer=.*none that Keras knows"),
        ({"loss": "crossentropy"}, "loss='crossentropy' is none that Keras knows"),
        ({"loss": {"class_name": "Loss7"}}, "loss=.*none that Keras knows"),
        ({"loss": "categorical_crossentropy"}, "loss=.*does not go with 2 classes"),
        ({"loss": keras.losses.SparseCategoricalCrossentropy()}, "does not go with 2 classes"),
    ],
)
def test_names_that_keras_does_not_know(sequences, parameters, message):
    X, y = sequences
    with pytest.raises(ValueError, match=message):
        quick(**parameters).fit(X, y)


def test_callbacks_that_are_none_are_named(sequences):
    X, y = sequences
    with pytest.raises(TypeError, match=r"callbacks must be a list of keras\.callbacks\.Callback"):
        quick(callbacks=["early_stopping"]).fit(X, y)
    holding = keras.callbacks.Callback()
    with (
        open(os.devnull, "w") as holding.file,
        pytest.raises(TypeError, match=r"callbacks are copied for a fit.*cannot be copied"),
    ):
        quick(callbacks=[holding]).fit(X, y)


@pytest.mark.parametrize(
    "parameters",
    [
        {"optimizer": "sgd"},
        {"loss": "mean_squared_error"},
        {"callbacks": [keras.callbacks.TerminateOnNaN()]},
        {"learning_rate": keras.optimizers.schedules.CosineDecay(0.1, 9)},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_scipy_asked_outright_refuses_what_it_lacks(sequences, parameters):
    X, y = sequences
    (name,) = parameters
    with pytest.raises(ValueError, match=f"backend='scipy' does not support {name}="):
        quick(backend="scipy", **parameters).fit(X, y)


def test_where_keras_is_not_installed_the_error_says_how_to_get_it(run_python):
    script = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(['tensorflow', 'keras', 'scikeras']))\n"
        "from sklearn_imdb import EmbeddingAverageClassifier\n"
        "X, y = [[1, 4], [1, 5]] * 9, [0, 1] * 9\n"
        "fitted = EmbeddingAverageClassifier(epochs=1).fit(X, y)\n"
        "for needs_keras in (\n"
        "    lambda: EmbeddingAverageClassifier(backend='keras').fit(X, y),\n"
        "    lambda: EmbeddingAverageClassifier(optimizer='sgd').fit(X, y),\n"
        "    lambda: fitted.model_,\n"
        "    lambda: fitted.keras_classifier_,\n"
        "):\n"
        "    try:\n"
        "        needs_keras()\n"
        "    except ImportError as error:\n"
        "        assert 'pip install' in str(error) and 'model_' in str(error), error\n"
        "    else:\n"
        "        raise AssertionError('no error')\n"
    )
    run_python(script)


# -- nothing global, nothing left behind ------------------------------------------------------


def global_state():
    from keras.src.backend.common import global_state as of_keras
    from tensorflow.python.eager import context
    from tensorflow.python.framework import config

    return (
        random.getstate(),
        tuple(map(str, np.random.get_state())),
        context.global_seed(),
        config.is_op_determinism_enabled(),
        of_keras.get_global_attribute("global_seed_generator"),
        keras.config.floatx(),
        keras.config.dtype_policy().name,
        dict(os.environ),
    )


def test_a_fit_changes_nothing_global(sequences):
    X, y = sequences
    before = global_state()
    quick(dropout=0.3, early_stopping=True).fit(X, y)
    assert global_state() == before


def test_the_same_seed_gives_the_same_weights_in_another_process(sequences, tmp_path, run_python):
    X, y = sequences
    here = quick(dropout=0.3).fit(X, y)
    np.savez(tmp_path / "data.npz", X=X, y=y)
    (tmp_path / "estimator.pkl").write_bytes(pickle.dumps(quick(dropout=0.3)))
    script = (
        "import pickle, random, sys, numpy as np\n"
        "import tensorflow\n"
        "random.seed(5); np.random.seed(5); tensorflow.random.set_seed(5)\n"
        "data = np.load(sys.argv[1] + '/data.npz')\n"
        "estimator = pickle.load(open(sys.argv[1] + '/estimator.pkl', 'rb'))\n"
        "np.save(sys.argv[1] + '/e.npy', estimator.fit(data['X'], data['y']).embedding_)\n"
    )
    run_python(script, tmp_path)
    assert_array_equal(np.load(tmp_path / "e.npy"), here.embedding_)
    assert_array_equal(quick(dropout=0.3).fit(X, y).embedding_, here.embedding_)


@pytest.mark.parametrize("backend", ["scipy", "keras"])
def test_showing_pickling_loading_and_predicting_import_no_keras(
    reviews, tmp_path, backend, run_python
):
    texts, y = reviews
    pipeline = make_pipeline(SequenceVectorizer(maxlen=60), quick(backend=backend)).fit(texts, y)
    assert pipeline[-1].model_.count_params() > 0  # Made, but not pickled.
    (tmp_path / "pipeline.pkl").write_bytes(pickle.dumps(pipeline))
    (tmp_path / "texts.pkl").write_bytes(pickle.dumps(texts[:9]))
    script = (
        "import pickle, sys\n"
        "sys.modules.update(dict.fromkeys(['tensorflow', 'keras', 'scikeras']))\n"
        "pipeline = pickle.load(open(sys.argv[1] + '/pipeline.pkl', 'rb'))\n"
        "texts = pickle.load(open(sys.argv[1] + '/texts.pkl', 'rb'))\n"
        "repr(pipeline), pipeline._repr_html_(), pipeline._repr_mimebundle_()\n"
        "pickle.loads(pickle.dumps(pipeline))\n"
        "pickle.dump(pipeline.predict_proba(texts), open(sys.argv[1] + '/p.pkl', 'wb'))\n"
    )
    run_python(script, tmp_path)
    assert_array_equal(
        pickle.loads((tmp_path / "p.pkl").read_bytes()), pipeline.predict_proba(texts[:9])
    )


@pytest.mark.usefixtures("minutes")
def test_many_fits_do_not_grow_the_process(run_python):
    script = (
        "import resource, numpy as np\n"
        "from sklearn_imdb import EmbeddingAverageClassifier\n"
        "def resident():\n"
        "    with open('/proc/self/statm') as pages:\n"
        "        return int(pages.read().split()[1]) * resource.getpagesize()\n"
        "X = np.random.RandomState(0).randint(1, 500, (64, 20)); y = np.arange(64) % 2\n"
        "for n_fits in range(1, 21):\n"
        "    EmbeddingAverageClassifier(backend='keras', epochs=1, random_state=0).fit(X, y)\n"
        "    if n_fits == 10:\n"
        "        start = resident()\n"
        "print(resident() / start)\n"
    )
    printed = run_python(script)
    assert float(printed) < 1.015  # In ten more fits.
