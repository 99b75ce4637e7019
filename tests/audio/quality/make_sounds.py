"""Synthetic talk, music and noise, and their quality."""

from __future__ import annotations

import math

import numpy as np

from emoanalytics.audio.decode import RATE_HZ, from_samples
from emoanalytics.audio.quality import Flag, Quality, flags, levels, measure
from emoanalytics.settings import QualitySettings

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
