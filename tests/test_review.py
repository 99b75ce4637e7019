"""What to listen to next: every finding once, the kinds in turn, and what was decided on gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emoanalytics.listening.fragile import ClipFragility, Fragility
from emoanalytics.listening.same_audio import Agreement, Checked
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.review import LABEL, UNSURE, Why, review_queue, reviewed
from emoanalytics.store.decisions import Decision, Decisions
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.audit import Duplicate, Duplicates, Outliers, duplicates, flagged, outliers
from emoanalytics.views.audit.duplicates import How
from emoanalytics.views.labels_audit import audit_labels
from tests.made_store import make_store


def pair(first: str, second: str, how: How = How.NEAR) -> Duplicate:
    return Duplicate(first, second, 0.9, how, speakers_differ=False, labels_differ=False)


def fragility(*flipped: str) -> Fragility:
    clips = [ClipFragility(key, f"{key}.wav", "sad", 0.1, 0.5, {"mp332": "angry"}, 0.2, {}) for key in flipped]
    clips.append(ClipFragility("steady", "s.wav", "sad", 0.9, 1.0, {}, 0.0, {}))
    return Fragility(tuple(clips), (), (), (), (), 1.0, 0)


def test_kinds_take_turns_and_more_reasons_come_first() -> None:
    found = review_queue(
        copies=Duplicates((pair("a", "b"), pair("c", "d")), 0.9, 0),
        outliers=Outliers(pd.Index(["x", "y", "b"]), np.array([1.2, 3.0, 2.0]), 10, 1.5),
        fragile=fragility("f", "g", "h"),
        flags={"noisy": ["n"], "music": ["m", "n"]},
    )
    assert [clip.segment_id for clip in found] == ["b", "y", "f", "n", "d", "g", "m", "h"]
    both = found[0]
    assert both.kinds == {Why.COPY, Why.OUTLIER} and [reason.rank for reason in both.reasons] == [0, 1]
    assert (both.reasons[0].other, both.reasons[0].value, both.reasons[1].value) == ("a", 0.9, 2.0)
    flag = next(clip for clip in found if clip.segment_id == "n").reasons[0]
    assert (flag.why, flag.details, flag.value) == (Why.QUALITY, ("noisy", "music"), None)
    shaken = next(clip for clip in found if clip.segment_id == "f").reasons[0]
    assert (shaken.label, shaken.value, shaken.details) == ("sad", 0.5, ("mp332",))
    assert review_queue() == ()


def test_a_pair_heard_to_be_different_sounds_is_no_copy() -> None:
    near, same, unheard, identical = pair("a", "b"), pair("a", "c"), pair("a", "d"), pair("a", "e", How.IDENTICAL)
    checked = [
        Checked(near, Agreement(0.3, 0.0, 0.0)), Checked(same, Agreement(0.9, 0.0, 0.0)),
        Checked(unheard, None, "gone"), Checked(identical, Agreement(0.0, 0.0, None)),
    ]  # fmt: skip
    found = review_queue(copies=Duplicates((near, same, unheard, identical), 0.9, 0), checked=checked)
    assert [clip.segment_id for clip in found] == ["c", "d", "e"]


def test_a_clip_that_is_a_copy_of_two_stands_once_with_its_nearest() -> None:
    found = review_queue(copies=Duplicates((pair("a", "c", How.IDENTICAL), pair("b", "c")), 0.9, 0))
    assert [(clip.segment_id, clip.reasons[0].other, len(clip.reasons)) for clip in found] == [("c", "a", 1)]


def test_the_demo_gives_all_it_holds(demo_store: EmotionStore) -> None:
    labels, geometry = audit_labels(demo_store, refit=False, most=None), Geometry(demo_store)
    copies, far, flags = duplicates(geometry), outliers(geometry), flagged(demo_store)
    found = review_queue(labels=labels, copies=copies, outliers=far, flags=flags)
    kinds = {why: {clip.segment_id for clip in found if why in clip.kinds} for why in Why}
    assert kinds[Why.LABEL] == {s.segment_id for s in labels.labels if s.likely}
    assert kinds[Why.COPY] == {p.second for p in copies.pairs}
    assert kinds[Why.OUTLIER] == {str(far.ids[row]) for row in far.rows}
    assert kinds[Why.QUALITY] == {key for keys in flags.values() for key in keys}
    assert len(found) == len(set().union(*kinds.values())) == len({clip.segment_id for clip in found})
    assert [len(clip.reasons) for clip in found] == sorted((len(clip.reasons) for clip in found), reverse=True)


@pytest.mark.parametrize("kind", [LABEL, UNSURE])
def test_a_decision_holds_for_the_label_it_was_on(tmp_path: Path, kind: str) -> None:
    rows = [{"emotion_given": label} for label in ("sad", "happy", None, "angry")]
    store = make_store(tmp_path / "s", rows)
    a, b, c, d = (f"{i:032x}" for i in range(4))
    log = Decisions(store.path)
    log.record(a, kind, given="sad")
    log.record(b, kind, given="sad", decided="happy")  # the manifest was corrected
    log.record(c, kind)
    log.record(d, kind, given="sad", decided="happy")  # on a label that it has no more
    log.record("e" * 32, kind, given="sad")
    log.record(d, "heard", decided="sad")
    made = log.read().standing
    assert set(reviewed(store, made)) == {a, b, c}
    later: Decision = replace(made[0], id="f" * 32, decided="angry")
    assert reviewed(store, [*made, later])[a].decided == "angry"
    assert reviewed(store, []) == {}
