"""The demo corpus: every planted fact is really in the audio.

Measured here by plain numpy first, so that a fault in the workbench cannot hide one in the corpus.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from scipy.signal import correlate

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.audio.decode import decode
from emoanalytics.audio.quality import Flag, flags, measure
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.settings import QualitySettings

DEMO = Path(__file__).resolve().parents[1] / "data" / "demo"
RATE_HZ = 16_000
ACTED = {"angry", "happy", "sad", "neutral", "fearful", "surprised", "disgusted"}


@pytest.fixture(scope="module")
def planted() -> dict[str, Any]:
    return json.loads((DEMO / "planted.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(DEMO / "metadata.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def audio(table: pd.DataFrame, planted: dict[str, Any]) -> dict[str, np.ndarray]:
    """Every file that can be decoded: (n,) or (n, 2) samples at 16 kHz."""
    out = {}
    for file in table["file"].unique():
        if file != planted["damaged"]["corrupt"]:
            out[file], rate_hz = sf.read(DEMO / file)
            assert rate_hz == RATE_HZ, file
    return out


@pytest.fixture(scope="module")
def plain(table: pd.DataFrame) -> pd.DataFrame:
    """The ordinary clips: takes 1 to 4 of every session."""
    return table[table["file"].str.fullmatch(r"[a-z]+/week[1-8]-[1-4]\.ogg")]


def db(power: float) -> float:
    return 10 * float(np.log10(power + 1e-20))


def frames(samples: np.ndarray, seconds: float = 0.02) -> np.ndarray:
    n = round(seconds * RATE_HZ)
    return samples[: len(samples) // n * n].reshape(-1, n)


def level(samples: np.ndarray) -> float:
    """Mean power, in dB, of the frames within 30 dB of the loudest."""
    power = (frames(samples) ** 2).mean(axis=1)
    return db(power[power > power.max() / 1000].mean())


def share_db(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    """Power between two frequencies relative to all of it, in dB."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    return db(power[(hz >= low_hz) & (hz < high_hz)].sum() / power.sum())


def voicing(samples: np.ndarray) -> tuple[float, float]:
    """How periodic the louder frames are (0 to 1, median) and at what pitch (Hz, median), by autocorrelation."""
    pieces = frames(samples, 0.04)
    power = (pieces**2).mean(axis=1)
    peaks, lags = [], []
    for piece in pieces[power > power.max() / 100]:
        windowed = (piece - piece.mean()) * np.hanning(len(piece))
        correlation = np.correlate(windowed, windowed, "full")[len(piece) - 1 :]
        window = np.correlate(np.hanning(len(piece)), np.hanning(len(piece)), "full")[len(piece) - 1 :]
        normal = correlation[:320] / correlation[0] * window[0] / window[:320]
        lag = 40 + int(np.argmax(normal[40:]))
        peaks.append(normal[lag])
        lags.append(lag)
    return float(np.median(peaks)), RATE_HZ / float(np.median(lags))


def flags_of(file: str) -> tuple[Flag, ...]:
    """The workbench's own quality flags of a whole mono file."""
    (waveform,) = decode(DEMO / file)
    with waveform:
        return flags(measure(waveform, 0, waveform.n_samples), QualitySettings())


def weekly_level(rows: pd.DataFrame, audio: dict[str, np.ndarray]) -> np.ndarray:
    """Mean level of each of the eight weeks, in dB."""
    levels = rows.assign(level=[level(audio[f]) for f in rows["file"]])
    return levels.groupby("session")["level"].mean().to_numpy()


def test_manifest_and_files_agree(table: pd.DataFrame) -> None:
    on_disk = {p.relative_to(DEMO).as_posix() for p in DEMO.rglob("*") if p.suffix in (".ogg", ".flac", ".wav")}
    assert set(table["file"]) == on_disk
    assert not table.duplicated(["file", "channel"]).any()
    assert list(table.columns) == [
        "file", "channel", "speaker", "session", "recorded_at", "role", "language", "emotion", "text",
    ]  # fmt: skip


def test_audio_is_small() -> None:
    assert sum(p.stat().st_size for p in DEMO.rglob("*") if p.suffix in (".ogg", ".flac", ".wav")) <= 6_000_000


def test_twelve_voices_in_eight_weekly_sessions(table: pd.DataFrame, plain: pd.DataFrame) -> None:
    assert plain["speaker"].nunique() == 12
    assert set(plain.groupby("language")["speaker"].nunique()) == {6}
    assert (plain.groupby(["speaker", "session"]).size() == 4).all()
    assert (plain.groupby("speaker")["session"].nunique() == 8).all()
    assert 390 <= len(table) <= 420
    for _, sessions in table[table["role"] == "client"].groupby("speaker"):
        days = {
            session: set(pd.to_datetime(rows["recorded_at"], utc=True).dt.normalize())
            for session, rows in sessions.groupby("session")
        }
        first = min(days["week1"])
        assert days == {f"week{week}": {first + pd.Timedelta(weeks=week - 1)} for week in range(1, 9)}


def test_labels_are_emotions_we_know(table: pd.DataFrame, plain: pd.DataFrame) -> None:
    assert set(EMOTION_IDS) > ACTED
    assert set(plain["emotion"]) == ACTED
    assert (plain["emotion"].value_counts() >= 30).all()
    assert set(table["emotion"]) == ACTED | {""}


def test_nobody_says_a_thing_twice(table: pd.DataFrame, planted: dict[str, Any]) -> None:
    copies = {planted["exact_duplicate"][1], planted["near_duplicate"][1]}
    said = table[(table["text"] != "") & ~table["file"].isin(copies)]
    assert not said.duplicated(["speaker", "text"]).any()


def test_ordinary_clips_are_ordinary(plain: pd.DataFrame, audio: dict[str, np.ndarray]) -> None:
    for file in plain["file"]:
        samples = audio[file]
        assert samples.ndim == 1, file
        assert 1.3 <= len(samples) / RATE_HZ <= 6, file
        assert np.abs(samples).max() < 0.99, file
        assert -45 < level(samples) < -10, file
        assert share_db(samples, 4_000, 8_000) > -50, file


def test_one_speaker_drifts_from_neutral_to_sad(
    plain: pd.DataFrame, audio: dict[str, np.ndarray], planted: dict[str, Any]
) -> None:
    rows = plain[plain["speaker"] == planted["drifts"]["speaker"]]
    sad = rows["emotion"].eq("sad").groupby(rows["session"]).sum().tolist()
    assert sad == planted["drifts"]["sad_takes_by_week"] == sorted(sad)
    assert (sad[0], sad[-1]) == (0, 4)
    assert set(rows["emotion"]) == {"neutral", "sad"}
    heard = weekly_level(rows, audio)
    assert heard[-2:].mean() < heard[:2].mean() - 4
    assert np.corrcoef(heard, range(8))[0, 1] < -0.7


def test_one_speaker_turns_angry_at_a_known_session(
    plain: pd.DataFrame, audio: dict[str, np.ndarray], planted: dict[str, Any]
) -> None:
    rows = plain[plain["speaker"] == planted["turns"]["speaker"]]
    angry = rows["emotion"].eq("angry").groupby(rows["session"]).sum()
    turn = planted["turns"]["from_session"]
    assert (angry[angry.index < turn] == 0).all()
    assert (angry[angry.index >= turn] == 3).all()
    assert 2 <= (angry.index < turn).sum() <= 6
    heard = weekly_level(rows, audio)
    assert heard[angry.index >= turn].min() > heard[angry.index < turn].max() + 1


def test_one_speaker_never_changes(plain: pd.DataFrame, audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    rows = plain[plain["speaker"] == planted["steady"]["speaker"]]
    for _, session in rows.groupby("session"):
        assert session["emotion"].value_counts().to_dict() == planted["steady"]["every_session"]
    heard = weekly_level(rows, audio)
    assert abs(heard[:4].mean() - heard[4:].mean()) < 1.5
    assert np.ptp(heard) < 4


def test_whispers_have_no_voice(table: pd.DataFrame, audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    rows = table[table["file"].isin(planted["whispers"])]
    assert len(rows) == len(planted["whispers"]) >= 8
    assert rows["speaker"].nunique() >= 3
    whispered = [voicing(audio[f])[0] for f in rows["file"]]
    spoken = [voicing(audio[f"{speaker}/week1-{take}.ogg"])[0] for speaker in set(rows["speaker"]) for take in (2, 3)]
    assert max(whispered) < 0.6 < min(spoken)


def test_exact_duplicate_has_the_same_samples(audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    original, copy = planted["exact_duplicate"]
    assert original != copy
    assert np.array_equal(audio[original], audio[copy])


def test_no_other_two_files_are_the_same(audio: dict[str, np.ndarray]) -> None:
    assert len({samples.tobytes() for samples in audio.values()}) == len(audio) - 1


def test_near_duplicate_is_softer_later_and_not_the_same(audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    original, copy = (audio[f] for f in planted["near_duplicate"])
    score = correlate(copy, original, "full", method="fft")
    lag = int(np.argmax(score)) - (len(original) - 1)
    assert abs(lag - 0.020 * RATE_HZ) <= 16
    moved = copy[lag : lag + len(original)]
    kept = original[: len(moved)]
    assert 0.95 < np.corrcoef(kept, moved)[0, 1] < 1
    assert abs(db((moved**2).sum() / (kept**2).sum()) + 3) < 0.5


def test_six_wrong_labels_are_wrong(plain: pd.DataFrame, audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    given = dict(zip(plain["file"], plain["emotion"], strict=True))
    assert len(planted["wrong_labels"]) == 6
    wrong = {w["file"] for w in planted["wrong_labels"]}
    assert len(wrong) == 6
    for fact in planted["wrong_labels"]:
        assert given[fact["file"]] == fact["given"] != fact["acted"]
        others = plain[(plain["speaker"] == fact["file"].split("/")[0]) & ~plain["file"].isin(wrong)]
        usual = {e: np.mean([level(audio[f]) for f in r["file"]]) for e, r in others.groupby("emotion")}
        heard = level(audio[fact["file"]])
        assert abs(heard - usual[fact["acted"]]) < abs(heard - usual[fact["given"]]), fact


def test_clipped(audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    assert (np.abs(audio[planted["damaged"]["clipped"]]) > 0.999).mean() > 0.01


def test_noisy_is_three_db_above_its_noise(audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    samples = audio[planted["damaged"]["noisy"]]
    noise = (samples[: round(0.38 * RATE_HZ)] ** 2).mean()  # the noise is alone for the first 0.4 s
    spoken = (frames(samples[round(0.42 * RATE_HZ) : -round(0.22 * RATE_HZ)]) ** 2).mean()
    assert 0 < db((spoken - noise) / noise) < 5


def test_silent(audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    samples = audio[planted["damaged"]["silent"]]
    assert len(samples) == 3 * RATE_HZ
    assert db((samples**2).mean()) < -75


def test_short(audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    samples = audio[planted["damaged"]["short"]]
    assert len(samples) == 0.4 * RATE_HZ
    assert level(samples) > -40


def test_telephone_band(audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    samples = audio[planted["damaged"]["telephone"]]
    assert share_db(samples, 4_000, 8_001) < -55
    assert share_db(samples, 300, 3_400) > -0.1


def test_music_stands_on_semitones(audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    for beat in frames(audio[planted["damaged"]["music"]], 0.5):
        power = np.abs(np.fft.rfft(beat * np.hanning(len(beat)), 8 * len(beat)))
        semitone = 12 * np.log2(np.argmax(power) * RATE_HZ / (8 * len(beat)) / 440)
        assert abs(semitone - round(semitone)) < 0.1


def test_two_voices_take_turns(audio: dict[str, np.ndarray], planted: dict[str, Any]) -> None:
    samples = audio[planted["damaged"]["two-voices"]]
    power = (frames(samples) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > power.max() / 1e4)
    turns = np.split(loud, np.flatnonzero(np.diff(loud) >= 11) + 1)  # a gap of 0.22 s
    assert len(turns) == 4
    pitch = [voicing(samples[t[0] * 320 : (t[-1] + 1) * 320])[1] for t in turns]
    assert min(pitch[0], pitch[2]) > 1.4 * max(pitch[1], pitch[3])


def test_corrupt_file_cannot_be_decoded(planted: dict[str, Any]) -> None:
    path = DEMO / planted["damaged"]["corrupt"]
    assert path.stat().st_size > 1_000
    with pytest.raises(sf.LibsndfileError):
        sf.read(path)
    with pytest.raises(av.error.FFmpegError):
        next(av.open(str(path)).decode(audio=0))


def test_call_has_a_role_on_each_channel(
    table: pd.DataFrame, audio: dict[str, np.ndarray], planted: dict[str, Any]
) -> None:
    call = planted["call"]
    rows = table[table["file"] == call["file"]].set_index("channel")
    assert rows["role"].to_dict() == {"left": "agent", "right": "client"}
    assert rows["speaker"].to_dict() == {"left": call["left"], "right": call["right"]}
    assert set(table.loc[table["channel"] != "", "file"]) == {call["file"]}
    samples = audio[call["file"]]
    assert samples.shape[1] == 2
    assert 20 <= len(samples) / RATE_HZ <= 30
    assert len(call["turns"]) >= 6
    for turn in call["turns"]:
        said = samples[round(turn["start_s"] * RATE_HZ) : round(turn["end_s"] * RATE_HZ)]
        left, right = (db(p) for p in (said**2).mean(axis=0))
        assert (left - right if turn["channel"] == "left" else right - left) > 20, turn
        assert turn["speaker"] == call[turn["channel"]]


@pytest.mark.parametrize(
    ("kind", "flag"),
    [
        ("clipped", Flag.CLIPPED),
        ("noisy", Flag.NOISY),
        ("silent", Flag.SILENT),
        ("short", Flag.TOO_SHORT),
        ("telephone", Flag.NARROW_BAND),
        ("music", Flag.MUSIC),
        ("two-voices", Flag.SEVERAL_VOICES),
    ],
)
def test_the_workbench_flags_what_is_planted(kind: str, flag: Flag, planted: dict[str, Any]) -> None:
    assert flag in flags_of(planted["damaged"][kind])


def test_the_workbench_flags_few_ordinary_clips(plain: pd.DataFrame) -> None:
    some = plain["file"].iloc[::8]
    flagged = [file for file in some if flags_of(file)]
    assert len(flagged) <= 0.1 * len(some), flagged


def test_the_workbench_reads_the_manifest(table: pd.DataFrame) -> None:
    corpus = open_corpus(DEMO)
    assert corpus.problems == ()
    assert len(corpus.recordings()) == len(corpus.table) == len(table)


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_readme_names_every_planted_file(name: str, planted: dict[str, Any]) -> None:
    text = (DEMO / name).read_text(encoding="utf-8")
    files = [*planted["whispers"], *planted["exact_duplicate"], *planted["near_duplicate"], planted["call"]["file"]]
    files += [*planted["damaged"].values(), *(w["file"] for w in planted["wrong_labels"])]
    assert [f for f in files if f"`{f}`" not in text] == []
    for fact in ("drifts", "turns", "steady"):
        assert f"`{planted[fact]['speaker']}`" in text
    assert "espeak-ng" in text
    assert ("synthetic speech" if name == "README.md" else "合成语音") in text


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The maker's plan, imported as the maker imports it."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(DEMO)
    yield importlib.import_module("script")
    for name in {"script", "cast", "acting"} - before:
        sys.modules.pop(name, None)


def test_manifest_is_what_the_maker_plans(script: ModuleType, table: pd.DataFrame, planted: dict[str, Any]) -> None:
    takes = {take.file: take for take in script.ordinary_takes()}
    rows = table[table["file"].isin(list(takes))].set_index("file")
    assert len(rows) == len(takes)
    for file, take in takes.items():
        said = rows.loc[file]
        planned = (take.voice.name, f"week{take.week}", take.given, script.words(take.sentence))
        assert (said["speaker"], said["session"], said["emotion"], said["text"]) == planned
    assert {t.file for t in takes.values() if t.given != t.acted} == {w["file"] for w in planted["wrong_labels"]}


def test_maker_without_espeak_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-B", str(DEMO / "make.py")],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "espeak-ng is not installed: apt install espeak-ng (Debian) or brew install espeak-ng (macOS)\n"
    )
