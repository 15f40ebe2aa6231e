"""SequenceVectorizer on texts written here, against sequences worked out by hand."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

TEXTS = ["The film, the cast: great!", "the film is long", ""]

AWKWARD_TEXTS = {
    "no-break space": "one\u00a0word two",
    "dotted capital I": "İstanbul ISTANBUL ıı",
    "combining accents": "cafe\u0301 CAFE\u0301 café",
    "final sigma": "ΟΔΟΣ ΣΑΣ σ",
    "sharp s and ligature": "STRASSE straße ﬁlm",
    "kelvin sign": "300 K or 300 K",
    "nul": "before\x00after \x00",
    "lone surrogates": "\ud800 left\udfff \ud83d\ude00",
    "astral": "\U0001f600 film\U0001f600 \U00010400",
    "line separators": "one\u2028two\u2029three",
    "next line": "one\x85two\x85 three",
    "carriage return": "one\rtwo\r\nthree\r",
    "vertical tab and form feed": "a\x0bb \x0c c\x1cd\x1dd\x1ed\x1f",
    "tab and newline": "a\tb\nc",
    "unit space variants": "a\u2003b\u3000c\u200bd",
    "empty": "",
    "blanks alone": "  \t\n ",
    "filtered alone": "!!! --- ...",
    "apostrophe": "don't DON'T ''",
    "backslash": "a\\b^c`d",
    "bytes that stand in": "\xf8\xf9\xfa\xfb\xfc \xff",
    "a million words": "Bad film! " * 500_000,
}


def fitted(texts=TEXTS, **parameters):
    return SequenceVectorizer(**parameters).fit(texts)


# -- words and their ranks --------------------------------------------------------------------


def test_words_are_ranked_by_count_and_then_by_first_appearance():
    assert list(fitted().vocabulary_.items()) == [
        ("the", 1),
        ("film", 2),
        ("cast", 3),
        ("great", 4),
        ("is", 5),
        ("long", 6),
    ]


@pytest.mark.parametrize("name", AWKWARD_TEXTS)
def test_awkward_texts_are_split_as_keras_splits_them(name, keras_words):
    text = AWKWARD_TEXTS[name]
    words = [*keras_words(text), "some", "thing"]
    vectorizer = fitted([text + " some thing"], num_words=None, maxlen=40, start_char=None)
    assert list(vectorizer.vocabulary_) == sorted(set(words), key=words.count, reverse=True) or (
        set(vectorizer.vocabulary_) == set(words)
        and [words.count(word) for word in vectorizer.vocabulary_]
        == sorted(map(words.count, vectorizer.vocabulary_), reverse=True)
    )
    sequence = vectorizer.transform([text + " some thing"])[0]
    expected = [vectorizer.vocabulary_[word] + 3 for word in words[-40:]]
    assert sequence.tolist() == expected + [0] * (40 - len(expected))


def test_the_awkward_texts_together_encode_as_keras_encodes_them(keras_words, keras_encode):
    texts = list(AWKWARD_TEXTS.values())
    counts = {}
    for text in texts:
        for word in keras_words(text):
            counts[word] = counts.get(word, 0) + 1
    ranked = sorted(counts, key=counts.get, reverse=True)
    word_index = {word: rank for rank, word in enumerate(ranked, 1)}
    vectorizer = fitted(texts, num_words=None)
    assert vectorizer.vocabulary_ == word_index
    expected = [keras_encode(keras_words(text), word_index, num_words=10**6) for text in texts]
    assert vectorizer.transform(texts).tolist() == expected
    few = SequenceVectorizer(vocabulary=word_index, num_words=20).fit(texts)
    expected = [keras_encode(keras_words(text), word_index, num_words=20) for text in texts]
    assert few.transform(texts).tolist() == expected


@pytest.mark.parametrize("filters", ["", "aB.", "é!\u2028", " ", "\rx"])
@pytest.mark.parametrize("lowercase", [True, False])
def test_other_filters_act_after_lower_casing(filters, lowercase):
    text = "AB ab.Aé!b\u2028É\r\nXx x\ty"
    prepared = text.lower() if lowercase else text
    for character in filters:
        prepared = prepared.replace(character, " ")
    words = [word for word in prepared.split(" ") if word]
    vectorizer = fitted([text], filters=filters, lowercase=lowercase, maxlen=20)
    assert set(vectorizer.vocabulary_) == set(words)
    decoded = " ".join(["<START>", *words])
    assert vectorizer.inverse_transform(vectorizer.transform([text])) == [decoded]


def test_token_pattern_finds_the_words():
    vectorizer = fitted(["It isn't long."], token_pattern=r"n't|\w+?(?=n't)|\w+|\.")
    assert list(vectorizer.vocabulary_) == ["it", "is", "n't", "long", "."]
    group = fitted(["w1 w2"], token_pattern=r"w(\d)")
    assert list(group.vocabulary_) == ["1", "2"]


def test_tokenizer_gets_the_lower_cased_text_and_its_words_are_kept_whole():
    vectorizer = fitted(["A,B c"], tokenizer=lambda text: text.split(","))
    assert list(vectorizer.vocabulary_) == ["a", "b c"]


def test_binary_takes_each_word_once_a_document():
    vectorizer = fitted(["b b b a", "a c"], binary=True, maxlen=6)
    assert vectorizer.vocabulary_ == {"a": 1, "b": 2, "c": 3}
    assert vectorizer.transform(["b a b z a z"]).tolist() == [[1, 5, 4, 2, 0, 0]]


def test_words_beyond_num_words_are_not_kept():
    assert fitted(num_words=6).vocabulary_ == {"the": 1, "film": 2}


# -- sequences --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, [1, 4, 5, 2, 4, 6, 0, 0]),
        ({"padding": "pre"}, [0, 0, 1, 4, 5, 2, 4, 6]),
        ({"maxlen": 3}, [2, 4, 6]),
        ({"maxlen": 5}, [4, 5, 2, 4, 6]),
        ({"maxlen": 3, "truncating": "post"}, [1, 4, 5]),
        ({"maxlen": 1, "truncating": "post"}, [1]),
        ({"maxlen": 6}, [1, 4, 5, 2, 4, 6]),
        ({"num_words": 6}, [1, 4, 5, 2, 4, 2, 0, 0]),
        ({"start_char": None}, [4, 5, 2, 4, 6, 0, 0, 0]),
        ({"start_char": 3}, [3, 4, 5, 2, 4, 6, 0, 0]),
        ({"oov_char": None}, [1, 4, 5, 4, 6, 0, 0, 0]),
        ({"oov_char": None, "maxlen": 3}, [5, 4, 6]),
        ({"oov_char": None, "maxlen": 3, "truncating": "post"}, [1, 4, 5]),
        ({"oov_char": 3}, [1, 4, 5, 3, 4, 6, 0, 0]),
        ({"index_from": 5}, [1, 6, 7, 2, 6, 8, 0, 0]),
        ({"index_from": 0, "start_char": None, "oov_char": None}, [1, 2, 1, 3, 0, 0, 0, 0]),
    ],
)
def test_parameters_shape_the_sequence(parameters, expected):
    vectorizer = fitted(**{"maxlen": 8, **parameters})
    sequences = vectorizer.transform(["THE film-maker the...cast", ""])
    assert sequences.dtype == np.int32
    assert sequences[0].tolist() == expected
    start = parameters.get("start_char", 1)
    words_of_nothing = [] if start is None else [start]
    padding = [0] * (len(expected) - len(words_of_nothing))
    before = parameters.get("padding") == "pre"
    assert sequences[1].tolist() == (
        padding + words_of_nothing if before else words_of_nothing + padding
    )


def test_index_lists_pass_through_and_num_words_is_applied():
    lists = [[1, 14, 9_999, 10_000], (1, 5), np.array([1, 2, 3], dtype=np.uint16), []]
    vectorizer = SequenceVectorizer(maxlen=5)
    assert vectorizer.fit_transform(lists).tolist() == [
        [1, 14, 9_999, 2, 0],
        [1, 5, 0, 0, 0],
        [1, 2, 3, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    assert vectorizer.vocabulary_ == {}
    assert SequenceVectorizer(maxlen=3, oov_char=None).fit_transform(lists)[0].tolist() == [
        1,
        14,
        9_999,
    ]
    assert SequenceVectorizer(maxlen=4, num_words=None).fit_transform(lists)[0, 3] == 10_000
    narrow = SequenceVectorizer(num_words=50, oov_char=300, maxlen=3)
    assert narrow.fit_transform([np.array([1, 100], dtype=np.uint8)]).tolist() == [[1, 300, 0]]


def test_its_own_sequences_pass_through():
    vectorizer = fitted(maxlen=8)
    sequences = vectorizer.transform(TEXTS)
    assert_array_equal(vectorizer.transform(sequences), sequences)


def test_a_vocabulary_given_encodes_alike():
    learned = fitted(maxlen=8)
    given = SequenceVectorizer(maxlen=8, vocabulary=learned.vocabulary_).fit(["other words"])
    assert given.vocabulary_ == learned.vocabulary_
    assert_array_equal(given.transform(TEXTS), learned.transform(TEXTS))
    backwards = dict(reversed(learned.vocabulary_.items()))
    assert list(SequenceVectorizer(vocabulary=backwards).fit(TEXTS).vocabulary_) == list(
        learned.vocabulary_
    )


def test_inverse_transform_decodes_and_leaves_padding_out():
    vectorizer = fitted(maxlen=8)
    sequences = vectorizer.transform(["the great unknown film", ""])
    assert vectorizer.inverse_transform(sequences) == ["<START> the great <UNK> film", "<START>"]
    assert vectorizer.inverse_transform([[1, 3, 0, 4, 99]]) == ["<START> <UNUSED> the <UNK>"]
    table = SequenceVectorizer(maxlen=8).set_output(transform="pandas").fit_transform(TEXTS)
    assert vectorizer.inverse_transform(table)[1] == "<START> the film is long"


# -- the scikit-learn contract ----------------------------------------------------------------


def test_partial_fit_on_index_lists_keeps_what_was_counted():
    vectorizer = SequenceVectorizer().partial_fit(["a b"]).partial_fit([[1, 4, 5]])
    assert vectorizer.vocabulary_ == {"a": 1, "b": 2}
    lists_first = SequenceVectorizer().partial_fit([[1, 4, 5]]).partial_fit(["a b"])
    assert lists_first.vocabulary_ == {"a": 1, "b": 2}


def test_partial_fit_after_fit_says_that_the_counts_are_gone():
    with pytest.raises(
        ValueError, match="partial_fit cannot go on after fit, which keeps no counts"
    ):
        fitted().partial_fit(["more"])
    whole = fitted()
    with pytest.raises(
        ValueError, match="partial_fit cannot go on after fit, which keeps no counts"
    ):
        whole.partial_fit([[1, 4, 5]])
    assert whole.vocabulary_
    chunks = SequenceVectorizer().partial_fit(["a"])
    assert chunks.fit(["b"]).vocabulary_ == {"b": 1}
    assert pickle.dumps(chunks).count(b"_counts") == 0


def test_partial_fit_with_another_vocabulary_says_so():
    vectorizer = SequenceVectorizer(vocabulary={"a": 1}).partial_fit(["a b"])
    with pytest.raises(
        ValueError, match="cannot go on after vocabulary changed: set the earlier value"
    ):
        vectorizer.set_params(vocabulary=None).partial_fit(["a b"])


def test_a_pickle_holds_plain_state_and_encodes_alike():
    vectorizer = fitted(maxlen=8)
    expected = vectorizer.transform(TEXTS)
    state = vectorizer.__getstate__()
    assert {name for name in state if name.endswith("_")} == {
        "cut_share_",
        "maxlen_",
        "min_df_",
        "subword_range_",
        "vocabulary_",
    }
    assert "_encoder" not in state
    loaded = pickle.loads(pickle.dumps(vectorizer))
    assert_array_equal(loaded.transform(TEXTS), expected)


def test_parameters_set_after_fit_count():
    vectorizer = fitted(maxlen=8)
    vectorizer.transform(TEXTS)
    vectorizer.set_params(maxlen=3, oov_char=3, truncating="post")
    assert vectorizer.transform(["the unknown film"]).tolist() == [[1, 4, 3]]


@pytest.mark.parametrize(
    "column",
    [
        pd.DataFrame({"text": ["a b", "b"]}),
        pl.DataFrame({"text": ["a b", "b"]}),
        np.array([["a b"], ["b"]]),
        np.array([["a b"], ["b"]], dtype=object),
        {"a b": 0, "b": 1}.keys(),
        {0: "a b", 1: "b"}.values(),
    ],
    ids=["pandas", "polars", "array", "object array", "keys", "values"],
)
def test_one_column_of_any_container_is_taken_as_a_list_is(column):
    expected = SequenceVectorizer(maxlen=3).fit_transform(["a b", "b"])
    assert_array_equal(SequenceVectorizer(maxlen=3).fit_transform(column), expected)


# -- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("documents", "error", "message"),
    [
        ("a text", ValueError, r"got one str\. Pass a list, \[text\]"),
        (b"bytes", ValueError, "got one bytes"),
        (None, TypeError, "X must be an iterable.*got None"),
        (7, TypeError, "X must be an iterable.*got 7"),
        ({"text": 1}, TypeError, "got a dict"),
        (["a", None], TypeError, r"X\[1\] = None of type NoneType.*missing"),
        (["a", float("nan")], TypeError, r"X\[1\] = nan of type float.*missing"),
        (["a", pd.NA], TypeError, r"X\[1\] = <NA>"),
        (["a", b"b"], TypeError, r"X\[1\] = b'b' of type bytes.*Decode"),
        (["a", [1, 2]], TypeError, r"X\[1\] = \[1, 2\] of type list where the documents before"),
        ([[1, 2], "a"], TypeError, r"X\[1\] = 'a' of type str where the documents before"),
        ([None, "a"], TypeError, r"X\[0\] = None"),
        ([1, 2, 3], TypeError, r"X\[0\] = 1 of type int"),
        ([[1, -2]], ValueError, r"X\[0\] must hold word indices from 0 to 2147483647, got -2"),
        ([[1], [1.0, 2.5]], ValueError, r"X\[1\] must hold integers, got 1\.0 of float64"),
        ([[1, 2**31]], ValueError, r"X\[0\] must hold word indices .*, got 2147483648"),
        ([[1, 2**70]], TypeError, r"X\[0\]"),
        ([["a", "b"]], TypeError, r"X\[0\] = \['a', 'b'\]"),
        ([[1, None]], TypeError, r"X\[0\]"),
        ([[1, [2]]], TypeError, r"X\[0\]"),
        ([[True, False]], TypeError, r"X\[0\]"),
        (pd.DataFrame({"text": ["a"], "title": ["b"]}), TypeError, "pass one column of texts"),
        (pl.DataFrame({"text": ["a"], "title": ["b"]}), TypeError, "pass one column of texts"),
        (np.array([["a", "b"]]), TypeError, r"shape \(1, 2\).*pass one column"),
        (pd.DataFrame({"text": ["a", None]}), TypeError, r"X\[1\] = (None|nan) .*missing"),
        ({"a b", "b"}, TypeError, r"got a set"),
        (csr_array([[1, 2]]), TypeError, r"got a csr_array of shape \(1, 2\)"),
        ([], ValueError, "X leaves no word to learn: 0 documents"),
        (["", "!"], ValueError, r"X leaves no word to learn\. Its 2 documents"),
    ],
)
def test_documents_that_are_none_are_named(documents, error, message):
    vectorizer = SequenceVectorizer()
    with pytest.raises(error, match=message):
        vectorizer.fit(documents)
    assert not hasattr(vectorizer, "vocabulary_")
    if "no word to learn" not in message:
        with pytest.raises(error, match=message):
            fitted().transform(documents)


@pytest.mark.parametrize(
    "parameters",
    [
        {"num_words": 0},
        {"num_words": "all"},
        {"maxlen": 0},
        {"maxlen": "longest"},
        {"maxlen": 2.5},
        {"padding": "both"},
        {"truncating": "middle"},
        {"vocabulary": {"the", "a"}},
        {"vocabulary": []},
        {"vocabulary": ["the", 1]},
        {"vocabulary": ["the", "a", "the"]},
        {"max_df": 0},
        {"max_df": 1.5},
        {"verbose": -1},
        {"vocabulary": {}},
        {"vocabulary": {"the": 0}},
        {"vocabulary": {"the": 1.0}},
        {"vocabulary": {"the": 1, "a": 1}},
        {"vocabulary": {1: 1}},
        {"lowercase": "yes"},
        {"filters": None},
        {"token_pattern": 3},
        {"tokenizer": "split"},
        {"min_df": 0},
        {"min_df": 1.5},
        {"binary": 2},
        {"start_char": -1},
        {"oov_char": 0.5},
        {"index_from": -1},
        {"num_words": 4},
        {"vocabulary": {"the": 20_000}},
        {"vocabulary": {"the": 2**31 - 1}, "num_words": None},
    ],
)
def test_a_parameter_out_of_range_is_named(parameters):
    name, *_ = parameters
    with pytest.raises((ValueError, TypeError), match=name):
        SequenceVectorizer(**parameters).fit(TEXTS)


def test_tokenizer_and_token_pattern_exclude_each_other():
    with pytest.raises(ValueError, match="both given"):
        SequenceVectorizer(tokenizer=str.split, token_pattern=r"\w+").fit(TEXTS)


@pytest.mark.parametrize(
    ("tokenizer", "message"),
    [
        (str, "got a str"),
        (lambda text: None, "got a NoneType"),
        (lambda text: [1], "got 1 of type int"),
    ],
)
def test_a_tokenizer_that_returns_no_words_is_named(tokenizer, message):
    with pytest.raises(TypeError, match=message):
        SequenceVectorizer(tokenizer=tokenizer).fit(TEXTS)


def test_a_token_pattern_of_several_groups_or_none_valid_is_named():
    with pytest.raises(ValueError, match="token_pattern"):
        SequenceVectorizer(token_pattern=r"(a)(b)").fit(TEXTS)
    with pytest.raises(ValueError, match="token_pattern"):
        SequenceVectorizer(token_pattern=r"(a").fit(TEXTS)


def test_texts_to_a_vectorizer_without_words():
    vectorizer = SequenceVectorizer().fit([[1, 2]])
    with pytest.raises(ValueError, match="knows no words"):
        vectorizer.transform(["a text"])
    with pytest.raises(ValueError, match="knows no words"):
        vectorizer.inverse_transform([[1, 2]])


def test_inverse_transform_of_texts():
    with pytest.raises(TypeError, match="got texts"):
        fitted().inverse_transform(["a text"])


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
