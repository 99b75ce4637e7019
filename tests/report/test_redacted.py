"""Redacted reports hold no name, no sound and no path; hostile names run nothing; sections of one's own are held."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from emoanalytics.errors import StoreError
from emoanalytics.report import Report, report
from emoanalytics.report.findings import ROWS
from emoanalytics.report.page import rendered
from emoanalytics.report.short_names import ShortNames
from emoanalytics.report.speech import Speech
from emoanalytics.store.store import EmotionStore
from tests.report.made import talk

CHROMIUM = "/usr/bin/chromium"
HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>javascript:alert(3){{7*7}}\u202e"


def test_a_redacted_page_holds_no_name(tmp_path: Path) -> None:
    store = talk(tmp_path / "s", mark="SECRET", sounds=True)
    page = report(store, redact=True, compare=["language", "ward"])
    assert "secret" not in page.html.casefold() and str(tmp_path) not in page.html
    assert page.sounds == 0 and "base64" not in page.html
    ids = store.segments(["segment_id", "content_id"])[1:]  # the first is 0, as is the encoder's fingerprint
    assert not any(i in page.html for i in [*ids["segment_id"], *ids["content_id"]])
    assert set(re.findall(r"\bS\d+\b", page.html)) >= {"S1", "S2", "S3", "S4", "S5", "S6"}
    assert (
        "column 1" in page.html
        and "group 1" in page.html
        and "label 1" in page.html
        and "language 1" in page.html
        and "role 1" in page.html
    )
    plain = report(store)
    assert plain.html.casefold().count("secret") > 50
    scores = [[row.get("mean") for row in p.facts["scores"]["rows"]] for p in (plain, page)]
    assert scores[0] == scores[1]


def test_short_names_follow_no_order_of_the_names(small: EmotionStore) -> None:
    rows = small.segments(list(ROWS)).set_index("segment_id")
    names = ShortNames(rows, small.failures())
    people = [f"person{i}" for i in range(6)]
    given = [names.speaker(p) for p in people]
    assert sorted(map(str, given)) == [f"S{i}" for i in range(1, 7)] and given != sorted(map(str, given))
    assert given == [ShortNames(rows[::-1], small.failures(), "zh").speaker(p) for p in people]
    assert names.session("week1", "person1") != names.session("week1", "person2")
    assert (names.label("sad"), names.label("Anna was here")) == ("sad", "label 1")
    assert (names.role("坐席"), names.language("zh-CN"), names.language("Anna's")) == ("agent", "zh-CN", "language 1")


def test_hostile_names_are_text(tmp_path: Path) -> None:
    store = talk(tmp_path / "s", mark=HOSTILE)
    page = report(store, title=HOSTILE).html
    assert "<script" not in page and "<img" not in page and "49" not in page.split("<h1>")[1].split("</h1>")[0]
    assert "&lt;script&gt;alert(1)" in page and "\u202e" not in page


@pytest.mark.browser
@pytest.mark.skipif(not os.path.exists(CHROMIUM), reason="no Chromium here")  # noqa: PTH110
@pytest.mark.parametrize("hostile", [False, True])
def test_a_browser_without_network_shows_it_and_says_nothing(hostile: bool, made: Report, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    page = report(talk(tmp_path / "s", mark=HOSTILE), lang="zh") if hostile else made
    file = page.write(tmp_path / "r.html")
    heard: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM)
        for width, scheme in ((390, "dark"), (1300, "light")):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
            tab = context.new_page()
            tab.on("console", lambda m: heard.append(m.text))
            tab.on("pageerror", lambda e: heard.append(str(e)))
            tab.on("dialog", lambda d: (heard.append(d.message), d.dismiss()))
            tab.on("request", lambda r: None if r.url.startswith(("data:", file.as_uri())) else heard.append(r.url))
            tab.goto(file.as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            assert tab.locator("svg.map path").count() > 0
            if page.sounds:
                tab.evaluate("document.querySelector('audio').load()")
                for _ in range(200):  # to wait for a function the page would have to allow eval
                    if tab.evaluate("document.querySelector('audio').duration > 0.8"):
                        break
                    tab.wait_for_timeout(100)
                assert tab.evaluate("document.querySelector('audio').duration") > 0.8
        browser.close()
    assert heard == []


def test_sections_of_ones_own(small: EmotionStore, tmp_path: Path) -> None:
    own = tmp_path / "own.html"
    own.write_text("<h2>{{ title }}</h2>{% for row in people.rows %}<p>{{ row.name }}: {{ row.clips }}</p>{% endfor %}")
    page = report(small, sections=[own], title="A & B").html
    assert "<h2>A &amp; B</h2><p>person0: 24</p>" in page


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("a\n{% for %}", r"own.html, line 2: Expected"),
        ("a\n\n{{ nothing.here }}", r"own.html, line 3: 'nothing' is undefined"),
        ("{{ title.__class__.__mro__ }}", r"own.html, line 1: access to attribute '__class__'"),
        ("{{ short.append('x') }}", r"own.html, line 1: .*append"),
        ("{{ 1 / 0 }}", r"own.html, line 1: division by zero"),
        ("{% include '/etc/passwd' %}", r"own.html, line 1: no loader"),
        ("{{ range(9) }}", r"own.html, line 1: 'range' is undefined"),
    ],
)
def test_a_section_that_does_not_work_is_one_line(source: str, line: str, made: Report, tmp_path: Path) -> None:
    own = tmp_path / "own.html"
    own.write_text(source)
    with pytest.raises(StoreError, match=line) as caught:
        rendered(made.facts, Speech("en"), [own])
    assert "\n" not in str(caught.value)


def test_a_section_that_is_not_there(made: Report, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"the section .*none.html cannot be read \(No such file"):
        rendered(made.facts, Speech("en"), [tmp_path / "none.html"])
