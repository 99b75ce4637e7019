"""The one player: a segment with a little room around it, cut on the server."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from app import cache, state
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore, figures, write_wav


def wav(samples: np.ndarray, rate_hz: int) -> bytes:
    """Samples as a WAV file of 16 bits; a player that is given samples would make quiet ones loud."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.wav"
        write_wav(path, samples, rate_hz)
        return path.read_bytes()


def play(
    samples: np.ndarray,
    rate_hz: int,
    key: str,
    *,
    segment: tuple[float, float] | None = None,
    at_once: bool = False,
) -> None:
    """Outline and player of a sound.

    Args:
        samples: (n,) float32.
        rate_hz: their rate.
        key: of the chart.
        segment: start and end in seconds of the part to stand out.
        at_once: start it; only after a click, since browsers let no page speak unasked.
    """
    figure: Any = figures.waveform(samples, rate_hz, state.language(), segment=segment)
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=say("clip_waveform"))
    st.audio(wav(samples, rate_hz), format="audio/wav", autoplay=at_once)


def segment(store: EmotionStore, what: tuple[str, float, float], key: str, *, at_once: bool = False) -> None:
    """Play a segment with 0.2 s around it, or say why it cannot be heard.

    Args:
        store: the store.
        what: id of the segment, where it starts in its recording and where it ends, in seconds.
        key: of the chart.
        at_once: start it.
    """
    segment_id, start_s, end_s = what
    try:
        samples, rate_hz = cache.excerpt(store, segment_id)
    except EmoAnalyticsError as error:
        st.warning(plain(str(error)), icon=":material/volume_off:")
        return
    lead = min(cache.PAD_S, start_s)
    play(samples, rate_hz, key, segment=(lead, lead + end_s - start_s), at_once=at_once)
    st.caption(say("excerpt_note"))
