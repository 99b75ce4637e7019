"""Settings: encoder and heads as the store says them, and calibration by ear, which hides the model's answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.state import Key
from emoanalytics import (
    EMOTIONS,
    Decisions,
    EmotionStore,
    Language,
    answer,
    ballot,
    calibrate,
    clips_to_hear,
    stored_heads,
    train_head,
)
from tests.app.test_pages import Open, shown, text
from tests.app.test_pages import open_page as open_page  # the fixture
from tests.app.test_search import press


@pytest.fixture
def mine(demo_store: EmotionStore, tmp_path: Path) -> Path:
    """A demo store to write to, beside the shared one: its corpus may be named from where the store lies."""
    place = demo_store.path.parent / f"set-{tmp_path.parent.name}-{tmp_path.name}"
    shutil.copytree(demo_store.path, place)
    return place


def heard(store: Path) -> list[tuple[str, str | None, str | None]]:
    return [(d.segment_id, d.given, d.decided) for d in Decisions(store).read().standing if d.kind == "heard"]


@pytest.mark.parametrize("language", list(Language))
def test_encoder_head_limits_and_privacy_are_said(open_page: Open, demo_store: EmotionStore, language: str) -> None:
    at = open_page("settings", demo_store.path, language)
    assert not at.exception
    words, head = shown(at), stored_heads(demo_store)[0]
    assert text("limits_acoustic", language) in words and text("calibration_none", language) in words
    assert head.uar is not None and f"{head.uar:.2f}" in words and head.id in words
    card = at.table[0].value.iloc[:, 0].str.replace("\\", "").tolist()
    assert demo_store.info.encoder["digest"] in card and demo_store.info.encoder["licence"] in card
    assert str(demo_store.path.resolve()) in words and text("privacy_remove", language) in words


def test_the_language_is_switched(open_page: Open, demo_store: EmotionStore) -> None:
    at = press(open_page("settings", demo_store.path), "language_zh")
    assert at.title[0].value == text("page_settings", "zh") and at.query_params["lang"] == "zh"


def test_another_head_is_used(open_page: Open, mine: Path) -> None:
    train_head(mine, name="second", activate=False)
    at = open_page("settings", mine)
    at = press(at, "use_second")
    assert not at.exception and EmotionStore.open(mine).info.head == "second"
    assert "use_second" not in [b.key for b in at.button]


@pytest.mark.parametrize("language", list(Language))
def test_answers_are_kept_and_the_model_stays_hidden(open_page: Open, mine: Path, language: str) -> None:
    store = EmotionStore.open(mine)
    plan = clips_to_hear(store)
    files = store.segments(["segment_id", "file"]).set_index("segment_id")["file"]
    at = open_page("settings", mine, language, panel="calibration")
    assert not at.exception
    assert [bar.proto.text for bar in at.get("progress")] == [text("wizard_progress", language, n=0, of=50)]
    assert files[plan[0]] not in shown(at)  # names of files often say the emotion
    assert len(at.get("plotly_chart")) == 1  # the outline of the sound; no scores
    keys = {b.key: b.proto.shortcut for b in at.button}
    assert [keys[f"heard_{e.id}_{plan[0]}"] for e in EMOTIONS] == [str(n) for n in range(1, 10)]
    assert not any(b.proto.type == "primary" for b in at.button if (b.key or "").startswith("heard_"))
    at = press(at, f"heard_sad_{plan[0]}")
    at = press(at, f"heard_unsure_{plan[1]}")
    at = press(at, f"heard_skip_{plan[2]}")
    assert f"heard_sad_{plan[3]}" in [b.key for b in at.button]
    assert heard(mine) == [(plan[0], None, "sad"), (plan[1], None, "unsure")]
    at = press(at, "heard_undo")
    at = press(at, "heard_undo")
    assert heard(mine) == [(plan[0], None, "sad")] and f"heard_sad_{plan[1]}" in [b.key for b in at.button]
    again = open_page("settings", mine, language, panel="calibration")  # later, another session
    assert f"heard_sad_{plan[1]}" in [b.key for b in again.button]


def test_answers_like_the_scores_leave_nothing_to_use(open_page: Open, mine: Path) -> None:
    store = EmotionStore.open(mine)
    given = store.segments(["segment_id", "emotion_given"]).set_index("segment_id")["emotion_given"]
    log, plan = Decisions(mine), [key for key in clips_to_hear(store) if isinstance(given[key], str)]
    log.record_all([(key, "heard", None, answer([given[key]])) for key in plan[:49]])
    at = open_page("settings", mine, panel="calibration")
    assert "outcome_compute" not in [b.key for b in at.button]
    log.record(plan[49], "heard", decided=answer([given[plan[49]]]))
    at = press(at.run(), "outcome_compute")
    assert not at.exception
    found = calibrate(store, ballot(store, log.read().standing).table, save=False)
    assert found.clips == 50 and all(line in shown(at) for line in found.said("en"))
    assert found.idle and text("outcome_idle", "en") in shown(at) and "outcome_use" not in [b.key for b in at.button]


@pytest.mark.parametrize("language", list(Language))
def test_answers_unlike_the_scores_are_put_to_use(open_page: Open, mine: Path, language: str) -> None:
    store = EmotionStore.open(mine)
    plan, labels = clips_to_hear(store), store.info.labels
    heard = [answer([labels[i % 4]] if i else []) for i in range(60)]
    Decisions(mine).record_all([(key, "heard", None, said) for key, said in zip(plan, heard, strict=False)])
    at = press(open_page("settings", mine, language, panel="calibration"), "outcome_compute")
    assert not at.exception
    votes = ballot(store, Decisions(mine).read().standing)
    found, words = calibrate(store, votes.table, save=False), shown(at)
    assert not found.idle and votes.notes
    assert all(line in words for line in (*found.said(language), *(note.text(language) for note in votes.notes)))
    assert text("outcome_may" if found.calibrated else "outcome_may_not", language) in words
    at = press(at, "outcome_use")
    assert not at.exception and text("outcome_used", language) in shown(at)
    head = stored_heads(EmotionStore.open(mine))[0]
    assert head.id.endswith("-calibrated") and head.calibrated == found.calibrated
    at.session_state[Key.PANEL] = "settings"
    assert text("calibration_on", language, clips=60, speakers=found.speakers) in shown(at.run())


def test_without_scores_it_says_the_next_step(open_page: Open, headless: Path) -> None:
    at = open_page("settings", headless, panel="calibration")
    assert not at.exception and text("wizard_no_scores", "en") in shown(at)
    assert text("heads_none", "en") in shown(open_page("settings", headless))
