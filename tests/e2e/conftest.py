"""What the journeys share: a store, the app on a server of its own, a browser, and what users do in it.

A journey in a file of its own overrides what differs by a fixture of the same name: ``store`` (the store that is
opened; None opens the app without one) and ``flags`` (Chromium's).
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from emoanalytics import BuildSettings, build, load_encoder, open_corpus, train_head
from tests.conftest import ROOT, tone

STARTS_WITHIN_S = 60
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic",
)  # fmt: skip
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@pytest.fixture(scope="module")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    message = "no Chromium on this machine"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="module")
def flags() -> tuple[str, ...]:
    """What Chromium is started with beside the usual."""
    return ()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve tones of three voices with a head fitted on their labels; one file name that is markup."""
    base = tmp_path_factory.mktemp("journey")
    lines = ["file,speaker,session,emotion"]
    for number in range(12):
        name = "<b>bold<b> ![x](y).wav" if number == 0 else f"clip{number:02}.wav"
        emotion = ("angry", "sad", "happy")[number // 3 % 3]
        (base / "corpus").mkdir(exist_ok=True)
        sf.write(base / "corpus" / name, tone(1.2, hz=140.0 + 60 * (number // 3 % 3), seed=number), 16_000)
        lines.append(f"{name},voice{number % 3},s1,{emotion}")
    (base / "corpus" / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
    build(open_corpus(base / "corpus"), base / "voices", load_encoder("acoustic"), BuildSettings(workers=0))
    train_head(base / "voices")
    return base / "voices"


@pytest.fixture(scope="module")
def server(store: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on a free port of this machine; stopped by its own handle."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "main.py"), "--server.port", str(port),
               "--server.headless", "true", *(["--", "--store", str(store)] if store else [])]  # fmt: skip
    with (folder / "log.txt").open("w+") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        log.seek(0)
        assert "Traceback" not in log.read()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(STARTS_WITHIN_S * 5):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the server does not answer")


@pytest.fixture
def page(chromium: str, flags: tuple[str, ...]) -> Iterator[Any]:
    """A fresh browser page. Nothing may be asked of another machine, and nothing may go wrong in the console."""
    from playwright.sync_api import sync_playwright

    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=[*FLAGS, *flags])
        try:
            page = browser.new_context(viewport={"width": 1300, "height": 900}, accept_downloads=True).new_page()
            page.set_default_timeout(60_000)
            page.on("console", lambda line: wrong.append(line.text) if _is_error(line) else None)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("dialog", lambda dialog: (wrong.append("a script ran"), dialog.dismiss()))
            page.on(
                "request", lambda r: None if _is_here(r.url) else wrong.append(f"asked of another machine: {r.url}")
            )
            yield page
        finally:
            browser.close()
    assert wrong == []


def _is_error(line: Any) -> bool:
    """An error in the console, save of a sound replaced while the browser still asked for it (the journeys wait for
    the sound that stands), and of Streamlit, which looks for its server below a page's own address first."""
    where = (line.location or {}).get("url", "")
    return line.type == "error" and "/media/" not in where and "/overview/_stcore/" not in where


def _is_here(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))


def settled(page: Any) -> None:
    page.wait_for_selector(READY)
    assert page.get_by_test_id("stException").count() == 0


def words(page: Any) -> str:
    return page.get_by_test_id("stMain").inner_text()


def one_player(page: Any) -> None:
    """No second one is left; the microphone's own one lies in a shadow tree and does not count."""
    page.wait_for_function("document.querySelectorAll('audio').length === 1")


def downloaded(page: Any, name: str, folder: Path, button: str = "") -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(re.escape(button or name))).click()
    download.value.save_as(folder / name)
    return (folder / name).read_bytes()
