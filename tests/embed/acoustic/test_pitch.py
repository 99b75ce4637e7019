"""Pitch against known tones, and its path search against every path."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from emoanalytics.embed.acoustic import pitch
from emoanalytics.embed.acoustic.contours import RATE_HZ, Contours
from tests.conftest import tone
from tests.embed.acoustic.make_clips import CLIPS


@pytest.mark.parametrize("hz", [70.0, 98.3, 155.0, 221.7, 340.0, 480.0, 590.0])
def test_the_pitch_of_a_known_tone(hz: float, bank: np.ndarray) -> None:
    t = Contours.of(tone(0.6, hz=hz), bank)
    inside = t.pitch.f0_hz[4:-4]
    assert (inside > 0).all()
    np.testing.assert_allclose(inside, hz, rtol=0.006)


def test_a_missing_fundamental_is_heard(bank: np.ndarray) -> None:
    time = np.arange(8_000) / RATE_HZ
    clip = sum(np.sin(2 * np.pi * 130 * k * time) for k in (3, 4, 5, 6))
    assert np.median(Contours.of(clip.astype(np.float32), bank).pitch.f0_hz) == pytest.approx(130, rel=0.01)


def test_noise_has_no_pitch(bank: np.ndarray) -> None:
    t = Contours.of(CLIPS["whisper"].astype(np.float32), bank)
    assert t.voiced.mean() < 0.03


@pytest.mark.parametrize("snr_db", [5.0, 15.0])
def test_the_harmonics_to_noise_ratio_is_the_one_mixed(snr_db: float, bank: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    voice = tone(1.0, hz=200, level=0.1).astype(np.float64)
    noise = rng.normal(size=len(voice))
    noise *= np.sqrt(np.mean(voice**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    t = Contours.of((voice + noise).astype(np.float32), bank)
    assert np.median(t.hnr_db[t.voiced]) == pytest.approx(snr_db, abs=1.5)


def test_candidates_by_loop() -> None:
    rng = np.random.default_rng(2)
    r = np.cumsum(rng.normal(size=(3, pitch.LONGEST_LAG + 2)), axis=1) * 0.02 + 0.3
    f0, height, score = pitch._candidates(r)
    for i in range(3):
        peaks = []
        for lag in range(pitch.SHORTEST_LAG, pitch.LONGEST_LAG + 1):
            a, b, c = r[i, lag - 1], r[i, lag], r[i, lag + 1]
            if b > a and b >= c:
                peak = lag + 0.5 * (a - c) / (a - 2 * b + c)
                top = np.polyval(np.polyfit([-1, 0, 1], [a, b, c], 2), peak - lag)
                cost = pitch.OCTAVE_COST * math.log2(lag / pitch.SHORTEST_LAG)
                peaks.append((b - cost, RATE_HZ / peak, min(max(top, 0), 0.99999)))
        best = sorted(peaks, reverse=True)[: pitch.CANDIDATES]
        order = np.argsort(-score[i])
        np.testing.assert_allclose(np.stack([score[i], f0[i], height[i]], axis=1)[order], best, rtol=1e-6)


def path_value(path: tuple[int, ...], f0: np.ndarray, score: np.ndarray, unvoiced: np.ndarray) -> float:
    total = 0.0
    for t, state in enumerate(path):
        total += unvoiced[t] if state == 2 else score[t, state]
        if t and (state == 2) != (path[t - 1] == 2):
            total -= pitch.VOICING_COST
        elif t and state != 2:
            total -= pitch.OCTAVE_JUMP_COST * abs(math.log2(f0[t, state] / f0[t - 1, path[t - 1]]))
    return total


def test_the_path_is_the_best_of_all() -> None:
    """Against every path through five frames of two candidates and the unvoiced state."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        given = rng.uniform(80, 400, size=(5, 2)), rng.uniform(0.1, 0.9, size=(5, 2)), rng.uniform(0.3, 0.7, size=5)
        best = max(product(range(3), repeat=5), key=lambda path, given=given: path_value(path, *given))
        assert tuple(pitch._path(*given)) == best
