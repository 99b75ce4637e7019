"""The build against a slow twin: decode, cut and embed by hand; then what disturbs it."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import soundfile

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.audio.decode import ChannelPolicy, decode
from emoanalytics.audio.segments import CutMode, CutPolicy, chunks
from emoanalytics.audio.tracks import read_tracks
from emoanalytics.build import BuildSettings, build
from emoanalytics.errors import EncoderError, EncoderMismatchError, LockedStoreError, SchemaMismatchError, StoreError
from emoanalytics.settings import QualitySettings
from emoanalytics.store.schema import SEGMENT_COLUMNS
from emoanalytics.store.store import EmotionStore
from tests.conftest import TinyEncoder, tone

HERE = BuildSettings(workers=0)


def write_corpus(folder: Path, n: int = 6, *, seconds: float = 1.2) -> pd.DataFrame:
    """n tones of two speakers with a manifest."""
    rows = []
    for i in range(n):
        name = f"clip {i:03d}.wav"
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, tone(seconds + 0.1 * i, hz=150 + 31 * i, seed=i), 16_000, subtype="PCM_16")
        rows.append({"file": name, "speaker": f"s{i % 2}", "emotion": ["happy", "sad"][i % 2], "take": i})
    table = pd.DataFrame(rows)
    table.to_csv(folder / "labels.csv", index=False)
    return table


def by_hand(path: Path, encoder: TinyEncoder, start_s: float = 0.0, end_s: float | None = None) -> np.ndarray:
    """One segment, chunk by chunk, weighted by frames."""
    (waveform,) = decode(path)
    with waveform:
        start, stop = round(start_s * 16_000), waveform.n_samples if end_s is None else round(end_s * 16_000)
        total, frames = np.zeros(8), 0
        for a, b in chunks(stop - start, 16_000, 30.0):
            made = encoder.encode([waveform.read(start + a, start + b)])
            total += made.embeddings[0].astype(float) * made.n_frames[0]
            frames += int(made.n_frames[0])
    return (total / frames).astype(np.float32)


def content(store: Path) -> dict[str, bytes]:
    """Every Parquet file of a store, byte for byte; size and time of the recordings are hints, not content."""
    return {
        str(p.relative_to(store)): p.read_bytes()
        for p in sorted(store.rglob("*.parquet"))
        if p.name != "recordings.parquet"
    }


def parts_of(store: Path) -> list[bytes]:
    """The embeddings as they lie on disk, in their order."""
    return [p.read_bytes() for p in sorted((store / "embeddings").glob("*.parquet"))]


@pytest.mark.parametrize("in_workers", [True, False])
@pytest.mark.parametrize("workers", [0, 2])
def test_every_row_equals_the_clip_embedded_by_hand(tmp_path: Path, in_workers: bool, workers: int) -> None:
    corpus = tmp_path / "corpus"
    table = write_corpus(corpus)
    encoder = TinyEncoder(in_workers=in_workers)
    report = build(open_corpus(corpus), tmp_path / "store", encoder, BuildSettings(workers=workers))
    assert (report.embedded, report.copied, report.unchanged, report.failures) == (6, 0, 0, ())
    store = EmotionStore.open(tmp_path / "store")
    rows = store.table()
    assert rows["file"].to_list() == table["file"].to_list()
    assert rows["speaker"].to_list() == table["speaker"].to_list()
    assert rows["emotion_given"].to_list() == table["emotion"].to_list()
    assert rows["take"].to_list() == table["take"].to_list()
    expected = np.stack([by_hand(corpus / f, encoder) for f in table["file"]])
    np.testing.assert_allclose(store.embeddings(), expected, rtol=1e-5, atol=1e-7)
    scores = rows[[c for c in rows.columns if c.startswith("score_")]].to_numpy()
    np.testing.assert_allclose(scores, encoder.head.scores(expected), atol=1e-6)
    np.testing.assert_allclose(report.audio_s, sum(1.2 + 0.1 * i for i in range(6)), atol=1e-3)
    assert rows["end_s"].to_list() == pytest.approx([1.2 + 0.1 * i for i in range(6)], abs=1e-4)


def test_workers_do_not_change_a_byte(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 9)
    for name, settings in {"a": HERE, "b": BuildSettings(workers=2)}.items():
        build(open_corpus(tmp_path / "corpus"), tmp_path / name, TinyEncoder(), settings)
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_a_segment_longer_than_a_chunk_is_the_weighted_mean_of_its_chunks(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    soundfile.write(corpus / "long.flac", tone(95, seed=3), 16_000)
    encoder = TinyEncoder(in_workers=False)
    build(open_corpus(corpus), tmp_path / "store", encoder, HERE)
    assert encoder.heard == 4
    store = EmotionStore.open(tmp_path / "store")
    np.testing.assert_allclose(store.embeddings()[0], by_hand(corpus / "long.flac", encoder), rtol=1e-5)


def test_identical_audio_is_embedded_once_in_one_build_and_over_builds(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    write_corpus(corpus, 3)
    samples, _ = soundfile.read(corpus / "clip 001.wav", dtype="float32")
    soundfile.write(corpus / "again.flac", samples, 16_000, subtype="PCM_16")
    (corpus / "labels.csv").unlink()
    encoder = TinyEncoder(in_workers=False)
    report = build(open_corpus(corpus), tmp_path / "store", encoder, HERE)
    assert (report.embedded, report.copied, encoder.heard) == (3, 1, 3)
    soundfile.write(corpus / "later.flac", samples, 16_000, subtype="PCM_16")
    report = build(open_corpus(corpus), tmp_path / "store", encoder, HERE)
    assert (report.embedded, report.copied, report.unchanged, encoder.heard) == (0, 1, 4, 3)
    store = EmotionStore.open(tmp_path / "store")
    rows = store.segments()
    alike = rows[rows["file"].isin(["again.flac", "clip 001.wav", "later.flac"])]
    assert len(set(alike["content_id"])) == 1
    assert len(set(alike["segment_id"])) == 3
    vectors = store.embeddings(alike["segment_id"].to_list())
    assert (vectors == vectors[0]).all()


def test_metadata_changes_without_embedding_anything(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    table = write_corpus(corpus)
    encoder = TinyEncoder(in_workers=False)
    build(open_corpus(corpus), tmp_path / "store", encoder, HERE)
    before = {k: v for k, v in content(tmp_path / "store").items() if k.startswith("embeddings")}
    table["emotion"] = "neutral"
    table["mood"] = "calm"
    table.loc[2, "speaker"] = "s9"
    table.to_csv(corpus / "labels.csv", index=False)
    report = build(open_corpus(corpus), tmp_path / "store", encoder, HERE)
    assert (report.embedded, report.unchanged, report.relabelled, encoder.heard) == (0, 6, 6, 6)
    rows = EmotionStore.open(tmp_path / "store").segments()
    assert set(rows["emotion_given"]) == {"neutral"}
    assert set(rows["mood"]) == {"calm"}
    assert rows["speaker"].to_list() == ["s0", "s1", "s9", "s1", "s0", "s1"]
    assert {k: v for k, v in content(tmp_path / "store").items() if k.startswith("embeddings")} == before
    assert build(open_corpus(corpus), tmp_path / "store", encoder, HERE).relabelled == 0


def test_new_thresholds_change_flags_without_touching_audio(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 3)
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    strict = BuildSettings(workers=0, quality=QualitySettings(too_short_s=1.25))
    report = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), strict)
    assert (report.embedded, report.relabelled) == (0, 1)
    store = EmotionStore.open(tmp_path / "store")
    assert ["too_short" in flags for flags in store.segments()["flags"]] == [True, False, False]
    assert store.runs()[-1]["settings"]["quality"]["too_short_s"] == 1.25


def test_an_unchanged_corpus_is_not_decoded_again_unless_asked(tmp_path: Path, monkeypatch) -> None:
    write_corpus(tmp_path / "corpus", 3)
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    read = []
    module = sys.modules["emoanalytics.pipeline.hearing"]
    monkeypatch.setattr(module, "read_tracks", lambda r, p: read.append(r.file) or read_tracks(r, p))
    assert build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE).unchanged == 3
    assert read == []
    report = build(
        open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), BuildSettings(workers=0, verify=True)
    )
    assert len(read) == 3
    assert (report.embedded, report.copied) == (0, 3)


def test_a_file_that_changed_replaces_its_row(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    write_corpus(corpus, 3)
    build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    soundfile.write(corpus / "clip 001.wav", tone(2, hz=900, seed=77), 16_000, subtype="PCM_16")
    report = build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    assert (report.embedded, report.unchanged) == (1, 2)
    store = EmotionStore.open(tmp_path / "store")
    rows = store.segments()
    assert sorted(rows["file"]) == ["clip 000.wav", "clip 001.wav", "clip 002.wav"]
    changed = rows[rows["file"] == "clip 001.wav"]
    np.testing.assert_allclose(
        store.embeddings(changed["segment_id"].to_list())[0],
        by_hand(corpus / "clip 001.wav", TinyEncoder()),
        rtol=1e-5,
    )
    assert not store.check()


def test_audio_that_moves_to_a_later_file_is_embedded_when_its_old_row_is_gone(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    write_corpus(corpus, 70, seconds=0.3)
    (corpus / "labels.csv").unlink()
    build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    # The first file's audio turns up in the last one, which is written in a later step than the first.
    (corpus / "clip 069.wav").write_bytes((corpus / "clip 000.wav").read_bytes())
    soundfile.write(corpus / "clip 000.wav", tone(1, hz=777, seed=99), 16_000, subtype="PCM_16")
    report = build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    assert (report.embedded, report.copied) == (2, 0)
    assert not EmotionStore.open(tmp_path / "store").check()
    build(open_corpus(corpus), tmp_path / "fresh", TinyEncoder(), HERE)
    both = [EmotionStore.open(tmp_path / name) for name in ("store", "fresh")]
    by_file = [dict(zip(s.segments()["file"], s.embeddings().tolist(), strict=True)) for s in both]
    assert by_file[0] == by_file[1]


def test_windows_cover_the_recording_and_take_its_metadata(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    soundfile.write(corpus / "a.wav", tone(7, seed=1), 16_000)
    pd.DataFrame({"file": ["a.wav"], "speaker": ["anna"]}).to_csv(corpus / "m.csv", index=False)
    settings = BuildSettings(workers=0, cut=CutPolicy(CutMode.WINDOWS, window_s=3, hop_s=2))
    encoder = TinyEncoder()
    build(open_corpus(corpus), tmp_path / "store", encoder, settings)
    store = EmotionStore.open(tmp_path / "store")
    rows = store.segments()
    assert list(zip(rows["start_s"], rows["end_s"], strict=True)) == [(0, 3), (2, 5), (4, 7)]
    assert set(rows["speaker"]) == {"anna"}
    expected = np.stack([by_hand(corpus / "a.wav", encoder, s, e) for s, e in [(0, 3), (2, 5), (4, 7)]])
    np.testing.assert_allclose(store.embeddings(), expected, rtol=1e-5)


def test_segments_of_a_manifest_are_used_and_a_new_one_is_added_later(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    soundfile.write(corpus / "a.wav", tone(6, seed=1), 16_000)
    table = pd.DataFrame(
        {"file": "a.wav", "start": [0.5, 2.0, 9.0, 3.0], "end": [1.5, 4.0, 10.0, 99.0], "speaker": list("xyzy")}
    )
    table.to_csv(corpus / "m.csv", index=False)
    encoder = TinyEncoder(in_workers=False)
    report = build(open_corpus(corpus), tmp_path / "store", encoder, HERE)
    assert encoder.heard == report.embedded == 3
    (failure,) = report.failures
    assert (failure.start_s, failure.stage) == (9.0, "cut")
    assert "after the end of the recording (6.00 s)" in failure.reason
    rows = EmotionStore.open(tmp_path / "store").segments()
    assert list(zip(rows["start_s"], rows["end_s"], rows["speaker"], strict=True)) == [
        (0.5, 1.5, "x"),
        (2.0, 4.0, "y"),
        (3.0, 6.0, "y"),
    ]
    assert build(open_corpus(corpus), tmp_path / "store", encoder, HERE).unchanged == 1
    table.loc[4] = ["a.wav", 5.0, 5.8, "x"]
    table.to_csv(corpus / "m.csv", index=False)
    report = build(open_corpus(corpus), tmp_path / "store", encoder, HERE)
    assert (report.embedded, report.copied, encoder.heard) == (1, 3, 4)
    assert len(EmotionStore.open(tmp_path / "store")) == 4


def test_each_channel_is_a_segment_with_its_role(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    left, right = tone(2, hz=200, seed=1), tone(2, hz=330, seed=2)
    soundfile.write(corpus / "call.flac", np.stack([left, right], axis=1), 16_000)
    soundfile.write(corpus / "mono.flac", left, 16_000)
    settings = BuildSettings(workers=0, channels=ChannelPolicy.EACH, roles={"left": "agent", "right": "client"})
    build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), settings)
    rows = EmotionStore.open(tmp_path / "store").segments()
    assert list(zip(rows["file"], rows["channel"], rows["role"].fillna("-"), strict=True)) == [
        ("call.flac", "left", "agent"),
        ("call.flac", "right", "client"),
        ("mono.flac", "mix", "-"),
    ]
    with pytest.raises(EncoderMismatchError, match="channels = each, not mix"):
        build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)


def test_channels_named_by_the_manifest_win(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    soundfile.write(corpus / "call.flac", np.stack([tone(2, seed=1), tone(2, hz=400, seed=2)], axis=1), 16_000)
    pd.DataFrame(
        {"file": "call.flac", "channel": ["left", "right", "ch3"], "role": ["client", "agent", "agent"]}
    ).to_csv(corpus / "m.csv", index=False)
    report = build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    rows = EmotionStore.open(tmp_path / "store").segments()
    assert list(zip(rows["channel"], rows["role"], strict=True)) == [("left", "client"), ("right", "agent")]
    assert "asks for channel ch3, the recording has left, right" in report.failures[0].reason


def test_frames_average_to_the_logits_of_the_segment(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    write_corpus(corpus, 3)
    encoder = TinyEncoder()
    build(open_corpus(corpus), tmp_path / "store", encoder, BuildSettings(workers=0, frames=True))
    store = EmotionStore.open(tmp_path / "store")
    frames = store.frames()
    for row, embedding in zip(store.segments().itertuples(), store.embeddings(), strict=True):
        own = frames[frames["segment_id"] == row.segment_id]
        logits = own[[c for c in own.columns if c.startswith("logit_")]].to_numpy()
        np.testing.assert_allclose(logits.mean(axis=0), encoder.head.logits(embedding[None])[0], atol=1e-4)
        assert own["t_s"].is_monotonic_increasing
        assert 0 < own["t_s"].min() < own["t_s"].max() < row.end_s - row.start_s
    with pytest.raises(EncoderError, match="no head of its own"):
        build(
            open_corpus(corpus),
            tmp_path / "other",
            TinyEncoder(with_head=False),
            BuildSettings(workers=0, frames=True),
        )


def test_an_encoder_without_a_head_leaves_no_scores(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 2)
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(with_head=False), HERE)
    store = EmotionStore.open(tmp_path / "store")
    assert store.info.head is None
    assert store.scores().drop(columns="segment_id").isna().all().all()


def bad_corpus(folder: Path) -> dict[str, str]:
    """Two good clips among everything that goes wrong; file -> what its failure must say."""
    folder.mkdir()
    soundfile.write(folder / "good 好 😀.wav", tone(1.5, seed=1), 16_000)
    soundfile.write(folder / "wide.wav", np.stack([tone(1.5, seed=i) for i in range(8)], axis=1), 96_000)
    soundfile.write(folder / "newline\nin name.wav", tone(1.2, seed=5), 16_000)
    (folder / "text.wav").write_text("this is no audio\n" * 50)
    (folder / "empty.wav").touch()
    (folder / "corrupt.flac").write_bytes(b"fLaC" + random.Random(0).randbytes(5000))
    soundfile.write(folder / "zero.wav", np.zeros(0, np.float32), 16_000)
    soundfile.write(folder / "short.wav", tone(0.02), 16_000)
    soundfile.write(folder / "nan.wav", np.full(16_000, np.nan, np.float32), 16_000, subtype="FLOAT")
    (folder / "loop").symlink_to(folder)
    return {
        "text.wav": "",
        "empty.wav": "empty",
        "corrupt.flac": "",
        "zero.wav": "no audio",
        "short.wav": "too short",
        "nan.wav": "finite",
    }


@pytest.mark.parametrize("workers", [0, 2])
def test_bad_files_are_listed_and_the_rest_is_done(tmp_path: Path, workers: int) -> None:
    expected = bad_corpus(tmp_path / "corpus")
    report = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), BuildSettings(workers=workers))
    assert {f.file for f in report.failures if f.stage != "corpus"} == set(expected)
    store = EmotionStore.open(tmp_path / "store")
    assert sorted(store.segments()["file"]) == ["good 好 😀.wav", "newline\nin name.wav", "wide.wav"]
    listed = store.failures().set_index("file")["reason"]
    for file, text in expected.items():
        assert text in listed[file].lower()
        assert "\n" not in listed[file]
        assert "Traceback" not in listed[file]
    again = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), BuildSettings(workers=workers))
    assert (again.unchanged, again.embedded) == (4, 0)  # short.wav was read well; it is still listed
    assert sorted(f.file for f in again.failures) == sorted(f.file for f in report.failures)
    assert len(store.failures()) == len(again.failures)


def test_a_cut_off_file_is_used_and_listed(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 2, seconds=3)
    (tmp_path / "corpus" / "labels.csv").unlink()
    file = tmp_path / "corpus" / "clip 001.wav"
    file.write_bytes(file.read_bytes()[:50_000])
    report = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    (failure,) = report.failures
    assert (failure.file, failure.stage, report.embedded) == ("clip 001.wav", "decode", 2)
    assert failure.reason == (
        "part of it is lost: the header says 3.1 s, 1.6 s were decoded; what could be read is kept"
    )
    again = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    assert (again.unchanged, again.failures) == (2, report.failures)


def test_columns_follow_the_corpus_whatever_their_type_and_spelling(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    table = write_corpus(corpus, 3)
    build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    for change in (
        table.assign(take=["one", "two", "three"]),  # another type
        table.rename(columns={"take": "Take"}),  # another spelling
        table.drop(columns="take"),
        table.assign(take=[1.5, 2.5, None], Mood=["a", None, "c"]),
    ):
        change.to_csv(corpus / "labels.csv", index=False)
        assert build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE).relabelled == 3
        rows = EmotionStore.open(tmp_path / "store").segments()
        own = [c for c in change.columns if c not in ("file", "speaker", "emotion")]
        assert [c for c in rows.columns if c not in SEGMENT_COLUMNS] == own
        for column in own:
            assert (
                rows[column].astype(object).where(rows[column].notna(), None).to_list()
                == change[column].astype(object).where(change[column].notna(), None).to_list()
            )
        assert build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE).relabelled == 0


def test_a_manifest_that_no_longer_cuts_a_file_gives_it_whole(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in "ab":
        soundfile.write(corpus / f"{name}.wav", tone(2, seed=ord(name)), 16_000)
    table = pd.DataFrame({"file": ["a.wav", "b.wav"], "start": [0.0, 0.5], "end": [0.7, 1.5]})
    table.to_csv(corpus / "m.csv", index=False)
    build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    table.loc[0, ["start", "end"]] = None
    table.to_csv(corpus / "m.csv", index=False)
    build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    rows = EmotionStore.open(tmp_path / "store").segments().sort_values("file")
    assert list(zip(rows["start_s"], rows["end_s"], strict=True)) == [(0.0, 2.0), (0.5, 1.5)]
    assert build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE).unchanged == 2


def test_windows_the_encoder_cannot_hear_are_refused_before_anything_runs(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 1)
    cut = CutPolicy(CutMode.WINDOWS, window_s=0.01, hop_s=0.01)
    with pytest.raises(EncoderError, match=r"tiny needs windows of at least 0\.025 s, got 0\.01 s"):
        build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), BuildSettings(workers=0, cut=cut))
    assert not (tmp_path / "store").exists()


def test_a_remark_on_a_row_is_listed_but_no_failed_file(tmp_path: Path) -> None:
    table = write_corpus(tmp_path / "corpus", 2)
    table.loc[2] = table.loc[0]
    table.to_csv(tmp_path / "corpus" / "labels.csv", index=False)
    report = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    assert (len(report.failures), report.failed_files, report.embedded) == (1, 0, 2)


def test_a_file_that_breaks_later_keeps_its_rows_and_is_listed(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 2)
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    (tmp_path / "corpus" / "clip 000.wav").write_text("no audio any more")
    report = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    assert (report.failed_files, len(EmotionStore.open(tmp_path / "store"))) == (1, 2)
    (tmp_path / "corpus" / "clip 000.wav").unlink()
    (tmp_path / "corpus" / "labels.csv").unlink()
    report = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    assert report.notes == ("1 files of the store are no longer in the corpus: their segments stay",)
    assert EmotionStore.open(tmp_path / "store").failures().empty


def test_frames_asked_for_later_are_said_to_be_missing(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 3)
    corpus = open_corpus(tmp_path / "corpus")
    build(corpus, tmp_path / "store", TinyEncoder(), HERE)
    report = build(corpus, tmp_path / "store", TinyEncoder(), BuildSettings(workers=0, frames=True))
    assert report.notes == ("3 stored segments have no frame scores: add --verify to make them",)
    report = build(corpus, tmp_path / "store", TinyEncoder(), BuildSettings(workers=0, frames=True, verify=True))
    assert (report.notes, report.embedded) == ((), 3)
    store = EmotionStore.open(tmp_path / "store")
    assert set(store.frames()["segment_id"]) == set(store.segments()["segment_id"])


def test_a_corpus_that_moved_takes_its_rows_along(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 3)
    encoder = TinyEncoder(in_workers=False)
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", encoder, HERE)
    assert set(EmotionStore.open(tmp_path / "store").segments()["corpus"]) == {"../corpus"}
    (tmp_path / "corpus").rename(tmp_path / "elsewhere")
    report = build(open_corpus(tmp_path / "elsewhere"), tmp_path / "store", encoder, HERE)
    assert (report.unchanged, report.embedded, encoder.heard) == (3, 0, 3)
    assert report.notes == ("the corpus has moved here from ../corpus: its rows came along",)
    store = EmotionStore.open(tmp_path / "store")
    assert set(store.segments()["corpus"]) == {"../elsewhere"}
    assert store.audio_path("clip 000.wav", "../elsewhere").is_file()


def test_another_corpus_with_the_same_names_is_not_taken_for_a_moved_one(tmp_path: Path) -> None:
    write_corpus(tmp_path / "one", 3)
    build(open_corpus(tmp_path / "one"), tmp_path / "store", TinyEncoder(), HERE)
    write_corpus(tmp_path / "two", 3, seconds=2)
    shutil.rmtree(tmp_path / "one")
    report = build(open_corpus(tmp_path / "two"), tmp_path / "store", TinyEncoder(), HERE)
    assert (report.embedded, len(EmotionStore.open(tmp_path / "store"))) == (3, 6)


def test_no_file_of_a_store_tells_where_it_was_made(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 2)
    (tmp_path / "corpus" / "broken.wav").write_text("no audio")
    (tmp_path / "corpus" / "labels.csv").unlink()
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    store = EmotionStore.open(tmp_path / "store")
    shown = store.segments().to_csv() + store.failures().to_csv() + json.dumps(store.runs())
    assert tmp_path.name not in shown
    assert not [p for p in (tmp_path / "store").rglob("*.json") if str(tmp_path) in p.read_text(encoding="utf-8")]


def test_a_file_that_vanishes_or_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = tmp_path / "corpus"
    write_corpus(corpus, 3)
    module = sys.modules["emoanalytics.pipeline.hearing"]

    def meddled(recording, policy):
        if recording.file == "clip 000.wav":
            recording.path.unlink()
        found = read_tracks(recording, policy)
        if recording.file == "clip 001.wav":
            soundfile.write(recording.path, tone(3, hz=500, seed=50), 16_000, subtype="PCM_16")
        return found

    monkeypatch.setattr(module, "read_tracks", meddled)
    report = build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    assert [(f.file, f.reason) for f in report.failures] == [
        ("clip 000.wav", "there is no such file any more; check the path")
    ]
    monkeypatch.undo()
    write_corpus(corpus, 1)
    report = build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    assert EmotionStore.open(tmp_path / "store").segments(where="file = 'clip 001.wav'").empty is False
    (corpus / "labels.csv").unlink()
    build(open_corpus(corpus), tmp_path / "store", TinyEncoder(), HERE)
    changed = EmotionStore.open(tmp_path / "store").segments(where="file = 'clip 001.wav'")
    assert changed["end_s"].to_list() == [3.0]


def test_heavy_rows_are_written_early_and_end_as_they_would_anyway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for i in range(4):
        samples = np.stack([tone(9, seed=i), tone(9, hz=300, seed=i)], axis=1)
        soundfile.write(corpus / f"{i}.flac", samples, 16_000)
    cut = CutPolicy(CutMode.WINDOWS, window_s=1, hop_s=0.5)
    settings = BuildSettings(workers=0, cut=cut, channels=ChannelPolicy.EACH)
    whole = build(open_corpus(corpus), tmp_path / "whole", TinyEncoder(), settings)
    assert whole.audio_s == pytest.approx(4 * 2 * 9)  # not twice for windows that overlap
    monkeypatch.setattr(sys.modules["emoanalytics.build"], "_STEP_BYTES", 50_000)
    build(open_corpus(corpus), tmp_path / "early", TinyEncoder(), settings)
    stores = [EmotionStore.open(tmp_path / name) for name in ("whole", "early")]
    assert len(list((tmp_path / "early" / "embeddings").glob("*.parquet"))) == 4
    assert len(list((tmp_path / "whole" / "embeddings").glob("*.parquet"))) == 1
    pd.testing.assert_frame_equal(*(s.segments() for s in stores))
    np.testing.assert_array_equal(*(s.embeddings() for s in stores))


def test_a_failure_leaves_the_list_when_its_file_is_mended(tmp_path: Path) -> None:
    bad_corpus(tmp_path / "corpus")
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    soundfile.write(tmp_path / "corpus" / "text.wav", tone(1.4, seed=8), 16_000)
    report = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    assert report.embedded == 1
    assert "text.wav" not in set(EmotionStore.open(tmp_path / "store").failures()["file"])


def test_missing_files_of_a_manifest_are_listed_with_their_row(tmp_path: Path) -> None:
    table = write_corpus(tmp_path / "corpus", 2)
    table.loc[2] = ["gone.wav", "s0", "happy", 2]
    table.to_csv(tmp_path / "corpus" / "labels.csv", index=False)
    report = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    (failure,) = report.failures
    assert (failure.file, failure.stage) == ("gone.wav", "corpus")
    assert failure.reason.startswith("row 4: ")
    assert len(EmotionStore.open(tmp_path / "store").failures()) == 1
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    assert len(EmotionStore.open(tmp_path / "store").failures()) == 1


def test_another_encoder_another_cut_and_a_newer_schema_are_refused(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 2)
    corpus, store = open_corpus(tmp_path / "corpus"), tmp_path / "store"
    build(corpus, store, TinyEncoder(), HERE)
    before = content(store)
    with pytest.raises(EncoderMismatchError, match=r"holds embeddings of tiny.*not of other"):
        build(corpus, store, TinyEncoder(name="other"), HERE)
    with pytest.raises(EncoderMismatchError, match="mode = whole, not windows"):
        build(corpus, store, TinyEncoder(), BuildSettings(workers=0, cut=CutPolicy(CutMode.WINDOWS)))
    assert content(store) == before
    text = json.loads((store / "store.json").read_text())
    (store / "store.json").write_text(json.dumps({**text, "schema_version": 99}))
    with pytest.raises(SchemaMismatchError, match="newer version"):
        build(corpus, store, TinyEncoder(), HERE)


def test_two_builds_at_once_do_not_meet(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 2)
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    with (
        EmotionStore.open(tmp_path / "store").writer(),
        pytest.raises(LockedStoreError, match=f"pid {os.getpid()}"),
    ):
        build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)


def test_a_full_disk_stops_with_one_line_and_the_same_build_goes_on_later(tmp_path: Path, monkeypatch) -> None:
    write_corpus(tmp_path / "corpus", 150, seconds=0.5)
    corpus, store = open_corpus(tmp_path / "corpus"), tmp_path / "store"
    real, calls = os.replace, []

    def full(source, target, **kwargs):
        calls.append(target)
        if len(calls) > 12:
            raise OSError(28, "No space left on device")
        return real(source, target, **kwargs)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match="no space left"):
        build(corpus, store, TinyEncoder(), HERE)
    monkeypatch.undo()
    assert 0 < len(EmotionStore.open(store)) < 150
    build(corpus, store, TinyEncoder(), HERE)
    build(corpus, tmp_path / "whole", TinyEncoder(), HERE)
    assert content(store) == content(tmp_path / "whole")


KILLED = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from emoanalytics.audio.corpus import open_corpus
    from emoanalytics.build import BuildSettings, build
    from tests.conftest import TinyEncoder

    class Slow(TinyEncoder):
        def encode(self, clips, *, frames=False):
            time.sleep(0.001 * len(clips))
            return super().encode(clips, frames=frames)

    def tell(done, total, note):
        print(done, flush=True)

    settings = BuildSettings(workers=0, budget_s=2)
    build(open_corpus(Path(sys.argv[1])), Path(sys.argv[2]), Slow(in_workers=False), settings, progress=tell)
    """
)


def test_a_build_killed_at_ten_moments_ends_with_the_store_of_an_undisturbed_one(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    write_corpus(corpus, 200, seconds=0.3)
    (corpus / "broken.wav").write_text("no audio")
    build(open_corpus(corpus), tmp_path / "whole", TinyEncoder(in_workers=False), BuildSettings(workers=0, budget_s=2))
    rng = random.Random(5)
    store, command = tmp_path / "store", [sys.executable, "-c", KILLED, str(corpus), str(tmp_path / "store")]
    root = Path(__file__).parents[1]
    seen: list[int] = []
    for moment in sorted(rng.randrange(1, 200) for _ in range(10)):
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as run:
            for line in run.stdout:
                if int(line) >= moment:
                    break
            time.sleep(rng.uniform(0, 0.05))
            run.kill()
        (store / ".lock").unlink(missing_ok=True)
        seen.append(len(EmotionStore.open(store)))
        assert not EmotionStore.open(store).check()
    assert any(0 < n < 200 for n in seen), "no kill met a half-finished build"
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    assert not EmotionStore.open(store).check()
    # Killed between two files of a commit, a step is heard once more and its part gets the next number: rows and bytes
    # of the parts are the same, their names need not be.
    assert parts_of(store) == parts_of(tmp_path / "whole")
    ours, theirs = (pd.read_parquet(folder / "segments.parquet") for folder in (store, tmp_path / "whole"))
    pd.testing.assert_frame_equal(ours, theirs)
    assert (store / "failures.parquet").read_bytes() == (tmp_path / "whole" / "failures.parquet").read_bytes()
    assert not (store / ".spool").exists()


def test_interrupting_leaves_a_whole_store(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 150, seconds=0.4)

    def interrupt(done: int, total: int, note: str) -> None:
        if done == 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE, progress=interrupt)
    store = EmotionStore.open(tmp_path / "store")
    assert len(store) == 64
    assert not store.check()
    assert build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE).embedded == 86


def test_progress_counts_every_recording_and_the_record_says_what_was_done(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 4)
    told: list[tuple[int, int, str]] = []
    report = build(
        open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE, progress=lambda *a: told.append(a)
    )
    assert [d for d, _, _ in told] == sorted(d for d, _, _ in told)
    assert told[-1][:2] == (4, 4)
    assert "h of audio" in told[-1][2]
    (run,) = EmotionStore.open(tmp_path / "store").runs()
    assert run["counts"] == {
        "recordings": 4,
        "embedded": 4,
        "copied": 0,
        "unchanged": 0,
        "relabelled": 0,
        "failed_files": 0,
    }
    assert run["times_real_time"] == pytest.approx(report.times_real_time, abs=0.01)
    assert run["versions"]["numpy"] == np.__version__
    assert "speaker: column speaker" in run["mapping"]
    assert run["settings"]["quality"]["too_short_s"] == 1.0


def test_parts_hold_what_the_schema_says(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 3)
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    (part,) = (tmp_path / "store" / "embeddings").glob("part-*.parquet")
    schema = pq.read_schema(part)
    assert str(schema.field("embedding").type).startswith("fixed_size_list<")
    assert schema.names[:2] == ["segment_id", "embedding"]
    assert schema.names[2] == "score_angry"
    assert schema.names[-1] == "n_frames"


def test_the_corpus_itself_is_never_written_to(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", 3)
    before = {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in (tmp_path / "corpus").rglob("*")}
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), HERE)
    assert {p: (p.stat().st_size, p.stat().st_mtime_ns) for p in (tmp_path / "corpus").rglob("*")} == before
