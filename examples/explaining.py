"""Why? What each word of a review contributed to the decision, and which words are alike.

The network sees a review as an average of its words, so that what it decided can be divided
among them. This script explains a review word by word, shows it as a page, lists the words that
matter most, and looks for words that the network takes for alike.

Run it with ``python examples/explaining.py``; it needs matplotlib, the extra
``sklearn-imdb[plot]``. Where the reviews are not to be had it goes on with generated ones.
"""

# %%
# Options
# -------

import argparse
from collections import defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import fetch_imdb, make_reviews
from sklearn_imdb.inspection import explain_html, nearest_words, token_contributions

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
# And the pipeline that is to be explained.

try:
    train = fetch_imdb(data_home=options.data_home, download_if_missing=not options.small)
    texts, y = train.data, train.target
except OSError as error:
    print(f"\nNO REAL DATA: {error}\n\nGoing on with GENERATED reviews.\n")
    texts, y = make_reviews(4_000, mean_length=100, random_state=0)
n_reviews = 1_000 if options.small else 10_000
texts, y = texts[:n_reviews], y[:n_reviews]
print(f"{len(texts)} reviews.")

pipeline = make_text_classifier("tutorial", random_state=0)
if len(texts) < 5_000:
    pipeline.set_params(classifier__learning_rate=0.01)
pipeline.fit(texts, y)

# %%
# One review
# ----------
# Its logit, the number before the sigmoid, is divided among its words: what they contributed adds
# up to the logit, less the logit of a text without words.

review = """\
I went in expecting little, and the first ten minutes are slow: a tired plot and a terrible wig.
But then the story finds its feet. The acting is superb, the camera is lovely, and the ending, which
I will not give away, is simply wonderful. The villain is weak and the jokes are predictable. Yet I
enjoyed every moment of the rest. Great fun, excellent music, recommended!
"""
[explained] = token_contributions(pipeline, [review])
total = explained.contributions.sum()
print(
    f"Logit {explained.logit:+.3f}: without words {explained.baseline:+.3f}, by them {total:+.3f}"
)
ranked = sorted(zip(explained.contributions, explained.tokens, strict=True))
for contribution, token in [*ranked[:5], *ranked[-5:]]:
    print(f"{contribution:+.3f} {token}")

# %%
# As a page
# ---------
# In a notebook the explanation shows itself; elsewhere it is saved as a page, for a browser.

explanation = explain_html(pipeline, review, target_names=["negative", "positive"])
page = options.pictures / "explaining.html"
explanation.save(page)
print(f"The review with its words tinted: {page}")

# %%
# The words that matter most
# --------------------------
# Over many reviews: the mean contribution of a word where it occurs, for words that occur often
# enough to tell. Reviewers' marks are among them: "8 out of 10".

sums, counts = defaultdict(float), defaultdict(int)
for one in token_contributions(pipeline, texts[:5_000]):
    for token, contribution in zip(one.tokens, one.contributions.tolist(), strict=True):
        sums[token] += contribution
        counts[token] += 1
often = [token for token, count in counts.items() if count >= 20]
often.sort(key=lambda token: sums[token] / counts[token])
extremes = often[:12] + often[-12:]
print("Most negative:", *often[:12])
print("Most positive:", *often[:-13:-1])

figure, ax = plt.subplots(figsize=(6.4, 5.6), layout="constrained")
means = np.array([sums[token] / counts[token] for token in extremes])
colours = np.where(means > 0, "C0", "C1")
ax.barh(range(len(extremes)), means, color=colours)
ax.set_yticks(range(len(extremes)), extremes)
ax.axvline(0, color="0.1", linewidth=1)
ax.set(xlabel="Mean contribution to the logit of a positive review")
picture = options.pictures / "explaining.png"
figure.savefig(picture)
print(f"The words that matter most: {picture}")

# %%
# Words that are alike
# --------------------
# Embeddings were learned to tell good from bad, and words are near that tell the same of that.

for word in ("superb", "dull"):
    neighbours = ", ".join(
        f"{other} {cosine:.3f}" for other, cosine in nearest_words(pipeline, word, n=5)
    )
    print(f"Near {word!r}: {neighbours}")
