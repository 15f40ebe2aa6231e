"""Where in a text the tokens of its sequence stand."""

from collections.abc import Container, Iterable
from itertools import accumulate
from typing import NamedTuple

from sklearn_imdb._text.analyzer import Analyzer
from sklearn_imdb._text.encoding import find_kept
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.subwords import is_subword
from sklearn_imdb._text.unicode_tokens import Span

NOWHERE: Span = (-1, -1)
"""The place of a token if it is not known."""


class Alignment(NamedTuple):
    """A text, where its words stand, and of which words each token of its sequence is made."""

    text: str
    """The text as it was given, or its words joined by spaces if they cannot be found in it."""
    is_verbatim: bool
    """Whether it is the text as it was given."""
    words: list[Span]
    """The place of every word, in order, also of words that were cut off."""
    tokens: list[tuple[int, ...]]
    """Positions in `words` of the words of each token of the sequence: several for an n-gram, one
    for a subword, none for the start and the divider. With `binary`, which takes a token once, the
    words of all its occurrences."""
    names: list[str]
    """Every word, as the tokenizer made it."""
    is_full: bool
    """Whether the sequence has no more room, so that words may have been cut off."""


def align(text: str, recipe: Recipe, vocabulary: Container[str], maxlen: int) -> Alignment:
    """Find the tokens of a text's sequence in the text.

    If the tokenizer cannot tell where its words stand, the words take the place of the text.
    """
    analyzer = Analyzer(recipe)
    words = analyzer.split(text)
    ngrams = [
        term.words
        for term in analyzer.find_ngrams(words)
        if recipe.unknown_index >= 0 or term.name in vocabulary
    ]
    if recipe.start_char is not None:
        ngrams.insert(0, ())
    subwords = [term.words for term in analyzer.find_subwords(words) if term.name in vocabulary]
    n_subwords = None if recipe.subword_range is None else len(subwords)
    kept, kept_subwords = find_kept(len(ngrams), n_subwords, maxlen, recipe)
    tokens = ngrams[kept]
    if kept_subwords is not None:
        tokens += [(), *subwords[kept_subwords]]
    spans = analyzer.find_spans(text)
    is_verbatim = spans is not None
    if spans is None:
        text = " ".join(words)
        ends = accumulate(len(word) + 1 for word in words)  # Each with the space behind the word.
        spans = [(end - 1 - len(word), end - 1) for word, end in zip(words, ends, strict=True)]
    return Alignment(text, is_verbatim, spans, tokens, words, len(tokens) >= maxlen)


def find_places(alignment: Alignment, terms: Iterable[str], recipe: Recipe) -> list[Span]:
    """Return the first place of each token in the text as it was given; `terms` are their names."""
    places = []
    for term, words in zip(terms, alignment.tokens, strict=True):
        place = NOWHERE
        if alignment.is_verbatim and words:
            is_ngram = not recipe.is_of_words and not is_subword(term)
            last = words[term.count(" ") if is_ngram else 0]
            place = alignment.words[words[0]][0], alignment.words[last][1]
        places.append(place)
    return places
