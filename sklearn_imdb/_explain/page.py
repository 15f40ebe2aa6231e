"""HTML of a text with tinted words: no scripts, and legible in light and dark notebooks."""

import html
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sklearn_imdb._explain.attribution import TokenContributions, find_class
from sklearn_imdb._explain.spans import Alignment
from sklearn_imdb._text.subwords import is_subword
from sklearn_imdb._text.unicode_tokens import spell

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
_SUMMARY_STYLE = "margin:4px 0;font-weight:bold"
_CUT_STYLE = f"color:{FAINT_INK};font-style:italic"
_NO_TERM_STYLE = f"text-decoration:underline dotted {FAINT_INK} 1px;text-underline-offset:3px"
_TOKEN_STYLE = (
    "display:inline-block;border:1px solid #bbbbbb;border-radius:3px;padding:0 5px;margin:1px 0;"
    "white-space:pre-wrap"
)

# HTML allows neither control characters nor lone surrogates.
_NOT_IN_HTML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

# HTML lets the tags of html, head and body be left out.
_PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Explanation</title>
{}
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


def make_page(
    alignment: Alignment,
    is_cleaned: bool,
    explained: TokenContributions,
    probabilities: npt.NDArray[np.floating],
    names: Mapping[Any, str],
    several: bool,
    true_label: Any,
) -> TextExplanation:
    """Show the contributions to a text's prediction. All strings are escaped.

    Parameters
    ----------
    alignment : Alignment
        The text, its words, and the words of each token that contributes.
    is_cleaned : bool
        Whether steps before the vectorizer changed the text.
    explained : TokenContributions
        The contributions.
    probabilities : ndarray of shape (n_classes,)
        The predicted probabilities.
    names : mapping of object to str
        The name to show for each class, in the order of the classes.
    several : bool
        Whether a text may have several of the classes.
    true_label : object or array-like of shape (n_classes,)
        The true class; with several labels a row of 0 and 1. None shows none.
    """
    by_word: defaultdict[int, float] = defaultdict(float)
    by_token: defaultdict[str, defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
    notes = []
    values = explained.contributions.tolist()
    for token, words, value in zip(explained.tokens, alignment.tokens, values, strict=True):
        if words:
            # A subword counts as its word.
            name = alignment.names[words[0]] if is_subword(token) else spell(token)
            by_token[name][words[0]] += value
        else:
            notes.append(f"The start of a text, which every text has: {show(value)}.")
        for word in words:
            by_word[word] += value / len(words)
    label = names[explained.label]
    explains, away = f"Logit of {label}", f"away from {label}"
    if explained.against is not None:
        away = f"towards {names[explained.against]}"
        explains += f" less that of {names[explained.against]}"
    elif len(names) == 2 and not several:
        away = "towards " + next(name for one, name in names.items() if one != explained.label)
    if not alignment.is_verbatim:
        notes.append("Shown are the words that the tokenizer made, not the text as it was written.")
    elif is_cleaned:
        notes.append("Shown is the text as the steps before the vectorizer cleaned it.")
    notes.append(
        f"{explains}: {show(explained.baseline)} without words, "
        f"{show(explained.contributions.sum())} by them, together {show(explained.logit)}."
    )
    summary = _summarize(probabilities, names, several, true_label)

    tinted = _tint_words(alignment, by_word)
    legend, strongest = [], []
    for direction, sign in ((escape(f"towards {label}"), 1), (escape(away), -1)):
        legend.append(_make_span(direction, _style_word(sign * 0.7)))
        if listed := _list_strongest(by_token, sign):
            strongest.append(f"Most {direction}: {listed}")
    for style, meaning in ((_NO_TERM_STYLE, "in no term"), (_CUT_STYLE, "cut off")):
        if f'style="{style}"' in tinted:  # The quotes of a text are escaped.
            legend.append(_make_span(f"{meaning}: no weight", style))
    lines = [" &#160; ".join(legend), *strongest, *map(escape, notes)]
    paragraphs = "\n".join(f'<p style="{_NOTE_STYLE}">{line}</p>' for line in lines)
    return TextExplanation(
        f'<div style="{_BOX_STYLE}">\n<p style="{_SUMMARY_STYLE}">{escape(summary)}</p>\n'
        f'<div dir="auto" style="{_TEXT_STYLE}">{tinted}</div>\n'
        f"{paragraphs}\n</div>"
    )


def _list_strongest(by_token: Mapping[str, Mapping[int, float]], sign: int) -> str:
    """Return the tokens that contributed most in a direction, each with the sum over its places."""
    sums = {token: sum(places.values()) for token, places in by_token.items()}
    spans = []
    for token in sorted(sums, key=lambda token: -sign * sums[token])[:_N_LISTED]:
        n_places = len(by_token[token])
        times = f" ({n_places} \N{MULTIPLICATION SIGN})" if n_places > 1 else ""
        if sums[token] * sign > 0:
            content = f"<bdi>{escape(token)}</bdi> {show(sums[token])}{times}"
            spans.append(_make_span(content, f"{_TOKEN_STYLE};background:{tint(sign * 0.25)}"))
    return " ".join(spans)


def check_names(classes: list[Any], target_names: Sequence[str] | None) -> list[str]:
    """Return the names to show of the classes."""
    names = classes if target_names is None else target_names
    if not isinstance(names, Sequence | np.ndarray):
        raise TypeError(f"target_names must be a list in the order of classes_, got {names!r}.")
    if isinstance(names, str) or len(names) != len(classes):
        raise ValueError(
            f"target_names must have a name for each of the classes {classes}, got {names!r}."
        )
    return [str(name) for name in names]


def _summarize(
    probabilities: npt.NDArray[Any], names: Mapping[Any, str], several: bool, true_label: Any
) -> str:
    """Say what is predicted, with its probability, which classes are next, and the true label."""
    ranked = sorted(zip(names.values(), probabilities, strict=True), key=lambda pair: -pair[1])
    n_predicted = np.count_nonzero(probabilities > 0.5) if several else 1
    first = "; ".join(f"{name}, with probability {p:.2f}" for name, p in ranked[:n_predicted])
    summary = f"Predicted: {first or 'no label'}."
    if others := [f"{name} ({p:.2f})" for name, p in ranked[n_predicted:][:3]]:
        summary += f" Next: {', '.join(others)}."
    if true_label is None:
        return summary
    if not several:
        find_class(true_label, list(names), "true_label")
        return f"{summary} True label: {names[true_label]}."
    row = np.asarray(true_label).ravel()
    if row.shape != (len(names),) or not np.isin(row, (0, 1)).all():
        raise ValueError(
            f"true_label must be a row of 0 and 1 for the {len(names)} labels, got {true_label!r}."
        )
    return f"{summary} True labels: {', '.join(compress(names.values(), row)) or 'none'}."


def show(number: float) -> str:
    """Return a contribution with its sign and three decimals."""
    return f"{number:+.3f}".replace("-", "\N{MINUS SIGN}")


def escape(text: str) -> str:
    """Return HTML that shows the text, whatever characters it contains."""
    return html.escape(_NOT_IN_HTML.sub("\N{REPLACEMENT CHARACTER}", text))


def _make_span(content: str, style: str, title: str = "") -> str:
    return f'<span style="{style}"{title}>{content}</span>'


def _tint_words(alignment: Alignment, contributions: Mapping[int, float]) -> str:
    """Return the text with a style for each word.

    A word without a contribution was cut off, at one end of the text, or is in no term.
    """
    largest = max(map(abs, contributions.values()), default=0) or 1.0
    given = range(min(contributions, default=0), max(contributions, default=-1) + 1)
    text, parts, end = alignment.text, [], 0
    for position, (word_begin, word_end) in enumerate(alignment.words):
        is_cut = alignment.is_full and position not in given
        style, title = _CUT_STYLE if is_cut else _NO_TERM_STYLE, ""
        if (contribution := contributions.get(position)) is not None:
            style = _style_word(round(contribution / largest, 2))
            title = f' title="{show(contribution)}"'
        word = _make_span(escape(text[word_begin:word_end]), style, title)
        parts += [escape(text[end:word_begin]), word]
        end = word_end
    return "".join([*parts, escape(text[end:])])


def _style_word(strength: float) -> str:
    """Return the style of a word; `strength` is its share of the strongest contribution."""
    style = f"background:{tint(strength)}"
    if abs(strength) >= _UNDERLINED:
        # Legible without colours: the kind of line shows the sign, and its width the size.
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
