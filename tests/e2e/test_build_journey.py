"""From files on a desk to a store that is opened: the journey of a newcomer, in a real browser."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from emoanalytics import EmotionStore
from tests.conftest import tone
from tests.e2e.conftest import settled, words

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def store() -> None:
    """The app is opened without one."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newcomer")


def archive() -> bytes:
    """Twelve tones of three voices with their labels, and one file that is no sound."""
    content, lines = io.BytesIO(), ["file,speaker,emotion"]
    with zipfile.ZipFile(content, "w") as packed:
        for number in range(12):
            sound, voice, emotion = io.BytesIO(), number % 3, ("angry", "sad")[number // 3 % 2]
            sf.write(sound, tone(1.2, hz=140.0 + 60 * (number // 3 % 2), seed=number), 16_000, format="WAV")
            packed.writestr(f"calls/{number:02}.wav", sound.getvalue())
            lines.append(f"calls/{number:02}.wav,voice{voice},{emotion}")
        packed.writestr("calls/broken.wav", b"this is text")
        lines.append("calls/broken.wav,voice0,sad")
        packed.writestr("metadata.csv", "\n".join(lines))
    return content.getvalue()


def card(page: Any, name: str, value: str) -> None:
    """A card above the preview says this."""
    page.locator(".st-key-cards").get_by_test_id("stMetric").filter(has_text=name).get_by_text(value).wait_for()


def test_a_zip_is_dropped_looked_at_built_and_opened(page: Any, server: str, folder: Path) -> None:
    page.goto(server)
    page.get_by_role("heading", name="Home", exact=True).wait_for()
    settled(page)
    current = page.get_by_test_id("stSidebarNavItems").locator('a[aria-current="page"]')
    assert current.count() == 1 and current.inner_text().split("\n")[-1] == "Home"

    page.get_by_text("Drop files", exact=False).first.click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        {"name": "calls.zip", "mimeType": "application/zip", "buffer": archive()}
    )
    page.locator(".st-key-new_look_dropped button:enabled").click()
    page.locator(".st-key-new_build button").wait_for()
    settled(page)
    card(page, "Files", "13")
    card(page, "Speakers", "3")

    place = page.locator(".st-key-new_store input")
    place.fill(str(folder / "calls-store"))
    place.press("Enter")
    settled(page)
    page.locator(".st-key-new_build button").click()
    page.get_by_text("12 segments embedded", exact=False).wait_for()
    settled(page)
    assert "Files that could not be used: 1" in words(page)
    built = EmotionStore.open(folder / "calls-store")
    assert len(built) == 12 and built.failures()["file"].str.endswith("broken.wav").tolist() == [True]

    page.locator('[class*="st-key-open_"] button').first.click()
    page.get_by_role("heading", name="Overview", exact=True).wait_for()
    page.get_by_text("Score distribution").wait_for()
    settled(page)
    assert page.get_by_test_id("stMetricValue").first.inner_text() == "12"

    assert "store=calls-store" in page.url
    other = page.context.new_page()  # the link opens the same store in another session
    other.goto(page.url)
    other.get_by_text("Score distribution").wait_for()
    settled(other)
    assert other.get_by_test_id("stMetricValue").first.inner_text() == "12"
    other.close()
