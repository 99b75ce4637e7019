"""Clip: drop or record speech, see what the store's encoder and head make of it."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from app import cache, clips, parts, player, state, stores
from app.clips import Analysed, Clip
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    EMOTIONS,
    ClipResult,
    EmoAnalyticsError,
    EmotionStore,
    Encoder,
    Head,
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
    given = _given()
    if not given:
        return
    try:
        encoder, head, remark = _encoder_and_head(store)
    except EmoAnalyticsError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    if remark:
        st.warning(remark, icon=":material/warning:")
    found = _analysed(store, given, encoder, head)
    for clip in found:
        if clip.result is None:
            st.error(say("clip_failed", name=plain(clip.name), reason=plain(clip.reason)), icon=":material/error:")
    good = [clip for clip in found if clip.result is not None]
    if not good:
        return
    chosen = 0
    if len(good) > 1:
        chosen = st.selectbox(
            say("clip_choose"), range(len(good)), format_func=lambda i: f"{i + 1}. {good[i].name}", key="clip_choice"
        )
    _draw(good[chosen])
    if head is not None and store.info.head != "builtin":
        st.caption(say("clip_seen"))


def _encoder_and_head(store: EmotionStore) -> tuple[Encoder, Head | None, str]:
    """What hears and scores a clip as the store's own clips were, and a remark where that cannot be.

    Raises:
        EncoderError: the encoder is not on this machine; one line says what to do.
    """
    name = str(store.info.encoder.get("name"))
    with st.spinner(say("clip_loading", encoder=plain(name))):
        encoder = cache.encoder(name)
    if encoder.card.fingerprint != store.info.encoder_fingerprint:
        return encoder, encoder.head, say("clip_foreign", encoder=plain(name))
    try:
        return encoder, cache.head(store) or encoder.head, ""
    except EmoAnalyticsError as error:  # a head that cannot score a clip alone
        return encoder, encoder.head, plain(str(error))


def _given() -> list[Clip]:
    """The clips the user gave, within the limits."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        files = st.file_uploader(
            say("clip_files"), accept_multiple_files=True, key=Key.UPLOADS, max_upload_size=clips.MOST_MB
        )
    with right:
        recording = st.audio_input(say("clip_record"), key=Key.RECORDING)
    st.caption(say("clip_limits", count=clips.MOST_CLIPS, size=clips.MOST_MB))
    given = [Clip(file.name, file.getvalue()) for file in files]
    if recording is not None:
        given.insert(0, Clip(f"{say('clip_recorded')}.wav", recording.getvalue()))
    if len(given) > clips.MOST_CLIPS:
        st.warning(say("clip_too_many", n=len(given), count=clips.MOST_CLIPS))
    given = given[: clips.MOST_CLIPS]
    for clip in given:
        if clip.too_large:
            st.error(say("clip_too_large", name=plain(clip.name), size=clips.MOST_MB))
    return [clip for clip in given if not clip.too_large]


def _analysed(store: EmotionStore, given: list[Clip], encoder: Encoder, head: Head | None) -> list[Analysed]:
    known: dict[str, Analysed] = st.session_state.setdefault(Key.FOUND, {})
    place = st.empty()

    def progress(number: int, total: int, name: str) -> None:
        place.progress((number - 1) / total, say("clip_working", name=plain(name), done=number, total=total))

    found = clips.analyse_all(given, known, encoder, head, f"{encoder.card.fingerprint} {store.fingerprint}", progress)
    place.empty()
    return found


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
