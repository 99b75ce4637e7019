"""Where a query points: one point of the space, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from emoanalytics.embed.heads import Head
from emoanalytics.errors import HeadError, StoreError
from emoanalytics.labels import BY_ID, Language
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.scoring import head_of
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.search.query import Clip, Query

_SAMPLE = 2000  # rows on which the spread of a similarity is measured
_NOTHING = 1e-6  # shorter than this, beside its parts, a sum is what rounding left of nothing


class Kind(StrEnum):
    """What a part of a query is."""

    LIKE = "like"
    UNLIKE = "unlike"
    TOWARD = "toward"
    TARGET = "target"


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a query.

    Attributes:
        kind: what it is.
        name: segment id, name of the clip, emotion; ``profile`` for a target.
        weight: what its direction is multiplied by in the sum.
        direction: (d,) float64 of length 1, or zero.
        along: for an emotion, the difference of the head's rows it is: ``angry - neutral``.
    """

    kind: Kind
    name: str
    weight: float
    direction: np.ndarray
    along: str | None = None

    def words(self, language: Language | str = Language.EN) -> str:
        """What it asks for, in words."""
        zh = language == Language.ZH
        if self.kind is Kind.TOWARD:
            name = BY_ID[self.name].name(language) if self.name in BY_ID else self.name
            if self.weight > 0:
                return f"增加「{name}」" if zh else f"more {name}"
            return f"减少「{name}」" if zh else f"less {name}"
        if self.kind is Kind.TARGET:
            return "接近目标分数" if zh else "towards the profile"
        if self.kind is Kind.LIKE:
            return f"像 {self.name}" if zh else f"like {self.name}"
        return f"不像 {self.name}" if zh else f"unlike {self.name}"


@dataclass(frozen=True, eq=False)
class Aim:
    """The point a query asks about: ``sum of weight * direction``, scaled to length 1.

    Attributes:
        parts: what it is made of.
        point: (d,) float64 of length 1.
        length: of the sum before it was scaled.
    """

    parts: tuple[Part, ...]
    point: np.ndarray
    length: float

    @classmethod
    def of(cls, geometry: Geometry, query: Query) -> Aim:
        """Where a query points in a space.

        Raises:
            StoreError: a segment is not in the store, an embedding is of another length, or the parts cancel out.
            HeadError: an emotion is asked for and the store's head cannot say where it lies.
        """
        like = _clip_parts(geometry, query.positives, Kind.LIKE, query.weights.beta)
        unlike = _clip_parts(geometry, query.negatives, Kind.UNLIKE, -query.weights.gamma)
        clips = like + unlike
        parts = clips + _said(geometry, query, _sum(clips, geometry.vectors.dim))
        total = _sum(parts, geometry.vectors.dim)
        length = float(np.linalg.norm(total))
        if length <= _NOTHING * sum(abs(p.weight) for p in parts):
            silent = [p.name for p in clips if not p.direction.any()]
            why = f"{silent[0]} has no direction in this space" if silent else "its parts cancel out"
            raise StoreError(f"the query points nowhere: {why}; name another clip or change an amount")
        return cls(parts, total / length, length)

    def similarities(self, points: np.ndarray) -> np.ndarray:
        """(m, d) points -> (m, parts) cosine of each with each part's direction."""
        return np.asarray(points, np.float64) @ np.stack([p.direction for p in self.parts], axis=1)

    @property
    def shares(self) -> np.ndarray:
        """(parts,) what a part's similarity is multiplied by to give its share of the similarity to the point.

        The shares of a hit's similarities add up to its similarity: ``x . q/|q| = sum of weight/|q| * (x . part)``.
        """
        return np.array([p.weight for p in self.parts]) / self.length


def _sum(parts: Sequence[Part], dim: int) -> np.ndarray:
    return np.sum([p.weight * p.direction for p in parts], axis=0) if parts else np.zeros(dim)


def _clip_parts(geometry: Geometry, clips: Sequence[str | Clip], kind: Kind, weight: float) -> tuple[Part, ...]:
    vectors = geometry.vectors
    parts = []
    for clip in clips:
        if isinstance(clip, str):
            name, point = clip, vectors.points(vectors.rows_of([clip]))[0]
        else:
            name, point = clip.name, vectors.place(clip.embedding, [clip.speaker])[0]
        parts.append(Part(kind, name, weight / len(clips), point.astype(np.float64)))
    return tuple(parts)


def _said(geometry: Geometry, query: Query, clips: np.ndarray) -> tuple[Part, ...]:
    """The parts said in words. Amount 1 counts as much as the clips: its similarity is spread over the store as theirs.

    Without that an amount would mean another thing with every encoder: the share of a direction in the spread of the
    points differs by an order of magnitude between encoders.
    """
    if not query.toward and query.target is None:
        return ()
    head = _head(geometry.store)
    wished = [(Kind.TOWARD, name, amount, *emotion_direction(head, name)) for name, amount in query.toward.items()]
    if query.target is not None:
        wished.append((Kind.TARGET, "profile", 1.0, profile_direction(head, query.target), "profile - mean"))
    n = len(geometry.vectors)
    sample = geometry.vectors.points(np.unique(np.linspace(0, n - 1, min(n, _SAMPLE)).round().astype(np.int64)))
    goal = _spread(sample, clips) if clips.any() else 1.0
    return tuple(
        Part(kind, name, query.weights.alpha * amount * goal / _spread(sample, direction), direction, along)
        for kind, name, amount, direction, along in wished
    )


def _spread(points: np.ndarray, direction: np.ndarray) -> float:
    """Standard deviation of the similarity to a direction; 1 where it does not vary."""
    spread = float(np.std(points.astype(np.float64) @ direction))
    return spread if spread > _NOTHING else 1.0


def _head(store: EmotionStore) -> Head:
    head = head_of(store)
    if head is None:
        train = f"{store.path} has no head, so no emotion has a direction: emoanalytics head fit {store.path} --target"
        raise HeadError(store.head_missing or f"{train} emotion")
    return head


def emotion_direction(head: Head, emotion: str) -> tuple[np.ndarray, str]:
    """The direction in which a head's score of an emotion rises: ``w_a - w_b``, scaled to length 1.

    ``b`` is neutral; for neutral itself, or a head that does not know neutral, the mean of the other labels' rows.

    Args:
        head: a linear head.
        emotion: one of its labels.

    Returns:
        (d,) float64, and what it is in words.

    Raises:
        HeadError: the head does not know the emotion, or knows no difference between the two.
    """
    if emotion not in head.labels:
        raise HeadError(f"the head does not know {emotion!r}; it knows {', '.join(head.labels)}")
    weights = head.weights.astype(np.float64)
    own = head.labels.index(emotion)
    if emotion != "neutral" and "neutral" in head.labels:
        other, name = weights[head.labels.index("neutral")], "neutral"
    else:
        other, name = np.delete(weights, own, axis=0).mean(axis=0) if len(weights) > 1 else weights[own], "others"
    return _unit(weights[own] - other, f"{emotion} and {name}"), f"{emotion} - {name}"


def profile_direction(head: Head, profile: Mapping[str, float]) -> np.ndarray:
    """The direction in which a head's scores come closest to a profile fastest, from where all scores are equal.

    It is ``W^T (p - 1/L)``, the gradient of the profile's log-likelihood ``sum p log softmax(W x)`` at ``x = 0``,
    scaled to length 1: a mixture of the rows' directions, each emotion counting as far as it is above the mean.

    Args:
        head: a linear head with L labels.
        profile: emotion and share, adding up to 1.

    Returns:
        (d,) float64.

    Raises:
        HeadError: the profile names an emotion that the head does not know, or is flat.
    """
    unknown = [name for name, value in profile.items() if value > 0 and name not in head.labels]
    if unknown:
        raise HeadError(f"the head does not know {unknown[0]!r}; it knows {', '.join(head.labels)}")
    p = np.array([profile.get(label, 0.0) for label in head.labels])
    return _unit(head.weights.astype(np.float64).T @ (p - p.mean()), "the profile and a flat one")


def _unit(direction: np.ndarray, between: str) -> np.ndarray:
    length = float(np.linalg.norm(direction))
    if length < np.finfo(np.float32).tiny:
        raise HeadError(f"the head knows no difference between {between}: there is no direction to go")
    return direction / length
