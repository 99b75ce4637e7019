"""Duplicates: pairs against all pairs compared, what is a copy by content, what only shares a stretch."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.audit import duplicates
from tests.made_store import make_store


def planted(
    tmp_path: Path, copies: int = 4, n: int = 40, rows: dict[int, dict[str, Any]] | None = None
) -> tuple[Geometry, np.ndarray]:
    """Random directions; row 30 + i is a slightly shaken copy of row i, for the first ``copies`` rows."""
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(n, 20))
    for i in range(copies):
        embeddings[30 + i] = embeddings[i] * 2 + 0.05 * (i + 1) * rng.normal(size=20)
    given = [{"speaker": f"s{i % 5}", "emotion_given": "sad", **(rows or {}).get(i, {})} for i in range(n)]
    return Geometry(make_store(tmp_path / "store", given, embeddings=embeddings)), embeddings


def test_near_pairs_are_those_of_all_pairs_compared(tmp_path: Path) -> None:
    place, embeddings = planted(tmp_path)
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    distances = np.sqrt(np.maximum(2 - 2 * unit @ unit.T, 0))
    usual = np.median(np.sort(distances, axis=1)[:, 5])
    expected = [(i, j) for i, j in combinations(range(40), 2) if distances[i, j] <= 0.5 * usual]
    expected.sort(key=lambda p: distances[p])
    found = duplicates(place)
    rows = place.vectors.rows_of
    assert [tuple(rows([d.first, d.second])) for d in found.pairs] == expected
    assert set(expected) == {(i, 30 + i) for i in range(4)}
    assert [d.similarity for d in found.pairs] == pytest.approx([unit[i] @ unit[j] for i, j in expected], abs=1e-6)
    assert found.limit == pytest.approx(1 - (0.5 * usual) ** 2 / 2, abs=1e-5)
    assert {str(d.how) for d in found.pairs} == {"near"}


def test_identical_audio_comes_first_and_once_each(tmp_path: Path) -> None:
    same = {i: {"content_id": "c" * 32} for i in (5, 17, 31)}
    place, _ = planted(tmp_path, rows=same)
    found = duplicates(place)
    rows = place.vectors.rows_of
    assert [tuple(rows([d.first, d.second])) for d in found.pairs[:2]] == [(5, 17), (5, 31)]
    assert [str(d.how) for d in found.pairs[:3]] == ["identical", "identical", "near"]
    assert len(found.pairs) == 2 + 4  # row 31 is still a near copy of row 1


def test_identical_pairs_beyond_the_limit_are_counted(tmp_path: Path) -> None:
    place, _ = planted(tmp_path, rows={i: {"content_id": "c" * 32} for i in (5, 17, 31, 38)})
    whole = duplicates(place)
    found = duplicates(place, most=2)
    assert [d.how for d in found.pairs] == ["identical", "identical", "near", "near"]
    assert found.pairs == (*whole.pairs[:2], *whole.pairs[3:5])
    assert (found.more, found.more_identical, whole.more, whole.more_identical) == (2, 1, 0, 0)
    assert found.as_json()["more_identical"] == 1
    assert duplicates(place, most=0).more_identical == 3


def test_a_pair_that_is_identical_is_not_also_near(tmp_path: Path) -> None:
    place, _ = planted(tmp_path, rows={i: {"content_id": "c" * 32} for i in (0, 30)})
    pairs = [(d.first, d.second) for d in duplicates(place).pairs]
    assert len(pairs) == len(set(pairs)) == 4


def test_other_speakers_and_labels_are_said(tmp_path: Path) -> None:
    rows = {0: {"speaker": "amy"}, 30: {"speaker": "bo"}, 1: {"speaker": "cy"}, 31: {"speaker": None}}
    rows |= {2: {"emotion_given": "happy"}, 3: {"emotion_given": None}}
    place, _ = planted(tmp_path, rows=rows)
    found = {place.vectors.rows_of([d.first])[0]: d for d in duplicates(place).pairs}
    assert [found[i].speakers_differ for i in range(2)] == [True, False]
    assert [found[i].labels_differ for i in range(4)] == [False, False, True, False]


def test_windows_that_overlap_are_no_pair(tmp_path: Path) -> None:
    one = {"file": "long.wav", "start_s": 0.0, "end_s": 2.0}
    rows = {0: one, 30: {**one, "start_s": 1.0, "end_s": 3.0}, 1: one, 31: {**one, "start_s": 2.0, "end_s": 4.0}}
    rows |= {2: one, 32: {**one, "channel": "left"}, 3: one, 33: {**one, "corpus": "/other"}}
    place, _ = planted(tmp_path, rows=rows)
    firsts = {int(place.vectors.rows_of([d.first])[0]) for d in duplicates(place).pairs}
    assert firsts == {1, 2, 3}  # half-open: what begins where the other ends shares nothing


def test_no_more_than_asked_and_the_rest_is_counted(tmp_path: Path) -> None:
    place, _ = planted(tmp_path)
    found = duplicates(place, most=1)
    assert (len(found.pairs), found.more) == (1, 3)
    assert duplicates(place, most=1).pairs[0] == duplicates(place).pairs[0]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_rows(tmp_path: Path, n: int) -> None:
    place = Geometry(make_store(tmp_path / "store", [{}] * n, embeddings=np.ones((n, 3))))
    found = duplicates(place)
    assert found.pairs == ()
    assert found.limit is None  # with one neighbour nothing says what is near


def test_equal_clips_are_all_near(tmp_path: Path) -> None:
    found = duplicates(Geometry(make_store(tmp_path / "store", [{}] * 5, embeddings=np.ones((5, 3)))))
    assert len(found.pairs) == 10
    assert max(d.similarity for d in found.pairs) <= 1


def test_zero_vectors_are_near_nothing(tmp_path: Path) -> None:
    embeddings = np.concatenate([np.zeros((3, 8)), np.random.default_rng(0).normal(size=(20, 8))])
    assert duplicates(Geometry(make_store(tmp_path / "store", [{}] * 23, embeddings=embeddings))).pairs == ()


@pytest.mark.parametrize(("settings", "message"), [({"nearer": 1.5}, "0 to 1, not 1.5"), ({"most": -1}, "not -1")])
def test_settings_that_cannot_be(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    place, _ = planted(tmp_path)
    with pytest.raises(StoreError, match=message):
        duplicates(place, **settings)


def test_json_is_that_of_the_contract(tmp_path: Path) -> None:
    place, _ = planted(tmp_path)
    document = json.loads(json.dumps(duplicates(place).as_json(), allow_nan=False))
    first = document["duplicates"][0]
    assert first == [f"{0:032x}", f"{30:032x}", pytest.approx(1, abs=0.01)]
    assert document["pairs"][0]["how"] == "near"
