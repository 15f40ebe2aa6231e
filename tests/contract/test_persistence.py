"""Fitted estimators saved and loaded: by which libraries, how large, and by which version."""

import copy
import json
import pickle

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

import sklearn_imdb
from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier

OUR_TYPES = [
    "sklearn_imdb.classifier.EmbeddingAverageClassifier",
    "sklearn_imdb.text.SequenceVectorizer",
]
# Words that a tokenizer may return: separators of all sorts, nothing, halves of surrogate pairs.
AWKWARD_WORDS = ["a\nb", "c\x00d", " ", "", "\ud83d", "\ude00", "\U0001f600", "e\u0301", "ß"]


def by_pickle(estimator, folder):
    return pickle.loads(pickle.dumps(estimator))


def by_oldest_pickle(estimator, folder):
    return pickle.loads(pickle.dumps(estimator, protocol=0))


def by_cloudpickle(estimator, folder):
    cloudpickle = pytest.importorskip("cloudpickle")
    return pickle.loads(cloudpickle.dumps(estimator))


def by_joblib(estimator, folder):
    joblib.dump(estimator, folder / "estimator.joblib", compress=3)
    return joblib.load(folder / "estimator.joblib")


def by_joblib_from_the_disk(estimator, folder):
    joblib.dump(estimator, folder / "estimator.joblib")
    return joblib.load(folder / "estimator.joblib", mmap_mode="r")


def by_skops(estimator, folder):
    skops_io = pytest.importorskip("skops.io")
    skops_io.dump(estimator, folder / "estimator.skops")
    assert set(skops_io.get_untrusted_types(file=folder / "estimator.skops")) <= set(OUR_TYPES)
    return skops_io.load(folder / "estimator.skops", trusted=OUR_TYPES)


ways = pytest.mark.parametrize(
    "save_and_load",
    [
        by_pickle,
        by_oldest_pickle,
        by_cloudpickle,
        by_joblib,
        by_joblib_from_the_disk,
        by_skops,
        lambda estimator, folder: copy.copy(estimator),
        lambda estimator, folder: copy.deepcopy(estimator),
    ],
    ids=lambda way: way.__name__ if way.__name__ != "<lambda>" else "copy",
)


@pytest.fixture(scope="module")
def pipeline(reviews):
    """The tutorial's pipeline, fitted on few reviews."""
    return (
        make_text_classifier("tutorial", random_state=0)
        .set_params(classifier__epochs=2)
        .fit(*reviews)
    )


def vectorizer_in_chunks(texts):
    return SequenceVectorizer(min_df=2).partial_fit(texts[:300]).partial_fit(texts[300:])


def classifier_in_chunks(X, y):
    classifier = EmbeddingAverageClassifier(dropout=0.1, random_state=0)
    for chunk in (slice(300), slice(300, 600)):
        classifier.partial_fit(X[chunk], y[chunk], classes=[0, 1])
    return classifier


# -- by which libraries -----------------------------------------------------------------------


@ways
def test_a_pipeline_predicts_the_same(pipeline, reviews, tmp_path, save_and_load):
    texts, _ = reviews
    loaded = save_and_load(pipeline, tmp_path)
    assert_array_equal(loaded.predict_proba(texts), pipeline.predict_proba(texts))
    assert loaded["classifier"].history_ == pipeline["classifier"].history_
    words = list(pipeline["vectorizer"].vocabulary_.items())
    assert list(loaded["vectorizer"].vocabulary_.items()) == words
    assert repr(loaded) == repr(pipeline)


@ways
def test_counting_goes_on_where_it_was(reviews, tmp_path, save_and_load):
    texts, _ = reviews
    vectorizer = vectorizer_in_chunks(texts)
    loaded = save_and_load(vectorizer, tmp_path)
    further = ["unheard of words", "words unheard"]
    for one in (loaded, vectorizer):
        one.partial_fit(further)
    assert {"words", "unheard"} <= vectorizer.vocabulary_.keys()
    assert list(loaded.vocabulary_.items()) == list(vectorizer.vocabulary_.items())


@ways
def test_training_goes_on_where_it_was(sequences, tmp_path, save_and_load):
    X, y = sequences
    classifier = classifier_in_chunks(X, y)
    loaded = save_and_load(classifier, tmp_path)
    for one in (loaded, classifier):
        one.partial_fit(X, y)
    assert_array_equal(loaded.embedding_, classifier.embedding_)
    assert loaded.history_ == classifier.history_


@ways
def test_words_of_any_characters_come_back(tmp_path, save_and_load):
    vocabulary = {word: rank for rank, word in enumerate(AWKWARD_WORDS, 1)}
    loaded = save_and_load(SequenceVectorizer(vocabulary=vocabulary).fit([]), tmp_path)
    assert list(loaded.vocabulary_.items()) == list(vocabulary.items())
    assert list(loaded.vocabulary.items()) == list(vocabulary.items())


@ways
@pytest.mark.parametrize(
    "vocabulary",
    [{"film": 1, "the": 70_000}, {"film": np.int64(3)}, {"film": True, "the": 7}, {"film": -1}, {}],
)
def test_a_vocabulary_given_comes_back_whatever_it_is(tmp_path, save_and_load, vocabulary):
    loaded = save_and_load(SequenceVectorizer(vocabulary=vocabulary), tmp_path)
    assert loaded.vocabulary == vocabulary
    assert list(map(type, loaded.vocabulary.values())) == list(map(type, vocabulary.values()))


def test_a_vocabulary_that_fit_would_refuse_comes_back_to_be_refused(tmp_path):
    loaded = by_pickle(SequenceVectorizer(vocabulary={1: 1}), tmp_path)
    with pytest.raises(TypeError, match="must hold words as str, got 1 of type int"):
        loaded.fit(["a"])


def test_a_vectorizer_of_index_lists_is_loaded_too(tmp_path):
    loaded = by_pickle(SequenceVectorizer(maxlen=3).fit([[1, 2]]), tmp_path)
    assert loaded.vocabulary_ == {}
    assert loaded.transform([[7]]).tolist() == [[7, 0, 0]]


def test_saving_leaves_the_estimator_as_it_is(pipeline, reviews):
    texts, _ = reviews
    for estimator in (pipeline["vectorizer"], pipeline["classifier"], vectorizer_in_chunks(texts)):
        before = dict(vars(estimator))
        pickle.dumps(estimator)
        assert vars(estimator).keys() == before.keys()
        assert all(vars(estimator)[name] is value for name, value in before.items())


# -- how large --------------------------------------------------------------------------------


def tutorial_sized(reviews):
    """The tutorial's sizes: 10,000 words and 160,289 parameters, most of the words made up."""
    texts, y = reviews
    n_missing = 10_000 - 4 - len(SequenceVectorizer().fit(texts).vocabulary_)
    made_up = " ".join(f"word{number}" for number in range(n_missing))
    return (
        make_text_classifier("tutorial", random_state=0)
        .set_params(classifier__epochs=1, classifier__input_dim=10_000)
        .fit([*texts, made_up], [*y, 0])
    )


@pytest.mark.parametrize("way", ["pickle", "joblib", "skops"])
def test_a_pipeline_of_the_tutorials_sizes_takes_less_than_a_megabyte(reviews, tmp_path, way):
    pipeline = tutorial_sized(reviews)
    assert pipeline["classifier"].embedding_.shape == (10_000, 16)
    vocabulary = pipeline["vectorizer"].vocabulary_
    assert len(vocabulary) == 9_996
    file = tmp_path / "pipeline"
    if way == "pickle":
        file.write_bytes(pickle.dumps(pipeline))
    elif way == "joblib":
        joblib.dump(pipeline, file)
    else:
        pytest.importorskip("skops.io").dump(pipeline, file)
    of_words = len("".join(vocabulary)) + 3 * len(vocabulary)  # A length, and a rank of two bytes.
    of_weights = 160_289 * 4
    assert file.stat().st_size < of_words + of_weights + 70_000 < 1_000_000


def test_a_saved_pipeline_holds_no_training_data(reviews):
    texts, y = reviews
    secret = "xyzzy"
    fits = [
        make_text_classifier("tutorial", random_state=0).set_params(classifier__epochs=1)
        for _ in range(2)
    ]
    # Twice as many rows, of the same words and as many epochs, take not a byte more.
    fits[0].fit(texts, y)
    fits[1].fit([*texts, *texts], [*y, *y])
    sizes = [len(pickle.dumps(fit)) for fit in fits]
    assert abs(sizes[0] - sizes[1]) < 50
    rare = make_text_classifier("tutorial").set_params(
        vectorizer__num_words=50, classifier__epochs=1
    )
    assert secret.encode() not in pickle.dumps(rare.fit([*texts, secret], [*y, 1]))


def test_after_partial_fit_the_optimizers_two_moments_come_along(sequences):
    X, y = sequences
    at_once = EmbeddingAverageClassifier(input_dim=10_000, epochs=1).fit(X, y)
    chunk = EmbeddingAverageClassifier(input_dim=10_000).partial_fit(X, y, classes=[0, 1])
    sizes = [len(pickle.dumps(one)) for one in (at_once, chunk)]
    assert sizes[1] - sizes[0] == pytest.approx(2 * 160_289 * 4, rel=0.01)


# -- where ------------------------------------------------------------------------------------


def test_it_predicts_where_neither_keras_nor_tensorflow_can_be_imported(
    pipeline, reviews, tmp_path, run_python
):
    texts, _ = reviews
    (tmp_path / "pipeline.pkl").write_bytes(pickle.dumps(pipeline))
    (tmp_path / "texts.json").write_text(json.dumps(texts[:9]))
    script = (
        "import json, pickle, sys\n"
        "blocked = ['tensorflow', 'keras', 'scikeras', 'matplotlib', 'pandas', 'polars', 'rich']\n"
        "sys.modules.update(dict.fromkeys(blocked))\n"
        "pipeline = pickle.load(open(sys.argv[1] + '/pipeline.pkl', 'rb'))\n"
        "texts = json.load(open(sys.argv[1] + '/texts.json'))\n"
        "print(json.dumps(pipeline.predict_proba(texts).tolist()))\n"
    )
    printed = run_python(script, tmp_path)
    assert_array_equal(json.loads(printed), pipeline.predict_proba(texts[:9]))


# -- by which version -------------------------------------------------------------------------

FITTED = [
    SequenceVectorizer().fit(["a b"]),
    SequenceVectorizer().partial_fit(["a b"]),
    EmbeddingAverageClassifier(epochs=1).fit([[1, 4], [1, 5]], [0, 1]),
    EmbeddingAverageClassifier().partial_fit([[1, 4], [1, 5]], [0, 1], classes=[0, 1]),
]
each_fitted = pytest.mark.parametrize("estimator", FITTED, ids=lambda one: type(one).__name__)


LEARNED_BY_THE_VECTORIZER = "cut_share_ maxlen_ min_df_ subword_range_ vocabulary_"
LEARNED_BY_THE_CLASSIFIER = (
    "backend_ batch_size_ best_epoch_ classes_ coefs_ embedding_ embedding_dim_ history_ "
    "intercepts_ kept_epoch_ learning_rate_ n_features_in_ n_iter_ token_weights_"
)


PRIVATE = "_n_features_out _network _numbering"


@pytest.mark.parametrize(
    ("estimator", "form"),
    [
        (FITTED[0], f"_packed _sklearn_imdb {LEARNED_BY_THE_VECTORIZER}"),
        (FITTED[1], f"_learner _packed _sklearn_imdb {LEARNED_BY_THE_VECTORIZER}"),
        (FITTED[2], f"{PRIVATE} _sklearn_imdb {LEARNED_BY_THE_CLASSIFIER}"),
        (FITTED[3], f"{PRIVATE} _partial_fit_state _sklearn_imdb {LEARNED_BY_THE_CLASSIFIER}"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_state_of_this_number_has_this_form(estimator, form):
    """Where this fails, raise `STATE_FORMAT` if an older version would misread the new form."""
    state = estimator.__getstate__()
    assert sorted(state.keys() - estimator.get_params().keys()) == form.split()
    type(estimator)().__setstate__(state)  # Which leaves it alone.
    assert state["_sklearn_imdb"] == {"version": sklearn_imdb.__version__, "format": 6}


@each_fitted
def test_the_version_that_saved_it_loads_it_without_a_word(estimator):
    loaded = pickle.loads(pickle.dumps(estimator))  # Warnings are errors.
    assert vars(loaded).keys() == vars(estimator).keys()


@each_fitted
@pytest.mark.parametrize("other", ["0.0.9", "7.0"])
def test_another_version_loads_it_with_a_warning_that_names_both(estimator, other):
    state = {**estimator.__getstate__(), "_sklearn_imdb": {"version": other, "format": 6}}
    loaded = type(estimator)()
    name, here = type(estimator).__name__, sklearn_imdb.__version__
    with pytest.warns(UserWarning, match=f"This {name} was saved by sklearn_imdb {other}.*{here}"):
        loaded.__setstate__(state)
    assert vars(loaded).keys() == vars(estimator).keys()


@each_fitted
def test_a_newer_form_of_the_state_is_refused_with_the_remedy(estimator):
    state = {**estimator.__getstate__(), "_sklearn_imdb": {"version": "7.0", "format": 99}}
    loaded = type(estimator)()
    with pytest.raises(
        ValueError, match=r"imdb 7\.0 in state format 99\. .* Load it with version 7\.0"
    ):
        loaded.__setstate__(state)
    assert vars(loaded) == vars(type(estimator)())


@each_fitted
@pytest.mark.parametrize("stamp", [{}, {"_sklearn_imdb": {"version": "0.1.0.dev0", "format": 1}}])
def test_an_older_form_of_the_state_is_refused_with_the_remedy(estimator, stamp):
    state = {**vars(estimator), **stamp}
    loaded = type(estimator)()
    with pytest.raises(ValueError, match=r"Load it with version .*, or fit it again"):
        loaded.__setstate__(state)
    assert vars(loaded) == vars(type(estimator)())


@pytest.mark.parametrize(
    ("estimator", "X", "other"),
    [
        (EmbeddingAverageClassifier(epochs=1, random_state=0), [[4, 5], [6, 7]], [[4, 5], [4, 7]]),
        (SequenceVectorizer(), ["a film", "the film"], ["a film", "the book"]),
    ],
)
def test_dask_tells_fitted_estimators_apart(estimator, X, other):
    tokenize = pytest.importorskip("dask.base").tokenize
    fitted = [clone(estimator).fit(documents, [0, 1]) for documents in (X, X, other)]
    tokens = [tokenize(fit) for fit in [estimator, *fitted]]
    assert tokens[1] == tokens[2]
    assert len(set(tokens)) == 3
