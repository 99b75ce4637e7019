"""Values as people know them, and as a caller may give them."""

from __future__ import annotations

import pandas as pd


def as_text(column: pd.Series) -> pd.Series:
    """Values as text, None where missing or empty; whole numbers without the ``.0`` that gaps give them.

    >>> as_text(pd.Series([1.0, None, 12.0])).tolist(), as_text(pd.Series([" a ", ""])).tolist()
    (['1', None, '12'], ['a', None])
    """
    numbers = pd.api.types.is_float_dtype(column.dtype)
    whole = numbers and bool((column.dropna() % 1 == 0).all())
    missing = column.isna().to_numpy(bool)
    texts = [
        None if gone or not str(value).strip() else str(int(value)) if whole else str(value).strip()
        for value, gone in zip(column, missing, strict=True)
    ]
    return pd.Series(texts, index=column.index, dtype=object)
