"""N-grams and vocabularies by class evidence, against counts made in the plainest way."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import logit
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
from sklearn_imdb.inspection import explain_html

WORDS = r"'\w+|\w+|[^\w\s']+"
TEXTS = ["Not good, not good at all.", "not bad at all", "", "good", "Bad; not good"]


def ngrams(words, ngram_range, binary):
    """N-grams in the order of the words they start with, the shorter first."""
    found = [
        " ".join(words[start : start + n])
        for start in range(len(words))
        for n in range(ngram_range[0], ngram_range[1] + 1)
        if start + n <= len(words)
    ]
    return list(dict.fromkeys(found)) if binary else found


@pytest.fixture(scope="module")
def texts():
    """600 short texts of few words, so that n-grams come back; the words are of any script."""
    words = np.array(["a", "b", "Ü", "dog", "'s", "ſ", "😀", "x\u2028y", "\udcff", "b"])
    rng = np.random.RandomState(0)
    return [" ".join(rng.choice(words, rng.randint(12))) for _ in range(600)]


SETTINGS = list(itertools.product([(1, 2), (1, 3), (2, 2), (2, 4)], [1, 3, 0.02], [False, True]))


@pytest.mark.parametrize(("ngram_range", "min_df", "binary"), SETTINGS)
def test_counts_ranks_and_sequences_are_those_of_plain_loops(texts, ngram_range, min_df, binary):
    words = [[word for word in text.lower().split(" ") if word] for text in texts]
    documents = [ngrams(document, ngram_range, binary) for document in words]
    occurrences = Counter(itertools.chain.from_iterable(documents))
    holders = Counter(itertools.chain.from_iterable(map(set, documents)))
    fewest = min_df if isinstance(min_df, int) else min_df * len(texts)
    kept = [term for term in occurrences if holders[term] >= fewest]
    expected = {term: n for n, term in enumerate(sorted(kept, key=lambda t: -occurrences[t]), 1)}
    options = {"ngram_range": ngram_range, "min_df": min_df, "binary": binary, "maxlen": 50}
    for oov_char in (None, 2):
        vectorizer = SequenceVectorizer(num_words=None, oov_char=oov_char, **options)
        X = vectorizer.fit_transform(texts)
        assert list(vectorizer.vocabulary_.items()) == list(expected.items())
        for row, document in zip(X, documents, strict=True):
            indices = [1] + [
                expected[term] + 3
                for term in document
                if term in expected  # Unknown n-grams take no place, whatever `oov_char` is.
            ]
            indices = indices[-50:]
            assert row.tolist() == indices + [0] * (50 - len(indices))
        assert_array_equal(vectorizer.transform(texts), X)
        assert_array_equal(vectorizer.transform(iter(texts)), X)


def test_the_terms_are_those_of_count_vectorizer(reviews):
    texts, _ = reviews
    ours = SequenceVectorizer(
        ngram_range=(1, 3), min_df=3, token_pattern=WORDS, num_words=None
    ).fit(texts)
    theirs = CountVectorizer(ngram_range=(1, 3), min_df=3, token_pattern=WORDS).fit(texts)
    assert ours.vocabulary_.keys() == theirs.vocabulary_.keys()
    assert len(ours.vocabulary_) > 1000


def test_an_index_of_an_ngram_reads_back():
    vectorizer = SequenceVectorizer(ngram_range=(2, 2), oov_char=None, start_char=None, maxlen=4)
    X = vectorizer.fit_transform(TEXTS)
    assert vectorizer.vocabulary_ == {
        "not good": 1,
        "at all": 2,
        "good not": 3,
        "good at": 4,
        "not bad": 5,
        "bad at": 6,
        "bad not": 7,
    }
    assert vectorizer.inverse_transform(X[:1]) == ["good not not good good at at all"]
    assert_array_equal(X[2:4], np.zeros((2, 4)))


@pytest.mark.parametrize(("truncating", "expected"), [("pre", "at all all"), ("post", "not good")])
def test_a_sequence_is_cut_by_the_words_that_ngrams_start_with(truncating, expected):
    vectorizer = SequenceVectorizer(
        ngram_range=(1, 2), oov_char=None, start_char=None, maxlen=2, truncating=truncating
    ).set_params(vocabulary={"not": 1, "good": 2, "at all": 3, "all": 4, "not good at": 5})
    X = vectorizer.fit(TEXTS).transform(["not good at all"])
    assert vectorizer.inverse_transform(X) == [expected]


# -- class evidence ---------------------------------------------------------------------------


@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2)])
@pytest.mark.parametrize("labels", [[0, 1, 1, 1, 0], ["no", "yes", "yes", "perhaps", "no"]])
def test_terms_are_ranked_by_class_evidence(ngram_range, labels):
    options = {"ngram_range": ngram_range, "min_df": 2, "num_words": None}
    by_evidence = SequenceVectorizer(rank_by="class_evidence", **options).fit(TEXTS, labels)
    terms = list(SequenceVectorizer(**options).fit(TEXTS).vocabulary_)
    words = [text.lower().replace(",", "").replace(".", "").replace(";", "") for text in TEXTS]
    documents = [set(ngrams(text.split(), ngram_range, True)) for text in words]
    holders = np.array(
        [
            [
                sum(term in d for d, own in zip(documents, labels, strict=True) if own == label)
                for label in sorted(set(labels))
            ]
            for term in terms
        ]
    )
    p = np.array([labels.count(label) for label in sorted(set(labels))]) / len(labels)
    of_all = holders.sum(axis=1, keepdims=True)
    q = (holders + 6 * p) / (of_all + 6)
    evidence = np.sqrt((q * (logit(q) - logit(p)) ** 2).sum(axis=1))
    evidence *= np.sqrt(holders.sum(axis=1))
    assert by_evidence.vocabulary_.keys() == set(terms)
    found = [evidence[terms.index(term)] for term in by_evidence.vocabulary_]
    assert_allclose(found, sorted(evidence, reverse=True))


def test_class_evidence_keeps_the_words_that_tell_classes_apart():
    texts = ["the a of good", "the a of good", "the a of bad", "the a of bad"]
    vectorizer = SequenceVectorizer(rank_by="class_evidence", num_words=6)
    assert set(vectorizer.fit(texts, [1, 1, 0, 0]).vocabulary_) == {"good", "bad"}


# -- chunks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"rank_by": "class_evidence"},
        {"ngram_range": (1, 2)},
        {"lowercase": False},
        {"vocabulary": {"good": 1}},
    ],
    ids=str,
)
def test_what_is_counted_cannot_change_between_chunks(changed):
    vectorizer = SequenceVectorizer().partial_fit(TEXTS)
    vectorizer.set_params(**changed)
    with pytest.raises(
        ValueError, match=f"after {next(iter(changed))} changed: set the earlier value"
    ):
        vectorizer.partial_fit(TEXTS, [0, 1, 0, 1, 0])


# -- memory -----------------------------------------------------------------------------------


def test_counting_takes_memory_by_the_word_not_by_the_ngram(peak_memory):
    rng = np.random.RandomState(0)
    # As many words, but of the first nearly every pair and triple is new.
    new = [" ".join(map(str, row)) for row in rng.randint(0, 2_000, (500, 400))]
    old = new[:50] * 10
    vectorizer = SequenceVectorizer(ngram_range=(1, 3), min_df=3)
    few, many = peak_memory(vectorizer.fit, old), peak_memory(vectorizer.fit, new)
    assert many < 100 * 500 * 400  # Bytes for each word.
    assert many < 1.5 * few


# -- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ngram_range", [(0, 1), (2, 1), (1, 2, 3), (1.0, 2), (True, 2), [1]])
def test_a_range_that_is_none_is_named(ngram_range):
    with pytest.raises(
        ValueError, match=r"ngram_range must be .*integers with 1 <= min_n <= max_n"
    ):
        SequenceVectorizer(ngram_range=ngram_range).fit(TEXTS)


@pytest.mark.parametrize(
    "splitting",
    [{"token_pattern": r"a b|\w"}, {"tokenizer": lambda text: re.findall(r"a b|\w", text)}],
    ids=["pattern", "callable"],
)
@pytest.mark.parametrize("oov_char", [2, None])
def test_a_space_within_a_word_is_told_from_those_between_words(splitting, oov_char):
    vectorizer = SequenceVectorizer(
        ngram_range=(1, 2), start_char=None, oov_char=oov_char, maxlen=6, **splitting
    )
    X = vectorizer.fit_transform(["a b c", "a c b c"])
    assert list(vectorizer.vocabulary_)[:3] == ["c", "a␣b", "a␣b c"]
    assert "b c" in vectorizer.vocabulary_
    assert vectorizer.inverse_transform(X[:1]) == ["a␣b a␣b c c"]
    assert_array_equal(vectorizer.transform(["a b c"]), X[:1])
    pipeline = make_pipeline(vectorizer, EmbeddingAverageClassifier(epochs=1))
    html = explain_html(pipeline.fit(["a b c", "a c b c"] * 5, [0, 1] * 5), "a b c").html
    assert re.findall(r'<span[^>]* title="[^>]*>([^<]*)</span>', html) == ["a b", "c"]


def test_ngrams_of_characters_are_counted_across_spaces():
    vectorizer = SequenceVectorizer(tokenizer=list, ngram_range=(1, 2), maxlen=20)
    vocabulary = vectorizer.fit(["ab c", "好电影 好"]).vocabulary_
    assert {"a", "a b", "b ␣", "␣", "好 电"} <= vocabulary.keys()


def test_missing_labels_are_named():
    with pytest.raises(ValueError, match="rank_by='class_evidence' needs y, got None"):
        SequenceVectorizer(rank_by="class_evidence").fit(TEXTS)


@pytest.mark.parametrize(("n_labels", "found"), [(4, "more"), (6, "5")])
@pytest.mark.parametrize("method", ["fit", "fit_transform", "partial_fit"])
def test_labels_of_another_number_are_refused(n_labels, found, method):
    vectorizer = SequenceVectorizer(rank_by="class_evidence")
    with pytest.raises(ValueError, match=f"y has {n_labels}, and X holds {found}"):
        getattr(vectorizer, method)(iter(TEXTS), [0, 1, 0, 1, 0, 1][:n_labels])
    assert not hasattr(vectorizer, "vocabulary_")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5], "Unknown label type: continuous"),
        ([0, 1, None, 1, 0], r"y\[2\] = None"),
        ([0, 1, float("nan"), 1, 0], r"y\[2\] = nan"),
        ([1, 1, 1, 1, 1], r"y must hold more than one class, got only \[1\]"),
        ([], "y must hold more than one class"),
    ],
)
def test_labels_that_are_none_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        SequenceVectorizer(rank_by="class_evidence").fit(TEXTS, labels)


def test_texts_without_a_word_tell_nothing_of_the_classes():
    vectorizer = SequenceVectorizer(rank_by="class_evidence").partial_fit(["", "..."], [0, 1])
    assert vectorizer.vocabulary_ == {}


def test_a_chunk_with_labels_of_another_kind_is_refused():
    vectorizer = SequenceVectorizer(rank_by="class_evidence").partial_fit(TEXTS, [0, 1, 0, 1, 0])
    before = vectorizer.vocabulary_
    with pytest.raises(ValueError, match=r"Mix of label input types \(string and number\)"):
        vectorizer.partial_fit(["a good film"], ["pos"])
    assert vectorizer.partial_fit([], []).vocabulary_ == before
    assert vectorizer.partial_fit(["a good film"], [2]).vocabulary_ != before


def test_nothing_left_is_an_error():
    with pytest.raises(ValueError, match=r"min_df=9 and ngram_range=\(1, 2\) keep none"):
        SequenceVectorizer(ngram_range=(1, 2), min_df=9).fit(TEXTS)
    for y in ([0, 1], [[0, 1], [1, 0]]):
        with pytest.raises(ValueError, match=r"X leaves no word to learn\. Its 2 documents"):
            SequenceVectorizer(rank_by="class_evidence").fit(["", "..."], y)


def test_ngrams_longer_than_the_texts_take_no_time():
    few, many = (SequenceVectorizer(ngram_range=(1, n)).fit(TEXTS) for n in (20, 10**9))
    assert few.vocabulary_ == many.vocabulary_
    assert_array_equal(few.transform(TEXTS), many.transform(TEXTS))
    with pytest.raises(ValueError, match="leaves no word to learn"):
        SequenceVectorizer(ngram_range=(50, 50)).fit(TEXTS)


def test_chunks_may_have_fewer_pairs_than_words():
    chunks = [["a b", "c d"], ["a", "b", "c d", "e", "f", "g", "h"], ["x", "y"]]
    vectorizer = SequenceVectorizer(ngram_range=(2, 2), maxlen=3)
    for chunk in chunks:
        vectorizer.partial_fit(chunk)
    assert list(vectorizer.vocabulary_) == ["c d", "a b"]
