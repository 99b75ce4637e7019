"""Train a head on the labels a corpus gives, and keep it in the store."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.embed.heads import FitReport, LearningCurve, fit
from emoanalytics.errors import HeadError
from emoanalytics.labels import EMOTION_IDS, Language
from emoanalytics.notes import Note
from emoanalytics.runs import run_record
from emoanalytics.scoring import score_table
from emoanalytics.seeds import as_seed
from emoanalytics.store.schema import BUILTIN_HEAD
from emoanalytics.store.store import EmotionStore

_MOST_LABELS = 20  # so many different values are labels even where each is rare
_TARGETS = {"emotion": "emotion_given"}  # what people type -> the column


def train_head(
    store: Path | str | EmotionStore,
    target: str = "emotion_given",
    *,
    group: str = "speaker",
    name: str | None = None,
    activate: bool | None = None,
    centre: bool = False,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> FitReport:
    """Fit a head on a column of a store, keep it under ``derived/heads``, and use its scores.

    Every row's stored scores come from a head that never heard the row's speaker, so figures drawn
    from them are not figures of memory. No audio is touched.

    Args:
        store: the store, or its folder.
        target: the column with the labels.
        group: the column whose values are never on both sides of a fold.
        name: the head's id; by default made from the target and the encoder.
        activate: make it the head whose scores the store gives; by default only when the store has
            no head of its own (the built-in nine stay), or uses a calibration of the head that is fitted again: that
            one is of the earlier weights, and the notes say so.
        centre: subtract each speaker's mean embedding first. It often helps (a voice is no longer mistaken for
            a mood), but the head then needs several clips of a speaker, and cannot score a single one.
        seed: of the folds and of the bootstrap.
        progress: called after each fold.

    Returns:
        Accuracy and unweighted average recall with intervals, per fold and over all.

    Raises:
        HeadError: the column is missing, or its labels cannot be learned from.
        LockedStoreError: somebody else is writing to the store.
    """
    seed = as_seed(seed)
    opened = store if isinstance(store, EmotionStore) else EmotionStore.open(store)
    target, group = _TARGETS.get(target, target), _TARGETS.get(group, group)
    for column in (target, group):
        if column not in opened.columns:
            raise HeadError(f"{opened.path} has no column {column!r}; it has {', '.join(opened.columns)}")
    if name == BUILTIN_HEAD:
        raise HeadError(f"{BUILTIN_HEAD} is the encoder's own head: give the new one another --name")
    rows = opened.segments(["segment_id", *dict.fromkeys((target, group))])
    if not len(rows):
        raise HeadError(f"{opened.path} is empty: build a corpus into it first")
    if rows[target].isna().all():
        raise HeadError(f"the column {target!r} of {opened.path} is empty: nothing to learn from")
    if rows[group].isna().all():
        raise HeadError(
            f"the column {group!r} of {opened.path} is empty, so no speaker can be kept apart for testing: "
            "name the speakers in the corpus and build again, or take another column with --group"
        )
    embeddings = opened.embeddings()
    labels, groups = (_texts(rows[column]) for column in (target, group))
    _check_labels(target, labels)
    report = fit(embeddings, labels, groups, centre=centre, seed=seed, progress=progress)
    scores = report.out_of_fold.copy()
    # Rows without a speaker are in no fold and in no head: the final head has not heard them either.
    left_out = np.isnan(scores).all(axis=1)
    if left_out.any() and not centre:
        scores[left_out] = report.head.scores(embeddings[left_out])
    head_id = name or _head_id(target, str(opened.info.encoder["name"])) + ("-centred" if centre else "")
    replaces_none = opened.info.head is None or opened.head_missing is not None
    outdated = _calibration_of(opened, head_id)
    with opened.writer() as writer:
        writer.save_head(
            head_id,
            weights=report.head.weights,
            bias=report.head.bias,
            labels=report.head.labels,
            temperature=report.head.temperature,
            scores=score_table(rows["segment_id"].to_list(), report.head.labels, scores),
            report={"target": target, "group": group, "seed": seed, **summary(report)},
        )
        if activate or (activate is None and (replaces_none or outdated)) or opened.info.head == head_id:
            writer.set_head(head_id)
        writer.write_run(run_record("head fit", head=head_id, target=target, report=summary(report)))
    if outdated is None:
        return report
    kept = activate is False
    note = Note(
        f"{outdated} is a calibration of this head as it was before, and "
        f"{'stays in use' if kept else f'is no longer in use, {head_id} is'}: "
        "calibrate again with emoanalytics head calibrate",
        f"{outdated} 是对此分类头先前版本的校准，"
        f"{'仍在使用' if kept else f'已停用，改用 {head_id}'}：请用 emoanalytics head calibrate 重新校准",
    )
    return replace(report, notes=(*report.notes, note))


def _calibration_of(store: EmotionStore, head_id: str) -> str | None:
    """The head in use where it is a calibration of this one, under another name."""
    active = store.head()
    if active is None or active["id"] == head_id:
        return None
    return str(active["id"]) if active["report"].get("calibration", {}).get("base") == head_id else None


def summary(report: FitReport) -> dict[str, Any]:
    """The report without its arrays, as JSON keeps it."""
    return {
        "labels": list(report.classes),
        "not_known": [e for e in EMOTION_IDS if e not in report.classes],
        "rows": report.rows,
        "groups": report.groups,
        "accuracy": report.accuracy,
        "accuracy_interval": [report.accuracy_low, report.accuracy_high],
        "uar": report.uar,
        "uar_interval": [report.uar_low, report.uar_high],
        "chance": 1 / len(report.classes),
        "c": report.c,
        "scaling": str(report.scaling),
        "centred": report.centred,
        "confusion": report.confusion.tolist(),
        "folds": [
            {
                **asdict(f),
                "groups": list(f.groups),
                "scaling": str(f.scaling),
                "accuracy": _or_none(f.accuracy),
                "uar": _or_none(f.uar),
            }
            for f in report.folds
        ],
        "by_group": [asdict(result) for result in report.by_group],
        "learning": None if report.learning is None else _learning(report.learning),
        "notes": [str(note) for note in report.notes],
    }


def _learning(curve: LearningCurve) -> dict[str, Any]:
    return {
        "points": [asdict(point) for point in curve.points],
        "gains": [{**asdict(gain), "certain": gain.certain} for gain in curve.gains],
    }


def said_learning(report: FitReport, language: Language | str = Language.EN) -> tuple[str, ...]:
    """What more labels would bring, in sentences; none where the curve was not measured."""
    zh = language == Language.ZH
    if report.learning is None:
        return ()
    lines = []
    for gain in report.learning.gains:
        if gain.gain is None or gain.low is None or gain.high is None:
            why = "证据不足（说话人少于五位）" if zh else "not enough evidence (fewer than five speakers)"
            lines.append(f"再加 {gain.more} 个标签：{why}" if zh else f"{gain.more} more labels: {why}")
            continue
        span = f"{gain.low:+.3f}–{gain.high:+.3f}" if zh else f"{gain.low:+.3f} to {gain.high:+.3f}"
        doubt = "" if gain.certain else ("，证据不足以说有帮助" if zh else "; not enough evidence that they help")
        lines.append(
            f"再加 {gain.more} 个标签：平均召回率约 {gain.gain:+.3f}（95% 区间 {span}）{doubt}"
            if zh
            else f"{gain.more} more labels: about {gain.gain:+.3f} average recall (95 % interval {span}){doubt}"
        )
    return tuple(lines)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value  # JSON has no NaN


def _texts(column: pd.Series) -> list[str | None]:
    """Values as text; whole numbers without the ``.0`` that a column with gaps gives them."""
    whole = pd.api.types.is_float_dtype(column.dtype) and bool((column.dropna() % 1 == 0).all())
    texts = [str(int(v)) if whole and not missing else str(v) for v, missing in zip(column, column.isna(), strict=True)]
    return [None if missing else text for text, missing in zip(texts, column.isna(), strict=True)]


def _check_labels(target: str, labels: list[str | None]) -> None:
    """A column of free text or of measurements would be fitted for hours, to no end."""
    given = [label for label in labels if label is not None]
    different = len(set(given))
    if different > max(_MOST_LABELS, len(given) // 2):
        raise HeadError(
            f"the column {target!r} has {different} different values in {len(given)} rows: a head learns labels that "
            "many rows share, not free text or measurements"
        )


def _head_id(target: str, encoder: str) -> str:
    """An id the store takes; a column whose name it cannot spell (``情绪``) is told apart by a digest of it."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", target).strip("-._")
    if plain != target:
        plain = f"{plain[:40] or 'column'}-{hashlib.blake2b(target.encode(), digest_size=4).hexdigest()}"
    return f"{plain}-{re.sub(r'[^A-Za-z0-9_.-]+', '-', encoder)}"[:100]
