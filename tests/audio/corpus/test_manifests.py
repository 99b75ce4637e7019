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

from emoanalytics.audio.corpus import Kind
from emoanalytics.audio.corpus.columns import ALIASES
from emoanalytics.audio.corpus.manifests import read_manifest
from emoanalytics.audio.corpus.manifests.tables import read_csv
from emoanalytics.errors import CorpusError
from tests.audio.corpus.make_corpus import read, write

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
