"""One journey through the app in a real browser, on a real server, as a user makes it."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from emoanalytics import EMOTIONS, EmotionStore
from tests.conftest import tone
from tests.e2e.conftest import downloaded, one_player, settled, words

pytestmark = pytest.mark.browser


def visit(page: Any, name: str) -> None:
    """Open a page from the sidebar: what lies on a page may link to others by names like theirs."""
    page.get_by_test_id("stSidebarNavItems").get_by_role("link", name=name).click()
    page.get_by_role("heading", name=name, exact=True).wait_for()
    settled(page)


def bars(page: Any) -> list[str]:
    """The names along the bars of the nine-bar chart, from the top."""
    ticks = page.locator(".st-key-clip_scores").locator(".ytick text")
    ticks.first.wait_for()
    placed = ticks.evaluate_all("all => all.map(tick => [tick.getBoundingClientRect().y, tick.textContent])")
    return [text.split()[-1] for _, text in sorted(placed)]


def test_a_user_finds_their_way(page: Any, server: str, store: Path, tmp_path: Path) -> None:
    page.goto(server)
    page.get_by_role("heading", name="Overview").wait_for()
    page.get_by_text("Score distribution").wait_for()
    settled(page)
    assert "Scores come from a head trained on this corpus's own labels" in words(page)
    page.get_by_test_id("stMetricValue").first.get_by_text("12", exact=True).wait_for()  # not yet, at times

    page.get_by_text("中文", exact=True).click()
    page.get_by_role("heading", name="概览").wait_for()
    settled(page)
    assert "得分来自用本语料自带标签训练的分类头" in words(page)

    visit(page, "片段")
    grid = page.get_by_test_id("stDataFrame").first
    grid.locator("canvas").first.wait_for()
    settled(page)
    at = grid.bounding_box()
    page.mouse.click(at["x"] + 16, at["y"] + 52)  # the first row's box
    page.wait_for_function("document.querySelector('audio')?.duration > 0")
    settled(page)
    first = EmotionStore.open(store).segments(["segment_id", "file"]).iloc[0]
    assert f"segment={first['segment_id']}" in page.url and "lang=zh" in page.url
    assert first["file"].startswith("<b>") and first["file"] in words(page)
    length = page.evaluate("document.querySelector('audio').duration")
    assert length == pytest.approx(1.2, abs=0.45)
    page.evaluate("document.querySelector('audio').play()")
    page.wait_for_function("document.querySelector('audio').currentTime > 0.1")

    visit(page, "单个音频")
    content = io.BytesIO()
    sf.write(content, tone(1.6, hz=210.0, seed=99), 16_000, format="WAV")
    name = "<img src=x onerror=alert(1)>.wav"
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "audio/wav", "buffer": content.getvalue()}
    )
    page.locator(".st-key-clip_scores").wait_for()
    page.wait_for_function("document.querySelector('audio')?.duration > 1.5")
    settled(page)
    assert bars(page) == [e.zh for e in EMOTIONS]
    assert name in words(page)

    result = json.loads(downloaded(page, "result.json", tmp_path))
    assert list(result)[:5] == ["emotion", "confidence", "scores", "granularity", "timestamp"]
    assert result["file"] == name and result["duration_s"] == pytest.approx(1.6)
    known = {k: v for k, v in result["scores"].items() if v is not None}
    assert set(known) == {"angry", "happy", "sad"} and sum(known.values()) == pytest.approx(1, abs=1e-4)
    assert result["emotion"] == max(known, key=known.__getitem__)
    embedding = np.load(io.BytesIO(downloaded(page, "embedding.npy", tmp_path)), allow_pickle=False)
    assert embedding.shape == (1, result["encoder"]["dim"]) and embedding.dtype == np.float32
    assert sf.info(io.BytesIO(downloaded(page, "processed_audio.wav", tmp_path))).samplerate == 16_000


def test_a_user_searches_hears_lassos_and_searches_again(page: Any, server: str, store: Path, tmp_path: Path) -> None:
    known = EmotionStore.open(store).segments(["segment_id", "file"])
    page.goto(f"{server}/?lang=en&segment={known['segment_id'].iloc[1]}")
    page.get_by_role("heading", name="Overview").wait_for()
    settled(page)
    visit(page, "Segments")
    page.locator("strong", has_text="clip01.wav").wait_for()
    settled(page)  # a click into a page that is still being drawn is lost
    page.get_by_role("button", name="Find similar clips").click()
    page.get_by_role("heading", name="Search").wait_for()
    page.get_by_text("1 to 10 of 11 clips").wait_for()
    settled(page)
    assert f"like={known['segment_id'].iloc[1]}" in page.url
    assert "Why: like clip01.wav +" in words(page) and "similarity" in words(page)

    page.locator('[class*="st-key-play_hit_"] button:visible').nth(2).click()
    page.wait_for_function("document.querySelector('audio')?.currentTime > 0.1")  # a click plays at once
    settled(page)
    one_player(page)
    page.locator('[class*="st-key-more_hit_"] button:visible').first.click()
    page.get_by_text("1 to 10 of 10 clips").wait_for()
    settled(page)
    assert page.url.count("like=") == 2
    table = downloaded(page, "search.csv", tmp_path, button="Download the first 10 as CSV").decode("utf-8-sig")
    assert len(table.splitlines()) == 11 and "model_score" in table.splitlines()[0]

    page.get_by_role("button", name="Show the first 10 on the map").click()
    page.get_by_role("heading", name="Map").wait_for()
    page.get_by_text("10 of 12 clips").wait_for(timeout=90_000)  # the first map of a process compiles UMAP
    settled(page)
    assert page.locator(".js-plotly-plot .legendtext", has_text="chosen (10)").count() == 1
    _lasso(page, "12 of 12 clips")
    settled(page)
    assert page.url.count("chosen=") == 12
    listed = page.locator('[class*="st-key-play_chosen_"] button:visible')
    assert listed.count() == 10
    listed.first.click()
    page.wait_for_function("document.querySelector('audio')?.currentTime > 0.1")
    page.get_by_text("12 of 12 clips").wait_for()  # to play one leaves the lasso as it is
    settled(page)
    one_player(page)
    page.get_by_role("button", name="Next").click()
    page.get_by_text("page 2 of 2").wait_for()
    settled(page)
    assert listed.count() == 2

    page.get_by_role("button", name="Find clips like these").click()
    page.get_by_role("heading", name="Search").wait_for()
    page.get_by_text("No clip is left to find").wait_for()  # all are asked about
    settled(page)
    assert page.url.count("like=") == 12


def _lasso(page: Any, told: str) -> None:
    """Around everything on the map, close to its edges; once more where the chart was still being drawn under it."""
    from playwright.sync_api import TimeoutError

    for _ in range(3):
        _draw_lasso(page)
        with contextlib.suppress(TimeoutError):
            page.get_by_text(told).wait_for(timeout=20_000)
            return
    raise AssertionError(f"no lasso was answered by {told}")


def _draw_lasso(page: Any) -> None:
    area = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    left, top = area["x"] + 3, area["y"] + 3
    right, bottom = left + area["width"] - 6, top + area["height"] - 6
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 2)):
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
