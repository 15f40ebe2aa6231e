"""Chunk after chunk of a stream: through a function, or from texts to sequences.

Errors say in which chunk they arose.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from itertools import count, pairwise
from os import PathLike
from tempfile import TemporaryFile
from typing import Any, TypeVar

import numpy as np

from sklearn_imdb._numbering import numbering
from sklearn_imdb._text.encoding import padded, sequence_of_terms, truncated
from sklearn_imdb._text.learning import Learned
from sklearn_imdb.text import SequenceVectorizer

__all__ = ["fit_transform_chunks", "map_chunks"]

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
    fit_transform_chunks : Learns the words of a stream, and encodes its texts.
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


def fit_transform_chunks(
    vectorizer: SequenceVectorizer,
    chunks: Iterable[tuple[Any, ...]],
    *,
    folder: str | PathLike[str] | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Learn the words of all chunks of a stream, then yield each with sequences for its texts.

    They are the sequences that `vectorizer.transform` would give after `vectorizer.partial_fit` of
    every chunk, but the stream is read once, and a text is split once. Meanwhile the numbers of its
    words are in a temporary file, 4 bytes each, with all other columns; n-grams, which have no
    numbers yet, are in it as texts, and split again.

    A chunk that raises ends it. The vectorizer keeps what it learned from those before: to begin
    again from the first, take a clone.

    Parameters
    ----------
    vectorizer : SequenceVectorizer
        A new one, or one that `partial_fit` has begun with: it counts on.
    chunks : iterable of tuple
        The columns of each chunk, as long as each other: the texts, the labels if there are any,
        and others.
    folder : str or path-like, default=None
        Where the temporary file is; None takes that of :mod:`tempfile`, which on some machines is
        in memory.

    Yields
    ------
    chunk : tuple
        Sequences, an ndarray of shape (n_samples, maxlen) and dtype int32 whatever `set_output`
        asks for, and the other columns.

    Raises
    ------
    Exception
        What `partial_fit` or `chunks` raises, with the note of :func:`map_chunks`.
    OSError
        If the temporary file cannot be written.
    RuntimeError
        If the vectorizer is fitted again before the last chunk is read.

    See Also
    --------
    SequenceVectorizer.fit_transform : The same for texts that are all in memory.

    Examples
    --------
    >>> from sklearn_imdb import SequenceVectorizer
    >>> from sklearn_imdb.streaming import fit_transform_chunks
    >>> chunks = [(["a film", "the film"], [0, 1]), (["the cast"], [1])]
    >>> for X, y in fit_transform_chunks(SequenceVectorizer(maxlen=4), chunks):
    ...     print(X.tolist(), y)
    [[1, 6, 4, 0], [1, 5, 4, 0]] [0, 1]
    [[1, 5, 7, 0]] [1]
    """
    with TemporaryFile(dir=folder) as file:
        learned: Learned | None = None

        def learn(texts: Any, *columns: Any) -> None:
            nonlocal learned
            y = columns[0] if columns else None
            with vectorizer._whole_or_not_at_all():  # What cannot be kept is not learned either.
                learned = vectorizer._count_on(texts, y, keeps_documents=True)
                kept = learned.documents if learned.has_documents else texts
                pickle.dump((learned.has_documents, kept, columns), file)

        n_chunks = sum(1 for _ in map_chunks(learn, chunks))
        if learned is None:
            return
        file.seek(0)
        vocabulary, indices, recipe = learned.vocabulary, learned.indices(), learned.recipe
        maxlen, numbered_by = vectorizer.maxlen_, numbering(vocabulary, recipe.index_from)
        for _ in range(n_chunks):
            if vectorizer.vocabulary_ is not vocabulary:
                raise RuntimeError(
                    "The vectorizer was fitted again before all chunks were read that "
                    "fit_transform_chunks encodes: leave it as it is until then, or take a clone."
                )
            is_of_ids, kept, columns = pickle.load(file)
            if is_of_ids:
                ids, lengths = kept
                ends = np.cumsum([0, *lengths]).tolist()
                terms = indices[ids]
                rows = (
                    truncated(sequence_of_terms(terms[start:end], recipe), maxlen, recipe)
                    for start, end in pairwise(ends)
                )
                X = padded(rows, numbered_by, maxlen, recipe)
            else:
                X = vectorizer._encoded(kept)
            yield X, *columns


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
