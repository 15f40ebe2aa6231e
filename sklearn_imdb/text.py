"""Documents to padded sequences of word indices, in Keras's IMDB convention."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from numbers import Integral
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import check_is_fitted

from sklearn_imdb._documents import Documents, materialized
from sklearn_imdb._encoding import INDEX_BYTES, TextEncoder, as_bytes, truncated
from sklearn_imdb._fitting import CallbackSupportMixin, fit_task, learning_method
from sklearn_imdb._labels import Labels
from sklearn_imdb._naming import names_of
from sklearn_imdb._ngrams import NgramCounts
from sklearn_imdb._sequences import LARGEST_INDEX
from sklearn_imdb._splitting import make_splitter
from sklearn_imdb._state import checked_state, stamped
from sklearn_imdb._vocabulary import (
    Counts,
    Numbers,
    WordCounts,
    checked_vocabulary,
    is_packable,
    packed,
    ranked,
    unpacked,
)

__all__ = ["SequenceVectorizer"]

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


_COUNTED_BY = (
    "vocabulary",
    "lowercase",
    "filters",
    "token_pattern",
    "tokenizer",
    "ngram_range",
    "rank_by",
    "binary",
)
"""Parameters that decide what `partial_fit` counts."""


class SequenceVectorizer(CallbackSupportMixin, TransformerMixin, BaseEstimator):
    r"""Turn texts, or lists of word indices, into padded sequences of word indices.

    Texts are lower-cased, filter characters become spaces, and the text is split on the space
    character, exactly as Keras's IMDB data was made. Words are ranked by how often they occur;
    a word's index is its rank plus `index_from`. Index 0 pads, `start_char` starts a document and
    `oov_char` stands for every word that is unknown or has an index of `num_words` or more.

    Index lists, such as the encoded reviews that Keras ships, have the offset and the start
    already in them: they pass through, `num_words` is applied, and they are padded.

    Parameters
    ----------
    num_words : int or None, default=10_000
        Indices stay below it: the most frequent `num_words - index_from - 1` words are kept.
        None keeps all.
    maxlen : int, default=256
        Length of every sequence, in tokens.
    padding : {"post", "pre"}, default="post"
        Whether the zeros stand behind or before a short document.
    truncating : {"pre", "post"}, default="pre"
        Whether a long document loses its beginning (the start too, as in Keras) or its end.
    vocabulary : mapping of str to int, default=None
        Ranks of words, counted from 1, such as Keras's `imdb_word_index.json` or another
        vectorizer's `vocabulary_`. None learns them in `fit`.
    lowercase : bool, default=True
        Lower-case the text, by `str.lower`, before it is split.
    filters : str, default=Keras's punctuation, tab and newline
        Characters that count as spaces. Not applied with `token_pattern` or `tokenizer`.
    token_pattern : str, default=None
        Regular expression whose matches are the words, as in
        :class:`~sklearn.feature_extraction.text.CountVectorizer`; with one capturing group, the
        group is the word.
    tokenizer : callable, default=None
        Takes a text and returns the list of its words. It is pickled with the estimator.
    ngram_range : tuple (min_n, max_n), default=(1, 1)
        Words in the shortest and in the longest n-gram that are terms, each written with spaces
        between its words: (1, 3) takes words, pairs and triples. A sequence has them in the order
        of the words they start with, the shorter first. What is said here of words holds for them.
    min_df : int or float, default=1
        Leave out words found in fewer documents: an absolute count, or a share of the
        documents between 0.0 and 1.0. Not applied to a given `vocabulary`.
    rank_by : {"frequency", "class_evidence"}, default="frequency"
        What words are ranked by, and so which of them `num_words` keeps: how often they occur; or
        how much they tell of the classes `y`, the absolute log-count ratio [2]_ times the square
        root of the number of documents that hold the word.
    binary : bool, default=False
        Take each word once a document, where it first occurs, for counts and sequences alike.
    start_char : int or None, default=1
        Index put in front of every text; None for none.
    oov_char : int or None, default=2
        Index of the words left out; None drops them from the sequence.
    index_from : int, default=3
        Added to a word's rank to give its index.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Rank of each word kept, most frequent first, or of most evidence; of equal words, the one
        seen first. Empty after a fit on index lists without a `vocabulary`.

    Notes
    -----
    scikit-learn's callbacks (since 1.9, by `set_callbacks`) see a fit as one task.

    N-grams are counted by sorting numbers, in about 80 bytes of memory for each word of the
    documents, however many different n-grams there are; `partial_fit`, which has to remember each
    that it ever saw, takes some 240 bytes for each different one.

    See Also
    --------
    sklearn.feature_extraction.text.TfidfVectorizer : Sparse weighted counts; prefer it in front
        of a linear model.

    References
    ----------
    .. [1] Keras, `keras.datasets.imdb.load_data`, https://keras.io/api/datasets/imdb/.
    .. [2] S. Wang and C. D. Manning, "Baselines and Bigrams: Simple, Good Sentiment and Topic
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
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "num_words": [Interval(Integral, 1, None, closed="left"), None],
        "maxlen": [Interval(Integral, 1, None, closed="left")],
        "padding": [StrOptions({"post", "pre"})],
        "truncating": [StrOptions({"post", "pre"})],
        "vocabulary": [Mapping, None],
        "lowercase": ["boolean"],
        "filters": [str],
        "token_pattern": [str, None],
        "tokenizer": [callable, None],
        "ngram_range": [tuple, list],
        "min_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0.0, 1.0, closed="both"),
        ],
        "rank_by": [StrOptions({"frequency", "class_evidence"})],
        "binary": ["boolean"],
        "start_char": [Interval(Integral, 0, LARGEST_INDEX, closed="both"), None],
        "oov_char": [Interval(Integral, 0, LARGEST_INDEX, closed="both"), None],
        "index_from": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        num_words: int | None = 10_000,
        maxlen: int = 256,
        padding: str = "post",
        truncating: str = "pre",
        vocabulary: Mapping[str, int] | None = None,
        lowercase: bool = True,
        filters: str = KERAS_FILTERS,
        token_pattern: str | None = None,
        tokenizer: Callable[[str], Iterable[str]] | None = None,
        ngram_range: tuple[int, int] = (1, 1),
        min_df: int | float = 1,
        rank_by: str = "frequency",
        binary: bool = False,
        start_char: int | None = 1,
        oov_char: int | None = 2,
        index_from: int = 3,
    ) -> None:
        self.num_words = num_words
        self.maxlen = maxlen
        self.padding = padding
        self.truncating = truncating
        self.vocabulary = vocabulary
        self.lowercase = lowercase
        self.filters = filters
        self.token_pattern = token_pattern
        self.tokenizer = tokenizer
        self.ngram_range = ngram_range
        self.min_df = min_df
        self.rank_by = rank_by
        self.binary = binary
        self.start_char = start_char
        self.oov_char = oov_char
        self.index_from = index_from

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
    def _learn(
        self, X: Iterable[Any], y: Any, keeps_numbers: bool = False
    ) -> tuple[Counts, npt.NDArray[np.intp]] | None:
        """Fit; return the counts and the places of the terms kept, None where none are counted."""
        self._check_parameters()
        with fit_task(self, "fit", X, y):
            labels = self._labels(y)
            if len(labels.classes) < 2 and not self._ranks_by_frequency and self.vocabulary is None:
                raise ValueError(
                    "rank_by='class_evidence' needs labels y of at least two classes, got "
                    f"{labels.classes}."
                )
            is_of_words = tuple(self.ngram_range) == (1, 1)
            words = self._count_words(
                X,
                labels,
                binary=self.binary and is_of_words,
                by_document=is_of_words and self._needs_documents,
                keeps_numbers=keeps_numbers or not is_of_words,
            )
            # A fit starts anew: what partial_fit had counted is no longer this estimator's.
            for name in ("_counts", "_counted_by", "_place_of"):
                self.__dict__.pop(name, None)
            if words is None:
                self._set_vocabulary(self._given_vocabulary())
                return None
            counts = words if is_of_words else self._ngrams(words, labels, self.min_df)
            places = self._set_counted(counts)
            if not len(places):
                raise ValueError(
                    f"X leaves no word to learn: {words.n_documents} documents hold "
                    f"{len(words.words)} different words, of which min_df={self.min_df}, "
                    f"ngram_range={self.ngram_range} and the filters keep none."
                )
        return counts, places

    def partial_fit(self, X: Iterable[Any], y: npt.ArrayLike | None = None) -> Self:
        """Count one more chunk of documents and rank the words of all chunks so far.

        Chunks give the vocabulary that one `fit` on all of them would. Each call ranks the words
        anew, so that a word's index may change: count all chunks before the first is encoded. A
        classifier trained on the indices of before would be given other words.

        The counts of every word seen are kept, and pickled, so that counting can go on; `fit`
        keeps none. They are gone over once in each call, in 0.1 s for a million words. A chunk that
        raises changes nothing.

        Parameters
        ----------
        X : iterable of str, or of lists of int
            The next documents.
        y : array-like of shape (n_samples,), default=None
            Their labels, for `rank_by="class_evidence"`; else ignored.

        Returns
        -------
        self : SequenceVectorizer

        Raises
        ------
        ValueError
            Where `fit` would; where labels are strings in one chunk and numbers in another; where
            `min_df` was 1 before and is not now; and after `fit`, whose counts were not kept.
        """
        self._learn_further(X, y)
        return self

    @learning_method
    def _learn_further(
        self, X: Iterable[Any], y: Any, keeps_numbers: bool = False
    ) -> Sequence[Numbers] | None:
        """Count on; return the places of each document's words, None where they have none."""
        self._check_parameters()
        with fit_task(self, "partial_fit", X, y):
            return self._count_further(X, self._labels(y), keeps_numbers)

    def _count_further(
        self, X: Iterable[Any], labels: Labels, keeps_numbers: bool
    ) -> Sequence[Numbers] | None:
        asked = {name: self._asks(name) for name in _COUNTED_BY}
        began_with = getattr(self, "_counted_by", asked)
        changed = [name for name in asked if asked[name] != began_with[name]]
        if changed:
            raise ValueError(
                f"partial_fit cannot go on with another {' and '.join(changed)} than it began "
                "with: set it back, or start with a clone."
            )
        before = getattr(self, "_counts", None)
        # They take a tenth of the time, and most ask for none.
        has_documents = before is not None and before["holders"].any()
        if self._needs_documents and before is not None and before["words"] and not has_documents:
            raise ValueError(
                f"min_df={self.min_df} needs the number of documents that hold each word, and "
                "partial_fit began with min_df=1, for which it counts none: set it back, or start "
                "with a clone."
            )
        is_of_words = tuple(self.ngram_range) == (1, 1)
        counts = self._count_words(
            X,
            labels,
            binary=self.binary and is_of_words,
            by_document=is_of_words and (self._needs_documents or has_documents),
            keeps_numbers=keeps_numbers or not is_of_words,
        )
        if before is None and self.vocabulary is None and getattr(self, "vocabulary_", None):
            raise ValueError(
                "partial_fit cannot go on after fit, which keeps no counts: call partial_fit "
                "from the first chunk on, on a new or cloned SequenceVectorizer."
            )
        if counts is None:  # Index lists, or a given vocabulary.
            if before is None:
                self._set_vocabulary(self._given_vocabulary())
                self._counted_by = asked
            return None
        if not is_of_words:  # An n-gram that is rare in every chunk may be frequent in all.
            ngrams = self._ngrams(counts, labels, min_df=1)
            counts = WordCounts(
                ngrams.terms(np.arange(len(ngrams.occurrences))),
                ngrams.occurrences,
                ngrams.holders,
                ngrams.n_documents,
                labels.classes,
            )
        if before is not None:
            if not self._ranks_by_frequency:
                unique_labels(before["classes"], labels.classes)  # Raises where kinds are mixed.
            before = WordCounts(**before)
            place_of = self.__dict__.get("_place_of") or before.place_of()
            counts = before.plus(counts, place_of)
        else:
            place_of = counts.place_of()
        self._set_counted(counts)
        self._counts = counts._replace(numbered=())._asdict()
        self._counted_by = asked
        self._place_of = place_of
        return counts.numbered if is_of_words else None

    def fit_transform(
        self, X: Iterable[Any], y: npt.ArrayLike | None = None
    ) -> npt.NDArray[np.int32]:
        """Learn the words of `X` and return its sequences; see `fit` and `transform`.

        Parameters
        ----------
        X : iterable of str, or of lists of int
            The documents. An iterator is read once and its documents are held meanwhile.
        y : array-like of shape (n_samples,), default=None
            Labels, for `rank_by="class_evidence"`; else ignored.

        Returns
        -------
        X : ndarray of shape (n_samples, maxlen), dtype int32
        """
        documents = materialized(X)
        # Splitting texts is what takes the time: here they are split once for both.
        learned = self._learn(documents, y, keeps_numbers=True)
        # N-grams that are not kept were not told apart, as they have to be to take places.
        if learned is None or (self.oov_char is not None and tuple(self.ngram_range) != (1, 1)):
            return self.transform(documents)
        counts, places = learned
        indices = self._indices(len(counts.occurrences), places)
        return self._sequences(counts.sequences(indices))

    def _indices_of_counted(self) -> npt.NDArray[np.int32]:
        """Return the index of each word that partial_fit has counted; -1 for none."""
        place_of = self.__dict__.get("_place_of", {})
        places = [place_of[word] for word in self.vocabulary_] if place_of else []
        return self._indices(len(place_of), np.array(places, np.intp))

    def _indices(self, n_terms: int, places: npt.NDArray[np.intp]) -> npt.NDArray[np.int32]:
        """Return the index of each term counted, given the places of those kept; -1 for none."""
        left_out = -1 if self.oov_char is None else self.oov_char
        indices = np.full(n_terms, left_out, np.int32)
        indices[places] = np.arange(1, len(places) + 1) + self.index_from
        return indices

    def _sequences(self, documents: Iterable[npt.NDArray[np.int32]]) -> npt.NDArray[np.int32]:
        """Return the padded sequences of documents whose terms have been looked up."""
        known = (document[document >= 0] for document in documents)
        return self._padded(self._text_encoder().of_indices(known))

    def _check_parameters(self) -> None:
        self._validate_params()
        if self.tokenizer is not None and self.token_pattern is not None:
            raise ValueError("tokenizer and token_pattern are both given: set one of them to None.")
        sizes = self.ngram_range
        if not (
            len(sizes) == 2
            and all(isinstance(n, Integral) and not isinstance(n, bool) for n in sizes)
            and 1 <= sizes[0] <= sizes[1]
        ):
            raise ValueError(
                "ngram_range must be a tuple (min_n, max_n) of integers with 1 <= min_n <= max_n, "
                f"got {sizes!r}."
            )
        if self.num_words is not None and self.num_words <= self.index_from + 1:
            raise ValueError(
                f"num_words={self.num_words} leaves no index for a word, as indices up to "
                f"index_from={self.index_from} are reserved: num_words must be at least "
                f"{self.index_from + 2}, or None."
            )

    def _asks(self, name: str) -> Any:
        value = getattr(self, name)
        return tuple(value) if name == "ngram_range" else value

    @property
    def _ranks_by_frequency(self) -> bool:
        return self.rank_by == "frequency"

    @property
    def _needs_documents(self) -> bool:
        """Whether it is asked how many documents hold each word."""
        is_one = isinstance(self.min_df, Integral) and self.min_df == 1  # And no share of 1.0.
        return not (self._ranks_by_frequency and is_one)

    def _labels(self, y: Any) -> Labels:
        if self._ranks_by_frequency or self.vocabulary is not None:
            return Labels.of(None)
        if y is None:
            raise ValueError(
                "rank_by='class_evidence' needs the labels y of the documents, got None: pass "
                "them, or set rank_by='frequency'."
            )
        return Labels.of(y)

    def _count_words(self, X: Iterable[Any], labels: Labels, **options: bool) -> WordCounts | None:
        """Count the words of `X`; None where no text is to be counted."""
        split = make_splitter(
            lowercase=self.lowercase,
            filters=self.filters,
            token_pattern=self.token_pattern,
            tokenizer=self.tokenizer,
        )
        documents = Documents(X)
        if not documents.are_texts or self.vocabulary is not None:
            for _ in documents:  # Each is checked, whether or not anything is learned from it.
                pass
            return None
        return WordCounts.of(documents, split, labels, **options)

    def _ngrams(self, words: WordCounts, labels: Labels, min_df: float) -> NgramCounts:
        for word in words.words:
            if " " in word:
                raise ValueError(
                    f"ngram_range={self.ngram_range} joins words by spaces, and token_pattern or "
                    f"tokenizer made the word {word!r}, which has one: have them split at spaces."
                )
        low, high = self.ngram_range
        return NgramCounts(words, labels, (low, high), min_df, self.binary)

    @property
    def _n_ranks(self) -> int | None:
        return None if self.num_words is None else self.num_words - self.index_from - 1

    def _given_vocabulary(self) -> dict[str, int]:
        if self.vocabulary is None:
            return {}
        return checked_vocabulary(self.vocabulary, self._n_ranks, self.index_from)

    def _set_counted(self, counts: Counts) -> npt.NDArray[np.intp]:
        """Rank what was counted; return the places of the terms kept, in the order of ranks."""
        places = ranked(counts, self._n_ranks, self.min_df, not self._ranks_by_frequency)
        self._set_vocabulary({term: rank for rank, term in enumerate(counts.terms(places), 1)})
        return places

    def _set_vocabulary(self, vocabulary: dict[str, int]) -> None:
        self.vocabulary_ = vocabulary
        self.__dict__.pop("_encoder", None)

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
            Word indices; a table where `set_output` asks for one.

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError
            If `X` is no iterable of texts or index lists, or mixes them.
        ValueError
            If a parameter has been set out of range since `fit`, an index is negative or too
            large, or texts come to a vectorizer that was fitted on index lists without a
            `vocabulary`.
        """
        return self._encoded(X)

    def _encoded(self, X: Iterable[Any]) -> npt.NDArray[np.int32]:
        """Return what `transform` does, always an ndarray."""
        check_is_fitted(self)
        documents = Documents(X)
        if documents.are_texts and not documents.is_empty:
            return self._padded(self._text_encoder()(documents))
        self._check_parameters()
        return self._padded(map(self._encode_indices, documents))

    def _padded(self, documents: Iterable[bytes]) -> npt.NDArray[np.int32]:
        pad = bytes.ljust if self.padding == "post" else bytes.rjust
        # It grows with the rows: an iterator's documents need not be held to be counted.
        sequences = bytearray()
        for indices in documents:
            sequences += pad(indices, INDEX_BYTES * self.maxlen, b"\0")
        return np.frombuffer(sequences, dtype=np.int32).reshape(-1, self.maxlen)

    def _text_encoder(self) -> TextEncoder:
        if not self.vocabulary_:
            raise ValueError(
                "X holds texts, but this SequenceVectorizer knows no words, because it was fitted "
                "on index lists or no word was kept yet: fit it on texts, or give it a vocabulary."
            )
        # Built, and parameters checked, once and not in every call, which takes longer than one
        # text's encoding; but they may have been set since.
        recipe = {
            "lowercase": self.lowercase,
            "filters": self.filters,
            "token_pattern": self.token_pattern,
            "tokenizer": self.tokenizer,
            "index_from": self.index_from,
            "start_char": self.start_char,
            "oov_char": self.oov_char,
            "binary": self.binary,
            "ngram_range": tuple(self.ngram_range),
            "maxlen": self.maxlen,
            "truncating": self.truncating,
            "padding": self.padding,
        }
        encoder: TextEncoder | None = self.__dict__.get("_encoder")
        if encoder is None or encoder.recipe != recipe:
            self._check_parameters()
            encoder = self._encoder = TextEncoder(self.vocabulary_, recipe)
        return encoder

    def _encode_indices(self, document: npt.NDArray[np.integer]) -> bytes:
        if self.num_words is not None:
            unknown = document >= self.num_words
            if self.oov_char is None:
                document = document[~unknown]
            elif unknown.any():
                document = np.where(unknown, self.oov_char, document)
        return truncated(as_bytes(document), self.maxlen, self.truncating)

    def inverse_transform(self, X: Iterable[Any]) -> list[str]:
        """Decode sequences of word indices to text.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_tokens), or iterable of lists of int
            Word indices, padded or not.

        Returns
        -------
        texts : list of str
            Words joined by spaces. `start_char` reads `<START>`, `oov_char` and an index
            beyond the vocabulary `<UNK>`, another reserved index `<UNUSED>`; padding is left
            out.

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
        self._check_parameters()
        if not self.vocabulary_:
            raise ValueError(
                "This SequenceVectorizer knows no words, because it was fitted on index lists or "
                "no word was kept yet: give it the vocabulary that encoded them, such as Keras's "
                "word index."
            )
        documents = Documents(np.asarray(X) if hasattr(X, "columns") else X)
        if documents.are_texts and not documents.is_empty:
            raise TypeError("X must hold word indices to decode, got texts.")
        rows = [document.tolist() for document in documents]
        indices = set(chain.from_iterable(rows))
        names = dict(zip(indices, names_of(self, indices), strict=True))
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
        self._check_parameters()
        return np.array([f"position{place}" for place in range(self.maxlen)], dtype=object)

    # -- the scikit-learn contract ----------------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        # Not left to scikit-learn, which would go through all attributes, while another thread may
        # be adding the encoder to them.
        return "vocabulary_" in self.__dict__

    def __getstate__(self) -> dict[str, Any]:
        state = stamped(super().__getstate__())
        state.pop("_encoder", None)
        state.pop("_place_of", None)
        # A dictionary of 10,000 words would take skops 4 MB.
        state["_packed"] = [
            name for name in ("vocabulary", "vocabulary_") if is_packable(state.get(name))
        ]
        for name in state["_packed"]:
            state[name] = packed(state[name], state[name].values())
        if "_counts" in state:
            counts = WordCounts(**state["_counts"])
            arrays = packed(counts.words, counts.occurrences, *counts.holders.T)
            state["_counts"] = [arrays, counts.n_documents, counts.classes]
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        state = checked_state(state, type(self).__name__)
        for name in state.pop("_packed", []):
            words, [numbers] = unpacked(state[name])
            state[name] = dict(zip(words, numbers.tolist(), strict=True))
        if "_counts" in state:
            arrays, n_documents, classes = state["_counts"]
            words, [occurrences, *holders] = unpacked(arrays)
            state["_counts"] = WordCounts(
                words,
                occurrences.astype(np.int64),
                np.reshape(holders, (len(classes), len(words))).T.astype(np.int64),
                n_documents,
                classes,
            )._asdict()
        super().__setstate__(state)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags
