"""Where in a text its tokens stand: the steps of the encoding once more, with places kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sklearn_imdb._ngrams import ngram_spans

if TYPE_CHECKING:
    from sklearn_imdb.text import SequenceVectorizer

Span = tuple[int, int]
"""Begin and end in the text."""


class Alignment(NamedTuple):
    """A text, where its words stand, and of which words each token of its sequence is made."""

    text: str
    """As it was given; or the words joined by spaces, where they cannot be found in it."""
    is_verbatim: bool
    words: list[Span]
    """Of every word, in order, whether or not the sequence has room for it."""
    tokens: list[tuple[int, ...]]
    """Numbers of the words of each token of the sequence, of an n-gram several; of the start, none.
    With `binary`, which takes a token once, of all the places it has in the text."""


def aligned(vectorizer: SequenceVectorizer, text: str) -> Alignment:
    """Find the tokens of a text as the fitted vectorizer encodes it.

    With a `tokenizer` of the user's own, its words are looked for in the text one after the other.
    Where one is not found, or what is skipped holds a letter or a digit, it cannot be told what
    the words stand for, and they are shown in place of the text.
    """
    lowered = text.lower() if vectorizer.lowercase else text
    if vectorizer.tokenizer is not None:
        words = list(vectorizer.tokenizer(lowered))
        found = _found(words, lowered)
        if found is None:
            shown = " ".join(words)
            return Alignment(shown, False, _joined(words), _tokens(vectorizer, words))
        spans = found
    elif vectorizer.token_pattern is not None:
        pattern = re.compile(vectorizer.token_pattern)
        spans = [_group(match) for match in pattern.finditer(lowered)]
        words = [lowered[begin:end] for begin, end in spans]
    else:
        blanks = str.maketrans(dict.fromkeys(vectorizer.filters, " "))
        matches = list(re.finditer("[^ ]+", lowered.translate(blanks)))
        spans = [match.span() for match in matches]
        words = [match.group() for match in matches]
    return Alignment(text, True, _in_original(spans, text, lowered), _tokens(vectorizer, words))


def _tokens(vectorizer: SequenceVectorizer, words: list[str]) -> list[tuple[int, ...]]:
    spans = ngram_spans(len(words), vectorizer.ngram_range)
    tokens = [tuple(range(start, end)) for start, end in spans]
    if vectorizer.binary or vectorizer.oov_char is None:
        named = [(" ".join([words[number] for number in token]), token) for token in tokens]
        if vectorizer.oov_char is None:
            named = [(name, token) for name, token in named if name in vectorizer.vocabulary_]
        tokens = [token for _, token in named]
        if vectorizer.binary:
            places: dict[str, tuple[int, ...]] = {}
            for name, token in named:
                places[name] = places.get(name, ()) + token
            tokens = list(places.values())
    if vectorizer.start_char is not None:
        tokens.insert(0, ())
    maxlen = vectorizer.maxlen
    return tokens[:maxlen] if vectorizer.truncating == "post" else tokens[-maxlen:]


def _found(words: list[str], text: str) -> list[Span] | None:
    spans, end = [], 0
    for word in words:
        begin = text.find(word, end)
        if begin < 0 or any(map(str.isalnum, text[end:begin])):
            return None
        end = begin + len(word)
        spans.append((begin, end))
    return None if any(map(str.isalnum, text[end:])) else spans


def _joined(words: list[str]) -> list[Span]:
    spans, end = [], -1
    for word in words:
        begin = end + 1
        end = begin + len(word)
        spans.append((begin, end))
    return spans


def _group(match: re.Match[str]) -> Span:
    """Span of the word: of the one group, if the pattern has one, as in `re.findall`."""
    begin, end = match.span(match.re.groups)
    return (begin, end) if begin >= 0 else (match.start(), match.start())


def _in_original(spans: list[Span], text: str, lowered: str) -> list[Span]:
    """Undo what lower-casing does to places: it makes some characters, such as İ, into two."""
    if len(lowered) == len(text):  # No character becomes none.
        return spans
    origins = [place for place, character in enumerate(text) for _ in character.lower()]
    origins.append(len(text))
    found: list[Span] = []
    shown = 0
    for begin, end in spans:
        # A character that was split between two words is shown in the first.
        first = max(origins[begin], shown)
        shown = max(origins[end - 1] + 1 if end > begin else first, first)
        found.append((first, shown))
    return found
