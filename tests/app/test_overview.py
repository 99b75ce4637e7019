"""The Overview: what is in the store, how sure it is, what deserves a look and where that leads."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import speaking
from app.attention import Attention, Looked, notices
from app.geometry import Shared
from app.inspection import Inspection
from emoanalytics import (
    BuildSettings,
    EmotionStore,
    Geometry,
    Language,
    Space,
    audit_labels,
    build,
    duplicates,
    load_encoder,
    open_corpus,
    outliers,
    overview,
    trends,
)
from tests.app.conftest import write_corpus
from tests.app.test_pages import Open, _walk, metric, shown, table_with, text
from tests.app.test_pages import open_page as open_page  # the fixture
from tests.made_store import make_store


def page_links(at: AppTest) -> list[Any]:
    return [e.proto for e in _walk(at.main) if e.type == "page_link"]


def by_hand(store: EmotionStore) -> Looked:
    """Every number from the library, without the app."""
    raw = Geometry(store, Space.RAW)
    audit = audit_labels(store, refit=False)
    return Looked(
        labels=audit.likely,
        contradictions=len(audit.contradictions),
        one_label=audit.one_label.speakers,
        near=len([pair for pair in duplicates(raw).pairs if pair.how == "near"]),
        outliers=len(outliers(raw).rows),
        changed=len([speaker for speaker in trends(store).speakers if speaker.changes]),
        index=False,
    )


@pytest.mark.parametrize("language", list(Language))
def test_overview_says_what_is_in_the_store(open_page: Open, store: Path, one_row: Path, language: str) -> None:
    found = overview(EmotionStore.open(store))
    at = open_page("overview", store, language)
    assert metric(at, "clips", language) == "15"
    assert metric(at, "speakers", language) == "3"
    assert metric(at, "languages", language) == "2"
    assert metric(at, "encoder", language) == "acoustic"
    # 13 tones of 1.2 s, 2 s of silence and a tone of 0.4 s
    assert found.hours * 3600 == pytest.approx(18.0) and metric(at, "seconds", language) == "18.0"
    assert metric(open_page("overview", one_row, language), "seconds", language) == "1.5"
    report = found.head_report
    assert report is not None
    assert metric(at, "head", language) == f"UAR {report['uar']:.2f}"
    low, high = report["uar_interval"]
    assert f"{report['uar']:.2f}" in at.info[0].value and f"{low:.2f}–{high:.2f}" in at.info[0].value
    scores = table_with(at, text("mean", language))
    for mean, value in zip(found.scores, scores[text("mean", language)], strict=True):
        assert value == mean.mean or (mean.mean is None and value != value)
    assert scores[text("mean", language)].notna().sum() == 3  # the head knows angry, happy and sad of the nine
    given = table_with(at, text("label", language))
    assert dict(zip(given[text("label", language)], given[text("clips", language)], strict=True)) == {
        "angry": 6, "sad": 3, "happy": 3, "calm": 1
    }  # fmt: skip


@pytest.mark.parametrize("language", list(Language))
def test_overview_lists_failures_and_duplicates(open_page: Open, store: Path, language: str) -> None:
    at = open_page("overview", store, language)
    failures = at.table[0].value
    assert failures[text("file", language)].str.replace("\\", "").tolist() == ["broken.wav"]
    assert failures[text("todo", language)].tolist() == [text("todo_decode", language)]
    assert str(store.parent) not in failures[text("reason", language)].str.replace("\\", "").iloc[0]
    duplicates = table_with(at, text("group", language))
    assert sorted(duplicates[text("file", language)]) == ["again.wav", "clip00.wav"]


def test_a_build_that_brings_only_failures_is_seen(open_page: Open, tmp_path: Path) -> None:
    corpus, path = write_corpus(tmp_path / "corpus"), tmp_path / "grown"

    def again() -> str:
        build(open_corpus(corpus), path, load_encoder("acoustic"), BuildSettings(workers=0))
        return shown(open_page("overview", path))

    assert text("look_failures", "en", n="**1**") in again()
    fingerprint = EmotionStore.open(path).fingerprint
    (corpus / "worse.wav").write_text("no sound either", encoding="utf-8")
    with (corpus / "metadata.csv").open("a", encoding="utf-8") as file:
        file.write("worse.wav,ben,s0,en,client,,\n")
    assert text("look_failures", "en", n="**2**") in again()
    assert EmotionStore.open(path).fingerprint == fingerprint


def test_a_store_that_was_moved_is_read_where_it_lies_now(open_page: Open, store: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    shutil.copytree(store, first)
    pages = ("overview", "segments", "audit", "clusters", "speakers")
    assert not any(open_page(page, first).error for page in pages)
    first.rename(second)
    for page in pages:
        at = open_page(page, second)
        assert not at.exception and not at.error, page


def test_overview_links_each_flag_to_its_clips(open_page: Open, store: Path) -> None:
    at = open_page("overview", store, "zh")
    links = [link for link in page_links(at) if "flag=" in link.query_string]
    flags = {link.query_string.split("flag=")[1]: link.label for link in links}
    counted = overview(EmotionStore.open(store)).flags
    assert set(flags) == set(counted) and {"silent", "too_short"} <= set(flags)
    assert all(f"**{counted[flag]}**" in label for flag, label in flags.items())
    assert all("lang=zh" in link.query_string and "store=voices" in link.query_string for link in links)


def test_a_look_at_the_demo_finds_what_was_planted(open_page: Open, demo_store: EmotionStore) -> None:
    expected = by_hand(demo_store)
    assert expected.near == 1 and expected.changed == 2  # the copy in another format; the two who change
    at = open_page("overview", demo_store.path)
    assert next(link.label for link in page_links(at)) == text("look_copies", "en", n="**1**")
    assert text("look_failures", "en", n="**1**") in shown(at)
    next(b for b in at.button if b.key == "look_ask").click().run()
    assert not at.exception
    for language in Language:  # known to every session now
        at = open_page("overview", demo_store.path, language) if language == "zh" else at
        links = {link.label: link for link in page_links(at)}
        for key, n, where in (
            ("look_labels", expected.labels, "kinds=label"),
            ("look_near", expected.near, "part=copies"),
            ("look_outliers", expected.outliers, "part=outliers"),
            ("look_changed", expected.changed, "aspect=change"),
        ):
            link = links[text(key, language, n=f"**{n:,}**")]
            assert where in link.query_string and f"lang={language}" in link.query_string
        assert "look_ask" not in [b.key for b in at.button] or language == "en"


def test_a_look_is_the_librarys_and_is_done_once(demo_store: EmotionStore) -> None:
    raw, centred = Shared(demo_store, Space.RAW), Shared(demo_store, Space.SPEAKER_CENTRED)
    made = []

    def followed() -> Any:
        made.append(1)
        return trends(demo_store)

    look = Attention(Inspection(demo_store, raw, centred), raw, followed)
    told: list[str] = []
    assert look.known is None
    first = look.look(lambda done, total, note: told.append(note))
    assert first == by_hand(demo_store) and look.look() is first and made == [1]
    assert "looking" in told


def test_what_cannot_be_looked_for_is_left_out(headless: Path, tmp_path: Path) -> None:
    store = EmotionStore.open(headless)  # labels, no scores
    raw = Shared(store, Space.RAW)
    found = Attention(Inspection(store, raw, Shared(store, Space.SPEAKER_CENTRED)), raw, lambda: trends(store)).look()
    assert found.changed is None
    pairs = duplicates(Geometry(store, Space.RAW)).pairs
    assert sum(pair.how == "identical" for pair in pairs) == 1  # the overview tells of it, so the look does not
    assert found.near == len(pairs) - 1 != 1
    lines = [notice.text for notice in notices(overview(store), found)]
    assert lines[0] == "look_no_head_labelled" and "look_changed" not in lines and "look_uncalibrated" not in lines
    bare = make_store(tmp_path / "bare", [{}, {}])
    assert [notice.text for notice in notices(overview(bare), None)] == ["look_no_head"]


def test_what_weighs_most_stands_first(store: Path) -> None:
    found = overview(EmotionStore.open(store))
    everything = Looked(labels=3, contradictions=1, one_label=2, near=4, outliers=5, changed=6, index=True)
    listed = notices(found, everything)
    assert [notice.text.removeprefix("look_") for notice in listed] == [
        "failures", "contradictions", "labels", "copies", "near", "flagged", "outliers", "changed", "one_label",
        "uncalibrated", "index",
    ]  # fmt: skip
    numbers = {notice.text: notice.n for notice in listed}
    assert numbers["look_failures"] == 1 and numbers["look_flagged"] == found.flagged and numbers["look_near"] == 4
    calibrated = replace(found, head_report={**(found.head_report or {}), "calibration": {"calibrated": True}})
    assert "look_uncalibrated" not in [notice.text for notice in notices(calibrated, None)]
    none = replace(everything, labels=0, outliers=0, index=False)
    assert not {"look_labels", "look_outliers", "look_index"} & {n.text for n in notices(found, none)}


def test_nothing_to_look_at_says_so(open_page: Open, tmp_path: Path) -> None:
    scores = np.full((2, 9), 1 / 9)
    made = make_store(tmp_path / "plain", [{}, {}], scores=scores)
    at = open_page("overview", made.path)
    assert not at.exception and text("look_uncalibrated", "en") in [link.label for link in page_links(at)]


@pytest.mark.parametrize("language", list(Language))
def test_whose_scores_they_are_and_what_they_are_called(open_page: Open, store: Path, language: str) -> None:
    found = overview(EmotionStore.open(store))
    assert found.scores_role == "client" and found.other_roles == 1  # short.wav is an agent's
    words = shown(open_page("overview", store, language))
    assert text("scores_role", language, role="client", others="1") in words
    assert text("scores_uncalibrated", language) in words and text("scores_calibrated", language) not in words


def test_who_speaks_is_counted(open_page: Open, store: Path) -> None:
    opened = EmotionStore.open(store)
    rows = opened.segments(["speaker", "session", "start_s", "end_s"])
    listed = speaking.speakers(opened)
    for line in listed.to_dict("records"):
        own = [row for row in rows.to_dict("records") if row["speaker"] == line["speaker"]]
        assert line["clips"] == len(own) and line["sessions"] == len({row["session"] for row in own})
        assert line["minutes"] == pytest.approx(sum(row["end_s"] - row["start_s"] for row in own) / 60)
    assert listed["clips"].tolist() == sorted(listed["clips"], reverse=True)
    at = open_page("overview", store)
    drawn = table_with(at, text("minutes", "en"))
    assert drawn[text("filter_speaker", "en")].tolist() == listed["speaker"].tolist()
    assert text("who_first", "en") not in drawn.columns  # no dates are named


def test_nobody_is_named(open_page: Open, one_row: Path) -> None:
    at = open_page("overview", one_row)
    assert text("who_title", "en") not in [s.value for s in at.subheader]
