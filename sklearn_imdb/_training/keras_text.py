"""A Keras layer from texts to sequences, by TensorFlow's string operations.

It does what the vectorizer does for the recipes that `exporting.to_keras` lets through.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable(package="sklearn_imdb")
class TextSequences(layers.Layer):
    """Texts to padded sequences: lower case, filters to spaces, split at spaces, look-up.

    Parameters
    ----------
    words : sequence of str
        The vocabulary.
    indices : sequence of int
        The vocabulary index of each word.
    maxlen, padding, truncating, lowercase, filters, start_char, oov_char
        As of `SequenceVectorizer`.
    """

    def __init__(
        self,
        *,
        words: Sequence[str],
        indices: Sequence[int],
        maxlen: int,
        padding: str,
        truncating: str,
        lowercase: bool,
        filters: str,
        start_char: int | None,
        oov_char: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._config: dict[str, Any] = {
            "words": list(words),
            "indices": list(indices),
            "maxlen": maxlen,
            "padding": padding,
            "truncating": truncating,
            "lowercase": lowercase,
            "filters": filters,
            "start_char": start_char,
            "oov_char": oov_char,
        }
        self._look_up = layers.StringLookup(vocabulary=list(words), name="words")
        # The look-up counts from 1; 0 is of an unknown word.
        unknown = -1 if oov_char is None else oov_char
        self._indices = [unknown, *indices]

    def call(self, texts: Any) -> Any:
        config = self._config
        texts = tf.reshape(texts, [-1])
        if config["lowercase"]:
            texts = tf.strings.lower(texts, encoding="utf-8")
        if config["filters"]:
            texts = tf.strings.regex_replace(texts, f"[{re.escape(config['filters'])}]", " ")
        words = tf.strings.split(texts, sep=" ")
        words = tf.ragged.boolean_mask(words, tf.not_equal(words, ""))
        found = self._look_up(words.flat_values)
        indices = words.with_flat_values(
            tf.gather(tf.constant(self._indices, tf.int32), tf.cast(found, tf.int32))
        )
        if config["oov_char"] is None:
            indices = tf.ragged.boolean_mask(indices, tf.greater_equal(indices, 0))
        if config["start_char"] is not None:
            start = tf.fill([tf.shape(texts)[0], 1], tf.constant(config["start_char"], tf.int32))
            indices = tf.concat([tf.RaggedTensor.from_tensor(start), indices], axis=1)
        maxlen = config["maxlen"]
        kept = indices[:, -maxlen:] if config["truncating"] == "pre" else indices[:, :maxlen]
        if config["padding"] == "post":
            return kept.to_tensor(shape=[None, maxlen])
        return tf.reverse(kept[:, ::-1].to_tensor(shape=[None, maxlen]), [1])

    def compute_output_spec(self, texts: Any) -> keras.KerasTensor:
        return keras.KerasTensor((texts.shape[0], self._config["maxlen"]), dtype="int32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._config}


def make_text_model(text_options: dict[str, Any], network: keras.Model) -> keras.Model:
    """Return a model from texts to the probabilities of all classes."""
    texts = keras.Input((), dtype="string", name="texts")
    probabilities = network(TextSequences(name="sequences", **text_options)(texts))
    if probabilities.shape[-1] == 1:  # One sigmoid unit, for two classes.
        probabilities = layers.Concatenate(name="probabilities")([1 - probabilities, probabilities])
    return keras.Model(texts, probabilities, name="text_classifier")
