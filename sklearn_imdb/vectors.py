"""Embeddings to start from, made of word vectors that were learned elsewhere."""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Container, Iterator, Mapping, Sequence, Set
from importlib import import_module
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
    """Number of words of the vocabulary that have a vector."""
    n_words: int
    """Number of words and n-grams of the vocabulary. Subwords have no vectors."""


def initial_embedding(
    vectorizer: SequenceVectorizer, vectors: Mapping[str, Any] | str | PathLike[str]
) -> InitialEmbedding:
    """Arrange word vectors for the vocabulary of a fitted vectorizer.

    A word is looked up as it stands in `vocabulary_`, mostly in lower case. A word without a vector
    starts from 0 and is learned like any other.

    Parameters
    ----------
    vectorizer : SequenceVectorizer
        Fitted. The embeddings are for this fit only: a new vocabulary gives words other indices.
    vectors : mapping of str to array-like of shape (embedding_dim,), or path
        A dict, gensim's `KeyedVectors`, or the path of a text file in UTF-8, as word2vec, GloVe and
        fastText (.vec) write it. A line is a word and its numbers, separated by spaces or tabs. The
        file may be compressed by gzip, bzip2 or xz, or be the only file of a zip archive. Only the
        vectors of known words are held in memory. Load a binary file (.bin, .pkl, .magnitude) with
        the library that it was made for: gensim, fasttext, pickle or pymagnitude. Pass the mapping
        that it returns: see the examples.

    Returns
    -------
    found : InitialEmbedding

    Raises
    ------
    NotFittedError
        If the vectorizer is not fitted.
    OSError
        If the file cannot be read or decompressed.
    TypeError
        If `vectors` is no mapping and no path.
    ValueError
        If a vector has another length than the others or is not finite, or no word of the
        vocabulary has a vector; if a line of the file is not a word and its numbers, as in binary
        files; or if an archive holds several files.

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

    Binary vectors of word2vec, by gensim:

    >>> from gensim.models import KeyedVectors  # doctest: +SKIP
    >>> vectors = KeyedVectors.load_word2vec_format("news.bin.gz", binary=True)  # doctest: +SKIP
    >>> start = initial_embedding(vectorizer, vectors)  # doctest: +SKIP
    """
    check_is_fitted(vectorizer)
    vocabulary, offset = vectorizer.vocabulary_, vectorizer.index_from
    check_has_words(vocabulary)
    index_of = {word: rank + offset for word, rank in vocabulary.items() if not is_subword(word)}
    if isinstance(vectors, str | PathLike):
        found = _read_vectors(Path(vectors), index_of)
    elif hasattr(vectors, "__contains__") and not isinstance(vectors, Sequence | Set | np.ndarray):
        known = (word for word in index_of if word in vectors)
        found = ((word, np.atleast_1d(np.asarray(vectors[word], np.float64))) for word in known)
    else:
        got = type(vectors).__name__
        raise TypeError(f"vectors must map words to vectors or be the path of a file, got a {got}.")
    table: npt.NDArray[np.float32] | None = None
    missing = set(index_of)
    for word, vector in found:
        if table is None:
            table = np.zeros((max(vocabulary.values()) + offset + 1, len(vector)), np.float32)
        if vector.shape != table.shape[1:] or not np.isfinite(vector).all():
            raise ValueError(
                f"vectors must have {len(table.T)} finite numbers for each word, got {vector!r} "
                f"for {word!r}."
            )
        table[index_of[word]] = vector
        missing.discard(word)
    if table is None:
        raise ValueError(
            f"vectors has none of the {len(index_of)} words of the vocabulary, such as "
            f"{next(iter(index_of))!r}. Are its words capitalised, or of another language?"
        )
    return InitialEmbedding(table, len(index_of) - len(missing), len(index_of))


_OTHER_FILES = (
    " A file must be text in UTF-8, plain or compressed by gzip, bzip2, xz or zip. Unpack other "
    "archives. Load a binary file with its own library, and pass what this returns: a .bin of "
    "word2vec with gensim.models.KeyedVectors.load_word2vec_format(path, binary=True), a .bin of "
    "fastText with fasttext.load_model(path), a file of gensim with "
    "gensim.models.KeyedVectors.load(path), a .pkl with pickle.load, a .magnitude with "
    "pymagnitude.Magnitude(path)."
)

_LINE = re.compile(rb"(?i)[^\0]+?((?:\s+[-+]?(?:[\d.]+(?:e[-+]?\d+)?|nan|inf))+)")


def _read_vectors(path: Path, words: Container[str]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield each of the words that has a vector, with it."""
    length, is_checked = 0, False
    for number, line in enumerate(_read_lines(path), 1):
        line = (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip()
        if not line:
            continue
        if not length:
            if number == 1 and re.fullmatch(rb"\d+\s+\d+", line):
                length = int(line.split()[1])  # word2vec's count and length.
                continue
            found = _LINE.fullmatch(line)
            length = len(found[1].split()) if found else 0
        # bytes.rsplit splits at ASCII's white space alone: U+00A0 may be a word. A word may also
        # have spaces in it.
        name, *numbers = line.rsplit(maxsplit=length)
        word = name.decode("utf-8", "replace")
        if is_checked and word not in words:
            continue
        try:
            vector = np.array([float(field) for field in numbers])
            if not 0 < len(vector) == length:
                raise ValueError(f"there are {len(vector)}")
        except ValueError as error:
            raise ValueError(
                f"{path}, line {number}: expected a word and {length or 'its'} numbers, got "
                f"{line[:60].decode('utf-8', 'replace')!r}: {str(error)[:80]}."
                + ("" if is_checked else _OTHER_FILES)
            ) from error
        is_checked = True
        if word in words:
            yield word, vector


def _open_zip(file: Any) -> Any:
    """Open the only file of a zip archive."""
    archive = zipfile.ZipFile(file)
    names = [n for n in archive.namelist() if not (n.endswith("/") or n.startswith("__MACOSX/"))]
    if len(names) != 1:
        raise ValueError(
            f"{file.name} is an archive of {len(names)} files, such as {names[:9]}. Unpack it, and "
            "pass the path of one file."
        )
    return archive.open(names[0])


_MODULES = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "lzma", b"PK\3\4": "zipfile"}
"""The modules that decompress files, by how a file begins. Its name may be wrong, because a browser
decompresses a .gz and keeps the name."""


def _read_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, compressed or not."""
    with path.open("rb") as file:
        start = file.peek(6)
        module = next((name for sign, name in _MODULES.items() if start.startswith(sign)), "")
        if not module:
            yield from file
            return
        try:
            # Imported here, because Python can be built without bz2 and lzma.
            opener = _open_zip if module == "zipfile" else import_module(module).open
            with opener(file) as content:
                yield from content
        except ValueError:
            raise
        except Exception as error:  # Each module raises kinds of its own.
            raise OSError(f"{path} cannot be decompressed: {error}. Is it complete?") from error
