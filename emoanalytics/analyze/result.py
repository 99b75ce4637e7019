"""What was found in one clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics.analyze.curve import Curve
from emoanalytics.audio.decode import RATE_HZ
from emoanalytics.audio.quality import Flag, Quality, reason
from emoanalytics.embed.encoder import EncoderCard
from emoanalytics.embed.heads import Head
from emoanalytics.embed.heads.head import scores_are
from emoanalytics.labels import BY_ID, EMOTION_IDS
from emoanalytics.settings import QualitySettings


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
        labels: the head's labels; empty without a head. ``frame_scores`` are by the same head, unless
            ``frame_labels`` says otherwise.
        quality: what was measured.
        flags: what is wrong with the clip.
        encoder: card of the encoder.
        granularity: what was asked for.
        timestamp: ISO 8601, local time with zone.
        calibrated: whether the scores may be read as the share of listeners who would say so.
        frame_labels: those of ``frame_scores`` where another head than that of ``scores`` made them.
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
    frame_labels: tuple[str, ...] = ()

    @property
    def emotion(self) -> str | None:
        """The emotion with the highest model score; None without a head."""
        known = {e: s for e, s in self.scores.items() if s is not None}
        return max(known, key=lambda e: known[e]) if known else None

    @property
    def score(self) -> float | None:
        """Model score of that emotion: not a probability of being right until it is calibrated."""
        return None if self.emotion is None else self.scores[self.emotion]

    def curve(self, smooth_s: float = 0.5) -> Curve | None:
        """The frame scores, each of the time around it; None where there are none.

        Args:
            smooth_s: how much around a frame its score looks at, seconds.
        """
        if self.frame_scores is None or self.frame_times_s is None:
            return None
        labels = self.frame_labels or self.labels
        return Curve.around(self.frame_times_s, self.frame_scores, labels, self.duration_s, smooth_s)

    def scored_by(self, head: Head) -> dict[str, float | None]:
        """What another head says of the clip: None where it does not know an emotion.

        Raises:
            HeadError: the head reads embeddings of another length.
        """
        return scored(head, self.embedding)

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
                "labels": list(self.frame_labels or self.labels),
                "scores": [[round(float(s), 6) for s in row] for row in self.frame_scores],
            }
        return found


def scored(head: Head | None, embedding: np.ndarray) -> dict[str, float | None]:
    """The nine and any further label of a head -> its score of a (d,) embedding."""
    found: dict[str, float | None] = dict.fromkeys(EMOTION_IDS)
    if head is not None:
        found |= dict(zip(head.labels, map(float, head.scores(embedding[None])[0]), strict=True))
    return found


def _number(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 6)
