"""When to stop: early stopping, on held-out reviews or your own, and in cross-validation.

A network that is trained for long learns its training reviews by heart. This script stops it in
time, in three ways, and looks at the trainings.

Run it with ``python examples/early_stopping.py``; it needs matplotlib, the extra
``sklearn-imdb[plot]``. Where the reviews are not to be had it goes on with generated ones.
"""

# %%
# Options
# -------

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import sklearn
from sklearn.model_selection import cross_validate, train_test_split

from sklearn_imdb import TrainingHistoryDisplay, make_text_classifier
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

# %%
# The reviews
# -----------
# A quarter is set apart to test on.

try:
    train = fetch_imdb(data_home=options.data_home, download_if_missing=not options.small)
    texts, y = train.data, train.target
except OSError as error:
    print(f"\nNO REAL DATA: {error}\n\nGoing on with GENERATED reviews.\n")
    texts, y = make_reviews(4_000, mean_length=100, random_state=0)
n_reviews = 800 if options.small else 5_000
texts, y = texts[:n_reviews], y[:n_reviews]
print(f"{len(texts)} reviews.")

train_texts, test_texts, y_train, y_test = train_test_split(
    texts, y, test_size=0.25, stratify=y, random_state=0
)
pipeline = make_text_classifier("tutorial", random_state=0)
pipeline.set_params(classifier__learning_rate=0.005)

# %%
# Not stopping
# ------------
# Forty epochs, whatever happens. A tenth of the reviews is held out all the same, to be able to see
# what happens: `patience` is longer than the training, and the last weights are kept.

for_long = sklearn.clone(pipeline).set_params(
    classifier__patience=40, classifier__restore_best_weights=False
)
for_long.fit(train_texts, y_train)


def report(name, fitted):
    """Print a line on a fitted pipeline."""
    classifier = fitted["classifier"]
    print(
        f"{name}: {classifier.n_iter_} epochs, weights of epoch {classifier.kept_epoch_}; "
        f"{fitted.score(test_texts, y_test):.4f} right on unseen reviews"
    )


report("not stopping", for_long)

# %%
# Stopping
# --------
# Training ends when the loss on the reviews held out has not fallen for `patience` epochs, and
# the weights of the best epoch are kept.

stopped = sklearn.clone(pipeline).fit(train_texts, y_train)
report("stopping", stopped)

figure, axes = plt.subplots(2, 2, figsize=(9.6, 6.4), layout="constrained")
for row, fitted, title in (
    (0, for_long, "not stopping"),
    (1, stopped, "stopping early"),
):
    display = TrainingHistoryDisplay.from_estimator(fitted, ax=axes[row])
    display.ax_[0].set_title(title, loc="left")
picture = options.pictures / "early_stopping.png"
figure.savefig(picture)
print(f"The trainings: {picture}")

# %%
# On reviews of your own
# ----------------------
# Reviews to validate on reach the classifier through the vectorizer: the pipeline is told to
# transform them, by scikit-learn's metadata routing.

fit_texts, val_texts, y_fit, y_val = train_test_split(
    train_texts, y_train, test_size=0.3, stratify=y_train, random_state=0
)
with sklearn.config_context(enable_metadata_routing=True):
    routed = sklearn.clone(pipeline).set_params(transform_input=["X_val"])
    routed["classifier"].set_fit_request(X_val=True, y_val=True)
    routed.fit(fit_texts, y_fit, X_val=val_texts, y_val=y_val)
report("on reviews of one's own", routed)

# %%
# In a cross-validation
# ---------------------
# Each fold holds out a part of its own training reviews and stops for itself. The mean ends where
# the shortest fold does; each fold's own curve goes on to its end.

cv_results = cross_validate(pipeline, train_texts, y_train, cv=5, return_estimator=True)
print(f"Folds: {cv_results['test_score'].round(4)} right on unseen reviews")
display = TrainingHistoryDisplay.from_cv_results(cv_results)
picture = options.pictures / "early_stopping_folds.png"
display.figure_.savefig(picture)
print(f"The trainings of five folds: {picture}")
