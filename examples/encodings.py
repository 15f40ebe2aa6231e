"""From texts to numbers: what the vectorizer does, and how long a sequence should be.

A network takes numbers, as many for every text. This script looks at how a `SequenceVectorizer`
makes them, and then tries how much of a review the network needs, and which end of it.

Run it with ``python examples/encodings.py``; it needs matplotlib, the extra ``sklearn-imdb[plot]``.
Where the reviews are not to be had it goes on with generated ones.
"""

# %%
# Options
# -------

import argparse
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

from sklearn_imdb import SequenceVectorizer, make_text_classifier
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
# Words are numbered by how often they occur
# ------------------------------------------
# 1 starts a text, 2 is a word that is not known, 0 fills up; 3 is not used, and the most frequent
# word is 4. That is how Keras's IMDB data was made.

vectorizer = SequenceVectorizer(maxlen=8)
X = vectorizer.fit_transform(["The film, the cast: great!", "The film is long, too long for me"])
print(vectorizer.vocabulary_)
print(X)

# %%
# Capitals and punctuation are gone, and of a long text the end is kept. Numbers can be read again.

for text in vectorizer.inverse_transform(X):
    print(text)
print(vectorizer.inverse_transform(vectorizer.transform(["A great, great film"]))[0])

# %%
# Other ways to cut and fill
# --------------------------
# The start of a long text instead of its end, zeros in front, no start, unknown words left out:

other = SequenceVectorizer(
    maxlen=8, truncating="post", padding="pre", start_char=None, oov_char=None
)
print(other.fit(["The film, the cast: great!"]).transform(["the film is long", "a great cast"]))

# %%
# Other words
# -----------
# A regular expression says what a word is; so does a function of your own. Keras's way splits
# on spaces and keeps the apostrophe; here emoticons are to be words.

pattern = r"[:;]-?[()]|[\w']+"
emoticons = SequenceVectorizer(maxlen=6, token_pattern=pattern)
emoticons.fit(["Didn't like it :-(", "Loved it ;)"])
print(list(emoticons.vocabulary_))
print(re.findall(pattern, "loved it ;)"), emoticons.transform(["Loved it ;)"]))

# %%
# The reviews
# -----------
# How long are they?

try:
    train = fetch_imdb(data_home=options.data_home, download_if_missing=not options.small)
    texts, y = train.data, train.target
except OSError as error:
    print(f"\nNO REAL DATA: {error}\n\nGoing on with GENERATED reviews.\n")
    texts, y = make_reviews(4_000, mean_length=230, random_state=0)
n_reviews = 600 if options.small else 5_000
texts, y = texts[:n_reviews], y[:n_reviews]
print(f"{len(texts)} reviews.")

lengths = np.array([len(text.split()) for text in texts])
print(
    f"Half of them have more than {np.median(lengths):.0f} words; the longest has {lengths.max()}."
)

# %%
# How much of a review is needed, and which end?
# ----------------------------------------------
# The same network, trained on sequences of several lengths; a quarter of the reviews tests it.

train_texts, test_texts, y_train, y_test = train_test_split(
    texts, y, test_size=0.25, stratify=y, random_state=0
)
maxlens = [16, 64, 256] if options.small else [16, 32, 64, 128, 256, 512]
accuracies = {}
for truncating, kept in (("pre", "the end kept"), ("post", "the start kept")):
    for maxlen in maxlens:
        pipeline = make_text_classifier("tutorial", random_state=0)
        pipeline.set_params(vectorizer__maxlen=maxlen, vectorizer__truncating=truncating)
        if options.small:
            pipeline.set_params(classifier__learning_rate=0.01)
        accuracy = pipeline.fit(train_texts, y_train).score(test_texts, y_test)
        accuracies.setdefault(kept, []).append(accuracy)
        print(f"{maxlen:4} words, {kept:14}: {accuracy:.4f} right")

# %%
# The lengths, and what they are worth
# ------------------------------------

figure, (left, right) = plt.subplots(ncols=2, figsize=(9.6, 3.6), layout="constrained")
left.hist(lengths, bins=np.linspace(0, np.quantile(lengths, 0.99), 40), color="0.6")
left.axvline(256, color="0.1", linestyle=":", label="maxlen=256, the default")
left.set(xlabel="Words in a review", ylabel="Reviews")
left.legend()
for (kept, line), style in zip(accuracies.items(), ("o-", "s--"), strict=True):
    right.plot(maxlens, line, style, label=kept, color="C0" if style == "o-" else "C2")
right.set_xscale("log", base=2)
right.set_xticks(maxlens, [str(maxlen) for maxlen in maxlens])
right.set(xlabel="maxlen, in words", ylabel="Accuracy on unseen reviews")
right.legend()
picture = options.pictures / "encodings.png"
figure.savefig(picture)
print(f"Lengths of reviews, and accuracy over the length of sequences: {picture}")
