"""How much a segment sounds like music rather than speech."""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, rfft
from scipy.ndimage import uniform_filter1d

from emoanalytics.audio.quality.spectrum import BIN_HZ, FRAMES_PER_S, Spectrum, log_mel

_BLOCK = 64  # frames: 1 s
_FEWEST_FRAMES = 62  # 1 s
_BAND_HZ = (94.0, 4015.0)
_PARTIAL_DB = 4.0  # a partial stands this far above its surroundings
_NEIGHBOURS = 6  # bins within which a steady partial must fall off
_PARTIALS = 5


def music_likeness(spectrum: Spectrum) -> float:
    """Likeness to music, 0 to 1; NaN for less than a second.

    The larger of two logistic scores, fitted to read, acted and synthetic speech against synthetic and
    recorded instrumental music (see ``benchmarks/quality.py``):

    - tonal: `steady_partials` (music holds its notes), `pauses` (speech falls silent between words)
      and `pulse`;
    - drums: `pulse` alone, where it is stronger than in any speech measured.

    Above 0.5 were none of 390 clips of natural speech, 2 of 398 of synthetic speech, 27 of 28 pieces of
    recorded and 149 of 152 of synthetic music. What it cannot tell: singing without accompaniment, free
    music with wide vibrato, and soft music under louder speech. A chant or a monotone synthetic voice
    scores higher than natural speech.
    """
    if len(spectrum.power) < _FEWEST_FRAMES or spectrum.active.sum() < _BLOCK // 2:
        return float("nan")
    beat = pulse(spectrum)
    tonal = 20.0 * steady_partials(spectrum) - 9.0 * pauses(spectrum) + 16.5 * beat - 19.8
    drums = 30.0 * (beat - 0.68)
    return float(1 / (1 + np.exp(-max(tonal, drums))))


def steady_partials(spectrum: Spectrum) -> float:
    """How long the strongest partials stay at one frequency, 0 to 1.

    Continuous frequency activation (Seyerlehner, Pohle, Schedl and Widmer, "Automatic music detection
    in television productions", DAFx 2007): bins that stand 4 dB above the running mean over frequency
    are set, their share over a second is taken per bin, and the five highest peaks of that share are
    averaged. The median over seconds is returned.
    """
    first, last = (round(hz / BIN_HZ) for hz in _BAND_HZ)
    decibel = 10 * np.log10(spectrum.power[:, : last + 12] + np.float32(1e-20))
    np.maximum(decibel, decibel.max() - 60, out=decibel)
    stands_out = (decibel - uniform_filter1d(decibel, 21, axis=1))[:, first:last] > _PARTIAL_DB
    stands_out &= spectrum.active[:, None]
    found = []
    for start in range(0, max(1, len(stands_out) - _BLOCK // 2), _BLOCK):
        n_active = int(spectrum.active[start : start + _BLOCK].sum())
        if n_active >= _BLOCK // 3:
            found.append(_highest_peaks(stands_out[start : start + _BLOCK].sum(axis=0) / n_active))
    return float(np.median(found)) if found else 0.0


def _highest_peaks(share: np.ndarray) -> float:
    """Mean height of the five highest peaks over the higher of the valleys beside them."""
    padded = np.pad(share, _NEIGHBOURS, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEIGHBOURS + 1)
    left, right = around[:, :_NEIGHBOURS], around[:, _NEIGHBOURS + 1 :]
    is_peak = share >= np.maximum(left[:, -1], right[:, 0])
    height = is_peak * (share - np.maximum(left.min(axis=1), right.min(axis=1)))
    return float(np.sort(height)[-_PARTIALS:].mean())


def pauses(spectrum: Spectrum) -> float:
    """Share of frames under half the mean amplitude of the second around them, 0 to 1.

    The "percentage of low-energy frames" of Scheirer and Slaney, "Construction and evaluation of a
    robust multifeature speech/music discriminator", ICASSP 1997.
    """
    size = np.sqrt(spectrum.power.sum(axis=1))
    return float((size < 0.5 * uniform_filter1d(size, round(FRAMES_PER_S))).mean())


def pulse(spectrum: Spectrum) -> float:
    """Regularity of onsets, about 0 to 1: the highest autocorrelation of spectral flux from 0.2 to 1.3 s.

    Zero for less than 1.6 s. The "pulse metric" of Scheirer and Slaney (1997), over all bands at once.
    """
    flux = np.maximum(np.diff(log_mel(spectrum), axis=0), 0).mean(axis=1, dtype=np.float64)
    n = len(flux)
    flux -= flux.mean()
    power = float(flux @ flux)
    if n < 100 or power < 1e-6 * n:
        return 0.0
    spectrum_of_flux = rfft(flux, 2 * n)
    correlation = irfft(np.abs(spectrum_of_flux) ** 2)[: min(80, n // 3)] / power
    unbiased = correlation * n / (n - np.arange(len(correlation)))
    return float(np.clip(unbiased[12:].max(), 0, 1))
