"""Queries of several parts: where they point, and which part of them matched."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.embed.heads import Head
from emoanalytics.errors import HeadError, StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.search import Clip, Contrast, Query, Weights, search
from emoanalytics.views.search.aim import Aim, emotion_direction, profile_direction
from tests.made_store import make_store
from tests.views.searched import brute_force, row_id, store_with_head, unit

LABELS = ("angry", "happy", "neutral", "sad")


@pytest.fixture(scope="module", params=["raw", "speaker-centred"])
def geometry(request, tmp_path_factory):
    rng = np.random.default_rng(5)
    rows = [{"speaker": f"s{i % 4}", "emotion_given": ("sad", "angry", None)[i % 3]} for i in range(40)]
    path = tmp_path_factory.mktemp("s") / "store"
    return Geometry(
        store_with_head(path, rows, rng.normal(size=(40, 6)), rng.normal(size=(4, 6)), LABELS), request.param
    )


def slow_point(geometry, query):
    """Rocchio's sum, part by part."""
    d = geometry.vectors.dim
    points = [geometry.vectors.points(np.array([i]))[0].astype(np.float64) for i in range(len(geometry.vectors))]
    total = np.zeros(d)
    for clips, weight in ((query.positives, query.weights.beta), (query.negatives, -query.weights.gamma)):
        for clip in clips:
            total += weight * points[int(clip, 16)] / len(clips)
    clip_spread = np.std([x @ total for x in points]) if total.any() else 1.0
    w = geometry.store.head()["weights"].astype(np.float64)
    wished = [(amount, w[LABELS.index(name)] - w[2]) for name, amount in query.toward.items()]
    if query.target:
        flat = sum(w) / 4
        wished.append((1.0, sum(p * (w[LABELS.index(e)] - flat) for e, p in query.target.items())))
    said = np.zeros(d)
    for amount, direction in wished:
        u = unit(direction)
        said += query.weights.alpha * amount * u * clip_spread / np.std([x @ u for x in points])
    return total + said


QUERIES = [
    Query([row_id(1)]),
    Query([row_id(1), row_id(2), row_id(3)]),
    Query([], [row_id(4)]),
    Query([row_id(1), row_id(2)], [row_id(3), row_id(9)]),
    Query([row_id(1), row_id(2), row_id(7)], [row_id(3)]),
    Query(toward={"angry": 1}),
    Query([row_id(8)], toward={"angry": 0.5, "sad": -0.3}),
    Query(target={"sad": 3, "happy": 1}),
    Query([row_id(8)], [row_id(0)], {"happy": -2}, {"sad": 1.0}, weights=Weights(0.7, 1.3, 0.2)),
]


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_a_query_points_where_rocchio_says(geometry, query):
    expected = slow_point(geometry, query)
    named = {int(c, 16) for c in (*query.positives, *query.negatives)}
    result = search(geometry, query, k=12)
    best = brute_force(geometry, unit(expected), lambda i: i not in named)[:12]
    assert [h.segment_id for h in result.hits] == [row_id(i) for i, _ in best]
    assert [h.similarity for h in result.hits] == pytest.approx([s for _, s in best], abs=1e-6)


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_the_parts_of_a_hit_add_up_to_its_similarity(geometry, query):
    for hit in search(geometry, query, k=40).hits:
        assert sum(m.share for m in hit.matches) == pytest.approx(hit.similarity, abs=1e-9)
        x = geometry.vectors.points(geometry.vectors.rows_of([hit.segment_id]))[0].astype(np.float64)
        clips = [m for m in hit.matches if m.part.kind in ("like", "unlike")]
        assert [m.part.name for m in clips] == [*query.positives, *query.negatives]
        for match in clips:
            other = geometry.vectors.points(geometry.vectors.rows_of([match.part.name]))[0].astype(np.float64)
            assert match.similarity == pytest.approx(float(x @ other), abs=1e-6)


def test_an_amount_of_one_counts_as_much_as_the_clips(geometry):
    aim = Aim.of(geometry, Query([row_id(8)], toward={"sad": 1.0, "angry": -0.5}))
    points = geometry.vectors.points(slice(None))
    spread = np.std(aim.similarities(points) * aim.shares, axis=0)
    assert spread[1] == pytest.approx(spread[0], rel=1e-6)
    assert spread[2] == pytest.approx(spread[0] / 2, rel=1e-6)


def test_going_towards_an_emotion_brings_clips_of_more_of_it(geometry):
    weights = geometry.store.head()["weights"].astype(np.float64)

    def mean(amount):
        hits = search(geometry, Query([row_id(8)], toward={"angry": amount}), k=8).hits
        points = geometry.vectors.points(geometry.vectors.rows_of([h.segment_id for h in hits]))
        return float((points @ (weights[0] - weights[2])).mean())

    assert mean(-3) < mean(0) < mean(3)


def test_a_part_is_said_in_words(geometry):
    query = Query([Clip(np.ones(6), "me.wav")], [row_id(0)], {"生气": 1, "sad": -1}, {"happy": 1})
    hit = search(geometry, query, k=1).hits[0]
    assert [m.part.words("en") for m in hit.matches] == [
        "like me.wav", f"unlike {row_id(0)}", "more angry", "less sad", "towards the profile",
    ]  # fmt: skip
    assert [m.part.words("zh") for m in hit.matches] == [
        "像 me.wav", f"不像 {row_id(0)}", "增加「生气」", "减少「难过」", "接近目标分数",
    ]  # fmt: skip
    largest = max(hit.matches, key=lambda m: abs(m.share))
    assert hit.why().startswith(f"{largest.part.words()} {largest.share:+.2f}")
    document = search(geometry, query, k=1).as_json()
    assert [p["along"] for p in document["parts"]] == [None, None, "angry - neutral", "sad - neutral", "profile - mean"]
    json.dumps(document, allow_nan=False)


# Directions of a head ---------------------------------------------------------------------------------------------


def test_an_emotion_is_measured_from_neutral():
    head = Head(np.array([[3.0, 0.0], [1.0, 1.0], [0.0, 4.0]]), np.zeros(3), ("angry", "neutral", "sad"))
    direction, along = emotion_direction(head, "angry")
    assert direction == pytest.approx(np.array([2.0, -1.0]) / np.sqrt(5))
    assert along == "angry - neutral"
    direction, along = emotion_direction(head, "neutral")
    assert direction == pytest.approx(unit([1 - 1.5, 1 - 2.0]))
    assert along == "neutral - others"


def test_without_neutral_an_emotion_is_measured_from_the_mean_of_the_others():
    head = Head(np.array([[3.0, 0.0], [1.0, 1.0], [0.0, 4.0]]), np.zeros(3), ("angry", "happy", "sad"))
    assert emotion_direction(head, "angry")[0] == pytest.approx(unit([3 - 0.5, 0 - 2.5]))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=3, max_size=3).filter(lambda v: len(set(v)) > 1))
def test_a_profile_is_climbed_the_steepest_way(values):
    head = Head(np.random.default_rng(1).normal(size=(3, 4)), np.zeros(3), ("angry", "happy", "sad"))
    p = np.array(values) / sum(values)
    direction = profile_direction(head, dict(zip(head.labels, p, strict=True)))

    def likelihood(x):
        logits = head.weights.astype(np.float64) @ x
        return p @ (logits - np.log(np.exp(logits).sum()))

    gradient = [(likelihood(e) - likelihood(-e)) / 2e-5 for e in np.eye(4) * 1e-5]
    assert direction == pytest.approx(unit(gradient), abs=1e-6)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (Query(toward={"surprised": 1}), "the head does not know 'surprised'; it knows angry, happy, neutral, sad"),
        (Query(target={"surprised": 1}), "the head does not know 'surprised'"),
        (Query(target=dict.fromkeys(LABELS, 1)), "no difference between the profile and a flat one"),
    ],
)
def test_what_a_head_does_not_know_is_one_line(geometry, query, message):
    with pytest.raises(HeadError, match=message):
        search(geometry, query)


def test_an_emotion_the_profile_gives_nothing_may_be_unknown(geometry):
    everything = {"angry": 2, "surprised": 0, "other": 0.0}
    assert len(search(geometry, Query(target=everything), k=3).hits) == 3


def test_a_store_without_a_usable_head_says_so(tmp_path):
    rows = [{"speaker": "a"}, {"speaker": "b"}, {}]
    bare = Geometry(make_store(tmp_path / "bare", rows))
    with pytest.raises(
        HeadError, match=r"has no head, so no emotion has a direction: emoanalytics head fit .* --target"
    ):
        search(bare, Query(toward={"angry": 1}))
    centred = store_with_head(
        tmp_path / "centred", rows, np.eye(3), np.eye(4, 3), LABELS, report={"centred": True, "group": "speaker"}
    )
    with pytest.raises(HeadError, match="train one without --centre"):
        search(Geometry(centred), Query(target={"angry": 1}))
    flat = Geometry(make_store(tmp_path / "flat", rows, scores=np.full((3, 9), 1 / 9)))
    with pytest.raises(HeadError, match="no difference between angry and neutral"):
        search(flat, Query(toward={"angry": 1}))


# Contrasts --------------------------------------------------------------------------------------------------------


def test_same_sound_other_label(geometry):
    result = search(geometry, Query([row_id(0), row_id(3)], contrast="same-sound-other-label"), k=40)
    point = unit(geometry.vectors.points(np.array([0, 3])).astype(np.float64).sum(axis=0))
    expected = brute_force(geometry, point, lambda i: i % 3 == 1)
    assert [h.segment_id for h in result.hits] == [row_id(i) for i, _ in expected]
    assert {h.emotion_given for h in result.hits} == {"angry"}


def test_same_label_other_sound_comes_from_the_far_end(geometry):
    result = search(geometry, Query([row_id(0)], contrast=Contrast.SAME_LABEL_OTHER_SOUND), k=5)
    point = geometry.vectors.points(np.array([0]))[0].astype(np.float64)
    nearest_first = brute_force(geometry, unit(point), lambda i: i % 3 == 0 and i != 0)
    assert [h.segment_id for h in result.hits] == [row_id(i) for i, _ in nearest_first[::-1][:5]]
    assert [h.similarity for h in result.hits] == pytest.approx([s for _, s in nearest_first[::-1][:5]], abs=1e-6)
    assert all(sum(m.share for m in h.matches) == pytest.approx(h.similarity, abs=1e-9) for h in result.hits)


def test_a_contrast_of_an_outside_clip_takes_its_label(geometry):
    clip = Clip(np.ones(6), "new.wav", label="sad")
    hits = search(geometry, Query([clip], contrast="same-sound-other-label"), k=40).hits
    assert {h.emotion_given for h in hits} == {"angry"}
    for unlabelled in (row_id(2), Clip(np.ones(6), "new.wav")):
        with pytest.raises(StoreError, match="has no given label, so no other can differ from it"):
            search(geometry, Query([unlabelled], contrast="same-sound-other-label"))


# Mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "nothing is looked for"),
        ({"toward": {"angry": 0.0}}, "nothing is looked for"),
        ({"positives": "a1"}, "are lists of segment ids or clips"),
        ({"positives": [""]}, "a clip is a segment id or an embedded clip, not ''"),
        ({"positives": [3]}, "a clip is a segment id or an embedded clip, not 3"),
        ({"positives": ["a1"], "negatives": ["b", "a1"]}, "the segment a1 is asked for and asked against"),
        ({"toward": {"angry": float("nan")}}, "the amount of angry is a number from -1000 to 1000, not nan"),
        ({"toward": {"angry": float("-inf")}}, "the amount of angry is a number from -1000 to 1000, not -inf"),
        ({"toward": {"angry": 1e308}}, r"the amount of angry is a number from -1000 to 1000, not 1e\+308"),
        ({"target": {"sad": 1e308, "angry": 1e308}}, "the amount of sad is a number from -1000 to 1000"),
        ({"toward": {"angry": 1, "生气": 2}}, "the emotion angry is named twice"),
        ({"target": {"angry": -1, "sad": 2}}, "a target profile holds values of at least 0"),
        ({"target": {"angry": 0}}, "a target profile holds values of at least 0, and one above it"),
        ({"target": {}}, "a target profile"),
        ({"positives": ["a"], "contrast": "louder"}, "a contrast is one of same-sound-other-label"),
        ({"toward": {"sad": 1}, "contrast": "same-sound-other-label"}, "compares with clips: name at least one"),
    ],
)
def test_a_query_that_makes_no_sense_is_one_line(asked, message):
    with pytest.raises(StoreError, match=message):
        Query(**asked)


@pytest.mark.parametrize("value", [-1.0, float("inf"), float("nan")])
def test_a_weight_is_a_number_of_at_least_zero(value):
    with pytest.raises(StoreError, match="the weight gamma is a number of at least 0"):
        Weights(gamma=value)


@pytest.mark.parametrize("embedding", [np.zeros((2, 3)), np.zeros(0), np.array([1, np.nan]), np.float32(1)])
def test_an_embedding_is_one_row_of_finite_numbers(embedding):
    with pytest.raises(StoreError, match=r"me\.wav: an embedding is one row of finite numbers"):
        Clip(embedding, "me.wav")


def test_parts_that_cancel_out_are_said(tmp_path):
    embeddings = [[1.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]
    geometry = Geometry(make_store(tmp_path / "s", [{}] * 4, embeddings=embeddings))
    with pytest.raises(StoreError, match="the query points nowhere: its parts cancel out"):
        search(geometry, Query([row_id(0)], [row_id(1)], weights=Weights(gamma=1)))
    with pytest.raises(StoreError, match=f"points nowhere: {row_id(2)} has no direction in this space"):
        search(geometry, Query([row_id(2)]))


def test_a_clip_named_twice_counts_once(geometry):
    twice = search(geometry, Query([row_id(1), row_id(1), row_id(2)]), k=5)
    assert twice.hits[0].similarity == search(geometry, Query([row_id(1), row_id(2)]), k=5).hits[0].similarity
    assert len(twice.parts) == 2
