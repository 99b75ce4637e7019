"""`emoanalytics map`: as text, as JSON, as a picture."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.maps import align, draw_map, place_added
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
    assert said.status == 0 and said.out.splitlines()[-1] == f"已写入：{out}"
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
        (("--seed", "-1"), "-1 is not in the range 0<=x<=2147483646"),
        (("--method", "isomap"), "'isomap' is not one of"),
        (("--colour", "speaker"), "--colour is for the picture: name its file with --out"),
        (("--method", "pca", "--out", "/nowhere/map.html"), "/nowhere/map.html cannot be written"),
        (("--method", "pca", "--out", "map.html", "--colour", "mood"), "a map cannot be coloured by 'mood'"),
        (("--method", "pca", "--out", "map.html", "--colour", "speeker"), "by 'speeker': did you mean speaker"),
        (("--speaker", "s1"), "--speaker is about audio files: name one with --place"),
        (("--encoder", "acoustic"), "--encoder is about audio files: name one with --place"),
        (("--place", "gone.wav"), "gone.wav: there is no such file; check the path"),
        (("--place", "gone.wav", "--against", "pca"), "--place puts clips on one map, --against compares two"),
        (("--against", "raw"), "--against raw is the same map: name another space, method or store"),
        (("--against", "nowhere"), "former or another store: there is no folder nowhere"),
        (("--method", "pca", "--dims", "3", "--seed", "7", "--against", "former"), "keeps no former map of these"),
        (("--against", "pca", "--dims", "3", "--out", "x.html"), "two maps are drawn beside each other where they are"),
    ],
)
def test_a_mistake_is_one_line(run: Callable[..., Said], built: Path, options: tuple[str, ...], line: str) -> None:
    said = run("map", built, *options)
    assert said.status == 2 and line in said.line


def test_an_empty_store_and_one_that_is_none(run: Callable[..., Said], tmp_path: Path) -> None:
    assert "has no clips to map: build it from a corpus first" in run("map", make_store(tmp_path / "s", []).path).line
    assert run("map", tmp_path / "none").status == 2


def test_a_file_goes_on_the_kept_map(run: Callable[..., Said], corpus: Path, built: Path, tmp_path: Path) -> None:
    clip, out = corpus / "s1" / "clip 04 话.wav", tmp_path / "placed.html"
    store = EmotionStore.open(built)
    drawn = draw_map(Geometry(store), method="pca")
    said = run("map", built, "--method", "pca", "--place", clip, "--place", clip, "--json", "--out", out)
    assert said.status == 0 and said.json["key"] == drawn.key and "points" not in said.json
    one, other = said.json["placed"]
    assert one == other and one["file"] == str(clip) and one["segment_id"] is None
    (own,) = store.segments(["segment_id"], where="file = 's1/clip 04 话.wav'")["segment_id"]
    assert one["coordinates"] == pytest.approx(drawn.coordinates[drawn.ids.get_loc(own)].tolist(), abs=1e-3)
    assert one["nearest"][0]["segment_id"] == own and one["nearest"][0]["speaker"] == "s1"
    assert {x["emotion_given"] for x in one["nearest"]} <= {"sad", "angry"} and not one["strange"]
    assert "new clips" in out.read_text(encoding="utf-8")
    lines = run("map", built, "--method", "pca", "--place", clip).out.splitlines()
    assert "placed on it, while it stays as it is: 1 clip" in lines
    at = lines.index("placed on it, while it stays as it is: 1 clip")
    assert lines[at + 1].startswith(f"   1. {clip} at (")
    assert lines[at + 2].startswith("       nearest 15: ") and "(as labelled); speakers: s" in lines[at + 2]
    assert lines[at + 3].startswith("       most like it: s1/clip 04 话.wav, s1 (+1.00); ")
    assert lines[at + 4].endswith("of its 15 nearest are among its nearest on the map too")
    assert (
        "放到此图上（图保持不变）：1 个片段"
        in run("map", built, "--method", "pca", "--place", clip, "--lang", "zh").out
    )


def test_clips_that_came_later_go_on_the_kept_map(run: Callable[..., Said], tmp_path: Path) -> None:
    embeddings = np.random.default_rng(0).normal(size=(30, 6))
    rows = [{"speaker": "ab"[i % 2]} for i in range(30)]
    before = make_store(tmp_path / "before", rows[:25], embeddings=embeddings[:25])
    old = draw_map(Geometry(before), method="pca")
    after = make_store(tmp_path / "after", rows, embeddings=embeddings)
    shutil.copytree(before.path / "derived" / "maps", after.path / "derived" / "maps")
    said = run("map", after.path, "--method", "pca", "--place-added", "--json")
    assert said.json["key"] == old.key and said.json["clips"] == 25
    assert [p["file"] for p in said.json["placed"]] == [f"{i}.wav" for i in range(25, 30)]
    expected = place_added(old, Geometry(after))
    assert [p["coordinates"] for p in said.json["placed"]] == expected.coordinates.astype(float).tolist()
    assert run("map", after.path, "--method", "pca", "--json").json["clips"] == 30
    assert (
        "nothing to place: all clips of the store are on it"
        in run("map", after.path, "--method", "pca", "--place-added").out
    )


@pytest.mark.parametrize("against", ["speaker-centred", "umap", "store"])
def test_two_maps_are_compared(run: Callable[..., Said], built: Path, tmp_path: Path, against: str) -> None:
    store, out = EmotionStore.open(built), tmp_path / "pair.html"
    first = draw_map(Geometry(store), method="pca")
    if against == "store":
        rows = store.segments(["segment_id", "content_id", "file"]).iloc[:20].to_dict("records")
        second = make_store(tmp_path / "store", rows, embeddings=np.random.default_rng(1).normal(size=(20, 6)))
        other, name = draw_map(Geometry(second), method="pca"), str(second.path)
    else:
        name = against
        space = against if against == "speaker-centred" else "raw"
        other = draw_map(Geometry(store, space), method="umap" if against == "umap" else "pca")
    said = run("map", built, "--method", "pca", "--against", name, "--json", "--out", out)
    expected = align(first, other)
    assert said.status == 0 and said.json == json.loads(json.dumps(expected.as_json()))
    assert said.json["common"] == (20 if against == "store" else 24)
    assert out.read_text(encoding="utf-8").count("<html") == 1
    lines = run("map", built, "--method", "pca", "--against", name).out.splitlines()
    assert [line for line in expected.words() if line not in lines] == []
    at = lines.index("moved farthest (in radii of the first map):")
    farthest = store.segments(["segment_id", "file"]).set_index("segment_id")["file"][
        expected.ids[expected.farthest[0]]
    ]
    assert lines[at + 1].strip().startswith(f"{expected.moved.max():.2f}  {farthest} [0.00 s], s")
    assert len(lines) - at == 11
    assert "位移最大的片段" in run("map", built, "--method", "pca", "--against", name, "--lang", "zh").out


def test_the_map_of_today_is_compared_with_the_former_one(run: Callable[..., Said], tmp_path: Path) -> None:
    """One clip went and five came since: the others are aligned, those are counted, and both dates are said."""
    embeddings, out = np.random.default_rng(0).normal(size=(30, 6)), tmp_path / "pair.html"
    rows = [{"speaker": "ab"[i % 2], "segment_id": f"{i:032x}"} for i in range(30)]
    before = make_store(tmp_path / "before", rows[:25], embeddings=embeddings[:25])
    after = make_store(tmp_path / "after", rows[1:], embeddings=embeddings[1:])
    against = ("map", after.path, "--method", "pca", "--against", "former")
    line = run(*against).line
    assert "keeps no former map of these settings" in line and "an older copy of the store instead" in line
    old = draw_map(Geometry(before), method="pca")
    shutil.copytree(before.path / "derived" / "maps", after.path / "derived" / "maps", dirs_exist_ok=True)
    expected = align(draw_map(Geometry(after), method="pca"), old)
    said = run(*against, "--json", "--out", out)
    assert said.status == 0 and said.json == json.loads(json.dumps(expected.as_json()))
    assert (said.json["common"], said.json["only_first"], said.json["only_second"]) == (24, 5, 1)
    assert said.json["second"]["key"] == old.key
    assert f"after \\u00b7 {old.record['drawn_at'][:10]}" in out.read_text(encoding="utf-8")
    lines = run(*against).out.splitlines()
    assert "only on the first: 5; only on the second: 1" in lines
    assert sum(line.startswith("the first was drawn ") for line in lines) == 1
    # A copy of the store as it was then says the same.
    copy = run("map", after.path, "--method", "pca", "--against", before.path, "--json").json
    assert (copy["clips"], copy["only_second"]) == (said.json["clips"], 1)


def test_a_damaged_former_map_is_left_out_and_said(run: Callable[..., Said], tmp_path: Path) -> None:
    embeddings = np.random.default_rng(0).normal(size=(30, 6))
    before = make_store(tmp_path / "before", [{}] * 25, embeddings=embeddings[:25])
    after = make_store(tmp_path / "after", [{}] * 30, embeddings=embeddings)
    old = draw_map(Geometry(before), method="pca")
    shutil.copytree(before.path / "derived" / "maps", after.path / "derived" / "maps")
    (after.path / "derived" / "maps" / old.key / "kept.npy").write_bytes(b"")
    said = run("map", after.path, "--method", "pca", "--against", "former")
    assert said.status == 2 and "): left out" in said.err and "keeps no former map" in said.err


@pytest.mark.parametrize("where", ["itself", "link", "copy"])
def test_the_same_map_on_both_sides_is_said(run: Callable[..., Said], built: Path, tmp_path: Path, where: str) -> None:
    """A copy of the store has the same map: nothing can have moved."""
    other = built if where == "itself" else tmp_path / "other"
    if where == "link":
        other.symlink_to(built)
    elif where == "copy":
        shutil.copytree(built, other)
    said = run("map", built, "--method", "pca", "--against", other)
    assert said.status == 2 and f"--against {other} is the same map: name another space" in said.line


def test_a_map_of_one_clip_is_said_to_be_by_pca(run: Callable[..., Said], tmp_path: Path) -> None:
    said = run("map", make_store(tmp_path / "one", [{}]).path)
    assert said.out.splitlines()[0] == "map of 1 clip by pca (dims 2, seed 0, space: raw)"
    assert "the clips are too few, or too much alike, for UMAP: this map is drawn by PCA" in said.out
    assert "variance" not in said.out


def test_a_clip_whose_speaker_is_not_known_says_so_where_it_matters(
    run: Callable[..., Said], corpus: Path, built: Path
) -> None:
    """In the speaker-centred space the speaker's mean is taken away; in the raw one no speaker matters."""
    clip = corpus / "s1" / "clip 04 话.wav"
    speaker = EmotionStore.open(built).segments(["speaker"])["speaker"].dropna().iloc[0]
    common = ("map", built, "--method", "pca", "--place", clip)
    centred = (*common, "--space", "speaker-centred")
    assert "names no speaker of this store" in run(*centred, "--speaker", "nobody").err
    assert len(run(*centred, "--json").json["notes"]) == 1
    assert "names no speaker" not in run(*centred, "--speaker", speaker).err
    assert "names no speaker" not in run(*common).err


def test_a_map_that_could_not_be_kept_is_not_said_to_be_written(run: Callable[..., Said], tmp_path: Path) -> None:
    store = make_store(tmp_path / "s", [{}] * 8).path
    (store / "derived").write_text("x", encoding="utf-8")
    said = run("map", store, "--method", "pca")
    assert said.status == 0 and "not kept" in said.err and "written:" not in said.out
