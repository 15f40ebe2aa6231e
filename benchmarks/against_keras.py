"""Training and predicting against plain Keras and scikeras: the tutorial's job, interleaved.

15,000 sequences of 256 word indices to train for 40 epochs in batches of 512, 10,000 to validate on
after every epoch; then the probabilities of 25,000 sequences, and of one. Every contender takes its
turn in every round, and what is printed is the medians and their ratios.

Run it with ``python benchmarks/against_keras.py``. The reviews are IMDB's where ``--data-home`` has
them, else generated ones of about the same length.
"""

import argparse
import os
import platform
import statistics
import time
from collections import defaultdict
from importlib.metadata import version

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from scikeras.wrappers import KerasClassifier

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
from sklearn_imdb.datasets import fetch_imdb, make_reviews

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--data-home", help="folder that has IMDB's reviews")
parser.add_argument("--rounds", type=int, default=5, help="turns of each contender; default: 5")
parser.add_argument("--epochs", type=int, default=40, help="default: 40, as in the tutorial")
options = parser.parse_args()

try:
    train = fetch_imdb(data_home=options.data_home, download_if_missing=False)
    test = fetch_imdb(subset="test", data_home=options.data_home, download_if_missing=False)
    texts, y, test_texts, y_test = train.data, train.target, test.data, test.target
    source = "IMDB's reviews"
except OSError as error:
    print(error)
    texts, y = make_reviews(50_000, mean_length=230, random_state=0)
    test_texts, texts, y_test, y = texts[25_000:], texts[:25_000], y[25_000:], y[:25_000]
    source = "generated reviews"

vectorizer = SequenceVectorizer().fit(texts)
X, X_test = vectorizer.transform(texts), vectorizer.transform(test_texts)
X_val, y_val, X_fit, y_fit = X[:10_000], y[:10_000], X[10_000:], y[10_000:]


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


def train_here():
    """Train here: the backend that needs no TensorFlow."""
    classifier = EmbeddingAverageClassifier(input_dim=10_000, epochs=options.epochs, random_state=0)
    return classifier.fit(X_fit, y_fit, X_val=X_val, y_val=y_val).predict_proba


def train_in_keras():
    """Train as the tutorial does."""
    model = tutorial_model()
    model.fit(
        X_fit,
        y_fit,
        epochs=options.epochs,
        batch_size=512,
        validation_data=(X_val, y_val),
        verbose=0,
    )
    return lambda rows: model.predict(rows, verbose=0)


def train_in_scikeras():
    """Train the same through scikeras."""
    classifier = KerasClassifier(tutorial_model, epochs=options.epochs, batch_size=512, verbose=0)
    return classifier.fit(X_fit, y_fit, validation_data=(X_val, y_val)).predict_proba


CONTENDERS = {
    "sklearn_imdb": train_here,
    "Keras": train_in_keras,
    "scikeras": train_in_scikeras,
}
JOBS = ("training", "predicting 25,000", "predicting 1")
times, accuracies = defaultdict(list), defaultdict(list)
for round_ in range(options.rounds):
    for name, train_contender in CONTENDERS.items():
        start = time.perf_counter()
        predict = train_contender()
        times[name, "training"].append(time.perf_counter() - start)
        predict(X_test[:1])  # The first call may trace.
        positive = np.asarray(predict(X_test))[:, -1] > 0.5
        accuracies[name].append(np.mean(positive == y_test))
        for job, rows in (("predicting 25,000", X_test), ("predicting 1", X_test[:1])):
            start = time.perf_counter()
            predict(rows)
            times[name, job].append(time.perf_counter() - start)
    print(f"round {round_ + 1} of {options.rounds} done", flush=True)

packages = ("numpy", "scipy", "scikit-learn", "tensorflow", "keras", "scikeras")
print(
    f"\n{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, Python "
    f"{platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in packages)}; "
    f"{source}, {options.epochs} epochs, medians of {options.rounds}\n"
)
print(f"| {'job':20} | " + " | ".join(f"{name:>21}" for name in CONTENDERS) + " |")
print("| --- |" + " ---: |" * len(CONTENDERS))
for job in JOBS:
    medians = {name: statistics.median(times[name, job]) for name in CONTENDERS}
    cells = []
    for name, seconds in medians.items():
        ratio = "" if name == "sklearn_imdb" else f" ({seconds / medians['sklearn_imdb']:.1f} x)"
        figure = f"{seconds * 1e3:.3f} ms" if seconds < 0.01 else f"{seconds:.2f} s"
        cells.append(f"{figure + ratio:>21}")
    print(f"| {job:20} | " + " | ".join(cells) + " |")
if options.epochs >= 40:  # They have done the same job.
    assert np.ptp([statistics.median(accuracies[name]) for name in CONTENDERS]) < 0.02
