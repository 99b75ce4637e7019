"""Trust of a map: equal to plain loops and to scikit-learn, honest about ties and samples."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.graph import exact_graph
from emoanalytics.views.maps import trust as module
from emoanalytics.views.maps.trust import Trust, trust_of
from tests.made_store import make_store


def case(path: Path, n: int, dims: int = 2, seed: int = 0, copies: int = 1) -> tuple[Geometry, np.ndarray]:
    """Points of eight dimensions and a map of the first of them, with noise."""
    rng = np.random.default_rng(seed)
    points = np.repeat(rng.normal(size=(-(-n // copies), 8)), copies, axis=0)[:n]
    store = make_store(path / f"{n}-{dims}-{seed}-{copies}", [{} for _ in range(n)], embeddings=points)
    coordinates = points[:, :dims] + 0.3 * rng.normal(size=(n, dims))
    return Geometry(store), coordinates.astype(np.float32)


def measured(geometry: Geometry, coordinates: np.ndarray, **given: int) -> Trust:
    return trust_of(coordinates, geometry.graph, geometry.vectors, **given)


def ranks(values: np.ndarray, equal: float = 0.0) -> np.ndarray:
    """Rank of j among the others of i, by plain counting: small values first, equal ones share the first rank."""
    n = len(values)
    found = np.zeros((n, n), int)
    for i in range(n):
        for j in range(n):
            found[i, j] = 1 + sum(values[i, x] < values[i, j] - equal for x in range(n) if x != i)
    return found


def plain(geometry: Geometry, coordinates: np.ndarray, k: int, wide: int) -> dict[str, np.ndarray | float]:
    """Every number by loops over all pairs. Without ties on either side only."""
    points = geometry.vectors.points(slice(None)).astype(np.float64)
    n = len(points)
    original = ranks(-points @ points.T, 1e-6)
    mapped = ranks(((coordinates[:, None].astype(float) - coordinates[None].astype(float)) ** 2).sum(axis=2))
    kept, invented, torn, doubtful, t, c = [], [], [], [], 0.0, 0.0
    for i in range(n):
        on_map = [j for j in range(n) if j != i and mapped[i, j] <= k]
        in_space = [j for j in range(n) if j != i and original[i, j] <= k]
        assert len(on_map) == len(in_space) == k
        kept.append(len(set(on_map) & set(in_space)) / k)
        worst = k * (wide + 1 - k)
        invented.append(1 - sum(max(min(original[i, j], wide + 1) - k, 0) for j in on_map) / worst)
        torn.append(1 - sum(max(min(mapped[i, j], wide + 1) - k, 0) for j in in_space) / worst)
        doubtful.append(sum(original[i, j] <= wide for j in on_map) < k / 2)
        t += sum(original[i, j] - k for j in on_map if j not in in_space)
        c += sum(mapped[i, j] - k for j in in_space if j not in on_map)
    scale = 2 / (n * k * (2 * n - 3 * k - 1))
    return {
        "kept": np.array(kept),
        "trustworthiness": np.array(invented),
        "continuity": np.array(torn),
        "doubtful": np.array(doubtful),
        "t": 1 - scale * t,
        "c": 1 - scale * c,
    }


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize(("n", "k", "wide"), [(3, 1, 1), (7, 3, 3), (40, 15, 15), (130, 15, 25)])
def test_every_number_equals_its_plain_twin(tmp_path: Path, n: int, k: int, wide: int, dims: int) -> None:
    geometry, coordinates = case(tmp_path, n, dims)
    trust, twin = measured(geometry, coordinates), plain(geometry, coordinates, k, wide)
    assert (trust.k, trust.wide, trust.ranked, trust.errors) == (k, wide, n, (0.0, 0.0))
    for name in ("kept", "trustworthiness", "continuity"):
        assert getattr(trust, name) == pytest.approx(twin[name], abs=1e-6), name
    assert np.array_equal(trust.doubtful, twin["doubtful"])
    assert trust.overall_trustworthiness == pytest.approx(twin["t"])
    assert trust.overall_continuity == pytest.approx(twin["c"])
    assert trust.share_kept == pytest.approx(np.mean(twin["kept"])) and trust.chance == pytest.approx(k / (n - 1))


@pytest.mark.parametrize("seed", [1, 2, 3])  # no tie for the fifteenth place, which 0 has
def test_the_overall_values_are_those_of_scikit_learn(tmp_path: Path, seed: int) -> None:
    geometry, coordinates = case(tmp_path, 200, seed=seed)
    trust = measured(geometry, coordinates)
    points = geometry.vectors.points(slice(None)).astype(np.float64)
    # To the fifth digit: two similarities less than a millionth apart are a tie here and an order there.
    known = trustworthiness(points, coordinates, n_neighbors=15), trustworthiness(coordinates, points, n_neighbors=15)
    assert trust.overall_trustworthiness == pytest.approx(known[0], abs=1e-5)
    assert trust.overall_continuity == pytest.approx(known[1], abs=1e-5)


def test_blocks_and_a_sample_change_nothing_that_is_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    geometry, coordinates = case(tmp_path, 300)
    whole = measured(geometry, coordinates)
    monkeypatch.setattr(module, "_BLOCK", 37)
    monkeypatch.setattr("emoanalytics.views.maps.ranks._BLOCK", 41)
    monkeypatch.setattr(module, "_EXACT", 100)
    monkeypatch.setattr(module, "_chosen", lambda n, seed: np.sort(np.random.default_rng(seed).permutation(n)[:120]))
    part = measured(geometry, coordinates, seed=4)
    for name in ("kept", "trustworthiness", "continuity", "doubtful"):
        assert np.array_equal(getattr(part, name), getattr(whole, name)), name
    assert part.ranked == 120 and whole.ranked == 300
    assert 0 < part.errors[0] < 0.02 and part.overall_trustworthiness != whole.overall_trustworthiness
    assert abs(part.overall_trustworthiness - whole.overall_trustworthiness) < 4 * part.errors[0]
    assert abs(part.overall_continuity - whole.overall_continuity) < 4 * part.errors[1]


def test_a_sample_is_drawn_above_a_size_only_and_by_the_seed() -> None:
    assert np.array_equal(module._chosen(5_000, 0), np.arange(5_000))
    drawn = module._chosen(5_001, 0)
    assert len(np.unique(drawn)) == 2_000 and drawn.max() > 4_000
    assert np.array_equal(drawn, module._chosen(5_001, 0)) and not np.array_equal(drawn, module._chosen(5_001, 1))
    assert len(module._chosen(150_000, 0)) == 1_333 and len(module._chosen(1_000_000, 0)) == 500


@pytest.mark.parametrize("m", [2, 4, 6])
def test_the_error_is_that_of_drawing_so_many_of_so_many(m: int) -> None:
    """Over all samples without replacement the mean of the squared errors is the variance of the means, exactly."""
    population = np.array([0.1, 0.5, 0.55, 0.8, 0.9, 1.0, 0.2])
    samples = [population[list(chosen)] for chosen in combinations(range(7), m)]
    errors = [module._error(sample, 7) for sample in samples]
    assert np.mean(np.square(errors)) == pytest.approx(np.var([sample.mean() for sample in samples]))
    assert module._error(population, 7) == 0.0


def test_the_error_of_each_overall_value_is_of_its_own_clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    geometry, coordinates = case(tmp_path, 60)
    chosen = np.sort(np.random.default_rng(1).permutation(60)[:25])
    points = geometry.vectors.points(slice(None)).astype(np.float64)
    original = ranks(-points @ points.T, 1e-6)
    mapped = ranks(((coordinates[:, None].astype(float) - coordinates[None].astype(float)) ** 2).sum(axis=2))
    monkeypatch.setattr(module, "_chosen", lambda n, seed: chosen)
    trust = measured(geometry, coordinates)
    scale = 2 / (15 * (120 - 45 - 1))
    for there, here, error in ((mapped, original, trust.errors[0]), (original, mapped, trust.errors[1])):
        values = []
        for i in chosen:
            near = [j for j in range(60) if j != i and there[i, j] <= 15]
            values.append(1 - scale * sum(max(here[i, j] - 15, 0) for j in near))
        mean = sum(values) / 25
        spread = (sum((v - mean) ** 2 for v in values) / 24) ** 0.5
        assert error == pytest.approx(spread / 5 * (35 / 60) ** 0.5)


def test_a_perfect_map_keeps_everything_and_a_shuffled_one_what_chance_leaves(tmp_path: Path) -> None:
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False) + 0.002 * np.random.default_rng(0).random(400)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    geometry = Geometry(make_store(tmp_path / "circle", [{}] * 400, embeddings=circle))
    perfect = measured(geometry, circle.astype(np.float32))
    assert perfect.share_kept > 0.99 and perfect.overall_trustworthiness > 0.9999 and not perfect.doubtful.any()
    shuffled = measured(geometry, np.random.default_rng(1).permutation(circle).astype(np.float32))
    assert shuffled.share_kept == pytest.approx(shuffled.chance, abs=0.02)
    assert shuffled.overall_trustworthiness == pytest.approx(0.5, abs=0.05) and shuffled.doubtful.mean() > 0.95


def test_copies_of_a_clip_are_all_as_near(tmp_path: Path) -> None:
    """Twenty copies of each point: which fifteen of them a list holds is chance, and must not count."""
    geometry, _ = case(tmp_path, 100, copies=20)
    groups = np.arange(100) // 20
    coordinates = (np.eye(5, 2)[groups] * 9 + groups[:, None] * 3 + np.random.default_rng(0).random((100, 2))).astype(
        np.float32
    )
    trust = measured(geometry, coordinates)
    assert trust.kept.min() == 1.0 and trust.trustworthiness.min() == 1.0 and not trust.doubtful.any()
    assert trust.overall_trustworthiness == 1.0
    one_place = np.stack([groups, groups], axis=1).astype(np.float32)
    same = measured(geometry, one_place)
    assert same.kept.min() == 1.0 and same.continuity.min() == 1.0 and same.overall_continuity == 1.0


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_clips_are_said(tmp_path: Path, n: int) -> None:
    geometry = Geometry(make_store(tmp_path / "few", [{}] * n))
    trust = trust_of(np.zeros((n, 2), np.float32), exact_graph(geometry.vectors, 90), geometry.vectors)
    assert trust.share_kept is None and trust.overall_trustworthiness is None and len(trust.kept) == n
    assert trust.words() == ("too few clips to say how far to believe this map",)
    assert trust.words("zh") == ("片段太少，无法判断此图的可信度",)
    assert trust.as_json()["kept"] is None and trust.as_json()["doubtful"] is None


def test_the_words_hold_the_numbers() -> None:
    n = 1000
    ones = np.ones(n, np.float32)
    doubtful = np.arange(n) < 2
    trust = Trust(15, 90, ones, ones, ones, doubtful, 0.38, 0.00015, 0.95, 0.9, n, (0.0, 0.0))
    assert trust.words() == (
        "38 % of a clip's 15 neighbours are still its neighbours on this map (0.015 % by chance): "
        "do not read distances",
        "0.2 % of the clips are not to be believed: most of their neighbours on the map are not among their 90 nearest",
    )
    assert "平均 38 % 在此图上仍是近邻（随机为 0.015 %）" in trust.words("zh")[0]
    assert "不在其 90 个最近片段之中" in trust.words("zh")[1]
