"""A second map beside the first, laid over it: by another method, or of the other space."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app import cache, chosen, listing, mapped, parts, selection, state
from app.listing import Row
from app.mapped import Look, Selected
from app.state import Key
from app.texts import plain, say
from emoanalytics import Alignment, EmotionStore, Map, MapMethod, Placed, Space, align

METHODS = {MapMethod.UMAP: "UMAP", MapMethod.TSNE: "t-SNE", MapMethod.PCA: "PCA"}
SPACES = {Space.RAW: "space_raw", Space.SPEAKER_CENTRED: "space_centred"}
MOST_MOVED = 5


@dataclass(frozen=True)
class Second:
    """What the second map is."""

    method: MapMethod
    space: Space

    def name(self) -> str:
        """In words."""
        return f"{METHODS[self.method]} · {say(SPACES[self.space])}"


def offered(method: MapMethod, space: Space) -> dict[str, Second]:
    """What can stand beside a map: the same space by another method, or the other space by the same, by id."""
    others = [Second(other, space) for other in METHODS if other != method]
    others += [Second(method, other) for other in Space if other != space]
    return {f"{each.method}.{each.space}": each for each in others}


def ask(method: MapMethod, space: Space) -> Second | None:
    """Ask for a second map."""
    choices = offered(method, space)
    if st.session_state.get(Key.BESIDE) not in choices:
        st.session_state[Key.BESIDE] = ""
    names = {"": say("beside_none")} | {key: each.name() for key, each in choices.items()}
    st.selectbox(say("beside"), list(names), format_func=names.__getitem__, key=Key.BESIDE, help=say("beside_help"))
    return choices.get(st.session_state[Key.BESIDE])


def over(store: EmotionStore, first: Map, second: Second) -> Alignment:
    """The second map, laid over the first.

    Raises:
        EmoAnalyticsError: it cannot be drawn, or not be compared.
    """
    with parts.progress() as progress:
        return align(first, cache.geometry(store, second.space).map(second.method, progress))


def draw(
    store: EmotionStore,
    found: Alignment,
    names: tuple[str, str],
    look: Look,
    marks: list[str],
    placed: tuple[Placed, tuple[str, ...]] | None,
) -> Selected:
    """Draw both, below each other on a narrow page; what is selected on either.

    Args:
        store: holds the clips.
        found: the two maps.
        names: of them.
        look: of both.
        marks: segment ids to put rings around.
        placed: clips from elsewhere, which lie on the first map.

    Raises:
        EmoAnalyticsError: they cannot be coloured so.
    """
    key, (left, right) = chosen.chart(), st.columns(2)
    with left:
        st.markdown(f"**{names[0]}**")
        first = mapped.draw(store, found.first, look, key, marks, placed)
    with right:
        st.markdown(f"**{names[1]}**")
        second = mapped.draw(store, found.map, look, f"{key}_beside", marks)
    return first if first.ids else second


def words(store: EmotionStore, found: Alignment) -> None:
    """What the two have in common, and the clips that moved most."""
    with st.container(border=True, gap="xsmall"):
        for number, line in enumerate(found.words(state.language())):
            sentence = plain(line[:1].upper() + line[1:])
            st.markdown(f":material/compare: {sentence}" if not number else sentence)
    with st.expander(say("beside_moved"), icon=":material/moving:"):
        st.caption(say("beside_moved_how"))
        _moved(store, found)
        parts.download(found.table(), "two-maps")


@st.fragment
def _moved(store: EmotionStore, found: Alignment) -> None:
    farthest = found.farthest[:MOST_MOVED]
    ids = found.ids[farthest].tolist()
    told = {key: (found.moved[i], found.kept[i]) for key, i in zip(ids, farthest, strict=True)}
    rows = []
    for row in selection.by_ids(store, ids):
        moved, kept = told[row["segment_id"]]
        facts = [say("beside_far", radii=f"{moved:.1f}", kept=f"{kept:.0%}")]
        facts += parts.facts(row["speaker"], row["session"], row["top"], None, row["emotion_given"])
        rows.append(Row(row["segment_id"], row["file"], facts, "", row["start_s"], row["end_s"], tag="moved"))
    listing.draw(store, rows)
    state.publish()
