"""Native samples, block by block, to a waveform: counted, mixed, digested, resampled and spooled as they come."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import soxr

from emoanalytics.audio.decode.spool import RATE_HZ, Spool
from emoanalytics.audio.decode.tally import ClipDetector, Tally
from emoanalytics.audio.decode.waveform import Waveform
from emoanalytics.errors import AudioError

# Outside these a header is wrong; a file "at 1 Hz" would grow 16,000-fold.
LOWEST_HZ = 1_000
HIGHEST_HZ = 10_000_000
# NaN, infinite, or so far beyond full scale (even integers kept as floats end at 2**31) that sums would overflow.
_LARGEST = np.float32(2.0**32)


class WaveformBuilder:
    """Turns the native blocks of one channel, or of several to be mixed, into a `Waveform`.

    Args:
        name: the file, as error messages name it.
        channel: name of the channel.
        rate_hz: native rate.
        full_scale: the largest value the file's sample format can hold.
        spool_over_s: seconds kept in memory before the samples move to a temporary file.
        spool_dir: folder of that file; the system's when None.
        expected_s: seconds of sound to spool, over all channels, by the header: the room that a full disk lacks.

    Raises:
        AudioError: a rate that no sound has.
    """

    def __init__(
        self,
        name: str,
        channel: str,
        rate_hz: int,
        *,
        full_scale: float = 1.0,
        spool_over_s: float,
        spool_dir: Path | None = None,
        expected_s: float = 0.0,
    ) -> None:
        if not LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
            raise AudioError(f"{name}: {rate_hz} Hz is no sampling rate of sound; correct the rate, or leave it out")
        self.name = name
        self.channel = channel
        self.n_native = 0
        self._rate_hz = rate_hz
        self._hash = hashlib.blake2b(rate_hz.to_bytes(8, "little"), digest_size=16)
        self._clips = ClipDetector(full_scale)
        self._clipped = Tally(rate_hz)
        self._non_finite = Tally(rate_hz)
        self._finite = 0
        self._spool = Spool(name, spool_over_s * RATE_HZ, spool_dir, expected_s)
        self._resampler = None if rate_hz == RATE_HZ else soxr.ResampleStream(rate_hz, RATE_HZ, 1, "float32", "HQ")

    def feed(self, block: np.ndarray) -> None:
        """Take the next native samples: ``(n, channels)`` float32."""
        first, self.n_native = self.n_native, self.n_native + len(block)
        finite = np.abs(block) <= _LARGEST  # False for NaN too
        if finite.all():
            self._finite += len(block)
        else:
            block = np.where(finite, block, np.float32(0))
            bad = ~finite.all(axis=1)
            self._non_finite.add(bad, first)
            self._finite += len(block) - int(bad.sum())
        self._clipped.add(*self._clips.feed(block))
        mono = mean_of_channels(block)
        self._hash.update(mono.tobytes())
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono)
        self._spool.append(mono)

    @property
    def has_finite(self) -> bool:
        """Whether any sample so far was finite (in every channel)."""
        return self._finite > 0

    def finish(self, notes: tuple[str, ...] = (), damage: tuple[str, ...] = ()) -> Waveform:
        """The waveform.

        Raises:
            AudioError: nothing was fed, or less than one sample at 16 kHz; no room for the temporary file.
        """
        self._clipped.add(*self._clips.finish())
        if self._resampler is not None:
            self._spool.append(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        if self._spool.n_samples == 0:
            raise AudioError(f"{self.name}: it holds no audio; record or export it again")
        return Waveform(
            self._spool.finish(),
            self._spool.n_samples,
            channel=self.channel,
            digest=self._hash.hexdigest(),
            source_rate_hz=self._rate_hz,
            clipped=self._clipped.ended(self.n_native),
            non_finite=self._non_finite.ended(self.n_native),
            notes=notes,
            damage=damage,
        )

    def discard(self) -> None:
        """Delete the temporary file of a waveform that will not be finished."""
        self._spool.discard()


def mean_of_channels(block: np.ndarray) -> np.ndarray:
    """Mean over the channels of ``(n, channels)`` float32: ``(n,)`` float32.

    Channel by channel, so that the result does not depend on how the samples were cut into blocks,
    and equal channels mix to themselves.
    """
    mono = block[:, 0] + np.float32(0)  # also turns -0.0 into 0.0: equal samples, equal digest
    for channel in range(1, block.shape[1]):
        mono += block[:, channel]
    return mono if block.shape[1] == 1 else mono / np.float32(block.shape[1])
