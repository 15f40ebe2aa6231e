"""HTML of a text with tinted words: no scripts, and legible in light and dark notebooks."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from pathlib import Path

from sklearn_imdb._explain.spans import Alignment

# Colour-blind readers can tell the two apart (Okabe & Ito, 2008).
BLUE, VERMILION = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)
INK = "#111111"
FAINT_INK = "#595959"
_DEEPEST = 0.55
"""Share of the colour in the deepest tint. The contrast of the ink stays above 5 to 1."""
_UNDERLINED = 0.1
"""Words are underlined from this share of the strongest contribution on."""
_BOLD = 0.5
"""Words are bold from this share of the strongest contribution on."""

_N_LISTED = 5
"""Number of tokens listed below the text for each direction."""

# Each element has its own style, because a style sheet would change the whole notebook.
_BOX_STYLE = (
    f"background:#ffffff;color:{INK};color-scheme:light;font:16px/1.8 sans-serif;"
    "max-width:48em;padding:12px 18px;border:1px solid #bbbbbb;border-radius:4px"
)
_TEXT_STYLE = "white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext;margin:10px 0"
_NOTE_STYLE = "margin:4px 0;font-size:14px;line-height:1.5"
_NOT_READ_STYLE = f"color:{FAINT_INK};font-style:italic"

# HTML allows neither control characters nor lone surrogates.
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
    """A text whose words are tinted by their contributions to a prediction.

    :func:`explain_html` creates it. A notebook displays it as HTML. `str` returns a whole page,
    and :meth:`save` writes that page to a file.

    Attributes
    ----------
    html : str
        An HTML element with inline styles and without scripts. It can be put into any page.
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
            The file. An existing file is overwritten.
        """
        Path(path).write_text(str(self), encoding="utf-8")


def element(
    alignment: Alignment,
    contributions: Mapping[int, float],
    *,
    directions: tuple[str, str],
    summary: str,
    tokens: Mapping[str, Sequence[float]],
    notes: Sequence[str] = (),
) -> str:
    """Return the HTML element: a summary, the text, a legend, the strongest tokens, the notes.

    All strings are escaped, so none of them can add markup.

    Parameters
    ----------
    alignment : Alignment
        The text and the span of each word.
    contributions : mapping of int to float
        Contribution of each word that the network read, by the word's position in
        `alignment.words`.
    directions : tuple of (str, str)
        Legend of positive and of negative contributions.
    summary : str
        Line above the text.
    tokens : mapping of str to sequence of float
        Contributions of each token, one for each of its occurrences.
    notes : sequence of str, default=()
        Lines below the text.
    """
    legend = [
        f'<span style="{_style(sign * 0.7)}">{escaped(direction)}</span>'
        for direction, sign in zip(directions, (1, -1), strict=True)
    ]
    if len(contributions) < len(alignment.words):
        legend.append(f'<span style="{_NOT_READ_STYLE}">not read by the network</span>')
    lines = [f'<p style="{_NOTE_STYLE}">{" &#160; ".join(legend)}</p>']
    sums = {token: sum(occurrences) for token, occurrences in tokens.items()}
    for direction, sign in zip(directions, (1, -1), strict=True):
        ranked = sorted(sums, key=lambda token: -sign * sums[token])[:_N_LISTED]
        listed = ", ".join(
            f"<bdi>{escaped(token)}</bdi> {signed(sums[token])}{_times(len(tokens[token]))}"
            for token in ranked
            if sums[token] * sign > 0
        )
        if listed:
            lines.append(f'<p style="{_NOTE_STYLE}">Most {escaped(direction)}: {listed}</p>')
    lines += [f'<p style="{_NOTE_STYLE}">{escaped(note)}</p>' for note in notes]
    return (
        f'<div style="{_BOX_STYLE}">\n<p style="{_NOTE_STYLE}">{escaped(summary)}</p>\n'
        f'<div dir="auto" style="{_TEXT_STYLE}">{_tinted(alignment, contributions)}</div>\n'
        + "\n".join(lines)
        + "\n</div>"
    )


def signed(number: float) -> str:
    """Return a contribution with its sign and three decimals."""
    return f"{number:+.3f}".replace("-", "\N{MINUS SIGN}")


def _times(n_occurrences: int) -> str:
    return f" ({n_occurrences} \N{MULTIPLICATION SIGN})" if n_occurrences > 1 else ""


def escaped(text: str) -> str:
    """Return HTML that shows the text, whatever characters it contains."""
    if text == " " or text.isalnum():  # A shortcut: most of the hundreds of pieces are such.
        return text
    return html.escape(_NOT_IN_HTML.sub("\N{REPLACEMENT CHARACTER}", text))


def _tinted(alignment: Alignment, contributions: Mapping[int, float]) -> str:
    largest = max(map(abs, contributions.values()), default=0) or 1.0
    text, parts, end = alignment.text, [], 0
    for position, (word_begin, word_end) in enumerate(alignment.words):
        parts.append(escaped(text[end:word_begin]))
        word = escaped(text[word_begin:word_end])
        contribution = contributions.get(position)
        if contribution is None:
            parts.append(f'<span style="{_NOT_READ_STYLE}">{word}</span>')
        else:
            style, title = _style(round(contribution / largest, 2)), signed(contribution)
            parts.append(f'<span style="{style}" title="{title}">{word}</span>')
        end = word_end
    return "".join([*parts, escaped(text[end:])])


@lru_cache(maxsize=1024)
def _style(strength: float) -> str:
    """Return the style of a word; `strength` is its share of the strongest contribution."""
    style = f"background:{tint(strength)}"
    if abs(strength) >= _UNDERLINED:
        # Without colours too: the kind of line shows the sign, the width shows the size.
        line = "solid" if strength > 0 else "wavy"
        width = 1 + round(abs(strength) * (2 if strength > 0 else 1))
        style += f";text-decoration:underline {line} {width}px;text-underline-offset:3px"
        style += ";text-decoration-skip-ink:none"
    if abs(strength) >= _BOLD:
        style += ";font-weight:bold"
    return style


def tint(strength: float) -> str:
    """Return a colour between white and blue, or between white and vermilion below zero."""
    share = abs(strength) * _DEEPEST
    colour = BLUE if strength > 0 else VERMILION
    return "#" + "".join(f"{round(255 + share * (part - 255)):02x}" for part in colour)
