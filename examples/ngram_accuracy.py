"""How much more is in a review than its average word?

Keras's tutorial averages the embeddings of a review's words and gets 87 % of the reviews right.
Pairs and triples of words say more than words do, and those that tell the classes apart should
count for more. The preset "ngram" does both. This example sets it beside the tutorial's network,
Tfidf + LogisticRegression, and NBSVM, whose idea of weighting it takes up, all on the same reviews.

Run it with ``python examples/ngram_accuracy.py``; it takes some three minutes. ``--data-home``
names the folder that has IMDB's reviews or is to have them.
"""

# %%

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.sparse import diags
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import fetch_imdb, make_reviews

# %%
# NBSVM
# -----
# Wang and Manning's baseline in scikit-learn: which n-grams are in a text, each times its
# log-count ratio, in front of a linear support vector machine. C is chosen by cross-validation on
# the training reviews.


class LogCountRatios(TransformerMixin, BaseEstimator):
    """Multiply each column by the log-count ratio of its term; two classes, 0 and 1."""

    def fit(self, X, y):
        """Count the documents of each class that hold each term."""
        counts = [np.asarray(X[y == label].sum(axis=0)).ravel() + 1 for label in (0, 1)]
        negative, positive = (count / count.sum() for count in counts)
        self.ratios_ = np.log(positive / negative)
        return self

    def transform(self, X):
        """Scale the columns."""
        return X @ diags(self.ratios_)


def contenders(seed):
    """Return the pipelines to compare, by name."""
    ngram = make_text_classifier("ngram", random_state=seed)
    terms = CountVectorizer(
        binary=True,
        ngram_range=ngram["vectorizer"].ngram_range,
        min_df=3,
        token_pattern=r"'\w+|\w+|[^\w\s']+",
    )
    svm = LinearSVC(C=0.003, random_state=seed)
    return {
        "preset ngram": ngram,
        "NBSVM": make_pipeline(terms, LogCountRatios(), svm),
        "Tfidf + LogisticRegression": make_pipeline(TfidfVectorizer(), LogisticRegression()),
        "preset tutorial": make_text_classifier("tutorial", random_state=seed),
    }


# %%
# The comparison
# --------------


def compare(options):
    """Fit each on the same reviews; print a table and draw it."""
    try:
        train, test = (
            fetch_imdb(subset=subset, data_home=options.data_home) for subset in ("train", "test")
        )
        texts, y, test_texts, y_test = train.data, train.target, test.data, test.target
    except OSError as error:
        print(f"\nNO REAL DATA: {error}\n")
        texts, y = make_reviews(8_000, mean_length=100, random_state=0)
        texts, y, test_texts, y_test = texts[:4_000], y[:4_000], texts[4_000:], y[4_000:]
        print("Going on with GENERATED reviews; the figures below are theirs, not IMDB's.")
    if options.small:
        texts, y, test_texts, y_test = texts[:600], y[:600], test_texts[:600], y_test[:600]
    print(f"{'':28}{'test accuracy':>14}{'seconds':>9}")
    accuracies = {}
    for name, pipeline in contenders(options.seed).items():
        start = time.perf_counter()
        accuracies[name] = pipeline.fit(texts, y).score(test_texts, y_test)
        seconds = time.perf_counter() - start
        print(f"{name:28}{accuracies[name]:14.4f}{seconds:9.1f}", flush=True)
    draw(accuracies, options.pictures)


# %%
# The picture
# -----------
# Errors, not hits, because they are what is left to gain.


def draw(accuracies, folder):
    """Draw the share of reviews that each gets wrong."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    plt.style.use(Path(__file__).with_name("style.mplstyle"))

    figure, ax = plt.subplots(figsize=(6.4, 2.4), layout="constrained")
    names = sorted(accuracies, key=accuracies.get)
    errors = [100 * (1 - accuracies[name]) for name in names]
    bars = ax.barh(names, errors, color=["C0" if "preset" in name else "0.7" for name in names])
    ax.bar_label(bars, fmt="%.1f %%", padding=3)
    ax.set(xlabel="Test reviews classified wrongly, %", xlim=(0, 1.15 * max(errors)))
    path = Path(folder) / "ngram_accuracy.png"
    figure.savefig(path)
    print(f"Drawn: {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-home", help="folder of the data; default: ~/scikit_learn_data")
    parser.add_argument("--small", action="store_true", help="600 reviews only, to try it out")
    parser.add_argument("--seed", type=int, default=0, help="of the training; default: 0")
    parser.add_argument("--pictures", default=".", help="folder for the picture; default: here")
    compare(parser.parse_args())
