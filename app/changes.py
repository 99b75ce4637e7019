"""How speakers change against their own baseline: who did, and one of them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from app import cache, occasions, parts, state
from app.counting import Counted
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmotionStore, SpeakerTrend, Trends, figures

BY = {"session": "by_session", "day": "by_day", "week": "by_week", "order": "by_order"}
MOST_LINES = 20
TABLE = "speakers_table"
_UNITS = {"sessions": "over_sessions", "recordings": "over_recordings", "clips": "over_clips"}


def draw(store: EmotionStore, counted: Counted) -> None:
    """Draw who changed, and one speaker.

    Raises:
        StoreError: nothing that counts has scores and a speaker.
    """
    by = parts.one_of(Key.BY, "by", list(BY), lambda x: say(BY[x]))
    with parts.progress("speakers_working") as told:
        found = cache.trends(store, by, counted, told)
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
    speaker = pick(found, Key.PERSON) if named else found.speakers[0]
    _one(store, counted, found, speaker)


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
    """Everybody in a line; a click on one opens it below."""
    language = state.language()
    known = [e for e in found.speakers[0].labels if any(speaker.sketch(e, 1) for speaker in found.speakers[:1])]
    if st.session_state.get(Key.SKETCH) not in known:
        st.session_state[Key.SKETCH] = _usual(found, known)
    names = {label: parts.emotion(label) for label in known}
    emotion = str(st.selectbox(say("sketch"), known, format_func=names.__getitem__, key=Key.SKETCH))
    lines = [speaker.sketch(emotion) for speaker in found.speakers]
    drawn = say("sketch_of", label=parts.emotion(emotion))
    table = pd.DataFrame(
        {
            say("filter_speaker"): [s.speaker for s in found.speakers],
            drawn: lines,
            say("changed_in"): [" ".join(found.changes_of(s, language)) for s in found.speakers],
            say("clips"): [int(s.n.sum()) for s in found.speakers],
            say("minutes"): [s.minutes for s in found.speakers],
            say("sessions"): [s.total[0] for s in found.speakers],
            say("evidence"): [
                say("evidence_enough") if s.enough else s.reason(language, found.minimum) for s in found.speakers
            ],
        }
    )
    st.caption(say("table_how"))
    st.dataframe(
        table, hide_index=True, key=TABLE, height="content" if len(table) <= 14 else 420,
        on_select=partial(_open, [str(s.speaker) for s in found.speakers]), selection_mode="single-row",
        column_config={
            drawn: st.column_config.LineChartColumn(y_min=0.0, y_max=_top(lines), width="small"),
            say("minutes"): st.column_config.NumberColumn(format="%.1f"),
            say("changed_in"): st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip
    parts.download(table.drop(columns=drawn), "speakers")


def _usual(found: Trends, known: list[str]) -> str:
    """The emotion that changed in most speakers, else the one with the highest mean."""
    moved = [label for speaker in found.speakers for label in _changed(found, speaker)]
    first = found.speakers[0]
    return max(known, key=lambda label: (moved.count(label), first.overall[first.column(label)]))


def _top(lines: list[tuple[float, ...]]) -> float:
    return max((value for line in lines for value in line), default=1.0)


def _open(names: list[str]) -> None:
    """Take over the row that was clicked."""
    rows = st.session_state[TABLE]["selection"]["rows"]
    if rows and rows[0] < len(names):
        st.session_state[Key.PERSON] = names[rows[0]]
        other_person()


def pick(found: Trends, key: Key, *, without: str = "") -> SpeakerTrend:
    """Ask for a speaker: at first one that is filtered for, else the first one that changed.

    Args:
        found: the trends.
        key: of the choice.
        without: a speaker that is not offered.
    """
    people = {str(s.speaker): s for s in found.speakers if str(s.speaker) != without}
    if st.session_state.get(key) not in people:
        wanted = [name for name in st.session_state.get(Key.SPEAKER) or [] if name in people]
        moved = [name for name, speaker in people.items() if _changed(found, speaker)]
        st.session_state[key] = next(iter((*wanted, *moved, *people)))
    text = "filter_speaker" if key is Key.PERSON else "other_speaker"
    st.selectbox(say(text), list(people), key=key, on_change=other_person if key is Key.PERSON else None)
    return people[st.session_state[key]]


def other_person() -> None:
    """Forget what was looked at of the one before."""
    for key in (Key.OCCASION, Key.EMOTION):
        st.session_state.pop(key, None)


@st.fragment
def _one(store: EmotionStore, counted: Counted, found: Trends, speaker: SpeakerTrend) -> None:
    """One speaker: in words, drawn, as numbers, and to hear."""
    language = state.language()
    if speaker.speaker is not None:
        st.subheader(plain(speaker.speaker), anchor=False)
    st.markdown("  \n".join(plain(line) for line in found.said_of(speaker, language)))
    shown = emotions(found, [speaker])
    st.caption(say("trend_baseline", means=" · ".join(_baseline(speaker, label) for label in shown)))
    chart = f"trend_{found.by}_{speaker.speaker}"
    st.plotly_chart(
        figures.trend_lines(speaker, language, emotions=shown), key=chart, config={"displayModeBar": False},
        on_select=partial(_hear, chart, speaker), selection_mode="points",
    )  # fmt: skip
    st.caption(say("trend_click"))
    with st.expander(say("as_table")):
        points = points_of(speaker, shown)
        st.dataframe(points, hide_index=True, key="trend_table")
        parts.download(points, "trend")
    if speaker.changes or speaker.drifts:
        with st.expander(say("moves_title")):
            moves = _moves(speaker)
            st.dataframe(moves, hide_index=True, key="moves_table")
            st.caption(say("moves_note", rate=f"{found.rate:.0%}"))
            parts.download(moves, "changes")
    occasions.draw(store, counted, found.evidence.role, speaker)
    state.publish()


def emotions(found: Trends, speakers: list[SpeakerTrend]) -> list[str]:
    """Ask which emotions are drawn; unasked, those of the first that moved farthest."""
    speaker = speakers[0]
    known = [label for label, mean in zip(speaker.labels, speaker.overall, strict=True) if np.isfinite(mean)]
    st.session_state[Key.EMOTION] = [e for e in st.session_state.get(Key.EMOTION, []) if e in known]
    shown = st.pills(
        say("trend_emotions"), known, format_func=lambda e: plain(parts.emotion(e)), selection_mode="multi",
        key=Key.EMOTION, help=say("trend_emotions_help"),
    )  # fmt: skip
    moved = [label for each in speakers for label in _most_moved(found, each)]
    # Bands of more than two emotions hide each other.
    return (
        list(shown) or list(dict.fromkeys(moved))[:2] or [max(known, key=lambda x: speaker.overall[speaker.column(x)])]
    )


def _hear(chart: str, speaker: SpeakerTrend) -> None:
    """Take over the session of the point that was clicked."""
    for point in st.session_state[chart]["selection"]["points"]:
        number = point.get("customdata")
        number = number[0] if isinstance(number, list | tuple) and number else number
        if isinstance(number, int) and number < len(speaker.session) and speaker.session[number] is not None:
            st.session_state[Key.OCCASION] = speaker.session[number]


def _baseline(speaker: SpeakerTrend, label: str) -> str:
    column = speaker.column(label)
    mean, low, high = (float(v[column]) for v in (speaker.overall, speaker.overall_low, speaker.overall_high))
    if not np.isfinite(low):
        return say("baseline_bare", label=plain(parts.emotion(label)), mean=f"{mean:.2f}")
    values = {"mean": f"{mean:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}"}
    return say("baseline", label=plain(parts.emotion(label)), **values)


def points_of(speaker: SpeakerTrend, shown: list[str]) -> pd.DataFrame:
    """The points of a trend as a table."""
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
