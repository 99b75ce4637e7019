"""One recording in a worker process: decoded, cut, measured, and embedded where the encoder is cheap to copy."""

from __future__ import annotations

from dataclasses import dataclass

from emoanalytics.audio.corpus import Recording
from emoanalytics.audio.tracks import Failure, Piece, Track, TrackPolicy, read_tracks
from emoanalytics.embed.batches import SegmentEmbedding, encode_segments
from emoanalytics.embed.encoder import Encoder
from emoanalytics.errors import EncoderError
from emoanalytics.store.keys import content_id


@dataclass(frozen=True)
class Task:
    """One recording to hear.

    Attributes:
        recording: the recording.
        policy: how it becomes segments.
        encoder: the encoder to run where the recording is decoded; None: the samples are brought back instead.
        known: content that the recording's own rows have an embedding of.
        budget_s: audio seconds in one batch.
        frames: also make per-frame logits.
    """

    recording: Recording
    policy: TrackPolicy
    encoder: Encoder | None = None
    known: frozenset[str] = frozenset()
    budget_s: float = 60.0
    frames: bool = False


@dataclass(frozen=True)
class Heard:
    """What was heard in one recording.

    Attributes:
        tracks: its channels with their segments; the samples are gone where the encoder ran here.
        failures: what could not be used.
        embedded: each content that was not known, and its embedding or the error its audio met.
    """

    tracks: tuple[Track, ...]
    failures: tuple[Failure, ...]
    embedded: tuple[tuple[str, SegmentEmbedding | EncoderError], ...] = ()


def hear(task: Task) -> Heard:
    """Decode, cut and measure a recording; embed it too where the task brings an encoder.

    What fails is listed, never raised, so that a build goes on.
    """
    tracks, failures = read_tracks(task.recording, task.policy)
    embedded: list[tuple[str, SegmentEmbedding | EncoderError]] = []
    if task.encoder is not None:
        seen = set(task.known)
        for track in tracks:
            with track.waveform:  # samples stay here: only what was made of them travels
                new = {key: piece for piece in track.pieces if (key := content_of(track, piece)) not in seen}
                seen.update(new)
                clips = ((key, track.clips(piece, task.policy.cut.chunk_s)) for key, piece in new.items())
                embedded += encode_segments(task.encoder, clips, budget_s=task.budget_s, frames=task.frames)
    return Heard(tuple(tracks), tuple(failures), tuple(embedded))


def content_of(track: Track, piece: Piece) -> str:
    """The key of a segment's audio."""
    return content_id(track.waveform.digest, piece.start, piece.stop)
