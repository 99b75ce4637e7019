from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from emoanalytics.audio.corpus import Kind, open_corpus
from emoanalytics.audio.corpus.columns import KNOWN_COLUMNS, TEXT_COLUMNS
from emoanalytics.errors import CorpusError
from tests.audio.corpus.make_corpus import notes, reasons, touch


def test_a_folder_is_scanned_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.WAV", "a/z.flac", "a/b/c.mp3", "a.ogg", "notes.txt", ".hidden.wav", ".cache/x.wav")
    touch(tmp_path, "store/store.json", "store/x.wav")
    corpus = open_corpus(tmp_path)
    assert corpus.table["file"].tolist() == sorted(["b.WAV", "a/z.flac", "a/b/c.mp3", "a.ogg"])
    assert corpus.mapping.kind is Kind.FOLDER and corpus.problems == ()
    assert notes(corpus) == ["passed over 1 stores: store"]
    assert tuple(corpus.table.columns) == KNOWN_COLUMNS
    assert str(corpus.table["recorded_at"].dtype) == "datetime64[us, UTC]"
    assert corpus.table["start_s"].isna().all() and all(corpus.table[c].tolist() == [None] * 4 for c in TEXT_COLUMNS)
    for recording in corpus.recordings():
        assert recording.path == tmp_path.resolve() / recording.file and recording.path.is_file()


def test_strange_names(tmp_path: Path) -> None:
    names = ["two words.wav", "李雷 韩梅梅.wav", "smile 😀.wav", "line\nbreak.wav", 'quote".wav', "ñ.wav", "a,b.wav"]
    touch(tmp_path, *names)
    assert open_corpus(tmp_path).table["file"].tolist() == sorted(names)
    out = tmp_path / "m.csv"
    with out.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([["file"], *([n] for n in names)])
    corpus = open_corpus(tmp_path)
    assert corpus.table["file"].tolist() == sorted(names) and corpus.mapping.kind is Kind.CSV
    assert all(r.path.is_file() for r in corpus.recordings())


def test_an_empty_folder(tmp_path: Path) -> None:
    touch(tmp_path, "readme.md")
    with pytest.raises(CorpusError, match=r"no audio found; looked for .*\.flac, .*\.wav"):
        open_corpus(tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="gone: no such file or folder"):
        open_corpus(tmp_path / "gone")
    with pytest.raises(CorpusError, match=r"m\.csv: no such manifest"):
        open_corpus(touch(tmp_path, "a.wav"), manifest=tmp_path / "m.csv")
    with pytest.raises(CorpusError, match="the root is no folder"):
        open_corpus(tmp_path, root=tmp_path / "gone")


def test_a_store_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is a store, not a corpus: give the folder of the audio"):
        open_corpus(touch(tmp_path, "store.json", "a.wav"))


def test_links(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.wav", "real/deep/b.wav")
    (tmp_path / "real/deep/up").symlink_to(tmp_path / "real")
    (tmp_path / "again").symlink_to(tmp_path / "real/deep")
    (tmp_path / "loop.wav").symlink_to("loop.wav")
    (tmp_path / "broken.wav").symlink_to("gone.wav")
    (tmp_path / "other.wav").symlink_to("real/a.wav")
    corpus = open_corpus(tmp_path)
    assert corpus.table["file"].tolist() == ["other.wav", "real/a.wav", "real/deep/b.wav"]
    again = "a link to a folder above it or read already: not followed"
    found = {p.file: p.reason for p in corpus.problems}
    assert found.pop("loop.wav") in {
        "a link that leads to no file",
        "cannot be looked at (Too many levels of symbolic links)",
    }
    assert found == {"again/": again, "real/deep/up/": again, "broken.wav": "a link that leads to no file"}


def test_a_link_to_a_folder_above_is_not_followed(tmp_path: Path) -> None:
    touch(tmp_path, "sibling/x.wav", "corpus/a.wav")
    (tmp_path / "corpus/top").symlink_to(tmp_path)
    corpus = open_corpus(tmp_path / "corpus")
    assert corpus.table["file"].tolist() == ["a.wav"]
    assert reasons(corpus) == [("top/", None, "a link to a folder above it or read already: not followed")]


def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/x/a.wav", "corpus/b.wav")
    (tmp_path / "corpus/more").symlink_to(tmp_path / "elsewhere")
    assert open_corpus(tmp_path / "corpus").table["file"].tolist() == ["b.wav", "more/x/a.wav"]


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.wav", "secret/b.wav")
    if os.geteuid() == 0:  # root may read everything
        scandir = os.scandir

        def refuse(path: os.PathLike[str]) -> Iterator[os.DirEntry[str]]:
            if Path(path).name == "secret":
                raise PermissionError(13, "Permission denied")
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)
    else:
        (tmp_path / "secret").chmod(0)
    try:
        corpus = open_corpus(tmp_path)
    finally:
        (tmp_path / "secret").chmod(0o755)
    assert corpus.table["file"].tolist() == ["a.wav"]
    assert reasons(corpus) == [("secret/", None, "the folder cannot be read (Permission denied)")]


@pytest.mark.skipif(os.name == "nt" or os.uname().sysname == "Darwin", reason="names are Unicode there")
def test_a_name_that_is_no_unicode(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    Path(os.fsdecode(bytes(tmp_path) + b"/\xff.wav")).touch()
    corpus = open_corpus(tmp_path)
    assert corpus.table["file"].tolist() == ["a.wav"]
    assert reasons(corpus) == [("\\udcff.wav", None, "the name is not valid Unicode: rename the file")]


def test_one_audio_file(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav")
    corpus = open_corpus(tmp_path / "a.wav")
    assert (corpus.root, corpus.table["file"].tolist(), corpus.mapping.kind) == (
        tmp_path.resolve(),
        ["a.wav"],
        Kind.AUDIO,
    )
