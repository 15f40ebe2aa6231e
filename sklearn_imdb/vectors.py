"""Word vectors that were learned elsewhere, as embeddings to start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from sklearn_imdb._text.subwords import is_subword
from sklearn_imdb._text.vocabulary import check_has_words
from sklearn_imdb.text import SequenceVectorizer

__all__ = ["InitialEmbedding", "initial_embedding"]


class InitialEmbedding(NamedTuple):
    """Embeddings to start from, and how many of the vocabulary's words have one."""

    embedding: npt.NDArray[np.float32]
    """For the parameter `initial_embedding` of the classifier, shape (input_dim, embedding_dim).
    Rows of words without a vector, and of reserved indices, are 0."""
    n_found: int
    """Words of the vocabulary that have a vector."""
    n_words: int
    """Words and n-grams of the vocabulary; subwords, which no vectors are of, are not counted."""


def initial_embedding(
    vectorizer: SequenceVectorizer, vectors: Mapping[str, Any] | str | PathLike[str]
) -> InitialEmbedding:
    """Arrange word vectors for the vocabulary of a fitted vectorizer.

    A word is looked up as it stands in `vocabulary_`, mostly in lower case. A word without a vector
    starts from 0 and is learned like any other.

    Parameters
    ----------
    vectorizer : SequenceVectorizer
        Fitted. Fit no other on top of it: another vocabulary numbers words otherwise.
    vectors : mapping of str to array-like of shape (embedding_dim,), or path
        A dict, gensim's `KeyedVectors`, or the path of a text file in UTF-8, as word2vec and GloVe
        write it. A line is a word and its numbers, with spaces between. Of a file only the vectors
        of known words are held in memory.

    Returns
    -------
    found : InitialEmbedding

    Raises
    ------
    NotFittedError
        If the vectorizer is not fitted.
    OSError
        If the file cannot be read.
    TypeError
        If `vectors` is no mapping and no path.
    ValueError
        If a vector has another length than the others or is not finite, or no word of the
        vocabulary has a vector; or if a line of the file is not a word and its numbers.

    See Also
    --------
    EmbeddingAverageClassifier : Takes the embeddings.

    References
    ----------
    J. Pennington, R. Socher and C. D. Manning, "GloVe: Global Vectors for Word Representation",
    EMNLP 2014.

    Examples
    --------
    >>> from sklearn_imdb import EmbeddingAverageClassifier, SequenceVectorizer
    >>> from sklearn_imdb.vectors import initial_embedding
    >>> texts, y = ["a fine play", "a dull play"] * 20, [1, 0] * 20
    >>> vectorizer = SequenceVectorizer(maxlen=4).fit(texts)
    >>> start = initial_embedding(vectorizer, {"fine": [1.0, 0.0], "dull": [-1.0, 0.0]})
    >>> f"{start.n_found} of {start.n_words} words have a vector."
    '2 of 4 words have a vector.'
    >>> classifier = EmbeddingAverageClassifier(
    ...     initial_embedding=start.embedding, embedding_dim="auto", epochs=5, batch_size=4
    ... ).fit(vectorizer.transform(texts), y)
    >>> classifier.embedding_dim_
    2
    """
    check_is_fitted(vectorizer)
    check_has_words(vectorizer.vocabulary_)
    index_of = {
        word: rank + vectorizer.index_from
        for word, rank in vectorizer.vocabulary_.items()
        if not is_subword(word)
    }
    table: npt.NDArray[np.float32] | None = None
    n_found = 0
    for word, vector in _found(vectors, index_of):
        if table is None:
            largest = max(vectorizer.vocabulary_.values()) + vectorizer.index_from
            table = np.zeros((largest + 1, len(vector)), np.float32)
        if vector.shape != table.shape[1:] or not np.isfinite(vector).all():
            raise ValueError(
                f"vectors must have {table.shape[1]} finite numbers for each word, as for the "
                f"first one, got {vector!r} for {word!r}."
            )
        table[index_of[word]] = vector
        n_found += 1
    if table is None:
        raise ValueError(
            f"vectors has none of the {len(index_of)} words of the vocabulary, such as "
            f"{next(iter(index_of))!r}: words are looked up as they stand in vocabulary_. Are "
            "those of vectors capitalised, or of another language?"
        )
    return InitialEmbedding(table, n_found, len(index_of))


def _found(
    vectors: Any, words: Mapping[str, int]
) -> Iterator[tuple[str, npt.NDArray[np.floating]]]:
    """Yield each of the words that has a vector, with it."""
    if isinstance(vectors, str | PathLike):
        yield from _found_in_file(Path(vectors), words)
        return
    if not (hasattr(vectors, "__getitem__") and hasattr(vectors, "__contains__")) or isinstance(
        vectors, list | tuple | np.ndarray
    ):
        raise TypeError(
            "vectors must map words to vectors, as a dict or gensim's KeyedVectors, or be the path "
            f"of a text file, got a {type(vectors).__name__}."
        )
    for word in words:
        if word in vectors:
            yield word, np.atleast_1d(np.asarray(vectors[word], dtype=np.float64))


def _found_in_file(
    path: Path, words: Mapping[str, int]
) -> Iterator[tuple[str, npt.NDArray[np.floating]]]:
    length = 0
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, 1):
            fields = line.rstrip().split(" ")
            if number == 1 and len(fields) == 2 and all(map(str.isdigit, fields)):
                # word2vec's count and length.
                continue
            length = length or len(fields) - 1
            # A word may hold spaces.
            word, *numbers = line.rstrip().rsplit(" ", length)
            if word not in words:
                continue
            try:
                yield word, np.array(numbers, dtype=np.float64)
            except ValueError as error:
                raise ValueError(
                    f"{path}, line {number}: expected a word and {length} numbers, got "
                    f"{line[:60]!r}: {error}."
                ) from error
