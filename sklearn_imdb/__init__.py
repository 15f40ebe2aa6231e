"""Text classification by averaged word embeddings, as scikit-learn estimators."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sklearn_imdb._version import __version__

if TYPE_CHECKING:
    from sklearn_imdb.classifier import EmbeddingAverageClassifier
    from sklearn_imdb.pipelines import make_text_classifier
    from sklearn_imdb.plotting import TrainingHistoryDisplay
    from sklearn_imdb.text import SequenceVectorizer

__all__ = [
    "EmbeddingAverageClassifier",
    "SequenceVectorizer",
    "TrainingHistoryDisplay",
    "__version__",
    "make_text_classifier",
]

_HOMES = {
    "EmbeddingAverageClassifier": "sklearn_imdb.classifier",
    "SequenceVectorizer": "sklearn_imdb.text",
    "TrainingHistoryDisplay": "sklearn_imdb.plotting",
    "make_text_classifier": "sklearn_imdb.pipelines",
}


# PEP 562: a name's module is imported when the name is first asked for.
def __getattr__(name: str) -> Any:
    if name in ("datasets", "inspection", "vectors"):
        return import_module(f"sklearn_imdb.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
