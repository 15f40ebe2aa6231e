"""`partial_fit` on chunks, however they are cut, finds the vocabulary that one `fit` finds."""

import pickle

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from sklearn_imdb import SequenceVectorizer
from sklearn_imdb.datasets import make_multilabel_reviews, make_reviews

SETTINGS = [
    {},
    {"min_df": 3},
    {"binary": True, "min_df": 0.01},
    {"num_words": 100},
    {"max_df": 0.3},
    {"max_df": 40, "min_df": 2},
    {"subword_range": (3, 4), "min_df": 2, "oov_char": None},
    *(
        {"rank_by": rank_by, "ngram_range": ngram_range, "binary": binary, "min_df": 2}
        for rank_by in ("frequency", "class_evidence")
        for ngram_range in ((1, 1), (1, 3))
        for binary in (False, True)
    ),
    {"rank_by": "class_evidence", "subword_range": (3, 3), "min_df": 2, "tokenizer": "unicode"},
    {
        "rank_by": "class_evidence",
        "subword_range": (3, 3),
        "ngram_range": (1, 2),
        "min_df": 2,
        "tokenizer": "unicode",
    },
    {"rank_by": "class_evidence", "num_words": 100},
]

N = 160

LABELS = {
    "classes": make_reviews(N, n_classes=3, mean_length=20, random_state=0),
    "several labels": make_multilabel_reviews(N, n_labels=3, mean_length=20, random_state=0),
}


def in_order(texts, y):
    for start in range(0, N, 70):
        yield texts[start : start + 70], y[start : start + 70]


def from_iterators(texts, y):
    for some, labels in in_order(texts, y):
        yield iter(some), labels


def beside_empty_ones(texts, y):
    yield [], y[:0]
    yield texts[:100], y[:100]
    yield [], y[:0]
    yield texts[100:], y[100:]


def of_one_row_first(texts, y):
    """Of a single class, of which others come later."""
    yield texts[:1], y[:1]
    yield texts[1:], y[1:]


CUTS = [in_order, from_iterators, beside_empty_ones, of_one_row_first]
CASES = [
    (labels, parameters)
    for labels in LABELS
    for parameters in SETTINGS
    if labels == "classes" or "rank_by" in parameters
]


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.__name__)
@pytest.mark.parametrize(("labels", "parameters"), CASES)
def test_chunks_give_the_vocabulary_of_one_fit(labels, parameters, cut):
    texts, y = LABELS[labels]
    whole = SequenceVectorizer(**parameters).fit(texts, y)
    chunks = SequenceVectorizer(**parameters)
    for some, of_some in cut(texts, y):
        chunks.partial_fit(some, of_some)
        if cut is in_order:
            chunks = pickle.loads(pickle.dumps(chunks))
    assert len(whole.vocabulary_) > 50
    assert list(chunks.vocabulary_.items()) == list(whole.vocabulary_.items())


def test_labels_may_be_sparse_in_one_chunk_and_dense_in_another():
    texts, Y = LABELS["several labels"]
    dense, mixed = (SequenceVectorizer(rank_by="class_evidence") for _ in range(2))
    dense.partial_fit(texts[:100], Y[:100]).partial_fit(texts[100:], Y[100:])
    mixed.partial_fit(texts[:100], Y[:100]).partial_fit(texts[100:], csr_matrix(Y[100:]))
    assert list(mixed.vocabulary_.items()) == list(dense.vocabulary_.items())


def test_classes_may_come_in_later_chunks_and_in_any_order():
    # The more classes, the more sums over them depend on their order, in the last bit.
    texts, y = make_reviews(N, n_classes=20, mean_length=20, random_state=0)
    order = np.argsort(-y, kind="stable")
    texts, y = [texts[row] for row in order.tolist()], y[order]
    chunks, whole = (SequenceVectorizer(rank_by="class_evidence", min_df=2) for _ in range(2))
    for some, of_some in in_order(texts, y):
        chunks.partial_fit(some, of_some)
    assert list(chunks.vocabulary_.items()) == list(whole.fit(texts, y).vocabulary_.items())
