"""What a fitted classifier does with its network: predictions, vectors, the model in Keras.

`classifier.py` has the parameters and the learning.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_imdb._checks import refuse_sparse, refuse_texts
from sklearn_imdb._numbering import warn_of_other_numbering
from sklearn_imdb._training.network import (
    Floats,
    Network,
    Weights,
    log_probabilities,
    most_probable,
    probabilities,
)
from sklearn_imdb._training.pooling import logits_of, vectors_of


class FittedNetworkMixin(ClassNamePrefixFeaturesOutMixin, ClassifierMixin, TransformerMixin):
    """The methods of a classifier that need what `fit` has learned."""

    classes_: npt.NDArray[Any]
    embedding_: Floats
    coefs_: Weights
    intercepts_: Weights
    history_: dict[str, list[float]]
    token_weights_: Floats | None
    backend_: str
    _numbering: str | None
    _have_labels: bool
    n_features_in_: int
    l2: float

    # -- predicting -------------------------------------------------------------------------

    def decision_function(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the logits, before sigmoid or softmax.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices. One beyond the embedding table counts as the unknown word, 2.

        Returns
        -------
        logits : ndarray of shape (n_samples,) or (n_samples, n_classes), dtype float64
            With two classes positive for `classes_[1]`; of several labels a column for each.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If `X` holds no word indices or has another length than in `fit`.
        """
        _, z = self._outputs(X)
        return z[:, 0] if z.shape[1] == 1 else z

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices; see `decision_function`, which says what is raised, too.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes), dtype float64
            In the order of `classes_`; those of several labels of a row do not add up to 1.
        """
        return probabilities(*self._outputs(X))

    def predict_log_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the logarithm of `predict_proba`, also where that is rounded to 0.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices; see `decision_function`, which says what is raised, too.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes), dtype float64
        """
        return log_probabilities(*self._outputs(X))

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the most probable label of each sequence.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices; see `decision_function`, which says what is raised, too.

        Returns
        -------
        labels : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Where a row may have several, 1 for those that are more probable than not.
        """
        predicted = most_probable(*self._outputs(X))
        return predicted if self._have_labels else self.classes_[predicted]

    def transform(self, X: npt.ArrayLike) -> Floats:
        """Return the pooled vector of each sequence: documents to compare, cluster or draw.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices; see `decision_function`, which says what is raised, too.

        Returns
        -------
        vectors : ndarray of shape (n_samples, embedding_dim), dtype float32
            What the layers behind the pooling are given; a table where `set_output` asks for one.
        """
        return vectors_of(self._checked_to_predict(X), self._fitted_network(), self.embedding_)

    def _weights(self) -> Weights:
        dense = zip(self.coefs_, self.intercepts_, strict=True)
        return [self.embedding_, *(array for layer in dense for array in layer)]

    def _outputs(self, X: Any) -> tuple[Network, npt.NDArray[np.float64]]:
        """Return the network, and its logits for these sequences."""
        X = self._checked_to_predict(X)
        network = self._fitted_network()
        return network, logits_of(X, network, self._weights())

    def _checked_to_predict(self, X: Any) -> Any:
        if not self.__sklearn_is_fitted__():  # scikit-learn's check takes its time for one text.
            check_is_fitted(self)
        # scikit-learn's check takes longer than a prediction, and has nothing to find here.
        is_checked = (
            type(X) is np.ndarray
            and X.dtype.kind in "iu"
            and X.ndim == 2
            and X.shape[1] == self.n_features_in_
            and not hasattr(self, "feature_names_in_")
        )
        warn_of_other_numbering(X, self._numbering)
        return X if is_checked else self._checked_X(X, reset=False)

    # -- the network in Keras ---------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # Not properties: scikit-learn's HTML representation reads every property, and TensorFlow
        # would be imported for a look at the estimator.
        if name not in ("model_", "keras_classifier_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        check_is_fitted(self)
        made = self.__dict__.setdefault("_in_keras", {})
        if name not in made:
            from sklearn_imdb._training.keras_backend import make_classifier, make_model

            network, maxlen = self._fitted_network(), self.n_features_in_
            if name == "model_":
                made[name] = make_model(network, self._weights(), maxlen)
            else:
                made[name] = make_classifier(self.model_, network, self.classes_, maxlen)
        return made[name]

    def __sklearn_is_fitted__(self) -> bool:
        # scikit-learn would go through all attributes, while a thread may be adding to them.
        return "embedding_" in self.__dict__

    def _fitted_network(self) -> Network:
        *hidden, output = self.coefs_
        input_dim, embedding_dim = self.embedding_.shape
        return Network(
            input_dim,
            embedding_dim,
            hidden_units=hidden[0].shape[1] if hidden else 0,
            n_outputs=output.shape[1],
            pooling=self._pooling,
            have_labels=self._have_labels,
            labels_apart=self.token_weights_ is not None and self.token_weights_.ndim == 2,
            divided=self._divided,
            l2=self.l2,
            token_weights=self.token_weights_,
        )

    def _checked_X(self, X: Any, *, reset: bool) -> Any:
        refuse_sparse(X, "X")
        refuse_texts(X, "X", "put a SequenceVectorizer in front, in a Pipeline.")
        return validate_data(self, X, dtype="numeric", reset=reset)
