"""What deserves a look in a store: a short list, each line with the page and the settings it leads to.

What the overview knows is said at once; what takes a computation is said once anybody asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from app.geometry import Progress, Shared
from app.inspection import Inspection
from app.state import Key
from emoanalytics import EmoAnalyticsError, Overview, Trends

_STEPS = 5
T = TypeVar("T")


@dataclass(frozen=True)
class Notice:
    """One line.

    Attributes:
        text: key of it.
        n: how many; 0: the line names no number.
        page: where it leads; empty: nowhere, the text says what to do.
        settings: of that page.
    """

    text: str
    n: int = 0
    page: str = ""
    settings: Mapping[Key, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Looked:
    """What a look found; None: it could not be looked for.

    Attributes:
        labels: clips whose label is confidently another.
        contradictions: groups of identical audio with different labels.
        one_label: speakers whose clips all have one label.
        near: pairs of clips that are nearly the same.
        outliers: clips unlike all others.
        changed: speakers who changed.
        index: whether searches would be faster with an index that is not there.
    """

    labels: int | None
    contradictions: int | None
    one_label: int | None
    near: int | None
    outliers: int | None
    changed: int | None
    index: bool


class Attention:
    """The look at a store, for all sessions.

    Args:
        inspection: the audits of the store.
        raw: its raw space.
        trends: makes its speakers over time.
    """

    def __init__(self, inspection: Inspection, raw: Shared, trends: Callable[[], Trends]) -> None:
        self._inspection, self._raw, self._trends = inspection, raw, trends
        self._lock = Lock()
        self.known: Looked | None = None

    def look(self, progress: Progress | None = None) -> Looked:
        """Look, once.

        Args:
            progress: called before each step, and while a step tells.
        """
        with self._lock:
            if self.known is None:
                self.known = self._look(progress or _silent)
            return self.known

    def _look(self, tell: Progress) -> Looked:
        tell(0, _STEPS, "looking")
        audit = _try(lambda: self._inspection.labels(thorough=False))
        tell(1, _STEPS, "looking")
        copies = _try(lambda: self._inspection.duplicates(tell))
        tell(2, _STEPS, "looking")
        outliers = _try(lambda: self._inspection.outliers(tell))
        tell(3, _STEPS, "looking")
        trends = _try(self._trends)
        tell(4, _STEPS, "looking")
        return Looked(
            labels=None if audit is None else audit.likely,
            contradictions=None if audit is None else len(audit.contradictions),
            one_label=None if audit is None else audit.one_label.speakers,
            near=None if copies is None else sum(pair.how == "near" for pair in copies.pairs),
            outliers=None if outliers is None else len(outliers.rows),
            changed=None if trends is None else sum(bool(speaker.changes) for speaker in trends.speakers),
            index=bool(_try(lambda: self._raw.ask(lambda geometry: geometry.lacks_index))),
        )


def notices(found: Overview, looked: Looked | None) -> list[Notice]:
    """The lines, what weighs most first: what makes numbers wrong, then what is to be heard, then what could be better.

    Args:
        found: what is in the store.
        looked: what a look found; None: nobody looked yet.
    """

    def audit(part: str) -> dict[Key, str]:
        return {Key.PART: part}

    def counted(text: str, n: int | None, page: str, settings: Mapping[Key, str]) -> list[Notice]:
        return [Notice(text, n, page, settings)] if n else []

    seen = looked or Looked(None, None, None, None, None, None, index=False)
    scored = found.scored + found.other_roles > 0
    wizard = Notice("look_uncalibrated", page="settings", settings={Key.PANEL: "calibration"})
    return [
        *([Notice("look_no_head_labelled" if found.given else "look_no_head")] if not scored else []),
        *counted("look_failures", sum(found.failures.values()), "", {}),
        *counted("look_contradictions", seen.contradictions, "audit", audit("corpus")),
        *counted("look_labels", seen.labels, "audit", {Key.PART: "queue", Key.KINDS: "label"}),
        *counted("look_copies", len(found.duplicates), "audit", audit("copies")),
        *counted("look_near", seen.near, "audit", audit("copies")),
        *counted("look_flagged", found.flagged, "audit", audit("quality")),
        *counted("look_outliers", seen.outliers, "audit", audit("outliers")),
        *counted("look_changed", seen.changed, "speakers", {Key.ASPECT: "change"}),
        *counted("look_one_label", seen.one_label, "audit", audit("corpus")),
        *([wizard] if scored and not found.calibrated else []),
        *([Notice("look_index", page="search")] if seen.index else []),
    ]


def _try(question: Callable[[], T]) -> T | None:
    """An answer; None where the store does not have what it takes, e.g. no labels."""
    try:
        return question()
    except EmoAnalyticsError:
        return None


def _silent(done: int, total: int, note: str) -> None:
    """Nobody listens."""
