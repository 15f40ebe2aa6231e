"""One seed, one result: in any thread, in joblib's workers, with any number of BLAS's threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import cross_validate
from threadpoolctl import threadpool_limits

LARGE = {"embedding_dim": 64, "batch_size": 4096, "epochs": 2}


def learned(classifier):
    return [classifier.embedding_, *classifier.coefs_, *classifier.intercepts_]


def assert_all_bitwise_equal(results):
    first, *others = results
    for other in others:
        for array, expected in zip(other, first, strict=True):
            assert_array_equal(array, expected)


@pytest.fixture(scope="module")
def long_problem():
    """Rows enough for batches, and validations, that BLAS would share among its threads."""
    rng = np.random.RandomState(0)
    return rng.randint(1, 500, (9001, 10)), rng.randint(0, 3, 9001)


@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_units": 0},
        {"hidden_units": 64, "l2": 0.01, "dropout": 0.2},
        {"embedding_dim": 300, "hidden_units": 300, "batch_size": 700},
        {"batch_size": 10_000},
    ],
    ids=str,
)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_number_of_blas_threads_changes_no_bit(quick, long_problem, parameters, n_classes):
    X, y = long_problem
    y = y % n_classes
    results = []
    for n_threads in (1, 3):
        with threadpool_limits(n_threads, user_api="blas"):
            classifier = quick(**{**LARGE, **parameters, "epochs": 1})
            classifier.fit(X, y, X_val=X[:5000], y_val=y[:5000])
            results.append(
                [
                    *learned(classifier),
                    classifier.predict_proba(X),
                    classifier.decision_function(X),
                    np.array(list(classifier.history_.values())),
                ]
            )
    assert_all_bitwise_equal(results)


def test_threads_that_fit_at_once_learn_the_same(quick, long_problem):
    X, y = long_problem
    with ThreadPoolExecutor(4) as threads:
        fits = list(threads.map(lambda _: quick(**LARGE).fit(X, y), range(4)))
    assert_all_bitwise_equal([learned(quick(**LARGE).fit(X, y)), *map(learned, fits)])


@pytest.mark.usefixtures("new_process")
def test_workers_of_joblib_learn_the_same(quick, long_problem):
    X, y = long_problem
    fits = [
        cross_validate(quick(**LARGE), X, y, cv=2, n_jobs=n_jobs, return_estimator=True)
        for n_jobs in (1, 2)
    ]
    for one, other in zip(fits[0]["estimator"], fits[1]["estimator"], strict=True):
        assert_all_bitwise_equal([learned(one), learned(other)])
    assert_array_equal(fits[0]["test_score"], fits[1]["test_score"])
