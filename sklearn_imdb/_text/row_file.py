"""Rows of integers of different lengths in a temporary file: a stream's documents."""

import weakref
from array import array
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from os import SEEK_END, PathLike
from tempfile import TemporaryFile
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Row = npt.NDArray[np.int32]

_ROWS_AT_ONCE = 4096


def join_rows(rows: Sequence[Row]) -> tuple[Row, npt.NDArray[np.int64]]:
    """Return rows end to end in one array, and where each begins and the last one ends."""
    return np.concatenate([np.empty(0, np.int32), *rows]), np.cumsum([0, *map(len, rows)])


class RowFile(Sequence[Row], AbstractContextManager["RowFile"]):
    """A sequence of rows of int32, to which rows can be added at the end.

    The file has no name and takes 4 bytes for each integer. It is removed when the `with` statement
    ends, when the object is no longer referenced, or when the process is killed. A slice is read
    into memory at once. Iteration reads blocks of rows.
    """

    def __init__(self, folder: str | PathLike[str] | None = None) -> None:
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115  # `__exit__` here closes it.
        self._close = weakref.finalize(self, self._file.close)
        self._ends = array("q", [0])

    def extend(self, rows: list[Row]) -> None:
        """Add rows."""
        self.extend_joined(*join_rows(rows))

    def extend_joined(self, items: Row, ends: npt.NDArray[np.integer]) -> None:
        """Add rows as `join_rows` returns them."""
        self._ends.extend((self._ends[-1] + ends[1:]).tolist())
        self._file.seek(0, SEEK_END)
        self._file.write(items.astype(np.int32).tobytes())

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Number of integers of each row."""
        return np.diff(self._ends)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[Row]:
        for start in range(0, len(self), _ROWS_AT_ONCE):
            yield from self[start : start + _ROWS_AT_ONCE]

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice):
            number = range(len(self))[index]
            return self[number : number + 1][0]
        begin, end, step = index.indices(len(self))
        if step != 1:
            return [self[number] for number in range(begin, end, step)]
        ends = self._ends[begin : max(end, begin) + 1]
        self._file.seek(4 * ends[0])
        items = np.frombuffer(bytearray(self._file.read(4 * (ends[-1] - ends[0]))), np.int32)
        return [items[first - ends[0] : last - ends[0]] for first, last in pairwise(ends)]

    def __setitem__(self, number: int, row: Row) -> None:
        """Replace a row by another of the same length."""
        self._file.seek(4 * self._ends[number])
        self._file.write(row.astype(np.int32).tobytes())

    def __exit__(self, *error: object) -> None:
        self._close()


Rows: TypeAlias = list[Row] | RowFile
"""Rows in memory or in a file, to which rows can be added."""
