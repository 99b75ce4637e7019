"""Clusterings: planted groups by every method, what is kept and found again, sizes that are hardly any."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.seeds import MOST
from emoanalytics.store.derived import Derived
from emoanalytics.views.clusters import Method, cluster, portraits
from emoanalytics.views.clusters.centroids import leading
from emoanalytics.views.clusters.clustering import KIND, _by_size
from tests.views.clusters.made import geometry, grouped


@pytest.mark.parametrize("method", list(Method))
def test_planted_groups_are_found(tmp_path: Path, method: Method) -> None:
    if method is Method.LEIDEN:
        pytest.importorskip("sknetwork")
    embeddings, groups = grouped((60, 45, 30))
    found = cluster(geometry(tmp_path / "store", embeddings), method=method, draws=3)
    assert found.sizes == (60, 45, 30)
    assert adjusted_rand_score(groups, found.labels) == 1
    assert [set(groups[found.rows(c)]) for c in range(3)] == [{0}, {1}, {2}]
    assert found.noise == 0
    assert found.silhouette > 0.5
    assert found.density_validity > 0.2
    assert found.stability.rand > 0.95
    assert found.notes() == ()


def test_noise_stays_noise(tmp_path: Path) -> None:
    embeddings, groups = grouped((60, 45, 40), stray=30)
    found = cluster(geometry(tmp_path / "store", embeddings), min_size=10, draws=0)
    assert (found.labels[groups < 0] == -1).mean() > 0.9
    assert found.noise == (found.labels == -1).sum()
    assert sum(found.sizes) + found.noise == 175


def test_the_number_of_means_can_be_given(tmp_path: Path) -> None:
    embeddings, _ = grouped((40, 30, 20))
    place = geometry(tmp_path / "store", embeddings)
    assert len(cluster(place, method="kmeans", clusters=5, draws=0).sizes) == 5
    assert cluster(place, method="kmeans", draws=0).settings["clusters"] == 3


def test_leading_components_are_those_of_scikit_learn(tmp_path: Path) -> None:
    embeddings, _ = grouped((40, 30, 20), dim=15)
    vectors = geometry(tmp_path / "store", embeddings).vectors
    found, points = leading(vectors, 4), np.asarray(vectors.points(slice(None)), np.float64)
    twin = PCA(4).fit_transform(points)
    assert np.allclose(np.abs(found), np.abs(twin), atol=1e-5)
    assert leading(vectors, 50).shape == (90, 15)


def test_numbers_by_size_then_by_first_row() -> None:
    assert _by_size(np.array([7, 3, 3, -1, 5, 5])).tolist() == [2, 0, 0, -1, 1, 1]
    assert _by_size(np.array([-1, -1])).tolist() == [-1, -1]


def test_the_same_seed_gives_the_same_and_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, _ = grouped((40, 30), stray=10)
    place = geometry(tmp_path / "store", embeddings)
    one = cluster(place, draws=4, seed=3)
    monkeypatch.setattr("emoanalytics.views.clusters.clustering.density", None)  # it must not be run again
    two = cluster(Geometry(place.store), draws=4, seed=3)
    assert one.as_json() == two.as_json()
    assert np.array_equal(one.labels, two.labels)
    with pytest.raises(TypeError):
        cluster(place, draws=4, seed=4)


def test_a_damaged_one_is_made_again(tmp_path: Path) -> None:
    embeddings, _ = grouped((40, 30))
    place = geometry(tmp_path / "store", embeddings)
    one = cluster(place, draws=2)
    (key,) = Derived(place.store.path).keys(KIND)
    (place.store.path / "derived" / KIND / key / "labels.npy").write_bytes(b"nothing")
    assert cluster(place, draws=2).as_json() == one.as_json()
    assert "made again" in place.notes[0]


def test_those_of_an_older_store_are_removed(tmp_path: Path) -> None:
    embeddings, _ = grouped((40, 30))
    place = geometry(tmp_path / "store", embeddings)
    cluster(place, draws=0)
    cluster(place, draws=0, seed=1)
    assert len(Derived(place.store.path).keys(KIND)) == 2
    Derived(place.store.path).keep(KIND, "raw-0123-45", {}, lambda folder: None)
    cluster(place, draws=0, seed=2)
    kept = Derived(place.store.path).keys(KIND)
    assert len(kept) == 3
    assert "raw-0123-45" not in kept


def test_new_speakers_of_the_same_clips_make_the_stability_anew(tmp_path: Path) -> None:
    embeddings, _ = grouped((40, 40, 40))
    one = geometry(tmp_path / "one", embeddings)
    others = [{"speaker": f"s{i % 12}"} for i in range(120)]
    same, fresh = (geometry(tmp_path / name, embeddings, others) for name in ("same", "fresh"))
    assert cluster(one, method="kmeans", clusters=3, draws=3).stability.by == "segment"
    shutil.copytree(one.store.path / "derived", same.store.path / "derived", dirs_exist_ok=True)
    found = cluster(same, method="kmeans", clusters=3, draws=3)
    assert found.stability.by == "speaker"
    assert found.as_json() == cluster(fresh, method="kmeans", clusters=3, draws=3).as_json()
    assert len(Derived(same.store.path).keys(KIND)) == 1  # those of the former speakers are gone


def test_a_sample_is_judged_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emoanalytics.views.clusters.clustering._JUDGED", 50)
    embeddings, _ = grouped((60, 45, 30))
    found = cluster(geometry(tmp_path / "store", embeddings), draws=0)
    assert found.judged == 50
    assert found.silhouette > 0.5
    assert found.notes() == (
        "silhouette and density validity are of 50 clips drawn at random, the latter of at least 10 of each cluster",
    )
    assert found.notes("zh") == ("轮廓系数与密度有效性由随机抽取的 50 段算出，密度有效性另外保证每个聚类至少 10 段",)


def test_clusters_that_a_sample_misses_do_not_take_the_density_validity_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embeddings, _ = grouped((8,) * 12)
    place = geometry(tmp_path / "store", embeddings)
    whole = cluster(place, draws=0)
    assert whole.sizes == (8,) * 12
    monkeypatch.setattr("emoanalytics.views.clusters.clustering._JUDGED", 20)
    for seed in range(1, 4):
        found = cluster(place, draws=0, seed=seed)
        assert found.judged == 20
        assert found.density_validity == pytest.approx(whole.density_validity)  # of ten of each: of all


def test_json_is_json(tmp_path: Path) -> None:
    embeddings, _ = grouped((40, 30), stray=5)
    place = geometry(tmp_path / "store", embeddings)
    found = cluster(place, draws=2)
    document = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert document["method"] == "hdbscan"
    assert document["settings"] == {"min_size": 5, "min_samples": 3}
    assert len(document["labels"]) == sum(document["sizes"])
    assert document["labels"][found.ids[found.rows(0)[0]]] == 0


def test_an_empty_store_is_said(tmp_path: Path) -> None:
    with pytest.raises(EmptySelectionError, match="has no segments: there is nothing to cluster"):
        cluster(geometry(tmp_path / "store", np.zeros((0, 4))))


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("n", [1, 2, 3])
def test_hardly_any_rows(tmp_path: Path, method: Method, n: int) -> None:
    place = geometry(tmp_path / "store", np.eye(n, 4, dtype=np.float32))
    found = cluster(place, method=method, draws=3)
    if method is not Method.KMEANS:
        assert found.sizes == ()
        assert found.noise == n
        assert found.silhouette is found.density_validity is None
        assert "no clusters: no two groups of 5 clips or more" in found.notes()[0]
    assert len(portraits(found, place)) == len(found.sizes)


@pytest.mark.parametrize("method", list(Method))
def test_equal_clips(tmp_path: Path, method: Method) -> None:
    place = geometry(tmp_path / "store", np.ones((30, 4), np.float32))
    found = cluster(place, method=method, draws=3)
    assert found.sizes == (() if method is Method.HDBSCAN else (30,))
    assert found.silhouette is None
    assert len(portraits(found, place)) == len(found.sizes)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "dbscan"}, "the method is one of hdbscan, kmeans, leiden, not 'dbscan'"),
        ({"min_size": 1}, "a cluster has at least 2 clips, not 1"),
        ({"min_samples": 0}, "at least 1, not 0"),
        ({"method": "kmeans", "clusters": 0}, "at least 1 cluster, not 0"),
        ({"method": "kmeans", "clusters": 71}, "1 to 70 clusters of 70 different clips, not 71"),
        ({"method": "leiden", "resolution": 0}, "a positive number, not 0"),
        ({"draws": -1}, "0 times or more, not -1"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, settings: dict[str, object], message: str) -> None:
    embeddings, _ = grouped((40, 30))
    with pytest.raises(StoreError, match=message):
        cluster(geometry(tmp_path / "store", embeddings), **settings)  # type: ignore[arg-type]


def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    embeddings, _ = grouped((40, 30))
    found = cluster(geometry(tmp_path / "store", embeddings), draws=0)
    with pytest.raises(EmptySelectionError, match="there is no cluster 2: there are 2, counted from 0"):
        found.rows(2)


def test_huge_clusters_and_samples_are_only_asked_for(tmp_path: Path) -> None:
    embeddings, _ = grouped((40, 30))
    place = geometry(tmp_path / "store", embeddings)
    assert cluster(place, min_size=10_000_000, draws=0).sizes == ()
    assert cluster(place, min_samples=10_000_000, draws=0).labels.shape == (70,)


def _rewritten(folder: Path, change: Callable[[dict[str, Any]], Any], labels: np.ndarray | None = None) -> None:
    """The record changed by hand, the list of files made to agree."""
    record = json.loads((folder / "record.json").read_text())
    change(record)
    if labels is not None:
        np.save(folder / "labels.npy", labels)
        content = (folder / "labels.npy").read_bytes()
        record["files"]["labels.npy"] = [len(content), hashlib.blake2b(content, digest_size=16).hexdigest()]
    (folder / "record.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("change", "labels"),
    [
        (lambda r: None, np.zeros((90, 2), np.int32)),
        (lambda r: None, np.zeros(89, np.int32)),
        (lambda r: None, np.zeros(90)),
        (lambda r: None, np.full(90, -7, np.int32)),
        (lambda r: r.pop("stability"), None),
        (lambda r: r.update(stability=None), None),
        (lambda r: r["stability"].update(jaccard=3), None),
        (lambda r: r["stability"].update(jaccard=["high"] * 3), None),
        (lambda r: r.update(silhouette="fine"), None),
        (lambda r: r.update(settings=3), None),
        (lambda r: r.update(method="guess"), None),
    ],
)
def test_one_that_was_changed_by_hand_is_made_again(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], labels: np.ndarray | None
) -> None:
    embeddings, _ = grouped((40, 30, 20))
    place = geometry(tmp_path / "store", embeddings)
    first = cluster(place, method="kmeans", clusters=3, draws=2)
    (key,) = Derived(place.store.path).keys(KIND)
    _rewritten(place.store.path / "derived" / KIND / key, change, labels)
    again = Geometry(place.store)
    found = cluster(again, method="kmeans", clusters=3, draws=2)
    assert found.as_json() == first.as_json()
    (note,) = again.notes
    assert f"{key} is damaged (" in note and note.endswith(": made again")
    assert cluster(Geometry(place.store), method="kmeans", clusters=3, draws=2).as_json() == first.as_json()


def test_one_cluster_of_everything_is_not_called_stable(tmp_path: Path) -> None:
    place = geometry(tmp_path / "store", np.ones((30, 4), np.float32))
    found = cluster(place, method="kmeans")
    assert found.sizes == (30,) and found.stability.verdict == "unknown"
    assert found.notes() == ("one cluster of all clips is found again in any draw: how stable it is cannot be told",)
    assert "稳定性无从判断" in found.notes("zh")[0]
    assert portraits(found, place)[0].verdict == "unknown"


def test_a_seed_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    place = geometry(tmp_path / "store", np.eye(5, dtype=np.float32))
    for seed in (-1, 1.5, 2**31):
        with pytest.raises(StoreError, match=f"a seed is a whole number from 0 to 2,147,483,646, .* not {seed}"):
            cluster(place, seed=seed)
    assert cluster(place, method="kmeans", clusters=2, draws=2, seed=MOST).seed == MOST
