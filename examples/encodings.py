"""Encodings: from texts to numbers, and how long a sequence should be
======================================================================

A network takes the same number of numbers for every text. This example shows how a
``SequenceVectorizer`` makes these numbers. Then it tries how many words of a review the network
needs, and from which end.

Run it with ``python examples/encodings.py``. It takes about 15 seconds on two cores.
"""

import re

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

from _start import load_reviews, parse_options, save_picture
from sklearn_imdb import SequenceVectorizer, make_text_classifier

options = parse_options(__doc__)

# %%
# Words are numbered by how often they occur
# ------------------------------------------
# Index 0 is padding, 1 starts a text, 2 is an unknown word, and 3 is not used. The most frequent
# word is 4. Keras's IMDB data has the same indices.

vectorizer = SequenceVectorizer(maxlen=8)
X = vectorizer.fit_transform(["The film, the cast: great!", "The film is long, too long for me"])
print(vectorizer.vocabulary_)
print(X)

# %%
# Capitals and punctuation are dropped, and a long text keeps its end. ``inverse_transform`` turns
# indices into words again.

for text in vectorizer.inverse_transform(X):
    print(text)
print(vectorizer.inverse_transform(vectorizer.transform(["A great, great film"]))[0])

# %%
# Other ways to cut and pad
# -------------------------
# This vectorizer keeps the start of a long text and pads in front. It adds no start index and
# leaves out unknown words.

other = SequenceVectorizer(
    maxlen=8, truncating="post", padding="pre", start_char=None, oov_char=None
)
print(other.fit(["The film, the cast: great!"]).transform(["the film is long", "a great cast"]))

# %%
# Other words
# -----------
# A regular expression can say what a word is, and so can a function. Keras's rule splits on spaces
# and keeps apostrophes. The expression here takes emoticons as words too.

pattern = r"[:;]-?[()]|[\w']+"
emoticons = SequenceVectorizer(maxlen=6, token_pattern=pattern)
emoticons.fit(["Didn't like it :-(", "Loved it ;)"])
print(list(emoticons.vocabulary_))
print(re.findall(pattern, "loved it ;)"), emoticons.transform(["Loved it ;)"]))

# %%
# The reviews
# -----------
# How long are they?

texts, y = load_reviews(options, "train", n=5_000, n_small=600)
lengths = np.array([len(text.split()) for text in texts])
print(f"{len(texts)} reviews.")
print(
    f"Half of them have more than {np.median(lengths):.0f} words; the longest has {lengths.max()}."
)

# %%
# How much of a review is needed, and which end?
# ----------------------------------------------
# The same network is trained on sequences of several lengths, and tested on a quarter of the
# reviews.

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
            # Few reviews make few batches, so each must move the weights further.
            pipeline.set_params(classifier__learning_rate=0.01)
        accuracy = pipeline.fit(train_texts, y_train).score(test_texts, y_test)
        accuracies.setdefault(kept, []).append(accuracy)
        print(f"{maxlen:4} words, {kept:14}: accuracy {accuracy:.4f}")

# %%
# Lengths and accuracies
# ----------------------

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
picture = save_picture(figure, options, "encodings.png")
print(f"Lengths of reviews, and accuracy over the length of sequences: {picture}")
