"""Which sort of index a store gets, by its size and the memory there is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from emoanalytics.seeds import as_seed

_LINKS = 32  # of a row in the HNSW graph; the lowest layer has twice as many
_SMALLEST = 8  # bytes of a product-quantised row below which nothing near is told from anything far


class Kind(StrEnum):
    """How rows are looked for."""

    EXACT = "exact"
    HNSW_SQ = "hnsw-sq8"
    IVF_SQ = "ivf-sq8"
    IVF_PQ = "ivf-pq"


@dataclass(frozen=True)
class IndexSettings:
    """What an index may cost, and what it must find.

    Attributes:
        exact_below: stores of fewer rows get no index: comparing with all of them is quick enough.
        memory_bytes: what the index may hold in memory. The embeddings, which are only mapped, do not count.
        target_recall: the share of the true ten and hundred nearest that must be found, 0 to 1.
        hnsw_up_to: rows beyond which an HNSW graph, that is slower to build, is not chosen.
        kind: the sort, instead of the one that size and memory suggest.
        seed: of everything drawn at random.
    """

    exact_below: int = 20_000
    memory_bytes: int = 1 << 30
    target_recall: float = 0.98
    hnsw_up_to: int = 2_000_000
    kind: Kind | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.exact_below < 0 or self.memory_bytes < 1 or self.hnsw_up_to < 0:
            raise ValueError("sizes of an index are not negative")
        if not 0 < self.target_recall <= 1:
            raise ValueError(f"a target recall is above 0 and at most 1, not {self.target_recall}")
        as_seed(self.seed)


@dataclass(frozen=True)
class Choice:
    """A sort of index for a store.

    Attributes:
        kind: the sort.
        reason: why, in words.
        bytes_a_row: what it holds in memory for a row.
        code_bytes: of a product-quantised row; 0 for the other sorts.
    """

    kind: Kind
    reason: str
    bytes_a_row: int = 0
    code_bytes: int = 0


def choose(rows: int, size: int, settings: IndexSettings) -> Choice:
    """The sort of index for a store.

    Args:
        rows: of the store.
        size: numbers of a coordinate vector.
        settings: what it may cost.

    >>> choose(1_000_000, 128, IndexSettings()).kind
    <Kind.HNSW_SQ: 'hnsw-sq8'>
    >>> choose(5_000_000, 128, IndexSettings()).kind
    <Kind.IVF_SQ: 'ivf-sq8'>
    >>> print(choose(50_000_000, 128, IndexSettings()).reason)
    50000000 rows of 128 numbers do not fit in 1024 MiB one byte a number: 8 bytes a row
    """
    hnsw = Choice(Kind.HNSW_SQ, f"{rows} rows: the quickest to ask, and quick enough to build", size + 8 * _LINKS + 24)
    scalar = Choice(Kind.IVF_SQ, f"{rows} rows: one byte a number fits, and cells are quick to build", size + 24)
    if settings.kind is not None:
        asked = {Kind.HNSW_SQ: hnsw, Kind.IVF_SQ: scalar, Kind.IVF_PQ: _quantised(rows, size, settings)}
        chosen = asked.get(settings.kind, Choice(Kind.EXACT, ""))
        return Choice(settings.kind, "asked for", chosen.bytes_a_row, chosen.code_bytes)
    if rows < settings.exact_below:
        return Choice(Kind.EXACT, f"{rows} rows are compared one by one below {settings.exact_below}")
    if rows <= settings.hnsw_up_to and rows * hnsw.bytes_a_row <= settings.memory_bytes:
        return hnsw
    if rows * scalar.bytes_a_row <= settings.memory_bytes:
        return scalar
    return _quantised(rows, size, settings)


def _quantised(rows: int, size: int, settings: IndexSettings) -> Choice:
    code = next((c for c in (size // 2, size // 4, size // 8) if rows * (c + 24) <= settings.memory_bytes), _SMALLEST)
    code = max(code, min(_SMALLEST, size))
    code = next(c for c in range(code, 0, -1) if size % c == 0)
    budget = settings.memory_bytes >> 20
    reason = f"{rows} rows of {size} numbers do not fit in {budget} MiB one byte a number: {code} bytes a row"
    return Choice(Kind.IVF_PQ, reason, code + 24, code)
