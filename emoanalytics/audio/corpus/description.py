"""A corpus in words and counts, shown before it is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from emoanalytics.audio.corpus.columns import FILE, KNOWN_COLUMNS
from emoanalytics.audio.corpus.mapping import Kind, Mapping, Problem, printable
from emoanalytics.labels import EMOTION_IDS, Language

_NAMES = {
    FILE: ("file", "文件"),
    "start_s": ("start", "开始"),
    "end_s": ("end", "结束"),
    "channel": ("channel", "声道"),
    "speaker": ("speaker", "说话人"),
    "session": ("session", "会话"),
    "recorded_at": ("recorded at", "录制时间"),
    "role": ("role", "角色"),
    "language": ("language", "语言"),
    "emotion_given": ("given emotion", "给定情感"),
    "text": ("text", "文本"),
}
_KINDS_ZH = {Kind.AUDIO: "音频文件", Kind.FOLDER: "文件夹", Kind.JSONL: "JSON 行"}
_MOST_PROBLEMS = 5
_MOST_LABELS = 20


def description(
    root: Path, table: pd.DataFrame, mapping: Mapping, problems: Sequence[Problem], language: Language
) -> Iterator[str]:
    """A corpus (its parts as those of `Corpus`) in a language, line by line."""
    zh = language is Language.ZH
    kind = _KINDS_ZH.get(mapping.kind, str(mapping.kind)) if zh else str(mapping.kind)
    source = printable(str(mapping.source or root))
    yield f"语料：{source}（{kind}）" if zh else f"Corpus: {source} ({kind})"
    yield _counts(table, zh)
    yield from _origins(mapping, table, zh)
    yield from _labels(mapping, table, zh)
    own = [c for c in table.columns if c not in KNOWN_COLUMNS]
    if own:
        names = ", ".join(map(printable, own))
        yield f"保留的其他列：{names}" if zh else f"Other columns, kept: {names}"
    for note in mapping.notes:
        yield f"- {note.text(language)}"
    if problems:
        count = len(problems)
        more = count > _MOST_PROBLEMS
        if zh:
            yield f"{count} 个问题" + (f"（前 {_MOST_PROBLEMS} 个）：" if more else "：")
        else:
            yield f"{count} problem{'s' * (count > 1)}" + (f" (the first {_MOST_PROBLEMS}):" if more else ":")
    for problem in problems[:_MOST_PROBLEMS]:
        row = "" if problem.row is None else (f"，第 {problem.row} 行" if zh else f", row {problem.row}")
        yield f"- {printable(problem.file)}{row}: {printable(problem.reason)}"


def _counts(table: pd.DataFrame, zh: bool) -> str:
    files, rows = table[FILE].nunique(), len(table)
    speakers, sessions = (
        table["speaker"].nunique(),
        len(table[["speaker", "session"]][table["session"].notna()].drop_duplicates()),
    )
    cut = int(table["start_s"].notna().sum())
    if zh:
        return f"{files} 个文件，{rows} 行（{cut} 行为给定片段），{speakers} 位说话人，{sessions} 次会话"
    return f"{files} files, {rows} rows ({cut} of them given segments), {speakers} speakers, {sessions} sessions"


def _origins(mapping: Mapping, table: pd.DataFrame, zh: bool) -> Iterator[str]:
    """One line a known column: where it came from, with an example."""
    origin: dict[str, list[str]] = {}
    for column, known in mapping.columns.items():
        origin.setdefault(known, []).append(printable(column))
    for known in KNOWN_COLUMNS:
        if known in origin:
            place = f"列 {' + '.join(origin[known])}" if zh else f"column {' + '.join(origin[known])}"
        elif known in mapping.grammar_columns:
            place = f"文件名（{mapping.grammar}）" if zh else f"file names ({mapping.grammar})"
        else:
            continue
        values = table[known].dropna()
        example = "" if values.empty else printable(str(values.iloc[0]))
        name = _NAMES[known][zh]
        yield f"  {name}：{place}，例如 {example}" if zh else f"  {name}: {place}, e.g. {example}"


def _labels(mapping: Mapping, table: pd.DataFrame, zh: bool) -> Iterator[str]:
    counts = Counter(table["emotion_given"].dropna())
    if not counts:
        return
    spellings: dict[str, list[str]] = {}
    for given, kept in mapping.labels.items():
        if given != kept:
            spellings.setdefault(kept, []).append(printable(given))
    words = []
    for label, count in counts.most_common(_MOST_LABELS):
        said = ", ".join(spellings.get(label, ()))
        remark = f"原为 {said}" if zh else f"from {said}"
        if label not in EMOTION_IDS:
            remark = "九类之外，保留原样" if zh else "none of the nine, kept as it is"
        words.append(f"{printable(label)} {count}" + (f" ({remark})" if said or label not in EMOTION_IDS else ""))
    rest = len(counts) - len(words)
    if rest > 0:
        words.append(f"另有 {rest} 种" if zh else f"and {rest} more")
    yield ("情感标签：" if zh else "Labels: ") + ", ".join(words)
