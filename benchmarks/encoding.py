"""Encoding 25,000 raw texts as padded word indices, against the usual ways."""

import contest

options = contest.start(__doc__)

import keras
import numpy as np
import tensorflow as tf
from sklearn.feature_extraction.text import CountVectorizer

from sklearn_imdb import SequenceVectorizer
from sklearn_imdb._convention import FILTERS

texts, _, _, _, source = contest.reviews(options)
vectorizer = SequenceVectorizer().fit(texts)
index_of = {word: rank + 3 for word, rank in vectorizer.vocabulary_.items()}
blanks = str.maketrans(dict.fromkeys(FILTERS, " "))
counter = CountVectorizer(max_features=10_000).fit(texts)
layer = keras.layers.TextVectorization(max_tokens=10_000, output_sequence_length=256)
layer.adapt(texts)
as_tensor = tf.constant(texts)


def plain_loop():
    """Encode as one would write it down."""
    sequences = np.zeros((len(texts), 256), np.int32)
    for row, text in enumerate(texts):
        indices = [1]
        for word in text.lower().translate(blanks).split(" "):
            if word:
                indices.append(index_of.get(word, 2))
        indices = indices[-256:]
        sequences[row, : len(indices)] = indices
    return sequences


contenders = {
    "SequenceVectorizer": lambda: vectorizer.transform(texts),
    "plain loop": plain_loop,
    "CountVectorizer": lambda: counter.transform(texts),
    "TextVectorization": lambda: layer(as_tensor).numpy(),
}
assert np.array_equal(plain_loop(), vectorizer.transform(texts))
seconds = contest.interleaved(contenders, options.rounds)
contest.report(options, "encoding", {"encoding": seconds}, source)
