"""Small corpora on the disk, and what a corpus says, as plain values."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from emoanalytics.audio.corpus import Corpus
from emoanalytics.audio.corpus.columns import Conformed
from emoanalytics.audio.corpus.manifests import read_manifest


def touch(folder: Path, *files: str) -> Path:
    """Empty files will do: a corpus never opens its audio."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return folder


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def read(manifest: Path) -> Conformed:
    return read_manifest(manifest).conform()


def reasons(corpus: Corpus) -> list[tuple[str, int | None, str]]:
    return [(p.file, p.row, p.reason) for p in corpus.problems]


def notes(corpus: Corpus) -> list[str]:
    return [str(n) for n in corpus.mapping.notes]


def cells(corpus: Corpus, *columns: str) -> list[tuple[object, ...]]:
    frame = corpus.table[list(columns)].astype(object)
    return [tuple(None if pd.isna(v) else v for v in row) for row in frame.to_numpy().tolist()]
