"""The clips of a store to look at twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from emoanalytics.same_audio import Checked
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.lines import counted, one_line
from emoanalytics.views.audit import Duplicate, Duplicates, Hubs, Outliers
from emoanalytics.views.audit.duplicates import How

_LISTED = 20


def show_audit(
    store: EmotionStore,
    pairs: Duplicates,
    checked: Sequence[Checked],
    far: Outliers,
    crowded: Hubs,
    flagged: Mapping[str, list[str]],
) -> None:
    """What was found, at most twenty lines of each kind, on standard output."""
    rows = store.segments(["segment_id", "file", "channel", "start_s"]).itertuples(index=False)
    names = {str(i): f"{one_line(file)} [{channel}, {start:.2f} s]" for i, file, channel, start in rows}
    identical = [_pair(p, names) for p in pairs.pairs if p.how is How.IDENTICAL]
    lines = _listed(f"identical audio: {counted(len(identical), 'pair')}", identical)
    near = [p for p in pairs.pairs if p.how is How.NEAR]
    if checked:
        lines += _heard(checked, names)
    else:
        lines += _listed(f"near, not listened to: {counted(len(near), 'pair')}", [_pair(p, names) for p in near])
    if pairs.more:
        lines.append(f"  ... and {pairs.more} more near pairs that were not compared")
    stand_out = [f"  {names[str(far.ids[r])]}, factor {far.factors[r]:.2f}" for r in far.rows]
    lines += _listed(
        f"unlike their neighbours (local outlier factor from {far.limit:.2f}): {len(stand_out)}", stand_out
    )
    if crowded.skewness is not None:
        listed = [f"  {names[str(crowded.ids[r])]}, near {crowded.counts[r]} others" for r in crowded.rows[:5]]
        head = (
            f"hubs: {len(crowded.rows)} clips are near far more others than usual, {crowded.nobody} near none "
            f"(skewness {crowded.skewness:.2f}); the largest:"
        )
        lines += [head, *listed]
    for flag, ids in flagged.items():
        first = ", ".join(names[i] for i in ids[:3])
        lines.append(f"flag {one_line(flag)}: {counted(len(ids), 'clip')} ({first}{', ...' * (len(ids) > 3)})")
    click.echo("\n".join(lines))


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
