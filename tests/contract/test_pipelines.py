"""Both estimators in pipelines, on raw texts."""

import warnings

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer, make_text_classifier
from sklearn_imdb.datasets import make_reviews


@pytest.fixture
def pipeline():
    return make_text_classifier("tutorial", random_state=0).set_params(
        vectorizer__maxlen=80, classifier__batch_size=32, classifier__learning_rate=0.01
    )


def test_the_preset_is_a_plain_pipeline_of_the_two_estimators():
    pipeline = make_text_classifier("tutorial", random_state=5, verbose=2)
    assert type(pipeline) is Pipeline
    assert list(pipeline.named_steps) == ["vectorizer", "classifier"]
    assert isinstance(pipeline["vectorizer"], SequenceVectorizer)
    assert isinstance(pipeline["classifier"], EmbeddingAverageClassifier)
    assert pipeline["classifier"].early_stopping
    assert pipeline["classifier"].random_state == 5
    assert pipeline["classifier"].verbose == 2
    assert is_classifier(pipeline)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_ngram_preset_is_no_worse_than_tfidf(n_classes):
    texts, y = make_reviews(2_500, n_classes=n_classes, mean_length=60, random_state=0)
    accuracies = [
        candidate.fit(texts[:1_500], y[:1_500]).score(texts[1_500:], y[1_500:])
        for candidate in (
            make_text_classifier("ngram", random_state=0),
            make_pipeline(TfidfVectorizer(), LogisticRegression()),
        )
    ]
    assert accuracies[0] >= accuracies[1]


def test_an_unknown_preset_is_named():
    with pytest.raises(ValueError, match="preset must be 'tutorial' or 'ngram', got 'best'"):
        make_text_classifier("best")


def test_cross_validation_on_raw_texts(pipeline, reviews):
    texts, y = reviews
    done = cross_validate(pipeline, texts, y, cv=5, scoring=["accuracy", "roc_auc", "neg_log_loss"])
    assert done["test_accuracy"].mean() > 0.65
    assert done["test_roc_auc"].mean() > 0.75
    assert np.isfinite(done["test_neg_log_loss"]).all()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search_over_both_steps_and_the_winner_in_a_new_process(
    pipeline, reviews, tmp_path, n_jobs, run_python
):
    texts, y = reviews
    search = GridSearchCV(
        pipeline,
        {"vectorizer__maxlen": [5, 80], "classifier__patience": [1, 5]},
        cv=3,
        n_jobs=n_jobs,
    ).fit(texts, y)
    assert search.best_params_["vectorizer__maxlen"] == 80
    expected = search.predict_proba(texts[:20])
    joblib.dump(search.best_estimator_, tmp_path / "pipeline.joblib")
    joblib.dump(texts[:20], tmp_path / "texts.joblib")
    script = (
        "import sys, joblib, numpy as np\n"
        "pipeline = joblib.load(sys.argv[1] + '/pipeline.joblib')\n"
        "texts = joblib.load(sys.argv[1] + '/texts.joblib')\n"
        "np.save(sys.argv[1] + '/probabilities.npy', pipeline.predict_proba(texts))\n"
        "heavy = {'tensorflow', 'keras', 'scikeras', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    run_python(script, tmp_path)
    assert_allclose(np.load(tmp_path / "probabilities.npy"), expected, atol=1e-12)


@pytest.mark.parametrize("container", [list, lambda x: np.array(x, dtype=object), np.array])
def test_validation_texts_come_through_the_vectorizer(pipeline, reviews, container):
    texts, y = reviews
    with config_context(enable_metadata_routing=True):
        classifier = pipeline["classifier"].set_fit_request(X_val=True, y_val=True)
        routed = Pipeline(
            [("vectorizer", pipeline["vectorizer"]), ("classifier", classifier)],
            transform_input=["X_val"],
        )
        routed.fit(texts[:400], y[:400], X_val=container(texts[400:]), y_val=y[400:])
    X_val = routed["vectorizer"].transform(texts[400:])
    alone = EmbeddingAverageClassifier(**classifier.get_params()).fit(
        routed["vectorizer"].transform(texts[:400]), y[:400], X_val=X_val, y_val=y[400:]
    )
    assert routed["classifier"].history_ == alone.history_
    assert_array_equal(routed["classifier"].embedding_, alone.embedding_)


def test_raw_validation_texts_are_refused_with_the_remedy(pipeline, reviews):
    texts, y = reviews
    with pytest.raises(ValueError, match=r"X_val holds raw texts.*transform_input"):
        pipeline.fit(texts, y, classifier__X_val=texts[:9], classifier__y_val=y[:9])


# -- texts of any number ----------------------------------------------------------------------


def of_classes(sizes):
    """Return reviews of two classes or more, as many of each as asked for."""
    texts, y = make_reviews(
        len(sizes) * max(sizes), n_classes=len(sizes), mean_length=30, random_state=0
    )
    rows = np.concatenate([np.flatnonzero(y == label)[:size] for label, size in enumerate(sizes)])
    return [texts[row] for row in rows], y[rows]


@pytest.mark.parametrize(
    "sizes",
    [(3, 3), (9, 1), (95, 5), (1, 1), (2,) * 50, (20, 1, 1, 7)],
    ids=["six texts", "one row of a class", "95 %", "a text a class", "50 classes", "unequal"],
)
@pytest.mark.parametrize("preset", ["ngram", "tutorial"])
def test_few_texts_are_learned_without_a_complaint_that_is_not_deserved(sizes, preset):
    texts, y = of_classes(sizes)
    pipeline = make_text_classifier(preset, random_state=0)
    if preset == "ngram":
        pipeline.fit(texts, y)  # Warnings are errors.
        assert pipeline.score(texts, y) >= max(sizes) / sum(sizes)
        return
    pipeline.set_params(classifier__epochs=2)
    if max(sizes) < 10:
        with pytest.warns(UserWarning, match="holds out nothing"):
            pipeline.fit(texts, y)
    else:
        pipeline.fit(texts, y)
    assert set(pipeline.predict(texts)) <= set(range(len(sizes)))


@pytest.mark.parametrize("preset", ["ngram", "tutorial"])
def test_cross_validation_scores_a_class_of_one_row(preset):
    texts, y = of_classes((40, 40, 1))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        scores = cross_val_score(make_text_classifier(preset, random_state=0), texts, y, cv=3)
    assert np.isfinite(scores).all()


class OwnVectorizer(SequenceVectorizer):
    """A subclass that decides most parameters itself."""

    def __init__(self, maxlen=5):
        super().__init__(maxlen=maxlen)


class OwnClassifier(EmbeddingAverageClassifier):
    """Another."""

    def __init__(self, epochs=3):
        super().__init__(epochs=epochs, batch_size=4, learning_rate=0.1, random_state=0)


def test_subclasses_may_have_constructors_of_their_own():
    pipeline = make_pipeline(OwnVectorizer(), OwnClassifier())
    search = GridSearchCV(pipeline, {"ownclassifier__epochs": [1, 4]}, cv=2)
    search.fit(["a fine film", "a dull play"] * 20, [1, 0] * 20)
    assert search.predict(["fine", "dull"]).tolist() == [1, 0]
    best = search.best_estimator_[-1]
    assert best.get_params() == {"epochs": best.epochs}
    assert best.partial_fit([[1, 4, 5, 6, 0]], [1]).n_iter_ == 1


class AnyParameters(EmbeddingAverageClassifier):
    """A subclass that hands on what it is given."""

    def __init__(self, **parameters):
        super().__init__(**parameters)


def test_the_error_of_a_subclass_is_that_of_what_went_wrong():
    with pytest.raises(ValueError, match=r"y\[1\] = None"):
        AnyParameters().fit([[4], [5]], [0, None])
