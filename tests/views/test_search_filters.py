"""What is left out of a search, against asking each row by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.search import Clip, Exclude, Query, search
from tests.made_store import make_store
from tests.views.searched import row_id

NAMES = st.sampled_from(["a", "b", None])
EXCLUDE = ("same-speaker", "same-file", "same-session")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(NAMES, NAMES, st.sampled_from(["x", "y"]), st.sampled_from(["c", "d"])), min_size=3, max_size=9),
    st.sets(st.sampled_from(EXCLUDE)),
    st.integers(1, 2),
)
def test_rows_that_share_something_with_a_clip_are_left_out(tmp_path_factory, cells, exclude, n_clips):
    rows = [{"speaker": p, "session": s, "file": f, "corpus": c} for p, s, f, c in cells]
    embeddings = np.random.default_rng(0).normal(size=(len(rows), 3))
    geometry = Geometry(make_store(tmp_path_factory.mktemp("s") / "store", rows, embeddings=embeddings))

    def left_out(row, clip):
        one, other = rows[row], rows[clip]
        return (
            ("same-speaker" in exclude and one["speaker"] is not None and one["speaker"] == other["speaker"])
            or ("same-file" in exclude and (one["corpus"], one["file"]) == (other["corpus"], other["file"]))
            or (
                "same-session" in exclude
                and one["session"] is not None
                and one["session"] == other["session"]
                and one["speaker"] == other["speaker"]
            )
        )

    clips = range(n_clips)
    expected = {i for i in range(n_clips, len(rows)) if not any(left_out(i, clip) for clip in clips)}
    result = search(geometry, Query([row_id(i) for i in clips]), k=20, exclude=sorted(exclude))
    assert {int(h.segment_id, 16) for h in result.hits} == expected
    assert result.candidates == len(expected)


def test_one_exclusion_needs_no_list(tmp_path):
    geometry = Geometry(make_store(tmp_path / "s", [{"speaker": "a"}, {"speaker": "a"}, {"speaker": "b"}]))
    for exclude in ("same-speaker", Exclude.SAME_SPEAKER, [Exclude.SAME_SPEAKER]):
        result = search(geometry, Query([row_id(0)]), exclude=exclude)
        assert [h.segment_id for h in result.hits] == [row_id(2)]
        assert result.exclude == ("same-speaker",)


def test_what_a_negative_clip_shares_stays(tmp_path):
    rows = [{"speaker": "a"}, {"speaker": "b"}, {"speaker": "b"}, {"speaker": "a"}]
    geometry = Geometry(make_store(tmp_path / "s", rows))
    result = search(geometry, Query([row_id(0)], [row_id(1)]), exclude=["same-speaker"])
    assert [h.segment_id for h in result.hits] == [row_id(2)]


def test_the_speaker_of_an_outside_clip_is_left_out(tmp_path):
    rows = [{"speaker": "a"}, {"speaker": "b"}, {}]
    geometry = Geometry(make_store(tmp_path / "s", rows))
    result = search(geometry, Query([Clip(np.ones(3), speaker="a")]), exclude=["same-speaker"], k=2)
    assert {h.segment_id for h in result.hits} == {row_id(1), row_id(2)}
    assert result.notes == ()


@pytest.mark.parametrize(
    ("what", "noun"), [("same-speaker", "speaker"), ("same-file", "file"), ("same-session", "session")]
)
def test_an_exclusion_without_anything_to_go_by_is_said(tmp_path, what, noun):
    geometry = Geometry(make_store(tmp_path / "s", [{"speaker": "a"}, {}]))
    result = search(geometry, Query([Clip(np.ones(2))]), exclude=[what], k=2)
    assert len(result.hits) == 2
    assert (
        result.notes[0].en == f"no positive clip of the query names a {noun} of this store, so {what} excludes nothing"
    )
    assert what in result.notes[0].text("zh")


def test_conditions_see_scores_and_columns_of_the_corpus(tmp_path):
    rows = [{"mood": m} for m in ("up", "down", "up", "up")]
    scores = np.full((4, 9), 0.1)
    scores[:, 0] = [0.2, 0.9, 0.9, 0.1]
    geometry = Geometry(make_store(tmp_path / "s", rows, scores=scores))
    for where, expected in (
        ("mood = 'up'", [2, 3]),
        ("score_angry > 0.5", [1, 2]),
        ("score_angry > 0.5 AND mood = 'up'", [2]),
        ("  ", [1, 2, 3]),
        (f"segment_id = '{row_id(0)}'", []),
    ):
        hits = search(geometry, Query([row_id(0)]), where=where).hits
        assert sorted(int(h.segment_id, 16) for h in hits) == expected


def test_a_speaker_the_store_does_not_know_excludes_nothing_and_that_is_said(tmp_path):
    store = make_store(tmp_path / "s", [{"speaker": "amy"}, {"speaker": "bo"}], embeddings=np.eye(2))
    found = search(Geometry(store), Query([Clip(np.array([1.0, 0.1]), speaker="Amy")]), exclude=["same-speaker"])
    assert [h.speaker for h in found.hits] == ["amy", "bo"]
    assert "names a speaker of this store, so same-speaker excludes nothing" in found.notes[-1].en
