"""Where in a text the tokens of its sequence stand."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from sklearn_imdb._text.encoding import parts_that_fit
from sklearn_imdb._text.ngrams import ngram_spans
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.subwords import subwords_of
from sklearn_imdb._text.tokens import make_tokenizer
from sklearn_imdb._text.unicode_tokens import Span


class Alignment(NamedTuple):
    """A text, where its words stand, and of which words each token of its sequence is made."""

    text: str
    """As it was given; or the words joined by spaces, where they cannot be found in it."""
    is_verbatim: bool
    words: list[Span]
    """Of every word, in order, whether or not the sequence has room for it."""
    tokens: list[tuple[int, ...]]
    """Numbers of the words of each token of the sequence: several of an n-gram, one of a subword,
    none of the start and of the divider. With `binary`, which takes a token once, those of all its
    occurrences in the text."""
    names: list[str]
    """Of every word, as the tokenizer made it."""


def aligned(text: str, recipe: Recipe, vocabulary: Container[str], maxlen: int) -> Alignment:
    """Find the tokens of a text's sequence in the text.

    Where the tokenizer cannot tell where its words stand, the words are shown in place of the text.
    """
    tokenizer = make_tokenizer(recipe)
    words = [tokenizer.word(key) for key in tokenizer.split(text)]
    tokens = _tokens(words, recipe, vocabulary, maxlen)
    spans = tokenizer.spans(text)
    if spans is None:
        return Alignment(" ".join(words), False, _joined(words), tokens, words)
    return Alignment(text, True, spans, tokens, words)


def _tokens(
    words: list[str], recipe: Recipe, vocabulary: Container[str], maxlen: int
) -> list[tuple[int, ...]]:
    spans = ngram_spans(len(words), recipe.ngram_range)
    ngrams = [tuple(range(start, end)) for start, end in spans]
    if recipe.binary or recipe.oov_char is None:
        named = [(" ".join([words[number] for number in ngram]), ngram) for ngram in ngrams]
        if recipe.oov_char is None:
            named = [(name, ngram) for name, ngram in named if name in vocabulary]
        ngrams = _once(named) if recipe.binary else [ngram for _, ngram in named]
    if recipe.start_char is not None:
        ngrams.insert(0, ())
    if not isinstance(recipe.subword_range, tuple):
        return _kept(ngrams, maxlen, recipe)
    found: list[tuple[str, tuple[int, ...]]] = [
        (term, (number,))
        for number, word in enumerate(words)
        for term in subwords_of(word, recipe.subword_range)
        if term in vocabulary
    ]
    subwords = _once(found) if recipe.binary else [token for _, token in found]
    n_words, n_subwords = parts_that_fit(len(ngrams), len(subwords), maxlen)
    divided = [*_kept(ngrams, n_words, recipe), (), *_kept(subwords, n_subwords, recipe)]
    return divided[:maxlen]


def _once(named: list[tuple[str, tuple[int, ...]]]) -> list[tuple[int, ...]]:
    """Return each different token once, with the words of all its occurrences."""
    occurrences: dict[str, tuple[int, ...]] = {}
    for name, token in named:
        occurrences[name] = occurrences.get(name, ()) + token
    return list(occurrences.values())


def _kept(tokens: list[tuple[int, ...]], n_tokens: int, recipe: Recipe) -> list[tuple[int, ...]]:
    first = 0 if recipe.truncating == "post" else max(len(tokens) - n_tokens, 0)
    return tokens[first : first + n_tokens]


def _joined(words: list[str]) -> list[Span]:
    """Return where each word stands when they are joined by spaces."""
    spans, end = [], -1
    for word in words:
        begin = end + 1
        end = begin + len(word)
        spans.append((begin, end))
    return spans
