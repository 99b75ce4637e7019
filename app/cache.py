"""The only file that caches. Keys are a store's fingerprint and plain arguments; results are shared: read only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.geometry import Shared
from emoanalytics import EmotionStore, Encoder, Head, Map, Overview, Paint, Space, head_of, load_encoder
from emoanalytics import excerpt as cut
from emoanalytics import overview as summarise
from emoanalytics import paint as colours

PAD_S = 0.2  # heard before and after a segment


@st.cache_resource(max_entries=16, show_spinner=False)
def store(path: str) -> EmotionStore:
    """An opened store; it notices by itself when its files change."""
    return EmotionStore.open(path)


def overview(opened: EmotionStore) -> Overview:
    """What is in the store."""
    return _overview(opened.fingerprint, opened)


def head(opened: EmotionStore) -> Head | None:
    """The store's active head."""
    return _head(opened.fingerprint, opened)


def rows(opened: EmotionStore, columns: tuple[str, ...], where: str | None) -> pd.DataFrame:
    """The filtered rows; copy before changing anything.

    Raises:
        StoreError: the filter is not understood.
    """
    return _rows(opened.fingerprint, columns, where, opened)


def values(opened: EmotionStore, column: str) -> list[str]:
    """The distinct values of a text column, sorted."""
    return _values(opened.fingerprint, column, opened)


def paint(opened: EmotionStore, drawn: Map, choice: str) -> Paint:
    """What a map is coloured by.

    Raises:
        StoreError: there is no such column.
    """
    return _paint(opened.fingerprint, drawn.key, choice, opened, drawn)


def geometry(opened: EmotionStore, space: Space) -> Shared:
    """Who is near whom in a space of the store, for all sessions."""
    return _geometry(opened.fingerprint, str(space), opened)


@st.cache_resource(max_entries=2, show_spinner=False)
def encoder(name: str, device: str = "auto") -> Encoder:
    """A loaded encoder."""
    return load_encoder(name, device=device)


@st.cache_resource(max_entries=8, show_spinner=False)
def _overview(fingerprint: str, _store: EmotionStore) -> Overview:
    return summarise(_store)


@st.cache_resource(max_entries=8, show_spinner=False)
def _head(fingerprint: str, _store: EmotionStore) -> Head | None:
    return head_of(_store)


@st.cache_resource(max_entries=6, show_spinner=False)
def _rows(fingerprint: str, columns: tuple[str, ...], where: str | None, _store: EmotionStore) -> pd.DataFrame:
    return _store.table(list(columns), where)


@st.cache_resource(max_entries=8, show_spinner=False)
def _paint(fingerprint: str, key: str, choice: str, _store: EmotionStore, _drawn: Map) -> Paint:
    return colours(_store, _drawn, choice)


@st.cache_resource(max_entries=4, show_spinner=False)
def _geometry(fingerprint: str, space: str, _store: EmotionStore) -> Shared:
    return Shared(_store, Space(space))


@st.cache_resource(max_entries=64, show_spinner=False)
def _values(fingerprint: str, column: str, _store: EmotionStore) -> list[str]:
    return sorted(_store.segments([column])[column].dropna().unique().tolist())


def excerpt(opened: EmotionStore, segment_id: str) -> tuple[np.ndarray, int]:
    """The audio of a segment with 0.2 s around it, and its rate in Hz.

    Raises:
        AudioError: the recording is not where it was, or cannot be read.
    """
    return _excerpt(opened.fingerprint, segment_id, opened)


@st.cache_resource(max_entries=24, show_spinner=False)
def _excerpt(fingerprint: str, segment_id: str, _store: EmotionStore) -> tuple[np.ndarray, int]:
    return cut(_store, segment_id, pad_s=PAD_S)
