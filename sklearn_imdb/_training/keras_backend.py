"""The same network in Keras, and the scikeras `KerasClassifier` around it.

The one file that imports keras, tensorflow and scikeras. It leaves every global generator, seed and
flag as it was: layers are named, initial weights and the order of the rows come from NumPy, and
dropout is seeded. Models are made of stock layers alone, so that plain Keras loads what is saved.
"""

import copy
import functools
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MethodType
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_imdb._convention import UNKNOWN
from sklearn_imdb._training.network import Network, Weights
from sklearn_imdb._training.optimizers import OptimizerState
from sklearn_imdb._training.plan import CROSS_ENTROPIES, MEASURED, Job, Logs, Plan
from sklearn_imdb._training.pooling import PARTS, WEIGHTED_LENGTH, Evidence, MaskedMean
from sklearn_imdb._training.rows import Rows
from sklearn_imdb._training.schedules import CosineDecay
from sklearn_imdb._training.sequences import ROWS_AT_ONCE, within

try:
    import keras
    import tensorflow
    from keras import layers, ops
    from scikeras.wrappers import KerasClassifier
    from tensorflow.python.eager import context
except ImportError as error:
    raise ImportError(
        f"Keras cannot be imported ({error}). It is needed for backend='keras', model_, callbacks, "
        "and optimizers and losses that backend='scipy' does not support: "
        "pip install 'tensorflow>=2.18' 'keras>=3.8' 'scikeras>=0.13'."
    ) from error

# Their initializers draw nothing: weights are set later.
_make_table = functools.partial(layers.Embedding, embeddings_initializer="zeros", dtype="float32")
_make_dense = functools.partial(layers.Dense, kernel_initializer="zeros", dtype="float32")


# -- the network ------------------------------------------------------------------------------


def make_model(
    network: Network, weights: Weights, maxlen: int, *, dropout_seeds: Sequence[int] = ()
) -> keras.Model:
    """Return the network with these weights, and with dropout layers if their seeds are given."""
    pooling = network.pooling
    words = keras.Input((maxlen,), dtype="int32", name="words")
    is_masked = isinstance(pooling, MaskedMean)
    embedding = _make_table(*weights[0].shape, mask_zero=is_masked, name="embedding")
    penalty = keras.regularizers.L2(network.l2) if network.l2 else None
    make_dense = functools.partial(_make_dense, kernel_regularizer=penalty)
    last = "sigmoid" if network.ends_in_sigmoids else "softmax"
    stack = [make_dense(network.n_outputs, activation=last, name="output")]
    if network.hidden_units:
        stack.insert(0, make_dense(network.hidden_units, activation="relu", name="hidden"))
    for depth, seed in enumerate(dropout_seeds[: len(stack)]):
        name = f"dropout_{depth}"
        dropout = layers.Dropout(network.dropout, seed=seed, dtype="float32", name=name)
        stack.insert(2 * depth, dropout)
    if isinstance(pooling, Evidence):
        output = _add_evidence(words, embedding, network, pooling)
        for layer in stack:
            output = layer(output)
        model = keras.Model(words, output, name="embedding_average")
    else:
        average = layers.GlobalAveragePooling1D(dtype="float32", name="average")
        model = keras.Sequential([words, embedding, average, *stack], name="embedding_average")
    for variable, array in zip(_find_trained(model), weights, strict=True):
        variable.assign(array)
    model.get_layer("output").bias.trainable = not pooling.fixes_bias
    return model


def add_expected_value(model: keras.Model, values: npt.NDArray[np.float64]) -> keras.Model:
    """Return the model of a distribution over bins, followed by the expected value of a bin."""
    kernel, bias = values[:, np.newaxis], np.zeros(1)
    if len(values) == 2:  # Of two bins there is the probability of the second.
        kernel, bias = np.diff(values)[:, np.newaxis], values[:1]
    layer = _make_dense(1, trainable=False, name="expected_value")
    model = keras.Model(model.inputs[0], layer(model.outputs[0]), name=model.name)
    layer.set_weights([kernel, bias])
    return model


def _add_evidence(
    words: Any, embedding: layers.Embedding, network: Network, pooling: Evidence
) -> Any:
    """Return the sum of a sequence's embeddings, weighed as `Evidence` weighs them.

    A word's share is divided evenly among its occurrences.
    """
    token_weights = pooling.weigh_terms(slice(None), words.shape[1], network.embedding_dim)
    token_weight = _make_table(*token_weights.shape, trainable=False, name="token_weights")
    n_words, divider = network.input_dim, -1 if pooling.divider is None else pooling.divider
    words = ops.where(ops.less(words, n_words), words, UNKNOWN)
    # Subwords get numbers of their own while words are sorted.
    n_dividers = ops.cumsum(ops.cast(ops.equal(words, divider), "int32"), axis=1)
    is_divided = ops.minimum(n_dividers[:, -1:], 1)
    words = ops.sort(words + n_words * ops.minimum(n_dividers, 1), axis=1)
    is_first = ops.cast(ops.not_equal(words[:, 1:], words[:, :-1]), "int32")
    runs = ops.cumsum(ops.pad(is_first, [[0, 0], [1, 0]], constant_values=1), axis=1)
    occurrences = ops.bincount(runs, minlength=words.shape[1] + 1)
    counts = ops.cast(ops.take_along_axis(occurrences, runs, axis=1), "float32")
    is_subword = ops.cast(ops.greater_equal(words, n_words), "float32")
    words = words % n_words

    counts = ops.expand_dims(counts, 2)
    is_subword = ops.expand_dims(is_subword, 2)
    is_divided = ops.cast(ops.expand_dims(is_divided, 2), "float32")
    shares = token_weight(words) * (1 + ops.log(counts)) / counts
    token_weight.set_weights([token_weights])
    scales = []
    for mask, part in zip((1 - is_subword, is_subword), PARTS, strict=True):
        squares = ops.sum(ops.square(shares) * counts * mask, axis=1, keepdims=True)
        # A part without weight keeps its shares of 0.
        length = ops.maximum(ops.sqrt(squares), 1e-30)
        wanted = WEIGHTED_LENGTH * (1 + (part**0.5 - 1) * is_divided)
        scales.append(mask * (wanted / length))
    shares = shares * (scales[0] + scales[1])
    if token_weights.shape[1] > 1:
        return ops.sum(shares * embedding(words), axis=1)
    total = layers.Dot(axes=1, dtype="float32", name="weighted_sum")([shares, embedding(words)])
    return layers.Flatten(dtype="float32", name="flat")(total)


def _find_trained(model: keras.Model) -> list[Any]:
    """Return the variables of the layers that are trained, in the order of `Weights`."""
    trained = [layer for layer in model.layers if layer.name in ("embedding", "hidden", "output")]
    return [variable for layer in trained for variable in layer.weights]


def _copy(variables: list[Any]) -> list[npt.NDArray[Any]]:
    # np.array would ask Keras's variable for a copy, which it cannot give with NumPy 2.
    return [np.asarray(variable).copy() for variable in variables]


def make_classifier(
    model: keras.Model, network: Network, classes: npt.NDArray[Any], maxlen: int
) -> KerasClassifier:
    """Return a fitted scikeras `KerasClassifier` around a trained model."""
    loss = CROSS_ENTROPIES[not network.ends_in_sigmoids]
    optimizer = keras.optimizers.Adam(name="adam")
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    # The classifier learns labels, width and dtype from these rows, and trains on none.
    rows = np.zeros((len(classes), maxlen), dtype=np.int64)
    # If each row had one label, scikeras would read one-hot classes.
    y = np.tri(len(classes), dtype=np.int64) if network.several else classes
    return KerasClassifier(model=model, verbose=0).initialize(rows, y)


# -- what a user may pass ---------------------------------------------------------------------


def make_optimizer(plan: Plan) -> keras.Optimizer:
    """Return a new optimizer. The plan's rate and schedule are for a name or a class."""
    schedules, schedule = keras.optimizers.schedules, plan.schedule
    known = _find_known(keras.optimizers, "optimizer", plan.optimizer)
    config = known.get_config()
    if isinstance(schedule, CosineDecay):
        config["learning_rate"] = schedules.CosineDecay(
            schedule.start, schedule.n_steps, alpha=schedule.end
        )
    elif isinstance(plan.optimizer, str | type):
        config["learning_rate"] = schedule.start
    elif isinstance(known._learning_rate, schedules.LearningRateSchedule):
        # Itself, not its config: a schedule has no state, and one's own need not be registered.
        config["learning_rate"] = known._learning_rate
    if isinstance(plan.optimizer, str) and plan.optimizer_name == "adagrad":
        config["initial_accumulator_value"] = 0.0
    made = type(known).from_config(config)
    # The one setting that an optimizer's config leaves out.
    if pattern := getattr(known, "_exclude_from_weight_decay_pattern", None):
        made._exclude_from_weight_decay_pattern = pattern
    return made


def make_loss(plan: Plan) -> Any:
    """Return the loss. An instance serves as it is, because training leaves it alone.

    Labels are smoothed only for the cross-entropies, given by name.
    """
    if plan.label_smoothing:
        kinds = (keras.losses.BinaryCrossentropy, keras.losses.CategoricalCrossentropy)
        return kinds[plan.loss != CROSS_ENTROPIES[0]](label_smoothing=float(plan.label_smoothing))
    known = _find_known(keras.losses, "loss", plan.loss)
    name = getattr(known, "__name__", getattr(known, "name", ""))
    if "categorical" in name and (plan.n_classes == 2 or plan.several):
        kind = "several labels of a row" if plan.several else "2 classes"
        raise ValueError(
            f"loss={plan.loss!r} does not go with {kind}, where the network ends in sigmoid units: "
            "use 'binary_crossentropy' or another loss for sigmoid units."
        )
    return known


def _find_known(module: Any, name: str, given: Any) -> Any:
    """Return what Keras makes of a parameter: a name, a class, a config or an instance."""
    try:
        if isinstance(given, type):
            return given()
        # Keras takes a config apart.
        return module.get(copy.deepcopy(dict(given)) if isinstance(given, Mapping) else given)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{name}={given!r} is none that Keras knows: {error}") from error


def check_callbacks(callbacks: Any) -> list[keras.callbacks.Callback]:
    """Return copies of the callbacks, because a callback refers to the model it served."""
    given = list(callbacks) if isinstance(callbacks, Sequence) else [callbacks]
    for callback in given:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks must be a list of keras.callbacks.Callback, got {callback!r} of type "
                f"{type(callback).__name__}. Pass callbacks of scikit-learn to set_callbacks."
            )
    try:
        return copy.deepcopy(given)
    except TypeError as error:
        found = f"callbacks are copied for a fit, and one of {given!r} cannot be copied: {error}"
        raise TypeError(f"{found}. Let it open files in on_train_begin.") from error


# -- training ---------------------------------------------------------------------------------


@contextmanager
def _clean_up() -> Iterator[None]:
    """Free memory once a decorated function has returned. A process would grow otherwise."""
    try:
        yield
    finally:
        gc.collect()
        context.context().clear_kernel_cache()


@_clean_up()
def train(
    job: Job, begin_epoch: Callable[[], None], end_epoch: Callable[[Logs, Weights], bool]
) -> tuple[Weights, OptimizerState]:
    """Train as described in `Backend`."""
    plan, network, rng = job.plan, job.network, job.rng
    optimizer, loss = make_optimizer(plan), make_loss(plan)
    callbacks = check_callbacks(plan.callbacks or [])
    seeds = rng.randint(np.iinfo(np.int32).max, size=2).tolist() if network.dropout else ()
    model = make_model(network, job.weights, job.training.X.shape[1], dropout_seeds=seeds)
    # Methods are replaced, because plain Keras would not load subclasses that a callback saves.
    embedding = model.get_layer("embedding")
    embedding.call = MethodType(_look_up, embedding)
    if not isinstance(network.pooling, Evidence):
        average = model.get_layer("average")
        average.call = MethodType(_average, average)
        average.autocast = False
    if tensorflow.distribute.get_strategy().num_replicas_in_sync == 1:
        # To reduce over one replica, TensorFlow registers a function for good: 6 MB a fit.
        optimizer._all_reduce_sum_gradients = lambda grads_and_vars: grads_and_vars
    # Keras would take several labels for one-hot classes.
    binary = keras.metrics.BinaryAccuracy(name="accuracy")
    metrics = [binary if network.ends_in_sigmoids else "accuracy"]
    # The compiler of jit_compile leaks memory in every fit.
    model.compile(optimizer, loss, metrics=metrics, jit_compile=False)
    # TensorFlow would trace a step once more if the optimizer's variables were made in the first.
    optimizer.build(model.trainable_variables)
    if job.optimizer_state is not None:
        _restore(optimizer, job.optimizer_state)
    # Whether the loss compares the output with class numbers, and not with one-hot rows.
    is_sparse = loss is keras.losses.sparse_categorical_crossentropy or isinstance(
        loss, keras.losses.SparseCategoricalCrossentropy
    )

    def make_arrays(rows: Rows) -> list[npt.NDArray[Any]]:
        y: npt.NDArray[Any] = rows.targets.numbers
        if network.ends_in_sigmoids:
            y = y.reshape(len(y), -1).astype(np.float32)
        elif not is_sparse:
            y = np.eye(network.n_outputs, dtype=np.float32)[y]
        weight = rows.sample_weight
        weights = [] if weight is None else [weight.astype(np.float32)]
        return [within(rows.X, network.input_dim), y, *weights]

    def begin(epoch: int, logs: Any) -> None:
        batches.rng = rng if plan.shuffle else None
        begin_epoch()

    def end(epoch: int, logs: dict[str, Any]) -> None:
        # In the order of the other backend. What callbacks have added comes last.
        names = [name for name in dict.fromkeys([*MEASURED, *logs]) if name in logs]
        numbers = {name: float(logs[name]) for name in names if np.ndim(logs[name]) == 0}
        if end_epoch(numbers, _copy(_find_trained(model))):
            model.stop_training = True

    batches, validation = _Batches(job.training, make_arrays, plan.batch_size), None
    if job.validation is not None:
        validation = _Batches(job.validation, make_arrays, ROWS_AT_ONCE)
    watcher = keras.callbacks.LambdaCallback(on_epoch_begin=begin, on_epoch_end=end)
    # Not KerasClassifier.fit, which takes arrays and shuffles them by TensorFlow's generator.
    model.fit(
        batches,
        epochs=plan.epochs,
        verbose=plan.verbose,
        shuffle=False,
        callbacks=[*callbacks, watcher],
        validation_data=validation,
    )
    return _copy(_find_trained(model)), _copy(optimizer.variables)


class _Batches(keras.utils.PyDataset):
    """The batches of an epoch, chunk after chunk."""

    rng: np.random.RandomState | None = None
    """Shuffles the rows of each chunk. None at first: Keras reads batches before it trains."""

    def __init__(
        self, rows: Rows, make_arrays: Callable[[Rows], list[npt.NDArray[Any]]], batch_size: int
    ) -> None:
        super().__init__()
        self._rows, self._make_arrays, self._batch_size = rows, make_arrays, batch_size

    def __len__(self) -> int:
        return self._rows.n_steps(self._batch_size)

    def __getitem__(self, index: int) -> tuple[npt.NDArray[Any], ...]:
        # Keras asks for one after the other, and begins anew with each epoch.
        if index == 0:
            self._batches = self._read()
        return next(self._batches)

    def _read(self) -> Iterator[tuple[npt.NDArray[Any], ...]]:
        rng = self.rng
        for chunk in self._rows.chunks():
            arrays = self._make_arrays(chunk)
            order = np.arange(len(chunk)) if rng is None else rng.permutation(len(chunk))
            for start in range(0, len(chunk), self._batch_size):
                batch = order[start : start + self._batch_size]
                yield tuple(array[batch] for array in arrays)


def _look_up(self: layers.Embedding, inputs: Any) -> Any:
    """Look up so that the optimizer gets the sum of the gradients of a word's occurrences.

    Keras on TensorFlow would square each of them for Adam's second moment. A table that has been
    multiplied has a dense gradient. Its sum is taken in float64, because the rounding of thousands
    of occurrences of padding would make this backend differ from the other.
    """
    return ops.take(ops.cast(self.embeddings, "float64") * 1.0, inputs, axis=0)


def _average(self: layers.GlobalAveragePooling1D, inputs: Any, mask: Any = None) -> Any:
    """Average in float64. A row of padding alone gives zero, where Keras divides by zero."""
    if mask is None:
        return ops.cast(ops.mean(inputs, axis=1), "float32")
    is_word = ops.cast(ops.expand_dims(mask, 2), inputs.dtype)
    n_words = ops.maximum(ops.sum(is_word, axis=1), 1)
    return ops.cast(ops.sum(inputs * is_word, axis=1) / n_words, "float32")


def _restore(optimizer: keras.Optimizer, state: list[npt.NDArray[Any]]) -> None:
    if [array.shape for array in state] != [tuple(v.shape) for v in optimizer.variables]:
        raise ValueError("optimizer has been changed since the last partial_fit: set the old one.")
    for variable, array in zip(optimizer.variables, state, strict=True):
        if variable.name != "learning_rate":  # It may have been set anew since.
            variable.assign(array)
