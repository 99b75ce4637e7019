"""Uploaded and recorded clips: written to a folder of their own, analysed, and deleted at once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from emoanalytics import ClipResult, EmoAnalyticsError, Encoder, Head, analyze, write_result

MOST_CLIPS = 20
MOST_MB = 100
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Clip:
    """Bytes a user gave, under the name the user gave them."""

    name: str
    content: bytes

    @property
    def too_large(self) -> bool:
        """Whether it is over the limit."""
        return len(self.content) > MOST_MB * _MEGABYTE

    def key(self, fingerprint: str) -> str:
        """What a result depends on: name, content, encoder and head."""
        digest = hashlib.blake2b(self.content, digest_size=16)
        digest.update(f"\0{self.name}\0{fingerprint}".encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class Analysed:
    """What came of a clip.

    Attributes:
        name: as the user named it.
        result: what was found, or None.
        files: name -> content of the files to download.
        reason: why there is no result, in one line; empty where there is one.
    """

    name: str
    result: ClipResult | None
    files: dict[str, bytes]
    reason: str = ""


def analysed(clip: Clip, encoder: Encoder, head: Head | None) -> Analysed:
    """Analyse one clip; nothing of it is left on the disk."""
    with tempfile.TemporaryDirectory(prefix="emoanalytics-") as folder:
        # The file gets a name of ours: a user's may hold anything.
        path = Path(folder) / f"clip{_suffix(clip.name)}"
        path.write_bytes(clip.content)
        try:
            found = next(iter(analyze([path], encoder, head=head)))
        except EmoAnalyticsError as error:
            return Analysed(clip.name, None, {}, _without(path, str(error)))
        if not isinstance(found, ClipResult):
            return Analysed(clip.name, None, {}, _without(path, found.reason))
        result = replace(found, file=PurePath(clip.name).name or clip.name)
        written = write_result(result, Path(folder) / "out", embedding=True)
        return Analysed(clip.name, result, {p.name: p.read_bytes() for p in sorted(written.iterdir())})


def analyse_all(
    clips: Sequence[Clip],
    known: dict[str, Analysed],
    encoder: Encoder,
    head: Head | None,
    fingerprint: str,
    progress: Callable[[int, int, str], None],
) -> list[Analysed]:
    """What came of each clip; those in ``known`` are not analysed again, and what is new is put there.

    Args:
        clips: the clips.
        known: earlier results by `Clip.key`; those of clips that are gone leave it.
        encoder: the encoder.
        head: the head, or None.
        fingerprint: of the two.
        progress: called before each new clip with its number, how many there are, and its name.
    """
    keys = [clip.key(fingerprint) for clip in clips]
    for gone in set(known) - set(keys):
        del known[gone]
    new = [(key, clip) for key, clip in zip(keys, clips, strict=True) if key not in known]
    for number, (key, clip) in enumerate(new, 1):
        progress(number, len(new), clip.name)
        known[key] = analysed(clip, encoder, head)
    return [known[key] for key in keys]


def _suffix(name: str) -> str:
    """The ending of a name, where it is one that files have."""
    suffix = PurePath(name).suffix.lower()
    return suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= 6 else ""


def _without(path: Path, line: str) -> str:
    """An error line without the place where the clip lay for a moment."""
    return line.replace(f"{path}: ", "").replace(str(path), "").strip()
