"""Where in a text the tokens of its sequence stand."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from sklearn_imdb._text.ngrams import ngram_spans
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.tokens import Span, make_tokenizer


class Alignment(NamedTuple):
    """A text, where its words stand, and of which words each token of its sequence is made."""

    text: str
    """As it was given; or the words joined by spaces, where they cannot be found in it."""
    is_verbatim: bool
    words: list[Span]
    """Of every word, in order, whether or not the sequence has room for it."""
    tokens: list[tuple[int, ...]]
    """Numbers of the words of each token of the sequence: several of an n-gram, none of the start.
    With `binary`, which takes a token once, those of all its occurrences in the text."""


def aligned(text: str, recipe: Recipe, vocabulary: Container[str]) -> Alignment:
    """Find the tokens of a text's sequence in the text.

    Where the tokenizer cannot tell where its words stand, the words are shown in place of the text.
    """
    tokenizer = make_tokenizer(recipe)
    words = [tokenizer.word(key) for key in tokenizer.split(text)]
    tokens = _tokens(words, recipe, vocabulary)
    spans = tokenizer.spans(text)
    if spans is None:
        return Alignment(" ".join(words), False, _joined(words), tokens)
    return Alignment(text, True, spans, tokens)


def _tokens(words: list[str], recipe: Recipe, vocabulary: Container[str]) -> list[tuple[int, ...]]:
    spans = ngram_spans(len(words), recipe.ngram_range)
    tokens = [tuple(range(start, end)) for start, end in spans]
    if recipe.binary or recipe.oov_char is None:
        named = [(" ".join([words[number] for number in token]), token) for token in tokens]
        if recipe.oov_char is None:
            named = [(name, token) for name, token in named if name in vocabulary]
        tokens = [token for _, token in named]
        if recipe.binary:
            occurrences: dict[str, tuple[int, ...]] = {}
            for name, token in named:
                occurrences[name] = occurrences.get(name, ()) + token
            tokens = list(occurrences.values())
    if recipe.start_char is not None:
        tokens.insert(0, ())
    maxlen = recipe.maxlen
    return tokens[:maxlen] if recipe.truncating == "post" else tokens[-maxlen:]


def _joined(words: list[str]) -> list[Span]:
    """Return where each word stands when they are joined by spaces."""
    spans, end = [], -1
    for word in words:
        begin = end + 1
        end = begin + len(word)
        spans.append((begin, end))
    return spans
