"""Which terms a vocabulary has: document frequencies, given words, warnings of words in no text."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal
from sklearn.feature_extraction.text import CountVectorizer

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews

TEXTS = ["the fine play", "the dull play", "the song"]

# -- words of too many documents ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("max_df", "left_out"), [(0.9, {"the"}), (2, {"the"}), (1, {"the", "play"}), (1.0, set())]
)
@pytest.mark.parametrize("rank_by", ["frequency", "class_evidence"])
def test_words_of_too_many_documents_are_left_out(max_df, left_out, rank_by):
    vectorizer = SequenceVectorizer(max_df=max_df, rank_by=rank_by).fit(TEXTS, [0, 1, 1])
    assert set(vectorizer.vocabulary_) == {"the", "fine", "play", "dull", "song"} - left_out


@pytest.mark.parametrize("max_df", [0.02, 0.5, 30])
def test_the_bound_is_that_of_count_vectorizer(max_df):
    texts, _ = make_reviews(200, mean_length=30, random_state=0)
    ours = SequenceVectorizer(
        max_df=max_df, min_df=2, ngram_range=(1, 2), num_words=None, tokenizer=str.split
    )
    theirs = CountVectorizer(
        max_df=max_df, min_df=2, ngram_range=(1, 2), tokenizer=str.split, token_pattern=None
    )
    assert set(ours.fit(texts).vocabulary_) == set(theirs.fit(texts).vocabulary_)


def test_ngrams_and_subwords_have_the_bound_too():
    vectorizer = SequenceVectorizer(max_df=2, ngram_range=(1, 2), subword_range=(5, 5), min_df=1)
    kept = vectorizer.fit(["a the", "a the", "a the end"]).vocabulary_
    assert "a the" not in kept
    assert "  the " not in kept
    assert {"the end", "  end "} <= set(kept)


def test_chunks_that_counted_no_documents_cannot_have_a_bound():
    counted_none = SequenceVectorizer().partial_fit(TEXTS)
    with pytest.raises(ValueError, match=r"max_df=2 needs the number of documents"):
        counted_none.set_params(max_df=2).partial_fit(TEXTS)


def test_a_bound_that_leaves_nothing_is_named():
    with pytest.raises(ValueError, match=r"max_df=1, min_df=2, .* keep none"):
        SequenceVectorizer(max_df=1, min_df=2).fit(TEXTS)


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
        (["a", 1], TypeError, "got the key 1 of type int"),
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


def test_few_words_with_capitals_in_a_large_vocabulary_are_no_mistake():
    SequenceVectorizer(vocabulary=["Ángela", *map(str, range(200))]).fit(TEXTS)


def sentences(n, separator=""):
    rng = np.random.RandomState(0)
    words = ["电影", "故事", "演员", "导演", "音乐", "情节", "我们", "昨天", "朋友", "觉得"]
    return [separator.join(rng.choice(words, 8)) for _ in range(n)]


def test_sentences_without_spaces_split_at_spaces_warn_and_are_learned_all_the_same():
    with pytest.warns(UserWarning, match=r"tokenizer='keras' splits.*Set tokenizer='unicode'"):
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


# -- containers ---------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="NumPy 2 has StringDType")
def test_an_array_of_numpys_strings_is_texts_and_labels():
    texts = np.array(TEXTS * 4, dtype=np.dtypes.StringDType())
    expected = SequenceVectorizer().fit_transform(TEXTS * 4)
    assert_array_equal(SequenceVectorizer().fit_transform(texts), expected)
    y = np.array(["a", "b", "b"] * 4, dtype=np.dtypes.StringDType())
    assert EmbeddingAverageClassifier(epochs=1).fit(expected, y).classes_.tolist() == ["a", "b"]


@pytest.mark.parametrize("column", [pl.Series, pa.array, lambda rows: pa.chunked_array([rows])])
def test_a_column_of_lists_is_word_indices(column):
    rows = [[1, 4, 5], [], [1, 6]]
    expected = SequenceVectorizer(maxlen=4).fit_transform(rows)
    assert_array_equal(SequenceVectorizer(maxlen=4).fit_transform(column(rows)), expected)
