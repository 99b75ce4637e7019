"""The rows of a store as points of a space: unit vectors, read from a memory-mapped copy of the embeddings."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.neighbours.kept import array_of
from emoanalytics.neighbours.space import Centres, Space, scales
from emoanalytics.neighbours.threads import faiss_library, faiss_threads
from emoanalytics.store.derived import Derived
from emoanalytics.store.store import EmotionStore

_BLOCK = 8192  # rows: 32 MB at 1,024 numbers a row
_FORMAT = 2  # of the kept copy, and of what the points are: all that rests on others is made again
_LARGE = 1 << 30  # bytes of embeddings that a process does not hold on to
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Vectors:
    """Points of a space, one a row of the store, in its order.

    The similarity of two points is their dot product: the cosine of the angle between them, 1 for the same
    direction, larger is closer. A point without a direction (all zeros) has similarity 0 to everything.

    Attributes:
        ids: (n,) segment ids.
        embeddings: (n, d) float32, perhaps memory-mapped: what the store holds, not yet points.
        space: which space.
        speakers: (n,) int32 number of each row's speaker in ``names``, -1: none named.
        names: the speakers.
        centres: what the space subtracts; None for the raw space.
        key: 32 hex digits that change whenever a point or its place in the order changes.
        raw_scales: (n,) one over the length of each embedding, 0 for one of length 0, where that is known.
    """

    ids: pd.Index
    embeddings: np.ndarray
    space: Space
    speakers: np.ndarray
    names: tuple[str, ...]
    centres: Centres | None
    key: str
    raw_scales: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        store: EmotionStore,
        space: Space | str = Space.RAW,
        *,
        progress: Progress | None = None,
        notes: list[str] | None = None,
    ) -> Vectors:
        """Those of a store.

        The embeddings are copied once into ``derived/vectors``, where any row can be read at once; where that folder
        cannot be written they are kept in memory.

        Args:
            store: the store.
            space: which space.
            progress: called while the copy is made.
            notes: gets a line about anything that was damaged and made again.
        """
        rows = store.segments(["segment_id", "speaker"])
        ids = pd.Index(rows["segment_id"])
        codes, names = pd.factorize(rows["speaker"])
        identity = _identity(store.info.encoder_fingerprint, rows["segment_id"])
        embeddings, raw_scales = _mapped(store, ids, identity, progress, [] if notes is None else notes)
        if Space(space) is Space.RAW:
            return cls(ids, embeddings, Space.RAW, codes.astype(np.int32), tuple(names), None, identity, raw_scales)
        speakers = codes.astype(np.int32)
        centres = Centres.of(_blocks(embeddings), speakers)
        hasher = hashlib.blake2b(f"{identity}:{space}:".encode(), digest_size=16)
        hasher.update(speakers.tobytes())
        return cls(ids, embeddings, Space.SPEAKER_CENTRED, speakers, tuple(names), centres, hasher.hexdigest())

    def __post_init__(self) -> None:
        if self.embeddings.ndim != 2 or len(self.embeddings) != len(self.ids) or len(self.speakers) != len(self.ids):
            raise ValueError("ids, embeddings and speakers must be as many")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def dim(self) -> int:
        """Numbers a point."""
        return int(self.embeddings.shape[1])

    def points(self, rows: np.ndarray | slice) -> np.ndarray:
        """The points of these rows: (m, d) float32 of length 1, or zero."""
        return self._placed(np.asarray(self.embeddings[rows]), self.speakers[rows])

    def blocks(self, size: int = _BLOCK) -> Iterator[tuple[int, np.ndarray]]:
        """All points in order: the number of the first row of a block, and the (m, d) block."""
        for start in range(0, len(self), size):
            yield start, self.points(slice(start, start + size))

    @cached_property
    def scales(self) -> np.ndarray:
        """(n,) float32: what makes a row's embedding, without its centre, one of length 1; 0: it has no direction.

        Reading all rows once to know it makes comparing points with many rows several times faster afterwards.
        """
        if self.centres is None and self.raw_scales is not None:
            return self.raw_scales
        scales = np.zeros(len(self), np.float32)
        for start in range(0, len(self), _BLOCK):
            some = slice(start, start + _BLOCK)
            scales[some] = self._scaled(np.asarray(self.embeddings[some]), self.speakers[some])[1]
        scales.flags.writeable = False
        return scales

    def similarities(self, points: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
        """(q, m) float32 similarities of points to rows."""
        known = self.raw_scales is not None if self.centres is None else "scales" in vars(self)
        if not (known or isinstance(rows, slice)):
            return points @ self.points(rows).T  # a few rows are not worth the scales of all
        # The centre comes off before the product: what embeddings have in common is large beside what is left.
        products = points @ self._less_centre(np.asarray(self.embeddings[rows]), self.speakers[rows]).T
        products *= self.scales[rows]
        return products

    def pairs(self, points: np.ndarray, who: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(m,) float32 similarities of ``points[who]`` (m,) to ``rows`` (m,), one by one."""
        points = np.ascontiguousarray(points, np.float32)
        if self.centres is None:
            products = _products(points, who, np.asarray(self.embeddings), rows)
        else:
            products = np.empty(len(rows), np.float32)
            met = np.zeros(len(self), bool)
            met[rows] = True
            each = np.flatnonzero(met)
            place = np.zeros(len(self), np.int64)
            place[each] = np.arange(len(each))
            places = place[rows]
            for start in range(0, len(each), _BLOCK):  # a row that many points ask for loses its centre once
                some = each[start : start + _BLOCK]
                mine = np.flatnonzero((places >= start) & (places < start + _BLOCK))
                left = self._less_centre(np.asarray(self.embeddings[some]), self.speakers[some])
                products[mine] = _products(points, who[mine], left, places[mine] - start)
        products *= self.scales[rows]
        return products

    def place(self, embeddings: np.ndarray, speakers: Sequence[str | None] | None = None) -> np.ndarray:
        """Where other embeddings of the same encoder lie in this space: (m, d) float32.

        Args:
            embeddings: (m, d).
            speakers: of each, where it is known and in the store; a speaker the store does not know is like none,
                for whom the mean of all clips is subtracted.

        Raises:
            StoreError: their length is not that of the store's embeddings.
        """
        given = np.atleast_2d(np.asarray(embeddings, np.float32))
        if given.shape[1] != self.dim:
            raise StoreError(
                f"an embedding of {given.shape[1]} numbers cannot be compared with {self.dim} in the store"
            )
        if not np.isfinite(given).all():
            raise StoreError("an embedding holds numbers that are not finite: encode the clip again")
        known = {name: code for code, name in enumerate(self.names)}
        codes = [-1] * len(given) if speakers is None else [known.get(s, -1) if s else -1 for s in speakers]
        return self._placed(given, np.asarray(codes, np.int32))

    def let_go(self) -> None:
        """Give back the pages of a large mapped file: they stay in the system's cache and are found there again."""
        file: Any = self.embeddings.base
        if isinstance(file, mmap.mmap) and self.embeddings.nbytes > _LARGE and hasattr(mmap, "MADV_DONTNEED"):
            file.madvise(mmap.MADV_DONTNEED)

    def rows_of(self, ids: Sequence[str]) -> np.ndarray:
        """Row numbers of these segments, in their order.

        Raises:
            StoreError: an id is not in the store.
        """
        rows = self.ids.get_indexer(pd.Index(list(ids), dtype=self.ids.dtype))
        if (rows < 0).any():
            unknown = list(ids)[int(np.argmax(rows < 0))]
            raise StoreError(
                f"no segment {unknown!r} in the store: ids stand in its segments.parquet and in what search prints"
            )
        return rows.astype(np.int64)

    def _placed(self, embeddings: np.ndarray, codes: np.ndarray) -> np.ndarray:
        points, scales = self._scaled(embeddings, codes)
        return points * scales[:, None]

    def _scaled(self, embeddings: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Embeddings without their centres, and what makes them as long as 1."""
        lengths = np.sqrt(np.einsum("ij,ij->i", embeddings, embeddings, dtype=np.float64))
        if self.centres is None:
            return embeddings, scales(lengths, lengths)
        points = self._less_centre(embeddings, codes)
        return points, scales(np.sqrt(np.einsum("ij,ij->i", points, points, dtype=np.float64)), lengths)

    def _less_centre(self, embeddings: np.ndarray, codes: np.ndarray) -> np.ndarray:
        # -1 is the last row: no speaker.
        return embeddings if self.centres is None else embeddings - self.centres.means[codes]


def _products(points: np.ndarray, who: np.ndarray, others: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(m,) float32 inner products of ``points[who]`` and ``others[rows]``, both C-ordered float32."""
    faiss = faiss_library()
    products = np.empty(len(rows), np.float32)
    who, rows = np.ascontiguousarray(who, np.int64), np.ascontiguousarray(rows, np.int64)
    with faiss_threads():
        pointers = [faiss.swig_ptr(array) for array in (points, who, others, rows, products)]
        faiss.pairwise_indexed_inner_product(points.shape[1], len(rows), *pointers)
    return products


def _identity(encoder: str, ids: pd.Series) -> str:
    hasher = hashlib.blake2b(f"{_FORMAT}:{encoder}".encode(), digest_size=16)
    for start in range(0, len(ids), 65_536):
        hasher.update("\n".join(ids.iloc[start : start + 65_536]).encode())
    return hasher.hexdigest()


def _blocks(embeddings: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(embeddings), _BLOCK):
        yield np.asarray(embeddings[start : start + _BLOCK])


def _mapped(
    store: EmotionStore, ids: pd.Index, identity: str, progress: Progress | None, notes: list[str]
) -> tuple[np.ndarray, np.ndarray | None]:
    """The embeddings in the order of the rows, memory-mapped, and what makes each as long as 1."""
    derived, shape = Derived(store.path), (len(ids), store.info.dim)
    try:
        found = derived.find("vectors", identity)
        if found is not None:
            return array_of(found, "embeddings", shape, np.float32), array_of(found, "scales", shape[:1], np.float32)
    except DamagedStoreError as error:
        notes.append(f"{error}: made again")
        derived.forget("vectors", identity)

    def fill(folder: Path) -> None:
        copy = np.lib.format.open_memmap(folder / "embeddings.npy", mode="w+", dtype=np.float32, shape=shape)
        long, done = np.zeros(len(ids), np.float32), 0
        for block in store.iter_embeddings(_BLOCK):
            copy[done : done + len(block)] = block
            lengths = np.sqrt(np.einsum("ij,ij->i", block, block, dtype=np.float64))
            long[done : done + len(block)] = scales(lengths, lengths)
            done += len(block)
            if progress is not None:
                progress(done, len(ids), "reading embeddings")
        copy.flush()
        np.save(folder / "scales.npy", long)
        if done != len(ids) or not ids.equals(pd.Index(store.segments(["segment_id"])["segment_id"])):
            raise StoreError(f"{store.path} was written to while it was read: run the same command again")

    if not len(ids):
        return np.zeros(shape, np.float32), None
    record = {"rows": shape[0], "dim": shape[1], "encoder": store.info.encoder_fingerprint}
    try:
        kept = derived.keep("vectors", identity, record, fill, instead_of="")
        return kept.array("embeddings"), kept.array("scales")
    except StoreError as error:
        notes.append(f"{error}; the embeddings are kept in memory instead")
        return store.embeddings(ids.tolist()), None
