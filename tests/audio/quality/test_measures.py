"""All measures of a segment together: broken samples, any length, real speech."""

from __future__ import annotations

import csv
import math
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emoanalytics.audio.decode import RATE_HZ, decode, from_samples
from emoanalytics.audio.quality import Flag, Quality, flags, levels, measure, reason
from emoanalytics.audio.quality.music import music_likeness
from emoanalytics.audio.quality.spectrum import Spectrum, bandwidth_hz, excerpts
from emoanalytics.errors import AudioError
from emoanalytics.store.schema import QUALITY_COLUMNS
from tests.audio.quality.make_sounds import SETTINGS, active_power, melody, quality_of, raised, talk, with_noise

# Clipping and broken samples -----------------------------------------------------------------------------------


@pytest.mark.parametrize("gain", [1.01, 1.2, 2.0])
def test_clipping_is_measured_and_flagged(gain: float) -> None:
    sine = np.sin(2 * np.pi * 101.3 * np.arange(RATE_HZ) / RATE_HZ)
    assert quality_of(0.99 * sine).clipped_share == 0
    quality = quality_of(np.clip(gain * sine, -1, 1))
    assert quality.clipped_share == pytest.approx(2 / math.pi * math.acos(0.999 / gain), abs=0.01)
    assert Flag.CLIPPED in flags(quality, SETTINGS)


def test_non_finite_samples_are_counted_and_harm_nothing_else() -> None:
    speech = talk(3)
    broken = speech.copy()
    broken[1000:1480] = np.nan
    broken[2000] = np.inf
    quality = quality_of(broken)
    assert quality.non_finite_share == pytest.approx(481 / len(speech))
    assert Flag.NON_FINITE in flags(quality, SETTINGS)
    silenced = quality_of(np.where(np.isfinite(broken), broken, 0))
    assert quality == Quality(**{**vars(silenced), "non_finite_share": quality.non_finite_share})


# Segments of any length ----------------------------------------------------------------------------------------


def test_reading_in_blocks_changes_nothing() -> None:
    samples = np.concatenate([talk(9.5, seed=s, hz=100 + 10 * s) for s in range(10)])
    wave = from_samples(samples, RATE_HZ)
    quality = measure(wave, 0, wave.n_samples)
    whole = levels.levels([samples])
    spectrum = Spectrum.of([samples])
    assert quality.level_dbfs == levels.decibels(levels.active_power(whole.powers))
    assert quality.silence_share == levels.silence_share(whole.powers)
    assert quality.snr_db == pytest.approx(levels.snr_db(whole), abs=1e-9)
    assert quality.bandwidth_hz == bandwidth_hz(spectrum, RATE_HZ)
    assert quality.music_likeness == music_likeness(spectrum)


def test_a_part_of_a_recording_is_measured_alone() -> None:
    parts = [talk(3, seed=1), melody(3), np.zeros(3 * RATE_HZ, np.float32)]
    wave = from_samples(np.concatenate(parts), RATE_HZ)
    for i, part in enumerate(parts):
        found, alone = measure(wave, i * 48_000, (i + 1) * 48_000), quality_of(part)
        assert np.array_equal(list(vars(found).values()), list(vars(alone).values()), equal_nan=True)


class Endless:
    """Ten hours of a tone, made where it is read; remembers the longest read."""

    n_samples = 36_000 * RATE_HZ
    source_rate_hz = RATE_HZ

    def __init__(self) -> None:
        self.longest = 0

    def read(self, start: int, stop: int) -> np.ndarray:
        self.longest = max(self.longest, stop - start)
        return np.resize(np.array([0.1, -0.1], np.float32), stop - start)

    def clipped_share(self, start: int, stop: int) -> float:
        return 0.0

    def non_finite_share(self, start: int, stop: int) -> float:
        return 0.0


def test_a_long_recording_is_read_in_pieces() -> None:
    wave = Endless()
    quality = measure(wave, 0, 400 * RATE_HZ)
    assert wave.longest <= 30 * RATE_HZ
    assert Flag.TOO_LONG in flags(quality, SETTINGS)
    assert quality.level_dbfs == pytest.approx(-20, abs=0.01)


def test_excerpts_cover_both_ends() -> None:
    spans = excerpts(1000, 1000 + 36_000 * RATE_HZ)
    assert spans[0][0] == 1000
    assert spans[-1][1] == 1000 + 36_000 * RATE_HZ
    assert sum(stop - start for start, stop in spans) == 120 * RATE_HZ
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


@pytest.mark.parametrize("n", [1, 2, 319, 320, 321, 400, 1023, 1024, 1025, 3000])
def test_tiny_segments(n: int) -> None:
    wave = from_samples(talk(1), RATE_HZ)
    quality = measure(wave, 8000, 8000 + n)
    assert quality.duration_s == n / RATE_HZ
    assert Flag.TOO_SHORT in flags(quality, SETTINGS)
    assert math.isfinite(quality.silence_share)
    assert math.isnan(quality.music_likeness)
    assert math.isnan(quality.voices_likeness)


def test_nothing_is_too_short_and_nothing_else() -> None:
    quality = measure(from_samples(talk(1), RATE_HZ), 500, 500)
    assert quality.duration_s == 0
    assert all(math.isnan(getattr(quality, column)) for column in QUALITY_COLUMNS)
    assert flags(quality, SETTINGS) == (Flag.TOO_SHORT,)


def test_digital_silence_is_silent_and_nothing_else() -> None:
    quality = quality_of(np.zeros(2 * RATE_HZ, np.float32))
    assert quality.silence_share == 1
    assert flags(quality, SETTINGS) == (Flag.SILENT,)
    assert math.isnan(quality.snr_db)
    assert math.isnan(quality.level_dbfs)


def test_an_empty_room_is_silent_and_quiet() -> None:
    room = 1e-4 * np.random.default_rng(0).normal(size=3 * RATE_HZ)
    assert {Flag.SILENT, Flag.QUIET} <= raised(room)


def test_a_span_outside_the_recording_is_refused() -> None:
    wave = from_samples(talk(1), RATE_HZ)
    for span in ((-1, 10), (10, 5), (0, 16_001)):
        with pytest.raises(AudioError, match=f"samples {span[0]} to {span[1]} are not within a recording of 16000"):
            measure(wave, *span)


SOUNDS = st.one_of(
    arrays(np.float32, st.integers(1, 6000), elements=st.floats(-1, 1, width=32)),
    st.builds(
        lambda n, level, seed: level * np.random.default_rng(seed).standard_normal(n).astype(np.float32),
        st.integers(1, 40_000),
        st.sampled_from([1e-30, 1e-7, 1e-3, 1.0, 1e6]),
        st.integers(0, 99),
    ),
    st.builds(lambda n, x: np.full(n, x, np.float32), st.integers(1, 40_000), st.floats(-1, 1, width=32)),
    st.builds(lambda n, p: np.eye(1, n, p % n, np.float32)[0], st.integers(1, 40_000), st.integers(0, 40_000)),
)


@hypothesis_settings(max_examples=60, deadline=None)
@given(SOUNDS)
@pytest.mark.filterwarnings("error")
def test_any_sound_is_measured_without_a_complaint(samples: np.ndarray) -> None:
    quality = quality_of(samples)
    for column, value in vars(quality).items():
        assert not math.isinf(value), column
    for column in ("silence_share", "clipped_share", "music_likeness", "voices_likeness", "non_finite_share"):
        value = getattr(quality, column)
        assert math.isnan(value) or 0 <= value <= 1, column
    for flag in flags(quality, SETTINGS):
        assert "nan" not in reason(flag, quality, SETTINGS, "en")


# Real speech ---------------------------------------------------------------------------------------------------


def rates(paths: list[Path]) -> Counter[Flag]:
    counts: Counter[Flag] = Counter()
    for path in paths:
        with decode(path)[0] as wave:
            counts.update(flags(measure(wave, 0, wave.n_samples), SETTINGS))
    return Counter({flag: count / len(paths) for flag, count in counts.items()})


def test_clean_acted_speech_raises_few_flags(shared_data: Path) -> None:
    folder = shared_data / "ravdess6"
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as rows:
        found = list(csv.DictReader(rows))[::3]
    share = rates([folder / row["file"] for row in found])
    assert share[Flag.NOISY] == share[Flag.NARROW_BAND] == share[Flag.MUSIC] == share[Flag.CLIPPED] == 0
    assert share[Flag.SILENT] < 0.05
    assert share[Flag.SEVERAL_VOICES] < 0.1
    quiet = rates([folder / row["file"] for row in found if row["speaker"] in ("9", "20")])
    assert quiet[Flag.QUIET] > 0.5, "actors 09 and 20 were recorded very quietly"


def test_clean_read_speech_raises_few_flags(shared_data: Path) -> None:
    share = rates(sorted((shared_data / "librispeech10").glob("*.flac")))
    assert share[Flag.NOISY] == share[Flag.NARROW_BAND] == share[Flag.MUSIC] == share[Flag.CLIPPED] == 0
    assert share[Flag.SEVERAL_VOICES] < 0.15


def test_telephone_digits_are_short_and_narrow(shared_data: Path) -> None:
    share = rates(sorted((shared_data / "fsdd_short").glob("*.wav")))
    assert share[Flag.TOO_SHORT] == share[Flag.NARROW_BAND] == 1


def test_a_woman_and_a_man_joined_are_mostly_found(shared_data: Path) -> None:
    folder = shared_data / "librispeech10"
    clips: dict[str, list[np.ndarray]] = {"f": [], "m": []}
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            wave = decode(folder / row["file"])[0]
            samples = wave.read(0, min(wave.n_samples, 5 * RATE_HZ))
            clips[row["gender"]].append(samples * (0.05 / math.sqrt(active_power(samples))))
    pairs = [np.concatenate(pair) for pair in zip(clips["f"], clips["m"], strict=False)]
    found = sum(Flag.SEVERAL_VOICES in raised(pair) for pair in pairs)
    assert len(pairs) >= 9
    assert found / len(pairs) > 0.6


def test_noise_on_real_speech_is_found(shared_data: Path) -> None:
    estimates = []
    for path in sorted((shared_data / "librispeech10").glob("*0000.flac")):
        wave = decode(path)[0]
        noisy = quality_of(with_noise(wave.read(0, wave.n_samples), 5))
        estimates.append(noisy.snr_db)
        assert Flag.NOISY in flags(noisy, SETTINGS), path.name
    assert np.median(estimates) == pytest.approx(5, abs=3)
