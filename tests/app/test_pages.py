"""Every page on every kind of store, in both languages, with values known from the store."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import cache, stores
from app.texts import TEXTS
from emoanalytics import EmotionStore, Language
from tests.app.conftest import NASTY
from tests.conftest import ROOT

PAGES = (
    "home", "overview", "segments", "search", "map", "clusters", "speakers", "audit", "clip", "report", "export",
    "settings",
)  # fmt: skip
Open = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    """Opens a page on a store, as a link does."""
    monkeypatch.chdir(tmp_path)  # no demo store here

    def opened(page: str, store: Path | None = None, language: str = "en", /, **query: Any) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["main.py", *(("--store", str(store)) if store else ())])
        at = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=60)
        at.query_params.update({"lang": language, **query})
        if page != ("overview" if store else "home"):  # the first page has no name of its own
            at.switch_page(str(ROOT / "app" / "app_pages" / f"{page}.py"))
        return at.run()

    return opened


def shown(at: AppTest) -> str:
    """All words on the page."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success", "text", "code")
    words = [element.value for kind in kinds for element in getattr(at, kind)]
    return "\n".join(words).replace("\\", "")


def text(key: str, language: str, **values: object) -> str:
    return TEXTS[key][language == "zh"].format(**values)


def metric(at: AppTest, key: str, language: str) -> str:
    return next(m.value for m in at.metric if m.label == text(key, language))


def table_with(at: AppTest, column: str) -> Any:
    return next(frame.value for frame in at.dataframe if column in frame.value.columns)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("which", ["store", "headless", "one_row", "empty", "damaged", None])
def test_every_page_stands_on_every_store(
    page: str, language: str, which: str | None, open_page: Open, request: pytest.FixtureRequest
) -> None:
    at = open_page(page, None if which is None else request.getfixturevalue(which), language)
    assert not at.exception
    at_home = page == "home" or (page == "overview" and which is None)  # the first page without a store is Home
    assert at.title[0].value == text("page_home" if at_home else f"page_{page}", language)
    words = shown(at)
    if at_home:
        assert text("new_title", language) in words
        assert (text("shelf_empty", language) in words) == (which is None)
        return
    if which is None:
        assert text("none_title", language) in words and text("none_what", language) in words
    elif which == "damaged":
        assert text("store_broken", language) in words and "segments.parquet" in words
    elif which == "empty":
        assert "emoanalytics build CORPUS --store" in words
    else:
        notice = {"store": "UAR", "headless": "emoanalytics head fit STORE --target emotion", "one_row": "tiny"}[which]
        assert any(notice in info.value.replace("\\", "") for info in at.info)


def _walk(block: Any) -> Any:
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from _walk(child)


def files(at: AppTest, language: str = "en") -> list[str]:
    return table_with(at, text("length", language))[text("file", language)].tolist()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"speaker": "o'neil"}, ["clip02.wav", "clip05.wav", "clip08.wav", "clip11.wav"]),
        ({"flag": ["silent", "too_short"]}, ["short.wav", "silent.wav"]),
        ({"given": "calm"}, ["again.wav"]),
        ({"role": "agent"}, ["short.wav"]),
        ({"spoken": "zh", "session": "s0", "speaker": "anna"}, ["clip00.wav", "clip06.wav"]),
        ({"q": "LINE 11"}, ["clip11.wav"]),
        ({"where": "start_s = 0 AND end_s < 1"}, ["short.wav"]),
        ({"where": "end_s > 1.9 -- the silent one"}, ["silent.wav"]),
    ],
)
def test_a_link_reproduces_the_filtered_rows(
    open_page: Open, store: Path, query: dict[str, Any], expected: list[str]
) -> None:
    at = open_page("segments", store, **query)
    assert not at.exception
    assert sorted(files(at)) == expected
    for key, value in query.items():
        assert at.query_params[key] == value


def test_the_highest_score_is_over_all_labels_of_the_head(open_page: Open, store: Path) -> None:
    table = EmotionStore.open(store).scores()
    labels = [c.removeprefix("score_") for c in table.columns[1:]]
    assert "calm" in labels
    scores = table.iloc[:, 1:].to_numpy("float64")
    winners = [labels[max((i for i in range(len(labels)) if row[i] == row[i]), key=lambda i: row[i])] for row in scores]
    drawn = table_with(open_page("segments", store), text("length", "en"))[text("top", "en")]
    assert [name.split()[-1] for name in drawn] == winners
    for label in sorted(set(winners)):
        at = open_page("segments", store, top=label)
        assert len(files(at)) == winners.count(label)


@pytest.mark.parametrize("language", list(Language))
def test_a_condition_that_is_not_understood_says_so_in_one_line(open_page: Open, store: Path, language: str) -> None:
    at = open_page("segments", store, language, where="speeker = 'anna'", speaker="anna")
    assert not at.exception and len(at.error) == 1
    line = at.error[0].value.replace("\\", "")
    assert text("filter_where_bad", language) in line
    assert "the filter \"speeker = 'anna'\" is not understood" in line and "did you mean speaker" in line


def test_a_condition_cannot_close_its_bracket(open_page: Open, store: Path) -> None:
    at = open_page("segments", store, where="1 = 0) OR (1 = 1", speaker="ben")
    assert len(at.error) == 1 and not at.dataframe


def test_filters_that_leave_nothing_say_what_to_do(open_page: Open, store: Path) -> None:
    at = open_page("segments", store, q="no such words")
    assert any(info.value == text("rows_empty", "en") for info in at.info)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_follows_no_filter_says_so(open_page: Open, store: Path, page: str, language: str) -> None:
    line = text("filters_not_here", language, n=2)
    followed = page in ("home", "segments", "search", "map", "export", "clip", "settings")
    assert (line in shown(open_page(page, store, language, speaker="ben", top="sad"))) is not followed
    assert text("filters_not_here", language, n=0) not in shown(open_page(page, store, language))


def test_rows_are_sorted_and_paged_on_the_server(open_page: Open, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app import selection

    monkeypatch.setattr(selection, "ROWS_A_PAGE", 4)
    at = open_page("segments", store, sort="file", down="1", page="2")
    assert files(at) == ["clip09.wav", "clip08.wav", "clip07.wav", "clip06.wav"]
    assert text("rows_line", "en", n=15, total=15, page=2, pages=4) in shown(at)
    at = open_page("segments", store, sort="file", page="99")
    assert files(at) == ["clip11.wav", "short.wav", "silent.wav"]
    at = open_page("segments", store, page="-3", sort="nonsense", speaker="nobody", flag="x")
    assert not at.exception and len(files(at)) == 4


@pytest.mark.parametrize("language", list(Language))
def test_a_picked_row_is_heard_and_explained(open_page: Open, store: Path, language: str) -> None:
    row = EmotionStore.open(store).table(None, "file = 'silent.wav'").iloc[0]
    at = open_page("segments", store, language, segment=row["segment_id"])
    assert not at.exception
    words = shown(at)
    assert {"en": "of it is silence", "zh": "静音占"}[language] in words
    assert NASTY in words
    values = table_with(at, text("value", language)).set_index(text("column", language))[text("value", language)]
    assert values["file"] == "silent.wav" and values["flags"].startswith("silent")
    charts = {e.proto.id.split("-")[-1]: json.loads(e.proto.spec) for e in _walk(at.main) if e.type == "plotly_chart"}
    bars = next(spec["data"][0] for name, spec in charts.items() if "segment_scores" in name)
    assert len(bars["y"]) == 10  # the nine and calm


def test_a_row_that_is_gone_and_audio_that_moved_say_so(
    open_page: Open, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_page("segments", store, segment="0" * 32)
    assert any(info.value == text("segment_gone", "en") for info in at.info)
    wanted = EmotionStore.open(store).segments(["segment_id"], "file = 'clip03.wav'").iloc[0, 0]
    cache._excerpt.clear()  # another test may have played it
    monkeypatch.setattr(EmotionStore, "audio_path", lambda self, file, corpus: tmp_path / "moved" / file)
    at = open_page("segments", store, segment=wanted)
    assert not at.exception and "clip03.wav is not there" in at.warning[0].value.replace("\\", "")


def test_the_csv_holds_the_filtered_rows_whole(store: Path) -> None:
    import io

    import pandas as pd

    from app import parts

    opened = EmotionStore.open(store)
    where = "speaker = 'o''neil'"
    table = opened.table(None, where)
    content = parts.csv(table.assign(flags=table["flags"].map(" ".join)))
    assert content.startswith(b"\xef\xbb\xbf")
    read = pd.read_csv(io.BytesIO(content))
    assert read["file"].tolist() == ["clip02.wav", "clip05.wav", "clip08.wav", "clip11.wav"]
    assert read["score_sad"].tolist() == pytest.approx(opened.scores(where)["score_sad"].tolist())
    assert "embedding" not in read.columns


def test_a_link_opens_no_store_that_the_app_was_not_started_with(open_page: Open, store: Path, one_row: Path) -> None:
    at = open_page("overview", store, store=str(one_row))
    assert metric(at, "clips", "en") == "15"
    assert str(one_row) in at.warning[0].value.replace("\\", "")
    at = open_page("overview", None, store=str(one_row))
    assert text("shelf_empty", "en") in shown(at)


def test_another_store_is_opened_by_its_folder(open_page: Open, store: Path, one_row: Path) -> None:
    at = open_page("overview", store)
    at.sidebar.text_input[0].set_value(str(one_row))  # sent with the form, as Enter does
    at.sidebar.button[0].click().run()
    assert metric(at, "clips", "en") == "1"
    assert at.query_params["store"] == "single"
    at.sidebar.text_input[0].set_value(str(one_row / "nowhere"))
    at.sidebar.button[0].click().run()
    assert not at.exception and "does not exist" in at.error[0].value


def test_the_demo_store_is_offered_where_it_is(open_page: Open, store: Path, tmp_path: Path) -> None:
    assert stores.demo_name() is None
    at = open_page("overview")
    assert [b.label for b in at.main.button if b.key == "build_demo"] == ["Build the demo"]
    shutil.copytree(store, tmp_path / "demo-store")
    at = open_page("overview")
    at.main.button(key="open_demo").click().run()
    assert metric(at, "clips", "en") == "15" and at.query_params["store"] == "demo-store"


def test_settings_survive_a_change_of_page_and_language(open_page: Open, store: Path) -> None:
    at = open_page("segments", store, speaker="ben")
    at.switch_page(str(ROOT / "app" / "app_pages" / "overview.py")).run()
    at.switch_page(str(ROOT / "app" / "app_pages" / "segments.py")).run()
    assert len(files(at)) == 5
    at.sidebar.get("button_group")[0].set_value("zh").run()
    assert at.title[0].value == "片段" and len(files(at, "zh")) == 5
    assert at.query_params["speaker"] == "ben" and at.query_params["lang"] == "zh"
