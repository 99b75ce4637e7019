"""The acoustic encoder and its mel filters, made once."""

from __future__ import annotations

import numpy as np
import pytest

from emoanalytics.embed.acoustic import Acoustic
from emoanalytics.embed.acoustic.contours import mel_bank


@pytest.fixture(scope="session")
def acoustic() -> Acoustic:
    return Acoustic()


@pytest.fixture(scope="session")
def bank() -> np.ndarray:
    return mel_bank()
