"""How long a text of 1 MB takes to encode that is written to take long.

Run it with ``python benchmarks/hostile_texts.py``. It prints the CPU seconds of each kind of text
through the vectorizer of either preset, and of a text half as long: time must be linear.
"""

import time

from sklearn_imdb import make_text_classifier
from sklearn_imdb.datasets import make_reviews

SIZE = 1_000_000
"""Bytes in UTF-8."""

PIECES = {
    "line breaks of HTML": "<br />",
    "breaks that never end": "<br ",
    "opening brackets": "<",
    "double quotes": '"',
    "apostrophes": "'",
    "apostrophes and letters": "'a",
    "typographic quotes": "\u2019\u201c",
    "full stops": ".",
    "punctuation": "!?.,;:",
    "one endless word": "a",
    "one endless word with umlauts": "\xe4",
    "one endless number": "1",
    "underscores": "_",
    "hyphens and letters": "a-",
    "single letters": "a ",
    "spaces": " ",
    "carriage returns": "\r\n",
    "null characters": "\0",
    "zero-width spaces": "\u200b",
    "soft hyphens": "a\xad",
    "one letter with accents": "\u0301",
    "letters with accents": "e\u0301",
    "letters with forty accents": "a" + "".join(map(chr, range(0x300, 0x328))),
    "two kinds of accents": "\u0301\u0323",
    "Chinese": "\u6f22",
    "Thai": "\u0e01\u0e34",
    "Arabic with points": "\u0628\u064e",
    "Hangul in parts": "\u1100\u1161",
    "Katakana of half width": "\uff76\uff9e",
    "families of emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "emoji with a variation selector": "\u2764\ufe0f",
    "marks of direction": "\u202e",
    "fractions": "\xbd",
    "the letter that lower case makes two": "\u0130",
    "the character that Unicode makes eighteen": "\ufdfa",
    "lone surrogates": "\ud800",
}


def seconds(vectorizer, text):
    """Return the CPU seconds of an encoding."""
    begin = time.process_time()
    vectorizer.transform([text])
    return time.process_time() - begin


texts, y = make_reviews(500, random_state=0)
vectorizers = {
    preset: make_text_classifier(preset)["vectorizer"].fit(texts, y)
    for preset in ("ngram", "tutorial")
}
worst = 0.0
for kind, piece in PIECES.items():
    text = piece * (SIZE // len(piece.encode("utf-8", "surrogatepass")))
    row = []
    for vectorizer in vectorizers.values():
        whole, half = seconds(vectorizer, text), seconds(vectorizer, text[: len(text) // 2])
        row.append(f"{whole:.2f} s, half {half:.2f} s")
        worst = max(worst, whole)
    print(f"{kind:42} {'   '.join(row)}")
print(f"the slowest of {len(PIECES)}: {worst:.2f} s")
