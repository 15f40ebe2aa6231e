"""Errors and warnings about texts and labels name what came and what to do about it."""

import datetime
import io
import sqlite3
import uuid
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.compose import make_column_transformer
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb.streaming import fit_stream

TEXTS = ["a fine play", "a dull film", "what a fine film", "so dull a play", "fine", "dull!"] * 5
LABELS = ["good", "bad"] * 15


def learn(X):
    return SequenceVectorizer(maxlen=4).fit(X)


def fitted(y=LABELS, X=TEXTS):
    return make_text_classifier(random_state=0).fit(X, y)


# -- texts that are none ----------------------------------------------------------------------


@pytest.fixture
def paths(tmp_path):
    found = [tmp_path / f"review {number}" for number in range(30)]
    for path, text in zip(found, TEXTS, strict=True):
        path.write_text(text)
    return found


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, iter])
def test_names_of_files_in_place_of_texts_are_warned_of(paths, kind):
    names = [str(path) + ".log" for path in paths]
    for path, name in zip(paths, names, strict=True):
        path.rename(name)
    with pytest.warns(
        UserWarning, match=r"X holds names of files, .*Pass \[Path\(name\)\.read_text"
    ):
        learn(kind(names))
    with pytest.warns(UserWarning, match="X holds names of files"):
        learn(TEXTS).transform(kind(names))


def test_names_of_files_of_another_folder_are_warned_of():
    with pytest.warns(UserWarning, match=r"such as 'review0\.txt'"):
        learn([f"review{number}.txt" for number in range(30)])


@pytest.mark.parametrize("kind", [list, np.array, pd.Series])
def test_paths_are_refused_with_the_remedy(paths, kind):
    with pytest.raises(TypeError, match=r"Path\(name\)\.read_text\(\) for name in names"):
        learn(kind(paths))


def test_one_path_is_refused_as_a_path(paths):
    for path in (paths[0], str(paths[0].parent), "reviews/pos/0_9.txt"):
        with pytest.raises((TypeError, ValueError), match=r"Path.*read_text.*load_files"):
            learn(path)


@pytest.mark.parametrize(
    "texts",
    [
        ["10/10", "and/or", "no.1"],
        ["see readme.txt", "I read it in index.html"],
        ["example.com", "www.example.org/films"],
        ["good.", "bad...", "U.S.A.", "/r/films"],
        ["no text\0.txt/", "\ud800/a.b"],
    ],
)
def test_texts_with_dots_and_slashes_are_no_names_of_files(texts):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learn(texts * 10)


@pytest.mark.parametrize("preset", ["ngram", "tutorial"])
@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        sorted(LABELS),
        [0, 1] * 15,
        [f"class {number}" for number in range(15)] * 2,
        np.arange(30) % 3,
        np.arange(30) % 2 == 0,
        np.array(LABELS),
        pd.Series(LABELS, dtype="category"),
        pd.Series(LABELS, index=np.linspace(0, 1, 30)),
    ],
    ids=[
        "text",
        "sorted",
        "numbers",
        "many",
        "array",
        "booleans",
        "array of text",
        "category",
        "Series",
    ],
)
def test_labels_in_place_of_texts_are_refused(preset, labels):
    texts = [f"{text} of {number} acts" for number, text in enumerate(TEXTS)]
    with pytest.raises(
        ValueError, match=r"X looks like labels, such as .*, and y like texts, such as 'a fine"
    ):
        make_text_classifier(preset).fit(labels, texts)
    with pytest.raises(ValueError, match=r"X looks like labels, .* as in fit\(texts, labels\)"):
        fit_stream(make_text_classifier(), [(labels, pd.Series(texts))])
    with pytest.raises(ValueError, match="X looks like labels"):
        SequenceVectorizer(maxlen=4).partial_fit(labels, texts)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (["good", "bad"] * 15, ["a good film", "a bad film"] * 15),
        (["good", "bad"], ["the first of two", "the second of two"]),
        (
            [f"film {number}" for number in range(30)],
            [f"a class of its own {n}" for n in range(30)],
        ),
        (["one text"] * 30, [f"a class of its own {number}" for number in range(30)]),
    ],
    ids=["repeated", "two", "many classes", "one text"],
)
def test_short_texts_and_many_classes_are_no_swap(X, y):
    SequenceVectorizer(maxlen=4).fit(X, y)


# -- texts in other forms ---------------------------------------------------------------------


def rows_of_database():
    with sqlite3.connect(":memory:") as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("select 7 as votes, 'a fine play' as text").fetchall()


@pytest.mark.parametrize(
    ("X", "remedy"),
    [
        ([("a fine play",), ("dull",)], r"\[row\[0\] for row in X\]"),
        ([["a fine play"], ["dull"]], r"\[row\[0\] for row in X\]"),
        ([["dull"], ["a fine play"]], r"\[row\[0\] for row in X\]"),
        ([(None,), ("dull",)], r"\[row\[0\] for row in X\]"),
        ([(7, "good", "a fine play")], r"\[row\[2\] for row in X\]"),
        (rows_of_database(), r"\[row\[1\] for row in X\]"),
        ([{"votes": 7, "text": "a fine play"}], r"\[row\['text'\] for row in X\]"),
        (np.array([(7, "a fine play")], "i4,U20"), r"\[row\['f1'\] for row in X\]"),
        ([["a", "fine", "play"], ["dull"]], r'\[" "\.join\(words\) for words in X\]'),
        ([["dull"], ["a", "fine", "play"]], r'\[" "\.join\(words\) for words in X\]'),
        ([["New York", "is", "fine"]], r'\[" "\.join\(words\) for words in X\]'),
        ([("a", "fine", "play")], r'\[" "\.join\(words\) for words in X\]'),
        (pd.Series(TEXTS).str.split(), r'\[" "\.join\(words\) for words in X\]'),
        ([np.array(["a", "fine"])], r'\[" "\.join\(words\) for words in X\]'),
        ([np.array(3)], r"X\[0\] = array\(3\) of type ndarray\.(\n|$)"),
        ([0, 1], "swap it with y: the texts come first"),
        ([io.StringIO("a fine play")], r"A file .* is no text\. Pass \[Path\(name\)\.read_text"),
        ([SimpleNamespace(text="a fine play")], r"\[document\.text for document in X\]"),
        (
            pd.DataFrame([["a", "b"]], columns=["text"] * 2),
            r"share the name 'text'; pass X\.iloc\[:, 0\]",
        ),
        (np.array([["a", "b"]]), r"X\[:, 0\]"),
    ],
)
def test_texts_in_other_forms_are_refused_with_the_remedy(X, remedy):
    with pytest.raises(TypeError, match=remedy):
        learn(X)
    with pytest.raises(TypeError, match=remedy):
        learn(TEXTS).transform(X)


def test_a_lazy_table_is_refused_with_the_remedy():
    pl = pytest.importorskip("polars")
    lazy = pl.LazyFrame({"text": TEXTS})
    for method in (learn, SequenceVectorizer(maxlen=None).fit_transform, learn(TEXTS).transform):
        with pytest.raises(TypeError, match=r"X is a LazyFrame.*X\.collect\(\)"):
            method(lazy)
    with pytest.raises(TypeError, match=r"y is a LazyFrame.*y\.collect\(\)"):
        fitted(lazy)


def test_a_missing_text_is_named_by_its_position_and_its_index_label():
    texts = pd.Series(["a", "b", None], index=[30, 10, 20])
    for X in (texts, texts.to_frame()):
        with pytest.raises(
            TypeError, match=r"X\[2\] = .* is missing.* Row 2 has the index label 20"
        ):
            learn(X)
    with pytest.raises(TypeError, match=r"X\[2\] = .* is missing") as raised:
        learn(texts.reset_index(drop=True))
    assert "index label" not in str(raised.value)


# -- labels -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("two", "kind"),
    [
        ([uuid.UUID(int=1), uuid.UUID(int=2)], "UUID"),
        ([datetime.date(2025, 1, 1), datetime.date(2026, 1, 1)], "date"),
        ([datetime.timedelta(1), datetime.timedelta(2)], "timedelta"),
        (pd.Series(pd.cut([1, 2], 2)), "Interval"),
        (pd.Series(pd.interval_range(0, 2)), "Interval"),
        (pd.Series(pd.PeriodIndex(["2025", "2026"], freq="Y")), "Period"),
        (pd.Series(pd.to_datetime(["2025", "2026"], utc=True)), "Timestamp"),
        ([{"label": 1}, {"label": 2}], "dict"),
    ],
)
def test_labels_of_other_types_are_refused_with_the_remedy(two, kind):
    y = pd.concat([two] * 15) if isinstance(two, pd.Series) else two * 15
    message = rf"= .* of type {kind}: pass \[str\(label\) for label in y\]"
    for steps in (make_text_classifier(), make_text_classifier("tutorial")):
        with pytest.raises(ValueError, match=message):
            steps.fit(TEXTS, y)
    assert len(fitted([str(label) for label in y]).classes_) == 2


def test_labels_of_bytes_are_to_be_decoded():
    for y in ([b"good", b"bad"] * 15, np.array([b"good", b"bad"] * 15)):
        with pytest.raises(ValueError, match=r"label\.decode\(\) for label in y"):
            fitted(y)


def test_days_of_numpy_are_taken_and_missing_ones_are_named():
    days = np.array(["2025-01-01", "2026-01-01"] * 15, "datetime64[D]")
    pipeline = fitted(days)
    assert pipeline.classes_.tolist() == sorted(set(days.tolist()))
    days[4] = "NaT"
    with pytest.raises(ValueError, match=r"y\[4\] = NaT. A label is missing"):
        fitted(days)


def test_a_missing_label_is_named_by_its_position_and_its_index_label():
    y = pd.Series(LABELS, index=range(100, 130), dtype=object)
    y[107] = None
    with pytest.raises(ValueError, match=r"y\[7\] = .* is missing.* Row 7 has the index label 107"):
        fitted(y)


def test_ratings_with_halves_are_told_of_the_guide():
    with pytest.raises(
        ValueError, match=r"continuous, y\[1\] = 0\.5\. .*'Ratings' in the user guide"
    ):
        fitted([0.0, 0.5, 1.0] * 10)


def test_two_columns_of_labels_with_one_name_are_told_so():
    table = pd.DataFrame({"text": TEXTS, "label": LABELS})
    table = pd.concat([table, table["label"]], axis=1)
    with pytest.raises(ValueError, match=r"y has 2 columns named 'label': pass one, y\.iloc"):
        fitted(table["label"])


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
@pytest.mark.parametrize("labels", [LABELS, [0, 1] * 15])
def test_a_missing_label_is_named_in_score_too(missing, labels):
    pipeline = fitted(labels)
    broken = [*labels[:-1], missing]
    for y in (broken, pd.Series(broken, dtype=object)):
        with pytest.raises(ValueError, match=r"y\[29\] = .* A label is missing"):
            pipeline.score(TEXTS, y)


def test_a_missing_label_is_named_under_cross_validation():
    y = pd.Series([*LABELS[:-1], np.nan], index=range(100, 130), dtype=object)
    for labels in (y, y[::-1]):  # In the fold to score, and in the rows to train on.
        with pytest.raises(ValueError, match=r"A label is missing.* has the index label 129"):
            cross_val_score(make_text_classifier(), TEXTS, labels, cv=KFold(2), error_score="raise")


def test_score_is_the_accuracy():
    pipeline = fitted()
    y = ["good"] * 30
    right = [label == "good" for label in pipeline.predict(TEXTS)]
    weights = np.arange(30)
    assert pipeline.score(TEXTS, y) == np.mean(right)
    assert pipeline.score(TEXTS, pd.Series(y, dtype="category")) == np.mean(right)
    weighted = pipeline[-1].score(pipeline[0].transform(TEXTS), y, sample_weight=weights)
    assert weighted == np.average(right, weights=weights)
    matrix = np.stack([right, np.logical_not(right)], axis=1).astype(int)
    matrix[:2] = 1  # Else these would be one-hot classes.
    of_labels = fitted(matrix)
    hits = (of_labels.predict(TEXTS) == matrix).all(axis=1)
    assert of_labels.score(TEXTS, csr_matrix(matrix)) == hits.mean()


# -- what else a fit is given -----------------------------------------------------------------


@pytest.mark.parametrize("preset", ["ngram", "tutorial"])
@pytest.mark.parametrize("kind", [list, np.array, pd.Series])
def test_no_texts_are_told_so(preset, kind):
    with pytest.raises(ValueError, match="X is empty"):
        make_text_classifier(preset).fit(kind([]), [])
    with pytest.raises(ValueError, match="X is empty"):
        learn(iter([]))


def test_a_forgotten_y_is_asked_for():
    for preset in ("ngram", "tutorial"):
        with pytest.raises(ValueError, match=r"requires y to be|needs y, got None") as raised:
            make_text_classifier(preset).fit(TEXTS)
        assert "frequency" not in str(raised.value)


@pytest.mark.parametrize(
    ("y", "weights", "shown"),
    [
        (LABELS, {"good": 2, "BAD": 3}, r"key 'BAD', .* \['bad', 'good'\]"),
        (LABELS, {0: 2, 1: 3}, r"key 0, .* \['bad', 'good'\]"),
        ([0, 1] * 15, {"0": 2, "1": 3}, r"key '0', .* \[0, 1\]"),
    ],
)
def test_a_class_weight_of_no_class_is_named(y, weights, shown):
    pipeline = make_text_classifier().set_params(classifier__class_weight=weights)
    with pytest.raises(ValueError, match="class_weight has the " + shown):
        pipeline.fit(TEXTS, y)


def test_a_fold_may_lack_a_class_that_has_a_weight():
    weights = {"good": 2, "bad": 1, "neither": 3}
    make_text_classifier().set_params(classifier__class_weight=weights).fit(TEXTS, LABELS)


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler()])
def test_scaled_numbers_beside_texts_are_told_of_the_guide(scaler):
    vectorizer, classifier = make_text_classifier()
    table = pd.DataFrame({"text": TEXTS, "votes": np.arange(30)})
    columns = make_column_transformer((vectorizer, "text"), (scaler, ["votes"]))
    with pytest.raises(ValueError, match=r"StackingClassifier; see 'several columns'"):
        make_pipeline(columns, classifier).fit(table, LABELS)


def test_scaled_counts_are_told_of_the_vectorizer():
    with pytest.raises(ValueError, match="put a SequenceVectorizer directly in front"):
        EmbeddingAverageClassifier().fit(np.random.RandomState(0).rand(30, 4), LABELS)


def test_rows_of_a_vectorizer_that_was_fitted_anew_are_told_so(monkeypatch):
    pipeline = fitted()

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sklearn_imdb.classifier.fit_network", interrupt)
        with pytest.raises(KeyboardInterrupt):
            pipeline.fit([text * 3 for text in TEXTS], LABELS)
    for X in (TEXTS, pd.Series(TEXTS)):
        with (
            pytest.raises(ValueError, match=r"(?s)features.*fitted only.*fit the Pipeline again"),
            pytest.warns(UserWarning, match="numbered by another vocabulary"),
        ):
            pipeline.predict(X)
