"""What a timeline is: a curve that adds up to the clip's score, and what was read from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from emoanalytics.embed.heads.head import scores_are
from emoanalytics.errors import EmptySelectionError
from emoanalytics.labels import BY_ID, Language
from emoanalytics.views.timeline.moments import Moment
from emoanalytics.views.timeline.turns import Turn


@dataclass(frozen=True)
class Timeline:
    """One channel of one recording over time. Arrays are read-only.

    Attributes:
        file: the recording.
        channel: the channel.
        source: ``frames`` (50 a second, or means over several where fewer were kept) or ``segments``.
        labels: the columns that are known.
        start_s: (n,) start of each piece in the file, seconds.
        end_s: (n,) its end.
        scores: (n, labels) score of each piece; of frames: of the ``smooth_s`` around it, by the clip's arithmetic.
        logits: (n, labels) of each frame, over the head's temperature; None for segments.
        mean: (labels,) of frames the softmax of the mean logit, of segments the mean score; weighted by duration.
        stored: (labels,) what the store says of the same clips: mean of their scores weighted by frames or duration.
        difference: largest difference between ``mean`` and ``stored`` for the frames of one clip, where they should be
            equal; None otherwise.
        moments: sustained stretches, by start.
        turns: turns of all speakers of the file, by start; empty with fewer than two.
        smooth_s: seconds that a frame's score looks at.
        head: the head the scores are of.
        calibrated: whether the winner's score of that head may be called calibrated.
    """

    file: str
    channel: str
    source: str
    labels: tuple[str, ...]
    start_s: np.ndarray
    end_s: np.ndarray
    scores: np.ndarray
    logits: np.ndarray | None
    mean: np.ndarray
    stored: np.ndarray
    difference: float | None
    moments: tuple[Moment, ...]
    turns: tuple[Turn, ...]
    smooth_s: float
    head: str
    calibrated: bool = False

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def score_of(self, start_s: float, end_s: float) -> dict[str, float]:
        """The scores of any stretch, by the arithmetic of a whole clip.

        Args:
            start_s: from the start of the file, seconds.
            end_s: half open.

        Raises:
            EmptySelectionError: no piece has its middle in it.
        """
        middle = (self.start_s + self.end_s) / 2
        inside = (middle >= start_s) & (middle < end_s)
        if not inside.any():
            raise EmptySelectionError(f"nothing of {self.file} lies between {start_s:g} s and {end_s:g} s")
        values = self.scores if self.logits is None else self.logits
        mean = np.average(values[inside], axis=0, weights=(self.end_s - self.start_s)[inside])
        values = mean if self.logits is None else softmax(mean)
        return dict(zip(self.labels, values.tolist(), strict=True))

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        columns = {label: self.scores[:, i].tolist() for i, label in enumerate(self.labels)}
        return {
            "file": self.file,
            "channel": self.channel,
            "source": self.source,
            "head": self.head,
            "scores_are": scores_are(self.calibrated),
            "smooth_s": self.smooth_s,
            "start_s": self.start_s.tolist(),
            "end_s": self.end_s.tolist(),
            "scores": columns,
            "mean": dict(zip(self.labels, self.mean.tolist(), strict=True)),
            "stored": dict(zip(self.labels, self.stored.tolist(), strict=True)),
            "difference": self.difference,
            "moments": [vars(m) for m in self.moments],
            "turns": [vars(t) for t in self.turns],
        }

    def said(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """The moments in words, and whose scores they are."""
        zh = language == Language.ZH
        whose = (f"依据分类头 {self.head} 的分数。" if zh else f"By the scores of the head {self.head}.",)
        if not self.moments:
            return ("没有持续的情绪片段。" if zh else "No emotion lasts above the threshold.", *whose)
        return (
            tuple(
                f"{m.start_s:.1f}–{m.end_s:.1f} 秒：{_name(m.emotion, zh)}持续，最高分 {m.peak:.2f}。"
                if zh
                else f"{m.start_s:.1f} to {m.end_s:.1f} s: {_name(m.emotion, zh)} lasts, highest score {m.peak:.2f}."
                for m in self.moments
            )
            + whose
        )


def softmax(logits: np.ndarray) -> np.ndarray:
    """(..., labels) logits -> scores."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def _name(emotion: str, zh: bool) -> str:
    return BY_ID[emotion].name("zh" if zh else "en") if emotion in BY_ID else emotion
