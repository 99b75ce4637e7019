"""A table in a database: whole or not at all, over nothing, and no password anywhere."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emoanalytics.errors import MissingExtraError, StoreError
from emoanalytics.export import export
from emoanalytics.store.store import EmotionStore
from tests.made_store import make_store

sqlalchemy = pytest.importorskip("sqlalchemy")


def read(url: str, table: str = "segments") -> pd.DataFrame:
    engine = sqlalchemy.create_engine(url)
    try:
        return pd.read_sql_table(table, engine)
    finally:
        engine.dispose()


def check(frame: pd.DataFrame, store: EmotionStore) -> None:
    truth = store.table().set_index("segment_id")
    found = frame.set_index("segment_id").loc[truth.index]
    for column in ("start_s", "weight", "level_dbfs", "score_angry"):
        np.testing.assert_array_equal(found[column].to_numpy("float32"), truth[column].to_numpy("float32"))
    np.testing.assert_array_equal(found["end_s"].to_numpy(), truth["end_s"].to_numpy())
    for column in ("text", "speaker", "emotion_given", "=phone"):
        assert found[column].astype(object).where(found[column].notna(), None).tolist() == [
            None if pd.isna(v) else v for v in truth[column]
        ]
    assert [None if pd.isna(v) else int(v) for v in found["age"]] == [
        None if pd.isna(v) else int(v) for v in truth["age"]
    ]
    assert [None if pd.isna(v) else bool(v) for v in found["agreed"]] == [
        None if pd.isna(v) else bool(v) for v in truth["agreed"]
    ]
    assert [json.loads(v) for v in found["flags"]] == [list(v) for v in truth["flags"]]
    times = pd.to_datetime(found["recorded_at"], utc=True)
    assert [None if pd.isna(v) else v for v in times] == [None if pd.isna(v) else v for v in truth["recorded_at"]]
    vectors = np.stack([np.frombuffer(bytes(v), "<f4") for v in found["embedding"]])
    np.testing.assert_array_equal(vectors, store.embeddings())


def test_sqlite_reads_back(hard_store: EmotionStore, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/clips.db"
    done = export(hard_store, url, embeddings=True)
    assert (done.to, done.rows) == (url, 12)
    check(read(url), hard_store)
    with sqlite3.connect(tmp_path / "clips.db") as plain:
        ((mean,),) = plain.execute("SELECT avg(score_sad) FROM segments WHERE speaker = 'anna 1'").fetchall()
    truth = hard_store.scores("speaker = 'anna 1'")["score_sad"].mean()
    assert mean == pytest.approx(truth)
    assert "numpy.frombuffer(value, '<f4')" in done.words()[-1]


def test_a_table_that_is_there_stays_unless_one_says_so(hard_store: EmotionStore, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/clips.db"
    export(hard_store, url, where="speaker = 'anna 1'")
    with pytest.raises(StoreError, match="has a table segments already: add --replace, or choose another --table"):
        export(hard_store, url)
    assert len(read(url)) == 4
    export(hard_store, url, table="odd; name")
    assert (len(read(url, "odd; name")), len(read(url))) == (12, 4)
    export(hard_store, url, replace=True)
    assert len(read(url)) == 12


def test_a_failure_leaves_the_old_table(
    hard_store: EmotionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/clips.db"
    export(hard_store, url, where="speaker = 'anna 1'")

    def broken(*_: Any) -> None:
        raise StoreError("the disk is gone")

    with pytest.raises(StoreError, match="the disk is gone"):
        export(hard_store, url, replace=True, progress=broken)
    assert len(read(url)) == 4


def test_names_that_differ_only_in_case_stay_apart(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", [{"Age": 3, "age": 4}, {"Age": 5, "age": 6}])
    url = f"sqlite:///{tmp_path}/clips.db"
    export(store, url)
    assert read(url)[["Age", "age_2"]].to_numpy().tolist() == [[3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("sqlite://", StoreError, "a database in memory is gone"),
        ("nosuch://u:geheim@h/d", StoreError, "cannot be opened"),
        ("postgresql+asdf://u:geheim@h/d", StoreError, "cannot be opened"),
        ("://u:geheim@h/d", StoreError, "the URL of the database is not understood"),
        ("mysql://u:geheim@h:port/d", StoreError, "is not understood"),
        ("mysql+aiomysql://u:geheim@h/d?password=geheim", MissingExtraError, "pip install"),
    ],
)
def test_no_error_says_the_password(hard_store: EmotionStore, url: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as raised:
        export(hard_store, url)
    assert "geheim" not in str(raised.value) and "u:" not in str(raised.value)
    assert raised.value.__cause__ is None or "geheim" not in str(raised.value.__cause__)


def test_a_file_that_is_no_database_is_refused_in_one_line(hard_store: EmotionStore, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("these are my notes, no database at all" * 50)
    with pytest.raises(StoreError, match=r"refused \(file is not a database\): nothing was changed"):
        export(hard_store, f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(StoreError, match="unable to open database file"):
        export(hard_store, f"sqlite:///{tmp_path}/nowhere/x.db")


# A real PostgreSQL ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A server of its own on this machine, where PostgreSQL and its driver are installed."""
    pytest.importorskip("psycopg2")
    tools = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(tools[-1]) if tools else None)
    if initdb is None:
        pytest.skip("PostgreSQL is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    root: dict[str, Any] = {"user": "postgres"} if os.geteuid() == 0 else {}
    if root:
        shutil.chown(folder, "postgres")
    (secret := folder / "secret").write_text("geheim")
    secret.chmod(0o644)
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **root}
    data = str(folder / "data")
    subprocess.run([initdb, "-D", data, "-U", "tester", "-A", "scram-sha-256", f"--pwfile={secret}"], **quiet)
    control = str(Path(initdb).resolve().with_name("pg_ctl"))
    options = f"-p {port} -k {folder} -c fsync=off"
    subprocess.run([control, "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start"], **quiet)
    try:
        yield f"postgresql+psycopg2://tester:geheim@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([control, "-D", data, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


def test_postgresql_reads_back(hard_store: EmotionStore, postgres: str) -> None:
    done = export(hard_store, postgres, embeddings=True)
    assert "geheim" not in str(done.as_json()) and "tester" not in done.to
    check(read(postgres), hard_store)
    with pytest.raises(StoreError, match="has a table segments already"):
        export(hard_store, postgres)

    def broken(*_: Any) -> None:
        raise StoreError("the line is cut")

    with pytest.raises(StoreError, match="the line is cut"):
        export(hard_store, postgres, replace=True, progress=broken, where="speaker = 'anna 1'")
    assert len(read(postgres)) == 12
    export(hard_store, postgres, replace=True, where="speaker = 'anna 1'")
    assert len(read(postgres)) == 4
    with pytest.raises(StoreError, match="refused") as raised:
        export(hard_store, postgres.replace("geheim", "falsch"))
    assert "falsch" not in str(raised.value)
