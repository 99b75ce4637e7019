"""Cutting a waveform into segments: whole file, windows, voice activity, or as the manifest gives them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from emoanalytics.errors import AudioError


@dataclass(frozen=True, order=True)
class Segment:
    """A half-open span of time ``[start_s, end_s)`` in seconds from the start of the recording.

    Raises:
        AudioError: not finite, negative, or not longer than zero.

    >>> Segment(0.5, 2.0).duration_s
    1.5
    """

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s) and 0 <= self.start_s < self.end_s):
            raise AudioError(f"a segment from {self.start_s} s to {self.end_s} s is no span of time")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    def overlap_s(self, other: Segment) -> float:
        """Seconds shared with another segment (0 when they only touch).

        >>> Segment(0, 2).overlap_s(Segment(1.5, 4))
        0.5
        """
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def samples(self, rate_hz: int) -> tuple[int, int]:
        """First sample and the sample after the last, at a rate.

        >>> Segment(0.5, 2.0).samples(16_000)
        (8000, 32000)
        """
        return round(self.start_s * rate_hz), round(self.end_s * rate_hz)


class CutMode(StrEnum):
    """How recordings become segments."""

    WHOLE = "whole"
    WINDOWS = "windows"
    SPEECH = "speech"
    MANIFEST = "manifest"


@dataclass(frozen=True)
class CutPolicy:
    """How recordings are cut; a store holds segments of one policy, recorded in ``store.json``.

    Attributes:
        mode: whole file, windows, voice activity, or given by the manifest.
        window_s: window length in seconds (windows).
        hop_s: step from one window to the next in seconds (windows).
        chunk_s: the longest piece the encoder sees at once, in seconds; longer segments are
            encoded piece by piece and averaged, weighted by length.
    """

    mode: CutMode = CutMode.WHOLE
    window_s: float = 4.0
    hop_s: float = 4.0
    chunk_s: float = 30.0
