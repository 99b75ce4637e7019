"""Auditing by keyboard in a real browser: the sound starts and stops, keys decide, typing decides nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emoanalytics import Decisions, EmotionStore
from tests.e2e.conftest import one_player, settled

pytestmark = pytest.mark.browser


def decisions(store: Path) -> list[tuple[str, str, str | None, str | None]]:
    return [(d.segment_id, d.kind, d.given, d.decided) for d in Decisions(store).read().standing]


def done(page: Any, n: int) -> None:
    page.get_by_text(f"{n} of ", exact=False).first.wait_for()
    settled(page)


def sounding(page: Any) -> None:
    page.wait_for_function("document.querySelector('audio')?.currentTime > 0.05")
    one_player(page)


def heard(page: Any) -> None:
    """Long enough for a key to count for this clip; a held one decides once."""
    settled(page)
    page.wait_for_function("(sound => sound?.currentTime > 0.6 || sound?.ended)(document.querySelector('audio'))")


def test_a_queue_is_worked_off_by_keyboard(page: Any, server: str, store: Path) -> None:
    page.goto(f"{server}/?lang=en")
    page.get_by_role("heading", name="Overview").wait_for()
    settled(page)
    page.get_by_role("link", name="Audit").click()
    page.get_by_role("heading", name="Audit").wait_for()
    done(page, 0)
    given = EmotionStore.open(store).segments(["segment_id", "emotion_given"]).set_index("segment_id")["emotion_given"]

    page.keyboard.press("Space")
    sounding(page)
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('audio')?.paused")
    settled(page)
    assert decisions(store) == []

    page.keyboard.press("9")  # unknown
    done(page, 1)
    sounding(page)  # the next one plays at once
    first = decisions(store)
    assert [line[1:] for line in first] == [("label", given[first[0][0]], "unknown")]
    page.keyboard.press("z")
    done(page, 0)
    assert decisions(store) == []

    heard(page)
    page.keyboard.press("s")
    page.get_by_text("Last: skipped").wait_for()
    settled(page)
    heard(page)
    page.keyboard.press("Enter")
    done(page, 1)
    accepted = decisions(store)
    assert [line[1:] for line in accepted] == [("label", given[accepted[0][0]], None)]
    assert accepted[0][0] != first[0][0]

    page.get_by_text("Open another store").click()
    field = page.get_by_label("Folder of the store")
    field.fill("")
    field.press_sequentially("9 s1")  # whoever types, types
    settled(page)
    assert field.input_value() == "9 s1" and decisions(store) == accepted

    page.set_viewport_size({"width": 390, "height": 900})
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
