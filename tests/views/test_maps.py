"""Maps: found again, reproducible, whole at every size, honest about too few clips; kept without pickles."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.errors import DamagedStoreError, EmptySelectionError, MissingExtraError, StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.graph import Graph
from emoanalytics.neighbours.principal import principal_axes, projected
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.maps import MapMethod, MapSettings, draw_map, open_map, saved_maps, tsne, umap
from tests.made_store import make_store

pytest.importorskip("umap")
pytest.importorskip("openTSNE")
QUICK = {"umap": {"epochs": 20}, "tsne": {"iterations": 20}, "pca": {}}
METHODS = list(QUICK)


def corpus(n: int, dim: int = 12, seed: int = 0) -> np.ndarray:
    """Three groups of points."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(3, dim))[np.arange(n) % 3] + 0.3 * rng.normal(size=(n, dim))


def store_of(path: Path, embeddings: np.ndarray) -> EmotionStore:
    rows = [{"speaker": "abcd"[i % 4]} for i in range(len(embeddings))]
    return make_store(path, rows, embeddings=embeddings)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> EmotionStore:
    return store_of(tmp_path_factory.mktemp("maps") / "store", corpus(90))


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_a_map_has_a_point_a_clip_and_is_drawn_alike_twice(store: EmotionStore, method: str, dims: int) -> None:
    first = draw_map(Geometry(store), method=method, dims=dims, seed=3, **QUICK[method])
    assert first.coordinates.shape == (90, dims) and first.coordinates.dtype == np.float32
    assert first.ids.tolist() == store.segments(["segment_id"])["segment_id"].tolist()
    assert first.drawn_by == method and not first.coordinates.flags.writeable
    assert saved_maps(store)[-1] == first.key
    (store.path / "derived" / "maps" / first.key / "coordinates.npy").unlink()
    geometry = Geometry(store)
    again = draw_map(geometry, method=method, dims=dims, seed=3, **QUICK[method])
    assert "is damaged" in geometry.notes[0] and geometry.notes[0].endswith("made again")
    assert np.array_equal(first.coordinates, again.coordinates)
    if method != "pca":
        other = draw_map(Geometry(store), method=method, dims=dims, seed=4, **QUICK[method])
        assert other.key != first.key and not np.array_equal(first.coordinates, other.coordinates)


@pytest.mark.parametrize("method", METHODS)
def test_a_map_is_found_again_as_it_was(store: EmotionStore, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = draw_map(Geometry(store, "speaker-centred"), method=method, **QUICK[method])
    for module in ("drawing.principal_axes", "umap.layout", "tsne.layout"):
        monkeypatch.setattr(f"emoanalytics.views.maps.{module}", None)  # drawing would fail
    found = draw_map(Geometry(store, "speaker-centred"), method=method, **QUICK[method])
    assert json.dumps(found.as_json()) == json.dumps(drawn.as_json())
    assert found.ids.equals(drawn.ids) and found.space == "speaker-centred"
    assert found.trust.ranked == 90 and open_map(store, drawn.key).words("zh") == drawn.words("zh")
    kept = {path.name for path in (store.path / "derived" / "maps" / drawn.key).iterdir()}
    assert {name.rpartition(".")[2] for name in kept} == {"json", "npy", "parquet"}


def test_the_record_holds_the_settings_that_were_used(tmp_path: Path) -> None:
    geometry = Geometry(store_of(tmp_path / "store", corpus(20)))
    drawn = draw_map(geometry, method="tsne", iterations=20)
    assert (drawn.settings.perplexity, drawn.record["used"]) == (30.0, {"perplexity": 19 / 3})
    drawn = draw_map(geometry, neighbours=60, epochs=20)
    assert drawn.as_json(points=False)["used"] == {"neighbours": 20, "epochs": 20}
    assert draw_map(geometry, neighbours=7).record["used"] == {"neighbours": 7, "epochs": 500}
    for n, passes in ((10_000, 500), (10_001, 200), (50_000, 200), (50_001, 75)):
        graph = Graph(np.zeros((n, 1), np.int32), np.zeros((n, 1), np.float32), {})
        assert umap.used(graph, MapSettings())["epochs"] == passes
    assert draw_map(geometry, method="pca").record["used"] == {}
    few = Geometry(store_of(tmp_path / "few", corpus(4)))
    assert draw_map(few).record["used"] == {}  # drawn by PCA


def test_of_former_builds_the_latest_maps_of_the_same_settings_are_kept(tmp_path: Path) -> None:
    keys, before = [], None
    for build in range(5):  # one clip more each time
        store = store_of(tmp_path / str(build), corpus(6 + build))
        if before is not None:
            shutil.copytree(before / "derived" / "maps", store.path / "derived" / "maps")
        before = store.path
        keys.append(draw_map(Geometry(store), method="pca").key)
        if build == 0:
            keys.append(draw_map(Geometry(store), method="pca", dims=3).key)
            keys.append(draw_map(Geometry(store, "speaker-centred"), method="pca").key)
    assert len(set(keys)) == 7
    assert set(saved_maps(store)) == {*keys[1:3], *keys[-3:]}
    assert open_map(store, keys[-1]).ids.size == 10


def test_groups_of_clips_stay_together(store: EmotionStore) -> None:
    for method in METHODS:
        drawn = draw_map(Geometry(store), method=method, **({} if method == "pca" else QUICK[method]))
        nearest = Geometry(store).graph.rows[:, 0]
        assert np.mean(nearest % 3 == np.arange(90) % 3) > 0.9  # the corpus is what the test thinks
        apart = np.linalg.norm(drawn.coordinates[:, None] - drawn.coordinates[None], axis=2)
        np.fill_diagonal(apart, np.inf)
        assert np.mean(apart.argmin(axis=1) % 3 == np.arange(90) % 3) > 0.9, method


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 14, 17])
@pytest.mark.parametrize("method", METHODS)
def test_a_store_of_few_clips_has_a_map(tmp_path: Path, method: str, n: int) -> None:
    for dims in (2, 3):
        drawn = draw_map(Geometry(store_of(tmp_path / f"{dims}", corpus(n))), method=method, dims=dims, **QUICK[method])
        assert drawn.coordinates.shape == (n, dims) and np.isfinite(drawn.coordinates).all()
        assert drawn.drawn_by == ("pca" if n < 5 else method)
        assert (drawn.trust.share_kept is None) == (n < 3)
        said = drawn.words()
        assert ("too few clips to say" in said[-1]) == (n < 3)
        assert ("drawn by PCA" in said[0]) == (method != "pca" and n < 5)
        json.dumps(drawn.as_json(), allow_nan=False)


@pytest.mark.parametrize("method", METHODS)
def test_equal_clips_lie_in_one_place_and_pairs_of_copies_do_no_harm(tmp_path: Path, method: str) -> None:
    equal = draw_map(Geometry(store_of(tmp_path / "equal", np.ones((40, 6)))), method=method, **QUICK[method])
    assert equal.drawn_by == "pca" and not equal.coordinates.any()
    assert equal.trust.share_kept is None and not equal.trust.doubtful.any()
    assert "so how far to believe this map cannot be told" in equal.words()[-1]
    assert not any("variance" in line for line in equal.words())
    two = np.repeat(np.eye(2, 6), 20, axis=0)
    copies = draw_map(Geometry(store_of(tmp_path / "two", two)), method=method, **QUICK[method])
    assert copies.drawn_by == method and np.isfinite(copies.coordinates).all()
    silent = draw_map(Geometry(store_of(tmp_path / "zero", np.zeros((8, 6)))), method=method, **QUICK[method])
    assert not silent.coordinates.any() and silent.trust.overall_trustworthiness is None


def test_one_dimension_is_enough(tmp_path: Path) -> None:
    line = np.where(np.arange(20) % 2, -1.0, 1.0)[:, None]
    for method in METHODS:
        drawn = draw_map(Geometry(store_of(tmp_path / method, line)), method=method, **QUICK[method])
        assert np.isfinite(drawn.coordinates).all()


def test_an_empty_store_is_said(tmp_path: Path) -> None:
    with pytest.raises(EmptySelectionError, match="has no clips to map: build it from a corpus first"):
        draw_map(Geometry(make_store(tmp_path / "s", [])))


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"method": "isomap"}, "a map is drawn by umap, tsne, pca, not by 'isomap'"),
        ({"dims": 4}, "a map has 2 or 3 dimensions, not 4"),
        ({"seed": -1}, "a seed is a whole number from 0 to 2,147,483,646, such as 0, not -1"),
        ({"seed": 2**31}, "a seed is a whole number from 0 to 2,147,483,646, such as 0, not 2147483648"),
        ({"neighbours": 0}, "neighbours of a map is 2 to 90, not 0"),
        ({"neighbours": 10_000_000}, "neighbours of a map is 2 to 90, not 1e\\+07"),
        ({"min_dist": 1.5}, "min_dist of a map is 0 to 1, not 1.5"),
        ({"repulsions": 0}, "repulsions of a map is 1 to 100, not 0"),
        ({"epochs": 0}, "epochs of a map is 1 to 100000, not 0"),
        ({"perplexity": float("nan")}, "perplexity of a map is 1 to 30, not nan"),
        ({"iterations": 0}, "iterations of a map is 1 to 100000, not 0"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(store: EmotionStore, wrong: dict[str, object], line: str) -> None:
    with pytest.raises(StoreError, match=line):
        draw_map(Geometry(store), **wrong)


@pytest.mark.parametrize(("method", "package"), [("umap", "umap"), ("tsne", "openTSNE")])
def test_a_missing_package_says_what_to_type(
    tmp_path: Path, method: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [x for x in __import__("sys").modules if x == package or x.startswith(f"{package}.")]:
        monkeypatch.setitem(__import__("sys").modules, name, None)
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'emoanalytics\[maps\]'"):
        draw_map(Geometry(store_of(tmp_path / "s", corpus(8))), method=method)


def test_a_map_that_cannot_be_read_or_is_not_there(store: EmotionStore) -> None:
    drawn = draw_map(Geometry(store), method="pca", seed=77)
    record = store.path / "derived" / "maps" / drawn.key / "record.json"
    record.write_text(record.read_text().replace('"wide"', '"wise"'))
    with pytest.raises(DamagedStoreError, match="is damaged"):
        open_map(store, drawn.key)
    with pytest.raises(StoreError, match=r"keeps no map '\.\./x': draw it with draw_map or the command map"):
        open_map(store, "../x")


def test_nothing_global_is_changed(store: EmotionStore) -> None:
    import numba

    np.random.seed(5)  # noqa: NPY002
    state, threads = np.random.get_state()[1].tolist(), numba.get_num_threads()  # noqa: NPY002
    for method in METHODS:
        draw_map(Geometry(store), method=method, seed=11, **QUICK[method])
    assert np.random.get_state()[1].tolist() == state and numba.get_num_threads() == threads  # noqa: NPY002


def test_progress_is_told_to_its_end(tmp_path: Path) -> None:
    for method in METHODS:
        told: list[tuple[int, int, str]] = []
        draw_map(
            Geometry(store_of(tmp_path / method, corpus(40))),
            method=method,
            progress=lambda *x: told.append(x),  # noqa: B023
            **QUICK[method],
        )
        assert told[-1] == (40, 40, "trust of the map")
        assert all(0 <= done <= total for done, total, _ in told)


def test_principal_components_are_those_of_the_singular_value_decomposition(tmp_path: Path) -> None:
    geometry = Geometry(store_of(tmp_path / "s", corpus(50, 7)))
    points = geometry.vectors.points(slice(None)).astype(np.float64)
    centred = points - points.mean(axis=0)
    _, stretch, rows = np.linalg.svd(centred, full_matrices=False)
    found = principal_axes(geometry.vectors, 3)
    assert found.explained == pytest.approx(stretch[:3] ** 2 / (stretch**2).sum())
    for axis, row in zip(found.axes, rows, strict=False):
        assert axis == pytest.approx(row * np.sign(row @ axis), abs=1e-9) and axis[np.abs(axis).argmax()] > 0
    assert projected(geometry.vectors, found) == pytest.approx(centred @ found.axes.T, abs=1e-6)
    drawn = draw_map(geometry, method="pca", dims=3)
    assert drawn.coordinates == pytest.approx(centred @ found.axes.T, abs=1e-6)
    assert drawn.words()[0].startswith(f"this map shows {100 * found.explained.sum():.0f} % of what differs")


def test_components_are_the_same_over_many_blocks_and_from_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    geometry = Geometry(store_of(tmp_path / "s", corpus(53, 7)))
    whole, blocks = principal_axes(geometry.vectors, 2), type(geometry.vectors).blocks
    monkeypatch.setattr(type(geometry.vectors), "blocks", lambda self: blocks(self, 10))
    assert principal_axes(geometry.vectors, 2).axes == pytest.approx(whole.axes, abs=1e-12)
    monkeypatch.setattr("emoanalytics.neighbours.principal._SAMPLE", 18)  # every third row: 0, 3, 6, ..., 51
    every_third = geometry.vectors.points(np.arange(0, 53, 3)).astype(np.float64)
    assert principal_axes(geometry.vectors, 2, sample=True).mean == pytest.approx(every_third.mean(axis=0), abs=1e-12)


def test_points_that_do_not_differ_in_two_directions_have_zeros_in_the_second(tmp_path: Path) -> None:
    drawn = draw_map(Geometry(store_of(tmp_path / "s", np.repeat(np.eye(2, 5), 4, axis=0))), method="pca")
    assert drawn.components is not None and drawn.components.explained == pytest.approx([1.0, 0.0])
    assert np.abs(drawn.coordinates[:, 0]) == pytest.approx(np.sqrt(0.5)) and not drawn.coordinates[:, 1].any()


def test_the_table_has_one_row_a_clip(store: EmotionStore) -> None:
    drawn = draw_map(Geometry(store), method="pca", dims=3)
    table = drawn.table()
    assert list(table) == ["segment_id", "x", "y", "z", "kept", "trustworthiness", "continuity", "doubtful"]
    assert np.array_equal(table[["x", "y", "z"]].to_numpy(), drawn.coordinates)
    plain = drawn.as_json()
    assert plain["points"][4]["segment_id"] == drawn.ids[4] and plain["points"][4]["doubtful"] in (True, False)
    assert plain["settings"]["method"] == MapMethod.PCA and "points" not in drawn.as_json(points=False)


def test_a_graph_of_few_neighbours_limits_what_is_asked_of_it(
    store: EmotionStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The graph of a very large store holds fewer neighbours than t-SNE usually asks for."""
    geometry = Geometry(store)
    narrow, start = geometry.graph.nearest(12), projected(geometry.vectors, principal_axes(geometry.vectors, 2))
    asked = tsne.layout(narrow, start, MapSettings(MapMethod.TSNE, perplexity=30, iterations=5))
    own = tsne.layout(geometry.graph, start, MapSettings(MapMethod.TSNE, perplexity=4, iterations=5))
    assert np.array_equal(asked, own) and not caplog.records
    wide = umap.layout(narrow, start, MapSettings(neighbours=90, epochs=5))
    assert np.array_equal(wide, umap.layout(geometry.graph, start, MapSettings(neighbours=13, epochs=5)))
    assert not np.array_equal(wide, umap.layout(narrow, start, MapSettings(neighbours=13, epochs=5, repulsions=5)))
