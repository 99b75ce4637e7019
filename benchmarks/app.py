"""How quickly the app is there and answers, measured in a real browser.

    python benchmarks/app.py                       every part, one JSON document on standard output
    python benchmarks/app.py start --rounds 5      one part
    python benchmarks/app.py large --work DIR      keeps the large store for the next run

Parts: ``start``: from the command to the first painted page of the demo, in a browser that is open already, on a
server that has just been started (``cold``) and again on the same one with a fresh session (``warm``), and the
processor seconds the server took for both. ``demo``: every page and what is clicked on it (``app_clicks.py``) on the
demo, from the click to the painted answer, and the bytes of the messages to the browser. ``large``: the same on 100,000
made clips without audio (``app_made.py``), with index, graph and map made before.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PAINTED = '[data-testid="stPlotlyChart"] .main-svg'  # the first chart of the overview
GIVES_UP_S = 60.0
DEMO_WITHIN_S, LARGE_WITHIN_S = 1.0, 2.0  # a click
LARGE_ROWS = 100_000
_POLL_S = 0.02


@dataclass(frozen=True)
class Given:
    """What is measured.

    Attributes:
        store: the demo store.
        work: where the large store is, or goes.
        rounds: how often.
        large: clips of it.
    """

    store: Path
    work: Path
    rounds: int
    large: int


@contextmanager
def server(store: Path) -> Iterator[tuple[str, float]]:
    """The app as ``make demo`` starts it, on a free port; its address and the moment it was started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "emoanalytics", "app", str(store), "--headless", "--port", str(port)]
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


def start(given: Given) -> dict[str, Any]:
    """The part ``start``."""
    store, rounds = given.store, given.rounds
    runs: dict[str, list[dict[str, float]]] = {"cold": [], "warm": [], "server": []}
    with browser() as opened:
        for _ in range(rounds):
            spent = _children_s()
            with server(store) as (url, started):
                runs["cold"].append(first_paint(opened, url, started))
                runs["warm"].append(first_paint(opened, url, time.perf_counter()))
            runs["server"].append({"cpu_s": _children_s() - spent})  # of both pages; it does not grow with others' work
    return {name: _middle(found) for name, found in runs.items()} | {"rounds": rounds}


def demo(given: Given) -> dict[str, Any]:
    """The part ``demo``."""
    return _clicks(given.store, given.rounds, DEMO_WITHIN_S, sounds=True)


def large(given: Given) -> dict[str, Any]:
    """The part ``large``."""
    store = given.work / f"made-{given.large}"
    noted = store.with_suffix(".json")
    if not noted.is_file():
        import app_made

        app_made.make(store, given.large)
        noted.write_text(json.dumps(app_made.prepare(store)))
    made = json.loads(noted.read_text())
    return {"rows": given.large, "made_once": made, **_clicks(store, given.rounds, LARGE_WITHIN_S, sounds=False)}


def _clicks(store: Path, rounds: int, within_s: float, *, sounds: bool) -> dict[str, Any]:
    from app_clicks import measure

    spent = _children_s()
    with browser() as opened, server(store) as (url, started):
        _answering(url, started)
        found = measure(opened, url, rounds, within_s, sounds=sounds)
    return found | {"server_and_browser_cpu_s": round(_children_s() - spent, 1)}


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


PARTS: dict[str, Callable[[Given], dict[str, Any]]] = {"start": start, "demo": demo, "large": large}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which; all where none is named")
    parser.add_argument("--store", type=Path, help="the demo store; built where none is named")
    parser.add_argument("--work", type=Path, help="a folder that keeps the large store for the next run")
    parser.add_argument("--rows", type=int, default=LARGE_ROWS, help="of the large store")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        store, parts = asked.store, asked.parts or list(PARTS)
        if store is None and {"start", "demo"} & set(parts):
            from emoanalytics import build_demo

            store = Path(folder) / "demo-store"
            build_demo(store)
        work = (asked.work or Path(folder)).resolve()
        given = Given((store or work).resolve(), work, asked.rounds, asked.rows)
        found = {name: PARTS[name](given) for name in parts}
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": round(os.getloadavg()[0], 1)}
    print(json.dumps({"machine": machine, **found}, indent=2))


if __name__ == "__main__":
    main()
