"""Validation texts of one's own, through pipelines and scikit-learn's metadata routing."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.pipeline import Pipeline

from sklearn_imdb import SequenceVectorizer

# What is looked at here is which rows come where, and not what is learned from them.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Early stopping ended:sklearn.exceptions.ConvergenceWarning"
)


@pytest.fixture
def routed(quick):
    """A pipeline whose vectorizer takes care of X_val, under metadata routing."""
    with config_context(enable_metadata_routing=True):
        classifier = quick(early_stopping=True, epochs=30).set_fit_request(X_val=True, y_val=True)
        yield Pipeline(
            [("vectorizer", SequenceVectorizer(maxlen=80)), ("classifier", classifier)],
            transform_input=["X_val"],
        )


@pytest.fixture
def problem(reviews):
    """400 texts to train on, 150 others to validate on, and their classes."""
    texts, y = reviews
    return texts[:400], y[:400], {"X_val": texts[400:550], "y_val": y[400:550]}


def check_validated_on(pipeline, X_val, y_val):
    """Assert that the validation loss of the epoch that was kept is the loss on these texts."""
    classifier = pipeline["classifier"]
    kept = classifier.history_["val_loss"][classifier.kept_epoch_ - 1]
    assert kept == pytest.approx(log_loss(y_val, pipeline.predict_proba(X_val)), rel=1e-4)


@pytest.fixture
def seen():
    """Pipelines that a search fitted, in their order."""
    return []


@pytest.fixture
def note(seen):
    """A scorer that keeps what it scores."""

    def score(pipeline, X, y):
        seen.append(pipeline)
        return pipeline.score(X, y)

    return score


def test_a_pipeline_stops_early_on_the_texts_it_is_given(routed, problem):
    texts, y, validation = problem
    routed.fit(texts, y, **validation)
    classifier = routed["classifier"]
    check_validated_on(routed, **validation)
    assert 1 < classifier.best_epoch_ == classifier.n_iter_ - 2 < 28
    accuracy = classifier.history_["val_accuracy"][classifier.best_epoch_ - 1]
    assert accuracy == routed.score(validation["X_val"], validation["y_val"]) > 0.65


def test_cross_validation_passes_validation_texts_whole_to_every_fold(routed, problem):
    texts, y, validation = problem
    done = cross_validate(routed, texts, y, cv=4, params=validation, return_estimator=True)
    for fitted in done["estimator"]:
        check_validated_on(fitted, **validation)


def test_grid_search_passes_validation_texts_whole_to_every_candidate(routed, problem, seen, note):
    texts, y, validation = problem
    search = GridSearchCV(routed, {"classifier__patience": [0, 4], "vectorizer__maxlen": [8, 80]})
    search.set_params(cv=2, scoring=note).fit(texts, y, **validation)
    assert len(seen) == 8
    for fitted in (*seen, search.best_estimator_):
        check_validated_on(fitted, **validation)
    assert search.best_params_["vectorizer__maxlen"] == 80
    alone = clone(search.best_estimator_).fit(texts, y, **validation)
    assert search.best_estimator_["classifier"].history_ == alone["classifier"].history_
    assert_array_equal(search.best_estimator_["classifier"].embedding_, alone[-1].embedding_)


@pytest.mark.parametrize("search", ["cross_validate", "GridSearchCV"])
def test_validation_texts_as_many_as_the_rows_are_cut_and_the_warning_says_so(
    routed, problem, seen, note, search
):
    texts, y, _ = problem
    validation = {"X_val": texts[::-1], "y_val": y[::-1]}
    grid = GridSearchCV(routed, {"classifier__patience": [1]}, scoring=note, cv=2, refit=False)
    search = {
        "cross_validate": lambda: cross_validate(
            routed, texts, y, scoring=note, cv=2, params=validation
        ),
        "GridSearchCV": lambda: grid.fit(texts, y, **validation),
    }[search]
    with pytest.warns(UserWarning, match="X_val has as many rows as X, 200") as warned:
        search()
    warned = [found for found in warned if "as many rows" in str(found.message)]
    for fitted, (train, _) in zip(seen, StratifiedKFold(2).split(texts, y), strict=True):
        check_validated_on(fitted, *([part[row] for row in train] for part in validation.values()))
    message = str(warned[0].message)
    assert "X_val was cut to the rows of each fold" in message
    assert "X_val of another length" in message
    assert len(warned) == 2  # One in each fold, whose rows it names.


def test_validation_texts_of_another_length_bring_no_warning(routed, problem, recwarn):
    texts, y, validation = problem
    cross_validate(routed, texts, y, cv=2, params=validation)
    assert not [found for found in recwarn.list if "X_val" in str(found.message)]


@pytest.mark.parametrize(
    "container", [list, np.array, lambda x: np.array(x, dtype=object), pd.DataFrame]
)
def test_raw_texts_that_reach_the_classifier_are_refused_with_the_remedy(
    routed, problem, container
):
    texts, y, validation = problem
    validation["X_val"] = container(validation["X_val"])
    routed.set_params(transform_input=None)
    remedy = r"X_val holds raw texts.*Pipeline\(\.\.\., transform_input=\['X_val'\]\)"
    with pytest.raises(ValueError, match=remedy):
        routed.fit(texts, y, **validation)
    with pytest.raises(ValueError, match=remedy):
        cross_validate(routed, texts, y, cv=2, params=validation, error_score="raise")
