"""Which winners survive: decode, change, embed again with the store's encoder, score with the store's head."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.audio.decode import RATE_HZ, ChannelPolicy, Waveform, decode
from emoanalytics.audio.segments import Segment, chunks
from emoanalytics.audio.tracks import Failure
from emoanalytics.embed.batches import SegmentEmbedding, encode_segments
from emoanalytics.embed.encoder import Encoder
from emoanalytics.embed.heads import Head
from emoanalytics.embed.registry import load_encoder
from emoanalytics.errors import AudioError, EmptySelectionError, EncoderError, EncoderMismatchError, HeadError
from emoanalytics.fragile.changes import CHANGES, Change
from emoanalytics.labels import Language
from emoanalytics.statistics.shares import share_interval
from emoanalytics.store.store import EmotionStore

_POLICIES = {"mix": ChannelPolicy.MIX, "left": ChannelPolicy.LEFT, "right": ChannelPolicy.RIGHT}
_SAME = 1e-2  # of an embedding's length: beyond it the audio is not what was embedded


@dataclass(frozen=True)
class ClipFragility:
    """What small changes did to one clip.

    Attributes:
        segment_id: the clip.
        file: its recording.
        winner: the label with the highest score, unchanged.
        margin: by how much it led.
        survived: share of the changes after which the winner was the same.
        flips: name of each change that flipped it -> the new winner.
        moved: mean over the changes of half the sum of absolute differences over all labels: 0 nothing, 1 everything.
        skipped: changes that could not be made, with the reason.
    """

    segment_id: str
    file: str
    winner: str
    margin: float
    survived: float
    flips: Mapping[str, str]
    moved: float
    skipped: Mapping[str, str]


@dataclass(frozen=True)
class ChangeResult:
    """What one change did to all clips.

    Attributes:
        name: the change.
        clips: clips it could be made to.
        flipped: how many winners it flipped.
        share: their share.
        low: lower end of its 95 % interval over speakers; None where there are fewer than five.
        high: its upper end.
    """

    name: str
    clips: int
    flipped: int
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Fragility:
    """Which winners survive small changes.

    Attributes:
        clips: most fragile first: fewest changes survived, then smallest margin.
        changes: what each change did.
        given: the changes.
        failures: clips whose audio could not be read or embedded, or is not what was embedded.
        notes: what a reader should know.
        seconds: how long it took.
        seed: of the noise.
    """

    clips: tuple[ClipFragility, ...]
    changes: tuple[ChangeResult, ...]
    given: tuple[Change, ...]
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
    seconds: float
    seed: int

    @property
    def fragile(self) -> tuple[ClipFragility, ...]:
        """Clips whose winner at least one change flipped."""
        return tuple(clip for clip in self.clips if clip.flips)

    def as_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        return {
            "clips": [asdict(clip) for clip in self.clips],
            "fragile": len(self.fragile),
            "changes": [asdict(change) for change in self.changes],
            "failures": [asdict(failure) for failure in self.failures],
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
        }

    def said(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """The result in sentences."""
        zh = language == Language.ZH
        n, flipped = len(self.clips), len(self.fragile)
        lines = [
            f"{n} 条片段中有 {flipped} 条的胜出情绪经不起至少一种细小改动。"
            if zh
            else f"{flipped} of {n} winners do not survive every small change."
        ]
        for change, result in zip(self.given, self.changes, strict=True):
            title = change.title(language)
            if not result.clips:
                lines.append(f"{title}：没有片段可改。" if zh else f"{title}: no clip could be changed so.")
                continue
            if result.low is None or result.high is None:
                interval = "（证据不足，无区间）" if zh else " (not enough evidence for an interval)"
            elif zh:
                interval = f"（95% 区间 {result.low:.1%}–{result.high:.1%}）"
            else:
                interval = f" (95 % interval {result.low:.1%}-{result.high:.1%})"
            lines.append(
                f"{title}：{result.clips} 条中翻转 {result.flipped} 条，占 {result.share:.1%}{interval}。"
                if zh
                else f"{title}: {result.flipped} of {result.clips} flip, {result.share:.1%}{interval}."
            )
        return tuple(lines)


def fragile(
    store: EmotionStore,
    ids: Sequence[str] | None = None,
    *,
    encoder: Encoder | None = None,
    changes: Sequence[Change] = CHANGES,
    group: str = "speaker",
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Fragility:
    """Change clips a little, embed and score them again, and see whose winner flips.

    The clip as it is and the clip changed are scored by the same head, the one in use. Nothing is written.

    Args:
        store: a store whose audio is still where it was.
        ids: segments; None: all.
        encoder: the encoder the store was built with; None loads it by its name.
        changes: what to do to each clip.
        group: the column whose values the intervals redraw.
        seed: of the noise.
        progress: called with ``(done, total, note)`` after each clip.

    Raises:
        HeadError: the store has no head.
        EncoderMismatchError: another encoder than the store's.
        EmptySelectionError: no clip is asked for, or the store has no such segment.
        EncoderError: a change is asked for twice or none at all.
    """
    started = time.perf_counter()
    names = [change.name for change in changes]
    if not names or len(set(names)) < len(names):
        raise EncoderError("fragile labels need changes to make, each once")
    encoder = load_encoder(str(store.info.encoder["name"])) if encoder is None else encoder
    if encoder.card.fingerprint != store.info.encoder_fingerprint:
        raise EncoderMismatchError(
            f"{store.path} was embedded by {store.info.encoder['name']} (revision {store.info.encoder['revision']}), "
            f"not by {encoder.card.name} (revision {encoder.card.revision}): give the encoder it was built with"
        )
    rows = _rows(store, ids, group)
    head, offset, notes = _head(store, rows)
    work = _Work(store, rows, tuple(changes), encoder, seed)
    found: dict[int, dict[int, SegmentEmbedding]] = {}
    done = 0
    for (row, change), made in encode_segments(encoder, work.clips()):
        if isinstance(made, SegmentEmbedding):
            found.setdefault(row, {})[change] = made
        elif change < 0:
            work.fail(row, "embed", str(made))
        else:
            work.skipped[row][names[change]] = str(made)
        if change < 0:
            done += 1
            if progress:
                progress(done, len(rows), str(rows["file"].iloc[row]))
    clips, kept = [], []
    for row in sorted(found):
        if -1 in found[row] and work.is_what_was_embedded(row, found[row][-1].embedding):
            kept.append(row)
            clips.append(_clip(rows.iloc[row], found[row], head, offset[row], names, work.skipped[row]))
    return Fragility(
        clips=tuple(sorted(clips, key=lambda clip: (clip.survived, clip.margin, clip.segment_id))),
        changes=_by_change(clips, rows[group].iloc[kept], names, seed),
        given=tuple(changes),
        failures=tuple(work.failures),
        notes=tuple(notes),
        seconds=time.perf_counter() - started,
        seed=seed,
    )


class _Work:
    """Decodes each recording once and hands its clips out, as they are and changed."""

    def __init__(
        self, store: EmotionStore, rows: pd.DataFrame, changes: tuple[Change, ...], encoder: Encoder, seed: int
    ) -> None:
        self._store, self._rows, self._changes, self._encoder, self._seed = store, rows, changes, encoder, seed
        self._stored = store.embeddings(rows["segment_id"].to_list())
        self.failures: list[Failure] = []
        self.skipped: list[dict[str, str]] = [{} for _ in range(len(rows))]

    def fail(self, row: int, stage: str, reason: str) -> None:
        """List a clip that gives no result."""
        at = self._rows.iloc[row]
        self.failures.append(Failure(at["file"], stage, reason, float(at["start_s"]), float(at["end_s"])))

    def clips(self) -> Iterator[tuple[tuple[int, int], list[np.ndarray]]]:
        """Row and number of the change (-1: none), and the clip in pieces the encoder may hear at once."""
        for (corpus, file, channel), part in self._rows.groupby(["corpus", "file", "channel"], sort=False):
            path = self._store.audio_path(str(file), str(corpus))
            try:
                waveforms = decode(path, _POLICIES.get(str(channel), ChannelPolicy.EACH))
            except AudioError as error:
                for row in part.index:
                    self.fail(row, "decode", str(error).removeprefix(f"{path}: "))
                continue
            try:
                yield from self._of(next((w for w in waveforms if w.channel == channel), None), part)
            finally:
                for waveform in waveforms:
                    waveform.close()

    def _of(self, waveform: Waveform | None, part: pd.DataFrame) -> Iterator[tuple[tuple[int, int], list[np.ndarray]]]:
        for row, start_s, end_s, content_id in zip(
            part.index, part["start_s"], part["end_s"], part["content_id"], strict=True
        ):
            start, stop = Segment(float(start_s), float(end_s)).samples(RATE_HZ)
            if waveform is None or start >= waveform.n_samples:
                self.fail(row, "decode", "the recording has changed; build its corpus again")
                continue
            samples = waveform.read(start, min(stop, waveform.n_samples)).copy()
            yield (row, -1), self._pieces(samples)
            for number, change in enumerate(self._changes):
                content = int(str(content_id)[:8], 16)  # a clip hears the same noise in any selection
                try:
                    changed = change.apply(samples, waveform.rate_hz, [self._seed, content])
                except AudioError as error:
                    self.skipped[row][change.name] = str(error)
                    continue
                yield (row, number), self._pieces(changed)

    def _pieces(self, samples: np.ndarray) -> list[np.ndarray]:
        longest = float(self._store.info.cut.get("chunk_s", 30.0))
        return [samples[a:b] for a, b in chunks(len(samples), self._encoder.card.rate_hz, longest)]

    def is_what_was_embedded(self, row: int, embedding: np.ndarray) -> bool:
        """Whether the clip still gives the stored embedding; lists it as failed where it does not."""
        stored = self._stored[row]
        if np.linalg.norm(embedding - stored) <= _SAME * max(1e-12, float(np.linalg.norm(stored))):
            return True
        self.fail(row, "embed", "the audio gives another embedding than the store's; build its corpus again")
        return False


def _rows(store: EmotionStore, ids: Sequence[str] | None, group: str) -> pd.DataFrame:
    if group not in store.columns:
        raise HeadError(f"{store.path} has no column {group!r}; it has {', '.join(store.columns)}")
    columns = ["segment_id", "content_id", "corpus", "file", "channel", "start_s", "end_s", group]
    rows = store.segments(list(dict.fromkeys(columns)))
    if ids is not None:
        place = {segment: i for i, segment in enumerate(rows["segment_id"])}
        absent = next((segment for segment in ids if segment not in place), None)
        if absent is not None:
            raise EmptySelectionError(f"{store.path} has no segment {absent}")
        rows = rows.iloc[[place[segment] for segment in dict.fromkeys(ids)]]
    if not len(rows):
        raise EmptySelectionError(f"no clip of {store.path} is asked for, so none can be fragile")
    return rows.reset_index(drop=True)


def _head(store: EmotionStore, rows: pd.DataFrame) -> tuple[Head, np.ndarray, list[str]]:
    """The head in use, what to subtract from each row's embeddings, and what to know about it."""
    saved = store.head()
    if saved is None:
        raise HeadError(
            store.head_missing
            or f"{store.path} has no head that names winners: fit one with emoanalytics head fit {store.path} "
            "--target COLUMN"
        )
    head = Head(saved["weights"], saved["bias"], saved["labels"], saved["temperature"])
    offset = np.zeros((len(rows), head.dim))
    report, notes = saved["report"], []
    if report.get("folds"):
        notes.append(
            f"the head {saved['id']} was fitted on these clips, so it is surer of them than of new ones: "
            "new clips are at least as fragile"
        )
    if report.get("centred"):
        of = store.segments(["segment_id", report["group"]])
        numbers = pd.factorize(of[report["group"]])[0]
        mine = numbers[pd.Index(of["segment_id"]).get_indexer(pd.Index(rows["segment_id"]))]
        if (mine < 0).any():
            raise HeadError(
                f"the head {saved['id']} compares a clip with its speaker's other clips, and some clips name no "
                f"{report['group']}: leave them out"
            )
        embeddings = store.embeddings()
        means = {n: embeddings[numbers == n].mean(axis=0, dtype=np.float64) for n in np.unique(mine)}
        offset = np.stack([means[n] for n in mine])
    return head, offset, notes


def _clip(
    row: pd.Series,
    made: Mapping[int, SegmentEmbedding],
    head: Head,
    offset: np.ndarray,
    names: Sequence[str],
    skipped: Mapping[str, str],
) -> ClipFragility:
    changed = [number for number in sorted(made) if number >= 0]
    scores = head.scores(np.stack([made[number].embedding for number in (-1, *changed)]) - offset)
    winners = scores.argmax(axis=1)
    best = np.sort(scores[0])[::-1]
    same = winners[1:] == winners[0]
    return ClipFragility(
        segment_id=row["segment_id"],
        file=row["file"],
        winner=head.labels[winners[0]],
        margin=float(best[0] - best[1]) if len(best) > 1 else 1.0,
        survived=float(same.mean()) if len(changed) else 1.0,
        flips={names[n]: head.labels[w] for n, w, kept in zip(changed, winners[1:], same, strict=True) if not kept},
        moved=float(np.abs(scores[1:] - scores[0]).sum(axis=1).mean() / 2) if len(changed) else 0.0,
        skipped=dict(skipped),
    )


def _by_change(
    clips: Sequence[ClipFragility], groups: pd.Series, names: Sequence[str], seed: int
) -> tuple[ChangeResult, ...]:
    numbers, known = pd.factorize(groups)
    numbers = np.where(numbers < 0, len(known), numbers)  # clips that name nobody are one group more
    results = []
    for name in names:
        use = np.array([name not in clip.skipped for clip in clips], dtype=bool)
        flipped = np.array([name in clip.flips for clip in clips], dtype=np.float64)[use]
        low, high = share_interval(flipped, np.ones(len(flipped)), numbers[use], seed=seed)
        share = float(flipped.mean()) if len(flipped) else 0.0
        results.append(ChangeResult(name, len(flipped), int(flipped.sum()), share, low, high))
    return tuple(results)
