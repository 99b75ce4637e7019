"""Calibrating by ear: which clips to listen to, and what the log of answers says as votes.

Answers are decisions of the kind ``heard`` in the store's log: ``decided`` holds the labels that were heard, joined by
``+`` where there were several, or ``unsure``. Nothing of the model's is written beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emoanalytics.embed.heads.policies import NOT_NAMED, OtherPolicy
from emoanalytics.embed.heads.votes import VOTE_PREFIX
from emoanalytics.errors import EmptySelectionError, HeadError
from emoanalytics.notes import Note
from emoanalytics.seeds import as_seed
from emoanalytics.store.decisions import Decision
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.store.scores import stored_scores
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.calibrate import words
from emoanalytics.views.calibrate.calibrating import base_head

HEARD = "heard"  # the kind of a decision that answers what is heard in a clip
UNSURE = "unsure"
BINS = 5
_AND = "+"
_LONGEST_S = 30.0  # of a clip: what is heard in a longer one is rarely one thing


def clips_to_hear(store: EmotionStore, n: int = 100, *, seed: int = 0) -> tuple[str, ...]:
    """Clips to listen to for a calibration, in the order in which to hear them.

    They are dealt out one by one: from the score bin that has had the fewest clips so far, of the speaker who has had
    the fewest, by lot among equals. So after any number of answers all heights of the score and all speakers are about
    equally there, and stopping early leaves a balanced part. The bins hold a fifth of the clips each, by the score of
    the winner, of the head that would be calibrated. Left out are clips without a speaker or a score, copies of a clip
    that is there, and clips of more than thirty seconds.

    Args:
        store: a store with scores.
        n: how many, where there are so many.
        seed: of the lots.

    Returns:
        Segment ids; the same for the same store and seed, and the first of them the same for any ``n``.

    Raises:
        HeadError: the store has no scores.
        EmptySelectionError: no clip can be taken.
    """
    rng = np.random.default_rng(as_seed(seed))
    head, _ = base_head(store)
    rows = store.segments(["segment_id", "content_id", "speaker", "start_s", "end_s"])
    columns = [RESERVED_PREFIX + label for label in head["labels"]]
    scores = stored_scores(store.path, head["id"], head["labels"]).select(["segment_id", *columns]).to_pandas()
    best = rows[["segment_id"]].merge(scores, on="segment_id", how="left")[columns].max(axis=1, skipna=False)
    use = best.notna() & rows["speaker"].notna() & (rows["end_s"] - rows["start_s"] <= _LONGEST_S)
    use &= ~rows["content_id"].duplicated()
    if not use.any():
        raise EmptySelectionError(
            f"{store.path} has no clip of a named speaker with a score and of at most {_LONGEST_S:.0f} s to listen to"
        )
    ids = rows.loc[use, "segment_id"].to_numpy(str)
    bins = _fifths(best[use].to_numpy(np.float64))
    speakers = pd.factorize(rows.loc[use, "speaker"], sort=True)[0]
    return tuple(ids[row] for row in _dealt(bins, speakers, min(n, len(ids)), rng))


def _fifths(scores: np.ndarray) -> np.ndarray:
    """(n,) bin numbers: as many rows in each, the lowest scores in bin 0."""
    order = np.argsort(scores, kind="stable")
    bins = np.empty(len(scores), dtype=np.intp)
    bins[order] = np.arange(len(scores)) * BINS // len(scores)
    return bins


def _dealt(bins: np.ndarray, speakers: np.ndarray, n: int, rng: np.random.Generator) -> list[int]:
    """Row numbers, dealt out as `clips_to_hear` says."""
    piles: dict[int, dict[int, list[int]]] = {}
    for row in rng.permutation(len(bins)):
        piles.setdefault(int(bins[row]), {}).setdefault(int(speakers[row]), []).append(int(row))
    had_bin: Counter[int] = Counter()
    had_speaker: Counter[int] = Counter()
    lot = rng.permutation(int(speakers.max()) + 1)  # among speakers who have had as many
    dealt = []
    for _ in range(n):
        number = min(piles, key=lambda b: (had_bin[b], b))
        speaker = min(piles[number], key=lambda s: (had_speaker[s], lot[s]))
        dealt.append(piles[number][speaker].pop())
        had_bin[number] += 1
        had_speaker[speaker] += 1
        if not piles[number][speaker]:
            del piles[number][speaker]
        if not piles[number]:
            del piles[number]
    return dealt


def answer(labels: Sequence[str]) -> str:
    """An answer as the log keeps it.

    Args:
        labels: what was heard; nothing: unsure.

    >>> answer(["sad", "angry"]), answer([])
    ('angry+sad', 'unsure')
    """
    return _AND.join(sorted(set(labels))) or UNSURE


def answered(decisions: Iterable[Decision]) -> dict[tuple[str, str | None], Decision]:
    """The answer that holds, by clip and listener.

    Args:
        decisions: those that stand, oldest first; of any kind.
    """
    return {(d.segment_id, d.who): d for d in decisions if d.kind == HEARD and d.decided is not None}


@dataclass(frozen=True)
class Ballot:
    """What listeners said, as `calibrate` takes it.

    Attributes:
        table: ``segment_id`` and a column ``vote_<label>`` a label: shares that sum to 1, one row a clip.
        clips: rows of the table that say more than ``other`` and ``unknown``, where these stand beside: those that
            count.
        listeners: people among the answers; whoever gave no name counts as one.
        unsure: answers that were left open; they weigh as the same share for every label.
        left_out: clips without a row: all that was heard in them is no label of the head.
        notes: what a reader should know.
    """

    table: pd.DataFrame
    clips: int
    listeners: int
    unsure: int
    left_out: int
    notes: tuple[Note, ...]


def ballot(store: EmotionStore, decisions: Iterable[Decision], policy: OtherPolicy | str = OtherPolicy.KEEP) -> Ballot:
    """Turn the answers of the log into votes.

    Each listener has one vote a clip: the answer that holds. Several labels share it evenly; unsure shares it among
    all labels of the head. To leave unsure answers out would leave only clear clips, on which every model looks surer
    than it may be. A label the head does not know gets nothing: the rest of the clip's votes counts for the whole, and
    a clip with no rest is left out.

    Args:
        store: a store with scores.
        decisions: those that stand, oldest first; of any kind.
        policy: what becomes of ``other`` and ``unknown``.

    Raises:
        HeadError: the store has no scores, or the policy leaves no label.
    """
    policy = OtherPolicy(policy)
    labels: tuple[str, ...] = base_head(store)[0]["labels"]
    spread = [label for label in labels if policy == OtherPolicy.KEEP or label not in NOT_NAMED]
    if not spread:
        raise HeadError("without other and unknown no label is left: keep them")
    beside = [label for label in NOT_NAMED if policy != OtherPolicy.KEEP and label in labels]
    names = [*spread, *beside]
    counts: dict[str, np.ndarray] = {}
    found = answered(decisions)
    unsure = 0
    for (clip, _), made in found.items():
        votes = counts.setdefault(clip, np.zeros(len(names)))
        if made.decided == UNSURE:
            unsure += 1
            votes[: len(spread)] += 1 / len(spread)
            continue
        heard = str(made.decided).split(_AND)
        for label in heard:
            if label in names:
                votes[names.index(label)] += 1 / len(heard)
    kept = {clip: votes / votes.sum() for clip, votes in counts.items() if votes.sum() > 0}
    table = pd.DataFrame(list(kept.values()), columns=[VOTE_PREFIX + name for name in names])
    table.insert(0, "segment_id", list(kept))
    foreign = sum(set(str(d.decided).split(_AND)).isdisjoint({*names, UNSURE}) for d in found.values())
    return Ballot(
        table=table,
        clips=sum(bool(votes[: len(spread)].sum() > 0) for votes in kept.values()),
        listeners=len({who for _, who in found}),
        unsure=unsure,
        left_out=len(counts) - len(kept),
        notes=_notes(unsure, foreign, len(found)),
    )


def _notes(unsure: int, foreign: int, answers: int) -> tuple[Note, ...]:
    notes = [words.unsure(unsure, answers)] if unsure else []
    return (*notes, words.foreign(foreign, answers)) if foreign else tuple(notes)
