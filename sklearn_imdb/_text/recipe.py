"""The recipe: everything that decides how a text is cut and numbered."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral
from typing import NamedTuple, TypeAlias

from sklearn_imdb._convention import DIVIDER

Tokenize: TypeAlias = Callable[[str], Iterable[str]]


_RARE_WORDS = (20_000, 1_000_000)
"""Words from which on `min_df="auto"` is 2, and is 3."""

_FEW_WORDS = 200_000
"""Words of a class below which `subword_range="auto"` takes subwords."""

SUBWORDS: dict[str, tuple[int, int] | None] = {"hangul": (1, 3), "unspaced": None, "": (4, 5)}
"""What `subword_range="auto"` is for texts of few words, by the script of a third of the letters.

A syllable of Hangul has two or three letters. Of a script without spaces each character is a word.
"""


class Recipe(NamedTuple):
    """The vectorizer's parameters under their own names, as one record.

    Recipes are compared as a whole: equal recipes and equal vocabularies give equal sequences.
    """

    # Which terms a text has. `partial_fit` counts terms and cannot go on with others.
    vocabulary: Mapping[str, int] | Sequence[str] | None
    lowercase: bool
    tokenizer: str | Tokenize
    filters: str
    token_pattern: str | None
    ngram_range: tuple[int, int]
    subword_range: tuple[int, int] | str | None
    rank_by: str
    binary: bool

    # Which terms are kept, and how a sequence is laid out. These may change between chunks.
    min_df: int | float | str
    max_df: int | float
    num_words: int | None
    start_char: int | None
    oov_char: int | None
    index_from: int
    maxlen: int | str | None
    padding: str
    truncating: str

    def check(self) -> None:
        """Raise a ValueError where parameters, each valid, contradict each other."""
        if self.tokenizer != "keras" and self.token_pattern is not None:
            raise ValueError(
                f"tokenizer={self.tokenizer!r} and token_pattern={self.token_pattern!r} are both "
                "given: set token_pattern to None, or tokenizer to 'keras'."
            )
        for name in ("ngram_range", "subword_range"):
            sizes = getattr(self, name)
            if isinstance(sizes, str | None):
                continue
            are_whole = all(isinstance(n, Integral) and not isinstance(n, bool) for n in sizes)
            if not (are_whole and len(sizes) == 2 and 1 <= sizes[0] <= sizes[1]):
                raise ValueError(
                    f"{name} must be (min_n, max_n), integers with 1 <= min_n <= max_n, got "
                    f"{sizes!r}."
                )
        if self.subword_range is not None and self.index_from < DIVIDER:
            raise ValueError(
                f"index_from must be at least {DIVIDER} with subword_range, got {self.index_from}."
            )
        if self.num_words is not None and self.num_words <= self.index_from + 1:
            raise ValueError(
                f"num_words must be > index_from + 1 = {self.index_from + 1}, got {self.num_words}."
            )

    def changed_terms(self, before: "Recipe") -> list[str]:
        """Return the names of the parameters that now give a text other terms than `before`."""
        deciding = Recipe._fields[: Recipe._fields.index("min_df")]
        return [name for name in deciding if getattr(self, name) != getattr(before, name)]

    def resolve(
        self, n_words: int, n_classes: int = 1, find_script: Callable[[], str] = str
    ) -> "Recipe":
        """Return the recipe with `min_df` and `subword_range` chosen where they are "auto".

        `n_words` is the number of words in the documents, repeated ones included. Where words are
        few, most of them are rare: rare ones are kept, and what they have in common with others is
        in their subwords. `find_script` returns one of `SUBWORDS`.
        """
        recipe = self
        if self.min_df == "auto":
            recipe = recipe._replace(min_df=1 + sum(n_words >= bound for bound in _RARE_WORDS))
        if self.subword_range == "auto":
            pays = n_words < _FEW_WORDS * max(n_classes, 2) and self.vocabulary is None
            recipe = recipe._replace(subword_range=SUBWORDS[find_script()] if pays else None)
        return recipe

    @property
    def is_of_words(self) -> bool:
        """Whether every term is a single token."""
        return self.ngram_range == (1, 1) and self.subword_range is None

    @property
    def unknown_index(self) -> int:
        """Index of an unknown word; -1 where it takes no place, as beside n-grams."""
        return -1 if self.oov_char is None or self.ngram_range != (1, 1) else self.oov_char

    @property
    def needs_document_frequency(self) -> bool:
        """Whether the number of documents that contain a term is needed, and not only its count."""
        is_one = isinstance(self.min_df, Integral) and self.min_df == 1  # And no share of 1.0.
        is_by_count = self.is_of_words and self.rank_by == "frequency"
        return not is_by_count or not is_one or self.leaves_out_frequent

    @property
    def leaves_out_frequent(self) -> bool:
        """Whether `max_df` leaves out any term."""
        return isinstance(self.max_df, Integral) or self.max_df < 1

    @property
    def n_ranks(self) -> int:
        """How many terms `num_words` leaves room for."""
        return sys.maxsize if self.num_words is None else self.num_words - self.index_from - 1


def find_df_bound(df: float | str, n_documents: int) -> float:
    """Return `min_df` or `max_df` as a number of documents. A float is a share of them."""
    return float(df) if isinstance(df, Integral) else float(df) * n_documents
