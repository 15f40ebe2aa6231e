"""A first pipeline: is a film review positive or negative?
===========================================================

This example shows the main job of the library, from reviews to predictions. It fetches the 50,000
reviews of IMDB and learns from half of them. It classifies the other half, beside a linear support
vector machine on tf-idf of words and pairs. It explains a sentence, draws what it found, and saves
the pipeline.

Run it with ``python examples/imdb_sentiment.py``. It took 21 seconds on two idle cores of an AMD
EPYC server on 2026-11-27, and 48 on an earlier EPYC. The first run also downloads 84 MB.
"""

import time
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from _start import load_reviews, name_file, parse_options, save_picture
from sklearn_imdb import make_text_classifier
from sklearn_imdb.inspection import ClassWordsDisplay, explain_html, token_contributions

options = parse_options(
    __doc__, model=(Path("sentiment.joblib"), "file to save to"), seed=(0, "seed of the training")
)
options.model.parent.mkdir(parents=True, exist_ok=True)  # An error now, not after the training.

# %%
# The reviews
# -----------
# Half of them are positive, so guessing gets 50 % right.

train_texts, y_train, test_texts, y_test = load_reviews(options, "train", "test")
print(f"{len(train_texts):,} reviews to train and {len(test_texts):,} to test.")

# %%
# What one would use instead
# --------------------------
# This is scikit-learn's usual answer. On long reviews it takes longer, because it counts every pair
# of words. So another process trains it meanwhile.


def fit_peer():
    """Return what the usual answer predicts of the test reviews, and the seconds it takes."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    peer = make_pipeline(words, LinearSVC(random_state=options.seed), verbose=True)
    start = time.perf_counter()
    predicted = peer.fit(train_texts, y_train).predict(test_texts)
    return predicted, time.perf_counter() - start


meanwhile = joblib.Parallel(n_jobs=2, return_as="generator")([joblib.delayed(fit_peer)()])

# %%
# Training
# --------
# ``make_text_classifier`` makes the pipeline to try first on texts of your own. It counts words,
# pairs and triples of words, and trains the network for two epochs.

print("\nmake_text_classifier()")
pipeline = make_text_classifier(random_state=options.seed, verbose=2)
start = time.perf_counter()
pipeline.fit(train_texts, y_train)
probabilities = pipeline.predict_proba(test_texts)
seconds = time.perf_counter() - start

# %%
# How good is it?
# ---------------

predicted = pipeline.classes_[probabilities.argmax(axis=1)]
print("\nWaiting for Tfidf(1, 2) + LinearSVC ...", flush=True)
[[peer_predicted, peer_seconds]] = meanwhile
accuracies = {
    "Tfidf(1, 2) + LinearSVC": np.mean(peer_predicted == y_test),
    "make_text_classifier()": np.mean(predicted == y_test),
}
print(f"\n{'':24} test accuracy  fit and predict")
for (name, accuracy), took in zip(accuracies.items(), (peer_seconds, seconds), strict=True):
    print(f"{name:24} {accuracy:13.4f} {took:13.1f} s")

# %%
# How sure is it?
# ---------------
# A ``LinearSVC`` has no probabilities, and the network has. On IMDB they are too careful: of the
# reviews that get 80 %, more than 80 % are positive. scikit-learn's ``CalibratedClassifierCV``
# mends that where it matters.

print(f"\nTest loss: {log_loss(y_test, probabilities):.4f}")
true_shares, mean_probabilities = calibration_curve(y_test, probabilities[:, 1], n_bins=10)
is_between = (probabilities[:, 1] >= 0.7) & (probabilities[:, 1] < 0.9)
print(
    f"{is_between.sum():,} test reviews are positive with a probability of 70 to 90 %, "
    f"{probabilities[is_between, 1].mean():.1%} in the mean. "
    f"{y_test[is_between].mean():.1%} of them are positive."
)

# %%
# Why?
# ----
# The contributions of the words, pairs and triples add up to the logit, which the sigmoid turns
# into the probability. A notebook shows the page by itself.

sentence = (
    "The plot is predictable and the villain is weak, but I enjoyed it: the acting is superb."
)
[explained] = token_contributions(pipeline, [sentence])
[[_, positive]] = pipeline.predict_proba([sentence])
print(f"\n{sentence}\n{positive:.1%} positive, because:")
order = np.argsort(explained.contributions)
for number in [*order[:-4:-1], *order[2::-1]]:
    print(f"{explained.contributions[number]:+.3f} {explained.tokens[number]}")
total = explained.contributions.sum()
print(f"All {len(order)} add up to {total:+.3f}. Without words the logit is", end=" ")
print(f"{explained.baseline:+.3f}, and with them {explained.logit:+.3f}.")

explanation = explain_html(pipeline, sentence, target_names=["negative", "positive"])
page = name_file(options, options.pictures / "imdb_sentiment.html")
explanation.save(page)
print(f"The same as a page: {page}")
explanation

# %%
# The same as a picture
# ---------------------
# The upper left shows errors, because they are what is left to gain. The lower left compares the
# probabilities with the shares of positive reviews. The right half shows the words that speak most
# for each class. Some people write a mark into their review, as in "10 out of 10" and "Grade: B".
# So parts of marks are among the words.

figure, axes = plt.subplot_mosaic(
    [["errors", "negative", "positive"], ["calibration", "negative", "positive"]],
    figsize=(11, 5.4),
    width_ratios=[1.3, 1, 1],
    height_ratios=[1, 2.2],
    layout="constrained",
)
errors = [100 * (1 - accuracy) for accuracy in accuracies.values()]
bars = axes["errors"].barh(list(accuracies), errors, color=["0.7", "C0"])
axes["errors"].bar_label(bars, fmt="%.1f %%", padding=3)
axes["errors"].set(title="Test reviews classified wrongly", xlim=(0, 1.25 * max(errors)))
axes["errors"].set_xticks([])
axes["calibration"].plot([0, 1], [0, 1], color="0.6", linestyle=":", label="perfect")
axes["calibration"].plot(mean_probabilities, true_shares, "o-", label="make_text_classifier()")
axes["calibration"].set(
    title="Probabilities beside the true shares",
    xlabel="Mean probability of being positive",
    ylabel="Share that is positive",
)
axes["calibration"].legend(loc="upper left", frameon=False, fontsize="small")
ClassWordsDisplay.from_estimator(
    pipeline,
    n=12,
    target_names=["Words for negative", "Words for positive"],
    ax=[axes["negative"], axes["positive"]],
)
picture = save_picture(figure, options, "imdb_sentiment.png")
print(f"The same as a picture: {picture}")

# %%
# Saving and loading
# ------------------
# The whole pipeline, vocabulary included, is one file.

model = name_file(options, options.model)
joblib.dump(pipeline, model)
print(f"\nSaved to {model}, {model.stat().st_size / 1e6:.1f} MB, and loaded again.")
loaded = joblib.load(model)
sentences = [
    "An excellent film: the acting is superb and the story is moving.",
    "Terrible. The script is dull, the pace is tedious, and I hated the ending.",
    "Not a bad film, though I would not watch it again.",
]
for sentence, (_, positive) in zip(sentences, loaded.predict_proba(sentences), strict=True):
    print(f"{positive:7.1%} positive: {sentence}")
