"""Heads in the store: whose scores it gives, and what happens when they are gone."""

import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.schema import SCORE_COLUMNS
from tests.store.conftest import NAMES
from tests.store.rows import DIM, add, new_store

LABELS = ("sad", "calm", "angry")


def fitted(store, head_id="speakers-1", *, shift=0.0):
    """Save a head whose scores come, shuffled, for all but the last segment."""
    ids = store.segments()["segment_id"].to_numpy()[:-1]
    values = {label: (np.arange(len(ids)) * (k + 1) + shift).astype(np.float32) for k, label in enumerate(LABELS)}
    order = np.random.default_rng(0).permutation(len(ids))
    scores = pa.table({"segment_id": ids[order], **{f"score_{n}": v[order] for n, v in values.items()}})
    with store.writer() as writer:
        writer.save_head(
            head_id,
            weights=np.arange(3 * DIM).reshape(3, DIM),
            bias=np.array([1, 2, 3]),
            labels=LABELS,
            temperature=1.5,
            scores=scores,
            report={"uar": 0.5},
        )
        writer.set_head(head_id)
    return values


def test_a_fitted_head_gives_its_scores_in_the_order_of_the_segments(store):
    add(store, NAMES[:6])
    values = fitted(store)
    scores = store.scores()
    assert list(scores.columns) == ["segment_id", *SCORE_COLUMNS, "score_calm"]
    for label in LABELS:
        np.testing.assert_array_equal(scores[f"score_{label}"].to_numpy(np.float32)[:5], values[label])
    assert scores["score_sad"].isna().tolist() == [False] * 5 + [True]
    assert scores["score_happy"].isna().all()
    assert store.segments(where="score_calm > 5")["file"].tolist() == NAMES[3:5]
    assert store.query("SELECT max(score_calm) AS m FROM scores")["m"][0] == 8
    assert store.info.labels == LABELS


def test_a_head_comes_back_as_it_was_saved(store):
    add(store, NAMES[:6])
    fitted(store)
    head = store.head()
    np.testing.assert_array_equal(head["weights"], np.arange(3 * DIM, dtype=np.float32).reshape(3, DIM))
    np.testing.assert_array_equal(head["bias"], np.array([1, 2, 3], np.float32))
    assert (head["id"], head["labels"], head["temperature"], head["report"]) == (
        "speakers-1",
        LABELS,
        1.5,
        {"uar": 0.5},
    )
    assert not head["weights"].flags.writeable


def test_switching_back_to_the_built_in_head(store):
    add(store, NAMES[:6])
    before, seen = store.scores(), store.fingerprint
    fitted(store)
    assert store.fingerprint != seen
    with store.writer() as writer:
        writer.set_head("builtin")
    pd.testing.assert_frame_equal(store.scores(), before)
    assert store.info.labels == EMOTION_IDS
    assert store.fingerprint == seen


def test_fitting_again_under_the_same_name_changes_the_fingerprint(store):
    add(store, NAMES[:6])
    fitted(store)
    seen = store.fingerprint
    fitted(store, shift=1.0)
    assert store.fingerprint != seen


def test_a_deleted_head_gives_empty_scores_and_says_so(store):
    add(store, NAMES[:6])
    fitted(store)
    assert store.head_missing is None
    shutil.rmtree(store.path / "derived")
    assert store.scores().iloc[:, 1:].isna().all(axis=None)
    assert store.head() is None
    assert store.head_missing == (
        f"the head speakers-1 is missing from {store.path}: run emoanalytics head fit {store.path} --target COLUMN"
    )
    assert store.check() == [store.head_missing]


def test_the_built_in_head_is_kept(tmp_path):
    arrays = {"weights": np.ones((9, DIM)), "bias": np.zeros(9), "temperature": 2.0}
    store = new_store(tmp_path / "s", head_arrays=arrays)
    head = store.head()
    np.testing.assert_array_equal(head["weights"], arrays["weights"])
    assert (head["id"], head["labels"], head["temperature"]) == ("builtin", EMOTION_IDS, 2.0)


def test_what_is_no_head_is_refused(store):
    add(store, NAMES[:2])
    ids = store.segments()["segment_id"].to_numpy()
    good = {"weights": np.ones((3, DIM)), "bias": np.ones(3), "labels": LABELS}
    twice = pa.table({"segment_id": ids[[0, 0]], "score_sad": [0.1, 0.2]})
    with store.writer() as writer:
        for head_id, change, message in [
            ("../x", {}, "a head's id is made of letters"),
            (
                "h",
                {"weights": np.ones((3, DIM + 1))},
                rf"has weights \(3, {DIM}\) and bias \(3,\), not \(3, {DIM + 1}\)",
            ),
            ("h", {"bias": np.ones(4)}, r"not \(3, 6\) and \(4,\)"),
            ("h", {"scores": twice}, "the scores name a segment twice"),
            ("h", {"scores": twice.drop_columns(["segment_id"])}, "lack the column 'segment_id'"),
            ("h", {}, "the head h needs scores"),
        ]:
            with pytest.raises(StoreError, match=message):
                writer.save_head(head_id, **good | change)
        with pytest.raises(StoreError, match="there is no head 'other'"):
            writer.set_head("other")
    assert store.info.head == "builtin"


def test_a_broken_head_is_named(store):
    add(store, NAMES[:3])
    fitted(store)
    path = store.path / "derived/heads/speakers-1/head.npz"
    whole = path.read_bytes()
    for broken in (b"no", b"", whole[:100], whole[:-40]):
        path.write_bytes(broken)
        with pytest.raises(DamagedStoreError, match=r"head\.npz cannot be read .*emoanalytics head fit") as caught:
            store.head()
        assert "pickle" not in str(caught.value) and "safely" not in str(caught.value)
