"""An error or an interrupt, whenever it comes, leaves an estimator as it was, and able to go on."""

import copy
import pickle
from itertools import count
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb._training import scipy_backend
from sklearn_imdb.streaming import fit_stream

# TensorFlow's and scikeras's own, on newer NumPy and Python.
with_keras = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


class Case(NamedTuple):
    """An estimator, how it learns, how often it has, and what fails."""

    estimator: Any
    learn: Any
    n_before: int
    fail: Any
    error: type[BaseException]
    message: str | None = None


@pytest.fixture(scope="module")
def data(reviews, sequences):
    """Texts, their labels and their sequences."""
    return SimpleNamespace(texts=reviews[0][:200], X=sequences[0][:200], y=reviews[1][:200])


def quick(**parameters):
    """A classifier that learns the generated reviews in a moment."""
    defaults = {"batch_size": 32, "learning_rate": 0.01, "epochs": 8, "embedding_dim": 8}
    return EmbeddingAverageClassifier(**{**defaults, "random_state": 0, **parameters})


def fit(classifier, data):
    classifier.fit(data.X, data.y)


def fit_another_width(classifier, data):
    classifier.fit(data.X[:, 1:], data.y)


def partial_fit(classifier, data):
    classifier.partial_fit(data.X, data.y, classes=[0, 1])


METHODS = {
    "first fit": (fit, 0, {}),
    "fit": (fit, 1, {}),
    "warm fit": (fit, 1, {"warm_start": True}),
    "first chunk": (partial_fit, 0, {"dropout": 0.2}),
    "second chunk": (partial_fit, 1, {"dropout": 0.2}),
    "fourth chunk": (partial_fit, 3, {"dropout": 0.2}),
}

# -- in training ------------------------------------------------------------------------------


def interrupted(function, error, n, learn):
    """Return what learns until the n-th call of a function of the backend."""

    def fail(classifier, data):
        original, calls = getattr(scipy_backend, function), count(1)

        def raise_in_time(*args, **options):
            if next(calls) == n:
                raise error
            return original(*args, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scipy_backend, function, raise_in_time)
            learn(classifier, data)

    return fail


def interrupted_by_keras(epoch, batch, learn):
    def fail(classifier, data):
        import keras

        class Interrupt(keras.callbacks.Callback):
            def on_epoch_begin(self, number, logs=None):
                self.is_due = number + 1 == epoch

            def on_train_batch_end(self, number, logs=None):
                if self.is_due and number == batch:
                    raise KeyboardInterrupt

        learn(classifier.set_params(callbacks=[Interrupt()]), data)

    return fail


def not_finite(classifier, data):
    classifier.set_params(learning_rate=1e30).fit(data.X, data.y)


def labels_unknown(classifier, data):
    classifier.fit(data.X, data.y, X_val=data.X[:9], y_val=np.full(9, 5))


CASES: dict[str, Any] = {}
for name, (learn, n_before, parameters) in METHODS.items():
    for error in (KeyboardInterrupt, MemoryError):
        CASES[f"{error.__name__} in a batch of a {name}"] = Case(
            quick(**parameters),
            learn,
            n_before,
            interrupted("loss_and_gradients", error, 5, learn),
            error,
        )
    if learn is fit:
        for epoch in (1, 2, 5, 8):
            CASES[f"in epoch {epoch} of a {name}"] = Case(
                quick(early_stopping=True, patience=9, **parameters),
                learn,
                n_before,
                interrupted("evaluate", KeyboardInterrupt, epoch, learn),
                KeyboardInterrupt,
            )
        CASES[f"labels of a {name}"] = Case(
            quick(**parameters), learn, n_before, labels_unknown, ValueError, "not among"
        )
        CASES[f"not finite in a {name}"] = Case(
            quick(**parameters), learn, n_before, not_finite, ValueError, "lower learning_rate"
        )
# A fit that starts anew may come with another width, and fail so too.
CASES["fit of another width"] = Case(
    quick(),
    fit,
    1,
    interrupted("loss_and_gradients", KeyboardInterrupt, 5, fit_another_width),
    KeyboardInterrupt,
)

KERAS_CASES = {
    f"{name} by {learn.__name__} in epoch {epoch}": Case(
        quick(backend="keras", hidden_units=6, epochs=3, **METHODS[name][2]),
        METHODS[name][0],
        METHODS[name][1],
        interrupted_by_keras(epoch, 5, learn),
        KeyboardInterrupt,
    )
    for name, epoch, learn in (
        ("fit", 1, fit),
        ("fit", 1, fit_another_width),
        ("warm fit", 3, fit),
        ("second chunk", 1, partial_fit),
    )
}

# -- in a vocabulary --------------------------------------------------------------------------


def count_words(vectorizer, data):
    vectorizer.partial_fit(data.texts[:9])


def find_words(vectorizer, data):
    vectorizer.fit(data.texts[:9])


def interrupted_after_counting(vectorizer, data):
    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sklearn_imdb._text.learner.rank_terms", interrupt)
        vectorizer.partial_fit(["new words film"])


for learn in (find_words, count_words):
    for n_before in (0, 2):
        CASES[f"missing text of {learn.__name__} {n_before}"] = Case(
            SequenceVectorizer(),
            learn,
            n_before,
            lambda vectorizer, data, learn=learn: learn(
                vectorizer, SimpleNamespace(texts=["c c c c", None])
            ),
            TypeError,
            r"X\[1\] = None",
        )
CASES["a chunk that was counted"] = Case(
    SequenceVectorizer(), count_words, 2, interrupted_after_counting, KeyboardInterrupt
)

# -- in a stream ------------------------------------------------------------------------------


def stream(pipeline, data):
    fit_stream(pipeline, [(data.texts[:90], data.y[:90])], epochs=1)


def broken_by(chunk):
    def fail(pipeline, data):
        def read_chunks():
            yield data.texts[:100], data.y[:100]
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

        fit_stream(pipeline, read_chunks)

    return fail


def too_small(pipeline, data):
    """Fail in training, when the vocabulary has been learned."""
    pipeline.set_params(classifier__input_dim=10)
    fit_stream(pipeline, [(data.texts, data.y)])


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
WORDS = make_text_classifier(random_state=0).set_params(vectorizer__subword_range=None)
for name, (chunk, error, message) in BROKEN.items():
    CASES[f"stream: {name}"] = Case(WORDS, stream, 1, broken_by(chunk), error, message)
CASES["first stream"] = Case(
    WORDS, stream, 0, broken_by((["fine", None], [0, 1])), TypeError, "None"
)
for n_before in (0, 1):
    CASES[f"stream: training after {n_before}"] = Case(
        WORDS, stream, n_before, too_small, ValueError, "beyond input_dim=10"
    )

# -- in a callback of scikit-learn ------------------------------------------------------------


class Failing:
    """A callback that fails where it is told to; counts how often it was torn down."""

    fail_in: tuple[str, str] | None = None
    n_teardowns = 0

    def _act(self, event, context):
        type(self).n_teardowns += event == "teardown"
        if type(self).fail_in == (event, context.task_name):
            raise RuntimeError("the callback fails")

    def setup(self, estimator, context):
        self._act("setup", context)

    def teardown(self, estimator, context):
        self._act("teardown", context)

    def on_fit_task_begin(self, estimator, context):
        self._act("begin", context)

    def on_fit_task_end(self, estimator, context, **seen):
        self._act("end", context)


def called_back(event, learn):
    def fail(estimator, data):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Failing, "fail_in", event)
            patch.setattr(Failing, "n_teardowns", 0)
            try:
                learn(estimator, data)
            finally:
                assert Failing.n_teardowns == 1

    return fail


EVENTS = [
    ("setup", "fit"), ("begin", "epoch"), ("end", "epoch"), ("end", "fit"), ("teardown", "fit"),
]  # fmt: skip
CALLED_BACK = {
    f"{backend} {' '.join(event)}": (
        backend,
        Case(
            quick(backend=backend, epochs=4),
            fit,
            1,
            called_back(event, fit_another_width),
            RuntimeError,
            "the callback fails",
        ),
    )
    for backend, events in {"scipy": EVENTS, "keras": EVENTS[2:3]}.items()
    for event in events
}
CALLED_BACK["scipy not finite"] = (
    "scipy",
    Case(quick(), fit, 0, called_back(None, not_finite), ValueError, "lower learning_rate"),
)
CALLED_BACK |= {
    f"vectorizer {' '.join(event)}": (
        "scipy",
        Case(
            SequenceVectorizer(),
            find_words,
            1,
            called_back(event, find_words),
            RuntimeError,
            "the callback fails",
        ),
    )
    for event in EVENTS[-2:]
}

# -- the contract -----------------------------------------------------------------------------


def learned(estimator):
    """Return what is compared: the vocabulary in its order, and the weights."""
    parts = [step for _, step in getattr(estimator, "steps", [("", estimator)])]
    return [
        list(part.vocabulary_.items())
        if isinstance(part, SequenceVectorizer)
        else [array.tolist() for array in (part.embedding_, *part.coefs_, *part.intercepts_)]
        for part in parts
    ]


def check_left_as_it_was(case, data, *callbacks):
    estimator = clone(case.estimator)
    if callbacks:
        estimator.set_callbacks(*callbacks)
    for _ in range(case.n_before):
        case.learn(estimator, data)
    parameters = estimator.get_params()
    before, twin = pickle.dumps(estimator), copy.deepcopy(estimator)
    with pytest.raises(case.error, match=case.message):
        case.fail(estimator, data)
    estimator.set_params(**parameters)
    assert pickle.dumps(estimator) == before
    # And it goes on as if nothing had been.
    case.learn(estimator, data)
    case.learn(twin, data)
    assert learned(estimator) == learned(twin)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_fails_is_left_as_it_was(case, data):
    check_left_as_it_was(case, data)


@with_keras
@pytest.mark.usefixtures("keras")
@pytest.mark.parametrize("case", KERAS_CASES.values(), ids=KERAS_CASES)
def test_what_fails_by_keras_is_left_as_it_was(case, data):
    check_left_as_it_was(case, data)


@with_keras
@pytest.mark.parametrize(("backend", "case"), CALLED_BACK.values(), ids=CALLED_BACK)
def test_what_fails_by_a_callback_is_left_as_it_was(backend, case, data):
    pytest.importorskip(
        "sklearn.callback", reason="scikit-learn has callbacks since 1.9, and this one is older"
    )
    if backend == "keras":
        pytest.importorskip("keras")
    check_left_as_it_was(case, data, Failing())
