"""Ready-made pipelines of the two estimators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_imdb._convention import DIVIDER
from sklearn_imdb.classifier import BaseEmbeddingAverage, EmbeddingAverageClassifier
from sklearn_imdb.regressor import EmbeddingAverageRegressor
from sklearn_imdb.text import SequenceVectorizer

__all__ = ["make_text_classifier", "make_text_regressor"]

Seed: TypeAlias = int | np.random.RandomState | None
"""What scikit-learn takes as `random_state`."""

_HELD = ("best_estimator_", "calibrated_classifiers_[0].estimator", "estimators_[0]", "estimator_")
"""Attributes in which meta-estimators keep a fitted pipeline or classifier."""


def make_text_classifier(
    preset: str = "ngram", *, random_state: Seed = None, verbose: int = 0
) -> Pipeline:
    """Make a plain `Pipeline` of two estimators that classifies texts.

    Parameters
    ----------
    preset : {"ngram", "tutorial"}, default="ngram"
        Try "ngram" first on texts of your own, of any language, length and number of classes. Its
        terms are words, and pairs and triples of words. If texts are few, the character n-grams of
        words are terms, too. The 100,000 terms that say most about the classes are kept, and their
        embeddings are added, each weighted by its class evidence. A text without any known word
        gets the class frequencies as probabilities. For `partial_fit`, set `vectorizer__maxlen` to
        a number; :func:`~sklearn_imdb.streaming.fit_stream` takes the pipeline as it is.
        "tutorial" is the encoding and the network of Keras's IMDB tutorial. It stops early. Its
        batches of 64 instead of 512 were chosen by cross-validation on the 25,000 training reviews.
    random_state : int, RandomState instance or None, default=None
        The classifier's.
    verbose : {0, 1, 2}, default=0
        For both steps: 0 is silent, 1 shows progress bars, 2 prints a line per epoch.

    Returns
    -------
    pipeline : Pipeline
        With the steps `vectorizer`, a :class:`SequenceVectorizer`, and `classifier`, an
        :class:`EmbeddingAverageClassifier`.

    Notes
    -----
    Set the parameters of the steps by name, as in `pipeline.set_params(classifier__epochs=3)`.

    If a fit of either estimator fails, the estimator stays as it was. If a fit of the pipeline
    fails, its vectorizer may have been fitted already. Fit a clone if the fitted pipeline must
    survive.

    Raises
    ------
    ValueError
        If there is no such preset.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> texts, y = make_reviews(2000, random_state=0)
    >>> pipeline = make_text_classifier(random_state=0).fit(texts[:1500], y[:1500])
    >>> pipeline.score(texts[1500:], y[1500:]) > 0.8
    True
    >>> pipeline = make_text_classifier("tutorial", random_state=0).fit(texts[:1500], y[:1500])
    >>> pipeline.predict_proba(texts[1500:]).shape
    (500, 2)

    References
    ----------
    "ngram" weights words as in S. Wang and C. D. Manning, "Baselines and Bigrams: Simple, Good
    Sentiment and Topic Classification", ACL 2012.
    """
    if preset == "tutorial":
        vectorizer = SequenceVectorizer(verbose=verbose)
        classifier = EmbeddingAverageClassifier(
            batch_size=64, early_stopping=True, random_state=random_state, verbose=verbose
        )
    elif preset == "ngram":
        vectorizer = SequenceVectorizer(
            num_words=100_000,
            maxlen="auto",
            truncating="post",
            tokenizer="unicode",
            ngram_range=(1, 3),
            subword_range="auto",
            min_df="auto",
            rank_by="class_evidence",
            start_char=None,
            oov_char=None,
            verbose=verbose,
        )
        classifier = EmbeddingAverageClassifier(
            embedding_dim="auto",
            hidden_units=0,
            pooling="evidence",
            divider=DIVIDER,
            optimizer="adagrad",
            learning_rate="auto",
            label_smoothing=0.05,
            epochs=2,
            batch_size="auto",
            random_state=random_state,
            verbose=verbose,
        )
    else:
        raise ValueError(f"preset must be 'tutorial' or 'ngram', got {preset!r}.")
    return Pipeline([("vectorizer", vectorizer), ("classifier", classifier)])


def make_text_regressor(*, random_state: Seed = None, verbose: int = 0) -> Pipeline:
    """Make a pipeline that predicts a number from a text, such as a rating or a price.

    It has the parameters of the default preset of :func:`make_text_classifier`, but ranks terms by
    "target_evidence". The regressor learns a distribution over the different values of y, or over
    quantile bins if y has more than `n_bins` different values.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        The regressor's.
    verbose : {0, 1, 2}, default=0
        For both steps: 0 is silent, 1 shows progress bars, 2 prints a line per epoch.

    Returns
    -------
    pipeline : Pipeline
        With the steps `vectorizer`, a :class:`SequenceVectorizer`, and `regressor`, an
        :class:`EmbeddingAverageRegressor`.

    See Also
    --------
    make_text_classifier : For labels without an order.

    Examples
    --------
    >>> from sklearn_imdb import make_text_regressor
    >>> texts, prices = ["a fine old chair", "a chair", "an old table"] * 20, [80.5, 20, 64] * 20
    >>> pipeline = make_text_regressor(random_state=0).fit(texts, prices)
    >>> pipeline.predict(["a chair", "a fine old chair"]).round(-1)
    array([20., 80.])
    """
    vectorizer, classifier = make_text_classifier(random_state=random_state, verbose=verbose)
    vectorizer.set_params(rank_by="target_evidence")
    parameters = classifier.get_params()
    del parameters["loss"], parameters["class_weight"]
    regressor = EmbeddingAverageRegressor(**parameters)
    return Pipeline([("vectorizer", vectorizer), ("regressor", regressor)])


# -- the steps of a pipeline ------------------------------------------------------------------


class Steps(NamedTuple):
    """The steps of a pipeline for texts."""

    cleaning: list[Any]
    """Transformers of texts in front of the vectorizer."""
    vectorizer: SequenceVectorizer
    classifier: BaseEmbeddingAverage

    def clean(self, texts: Iterable[Any]) -> Any:
        """Return the texts as the vectorizer receives them."""
        for step in self.cleaning:
            texts = step.transform(texts)
        return texts

    def refuse_cleaning(self, instead: str) -> Self:
        """Return the steps. Raise a TypeError for one that cleans, which belongs `instead`."""
        if self.cleaning:
            raise TypeError(
                "pipeline must have only a SequenceVectorizer and an EmbeddingAverageClassifier, "
                f"got also {type(self.cleaning[0]).__name__}: leave it out, and apply it {instead}."
            )
        return self

    def check_fitted(self) -> Self:
        """Return the steps, or raise a NotFittedError."""
        check_is_fitted(self.classifier)
        check_is_fitted(self.vectorizer)
        return self

    def check_classes(self) -> Self:
        """Return the steps, or raise a TypeError if they predict numbers."""
        if not hasattr(self.classifier, "classes_"):
            raise TypeError("The pipeline predicts numbers, not classes: use token_contributions.")
        return self


def find_steps(pipeline: Any) -> Steps:
    """Return the steps of a pipeline, or raise a TypeError that names the way out."""
    steps = [step for _, step in pipeline.steps] if isinstance(pipeline, Pipeline) else []
    holder, remedy = pipeline, "its {}"
    match steps:
        case [*cleaning, SequenceVectorizer() as vectorizer, BaseEmbeddingAverage() as last]:
            cleaning = [step for step in cleaning if step not in (None, "passthrough")]
            return Steps(cleaning, vectorizer, last)
        case [*_, SequenceVectorizer(), last]:
            holder, remedy = last, "make_pipeline(*pipeline[:-1], pipeline[-1].{})"
    got = type(pipeline).__name__
    if steps:
        got += f" of {', '.join(type(step).__name__ for step in steps)}"
    found = [held for held in _HELD if hasattr(holder, held.partition("[")[0])]
    if found:
        got += f": pass {remedy.format(found[0])}"
    raise TypeError(
        "pipeline must be a Pipeline that ends in a SequenceVectorizer and an "
        f"EmbeddingAverageClassifier, got {got}."
    )
