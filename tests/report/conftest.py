"""One report on one small store, made once for the tests that only read it."""

from __future__ import annotations

import pytest

from emoanalytics.report import Report, report
from emoanalytics.store.store import EmotionStore
from tests.report.made import talk, unheard

__all__ = ["unheard"]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> EmotionStore:
    return talk(tmp_path_factory.mktemp("small") / "store", sounds=True)


@pytest.fixture(scope="session")
def made(small: EmotionStore) -> Report:
    return report(small)
