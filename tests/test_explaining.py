"""Explanations to show to others: plain lists, tables, what a vocabulary knows, and warnings."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_imdb import SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.inspection import class_words, coverage, nearest_words

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


# -- what a vocabulary knows --------------------------------------------------------------------


@pytest.fixture
def knowing(reviews, quick):
    """Make a pipeline of a vocabulary that is given, with steps that clean in front."""

    def make(vocabulary, *cleaning, **parameters):
        vectorizer = SequenceVectorizer(vocabulary=vocabulary, maxlen=80, **parameters)
        return make_pipeline(*cleaning, vectorizer, quick(epochs=1)).fit(*reviews)

    return make


def test_coverage_is_the_share_of_words_and_of_terms(knowing):
    pipeline = knowing(["superb", "cast", "superb cast"], ngram_range=(1, 2))
    shares = coverage(pipeline, ["Superb cast, xyzzy superb!", "xyzzy", "", " ... "])
    # Of four words three are known; of the three pairs one is.
    assert_array_equal(shares.words, [3 / 4, 0, np.nan, np.nan])
    assert_array_equal(shares.terms, [4 / 7, 0, np.nan, np.nan])
    assert pd.DataFrame(shares).columns.tolist() == ["words", "terms"]


def test_coverage_counts_subwords_as_terms_alone(knowing):
    # The terms of "cats" are the word and, each with one more space, " cat", "cats" and "ats ".
    pipeline = knowing(["dog", "  cat", " cats"], subword_range=(4, 4))
    [shares] = coverage(pipeline, ["cats"])
    assert shares.tolist() == (0, 2 / 4)


def test_coverage_looks_at_texts_as_they_were_cleaned(knowing):
    swap = FunctionTransformer(lambda texts: [text.replace("xyzzy", "superb") for text in texts])
    texts = (text for text in ["xyzzy cast", "superb"])
    assert coverage(knowing(["superb"], swap), texts).words.tolist() == [0.5, 1]


def test_coverage_is_one_of_the_training_texts_and_less_of_others():
    texts, y = make_reviews(300, random_state=0)
    pipeline = make_text_classifier(random_state=0).fit(texts, y)
    known = coverage(pipeline, texts)
    assert known.words.mean() > 0.9
    assert (coverage(pipeline, ["Ein ganz anderer Text"]).terms < known.terms.min()).all()
    assert len(coverage(pipeline, [])) == 0


def test_coverage_takes_texts_alone(knowing, quick):
    with pytest.raises(TypeError, match="texts must be an iterable of str, got lists of word"):
        coverage(knowing(["superb"]), [[1, 4]])
    lists = [[1, 4, 5], [1, 6, 7]] * 10
    pipeline = make_pipeline(SequenceVectorizer(maxlen=4), quick(epochs=1)).fit(lists, [0, 1] * 10)
    with pytest.raises(ValueError, match="knows no words, because it was fitted on"):
        coverage(pipeline, ["superb"])
