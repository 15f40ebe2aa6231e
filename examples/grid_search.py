"""Choosing parameters: a grid search over the encoding and the network at once.

Which words to keep, and how long an embedding to give them, are questions to one pipeline. This
script asks both in a grid search on raw texts, in parallel, and looks at the answers.

Run it with ``python examples/grid_search.py``; it needs matplotlib, the extra
``sklearn-imdb[plot]``. Where the reviews are not to be had it goes on with generated ones.
"""

# %%
# Options
# -------

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, train_test_split

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import fetch_imdb, make_reviews

parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
parser.add_argument("--data-home", help="folder of the data; default: ~/scikit_learn_data")
parser.add_argument("--pictures", type=Path, default=Path(), help="folder for them; default: .")
parser.add_argument(
    "--small", action="store_true", help="few reviews, and no download, to try it out"
)
options = parser.parse_args()
options.pictures.mkdir(parents=True, exist_ok=True)
parser_jobs = 2  # Processes; as many as there are cores to spare.
plt.switch_backend("agg")  # Pictures go to files.
plt.style.use(Path(__file__).with_name("style.mplstyle"))

# %%
# The reviews
# -----------
# A quarter is set apart, which the search never sees.

try:
    train = fetch_imdb(data_home=options.data_home, download_if_missing=not options.small)
    texts, y = train.data, train.target
except OSError as error:
    print(f"\nNO REAL DATA: {error}\n\nGoing on with GENERATED reviews.\n")
    texts, y = make_reviews(4_000, mean_length=100, random_state=0)
n_reviews = 450 if options.small else 4_000
texts, y = texts[:n_reviews], y[:n_reviews]
print(f"{len(texts)} reviews.")

train_texts, test_texts, y_train, y_test = train_test_split(
    texts, y, test_size=0.25, stratify=y, random_state=0
)

# %%
# The grid
# --------
# A step's parameter is the step's name, two underscores and the parameter's. Each fold learns its
# words anew from its own training reviews, so that nothing of what it is tested on leaks in.

n_words = [50, 500] if options.small else [500, 2_000, 10_000]
sizes = [4, 16] if options.small else [4, 16, 64]
search = GridSearchCV(
    make_text_classifier("tutorial", random_state=0).set_params(classifier__learning_rate=0.01),
    {"vectorizer__num_words": n_words, "classifier__embedding_dim": sizes},
    cv=3,
    n_jobs=None if options.small else 2,
)
search.fit(train_texts, y_train)

# %%
# The answers
# -----------
# Differences smaller than the folds' own, the standard deviation, mean nothing.

results = search.cv_results_
for parameters, mean, deviation in zip(
    results["params"], results["mean_test_score"], results["std_test_score"], strict=True
):
    words, size = parameters["vectorizer__num_words"], parameters["classifier__embedding_dim"]
    print(f"{words:6} words, embeddings of {size:2}: {mean:.4f} right, deviation {deviation:.4f}")
print(f"Best: {search.best_params_}")
print(f"On reviews that the search has not seen: {search.score(test_texts, y_test):.4f} right")

# %%
# The same as a picture
# ---------------------
# `cv_results_` goes through the parameters in the order of their names, embeddings first.

scores = np.reshape(results["mean_test_score"], (len(sizes), len(n_words)))
figure, ax = plt.subplots(figsize=(5.4, 3.8), layout="constrained")
image = ax.imshow(scores, aspect="auto")
middle = (scores.min() + scores.max()) / 2
for (row, column), score in np.ndenumerate(scores):
    ink = "black" if score > middle else "white"
    ax.text(column, row, f"{score:.4f}", ha="center", va="center", color=ink)
ax.set_xticks(range(len(n_words)), [f"{n:,}" for n in n_words])
ax.set_yticks(range(len(sizes)), [str(size) for size in sizes])
ax.set(xlabel="num_words of the vectorizer", ylabel="embedding_dim of the classifier")
figure.colorbar(image, label="Mean accuracy of three folds")
picture = options.pictures / "grid_search.png"
figure.savefig(picture)
print(f"Accuracy over both parameters: {picture}")
