"""Documents to padded sequences of word indices, in Keras's IMDB convention."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain, takewhile
from numbers import Integral
from operator import attrgetter
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from sklearn_imdb._base import LearningMixin, learning_method
from sklearn_imdb._checks import refuse_swapped
from sklearn_imdb._compat import Interval, RealNotInt, StrOptions
from sklearn_imdb._convention import DIVIDER, FILTERS, INDEX_FROM, LARGEST_INDEX, START, UNKNOWN
from sklearn_imdb._numbering import numbering, numbering_of
from sklearn_imdb._progress import Progress
from sklearn_imdb._targets import N_BINS, Targets, check_numbers, check_targets, make_bins
from sklearn_imdb._text.analyzer import Analyzer
from sklearn_imdb._text.documents import Documents
from sklearn_imdb._text.encoding import INDEX_BYTES, Encoder, find_maxlen, pad_sequences
from sklearn_imdb._text.learner import Learned, VocabularyLearner
from sklearn_imdb._text.pickling import is_packable, pack_words, unpack_words
from sklearn_imdb._text.recipe import Recipe
from sklearn_imdb._text.vocabulary import check_has_words, name_indices
from sklearn_imdb._warnings import warn_user

__all__ = ["SequenceVectorizer"]

_recipe_of = attrgetter(*Recipe._fields)

_MANY_TO_CUT, _MORE_CUT = 20, 0.2
"""Number of documents, and excess of the share cut over that of `fit`, from which to warn."""

_FEW_DOCUMENTS = 1000
"""Documents of which no progress is shown, because they take no time."""

_SHARE = Interval(RealNotInt, 0.0, 1.0, closed="both")
_DOCUMENT_FREQUENCY = [Interval(Integral, 1, None, closed="left"), _SHARE]


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceVectorizer(LearningMixin, TransformerMixin, BaseEstimator):
    r"""Turn texts, or lists of word indices, into padded sequences of word indices.

    With the parameters' defaults, texts are encoded exactly as Keras's IMDB data was made. They
    are lower-cased, filter characters become spaces, and the text is split on the space
    character. Words are ranked by how often they occur; a word's index is its rank plus
    `index_from`. Index 0 pads, `start_char` starts a document and `oov_char` stands for every word
    that is unknown or has an index of `num_words` or more.

    Index lists, such as the encoded reviews that Keras ships, have the offset and the start already
    in them. They are only limited to `num_words`, and padded or cut.

    Parameters
    ----------
    num_words : int or None, default=10_000
        Indices stay below `num_words`: the `num_words - index_from - 1` terms of the first ranks
        are kept. If None, all terms are kept.
    maxlen : int, "auto" or None, default=256
        Length of every sequence, in tokens. If None, the length of the longest document of `fit`.
        "auto" is the 99th percentile of the lengths in `fit`. It is less if more than nine tenths
        of the matrix would be padding. With 20 documents or more, `transform` warns if the share of
        documents that it shortens exceeds `cut_share_` by more than 0.2.
    padding : {"post", "pre"}, default="post"
        Whether the zeros stand after or before a short document.
    truncating : {"pre", "post"}, default="pre"
        Whether a long document loses its beginning (with `start_char`, as in Keras) or its end.
    vocabulary : mapping of str to int, or list of str, default=None
        Ranks of words, counted from 1, such as Keras's `imdb_word_index.json` or another
        vectorizer's `vocabulary_`; or the words in the order of their ranks. If None, `fit` learns
        the words.
    lowercase : bool, default=True
        Lower-case the text before it is split. The tokenizer "unicode" folds case: `Straße` and
        `STRASSE` become `strasse`. Others use `str.lower`.
    tokenizer : {"keras", "unicode"} or callable, default="keras"
        How a text is split into words. "keras" takes Keras's steps: filter characters become
        spaces, and the text is split on the space character. "unicode" is for texts of any
        language. It normalizes the text to NFKC [2]_, and treats HTML's `<br />` as a space. A word
        is one of these: a run of letters, digits and marks; a clitic such as `'s`; a run of
        punctuation and symbols; an emoji with its modifiers. Signs that NFKC turns into letters or
        digits become words of their own: `Kindle™` is `kindle tm`, and `m²` is `m 2`. In a script
        without spaces, such as Chinese, Japanese or Thai, each character counts as a word, and
        n-grams stand for the words of the language. A callable takes a text and returns the list of
        its words. It is pickled with the estimator.
    filters : str, default=Keras's punctuation, tab and newline
        Characters that count as spaces. Only for the tokenizer "keras".
    token_pattern : str, default=None
        Regular expression whose matches are the words, in place of the tokenizer "keras", as in
        :class:`~sklearn.feature_extraction.text.CountVectorizer`. With one capturing group, the
        group is the word.
    ngram_range : tuple (min_n, max_n), default=(1, 1)
        Smallest and largest number of words of the n-grams that are terms: (1, 3) takes words,
        pairs and triples. An n-gram is written with spaces between its words. If your own tokenizer
        returns a word with a space in it, n-grams have the character `\u2423` for this space. A
        sequence has n-grams in the order of the words they start with, the shorter first. What this
        page says of words holds for n-grams, too.
    subword_range : tuple (min_n, max_n), "auto" or None, default=None
        Smallest and largest number of characters of the subwords. A subword is a character n-gram
        of a word with a space at either end [3]_. Subwords are terms, too. Rare words share
        subwords with other words. A sequence then has its words and n-grams, the index 3, and its
        subwords; `truncating` cuts both parts in proportion. In `vocabulary_` a subword has a space
        in front. An unknown subword is dropped from the sequence. A word of more than 40 characters
        has no subwords. "auto" is None if the documents have 200,000 words or more per class;
        without `y`, two classes are assumed. Words are then less rare, and subwords triple the
        training time. With fewer words, "auto" is (1, 3) if a third of the letters are Hangul,
        whose syllables hold two or three letters each. It is None if a third are of a script
        without spaces, and otherwise (4, 5). In `partial_fit`, and with a given `vocabulary`,
        "auto" is None.
    min_df : int, float or "auto", default=1
        Leave out words with a lower document frequency: an absolute count, or a share of the
        documents between 0.0 and 1.0. "auto" is 1 if the documents have fewer than 20,000 words, 2
        with fewer than 1,000,000, and else 3. With more documents, a rare word is more often a
        mistake. Not applied to a given `vocabulary`.
    max_df : int or float, default=1.0
        Leave out words with a higher document frequency, because they are in nearly every document.
        A count or a share, as for `min_df`. To leave out stop words of your own, give a
        `vocabulary` without them.
    rank_by : {"frequency", "class_evidence", "target_evidence"}, default="frequency"
        What words are ranked by, and so which of them `num_words` keeps. "frequency" is how often
        a word occurs. Ties keep the order in which words are first seen, so rows in another order
        may change indices. "class_evidence" is the word's class evidence for the classes (or
        labels) in `y`, times the square root of its document frequency. The evidence compares the
        log odds of the classes in the word's documents and in all documents. For two classes it is
        much like the log-count ratio of [4]_. "target_evidence" is for a `y` of numbers: the
        classes are the different values of y, or 8 quantile bins if y has more than 8 values.
    binary : bool, default=False
        Count and encode each word once per document, where it first occurs.
    start_char : int or None, default=1
        Index put in front of every text. If None, no index is put there.
    oov_char : int or None, default=2
        Index of the words left out. If None, these words are dropped from the sequence.
    index_from : int, default=3
        Added to a word's rank to give its index.
    verbose : int, default=0
        With 1 or more, show progress from 1,000 documents on.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Rank of each word kept, by frequency or evidence; ties by first occurrence. Empty after a
        fit on index lists without a `vocabulary`.
    maxlen_ : int
        Length of the sequences when `fit` ended.
    cut_share_ : float or None
        Share of the documents of `fit` that are longer than `maxlen_`. The value is None if the
        lengths were not needed: after a `fit` with `maxlen` as an int, and after `partial_fit`.
    min_df_ : int or float
        The `min_df` that was used.
    subword_range_ : tuple of int, or None
        The `subword_range` that was used.

    Notes
    -----
    scikit-learn's callbacks (since 1.9, by `set_callbacks`) see a fit as one task.

    N-grams are counted by sorting numbers, in about 80 bytes of memory for each word of the
    documents, however many different n-grams there are. `partial_fit`, which has to remember each
    n-gram that it ever saw, takes some 240 bytes for each different one.

    See Also
    --------
    sklearn.feature_extraction.text.TfidfVectorizer : Sparse weighted counts; prefer it in front
        of a linear model.

    References
    ----------
    .. [1] Keras, `keras.datasets.imdb.load_data`, https://keras.io/api/datasets/imdb/.
    .. [2] Unicode Standard Annex #15, "Unicode Normalization Forms",
       https://www.unicode.org/reports/tr15/.
    .. [3] P. Bojanowski, E. Grave, A. Joulin and T. Mikolov, "Enriching Word Vectors with Subword
       Information", TACL 2017.
    .. [4] S. Wang and C. D. Manning, "Baselines and Bigrams: Simple, Good Sentiment and Topic
       Classification", ACL 2012.

    Examples
    --------
    >>> from sklearn_imdb import SequenceVectorizer
    >>> vectorizer = SequenceVectorizer(maxlen=6)
    >>> vectorizer.fit_transform(["The film, the cast: great!", "the film is long"])
    array([[1, 4, 5, 4, 6, 7],
           [1, 4, 5, 8, 9, 0]], dtype=int32)
    >>> vectorizer.inverse_transform(vectorizer.transform(["a great, great film"]))
    ['<START> <UNK> great great film']
    >>> vectorizer.transform([[1, 4, 7, 12345]])
    array([[1, 4, 7, 2, 0, 0]], dtype=int32)

    Pairs of words:

    >>> vectorizer = SequenceVectorizer(ngram_range=(1, 2), min_df=2)
    >>> list(vectorizer.fit(["not good at all", "not good, not bad"]).vocabulary_)
    ['not', 'not good', 'good']

    Characters of a script without spaces:

    >>> vectorizer = SequenceVectorizer(tokenizer="unicode", ngram_range=(2, 2))
    >>> list(vectorizer.fit(["电影很好"]).vocabulary_)
    ['电 影', '影 很', '很 好']
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "num_words": [Interval(Integral, 1, None, closed="left"), None],
        "maxlen": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"}), None],
        "padding": [StrOptions({"post", "pre"})],
        "truncating": [StrOptions({"post", "pre"})],
        "vocabulary": [Mapping, list, tuple, None],
        "lowercase": ["boolean"],
        "tokenizer": [StrOptions({"keras", "unicode"}), callable],
        "filters": [str],
        "token_pattern": [str, None],
        "ngram_range": [tuple, list],
        "subword_range": [tuple, list, StrOptions({"auto"}), None],
        "min_df": [StrOptions({"auto"}), *_DOCUMENT_FREQUENCY],
        "max_df": _DOCUMENT_FREQUENCY,
        "rank_by": [StrOptions({"frequency", "class_evidence", "target_evidence"})],
        "binary": ["boolean"],
        "start_char": [Interval(Integral, 0, LARGEST_INDEX, closed="both"), None],
        "oov_char": [Interval(Integral, 0, LARGEST_INDEX, closed="both"), None],
        "index_from": [Interval(Integral, 0, None, closed="left")],
        "verbose": [Interval(Integral, 0, None, closed="left")],
    }

    num_words: int | None = 10_000
    maxlen: int | str | None = 256
    padding: str = "post"
    truncating: str = "pre"
    vocabulary: Mapping[str, int] | Sequence[str] | None = None
    lowercase: bool = True
    tokenizer: str | Callable[[str], Iterable[str]] = "keras"
    filters: str = FILTERS
    token_pattern: str | None = None
    ngram_range: tuple[int, int] = (1, 1)
    subword_range: tuple[int, int] | str | None = None
    min_df: int | float | str = 1
    max_df: int | float = 1.0
    rank_by: str = "frequency"
    binary: bool = False
    start_char: int | None = START
    oov_char: int | None = UNKNOWN
    index_from: int = INDEX_FROM
    verbose: int = 0

    # -- learning ---------------------------------------------------------------------------

    def fit(self, X: Iterable[Any], y: npt.ArrayLike | None = None) -> Self:
        """Learn which words there are and rank them.

        Parameters
        ----------
        X : iterable of str, or of lists of int
            Texts, or word indices as Keras encodes them (lists, tuples or 1-D integer arrays).
        y : array-like of shape (n_samples,), default=None
            Labels, for `rank_by="class_evidence"`; else ignored.

        Returns
        -------
        self : SequenceVectorizer

        Raises
        ------
        TypeError
            If `X` is no iterable of texts or index lists, or mixes them.
        ValueError
            If a parameter or an index is out of range, labels are missing, or no word is left.
        """
        self._learn(X, y)
        return self

    @learning_method
    def _learn(self, X: Iterable[Any], y: Any, *, makes_rows: bool = False) -> Any:
        """Learn; with `makes_rows`, return the padded sequences of the documents."""
        recipe = check_recipe(self)
        makes_sequences = makes_rows or not isinstance(recipe.maxlen, Integral)
        with self._fit_task("fit", X, y), self._progress("Counting", X) as progress:
            documents = Documents(X, progress)
            # A given vocabulary needs no documents.
            if documents.is_empty and recipe.vocabulary is None:
                raise ValueError("X leaves no word to learn: 0 documents were given, X is empty.")
            refuse_swapped(X, y)
            targets = find_term_targets(y, recipe)
            keeps_documents = makes_sequences or not recipe.is_of_words
            learner = VocabularyLearner(recipe, [] if keeps_documents else None)
            if not makes_sequences or (documents.are_texts and recipe.vocabulary is None):
                learner.add(documents, targets)
            learned = learner.learn(targets)
            if not makes_sequences:
                keep_learned(self, learned)
                return None
            # Splitting takes the time. Texts that were counted are not split again.
            found = learned.sequences
            if found is None:
                found = Encoder(learned.vocabulary, learned.recipe)(documents, LARGEST_INDEX)
            sequences = list(found)
            keep_learned(self, learned, np.array(list(map(len, sequences))) // INDEX_BYTES)
        if not makes_rows:
            return None
        numbered_by = numbering_of(X)  # Of sequences that another vectorizer made.
        if documents.are_texts:
            numbered_by = numbering(learned.vocabulary, recipe.index_from)
        return pad_sequences(sequences, numbered_by, self.maxlen_, learned.recipe)[0]

    @learning_method
    def partial_fit(self, X: Iterable[Any], y: npt.ArrayLike | None = None) -> Self:
        """Count one more chunk of documents and rank the words of all chunks so far.

        Chunks give the vocabulary that one `fit` on all of them would. Each call ranks the words
        anew, so that a word's index may change: count all chunks before the first is encoded. A
        classifier trained on the old indices would get other words.

        The counts of every word seen are kept, and pickled, so that counting can go on; `fit` keeps
        no counts. Each call reads all counts once, in 0.1 s for a million words. A chunk that
        raises changes nothing.

        Parameters
        ----------
        X : iterable of str, or of lists of int
            The next documents.
        y : array-like of shape (n_samples,), default=None
            Labels of `X`, for `rank_by="class_evidence"`; else ignored.

        Returns
        -------
        self : SequenceVectorizer

        Raises
        ------
        ValueError
            If `fit` would raise one; if labels are strings in one chunk and numbers in another; if
            `min_df` was 1 before and is not now; and after `fit`, which keeps no counts.
        """
        recipe = check_recipe(self)
        if not isinstance(recipe.maxlen, Integral):
            raise ValueError(
                "maxlen must be an int for partial_fit, which sees only a chunk of the texts, got "
                f"{recipe.maxlen!r}."
            )
        refuse_swapped(X, y)
        targets = find_term_targets(y, recipe, is_chunk=True)
        before = self.__dict__.get("_learner", VocabularyLearner(recipe, is_partial=True))
        learner = before.go_on(recipe, targets)
        with self._fit_task("partial_fit", X, y), self._progress("Counting", X) as progress:
            learner.add(Documents(X, progress), targets)
            is_first = before.counts is None and self.vocabulary is None
            if is_first and getattr(self, "vocabulary_", None):
                raise ValueError(
                    "partial_fit cannot go on after fit, which keeps no counts: make a clone, and "
                    "call its partial_fit from the first chunk on."
                )
            keep_learned(self, learner.learn(None))
            self._learner: VocabularyLearner = learner
        return self

    def fit_transform(
        self, X: Iterable[Any], y: npt.ArrayLike | None = None
    ) -> npt.NDArray[np.int32]:
        """Learn the words of `X` and return its sequences; see `fit` and `transform`.

        Parameters
        ----------
        X : iterable of str, or of lists of int
            The documents. An iterator is read once.
        y : array-like of shape (n_samples,), default=None
            Labels, for `rank_by="class_evidence"`; else ignored.

        Returns
        -------
        X : ndarray of shape (n_samples, maxlen), dtype int32
        """
        return self._learn(X, y, makes_rows=True)

    # -- applying ---------------------------------------------------------------------------

    def transform(self, X: Iterable[Any]) -> npt.NDArray[np.int32]:
        """Return the padded sequences of word indices.

        Parameters
        ----------
        X : iterable of str, or of lists of int
            The documents: texts, or word indices as Keras encodes them.

        Returns
        -------
        X : ndarray of shape (n_samples, maxlen), dtype int32
            Word indices; a table if `set_output` asks for one.

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError
            If `X` is no iterable of texts or index lists, or mixes them.
        ValueError
            If a parameter has been set out of range since `fit`, or an index is negative or too
            large; or if texts come to a vectorizer that has no words.
        """
        if not self.__sklearn_is_fitted__():  # scikit-learn's check takes its time for one text.
            check_is_fitted(self)
        # Built, and parameters checked, once and not in every call, which takes longer than one
        # text's encoding. But parameters may have been set since.
        recipe = _read_recipe(self)
        known: tuple[Recipe, Encoder] | None = self.__dict__.get("_encoder")
        if known is None or known[0] != recipe:
            check_recipe(self)
            known = self._encoder = recipe, Encoder(self.vocabulary_, fitted_recipe(self))
        encoder, maxlen = known[1], sequence_length(self)
        with self._progress("Encoding", X) as progress:
            documents = Documents(X, progress)
            are_texts = documents.are_texts and not documents.is_empty
            if are_texts:
                check_has_words(self.vocabulary_)
            numbered_by = encoder.numbering if are_texts else numbering_of(X)
            rows, n_cut = pad_sequences(encoder(documents, maxlen), numbered_by, maxlen, recipe)
        share = n_cut / max(len(rows), 1)
        usual = 1.0 if self.cut_share_ is None else self.cut_share_
        if len(rows) >= _MANY_TO_CUT and share > usual + _MORE_CUT:
            warn_user(
                f"{share:.0%} of the documents are longer than maxlen={maxlen} and are cut; in fit "
                f"it was {usual:.0%}. Fit on documents of such lengths, or set a larger maxlen and "
                "fit again."
            )
        return rows

    def _progress(self, name: str, X: Any) -> AbstractContextManager[Progress | None]:
        """Return the progress over the documents, or a context of None where none is shown."""
        if not self.verbose:  # Opening a progress takes a fifth of one short text's encoding.
            return nullcontext()
        n_documents = len(X) if isinstance(X, Sized) and not issparse(X) else None
        return Progress(name, n_documents, shown=n_documents not in range(_FEW_DOCUMENTS))

    def inverse_transform(self, X: Iterable[Any]) -> list[str]:
        """Decode sequences of word indices to text.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_tokens), or iterable of lists of int
            Word indices, padded or not.

        Returns
        -------
        texts : list of str
            Words joined by spaces. `start_char` becomes `<START>`. `oov_char` and indices beyond
            the vocabulary become `<UNK>`, other reserved indices `<UNUSED>`. Padding is left out.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the vectorizer knows no words, because it was fitted on index lists without a
            `vocabulary`.
        TypeError
            If `X` holds texts.
        """
        check_is_fitted(self)
        check_recipe(self)
        recipe = fitted_recipe(self)
        documents = Documents(np.asarray(X) if hasattr(X, "columns") else X)
        if documents.are_texts and not documents.is_empty:
            raise TypeError("X must hold word indices to decode, got texts.")
        rows = [document.tolist() for document in documents]
        if recipe.subword_range is not None:  # What stands behind the divider are parts of words.
            rows = [list(takewhile(DIVIDER.__ne__, row)) for row in rows]
        indices = set(chain.from_iterable(rows))
        names = dict(zip(indices, name_indices(indices, self.vocabulary_, recipe), strict=True))
        return [" ".join([names[index] for index in row if index != 0]) for row in rows]

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return a name for each place in the sequence: `position0`, `position1`, ….

        Parameters
        ----------
        input_features : None
            Ignored: the input is text.

        Returns
        -------
        names : ndarray of shape (maxlen,), dtype object
        """
        check_is_fitted(self)
        check_recipe(self)
        return np.array([f"position{place}" for place in range(sequence_length(self))], object)

    def build_analyzer(self) -> Callable[[str], list[str]]:
        """Return a function from a text to all its terms, known or not.

        Words and n-grams come first, in the order of a sequence. Subwords follow. All are spelled
        as in `vocabulary_`. Nothing is cut, and there is no start and no divider.

        Returns
        -------
        analyzer : callable
            Takes a str and returns a list of str.

        Raises
        ------
        NotFittedError
            If `subword_range` is "auto", before `fit`.

        Examples
        --------
        >>> analyze = SequenceVectorizer(ngram_range=(1, 2), subword_range=(5, 5)).build_analyzer()
        >>> analyze("Fine film!")
        ['fine', 'fine film', 'film', '  fine', ' fine ', '  film', ' film ']
        """
        recipe = check_recipe(self)
        if recipe.subword_range == "auto":
            check_is_fitted(self)
            recipe = fitted_recipe(self)
        return Analyzer(recipe)

    # -- the scikit-learn contract ----------------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        # Not left to scikit-learn, which would go through all attributes, while another thread may
        # be adding the encoder to them.
        return "vocabulary_" in self.__dict__

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("_encoder", None)
        # A dictionary of 10,000 words would take skops 4 MB.
        names = ("vocabulary", "vocabulary_")
        state["_packed"] = [name for name in names if is_packable(state.get(name))]
        for name in state["_packed"]:
            state[name] = pack_words(state[name])
        if "_learner" in state:
            state["_learner"] = state["_learner"].state()
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        super().__setstate__(state)
        for name in self.__dict__.pop("_packed", []):
            setattr(self, name, unpack_words(getattr(self, name)))
        if "_learner" in state:
            self._learner = VocabularyLearner.from_state(state["_learner"])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def find_term_targets(y: Any, recipe: Recipe, *, is_chunk: bool = False) -> Targets | None:
    """Return the targets where terms are ranked by them."""
    if recipe.rank_by == "frequency" or recipe.vocabulary is not None:
        return None
    if y is None:
        raise ValueError(f"rank_by={recipe.rank_by!r} needs y, got None: call fit(texts, labels).")
    if recipe.rank_by == "target_evidence":
        if is_chunk:
            raise ValueError(
                "rank_by='target_evidence' needs all documents at once: use fit or "
                "streaming.fit_stream instead of partial_fit."
            )
        return make_bins(check_numbers(y), N_BINS)[0]
    targets = check_targets(y, is_chunk=is_chunk)
    if not is_chunk:
        targets.check_two_classes()
    return targets


# -- what other public modules ask of a vectorizer --------------------------------------------


def _read_recipe(vectorizer: SequenceVectorizer) -> Recipe:
    recipe = Recipe(*_recipe_of(vectorizer))
    # A list may be changed in place.
    if isinstance(recipe.ngram_range, list):
        recipe = recipe._replace(ngram_range=tuple(recipe.ngram_range))
    if isinstance(recipe.subword_range, list):
        recipe = recipe._replace(subword_range=tuple(recipe.subword_range))
    return recipe


def check_recipe(vectorizer: SequenceVectorizer) -> Recipe:
    """Return the recipe of the parameters, or raise an error where one is wrong."""
    vectorizer._validate_params()
    recipe = _read_recipe(vectorizer)
    recipe.check()
    return recipe


def fitted_recipe(vectorizer: SequenceVectorizer) -> Recipe:
    """Return the recipe with what `fit` chose where it is "auto"."""
    recipe = _read_recipe(vectorizer)
    if "auto" in (recipe.min_df, recipe.subword_range):
        recipe = recipe._replace(min_df=vectorizer.min_df_, subword_range=vectorizer.subword_range_)
    return recipe


def sequence_length(vectorizer: SequenceVectorizer) -> int:
    """Return the length of the sequences: the parameter, or what `fit` chose."""
    maxlen = vectorizer.maxlen
    return maxlen if isinstance(maxlen, Integral) else vectorizer.maxlen_


def keep_learned(
    vectorizer: SequenceVectorizer, learned: Learned, lengths: npt.NDArray[np.integer] | None = None
) -> None:
    """Set what was learned; `lengths` are those of the documents' sequences, where they are known.

    What `partial_fit` had counted is no longer the vectorizer's.
    """
    maxlen, index_from = learned.recipe.maxlen, learned.recipe.index_from
    taken = {0: "padding"}
    if learned.recipe.subword_range is not None:
        taken[DIVIDER] = "the divider before subwords"
    for name in ("start_char", "oov_char"):
        index = getattr(learned.recipe, name)
        if index is None:
            continue
        # Words have no index below `index_from`.
        if index >= index_from and index - index_from in learned.vocabulary.values():
            taken[index] = "a word"
        if index in taken:
            warn_user(
                f"{name}={index} is also the index of {taken[index]}, and the two cannot be told "
                f"apart. Set {name} to another index or to None, or raise index_from."
            )
        taken[index] = name
    vectorizer.vocabulary_ = learned.vocabulary
    vectorizer.min_df_ = learned.recipe.min_df
    vectorizer.subword_range_ = learned.recipe.subword_range
    vectorizer.maxlen_ = maxlen
    vectorizer.cut_share_ = None
    if lengths is not None:
        if not isinstance(maxlen, Integral):
            vectorizer.maxlen_ = find_maxlen(lengths, finds_all=maxlen is None)
        n_cut = np.count_nonzero(lengths > vectorizer.maxlen_)
        vectorizer.cut_share_ = n_cut / max(len(lengths), 1)
    for name in ("_encoder", "_learner"):
        vectorizer.__dict__.pop(name, None)
