"""Heads on disk and the scores they give: one row a segment, in the order of the segments."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.store.disk import read_json, write_bytes, write_json
from emoanalytics.store.intake import conform
from emoanalytics.store.layout import SEGMENTS_ADVICE
from emoanalytics.store.parts import PART_ADVICE, part_names
from emoanalytics.store.schema import (
    BUILTIN_HEAD,
    DERIVED_FOLDER,
    EMBEDDINGS_FOLDER,
    META_EMBEDDING_PARTS,
    RESERVED_PREFIX,
    SCORE_COLUMNS,
    SEGMENTS_FILE,
)
from emoanalytics.store.tables import read_table, write_table

ARRAYS_FILE, SCORES_FILE, REPORT_FILE = "head.npz", "scores.parquet", "report.json"
_ADVICE = "remove it and run: emoanalytics head fit"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def head_folder(store: Path, head_id: str) -> Path:
    """Where a head lives.

    Raises:
        StoreError: the id is not letters, digits, ``.``, ``_`` and ``-``.
    """
    if not _ID.fullmatch(head_id):
        raise StoreError(f"a head's id is made of letters, digits, '.', '_' and '-', not {head_id!r}")
    return store / DERIVED_FOLDER / "heads" / head_id


def is_there(store: Path, head_id: str) -> bool:
    """Whether the files a fitted head gives its scores from are there."""
    folder = head_folder(store, head_id)
    return (folder / ARRAYS_FILE).exists() and (folder / SCORES_FILE).exists()


def write_head(
    store: Path,
    head_id: str,
    *,
    weights: np.ndarray,
    bias: np.ndarray,
    labels: Sequence[str],
    temperature: float,
    report: Mapping[str, Any],
    dim: int,
) -> None:
    """Put a head's arrays and report in place.

    Raises:
        StoreError: shapes do not fit each other or the store's embeddings.
    """
    w, b = np.asarray(weights, np.float32), np.asarray(bias, np.float32)
    if w.shape != (len(labels), dim) or b.shape != (len(labels),):
        raise StoreError(
            f"a head for this store has weights ({len(labels)}, {dim}) and bias ({len(labels)},), "
            f"not {w.shape} and {b.shape}"
        )
    packed = io.BytesIO()
    np.savez(packed, weights=w, bias=b, labels=np.array(list(labels), np.str_), temperature=np.float64(temperature))
    folder = head_folder(store, head_id)
    write_json(folder / REPORT_FILE, dict(report))
    write_bytes(folder / ARRAYS_FILE, packed.getvalue())


def write_scores(store: Path, head_id: str, scores: pa.Table, metadata: Mapping[bytes, bytes]) -> None:
    """Put a head's scores in place: ``segment_id`` and one ``score_`` column a label.

    Raises:
        StoreError: a column is missing or no score.
    """
    names = [n for n in scores.column_names if n.startswith(RESERVED_PREFIX)]
    schema = pa.schema(
        [pa.field("segment_id", pa.string(), nullable=False), *(pa.field(n, pa.float32()) for n in names)]
    )
    table = conform(scores, schema, "scores")
    if pc.count_distinct(table["segment_id"]).as_py() != len(table):
        raise StoreError("the scores name a segment twice")
    write_table(head_folder(store, head_id) / SCORES_FILE, table, metadata)


def read_head(store: Path, head_id: str) -> dict[str, Any] | None:
    """A head's arrays, labels, temperature, report, and whether its scores may be called calibrated.

    Returns:
        None when it is not there.

    Raises:
        DamagedStoreError: a file of it cannot be read.
    """
    folder = head_folder(store, head_id)
    path = folder / ARRAYS_FILE
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("weights", "bias", "labels", "temperature")}
    except OSError as error:
        raise DamagedStoreError(f"{path} cannot be read ({error.strerror or 'it is cut off'}): {_ADVICE}") from error
    # What NumPy says of a broken file advises to load it "unsafely".
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DamagedStoreError(f"{path} cannot be read (it is damaged): {_ADVICE}") from error
    for name in ("weights", "bias"):
        arrays[name].flags.writeable = False
    report = read_json(folder / REPORT_FILE, _ADVICE)
    return {
        "id": head_id,
        "weights": arrays["weights"],
        "bias": arrays["bias"],
        "labels": tuple(str(x) for x in arrays["labels"]),
        "temperature": float(arrays["temperature"]),
        "calibrated": bool(report.get("calibration", {}).get("calibrated")),
        "report": report,
    }


def score_columns(labels: Sequence[str]) -> tuple[str, ...]:
    """The nine score columns, then one for each further label of the active head.

    >>> score_columns(["happy", "calm"])[-2:]
    ('score_unknown', 'score_calm')
    """
    extra = [RESERVED_PREFIX + label for label in labels]
    return SCORE_COLUMNS + tuple(c for c in extra if c not in SCORE_COLUMNS)


def winners(scores: np.ndarray, columns: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Each row's label with the highest score, and that score.

    Args:
        scores: (n, columns), NaN where a label has no score.
        columns: their names, as ``score_columns`` gives them.

    Returns:
        (n,) labels, the first of equally high ones, None where a row has no score; (n,) float64, NaN there.

    >>> winners(np.array([[0.2, 0.8], [np.nan, np.nan]]), ["score_sad", "score_angry"])
    (array(['angry', None], dtype=object), array([0.8, nan]))
    """
    values = np.asarray(scores, np.float64)
    found, best = np.full(len(values), None, object), np.full(len(values), np.nan)
    scored = np.flatnonzero(~np.isnan(values).all(axis=1))
    if len(scored):  # nanargmax refuses rows without a number
        names = np.array([name.removeprefix(RESERVED_PREFIX) for name in columns], object)
        at = np.nanargmax(values[scored], axis=1)
        found[scored], best[scored] = names[at], values[scored, at]
    return found, best


def stored_scores(store: Path, head_id: str, labels: Sequence[str]) -> pa.Table:
    """The scores a head gives the segments, whether it is the active one or not.

    Args:
        store: the store's folder.
        head_id: the head.
        labels: its labels.

    Returns:
        ``segment_id`` and the columns of ``score_columns(labels)``, in the order of the segments.
    """
    rows = read_table(store / SEGMENTS_FILE, ["segment_id"], SEGMENTS_ADVICE)
    parts = part_names(rows.schema.metadata, META_EMBEDDING_PARTS)
    scores = aligned_scores(store, head_id, labels, rows["segment_id"], parts)
    return scores.add_column(0, pa.field("segment_id", pa.string()), rows["segment_id"])


def aligned_scores(
    store: Path, head_id: str | None, labels: Sequence[str], ids: pa.ChunkedArray, parts: Sequence[str]
) -> pa.Table:
    """A head's scores for these segments, in their order; null where there are none.

    Args:
        store: the store's folder.
        head_id: the head; None: none.
        labels: its labels.
        ids: segment ids.
        parts: the live embedding parts (they hold the built-in head's scores).

    Returns:
        The columns of ``score_columns(labels)``, float32.
    """
    columns = score_columns(labels)
    if head_id == BUILTIN_HEAD:
        folder = store / EMBEDDINGS_FOLDER
        tables = [read_table(folder / name, ["segment_id", *SCORE_COLUMNS], PART_ADVICE) for name in parts]
        given = pa.concat_tables(tables) if tables else None
    elif head_id is not None and is_there(store, head_id):
        given = read_table(head_folder(store, head_id) / SCORES_FILE, None, _ADVICE)
    else:
        given = None
    if given is None:
        return pa.table({name: pa.nulls(len(ids), pa.float32()) for name in columns})
    at = pc.index_in(ids, value_set=given["segment_id"])
    return pa.table(
        {
            name: given[name].take(at)
            if name in given.column_names
            else pa.chunked_array([pa.nulls(len(ids), pa.float32())])
            for name in columns
        }
    )
