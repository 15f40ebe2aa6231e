"""Documents to sequences of word indices, as many as a sequence has room for."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, repeat

import numpy as np
import numpy.typing as npt

from sklearn_imdb._convention import DIVIDER
from sklearn_imdb._numbering import NumberedBytes, numbering
from sklearn_imdb._text.documents import Documents
from sklearn_imdb._text.ngrams import NgramTable
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.subwords import SubwordTable, is_subword
from sklearn_imdb._text.tokens import Key, make_tokenizer

INDEX_BYTES = np.dtype(np.int32).itemsize

_PLACES_PER_INDEX = 10

_TEXTS_AT_ONCE = 256
"""Texts whose n-grams are looked up together. An iterator is read ahead by as many."""


class Encoder:
    """Turns texts into the indices of their terms, and applies `num_words` to index lists.

    A vectorizer is pickled without its encoder: a loaded one makes its own.
    """

    def __init__(self, vocabulary: Mapping[str, int], recipe: Recipe) -> None:
        self.numbering = numbering(vocabulary, recipe.index_from)
        self._recipe = recipe
        self._tokenizer = make_tokenizer(recipe)
        index_of = {term: rank + recipe.index_from for term, rank in vocabulary.items()}
        self._subwords: SubwordTable | None = None
        if isinstance(recipe.subword_range, tuple):
            self._subwords = SubwordTable(index_of, recipe.subword_range)
            index_of = {term: index for term, index in index_of.items() if not is_subword(term)}
        key = self._tokenizer.key
        self._ngrams: NgramTable | None = None
        if recipe.ngram_range != (1, 1):
            space = key(" ")
            terms = {tuple(key(term).split(space)): index for term, index in index_of.items()}
            self._ngrams = NgramTable(terms, recipe.ngram_range)
            return
        self._unknown = b"" if recipe.oov_char is None else _as_bytes(recipe.oov_char)
        self._index_of = {key(term): _as_bytes(index) for term, index in index_of.items()}

    def __call__(self, documents: Documents, maxlen: int) -> Iterator[bytes]:
        """Yield the sequence of each document. It is longer than `maxlen` if it has to be cut."""
        recipe, split = self._recipe, self._tokenizer.split
        if not documents.are_texts:
            for indices in documents:
                yield _encode_indices(indices, recipe)
            return
        if recipe.is_of_words and not recipe.binary:
            if recipe.oov_char is not None:
                # Every word takes a place. One more than fit is split off, to see a cut.
                split = partial(
                    self._tokenizer.split_part, n_tokens=maxlen + 1, truncating=recipe.truncating
                )
            # As `encode_row` joins them, in one loop: 7 % less time.
            start = b"" if recipe.start_char is None else _as_bytes(recipe.start_char)
            index_of, unknown = self._index_of.get, repeat(self._unknown)
            for words in map(split, documents):
                yield start + b"".join(map(index_of, words, unknown))
            return
        for document, indices in self._look_up_words(map(split, documents)):
            row = [indices]
            if self._subwords is not None:
                words = self._tokenizer.words(document)
                row.append(b"".join(map(self._subwords.__getitem__, words)))
            yield encode_row(row, recipe)

    def _look_up_words(self, documents: Iterator[list[Key]]) -> Iterator[tuple[list[Key], bytes]]:
        """Yield each document with the indices of its words or n-grams."""
        if self._ngrams is not None:
            while some := list(islice(documents, _TEXTS_AT_ONCE)):
                yield from zip(some, self._ngrams.look_up(some), strict=True)
            return
        index_of, unknown = self._index_of.get, repeat(self._unknown)
        for document in documents:
            keys = dict.fromkeys(document) if self._recipe.binary else document
            yield document, b"".join(map(index_of, keys, unknown))


def encode_row(row: Sequence[bytes], recipe: Recipe) -> bytes:
    """Return a sequence: start, words or n-grams, then a divider and the subwords.

    `row` has the indices of the words or n-grams, and of the subwords where there are to be any.
    """
    if recipe.binary:
        # Of single words each was taken once before, because different ones may be unknown.
        n_taken = int(recipe.ngram_range == (1, 1))
        row = [*row[:n_taken], *map(_take_once, row[n_taken:])]
    start = b"" if recipe.start_char is None else _as_bytes(recipe.start_char)
    return start + _DIVIDER.join(row)


def _take_once(indices: bytes) -> bytes:
    different = dict.fromkeys(np.frombuffer(indices, np.int32).tolist())
    return np.array(list(different), np.int32).tobytes()


def _encode_indices(document: npt.NDArray[np.integer], recipe: Recipe) -> bytes:
    """Return the sequence of an index list, to which `num_words` is applied."""
    if recipe.num_words is not None:
        unknown = document >= recipe.num_words
        if recipe.oov_char is None:
            document = document[~unknown]
        elif unknown.any():
            document = np.where(unknown, recipe.oov_char, document)
    return np.asarray(document, dtype=np.int32).tobytes()


def _cut(sequence: bytes, maxlen: int, recipe: Recipe) -> bytes:
    """Return `maxlen` indices of a sequence that is longer."""
    indices = np.frombuffer(sequence, np.int32)
    n_words, n_subwords = len(indices), None
    if recipe.subword_range is not None and len(dividers := np.flatnonzero(indices == DIVIDER)):
        n_words = int(dividers[0])
        n_subwords = len(indices) - n_words - 1
    words, subwords = find_kept(n_words, n_subwords, maxlen, recipe)
    kept = indices[:n_words][words].tobytes()
    if subwords is None:
        return kept
    return kept + _DIVIDER + indices[n_words + 1 :][subwords].tobytes()


def find_kept(
    n_words: int, n_subwords: int | None, maxlen: int, recipe: Recipe
) -> tuple[slice, slice | None]:
    """Return which words, the start included, and which subwords fit into a row.

    Each part is cut by its share. None means that there are no divider and no subwords.
    """
    if n_subwords is None or maxlen == 1:
        return _keep(n_words, maxlen if n_subwords is None else 0, recipe), None
    room = maxlen - 1  # Without the divider.
    words = min(-(-room * n_words // max(n_words + n_subwords, 1)), n_words)
    return _keep(n_words, words, recipe), _keep(n_subwords, room - words, recipe)


def _keep(n: int, n_kept: int, recipe: Recipe) -> slice:
    first = 0 if recipe.truncating == "post" else max(n - n_kept, 0)
    return slice(first, first + n_kept)


def pad_sequences(
    sequences: Iterable[bytes], numbering: str | None, maxlen: int, recipe: Recipe
) -> tuple[npt.NDArray[np.int32], int]:
    """Return the sequences as rows of `maxlen` indices, and how many of them were cut.

    The array remembers the numbering. None means that there is no vocabulary.
    """
    pad, n_bytes = bytes.ljust if recipe.padding == "post" else bytes.rjust, INDEX_BYTES * maxlen
    # It grows with the rows: an iterator's documents need not be held to be counted.
    rows = NumberedBytes()
    rows.numbering = numbering
    n_cut = 0
    for sequence in sequences:
        if len(sequence) > n_bytes:
            sequence = _cut(sequence, maxlen, recipe)
            n_cut += 1
        rows += pad(sequence, n_bytes, b"\0")
    return np.frombuffer(rows, dtype=np.int32).reshape(-1, maxlen), n_cut


def find_maxlen(lengths: npt.NDArray[np.integer], *, finds_all: bool) -> int:
    """Return the `maxlen` for sequences: with `finds_all` that of the longest, else the "auto" one.

    99 % of the sequences do not exceed an "auto" length, and rows have at most ten places for each
    index.
    """
    ordered = np.sort(lengths) if len(lengths) else np.ones(1, int)
    longest = max(int(np.percentile(ordered, 100 if finds_all else 99, method="higher")), 1)
    if finds_all:
        return longest
    # The longer the rows, the fewer of their places are filled.
    places = np.arange(1, longest + 1)
    n_indices = np.cumsum(len(ordered) - np.searchsorted(ordered, places))
    fits = len(ordered) * places <= _PLACES_PER_INDEX * n_indices
    return max(int(np.count_nonzero(fits)), 1)


def _as_bytes(index: int) -> bytes:
    # Faster than by an array: the first use of a vectorizer makes a table of up to 88,584 words.
    return int(index).to_bytes(INDEX_BYTES, sys.byteorder, signed=True)


_DIVIDER = _as_bytes(DIVIDER)
