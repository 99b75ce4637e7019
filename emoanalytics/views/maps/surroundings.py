"""Among whom a further clip comes to lie: what its nearest clips are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from emoanalytics.embed.heads.head import score_word
from emoanalytics.errors import StoreError
from emoanalytics.labels import BY_ID, Language
from emoanalytics.store.scores import score_columns, winners
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.maps.placing import Placed

_COLUMNS = ("segment_id", "file", "start_s", "speaker", "emotion_given")
_NAMED = 3


@dataclass(frozen=True)
class Neighbour:
    """A clip of the map that is near a further one.

    Attributes:
        segment_id: which.
        similarity: to the further clip, in the space.
        file: its recording.
        start_s: where it starts in it, in seconds.
        speaker: who speaks, if it is known.
        emotion: the label with the highest model score; None without a score.
        emotion_given: the label the corpus gives it.
    """

    segment_id: str
    similarity: float
    file: str
    start_s: float
    speaker: str | None
    emotion: str | None
    emotion_given: str | None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "similarity": round(self.similarity, 6)}


@dataclass(frozen=True)
class Surroundings:
    """The clips of a map nearest to one that was placed on it, nearest first, by similarity in the space.

    Attributes:
        neighbours: the clips.
        calibrated: whether the winner's score, by which ``emotion`` is told, may be called calibrated.
    """

    neighbours: tuple[Neighbour, ...]
    calibrated: bool = False

    def as_json(self) -> list[dict[str, Any]]:
        """Plain values, the nearest first."""
        return [n.as_json() for n in self.neighbours]

    @property
    def emotions(self) -> dict[str, int]:
        """How many of them each emotion wins, the most frequent first; those without a score are left out."""
        return _counts(n.emotion for n in self.neighbours)

    @property
    def given(self) -> dict[str, int]:
        """How many of them have each given label."""
        return _counts(n.emotion_given for n in self.neighbours)

    @property
    def speakers(self) -> dict[str, int]:
        """How many of them are of each speaker."""
        return _counts(n.speaker for n in self.neighbours)

    def words(self, language: Language | str = Language.EN) -> str:
        """``nearest 15: angry 12, happy 3 (by model score); speakers: amy 9, tao 6``."""
        chinese = str(language) == Language.ZH
        parts = []
        if self.emotions:
            names = {e: BY_ID[e].name(language) if e in BY_ID else e for e in self.emotions}
            said = _most({names[e]: n for e, n in self.emotions.items()}, chinese)
            word = score_word(self.calibrated, language)
            parts.append(f"{said}（{word}）" if chinese else f"{said} (by {word})")
        if self.given:
            names = {e: BY_ID[e].name(language) if e in BY_ID else e for e in self.given}
            said = _most({names[e]: n for e, n in self.given.items()}, chinese)
            parts.append(f"{said}（已有标注）" if chinese else f"{said} (as labelled)")
        if self.speakers:
            said = _most(self.speakers, chinese)
            parts.append(f"说话人：{said}" if chinese else f"speakers: {said}")
        if not parts:
            parts.append("没有情绪或说话人信息" if chinese else "of no known emotion or speaker")
        n = len(self.neighbours)
        return f"最近的 {n} 个片段：" + "；".join(parts) if chinese else f"nearest {n}: " + "; ".join(parts)


def surroundings(placed: Placed, store: EmotionStore) -> tuple[Surroundings, ...]:
    """What the nearest clips of each placed one are.

    Args:
        placed: clips on a map of the store.
        store: the store it was placed by.

    Raises:
        StoreError: the store was written to since.
    """
    names = score_columns(store.info.labels)
    table = store.table([*_COLUMNS, *names])
    rows = {segment: row for row, segment in enumerate(table["segment_id"])}
    if any(segment not in rows for segment in placed.nearest.ravel()):
        raise StoreError(f"{store.path} was written to since clips were placed on its map: place them again")
    needed = sorted({rows[segment] for segment in placed.nearest.ravel()})
    some = table.iloc[needed]
    emotions, _ = winners(some[list(names)].to_numpy(np.float64), names)
    texts = some[list(_COLUMNS)].astype(object).where(some[list(_COLUMNS)].notna(), None)
    facts: dict[str, dict[str, Any]] = {
        str(row["segment_id"]): {**{str(k): v for k, v in row.items()}, "emotion": emotion}
        for row, emotion in zip(texts.to_dict("records"), emotions, strict=True)
    }
    calibrated = bool((store.head() or {}).get("calibrated"))
    return tuple(
        Surroundings(
            tuple(
                Neighbour(similarity=float(alike), **facts[segment])
                for segment, alike in zip(own, similarities, strict=True)
            ),
            calibrated,
        )
        for own, similarities in zip(placed.nearest, placed.similarities, strict=True)
    )


def _counts(values: Any) -> dict[str, int]:
    return dict(Counter(value for value in values if value is not None).most_common())


def _most(counts: dict[str, int], chinese: bool) -> str:
    """The most frequent ones; how many more there are."""
    shown = [f"{name} {n}" for name, n in list(counts.items())[:_NAMED]]
    left = len(counts) - _NAMED
    if left > 0:
        shown.append(f"另 {left} 类" if chinese else f"{left} more")
    return ("、" if chinese else ", ").join(shown)
