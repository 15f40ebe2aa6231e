"""Training and predicting against plain Keras and scikeras: the tutorial's job.

15,000 sequences of 256 word indices to train for 40 epochs in batches of 512, 10,000 to validate on
after every epoch; then the probabilities of 25,000 sequences.
"""

import contest

options = contest.start(__doc__)

import statistics
import time
from collections import defaultdict

import keras
import numpy as np
from scikeras.wrappers import KerasClassifier

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

texts, y, test_texts, y_test, source = contest.reviews(options)
vectorizer = SequenceVectorizer().fit(texts)
X, X_test = vectorizer.transform(texts), vectorizer.transform(test_texts)
n_val = len(X) * 2 // 5
X_val, y_val, X_fit, y_fit = X[:n_val], y[:n_val], X[n_val:], y[n_val:]


def tutorial_model():
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
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def here():
    """Train with this library's default parameters, which are the tutorial's."""
    classifier = EmbeddingAverageClassifier(input_dim=10_000, random_state=0)
    return classifier.fit(X_fit, y_fit, X_val=X_val, y_val=y_val).predict_proba


def in_scikeras():
    """Train through scikeras."""
    classifier = KerasClassifier(tutorial_model, epochs=40, batch_size=512, verbose=0)
    return classifier.fit(X_fit, y_fit, validation_data=(X_val, y_val)).predict_proba


def in_keras():
    """Train as the tutorial does."""
    model, validation = tutorial_model(), (X_val, y_val)
    model.fit(X_fit, y_fit, epochs=40, batch_size=512, validation_data=validation, verbose=0)
    return lambda rows: model.predict(rows, verbose=0)


CONTENDERS = {"sklearn_imdb": here, "scikeras": in_scikeras, "Keras": in_keras}
rows = defaultdict(lambda: {name: [] for name in CONTENDERS})
for _ in range(options.rounds):
    for name, train in CONTENDERS.items():
        begin = time.perf_counter()
        predict = train()
        rows["training"][name].append(time.perf_counter() - begin)
        predict(X_test[:1])  # The first call may trace.
        begin = time.perf_counter()
        positive = np.asarray(predict(X_test))[:, -1] > 0.5
        rows["probabilities of 25,000"][name].append(time.perf_counter() - begin)
        rows["test accuracy"][name].append(np.mean(positive == y_test))

contest.report(options, "training", rows, f"{source}, 40 epochs")
if not options.small:  # They have done the same job.
    assert np.ptp([statistics.median(values) for values in rows["test accuracy"].values()]) < 0.02
