"""Which backend trains what was asked for, and how each is asked."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from sklearn_imdb import _network
from sklearn_imdb._network import CROSS_ENTROPIES, Adam, Examples, Logs, Network, Weights


def chosen(asked: Any) -> str:
    """Return the backend for the parameters of `asked`, an EmbeddingAverageClassifier.

    Raises
    ------
    ValueError
        If parameters contradict each other, or SciPy's backend was asked for and lacks one.
    """
    has_schedule = asked.learning_rate_schedule != "constant"
    if not isinstance(asked.optimizer, str) and (has_schedule or asked.weight_decay):
        raise ValueError(
            f"learning_rate_schedule={asked.learning_rate_schedule!r} and weight_decay="
            f"{asked.weight_decay!r} are for an optimizer given by name, got optimizer="
            f"{asked.optimizer!r}: give them to the optimizer itself."
        )
    if has_schedule and not isinstance(asked.learning_rate, Real):
        raise ValueError(
            f"learning_rate={asked.learning_rate!r} is a schedule of its own: set "
            "learning_rate_schedule='constant', or learning_rate to a number."
        )
    is_cross_entropy = isinstance(asked.loss, str) and asked.loss in ("auto", *CROSS_ENTROPIES)
    if asked.label_smoothing and not is_cross_entropy:
        raise ValueError(
            f"label_smoothing={asked.label_smoothing!r} is for loss='auto' and "
            f"{list(CROSS_ENTROPIES)}, got loss={asked.loss!r}: give it to the loss itself."
        )
    lacking = []
    if asked.optimizer != "adam":
        lacking.append(f"optimizer={asked.optimizer!r}")
    if not is_cross_entropy:
        lacking.append(f"loss={asked.loss!r}")
    if not isinstance(asked.learning_rate, Real):
        lacking.append(f"learning_rate={asked.learning_rate!r}")
    if asked.callbacks:
        lacking.append(f"callbacks={asked.callbacks!r}")
    if asked.backend == "scipy" and lacking:
        raise ValueError(
            f"backend='scipy' does not know {', '.join(lacking)}: it has optimizer='adam', "
            f"loss='auto' or one of {list(CROSS_ENTROPIES)}, and no callbacks. Set "
            "backend='auto' or 'keras'."
        )
    return "keras" if asked.backend == "keras" or lacking else "scipy"


def train(
    backend: str,
    asked: Any,
    network: Network,
    weights: Weights,
    training: Examples,
    validation: Examples | None,
    *,
    epochs: int,
    rng: np.random.RandomState,
    optimizer_state: Any,
    on_epoch_begin: Callable[[], None],
    on_epoch_end: Callable[[Logs, Weights], bool],
) -> tuple[Weights, Any]:
    """Train by a backend with the parameters of `asked`; return the weights and the optimizer's."""
    n_samples, batch_size = len(training.y), asked.batch_size
    if isinstance(batch_size, str):  # "auto"
        batch_size = min(max(n_samples // 200, 2), 128)
    decay_steps = None
    if asked.learning_rate_schedule == "cosine":
        decay_steps = epochs * -(-n_samples // batch_size)
    options: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "shuffle": asked.shuffle,
        "rng": rng,
        "on_epoch_begin": on_epoch_begin,
        "on_epoch_end": on_epoch_end,
    }
    if backend == "keras":
        from sklearn_imdb import _keras

        return _keras.train(
            network,
            weights,
            training,
            validation,
            optimizer=_keras.make_optimizer(
                asked.optimizer, asked.learning_rate, decay_steps, asked.weight_decay
            ),
            optimizer_state=optimizer_state,
            loss=_keras.make_loss(asked.loss, len(asked.classes_), asked.label_smoothing),
            callbacks=_keras.checked_callbacks(asked.callbacks or []),
            verbose=asked.verbose,
            **options,
        )
    adam = Adam(
        asked.learning_rate,
        decay_steps=decay_steps,
        weight_decay=asked.weight_decay,
        **(optimizer_state or {}),
    )
    weights = _network.train(network, weights, training, validation, optimizer=adam, **options)
    return weights, adam.state
