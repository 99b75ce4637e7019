"""Geometry: what it finds, keeps, brings up to date and says."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.errors import StoreError
from emoanalytics.neighbours import geometry as geometry_module
from emoanalytics.neighbours import vectors as vectors_module
from emoanalytics.neighbours.exact import nearest
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.graph import GraphSettings, neighbour_graph
from emoanalytics.neighbours.index import IndexSettings, Kind
from emoanalytics.neighbours.index import index as module
from emoanalytics.neighbours.index import record as record_module
from tests.neighbours.made import spread, store_of, vectors_of

SMALL = IndexSettings(exact_below=100)
N = 900
KINDS = ("vectors", "graph", "index")


@pytest.fixture(autouse=True)
def ask_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EXACT_WITHIN", 0)


def made(path: Path, rows: np.ndarray, space: str = "raw", speakers=None) -> Geometry:
    return Geometry(store_of(path, rows, speakers), space, settings=SMALL)


def test_an_index_is_made_once_and_found_again(tmp_path: Path) -> None:
    first = made(tmp_path / "s", spread(N))
    assert first.index is None
    exact = first.nearest(first.vectors.points(slice(0, 30)), 5)  # answers meanwhile
    index = first.make_index()
    assert index.kind is Kind.HNSW_SQ and first.notes == []
    again = Geometry(first.store, settings=SMALL)
    assert again.index is not None and again.index.record["efforts"] == index.record["efforts"]
    found = again.nearest(again.vectors.points(slice(0, 30)), 5)
    assert (found.rows == exact.rows).mean() > 0.97
    files = {p.name for p in (tmp_path / "s" / "derived" / "index").iterdir()}
    assert files == {first._index_key}


@pytest.mark.parametrize("space", ["raw", "speaker-centred"])
def test_a_store_that_grew_and_lost_rows(tmp_path: Path, space: str) -> None:
    rows = spread(N + 60)
    old = made(tmp_path / "old", rows[:N], space)
    old.make_index()
    new = made(tmp_path / "new", rows[20:], space)
    (tmp_path / "old" / "derived").rename(tmp_path / "new" / "derived")
    index = new.make_index()
    points = new.vectors.points(slice(0, len(new.vectors)))
    found, true = new.nearest(points, 10), nearest(points, new.vectors, 10)
    assert (found.rows[:, :, None] == true.rows[:, None]).any(2).mean() > 0.97
    assert (found.rows[:, 0] == np.arange(N + 40)).all()
    assert index.record["rows"] == N + 40
    assert new.notes == []  # nothing was made anew: 20 rows passed over, 60 added
    assert len(np.load(tmp_path / "new/derived/index" / new._index_key / "slots.npy")) == N + 60
    assert index.record["slots"] == N + 60
    assert Geometry(new.store, space, settings=SMALL).index is not None


def test_another_store_s_index_is_not_taken(tmp_path: Path) -> None:
    one, other = made(tmp_path / "one", spread(N)), made(tmp_path / "other", spread(N, seed=5))
    one.make_index()
    key = other._index_key
    (tmp_path / "other/derived/index").mkdir(parents=True)
    (tmp_path / f"one/derived/index/{one._index_key}").rename(tmp_path / "other/derived/index" / key)
    assert other.index is None
    assert other.notes == [
        f"{tmp_path}/other/derived/index/{key} was made for another store or encoder: "
        "it is left out, and made again when an index is asked for"
    ]
    points = other.vectors.points(slice(0, 40))
    true = other.nearest(points, 5)
    other.make_index()
    assert (other.nearest(points, 5).rows == true.rows).mean() > 0.97


def test_an_index_of_another_encoder_is_built_anew_and_said(tmp_path: Path) -> None:
    one, other = made(tmp_path / "one", spread(N)), made(tmp_path / "other", spread(N, 12, seed=5))
    one.make_index()
    (tmp_path / "one/derived/index").rename(tmp_path / "other/derived/index") if other.vectors.dim else None
    other.make_index()
    assert other.notes == ["the index is built anew: it holds points of another encoder"]


@pytest.mark.parametrize("name", ["index.faiss", "slots.npy", "components.npy", "record.json"])
@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
def test_a_damaged_index_is_said_and_made_again(tmp_path: Path, name: str, harm: str) -> None:
    geometry = made(tmp_path / "s", spread(N))
    geometry.make_index()
    path = tmp_path / f"s/derived/index/{geometry._index_key}" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if harm == "cut" else content)
    again = Geometry(geometry.store, settings=SMALL)
    points = again.vectors.points(slice(0, 20))
    assert (again.nearest(points, 5).rows == nearest(points, again.vectors, 5).rows).all()
    assert len(again.notes) == 1 and "is damaged (" in again.notes[0] and "made again" in again.notes[0]
    assert again.make_index().kind is Kind.HNSW_SQ
    assert Geometry(geometry.store, settings=SMALL).index is not None


def test_where_nothing_can_be_written_it_is_kept_in_memory(tmp_path: Path) -> None:
    geometry = made(tmp_path / "s", spread(N))
    (tmp_path / "s/derived").write_text("in the way")
    points = geometry.vectors.points(slice(0, 20))
    geometry.make_index()
    assert (geometry.nearest(points, 5).rows[:, 0] == np.arange(20)).all()
    assert geometry.index is not None
    assert [note.split("; ")[1] for note in geometry.notes] == [
        "the embeddings are kept in memory instead",
        "the index is not kept",
    ]


@pytest.mark.parametrize("k", [0, -3, 10_000_000])
def test_a_number_of_neighbours_that_makes_no_sense(tmp_path: Path, k: int) -> None:
    geometry = made(tmp_path / "s", spread(5))
    with pytest.raises(StoreError, match=rf"^ask for 1 to 1,000,000 neighbours, not {k:,}$"):
        geometry.nearest(geometry.vectors.points(slice(0, 1)), k)


def test_a_number_of_neighbours_that_is_not_whole_and_a_space_that_there_is_not(tmp_path: Path) -> None:
    geometry = made(tmp_path / "s", spread(5))
    point = geometry.vectors.points(slice(0, 1))
    with pytest.raises(StoreError, match=r"^ask for a whole number of neighbours, not 2\.5$"):
        geometry.nearest(point, 2.5)
    assert geometry.nearest(point, np.int64(2)).rows.shape == (1, 2)
    for name in ("nonsense", None, 3):
        with pytest.raises(StoreError, match=rf"^a space is one of raw, speaker-centred, not {name!r}$"):
            Geometry(geometry.store, name)


@pytest.mark.parametrize("seed", [-1, 1.5, None, 2**31])
@pytest.mark.parametrize("settings", [IndexSettings, geometry_module.GraphSettings])
def test_a_seed_that_makes_no_sense(settings: type, seed: object) -> None:
    with pytest.raises(StoreError, match=rf"^a seed is a whole number from 0 to 2,147,483,646, .* not {seed!r}$"):
        settings(seed=seed)


def test_the_largest_seed_makes_an_index_and_a_graph() -> None:
    largest = 2**31 - 2
    vectors = vectors_of(spread(N))
    settings = IndexSettings(kind=Kind.IVF_PQ, seed=largest, target_recall=0.5)
    assert module.Index.build(vectors, settings).kind is Kind.IVF_PQ
    cells = GraphSettings(neighbours=12, fewest=12, exact_products=0, seed=largest)
    assert neighbour_graph(vectors, cells).k == 12


def _harmed(folder: Path, name: str, array: np.ndarray) -> None:
    """Another array under a kept name, and a record that agrees with it."""
    path, record = folder / name, json.loads((folder / "record.json").read_text())
    np.save(path, array)
    digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    record["files"][name] = [path.stat().st_size, digest]
    (folder / "record.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("kind", "name", "change"),
    [
        ("vectors", "embeddings", lambda a: a[:-1]),
        ("vectors", "embeddings", lambda a: a[:, :-1]),
        ("vectors", "embeddings", lambda a: a.astype(np.float64)),
        ("vectors", "scales", lambda a: a[:-1]),
        ("graph", "rows", lambda a: a[:-1]),
        ("graph", "rows", lambda a: a[:, :-1]),
        ("graph", "rows", lambda a: a.astype(np.float32)),
        ("graph", "similarities", lambda a: a[:0]),
    ],
)
def test_an_array_of_another_shape_is_damaged_though_the_record_agrees(
    tmp_path: Path, kind: str, name: str, change
) -> None:
    first = made(tmp_path / "s", spread(120))
    right = first.graph
    folder = next((tmp_path / "s/derived" / kind).iterdir())
    _harmed(folder, f"{name}.npy", change(np.load(folder / f"{name}.npy")))
    again = Geometry(first.store, settings=SMALL)
    np.testing.assert_array_equal(again.graph.rows, right.rows)
    np.testing.assert_array_equal(again.vectors.embeddings, first.store.embeddings())
    assert len(again.notes) == 1
    assert again.notes[0].startswith(f"{folder} is damaged ({name}.npy holds ")
    assert again.notes[0].endswith("): made again")
    mended = Geometry(first.store, settings=SMALL)
    np.testing.assert_array_equal(mended.graph.similarities, right.similarities)
    assert mended.notes == []


def _replaced(store: Path, other: Path) -> None:
    """A store becomes another, as by a build while somebody holds it open."""
    for path in store.iterdir():
        if path.name != "derived":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in other.iterdir():
        if path.name != "derived":
            path.rename(store / path.name)


@pytest.mark.parametrize("space", ["raw", "speaker-centred"])
@pytest.mark.parametrize("asked_before", [False, True])
def test_a_geometry_that_is_open_while_its_store_grows_tells_of_one_state_only(
    tmp_path: Path, space: str, asked_before: bool
) -> None:
    rows, speakers = spread(N + 60), [f"s{i % 9}" for i in range(N + 60)]
    geometry = made(tmp_path / "s", rows[:N], space, speakers[:N])
    alone = made(tmp_path / "alone", rows[:N] if asked_before else rows, space, speakers[: N if asked_before else None])
    if asked_before:
        assert len(geometry.vectors) == N
    _replaced(tmp_path / "s", store_of(tmp_path / "grown", rows, speakers).path)
    newer = Geometry(geometry.store, space, settings=SMALL)
    newer.make_index()  # what it keeps replaces what the open one was made from
    assert len(newer.graph) == N + 60
    np.testing.assert_array_equal(geometry.graph.rows, alone.graph.rows)
    np.testing.assert_array_equal(geometry.vectors.embeddings, alone.vectors.embeddings)
    points = alone.vectors.points(slice(0, 40))
    np.testing.assert_array_equal(geometry.vectors.points(slice(0, 40)), points)
    assert geometry.make_index().record["rows"] == len(alone.vectors)
    assert geometry.nearest(points, 10).rows.max() < len(alone.vectors)
    assert (geometry.nearest(points, 10).rows == nearest(points, alone.vectors, 10).rows).mean() > 0.97


@pytest.mark.parametrize("n", [0, 1, 2, 6])
def test_very_few_clips_and_clips_that_are_all_alike(tmp_path: Path, n: int) -> None:
    rows = np.ones((n, 4), np.float32) * np.arange(1, n + 1)[:, None]  # ids differ, directions do not
    geometry = made(tmp_path / "s", rows)
    assert geometry.make_index().kind is Kind.EXACT
    found = geometry.nearest(geometry.vectors.place(np.ones((1, 4))), 3)
    assert found.rows.tolist() == [[r if r < n else -1 for r in range(3)]]
    assert geometry.graph.rows.shape == (n, max(n - 1, 0))
    assert not (tmp_path / "s/derived/index").exists()


def test_why_an_index_is_built_anew_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = spread(N + 60)
    old, new = made(tmp_path / "old", rows[:N]), made(tmp_path / "new", rows)
    old.make_index()
    (tmp_path / "old/derived/index").rename(tmp_path / "new/derived/index") if len(new.vectors) else None
    other = Geometry(new.store, settings=IndexSettings(exact_below=100, target_recall=0.9))
    assert other._refreshed_index(None) is None
    assert other.notes == ["the index is built anew: it was made with other settings"]
    monkeypatch.setattr(module, "tuned", lambda *given: None)
    assert new.make_index().kind is Kind.EXACT
    assert new.notes == ["the index is built anew: with the new rows it no longer finds enough"]


def test_an_index_of_other_settings_is_not_taken_for_the_one_that_is_asked_for(tmp_path: Path) -> None:
    store = store_of(tmp_path / "s", spread(N))
    coarse = IndexSettings(exact_below=100, kind=Kind.IVF_SQ, target_recall=0.5)
    fine = IndexSettings(exact_below=100, kind=Kind.HNSW_SQ, target_recall=0.99)
    assert Geometry(store, settings=coarse).make_index().kind is Kind.IVF_SQ
    asked = Geometry(store, settings=fine)
    assert asked.index is None and asked.lacks_index
    made_again = asked.make_index()
    assert made_again.kind is Kind.HNSW_SQ and made_again.record["settings"]["target_recall"] == 0.99
    assert asked.notes == ["the index is built anew: it was made with other settings"]
    # From how many rows on there is one does not change it.
    other = Geometry(store, settings=IndexSettings(exact_below=99, kind=Kind.HNSW_SQ, target_recall=0.99))
    assert other.index is not None and other.index.kind is Kind.HNSW_SQ


def test_what_another_version_kept_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(tmp_path / "s", spread(N))

    def kept() -> dict[str, list[str]]:
        geometry = Geometry(store, settings=SMALL)
        assert geometry.graph.k == 90 and geometry.make_index().kind is Kind.HNSW_SQ
        return {kind: sorted(p.name for p in (tmp_path / "s/derived" / kind).iterdir()) for kind in KINDS}

    before = kept()
    assert kept() == before
    other = Geometry(store, settings=SMALL)
    monkeypatch.setattr(record_module, "FORMAT", 99)
    assert other._refreshed_index(None) is None
    assert other.notes == ["the index is built anew: it was made by another version of this program"]
    monkeypatch.setattr(geometry_module, "_FORMAT", 99)
    after = kept()
    assert after["vectors"] == before["vectors"]
    assert all(len(after[kind]) == 1 and after[kind] != before[kind] for kind in ("graph", "index"))
    monkeypatch.setattr(vectors_module, "_FORMAT", 99)
    assert all(len(names) == 1 and names != after[kind] for kind, names in kept().items())


def test_a_graph_of_other_settings_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of(tmp_path / "s", spread(N))
    Geometry(store).graph  # noqa: B018
    before = list((tmp_path / "s/derived/graph").iterdir())
    settings = geometry_module.GraphSettings
    monkeypatch.setattr(geometry_module, "GraphSettings", lambda **named: settings(**named, target_recall=0.9))
    Geometry(store).graph  # noqa: B018
    assert len(before) == 1 and not before[0].exists()
