"""Grid search: parameters of the encoding and of the network at once
=====================================================================

One pipeline has both the number of words to keep and the length of an embedding as parameters.
This example searches a grid of the two on raw texts, in parallel processes. It prints and draws
the accuracies.

Run it with ``python examples/grid_search.py``. It takes about 10 seconds on two cores.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import GridSearchCV, train_test_split

from _start import load_reviews, parse_options, save_picture
from sklearn_imdb import make_text_classifier

options = parse_options(__doc__)

# %%
# The reviews
# -----------
# A quarter is set apart, which the search never sees.

texts, y = load_reviews(options, "train", n=4_000, n_small=450)
print(f"{len(texts)} reviews.")

train_texts, test_texts, y_train, y_test = train_test_split(
    texts, y, test_size=0.25, stratify=y, random_state=0
)

# %%
# The grid
# --------
# A parameter of a step is written as the step's name, two underscores and the parameter's name.
# Each fold learns its vocabulary from its own training reviews. Nothing leaks from the reviews it
# is tested on.

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
# The results
# -----------
# A difference smaller than the standard deviation over the folds means nothing.

results = search.cv_results_
for parameters, mean, deviation in zip(
    results["params"], results["mean_test_score"], results["std_test_score"], strict=True
):
    words, size = parameters["vectorizer__num_words"], parameters["classifier__embedding_dim"]
    print(f"{words:6} words, embeddings of {size:2}: accuracy {mean:.4f} ± {deviation:.4f}")
print(f"Best: {search.best_params_}")
print(f"Accuracy on unseen reviews: {search.score(test_texts, y_test):.4f}")

# %%
# The same as a picture
# ---------------------
# ``cv_results_`` goes through the parameters in the order of their names, embeddings first.

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
picture = save_picture(figure, options, "grid_search.png")
print(f"Accuracy over both parameters: {picture}")
