"""Band, music and number of voices from the short-time spectrum of one segment."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy.fft import rfft
from scipy.ndimage import uniform_filter1d
from scipy.sparse import csr_array

from emoanalytics.audio.decode import RATE_HZ

WINDOW = 1024  # samples: 64 ms
HOP = 256  # samples: 16 ms
FRAMES_PER_S = RATE_HZ / HOP
BIN_HZ = RATE_HZ / WINDOW
LONGEST_S = 120.0  # more than this is heard in excerpts
EXCERPT_S = 10.0
_ACTIVE_BELOW = 1e-3  # of the 95th percentile of frame power
_FEWEST_FRAMES = 4
_SLAB = 512  # frames transformed at once, for the memory's sake
_OFFSET_BINS = 3  # below 47 Hz there is no speech, but offset and rumble
_TINY = 1e-9


def excerpts(start: int, stop: int) -> list[tuple[int, int]]:
    """What of a segment the spectral measures hear: all up to 120 s, else 12 evenly spaced spans of 10 s.

    >>> excerpts(0, 16_000)
    [(0, 16000)]
    >>> len(excerpts(0, 16_000 * 3600)), excerpts(0, 16_000 * 3600)[-1][1] == 16_000 * 3600
    (12, True)
    """
    if stop - start <= LONGEST_S * RATE_HZ:
        return [(start, stop)]
    length = round(EXCERPT_S * RATE_HZ)
    firsts = np.linspace(start, stop - length, round(LONGEST_S / EXCERPT_S)).astype(int)
    return [(int(first), int(first) + length) for first in firsts]


@dataclass(frozen=True)
class Spectrum:
    """Power spectra of 64 ms Hann windows every 16 ms.

    Attributes:
        power: ``(n_frames, 513)`` float32; zero below 47 Hz, where there is offset and rumble but no speech.
        active: which frames are no more than 30 dB below the loud ones, ``(n_frames,)`` bool.
    """

    power: np.ndarray
    active: np.ndarray

    @classmethod
    def of(cls, spans: list[np.ndarray]) -> Spectrum:
        """The spectra of spans of samples at 16 kHz, one after the other; spans under 64 ms have none."""
        power = np.concatenate([np.zeros((0, WINDOW // 2 + 1), np.float32), *(_power(x) for x in spans)])
        total = power.sum(axis=1)
        loud = float(np.percentile(total, 95)) if len(total) else 0.0
        return cls(power, total > max(loud * _ACTIVE_BELOW, _TINY))


def _power(samples: np.ndarray) -> np.ndarray:
    if len(samples) < WINDOW:
        return np.zeros((0, WINDOW // 2 + 1), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    power = np.empty((len(frames), WINDOW // 2 + 1), np.float32)
    for first in range(0, len(frames), _SLAB):
        spectrum = rfft(frames[first : first + _SLAB] * _hann(), axis=1)
        power[first : first + _SLAB] = spectrum.real**2 + spectrum.imag**2
    power[:, :_OFFSET_BINS] = 0
    return power


@functools.cache
def _hann() -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


@functools.cache
def _mel_weights() -> csr_array:
    """24 triangles, equally wide on the mel scale from 100 to 7500 Hz: ``(24, 513)`` float32, sparse.

    Sparse not only to be quick: a dense product would start the threads of BLAS, which cost more than
    they save on matrices this small, above all where several processes share the machine.
    """
    lowest_mel, highest_mel = (2595 * np.log10(1 + hz / 700) for hz in (100.0, 7500.0))
    edges = 700 * (10 ** (np.linspace(lowest_mel, highest_mel, 26) / 2595) - 1)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    hz = np.arange(WINDOW // 2 + 1) * BIN_HZ
    weights = np.minimum((hz - low) / (middle - low), (high - hz) / (high - middle))
    return csr_array(np.maximum(weights, 0).astype(np.float32))


def log_mel(spectrum: Spectrum) -> np.ndarray:
    """Natural logarithm of 24 mel bands, ``(n_frames, 24)``, with a floor 60 dB below the active mean."""
    bands = (_mel_weights() @ spectrum.power.T).T
    loud = float(bands[spectrum.active].mean()) if spectrum.active.any() else 1.0
    return np.log(bands + np.float32(loud * 1e-6))


BANDWIDTH_BELOW_DB = 30.0
_REFERENCE_HZ = (500.0, 3400.0)


def bandwidth_hz(spectrum: Spectrum, source_rate_hz: int) -> float:
    """The highest frequency the sound reaches, at most half the source rate; NaN for less than 0.1 s of sound.

    The mean power spectrum of the active frames, smoothed over 110 Hz, has its last point no more than
    30 dB below its own mean between 500 and 3400 Hz. Speech is that strong beyond 6 kHz (sibilants,
    breath, or the room); a telephone channel ends near 3400 Hz, whatever rate its file was raised to.
    """
    if spectrum.active.sum() < _FEWEST_FRAMES:
        return float("nan")
    mean = uniform_filter1d(spectrum.power[spectrum.active].mean(axis=0, dtype=np.float64), 7)
    first, last = (round(hz / BIN_HZ) for hz in _REFERENCE_HZ)
    threshold = mean[first:last].mean() * 10 ** (-BANDWIDTH_BELOW_DB / 10)
    highest = int(np.flatnonzero(mean >= threshold)[-1]) * BIN_HZ
    return min(highest, source_rate_hz / 2, RATE_HZ / 2)
