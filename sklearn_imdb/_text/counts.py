"""How often the words of some documents occur, and how many documents of each class contain them.

A term has an id: its position in the order of first appearance.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from sklearn_imdb._class_evidence import ClassCounts, class_columns
from sklearn_imdb._targets import Targets
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.row_file import join_rows
from sklearn_imdb._text.tokens import Key, make_tokenizer

Integers: TypeAlias = npt.NDArray[np.int64]
TermIds: TypeAlias = npt.NDArray[np.intc]
"""Ids of a document's terms, in the order of the document."""

WORDS_AT_ONCE = 2**18
"""Words in a block of documents."""


@dataclass(frozen=True)
class WordCounts:
    """Counts of terms that are stored one by one."""

    words: list[str]
    """In order of first appearance."""
    n_words: int
    """Number of words in all documents, repeated ones included."""
    occurrences: Integers
    """How often each term occurs, shape (n_terms,)."""
    by_class: ClassCounts
    """How many documents of each class contain each term."""
    columns: list[Any]
    """The labels of the columns of `by_class`. None labels the column of all documents."""
    documents: Sequence[TermIds] = ()
    """The ids of each document's terms, if they were kept."""

    def add(self, later: "WordCounts", id_of: dict[str, int]) -> "WordCounts":
        """Return the counts of the documents of both. The `documents` are those of `later` alone.

        `id_of` has the id of each word counted before, or is empty. It is updated in place, because
        to make it anew would take longer with each chunk.
        """
        while len(id_of) > len(self.words):  # The words of a chunk that failed.
            id_of.popitem()
        if not id_of:
            id_of.update(zip(self.words, itertools.count()))
        new = [word for word in later.words if word not in id_of]
        words = self.words + new
        id_of.update(zip(new, itertools.count(len(self.words))))
        ids = np.fromiter(map(id_of.__getitem__, later.words), np.intc)
        labels = self.columns
        if labels != later.columns:  # In the order of one fit, so that sums have the same bits.
            labels = sorted({*labels, *later.columns})
        before = np.array([labels.index(label) for label in self.columns], np.intc)
        columns = np.array([labels.index(label) for label in later.columns], np.intc)
        occurrences = np.pad(self.occurrences, (0, len(new)))
        occurrences[ids] += later.occurrences
        sizes = np.zeros(len(labels), np.int64)
        sizes[before] = self.by_class.sizes
        sizes[columns] += later.by_class.sizes
        old = self.by_class.frequency
        moved = old.data, before[old.indices], old.indptr
        frequency = csr_matrix(moved, (old.shape[0], len(labels)))
        frequency.resize(len(words), len(labels))
        found = later.by_class.frequency.tocoo()
        items = found.data, (ids[found.row], columns[found.col])
        frequency += csr_matrix(items, frequency.shape)
        by_class = ClassCounts(frequency, sizes, len(labels) - labels.count(None))
        documents = [ids[document] for document in later.documents]
        n_words = self.n_words + later.n_words
        return WordCounts(words, n_words, occurrences, by_class, labels, documents)

    def name_terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        """Return the terms of these ids."""
        return [self.words[number] for number in ids.tolist()]

    def make_rows(self, index_of: npt.NDArray[np.int32]) -> Iterator[bytes]:
        """Yield the indices of each document's terms, given the index of each term.

        A term with a negative index takes no place.
        """
        for document in self.documents:
            indices = index_of[document]
            yield indices[indices >= 0].tobytes()


def count_words(
    texts: Iterable[str], recipe: Recipe, targets: Targets | None, *, by_document: bool, keeps: bool
) -> WordCounts:
    """Count the words of `texts`, which may be those of n-grams.

    The document frequency is left at 0 for words of n-grams, and without `by_document`: counting it
    takes a quarter of a fit's time. With `keeps`, the counts hold the documents.
    """
    tokenizer, are_terms = make_tokenizer(recipe), recipe.ngram_range == (1, 1)
    # An iterable may have no end: it is not read on to be counted.
    texts = islice(texts, None if targets is None else len(targets) + 1)
    labels = label_columns(targets)
    id_of: defaultdict[Key, int] = defaultdict(itertools.count().__next__)
    occurrences = np.zeros(0, np.int64)
    frequency = csr_matrix((0, len(labels)), dtype=np.int64)
    documents: list[TermIds] = []
    n_words = n_documents = 0
    while True:
        # Many documents are counted at a time, in a third of the time of `np.unique` of each, and
        # seldom enough that adding up the totals takes little of the time.
        block: list[TermIds] = []
        n_ids, n_at_once = 0, max(2**14, len(occurrences), frequency.nnz)
        for text in texts:
            keys = tokenizer.split(text)
            n_words += len(keys)
            if recipe.binary and are_terms:
                keys = list(dict.fromkeys(keys))
            block.append(np.fromiter(map(id_of.__getitem__, keys), np.intc, len(keys)))
            n_ids += len(keys)
            if n_ids >= n_at_once:
                break
        rows = slice(n_documents, n_documents + len(block))
        n_documents = rows.stop
        if not block or (targets is not None and n_documents > len(targets)):
            break
        ids, ends = join_rows(block)
        occurrences = np.pad(occurrences, (0, len(id_of) - len(occurrences)))
        occurrences += np.bincount(ids, minlength=len(id_of))
        frequency.resize(len(id_of), len(labels))
        if by_document and are_terms:
            columns = class_columns(None if targets is None else targets[rows], len(block))
            frequency += count_documents(ids, ends, len(id_of), columns)
        if keeps:
            documents += block
    if targets is not None and n_documents != len(targets):
        found = "more" if n_documents > len(targets) else str(n_documents)
        raise ValueError(
            f"y must have a label for each document: y has {len(targets)}, and X holds {found}."
        )
    sizes = np.asarray(class_columns(targets, n_documents).sum(axis=0), np.int64).ravel()
    by_class = ClassCounts(frequency, sizes, len(labels) - labels.count(None))
    words = tokenizer.words(list(id_of))
    return WordCounts(words, n_words, occurrences, by_class, labels, documents)


def count_documents(ids: TermIds, ends: Integers, n_terms: int, columns: csr_matrix) -> csr_matrix:
    """Return how many documents of each column have each term, however often they have it."""
    found = csr_matrix((np.ones(len(ids), bool), ids, ends), (len(ends) - 1, n_terms))
    found.sum_duplicates()
    return (found.astype(np.int64).T @ columns).tocsr()


def label_columns(targets: Targets | None) -> list[Any]:
    """Return the labels of the columns of `ClassCounts`."""
    return [None] if targets is None else [*targets.classes.tolist(), *[None] * targets.several]


class Blocks:
    """Documents of which the words were counted, in blocks of some words, and their classes."""

    def __init__(self, documents: Sequence[TermIds], targets: Targets | None) -> None:
        self.documents = documents
        ends = np.cumsum([0, *map(len, documents)])
        numbers = [0, *np.flatnonzero(np.diff(ends[1:] // WORDS_AT_ONCE)) + 1, len(documents)]
        self.rows = [slice(*bounds) for bounds in pairwise(numbers)]
        """Numbers of each block's documents."""
        self.first_words = ends[numbers]
        """Position of each block's first word among all words, and the number of all words."""
        self.columns = class_columns(targets, len(documents))
        """The columns of `ClassCounts` that each document belongs to."""
        self.sizes = np.asarray(self.columns.sum(axis=0)).ravel()
        """Documents of each column."""
        self.n_classes = 0 if targets is None else targets.n_classes
