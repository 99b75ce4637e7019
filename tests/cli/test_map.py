"""`emoanalytics map`: as text, as JSON, as a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.maps import draw_map
from tests.cli.conftest import Said
from tests.made_store import make_store


def test_the_command_says_what_the_library_says(run: Callable[..., Said], built: Path) -> None:
    options = ("--method", "pca", "--space", "speaker-centred", "--dims", "3", "--seed", "5")
    said = run("map", built, *options, "--json")
    store = EmotionStore.open(built)
    expected = draw_map(Geometry(store, "speaker-centred"), method="pca", dims=3, seed=5)
    assert said.status == 0 and said.json == expected.as_json()
    assert [p["segment_id"] for p in said.json["points"]] == store.segments(["segment_id"])["segment_id"].tolist()
    assert {"x", "y", "z", "kept", "trustworthiness", "continuity", "doubtful"} < set(said.json["points"][0])
    assert said.json["settings"] == {"method": "pca", "dims": 3, "seed": 5}


def test_in_words(run: Callable[..., Said], built: Path) -> None:
    said = run("map", built, "--method", "pca")
    store = EmotionStore.open(built)
    drawn = draw_map(Geometry(store), method="pca")
    lines = said.out.splitlines()
    assert lines[0] == f"map of {len(store)} clips by pca (dims 2, seed 0, space: raw)"
    assert tuple(lines[1:-2]) == drawn.words()
    assert lines[-2].startswith(f"trustworthiness {drawn.trust.overall_trustworthiness:.3f}, continuity")
    assert lines[-2].endswith("(of 1; all clips ranked against all)")
    assert lines[-1] == f"written: {store.path / 'derived' / 'maps' / drawn.key}"
    assert (Path(lines[-1].removeprefix("written: ")) / "coordinates.npy").is_file()


def test_the_picture_is_one_file_that_loads_nothing(run: Callable[..., Said], built: Path, tmp_path: Path) -> None:
    out = tmp_path / "map.html"
    said = run("map", built, "--method", "pca", "--out", out, "--colour", "speaker", "--lang", "zh")
    assert said.status == 0 and said.out.splitlines()[-1] == f"written: {out}"
    page = out.read_text(encoding="utf-8")
    assert '<html lang="zh">' in page and "不要解读图上的距离" in page
    assert "<script src=" not in page and "<link" not in page
    assert all(segment in page for segment in EmotionStore.open(built).segments(["segment_id"])["segment_id"])


def test_a_store_without_scores_has_a_picture_too(run: Callable[..., Said], tmp_path: Path) -> None:
    store = make_store(tmp_path / "s", [{}] * 4).path
    said = run("map", store, "--method", "umap", "--out", tmp_path / "map.html")
    assert said.status == 0 and "the clips are too few, or too much alike, for UMAP" in said.out
    asked = run("map", store, "--method", "pca", "--out", tmp_path / "map.html", "--colour", "emotion")
    assert asked.status == 2 and "has no scores to colour a map by" in asked.line


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--dims", "4"), "a map has 2 or 3 dimensions, not 4"),
        (("--seed", "-1"), "-1 is not in the range 0<=x<=4294967295"),
        (("--method", "isomap"), "'isomap' is not one of"),
        (("--colour", "speaker"), "--colour is for the picture: name its file with --out"),
        (("--method", "pca", "--out", "/nowhere/map.html"), "/nowhere/map.html cannot be written"),
        (("--method", "pca", "--out", "map.html", "--colour", "mood"), "a map cannot be coloured by 'mood'"),
    ],
)
def test_a_mistake_is_one_line(run: Callable[..., Said], built: Path, options: tuple[str, ...], line: str) -> None:
    said = run("map", built, *options)
    assert said.status == 2 and line in said.line


def test_an_empty_store_and_one_that_is_none(run: Callable[..., Said], tmp_path: Path) -> None:
    assert "has no clips to map: build it from a corpus first" in run("map", make_store(tmp_path / "s", []).path).line
    assert run("map", tmp_path / "none").status == 2
