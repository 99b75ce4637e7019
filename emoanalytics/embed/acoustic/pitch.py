"""Pitch of speech by autocorrelation with a path search.

P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
sound", Proceedings of the Institute of Phonetic Sciences 17 (1993): the autocorrelation of the windowed frame divided
by the window's own, a handful of candidates a frame, and the cheapest path through them. Plain NumPy and SciPy: the
trackers of librosa compile themselves on first use, which costs each worker process more than a small corpus takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

WINDOW = 768  # samples at 16 kHz: three periods of the lowest pitch
N_FFT = 1024  # no wrap-around for the lags that are read: WINDOW + the longest lag
SHORTEST_LAG, LONGEST_LAG = 26, 256  # samples: 615 Hz down to 62.5 Hz
CANDIDATES = 5
OCTAVE_COST = 0.01  # an octave up is preferred by this much periodicity
OCTAVE_JUMP_COST = 0.35  # a move of one octave between frames, per 10 ms
VOICING_COST = 0.14  # a change between voiced and unvoiced
VOICING_THRESHOLD = 0.45  # periodicity a voiced frame reaches
SILENCE_THRESHOLD = 0.03  # amplitude, relative to the loudest frame, below which frames lean to unvoiced


@dataclass(frozen=True)
class Pitch:
    """Pitch of each frame.

    Attributes:
        f0_hz: (t,) float64, 0 where unvoiced.
        periodicity: (t,) float64 in 0..1: the height of the autocorrelation peak; a harmonics-to-noise ratio is
            ``10 log10(r / (1 - r))``.
        power: (t, 513) float32 power spectrum of the pitch window, 15.625 Hz a bin.
    """

    f0_hz: np.ndarray
    periodicity: np.ndarray
    power: np.ndarray


def _hann(n: int) -> np.ndarray:
    return np.hanning(n + 1)[:-1].astype(np.float32)


def _window_autocorrelation() -> np.ndarray:
    spectrum = np.abs(fft.rfft(_hann(WINDOW).astype(np.float64), 2 * N_FFT)) ** 2
    r = fft.irfft(spectrum)[: LONGEST_LAG + 2]
    return (r / r[0]).astype(np.float32)


_HANN = _hann(WINDOW)
_WINDOW_R = _window_autocorrelation()


def track(samples: np.ndarray, n_frames: int, *, frame: int, hop: int) -> Pitch:
    """Find the pitch of every frame.

    Args:
        samples: (n,) float32 at 16 kHz.
        n_frames: frames to return; frame ``t`` is centred on sample ``t * hop + frame / 2``.
        frame: length in samples of the frames the pitch must line up with.
        hop: samples between frames.
    """
    lead = (WINDOW - frame) // 2
    padded = np.pad(samples, (lead, WINDOW))
    frames = sliding_window_view(padded, WINDOW)[::hop][:n_frames]
    frames = frames - frames.mean(axis=1, keepdims=True)
    power = np.abs(fft.rfft(frames * _HANN, N_FFT)) ** 2
    r = fft.irfft(power, N_FFT)[:, : LONGEST_LAG + 2]
    energy = r[:, 0].copy()
    r = r / np.maximum(r[:, :1], 1e-12) / _WINDOW_R
    f0, height, score = _candidates(r)
    path = _path(f0, score, _unvoiced_score(energy))
    voiced = path < CANDIDATES
    pick = (np.arange(n_frames), np.minimum(path, CANDIDATES - 1))
    return Pitch(np.where(voiced, f0[pick], 0.0), np.where(voiced, height[pick], height.max(axis=1)), power)


def _candidates(r: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(t, lags) autocorrelation -> frequency, height and score of the best peaks, each (t, CANDIDATES)."""
    around = r[:, SHORTEST_LAG - 1 :].astype(np.float64)
    middle = around[:, 1:-1]
    peak = (middle > around[:, :-2]) & (middle >= around[:, 2:])
    lag = np.arange(SHORTEST_LAG, LONGEST_LAG + 1)
    score = np.where(peak, middle - OCTAVE_COST * np.log2(lag / SHORTEST_LAG), -1.0)
    best = np.argpartition(-score, CANDIDATES, axis=1)[:, :CANDIDATES]
    row = np.arange(len(r))[:, None]
    before, at, after = around[row, best], around[row, best + 1], around[row, best + 2]
    # The parabola through three points; where there is no peak the curvature may vanish.
    curvature = np.minimum(before - 2 * at + after, -1e-9)
    shift = np.clip((before - after) / (2 * curvature), -0.5, 0.5)
    height = np.clip(at - 0.25 * (before - after) * shift, 0.0, 0.99999)
    return 16_000 / (lag[best] + shift), height, np.take_along_axis(score, best, axis=1)


def _unvoiced_score(energy: np.ndarray) -> np.ndarray:
    relative = np.sqrt(np.maximum(energy, 0) / max(float(energy.max()), 1e-12))
    return VOICING_THRESHOLD + np.maximum(0.0, 2 - (relative / SILENCE_THRESHOLD) / (1 + VOICING_THRESHOLD))


def _path(f0: np.ndarray, score: np.ndarray, unvoiced: np.ndarray) -> np.ndarray:
    """The best path (Viterbi): (t,) the candidate of each frame, ``CANDIDATES`` for unvoiced."""
    n, k = f0.shape
    states = np.concatenate([np.where(score > 0, score, -1e3), unvoiced[:, None]], axis=1)
    octave = np.log2(f0)
    cost = np.zeros((n, k + 1, k + 1))
    cost[1:, :k, :k] = OCTAVE_JUMP_COST * np.abs(octave[:-1, :, None] - octave[1:, None, :])
    cost[:, k, :k] = cost[:, :k, k] = VOICING_COST
    came_from = np.zeros((n, k + 1), dtype=np.intp)
    value = states[0]
    for t in range(1, n):
        total = value[:, None] - cost[t]
        came_from[t] = total.argmax(axis=0)
        value = total.max(axis=0) + states[t]
    path = np.empty(n, dtype=np.intp)
    path[-1] = value.argmax()
    for t in range(n - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path
