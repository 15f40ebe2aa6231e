"""What a user hands to the vectorizer, checked: texts or lists of word indices, never both."""

import os
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence, Set, Sized
from itertools import chain, islice
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse

from sklearn_imdb._checks import N_SEARCHED, is_missing, refuse_lazy, show_index_label
from sklearn_imdb._convention import LARGEST_INDEX
from sklearn_imdb._progress import Progress
from sklearn_imdb._warnings import warn_user

_EXPECTED = "X must be an iterable of texts (str) or of lists of word indices (int)"

_SUFFIXES = tuple(".txt .text .md .rst .html .htm .xml .json .pdf .docx .eml".split())
"""How names of files end that hold a text."""

_READ_FILES = "Pass [Path(name).read_text() for name in names] or use sklearn.datasets.load_files."


class Documents:
    """Documents that are all texts or all word indices; each is checked as it is read.

    An iterator is read once, document after document, and but for the first few none is held.
    """

    def __init__(self, X: Iterable[Any], progress: Progress | None = None) -> None:
        documents = _check_iterable(X)
        first = list(islice(documents, N_SEARCHED))
        self.is_empty = not first
        self.are_texts = self.is_empty or isinstance(first[0], str)
        if 2 * sum(map(_names_file, first)) > len(first):
            warn_user(
                f"X holds names of files, such as {first[0]!r}, and each name is used as a text. "
                f"{_READ_FILES}"
            )
        self._X = X
        documents = chain(first, documents)
        self._documents = documents if progress is None else progress.over(documents)

    def __iter__(self) -> Iterator[Any]:
        for row, document in enumerate(self._documents):
            if not self.are_texts:
                yield self._check_indices(document, row)
            elif isinstance(document, str):
                yield document
            else:
                raise self._wrong_type(document, row, others="texts")

    def _check_indices(self, document: Any, row: int) -> npt.NDArray[np.integer]:
        if hasattr(document, "to_list"):  # A list in a column of polars.
            document = document.to_list()
        is_list = isinstance(document, list | tuple | np.ndarray)
        try:
            indices = np.asarray(document if is_list else None)
        except ValueError:  # A ragged list, of which numpy makes no array.
            indices = np.array(None)
        if indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iuf"):
            raise self._wrong_type(document, row, others="" if is_list else "lists")
        if indices.size == 0:
            return np.empty(0, dtype=np.int32)
        if indices.dtype.kind == "f":
            raise ValueError(f"X[{row}] must hold integers, got {indices[0]} of {indices.dtype}.")
        for index in (indices.min(), indices.max()):
            if not 0 <= index <= LARGEST_INDEX:
                raise ValueError(
                    f"X[{row}] must hold word indices from 0 to {LARGEST_INDEX}, got {index}."
                )
        return indices.astype(np.int32, copy=False)

    def _wrong_type(self, document: Any, row: int, others: str) -> TypeError:
        where = f" where the documents before it are {others}" if row and others else ""
        got = f"X[{row}] = {document!r:.60} of type {type(document).__name__}{where}"
        remedy = _find_remedy(document) + show_index_label(self._X, row)
        return TypeError(f"{_EXPECTED}, got {got}.{remedy}")


def materialized(X: Iterable[Any]) -> Iterable[Any]:
    """Return `X`, or the list of its documents where `X` can be read only once."""
    documents = _check_iterable(X)
    return X if isinstance(X, Sized) else list(documents)


def _check_iterable(X: Any) -> Iterator[Any]:
    if isinstance(X, list):  # The checks below take an eighth of one short text's encoding.
        return iter(X)
    if isinstance(X, str | bytes):
        remedy = _READ_FILES if _names_file(X) or os.path.isdir(X) else "Pass a list, [text]."
        raise ValueError(f"{_EXPECTED}, got one {type(X).__name__}. {remedy}")
    refuse_lazy(X, "X")
    if len(getattr(X, "column_names", ())) == 1:  # A table of pyarrow.
        X = X.column(0)
    if hasattr(X, "to_pylist") and not hasattr(X, "column_names"):  # An array.
        X = X.to_pylist()
    shape: tuple[int, ...] = getattr(X, "shape", (0,))
    is_table = len(shape) != 1 and getattr(getattr(X, "dtype", None), "kind", "O") not in "iu"
    if is_table and len(shape) == 2 and shape[1] == 1 and not issparse(X):
        return iter(np.asarray(X, dtype=object)[:, 0].tolist())
    is_set = isinstance(X, Set) and not isinstance(X, KeysView)
    if is_table or issparse(X) or isinstance(X, Mapping) or is_set:
        of_shape = f" of shape {shape}" if len(shape) != 1 else ""
        raise TypeError(f"{_EXPECTED}, got a {type(X).__name__}{of_shape}: {_find_column(X)}.")
    try:
        return iter(X)
    except TypeError:
        remedy = "" if X is None else _find_remedy(X)
        raise TypeError(f"{_EXPECTED}, got {X!r} of type {type(X).__name__}.{remedy}") from None


# -- what to do about it ----------------------------------------------------------------------


def _names_file(text: Any) -> bool:
    """Whether a text is the name of a file that is there, or ends as names of text files do.

    A name has a suffix, or separators and no space. Prose has neither.
    """
    if not isinstance(text, str):
        return False
    is_one_word = " " not in text
    if "." not in text[-6:-1] and not (is_one_word and ("/" in text or "\\" in text)):
        return False
    return (is_one_word and text.lower().endswith(_SUFFIXES)) or os.path.isfile(text)


def _find_column(X: Any) -> str:
    """Return how to take one column of a table."""
    names = list(X.columns) if hasattr(X, "iloc") else []
    if twins := [name for name in names if names.count(name) > 1]:
        return f"some columns share the name {twins[0]!r}; pass X.iloc[:, {names.index(twins[0])}]"
    if isinstance(X, Set) or issparse(X):
        return "pass a list of texts"
    how = "X[:, 0]" if isinstance(X, np.ndarray) else "X['text']"
    return f"pass one column of texts, such as {how}"


def _find_remedy(document: Any) -> str:
    """Return what to do about a document of the wrong type, behind a space; "" if unknown."""
    if is_missing(document):
        return " A text is missing: fill it, or drop the row."
    if isinstance(document, bytes):
        return " Decode it first."
    if hasattr(document, "as_py"):
        return " For an array of pyarrow, pass X.to_pylist()."
    if hasattr(document, "__fspath__") or hasattr(document, "read"):
        return f" A file or a path is no text. {_READ_FILES}"
    if isinstance(document, Real | np.bool_):
        return " A number is no text. If X holds labels, swap it with y: the texts come first."
    if isinstance(getattr(document, "text", None), str):  # Of spaCy.
        return " Pass [document.text for document in X]."
    return _find_remedy_of_row(document)


def _find_remedy_of_row(row: Any) -> str:
    """Return how to make a text of a row of a database, of a record, or of a list of words."""
    is_list = isinstance(row, Sequence) or (isinstance(row, np.ndarray) and row.ndim > 0)
    if is_list:
        fields = dict(enumerate(row))
    elif hasattr(row, "keys"):
        fields = dict(row)
    else:
        names = getattr(getattr(row, "dtype", None), "names", None) or ()  # A record of NumPy.
        fields = {name: row[name] for name in names}
    texts = {key: item for key, item in fields.items() if isinstance(item, str)}
    if not texts and all(map(is_missing, fields.values())):  # NULL of a database.
        texts = dict.fromkeys(fields, "")
    if not texts:
        return ""
    longest = max(texts, key=lambda key: len(texts[key]))
    has_spaces = any(" " in item for item in texts.values())
    may_be_words = is_list and len(texts) == len(fields) and (len(texts) > 1 or not has_spaces)
    remedy = ""
    if not may_be_words or has_spaces or len(texts) == 1 or isinstance(row, tuple):
        remedy += f" For rows of a table, pass one column, [row[{longest!r}] for row in X]."
    if may_be_words:
        remedy += ' For word lists pass [" ".join(words) for words in X], with tokenizer=str.split.'
    return remedy
