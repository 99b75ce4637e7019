"""Music and voices against plain loops and planted sounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emoanalytics.audio.decode import RATE_HZ
from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality.music import pauses, pulse, steady_partials
from emoanalytics.audio.quality.spectrum import Spectrum, log_mel
from emoanalytics.audio.quality.voices import pitch_span_st, voice_change, voices_likeness
from tests.audio.quality.make_sounds import melody, quality_of, raised, talk


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
