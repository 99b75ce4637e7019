"""What a build did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emoanalytics.audio.tracks import Failure


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    Attributes:
        store: the store's folder.
        embedded: segments whose audio went through the encoder.
        copied: segments whose audio was already known (duplicates); their embedding was copied.
        unchanged: recordings that needed nothing.
        relabelled: segments whose metadata or flags changed without embedding anything.
        failures: what could not be used.
        failed_files: files of which something could not be used (remarks on rows of a file that was used not counted).
        audio_s: seconds of audio read into segments by this run; overlapping segments count once.
        elapsed_s: wall-clock seconds.
        notes: remarks a user should read.
    """

    store: Path
    embedded: int
    copied: int
    unchanged: int
    relabelled: int
    failures: tuple[Failure, ...]
    failed_files: int
    audio_s: float
    elapsed_s: float
    notes: tuple[str, ...] = ()

    @property
    def times_real_time(self) -> float:
        """Seconds of audio a second."""
        return self.audio_s / self.elapsed_s if self.elapsed_s > 0 else 0.0
