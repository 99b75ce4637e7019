from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.audio.corpus.columns import RESERVED, Conformed, conform, file_column
from emoanalytics.audio.corpus.values import parse_channels, parse_dates, parse_times, user_values
from emoanalytics.store.schema import RESERVED_COLUMNS, SCORE_COLUMNS, SEGMENT_COLUMNS


def frame_of(**columns: list[object]) -> Conformed:
    frame = pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in columns.items()})
    return conform(frame, np.arange(2, 2 + len(frame)))


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("1.5", 1.5),
        (" 2 ", 2.0),
        ("0 days 00:00:01.5", 1.5),
        ("1 days 00:00:00", 86400.0),
        ("00:01.5", 1.5),
        ("90:00", 5400.0),
        ("01:02:03.25", 3723.25),
        ("250ms", 0.25),
        (3, 3.0),
        (pd.Timedelta("1.25s"), 1.25),
    ],
)
def test_times(cell: object, seconds: float) -> None:
    found, wrong = parse_times(pd.Series([cell], dtype=object))
    assert found.tolist() == [seconds] and not wrong.any()


def test_times_that_are_none() -> None:
    found, wrong = parse_times(pd.Series(["", None, "NaT", "nan", "inf", "soon"], dtype=object))
    assert np.isnan(found).all()
    assert wrong.tolist() == [False, False, False, True, True, True]
    found, wrong = parse_times(pd.Series([1.0, np.nan, np.inf]))
    assert wrong.tolist() == [False, False, True] and found[0] == 1.0
    found, wrong = parse_times(pd.Series(pd.to_timedelta(["1s", None])))
    assert found[0] == 1.0 and np.isnan(found[1]) and not wrong.any()


def test_onset_and_offset_are_start_and_end() -> None:
    found = frame_of(file=["a"], onset=["1"], offset=["3"])
    assert (found.table["start_s"][0], found.table["end_s"][0]) == (1.0, 3.0)


def test_segments_that_cannot_be() -> None:
    found = frame_of(
        file=list("abcdefghi"),
        start=["-1", "2", "2", "x", "1", "", "0", "", "5"],
        end=["1", "1", "2", "3", "nan", "4", "", "", ""],
    )
    assert [(p.file, p.row, p.reason) for p in found.problems] == [
        ("d", 5, "start 'x' is not a time"),
        ("e", 6, "end 'nan' is not a time"),
        ("a", 2, "the segment starts at -1 s, before the recording"),
        ("b", 3, "the segment ends at 1 s, not after its start at 2 s"),
        ("c", 4, "the segment ends at 2 s, not after its start at 2 s"),
    ]
    kept = found.table[found.keep]
    assert kept["file"].tolist() == ["f", "g", "h", "i"]
    assert kept["start_s"].fillna(-1).tolist() == [0, -1, -1, 5]  # from 0 to no end is the whole file
    assert kept["end_s"].fillna(-1).tolist() == [4, -1, -1, -1]


@pytest.mark.parametrize(
    ("given", "names", "counts_from"),
    [
        (["0", "1", "2"], ["left", "right", "ch3"], 0),
        (["1", "2", "3"], ["left", "right", "ch3"], 1),
        (["L", "Right", "mono", "ch4", None], ["left", "right", "mix", "ch4", None], None),
        ([0.0, 1.0, None], ["left", "right", None], 0),
    ],
)
def test_channels(given: list[object], names: list[object], counts_from: int | None) -> None:
    found, wrong, note = parse_channels(given)
    assert found.tolist() == names and not wrong.any()
    assert (note is None) if counts_from is None else f"count from {counts_from}" in str(note)


def test_a_channel_nobody_knows() -> None:
    found = frame_of(file=["a", "b"], channel=["left", "rear"])
    assert [p.reason for p in found.problems] == ["channel 'rear' is not a number, left, right or mix"]
    assert found.keep.tolist() == [True, False]


def test_dates() -> None:
    cells = ["2026-03-02T09:04:00Z", "2026-03-02 17:04+08:00", "2026-03-02", "2026-03-02T09:04:00.25", "20260302"]
    cells += ["1772442240", "1772442240000", "", "02/03/2026", "2026-13-01"]
    moments, wrong, notes = parse_dates(pd.Series(cells, dtype=object))
    at = datetime(2026, 3, 2, 9, 4, tzinfo=UTC)
    day = datetime(2026, 3, 2, tzinfo=UTC)
    assert moments.dtype == "datetime64[us, UTC]"
    assert moments[:7].tolist() == [at, at, day, at.replace(microsecond=250_000), day, at, at]
    assert moments[7:].isna().all() and wrong.tolist() == [False] * 8 + [True, True]
    assert list(map(str, notes)) == [
        "recorded_at: 2 values read as Unix time",
        "recorded_at: 1 values name no time zone: taken as UTC",
        "recorded_at: 2 values are a date alone: taken as midnight UTC",
    ]


def test_naive_datetime_column_is_taken_as_utc() -> None:
    moments, wrong, notes = parse_dates(pd.Series(pd.to_datetime(["2026-03-02T09:04:00", None])))
    assert moments[0] == datetime(2026, 3, 2, 9, 4, tzinfo=UTC) and not wrong.any()
    assert "1 values name no time zone" in str(notes[0])


def test_a_date_nobody_can_read_leaves_the_row() -> None:
    found = frame_of(file=["a", "b"], recorded_at=["yesterday", "2026-01-01"])
    assert [(p.file, p.row, p.reason) for p in found.problems] == [
        ("a", 2, "recorded_at 'yesterday' is not an ISO 8601 date or time: left empty")
    ]
    assert found.keep.all() and found.table["recorded_at"].isna().tolist() == [True, False]


def test_emotions_are_canonical_where_they_mean_one_of_the_nine() -> None:
    found = frame_of(file=list("abcd"), emotion=["Happiness", "生气/angry", "calm", ""])
    assert found.table["emotion_given"].tolist() == ["happy", "angry", "calm", None]
    assert found.labels == {"Happiness": "happy", "calm": "calm", "生气/angry": "angry"}


def test_label_is_an_emotion_only_if_its_values_are() -> None:
    assert frame_of(file=list("ab"), label=["happy", "sad"]).table["emotion_given"].tolist() == ["happy", "sad"]
    found = frame_of(file=list("ab"), label=["spam", "ham"])
    assert "emotion_given" not in found.table and found.table["label"].tolist() == ["spam", "ham"]
    assert "the values of label are no emotions: kept as a column" in map(str, found.notes)
    both = frame_of(file=list("ab"), label=["happy", "sad"], emotion=["angry", "angry"])
    assert both.table["emotion_given"].tolist() == ["angry"] * 2 and both.table["label"].tolist() == ["happy", "sad"]


def test_text_keeps_its_spaces_and_names_lose_theirs() -> None:
    found = frame_of(file=["a "], text=[" hi "], speaker=[" s "], role=["  "])
    assert found.table.to_dict("records") == [{"file": "a ", "speaker": "s", "role": None, "text": " hi "}]


def test_the_first_alias_wins_and_the_others_stay() -> None:
    found = frame_of(source=["tv"], file=["a.wav"], spk=["1"], speaker_id=["2"], text=["t"], sentence=["u"])
    assert found.columns == {"file": "file", "speaker_id": "speaker", "text": "text"}
    assert found.table[["speaker", "text"]].iloc[0].tolist() == ["2", "t"]
    assert found.kept == {"source": "source", "spk": "spk", "sentence": "sentence"}


def test_columns_named_like_the_stores_are_renamed_and_said() -> None:
    found = frame_of(
        file=["a"],
        segment_id=["7"],
        Flags=["x"],
        score_angry=["0.5"],
        Age=["3"],
        age=["4"],
        emo=["sad"],
        emotion_label=["x"],
    )
    assert found.kept == {
        "segment_id": "segment_id_", "Flags": "Flags_", "score_angry": "user_score_angry", "Age": "Age", "age": "age_",
        "emotion_label": "emotion_label",
    }  # fmt: skip
    assert "column Flags is kept as Flags_: the name is taken" in map(str, found.notes)
    assert found.table["segment_id_"].tolist() == [7]


def test_every_name_of_the_store_is_reserved() -> None:
    taken = {*SEGMENT_COLUMNS, *SCORE_COLUMNS, *RESERVED_COLUMNS}
    kept = frame_of(**{name: ["1"] for name in sorted(taken)}).kept
    assert not {name.casefold() for name in kept.values()} & taken
    assert set(SEGMENT_COLUMNS) <= RESERVED


def test_an_empty_file_name() -> None:
    found = frame_of(file=["a", "", "  "])
    assert [(p.row, p.reason) for p in found.problems] == [(3, "the file name is empty"), (4, "the file name is empty")]
    assert found.keep.tolist() == [True, False, False]


def test_notes_speak_both_languages() -> None:
    found = frame_of(file=["a"], channel=["1"], label=["x"], flags=["y"])
    for note in found.notes:
        assert note.text("en") != note.text("zh") and str(note) == note.text()
    assert len(found.notes) == 3
    assert file_column(["x", "Audio Path"]) == "Audio Path"


@given(
    whole=st.lists(st.integers(-(10**17), 10**17), min_size=1, max_size=5),
    part=st.floats(allow_nan=False, allow_infinity=False),
    truth=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_user_values_of_what_pandas_writes(whole: list[int], part: float, truth: bool) -> None:
    frame = pd.DataFrame({"whole": whole, "part": part, "truth": truth})
    text = pd.read_csv(io.StringIO(frame.to_csv(index=False)), dtype=str)
    for name in frame:
        back = user_values(text[name])
        assert back.dtype == frame[name].dtype
        assert back.tolist() == frame[name].tolist()


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (["007", "12"], object, ["007", "12"]),
        (["12e4", "5"], object, ["12e4", "5"]),  # an identifier, no power of ten
        (["+8613800138000", "1"], object, ["+8613800138000", "1"]),
        (["1", "", "3"], "Int64", [1, None, 3]),
        (["1.5", "NaN", "3"], "float64", [1.5, None, 3.0]),
        (["true", "", "False"], "boolean", [True, None, False]),
        (["", "x", "NA"], object, [None, "x", "NA"]),
        (["", ""], object, [None, None]),
    ],
)
def test_user_values(cells: list[str], dtype: object, values: list[object]) -> None:
    back = user_values(pd.Series(cells, dtype=object))
    assert back.dtype == dtype
    assert [None if pd.isna(v) else v for v in back] == values
