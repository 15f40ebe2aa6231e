"""Sequences of word indices: the `X` of the classifier, checked, and the words in each row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from sklearn_imdb._convention import (
    LARGEST_INDEX,
    N_RESERVED,
    PADDING,
    START,
    UNKNOWN,
)

ROWS_AT_ONCE = 4096
"""Sequences that are worked on together, where all at once would take too much memory."""

_PLACES_AT_ONCE = 2**20
"""Places of the sequences that are worked on together, where these are long."""

RowNumbers: TypeAlias = Sequence[int] | npt.NDArray[np.intp]


def blocks_of(X: npt.NDArray[Any]) -> Iterator[slice]:
    """Yield which rows to work on together: what is made of them takes many times their memory."""
    n_rows = min(ROWS_AT_ONCE, max(_PLACES_AT_ONCE // X.shape[1], 1))
    for start in range(0, len(X), n_rows):
        yield slice(start, start + n_rows)


def checked_indices(
    X: npt.NDArray[Any], name: str, rows: RowNumbers | None = None
) -> npt.NDArray[np.integer]:
    """Return the numeric array `X` as word indices, or raise a ValueError that says which fails.

    `X` may be some rows of the user's: those with the numbers `rows`.
    """
    lowest, highest = X.min(), X.max()
    if lowest < 0:
        raise ValueError(
            "Negative values in data passed to EmbeddingAverageClassifier: "
            f"{_shown(X, X < 0, name, rows)}, and word indices count from 0.{_beside(X)}"
        )
    if float(highest) > LARGEST_INDEX:
        too_large = _shown(X, X > LARGEST_INDEX, name, rows)
        raise ValueError(f"{too_large}, beyond the largest word index, {LARGEST_INDEX}.")
    if X.dtype.kind in "iu":
        return X
    indices = X.astype(np.int32)
    fractional = indices != X
    if fractional.any():
        raise ValueError(
            f"Fractional values in {name}: {_shown(X, fractional, name, rows)}, and word indices "
            "are whole numbers"
            + (
                f".{_beside(X)}"
                if _beside(X)
                else ": is a scaler or a tf-idf in front, where a SequenceVectorizer should be?"
            )
        )
    return indices


def _beside(X: npt.NDArray[Any]) -> str:
    """Say where numbers beside texts belong, if most columns hold word indices; else ""."""
    is_index = (X >= 0) & (np.floor(X) == X)
    if is_index.all(axis=0).mean() <= 0.5:
        return ""
    return (
        " Most columns hold word indices. If the others are numbers beside the texts, give them a "
        "model of their own, and join the probabilities of both by a StackingClassifier; see "
        "'several columns' in the user guide."
    )


_REMEDY = (
    "The network would take a word of one, or a number, for the word of the same index. Join the "
    "texts of a row to one text. Give numbers to a model of their own beside this one, as "
    "StackingClassifier and VotingClassifier do; see 'several columns' in the user guide."
)


def check_sequences(
    X: npt.NDArray[np.integer], names: Sequence[str] | None, divider: int | None
) -> None:
    """Raise a ValueError where a row is no sequence of one vectorizer.

    It shows in the names of the columns, in padding between words, and in the divider.
    """
    _check_names(names)
    if X.max() < N_RESERVED:
        return
    if divider is not None:
        _check_divider(X, divider)
    is_padding = X == PADDING
    begins_late, ends_early = is_padding[:, 0], is_padding[:, -1]
    rises = is_padding[:, :-1] & ~is_padding[:, 1:]
    if not rises.any():  # Most sequences are padded behind their words.
        return
    # Words begin at the first place, or where padding ends.
    has_gap = np.count_nonzero(rises, axis=1) + ~begins_late > 1
    begins = X[np.arange(len(X)), (~is_padding).argmax(axis=1)] == START
    # Padding alone between words is no proof: whoever numbers words may begin at 0.
    if has_gap.any() and (divider is not None or begins.mean() > 0.5):
        raise ValueError(
            f"Row {has_gap.argmax()} of X has words, padding and words again, as where columns of "
            f"another vectorizer, or numbers, are beside those of a sequence. {_REMEDY}"
        )
    late = begins_late & ~ends_early
    if divider is not None and late.any() and (ends_early & ~begins_late).any():
        raise ValueError(
            f"Row {late.argmax()} of X has padding before its words, and other rows behind them, "
            f"as where columns of numbers are in front of those of a sequence. {_REMEDY}"
        )


def _check_names(names: Sequence[str] | None) -> None:
    origin_of: dict[str | None, str] = {}
    for name in names if names is not None else ():
        place = re.fullmatch(r"(.*)position\d+", str(name))
        origin_of.setdefault(place and place[1], name)
    if len(origin_of) > 1:
        raise ValueError(
            f"X holds columns of several transformers, such as {list(origin_of.values())}, where a "
            f"row is to be one sequence. {_REMEDY}"
        )


def _check_divider(X: npt.NDArray[np.integer], divider: int) -> None:
    """Raise a ValueError unless each row has the divider once, or no row has it.

    A row of nothing but padding may do without.
    """
    counts = np.count_nonzero(np.equal(X, divider), axis=1)
    lacks = (counts == 0) & (X != PADDING).any(axis=1)
    if not counts.any() or (counts.max() == 1 and not lacks.any()):
        return
    row, found = counts.argmax(), f"{counts.max()} times"
    if counts.max() == 1:
        row, found = lacks.argmax(), "not at all, where other rows hold it"
    raise ValueError(
        f"Row {row} of X holds divider={divider} {found}. The index stands once in a row, between "
        "words and subwords. If it is a word, because index_from of the vectorizer is less than "
        f"{divider}, set divider=None. If columns of several vectorizers, or numbers, are side by "
        "side, give the classifier those of one. Rows that a sampler such as SMOTE makes between "
        "rows are no sequences: repeat rows, or set class_weight='balanced'."
    )


def _shown(
    X: npt.NDArray[Any], wrong: npt.NDArray[np.bool_], name: str, rows: RowNumbers | None
) -> str:
    """Say what the first wrong item of `X` is, and its row and column."""
    row, column = np.argwhere(wrong)[0]
    return f"{name}[{row if rows is None else rows[row]}, {column}] = {X[row, column]}"


def within(X: npt.NDArray[np.integer], input_dim: int) -> npt.NDArray[np.int32]:
    """Return `X` as int32, contiguous, with indices of `input_dim` or more as the unknown word."""
    if X.max() >= input_dim:
        X = np.where(X < input_dim, X, UNKNOWN)  # noqa: SIM300  # X is no constant.
    return np.ascontiguousarray(X, dtype=np.int32)


def count_words(X: npt.NDArray[np.integer], divider: int | None, input_dim: int) -> csr_matrix:
    """Return how often each part of a sequence contains each word: shape (2 n_samples, input_dim).

    The first of two rows is of the words, the second of the subwords behind the divider. A sequence
    without a divider is all words.
    """
    n_samples, maxlen = X.shape
    at = np.flatnonzero(X)
    indices = X.ravel()[at]
    parts = 2 * (at // maxlen)
    if divider is not None:
        is_divider = np.equal(X, divider)
        dividers = np.where(is_divider.any(axis=1), is_divider.argmax(axis=1), maxlen)
        parts += at % maxlen > dividers[parts // 2]
        kept = indices != divider
        indices, parts = indices[kept], parts[kept]
    # A part and a word in one number: NumPy sorts numbers faster than SciPy sorts rows.
    items = (parts << 32) | indices
    items.sort()
    is_first = np.ones(len(items), bool)
    np.not_equal(items[1:], items[:-1], out=is_first[1:])
    first = np.flatnonzero(is_first)
    counts = np.diff(first, append=len(items)).astype(np.float64)
    items = items[first]
    indptr = np.searchsorted(items, np.arange(2 * n_samples + 1) << 32)
    words = (items & 0xFFFFFFFF).astype(np.int32)
    return csr_matrix((counts, words, indptr), shape=(2 * n_samples, input_dim))


def words_of(
    X: npt.NDArray[np.integer],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.integer]]:
    """Return the different words of each row, sorted, with their offsets in the sorted rows.

    The rows are sorted one by one and then put end to end. So a row contains a word as often as
    there are items from the word's offset to the next one.
    """
    words = np.sort(X, axis=1)
    is_first = np.ones(X.shape, dtype=bool)
    np.not_equal(words[:, 1:], words[:, :-1], out=is_first[:, 1:])
    offsets = np.flatnonzero(is_first)
    return offsets, words.ravel()[offsets]
