"""The Keras backend: its optimizers, schedules and callbacks, and its network to take away
===========================================================================================

SciPy trains the network by default. Keras trains it when you ask for something that only Keras
has. Both start from the same initial weights. This example compares the two, uses Keras's AdamW
with a schedule and a callback, and saves the network as a Keras model.

Run it with ``python examples/keras_in_the_loop.py``. It takes about 15 seconds on two cores.
It needs TensorFlow.
"""

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np

from _start import load_reviews, parse_options, save_picture
from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

options = parse_options(__doc__)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow logs only what went wrong.

# %%
# The reviews
# -----------
# Three quarters are for training and a quarter for validation.

texts, y = load_reviews(options, "train", n=4_000, n_small=800)
print(f"{len(texts)} reviews.")

X = SequenceVectorizer().fit_transform(texts)
n_fit = len(X) * 3 // 4
X_fit, y_fit, X_val, y_val = X[:n_fit], y[:n_fit], X[n_fit:], y[n_fit:]
epochs = 8 if options.small else 10


def fitted(**parameters):
    """Train a classifier, and print what trained it and how long it took."""
    classifier = EmbeddingAverageClassifier(
        input_dim=10_000, epochs=epochs, batch_size=64, learning_rate=0.005, random_state=0
    ).set_params(**parameters)
    start = time.perf_counter()
    classifier.fit(X_fit, y_fit, X_val=X_val, y_val=y_val)
    print(
        f"{classifier.backend_} took {time.perf_counter() - start:.1f} s: "
        f"accuracy {classifier.score(X_val, y_val):.4f} on validation reviews"
    )
    return classifier


# %%
# One network, two backends
# -------------------------
# SciPy trains first, because nothing needs Keras. Then Keras trains, because ``backend`` asks for
# it. The weights are the same but for rounding. The time of Keras includes the import of
# TensorFlow.

by_scipy, by_keras = fitted(), fitted(backend="keras")
difference = max(
    np.abs(one - other).max() for one, other in zip(by_scipy.coefs_, by_keras.coefs_, strict=True)
)
print(f"The dense layers' weights differ by {difference:.0e} at most.")

# %%
# What only Keras has
# -------------------
# Here are an optimizer with a schedule of learning rates, and a callback of Keras. They need no
# ``backend="keras"``: the default "auto" sees that Keras is needed.

import keras  # noqa: E402  # TensorFlow reads the variable set above when it is imported.

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
# ``model_`` is a ``keras.Sequential`` of stock layers, here of the network that SciPy trained. It
# can be saved in Keras's format, served like any Keras model, or become part of another model.

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
picture = save_picture(figure, options, "keras_in_the_loop.png")
print(f"Validation losses: {picture}")
