"""The estimator: scikit-learn's contract around the embedding-average network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    is_classifier,
)
from sklearn.utils import Tags, check_array, check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_imdb._base import LearningMixin, learning_method
from sklearn_imdb._checks import refuse_texts
from sklearn_imdb._compat import HasMethods, Interval, StrOptions
from sklearn_imdb._convention import N_RESERVED
from sklearn_imdb._numbering import numbering_of, refuse_other_numbering, warn_of_other_numbering
from sklearn_imdb._targets import Targets, check_classes, check_labels, check_targets
from sklearn_imdb._training.fitting import PartialFitState, fit_chunk, fit_network
from sklearn_imdb._training.network import Network, Weights, classify, pool, predict, probabilities
from sklearn_imdb._training.plan import check_partial_fit
from sklearn_imdb._training.rows import VALIDATION_SPLIT, ClassWeight, Rows, check_pair, check_rows
from sklearn_imdb._training.sequences import Floats, check_sequences
from sklearn_imdb._warnings import warn_user

__all__ = ["EmbeddingAverageClassifier"]


@dataclass(kw_only=True, eq=False, repr=False)
class BaseEmbeddingAverage(
    LearningMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """What classifier and regressor have in common: a network over classes, or over bins."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "input_dim": [Interval(Integral, N_RESERVED, None, closed="left"), None],
        "embedding_dim": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "hidden_units": [Interval(Integral, 0, None, closed="left")],
        "pooling": [StrOptions({"mean", "masked_mean", "evidence"})],
        "divider": [Interval(Integral, 1, None, closed="left"), None],
        "initial_embedding": ["array-like", None],
        "dropout": [Interval(Real, 0.0, 1.0, closed="left")],
        "l2": [Interval(Real, 0.0, None, closed="left")],
        "backend": [StrOptions({"auto", "scipy", "keras"})],
        "optimizer": [str, Mapping, HasMethods(["apply", "get_config"])],
        "learning_rate": [
            Interval(Real, 0.0, None, closed="neither"),
            HasMethods("get_config"),
            StrOptions({"auto"}),
        ],
        "learning_rate_schedule": [StrOptions({"constant", "cosine"})],
        "label_smoothing": [Interval(Real, 0.0, 1.0, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_split": [Interval(Real, 0.0, 1.0, closed="neither")],
        "monitor": [str],
        "min_delta": [Interval(Real, 0.0, None, closed="left")],
        "patience": [Interval(Integral, 0, None, closed="left")],
        "restore_best_weights": ["boolean"],
        "callbacks": [list, tuple, HasMethods("on_epoch_end"), None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": [Interval(Integral, 0, 2, closed="both")],
    }

    input_dim: int | None = None
    embedding_dim: int | str = 16
    hidden_units: int = 16
    pooling: str = "mean"
    divider: int | None = None
    initial_embedding: npt.ArrayLike | None = None
    dropout: float = 0.0
    l2: float = 0.0
    backend: str = "auto"
    optimizer: Any = "adam"
    learning_rate: Any = 0.001
    learning_rate_schedule: str = "constant"
    label_smoothing: float = 0.0
    epochs: int = 40
    batch_size: int | str = 512
    shuffle: bool = True
    early_stopping: bool = False
    validation_split: float = VALIDATION_SPLIT
    monitor: str = "val_loss"
    min_delta: float = 0.0
    patience: int = 2
    restore_best_weights: bool = True
    callbacks: Any = None
    warm_start: bool = False
    random_state: int | np.random.RandomState | None = None
    verbose: int = 0

    _classes_name: ClassVar[str] = "classes_"
    """The fitted attribute that holds the classes of the targets."""

    # LearningMixin adds the first to the error of a failed fit, and the second to that of an
    # unknown argument of `fit`.
    _note_if_unchanged = (
        "The estimator is unchanged. In a Pipeline, the vectorizer may now number words "
        "differently: fit the Pipeline again before you predict."
    )
    _elsewhere = {"validation_data": ": pass X_val and y_val."}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, as in every estimator of scikit-learn.

        Raises
        ------
        ValueError
            If there is no such parameter, or a name addresses a part of an optimizer or of a loss.
        """
        for name in params:
            owner, _, part = name.partition("__")
            if part and owner in self.get_params(deep=False):
                remedy = f"{part} is a parameter of its own, as in set_params({part}=...)"
                if part not in self.get_params(deep=False):
                    remedy = f"give {owner} as an instance, or as Keras's config, with {part} in it"
                raise ValueError(f"{name!r} is no parameter of {type(self).__name__}: {remedy}.")
        return super().set_params(**params)

    # -- learning ---------------------------------------------------------------------------

    def _find_targets(self, y: Any, name: str = "y", known: Targets | None = None) -> Targets:
        """Return the targets that the network learns; `known` are those of before."""
        return check_targets(y, name, known=known)

    @learning_method
    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        X_val: npt.ArrayLike | None = None,
        y_val: npt.ArrayLike | None = None,
        sample_weight_val: npt.ArrayLike | None = None,
    ) -> Self:
        """Train the network. A fit that fails or is interrupted changes nothing.

        A failed fit only advances a `RandomState` that was given as `random_state`.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices: whole numbers, not negative.
        y : array-like of shape (n_samples,), or array-like or sparse (n_samples, n_labels)
            For the classifier, labels: numbers, strings or booleans; or, with several labels per
            row, a column of 0 and 1 for each label. For the regressor, finite numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. The training loss is the weighted mean over the rows. Rows of
            weight 0 are left out. `pooling="evidence"` counts a row of weight 2 twice.
        X_val : array-like of shape (n_val, maxlen), default=None
            Rows to validate on after every epoch. In a `Pipeline(..., transform_input=["X_val"])`,
            pass texts: the vectorizer transforms them.
        y_val : array-like of shape (n_val,), default=None
            Labels or numbers of the rows of `X_val`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of the rows of `X_val` in `val_loss`.

        Returns
        -------
        self : EmbeddingAverageClassifier or EmbeddingAverageRegressor

        Raises
        ------
        ValueError
            If a parameter, an index, a label, a number or a length is wrong, or the loss ceases to
            be finite.

        Warns
        -----
        ConvergenceWarning
            If `epochs` ended a training that had learned little and was still learning.
        UserWarning
            If `early_stopping` has no rows to hold out, if a regressor's `y` is constant, or if
            `X_val` has as many rows as `X`: cross-validation would cut both into folds.
        """
        self._validate_params()
        known, before = self._find_trained() if self.warm_start else (None, None)
        targets = self._find_targets(y, known=known)
        if known is not None:
            refuse_other_numbering(X, "X", self._numbering)
        X_checked = self._check_X(X, reset=known is None)
        needs_two = known is None and is_classifier(self)
        training = check_rows(X_checked, targets, sample_weight, needs_two=needs_two)
        self._note_rows(X, training, known)
        validation = None
        if X_val is not None or y_val is not None or sample_weight_val is not None:
            validation = self._check_validation(X_val, y_val, sample_weight_val, targets)
        rng = check_random_state(self.random_state)
        with self._fit_task("fit", X, y, sample_weight, epochs=self.epochs) as task:
            self.__dict__.update(fit_network(vars(self), training, validation, rng, task, before))
        return self

    def _check_validation(self, X_val: Any, y_val: Any, weights: Any, training: Targets) -> Rows:
        """Return the validation rows; `training` are the targets of all training rows."""
        check_pair(X_val, y_val)
        refuse_other_numbering(X_val, "X_val", self._numbering)
        remedy = "transform them, or let Pipeline(..., transform_input=['X_val']) do it."
        refuse_texts(X_val, "X_val", remedy)
        X_checked = check_array(X_val, dtype="numeric", input_name="X_val")
        targets = self._find_targets(y_val, "y_val", training)
        if X_checked.shape[1] != self.n_features_in_:
            found = f"X_val has {X_checked.shape[1]} columns, but X has {self.n_features_in_}"
            raise ValueError(f"{found}: transform both with the same SequenceVectorizer.")
        if len(targets) != len(X_checked):
            raise ValueError(
                f"X_val has {len(X_checked)} rows, but y_val has {len(targets)} labels: they must "
                "have the same length."
            )
        try:  # Whether the columns have the names of those of X, in their order.
            validate_data(self, X_val, reset=False, skip_check_array=True)
        except ValueError as error:
            raise ValueError(f"X_val: {error}") from error
        if len(targets) == len(training):
            warn_user(
                f"X_val has as many rows as X, {len(training)}. If this is part of a "
                "cross-validation or a search, X_val was cut to the rows of each fold: pass an "
                "X_val of another length, or set early_stopping=True and pass no X_val. If not, "
                "ignore this warning."
            )
        return check_rows(X_checked, targets, weights, "_val")

    def _find_trained(self) -> tuple[Targets | None, tuple[Network, Weights] | None]:
        """Return Targets with the learned classes and no rows, and the network.

        Both are None before `fit`.
        """
        if not self.__sklearn_is_fitted__():
            return None, None
        classes = getattr(self, self._classes_name)
        shape = (0, len(classes)) if self._network.several else 0
        targets = Targets(classes, np.zeros(shape, np.intp), self._network.several)
        return targets, trained_network(self)

    def _note_rows(self, X: Any, training: Rows, known: Targets | None) -> None:
        """Set the classes, check the sequences, and note what numbered their words.

        What belongs to the old weights goes: the model in Keras and the state of `partial_fit`.
        """
        for name in ("_in_keras", "_partial_fit_state"):
            self.__dict__.pop(name, None)
        setattr(self, self._classes_name, training.targets.classes)
        check_sequences(training.X, self.__dict__.get("feature_names_in_"), self.divider)
        if known is None:
            training.targets.warn_if_one_hot()
            self._numbering = numbering_of(X)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()  # LearningMixin returns a copy.
        state.pop("_in_keras", None)
        # As plain types, which skops trusts.
        if "_network" in state:
            state["_network"] = state["_network"].state
        if "_partial_fit_state" in state:
            state["_partial_fit_state"] = vars(state["_partial_fit_state"])
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        super().__setstate__(state)
        if "_network" in state:
            self._network = Network.from_state(state["_network"], self.token_weights_)
        if "_partial_fit_state" in state:
            self._partial_fit_state = PartialFitState(**state["_partial_fit_state"])

    # -- applying ---------------------------------------------------------------------------

    def transform(self, X: npt.ArrayLike) -> Floats:
        """Return the pooled vector of each sequence: for another classifier, or to draw a map.

        The vectors are learned from the labels, so texts of a class lie together, often at cosine
        distances of only hundredths or thousandths. A distance says how much the classes of two
        texts differ. It says little about how alike two texts of one class are.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices; whole numbers, not negative. An index beyond the embedding table counts as
            the unknown word, 2.

        Returns
        -------
        vectors : ndarray of shape (n_samples, embedding_dim), dtype float32
            The input of the layers after the pooling; a table if `set_output` asks for one.
        """
        return pool(self._network, self._check_X_to_predict(X), self.embedding_)

    def _predict_logits(self, X: Any) -> tuple[Network, npt.NDArray[np.float64]]:
        """Return the network, and its logits for these sequences."""
        X = self._check_X_to_predict(X)
        network, weights = trained_network(self)
        return network, predict(network, X, weights)

    def _check_X_to_predict(self, X: Any) -> Any:
        if not self.__sklearn_is_fitted__():  # scikit-learn's check is slow for a single text.
            check_is_fitted(self)
        warn_of_other_numbering(numbering_of(X), self._numbering)
        # Of such an array scikit-learn's check would only refuse that it has no rows, and the check
        # takes longer than the prediction of a text. So an array without rows passes.
        is_checked = (
            type(X) is np.ndarray
            and X.dtype.kind in "iu"
            and X.shape[1:] == (self.n_features_in_,)
            and not hasattr(self, "feature_names_in_")
        )
        return X if is_checked else self._check_X(X, reset=False)

    # -- the network in Keras ---------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # Not properties: scikit-learn's HTML representation reads every property, and TensorFlow
        # would be imported for a look at the estimator.
        if name not in ("model_", "keras_classifier_"):
            # Python calls this after a look-up that failed. Look again, to raise that error: of
            # `partial_fit` it has the cause.
            return self.__getattribute__(name)
        check_is_fitted(self)
        embedding, made = self.__dict__.get("_in_keras", (None, {}))
        if embedding is not self.embedding_:  # Built by another thread during the last fit.
            made = {}
            self._in_keras = self.embedding_, made
        if name in made:
            return made[name]
        from sklearn_imdb._training import keras_backend

        (network, weights), maxlen = trained_network(self), self.n_features_in_
        if name == "keras_classifier_":
            made[name] = keras_backend.make_classifier(self.model_, network, self.classes_, maxlen)
        else:
            made[name] = keras_backend.make_model(network, weights, maxlen)
            if "bin_values_" in self.__dict__:
                made[name] = keras_backend.add_expected_value(made[name], self.bin_values_)
        return made[name]

    def __sklearn_is_fitted__(self) -> bool:
        # scikit-learn would go through all attributes, while a thread may be adding to them.
        return "embedding_" in self.__dict__

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        if issparse(X):
            raise TypeError("X is a sparse matrix: put a SequenceVectorizer in front instead.")
        refuse_texts(X, "X", "put a SequenceVectorizer in front, in a Pipeline.")
        try:
            return validate_data(self, X, dtype="numeric", reset=reset)
        except ValueError as error:
            n_columns = getattr(X, "shape", ())[1:]
            if not reset and n_columns and n_columns != (self.n_features_in_,):
                error.add_note(
                    "In a Pipeline, a fit that failed may have fitted only the vectorizer: fit the "
                    "Pipeline again."
                )
            raise

    # -- the scikit-learn contract ----------------------------------------------------------

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # Word indices: categories, numbered from 0.
        tags.input_tags.categorical = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = []
        return tags


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddingAverageClassifier(ClassifierMixin, BaseEmbeddingAverage):
    """Classify sequences of word indices by their average word embedding.

    The network is that of Keras's text classification tutorial. It embeds each word, averages over
    the sequence, and has a dense relu layer. The last layer is a sigmoid unit for two classes, and
    a softmax for more classes. With several labels per text, each label has a sigmoid unit.
    `transform` returns the averages.
    Put a :class:`SequenceVectorizer` in front for texts.

    Parameters
    ----------
    input_dim : int, default=None
        *Network.* Rows of the embedding table: one more than the largest word index, at least 3.
        If None, it is taken from `initial_embedding` or the `X` of `fit`.
    embedding_dim : int or "auto", default=16
        Length of a word's embedding. "auto" is the length in `initial_embedding`, or three times
        the number of classes, but at least 16 and at most 100.
    hidden_units : int, default=16
        Units of the relu layer. With 0 there is no relu layer, and the network is linear.
    pooling : {"mean", "masked_mean", "evidence"}, default="mean"
        How a sequence becomes one vector. "mean" averages the embeddings of all places, padding
        included, as the tutorial does. "masked_mean" averages over the words, as Keras's
        `mask_zero` does; a row of padding alone averages to zero. "evidence" adds the embeddings of
        the different words, each weighted by its class evidence, which `fit` learns; see Notes. Put
        a vectorizer with `ngram_range` and `oov_char=None` in front.
    divider : int, default=None
        The word index between the words and the subwords of a row, 3 for a
        :class:`SequenceVectorizer` with `subword_range`. It is for "evidence", which then scales
        words and subwords separately. All training rows hold the divider once, or no row does.
    initial_embedding : array-like of shape (input_dim, embedding_dim), default=None
        Embeddings to start from, as :func:`sklearn_imdb.vectors.initial_embedding` makes them from
        word vectors. If None, the embeddings are drawn at random.
    dropout : float, default=0.0
        Share of units dropped in training, in the pooled vector and in the hidden layer.
    l2 : float, default=0.0
        Factor of the L2 penalty on the kernels of the dense layers.
    backend : {"auto", "scipy", "keras"}, default="auto"
        *Training.* What trains the network. "scipy" is fast and needs no TensorFlow; it has the
        optimizers "adam" and "adagrad", and the cross-entropies. "keras" trains a
        `keras.Sequential` through scikeras's `KerasClassifier`. "auto" takes "scipy" unless
        something else needs Keras.
    optimizer : str, class, dict or keras.Optimizer, default="adam"
        By name, as a class, as Keras's config, or an instance, which is copied. The name "adagrad"
        is Keras's Adagrad with accumulators that start at 0; those of a class or an instance start
        at 0.1, as in Keras. With "evidence", prefer "adagrad": it learns as much in half the
        epochs. A step of "adagrad" moves only the embeddings of the batch's words; a step of "adam"
        moves all embeddings.
    learning_rate : float, "auto" or a schedule of Keras's, default=0.001
        Step size of an optimizer given by name or class. "auto" is for the optimizers "adam" and
        "adagrad". It is 0.03 for "adam" and 0.24 for "adagrad", times log2(number of classes),
        divided by S. S is the sum of a row's weights in the pooling, averaged over the training
        rows. A step then moves the vectors of long and of short texts equally far. With several
        labels per row, 2 * log2(2 * number of labels) takes the place of the logarithm, or
        sqrt(number of labels) if each label has its own word weights. `partial_fit` keeps the rate
        of the first chunk.
    learning_rate_schedule : {"constant", "cosine"}, default="constant"
        With "cosine", the rate of a step falls from `learning_rate` to 2 % of it over the steps of
        all `epochs`, even if early stopping ends sooner. `partial_fit` refuses "cosine", because
        the number of steps is not known.
    loss : str, dict, keras.losses.Loss or callable, default="auto"
        "auto" is "binary_crossentropy" for two classes, "sparse_categorical_crossentropy" for more
        classes, and the mean of "binary_crossentropy" over the labels for several labels per row.
        With more than two classes, any other loss receives one-hot labels. Sample weights are
        scaled to a mean of 1. "mean_squared_error" compares probabilities, and makes no regression.
    label_smoothing : float, default=0.0
        Share of each label that is spread evenly over all classes, in the cross-entropies.
    epochs : int, default=40
        Passes over the training rows; with `early_stopping`, the maximum.
    batch_size : int or "auto", default=512
        Rows in a step of the optimizer. "auto" is a 125th of the training rows (with several labels
        per row, a 200th), but at least 2 and at most 128. An epoch then has some 125 steps or
        more, if there are 250 rows or more.
    shuffle : bool, default=True
        Take the rows in a new order each epoch.
    class_weight : dict, "balanced" or list of dict, default=None
        Weights of the classes in the training loss, by label; "balanced" weighs them inversely to
        their frequency. Only the ratios of weights count in the loss. For several labels per row,
        a list of dict, as :func:`~sklearn.utils.class_weight.compute_sample_weight` takes it.
    early_stopping : bool, default=False
        *Stopping.* Stop when `monitor` has not become better for `patience` epochs. It is measured
        on `X_val, y_val` if `fit` is given them. Else it is measured on a part of the training rows
        that is held out. The part is stratified, unless a row may have several labels. A class with
        too few rows to be split stays in the training rows.
    validation_split : float, default=0.1
        Share of the rows that `early_stopping` holds out.
    monitor : str, default="val_loss"
        What is watched: "val_loss", "val_accuracy", "loss", "accuracy"; or `"val_"` and the name of
        a scorer of scikit-learn, such as "val_f1_macro" or "val_average_precision", which is then
        in `history_`. With several labels per row, the accuracy is the share of labels that are
        right.
    min_delta : float, default=0.0
        A value counts as better if it improves on the best one by more than this.
    patience : int, default=2
        Epochs without a better value after which training stops.
    restore_best_weights : bool, default=True
        With `early_stopping`, keep the weights of the best epoch, even if all `epochs` are trained.
    callbacks : list of keras.callbacks.Callback, default=None
        *Other.* Keras's callbacks, which are copied for the fit; they need Keras. scikit-learn's
        callbacks, such as `sklearn.callback.ProgressBar`, are set by `set_callbacks` instead.
    warm_start : bool, default=False
        Have `fit` start from the weights of the last `fit`, and keep its class evidence.
    random_state : int, RandomState instance or None, default=None
        Draws initial weights, held-out rows, order and dropout. An integer always gives bitwise the
        same weights in any process, thread or worker of joblib. With "keras" this holds only if
        TensorFlow runs with the same number of threads. If None, NumPy's global generator is used.
    verbose : {0, 1, 2}, default=0
        As in Keras: 0 is silent, 1 shows a progress bar, 2 prints a line per epoch.

    Notes
    -----
    With `pooling="evidence"`, a word's weight in a sequence is its class evidence times 1 + log(its
    count in the sequence). The class evidence compares the log odds of the classes in the word's
    rows and in all rows, much as the log-count ratio of [2]_ does. It is the square root of the sum
    over classes c of q_c (logit q_c - logit p_c)^2. Here p_c is the share of the class among all
    rows. q_c is its share among the rows with the word, after 6 rows with the overall shares p are
    added. The word weights of a sequence are scaled to a Euclidean length of 5. With a divider,
    words and subwords are scaled separately, to .6 and .4 of the squared length. Validation rows
    are not counted.
    With several labels per row, each label has its own word weights, abs(logit q - logit p) with 96
    more rows. The embedding dimensions of label i, counted from 0, are i, i + n_labels, i + 2 *
    n_labels, and so on. Labels share one weight per word if there are more labels than dimensions,
    or if `initial_embedding` is given.
    The bias of the last layer is the log odds of the class frequencies in the weighted training
    rows, and is not trained. Without a relu layer, a row without known words gets the class
    frequencies as probabilities. Embeddings start from a normal distribution of standard deviation
    0.01.

    Predictions are computed from the weights by NumPy and SciPy, whichever backend trained. The
    pickled estimator holds no training data, and Keras objects only if they are its parameters.
    scikit-learn's callbacks (since 1.9, by `set_callbacks`) see every epoch as a task and may end
    the training.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted. With several labels per row, the column numbers of `y`.
    n_features_in_ : int
        Length of the sequences.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns of `X`, if it had any.
    embedding_ : ndarray of shape (input_dim, embedding_dim), dtype float32
        The embedding of each word index.
    coefs_, intercepts_ : list of ndarray, dtype float32
        Kernel, of shape (n_inputs, n_units), and bias of each dense layer.
    history_ : dict of str to list of float
        `loss` and `accuracy` of each epoch of the last `fit`, or of all calls of `partial_fit`:
        running means over the epoch's batches. With validation rows also `val_loss`,
        `val_accuracy`, and the scorer that is watched.
    n_iter_ : int
        Epochs in `history_`.
    best_epoch_ : int
        Epoch, counted from 1, in which `monitor` was best; the last if it was not measured.
    kept_epoch_ : int or None
        Epoch of the kept weights: `best_epoch_` if its weights were restored, else the last. The
        value is None if Keras's `callbacks` may have chosen other weights.
    backend_ : str
        The backend that trained.
    embedding_dim_, batch_size_, learning_rate_ : int, int, float
        The values used, each "auto" resolved.
    token_weights_ : ndarray of shape (input_dim,) or (input_dim, n_labels), float32, or None
        Weight of each word index, with `pooling="evidence"`; for each label if labels have their
        own word weights.
    model_ : keras.Sequential, or keras.Model with `pooling="evidence"`
        The trained network in stock Keras, whichever backend trained it. It is built when it is
        read, which imports TensorFlow. It is a copy: `model_.set_weights` and `model_.fit` change
        no prediction of the estimator. With "masked_mean", a row of padding alone gives NaN in
        `model_`; in the estimator its vector is zero.
    keras_classifier_ : scikeras.wrappers.KerasClassifier
        A fitted `KerasClassifier` around `model_`.

    See Also
    --------
    SequenceVectorizer : Turns texts into the sequences this classifier takes.
    sklearn.svm.LinearSVC : Prefer it, after a tf-idf, if training must be very fast.

    References
    ----------
    .. [1] "Text classification with preprocessed text: Movie reviews", TensorFlow tutorials,
       https://www.tensorflow.org/tutorials/keras/text_classification.
    .. [2] S. Wang and C. D. Manning, "Baselines and Bigrams: Simple, Good Sentiment and Topic
       Classification", ACL 2012.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
    >>> from sklearn_imdb.datasets import make_reviews
    >>> texts, y = make_reviews(2000, random_state=0)
    >>> pipeline = make_pipeline(
    ...     SequenceVectorizer(), EmbeddingAverageClassifier(batch_size=32, random_state=0)
    ... )
    >>> pipeline.fit(texts[:1500], y[:1500]).score(texts[1500:], y[1500:]) > 0.75
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseEmbeddingAverage._parameter_constraints,
        "loss": [str, Mapping, callable],
        "class_weight": [Mapping, list, StrOptions({"balanced"}), None],
    }

    loss: Any = "auto"
    class_weight: ClassWeight = None

    # -- learning ---------------------------------------------------------------------------

    def _has_partial_fit(self) -> bool:
        """Return True, or raise why not, which `available_if` makes its error's cause."""
        check_partial_fit(self.class_weight, self.learning_rate_schedule)
        return True

    @available_if(_has_partial_fit)  # type: ignore[untyped-decorator]  # scikit-learn has no types.
    @learning_method
    def partial_fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        classes: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Train one epoch on a chunk of rows.

        The optimizer's state is kept from chunk to chunk, and pickled. An int as `random_state`
        seeds the first call, and later calls go on from there. `epochs`, `early_stopping` and
        `warm_start` have no effect. A chunk that raises changes nothing but a `RandomState` given
        as `random_state`.

        `pooling="evidence"` goes on counting: each chunk is trained with the evidence of all rows
        so far, and predictions use the latest evidence. After `fit`, which keeps no counts, the
        evidence stays fixed. Rows of a second epoch are counted once more, so with every epoch the
        evidence of rare words grows a little beyond that of `fit`. `streaming.fit_stream` counts
        once, before training.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices, of one row or more, all from the same vocabulary: a further `partial_fit`
            of the vectorizer may change the indices of words. If `input_dim` is None, the first
            chunk fixes it, and larger indices in later chunks count as unknown.
        y : array-like of shape (n_samples,), or array-like or sparse (n_samples, n_labels)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels of all chunks; needed in the first call. With several labels per row, the
            column numbers of `y`.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the training loss, relative to the mean weight of all rows so
            far. If None, every row has weight 1. At least one row of the chunk must have a positive
            weight.

        Returns
        -------
        self : EmbeddingAverageClassifier

        Raises
        ------
        ValueError
            As `fit`; and if the first call has no `classes`, or a label is not among them.
        """
        self._validate_params()
        known, before = self._find_trained()
        state = self.__dict__.get("_partial_fit_state")
        # First on its own: whether y holds labels or columns says how `classes` is to be read.
        targets = check_targets(y, known=known, is_chunk=True)
        if classes is not None:
            listed = check_classes(classes, like=targets)
            if known is None:
                targets = check_targets(y, known=listed)
            elif not np.array_equal(listed.classes, known.classes):
                given, first = listed.classes.tolist(), known.classes.tolist()
                raise ValueError(f"classes={given} are not those of the first call, {first}.")
        elif known is None:
            raise ValueError("classes must list all labels in the first call of partial_fit.")
        if known is not None:
            refuse_other_numbering(X, "X", self._numbering)
        training = check_rows(self._check_X(X, reset=known is None), targets, sample_weight)
        self._note_rows(X, training, known)
        rng = check_random_state(self.random_state)
        history = self.history_ if state else {}
        with self._fit_task("partial_fit", X, y, sample_weight, epochs=1) as task:
            self.__dict__.update(fit_chunk(vars(self), training, rng, task, before, state, history))
        return self

    # -- predicting -------------------------------------------------------------------------

    def decision_function(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the logits, before sigmoid or softmax.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices. An index beyond the embedding table counts as the unknown word, 2.

        Returns
        -------
        logits : ndarray of shape (n_samples,) or (n_samples, n_classes), dtype float64
            With two classes, positive for `classes_[1]`. With several labels per row, a column for
            each label.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If `X` holds no word indices or has another length than in `fit`.
        """
        _, z = self._predict_logits(X)
        return z[:, 0] if z.shape[1] == 1 else z

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices; see `decision_function`, also for the errors.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes), dtype float64
            In the order of `classes_`. With several labels per row, they do not add up to 1.
        """
        return probabilities(*self._predict_logits(X))

    def predict_log_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the logarithm of `predict_proba`, even if the probability is rounded to 0.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices; see `decision_function`, also for the errors.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes), dtype float64
        """
        return probabilities(*self._predict_logits(X), log=True)

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the most probable label of each sequence.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices; see `decision_function`, also for the errors.

        Returns
        -------
        labels : ndarray of shape (n_samples,) or (n_samples, n_labels)
            With several labels per row, 1 for each label that is more probable than not.
        """
        predicted = classify(*self._predict_logits(X))
        return predicted if self._network.several else self.classes_[predicted]

    def score(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return the accuracy: the share of the rows with every label predicted correctly.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices; see `decision_function`, also for the errors.
        y : array-like of shape (n_samples,), or array-like or sparse (n_samples, n_labels)
            True labels; a missing one raises a ValueError that names its row.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        score : float
            Between 0 and 1.
        """
        return super().score(X, check_labels(y), sample_weight)

    # -- the scikit-learn contract ----------------------------------------------------------

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # Pooling ignores positions, and scikit-learn's test data depend on them.
        tags.classifier_tags.poor_score = True
        tags.classifier_tags.multi_label = True
        return tags


def trained_network(classifier: BaseEmbeddingAverage) -> tuple[Network, Weights]:
    """Return the network of a fitted classifier, and its weights."""
    dense = chain(*zip(classifier.coefs_, classifier.intercepts_, strict=True))
    return classifier._network, [classifier.embedding_, *dense]


def trained_numbering(classifier: BaseEmbeddingAverage) -> str | None:
    """Return the numbering of the words that a classifier was fitted to; None if not known."""
    return classifier._numbering


def find_targets(
    classifier: BaseEmbeddingAverage, y: Any, name: str = "y", known: Targets | None = None
) -> Targets:
    """Return the targets that a classifier or regressor learns from the y of a stream.

    Two classes are needed, as in `fit`.
    """
    targets = classifier._find_targets(y, name, known)
    if known is None and is_classifier(classifier):
        targets.check_two_classes(name)
    return targets


@learning_method
def fit_on_rows(
    classifier: BaseEmbeddingAverage,
    training: Rows,
    validation: Rows | None,
    parameters: Mapping[str, Any],
) -> None:
    """Fit a classifier on the rows of a stream, whose targets and weights have been checked.

    `parameters` are those that differ from the classifier's for this training.
    """
    classifier._check_X(training.X, reset=True)
    classifier._note_rows(training.X, training, None)
    parameters = {**vars(classifier), **parameters}
    rng, y = check_random_state(classifier.random_state), training.targets.labels
    with classifier._fit_task("fit", training.X, y, epochs=parameters["epochs"]) as task:
        classifier.__dict__.update(fit_network(parameters, training, validation, rng, task))
