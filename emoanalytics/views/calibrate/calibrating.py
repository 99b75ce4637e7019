"""Votes and scores of the same clips -> a calibrated head in the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.embed.heads import Head
from emoanalytics.embed.heads.calibration import Method
from emoanalytics.embed.heads.conformal import SetKind
from emoanalytics.embed.heads.policies import OtherPolicy, apply_policy
from emoanalytics.embed.heads.reliability import FEWEST_GROUPS
from emoanalytics.embed.heads.votes import Votes
from emoanalytics.errors import HeadError
from emoanalytics.notes import Note
from emoanalytics.runs import run_record
from emoanalytics.scoring import score_table
from emoanalytics.seeds import as_seed
from emoanalytics.store.naming import offered
from emoanalytics.store.schema import BUILTIN_HEAD, RESERVED_PREFIX
from emoanalytics.store.scores import is_there, read_head, stored_scores
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.calibrate import words
from emoanalytics.views.calibrate.held_out import FEWEST_SPEAKERS, calibrated
from emoanalytics.views.calibrate.result import Calibration

_SUFFIX = "-calibrated"
AUTO = "auto"


def calibrate(
    store: Path | str | EmotionStore,
    labels: Path | str | pd.DataFrame,
    *,
    group: str = "speaker",
    other: OtherPolicy | str = OtherPolicy.KEEP,
    coverage: float = 0.9,
    sets: SetKind | str = SetKind.LAC,
    wanted: Sequence[float] = (0.8, 0.9),
    name: str | None = None,
    save: bool = True,
    activate: bool | None = None,
    method: Method | str = AUTO,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Calibration:
    """Calibrate the scores of a store's head on clips that people listened to.

    The head is the active one. Where that is a calibrated one, it is the head it was made from, so that calibrating
    again starts from scores that no vote has touched.

    Temperature or vector scaling (Guo et al. 2017) is chosen by cross-validation over speakers, or as asked; every
    figure in the result is measured on speakers that had no part in it. No audio is touched. The built-in head and the
    fitted one stay as they are: what is saved is one head more.

    Args:
        store: the store, or its folder.
        labels: a CSV file (UTF-8) or a table with ``segment_id`` or ``file``, and ``label`` or one column of votes an
            emotion; see `emoanalytics.embed.heads.votes.Votes`.
        group: the column whose values are kept on one side of every fold.
        other: what becomes of ``other`` and ``unknown``: keep, drop (and renormalise), or apart.
        coverage: share of listeners' answers that label sets are to hold.
        sets: which kind of label sets comes first in the result; both are there.
        wanted: shares of right winners to find abstain lines for.
        name: id of the saved head; by default the base head's with ``-calibrated``.
        save: keep the calibrated head in the store.
        method: the correction: none, temperature, vector, or ``auto``: the one that cross-validation finds best, the
            simplest of those that do about as well.
        activate: make it the head whose scores the store gives; by default when it may be called calibrated, and the
            method that was asked for does better than none on speakers left out. Where it is not made so, and an
            earlier calibration of the same name was in use, the head it was made from is used again.
        seed: of folds and bootstrap.
        progress: called with ``(done, total, note)``.

    Raises:
        HeadError: the store has no scores, or the labels cannot be read, do not fit, or are too few.
        LockedStoreError: somebody else is writing to the store.
    """
    opened = store if isinstance(store, EmotionStore) else EmotionStore.open(store)
    seed = as_seed(seed)
    policy = _choice(OtherPolicy, other, "other and unknown are treated by")
    first = _choice(SetKind, sets, "label sets are made by")
    saved, notes = base_head(opened)
    table, where = _read(labels)
    votes = Votes.of(table, saved["labels"], policy, where=where)
    rows = _rows(opened, saved, group)
    raw = rows[[RESERVED_PREFIX + label for label in saved["labels"]]].to_numpy(np.float64)
    named = apply_policy(raw, saved["labels"], policy)
    at, voted, left_out = _matched(opened, votes, rows, named.shares, group, where)
    speakers = pd.factorize(rows[group].iloc[at], sort=True)[0]
    apart = _speakers_apart(rows.iloc[at], group)
    found = calibrated(
        named.labels,
        named.shares[at],
        votes.shares[voted],
        speakers,
        coverage=coverage,
        kinds=sorted(SetKind, key=lambda kind: kind != first),
        wanted=wanted,
        methods=tuple(Method) if method == AUTO else (_choice(Method, method, f"scores are corrected by {AUTO},"),),
        seed=seed,
        progress=progress,
    )
    base = str(saved["id"])
    head_id = name or (base if base.endswith(_SUFFIX) else base[: 100 - len(_SUFFIX)] + _SUFFIX)
    if save and head_id == base and "calibration" not in saved["report"]:
        raise HeadError(f"{base} is the head to calibrate: give the new one another --name")
    columns = {label: i for i, label in enumerate(saved["labels"])}
    use = found.trusted and apart and not found.in_vain if activate is None else activate
    renewed = opened.info.head == head_id  # the head in use is written anew: its scores change with it
    stays = renewed and (activate is False or saved["id"] == head_id)
    result = Calibration(
        found=found,
        base=str(saved["report"].get("calibration", {}).get("base", base)),
        head_id=head_id if save else None,
        active=save and (use or stays),
        labels=named.labels,
        group=group,
        clips=len(at),
        speakers=int(speakers.max()) + 1,
        policy=policy,
        apart={
            label: {"scores": float(np.mean(raw[at, columns[label]])), "votes": votes.apart.get(label, 0.0)}
            for label in named.apart_labels
        },
        notes=(*notes, *left_out),
        speakers_apart=apart,
    )
    if save:
        _save(opened, saved, result, rows["segment_id"].to_list(), named.shares)
    return result


def _choice(kind: Any, value: str, what: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise HeadError(f"{what} {', '.join(kind)}, not by {str(value)!r}") from None


def base_head(store: EmotionStore) -> tuple[dict[str, Any], list[Note]]:
    """The head to calibrate, and what to know about it."""
    saved = store.head()
    if saved is not None:
        name = saved["report"].get("calibration", {}).get("base")
        if name is None:
            return saved, []
        base = read_head(store.path, name) if name == BUILTIN_HEAD or is_there(store.path, name) else None
        if base is not None:
            return base, []
        return saved, [words.base_gone(name, saved["id"])]
    why = store.head_missing or (
        f"{store.path} has no scores to calibrate: fit a head with emoanalytics head fit {store.path} --target COLUMN"
        if store.info.head is None
        else f"{store.path} does not hold the weights of its head {store.info.head}: build it again"
    )
    raise HeadError(why)


def _read(labels: Path | str | pd.DataFrame) -> tuple[pd.DataFrame, str]:
    if isinstance(labels, pd.DataFrame):
        return labels, "the labels"
    path = Path(labels)
    try:
        return pd.read_csv(path, encoding="utf-8-sig", dtype={"segment_id": str, "file": str}), str(path)
    except FileNotFoundError:
        raise HeadError(f"{path}: there is no such file; check the path") from None
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors, and so are those of the encoding
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise HeadError(f"{path} cannot be read as CSV in UTF-8 ({reason})") from error


def _rows(store: EmotionStore, head: Mapping[str, Any], group: str) -> pd.DataFrame:
    """Clips, their groups, and the scores this head gives them."""
    if group not in store.columns:
        raise HeadError(f"{store.path} has no column {group!r}; {offered(group, store.columns)}")
    rows = store.segments(list(dict.fromkeys(["segment_id", "file", "speaker", group])))
    if rows[group].isna().all():
        raise HeadError(
            f"the column {group!r} of {store.path} is empty, so no speaker can be kept apart for testing: "
            "name the speakers in the corpus and build again, or take another column with --group"
        )
    scores = stored_scores(store.path, head["id"], head["labels"])
    columns = [RESERVED_PREFIX + label for label in head["labels"]]
    return rows.merge(scores.select(["segment_id", *columns]).to_pandas(), on="segment_id", how="left")


def _speakers_apart(rows: pd.DataFrame, group: str) -> bool:
    """Whether folds of these groups keep every speaker on one side."""
    if group == "speaker":
        return True
    return bool(rows["speaker"].notna().all() and rows.groupby("speaker")[group].nunique().max() == 1)


def _matched(
    store: EmotionStore, votes: Votes, rows: pd.DataFrame, shares: np.ndarray, group: str, where: str
) -> tuple[np.ndarray, np.ndarray, list[Note]]:
    """Store rows and vote rows that belong together, and notes on what was left out."""
    keys = rows[votes.key].astype(str)
    place = {key: i for i, key in enumerate(keys)}
    several = set(keys[keys.duplicated()]).intersection(votes.clips)
    if several:
        raise HeadError(
            f"{where}: {min(several)} has several segments in {store.path}: label them by segment_id, not by file"
        )
    at = np.array([place.get(clip, -1) for clip in votes.clips], dtype=np.intp)
    notes = []
    absent = at < 0
    if absent.all():
        if not votes.clips:
            raise HeadError(f"{where} gives no clip a label: fill in what listeners heard")
        raise HeadError(f"{where} names no clip of {store.path} (its first {votes.key} is {votes.clips[0]!r})")
    if absent.any():
        clip = votes.clips[int(np.flatnonzero(absent)[0])]
        notes.append(words.not_there(int(absent.sum()), len(absent), clip))
    unscored = ~absent & ~np.isfinite(shares[at]).all(axis=1)
    if unscored.any():
        notes.append(words.without_scores(int(unscored.sum())))
    nobody = ~absent & ~unscored & rows[group].isna().to_numpy()[at]
    if nobody.any():
        notes.append(words.of_nobody(int(nobody.sum()), group))
    use = np.flatnonzero(~absent & ~unscored & ~nobody)
    groups = rows[group].iloc[at[use]].nunique()
    if groups < FEWEST_SPEAKERS:
        notes.append(words.few(groups, group, FEWEST_SPEAKERS, intervals=groups >= FEWEST_GROUPS))
    if not _speakers_apart(rows.iloc[at[use]], group):
        notes.append(words.apart_by(group))
    return at[use], use, notes


def _save(
    store: EmotionStore, saved: Mapping[str, Any], result: Calibration, ids: list[str], shares: np.ndarray
) -> None:
    place = [saved["labels"].index(label) for label in result.labels]
    base = Head(saved["weights"][place], saved["bias"][place], result.labels, saved["temperature"])
    head = result.found.chosen.calibrator.head(base)
    if result.head_id is None:
        raise ValueError("a head needs an id to be saved")
    with store.writer() as writer:
        writer.save_head(
            result.head_id,
            weights=head.weights,
            bias=head.bias,
            labels=head.labels,
            temperature=head.temperature,
            scores=score_table(ids, head.labels, result.found.chosen.calibrator.scores(shares)),
            report={**saved["report"], "calibration": result.as_json()},
        )
        if result.active:
            writer.set_head(result.head_id)
        elif store.info.head == result.head_id:
            writer.set_head(saved["id"])
        writer.write_run(run_record("head calibrate", head=result.head_id, report=result.as_json()))
