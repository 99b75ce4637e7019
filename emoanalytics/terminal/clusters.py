"""The clusters of a store, in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from emoanalytics.labels import Language
from emoanalytics.terminal.lines import counted, one_line
from emoanalytics.views.clusters import Clustering, Departure, Portrait, Stability, Verdict, unheard_words

_WORDS = {
    "head": (
        "{clusters} of {clips}, {noise} in none ({method}, {settings}, space: {space}, seed {seed})",
        "{k} 个聚类，共 {n} 个片段，{noise} 个不属于任何聚类（{method}，{settings}，空间：{space}，随机种子 {seed}）",
    ),
    "stability": ("stability: {words}{tested}", "稳定性：{words}{tested}"),
    "tested": (
        " (adjusted Rand index {rand} over {draws} without a fifth of the {left_out})",
        "（{n} 次重抽，每次略去五分之一的{left_out}，调整兰德指数 {rand}）",
    ),
    "speakers": ("speakers", "说话人"),
    "clips": ("clips", "片段"),
    "shape": (
        "shape: silhouette {silhouette}, density validity (DBCV) {density}",
        "形状：轮廓系数 {silhouette}，密度有效性（DBCV）{density}",
    ),
    "unknown": ("not known", "未知"),
    "note": ("note: {note}", "注意：{note}"),
    "cluster": ("{clips}: {name}", "{n} 个片段：{name}"),
    "again": (" (found again: Jaccard {jaccard})", "（重抽后重现：Jaccard {jaccard}）"),
    "montage": ("montage: {path}", "试听：{path}"),
    "values": ("{name}: {inside} against {outside} in the rest", "{name}：{inside}，其余为 {outside}"),
    "own": (
        ", {apart} when each voice is compared with itself",
        "，与同一人的其他片段相比 {apart}",
    ),
    "effect": (" (effect {effect:+.2f})", "（效应量 {effect:+.2f}）"),
}


def show_clusters(
    found: Clustering,
    named: tuple[Portrait, ...],
    montages: Mapping[int, Path],
    language: Language | str = Language.EN,
) -> None:
    """A clustering and each of its clusters, on standard output."""
    k, n = len(found.sizes), sum(found.sizes)
    settings = {"method": found.method, "settings": _settings(found), "space": found.space, "seed": found.seed}
    counts = {"clusters": counted(k, "cluster"), "clips": counted(n, "clip"), "k": k, "n": n, "noise": found.noise}
    lines = [_said("head", language, **counts, **settings)]
    if found.sizes:
        verdict, tested = found.stability.verdict.words(language), _tested(found.stability, language)
        shape = (_number(value, language) for value in (found.silhouette, found.density_validity))
        lines += [
            _said("stability", language, words=verdict, tested=tested),
            _said("shape", language, **dict(zip(("silhouette", "density"), shape, strict=True))),
        ]
    for portrait in named:
        lines += _cluster(portrait, montages.get(portrait.cluster), language)
    notes = [unheard_words(named[0].unheard, language)] if named and named[0].unheard else []
    lines += [_said("note", language, note=note) for note in (*notes, *found.notes(language))]
    click.echo("\n".join(lines))


def _tested(stability: Stability, language: Language | str) -> str:
    if stability.rand is None:
        return ""
    n = stability.draws
    left_out = _said("speakers" if stability.by == "speaker" else "clips", language)
    rand = _number(stability.rand, language)
    return _said("tested", language, rand=rand, draws=counted(n, "draw"), n=n, left_out=left_out)


def _settings(found: Clustering) -> str:
    return ", ".join(f"{name} {value}" for name, value in found.settings.items())


def _number(value: float | None, language: Language | str) -> str:
    return _said("unknown", language) if value is None else f"{value:.2f}"


def _cluster(portrait: Portrait, montage: Path | None, language: Language | str) -> list[str]:
    n, name = portrait.size, one_line(portrait.name(language))
    lines = [f"{portrait.cluster:>3}. {_said('cluster', language, clips=counted(n, 'clip'), n=n, name=name)}"]
    lines += [f"       {_difference(d, language)}" for d in portrait.evidence]
    again = "" if portrait.jaccard is None else _said("again", language, jaccard=_number(portrait.jaccard, language))
    mark = " " if portrait.verdict is Verdict.STABLE else "!"
    lines.append(f"     {mark} {portrait.verdict.words(language)}{again}")
    lines += [f"     ! {one_line(most.words(language))}" for most in portrait.mostly]
    if montage is not None:
        lines.append(f"       {_said('montage', language, path=one_line(str(montage)))}")
    return lines


def _difference(d: Departure, language: Language | str) -> str:
    inside, outside = (_value(value, d.facet.unit) for value in (d.inside, d.outside))
    values = _said("values", language, name=one_line(d.facet.name(language)), inside=inside, outside=outside)
    apart = f"{'+' if d.apart > 0 else ''}{_value(d.apart, 'st' if d.facet.by_ratio else d.facet.unit)}"
    own = _said("own", language, apart=apart) if d.own else ""
    return values + own + _said("effect", language, effect=d.effect)


def _value(value: float, unit: str) -> str:
    return f"{value:.2f}" if unit == "1" else f"{value:.1f} {unit}"


def _said(key: str, language: Language | str, **values: object) -> str:
    return _WORDS[key][str(language) == Language.ZH].format(**values)
