"""The Segments page: rows to tick, to hear, to choose for every page, and their nearest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from emoanalytics import EmotionStore, Geometry, Language, Query, Space, search
from tests.app.test_pages import Open, files, shown, table_with, text
from tests.app.test_pages import open_page as open_page  # the fixture


def ids(store: Path) -> dict[str, str]:
    rows = EmotionStore.open(store).segments(["file", "segment_id"])
    return dict(zip(rows["file"], rows["segment_id"], strict=True))


def tick(at: AppTest, rows: list[int]) -> AppTest:
    """Tick rows of the table as a browser does."""
    at.session_state[at.session_state["ticked"][0]] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return at.run()


def press(at: AppTest, key: str) -> AppTest:
    return next(b for b in at.button if b.key == key).click().run()


def keys(at: AppTest) -> list[str]:
    return [b.key for b in at.button]


def test_ticked_rows_are_chosen_for_every_page(open_page: Open, store: Path) -> None:
    known = ids(store)
    at = open_page("segments", store, sort="file")
    listed = files(at)
    assert "choose_ticked" not in keys(at) and text("choose_how", "en") in shown(at)
    at = tick(at, [2])
    assert at.session_state["segment"] == known[listed[2]]
    at = tick(at, [0, 2])
    assert at.session_state["segment"] == known[listed[0]]  # the one that was ticked last is open
    at = press(at, "choose_ticked")
    assert not at.exception
    assert at.query_params["chosen"] == [known[listed[0]], known[listed[2]]]
    assert text("basket_line", "en", n="2") in shown(at.sidebar)
    at = tick(at, [4])
    at = press(at, "choose_more")
    assert at.query_params["chosen"] == [known[listed[row]] for row in (0, 2, 4)]


def test_all_that_pass_the_filters_are_chosen(open_page: Open, store: Path) -> None:
    at = press(open_page("segments", store, speaker="o'neil"), "choose_all")
    known = ids(store)
    assert set(at.query_params["chosen"]) == {known[f"clip{n:02}.wav"] for n in (2, 5, 8, 11)}


def test_a_tick_does_not_fall_on_another_row_when_the_order_changes(open_page: Open, store: Path) -> None:
    at = tick(open_page("segments", store, sort="file"), [0])
    first = at.session_state["segment"]
    next(c for c in at.checkbox if c.key == "down").check().run()
    assert at.session_state["segment"] == first and files(at)[-1] == "again.wav"
    assert "choose_ticked" not in keys(at)


@pytest.mark.parametrize("language", list(Language))
def test_the_nearest_clips_are_the_librarys(open_page: Open, store: Path, language: str) -> None:
    wanted = ids(store)["clip03.wav"]
    at = open_page("segments", store, language, segment=wanted)
    assert not at.exception
    hits = search(Geometry(EmotionStore.open(store), Space.RAW), Query(positives=[wanted]), k=5).hits
    listed = [key.removeprefix("play_near_") for key in keys(at) if key.startswith("play_near_")]
    assert listed == [hit.segment_id for hit in hits] and wanted not in listed
    assert text("nearest_how", language, value=f"{hits[0].similarity:.2f}") in shown(at)
    if language == Language.ZH:
        return  # translated choices cannot be pressed here
    at = press(at, f"play_near_{listed[1]}")
    values = table_with(at, text("value", language)).set_index(text("column", language))[text("value", language)]
    assert values["segment_id"] == listed[1]


def test_in_a_large_store_the_nearest_are_looked_for_when_asked(
    open_page: Open, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Any] = []
    monkeypatch.setattr(EmotionStore, "__len__", lambda self: 50_000)
    monkeypatch.setattr("app.cache.geometry", lambda *given: read.append(given))
    at = open_page("segments", store, segment=ids(store)["clip03.wav"])
    assert not at.exception and not read
    assert any(key.startswith("nearest_") for key in keys(at))


def test_one_clip_has_no_nearest(open_page: Open, one_row: Path) -> None:
    (only,) = ids(one_row).values()
    at = open_page("segments", one_row, segment=only)
    assert not at.exception and text("nearest_none", "en") in shown(at)


def test_what_another_page_plays_is_no_clip(open_page: Open, store: Path) -> None:
    at = open_page("segments", store, segment="montage-3")
    assert any(info.value == text("pick_row", "en") for info in at.info)
