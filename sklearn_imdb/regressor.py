"""The regressor: the network learns a distribution over bins of a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from sklearn_imdb._compat import Interval, StrOptions
from sklearn_imdb._targets import N_BINS, Targets, assign_bins, check_numbers, make_bins
from sklearn_imdb._training.network import probabilities
from sklearn_imdb._training.plan import MEASURED
from sklearn_imdb._warnings import warn_user
from sklearn_imdb.classifier import BaseEmbeddingAverage

__all__ = ["EmbeddingAverageRegressor"]


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddingAverageRegressor(RegressorMixin, BaseEmbeddingAverage):
    """Predict a number, such as a rating or a price, from sequences of word indices.

    The network is that of :class:`EmbeddingAverageClassifier`. Its classes are the different values
    of y, or quantile bins if y has more than `n_bins` values. So the network learns a distribution,
    and the prediction is the expected value. Put a :class:`SequenceVectorizer` in front for texts.

    Parameters
    ----------
    input_dim, embedding_dim, hidden_units, pooling, divider, initial_embedding, dropout, l2
        *Network.* As :class:`EmbeddingAverageClassifier` has them.
    backend, optimizer, learning_rate, learning_rate_schedule, label_smoothing, epochs, \
batch_size, shuffle
        *Training.* As :class:`EmbeddingAverageClassifier` has them. The loss is the cross-entropy
        of the bins.
    n_bins : int, default=8
        Maximum number of bins that y is divided into, at its quantiles; at least 2.
    early_stopping, validation_split, monitor, min_delta, patience, restore_best_weights
        *Stopping.* As :class:`EmbeddingAverageClassifier` has them; `monitor` is a loss or an
        accuracy of the bins.
    callbacks, warm_start, random_state, verbose
        *Other.* As :class:`EmbeddingAverageClassifier` has them. With `warm_start` the bins stay.

    Attributes
    ----------
    bin_values_ : ndarray of shape (n_bins,), dtype float64
        Mean of y in each bin.
    bin_edges_ : ndarray of shape (n_bins + 1,), dtype float64
        Where the bins begin and end, from the smallest y to the largest.
    n_features_in_ : int
        Length of the sequences.
    embedding_, coefs_, intercepts_, history_, n_iter_, best_epoch_, kept_epoch_, backend_, \
token_weights_, embedding_dim_, batch_size_, learning_rate_, model_
        As :class:`EmbeddingAverageClassifier` has them. `model_` gives the expected value, of shape
        (n_samples, 1); its layer "output" gives the probabilities of the bins.

    See Also
    --------
    make_text_regressor : A pipeline to try first.
    sklearn.linear_model.Ridge : Prefer it, after a tf-idf, if y has outliers.

    Examples
    --------
    >>> from sklearn_imdb import make_text_regressor
    >>> from sklearn_imdb.datasets import make_reviews
    >>> texts, stars = make_reviews(2000, n_classes=5, random_state=0)
    >>> pipeline = make_text_regressor(random_state=0).fit(texts[:1500], stars[:1500] / 2)
    >>> pipeline.score(texts[1500:], stars[1500:] / 2) > 0.4
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseEmbeddingAverage._parameter_constraints,
        "monitor": [StrOptions(set(MEASURED))],
        "n_bins": [Interval(Integral, 2, None, closed="left")],
    }

    n_bins: int = N_BINS

    _classes_name: ClassVar[str] = "bin_values_"

    def _find_targets(self, y: Any, name: str = "y", known: Targets | None = None) -> Targets:
        numbers = check_numbers(y, name)
        if known is None:
            if numbers.min() == numbers.max():
                warn_user(f"{name} is constant, {numbers[0]}: every prediction will be that.")
            targets, self.bin_edges_ = make_bins(numbers, self.n_bins)
            return targets
        return Targets(known.classes, assign_bins(numbers, self.bin_edges_), False)

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the expected value for each sequence.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices, as for `fit`. An index beyond the embedding table counts as the unknown
            word.

        Returns
        -------
        y : ndarray of shape (n_samples,), dtype float64
        """
        return probabilities(*self._predict_logits(X)) @ self.bin_values_

    def predict_quantiles(
        self, X: npt.ArrayLike, q: float | Sequence[float] = (0.05, 0.5, 0.95)
    ) -> npt.NDArray[np.float64]:
        """Return quantiles of each sequence's distribution, such as the ends of an interval.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices, as for `predict`.
        q : float or sequence of float, default=(0.05, 0.5, 0.95)
            Probabilities between 0 and 1.

        Returns
        -------
        quantiles : ndarray of shape (n_samples, n_quantiles), or (n_samples,) for one q, float64
            If each bin is a single value, the smallest value with a cumulative probability of at
            least q. Else y is taken to be uniform within each bin.

        Raises
        ------
        ValueError
            If q is not between 0 and 1.
        """
        wanted = np.asarray(q, dtype=np.float64)
        if not ((wanted >= 0) & (wanted <= 1)).all():
            raise ValueError(f"q must hold probabilities between 0 and 1, got {q!r}.")
        shares = probabilities(*self._predict_logits(X))
        reached = np.clip(np.cumsum(shares, axis=1), 0, 1)
        reached[:, -1] = 1
        # The bin of each quantile, shape (n_samples, n_quantiles).
        bins = (reached[:, np.newaxis] < np.atleast_1d(wanted)[:, np.newaxis] - 1e-12).sum(axis=2)
        values, edges = self.bin_values_, self.bin_edges_
        # Where each bin is one value, the edges lie in the middle between two.
        if np.array_equal(edges[1:-1], (values[1:] + values[:-1]) / 2):
            quantiles = values[bins]
        else:
            share = np.take_along_axis(shares, bins, axis=1)
            begin = np.take_along_axis(reached, bins, axis=1) - share
            inside = np.divide(wanted - begin, share, out=np.zeros_like(share), where=share > 0)
            quantiles = edges[bins] + np.clip(inside, 0, 1) * np.diff(edges)[bins]
        return quantiles if wanted.ndim else quantiles[:, 0]

    def score(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return R², the share of the variance of y that is predicted.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices, as for `predict`.
        y : array-like of shape (n_samples,)
            True numbers; a missing one raises a ValueError that names its row.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            At most 1; 0 is the score of predicting the mean of y.
        """
        return super().score(X, check_numbers(y), sample_weight)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # Pooling ignores positions, and scikit-learn's test data depend on them.
        tags.regressor_tags.poor_score = True
        return tags
