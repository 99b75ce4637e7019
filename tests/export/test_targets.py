"""Where an export may go: not into the store, not over what is there, and never half."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emoanalytics.errors import DamagedStoreError, EmptySelectionError, MissingExtraError, StoreError
from emoanalytics.export import Format, export
from emoanalytics.export.formats import format_of
from emoanalytics.store.store import EmotionStore


@pytest.mark.parametrize(
    ("to", "asked", "says"),
    [
        ("clips", None, "the ending of clips names no format"),
        ("clips.xlsx", None, r"\.csv, \.tsv, \.jsonl"),
        ("clips.csv", "sql", "a database is named by a URL"),
        ("sqlite:///x.db", "csv", "a database takes no format csv"),
        ("clips.csv", "audformat", "audformat is a folder"),
    ],
)
def test_a_target_that_says_no_format_is_refused(to: str, asked: str | None, says: str) -> None:
    with pytest.raises(StoreError, match=says):
        format_of(to, asked)


def test_the_ending_says_the_format_and_the_format_overrules_it() -> None:
    assert [format_of(f"a{e}") for e in (".CSV", ".tsv", ".ndjson", ".parquet", ".npy")] == [
        Format.CSV, Format.TSV, Format.JSONL, Format.PARQUET, Format.NPY,
    ]  # fmt: skip
    assert format_of("a.txt", "csv") is Format.CSV
    assert format_of("a.parquet", "embedding-atlas") is Format.EMBEDDING_ATLAS


@pytest.mark.parametrize("to", ["clips.csv", "derived/clips.csv", "segments.parquet", "x.npy", "sqlite"])
def test_nothing_is_written_into_the_store(hard_store: EmotionStore, to: str, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(hard_store.path)
    before = sorted(p.name for p in hard_store.path.rglob("*"))
    for folder in (hard_store.path, link):
        place = f"sqlite:///{folder}/clips.db" if to == "sqlite" else folder / to
        with pytest.raises(StoreError, match="lies in the store"):
            export(hard_store, place, replace=True)
    with pytest.raises(StoreError, match="lies in the store"):
        export(hard_store, hard_store.path, format="audformat", replace=True)
    assert sorted(p.name for p in hard_store.path.rglob("*")) == before


def test_what_is_there_stays_unless_one_says_so(hard_store: EmotionStore, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("mine")
    for name in ("a.csv", "a.npy"):  # the array has its table beside it
        with pytest.raises(StoreError, match=r"a\.csv is there already: add --replace"):
            export(hard_store, tmp_path / name)
    assert (tmp_path / "a.csv").read_text() == "mine"
    assert not (tmp_path / "a.npy").exists()
    export(hard_store, tmp_path / "a.csv", replace=True)
    assert len((tmp_path / "a.csv").read_text(encoding="utf-8-sig")) > 1000
    with pytest.raises(StoreError, match="is a folder: name a file in it"):
        export(hard_store, tmp_path, format="csv", replace=True)


def test_only_a_folder_that_an_export_made_is_replaced(hard_store: EmotionStore, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "photo.jpg").write_text("dear")
    for replace in (False, True):
        with pytest.raises(StoreError, match="mine holds other files"):
            export(hard_store, mine, format="audformat", replace=replace)
    assert [p.name for p in mine.iterdir()] == ["photo.jpg"]
    with pytest.raises(StoreError, match=r"photo\.jpg is a file"):
        export(hard_store, mine / "photo.jpg", format="audformat")
    made = tmp_path / "made"
    made.mkdir()  # empty: free
    export(hard_store, made, format="audformat")
    with pytest.raises(StoreError, match="holds an export already: add --replace"):
        export(hard_store, made, format="audformat")
    export(hard_store, made, format="audformat", where="speaker = 'anna 1'", replace=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["made", "mine"]


@pytest.mark.parametrize(("name", "format"), [("x.csv", None), ("x.parquet", None), ("x.npy", None), ("x.jsonl", None),
                                              ("x", "huggingface"), ("sqlite", None)])  # fmt: skip
def test_an_export_that_fails_leaves_nothing(
    hard_store: EmotionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, format: str | None
) -> None:
    def broken(self: EmotionStore, ids: object = None) -> None:
        raise DamagedStoreError("a part is missing")

    to = f"sqlite:///{tmp_path}/x.db" if name == "sqlite" else tmp_path / name
    monkeypatch.setattr(EmotionStore, "embeddings", broken)
    with pytest.raises(DamagedStoreError, match="a part is missing"):
        export(hard_store, to, format=format, embeddings=True)
    left = list(tmp_path.iterdir())
    if name == "sqlite":  # the driver makes the file; there is no table in it
        with pytest.raises(DamagedStoreError):
            export(hard_store, to, embeddings=True)
        monkeypatch.undo()
        assert export(hard_store, to).rows == len(hard_store)
    else:
        assert left == []


def test_nothing_to_export_is_an_error(hard_store: EmotionStore, tmp_path: Path) -> None:
    with pytest.raises(EmptySelectionError, match="has no clip for which \"speaker = 'nobody'\" holds"):
        export(hard_store, tmp_path / "x.csv", where="speaker = 'nobody'")
    with pytest.raises(StoreError, match="is not understood"):
        export(hard_store, tmp_path / "x.csv", where="speaker = ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "to", "format", "says"),
    [
        ("sqlalchemy", "sqlite:///x.db", None, r"pip install 'emoanalytics\[sql\]'"),
        ("audformat", "x", "audformat", r"pip install 'emoanalytics\[audformat\]'"),
    ],
)
def test_a_missing_package_is_named(
    hard_store: EmotionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, to: str, format: str | None,
    says: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=says):
        export(hard_store, to, format=format)
    assert list(tmp_path.iterdir()) == []


def test_importing_it_is_light() -> None:
    code = "import sys, emoanalytics.export; print({'sqlalchemy','audformat','plotly','faiss'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
