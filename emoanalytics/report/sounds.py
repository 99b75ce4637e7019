"""Short excerpts that play in the page: MP3 inside a data address, and no more of them than a page can carry."""

from __future__ import annotations

import base64
import io

import numpy as np
from markupsafe import Markup, escape

from emoanalytics.errors import AudioError
from emoanalytics.listening.montage import montage
from emoanalytics.store.store import EmotionStore

SECONDS = 4.0
BUDGET = 3_000_000  # bytes of all excerpts of a page, as they stand in it


class Sounds:
    """Makes excerpts until the budget is spent; each clip is encoded once.

    Args:
        store: where the clips are; None: no audio is wanted.
    """

    def __init__(self, store: EmotionStore | None) -> None:
        self._store = store
        self._made: dict[str, str | None] = {}
        self.spent = 0
        self.missing = 0

    def player(self, segment_id: str, words: str) -> Markup:
        """A player of the loudest four seconds of a clip; nothing where there is no audio.

        Args:
            segment_id: the clip.
            words: what it plays, for those who do not see it.
        """
        if self._store is None:
            return Markup()
        if segment_id not in self._made:
            self._made[segment_id] = self._address(segment_id)
        address = self._made[segment_id]
        if address is None:
            return Markup()
        return Markup('<audio controls preload="none" aria-label="{}" src="{}"></audio>').format(escape(words), address)

    def _address(self, segment_id: str) -> str | None:
        assert self._store is not None
        if self.spent >= BUDGET:
            return None
        try:
            made = montage(self._store, [segment_id], seconds=SECONDS)
        except AudioError:
            self.missing += 1
            return None
        kind, content = _encoded(made.samples, made.rate_hz)
        address = f"data:{kind};base64,{base64.b64encode(content).decode()}"
        if self.spent + len(address) > BUDGET:
            return None
        self.spent += len(address)
        return address


def _encoded(samples: np.ndarray, rate_hz: int) -> tuple[str, bytes]:
    """MP3, which every browser plays and which holds neither time nor serial number; WAV where it cannot be made."""
    import soundfile

    kind, name = ("MP3", "audio/mpeg") if "MP3" in soundfile.available_formats() else ("WAV", "audio/wav")
    into = io.BytesIO()
    soundfile.write(into, np.clip(samples, -1, 1), rate_hz, format=kind)
    return name, into.getvalue()
