"""What FunASR itself and our encoder are both given: clips of every length, no two stretches alike."""

from __future__ import annotations

import numpy as np

# FunASR takes four threads by default, which two cores pay for dearly.
QUIET = {"disable_update": True, "disable_pbar": True, "device": "cpu", "ncpu": 1, "log_level": "ERROR"}
LENGTHS_S = (2.0, 0.3, 11.7, 0.025, 5.0, 30.0, 0.32, 4.6, 3.9, 0.3)


def noise(seconds: float, seed: int) -> np.ndarray:
    """Noise whose colour and loudness wander: no two stretches are alike."""
    rng = np.random.default_rng(seed)
    n = round(seconds * 16_000)
    loud = np.interp(np.arange(n), np.linspace(0, n, 12), rng.uniform(0.0, 0.3, 12))
    colour = np.interp(np.arange(n), np.linspace(0, n, 7), rng.uniform(0.02, 0.9, 7))
    return (loud * (rng.normal(size=n) * colour + np.sin(np.cumsum(colour)))).astype(np.float32)


CLIPS = [noise(seconds, seed) for seed, seconds in enumerate(LENGTHS_S)]
