"""Centres and points against a slow twin, and the copy of the embeddings they are read from."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.errors import StoreError
from emoanalytics.neighbours import vectors as module
from emoanalytics.neighbours.exact import nearest
from emoanalytics.neighbours.graph import exact_graph
from emoanalytics.neighbours.space import Centres, Space
from emoanalytics.neighbours.vectors import Vectors
from tests.neighbours.made import spread, store_of


def slow_centres(rows: np.ndarray, speakers: np.ndarray) -> tuple[np.ndarray, float]:
    """One-way analysis of variance with groups of different size, dimension by dimension, then the shrunk means."""
    x, n_speakers = rows.astype(np.float64), int(speakers.max(initial=-1)) + 1
    groups = [x[speakers == s] for s in range(n_speakers)]
    named = np.vstack([x[:0], *groups])
    within = between = 0.0
    n, sizes = len(named), [len(g) for g in groups]
    if n_speakers >= 2 and n > n_speakers:
        n0 = (n - sum(s * s for s in sizes) / n) / (n_speakers - 1)
        for d in range(x.shape[1]):
            inside = sum(((g[:, d] - g[:, d].mean()) ** 2).sum() for g in groups) / (n - n_speakers)
            middle = named[:, d].mean()
            outside = sum(len(g) * (g[:, d].mean() - middle) ** 2 for g in groups) / (n_speakers - 1)
            within += inside
            between += (outside - inside) / n0
    prior = within / between if between > 0 else np.inf
    overall = x.mean(axis=0)
    means = [overall + len(g) / (len(g) + prior) * (g.mean(axis=0) - overall) for g in groups]
    return np.array([*means, overall]), prior


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 40), dim=st.integers(1, 4), n_speakers=st.integers(0, 6), seed=st.integers(0, 500))
def test_centres_are_those_of_the_analysis_of_variance(n: int, dim: int, n_speakers: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    speakers = np.unique(rng.integers(-1, n_speakers, size=n), return_inverse=True)[1] - 1
    rows = (rng.normal(size=(n, dim)) + 2 * rng.normal(size=(n_speakers + 1, dim))[speakers]).astype(np.float32)
    blocks = (rows[i : i + 7] for i in range(0, n, 7))
    centres = Centres.of(blocks, speakers)
    means, prior = slow_centres(rows, speakers)
    np.testing.assert_allclose(centres.means, means, atol=1e-4)
    assert centres.prior == pytest.approx(prior, rel=1e-5, abs=1e-9)


def test_points_are_what_is_left_without_the_centre_made_as_long_as_one(tmp_path: Path) -> None:
    rows = spread(60, 5)
    speakers = [None if i % 5 == 0 else f"s{i % 3}" for i in range(60)]
    store = store_of(tmp_path / "s", rows, speakers)
    raw, centred = Vectors.of(store), Vectors.of(store, Space.SPEAKER_CENTRED)
    for i in range(60):
        np.testing.assert_allclose(raw.points(np.array([i]))[0], rows[i] / np.linalg.norm(rows[i]), atol=1e-6)
        left = rows[i] - centred.centres.means[-1 if speakers[i] is None else centred.names.index(speakers[i])]
        np.testing.assert_allclose(centred.points(np.array([i]))[0], left / np.linalg.norm(left), atol=1e-5)
    for vectors in (raw, centred):
        every = vectors.points(slice(0, 60))
        numbers = np.array([5, 5, 59, 0])
        np.testing.assert_allclose(
            vectors.similarities(every[:3], slice(10, 40)), every[:3] @ every[10:40].T, atol=1e-5
        )
        np.testing.assert_allclose(vectors.similarities(every[:3], numbers), every[:3] @ every[numbers].T, atol=1e-5)
        who = np.array([1, 0, 2, 2])
        told = vectors.pairs(every[:3], who, numbers)
        np.testing.assert_allclose(told, (every[who] * every[numbers]).sum(axis=1), atol=1e-5)
        np.testing.assert_allclose(vectors.place(rows[:7], speakers[:7]), every[:7], atol=1e-6)
        assert vectors.place(rows[:1], ["nobody knows"]).shape == (1, 5)


@pytest.mark.parametrize("common", [0, 10, 1000])
def test_what_all_embeddings_have_in_common_does_not_cost_digits_when_centred(tmp_path: Path, common: float) -> None:
    rows = spread(300, 24) + np.float32(common)
    vectors = Vectors.of(store_of(tmp_path / "s", rows, [f"s{i % 6}" for i in range(300)]), Space.SPEAKER_CENTRED)
    left = rows.astype(np.float64) - vectors.centres.means.astype(np.float64)[vectors.speakers]
    left /= np.linalg.norm(left, axis=1)[:, None]
    true, points = left @ left.T, vectors.points(slice(0, 300))
    assert vectors.scales.all()  # from here on they are known
    some = np.random.default_rng(0).permutation(300)
    np.testing.assert_allclose(vectors.similarities(points, slice(0, 300)), true, atol=1e-6)
    np.testing.assert_allclose(vectors.similarities(points, some), true[:, some], atol=1e-6)
    who = np.repeat(np.arange(300), 4)
    asked = np.random.default_rng(1).integers(300, size=1200)
    np.testing.assert_allclose(vectors.pairs(points, who, asked), true[who, asked], atol=1e-6)
    graph = exact_graph(vectors, 20)
    np.testing.assert_allclose(graph.similarities, np.take_along_axis(true, graph.rows.astype(int), 1), atol=1e-6)


def test_pairs_of_more_rows_than_are_centred_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = spread(100, 6)
    vectors = Vectors.of(store_of(tmp_path / "s", rows, [f"s{i % 3}" for i in range(100)]), Space.SPEAKER_CENTRED)
    monkeypatch.setattr(module, "_BLOCK", 7)
    points = vectors.points(slice(0, 100))
    who, asked = np.random.default_rng(2).integers(100, size=(2, 500))
    told = vectors.pairs(points, who, asked)
    np.testing.assert_allclose(told, (points[who] * points[asked]).sum(axis=1), atol=1e-6)
    assert vectors.pairs(points, who[:0], asked[:0]).shape == (0,)


def test_a_row_without_direction_is_like_nothing(tmp_path: Path) -> None:
    rows = np.array([[0, 0, 0], [3, 0, 4], [0, 1, 0]], np.float32)
    vectors = Vectors.of(store_of(tmp_path / "s", rows))
    assert vectors.scales.tolist() == pytest.approx([0, 0.2, 1])
    assert vectors.similarities(vectors.points(slice(0, 3)), slice(0, 3)).tolist()[0] == [0, 0, 0]


def test_the_only_clip_of_the_only_speaker_has_no_direction_when_centred(tmp_path: Path) -> None:
    vectors = Vectors.of(store_of(tmp_path / "s", np.array([[1, 2, 3]], np.float32), ["a"]), "speaker-centred")
    assert vectors.points(slice(0, 1)).tolist() == [[0, 0, 0]]


def test_the_copy_is_made_once_and_made_again_when_damaged(tmp_path: Path) -> None:
    store, notes = store_of(tmp_path / "s", spread(40, 6)), []
    first = Vectors.of(store, notes=notes)
    path = tmp_path / "s/derived/vectors" / first.key / "embeddings.npy"
    before = path.stat().st_mtime_ns
    assert isinstance(first.embeddings, np.memmap)
    Vectors.of(store, Space.SPEAKER_CENTRED, notes=notes)
    assert path.stat().st_mtime_ns == before and notes == []
    path.write_bytes(path.read_bytes()[:-4])
    again = Vectors.of(store, notes=notes)
    np.testing.assert_array_equal(again.embeddings, store.embeddings())
    assert len(notes) == 1 and notes[0].endswith("(embeddings.npy is not what was written): made again")


def test_another_encoder_s_copy_is_not_taken(tmp_path: Path) -> None:
    rows = spread(40, 6)
    store = store_of(tmp_path / "s", rows)
    key = Vectors.of(store).key
    text = (tmp_path / "s/store.json").read_text(encoding="utf-8")
    (tmp_path / "s/store.json").write_text(text.replace("0" * 32, "1" * 32), encoding="utf-8")
    other = type(store).open(tmp_path / "s")
    assert other.info.encoder_fingerprint == "1" * 32
    assert Vectors.of(other).key != key


def test_a_store_that_is_written_to_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = spread(30, 4)
    store, grown = store_of(tmp_path / "s", rows[:20]), store_of(tmp_path / "t", rows)
    read, notes = store.segments, []

    def changed(columns=None, where=None):
        return grown.segments(columns) if columns == ["segment_id"] else read(columns, where)

    monkeypatch.setattr(store, "segments", changed)
    vectors = Vectors.of(store, notes=notes)
    np.testing.assert_array_equal(vectors.embeddings, rows[:20])  # those of the ids it has, from memory
    assert len(notes) == 1 and "was written to while it was read" in notes[0]


def test_embeddings_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    vectors = Vectors.of(store_of(tmp_path / "s", spread(5, 4)))
    with pytest.raises(StoreError, match="an embedding of 3 numbers cannot be compared with 4 in the store"):
        vectors.place(np.zeros((1, 3)))
    with pytest.raises(StoreError, match="not finite"):
        vectors.place(np.full((1, 4), np.nan))
    with pytest.raises(StoreError, match="no segment 'nope' in the store"):
        vectors.rows_of(["nope"])


def test_pages_that_are_given_back_are_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = spread(3000, 64)
    vectors = Vectors.of(store_of(tmp_path / "s", rows))
    before = nearest(vectors.points(slice(0, 4)), vectors, 5)
    monkeypatch.setattr(module, "_LARGE", 0)
    assert isinstance(vectors.embeddings.base, mmap.mmap)  # or nothing would be given back
    after = nearest(vectors.points(slice(0, 4)), vectors, 5)
    np.testing.assert_array_equal(after.rows, before.rows)
    np.testing.assert_array_equal(vectors.embeddings, rows)
