"""The index of a store in one space."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.errors import DamagedStoreError
from emoanalytics.neighbours.candidates import ranked
from emoanalytics.neighbours.components import Components
from emoanalytics.neighbours.exact import NOBODY, Nearest, filled, nearest, others
from emoanalytics.neighbours.index.engine import Engine, sample_size
from emoanalytics.neighbours.index.kinds import Choice, IndexSettings, Kind, choose
from emoanalytics.neighbours.index.record import StaleIndexError, check_fits, record_of
from emoanalytics.neighbours.index.slots import Slots
from emoanalytics.neighbours.index.tuning import DEPTHS, Effort, tuned
from emoanalytics.neighbours.truth import Truth
from emoanalytics.neighbours.vectors import Progress, Vectors
from emoanalytics.store.derived import Derivation

_BLOCK = 8192
_EXACT_WITHIN = 20_000  # rows a filter may leave for which all of them are compared
_FEWEST = 512  # rows an index can be trained on and its recall at 100 be told
_FAR = 1000  # neighbours beyond which all rows are compared
_DEEPER = 1.25  # what chance alone may add to the depth of the k-th allowed row
_SAMPLE = 800  # rows asked: half to tune by, half to tell what was reached
_FILE = "index.faiss"
_GROWN = 0.5  # share of new or gone rows beyond which cells and components are learnt again


def _quiet(done: int, total: int, note: str) -> None:
    """No progress."""


class Index:
    """Near rows of a point, found among few candidates and compared in full.

    The candidates come from a FAISS index over leading components; the similarities are those of the whole
    embeddings, so what is told of a row is exact, and only a row may be missing. How often is measured when the
    index is made, on the store's own rows, and kept in the record.

    Attributes:
        record: ``kind``, ``reason``, ``rows``, ``recall_at_10``, ``recall_at_100``, settings: plain values.
    """

    def __init__(
        self,
        vectors: Vectors,
        components: Components,
        engine: Engine | None,
        slots: Slots,
        record: Mapping[str, Any],
    ) -> None:
        self.record = record
        self._vectors, self._components, self._engine = vectors, components, engine
        self._slots = slots
        self._efforts = tuple(Effort(**e) for e in record["efforts"])

    @classmethod
    def build(
        cls, vectors: Vectors, settings: IndexSettings | None = None, *, progress: Progress | None = None
    ) -> Index:
        """Make one.

        Where no effort reaches the recall that is asked for, as with points spread evenly over many dimensions, it
        compares every row and says so.

        Args:
            vectors: the points.
            settings: what it may cost and must find.
            progress: called between the steps; an error it raises ends the work.
        """
        settings = settings or IndexSettings()
        tick = progress or _quiet
        if len(vectors) < settings.exact_below and settings.kind is None:
            return cls._exact(vectors, settings, choose(len(vectors), 0, settings))
        components = Components.of(vectors, seed=settings.seed)
        choice = choose(len(vectors), components.size, settings)
        if len(vectors) < _FEWEST:
            choice = Choice(Kind.EXACT, f"{len(vectors)} rows are too few for an index")
        if choice.kind is Kind.EXACT:
            return cls._exact(vectors, settings, choice)
        n = len(vectors)
        tick(0, n, "drawing a sample")
        rng = np.random.default_rng(settings.seed)
        chosen = np.sort(rng.choice(n, sample_size(n), replace=False))
        sample = np.concatenate([components.of_rows(vectors.points(part)) for part in _parts(chosen)])
        engine = Engine.trained(choice, sample, n, seed=settings.seed, tick=tick)
        _fill(engine, components, vectors, np.arange(n), tick)
        slots = Slots.of(vectors, np.arange(n))
        return cls._tuned(vectors, components, engine, slots, settings, choice, tick)

    @classmethod
    def _exact(cls, vectors: Vectors, settings: IndexSettings, choice: Choice) -> Index:
        components = Components(np.zeros((vectors.dim, 0), np.float32), 0.0)
        record = record_of(vectors, settings, choice, components, len(vectors), ())
        return cls(vectors, components, None, Slots.of(vectors, np.arange(len(vectors))), record)

    @classmethod
    def _tuned(
        cls,
        vectors: Vectors,
        components: Components,
        engine: Engine,
        slots: Slots,
        settings: IndexSettings,
        choice: Choice,
        tick: Progress,
    ) -> Index:
        bare = cls(vectors, components, engine, slots, {"efforts": ()})

        def comparing(done: int, total: int, note: str) -> None:
            tick(done, total, "measuring recall")

        deepest = min(DEPTHS[-1], max(len(vectors) - 1, 0))
        learn, tell = Truth.of(vectors, deepest, seed=settings.seed + 1, sample=_SAMPLE, tick=comparing).parts(2)
        efforts = []
        for k in sorted({min(depth, deepest) for depth in DEPTHS} - {0}):
            tick(0, 1, "measuring recall")
            effort = tuned(learn, tell, k, engine.most, len(vectors), settings.target_recall, bare._among_others)
            if effort is None:
                reason = f"{choice.kind} does not find {settings.target_recall:.0%} of the {k} nearest rows here"
                return cls._exact(vectors, settings, Choice(Kind.EXACT, reason))
            efforts.append(effort)
        record = record_of(vectors, settings, choice, components, len(slots), efforts)
        return cls(vectors, components, engine, slots, record)

    def __len__(self) -> int:
        return len(self._vectors)

    @property
    def kind(self) -> Kind:
        """The sort of index."""
        return Kind(self.record["kind"])

    # Asking -----------------------------------------------------------------------------------------------------

    def search(self, points: np.ndarray, k: int, *, allowed: np.ndarray | None = None) -> Nearest:
        """The k nearest rows of each point; k of them wherever there are k.

        Args:
            points: (q, d) points of the space, as ``Vectors.points`` and ``Vectors.place`` give them.
            k: how many, at least 1.
            allowed: only these row numbers, ascending; None: all.
        """
        total = len(self) if allowed is None else len(allowed)
        if not self._efforts or k > _FAR or not len(points) or total <= _EXACT_WITHIN:
            return nearest(points, self._vectors, k, among=allowed)
        mask = None if allowed is None else self._mask(allowed)
        rows = np.full((len(points), k), NOBODY, np.int64)
        similarities = np.full((len(points), k), np.nan, np.float32)
        # The k nearest of those allowed lie deeper among all; where much deeper, it is looked further.
        depth = k if mask is None else math.ceil(_DEEPER * k * len(self) / max(total, 1))
        left = np.arange(len(points))
        while len(left):
            effort = self.effort(depth)
            if depth > _FAR or 2 * effort.width > total:
                best, done = nearest(points[left], self._vectors, k, among=allowed), np.ones(len(left), bool)
            else:
                candidates = self._candidates(points[left], effort, mask)
                best = filled(ranked(points[left], candidates, self._vectors, k), k)
                met = _depths(candidates, k)
                done = met <= effort.k
                # Much where the nearest may not be told (all of one speaker), or have left their slots often.
                needed = met.max()
                depth = 4 * effort.k if np.isinf(needed) else max(math.ceil(_DEEPER * needed), effort.k + 1)
            rows[left[done]], similarities[left[done]] = best.rows[done], best.similarities[done]
            left = left[~done]
        return Nearest(rows, similarities)

    def effort(self, k: int) -> Effort:
        """What a search for k neighbours spends: as tuned for 10 or 100, in proportion beyond."""
        for effort in self._efforts:
            if k <= effort.k:
                return effort
        last, times = self._efforts[-1], k / self._efforts[-1].k
        return replace(last, k=k, probes=int(last.probes * times) + 1, width=int(last.width * times) + 1)

    def _mask(self, allowed: np.ndarray) -> np.ndarray:
        """(slots,) bool: which may be told."""
        mask = np.zeros(len(self) + 1, bool)  # the last place stands for rows that are gone
        mask[allowed] = True
        return mask[self._slots.rows]

    def _candidates(self, points: np.ndarray, effort: Effort, mask: np.ndarray | None) -> np.ndarray:
        """(q, m) rows to be compared, the nearest first; -1: not allowed, gone, or fewer were met."""
        assert self._engine is not None
        wide = min(effort.width, len(self._slots))
        met = self._engine.search(self._components.of_queries(points), wide, effort.probes)
        good = met >= 0 if mask is None else (met >= 0) & mask[met]
        return np.where(good, self._slots.rows[met], NOBODY)

    def _among_others(self, rows: np.ndarray, k: int, probes: int, width: int) -> Nearest:
        points = self._vectors.points(rows)
        candidates = self._candidates(points, Effort(k, probes, width + 1, 0.0), None)
        return others(filled(ranked(points, candidates, self._vectors, k + 1), k + 1), rows)

    # Keeping ----------------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write its files into a folder."""
        arrays = {
            "components": self._components.matrix,
            "ids": np.asarray(self._vectors.ids, dtype="S"),
        }
        self._slots.save(folder)
        if self._engine is not None:
            self._engine.save(folder / _FILE)
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)

    @classmethod
    def open(cls, kept: Derivation, vectors: Vectors) -> Index:
        """Read one that was made for these points; FAISS leaves it in the file where it can.

        Raises:
            DamagedStoreError: it is not whole, or was made for other points.
        """
        if kept.record.get("key") != vectors.key:
            raise DamagedStoreError(f"{kept.folder} was made for another store or encoder")
        return cls._read(kept, vectors, kept.record, mapped=True)

    @classmethod
    def _read(cls, kept: Derivation, vectors: Vectors, record: Mapping[str, Any], *, mapped: bool) -> Index:
        try:
            slots = Slots.read(kept)
            components = Components(kept.array("components"), float(record["variance_kept"]))
            kind, engine = Kind(record["kind"]), None
            if kind is not Kind.EXACT:
                engine = Engine.read(kept.folder / _FILE, kind, mapped=mapped)
                if len(engine) != len(slots) or {components.matrix.shape[0], slots.centres.shape[1]} != {vectors.dim}:
                    raise ValueError("its parts do not belong together")
            return cls(vectors, components, engine, slots, record)
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedStoreError(f"{kept.folder} is damaged ({error})") from error

    @classmethod
    def refreshed(
        cls,
        kept: Derivation,
        vectors: Vectors,
        settings: IndexSettings | None = None,
        *,
        progress: Progress | None = None,
    ) -> Index:
        """One for a store that changed: rows that are new or lie elsewhere are added, what is gone is passed over.

        Search effort and recall are measured again.

        Args:
            kept: the index of the store as it was.
            vectors: the points now.
            settings: as it was made with; for others it is made anew.
            progress: called between the steps.

        Raises:
            StaleIndexError: it must be made anew; the message says why.
            DamagedStoreError: it is not whole.
        """
        settings, tick = settings or IndexSettings(), progress or _quiet
        check_fits(kept.record, vectors, settings)
        index = cls._read(kept, vectors, kept.record, mapped=False)
        try:
            slots = index._slots.now(pd.Index(np.asarray(kept.array("ids")).astype(str)), vectors)
        except ValueError as error:
            raise DamagedStoreError(f"{kept.folder} is damaged ({error})") from error
        added = np.setdiff1d(np.arange(len(vectors)), slots.rows)
        if max(len(added), slots.gone) > _GROWN * len(slots):
            raise StaleIndexError(f"{len(added)} rows are new or moved and {slots.gone} gone, of {len(slots)}")
        assert index._engine is not None
        _fill(index._engine, index._components, vectors, added, tick)
        choice = Choice(index.kind, str(kept.record["reason"]), int(kept.record["bytes_a_row"]))
        slots = slots.and_then(vectors, added)
        tuned_again = cls._tuned(vectors, index._components, index._engine, slots, settings, choice, tick)
        if tuned_again.kind is Kind.EXACT:
            raise StaleIndexError("with the new rows it no longer finds enough")
        return tuned_again


def _depths(candidates: np.ndarray, k: int) -> np.ndarray:
    """(q,) how deep the k-th of those that are there and allowed was met; infinite: fewer were."""
    found = np.cumsum(candidates >= 0, axis=1)
    return np.where(found[:, -1] >= k, (found < k).sum(axis=1) + 1, np.inf)


def _fill(engine: Engine, components: Components, vectors: Vectors, rows: np.ndarray, tick: Progress) -> None:
    done = 0
    for part in _parts(rows):
        engine.add(components.of_rows(vectors.points(part)))
        done += len(part)
        tick(done, len(rows), "adding rows")


def _parts(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), _BLOCK):
        yield rows[start : start + _BLOCK]
