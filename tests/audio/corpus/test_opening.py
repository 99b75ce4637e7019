from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import audformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.audio.corpus import TO_END_S, Kind, metadata_of, open_corpus
from emoanalytics.audio.corpus.columns import KNOWN_COLUMNS
from emoanalytics.audio.decode import RATE_HZ, write_wav
from emoanalytics.audio.segments import Segment
from emoanalytics.errors import CorpusError
from emoanalytics.labels import parse_emotion
from tests.audio.corpus.make_corpus import cells, notes, reasons, touch, write

# -------------------------------------------------------------------------------------- finding a manifest


def test_the_table_at_the_top_is_the_manifest(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav", "c.wav")
    write(tmp_path / "labels.csv", "file,speaker\na.wav,x\nb.wav,y\n")
    write(tmp_path / "other.csv", "id,value\n1,2\n")  # names no files
    write(tmp_path / "old.csv", "file\ngone.wav\n")  # none of its files is there
    corpus = open_corpus(tmp_path)
    assert cells(corpus, "file", "speaker") == [("a.wav", "x"), ("b.wav", "y")]
    assert corpus.mapping.source == tmp_path.resolve() / "labels.csv"
    assert corpus.mapping.columns == {"file": "file", "speaker": "speaker"}
    assert notes(corpus)[0] == "old.csv is not used: none of its files is here"
    assert notes(corpus)[1].startswith(
        "other.csv is not used: no column names the audio file. Columns found: 'id', 'value'."
    )
    assert notes(corpus)[2:] == ["1 audio files in the folder are not named by the manifest: not used"]


def test_a_manifest_nobody_can_read_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    (tmp_path / "labels.csv").write_bytes(b"file\n\xff\xff\x80.wav\n")
    corpus = open_corpus(tmp_path)
    assert corpus.mapping.kind is Kind.FOLDER
    assert notes(corpus)[0].startswith("labels.csv is not used: not text in UTF-8")
    (tmp_path / "bad.rttm").write_bytes(b"SPEAKER\n\xff\xff\x80\n")
    with pytest.raises(CorpusError, match=r"bad\.rttm: not text in"):
        open_corpus(tmp_path, manifest=tmp_path / "bad.rttm")


def test_several_manifests_are_listed(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    write(tmp_path / "one.csv", "file\na.wav\n")
    write(tmp_path / "two.jsonl", '{"path": "a.wav"}\n')
    with pytest.raises(CorpusError, match=r"several manifests \(one\.csv, two\.jsonl\); choose one with --manifest"):
        open_corpus(tmp_path)
    assert open_corpus(tmp_path, manifest=tmp_path / "two.jsonl").mapping.kind is Kind.JSONL
    write(tmp_path / "metadata.csv", "file_name,text\na.wav,hi\n")  # Hugging Face's own name settles it
    assert open_corpus(tmp_path).table["text"].tolist() == ["hi"]
    write(tmp_path / "wav.scp", "u a.wav\n")
    with pytest.raises(CorpusError, match=r"several manifests \(metadata\.csv, wav\.scp\)"):
        open_corpus(tmp_path)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_hugging_face_audio_folder(tmp_path: Path, suffix: str) -> None:
    touch(tmp_path, "data/a.wav", "data/b.wav")
    frame = pd.DataFrame(
        {"file_name": ["data/a.wav", "data/b.wav"], "transcription": ["x", "y"], "label": ["happy", "sad"]}
    )
    out = tmp_path / f"metadata.{suffix}"
    if suffix == "csv":
        frame.to_csv(out, index=False)
    elif suffix == "jsonl":
        frame.to_json(out, orient="records", lines=True)
    else:
        frame.to_parquet(out)
    corpus = open_corpus(tmp_path)
    assert cells(corpus, "file", "text", "emotion_given") == [("data/a.wav", "x", "happy"), ("data/b.wav", "y", "sad")]


def test_metadata_in_sub_folders_is_said_not_read(tmp_path: Path) -> None:
    touch(tmp_path, "train/a.wav")
    write(tmp_path / "train/metadata.csv", "file_name\na.wav\n")
    assert notes(open_corpus(tmp_path)) == [
        "1 metadata files in sub-folders are not read (train/metadata.csv): open that folder"
    ]


def test_kaldi_folder(tmp_path: Path) -> None:
    touch(tmp_path, "wav/r1.wav", "wav/r2.wav")
    write(tmp_path / "wav.scp", f"r1 wav/r1.wav\nr2 {tmp_path.resolve()}/wav/r2.wav\nr3 gone.wav\n")
    write(tmp_path / "segments", "u1 r1 0.0 1.5\nu2 r1 1.5 2\nu3 r2 0.5 -1\nu4 r3 0 1\n")
    write(tmp_path / "utt2spk", "u1 anna\nu2 ben\nu3 anna\n")
    corpus = open_corpus(tmp_path)
    assert corpus.mapping.kind is Kind.KALDI
    assert cells(corpus, "file", "start_s", "end_s", "speaker", "utterance") == [
        ("wav/r1.wav", 0.0, 1.5, "anna", "u1"),
        ("wav/r1.wav", 1.5, 2.0, "ben", "u2"),
        ("wav/r2.wav", 0.5, None, "anna", "u3"),
    ]
    assert reasons(corpus) == [("gone.wav", 4, "no such file: gone.wav")]
    assert corpus.recordings()[1].given == (Segment(0.5, TO_END_S),)


def test_audformat_folder(tmp_path: Path) -> None:
    touch(tmp_path, "audio/a.wav", "audio/b.wav")
    db = audformat.Database("db")
    db.schemes["emotion"] = audformat.Scheme("str")
    db["segments"] = audformat.Table(
        audformat.segmented_index(["audio/a.wav", "audio/b.wav"], ["0s", "1s"], ["1s", "2.5s"])
    )
    db["segments"]["emotion"] = audformat.Column(scheme_id="emotion")
    db["segments"]["emotion"].set(["anger", "sadness"])
    db.save(str(tmp_path), storage_format="csv")
    corpus = open_corpus(tmp_path)
    assert corpus.mapping.kind is Kind.AUDFORMAT
    assert cells(corpus, "file", "start_s", "end_s", "emotion_given") == [
        ("audio/a.wav", 0.0, 1.0, "angry"),
        ("audio/b.wav", 1.0, 2.5, "sad"),
    ]
    again = audformat.utils.read_csv(str(tmp_path / "db.segments.csv"))  # what audformat itself reads
    assert [e.total_seconds() for e in again.index.get_level_values("end")] == corpus.table["end_s"].tolist()
    assert cells(open_corpus(tmp_path / "db.segments.csv"), "start_s") == [(0.0,), (1.0,)]  # the table by itself


def test_rttm_beside_the_audio(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "sub/b.wav")
    write(
        tmp_path / "a.rttm", "SPEAKER a 1 0.5 1.0 <NA> <NA> anna <NA> <NA>\nSPEAKER a 1 2 1 <NA> <NA> ben <NA> <NA>\n"
    )
    corpus = open_corpus(tmp_path)
    assert cells(corpus, "file", "start_s", "end_s", "speaker") == [
        ("a.wav", 0.5, 1.5, "anna"),
        ("a.wav", 2.0, 3.0, "ben"),
        ("sub/b.wav", None, None, None),
    ]
    assert notes(corpus) == ["segments and speakers from 1 RTTM files"]
    assert open_corpus(tmp_path / "a.wav").table["speaker"].tolist() == ["anna", "ben"]


def test_one_rttm_for_a_folder(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.wav", "y/b.wav", "y/twice.wav", "x/twice.wav")
    lines = [f"SPEAKER {f} 1 {i} 1 <NA> <NA> s{i} <NA> <NA>" for i, f in enumerate(["a", "b", "gone", "twice"])]
    write(tmp_path / "all.rttm", "\n".join(lines))
    corpus = open_corpus(tmp_path)
    assert corpus.mapping.kind is Kind.RTTM
    assert cells(corpus, "file", "start_s", "speaker") == [("x/a.wav", 0.0, "s0"), ("y/b.wav", 1.0, "s1")]
    assert reasons(corpus) == [
        ("gone", 3, "no audio file has the stem 'gone'"),
        ("twice", 4, "2 audio files have the stem 'twice'"),
    ]


# ------------------------------------------------------------------------------------------- bad manifests


def test_rows_that_cannot_be_used_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav")
    rows = [
        "file,start,end,channel,mood",
        "a.wav,0,1,,x",
        "gone.wav,0,1,,x",
        "a.wav,0.0,1.0,,again",
        "a.wav,2,1,,x",
        "a.wav,-1,1,,x",
        "a.wav,abc,1,,x",
        ",0,1,,x",
        "a.wav,0.5,1.5,,overlapping",
        "https://example.org/x.wav,0,1,,x",
        "a.wav,0,1,left,other channel",
        "./a.wav,0,1,,spelt otherwise",
        "b.wav,,,rear,x",
        "b.wav,,,,x",
    ]
    corpus = open_corpus(write(tmp_path / "m.csv", "\n".join(rows)))
    assert cells(corpus, "file", "start_s", "end_s", "channel", "mood") == [
        ("a.wav", 0.0, 1.0, None, "x"),
        ("a.wav", 0.5, 1.5, None, "overlapping"),
        ("a.wav", 0.0, 1.0, "left", "other channel"),
        ("b.wav", None, None, None, "x"),
    ]
    assert sorted(reasons(corpus), key=lambda r: r[1] or 0) == [
        ("gone.wav", 3, "no such file: gone.wav"),
        ("a.wav", 4, "the same file, segment and channel as row 2: left out"),
        ("a.wav", 5, "the segment ends at 1 s, not after its start at 2 s"),
        ("a.wav", 6, "the segment starts at -1 s, before the recording"),
        ("a.wav", 7, "start 'abc' is not a time"),
        ("", 8, "the file name is empty"),
        ("https://example.org/x.wav", 10, "a web address (https), not a file on this machine: fetch it first"),
        ("a.wav", 12, "the same file, segment and channel as row 2: left out"),
        ("b.wav", 13, "channel 'rear' is not a number, left, right or mix"),
    ]
    assert "1 segments overlap an earlier one: kept" in notes(corpus)


def test_a_manifest_without_a_usable_row(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "file\nx/a.wav\n")
    with pytest.raises(CorpusError) as caught:
        open_corpus(path)
    assert "none of its 1 rows can be used (no such file: x/a.wav; looked in" in str(caught.value)
    assert "give that folder with --root" in str(caught.value)
    touch(tmp_path, "elsewhere/x/a.wav")
    corpus = open_corpus(path, root=tmp_path / "elsewhere")
    assert (corpus.root, corpus.table["file"].tolist()) == ((tmp_path / "elsewhere").resolve(), ["x/a.wav"])
    with pytest.raises(CorpusError, match="none of its 0 rows can be used"):
        open_corpus(write(tmp_path / "n.csv", "file\n"))


def test_paths_may_start_at_the_corpus_folder(tmp_path: Path) -> None:
    touch(tmp_path, "wav/a.wav")
    corpus = open_corpus(tmp_path, manifest=write(tmp_path / "meta/m.csv", "file\nwav/a.wav\n"))
    assert corpus.table["file"].tolist() == ["wav/a.wav"] and corpus.root == tmp_path.resolve()
    assert notes(corpus) == [f"paths are relative to {tmp_path.resolve()}"]


def test_paths_of_windows_absolute_paths_and_paths_outside(tmp_path: Path) -> None:
    top = tmp_path.resolve()
    touch(top, "corpus/a/b.wav", "corpus/c.wav", "outside.wav")
    rows = ["file", "a\\b.wav", f"{top}/corpus/c.wav", "../outside.wav", f"file://{top}/corpus/c.wav"]
    corpus = open_corpus(write(top / "corpus/m.csv", "\n".join(rows)))
    assert corpus.table["file"].tolist() == [f"{top}/outside.wav", "a/b.wav", "c.wav"]
    assert [r.path for r in corpus.recordings()] == [top / "outside.wav", top / "corpus/a/b.wav", top / "corpus/c.wav"]
    assert "1 files lie outside the corpus folder" in notes(corpus)
    assert [p.row for p in corpus.problems] == [5]


@pytest.mark.parametrize(("on_disk", "in_manifest"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_composed_or_not(tmp_path: Path, on_disk: str, in_manifest: str) -> None:
    real = unicodedata.normalize(on_disk, "trñ00.wav")
    touch(tmp_path, real)
    path = write(tmp_path / "m.csv", f"file\n{unicodedata.normalize(in_manifest, 'trñ00.wav')}\n")
    corpus = open_corpus(path)
    assert corpus.table["file"].tolist() == [real] and corpus.recordings()[0].path.is_file()
    assert notes(corpus) == ["1 names differ from the disk's only in how accents are composed: matched"]


def test_encodings_are_said(tmp_path: Path) -> None:
    touch(tmp_path, "李.wav")
    (tmp_path / "m.csv").write_bytes("file;speaker\n李.wav;李\n".encode("gb18030"))
    corpus = open_corpus(tmp_path)
    assert cells(corpus, "file", "speaker") == [("李.wav", "李")]
    assert notes(corpus) == ["read as GB18030, as it is not UTF-8", "separated by semicolon"]


def test_unknown_columns_are_kept_with_their_types(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav")
    corpus = open_corpus(
        write(tmp_path / "m.csv", "file,age,score,good,name,flags\na.wav,3,0.5,true,x,f\nb.wav,,2,false,,g\n")
    )
    assert list(corpus.table.columns[len(KNOWN_COLUMNS) :]) == ["age", "score", "good", "name", "flags_"]
    assert cells(corpus, "age", "score", "good", "name", "flags_") == [
        (3, 0.5, True, "x", "f"),
        (None, 2.0, False, None, "g"),
    ]
    assert corpus.mapping.kept == {"age": "age", "score": "score", "good": "good", "name": "name", "flags": "flags_"}
    assert metadata_of(corpus.recordings()[1], None)["age"] is None


NAME = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8
)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_what_a_manifest_says_is_what_the_table_holds(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """The slow twin: every row looked up by itself."""
    folder = tmp_path_factory.mktemp("corpus")
    files = data.draw(st.lists(NAME.filter(str.strip).map(lambda n: f"x{n}.wav"), min_size=1, max_size=4, unique=True))
    touch(folder, *files)
    span = st.tuples(st.integers(0, 50), st.integers(1, 50))
    rows = data.draw(st.lists(st.tuples(st.sampled_from(files), span, NAME), min_size=1, max_size=8))
    with (folder / "m.csv").open("w", newline="", encoding="utf-8") as handle:
        out = csv.writer(handle, quoting=csv.QUOTE_ALL)
        out.writerow(["file", "start", "duration", "text"])
        out.writerows([file, a / 10, b / 10, text] for file, (a, b), text in rows)
    corpus = open_corpus(folder / "m.csv")
    expected: dict[tuple[str, float, float], str] = {}
    for file, (a, b), text in rows:
        expected.setdefault((file, a / 10, a / 10 + b / 10), text)
    assert cells(corpus, "file", "start_s", "end_s", "text") == [(*k, v) for k, v in sorted(expected.items())]
    assert len(corpus.problems) == len(rows) - len(expected)
    by_file = {r.file: r for r in corpus.recordings()}
    assert list(by_file) == sorted({f for f, _, _ in expected})
    for file, start, end in expected:
        assert Segment(start, end) in by_file[file].given


# ----------------------------------------------------------------------------------------------- file names


def test_a_known_corpus_is_found_by_its_names(tmp_path: Path) -> None:
    touch(tmp_path, *(f"wav/{s}a01{e}a.wav" for s in ("03", "08") for e in "WTN"), "wav/noise.wav", "wav/03b10Lc.wav")
    files = [p for p in (tmp_path / "wav").iterdir() if p.name == "noise.wav"]
    corpus = open_corpus(tmp_path)
    assert corpus.mapping.grammar is None  # 7 of 8 is too few to be sure
    files[0].unlink()
    corpus = open_corpus(tmp_path)
    assert corpus.mapping.grammar == "emodb"
    assert set(corpus.mapping.grammar_columns) == {"speaker", "emotion_given", "text", "language", "gender", "version"}
    assert cells(corpus, "file", "speaker", "emotion_given", "gender")[:2] == [
        ("wav/03a01Na.wav", "03", "neutral", "m"),
        ("wav/03a01Ta.wav", "03", "sad", "m"),
    ]
    assert corpus.table["emotion_given"].value_counts().to_dict() == {"angry": 2, "sad": 2, "neutral": 2, "boredom": 1}


def test_a_template_and_files_that_do_not_follow_it(tmp_path: Path) -> None:
    touch(tmp_path, "anna_w1_ang_1.wav", "ben_w2_calm_2.wav", "noise.wav")
    corpus = open_corpus(tmp_path, template="{speaker}_{session}_{emotion}_{take}")
    assert cells(corpus, "file", "speaker", "session", "emotion_given", "take") == [
        ("anna_w1_ang_1.wav", "anna", "w1", "angry", 1),
        ("ben_w2_calm_2.wav", "ben", "w2", "calm", 2),
        ("noise.wav", None, None, None, None),
    ]
    said = "1 of 3 file names do not follow {speaker}_{session}_{emotion}_{take} (e.g. noise.wav): nothing read"
    assert notes(corpus) == [said]
    with pytest.raises(CorpusError, match=r"template '\{speaker\}=\{take\}' matches none of 3 files"):
        open_corpus(tmp_path, template="{speaker}={take}")


def test_a_manifest_wins_over_a_template(tmp_path: Path) -> None:
    touch(tmp_path, "anna_1.wav", "ben_2.wav")
    write(tmp_path / "m.csv", "file,speaker\nanna_1.wav,A\nben_2.wav,B\n")
    corpus = open_corpus(tmp_path, template="{speaker}_{session}")
    assert cells(corpus, "speaker", "session") == [("A", "1"), ("B", "2")]
    assert corpus.mapping.grammar_columns == ("session",)


def test_folders_named_as_speakers(tmp_path: Path) -> None:
    touch(tmp_path, "spk01/a.wav", "spk01/b.wav", "spk02/a.wav", "spk02/b.wav")
    corpus = open_corpus(tmp_path)
    assert corpus.mapping.grammar == "{speaker}/{file}"
    assert corpus.table["speaker"].tolist() == ["spk01", "spk01", "spk02", "spk02"]


def test_other_folders_are_offered_not_guessed(tmp_path: Path) -> None:
    touch(tmp_path, "anna/a.wav", "anna/b.wav", "ben/a.wav", "ben/b.wav")
    corpus = open_corpus(tmp_path)
    assert corpus.table["speaker"].tolist() == [None] * 4
    assert (
        "files lie in 2 folders (anna, ben); if each is a speaker, give --template '{speaker}/{file}'"
        in notes(corpus)[0]
    )
    assert open_corpus(tmp_path, template="{speaker}/{file}").table["speaker"].nunique() == 2


# ----------------------------------------------------------------------------------------------- real data


def test_ravdess(shared_data: Path) -> None:
    corpus = open_corpus(shared_data / "ravdess6")
    with (shared_data / "ravdess6/labels.csv").open(encoding="utf-8", newline="") as handle:
        lines = list(csv.DictReader(handle))
    assert len(corpus.table) == len(lines) == 360 and corpus.problems == ()
    by_file = {line["file"]: line for line in lines}
    for file, speaker, emotion, e2v in cells(corpus, "file", "speaker", "emotion_given", "e2v_class"):
        line = by_file[str(file)]
        assert (speaker, emotion, e2v) == (
            line["speaker"],
            parse_emotion(line["emotion"]) or line["emotion"],
            line["e2v_class"],
        )
    assert corpus.mapping.grammar is None  # the table says it all
    assert len(corpus.recordings()) == 360


def test_ravdess_by_its_file_names_alone(shared_data: Path, tmp_path: Path) -> None:
    files = sorted(
        p.relative_to(shared_data / "ravdess6").as_posix() for p in (shared_data / "ravdess6").rglob("*.flac")
    )
    bare = open_corpus(touch(tmp_path, *files))
    told = open_corpus(shared_data / "ravdess6")
    assert bare.mapping.grammar == "ravdess"
    columns = ("file", "speaker", "emotion_given", "text", "intensity", "repetition", "gender")
    assert cells(bare, *columns) == cells(told, *columns)


def test_ami(shared_data: Path) -> None:
    corpus = open_corpus(shared_data / "ami4")
    with (shared_data / "ami4/segments.csv").open(encoding="utf-8", newline="") as handle:
        lines = list(csv.DictReader(handle))
    told = sorted((x["file"], float(x["start"]), float(x["end"]), x["speaker"]) for x in lines)
    assert cells(corpus, "file", "start_s", "end_s", "speaker") == told
    recordings = corpus.recordings()
    assert [len(r.given) for r in recordings] == [sum(t[0] == r.file for t in told) for r in recordings]
    assert all(r.path.is_file() for r in recordings) and not all(r.file.isascii() for r in recordings)
    overlaps = sum(any(u[0] == t[0] and u < t and u[2] > t[1] for u in told) for t in told)
    assert notes(corpus) == [f"{overlaps} segments overlap an earlier one: kept"]


@pytest.mark.parametrize(("name", "clips", "speakers"), [("librispeech10", 30, 10), ("fsdd_short", 48, 6)])
def test_other_real_tables(shared_data: Path, name: str, clips: int, speakers: int) -> None:
    corpus = open_corpus(shared_data / name)
    assert (len(corpus.table), corpus.table["speaker"].nunique(), corpus.problems) == (clips, speakers, ())


def test_real_audio_is_found_by_the_scan(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.zeros(RATE_HZ, np.float32))
    assert open_corpus(tmp_path).recordings()[0].path.stat().st_size > RATE_HZ
