"""Which clips count: every number against a plain loop over the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoanalytics.audio.quality import Flag
from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.scoring import score_table
from emoanalytics.statistics.evidence import FLAG_WEIGHTS, Reason, Weighing, effective_n, gather, knows
from emoanalytics.store.store import EmotionStore
from tests.made_store import make_store

ROWS: list[dict[str, Any]] = [
    {"speaker": "anna", "end_s": 1.0},
    {"speaker": "anna", "end_s": 3.0, "flags": ["noisy"]},
    {"speaker": "ben", "end_s": 2.0, "flags": ["noisy", "clipped"]},
    {"speaker": "ben", "end_s": 5.0, "flags": ["silent"]},
    {"speaker": "ben", "end_s": 1.5},
]


def some_scores(n: int) -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.ones(9), n)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> EmotionStore:
    return make_store(tmp_path_factory.mktemp("evidence") / "s", ROWS, scores=some_scores(5))


def test_all_clips_count_the_same_by_default(store: EmotionStore) -> None:
    found = gather(store, ["speaker", "file"])
    assert list(found.table.columns) == ["speaker", "file"]
    assert found.table["speaker"].tolist() == [r["speaker"] for r in ROWS]
    assert found.labels == EMOTION_IDS
    np.testing.assert_allclose(found.scores, some_scores(5), atol=1e-7)
    assert found.weights.tolist() == [1.0] * 5
    assert (dict(found.left_out), found.role, len(found), found.effective) == ({}, None, 5, 5.0)
    assert found.said() == ("5 clips used, none left out.",)
    assert knows(found)
    with pytest.raises(ValueError, match="read-only"):
        found.scores[0, 0] = 1


def test_duration_and_quality_weigh(store: EmotionStore) -> None:
    assert gather(store, weigh="duration").weights.tolist() == [1.0, 3.0, 2.0, 5.0, 1.5]
    found = gather(store, ["speaker"], weigh=Weighing.QUALITY)
    expected = []
    for row in ROWS:
        weight = 1.0
        for flag in row.get("flags", []):
            weight *= FLAG_WEIGHTS[Flag(flag)]
        expected.append(weight)
    assert found.weights.tolist() == [w for w in expected if w > 0] == [1.0, 0.5, 0.25, 1.0]
    assert dict(found.left_out) == {Reason.NO_WEIGHT: 1}
    assert found.table["speaker"].tolist() == ["anna", "anna", "ben", "ben"]
    assert found.effective == pytest.approx(2.75**2 / (1 + 0.25 + 0.0625 + 1))
    assert set(FLAG_WEIGHTS) == set(Flag)
    assert any("worth 3 equal clips" in line for line in found.said())


def test_flags_exclude_and_the_reasons_are_counted_once(store: EmotionStore) -> None:
    found = gather(store, where="end_s >= 1.5", exclude_flags=["clipped", Flag.NOISY], weigh="quality")
    assert dict(found.left_out) == {Reason.FILTER: 1, Reason.FLAG: 2, Reason.NO_WEIGHT: 1}
    assert len(found) == 1
    assert found.exclude_flags == (Flag.CLIPPED, Flag.NOISY)
    assert found.said()[0] == ("1 clip used; left out: 1 (not selected), 2 (flagged clipped, noisy), 1 (weight zero).")
    assert found.said("zh")[0] == "用了 1 条；未用：1 条未被选中、2 条有质量标记（削波、噪声大）、1 条权重为零。"
    assert found.as_json()["left_out"] == {"filter": 1, "flag": 2, "no_weight": 1}


def test_agents_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    rows = [{"role": r, "speaker": s} for r, s in [("client", "c"), ("agent", "a"), (None, "x"), ("client", "c")]]
    store = make_store(tmp_path / "s", rows, scores=some_scores(4))
    found = gather(store, ["speaker"])
    assert (found.role, found.role_by_default) == ("client", True)
    assert found.table["speaker"].tolist() == ["c", "c"]
    assert dict(found.left_out) == {Reason.ROLE: 2}
    assert "Article 5(1)(f)" in found.said()[-1]
    assert "第 5 条" in found.said("zh")[-1]
    assert len(gather(store, role="all")) == 4
    assert gather(store, ["speaker"], role="agent").table["speaker"].tolist() == ["a"]
    assert "another role than agent" in gather(store, role="agent").said()[0]
    with pytest.raises(EmptySelectionError, match=r"1 of another role than client .*role='all'"):
        gather(store, where="speaker = 'x'")  # no agent among these rows, but in the store
    with pytest.raises(EmptySelectionError, match="unless you ask"):
        gather(store, where="role = 'agent'")


@pytest.mark.parametrize(
    ("agent", "client"),
    [("Agent", "Customer"), ("坐席", "客户"), ("客服", "顾客"), ("OPERATOR", "client "), ("employee", None)],
)
def test_agents_are_left_out_however_they_are_spelt(tmp_path: Path, agent: str, client: str | None) -> None:
    rows = [{"role": agent, "speaker": "a"}, {"role": client, "speaker": "c"}, {"role": "coach", "speaker": "x"}]
    store = make_store(tmp_path / "s", rows, scores=some_scores(3))
    if client is None:
        with pytest.raises(EmptySelectionError, match="3 of another role than client"):
            gather(store)
    else:
        found = gather(store, ["speaker"])
        assert (found.table["speaker"].tolist(), found.role_by_default) == (["c"], True)
        assert gather(store, ["speaker"], role="client").table["speaker"].tolist() == ["c"]
    assert gather(store, ["speaker"], role="agent").table["speaker"].tolist() == ["a"]
    assert gather(store, ["speaker"], role="coach").table["speaker"].tolist() == ["x"]


def test_roles_without_agents_are_all_kept(tmp_path: Path) -> None:
    store = make_store(tmp_path / "s", [{"role": "client"}, {"role": None}], scores=some_scores(2))
    assert (len(gather(store)), gather(store).role) == (2, None)


def test_scores_that_are_no_numbers_leave_their_clip_out(tmp_path: Path) -> None:
    scores = some_scores(4)
    scores[1] = np.nan
    scores[2, 3] = np.inf
    found = gather(make_store(tmp_path / "s", [{}] * 4, scores=scores))
    assert dict(found.left_out) == {Reason.NO_SCORES: 2}
    np.testing.assert_allclose(found.scores, scores[[0, 3]], atol=1e-7)


def test_a_head_for_other_labels_is_read_and_known_as_such(tmp_path: Path) -> None:
    store = make_store(tmp_path / "s", [{}] * 3)
    with store.writer() as writer:
        ids = [f"{i:032x}" for i in range(3)]
        table = score_table(ids, ("calm", "tense"), np.array([[0.2, 0.8]] * 3, np.float32))
        writer.save_head(
            "m", weights=np.zeros((2, 3)), bias=np.zeros(2), labels=("calm", "tense"), scores=table, report={}
        )
        writer.set_head("m")
    found = gather(store)
    assert found.labels[9:] == ("calm", "tense")
    assert found.known.tolist() == [False] * 9 + [True] * 2
    assert not knows(found)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"weigh": "loudness"}, "weighed by clips, duration, quality, not by 'loudness'"),
        ({"exclude_flags": ["nosy"]}, r"no quality flag 'nosy' \(did you mean noisy\?\)"),
        ({"exclude_flags": ["xyz"]}, "the flags are too_short, "),
        ({"columns": ["nix"]}, "has no column 'nix'"),
        ({"where": "speakr = 'a'"}, "did you mean speaker"),
    ],
)
def test_mistakes_are_one_clear_line(store: EmotionStore, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(StoreError, match=said):
        gather(store, **asked)


def test_nothing_left_says_why(store: EmotionStore, tmp_path: Path) -> None:
    with pytest.raises(EmptySelectionError, match="can be used, of 5: 5 not selected"):
        gather(store, where="speaker = 'carl'")
    with pytest.raises(EmptySelectionError, match="has no scores, only embeddings: fit a head"):
        gather(make_store(tmp_path / "a", [{}]))
    with pytest.raises(EmptySelectionError, match="holds no clip"):
        gather(make_store(tmp_path / "b", []))


def test_no_embedding_is_loaded(store: EmotionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EmotionStore, "embeddings", lambda *_: pytest.fail("embeddings were loaded"))
    assert len(gather(store)) == 5


def test_effective_number() -> None:
    assert effective_n(np.array([2.0, 2.0])) == 2
    assert effective_n(np.array([1.0, 2.0])) == pytest.approx(9 / 5)
    assert effective_n(np.zeros(0)) == 0
