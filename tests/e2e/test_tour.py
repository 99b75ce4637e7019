"""The guided tour: every sentence it quotes stands on the page, every picture is there; and how pictures are made.

``EMOANALYTICS_TOUR=1 pytest tests/e2e/test_tour.py`` takes the pictures anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emoanalytics import EmotionStore
from tests.conftest import ROOT, copy_demo
from tests.e2e.conftest import downloaded, settled, words

DOCS = {"en": ROOT / "docs" / "tour.md", "zh": ROOT / "docs" / "tour.zh.md"}
IMAGES = ROOT / "docs" / "images"
WIDTH, MOST_BYTES = 1300, 150_000
STATION = re.compile(r"!\[[^\]]+\]\(images/(tour-([a-z]+)(?:\.zh)?\.png)\)")
HOME = """folders => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode())
    for (const folder of folders) texts.currentNode.data = texts.currentNode.data.replace(folder, "~");
}"""
DRAWN_MS = 120_000  # the first map of a process compiles UMAP


@pytest.fixture(scope="module")
def store(demo_store: EmotionStore) -> Path:
    folder = copy_demo(demo_store)
    (folder.parent / "corpus").symlink_to(ROOT / "data" / "demo")
    return folder


def stations(language: str) -> dict[str, list[str]]:
    """Name -> the sentences quoted below its picture, in the order of the tour."""
    found: dict[str, list[str]] = {}
    for line in DOCS[language].read_text(encoding="utf-8").splitlines():
        if picture := STATION.fullmatch(line):
            found[picture[2]] = []
        elif line.startswith("> "):
            found[list(found)[-1]].append(line[2:])
    return found


def plot(page: Any) -> None:
    page.locator(".js-plotly-plot .nsewdrag").first.wait_for(timeout=DRAWN_MS)


def lasso(page: Any) -> None:
    """Around the left half of the map; then its list is drawn."""
    plot(page)
    settled(page)
    area = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    left, top = area["x"] + 3, area["y"] + 3
    right, bottom = left + area["width"] * 0.5, top + area["height"] - 6
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 2)):
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
    page.locator(".st-key-basket").wait_for()


def whispered(page: Any) -> None:
    card = page.get_by_test_id("stMain").get_by_text(re.compile("whispered|耳语")).first
    card.wait_for(timeout=DRAWN_MS)
    settled(page)
    card.scroll_into_view_if_needed()


def made(page: Any) -> None:
    page.locator(".st-key-report_make button").click()
    page.locator(".st-key-report_get").wait_for(timeout=DRAWN_MS)


def suspects(page: Any) -> None:
    page.get_by_test_id("stMain").get_by_text(re.compile("sounds more like|听来更像")).first.wait_for(timeout=DRAWN_MS)


def nothing(page: Any) -> None:
    """The page is complete when it stands."""


# Name -> its link in the menu (by place), what its address says, what is done there, the height of its picture.
PAGES: dict[str, tuple[str, str, dict[str, str], Callable[[Any], None], int]] = {
    "home": ("Home", "首页", {}, nothing, 900),
    "overview": ("Overview", "概览", {}, plot, 1300),
    "search": ("Search", "搜索", {"like": "file = 'mei/week2-5.ogg'"}, nothing, 1200),
    "map": ("Map", "地图", {}, lasso, 1100),
    "clusters": ("Clusters", "聚类", {}, whispered, 1200),
    "speakers": ("Speakers", "说话人", {"person": "ella"}, plot, 1500),
    "audit": ("Audit", "审核", {}, suspects, 1200),
    "report": ("Report", "报告", {}, made, 1250),
    "export": ("Export", "导出", {}, nothing, 900),
}


def visit(page: Any, server: str, store: Path, language: str, name: str) -> None:
    """Open a station as a user does: the first page, then the menu."""
    english, chinese, query, act, height = PAGES[name]
    values = dict(query)
    if "like" in values:
        values["like"] = EmotionStore.open(store).segments(["segment_id"], values["like"]).iloc[0, 0]
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.goto(f"{server}/?" + "&".join([f"lang={language}", *(f"{k}={v}" for k, v in values.items())]))
    page.get_by_test_id("stMain").get_by_role("heading", level=1).wait_for()
    settled(page)
    title = english if language == "en" else chinese
    page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).click()
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
    settled(page)
    act(page)
    settled(page)


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.browser
@pytest.mark.parametrize("language", list(DOCS))
def test_every_sentence_of_the_tour_stands_in_the_app(
    page: Any, server: str, store: Path, language: str, tmp_path: Path
) -> None:
    for name, quoted in stations(language).items():
        visit(page, server, store, language, name)
        if os.environ.get("EMOANALYTICS_TOUR"):
            take(page, store, IMAGES / file_name(name, language))
        told = flat(words(page))
        assert [line for line in quoted if flat(line) not in told] == [], (name, told)


@pytest.mark.browser
def test_the_report_of_the_demo_is_heard_without_network(page: Any, server: str, store: Path, tmp_path: Path) -> None:
    visit(page, server, store, "en", "report")
    content = downloaded(page, "report.html", tmp_path)
    assert content.startswith(b"<!doctype html>")

    context = page.context.browser.new_context(offline=True)
    asked: list[str] = []
    reader = context.new_page()
    reader.on("request", lambda request: asked.append(request.url))
    reader.on("console", lambda line: asked.append(line.text) if line.type == "error" else None)
    reader.goto((tmp_path / "report.html").as_uri())
    assert reader.title() == "What was heard in demo"
    sound = reader.locator("audio").first
    heard = "sound => new Promise(done => { sound.onloadedmetadata = () => done(sound.duration); sound.load(); })"
    assert sound.evaluate(heard) > 0.5
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    for width, height in ((1300, 900), (390, 800)):
        reader.set_viewport_size({"width": width, "height": height})
        assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def file_name(name: str, language: str) -> str:
    return f"tour-{name}.png" if language == "en" else f"tour-{name}.{language}.png"


def take(page: Any, store: Path, path: Path) -> None:
    """A picture of what is shown, in few colours; the folders of the store and of the server are called ~ in it."""
    import io

    from PIL import Image

    page.mouse.move(2, 2)
    page.evaluate(HOME, [str(store.parent), str(store.parent.with_name("server0"))])
    page.wait_for_timeout(1_000)  # transitions
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (256, 96, 48):
        picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return


@pytest.mark.parametrize("language", list(DOCS))
def test_the_pictures_of_the_tour_are_there_and_small(language: str) -> None:
    from PIL import Image

    named = [match[1] for match in STATION.finditer(DOCS[language].read_text(encoding="utf-8"))]
    assert named == [file_name(name, language) for name in PAGES]
    for name in named:
        assert (IMAGES / name).stat().st_size <= MOST_BYTES
        with Image.open(IMAGES / name) as picture:
            assert picture.size == (WIDTH, PAGES[name.removeprefix("tour-").split(".")[0]][4])


def test_both_tours_have_the_same_stations_and_each_quotes_the_app() -> None:
    english, chinese = stations("en"), stations("zh")
    assert list(english) == list(chinese) == list(PAGES)
    assert [len(quoted) for quoted in english.values()] == [len(quoted) for quoted in chinese.values()]
    assert all(english.values()) and all(chinese.values())
    assert sorted(p.name for p in IMAGES.glob("tour-*")) == sorted(
        file_name(name, language) for name in PAGES for language in DOCS
    )
