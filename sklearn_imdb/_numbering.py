"""Which vocabulary numbered the words of some sequences.

The same index means another word in another vocabulary. An array of sequences therefore remembers
its numbering, as long as it is the array or a view of it.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

from sklearn_imdb._warnings import warn_user


class NumberedBytes(bytearray):
    """The memory of an array of sequences, with the numbering of their words."""

    numbering: str | None = None


def numbering(vocabulary: Mapping[str, int], index_from: int) -> str:
    """Return a text that is the same for the same vocabulary indices of the same terms."""
    digest = blake2b("\0".join(vocabulary).encode("utf-8", "surrogatepass"), digest_size=16)
    indices = np.fromiter(vocabulary.values(), np.int64, len(vocabulary)) + index_from
    digest.update(indices.tobytes())
    return digest.hexdigest()


def numbering_of(X: Any) -> str | None:
    """Return the numbering of the sequences in `X`; None where it is not known."""
    while isinstance(X, np.ndarray):
        X = X.base
    if isinstance(X, memoryview):
        X = X.obj
    return X.numbering if isinstance(X, NumberedBytes) else None


def refuse_other_numbering(X: Any, name: str, known: str | None) -> None:
    """Raise a ValueError where training would go on with words that are numbered otherwise."""
    if known is not None and numbering_of(X) not in (None, known):
        raise ValueError(
            f"{name} is numbered by another vocabulary than the network was trained with. Fit the "
            "vectorizer only once. In a Pipeline, use sklearn.frozen.FrozenEstimator(vectorizer). "
            "Or start the training again, with warm_start=False or with a clone."
        )


def warn_of_other_numbering(numbered_by: str | None, known: str | None) -> None:
    """Warn where a network is to read words that are numbered otherwise."""
    if known is not None and numbered_by not in (None, known):
        warn_user(
            "The words are numbered by another vocabulary than the classifier was trained with: "
            "predictions and explanations mean nothing. Fit the vectorizer and the classifier "
            "together."
        )
