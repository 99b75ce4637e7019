"""What about the labels of a corpus makes a model look better than it is: one-label speakers, imbalance, leaks."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import paged, parts, state, suspects
from app.texts import plain, say
from emoanalytics import EmotionStore, LabelAudit, figures

MOST_NAMED = 20


def draw(store: EmotionStore) -> None:
    """Draw balance, speakers with one label, contradictions, leaks, and how much is the voice."""
    found = suspects.audit(store)
    if found is not None:
        _balance(found)
        _one_label(found)
        _contradictions(store, found)
        _split(store, found)
    st.subheader(say("voice_title"), anchor=False)
    parts.space(store)
    parts.leak(store)


def _balance(found: LabelAudit) -> None:
    st.subheader(say("balance_title"), anchor=False)
    balance = found.balance
    labels = list(balance.clips)
    if balance.ratio is None:
        st.markdown(say("balance_one", label=plain(parts.emotion(labels[0]))))
    else:
        st.markdown(
            say("balance_line", first=plain(parts.emotion(labels[0])), n_first=f"{balance.clips[labels[0]]:,}",
                last=plain(parts.emotion(labels[-1])), n_last=f"{balance.clips[labels[-1]]:,}",
                ratio=f"{balance.ratio:.1f}", effective=f"{balance.effective:.1f}", labels=len(labels))
        )  # fmt: skip
    table = pd.DataFrame(list(balance.clips.items()), columns=[say("label"), say("clips")])
    parts.chart(figures.given_labels(balance.clips, state.language()), table, "balance")


def _one_label(found: LabelAudit) -> None:
    st.subheader(say("one_label_title"), anchor=False)
    one = found.one_label
    if not one.of:
        st.caption(say("one_label_unknown"))
    elif not one.speakers:
        st.markdown(say("one_label_none", of=one.of))
    else:
        st.markdown(say("one_label_line", n=one.speakers, of=one.of))
        st.caption(plain(", ".join(one.names[:MOST_NAMED])))


def _contradictions(store: EmotionStore, found: LabelAudit) -> None:
    st.subheader(say("contradictions_title"), anchor=False)
    if not found.contradictions:
        st.markdown(say("contradictions_none"))
        return
    st.markdown(say("contradictions_line", n=len(found.contradictions)))
    paged.clips(store, [key for group in found.contradictions for key in group], "contradiction")


def _split(store: EmotionStore, found: LabelAudit) -> None:
    st.subheader(say("split_title"), anchor=False)
    leaks = found.leaks
    if leaks is None:
        st.caption(say("split_unknown"))
        return
    st.markdown(
        say("split_line", column=plain(leaks.column), clips=leaks.clips, n=len(leaks.speakers), of=leaks.of_speakers)
    )
    if leaks.speakers:
        st.caption(plain(", ".join(leaks.speakers[:MOST_NAMED])))
    shown = {key for group in found.contradictions for key in group}
    both = [key for group in leaks.audio for key in group if key not in shown]
    if both:
        paged.clips(store, both, "leak")
