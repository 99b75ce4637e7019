"""What is read back from ``derived/``: an array that is not of the shape its reader counts on is damaged."""

from __future__ import annotations

import numpy as np

from emoanalytics.errors import DamagedStoreError
from emoanalytics.store.derived import Derivation


def array_of(kept: Derivation, name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> np.ndarray:
    """An array of a derivation, memory-mapped and read-only.

    Args:
        kept: the derivation.
        name: of the array.
        shape: what it must have.
        dtype: likewise.

    Raises:
        DamagedStoreError: it is missing, cannot be read, or is of another shape or type.
    """
    array = kept.array(name)
    if array.shape != shape or array.dtype != dtype:
        numbers, wanted = (" x ".join(map(str, s)) or "one" for s in (array.shape, shape))
        raise DamagedStoreError(
            f"{kept.folder} is damaged ({name}.npy holds {numbers} {array.dtype}, not {wanted} {np.dtype(dtype)})"
        )
    return array
