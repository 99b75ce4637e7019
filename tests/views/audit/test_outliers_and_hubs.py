"""Outliers and hubs against scikit-learn and plain loops."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import skew
from sklearn.neighbors import LocalOutlierFactor

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.audit import flagged, hubs, outliers
from tests.made_store import make_store


def place_of(tmp_path: Path, embeddings: np.ndarray) -> Geometry:
    return Geometry(make_store(tmp_path / "store", [{}] * len(embeddings), embeddings=embeddings))


def cloud(n: int = 150, dim: int = 10, seed: int = 0) -> np.ndarray:
    """A crowd around one direction, and in its last row the opposite one."""
    rng = np.random.default_rng(seed)
    rows = np.eye(1, dim) + 0.2 * rng.normal(size=(n, dim))
    rows[-1] = -np.eye(1, dim)
    return rows


@pytest.mark.parametrize("neighbours", [1, 7, 20])
def test_factors_are_those_of_scikit_learn(tmp_path: Path, neighbours: int) -> None:
    place = place_of(tmp_path, cloud())
    found = outliers(place, neighbours=neighbours)
    points = np.asarray(place.vectors.points(slice(None)), np.float64)
    twin = LocalOutlierFactor(n_neighbors=neighbours).fit(points)
    assert found.factors == pytest.approx(-twin.negative_outlier_factor_, rel=2e-3)
    assert found.rows[0] == 149


@pytest.mark.parametrize("block", [1 << 23, 20_000])
def test_factors_of_clips_that_are_nearly_alike_are_those_of_scikit_learn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(import_module("emoanalytics.views.audit.outliers"), "_PRODUCTS", block)
    rng = np.random.default_rng(0)
    embeddings = (3 + 1e-3 * rng.normal(size=(85, 12))).astype(np.float32)
    embeddings[80:] += 0.02 * rng.normal(size=(5, 12)).astype(np.float32)
    points = embeddings.astype(np.float64)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    found = outliers(place_of(tmp_path, embeddings))
    twin = -LocalOutlierFactor(n_neighbors=10).fit(points).negative_outlier_factor_
    assert found.factors == pytest.approx(twin, rel=2e-3)
    assert set(found.rows) >= set(range(80, 85))


def test_who_stands_out_is_told_by_robust_deviations(tmp_path: Path) -> None:
    found = outliers(place_of(tmp_path, cloud()), deviations=4)
    logs = [np.log(f) for f in found.factors]
    middle = sorted(logs)[74] / 2 + sorted(logs)[75] / 2
    off = sorted(abs(x - middle) for x in logs)
    spread = 1.4826 * (off[74] + off[75]) / 2
    expected = [i for i in range(150) if logs[i] >= middle + 4 * spread]
    assert sorted(found.rows) == expected
    assert 149 in expected
    assert (np.diff(found.factors[found.rows]) <= 0).all()


def test_counts_are_those_of_a_loop_and_lists_are_full(tmp_path: Path) -> None:
    place = place_of(tmp_path, cloud())
    found = hubs(place, neighbours=10)
    points = np.asarray(place.vectors.points(slice(None)), np.float64)
    similarity = points @ points.T
    np.fill_diagonal(similarity, -2)
    counts = [0] * 150
    for row in range(150):
        for other in np.argsort(-similarity[row], kind="stable")[:10]:
            counts[other] += 1
    assert found.counts.tolist() == counts
    assert found.skewness == pytest.approx(skew(counts))
    mean, deviation = np.mean(counts), np.std(counts)
    assert set(found.rows) == {i for i in range(150) if counts[i] > mean + 2 * deviation}
    assert found.nobody == counts.count(0)
    assert 149 not in found.rows


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_rows(tmp_path: Path, n: int) -> None:
    place = place_of(tmp_path, np.eye(max(n, 1), 4)[:n])
    far, near = outliers(place), hubs(place)
    assert far.factors == pytest.approx(np.ones(n))
    assert far.rows.size == near.rows.size == 0
    assert near.skewness is None
    assert far.neighbours == near.neighbours == max(n - 1, 0)


def test_equal_clips_stand_out_nowhere(tmp_path: Path) -> None:
    place = place_of(tmp_path, np.ones((30, 4)))
    assert outliers(place).factors == pytest.approx(np.ones(30))
    assert outliers(place).rows.size == 0


def test_more_neighbours_than_rows_are_all_rows(tmp_path: Path) -> None:
    place = place_of(tmp_path, cloud(12))
    assert outliers(place, neighbours=10_000_000).neighbours == 11
    assert hubs(place, neighbours=10_000_000).counts.tolist() == [11] * 12


def test_settings_that_cannot_be(tmp_path: Path) -> None:
    place = place_of(tmp_path, cloud(12))
    with pytest.raises(StoreError, match="at least 1 neighbour, not 0"):
        outliers(place, neighbours=0)
    with pytest.raises(StoreError, match="a positive number, not 0"):
        outliers(place, deviations=0)
    with pytest.raises(StoreError, match="at least 1 neighbour, not -2"):
        hubs(place, neighbours=-2)


def test_json(tmp_path: Path) -> None:
    place = place_of(tmp_path, cloud())
    document = json.loads(json.dumps({**outliers(place).as_json(), **hubs(place).as_json()}, allow_nan=False))
    assert document["outliers"][0]["segment_id"] == f"{149:032x}"
    assert document["hubs"][0]["count"] == hubs(place).counts.max()


def test_flagged_clips_are_listed_by_flag(tmp_path: Path) -> None:
    rows = [{"flags": ["noisy", "quiet"]}, {}, {"flags": ["quiet"]}, {"flags": ["of another day"]}]
    found = flagged(make_store(tmp_path / "store", rows))
    ids = [f"{i:032x}" for i in range(4)]
    assert found == {"quiet": [ids[0], ids[2]], "noisy": [ids[0]], "of another day": [ids[3]]}
    assert list(found) == ["quiet", "noisy", "of another day"]
    assert flagged(make_store(tmp_path / "empty", [])) == {}
