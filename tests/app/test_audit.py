"""The Audit page: what deserves a second look, heard and decided on; every list and number the library's."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import cache, copies, decided
from app.inspection import Inspection
from app.state import Key
from emoanalytics import (
    EMOTIONS,
    Decision,
    Decisions,
    Duplicate,
    EmoAnalyticsError,
    EmotionStore,
    Geometry,
    Language,
    Space,
    ToReview,
    Why,
    audit_labels,
    check_copies,
    duplicates,
    flagged,
    hubs,
    kept_fragility,
    outliers,
    review_queue,
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


def expected(store: EmotionStore) -> list[ToReview]:
    """The queue, by the library alone."""
    geometry = Geometry(store)
    copies = duplicates(geometry)
    try:
        labels = audit_labels(store, refit=False, most=1000)
    except EmoAnalyticsError:
        labels = None
    near = [pair for pair in copies.pairs if pair.how == "near"]
    return list(
        review_queue(
            labels=labels, copies=copies, checked=check_copies(store, near), outliers=outliers(geometry),
            flags=flagged(store),
        )
    )  # fmt: skip


def given(store: EmotionStore, clip: ToReview) -> str | None:
    label = store.segments(["emotion_given"], f"segment_id = '{clip.segment_id}'").iloc[0, 0]
    return label if isinstance(label, str) else None


def log(store: Path) -> list[tuple[str, str, str | None, str | None]]:
    return [(d.segment_id, d.kind, d.given, d.decided) for d in Decisions(store).read().standing]


@pytest.mark.parametrize("language", list(Language))
def test_the_queue_is_the_librarys_in_words_and_to_hear(
    open_page: Open, demo_store: EmotionStore, language: str
) -> None:
    at = open_page("audit", demo_store.path, language)
    assert not at.exception and not at.error
    clips, words = expected(demo_store), shown(at)
    labels = audit_labels(demo_store, refit=False, most=1000)
    assert all(line in words for line in labels.said(language)) and text("labels_score_note", language) in words
    assert queue(at) == clips[0].segment_id and len(at.get("audio")) == 1
    assert not at.get("audio")[0].proto.autoplay  # nobody asked for sound yet
    table = table_with(at, text("suspicion", language))
    assert table["segment_id"].tolist() == [clip.segment_id for clip in clips]
    planted = json.loads((ROOT / "data" / "demo" / "planted.json").read_text(encoding="utf-8"))
    likely = {s.file for s in labels.labels if s.likely}
    wrong = {each["file"] for each in planted["wrong_labels"]}
    assert wrong & likely and wrong & likely <= set(table[text("file", language)])


@pytest.mark.parametrize("language", list(Language))
def test_each_reason_is_said(open_page: Open, demo_store: EmotionStore, language: str) -> None:
    clips = expected(demo_store)
    words = {
        Why.COPY: "copy_other_clip", Why.OUTLIER: "outlier_line", Why.QUALITY: "quality_line",
        Why.LABEL: "suspect_line",
    }  # fmt: skip
    for why, key in words.items():
        at = open_page("audit", demo_store.path, language, kinds=[str(why)])
        first = next(clip for clip in clips if why in clip.kinds)
        assert queue(at) == first.segment_id and at.query_params["kinds"] == str(why)
        said = text(key, language, value="#", flags="#", given="#", suggested="#", score="#").replace("*", "")
        assert max(said.split("#"), key=len).strip() in shown(at).replace("*", "")


def test_a_copy_stands_with_the_other_one_first_and_clips_with_their_nearest(
    open_page: Open, demo_store: EmotionStore
) -> None:
    at = open_page("audit", demo_store.path, kinds="copy")
    clip = next(clip for clip in expected(demo_store) if Why.COPY in clip.kinds)
    graph = Geometry(demo_store).graph
    ids = demo_store.segments(["segment_id"])["segment_id"].tolist()
    nearest = [ids[row] for row in graph.rows[ids.index(clip.segment_id)][:5]]
    other = next(reason.other for reason in clip.reasons if reason.why is Why.COPY)
    assert playable(at, "near") == list(dict.fromkeys([other, *nearest]))


def test_a_key_that_is_held_decides_once(open_page: Open, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.keyed.HEARD_S", 3600.0)
    a, b, c = expected(EmotionStore.open(mine))[:3]
    at = press(open_page("audit", mine), f"keep_{a.segment_id}")
    for button in ("keep", "label_sad", "unsure", "later"):  # nobody has heard this one yet
        at = press(at, f"{button}_{b.segment_id}")
        assert queue(at) == b.segment_id and [line[0] for line in log(mine)] == [a.segment_id]
    monkeypatch.setattr("app.keyed.HEARD_S", 0.0)
    at = press(at, f"keep_{b.segment_id}")
    assert queue(at) == c.segment_id and len(log(mine)) == 2
    monkeypatch.setattr("app.keyed.HEARD_S", 3600.0)
    at = press(at, "undo_last")  # a clip that somebody came back to begins by itself too
    at = press(at, f"suspect_sound_{b.segment_id}")  # until somebody stops or starts it
    at = press(at, f"keep_{b.segment_id}")
    assert queue(at) == c.segment_id and len(log(mine)) == 2


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        (None, None, "Nothing to change"),
        (None, "sad", "labelled 😢 sad (it had no label)"),
        ("happy", "sad", "not 😀 happy, but 😢 sad"),
    ],
)
def test_a_decision_in_words(monkeypatch: pytest.MonkeyPatch, was: str | None, now: str | None, words: str) -> None:
    monkeypatch.setattr("app.state.language", lambda: Language.EN)
    assert decided.words(Decision("1", "2026-03-02T09:00:00Z", "0", "label", was, now)) == words


@pytest.mark.parametrize("language", list(Language))
def test_deciding_writes_the_log_and_undoing_takes_it_back(open_page: Open, mine: Path, language: str) -> None:
    store = EmotionStore.open(mine)
    a, b, c, d, e = expected(store)[:5]
    at = open_page("audit", mine, language)
    assert at.button(key="undo_last").disabled
    at = press(at, f"keep_{a.segment_id}")
    assert queue(at) == b.segment_id and at.get("audio")[0].proto.autoplay  # the next one plays at once
    at = press(at, f"label_surprised_{b.segment_id}")
    at = press(at, f"unsure_{c.segment_id}")
    at = press(at, f"later_{d.segment_id}")
    assert not at.exception and queue(at) == e.segment_id
    made = "surprised" if given(store, b) != "surprised" else None
    assert log(mine) == [
        (a.segment_id, "label", given(store, a), None), (b.segment_id, "label", given(store, b), made),
        (c.segment_id, "label-unsure", given(store, c), None),
    ]  # fmt: skip
    at = press(at, "undo_last")  # the skip
    assert queue(at) == d.segment_id and len(log(mine)) == 3
    at = press(at, "undo_last")
    assert queue(at) == c.segment_id and len(log(mine)) == 2 and at.get("audio")[0].proto.autoplay
    at.session_state[Key.PART] = "decisions"
    at = at.run()
    assert text("decided_line", language, n=2, store=mine.name) in shown(at)
    standing = {line.segment_id: line.id for line in Decisions(mine).read().standing}
    at = press(at, f"undo_{standing[a.segment_id]}")
    assert not at.exception and [line[0] for line in log(mine)] == [b.segment_id]
    again = open_page("audit", mine, language)  # another session: the log is what both know, the steps are not
    assert queue(again) == a.segment_id and again.button(key="undo_last").disabled
    rows = list(csv.reader(decided._csv(store).decode("utf-8-sig").splitlines()))
    assert [(row[2], row[-1]) for row in rows[1:]] == [
        (a.segment_id, "True"), (b.segment_id, "False"), (c.segment_id, "True"),
    ]  # fmt: skip


def test_the_given_label_chosen_by_its_key_is_an_acceptance(open_page: Open, mine: Path) -> None:
    store = EmotionStore.open(mine)
    clip = next(clip for clip in expected(store) if given(store, clip))
    at = open_page("audit", mine)
    while queue(at) != clip.segment_id:
        at = press(at, f"later_{queue(at)}")
    at = press(at, f"label_{given(store, clip)}_{clip.segment_id}")
    assert log(mine) == [(clip.segment_id, "label", given(store, clip), None)]


def test_every_button_has_its_key_until_keys_are_off(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("audit", demo_store.path)
    clip = queue(at)
    keys = {b.key: b.proto.shortcut for b in at.button}
    assert [keys[f"label_{e.id}_{clip}"] for e in EMOTIONS] == [str(n) for n in range(1, 10)]
    assert keys[f"keep_{clip}"] == "enter" and keys[f"later_{clip}"] == "s" and keys["undo_last"] == "z"
    assert keys[f"suspect_sound_{clip}"] == "space" and keys[f"unsure_{clip}"] == "u"
    at = at.toggle(key="keys").set_value(False).run()
    assert not any(b.proto.shortcut for b in at.button)


def test_the_space_key_plays_and_stops(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("audit", demo_store.path)
    key = f"suspect_sound_{queue(at)}"
    sources = [at.get("audio")[0].proto.url]
    for playing in (True, False, True):
        at = press(at, key)
        sound = at.get("audio")[0].proto
        assert sound.autoplay is playing
        sources.append(sound.url)
    assert len(set(sources)) == 4  # a browser that is handed the same again neither starts nor stops


def test_who_skips_all_begins_again(open_page: Open, mine: Path) -> None:
    at = open_page("audit", mine, kinds="copy")
    first = queue(at)
    at = press(at, f"later_{first}")
    second = queue(at)
    assert second != first
    at = press(at, f"later_{second}")
    assert queue(at) == first and not log(mine)


def test_a_queue_that_is_done_says_so(open_page: Open, mine: Path) -> None:
    at = open_page("audit", mine, kinds="copy")
    for _ in range(2):
        at = press(at, f"keep_{queue(at)}")
    assert text("queue_done", "en") in shown(at) and len(log(mine)) == 2


def test_fragile_winners_are_looked_for_when_asked_and_kept(open_page: Open, store: Path, tmp_path: Path) -> None:
    place = store.parent / f"shaken-{tmp_path.name}"
    shutil.copytree(store, place)
    at = open_page("audit", place)
    assert "shake" in [b.key for b in at.button]
    at = press(at, "shake")
    assert not at.exception and "shake" not in [b.key for b in at.button]
    found = kept_fragility(EmotionStore.open(place))
    assert found is not None and found.said("en")[0] in shown(at)
    queued = set(table_with(at, "Why").query("Why.str.contains('Fragile')")["segment_id"])
    assert queued == {clip.segment_id for clip in found.fragile}


def test_whoever_decides_can_be_named(open_page: Open, mine: Path) -> None:
    at = open_page("audit", mine, part="decisions")
    assert text("decided_none", "en") in shown(at)
    at = at.text_input(key="who_typed").set_value("  Ann <b> ").run()
    at.session_state[Key.PART] = "queue"
    at = at.run()
    at = press(at, f"keep_{queue(at)}")
    assert [d.who for d in Decisions(mine).read().standing] == ["Ann <b>"]
    at.session_state[Key.PART] = "decisions"
    assert "Ann <b>" in shown(at.run())


def test_a_double_click_is_one_decision(mine: Path) -> None:
    store = EmotionStore.open(mine)
    made = [decided.decide(store, "a" * 32, "happy", label) for label in ("sad", "sad", "angry", None, None)]
    assert [line[3] for line in log(mine)] == ["sad", "angry", None]
    assert [each is None for each in made] == [False, True, False, False, True]


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
    assert all(line in shown(at) for line in found.said("en"))
    scores = table_with(at, "Suspicion")["Suspicion"].dropna()
    assert sorted(scores) == sorted(s.score for s in found.labels if s.likely)


def test_labels_of_a_large_store_are_judged_when_asked(
    open_page: Open, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache._inspection.clear()  # another test may have judged the labels of the same content
    monkeypatch.setattr(Inspection, "labels_at_once", False)
    place = tmp_path / "large"
    shutil.copytree(store, place)
    at = open_page("audit", place)
    n = len(EmotionStore.open(place))
    assert any(i.value.startswith(f"Labels are not judged yet: with {n} clips") for i in at.info)
    assert not at.exception
    press(at, "judge_anew")
    assert not any("not judged yet" in i.value for i in at.info)
    assert not any(b.key == "judge_anew" for b in at.button)


def test_labels_wait_only_where_a_head_must_be_fitted_on_many(
    store: Path, demo_store: EmotionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = {len(s): Inspection(s, None, None).labels_at_once for s in (EmotionStore.open(store), demo_store)}
    assert all(at_once.values())
    monkeypatch.setattr("app.inspection.MOST_FITTED", 5)
    fitted = {s.path: s.head()["report"].get("target") for s in (EmotionStore.open(store), demo_store) if s.head()}
    for opened in (EmotionStore.open(store), demo_store):
        assert Inspection(opened, None, None).labels_at_once == (fitted.get(opened.path) == "emotion_given")
    assert fitted[demo_store.path] == "emotion_given"


@pytest.mark.parametrize("language", list(Language))
def test_near_pairs_that_nobody_compared_are_said(
    open_page: Open, demo_store: EmotionStore, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = text("queue_unheard", language, n=1)
    assert line not in shown(open_page("audit", demo_store.path, language))
    monkeypatch.setattr("app.inspection.MOST_HEARD", 0)
    assert line in shown(open_page("audit", demo_store.path, language))


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
@pytest.mark.parametrize("part", ["queue", "copies", "outliers", "quality", "corpus", "decisions"])
@pytest.mark.parametrize("which", ["headless", "one_row"])
def test_every_part_stands_on_small_stores(
    open_page: Open, request: pytest.FixtureRequest, which: str, part: str, language: str
) -> None:
    at = open_page("audit", request.getfixturevalue(which), language, part=part)
    assert not at.exception and not at.error
    if which == "one_row":
        told = {
            "queue": "labels_none", "copies": "copies_none", "outliers": "outliers_none", "quality": "flags_note",
            "corpus": "voice_title", "decisions": "decided_none",
        }  # fmt: skip
        assert text(told[part], language) in shown(at)
        assert "nothing to audit" not in shown(at)  # the page's own words, in its language


def test_a_link_to_a_part_that_is_not_there_shows_the_queue(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("audit", demo_store.path, part="everything", flagged="ugly", kinds="odd")
    assert not at.exception and "part" not in at.query_params and queue(at)
