"""A Keras layer from texts to sequences, by TensorFlow's string operations.

It does what the vectorizer does for the recipes that `exporting.to_keras` lets through.
"""

import re
from typing import Any

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable(package="sklearn_imdb")
class TextSequences(layers.Layer):
    """Texts to padded sequences: lower case, filters to spaces, split at spaces, look-up.

    Parameters
    ----------
    options : dict
        Of `SequenceVectorizer` the parameters maxlen, padding, truncating, lowercase, filters,
        start_char and oov_char. Beside them "words", the list of the vocabulary's words, and
        "indices", the index of each.
    """

    def __init__(self, options: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._options = options
        self._look_up = layers.StringLookup(vocabulary=options["words"], name="words")
        # The look-up counts from 1; 0 is of an unknown word.
        unknown = -1 if options["oov_char"] is None else options["oov_char"]
        self._indices = [unknown, *options["indices"]]

    def call(self, texts: Any) -> Any:
        options = self._options
        texts = tf.reshape(texts, [-1])
        if options["lowercase"]:
            texts = tf.strings.lower(texts, encoding="utf-8")
        if options["filters"]:
            texts = tf.strings.regex_replace(texts, f"[{re.escape(options['filters'])}]", " ")
        words = tf.strings.split(texts, sep=" ")
        words = tf.ragged.boolean_mask(words, tf.not_equal(words, ""))
        found = self._look_up(words.flat_values)
        indices = words.with_flat_values(
            tf.gather(tf.constant(self._indices, tf.int32), tf.cast(found, tf.int32))
        )
        if options["oov_char"] is None:
            indices = tf.ragged.boolean_mask(indices, tf.greater_equal(indices, 0))
        if options["start_char"] is not None:
            start = tf.fill([tf.shape(texts)[0], 1], tf.constant(options["start_char"], tf.int32))
            indices = tf.concat([tf.RaggedTensor.from_tensor(start), indices], axis=1)
        maxlen = options["maxlen"]
        kept = indices[:, -maxlen:] if options["truncating"] == "pre" else indices[:, :maxlen]
        if options["padding"] == "post":
            return kept.to_tensor(shape=[None, maxlen])
        return tf.reverse(kept[:, ::-1].to_tensor(shape=[None, maxlen]), [1])

    def compute_output_spec(self, texts: Any) -> keras.KerasTensor:
        return keras.KerasTensor((texts.shape[0], self._options["maxlen"]), dtype="int32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "options": self._options}


def make_text_model(text_options: dict[str, Any], network: keras.Model) -> keras.Model:
    """Return a model from texts to the probabilities of all classes, or to the expected value."""
    texts = keras.Input((), dtype="string", name="texts")
    output = network(TextSequences(text_options, name="sequences")(texts))
    if output.shape[-1] == 1 and network.layers[-1].name == "output":
        # One sigmoid unit, for two classes.
        output = layers.Concatenate(name="probabilities")([1 - output, output])
    return keras.Model(texts, output, name="text_classifier")
