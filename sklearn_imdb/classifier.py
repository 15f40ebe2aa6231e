"""The estimator: scikit-learn's contract around the embedding-average network."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_imdb import _backends, _network
from sklearn_imdb._class_evidence import holders_by_class, log_count_ratios
from sklearn_imdb._epochs import EpochMonitor
from sklearn_imdb._examples import (
    checked_classes,
    checked_examples,
    checked_validation,
    hold_out,
    labels_of_classes,
)
from sklearn_imdb._fitting import CallbackSupportMixin, FitTask, fit_task, learning_method
from sklearn_imdb._labels import check_labels
from sklearn_imdb._network import Examples, Floats, Logs, Network, Weights
from sklearn_imdb._row_weights import with_mean_one, with_row_weights
from sklearn_imdb._sequences import (
    N_RESERVED,
    ROWS_AT_ONCE,
    checked_indices,
    refuse_texts,
    within,
)
from sklearn_imdb._state import checked_state, stamped

__all__ = ["EmbeddingAverageClassifier"]


class EmbeddingAverageClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """Classify sequences of word indices by their average word embedding.

    The network of Keras's text classification tutorial: an embedding of each word, their average
    over the sequence (over padding too, unless `mask_zero`), a dense relu layer, and a sigmoid
    unit for two classes or a softmax for more. Put a :class:`SequenceVectorizer` in front for
    texts.

    Parameters
    ----------
    input_dim : int, default=None
        Rows of the embedding table: one more than the largest word index, at least 3. None takes
        it from the `X` of `fit`.
    embedding_dim : int, default=16
        Length of a word's embedding.
    hidden_units : int, default=16
        Units of the relu layer; 0 for none, which makes the network linear.
    dropout : float, default=0.0
        Share of the average's and of the hidden layer's units dropped in training.
    l2 : float, default=0.0
        Factor of the dense kernels' squares in the loss.
    mask_zero : bool, default=False
        Leave padding out of the average. A row of nothing but padding averages to zero.
    token_weighting : {"nb"}, default=None
        None averages a sequence's embeddings. "nb" weighs each different word of a sequence by its
        log-count ratio [2]_, which `fit` learns from the rows it trains on, not from those it
        validates on, scales the weights of
        a sequence to a Euclidean length of 5, and adds the embeddings by them; padding weighs
        nothing. With more than two classes a word's weight is the largest absolute ratio of one
        class to the others. Embeddings start from a normal distribution of standard deviation
        0.01. Put a vectorizer with `ngram_range`, `binary` and `oov_char=None` in front.
    backend : {"auto", "scipy", "keras"}, default="auto"
        What trains the network. "scipy" is fast and needs no TensorFlow; it has the optimizer
        "adam" and the cross-entropies. "keras" trains a `keras.Sequential` through scikeras's
        `KerasClassifier`. "auto" takes "scipy" unless something asked for needs Keras.
    optimizer : str, dict or keras.Optimizer, default="adam"
        By name, as Keras's config, or an instance, which is copied. "adam" is Adam (Kingma & Ba,
        2015) as Keras has it.
    learning_rate : float or keras.optimizers.schedules.LearningRateSchedule, default=0.001
        Step size of an optimizer given by name.
    learning_rate_schedule : {"constant", "cosine"}, default="constant"
        "cosine" has the rate of an optimizer given by name fall to 2 % of `learning_rate` over
        the steps of all `epochs`, also where early stopping ends before. `partial_fit`, which does
        not know how many there will be, refuses it.
    weight_decay : float, default=0.0
        Decoupled weight decay of an optimizer given by name: the share, times the learning rate,
        that each step takes off all weights.
    loss : str, dict, keras.losses.Loss or callable, default="auto"
        "auto" is "binary_crossentropy" for two classes, "sparse_categorical_crossentropy" for
        more. With more than two classes, a loss other than that gets the classes one-hot. Sample
        weights come to the loss with a mean of 1.
    label_smoothing : float, default=0.0
        Share of each label that is spread evenly over all classes, in the cross-entropies.
    epochs : int, default=40
        Passes over the training rows; the most of them with `early_stopping`.
    batch_size : int or "auto", default=512
        Rows in a step of the optimizer. "auto" is a 200th of the rows trained on, at least 2 and
        at most 128: an epoch has some 200 steps or more, also where there are few rows.
    shuffle : bool, default=True
        Take the rows in a new order each epoch.
    early_stopping : bool, default=False
        Stop when `monitor` has not become better for `patience` epochs. It is measured on
        `X_val, y_val` where `fit` is given them, else on a stratified part of the training rows
        that is held out.
    validation_split : float, default=0.1
        Share of the rows that `early_stopping` holds out.
    monitor : {"val_loss", "val_accuracy", "loss", "accuracy"}, default="val_loss"
        What is watched; only the first two need validation rows.
    patience : int, default=2
        Epochs without a better value after which training stops.
    restore_best_weights : bool, default=True
        With `early_stopping`, keep the weights of the best epoch, also when the epochs run out.
    class_weight : dict or "balanced", default=None
        Weights of the classes in the training loss, by label; "balanced" weighs them inversely
        to their frequency. Only their ratios count, as those of `sample_weight` do.
    callbacks : list of keras.callbacks.Callback, default=None
        Keras's callbacks, which are copied for the fit; they need Keras. scikit-learn's, such as
        `sklearn.callback.ProgressBar`, are set by `set_callbacks` instead.
    warm_start : bool, default=False
        Have `fit` start from the weights of the last one; its log-count ratios stay, too.
    random_state : int, RandomState instance or None, default=None
        Draws initial weights, held-out rows, order and dropout. The same integer gives bitwise the
        same weights in any process, thread or worker of joblib: with "scipy" however many threads
        BLAS has there, with "keras" where TensorFlow has as many. None draws from NumPy's global
        generator.
    verbose : {0, 1, 2}, default=0
        As in Keras: 0 is silent, 1 shows a progress bar, 2 prints a line an epoch.

    Notes
    -----
    Predictions are computed from the weights by NumPy and SciPy whichever backend trained, and
    the pickled estimator holds no Keras object but those given as parameters. A fitted pipeline of
    the tutorial's sizes takes 0.75 MB, of which the words are 0.1 MB, in a file of pickle, joblib
    or skops; after `partial_fit` three times that, for Adam's two moments. It holds no training
    data. Another version of this library loads it with a warning.

    A file of skops, unlike one of pickle, cannot run code when it is loaded. Where all parameters
    are plain values, nothing is to be trusted but the two estimators::

        skops.io.dump(pipeline, "pipeline.skops")
        pipeline = skops.io.load(
            "pipeline.skops",
            trusted=[
                "sklearn_imdb.classifier.EmbeddingAverageClassifier",
                "sklearn_imdb.text.SequenceVectorizer",
            ],
        )

    scikit-learn's callbacks (since 1.9, by `set_callbacks`) see every epoch as a task of its own,
    with either backend, alone, in a Pipeline and in a search, and may end the training. They see
    the `X`, `y` and `sample_weight` of `fit`, with the rows that early stopping holds out, and
    an estimator fitted up to there, which is a copy.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Length of the sequences.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where `X` had them.
    embedding_ : ndarray of shape (input_dim, embedding_dim), dtype float32
        The embedding of each word index.
    coefs_, intercepts_ : list of ndarray, dtype float32
        Kernel, of shape (n_inputs, n_units), and bias of each dense layer.
    history_ : dict of str to list of float
        `loss` and `accuracy` of each epoch as Keras reports them, running means over its
        batches; with validation rows `val_loss` and `val_accuracy`. Of the last `fit`, or of
        all calls of `partial_fit`.
    n_iter_ : int
        Epochs in `history_`.
    best_epoch_ : int
        Epoch, counted from 1, in which `monitor` was best; the last where it was not measured.
    kept_epoch_ : int or None
        Epoch whose weights these are: `best_epoch_` where they were restored, else the last. None
        where Keras's `callbacks` may have chosen others.
    backend_ : str
        The backend that trained.
    token_weights_ : ndarray of shape (input_dim,), dtype float32, or None
        Weight of each word index, with `token_weighting`.
    model_ : keras.Sequential, or keras.Model with `token_weighting`
        The trained network in Keras, of stock layers, whichever backend trained it. It is built
        when asked for, which imports TensorFlow, and not pickled. With `mask_zero` Keras divides
        by zero for a row of nothing but padding.
    keras_classifier_ : scikeras.wrappers.KerasClassifier
        A fitted `KerasClassifier` around `model_`; likewise.

    See Also
    --------
    SequenceVectorizer : Turns texts into the sequences this classifier takes.
    sklearn.linear_model.LogisticRegression : Behind a tf-idf, prefer it for the few documents
        from which no embedding can be learned.

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

    _parameter_constraints: dict[str, list[Any]] = {
        "input_dim": [Interval(Integral, N_RESERVED, None, closed="left"), None],
        "embedding_dim": [Interval(Integral, 1, None, closed="left")],
        "hidden_units": [Interval(Integral, 0, None, closed="left")],
        "dropout": [Interval(Real, 0.0, 1.0, closed="left")],
        "l2": [Interval(Real, 0.0, None, closed="left")],
        "mask_zero": ["boolean"],
        "token_weighting": [StrOptions({"nb"}), None],
        "backend": [StrOptions({"auto", "scipy", "keras"})],
        "optimizer": [str, Mapping, HasMethods(["apply", "get_config"])],
        "learning_rate": [Interval(Real, 0.0, None, closed="neither"), HasMethods("get_config")],
        "learning_rate_schedule": [StrOptions({"constant", "cosine"})],
        "weight_decay": [Interval(Real, 0.0, None, closed="left")],
        "loss": [str, Mapping, callable],
        "label_smoothing": [Interval(Real, 0.0, 1.0, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_split": [Interval(Real, 0.0, 1.0, closed="neither")],
        "monitor": [StrOptions({"val_loss", "val_accuracy", "loss", "accuracy"})],
        "patience": [Interval(Integral, 0, None, closed="left")],
        "restore_best_weights": ["boolean"],
        "class_weight": [Mapping, StrOptions({"balanced"}), None],
        "callbacks": [list, tuple, HasMethods("on_epoch_end"), None],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": [Interval(Integral, 0, 2, closed="both")],
    }

    def __init__(
        self,
        *,
        input_dim: int | None = None,
        embedding_dim: int = 16,
        hidden_units: int = 16,
        dropout: float = 0.0,
        l2: float = 0.0,
        mask_zero: bool = False,
        token_weighting: str | None = None,
        backend: str = "auto",
        optimizer: Any = "adam",
        learning_rate: Any = 0.001,
        learning_rate_schedule: str = "constant",
        weight_decay: float = 0.0,
        loss: Any = "auto",
        label_smoothing: float = 0.0,
        epochs: int = 40,
        batch_size: int | str = 512,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_split: float = 0.1,
        monitor: str = "val_loss",
        patience: int = 2,
        restore_best_weights: bool = True,
        class_weight: Mapping[Any, float] | str | None = None,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.input_dim = input_dim
        self.embedding_dim = embedding_dim
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.l2 = l2
        self.mask_zero = mask_zero
        self.token_weighting = token_weighting
        self.backend = backend
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.weight_decay = weight_decay
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_split = validation_split
        self.monitor = monitor
        self.patience = patience
        self.restore_best_weights = restore_best_weights
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    classes_: npt.NDArray[Any]
    embedding_: Floats
    coefs_: Weights
    intercepts_: Weights
    history_: dict[str, list[float]]
    token_weights_: Floats | None
    backend_: str

    # -- learning ---------------------------------------------------------------------------

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

        Only a `RandomState` given as `random_state` has moved on then.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices: whole numbers, not negative.
        y : array-like of shape (n_samples,)
            Labels: numbers, strings or booleans.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the training loss, a weighted mean over all rows. Rows of
            weight 0 are left out. In the log-count ratios of `token_weighting` a row of weight 2
            counts as two rows, so that there the scale of the weights tells, too.
        X_val : array-like of shape (n_val, maxlen), default=None
            Rows to validate on after every epoch. In a Pipeline, pass texts and
            `transform_input=["X_val"]`, so that they come through the vectorizer.
        y_val : array-like of shape (n_val,), default=None
            Their labels.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights in `val_loss`.

        Returns
        -------
        self : EmbeddingAverageClassifier

        Raises
        ------
        ValueError
            If a parameter is out of range, `X` holds no word indices, `y` fewer than two
            classes, lengths disagree, or the loss ceases to be finite.
        """
        self._validate_params()
        going_on = self.warm_start and hasattr(self, "embedding_")
        rows, labels = self._check_X(X, y=y, reset=not going_on)
        check_classification_targets(labels)
        known: npt.NDArray[Any] | None = self.classes_ if going_on else None
        training, self.classes_ = checked_examples(rows, labels, sample_weight, known, self.loss)
        rng = check_random_state(self.random_state)
        network, weights = self._start(training, rng, going_on)
        validation = checked_validation(X_val, y_val, sample_weight_val, self.classes_, rows.shape)
        if validation is not None:
            try:  # Whether it has the columns of X, in their order.
                validate_data(self, X_val, reset=False, skip_check_array=True)
            except ValueError as error:
                raise ValueError(f"X_val: {error}") from error
        if validation is None and self.early_stopping and self.monitor.startswith("val_"):
            training, validation = hold_out(training, self.validation_split, rng)
        monitor = EpochMonitor(
            epochs=self.epochs,
            monitor=self.monitor,
            patience=self.patience if self.early_stopping else None,
            restore_best=self.early_stopping and self.restore_best_weights,
        )
        if not going_on:
            network, _ = self._weighted(network, training)
        self.__dict__.pop("_stream", None)  # What partial_fit had begun is over.
        training, _ = with_row_weights(training, self.class_weight, self.classes_)
        with fit_task(self, "fit", X, y, sample_weight, epochs=self.epochs) as task:
            self._train(network, weights, training, validation, rng, monitor, task)
        return self

    @learning_method
    def partial_fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        classes: npt.ArrayLike | None = None,
        sample_weight: npt.ArrayLike | None = None,
    ) -> Self:
        """Train one epoch on a chunk of rows.

        The optimizer's state is kept from chunk to chunk, and pickled; `random_state` is looked at
        in the first call. `epochs`, `early_stopping` and `warm_start` play no part. A chunk that
        raises changes nothing but a `RandomState` given as `random_state`.

        `token_weighting="nb"` counts on: each chunk is trained with the ratios of all rows so far,
        and predictions use the last; after `fit`, which keeps no counts, its ratios stay. Rows of a
        second epoch are counted once more, which makes the ratios of rare words larger than those
        of `fit`, in every epoch a little more.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices, of one row or more, all by the same vocabulary: a further `partial_fit`
            of the vectorizer would number words anew. The first chunk fixes `input_dim` where that
            is None: later, larger indices count as unknown.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels there will be; needed in the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows in the training loss, relative to the mean weight of all rows so
            far; rows without weigh 1. One row of the chunk at least must weigh something.

        Returns
        -------
        self : EmbeddingAverageClassifier

        Raises
        ------
        ValueError
            As `fit`; and if the first call has no `classes`, or a label is not among them.
        """
        self._validate_params()
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all rows at once and partial_fit sees a chunk: "
                "give class_weight as a dict, such as compute_class_weight finds on all labels."
            )
        if self.learning_rate_schedule != "constant":
            raise ValueError(
                f"learning_rate_schedule={self.learning_rate_schedule!r} needs the number of steps "
                "there will be and partial_fit sees a chunk: set it to 'constant'."
            )
        going_on = hasattr(self, "embedding_")
        rows, labels = self._check_X(X, y=y, reset=not going_on)
        if classes is None:
            if not going_on:
                raise ValueError("classes must list all labels in the first call of partial_fit.")
        else:
            check_labels(classes, "classes")
            labels_of_all = labels_of_classes(classes, "classes")
            sorted_classes = checked_classes(labels_of_all, self.loss, "classes")
            if going_on and not np.array_equal(sorted_classes, self.classes_):
                raise ValueError(
                    f"classes={sorted_classes.tolist()} are not those of the first call, "
                    f"{self.classes_.tolist()}."
                )
            self.classes_ = sorted_classes
        training, _ = checked_examples(rows, labels, sample_weight, self.classes_)
        # Copies: a chunk that raises leaves the optimizer and the generator as they were.
        stream = deepcopy(self.__dict__.get("_stream", {}))
        if stream.get("backend", backend := _backends.chosen(self)) != backend:
            raise ValueError(
                f"Training cannot go on in another backend, {backend!r}, than it began in, "
                f"{stream['backend']!r}: set backend back, or start with a clone."
            )
        rng = stream.get("rng") or check_random_state(self.random_state)
        network, weights = self._start(training, rng, going_on)
        monitor = EpochMonitor(
            epochs=1,
            monitor="loss",
            patience=None,
            restore_best=False,
            before=self.history_ if stream else {},
        )
        holders = stream.get("holders")
        if not going_on or holders is not None:
            network, holders = self._weighted(network, training, holders)
        training, row_weights = with_row_weights(
            training, self.class_weight, self.classes_, *stream.get("row_weights", ())
        )
        with fit_task(self, "partial_fit", X, y, sample_weight, epochs=1) as task:
            optimizer = self._train(
                network, weights, training, None, rng, monitor, task, stream.get("optimizer")
            )
            self._stream = {
                "backend": self.backend_,
                "optimizer": optimizer,
                "holders": holders,
                "row_weights": row_weights,
            }
            if isinstance(self.random_state, Integral):
                self._stream["rng"] = rng
        return self

    def _check_X(self, X: Any, *, reset: bool, **y: Any) -> Any:
        """Return what `validate_data` makes of `X`, and of `y` where it is given."""
        refuse_texts(X, "X", "put a SequenceVectorizer in front, in a Pipeline.")
        check_labels(y.get("y"))
        return validate_data(self, X, dtype="numeric", reset=reset, **y)

    def _start(
        self, training: Examples, rng: np.random.RandomState, going_on: bool
    ) -> tuple[Network, Weights]:
        """Return the network and the weights that training starts from."""
        highest = int(training.X.max())
        if self.input_dim is not None and highest >= self.input_dim:
            raise ValueError(
                f"X holds the word index {highest}, beyond input_dim={self.input_dim}: raise "
                f"input_dim to at least {highest + 1}, or lower num_words of the vectorizer."
            )
        if going_on:
            input_dim = len(self.embedding_)
        else:
            input_dim = int(self.input_dim or max(highest + 1, N_RESERVED))
        network = Network(
            input_dim=input_dim,
            embedding_dim=int(self.embedding_dim),  # Keras refuses NumPy's integers.
            hidden_units=int(self.hidden_units),
            n_outputs=1 if len(self.classes_) == 2 else len(self.classes_),
            mask_zero=self.mask_zero,
            dropout=self.dropout,
            l2=float(self.l2),
            label_smoothing=float(self.label_smoothing),
            token_weights=None if self.token_weighting is None else np.zeros(input_dim, np.float32),
        )
        if not going_on:
            self._check_memory(network, highest)
            return network, _network.initial_weights(network, rng)
        weights = self._weights()
        shapes = [array.shape for array in weights]
        if (
            shapes != network.shapes
            or self.input_dim not in (None, input_dim)
            or (self.token_weights_ is None) != (network.token_weights is None)
        ):
            raise ValueError(
                f"Training cannot go on from weights of shapes {shapes}: input_dim, embedding_dim, "
                "hidden_units or token_weighting has been changed. Set it back, or fit with "
                "warm_start=False."
            )
        return replace(network, token_weights=self.token_weights_), weights

    def _weighted(
        self,
        network: Network,
        training: Examples,
        counted: npt.NDArray[np.float64] | None = None,
    ) -> tuple[Network, npt.NDArray[np.float64] | None]:
        """Return the network with the words' weights, if words are weighted, and their counts.

        `counted` are those of the rows before.
        """
        if network.token_weights is None:
            return network, None
        holders = holders_by_class(
            within(training.X, network.input_dim),
            training.y,
            training.sample_weight,
            (network.input_dim, len(self.classes_)),
        )
        if counted is not None:
            holders += counted
        token_weights = log_count_ratios(holders).astype(np.float32)
        token_weights[0] = 0  # Padding.
        return replace(network, token_weights=token_weights), holders

    def _check_memory(self, network: Network, highest: int) -> None:
        """Raise a ValueError where the embedding table is larger than memory.

        One word index that was a hash or an id is enough for that.
        """
        # float32 weights before and after, their gradient twice, Adam's two moments and its work,
        # the best epoch's weights.
        n_bytes = 32 * network.input_dim * network.embedding_dim
        try:
            np.empty(min(n_bytes, sys.maxsize), dtype=np.uint8)  # Reserved, not written to.
        except MemoryError as error:
            origin = f"input_dim={self.input_dim}"
            if self.input_dim is None:
                origin = f"X holds the word index {highest}, and input_dim=None"
            raise ValueError(
                f"{origin} asks for an embedding table of {network.input_dim} rows and "
                f"embedding_dim={self.embedding_dim} columns: to train it takes "
                f"{n_bytes / 2**30:.0f} GiB, more than there is. Lower num_words of the "
                "vectorizer, or number the words without gaps; else lower input_dim or "
                "embedding_dim."
            ) from error

    def _train(
        self,
        network: Network,
        weights: Weights,
        training: Examples,
        validation: Examples | None,
        rng: np.random.RandomState,
        monitor: EpochMonitor,
        task: FitTask,
        optimizer_state: Any = None,
    ) -> Any:
        """Train, set what the network has learned, and return the optimizer's state."""
        training = training._replace(X=within(training.X, network.input_dim))
        if validation is not None:
            validation, _ = with_mean_one(
                validation._replace(X=within(validation.X, network.input_dim))
            )
        backend = _backends.chosen(self)

        def learned(weights: Weights, kept_epoch: int | None) -> dict[str, Any]:
            # Copies: the next epoch overwrites the weights and adds to the history.
            embedding, *dense = (array.copy() for array in weights)
            return {
                "embedding_": embedding,
                "coefs_": dense[::2],
                "intercepts_": dense[1::2],
                "history_": {name: values.copy() for name, values in monitor.history.items()},
                "n_iter_": monitor.n_epochs,
                "best_epoch_": monitor.best_epoch,
                "kept_epoch_": kept_epoch,
                "backend_": backend,
                # Set anew, the parameter would not be the trained network's.
                "_mask_zero": network.mask_zero,
                "token_weights_": network.token_weights,
            }

        def on_epoch_end(logs: Logs, weights: Weights) -> bool:
            stops_early = monitor(logs, weights)
            return task.end_epoch(lambda: learned(weights, monitor.n_epochs)) or stops_early

        with monitor.shown(self.verbose if backend == "scipy" else 0):
            weights, state = _backends.train(
                backend,
                self,
                network,
                weights,
                training,
                validation,
                epochs=monitor.epochs,
                rng=rng,
                optimizer_state=optimizer_state,
                on_epoch_begin=task.begin_epoch,
                on_epoch_end=on_epoch_end,
            )
        if not monitor.has_begun:
            raise ValueError("No epoch was trained: callbacks ended the training before the first.")
        kept_epoch: int | None = monitor.n_epochs
        if monitor.best_weights:
            weights, kept_epoch = monitor.best_weights, monitor.best_epoch
        elif self.callbacks:  # They may have set other weights.
            kept_epoch = None
        # The logs are of the weights before the last step.
        if not all(np.isfinite(array).all() for array in weights):
            raise ValueError("The weights are not finite after the last step: lower learning_rate.")
        self.__dict__.update(learned(weights, kept_epoch))
        self.__dict__.pop("_in_keras", None)
        return state

    # -- the network in Keras ---------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # Not properties: scikit-learn's HTML representation reads every property, and TensorFlow
        # would be imported for a look at the estimator.
        if name not in ("model_", "keras_classifier_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        check_is_fitted(self)
        made = self.__dict__.setdefault("_in_keras", {})
        if name not in made:
            from sklearn_imdb import _keras

            if name == "model_":
                made[name] = _keras.make_model(
                    self._fitted_network(), self._weights(), self.n_features_in_
                )
            else:
                made[name] = _keras.make_classifier(self.model_, self.classes_, self.n_features_in_)
        return made[name]

    def __sklearn_is_fitted__(self) -> bool:
        # Not left to scikit-learn, which would go through all attributes, while another thread may
        # be adding the network in Keras to them.
        return "embedding_" in self.__dict__

    def __getstate__(self) -> dict[str, Any]:
        state = stamped(super().__getstate__())
        state.pop("_in_keras", None)
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        super().__setstate__(checked_state(state, type(self).__name__))

    def _fitted_network(self) -> Network:
        *hidden, output = self.coefs_
        input_dim, embedding_dim = self.embedding_.shape
        return Network(
            input_dim,
            embedding_dim,
            hidden_units=hidden[0].shape[1] if hidden else 0,
            n_outputs=output.shape[1],
            mask_zero=self._mask_zero,
            l2=self.l2,
            token_weights=self.token_weights_,
        )

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
            With two classes positive for `classes_[1]`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If `X` holds no word indices or has another length than in `fit`.
        """
        z = self._logits(X)
        return z[:, 0] if len(self.classes_) == 2 else z

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices. One beyond the embedding table counts as the unknown word, 2.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes), dtype float64
            In the order of `classes_`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If `X` holds no word indices or has another length than in `fit`.
        """
        return _network.probabilities(self._logits(X))

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the most probable label of each sequence.

        Parameters
        ----------
        X : array-like of shape (n_samples, maxlen)
            Word indices. One beyond the embedding table counts as the unknown word, 2.

        Returns
        -------
        labels : ndarray of shape (n_samples,)

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If `X` holds no word indices or has another length than in `fit`.
        """
        z = self._logits(X)
        return self.classes_[_network.classes(z)]

    def _weights(self) -> Weights:
        dense = zip(self.coefs_, self.intercepts_, strict=True)
        return [self.embedding_, *(array for layer in dense for array in layer)]

    def _logits(self, X: Any) -> npt.NDArray[np.float64]:
        check_is_fitted(self)
        # scikit-learn's check takes longer than one text's prediction, and has nothing to find in
        # a plain array of integers of the right shape.
        is_checked = (
            type(X) is np.ndarray
            and X.dtype.kind in "iu"
            and X.ndim == 2
            and X.shape[0] > 0
            and X.shape[1] == self.n_features_in_
            and not hasattr(self, "feature_names_in_")
        )
        if not is_checked:
            X = self._check_X(X, reset=False)
        # Averages are float32, summed in the order of the words; what follows is float64, so that
        # a row's prediction does not depend on the rows beside it, but for the last bit.
        dense = [array.astype(np.float64) for array in self._weights()[1:]]
        weights = [self.embedding_, *dense]
        network = self._fitted_network()
        logits = np.empty((len(X), len(self.intercepts_[-1])))
        # All that is made of X is made of a block of it: X may take most of the memory.
        for start in range(0, len(X), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            checked = checked_indices(X[rows], "X", range(start, len(X)))
            block = within(checked, len(self.embedding_))
            averages = _network.average(block, self.embedding_, network)
            logits[rows] = _network.logits(averages, weights)
        return logits

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        # The average is blind to the column a word stands in, on which scikit-learn's test problems
        # turn: of its three classes no such network can get more than 70 % right.
        tags.classifier_tags.poor_score = True
        # Word indices: categories, numbered from 0.
        tags.input_tags.categorical = True
        tags.input_tags.positive_only = True
        return tags
