"""Clips through an encoder and a head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from emoanalytics.analyze.result import ClipResult, Granularity, scored
from emoanalytics.audio.corpus import Recording
from emoanalytics.audio.decode import ChannelPolicy
from emoanalytics.audio.segments import CutPolicy
from emoanalytics.audio.tracks import Failure, Track, TrackPolicy, read_tracks
from emoanalytics.embed.batches import SegmentEmbedding, encode_segments
from emoanalytics.embed.encoder import Encoder
from emoanalytics.embed.heads import Head
from emoanalytics.errors import EncoderError, HeadError
from emoanalytics.settings import QualitySettings

_KEPT_S = 600  # of a long recording, this much is kept for processed_audio.wav


def analyze(
    clips: Sequence[Path | str],
    encoder: Encoder,
    *,
    head: Head | None = None,
    granularity: Granularity = Granularity.UTTERANCE,
    channels: ChannelPolicy = ChannelPolicy.MIX,
    settings: QualitySettings | None = None,
    chunk_s: float = 30.0,
    most_s: float | None = None,
) -> Iterator[ClipResult | Failure]:
    """Analyse clips one after the other.

    Args:
        clips: audio or video files.
        encoder: the encoder.
        head: a head for encoders without their own (a store's, for example); by default the encoder's.
        granularity: also give each frame's scores (encoders with a head of their own only).
        channels: which channels to hear; ``each`` gives a result a channel.
        settings: thresholds of the quality flags.
        chunk_s: longest piece the encoder hears at once.
        most_s: longer clips are not encoded but yielded as failures; None: any length.

    Yields:
        A result for each clip (and channel), or the failure that kept it from one.

    Raises:
        HeadError: the head was made for another encoder, or frames are asked of one that is not the encoder's own.
        EncoderError: frames are asked of an encoder without a head of its own.
    """
    head = head or encoder.head
    if head is not None and head.dim != encoder.card.dim:
        raise HeadError(
            f"the head reads embeddings of length {head.dim}, {encoder.card.name} makes length {encoder.card.dim}"
        )
    frames = granularity == Granularity.FRAME
    if frames and encoder.head is None:
        raise EncoderError(f"{encoder.card.name} has no frame scores: use --granularity utterance")
    if frames and head is not None and encoder.head is not None and not _same(head, encoder.head):
        raise HeadError(
            f"frame scores come from the own head of {encoder.card.name}, not from a fitted one: leave out the head, "
            "or use --granularity utterance"
        )
    policy = TrackPolicy(channels, CutPolicy(chunk_s=chunk_s), settings or QualitySettings())
    for clip in clips:
        recording = Recording(str(clip), Path(clip), None)
        tracks, failures = read_tracks(recording, policy)
        yield from failures
        for track in tracks:
            with track.waveform:
                if most_s is not None and track.waveform.duration_s > most_s:
                    yield Failure(str(clip), "cut", _too_long(track.waveform.duration_s, most_s))
                    continue
                yield _result(str(clip), track, encoder, head, granularity, chunk_s)


def _result(
    file: str, track: Track, encoder: Encoder, head: Head | None, granularity: Granularity, chunk_s: float
) -> ClipResult | Failure:
    piece = track.pieces[0]
    frames = granularity == Granularity.FRAME
    ((_, made),) = encode_segments(encoder, [("clip", track.clips(piece, chunk_s))], frames=frames)
    if not isinstance(made, SegmentEmbedding):
        return Failure(file, "embed", str(made))
    times = frame_scores = None
    if frames and made.frame_logits is not None and encoder.head is not None:
        n = len(made.frame_logits)
        times = (np.arange(n) + 0.5) * piece.segment.duration_s / n
        frame_scores = encoder.head.scores_of(made.frame_logits)
    return ClipResult(
        file=file,
        channel=track.waveform.channel,
        samples=track.waveform.read(0, min(track.waveform.n_samples, _KEPT_S * track.waveform.rate_hz)),
        duration_s=track.waveform.duration_s,
        embedding=made.embedding,
        n_frames=made.n_frames,
        scores=scored(head, made.embedding),
        frame_times_s=times,
        frame_scores=frame_scores,
        labels=head.labels if head else (),
        quality=piece.quality,
        flags=piece.flags,
        encoder=encoder.card,
        granularity=granularity,
        timestamp=datetime.now().astimezone().isoformat(timespec="seconds"),
        calibrated=head is not None and head.calibrated,
    )


def _too_long(duration_s: float, most_s: float) -> str:
    return (
        f"{duration_s / 60:.1f} minutes long, at most {most_s / 60:g} are analysed as one clip: cut it, or build it "
        "into a store (emoanalytics build FOLDER --store STORE --segment speech)"
    )


def _same(one: Head, other: Head) -> bool:
    return (
        one.labels == other.labels
        and one.temperature == other.temperature
        and np.array_equal(one.weights, other.weights)
        and np.array_equal(one.bias, other.bias)
    )
