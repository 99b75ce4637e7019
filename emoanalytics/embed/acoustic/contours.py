"""Contours: a clip measured frame by frame; the acoustic descriptors are statistics of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from emoanalytics.embed.acoustic import pitch

RATE_HZ = 16_000
FRAME = 400  # samples: 25 ms
HOP = 160  # samples: 10 ms
HOP_S = HOP / RATE_HZ
N_FFT = 512
MELS = 40
MEL_RANGE_HZ = (60.0, 7600.0)
CEPSTRA = 20
ACTIVE_RANGE_DB = 30.0  # frames this far below the loud ones are pauses
LOUD_PERCENTILE = 95  # the loud ones; a click does not move it ...
PEAK_RANGE_DB = 15.0  # ... and at least this close to the loudest: a word in a long pause is less than 5 % of it
FLOOR_DB = -70.0  # of a band, relative to the mean energy of the active frames
SILENCE_RMS = 1e-6  # full scale: -120 dBFS; below it nothing is measured
BIN_HZ = RATE_HZ / N_FFT
HZ = np.arange(N_FFT // 2 + 1) * BIN_HZ
_HANN = np.hanning(FRAME + 1)[:-1].astype(np.float32)


def mel_bank() -> np.ndarray:
    """(40, 257) float32 triangular filters on Slaney's mel scale, of equal area, from librosa."""
    from librosa.filters import mel

    low, high = MEL_RANGE_HZ
    return np.asarray(mel(sr=RATE_HZ, n_fft=N_FFT, n_mels=MELS, fmin=low, fmax=high), dtype=np.float32)


def frame_count(n_samples: int) -> int:
    """Whole 25 ms frames every 10 ms.

    >>> frame_count(400), frame_count(559), frame_count(16_000)
    (1, 1, 98)
    """
    return 1 + (n_samples - FRAME) // HOP


@dataclass(frozen=True)
class Contours:
    """One clip, frame by frame (t frames of 25 ms every 10 ms). Everything but the level is free of gain.

    Attributes:
        level_dbfs: RMS level of the active frames; -120 for silence.
        power: (t, 257) float32, scaled so that the active frames' mean energy is 1.
        mel: (t, 40) float32 mel band energies of ``power``.
        active: (t,) bool, frames within 30 dB of the clip's loud ones; none in silence.
        pitch: fundamental frequency, periodicity and fine spectrum.
    """

    level_dbfs: float
    power: np.ndarray
    mel: np.ndarray
    active: np.ndarray
    pitch: pitch.Pitch

    @classmethod
    def of(cls, samples: np.ndarray, bank: np.ndarray) -> Contours:
        """Measure a clip.

        Args:
            samples: (n,) float32 at 16 kHz, finite, n >= 400.
            bank: the filters of ``mel_bank()``.
        """
        wide = samples.astype(np.float64)
        wide -= wide.mean()
        rms = float(np.sqrt(np.mean(wide**2)))
        silent = rms < SILENCE_RMS
        x = (wide / (1.0 if silent else rms)).astype(np.float32)
        n = frame_count(len(x))
        power = np.abs(fft.rfft(sliding_window_view(x, FRAME)[::HOP] * _HANN, N_FFT)) ** 2
        power[:, 0] = 0.0  # the mean is no sound
        energy = power.sum(axis=1)
        active = energy > _loud(energy) * 10 ** (-ACTIVE_RANGE_DB / 10)
        if silent:
            active[:] = False
        reference = float(energy[active].mean()) if active.any() else 1.0
        power = power / reference
        # The windowed frames' energy over the window's own gives the mean square of the samples.
        scale = 2.0 / (N_FFT * float((_HANN.astype(np.float64) ** 2).sum()))
        level = -120.0 if silent else 10 * np.log10(reference * scale * rms**2)
        found = pitch.track(x, n, frame=FRAME, hop=HOP)
        return cls(max(float(level), -120.0), power, power @ bank.T, active, found)

    def __len__(self) -> int:
        return len(self.power)

    @cached_property
    def mel_db(self) -> np.ndarray:
        """(t, 40) log-mel energies in dB re the active frames' mean energy, at least -70."""
        return 10 * np.log10(np.maximum(self.mel, 10 ** (FLOOR_DB / 10)))

    @cached_property
    def cepstra(self) -> np.ndarray:
        """(t, 20) orthonormal DCT of ``mel_db`` (coefficient 0 is the overall level)."""
        return np.asarray(fft.dct(self.mel_db, axis=1, norm="ortho")[:, :CEPSTRA])

    @cached_property
    def energy_db(self) -> np.ndarray:
        """(t,) energy in dB re the active frames' mean, at least -70."""
        return 10 * np.log10(np.maximum(self.power.sum(axis=1), 10 ** (FLOOR_DB / 10)))

    @cached_property
    def loudness(self) -> np.ndarray:
        """(t,) sum over mel bands of energy to the power 0.3 (Stevens' law), relative units."""
        return np.asarray((self.mel**0.3).sum(axis=1))

    @cached_property
    def voiced(self) -> np.ndarray:
        """(t,) bool: active and periodic."""
        return self.active & (self.pitch.f0_hz > 0)

    @cached_property
    def semitones(self) -> np.ndarray:
        """(t,) pitch in semitones above 100 Hz; 0 where there is none."""
        return 12 * np.log2(np.where(self.pitch.f0_hz > 0, self.pitch.f0_hz, 100.0) / 100.0)

    @cached_property
    def hnr_db(self) -> np.ndarray:
        """(t,) harmonics-to-noise ratio, -30 to 40 dB."""
        r = np.clip(self.pitch.periodicity, 1e-3, 0.9999)
        return 10 * np.log10(r / (1 - r))

    @cached_property
    def span(self) -> slice:
        """From the first active frame to the last; everything where there is none."""
        where = np.flatnonzero(self.active)
        return slice(int(where[0]), int(where[-1]) + 1) if len(where) else slice(0, len(self))

    @cached_property
    def shape(self) -> dict[str, np.ndarray]:
        """Spectral shape, name -> (t,); see ``docs/acoustic.md`` for units and sources."""
        p = self.power
        total = np.maximum(p.sum(axis=1), 1e-12)
        khz = (HZ / 1000).astype(np.float32)
        centroid = p @ khz / total
        spread = np.sqrt(np.maximum(p @ khz**2 / total - centroid**2, 0))
        filled = np.cumsum(p, axis=1) / total[:, None]
        rolloff = {f"rolloff{q}": khz[np.minimum((filled < q / 100).sum(axis=1), 256)] for q in (25, 50, 85, 95)}
        root = np.sqrt(self.mel / np.maximum(self.mel.sum(axis=1, keepdims=True), 1e-12))
        flux = np.sqrt((np.diff(root, axis=0, prepend=root[:1]) ** 2).sum(axis=1))
        mel = np.maximum(self.mel, 1e-9)
        db = 10 * np.log10(np.maximum(p, 1e-9))
        return {
            "slope0_500": _slope(db, 0, 500),
            "slope500_1500": _slope(db, 500, 1500),
            "slope1000_4000": _slope(db, 1000, 4000),
            "slope0_5000": _slope(db, 0, 5000),
            **rolloff,
            "centroid": np.log2(centroid + 1e-3),
            "spread": np.log2(spread + 1e-3),
            "alpha": _ratio_db(_band(p, 50, 1000).sum(axis=1), _band(p, 1000, 5000).sum(axis=1)),
            "hammarberg": _ratio_db(_band(p, 0, 2000).max(axis=1), _band(p, 2000, 5000).max(axis=1)),
            "flatness": 10 * (np.log10(mel).mean(axis=1) - np.log10(mel.mean(axis=1))),
            "flux": flux,
        }


def _loud(energy: np.ndarray) -> float:
    peak = float(energy.max()) * 10 ** (-PEAK_RANGE_DB / 10)
    return max(float(np.percentile(energy, LOUD_PERCENTILE)), peak, 1e-9)


def _band(power: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    return power[:, int(low_hz / BIN_HZ) : int(high_hz / BIN_HZ)]


def _ratio_db(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 10 * np.log10(np.maximum(a, 1e-9) / np.maximum(b, 1e-9))


def _slope(db: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """(t,) least-squares slope of the spectrum over a band, dB a kHz."""
    khz = HZ[int(low_hz / BIN_HZ) : int(high_hz / BIN_HZ)] / 1000
    khz = (khz - khz.mean()).astype(np.float32)
    return _band(db, low_hz, high_hz) @ khz / float(khz @ khz)
