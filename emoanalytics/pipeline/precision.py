"""Which arithmetic a build uses: asked for, followed from the store, or settled on clips of the corpus itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import overload

import numpy as np

from emoanalytics.audio.corpus import Corpus, Recording
from emoanalytics.audio.decode import Waveform, decode
from emoanalytics.embed.encoder import Encoder, Precision
from emoanalytics.embed.selfcheck import CHECK_CLIP_S, CHECK_CLIPS, Settled, settle
from emoanalytics.errors import AudioError, EncoderMismatchError
from emoanalytics.store.schema import STORE_FILE
from emoanalytics.store.store import EmotionStore

_CANDIDATES = 8 * CHECK_CLIPS  # files looked at, from all over the corpus; the shortest of them are decoded
_APART_S = 10.0  # a long recording gives several clips, so far apart


def settled(encoder: Encoder, asked: Precision | str, corpus: Corpus, store: Path | str) -> Settled:
    """The encoder a build should use, compared with exact arithmetic on a few clips where it is not exact.

    A store keeps the arithmetic it was made with: ``auto`` and ``fast`` follow it, ``fast`` also to exact, so that
    the command that made a store goes on with it wherever the check fell back.

    Args:
        encoder: as loaded, in exact arithmetic.
        asked: the user's choice.
        corpus: the recordings to be embedded.
        store: the store they go into; it need not exist.

    Raises:
        EncoderMismatchError: the store holds embeddings of this encoder in another arithmetic.
        EncoderError: the encoder has no such arithmetic.
    """
    asked = Precision(asked)
    kept = _kept(encoder, Path(store))
    if kept is not None and asked != Precision.AUTO:
        if asked not in (kept, Precision.FAST):
            raise EncoderMismatchError(
                f"{store} holds {kept} embeddings, not {asked} ones: ask for --precision {kept} or auto, "
                "or choose another --store"
            )
        if kept == Precision.EXACT != asked:
            return Settled(encoder, asked, note=f"{store} holds exact embeddings: exact is used")
        asked = kept
    return settle(encoder, asked, CorpusClips(corpus, encoder), stored=kept)


def _kept(encoder: Encoder, store: Path) -> Precision | None:
    """The arithmetic of a store that holds embeddings of this encoder."""
    if not (store / STORE_FILE).exists():
        return None
    card = EmotionStore.open(store).info.encoder
    same = (card.get("name"), card.get("digest")) == (encoder.card.name, encoder.card.digest)
    return Precision(card.get("precision", Precision.EXACT)) if same else None


class CorpusClips(Sequence[np.ndarray]):
    """A few short clips from all over a corpus; decoded when the first of them is asked for."""

    def __init__(self, corpus: Corpus, encoder: Encoder) -> None:
        self._corpus = corpus
        self._shortest = encoder.min_samples

    @overload
    def __getitem__(self, place: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, place: slice) -> list[np.ndarray]: ...
    def __getitem__(self, place: int | slice) -> np.ndarray | list[np.ndarray]:
        """The clip, or clips, at a place."""
        return self._clips[place]

    def __len__(self) -> int:
        return len(self._clips)

    @cached_property
    def _clips(self) -> list[np.ndarray]:
        clips: list[np.ndarray] = []
        for recording in _short_ones(self._corpus.recordings()):
            try:
                waveforms = decode(recording.path)
            except (AudioError, OSError):
                continue  # the build itself lists it
            for waveform in waveforms:
                with waveform:
                    if waveform.n_samples >= self._shortest:
                        clips += _excerpts(waveform)
            if len(clips) >= CHECK_CLIPS:
                break
        return clips[:CHECK_CLIPS]


def _short_ones(recordings: Sequence[Recording]) -> list[Recording]:
    """Files from all over the corpus, small ones first, so that the check takes a second and not an hour's decoding."""
    last = len(recordings) - 1
    places: list[int] = sorted({round(i * last / (_CANDIDATES - 1)) for i in range(_CANDIDATES)}) if recordings else []
    sizes = {}
    for recording in (recordings[i] for i in places):
        try:
            sizes[recording.file] = (recording.path.stat().st_size, recording)
        except OSError:
            continue  # the build itself lists it
    return [recording for _, recording in sorted(sizes.values(), key=lambda found: (found[0], found[1].file))]


def _excerpts(waveform: Waveform) -> list[np.ndarray]:
    """The middle of a short recording, or clips from all over a long one."""
    rate = waveform.rate_hz
    length = min(waveform.n_samples, round(CHECK_CLIP_S * rate))
    count = max(1, min(CHECK_CLIPS // 2, int(waveform.duration_s / _APART_S)))
    room = waveform.n_samples - length
    starts = (room * (np.arange(count) + 0.5) / count).astype(int)
    return [np.array(waveform.read(int(s), int(s) + length)) for s in starts]
