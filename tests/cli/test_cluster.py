"""`emoanalytics cluster`."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile as sf

from emoanalytics.store.store import EmotionStore
from tests.cli.conftest import Said
from tests.made_store import make_store


@pytest.fixture
def store(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "store"))


def test_clusters_are_named_and_their_stability_is_printed(run: Callable[..., Said], store: Path) -> None:
    said = run("cluster", store, "--space", "raw")
    assert said.status == 0
    assert said.out.startswith("2 clusters of ")
    assert "(hdbscan, min_size 5, min_samples 3, space: raw, seed 0)" in said.out
    assert "stability: " in said.out
    assert "20 draws without a fifth of the clips" in said.out
    assert "density validity (DBCV)" in said.out
    high = next(line for line in said.out.splitlines() if "clips: " in line and "high" in line)
    assert "; 3 speakers" in high
    assert "  pitch: " in said.out
    assert " Hz in the rest" in said.out


def test_in_chinese(run: Callable[..., Said], store: Path) -> None:
    """The same numbers in the same order, in the other language's words."""
    english, chinese = (run("cluster", store, "--space", "raw", "--lang", lang).out for lang in ("en", "zh"))
    assert chinese.startswith("2 个聚类，共 24 个片段，0 个不属于任何聚类（hdbscan，")
    assert "稳定性：" in chinese and "20 次重抽，每次略去五分之一的片段，调整兰德指数 " in chinese
    assert "形状：轮廓系数 " in chinese and "；3 位说话人" in chinese and "，其余为 " in chinese
    assert not any(word in chinese for word in (" against ", "clips", "stable", "found again", "shape", "note:"))
    assert len(english.splitlines()) == len(chinese.splitlines())
    for one, other in list(zip(english.splitlines(), chinese.splitlines(), strict=True))[3:]:
        numbers = r"-?\d+\.\d+"
        assert re.findall(numbers, one) == re.findall(numbers, other)
    none = run("cluster", store, "--min-size", "20", "--lang", "zh").out
    assert "注意：没有聚类：没有两组（每组至少 20 段）" in none


def test_one_document_with_every_label(run: Callable[..., Said], store: Path) -> None:
    document = run("cluster", store, "--space", "raw", "--seed", "3", "--json").json
    ids = set(EmotionStore.open(store).segments(["segment_id"])["segment_id"])
    assert (document["space"], document["method"], document["seed"]) == ("raw", "hdbscan", 3)
    assert set(document["labels"]) <= ids
    assert len(document["labels"]) == sum(document["sizes"]) == 24 - document["noise"]
    assert [c["size"] for c in document["clusters"]] == document["sizes"]
    assert {m for c in document["clusters"] for m in c["medoids"]} <= ids
    assert document["clusters"][0]["name_zh"].endswith("；3 位说话人")
    assert document["stability"]["draws"] == 20


def test_k_means_makes_as_many_as_asked(run: Callable[..., Said], store: Path) -> None:
    document = run("cluster", store, "--method", "kmeans", "--clusters", "3", "--json").json
    assert len(document["sizes"]) == 3
    assert document["space"] == "speaker-centred"
    assert document["settings"] == {"clusters": 3, "components": 23}


def test_each_cluster_can_be_played(run: Callable[..., Said], store: Path, tmp_path: Path) -> None:
    said = run("cluster", store, "--space", "raw", "--montage", tmp_path / "new" / "folder")
    files = sorted((tmp_path / "new" / "folder").iterdir())
    assert [f.name for f in files] == ["cluster-00.wav", "cluster-01.wav"]
    assert f"montage: {files[0]}" in said.out
    samples, rate_hz = sf.read(files[0])
    assert rate_hz == 16_000
    assert pytest.approx(len(samples) / rate_hz, abs=0.01) == 5 * 1.1 + 4 * 0.3


def test_audio_that_is_away_is_said_and_the_clusters_come(run: Callable[..., Said], tmp_path: Path) -> None:
    rows = [{"speaker": f"s{i % 3}"} for i in range(20)]
    embeddings = [[1.0, 0.01 * i, 0.0] if i % 2 else [0.0, 0.01 * i, 1.0] for i in range(20)]
    made = make_store(tmp_path / "store", rows, embeddings=embeddings)  # type: ignore[arg-type]
    said = run("cluster", made.path, "--space", "raw", "--montage", tmp_path / "m", "--json")
    assert said.status == 0
    assert len(said.json["clusters"]) == 2
    assert "montage" not in said.json["clusters"][0]
    assert "cluster 0 cannot be played: " in said.err
    assert "is not there" in said.err
    out = run("cluster", made.path, "--space", "raw").out
    assert "note: not compared, since the encoder does not measure it: pitch, " in out


def test_no_clusters_is_a_result(run: Callable[..., Said], store: Path) -> None:
    said = run("cluster", store, "--min-size", "20")
    assert said.status == 0
    assert said.out.startswith("0 clusters of 0 clips, 24 in none")
    assert "note: no clusters: no two groups of 20 clips or more are denser than what lies between them" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--min-size", "1"], "a cluster has at least 2 clips, not 1"),
        (["--method", "kmeans", "--clusters", "99"], "1 to 24 clusters of 24 different clips, not 99"),
        (["--method", "leiden", "--resolution", "-1"], "the resolution is a positive number, not -1.0"),
        (["--method", "dbscan"], "'dbscan' is not one of"),
    ],
)
def test_a_mistake_is_one_line(run: Callable[..., Said], store: Path, arguments: list[str], message: str) -> None:
    said = run("cluster", store, *arguments)
    assert said.status == 2
    assert message in said.line


def test_an_empty_store_is_one_line(run: Callable[..., Said], tmp_path: Path) -> None:
    made = make_store(tmp_path / "store", [])
    said = run("cluster", made.path)
    assert said.status == 2
    assert "has no segments: there is nothing to cluster" in said.line


def test_it_is_found_again_and_not_made_again(run: Callable[..., Said], store: Path) -> None:
    first = run("cluster", store, "--json").json
    (kept,) = (store / "derived" / "clusters").iterdir()
    record = json.loads((kept / "record.json").read_text())
    record["silhouette"] = 0.123
    (kept / "record.json").write_text(json.dumps(record))
    assert run("cluster", store, "--json").json == first | {"silhouette": 0.123}
