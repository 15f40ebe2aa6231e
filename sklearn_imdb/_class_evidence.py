"""How much a term tells of the classes: the vectorizer ranks by it, the network weighs by it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

from sklearn_imdb._targets import Targets

Doubles: TypeAlias = npt.NDArray[np.float64]

PRIOR_DOCUMENTS = 6.0
"""Documents added to each term's own. They have the classes in the proportions of all documents.

A term in few documents then tells little, however these happen to be classed.
"""

PRIOR_DOCUMENTS_OF_A_LABEL = 96.0
"""The same, where each label is looked at apart from the others."""

_ROUNDING = 1e-9
"""Evidence below it is rounding: that of a term which all documents contain."""

_COUNTS_AT_ONCE = 2**17
"""Numbers of a block of counts, which is dense."""


@dataclass(frozen=True)
class ClassCounts:
    """How many documents contain each term, by class. A document may have a weight in place of 1.

    The columns are the classes. Where a document may have several of them, or has none, a last
    column counts all documents.
    """

    frequency: csr_matrix
    """Documents of each column that contain each term, shape (n_terms, n_columns)."""
    sizes: npt.NDArray[Any]
    """Documents of each column, shape (n_columns,)."""
    n_classes: int

    def __add__(self, later: "ClassCounts") -> "ClassCounts":
        frequency, sizes = self.frequency + later.frequency, self.sizes + later.sizes
        return ClassCounts(frequency, sizes, self.n_classes)

    def __getitem__(self, terms: npt.NDArray[np.intp]) -> "ClassCounts":
        return ClassCounts(self.frequency[terms], self.sizes, self.n_classes)

    @property
    def of_all(self) -> npt.NDArray[Any]:
        """Documents that contain each term, shape (n_terms,)."""
        if len(self.sizes) > self.n_classes:
            return self.frequency[:, [-1]].toarray().ravel()
        return np.asarray(self.frequency.sum(axis=1)).ravel()

    @property
    def n_documents(self) -> float:
        """Number, or weight, of all documents."""
        return self.sizes[-1] if len(self.sizes) > self.n_classes else self.sizes.sum()

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """The counts in arrays alone, which skops trusts."""
        counts = self.frequency
        return counts.data, counts.indices, counts.indptr, self.sizes, np.array(self.n_classes)

    @classmethod
    def from_arrays(cls, arrays: tuple[npt.NDArray[Any], ...]) -> Self:
        """Return what `arrays` were made from."""
        *frequency, sizes, n_classes = arrays
        shape = (len(frequency[-1]) - 1, len(sizes))
        return cls(csr_matrix(tuple(frequency), shape=shape), sizes, int(n_classes))


def class_columns(targets: Targets | None, n_documents: int) -> csr_matrix:
    """Return 1 where a document belongs to a column of `ClassCounts`, int32."""
    of_all = csr_matrix(np.ones((n_documents, 1), np.int32))
    if targets is None:
        return of_all
    indicator = targets.indicator()
    return hstack([indicator, of_all], format="csr") if targets.several else indicator


def class_evidence(counts: ClassCounts) -> Doubles:
    """Return each term's evidence: how far the classes of its documents are from the usual ones.

    A class has log odds among the documents that contain the term, and among all documents. The
    evidence is the root mean square of the difference, over the classes of the term's documents.
    The first is smoothed with `PRIOR_DOCUMENTS`. For two classes of the same size the evidence is
    the absolute log-count ratio of Wang & Manning, "Baselines and Bigrams" (ACL 2012), with counts
    raised by half of `PRIOR_DOCUMENTS`. A document with several labels enters once for each.

    Returns
    -------
    evidence : ndarray of shape (n_terms,), dtype float64
        Not negative. A term that is in no document has 0. Where no class has some of the documents
        but not all, every other term has 1, so that the evidence has no say.
    """
    evidence = np.zeros(counts.frequency.shape[0])
    for terms, tells, total, share, odds in _compare_log_odds(counts, PRIOR_DOCUMENTS):
        found = np.sqrt((share * np.square(odds)).sum(axis=1)) if len(tells) else np.ones(len(odds))
        evidence[terms] = np.where((total > 0) & (found > _ROUNDING), found, 0)
    return evidence


def label_evidence(counts: ClassCounts) -> npt.NDArray[np.float32]:
    """Return each term's evidence of each label apart, where a document may have several.

    It is how far the label's log odds among the documents that contain the term are from its log
    odds among all documents, smoothed with `PRIOR_DOCUMENTS_OF_A_LABEL`.

    Returns
    -------
    evidence : ndarray of shape (n_terms, n_labels), dtype float32
        Not negative. A term that is in no document has 0. Of a label that all documents have, or
        none, every other term has 1.
    """
    evidence = np.ones((counts.frequency.shape[0], counts.n_classes), np.float32)
    for terms, tells, total, _, odds in _compare_log_odds(counts, PRIOR_DOCUMENTS_OF_A_LABEL):
        evidence[terms, tells] = np.where(np.abs(odds) > _ROUNDING, np.abs(odds), 0)
        evidence[terms][total == 0] = 0
    return evidence


def _compare_log_odds(
    counts: ClassCounts, prior: float
) -> Iterator[tuple[slice, npt.NDArray[np.intp], Doubles, Doubles, Doubles]]:
    """Compare the log odds of the classes of a term's documents with those of all documents.

    Yields
    ------
    terms : slice
        Some terms at a time, because their table is dense.
    tells : ndarray of shape (n_telling,)
        The classes that some of the documents have, but not all.
    total : ndarray of shape (n_terms,)
        The documents that contain each term.
    share, odds : ndarray of shape (n_terms, n_telling)
        Each class's share of a term's documents, smoothed, and how far its log odds are off.
    """
    n_documents, sizes = counts.n_documents, counts.sizes[: counts.n_classes]
    tells = np.flatnonzero((sizes > 0) & (sizes < n_documents))
    usual = sizes[tells] / n_documents
    n_terms, n_columns = counts.frequency.shape
    at_once = _COUNTS_AT_ONCE // max(n_columns, 1) + 1
    for start in range(0, n_terms, at_once):
        terms = slice(start, start + at_once)
        block = csr_matrix(counts.frequency[terms], dtype=np.float64).toarray()
        total = block[:, -1] if n_columns > counts.n_classes else block.sum(axis=1)
        share = block[:, tells] + prior * usual
        share /= (total + prior)[:, np.newaxis]
        odds = np.log(share) - np.log1p(-share) - (np.log(usual) - np.log1p(-usual))
        yield terms, tells, total, share, odds
