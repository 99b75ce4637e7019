"""The Speakers page: who changed, groups, alerts; every sentence and number equal to the library's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import changes
from emoanalytics import EmotionStore, Language, alerts, compare, trends
from tests.app.test_pages import Open, _walk, shown, table_with, text
from tests.app.test_pages import open_page as open_page  # the fixture
from tests.app.test_search import press
from tests.made_store import make_store

RULE = "angry >= 0.6 for 2 clips in a row"


def playable(at: AppTest, tag: str) -> list[str]:
    """The ids of a list that can be played."""
    buttons = [b.key or "" for b in at.button]
    return [key.rpartition("_")[2] for key in buttons if key.startswith(f"play_{tag}")]


def files(store: EmotionStore, condition: str) -> list[str]:
    return store.table(["segment_id"], condition)["segment_id"].tolist()


def charts(at: AppTest, key: str) -> list[Any]:
    return [e for e in _walk(at.main) if e.type == "plotly_chart" and key in e.proto.id]


@pytest.mark.parametrize("language", list(Language))
def test_who_changed_stands_in_words_before_the_table_and_the_planted_speakers_are_found(
    open_page: Open, demo_store: EmotionStore, language: str
) -> None:
    at = open_page("speakers", demo_store.path, language)
    assert not at.exception and not at.error and not at.warning
    found = trends(demo_store)
    words = shown(at)
    changed = [s for s in found.speakers if s.speaker in ("ella", "qiang")]
    assert all(line in words for speaker in changed for line in found.said_of(speaker, language))
    assert all(note in words for note in found.notes(language))
    assert text("speakers_cannot", language) in words
    table = table_with(at, text("evidence", language)).set_index(text("filter_speaker", language))
    assert table.index.tolist() == [s.speaker for s in found.speakers] and len(table) == 12
    moved = table[text("changed_in", language)]
    assert {"ella", "qiang"} <= set(moved[moved != ""].index) and moved["dan"] == ""
    assert table.loc["amy", text("clips", language)] == 35
    assert set(table[text("evidence", language)]) == {text("evidence_enough", language)}
    assert at.selectbox(key="person").value == moved[moved != ""].index[0] and len(charts(at, "trend")) == 1


def test_the_speaker_that_is_filtered_for_is_opened_first(open_page: Open, demo_store: EmotionStore) -> None:
    assert open_page("speakers", demo_store.path, speaker=["gone", "wei"]).selectbox(key="person").value == "wei"
    assert open_page("speakers", demo_store.path, speaker="wei", person="amy").selectbox(key="person").value == "amy"


def test_a_speaker_is_drawn_with_the_emotions_asked_for_and_the_numbers_behind(
    open_page: Open, demo_store: EmotionStore
) -> None:
    at = open_page("speakers", demo_store.path, person="qiang", emotion=["angry", "nonsense"], by="week")
    assert not at.exception
    speaker = next(s for s in trends(demo_store, by="week").speakers if s.speaker == "qiang")
    points = table_with(at, text("over", "en"))
    column = speaker.column("angry")
    assert points["When"].tolist() == list(speaker.t)
    for words, values in (("Mean score", speaker.mean), ("Low (95 %)", speaker.low), ("High (95 %)", speaker.high)):
        np.testing.assert_allclose(points[f"😠 angry · {words}"], values[:, column])
    assert not [name for name in points.columns if "sad" in name]
    moves = table_with(at, "q")
    step = next(c for c in speaker.changes if c.emotion == "angry")
    row = moves[(moves["Emotion"] == "😠 angry") & (moves["Change"] == "step")].iloc[0]
    assert (row["Effect"], row["p"], row["q"]) == (step.effect, step.p, step.q) and row["Session"] == "week5"
    mean, low = speaker.overall[column], speaker.overall_low[column]
    assert f"😠 angry {mean:.2f} (95 % interval {low:.2f}" in shown(at)
    assert at.query_params["emotion"] == "angry" and at.query_params["by"] == "week"


def test_the_session_of_the_largest_change_is_there_to_hear_and_others_can_be_picked(
    open_page: Open, demo_store: EmotionStore
) -> None:
    at = open_page("speakers", demo_store.path, person="qiang")
    assert at.selectbox(key="occasion").value == "week5"
    assert playable(at, "occasion") == files(demo_store, "speaker = 'qiang' AND session = 'week5'")
    at = at.selectbox(key="occasion").set_value("week2").run()
    week2 = files(demo_store, "speaker = 'qiang' AND session = 'week2'")
    assert playable(at, "occasion") == week2 and at.query_params["occasion"] == "week2"
    at = press(at, next(b.key for b in at.button if (b.key or "").endswith(week2[1]) and "play" in (b.key or "")))
    assert not at.exception and len(at.get("audio")) == 1
    at = at.selectbox(key="person").set_value("dan").run()
    assert "occasion" in at.query_params and set(playable(at, "occasion")) <= set(files(demo_store, "speaker = 'dan'"))


@pytest.mark.parametrize("language", list(Language))
def test_what_counts_is_asked_once_and_said(open_page: Open, demo_store: EmotionStore, language: str) -> None:
    query = {"whose": "all", "weigh": "duration", "without": ["noisy", "silent"]}
    at = open_page("speakers", demo_store.path, language, person="nora", **query)
    assert not at.exception
    found = trends(demo_store, weigh="duration", exclude_flags=["noisy", "silent"], role="all")
    words = shown(at)
    assert all(note in words for note in found.notes(language))
    assert text("whose_rule", language) in words and text("counted_set", language, n=3) == at.expander[0].label
    nora = next(s for s in found.speakers if s.speaker == "nora")
    assert not nora.enough and nora.reason(language, found.minimum) in words  # one session: not enough evidence
    told = table_with(at, text("evidence", language)).set_index(text("filter_speaker", language))
    assert told.loc["nora", text("evidence", language)] == nora.reason(language, found.minimum)
    silent = files(demo_store, "list_contains(flags, 'silent')")[0]
    at = open_page("speakers", demo_store.path, language, person="wei", occasion="week1")
    assert silent in playable(at, "occasion")
    at = open_page("speakers", demo_store.path, language, person="wei", occasion="week1", without="silent")
    assert silent not in playable(at, "occasion")


@pytest.mark.parametrize("language", list(Language))
def test_groups_are_compared_as_the_library_does(open_page: Open, demo_store: EmotionStore, language: str) -> None:
    at = open_page("speakers", demo_store.path, language, aspect="groups")
    assert not at.exception
    assert at.selectbox(key="group").value == "language"  # never roles unasked
    found = compare(demo_store, "language")
    assert all(line in shown(at) for line in found.said(language))
    means = table_with(at, text("group", language))
    assert means[text("mean", language)].tolist() == [g.mean[label] for g in found.groups for label in found.labels]
    pairs = table_with(at, text("difference", language))
    assert pairs[text("difference", language)].tolist() == [d.difference for d in found.pairs[0].differences]
    assert len(charts(at, "group_means")) == 1
    at = open_page("speakers", demo_store.path, language, aspect="groups", group="role", own="1")
    assert text("groups_role", language) in shown(at) and not at.exception


def test_groups_against_the_own_baseline(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("speakers", demo_store.path, aspect="groups", group="session", own="1")
    found = compare(demo_store, "session", normalise_speaker=True)
    assert table_with(at, "Group")["Mean score"].tolist() == [g.mean[x] for g in found.groups for x in found.labels]


@pytest.mark.parametrize("language", list(Language))
def test_a_rule_says_its_hits_and_its_expected_false_alarms(
    open_page: Open, demo_store: EmotionStore, language: str
) -> None:
    at = open_page("speakers", demo_store.path, language, aspect="alerts")
    assert not at.exception and text("rule_how", language) in shown(at)
    at = at.text_input(key="rule").set_value(text("rule_first", language)).run()
    found = alerts(demo_store, [RULE])
    assert found.alarms and all(line in shown(at) for line in found.said(language))
    hits = table_with(at, text("hit", language))
    assert hits[text("score", language)].tolist() == [a.value for a in found.alarms]
    assert playable(at, "alarm") == list(found.alarms[0].segment_ids)
    assert at.query_params["rule"] == text("rule_first", language)
    at = at.selectbox(key="alarm").set_value("2").run()
    assert playable(at, "alarm") == list(found.alarms[1].segment_ids)


@pytest.mark.parametrize(
    ("rule", "said"),
    [("angry is bad", "is not understood"), ("angry >= 7", "between 0 and 1"), ("joyous >= 0.5", "gives no score of")],
)
def test_a_wrong_rule_gives_one_line(open_page: Open, demo_store: EmotionStore, rule: str, said: str) -> None:
    at = open_page("speakers", demo_store.path, aspect="alerts", rule=rule)
    assert not at.exception and len(at.error) == 1
    assert said in at.error[0].value.replace("\\", "") and "\n" not in at.error[0].value


def test_a_rule_that_never_fires_says_so(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("speakers", demo_store.path, aspect="alerts", rule="angry >= 1 for 9 clips in a row")
    assert text("rule_silent", "en") in shown(at) and not at.dataframe


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("aspect", ["change", "groups", "alerts"])
def test_without_scores_the_next_step_is_said(open_page: Open, headless: Path, language: str, aspect: str) -> None:
    at = open_page("speakers", headless, language, aspect=aspect, rule=RULE)
    assert not at.exception and text("speakers_no_scores", language) in shown(at)
    assert "emoanalytics head fit STORE --target emotion" in shown(at)


@pytest.mark.parametrize("language", list(Language))
def test_nobody_named_nothing_dated(open_page: Open, one_row: Path, language: str) -> None:
    at = open_page("speakers", one_row, language)
    assert not at.exception
    found = trends(EmotionStore.open(one_row))
    words = shown(at)
    assert found.said(language)[0] in words and text("trend_too_little", language) in words
    assert text("trend_undated", language) in words
    assert len(playable(at, "occasion")) == 1
    at = open_page("speakers", one_row, language, aspect="groups")
    assert text("groups_no_speakers", language) in shown(at) and not at.exception


def test_what_is_left_out_altogether_is_one_line(open_page: Open, demo_store: EmotionStore, tmp_path: Path) -> None:
    rows = [{"speaker": "a", "role": "agent"}, {"speaker": "b", "role": "agent"}, {"speaker": "c", "role": "therapist"}]
    path = make_store(tmp_path / "agents", rows, scores=np.full((3, 9), 1 / 9)).path
    at = open_page("speakers", path)
    assert not at.exception and len(at.warning) == 1
    assert "of another role than client" in at.warning[0].value.replace("\\", "")
    assert text("speakers_failed", "en") in shown(at)
    at = open_page("speakers", path, whose="agent")
    assert not at.warning and "2 clips used" in shown(at)


def test_one_group_only_says_what_to_add(open_page: Open, tmp_path: Path) -> None:
    rows = [{"speaker": name} for name in "ab"]
    path = make_store(tmp_path / "alike", rows, scores=np.full((2, 9), 1 / 9)).path
    at = open_page("speakers", path, aspect="groups")
    assert not at.exception and text("groups_none", "en") in shown(at)


def test_a_link_that_names_what_is_not_there_falls_back(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page(
        "speakers", demo_store.path, aspect="nothing", by="year", person="nobody", weigh="gold", whose="king",
        without="ugly", occasion="never",
    )  # fmt: skip
    assert not at.exception and not at.error
    assert at.selectbox(key="person").value == "ella"
    assert all(key not in at.query_params for key in ("aspect", "by", "weigh", "whose", "without"))


@pytest.mark.parametrize("language", list(Language))
def test_the_chosen_clips_are_compared_with_the_rest(open_page: Open, demo_store: EmotionStore, language: str) -> None:
    chosen = files(demo_store, "language = 'zh' AND segment_id > '6'")[:40]
    at = open_page("speakers", demo_store.path, language, aspect="groups", group="chosen", chosen=chosen)
    assert not at.exception
    found = compare(demo_store, chosen=chosen)
    assert found.groups[0].clips > 20 and all(line in shown(at) for line in found.said(language))
    means = table_with(at, text("group", language))
    assert means[text("mean", language)].tolist() == [g.mean[label] for g in found.groups for label in found.labels]
    assert set(means[text("group", language)]) == {g.name for g in found.named(language).groups}
    assert at.query_params["group"] == "chosen"
    at = open_page("speakers", demo_store.path, language, aspect="groups", group="chosen")
    assert text("groups_none_chosen", language) in shown(at) and not at.exception and not at.warning


def test_some_groups_of_a_column_are_named_in_an_order(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("speakers", demo_store.path, aspect="groups", group="emotion_given", groups=["sad", "angry"])
    assert not at.exception
    found = compare(demo_store, "emotion_given", groups=["sad", "angry"])
    assert [g.name for g in found.groups] == ["sad", "angry"] and all(line in shown(at) for line in found.said())
    at = open_page("speakers", demo_store.path, aspect="groups", group="emotion_given", groups=["sad"])
    assert text("groups_one", "en") in shown(at) and not at.exception


@pytest.mark.parametrize("language", list(Language))
def test_two_speakers_stand_side_by_side_on_one_scale(open_page: Open, demo_store: EmotionStore, language: str) -> None:
    at = open_page("speakers", demo_store.path, language, aspect="pair", person="qiang", other="dan", emotion="angry")
    assert not at.exception and not at.warning
    found = compare(demo_store, "speaker", groups=["qiang", "dan"], cluster="session")
    assert all(line in shown(at) for line in found.said(language))
    ranges = [
        json.loads(charts(at, key)[0].proto.spec)["layout"]["yaxis"]["range"] for key in ("pair_left", "pair_right")
    ]
    speakers = {s.speaker: s for s in trends(demo_store).speakers}
    column = speakers["qiang"].column("angry")
    assert ranges[0] == ranges[1]
    assert ranges[0][1] >= max(np.nanmax(speakers[name].high[:, column]) for name in ("qiang", "dan"))
    assert at.query_params["other"] == "dan" and "qiang" not in at.selectbox(key="other").options


def test_one_speaker_has_nobody_to_be_compared_with(open_page: Open, one_row: Path) -> None:
    at = open_page("speakers", one_row, aspect="pair")
    assert text("pair_one", "en") in shown(at) and not at.exception


def test_the_table_draws_the_emotion_asked_for(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("speakers", demo_store.path, sketch="sad")
    found = trends(demo_store)
    table = table_with(at, text("evidence", "en"))
    drawn = next(name for name in table.columns if "sad" in name)
    assert [list(line) for line in table[drawn]] == [list(s.sketch("sad")) for s in found.speakers]
    assert table[text("minutes", "en")].tolist() == [s.total[2] / 60 for s in found.speakers]
    at = at.selectbox(key="sketch").set_value("angry").run()
    assert any("angry" in name for name in table_with(at, text("evidence", "en")).columns)
    assert at.query_params["sketch"] == "angry"


def test_a_rule_is_put_together_or_taken_from_an_example(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("speakers", demo_store.path, aspect="alerts")
    at = press(at, "example_1")
    assert at.text_input(key="rule").value == "angry up by 0.15 against own baseline" and not at.exception
    at = at.selectbox(key="build_emotion").set_value("sad").run()
    at = at.number_input(key="build_clips").set_value(3).run()
    at = press(at, "build_use")
    assert at.text_input(key="rule").value == "sad >= 0.6 for 3 clips in a row" == at.query_params["rule"]
    found = alerts(demo_store, ["sad >= 0.6 for 3 clips in a row"])
    assert all(line in shown(at) for line in (*found.said(), *found.notes()))


def test_inside_a_recording_without_frames_the_next_step_is_said(open_page: Open, demo_store: EmotionStore) -> None:
    at = open_page("speakers", demo_store.path, person="qiang")
    at = at.toggle(key="inside_show").set_value(True).run()
    assert not at.exception and text("inside_none", "en") in shown(at)


def test_a_click_opens_a_row_or_a_session(demo_store: EmotionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    qiang = next(s for s in trends(demo_store).speakers if s.speaker == "qiang")
    state: dict[str, Any] = {"occasion": "week1", "emotion": ["sad"]}
    monkeypatch.setattr(changes.st, "session_state", state)
    state[changes.TABLE] = {"selection": {"rows": [1]}}
    changes._open(["amy", "qiang"])
    assert state["person"] == "qiang" and "occasion" not in state and "emotion" not in state
    state["trend"] = {"selection": {"points": [{"customdata": 4}]}}
    changes._hear("trend", qiang)
    assert state["occasion"] == qiang.session[4]
    state["trend"] = {"selection": {"points": [{"x": 1}, {"customdata": 99}]}}
    changes._hear("trend", qiang)
    assert state["occasion"] == qiang.session[4]
