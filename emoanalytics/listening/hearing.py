"""Listen to some clips of a store: pitch, rate, voice and timbre, where its own encoder does not measure them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from emoanalytics.embed.acoustic import Acoustic
from emoanalytics.errors import AudioError, DamagedStoreError, EncoderError, StoreError
from emoanalytics.listening.excerpt import Recordings
from emoanalytics.store.derived import Derived
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.clusters import Measured

_KIND = "heard"
_MOST_S = 30.0  # of a clip: what the acoustic encoder takes at once


def hear(
    store: EmotionStore, ids: Sequence[str], *, progress: Callable[[int, int, str], None] | None = None
) -> Measured:
    """Acoustic descriptors of these clips, from their audio; kept under ``derived/`` until others are heard.

    Args:
        store: the store, of any encoder.
        ids: segment ids.
        progress: called after each clip.

    Returns:
        Descriptors of the clips that could be read, at most thirty seconds of each; what could not is counted.
    """
    encoder = Acoustic()
    identity = "\n".join([encoder.card.fingerprint, *ids])
    key = hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()
    derived = Derived(store.path)
    try:
        kept = derived.find(_KIND, key)
        if kept is not None:
            known = np.array(kept.array("known"))
            return Measured(tuple(np.asarray(ids)[known].tolist()), np.array(kept.array("descriptors")), len(ids))
    except DamagedStoreError:
        derived.forget(_KIND, key)
    descriptors = np.zeros((len(ids), encoder.card.dim), np.float32)
    known = np.ones(len(ids), bool)
    with Recordings(store) as recordings:
        for done, i in enumerate(recordings.by_recording(ids), 1):
            try:
                samples, _ = recordings.excerpt(ids[i], pad_s=0, most_s=_MOST_S)
                descriptors[i] = encoder.encode([samples]).embeddings[0]
            except (AudioError, EncoderError):  # the file is away, or the clip too short to measure: not known
                known[i] = False
            if progress is not None:
                progress(done, len(ids), "listening to a sample")
    descriptors = descriptors[known]
    found = Measured(tuple(s for s, k in zip(ids, known, strict=True) if k), descriptors, len(ids))
    if known.all():  # audio that is away may come back

        def fill(folder: Path) -> None:
            np.save(folder / "known.npy", known)
            np.save(folder / "descriptors.npy", descriptors)

        with contextlib.suppress(StoreError):  # a folder that cannot be written: it is quickly heard again
            derived.keep(_KIND, key, {"clips": len(ids), "encoder": encoder.card.fingerprint}, fill, instead_of="")
    return found
