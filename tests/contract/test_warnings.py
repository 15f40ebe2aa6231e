"""A warning points at the line of the user's that it is about, from however deep it comes."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_imdb import (
    EmbeddingAverageClassifier,
    EmbeddingAverageRegressor,
    SequenceVectorizer,
    make_text_classifier,
)
from sklearn_imdb.datasets import make_reviews
from sklearn_imdb.streaming import fit_stream

TEXTS, Y = make_reviews(200, mean_length=15, random_state=0)
X = SequenceVectorizer(maxlen=9).fit_transform(TEXTS)
ONE_HOT = np.eye(2)[Y]


def quick(**parameters):
    return EmbeddingAverageClassifier(**{"epochs": 1, "random_state": 0, **parameters})


def in_a_pipeline():
    make_pipeline(SequenceVectorizer(maxlen=9), quick()).fit(TEXTS, ONE_HOT)


def in_a_stream():
    fit_stream(make_text_classifier(random_state=0), [(TEXTS, ONE_HOT)])


WARNING = {
    "validation_split": (
        lambda: quick(validation_split=0.2).fit(X, Y),
        "holds out nothing with early_stopping=False",
    ),
    "nothing held out": (
        lambda: quick(early_stopping=True).fit(X[:4], [0, 1, 0, 1]),
        "holds out nothing: validation_split",
    ),
    "unconverged": (lambda: quick(epochs=12).fit(X, Y), "has not converged"),
    "one-hot": (lambda: quick().fit(X, ONE_HOT), "one of the 2 labels"),
    "one-hot in a chunk": (
        lambda: quick().partial_fit(X, ONE_HOT, classes=[0, 1]),
        "one of the 2 labels",
    ),
    "one-hot in a pipeline": (in_a_pipeline, "one of the 2 labels"),
    "one-hot in a stream": (in_a_stream, "one of the 2 labels"),
    "one column": (lambda: quick().fit(X, Y[:, None]), r"A column-vector y .*Pass y\.ravel\(\)"),
    "as many rows": (lambda: quick().fit(X, Y, X_val=X, y_val=Y), "as many rows as X"),
    "regression": (lambda: quick(loss="mse").fit(X, np.arange(200) % 6), "makes no regression"),
    "constant": (lambda: EmbeddingAverageRegressor(epochs=1).fit(X, np.ones(200)), "y is constant"),
    "paths": (lambda: SequenceVectorizer().fit(["a.txt", "b.txt"]), "names of files"),
    "capitals": (lambda: SequenceVectorizer(vocabulary=["Film"]).fit(TEXTS), "words with capitals"),
}
NEED_KERAS = {"regression"}


@pytest.mark.parametrize("name", sorted(WARNING.keys() - NEED_KERAS))
def test_a_warning_points_at_the_users_line(name):
    warn, message = WARNING[name]
    with pytest.warns(UserWarning, match=message) as warned:
        warn()
    assert {one.filename for one in warned} == {__file__}


@pytest.mark.usefixtures("keras")
def test_a_warning_of_a_fit_by_keras_points_at_the_users_line():
    warn, message = WARNING["regression"]
    with pytest.warns(UserWarning, match=message) as warned:
        warn()
    assert warned[0].filename == __file__
