"""Regularization: stopping early, dropout and an L2 penalty against overfitting
================================================================================

The network of Keras's tutorial overfits before its 40 epochs are over, as ``imdb_tutorial.py``
shows. This example trains it again with what the tutorial only hints at: stopping early, dropout,
and an L2 penalty. It compares the losses, and saves the best network.

Run it with ``python examples/regularization.py``. It takes about 15 seconds on two cores.
It needs TensorFlow, to save the network in Keras's format.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import joblib
import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from _start import load_reviews, parse_options, save_picture
from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

options = parse_options(__doc__, seed=(0, "seed of the trainings"))

# %%
# The reviews
# -----------
# They are encoded as in the tutorial, and two fifths of the training reviews are for validation.

texts, y, test_texts, y_test = load_reviews(options, "train", "test", n_small=2_000)
vectorizer = SequenceVectorizer()
X, X_test = vectorizer.fit_transform(texts), vectorizer.transform(test_texts)
n_val = len(X) * 2 // 5
X_val, y_val, X_fit, y_fit = X[:n_val], y[:n_val], X[n_val:], y[n_val:]
print(f"{len(X_fit)} reviews for training, {len(X_val)} for validation")


def fitted(name, **parameters):
    """Train a classifier with some parameters, and print its losses and its test accuracy."""
    classifier = EmbeddingAverageClassifier(
        input_dim=vectorizer.num_words,
        batch_size=32 if options.small else 512,  # Few reviews make few batches to learn from.
        random_state=options.seed,
    )
    classifier.set_params(**parameters)
    classifier.fit(X_fit, y_fit, X_val=X_val, y_val=y_val)
    seen = log_loss(y_fit, classifier.predict_proba(X_fit))
    unseen = log_loss(y_val, classifier.predict_proba(X_val))
    print(
        f"{name:18} epoch {classifier.kept_epoch_:2} kept: loss {seen:.4f} on training reviews, "
        f"{unseen:.4f} on validation reviews; test accuracy {classifier.score(X_test, y_test):.4f}"
    )
    return classifier


# %%
# Stopping early
# --------------
# Training ends when the validation loss has not fallen for two epochs. The weights of the best
# epoch are kept. Without ``X_val`` the classifier would hold out a tenth of the training reviews.

tutorial = fitted("the tutorial")
stopped = fitted("stopping early", early_stopping=True)

# %%
# Dropout and an L2 penalty
# -------------------------
# Dropout leaves out half of the units at random in every step. The penalty adds the squared weights
# of the dense layers to the loss. Both keep the network from learning reviews by heart.

variants = {
    "dropout .5": {"dropout": 0.5},
    "l2 .001": {"l2": 0.001},
    "both": {"dropout": 0.5, "l2": 0.001},
}
regularized = {name: fitted(name, **parameters) for name, parameters in variants.items()}

# %%
# The losses over the epochs
# --------------------------
# As in Keras, the curves include the penalty, so they lie higher from the start. The losses printed
# above do not include it.

figure, ax = plt.subplots(figsize=(5.8, 3.8), layout="constrained")
styles = ("-", "--", "-.", ":")
curves = {"the tutorial": tutorial, **regularized}
for (name, classifier), style in zip(curves.items(), styles, strict=True):
    losses = classifier.history_["val_loss"]
    ax.plot(range(1, len(losses) + 1), losses, style, label=name)
ax.axvline(stopped.kept_epoch_, color="0.6", label="stopping early")
ax.set(xlabel="Epoch", ylabel="Validation loss, penalty included")
ax.legend()
picture = save_picture(figure, options, "regularization.png")
print(f"Validation loss with dropout and an L2 penalty: {picture}")

# %%
# Saving and restoring
# --------------------
# joblib saves the whole pipeline, from texts to labels. Keras's own format saves the network alone.

pipeline = make_pipeline(vectorizer, stopped)
with TemporaryDirectory() as folder:
    path = Path(folder) / "pipeline.joblib"
    joblib.dump(pipeline, path)
    restored = joblib.load(path)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB;", end=" ")
    same = np.array_equal(restored.predict_proba(test_texts), pipeline.predict_proba(test_texts))
    print(f"the same predictions to the last bit: {same}")

    path = Path(folder) / "network.keras"
    stopped.model_.save(path)
    in_keras = keras.saving.load_model(path).predict(X_test[:1000], verbose=0)[:, 0]
    difference = np.abs(in_keras - stopped.predict_proba(X_test[:1000])[:, 1]).max()
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB;", end=" ")
    print(f"Keras's predictions differ by {difference:.0e} at most")
