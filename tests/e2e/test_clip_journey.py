"""The Clip page in a real browser: a clip from a fake microphone, and a sound played from where one clicks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from tests.conftest import tone
from tests.e2e.conftest import downloaded, one_player, settled, words

pytestmark = pytest.mark.browser
LENGTH_S = 3.0


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the fake microphone hears."""
    path = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    sf.write(path, tone(4.0, hz=200.0, seed=5), 48_000)
    return path


@pytest.fixture(scope="module")
def flags(spoken: Path) -> tuple[str, ...]:
    return (
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-audio-capture={spoken}",
    )  # fmt: skip


def opened(page: Any, server: str) -> None:
    page.goto(f"{server}/?lang=en")
    page.get_by_role("heading", name="Overview").wait_for()
    settled(page)
    page.get_by_role("link", name="Clip").click()
    page.get_by_role("heading", name="Clip").wait_for()
    settled(page)


def test_a_recording_is_analysed(page: Any, server: str, tmp_path: Path) -> None:
    page.context.grant_permissions(["microphone"])
    opened(page, server)
    recorder = page.get_by_test_id("stAudioInput")
    recorder.get_by_role("button", name="Record").click()
    stop = recorder.get_by_role("button", name="Stop recording")
    stop.wait_for()
    page.wait_for_timeout(1_500)  # it hears
    stop.click()
    page.get_by_text("Model scores", exact=True).wait_for()
    settled(page)
    assert "recording.wav" in words(page)
    result = json.loads(downloaded(page, "result.json", tmp_path))
    assert result["duration_s"] > 0.5 and result["emotion"] in ("angry", "happy", "sad")
    assert result["quality"]["level_dbfs"] > -60  # the microphone was heard


def test_a_click_on_the_waveform_plays_from_there(page: Any, server: str, tmp_path: Path) -> None:
    opened(page, server)
    sf.write(tmp_path / "a.wav", tone(LENGTH_S, seed=9), 16_000)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(str(tmp_path / "a.wav"))
    page.wait_for_function("document.querySelector('audio')?.duration > 2.9")
    settled(page)
    assert page.evaluate("document.querySelector('audio').paused")
    for share in (0.75, 0.25, 0.25):
        page.wait_for_timeout(500)  # the chart finds its size
        area = page.locator(".js-plotly-plot .nsewdrag").first
        box = area.bounding_box()
        before = page.evaluate("document.querySelector('audio').src")
        place = {"x": share * box["width"], "y": 0.3 * box["height"]}
        area.hover(position=place)
        hint = f"play from {share * LENGTH_S:.2f}"[:-1]  # to a tenth of a second
        page.locator(".js-plotly-plot .hoverlayer .hovertext", has_text=hint).wait_for()  # a click takes what it hovers
        area.click(position=place)
        page.wait_for_function("old => (a => a.src !== old && a.duration)(document.querySelector('audio'))",
                               arg=before)  # fmt: skip
        page.wait_for_function("document.querySelector('audio').currentTime > 0.05")
        settled(page)
        one_player(page)
        # What is cut off in front is the part of a second at which the sound starts; the rest is the start itself.
        cut = LENGTH_S - page.evaluate("document.querySelector('audio').duration")
        second = share * LENGTH_S
        assert cut == pytest.approx(second % 1, abs=0.03)
        played = page.evaluate("document.querySelector('audio').played.start(0)")
        assert played == pytest.approx(second // 1, abs=0.3)
