"""Where each segment's embedding lies, and how to read it: parts in, one array out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.store.parts import PART_ADVICE
from emoanalytics.store.schema import EMBEDDINGS_FOLDER
from emoanalytics.store.tables import open_parquet, read_columns, read_table


class EmbeddingRows:
    """The live embedding parts of a store, in the order of its segments.

    Args:
        folder: the store.
        parts: names of the live parts.
        ids: segment ids in the order of the segments.
        dim: length of an embedding.

    Raises:
        DamagedStoreError: a part is missing or unreadable, or a segment has no embedding.
    """

    def __init__(self, folder: Path, parts: Sequence[str], ids: pa.ChunkedArray, dim: int) -> None:
        self.ids = ids
        self.parts = tuple(parts)
        self._folder = folder / EMBEDDINGS_FOLDER
        self._dim = dim
        self._part = np.full(len(ids), -1, np.int32)
        self._row = np.zeros(len(ids), np.int64)
        for number, name in enumerate(self.parts):
            there = read_table(self._folder / name, ["segment_id"], PART_ADVICE)["segment_id"]
            at = pc.index_in(there, value_set=ids).combine_chunks().fill_null(-1).to_numpy(zero_copy_only=False)
            live = at >= 0
            self._part[at[live]] = number
            self._row[at[live]] = np.flatnonzero(live)
        without = np.flatnonzero(self._part < 0)
        if len(without):
            raise DamagedStoreError(
                f"{folder}: {len(without)} segment(s) have no embedding, the first is {ids[int(without[0])]}: "
                "build again; only these clips are embedded again"
            )

    def __len__(self) -> int:
        return len(self.ids)

    def positions(self, ids: Sequence[str]) -> np.ndarray:
        """Where these segments stand among all: (n,) int64.

        Raises:
            StoreError: the store has no such segment.
        """
        wanted = pa.array(list(ids), pa.string())
        at = pc.index_in(wanted, value_set=self.ids)
        if at.null_count:
            unknown = wanted.filter(pc.is_null(at))
            raise StoreError(
                f"{self._folder.parent} has no segment {unknown[0]} ({len(unknown)} of {len(wanted)} unknown)"
            )
        return at.to_numpy(zero_copy_only=False).astype(np.int64)

    def read(self, positions: np.ndarray) -> np.ndarray:
        """The embeddings at these positions: one contiguous, read-only (n, d) float32 array.

        Raises:
            DamagedStoreError: a part is missing or cannot be read.
        """
        out = np.empty((len(positions), self._dim), np.float32)
        part = self._part[positions]
        for number, into in _alike(part):
            self._fill(out, self._folder / self.parts[number], into, positions)
        out.flags.writeable = False
        return out

    def _fill(self, out: np.ndarray, path: Path, into: np.ndarray, positions: np.ndarray) -> None:
        """Read the row groups of one part that hold a wanted row, one at a time, and place the rows."""
        rows = self._row[positions[into]]
        with open_parquet(path, PART_ADVICE) as file:
            sizes = [file.metadata.row_group(g).num_rows for g in range(file.metadata.num_row_groups)]
            starts = np.concatenate([[0], np.cumsum(sizes)])
            group = np.searchsorted(starts, rows, side="right") - 1
            for number in np.unique(group):
                here = group == number
                column = read_columns(file, path, ["embedding"], PART_ADVICE, [int(number)])[
                    "embedding"
                ].combine_chunks()
                chunk = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
                if chunk.type.list_size != self._dim:
                    raise DamagedStoreError(
                        f"{path} holds embeddings of length {chunk.type.list_size}, not {self._dim}: {PART_ADVICE}"
                    )
                values = chunk.flatten().to_numpy().reshape(-1, self._dim)
                out[into[here]] = values[rows[here] - starts[number]]

    def batches(self, rows: int) -> Iterator[np.ndarray]:
        """All embeddings in order, at most ``rows`` at a time."""
        for start in range(0, len(self), rows):
            yield self.read(np.arange(start, min(start + rows, len(self))))


def _alike(values: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each value that occurs, ascending, with the places where it does; one sort, however many values there are."""
    order = np.argsort(values, kind="stable")
    found, starts = np.unique(values[order], return_index=True)
    for value, places in zip(found, np.split(order, starts[1:]), strict=False):
        yield int(value), places
