"""Which winners survive: decode, change, embed again with the store's encoder, score with the store's head."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from emoanalytics.embed.batches import SegmentEmbedding, encode_segments
from emoanalytics.embed.encoder import Encoder
from emoanalytics.embed.heads import Head
from emoanalytics.errors import EmptySelectionError, EncoderError, EncoderMismatchError, HeadError
from emoanalytics.listening.fragile.changes import CHANGES, Change
from emoanalytics.listening.fragile.result import ChangeResult, ClipFragility, Fragility
from emoanalytics.listening.fragile.work import UNCHANGED, Work
from emoanalytics.notes import Note
from emoanalytics.scoring import encoder_of
from emoanalytics.seeds import as_seed
from emoanalytics.statistics.shares import share_interval
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.store.store import EmotionStore


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

    The clip as it is and the clip changed are scored by the same head, the one in use. The scores a store gives of a
    fitted head come from heads that never heard the speaker, so its winner is given beside it. Nothing is written.

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
    seed = as_seed(seed)
    names = [change.name for change in changes]
    if not names or len(set(names)) < len(names):
        raise EncoderError("fragile labels need changes to make, each once")
    encoder = encoder_of(store) if encoder is None else encoder
    if encoder.card.fingerprint != store.info.encoder_fingerprint:
        raise EncoderMismatchError(
            f"{store.path} was embedded by {store.info.encoder['name']} (revision {store.info.encoder['revision']}), "
            f"not by {encoder.card.name} (revision {encoder.card.revision}): give the encoder it was built with"
        )
    rows = _rows(store, ids, group)
    head, offset, notes = _head(store, rows)
    stored = _stored_winners(store, head, rows)
    work = Work(store, rows, tuple(changes), encoder, seed)
    found = _embedded(work, rows, encoder, names, progress)
    clips, kept = [], []
    for row in sorted(found):
        if UNCHANGED in found[row] and work.is_what_was_embedded(row, found[row][UNCHANGED].embedding):
            kept.append(row)
            clip = _clip(rows.iloc[row], found[row], head, offset[row], names, work.skipped[row])
            clips.append(replace(clip, stored=stored[row]))
    return Fragility(
        clips=tuple(sorted(clips, key=lambda clip: (clip.survived, clip.margin, clip.segment_id))),
        changes=_by_change(clips, rows[group].iloc[kept], names, seed),
        given=tuple(changes),
        failures=tuple(work.failures),
        notes=tuple(notes),
        seconds=time.perf_counter() - started,
        seed=seed,
    )


def _embedded(
    work: Work,
    rows: pd.DataFrame,
    encoder: Encoder,
    names: Sequence[str],
    progress: Callable[[int, int, str], None] | None,
) -> dict[int, dict[int, SegmentEmbedding]]:
    """For each row, the embedding of the clip as it is and after each change; what failed is in ``work``."""
    found: dict[int, dict[int, SegmentEmbedding]] = {}
    done = 0
    for (row, change), made in encode_segments(encoder, work.clips()):
        if isinstance(made, SegmentEmbedding):
            found.setdefault(row, {})[change] = made
        elif change == UNCHANGED:
            work.fail(row, "embed", str(made))
        else:
            work.skipped[row][names[change]] = str(made)
        if change == UNCHANGED:
            done += 1
            if progress:
                progress(done, len(rows), str(rows["file"].iloc[row]))
    return found


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


def _head(store: EmotionStore, rows: pd.DataFrame) -> tuple[Head, np.ndarray, list[Note]]:
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
            Note(
                f"the head {saved['id']} was fitted on these clips, so it is surer of them than of new ones: "
                "new clips are at least as fragile",
                f"分类头 {saved['id']} 是用这些片段训练的，对它们比对新片段更有把握：新片段至少同样脆弱",
            )
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


def _stored_winners(store: EmotionStore, head: Head, rows: pd.DataFrame) -> list[str | None]:
    """Of each row the label with the highest score the store gives; None where it gives none."""
    table = store.scores().set_index("segment_id").loc[rows["segment_id"]]
    scores = table[[RESERVED_PREFIX + label for label in head.labels]].to_numpy(np.float64)
    there = np.isfinite(scores).all(axis=1)
    best = np.where(there[:, None], scores, 0.0).argmax(axis=1)
    return [head.labels[b] if known else None for b, known in zip(best, there, strict=True)]


def _clip(
    row: pd.Series,
    made: Mapping[int, SegmentEmbedding],
    head: Head,
    offset: np.ndarray,
    names: Sequence[str],
    skipped: Mapping[str, str],
) -> ClipFragility:
    changed = [number for number in sorted(made) if number != UNCHANGED]
    scores = head.scores(np.stack([made[number].embedding for number in (UNCHANGED, *changed)]) - offset)
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
