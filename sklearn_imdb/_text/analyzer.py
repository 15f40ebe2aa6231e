"""The terms of a text, in the order of its row, and where each stands in the text.

This is what counting and looking up, which are faster, are tested against.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.subwords import make_subwords
from sklearn_imdb._text.tokens import make_tokenizer
from sklearn_imdb._text.unicode_tokens import Span


class Term(NamedTuple):
    """A word, an n-gram or a subword of a text."""

    name: str
    """As it stands in a vocabulary."""
    words: tuple[int, ...]
    """Numbers of the words it is made of; where terms are taken once, of all its occurrences."""


class Analyzer:
    """Returns the terms of a text: words and n-grams in the order of a row, then subwords.

    Unknown ones are among them. Nothing is cut, and there is no start and no divider.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._tokenizer = make_tokenizer(recipe)

    def __call__(self, text: str) -> list[str]:
        words = self.split(text)
        return [term.name for term in (*self.find_ngrams(words), *self.find_subwords(words))]

    def split(self, text: str) -> list[str]:
        """Return the words of a text."""
        return self._tokenizer.words(self._tokenizer.split(text))

    def find_spans(self, text: str) -> list[Span] | None:
        """Return where each word stands in the text; None where that cannot be told."""
        return self._tokenizer.find_spans(text)

    def find_ngrams(self, words: list[str]) -> list[Term]:
        """Return the n-grams in the order of their first words, of the same word the shorter first.

        Words are n-grams of one word.
        """
        shortest, longest = self._recipe.ngram_range
        return self._take(
            Term(" ".join(words[start:end]), tuple(range(start, end)))
            for start in range(len(words))
            for end in range(start + shortest, min(start + longest, len(words)) + 1)
        )

    def find_subwords(self, words: list[str]) -> list[Term]:
        """Return the subwords of each word."""
        sizes = self._recipe.subword_range
        if not isinstance(sizes, tuple):
            return []
        return self._take(
            Term(name, (number,))
            for number, word in enumerate(words)
            for name in make_subwords(word, sizes)
        )

    def _take(self, terms: Iterable[Term]) -> list[Term]:
        """Return all terms, or each different one once."""
        if not self._recipe.binary:
            return list(terms)
        occurrences: dict[str, tuple[int, ...]] = {}
        for name, words in terms:
            occurrences[name] = occurrences.get(name, ()) + words
        return [Term(name, words) for name, words in occurrences.items()]
