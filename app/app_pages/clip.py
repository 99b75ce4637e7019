"""Clip: drop or record speech, see what the store's encoder and head make of it."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from app import asked, intake, parts, player, state, stores
from app.clips import Analysed
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    EMOTIONS,
    ClipResult,
    EmoAnalyticsError,
    EmotionStore,
    QualitySettings,
    figures,
    flag_reason,
)

NAMES = {e.id: e for e in EMOTIONS}
MIME = {".json": "application/json", ".npy": "application/octet-stream", ".wav": "audio/wav"}


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    st.markdown(say("clip_intro", encoder=plain(str(store.info.encoder.get("name")))))
    given = intake.ask(Key.UPLOADS, Key.RECORDING)
    if not given:
        return
    try:
        encoder, head, remark = intake.encoder_and_head(store)
    except EmoAnalyticsError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if remark:
        st.warning(remark, icon=":material/warning:")
    good = intake.analysed(store, given, st.session_state.setdefault(Key.FOUND, {}), encoder, head)
    if not good:
        return
    chosen = 0
    if len(good) > 1:
        chosen = st.selectbox(
            say("clip_choose"), range(len(good)), format_func=lambda i: f"{i + 1}. {good[i].name}", key="clip_choice"
        )
    _draw(good[chosen])
    if not intake.is_foreign(store, encoder):
        _find_similar(store, good[chosen])
    if head is not None and store.info.head != "builtin":
        st.caption(say("clip_seen"))


def _draw(clip: Analysed) -> None:
    result = clip.result
    assert result is not None
    st.markdown(f"**{plain(clip.name)}**")
    _cards(result)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(say("clip_scores"), anchor=False)
        if result.emotion is None:
            st.info(say("clip_no_emotion", encoder=plain(result.encoder.name)), icon=":material/info:")
        else:
            st.plotly_chart(
                figures.nine_bars(result.scores, state.language()), key="clip_scores", config={"displayModeBar": False}
            )
            st.caption(say("clip_score_note"))
    with right:
        st.subheader(say("clip_waveform"), anchor=False)
        player.play(result.samples, 16_000, "clip_wave")
        if len(result.samples) < round(result.duration_s * 16_000):
            st.caption(say("clip_cut"))
        parts.quality_notes([flag_reason(f, result.quality, QualitySettings(), state.language()) for f in result.flags])
    with st.container(horizontal=True):
        for name, content in clip.files.items():
            st.download_button(
                name, content, name, MIME[name[name.rindex(".") :]], key=f"get_{name}", icon=":material/download:",
                on_click="ignore",
            )  # fmt: skip


def _find_similar(store: EmotionStore, clip: Analysed) -> None:
    if st.button(say("find_similar"), key="find_similar", icon=":material/search:", disabled=not len(store)):
        asked.start([asked.bring(store, clip)])
        st.switch_page("app_pages/search.py")


def _cards(result: ClipResult) -> None:
    def card(label: str, value: str) -> None:
        st.metric(say(label), value, border=True, width=168)

    def measured(value: float, unit: str) -> str:
        return f"{value:.1f} {unit}" if math.isfinite(value) else say("clip_unmeasured")

    with st.container(horizontal=True):
        if result.emotion is not None:
            known: Any = NAMES.get(result.emotion)
            name = f"{known.emoji} {known.name(state.language())}" if known else plain(result.emotion)
            card("clip_top", name)
        card("clip_length", say("clip_seconds", seconds=f"{result.duration_s:.2f}"))
        card("clip_level", measured(result.quality.level_dbfs, "dBFS"))
        card("clip_snr", measured(result.quality.snr_db, "dB"))


main()
