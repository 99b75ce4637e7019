"""What a click in the app costs: seconds until the answer is painted, and what is sent to the browser for it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any

READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
GIVES_UP_S = 240.0  # what a large store makes once, with a bar, takes minutes
MB = 1_000_000
_REST_S = 0.3
# How often a script ended: that the app is at rest says nothing just after a click, before the server knows of it.
_COUNTS = """
window.__ended = 0;
new MutationObserver(changes => changes.forEach(change => {
  const now = change.target.getAttribute('data-test-script-state');
  if (now === 'notRunning' && change.oldValue !== 'notRunning') window.__ended += 1;
})).observe(document, {subtree: true, attributes: true, attributeFilter: ['data-test-script-state'],
                       attributeOldValue: true});
"""
_PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class Cost:
    """What one kind of click cost, each time.

    Attributes:
        seconds: from the click to the painted answer; the first is the first of the server.
        frames: bytes of each message to the browser, for each click.
    """

    seconds: list[float] = field(default_factory=list)
    frames: list[list[int]] = field(default_factory=list)

    def as_json(self) -> dict[str, float]:
        """The first; the median and the most of the others; the largest message of all, and the median of the sums."""
        later = self.seconds[1:] or self.seconds
        return {
            "first_s": round(self.seconds[0], 2),
            "median_s": round(median(later), 2),
            "most_s": round(max(later), 2),
            "largest_kb": round(max((size for sizes in self.frames for size in sizes), default=0) / 1e3, 1),
            "total_kb": round(median(map(sum, self.frames)) / 1e3, 1),
        }


class Clicker:
    """A browser page on the app, and what each click on it cost.

    Args:
        page: a fresh one.
        costs: of the clicks so far, by name; it grows.
    """

    def __init__(self, page: Any, costs: dict[str, Cost]) -> None:
        self.page, self.costs = page, costs
        self._frames: list[int] = []
        page.set_default_timeout(GIVES_UP_S * 1000)
        page.add_init_script(_COUNTS)
        page.on("websocket", lambda socket: socket.on("framereceived", lambda data: self._frames.append(len(data))))

    @contextmanager
    def timed(self, name: str, *, seen: str = "", text: str = "", sound: bool = False) -> Iterator[None]:
        """Time what is clicked inside, until the script has ended, what was asked for is there, and it is painted.

        Args:
            name: of the click.
            seen: a selector that the answer shows; all of it is there when the script has ended.
            text: within that.
            sound: the answer is a sound that can be played.
        """
        page = self.page
        page.wait_for_selector(READY)
        time.sleep(_REST_S)
        ended = page.evaluate("() => window.__ended")
        self._frames.clear()
        since = time.perf_counter()
        yield
        page.wait_for_function("before => window.__ended > before", arg=ended)
        if seen:
            page.locator(seen, has_text=text).first.wait_for() if text else page.wait_for_selector(seen)
        elif sound:
            page.wait_for_function("() => document.querySelector('audio')?.readyState >= 2")
        page.wait_for_selector(READY)
        page.evaluate(_PAINTED)
        took = time.perf_counter() - since
        cost = self.costs.setdefault(name, Cost())
        cost.seconds.append(took)
        cost.frames.append(list(self._frames))
        print(f"{name}: {took:.2f} s, {sum(self._frames) / 1e3:,.0f} kB", file=sys.stderr)

    def visit(self, name: str, click: str = "") -> None:
        """Open a page by the menu."""
        link = self.page.get_by_test_id("stSidebarNavItems").get_by_role("link", name=name, exact=True)
        with self.timed(click or f"open {name}", seen="h1", text=name):
            link.click()

    def press(self, key: str, click: str, number: int = 0, **wanted: Any) -> None:
        """Press a button by its key, or by the beginning of it."""
        button = self.page.locator(f'[class*="st-key-{key}"] button:visible').nth(number)
        button.scroll_into_view_if_needed()
        with self.timed(click, **wanted):
            button.click()

    def choose(self, key: str, click: str, number: int) -> None:
        """Take an option of a list that is opened before."""
        self.page.wait_for_selector(READY)
        time.sleep(_REST_S)  # what is drawn anew closes a list
        asked = self.page.locator(f".st-key-{key} input").first
        asked.scroll_into_view_if_needed()
        asked.click()
        options = self.page.get_by_role("option")
        options.first.wait_for()
        with self.timed(click):
            options.nth(number % options.count()).click()
        self.page.keyboard.press("Escape")


def clicks(clicker: Clicker, round_: int, *, sounds: bool) -> None:
    """Once through the app.

    Args:
        clicker: on the overview of a store, in English.
        round_: number of the round; every round chooses something else.
        sounds: whether there is audio.
    """
    heard = (partial(part, sounds=sounds) for part in (_segments, _search))
    for part in (_frame, *heard, _map, _speakers, _rest):
        part(clicker, round_)


def _frame(at: Clicker, round_: int) -> None:
    at.visit("Overview")
    for name, heading in (("中文", "概览"), ("English", "Overview")):
        with at.timed("language", seen="h1", text=heading):
            at.page.get_by_text(name, exact=True).click()


def _segments(at: Clicker, round_: int, *, sounds: bool) -> None:
    page = at.page
    at.visit("Segments")
    at.choose("top", "segments: filter by emotion", round_)
    at.choose("sort", "segments: sort", 1 + round_)
    if page.locator(".st-key-page").count():
        with at.timed("segments: next page"):
            page.locator(".st-key-page").get_by_test_id("stNumberInputStepUp").click()
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    with at.timed("segments: open a clip"):
        page.mouse.click(box["x"] + 16, box["y"] + 52 + 35 * round_)
    if sounds:
        page.wait_for_function("() => document.querySelector('audio')?.readyState >= 2")
    page.get_by_text("More filters").click()
    at.press("clear", "segments: clear the filters")


def _search(at: Clicker, round_: int, *, sounds: bool) -> None:
    at.visit("Search")
    at.press("example_0", "search: ask for an example")
    at.press("hits_next", "search: next page")
    at.press("play_hit", "search: play", round_, sound=sounds)


def _map(at: Clicker, round_: int) -> None:
    page = at.page
    at.visit("Map")
    page.wait_for_selector(".js-plotly-plot .nsewdrag")
    at.choose("colour", "map: colour by", 1 + round_ % 2)
    area = page.locator(".js-plotly-plot .nsewdrag").first
    area.scroll_into_view_if_needed()
    time.sleep(2 * _REST_S)
    box = area.bounding_box()
    left, top = box["x"] + box["width"] * (0.2 + 0.03 * round_), box["y"] + box["height"] * 0.2
    right, bottom = left + box["width"] * 0.45, top + box["height"] * 0.5
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 2)):
        page.mouse.move(x, y, steps=8)
    with at.timed("map: lasso"):
        page.mouse.up()
    print(page.get_by_text(" clips chosen").first.inner_text(), file=sys.stderr)
    at.press("chosen_hits_next", "map: next page of the chosen")
    at.press("chosen_clear", "map: clear the choice")


def _speakers(at: Clicker, round_: int) -> None:
    page = at.page
    at.visit("Speakers")
    at.choose("sketch", "speakers: emotion of the lines", 1 + round_)
    at.choose("person", "speakers: another speaker", 1 + round_)
    tabs = page.locator(".st-key-aspect")
    with at.timed("speakers: compare groups"):
        tabs.get_by_text("Do groups differ?").click()
    with at.timed("speakers: alerts"):
        tabs.get_by_text("When to be alerted?").click()
    at.press(f"example_{round_ % 2}", "speakers: an alert rule")
    with at.timed("speakers: back to change"):
        tabs.get_by_text("Who changed?").click()


def _rest(at: Clicker, round_: int) -> None:
    for name in ("Clip", "Clusters", "Audit", "Report", "Export", "Settings", "Home"):
        at.visit(name)
    at.visit("Audit", "open Audit again")
    at.press("later_", "audit: next suspect")


def measure(opened: Any, url: str, rounds: int, within_s: float, *, sounds: bool) -> dict[str, Any]:
    """All clicks, as often as there are rounds and once before; and which of them are over the targets.

    Args:
        opened: a browser.
        url: of the app.
        rounds: beside the first.
        within_s: the target of a click.
        sounds: whether there is audio.
    """
    costs: dict[str, Cost] = {}
    for number in range(rounds + 1):  # a session each: what one asked stands in its own pages
        page = opened.new_context(viewport={"width": 1300, "height": 900}).new_page()
        clicker = Clicker(page, costs)
        try:
            page.goto(f"{url}/?lang=en")
            page.wait_for_selector("h1")
            page.wait_for_selector(READY)
            clicks(clicker, number, sounds=sounds)
        finally:
            page.context.close()
    found = {name: cost.as_json() for name, cost in costs.items()}
    return {
        "rounds": rounds,
        "target_s": within_s,
        "slower": [name for name, cost in found.items() if cost["median_s"] > within_s],
        "messages_above_5_mb": [name for name, cost in found.items() if cost["largest_kb"] * 1e3 > 5 * MB],
        "clicks": found,
    }
