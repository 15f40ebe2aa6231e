"""Dense matrix products that are bitwise the same whatever number of threads BLAS may use."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Multiplications in a product of two matrices, and in one with a vector, that OpenBLAS computes in
# one thread: half of its own bounds, 2**18, and a little less than its 9,216.
_OF_MATRICES = 2**17
_OF_A_VECTOR = 2**13
_DEPTH, _COLUMNS = 256, 32  # Their product is _OF_A_VECTOR: a block may be left with one row.


def product(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return `a @ b`, computed in blocks so small that BLAS leaves each of them to one thread.

    Where BLAS shares a product among threads, how it rounds depends on how many they are, and
    joblib's workers have fewer than the process that started them. Setting the number of threads
    instead (threadpoolctl) would act on the whole process, other threads' fits included, and
    NumPy's `einsum`, which uses no BLAS, takes ten times as long.
    """
    n_rows, depth = a.shape
    n_columns = b.shape[1]
    most = _OF_A_VECTOR if min(n_rows, n_columns) == 1 else _OF_MATRICES
    if n_rows * depth * n_columns <= most:
        return a @ b
    out = np.zeros((n_rows, n_columns), np.result_type(a, b))
    rows_at_once = most // (min(depth, _DEPTH) * min(n_columns, _COLUMNS))
    whole = n_rows - n_rows % rows_at_once
    for start in range(0, depth, _DEPTH):
        left = a[:, start : start + _DEPTH]
        # NumPy multiplies the matrices of a stack one by one.
        stack = left[:whole].reshape(-1, rows_at_once, left.shape[1])
        for column in range(0, n_columns, _COLUMNS):
            right = b[start : start + _DEPTH, column : column + _COLUMNS]
            part = out[:, column : column + _COLUMNS]
            part[:whole] += (stack @ right).reshape(whole, right.shape[1])
            part[whole:] += left[whole:] @ right
    return out
