"""Data sets of film reviews: the real ones of IMDB, and generated ones."""

from __future__ import annotations

import os
from numbers import Integral, Real
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import Bunch, check_random_state, resample

from sklearn_imdb._compat import Interval, StrOptions, validate_parameter_constraints
from sklearn_imdb._convention import N_RESERVED
from sklearn_imdb._imdb.download import DataHome
from sklearn_imdb._imdb.files import load_texts
from sklearn_imdb._imdb.grammar import THEMES, write_review, write_themed_review
from sklearn_imdb._imdb.indices import encode, limit_num_words, load_encoded, load_word_index
from sklearn_imdb._progress import Progress

__all__ = ["fetch_imdb", "make_multilabel_reviews", "make_reviews"]

_DESCR = """\
Large Movie Review Dataset v1.0

50,000 film reviews from IMDB with their sentiment: 25,000 to train and 25,000 to test. Half of
each part is positive (rated 7 to 10) and half negative (rated 1 to 4). Another 50,000 reviews
have no label. No film has more than 30 reviews, and no film is in both train and test.

Cite: Andrew L. Maas, Raymond E. Daly, Peter T. Pham, Dan Huang, Andrew Y. Ng and Christopher
Potts. "Learning Word Vectors for Sentiment Analysis". ACL 2011.
https://ai.stanford.edu/~amaas/data/sentiment/
"""

_CONSTRAINTS: dict[str, list[Any]] = {
    "subset": [StrOptions({"train", "test", "all", "unsupervised"})],
    "encoding": [StrOptions({"text", "index"})],
    "num_words": [Interval(Integral, N_RESERVED, None, closed="left"), None],
    "data_home": [str, os.PathLike, None],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "download_if_missing": ["boolean"],
    "return_X_y": ["boolean"],
    "n_retries": [Interval(Integral, 0, None, closed="left")],
    "delay": [Interval(Real, 0.0, None, closed="left")],
    "verbose": [Interval(Integral, 0, None, closed="left")],
    # Of the generated reviews.
    "n_samples": [Interval(Integral, 1, None, closed="left")],
    "n_classes": [Interval(Integral, 2, None, closed="left")],
    "n_labels": [Interval(Integral, 2, len(THEMES), closed="both")],
    "mean_length": [Interval(Integral, 1, None, closed="left")],
    "label_noise": [Interval(Real, 0.0, 1.0, closed="both")],
}
"""The constraints of the parameters, by name."""


def fetch_imdb(
    *,
    subset: str = "train",
    encoding: str = "text",
    num_words: int | None = None,
    data_home: str | os.PathLike[str] | None = None,
    shuffle: bool = True,
    random_state: int | np.random.RandomState | None = 0,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    n_retries: int = 3,
    delay: float = 1.0,
    verbose: int = 0,
) -> Bunch | tuple[list[Any], npt.NDArray[np.int64]]:
    """Load the Large Movie Review Dataset (binary sentiment classification of film reviews).

    ==================  ======
    Classes                  2
    Reviews to train    25,000
    Reviews to test     25,000
    Without a label     50,000
    ==================  ======

    The function uses the first of these sources that exists:

    1. the cache of an earlier call in `data_home`;
    2. the folder `aclImdb` in `data_home`, or `data_home` itself if it is that folder;
    3. the archive `aclImdb_v1.tar.gz` in `data_home`;
    4. a download of that archive (84 MB).

    The reviews are then cached in `data_home`.

    With `encoding="index"`, each review is a list of word indices, as in
    `keras.datasets.imdb.load_data`. The list begins with 1. The index of a word is its rank plus 3.
    The most frequent word of the training reviews has rank 1. Keras's copy (`imdb.npz`, 17 MB) and
    its word index (`imdb_word_index.json`, 2 MB) are read from `data_home`. Missing files are
    downloaded. Both files are verified by their SHA-256 before they are read. If Keras's copy is
    unavailable, a warning says so, and the texts are encoded to the same indices. The order of the
    reviews is then another one.

    Parameters
    ----------
    subset : {"train", "test", "all", "unsupervised"}, default="train"
        The reviews to load. "all" is train and test. "unsupervised" is the reviews without a
        label. Keras's copy does not contain these, so they are always encoded from their texts.
    encoding : {"text", "index"}, default="text"
        The type of a review: a str, or a list of word indices.
    num_words : int, default=None
        Only with `encoding="index"`: indices from `num_words` on become 2, the index of unknown
        words. If None, all indices are kept.
    data_home : str or path-like, default=None
        Folder of the data. If None, scikit-learn's folder, `~/scikit_learn_data`. If the folder is
        the unpacked `aclImdb` itself, under any name, caches and downloads go into it. A folder
        that does not exist is created for a download, and removed if the download fails.
    shuffle : bool, default=True
        Whether to shuffle the reviews. If False, texts are sorted by class and by the number in
        their file name, and the lists of Keras's copy keep its order.
    random_state : int, RandomState instance or None, default=0
        Determines the order. For Keras's copy, 113 gives the training reviews in the order of
        `load_data`. For the test reviews in that order, pass one `RandomState(113)` to a call for
        the training reviews and then to a call for the test reviews.
    download_if_missing : bool, default=True
        If False, raise an OSError if the data is not in `data_home`.
    return_X_y : bool, default=False
        Return `(data, target)` instead of a Bunch.
    n_retries : int, default=3
        Number of retries after a failed download.
    delay : float, default=1.0
        Number of seconds between retries.
    verbose : int, default=0
        With 1 or more, show the progress of a download, in MB, and of reading many files.

    Returns
    -------
    reviews : Bunch
        data : list of str or of lists of int, of length n_samples
            The reviews.
        target : ndarray of shape (n_samples,), dtype int64
            0 is negative, 1 positive, -1 unknown.
        target_names : list of str
            `["neg", "pos"]`.
        filenames : ndarray of shape (n_samples,), dtype str
            Path of each review in the archive, such as `train/pos/0_9.txt`. Not for Keras's copy.
        ratings : ndarray of shape (n_samples,), dtype int64
            Rating in stars, 1 to 10, or 0 if unknown. Not for Keras's copy.
        word_index : dict of str to int
            Only with `encoding="index"`: the rank of each word, counted from 1. This is the
            format of the parameter `vocabulary` of :class:`SequenceVectorizer`.
        DESCR : str
            Description of the data, with the paper to cite.

    (data, target) : tuple
        If `return_X_y` is True.

    Raises
    ------
    OSError
        If the data is missing and cannot be downloaded, if it is damaged, if the disk is full, or
        if `data_home` is a file.
    ValueError
        If a parameter is out of range, or `num_words` is given for texts.

    Warns
    -----
    UserWarning
        If the texts are encoded because Keras's copy is unavailable, or if a damaged cache is
        written again.

    References
    ----------
    Maas et al., "Learning Word Vectors for Sentiment Analysis", ACL 2011.

    Examples
    --------
    >>> from sklearn_imdb.datasets import fetch_imdb
    >>> reviews = fetch_imdb(subset="test")  # doctest: +SKIP
    >>> len(reviews.data)  # doctest: +SKIP
    25000
    >>> encoded = fetch_imdb(encoding="index", num_words=10_000)  # doctest: +SKIP
    >>> encoded.data[0][:5], encoded.word_index["the"]  # doctest: +SKIP
    ([1, 13, 244, 6, 87], 1)
    """
    validate_parameter_constraints(_CONSTRAINTS, locals(), caller_name="fetch_imdb")
    download = {"n_retries": n_retries, "delay": delay} if download_if_missing else None
    home = DataHome(_find_folder(data_home), download, is_shown=verbose > 0)
    splits = ["train", "test"] if subset == "all" else [subset]
    bunch = Bunch(target_names=["neg", "pos"], DESCR=_DESCR)
    columns: dict[str, Any] | None = None
    if encoding == "index":
        bunch.word_index = load_word_index(home)
        if subset != "unsupervised":
            columns = load_encoded(splits, home)
    elif num_words is not None:
        raise ValueError(
            f"num_words={num_words} is for encoding='index', got encoding='text': give num_words "
            "to SequenceVectorizer instead."
        )
    if columns is None:
        columns = load_texts(splits, home)
        if encoding == "index":
            columns["data"] = encode(columns["data"], bunch.word_index)
    if num_words is not None:
        columns["data"] = limit_num_words(columns["data"], num_words)

    if shuffle:
        rows = resample(*columns.values(), replace=False, random_state=random_state)
        columns = dict(zip(columns, rows, strict=True))
    bunch.update(columns)
    return (bunch.data, bunch.target) if return_X_y else bunch


def _find_folder(data_home: str | os.PathLike[str] | None) -> Path:
    """Return scikit-learn's folder or the one given; its `get_data_home` would also create it."""
    default = os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")
    folder = Path(default if data_home is None else data_home).expanduser()
    if folder.is_file():
        raise NotADirectoryError(f"data_home={folder} is a file: pass the folder that it is in.")
    return folder


# -- generated reviews ------------------------------------------------------------------------


def make_reviews(
    n_samples: int = 1000,
    *,
    n_classes: int = 2,
    mean_length: int = 100,
    label_noise: float = 0.05,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Generate film reviews of ordered classes, from the worst to the best.

    A small grammar mixes opinions with sentences about the plot. Neighbouring classes share
    words, some opinions are negated, and some labels are wrong. No classifier can therefore reach
    an accuracy of 1. The sentences about the plot have many words, and most of them are rare.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of reviews.
    n_classes : int, default=2
        Number of classes. Their sizes differ by at most one review.
    mean_length : int, default=100
        Mean length of a review, in words. A review has at least one sentence of about 9 words.
    label_noise : float, default=0.05
        Share of reviews whose text is written for a random class instead of their label.
    random_state : int, RandomState instance or None, default=None
        Determines the generated reviews. Pass an int for the same reviews in every call.
    verbose : int, default=0
        With 1 or more, show progress over the reviews.

    Returns
    -------
    texts : list of str, of length n_samples
        The reviews.
    y : ndarray of shape (n_samples,), dtype int64
        The class of each review, from 0 for the worst to `n_classes - 1` for the best.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    Examples
    --------
    >>> from sklearn_imdb.datasets import make_reviews
    >>> texts, y = make_reviews(4, mean_length=12, random_state=0)
    >>> texts[0]
    'My friends and I hated the film. The direction by Belulqui has a teacher, a spy and a humour.'
    >>> y
    array([0, 1, 1, 0])
    """
    validate_parameter_constraints(_CONSTRAINTS, locals(), caller_name="make_reviews")
    generator = check_random_state(random_state)
    y = generator.permutation(np.arange(n_samples) % n_classes)
    rng = Random(int(generator.randint(np.iinfo(np.int32).max)))
    texts = []
    with Progress("Generating reviews", n_samples, shown=verbose > 0) as progress:
        for label in progress.over(y.tolist()):
            written_for = rng.randrange(n_classes) if rng.random() < label_noise else label
            sentiment = rng.gauss((written_for + 0.5) / n_classes, 0.25 / n_classes)
            texts.append(write_review(sentiment, mean_length, rng))
    return texts, y


def make_multilabel_reviews(
    n_samples: int = 1000,
    *,
    n_labels: int = 8,
    mean_length: int = 60,
    label_noise: float = 0.05,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Generate film reviews with several labels each: the themes that a film is about.

    A review has a sentence or two about each of its themes, between sentences about other things.
    Neighbouring themes share words, and some labels are wrong.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of reviews.
    n_labels : int, default=8
        Number of themes, from 2 to 12. A review has each of them with a probability of 0.25.
    mean_length : int, default=60
        Mean length, in words, of the part of a review that is not about its themes.
    label_noise : float, default=0.05
        Share of the labels that are wrong: 1 without a sentence about the theme, or 0 with one.
    random_state : int, RandomState instance or None, default=None
        Determines the generated reviews. Pass an int for the same reviews in every call.

    Returns
    -------
    texts : list of str, of length n_samples
        The reviews.
    Y : ndarray of shape (n_samples, n_labels), dtype int64
        1 where a review has the label.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    See Also
    --------
    make_reviews : Reviews with one label each.

    Examples
    --------
    >>> from sklearn_imdb.datasets import make_multilabel_reviews
    >>> texts, Y = make_multilabel_reviews(500, random_state=0)
    >>> Y.shape
    (500, 8)
    """
    validate_parameter_constraints(_CONSTRAINTS, locals(), caller_name="make_multilabel_reviews")
    generator = check_random_state(random_state)
    shown = generator.random_sample((n_samples, n_labels)) < 0.25
    is_wrong = generator.random_sample(shown.shape) < label_noise
    rng = Random(int(generator.randint(np.iinfo(np.int32).max)))
    texts = [write_themed_review(np.flatnonzero(row), mean_length, rng) for row in shown]
    return texts, (shown ^ is_wrong).astype(np.int64)
