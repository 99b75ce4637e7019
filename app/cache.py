"""The only file that caches. Keys are what a store is, and plain arguments; results are shared: read only."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import pandas as pd
import streamlit as st

from app import clips
from app.attention import Attention
from app.clips import Analysed
from app.clusters import Clusters
from app.counting import Counted, Followed
from app.geometry import Progress, Shared
from app.inspection import Inspection
from emoanalytics import (
    Alerts,
    BuildRuns,
    Comparison,
    EmotionStore,
    Encoder,
    Glance,
    Head,
    Map,
    Overview,
    Paint,
    Space,
    Timeline,
    Trends,
    head_of,
    load_encoder,
)
from emoanalytics import alerts as watch
from emoanalytics import clips_to_hear as deal
from emoanalytics import compare as set_against
from emoanalytics import excerpt as cut
from emoanalytics import glance as look
from emoanalytics import overview as summarise
from emoanalytics import paint as colours
from emoanalytics import timeline as second_by_second

PAD_S = 0.2  # heard before and after a segment


def _what(opened: EmotionStore) -> str:
    """What is in a store, and where it lies: what a result reads later, it reads there."""
    return f"{opened.fingerprint} {opened.path.absolute()}"


def _since(opened: EmotionStore) -> str:
    """The same and how often it was worked on: a build may bring nothing but failures."""
    return f"{_what(opened)} {len(opened.runs())}"


@st.cache_resource(max_entries=16, show_spinner=False)
def store(path: str) -> EmotionStore:
    """An opened store; it notices by itself when its files change."""
    return EmotionStore.open(path)


@st.cache_resource(show_spinner=False)
def builds() -> BuildRuns:
    """The builds of this server, the same ones for all sessions."""
    return BuildRuns()


def overview(opened: EmotionStore) -> Overview:
    """What is in the store."""
    return _overview(_since(opened), opened)


def glance(opened: EmotionStore) -> Glance:
    """The store in a few numbers."""
    return _glance(_since(opened), opened)


def scored(opened: EmotionStore) -> bool:
    """Whether any clip has scores, of whatever role."""
    found = overview(opened)
    return found.scored + found.other_roles > 0


def head(opened: EmotionStore) -> Head | None:
    """The store's active head."""
    return _head(_what(opened), opened)


def calibrated(opened: EmotionStore) -> bool:
    """Whether the winner's score of the store's active head may be called calibrated."""
    found = head(opened)
    return found is not None and found.calibrated


def rows(opened: EmotionStore, columns: tuple[str, ...], where: str | None) -> pd.DataFrame:
    """The filtered rows; copy before changing anything.

    Raises:
        StoreError: the filter is not understood.
    """
    return _rows(_what(opened), columns, where, opened)


def values(opened: EmotionStore, column: str) -> list[str]:
    """The distinct values of a text column, sorted."""
    return _values(_what(opened), column, opened)


def paint(opened: EmotionStore, drawn: Map, choice: str) -> Paint:
    """What a map is coloured by.

    Raises:
        StoreError: there is no such column.
    """
    return _paint(_what(opened), drawn.key, choice, opened, drawn)


def trends(opened: EmotionStore, by: str, counted: Counted, told: Progress | None = None) -> Trends:
    """All speakers over time.

    Raises:
        StoreError: nothing that counts has scores and a speaker.
    """
    return _followed(_what(opened), opened).trends(by, counted, told)


def comparison(
    opened: EmotionStore, group: str, counted: Counted, *, groups: tuple[str, ...] = (), unit: str = "speaker",
    own: bool = False,
) -> Comparison:  # fmt: skip
    """The groups that a column names, compared.

    Raises:
        StoreError: they cannot be.
    """
    return _comparison(_what(opened), group, groups, unit, counted, own, opened)


def choice(opened: EmotionStore, chosen: list[str], counted: Counted, *, own: bool = False) -> Comparison:
    """The chosen clips against the rest.

    Raises:
        StoreError: they cannot be compared.
    """
    digest = blake2b("\n".join(sorted(chosen)).encode(), digest_size=16).hexdigest()
    return _choice(_what(opened), digest, counted, own, opened, chosen)


def timeline(opened: EmotionStore, file: str, role: str | None) -> Timeline:
    """One recording over its seconds.

    Raises:
        StoreError: several recordings or channels have this name.
        EmptySelectionError: it has no scored clip.
    """
    return _timeline(_what(opened), file, role, opened)


def alerts(opened: EmotionStore, rule: str, counted: Counted) -> Alerts:
    """Where a rule fires.

    Raises:
        StoreError: the rule is not understood.
    """
    return _alerts(_what(opened), rule, counted, opened)


def inspection(opened: EmotionStore) -> Inspection:
    """What deserves a second look, for all sessions."""
    return _inspection(_what(opened), opened)


def attention(opened: EmotionStore) -> Attention:
    """What deserves a look, for all sessions."""
    return _attention(_what(opened), opened)


def clusters(opened: EmotionStore, space: Space) -> Clusters:
    """The clusters of a space of the store, for all sessions."""
    return _clusters(_what(opened), str(space), opened)


def clips_to_hear(opened: EmotionStore) -> tuple[str, ...]:
    """Clips to listen to for a calibration, in their order.

    Raises:
        EmoAnalyticsError: the store has no scores, or no clip can be taken.
    """
    return _clips_to_hear(_what(opened), opened)


@st.cache_resource(max_entries=8, show_spinner=False)
def _clips_to_hear(what: str, _store: EmotionStore) -> tuple[str, ...]:
    return deal(_store)


def geometry(opened: EmotionStore, space: Space) -> Shared:
    """Who is near whom in a space of the store, for all sessions."""
    return _geometry(_what(opened), str(space), opened)


@st.cache_resource(max_entries=2, show_spinner=False)
def encoder(name: str, device: str = "auto", precision: str = "exact") -> Encoder:
    """A loaded encoder."""
    return load_encoder(name, device=device, precision=precision)


@st.cache_resource(max_entries=8, show_spinner=False)
def _overview(what: str, _store: EmotionStore) -> Overview:
    return summarise(_store)


@st.cache_resource(max_entries=32, show_spinner=False)
def _glance(what: str, _store: EmotionStore) -> Glance:
    return look(_store)


@st.cache_resource(max_entries=8, show_spinner=False)
def _head(what: str, _store: EmotionStore) -> Head | None:
    return head_of(_store)


@st.cache_resource(max_entries=6, show_spinner=False)
def _rows(what: str, columns: tuple[str, ...], where: str | None, _store: EmotionStore) -> pd.DataFrame:
    return _store.table(list(columns), where)


@st.cache_resource(max_entries=8, show_spinner=False)
def _paint(what: str, key: str, choice: str, _store: EmotionStore, _drawn: Map) -> Paint:
    return colours(_store, _drawn, choice)


@st.cache_resource(max_entries=4, show_spinner=False)
def _followed(what: str, _store: EmotionStore) -> Followed:
    return Followed(_store)


@st.cache_resource(max_entries=12, show_spinner=False)
def _comparison(
    what: str, group: str, groups: tuple[str, ...], unit: str, counted: Counted, own: bool, _store: EmotionStore
) -> Comparison:
    return set_against(
        _store, group, groups=groups or None, cluster=unit, weigh=counted.weigh, exclude_flags=counted.without,
        role=counted.role, normalise_speaker=own,
    )  # fmt: skip


@st.cache_resource(max_entries=4, show_spinner=False)
def _choice(
    what: str, digest: str, counted: Counted, own: bool, _store: EmotionStore, _chosen: list[str]
) -> Comparison:
    return set_against(
        _store, chosen=_chosen, weigh=counted.weigh, exclude_flags=counted.without, role=counted.role,
        normalise_speaker=own,
    )  # fmt: skip


@st.cache_resource(max_entries=8, show_spinner=False)
def _timeline(what: str, file: str, role: str | None, _store: EmotionStore) -> Timeline:
    return second_by_second(_store, file=file, role=role)


@st.cache_resource(max_entries=12, show_spinner=False)
def _alerts(what: str, rule: str, counted: Counted, _store: EmotionStore) -> Alerts:
    return watch(_store, [rule], exclude_flags=counted.without, role=counted.role)


@st.cache_resource(max_entries=4, show_spinner=False)
def _inspection(what: str, _store: EmotionStore) -> Inspection:
    return Inspection(_store, geometry(_store, Space.RAW), geometry(_store, Space.SPEAKER_CENTRED))


@st.cache_resource(max_entries=4, show_spinner=False)
def _attention(what: str, _store: EmotionStore) -> Attention:
    return Attention(inspection(_store), geometry(_store, Space.RAW), lambda: trends(_store, "session", Counted()))


@st.cache_resource(max_entries=4, show_spinner=False)
def _clusters(what: str, space: str, _store: EmotionStore) -> Clusters:
    return Clusters(_store, geometry(_store, Space(space)))


@st.cache_resource(max_entries=4, show_spinner=False)
def _geometry(what: str, space: str, _store: EmotionStore) -> Shared:
    return Shared(_store, Space(space))


@st.cache_resource(max_entries=64, show_spinner=False)
def _values(what: str, column: str, _store: EmotionStore) -> list[str]:
    return sorted(_store.segments([column])[column].dropna().unique().tolist())


def clip(opened: EmotionStore, segment_id: str) -> Analysed:
    """A segment as the Clip page shows it.

    Raises:
        AudioError: the recording is not where it was, or cannot be read.
        EmptySelectionError: there is no such segment.
    """
    return _clip(_what(opened), segment_id, opened)


@st.cache_resource(max_entries=24, show_spinner=False)
def _clip(what: str, segment_id: str, _store: EmotionStore) -> Analysed:
    return clips.stored(_store, segment_id)


def excerpt(opened: EmotionStore, segment_id: str) -> tuple[np.ndarray, int]:
    """The audio of a segment with 0.2 s around it, and its rate in Hz.

    Raises:
        AudioError: the recording is not where it was, or cannot be read.
    """
    return _excerpt(_what(opened), segment_id, opened)


@st.cache_resource(max_entries=24, show_spinner=False)
def _excerpt(what: str, segment_id: str, _store: EmotionStore) -> tuple[np.ndarray, int]:
    return cut(_store, segment_id, pad_s=PAD_S)
