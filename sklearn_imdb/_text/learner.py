"""Learning a vocabulary: for `fit`, for the chunks of `partial_fit`, and for those of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.utils.multiclass import unique_labels

from sklearn_imdb._targets import Targets
from sklearn_imdb._text.counts import Counts, Row, TermIds, WordCounts, count_words
from sklearn_imdb._text.documents import EMPTY, Documents
from sklearn_imdb._text.ngrams import NgramCounts
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.row_file import RowFile
from sklearn_imdb._text.subwords import DividedCounts, SubwordCounts
from sklearn_imdb._text.tokens import make_tokenizer
from sklearn_imdb._text.unicode_tokens import detect_script
from sklearn_imdb._text.vocabulary import (
    check_vocabulary,
    narrow,
    pack_words,
    rank_terms,
    unpack_words,
    warn_if_not_split,
)


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

    def rows(self) -> Iterator[Row]:
        """Yield the word indices of each document's terms, where the documents were kept."""
        if self.counts is None or self.kept is None:
            return iter(())
        indices = np.full(len(self.counts.occurrences), self.recipe.unknown_index, np.int32)
        indices[self.kept] = np.arange(1, len(self.kept) + 1) + self.recipe.index_from
        return self.counts.rows(indices)


class VocabularyLearner:
    """Counts the terms of documents, chunk after chunk, and learns a vocabulary from the counts.

    Parameters
    ----------
    recipe : Recipe
        What to count and what to keep.
    documents : list or RowFile, default=None
        Takes the ids of each document's words, for n-grams and subwords to be counted at the end
        and for the documents' sequences. None where neither is needed.
    is_partial : bool, default=False
        Count n-grams and subwords of each chunk at once, and forget its documents. What is rare in
        a chunk may be frequent in all, so the counts of all terms are kept.
    """

    def __init__(
        self,
        recipe: Recipe,
        documents: list[TermIds] | RowFile | None = None,
        *,
        is_partial: bool = False,
    ) -> None:
        if is_partial and recipe.subword_range == "auto":
            recipe = recipe._replace(subword_range=None)
        self.recipe = recipe
        self.counts: WordCounts | None = None
        """Counts of all chunks; None where there is nothing to count."""
        self.n_words = 0
        """Words in the documents of all chunks, repeated ones included."""
        self._documents, self._is_partial = documents, is_partial
        self._id_of: dict[str, int] = {}

    # -- counting ---------------------------------------------------------------------------

    def add(self, documents: Documents, targets: Targets | None) -> None:
        """Count the terms of the next chunk. Each document is checked, whatever is counted.

        `targets` are given where terms are ranked by them.
        """
        recipe = self.recipe
        if not documents.are_texts or recipe.vocabulary is not None:
            for _ in documents:
                pass
            return
        words = count_words(
            documents,
            make_tokenizer(recipe),
            targets,
            binary=recipe.binary and recipe.is_of_words,
            by_document=recipe.ngram_range == (1, 1)
            and (recipe.needs_document_frequency or self._has_frequency),
            keeps_documents=self._documents is not None or not recipe.is_of_words,
        )
        n_words = words.n_words
        if self._is_partial:
            words = self._count_chunk(words, targets)
        if self.counts is None:
            self._id_of = words.ids()
        else:
            words = self.counts.plus(words, self._id_of or self.counts.ids())
        if self._documents is not None:
            self._documents.extend(list(words.documents))
        self.counts = replace(words, documents=())
        self.n_words += n_words

    def _count_chunk(self, words: WordCounts, targets: Targets | None) -> WordCounts:
        counts = self._count_terms(words, targets, self.recipe._replace(min_df=1))
        if isinstance(counts, WordCounts):
            return counts
        terms = counts.terms(np.arange(len(counts.occurrences)))
        frequency = counts.by_class.frequency
        return WordCounts(terms, counts.occurrences, frequency, words.sizes, words.columns)

    def _count_terms(self, words: WordCounts, targets: Targets | None, recipe: Recipe) -> Counts:
        """Count n-grams and subwords where there are to be any, beside words or in their place."""
        counts: Counts = words
        is_counted_once = recipe.binary and not self.recipe.is_of_words
        lacks_frequency = targets is not None and words.frequency.nnz == 0
        if recipe.ngram_range != (1, 1) or is_counted_once or lacks_frequency:
            counts = NgramCounts(words, targets, recipe.ngram_range, recipe.min_df, recipe.binary)
        if isinstance(recipe.subword_range, tuple):
            subwords = SubwordCounts(
                words, targets, recipe.subword_range, recipe.min_df, recipe.binary
            )
            counts = DividedCounts(counts, subwords)
        return counts

    @property
    def _has_frequency(self) -> bool:
        """Whether the document frequency was counted, too."""
        return self.counts is not None and self.counts.frequency.nnz > 0

    # -- learning ---------------------------------------------------------------------------

    def learned(self, targets: Targets | None) -> Learned:
        """Return what was learned, given the targets of all documents."""
        if self.counts is None:
            return Learned(self.recipe.resolve(0), check_vocabulary(self.recipe))
        if self._is_partial:
            return _rank(self.counts, self.recipe.resolve(self.n_words))
        words = self.counts
        if targets is not None and words.n_classes:
            # The columns are in the order in which the chunks have them.
            columns = [*targets.classes.tolist(), *words.columns[words.n_classes :]]
            order = [words.columns.index(label) for label in columns]
            frequency, sizes = words.frequency[:, order], words.sizes[order]
            words = replace(words, frequency=frequency, sizes=sizes, columns=columns)
        elif targets is not None:  # The bins of a stream's numbers are known at its end.
            sizes = np.bincount(targets.numbers, minlength=targets.n_classes)
            frequency = csr_matrix((len(words.words), targets.n_classes), dtype=np.int64)
            columns = targets.classes.tolist()
            words = replace(words, frequency=frequency, sizes=sizes, columns=columns)
        find_script = partial(detect_script, words.words, words.occurrences.tolist())
        recipe = self.recipe.resolve(self.n_words, words.n_classes, find_script)
        words = replace(words, documents=self._documents or ())
        learned = _rank(self._count_terms(words, targets, recipe), recipe)
        if not learned.vocabulary:
            if not words.by_class.n_documents:
                raise ValueError(EMPTY)
            raise ValueError(
                f"X leaves no word to learn: {int(words.by_class.n_documents)} documents hold "
                f"{len(words.words)} different words, of which max_df={recipe.max_df}, "
                f"min_df={recipe.min_df}, ngram_range={recipe.ngram_range} and the filters keep "
                "none."
            )
        return learned

    # -- going on ---------------------------------------------------------------------------

    def go_on(self, recipe: Recipe, targets: Targets | None) -> VocabularyLearner:
        """Return a learner that goes on from the chunks of this one, which stays as it is.

        Raises
        ------
        ValueError
            If the counts of the chunks before are none of this recipe and these targets.
        """
        later = VocabularyLearner(recipe, is_partial=True)
        if changed := later.recipe.changed_terms(self.recipe):
            raise ValueError(
                f"partial_fit cannot go on with another {' and '.join(changed)} than it began "
                "with: set it back, or start with a clone."
            )
        later.counts, later.n_words, later._id_of = self.counts, self.n_words, self._id_of
        if self.counts is not None:
            self._check_counts(self.counts, recipe, targets)
        return later

    def _check_counts(self, counts: WordCounts, recipe: Recipe, targets: Targets | None) -> None:
        if recipe.needs_document_frequency and counts.words and not self._has_frequency:
            bound = f"min_df={recipe.min_df}"
            if recipe.leaves_out_frequent:
                bound = f"max_df={recipe.max_df}"
            raise ValueError(
                f"{bound} needs the number of documents that contain each word, and partial_fit "
                "began with min_df=1 and max_df=1.0, for which it counts none: set it back, or "
                "start with a clone."
            )
        if targets is None:
            return
        known = counts.columns[: counts.n_classes]
        if targets.several or len(counts.columns) > counts.n_classes:
            if targets.classes.tolist() != known:
                raise ValueError(
                    f"y has the labels {targets.classes.tolist()} where partial_fit began with the "
                    f"labels {known}."
                )
        else:
            unique_labels(known, targets.classes)  # Raises where kinds are mixed.

    def state(self) -> dict[str, Any]:
        """Return plain types and few arrays, from which `from_state` makes the same."""
        state: dict[str, Any] = {"recipe": self.recipe._asdict(), "n_words": self.n_words}
        if self.counts is not None:
            counts, frequency = self.counts, self.counts.frequency
            state["counts"] = [
                pack_words(counts.words, counts.occurrences),
                [narrow(frequency.data), frequency.indices, frequency.indptr],
                counts.sizes,
                counts.columns,
            ]
        return state

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Return what `state` was made from."""
        learner = cls(Recipe(**state["recipe"]), is_partial=True)
        if "counts" in state:
            arrays, (data, *places), sizes, columns = state["counts"]
            words, [occurrences] = unpack_words(arrays)
            shape = (len(words), len(columns))
            frequency = csr_matrix((data.astype(np.int64), *places), shape=shape)
            occurrences = occurrences.astype(np.int64)
            learner.counts = WordCounts(words, occurrences, frequency, sizes, columns)
            learner.n_words = state["n_words"]
        return learner


def _rank(counts: Counts, recipe: Recipe) -> Learned:
    kept = rank_terms(counts, recipe)
    terms = counts.terms(kept)
    warn_if_not_split(terms, recipe)
    return Learned(recipe, {term: rank for rank, term in enumerate(terms, 1)}, counts, kept)
