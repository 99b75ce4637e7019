"""Clips for the acoustic tests: something like speech, and what is nothing like it."""

from __future__ import annotations

import numpy as np

from emoanalytics.embed.acoustic.contours import RATE_HZ
from tests.conftest import tone


def speechlike(seconds: float = 2.5, seed: int = 0) -> np.ndarray:
    """Voiced syllables with moving pitch, hiss between them and pauses: float32 at 16 kHz."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hz = 150 + 40 * np.sin(2 * np.pi * 0.7 * t + seed) + 5 * np.sin(2 * np.pi * 5 * t)
    phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    voice = sum(np.sin(k * phase) / k**1.2 for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t), 0, None)
    gap = (t % 1.1) < 0.85
    hiss = np.convolve(rng.normal(size=t.size), [1, -1], mode="same") * np.clip(-np.sin(2 * np.pi * 3.1 * t), 0, None)
    return (0.05 * gap * (voice * syllables + 0.3 * hiss) + 1e-4 * rng.normal(size=t.size)).astype(np.float32)


CLIPS = {
    "silence": np.zeros(16_000),
    "constant": np.full(16_000, 0.3),
    "whisper": 0.01 * np.random.default_rng(0).normal(size=24_000),
    "click": np.eye(1, 16_000, 8_000)[0],
    "two clicks": np.eye(1, 3_200, 100)[0] + np.eye(1, 3_200, 3_000)[0],
    "one frame": tone(0.025),
    "one frame of silence": np.zeros(400),
    "half a second": speechlike(0.5),
    "thirty seconds": speechlike(30.0),
    "a word in a long pause": np.concatenate([np.zeros(200_000), speechlike(0.6), np.zeros(200_000)]),
    "overdriven": np.clip(1000 * speechlike(), -1, 1),
    "far over full scale": 1e4 * speechlike(),
    "barely there": 1e-5 * speechlike(),
    "pure tone": np.sin(2 * np.pi * 1000 * np.arange(16_000) / RATE_HZ),
    "square": np.sign(np.sin(2 * np.pi * 100 * np.arange(16_000) / RATE_HZ) + 1e-9),
    "alternating": np.tile([1.0, -1.0], 8_000),
}
