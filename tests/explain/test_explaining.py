"""Explanations to show to others: plain lists, tables, what a vocabulary knows, and warnings."""

import re
from itertools import permutations

import matplotlib
import matplotlib.pyplot
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.inspection import (
    ClassWordsDisplay,
    class_words,
    contribution_table,
    coverage,
    explain_html,
    nearest_words,
    token_contributions,
)

matplotlib.use("agg")

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
    with pytest.warns(UserWarning, match="predictions and explanations mean nothing") as warned:
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
    with pytest.raises(
        ValueError, match=r"knows no words\. .* fitted on lists of word indices\. Fit it on texts"
    ):
        coverage(pipeline, ["superb"])


# -- the words of a class -----------------------------------------------------------------------


def picked(scores, n=10, ngram_range=(1, 2)):
    """Return the words of class 1, where the terms have these scores."""
    vectorizer = SequenceVectorizer(
        vocabulary=list(scores), tokenizer="unicode", ngram_range=ngram_range, maxlen=4
    )
    classifier = EmbeddingAverageClassifier(
        input_dim=4 + len(scores), embedding_dim=1, hidden_units=0, epochs=1
    )
    pipeline = make_pipeline(vectorizer, classifier).fit(["a text", "another"], [0, 1])
    classifier.embedding_ = np.float32([0, 0, 0, 0, *scores.values()])[:, np.newaxis]
    classifier.coefs_ = [np.ones((1, 1), np.float32)]
    return class_words(pipeline, n, label=1).word.tolist()


def test_plain_words_stand_for_the_phrases_around_them():
    scores = {"how superb": 0.9, "superb": 0.1, "superb .": 0.8, "how": 0, ".": 0, "good": 0.5}
    assert picked(scores) == ["good", "superb"]
    # A word that has next to no score of its own does not.
    assert picked(scores | {"superb": 0.05}) == ["how superb", "good"]


def test_a_word_of_a_higher_phrase_is_left_out():
    scores = {"not worth": 2, "not": 0.1, "worth": -0.5, "dull": 0.05}
    assert picked(scores) == ["not worth", "dull"]


def test_phrases_of_the_same_telling_word_are_listed_once():
    scores = {"'t good": 3, "nothing good": 2, "'t fine": 1, "good": -1, "fine": -1}
    assert picked(scores) == ["'t good", "'t fine"]
    assert picked({"a b": 3, "b c": 2, "a c": 1}) == ["a b", "b c", "a c"]  # No words to tell by.


def test_terms_against_a_class_are_not_picked_and_n_ends_the_list():
    scores = {"a": 3, "b": 0, "c": 2, "d": -1, "e": 1}
    assert picked(scores) == ["a", "c", "e"]
    assert picked(scores, n=2) == ["a", "c"]


def test_a_space_within_a_word_is_no_joint():
    assert picked({"new york": 2, "york": 1}, ngram_range=(1, 1)) == ["new york", "york"]


@pytest.fixture(scope="module")
def default_pipeline():
    return make_text_classifier(random_state=0).fit(*make_reviews(2000, random_state=0))


def test_of_the_default_preset_plain_words_stand_alone(default_pipeline):
    words = class_words(default_pipeline, n=20)
    for label, plain in ((0, {"loathed", "horrid", "hated"}), (1, {"adored", "loved", "superb"})):
        of_class = words.word[words.label == label].tolist()
        assert len(of_class) == 20
        assert plain < set(of_class)
        assert not any(f" {one} " in f" {other} " for one, other in permutations(of_class, 2))


def test_phrases_of_characters_are_words():
    scores = {"很 好": 2, "很": 1, "好": 0.5, "好 吃": 0.4, "难": 0.6, "难 吃": 0.3}
    assert picked(scores) == ["很好", "难"]  # Of 好吃 and 难吃 a part stands higher.


def test_chinese_words_of_a_class_have_no_spaces():
    # Each character is in texts of both classes, and no pair of them is.
    texts, y = ["很好看不难", "不好难很看"] * 30, [1, 0] * 30
    pipeline = make_text_classifier(random_state=0).fit(texts, y)
    words = class_words(pipeline)
    known = pipeline["vectorizer"].vocabulary_
    assert "很 好" in known
    assert set(words.word) <= {term.replace(" ", "") for term in known if " " in term}
    assert "<bdi>很好" in explain_html(pipeline, texts[0]).html


def test_the_words_of_a_class_take_its_name(default_pipeline):
    named = class_words(default_pipeline, n=3, target_names=["bad", "good"])
    assert named.label.tolist() == ["bad"] * 3 + ["good"] * 3
    assert named.word.tolist() == class_words(default_pipeline, n=3).word.tolist()
    assert set(class_words(default_pipeline, 3, 1, target_names=["bad", "good"]).label) == {"good"}
    with pytest.raises(
        ValueError, match=r"target_names must have a name for each of the classes \[0, 1\], got"
    ):
        class_words(default_pipeline, target_names=["bad"])


@pytest.mark.parametrize(
    ("n_classes", "shape"), [(1, (1, 1)), (4, (1, 4)), (5, (2, 3)), (20, (5, 4))]
)
def test_the_plot_of_many_classes_is_a_grid(n_classes, shape):
    rows = [(f"class {number}", "superb", 1.0) for number in range(n_classes)]
    kinds = [("label", object), ("word", object), ("score", float)]
    display = ClassWordsDisplay(words=np.array(rows, kinds).view(np.recarray)).plot()
    assert [ax.get_title() for ax in display.ax_] == [row[0] for row in rows]
    assert display.figure_.axes == display.ax_.tolist()
    assert display.ax_[0].get_gridspec().get_geometry() == shape
    assert display.figure_.get_size_inches()[0] < 14
    matplotlib.pyplot.close(display.figure_)


def test_the_plot_takes_the_names_of_classes(default_pipeline):
    names = ["bad", "good"]
    display = ClassWordsDisplay.from_estimator(default_pipeline, n=2, target_names=names)
    assert [ax.get_title() for ax in display.ax_] == names
    matplotlib.pyplot.close(display.figure_)


# -- contributions in a table -------------------------------------------------------------------


def test_a_table_has_a_row_for_each_token_and_its_place(default_pipeline):
    texts = ["I LOVED the superb\ncast; xyzzy.", "", "Dull, dull plot"]
    table = contribution_table(default_pipeline, texts)
    explained = token_contributions(default_pipeline, texts)
    for number, (text, of_text) in enumerate(zip(texts, explained, strict=True)):
        rows = table[table.text == number]
        assert rows.term.tolist() == of_text.tokens
        assert_array_equal(rows.contribution, of_text.contributions)
        for row in rows:
            spelt = text[row.begin : row.end].lower()
            if row.term.startswith(" "):  # A subword is part of its word.
                assert row.term.strip() in spelt
            else:
                assert row.term.split() == re.findall(r"\w+|[^\w\s]+", spelt)
    assert 1 not in table.text
    assert pd.DataFrame(table).groupby("term").contribution.sum()["dull"] < 0


def test_the_start_has_no_place_and_words_that_were_cut_off_no_row(reviews, quick):
    pipeline = make_pipeline(SequenceVectorizer(maxlen=3, truncating="post"), quick(epochs=1))
    table = contribution_table(pipeline.fit(*reviews), ["The plot xyzzy"])
    assert [row.tolist()[:4] for row in table] == [
        (0, "<START>", -1, -1),
        (0, "the", 0, 3),
        (0, "plot", 4, 8),
    ]


def test_of_terms_that_are_taken_once_the_table_has_the_first_place(knowing):
    vocabulary = ["superb", "superb cast"]
    options = {"ngram_range": (1, 2), "binary": True, "start_char": None}
    text = "Superb superb cast, superb cast"
    table = contribution_table(knowing(vocabulary, **options), [text])
    places = [(row.term, row.begin, row.end) for row in table]
    assert places == [("superb", 0, 6), ("superb cast", 7, 18)]


def test_padding_in_front_does_not_move_places(reviews, quick):
    vectorizer = SequenceVectorizer(maxlen=9, padding="pre", start_char=None)
    pipeline = make_pipeline(vectorizer, quick(epochs=1)).fit(*reviews)
    table = contribution_table(pipeline, ["the plot"])
    assert [(row.term, row.begin) for row in table] == [("the", 0), ("plot", 4)]


def test_places_in_texts_that_were_changed_are_not_known(knowing):
    strip = FunctionTransformer(lambda texts: [str(text).strip() for text in np.ravel(texts)])
    pipeline = knowing(["superb"], strip, start_char=None, oov_char=None)
    for texts in (["superb", " superb"], iter(["superb", " superb"])):
        assert contribution_table(pipeline, texts).begin.tolist() == [0, -1]
    frame = pd.DataFrame({"text": ["superb", " superb"]})
    assert contribution_table(pipeline, frame).end.tolist() == [6, -1]
    both = frame.assign(other="x")
    choose = FunctionTransformer(lambda frame: frame["text"])
    pipeline = make_pipeline(choose, *pipeline[1:])
    assert contribution_table(pipeline, both).begin.tolist() == [-1, -1]


def test_places_of_index_lists_and_of_stems_are_not_known(knowing):
    stemming = knowing(["superb"], tokenizer=lambda text: text[:6].split(), start_char=None)
    assert contribution_table(stemming, ["superbly"])[["term", "begin"]].tolist() == [
        ("superb", -1)
    ]
    assert contribution_table(stemming, [[4, 4]])[["term", "end"]].tolist() == [("superb", -1)] * 2


def test_an_empty_table_has_its_columns(default_pipeline):
    for texts in ([], [""]):
        table = pd.DataFrame(contribution_table(default_pipeline, texts))
        assert table.shape == (0, 5)


def test_a_table_against_another_class_has_the_contributions_to_the_difference(reviews, quick):
    texts, y = make_reviews(300, n_classes=3, mean_length=60, random_state=0)
    pipeline = make_pipeline(SequenceVectorizer(maxlen=80), quick()).fit(texts, y)
    table = contribution_table(pipeline, texts[:2], label=2, against=0)
    explained = token_contributions(pipeline, texts[:2], label=2, against=0)
    assert_array_equal(
        table.contribution, np.concatenate([of_text.contributions for of_text in explained])
    )


# -- the beginning of a page --------------------------------------------------------------------


def paragraphs(explanation):
    """Return what the paragraphs of a page say, without markup."""
    return [
        re.sub("<[^>]*>", "", paragraph)
        for paragraph in re.findall("<p .*?</p>", explanation.html, re.S)
    ]


def test_a_page_begins_with_what_is_predicted_and_ends_with_the_logits(default_pipeline):
    text, names = "I loved the superb cast.", ["negative", "positive"]
    no, yes = default_pipeline.predict_proba([text])[0]
    first, *_, last = paragraphs(explain_html(default_pipeline, text, target_names=names))
    assert first == (f"Predicted: positive, with probability {yes:.2f}. Next: negative ({no:.2f}).")
    assert last.startswith("Logit of positive: ")
    shown = explain_html(default_pipeline, text, target_names=names, true_label=0)
    assert paragraphs(shown)[0] == f"{first} True label: negative."


def test_the_true_labels_are_a_row_where_a_text_may_have_several(reviews, quick):
    texts, y = reviews
    Y = np.column_stack([y, 1 - y, np.ones_like(y)])
    pipeline = make_pipeline(SequenceVectorizer(maxlen=80), quick()).fit(texts, Y)
    names = ["good", "bad", "any"]
    for row, shown in ((Y[0] * 0, "none"), ([1, 0, 1], "good, any"), ([[0, 1, 0]], "bad")):
        explanation = explain_html(pipeline, "superb", target_names=names, true_label=row)
        assert paragraphs(explanation)[0].endswith(f" True labels: {shown}.")
    for wrong in ([1, 0], 1, [0, 1, 2], "good"):
        with pytest.raises(ValueError, match="true_label must be a row of 0 and 1 for the 3"):
            explain_html(pipeline, "superb", true_label=wrong)
    with pytest.raises(ValueError, match="With several labels per text, pass the number of the"):
        explain_html(pipeline, "superb", target_names=names, label="good")


def test_a_true_label_that_is_no_class_is_named(default_pipeline):
    with pytest.raises(ValueError, match=r"true_label='good' is none of the classes \[0, 1\]"):
        explain_html(default_pipeline, "superb", true_label="good")
