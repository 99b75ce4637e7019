"""The one player: a segment with a little room around it, cut on the server."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from app import state
from app.texts import say
from emoanalytics import figures, write_wav


def wav(samples: np.ndarray, rate_hz: int) -> bytes:
    """Samples as a WAV file of 16 bits; a player that is given samples would make quiet ones loud."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.wav"
        write_wav(path, samples, rate_hz)
        return path.read_bytes()


def play(samples: np.ndarray, rate_hz: int, key: str, *, segment: tuple[float, float] | None = None) -> None:
    """Outline and player of a sound.

    Args:
        samples: (n,) float32.
        rate_hz: their rate.
        key: of the chart.
        segment: start and end in seconds of the part to stand out.
    """
    figure: Any = figures.waveform(samples, rate_hz, state.language(), segment=segment)
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, alt=say("clip_waveform"))
    st.audio(wav(samples, rate_hz), format="audio/wav")
