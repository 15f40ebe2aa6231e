"""Which terms are kept, which rank each has, and what a word index is called."""

import itertools
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from numbers import Integral

import numpy as np
import numpy.typing as npt

from sklearn_imdb._class_evidence import ClassCounts, class_evidence
from sklearn_imdb._convention import DIVIDER, LARGEST_INDEX
from sklearn_imdb._text.counts import Integers
from sklearn_imdb._text.recipe import Recipe, find_df_bound
from sklearn_imdb._text.unicode_tokens import has_unspaced_script, normalize
from sklearn_imdb._warnings import warn_user

_TERMS_LOOKED_AT = 1000

_WORD_LENGTH = 8
"""Mean length of words, in characters, above which they are sentences without spaces."""


def rank_terms(
    occurrences: Integers, by_class: ClassCounts, recipe: Recipe
) -> npt.NDArray[np.intp]:
    """Return the ids of the kept terms, in the order of their ranks.

    The score of a term is its count, or its class evidence times the square root of its document
    frequency. Of terms with the same score, the one seen first comes first.
    """
    n_documents = int(by_class.n_documents)
    least = find_df_bound(recipe.min_df, n_documents)
    most = find_df_bound(recipe.max_df, n_documents)
    ids = np.arange(len(occurrences))
    if recipe.needs_document_frequency:
        ids = ids[(by_class.of_all >= least) & (by_class.of_all <= most)]
    scores = occurrences[ids].astype(np.float64)
    if recipe.rank_by != "frequency":
        of_ids = by_class[ids]
        scores = class_evidence(of_ids) * np.sqrt(of_ids.of_all)
    n_ranks = recipe.n_ranks
    if n_ranks < len(scores):  # Sorting all would take longer.
        is_high = scores >= np.partition(scores, -n_ranks)[-n_ranks]
        ids, scores = ids[is_high], scores[is_high]
    return ids[np.argsort(-scores, kind="stable")[:n_ranks]]


def check_vocabulary(recipe: Recipe) -> dict[str, int]:
    """Return the vocabulary that a user gave, checked, sorted by rank and cut to `num_words`.

    Without a given vocabulary it is empty.
    """
    if recipe.vocabulary is None:
        return {}
    vocabulary, index_from, n_ranks = recipe.vocabulary, recipe.index_from, recipe.n_ranks
    if not isinstance(vocabulary, Mapping):
        words = Counter(vocabulary)
        if len(words) < len(vocabulary):
            [(twin, times)] = words.most_common(1)
            raise ValueError(f"vocabulary must list each word once, got {twin!r} {times} times.")
        vocabulary = dict(zip(words, itertools.count(1)))
    if not vocabulary:
        raise ValueError("vocabulary must map at least one word to its rank, got an empty one.")
    word_of: dict[int, str] = {}
    for word, rank in vocabulary.items():
        if not isinstance(word, str):
            raise TypeError(
                f"vocabulary must hold words as str, got {word!r} of type {type(word).__name__}."
            )
        if not isinstance(rank, Integral) or isinstance(rank, bool) or rank < 1:
            raise ValueError(f"vocabulary needs integer ranks from 1, got {rank!r} for {word!r}.")
        if (twin := word_of.setdefault(int(rank), word)) != word:
            raise ValueError(f"vocabulary gives {twin!r} and {word!r} the same rank, {rank}.")
    ranks = sorted(word_of)
    if recipe.num_words is None and ranks[-1] + index_from > LARGEST_INDEX:
        raise ValueError(
            f"vocabulary must have no rank above {LARGEST_INDEX - index_from}, got {ranks[-1]}."
        )
    if ranks[0] > n_ranks:
        raise ValueError(
            f"num_words={recipe.num_words} keeps only ranks up to {n_ranks}, but the lowest rank "
            f"in vocabulary is {ranks[0]}: raise num_words."
        )
    _warn_of_capitals(vocabulary, recipe)
    return {word_of[rank]: rank for rank in ranks if rank <= n_ranks}


def _warn_of_capitals(words: Collection[str], recipe: Recipe) -> None:
    """Warn if lower-cased texts can never contain some of the words.

    One word in a hundred is tolerated, because Keras's word index has some with capitals.
    """
    if not recipe.lowercase or callable(recipe.tokenizer):
        return
    lower = partial(normalize, lowercase=True) if recipe.tokenizer == "unicode" else str.lower
    capital = [word for word in words if word != lower(word)]
    if 100 * len(capital) > len(words):
        warn_user(
            f"vocabulary has {len(capital)} words with capitals, such as {capital[0]!r}, which no "
            "text has after lowercase=True: set lowercase=False, or lower-case the vocabulary."
        )


def warn_if_not_split(terms: Sequence[str], recipe: Recipe) -> None:
    """Warn if texts in a script without spaces were split at spaces.

    Their words are then whole sentences, and hardly any occurs twice. Texts of these scripts whose
    words are separated by spaces have words of a few characters.
    """
    if recipe.tokenizer != "keras" or recipe.token_pattern is not None:
        return
    some = terms[:_TERMS_LOOKED_AT]
    unspaced = [term for term in some if has_unspaced_script(term)]
    if 2 * len(unspaced) > len(some) and sum(map(len, unspaced)) > _WORD_LENGTH * len(unspaced):
        warn_user(
            "The texts are of a script without spaces, and tokenizer='keras' splits only at "
            f"spaces: whole sentences become words, such as {unspaced[0]!r}. Set "
            "tokenizer='unicode' and ngram_range=(1, 3)."
        )


def check_has_words(vocabulary: Mapping[str, int]) -> None:
    """Raise a ValueError if there are no words to look up or to name."""
    if not vocabulary:
        raise ValueError(
            "The vectorizer knows no words. It may have been fitted on lists of word indices. Fit "
            "it on texts, or set vocabulary, for example to Keras's word index."
        )


def name_indices(
    indices: Iterable[int], vocabulary: Mapping[str, int], recipe: Recipe
) -> list[str]:
    """Return the name of each word index other than padding.

    There is no table of all words, because making it would take longer than explaining a text.
    """
    check_has_words(vocabulary)
    # Words are sorted by rank. A vocabulary that was given may leave out some ranks.
    words, ranks = list(vocabulary), list(vocabulary.values())
    reserved = {recipe.oov_char: "<UNK>", recipe.start_char: "<START>"}
    if recipe.subword_range is not None:
        reserved = {DIVIDER: "<DIVIDER>", **reserved}

    def name(index: int) -> str:
        if index in reserved:
            return reserved[index]
        rank = index - recipe.index_from
        if rank <= 0:
            return "<UNUSED>"
        position = bisect_left(ranks, rank)
        is_found = position < len(words) and ranks[position] == rank
        return words[position] if is_found else "<UNK>"

    return [name(index) for index in indices]
