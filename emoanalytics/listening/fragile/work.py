"""The clips of a store, as they are and changed, on their way to the encoder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from emoanalytics.audio.decode import RATE_HZ, ChannelPolicy, Waveform, decode
from emoanalytics.audio.segments import Segment, chunks
from emoanalytics.audio.tracks import Failure
from emoanalytics.embed.encoder import Encoder
from emoanalytics.errors import AudioError
from emoanalytics.listening.fragile.changes import Change
from emoanalytics.store.store import EmotionStore

UNCHANGED = -1  # the number of no change
_POLICIES = {"mix": ChannelPolicy.MIX, "left": ChannelPolicy.LEFT, "right": ChannelPolicy.RIGHT}
_SAME = 1e-2  # of an embedding's length: beyond it the audio is not what was embedded


class Work:
    """Decodes each recording once and hands its clips out, as they are and changed.

    Attributes:
        failures: clips that give no result.
        skipped: for each row, the changes that could not be made, with the reason.
    """

    def __init__(
        self, store: EmotionStore, rows: pd.DataFrame, changes: tuple[Change, ...], encoder: Encoder, seed: int
    ) -> None:
        self._store, self._rows, self._changes, self._encoder, self._seed = store, rows, changes, encoder, seed
        self._stored = store.embeddings(rows["segment_id"].to_list())
        self.failures: list[Failure] = []
        self.skipped: list[dict[str, str]] = [{} for _ in range(len(rows))]

    def fail(self, row: int, stage: str, reason: str) -> None:
        """List a clip that gives no result."""
        at = self._rows.iloc[row]
        self.failures.append(Failure(at["file"], stage, reason, float(at["start_s"]), float(at["end_s"])))

    def clips(self) -> Iterator[tuple[tuple[int, int], list[np.ndarray]]]:
        """Row and number of the change (``UNCHANGED``: none), and the clip in pieces the encoder may hear at once."""
        for (corpus, file, channel), part in self._rows.groupby(["corpus", "file", "channel"], sort=False):
            path = self._store.audio_path(str(file), str(corpus))
            try:
                waveforms = decode(path, _POLICIES.get(str(channel), ChannelPolicy.EACH))
            except AudioError as error:
                for row in part.index:
                    self.fail(row, "decode", str(error).removeprefix(f"{path}: "))
                continue
            try:
                yield from self._of(next((w for w in waveforms if w.channel == channel), None), part)
            finally:
                for waveform in waveforms:
                    waveform.close()

    def _of(self, waveform: Waveform | None, part: pd.DataFrame) -> Iterator[tuple[tuple[int, int], list[np.ndarray]]]:
        for row, start_s, end_s, content_id in zip(
            part.index, part["start_s"], part["end_s"], part["content_id"], strict=True
        ):
            start, stop = Segment(float(start_s), float(end_s)).samples(RATE_HZ)
            if waveform is None or start >= waveform.n_samples:
                self.fail(row, "decode", "the recording has changed; build its corpus again")
                continue
            samples = waveform.read(start, min(stop, waveform.n_samples)).copy()
            yield (row, UNCHANGED), self._pieces(samples)
            for number, change in enumerate(self._changes):
                content = int(str(content_id)[:8], 16)  # a clip hears the same noise in any selection
                try:
                    changed = change.apply(samples, waveform.rate_hz, [self._seed, content])
                except AudioError as error:
                    self.skipped[row][change.name] = str(error)
                    continue
                yield (row, number), self._pieces(changed)

    def _pieces(self, samples: np.ndarray) -> list[np.ndarray]:
        longest = float(self._store.info.cut.get("chunk_s", 30.0))
        return [samples[a:b] for a, b in chunks(len(samples), self._encoder.card.rate_hz, longest)]

    def is_what_was_embedded(self, row: int, embedding: np.ndarray) -> bool:
        """Whether the clip still gives the stored embedding; lists it as failed where it does not."""
        stored = self._stored[row]
        if np.linalg.norm(embedding - stored) <= _SAME * max(1e-12, float(np.linalg.norm(stored))):
            return True
        self.fail(row, "embed", "the audio gives another embedding than the store's; build its corpus again")
        return False
