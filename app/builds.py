"""Builds that are at work or have just ended: how far, what came of it, what next. All sessions see the same ones."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import cache, parts, state, stores
from app.texts import plain, say
from emoanalytics import BuildOrder, BuildProgress, BuildRun, BuildStage, EmoAnalyticsError, EmotionStore

_LOOK_EVERY_S = 1.0
_MOST_FAILURES = 50
_STAGES = {
    BuildStage.STARTING: "build_starting", BuildStage.READING: "build_reading", BuildStage.LOADING: "build_loading",
    BuildStage.BUILDING: "build_building", BuildStage.TRAINING: "build_training",
}  # fmt: skip
_MINUTE_S, _HOUR_S = 60, 3600


def draw() -> None:
    """All of them; those at work move by themselves."""
    if cache.builds().all():
        at_work = any(run.running for run in cache.builds().all())
        st.fragment(_draw, run_every=_LOOK_EVERY_S if at_work else None)(at_work)


def start(order: BuildOrder) -> None:
    """Begin: for a click."""
    began(order)


def began(order: BuildOrder) -> bool:
    """Begin a build; whether it began. Why not is said."""
    try:
        cache.builds().start(order)
    except EmoAnalyticsError as error:
        parts.failed(say("build_not_started"), error)
        return False
    return True


def _draw(at_work: bool) -> None:
    runs = cache.builds().all()
    for number, run in enumerate(runs):
        with st.container(border=True):
            st.markdown(f"**{say('build_of', name=plain(run.order.store.name))}**")
            st.caption(plain(str(run.order.store)))
            if run.running:
                _at_work(run, number)
            else:
                _ended(run, number)
    if at_work != any(run.running for run in runs):
        st.rerun()  # the list of stores has changed, or there is something to follow again


def _at_work(run: BuildRun, number: int) -> None:
    found = run.progress
    st.progress(found.share, say("build_stopping") if run.stopping else _words(found))
    st.caption(say("build_goes_on"))
    st.button(
        say("build_stop"), key=f"build_stop_{number}", icon=":material/stop_circle:", on_click=run.cancel,
        disabled=run.stopping, help=say("build_stop_help"),
    )  # fmt: skip


def _words(found: BuildProgress) -> str:
    """How far a build is."""
    words = say(_STAGES[found.stage])
    if not found.total:
        return words
    words = say("build_done", what=words, done=f"{found.done:,}", total=f"{found.total:,}")
    if found.left_s is None:
        return words
    return f"{words} · {say('build_at_least' if found.at_least else 'build_left', time=spoken(found.left_s))}"


def spoken(seconds: float) -> str:
    """A length of time, no finer than it is known."""
    if seconds < 1.5 * _MINUTE_S:
        return say("time_s", n=f"{seconds:.0f}")
    if seconds < 1.5 * _HOUR_S:
        return say("time_min", n=f"{seconds / _MINUTE_S:.0f}")
    return say("time_h", n=f"{seconds / _HOUR_S:.1f}")


def _ended(run: BuildRun, number: int) -> None:
    if run.result is not None:
        _result(run)
    elif run.error is not None:
        parts.failed(say("build_failed"), EmoAnalyticsError(run.error))
    else:
        st.info(say("build_stopped"), icon=":material/pause_circle:")
    with st.container(horizontal=True):
        if run.result is not None:
            name = stores.name_of(run.order.store)
            pressed = name is not None and st.button(
                say("shelf_open"), type="primary", key=f"build_open_{number}", on_click=stores.choose, args=(name,)
            )
            if pressed:
                st.switch_page("app_pages/overview.py")
        else:
            st.button(
                say("build_go_on"), type="primary", key=f"build_on_{number}", icon=":material/play_arrow:",
                on_click=start, args=(run.order,),
            )  # fmt: skip
        st.button(
            say("build_forget"), key=f"build_forget_{number}", type="tertiary",
            on_click=cache.builds().forget, args=(run,),
        )  # fmt: skip


def _result(run: BuildRun) -> None:
    assert run.result is not None
    report = run.result.report
    values = {"embedded": f"{report.embedded:,}", "copied": f"{report.copied:,}", "unchanged": f"{report.unchanged:,}"}
    st.success(
        say("build_result", **values, speed=f"{report.times_real_time:.0f}", time=spoken(report.elapsed_s)),
        icon=":material/check_circle:",
    )
    for line in (*(remark.text(state.language()) for remark in run.result.remarks), *report.notes):
        st.caption(plain(line))
    if report.failures:
        with st.expander(say("build_failures", n=f"{report.failed_files:,}"), icon=":material/error:"):
            table = pd.DataFrame([(f.file, f.reason) for f in report.failures], columns=[say("file"), say("reason")])
            st.dataframe(table.head(_MOST_FAILURES), hide_index=True, key=f"build_failures_{run.order.store}")
            parts.download(table, f"failures_{run.order.store.name}")
    if run.result.head is None:
        _no_head(run)


def _no_head(run: BuildRun) -> None:
    """No scores yet: what gives some."""
    if cache.glance(EmotionStore.open(run.order.store)).labelled:
        st.markdown(say("build_next_head"))
        st.code(f'emoanalytics head fit "{run.order.store}" --target emotion', language="bash")
    else:
        st.markdown(say("build_next_labels"))
