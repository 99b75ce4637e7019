"""What small changes did: to one clip, by one change, and altogether in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from emoanalytics.audio.tracks import Failure
from emoanalytics.labels import Language
from emoanalytics.listening.fragile.changes import Change
from emoanalytics.notes import Note


@dataclass(frozen=True)
class ClipFragility:
    """What small changes did to one clip.

    Attributes:
        segment_id: the clip.
        file: its recording.
        winner: the label with the highest score of the head in use, unchanged: what the changes are held against.
        margin: by how much it led.
        survived: share of the changes after which the winner was the same.
        flips: name of each change that flipped it -> the new winner.
        moved: mean over the changes of half the sum of absolute differences over all labels: 0 nothing, 1 everything.
        skipped: changes that could not be made, with the reason.
        stored: the winner by the scores the store gives, which of a fitted head are those of heads that never heard
            the speaker, so that it may be another; None where the store gives the clip no score.
    """

    segment_id: str
    file: str
    winner: str
    margin: float
    survived: float
    flips: Mapping[str, str]
    moved: float
    skipped: Mapping[str, str]
    stored: str | None = None


@dataclass(frozen=True)
class ChangeResult:
    """What one change did to all clips.

    Attributes:
        name: the change.
        clips: clips it could be made to.
        flipped: how many winners it flipped.
        share: their share.
        low: lower end of its 95 % interval over speakers; None where there are fewer than five.
        high: its upper end.
    """

    name: str
    clips: int
    flipped: int
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Fragility:
    """Which winners survive small changes.

    Attributes:
        clips: most fragile first: fewest changes survived, then smallest margin.
        changes: what each change did.
        given: the changes.
        failures: clips whose audio could not be read or embedded, or is not what was embedded.
        notes: what a reader should know.
        seconds: how long it took.
        seed: of the noise.
    """

    clips: tuple[ClipFragility, ...]
    changes: tuple[ChangeResult, ...]
    given: tuple[Change, ...]
    failures: tuple[Failure, ...]
    notes: tuple[Note, ...]
    seconds: float
    seed: int

    @property
    def fragile(self) -> tuple[ClipFragility, ...]:
        """Clips whose winner at least one change flipped."""
        return tuple(clip for clip in self.clips if clip.flips)

    @property
    def elsewhere(self) -> tuple[ClipFragility, ...]:
        """Clips for which the store shows another winner than the one that was tested."""
        return tuple(clip for clip in self.clips if clip.stored not in (None, clip.winner))

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "clips": [asdict(clip) for clip in self.clips],
            "fragile": len(self.fragile),
            "stored_winner_differs": len(self.elsewhere),
            "changes": [asdict(change) for change in self.changes],
            "failures": [asdict(failure) for failure in self.failures],
            "notes": [str(note) for note in self.notes],
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
        }

    def said(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """The result in sentences."""
        zh = language == Language.ZH
        n, flipped = len(self.clips), len(self.fragile)
        lines = [
            f"{n} 条片段中有 {flipped} 条的胜出情绪经不起至少一种细小改动。"
            if zh
            else f"{flipped} of {n} winners do not survive every small change."
        ]
        if self.elsewhere:
            other = len(self.elsewhere)
            lines.append(
                f"其中 {other} 条在存储里显示的是另一种胜出情绪（其得分来自未听过该说话人的分类头），"
                "此处的结果不适用于那个情绪。"
                if zh
                else f"For {other} of the {n} clips the store shows another winner, from heads that never heard the "
                "speaker: what is said here does not hold for that one."
            )
        for change, result in zip(self.given, self.changes, strict=True):
            title = change.title(language)
            if not result.clips:
                lines.append(f"{title}：没有片段可改。" if zh else f"{title}: no clip could be changed so.")
                continue
            if result.low is None or result.high is None:
                interval = "（证据不足，无区间）" if zh else " (not enough evidence for an interval)"
            elif zh:
                interval = f"（95% 区间 {result.low:.1%}–{result.high:.1%}）"
            else:
                interval = f" (95 % interval {result.low:.1%}-{result.high:.1%})"
            lines.append(
                f"{title}：{result.clips} 条中翻转 {result.flipped} 条，占 {result.share:.1%}{interval}。"
                if zh
                else f"{title}: {result.flipped} of {result.clips} flip, {result.share:.1%}{interval}."
            )
        return tuple(lines)
