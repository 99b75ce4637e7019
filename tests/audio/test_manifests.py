from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import audformat
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.audio import manifests
from emoanalytics.audio.manifests import (
    ALIASES,
    RESERVED,
    Conformed,
    Kind,
    conform,
    parse_channels,
    parse_dates,
    parse_times,
    read_csv,
    read_manifest,
    user_values,
)
from emoanalytics.errors import CorpusError
from emoanalytics.store.schema import RESERVED_COLUMNS, SCORE_COLUMNS, SEGMENT_COLUMNS


def read(path: Path) -> Conformed:
    sheet = read_manifest(path)
    return sheet.conform()


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def frame_of(**columns: list[object]) -> Conformed:
    frame = pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in columns.items()})
    return conform(frame, np.arange(2, 2 + len(frame)))


# ------------------------------------------------------------------------------------------------ CSV


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_separators_and_encodings(tmp_path: Path, separator: str, encoding: str) -> None:
    lines = [["file", "speaker", "emotion"], ["李雷/一.wav", "李雷", "生气"], ["b.wav", "Zoë", "sad"]]
    path = write(tmp_path / "m.csv", "\r\n".join(separator.join(line) for line in lines), encoding)
    sheet = read_manifest(path)
    assert sheet.frame.to_numpy().tolist() == lines[1:]
    assert sheet.rows.tolist() == [2, 3]
    assert sheet.kind is (Kind.TSV if separator == "\t" else Kind.CSV)
    said = " ".join(map(str, sheet.notes))
    assert ("UTF-16" in said, "GB18030" in said) == (encoding == "utf-16", encoding == "gb18030")


def test_no_known_encoding(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"file\n\xff\xff\x80.wav\n")
    with pytest.raises(CorpusError, match=r"m.csv: not text in UTF-8, UTF-16 \(with a byte order mark\) or GB18030"):
        read_manifest(path)
    path.write_bytes(b"file\na\0.wav\n")
    with pytest.raises(CorpusError, match="not text in"):
        read_manifest(path)


def test_no_column_of_files_lists_columns_and_aliases(tmp_path: Path) -> None:
    with pytest.raises(CorpusError) as caught:
        read_manifest(write(tmp_path / "m.csv", "clip:speaker\na.wav:s1\n"))
    text = str(caught.value)
    assert "no column names the audio file. Columns found: 'clip:speaker'." in text
    assert "Accepted names: file, path, audio_filepath, file_name" in text
    assert "is the separator none of comma, tab, semicolon, bar?" in text


@pytest.mark.parametrize("alias", ALIASES["file"])
def test_every_alias_of_file(tmp_path: Path, alias: str) -> None:
    found = read(write(tmp_path / "m.csv", f"{alias.upper().replace('_', ' ')},x\na.wav,1\n"))
    assert found.table["file"].tolist() == ["a.wav"]
    assert found.columns == {alias.upper().replace("_", " "): "file"}


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    text = 'file,text\n\na.wav,"two\nlines"\n,\nb.wav,ok\nc.wav,ok,more\nd.wav\n'
    sheet = read_csv(write(tmp_path / "m.csv", text))
    assert sheet.frame["file"].tolist() == ["a.wav", "b.wav", "d.wav"]
    assert sheet.rows.tolist() == [3, 5, 7]
    assert [(p.file, p.row, p.reason) for p in sheet.problems] == [
        ("c.wav", 6, "3 values where the header names 2 columns")
    ]
    assert "1 rows are shorter than the header: the rest is empty" in map(str, sheet.notes)


def test_stray_quotation_marks_swallow_no_rows(tmp_path: Path) -> None:
    text = 'path\tsentence\na.wav\t"Hello\nb.wav\tthey said "no\nc.wav\t"bye" he said\n'
    sheet = read_csv(write(tmp_path / "m.tsv", text))
    assert sheet.frame["sentence"].tolist() == ['"Hello', 'they said "no', '"bye" he said']
    assert "quotation marks are unbalanced: read as they stand" in map(str, sheet.notes)


def test_nameless_and_repeated_columns_get_names(tmp_path: Path) -> None:
    sheet = read_csv(write(tmp_path / "m.csv", ",file,x,x\n0,a.wav,1,2\n"))
    assert list(sheet.frame.columns) == ["column_1", "file", "x", "x_"]
    assert [str(n) for n in sheet.notes] == ["column 1 ('') is called column_1", "column 4 ('x') is called x_"]


def test_an_empty_table(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="the table is empty"):
        read_manifest(write(tmp_path / "m.csv", "\n\n"))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8),
    separator=st.sampled_from([",", "\t", ";", "|"]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=150, deadline=None)
def test_what_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], separator: str, ending: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "m.csv"
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([("file", "speaker", "text"), *rows])
    path.write_bytes(out.getvalue().encode())
    sheet = read_csv(path)
    kept = [(i, row) for i, row in enumerate(rows, start=2) if any(row)]
    assert [tuple(r) for r in sheet.frame.to_numpy().tolist()] == [row for _, row in kept]
    assert sheet.rows.tolist() == [i for i, _ in kept]
    assert not sheet.problems


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


def test_a_field_too_long_for_the_reader(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"m\.csv: not a table that can be read \(field larger than field limit"):
        read_manifest(write(tmp_path / "m.csv", f"file,blob\na.wav,{'x' * 200_000}\n"))


# ------------------------------------------------------------------------------------- JSON lines, Parquet


def test_text_of_typed_formats_stays_text(tmp_path: Path) -> None:
    pd.DataFrame({"file": ["a.wav"], "code": ["12"], "n": [12]}).to_parquet(tmp_path / "m.parquet")
    write(tmp_path / "m.jsonl", '{"file": "a.wav", "code": "12", "n": 12, "huge": 123456789012345678901}\n')
    for name in ("m.parquet", "m.jsonl"):
        table = read(tmp_path / name).table
        assert table["code"].tolist() == ["12"] and table["n"].tolist() == [12]
    assert table["huge"].tolist() == ["123456789012345678901"]


def test_nemo_jsonl(tmp_path: Path) -> None:
    lines = [
        {"audio_filepath": "a.wav", "offset": 1.5, "duration": 2, "text": "hi", "speaker": 7, "extra": {"a": [1]}},
        "oops",
        {"audio_filepath": "b.wav", "offset": 0, "duration": 1.25, "text": None, "speaker": 8, "flag": True},
    ]
    text = "\n".join(["", *(json.dumps(x) for x in lines), "{broken"])
    sheet = read_manifest(write(tmp_path / "m.jsonl", text))
    assert sheet.rows.tolist() == [2, 4]
    assert [(p.row, p.reason.split(" (")[0]) for p in sheet.problems] == [
        (3, "not a JSON object"),
        (5, "no valid JSON"),
    ]
    found = sheet.conform()
    assert found.table["start_s"].tolist() == [1.5, 0.0]
    assert found.table["end_s"].tolist() == [3.5, 1.25]
    assert found.table["speaker"].tolist() == ["7", "8"]
    assert found.table["text"].tolist() == ["hi", None]
    assert found.table["extra"].tolist() == ['{"a": [1]}', None]
    assert found.columns == {
        "audio_filepath": "file", "offset": "start_s", "duration": "end_s", "speaker": "speaker", "text": "text",
    }  # fmt: skip


def test_a_lone_duration_is_no_cut(tmp_path: Path) -> None:
    found = read(write(tmp_path / "m.jsonl", '{"audio_filepath": "a.wav", "duration": 2.5, "text": "x"}'))
    assert "start_s" not in found.table and found.table["duration"].tolist() == [2.5]
    assert "duration without offset is the length of the file, not a cut: kept as a column" in map(str, found.notes)


def test_funasr_and_emobox_jsonl(tmp_path: Path) -> None:
    line = {"key": "u1", "source": "a.wav", "text_language": "<|en|>", "emo_target": "<|HAPPY|>", "target": "hello"}
    found = read(write(tmp_path / "m.jsonl", json.dumps(line)))
    row = found.table.iloc[0]
    assert (row["file"], row["language"], row["emotion_given"], row["text"]) == ("a.wav", "en", "happy", "hello")
    line = {
        "key": "iemocap-1",
        "dataset": "iemocap",
        "wav": "x/a.wav",
        "sample_rate": 16000,
        "length": 2.1,
        "emo": "hap",
    }
    found = read(write(tmp_path / "m.jsonl", json.dumps(line)))
    row = found.table.iloc[0]
    assert (row["file"], row["emotion_given"], row["sample_rate"], row["length"]) == ("x/a.wav", "happy", 16000, 2.1)
    assert found.labels == {"hap": "happy"}


def test_a_json_array(tmp_path: Path) -> None:
    found = read(write(tmp_path / "m.json", '[{"path": "a.wav"}, {"path": "b.wav"}]'))
    assert found.table["file"].tolist() == ["a.wav", "b.wav"] and found.rows.tolist() == [1, 2]


@pytest.mark.parametrize("text", ["", "not json", "[1,"])
def test_jsonl_without_objects(tmp_path: Path, text: str) -> None:
    with pytest.raises(CorpusError, match=r"m.jsonl: no (line is a JSON object|valid JSON)"):
        read_manifest(write(tmp_path / "m.jsonl", text))


def test_parquet_keeps_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "file": ["a.wav", "b.wav"],
            "start": pd.to_timedelta([0.5, 2.0], unit="s"),
            "end": pd.to_timedelta([1.5, 2.25], unit="s"),
            "speaker": pd.Series([1, None], dtype="Int64"),
            "emotion": pd.Categorical(["anger", "calm"]),
            "age": pd.Series([30, None], dtype="Int64"),
            "weight": np.array([0.5, 1.5], np.float32),
            "ok": [True, False],
            "tags": [["x", "y"], None],
            "recorded_at": pd.to_datetime(["2026-01-02T03:04:05+08:00", None], utc=True),
        }
    )
    path = tmp_path / "m.parquet"
    frame.to_parquet(path)
    found = read(path)
    assert found.rows.tolist() == [1, 2]
    table = found.table
    assert table["start_s"].tolist() == [0.5, 2.0] and table["end_s"].tolist() == [1.5, 2.25]
    assert table["speaker"].tolist() == ["1", None]
    assert table["emotion_given"].tolist() == ["angry", "calm"]
    assert table["age"].dtype == "Int64" and table["age"][0] == 30
    assert table["weight"].tolist() == [0.5, 1.5] and table["ok"].dtype == bool
    assert table["tags"].tolist() == ['["x", "y"]', None]
    assert table["recorded_at"][0] == datetime(2026, 1, 1, 19, 4, 5, tzinfo=UTC)


def test_hugging_face_audio_struct_gives_its_path(tmp_path: Path) -> None:
    audio = pa.array(
        [{"bytes": b"x" * 10, "path": "a.wav"}, {"bytes": b"y", "path": None}],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    pq.write_table(pa.table({"audio": audio, "label": ["happy", "sad"]}), tmp_path / "m.parquet")
    found = read(tmp_path / "m.parquet")
    assert found.table["file"].tolist() == ["a.wav", None]
    assert [(p.row, p.reason) for p in found.problems] == [(2, "the file name is empty")]


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="not a readable Parquet file"):
        read_manifest(write(tmp_path / "m.parquet", "file\na.wav\n"))


def test_an_unknown_suffix(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="not a manifest I know; I read CSV, TSV, JSONL, Parquet, RTTM"):
        read_manifest(write(tmp_path / "m.docx", "x"))


# -------------------------------------------------------------------------------- audformat, Kaldi, RTTM


@pytest.mark.parametrize("storage", ["csv", "parquet"])
def test_audformat_database(tmp_path: Path, storage: str) -> None:
    db = audformat.Database("db")
    for name in ("emotion", "speaker", "gender"):
        db.schemes[name] = audformat.Scheme("str")
    db["files"] = audformat.Table(audformat.filewise_index(["a.wav", "b.wav", "c.wav"]))
    db["files"]["speaker"] = audformat.Column(scheme_id="speaker")
    db["files"]["speaker"].set(["s1", "s2", "s3"])
    db["more"] = audformat.Table(audformat.filewise_index(["c.wav", "a.wav"]))
    db["more"]["gender"] = audformat.Column(scheme_id="gender")
    db["more"]["gender"].set(["f", "m"])
    index = audformat.segmented_index(["a.wav", "a.wav", "b.wav"], [0, "1.5s", "0.25s"], ["1.5s", pd.NaT, "2s"])
    db["emotion"] = audformat.Table(index)
    db["emotion"]["emotion"] = audformat.Column(scheme_id="emotion")
    db["emotion"]["emotion"].set(["anger", "neutral", "bored"])
    db.save(str(tmp_path), storage_format=storage)
    sheet = read_manifest(tmp_path / "db.yaml")
    assert sheet.kind is Kind.AUDFORMAT
    table = sheet.conform().table.sort_values(["file", "start_s"], na_position="first")
    columns = ["file", "start_s", "end_s", "speaker", "gender", "emotion_given"]
    found = [tuple(None if pd.isna(v) else v for v in row) for row in table[columns].to_numpy().tolist()]
    assert found == [
        ("a.wav", 0.0, 1.5, "s1", "m", "angry"),
        ("a.wav", 1.5, None, "s1", "m", "neutral"),  # audformat: no end means the end of the file
        ("b.wav", 0.25, 2.0, "s2", None, "bored"),
        ("c.wav", None, None, "s3", "f", None),
    ]


def test_audformat_header_without_tables(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no table beside it names files"):
        read_manifest(write(tmp_path / "db.yaml", "name: db\n"))


def test_kaldi(tmp_path: Path) -> None:
    write(tmp_path / "wav.scp", "rec1 audio/one two.wav\nrec2\tb.wav\nrec3 sox x.wav -t wav - |\nrec4\n")
    write(tmp_path / "segments", "u1 rec1 0.5 1.5\nu2 rec1 2 -1\nu3 rec9 0 1\nu4 rec2\n")
    write(tmp_path / "utt2spk", "u1 anna\nu2 ben\n")
    write(tmp_path / "text", "u1 hello there\n")
    write(tmp_path / "utt2emo", "u2 ang\n")
    sheet = read_manifest(tmp_path / "wav.scp")
    assert [(p.file, p.row, p.reason) for p in sheet.problems] == [
        ("rec3", 3, "wav.scp gives a command, not a file; commands are not run"),
        ("rec4", 4, "wav.scp gives no file"),
        ("u3", 3, "segments: recording 'rec9' has no file in wav.scp"),
        ("u4", 4, "segments: not 'utterance recording start end'"),
    ]
    table = sheet.conform().table
    assert table["file"].tolist() == ["audio/one two.wav"] * 2 and sheet.rows.tolist() == [1, 2]
    assert table["start_s"].tolist() == [0.5, 2.0]
    assert table["end_s"].fillna(-1).tolist() == [1.5, -1]
    assert table["speaker"].tolist() == ["anna", "ben"] and table["text"].tolist() == ["hello there", None]
    assert table["emotion_given"].tolist() == [None, "angry"] and table["utterance"].tolist() == ["u1", "u2"]


def test_kaldi_without_segments_names_whole_files(tmp_path: Path) -> None:
    write(tmp_path / "wav.scp", "u1 a.wav\nu2 b.wav\n")
    write(tmp_path / "utt2spk", "u1 s\nu2 t\n")
    found = read(tmp_path / "wav.scp")
    assert found.table[["file", "speaker"]].to_numpy().tolist() == [["a.wav", "s"], ["b.wav", "t"]]


def test_rttm(tmp_path: Path) -> None:
    text = ";; comment\nSPEAKER a 1 0.50 1.25 <NA> <NA> anna <NA> <NA>\nSPKR-INFO a 1\nSPEAKER a 1 2 1\n"
    sheet = read_manifest(write(tmp_path / "a.rttm", text))
    assert [(p.row, p.reason) for p in sheet.problems] == [(4, "a SPEAKER line of 5 fields: at least 8 are needed")]
    table = sheet.conform().table
    assert table.to_dict("records") == [{"file": "a", "start_s": 0.5, "end_s": 1.75, "speaker": "anna"}]


# ---------------------------------------------------------------------------------------------- columns


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
    assert manifests.file_column(["x", "Audio Path"]) == "Audio Path"
