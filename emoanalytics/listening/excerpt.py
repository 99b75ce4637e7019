"""Hear what a row stands for: the stretch of audio behind a segment."""

from __future__ import annotations

import os

import numpy as np

from emoanalytics.audio.decode import ChannelPolicy, decode
from emoanalytics.errors import AudioError, EmptySelectionError
from emoanalytics.store.store import EmotionStore

_POLICIES = {"mix": ChannelPolicy.MIX, "left": ChannelPolicy.LEFT, "right": ChannelPolicy.RIGHT}


def excerpt(
    store: EmotionStore, segment_id: str, *, pad_s: float = 0.2, most_s: float = 60.0
) -> tuple[np.ndarray, int]:
    """The audio of a segment, cut from its recording with a little room around it.

    Args:
        store: the store.
        segment_id: the segment.
        pad_s: seconds kept before and after, where the recording has them.
        most_s: longest excerpt, in seconds; longer segments are cut off.

    Returns:
        Samples (n,) float32 and their rate in Hz.

    Raises:
        EmptySelectionError: the store has no such segment.
        AudioError: the recording is not where it was, has changed, or cannot be read.
    """
    literal = segment_id.replace("'", "''")
    columns = ["corpus", "file", "channel", "start_s", "end_s"]
    rows = store.segments(columns, where=f"segment_id = '{literal}'")
    if not len(rows):
        raise EmptySelectionError(f"{store.path} has no segment {segment_id}")
    row = rows.iloc[0]
    path = store.audio_path(row["file"], row["corpus"])
    if not os.path.exists(path):  # noqa: PTH110 - where a folder on the way may not be read, Path.exists raises
        raise AudioError(f"{path} is not there (moved, renamed, or on a disk that is away): put it back to hear it")
    waveforms = decode(path, _POLICIES.get(row["channel"], ChannelPolicy.EACH))
    try:
        waveform = next((w for w in waveforms if w.channel == row["channel"]), None)
        if waveform is None or round(row["start_s"] * waveform.rate_hz) >= waveform.n_samples:
            raise AudioError(
                f"{path} has changed: it has no channel {row['channel']} at {row['start_s']:.2f} s any more; "
                "build its corpus again"
            )
        start = max(0, round((row["start_s"] - pad_s) * waveform.rate_hz))
        stop = min(
            waveform.n_samples,
            round((row["end_s"] + pad_s) * waveform.rate_hz),
            start + round(most_s * waveform.rate_hz),
        )
        return waveform.read(start, stop).copy(), waveform.rate_hz  # a view would hold the whole recording
    finally:
        for each in waveforms:
            each.close()
