"""A map of a store, clips placed on one, and two laid over each other, in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import pandas as pd

from emoanalytics.labels import Language
from emoanalytics.terminal.lines import counted, one_line
from emoanalytics.views.maps import Alignment, Map, Placed, Surroundings

_MOVED = 10
_SHOWN = 3  # nearest clips named beside a placed one
_WORDS = {
    "map": (
        "map of {clips} by {method} ({settings}, space: {space})",
        "{n} 个片段的 {method} 图（{settings}，空间：{space}）",
    ),
    "ranks": (
        "trustworthiness {t:.3f}, continuity {c:.3f} (of 1; {ranked} ranked against all)",
        "可信度 {t:.3f}，连续性 {c:.3f}（满分 1；{ranked}与全部片段比较排名）",
    ),
    "all": ("all clips", "全部片段"),
    "sample": ("{n:,} clips drawn at random", "随机抽取的 {n:,} 个片段"),
    "written": ("written: {where}", "已写入：{where}"),
    "placed": ("placed on it, while it stays as it is: {clips}", "放到此图上（图保持不变）：{n} 个片段"),
    "none": ("nothing to place: all clips of the store are on it", "无需放置：库中所有片段都已在此图上"),
    "at": ("at ({place})", "位于（{place}）"),
    "like": ("most like it: {names}", "最像：{names}"),
    "against": ("against:", "对比："),
    "moved": ("moved farthest (in radii of the first map):", "位移最大的片段（以第一张图的半径为单位）："),
    "neighbours": ("{n} of {near} in common", "{k} 个近邻中 {n} 个相同"),
}


def show_map(drawn: Map, written: Path | None, language: Language | str = Language.EN) -> None:
    """How a map was drawn, how far it can be believed, and where it is, on standard output."""
    lines = _headed(drawn, language)
    trust = drawn.trust
    if trust.overall_trustworthiness is not None and trust.overall_continuity is not None:
        whole = trust.ranked == len(drawn)
        ranked = _said("all", language) if whole else _said("sample", language, n=trust.ranked)
        t, c = trust.overall_trustworthiness, trust.overall_continuity
        lines.append(_said("ranks", language, t=t, c=c, ranked=ranked))
    click.echo("\n".join(lines + _written(written, language)))


def show_placed(
    drawn: Map,
    names: Sequence[str],
    placed: Placed,
    among: Sequence[Surroundings],
    written: Path | None,
    language: Language | str = Language.EN,
) -> None:
    """Where further clips lie on a map, among whom, and how far to believe it, on standard output.

    Args:
        drawn: the map.
        names: of the clips.
        placed: where they lie.
        among: what their nearest clips are.
        written: the picture, if one was asked for.
        language: of the words.
    """
    n = len(placed)
    lines = _headed(drawn, language)
    lines.append(_said("placed", language, clips=counted(n, "clip"), n=n) if n else _said("none", language))
    for i, (name, own) in enumerate(zip(names, among, strict=True)):
        place = ", ".join(f"{x:.2f}" for x in placed.coordinates[i])
        near = "; ".join(_neighbour(x.file, x.speaker, x.similarity) for x in own.neighbours[:_SHOWN])
        doubt = placed.strange[i] or placed.doubtful[i]
        lines += [
            f"{i + 1:>4}. {one_line(name)} {_said('at', language, place=place)}",
            f"       {one_line(own.words(language))}",
            f"       {_said('like', language, names=near)}",
            f"     {'!' if doubt else ' '} {placed.words(i, language)}",
        ]
    click.echo("\n".join(lines + _written(written, language)))


def show_alignment(
    found: Alignment, clips: pd.DataFrame, written: Path | None, language: Language | str = Language.EN
) -> None:
    """Two maps, what they have in common, and the clips that moved farthest, on standard output.

    Args:
        found: the maps, one over the other.
        clips: file, start_s and speaker of each clip of the first, by segment id.
        written: the picture, if one was asked for.
        language: of the words.
    """
    lines = [*_headed(found.first, language), _said("against", language), *_headed(found.map, language)]
    lines += [*found.words(language), _said("moved", language)]
    k = found.k
    for i in found.farthest[:_MOVED]:
        clip = clips.loc[found.ids[i]]
        speaker = "" if pd.isna(clip["speaker"]) else f", {one_line(str(clip['speaker']))}"
        kept = _said("neighbours", language, n=round(float(found.kept[i]) * k), k=k, near=counted(k, "neighbour"))
        where = f"{one_line(str(clip['file']))} [{clip['start_s']:.2f} s]{speaker}"
        lines.append(f"{found.moved[i]:>7.2f}  {where}" + (f"  ({kept})" if found.k else ""))
    click.echo("\n".join(lines + _written(written, language)))


def _headed(drawn: Map, language: Language | str) -> list[str]:
    """How a map was drawn, and how far it can be believed."""
    settings = drawn.settings.as_json()
    if drawn.drawn_by != drawn.settings.method:  # what was set for another method had no effect
        settings = {name: settings[name] for name in ("dims", "seed")}
    shown = ", ".join(f"{name} {value}" for name, value in settings.items() if name != "method" and value is not None)
    n = len(drawn)
    head = {"clips": counted(n, "clip"), "n": n, "method": str(drawn.drawn_by), "settings": shown, "space": drawn.space}
    return [_said("map", language, **head), *drawn.words(language)]


def _neighbour(file: str, speaker: str | None, similarity: float) -> str:
    who = "" if speaker is None else f", {one_line(speaker)}"
    return f"{one_line(file)}{who} ({similarity:+.2f})"


def _written(where: Path | None, language: Language | str) -> list[str]:
    return [] if where is None else [_said("written", language, where=one_line(str(where)))]


def _said(key: str, language: Language | str, **values: object) -> str:
    return _WORDS[key][str(language) == Language.ZH].format(**values)
