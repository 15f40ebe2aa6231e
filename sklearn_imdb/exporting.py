"""A fitted pipeline as one Keras model, from texts to probabilities or numbers.

This module imports Keras. Once it is imported, `keras.models.load_model` can read what was saved.
"""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from sklearn_imdb._convention import UNKNOWN
from sklearn_imdb._text.vocabulary import check_has_words
from sklearn_imdb._training.keras_text import make_text_model
from sklearn_imdb.pipelines import find_steps
from sklearn_imdb.text import fitted_recipe, sequence_length

__all__ = ["to_keras"]

_ONLY = {
    "tokenizer": "keras",
    "token_pattern": None,
    "ngram_range": (1, 1),
    "subword_range": None,
    "binary": False,
}
"""Parameters of the vectorizer, with the only value that TensorFlow's string operations can do."""

_HANDED_ON = ("padding", "truncating", "lowercase", "filters", "start_char", "oov_char")
"""Parameters of the vectorizer that the layer of the texts takes, too."""


def to_keras(pipeline: Pipeline) -> Any:
    """Make one Keras model of a fitted pipeline, from texts to probabilities or numbers.

    TensorFlow's string operations turn texts into the same sequences as the vectorizer. The network
    is the classifier's `model_`, whichever backend trained it.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, of a :class:`SequenceVectorizer` with `tokenizer="keras"` and single words, and an
        :class:`EmbeddingAverageClassifier` or :class:`EmbeddingAverageRegressor`.

    Returns
    -------
    model : keras.Model
        It takes a batch of strings, of shape (n_samples,), and gives the probabilities, of shape
        (n_samples, n_classes) and dtype float32, in the order of `classes_`. For a regressor it
        gives the prediction, of shape (n_samples, 1).

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If `pipeline` has other steps.
    ValueError
        If TensorFlow's string operations cannot do what a parameter of the vectorizer asks for.

    Notes
    -----
    `model.save("model.keras")` writes Keras's format. In a new process, `import
    sklearn_imdb.exporting` before `keras.models.load_model("model.keras")`: the text layer belongs
    to this library, and Keras loads no layer that it does not know.
    `model.export("folder")` writes a SavedModel, which needs only TensorFlow.

    TensorFlow lower-cases as Python does, except 40 letters that Unicode added in version 14.
    With `pooling="masked_mean"` and no `start_char`, a text without words gives NaN.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> from sklearn_imdb.exporting import to_keras
    >>> pipeline = make_text_classifier("tutorial", random_state=0)
    >>> pipeline = pipeline.fit(*make_reviews(500, random_state=0))
    >>> model = to_keras(pipeline)
    >>> import tensorflow
    >>> model.predict(tensorflow.constant(["A superb film.", "Dull."]), verbose=0).shape
    (2, 2)
    """
    steps = find_steps(pipeline).refuse_cleaning("before the model")
    _, vectorizer, classifier = steps.check_fitted()
    recipe = fitted_recipe(vectorizer)
    for name, only in _ONLY.items():
        got = getattr(recipe, name)
        if got != only:
            raise ValueError(
                f"TensorFlow cannot do {name}={got!r} in a model of texts: set {name}={only!r}, or "
                "use classifier.model_, which takes sequences."
            )
    check_has_words(vectorizer.vocabulary_)
    # The network reads an index beyond its embeddings as the unknown word.
    indices = [rank + recipe.index_from for rank in vectorizer.vocabulary_.values()]
    options = {
        "words": list(vectorizer.vocabulary_),
        "indices": [i if i < len(classifier.embedding_) else UNKNOWN for i in indices],
        "maxlen": sequence_length(vectorizer),
        **{name: getattr(recipe, name) for name in _HANDED_ON},
    }
    return make_text_model(options, classifier.model_)
