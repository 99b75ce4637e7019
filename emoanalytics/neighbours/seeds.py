"""What a seed may be."""

from __future__ import annotations

_END = 1 << 31  # FAISS counts in 32 bits


def check_seed(seed: int) -> None:
    """Refuse what NumPy or FAISS would refuse later, in words of their own.

    Raises:
        ValueError: it is not a whole number from 0 to 2,147,483,646.

    >>> check_seed(-1)
    Traceback (most recent call last):
    ValueError: a seed is a whole number from 0 to 2,147,483,646, not -1
    """
    # One is added to it for what must not be drawn like the rest.
    if not isinstance(seed, int) or not 0 <= seed < _END - 1:
        raise ValueError(f"a seed is a whole number from 0 to {_END - 2:,}, not {seed!r}")
