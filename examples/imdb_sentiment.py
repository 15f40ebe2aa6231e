"""A first pipeline: is a film review positive or negative?
===========================================================

This example shows the main job of the library, from reviews to predictions. It fetches the 50,000
reviews of IMDB and fits the network of Keras's tutorial to half of them, stopping early. It
evaluates the network on the other half, saves it, loads it, and classifies new sentences.

Run it with ``python examples/imdb_sentiment.py``. It takes about 5 seconds on two cores.
The first run also downloads 84 MB.
"""

import time
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
from sklearn.metrics import accuracy_score, log_loss

from _start import load_reviews, name_file, parse_options, save_picture
from sklearn_imdb import make_text_classifier

options = parse_options(
    __doc__,
    model=(Path("sentiment.joblib"), "file to save to"),
    seed=(0, "seed of the training"),
)

# %%
# The reviews
# -----------
# Half of them are positive, so guessing gets 50 % right.

train_texts, y_train, test_texts, y_test = load_reviews(options, "train", "test")
print(f"{len(train_texts)} reviews to train and {len(test_texts)} to test.")

# %%
# Training
# --------
# A tenth of the training reviews is held out. Training ends when the loss on the held-out reviews
# has not fallen for two epochs. The weights of the best epoch are kept.

pipeline = make_text_classifier("tutorial", random_state=options.seed, verbose=2)
start = time.perf_counter()
pipeline.fit(train_texts, y_train)
seconds = time.perf_counter() - start

classifier = pipeline["classifier"]
print(
    f"Trained in {seconds:.1f} s, encoding included: {classifier.n_iter_} epochs, of which "
    f"epoch {classifier.best_epoch_} was best and is kept."
)

# %%
# How good is it?
# ---------------

probabilities = pipeline.predict_proba(test_texts)
print(f"Test loss:     {log_loss(y_test, probabilities):.4f}")
print(f"Test accuracy: {accuracy_score(y_test, probabilities.argmax(axis=1)):.4f}")

# %%
# Saving and loading
# ------------------
# The whole pipeline, vocabulary included, is one small file.

model = name_file(options, options.model)
joblib.dump(pipeline, model)
print(f"Saved to {model}, {model.stat().st_size / 1e6:.1f} MB, and loaded again.")
loaded = joblib.load(model)

# %%
# New sentences
# -------------

sentences = [
    "An excellent film: the acting is superb and the story is moving.",
    "Terrible. The script is dull, the pace is tedious, and I hated the ending.",
    "The cast is charming, though the plot is rather weak.",
]
for sentence, (_, positive) in zip(sentences, loaded.predict_proba(sentences), strict=True):
    print(f"{positive:7.1%} positive: {sentence}")

# %%
# How sure is it?
# ---------------
# Most probabilities are near 0 or 1. Most errors lie in the middle, where the two humps overlap.

figure, ax = plt.subplots(figsize=(5.8, 3.6), layout="constrained")
for label, name, style in (
    (0, "negative reviews", {"color": "C1", "hatch": "//"}),
    (1, "positive reviews", {"color": "C0"}),
):
    shares = probabilities[y_test == label, 1]
    ax.hist(shares, bins=40, range=(0, 1), alpha=0.6, label=name, **style)
ax.set(xlabel="Probability of being positive", ylabel="Test reviews")
ax.legend(loc="upper center")
picture = save_picture(figure, options, "imdb_sentiment.png")
print(f"How sure it is of the test reviews: {picture}")
