"""What documents' classes say for a term, a word or an n-gram: log-count ratios."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_imdb._sequences import ROWS_AT_ONCE, words_of


def log_count_ratios(holders: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return each term's log-count ratio from the documents of each class that hold it.

    The ratio of Wang & Manning, "Baselines and Bigrams" (ACL 2012): the logarithm of the term's
    share of the second class's counts over its share of the first's, counts raised by 1. With more
    than two classes, the largest absolute ratio of one class to all others, which is not negative.
    A term that no document holds tells nothing and has the ratio 0, as have all of a single class.

    Parameters
    ----------
    holders : ndarray of shape (n_terms, n_classes)
        Number, or weight, of the documents.

    Returns
    -------
    ratios : ndarray of shape (n_terms,), dtype float64
    """
    n_terms, n_classes = holders.shape
    if n_classes < 2 or not n_terms:
        return np.zeros(n_terms)
    total = holders.sum(axis=1, keepdims=True)
    if n_classes == 2:
        negative, positive = _log_shares(holders).T
        ratios = positive - negative
    else:
        ratios = np.abs(_log_shares(holders) - _log_shares(total - holders)).max(axis=1)
    return np.where(total[:, 0] > 0, ratios, 0)


def _log_shares(holders: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.log(holders + 1) - np.log((holders + 1).sum(axis=0))


def holders_by_class(
    X: npt.NDArray[np.integer],
    y: npt.NDArray[np.intp],
    sample_weight: npt.NDArray[np.floating] | None,
    shape: tuple[int, int],
) -> npt.NDArray[np.float64]:
    """Return the weight of each class's sequences that hold each word index.

    Parameters
    ----------
    X : ndarray of shape (n_samples, maxlen)
        Word indices.
    y : ndarray of shape (n_samples,)
        Class numbers.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights of the sequences; None weighs each 1.
    shape : tuple of int
        Number of word indices and of classes.

    Returns
    -------
    holders : ndarray of shape (input_dim, n_classes), dtype float64
    """
    input_dim, n_classes = shape
    holders = np.zeros(input_dim * n_classes)
    for start in range(0, len(X), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        places, words = words_of(X[block])
        rows = places // X.shape[1]
        weights = None if sample_weight is None else sample_weight[block][rows]
        holders += np.bincount(words * np.int64(n_classes) + y[block][rows], weights, len(holders))
    return holders.reshape(shape)
