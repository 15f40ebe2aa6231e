"""Ready-made pipelines of the two estimators."""

from __future__ import annotations

import numpy as np
from sklearn.pipeline import Pipeline

from sklearn_imdb.classifier import EmbeddingAverageClassifier
from sklearn_imdb.text import SequenceVectorizer

__all__ = ["make_text_classifier"]


def make_text_classifier(
    preset: str = "tutorial",
    *,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> Pipeline:
    """Make a pipeline that classifies texts, with parameters anyone could have typed.

    Parameters
    ----------
    preset : {"tutorial"}, default="tutorial"
        "tutorial" is the encoding and the network of Keras's IMDB tutorial, stopping early, in
        batches of 64 instead of 512, chosen by cross-validation on the 25,000 training reviews.
    random_state : int, RandomState instance or None, default=None
        The classifier's.
    verbose : {0, 1, 2}, default=0
        The classifier's: 0 is silent, 1 shows a progress bar, 2 prints a line an epoch.

    Returns
    -------
    pipeline : Pipeline
        With the steps `vectorizer`, a :class:`SequenceVectorizer`, and `classifier`, an
        :class:`EmbeddingAverageClassifier`.

    Notes
    -----
    A fit of either estimator that fails changes nothing. A Pipeline's may: its vectorizer has been
    fitted when its classifier fails. Fit a clone where the fitted pipeline must survive.

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
    >>> pipeline.predict_proba(texts[1500:]).shape
    (500, 2)
    """
    if preset != "tutorial":
        raise ValueError(f"preset must be 'tutorial', got {preset!r}.")
    return Pipeline(
        [
            ("vectorizer", SequenceVectorizer()),
            (
                "classifier",
                EmbeddingAverageClassifier(
                    batch_size=64,
                    early_stopping=True,
                    random_state=random_state,
                    verbose=verbose,
                ),
            ),
        ]
    )
