"""Vectors of documents: reviews to draw, and to find others like them
======================================================================

The classifier turns each review into a vector on its way to a decision. This example draws the
vectors of reviews that the classifier has not seen. Then it looks for the reviews nearest to a new
one.

Run it with ``python examples/document_vectors.py``. It takes about 15 seconds on two cores.
"""

import matplotlib.pyplot as plt
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from _start import load_reviews, parse_options, save_picture
from sklearn_imdb import make_text_classifier

options = parse_options(__doc__)

# %%
# The reviews
# -----------
# The classes are the ratings, which are 1 to 4 and 7 to 10. They teach the network more than
# whether a review is positive.

texts, y = load_reviews(options, "train", n=10_000, n_small=1_000, ratings=True)
half = len(texts) // 2
pipeline = make_text_classifier(random_state=0).fit(texts[:half], y[:half])

# %%
# A vector for each review
# ------------------------
# The pipeline is a transformer, too. Its vectors are what the output layer takes.

vectors = pipeline.transform(texts[half:])
print(f"{len(vectors)} reviews, each a vector of {vectors.shape[1]} numbers.")

places = PCA(2).fit_transform(vectors)
figure, ax = plt.subplots(figsize=(5.8, 4.4), layout="constrained")
points = ax.scatter(*places.T, c=y[half:], s=6, alpha=0.7)
figure.colorbar(points, label="Rating")
ax.set(xlabel="First principal component", ylabel="Second principal component")
picture = save_picture(figure, options, "document_vectors.png")
print(f"The reviews: {picture}")

# %%
# Reviews like this one
# ---------------------
# Vectors that point the same way belong to reviews with similar evidence for each class.

index = NearestNeighbors(n_neighbors=3, metric="cosine").fit(vectors)
question = "A moving film. The cast is superb, and the ending is the best I have seen in years."
distances, found = index.kneighbors(pipeline.transform([question]))
print(f"\nLike: {question}")
for distance, number in zip(distances[0], found[0], strict=True):
    print(f"{1 - distance:.3f}, rated {y[half + number]}: {texts[half + number][:90]} ...")
