"""Clips that are there twice: pairs, what listening says of them, each clip to hear."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import cache, listing, paged, parts, selection, state
from app.texts import plain, say
from emoanalytics import Checked, Duplicate, EmotionStore

GROUPS_A_PAGE = 5


def draw(store: EmotionStore) -> None:
    """Draw the groups of copies."""
    with parts.progress() as progress:
        found = cache.inspection(store).duplicates(progress)
    identical = sum(pair.how == "identical" for pair in found.pairs)
    if found.limit is None:
        st.caption(say("copies_few_clips"))
    if not found.pairs:
        st.success(say("copies_none"), icon=":material/done_all:")
        return
    st.markdown(say("copies_line", identical=identical, near=len(found.pairs) - identical))
    if found.more:
        st.caption(say("copies_more", n=found.more))
    parts.download(pd.DataFrame([pair.as_json() for pair in found.pairs]), "duplicates")
    _list(store, groups(found.pairs))


def groups(pairs: Sequence[Duplicate]) -> list[list[Duplicate]]:
    """Pairs that share a clip together, in the order of the first of each."""
    of: dict[str, int] = {}
    found: dict[int, list[Duplicate]] = {}
    for number, pair in enumerate(pairs):
        touched = sorted({of[clip] for clip in (pair.first, pair.second) if clip in of})
        together = [*(p for n in touched for p in found.pop(n)), pair]
        home = touched[0] if touched else number
        found[home] = together
        of |= {clip: home for p in together for clip in (p.first, p.second)}
    return [found[number] for number in sorted(found)]


@st.fragment
def _list(store: EmotionStore, together: list[list[Duplicate]]) -> None:
    first, last = paged.turn(len(together), "copies", GROUPS_A_PAGE)
    for number, pairs in enumerate(together[first:last], first + 1):
        with st.container(border=True, key=f"copies_{number}", gap="xsmall"):
            near = [pair for pair in pairs if pair.how == "near"]
            with parts.progress() as progress:
                heard = {(c.pair.first, c.pair.second): c for c in cache.inspection(store).heard(near, progress)}
            for pair in pairs:
                st.markdown(_words(pair, heard.get((pair.first, pair.second))))
            clips = list(dict.fromkeys(clip for pair in pairs for clip in (pair.first, pair.second)))
            rows = [paged.row(row, f"copy{number}") for row in selection.by_ids(store, clips)]
            listing.draw(store, rows, (paged.SIMILAR,))
    paged.turner(len(together), "copies", GROUPS_A_PAGE)
    state.publish()


def _words(pair: Duplicate, checked: Checked | None) -> str:
    """How two clips are alike, and what it means."""
    lines = [say("copy_identical") if pair.how == "identical" else say("copy_near", value=f"{pair.similarity:.3f}")]
    if checked is not None and checked.agreement is None:
        lines.append(plain(str(checked.missing)))
    elif checked is not None and checked.agreement is not None:
        text = say("copy_same") if checked.agreement.same else say("copy_other")
        lines.append(f"{text} {say('copy_correlation', value=f'{checked.agreement.correlation:.2f}')}")
    if pair.speakers_differ:
        lines.append(say("copy_speakers"))
    if pair.labels_differ:
        lines.append(say("copy_labels"))
    return " ".join(lines)
