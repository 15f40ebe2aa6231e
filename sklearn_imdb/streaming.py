"""Chunk after chunk of a stream: to a fitted pipeline, through a function, or to sequences.

Errors say in which chunk they arose.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from itertools import count, islice, pairwise
from numbers import Integral
from os import PathLike
from tempfile import TemporaryFile
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline

from sklearn_imdb._checks import checked_labels
from sklearn_imdb._convention import LARGEST_INDEX
from sklearn_imdb._numbering import numbering
from sklearn_imdb._progress import Progress
from sklearn_imdb._text.documents import Documents
from sklearn_imdb._text.encoding import (
    TextEncoder,
    length_for,
    padded,
    sequence_of_terms,
)
from sklearn_imdb._text.learning import ChunkLearner, Learned
from sklearn_imdb._text.row_file import RowFile
from sklearn_imdb.classifier import EmbeddingAverageClassifier
from sklearn_imdb.text import SequenceVectorizer

__all__ = ["fit_stream", "fit_transform_chunks", "map_chunks"]

T = TypeVar("T")

_ROWS_AT_ONCE = 4096


def fit_stream(
    pipeline: Pipeline,
    read_chunks: Callable[[], Iterable[tuple[Any, Any]]],
    *,
    epochs: int | None = None,
    classes: npt.ArrayLike | None = None,
    verbose: int = 0,
    folder: str | PathLike[str] | None = None,
) -> Pipeline:
    """Fit a pipeline on texts that do not fit into memory together.

    The words are counted first, then the class evidence, and then the network is trained, chunk
    after chunk. A text is read and cut once. The result is what `fit` would give on as many epochs
    that shuffle the rows of each chunk, and not the chunks.

    Parameters
    ----------
    pipeline : Pipeline
        Of a :class:`SequenceVectorizer` and an :class:`EmbeddingAverageClassifier`. It is fitted
        anew, whatever it has learned before.
    read_chunks : callable
        Called without arguments, returns the chunks from the first on: an iterator of
        `(texts, y)`. It is called a second time where the vocabulary is given, and for n-grams with
        `oov_char`, and must give the same rows then. Rows should be in random order.
    epochs : int, default=None
        Passes over the stream; None takes the classifier's `epochs`. There is no early stopping.
    classes : array-like of shape (n_classes,), default=None
        All labels there will be; None finds them. Of several labels a text the numbers of their
        columns.
    verbose : int, default=0
        Whether to show progress.
    folder : str or path-like, default=None
        Where the temporary files are; None takes that of :mod:`tempfile`, which on some machines is
        in memory. They take 4 bytes for each word, and 4 for each index of the sequences. N-grams
        take 4 more for each word and size, always in the folder of :mod:`tempfile`.

    Returns
    -------
    pipeline : Pipeline
        The pipeline that was given, fitted.

    Raises
    ------
    TypeError
        If `pipeline` is of other steps, `read_chunks` is no function, or a chunk is no
        `(texts, y)`.
    ValueError
        Where `fit` would, or if there is no chunk.
    Exception
        What `read_chunks` raises. An error in a chunk has the note of :func:`map_chunks`. Every
        error leaves the pipeline as it was.

    See Also
    --------
    SequenceVectorizer.partial_fit, EmbeddingAverageClassifier.partial_fit : The same by hand, where
        the stream has no end.

    Notes
    -----
    Memory holds a chunk, the labels, the different words with their counts, the n-grams that enough
    texts contain, some 400 MB to count n-grams in, and the network.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> from sklearn_imdb.streaming import fit_stream
    >>> texts, y = make_reviews(2000, random_state=0)
    >>> def read_chunks():
    ...     for start in range(0, 2000, 500):
    ...         yield texts[start : start + 500], y[start : start + 500]
    >>> pipeline = fit_stream(make_text_classifier(random_state=0), read_chunks)
    >>> pipeline.predict(["A superb film.", "A dull film."]).tolist()
    [1, 0]
    """
    steps = [step for _, step in pipeline.steps] if isinstance(pipeline, Pipeline) else []
    match steps:
        case [SequenceVectorizer() as vectorizer, EmbeddingAverageClassifier() as classifier]:
            pass
        case _:
            got = ", ".join(type(step).__name__ for step in steps) or type(pipeline).__name__
            raise TypeError(
                "pipeline must be a Pipeline of a SequenceVectorizer and an "
                f"EmbeddingAverageClassifier, got {got}. What a step before them does to texts is "
                "to be done in read_chunks."
            )
    if not callable(read_chunks):
        raise TypeError(
            "read_chunks must be a function that returns the chunks from the first on, got a "
            f"{type(read_chunks).__name__}: for chunks in a list pass lambda: chunks."
        )
    if epochs is None:
        epochs = classifier.epochs
    parameters = {**classifier.get_params(deep=False), "epochs": epochs}
    EmbeddingAverageClassifier(**parameters)._validate_params()
    recipe = vectorizer._checked_recipe()
    with (
        vectorizer._whole_or_not_at_all(),
        classifier._whole_or_not_at_all(),
        RowFile(folder) as documents,
        RowFile(folder) as rows,
    ):
        learner = ChunkLearner(recipe, documents)
        labels: list[npt.NDArray[Any]] = []

        def count_words(texts: Any, y: Any) -> None:
            if len(texts):
                labels.append(_checked_like(labels, y))
                learner.add(_texts(texts), y)

        with Progress("Counted chunk", None, shown=verbose > 0) as progress:
            for number, _ in enumerate(map_chunks(count_words, _pairs(read_chunks())), 1):
                progress.update(number)
        if not labels:
            raise ValueError("read_chunks() must return at least one text, got none.")
        y = np.concatenate(labels)
        learned = learner.learned(y)
        recipe = learned.recipe
        if learned.has_documents:
            sequences = learned.sequences()
            while some := list(islice(sequences, _ROWS_AT_ONCE)):
                rows.extend([_unpacked(sequence_of_terms(terms, recipe)) for terms in some])
        else:
            encoder = TextEncoder(learned.vocabulary, recipe)
            again: list[npt.NDArray[Any]] = []

            def encode(texts: Any, y: Any) -> None:
                if len(texts):
                    again.append(_checked_like(labels, y))
                rows.extend(list(map(_unpacked, encoder(_texts(texts), LARGEST_INDEX))))

            for _ in map_chunks(encode, _pairs(read_chunks())):
                pass
            if len(rows) != len(y):
                raise ValueError(
                    f"read_chunks() gave {len(y)} rows in all, and {len(rows)} when it was called "
                    "again: it must return the same chunks, from the first on."
                )
            if not np.array_equal(np.concatenate(again), y):
                raise ValueError(
                    "read_chunks() gave other labels, or in another order, when it was called "
                    "again: it must return the same chunks. Shuffle by a generator of the same "
                    "seed in each call."
                )
        vectorizer.__dict__.pop("_counted", None)
        vectorizer._set_learned(learned, recipe.maxlen)
        if not isinstance(recipe.maxlen, Integral):
            finds_all = recipe.maxlen is None
            vectorizer.maxlen_ = length_for(rows.lengths, finds_all=finds_all)
        vectorizer.cut_share_ = float(np.mean(rows.lengths > vectorizer.maxlen_))
        maxlen, numbered_by = vectorizer.maxlen_, numbering(learned.vocabulary, recipe.index_from)

        def encoded(some: Iterable[npt.NDArray[np.int32]]) -> npt.NDArray[np.int32]:
            return padded(map(np.ndarray.tobytes, some), numbered_by, maxlen, recipe)[0]

        # Some rows tell what a training is to be like; the largest index is to be among theirs.
        largest = max(enumerate(rows), key=lambda row: row[1].max(initial=0))[0]
        sample = np.union1d(np.arange(0, len(y), -(-len(y) // _ROWS_AT_ONCE)), [largest])
        classifier._fit_stream(
            lambda begin, end: encoded(rows[begin:end]),
            list(map(len, labels)),
            y,
            classes,
            sample,
            encoded(rows[number] for number in sample.tolist()),
            {"epochs": epochs, "verbose": verbose},
        )
    return pipeline


def _texts(texts: Any) -> Documents:
    documents = Documents(texts)
    if not documents.are_texts:
        raise TypeError(
            "fit_stream takes texts, got lists of word indices: train with partial_fit of an "
            "EmbeddingAverageClassifier, on the padded rows that SequenceVectorizer makes of them."
        )
    return documents


def _checked_like(before: list[npt.NDArray[Any]], y: Any) -> npt.NDArray[Any]:
    """Return the labels of a chunk, which are to be of the kind of those before."""
    labels = checked_labels(y, are_known=True)
    if before:
        kinds = [(found.dtype.kind in "OU", found.shape[1:]) for found in (before[0], labels)]
        if kinds[0] != kinds[1]:
            others, these = (found[:1].tolist()[0] for found in (before[0], labels))
            raise ValueError(
                f"y holds labels such as {these!r}, and the chunks before hold labels such as "
                f"{others!r}: labels are all text, all numbers, or rows of a matrix with the same "
                "columns."
            )
    return labels


def _pairs(chunks: Iterable[Any]) -> Iterator[Any]:
    for chunk in chunks:
        if isinstance(chunk, tuple) and len(chunk) != 2:
            raise TypeError(f"A chunk must be a pair (texts, y), got a tuple of {len(chunk)}.")
        yield chunk


def _unpacked(sequence: bytes) -> npt.NDArray[np.int32]:
    return np.frombuffer(sequence, np.int32)


def map_chunks(function: Callable[..., T], chunks: Iterable[tuple[Any, ...]]) -> Iterator[T]:
    """Yield `function(*chunk)` for each chunk of a stream, as :func:`itertools.starmap` does.

    An error of the function, or of whatever reads the stream, gets a note. The note says in which
    chunk of the stream the error arose, and with which row the chunk begins. So does an interrupt.
    Nothing is read ahead, and no chunk is held when the next one is read. Nothing is done until the
    results are iterated over. The stream is left open after an error, so that one may go on with
    the next chunk: put the `with` statement that opens a file around `map_chunks`.

    `partial_fit` of either estimator leaves it as it was where a chunk raises. What was learned
    from the chunks before is kept, and learning can go on once the stream is mended.

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
    every chunk. But the stream is read once, and a text is split once. Meanwhile the numbers of its
    words are in a temporary file, 4 bytes each, with all other columns. With n-grams the texts are
    in the file, and are split again.

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
                    sequence_of_terms(terms[start:end], recipe) for start, end in pairwise(ends)
                )
                X, _ = padded(rows, numbered_by, maxlen, recipe)
            else:
                X, _ = vectorizer._encoded(kept)
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
    lengths = [column.shape[0] if issparse(column) else len(column) for column in chunk]
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
