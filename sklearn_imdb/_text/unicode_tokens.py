"""Tokens of any language: words, clitics, punctuation, emoji, characters of unspaced scripts."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, groupby
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
"""Begin and end in the text."""

# HTML's line break, however it is written.
_BREAK = re.compile("<[bB][rR] ?/?>")

# Characters that look the same to a reader and that Unicode's form NFKC keeps apart.
_ALIKE = {
    # A modifier letter and the acute accent (U+1FFD is the same) serve as apostrophes. \x91 to
    # \x94 are quotation marks of Windows in a text that was read as Latin-1.
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u00b4\u1ffd\x91\x92", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\x93\x94", '"'),
    # NFKC does this too. They are the only marks that `\w` matches; `_PILE` relies on `\w`.
    "\uff9e": "\u3099",
    "\uff9f": "\u309a",
}


def _signs() -> Iterator[str]:
    """Yield the signs and numbers that NFKC turns into letters or digits: ™ ½ ¹ № ① ㎏."""
    for character in map(chr, chain(range(0x3400), range(0x1F000, 0x1F300))):
        if unicodedata.category(character) in ("So", "No"):
            plain = unicodedata.normalize("NFKC", character)
            if plain != character and any(map(str.isalnum, plain)):
                yield character


# These get spaces. Else they would become part of the word beside them: kindletm, 71/2 of 7½.
_ALIKE |= {sign: f" {sign} " for sign in _signs()}
# A keycap ends its emoji, and NFKC makes an apostrophe of the beginning of ŉ.
_ALIKE |= {"\u20e3": "\u20e3 ", "\u0149": "'n"}

# Soft hyphens, marks of direction, word joiners and variation selectors are not seen.
_UNSEEN = "\u00ad\u061c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe00-\ufe0f"
# `re` makes a table of a large set only if all its characters are in the basic plane.
_BASIC_ALIKE = "".join(character for character in _ALIKE if ord(character) < 0x10000)
_TO_REPLACE = re.compile(f"[{_BASIC_ALIKE}{_UNSEEN}]")
_BEYOND = re.compile("[\U00010000-\U0010ffff]+")
_BEYOND_ALIKE = dict.fromkeys(range(0xE0100, 0xE01F0)) | str.maketrans(_ALIKE)

_DOTTED = re.compile("i\u0307+")

# A character and many marks behind it: `\w` matches letters but no marks.
_PILE = re.compile(r"[\u0300-\U0010ffff][^\w\s\0-\u02ff]{31,}")

# The class string has one letter for each character: w(ord), m(ark), j(oiner), s(ymbol or
# punctuation), c(haracter that stands alone), e(moji), t(one of a skin), f(lag's letter), the
# apostrophe, or a space. Marks and joiners belong to what they follow. Joiners and tones make one
# emoji of several, two letters make a flag (UTS #51). A joiner that joins nothing is not seen.
_EMOJI = "e[mt]*(?:j+[et][mt]*)*|tm*|ff?m*"
_TOKEN = re.compile(f"'?w[wmj]*|c[mj]*|{_EMOJI}|[sm][smj]*")

# A character that stands alone may end in a mark.
_NEEDLESS_SPACE = re.compile("(?<=[cms]) (?=c)|(?<=c) (?=s)")

# Blocks of emoji. A later Unicode may add some to the last.
_PICTURES = re.compile("[\u2190-\u21ff\u2300-\u24ff\u25a0-\u27bf\u2b00-\u2bff]")
_NEW_PICTURES = range(0x1F000, 0x1FB00)

# Latin, Greek, Cyrillic, punctuation: neither marks nor c, and `\w` and `\s` tell the classes.
_EASY = re.compile(
    "[\0-\u02ff\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u0482\u048a-\u052f"
    "\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u20ac]*"
)
_EASY_TOKEN = re.compile(r"'?\w+|[^\w\s'\0-\x1f\x7f]+")

_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")

# Scripts that put no spaces between words: those of East Asia, and those for which Unicode's
# line breaking needs a dictionary. Hangul has spaces.
_UNSPACED = (
    "CJK UNIFIED", "CJK COMPATIBILITY", "IDEOGRAPHIC", "VERTICAL IDEOGRAPHIC",
    "HIRAGANA", "KATAKANA", "HENTAIGANA",
    "THAI ", "LAO ", "KHMER ", "MYANMAR ", "TAI ", "NEW TAI LUE ", "AHOM ",
)  # fmt: skip


class _Classes(dict[int, str]):
    """The class of each character, found when a text first has it."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _find_class(chr(code))
        return found


def _find_class(character: str) -> str:
    category = unicodedata.category(character)
    if character == "'":
        return "'"
    # A control of ASCII prints nothing, and separates. So do the two zero-width spaces.
    if character.isspace() or character < " " or character in "\x7f\u200b\ufeff":
        return " "
    if character == "\u200d":
        return "j"
    if category[0] == "M" or category == "Cf":
        return "m"
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return "f"
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return "t"
    is_new_picture = ord(character) in _NEW_PICTURES and category in ("So", "Cn")
    if is_new_picture or (category == "So" and _PICTURES.match(character)):
        return "e"
    is_unspaced = unicodedata.name(character, "").startswith(_UNSPACED)
    # Planes 2 and 3 are for ideographs, even for those newer than this Python.
    if "\U00020000" <= character < "\U00040000" or (is_unspaced and category[0] in "LN"):
        # Digits of these scripts make numbers.
        return "w" if category == "Nd" else "c"
    # As to `\w`, lone surrogates and what has no meaning yet, such as new emoji, are no letters.
    return "s" if category[0] in "PSC" and character != "_" else "w"


_CLASSES = _Classes()
_ASCII = {code: "\n" if _CLASSES[code] == " " else chr(code) for code in range(128)}
_ASCII_LOWER = {code: character.lower() for code, character in _ASCII.items()}
_ASCII_SYMBOLS = [(c, f" {c} ") for c in map(chr, range(128)) if _CLASSES[ord(c)] == "s"]


def has_unspaced_script(text: str) -> bool:
    """Whether a third of the characters are of a script that puts no spaces between words."""
    return 3 * text.translate(_CLASSES).count("c") >= max(len(text), 1)


def spell(term: str) -> str:
    """Return an n-gram as it is written: without spaces where its script has none.

    No space stands between two characters of such a script, nor between one and punctuation.
    """
    classes = term.translate(_CLASSES)
    if "c" not in classes:
        return term
    needless = {joint.start() for joint in _NEEDLESS_SPACE.finditer(classes)}
    return "".join(sign for place, sign in enumerate(term) if place not in needless)


def detect_script(words: Iterable[str], counts: Iterable[int]) -> str:
    """Return "hangul" or "unspaced" if a third of the letters are of such a script, else "".

    Parameters
    ----------
    words : iterable of str
        Different words.
    counts : iterable of int
        How often each word occurs.
    """
    n_letters = n_hangul = n_unspaced = 0
    for word, count in zip(words, counts, strict=True):
        if word.isascii():
            n_letters += count * (len(word) if word.isalpha() else sum(map(str.isalpha, word)))
            continue
        classes = word.translate(_CLASSES)
        n_letters += count * (classes.count("w") + classes.count("c"))
        n_unspaced += count * classes.count("c")
        n_hangul += count * len(_HANGUL.findall(word))
    if 3 * n_hangul >= max(n_letters, 1):
        return "hangul"
    return "unspaced" if 3 * n_unspaced >= max(n_letters, 1) else ""


def split(text: str, lowercase: bool) -> list[str]:
    """Return the tokens of a text, in time linear in its length.

    The text is taken in Unicode's form NFKC. A token is a word, an apostrophe with the word behind
    it, a run of punctuation and symbols, or an emoji. In a script that puts no spaces between words
    a token is one character with its marks, and n-grams of tokens are words.
    """
    if text.isascii():
        return _split_ascii(text, lowercase)
    plain = _blank_breaks(normalize(text, lowercase))
    if _EASY.fullmatch(plain):
        return _EASY_TOKEN.findall(plain)
    return [plain[token.start() : token.end()] for token in _find_tokens(plain)]


def _split_ascii(text: str, lowercase: bool) -> list[str]:
    """Return the same tokens by `str.replace`, which is faster than a regular expression.

    White space becomes line feeds. A space stands only beside symbols, on both sides, so that two
    in a row lie within a run.
    """
    text = _BREAK.sub("\n", text).translate(_ASCII_LOWER if lowercase else _ASCII)
    for symbol, spaced in _ASCII_SYMBOLS:
        if symbol in text:
            text = text.replace(symbol, spaced)
    text = text.replace("  ", "")
    if "'" in text:
        # An apostrophe begins a token. One without a word behind it is dropped.
        text = text.replace("'", "\n'").replace("'\n", "\n").replace("' ", " ").rstrip("'")
    return text.split()


def find_spans(text: str, lowercase: bool) -> list[Span]:
    """Return where each token of `split` stands in the text as it was given."""
    plain = _blank_breaks(normalize(text, lowercase))
    spans = [token.span() for token in _find_tokens(plain)]
    return find_in_original(spans, _find_origins(text, lowercase))


def find_in_original(spans: Iterable[Span], origins: list[Span]) -> list[Span]:
    """Return the spans in the text as given. `origins` has the span there of each character here.

    Lower-casing and NFKC may make two tokens of one character. The first token shows it.
    """
    found, shown = [], 0
    for begin, end in spans:
        first = max(origins[begin][0], shown)
        shown = max(origins[end - 1][1], first) if end > begin else first
        found.append((first, shown))
    return found


def _find_tokens(plain: str) -> Iterator[re.Match[str]]:
    return _TOKEN.finditer(plain.translate(_CLASSES))


def _blank_breaks(text: str) -> str:
    """Replace each character of HTML's breaks by a space, so that positions stay."""
    return _BREAK.sub(lambda found: " " * len(found.group()), text)


def normalize(text: str, lowercase: bool) -> str:
    """Return one form for all texts that look the same to a reader."""
    if text.isascii():
        return text.lower() if lowercase else text
    text = _TO_REPLACE.sub(lambda found: _ALIKE.get(found.group(), ""), text)
    # UTF-16 has two units for a character beyond the basic plane. A search would take far longer.
    if len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text):
        text = _BEYOND.sub(lambda found: found.group().translate(_BEYOND_ALIKE), text)
    text = _compose(text)
    if not lowercase:
        return text
    # Folding leaves a dot behind the i that it makes of İ.
    folded = _DOTTED.sub("i", text.casefold())
    # Some small letters have a composed form where the capital has none: J̌.
    return text if folded == text else _compose(folded)


def _compose(text: str) -> str:
    return unicodedata.normalize("NFKC", _PILE.sub(_sort_marks, text))


def _sort_marks(pile: re.Match[str]) -> str:
    """Sort marks into canonical order. `normalize` takes time quadratic in their number."""
    text = pile.group()
    if "m" not in text.translate(_CLASSES):  # A row of symbols.
        return text
    parts = "".join([unicodedata.normalize("NFKD", character) for character in text])
    runs = groupby(parts, key=lambda part: unicodedata.combining(part) > 0)
    return "".join(chain.from_iterable(sorted(run, key=unicodedata.combining) for _, run in runs))


def _find_origins(text: str, lowercase: bool) -> list[Span]:
    """Return for each character of the normal form the span of the cluster it comes from."""
    if text.isascii():
        return [(position, position + 1) for position in range(len(text))]
    origins: list[Span] = []
    begin = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or _divides(text, begin, end):
            origins += [(begin, end)] * _measure(text[begin:end], lowercase)
            begin = end
    return origins


def _divides(text: str, begin: int, end: int) -> bool:
    """Whether a cluster ends here: no character behind it is sorted into it or composed with it."""
    if text[end].isascii():
        return True
    return _begins(text[end]) and _measure(text[begin : end + 1], False) == (
        _measure(text[begin:end], False) + _measure(text[end], False)
    )


@lru_cache(maxsize=10_000)
def _begins(character: str) -> bool:
    parts = unicodedata.normalize("NFD", normalize(character, False))
    return parts != "" and not unicodedata.combining(parts[0])


@lru_cache(maxsize=10_000)
def _measure(text: str, lowercase: bool) -> int:
    return len(normalize(text, lowercase))
