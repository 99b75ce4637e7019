"""Filters and queries: right against pandas by hand, and no way out of the box."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emoanalytics.errors import StoreError
from tests.store.conftest import NAMES
from tests.store.rows import add

TWINS = {
    "speaker = 'anna'": lambda t: t["speaker"] == "anna",
    "speaker = '李雷' OR speaker IS NULL": lambda t: (t["speaker"] == "李雷") | t["speaker"].isna(),
    "snr_db > 10 AND end_s < 6": lambda t: (t["snr_db"] > 10) & (t["end_s"] < 6),
    "score_angry > 0.1": lambda t: t["score_angry"] > 0.1,
    "SPEAKER IN ('anna', 'bo') AND score_sad >= score_happy": lambda t: (
        t["speaker"].isin(["anna", "bo"]) & (t["score_sad"] >= t["score_happy"])
    ),
    "list_contains(flags, 'noisy')": lambda t: t["flags"].map(lambda f: "noisy" in list(f)),
    "file LIKE '%1_ clip.wav'": lambda t: t["file"].str.contains(r"1. clip\.wav$"),
    "recorded_at > '2020-01-01'": lambda t: t["recorded_at"] > pd.Timestamp("2020-01-01", tz="UTC"),
    "recorded_at = '2001-09-09 01:46:40'": lambda t: t["recorded_at"] == pd.Timestamp(10**9, unit="s", tz="UTC"),
    "greatest(score_angry, score_sad) > 0.15 -- loud": lambda t: t[["score_angry", "score_sad"]].max(axis=1) > 0.15,
    "true": lambda t: np.ones(len(t), bool),
    "false": lambda t: np.zeros(len(t), bool),
    "segments.speaker = 'bo'": lambda t: t["speaker"] == "bo",
}


@pytest.mark.parametrize("where", TWINS)
def test_a_filter_keeps_the_rows_that_pandas_keeps(filled, where):
    whole = filled.table()
    keep = np.asarray(
        TWINS[where](whole).fillna(False) if hasattr(TWINS[where](whole), "fillna") else TWINS[where](whole), bool
    )
    pd.testing.assert_frame_equal(filled.table(where=where), whole[keep].reset_index(drop=True), check_dtype=False)
    assert list(filled.segments(["segment_id"], where)["segment_id"]) == list(whole["segment_id"][keep])
    assert list(filled.scores(where)["segment_id"]) == list(whole["segment_id"][keep])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(low=st.floats(-10, 60), high=st.floats(0, 0.4), either=st.booleans())
def test_filters_agree_with_pandas_at_any_threshold(filled, low, high, either):
    t = filled.table()
    a, b = t["snr_db"].astype(float) > low, t["score_neutral"].astype(float) < high
    got = filled.segments(
        ["segment_id"], f"snr_db > {low!r}::DOUBLE {'OR' if either else 'AND'} score_neutral < {high!r}::DOUBLE"
    )
    assert list(got["segment_id"]) == list(t["segment_id"][(a | b) if either else (a & b)])


def test_nan_counts_as_missing(store):
    import pyarrow as pa

    add(store, NAMES[:3], snr=pa.array([1.0, float("nan"), 3.0]))
    assert list(store.segments(where="snr > 2")["file"]) == [NAMES[2]]
    assert list(store.segments(where="snr IS NULL")["file"]) == [NAMES[1]]


@pytest.mark.parametrize(
    "where",
    [
        "",
        "speaker = ",
        "speaker = 'a') OR (1 = 1",
        "1 = 1; SELECT 1",
        "1 = 1) UNION SELECT 2 --",
        "true ORDER BY file",
        "true LIMIT 1",
        "true GROUP BY file",
        "SELECT 1",
        "file IN (SELECT content FROM read_text('/etc/passwd'))",
        "EXISTS (SELECT 1 FROM glob('/*'))",
        "(SELECT count(*) FROM read_csv('/etc/passwd')) > 0",
        "getenv('HOME') = '/root'",
        "DROP TABLE segments",
        "SET threads = 1",
        "count(*) > 1",
        "file",
        "score_calm > 0.5",
        "NOT " * 5000 + "true",
        "a\0b",
    ],
)
def test_what_is_no_condition_is_refused_in_one_line(filled, where):
    with pytest.raises(StoreError) as refusal:
        filled.segments(where=where)
    message = str(refusal.value)
    assert message.startswith("the filter ")
    assert "is not understood: " in message
    assert message.endswith("Example: speaker = 'anna' AND score_angry > 0.6")
    assert "\n" not in message


def test_a_misspelt_column_gets_a_hint(filled):
    with pytest.raises(StoreError, match=r'column "spekaer" not found.*\(did you mean speaker\?\)'):
        filled.segments(where="spekaer = 'anna'")
    with pytest.raises(StoreError, match=r"\(the columns are segment_id, content_id, .*score_unknown\)"):
        filled.segments(where="zzzzzz = 1")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
def test_any_text_is_a_filter_or_a_clear_refusal(filled, text):
    try:
        assert len(filled.segments(["file"], text)) <= 40
    except StoreError as refusal:
        assert "is not understood" in str(refusal)


def test_queries_see_the_five_tables(filled):
    got = filled.query(
        "SELECT speaker, count(*) AS clips, max(score_angry) AS most FROM segments JOIN scores USING (segment_id) "
        "GROUP BY speaker ORDER BY speaker NULLS LAST"
    )
    want = filled.table().groupby("speaker", dropna=False).agg(clips=("file", "size"), most=("score_angry", "max"))
    assert list(got["clips"]) == list(want["clips"])
    assert list(got["most"]) == list(want["most"])
    assert filled.query("SELECT count(*) AS n FROM failures")["n"][0] == 1
    assert filled.query("SELECT count(*) AS n FROM recordings")["n"][0] == 40
    first = filled.segments(["segment_id"])["segment_id"][0]
    row = filled.query(f"SELECT embedding FROM embeddings WHERE segment_id = '{first}'")["embedding"][0]
    np.testing.assert_array_equal(np.array(row, np.float32), filled.embeddings()[0])
    assert list(filled.query("WITH long AS (FROM segments WHERE end_s > 5) SELECT file FROM long")["file"]) == list(
        filled.segments(where="end_s > 5")["file"]
    )
    assert filled.query("SELECT unnest(flags) AS flag FROM segments")["flag"].unique().tolist() == ["noisy"]
    assert filled.query("SELECT * FROM range(3)").shape == (3, 1)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM read_parquet('segments.parquet')",
        "SELECT * FROM parquet_metadata('segments.parquet')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM segments, read_text('/etc/passwd')",
        "SELECT (SELECT content FROM read_text('/etc/passwd')) FROM segments",
        "WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
        "SELECT * FROM query('SELECT 42')",
        "SELECT * FROM query_table('segments')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM information_schema.tables",
        "SELECT getenv('HOME')",
        "COPY segments TO '/tmp/stolen.csv'",
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "EXPORT DATABASE '/tmp/stolen'",
        "ATTACH '/tmp/stolen.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA version",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "CREATE TABLE x AS SELECT 1",
        "DROP VIEW segments",
        "DELETE FROM segments",
        "INSERT INTO segments SELECT * FROM segments",
        "CALL pragma_version()",
        "DESCRIBE segments",
        "SHOW TABLES",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE segments",
        "SELECT nothing FROM segments",
        "SELECT * FROM numpy_array",
    ],
)
def test_nothing_but_one_select_over_the_tables_is_run(filled, sql, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    numpy_array = np.arange(3)  # a name a careless scan of Python variables would find
    with pytest.raises(StoreError) as refusal:
        filled.query(sql)
    assert str(refusal.value).startswith("the query is not understood: ")
    assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []
    assert len(numpy_array) == 3


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("len(range(3000000000)) > 1", "the function range is not allowed in a filter"),
        ("repeat('a', 1000000000) > 'a'", "the function repeat is not allowed in a filter"),
        ("lpad(speaker, 1000000000, 'a') > 'a'", "the function lpad is not allowed in a filter"),
        ("current_setting('threads') = '1'", "the function current_setting is not allowed in a filter"),
        ("write_log('x') IS NULL", "the function write_log is not allowed in a filter"),
        ("_row_number < 3", "there is no column _row_number"),
    ],
)
def test_a_filter_makes_nothing_large_and_sees_nothing_inside(filled, where, reason):
    """One line of it once took all the memory of a machine."""
    with pytest.raises(StoreError, match=reason):
        filled.segments(["segment_id"], where)


@pytest.mark.parametrize(
    "where",
    [
        "lower(speaker) LIKE 'a%' AND NOT list_contains(flags, 'quiet')",
        "speaker SIMILAR TO '.*' OR regexp_matches(file, 'x[12]') OR speaker || 'x' = 'ax'",
        "recorded_at > now() - INTERVAL 3 DAYS OR extract('month' FROM recorded_at) = 4 OR recorded_at IS NULL",
        "CASE WHEN speaker = 'a' THEN TRUE ELSE FALSE END OR CAST(end_s AS INTEGER) BETWEEN 0 AND 9",
        "'quiet' IN flags OR flags = [] OR flags[1] = 'quiet' OR coalesce(role, 'x') = 'client'",
    ],
)
def test_what_people_write_in_filters_is_understood(filled, where):
    assert len(filled.segments(["segment_id"], where)) <= len(filled)


def test_the_box_itself_is_shut(monkeypatch):
    """Even a statement that slipped past the reading of its syntax tree would reach nothing."""
    import duckdb

    from emoanalytics.store.query import _connect

    connection = _connect()
    for sql in (
        "SELECT * FROM read_text('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/stolen.db'",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "INSTALL httpfs",
        "LOAD httpfs",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(sql)


def test_a_query_keeps_types(store):
    import pyarrow as pa

    add(store, NAMES[:3], age=pa.array([3, None, 5]), vip=pa.array([True, None, False]))
    frame = store.query("SELECT age, vip, recorded_at FROM segments")
    assert frame["age"].tolist() == [3, pd.NA, 5]
    assert frame["vip"].tolist() == [True, pd.NA, False]
    assert str(frame["recorded_at"].dt.tz) == "UTC"
