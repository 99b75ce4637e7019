"""Hear what a row stands for: the stretch of audio behind a segment."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from emoanalytics.audio.decode import ChannelPolicy, Waveform, decode
from emoanalytics.errors import AudioError, EmptySelectionError
from emoanalytics.store.store import EmotionStore

_POLICIES = {"mix": ChannelPolicy.MIX, "left": ChannelPolicy.LEFT, "right": ChannelPolicy.RIGHT}
_KEPT = 4  # decoded recordings, each in memory up to ten minutes, in a temporary file beyond


class Recordings:
    """The recordings of a store, decoded once for segments that are heard one after the other.

    Hear segments in the order of `by_recording`, and leave by ``with`` or `close`.
    """

    def __init__(self, store: EmotionStore) -> None:
        self._store = store
        self._decoded: dict[tuple[str, ChannelPolicy], list[Waveform]] = {}  # the one used last is last

    def by_recording(self, ids: Sequence[str]) -> list[int]:
        """The places of these segments in an order in which those of one recording follow each other."""
        files = self._store.segments(["segment_id", "corpus", "file"]).set_index("segment_id").reindex(list(ids))
        order = files.reset_index(drop=True).sort_values(["corpus", "file"], kind="stable")
        return [int(place) for place in order.index]

    def excerpt(self, segment_id: str, *, pad_s: float = 0.2, most_s: float = 60.0) -> tuple[np.ndarray, int]:
        """The audio of a segment, as the function `excerpt` gives it."""
        literal = segment_id.replace("'", "''")
        columns = ["corpus", "file", "channel", "start_s", "end_s"]
        rows = self._store.segments(columns, where=f"segment_id = '{literal}'")
        if not len(rows):
            raise EmptySelectionError(f"{self._store.path} has no segment {segment_id}")
        row = rows.iloc[0]
        path = self._store.audio_path(row["file"], row["corpus"])
        waveforms = self._waveforms(os.fspath(path), _POLICIES.get(row["channel"], ChannelPolicy.EACH))
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

    def _waveforms(self, path: str, policy: ChannelPolicy) -> list[Waveform]:
        waveforms = self._decoded.pop((path, policy), None)
        if waveforms is None:
            if not os.path.exists(path):  # noqa: PTH110 - where a folder on the way may not be read, Path.exists raises
                raise AudioError(
                    f"{path} is not there (moved, renamed, or on a disk that is away): put it back to hear it"
                )
            while len(self._decoded) >= _KEPT:
                self._let_go(next(iter(self._decoded)))
            waveforms = decode(Path(path), policy)
        self._decoded[path, policy] = waveforms
        return waveforms

    def _let_go(self, recording: tuple[str, ChannelPolicy]) -> None:
        for each in self._decoded.pop(recording):
            each.close()

    def close(self) -> None:
        """Let the decoded recordings go, and their temporary files."""
        for recording in list(self._decoded):
            self._let_go(recording)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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
    with Recordings(store) as recordings:
        return recordings.excerpt(segment_id, pad_s=pad_s, most_s=most_s)
