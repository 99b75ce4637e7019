"""FAISS: trained, filled, asked, written and read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics.errors import DamagedStoreError
from emoanalytics.neighbours.index.kinds import Choice, Kind
from emoanalytics.neighbours.threads import faiss_library, faiss_threads
from emoanalytics.neighbours.vectors import Progress

_ROUNDS = 8  # of k-means; more change the cells little
_A_CELL = 64  # rows k-means sees for each cell
_LINKS, _BUILD_EFFORT = 32, 80


class Engine:
    """A FAISS index over coordinates; its rows are slots, numbered as they are added.

    Asking changes nothing in it, so several threads may ask at once.

    Args:
        kind: the sort.
        index: the FAISS index.
    """

    def __init__(self, kind: Kind, index: Any) -> None:
        self.kind = kind
        self._index = index

    @classmethod
    def trained(cls, choice: Choice, sample: np.ndarray, rows: int, *, seed: int, tick: Progress) -> Engine:
        """An empty one.

        Args:
            choice: the sort.
            sample: (m, size) coordinates of rows drawn at random.
            rows: how many will be added.
            seed: of the cells.
            tick: called between the steps.
        """
        faiss = faiss_library()
        size = sample.shape[1]
        with faiss_threads():
            if choice.kind is Kind.HNSW_SQ:
                index = faiss.IndexHNSWSQ(size, faiss.ScalarQuantizer.QT_8bit, _LINKS)
                index.hnsw.efConstruction = _BUILD_EFFORT
                index.train(sample)
                return cls(choice.kind, index)
            quantizer = faiss.IndexFlatL2(size)
            quantizer.add(centres(sample, cells_for(rows), seed=seed, tick=tick))
            if choice.kind is Kind.IVF_SQ:
                index = faiss.IndexIVFScalarQuantizer(
                    quantizer, size, quantizer.ntotal, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_L2, False
                )
            else:
                bits = min(8, int(math.log2(max(len(sample), 2))))
                index = faiss.IndexIVFPQ(quantizer, size, quantizer.ntotal, choice.code_bytes, bits)
                steps = index.pq.cp
                steps.seed, steps.niter, steps.min_points_per_centroid = seed, _ROUNDS, 1
                steps.max_points_per_centroid = _A_CELL
            index.cp.min_points_per_centroid = 1
            index.train(sample)
            tick(_ROUNDS, _ROUNDS, "learning cells")
        return cls(choice.kind, index)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def most(self) -> int:
        """The largest effort there is: all cells, or a search of the graph as wide as it makes sense."""
        return min(4096, max(len(self), 1)) if self.kind is Kind.HNSW_SQ else int(self._index.nlist)

    def add(self, coordinates: np.ndarray) -> None:
        """Add rows: (m, size); their slots follow those there are."""
        with faiss_threads():
            self._index.add(np.ascontiguousarray(coordinates, np.float32))

    def search(self, queries: np.ndarray, width: int, effort: int) -> np.ndarray:
        """The slots that seem nearest.

        Args:
            queries: (q, size) coordinates.
            width: how many.
            effort: cells to look into, or the width of the search in the graph.

        Returns:
            (q, width) int64 slots, -1 where fewer were met.
        """
        faiss = faiss_library()
        if self.kind is Kind.HNSW_SQ:
            how: Any = faiss.SearchParametersHNSW(efSearch=max(effort, width))
        else:
            how = faiss.SearchParametersIVF(nprobe=min(effort, self.most))
        with faiss_threads():
            return self._index.search(np.ascontiguousarray(queries, np.float32), width, params=how)[1]

    def save(self, path: Path) -> None:
        """Write it to a file."""
        faiss = faiss_library()
        faiss.write_index(self._index, str(path))

    @classmethod
    def read(cls, path: Path, kind: Kind, *, mapped: bool = True) -> Engine:
        """Read it from a file.

        Args:
            path: the file.
            kind: the sort that was written.
            mapped: leave the rows in the file where FAISS can; such an index cannot be added to.

        Raises:
            DamagedStoreError: it is not what was written.
        """
        faiss = faiss_library()
        in_cells = kind is not Kind.HNSW_SQ
        flags = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY if in_cells else getattr(faiss, "IO_FLAG_MMAP_IFC", 0)
        try:
            index = faiss.read_index(str(path), flags if mapped else 0)
        except RuntimeError as error:
            raise DamagedStoreError(f"{path} cannot be read as an index") from error
        if mapped and in_cells:
            index.invlists.prefetch_nthread = 0  # it would start threads for every question
        return cls(kind, index)


def cells_for(rows: int) -> int:
    """Cells of an index: twice the root, as comparing with the centres then costs about what their rows do."""
    return max(min(2 * math.isqrt(rows), rows // 8), 1)


def sample_size(rows: int) -> int:
    """Rows an index is trained on."""
    return min(rows, max(_A_CELL * cells_for(rows), 4096))


def centres(sample: np.ndarray, cells: int, *, seed: int, tick: Progress) -> np.ndarray:
    """Middles of cells, (cells, size) float32: k-means, a round at a time, so that it can be followed and stopped."""
    faiss = faiss_library()

    centres = None
    for done in range(_ROUNDS):
        tick(done, _ROUNDS, "learning cells")
        means = faiss.Kmeans(
            sample.shape[1], cells, niter=1, seed=seed, min_points_per_centroid=1, max_points_per_centroid=1 << 30
        )
        means.train(sample, init_centroids=centres)
        centres = means.centroids
    return np.asarray(centres)
