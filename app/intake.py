"""Clips from outside the store: dropped or recorded, heard by the encoder the store was built with."""

from __future__ import annotations

import streamlit as st

from app import cache, clips
from app.clips import Analysed, Clip, Hearer
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore, Encoder, Head


def ask(files_key: str, recording_key: str, *, stacked: bool = False) -> list[Clip]:
    """The clips the user gave, within the limits.

    Args:
        files_key: of the place to drop files.
        recording_key: of the microphone.
        stacked: one below the other.
    """
    left, right = (st.container(), st.container()) if stacked else st.columns([3, 2], gap="large")
    with left:
        files = st.file_uploader(
            say("clip_files"), accept_multiple_files=True, key=files_key, max_upload_size=clips.MOST_MB
        )
    with right:
        recording = st.audio_input(say("clip_record"), key=recording_key)
    st.caption(say("clip_limits", count=clips.MOST_CLIPS, size=clips.MOST_MB, minutes=clips.MOST_MINUTES))
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


def encoder_and_head(store: EmotionStore) -> tuple[Encoder, Head | None, str]:
    """What hears and scores a clip as the store's own clips were, and a remark where that cannot be.

    Raises:
        EncoderError: the encoder is not on this machine; one line says what to do.
    """
    encoder = loaded(store)
    if is_foreign(store, encoder):
        return encoder, encoder.head, say("clip_foreign", encoder=plain(encoder.card.name))
    if store.info.head == "builtin" and encoder.head is not None:
        return encoder, encoder.head, ""
    try:
        return encoder, cache.head(store) or encoder.head, ""
    except EmoAnalyticsError as error:  # a head that cannot score a clip alone
        return encoder, encoder.head, plain(str(error))


def loaded(store: EmotionStore) -> Encoder:
    """The encoder of the store's name.

    Raises:
        EncoderError: it is not on this machine.
    """
    name = str(store.info.encoder.get("name"))
    with st.spinner(say("clip_loading", encoder=plain(name))):
        return cache.encoder(name, precision=str(store.info.encoder.get("precision", "exact")))


def is_foreign(store: EmotionStore, encoder: Encoder) -> bool:
    """Whether it is another than the one the store was built with."""
    return bool(encoder.card.fingerprint != store.info.encoder_fingerprint)


def analysed(
    store: EmotionStore,
    given: list[Clip],
    known: dict[str, Analysed],
    encoder: Encoder,
    head: Head | None,
    *,
    frames: bool = False,
) -> list[Analysed]:
    """What came of the clips, with a bar while it takes time; those that could not be used are said."""
    place = st.empty()

    def progress(number: int, total: int, name: str) -> None:
        place.progress((number - 1) / total, say("clip_working", name=plain(name), done=number, total=total))

    by = Hearer(encoder, head, frames)
    found = clips.analyse_all(given, known, by, f"{encoder.card.fingerprint} {store.fingerprint}", progress)
    place.empty()
    for clip in found:
        if clip.result is None:
            st.error(say("clip_failed", name=plain(clip.name), reason=plain(clip.reason)), icon=":material/error:")
    return [clip for clip in found if clip.result is not None]
