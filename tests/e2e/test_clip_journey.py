"""The Clip page in a real browser: a clip from a fake microphone, and a sound played from where one clicks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from tests.conftest import tone
from tests.e2e.conftest import downloaded, one_player, settled, words
from tests.e2e.test_journey import visit

pytestmark = pytest.mark.browser
LENGTH_S = 3.0
SAME_BOX = """
() => {  // the chart lies where it lay at the last look, which is a tenth of a second ago
    const area = document.querySelector('.js-plotly-plot .nsewdrag');
    const box = area && JSON.stringify(area.getBoundingClientRect());
    const same = Boolean(box) && box === window.lastBox;
    window.lastBox = box;
    return same;
}
"""
FETCHED = """
() => {
    const sound = document.querySelector('audio');
    const held = sound?.buffered;
    return Boolean(held?.length) && held.end(held.length - 1) > sound.duration - 0.1;
}
"""


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
    visit(page, "Clip")


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


def clicked(page: Any, share: float) -> float:
    """Click on the waveform, and the second that was clicked.

    What a click takes is what the chart says under the mouse; where that lies is known once the chart has its size.
    The server forgets a sound once it is replaced: what the browser still asked of it would then not be found.
    """
    page.wait_for_function(FETCHED)
    page.mouse.move(0, 0)  # a hint of the last click says nothing about this one
    hint = page.locator(".js-plotly-plot .hoverlayer .hovertext", has_text="play from")
    hint.wait_for(state="detached")
    page.evaluate("delete window.lastBox")
    page.wait_for_function(SAME_BOX, polling=100)
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.3 * box["height"])
    hint.wait_for()
    second = share * LENGTH_S
    assert float(hint.text_content().split()[-2]) == pytest.approx(second, abs=0.02)
    page.mouse.down()
    page.mouse.up()
    return second


def test_a_click_on_the_waveform_plays_from_there(page: Any, server: str, tmp_path: Path) -> None:
    opened(page, server)
    sf.write(tmp_path / "a.wav", tone(LENGTH_S, seed=9), 16_000)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(str(tmp_path / "a.wav"))
    page.wait_for_function("document.querySelector('audio')?.duration > 2.9")
    settled(page)
    assert page.evaluate("document.querySelector('audio').paused")
    for share in (0.75, 0.25, 0.25):
        before = page.evaluate("document.querySelector('audio').src")
        second = clicked(page, share)
        page.wait_for_function("old => (a => a.src !== old && a.duration)(document.querySelector('audio'))",
                               arg=before)  # fmt: skip
        page.wait_for_function("document.querySelector('audio').currentTime > 0.05")
        settled(page)
        one_player(page)
        # What is cut off in front is the part of a second at which the sound starts; the rest is the start itself.
        cut = LENGTH_S - page.evaluate("document.querySelector('audio').duration")
        assert cut == pytest.approx(second % 1, abs=0.03)
        played = page.evaluate("document.querySelector('audio').played.start(0)")
        assert played == pytest.approx(second // 1, abs=0.3)
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    page.mouse.dblclick(box["x"] + 0.5 * box["width"], box["y"] + 0.3 * box["height"])
    page.wait_for_timeout(500)  # a chart that two quick clicks autoscale would do so now
    settled(page)
    assert page.evaluate("document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range") == [0, LENGTH_S]
