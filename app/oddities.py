"""Clips unlike their neighbours, clips that are near everyone, and clips with a quality flag."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache, paged, parts
from app.state import Key
from app.texts import say
from emoanalytics import EmotionStore, flagged


def unlike(store: EmotionStore) -> None:
    """Draw clips that stand out, and clips that are near too many others."""
    with parts.progress() as progress:
        far, near = cache.inspection(store).outliers(progress), cache.inspection(store).hubs(progress)
    st.subheader(say("outliers_title"), anchor=False)
    keys = [str(far.ids[row]) for row in far.rows]
    if keys:
        st.markdown(say("outliers_line", n=len(keys), limit=f"{far.limit:.2f}", neighbours=far.neighbours))
        told = {str(far.ids[row]): say("outlier", value=f"{far.factors[row]:.2f}") for row in far.rows}
        parts.download(pd.DataFrame(far.as_json()["outliers"]), "outliers")
        paged.clips(store, keys, "outlier", told)
    else:
        st.caption(say("outliers_none"))
    st.subheader(say("hubs_title"), anchor=False)
    rows = [row for row in near.rows if str(near.ids[row]) not in set(keys)]
    if not rows:
        st.caption(say("hubs_none"))
        return
    st.markdown(say("hubs_line", n=len(rows), nobody=near.nobody, neighbours=near.neighbours))
    counts = {str(near.ids[row]): say("hub", n=int(near.counts[row])) for row in rows}
    paged.clips(store, list(counts), "hub", counts)


def quality(store: EmotionStore) -> None:
    """Draw the clips with one quality flag."""
    found = flagged(store)
    if not found:
        st.success(say("quality_empty"), icon=":material/done_all:")
        return
    if st.session_state.get(Key.FLAGGED) not in found:
        st.session_state[Key.FLAGGED] = next(iter(found))
    names = {flag: f"{parts.flag(flag)} ({len(keys):,})" for flag, keys in found.items()}
    chosen = st.selectbox(say("filter_flag"), list(found), format_func=names.__getitem__, key=Key.FLAGGED)
    st.caption(say("flags_note"))
    table = pd.DataFrame([(flag, key) for flag, keys in found.items() for key in keys], columns=["flag", "segment_id"])
    parts.download(table, "flags")
    paged.clips(store, found[chosen], f"flag_{chosen}")
