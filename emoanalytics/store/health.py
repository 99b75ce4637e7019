"""Is a store whole? Reads every file of it once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from emoanalytics.errors import StoreError
from emoanalytics.store.disk import read_json
from emoanalytics.store.layout import HINT_ADVICE, SEGMENTS_ADVICE
from emoanalytics.store.parts import PART_ADVICE, part_names
from emoanalytics.store.schema import (
    EMBEDDINGS_FOLDER,
    FRAMES_FOLDER,
    META_EMBEDDING_PARTS,
    META_FRAME_PARTS,
    RUNS_FOLDER,
    SEGMENTS_FILE,
)
from emoanalytics.store.tables import open_parquet, read_columns, read_table

if TYPE_CHECKING:
    from emoanalytics.store.store import EmotionStore


def problems(store: EmotionStore) -> list[str]:
    """What is wrong with a store, one line a problem; empty: it is whole."""
    found: list[str] = []

    def attempt(job: Callable[[], object]) -> None:
        try:
            job()
        except StoreError as error:
            found.append(str(error))

    path = store.path / SEGMENTS_FILE
    attempt(lambda: store.info)
    attempt(store.failures)
    attempt(store.recordings)
    for run in sorted((store.path / RUNS_FOLDER).glob("*.json")):
        attempt(lambda run=run: read_json(run, HINT_ADVICE))  # type: ignore[misc]
    try:
        table = read_table(path, None, SEGMENTS_ADVICE)
    except StoreError as error:
        return [*found, str(error)]
    for folder, key in ((EMBEDDINGS_FOLDER, META_EMBEDDING_PARTS), (FRAMES_FOLDER, META_FRAME_PARTS)):
        for name in part_names(table.schema.metadata, key):
            attempt(lambda part=store.path / folder / name: _read_through(part))  # type: ignore[misc]
    if pc.count_distinct(table["segment_id"]).as_py() != len(table):
        found.append(f"{path} names a segment twice: {SEGMENTS_ADVICE}")
    if not found:
        attempt(lambda: store.embeddings([]))  # finds every segment's row, or says which has none
    if not found and store.head_missing:
        found.append(store.head_missing)
    return found


def _read_through(path: Path) -> None:
    with open_parquet(path, PART_ADVICE) as file:
        for group in range(file.metadata.num_row_groups):
            read_columns(file, path, None, PART_ADVICE, [group])
