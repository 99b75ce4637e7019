"""Clips as they were given, and what came of them; uploaded ones are deleted at once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from emoanalytics import (
    ClipResult,
    EmoAnalyticsError,
    EmotionStore,
    Encoder,
    Granularity,
    Head,
    analyze,
    excerpt,
    own_scores,
    stored_clip,
    write_result,
)

MOST_CLIPS = 20
MOST_MB = 100
MOST_MINUTES = 60
PLAYED_S = 600  # of a long segment
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
        second: scores by the other head, where both the store and the encoder have one.
        own: whether the result's scores are by the encoder's own head.
        segment: its id, where it lies in the store.
    """

    name: str
    result: ClipResult | None
    files: dict[str, bytes]
    reason: str = ""
    second: Mapping[str, float | None] | None = None
    own: bool = False
    segment: str = ""


@dataclass(frozen=True)
class Hearer:
    """What clips are heard and scored by.

    Attributes:
        encoder: the encoder.
        head: whose scores are wanted; None: there is none.
        frames: also score each frame, which only the encoder's own head can: then all scores are by that one.
    """

    encoder: Encoder
    head: Head | None
    frames: bool = False

    @property
    def own(self) -> bool:
        """Whether the scores are by the encoder's own head."""
        return self.encoder.head is not None and (self._framed or self.head is self.encoder.head)

    @property
    def granularity(self) -> Granularity:
        """What is asked of the library."""
        return Granularity.FRAME if self._framed else Granularity.UTTERANCE

    @property
    def first(self) -> Head | None:
        """The head of the scores."""
        return self.encoder.head if self.own else self.head

    @property
    def other(self) -> Head | None:
        """The head of the second opinion."""
        return self.encoder.head if not self.own else self.head if self.head is not self.encoder.head else None

    @property
    def _framed(self) -> bool:
        return self.frames and self.encoder.head is not None


def stored(store: EmotionStore, segment_id: str) -> Analysed:
    """A segment of the store; its scores are the stored ones.

    Raises:
        AudioError: its recording is not where it was, or cannot be read.
        EmptySelectionError: there is no such segment.
    """
    samples, _ = excerpt(store, segment_id, pad_s=0.0, most_s=PLAYED_S)
    result = stored_clip(store, segment_id, samples)
    own = store.info.head == "builtin"
    second = own_scores(store, segment_id) if store.info.head and not own else None
    return Analysed(result.file, result, _files(result), second=second, own=own, segment=segment_id)


def analysed(clip: Clip, by: Hearer) -> Analysed:
    """Analyse one clip; nothing of it is left on the disk."""
    with tempfile.TemporaryDirectory(prefix="emoanalytics-") as folder:
        # The file gets a name of ours: a user's may hold anything.
        path = Path(folder) / f"clip{_suffix(clip.name)}"
        path.write_bytes(clip.content)
        try:
            heard = analyze([path], by.encoder, head=by.first, granularity=by.granularity, most_s=60.0 * MOST_MINUTES)
            found = next(iter(heard))
        except EmoAnalyticsError as error:
            return Analysed(clip.name, None, {}, _without(path, str(error)))
        if not isinstance(found, ClipResult):
            return Analysed(clip.name, None, {}, _without(path, found.reason))
    result = replace(found, file=PurePath(clip.name).name or clip.name)
    second = None if by.other is None else result.scored_by(by.other)
    return Analysed(clip.name, result, _files(result), second=second, own=by.own)


def analyse_all(
    clips: Sequence[Clip],
    known: dict[str, Analysed],
    by: Hearer,
    fingerprint: str,
    progress: Callable[[int, int, str], None],
) -> list[Analysed]:
    """What came of each clip; those in ``known`` are not analysed again, and what is new is put there.

    Args:
        clips: the clips.
        known: earlier results by `Clip.key`; those of clips that are gone leave it.
        by: what hears and scores them.
        fingerprint: of encoder and store.
        progress: called before each new clip with its number, how many there are, and its name.
    """
    keys = [clip.key(f"{fingerprint} {by.granularity}") for clip in clips]
    for gone in set(known) - set(keys):
        del known[gone]
    new = [(key, clip) for key, clip in zip(keys, clips, strict=True) if key not in known]
    for number, (key, clip) in enumerate(new, 1):
        progress(number, len(new), clip.name)
        known[key] = analysed(clip, by)
    return [known[key] for key in keys]


def _files(result: ClipResult) -> dict[str, bytes]:
    """What `write_result` writes: name -> content."""
    with tempfile.TemporaryDirectory(prefix="emoanalytics-") as folder:
        written = write_result(result, Path(folder), embedding=True)
        return {p.name: p.read_bytes() for p in sorted(written.iterdir())}


def _suffix(name: str) -> str:
    """The ending of a name, where it is one that files have."""
    suffix = PurePath(name).suffix.lower()
    return suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) <= 6 else ""


def _without(path: Path, line: str) -> str:
    """An error line without the place where the clip lay for a moment."""
    return line.replace(f"{path}: ", "").replace(str(path), "").strip()
