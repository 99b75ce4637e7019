"""Clips from outside a store, embedded by its encoder: what ``search --clip`` and ``map --place`` ask about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emoanalytics.analyze import ClipResult, analyze
from emoanalytics.audio.tracks import Failure
from emoanalytics.errors import AudioError
from emoanalytics.scoring import encoder_of
from emoanalytics.store.store import EmotionStore


def embedded(store: EmotionStore, files: Sequence[Path], name: str | None, device: str) -> list[ClipResult]:
    """One result a file, in their order; no encoder is loaded where there are none.

    Args:
        store: whose encoder reads them.
        files: audio files.
        name: a folder with the checkpoint the store was built with; None: its encoder by its name.
        device: where the encoder runs.

    Raises:
        AudioError: a file is not there, or is no audio.
        ModelMissingError: the encoder's files are not on this machine.
        EncoderMismatchError: it is not the encoder the store was built with.
    """
    if not files:
        return []
    for file in files:
        if not file.exists():
            raise AudioError(f"{file}: there is no such file; check the path")
    encoder, found = encoder_of(store, name, device=device), []
    for result in analyze(files, encoder):
        if isinstance(result, Failure):
            raise AudioError(result.reason if result.file in result.reason else f"{result.file}: {result.reason}")
        found.append(result)
    return found
