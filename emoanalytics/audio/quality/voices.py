"""How much a segment sounds like several voices rather than one."""

from __future__ import annotations

import functools

import numpy as np
from scipy.fft import dct, irfft

from emoanalytics.audio.decode import RATE_HZ
from emoanalytics.audio.quality.spectrum import BIN_HZ, WINDOW, Spectrum, log_mel

_PITCH_HZ = (60, 450)
_PITCH_BAND_HZ = (47.0, 1500.0)
_VOICED = 0.8
_OCTAVE_COST = 0.06
_FEWEST_VOICED = 16  # every second frame counts: 0.5 s
_COEFFICIENTS = 12
_SIDE = 150  # active frames: 2.4 s
_SHORTEST_SIDE = 25  # 0.4 s
_STEP = 8  # frames between tried changes


def voices_likeness(spectrum: Spectrum) -> float:
    """Likeness of several voices in turn or at once, 0 to 1; NaN without half a second of steady voice.

    A logistic score of two facts: `pitch_span_st` (one voice seldom spans more than an octave between
    its 10th and 90th percentile) and `voice_change` (the spectral envelope before and after the best
    instant differs more than the words alone explain). Fitted to clips of one speaker against pairs of
    speakers, one woman and one man, joined in turn or mixed at equal level.

    Share of clips above 0.5, as ``benchmarks/quality.py`` measured it (acted emotional | read speech):

    ======================================= ===== =====
    one voice, the clips as they are          3 %   3 %
    one voice, two clips of it joined        23 %   5 %
    a woman and a man in turn                65 %  89 %
    two of one gender in turn                38 %  56 %
    a woman and a man at once                33 %  34 %
    two of one gender at once                19 %  13 %
    ======================================= ===== =====

    So it finds a woman and a man in turn, and misses most voices that talk at once, voices alike in pitch,
    and short interjections. One voice in two moods can pass for two.
    """
    span = pitch_span_st(spectrum)
    change = voice_change(spectrum)
    return float(1 / (1 + np.exp(-(0.19 * span + 1.57 * change - 5.2))))


def pitch_span_st(spectrum: Spectrum) -> float:
    """Semitones between the 10th and the 90th percentile of pitch; NaN without half a second of steady voice.

    Pitch is the highest peak of the autocorrelation from 60 to 450 Hz, divided by that of the window and
    with a small preference for short lags (Boersma 1993). Every second frame is taken, below 1.5 kHz;
    frames count when the peak exceeds 0.8 and a neighbour agrees within two semitones.
    """
    power = spectrum.power[::2].copy()
    first, last = (round(hz / BIN_HZ) for hz in _PITCH_BAND_HZ)
    power[:, :first] = 0
    power[:, last:] = 0
    power = power[spectrum.active[::2]]
    if len(power) < _FEWEST_VOICED:
        return float("nan")
    shortest, longest = RATE_HZ // _PITCH_HZ[1], RATE_HZ // _PITCH_HZ[0]
    correlation = irfft(power, axis=1)[:, : longest + 2]
    correlation /= np.maximum(correlation[:, :1], np.float32(1e-30)) * _window_correlation()[: longest + 2]
    inner = correlation[:, shortest : longest + 1]
    peak = (inner >= correlation[:, shortest - 1 : longest]) & (inner >= correlation[:, shortest + 1 :])
    lags = np.arange(shortest, longest + 1)
    best = np.where(peak, inner - _OCTAVE_COST * np.log2(lags / shortest).astype(np.float32), -1).argmax(axis=1)
    semitones = 12 * np.log2(RATE_HZ / lags[best])
    near = np.abs(np.diff(semitones)) < 2
    agrees = np.concatenate([near, [False]]) | np.concatenate([[False], near])
    steady = semitones[agrees & (inner[np.arange(len(best)), best] > _VOICED)]
    if len(steady) < _FEWEST_VOICED:
        return float("nan")
    low, high = np.percentile(steady, [10, 90])
    return float(high - low)


@functools.cache
def _window_correlation() -> np.ndarray:
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    correlation = irfft(np.abs(np.fft.rfft(hann)) ** 2)
    return (correlation / correlation[0]).astype(np.float32)


def voice_change(spectrum: Spectrum) -> float:
    """Evidence for the best change of voice against its penalty; 0 for less than 0.8 s of sound.

    Chen and Gopalakrishnan, "Speaker, environment and channel change detection and clustering via the
    Bayesian information criterion" (1998): ``n/2 log|S| - n1/2 log|S1| - n2/2 log|S2|`` of 12 cepstral
    coefficients of active frames, up to 2.4 s to either side, divided by ``d (d + 3) / 4 log n``.
    Frames overlap by three quarters, so one voice scores about 1.5, not below 1.
    """
    cepstra = dct(log_mel(spectrum)[spectrum.active].astype(np.float64), axis=1, norm="ortho")[:, 1 : _COEFFICIENTS + 1]
    n = len(cepstra)
    side = max(_SHORTEST_SIDE, min(_SIDE, n // 2) // 2)
    if n < 2 * side:
        return 0.0
    middle = np.arange(side, n - side + 1, _STEP)
    first, last = np.maximum(0, middle - _SIDE), np.minimum(n, middle + _SIDE)
    moments = _Moments(cepstra)
    whole, before, after = moments.log_det(first, last), moments.log_det(first, middle), moments.log_det(middle, last)
    evidence = ((last - first) * whole - (middle - first) * before - (last - middle) * after) / 2
    penalty = _COEFFICIENTS * (_COEFFICIENTS + 3) / 4 * np.log(last - first)
    return float((evidence / penalty).max())


class _Moments:
    """Running sums that give the covariance of any stretch of rows."""

    def __init__(self, rows: np.ndarray) -> None:
        rows = rows - rows.mean(axis=0)
        n, d = rows.shape
        self._first = np.zeros((n + 1, d))
        self._second = np.zeros((n + 1, d, d))
        np.cumsum(rows, axis=0, out=self._first[1:])
        np.cumsum(rows[:, :, None] * rows[:, None, :], axis=0, out=self._second[1:])

    def log_det(self, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        """Logarithm of the determinant of the covariance of rows ``start`` to ``stop``, each ``(k,)``."""
        n = (stop - start).astype(np.float64)
        mean = (self._first[stop] - self._first[start]) / n[:, None]
        covariance = (self._second[stop] - self._second[start]) / n[:, None, None] - mean[:, :, None] * mean[:, None, :]
        # A little of the identity keeps constant coefficients (digital silence, tones) invertible.
        return np.linalg.slogdet(covariance + 0.01 * np.eye(mean.shape[1]))[1]
