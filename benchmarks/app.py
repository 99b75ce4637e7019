"""How quickly the app is there and answers, measured in a real browser.

    python benchmarks/app.py                       every part, one JSON document on standard output
    python benchmarks/app.py start --rounds 5      one part

Parts: ``start``: from the command to the first painted page of the demo, in a browser that is open already, on a
server that has just been started (``cold``) and again on the same one with a fresh session (``warm``), and the
processor seconds the server took for both.
Needs Chromium, and Playwright's Python package.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PAINTED = '[data-testid="stPlotlyChart"] .main-svg'  # the first chart of the overview
GIVES_UP_S = 60.0
_POLL_S = 0.02


@contextmanager
def server(store: Path) -> Iterator[tuple[str, float]]:
    """The app as ``make demo`` starts it, on a free port; its address and the moment it was started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "emoanalytics.cli", "app", str(store), "--headless", "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=sys.stderr,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            yield f"http://127.0.0.1:{port}", started
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium without a window."""
    from playwright.sync_api import sync_playwright

    path = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
    if path is None:
        sys.exit("Chromium is needed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        try:
            yield opened
        finally:
            opened.close()


def first_paint(opened: Any, url: str, since: float) -> dict[str, float]:
    """Seconds from a moment to: a server that answers, a page with a heading, a chart, a script that has ended."""
    _answering(url, since)
    found = {"answers_s": time.perf_counter() - since}
    page = opened.new_context(viewport={"width": 1300, "height": 900}).new_page()
    try:
        page.goto(f"{url}/?lang=en")
        for name, wanted in (("heading_s", "h1"), ("chart_s", PAINTED), ("ready_s", READY)):
            page.wait_for_selector(wanted, timeout=GIVES_UP_S * 1000)
            found[name] = time.perf_counter() - since
    finally:
        page.context.close()
    return found


def _answering(url: str, since: float) -> None:
    port = int(url.rpartition(":")[2])
    while time.perf_counter() - since < GIVES_UP_S:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(_POLL_S)
    sys.exit("the server does not answer")


def start(store: Path, rounds: int) -> dict[str, Any]:
    """The part ``start``."""
    runs: dict[str, list[dict[str, float]]] = {"cold": [], "warm": [], "server": []}
    with browser() as opened:
        for _ in range(rounds):
            spent = _children_s()
            with server(store) as (url, started):
                runs["cold"].append(first_paint(opened, url, started))
                runs["warm"].append(first_paint(opened, url, time.perf_counter()))
            runs["server"].append({"cpu_s": _children_s() - spent})  # of both pages; it does not grow with others' work
    return {name: _middle(found) for name, found in runs.items()} | {"rounds": rounds}


def _children_s() -> float:
    """Processor seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _middle(runs: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    return {
        name: {"median": round(statistics.median(values), 2), "most": round(max(values), 2)}
        for name in runs[0]
        for values in [[run[name] for run in runs]]
    }


PARTS: dict[str, Callable[[Path, int], dict[str, Any]]] = {"start": start}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which; all where none is named")
    parser.add_argument("--store", type=Path, help="the demo store; built where none is named")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = given.store
        if store is None:
            from emoanalytics import build_demo

            store = Path(folder) / "demo-store"
            build_demo(store)
        found = {name: PARTS[name](store.resolve(), given.rounds) for name in given.parts or PARTS}
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": round(os.getloadavg()[0], 1)}
    print(json.dumps({"machine": machine, **found}, indent=2))


if __name__ == "__main__":
    main()
