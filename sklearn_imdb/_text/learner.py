"""Learning a vocabulary: for `fit`, for the chunks of `partial_fit`, and for those of a stream."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import vstack
from sklearn.utils.multiclass import unique_labels

from sklearn_imdb._class_evidence import ClassCounts
from sklearn_imdb._targets import Targets
from sklearn_imdb._text.counts import Blocks, TermIds, WordCounts, count_words, label_columns
from sklearn_imdb._text.documents import Documents
from sklearn_imdb._text.encoding import encode_row
from sklearn_imdb._text.ngrams import NgramCounts
from sklearn_imdb._text.pickling import narrow, pack_words, unpack_words
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.row_file import Rows
from sklearn_imdb._text.subwords import SubwordCounts, is_subword
from sklearn_imdb._text.unicode_tokens import detect_script
from sklearn_imdb._text.vocabulary import check_vocabulary, rank_terms, warn_if_not_split


class TermCounts:
    """Counts of words or n-grams, then of subwords. Ids run on from one part to the next."""

    def __init__(self, words: WordCounts, targets: Targets | None, recipe: Recipe) -> None:
        self.parts: list[WordCounts | NgramCounts | SubwordCounts] = [words]
        self.occurrences, self.by_class = words.occurrences, words.by_class
        # If not, count again below: bins of the numbers of a stream are known only at its end.
        columns_fit = targets is None or words.columns == label_columns(targets)
        if recipe.is_of_words and columns_fit:
            return
        blocks = Blocks(words.documents, targets)
        if recipe.ngram_range != (1, 1) or not columns_fit:
            self.parts = [NgramCounts(words, blocks, recipe)]
        if isinstance(recipe.subword_range, tuple):
            self.parts.append(SubwordCounts(words, blocks, recipe.subword_range))
        frequency = vstack([part.by_class.frequency for part in self.parts], format="csr")
        self.by_class = ClassCounts(frequency, blocks.sizes, blocks.n_classes)
        self.occurrences = np.concatenate([part.occurrences for part in self.parts])
        if recipe.binary:
            self.occurrences = self.by_class.of_all

    def name_terms(self, ids: npt.NDArray[np.intp]) -> list[str]:
        """Return the terms of these ids."""
        terms = np.empty(len(ids), object)
        end = 0
        for part in self.parts:
            begin, end = end, end + len(part.occurrences)
            is_in = (ids >= begin) & (ids < end)
            terms[is_in] = part.name_terms(ids[is_in] - begin)
        return terms.tolist()

    def make_sequences(self, kept: npt.NDArray[np.intp], recipe: Recipe) -> Iterator[bytes]:
        """Yield the sequence of each document, not yet cut, given the ids of the kept terms."""
        indices = np.full(len(self.occurrences), -1, np.int32)
        indices[kept] = np.arange(1, len(kept) + 1) + recipe.index_from
        rows: list[Iterator[bytes]] = []
        ends = np.cumsum([len(part.occurrences) for part in self.parts])
        for part, of_part in zip(self.parts, np.split(indices, ends[:-1]), strict=True):
            # The last index is that of the id -1, which stands for a term that was not counted.
            index_of = np.append(of_part, np.int32(-1))
            if not rows:  # An unknown subword takes no place, even if an unknown word does.
                index_of[index_of < 0] = recipe.unknown_index
            rows.append(part.make_rows(index_of))
        for row in zip(*rows, strict=True):
            yield encode_row(row, recipe)


class Learned(NamedTuple):
    """A vocabulary, and the documents as they are encoded by it."""

    recipe: Recipe
    """With `min_df` and `subword_range` resolved."""
    vocabulary: dict[str, int]
    """Rank of each term that is kept, counted from 1."""
    sequences: Iterator[bytes] | None = None
    """The sequence of each document that was kept. None where nothing was counted: of index lists,
    and with a given vocabulary."""


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
        self, recipe: Recipe, documents: Rows | None = None, *, is_partial: bool = False
    ) -> None:
        if is_partial and recipe.subword_range == "auto":  # A chunk does not tell what pays.
            recipe = recipe._replace(subword_range=None)
        self.recipe = recipe
        self.counts: WordCounts | None = None
        """Counts of all chunks; None where there is nothing to count."""
        self._documents, self._is_partial = documents, is_partial
        self._id_of: dict[str, int] = {}

    # -- counting ---------------------------------------------------------------------------

    def add(self, documents: Documents, targets: Targets | None) -> None:
        """Count the terms of the next chunk. Each document is checked, whatever is counted.

        `targets` are given where terms are ranked by them.
        """
        if not documents.are_texts or self.recipe.vocabulary is not None:
            for _ in documents:
                pass
            return
        counts = self.count(documents, targets)
        if self._is_partial and not self.recipe.is_of_words:
            found = TermCounts(counts, targets, self.recipe._replace(min_df=1))
            # From here on each n-gram and subword is stored by its text, as a word is.
            terms = found.name_terms(np.arange(len(found.occurrences)))
            n_words, columns = counts.n_words, counts.columns
            counts = WordCounts(terms, n_words, found.occurrences, found.by_class, columns)
        numbered = self.merge(counts)
        if self._documents is not None:
            self._documents.extend(list(numbered))

    def count(self, documents: Documents, targets: Targets | None) -> WordCounts:
        """Return the counts of the words of a chunk of texts, for `merge`."""
        recipe = self.recipe
        by_document = recipe.needs_document_frequency or self._has_frequency
        keeps = self._documents is not None or not recipe.is_of_words
        return count_words(documents, recipe, targets, by_document=by_document, keeps=keeps)

    def merge(self, counts: WordCounts) -> Sequence[TermIds]:
        """Add the counts of the next chunk, and return its documents with the ids of all chunks.

        Another learner of the recipe may have made them, in another process.
        """
        if self.counts is not None:
            counts = self.counts.add(counts, self._id_of)
        self.counts = replace(counts, documents=())
        return counts.documents

    @property
    def _has_frequency(self) -> bool:
        """Whether the document frequency was counted, too."""
        return self.counts is not None and self.counts.by_class.frequency.nnz > 0

    # -- learning ---------------------------------------------------------------------------

    def learn(self, targets: Targets | None) -> Learned:
        """Learn a vocabulary from all counts, given the targets of all documents."""
        if self.counts is None:
            return Learned(self.recipe.resolve(0), check_vocabulary(self.recipe))
        words = replace(self.counts, documents=self._documents or ())
        n_classes = 0 if targets is None else targets.n_classes
        recipe = self.recipe.resolve(
            words.n_words, n_classes, lambda: detect_script(words.words, words.occurrences.tolist())
        )
        if self._is_partial and recipe.subword_range is not None:
            # As in a fit, words come before subwords, whichever chunk had them first.
            order = np.argsort(list(map(is_subword, words.words)), kind="stable")
            occurrences, by_class = words.occurrences[order], words.by_class[order]
            words = replace(
                words, words=words.name_terms(order), occurrences=occurrences, by_class=by_class
            )
        counted = recipe
        if self._is_partial:  # The terms of each chunk were counted as if they were words.
            counted = recipe._replace(ngram_range=(1, 1), subword_range=None)
        counts = TermCounts(words, targets, counted)
        kept = rank_terms(counts.occurrences, counts.by_class, recipe)
        terms = counts.name_terms(kept)
        if not terms and not self._is_partial:
            raise ValueError(
                f"X leaves no word to learn. Its {words.by_class.n_documents} documents hold "
                f"{len(words.words)} different words, and max_df={recipe.max_df}, "
                f"min_df={recipe.min_df} and ngram_range={recipe.ngram_range} keep none of them. "
                "Lower min_df, raise max_df, pass longer texts, or look at what build_analyzer "
                "returns: the tokenizer or token_pattern may find no words."
            )
        warn_if_not_split(terms, recipe)
        vocabulary = dict(zip(terms, itertools.count(1)))
        return Learned(recipe, vocabulary, counts.make_sequences(kept, recipe))

    # -- going on ---------------------------------------------------------------------------

    def go_on(self, recipe: Recipe, targets: Targets | None) -> "VocabularyLearner":
        """Return a learner that goes on from the chunks of this one, which stays as it is.

        Raises
        ------
        ValueError
            If the counts of the chunks before do not fit this recipe or these targets.
        """
        later = VocabularyLearner(recipe, is_partial=True)
        if changed := later.recipe.changed_terms(self.recipe):
            raise ValueError(
                f"partial_fit cannot go on after {' and '.join(changed)} changed: set the earlier "
                "value again, or start with a clone."
            )
        counts = later.counts = self.counts
        later._id_of = self._id_of  # `WordCounts.add` removes the words of a chunk that failed.
        if counts is None:
            return later
        if recipe.needs_document_frequency and counts.words and not self._has_frequency:
            bound = "max_df" if recipe.leaves_out_frequent else "min_df"
            raise ValueError(
                f"{bound}={getattr(recipe, bound)} needs document frequencies, but partial_fit "
                "began with min_df=1 and max_df=1.0 and did not count them: set these values "
                "again, or start with a clone."
            )
        # Of several labels, one of the columns is None: that of all documents.
        if targets is not None and not targets.several and None not in counts.columns:
            # A chunk may bring new classes. This raises where kinds are mixed.
            unique_labels(counts.columns, targets.classes)
        elif targets is not None and label_columns(targets) != counts.columns:
            n_before = len(counts.columns) - 1
            began = f"{n_before} columns" if None in counts.columns else "one label per row"
            raise ValueError(f"y has shape {targets.numbers.shape}, but chunks began with {began}.")
        return later

    def state(self) -> dict[str, Any]:
        """Return plain types and few arrays, from which `from_state` rebuilds the learner."""
        state: dict[str, Any] = {"recipe": self.recipe._asdict()}
        if self.counts is not None:
            frequencies, *places = self.counts.by_class.arrays
            occurrences = self.counts.occurrences.tolist()
            state["words"] = pack_words(dict(zip(self.counts.words, occurrences, strict=True)))
            state["by_class"] = [narrow(frequencies), *places]
            state["others"] = [self.counts.n_words, self.counts.columns]
        return state

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Return what `state` was made from."""
        learner = cls(Recipe(**state["recipe"]), is_partial=True)
        if "words" in state:
            words = unpack_words(state["words"])
            occurrences = np.fromiter(words.values(), np.int64, len(words))
            frequencies, *places = state["by_class"]
            by_class = ClassCounts.from_arrays((frequencies.astype(np.int64), *places))
            n_words, columns = state["others"]
            learner.counts = WordCounts(list(words), n_words, occurrences, by_class, columns)
        return learner
