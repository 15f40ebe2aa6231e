"""Fits a pipeline on a stream of chunks, or calls a function on each chunk.

Errors say in which chunk they arose.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, count, islice
from os import PathLike
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_consistent_length

from sklearn_imdb._base import learn_whole_or_not_at_all
from sklearn_imdb._checks import refuse_swapped
from sklearn_imdb._convention import LARGEST_INDEX
from sklearn_imdb._numbering import numbering
from sklearn_imdb._progress import Progress
from sklearn_imdb._targets import Targets, check_classes, check_targets
from sklearn_imdb._text.counts import WordCounts
from sklearn_imdb._text.documents import Documents
from sklearn_imdb._text.encoding import Encoder, pad_sequences
from sklearn_imdb._text.learner import VocabularyLearner
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.row_file import Row, RowFile, join_rows
from sklearn_imdb._training.rows import Rows, StreamedRows, check_pair, check_weights, find_weighted
from sklearn_imdb._training.sequences import ROWS_AT_ONCE, Words
from sklearn_imdb._warnings import warn_user
from sklearn_imdb.classifier import BaseEmbeddingAverage, find_targets, fit_on_rows
from sklearn_imdb.pipelines import find_steps
from sklearn_imdb.text import check_recipe, find_term_targets, keep_learned

__all__ = ["fit_stream", "map_chunks"]

T = TypeVar("T")


def fit_stream(
    pipeline: Pipeline,
    chunks: Iterable[Any] | Callable[[], Iterable[Any]],
    *,
    X_val: Iterable[str] | None = None,
    y_val: npt.ArrayLike | None = None,
    epochs: int | None = None,
    classes: npt.ArrayLike | None = None,
    columns: Sequence[Any] = ("text", "y"),
    verbose: int = 0,
    folder: str | PathLike[str] | None = None,
) -> Pipeline:
    """Fit a pipeline on texts that do not fit into memory together.

    The stream is read once. The words are counted first, then the class evidence, and then the
    network is trained, chunk after chunk. The result is the same as with a `fit` that shuffles rows
    only within each chunk.

    Parameters
    ----------
    pipeline : Pipeline
        A pipeline of a :class:`SequenceVectorizer` and an :class:`EmbeddingAverageClassifier`. It
        is fitted anew, whatever it has learned before.
    chunks : iterable of tuple, callable, or Dask dataframe
        Chunks `(texts, y)` or `(texts, y, sample_weight)`; or a function without arguments that
        returns them; or a Dask dataframe, each partition of which is a chunk. Rows should be in
        random order.
    X_val : iterable of str, default=None
        Texts to validate on after every epoch. `early_stopping` needs them, because no rows of a
        stream are held out.
    y_val : array-like of shape (n_val,), default=None
        Labels of `X_val`.
    epochs : int, default=None
        Number of epochs. If None, the classifier's `epochs`.
    classes : array-like of shape (n_classes,), default=None
        All labels of the stream. With several labels per text, the column numbers of y. If None,
        the labels are found in the chunks.
    columns : tuple, default=("text", "y")
        The columns of a Dask dataframe: texts, labels and, if there is a third, sample weights. For
        several labels per text, the second is a list of columns.
    verbose : int, default=0
        Whether to show progress, as the classifier does.
    folder : str or path-like, default=None
        Folder of the temporary files. If None, the folder of :mod:`tempfile`, which on some
        machines is in memory. The files take 4 bytes for each word of the texts, and 4 bytes for
        each index of the sequences. For each n from 1 to the largest of `ngram_range`, n-grams take
        another 4 bytes per word, always in the folder of :mod:`tempfile`.

    Returns
    -------
    pipeline : Pipeline
        The pipeline that was given, fitted.

    Raises
    ------
    TypeError
        If `pipeline` has other steps, or a chunk is no such tuple.
    ValueError
        If `fit` would raise one, if there is no chunk, or if `early_stopping` watches a `"val_"`
        monitor and `X_val` is missing. If a Dask dataframe lacks one of `columns`, or there is no
        client.
    ImportError
        If the dataframe is Dask's, and `distributed` is not installed.
    Exception
        What `chunks` raises. An error in a chunk has the note of :func:`map_chunks`. Every error
        leaves the pipeline as it was.

    See Also
    --------
    SequenceVectorizer.partial_fit, EmbeddingAverageClassifier.partial_fit : Prefer them for a
        stream without an end.

    Notes
    -----
    Memory holds a chunk, the labels, the different words with their counts, the n-grams that enough
    texts contain, the validation rows and the network. Counting the n-grams takes some 400 MB more.

    The workers of the current `distributed.Client` read the partitions of a Dask dataframe, split
    the texts into words and count them. If the vocabulary is given, they encode the texts instead.
    The calling process merges the words in the order of the partitions, counts n-grams and trains.
    The result is bitwise the same as with the partitions as chunks. If a worker dies, Dask repeats
    its work.

    Examples
    --------
    >>> from sklearn_imdb import make_text_classifier
    >>> from sklearn_imdb.datasets import make_reviews
    >>> from sklearn_imdb.streaming import fit_stream
    >>> texts, y = make_reviews(2000, random_state=0)
    >>> chunks = ((texts[i : i + 500], y[i : i + 500]) for i in range(0, 2000, 500))
    >>> pipeline = fit_stream(make_text_classifier(random_state=0), chunks)
    >>> pipeline.predict(["A superb film.", "A dull film."]).tolist()
    [1, 0]
    """
    _, vectorizer, classifier = find_steps(pipeline).refuse_cleaning("to the chunks")
    parameters = {"verbose": verbose, "epochs": classifier.epochs if epochs is None else epochs}
    _check_parameters(classifier, parameters, X_val, y_val)
    recipe = check_recipe(vectorizer)
    with (
        learn_whole_or_not_at_all(vectorizer),
        learn_whole_or_not_at_all(classifier),
        RowFile(folder) as documents,
        RowFile(folder) as sequences,
    ):
        reader = _Reader(recipe, classes, documents, sequences)
        if hasattr(chunks, "__dask_graph__"):
            merged = map_chunks(reader.merge, _count_partitions(chunks, columns, reader.count))
        else:
            merged = map_chunks(reader.add, chunks() if callable(chunks) else chunks)
        with Progress("Counted chunk", None, shown=verbose > 0) as progress:
            for number, _ in enumerate(merged, 1):
                progress.update(number)
        if not reader.targets:
            raise ValueError("chunks must hold at least one text, got none.")
        labels = np.concatenate([of_chunk.labels for of_chunk in reader.targets])
        _warn_if_sorted(reader.targets)
        targets = find_targets(classifier, labels, known=reader.known)
        learned = reader.learner.learn(find_term_targets(labels, recipe))
        if learned.sequences is not None:
            while some := list(map(_unpack, islice(learned.sequences, ROWS_AT_ONCE))):
                sequences.extend(some)
        keep_learned(vectorizer, learned, sequences.lengths)
        numbered_by = numbering(learned.vocabulary, recipe.index_from)

        def read(numbers: npt.NDArray[np.intp]) -> Words:
            """Return the rows of these numbers, which are in order."""
            begin, end = int(numbers[0]), int(numbers[-1]) + 1
            rows: Sequence[Row] = sequences
            # A sample of all rows is read row by row, because the file may be large.
            if end - begin <= 2 * len(numbers):
                rows, numbers = sequences[begin:end], numbers - begin
            read_rows = (rows[number].tobytes() for number in numbers.tolist())
            return pad_sequences(read_rows, numbered_by, vectorizer.maxlen_, learned.recipe)[0]

        training = reader.make_rows(targets, read)
        validation = None
        if X_val is not None:
            of_validation = find_targets(classifier, y_val, "y_val", known=targets)
            validation = Rows(np.asarray(vectorizer.transform(X_val)), of_validation)
            check_consistent_length(validation.X, of_validation)
            if not len(validation):
                raise ValueError("X_val must hold at least one text, got none.")
        fit_on_rows(classifier, training, validation, parameters)
    return pipeline


def _check_parameters(
    classifier: BaseEmbeddingAverage, parameters: dict[str, Any], X_val: Any, y_val: Any
) -> None:
    """Raise an error for parameters that cannot work, before anything is read."""
    copied = copy(classifier)
    copied.__dict__.update(parameters)
    copied._validate_params()
    if X_val is not None or y_val is not None:
        check_pair(X_val, y_val)
    monitor = copied.monitor
    if copied.early_stopping and monitor.startswith("val_") and X_val is None:
        raise ValueError(
            f"monitor={monitor!r} needs X_val: pass X_val and y_val, or set early_stopping=False."
        )


def _warn_if_sorted(targets: list[Targets]) -> None:
    """Warn where most chunks hold one class each, and not all of them the same."""
    single = [chunk.classes[0] for chunk in targets if chunk.n_classes == 1 and len(chunk) > 1]
    if 2 * len(single) > len(targets) and len(set(single)) > 1:
        warn_user(
            f"{len(single)} of {len(targets)} chunks hold one class each. Training forgets the "
            "classes of earlier chunks: shuffle the rows before they are divided into chunks."
        )


@dataclass(frozen=True)
class _CountedChunk:
    """What is kept of a chunk in place of its texts."""

    targets: Targets
    sample_weight: npt.NDArray[np.floating] | None
    counts: WordCounts | None
    """None if the vocabulary is given."""
    rows: npt.NDArray[np.int32]
    """The ids of each text's words, or its sequence if the vocabulary is given. The rows are end to
    end, because Dask takes long to send thousands of arrays."""
    ends: npt.NDArray[np.int64]
    """Where each row begins, and the last one ends."""

    def __len__(self) -> int:
        return len(self.targets)


def _count_chunk(
    recipe: Recipe, encoder: Encoder | None, texts: Any, y: Any, sample_weight: Any = None
) -> _CountedChunk:
    """Check the columns of a chunk and count its words, here or in a worker of a cluster.

    If the vocabulary is given, its `encoder` encodes the texts instead.
    """
    if not len(texts):
        no_targets = Targets(np.empty(0), np.empty(0, np.intp), several=False)
        return _CountedChunk(no_targets, None, None, *join_rows([]))
    refuse_swapped(texts, y)
    targets = check_targets(y, is_chunk=True)
    documents = Documents(texts)
    if not documents.are_texts:
        raise TypeError(
            "fit_stream takes texts, got lists of word indices: pad them with a "
            "SequenceVectorizer, and pass the sequences to partial_fit of the classifier."
        )
    if sample_weight is not None:
        sample_weight = check_weights(sample_weight, targets.numbers, "sample_weight")
    if encoder is not None:
        sequences = list(map(_unpack, encoder(documents, LARGEST_INDEX)))
        return _CountedChunk(targets, sample_weight, None, *join_rows(sequences))
    ranked_by = targets if recipe.rank_by == "class_evidence" else None
    counts = VocabularyLearner(recipe, []).count(documents, ranked_by)
    rows, counts = counts.documents, replace(counts, documents=())
    return _CountedChunk(targets, sample_weight, counts, *join_rows(rows))


class _Reader:
    """Reads the chunks of a stream: merges their counts, and keeps labels and weights."""

    def __init__(self, recipe: Recipe, classes: Any, documents: RowFile, encoded: RowFile) -> None:
        self.learner = VocabularyLearner(recipe, documents)
        encoder, self._rows = None, documents
        if recipe.vocabulary is not None:  # It is known before the first chunk.
            learned = self.learner.learn(None)
            encoder, self._rows = Encoder(learned.vocabulary, learned.recipe), encoded
        self.count = partial(_count_chunk, recipe, encoder)
        self._classes = classes
        self.known: Targets | None = None
        """The classes that the user lists. A chunk must first tell of what kind they are."""
        self.targets: list[Targets] = []
        """The targets of each chunk that is not empty."""
        self._weights: list[npt.NDArray[np.floating]] = []
        self._are_weighted = False

    def add(self, *chunk: Any) -> None:
        if len(chunk) not in (2, 3):
            raise TypeError(
                "A chunk must be (texts, y) or (texts, y, sample_weight), got a tuple of "
                f"length {len(chunk)}."
            )
        self.merge(self.count(*chunk))

    def merge(self, chunk: _CountedChunk) -> None:
        if not len(chunk):
            return
        labels = chunk.targets.labels
        first = self.targets[0].labels if self.targets else labels
        kinds = [(some.dtype.kind in "OU", some.shape[1:]) for some in (first, labels)]
        if kinds[0] != kinds[1]:
            raise ValueError(
                f"y holds labels such as {labels[:1].tolist()[0]!r}, but earlier chunks hold "
                f"labels such as {first[:1].tolist()[0]!r}: in all chunks, labels must be text, or "
                "numbers, or rows of the same length."
            )
        if self._classes is not None and self.known is None:
            self.known = check_classes(self._classes, like=chunk.targets)
        if self.known is not None:
            check_targets(labels, known=self.known)
        rows = chunk.rows
        if chunk.counts is not None:
            [rows] = self.learner.merge(replace(chunk.counts, documents=[rows]))
        self._rows.extend_joined(rows, chunk.ends)
        self.targets.append(chunk.targets)
        weights = chunk.sample_weight
        self._are_weighted |= weights is not None
        self._weights.append(np.ones(len(chunk)) if weights is None else weights)

    def make_rows(self, targets: Targets, read: Callable[..., Words]) -> StreamedRows:
        """Return the rows to train on, which `read` returns by their numbers.

        Rows of weight 0 are left out, as in `fit`.
        """
        weights = np.concatenate(self._weights)
        numbers = find_weighted(weights, "sample_weight")
        ends = np.cumsum(list(map(len, self.targets)))
        chunks = np.split(numbers, np.searchsorted(numbers, ends[:-1]))
        sizes = [len(chunk) for chunk in chunks if len(chunk)]
        # The sample resolves "auto" parameters and `input_dim`: it has the largest index of all.
        highest = np.concatenate([read(chunk).max(axis=1) for chunk in chunks if len(chunk)])
        step = -(-len(numbers) // ROWS_AT_ONCE)
        sample = np.union1d(np.arange(0, len(numbers), step), [highest.argmax()])
        X, targets = read(numbers[sample]), targets[numbers]
        given = weights[numbers] if self._are_weighted else None
        return StreamedRows(X, targets, given, read=lambda rows: read(numbers[rows]), sizes=sizes)


def _unpack(sequence: bytes) -> npt.NDArray[np.int32]:
    return np.frombuffer(sequence, np.int32)


def _count_partitions(
    frame: Any, columns: Sequence[Any], count: Callable[..., _CountedChunk]
) -> Iterator[tuple[_CountedChunk]]:
    """Have the workers of the cluster count the partitions of a Dask dataframe.

    Yields the counts in the order of the partitions, whichever worker is done first.
    """
    from dask.base import annotate
    from dask.delayed import delayed
    from dask.distributed import default_client

    names = list(chain.from_iterable([c] if isinstance(c, Hashable) else c for c in columns))
    known = list(getattr(frame, "columns", ()))
    if not 2 <= len(columns) <= 3 or not set(names) <= set(known):
        raise ValueError(
            f"columns={columns!r} must name the columns of the texts, the labels and, if any, the "
            f"sample weights; got a {type(frame).__name__} with the columns {known}."
        )
    client = default_client()  # type: ignore[no-untyped-call]  # Dask has no types for it.
    # Delayed, so that the recipe is sent once to each worker, not with each partition.
    delayed_count = delayed(count, traverse=False)
    counted = frame[names].map_partitions(
        _count_partition, delayed_count, columns, meta=("counted", object), enforce_metadata=False
    )
    partitions = counted.to_delayed()
    with annotate(priority=_find_priority):
        futures = deque(client.compute(partitions))
    try:
        for number in range(len(futures)):
            with _noted(f"In partition {number} of the dataframe."):
                chunk = futures.popleft().result()
            yield (chunk,)
            del chunk
    finally:
        futures.clear()  # The traceback of an error would keep them, and the workers at work.


def _count_partition(partition: Any, count: Any, columns: Sequence[Any]) -> _CountedChunk:
    return count(*(partition[names] for names in columns))


def _find_priority(key: Any) -> int:
    """Return the priority of a task by its key: the first partitions come first.

    Without priorities Dask begins anywhere, and counts wait in the workers for those before them.
    """
    is_of_partition = isinstance(key, tuple) and len(key) == 2 and isinstance(key[1], int)
    return -key[1] if is_of_partition else 0


def map_chunks(function: Callable[..., T], chunks: Iterable[tuple[Any, ...]]) -> Iterator[T]:
    """Yield `function(*chunk)` for each chunk of a stream, as :func:`itertools.starmap` does.

    An error in the function or in the stream gets a note. It names the chunk and the row with which
    the chunk begins. An interrupt gets the note, too. No chunk is read ahead, and none is held
    while the next one is read. Nothing is done until the results are iterated over. The stream is
    left open after an error, so that one can go on with the next chunk. If the stream reads a file,
    open the file in a `with` statement around `map_chunks`.

    If a chunk raises in `partial_fit`, the estimator stays as it was. What it learned from earlier
    chunks is kept, and learning can go on once the stream is repaired.

    Parameters
    ----------
    function : callable
        A function of the columns of a chunk, for example `vectorizer.partial_fit`.
    chunks : iterable of tuple
        The columns of each chunk, of the same length: `(texts, y)`, or only `(texts,)`.

    Yields
    ------
    result : object
        What the function returns for each chunk.

    Raises
    ------
    TypeError
        If a chunk is no tuple of columns that have a length.
    ValueError
        If the columns of a chunk differ in length.
    Exception
        What the function or `chunks` raises, with the note.

    See Also
    --------
    fit_stream : Fits a pipeline on a stream.
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
            n_rows += _n_rows(chunk)
            result = function(*chunk)
        del chunk
        yield result


def _n_rows(chunk: Any) -> int:
    kinds = [type(column).__name__ for column in chunk] if isinstance(chunk, tuple) else []
    if not kinds or not all(isinstance(column, Sized) for column in chunk):
        raise TypeError(
            "chunks must yield tuples of columns that have a length, such as lists or arrays: "
            f"(texts, y), or (texts,) for one column. Got a {type(chunk).__name__}"
            f"{f' of {kinds}' if kinds else ''}."
        )
    lengths = [column.shape[0] if issparse(column) else len(column) for column in chunk]
    if len(set(lengths)) > 1:
        raise ValueError(f"chunks must yield columns of the same length, got {lengths} in one.")
    return lengths[0]


@contextmanager
def _noted(where: str) -> Iterator[None]:
    try:
        yield
    except BaseException as error:  # An interrupt, too, tells where to go on.
        error.add_note(where)
        raise
