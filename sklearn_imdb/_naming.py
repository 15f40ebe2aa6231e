"""Word indices back to words, for a few of them at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn_imdb.text import SequenceVectorizer


def names_of(vectorizer: SequenceVectorizer, indices: Iterable[int]) -> list[str]:
    """Return what a fitted vectorizer calls each index, other than that of padding.

    Without numbering all its words anew, which takes longer than to explain a text.
    """
    if not vectorizer.vocabulary_:
        raise ValueError(
            "This SequenceVectorizer knows no words to explain by, because it was fitted on index "
            "lists: give it the vocabulary that encoded them, such as Keras's word index."
        )
    words = list(vectorizer.vocabulary_)
    # In the order of their ranks, of which a vocabulary that was given may leave some out.
    ranks: Sequence[int] = range(1, len(words) + 1)
    if vectorizer.vocabulary_[words[-1]] > len(words):
        ranks = list(vectorizer.vocabulary_.values())

    def name(index: int) -> str:
        if index == vectorizer.start_char:
            return "<START>"
        if index == vectorizer.oov_char:
            return "<UNK>"
        rank = index - vectorizer.index_from
        if rank <= 0:
            return "<UNUSED>"
        place = bisect_left(ranks, rank)
        return words[place] if place < len(words) and ranks[place] == rank else "<UNK>"

    return [name(index) for index in indices]
