"""scikit-learn's own checks: of the classifier with either backend, and of the regressor."""

import pytest
import sklearn
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.fixes import parse_version

from sklearn_imdb import EmbeddingAverageClassifier, EmbeddingAverageRegressor

# test_classifier.py shows on whole numbers what the first two of these are after.
FRACTIONAL = "feeds fractional or negative word indices, which are a user's mistake: a ValueError"
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": FRACTIONAL,
    "check_decision_proba_consistency": FRACTIONAL,
    "check_class_weight_classifiers": FRACTIONAL,
}
if parse_version(sklearn.__version__) < parse_version("1.7.1"):
    EXPECTED_FAILURES["check_positive_only_tag_during_fit"] = (
        "this check subtracts a fraction from integers in place, which NumPy refuses"
    )


def checks_of(estimator):
    # EXPECTED_FAILURES has each one's reason. They run, and one that passes is an error.
    generated = estimator_checks_generator(
        estimator,
        expected_failed_checks=EXPECTED_FAILURES,
        mark="xfail",  # Not "skip": xfail_strict tells when a reason is gone.
    )
    return list(generated)


def test_scikit_learn_has_at_least_60_checks():
    assert len(checks_of(EmbeddingAverageClassifier())) >= 60


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("classifier", "check"), checks_of(EmbeddingAverageClassifier()))
def test_scikit_learns_check(classifier, check):
    check(classifier)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("regressor", "check"), checks_of(EmbeddingAverageRegressor(epochs=2)))
def test_scikit_learns_check_of_the_regressor(regressor, check):
    check(regressor)


@pytest.mark.usefixtures("without_tracing")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    # Fewer epochs, because Keras takes its time; what is checked turns on no number of them.
    ("classifier", "check"),
    checks_of(EmbeddingAverageClassifier(backend="keras", epochs=1)),
)
def test_scikit_learns_check_of_the_keras_backend(classifier, check):
    check(classifier)
