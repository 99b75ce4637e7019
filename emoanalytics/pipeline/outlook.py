"""What is still to come: how heavy the next recordings are, and how long the rest will take."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from emoanalytics.audio.corpus import Recording

_SAMPLE_BYTES_A_SECOND = 16_000 * 4
_MOST_BYTES = 600 * _SAMPLE_BYTES_A_SECOND  # longer recordings are spooled to disk by the decoder
_UNKNOWN_RATIO = 32.0  # decoded bytes a byte of file, before a file of the kind was read: speech at 16 kbit/s
_ENOUGH_S = 60.0  # seconds of audio, and ...
_ENOUGH_SHARE = 0.02  # ... the share of it that must be done before a time left is more than a lower bound


@dataclass
class _Kind:
    """The files of one suffix."""

    bytes_left: int = 0
    bytes_read: int = 0
    seconds: float = 0.0
    ratio: float = 0.0  # the most decoded bytes a byte of file gave


@dataclass
class Outlook:
    """Keeps count of the audio that is done and to come, by the sizes of the files.

    A header may lie about a length and costs a visit to every file; the size of a file is known to the plan, and
    files of one kind need about the same bytes for a second. So what is left is told from the bytes left and the
    bytes a second of the files read so far, kind by kind.

    Attributes:
        done_s: seconds of audio that are embedded, or needed no embedding.
        clock: seconds that only grow.
    """

    clock: Callable[[], float] = time.monotonic
    done_s: float = 0.0
    _read_s: float = 0.0
    _started: float | None = None
    _kinds: dict[str, _Kind] = field(default_factory=lambda: defaultdict(_Kind))
    _sizes: dict[str, int] = field(default_factory=dict)

    def expect(self, recordings: Iterable[Recording]) -> None:
        """Note the recordings to come; one that is not there weighs nothing."""
        for recording in recordings:
            if recording.file not in self._sizes:
                self._sizes[recording.file] = _size(recording)
                self._kinds[_suffix(recording)].bytes_left += self._sizes[recording.file]
        self._started = self.clock()

    def weight(self, recording: Recording) -> int:
        """Bytes the decoded samples of a recording take, rather more than less."""
        ratio = self._kinds[_suffix(recording)].ratio or _UNKNOWN_RATIO
        return min(_MOST_BYTES, round(self._sizes.get(recording.file, 0) * ratio))

    def read(self, recording: Recording, decoded_s: float, used_s: float) -> None:
        """Note that a recording was read.

        Args:
            recording: the recording; the channels of one file may come one by one.
            decoded_s: seconds of samples it gave, over its channels.
            used_s: seconds of them that lie in a segment.
        """
        kind, size = self._kinds[_suffix(recording)], self._sizes.pop(recording.file, 0)
        kind.bytes_left -= size
        kind.bytes_read += size
        kind.seconds += used_s
        if size:
            kind.ratio = max(kind.ratio, decoded_s * _SAMPLE_BYTES_A_SECOND / size)
        self._read_s += used_s

    def embedded(self, seconds: float) -> None:
        """Note seconds of audio that have come out of the encoder."""
        self.done_s = min(self._read_s, self.done_s + seconds)

    def settle(self) -> None:
        """All that was read is done: embedded, copied or listed as failed."""
        self.done_s = self._read_s

    @property
    def speed(self) -> float:
        """Seconds of audio done a second, since the first recording was asked for."""
        spent = 0.0 if self._started is None else self.clock() - self._started
        return self.done_s / spent if spent > 0 else 0.0

    def left(self) -> tuple[float, bool] | None:
        """Seconds of time to go, and whether that is only a lower bound; None before anything is done.

        It is a lower bound while little has been done, or while there are kinds of files of which none was read.
        """
        if not self.done_s or not self.speed:
            return None
        waiting = self._read_s - self.done_s
        unknown = False
        for kind in self._kinds.values():
            if kind.bytes_read:
                waiting += kind.seconds / kind.bytes_read * kind.bytes_left
            elif kind.bytes_left:
                unknown = True
        little = self.done_s < _ENOUGH_S and waiting > 0
        little |= self.done_s < _ENOUGH_SHARE * (self.done_s + waiting)
        return waiting / self.speed, unknown or little

    def words(self) -> str:
        """Speed and time left for a progress bar."""
        left = self.left()
        if left is None:
            return "the first clips are being embedded"
        seconds, at_least = left
        return f"{self.speed:.0f}x real time, {'at least ' * at_least}{_spoken(seconds)} left"


def _spoken(seconds: float) -> str:
    """A time left, no finer than it is known.

    >>> _spoken(3.2), _spoken(200), _spoken(7000)
    ('3 s', '3 min', '1.9 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _suffix(recording: Recording) -> str:
    return PurePosixPath(recording.file).suffix.casefold()


def _size(recording: Recording) -> int:
    try:
        return recording.path.stat().st_size
    except OSError:
        return 0
