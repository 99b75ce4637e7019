"""Whether two clips are the same sound: laid over each other where they fit best, and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from emoanalytics.errors import AudioError
from emoanalytics.listening.excerpt import Recordings
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.audit import Duplicate

SAME = 0.8  # copies through a lossy codec correlate by 0.99, two takes of one sentence by less than 0.4
_OVERLAP = 0.5  # of the shorter: chance fits short overlaps well
_ENERGY = 0.1  # of both: two silences fit each other too
_LOWEST_HZ = 80.0  # below are offsets and mains hum, which different clips of one device share, and little speech
_STEEPNESS = 8  # order of the filter: 50 Hz is 33 dB weaker, 60 Hz 20 dB
_LEFT = 1e-6  # share of the energy: of a clip that keeps less there was nothing else


@dataclass(frozen=True)
class Agreement:
    """How well two waveforms fit each other.

    Attributes:
        correlation: largest normalised cross-correlation, 0..1; gain and polarity do not count.
        lag_s: where the second starts in the first, in seconds; negative: before it.
        gain_db: how much louder the second is where they overlap; None where one is silent.
    """

    correlation: float
    lag_s: float
    gain_db: float | None

    @property
    def same(self) -> bool:
        """Whether they are one recording, perhaps at another level, shifted, cut, or through another codec."""
        return self.correlation >= SAME


@dataclass(frozen=True)
class Checked:
    """A pair of clips that was listened to.

    Attributes:
        pair: the pair.
        agreement: how well the two fit; None where one could not be read.
        missing: why not, one line.
    """

    pair: Duplicate
    agreement: Agreement | None
    missing: str | None = None


def compare(one: np.ndarray, other: np.ndarray, rate_hz: int) -> Agreement:
    """Slide one waveform along the other and take the best fit.

    At each lag the correlation is over the overlap, divided by both its energies. Overlaps of less than half of the
    shorter, or with less than a tenth of both energies, do not count. What lies below 80 Hz is taken away first: an
    offset or a hum that two clips share would make them the same sound.

    Args:
        one: (n,) samples.
        other: (m,) samples at the same rate.
        rate_hz: that rate.
    """
    from scipy.signal import correlate

    x, y = (_audible(np.asarray(a, np.float64), rate_hz) for a in (one, other))
    if not (x.any() and y.any()):
        return Agreement(0.0, 0.0, None)
    lags = np.arange(1 - len(y), len(x))
    start, stop = np.maximum(lags, 0), np.minimum(len(x), lags + len(y))
    energy_x, energy_y = (np.concatenate([[0.0], np.cumsum(a**2)]) for a in (x, y))
    own = energy_x[stop] - energy_x[start]
    theirs = energy_y[stop - lags] - energy_y[start - lags]
    scale = np.sqrt(own * theirs)
    counts = (stop - start >= _OVERLAP * min(len(x), len(y))) & (
        scale >= _ENERGY * np.sqrt(energy_x[-1] * energy_y[-1])
    )
    products = np.abs(correlate(x, y, method="fft"))
    fits = np.divide(products, scale, out=np.zeros(len(lags)), where=counts)
    best = int(fits.argmax())
    loud = own[best] > 0 and theirs[best] > 0
    gain_db = float(10 * np.log10(theirs[best] / own[best])) if loud else None
    return Agreement(min(float(fits[best]), 1.0), float(lags[best] / rate_hz), gain_db)


def _audible(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Samples without offset and, at a rate that has them, the lowest frequencies; zeros where nothing is left."""
    from scipy.signal import butter, sosfilt

    if not len(samples):
        return samples
    heard = samples - samples.mean()
    if rate_hz > 2 * _LOWEST_HZ:
        heard = np.asarray(sosfilt(butter(_STEEPNESS, _LOWEST_HZ, "highpass", output="sos", fs=rate_hz), heard))
    return heard if heard @ heard > _LEFT * (samples @ samples) else np.zeros_like(heard)


def check(
    store: EmotionStore, pairs: Sequence[Duplicate], *, progress: Callable[[int, int, str], None] | None = None
) -> list[Checked]:
    """Listen to pairs of clips, at most a minute of each.

    Args:
        store: the store.
        pairs: candidates, as `emoanalytics.views.audit.duplicates` gives them.
        progress: called after each.

    Returns:
        One a pair, in their order. A clip whose recording is not there is said, not raised.
    """
    checked: list[Checked | None] = [None] * len(pairs)
    with Recordings(store) as recordings:
        for done, i in enumerate(recordings.by_recording([pair.first for pair in pairs]), 1):
            checked[i] = _heard(recordings, pairs[i])
            if progress is not None:
                progress(done, len(pairs), "comparing waveforms")
    return [each for each in checked if each is not None]


def _heard(recordings: Recordings, pair: Duplicate) -> Checked:
    try:
        (one, rate_hz), (other, _) = (recordings.excerpt(i, pad_s=0) for i in (pair.first, pair.second))
    except AudioError as error:
        return Checked(pair, None, str(error))
    return Checked(pair, compare(one, other, rate_hz))
