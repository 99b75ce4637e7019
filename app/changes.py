"""How speakers change against their own baseline: who did, and one of them with every session to hear."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import cache, paged, parts, selection, state
from app.counting import Counted
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmotionStore, SpeakerTrend, Trends, figures, in_role

BY = {"session": "by_session", "day": "by_day", "week": "by_week", "order": "by_order"}
MOST_LINES = 20
_UNITS = {"sessions": "over_sessions", "recordings": "over_recordings", "clips": "over_clips"}


def draw(store: EmotionStore, counted: Counted) -> None:
    """Draw who changed, and one speaker.

    Raises:
        StoreError: nothing that counts has scores and a speaker.
    """
    by = parts.one_of(Key.BY, "by", list(BY), lambda x: say(BY[x]))
    with st.spinner(say("speakers_working")):
        found = cache.trends(store, by, counted)
    for note in found.notes(state.language()):
        st.caption(plain(note))
    if any(not speaker.dated for speaker in found.speakers):
        st.caption(say("trend_undated"))
    if not any(speaker.enough for speaker in found.speakers):
        st.info(say("trend_too_little"), icon=":material/hourglass_empty:")
    named = found.speakers[0].speaker is not None
    if named:
        _who_changed(found)
        _table(found)
    speaker = _pick(found) if named else found.speakers[0]
    _one(found, speaker)
    _sessions(store, counted, found, speaker)


def _changed(found: Trends, speaker: SpeakerTrend) -> list[str]:
    """The emotions in which a speaker changed."""
    moved = {c.emotion for c in speaker.changes} | {d.emotion for d in speaker.drifts if d.q <= found.rate}
    return [label for label in speaker.labels if label in moved]


def _most_moved(found: Trends, speaker: SpeakerTrend) -> list[str]:
    """The emotions in which a speaker changed, the one whose mean moved farthest first."""
    return sorted(_changed(found, speaker), key=lambda x: -float(np.ptp(speaker.mean[:, speaker.column(x)])))


def _who_changed(found: Trends) -> None:
    changed = [speaker for speaker in found.speakers if _changed(found, speaker)]
    st.subheader(say("changed_title"), anchor=False)
    if not changed:
        if found.tested:
            st.markdown(say("changed_nobody", n=found.tested))
        return
    lines = [line for speaker in changed for line in found.said_of(speaker, state.language())]
    st.markdown("\n".join(f"- {plain(line)}" for line in lines[:MOST_LINES]))
    if len(lines) > MOST_LINES:
        st.caption(say("changed_few", shown=MOST_LINES, n=len(lines)))


def _table(found: Trends) -> None:
    language = state.language()
    table = pd.DataFrame(
        {
            say("filter_speaker"): [s.speaker for s in found.speakers],
            say("changed_in"): [", ".join(map(parts.emotion, _most_moved(found, s))) for s in found.speakers],
            say("clips"): [int(s.n.sum()) for s in found.speakers],
            say("seconds"): [s.total[2] for s in found.speakers],
            say("sessions"): [s.total[0] for s in found.speakers],
            say("effective"): [s.total[1] for s in found.speakers],
            say("evidence"): [
                say("evidence_enough") if s.enough else s.reason(language, found.minimum) for s in found.speakers
            ],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        table, hide_index=True, key="speakers_table", height="content" if len(table) <= 14 else 420,
        column_config={
            say("seconds"): number(format="%.0f"), say("effective"): number(format="%.1f"),
            say("changed_in"): st.column_config.TextColumn(width="medium"),
        },
    )  # fmt: skip
    parts.download(table, "speakers")


def _pick(found: Trends) -> SpeakerTrend:
    people = {str(s.speaker): s for s in found.speakers}
    if st.session_state.get(Key.PERSON) not in people:
        first = next((s for s in found.speakers if _changed(found, s)), found.speakers[0])
        st.session_state[Key.PERSON] = str(first.speaker)
    st.selectbox(say("filter_speaker"), list(people), key=Key.PERSON, on_change=_other_person)
    return people[st.session_state[Key.PERSON]]


def _other_person() -> None:
    for key in (Key.OCCASION, Key.EMOTION):
        st.session_state.pop(key, None)


def _one(found: Trends, speaker: SpeakerTrend) -> None:
    """One speaker: in words, drawn, and as numbers."""
    language = state.language()
    if speaker.speaker is not None:
        st.subheader(plain(speaker.speaker), anchor=False)
    st.markdown("  \n".join(plain(line) for line in found.said_of(speaker, language)))
    known = [label for label, mean in zip(speaker.labels, speaker.overall, strict=True) if np.isfinite(mean)]
    st.session_state[Key.EMOTION] = [e for e in st.session_state.get(Key.EMOTION, []) if e in known]
    shown = st.pills(
        say("trend_emotions"), known, format_func=parts.emotion, selection_mode="multi", key=Key.EMOTION,
        help=say("trend_emotions_help"),
    )  # fmt: skip
    # Bands of more than two emotions hide each other.
    shown = (
        list(shown) or _most_moved(found, speaker)[:2] or [max(known, key=lambda x: speaker.overall[speaker.column(x)])]
    )
    st.caption(say("trend_baseline", means=" · ".join(_baseline(speaker, label) for label in shown)))
    parts.chart(figures.trend_lines(speaker, language, emotions=shown), _points(speaker, shown), "trend")
    if speaker.changes or speaker.drifts:
        with st.expander(say("moves_title")):
            moves = _moves(speaker)
            st.dataframe(moves, hide_index=True, key="moves_table")
            st.caption(say("moves_note", rate=f"{found.rate:.0%}"))
            parts.download(moves, "changes")


def _baseline(speaker: SpeakerTrend, label: str) -> str:
    column = speaker.column(label)
    mean, low, high = (float(v[column]) for v in (speaker.overall, speaker.overall_low, speaker.overall_high))
    if not np.isfinite(low):
        return say("baseline_bare", label=parts.emotion(label), mean=f"{mean:.2f}")
    return say("baseline", label=parts.emotion(label), mean=f"{mean:.2f}", low=f"{low:.2f}", high=f"{high:.2f}")


def _points(speaker: SpeakerTrend, shown: list[str]) -> pd.DataFrame:
    columns: dict[str, object] = {
        say("when"): [str(t)[:10] for t in speaker.t],
        say("filter_session"): speaker.session,
        say("clips"): speaker.n,
        say("seconds"): speaker.seconds.round(1),
        say("effective"): speaker.effective_n.round(1),
        say("over"): [say(_UNITS[unit]) if unit in _UNITS else say("over_none") for unit in speaker.over],
    }
    for label in shown:
        column, name = speaker.column(label), parts.emotion(label)
        for words, values in ((say("mean"), speaker.mean), (say("low"), speaker.low), (say("high"), speaker.high)):
            columns[f"{name} · {words}"] = values[:, column]
    return pd.DataFrame(columns)


def _moves(speaker: SpeakerTrend) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = [
        (parts.emotion(c.emotion), say("move_step"), str(c.t)[:10], c.session, c.effect, c.low, c.high, c.p, c.q)
        for c in speaker.changes
    ]
    slope = say("move_slope_days") if speaker.dated else say("move_slope_session")
    rows += [(parts.emotion(d.emotion), slope, None, None, d.slope, d.low, d.high, d.p, d.q) for d in speaker.drifts]
    names = ("emotion", "move", "since", "filter_session", "effect", "low", "high")
    return pd.DataFrame(rows, columns=[*(say(name) for name in names), "p", "q"])


def _sessions(store: EmotionStore, counted: Counted, found: Trends, speaker: SpeakerTrend) -> None:
    """The clips of one session, to hear."""
    st.subheader(say("occasion_title"), anchor=False)
    rows = cache.rows(
        store, ("segment_id", "session", "file", "start_s", "recorded_at", "flags", "role"),
        None if speaker.speaker is None else f"speaker = {selection.quoted(speaker.speaker)}",
    )  # fmt: skip
    role = found.evidence.role
    rows = rows[in_role(rows["role"], role)] if role is not None else rows
    without = set(counted.without)
    rows = rows[rows["flags"].map(without.isdisjoint).astype(bool)]
    rows = rows.assign(occasion=rows["session"].fillna(rows["file"]))
    rows = rows.sort_values(["recorded_at", "file", "start_s"], kind="stable", na_position="last")
    names = {str(name): len(group) for name, group in rows.groupby("occasion", sort=False)}
    order = [name for name in speaker.session if name in names]
    options = list(dict.fromkeys([*order, *names]))
    if st.session_state.get(Key.OCCASION) not in options:
        largest = sorted(speaker.changes, key=lambda c: -abs(c.effect))
        st.session_state[Key.OCCASION] = next((c.session for c in largest if c.session in names), options[0])
    texts = {name: say("occasion_option", name=name, n=names[name]) for name in options}
    chosen = st.selectbox(
        say("filter_session"), options, format_func=texts.__getitem__,
        key=Key.OCCASION,
    )  # fmt: skip
    paged.clips(store, rows.loc[rows["occasion"] == chosen, "segment_id"].tolist(), f"occasion_{options.index(chosen)}")
