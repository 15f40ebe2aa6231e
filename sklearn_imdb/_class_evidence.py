"""How much a term tells of the classes: the vectorizer ranks by it, the network weighs by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

PRIOR_DOCUMENTS = 6.0
"""Documents of the usual classes that every term is taken to be in besides its own.

A term in few documents then tells little, however these happen to be classed.
"""

PRIOR_DOCUMENTS_OF_A_LABEL = 96.0
"""The same, where each label is looked at apart from the others."""

_ROUNDING = 1e-9
"""Evidence below it is rounding: that of a term which all documents contain."""

_COUNTS_AT_ONCE = 2**17
"""Numbers of a block of counts, which is dense."""


def class_evidence(
    document_frequency: csr_matrix | npt.NDArray[Any],
    class_sizes: npt.NDArray[Any],
    *,
    overlap: bool = False,
) -> npt.NDArray[np.float64]:
    """Return each term's evidence: how far the classes of its documents are from the usual ones.

    A class has log odds among the documents that contain the term, and among all documents. The
    evidence is the root mean square of the difference, over the classes of the term's documents.
    The first is smoothed with `PRIOR_DOCUMENTS` of the usual
    classes. For two classes of the same size the evidence is the absolute log-count ratio of Wang &
    Manning, "Baselines and Bigrams" (ACL 2012), with counts raised by half of `PRIOR_DOCUMENTS`.

    Where a document may have several labels, it enters once for each of them.

    Parameters
    ----------
    document_frequency : ndarray or sparse matrix of shape (n_terms, n_classes)
        Number, or weight, of each class's documents that contain the term.
    class_sizes : ndarray of shape (n_classes,)
        Number, or weight, of each class's documents.
    overlap : bool, default=False
        Whether a document may have several of the classes. Behind theirs is then a column of all
        documents.

    Returns
    -------
    evidence : ndarray of shape (n_terms,), dtype float64
        Not negative. A term that is in no document has 0. Where no class has some of the documents
        but not all, every other term has 1, so that the evidence has no say.
    """
    n_documents = n_documents_of(class_sizes, overlap=overlap)
    n_classes = len(class_sizes) - overlap
    sizes = class_sizes[:n_classes]
    tells = np.flatnonzero((sizes > 0) & (sizes < n_documents))
    usual = sizes[tells] / n_documents
    evidence = np.zeros(document_frequency.shape[0])
    for terms, block in _blocks(document_frequency):
        total = block[:, -1] if overlap else block.sum(axis=1)
        found = np.ones(len(block))
        if len(tells):
            share, odds = _log_odds(block[:, tells], total, usual, PRIOR_DOCUMENTS)
            found = np.sqrt((share * np.square(odds)).sum(axis=1))
        evidence[terms] = np.where((total > 0) & (found > _ROUNDING), found, 0)
    return evidence


def label_evidence(
    document_frequency: csr_matrix | npt.NDArray[Any], label_sizes: npt.NDArray[Any]
) -> npt.NDArray[np.float32]:
    """Return each term's evidence of each label apart, where a document may have several.

    It is how far the label's log odds among the documents that contain the term are from its log
    odds among all documents, smoothed with `PRIOR_DOCUMENTS_OF_A_LABEL` of the usual.

    Parameters
    ----------
    document_frequency : ndarray or sparse matrix of shape (n_terms, n_labels + 1)
        Number, or weight, of each label's documents that contain the term, and of all documents.
    label_sizes : ndarray of shape (n_labels + 1,)
        Number, or weight, of each label's documents, and of all documents.

    Returns
    -------
    evidence : ndarray of shape (n_terms, n_labels), dtype float32
        Not negative. A term that is in no document has 0. Of a label that all documents have, or
        none, every other term has 1.
    """
    n_labels = len(label_sizes) - 1
    n_documents = label_sizes[-1]
    tells = np.flatnonzero((label_sizes > 0) & (label_sizes < n_documents))
    usual = label_sizes[tells] / n_documents
    evidence = np.ones((document_frequency.shape[0], n_labels), np.float32)
    for terms, block in _blocks(document_frequency):
        total = block[:, -1]
        _, odds = _log_odds(block[:, tells], total, usual, PRIOR_DOCUMENTS_OF_A_LABEL)
        evidence[terms, tells] = np.where(np.abs(odds) > _ROUNDING, np.abs(odds), 0)
        evidence[terms][total == 0] = 0
    return evidence


def _blocks(
    counts: csr_matrix | npt.NDArray[Any],
) -> Iterator[tuple[slice, npt.NDArray[np.float64]]]:
    """Yield the counts of some terms at a time, as a dense table."""
    n_terms, n_classes = counts.shape
    at_once = _COUNTS_AT_ONCE // max(n_classes, 1) + 1
    for start in range(0, n_terms, at_once):
        terms = slice(start, start + at_once)
        yield terms, csr_matrix(counts[terms], dtype=np.float64).toarray()


def _log_odds(
    document_frequency: npt.NDArray[Any],
    total: npt.NDArray[np.float64],
    usual: npt.NDArray[np.float64],
    prior: float,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the share of each class among a term's documents, and how far its log odds are off."""
    share = document_frequency + prior * usual
    share /= (total + prior)[:, np.newaxis]
    return share, np.log(share) - np.log1p(-share) - (np.log(usual) - np.log1p(-usual))


def of_all_documents(document_frequency: csr_matrix, *, overlap: bool) -> npt.NDArray[Any]:
    """Return the number of all documents that contain each term, shape (n_terms,)."""
    if overlap:
        return document_frequency[:, [-1]].toarray().ravel()
    return np.asarray(document_frequency.sum(axis=1)).ravel()


def n_documents_of(class_sizes: npt.NDArray[Any], *, overlap: bool) -> float:
    """Return the number, or weight, of all documents from that of each class."""
    return class_sizes[-1] if overlap else class_sizes.sum()
