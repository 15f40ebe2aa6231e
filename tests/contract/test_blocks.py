"""Work that is done block by block gives what it gives at once, in the memory of a block."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline

from sklearn_imdb import make_text_classifier
from sklearn_imdb._text.row_file import RowFile
from sklearn_imdb.streaming import fit_stream


@pytest.mark.parametrize("pooling", ["mean", "masked_mean", "evidence"])
@pytest.mark.parametrize("embedding_dim", [1, 16])
@pytest.mark.parametrize("several", [False, True])
def test_rows_in_blocks_are_trained_on_and_predicted_as_at_once(
    quick, sequences, monkeypatch, pooling, embedding_dim, several
):
    X, y = sequences
    y = np.column_stack([y, X[:, 5] % 2]) if several else y
    classifier = quick(pooling=pooling, embedding_dim=embedding_dim, epochs=2)
    at_once = classifier.fit(X, y).decision_function(X)
    monkeypatch.setattr("sklearn_imdb._training.sequences.ROWS_AT_ONCE", 7)
    assert_allclose(classifier.decision_function(X), at_once, atol=1e-12)
    assert_allclose(classifier.fit(X, y).decision_function(X), at_once, atol=1e-6)


@pytest.mark.parametrize(
    "made",
    [
        lambda X: X,
        lambda X: X.astype(np.int64),
        lambda X: X.astype(np.float64),
        np.asfortranarray,
        pd.DataFrame,
    ],
    ids=["int32", "int64", "float64", "F-ordered", "DataFrame"],
)
@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_predicting_takes_memory_for_a_block_of_rows_not_for_all(
    quick, monkeypatch, peak_memory, made, method
):
    monkeypatch.setattr("sklearn_imdb._training.sequences.ROWS_AT_ONCE", 500)
    X = np.random.RandomState(0).randint(0, 300, (32_000, 60)).astype(np.int32)
    X[:500, 0] = 1000  # Beyond the table.
    few, many = made(X[:2000]), made(X)
    classifier = quick(epochs=1).fit(few.clip(0, 200), np.arange(2000) % 2)
    growth = peak_memory(getattr(classifier, method), many) - peak_memory(
        getattr(classifier, method), few
    )
    assert growth < X.nbytes / 5
    assert_array_equal(getattr(classifier, method)(many)[:2000], getattr(classifier, method)(few))


def test_rows_of_a_file_are_a_sequence():
    with RowFile() as rows:
        rows.extend([])
        assert list(rows) == []
        assert rows[0:5] == []
        rows.extend([np.array([3, 1], np.int32), np.empty(0, np.int32)])
        assert rows[1].tolist() == []
        rows.extend([np.array([7], np.int32)])
        assert [row.tolist() for row in rows] == [[3, 1], [], [7]]
        assert [row.tolist() for row in rows[::-2]] == [[7], [3, 1]]
        assert rows[-1].tolist() == [7]
        assert rows.lengths.tolist() == [2, 0, 1]
        with pytest.raises(IndexError):
            rows[3]


def test_ngrams_are_the_same_in_blocks_and_in_ranges(reviews, monkeypatch):
    texts, y = reviews[0][:140], reviews[1][:140]
    vectorizer = make_text_classifier()["vectorizer"].set_params(subword_range=(3, 4))
    at_once = vectorizer.fit_transform(texts, y)
    vocabulary = vectorizer.vocabulary_
    monkeypatch.setattr("sklearn_imdb._text.counts.WORDS_AT_ONCE", 400)
    monkeypatch.setattr("sklearn_imdb._text.ngrams._PAIRS_AT_ONCE", 300)
    assert_array_equal(vectorizer.fit_transform(texts, y), at_once)
    assert list(vectorizer.vocabulary_.items()) == list(vocabulary.items())
    pipeline = make_pipeline(vectorizer, make_text_classifier()["classifier"])
    chunks = [(texts[row : row + 70], y[row : row + 70]) for row in range(0, 140, 70)]
    fit_stream(pipeline, chunks, epochs=1)
    assert list(vectorizer.vocabulary_.items()) == list(vocabulary.items())
    assert_array_equal(vectorizer.transform(texts), at_once)
