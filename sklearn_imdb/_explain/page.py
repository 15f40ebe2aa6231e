"""A text with its words tinted, in HTML that is safe and legible wherever it is shown."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from pathlib import Path

from sklearn_imdb._explain.spans import Alignment

# Okabe & Ito (2008): apart for those who see few colours too.
BLUE, VERMILION = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)
INK = "#111111"
FAINT_INK = "#595959"
_DEEPEST = 0.55
"""Share of the colour in the deepest tint, in which the ink still has a contrast beyond 5 to 1."""
_UNDERLINED = 0.1
_BOLD = 0.5
"""Parts of the strongest contribution from which on a word is underlined, and is bold."""

_LISTED = 5
"""Tokens listed below a text, in either direction."""

# Styles stand in the elements: a style sheet would act on the whole notebook.
_BOX = (
    f"background:#ffffff;color:{INK};color-scheme:light;font:16px/1.8 sans-serif;"
    "max-width:48em;padding:12px 18px;border:1px solid #bbbbbb;border-radius:4px"
)
_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext;margin:10px 0"
_NOTE = "margin:4px 0;font-size:14px;line-height:1.5"
_UNREAD = f"color:{FAINT_INK};font-style:italic"

# Control characters and lone surrogates.
_NOT_IN_HTML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

_PAGE = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Explanation</title>
</head>
<body>
{}
</body>
</html>
"""


@dataclass(frozen=True)
class TextExplanation:
    """A text whose words are tinted by what they contributed to a prediction.

    It shows itself in a notebook; `str` gives it as a whole page, and :meth:`save` writes that.
    Made by :func:`explain_html`.

    Attributes
    ----------
    html : str
        An HTML element with its styles in it, without scripts, to be put into any page.
    """

    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.html)} characters of HTML>"

    def __str__(self) -> str:
        return _PAGE.format(self.html)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the page to a file, in UTF-8.

        Parameters
        ----------
        path : str or path-like
            The file; one that is there is overwritten.
        """
        Path(path).write_text(str(self), encoding="utf-8")


def element(
    alignment: Alignment,
    of_words: Mapping[int, float],
    *,
    directions: tuple[str, str],
    summary: str,
    tokens: Mapping[str, Sequence[float]],
    notes: Sequence[str] = (),
) -> str:
    """Return the element: a summary, the text, how to read it, the strongest of the tokens, notes.

    `of_words` has the contributions of the words that the network has read, by their numbers;
    `directions` are what positive and negative contributions speak for; `tokens` has what each
    token contributed at its places. Nothing of what it is given can be markup: all is escaped.
    """
    legend = [
        f'<span style="{_style(sign * 0.7)}">{escaped(direction)}</span>'
        for direction, sign in zip(directions, (1, -1), strict=True)
    ]
    if len(of_words) < len(alignment.words):
        legend.append(f'<span style="{_UNREAD}">not read by the network</span>')
    lines = [f'<p style="{_NOTE}">{" &#160; ".join(legend)}</p>']
    sums = {token: sum(contributions) for token, contributions in tokens.items()}
    for direction, sign in zip(directions, (1, -1), strict=True):
        ranked = sorted(sums, key=lambda token: -sign * sums[token])[:_LISTED]
        listed = ", ".join(
            f"<bdi>{escaped(token)}</bdi> {signed(sums[token])}{_times(len(tokens[token]))}"
            for token in ranked
            if sums[token] * sign > 0
        )
        if listed:
            lines.append(f'<p style="{_NOTE}">Most {escaped(direction)}: {listed}</p>')
    lines += [f'<p style="{_NOTE}">{escaped(note)}</p>' for note in notes]
    return (
        f'<div style="{_BOX}">\n<p style="{_NOTE}">{escaped(summary)}</p>\n'
        f'<div dir="auto" style="{_TEXT}">{_tinted(alignment, of_words)}</div>\n'
        + "\n".join(lines)
        + "\n</div>"
    )


def signed(number: float) -> str:
    """Return a contribution as it is shown, with its sign."""
    return f"{number:+.3f}".replace("-", "\N{MINUS SIGN}")


def _times(n_places: int) -> str:
    return f" ({n_places} \N{MULTIPLICATION SIGN})" if n_places > 1 else ""


def escaped(text: str) -> str:
    """Return the text as HTML that shows it, whatever is in it."""
    if text == " " or text.isalnum():  # Most pieces, and there are hundreds.
        return text
    return html.escape(_NOT_IN_HTML.sub("\N{REPLACEMENT CHARACTER}", text))


def _tinted(alignment: Alignment, of_words: Mapping[int, float]) -> str:
    most = max(map(abs, of_words.values()), default=0) or 1.0
    text, parts, end = alignment.text, [], 0
    for number, (begin, word_end) in enumerate(alignment.words):
        parts.append(escaped(text[end:begin]))
        word = escaped(text[begin:word_end])
        contribution = of_words.get(number)
        if contribution is None:
            parts.append(f'<span style="{_UNREAD}">{word}</span>')
        else:
            style, title = _style(round(contribution / most, 2)), signed(contribution)
            parts.append(f'<span style="{style}" title="{title}">{word}</span>')
        end = word_end
    return "".join([*parts, escaped(text[end:])])


@lru_cache(maxsize=1024)
def _style(strength: float) -> str:
    """Style of a word whose contribution is this part, from -1 to 1, of the strongest."""
    style = f"background:{tint(strength)}"
    if abs(strength) >= _UNDERLINED:
        # What says the same without colour: the kind of the line its sign, the width its size.
        line = "solid" if strength > 0 else "wavy"
        width = 1 + round(abs(strength) * (2 if strength > 0 else 1))
        style += f";text-decoration:underline {line} {width}px;text-underline-offset:3px"
        style += ";text-decoration-skip-ink:none"
    if abs(strength) >= _BOLD:
        style += ";font-weight:bold"
    return style


def tint(strength: float) -> str:
    """Return a colour between white and blue, or for a negative strength vermilion."""
    share = abs(strength) * _DEEPEST
    colour = BLUE if strength > 0 else VERMILION
    return "#" + "".join(f"{round(255 + share * (part - 255)):02x}" for part in colour)
