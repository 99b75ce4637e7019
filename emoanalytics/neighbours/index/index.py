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
from emoanalytics.neighbours.index.record import FORMAT, centre_digests, record_of, settings_of
from emoanalytics.neighbours.index.tuning import DEPTHS, Effort, tuned
from emoanalytics.neighbours.truth import Truth
from emoanalytics.neighbours.vectors import Progress, Vectors
from emoanalytics.store.derived import Derivation

_BLOCK = 8192
_EXACT_WITHIN = 20_000  # rows a filter may leave for which all of them are compared
_FEWEST = 512  # rows an index can be trained on and its recall at 100 be told
_FAR = 1000  # neighbours beyond which all rows are compared
_DEEPER = 1.25  # what chance alone may add to the depth of the k-th allowed row
_SAMPLE = 800  # rows asked: half to tune by, half to say what was reached
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
        slots: np.ndarray,
        record: Mapping[str, Any],
    ) -> None:
        self.record = record
        self._vectors, self._components, self._engine = vectors, components, engine
        self._slots = slots  # (slots,) row of each, -1: the row is gone
        self._alive = int((slots >= 0).sum())
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
        slots = np.arange(n)
        _fill(engine, components, vectors, slots, tick)
        return cls._tuned(vectors, components, engine, slots, settings, choice, tick)

    @classmethod
    def _exact(cls, vectors: Vectors, settings: IndexSettings, choice: Choice) -> Index:
        components = Components(np.zeros((vectors.dim, 0), np.float32), 0.0)
        record = record_of(vectors, settings, choice, components, ())
        return cls(vectors, components, None, np.arange(len(vectors)), record)

    @classmethod
    def _tuned(
        cls,
        vectors: Vectors,
        components: Components,
        engine: Engine,
        slots: np.ndarray,
        settings: IndexSettings,
        choice: Choice,
        tick: Progress,
    ) -> Index:
        bare = cls(vectors, components, engine, slots, {"efforts": ()})

        def comparing(done: int, total: int, note: str) -> None:
            tick(done, total, "measuring recall")

        deepest = min(DEPTHS[-1], max(len(vectors) - 1, 0))
        truth = Truth.of(vectors, deepest, seed=settings.seed + 1, sample=_SAMPLE, tick=comparing)
        efforts = []
        for k in sorted({min(depth, deepest) for depth in DEPTHS} - {0}):
            tick(0, 1, "measuring recall")
            effort = tuned(truth, k, engine.most, len(vectors), settings.target_recall, bare._among_others)
            if effort is None:
                reason = f"{choice.kind} does not find {settings.target_recall:.0%} of the {k} nearest rows here"
                return cls._exact(vectors, settings, Choice(Kind.EXACT, reason))
            efforts.append(effort)
        record = record_of(vectors, settings, choice, components, efforts)
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
        mask = self._mask(allowed)
        rows = np.full((len(points), k), NOBODY, np.int64)
        similarities = np.full((len(points), k), np.nan, np.float32)
        # The k nearest of those allowed lie deeper among all; where much deeper, only comparing is sure to find them.
        depth = k if mask is None else math.ceil(_DEEPER * k * len(self) / max(total, 1))
        left = np.arange(len(points))
        while len(left):
            effort = self.effort(depth)
            if depth > _FAR or 2 * effort.width > total:
                best, done = nearest(points[left], self._vectors, k, among=allowed), np.ones(len(left), bool)
            else:
                candidates = self._candidates(points[left], effort, mask)
                best = filled(ranked(points[left], candidates, self._vectors, k), k)
                done = _depths(candidates, k, len(self._slots) / max(self._alive, 1)) <= depth
            rows[left[done]], similarities[left[done]] = best.rows[done], best.similarities[done]
            left, depth = left[~done], _FAR + 1
        return Nearest(rows, similarities)

    def effort(self, k: int) -> Effort:
        """What a search for k neighbours spends: as tuned for 10 or 100, in proportion beyond."""
        for effort in self._efforts:
            if k <= effort.k:
                return effort
        last, times = self._efforts[-1], k / self._efforts[-1].k
        return replace(last, k=k, probes=int(last.probes * times) + 1, width=int(last.width * times) + 1)

    def _mask(self, allowed: np.ndarray | None) -> np.ndarray | None:
        """(slots,) bool: which may be told; None: all."""
        if allowed is None:
            return None if self._alive == len(self._slots) else self._slots >= 0
        mask = np.zeros(len(self) + 1, bool)  # the last place stands for rows that are gone
        mask[allowed] = True
        return mask[self._slots]

    def _candidates(self, points: np.ndarray, effort: Effort, mask: np.ndarray | None) -> np.ndarray:
        """(q, m) rows to be compared, the nearest first; -1: not allowed, gone, or fewer were met."""
        assert self._engine is not None
        times = len(self._slots) / max(self._alive, 1)  # as many rows must be met as if none were gone
        wide = min(math.ceil(effort.width * times), len(self._slots))
        met = self._engine.search(self._components.of_queries(points), wide, math.ceil(effort.probes * times))
        good = met >= 0 if mask is None else (met >= 0) & mask[met]
        return np.where(good, self._slots[met], NOBODY)

    def _among_others(self, rows: np.ndarray, k: int, probes: int, width: int) -> Nearest:
        points = self._vectors.points(rows)
        candidates = self._candidates(points, Effort(k, probes, width + 1, 0.0), self._mask(None))
        return others(filled(ranked(points, candidates, self._vectors, k + 1), k + 1), rows)

    # Keeping ----------------------------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write its files into a folder."""
        arrays = {
            "components": self._components.matrix,
            "slots": self._slots,
            "ids": np.asarray(self._vectors.ids, dtype="S"),
            "centres": centre_digests(self._vectors),
        }
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
        return cls._read(kept, vectors, kept.array("slots"), kept.record, mapped=True)

    @classmethod
    def _read(
        cls, kept: Derivation, vectors: Vectors, slots: np.ndarray, record: Mapping[str, Any], *, mapped: bool
    ) -> Index:
        try:
            components = Components(kept.array("components"), float(record["variance_kept"]))
            kind, engine = Kind(record["kind"]), None
            if kind is not Kind.EXACT:
                engine = Engine.read(kept.folder / _FILE, kind, mapped=mapped)
                if len(engine) != len(slots) or components.matrix.shape[0] != vectors.dim:
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
        """One for a store that changed: only rows that are new are added, rows that are gone are passed over.

        Recall is measured again.

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
        record = kept.record
        if record.get("format") != FORMAT:
            raise StaleIndexError("it was made by another version of this program")
        made_with = {**(record.get("settings") or {})}
        made_with.pop("exact_below", None)
        if made_with != settings_of(settings):
            raise StaleIndexError("it was made with other settings")
        if record.get("encoder_dim") != vectors.dim or record.get("space") != str(vectors.space):
            raise StaleIndexError("it holds points of another encoder")
        if record.get("kind") == Kind.EXACT:
            raise StaleIndexError("there was none for the store as it was")
        old_rows = vectors.ids.get_indexer(pd.Index(np.asarray(kept.array("ids")).astype(str)))
        slots = kept.array("slots")
        slots = np.where(slots >= 0, old_rows[slots], -1)
        added = np.setdiff1d(np.arange(len(vectors)), slots)
        if len(added) > _GROWN * len(slots) or (slots < 0).sum() > _GROWN * len(slots):
            raise StaleIndexError(f"{len(added)} rows are new and {int((slots < 0).sum())} gone, of {len(slots)}")
        there = old_rows >= 0
        if (kept.array("centres")[there] != centre_digests(vectors)[old_rows[there]]).any():
            raise StaleIndexError("the new clips move the centres of the speakers")
        index = cls._read(kept, vectors, slots, record, mapped=False)
        assert index._engine is not None
        _fill(index._engine, index._components, vectors, added, tick)
        choice = Choice(index.kind, str(record["reason"]), int(record["bytes_a_row"]))
        slots = np.concatenate([slots, added])
        tuned_again = cls._tuned(vectors, index._components, index._engine, slots, settings, choice, tick)
        if tuned_again.kind is Kind.EXACT:
            raise StaleIndexError("with the new rows it no longer finds enough")
        return tuned_again


def _depths(candidates: np.ndarray, k: int, times: float) -> np.ndarray:
    """(q,) how deep among the rows that are not gone the k-th of those allowed was met; infinite: fewer were."""
    found = np.cumsum(candidates >= 0, axis=1)
    return np.where(found[:, -1] >= k, np.ceil(((found < k).sum(axis=1) + 1) / times), np.inf)


class StaleIndexError(Exception):
    """An index that rows cannot simply be added to."""


def _fill(engine: Engine, components: Components, vectors: Vectors, rows: np.ndarray, tick: Progress) -> None:
    done = 0
    for part in _parts(rows):
        engine.add(components.of_rows(vectors.points(part)))
        done += len(part)
        tick(done, len(rows), "adding rows")


def _parts(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), _BLOCK):
        yield rows[start : start + _BLOCK]
