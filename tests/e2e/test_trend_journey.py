"""One speaker over time: seen, read, clicked and heard, in a real browser on the demo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from emoanalytics import EmotionStore, trends
from tests.conftest import ROOT, copy_demo
from tests.e2e.conftest import one_player, settled, words
from tests.e2e.test_journey import visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def store(demo_store: EmotionStore) -> Path:
    folder = copy_demo(demo_store)
    (folder.parent / "corpus").symlink_to(ROOT / "data" / "demo")
    return folder


def test_a_speaker_is_followed_and_a_session_heard(page: Any, server: str, store: Path) -> None:
    opened = EmotionStore.open(store)
    known = trends(opened)
    ella = next(speaker for speaker in known.speakers if speaker.speaker == "ella")
    page.goto(f"{server}/?person=ella")
    page.get_by_role("heading", name="Overview").wait_for()
    settled(page)
    visit(page, "Speakers")
    page.get_by_role("heading", name="ella", exact=True).wait_for()
    settled(page)
    for line in known.said_of(ella, "en"):
        assert line in words(page)

    chart = page.locator('[class*="st-key-trend_"] .js-plotly-plot').first
    points = (
        chart.locator(".scatterlayer .trace").filter(has=page.locator(".points path")).first.locator(".points path")
    )
    points.first.wait_for()
    assert points.count() == len(ella.session)
    place = len(ella.session) - 2
    points.nth(place).scroll_into_view_if_needed()
    settled(page)
    spot = points.nth(place).bounding_box()
    page.mouse.click(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    session = ella.session[place]
    page.wait_for_url(re.compile(rf"[?&]occasion={quote(session)}(&|$)"))
    settled(page)

    files = opened.segments(["file"], f"speaker = 'ella' AND session = '{session}'")["file"].tolist()
    listed = page.locator('[class*="st-key-play_occasion_"] button:visible')
    listed.first.wait_for()
    assert any(file in words(page) for file in files)
    listed.first.click()
    page.wait_for_function("document.querySelector('audio')?.currentTime > 0.1")
    settled(page)
    one_player(page)
