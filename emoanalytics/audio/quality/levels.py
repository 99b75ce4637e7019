"""Level, silence and signal-to-noise ratio from the power of 20 ms frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

FRAME = 320  # samples: 20 ms at 16 kHz
SILENCE_FLOOR_DBFS = -65.0  # quieter frames are silent whatever the rest is like
SILENCE_BELOW_DB = 30.0  # so are frames this far below the active level
ACTIVE_MARGIN_DB = 15.9  # ITU-T P.56: the activity threshold lies this far below the active level
NOISE_QUANTILE = 0.1
SNR_RANGE_DB = (-20.0, 80.0)
# Above 20 dB the amplitude distribution says little, so the table ends there.
_WADA_DB = np.arange(-10.0, 22.0, 2.0)
_WADA_GAP = np.array([
    0.4121, 0.4150, 0.4201, 0.4287, 0.4421, 0.4618, 0.4888, 0.5234,
    0.5654, 0.6139, 0.6674, 0.7242, 0.7828, 0.8417, 0.8997, 0.9559,
])  # fmt: skip
_DIGITAL_SILENCE = 2.0**-32  # mean square of a frame below one step of 16-bit audio
_SMALLEST = 1e-5  # keeps the logarithm of a zero sample finite
_FEWEST_FRAMES = 10


@dataclass(frozen=True)
class Levels:
    """What `level_dbfs`, `silence_share` and `snr_db` are made from.

    Attributes:
        powers: mean square of every 20 ms frame about its own mean, because an offset (DC) is no sound:
            ``(n_frames,)`` float64. The last frame may be shorter.
        log_gap: ``ln(mean |x|) - mean(ln |x|)`` over the samples, about the same means, of frames that are
            not digital silence; NaN when there are none.
    """

    powers: np.ndarray
    log_gap: float


def levels(blocks: Iterable[np.ndarray]) -> Levels:
    """Frame powers and amplitude statistics of samples that come in blocks.

    Args:
        blocks: samples at 16 kHz; every block but the last a whole number of frames long. Eight bytes are
            kept for every 20 ms: 14 MB for ten hours.
    """
    powers = [np.zeros(0)]
    count, total, total_log = 0, 0.0, 0.0
    for block in blocks:
        whole = len(block) // FRAME * FRAME
        for frames in (block[:whole].reshape(-1, FRAME), block[whole:].reshape(1, -1)):
            if not frames.size:
                continue
            swing = frames - frames.mean(axis=1, keepdims=True)
            power = np.einsum("ij,ij->i", swing, swing, dtype=np.float64) / frames.shape[1]
            heard = np.abs(swing[power > _DIGITAL_SILENCE])
            powers.append(power)
            count += heard.size
            total += float(heard.sum(dtype=np.float64))
            total_log += float(np.log(np.maximum(heard, _SMALLEST)).sum(dtype=np.float64))
    gap = float(np.log(total / count) - total_log / count) if count else float("nan")
    return Levels(np.concatenate(powers), gap)


def active_power(powers: np.ndarray) -> float:
    """Mean power of the frames in which somebody is active; NaN when every frame is digital silence.

    In the spirit of ITU-T Recommendation P.56 (method B): the active level is the mean over the frames
    that lie above a threshold 15.9 dB below that same level, found by iteration from the overall mean.
    """
    level = float(powers.mean()) if len(powers) else 0.0
    if level <= _DIGITAL_SILENCE:
        return float("nan")
    while True:
        again = float(powers[powers >= level * 10 ** (-ACTIVE_MARGIN_DB / 10)].mean())
        if again <= level * (1 + 1e-9):
            return level
        level = again


def decibels(power: float) -> float:
    """A power in dB; 1.0 is 0 dB, and zero or NaN is NaN."""
    return 10 * float(np.log10(power)) if power > 0 else float("nan")


def silence_share(powers: np.ndarray) -> float:
    """Share of 20 ms frames 30 dB below the active level, or below -65 dBFS: 0 to 1; NaN without frames."""
    if not len(powers):
        return float("nan")
    threshold = 10 ** (SILENCE_FLOOR_DBFS / 10)
    active = active_power(powers)
    if active == active:
        threshold = max(threshold, active * 10 ** (-SILENCE_BELOW_DB / 10))
    return float((powers < threshold).mean())


def snr_db(measured: Levels) -> float:
    """Estimated ratio of active level to noise, -20 to 80 dB; NaN for less than 0.2 s of sound.

    The larger of two published estimates, because each has clean speech that it calls noisy (the first:
    speech without a pause; the second: voices with little contrast of loud and soft), while both see
    noise at 5 dB or less, white, pink or of many talkers. Music and steady tones have no pauses and few
    contrasts: they read as noise.

    - quantile noise floor (Stahl, Fischer and Bippus 2000): noise is the 0.1 quantile of frame power,
      signal is the active level less the noise;
    - WADA (Kim and Stern 2008), up to 20 dB: `wada_db` of the amplitude distribution.

    Frames of digital silence are left out: they tell of editing, not of the room.
    """
    powers = measured.powers[measured.powers > _DIGITAL_SILENCE]
    if len(powers) < _FEWEST_FRAMES:
        return float("nan")
    noise = float(np.quantile(powers, NOISE_QUANTILE))
    ratio = max(active_power(powers) / noise - 1, 10 ** (SNR_RANGE_DB[0] / 10))
    estimate = max(decibels(ratio), wada_db(measured.log_gap))
    return float(np.clip(estimate, *SNR_RANGE_DB))


def wada_db(log_gap: float) -> float:
    """SNR of speech in Gaussian noise from its amplitude distribution, -10 to 20 dB.

    Kim and Stern, "Robust signal-to-noise ratio estimation based on waveform amplitude distribution
    analysis", Interspeech 2008: amplitudes of clean speech follow a gamma distribution of shape 0.4;
    added noise narrows the gap ``ln E|x| - E ln|x|``. The tests integrate the table again.
    """
    return float(np.interp(log_gap, _WADA_GAP, _WADA_DB))
