"""explain_html: the right places are tinted, nothing in a text is markup, all is legible."""

import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_imdb import SequenceVectorizer, make_text_classifier
from sklearn_imdb._explain.page import BLUE, FAINT_INK, INK, VERMILION, escape, show, tint
from sklearn_imdb._explain.spans import align
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.inspection import explain_html, nearest_words, token_contributions
from sklearn_imdb.text import fitted_recipe

# Markup, right to left, emoji of several characters, a letter that is two in lower case, final
# sigma, characters that HTML has no room for, and both kinds of quote.
NASTY = (
    "<script>alert('superb')</script> \"dull\" &amp; İ İSTANBUL ΟΔΟΣ superb\n"
    "סרט מצוין, הסרט superb! 👩‍👩‍👧 👍🏽 \u202eevil\u202c \ud800 nul\0 ß\tDULL."
)


def aligned_by(vectorizer, text):
    return align(text, fitted_recipe(vectorizer), vectorizer.vocabulary_, vectorizer.maxlen_)


@pytest.fixture(scope="module")
def pipeline(reviews, quick):
    return make_pipeline(SequenceVectorizer(maxlen=80), quick()).fit(*reviews)


class Shown(HTMLParser):
    """What a browser makes of the element: its text, and which words have which style."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text, self.tinted = set(), set(), "", []
        self._depth = self._style = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        attributes = dict(attributes)
        if "dir" in attributes:
            self._depth = 0
        self._style = attributes.get("style") if tag == "span" else None

    def handle_endtag(self, tag):
        if tag == "div":
            self._depth = None
        self._style = None

    def handle_data(self, data):
        if self._depth is not None:
            self.text += data
            if self._style:
                self.tinted.append((data, self._style))


# -- alignment --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"lowercase": False},
        {"filters": "", "lowercase": False},
        {"filters": "!,.“s"},
        {"token_pattern": r"(?u)\b\w\w+\b"},
        {"token_pattern": r"(\w)\w*"},
        {"tokenizer": str.split},
        {"tokenizer": lambda text: re.findall(r"\w+|[^\w\s]", text)},
        {"maxlen": 5},
        {"maxlen": 5, "truncating": "post"},
        {"maxlen": 5, "truncating": "post", "start_char": None},
        {"binary": True},
        {"binary": True, "maxlen": 9},
        {"oov_char": None, "num_words": 15},
        {"oov_char": None, "num_words": 15, "binary": True, "maxlen": 4},
    ],
)
def test_every_token_is_found_where_it_stands(parameters):
    """Read at their places, the words are those that the vectorizer encodes."""
    texts = [NASTY, NASTY[::-1], "", "one", *make_reviews(10, mean_length=20, random_state=0)[0]]
    vectorizer = SequenceVectorizer(**parameters).fit([*texts, "one"])
    for text, sequence in zip(texts, vectorizer.transform(texts), strict=True):
        alignment = aligned_by(vectorizer, text)
        assert alignment.is_verbatim
        assert alignment.text == text
        tokens = vectorizer.inverse_transform([[index] for index in sequence if index])
        for token, words in zip(tokens, alignment.tokens, strict=True):
            if not words:
                assert token == "<START>"
                continue
            for number in words:
                begin, end = alignment.words[number]
                word = text[begin:end]
                if vectorizer.lowercase:
                    # The sigma that ends a word is another letter than the one that stands alone.
                    word, token = word.lower().replace("ς", "σ"), token.replace("ς", "σ")
                # Of the two characters that İ becomes a pattern may take one; it is shown once.
                is_part = "İ" in text[max(begin - 1, 0) : end] and (token in word or not word)
                assert token in ("<UNK>", word) or is_part
                assert token != "<UNK>" or word not in vectorizer.vocabulary_


@pytest.mark.parametrize("oov_char", [None, 2])
@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("ngram_range", [(1, 3), (2, 2)])
def test_every_ngram_is_found_where_its_words_stand(ngram_range, binary, oov_char):
    texts = make_reviews(20, mean_length=40, random_state=0)[0]
    vectorizer = SequenceVectorizer(
        ngram_range=ngram_range, binary=binary, oov_char=oov_char, min_df=2
    ).fit(texts)
    for text, sequence in zip(texts, vectorizer.transform(texts), strict=True):
        alignment = aligned_by(vectorizer, text)
        names = vectorizer.inverse_transform([[index] for index in sequence if index])
        for name, words in zip(names, alignment.tokens, strict=True):
            if name in ("<START>", "<UNK>"):
                continue
            spelt = [text[slice(*alignment.words[number])].lower() for number in words]
            n_words = name.count(" ") + 1
            places = [spelt[i : i + n_words] for i in range(0, len(spelt), n_words)]
            assert {" ".join(place) for place in places} == {name}
            assert len(places) == 1 or binary


def test_what_an_ngram_contributed_is_spread_over_its_words_and_places(reviews, quick):
    vocabulary = {"superb": 1, "cast": 2, "superb cast": 3, "dull": 4}
    vectorizer = SequenceVectorizer(
        vocabulary=vocabulary, ngram_range=(1, 2), binary=True, oov_char=None, start_char=None
    )
    pipeline = make_pipeline(vectorizer, quick(input_dim=8, epochs=1)).fit(*reviews)
    text = "Superb cast, superb cast!"
    [explained] = token_contributions(pipeline, [text])
    assert explained.tokens == ["superb", "superb cast", "cast"]
    superb, pair, cast = explained.contributions
    titles = re.findall('title="(.*?)"', explain_html(pipeline, text).html)
    of_places = [superb / 2 + pair / 4, cast / 2 + pair / 4]
    assert titles == [show(share) for share in of_places * 2]


def test_the_ngram_preset_is_explained(reviews):
    pipeline = make_text_classifier("ngram", random_state=0).fit(*reviews)
    text = "I loved the superb cast; xyzzy: a superb cast."
    [explained] = token_contributions(pipeline, [text])
    assert explained.baseline + explained.contributions.sum() == pytest.approx(
        pipeline.decision_function([text])[0], abs=1e-5
    )
    shown = Shown(explain_html(pipeline, text).html)
    assert shown.text == text
    assert [word for word, style in shown.tinted if "dotted" in style] == [";", "xyzzy", ":"]


def test_lower_casing_one_character_by_another_finds_every_place():
    """What the places rest on: each character becomes as many as it does alone, at least one."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    assert len(every.lower()) == sum(len(character.lower()) for character in every)
    assert min(len(character.lower()) for character in every) == 1


@pytest.mark.parametrize(
    ("tokenizer", "shown"),
    [
        (lambda text: [word.removesuffix("ing") for word in text.split()], "a mov film"),
        (lambda text: [word for word in text.split() if word != "a"], "moving film"),
        (lambda text: sorted(text.split()), "a film moving"),
    ],
)
def test_words_that_are_not_in_the_text_are_shown_themselves(reviews, quick, tokenizer, shown):
    vectorizer = SequenceVectorizer(maxlen=80, tokenizer=tokenizer)
    pipeline = make_pipeline(vectorizer, quick(epochs=1)).fit(*reviews)
    explanation = explain_html(pipeline, "A moving film")
    assert Shown(explanation.html).text == shown
    assert "Shown are the words that the tokenizer made" in explanation.html
    assert "Shown are" not in explain_html(pipeline, "film").html


# -- what is shown ----------------------------------------------------------------------------


def test_the_text_is_shown_as_it_was_written_and_is_never_markup(pipeline):
    html = explain_html(pipeline, NASTY, target_names=["<b>neg</b>", 'p"os']).html
    shown = Shown(html)
    assert shown.text == NASTY.replace("\ud800", "\ufffd").replace("\0", "\ufffd")
    assert shown.tags == {"div", "p", "span", "bdi"}
    assert shown.attributes == {"style", "dir", "title"}
    assert "&lt;b&gt;neg&lt;/b&gt;" in html
    assert "p&quot;os" in html


def test_characters_that_are_markup_or_not_in_html_are_escaped():
    assert escape("<a href='x'>\"&") == "&lt;a href=&#x27;x&#x27;&gt;&quot;&amp;"
    assert escape("a\0b\x1b\udfff\n\t") == "a\ufffdb\ufffd\ufffd\n\t"


def test_words_are_marked_by_sign_and_strength_and_not_by_colour_alone(pipeline):
    shown = Shown(explain_html(pipeline, "Superb, superb cast, the plot DULL.").html)
    styles = dict(shown.tinted)
    assert [word for word, _ in shown.tinted] == ["Superb", "superb", "cast", "the", "plot", "DULL"]
    assert "underline solid 2px" in styles["Superb"] == styles["superb"]
    assert "underline wavy" in styles["DULL"]
    assert "bold" in styles["DULL"]
    assert "underline" not in styles["the"]
    html = explain_html(pipeline, "Superb, superb cast, the plot DULL.").html
    listed = [re.findall("<bdi>(.*?)</bdi>", line) for line in re.findall("Most .*", html)]
    assert listed == [["superb", "the"], ["dull", "plot", "cast"]]


def test_the_numbers_are_those_of_token_contributions(pipeline):
    text = "Superb, superb cast."
    [explained] = token_contributions(pipeline, [text])
    html = explain_html(pipeline, text, target_names=["negative", "positive"]).html
    titles = re.findall('title="(.*?)"', html)
    assert titles == [show(value) for value in explained.contributions[1:]]
    assert f"<bdi>superb</bdi> {show(2 * explained.contributions[1])} (2 ×)" in html
    assert f"which every text has: {show(explained.contributions[0])}" in html
    assert f"Logit of positive: {show(explained.baseline)} without words" in html
    probability = pipeline.predict_proba([text])[0, 1]
    assert f"Predicted: positive, with probability {probability:.2f}." in html


def test_subwords_add_to_their_word_and_are_no_occurrences_of_it(reviews, quick):
    vectorizer = SequenceVectorizer(maxlen=80, start_char=None, subword_range=(3, 4))
    pipeline = make_pipeline(vectorizer, quick()).fit(*reviews)
    text = "superb cast, superb"
    [explained] = token_contributions(pipeline, [text])
    parts = ("superb", *(token for token in explained.tokens if token.strip() in " superb "))
    assert len(set(parts)) > 2
    total = sum(
        contribution
        for token, contribution in zip(explained.tokens, explained.contributions, strict=True)
        if token in parts
    )
    html = explain_html(pipeline, text).html
    assert f"<bdi>superb</bdi> {show(total)} (2 ×)" in html
    assert re.search(r"<bdi>cast</bdi> \S+</span>", html)


def test_of_two_classes_what_speaks_against_one_speaks_for_the_other(pipeline, reviews, quick):
    text, names = "Superb, superb cast, the plot DULL.", ["negative", "positive"]
    html = explain_html(pipeline, text, target_names=names).html
    assert re.search("Most towards positive: <span [^>]*><bdi>superb", html)
    assert re.search("Most towards negative: <span [^>]*><bdi>dull", html)
    html = explain_html(pipeline, text, target_names=names, label=0).html
    assert re.search("Most towards negative: <span [^>]*><bdi>dull", html)
    texts, y = make_reviews(300, n_classes=3, mean_length=60, random_state=0)
    three = make_pipeline(SequenceVectorizer(maxlen=80), quick()).fit(texts, y)
    assert "away from 2" in explain_html(three, "superb dull", label=2).html


@pytest.mark.parametrize(
    ("parameters", "unread"),
    [
        ({"maxlen": 2}, ["Superb", "plot"]),
        ({"maxlen": 2, "truncating": "post"}, ["plot", "xyzzy", "superb"]),
        ({"binary": True}, []),
        ({"oov_char": None}, []),
        ({}, []),
    ],
)
def test_words_that_were_cut_off_are_in_grey_italics(reviews, quick, parameters, unread):
    vectorizer = SequenceVectorizer(**{"maxlen": 80, **parameters})
    pipeline = make_pipeline(vectorizer, quick(epochs=1)).fit(*reviews)
    html = explain_html(pipeline, "Superb plot, xyzzy: superb").html
    assert [word for word, style in Shown(html).tinted if "italic" in style] == unread
    assert ("cut off: no weight" in html) == bool(unread)


def test_words_in_no_term_are_no_fault_and_have_a_dotted_underline(reviews, quick):
    vectorizer = SequenceVectorizer(maxlen=80, oov_char=None)
    pipeline = make_pipeline(vectorizer, quick(epochs=1)).fit(*reviews)
    html = explain_html(pipeline, "Superb plot, xyzzy: superb").html
    unread = [word for word, style in Shown(html).tinted if "dotted" in style]
    assert unread[0] == "xyzzy"
    assert "in no term: no weight" in html
    assert "dotted" not in explain_html(pipeline, "Superb plot").html


def test_a_cleaned_text_is_explained_as_it_was_cleaned(reviews, quick):
    def without_tags(texts):
        return [re.sub(r"<[^>]*>", " ", text) for text in texts]

    pipeline = make_pipeline(
        FunctionTransformer(without_tags), SequenceVectorizer(maxlen=80), quick(epochs=1)
    ).fit(*reviews)
    explanation = explain_html(pipeline, "a <b>superb</b> film")
    assert Shown(explanation.html).text == "a  superb  film"
    assert "as the steps before the vectorizer cleaned it" in explanation.html
    [explained] = token_contributions(pipeline, ["a <b>superb</b> film"])
    assert explained.tokens == ["<START>", "a", "superb", "film"]
    assert nearest_words(pipeline, "film", n=1)


def test_one_class_is_explained_against_another(reviews, quick):
    texts, _ = reviews
    y = np.array(["bad", "fair", "good"])[np.arange(len(texts)) % 3]
    pipeline = make_pipeline(SequenceVectorizer(maxlen=80), quick(epochs=1)).fit(texts, y)
    text = "superb dull"
    html = explain_html(pipeline, text, label="good", against="bad").html
    assert "Logit of good less that of bad" in html
    assert ">towards bad</span>" in html
    assert re.search(r"Next: \w+ \(0\.\d\d\), \w+ \(0\.\d\d\)\.", html)
    [explained] = token_contributions(pipeline, [text], label="good", against="bad")
    [z] = pipeline.decision_function([text])
    assert explained.logit == pytest.approx(z[2] - z[0], abs=1e-6)
    assert explained.baseline + explained.contributions.sum() == pytest.approx(explained.logit)
    with pytest.raises(ValueError, match="against='good' is the label that is explained"):
        token_contributions(pipeline, [text], label="good", against="good")
    with pytest.raises(ValueError, match="against='best' is none of the classes"):
        token_contributions(pipeline, [text], against="best")


def test_several_labels_are_explained_one_by_one(reviews, quick):
    texts, y = reviews
    Y = np.column_stack([y, 1 - y, np.ones_like(y)])
    pipeline = make_pipeline(SequenceVectorizer(maxlen=80), quick()).fit(texts, Y)
    html = explain_html(pipeline, "superb", label=1, target_names=["good", "bad", "any"]).html
    assert "away from bad" in html
    assert re.search(r"Predicted: any, with probability \d", html)
    [explained] = token_contributions(pipeline, ["superb"])
    assert explained.label == 2
    assert explained.logit == pytest.approx(pipeline.decision_function(["superb"])[0, 2], abs=1e-5)


def test_texts_without_words_are_shown_too(pipeline):
    for text in ("", " ... ", "\n"):
        shown = Shown(explain_html(pipeline, text).html)
        assert (shown.text, shown.tinted) == (text, [])


def test_padding_in_front_is_no_word(reviews, quick):
    vectorizer = SequenceVectorizer(maxlen=80, padding="pre", start_char=None)
    pipeline = make_pipeline(vectorizer, quick(epochs=1)).fit(*reviews)
    for text, n_words in (("", 0), ("superb", 1), ("superb plot", 2)):
        assert len(Shown(explain_html(pipeline, text).html).tinted) == n_words


def test_ink_is_legible_on_every_tint():
    """4.5 to 1 is what WCAG 2.1 asks for (1.4.3), 7 to 1 its stricter level."""

    def luminance(colour):
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    def contrast(ink, ground):
        dark, light = sorted([luminance(ink), luminance(ground)])
        return (light + 0.05) / (dark + 0.05)

    assert contrast(INK, tint(1.0)) > 5
    assert contrast(INK, tint(-1.0)) > 5
    assert contrast(FAINT_INK, "#ffffff") > 7
    assert tint(0.0) == "#ffffff"
    assert tint(0.3) != tint(-0.3)
    assert BLUE != VERMILION


def test_it_shows_itself_in_a_notebook_and_saves_a_page(pipeline, tmp_path):
    explanation = explain_html(pipeline, NASTY)
    assert explanation._repr_html_() == explanation.html
    explanation.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page == str(explanation)
    assert explanation.html in page
    assert '<meta charset="utf-8">' in page
    assert "default-src 'none'" in page
    assert re.fullmatch(r"<TextExplanation: \d+ characters of HTML>", repr(explanation))


# -- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [["a"], None, b"a", [1, 4]])
def test_what_is_no_text_is_named(pipeline, text):
    with pytest.raises(TypeError, match="text must be one str, got "):
        explain_html(pipeline, text)


@pytest.mark.parametrize("names", [["one"], ["a", "b", "c"], "ab"])
def test_names_that_are_not_one_a_class_are_refused(pipeline, names):
    with pytest.raises(
        ValueError, match=r"target_names must have a name for each of the classes \[0, 1\], got"
    ):
        explain_html(pipeline, "a", target_names=names)
