"""N-grams: how much more is in a review than its average word?
===============================================================

Keras's tutorial averages the embeddings of a review's words and gets 87 % of the reviews right.
Pairs and triples of words say more than words do. Terms that tell the classes apart should count
for more. The preset "ngram" does both. This example compares it, on the same reviews, with the
tutorial's network, Tfidf + LogisticRegression, and NBSVM, from which its weighting comes.

Run it with ``python examples/ngram_accuracy.py``. It takes about a minute on two cores.
"""

import time

import numpy as np
from scipy.sparse import diags
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from _start import load_reviews, parse_options, save_picture
from sklearn_imdb import make_text_classifier

# %%
# NBSVM
# -----
# This is Wang and Manning's baseline in scikit-learn. Each n-gram in a text is multiplied by its
# log-count ratio, and a linear support vector machine follows. C was chosen by cross-validation on
# the training reviews.


class LogCountRatios(TransformerMixin, BaseEstimator):
    """Multiply each column by the log-count ratio of its term; two classes, 0 and 1."""

    def fit(self, X, y):
        """Count the documents of each class that contain each term."""
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
    """Fit each pipeline on the same reviews, and return the accuracies by name."""
    texts, y, test_texts, y_test = load_reviews(options, "train", "test", n_small=600)
    print(f"{'':28}{'test accuracy':>14}{'seconds':>9}")
    accuracies = {}
    for name, pipeline in contenders(options.seed).items():
        start = time.perf_counter()
        accuracies[name] = pipeline.fit(texts, y).score(test_texts, y_test)
        seconds = time.perf_counter() - start
        print(f"{name:28}{accuracies[name]:14.4f}{seconds:9.1f}", flush=True)
    return accuracies


# %%
# The picture
# -----------
# It shows errors, because they are what is left to gain.


def draw(accuracies, options):
    """Draw the share of reviews that each pipeline classifies wrongly."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.4, 2.4), layout="constrained")
    names = sorted(accuracies, key=accuracies.get)
    errors = [100 * (1 - accuracies[name]) for name in names]
    bars = ax.barh(names, errors, color=["C0" if "preset" in name else "0.7" for name in names])
    ax.bar_label(bars, fmt="%.1f %%", padding=3)
    ax.set(xlabel="Test reviews classified wrongly, %", xlim=(0, 1.15 * max(errors)))
    picture = save_picture(figure, options, "ngram_accuracy.png")
    print(f"Drawn: {picture}")


# The benchmarks import `contenders` from this file, without the comparison.
if __name__ == "__main__":
    options = parse_options(__doc__, seed=(0, "seed of the training"))
    draw(compare(options), options)
