"""A text's terms to their word indices, as many as a sequence has room for."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import numpy as np
import numpy.typing as npt

from sklearn_imdb._text.ngrams import NgramTable, ngram_spans
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.tokens import Key, make_tokenizer

_INDEX_BYTES = np.dtype(np.int32).itemsize

_TEXTS_AT_ONCE = 256
"""Texts whose n-grams are looked up together; an iterator is read ahead by as many."""


class TextEncoder:
    """Turns a text into the indices of its terms; holds the look-up table of a vocabulary.

    An encoder is never pickled: a loaded vectorizer makes its own.
    """

    def __init__(self, vocabulary: Mapping[str, int], recipe: Recipe) -> None:
        if not vocabulary:
            raise ValueError(
                "X holds texts, but this SequenceVectorizer knows no words, because it was fitted "
                "on index lists or no word was kept yet: fit it on texts, or give it a vocabulary."
            )
        self.recipe = recipe
        self._tokenizer = tokenizer = make_tokenizer(recipe)
        self._space = tokenizer.key(" ")
        self._drops_unknown = recipe.oov_char is None
        self._table: NgramTable | None = None
        if not recipe.is_of_words and self._drops_unknown:
            terms = {
                tuple(tokenizer.key(term).split(self._space)): rank + recipe.index_from
                for term, rank in vocabulary.items()
            }
            self._table = NgramTable(terms, recipe.ngram_range, recipe.binary)
            return
        unknown = b"" if recipe.oov_char is None else _index_as_bytes(recipe.oov_char)
        self._index_of = _IndexOf(
            {
                tokenizer.key(term): _index_as_bytes(rank + recipe.index_from)
                for term, rank in vocabulary.items()
            },
            unknown,
        ).__getitem__

    def __call__(self, texts: Iterable[str]) -> Iterator[bytes]:
        """Yield the indices of each text's terms, at most `maxlen`, as the bytes of int32."""
        if self._table is None:
            yield from map(self._of_text, texts)
            return
        texts = iter(texts)
        while some := list(islice(texts, _TEXTS_AT_ONCE)):
            documents = self._table.sequences(list(map(self._tokenizer.split, some)))
            yield from sequences_of_terms(documents, self.recipe)

    def _of_text(self, text: str) -> bytes:
        recipe = self.recipe
        if self._drops_unknown or recipe.binary or not recipe.is_of_words:
            terms = self._tokenizer.split(text)
            if not recipe.is_of_words:
                terms = self._ngrams(terms)
            if recipe.binary:
                terms = list(dict.fromkeys(terms))
        else:
            # Every word takes a place: no more are split off than there are places.
            tokenizer = self._tokenizer
            split = tokenizer.first if recipe.truncating == "post" else tokenizer.last
            terms = split(text, recipe.maxlen)
        return _with_start(b"".join(map(self._index_of, terms)), recipe)

    def _ngrams(self, words: list[Key]) -> list[Key]:
        """Return the n-grams one by one, because unknown ones take places too."""
        spans = ngram_spans(len(words), self.recipe.ngram_range)
        return [self._space.join(words[start:end]) for start, end in spans]


def sequences_of_terms(
    documents: Iterable[npt.NDArray[np.int32]], recipe: Recipe
) -> Iterator[bytes]:
    """Yield what `TextEncoder` does, from the index of each of a document's terms.

    A negative index is that of a term which takes no place.
    """
    return (_with_start(document[document >= 0].tobytes(), recipe) for document in documents)


def sequence_of_indices(document: npt.NDArray[np.integer], recipe: Recipe) -> bytes:
    """Return an index list as a sequence: `num_words` is applied, and it is cut to `maxlen`."""
    if recipe.num_words is not None:
        unknown = document >= recipe.num_words
        if recipe.oov_char is None:
            document = document[~unknown]
        elif unknown.any():
            document = np.where(unknown, recipe.oov_char, document)
    return _truncated(np.asarray(document, dtype=np.int32).tobytes(), recipe)


def padded(sequences: Iterable[bytes], recipe: Recipe) -> npt.NDArray[np.int32]:
    """Return the sequences as rows of `maxlen` indices."""
    pad = bytes.ljust if recipe.padding == "post" else bytes.rjust
    # It grows with the rows: an iterator's documents need not be held to be counted.
    rows = bytearray()
    for sequence in sequences:
        rows += pad(sequence, _INDEX_BYTES * recipe.maxlen, b"\0")
    return np.frombuffer(rows, dtype=np.int32).reshape(-1, recipe.maxlen)


def _with_start(indices: bytes, recipe: Recipe) -> bytes:
    start = b"" if recipe.start_char is None else _index_as_bytes(recipe.start_char)
    return _truncated(start + indices, recipe)


def _index_as_bytes(index: int) -> bytes:
    # Without an array a word: a table of 88,584 of them is made where a vectorizer is first used.
    return int(index).to_bytes(_INDEX_BYTES, sys.byteorder, signed=True)


def _truncated(indices: bytes, recipe: Recipe) -> bytes:
    n_bytes = _INDEX_BYTES * recipe.maxlen
    return indices[:n_bytes] if recipe.truncating == "post" else indices[-n_bytes:]


class _IndexOf(dict[Key, bytes]):
    """Index of each term's key, as the bytes of an int32; any other key gives `unknown`."""

    def __init__(self, indices: dict[Key, bytes], unknown: bytes) -> None:
        super().__init__(indices)
        self._unknown = unknown

    def __missing__(self, key: Key) -> bytes:
        return self._unknown
