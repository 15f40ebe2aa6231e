"""How much a term tells of the classes: the vectorizer ranks by it, the network weighs by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def log_count_ratios(document_frequency: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return each term's log-count ratio from its document frequency in each class.

    The ratio of Wang & Manning, "Baselines and Bigrams" (ACL 2012): the logarithm of the term's
    share of the second class's counts over its share of the first's, with every count raised by 1.
    With more than two classes it is the largest absolute ratio of one class to all others, which
    is not negative. A term that is in no document has the ratio 0, and so has every term where
    there is a single class.

    Parameters
    ----------
    document_frequency : ndarray of shape (n_terms, n_classes)
        Number, or weight, of each class's documents that contain the term.

    Returns
    -------
    ratios : ndarray of shape (n_terms,), dtype float64
    """
    n_terms, n_classes = document_frequency.shape
    if n_classes < 2 or not n_terms:
        return np.zeros(n_terms)
    total = document_frequency.sum(axis=1, keepdims=True)
    if n_classes == 2:
        negative, positive = _log_shares(document_frequency).T
        ratios = positive - negative
    else:
        of_others = _log_shares(total - document_frequency)
        ratios = np.abs(_log_shares(document_frequency) - of_others).max(axis=1)
    return np.where(total[:, 0] > 0, ratios, 0)


def _log_shares(document_frequency: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.log(document_frequency + 1) - np.log((document_frequency + 1).sum(axis=0))
