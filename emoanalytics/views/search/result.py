"""What a search found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emoanalytics.embed.heads.head import scores_are
from emoanalytics.labels import Language
from emoanalytics.neighbours.space import Space
from emoanalytics.views.search.aim import Part
from emoanalytics.views.search.query import Query
from emoanalytics.views.search.words import Note


@dataclass(frozen=True)
class Match:
    """How one part of the query matched one hit.

    Attributes:
        part: the part.
        similarity: cosine of the hit with the part alone (a clip, an emotion's direction), -1..1.
        share: what it adds to the hit's similarity; the shares of all parts add up to it.
    """

    part: Part
    similarity: float
    share: float


@dataclass(frozen=True)
class Hit:
    """One clip that was found.

    Attributes:
        rank: its place in the whole order, 1 for the first hit of the first page.
        segment_id: the clip.
        file: its recording.
        start_s: where it starts in it, in seconds.
        end_s: where it ends.
        speaker: who speaks, if it is known.
        session: when, if it is known.
        similarity: cosine to the query's point, -1..1, larger is closer.
        emotion: the emotion with the highest model score; None without a score.
        score: that model score; ``SearchResult.calibrated`` says whether it may be read as a probability.
        emotion_given: the label the corpus gives it.
        matches: which part of the query matched how well.
    """

    rank: int
    segment_id: str
    file: str
    start_s: float
    end_s: float
    speaker: str | None
    session: str | None
    similarity: float
    emotion: str | None
    score: float | None
    emotion_given: str | None
    matches: tuple[Match, ...]

    def why(self, language: Language | str = Language.EN, most: int = 3) -> str:
        """The parts that count most, largest first, in words: ``like a1 +0.81, less sad -0.02``."""
        first = sorted(self.matches, key=lambda m: -abs(m.share))[:most]
        return ", ".join(f"{m.part.words(language)} {m.share:+.2f}" for m in first)

    def as_json(self) -> dict[str, Any]:
        """Plain values; ``confidence`` is the model score."""
        return {
            "segment_id": self.segment_id,
            "file": self.file,
            "start_s": self.start_s,
            "end_s": self.end_s,
            "speaker": self.speaker,
            "similarity": round(self.similarity, 6),
            "emotion": self.emotion,
            "confidence": self.score,
            "rank": self.rank,
            "session": self.session,
            "emotion_given": self.emotion_given,
            "matches": [
                {
                    "part": str(m.part.kind),
                    "name": m.part.name,
                    "similarity": round(m.similarity, 6),
                    "share": round(m.share, 6),
                }
                for m in self.matches
            ],
        }


@dataclass(frozen=True)
class SearchResult:
    """One page of hits.

    Attributes:
        query: what was asked.
        parts: what the query's point is made of.
        space: in which space.
        hits: the page, best first.
        k: hits asked for.
        offset: hits skipped.
        where: the condition, or None.
        exclude: what was excluded.
        diversify: weight of the similarity against variety, or None.
        candidates: clips that could have been hits.
        clips: clips in the store.
        notes: what a user should know.
        calibrated: whether scores may be read as the share of listeners who would say so.
    """

    query: Query
    parts: tuple[Part, ...]
    space: Space
    hits: tuple[Hit, ...]
    k: int
    offset: int
    where: str | None
    exclude: tuple[str, ...]
    diversify: float | None
    candidates: int
    clips: int
    notes: tuple[Note, ...]
    calibrated: bool = False

    @property
    def next_offset(self) -> int | None:
        """Where the next page starts; None after the last."""
        following = self.offset + len(self.hits)
        return following if self.hits and following < self.candidates else None

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "query": self.query.as_json()
            | {
                "space": str(self.space),
                "k": self.k,
                "offset": self.offset,
                "where": self.where,
                "exclude": list(self.exclude),
                "diversify": self.diversify,
            },
            "hits": [hit.as_json() for hit in self.hits],
            "confidence_is": scores_are(self.calibrated),
            "parts": [
                {"part": str(p.kind), "name": p.name, "weight": round(p.weight, 6), "along": p.along}
                for p in self.parts
            ],
            "candidates": self.candidates,
            "clips": self.clips,
            "next_offset": self.next_offset,
            "notes": [{"en": note.en, "zh": note.zh} for note in self.notes],
        }
