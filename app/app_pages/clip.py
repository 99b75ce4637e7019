"""Clip: drop, record or pick speech, see what the encoder and the heads make of it, and hear any second of it."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from app import asked, cache, intake, parts, picking, player, state, stores
from app.clips import Analysed, Clip
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    ClipResult,
    EmoAnalyticsError,
    EmotionStore,
    Flag,
    Granularity,
    Moment,
    QualitySettings,
    figures,
    flag_name,
    flag_reason,
    moments,
    score_word,
)

MIME = {".json": "application/json", ".npy": "application/octet-stream", ".wav": "audio/wav"}
GRANULARITIES = {Granularity.UTTERANCE: "clip_whole", Granularity.FRAME: "clip_frames"}
WAVE, TIMELINE = "clip_wave", "clip_timeline"
MOST_MOMENTS = 20
RATE_HZ = 16_000
CARD_PX, LONG_PX = 168, 256  # the name of a calibrated score is long


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    st.markdown(say("clip_intro", encoder=plain(str(store.info.encoder.get("name")))))
    given = intake.ask(Key.UPLOADS, Key.RECORDING)
    if len(store):
        with st.expander(
            say("pick_title"), expanded=bool(st.session_state.get(Key.PICK)), icon=":material/library_music:"
        ):
            picking.ask(store)
    framed = parts.one_of(
        Key.GRANULARITY, "clip_granularity", [str(g) for g in Granularity], lambda g: say(GRANULARITIES[Granularity(g)])
    )
    found = [*_heard(store, given, frames=framed == Granularity.FRAME), *picking.opened(store)]
    if not found:
        return
    clip = found[_which(found)]
    _draw(store, clip, frames=framed == Granularity.FRAME)


def _heard(store: EmotionStore, given: list[Clip], *, frames: bool) -> list[Analysed]:
    """What came of the clips from outside."""
    if not given:
        st.session_state.pop(Key.FOUND, None)
        return []
    try:
        encoder, head, remark = intake.encoder_and_head(store)
    except EmoAnalyticsError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return []
    if remark:
        st.warning(remark, icon=":material/warning:")
    known = st.session_state.setdefault(Key.FOUND, {})
    return intake.analysed(store, given, known, encoder, head, frames=frames)


def _which(found: list[Analysed]) -> int:
    """The clip to open: a click on a row of the table of all opens another."""
    if len(found) == 1:
        return 0
    called = _called(all(clip.result is not None and clip.result.calibrated for clip in found))
    table = pd.DataFrame([_summary(clip, called) for clip in found])
    st.markdown(say("clip_several", n=len(found)))
    event = st.dataframe(
        table, hide_index=True, key="clip_table", on_select="rerun", selection_mode="single-row",
        column_config={called: st.column_config.NumberColumn(format="%.2f")},
    )  # fmt: skip
    parts.download(table, "clips")
    rows = [row for row in event["selection"]["rows"] if row < len(found)]
    return rows[0] if rows else 0


def _summary(clip: Analysed, called: str) -> dict[str, object]:
    result = clip.result
    assert result is not None
    flags = ", ".join(flag_name(Flag(flag), state.language()) for flag in result.flags)
    return {
        say("file"): clip.name,
        say("clip_top"): None if result.emotion is None else parts.emotion(result.emotion),
        called: result.score,
        say("clip_length_s"): round(result.duration_s, 2),
        say("clip_quality"): flags or say("clip_quality_good"),
    }


def _draw(store: EmotionStore, clip: Analysed, *, frames: bool) -> None:
    result = clip.result
    assert result is not None
    st.subheader(plain(clip.name), anchor=False)
    _cards(result)
    _sound(clip, frames=frames)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(f"**{say('clip_scores')}**")
        _scores(store, clip)
    with right:
        parts.quality_notes([flag_reason(f, result.quality, QualitySettings(), state.language()) for f in result.flags])
        _second(store, clip)
        st.markdown(f"**{say('clip_files_out')}**")
        with st.container(horizontal=True):
            for name, content in clip.files.items():
                st.download_button(
                    name, content, name, MIME[name[name.rindex(".") :]], key=f"get_{name}", icon=":material/download:",
                    on_click="ignore",
                )  # fmt: skip
        _find_similar(store, clip)


@st.fragment
def _sound(clip: Analysed, *, frames: bool) -> None:
    """The player, and above it the scores over time where they are wanted and known."""
    result = clip.result
    assert result is not None
    curve = result.curve() if frames else None
    if curve is None:
        if frames:
            why = "clip_no_frames_stored" if clip.segment else "clip_no_frames"
            st.info(say(why, encoder=plain(result.encoder.name)), icon=":material/info:")
        player.play(result.samples, RATE_HZ, WAVE)
        _played(result)
        return
    lasting = moments(curve.scores, curve.labels, curve.start_s, curve.end_s)
    middles = (curve.start_s + curve.end_s) / 2
    figure = figures.score_timeline(
        result.samples, RATE_HZ, (middles, curve.scores), curve.labels, state.language(),
        moments=[(m.start_s, m.end_s, m.emotion) for m in lasting],
    )  # fmt: skip
    player.play(result.samples, RATE_HZ, TIMELINE, outline=figure)
    _played(result)
    st.caption(say("clip_timeline_note", seconds=f"{curve.smooth_s:g}"))
    _moments(lasting)
    with st.expander(say("as_table")):
        columns = {parts.emotion(label): curve.scores[:, j] for j, label in enumerate(curve.labels)}
        table = pd.DataFrame({say("clip_second"): middles} | columns)
        st.dataframe(table, hide_index=True, key="clip_timeline_table")
        parts.download(table, "timeline")


def _played(result: ClipResult) -> None:
    st.caption(say("clip_click"))
    if len(result.samples) < round(result.duration_s * RATE_HZ):
        st.caption(say("clip_cut"))


def _moments(lasting: tuple[Moment, ...]) -> None:
    """Stretches in which one emotion lasts, each with a button that plays it."""
    st.markdown(f"**{say('clip_moments')}**", help=say("clip_moments_help"))
    if not lasting:
        st.caption(say("clip_no_moments"))
    for number, moment in enumerate(lasting[:MOST_MOMENTS]):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"line_moment_{number}"):
            st.button(
                say("play"), key=f"play_moment_{number}", icon=":material/play_arrow:", help=say("play"),
                on_click=player.start, args=(TIMELINE, moment.start_s),
            )  # fmt: skip
            span = say("clip_span", start=f"{moment.start_s:.1f}", end=f"{moment.end_s:.1f}")
            st.markdown(
                f"{span} {plain(parts.emotion(moment.emotion))}, {say('clip_peak', score=f'{moment.peak:.2f}')}"
            )
    if len(lasting) > MOST_MOMENTS:
        st.caption(say("clip_more_moments", n=MOST_MOMENTS, total=len(lasting)))


def _scores(store: EmotionStore, clip: Analysed) -> None:
    result = clip.result
    assert result is not None
    if result.emotion is None:
        st.info(say("clip_no_emotion", encoder=plain(result.encoder.name)), icon=":material/info:")
        return
    st.plotly_chart(
        figures.nine_bars(result.scores, state.language(), calibrated=result.calibrated),
        key="clip_scores",
        config={"displayModeBar": False},
    )
    st.caption(say("clip_score_note_calibrated" if result.calibrated else "clip_score_note"))
    fitted = not clip.own and store.info.head not in (None, "builtin")
    if fitted and not clip.segment:
        st.caption(say("clip_seen"))


def _second(store: EmotionStore, clip: Analysed) -> None:
    """What the other head says, where the store and the encoder both have one."""
    if clip.second is None or clip.result is None:
        return
    known = {label: score for label, score in clip.second.items() if score is not None}
    if not known:
        return
    label = max(known, key=lambda name: known[name])
    agrees = label == clip.result.emotion
    st.markdown(f"**{say('clip_second_opinion')}**", help=say("clip_second_help"))
    words = parts.scored(label, known[label], calibrated=clip.own and cache.calibrated(store))
    whose = say("clip_by_store" if clip.own else "clip_by_encoder")
    st.markdown(f"{whose}: {plain(words)}. {say('clip_agrees' if agrees else 'clip_differs')}")


def _find_similar(store: EmotionStore, clip: Analysed) -> None:
    assert clip.result is not None
    if clip.result.encoder.fingerprint != store.info.encoder_fingerprint and not clip.segment:
        return
    if st.button(say("find_similar"), key="find_similar", icon=":material/search:", disabled=not len(store)):
        asked.start([clip.segment or asked.bring(store, clip)])
        st.switch_page("app_pages/search.py")


def _called(calibrated: bool) -> str:
    """What the winner's score is called, to begin a line with."""
    word = score_word(calibrated, state.language())
    return word[:1].upper() + word[1:]


def _cards(result: ClipResult) -> None:
    def card(label: str, value: str) -> None:
        st.metric(label, value, border=True, width=CARD_PX)

    def measured(value: float, unit: str) -> str:
        return f"{value:.1f} {unit}" if math.isfinite(value) else say("clip_unmeasured")

    with st.container(horizontal=True):
        if result.emotion is not None and result.score is not None:
            card(say("clip_top"), plain(parts.emotion(result.emotion)))
            st.metric(
                _called(result.calibrated),
                f"{result.score:.2f}",
                border=True,
                width=LONG_PX if result.calibrated else CARD_PX,
            )
        card(say("clip_length"), say("clip_seconds", seconds=f"{result.duration_s:.2f}"))
        card(say("clip_level"), measured(result.quality.level_dbfs, "dBFS"))
        card(say("clip_snr"), measured(result.quality.snr_db, "dB"))


main()
