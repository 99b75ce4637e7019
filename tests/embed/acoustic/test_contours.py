"""Frame-by-frame measurements against librosa and plain loops."""

from __future__ import annotations

import math

import librosa
import numpy as np
import pytest

from emoanalytics.embed.acoustic.contours import HZ, RATE_HZ, Contours, frame_count
from tests.embed.acoustic.make_clips import speechlike


def test_power_and_mel_by_loop_and_by_librosa(bank: np.ndarray) -> None:
    clip = speechlike(1.3)
    t = Contours.of(clip, bank)
    x = clip.astype(np.float64) - clip.astype(np.float64).mean()
    window = np.array([0.5 - 0.5 * math.cos(2 * math.pi * i / 400) for i in range(400)])
    power = np.array(
        [np.abs(np.fft.rfft(x[i * 160 : i * 160 + 400] * window, 512)) ** 2 for i in range(frame_count(len(x)))]
    )
    power[:, 0] = 0
    energy = power.sum(axis=1)
    loud = max(np.percentile(energy, 95), energy.max() / 10**1.5)
    active = energy > loud / 1000
    assert np.array_equal(active, t.active) and 0 < active.sum() < len(active)
    power /= energy[active].mean()
    np.testing.assert_allclose(t.power, power, rtol=1e-3, atol=1e-7)
    mel = librosa.feature.melspectrogram(S=power.T, sr=16_000, n_mels=40, fmin=60, fmax=7600).T
    np.testing.assert_allclose(t.mel, mel, rtol=1e-3, atol=1e-9)
    mfcc = librosa.feature.mfcc(S=t.mel_db.T, n_mfcc=20).T
    np.testing.assert_allclose(t.cepstra, mfcc, atol=1e-3)
    row = [sum(math.cos(math.pi * k * (2 * m + 1) / 80) * t.mel_db[9, m] for m in range(40)) for k in range(20)]
    np.testing.assert_allclose(t.cepstra[9], np.array(row) * np.sqrt([1 / 40, *[2 / 40] * 19]), atol=1e-3)


def test_the_level_is_that_of_the_speech_not_of_the_pauses(bank: np.ndarray) -> None:
    sine = (0.1 * np.sin(2 * np.pi * 440 * np.arange(16_000) / RATE_HZ)).astype(np.float32)
    expected = 20 * math.log10(0.1 / math.sqrt(2))
    assert Contours.of(sine, bank).level_dbfs == pytest.approx(expected, abs=0.1)
    padded = np.concatenate([np.zeros(32_000, np.float32), sine, np.zeros(32_000, np.float32)])
    assert Contours.of(padded, bank).level_dbfs == pytest.approx(expected, abs=0.5)


def test_spectral_shape_by_loop(bank: np.ndarray) -> None:
    t = Contours.of(speechlike(0.5), bank)
    for i in (3, 17, 30):
        p = t.power[i].astype(float)
        total = sum(p)
        centroid = sum(f * v for f, v in zip(HZ, p, strict=True)) / total / 1000
        variance = sum((f / 1000 - centroid) ** 2 * v for f, v in zip(HZ, p, strict=True)) / total
        assert t.shape["centroid"][i] == pytest.approx(math.log2(centroid + 1e-3), abs=1e-3)
        assert t.shape["spread"][i] == pytest.approx(math.log2(math.sqrt(variance) + 1e-3), abs=1e-2)
        running, k = p[0], 0
        while running < 0.85 * total:
            k += 1
            running += p[k]
        assert t.shape["rolloff85"][i] == pytest.approx(HZ[k] / 1000, abs=0.032)
        low, high = p[1:32].sum(), p[32:160].sum()  # 50 Hz lies in bin 1, 1 kHz opens bin 32, 5 kHz bin 160
        assert t.shape["alpha"][i] == pytest.approx(10 * math.log10(low / high), abs=1e-3)
        ratio = max(p[:64]) / max(p[64:160])
        assert t.shape["hammarberg"][i] == pytest.approx(10 * math.log10(ratio), abs=1e-3)
        db = [10 * math.log10(max(v, 1e-9)) for v in p]
        slope = np.polyfit(HZ[16:48] / 1000, db[16:48], 1)[0]
        assert t.shape["slope500_1500"][i] == pytest.approx(slope, rel=1e-3, abs=1e-2)
        mel, before = t.mel[i].astype(float), t.mel[i - 1].astype(float)
        distance = math.sqrt(
            sum((math.sqrt(a / sum(mel)) - math.sqrt(b / sum(before))) ** 2 for a, b in zip(mel, before, strict=True))
        )
        assert t.shape["flux"][i] == pytest.approx(distance, rel=1e-3)
        geometric = math.exp(sum(math.log(max(v, 1e-9)) for v in mel) / 40)
        assert t.shape["flatness"][i] == pytest.approx(10 * math.log10(geometric / (sum(mel) / 40)), abs=1e-3)
