"""What are 50,000 reviews worth that nobody has labelled?

IMDB's archive has as many reviews without a rating as with one. A pipeline that was trained on the
labelled ones labels the others; a second one learns from both, and so from n-grams that the
labelled reviews have too few of to judge.

Run it with ``python examples/unlabelled_reviews.py``; it takes some five minutes and 2.5 GB of
memory. ``--data-home`` names the folder that has IMDB's reviews or is to have them.
"""

# %%

import argparse
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import fetch_imdb, make_reviews

# %%
# Two trainings
# -------------
# The vocabulary is that of the labelled reviews, because it is chosen by their classes. Reviews
# that the first training is not sure of, with a probability below 0.6, are left out of the second.
# There are three times as many reviews, so that half the epochs do.


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
    """Train with and without the unlabelled reviews; print and draw both accuracies."""
    try:
        train, test, others = (
            fetch_imdb(subset=subset, data_home=options.data_home)
            for subset in ("train", "test", "unsupervised")
        )
        texts, y, test_texts, y_test = train.data, train.target, test.data, test.target
        unlabelled = others.data
    except OSError as error:
        print(f"\nNO REAL DATA: {error}\n")
        texts, y = make_reviews(9_000, mean_length=100, random_state=0)
        texts, unlabelled, test_texts = texts[:1_500], texts[1_500:6_000], texts[6_000:]
        y, y_test = y[:1_500], y[6_000:]
        print("Going on with GENERATED reviews; the figures below are theirs, not IMDB's.")
    if options.small:
        texts, y, unlabelled = texts[:600], y[:600], unlabelled[:1_200]
        test_texts, y_test = test_texts[:600], y_test[:600]
    labelled = make_text_classifier("ngram", random_state=options.seed).fit(texts, y)
    both = self_trained(texts, y, unlabelled, options.seed)
    accuracies = {}
    for name, pipeline in {
        f"{len(texts):,} labelled": labelled,
        f"{len(texts):,} labelled, {len(unlabelled):,} unlabelled": both,
    }.items():
        accuracies[name] = accuracy_score(y_test, pipeline.predict(test_texts))
        print(f"Test accuracy, {name}: {accuracies[name]:.4f}")
    draw(accuracies, options.pictures)


def draw(accuracies, folder):
    """Draw the share of reviews that each gets wrong."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    plt.style.use(Path(__file__).with_name("style.mplstyle"))

    figure, ax = plt.subplots(figsize=(6.4, 1.8), layout="constrained")
    errors = [100 * (1 - accuracy) for accuracy in accuracies.values()]
    bars = ax.barh(list(accuracies), errors, color=["0.7", "C0"])
    ax.bar_label(bars, fmt="%.1f %%", padding=3)
    ax.invert_yaxis()  # The first on top.
    ax.set(xlabel="Test reviews classified wrongly, %", xlim=(0, 1.15 * max(errors)))
    path = Path(folder) / "unlabelled_reviews.png"
    figure.savefig(path)
    print(f"Drawn: {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-home", help="folder of the data; default: ~/scikit_learn_data")
    parser.add_argument("--small", action="store_true", help="few reviews, to try it out")
    parser.add_argument("--seed", type=int, default=0, help="of the trainings; default: 0")
    parser.add_argument("--pictures", default=".", help="folder for the picture; default: here")
    compare(parser.parse_args())
