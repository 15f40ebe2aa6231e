"""Chunk after chunk of a stream through a function, with errors that say where they arose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar

__all__ = ["map_chunks"]

T = TypeVar("T")


def map_chunks(function: Callable[..., T], chunks: Iterable[tuple[Any, ...]]) -> Iterator[T]:
    """Yield `function(*chunk)` for each chunk of a stream, as :func:`itertools.starmap` does.

    An error, of the function or of whatever reads the stream, gets a note that says in which
    chunk and which rows of the stream it arose; an interrupt does, too. Nothing is read ahead, and
    no chunk is held when the next one is read. Nothing at all is done until the results are
    iterated over. The stream is left open after an error, so that one may go on with what follows
    the chunk that raised: have the `with` statement that opens a file around `map_chunks`.

    `partial_fit` of both estimators leaves them as they were where a chunk raises: what was learned
    from the chunks before it is kept, and can go on once the stream is mended.

    Parameters
    ----------
    function : callable
        Is given the columns of a chunk, such as `SequenceVectorizer.partial_fit`.
    chunks : iterable of tuple
        The columns of each chunk, as long as each other: `(texts, y)`, or `(texts,)` alone.

    Yields
    ------
    result : object
        What the function returns for each chunk.

    Raises
    ------
    TypeError
        If a chunk is no tuple of columns that have a length.
    ValueError
        If the columns of a chunk are not as long as each other.
    Exception
        What the function or `chunks` raises, with the note.

    See Also
    --------
    SequenceVectorizer.partial_fit : Counts a chunk's words.
    EmbeddingAverageClassifier.partial_fit : Trains an epoch on a chunk.

    Examples
    --------
    >>> from sklearn_imdb import SequenceVectorizer
    >>> from sklearn_imdb.streaming import map_chunks
    >>> vectorizer = SequenceVectorizer()
    >>> chunks = [(["a film", "the film"], [0, 1]), (["the cast", None], [1, 0])]
    >>> try:
    ...     for _ in map_chunks(vectorizer.partial_fit, chunks):
    ...         pass
    ... except TypeError as error:
    ...     for note in error.__notes__:
    ...         print(note)
    Raised while SequenceVectorizer() was fitted.
    In chunk 1 of the stream, which begins at row 2, counted from 0.
    >>> list(vectorizer.vocabulary_)
    ['film', 'a', 'the']
    """
    n_rows = 0
    remaining = iter(chunks)
    for number in count():
        where = f"chunk {number} of the stream, which begins at row {n_rows}, counted from 0."
        with _noted(f"Reading {where}"):
            try:
                chunk = next(remaining)
            except StopIteration:
                return
        with _noted(f"In {where}"):
            n_rows_of_chunk = _n_rows(chunk)
            result = function(*chunk)
        n_rows += n_rows_of_chunk
        del chunk
        yield result


def _n_rows(chunk: Any) -> int:
    if not isinstance(chunk, tuple) or not chunk:
        raise TypeError(
            "chunks must yield tuples of columns, such as (texts, y), or (texts,) for one column, "
            f"got a {type(chunk).__name__}."
        )
    for column in chunk:
        if not isinstance(column, Sized):
            raise TypeError(
                "chunks must yield tuples of columns that have a length, such as lists or arrays, "
                f"got a {type(column).__name__} in one."
            )
    lengths = [len(column) for column in chunk]
    if len(set(lengths)) > 1:
        raise ValueError(f"chunks must yield columns of the same length, got {lengths} in one.")
    return lengths[0]


@contextmanager
def _noted(where: str) -> Iterator[None]:
    try:
        yield
    except BaseException as error:  # An interrupt, too: where is one to go on?
        error.add_note(where)
        raise
