"""`min_df` and `max_df`: terms of too few documents and of too many."""

import pytest
from sklearn.feature_extraction.text import CountVectorizer

from sklearn_imdb import SequenceVectorizer
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.text import check_recipe

TEXTS = ["the fine play", "the dull play", "the song"]


def recipe(**parameters):
    return check_recipe(SequenceVectorizer(**parameters))


@pytest.mark.parametrize(
    ("min_df", "kept"), [(1, "abc"), (2, "ab"), (0.6, "ab"), (0.7, "a"), (3, "a"), (1.0, "a")]
)
@pytest.mark.parametrize("binary", [False, True])
def test_min_df_leaves_out_words_of_too_few_documents(min_df, kept, binary):
    texts = ["a a c c c c", "a b", "a b b"]
    vectorizer = SequenceVectorizer(min_df=min_df, binary=binary).fit(texts)
    assert set(vectorizer.vocabulary_) == set(kept)


@pytest.mark.parametrize(
    ("n_words", "min_df"), [(0, 1), (19_999, 1), (20_000, 2), (999_999, 2), (1_000_000, 3)]
)
def test_an_automatic_min_df_grows_with_the_words(n_words, min_df):
    assert recipe(min_df="auto").resolve(n_words).min_df == min_df
    assert recipe(min_df=7).resolve(n_words).min_df == 7


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


def test_a_bound_that_leaves_nothing_is_named():
    with pytest.raises(ValueError, match=r"max_df=1, min_df=2 and .* keep none"):
        SequenceVectorizer(max_df=1, min_df=2).fit(TEXTS)


def test_partial_fit_counts_chunks_that_keep_no_word_yet():
    vectorizer = SequenceVectorizer(min_df=2).partial_fit(["a b"])
    with pytest.raises(
        ValueError, match=r"knows no words\. .* fitted on lists of word indices\. Fit it on texts"
    ):
        vectorizer.transform(["a b"])
    assert vectorizer.partial_fit(["..."]).partial_fit(["b c"]).vocabulary_ == {"b": 1}
    # min_df may be another one later where the documents have been counted.
    assert vectorizer.set_params(min_df=1).partial_fit(["d"]).vocabulary_ == {
        "b": 1,
        "a": 2,
        "c": 3,
        "d": 4,
    }
    assert vectorizer.set_params(min_df=2).partial_fit(["c"]).vocabulary_ == {"b": 1, "c": 2}


def test_partial_fit_that_counted_no_documents_refuses_a_min_df_that_needs_them():
    vectorizer = SequenceVectorizer().partial_fit([]).partial_fit(["a b"])
    with pytest.raises(ValueError, match=r"min_df=2 needs document frequencies.* min_df=1"):
        vectorizer.set_params(min_df=2).partial_fit(["b c"])
    assert vectorizer.set_params(min_df=1).partial_fit(["b c"]).vocabulary_["b"] == 1


def test_chunks_that_counted_no_documents_cannot_have_a_bound():
    counted_none = SequenceVectorizer().partial_fit(TEXTS)
    with pytest.raises(ValueError, match="max_df=2 needs document frequencies"):
        counted_none.set_params(max_df=2).partial_fit(TEXTS)
