"""What is looked for: clips to be like and unlike, emotions to go towards, a profile of scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np

from emoanalytics.errors import StoreError
from emoanalytics.labels import parse_emotion

MOST = 1_000  # of an amount, either way: 1 counts as much as the clips do


class Contrast(StrEnum):
    """Where sound and given label disagree."""

    SAME_SOUND_OTHER_LABEL = "same-sound-other-label"
    SAME_LABEL_OTHER_SOUND = "same-label-other-sound"


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip that is not in the store: uploaded or just recorded, already embedded by the store's encoder.

    Attributes:
        embedding: (d,) float32.
        name: what to call it in results and messages, e.g. its file name.
        speaker: who speaks, if the store knows that speaker by this name; needed in the speaker-centred space to
            subtract that speaker's mean instead of everybody's, and to exclude the same speaker.
        label: its given emotion, for a `Contrast`.

    Raises:
        StoreError: the embedding is not one row of finite numbers.
    """

    embedding: np.ndarray
    name: str = "clip"
    speaker: str | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        given = np.array(self.embedding, dtype=np.float32)
        if given.ndim == 2 and len(given) == 1:  # as embedding.npy holds it
            given = given[0]
        if given.ndim != 1 or not len(given) or not np.isfinite(given).all():
            raise StoreError(
                f"{self.name}: an embedding is one row of finite numbers, not an array of shape {given.shape}"
                + ("" if np.isfinite(given).all() else " with numbers that are not finite")
                + ": embed the clip again"
            )
        given.flags.writeable = False
        object.__setattr__(self, "embedding", given)


@dataclass(frozen=True)
class Weights:
    """How much each kind of part counts.

    The formula is that of Rocchio, "Relevance feedback in information retrieval" (in Salton, The SMART retrieval
    system, 1971, ch. 14): the query moves towards the mean of what is wanted and away from the mean of what is not.
    Negatives count half, so that "not like this" turns the query without throwing it to the other side of the space
    (``benchmarks/geometry_search.py`` measures precision by gamma: on real speech it is highest there).

    Attributes:
        alpha: of what is said in words: emotion directions and the target profile.
        beta: of the mean of the positive clips.
        gamma: of the mean of the negative clips.

    Raises:
        StoreError: one is negative or not finite.
    """

    alpha: float = 1.0
    beta: float = 1.0
    gamma: float = 0.5

    def __post_init__(self) -> None:
        for name in ("alpha", "beta", "gamma"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise StoreError(f"the weight {name} is a number of at least 0, not {value}")


@dataclass(frozen=True)
class Query:
    """A question to the space; `search` answers it.

    Attributes:
        positives: what hits should sound like: segment ids, or clips from outside.
        negatives: what they should not sound like.
        toward: emotion and amount: positive for more of it, negative for less. An amount of 1 counts as much as the
            clips do. Names are read in either language; a further label of the head is named as the head names it.
        target: a profile of scores: values of at least 0, of any sum; an emotion that is not named counts as 0.
        contrast: only clips whose given label differs from the positives' (or is the same, and the sound is not).
        weights: how much each kind counts.

    Raises:
        StoreError: nothing is asked, or a value makes no sense.

    >>> Query(positives=["a1"], toward={"生气": 0.5, "sad": -0.3}).toward
    mappingproxy({'angry': 0.5, 'sad': -0.3})
    """

    positives: Sequence[str | Clip] = ()
    negatives: Sequence[str | Clip] = ()
    toward: Mapping[str, float] = field(default_factory=dict)
    target: Mapping[str, float] | None = None
    contrast: Contrast | str | None = None
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        for name in ("positives", "negatives"):
            object.__setattr__(self, name, _clips(getattr(self, name)))
        both = {c for c in self.positives if isinstance(c, str)} & {c for c in self.negatives if isinstance(c, str)}
        if both:
            raise StoreError(f"the segment {min(both)} is asked for and asked against: take one of the two away")
        amounts = {name: value for name, value in _named(self.toward).items() if value != 0}
        object.__setattr__(self, "toward", MappingProxyType(amounts))
        if self.target is not None:
            object.__setattr__(self, "target", MappingProxyType(_profile(_named(self.target))))
        if self.contrast is not None:
            if self.contrast not in tuple(Contrast):
                raise StoreError(f"a contrast is one of {', '.join(Contrast)}, not {self.contrast!r}")
            object.__setattr__(self, "contrast", Contrast(self.contrast))
            if not self.positives:
                raise StoreError(f"{self.contrast} compares with clips: name at least one")
        if not (self.positives or self.negatives or self.toward or self.target):
            raise StoreError("nothing is looked for: name a clip, a segment, an emotion to go towards or a profile")

    def as_json(self) -> dict[str, Any]:
        """What was asked, in plain values."""
        return {
            "positives": [_clip_json(c) for c in self.positives],
            "negatives": [_clip_json(c) for c in self.negatives],
            "toward": dict(self.toward),
            "target": None if self.target is None else dict(self.target),
            "contrast": None if self.contrast is None else str(self.contrast),
            "weights": {"alpha": self.weights.alpha, "beta": self.weights.beta, "gamma": self.weights.gamma},
        }


def _clips(given: Sequence[str | Clip]) -> tuple[str | Clip, ...]:
    """Each segment once: naming it twice is a slip of the hand, no wish to count it twice."""
    if isinstance(given, str | Clip):
        raise StoreError("positives and negatives are lists of segment ids or clips, not one alone")
    clips = tuple(dict.fromkeys(given))
    for clip in clips:
        if not isinstance(clip, Clip) and not (isinstance(clip, str) and clip.strip()):
            raise StoreError(f"a clip is a segment id or an embedded clip, not {clip!r}")
    return clips


def _named(given: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in given.items():
        emotion = parse_emotion(name) or name
        if emotion in found:
            raise StoreError(f"the emotion {emotion} is named twice: give it one amount")
        if not abs(value) <= MOST:  # nan is none either
            raise StoreError(f"the amount of {emotion} is a number from -{MOST} to {MOST}, not {value:g}")
        found[emotion] = float(value)
    return found


def _profile(values: dict[str, float]) -> dict[str, float]:
    if min(values.values(), default=0.0) < 0 or not sum(values.values()) > 0:
        raise StoreError("a target profile holds values of at least 0, and one above it")
    total = sum(values.values())
    return {name: value / total for name, value in values.items()}


def _clip_json(clip: str | Clip) -> dict[str, Any]:
    return {"segment_id": clip} if isinstance(clip, str) else {"clip": clip.name, "speaker": clip.speaker}
