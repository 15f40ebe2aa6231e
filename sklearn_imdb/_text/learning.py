"""The one way to learn a vocabulary: of `fit`, `fit_transform` and every chunk of `partial_fit`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.utils.multiclass import unique_labels

from sklearn_imdb._checks import Labels
from sklearn_imdb._class_evidence import n_documents_of
from sklearn_imdb._text.counts import Counts, TermIds, WordCounts
from sklearn_imdb._text.documents import Documents
from sklearn_imdb._text.ngrams import NgramCounts
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.row_file import RowFile
from sklearn_imdb._text.subwords import DividedCounts, SubwordCounts
from sklearn_imdb._text.tokens import make_tokenizer
from sklearn_imdb._text.unicode_tokens import script_of
from sklearn_imdb._text.vocabulary import (
    given_vocabulary,
    narrowed,
    packed,
    ranked,
    unpacked,
    warn_if_not_split,
)

_MANY_WORDS = 10**15
"""More than there are to be in any documents."""


@dataclass(frozen=True)
class Counted:
    """What `partial_fit` keeps between chunks."""

    recipe: Recipe
    """The recipe of the last chunk."""
    counts: WordCounts | None
    """Counts of all chunks so far; None where there is nothing to count."""
    n_words: int = 0
    """Words in the documents of all chunks, repeated ones included."""
    id_of: dict[str, int] = field(default_factory=dict)
    """Id of each term in `counts`. Not saved, because it follows from them."""

    def state(self) -> dict[str, Any]:
        """Return plain types and few arrays, from which `of_state` makes the same."""
        state: dict[str, Any] = {"recipe": self.recipe._asdict(), "n_words": self.n_words}
        if self.counts is not None:
            counts = self.counts
            frequency = counts.document_frequency
            state["counts"] = [
                packed(counts.words, counts.occurrences),
                [narrowed(frequency.data), frequency.indices, frequency.indptr],
                counts.class_sizes,
                counts.classes,
            ]
        return state

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Self:
        """Return what `state` was made from."""
        recipe = Recipe(**state["recipe"])
        if "counts" not in state:
            return cls(recipe, None)
        arrays, (data, *places), class_sizes, classes = state["counts"]
        words, [occurrences] = unpacked(arrays)
        counts = WordCounts(
            words,
            occurrences.astype(np.int64),
            csr_matrix((data.astype(np.int64), *places), shape=(len(words), len(classes))),
            class_sizes,
            classes,
        )
        return cls(recipe, counts, state["n_words"])


@dataclass(frozen=True)
class Learned:
    """A vocabulary and the counts it was learned from."""

    recipe: Recipe
    """With `min_df` and `subword_range` resolved."""
    vocabulary: dict[str, int]
    """Rank of each term that is kept, counted from 1."""
    counts: Counts | None = None
    """None where nothing was counted: of index lists, and with a given vocabulary."""
    kept: npt.NDArray[np.intp] | None = None
    """Ids of the terms of `vocabulary`, in the order of their ranks."""
    counted: Counted | None = None
    """For the next chunk."""

    @property
    def has_documents(self) -> bool:
        """Whether the documents can be encoded from the counts, without another look at them."""
        if isinstance(self.counts, WordCounts):
            return self.recipe.is_of_words
        # N-grams that are not kept have no ids, which they need where unknown ones take places.
        has_ids = self.recipe.oov_char is None or not self.recipe.counts_ngrams
        return self.counts is not None and has_ids

    @property
    def documents(self) -> tuple[TermIds, list[int]]:
        """The ids of all documents' terms, end to end, and the length of each document."""
        documents = self.counts.documents if isinstance(self.counts, WordCounts) else ()
        return np.concatenate([np.empty(0, np.intc), *documents]), list(map(len, documents))

    def indices(self) -> npt.NDArray[np.int32]:
        """Return the word index of each term that was counted; -1 for one that takes no place."""
        if self.counts is None or self.kept is None:
            return np.empty(0, np.int32)
        unknown = -1 if self.recipe.oov_char is None else self.recipe.oov_char
        indices = np.full(len(self.counts.occurrences), unknown, np.int32)
        indices[self.kept] = np.arange(1, len(self.kept) + 1) + self.recipe.index_from
        return indices

    def sequences(self) -> Iterator[npt.NDArray[np.int32]]:
        """Yield the word indices of each document's terms; see `has_documents`."""
        return iter(()) if self.counts is None else self.counts.sequences(self.indices())


def learn(
    documents: Documents,
    y: Any,
    recipe: Recipe,
    *,
    before: Counted | None = None,
    counts_on: bool = False,
    keeps_documents: bool = False,
) -> Learned:
    """Learn the vocabulary of some documents.

    Parameters
    ----------
    documents : Documents
        Each is checked, whether or not anything is learned from it.
    y : array-like or None
        Labels, where the recipe ranks by them.
    recipe : Recipe
        What to count and what to keep.
    before : Counted, default=None
        The chunks before.
    counts_on : bool, default=False
        Return the counts that the next chunk goes on from.
    keeps_documents : bool, default=False
        Keep the ids of each document's terms.
    """
    labels = _labels(y, recipe)
    if before is not None:
        _check_goes_on(before, recipe, labels)
    elif not counts_on:
        _check_classes(labels, recipe)
    words = _count_words(documents, recipe, labels, before, keeps_documents)
    if words is None:
        if before is not None and before.counts is not None:  # Index lists add nothing to it.
            resolved = recipe.resolved(before.n_words)
            terms = before.counts.terms(ranked(before.counts, resolved))
            return Learned(resolved, _with_ranks(terms), counted=before)
        counted = Counted(recipe, None) if counts_on else None
        return Learned(recipe.resolved(0), given_vocabulary(recipe), counted=counted)
    if not counts_on:
        return _learned(words, labels, recipe)
    n_words = int(words.occurrences.sum())
    counts, resolved = _terms(words, labels, recipe, n_words, counts_on=True)
    counts, counted = _added(before, counts, labels.classes, recipe, n_words)
    resolved = recipe.resolved(counted.n_words)._replace(subword_range=resolved.subword_range)
    kept = ranked(counts, resolved)
    terms = counts.terms(kept)
    warn_if_not_split(terms, recipe)
    return Learned(resolved, _with_ranks(terms), counts, kept, counted)


class ChunkLearner:
    """Learns the vocabulary of a stream's documents, as `learn` does of all at once.

    Parameters
    ----------
    recipe : Recipe
        What to count and what to keep.
    documents : RowFile
        Takes the ids of each document's words.
    """

    def __init__(self, recipe: Recipe, documents: RowFile) -> None:
        self._recipe, self._documents = recipe, documents
        self._words: WordCounts | None = None
        self._id_of: dict[str, int] = {}

    def add(self, documents: Documents, y: Any) -> None:
        """Count the words of the next chunk."""
        labels = _labels(y, self._recipe)
        words = _count_words(documents, self._recipe, labels, None, True)
        if words is None:  # The vocabulary is given.
            return
        if self._words is None:
            self._id_of = words.ids()
        else:
            words = self._words.plus(words, self._id_of)
        self._documents.extend(list(words.documents))
        self._words = words._replace(documents=())

    def learned(self, y: Any) -> Learned:
        """Return what was learned, given the labels of all documents."""
        if self._words is None:
            return Learned(self._recipe.resolved(0), given_vocabulary(self._recipe))
        labels = _labels(y, self._recipe)
        _check_classes(labels, self._recipe)
        # The classes are in the order in which the chunks have them.
        order = [self._words.classes.index(label) for label in labels.classes]
        words = self._words._replace(
            document_frequency=self._words.document_frequency[:, order],
            class_sizes=self._words.class_sizes[order],
            classes=labels.classes,
            documents=self._documents,
        )
        return _learned(words, labels, self._recipe)


def _learned(words: WordCounts, labels: Labels, recipe: Recipe) -> Learned:
    n_words = int(words.occurrences.sum())
    counts, resolved = _terms(words, labels, recipe, n_words, counts_on=False)
    kept = ranked(counts, resolved)
    if not len(kept):
        n_documents = n_documents_of(words.class_sizes, overlap=words.overlap)
        raise ValueError(
            f"X leaves no word to learn: {n_documents} documents hold {len(words.words)} "
            f"different words, of which max_df={recipe.max_df}, min_df={resolved.min_df}, "
            f"ngram_range={recipe.ngram_range} and the filters keep none."
        )
    terms = counts.terms(kept)
    warn_if_not_split(terms, recipe)
    return Learned(resolved, _with_ranks(terms), counts, kept)


def _with_ranks(terms: list[str]) -> dict[str, int]:
    return {term: rank for rank, term in enumerate(terms, 1)}


def _terms(
    words: WordCounts, labels: Labels, recipe: Recipe, n_words: int, *, counts_on: bool
) -> tuple[Counts, Recipe]:
    """Count n-grams and subwords where there are to be any, and return the recipe for them."""
    # Chunks after this one may hold any number of words.
    n_classes = len(labels.classes) - labels.overlap
    resolved = recipe.resolved(
        _MANY_WORDS if counts_on else n_words,
        n_classes,
        lambda: script_of(words.words, words.occurrences.tolist()),
    )
    if recipe.is_of_words:
        return words, resolved
    # A term that is rare in every chunk may be frequent in all.
    min_df = 1 if counts_on else resolved.min_df
    counts: Counts = words
    if resolved.counts_ngrams:
        counts = NgramCounts(words, labels, resolved.ngram_range, min_df, resolved.binary)
    if isinstance(resolved.subword_range, tuple):
        subwords = SubwordCounts(words, labels, resolved.subword_range, min_df, resolved.binary)
        counts = DividedCounts(counts, subwords)
    return counts, resolved


def _labels(y: Any, recipe: Recipe) -> Labels:
    if not recipe.ranks_by_evidence or recipe.vocabulary is not None:
        return Labels.of(None)
    if y is None:
        raise ValueError(
            "rank_by='class_evidence' needs the labels y of the documents, got None: pass them, "
            "or set rank_by='frequency'."
        )
    return Labels.of(y)


def _check_classes(labels: Labels, recipe: Recipe) -> None:
    if recipe.ranks_by_evidence and recipe.vocabulary is None and len(labels.classes) < 2:
        raise ValueError(
            f"y must hold at least two classes to tell apart, got {labels.classes}: "
            "rank_by='class_evidence' ranks words by what they tell of the classes."
        )


def _check_goes_on(before: Counted, recipe: Recipe, labels: Labels) -> None:
    """Raise a ValueError where the counts of the chunks before are none of this recipe."""
    if changed := recipe.changed_terms(before.recipe):
        raise ValueError(
            f"partial_fit cannot go on with another {' and '.join(changed)} than it began with: "
            "set it back, or start with a clone."
        )
    if before.counts is None:
        return
    if recipe.needs_document_frequency and before.counts.words and not _by_document(before):
        bound = f"min_df={recipe.min_df}"
        if recipe.leaves_out_frequent:
            bound = f"max_df={recipe.max_df}"
        raise ValueError(
            f"{bound} needs the number of documents that contain each word, and partial_fit began "
            "with min_df=1 and max_df=1.0, for which it counts none: set it back, or start with a "
            "clone."
        )
    if recipe.ranks_by_evidence and (before.counts.overlap or labels.overlap):
        if labels.classes and before.counts.classes not in ([], labels.classes):
            raise ValueError(
                f"y has the labels {labels.classes[:-1]} where partial_fit began with the labels "
                f"{before.counts.classes[:-1]}."
            )
    elif recipe.ranks_by_evidence:
        unique_labels(before.counts.classes, labels.classes)  # Raises where kinds are mixed.


def _by_document(counted: Counted | None) -> bool:
    """Whether the document frequency was counted, too."""
    return (
        counted is not None
        and counted.counts is not None
        and counted.counts.document_frequency.nnz > 0
    )


def _count_words(
    documents: Documents,
    recipe: Recipe,
    labels: Labels,
    before: Counted | None,
    keeps_documents: bool,
) -> WordCounts | None:
    """Count the words of texts; None for index lists, and with a given vocabulary."""
    if not documents.are_texts or recipe.vocabulary is not None:
        for _ in documents:
            pass
        return None
    return WordCounts.of(
        documents,
        make_tokenizer(recipe),
        labels,
        binary=recipe.binary and recipe.is_of_words,
        by_document=recipe.ngram_range == (1, 1)
        and (recipe.needs_document_frequency or _by_document(before)),
        keeps_documents=keeps_documents or not recipe.is_of_words,
    )


def _added(
    before: Counted | None,
    counts: Counts,
    classes: list[Any],
    recipe: Recipe,
    n_words: int,
) -> tuple[WordCounts, Counted]:
    """Return the counts of all chunks with the last one's documents, and what is kept of them."""
    if not isinstance(counts, WordCounts):
        terms = counts.terms(np.arange(len(counts.occurrences)))
        counts = WordCounts(
            terms, counts.occurrences, counts.document_frequency, counts.class_sizes, classes
        )
    if before is None or before.counts is None:
        id_of = counts.ids()
    else:
        id_of = before.id_of or before.counts.ids()
        counts = before.counts.plus(counts, id_of)
        n_words += before.n_words
    return counts, Counted(recipe, counts._replace(documents=()), n_words, id_of)
