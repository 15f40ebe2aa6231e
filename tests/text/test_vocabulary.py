"""`vocabulary`: words that are given, and warnings of words that stand in no text."""

import numpy as np
import pytest

from sklearn_imdb import SequenceVectorizer, make_text_classifier

TEXTS = ["the fine play", "the dull play", "the song"]

# -- words in a list ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [list, tuple])
def test_a_list_of_words_is_a_vocabulary_in_order(kind):
    vectorizer = SequenceVectorizer(vocabulary=kind(["play", "fine play"]), ngram_range=(1, 2))
    assert vectorizer.fit(["any text"]).vocabulary_ == {"play": 1, "fine play": 2}
    assert vectorizer.set_params(maxlen=4).transform(["fine play"]).tolist() == [[1, 5, 4, 0]]


@pytest.mark.parametrize(
    ("vocabulary", "error", "message"),
    [
        (["a", "b", "a"], ValueError, "list each word once, got 'a' 2 times"),
        (["a", 1], TypeError, "must hold words as str, got 1 of type int"),
        ([], ValueError, "at least one word"),
    ],
)
def test_a_list_that_is_no_vocabulary_is_named(vocabulary, error, message):
    with pytest.raises(error, match=message):
        SequenceVectorizer(vocabulary=vocabulary).fit(TEXTS)


# -- words in no text ---------------------------------------------------------------------------


@pytest.mark.parametrize("tokenizer", ["keras", "unicode"])
def test_capitals_in_a_vocabulary_beside_lower_case_warn(tokenizer):
    with pytest.warns(UserWarning, match="has 1 words with capitals, such as 'Film'"):
        SequenceVectorizer(vocabulary=["Film", "cast"], tokenizer=tokenizer).fit(TEXTS)
    SequenceVectorizer(vocabulary=["Film"], lowercase=False, tokenizer=tokenizer).fit(TEXTS)
    SequenceVectorizer(vocabulary=["Film"], tokenizer=_titles).fit(TEXTS)


def _titles(text):
    return text.title().split()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"start_char": 5}, "start_char=5 is also the index of a word"),
        ({"index_from": 1}, "oov_char=2 is also the index of a word"),
        ({"oov_char": 1}, "oov_char=1 is also the index of start_char"),
        ({"start_char": 0}, "start_char=0 is also the index of padding"),
        ({"oov_char": 3, "subword_range": (2, 3)}, "oov_char=3 is also the index of the divider"),
    ],
)
def test_a_reserved_index_that_is_also_anothers_warns(parameters, message):
    with pytest.warns(UserWarning, match=rf"{message}.* to another index or to None"):
        SequenceVectorizer(**parameters).fit(["a good film"])


def test_a_reserved_index_between_those_of_words_is_free():
    SequenceVectorizer(vocabulary={"good": 1, "film": 7}, start_char=5).fit([])


def test_few_words_with_capitals_in_a_large_vocabulary_are_no_mistake():
    SequenceVectorizer(vocabulary=["Ángela", *map(str, range(200))]).fit(TEXTS)


def sentences(n, separator=""):
    rng = np.random.RandomState(0)
    words = ["电影", "故事", "演员", "导演", "音乐", "情节", "我们", "昨天", "朋友", "觉得"]
    return [separator.join(rng.choice(words, 8)) for _ in range(n)]


def test_sentences_without_spaces_split_at_spaces_warn_and_are_learned_all_the_same():
    with pytest.warns(
        UserWarning,
        match=r"tokenizer='keras' splits only at spaces: whole .*Set tokenizer='unicode'",
    ):
        vectorizer = SequenceVectorizer().fit(sentences(5))
    assert len(vectorizer.vocabulary_) == 5
    thai = ["ผมชอบหนังเรื่องนี้มาก", "เรื่องนี้น่าเบื่อมากจริงๆ"]
    with pytest.warns(UserWarning, match="script without spaces"):
        make_text_classifier("tutorial").set_params(classifier__epochs=1).fit(
            thai * 20, [1, 0] * 20
        )


@pytest.mark.parametrize(
    "texts",
    [
        sentences(20, " "),
        ["映画 は とても おもしろかった です", "つまらない 映画 でした"],
        ["หนัง เรื่อง นี้ ดี มาก", "หนัง น่าเบื่อ"],
        ["Donaudampfschifffahrtsgesellschaft fährt", "https://example.org/a/very/long/address"],
        ["영화가 정말 재미있었어요", "지루한 영화였습니다"],
        ["film 电影院里面的人都说这是一部非常好的电影 cast plot long"],
    ],
)
def test_words_between_spaces_do_not_warn(texts):
    SequenceVectorizer().fit(texts)


def test_the_unicode_tokenizer_does_not_warn():
    SequenceVectorizer(tokenizer="unicode").fit(sentences(5))
