"""The clips of a store to look at twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from emoanalytics.audio.quality import Flag
from emoanalytics.audio.quality import name as flag_name
from emoanalytics.audit import Audit
from emoanalytics.labels import BY_ID, Language
from emoanalytics.listening.same_audio import Checked
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.lines import one_line
from emoanalytics.views.audit import Duplicate
from emoanalytics.views.audit.duplicates import How

_LISTED, _HUBS, _FLAGGED = 20, 5, 3
_WORDS = {
    "identical": ("identical audio: {n} {pairs}", "完全相同的音频：{n} 对"),
    "identical_more": ("  ... and {n} more identical {pairs}", "  ……另有 {n} 对完全相同"),
    "near_unheard": ("near, not listened to: {n} {pairs}", "非常接近，未比较波形：{n} 对"),
    "near_more": ("  ... and {n} more near {pairs} not compared", "  ……另有 {n} 对非常接近，未比较"),
    "same": ("the same sound again: {n} {pairs}", "同一声音再次出现：{n} 对"),
    "another": ("near, but another sound: {n} {pairs}", "非常接近，但不是同一声音：{n} 对"),
    "unread": ("near, not to be heard: {n} {pairs}", "非常接近，但音频无法读取：{n} 对"),
    "fits": (
        "{pair} (waveforms correlate by {correlation:.2f}, shifted {lag:+.3f} s{gain})",
        "{pair}（波形相关 {correlation:.2f}，偏移 {lag:+.3f} 秒{gain}）",
    ),
    "gain": (", {db:+.1f} dB", "，{db:+.1f} dB"),
    "pair": ("  {first} and {second}", "  {first} 与 {second}"),
    "speakers_differ": (": their speakers differ", "：说话人不同"),
    "labels_differ": (": their labels differ", "：标签不同"),
    "both_differ": (": their speakers and labels differ", "：说话人和标签都不同"),
    "unlike": (
        "unlike their neighbours (local outlier factor from {limit:.2f}): {n}",
        "与近邻不同（局部离群因子不低于 {limit:.2f}）：{n}",
    ),
    "factor": ("  {clip}, factor {factor:.2f}", "  {clip}，因子 {factor:.2f}"),
    "hubs": (
        "hubs: {n} {clips} near far more others than usual, {nobody} near none (skewness {skewness:.2f})",
        "枢纽：{n} 个片段是远多于常见数量的其他片段的近邻，{nobody} 个不是任何片段的近邻（偏度 {skewness:.2f}）",
    ),
    "hub": ("  {clip}, near {n} {others}", "  {clip}，是 {n} 个片段的近邻"),
    "labels": ("labels:", "标签："),
    "unlabelled": ("labels: {why}", "标签：{why}"),
    "suspect": (
        "  {clip}: given {given}, sounds more like {suggested} ({score:.2f})",
        "  {clip}：给定 {given}，听起来更像 {suggested}（{score:.2f}）",
    ),
    "flag": ("flag {flag}: {n} {clips} ({first}{more})", "标记 {flag}：{n} 个片段（{first}{more}）"),
    "fragile": ("fragile winners:", "不稳固的胜出情绪："),
    "flips": ("  {clip}: {winner}, {flips}", "  {clip}：{winner}，{flips}"),
    "flip": ("{winner} after {change}", "{change} 之后为 {winner}"),
    "note": ("note: {note}", "注意：{note}"),
    "not_heard": ("{n} {clips} not heard: {file}: {reason}", "{n} 个片段无法读取：{file}：{reason}"),
    "more": ("  ... and {n} more", "  ……另有 {n} 项"),
    "comma": (", ", "、"),
    "dots": (", ...", "、……"),
}


def show_audit(store: EmotionStore, found: Audit, language: Language | str = Language.EN) -> None:
    """What was found, at most twenty lines of each kind, on standard output.

    Args:
        store: the store.
        found: its audit.
        language: of the words.
    """
    rows = store.segments(["segment_id", "file", "channel", "start_s"]).itertuples(index=False)
    unit = "秒" if language == Language.ZH else "s"
    names = {str(i): f"{one_line(file)} [{channel}, {start:.2f} {unit}]" for i, file, channel, start in rows}
    lines = [*_copies(found, names, language), *_crowd(found, names, language), *_labels(found, names, language)]
    lines += _flags(found, names, language)
    lines += _fragile(found, names, language)
    click.echo("\n".join(lines))


def _text(key: str, language: Language | str, **values: object) -> str:
    """One of the texts; ``n`` decides between one pair and two pairs."""
    more = values.get("n") != 1
    nouns = {noun + "s": noun + "s" * more for noun in ("pair", "clip", "other")}
    return _WORDS[key][language == Language.ZH].format(**nouns, **values)


def _copies(found: Audit, names: Mapping[str, str], language: Language | str) -> list[str]:
    pairs = found.duplicates.pairs
    identical = [_pair(p, names, language) for p in pairs if p.how is How.IDENTICAL]
    lines = _listed(_text("identical", language, n=len(identical)), identical, language)
    if found.duplicates.more_identical:
        lines.append(_text("identical_more", language, n=found.duplicates.more_identical))
    near = [_pair(p, names, language) for p in pairs if p.how is How.NEAR]
    if found.checked:
        lines += _heard(found.checked, names, language)
    elif near:
        lines += _listed(_text("near_unheard", language, n=len(near)), near, language)
    if found.duplicates.more:
        lines.append(_text("near_more", language, n=found.duplicates.more))
    return lines


def _crowd(found: Audit, names: Mapping[str, str], language: Language | str) -> list[str]:
    far, crowded = found.outliers, found.hubs
    stand_out = [_text("factor", language, clip=names[str(far.ids[r])], factor=far.factors[r]) for r in far.rows]
    lines = _listed(_text("unlike", language, limit=far.limit, n=len(stand_out)), stand_out, language)
    if crowded.skewness is None:
        return lines
    counts = {"n": len(crowded.rows), "nobody": crowded.nobody, "skewness": crowded.skewness}
    return [
        *lines,
        _text("hubs", language, **counts),
        *(
            _text("hub", language, clip=names[str(crowded.ids[r])], n=int(crowded.counts[r]))
            for r in crowded.rows[:_HUBS]
        ),
    ]


def _labels(found: Audit, names: Mapping[str, str], language: Language | str) -> list[str]:
    if found.labels is None:
        return [_text("unlabelled", language, why=one_line(found.unlabelled or ""))]
    likely = [
        _text(
            "suspect", language, clip=names[s.segment_id], given=_label(s.given, language),
            suggested=_label(s.suggested, language), score=s.score,
        )
        for s in found.labels.labels
        if s.likely
    ]  # fmt: skip
    told = [f"  {one_line(line)}" for line in found.labels.said(language)]
    return _listed(_text("labels", language), [*told, *likely], language)


def _flags(found: Audit, names: Mapping[str, str], language: Language | str) -> list[str]:
    zh = language == Language.ZH  # in English the name by which --where and --json know it
    return [
        _text(
            "flag", language, flag=flag_name(Flag(flag), language) if zh and flag in set(Flag) else one_line(flag),
            n=len(ids), first=_text("comma", language).join(names[i] for i in ids[:_FLAGGED]),
            more=_text("dots", language) if len(ids) > _FLAGGED else "",
        )
        for flag, ids in found.quality.items()
    ]  # fmt: skip


def _fragile(found: Audit, names: Mapping[str, str], language: Language | str) -> list[str]:
    """Winners that a small change of the sound flips, fewest changes survived first."""
    if found.fragile is None:
        return []
    flips = [
        _text(
            "flips", language, clip=names[clip.segment_id], winner=_label(clip.winner, language),
            flips=_text("comma", language).join(
                _text("flip", language, winner=_label(winner, language), change=one_line(change))
                for change, winner in clip.flips.items()
            ),
        )
        for clip in found.fragile.fragile
    ]  # fmt: skip
    more = [
        *found.fragile.said(language),
        *(_text("note", language, note=note.text(language)) for note in found.fragile.notes),
    ]
    if found.fragile.failures:
        first, n = found.fragile.failures[0], len(found.fragile.failures)
        more.append(_text("not_heard", language, n=n, file=first.file, reason=first.reason))
    return _listed(_text("fragile", language), [*(f"  {one_line(line)}" for line in more), *flips], language)


def _heard(checked: Sequence[Checked], names: Mapping[str, str], language: Language | str) -> list[str]:
    same, other, unread = [], 0, []
    for one in checked:
        pair = _pair(one.pair, names, language)
        if one.agreement is None:
            unread.append(f"{pair}: {one_line(one.missing or '')}")
        elif one.agreement.same:
            gain = "" if one.agreement.gain_db is None else _text("gain", language, db=one.agreement.gain_db)
            fit = {"correlation": one.agreement.correlation, "lag": one.agreement.lag_s, "gain": gain}
            same.append(_text("fits", language, pair=pair, **fit))
        else:
            other += 1
    lines = _listed(_text("same", language, n=len(same)), same, language)
    if other:
        lines.append(_text("another", language, n=other))
    return lines + (_listed(_text("unread", language, n=len(unread)), unread, language) if unread else [])


def _pair(pair: Duplicate, names: Mapping[str, str], language: Language | str) -> str:
    said = _text("pair", language, first=names[pair.first], second=names[pair.second])
    if not (pair.speakers_differ or pair.labels_differ):
        return said
    both = pair.speakers_differ and pair.labels_differ
    differ = "both_differ" if both else "speakers_differ" if pair.speakers_differ else "labels_differ"
    return said + _text(differ, language)


def _label(label: str, language: Language | str) -> str:
    """One of the nine by its name in Chinese; in English, and any other label, as it is."""
    zh = language == Language.ZH and label in BY_ID
    return BY_ID[label].zh if zh else one_line(label)


def _listed(head: str, lines: list[str], language: Language | str) -> list[str]:
    more = [_text("more", language, n=len(lines) - _LISTED)] if len(lines) > _LISTED else []
    return [head, *lines[:_LISTED], *more]
