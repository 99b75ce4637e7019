"""Calibrating by ear: which clips are dealt out, and what the log of answers says as votes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from emoanalytics.errors import EmptySelectionError, HeadError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.decisions import Decision, Decisions
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.calibrate import HEARD, answer, answered, ballot, calibrate, clips_to_hear
from tests.made_store import make_store


def store_with(path: Path, winners: list[float], rows: list[dict] | None = None) -> EmotionStore:
    """The winner, angry, scores this; the other eight share the rest."""
    scores = np.repeat((1 - np.array(winners))[:, None] / 8, 9, axis=1)
    scores[:, 0] = winners
    given = rows or [{"speaker": f"s{i % 4}"} for i in range(len(winners))]
    return make_store(path, given, scores=scores)


def said(clip: str, heard: list[str], who: str | None = None, number: int = 0) -> Decision:
    return Decision(f"{clip}{who}{number}", "2026-01-01T00:00:00+00:00", clip, HEARD, None, answer(heard), who)


def test_every_height_of_the_score_and_every_speaker_is_dealt_out_evenly(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    winners = rng.uniform(0.2, 0.99, 200)
    store = store_with(tmp_path / "s", winners.tolist())
    fifth = np.argsort(np.argsort(winners)) // 40  # the slow twin of the bins
    speaker = {f"{i:032x}": i % 4 for i in range(200)}
    row = {f"{i:032x}": i for i in range(200)}
    dealt = clips_to_hear(store, 200, seed=1)
    assert sorted(dealt) == sorted(row)
    for n in (5, 20, 50, 100):
        bins = Counter(int(fifth[row[key]]) for key in dealt[:n])
        who = Counter(speaker[key] for key in dealt[:n])
        assert len(bins) == 5 and max(bins.values()) - min(bins.values()) <= 1
        assert max(who.values()) - min(who.values()) <= 1
        assert clips_to_hear(store, n, seed=1) == dealt[:n]
    assert clips_to_hear(store, 50, seed=2) != dealt[:50]


def test_rare_speakers_and_used_up_bins_do_not_end_it(tmp_path: Path) -> None:
    store = store_with(tmp_path / "s", [0.5] * 11, [{"speaker": "a" if i else "b"} for i in range(11)])
    dealt = clips_to_hear(store, 50)
    assert len(dealt) == len(set(dealt)) == 11


def test_clips_that_say_nothing_are_left_out(tmp_path: Path) -> None:
    rows = [
        {"speaker": "a"}, {"speaker": None}, {"speaker": "a", "end_s": 31.0},
        {"speaker": "b", "content_id": f"{0:032x}"}, {"speaker": "b"}, {"speaker": "b", "end_s": 30.0},
    ]  # fmt: skip
    store = store_with(tmp_path / "s", [0.3, 0.4, 0.5, 0.6, float("nan"), 0.7], rows)
    assert set(clips_to_hear(store)) == {f"{0:032x}", f"{5:032x}"}
    nobody = store_with(tmp_path / "n", [0.5], [{"speaker": None}])
    with pytest.raises(EmptySelectionError, match="no clip of a named speaker with a score and of at most 30 s"):
        clips_to_hear(nobody)
    with pytest.raises(HeadError, match="has no scores to calibrate"):
        clips_to_hear(make_store(tmp_path / "h", [{"speaker": "a"}]))


def test_answers_are_votes(tmp_path: Path) -> None:
    store = store_with(tmp_path / "s", [0.5] * 3)
    a, b, c = (f"{i:032x}" for i in range(3))
    log = [
        said(a, ["sad"]),
        said(a, ["happy"], "ann"),
        said(b, ["sad", "angry"]),
        said(c, []),
        said(a, ["neutral"], "ann", 1),
    ]
    found = ballot(store, log)
    assert found.table["segment_id"].tolist() == [a, b, c]
    votes = found.table.drop(columns="segment_id")
    assert votes.columns.tolist() == [f"vote_{e}" for e in EMOTION_IDS]
    expected = np.zeros((3, 9))
    expected[0, [EMOTION_IDS.index("sad"), EMOTION_IDS.index("neutral")]] = 0.5  # ann's last answer holds
    expected[1, [EMOTION_IDS.index("sad"), EMOTION_IDS.index("angry")]] = 0.5
    expected[2] = 1 / 9
    np.testing.assert_allclose(votes.to_numpy(), expected)
    assert (found.clips, found.listeners, found.unsure, found.left_out) == (3, 2, 1, 0)
    assert tuple(map(str, found.notes)) == ("1 of 4 answers unsure: the same weight for every label",)
    assert len(answered(log)) == 4
    assert answered([Decision("1", "x", a, "label", "sad", "happy")]) == {}


@pytest.mark.parametrize("policy", ["drop", "apart"])
def test_other_and_unknown_stand_beside_where_asked(tmp_path: Path, policy: str) -> None:
    store = store_with(tmp_path / "s", [0.5] * 2)
    a, b = (f"{i:032x}" for i in range(2))
    found = ballot(store, [said(a, ["other", "sad"]), said(b, [])], policy)
    row = found.table.set_index("segment_id")
    assert row.loc[a, "vote_other"] == row.loc[a, "vote_sad"] == 0.5
    assert row.loc[b, "vote_unknown"] == 0 and row.loc[b, "vote_angry"] == pytest.approx(1 / 7)


def test_what_the_head_does_not_know_is_left_out_and_said(tmp_path: Path) -> None:
    store = store_with(tmp_path / "s", [0.5] * 3)
    with store.writer() as writer:
        ids = store.segments(["segment_id"])["segment_id"].tolist()
        scores = pa.table({"segment_id": ids, "score_sad": [0.4] * 3, "score_angry": [0.6] * 3})
        writer.save_head(
            "two", weights=np.zeros((2, store.info.dim)), bias=np.zeros(2), labels=["sad", "angry"], scores=scores
        )
        writer.set_head("two")
    a, b, c = ids
    found = ballot(store, [said(a, ["happy"]), said(b, ["happy", "sad"]), said(c, ["other"])])
    assert found.table["segment_id"].tolist() == [b] and found.table["vote_sad"].tolist() == [1.0]
    assert found.left_out == 2 and found.notes[0].en.startswith(
        "2 of 3 answers left out, with only labels the head does not know"
    )


def test_fifty_answers_calibrate(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    store = store_with(
        tmp_path / "s", rng.uniform(0.3, 0.95, 120).tolist(), [{"speaker": f"s{i % 12}"} for i in range(120)]
    )
    log = Decisions(store.path)
    for number, key in enumerate(clips_to_hear(store, 51)):
        log.record(key, HEARD, decided=answer(["other"] if number == 50 else [str(rng.choice(EMOTION_IDS[:5]))]))
    votes = ballot(store, log.read().standing, "drop")
    assert (votes.clips, len(votes.table)) == (50, 51)  # other alone says nothing of the rest
    found = calibrate(store, votes.table, save=False, other="drop")
    assert found.clips == 50 and found.speakers == 12
    assert ballot(store, log.read().standing).clips == 51
