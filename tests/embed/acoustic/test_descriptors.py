"""Descriptors against slow, plain versions and clips whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emoanalytics.embed.acoustic import descriptors
from emoanalytics.embed.acoustic.contours import RATE_HZ, Contours
from tests.conftest import tone
from tests.embed.acoustic.make_clips import speechlike


def test_delta_is_a_regression_slope_by_loop() -> None:
    track = np.random.default_rng(4).normal(size=(12, 2))
    found = descriptors.delta(track, 3)
    for i in range(12):
        for k in range(2):
            around = [track[min(max(i + j, 0), 11), k] for j in range(-3, 4)]
            assert found[i, k] == pytest.approx(np.polyfit(range(-3, 4), around, 1)[0])


def test_statistics_are_over_the_right_frames(bank: np.ndarray) -> None:
    t = Contours.of(speechlike(), bank)
    d = descriptors.describe(t)
    assert 0 < t.voiced.sum() < t.active.sum() < len(t)
    flux = t.shape["flux"]
    voiced = [float(flux[i]) for i in range(len(t)) if t.voiced[i]]
    active = [float(flux[i]) for i in range(len(t)) if t.active[i]]
    assert d["shape.flux_voiced.mean"] == pytest.approx(sum(voiced) / len(voiced), rel=1e-5)
    assert d["shape.flux_active.p75"] == pytest.approx(np.percentile(active, 75), rel=1e-5)
    sd = math.sqrt(sum((v - np.mean(active)) ** 2 for v in active) / len(active))
    assert d["shape.flux_active.sd"] == pytest.approx(sd, rel=1e-4)
    for k in (0, 13, 39):
        band = [float(t.mel[i, k]) for i in range(len(t)) if t.active[i]]
        assert d[f"spectrum.ltas{k:02d}"] == pytest.approx(10 * math.log10(sum(band) / len(band)), abs=1e-3)
        assert d[f"spectrum.mel{k:02d}.sd"] == pytest.approx(np.std(10 * np.log10(np.maximum(band, 1e-7))), abs=1e-3)
    assert d["cepstrum.mfcc05.mean"] == pytest.approx(
        np.mean([t.cepstra[i, 5] for i in np.flatnonzero(t.active)]), abs=1e-3
    )


def test_a_glide_has_its_slope_and_range(bank: np.ndarray) -> None:
    """Six semitones a second upwards from 120 Hz for one second."""
    time = np.arange(RATE_HZ) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(120 * 2 ** (6 * time / 12)) / RATE_HZ
    d = descriptors.describe(Contours.of(sum(np.sin(k * phase) / k for k in (1, 2, 3)).astype(np.float32), bank))
    start = 12 * math.log2(1.2)
    assert d["pitch.slope.mean"] == pytest.approx(6, abs=0.1)
    assert d["pitch.declination"] == pytest.approx(6, abs=0.1)
    assert d["pitch.f0.p50"] == pytest.approx(start + 3, abs=0.1)
    assert d["pitch.range.p5_95"] == pytest.approx(5.4, abs=0.2)
    assert d["pitch.run_range.max"] == pytest.approx(6, abs=0.3)
    assert d["pitch.third3"] - d["pitch.third1"] == pytest.approx(4, abs=0.2)
    assert d["pitch.rise.share"] > 0.9 and d["pitch.bend.mean"] < 0.1 and d["pitch.jitter.mean"] < 0.05


def test_movement_inside_runs_by_loop() -> None:
    rng = np.random.default_rng(5)
    st = rng.normal(size=40)
    kept = [(2, 10), (15, 36)]
    found = descriptors._movement(st, kept)
    lines = [np.polyfit(np.arange(b - a) * 0.01, st[a:b], 1) for a, b in kept]
    weight = [8 / 29, 21 / 29]
    steps = [(st[i + 1] - st[i]) * 100 for a, b in kept for i in range(a, b - 1)]
    bends = [
        np.std(st[a:b] - np.polyval(line, np.arange(b - a) * 0.01)) for (a, b), line in zip(kept, lines, strict=True)
    ]
    jitter = [np.mean([abs(st[i] - 2 * st[i + 1] + st[i + 2]) for i in range(a, b - 2)]) for a, b in kept]
    expected = [
        sum(w * line[0] for w, line in zip(weight, lines, strict=True)),
        math.sqrt(sum(w * line[0] ** 2 for w, line in zip(weight, lines, strict=True))),
        sum(w * abs(line[0]) for w, line in zip(weight, lines, strict=True)),
        sum(w * (max(st[a:b]) - min(st[a:b])) for w, (a, b) in zip(weight, kept, strict=True)),
        max(max(st[a:b]) - min(st[a:b]) for a, b in kept),
        sum(w * v for w, v in zip(weight, bends, strict=True)),
        sum(w * v for w, v in zip(weight, jitter, strict=True)),
        np.mean([s for s in steps if s > 0]),
        np.mean([s for s in steps if s < 0]),
        np.mean([s > 0 for s in steps]),
        np.median(np.abs(steps)),
    ]
    np.testing.assert_allclose(found, expected)


def test_harmonic_differences_of_a_known_spectrum(bank: np.ndarray) -> None:
    time = np.arange(RATE_HZ) / RATE_HZ
    amplitude = (1.0, 0.5, 0.25, 0.125)  # 6 dB a harmonic
    clip = sum(a * np.sin(2 * np.pi * 250 * (k + 1) * time) for k, a in enumerate(amplitude))
    d = descriptors.describe(Contours.of(clip.astype(np.float32), bank))
    assert d["voice.h1_h2.mean"] == pytest.approx(6.02, abs=0.3)
    assert d["voice.h2_h4.mean"] == pytest.approx(12.04, abs=0.3)
    assert d["voice.h1_h3.mean"] == pytest.approx(12.04, abs=0.3)
    assert d["voice.h1_a1.mean"] == pytest.approx(6.02, abs=0.3)  # the strongest of 300-1000 Hz is 500 Hz


def test_what_moves_together_is_a_correlation(bank: np.ndarray) -> None:
    t = Contours.of(speechlike(), bank)
    d = descriptors.describe(t)
    expected = np.corrcoef(t.semitones[t.voiced], t.energy_db[t.voiced])[0, 1]
    assert d["voice.together.pitch_energy"] == pytest.approx(expected, abs=1e-4)
    expected = np.corrcoef(t.hnr_db[t.voiced], t.shape["flatness"][t.voiced])[0, 1]
    assert d["voice.together.hnr_flatness"] == pytest.approx(expected, abs=1e-4)


def test_bursts_and_pauses_are_counted(bank: np.ndarray) -> None:
    """Four bursts of 0.3 s with pauses of 0.2 s between them, inside silence."""
    burst, pause = tone(0.3, hz=180), np.zeros(3_200, np.float32)
    clip = np.concatenate([np.zeros(8_000, np.float32), *[burst, pause] * 3, burst, np.zeros(8_000, np.float32)])
    d = descriptors.describe(Contours.of(clip, bank))
    seconds = 2 ** d["rhythm.log2_seconds"]
    assert seconds == pytest.approx(1.8, abs=0.05)
    assert d["rhythm.active.rate"] * seconds == pytest.approx(4)
    assert d["rhythm.pause.rate"] * seconds == pytest.approx(3)
    assert d["rhythm.pause.mean"] == pytest.approx(0.2, abs=0.03)
    assert d["rhythm.active.max"] == pytest.approx(0.3, abs=0.03)
    assert d["rhythm.active_share"] == pytest.approx(1.2 / 1.8, abs=0.05)


def test_runs_by_loop() -> None:
    rng = np.random.default_rng(6)
    for n in (0, 1, 2, 30):
        mask = rng.random(n) < 0.5
        expected, start = [], None
        for i, on in enumerate([*mask, False]):
            if on and start is None:
                start = i
            elif not on and start is not None:
                expected.append((start, i))
                start = None
        assert descriptors.runs(mask) == expected


@pytest.mark.parametrize(("hz", "band"), [(2.0, "1.5_2.5"), (5.0, "4_6"), (11.0, "9_14")])
def test_modulation_finds_the_rate(hz: float, band: str, bank: np.ndarray) -> None:
    rng = np.random.default_rng(7)
    time = np.arange(3 * RATE_HZ) / RATE_HZ
    clip = rng.normal(size=len(time)) * 10 ** ((8 * np.sin(2 * np.pi * hz * time) - 8) / 20)
    d = descriptors.describe(Contours.of(clip.astype(np.float32), bank))
    for row in ("mel2", "mel6", "energy"):
        shares = {name: v for name, v in d.items() if name.startswith(f"modulation.{row}.")}
        assert max(shares, key=shares.__getitem__) == f"modulation.{row}.{band}"
        assert sum(10 ** (v / 10) for v in shares.values()) == pytest.approx(1, abs=0.01)
