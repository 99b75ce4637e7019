"""The part files of embeddings and frames: which are live, and how rows come and go without touching a live file."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from emoanalytics.errors import DamagedStoreError
from emoanalytics.store.tables import read_table, write_table

PART_ADVICE = "remove the file and build again; only its clips are embedded again"


def part_names(metadata: Mapping[bytes, bytes] | None, key: bytes) -> list[str]:
    """The live parts that the metadata of ``segments.parquet`` lists."""
    return list(json.loads((metadata or {}).get(key, b"[]")))


class Parts:
    """The part files of one folder: which are live, and how to leave rows out of them."""

    def __init__(self, folder: Path, names: list[str], metadata: Mapping[bytes, bytes], dim: int | None) -> None:
        self.folder = folder
        self.names = names
        self._metadata = metadata
        self._dim = dim
        self._ids: dict[str, pa.ChunkedArray] = {}

    def ids(self, name: str) -> pa.ChunkedArray:
        """The segment ids of a part, read once."""
        if name not in self._ids:
            self._ids[name] = read_table(self.folder / name, ["segment_id"], PART_ADVICE)["segment_id"]
        return self._ids[name]

    def missing(self) -> list[str]:
        """Live parts that are not there.

        Raises:
            DamagedStoreError: one is there but cut short.
        """
        gone = []
        for name in self.names:
            path = self.folder / name
            try:
                with path.open("rb") as file:
                    file.seek(-min(4, path.stat().st_size), 2)
                    end = file.read()
            except FileNotFoundError:
                gone.append(name)
                continue
            if end != b"PAR1":
                raise DamagedStoreError(f"{path} is cut short: {PART_ADVICE}")
        return gone

    def rows(self, wanted: pa.Array) -> pa.Table | None:
        """The rows of these segments, from every live part that holds one."""
        found = []
        for name in self.names:
            hit = pc.is_in(self.ids(name), value_set=wanted)
            if pc.any(hit).as_py():
                found.append(read_table(self.folder / name, None, PART_ADVICE).filter(hit))
        return pa.concat_tables(found) if found else None

    def staged(self, gone: pa.Array, incoming: pa.Table | None) -> list[str]:
        """Write what the next commit needs: a part of the incoming rows, and anew each part that loses rows.

        Returns:
            The names that will be live; nothing that is live now has been touched.
        """
        names = []
        number = 1 + max((int(n.removesuffix(".parquet").rsplit("-", 1)[1]) for n in self.names), default=-1)
        for name in self.names:
            dead = pc.is_in(self.ids(name), value_set=gone) if len(gone) else None
            if dead is None or not pc.any(dead).as_py():
                names.append(name)
            elif not pc.all(dead).as_py():
                left = read_table(self.folder / name, None, PART_ADVICE).filter(pc.invert(dead))
                names.append(self._write(number, left))
                number += 1
        if incoming is not None and len(incoming):
            names.append(self._write(number, incoming))
        return names

    def _write(self, number: int, table: pa.Table) -> str:
        name = f"part-{number:05d}.parquet"
        write_table(self.folder / name, table, self._metadata, dim=self._dim)
        self._ids[name] = table["segment_id"]
        return name

    def sweep(self) -> None:
        """Remove every part that is not live: what a commit made superfluous or a killed one left."""
        live = set(self.names)
        for path in self.folder.glob("part-*.parquet*"):
            if path.name in live:
                continue
            with contextlib.suppress(OSError):  # held open by a reader on Windows: the next writer tries again
                path.unlink()
        self._ids = {name: ids for name, ids in self._ids.items() if name in self.names}
