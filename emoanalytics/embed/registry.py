"""Encoders by name."""

from __future__ import annotations

from pathlib import Path

from emoanalytics.embed.encoder import Encoder
from emoanalytics.errors import EncoderError

DEFAULT_ENCODER = "emotion2vec_plus_large"
ACOUSTIC = "acoustic"


def load_encoder(
    name_or_folder: str | Path = DEFAULT_ENCODER,
    *,
    device: str = "auto",
    precision: str = "exact",
    hub: str | None = None,
    revision: str | None = None,
    offline: bool = False,
) -> Encoder:
    """Load an encoder that is on this machine; nothing is ever downloaded or replaced by another.

    Args:
        name_or_folder: ``acoustic``, a published Emotion2Vec+ name, or a folder with a checkpoint.
        device: ``auto``, ``cpu``, ``cuda``, ... (Emotion2Vec+).
        precision: ``exact``, which ``auto`` loads too; ``fast``, ``bf16`` or ``int8`` (Emotion2Vec+) as they are,
            not compared with exact: ``selfcheck.settle`` does that.
        hub: only a copy from this hub will do (Emotion2Vec+).
        revision: only a copy fetched at this revision will do (Emotion2Vec+).
        offline: words the message of a missing model for a machine without a network.

    Raises:
        ModelMissingError: the weights are not here; the message says how to get them.
        EncoderError: the encoder cannot be loaded, or an option does not fit it.
        MissingExtraError: a package is not installed.

    >>> load_encoder("acoustic").card.name
    'acoustic'
    """
    if str(name_or_folder) == ACOUSTIC:
        if device not in ("auto", "cpu"):
            raise EncoderError(f"the acoustic encoder runs on the processor, not on {device}: leave out --device")
        if precision not in ("auto", "exact"):
            raise EncoderError(f"the acoustic encoder has one precision, not {precision}: leave out --precision")
        from emoanalytics.embed.acoustic import Acoustic

        return Acoustic()
    from emoanalytics.embed.emotion2vec import Emotion2Vec

    return Emotion2Vec.load(
        name_or_folder, device=device, precision=precision, hub=hub, revision=revision, offline=offline
    )
