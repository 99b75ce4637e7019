"""What a commit takes, keeps, replaces and refuses."""

import hashlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emoanalytics.errors import StoreError
from emoanalytics.store.schema import FRAME_SCHEMA, embedding_schema
from tests.store.conftest import NAMES
from tests.store.rows import (
    CORPUS,
    DIM,
    FINGERPRINT,
    add,
    content,
    embedding_rows,
    expected_embeddings,
    failure_rows,
    new_store,
    recording_rows,
    segment_rows,
)

NO_SEGMENTS = segment_rows([])
NO_EMBEDDINGS = embedding_schema(DIM).empty_table()


def hashes(store) -> dict[str, str]:
    files = sorted(p for p in store.path.rglob("*.parquet"))
    return {str(p.relative_to(store.path)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_same_commits_make_the_same_bytes_with_one_writer_or_several(tmp_path):
    one, other = new_store(tmp_path / "one"), new_store(tmp_path / "other")
    with one.writer() as writer:
        for start in (0, 10, 20):
            rows = segment_rows(NAMES[start : start + 10])
            writer.commit(
                segments=rows, embeddings=embedding_rows(rows), recordings=recording_rows(rows["file"].to_pylist())
            )
    for start in (0, 10, 20):
        add(other, NAMES[start : start + 10])
    assert hashes(one) == hashes(other)
    assert len(hashes(one)) == 6
    assert one.fingerprint == other.fingerprint


def test_every_file_names_its_schema_and_encoder(filled):
    for path in filled.path.rglob("*.parquet"):
        metadata = pq.read_schema(path).metadata
        assert metadata[b"emoanalytics.schema_version"] == b"1"
        assert metadata[b"emoanalytics.encoder"] == FINGERPRINT.encode()
        assert pq.ParquetFile(path).metadata.num_row_groups == 0 or (
            pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
        )


def test_embeddings_may_come_in_any_order(store):
    rows = segment_rows(NAMES)
    with store.writer() as writer:
        writer.commit(
            segments=rows, embeddings=embedding_rows(rows).take(pa.array(np.random.default_rng(0).permutation(40)))
        )
    np.testing.assert_array_equal(store.embeddings(), expected_embeddings(store))


def test_known_audio_is_copied_not_embedded_again(store):
    first = segment_rows(["a", "b"], audio=["one", "two"])
    with store.writer() as writer:
        writer.commit(segments=first, embeddings=embedding_rows(first))
        taken = writer.segments["segment_id"].to_pylist()
        more = segment_rows(["c", "d", "e", "f"], audio=["two", "three", "three", "two"], taken=taken)
        fresh = embedding_rows(more.slice(1, 1))
        writer.commit(segments=more, embeddings=fresh)
    assert store.segments()["segment_id"].is_unique
    np.testing.assert_array_equal(store.embeddings(), expected_embeddings(store))
    two = store.scores()[store.segments()["file"].isin(["b", "c", "f"])].iloc[:, 1:]
    assert (two == two.iloc[0]).all(axis=None)
    assert store.query("SELECT DISTINCT n_frames FROM embeddings")["n_frames"].tolist() == [50]


def test_a_segment_without_embedding_or_twin_is_refused(store):
    rows = segment_rows(NAMES[:3])
    with (
        store.writer() as writer,
        pytest.raises(StoreError, match=r"1 segment\(s\) come without an embedding, the first"),
    ):
        writer.commit(segments=rows, embeddings=embedding_rows(rows.slice(0, 2)))
    assert len(store) == 0
    assert not (store.path / "embeddings").exists()


def test_a_changed_file_takes_the_place_of_the_old_one(store):
    add(store, NAMES[:10])
    add(store, NAMES[10:20])
    old_parts = {p.name for p in (store.path / "embeddings").iterdir()}
    with store.writer() as writer:
        rows = segment_rows([NAMES[3]], audio=["changed"])
        writer.commit(
            segments=rows,
            embeddings=embedding_rows(rows),
            recordings=recording_rows([NAMES[3]], size=5),
            replaces=[(CORPUS, NAMES[3])],
        )
    assert list(store.segments()["file"]) == NAMES[:3] + NAMES[4:20] + [NAMES[3]]
    np.testing.assert_array_equal(store.embeddings(), expected_embeddings(store))
    assert store.query("SELECT count(*) AS n FROM embeddings")["n"][0] == 20, "the old row must not linger"
    held = store.recordings().set_index("file")["size_bytes"]
    assert held[NAMES[3]] == 5
    assert len(held) == 20
    assert {p.name for p in (store.path / "embeddings").iterdir()} - old_parts == {
        "part-00002.parquet",
        "part-00003.parquet",
    }
    assert store.check() == []


def test_a_replaced_file_may_keep_its_known_audio(store):
    add(store, NAMES[:5])
    with store.writer() as writer:
        rows = segment_rows([NAMES[2]], user=["new"])
        writer.commit(segments=rows, embeddings=NO_EMBEDDINGS, replaces=[(CORPUS, NAMES[2])])
    assert store.segments()["user"].tolist()[-1] == "new"
    np.testing.assert_array_equal(store.embeddings(), expected_embeddings(store))


def test_a_removed_file_leaves_nothing(store):
    add(store, NAMES[:2])
    with store.writer() as writer:
        writer.commit(segments=NO_SEGMENTS, embeddings=NO_EMBEDDINGS, replaces=[(CORPUS, n) for n in NAMES[:2]])
    assert (len(store), len(store.recordings()), list((store.path / "embeddings").iterdir())) == (0, 0, [])
    add(store, NAMES[:2])
    assert store.check() == []


def test_another_corpus_with_the_same_names_is_another_file(store):
    add(store, NAMES[:3])
    rows = segment_rows(NAMES[:3], audio=["x", "y", "z"])
    rows = rows.set_column(rows.schema.get_field_index("corpus"), "corpus", [["/other"] * 3])
    with store.writer() as writer:
        writer.commit(segments=rows, embeddings=embedding_rows(rows))
        writer.commit(segments=NO_SEGMENTS, embeddings=NO_EMBEDDINGS, replaces=[("/other", NAMES[0])])
    assert store.segments()[["corpus", "file"]].value_counts().to_dict() == {
        **{(CORPUS, n): 1 for n in NAMES[:3]},
        **{("/other", n): 1 for n in NAMES[1:3]},
    }


def test_failures_last_until_the_file_is_handled_again(store):
    with store.writer() as writer:
        writer.commit(segments=NO_SEGMENTS, embeddings=NO_EMBEDDINGS, failures=failure_rows(["a", "b", "c", "c"]))
        writer.commit(segments=NO_SEGMENTS, embeddings=NO_EMBEDDINGS, failures=failure_rows(["b"], "still not audio"))
        assert store.failures()[["file", "reason"]].to_numpy().tolist() == [
            ["a", "not audio"],
            ["c", "not audio"],
            ["c", "not audio"],
            ["b", "still not audio"],
        ]
        rows = segment_rows(["c"])
        writer.commit(segments=rows, embeddings=embedding_rows(rows))
        assert list(store.failures()["file"]) == ["a", "b"]
        more = segment_rows(["a"])
        writer.commit(segments=more, embeddings=embedding_rows(more), handled=[])
        assert list(store.failures()["file"]) == ["a", "b"]
        writer.commit(segments=NO_SEGMENTS, embeddings=NO_EMBEDDINGS, handled=[(CORPUS, "a")])
        assert list(store.failures()["file"]) == ["b"]


def test_recordings_are_kept_once_a_channel(store):
    with store.writer() as writer:
        for size in (1, 2, 3):
            writer.commit(
                segments=NO_SEGMENTS, embeddings=NO_EMBEDDINGS, recordings=recording_rows(NAMES[:4], size=size)
            )
    assert store.recordings()["size_bytes"].tolist() == [3] * 4


def test_frames_are_kept_and_leave_with_their_segment(store):
    rows = segment_rows(NAMES[:3])
    ids = rows["segment_id"].to_pylist()
    t = np.array([0.01, 0.03], np.float32)
    frames = pa.table(
        {"segment_id": np.repeat(ids, 2), "t_s": np.tile(t, 3), "logit_sad": np.arange(6, dtype=np.float32)}
    )
    with store.writer() as writer:
        writer.commit(segments=rows, embeddings=embedding_rows(rows), frames=frames)
        with pytest.raises(StoreError, match="frames belong to a segment that is not of this commit"):
            writer.commit(segments=NO_SEGMENTS, embeddings=NO_EMBEDDINGS, frames=frames)
        assert store.frames().columns.tolist() == FRAME_SCHEMA.names
        assert store.frames([ids[1]])["logit_sad"].tolist() == [2.0, 3.0]
        writer.commit(segments=NO_SEGMENTS, embeddings=NO_EMBEDDINGS, replaces=[(CORPUS, NAMES[1])])
    assert store.frames()["logit_sad"].tolist() == [0.0, 1.0, 4.0, 5.0]
    assert store.check() == []


def test_new_metadata_moves_no_row_and_touches_no_embedding(store):
    add(store, NAMES[:10], mood=pa.array(["x"] * 10))
    parts = {n: h for n, h in hashes(store).items() if n.startswith("embeddings")}
    with store.writer() as writer:
        table = writer.segments.drop_columns(["mood"]).append_column("team", pa.array(range(10)))
        writer.replace_segments(table.take(pa.array(list(range(9, -1, -1)))))
        for wrong, message in [
            (table.slice(1), r"needs exactly the 10 segments .* got 9 rows, 1 segment\(s\) are missing"),
            (segment_rows(NAMES[10:20]), r"got 10 rows, 10 segment\(s\) are missing"),
            (
                table.set_column(1, "content_id", table["segment_id"].take(pa.array([1, 0, *range(2, 10)]))),
                "content_id",
            ),
        ]:
            with pytest.raises(StoreError, match=message):
                writer.replace_segments(wrong)
    assert store.segments()["team"].tolist() == list(range(10))
    assert "mood" not in store.columns
    assert {n: h for n, h in hashes(store).items() if n.startswith("embeddings")} == parts
    np.testing.assert_array_equal(store.embeddings(), expected_embeddings(store))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s, e: (pa.concat_tables([s, s]), e), "names a segment id twice"),
        (lambda s, e: (s.drop_columns(["file"]), e), "the segments lack the column 'file'"),
        (lambda s, e: (s.set_column(3, "file", [[None] * 3]), e), r"hold 3 empty value\(s\) in the column 'file'"),
        (
            lambda s, e: (s.set_column(4, "start_s", [[0.0, 99.0, 0.0]]), e),
            r"segment 说话/01 clip.wav from 99.0 to ",
        ),
        (lambda s, e: (s.set_column(4, "start_s", [[0.0, -1.0, 0.0]]), e), "starts at 0 or later"),
        (lambda s, e: (s.set_column(5, "end_s", [[1.0, float("nan"), 2.0]]), e), r"hold 1 empty value\(s\) .*'end_s'"),
        (lambda s, e: (s.set_column(4, "start_s", [["a", "b", "c"]]), e), "column 'start_s' is string, not double"),
        (lambda s, e: (s, pa.concat_tables([e, e])), "the embeddings name a segment twice"),
        (lambda s, e: (s.slice(1), e), "which is no segment of this commit"),
        (lambda s, e: (s, e.set_column(1, "embedding", [[[1.0] * (DIM + 1)] * 3])), "column 'embedding' is"),
        (lambda s, e: (s, e.set_column(1, "embedding", [[[float("inf")] * DIM] * 3])), "a value that is not finite"),
        (lambda s, e: (s, e.set_column(1, "embedding", [[[None] * DIM] * 3])), "a value that is not finite|embedding"),
    ],
)
def test_rows_that_do_not_fit_are_refused_and_change_nothing(store, change, message):
    rows = segment_rows(NAMES[:3])
    before = hashes(store)
    segments, embeddings = change(rows, embedding_rows(rows))
    with store.writer() as writer, pytest.raises(StoreError, match=message):
        writer.commit(segments=segments, embeddings=embeddings)
    assert hashes(store) == before


def test_a_segment_that_is_held_is_refused(store):
    add(store, NAMES[:3])
    rows = segment_rows(NAMES[2:4])
    with store.writer() as writer, pytest.raises(StoreError, match=r"the store holds the segment .* already"):
        writer.commit(segments=rows, embeddings=embedding_rows(rows))


def test_a_closed_writer_writes_nothing(store):
    with store.writer() as writer:
        pass
    for call in (
        lambda: writer.commit(segments=NO_SEGMENTS, embeddings=NO_EMBEDDINGS),
        lambda: writer.replace_segments(NO_SEGMENTS),
        lambda: writer.write_run({}),
        lambda: writer.set_head(None),
    ):
        with pytest.raises(StoreError, match="this writer is closed"):
            call()


def test_columns_of_the_corpus_are_the_union(store):
    add(store, NAMES[:2], age=pa.array([30, 41]), city=["Köln", "上海"])
    add(store, NAMES[2:4], age=pa.array([2.5, None]), vip=[True, False])
    with store.writer() as writer:
        rows = segment_rows(NAMES[4:6], age=["old", "new"], vip=pa.nulls(2))
        notes = writer.commit(segments=rows, embeddings=embedding_rows(rows))
    assert notes == ("the column 'age' was double and is now string: kept as text",)
    frame = store.segments(["age", "city", "vip"])
    assert frame["age"].tolist()[:3] == ["30", "41", "2.5"]
    assert pd.isna(frame["age"][3])
    assert frame["age"].tolist()[4:] == ["old", "new"]
    assert frame["city"].tolist()[:2] == ["Köln", "上海"]
    assert frame["city"][2:].isna().all()
    assert frame["vip"].tolist() == [pd.NA, pd.NA, True, False, pd.NA, pd.NA]


def test_whole_numbers_and_fractions_become_fractions_and_lists_text(store):
    add(store, NAMES[:1], n=pa.array([3]), tags=pa.array([["a", "b"]]))
    with store.writer() as writer:
        rows = segment_rows(NAMES[1:2], n=pa.array([0.5]), tags=["c"])
        notes = writer.commit(segments=rows, embeddings=embedding_rows(rows))
    assert len(notes) == 2
    assert store.segments()["n"].tolist() == [3.0, 0.5]
    assert store.segments()["tags"].tolist() == ["['a', 'b']", "c"]


def test_a_taken_name_gets_a_number_and_a_note(store):
    names = ["Speaker", "score_calm", "embedding", "a", "A"]
    for start in (0, 2):  # the second commit finds its own columns again
        with store.writer() as writer:
            rows = segment_rows(NAMES[start : start + 2], **{n: [f"{n}{start}", None] for n in names})
            notes = writer.commit(segments=rows, embeddings=embedding_rows(rows))
    assert "the column 'Speaker' is stored as 'Speaker_2': its own name is taken" in notes
    user = store.columns[store.columns.index("flags") + 1 :]
    assert user == ("Speaker_2", "user_score_calm", "embedding_2", "a", "A_2")[: len(user)]
    assert store.segments()["A_2"].tolist()[::2] == ["A0", "A2"]
    assert len(store.segments(where="\"Speaker_2\" = 'Speaker0'")) == 1


def test_user_text_as_categories_or_large_strings_is_plain_text(store):
    frame = pd.DataFrame(
        {
            "c": pd.Categorical(["x", "y"]),
            "l": pd.array(["p", None], dtype="string"),
            "when": pd.to_datetime(["2024-01-01", None]),
        }
    )
    add(store, NAMES[:2], **{n: pa.Table.from_pandas(frame)[n] for n in frame})
    schema = pq.read_schema(store.path / "segments.parquet")
    assert [str(schema.field(n).type) for n in ("c", "l", "when")] == ["string", "string", "timestamp[us]"]
    assert store.segments()["c"].tolist() == ["x", "y"]


VALUES = {
    "text": (st.none() | st.text(max_size=8), pa.string()),
    "whole": (st.none() | st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "fraction": (st.none() | st.floats(allow_nan=False), pa.float64()),
    "truth": (st.none() | st.booleans(), pa.bool_()),
    "when": (
        st.none()
        | st.datetimes(pd.Timestamp("1900-01-01").to_pydatetime(), pd.Timestamp("2200-01-01").to_pydatetime()),
        pa.timestamp("us"),
    ),
    "list": (st.none() | st.lists(st.text(max_size=3), max_size=3), pa.list_(pa.string())),
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_goes_in_comes_out(tmp_path_factory, data):
    store = new_store(tmp_path_factory.mktemp("trip") / "s")
    files = data.draw(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
            unique=True,
            min_size=1,
            max_size=6,
        )
    )
    split = data.draw(st.integers(0, len(files)))
    speakers = data.draw(st.lists(st.none() | st.text(max_size=5), min_size=len(files), max_size=len(files)))
    kinds = data.draw(st.sets(st.sampled_from(sorted(VALUES))))
    user = {k: data.draw(st.lists(VALUES[k][0], min_size=len(files), max_size=len(files))) for k in sorted(kinds)}
    for part in (slice(0, split), slice(split, None)):
        columns = {k: pa.array(v[part], VALUES[k][1]) for k, v in user.items()}
        rows = segment_rows(files[part], **columns)
        rows = rows.set_column(rows.schema.get_field_index("speaker"), "speaker", pa.array(speakers[part], pa.string()))
        with store.writer() as writer:
            assert writer.commit(segments=rows, embeddings=embedding_rows(rows)) == ()
    table = pq.read_table(store.path / "segments.parquet")
    assert table["file"].to_pylist() == files
    assert table["speaker"].to_pylist() == speakers
    frame = store.segments()
    for kind, values in user.items():
        assert table[kind].to_pylist() == values
        got = frame[kind].tolist()
        for have, want in zip(got, values, strict=True):
            if want is None:
                assert have is None or pd.isna(have)
            elif kind == "list":
                assert list(have) == want
            else:
                assert have == want
    np.testing.assert_array_equal(store.embeddings(), expected_embeddings(store))
    assert store.check() == []
    assert len(content(store)["rows"]) == len(files)
