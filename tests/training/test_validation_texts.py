"""Validation texts of one's own, through pipelines and scikit-learn's metadata routing."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline

from sklearn_imdb import SequenceVectorizer
from sklearn_imdb._training import scipy_backend

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


@pytest.fixture
def validated_on(monkeypatch):
    """Classes of the validation rows in each fit."""
    seen = []
    train = scipy_backend.train

    def spy(plan, network, weights, training, validation, **options):
        seen.append(validation.targets.numbers.tolist())
        return train(plan, network, weights, training, validation, **options)

    monkeypatch.setattr(scipy_backend, "train", spy)
    return seen


def test_a_pipeline_stops_early_on_the_texts_it_is_given(routed, problem, validated_on):
    texts, y, validation = problem
    routed.fit(texts, y, **validation)
    classifier = routed["classifier"]
    assert validated_on == [validation["y_val"].tolist()]
    assert 1 < classifier.best_epoch_ == classifier.n_iter_ - 2 < 28
    accuracy = classifier.history_["val_accuracy"][classifier.best_epoch_ - 1]
    assert accuracy == routed.score(validation["X_val"], validation["y_val"]) > 0.65


def test_cross_validation_passes_validation_texts_whole_to_every_fold(
    routed, problem, validated_on
):
    texts, y, validation = problem
    done = cross_validate(routed, texts, y, cv=4, params=validation, return_estimator=True)
    assert validated_on == [validation["y_val"].tolist()] * 4
    assert all("val_loss" in fitted["classifier"].history_ for fitted in done["estimator"])


def test_grid_search_passes_validation_texts_whole_to_every_candidate(
    routed, problem, validated_on
):
    texts, y, validation = problem
    search = GridSearchCV(routed, {"classifier__patience": [0, 4], "vectorizer__maxlen": [8, 80]})
    search.set_params(cv=2).fit(texts, y, **validation)
    assert validated_on == [validation["y_val"].tolist()] * 9
    assert search.best_params_["vectorizer__maxlen"] == 80
    alone = clone(search.best_estimator_).fit(texts, y, **validation)
    assert search.best_estimator_["classifier"].history_ == alone["classifier"].history_
    assert_array_equal(search.best_estimator_["classifier"].embedding_, alone[-1].embedding_)


@pytest.mark.parametrize("search", ["cross_validate", "GridSearchCV"])
def test_validation_texts_as_many_as_the_rows_are_cut_and_the_warning_says_so(
    routed, problem, validated_on, search
):
    texts, y, _ = problem
    validation = {"X_val": texts[::-1], "y_val": y[::-1]}
    grid = GridSearchCV(routed, {"classifier__patience": [1]}, cv=2, refit=False)
    search = {
        "cross_validate": lambda: cross_validate(routed, texts, y, cv=2, params=validation),
        "GridSearchCV": lambda: grid.fit(texts, y, **validation),
    }[search]
    with pytest.warns(UserWarning, match="X_val has as many rows as X, 200") as warned:
        search()
    assert [len(rows) for rows in validated_on] == [200, 200]
    warned = [found for found in warned if "as many rows" in str(found.message)]
    message = str(warned[0].message)
    assert "not the validation set you passed" in message
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
