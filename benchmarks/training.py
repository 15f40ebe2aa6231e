"""Training and predicting against scikeras and Keras: the tutorial's job.

15,000 sequences of 256 word indices to train for 40 epochs in batches of 512, 10,000 to validate on
after every epoch; then the probabilities of 25,000 sequences and of one. scikeras is called as its
users call it; Keras as the tutorial calls it, and as fast as its options make it: compiled by XLA,
predicting in batches of 4,096, one by `predict_on_batch`.
"""

import contest

options = contest.start(__doc__)

import statistics
import time
from collections import defaultdict
from functools import partial

import keras
import numpy as np
from scikeras.wrappers import KerasClassifier

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

texts, y, test_texts, y_test, source = contest.reviews(options)
vectorizer = SequenceVectorizer().fit(texts)
X, X_test = vectorizer.transform(texts), vectorizer.transform(test_texts)
n_val = len(X) * 2 // 5
X_val, y_val, X_fit, y_fit = X[:n_val], y[:n_val], X[n_val:], y[n_val:]


def tutorial_model(jit_compile="auto"):
    """Return the tutorial's network as the tutorial writes it."""
    model = keras.Sequential(
        [
            keras.Input((256,)),
            keras.layers.Embedding(10_000, 16),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        optimizer="adam",
        loss="binary_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    return model


def here():
    """Train with this library's default parameters, which are the tutorial's."""
    classifier = EmbeddingAverageClassifier(input_dim=10_000, random_state=0)
    return classifier.fit(X_fit, y_fit, X_val=X_val, y_val=y_val).predict_proba


def in_scikeras():
    """Train through scikeras."""
    classifier = KerasClassifier(tutorial_model, epochs=40, batch_size=512, verbose=0)
    return classifier.fit(X_fit, y_fit, validation_data=(X_val, y_val)).predict_proba


def in_keras(jit_compile="auto"):
    """Train as the tutorial does."""
    model, validation = tutorial_model(jit_compile), (X_val, y_val)
    model.fit(X_fit, y_fit, epochs=40, batch_size=512, validation_data=validation, verbose=0)
    if jit_compile == "auto":
        return lambda rows: model.predict(rows, verbose=0)
    return lambda rows: (
        model.predict(rows, batch_size=4096, verbose=0)
        if len(rows) > 1
        else model.predict_on_batch(rows)
    )


CONTENDERS = {
    "sklearn_imdb": here,
    "scikeras": in_scikeras,
    "Keras": in_keras,
    "Keras, fastest options": lambda: in_keras(jit_compile=True),
}
rows = defaultdict(lambda: {name: [] for name in CONTENDERS})


def timed(job, name, work):
    """Keep the seconds of one turn and return what it made."""
    begin = time.perf_counter()
    result = work()
    rows[job][name].append(time.perf_counter() - begin)
    return result


for _ in range(options.rounds):
    for name, train in CONTENDERS.items():
        predict = timed("training", name, train)
        predict(X_test), predict(X_test[:1])  # The first calls may trace.
        found = timed("probabilities of 25,000", name, partial(predict, X_test))
        timed("probabilities of one", name, partial(predict, X_test[:1]))
        positive = np.asarray(found)[:, -1] > 0.5
        rows["test accuracy"][name].append(np.mean(positive == y_test))
contest.report(options, "training", rows, f"{source}, 40 epochs")
if not options.small:  # They have done the same job.
    assert np.ptp([statistics.median(values) for values in rows["test accuracy"].values()]) < 0.02
