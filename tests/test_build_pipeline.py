"""What a build does with workers that die, clips that are no numbers, frames at a lower rate, and the time left."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import soundfile

from emoanalytics.audio.corpus import Recording, open_corpus
from emoanalytics.audio.segments import CutMode, CutPolicy
from emoanalytics.build import BuildSettings, build
from emoanalytics.embed.encoder import Encoded
from emoanalytics.errors import EncoderError, StoreError
from emoanalytics.pipeline.behind import Behind
from emoanalytics.pipeline.outlook import Outlook
from emoanalytics.rows import FRAME_RATES_HZ, pooled
from emoanalytics.store.store import EmotionStore
from tests.conftest import TinyEncoder, tone

HERE = BuildSettings(workers=0)


def write_tones(folder: Path, n: int, *, seconds: float = 0.5) -> None:
    folder.mkdir()
    for i in range(n):
        soundfile.write(folder / f"{i:03d}.wav", tone(seconds, hz=150 + 7 * i, seed=i), 16_000, subtype="PCM_16")


class Deadly(TinyEncoder):
    """Kills its process on the clip of exactly this length."""

    def encode(self, clips: list[np.ndarray], *, frames: bool = False) -> Encoded:
        if any(len(clip) == 11_111 for clip in clips):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(clips, frames=frames)


class Overflowing(TinyEncoder):
    """Answers the clips of exactly this length with NaN, or refuses the whole batch, as the published model does."""

    def __init__(self, *, refuses: bool) -> None:
        super().__init__(in_workers=False)
        self.refuses = refuses

    def encode(self, clips: list[np.ndarray], *, frames: bool = False) -> Encoded:
        bad = [len(clip) == 11_111 for clip in clips]
        if self.refuses and any(bad):
            raise EncoderError(f"clip {bad.index(True)} holds numbers that are not finite")
        made = super().encode(clips, frames=frames)
        made.embeddings[bad] = np.nan
        return made


def test_a_recording_that_kills_its_worker_is_listed_and_the_rest_is_done(tmp_path: Path) -> None:
    write_tones(tmp_path / "corpus", 12)
    soundfile.write(tmp_path / "corpus" / "005 deadly.wav", tone(1, seed=77)[:11_111], 16_000)
    corpus = open_corpus(tmp_path / "corpus")
    report = build(corpus, tmp_path / "store", Deadly(), BuildSettings(workers=2))
    (failure,) = report.failures
    assert (failure.file, report.failed_files, report.embedded) == ("005 deadly.wav", 1, 12)
    assert "the process that worked on it died twice" in failure.reason
    build(corpus, tmp_path / "calm", TinyEncoder(), HERE)
    both = [EmotionStore.open(tmp_path / name) for name in ("store", "calm")]
    by_file = [dict(zip(s.segments()["file"], s.embeddings().tolist(), strict=True)) for s in both]
    assert by_file[1].pop("005 deadly.wav")
    assert by_file[0] == by_file[1]
    assert both[0].failures()["file"].to_list() == ["005 deadly.wav"]


@pytest.mark.parametrize("refuses", [True, False])
def test_a_clip_that_is_no_number_costs_only_itself(tmp_path: Path, refuses: bool) -> None:
    write_tones(tmp_path / "corpus", 8)
    soundfile.write(tmp_path / "corpus" / "004 bad.wav", tone(1, seed=77)[:11_111], 16_000)
    report = build(open_corpus(tmp_path / "corpus"), tmp_path / "store", Overflowing(refuses=refuses), HERE)
    (failure,) = report.failures
    assert (failure.file, failure.stage, report.embedded) == ("004 bad.wav", "embed", 8)
    assert "not finite" in failure.reason
    store = EmotionStore.open(tmp_path / "store")
    assert np.isfinite(store.embeddings()).all()
    assert not store.check()


def slow_pooled(logits: np.ndarray, rate_hz: int) -> list[list[float]]:
    """A plain loop."""
    size = 50 // rate_hz
    rows = []
    for start in range(0, len(logits), size):
        group = logits[start : start + size]
        rows.append([sum(float(v) for v in group[:, k]) / len(group) for k in range(logits.shape[1])])
    return rows


@pytest.mark.parametrize("rate", FRAME_RATES_HZ)
@pytest.mark.parametrize("n", [1, 2, 49, 50, 51, 173])
def test_pooled_frames_are_means_of_neighbours(rate: int, n: int) -> None:
    logits = np.random.default_rng(n).normal(size=(n, 9)).astype(np.float32)
    means, counts = pooled(logits, rate)
    np.testing.assert_allclose(means, slow_pooled(logits, rate), atol=1e-6)
    assert (counts.sum(), len(counts)) == (n, -(-n // (50 // rate)))
    np.testing.assert_allclose(np.average(means, axis=0, weights=counts), logits.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("rate", [50, 10, 1])
def test_frames_at_any_rate_average_to_the_logits_of_the_segment(tmp_path: Path, rate: int) -> None:
    write_tones(tmp_path / "corpus", 3, seconds=1.23)
    soundfile.write(tmp_path / "corpus" / "long.flac", tone(70, seed=5), 16_000)  # three chunks
    encoder = TinyEncoder()
    settings = BuildSettings(workers=0, frames=True, frame_rate_hz=rate)
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", encoder, settings)
    store = EmotionStore.open(tmp_path / "store")
    frames = store.frames()
    for row, embedding in zip(store.segments().itertuples(), store.embeddings(), strict=True):
        own = frames[frames["segment_id"] == row.segment_id]
        logits = own[[c for c in own.columns if c.startswith("logit_")]].to_numpy(float)
        total = own["n_frames"].to_numpy()
        # Logits are kept to 1/4096, so a mean of them is at most half of that away.
        expected = encoder.head.logits(embedding[None])[0]
        np.testing.assert_allclose(np.average(logits, axis=0, weights=total), expected, atol=1 / 8192 + 1e-5)
        assert (logits * 4096 == np.round(logits * 4096)).all()
        middle = (np.cumsum(total) - total / 2) / total.sum() * (row.end_s - row.start_s)
        np.testing.assert_allclose(own["t_s"], middle, rtol=1e-5)
    assert store.runs()[-1]["settings"]["frame_rate_hz"] == rate


def test_frames_are_compact_and_duckdb_reads_them(tmp_path: Path) -> None:
    write_tones(tmp_path / "corpus", 3, seconds=8)
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", TinyEncoder(), BuildSettings(workers=0, frames=True))
    (part,) = (tmp_path / "store" / "frames").glob("*.parquet")
    columns = pq.ParquetFile(part).metadata.row_group(0)
    encodings = {columns.column(i).path_in_schema: columns.column(i).encodings for i in range(columns.num_columns)}
    assert all("BYTE_STREAM_SPLIT" in kinds for name, kinds in encodings.items() if name.startswith("logit_"))
    read = duckdb.sql(f"SELECT * FROM '{part}'").df()
    pd.testing.assert_frame_equal(read, EmotionStore.open(tmp_path / "store").frames(), check_dtype=False)


def test_a_rate_that_no_whole_number_of_frames_makes_is_refused() -> None:
    with pytest.raises(EncoderError, match="frame scores are kept at 50, 25, 10, 5, 2, 1 a second, not at 20"):
        BuildSettings(frame_rate_hz=20)


def recordings(folder: Path, sizes: dict[str, int]) -> list[Recording]:
    for name, size in sizes.items():
        (folder / name).write_bytes(b"x" * size)
    return [Recording(name, folder / name, None) for name in sizes]


def test_the_time_left_follows_the_audio_left_kind_by_kind(tmp_path: Path) -> None:
    now = [0.0]
    outlook = Outlook(clock=lambda: now[0])
    a, b, c = recordings(tmp_path, {"a.wav": 32_000, "b.wav": 96_000, "c.mp3": 10_000})
    outlook.expect([a, b, c])
    assert outlook.left() is None
    assert outlook.words() == "the first clips are being embedded"
    outlook.read(a, 100.0, 80.0)  # 80 s used, so 240 s are to be expected of b
    now[0] = 8.0
    assert outlook.left() is None  # read, but not embedded
    outlook.embedded(80.0)
    assert outlook.speed == 10.0
    assert outlook.left() == (24.0, True)  # an mp3 is to come, and none was read
    assert outlook.words() == "10x real time, at least 24 s left"
    outlook.read(c, 30.0, 30.0)
    outlook.settle()
    now[0] = 11.0
    assert outlook.left() == (24.0, False)
    assert outlook.words() == "10x real time, 24 s left"
    outlook.read(b, 250.0, 250.0)
    assert outlook.left() == (25.0, False)
    outlook.embedded(250.0)
    assert outlook.left() == (0.0, False)


def test_little_done_gives_a_lower_bound(tmp_path: Path) -> None:
    now = [0.0]
    outlook = Outlook(clock=lambda: now[0])
    files = recordings(tmp_path, {f"{i:03d}.wav": 1000 for i in range(100)})
    outlook.expect(files)
    seen = []
    for recording in files:
        now[0] += 3.0
        outlook.read(recording, 30.0, 30.0)
        outlook.settle()
        seen.append(outlook.left())
    assert seen[:3] == [(297.0, True), (294.0, False), (291.0, False)]  # a minute, and a fiftieth of all of it


def test_a_recording_weighs_what_its_kind_weighed_at_most(tmp_path: Path) -> None:
    outlook = Outlook()
    a, b, huge = recordings(tmp_path, {"a.wav": 1000, "b.wav": 2000, "c.wav": 10_000_000})
    outlook.expect([a, b, huge])
    assert outlook.weight(a) == 32_000  # nothing is known of the kind
    outlook.read(a, 0.03125, 0.02)  # 2000 bytes decoded
    assert outlook.weight(b) == 4000
    assert outlook.weight(huge) == 20_000_000
    outlook.read(b, 10.0, 10.0)
    assert outlook.weight(huge) == 600 * 64_000  # longer ones are spooled to disk


def test_the_progress_of_a_build_ends_at_no_time_left(tmp_path: Path) -> None:
    write_tones(tmp_path / "corpus", 5)
    told: list[str] = []
    build(
        open_corpus(tmp_path / "corpus"),
        tmp_path / "store",
        TinyEncoder(in_workers=False),
        HERE,
        progress=lambda done, total, note: told.append(note),
    )
    assert any("the first clips are being embedded" in note for note in told)
    assert told[-1] == "0.00 h of audio, 0 failed"


def test_what_a_write_behind_raises_comes_out_of_the_next_call() -> None:
    def fail() -> None:
        raise StoreError("no space left")

    with pytest.raises(StoreError, match="no space left"), Behind() as behind:
        behind.put(fail)
        behind.put(lambda: None)
    with pytest.raises(StoreError, match="no space left"), Behind() as behind:
        behind.put(fail)
    with pytest.raises(KeyboardInterrupt), Behind() as behind:  # what stopped the build is not hidden by its last write
        behind.put(fail)
        raise KeyboardInterrupt


def test_known_content_is_not_embedded_again_where_it_is_decoded(tmp_path: Path) -> None:
    write_tones(tmp_path / "corpus", 2, seconds=3)
    cut = CutPolicy(CutMode.WINDOWS, window_s=1, hop_s=1)
    settings = BuildSettings(workers=0, cut=cut, verify=True)
    corpus = open_corpus(tmp_path / "corpus")
    assert build(corpus, tmp_path / "store", TinyEncoder(), settings).embedded == 6
    encoder = TinyEncoder()
    report = build(corpus, tmp_path / "store", encoder, settings)
    assert (report.embedded, report.copied, encoder.heard) == (0, 6, 0)
    assert not EmotionStore.open(tmp_path / "store").check()
