"""Further clips on a map: where most of their neighbours are, without moving anything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from emoanalytics.errors import EmptySelectionError, EncoderMismatchError, StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.schema import SCORE_COLUMNS
from emoanalytics.views.maps import Map, draw_map, open_map, place, place_added, saved_maps, surroundings
from tests.made_store import make_store

DIM = 10


def points(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.random.default_rng(9).normal(size=(4, DIM))[np.arange(n) % 4] + 0.3 * rng.normal(size=(n, DIM))


def geometry_of(path: Path, embeddings: np.ndarray, space: str = "raw") -> Geometry:
    rows = [{"speaker": "ab"[i % 2]} for i in range(len(embeddings))]
    return Geometry(make_store(path, rows, embeddings=embeddings), space)


@pytest.fixture(scope="module")
def geometry(tmp_path_factory: pytest.TempPathFactory) -> Geometry:
    return geometry_of(tmp_path_factory.mktemp("placing") / "store", points(120))


@pytest.fixture(scope="module")
def drawn(geometry: Geometry) -> Map:
    pytest.importorskip("openTSNE")
    return draw_map(geometry, method="tsne", iterations=100)


def slowly(drawn: Map, stored: np.ndarray, new: np.ndarray, k: int = 15) -> list[float]:
    """Where one clip goes, step by step, from unit vectors."""
    similarity = [round(float(x @ new), 6) for x in stored]
    order = sorted(range(len(stored)), key=lambda j: -similarity[j])[:k]
    d = [max(2 - 2 * similarity[j], 0.0) ** 0.5 for j in order]
    mean = sum(x - d[0] for x in d) / k
    weights = [np.exp(-(x - d[0]) / mean) for x in d]
    if similarity[order[0]] >= 1 - 1e-6:
        weights = [float(similarity[j] >= 1 - 1e-6) for j in order]
    at = [drawn.coordinates[j].astype(float) for j in order]
    cost = [
        sum(w * np.linalg.norm(a - b) for w, b in zip(weights, at, strict=True)) if weights[i] else np.inf
        for i, a in enumerate(at)
    ]
    middle = at[cost.index(min(cost))]
    reach = sorted(np.linalg.norm(x.astype(float) - middle) for x in drawn.coordinates)[15]
    inside = [w * (np.linalg.norm(a - middle) <= reach) for w, a in zip(weights, at, strict=True)]
    return (sum(w * a for w, a in zip(inside, at, strict=True)) / sum(inside)).tolist()


def test_a_clip_goes_where_most_of_its_neighbours_are(drawn: Map, geometry: Geometry) -> None:
    new = points(40, seed=1)
    before = drawn.coordinates.copy()
    placed = place(drawn, geometry, new)
    assert np.array_equal(drawn.coordinates, before)
    stored, own = geometry.vectors.points(slice(None)).astype(float), geometry.vectors.place(new).astype(float)
    for i in range(40):
        assert placed.coordinates[i] == pytest.approx(slowly(drawn, stored, own[i]), abs=1e-4)
        order = np.argsort(-np.round(stored @ own[i], 6), kind="stable")
        assert placed.nearest[i].tolist() == geometry.vectors.ids[order[:15]].tolist()
        on_map = np.argsort(np.linalg.norm(drawn.coordinates - placed.coordinates[i], axis=1), kind="stable")[:15]
        assert placed.kept[i] == pytest.approx(len({*order[:15]} & {*on_map}) / 15)
        assert placed.doubtful[i] == (len({*order[: drawn.trust.wide]} & {*on_map}) / 15 < 0.5)
    assert placed.similarities[:, 0] == pytest.approx((own @ stored.T).max(axis=1), abs=1e-6)
    assert placed.kept.mean() > 5 * drawn.trust.chance
    json.dumps(placed.as_json(), allow_nan=False)


def test_the_place_is_better_than_the_mean_of_the_neighbours(drawn: Map, geometry: Geometry) -> None:
    """Between two islands nothing is near; the clips placed there would seem to be of a third kind."""
    new = points(200, seed=5) + points(200, seed=6)[::-1]
    placed, found = place(drawn, geometry, new), geometry.nearest(geometry.vectors.place(new), 15)
    means = drawn.coordinates[found.rows].mean(axis=1)
    tree = cKDTree(drawn.coordinates)
    assert np.mean(tree.query(placed.coordinates)[0]) < 0.8 * np.mean(tree.query(means)[0])


def test_a_clip_of_the_map_lies_on_itself(drawn: Map, geometry: Geometry) -> None:
    placed = place(drawn, geometry, points(120)[[3, 77]] * 5)  # louder: the same direction
    assert placed.coordinates == pytest.approx(drawn.coordinates[[3, 77]], abs=1e-5)
    assert placed.nearest[:, 0].tolist() == drawn.ids[[3, 77]].tolist() and not placed.strange.any()


def test_a_clip_unlike_all_is_said(drawn: Map, geometry: Geometry) -> None:
    odd = np.linalg.svd(points(120))[2][-1]  # the direction in which the clips hardly lie
    placed = place(drawn, geometry, np.stack([odd, points(120)[5]]))
    assert placed.strange.tolist() == [True, False]


def test_on_a_pca_map_the_place_is_exact(tmp_path: Path) -> None:
    geometry = geometry_of(tmp_path / "s", points(60), "speaker-centred")
    flat, new = draw_map(geometry, method="pca", dims=3), points(5, seed=2)
    placed = place(flat, geometry, new, ["a", "b", None, "stranger", "a"])
    own = geometry.vectors.place(new, ["a", "b", None, None, "a"]).astype(float)
    stored = geometry.vectors.points(slice(None)).astype(float)
    axes = np.linalg.lstsq(stored - stored.mean(axis=0), flat.coordinates, rcond=None)[0]
    assert placed.coordinates == pytest.approx((own - stored.mean(axis=0)) @ axes, abs=1e-4)


def test_the_clips_of_a_later_build_go_on_the_old_map(tmp_path: Path) -> None:
    everything = points(90)
    small = geometry_of(tmp_path / "small", everything[20:70])
    old = draw_map(small, method="pca")
    ids = make_store(tmp_path / "large", [{}] * 90, embeddings=everything).segments(["segment_id"])["segment_id"]
    old = replace(old, ids=type(old.ids)(ids[20:70]), components=None)
    grown = geometry_of(tmp_path / "grown", everything)
    added = place_added(old, grown)
    assert added.ids is not None and added.ids.tolist() == [*ids[:20], *ids[70:]]
    apart = place(old, grown, np.vstack([everything[:20], everything[70:]]))
    assert np.array_equal(added.coordinates, apart.coordinates) and np.array_equal(added.nearest, apart.nearest)
    assert set(added.nearest.ravel()) <= set(old.ids)


def test_the_order_of_rows_does_not_matter(drawn: Map, geometry: Geometry) -> None:
    """A later build may put rows elsewhere: a clip keeps its place by its id."""
    order = np.random.default_rng(3).permutation(120)
    mixed = replace(drawn, ids=drawn.ids[order], coordinates=drawn.coordinates[order])
    new = points(10, seed=8)
    assert np.array_equal(place(mixed, geometry, new).coordinates, place(drawn, geometry, new).coordinates)


def test_all_clips_on_the_map_leave_nothing_to_place(drawn: Map, geometry: Geometry) -> None:
    none = place_added(drawn, geometry)
    assert none.coordinates.shape == (0, 2) and none.nearest.shape == (0, 15) and none.as_json() == []


def test_a_map_of_one_clip_takes_any(tmp_path: Path) -> None:
    geometry = geometry_of(tmp_path / "one", points(1))
    placed = place(replace(draw_map(geometry), components=None), geometry, points(3, seed=1))
    assert not placed.coordinates.any() and placed.nearest.shape == (3, 1)


def test_what_does_not_fit_is_said(drawn: Map, geometry: Geometry, tmp_path: Path) -> None:
    new = points(2)
    with pytest.raises(StoreError, match="an embedding of 4 numbers cannot be compared with 10 in the store"):
        place(drawn, geometry, new[:, :4])
    with pytest.raises(StoreError, match="the map is of the space raw: place clips by a Geometry of it, not speaker"):
        place(drawn, Geometry(geometry.store, "speaker-centred"), new)
    with pytest.raises(EncoderMismatchError, match="embeddings of another encoder than the map: draw it again"):
        place(replace(drawn, record={**drawn.record, "encoder": "f" * 32}), geometry, new)
    with pytest.raises(EmptySelectionError, match="holds no clip of the map: draw it again"):
        place(replace(drawn, ids=drawn.ids + "x"), geometry, new)


def test_an_old_map_can_be_opened_and_used(drawn: Map, geometry: Geometry) -> None:
    assert drawn.key in saved_maps(geometry.store)
    again = open_map(geometry.store, drawn.key)
    new = points(4, seed=4)
    assert np.array_equal(place(again, geometry, new).coordinates, place(drawn, geometry, new).coordinates)


def test_among_whom_a_clip_comes_to_lie(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    embeddings, scores = rng.normal(size=(20, 5)), rng.dirichlet(np.ones(9), size=20)
    scores[4] = np.nan
    rows = [{"speaker": (None, "a", "b")[i % 3], "emotion_given": (None, "sad")[i % 2]} for i in range(20)]
    store = make_store(tmp_path / "s", rows, embeddings=embeddings, scores=scores)
    geometry = Geometry(store)
    placed = place(draw_map(geometry, method="pca"), geometry, rng.normal(size=(3, 5)))
    labels = [name.removeprefix("score_") for name in SCORE_COLUMNS]
    for i, own in enumerate(surroundings(placed, store)):
        numbers = [int(segment, 16) for segment in placed.nearest[i]]
        assert [n.segment_id for n in own.neighbours] == placed.nearest[i].tolist()
        assert [n.similarity for n in own.neighbours] == placed.similarities[i].tolist()
        assert [n.file for n in own.neighbours] == [f"{j}.wav" for j in numbers]
        winners = [None if j == 4 else labels[int(np.argmax(scores[j]))] for j in numbers]
        assert [n.emotion for n in own.neighbours] == winners
        assert [n.speaker for n in own.neighbours] == [rows[j]["speaker"] for j in numbers]
        assert own.given == {"sad": sum(j % 2 for j in numbers)}
        assert own.emotions == {e: winners.count(e) for e in winners if e is not None}
        assert list(own.emotions.values()) == sorted(own.emotions.values(), reverse=True)
        assert own.words().startswith("nearest 15: ") and "(by model score); sad" in own.words()
        assert "说话人：" in own.words("zh")
        json.dumps(own.as_json(), allow_nan=False)
    nothing = make_store(tmp_path / "none", [{}] * 20, embeddings=embeddings)
    assert surroundings(placed, nothing)[0].words() == "nearest 15: of no known emotion or speaker"
    with pytest.raises(StoreError, match="was written to since clips were placed on its map: place them again"):
        surroundings(placed, make_store(tmp_path / "few", [{}] * 3))
