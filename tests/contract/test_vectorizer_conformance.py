"""scikit-learn's contract, checked on SequenceVectorizer in every configuration.

scikit-learn's own checks feed numbers, and leave an estimator that takes texts all but alone. These
feed texts and lists of word indices. A check is a function of a fresh vectorizer, of documents and
of other documents of the same kind.
"""

import copy
import inspect
import io
import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.fixes import parse_version

from sklearn_imdb import SequenceVectorizer

TEXTS = [
    "The film, the cast: great!",
    "the film is long and the end is not",
    "",
    "A great, great film; a great cast.",
    "Überlang, naïve and dull: is THIS the end?",
    "not a film: a bore <br /> the cast is dull",
    "great end",
    "unheard-of boredom\tin\nevery\rscene",
    "!!!",
    "a film",
]
OTHER_TEXTS = ["quite other words", "the words of another corpus", "a quite dull corpus"]
LISTS = [[1, 4, 5, 9, 4, 6], [1, 12], [], [1, 7, 8, 4, 30, 5, 6, 9, 10], [1]] * 2
OTHER_LISTS = [[1, 99], [1, 4, 3, 2], [5]]

CONFIGURATIONS = {
    "default": ({}, TEXTS),
    "short": ({"maxlen": 4}, TEXTS),
    "padded before, cut behind": ({"maxlen": 6, "padding": "pre", "truncating": "post"}, TEXTS),
    "few words": ({"maxlen": 8, "num_words": 8}, TEXTS),
    "all words": ({"maxlen": 8, "num_words": None}, TEXTS),
    "no reserved index": (
        {"maxlen": 8, "start_char": None, "oov_char": None, "index_from": 0},
        TEXTS,
    ),
    "vocabulary given": ({"maxlen": 8, "vocabulary": {"film": 1, "great": 2, "end": 7}}, TEXTS),
    "token pattern": ({"maxlen": 8, "token_pattern": r"(?u)\b\w\w+\b"}, TEXTS),
    "tokenizer": ({"maxlen": 8, "tokenizer": str.split, "lowercase": False}, TEXTS),
    "binary": ({"maxlen": 8, "binary": True, "min_df": 2}, TEXTS),
    "share of documents": ({"maxlen": 8, "min_df": 0.2, "filters": ".!"}, TEXTS),
    "index lists": ({"maxlen": 5, "num_words": 20}, LISTS),
}

# Since 1.7.1 scikit-learn gives the table that it makes the index of a Series.
IS_INDEX_KEPT = parse_version(sklearn.__version__) >= parse_version("1.7.1")
INDEX = range(5, 15) if IS_INDEX_KEPT else range(10)


def takes_texts(documents):
    return isinstance(documents[0], str)


def column(documents):
    """The documents as one array of objects, also where they are lists of one length."""
    array = np.empty(len(documents), dtype=object)
    array[:] = documents
    return array


# -- parameters -------------------------------------------------------------------------------


def check_init_stores_its_arguments_and_nothing_else(vectorizer, documents, other):
    for name in vectorizer.get_params():
        for argument in (object(), []):  # None that fit would take; the second is false, too.
            made = SequenceVectorizer(**{name: argument})
            assert getattr(made, name) is argument
            assert vars(made).keys() == made.get_params().keys()


def check_init_names_every_parameter_and_takes_them_by_keyword(vectorizer, documents, other):
    parameters = inspect.signature(SequenceVectorizer).parameters.values()
    assert {parameter.name for parameter in parameters} == vectorizer.get_params().keys()
    assert {parameter.kind for parameter in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    assert vectorizer._parameter_constraints.keys() == vectorizer.get_params().keys()


def check_parameters_make_the_round_trip(vectorizer, documents, other):
    parameters = vectorizer.get_params()
    made = SequenceVectorizer().set_params(**parameters)
    assert all(made.get_params()[name] is value for name, value in parameters.items())
    assert vectorizer.set_params() is vectorizer


def check_an_unknown_parameter_is_refused(vectorizer, documents, other):
    with pytest.raises(ValueError, match="Invalid parameter 'max_len'"):
        vectorizer.set_params(max_len=3)
    with pytest.raises(TypeError, match="max_len"):
        SequenceVectorizer(max_len=3)


def check_parameters_are_validated_in_fit(vectorizer, documents, other):
    vectorizer.set_params(maxlen=0)
    for fit in (vectorizer.fit, vectorizer.partial_fit, vectorizer.fit_transform):
        with pytest.raises(ValueError, match="The 'maxlen' parameter"):
            fit(documents)
    assert vectorizer.set_params(maxlen=2).fit_transform(documents).shape[1] == 2


def check_a_clone_has_the_parameters_and_nothing_learned(vectorizer, documents, other):
    fitted = clone(vectorizer).fit(documents)
    fitted.transform(documents)
    for one in (clone(fitted), clone(vectorizer)):
        assert one.get_params() == vectorizer.get_params()
        assert vars(one).keys() == vars(vectorizer).keys()


# -- fit --------------------------------------------------------------------------------------


def check_fit_returns_the_vectorizer(vectorizer, documents, other):
    assert vectorizer.fit(documents) is vectorizer
    assert clone(vectorizer).partial_fit(documents).vocabulary_ == vectorizer.vocabulary_


def check_fit_is_idempotent(vectorizer, documents, other):
    first = pickle.dumps(vectorizer.fit(documents))
    assert pickle.dumps(vectorizer.fit(documents)) == first


def check_a_fit_forgets_the_one_before(vectorizer, documents, other):
    expected = clone(vectorizer).fit(documents)
    vectorizer.fit(other).transform(other)
    assert vectorizer.fit(documents).vocabulary_ == expected.vocabulary_
    assert_array_equal(vectorizer.transform(other), expected.transform(other))


def check_fit_after_partial_fit_forgets_the_chunks(vectorizer, documents, other):
    expected = pickle.dumps(clone(vectorizer).fit(documents))
    assert pickle.dumps(vectorizer.partial_fit(other).fit(documents)) == expected


def check_fit_and_transform_leave_the_documents_alone(vectorizer, documents, other):
    given = column(documents)
    before = copy.deepcopy(given)
    vectorizer.fit(given).transform(given)
    clone(vectorizer).partial_fit(given)
    clone(vectorizer).fit_transform(given)
    assert_array_equal(given, before)


def check_fit_and_transform_leave_the_parameters_alone(vectorizer, documents, other):
    before = vectorizer.get_params()
    contents = copy.deepcopy(before)
    vectorizer.fit(documents).transform(documents)
    assert all(vectorizer.get_params()[name] is value for name, value in before.items())
    assert vectorizer.get_params() == contents


def check_what_is_learned_ends_in_an_underscore(vectorizer, documents, other):
    before = set(vars(vectorizer))
    learned = set(vars(vectorizer.fit(documents))) - before
    assert learned == {"cut_share_", "maxlen_", "min_df_", "subword_range_", "vocabulary_"}


def check_fit_takes_any_y_and_ignores_it(vectorizer, documents, other):
    expected = clone(vectorizer).fit(documents).vocabulary_
    for y in (None, list(range(len(documents))), ["a"] * len(documents)):
        assert clone(vectorizer).fit(documents, y).vocabulary_ == expected
        assert clone(vectorizer).fit_transform(documents, y).shape == (10, vectorizer.maxlen)


def check_fit_transform_is_fit_and_transform(vectorizer, documents, other):
    at_once = clone(vectorizer).fit_transform(documents)
    assert_array_equal(at_once, vectorizer.fit(documents).transform(documents))


def check_a_fit_that_fails_changes_nothing(vectorizer, documents, other):
    for fitted in (clone(vectorizer), clone(vectorizer).fit(documents)):
        before = pickle.dumps(fitted)
        for fit in (fitted.fit, fitted.partial_fit, fitted.fit_transform):
            with pytest.raises(TypeError, match=r"X\[3\] = None"):
                fit([*other, None])
            assert pickle.dumps(fitted) == before


# -- transform --------------------------------------------------------------------------------


def check_nothing_works_before_fit(vectorizer, documents, other):
    methods = {
        name
        for name in dir(vectorizer)
        if not name.startswith("_") and callable(getattr(type(vectorizer), name, None))
    }
    work_before = {"fit", "partial_fit", "fit_transform", "get_params", "set_params"}
    work_before |= {"build_analyzer", "set_output", "get_metadata_routing", "set_callbacks"}
    need_fit = methods - work_before
    assert need_fit == {"transform", "inverse_transform", "get_feature_names_out"}
    for name in need_fit:
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(vectorizer, name)(documents)


def check_sequences_are_word_indices_of_one_length(vectorizer, documents, other):
    sequences = vectorizer.fit_transform(documents)
    assert type(sequences) is np.ndarray
    assert sequences.dtype == np.int32
    assert sequences.shape == (len(documents), vectorizer.maxlen)
    assert sequences.min() == 0
    assert 3 < sequences.max() < (vectorizer.num_words or 100)


def check_transform_changes_no_state(vectorizer, documents, other):
    vectorizer.fit(documents)
    before = pickle.dumps(vectorizer)
    vectorizer.transform(other)
    vectorizer.get_feature_names_out()
    assert pickle.dumps(vectorizer) == before


def check_transform_is_repeatable_and_its_result_ones_own(vectorizer, documents, other):
    first = vectorizer.fit(documents).transform(documents)
    expected = first.copy()
    first[:] = -1
    assert_array_equal(vectorizer.transform(documents), expected)


def check_a_row_does_not_depend_on_the_rows_beside_it(vectorizer, documents, other):
    at_once = vectorizer.fit(documents).transform(documents)
    one_by_one = [vectorizer.transform([document]) for document in documents]
    assert_array_equal(np.concatenate(one_by_one), at_once)


def check_rows_follow_the_order_of_the_documents(vectorizer, documents, other):
    order = np.random.RandomState(0).permutation(len(documents))
    shuffled = vectorizer.fit(documents).transform([documents[place] for place in order])
    assert_array_equal(shuffled, vectorizer.transform(documents)[order])


def check_no_documents_give_no_rows(vectorizer, documents, other):
    vectorizer.fit(documents)
    for nothing in ([], np.array([], dtype=object), iter([])):
        assert vectorizer.transform(nothing).shape == (0, vectorizer.maxlen)


def check_threads_may_share_a_fitted_vectorizer(vectorizer, documents, other):
    vectorizer.fit(documents)
    expected = pickle.loads(pickle.dumps(vectorizer)).transform(documents)
    done = joblib.Parallel(n_jobs=4, prefer="threads")(
        joblib.delayed(vectorizer.transform)(documents) for _ in range(8)
    )
    for sequences in done:
        assert_array_equal(sequences, expected)


def check_any_container_of_documents_will_do(vectorizer, documents, other):
    containers = [list, tuple, column, lambda X: pd.Series(X, index=range(5, 15)), iter]
    if takes_texts(documents):
        containers += [np.array, pl.Series, lambda X: pd.Series(X, dtype="string")]
    else:
        containers += [lambda X: [tuple(row) for row in X], lambda X: list(map(np.array, X))]
        documents = [row or [0] for row in documents]  # An empty array is one of floats.
    expected = clone(vectorizer).fit(documents).transform(documents)
    for contained in containers:
        assert_array_equal(clone(vectorizer).fit_transform(contained(documents)), expected)
        vectorizer.fit(contained(documents))
        assert_array_equal(vectorizer.transform(contained(documents)), expected)


# -- saving -----------------------------------------------------------------------------------


def check_a_pickle_encodes_the_same(vectorizer, documents, other):
    fitted = clone(vectorizer).fit(documents)
    cloudpickle = pytest.importorskip("cloudpickle")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for dumps in (pickle.dumps, cloudpickle.dumps):
            loaded = pickle.loads(dumps(fitted, protocol=protocol))
            assert_array_equal(loaded.transform(other), fitted.transform(other))
            assert loaded.get_params() == fitted.get_params()
            unfitted = pickle.loads(dumps(vectorizer, protocol=protocol))
            assert vars(unfitted).keys() == vars(vectorizer).keys()


def check_a_file_of_joblib_encodes_the_same(vectorizer, documents, other):
    vectorizer.fit(documents)
    for options in ({}, {"compress": 9}):
        file = io.BytesIO()
        joblib.dump(vectorizer, file, **options)
        file.seek(0)
        loaded = joblib.load(file)
        assert_array_equal(loaded.transform(other), vectorizer.transform(other))
        assert loaded.vocabulary_ == vectorizer.vocabulary_
    assert joblib.hash(vectorizer) == joblib.hash(pickle.loads(pickle.dumps(vectorizer)))


# -- what it looks like -----------------------------------------------------------------------


def check_feature_names_count_the_positions(vectorizer, documents, other):
    names = vectorizer.fit(documents).get_feature_names_out()
    assert names.dtype == object
    assert names.tolist() == [f"position{place}" for place in range(vectorizer.maxlen)]
    assert_array_equal(vectorizer.get_feature_names_out(["text"]), names)


def check_set_output_gives_tables(vectorizer, documents, other):
    expected = vectorizer.fit(documents).transform(documents)
    names = vectorizer.get_feature_names_out().tolist()
    assert vectorizer.set_output(transform="pandas") is vectorizer
    table = vectorizer.transform(pd.Series(documents, index=INDEX))
    assert isinstance(table, pd.DataFrame)
    assert table.columns.tolist() == names
    assert set(table.dtypes) == {np.dtype(np.int32)}
    assert table.index.tolist() == list(INDEX)
    assert_array_equal(table.to_numpy(), expected)
    table = vectorizer.set_output(transform="polars").fit_transform(documents)
    assert isinstance(table, pl.DataFrame)
    assert table.columns == names
    assert set(table.dtypes) == {pl.Int32}
    assert_array_equal(table.to_numpy(), expected)
    assert isinstance(clone(vectorizer).fit_transform(documents), pl.DataFrame)
    assert type(vectorizer.set_output(transform="default").transform(documents)) is np.ndarray


def check_the_global_output_counts_too(vectorizer, documents, other):
    with config_context(transform_output="pandas"):
        assert isinstance(vectorizer.fit_transform(documents), pd.DataFrame)
    assert type(vectorizer.transform(documents)) is np.ndarray


def check_repr_shows_what_differs_from_the_default(vectorizer, documents, other):
    with config_context(print_changed_only=True):
        shown = repr(vectorizer)
        assert shown.startswith("SequenceVectorizer(")
        for name, parameter in inspect.signature(SequenceVectorizer).parameters.items():
            assert (f"{name}=" in shown) == (getattr(vectorizer, name) != parameter.default)
        assert repr(vectorizer.fit(documents)) == shown


def check_html_shows_whether_it_is_fitted(vectorizer, documents, other):
    assert "Not fitted" in vectorizer._repr_html_()
    shown = vectorizer.fit(documents)._repr_mimebundle_()["text/html"]
    assert "SequenceVectorizer" in shown
    assert "<span>Fitted</span>" in shown


def check_tags_say_that_it_takes_texts(vectorizer, documents, other):
    tags = get_tags(vectorizer)
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert tags.transformer_tags is not None
    assert tags.requires_fit
    assert not tags.target_tags.required
    assert tags.estimator_type is None


# -- in company -------------------------------------------------------------------------------


def check_it_stands_in_a_feature_union(vectorizer, documents, other):
    short = clone(vectorizer).set_params(maxlen=2)
    union = FeatureUnion([("long", vectorizer), ("short", short)])
    sequences = union.fit_transform(documents)
    expected = [clone(one).fit_transform(documents) for one in (vectorizer, short)]
    assert_array_equal(sequences, np.hstack(expected))
    names = union.get_feature_names_out().tolist()
    assert len(set(names)) == sequences.shape[1]
    assert names[-1] == "short__position1"


def check_it_stands_in_a_column_transformer(vectorizer, documents, other):
    expected = clone(vectorizer).fit_transform(documents)
    rating = np.arange(len(documents))
    tables = [pd.DataFrame({"text": column(documents), "rating": rating}, index=INDEX)]
    if takes_texts(documents):
        tables.append(pl.DataFrame({"text": documents, "rating": rating}))
    for table in tables:
        columns = ColumnTransformer([("words", vectorizer, "text")], remainder="passthrough")
        sequences = columns.fit_transform(table)
        assert_array_equal(sequences[:, :-1], expected)
        assert_array_equal(sequences[:, -1], rating)
        assert columns.get_feature_names_out()[[0, -1]].tolist() == [
            "words__position0",
            "remainder__rating",
        ]
        library = "pandas" if isinstance(table, pd.DataFrame) else "polars"
        made = columns.set_output(transform=library).fit_transform(table)
        assert isinstance(made, type(table))
        if library == "pandas":
            assert made.index.tolist() == table.index.tolist()


def check_it_is_cross_validated_in_a_pipeline(vectorizer, documents, other):
    y = np.arange(len(documents)) % 2
    pipeline = Pipeline([("vectorizer", vectorizer), ("classifier", MultinomialNB())])
    for X in (documents, column(documents), pd.Series(documents)):
        done = cross_validate(pipeline, X, y, cv=2, error_score="raise")
        assert np.isfinite(done["test_score"]).all()
    assert not hasattr(vectorizer, "vocabulary_")


def check_a_grid_search_sets_its_parameters(vectorizer, documents, other):
    y = np.arange(len(documents)) % 2
    pipeline = Pipeline([("vectorizer", vectorizer), ("classifier", MultinomialNB())])
    grid = {"vectorizer__maxlen": [2, 3], "vectorizer__padding": ["pre", "post"]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(documents, y)
    assert len(search.cv_results_["params"]) == 4
    best = search.best_estimator_
    assert best["vectorizer"].maxlen == search.best_params_["vectorizer__maxlen"]
    assert best[:-1].get_feature_names_out().size == best["vectorizer"].maxlen
    assert search.predict(documents).shape == (10,)


CHECKS = [function for name, function in list(globals().items()) if name.startswith("check_")]
CHECKS.remove(check_estimator)  # scikit-learn's.


def test_every_check_is_run_on_every_configuration():
    assert len(CHECKS) == 37
    assert len(CONFIGURATIONS) == 12


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_vectorizer_conforms(check, configuration):
    parameters, documents = CONFIGURATIONS[configuration]
    other = OTHER_TEXTS if takes_texts(documents) else OTHER_LISTS
    check(SequenceVectorizer(**parameters), copy.deepcopy(documents), copy.deepcopy(other))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learns_own_checks_of_an_estimator_that_takes_texts_pass():
    done = check_estimator(SequenceVectorizer(), on_skip=None)
    assert {one["status"] for one in done} == {"passed"}
