"""The one player: a sound that is played from where one clicks on its outline, cut on the server."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from app import cache, state
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore, figures, write_wav

_TURNS = 16  # samples, a thousandth of a second


@dataclass(frozen=True)
class Cue:
    """Where a sound is to start.

    Attributes:
        chart: key of its outline.
        second: where.
        turn: how often a sound was started by a click.
    """

    chart: str
    second: float
    turn: int


def wav(samples: np.ndarray, rate_hz: int) -> bytes:
    """Samples as a WAV file of 16 bits; a player that is given samples would make quiet ones loud."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.wav"
        write_wav(path, samples, rate_hz)
        return path.read_bytes()


def start(chart: str, second: float) -> None:
    """Play a sound from this second on: for a click.

    Args:
        chart: key of its outline.
        second: from the start of the sound.
    """
    last: Cue | None = st.session_state.get(Key.CUE)
    st.session_state[Key.CUE] = Cue(chart, second, 1 if last is None else last.turn + 1)


def starting(samples: np.ndarray, rate_hz: int, second: float, turn: int) -> tuple[np.ndarray, int]:
    """What to hand to a player that starts at whole seconds only, so that it starts at any.

    The part of a second is cut off in front, and ``turn`` samples more: a player that is handed what it was handed
    before would not start again.

    Args:
        samples: (n,).
        rate_hz: their rate.
        second: where to start.
        turn: how often a sound was started.

    Returns:
        The samples for the player, and the second at which it starts.

    >>> starting(np.arange(40), 10, 1.3, 0)[0][:3].tolist(), starting(np.arange(40), 10, 1.3, 0)[1]
    ([3, 4, 5], 1)
    """
    whole = int(second)
    cut = round((second - whole) * rate_hz) + turn % _TURNS
    return samples[min(cut, max(len(samples) - 1, 0)) :], whole


@st.fragment
def play(
    samples: np.ndarray,
    rate_hz: int,
    key: str,
    *,
    segment: tuple[float, float] | None = None,
    at_once: bool = False,
    outline: Any = None,
) -> None:
    """Outline and player of a sound; a click on the outline plays it from there.

    Args:
        samples: (n,) float32.
        rate_hz: their rate.
        key: of the chart.
        segment: start and end in seconds of the part to stand out.
        at_once: start it; only after a click, since browsers let no page speak unasked.
        outline: a figure with places to click, in place of the waveform.
    """
    if key not in st.session_state:  # it was not on the page before: it starts from its beginning
        _forget(key)
    figure: Any = outline or figures.waveform(samples, rate_hz, state.language(), segment=segment)
    st.plotly_chart(
        figure, key=key, config={"displayModeBar": False}, alt=say("clip_waveform"), selection_mode="points",
        on_select=partial(_clicked, key),
    )  # fmt: skip
    cue: Cue | None = st.session_state.get(Key.CUE)
    if cue is None or cue.chart != key:
        st.audio(wav(samples, rate_hz), format="audio/wav", autoplay=at_once)
        return
    sound, second = starting(samples, rate_hz, cue.second, cue.turn)
    st.audio(wav(sound, rate_hz), format="audio/wav", start_time=second, autoplay=True)


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


def _clicked(key: str) -> None:
    """A click on a place starts the sound there; a second one on the same place takes the mark away, and starts it."""
    points = st.session_state[key]["selection"]["points"]
    cue: Cue | None = st.session_state.get(Key.CUE)
    if points:
        start(key, float(points[0]["x"]))
    elif cue is not None and cue.chart == key:
        start(key, cue.second)


def _forget(key: str) -> None:
    cue: Cue | None = st.session_state.get(Key.CUE)
    if cue is not None and cue.chart == key:
        del st.session_state[Key.CUE]
