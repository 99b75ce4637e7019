"""Search against looking at every row by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.neighbours.exact import Nearest
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.search import Catalogue, Clip, Query, Weights, ranking, search, searching
from emoanalytics.views.search.diversify import diversified
from tests.made_store import make_store
from tests.views.searched import brute_force, row_id, unit

SPEAKERS = st.sampled_from(["anna", "ben", None])
SPACES = st.sampled_from(["raw", "speaker-centred"])
ONCE = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def stores(draw, least=1, most=9):
    """Small whole numbers: zero vectors, identical rows and equal cosines come often; d is 1 to 3."""
    n, d = draw(st.integers(least, most)), draw(st.integers(1, 3))
    cells = draw(st.lists(st.integers(-2, 2), min_size=n * d, max_size=n * d))
    speakers = draw(st.lists(SPEAKERS, min_size=n, max_size=n))
    return np.array(cells, np.float32).reshape(n, d), [{"speaker": s} for s in speakers]


def made(tmp_path_factory, embeddings, rows, space="raw"):
    return Geometry(make_store(tmp_path_factory.mktemp("s") / "store", rows, embeddings=embeddings), space)


@ONCE
@given(
    stores(),
    SPACES,
    st.integers(1, 12),
    st.integers(0, 4),
    st.sampled_from([None, "speaker = 'anna'", "false", "true", "file = '0.wav'"]),
    st.booleans(),
)
def test_hits_are_those_of_looking_at_every_row(tmp_path_factory, made_of, space, k, offset, where, without_speaker):
    embeddings, rows = made_of
    geometry = made(tmp_path_factory, embeddings, rows, space)
    point = geometry.vectors.points(np.array([0]))[0].astype(np.float64)
    query = Query([row_id(0)])
    if not point.any():
        with pytest.raises(StoreError, match="the query points nowhere"):
            search(geometry, query)
        return
    exclude = ["same-speaker"] if without_speaker else []
    kept = {None: lambda i: True, "true": lambda i: True, "false": lambda i: False}
    kept["speaker = 'anna'"] = lambda i: rows[i]["speaker"] == "anna"
    kept["file = '0.wav'"] = lambda i: i == 0

    def allowed(i: int) -> bool:
        same = rows[0]["speaker"] is not None and rows[i]["speaker"] == rows[0]["speaker"]
        return i != 0 and kept[where](i) and not (without_speaker and same)

    expected = brute_force(geometry, unit(point), allowed)
    result = search(geometry, query, k=k, offset=offset, where=where, exclude=exclude)
    page = expected[offset : offset + k]
    assert [hit.segment_id for hit in result.hits] == [row_id(i) for i, _ in page]
    assert [hit.similarity for hit in result.hits] == pytest.approx([s for _, s in page], abs=1e-6)
    assert [hit.rank for hit in result.hits] == list(range(offset + 1, offset + 1 + len(page)))
    assert result.candidates == len(expected)
    assert result.next_offset == (offset + k if page and offset + k < len(expected) else None)


@ONCE
@given(stores(), st.lists(st.integers(-3, 3), min_size=3, max_size=3), SPACES)
def test_similarity_is_the_cosine_of_the_embeddings(tmp_path_factory, made_of, cells, space):
    embeddings, rows = made_of
    wanted = np.array(cells[: embeddings.shape[1]], np.float32)
    geometry = made(tmp_path_factory, embeddings, rows, space)
    centres = np.zeros((len(rows), 1))
    mean = np.zeros(1)
    if space == "speaker-centred":
        centres = geometry.vectors.centres.means[geometry.vectors.speakers]
        mean = geometry.vectors.centres.means[-1]
    wish = wanted - mean
    if np.linalg.norm(wish) <= 1e-5 * max(np.linalg.norm(wanted), 1e-9):
        return
    result = search(geometry, Query([Clip(wanted, "upload")]), k=100)
    for hit in result.hits:
        row = int(hit.segment_id, 16)
        x = (embeddings - centres)[row].astype(np.float64)
        gone = np.linalg.norm(x) <= 1e-6 * np.linalg.norm(embeddings[row])
        expected = 0.0 if gone else float(unit(x) @ unit(wish))
        assert hit.similarity == pytest.approx(expected, abs=2e-5)


@settings(ONCE, max_examples=6)
@given(st.integers(0, 2**32 - 1), SPACES)
def test_pages_of_any_size_are_one_list(tmp_path_factory, seed, space):
    rng = np.random.default_rng(seed)
    embeddings = rng.integers(-1, 2, (40, 2)).astype(np.float32) + 0.5  # nine points, each several times
    geometry = made(tmp_path_factory, embeddings, [{} for _ in embeddings], space)
    query = Query([row_id(int(rng.integers(40)))])
    whole = [hit.segment_id for hit in search(geometry, query, k=1000).hits]
    assert len(whole) == len(set(whole)) == 39
    for k in (1, 3, 7):
        pages = [hit.segment_id for at in range(0, 45, k) for hit in search(geometry, query, k=k, offset=at).hits]
        assert pages == whole


def test_pages_agree_across_fetches_and_near_ties(tmp_path, monkeypatch):
    rng = np.random.default_rng(3)
    embeddings = np.tile(rng.normal(size=(60, 4)), (10, 1)) + rng.normal(size=(600, 4)) * 1e-7
    geometry = Geometry(make_store(tmp_path / "s", [{} for _ in range(600)], embeddings=embeddings))
    query = Query([row_id(5)])
    whole = [hit.segment_id for hit in search(geometry, query, k=1000).hits]
    expected = brute_force(geometry, unit(geometry.vectors.points(np.array([5]))[0]), lambda i: i != 5)
    assert whole == [row_id(i) for i, _ in expected]
    for spare in (28, 700, 0):  # sure to end among equals; all rows; none to spare
        monkeypatch.setattr(ranking, "_SPARE", spare)
        pages = [hit.segment_id for at in range(0, 600, 37) for hit in search(geometry, query, k=37, offset=at).hits]
        assert pages == whole


def test_the_order_is_not_that_of_an_index(tmp_path, monkeypatch):
    """An index may order near ties as it likes, and so leave the earlier of two equals out of a short list."""
    monkeypatch.setattr(ranking, "_SPARE", 1)
    rng = np.random.default_rng(8)
    embeddings = np.repeat(rng.normal(size=(10, 4)), 6, axis=0)
    geometry = Geometry(make_store(tmp_path / "s", [{} for _ in range(60)], embeddings=embeddings))

    def backwards(points, k, *, among=None):
        cosines = (geometry.vectors.points(slice(None)) @ points[0]).astype(np.float32)
        rows = np.lexsort((-np.arange(60), -np.round(cosines, 6)))[:k]
        return Nearest(rows[None], cosines[rows][None])

    monkeypatch.setattr(geometry, "nearest", backwards)
    point = unit(geometry.vectors.points(np.array([20]))[0])
    expected = [row_id(i) for i, _ in brute_force(geometry, point, lambda i: i != 20)]
    for k in (1, 2, 5, 11, 59):
        assert [hit.segment_id for hit in search(geometry, Query([row_id(20)]), k=k).hits] == expected[:k]


@pytest.mark.parametrize("where", [None, "true"])
@pytest.mark.parametrize("diversify", [None, 0.5])
def test_no_hit_of_an_approximate_index_comes_twice_and_none_is_lost(tmp_path, monkeypatch, where, diversify):
    """It misses other rows with every number of rows it is asked for, as an index does."""
    n = 400
    embeddings = np.random.default_rng(6).normal(size=(n, 5)).astype(np.float32)
    geometry = Geometry(make_store(tmp_path / "s", [{} for _ in range(n)], embeddings=embeddings))
    real = geometry.nearest

    def approximate(points, k, *, among=None):
        total = n if among is None else len(among)
        every = real(points, total, among=among)
        met = (every.rows[0] * 7919 + k) % 10 > 0
        return Nearest(every.rows[:, met][:, :k], every.similarities[:, met][:, :k])

    monkeypatch.setattr(geometry, "nearest", approximate)
    query = Query([row_id(9)])

    def hits(k, at=0):
        found = search(geometry, query, k=k, offset=at, where=where, diversify=diversify).hits
        return [hit.segment_id for hit in found]

    whole = hits(n)
    assert len(whole) == len(set(whole)) == n - 1
    for k in (10, 33):
        assert [hit for at in range(0, n, k) for hit in hits(k, at)] == whole
    for k in (1, 50, 95, 99, 100, 101, 150):
        assert hits(k) == whole[:k]


def test_an_index_that_finds_too_few_does_not_lose_hits(tmp_path, monkeypatch):
    rng = np.random.default_rng(4)
    geometry = Geometry(make_store(tmp_path / "s", [{} for _ in range(50)], embeddings=rng.normal(size=(50, 3))))
    whole = search(geometry, Query([row_id(0)]), k=20)
    real = geometry.nearest

    def forgetful(points, k, *, among=None):
        found = real(points, k, among=among)
        rows, similarities = found.rows.copy(), found.similarities.copy()
        rows[:, 3:], similarities[:, 3:] = -1, np.nan
        return type(found)(rows, similarities)

    monkeypatch.setattr(geometry, "nearest", forgetful)
    short = search(geometry, Query([row_id(0)]), k=20)
    assert [h.segment_id for h in short.hits] == [h.segment_id for h in whole.hits]


@pytest.mark.parametrize("space", ["raw", "speaker-centred"])
def test_an_uploaded_copy_is_found_with_similarity_one(tmp_path, space):
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(30, 5)).astype(np.float32)
    rows = [{"speaker": f"s{i % 3}"} for i in range(30)]
    geometry = Geometry(make_store(tmp_path / "s", rows, embeddings=embeddings), space)
    hit = search(geometry, Query([Clip(embeddings[[7]], "new.wav", speaker="s1")]), k=1).hits[0]
    assert (hit.segment_id, hit.as_json()["similarity"]) == (row_id(7), 1.0)


def test_an_upload_without_a_known_speaker_is_said_in_the_centred_space(tmp_path):
    rows = [{"speaker": "anna"}, {"speaker": "ben"}] * 3
    geometry = Geometry(
        make_store(tmp_path / "s", rows, embeddings=np.random.default_rng(0).normal(size=(6, 4))), "speaker-centred"
    )
    for speaker, said in ((None, True), ("nobody", True), ("anna", False)):
        result = search(geometry, Query([Clip(np.arange(4), "new.wav", speaker=speaker)]))
        assert any("new.wav names no speaker of this store" in note.en for note in result.notes) == said


# Variety --------------------------------------------------------------------------------------------------------


def slow_mmr(similarities, points, weight):
    order = []
    while len(order) < len(similarities):
        left = [i for i in range(len(similarities)) if i not in order]
        values = {
            i: weight * similarities[i] - (1 - weight) * max((float(points[i] @ points[j]) for j in order), default=0.0)
            for i in left
        }
        order.append(max(left, key=lambda i: (round(values[i], 9), -i)))
    return order


@ONCE
@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.floats(0, 1))
def test_variety_is_chosen_as_by_hand(seed, n, weight):
    rng = np.random.default_rng(seed)
    points = np.array([unit(p) for p in rng.integers(-2, 3, (n, 3))]).reshape(n, 3)
    similarities = np.sort(rng.uniform(-1, 1, n).round(1))[::-1]
    assert diversified(similarities, points, weight).tolist() == slow_mmr(similarities, points, weight)


def test_variety_reorders_the_pool_and_leaves_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(searching, "POOL", 8)
    rng = np.random.default_rng(1)
    geometry = Geometry(make_store(tmp_path / "s", [{} for _ in range(25)], embeddings=rng.normal(size=(25, 2))))
    query = Query([row_id(3)])
    plain = search(geometry, query, k=24).hits
    varied = search(geometry, query, k=24, diversify=0.3).hits
    points = geometry.vectors.points(geometry.vectors.rows_of([h.segment_id for h in plain[:8]])).astype(np.float64)
    order = slow_mmr([h.similarity for h in plain[:8]], points, 0.3)
    assert order != list(range(8))
    assert [h.segment_id for h in varied] == [plain[i].segment_id for i in order] + [h.segment_id for h in plain[8:]]
    pages = [
        h.segment_id for at in range(0, 24, 5) for h in search(geometry, query, k=5, offset=at, diversify=0.3).hits
    ]
    assert pages == [h.segment_id for h in varied]
    assert [h.segment_id for h in search(geometry, query, k=24, diversify=1).hits] == [h.segment_id for h in plain]


# Edges ----------------------------------------------------------------------------------------------------------


def test_an_empty_store_says_what_to_do(tmp_path):
    geometry = Geometry(make_store(tmp_path / "s", []))
    with pytest.raises(EmptySelectionError, match=r"holds no clip to find: emoanalytics build CORPUS --store"):
        search(geometry, Query(["a"]))


def test_a_store_of_one_clip(tmp_path):
    geometry = Geometry(make_store(tmp_path / "s", [{}], embeddings=np.ones((1, 1))))
    result = search(geometry, Query([row_id(0)]))
    assert (result.hits, result.candidates) == ((), 0)
    assert result.notes[0].en == "the store holds no clip besides those that are asked for"
    assert [h.similarity for h in search(geometry, Query([Clip(np.ones(1))])).hits] == [1.0]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"k": 0}, "k, the number of hits, is at least 1, not 0"),
        ({"k": -3}, "k, the number of hits, is at least 1, not -3"),
        ({"offset": -1}, "the offset, the number of hits to skip, is at least 0, not -1"),
        ({"diversify": 1.5}, r"diversify is a weight in 0..1 \(1: similarity alone\), not 1.5"),
        ({"diversify": float("nan")}, "diversify is a weight in 0..1"),
        ({"exclude": ["same-mood"]}, "excluded is one of same-speaker, same-file, same-session, not 'same-mood'"),
        ({"where": "speeker = 'a'"}, "did you mean speaker"),
        ({"where": "1=1); DROP TABLE segments; --"}, "is not understood"),
        ({"where": "file IN (SELECT * FROM read_text('/etc/passwd'))"}, "is not understood"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, asked, message):
    geometry = Geometry(make_store(tmp_path / "s", [{}, {}, {}]))
    with pytest.raises(StoreError, match=message) as caught:
        search(geometry, Query([row_id(0)]), **asked)
    assert "\n" not in str(caught.value)


def test_more_hits_than_there_are_come_short_and_it_is_said(tmp_path, monkeypatch):
    geometry = Geometry(make_store(tmp_path / "s", [{}, {}, {}]))
    result = search(geometry, Query([row_id(0)]), k=10_000_000)
    assert len(result.hits) == 2
    assert result.notes[0].en == "10000000 hits were asked for; only 2 clips can be hits"
    behind = search(geometry, Query([row_id(0)]), k=1, offset=10_000_000)
    assert behind.hits == ()
    assert behind.notes[0].en.startswith("the page starts behind the last hit: 2 clips can be hits")
    monkeypatch.setattr(searching, "MOST_HITS", 1)
    page = search(geometry, Query([row_id(0)]), k=10_000_000)
    assert (len(page.hits), page.next_offset) == (1, 1)
    assert page.notes[0].text("zh").startswith("一页最多 1 个结果")


def test_a_filter_that_matches_nothing_is_said(tmp_path):
    geometry = Geometry(make_store(tmp_path / "s", [{}, {}, {}]))
    result = search(geometry, Query([row_id(0)]), where="speaker = 'nobody'")
    assert result.hits == ()
    assert [note.en for note in result.notes] == [
        "none of the 3 clips passes the filters: loosen the condition or exclude less"
    ]


def test_an_unknown_segment_and_a_foreign_embedding_are_one_line(tmp_path):
    geometry = Geometry(make_store(tmp_path / "s", [{}, {}]))
    with pytest.raises(StoreError, match="no segment 'x' in the store"):
        search(geometry, Query(["x"]))
    with pytest.raises(StoreError, match="an embedding of 5 numbers cannot be compared with 2"):
        search(geometry, Query([Clip(np.ones(5))]))


def test_a_store_that_grew_is_noticed(tmp_path):
    geometry = Geometry(make_store(tmp_path / "s", [{}, {}]))
    _ = geometry.vectors
    catalogue = Catalogue.of(geometry)
    other = Geometry(make_store(tmp_path / "t", [{}, {}, {}]))
    with pytest.raises(StoreError, match="was written to since it was opened"):
        search(other, Query([row_id(0)]), catalogue=catalogue)


def test_identical_rows_come_in_the_order_of_the_store(tmp_path):
    geometry = Geometry(make_store(tmp_path / "s", [{}] * 7, embeddings=np.ones((7, 3))))
    result = search(geometry, Query([row_id(2)]), k=3)
    assert [int(h.segment_id, 16) for h in result.hits] == [0, 1, 3]


# What is handed out ---------------------------------------------------------------------------------------------


def test_json_has_the_keys_scripts_rely_on(tmp_path):
    rows = [
        {"file": "a/1.wav", "start_s": 1.5, "end_s": 2.25, "speaker": "anna", "emotion_given": "sad"},
        {"file": "b.wav"},
        {"file": "c.wav"},
    ]
    scores = np.array([[0.1] * 8 + [0.2], [np.nan] * 9, [0.05, 0.6, *[0.05] * 7]])
    geometry = Geometry(make_store(tmp_path / "s", rows, embeddings=[[1, 1], [1, 0], [1, 0.5]], scores=scores))
    document = json.loads(json.dumps(search(geometry, Query([row_id(2)]), k=2).as_json(), allow_nan=False))
    first, second = document["hits"]
    assert list(first)[:8] == [
        "segment_id", "file", "start_s", "end_s", "speaker", "similarity", "emotion", "confidence",
    ]  # fmt: skip
    assert {key: first[key] for key in ("file", "start_s", "end_s", "speaker", "emotion", "emotion_given")} == {
        "file": "a/1.wav", "start_s": 1.5, "end_s": 2.25, "speaker": "anna", "emotion": "unknown",
        "emotion_given": "sad",
    }  # fmt: skip
    assert first["confidence"] == pytest.approx(0.2)
    assert first["similarity"] == pytest.approx(1.5 / np.sqrt(2 * 1.25), abs=1e-6)
    assert (second["file"], second["speaker"], second["emotion"], second["confidence"]) == ("b.wav", None, None, None)
    assert document["query"]["positives"] == [{"segment_id": row_id(2)}]
    assert (document["query"]["space"], document["candidates"], document["next_offset"]) == ("raw", 2, None)


def test_a_hit_says_what_its_own_row_says(tmp_path):
    rng = np.random.default_rng(6)
    rows = [
        {"file": f"f{i}.wav", "speaker": f"s{i}", "session": f"w{i}", "start_s": float(i), "end_s": i + 0.5,
         "emotion_given": f"mood{i}"}
        for i in range(12)
    ]  # fmt: skip
    scores = rng.dirichlet(np.ones(9), 12)
    geometry = Geometry(make_store(tmp_path / "s", rows, embeddings=rng.normal(size=(12, 3)), scores=scores))
    hits = search(geometry, Query([row_id(5)]), k=11).hits
    assert [int(h.segment_id, 16) for h in hits] != sorted(int(h.segment_id, 16) for h in hits)
    for hit in hits:
        i = int(hit.segment_id, 16)
        assert (hit.file, hit.speaker, hit.session) == (f"f{i}.wav", f"s{i}", f"w{i}")
        assert (hit.start_s, hit.end_s, hit.emotion_given) == (float(i), i + 0.5, f"mood{i}")
        assert hit.emotion == EMOTION_IDS[int(np.argmax(scores[i]))]
        assert hit.score == pytest.approx(scores[i].max())


def test_a_catalogue_saves_reading_and_changes_nothing(tmp_path: Path):
    geometry = Geometry(make_store(tmp_path / "s", [{"speaker": "a"}, {}, {}], embeddings=np.arange(6).reshape(3, 2)))
    query = Query([row_id(1)], weights=Weights(beta=2))
    assert search(geometry, query, catalogue=Catalogue.of(geometry)).as_json() == search(geometry, query).as_json()
