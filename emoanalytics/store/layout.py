"""An empty store, and what every file of it carries."""

from __future__ import annotations

from pathlib import Path

from emoanalytics.store.info import StoreInfo
from emoanalytics.store.schema import (
    FAILURE_SCHEMA,
    FAILURES_FILE,
    META_EMBEDDING_PARTS,
    META_ENCODER,
    META_FRAME_PARTS,
    META_SCHEMA,
    RECORDING_SCHEMA,
    RECORDINGS_FILE,
    SCHEMA_VERSION,
    SEGMENTS_FILE,
    SEGMENTS_SCHEMA,
)
from emoanalytics.store.tables import write_table

SEGMENTS_ADVICE = "restore it from a copy, or build again into another --store"
HINT_ADVICE = "remove it and build again"


def file_metadata(info: StoreInfo) -> dict[bytes, bytes]:
    """The key-value metadata every Parquet file of this store carries."""
    return {META_SCHEMA: str(SCHEMA_VERSION).encode(), META_ENCODER: info.encoder_fingerprint.encode()}


def lay_out(folder: Path, info: StoreInfo) -> None:
    """Make an empty store; ``store.json`` comes last and makes it one."""
    metadata = file_metadata(info)
    write_table(folder / FAILURES_FILE, FAILURE_SCHEMA.empty_table(), metadata)
    write_table(folder / RECORDINGS_FILE, RECORDING_SCHEMA.empty_table(), metadata)
    parts = {META_EMBEDDING_PARTS: b"[]", META_FRAME_PARTS: b"[]"}
    write_table(folder / SEGMENTS_FILE, SEGMENTS_SCHEMA.empty_table(), metadata | parts)
    info.write(folder)
