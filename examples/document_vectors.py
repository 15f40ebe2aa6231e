"""Vectors of documents: reviews to draw, and to find others like them.

The classifier turns each review into a vector on its way to a decision. This script draws the
vectors of reviews it has not seen, and looks for the nearest neighbours of one.

Run it with ``python examples/document_vectors.py``; it takes ten seconds, and needs matplotlib, the
extra ``sklearn-imdb[plot]``. Where the reviews are not to be had it goes on with generated ones.
"""

# %%
# Options
# -------

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

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
plt.switch_backend("agg")  # Pictures go to files.
plt.style.use(Path(__file__).with_name("style.mplstyle"))

# %%
# The reviews
# -----------
# Their ratings, 1 to 10 without 5 and 6, are the classes: more than a thumb up or down is learned.

try:
    train = fetch_imdb(data_home=options.data_home, download_if_missing=not options.small)
    texts, y = train.data, train.ratings
except OSError as error:
    print(f"\nNO REAL DATA: {error}\n\nGoing on with GENERATED reviews.\n")
    texts, y = make_reviews(4_000, n_classes=8, mean_length=100, random_state=0)
n_reviews = 1_000 if options.small else 10_000
texts, y = texts[:n_reviews], y[:n_reviews]
half = len(texts) // 2
pipeline = make_text_classifier(random_state=0).fit(texts[:half], y[:half])

# %%
# A vector each
# -------------
# All but the output layer is a transformer, and so is the pipeline.

vectors = pipeline.transform(texts[half:])
print(f"{len(vectors)} reviews, each a vector of {vectors.shape[1]} numbers.")

places = PCA(2).fit_transform(vectors)
figure, ax = plt.subplots(figsize=(5.8, 4.4), layout="constrained")
points = ax.scatter(*places.T, c=y[half:], s=6, alpha=0.7)
figure.colorbar(points, label="Rating")
ax.set(xlabel="First principal component", ylabel="Second principal component")
picture = options.pictures / "document_vectors.png"
figure.savefig(picture)
print(f"The reviews: {picture}")

# %%
# Reviews like this one
# ---------------------
# Vectors that point the same way are of reviews that speak alike for the classes.

index = NearestNeighbors(n_neighbors=3, metric="cosine").fit(vectors)
question = "A moving film. The cast is superb, and the ending is the best I have seen in years."
distances, found = index.kneighbors(pipeline.transform([question]))
print(f"\nLike: {question}")
for distance, number in zip(distances[0], found[0], strict=True):
    print(f"{1 - distance:.3f}, rated {y[half + number]}: {texts[half + number][:90]} ...")
