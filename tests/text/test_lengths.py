"""`maxlen`: how long rows are, and what is cut of the texts."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_imdb import SequenceVectorizer, make_text_classifier


def test_the_length_is_that_of_the_longest_or_of_nearly_all():
    texts = ["a " * n for n in range(1, 201)]
    assert SequenceVectorizer(maxlen=None).fit(texts).maxlen_ == 201
    assert SequenceVectorizer(maxlen="auto").fit(texts).maxlen_ == 199 + 1
    vectorizer = SequenceVectorizer(maxlen="auto").fit(["a"] * 199 + ["a " * 50])
    assert vectorizer.maxlen_ == 2
    assert vectorizer.transform(["a a a a"]).shape == (1, 2)
    assert list(vectorizer.get_feature_names_out()) == ["position0", "position1"]


def test_the_length_of_an_iterator_of_index_lists_is_found_too():
    vectorizer = SequenceVectorizer(maxlen=None).fit(iter([[1, 4], [1, 5, 6]]))
    assert vectorizer.maxlen_ == 3
    assert_array_equal(vectorizer.transform([[7]]), np.array([[7, 0, 0]]))


@pytest.mark.parametrize("maxlen", ["auto", None])
def test_chunks_cannot_know_the_longest(maxlen):
    with pytest.raises(ValueError, match="maxlen must be an int for partial_fit"):
        SequenceVectorizer(maxlen=maxlen).partial_fit(["a text"])


def test_a_few_long_documents_do_not_lengthen_all_rows():
    texts = [f"order {n} is {'late' if n % 2 else 'here'}" for n in range(200)]
    for n in range(0, 200, 50):
        texts[n] = " ".join(f"w{word * (n + 1) % 5003}" for word in range(5000))
    vectorizer = make_text_classifier()["vectorizer"]
    X = vectorizer.fit_transform(texts, [n % 2 for n in range(200)])
    assert X.size <= 10 * np.count_nonzero(X)
    assert vectorizer.cut_share_ == 4 / 200


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([3] * 100, 3),
        ([1] * 98 + [900] * 2, 12),  # 100 rows of 12 places for 98 + 24 indices.
        ([0] * 99 + [5], 1),
    ],
)
def test_an_automatic_length_has_ten_places_for_each_index_at_most(lengths, expected):
    vectorizer = SequenceVectorizer(maxlen="auto", start_char=None)
    X = vectorizer.fit_transform([" ".join(["word"] * length) for length in lengths])
    assert vectorizer.maxlen_ == X.shape[1] == expected


@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("parameters", [{}, {"ngram_range": (1, 2), "oov_char": None}])
def test_transform_warns_where_it_cuts_many_more_than_fit(truncating, parameters, recwarn):
    vectorizer = SequenceVectorizer(maxlen=8, truncating=truncating, **parameters)
    short, long = ["a b c"] * 20, ["a b c d e f g h"] * 20
    vectorizer.fit_transform(short)
    assert vectorizer.cut_share_ == 0
    vectorizer.transform(short)
    vectorizer.transform(short + long[:4])  # A sixth.
    vectorizer.transform(["a b c a b c a b c"] * 19)  # Too few to tell.
    assert not recwarn.list
    with pytest.warns(
        UserWarning, match=r"100% of the documents are longer than maxlen=8 .*in fit it was 0%"
    ):
        vectorizer.transform(["a b c a b c a b c"] * 20)


def test_no_warning_where_fit_cut_as_many_or_saw_no_lengths(recwarn):
    long = ["a b c d e f g h i j"] * 30
    vectorizer = SequenceVectorizer(maxlen=4)
    vectorizer.fit_transform(long)
    assert vectorizer.cut_share_ == 1
    vectorizer.transform(long)
    vectorizer.fit(["a b"])
    assert vectorizer.cut_share_ is None
    vectorizer.transform(long)
    assert not recwarn.list


def test_a_text_as_long_as_the_rows_is_not_cut():
    vectorizer = SequenceVectorizer(maxlen=3)
    vectorizer.fit_transform(["a b", "a b c"])  # With its start, the second is one too long.
    assert vectorizer.cut_share_ == 0.5
