"""The Audit page: what deserves a second look, heard and decided on; every list and number the library's."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import copies, decided
from app.state import Key
from emoanalytics import (
    Decisions,
    Duplicate,
    EmotionStore,
    Geometry,
    Language,
    Space,
    audit_labels,
    check_copies,
    duplicates,
    flagged,
    hubs,
    outliers,
)
from tests.app.test_pages import Open, shown, table_with, text
from tests.app.test_pages import open_page as open_page  # the fixture
from tests.app.test_search import press
from tests.app.test_speakers import playable
from tests.conftest import ROOT
from tests.made_store import make_store


@pytest.fixture
def mine(demo_store: EmotionStore, tmp_path: Path) -> Path:
    """A demo store to write to, beside the shared one: its corpus may be named from where the store lies."""
    place = demo_store.path.parent / f"mine-{tmp_path.parent.name}-{tmp_path.name}"
    shutil.copytree(demo_store.path, place)
    return place


def queue(at: AppTest) -> str:
    """The clip that stands there to be decided on."""
    return next((b.key or "").removeprefix("keep_") for b in at.button if (b.key or "").startswith("keep_"))


def log(store: Path) -> list[tuple[str, str, str | None, str | None]]:
    return [(d.segment_id, d.kind, d.given, d.decided) for d in Decisions(store).read().standing]


@pytest.mark.parametrize("language", list(Language))
def test_the_queue_is_the_librarys_in_words_and_to_hear(
    open_page: Open, demo_store: EmotionStore, language: str
) -> None:
    at = open_page("audit", demo_store.path, language)
    assert not at.exception and not at.error
    found = audit_labels(demo_store, refit=False, most=1000)
    words = shown(at)
    assert all(line in words for line in found.said(language)) and text("labels_score_note", language) in words
    first = found.labels[0]
    assert queue(at) == first.segment_id and first.file in words and len(at.get("audio")) == 1
    assert not at.get("audio")[0].proto.autoplay  # nobody asked for sound yet
    table = table_with(at, text("suspicion", language))
    assert table["segment_id"].tolist() == [s.segment_id for s in found.labels]
    assert table[text("suspicion", language)].tolist() == [s.score for s in found.labels]
    n, likely = len(found.labels), sum(s.likely for s in found.labels)
    line = text("queue_line", language, n=n, likely=likely, done=0)
    assert line in words
    planted = json.loads((ROOT / "data" / "demo" / "planted.json").read_text(encoding="utf-8"))["wrong_labels"]
    assert {wrong["file"] for wrong in planted} <= set(table[text("file", language)].head(30))


@pytest.mark.parametrize("language", list(Language))
def test_deciding_writes_the_log_and_undoing_takes_it_back(open_page: Open, mine: Path, language: str) -> None:
    suspects = audit_labels(EmotionStore.open(mine), refit=False).labels
    a, b, c, d, e = suspects[:5]
    at = press(open_page("audit", mine, language), f"keep_{a.segment_id}")
    assert queue(at) == b.segment_id and at.get("audio")[0].proto.autoplay
    at = press(at, f"take_{b.segment_id}")
    at = press(at, f"unsure_{c.segment_id}")
    assert at.button(key=f"other_{d.segment_id}").disabled
    at = at.selectbox(key=f"pick_{d.segment_id}").set_value("unknown").run()
    at = press(at, f"other_{d.segment_id}")
    assert not at.exception and queue(at) == e.segment_id
    assert log(mine) == [
        (a.segment_id, "label", a.given, None), (b.segment_id, "label", b.given, b.suggested),
        (c.segment_id, "label-unsure", c.given, None), (d.segment_id, "label", d.given, "unknown"),
    ]  # fmt: skip
    at = press(at, "undo_last")
    assert queue(at) == d.segment_id and len(log(mine)) == 3
    at.session_state[Key.PART] = "decisions"
    at = at.run()
    words = shown(at)
    assert all(suspect.file in words for suspect in (a, b, c)) and d.file not in words
    assert text("decided_line", language, n=3, store=mine.name) in words
    standing = {line.segment_id: line.id for line in Decisions(mine).read().standing}
    at = press(at, f"undo_{standing[a.segment_id]}")
    assert not at.exception and a.file not in shown(at)
    assert [line[0] for line in log(mine)] == [b.segment_id, c.segment_id]
    again = open_page("audit", mine, language)  # another session: the log is what both know
    assert queue(again) == a.segment_id
    rows = list(csv.reader(decided._csv(EmotionStore.open(mine)).decode("utf-8-sig").splitlines()))
    assert [(row[2], row[-1]) for row in rows[1:]] == [
        (a.segment_id, "True"), (b.segment_id, "False"), (c.segment_id, "False"), (d.segment_id, "True"),
    ]  # fmt: skip


def test_a_clip_can_wait_and_comes_back(open_page: Open, mine: Path) -> None:
    first, second = audit_labels(EmotionStore.open(mine), refit=False).labels[:2]
    at = press(open_page("audit", mine), f"later_{first.segment_id}")
    assert queue(at) == second.segment_id and not log(mine)
    at = press(at, f"keep_{second.segment_id}")
    at = press(at, "undo_last")
    assert queue(at) == second.segment_id
    at.session_state[Key.SKIPPED] = [
        s.segment_id for s in audit_labels(EmotionStore.open(mine), refit=False, most=None).labels
    ]
    assert queue(at.run()) == first.segment_id


def test_whoever_decides_can_be_named(open_page: Open, mine: Path) -> None:
    at = open_page("audit", mine, part="decisions")
    assert text("decided_none", "en") in shown(at)
    at = at.text_input(key="who_typed").set_value("  Ann <b> ").run()
    at.session_state[Key.PART] = "labels"
    at = at.run()
    at = press(at, f"keep_{queue(at)}")
    assert [d.who for d in Decisions(mine).read().standing] == ["Ann <b>"]
    at.session_state[Key.PART] = "decisions"
    assert "Ann <b>" in shown(at.run())


def test_a_double_click_is_one_decision(mine: Path) -> None:
    store = EmotionStore.open(mine)
    for label in ("sad", "sad", "angry", None, None):
        decided.decide(store, "a" * 32, "happy", label)
    assert [line[3] for line in log(mine)] == ["sad", "angry", None]


def test_a_log_that_cannot_be_written_or_read_is_one_line(open_page: Open, mine: Path) -> None:
    at = open_page("audit", mine)
    first = queue(at)
    (mine / "decisions.jsonl").write_text("half a li\n", encoding="utf-8")
    at = press(at, f"keep_{first}")
    assert "line 1, was passed over" in at.warning[0].value.replace("\\", "") and queue(at) != first
    at.session_state[Key.TROUBLE] = "the decision is not kept"
    at = at.run()
    assert [e.value.replace("\\", "") for e in at.error] == ["the decision is not kept"]
    assert not at.run().error
    (mine / "decisions.jsonl").unlink()
    (mine / "decisions.jsonl").mkdir()
    at = at.run()
    assert not at.exception and "cannot read" in at.error[0].value.replace("\\", "")


def test_judging_anew_lets_neighbours_vote(open_page: Open, store: Path, tmp_path: Path) -> None:
    shutil.copytree(store, tmp_path / "anew")
    opened = EmotionStore.open(tmp_path / "anew")
    at = press(open_page("audit", tmp_path / "anew"), "judge_anew")
    assert not at.exception and "judge_anew" not in [b.key for b in at.button]
    found = audit_labels(opened, graph=Geometry(opened, Space.SPEAKER_CENTRED).graph)
    assert table_with(at, "Suspicion")["Suspicion"].tolist() == [s.score for s in found.labels]


@pytest.mark.parametrize("language", list(Language))
def test_copies_are_heard_in_pairs(open_page: Open, demo_store: EmotionStore, language: str) -> None:
    at = open_page("audit", demo_store.path, language, part="copies")
    assert not at.exception
    identical, near = duplicates(Geometry(demo_store)).pairs
    words = shown(at)
    assert text("copies_line", language, identical=1, near=1) in words
    assert playable(at, "copy1") == [identical.first, identical.second]
    assert playable(at, "copy2") == [near.first, near.second]
    agreement = check_copies(demo_store, [near])[0].agreement
    assert agreement is not None and agreement.same
    assert text("copy_same", language) in words and f"{agreement.correlation:.2f}" in words
    at = press(at, f"play_copy1_{identical.second}")
    assert len(at.get("audio")) == 1 and not at.exception


def test_pairs_that_share_a_clip_stand_together() -> None:
    def pair(first: str, second: str) -> Duplicate:
        return Duplicate(first, second, 1.0, "near", False, False)  # type: ignore[arg-type]

    ab, cd, ce, bd, xy = pair("a", "b"), pair("c", "d"), pair("c", "e"), pair("b", "d"), pair("x", "y")
    assert copies.groups([ab, cd, ce, xy]) == [[ab], [cd, ce], [xy]]
    assert copies.groups([ab, cd, xy, ce, bd]) == [[ab, cd, ce, bd], [xy]]


@pytest.mark.parametrize("language", list(Language))
def test_outliers_and_hubs_are_the_librarys(open_page: Open, demo_store: EmotionStore, language: str) -> None:
    at = open_page("audit", demo_store.path, language, part="outliers")
    assert not at.exception
    far, near = outliers(Geometry(demo_store)), hubs(Geometry(demo_store))
    keys = [str(far.ids[row]) for row in far.rows]
    assert playable(at, "outlier") == keys[:10]
    assert text("outlier", language, value=f"{far.factors[far.rows[0]]:.2f}") in shown(at)
    others = [str(near.ids[row]) for row in near.rows if str(near.ids[row]) not in keys]
    assert playable(at, "hub") == others[:10]
    at = press(at, "hub_hits_next")
    assert playable(at, "hub") == others[10:20] and playable(at, "outlier") == keys[:10]


@pytest.mark.parametrize("language", list(Language))
def test_flagged_clips_are_listed_by_flag(open_page: Open, demo_store: EmotionStore, language: str) -> None:
    found = flagged(demo_store)
    at = open_page("audit", demo_store.path, language, part="quality", flagged="noisy")
    assert playable(at, "flag") == found["noisy"]
    at = at.selectbox(key="flagged").set_value("music").run()
    assert playable(at, "flag") == found["music"] and at.query_params["flagged"] == "music"


@pytest.mark.parametrize("language", list(Language))
def test_what_flatters_a_model_is_said(open_page: Open, store: Path, language: str) -> None:
    at = open_page("audit", store, language, part="corpus")
    assert not at.exception
    found = audit_labels(EmotionStore.open(store), refit=False)
    counts = table_with(at, text("clips", language))
    assert (
        dict(zip(counts[text("label", language)], counts[text("clips", language)], strict=True)) == found.balance.clips
    )
    words = shown(at)
    assert len(found.contradictions) == 1 and text("contradictions_line", language, n=1) in words
    assert playable(at, "contradiction") == list(found.contradictions[0])
    assert text("split_unknown", language) in words


@pytest.mark.parametrize("language", list(Language))
def test_leaks_and_one_label_speakers(open_page: Open, tmp_path: Path, language: str) -> None:
    rows = [
        {"speaker": s, "emotion_given": g, "split": p, "content_id": c}
        for s, g, p, c in [
            ("a", "sad", "train", "0" * 32), ("a", "sad", "test", "0" * 32), ("b", "happy", "train", "1" * 32),
            ("b", "happy", "train", "2" * 32), ("c", "sad", "test", "3" * 32), ("c", "happy", "test", "4" * 32),
        ]
    ]  # fmt: skip
    path = make_store(tmp_path / "split", rows).path
    at = open_page("audit", path, language, part="corpus")
    assert not at.exception
    words = shown(at)
    assert text("one_label_line", language, n=2, of=3) in words and "a, b" in words
    assert text("split_line", language, column="split", clips=2, n=1, of=3) in words
    assert len(playable(at, "leak")) == 2


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("part", ["labels", "copies", "outliers", "quality", "corpus", "decisions"])
@pytest.mark.parametrize("which", ["headless", "one_row"])
def test_every_part_stands_on_small_stores(
    open_page: Open, request: pytest.FixtureRequest, which: str, part: str, language: str
) -> None:
    at = open_page("audit", request.getfixturevalue(which), language, part=part)
    assert not at.exception and not at.error
    if which == "one_row":
        told = {
            "labels": "labels_none", "copies": "copies_none", "outliers": "outliers_none", "quality": "flags_note",
            "corpus": "voice_title", "decisions": "decided_none",
        }  # fmt: skip
        assert text(told[part], language) in shown(at)


def test_a_link_to_a_part_that_is_not_there_shows_the_labels(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("audit", demo_store.path, part="everything", flagged="ugly")
    assert not at.exception and "part" not in at.query_params and queue(at)
