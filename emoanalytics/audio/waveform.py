"""One channel of one recording at 16 kHz: in memory while it is short, in a temporary file when it is long."""

from __future__ import annotations

import hashlib
import os
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import soxr

from emoanalytics.audio.spool import RATE_HZ, Spool
from emoanalytics.audio.tally import ClipDetector, Tally
from emoanalytics.errors import AudioError

# Outside these a header is wrong; a file "at 1 Hz" would grow 16,000-fold.
LOWEST_HZ = 1_000
HIGHEST_HZ = 10_000_000
# NaN, infinite, or so far beyond full scale (even integers kept as floats end at 2**31) that sums would overflow.
_LARGEST = np.float32(2.0**32)


class Waveform:
    """One channel of one recording: float32 samples at 16 kHz, and what its native samples were like.

    A long recording lives in a temporary file, which `close` deletes; so does garbage collection.
    A pickled waveform takes its file along: whoever unpickles it owns the file, and the sender may
    go on reading until the receiver closes it.

    Attributes:
        channel: ``mix``, ``left``, ``right``, ``ch3``, ...
        rate_hz: always 16000.
        n_samples: length at 16 kHz.
        digest: 32 hex digits: blake2b-128 of the native rate and the decoded native float32 samples, so
            a WAV and a FLAC of the same samples agree, and the resampler plays no part.
        source_rate_hz: the rate before resampling.
        notes: what was odd about the file, one sentence each; empty when nothing was.
    """

    rate_hz = RATE_HZ

    def __init__(
        self,
        samples: np.ndarray | Path,
        n_samples: int,
        *,
        channel: str,
        digest: str,
        source_rate_hz: int,
        clipped: Tally,
        non_finite: Tally,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.channel = channel
        self.n_samples = n_samples
        self.digest = digest
        self.source_rate_hz = source_rate_hz
        self.notes = notes
        self._samples: np.ndarray | Path | None = samples
        self._clipped = clipped
        self._non_finite = non_finite
        self._own()

    def _own(self) -> None:
        self._finalizer = (
            weakref.finalize(self, _delete, self._samples, os.getpid()) if isinstance(self._samples, Path) else None
        )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / RATE_HZ

    def read(self, start: int, stop: int) -> np.ndarray:
        """Samples ``start`` to ``stop`` (not included) at 16 kHz: ``(stop - start,)`` float32, finite, read-only.

        Raises:
            AudioError: the span is not within the recording, or the waveform is closed.
        """
        if not 0 <= start <= stop <= self.n_samples:
            raise AudioError(f"samples {start} to {stop} are not within a recording of {self.n_samples} samples")
        if self._samples is None:
            raise AudioError("the recording is closed: its samples are gone; decode it again")
        if isinstance(self._samples, np.ndarray):
            return self._samples[start:stop]
        try:
            samples = np.fromfile(self._samples, np.float32, stop - start, offset=4 * start)
        except OSError as error:
            raise AudioError(
                f"{self._samples}: the decoded samples are gone ({error.strerror}); decode again"
            ) from None
        if len(samples) != stop - start:
            raise AudioError(f"{self._samples}: the decoded samples were cut short; decode again")
        samples.flags.writeable = False
        return samples

    def clipped_share(self, start: int, stop: int) -> float:
        """Share of native samples at full scale within ``start`` to ``stop`` (16 kHz samples), 0 to 1.

        Counted before mixing and resampling, per 10 ms; in a mix a sample counts when any channel clips.
        """
        return self._share(self._clipped, start, stop)

    def non_finite_share(self, start: int, stop: int) -> float:
        """Share of native samples that were not finite, and were replaced by 0, as `clipped_share`."""
        return self._share(self._non_finite, start, stop)

    def _share(self, tally: Tally, start: int, stop: int) -> float:
        if not 0 <= start <= stop <= self.n_samples:
            raise AudioError(f"samples {start} to {stop} are not within a recording of {self.n_samples} samples")
        scale = tally.n_samples / self.n_samples
        return tally.share(start * scale, stop * scale)

    def close(self) -> None:
        """Let the samples go and delete their temporary file, if any. Closing twice is fine."""
        self._samples = None
        if self._finalizer is not None:
            self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        if self._finalizer is not None:
            self._finalizer.detach()  # the receiver deletes the file
        return {name: value for name, value in self.__dict__.items() if name != "_finalizer"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if isinstance(self._samples, np.ndarray):
            self._samples.flags.writeable = False
        self._own()

    def __repr__(self) -> str:
        return f"Waveform({self.channel!r}, {self.duration_s:.3f} s, digest {self.digest})"


def _delete(path: Path, owner: int) -> None:
    # A forked child inherits the finalizer, not the file.
    if os.getpid() == owner:
        path.unlink(missing_ok=True)


class Track:
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

    def finish(self, notes: tuple[str, ...] = ()) -> Waveform:
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
        )

    def discard(self) -> None:
        """Delete the temporary file of a track that will not be finished."""
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
