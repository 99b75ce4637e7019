"""One channel of one recording at 16 kHz: in memory while it is short, in a temporary file when it is long."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from emoanalytics.audio.decode.spool import RATE_HZ
from emoanalytics.audio.decode.tally import Tally
from emoanalytics.errors import AudioError


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
        notes: what is worth knowing about the file, one sentence each.
        damage: what of the file could not be had (cut off, damaged packets), one sentence each.
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
        damage: tuple[str, ...] = (),
    ) -> None:
        self.channel = channel
        self.n_samples = n_samples
        self.digest = digest
        self.source_rate_hz = source_rate_hz
        self.notes = notes
        self.damage = damage
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
