"""Several labels per text: what themes is a film about?
=====================================================

A film may be about war and about the sea at once. This example teaches one network all the themes
of a review. It chooses a threshold for the probabilities, scores the predictions, lists the
words of each theme, and stops early by the F1 score.

Run it with ``python examples/several_labels.py``. It takes about 5 seconds on two cores.
The reviews are generated.
"""

import matplotlib.pyplot as plt
import numpy as np
import sklearn
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MultiLabelBinarizer

from _start import parse_options
from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import make_multilabel_reviews
from sklearn_imdb.inspection import class_words

options = parse_options(__doc__, data_home=False)

# %%
# Texts and their labels
# ----------------------
# Your labels may be a list of names for each text, of any length. In these reviews one label in
# twenty is wrong.

THEMES = np.array("war sea treasure western crime romance horror space".split())
texts, numbers = make_multilabel_reviews(1_200 if options.small else 5_000, random_state=0)
themes = [THEMES[row == 1].tolist() for row in numbers]
print(f"{texts[1]}\n{themes[1]}")

# %%
# An indicator matrix
# -------------------
# scikit-learn's ``MultiLabelBinarizer`` turns the names into a matrix of 0 and 1. It has a row for
# each text and a column for each label.

binarizer = MultiLabelBinarizer()
Y = binarizer.fit_transform(themes)
print(Y[:3])
print(dict(zip(binarizer.classes_, Y.sum(axis=0).tolist(), strict=True)))

# %%
# Fitting
# -------
# The matrix takes the place of ``y``. The network then ends in a sigmoid unit for each label. A
# fifth of the texts is for choosing a threshold, and a fifth for testing.

train_texts, other_texts, Y_train, Y_other = train_test_split(
    texts, Y, test_size=0.4, random_state=0
)
val_texts, test_texts, Y_val, Y_test = train_test_split(
    other_texts, Y_other, test_size=0.5, random_state=0
)
pipeline = make_text_classifier(random_state=0).fit(train_texts, Y_train)

# %%
# Probabilities
# -------------
# Each label has its own probability, so they do not add up to 1.

review = "The rockets and the robots are fine, but the ghosts in the cellars made me scream."
[probabilities] = pipeline.predict_proba([review])
for theme, probability in zip(binarizer.classes_, probabilities, strict=True):
    print(f"{probability:6.1%} {theme}")

# %%
# The threshold
# -------------
# ``predict`` sets a label where its probability is above 0.5. A lower threshold finds more labels,
# and more of them are wrong. The F1 score weighs the two against each other. Micro F1 counts all
# labels of all texts together. Macro F1 is the mean of the labels' own scores.

thresholds = np.linspace(0.05, 0.95, 19)
validated = pipeline.predict_proba(val_texts)
curves = {
    name: [metric(Y_val, validated > threshold, average="micro") for threshold in thresholds]
    for name, metric in (("F1", f1_score), ("precision", precision_score), ("recall", recall_score))
}
best = thresholds[np.argmax(curves["F1"])]
print(f"The best threshold on the validation texts is {best:.2f}.")

# %%
# How good is it?
# ---------------
# ``score`` is the subset accuracy: the share of texts with every label predicted correctly. It is
# strict, and falls with the number of labels.

tested = pipeline.predict_proba(test_texts)
for threshold in (0.5, best):
    micro, macro = (
        f1_score(Y_test, tested > threshold, average=average) for average in ("micro", "macro")
    )
    print(f"Threshold {threshold:.2f}: test micro F1 {micro:.4f}, macro F1 {macro:.4f}")
print(f"Subset accuracy at 0.5: {pipeline.score(test_texts, Y_test):.4f}")

# %%
# Thresholds and labels as a picture
# ----------------------------------

figure, (left, right) = plt.subplots(ncols=2, figsize=(9.6, 3.6), layout="constrained")
for (name, line), style in zip(curves.items(), ("-", "--", "-."), strict=True):
    left.plot(thresholds, line, style, label=name)
left.axvline(best, color="0.1", linestyle=":", label="threshold of the best F1")
left.set(xlabel="Threshold", ylabel="Micro average, validation texts")
left.legend()
scores = f1_score(Y_test, tested > best, average=None)
order = np.argsort(scores)
bars = right.barh(binarizer.classes_[order], scores[order], color="C0")
right.bar_label(bars, fmt="%.2f", padding=3)
right.set(xlabel="F1 on test texts", xlim=(0, 1))
picture = options.pictures / "several_labels.png"
figure.savefig(picture)
print(f"F1 by threshold and by label: {picture}")

# %%
# Words of each label
# -------------------
# The classes of the pipeline are the columns of the matrix, which the binarizer names.

words = class_words(pipeline, n=6)
for column, theme in enumerate(binarizer.classes_):
    print(f"{theme}: {', '.join(words.word[words.label == column])}")

# %%
# Stopping early by F1
# --------------------
# ``monitor`` takes ``"val_"`` and the name of any scorer of scikit-learn. Training ends when the
# score on a held-out tenth of the training texts has not risen for two epochs.

stopped = sklearn.clone(pipeline).set_params(
    classifier__early_stopping=True, classifier__monitor="val_f1_micro", classifier__epochs=10
)
stopped.fit(train_texts, Y_train)
classifier = stopped["classifier"]
print(f"Micro F1 by epoch: {np.round(classifier.history_['val_f1_micro'], 4)}")
micro = f1_score(Y_test, stopped.predict(test_texts), average="micro")
print(f"Weights of epoch {classifier.kept_epoch_} kept: test micro F1 {micro:.4f}")
