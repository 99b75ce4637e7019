"""A track: one channel of one recording, decoded, cut and measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from emoanalytics.audio.corpus import Recording
from emoanalytics.audio.decode import ChannelPolicy, Waveform, decode
from emoanalytics.audio.quality import Flag, Quality, flags, measure
from emoanalytics.audio.segments import CutMode, CutPolicy, Segment, chunks, cut, outside
from emoanalytics.errors import AudioError
from emoanalytics.settings import QualitySettings


@dataclass(frozen=True)
class Failure:
    """Audio that could not be used: what, where and why.

    Attributes:
        file: the recording, relative to the corpus.
        stage: corpus, decode, cut or embed.
        reason: one line.
        start_s: start of the segment, or None for the whole file.
        end_s: end of the segment, or None for the whole file.
    """

    file: str
    stage: str
    reason: str
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True)
class TrackPolicy:
    """Everything that decides how a recording becomes segments.

    Attributes:
        channels: mix, left, right, or each channel on its own.
        cut: how a channel is cut.
        quality: thresholds of the quality flags.
        spool: folder for the samples of very long recordings; the system's by default.
    """

    channels: ChannelPolicy = ChannelPolicy.MIX
    cut: CutPolicy = field(default_factory=CutPolicy)
    quality: QualitySettings = field(default_factory=QualitySettings)
    spool: Path | None = None


@dataclass(frozen=True)
class Piece:
    """One segment of a track: where it is, and how good it is."""

    segment: Segment
    start: int  # first sample at 16 kHz
    stop: int  # the sample after the last
    quality: Quality
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class Track:
    """One channel of one recording with its segments; close the waveform to free the samples.

    Attributes:
        waveform: the samples.
        pieces: the segments, sorted by start and end.
        size_bytes: size of the file just before it was read.
        modified_ns: when it was last changed, then.
    """

    waveform: Waveform
    pieces: tuple[Piece, ...]
    size_bytes: int
    modified_ns: int

    @property
    def covered_s(self) -> float:
        """Seconds of the recording that lie in a segment; where segments overlap, once."""
        covered = reached = 0.0
        for piece in self.pieces:
            covered += max(0.0, piece.segment.end_s - max(reached, piece.segment.start_s))
            reached = max(reached, piece.segment.end_s)
        return covered

    def clips(self, piece: Piece, chunk_s: float) -> Iterator[np.ndarray]:
        """A segment's samples in chunks of at most ``chunk_s`` seconds, in time order."""
        rate = self.waveform.rate_hz
        for start, stop in chunks(piece.stop - piece.start, rate, chunk_s):
            yield self.waveform.read(piece.start + start, piece.start + stop)


def read_tracks(recording: Recording, policy: TrackPolicy) -> tuple[list[Track], list[Failure]]:
    """Decode a recording, cut every channel asked for, and measure each segment.

    Returns:
        The tracks, and what failed; a failure never raises, so that a build goes on.
    """
    try:
        # Before it is read: a file that changes meanwhile must look changed to the next build.
        stat = recording.path.stat()
        waveforms = _channels(recording, policy)
    except FileNotFoundError:
        return [], [Failure(recording.file, "decode", "there is no such file any more; check the path")]
    except OSError as error:
        return [], [Failure(recording.file, "decode", f"it cannot be looked at: {error.strerror}; check the path")]
    except AudioError as error:
        # The file is named beside the reason; where the corpus lies is nobody's business in a shared store.
        reason = str(error).removeprefix(f"{recording.path}: ").removeprefix(f"{recording.file}: ")
        return [], [Failure(recording.file, "decode", reason)]
    tracks: list[Track] = []
    failures: list[Failure] = []
    if waveforms and waveforms[0].damage:
        what = "; ".join(waveforms[0].damage)
        failures.append(Failure(recording.file, "decode", f"part of it is lost: {what}; what could be read is kept"))
    for waveform in waveforms:
        for segment in outside(recording.given, waveform.duration_s) if policy.cut.mode == CutMode.MANIFEST else ():
            reason = f"the segment starts after the end of the recording ({waveform.duration_s:.2f} s)"
            failures.append(Failure(recording.file, "cut", reason, segment.start_s, segment.end_s))
        pieces = tuple(_piece(waveform, s, policy) for s in cut(waveform, policy.cut, recording.given))
        if not pieces and policy.cut.mode == CutMode.SPEECH:
            failures.append(Failure(recording.file, "cut", f"no speech found in channel {waveform.channel}"))
        if pieces:
            tracks.append(Track(waveform, pieces, stat.st_size, stat.st_mtime_ns))
        else:
            waveform.close()
    return tracks, failures


def _channels(recording: Recording, policy: TrackPolicy) -> list[Waveform]:
    """The channels to use: the one the manifest names, else those of the policy."""
    if recording.channel is None:
        return decode(recording.path, policy.channels, spool_dir=policy.spool)
    known = {"mix": ChannelPolicy.MIX, "left": ChannelPolicy.LEFT, "right": ChannelPolicy.RIGHT}
    found = decode(recording.path, known.get(recording.channel, ChannelPolicy.EACH), spool_dir=policy.spool)
    wanted = [w for w in found if w.channel == recording.channel]
    for other in found:
        if other not in wanted:
            other.close()
    if not wanted:
        names = ", ".join(w.channel for w in found)
        raise AudioError(
            f"{recording.file}: the manifest asks for channel {recording.channel}, the recording has {names}"
        )
    return wanted


def _piece(waveform: Waveform, segment: Segment, policy: TrackPolicy) -> Piece:
    start, stop = segment.samples(waveform.rate_hz)
    stop = min(stop, waveform.n_samples)
    quality = measure(waveform, start, stop)
    return Piece(segment, start, stop, quality, flags(quality, policy.quality))
