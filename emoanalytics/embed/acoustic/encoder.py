"""Acoustic: the encoder whose dimensions are documented acoustic descriptors.

Every dimension has a name, a unit and a meaning (``docs/acoustic.md``). A value says by how many standard deviations
the clip differs from neutral read speech, so dimensions compare and the embedding explains itself. The encoder knows
no emotion: it has no head, and one has to be fitted on labels.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from importlib import resources

import numpy as np

from emoanalytics.embed.acoustic import contours, descriptors, pitch
from emoanalytics.embed.encoder import Encoded, EncoderCard
from emoanalytics.embed.heads import Head
from emoanalytics.errors import EncoderError

REVISION = "1"
LICENCE = "MIT (emoanalytics); mel filters by librosa, ISC"
LIMIT = 8.0  # reference deviations: one wild dimension must not outweigh the rest in a similarity
REFERENCE = "reference.csv"  # name, unit, centre, scale; written by benchmarks/acoustic_reference.py
# The names are part of the digest, so they stay when a module gets another: a fingerprint must outlive that.
_RECIPE = {"pitch": pitch, "tracks": contours, "descriptors": descriptors}


def _reference() -> list[dict[str, str]]:
    text = resources.files("emoanalytics.embed.acoustic").joinpath(REFERENCE).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _recipe(rows: list[dict[str, str]]) -> str:
    """Digest of the numbers that decide an embedding's value: revision, settings, reference."""
    settings = {
        f"{part}.{name}": value
        for part, module in _RECIPE.items()
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int | float | tuple)
    }
    text = json.dumps([REVISION, LIMIT, sorted(settings.items()), rows])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Acoustic:
    """Describes clips by acoustic measurements; an ``Encoder`` that needs no download.

    Attributes:
        card: what it is; ``dim`` values a clip.
        head: None, since descriptors do not know emotions.
        min_samples: 400, one 25 ms frame.
        in_workers: True; it pickles with everything it needs.
        names: what each dimension measures, ``family.descriptor.statistic``.
        units: the unit each measure had before it was standardised.

    >>> encoder = Acoustic()
    >>> encoded = encoder.encode([np.zeros(16_000, np.float32)])
    >>> encoded.embeddings.shape == (1, encoder.card.dim), encoded.n_frames.tolist()
    (True, [98])
    """

    head: Head | None = None
    min_samples = contours.FRAME
    in_workers = True

    def __init__(self) -> None:
        rows = _reference()
        self.names = tuple(row["name"] for row in rows)
        self.units = tuple(row["unit"] for row in rows)
        self._centre = np.array([float(row["centre"]) for row in rows])
        self._scale = np.array([float(row["scale"]) for row in rows])
        # Made here, so that a copy in a worker process does not have to import librosa.
        self._bank = contours.mel_bank()
        self.card = EncoderCard(
            name="acoustic",
            revision=REVISION,
            dim=len(rows),
            rate_hz=contours.RATE_HZ,
            digest=_recipe(rows),
            licence=LICENCE,
        )

    def encode(self, clips: Sequence[np.ndarray], *, frames: bool = False) -> Encoded:
        """Describe clips.

        Args:
            clips: 1-D float32 arrays at 16 kHz, 400 samples or more.
            frames: not available.

        Returns:
            (n, dim) float32 in -8..8, in units of the reference's standard deviation; 0 where a clip has nothing to
            measure (the pitch of a whisper). ``n_frames`` counts 25 ms frames every 10 ms.

        Raises:
            EncoderError: a clip is too short or not finite, or frame scores are asked for.
        """
        if frames:
            raise EncoderError("the acoustic encoder has no head, so it has no frame scores")
        rows = [self._row(clip) for clip in clips]
        return Encoded(
            embeddings=np.stack(rows) if rows else np.zeros((0, self.card.dim), dtype=np.float32),
            n_frames=np.array([contours.frame_count(len(clip)) for clip in clips], dtype=np.int32),
        )

    def _row(self, clip: np.ndarray) -> np.ndarray:
        if clip.ndim != 1:
            raise EncoderError(f"a clip is one channel, got shape {clip.shape}")
        if len(clip) < self.min_samples:
            raise EncoderError(f"too short: {len(clip)} samples at 16 kHz, at least {self.min_samples} are needed")
        if not np.isfinite(clip).all():
            raise EncoderError("a clip holds samples that are not finite")
        measured = descriptors.describe(contours.Contours.of(clip, self._bank))
        z = (np.fromiter(measured.values(), dtype=np.float64, count=len(self.names)) - self._centre) / self._scale
        return np.clip(np.nan_to_num(z, nan=0.0), -LIMIT, LIMIT).astype(np.float32)
