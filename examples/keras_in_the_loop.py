"""Keras in the loop: its optimizers, schedules and callbacks, and its network to take away.

By default the network is trained by SciPy. Asked for what only Keras has, it is trained by Keras,
from the same initial weights; and whichever trained it, the network is to be had as a Keras model.

Run it with ``python examples/keras_in_the_loop.py``; it needs TensorFlow, and matplotlib, the extra
``sklearn-imdb[plot]``. Where the reviews are not to be had it goes on with generated ones.
"""

# %%
# Options
# -------

import argparse
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
from sklearn_imdb.datasets import fetch_imdb, make_reviews

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--data-home", help="folder of the data; default: ~/scikit_learn_data")
parser.add_argument("--pictures", type=Path, default=Path(), help="folder for them; default: .")
parser.add_argument(
    "--small", action="store_true", help="few reviews, and no download, to try it out"
)
options = parser.parse_args()
options.pictures.mkdir(parents=True, exist_ok=True)
plt.switch_backend("agg")  # Pictures go to files.
plt.style.use(Path(__file__).with_name("style.mplstyle"))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow is to say what went wrong only.

# %%
# The reviews
# -----------
# Three quarters to train, a quarter to validate on.

try:
    train = fetch_imdb(data_home=options.data_home, download_if_missing=not options.small)
    texts, y = train.data, train.target
except OSError as error:
    print(f"\nNO REAL DATA: {error}\n\nGoing on with GENERATED reviews.\n")
    texts, y = make_reviews(4_000, mean_length=100, random_state=0)
n_reviews = 800 if options.small else 4_000
texts, y = texts[:n_reviews], y[:n_reviews]
print(f"{len(texts)} reviews.")

X = SequenceVectorizer().fit_transform(texts)
n_fit = len(X) * 3 // 4
X_fit, y_fit, X_val, y_val = X[:n_fit], y[:n_fit], X[n_fit:], y[n_fit:]
epochs = 8 if options.small else 10


def fitted(**parameters):
    """Train a classifier, and say what trained it and how long it took."""
    classifier = EmbeddingAverageClassifier(
        input_dim=10_000, epochs=epochs, batch_size=64, learning_rate=0.005, random_state=0
    ).set_params(**parameters)
    start = time.perf_counter()
    classifier.fit(X_fit, y_fit, X_val=X_val, y_val=y_val)
    print(
        f"{classifier.backend_} took {time.perf_counter() - start:.1f} s: "
        f"{classifier.score(X_val, y_val):.4f} right on validation reviews"
    )
    return classifier


# %%
# One network, two backends
# -------------------------
# SciPy, because nothing needs Keras; then Keras, because it was asked for. The weights are the
# same, but for rounding. (The first fit in Keras has TensorFlow imported, too.)

by_scipy, by_keras = fitted(), fitted(backend="keras")
difference = max(
    np.abs(one - other).max() for one, other in zip(by_scipy.coefs_, by_keras.coefs_, strict=True)
)
print(f"The dense layers' weights differ by {difference:.0e} at most.")

# %%
# What only Keras has
# -------------------
# An optimizer with a schedule of learning rates, and a callback of Keras's. Nothing else is to be
# said: `backend="auto"` sees what it takes.

import keras  # noqa: E402  # Here, because nothing before needs it.

schedule = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=epochs * (n_fit // 64 + 1))


class LearningRates(keras.callbacks.Callback):
    """Print the learning rate after the first epoch and the last."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch in (0, epochs - 1):
            rate = float(self.model.optimizer.learning_rate)
            print(f"  learning rate after epoch {epoch + 1}: {rate:.5f}")


by_adamw = fitted(
    optimizer=keras.optimizers.AdamW(schedule, weight_decay=0.01), callbacks=[LearningRates()]
)

# %%
# The network to take away
# ------------------------
# `model_` is a `keras.Sequential` of stock layers, here of the network that SciPy trained. It can
# be saved in Keras's format, served by whatever serves Keras, or be a part of another model.

model = by_scipy.model_
print(", ".join(layer.name for layer in model.layers), f"{model.count_params():,} parameters")
with TemporaryDirectory() as folder:
    model.save(Path(folder) / "network.keras")
    restored = keras.saving.load_model(Path(folder) / "network.keras")
in_keras = restored.predict(X_val, verbose=0)[:, 0]
difference = np.abs(in_keras - by_scipy.predict_proba(X_val)[:, 1]).max()
print(f"Its predictions differ from the classifier's by {difference:.0e} at most.")

# %%
# The trainings side by side
# --------------------------

figure, ax = plt.subplots(figsize=(5.8, 3.8), layout="constrained")
curves = {"SciPy, Adam": by_scipy, "Keras, Adam": by_keras, "Keras, AdamW and a schedule": by_adamw}
styles = (("C0", "-", 6), ("C2", "--", 2), ("0.2", ":", 2))  # The first two coincide.
for (name, classifier), (colour, style, width) in zip(curves.items(), styles, strict=True):
    losses = classifier.history_["val_loss"]
    ax.plot(range(1, epochs + 1), losses, style, color=colour, label=name, linewidth=width)
ax.set(xlabel="Epoch", ylabel="Validation loss", xticks=range(1, epochs + 1))
ax.legend()
picture = options.pictures / "keras_in_the_loop.png"
figure.savefig(picture)
print(f"Validation losses: {picture}")
