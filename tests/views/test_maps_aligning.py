"""Two maps laid over each other: as SciPy has it, with the neighbours counted by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import procrustes

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.maps import align, draw_map
from tests.made_store import make_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> EmotionStore:
    """Ninety clips in three groups, of three speakers."""
    rng = np.random.default_rng(0)
    embeddings = np.eye(3, 16)[np.arange(90) % 3] * 3 + rng.normal(size=(90, 16))
    rows = [{"speaker": "abc"[i // 30]} for i in range(90)]
    return make_store(tmp_path_factory.mktemp("aligning") / "store", rows, embeddings=embeddings)


def test_aligning_undoes_any_move_turn_mirroring_and_scaling(store: EmotionStore) -> None:
    first = draw_map(Geometry(store), method="pca")
    turned = first.coordinates @ np.array([[0.6, 0.8], [0.8, -0.6]], np.float32) * 7 + 3
    back = align(first, replace(first, coordinates=turned))
    assert back.map.coordinates == pytest.approx(first.coordinates, abs=1e-5)
    assert back.disparity == pytest.approx(0, abs=1e-9) and back.moved == pytest.approx(0, abs=1e-4)
    assert back.scale == pytest.approx(1 / 7)


def test_aligning_agrees_with_scipy_on_the_common_clips(store: EmotionStore) -> None:
    first, second = draw_map(Geometry(store), method="pca"), draw_map(Geometry(store, "speaker-centred"), method="pca")
    shuffled = np.random.default_rng(0).permutation(90)[:60]
    part = replace(
        second,
        trust=replace(
            second.trust,
            **{n: getattr(second.trust, n)[:61] for n in ("kept", "trustworthiness", "continuity", "doubtful")},
        ),
        ids=second.ids[shuffled].append(second.ids[:1] + "x"),
        coordinates=np.vstack([second.coordinates[shuffled], [[1, 2]]]).astype(np.float32),
    )
    aligned = align(first, part)
    common = np.sort(shuffled)
    a, b, disparity = procrustes(first.coordinates[common], second.coordinates[common])
    assert aligned.ids.tolist() == first.ids[common].tolist()
    assert aligned.disparity == pytest.approx(disparity, abs=1e-6)
    radius = np.sqrt(((first.coordinates[common] - first.coordinates[common].mean(axis=0)) ** 2).sum(axis=1).mean())
    for i, row in enumerate(common):
        place = aligned.map.coordinates[list(shuffled).index(row)]
        assert aligned.moved[i] == pytest.approx(np.linalg.norm(place - first.coordinates[row]) / radius, abs=1e-5)
        assert aligned.moved[i] == pytest.approx(np.linalg.norm(a[i] - b[i]) * np.sqrt(60), abs=1e-5)
    assert len(aligned.map) == 61
    places = [m.coordinates[[m.ids.get_loc(i) for i in aligned.ids]].astype(float) for m in (first, aligned.map)]
    near = [
        [
            set(np.argsort(np.where(np.arange(60) == i, np.inf, np.linalg.norm(p - p[i], axis=1)))[:15])
            for i in range(60)
        ]
        for p in places
    ]
    assert aligned.k == 15 and aligned.chance == 15 / 59
    assert aligned.kept == pytest.approx([len(x & y) / 15 for x, y in zip(*near, strict=True)])
    assert aligned.share_kept == pytest.approx(aligned.kept.mean())
    table = aligned.table()
    assert table.columns.tolist() == ["segment_id", "x", "y", "second_x", "second_y", "moved", "kept"]
    assert np.array_equal(table[["x", "y"]], places[0]) and np.array_equal(table[["second_x", "second_y"]], places[1])
    plain = json.loads(json.dumps(aligned.as_json(most=7), allow_nan=False))
    assert (plain["common"], plain["neighbours"], len(plain["clips"])) == (60, 15, 7)
    assert plain["clips"][0]["moved"] == pytest.approx(aligned.moved.max(), abs=1e-6)
    assert plain["clips"][0]["segment_id"] == aligned.ids[aligned.moved.argmax()]


def test_maps_that_cannot_be_compared(store: EmotionStore, tmp_path: Path) -> None:
    flat, deep = draw_map(Geometry(store), method="pca"), draw_map(Geometry(store), method="pca", dims=3)
    with pytest.raises(StoreError, match="a map of 2 and one of 3 dimensions cannot be laid over each other"):
        align(flat, deep)
    with pytest.raises(EmptySelectionError, match="these share 0: draw them from stores of the same segments"):
        align(flat, replace(flat, ids=flat.ids + "x"))
    with pytest.raises(StoreError, match="lie in one place on one of them"):
        align(flat, replace(flat, coordinates=np.ones_like(flat.coordinates)))


def test_maps_of_the_same_and_of_unrelated_points(store: EmotionStore) -> None:
    flat = draw_map(Geometry(store), method="pca")
    same = align(flat, flat)
    assert same.share_kept == 1 and same.disparity == pytest.approx(0, abs=1e-9)
    noise = replace(flat, coordinates=np.random.default_rng(4).normal(size=(90, 2)).astype(np.float32))
    other = align(flat, noise)
    assert other.disparity > 0.9 and abs(other.share_kept - other.chance) < 0.08


def test_what_is_said_of_two_maps(store: EmotionStore, tmp_path: Path) -> None:
    flat = draw_map(Geometry(store), method="pca")
    one = align(flat, draw_map(Geometry(store, "speaker-centred"), method="pca"))
    assert one.words()[0].startswith(
        f"90 clips are on both maps; their shapes differ by {one.disparity:.2f} (Procrustes"
    )
    assert (
        f"of a clip's 15 neighbours on one map are its neighbours on the other too ({1500 / 89:.0f} %" in one.words()[1]
    )
    assert len(one.words()) == 2 and "两张图共有 90 个片段" in one.words("zh")[0]
    layout = align(flat, draw_map(Geometry(store), method="umap", epochs=20))
    assert "differ by their seed alone" in layout.words()[-1] and "随机种子" in layout.words("zh")[-1]
    two = draw_map(Geometry(make_store(tmp_path / "two", [{}] * 2)), method="pca")
    few = align(two, two)
    assert (few.k, few.share_kept, few.chance) == (0, None, None)
    assert few.words()[1] == "too few clips to compare their neighbours"
    json.dumps(few.as_json(), allow_nan=False)


def test_what_came_and_went_between_two_dates_is_counted(store: EmotionStore, tmp_path: Path) -> None:
    """Sixty clips of then and ninety of now, one of them gone: the common ones are aligned, all others counted."""
    now = draw_map(Geometry(store), method="pca")
    ids = store.segments(["segment_id"])["segment_id"].tolist()
    rows = [{"segment_id": one} for one in [*ids[:59], "f" * 32]]
    then = draw_map(Geometry(make_store(tmp_path / "then", rows, embeddings=store.embeddings()[:60])), method="pca")
    then = replace(then, record={**then.record, "drawn_at": "2026-03-02T09:41:07+00:00"})
    aligned = align(replace(now, record={**now.record, "drawn_at": "2026-04-05T10:00:00+00:00"}), then)
    assert (len(aligned.ids), aligned.only_first, aligned.only_second) == (59, 31, 1)
    plain = aligned.as_json()
    assert (plain["common"], plain["only_first"], plain["only_second"]) == (59, 31, 1)
    assert "the first was drawn 2026-04-05 10:00, the second 2026-03-02 09:41 (UTC)" in aligned.words()
    assert "only on the first: 31; only on the second: 1" in aligned.words()
    assert "仅在第一张图上：31 个片段；仅在第二张图上：1 个" in aligned.words("zh")
    other = align(now, draw_map(Geometry(store, "speaker-centred"), method="pca"))
    assert other.drawn_at is None and not any("only on" in line for line in other.words())


def test_one_neighbour_is_not_several(tmp_path: Path) -> None:
    """Four clips leave one neighbour each to compare."""
    embeddings = np.random.default_rng(0).normal(size=(4, 5))
    small = make_store(tmp_path / "s", [{"speaker": "ab"[i % 2]} for i in range(4)], embeddings=embeddings)
    drawn = draw_map(Geometry(small), method="pca")
    assert any("of the clips keep their nearest neighbour on this map (33 % by chance)" in x for x in drawn.words())
    both = align(drawn, draw_map(Geometry(small, "speaker-centred"), method="pca"))
    assert any("of the clips have the same nearest neighbour on both maps (33 % by chance)" in x for x in both.words())
