"""Settings: language and theme, encoder and heads with what they may do and cannot, privacy, calibration by ear."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app import parts, stores, wizard
from app.state import Key, language
from app.texts import plain, say
from emoanalytics import EmoAnalyticsError, EmotionStore, Language, StoredHead, stored_heads, use_head

_ACOUSTIC = "acoustic"
_EMOTION2VEC = "emotion2vec"


def main() -> None:
    """Draw the page: one panel of it."""
    store = stores.current()
    panel = parts.one_of(Key.PANEL, "panel", list(PANELS), lambda x: say(PANELS[x][0]))
    if store is not None:
        PANELS[panel][1](store)


def _settings(store: EmotionStore) -> None:
    _page()
    _encoder(store)
    _heads(store)
    _privacy(store)


def _page() -> None:
    st.subheader(say("settings_page"), anchor=False)
    with st.container(horizontal=True):
        for each, name in ((Language.EN, "English"), (Language.ZH, "中文")):
            st.button(
                name, key=f"language_{each}", on_click=_speak, args=(each,), disabled=language() == each,
                icon=":material/translate:",
            )  # fmt: skip
    dark = st.context.theme.type == "dark"
    st.markdown(say("theme_dark") if dark else say("theme_light"))


def _encoder(store: EmotionStore) -> None:
    card, info = store.info.encoder, store.info
    name = str(card.get("name"))
    st.subheader(say("encoder"), anchor=False)
    table = pd.DataFrame(
        [
            (say("settings_name"), name),
            (say("settings_revision"), str(card.get("revision"))),
            (say("settings_dim"), str(card.get("dim"))),
            (say("settings_digest"), str(card.get("digest"))),
            (say("settings_fingerprint"), info.encoder_fingerprint),
            (say("settings_precision"), str(card.get("precision"))),
            (say("settings_licence"), str(card.get("licence") or say("settings_licence_none"))),
        ],
        columns=[say("column"), say("value")],
    )
    st.table(table.map(plain).set_index(say("column")))
    if name == _ACOUSTIC:
        st.info(say("limits_acoustic"), icon=":material/info:")
    elif name.startswith(_EMOTION2VEC):
        st.info(say("limits_emotion2vec"), icon=":material/info:")
    else:
        st.info(say("limits_other"), icon=":material/info:")


def _heads(store: EmotionStore) -> None:
    st.subheader(say("heads_title"), help=say("heads_help"), anchor=False)
    if line := st.session_state.pop(Key.TROUBLE, None):
        st.error(plain(str(line)), icon=":material/error:")
    found = stored_heads(store)
    if not found:
        st.info(say("heads_none"), icon=":material/model_training:")
    for head in found:
        with st.container(border=True, key=f"head_{head.id}", gap="xsmall"):
            st.markdown(f"**{plain(head.id)}**" + (f" · {say('head_in_use')}" if head.active else ""))
            st.caption(plain(", ".join(parts.emotion(label) for label in head.labels)))
            st.markdown(_measured(head))
            st.markdown(calibrated_in_words(head))
            if not head.active:
                st.button(
                    say("head_use"), key=f"use_{head.id}", icon=":material/check_circle:", on_click=_use,
                    args=(store, head.id), help=say("head_use_help"),
                )  # fmt: skip


def _measured(head: StoredHead) -> str:
    if head.id == "builtin":
        return say("head_is_builtin")
    if head.uar is None or head.uar_low is None or head.uar_high is None:
        return say("head_is_unmeasured")
    values = {"uar": f"{head.uar:.2f}", "low": f"{head.uar_low:.2f}", "high": f"{head.uar_high:.2f}"}
    return say("head_is_measured", target=plain(str(head.target)), **values)


def calibrated_in_words(head: StoredHead) -> str:
    """Whether the scores of a head may be called calibrated, and on what that rests."""
    found = head.calibration
    if found is None:
        return say("calibration_none")
    text = say("calibration_yes") if head.calibrated else say("calibration_no")
    return f"{text} {say('calibration_on', clips=found['clips'], speakers=found['speakers'])}"


def _privacy(store: EmotionStore) -> None:
    st.subheader(say("privacy_title"), anchor=False)
    st.markdown(say("privacy_where"))
    st.code(str(store.path.resolve()), language=None)
    st.markdown(say("privacy_stays"))
    st.markdown(say("privacy_remove"))


def _speak(language: Language) -> None:
    st.session_state[Key.LANG] = language


def _use(store: EmotionStore, head_id: str) -> None:
    try:
        use_head(store, head_id)
    except EmoAnalyticsError as error:
        st.session_state[Key.TROUBLE] = str(error)


PANELS: dict[str, tuple[str, Callable[[EmotionStore], None]]] = {
    "settings": ("panel_settings", _settings),
    "calibration": ("panel_calibration", wizard.draw),
}

main()
