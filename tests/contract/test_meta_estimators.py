"""The classifier inside scikit-learn's meta-estimators and under its scorers, on raw texts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  # For HalvingGridSearchCV.
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, get_scorer, log_loss, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    LearningCurveDisplay,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from sklearn_imdb import SequenceVectorizer
from sklearn_imdb.datasets import make_reviews

LABELS = [[0, 1], [False, True], ["bad", "good", "mixed"]]
BEGINNING, REST = slice(None, 400), slice(400, None)
LEARNED = {2: 0.65, 3: 0.5}  # Accuracy, by the number of classes, that no guessing reaches.


@pytest.fixture
def pipeline(quick):
    return make_pipeline(SequenceVectorizer(maxlen=80), quick())


@pytest.fixture(scope="module")
def of_three_classes():
    texts, y = make_reviews(600, n_classes=3, mean_length=60, random_state=0)
    return texts, y


@pytest.fixture(params=LABELS, ids=str)
def labelled(request, reviews, of_three_classes):
    """Texts with labels of every kind, and these labels in order."""
    labels = np.array(request.param)
    texts, y = reviews if len(labels) == 2 else of_three_classes
    return texts, labels[y], labels


def learned(pipeline):
    classifier = pipeline[-1]
    return [classifier.embedding_, *classifier.coefs_, *classifier.intercepts_]


def assert_same_weights(one, other):
    for array, expected in zip(learned(one), learned(other), strict=True):
        assert_array_equal(array, expected)


# -- labels and scorers -----------------------------------------------------------------------


def test_any_labels_come_back_with_a_column_of_probabilities_each(pipeline, labelled):
    texts, y, labels = labelled
    pipeline.fit(texts[BEGINNING], y[BEGINNING])
    assert_array_equal(pipeline.classes_, labels)
    for rows in (texts[REST], texts[:1]):
        probabilities = pipeline.predict_proba(rows)
        assert probabilities.shape == (len(rows), len(labels))
        assert_allclose(probabilities.sum(axis=1), 1)
        predicted = pipeline.predict(rows)
        assert predicted.dtype == y.dtype
        assert_array_equal(predicted, labels[probabilities.argmax(axis=1)])
    assert pipeline.score(texts[REST], y[REST]) > LEARNED[len(labels)]


def test_scorers_of_scikit_learn(pipeline, labelled):
    texts, y, labels = labelled
    auc = "roc_auc" if len(labels) == 2 else "roc_auc_ovr"
    folds = StratifiedKFold(3)
    metrics = [auc, "accuracy", "neg_log_loss"]
    done = cross_validate(pipeline, texts, y, cv=folds, scoring=metrics, return_estimator=True)
    for fold, (_, rows) in enumerate(folds.split(texts, y)):
        held_out = [texts[row] for row in rows]
        probabilities = done["estimator"][fold].predict_proba(held_out)
        if len(labels) == 2:
            expected = roc_auc_score(y[rows] == labels[1], probabilities[:, 1])
        else:
            expected = roc_auc_score(y[rows], probabilities, multi_class="ovr")
        assert_allclose(done[f"test_{auc}"][fold], expected)
        predicted = labels[probabilities.argmax(axis=1)]
        assert_allclose(done["test_accuracy"][fold], accuracy_score(y[rows], predicted))
        assert_allclose(done["test_neg_log_loss"][fold], -log_loss(y[rows], probabilities))
        assert expected > 0.7


def test_cross_val_predict_predicts_every_row_out_of_its_fold(pipeline, labelled):
    texts, y, labels = labelled
    folds = StratifiedKFold(3)
    probabilities = cross_val_predict(pipeline, texts, y, cv=folds, method="predict_proba")
    train, test = next(folds.split(texts, y))
    pipeline.fit([texts[row] for row in train], y[train])
    expected = pipeline.predict_proba([texts[row] for row in test])
    assert probabilities.shape == (600, len(labels))
    assert_array_equal(probabilities[test], expected)


# -- meta-estimators --------------------------------------------------------------------------


def test_calibrated(pipeline, labelled):
    texts, y, labels = labelled
    calibrated = CalibratedClassifierCV(pipeline, cv=3).fit(texts[BEGINNING], y[BEGINNING])
    assert calibrated.predict_proba(texts[REST]).shape == (200, len(labels))
    assert calibrated.score(texts[REST], y[REST]) > LEARNED[len(labels)]


@pytest.mark.parametrize("voting", ["hard", "soft"])
def test_voting(pipeline, labelled, voting):
    texts, y, labels = labelled
    tfidf = make_pipeline(TfidfVectorizer(), LogisticRegression())
    other = clone(pipeline).set_params(embeddingaverageclassifier__random_state=1)
    vote = VotingClassifier(
        [("average", pipeline), ("other", other), ("tfidf", tfidf)], voting=voting
    ).fit(texts[BEGINNING], y[BEGINNING])
    assert vote.score(texts[REST], y[REST]) > LEARNED[len(labels)]
    if voting == "soft":
        expected = np.mean([one.predict_proba(texts[REST]) for one in vote.estimators_], axis=0)
        assert_allclose(vote.predict_proba(texts[REST]), expected)


def test_stacking(pipeline, labelled):
    texts, y, labels = labelled
    tfidf = make_pipeline(TfidfVectorizer(), LogisticRegression())
    stack = StackingClassifier([("average", pipeline), ("tfidf", tfidf)], cv=2)
    stack.fit(texts[BEGINNING], y[BEGINNING])
    assert stack.stack_method_ == ["predict_proba"] * 2
    n_columns = 2 if len(labels) == 2 else 6
    assert stack.transform(texts[REST]).shape == (200, n_columns)
    assert stack.score(texts[REST], y[REST]) > LEARNED[len(labels)]


def test_bagging(quick, sequences):
    X, y = sequences
    bag = BaggingClassifier(quick(), n_estimators=3, random_state=0).fit(X[BEGINNING], y[BEGINNING])
    seeds = {one.random_state for one in bag.estimators_}
    assert len(seeds) == 3
    assert bag.score(X[REST], y[REST]) > 0.65


def test_boosting(quick, sequences):
    X, y = sequences
    boosted = AdaBoostClassifier(quick(), n_estimators=3, random_state=0)
    boosted.fit(X[BEGINNING], y[BEGINNING])
    assert len(boosted.estimators_) == 3
    assert boosted.score(X[REST], y[REST]) > 0.65


def test_one_against_the_rest(pipeline, of_three_classes):
    texts, y = of_three_classes
    one_against_rest = OneVsRestClassifier(pipeline).fit(texts[BEGINNING], y[BEGINNING])
    assert one_against_rest.predict_proba(texts[REST]).shape == (200, 3)
    assert one_against_rest.score(texts[REST], y[REST]) > LEARNED[3]


# -- searches and curves ----------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Early stopping ended:sklearn.exceptions.ConvergenceWarning")
def test_grid_search_over_what_stops_early(pipeline, labelled):
    texts, y = labelled[0][:300], labelled[1][:300]
    pipeline.set_params(embeddingaverageclassifier__early_stopping=True)
    grid = {
        "embeddingaverageclassifier__patience": [0, 3],
        "embeddingaverageclassifier__validation_split": [0.3],
        "embeddingaverageclassifier__monitor": ["val_loss", "val_accuracy", "loss"],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(texts, y)
    assert len(search.cv_results_["params"]) == 6
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(np.unique(search.cv_results_["mean_test_score"])) > 3
    assert_same_weights(search.best_estimator_, clone(search.best_estimator_).fit(texts, y))


def test_halving_grid_search(pipeline, reviews):
    texts, y = reviews
    search = HalvingGridSearchCV(
        pipeline,
        {"embeddingaverageclassifier__learning_rate": [1e-5, 1e-4, 0.01]},
        cv=2,
        factor=3,
        min_resources=100,
        random_state=0,
    ).fit(texts, y)
    assert search.n_resources_ == [100, 300]
    assert search.best_params_ == {"embeddingaverageclassifier__learning_rate": 0.01}


def test_learning_curve(pipeline, reviews, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    texts, y = reviews
    display = LearningCurveDisplay.from_estimator(
        pipeline, texts, y, train_sizes=[20, 400], cv=3, shuffle=True, random_state=0
    )
    assert display.ax_.get_ylabel() == "Score"
    few, many = display.test_scores.mean(axis=1)
    assert few + 0.1 < many


# -- weights by metadata routing --------------------------------------------------------------


@pytest.fixture
def weighted(pipeline, reviews):
    """A pipeline that asks for weights, and rows of which half are mislabelled and weigh little."""
    texts, y = reviews
    weight = np.where(np.arange(600) % 2, 1.0, 1e-3)
    with config_context(enable_metadata_routing=True):
        pipeline[-1].set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        yield pipeline, texts, np.where(weight == 1, y, 1 - y), weight


@pytest.fixture
def weighted_accuracy():
    # Not the score of the pipeline, through which scikit-learn 1.6 routes no weights.
    with config_context(enable_metadata_routing=True):
        return get_scorer("accuracy").set_score_request(sample_weight=True)


def refit(pipeline, texts, y, weight, rows):
    """Fit on these rows without any routing."""
    with config_context(enable_metadata_routing=False):
        texts = [texts[row] for row in rows]
        step = pipeline.steps[-1][0]
        return clone(pipeline).fit(texts, y[rows], **{f"{step}__sample_weight": weight[rows]})


def test_weights_are_routed_through_a_pipeline(weighted):
    pipeline, texts, y, weight = weighted
    pipeline.fit(texts, y, sample_weight=weight)
    assert_same_weights(pipeline, refit(pipeline, texts, y, weight, range(600)))
    assert pipeline.score(texts, y, sample_weight=weight) > 0.8 > pipeline.score(texts, y)


def test_weights_are_routed_through_cross_validation(weighted, weighted_accuracy):
    pipeline, texts, y, weight = weighted
    folds = StratifiedKFold(3)
    done = cross_validate(
        pipeline,
        texts,
        y,
        cv=folds,
        scoring=weighted_accuracy,
        params={"sample_weight": weight},
        return_estimator=True,
    )
    train, test = next(folds.split(texts, y))
    expected = refit(pipeline, texts, y, weight, train)
    assert_same_weights(done["estimator"][0], expected)
    right = expected.predict([texts[row] for row in test]) == y[test]
    assert_allclose(done["test_score"][0], np.average(right, weights=weight[test]))


def test_weights_are_routed_through_grid_search(weighted, weighted_accuracy):
    pipeline, texts, y, weight = weighted
    search = GridSearchCV(
        pipeline,
        {"embeddingaverageclassifier__class_weight": [None, "balanced", {0: 1000, 1: 0.001}]},
        cv=2,
        scoring=weighted_accuracy,
    ).fit(texts, y, sample_weight=weight)
    scores = search.cv_results_["mean_test_score"]
    assert scores[:2].min() > 0.6 > scores[2] + 0.05
    expected = refit(search.best_estimator_, texts, y, weight, range(600))
    assert_same_weights(search.best_estimator_, expected)


def test_class_weights_move_the_predictions(pipeline, labelled):
    texts, y, labels = labelled
    shares = []
    for factor in (1e-3, 1, 1e3):
        weights = {label: factor if label == labels[0] else 1 for label in labels.tolist()}
        pipeline.set_params(embeddingaverageclassifier__class_weight=weights).fit(texts, y)
        shares.append(np.mean(pipeline.predict(texts) == labels[0]))
    assert shares[0] < 0.05 < shares[1] < 0.95 < shares[2]
    assert cross_val_score(pipeline, texts, y, cv=2).mean() < 0.6


def test_a_candidate_that_raises_is_reported_with_its_parameters(pipeline, reviews):
    grid = {"embeddingaverageclassifier__learning_rate": [0.01, 1e30]}
    search = GridSearchCV(pipeline, grid, cv=2)
    with (
        pytest.warns(FitFailedWarning, match=r"(?s)Raised while Embedding\w+\(.*=1e\+30"),
        pytest.warns(UserWarning, match="One or more of the test scores are non-finite"),
    ):
        search.fit(*reviews)
    with pytest.raises(ValueError, match=r"(?s)Raised while Embedding\w+\(.*=1e\+30"):
        search.set_params(error_score="raise").fit(*reviews)
