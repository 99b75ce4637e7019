"""The clips of a store to look at twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from emoanalytics.audit import Audit
from emoanalytics.listening.same_audio import Checked
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.lines import counted, one_line
from emoanalytics.views.audit import Duplicate
from emoanalytics.views.audit.duplicates import How

_LISTED = 20


def show_audit(store: EmotionStore, found: Audit) -> None:
    """What was found, at most twenty lines of each kind, on standard output."""
    rows = store.segments(["segment_id", "file", "channel", "start_s"]).itertuples(index=False)
    names = {str(i): f"{one_line(file)} [{channel}, {start:.2f} s]" for i, file, channel, start in rows}
    lines = [*_copies(found, names), *_crowd(found, names), *_labels(found, names)]
    for flag, ids in found.quality.items():
        first = ", ".join(names[i] for i in ids[:3])
        lines.append(f"flag {one_line(flag)}: {counted(len(ids), 'clip')} ({first}{', ...' * (len(ids) > 3)})")
    lines += _fragile(found, names)
    click.echo("\n".join(lines))


def _copies(found: Audit, names: Mapping[str, str]) -> list[str]:
    pairs = found.duplicates.pairs
    identical = [_pair(p, names) for p in pairs if p.how is How.IDENTICAL]
    lines = _listed(f"identical audio: {counted(len(identical), 'pair')}", identical)
    if found.duplicates.more_identical:
        lines.append(f"  ... and {counted(found.duplicates.more_identical, 'more identical pair')}")
    near = [_pair(p, names) for p in pairs if p.how is How.NEAR]
    if found.checked:
        lines += _heard(found.checked, names)
    elif near:
        lines += _listed(f"near, not listened to: {counted(len(near), 'pair')}", near)
    if found.duplicates.more:
        lines.append(f"  ... and {counted(found.duplicates.more, 'more near pair')} not compared")
    return lines


def _crowd(found: Audit, names: Mapping[str, str]) -> list[str]:
    far, crowded = found.outliers, found.hubs
    stand_out = [f"  {names[str(far.ids[r])]}, factor {far.factors[r]:.2f}" for r in far.rows]
    lines = _listed(f"unlike their neighbours (local outlier factor from {far.limit:.2f}): {len(stand_out)}", stand_out)
    if crowded.skewness is None:
        return lines
    head = (
        f"hubs: {counted(len(crowded.rows), 'clip')} near far more others than usual, {crowded.nobody} near none "
        f"(skewness {crowded.skewness:.2f})"
    )
    return [
        *lines,
        head,
        *(f"  {names[str(crowded.ids[r])]}, near {counted(int(crowded.counts[r]), 'other')}" for r in crowded.rows[:5]),
    ]


def _labels(found: Audit, names: Mapping[str, str]) -> list[str]:
    if found.labels is None:
        return [f"labels: {one_line(found.unlabelled or '')}"]
    likely = [
        f"  {names[s.segment_id]}: given {one_line(s.given)}, sounds more like {one_line(s.suggested)} ({s.score:.2f})"
        for s in found.labels.labels
        if s.likely
    ]
    return _listed("labels:", [*(f"  {one_line(line)}" for line in found.labels.said()), *likely])


def _fragile(found: Audit, names: Mapping[str, str]) -> list[str]:
    """Winners that a small change of the sound flips, fewest changes survived first."""
    if found.fragile is None:
        return []
    flips = [
        f"  {names[clip.segment_id]}: {one_line(clip.winner)}, "
        + ", ".join(f"{one_line(winner)} after {one_line(change)}" for change, winner in clip.flips.items())
        for clip in found.fragile.fragile
    ]
    more = [*found.fragile.said(), *(f"note: {note}" for note in found.fragile.notes)]
    if found.fragile.failures:
        first = found.fragile.failures[0]
        more.append(f"{counted(len(found.fragile.failures), 'clip')} not heard: {first.file}: {first.reason}")
    return _listed("fragile winners:", [*(f"  {one_line(line)}" for line in more), *flips])


def _heard(checked: Sequence[Checked], names: Mapping[str, str]) -> list[str]:
    same, other, unread = [], 0, []
    for one in checked:
        if one.agreement is None:
            unread.append(f"{_pair(one.pair, names)}: {one_line(one.missing or '')}")
        elif one.agreement.same:
            gain = "" if one.agreement.gain_db is None else f", {one.agreement.gain_db:+.1f} dB"
            same.append(
                f"{_pair(one.pair, names)} (waveforms correlate by {one.agreement.correlation:.2f}, "
                f"shifted {one.agreement.lag_s:+.3f} s{gain})"
            )
        else:
            other += 1
    lines = _listed(f"the same sound again: {counted(len(same), 'pair')}", same)
    if other:
        lines.append(f"near, but another sound: {counted(other, 'pair')}")
    return lines + (_listed(f"near, not to be heard: {counted(len(unread), 'pair')}", unread) if unread else [])


def _pair(pair: Duplicate, names: Mapping[str, str]) -> str:
    differ = [what for what, so in (("speakers", pair.speakers_differ), ("labels", pair.labels_differ)) if so]
    said = f": their {' and '.join(differ)} differ" if differ else ""
    return f"  {names[pair.first]} and {names[pair.second]}{said}"


def _listed(head: str, lines: list[str]) -> list[str]:
    more = [f"  ... and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    return [head, *lines[:_LISTED], *more]
