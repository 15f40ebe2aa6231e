"""Sequences of word indices: the `X` of the classifier, checked, and the words in each row."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from sklearn_imdb._convention import LARGEST_INDEX, N_RESERVED, PADDING, START, UNKNOWN
from sklearn_imdb._warnings import warn_user

Floats: TypeAlias = npt.NDArray[np.floating]
Words: TypeAlias = npt.NDArray[np.integer]

ROWS_AT_ONCE = 4096
"""Sequences that are worked on together, where all at once would take too much memory."""

_PLACES_AT_ONCE = 2**20
"""Places of the sequences that are worked on together, where these are long."""


def split_rows(X: npt.NDArray[Any]) -> Iterator[slice]:
    """Yield which rows to work on together: what is made of them takes many times their memory."""
    n_rows = min(ROWS_AT_ONCE, max(_PLACES_AT_ONCE // X.shape[1], 1))
    for start in range(0, len(X), n_rows):
        yield slice(start, start + n_rows)


def check_indices(
    X: npt.NDArray[Any], name: str, rows: Sequence[int] | npt.NDArray[np.intp] | None = None
) -> Words:
    """Return the numeric array `X` as word indices, or raise a ValueError that says which fails.

    `X` may be some rows of the user's: those with the numbers `rows`.
    """

    def show(wrong: Any) -> str:  # An annotation such as NDArray is made in each call.
        row, column = np.argwhere(wrong)[0]
        return f"{name}[{row if rows is None else rows[row]}, {column}] = {X[row, column]}"

    if X.min() < 0:
        raise ValueError(
            "Negative values in data passed to EmbeddingAverageClassifier: "
            f"{show(X < 0)}, and word indices count from 0{_explain_columns(X) or _VECTORIZE}"
        )
    if float(X.max()) > LARGEST_INDEX:
        found = show(X > LARGEST_INDEX)
        raise ValueError(f"{found}, beyond the largest word index allowed, {LARGEST_INDEX}.")
    if X.dtype.kind in "iu":
        return X
    indices = X.astype(np.int32)
    if (indices != X).any():
        raise ValueError(
            f"Fractional values in {name}: {show(indices != X)}, and word indices are whole "
            f"numbers{_explain_columns(X) or _VECTORIZE}"
        )
    return indices


def _explain_columns(X: npt.NDArray[Any]) -> str:
    """Say where numbers beside texts belong, if most columns hold word indices; else ""."""
    is_index = (X >= 0) & (np.floor(X) == X)
    if is_index.all(axis=0).mean() <= 0.5:
        return ""
    return f". Most columns hold word indices. {_OF_NUMBERS}"


_OF_NUMBERS = (
    "If other columns hold numbers, train another model on these, and combine both models with a "
    "StackingClassifier; see 'several columns' in the user guide."
)
_VECTORIZE = ": put a SequenceVectorizer directly in front."
_REMEDY = f"Join the texts of a row into one text. {_OF_NUMBERS}"


def check_sequences(X: Words, names: Sequence[str] | None, divider: int | None) -> None:
    """Raise a ValueError where a row is no sequence of one vectorizer; warn where most are none.

    It shows in the names of the columns, in padding between words, and in the divider.
    """
    origins: dict[str | None, str] = {}
    for name in names if names is not None else ():
        place = re.fullmatch(r"(.*)position\d+", str(name))
        origins.setdefault(place and place[1], name)
    if len(origins) > 1:
        raise ValueError(
            f"X holds columns of several transformers, such as {list(origins.values())}. {_REMEDY}"
        )
    is_padding, largest = X == PADDING, X.max()
    if divider is not None and largest >= N_RESERVED:
        _check_divider(np.equal(X, divider).sum(axis=1), is_padding.all(axis=1), divider)
    if largest == PADDING:
        warn_user(
            "X is padding alone, so there is nothing to learn from. The vectorizer may know no "
            "word of the texts, or its maxlen may be too small."
        )
    begins_late, ends_early = is_padding[:, 0], is_padding[:, -1]
    rises = is_padding[:, :-1] & ~is_padding[:, 1:]
    if not rises.any():  # Most sequences are padded behind their words.
        return
    # Words begin at the first place, or where padding ends.
    n_runs = np.count_nonzero(rises, axis=1) + ~begins_late
    has_gap = n_runs > 1
    if has_gap.mean() > 0.5 and np.count_nonzero(X) < min(1.5 * n_runs.sum(), X.size / 2):
        warn_user(
            "Most numbers of X stand alone between zeros, as counts of words or one-hot columns "
            "do. X must hold sequences of word indices: put a SequenceVectorizer directly in front."
        )
        return
    if largest < N_RESERVED:
        return
    begins = X[np.arange(len(X)), (~is_padding).argmax(axis=1)] == START
    late = begins_late & ~ends_early
    # Padding alone between words is no proof: whoever numbers words may begin at 0.
    are_started = begins.mean() > 0.5 or (has_gap.sum() > 9 and begins[has_gap].mean() > 0.9)
    if has_gap.any() and (divider is not None or are_started):
        found = f"Row {has_gap.argmax()} of X has words, padding and words again"
    elif divider is not None and late.any() and (ends_early & ~begins_late).any():
        found = f"Row {late.argmax()} of X has padding before its words, and other rows behind them"
    else:
        return
    raise ValueError(f"{found}: pass only the columns of one SequenceVectorizer. {_REMEDY}")


def _check_divider(
    counts: npt.NDArray[np.intp], are_empty: npt.NDArray[np.bool_], divider: int
) -> None:
    """Raise a ValueError unless each row has the divider once, or no row has it.

    Empty rows, of padding alone, may do without.
    """
    lacks = (counts == 0) & ~are_empty
    row, found = counts.argmax(), f"in {counts.max()} places"
    if counts.max() == 1 and lacks.any():
        row, found = lacks.argmax(), "not at all, but other rows hold it"
    elif counts.max() <= 1:
        return
    raise ValueError(
        f"Row {row} of X holds divider={divider} {found}. It must stand once in a row, between "
        f"words and subwords. If {divider} is a word, because index_from is less than {divider}, "
        "set divider=None. If not, pass only the columns of one SequenceVectorizer. If a sampler, "
        "such as SMOTE, made new rows, repeat rows instead, or set class_weight='balanced'."
    )


def within(X: Words, input_dim: int) -> npt.NDArray[np.int32]:
    """Return `X` as int32, contiguous, with indices of `input_dim` or more as the unknown word."""
    if X.max() >= input_dim:
        X = np.where(X < input_dim, X, UNKNOWN)  # noqa: SIM300  # X is no constant.
    return np.ascontiguousarray(X, dtype=np.int32)


def count_words(
    X: Words, input_dim: int, divider: int | None = None, *, counts_padding: bool = False
) -> csr_matrix:
    """Return how often each part of a sequence contains each word: shape (2 n_samples, input_dim).

    The first of two rows is of the words, the second of the subwords behind the divider. A sequence
    without a divider is all words.
    """
    words = X.astype(np.uint32)  # It has room for as many subwords as words.
    if divider is not None:
        is_divider, n_places = np.equal(X, divider), X.shape[1]
        ends = np.where(is_divider.any(axis=1), is_divider.argmax(axis=1), n_places)
        is_behind = (np.arange(n_places) > ends[:, np.newaxis]) & (X != PADDING)
        # Subwords get numbers of their own while words are sorted.
        words += np.uint32(input_dim) * is_behind
        words[is_divider] = PADDING
    words.sort(axis=1)
    is_first = np.ones(X.shape, bool)
    np.not_equal(words[:, 1:], words[:, :-1], out=is_first[:, 1:])
    first = np.flatnonzero(is_first)
    counts = np.diff(first, append=X.size).astype(np.float64)
    words = words.ravel()[first]
    if not counts_padding:
        is_word = words != PADDING
        words, counts, first = words[is_word], counts[is_word], first[is_word]
    is_subword = words >= input_dim
    parts = 2 * (first // X.shape[1]) + is_subword
    indptr = np.searchsorted(parts, np.arange(2 * len(X) + 1))
    indices = (words - input_dim * is_subword).astype(np.int32)
    return csr_matrix((counts, indices, indptr), shape=(2 * len(X), input_dim))
