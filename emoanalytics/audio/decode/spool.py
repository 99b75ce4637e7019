"""Decoded samples while they arrive: in memory while they are few, in a temporary file when they are many."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics.errors import AudioError

RATE_HZ = 16_000


class Spool:
    """Samples at 16 kHz: a list of arrays, moved to a temporary file when they get long.

    Args:
        name: the recording, as error messages name it.
        longest: samples kept in memory.
        folder: an existing folder for the file; the system's folder for temporary files when None.
        expected_s: seconds of sound to spool, over all channels, by the header: the room that a full disk lacks.
    """

    def __init__(self, name: str, longest: float, folder: Path | None, expected_s: float) -> None:
        self.n_samples = 0
        self._name = name
        self._longest = longest
        self._folder = folder
        self._expected_s = expected_s
        self._parts: list[np.ndarray] = []
        self._file: Any = None
        self._path: Path | None = None

    def append(self, samples: np.ndarray) -> None:
        """Take the next samples ``(n,)`` float32.

        Raises:
            AudioError: they cannot be written; when the disk is full, with the room needed.
        """
        self.n_samples += len(samples)
        self._parts.append(samples)
        if self._path is not None or self.n_samples > self._longest:
            self._write()

    def _write(self) -> None:
        try:
            if self._path is None:
                self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - finish or discard closes it
                    "wb", prefix="emoanalytics-", suffix=".f32", dir=self._folder, delete=False
                )
                self._path = Path(self._file.name)
            for part in self._parts:
                self._file.write(part.data)
            self._file.flush()
        except OSError as error:
            raise self._explained(error) from None
        self._parts.clear()

    def _explained(self, error: OSError) -> AudioError:
        folder = self._path.parent if self._path else self._folder or Path(tempfile.gettempdir())
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            return AudioError(f"{self._name}: cannot write decoded samples to {folder}: {error.strerror}")
        samples = max(self.n_samples, round(self._expected_s * RATE_HZ))
        at_least = "about" if samples > self.n_samples else "at least"
        return AudioError(
            f"{self._name}: the disk is full: its decoded samples need {at_least} {samples * 4 / 1e6:.0f} MB "
            f"in {folder}; free some, or set TMPDIR to a folder with room"
        )

    def finish(self) -> np.ndarray | Path:
        """All samples as a read-only array, or the file that holds them."""
        if self._path is None:
            samples = np.concatenate(self._parts)
            self._parts.clear()
            samples.flags.writeable = False
            return samples
        try:
            self._file.close()
        except OSError as error:
            raise self._explained(error) from None
        return self._path

    def discard(self) -> None:
        """Delete the file of samples nobody wants any more."""
        self._parts.clear()
        if self._path is None:
            return
        with contextlib.suppress(OSError):  # a full disk refuses what is still buffered; the file goes anyway
            self._file.close()
        self._path.unlink(missing_ok=True)
