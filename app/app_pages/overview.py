"""Overview: what is in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import cache, parts, speaking, state, stores
from app.attention import Notice, notices
from app.state import Key
from app.texts import plain, say
from emoanalytics import EMOTIONS, EmotionStore, Flag, Overview, figures, flag_name

MOST_FAILURES, MOST_DUPLICATES, MOST_SPEAKERS = 50, 50, 1_000
# Texts by what the library calls things; one it may add later is shown by its own name.
FLAG_TEXTS = {
    "too_short": "flag_too_short", "too_long": "flag_too_long", "silent": "flag_silent", "clipped": "flag_clipped",
    "quiet": "flag_quiet", "noisy": "flag_noisy", "narrow_band": "flag_narrow_band", "music": "flag_music",
    "several_voices": "flag_several_voices", "non_finite": "flag_non_finite",
}  # fmt: skip
STAGE_TEXTS = {
    "corpus": ("stage_corpus", "todo_corpus"), "decode": ("stage_decode", "todo_decode"),
    "cut": ("stage_cut", "todo_cut"), "embed": ("stage_embed", "todo_embed"),
}  # fmt: skip


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    found = cache.overview(store)
    _cards(found)
    _attention(store, found)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _scores(found)
    with right:
        _given(found)
    st.divider()
    left, right = st.columns([3, 2], gap="large")
    with left:
        _quality(found)
    with right:
        _quality_chart(found)
    _speakers(store, found)
    _cannot()
    _failures(store)
    _duplicates(store, found)
    _last_build(store)


def _cards(found: Overview) -> None:
    languages = ", ".join(f"{name} {count:,}" for name, count in found.languages.items())
    with st.container(key="cards"):
        _card("clips", f"{found.segments:,}")
        _card(*_length(found.hours))
        _card("recordings", f"{found.recordings:,}")
        _card("speakers", f"{found.speakers:,}" if found.speakers else say("none_named"))
        _card("sessions", f"{found.sessions:,}" if found.sessions else say("none_named"))
        _card("languages", str(len(found.languages)) if languages else say("none_named"), languages)
        _card("encoder", str(found.encoder.get("name")))
        _head_card(found)
    if found.first and found.last:
        st.caption(say("dates", first=found.first[:10], last=found.last[:10]))


@st.fragment
def _attention(store: EmotionStore, found: Overview) -> None:
    """What deserves a look, each line with its page; what takes a computation when it is asked for."""
    look = cache.attention(store)
    st.subheader(say("look_title"), anchor=False)
    place = st.empty()
    label, hint = say("look_ask"), say("look_help")
    if look.known is None and place.button(label, key="look_ask", icon=":material/search_insights:", help=hint):
        with parts.progress("work_looking") as progress:
            look.look(progress)
        place.empty()
    lines = notices(found, look.known)
    with st.container(border=True, gap="xsmall", key="attention"):
        for notice in lines:
            _notice(notice)
        if not lines:
            st.markdown(f":material/done_all: {say('look_nothing') if look.known else say('look_nothing_yet')}")


def _notice(notice: Notice) -> None:
    words = say(notice.text, n=f"**{notice.n:,}**")
    if notice.page:
        st.page_link(
            f"app_pages/{notice.page}.py",
            label=words,
            icon=":material/arrow_forward:",
            query_params=_address(notice.settings),
        )
    else:
        st.markdown(f":material/info: {words}")


def _address(settings: Mapping[Key, str]) -> dict[str, str]:
    """The settings of a page as they stand in a link to it, on this store."""
    frame = {str(Key.STORE): str(st.session_state[Key.STORE]), str(Key.LANG): str(state.language())}
    return frame | {str(key): value for key, value in settings.items()}


def _speakers(store: EmotionStore, found: Overview) -> None:
    """Who speaks, and how much; a row leads to the speaker."""
    if not found.speakers:
        return
    st.subheader(say("who_title"), anchor=False)
    st.caption(say("who_note"))
    listed = speaking.speakers(store)
    names = ("filter_speaker", "clips", "minutes", "sessions", "who_first", "who_last")
    drawn = listed.head(MOST_SPEAKERS).set_axis([say(name) for name in names], axis="columns")
    drawn = drawn.dropna(axis="columns", how="all")
    event = st.dataframe(
        drawn,
        hide_index=True,
        key="who_table",
        height="content" if len(drawn) <= 14 else 420,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            say("clips"): st.column_config.NumberColumn(format="localized"),
            say("minutes"): st.column_config.NumberColumn(format="%.1f"),
            say("who_first"): st.column_config.DatetimeColumn(format="YYYY-MM-DD"),
            say("who_last"): st.column_config.DatetimeColumn(format="YYYY-MM-DD"),
        },
    )
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(drawn):
        st.session_state[Key.PERSON], st.session_state[Key.ASPECT] = listed["speaker"].iloc[picked[0]], "change"
        st.switch_page("app_pages/speakers.py")
    if len(listed) > len(drawn):
        st.caption(say("who_few", shown=f"{len(drawn):,}", n=f"{len(listed):,}"))
    parts.download(listed, "speakers")


def _length(hours: float) -> tuple[str, str]:
    """A length in the largest unit it fills, and the name of the unit."""
    seconds = hours * 3600
    units = {"hours": 3600, "minutes": 60, "seconds": 1}
    unit = next((name for name, size in units.items() if seconds >= size), "seconds")
    return unit, f"{seconds / units[unit]:.1f}"


def _card(label: str, value: str, hint: str = "") -> None:
    st.metric(say(label), value, border=True, help=plain(hint) or None)


def _head_card(found: Overview) -> None:
    report = found.head_report or {}
    if found.head is None:
        _card("head", say("head_is_none"))
    elif {"uar", "accuracy", "chance"} <= set(report):
        figures_of = {name: f"{report[name]:.2f}" for name in ("uar", "accuracy", "chance")}
        _card("head", say("head_is_fitted", uar=figures_of["uar"]), say("head_hint", head=found.head, **figures_of))
    else:
        _card("head", say("head_is_builtin") if found.head == "builtin" else found.head)


def _scores(found: Overview) -> None:
    st.subheader(say("scores_title"), anchor=False)
    if not found.scored:
        st.caption(say("scores_empty"))
        return
    text = {"speaker": "scores_speaker", "session": "scores_session"}.get(found.clustered_by or "", "scores_bare")
    st.caption(say(text, n=f"{found.scored:,}", clusters=found.clusters))
    if found.scores_role:
        st.caption(say("scores_role", role=plain(found.scores_role), others=f"{found.other_roles:,}"))
    st.caption(say("scores_calibrated") if found.calibrated else say("scores_uncalibrated"))
    names = {e.id: f"{e.emoji} {e.name(state.language())}" for e in EMOTIONS}
    table = pd.DataFrame(
        [(names[s.emotion], s.mean, s.low, s.high, s.winners) for s in found.scores],
        columns=[say(key) for key in ("emotion", "mean", "low", "high", "winners")],
    )
    parts.chart(figures.score_bars(found, state.language()), table, "scores")


def _given(found: Overview) -> None:
    st.subheader(say("given_title"), anchor=False)
    if not found.given:
        st.caption(say("given_empty"))
        return
    table = pd.DataFrame(list(found.given.items()), columns=[say("label"), say("clips")])
    parts.chart(figures.given_labels(found.given, state.language()), table, "given")


def _quality(found: Overview) -> None:
    st.subheader(say("quality_title"), anchor=False)
    if not found.flags:
        st.caption(say("quality_empty"))
        return
    st.caption(say("quality_caption", flagged=f"{found.flagged:,}", n=f"{found.segments:,}"))
    for flag, count in found.flags.items():
        name = flag_name(Flag(flag), state.language()) if flag in FLAG_TEXTS else plain(flag)
        meaning = f" · {say(FLAG_TEXTS[flag])}" if flag in FLAG_TEXTS else ""
        st.page_link(
            "app_pages/segments.py",
            label=f"**{count:,}** {name}{meaning}",
            icon=":material/flag:",
            query_params=_address({Key.FLAG: flag}),
        )


def _quality_chart(found: Overview) -> None:
    if found.flags:
        table = pd.DataFrame(list(found.flags.items()), columns=[say("filter_flag"), say("clips")])
        parts.chart(figures.quality_bars(found.flags, state.language()), table, "quality")


def _cannot() -> None:
    with st.container(border=True):
        st.subheader(say("cannot_title"), anchor=False)
        st.markdown(say("cannot_body"))


def _failures(store: EmotionStore) -> None:
    st.subheader(say("failures_title"), anchor=False)
    failures = store.failures()
    if failures.empty:
        st.caption(say("failures_empty"))
        return
    st.caption(say("failures_caption", n=f"{len(failures):,}"))
    shown = failures.head(MOST_FAILURES)
    table = pd.DataFrame(  # a table that wraps its lines, and reads Markdown
        {
            say("file"): shown["file"].map(plain),
            say("stage"): [say(STAGE_TEXTS[s][0]) if s in STAGE_TEXTS else plain(s) for s in shown["stage"]],
            say("reason"): [plain(line) for line in _without_place(store, shown)],
            say("todo"): [say(STAGE_TEXTS[s][1]) if s in STAGE_TEXTS else "" for s in shown["stage"]],
        }
    )
    st.table(table, hide_index=True)
    if len(failures) > len(shown):
        st.caption(say("failures_few", shown=len(shown), n=f"{len(failures):,}"))
    parts.download(failures, "failures")


def _without_place(store: EmotionStore, failures: pd.DataFrame) -> list[str]:
    """The reasons without the file's place on this machine: the file stands beside them."""
    places = [f"{store.audio_path(f, c)}: " for f, c in zip(failures["file"], failures["corpus"], strict=True)]
    return [reason.removeprefix(place) for reason, place in zip(failures["reason"], places, strict=True)]


def _duplicates(store: EmotionStore, found: Overview) -> None:
    st.subheader(say("duplicates_title"), anchor=False)
    if not found.duplicates:
        st.caption(say("duplicates_empty"))
        return
    st.caption(say("duplicates_caption", n=f"{len(found.duplicates):,}"))
    group = {segment: i for i, ids in enumerate(found.duplicates[:MOST_DUPLICATES], 1) for segment in ids}
    listed = ", ".join(f"'{segment}'" for segment in group)
    rows = cache.rows(store, ("segment_id", "file", "start_s", "speaker", "session"), f"segment_id IN ({listed})")
    table = pd.DataFrame(
        {
            say("group"): rows["segment_id"].map(group),
            say("file"): rows["file"],
            say("start"): rows["start_s"],
            say("filter_speaker"): rows["speaker"],
            say("filter_session"): rows["session"],
        }
    ).sort_values(say("group"), kind="stable")
    st.dataframe(table, hide_index=True, key="duplicates_table")
    parts.download(table, "duplicates")
    if len(found.duplicates) > MOST_DUPLICATES:
        st.caption(say("duplicates_few", shown=MOST_DUPLICATES))


def _last_build(store: EmotionStore) -> None:
    st.subheader(say("run_title"), anchor=False)
    last: dict[str, Any] | None = next((run for run in reversed(store.runs()) if run.get("kind") == "build"), None)
    if last is None:
        st.caption(say("run_empty"))
        return
    st.caption(
        say(
            "run_line",
            when=plain(str(last.get("finished", ""))[:16].replace("T", " ") + " UTC"),
            audio=f"{last.get('audio_s', 0) / 60:.1f}",
            elapsed=f"{last.get('elapsed_s', 0):.0f}",
            speed=f"{last.get('times_real_time', 0):.0f}",
        )
    )
    with st.expander(say("run_details")):
        st.json({key: last.get(key) for key in ("counts", "versions", "settings", "machine", "notes")}, expanded=1)


main()
