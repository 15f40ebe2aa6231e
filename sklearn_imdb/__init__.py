"""Text classification by averaged word embeddings, as scikit-learn estimators."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sklearn_imdb._version import __version__

if TYPE_CHECKING:
    from sklearn_imdb import classifier as classifier
    from sklearn_imdb import datasets as datasets
    from sklearn_imdb import exporting as exporting
    from sklearn_imdb import inspection as inspection
    from sklearn_imdb import pipelines as pipelines
    from sklearn_imdb import plotting as plotting
    from sklearn_imdb import regressor as regressor
    from sklearn_imdb import streaming as streaming
    from sklearn_imdb import text as text
    from sklearn_imdb import vectors as vectors
    from sklearn_imdb.classifier import EmbeddingAverageClassifier
    from sklearn_imdb.pipelines import make_text_classifier, make_text_regressor
    from sklearn_imdb.plotting import TrainingHistoryDisplay
    from sklearn_imdb.regressor import EmbeddingAverageRegressor
    from sklearn_imdb.text import SequenceVectorizer

__all__ = [
    "SKOPS_TRUSTED_TYPES",
    "EmbeddingAverageClassifier",
    "EmbeddingAverageRegressor",
    "SequenceVectorizer",
    "TrainingHistoryDisplay",
    "__version__",
    "make_text_classifier",
    "make_text_regressor",
]

SKOPS_TRUSTED_TYPES = [
    "sklearn_imdb.classifier.EmbeddingAverageClassifier",
    "sklearn_imdb.regressor.EmbeddingAverageRegressor",
    "sklearn_imdb.text.SequenceVectorizer",
]
"""The types that skops asks to be trusted before it loads a fitted pipeline: its `trusted`, and
MLflow's `skops_trusted_types`."""

_NAMES_OF = {
    "classifier": ["EmbeddingAverageClassifier"],
    "pipelines": ["make_text_classifier", "make_text_regressor"],
    "plotting": ["TrainingHistoryDisplay"],
    "regressor": ["EmbeddingAverageRegressor"],
    "text": ["SequenceVectorizer"],
}
_MODULES = [*_NAMES_OF, "datasets", "exporting", "inspection", "streaming", "vectors"]


if not TYPE_CHECKING:  # A type checker then finds a misspelt name.
    # PEP 562: a module is imported when it, or a name of it, is first asked for.
    def __getattr__(name):
        for module in _MODULES:
            if name == module or name in _NAMES_OF.get(module, ()):
                found = import_module(f"{__name__}.{module}")
                return found if name == module else getattr(found, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *_MODULES]
