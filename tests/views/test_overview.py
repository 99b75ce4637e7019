"""The overview: every number against plain loops over the rows."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from emoanalytics.labels import EMOTION_IDS
from emoanalytics.scoring import score_table
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.overview import MeanScore, Overview, _covered_s, overview
from tests.made_store import make_store

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def some_rows(n: int = 60, speakers: int = 7, seed: int = 0) -> list[dict[str, Any]]:
    """Rows with gaps in every column that may have them, and four copies."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        speaker = int(rng.integers(speakers + 1))
        rows.append(
            {
                "file": f"{i // 3}.wav",
                "content_id": f"{100 + (i - 1 if i in (11, 12, 31) else i):032x}",
                "start_s": float(i % 3),
                "end_s": i % 3 + float(rng.uniform(0.2, 3)),
                "speaker": None if speaker == speakers else f"speaker{speaker}",
                "session": [None, "week1", "week2", "week3"][int(rng.integers(4))],
                "recorded_at": None if i % 7 == 0 else START + timedelta(days=int(rng.integers(50))),
                "language": [None, "en", "zh"][int(rng.integers(3))],
                "role": [None, "agent", "client"][int(rng.integers(3))],
                "emotion_given": [None, "sad", "calm", "angry"][int(rng.integers(4))],
                "flags": [[], ["noisy"], ["noisy", "too_short"]][int(rng.integers(3))],
            }
        )
    rows[12]["content_id"] = rows[10]["content_id"]  # three alike, and two
    rows[11]["content_id"] = rows[10]["content_id"]
    return rows


def some_scores(n: int, seed: int = 1) -> np.ndarray:
    raw = np.random.default_rng(seed).random((n, 9)) ** 3
    return (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)


def counts(values: list[Any]) -> dict[str, int]:
    return dict(Counter(v for v in values if v is not None))


def bootstrap_ends(rows: list[dict[str, Any]], values: list[float], name: str, seed: int) -> tuple[float, float]:
    """The slow twin: draw whole speakers, pool their clips, studentise; clips without one are a speaker more."""
    groups: dict[str | None, list[float]] = {}
    for row, value in zip(rows, values, strict=True):
        if row[name] is not None:
            groups.setdefault(row[name], []).append(value)
    loose = [value for row, value in zip(rows, values, strict=True) if row[name] is None]
    clips = [*groups.values(), *([loose] if loose else [])]
    n = len(clips)

    def logit(p: float) -> float:
        return float(np.log(p / (1 - p)))

    def drawn(times: list[int]) -> tuple[float, float]:
        size = sum(t * len(c) for t, c in zip(times, clips, strict=True))
        mean = sum(t * sum(c) for t, c in zip(times, clips, strict=True)) / size
        squares = sum(t * (sum(c) - mean * len(c)) ** 2 for t, c in zip(times, clips, strict=True))
        return mean, float(np.sqrt(squares * n / (n - 1)) / size)

    mean = drawn([1] * n)[0]
    without = [logit(drawn([int(i != out) for i in range(n)])[0]) for out in range(n)]
    error = float(np.sqrt((n - 1) / n * sum((x - np.mean(without)) ** 2 for x in without)))
    far = []
    for times in np.random.default_rng([seed, n]).multinomial(n, [1 / n] * n, size=1000).tolist():
        again, spread = drawn(times)
        far.append(abs(logit(again) - logit(mean)) * again * (1 - again) / spread if spread > 1e-9 else np.inf)
    freedom = sum(map(len, clips)) ** 2 / sum(len(c) ** 2 for c in clips) - 1
    reach = min(sorted(far)[949], 1.2 * float(stats.t.ppf(0.975, freedom))) * error
    return 1 / (1 + np.exp(reach - logit(mean))), 1 / (1 + np.exp(-reach - logit(mean)))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return some_rows()


@pytest.fixture(scope="module")
def scores() -> np.ndarray:
    return some_scores(60)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], scores: np.ndarray) -> EmotionStore:
    failures = [
        {"file": "a.wav", "stage": "decode", "reason": "empty"},
        {"file": "b.wav", "stage": "decode", "reason": "empty"},
        {"file": "b.wav", "stage": "cut", "reason": "no speech"},
    ]
    return make_store(tmp_path_factory.mktemp("overview") / "store", rows, scores=scores, failures=failures)


@pytest.fixture(scope="module")
def view(store: EmotionStore) -> Overview:
    return overview(store)


def test_rows_recordings_and_hours_are_counted(view: Overview, rows: list[dict[str, Any]]) -> None:
    assert view.segments == 60
    assert view.recordings == 20
    spans: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        spans.setdefault(row["file"], []).append((row["start_s"], row["end_s"]))
    grid = np.arange(0, 6, 0.001)  # the slow twin: is this millisecond in a segment?
    covered = sum(sum(any(a <= t < b for a, b in cuts) for t in grid) for cuts in spans.values()) * 0.001
    assert view.hours == pytest.approx(covered / 3600, rel=1e-3)


def test_one_file_name_in_two_corpora_is_two_recordings(tmp_path: Path) -> None:
    rows = [{"corpus": "/one", "file": "a.wav"}, {"corpus": "/two", "file": "a.wav"}]
    assert overview(make_store(tmp_path / "s", rows)).recordings == 2


def test_people_sessions_and_dates(view: Overview, rows: list[dict[str, Any]]) -> None:
    assert view.speakers == len({r["speaker"] for r in rows} - {None}) == 7
    assert view.sessions == len({(r["speaker"], r["session"]) for r in rows if r["session"] is not None})
    dates = [r["recorded_at"] for r in rows if r["recorded_at"] is not None]
    assert view.first is not None
    assert view.last is not None
    assert datetime.fromisoformat(view.first) == min(dates)
    assert datetime.fromisoformat(view.last) == max(dates)


def test_counts_of_labels_and_flags_are_most_frequent_first(view: Overview, rows: list[dict[str, Any]]) -> None:
    for found, column in ((view.languages, "language"), (view.roles, "role"), (view.given, "emotion_given")):
        assert dict(found) == counts([r[column] for r in rows])
        assert list(found.values()) == sorted(found.values(), reverse=True)
    assert dict(view.flags) == counts([flag for r in rows for flag in r["flags"]])
    assert view.flagged == sum(bool(r["flags"]) for r in rows)
    assert dict(view.failures) == {"decode": 2, "cut": 1}


def test_identical_audio_stands_together(view: Overview, rows: list[dict[str, Any]]) -> None:
    groups: dict[str, list[str]] = {}
    for i, row in enumerate(rows):
        groups.setdefault(row["content_id"], []).append(f"{i:032x}")
    assert set(view.duplicates) == {tuple(ids) for ids in groups.values() if len(ids) > 1}
    assert sorted(map(len, view.duplicates)) == [2, 3]


def test_means_are_over_the_whole_distribution(view: Overview, rows: list[dict[str, Any]], scores: np.ndarray) -> None:
    clients = [i for i, row in enumerate(rows) if row["role"] == "client"]  # some are agents'
    scores = scores[clients]
    assert (view.scored, view.scores_role, view.other_roles) == (len(clients), "client", 60 - len(clients))
    assert [s.emotion for s in view.scores] == list(EMOTION_IDS)
    winners = [max(range(9), key=lambda k, row=row: row[k]) for row in scores.tolist()]
    for i, found in enumerate(view.scores):
        assert found.mean == pytest.approx(sum(float(row[i]) for row in scores) / len(clients), abs=1e-6)
        assert found.winners == winners.count(i)
    assert sum(s.mean for s in view.scores) == pytest.approx(1, abs=1e-5)
    assert view.further == ()


def test_intervals_resample_speakers(view: Overview, rows: list[dict[str, Any]], scores: np.ndarray) -> None:
    clients = [i for i, row in enumerate(rows) if row["role"] == "client"]
    mine = [rows[i] for i in clients]
    assert (view.clusters, view.clustered_by) == (len({r["speaker"] for r in mine} - {None}), "speaker")
    for i in (0, 4):
        low, high = bootstrap_ends(mine, [float(v) for v in scores[clients, i]], "speaker", seed=0)
        found = view.scores[i]
        assert (found.low, found.high) == (pytest.approx(low, abs=2e-5), pytest.approx(high, abs=2e-5))
        assert low < found.mean < high


def test_the_seed_decides_the_interval_and_nothing_else(store: EmotionStore, view: Overview) -> None:
    again, other = overview(store), overview(store, seed=1)
    assert again == view
    assert [s.mean for s in other.scores] == [s.mean for s in view.scores]
    assert other.scores[0].low != view.scores[0].low
    assert other.scores[0].low == pytest.approx(view.scores[0].low, abs=0.02)


def test_few_speakers_with_many_sessions_resample_sessions(tmp_path: Path) -> None:
    rows = [{"speaker": f"s{i % 2}", "session": f"week{i % 3}"} for i in range(24)]
    scores = some_scores(24)
    view = overview(make_store(tmp_path / "s", rows, scores=scores))
    assert (view.clusters, view.clustered_by) == (6, "session")  # week1 of one speaker is not week1 of the other
    pairs = [{"pair": (r["speaker"], r["session"])} for r in rows]
    low, high = bootstrap_ends(pairs, [float(v) for v in scores[:, 2]], "pair", seed=0)
    assert (view.scores[2].low, view.scores[2].high) == (pytest.approx(low, abs=2e-5), pytest.approx(high, abs=2e-5))


def test_fewer_than_five_groups_are_not_enough_evidence(tmp_path: Path) -> None:
    rows = [{"speaker": f"s{i % 2}", "session": f"week{i % 4 // 2}"} for i in range(20)]
    view = overview(make_store(tmp_path / "s", rows, scores=some_scores(20)))
    assert (view.clusters, view.clustered_by) == (0, None)
    assert all(s.mean is not None and s.low is None and s.high is None for s in view.scores)


def test_speakers_without_scores_are_no_evidence(tmp_path: Path) -> None:
    rows = [{"speaker": f"s{i % 8}"} for i in range(40)]
    scores = np.where(np.arange(40)[:, None] % 8 < 4, some_scores(40), np.nan)
    view = overview(make_store(tmp_path / "s", rows, scores=scores))
    assert (view.scored, view.clusters, view.clustered_by) == (20, 0, None)
    assert view.scores[0].mean == pytest.approx(np.nanmean(scores[:, 0]), abs=1e-6)


@pytest.mark.filterwarnings("error")
def test_what_a_head_does_not_know_is_none_and_further_labels_win_too(tmp_path: Path) -> None:
    rows = [{"speaker": f"s{i % 6}"} for i in range(30)]
    store = make_store(tmp_path / "s", rows)
    scores = np.random.default_rng(3).dirichlet([1, 1, 1], size=30).astype(np.float32)
    labels = ("angry", "calm", "sad")
    with store.writer() as writer:
        ids = [f"{i:032x}" for i in range(30)]
        table = score_table(ids, labels, scores)
        weights = np.zeros((3, 30))
        writer.save_head("mine", weights=weights, bias=np.zeros(3), labels=labels, scores=table, report={"uar": 0.5})
        writer.set_head("mine")
    view = overview(store)
    by_name = {s.emotion: s for s in (*view.scores, *view.further)}
    assert [s.emotion for s in view.further] == ["calm"]
    best = scores.argmax(axis=1)
    for i, label in enumerate(labels):
        assert by_name[label].mean == pytest.approx(float(scores[:, i].mean()), abs=1e-6)
        assert by_name[label].winners == int((best == i).sum())
        assert by_name[label].low < by_name[label].mean < by_name[label].high
    assert by_name["happy"] == MeanScore("happy", None, None, None, 0)
    assert view.head == "mine"
    assert view.head_report == {"uar": 0.5}


@pytest.mark.filterwarnings("error")
def test_an_empty_store(tmp_path: Path) -> None:
    view = overview(make_store(tmp_path / "s", []))
    assert (view.segments, view.recordings, view.hours, view.speakers, view.sessions) == (0, 0, 0.0, 0, 0)
    assert (view.first, view.last, view.duplicates, view.flagged, view.scored) == (None, None, (), 0, 0)
    assert (view.head, view.head_report, view.head_missing, view.last_run) == (None, None, None, None)
    assert all(s == MeanScore(s.emotion, None, None, None, 0) for s in view.scores)
    json.dumps(view.as_json(), allow_nan=False)


def test_a_store_without_a_head_has_no_scores(tmp_path: Path) -> None:
    view = overview(make_store(tmp_path / "s", [{"speaker": f"s{i}"} for i in range(6)]))
    assert (view.segments, view.speakers, view.scored) == (6, 6, 0)
    assert (view.clusters, view.clustered_by) == (0, None)
    assert {s.mean for s in view.scores} == {None}


def test_no_embedding_is_loaded(store: EmotionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("embeddings were loaded")

    monkeypatch.setattr(EmotionStore, "embeddings", refuse)
    monkeypatch.setattr(EmotionStore, "iter_embeddings", refuse)
    assert overview(store).segments == 60


def test_the_last_build_is_the_last_build(tmp_path: Path) -> None:
    store = make_store(tmp_path / "s", [{}])
    with store.writer() as writer:
        writer.write_run({"kind": "build", "n": 1})
        writer.write_run({"kind": "build", "n": 2})
        writer.write_run({"kind": "head fit", "n": 3})
    last = overview(store).last_run
    assert last is not None
    assert last["n"] == 2


def test_it_is_plain_json(view: Overview) -> None:
    document = json.loads(json.dumps(view.as_json(), allow_nan=False))
    assert document["segments"] == 60
    assert document["scores"][4]["emotion"] == "neutral"
    assert document["encoder"]["name"] == "made"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.integers(1, 9)), max_size=12))
def test_hours_count_overlapping_segments_once(spans: list[tuple[str, int, int]]) -> None:
    """The slow twin counts whole seconds."""
    table = pd.DataFrame(spans, columns=["file", "start_s", "length"]).astype({"start_s": float})
    table = table.assign(corpus="c", channel="mix", end_s=table["start_s"] + table["length"])
    seconds = {(file, s) for file, start, length in spans for s in range(start, start + length)}
    assert _covered_s(table) == pytest.approx(len(seconds))
