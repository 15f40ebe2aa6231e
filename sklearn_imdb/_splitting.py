"""Text to words: Keras's steps, and the three other ways a user may choose.

A splitter is called with a text and returns its words as *keys*. `key` and `word` turn a word
into its key and back; whoever counts or looks up words need not know what keys are made of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol

Key = Any
"""`bytes` from `ByteSplitter`, `str` from the others: equal keys, equal words."""


class Splitter(Protocol):
    """Splits a text into the keys of its words."""

    def __call__(self, text: str) -> list[Key]: ...
    def first(self, text: str, n_words: int) -> list[Key]: ...
    def last(self, text: str, n_words: int) -> list[Key]: ...
    def key(self, word: str) -> Key: ...
    def word(self, key: Key) -> str: ...


def make_splitter(
    *,
    lowercase: bool,
    filters: str,
    token_pattern: str | None,
    tokenizer: Callable[[str], Iterable[str]] | None,
) -> Splitter:
    """Choose the splitter for a vectorizer's parameters, the fastest that is exact."""
    if tokenizer is not None:
        return StringSplitter(lowercase, _checked(tokenizer))
    if token_pattern is not None:
        return StringSplitter(lowercase, _compiled(token_pattern).findall)
    if filters.isascii():
        return ByteSplitter(lowercase, filters)
    blanks = str.maketrans(dict.fromkeys(filters, " "))
    return StringSplitter(
        lowercase, lambda text: [word for word in text.translate(blanks).split(" ") if word]
    )


class ByteSplitter:
    """`str.lower`, filter characters to spaces, split on the space: on UTF-8 bytes.

    One 256-byte table lower-cases and filters ASCII at once, and `bytes.split` is quick.
    `bytes.split` would also split on ASCII's other white space, where Keras splits on the space
    alone; so the table moves those characters to bytes that UTF-8 never uses. Other scripts
    are lower-cased by `str.lower` before they become bytes.
    """

    _OTHER_BLANKS = b"\t\n\r\x0b\x0c"
    _STAND_INS = b"\xf8\xf9\xfa\xfb\xfc"
    _HIDE = bytes.maketrans(_OTHER_BLANKS, _STAND_INS)
    _SHOW = bytes.maketrans(_STAND_INS, _OTHER_BLANKS)

    def __init__(self, lowercase: bool, filters: str) -> None:
        codes = bytes(range(256))
        if lowercase:
            codes = codes.lower()
        blanks = filters.encode("ascii")
        # Filters act on what lower-casing left: "A" among them matches nothing, "a" also "A".
        self._table = bytes(
            ord(" ") if code in blanks else hidden
            for code, hidden in zip(codes, codes.translate(self._HIDE), strict=True)
        )
        self._lowercase = lowercase

    def _prepare(self, text: str) -> bytes:
        if self._lowercase and not text.isascii():
            text = text.lower()
        # surrogatepass: a lone surrogate is a character like any other to Keras.
        return text.encode("utf-8", "surrogatepass").translate(self._table)

    def __call__(self, text: str) -> list[bytes]:
        return self._prepare(text).split()

    def first(self, text: str, n_words: int) -> list[bytes]:
        # A maxsplit leaves the rest of the text as one more, unsplit, item.
        return self._prepare(text).split(None, n_words)[:n_words]

    def last(self, text: str, n_words: int) -> list[bytes]:
        return self._prepare(text).rsplit(None, n_words)[-n_words:]

    def key(self, word: str) -> bytes:
        return word.encode("utf-8", "surrogatepass").translate(self._HIDE)

    def word(self, key: bytes) -> str:
        return key.translate(self._SHOW).decode("utf-8", "surrogatepass")


class StringSplitter:
    """Any function from a text to its words, on `str`; the words are their own keys."""

    def __init__(self, lowercase: bool, split: Callable[[str], list[str]]) -> None:
        self._lowercase = lowercase
        self._split = split

    def __call__(self, text: str) -> list[str]:
        return self._split(text.lower() if self._lowercase else text)

    def first(self, text: str, n_words: int) -> list[str]:
        return self(text)[:n_words]

    def last(self, text: str, n_words: int) -> list[str]:
        return self(text)[-n_words:]

    def key(self, word: str) -> str:
        return word

    def word(self, key: str) -> str:
        return key


def _compiled(token_pattern: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(token_pattern)
    except re.error as error:
        raise ValueError(
            f"token_pattern={token_pattern!r} is no regular expression: {error}."
        ) from error
    if pattern.groups > 1:
        raise ValueError(
            f"token_pattern={token_pattern!r} has {pattern.groups} capturing groups: it may have "
            "one, which is then the word; write the others as (?:...)."
        )
    return pattern


def _checked(tokenizer: Callable[[str], Iterable[str]]) -> Callable[[str], list[str]]:
    def split(text: str) -> list[str]:
        words = tokenizer(text)
        if isinstance(words, str):
            raise TypeError("tokenizer must return the words of a text as a list, got a str")
        words = list(words)
        for word in words:
            if not isinstance(word, str):
                raise TypeError(
                    f"tokenizer must return words of type str, got {word!r} "
                    f"of type {type(word).__name__} among them"
                )
        return words

    return split
