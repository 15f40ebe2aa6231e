"""The gate for labels: what they may be, in which containers, and which errors name the row."""

import decimal
import enum

import numpy as np
import pandas as pd
import pytest

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

X = np.arange(80).reshape(20, 4) % 7


def fitted(y):
    return EmbeddingAverageClassifier(epochs=1, random_state=0).fit(X, y)


class Mood(enum.Enum):
    BAD = 0
    GOOD = 1


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (np.array([0, 1] * 10, dtype=object), "i"),
        (pd.Series([True, False] * 10, dtype=object), "b"),
        (pd.Series([0, 1] * 10, dtype="Int64"), "i"),
        (pd.Series([True, False] * 10, dtype="boolean"), "b"),
        (np.ma.masked_array([0, 1] * 10), "i"),
        ([np.int8(3), 4] * 10, "i"),
    ],
    ids=["object", "object booleans", "nullable", "nullable booleans", "masked", "a list"],
)
def test_numbers_and_booleans_come_back_as_what_they_are(y, kind):
    classifier = fitted(y)
    assert classifier.classes_.dtype.kind == kind
    assert classifier.predict(X).dtype.kind == kind


@pytest.mark.parametrize("kind", ["array", "chunks", "dictionary", "pandas"])
@pytest.mark.parametrize("labels", [[0, 1], [True, False], ["bad", "good"]])
def test_labels_of_arrow_are_taken(kind, labels):
    pa = pytest.importorskip("pyarrow")
    y = pa.array(labels * 10)
    if kind == "chunks":
        y = pa.chunked_array([y[:5], y[5:]])
    elif kind == "dictionary":
        y = y.dictionary_encode()
    elif kind == "pandas":
        y = pd.Series(labels * 10, dtype=pd.ArrowDtype(y.type))
    assert fitted(y).classes_.tolist() == sorted(labels)


@pytest.mark.parametrize(
    ("y", "remedy"),
    [
        ([Mood.BAD, Mood.GOOD] * 10, r"y\[0\] = <Mood.BAD: 0> .*\[label.value for label in y\]"),
        ([decimal.Decimal(0), decimal.Decimal(1)] * 10, r"pass \[float\(label\) for label in y\]"),
        (
            [["a"], ["a", "b"]] * 10,
            r"y\[0\] = \['a'\]: pass sklearn.preprocessing.MultiLabelBinarizer",
        ),
        ([{"a"}, {"b"}] * 10, "MultiLabelBinarizer"),
        ([["a", "b"], ["b", "c"]] * 10, r"y\[0, 0\] = 'a' is not 0 or 1\. .*MultiLabelBinarizer"),
        (np.array([[0.0, np.nan], [1.0, 0.0]] * 10), r"y\[0, 1\] = .*nan"),
        ([[0, 1], [2, 1]] * 10, r"y\[1, 0\] = 2"),
    ],
    ids=["enumeration", "decimal", "lists", "sets", "table", "missing", "not 0 or 1"],
)
def test_other_labels_are_refused_with_the_remedy(y, remedy):
    with pytest.raises(ValueError, match=remedy):
        fitted(y)
    with pytest.raises(ValueError, match=remedy):
        SequenceVectorizer(rank_by="class_evidence").fit(["a", "b"] * 10, y)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
@pytest.mark.parametrize("labels", [["good", "bad"], [1, 0]])
def test_a_missing_label_is_named_by_its_row_everywhere(missing, labels):
    broken = [*labels, missing, *labels]
    table = pd.DataFrame({"label": pd.Series(broken, dtype=object)})
    classifier = EmbeddingAverageClassifier(epochs=1)
    for y in (broken, table):
        with pytest.raises(ValueError, match=r"y\[2\] = .* A label is missing"):
            classifier.fit(X[:5], y)
        with pytest.raises(ValueError, match=r"y\[2\] = .* A label is missing"):
            classifier.partial_fit(X[:5], y, classes=labels)
        with pytest.raises(ValueError, match=r"y_val\[2\] = .* A label is missing"):
            classifier.fit(X, labels * 10, X_val=X[:5], y_val=y)
        with pytest.raises(ValueError, match=r"y\[2\] = .* A label is missing"):
            SequenceVectorizer(rank_by="class_evidence").fit(["a"] * 5, y)
    with pytest.raises(ValueError, match=r"y\[1\] = None.* A label is missing"):
        classifier.fit(X[:2], np.ma.masked_array([0, 1], mask=[False, True]))


# -- rows that are no sequences ---------------------------------------------------------------


def test_sparse_counts_are_refused_with_the_remedy():
    sparse = pytest.importorskip("scipy.sparse")
    classifier = fitted([0, 1] * 10)
    for method in (lambda: classifier.fit(sparse.csr_matrix(X), [0, 1] * 10),
                   lambda: classifier.predict(sparse.csr_matrix(X))):  # fmt: skip
        with pytest.raises(TypeError, match="put a SequenceVectorizer in front"):
            method()


@pytest.mark.parametrize("kind", [list, lambda rows: np.array(rows, dtype=object)])
def test_rows_of_different_lengths_are_refused_with_the_remedy(kind):
    rows = kind([[1, 4, 5], [1, 6], [1, 4, 7, 8], [1, 9]])
    classifier = EmbeddingAverageClassifier(epochs=1)
    with pytest.raises(ValueError, match="such as 2 and 4: pass them through a SequenceVectorizer"):
        classifier.fit(rows, [0, 1, 0, 1])
    with pytest.raises(ValueError, match="such as 2 and 4: pass them through a SequenceVectorizer"):
        classifier.fit(np.ones((4, 3), int), [0, 1, 0, 1]).predict(rows)


def test_no_rows_have_no_predictions():
    classifier = fitted(["bad", "good"] * 10)
    assert classifier.predict(X[:0]).shape == (0,)
    assert classifier.predict(X[:0]).dtype == classifier.classes_.dtype
    assert classifier.predict_proba(X[:0]).shape == (0, 2)
    assert classifier.decision_function(X[:0]).shape == (0,)


def test_log_probabilities_are_finite_where_probabilities_are_rounded_to_nought():
    classifier = fitted([0, 1] * 10)
    classifier.intercepts_[-1] = np.array([900.0])
    assert classifier.predict_proba(X)[0, 0] == 0
    assert np.isfinite(classifier.predict_log_proba(X)).all()
    of_three = fitted([0, 1, 2, 1] * 5)
    np.testing.assert_allclose(
        of_three.predict_log_proba(X), np.log(of_three.predict_proba(X)), atol=1e-12
    )
