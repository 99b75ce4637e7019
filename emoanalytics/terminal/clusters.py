"""The clusters of a store, in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from emoanalytics.terminal.lines import counted, one_line
from emoanalytics.views.clusters import Clustering, Departure, Portrait, Stability, Verdict, unheard_words


def show_clusters(found: Clustering, named: tuple[Portrait, ...], montages: Mapping[int, Path]) -> None:
    """A clustering and each of its clusters, on standard output."""
    lines = [
        f"{counted(len(found.sizes), 'cluster')} of {counted(sum(found.sizes), 'clip')}, {found.noise} in none "
        f"({found.method}, {_settings(found)}, space: {found.space}, seed {found.seed})"
    ]
    if found.sizes:
        lines += [
            f"stability: {found.stability.verdict.words()}{_tested(found.stability)}",
            f"shape: silhouette {_number(found.silhouette)}, density validity (DBCV) {_number(found.density_validity)}",
        ]
    for portrait in named:
        lines += _cluster(portrait, montages.get(portrait.cluster))
    if named and named[0].unheard:
        lines.append(f"note: {unheard_words(named[0].unheard)}")
    lines += [f"note: {note}" for note in found.notes()]
    click.echo("\n".join(lines))


def _tested(stability: Stability) -> str:
    if stability.rand is None:
        return ""
    left_out = "speakers" if stability.by == "speaker" else "clips"
    return (
        f" (adjusted Rand index {_number(stability.rand)} over {counted(stability.draws, 'draw')} "
        f"without a fifth of the {left_out})"
    )


def _settings(found: Clustering) -> str:
    return ", ".join(f"{name} {value}" for name, value in found.settings.items())


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f}"


def _cluster(portrait: Portrait, montage: Path | None) -> list[str]:
    lines = [f"{portrait.cluster:>3}. {counted(portrait.size, 'clip')}: {one_line(portrait.name())}"]
    lines += [f"       {_difference(d)}" for d in portrait.evidence]
    again = "" if portrait.jaccard is None else f" (found again: Jaccard {_number(portrait.jaccard)})"
    if portrait.verdict is not Verdict.STABLE:
        lines.append(f"     ! {portrait.verdict.words()}{again}")
    else:
        lines.append(f"       stable{again}")
    lines += [f"     ! {one_line(most.words())}" for most in portrait.mostly]
    if montage is not None:
        lines.append(f"       montage: {one_line(str(montage))}")
    return lines


def _difference(d: Departure) -> str:
    values = f"{_value(d.inside, d.facet.unit)} against {_value(d.outside, d.facet.unit)} in the rest"
    unit = "st" if d.facet.by_ratio else d.facet.unit
    own = (
        f", {'+' if d.apart > 0 else ''}{_value(d.apart, unit)} when each voice is compared with itself"
        if d.own
        else ""
    )
    return f"{one_line(d.facet.name())}: {values}{own} (effect {d.effect:+.2f})"


def _value(value: float, unit: str) -> str:
    return f"{value:.2f}" if unit == "1" else f"{value:.1f} {unit}"
