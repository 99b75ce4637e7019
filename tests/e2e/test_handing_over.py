"""Journeys that end in a file: a choice tagged and exported, a filter that outlives the language."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from emoanalytics import EmotionStore
from tests.e2e.conftest import READY, downloaded, settled, words

pytestmark = pytest.mark.browser


def start(page: Any, server: str, query: str = "lang=en") -> None:
    page.goto(f"{server}/?{query}")
    page.get_by_role("heading", level=1).first.wait_for()
    settled(page)


def go(page: Any, name: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True).click()
    page.get_by_role("heading", name=name, exact=True, level=1).wait_for()
    settled(page)


def press(page: Any, key: str) -> None:
    page.locator(f".st-key-{key} button").first.click()


def test_a_choice_is_tagged_listed_and_exported(page: Any, server: str, store: Path, tmp_path: Path) -> None:
    wanted = EmotionStore.open(store).segments(["segment_id"], "file IN ('clip03.wav', 'clip07.wav')")["segment_id"]
    start(page, server, "lang=en&" + "&".join(f"chosen={key}" for key in wanted))
    basket = page.locator(".st-key-basket")
    basket.get_by_role("button", name="Tag").click()
    page.get_by_role("textbox", name="A word for them").fill("to hear")
    page.get_by_role("button", name="Tag 2 clips").click()
    page.get_by_text("2 clips now have the tag to hear.").wait_for()
    settled(page)
    page.keyboard.press("Escape")

    go(page, "Export")
    page.get_by_test_id("stMain").get_by_text("Chosen", exact=True).click()
    page.get_by_text("2 clips. Without embeddings.").wait_for()
    settled(page)
    page.wait_for_function("location.search.includes('what=chosen')")
    assert all(key in page.url for key in wanted)
    press(page, "export_make")
    page.get_by_text("2 clips with").wait_for()
    settled(page)
    table = pd.read_csv(io.BytesIO(downloaded(page, "voices.csv", tmp_path)))
    assert sorted(table["segment_id"]) == sorted(wanted)
    page.get_by_test_id("stMain").get_by_text("Without names").first.click()
    page.get_by_text("Pseudonyms in place of names.").wait_for()
    settled(page)
    press(page, "export_make")
    page.get_by_text("2 clips with").wait_for()
    settled(page)
    redacted = pd.read_csv(io.BytesIO(downloaded(page, "voices.csv", tmp_path)))
    assert not set(redacted["segment_id"]) & set(wanted) and "text" not in redacted


def test_a_table_is_handed_out_by_our_own_button_alone(page: Any, server: str, store: Path) -> None:
    """Streamlit's own writes what a spreadsheet would run as a formula."""
    start(page, server)
    go(page, "Segments")
    page.get_by_test_id("stDataFrame").first.hover()
    tools = page.get_by_test_id("stElementToolbar").first
    tools.get_by_label("Search").wait_for()
    own = tools.locator("[aria-label^='Download as CSV']")
    assert own.count() == 1 and not own.is_visible()


def test_the_first_page_is_found_by_its_name_too(page: Any, server: str, store: Path) -> None:
    page.goto(f"{server}/overview?lang=en&speaker=voice1")
    page.get_by_role("heading", level=1).first.wait_for()
    settled(page)
    assert page.get_by_role("heading", name="Overview", exact=True, level=1).count() == 1
    assert page.get_by_role("dialog").count() == 0 and "speaker=voice1" in page.url


def test_the_language_changes_and_what_was_set_stays(page: Any, server: str, store: Path) -> None:
    start(page, server, "lang=en&speaker=voice1")
    go(page, "Segments")
    page.get_by_text("4 of 12").first.wait_for()
    page.get_by_test_id("stSidebar").get_by_text("中文", exact=True).click()
    page.get_by_role("heading", name="片段", exact=True, level=1).wait_for()
    settled(page)
    assert "speaker=voice1" in page.url and "lang=zh" in page.url
    for name in ("报告", "导出"):
        go(page, name)
    assert "12 个片段。不含嵌入。" in words(page)
    page.get_by_test_id("stMain").get_by_text("筛选后的", exact=True).click()
    page.get_by_text("4 个片段。不含嵌入。").wait_for()
    settled(page)
    page.get_by_test_id("stSidebar").get_by_text("English", exact=True).click()
    page.get_by_text("4 clips. Without embeddings.").wait_for()
    settled(page)
    page.wait_for_function("location.search.includes('what=filtered')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_pages_fit_a_telephone(page: Any, server: str, scheme: str) -> None:
    page.set_viewport_size({"width": 1300, "height": 900})
    page.emulate_media(color_scheme=scheme)
    start(page, server)
    for name in ("Report", "Export"):
        page.set_viewport_size({"width": 1300, "height": 900})
        go(page, name)
        page.set_viewport_size({"width": 390, "height": 800})
        page.wait_for_selector(READY)
        page.wait_for_function(
            "document.querySelector('[data-testid=stMain]').scrollWidth <= "
            "document.querySelector('[data-testid=stMain]').clientWidth"
        )
        assert page.get_by_test_id("stMain").get_by_role("button").first.is_visible()
