"""Search: a query in, one page of hits out."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.views.search.aim import Aim, Kind
from emoanalytics.views.search.catalogue import Catalogue, changed
from emoanalytics.views.search.diversify import diversified
from emoanalytics.views.search.filters import Allowed
from emoanalytics.views.search.query import Clip, Contrast, Query
from emoanalytics.views.search.ranking import ranked
from emoanalytics.views.search.result import Hit, Match, SearchResult
from emoanalytics.views.search.words import Note

MOST_HITS = 10_000  # of one page
POOL = 256  # nearest clips that variety is chosen from; behind them the order is by similarity


def search(
    geometry: Geometry,
    query: Query,
    *,
    k: int = 10,
    offset: int = 0,
    where: str | None = None,
    exclude: Collection[str] = (),
    diversify: float | None = None,
    catalogue: Catalogue | None = None,
) -> SearchResult:
    """The clips nearest to a query.

    The query becomes one point (`Weights` says how), and clips are ordered by the cosine to it, equal ones (to six
    digits) by their place in the store. Pages of one query fit together: ``offset=10`` goes on where the first ten
    ended. The clips the query names are never hits; a copy of one under another id is.

    Where ``Geometry.index`` is an approximate index, it is asked only for clips like others, which it was measured on;
    it may miss a hit among the first hundred, which then follows behind them. Everything else compares every row.

    Args:
        geometry: the store, in one space.
        query: what is looked for.
        k: hits a page, at least 1; at most 10,000 come.
        offset: hits to skip.
        where: one SQL condition over segment and score columns, e.g. ``language = 'zh' AND score_angry > 0.6``.
        exclude: any of ``same-speaker``, ``same-file``, ``same-session``: leave out clips that share it with a
            positive clip of the query. A missing value is the same as nothing.
        diversify: None, or 0..1: order the 256 nearest by maximal marginal relevance, 1 for similarity alone.
        catalogue: ``Catalogue.of(geometry)``, for many searches of a large store; None: read now.

    Raises:
        EmptySelectionError: the store holds no clip.
        StoreError: a value makes no sense, a segment is not there, or the condition is not understood.
        HeadError: an emotion is asked for and the store has no head to say where it lies.
    """
    _check(k, offset, diversify)
    exclude = (exclude,) if isinstance(exclude, str) else tuple(exclude)
    if not len(geometry.vectors):
        path = geometry.store.path
        raise EmptySelectionError(f"{path} holds no clip to find: emoanalytics build CORPUS --store {path}")
    catalogue = Catalogue.of(geometry) if catalogue is None else catalogue
    if len(catalogue) != len(geometry.vectors):
        raise changed(geometry)
    aim = Aim.of(geometry, query)
    allowed = Allowed.of(geometry, catalogue, query, where=where, exclude=exclude)
    page = min(k, MOST_HITS)
    rows = _order(geometry, query, aim, allowed, offset + page, diversify)[offset : offset + page]
    return SearchResult(
        query=query,
        parts=aim.parts,
        space=geometry.space,
        hits=_hits(geometry, catalogue, aim, rows, offset),
        k=k,
        offset=offset,
        where=where,
        exclude=tuple(map(str, exclude)),
        diversify=diversify,
        candidates=allowed.count,
        clips=len(catalogue),
        notes=(*_notes(geometry, query, allowed, k, offset, len(rows)), *allowed.notes),
        calibrated=bool((geometry.store.head() or {}).get("calibrated")),
    )


def _check(k: int, offset: int, diversify: float | None) -> None:
    if k < 1:
        raise StoreError(f"k, the number of hits, is at least 1, not {k}")
    if offset < 0:
        raise StoreError(f"the offset, the number of hits to skip, is at least 0, not {offset}")
    if diversify is not None and not 0 <= diversify <= 1:
        raise StoreError(f"diversify is a weight in 0..1 (1: similarity alone), not {diversify}")


def _order(
    geometry: Geometry, query: Query, aim: Aim, allowed: Allowed, wanted: int, diversify: float | None
) -> np.ndarray:
    """The first rows of the whole order, at least as many as wanted where there are."""
    far = query.contrast is Contrast.SAME_LABEL_OTHER_SOUND
    point = -aim.point if far else aim.point
    # Far from all clips, or led there by words, an approximate index has not been measured: compare every row.
    exact = far or any(part.kind is not Kind.LIKE for part in aim.parts)
    if diversify is None:
        return ranked(geometry, point, wanted, allowed, exact=exact)[0]
    rows, similarities = ranked(geometry, point, max(wanted, POOL), allowed, exact=exact, first=POOL)
    first = diversified(similarities[:POOL], geometry.vectors.points(rows[:POOL]), diversify)
    return np.concatenate([rows[:POOL][first], rows[POOL:]])


def _hits(geometry: Geometry, catalogue: Catalogue, aim: Aim, rows: np.ndarray, offset: int) -> tuple[Hit, ...]:
    points = geometry.vectors.points(rows)
    similarities = np.clip(points.astype(np.float64) @ aim.point, -1.0, 1.0)
    each = aim.similarities(points)
    shares = each * aim.shares
    texts = catalogue.texts
    return tuple(
        Hit(
            rank=offset + place + 1,
            segment_id=texts["segment_id"][row],
            file=texts["file"][row],
            start_s=float(catalogue.start_s[row]),
            end_s=float(catalogue.end_s[row]),
            speaker=texts["speaker"][row],
            session=texts["session"][row],
            similarity=float(similarities[place]),
            emotion=catalogue.emotions[row],
            score=None if np.isnan(catalogue.scores[row]) else float(catalogue.scores[row]),
            emotion_given=texts["emotion_given"][row],
            matches=tuple(
                Match(part, float(each[place, i]), float(shares[place, i])) for i, part in enumerate(aim.parts)
            ),
        )
        for place, row in enumerate(rows)
    )


def _notes(geometry: Geometry, query: Query, allowed: Allowed, k: int, offset: int, found: int) -> list[Note]:
    notes = []
    if allowed.count == 0:
        total = len(geometry.vectors)
        notes.append(Note.nobody_else() if len(allowed.own) == total else Note.nothing_left(total))
    elif offset >= allowed.count:
        notes.append(Note.past_the_end(offset, allowed.count))
    elif found < k:
        fewer = found < min(k, MOST_HITS)
        notes.append(Note.fewer(offset + k, allowed.count) if fewer else Note.one_page(MOST_HITS))
    if geometry.space is Space.SPEAKER_CENTRED:
        known = set(geometry.vectors.names)
        outside = [c for c in (*query.positives, *query.negatives) if isinstance(c, Clip)]
        notes += [Note.unknown_speaker(clip.name) for clip in outside if clip.speaker not in known]
    return notes
