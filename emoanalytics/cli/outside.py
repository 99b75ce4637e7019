"""Clips from outside a store, embedded by its encoder: what ``search --clip`` and ``map --place`` ask about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emoanalytics.analyze import ClipResult, analyze
from emoanalytics.audio.tracks import Failure
from emoanalytics.embed import models
from emoanalytics.embed.encoder import Encoder
from emoanalytics.embed.registry import load_encoder
from emoanalytics.errors import AudioError, EncoderMismatchError, ModelMissingError
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
    encoder, found = _encoder_of(store, name, device), []
    for result in analyze(files, encoder):
        if isinstance(result, Failure):
            raise AudioError(result.reason if result.file in result.reason else f"{result.file}: {result.reason}")
        found.append(result)
    return found


def _encoder_of(store: EmotionStore, name: str | None, device: str) -> Encoder:
    made_by, revision = str(store.info.encoder["name"]), store.info.encoder["revision"]
    try:
        encoder = load_encoder(name or made_by, device=device)
    except ModelMissingError as error:
        if name is not None or models.published_name(made_by):
            raise
        raise ModelMissingError(
            f"{store.path} was built with {made_by}, a model from a folder: name it with --encoder FOLDER"
        ) from error
    if encoder.card.fingerprint != store.info.encoder_fingerprint:
        raise EncoderMismatchError(
            f"{store.path} holds embeddings of {made_by} (revision {revision}), which those of {encoder.card.name} "
            f"(revision {encoder.card.revision}) cannot be compared with: name its encoder with --encoder"
        )
    return encoder
