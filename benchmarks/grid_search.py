"""A grid search of 8 candidates in 3 folds on 5,000 reviews, against the same through scikeras."""

import contest

options = contest.start(__doc__)

from scikeras.wrappers import KerasClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer

texts, y, _, _, source = contest.reviews(options)
X, y = SequenceVectorizer().fit_transform(texts[:5000]), y[:5000]
cv = StratifiedKFold(3)
EMBEDDING_DIM, HIDDEN_UNITS = [8, 16], [0, 8, 16, 32]


def here():
    """Search here."""
    classifier = EmbeddingAverageClassifier(
        input_dim=10_000, epochs=10, batch_size=128, random_state=0
    )
    grid = {"embedding_dim": EMBEDDING_DIM, "hidden_units": HIDDEN_UNITS}
    GridSearchCV(classifier, grid, cv=cv, refit=False).fit(X, y)


def in_scikeras():
    """Search through scikeras."""
    classifier = KerasClassifier(contest.tutorial_model, epochs=10, batch_size=128, verbose=0)
    grid = {"model__embedding_dim": EMBEDDING_DIM, "model__hidden_units": HIDDEN_UNITS}
    GridSearchCV(classifier, grid, cv=cv, refit=False, scoring="accuracy").fit(X, y)


contenders = {"sklearn_imdb": here, "scikeras": in_scikeras}
seconds = contest.interleaved(contenders, options.rounds)
contest.report(options, "grid search", {"grid search": seconds}, f"{source}, 10 epochs")
