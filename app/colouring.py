"""What the points of a map can be coloured by: emotion, score, label, who, when, quality, trust, or any column."""

from __future__ import annotations

from dataclasses import replace

from app import cache, clusters, parts, state
from app.texts import say
from emoanalytics import EmotionStore, Map, Paint
from emoanalytics import painted as coloured

WINNER, CLUSTER, TRUST = "emotion", "cluster", "kept"
# Columns that say nothing as a colour: ids, places, and what another choice shows better.
LEFT_OUT = frozenset({"segment_id", "content_id", "corpus", "file", "text", "recorded_at", "start_s", "end_s"})
COLUMNS = ("emotion_given", "speaker", "session", "language", "role")  # left out where they are empty
TEXTS = {
    WINNER: "filter_top", "emotion_given": "filter_given", "speaker": "filter_speaker", "session": "filter_session",
    "language": "filter_spoken", "role": "filter_role", "flags": "filter_flag", TRUST: "colour_trust",
    CLUSTER: "colour_cluster", "doubtful": "colour_doubtful", "channel": "channel",
    "level_dbfs": "clip_level", "snr_db": "clip_snr",
}  # fmt: skip


def choices(store: EmotionStore) -> list[str]:
    """What can be chosen: what the store has of the usual ones first, then each score, then every other column."""
    scores = [f"score_{label}" for label in store.info.labels] if cache.scored(store) else []
    own = [column for column in COLUMNS if cache.values(store, column)]
    usual = [*([WINNER] if scores else []), *own, CLUSTER, "flags", TRUST, "doubtful"]
    return [*usual, *scores, *(c for c in store.columns if c not in {*COLUMNS, *usual, *LEFT_OUT})]


def name(choice: str) -> str:
    """A choice in words."""
    if choice in TEXTS:
        return say(TEXTS[choice])
    if choice.startswith("score_"):
        return say("colour_score", label=parts.emotion(choice.removeprefix("score_")))
    return choice


def painted(store: EmotionStore, drawn: Map, choice: str, where: str | None) -> Paint:
    """The colours; clips that do not pass the filters have none.

    Raises:
        EmoAnalyticsError: the clips cannot be divided into clusters.
    """
    found = _clusters(store) if choice == CLUSTER else cache.paint(store, drawn, choice)
    if where is None:
        return found
    passing = cache.rows(store, ("segment_id",), where)["segment_id"]
    return replace(found, values=found.values.where(found.values.index.isin(passing)))


def _clusters(store: EmotionStore) -> Paint:
    """The clusters of the space that is chosen, divided as on the Clusters page; a second map has the same colours."""
    with parts.progress() as progress:
        found = cache.clusters(store, parts.space_now()).found(clusters.division(), progress)
    return coloured(CLUSTER, found.of_clips(state.language()))
