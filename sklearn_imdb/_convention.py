"""Keras's convention for the word indices of its IMDB data, stated once."""

import numpy as np

PADDING = 0
START = 1
UNKNOWN = 2
INDEX_FROM = 3
"""Added to a word's rank, counted from 1, to give its index. So Keras never uses the index 3."""

DIVIDER = 3
"""Stands between the words and the subwords of a row."""

N_RESERVED = 3
"""Rows that every embedding table has: padding, start and unknown word."""

LARGEST_INDEX = int(np.iinfo(np.int32).max)
"""Word indices are int32."""

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""Characters that count as spaces."""
