"""Explaining a prediction: what each word contributed, and which words are alike
=================================================================================

The network sees a review as an average of its words, so its decision can be divided among them.
This example explains a review word by word and shows it as a page. It lists the words that matter
most, and words that the network treats alike.

Run it with ``python examples/explaining.py``. It takes about 5 seconds on two cores.
"""

from collections import defaultdict

import matplotlib.pyplot as plt
import numpy as np

from _start import load_reviews, name_file, parse_options, save_picture
from sklearn_imdb import make_text_classifier
from sklearn_imdb.inspection import explain_html, nearest_words, token_contributions

options = parse_options(__doc__)

# %%
# The reviews
# -----------
# A pipeline is fitted to them, which is explained below.

texts, y = load_reviews(options, "train", n=10_000, n_small=1_000)
print(f"{len(texts)} reviews.")

pipeline = make_text_classifier("tutorial", random_state=0)
if options.small:
    # Few reviews make few batches, so each must move the weights further.
    pipeline.set_params(classifier__learning_rate=0.01)
pipeline.fit(texts, y)

# %%
# One review
# ----------
# The logit is the number before the sigmoid. The contributions of the words add up to the logit,
# less the logit of a text without words.

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
# A notebook shows the explanation by itself. ``save`` writes it as a page for a browser.

explanation = explain_html(pipeline, review, target_names=["negative", "positive"])
page = name_file(options, options.pictures / "explaining.html")
explanation.save(page)
print(f"The review with its words tinted: {page}")
explanation

# %%
# The words that matter most
# --------------------------
# These are mean contributions over many reviews. Words with fewer than 20 occurrences are left out,
# because their means are uncertain. Reviewers' marks are among the words, as in "8 out of 10".

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
picture = save_picture(figure, options, "explaining.png")
print(f"The words that matter most: {picture}")

# %%
# Words that are alike
# --------------------
# The embeddings were learned to tell good reviews from bad ones. Words are near each other when
# they speak for the same class.

for word in ("superb", "dull"):
    neighbours = ", ".join(
        f"{other} {cosine:.3f}" for other, cosine in nearest_words(pipeline, word, n=5)
    )
    print(f"Near {word!r}: {neighbours}")
