"""A text to its tokens, and where in the text each token stands.

A tokenizer returns tokens as *keys*. `key` and `words` turn words into keys and back, so that
counting and looking up work with keys of any type.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, TypeAlias

from sklearn_imdb._text import unicode_tokens
from sklearn_imdb._text.recipe import Recipe, Tokenize
from sklearn_imdb._text.unicode_tokens import Span

SPACE_IN_WORD = "\N{OPEN BOX}"
"""Stands for a space within a word where spaces join the words of an n-gram."""

Key: TypeAlias = Any
"""`bytes` from `KerasTokenizer`, `str` from the others: equal keys, equal words."""


class Tokenizer(ABC):
    """Splits a text into tokens. By default a word is its own key."""

    @abstractmethod
    def split(self, text: str) -> list[Key]:
        """Return the keys of all tokens."""

    @abstractmethod
    def find_spans(self, text: str) -> list[Span] | None:
        """Return where each token of `split` stands. None if that cannot be told."""

    def split_part(self, text: str, n_tokens: int, truncating: str) -> list[Key]:
        """Return the keys of the first tokens, or of the last ones if `truncating` is "pre"."""
        keys = self.split(text)
        n_cut = 0 if truncating == "post" else max(len(keys) - n_tokens, 0)
        return keys[n_cut : n_cut + n_tokens]

    def key(self, word: str) -> Key:
        """Return the key of a word."""
        return word

    def words(self, keys: list[Key]) -> list[str]:
        """Return the words of keys."""
        return keys


def make_tokenizer(recipe: Recipe) -> Tokenizer:
    """Return the fastest tokenizer that is exact for a recipe."""
    if callable(recipe.tokenizer):
        return CallableTokenizer(recipe, recipe.tokenizer)
    if recipe.tokenizer == "unicode":
        return UnicodeTokenizer(recipe.lowercase)
    if recipe.token_pattern is None and recipe.filters.isascii():
        return KerasTokenizer(recipe)
    return PatternTokenizer(recipe)


class UnicodeTokenizer(Tokenizer):
    """Tokens of any language: see `unicode_tokens.split`."""

    def __init__(self, lowercase: bool) -> None:
        self._lowercase = lowercase

    def split(self, text: str) -> list[str]:
        return unicode_tokens.split(text, self._lowercase)

    def find_spans(self, text: str) -> list[Span]:
        return unicode_tokens.find_spans(text, self._lowercase)


class CallableTokenizer(Tokenizer):
    """A user's function from a text to its tokens."""

    def __init__(self, recipe: Recipe, tokenize: Tokenize) -> None:
        self._lowercase, self._tokenize = recipe.lowercase, tokenize
        self._hides_spaces = not recipe.is_of_words

    def _prepare(self, text: str) -> str:
        return text.lower() if self._lowercase else text

    def split(self, text: str) -> list[Key]:
        words = self._find_words(self._prepare(text))
        if self._hides_spaces:  # Spaces are to join the words of n-grams.
            return [word.replace(" ", SPACE_IN_WORD) if " " in word else word for word in words]
        return words

    def find_spans(self, text: str) -> list[Span] | None:
        prepared = self._prepare(text)
        spans = self._find_prepared_spans(prepared)
        if spans is None or len(prepared) == len(text):  # No character becomes none.
            return spans
        # Lower-casing makes two of some characters, as of İ. An empty match may stand at the end.
        origins = [(place, place + 1) for place, sign in enumerate(text) for _ in sign.lower()]
        return unicode_tokens.find_in_original(spans, [*origins, (len(text), len(text))])

    def _find_words(self, prepared: str) -> list[str]:
        words = self._tokenize(prepared)
        if isinstance(words, str) or not isinstance(words, Iterable):
            got = type(words).__name__
            raise TypeError(f"tokenizer must return the words of a text as a list, got a {got}.")
        words = list(words)
        for word in words:
            if not isinstance(word, str):
                raise TypeError(
                    f"tokenizer must return strings, got {word!r} of type {type(word).__name__}."
                )
        return words

    def _find_prepared_spans(self, prepared: str) -> list[Span] | None:
        """Look for the tokens in the text, one after the other.

        None if a token is not found, or if a letter or a digit stands outside of all tokens: what
        the tokens stand for then cannot be told.
        """
        spans, end = [], 0
        for word in self._find_words(prepared):
            begin = prepared.find(word, end)
            if begin < 0 or any(map(str.isalnum, prepared[end:begin])):
                return None
            end = begin + len(word)
            spans.append((begin, end))
        return None if any(map(str.isalnum, prepared[end:])) else spans


class PatternTokenizer(CallableTokenizer):
    """The matches of `token_pattern`, or of its one group if it has one.

    Without a pattern these are what stands between spaces, and filter characters become spaces.
    """

    def __init__(self, recipe: Recipe) -> None:
        token_pattern, filters = recipe.token_pattern, ""
        if token_pattern is None:
            token_pattern, filters = "[^ ]+", recipe.filters
        try:
            self._pattern = re.compile(token_pattern)
        except re.error as error:
            raise ValueError(f"{token_pattern=} is no regular expression: {error}.") from error
        if self._pattern.groups > 1:
            raise ValueError(
                f"{token_pattern=} has {self._pattern.groups} capturing groups: keep only one, "
                "and write the others as (?:...)."
            )
        self._blanks = str.maketrans(dict.fromkeys(filters, " "))
        super().__init__(recipe, self._pattern.findall)

    def _prepare(self, text: str) -> str:
        prepared = super()._prepare(text)
        return prepared.translate(self._blanks) if self._blanks else prepared

    def _find_prepared_spans(self, prepared: str) -> list[Span]:
        return list(map(_find_span, self._pattern.finditer(prepared)))


class KerasTokenizer(PatternTokenizer):
    """`str.lower`, filter characters to spaces, split on the space: on UTF-8 bytes.

    One 256-byte table lower-cases and filters ASCII at once, and `bytes.split` is quick.
    `bytes.split` would also split on ASCII's other white space, where Keras splits on the space
    alone. So the table moves those characters to bytes that UTF-8 never uses. Other scripts are
    lower-cased by `str.lower` before they become bytes.
    """

    _OTHER_BLANKS = b"\t\n\r\x0b\x0c"
    _STAND_INS = b"\xf8\xf9\xfa\xfb\xfc"
    _HIDE = bytes.maketrans(_OTHER_BLANKS, _STAND_INS)
    _SHOW = bytes.maketrans(_STAND_INS, _OTHER_BLANKS)

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(recipe)
        codes, filters = bytes(range(256)), recipe.filters.encode("ascii")
        # A filter that is white space becomes a space, because the later of two entries counts.
        blanks, stand_ins = self._OTHER_BLANKS + filters, self._STAND_INS + b" " * len(filters)
        # Filters act on lower-cased text: "A" among them matches nothing, "a" also matches "A".
        lowered = codes.lower() if recipe.lowercase else codes
        self._table = lowered.translate(bytes.maketrans(blanks, stand_ins))

    def _to_bytes(self, text: str) -> bytes:
        if self._lowercase and not text.isascii():
            text = text.lower()
        # surrogatepass: a lone surrogate is a character like any other to Keras.
        return text.encode("utf-8", "surrogatepass").translate(self._table)

    def split(self, text: str) -> list[bytes]:
        return self._to_bytes(text).split()

    def split_part(self, text: str, n_tokens: int, truncating: str) -> list[bytes]:
        # A maxsplit leaves the rest of the text as one more, unsplit, item.
        if truncating == "post":
            return self._to_bytes(text).split(None, n_tokens)[:n_tokens]
        return self._to_bytes(text).rsplit(None, n_tokens)[-n_tokens:]

    def key(self, word: str) -> bytes:
        return word.encode("utf-8", "surrogatepass").translate(self._HIDE)

    def words(self, keys: list[bytes]) -> list[str]:
        return [key.translate(self._SHOW).decode("utf-8", "surrogatepass") for key in keys]


def _find_span(match: re.Match[str]) -> Span:
    """Return the span that `re.findall` returns: of the one group, if the pattern has one."""
    begin, end = match.span(match.re.groups)
    return (begin, end) if begin >= 0 else (match.start(), match.start())
