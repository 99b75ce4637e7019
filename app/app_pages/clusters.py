"""Clusters: what groups the clips fall into, how far to trust them, how each sounds."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache, chosen, clusters, paged, parts, player, state, stores
from app.clusters import Clusters, Divided
from app.state import Key
from app.texts import plain, say
from emoanalytics import (
    ClusterMethod,
    EmoAnalyticsError,
    EmotionStore,
    Portrait,
    Space,
    Verdict,
    figures,
    unheard_words,
)

MOST_AT_ONCE = 20_000  # clips; more are divided when it is asked for
FEWEST_CLIPS = 3
CARDS_A_PAGE, IN_A_ROW, MOST_BARS = 12, 3, 30
METHODS = {
    ClusterMethod.HDBSCAN: ("division_hdbscan", "division_hdbscan_note", "division_hdbscan_help"),
    ClusterMethod.KMEANS: ("division_kmeans", "division_kmeans_note", "division_kmeans_help"),
    ClusterMethod.LEIDEN: ("division_leiden", "division_leiden_note", "division_leiden_help"),
}
SPACES = {
    Space.RAW: ("space_raw", "space_raw_note"), Space.SPEAKER_CENTRED: ("space_centred", "space_centred_note"),
}  # fmt: skip
ICONS = {
    Verdict.STABLE: "check_circle", Verdict.DOUBTFUL: "help", Verdict.UNSTABLE: "warning", Verdict.UNKNOWN: "help",
}  # fmt: skip


def main() -> None:
    """Draw the page."""
    store = stores.current()
    if store is None:
        return
    if len(store) < FEWEST_CLIPS:
        st.info(say("clusters_few", n=len(store), path=plain(str(store.path))), icon=":material/workspaces:")
        return
    _ask(store)
    shared = cache.clusters(store, clusters.space())
    found = _found(store, shared)
    if found is None:
        return
    if not found.portraits:
        notes = [plain(f"{note[:1].upper()}{note[1:]}.") for note in found.clustering.notes(state.language())]
        st.info("  \n".join([*notes, say("clusters_none_do")]), icon=":material/workspaces:")
        return
    wanted = _wanted(found)
    if wanted is None:
        _verdict(store, shared, found)
        _sizes(found)
        _cards(shared, found)
    else:
        _one(store, shared, found, wanted)


def _ask(store: EmotionStore) -> None:
    """How the clips are divided, and what that means."""
    left, middle, right = st.columns([3, 3, 2], gap="medium")
    with left:
        method = ClusterMethod(
            parts.one_of(Key.DIVISION, "division", list(METHODS), lambda x: say(METHODS[ClusterMethod(x)][0]))
        )
        st.caption(say(METHODS[method][1]), help=say(METHODS[method][2]))
    with middle:
        space = Space(parts.one_of(Key.AMONG, "space", list(SPACES), lambda x: say(SPACES[Space(x)][0])))
        st.caption(say(SPACES[space][1]) if cache.values(store, "speaker") else say("space_no_speakers"))
    with right:
        wanted = st.session_state.get(Key.PIECES)
        if wanted is not None and not clusters.FEWEST <= wanted <= clusters.MOST:
            st.session_state[Key.PIECES] = None
        if method is ClusterMethod.KMEANS:
            st.session_state.setdefault(Key.PIECES, None)
            st.number_input(
                say("pieces"), clusters.FEWEST, clusters.MOST, key=Key.PIECES, placeholder=say("pieces_auto"),
                help=say("pieces_help"),
            )  # fmt: skip


def _found(store: EmotionStore, shared: Clusters) -> Divided | None:
    """The clusters; None where they are not found yet, or cannot be, and a line on the page."""
    division = clusters.division()
    if len(store) > MOST_AT_ONCE and not shared.knows(division):
        st.caption(say("clusters_ask_note"))
        label = say("clusters_ask", n=f"{len(store):,}")
        if not st.button(label, key="clusters_ask", type="primary", icon=":material/workspaces:"):
            return None
    try:
        with parts.progress() as progress:
            return shared.found(division, progress)
    except EmoAnalyticsError as error:
        parts.failed(say("clusters_failed"), error)
        return None


def _wanted(found: Divided) -> Portrait | None:
    """The cluster that is looked at, if one is."""
    number = st.session_state.get(Key.CLUSTER)
    if number is None:
        return None
    one = next((p for p in found.portraits if str(p.cluster) == str(number)), None)
    if one is None:
        st.warning(say("cluster_gone", n=plain(str(number))), icon=":material/link_off:")
        st.session_state.pop(Key.CLUSTER)
    return one


def _verdict(store: EmotionStore, shared: Clusters, found: Divided) -> None:
    """How many there are and how far to trust them, in plain words."""
    made = found.clustering
    again = made.stability
    with st.container(border=True, gap="xsmall"):
        counts = {"clusters": len(made.sizes), "inside": sum(made.sizes), "total": len(made.ids), "noise": made.noise}
        st.markdown(say("clusters_line", **{k: f"{v:,}" for k, v in counts.items()}), help=say("noise_help"))
        verdict = again.verdict.words(state.language())
        st.markdown(f":material/{ICONS[again.verdict]}: {say('again_line', verdict=verdict)}", help=say("again_help"))
        if again.rand is not None:
            text = "again_speaker" if again.by == "speaker" else "again_segment"
            st.caption(say(text, draws=again.draws, rand=f"{again.rand:.2f}"))
        _shape("apart_line", made.silhouette, clusters.apart, "apart_help")
        _shape("dense_line", made.density_validity, clusters.dense, "dense_help")
        for note in (*made.notes(state.language()), *found.notes):
            st.caption(plain(note))
        if found.unheard:
            st.caption(say("clusters_unheard", n=f"{found.unheard:,}"))
        unheard = found.portraits[0].unheard
        if unheard:
            st.caption(plain(unheard_words(unheard, state.language())))
        _actions_for_all(store, shared, found)


def _shape(line: str, value: float | None, words: object, hint: str) -> None:
    if value is None or not callable(words):
        st.markdown(say(line, words=say("not_known")))
        return
    st.markdown(say(line, words=say(words(value))), help=say(hint, value=f"{value:.2f}"))


def _actions_for_all(store: EmotionStore, shared: Clusters, found: Divided) -> None:
    with st.container(horizontal=True):
        pressed = st.button(say("cluster_map"), key="clusters_map", icon=":material/scatter_plot:", on_click=_to_map)
        if pressed:
            st.switch_page("app_pages/map.py")
        if found.clustering.noise:
            ids = found.clustering.ids[found.clustering.labels < 0].tolist()
            st.button(
                say("noise_choose", n=f"{len(ids):,}"), key="noise_choose", icon=":material/gesture_select:",
                on_click=chosen.choose, args=(store, ids),
            )  # fmt: skip
        if shared.deaf and found.portraits[0].unheard:
            label, hint = say("clusters_listen"), say("clusters_listen_help")
            if st.button(label, key="clusters_listen", icon=":material/hearing:", help=hint):
                with parts.progress() as progress:
                    shared.listen(clusters.division(), progress)
                st.rerun()


def _sizes(found: Divided) -> None:
    st.subheader(say("sizes_title"), anchor=False)
    language = state.language()
    table = pd.DataFrame(
        [
            (p.cluster, p.name(language), p.size, p.speakers, p.recordings, p.verdict.words(language), p.jaccard,
             "; ".join(most.words(language) for most in p.mostly))
            for p in found.portraits
        ],
        columns=[
            say(key) for key in ("cluster", "cluster_name", "clips", "speakers", "recordings", "cluster_verdict",
                                 "cluster_found", "cluster_warning")
        ],
    )  # fmt: skip
    parts.chart(figures.cluster_sizes(found.portraits[:MOST_BARS], language, names=False), table, "cluster_sizes")


@st.fragment
def _cards(shared: Clusters, found: Divided) -> None:
    """A card a cluster; to hear one draws the cards again, and nothing else of the page."""
    first, last = paged.turn(len(found.portraits), "cards", CARDS_A_PAGE)
    shown = found.portraits[first:last]
    for start in range(0, len(shown), IN_A_ROW):
        for column, portrait in zip(st.columns(IN_A_ROW), shown[start : start + IN_A_ROW], strict=False):
            with column, st.container(border=True, key=f"cluster_{portrait.cluster}", gap="xsmall", height="stretch"):
                st.markdown(f"**{portrait.cluster} · {plain(portrait.name(state.language()))}**")
                _facts(portrait)
                with st.container(horizontal=True, gap="xsmall"):
                    pressed = st.button(
                        say("cluster_open"), key=f"open_{portrait.cluster}", icon=":material/zoom_in:",
                        on_click=_look, args=(portrait.cluster,),
                    )  # fmt: skip
                    _hear(shared, portrait)
                if pressed:
                    state.again()
    paged.turner(len(found.portraits), "cards", CARDS_A_PAGE)
    st.caption(say("cluster_unnamed"))
    state.publish()


def _facts(portrait: Portrait) -> None:
    """Size, whether it is found again, and what to beware of."""
    language = state.language()
    counts = {"size": portrait.size, "speakers": portrait.speakers, "recordings": portrait.recordings}
    text = "cluster_facts" if portrait.speakers else "cluster_facts_bare"
    st.caption(say(text, **{k: f"{v:,}" for k, v in counts.items()}))
    again = None if portrait.jaccard is None else say("cluster_found_help", value=f"{portrait.jaccard:.2f}")
    st.markdown(f":material/{ICONS[portrait.verdict]}: {plain(portrait.verdict.words(language))}", help=again)
    for most in portrait.mostly:
        st.markdown(f":material/record_voice_over: {plain(most.words(language))}")


def _hear(shared: Clusters, portrait: Portrait) -> None:
    """A button, and the player when it was pressed."""
    key = f"montage-{portrait.cluster}"
    if st.session_state.get(Key.SEGMENT) != key:
        st.button(
            say("cluster_play"), key=f"play_{key}", icon=":material/play_arrow:", on_click=_play, args=(key,)
        )  # fmt: skip
        return
    try:
        made = shared.montage(portrait)
    except EmoAnalyticsError as error:
        st.warning(plain(str(error)), icon=":material/volume_off:")
        return
    player.play(made.samples, made.rate_hz, f"wave_{key}", at_once=st.session_state.get(Key.STARTED) == key)
    st.caption(say("cluster_played", n=len(made.parts)))
    for line in made.missing:
        st.caption(plain(line))


def _one(store: EmotionStore, shared: Clusters, found: Divided, portrait: Portrait) -> None:
    """One cluster in full."""
    st.button(say("cluster_all"), key="cluster_all", icon=":material/arrow_back:", on_click=_look, args=(None,))
    st.subheader(f"{portrait.cluster} · {plain(portrait.name(state.language()))}", anchor=False)
    ids = found.clustering.ids[found.clustering.rows(portrait.cluster)].tolist()
    left, right = st.columns([2, 3], gap="large")
    with left:
        _facts(portrait)
        _actions(store, ids)
        _heard(shared, portrait)
    with right:
        _apart(portrait)
    st.subheader(say("cluster_medoids"), anchor=False)
    paged.clips(store, list(portrait.medoids), "medoid")


@st.fragment
def _heard(shared: Clusters, portrait: Portrait) -> None:
    _hear(shared, portrait)
    state.publish()


def _actions(store: EmotionStore, ids: list[str]) -> None:
    with st.container(horizontal=True):
        st.button(
            say("cluster_choose", n=f"{len(ids):,}"), key="cluster_choose", icon=":material/gesture_select:",
            on_click=chosen.choose, args=(store, ids),
        )  # fmt: skip
        if st.button(
            say("cluster_map"), key="cluster_map", icon=":material/scatter_plot:", on_click=_to_map, args=(store, ids)
        ):
            st.switch_page("app_pages/map.py")
        if cache.scored(store) and st.button(
            say("cluster_compare"), key="cluster_compare", icon=":material/compare_arrows:", on_click=_to_compare,
            args=(store, ids),
        ):  # fmt: skip
            st.switch_page("app_pages/speakers.py")


def _apart(portrait: Portrait) -> None:
    st.markdown(f"**{say('cluster_apart')}**")
    if not any(d.clear for d in portrait.departures):
        st.caption(say("cluster_apart_none"))
    table = pd.DataFrame(
        [
            (d.facet.name(state.language()), d.inside, d.outside, "" if d.facet.unit == "1" else d.facet.unit, d.effect,
             d.clear)
            for d in portrait.departures
        ],
        columns=[
            say(key) for key in ("facet", "facet_inside", "facet_outside", "facet_unit", "facet_effect", "facet_clear")
        ],
    )  # fmt: skip
    parts.chart(figures.cluster_departures(portrait, state.language()), table, "departures")
    st.caption(say("cluster_apart_note"))


def _look(cluster: int | None) -> None:
    st.session_state.pop(Key.SEGMENT, None)
    if cluster is None:
        st.session_state.pop(Key.CLUSTER, None)
    else:
        st.session_state[Key.CLUSTER] = str(cluster)


def _play(key: str) -> None:
    st.session_state[Key.SEGMENT] = st.session_state[Key.STARTED] = key


def _to_map(store: EmotionStore | None = None, ids: list[str] | None = None) -> None:
    """Colour the map of the same space by cluster, and ring the clips of one."""
    st.session_state[Key.SPACE], st.session_state[Key.COLOUR] = clusters.space(), "cluster"
    if store is not None and ids is not None:
        chosen.choose(store, ids)


def _to_compare(store: EmotionStore, ids: list[str]) -> None:
    chosen.choose(store, ids)
    st.session_state[Key.ASPECT], st.session_state[Key.GROUP] = "groups", "chosen"


main()
