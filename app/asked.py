"""What is looked for on the Search page: clips to be like and unlike, and amounts of emotions.

It is kept as ids and numbers, which stand in the address. A clip from outside the store has an id of the app's, and is
known to this session only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from app import selection, state
from app.clips import Analysed
from app.state import Key
from emoanalytics import Contrast, EmotionStore, Query, QueryClip

_MARK = "clip-"  # an id of a clip from outside begins so; a segment id is 32 hex digits
_KEPT_S, _RATE_HZ = 60, 16_000


@dataclass(frozen=True)
class Outside:
    """A clip that is not in the store.

    Attributes:
        name: as the user named it.
        embedding: (d,) float32.
        samples: (n,) float32 at 16 kHz, the first minute, to hear it again.
        encoder: fingerprint of the encoder that heard it.
    """

    name: str
    embedding: np.ndarray
    samples: np.ndarray
    encoder: str


@dataclass(frozen=True)
class Asked:
    """What is looked for, as far as this store and this session know it.

    Attributes:
        like: ids of clips that hits should sound like.
        unlike: ids of clips they should not.
        rows: the rows of those that are in the store, by id.
        outside: the others, by id.
        gone: how many named clips neither the store nor the session has.
    """

    like: tuple[str, ...]
    unlike: tuple[str, ...]
    rows: Mapping[str, Mapping[str, Any]]
    outside: Mapping[str, Outside]
    gone: int

    def name(self, key: str) -> str:
        """What to call one of the clips."""
        return self.outside[key].name if key in self.outside else str(self.rows[key]["file"])

    @property
    def empty(self) -> bool:
        """Whether nothing is looked for."""
        return not (self.like or self.unlike or amounts(Key.TOWARD) or amounts(Key.PROFILE))

    def query(self) -> Query | None:
        """The question to the library; None: nothing is looked for.

        Raises:
            StoreError: the parts make no sense together.
        """
        if self.empty:
            return None
        toward, target = amounts(Key.TOWARD), amounts(Key.PROFILE)
        contrast = st.session_state.get(Key.CONTRAST) or None
        return Query(
            positives=[self._clip(key) for key in self.like],
            negatives=[self._clip(key) for key in self.unlike],
            toward=toward,
            target=target or None,
            contrast=contrast if contrast in set(Contrast) and self.like else None,
        )

    def _clip(self, key: str) -> str | QueryClip:
        if key not in self.outside:
            return key
        clip = self.outside[key]
        return QueryClip(
            clip.embedding,
            clip.name,
            st.session_state.get(f"who_{key}") or None,
            st.session_state.get(f"label_{key}") or None,
        )


def read(store: EmotionStore) -> Asked:
    """What is looked for in a store."""
    like, unlike = _ids(Key.LIKE), _ids(Key.UNLIKE)
    rows = {row["segment_id"]: row for row in selection.by_ids(store, [*like, *unlike])}
    known_outside = outside(store)

    def here(keys: Sequence[str]) -> tuple[str, ...]:
        return tuple(key for key in keys if key in rows or key in known_outside)

    known = here(like), here(unlike)
    return Asked(*known, rows, known_outside, len(like) + len(unlike) - len(known[0]) - len(known[1]))


def outside(store: EmotionStore) -> dict[str, Outside]:
    """The clips from outside that this session knows, by id, as far as the store's encoder heard them."""
    held: dict[str, Outside] = st.session_state.get(Key.OUTSIDE, {})
    return {key: clip for key, clip in held.items() if clip.encoder == store.info.encoder_fingerprint}


def embeddings(clips: Iterable[Outside]) -> np.ndarray:
    """(n, d) float32 of some of them."""
    return np.stack([clip.embedding for clip in clips])


def bring(store: EmotionStore, clip: Analysed) -> str:
    """Make a clip from outside known to this session; its id."""
    assert clip.result is not None
    result = clip.result
    digest = hashlib.blake2b(result.embedding.tobytes() + clip.name.encode(), digest_size=8).hexdigest()
    held: dict[str, Outside] = st.session_state.setdefault(Key.OUTSIDE, {})
    held[_MARK + digest] = Outside(
        clip.name, result.embedding, result.samples[: _KEPT_S * _RATE_HZ].copy(), store.info.encoder_fingerprint
    )
    return _MARK + digest


def start(keys: Sequence[str]) -> None:
    """Look for clips like these, and for nothing else."""
    for key in state.QUERY:
        st.session_state.pop(key, None)
    st.session_state[Key.LIKE] = list(keys)


def more_like(key: str) -> None:
    """Ask for clips like this one as well."""
    _put(key, Key.LIKE, Key.UNLIKE)


def less_like(key: str) -> None:
    """Ask for clips unlike this one as well."""
    _put(key, Key.UNLIKE, Key.LIKE)


def remove(key: str) -> None:
    """Do not ask about this clip any more."""
    for side in (Key.LIKE, Key.UNLIKE):
        st.session_state[side] = [other for other in _ids(side) if other != key]
    st.session_state.pop(Key.HITS, None)


def amounts(key: Key) -> dict[str, float]:
    """Emotion and amount; what a link says wrongly is left out.

    A setting is a list of ``emotion:amount``.
    """
    found = {}
    for entry in st.session_state.get(key, []):
        label, _, amount = str(entry).rpartition(":")
        try:
            value = float(amount)
        except ValueError:
            continue
        if label and np.isfinite(value) and value:
            found[label] = value
    return found


def set_amount(key: Key, label: str, value: float) -> None:
    """Ask for another amount of an emotion."""
    wanted = amounts(key) | {label: value}
    st.session_state[key] = [f"{name}:{amount:g}" for name, amount in wanted.items() if amount]
    st.session_state.pop(Key.HITS, None)


def _put(key: str, here: Key, there: Key) -> None:
    remove(key)
    st.session_state[here] = [*_ids(here), key]


def _ids(key: Key) -> list[str]:
    return list(dict.fromkeys(st.session_state.get(key, [])))
