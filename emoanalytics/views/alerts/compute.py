"""Rules on the clips of a store, or on new clips behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emoanalytics.audio.quality import Flag
from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.seeds import as_seed
from emoanalytics.statistics.bootstrap import FEWEST_CLUSTERS, mean_intervals
from emoanalytics.statistics.evidence import AGENT, CLIENT, Evidence, gather, in_role
from emoanalytics.statistics.occasions import OCCASION_COLUMNS, Occasions, occasions
from emoanalytics.store.schema import RESERVED_PREFIX
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.alerts.result import Alarm, Alerts, RuleReport
from emoanalytics.views.alerts.rules import Kind, Rule, parse_rule
from emoanalytics.views.alerts.sequences import Sequences, fires, shuffled_clips, shuffled_sessions

_ROWS = (*OCCASION_COLUMNS, "segment_id", "start_s")
_SHUFFLES = 200
_WIDEST = 0.1  # alarms a clip: wider than this and than ten times the rate, or than 0.5, an interval says nothing
_MOST_DRAWN = 20_000_000  # clips, over all shuffles of a rule: a large store needs fewer shuffles


def alerts(
    store: EmotionStore,
    rules: Iterable[Rule | str],
    *,
    new: pd.DataFrame | None = None,
    where: str | None = None,
    exclude_flags: Iterable[Flag | str] = (),
    role: str | None = None,
    seed: int = 0,
) -> Alerts:
    """Find where rules fire, and how often they would by chance.

    Clips of a session follow each other by date, file and start. A run ends with its session. A baseline is the mean
    of all clips of the speaker's earlier sessions: at least three sessions and ten clips, against at least three now.

    The expected number of false alarms is measured on the store itself: the rule is counted on the same clips with
    each speaker's clips (baseline rules: whole sessions) in shuffled order. Its interval holds speakers for the unit
    of chance; where no shuffle ever fires, its end is three per as many clips as there are (Hanley and Lippman-Hand
    1983, JAMA 249). There is none where one speaker has more than half of the clips, where shuffles hardly ever fire,
    or where it would be so wide that it says nothing.

    Args:
        store: the store.
        rules: rules or their text, see ``parse_rule``.
        new: further clips that came behind those of the store, with ``segment_id, speaker, session, recorded_at, file,
            start_s`` and score columns, and ``role`` where roles matter (agents are left out as in the store); then
            only alarms they complete are told. A clip stands where its date puts it, whenever it arrived.
        where: one SQL condition over segment and score columns of the store.
        exclude_flags: quality flags whose clips are left out.
        role: see ``statistics.evidence.gather``: agents are left out unless asked for.
        seed: of the shuffles.

    Raises:
        StoreError: a rule that is not understood, or of an emotion the head does not know; columns missing
            in ``new``, dates or scores there that are none, or clips that the store holds already.
        EmptySelectionError: nothing with scores is left.
    """
    seed = as_seed(seed)
    asked = [rule if isinstance(rule, Rule) else parse_rule(rule) for rule in rules]
    evidence = gather(store, _ROWS, where=where, exclude_flags=exclude_flags, role=role)
    labels = np.array(evidence.labels)
    known = labels[evidence.known].tolist()
    for rule in asked:
        if rule.emotion not in known:
            raise StoreError(f"the head gives no score of {rule.emotion!r}; it knows {', '.join(known)}")
    fresh = _new_rows(new, known, store, evidence, role)
    table = evidence.table if fresh is None else pd.concat([evidence.table, fresh.table], ignore_index=True)
    scores = evidence.scores[:, evidence.known]
    scores = scores if fresh is None else np.vstack([scores, fresh.scores])
    when = occasions(table)
    if not len(when.rows):
        raise EmptySelectionError(f"no clip of {store.path} names a speaker: fill the speaker column")
    clips = _ordered(table, scores, when, len(evidence))
    found, reports = [], []
    for number, rule in enumerate(asked):
        values = clips.scores[:, known.index(rule.emotion)]
        places = fires(rule, values, clips.sequences)
        told = places if fresh is None else places[clips.new[places]]
        found += [_alarm(rule, int(p), values, clips, when) for p in told]
        reports.append(_report(rule, values, clips, len(places), [seed, number]))
    return Alerts(tuple(found), tuple(reports), evidence, when.unnamed, when.undated, seed)


@dataclass(frozen=True)
class _Clips:
    """Clips in order of speaker, session and time."""

    table: pd.DataFrame
    scores: np.ndarray
    sequences: Sequences
    new: np.ndarray


@dataclass(frozen=True)
class _New:
    table: pd.DataFrame
    scores: np.ndarray


def _new_rows(
    new: pd.DataFrame | None, known: Sequence[str], store: EmotionStore, evidence: Evidence, role: str | None
) -> _New | None:
    if new is None:
        return None
    columns = [RESERVED_PREFIX + label for label in known]
    needed = [c for c in (*_ROWS, *columns) if c != "corpus"]
    missing = [c for c in needed if c not in new.columns]
    if missing:
        raise StoreError(f"the new clips have no column {missing[0]!r}; they need {', '.join(needed)}")
    new = _in_their_role(new, evidence, role)
    there = int(new["segment_id"].isin(store.segments(["segment_id"])["segment_id"]).sum())
    if there:
        raise StoreError(f"{there} of {len(new)} new clips are in {store.path} already: leave them out")
    scores = new[columns].to_numpy(np.float64, na_value=np.nan)
    scored = np.isfinite(scores).all(axis=1)
    if not scored.all():
        raise StoreError(f"{int((~scored).sum())} of {len(new)} new clips have no scores: leave them out")
    if ((scores < 0) | (scores > 1)).any():
        raise StoreError("the scores of the new clips do not all lie between 0 and 1")
    table = new.assign(corpus=new["corpus"] if "corpus" in new.columns else "")[list(_ROWS)]
    return _New(table.assign(recorded_at=_dates(table["recorded_at"])), scores)


def _in_their_role(new: pd.DataFrame, evidence: Evidence, role: str | None) -> pd.DataFrame:
    """The new clips whose role the evidence keeps; agents among the new ones count as agents in the store do."""
    named = "role" in new.columns
    kept = evidence.role or (CLIENT if role is None and named and in_role(new["role"], AGENT).any() else None)
    if kept is None:
        return new
    if not named:
        raise StoreError(f"only clips of the role {kept!r} are looked at: give the new clips a column role")
    return new[in_role(new["role"], kept)]


def _dates(column: pd.Series) -> pd.Series:
    try:
        return pd.to_datetime(column, utc=True, format="ISO8601")
    except (ValueError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise StoreError(f"recorded_at of the new clips holds what is no ISO 8601 date ({reason})") from None


def _ordered(table: pd.DataFrame, scores: np.ndarray, when: Occasions, old: int) -> _Clips:
    own = table.iloc[when.rows]
    file = pd.factorize(own["file"], sort=True)[0]
    order = np.lexsort((own["start_s"].to_numpy(np.float64), file, when.recorded_us, when.session))
    rows = when.rows[order]
    return _Clips(
        table=table.iloc[rows],
        scores=scores[rows],
        sequences=Sequences(when.speaker[order], when.session[order]),
        new=rows >= old,
    )


def _alarm(rule: Rule, place: int, values: np.ndarray, clips: _Clips, when: Occasions) -> Alarm:
    session, speaker = clips.sequences.session[place], clips.sequences.speaker[place]
    baseline = None
    first = place - rule.clips + 1
    if rule.kind is Kind.BASELINE:
        first = int(np.searchsorted(clips.sequences.session, session))
        start = int(np.searchsorted(clips.sequences.speaker, speaker))
        baseline = float(values[start:first].mean())
    at = clips.table["recorded_at"].iloc[place]
    return Alarm(
        rule=rule,
        speaker=when.speakers[speaker],
        session=when.session_name[session],
        t=None if pd.isna(at) else at.isoformat(),
        segment_ids=tuple(clips.table["segment_id"].iloc[first : place + 1]),
        value=float(values[first : place + 1].mean()),
        baseline=baseline,
        new=bool(clips.new[place]),
    )


def _report(rule: Rule, values: np.ndarray, clips: _Clips, alarms: int, seed: Sequence[int]) -> RuleReport:
    """Chance is measured on the clips of the store; new clips are what it is held against."""
    old = ~clips.new
    values = values[old]
    sequences = Sequences(clips.sequences.speaker[old], clips.sequences.session[old])
    n, people = len(values), np.unique(sequences.speaker, return_inverse=True)[1]
    if not n:
        return RuleReport(rule, alarms, 0.0, 0.0, None, None, 0, 0, 0)
    shuffles = int(np.clip(_MOST_DRAWN // n, 10, _SHUFFLES))
    rng = np.random.default_rng(seed)
    by_chance = np.zeros(people.max() + 1)
    for _ in range(shuffles):
        if rule.kind is Kind.RUN:
            places = fires(rule, values[shuffled_clips(sequences, rng)], sequences)
            whose = people[places]  # a shuffle keeps every speaker's clips in that speaker's places
        else:
            order, moved = shuffled_sessions(sequences, rng)
            whose = people[fires(rule, values[order], moved)]
        by_chance += np.bincount(whose, minlength=len(by_chance))
    by_chance /= shuffles
    sizes = np.bincount(people).astype(np.float64)
    expected = float(by_chance.sum() / n)
    low, high = _interval(by_chance, sizes, expected, seed[0])
    return RuleReport(
        rule=rule,
        alarms=alarms,
        per_1000=1000 * len(fires(rule, values, sequences)) / n,
        expected=1000 * expected,
        low=None if low is None else 1000 * low,
        high=None if high is None else 1000 * high,
        clips=n,
        speakers=len(sizes),
        shuffles=shuffles,
    )


def _interval(
    by_chance: np.ndarray, sizes: np.ndarray, expected: float, seed: int
) -> tuple[float, float] | tuple[None, None]:
    """Ends of the interval of false alarms a clip, or none where it would say nothing.

    Args:
        by_chance: (speakers,) alarms in a shuffle, on average.
        sizes: (speakers,) clips.
        expected: alarms a clip.
        seed: of the bootstrap.
    """
    n = sizes.sum()
    if expected == 0:
        low, high = 0.0, 3 / float(n)
        return (low, high) if len(sizes) >= FEWEST_CLUSTERS and high <= _WIDEST else (None, None)
    one = np.zeros(len(sizes), int)
    found = mean_intervals(by_chance[:, None], sizes, one, 1, seed=seed, clips=np.array([n]))
    low, high = float(found.low[0, 0]), float(found.high[0, 0])
    if not np.isfinite(low) or high - low > min(max(_WIDEST, 10 * expected), 0.5):
        return None, None
    return low, high
