"""`subword_range`: the parts of words that are terms, and the parameters they depend on."""

from random import Random

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_imdb import SequenceVectorizer
from sklearn_imdb.text import check_recipe


def recipe(**parameters):
    return check_recipe(SequenceVectorizer(**parameters))


@pytest.mark.parametrize(
    ("n_words", "n_classes", "expected"),
    [(399_999, 2, (4, 5)), (400_000, 2, None), (400_000, 1, None), (1_900_000, 10, (4, 5))],
)
def test_automatic_subwords_are_for_few_words_a_class(n_words, n_classes, expected):
    assert recipe(subword_range="auto").resolve(n_words, n_classes).subword_range == expected
    assert recipe(subword_range=(2, 3)).resolve(n_words, n_classes).subword_range == (2, 3)
    given = recipe(subword_range="auto", vocabulary={"a": 1})
    assert given.resolve(n_words, n_classes).subword_range is None


def test_what_gives_a_text_other_terms_is_named():
    before = recipe()
    assert recipe(maxlen=3, padding="pre", num_words=9, min_df=2).changed_terms(before) == []
    changed = recipe(lowercase=False, ngram_range=(1, 2)).changed_terms(before)
    assert changed == ["lowercase", "ngram_range"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ngram_range": (2, 1)}, "ngram_range must be .*integers with 1 <= min_n <= max_n"),
        ({"subword_range": (0, 4)}, "subword_range must be .*integers with 1 <= min_n <= max_n"),
        ({"subword_range": (4, 5), "index_from": 2}, "index_from must be at least 3"),
        ({"num_words": 4}, r"num_words must be > index_from \+ 1 = 4, got 4"),
        ({"tokenizer": "unicode", "token_pattern": "a"}, "set token_pattern to None"),
    ],
)
def test_what_does_not_go_together_is_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        SequenceVectorizer(**parameters).fit(["a text"])


# -- subwords ---------------------------------------------------------------------------------


def test_subwords_lie_within_a_word_and_its_boundaries():
    analyze = SequenceVectorizer(subword_range=(4, 5)).build_analyzer()
    assert analyze("cats") == ["cats", "  cat", " cats", " ats ", "  cats", " cats "]
    assert analyze("a") == ["a", "  a "]
    assert analyze("at") == ["at", "  at "]


def test_a_row_has_its_words_the_divider_and_its_subwords():
    vectorizer = SequenceVectorizer(
        subword_range=(5, 5), ngram_range=(1, 2), maxlen=12, oov_char=None, start_char=None
    )
    [row] = vectorizer.fit_transform(["cat sat"])
    names = {rank + 3: term for term, rank in vectorizer.vocabulary_.items()}
    assert [names.get(index, index) for index in row.tolist()] == [
        "cat", "cat sat", "sat", 3, "  cat ", "  sat ", 0, 0, 0, 0, 0, 0,
    ]  # fmt: skip
    assert vectorizer.inverse_transform([row]) == ["cat cat sat sat"]


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 3)])
@pytest.mark.parametrize("oov_char", [None, 2])
@pytest.mark.parametrize("maxlen", [15, 400, "auto", None])
def test_texts_fitted_and_texts_transformed_are_encoded_alike(
    binary, ngram_range, oov_char, maxlen
):
    rng = Random(0)
    words = "film films filming plot plots plotted an in superb superbly awful awfully".split()
    texts = [" ".join(rng.choices(words, k=rng.randrange(12))) for _ in range(60)]
    vectorizer = SequenceVectorizer(
        subword_range=(3, 5), ngram_range=ngram_range, binary=binary, oov_char=oov_char,
        maxlen=maxlen, min_df=2, tokenizer="unicode",
    )  # fmt: skip
    X = vectorizer.fit_transform(texts)
    assert_array_equal(vectorizer.transform(texts), X)
    assert X.shape == (60, vectorizer.maxlen_)
    assert ((X == 3).sum(axis=1) == 1).all()


def test_a_rare_word_is_unknown_also_where_each_word_is_taken_once():
    vectorizer = SequenceVectorizer(subword_range=(3, 3), binary=True, min_df=2, maxlen=9)
    texts = ["a b b q", "a c b d d"]
    X = vectorizer.fit_transform(texts)
    assert X.tolist() == [[1, 4, 5, 2, 3, 6, 7, 0, 0], [1, 4, 2, 5, 2, 3, 6, 7, 0]]
    assert_array_equal(vectorizer.transform(texts), X)


def test_beside_subwords_min_df_may_be_set_between_chunks():
    texts = ["a b b q", "a c b d d"]
    chunks = SequenceVectorizer(subword_range=(3, 3))
    chunks.partial_fit(texts[:1]).set_params(min_df=2).partial_fit(texts[1:])
    whole = SequenceVectorizer(subword_range=(3, 3), min_df=2).fit(texts)
    assert chunks.vocabulary_.keys() == whole.vocabulary_.keys() == {"a", "b", "  a ", "  b "}


@pytest.mark.parametrize(
    ("n_words", "n_subwords", "maxlen", "expected"),
    [(3, 5, 9, (3, 5)), (4, 8, 10, (3, 6)), (9, 0, 5, (4, 0)), (0, 9, 5, (0, 4))],
)
def test_each_part_is_cut_by_its_share(n_words, n_subwords, maxlen, expected):
    # A word of two letters has two subwords, one of a letter has one, and a long word has none.
    known, long = ["a", "ab", "w" * 41], ["w" * 41]
    words = {(3, 5): ["a", "ab", "ab"], (4, 8): ["ab"] * 4, (9, 0): long * 9}
    text = " ".join(words.get((n_words, n_subwords), ["b"] * 9))  # "b" is known by its subword.
    vectorizer = SequenceVectorizer(
        vocabulary=[*known, "  a ", "  ab", " ab ", "  b "],
        subword_range=(3, 3), start_char=None, oov_char=None, maxlen=maxlen,
    )  # fmt: skip
    row = vectorizer.fit([text]).transform([text])[0].tolist()
    divider = row.index(3)
    assert (divider, np.count_nonzero(row[divider + 1 :])) == expected
    assert vectorizer.set_params(maxlen=1).transform([text]).tolist() == [[0]]


# -- words and scripts ------------------------------------------------------------------------


def test_words_of_more_than_forty_characters_have_no_subwords():
    words = ["a" * 40, "b" * 41]
    vectorizer = SequenceVectorizer(subword_range=(3, 3), maxlen=99, start_char=None)
    X = vectorizer.fit_transform(words)
    subwords = {term for term in vectorizer.vocabulary_ if term.startswith(" ")}
    assert subwords == {"  aa", " aaa", " aa "}
    assert_array_equal(vectorizer.transform(words), X)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the cast is superb", (4, 5)),
        ("배우들이 정말 좋았다", (1, 3)),
        ("이 영화 정말 good film", (1, 3)),
        ("演员非常好", None),
        ("นักแสดงดีมาก", None),
        ("the film 好", (4, 5)),
        ("1234 5678 ...", (4, 5)),
    ],
)
def test_automatic_subwords_go_by_the_script(text, expected):
    vectorizer = SequenceVectorizer(tokenizer="unicode", subword_range="auto")
    assert vectorizer.fit([text]).subword_range_ == expected
