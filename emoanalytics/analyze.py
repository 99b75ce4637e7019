"""One or several clips: scores, quality and a folder of results, as users of the one-clip web page know it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics.audio.corpus import Recording
from emoanalytics.audio.decode import RATE_HZ, ChannelPolicy, write_wav
from emoanalytics.audio.quality import Flag, Quality, reason
from emoanalytics.audio.segments import CutPolicy
from emoanalytics.audio.tracks import Failure, Track, TrackPolicy, read_tracks
from emoanalytics.embed.batches import SegmentEmbedding, encode_segments
from emoanalytics.embed.encoder import Encoder, EncoderCard
from emoanalytics.embed.heads import Head
from emoanalytics.embed.heads.head import scores_are
from emoanalytics.errors import EncoderError, HeadError, StoreError
from emoanalytics.labels import BY_ID, EMOTION_IDS
from emoanalytics.settings import QualitySettings

_KEPT_S = 600  # of a long recording, this much is kept for processed_audio.wav


class Granularity(StrEnum):
    """Scores for the whole clip, or also for each frame (50 a second)."""

    UTTERANCE = "utterance"
    FRAME = "frame"


@dataclass(frozen=True)
class ClipResult:
    """What was found in one clip.

    Attributes:
        file: the clip as it was named.
        channel: mix, left, right, ...
        samples: (n,) float32 at 16 kHz, what the encoder heard (the first ten minutes of it).
        duration_s: length of the clip in seconds.
        embedding: (d,) float32.
        n_frames: frames the embedding is the mean of.
        scores: model score of each of the nine emotions in 0..1, summing to 1; None where the head
            does not know the emotion, and for all nine where there is no head.
        frame_times_s: (t,) middle of each frame, or None.
        frame_scores: (t, labels) scores of each frame in the order of ``labels``, or None.
        labels: the head's labels; empty without a head. ``frame_scores`` are by the same head.
        quality: what was measured.
        flags: what is wrong with the clip.
        encoder: card of the encoder.
        granularity: what was asked for.
        timestamp: ISO 8601, local time with zone.
        calibrated: whether the scores may be read as the share of listeners who would say so.
    """

    file: str
    channel: str
    samples: np.ndarray
    duration_s: float
    embedding: np.ndarray
    n_frames: int
    scores: Mapping[str, float | None]
    frame_times_s: np.ndarray | None
    frame_scores: np.ndarray | None
    labels: tuple[str, ...]
    quality: Quality
    flags: tuple[Flag, ...]
    encoder: EncoderCard
    granularity: Granularity
    timestamp: str
    calibrated: bool = False

    @property
    def emotion(self) -> str | None:
        """The emotion with the highest model score; None without a head."""
        known = {e: s for e, s in self.scores.items() if s is not None}
        return max(known, key=lambda e: known[e]) if known else None

    @property
    def score(self) -> float | None:
        """Model score of that emotion: not a probability of being right until it is calibrated."""
        return None if self.emotion is None else self.scores[self.emotion]

    def as_json(self, settings: QualitySettings | None = None) -> dict[str, Any]:
        """The content of ``result.json``: the web page's fields first, then what is added to them."""
        emotion = self.emotion
        found: dict[str, Any] = {
            "emotion": emotion,
            "confidence": self.score,
            "scores": dict(self.scores),
            "granularity": str(self.granularity),
            "timestamp": self.timestamp,
            "confidence_is": scores_are(self.calibrated),
            "emotion_zh": BY_ID[emotion].zh if emotion in BY_ID else None,
            "emoji": BY_ID[emotion].emoji if emotion in BY_ID else None,
            "file": Path(self.file).name,
            "channel": self.channel,
            "duration_s": round(self.duration_s, 4),
            "processed_audio_s": round(len(self.samples) / RATE_HZ, 4),
            "encoder": asdict(self.encoder),
            "n_frames": self.n_frames,
            "quality": {k: _number(v) for k, v in asdict(self.quality).items()},
            "flags": {
                str(flag): {
                    language: reason(flag, self.quality, settings or QualitySettings(), language)
                    for language in ("en", "zh")
                }
                for flag in self.flags
            },
        }
        if self.frame_scores is not None and self.frame_times_s is not None:
            found["frames"] = {
                "t_s": [round(float(t), 3) for t in self.frame_times_s],
                "labels": list(self.labels),
                "scores": [[round(float(s), 6) for s in row] for row in self.frame_scores],
            }
        return found


def analyze(
    clips: Sequence[Path | str],
    encoder: Encoder,
    *,
    head: Head | None = None,
    granularity: Granularity = Granularity.UTTERANCE,
    channels: ChannelPolicy = ChannelPolicy.MIX,
    settings: QualitySettings | None = None,
    chunk_s: float = 30.0,
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
                yield _result(str(clip), track, encoder, head, granularity, chunk_s)


def _result(
    file: str, track: Track, encoder: Encoder, head: Head | None, granularity: Granularity, chunk_s: float
) -> ClipResult | Failure:
    piece = track.pieces[0]
    frames = granularity == Granularity.FRAME
    ((_, made),) = encode_segments(encoder, [("clip", track.clips(piece, chunk_s))], frames=frames)
    if not isinstance(made, SegmentEmbedding):
        return Failure(file, "embed", str(made))
    scores: dict[str, float | None] = dict.fromkeys(EMOTION_IDS)
    if head is not None:
        scores |= dict(zip(head.labels, map(float, head.scores(made.embedding[None])[0]), strict=True))
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
        scores=scores,
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


def write_result(
    result: ClipResult, out: Path, *, embedding: bool = False, settings: QualitySettings | None = None
) -> Path:
    """Write a result's folder: ``processed_audio.wav``, ``result.json`` and, if asked, ``embedding.npy``.

    Args:
        result: one clip's result.
        out: the folder that holds the result folders; made when missing.
        embedding: also write ``embedding.npy`` of shape (1, d) float32.
        settings: thresholds, for the words about quality.

    Returns:
        The new folder ``out/outputs_YYYYMMDD_HHMMSS``, with ``_2`` and so on when that second is taken.

    Raises:
        StoreError: the folder cannot be written.
    """
    stamp = datetime.fromisoformat(result.timestamp).strftime("outputs_%Y%m%d_%H%M%S")
    try:
        folder = _new_folder(out, stamp)
        write_wav(folder / "processed_audio.wav", result.samples)
        text = json.dumps(result.as_json(settings), ensure_ascii=False, indent=2, allow_nan=False)
        # A file name that is no text becomes an escape that JSON knows.
        (folder / "result.json").write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        if embedding:
            np.save(folder / "embedding.npy", result.embedding[None].astype(np.float32), allow_pickle=False)
    except OSError as error:
        raise StoreError(f"cannot write results to {out}: {error.strerror or error}; choose another --out") from error
    return folder


def _new_folder(out: Path, stamp: str) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        folder = out / (stamp if number == 1 else f"{stamp}_{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def _number(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 6)


def _same(one: Head, other: Head) -> bool:
    return (
        one.labels == other.labels
        and one.temperature == other.temperature
        and np.array_equal(one.weights, other.weights)
        and np.array_equal(one.bias, other.bias)
    )
