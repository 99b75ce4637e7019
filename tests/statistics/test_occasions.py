"""Sessions in the order they took place."""

from __future__ import annotations

from typing import Any

import pandas as pd

from emoanalytics.statistics.occasions import occasions


def table(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["speaker", "session", "recorded_at", "file"]).astype(
        {"speaker": object, "session": object}
    )
    return frame.assign(recorded_at=pd.to_datetime(frame["recorded_at"], utc=True), corpus="/c")


def test_sessions_of_dated_speakers_stand_by_date() -> None:
    found = occasions(table([
        ("ben", "b", "2026-01-02", "1"), ("anna", "x", "2026-01-09", "2"), ("anna", "a", "2026-02-01", "3"),
        ("anna", "x", "2026-01-03", "4"), ("ben", "a", "2026-01-05", "5"),
    ]))  # fmt: skip
    assert found.speakers == ("anna", "ben")
    assert found.session_name == ("x", "a", "b", "a")
    assert found.session_speaker.tolist() == [0, 0, 1, 1]
    assert found.session.tolist() == [2, 0, 1, 0, 3]
    assert pd.Timestamp(found.session_start_us[0], unit="us") == pd.Timestamp("2026-01-03")
    assert found.dated.all()
    assert found.own_sessions
    assert (found.unnamed, found.undated) == (0, 0)


def test_sessions_without_dates_stand_by_name_with_numbers_as_numbers() -> None:
    found = occasions(table([("a", s, None, s) for s in ("week10", "week2", "week1", "Week3")]))
    assert found.session_name == ("Week3", "week1", "week2", "week10")
    assert not found.dated.any()
    assert found.recorded_us.tolist() == [0] * 4


def test_a_session_is_dated_by_its_earliest_clip_and_undated_ones_are_left_out() -> None:
    found = occasions(table([
        ("a", "late", None, "1"), ("a", "late", "2026-03-01", "2"), ("a", "early", "2026-02-01", "3"),
        ("a", "lost", None, "4"), ("b", "first", None, "5"),
    ]))  # fmt: skip
    assert found.session_name == ("early", "late", "first")
    assert found.rows.tolist() == [0, 1, 2, 4]
    assert (found.undated, found.dated.tolist()) == (1, [True, False])
    assert found.recorded_us[0] == found.recorded_us[1] > found.recorded_us[2] > found.recorded_us[3] == 0


def test_equal_dates_stand_by_name() -> None:
    found = occasions(table([("a", s, "2026-01-01", s) for s in ("c10", "c9", "c1")]))
    assert found.session_name == ("c1", "c9", "c10")


def test_a_recording_stands_for_a_session_without_a_name() -> None:
    found = occasions(
        table(
            [
                ("a", None, None, "2.wav"),
                ("a", None, None, "10.wav"),
                ("a", "x", None, "2.wav"),
                ("a", None, None, "2.wav"),
            ]
        )
    )
    assert found.session_name == (None, None, "x")
    assert found.session.tolist() == [0, 1, 2, 0]
    assert found.recording.tolist() == [0, 1, 0, 0]
    assert not found.own_sessions


def test_one_name_is_a_session_of_each_speaker_and_corpora_do_not_mix() -> None:
    rows = table([("a", "s", None, "1"), ("b", "s", None, "1"), ("a", None, None, "1"), ("a", None, None, "1")])
    rows.loc[3, "corpus"] = "/d"
    found = occasions(rows)
    assert found.session_speaker.tolist() == [0, 0, 0, 1]
    assert found.session_name == (None, None, "s", "s")
    assert len(set(found.recording.tolist())) == 2


def test_nobody_is_named_or_some_are_not() -> None:
    found = occasions(table([(None, "s", None, "1"), (None, "t", None, "2")]))
    assert found.speakers == (None,)
    assert found.speaker.tolist() == [0, 0]
    some = occasions(table([(None, "s", None, "1"), ("a", "t", None, "2")]))
    assert (some.speakers, some.unnamed, some.rows.tolist()) == (("a",), 1, [1])
    assert some.session_name == ("t",)


def test_no_rows() -> None:
    found = occasions(table([]))
    assert (len(found.rows), found.session_name) == (0, ())
