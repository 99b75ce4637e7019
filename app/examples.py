"""What a first search may be: examples from the store itself, each by one click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from app import cache, parts, state
from app.state import Key
from app.texts import plain, say
from emoanalytics import EmotionStore

_MARKED = ("angry", "sad", "fearful", "happy")  # the first of them that has scores is the example
_QUIET = 0.25  # the quietest quarter


@dataclass(frozen=True)
class Example:
    """A query and its words.

    Attributes:
        text: key of the words.
        values: what stands in their gaps: names of files, and labels under ``label``.
        settings: of the query, and of the filters.
    """

    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[Key, object] = field(default_factory=dict)

    def words(self) -> str:
        """In the language of the page."""
        return say(self.text, **{k: parts.emotion(v) if k == "label" else plain(v) for k, v in self.values.items()})


def of(store: EmotionStore) -> list[Example]:
    """The examples that this store has."""
    scores = [f"score_{label}" for label in _MARKED if cache.scored(store) and label in store.info.labels]
    rows = cache.rows(store, ("segment_id", "file", "level_dbfs", *scores), None)
    if not scores:
        first = rows.iloc[0]
        return [Example("example_like", {"file": first["file"]}, {Key.LIKE: [first["segment_id"]]})]
    found = []
    marked = scores[0]
    if rows[marked].notna().any():
        most, label = rows.sort_values(marked, ascending=False, kind="stable").iloc[0], marked.removeprefix("score_")
        found.append(Example("example_most", {"label": label}, {Key.LIKE: [most["segment_id"]]}))
        if "score_happy" in scores and label != "happy":
            wanted = {Key.LIKE: [most["segment_id"]], Key.TOWARD: ["happy:1"]}
            found.append(Example("example_happier", {"file": most["file"]}, wanted))
    if "score_sad" in scores and rows["level_dbfs"].notna().any():
        where = f"level_dbfs < {rows['level_dbfs'].quantile(_QUIET):.1f}"
        found.append(Example("example_quiet", {}, {Key.PROFILE: ["sad:1"], Key.WHERE: where}))
    return found


def ask(example: Example) -> None:
    """Look for this, and for nothing else."""
    for key in (*state.QUERY, *state.FILTERS):
        st.session_state.pop(key, None)
    for key, value in example.settings.items():
        st.session_state[key] = value
