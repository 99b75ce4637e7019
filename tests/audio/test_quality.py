"""Quality measures against slow twins, planted defects and real speech."""

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
from scipy.integrate import quad
from scipy.signal import butter, sosfilt
from scipy.special import digamma, erf, gamma
from scipy.stats import poisson

from emoanalytics.audio import levels
from emoanalytics.audio.decode import RATE_HZ, decode, from_samples
from emoanalytics.audio.music import music_likeness, pauses, pulse, steady_partials
from emoanalytics.audio.quality import Flag, Quality, flags, measure, name, reason
from emoanalytics.audio.spectrum import Spectrum, bandwidth_hz, excerpts, log_mel
from emoanalytics.audio.voices import pitch_span_st, voice_change, voices_likeness
from emoanalytics.errors import AudioError
from emoanalytics.settings import QualitySettings
from emoanalytics.store.schema import QUALITY_COLUMNS

SETTINGS = QualitySettings()
GOOD = Quality(2.0, 0.2, 0.0, -26.0, 40.0, 7800.0, 0.1, 0.1, 0.0)


def talk(
    seconds: float, *, hz: float = 130.0, seed: int = 0, formants: tuple[float, ...] = (600, 1300, 2600)
) -> np.ndarray:
    """Speech-like sound: syllables of a gliding harmonic voice and hiss, with pauses between words."""
    rng = np.random.default_rng(seed)
    out = np.zeros(round(seconds * RATE_HZ))
    at = 0
    while at < len(out):
        t = np.arange(round(rng.uniform(0.1, 0.25) * RATE_HZ)) / RATE_HZ
        glide = hz * (1 + rng.uniform(-0.1, 0.1) + rng.uniform(-0.6, 0.6) * t)
        phase = 2 * np.pi * np.cumsum(glide) / RATE_HZ
        shift = rng.uniform(0.8, 1.2)
        voice = np.zeros(len(t))
        for k in range(1, int(6000 / hz)):
            weight = sum(1 / (1 + ((k * hz - f * shift) / 150) ** 2) for f in formants) + 0.3 / k
            voice += weight * np.sin(k * phase)
        hiss = 0.5 * np.diff(rng.normal(size=len(t) + 1)) * (rng.random() < 0.4)
        syllable = (voice / np.abs(voice).max() + hiss) * np.sin(np.pi * t / t[-1])
        stop = min(at + len(t), len(out))
        out[at:stop] = rng.uniform(0.3, 1) * syllable[: stop - at]
        at += len(t) + round(rng.choice([0.02, 0.03, 0.3]) * RATE_HZ)
    return (0.2 * out + 1e-4 * rng.normal(size=len(out))).astype(np.float32)


def melody(seconds: float) -> np.ndarray:
    """Notes of 0.4 s over a held chord."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    scale = 262 * 2 ** (np.array([0, 4, 7, 12, 9, 5, 2, 7]) / 12)
    hz = scale[(t / 0.4).astype(int) % 8]
    tune = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 6)) * np.exp(-2 * (t % 0.4))
    chord = sum(np.sin(2 * np.pi * f * t) for f in (131, 165, 196))
    return (0.1 * tune + 0.05 * chord).astype(np.float32)


def quality_of(samples: np.ndarray, rate_hz: int = RATE_HZ) -> Quality:
    wave = from_samples(samples, rate_hz)
    return measure(wave, 0, wave.n_samples)


def raised(samples: np.ndarray) -> set[Flag]:
    return set(flags(quality_of(samples), SETTINGS))


def active_power(samples: np.ndarray) -> float:
    return levels.active_power(levels.levels([samples]).powers)


def with_noise(speech: np.ndarray, snr_db: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=len(speech))
    return (speech + noise * math.sqrt(active_power(speech) / 10 ** (snr_db / 10))).astype(np.float32)


# Level and silence: slow twins -------------------------------------------------------------------------------


def frames_by_hand(samples: np.ndarray) -> list[float]:
    powers = []
    for first in range(0, len(samples), 320):
        frame = samples[first : first + 320].astype(np.float64)
        mean = sum(frame) / len(frame)
        powers.append(sum((x - mean) ** 2 for x in frame) / len(frame))
    return powers


def level_by_hand(powers: list[float]) -> float:
    """The highest level that is the mean of the frames no more than 15.9 dB below it, by trying every cut."""
    for cut in sorted(set(powers)):
        above = [p for p in powers if p >= cut]
        mean = sum(above) / len(above)
        if all(p < mean / 10**1.59 for p in powers if p < cut) and cut >= mean / 10**1.59:
            return mean
    raise AssertionError("no such level")


@pytest.mark.parametrize("seed", range(4))
def test_level_and_silence_equal_plain_loops(seed: int) -> None:
    samples = talk(2.3, seed=seed)[: 36_000 + 17 * seed]
    quality = quality_of(samples)
    powers = frames_by_hand(samples)
    level = level_by_hand(powers)
    silent = sum(1 for p in powers if p < level / 1000 or p < 10**-6.5)
    assert quality.level_dbfs == pytest.approx(10 * math.log10(level), abs=1e-4)
    assert quality.silence_share == pytest.approx(silent / len(powers))
    assert 0.05 < quality.silence_share < 0.95


def test_a_full_scale_sine_is_at_minus_three() -> None:
    sine = np.sin(2 * np.pi * 400 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    assert quality_of(sine).level_dbfs == pytest.approx(-3.01, abs=0.01)


def test_an_offset_is_no_sound() -> None:
    speech = with_noise(talk(3), 15)
    clean, offset = vars(quality_of(speech)), vars(quality_of(speech + np.float32(0.25)))
    for column, value in clean.items():
        assert offset[column] == pytest.approx(value, rel=1e-3, abs=1e-3), column
    assert flags(quality_of(np.full(2 * RATE_HZ, 0.3, np.float32)), SETTINGS) == (Flag.SILENT,)


def test_pauses_do_not_lower_the_level() -> None:
    speech = talk(3)
    padded = np.concatenate([np.zeros(RATE_HZ * 4, np.float32), speech])
    assert quality_of(padded).level_dbfs == pytest.approx(quality_of(speech).level_dbfs, abs=0.05)


# Noise ---------------------------------------------------------------------------------------------------------


def test_the_amplitude_table_is_the_integral_it_stands_for() -> None:
    shape = 0.4

    def mean_log(x: float) -> float:  # E ln|x + n|, n standard normal: (x + n)^2 is noncentral chi-square
        j = np.arange(2000)
        return (math.log(2) + float(poisson.pmf(j, x * x / 2) @ digamma(j + 0.5))) / 2 if x < 40 else math.log(x)

    def mean_size(x: float) -> float:
        return math.sqrt(2 / math.pi) * math.exp(-x * x / 2) + x * erf(x / math.sqrt(2))

    for snr in (-10.0, 0.0, 10.0, 20.0):
        rate = math.sqrt(shape * (shape + 1) / 10 ** (snr / 10))

        def mean(function, rate=rate):  # over a gamma density; w = u ** shape takes its pole away
            return quad(
                lambda w: function(w ** (1 / shape) / rate) * math.exp(-(w ** (1 / shape))) / gamma(shape + 1),
                0,
                50**shape,
                epsabs=1e-6,
                limit=200,
            )[0]

        gap = math.log(mean(mean_size)) - mean(mean_log)
        assert levels.wada_db(gap) == pytest.approx(snr, abs=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_snr_follows_planted_noise(seed: int) -> None:
    speech = talk(5, seed=seed)
    estimates = [quality_of(with_noise(speech, snr, seed)).snr_db for snr in (0, 5, 10, 15, 20, 25)]
    assert estimates == sorted(estimates)
    for estimate, snr in zip(estimates, (0, 5, 10, 15, 20, 25), strict=True):
        assert abs(estimate - snr) < 6


def test_noise_is_flagged_and_clean_speech_is_not() -> None:
    speech = talk(4)
    assert Flag.NOISY not in raised(speech)
    assert Flag.NOISY in raised(with_noise(speech, 5))
    assert Flag.NOISY in raised(0.1 * np.random.default_rng(0).normal(size=32_000))


def test_digital_silence_between_words_tells_nothing_about_the_room() -> None:
    noisy = with_noise(talk(3), 3)
    joined = np.concatenate([noisy, np.zeros(RATE_HZ * 2, np.float32), noisy])
    assert quality_of(joined).snr_db == pytest.approx(quality_of(noisy).snr_db, abs=1)


def test_gain_changes_the_level_alone() -> None:
    speech = with_noise(talk(3), 20)
    loud, soft = quality_of(speech), quality_of(speech / 8)
    assert soft.level_dbfs == pytest.approx(loud.level_dbfs - 18.06, abs=0.01)
    for column in ("snr_db", "bandwidth_hz", "music_likeness", "voices_likeness"):
        assert getattr(soft, column) == pytest.approx(getattr(loud, column), abs=0.05), column


# Band ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cutoff_hz", [2000, 3400, 5000, 7000])
def test_bandwidth_follows_a_steep_filter(cutoff_hz: int) -> None:
    noise = np.random.default_rng(0).normal(size=32_000) * 0.1
    low = sosfilt(butter(20, cutoff_hz, fs=RATE_HZ, output="sos"), noise)
    assert quality_of(low).bandwidth_hz == pytest.approx(cutoff_hz, rel=0.2)


def test_bandwidth_equals_a_plain_loop() -> None:
    noise = np.random.default_rng(3).normal(size=RATE_HZ)
    sound = sosfilt(butter(4, [400, 4500], "bandpass", fs=RATE_HZ, output="sos"), noise).astype(np.float32)
    spectra = []
    for first in range(0, len(sound) - 1023, 256):
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
        power = np.abs(np.fft.rfft(sound[first : first + 1024] * window)) ** 2
        power[:3] = 0
        spectra.append(power)
    mean = np.mean(spectra, axis=0)  # steady noise: every frame is active
    smooth = [np.mean(mean[max(0, i - 3) : i + 4]) for i in range(513)]
    reference = np.mean(smooth[32:218])  # 500 to 3400 Hz in steps of 15.625 Hz
    expected = max(i for i in range(500) if smooth[i] >= reference / 1000) * 15.625
    assert quality_of(sound).bandwidth_hz == pytest.approx(expected, abs=0.1)
    assert 4500 < expected < 7800


def test_a_telephone_is_flagged_whatever_rate_its_file_has() -> None:
    speech = with_noise(talk(3), 30)
    line = sosfilt(butter(6, [300, 3400], "bandpass", fs=RATE_HZ, output="sos"), speech)
    assert Flag.NARROW_BAND in raised(line)
    assert Flag.NARROW_BAND not in raised(speech)


def test_the_source_rate_bounds_the_band() -> None:
    noise = np.random.default_rng(0).normal(size=8000) * 0.1
    assert quality_of(noise, rate_hz=8000).bandwidth_hz <= 4000
    spectrum = Spectrum.of([np.random.default_rng(0).normal(size=RATE_HZ).astype(np.float32)])
    assert bandwidth_hz(spectrum, 48_000) == 8000
    assert bandwidth_hz(spectrum, 11_025) == 5512.5


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


# Music and voices ----------------------------------------------------------------------------------------------


def test_a_melody_is_music_and_talk_is_not() -> None:
    tune, speech = quality_of(melody(4)), quality_of(talk(4))
    assert tune.music_likeness > 0.9
    assert speech.music_likeness < 0.3


def test_the_pitches_of_an_instrument_are_no_voices() -> None:
    t = np.arange(5 * RATE_HZ) / RATE_HZ
    hz = np.array([110, 330, 147, 294, 220])[(t / 0.5).astype(int) % 5]
    tune = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 9)) * np.exp(-2 * (t % 0.5))
    assert voices_likeness(Spectrum.of([tune])) > 0.5
    assert quality_of(0.1 * tune).voices_likeness < 0.1


def test_a_drum_loop_is_music_and_white_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    t = np.arange(6 * RATE_HZ) / RATE_HZ
    loop = rng.normal(size=len(t)) * (np.exp(-40 * (t % 0.25)) + np.exp(-15 * (t % 0.5)))
    assert Flag.MUSIC in raised(0.1 * loop)
    assert Flag.MUSIC not in raised(0.1 * rng.normal(size=len(t)))


def test_steady_partials_of_a_tone_are_one_and_of_a_sweep_are_few() -> None:
    t = np.arange(3 * RATE_HZ) / RATE_HZ
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (500, 800, 1200, 1900, 2600))
    sweep = np.sin(2 * np.pi * (500 * t + 300 * t**2))
    assert steady_partials(Spectrum.of([chord])) > 0.95
    assert steady_partials(Spectrum.of([sweep])) < 0.3


def test_pauses_equal_a_plain_loop() -> None:
    spectrum = Spectrum.of([talk(3)])
    size = [math.sqrt(row.sum()) for row in spectrum.power.astype(np.float64)]
    n, low = len(size), 0
    for i in range(n):
        # The window of 62 frames is even, so it reaches one frame further back; the ends are mirrored.
        around = [size[j if 0 <= j < n else (-j - 1 if j < 0 else 2 * n - 1 - j)] for j in range(i - 31, i + 31)]
        low += size[i] < 0.5 * sum(around) / 62
    assert pauses(spectrum) == pytest.approx(low / n, abs=2 / n)
    assert 0.1 < low / n < 0.9


def test_pulse_finds_the_beat() -> None:
    rng = np.random.default_rng(1)
    t = np.arange(5 * RATE_HZ) / RATE_HZ
    clicks = rng.normal(size=len(t)) * np.exp(-60 * (t % 0.4))
    assert pulse(Spectrum.of([clicks])) > 0.8
    assert pulse(Spectrum.of([rng.normal(size=len(t))])) < 0.4
    assert pulse(Spectrum.of([clicks[:RATE_HZ]])) == 0, "too short to repeat"


def test_pitch_span_of_a_glide() -> None:
    t = np.arange(3 * RATE_HZ) / RATE_HZ
    hz = 100 * 2 ** (t / 3)  # one octave: its 10th to 90th percentile are 9.6 semitones
    phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    voice = sum(np.sin(k * phase) / k for k in range(1, 10))
    assert pitch_span_st(Spectrum.of([voice])) == pytest.approx(9.6, abs=0.4)
    assert math.isnan(pitch_span_st(Spectrum.of([np.random.default_rng(0).normal(size=len(t))]))), "hiss has no pitch"


def test_voice_change_equals_a_plain_loop() -> None:
    spectrum = Spectrum.of([np.concatenate([talk(2.0, seed=1), talk(2.0, hz=220, seed=2, formants=(800, 1900, 3300))])])
    rows = log_mel(spectrum)[spectrum.active].astype(np.float64)
    k, m = np.arange(1, 13)[:, None], np.arange(24)[None, :]
    cepstra = rows @ (np.sqrt(2 / 24) * np.cos(np.pi * k * (2 * m + 1) / 48)).T
    n = len(cepstra)
    side = max(25, min(150, n // 2) // 2)

    def log_det(part: np.ndarray) -> float:
        return float(np.log(np.linalg.det(np.cov(part.T, bias=True) + 0.01 * np.eye(12))))

    best = -math.inf
    for change in range(side, n - side + 1, 8):
        first, last = max(0, change - 150), min(n, change + 150)
        evidence = (last - first) * log_det(cepstra[first:last])
        evidence -= (change - first) * log_det(cepstra[first:change]) + (last - change) * log_det(cepstra[change:last])
        best = max(best, evidence / 2 / (12 * 15 / 4 * math.log(last - first)))
    assert voice_change(spectrum) == pytest.approx(best, rel=1e-6)


def test_two_voices_in_turn_are_found() -> None:
    low = talk(3, hz=110, seed=1)
    high = talk(3, hz=230, seed=2, formants=(800, 1900, 3300))
    assert Flag.SEVERAL_VOICES in raised(np.concatenate([low, high]))
    assert Flag.SEVERAL_VOICES not in raised(np.concatenate([low, talk(3, hz=110, seed=3)]))
    assert Flag.SEVERAL_VOICES not in raised(high)


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


# Flags and words -----------------------------------------------------------------------------------------------

CASES = {
    Flag.TOO_SHORT: ("duration_s", 0.99, 1.0, "0.99 s long, less than 1 s"),
    Flag.TOO_LONG: ("duration_s", 30.1, 30.0, "30.1 s long, more than 30 s"),
    Flag.SILENT: ("silence_share", 0.76, 0.75, "76% of it is silence, more than 75%"),
    Flag.CLIPPED: ("clipped_share", 0.0012, 0.001, "0.12% of the samples are at full scale, more than 0.10%"),
    Flag.QUIET: ("level_dbfs", -45.1, -45.0, "the speech is at -45.1 dBFS, below -45 dBFS"),
    Flag.NOISY: ("snr_db", 9.9, 10.0, "9.9 dB above the noise, less than 10 dB"),
    Flag.NARROW_BAND: ("bandwidth_hz", 3400.0, 4800.0, "the sound ends at 3400 Hz, below 4800 Hz"),
    Flag.MUSIC: ("music_likeness", 0.51, 0.5, "music-likeness 0.51, more than 0.5"),
    Flag.SEVERAL_VOICES: ("voices_likeness", 0.51, 0.5, "several voices 0.51, more than 0.5"),
    Flag.NON_FINITE: ("non_finite_share", 0.0001, 0.0, "0.01% of the samples were not numbers"),
}


@pytest.mark.parametrize("flag", list(Flag))
def test_each_flag_stands_for_one_threshold(flag: Flag) -> None:
    column, bad, allowed, text = CASES[flag]
    values = vars(GOOD)
    poor = Quality(**{**values, column: bad})
    assert flags(poor, SETTINGS) == (flag,)
    assert flags(Quality(**{**values, column: allowed}), SETTINGS) == ()
    assert flags(Quality(**{**values, column: math.nan}), SETTINGS) == ()
    english, chinese = reason(flag, poor, SETTINGS, "en"), reason(flag, poor, SETTINGS, "zh")
    assert english.startswith(f"{name(flag)}: ")
    assert text in english
    assert chinese.startswith(f"{name(flag, 'zh')}：")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese.split("：")[1])
    number = next(word for word in text.replace("%", " ").split() if word[-1].isdigit())
    assert number in chinese
    assert "\n" not in english + chinese


def test_flags_have_distinct_names_and_the_store_has_a_column_for_each_measure() -> None:
    assert [flag.value for flag in Flag][:3] == ["too_short", "too_long", "silent"]
    for language in ("en", "zh"):
        assert len({name(flag, language) for flag in Flag}) == len(Flag)
    assert {"duration_s", *QUALITY_COLUMNS} == set(vars(GOOD))


def test_an_infinite_value_is_no_quality() -> None:
    with pytest.raises(AudioError, match="snr_db is infinite"):
        Quality(**{**vars(GOOD), "snr_db": math.inf})


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
