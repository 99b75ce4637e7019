"""What a seed may be."""

from __future__ import annotations

import numpy as np

from emoanalytics.errors import StoreError

# FAISS counts in 32 bits, and one is added to a seed for what must not be drawn like the rest.
MOST = (1 << 31) - 2


def as_seed(seed: int) -> int:
    """The seed, if NumPy, FAISS and the layouts of maps take it.

    Raises:
        StoreError: it is not a whole number from 0 to 2,147,483,646.

    >>> as_seed(7)
    7
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= MOST:
        raise StoreError(f"a seed is a whole number from 0 to {MOST:,}, such as 0, not {seed!r}")
    return int(seed)
