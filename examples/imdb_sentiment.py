"""Is a film review positive or negative?

The main job of this library, from reviews to predictions: fetch the 50,000 reviews of IMDB, fit
the network of Keras's tutorial to the training half, stopping early, evaluate it on the other
half, save it, load it, and classify new sentences.

Run it with ``python examples/imdb_sentiment.py``. It takes 10 seconds with the reviews on disk.
The first run downloads 84 MB; ``--data-home`` names the folder that has the data or is to have it.
Where the reviews are not to be had, it says so and goes on with generated ones. It leaves the
fitted pipeline in ``sentiment.joblib``, and a picture, which needs matplotlib, the extra
``sklearn-imdb[plot]``.
"""

# %%
# Options
# -------

import argparse
import time
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
from sklearn.metrics import accuracy_score, log_loss

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import fetch_imdb, make_reviews

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--data-home", help="folder of the data; default: ~/scikit_learn_data")
parser.add_argument("--pictures", type=Path, default=Path(), help="folder for them; default: .")
parser.add_argument("--model", type=Path, default=Path("sentiment.joblib"), help="file to save to")
parser.add_argument("--small", action="store_true", help="2,000 reviews only, to try it out")
parser.add_argument("--seed", type=int, default=0, help="of the training; default: 0")
options = parser.parse_args()

# %%
# The reviews
# -----------
# Half of them are positive; the best a coin can do is 50 %.

print("Fetching the reviews of IMDB; the first time that takes a while ...", flush=True)
try:
    train = fetch_imdb(subset="train", data_home=options.data_home, verbose=1)
    test = fetch_imdb(subset="test", data_home=options.data_home, verbose=1)
    train_texts, y_train, test_texts, y_test = train.data, train.target, test.data, test.target
    print(f"{len(train_texts)} reviews to train and {len(test_texts)} to test, by IMDB's users.")
except OSError as error:
    print(f"\nNO REAL DATA: {error}\n")
    texts, y = make_reviews(20_000, mean_length=200, random_state=0)
    train_texts, y_train, test_texts, y_test = (
        texts[:10_000],
        y[:10_000],
        texts[10_000:],
        y[10_000:],
    )
    print("Going on with 20,000 GENERATED reviews; the figures below are theirs, not IMDB's.")

if options.small:
    train_texts, y_train = train_texts[:1_000], y_train[:1_000]
    test_texts, y_test = test_texts[:1_000], y_test[:1_000]

# %%
# Training
# --------
# A tenth of the training reviews is held out; training ends when the loss on those has not
# become smaller for two epochs, and the best weights are kept.

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

joblib.dump(pipeline, options.model)
print(f"Saved to {options.model}, {options.model.stat().st_size / 1e6:.1f} MB, and loaded again.")
loaded = joblib.load(options.model)

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
# Most reviews are near one end. Where the two humps overlap, in the middle, it is wrong most.

plt.switch_backend("agg")  # Pictures go to files.
plt.style.use(Path(__file__).with_name("style.mplstyle"))
figure, ax = plt.subplots(figsize=(5.8, 3.6), layout="constrained")
for label, name, style in (
    (0, "negative reviews", {"color": "C1", "hatch": "//"}),
    (1, "positive reviews", {"color": "C0"}),
):
    shares = probabilities[y_test == label, 1]
    ax.hist(shares, bins=40, range=(0, 1), alpha=0.6, label=name, **style)
ax.set(xlabel="Probability of being positive", ylabel="Test reviews")
ax.legend(loc="upper center")
options.pictures.mkdir(parents=True, exist_ok=True)
picture = options.pictures / "imdb_sentiment.png"
figure.savefig(picture)
print(f"How sure it is of the test reviews: {picture}")
