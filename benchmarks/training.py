"""Training and predicting against scikeras and Keras: the tutorial's job.

15,000 sequences of 256 word indices to train for 40 epochs in batches of 512, 10,000 to validate on
after every epoch; then the probabilities of 25,000 sequences and of one. scikeras is called as its
users call it, which costs what Keras costs as the tutorial calls it; Keras with the fastest options
tried: compiled by XLA, predicting in batches of 4,096, one by `predict_on_batch`.
"""

import contest

options = contest.start(__doc__)

import statistics
import time
from collections import defaultdict
from functools import partial

import numpy as np
from scikeras.wrappers import KerasClassifier

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

texts, y, test_texts, y_test, source = contest.reviews(options)
vectorizer = SequenceVectorizer().fit(texts)
X, X_test = vectorizer.transform(texts), vectorizer.transform(test_texts)
n_val = len(X) * 2 // 5
X_val, y_val, X_fit, y_fit = X[:n_val], y[:n_val], X[n_val:], y[n_val:]


def here():
    """Train with this library's default parameters, which are the tutorial's."""
    classifier = EmbeddingAverageClassifier(input_dim=10_000, random_state=0)
    return classifier.fit(X_fit, y_fit, X_val=X_val, y_val=y_val).predict_proba


def in_scikeras():
    """Train through scikeras."""
    classifier = KerasClassifier(contest.tutorial_model, epochs=40, batch_size=512, verbose=0)
    return classifier.fit(X_fit, y_fit, validation_data=(X_val, y_val)).predict_proba


def in_keras():
    """Train in Keras itself, with the options that make it fast."""
    model, validation = contest.tutorial_model(jit_compile=True), (X_val, y_val)
    model.fit(X_fit, y_fit, epochs=40, batch_size=512, validation_data=validation, verbose=0)

    def predict(rows):
        if len(rows) == 1:
            return model.predict_on_batch(rows)
        return model.predict(rows, batch_size=4096, verbose=0)

    return predict


CONTENDERS = {"sklearn_imdb": here, "scikeras": in_scikeras, "Keras, fastest options": in_keras}
rows = defaultdict(lambda: {name: [] for name in CONTENDERS})


def timed(job, name, work):
    """Keep the seconds of one turn and return what it made."""
    begin = time.perf_counter()
    result = work()
    rows[job][name].append(time.perf_counter() - begin)
    return result


for turn in range(options.rounds):
    for name in contest.shuffled(CONTENDERS, turn):
        predict = timed("training", name, CONTENDERS[name])
        predict(X_test), predict(X_test[:1])  # The first calls may trace.
        found = timed("probabilities of 25,000", name, partial(predict, X_test))
        timed("probabilities of one", name, partial(predict, X_test[:1]))
        positive = np.asarray(found)[:, -1] > 0.5
        rows["test accuracy"][name].append(np.mean(positive == y_test))
contest.report(options, "training", rows, f"{source}, 40 epochs")
if not options.small:  # They have done the same job.
    assert np.ptp([statistics.median(values) for values in rows["test accuracy"].values()]) < 0.02
