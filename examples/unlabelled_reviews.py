"""Unlabelled reviews: what are 50,000 of them worth?
=====================================================

IMDB's archive has as many reviews without a rating as with one. In this example a pipeline that was
trained on the labelled reviews labels the others. A second pipeline learns from both. It
can judge n-grams that too few of the labelled reviews contain.

Run it with ``python examples/unlabelled_reviews.py``. It takes about 45 seconds on two cores,
and 2.5 GB of memory.
"""

import numpy as np
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline

from _start import load_reviews, parse_options, save_picture
from sklearn_imdb import make_text_classifier

# %%
# Two trainings
# -------------
# The vocabulary is that of the labelled reviews, because classes are needed to choose it. The
# second training leaves out reviews for which the first one has a probability below 0.6. It has
# three times as many reviews, so half the epochs are enough.


def self_trained(texts, y, unlabelled, seed):
    """Return a fitted pipeline that has learned from unlabelled texts as well."""
    vectorizer, classifier = make_text_classifier("ngram", random_state=seed)
    X, X_unlabelled = vectorizer.fit_transform(texts, y), vectorizer.transform(unlabelled)
    probabilities = classifier.fit(X, y).predict_proba(X_unlabelled)
    is_sure = probabilities.max(axis=1) >= 0.6
    print(f"The first training is sure of {is_sure.mean():.0%} of the unlabelled reviews.")
    found = classifier.classes_[probabilities[is_sure].argmax(axis=1)]
    second = clone(classifier).set_params(epochs=2)
    second.fit(np.concatenate([X, X_unlabelled[is_sure]]), np.concatenate([y, found]))
    return make_pipeline(vectorizer, second)


# %%
# The comparison
# --------------


def compare(options):
    """Train with and without the unlabelled reviews, and return both accuracies by name."""
    texts, y, test_texts, y_test, unlabelled, _ = load_reviews(
        options, "train", "test", "unsupervised"
    )
    labelled = make_text_classifier("ngram", random_state=options.seed).fit(texts, y)
    both = self_trained(texts, y, unlabelled, options.seed)
    accuracies = {}
    for name, pipeline in {
        f"{len(texts):,} labelled": labelled,
        f"{len(texts):,} labelled, {len(unlabelled):,} unlabelled": both,
    }.items():
        accuracies[name] = accuracy_score(y_test, pipeline.predict(test_texts))
        print(f"Test accuracy, {name}: {accuracies[name]:.4f}")
    return accuracies


# %%
# The picture
# -----------
# It shows errors, because they are what is left to gain.


def draw(accuracies, options):
    """Draw the share of reviews that each pipeline classifies wrongly."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.4, 1.8), layout="constrained")
    errors = [100 * (1 - accuracy) for accuracy in accuracies.values()]
    bars = ax.barh(list(accuracies), errors, color=["0.7", "C0"])
    ax.bar_label(bars, fmt="%.1f %%", padding=3)
    ax.invert_yaxis()  # The first on top.
    ax.set(xlabel="Test reviews classified wrongly, %", xlim=(0, 1.15 * max(errors)))
    picture = save_picture(figure, options, "unlabelled_reviews.png")
    print(f"Drawn: {picture}")


# The benchmarks import `self_trained` from this file, without the comparison.
if __name__ == "__main__":
    options = parse_options(__doc__, seed=(0, "seed of the trainings"))
    draw(compare(options), options)
