"""Cutting a waveform into segments: whole file, windows, voice activity, or as the manifest gives them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from emoanalytics.audio.decode import RATE_HZ, Waveform
from emoanalytics.audio.vad import speech_probabilities, speech_spans
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
        chunk_s: the longest piece the encoder sees at once, in seconds, at least 1; longer segments are
            encoded piece by piece and averaged, weighted by length.
        speech_threshold: probability from which a 32 ms frame starts speech (speech).
        silence_threshold: probability below which a frame may end it (speech).
        min_speech_s: shorter stretches of speech are dropped (speech).
        min_silence_s: shorter pauses do not end a stretch of speech (speech).
        max_speech_s: longer stretches are cut, at their longest pause when they have one (speech).
        speech_pad_s: added on both sides of a stretch, never beyond the middle of a pause (speech).

    Raises:
        AudioError: a setting out of range.
    """

    mode: CutMode = CutMode.WHOLE
    window_s: float = 4.0
    hop_s: float = 4.0
    chunk_s: float = 30.0
    speech_threshold: float = 0.5
    silence_threshold: float = 0.35
    min_speech_s: float = 0.25
    min_silence_s: float = 0.5
    max_speech_s: float = 30.0
    speech_pad_s: float = 0.1

    def __post_init__(self) -> None:
        if self.mode not in set(CutMode):
            raise AudioError(f"there is no way of cutting called {self.mode!r}: choose one of {', '.join(CutMode)}")
        object.__setattr__(self, "mode", CutMode(self.mode))  # a plain string, as read from store.json, will do
        at_least = {
            "window_s": 1 / RATE_HZ,
            "hop_s": 1 / RATE_HZ,
            "chunk_s": 1.0,
            "min_speech_s": 0.0,
            "min_silence_s": 0.0,
            "max_speech_s": 1.0,
            "speech_pad_s": 0.0,
        }
        for name, low in at_least.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= low):
                raise AudioError(f"{name} is {value}: it must be a number of at least {low:g} (seconds)")
        if not 0 < self.silence_threshold <= self.speech_threshold < 1:
            raise AudioError(
                f"silence_threshold {self.silence_threshold} and speech_threshold {self.speech_threshold} "
                "must lie between 0 and 1, the first not above the second"
            )
        if self.max_speech_s <= 2 * self.speech_pad_s + self.min_speech_s + 0.1:
            raise AudioError(
                f"max_speech_s {self.max_speech_s} leaves no room for its padding of {self.speech_pad_s} s"
            )


def cut(waveform: Waveform, policy: CutPolicy, given: Sequence[Segment] = ()) -> list[Segment]:
    """Cut a recording into segments.

    - whole: one segment.
    - windows: every ``hop_s`` a window of ``window_s``, as long as whole ones fit; what is left behind the last
      one becomes one more window when it is at least half as long as a window, else it is left out. A recording
      shorter than a window is one segment.
    - speech: the stretches of speech, see `speech`; none when there is no speech.
    - manifest: the given segments, clipped to the recording, each span once; those that lie `outside` are
      left out. A recording the manifest gives no segments for is one segment.

    Returns:
        Segments within the recording, at least one sample long, sorted by start and end.

    Raises:
        MissingExtraError: speech needs a package that is not installed.
    """
    if policy.mode is CutMode.SPEECH:
        return speech(waveform, policy)
    if policy.mode is CutMode.WINDOWS:
        return _segments(_windows(waveform.n_samples, round(policy.window_s * RATE_HZ), round(policy.hop_s * RATE_HZ)))
    if policy.mode is CutMode.MANIFEST and given:
        left_out = set(outside(given, waveform.duration_s))
        inside = {segment for segment in given if segment not in left_out}
        return sorted({Segment(s.start_s, min(s.end_s, waveform.duration_s)) for s in inside})
    return [Segment(0.0, waveform.duration_s)]


def outside(given: Iterable[Segment], duration_s: float) -> list[Segment]:
    """The given segments that hold no sample of a recording: they start behind its end, or are too short.

    >>> outside([Segment(0, 1), Segment(2, 9), Segment(9, 10)], duration_s=8.0)
    [Segment(start_s=9, end_s=10)]
    """
    n_samples = round(duration_s * RATE_HZ)
    return [s for s in given if min(s.samples(RATE_HZ)[1], n_samples) <= s.samples(RATE_HZ)[0]]


def speech(waveform: Waveform, policy: CutPolicy | None = None) -> list[Segment]:
    """Stretches of speech, found by silero-vad's network and its rule; none when there is no speech.

    Args:
        waveform: the recording; it is read in blocks.
        policy: thresholds and lengths; the defaults of `CutPolicy` when None.

    Raises:
        MissingExtraError: silero-vad or onnxruntime is not installed.
    """
    policy = policy or CutPolicy(CutMode.SPEECH)
    spans = speech_spans(
        speech_probabilities(waveform),
        waveform.n_samples,
        threshold=policy.speech_threshold,
        silence_threshold=policy.silence_threshold,
        min_speech_s=policy.min_speech_s,
        min_silence_s=policy.min_silence_s,
        max_speech_s=policy.max_speech_s,
        pad_s=policy.speech_pad_s,
    )
    return _segments(spans)


def chunks(n_samples: int, rate_hz: int, chunk_s: float) -> list[tuple[int, int]]:
    """Cut a long segment for the encoder: as few pieces as possible, none longer than ``chunk_s``.

    The pieces cover the segment exactly and their lengths differ by at most one sample, so that no short
    rest gets a say of its own.

    Returns:
        First sample and the sample after the last of each piece, in order; none for no samples.

    Raises:
        AudioError: a chunk shorter than one sample.

    >>> chunks(95 * 16_000, 16_000, 30.0)
    [(0, 380000), (380000, 760000), (760000, 1140000), (1140000, 1520000)]
    """
    longest = int(chunk_s * rate_hz)
    if longest < 1:
        raise AudioError(f"chunks of {chunk_s} s at {rate_hz} Hz hold no sample: make chunk_s longer")
    pieces = -(-n_samples // longest)
    return [(i * n_samples // pieces, (i + 1) * n_samples // pieces) for i in range(pieces)]


def _windows(n_samples: int, window: int, hop: int) -> list[tuple[int, int]]:
    if n_samples <= window:
        return [(0, n_samples)]
    last = (n_samples - window) // hop * hop  # where the last whole window starts
    spans = [(start, start + window) for start in range(0, last + 1, hop)]
    rest = last + hop
    if last + window < n_samples and 2 * (n_samples - rest) >= window:
        spans.append((rest, n_samples))
    return spans


def _segments(spans: Iterable[tuple[int, int]]) -> list[Segment]:
    return [Segment(start / RATE_HZ, stop / RATE_HZ) for start, stop in spans]
