"""Explanations to show to others: plain lists, tables, what a vocabulary knows, and warnings."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_imdb import SequenceVectorizer
from sklearn_imdb.inspection import class_words, nearest_words

# -- a vectorizer and a classifier that do not belong together ----------------------------------


@pytest.fixture
def broken(reviews, quick):
    """Make a pipeline whose second fit failed when its vectorizer had been fitted anew."""
    texts, y = reviews
    pipeline = make_pipeline(SequenceVectorizer(maxlen=80), quick(epochs=1)).fit(texts, y)
    with pytest.raises(ValueError, match="y"):
        pipeline.fit(["superb superb plot"] * 4, [np.nan] * 4)
    return pipeline


@pytest.mark.parametrize(
    "ask",
    [
        class_words,
        lambda pipeline: nearest_words(pipeline, "superb"),
        lambda pipeline: pipeline.predict(["superb"]),
    ],
)
def test_lists_warn_of_another_vocabulary_as_predictions_do(broken, ask):
    with pytest.warns(UserWarning, match="numbered by another vocabulary") as warned:
        ask(broken)
    assert len(warned) == 1


def test_the_warning_of_a_list_names_the_line_that_asked(broken):
    with pytest.warns(UserWarning, match="nor does what explains them") as warned:
        class_words(broken)
    assert warned[0].filename == __file__
