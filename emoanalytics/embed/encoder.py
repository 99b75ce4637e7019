"""What every encoder is: a card that says what it is, and one method that embeds clips."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np

from emoanalytics.embed.heads import Head
from emoanalytics.errors import EncoderError


class Precision(StrEnum):
    """The arithmetic of an encoder: what one asks for, and (``exact``, ``bf16``, ``int8``) what a card says.

    ``auto`` picks by device; ``exact`` is float32; ``fast`` is the fastest of the others that this
    machine has units for and that passes a comparison with ``exact`` (``selfcheck``).
    """

    AUTO = "auto"
    EXACT = "exact"
    FAST = "fast"
    BF16 = "bf16"
    INT8 = "int8"


@dataclass(frozen=True)
class EncoderCard:
    """What an encoder is; its fingerprint keys every embedding.

    Attributes:
        name: e.g. ``emotion2vec_plus_large`` or ``acoustic``.
        revision: the pinned revision of the weights, or the version of the feature recipe.
        dim: length of an embedding.
        rate_hz: sampling rate the encoder hears.
        digest: blake2b digest of the weights (or of the recipe, where there are none).
        labels: the label list of the encoder's own head, empty when it has none.
        licence: licence and attribution, one line.
        precision: ``exact`` (float32), ``bf16`` or ``int8``: rows of different arithmetic never share a store.
    """

    name: str
    revision: str
    dim: int
    rate_hz: int
    digest: str
    labels: tuple[str, ...] = ()
    licence: str = ""
    precision: str = "exact"

    @property
    def fingerprint(self) -> str:
        """32 hex digits over what decides an embedding's value: name, revision, dim, rate, digest, precision."""
        parts = {k: v for k, v in asdict(self).items() if k not in ("labels", "licence")}
        return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Encoded:
    """What an encoder returns for n clips, in the order they were given.

    Attributes:
        embeddings: (n, d) float32, finite.
        n_frames: (n,) int32, frames each embedding is the mean of.
        frame_logits: n arrays (frames, labels) float32, or None when not asked for; the mean over
            frames of a clip's logits equals the logits of its embedding.
    """

    embeddings: np.ndarray
    n_frames: np.ndarray
    frame_logits: tuple[np.ndarray, ...] | None = None

    def __post_init__(self) -> None:
        n = len(self.embeddings)
        if self.embeddings.ndim != 2 or len(self.n_frames) != n:
            raise EncoderError(f"the encoder returned shapes {self.embeddings.shape} and {self.n_frames.shape}")
        if self.frame_logits is not None and len(self.frame_logits) != n:
            raise EncoderError(f"the encoder returned {len(self.frame_logits)} frame arrays for {n} clips")


class Encoder(Protocol):
    """Turns clips into embeddings.

    Attributes:
        card: what it is.
        head: its own head, or None when it has none.
        min_samples: shorter clips raise ``EncoderError``.
        in_workers: True for encoders that are cheap to copy and run in the decoding worker
            processes (they must pickle); False for one that runs in the main process.
    """

    @property
    def card(self) -> EncoderCard: ...  # noqa: D102 - described above

    @property
    def head(self) -> Head | None: ...  # noqa: D102

    @property
    def min_samples(self) -> int: ...  # noqa: D102

    @property
    def in_workers(self) -> bool: ...  # noqa: D102

    def encode(self, clips: Sequence[np.ndarray], *, frames: bool = False) -> Encoded:
        """Embed clips.

        Args:
            clips: 1-D float32 arrays at ``card.rate_hz``, each at most the cut policy's ``chunk_s`` long.
            frames: also return per-frame logits.

        Returns:
            One row a clip, in the order given; a row does not depend on the other clips of the call.

        Raises:
            EncoderError: a clip is too short or not finite, or frames are asked of an encoder without a head.
        """
        ...
