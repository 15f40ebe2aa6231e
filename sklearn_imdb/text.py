"""Documents to padded sequences of word indices, in Keras's IMDB convention."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from numbers import Integral
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_imdb._documentation import DocumentationLinkMixin
from sklearn_imdb._documents import Documents, materialized
from sklearn_imdb._encoding import INDEX_BYTES, TextEncoder, as_bytes, truncated
from sklearn_imdb._fitting import CallbackSupportMixin, fit_task, learning_method
from sklearn_imdb._sequences import LARGEST_INDEX
from sklearn_imdb._splitting import make_splitter
from sklearn_imdb._state import checked_state, stamped
from sklearn_imdb._vocabulary import (
    Numbers,
    WordCounts,
    checked_vocabulary,
    is_packable,
    packed,
    unpacked,
)

__all__ = ["SequenceVectorizer"]

KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def _is_one(min_df: float) -> bool:
    """Whether `min_df` is the number of documents that every word is in, not the share 1.0."""
    return isinstance(min_df, Integral) and min_df == 1


class SequenceVectorizer(
    CallbackSupportMixin, DocumentationLinkMixin, TransformerMixin, BaseEstimator
):
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
    min_df : int or float, default=1
        Leave out words found in fewer documents: an absolute count, or a share of the
        documents between 0.0 and 1.0. Not applied to a given `vocabulary`.
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
        Rank of each word kept, most frequent first; of words as frequent, the one seen first.
        Empty after a fit on index lists without a `vocabulary`.

    Notes
    -----
    scikit-learn's callbacks (since 1.9, by `set_callbacks`) see a fit as one task.

    See Also
    --------
    sklearn.feature_extraction.text.TfidfVectorizer : Sparse weighted counts; prefer it in front
        of a linear model.

    References
    ----------
    Keras, `keras.datasets.imdb.load_data`, https://keras.io/api/datasets/imdb/.

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
        "min_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0.0, 1.0, closed="both"),
        ],
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
        min_df: int | float = 1,
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
        self.min_df = min_df
        self.binary = binary
        self.start_char = start_char
        self.oov_char = oov_char
        self.index_from = index_from

    # -- learning ---------------------------------------------------------------------------

    def fit(self, X: Iterable[Any], y: Any = None) -> Self:
        """Learn which words there are and rank them.

        Parameters
        ----------
        X : iterable of str, or of lists of int
            Texts, or word indices as Keras encodes them (lists, tuples or 1-D integer arrays).
        y : None
            Ignored.

        Returns
        -------
        self : SequenceVectorizer

        Raises
        ------
        TypeError
            If `X` is no iterable of texts or index lists, or mixes them.
        ValueError
            If a parameter or an index is out of range, or no word is left.
        """
        self._learn(X, y)
        return self

    @learning_method
    def _learn(
        self, X: Iterable[Any], y: Any, numbered: list[Numbers] | None = None
    ) -> Collection[str]:
        """Fit; return the words counted, and put their places in each document into `numbered`."""
        self._check_parameters()
        with fit_task(self, "fit", X, y):
            by_document = not _is_one(self.min_df)
            counts = self._count(X, by_document=by_document, numbered=numbered)
            vocabulary = self._vocabulary(counts)
            if counts is not None and not vocabulary:
                raise ValueError(
                    f"X leaves no word to learn: {counts.n_documents} documents hold "
                    f"{len(counts.occurrences)} different words, of which min_df={self.min_df} "
                    "and the filters keep none."
                )
            self._set_vocabulary(vocabulary)
            # A fit starts anew: what partial_fit had counted is no longer this estimator's.
            self.__dict__.pop("_counts", None)
        return () if counts is None else counts.occurrences

    @learning_method
    def partial_fit(self, X: Iterable[Any], y: Any = None) -> Self:
        """Count one more chunk of documents and rank the words of all chunks so far.

        Chunks give the vocabulary that one `fit` on all of them would. The counts of every
        word seen are kept, and pickled, so that counting can go on; `fit` keeps none. A chunk
        that raises changes nothing.

        Parameters
        ----------
        X : iterable of str, or of lists of int
            The next documents.
        y : None
            Ignored.

        Returns
        -------
        self : SequenceVectorizer

        Raises
        ------
        ValueError
            Where `fit` would; and after `fit`, whose counts were not kept.
        """
        self._check_parameters()
        with fit_task(self, "partial_fit", X, y):
            self._count_further(X)
        return self

    def _count_further(self, X: Iterable[Any]) -> None:
        counts = self._count(X, by_document=True)
        if counts is None:  # Index lists, or a given vocabulary: nothing to count.
            if "_counts" not in self.__dict__:
                self._set_vocabulary(self._vocabulary(None))
            return
        before = getattr(self, "_counts", None)
        if before is not None:
            counts = WordCounts(**before).plus(counts)
        elif getattr(self, "vocabulary_", None):
            raise ValueError(
                "partial_fit cannot go on after fit, which keeps no counts: call partial_fit "
                "from the first chunk on, on a new or cloned SequenceVectorizer."
            )
        self._set_vocabulary(self._vocabulary(counts))
        self._counts = counts._asdict()

    def fit_transform(self, X: Iterable[Any], y: Any = None) -> npt.NDArray[np.int32]:
        """Learn the words of `X` and return its sequences; see `fit` and `transform`.

        Parameters
        ----------
        X : iterable of str, or of lists of int
            The documents. An iterator is read once and its documents are held meanwhile.
        y : None
            Ignored.

        Returns
        -------
        X : ndarray of shape (n_samples, maxlen), dtype int32
        """
        documents = materialized(X)
        # Splitting texts is what takes the time: here they are split once for both.
        numbered: list[Numbers] = []
        words = self._learn(documents, y, numbered)
        if not words:  # Index lists, or a given vocabulary.
            return self.transform(documents)
        return self._padded(self._text_encoder().of_numbered(numbered, words))

    def _check_parameters(self) -> None:
        self._validate_params()
        if self.tokenizer is not None and self.token_pattern is not None:
            raise ValueError("tokenizer and token_pattern are both given: set one of them to None.")
        if self.num_words is not None and self.num_words <= self.index_from + 1:
            raise ValueError(
                f"num_words={self.num_words} leaves no index for a word, as indices up to "
                f"index_from={self.index_from} are reserved: num_words must be at least "
                f"{self.index_from + 2}, or None."
            )

    def _count(
        self, X: Iterable[Any], *, by_document: bool, numbered: list[Numbers] | None = None
    ) -> WordCounts | None:
        """Words of `X` in order of first appearance; None where no text is to be counted."""
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
        return WordCounts.of(
            documents, split, binary=self.binary, by_document=by_document, numbered=numbered
        )

    def _vocabulary(self, counts: WordCounts | None) -> dict[str, int]:
        n_ranks = None if self.num_words is None else self.num_words - self.index_from - 1
        if self.vocabulary is not None:
            return checked_vocabulary(self.vocabulary, n_ranks, self.index_from)
        return {} if counts is None else counts.ranks(n_ranks, self.min_df)

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
        check_is_fitted(self)
        documents = Documents(X)
        encode: Callable[[Any], bytes]
        if documents.are_texts and not documents.is_empty:
            encode = self._text_encoder()
        else:
            self._check_parameters()
            encode = self._encode_indices
        return self._padded(map(encode, documents))

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
        words = {rank + self.index_from: word for word, rank in self.vocabulary_.items()}
        words.update(dict.fromkeys(range(1, self.index_from + 1), "<UNUSED>"))
        if self.oov_char is not None:
            words[self.oov_char] = "<UNK>"
        if self.start_char is not None:
            words[self.start_char] = "<START>"
        return [
            " ".join([words.get(index, "<UNK>") for index in document.tolist() if index != 0])
            for document in documents
        ]

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

    def __getstate__(self) -> dict[str, Any]:
        state = stamped(super().__getstate__())
        state.pop("_encoder", None)
        # A dictionary of 10,000 words would take skops 4 MB.
        state["_packed"] = [
            name for name in ("vocabulary", "vocabulary_") if is_packable(state.get(name))
        ]
        for name in state["_packed"]:
            state[name] = packed(state[name])
        if "_counts" in state:
            counts = WordCounts(**state["_counts"])
            state["_counts"] = [packed(counts.occurrences, counts.holders), counts.n_documents]
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        state = checked_state(state, type(self).__name__)
        for name in state.pop("_packed", []):
            [state[name]] = unpacked(state[name])
        if "_counts" in state:
            arrays, n_documents = state["_counts"]
            occurrences, holders = unpacked(arrays)
            state["_counts"] = WordCounts(occurrences, holders, n_documents)._asdict()
        super().__setstate__(state)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags
