"""Which terms to list for a class: plain words, and each idea once."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt

from sklearn_imdb._text.unicode_tokens import spell

_SPEAKS_TOO = 0.1
"""A part of an n-gram with this share of its score stands for it. Chosen by looking at the lists of
the generated reviews and of IMDB: with .25 fragments of phrases come before plain words."""


def pick_terms(
    terms: Mapping[str, int], scores: npt.NDArray[np.float64], n: int, *, are_words: bool
) -> list[str]:
    """Return up to `n` terms with positive scores, the highest first, and each idea once.

    Parameters
    ----------
    terms : mapping of str to int
        The position of each term in `scores`.
    scores : ndarray of shape (n_terms,)
        How much each term speaks for the class.
    n : int
        How many to return.
    are_words : bool
        Whether every term is a single token. A space is then no joint of an n-gram.
    """
    names = list(terms)
    picked: list[str] = []
    parts_of_picked: set[str] = set()
    telling_words: set[str] = set()
    for position in np.argsort(-scores, kind="stable").tolist():
        score, term = scores[position], names[position]
        if score <= 0 or len(picked) == n:
            break
        # The shorter n-grams of an n-gram, its words among them.
        words = [term] if are_words else term.split(" ")
        bounds = combinations(range(len(words) + 1), 2)
        ngrams = {" ".join(words[start:end]) for start, end in bounds}
        parts = terms.keys() & ngrams - {term}
        # The n-grams of characters are the words of a script that has no spaces.
        has_words = not are_words and spell(term) == term
        least = score * (_SPEAKS_TOO if has_words else 1)
        if term in parts_of_picked or any(scores[terms[part]] >= least for part in parts):
            continue
        known = [word for word in words if word in terms] if has_words else [term]
        telling = max(known, key=lambda word: abs(scores[terms[word]]), default=term)
        if telling not in telling_words:
            picked.append(term)
            parts_of_picked.update(parts)
            telling_words.add(telling)
    return picked
