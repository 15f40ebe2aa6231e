"""The words that speak most for each class, and their plot."""

import re

import matplotlib
import matplotlib.pyplot
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_imdb import SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.inspection import ClassWordsDisplay, class_words, token_contributions

matplotlib.use("agg")

GOOD, BAD = {"superb", "wonderful", "flawless", "loved"}, {"awful", "dull", "horrid", "loathed"}


@pytest.fixture(scope="module")
def pipeline(reviews, quick):
    return make_pipeline(SequenceVectorizer(maxlen=80), quick(hidden_units=0)).fit(*reviews)


@pytest.mark.parametrize("preset", ["tutorial", "ngram"])
def test_the_strongest_words_of_each_class_come_first(preset):
    texts, y = make_reviews(2000, random_state=0)
    names = np.array(["bad", "good"])[y]
    words = class_words(make_text_classifier(preset, random_state=0).fit(texts, names), n=20)
    assert words.dtype.names == ("label", "word", "score")
    assert [sum(words.label == label) for label in ("bad", "good")] == [20, 20]
    for label, some in (("bad", BAD), ("good", GOOD)):
        of_class = words[words.label == label]
        assert (np.diff(of_class.score) <= 0).all()
        assert some & {word for term in of_class.word for word in term.split()}
    assert pd.DataFrame(words).shape == (40, 3)


@pytest.mark.parametrize("pooling", ["mean", "masked_mean"])
@pytest.mark.parametrize("hidden_units", [0, 6])
def test_a_score_is_what_the_word_alone_moves(reviews, quick, pooling, hidden_units):
    vectorizer = SequenceVectorizer(maxlen=80, start_char=None)
    classifier = quick(pooling=pooling, hidden_units=hidden_units)
    pipeline = make_pipeline(vectorizer, classifier).fit(*reviews)
    words = class_words(pipeline, n=5, label=1)
    alone = pipeline.decision_function(words.word.tolist()) - pipeline.decision_function([""])
    assert_allclose(words.score, alone, rtol=1e-5)


def test_a_score_of_a_linear_network_is_the_contribution_in_any_text(pipeline):
    [word] = class_words(pipeline, n=1, label=0).word
    [explained] = token_contributions(pipeline, [f"the {word} film"], label=0)
    contribution = explained.contributions[explained.tokens.index(word)]
    assert contribution == pytest.approx(class_words(pipeline, n=1, label=0).score[0], abs=1e-6)


def test_a_score_of_weighed_terms_is_weight_times_embedding_times_output(reviews, quick):
    vectorizer = SequenceVectorizer(maxlen=80, start_char=None)
    pipeline = make_pipeline(vectorizer, quick(pooling="evidence", hidden_units=0)).fit(*reviews)
    vectorizer, classifier = pipeline[0], pipeline[1]
    words = class_words(pipeline, n=5, label=1)
    indices = [vectorizer.vocabulary_[word] + vectorizer.index_from for word in words.word]
    by_hand = classifier.embedding_[indices] @ classifier.coefs_[0][:, 0]
    by_hand = by_hand * classifier.token_weights_[indices]
    assert_allclose(words.score, by_hand, rtol=1e-5)
    # In a text, scores keep their ratios: all terms of it are scaled alike.
    [explained] = token_contributions(pipeline, [" ".join(words.word)], label=1)
    scales = explained.contributions / words.score
    assert_allclose(scales, scales[0], rtol=1e-5)


def test_scores_of_several_classes_are_relative_to_their_mean(reviews, quick):
    texts, y = make_reviews(300, n_classes=3, mean_length=60, random_state=0)
    pipeline = make_pipeline(SequenceVectorizer(maxlen=80, start_char=None), quick()).fit(texts, y)
    words = class_words(pipeline, n=3)
    assert words.label.tolist() == [0] * 3 + [1] * 3 + [2] * 3
    moved = pipeline.decision_function(words.word.tolist()) - pipeline.decision_function([""])
    moved -= moved.mean(axis=1, keepdims=True)
    assert_allclose(words.score, moved[np.arange(9), words.label], atol=1e-6)


def test_each_label_has_its_words(reviews, quick):
    texts, y = reviews
    Y = np.column_stack([y, 1 - y])
    Y[:20] = 1  # Some rows have both labels, so that these are no one-hot classes.
    pipeline = make_pipeline(SequenceVectorizer(maxlen=80), quick(hidden_units=0)).fit(texts, Y)
    words = class_words(pipeline, n=1)
    assert words.label.tolist() == [0, 1]
    assert words.word[0] != words.word[1]


def test_a_cleaning_step_in_front_does_not_matter(reviews, quick, pipeline):
    cleaned = make_pipeline(
        FunctionTransformer(lambda texts: texts),
        SequenceVectorizer(maxlen=80),
        quick(hidden_units=0),
    ).fit(*reviews)
    assert class_words(cleaned, n=3).tolist() == class_words(pipeline, n=3).tolist()


@pytest.mark.parametrize("n", [0, 1.5, True])
def test_a_wrong_number_of_words_is_named(pipeline, n):
    with pytest.raises(ValueError, match="n must be a positive integer"):
        class_words(pipeline, n=n)


def test_an_unknown_class_is_named(pipeline):
    with pytest.raises(ValueError, match=r"label='good' is none of the classes \[0, 1\]"):
        class_words(pipeline, label="good")


@pytest.mark.parametrize(
    ("wrapped", "remedy"),
    [
        (lambda pipeline: GridSearchCV(pipeline, {}, cv=2), "pass its best_estimator_"),
        (
            lambda pipeline: CalibratedClassifierCV(pipeline, cv=2),
            r"calibrated_classifiers_\[0\]\.estimator",
        ),
    ],
)
def test_the_way_out_of_a_meta_estimator_is_named(pipeline, reviews, wrapped, remedy):
    with pytest.raises(TypeError, match=remedy):
        class_words(wrapped(pipeline).fit(*reviews))


@pytest.mark.parametrize(
    ("wrapped", "held"),
    [
        (lambda classifier: GridSearchCV(classifier, {}, cv=2), "best_estimator_"),
        (
            lambda classifier: CalibratedClassifierCV(classifier, cv=2),
            "calibrated_classifiers_[0].estimator",
        ),
    ],
)
def test_the_way_out_of_a_wrapped_classifier_is_named_and_leads_out(reviews, quick, wrapped, held):
    pipeline = make_pipeline(SequenceVectorizer(maxlen=80), wrapped(quick())).fit(*reviews)
    remedy = f"make_pipeline(*pipeline[:-1], pipeline[-1].{held})"
    with pytest.raises(TypeError, match=re.escape(f"pass {remedy}.")):
        class_words(pipeline)
    names = {"make_pipeline": make_pipeline, "pipeline": pipeline}
    assert len(class_words(eval(remedy, names), n=1)) == 2


def test_the_plot_has_a_bar_for_each_word(pipeline):
    display = ClassWordsDisplay.from_estimator(pipeline, n=4)
    assert [ax.get_title() for ax in display.ax_] == ["0", "1"]
    words = class_words(pipeline, n=4)
    for label, ax in enumerate(display.ax_):
        of_class = words[words.label == label]
        assert [tick.get_text() for tick in ax.get_yticklabels()] == of_class.word.tolist()
        assert_allclose([bar.get_width() for bar in ax.patches], of_class.score)
    assert display.figure_ is display.ax_[0].figure
    matplotlib.pyplot.close(display.figure_)


def test_the_plot_takes_axes_and_refuses_too_few(pipeline):
    figure, ax = matplotlib.pyplot.subplots()
    display = ClassWordsDisplay.from_estimator(pipeline, n=2, label=1, ax=ax)
    assert display.ax_[0] is ax
    with pytest.raises(ValueError, match="ax must be 2 axes, one for each class"):
        ClassWordsDisplay.from_estimator(pipeline, n=2, ax=ax)
    matplotlib.pyplot.close(figure)


def test_dollar_signs_are_drawn_as_they_are(quick):
    texts, y = ["$_{ dull", "$^$ superb"] * 20, [r"$\bad$", "$^$"] * 20
    vectorizer = SequenceVectorizer(maxlen=4, filters="")
    pipeline = make_pipeline(vectorizer, quick()).fit(texts, y)
    display = ClassWordsDisplay.from_estimator(pipeline, n=2)
    display.figure_.canvas.draw()
    ticks = [tick.get_text() for ax in display.ax_ for tick in ax.get_yticklabels()]
    assert {"$_{", "$^$"} <= set(ticks)
    matplotlib.pyplot.close(display.figure_)


def test_a_plot_of_no_words_is_refused(pipeline):
    with pytest.raises(ValueError, match="words must hold at least one word"):
        ClassWordsDisplay(words=class_words(pipeline)[:0]).plot()
