"""Early stopping: when to stop, by itself, on your own texts, and in folds
===========================================================================

A network that trains for too long learns its training reviews by heart. This example stops it in
time: on held-out reviews, on reviews of your own, and in a cross-validation. It draws
the trainings.

Run it with ``python examples/early_stopping.py``. It takes about 10 seconds on two cores.
"""

import matplotlib.pyplot as plt
import sklearn
from sklearn.model_selection import cross_validate, train_test_split

from _start import load_reviews, parse_options, save_picture
from sklearn_imdb import TrainingHistoryDisplay, make_text_classifier

options = parse_options(__doc__)

# %%
# The reviews
# -----------
# A quarter is set apart to test on.

texts, y = load_reviews(options, "train", n=5_000, n_small=800)
print(f"{len(texts)} reviews.")

train_texts, test_texts, y_train, y_test = train_test_split(
    texts, y, test_size=0.25, stratify=y, random_state=0
)
pipeline = make_text_classifier("tutorial", random_state=0)
pipeline.set_params(classifier__learning_rate=0.005)

# %%
# Not stopping
# ------------
# This training runs for all 40 epochs, because ``patience`` is as long. A tenth of the reviews is
# held out all the same, to watch the loss on them. The last weights are kept.

for_long = sklearn.clone(pipeline).set_params(
    classifier__patience=40, classifier__restore_best_weights=False
)
for_long.fit(train_texts, y_train)


def report(name, fitted):
    """Print a line on a fitted pipeline."""
    classifier = fitted["classifier"]
    print(
        f"{name}: {classifier.n_iter_} epochs, weights of epoch {classifier.kept_epoch_}; "
        f"accuracy {fitted.score(test_texts, y_test):.4f} on unseen reviews"
    )


report("not stopping", for_long)

# %%
# Stopping
# --------
# Training ends when the loss on the held-out reviews has not fallen for ``patience`` epochs. The
# weights of the best epoch are kept.

stopped = sklearn.clone(pipeline).fit(train_texts, y_train)
report("stopping", stopped)

figure, axes = plt.subplots(2, 2, figsize=(9.6, 6.4), layout="constrained")
for row, fitted, title in ((0, for_long, "not stopping"), (1, stopped, "stopping early")):
    display = TrainingHistoryDisplay.from_estimator(fitted, ax=axes[row])
    display.ax_[0].set_title(title, loc="left")
picture = save_picture(figure, options, "early_stopping.png")
print(f"The trainings: {picture}")

# %%
# On validation reviews of your own
# ---------------------------------
# The classifier needs your validation reviews as sequences. scikit-learn's metadata routing has the
# pipeline transform them on their way.

fit_texts, val_texts, y_fit, y_val = train_test_split(
    train_texts, y_train, test_size=0.3, stratify=y_train, random_state=0
)
with sklearn.config_context(enable_metadata_routing=True):
    routed = sklearn.clone(pipeline).set_params(transform_input=["X_val"])
    routed["classifier"].set_fit_request(X_val=True, y_val=True)
    routed.fit(fit_texts, y_fit, X_val=val_texts, y_val=y_val)
report("on validation reviews of your own", routed)

# %%
# In a cross-validation
# ---------------------
# Each fold holds out a part of its own training reviews, and stops by itself. The mean curve ends
# with the shortest fold. The curve of each fold goes on to its own end.

cv_results = cross_validate(pipeline, train_texts, y_train, cv=5, return_estimator=True)
print(f"Accuracies of the folds: {cv_results['test_score'].round(4)}")
display = TrainingHistoryDisplay.from_cv_results(cv_results)
picture = save_picture(display.figure_, options, "early_stopping_folds.png")
print(f"The trainings of five folds: {picture}")
