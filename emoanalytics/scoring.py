"""Scores from a store's head: read the head back, and score the rows it has not scored yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from emoanalytics.embed.heads import Head, centred
from emoanalytics.errors import HeadError
from emoanalytics.store.schema import BUILTIN_HEAD
from emoanalytics.store.store import EmotionStore
from emoanalytics.store.writer import StoreWriter


def head_of(store: EmotionStore) -> Head | None:
    """The store's active head, for clips that are not in the store; None when it has none.

    Raises:
        HeadError: the head reads embeddings centred by speaker, which a single clip has not.
    """
    saved = store.head()
    if saved is None:
        return None
    if saved["report"].get("centred"):
        raise HeadError(
            f"the head of {store.path} compares a clip with its speaker's other clips, so it cannot score one alone: "
            "train one without --centre"
        )
    return _head(saved)


def _head(saved: Mapping[str, Any]) -> Head:
    return Head(
        saved["weights"],
        saved["bias"],
        tuple(saved["labels"]),
        float(saved["temperature"]),
        calibrated=bool(saved["calibrated"]),
    )


def score_table(ids: list[str], labels: tuple[str, ...], scores: np.ndarray) -> pa.Table:
    """``segment_id`` and one ``score_<label>`` column a label; NaN becomes null."""
    columns = {f"score_{label}": pa.array(scores[:, i], from_pandas=True) for i, label in enumerate(labels)}
    return pa.table({"segment_id": pa.array(ids, pa.string()), **columns})


def score_new_rows(store: EmotionStore, writer: StoreWriter) -> str | None:
    """Give rows that came after a fitted or calibrated head its scores; no audio is touched.

    Of a fitted head only clips of speakers it was not trained on: a clip of one it knows would be scored by a head
    that has heard the voice, and look better than it is. Those wait for the next fit.

    Returns:
        What a user should know about rows left without a score, or None.
    """
    active, saved = store.info.head, store.head()
    if saved is None or active is None or active == BUILTIN_HEAD:
        return None
    head, report = _head(saved), saved["report"]
    table = store.scores()
    names = [f"score_{label}" for label in head.labels]
    scores = table[names].to_numpy(np.float32).copy()
    without = np.isnan(scores).all(axis=1)
    if not without.any():
        return None
    heard, speakers = np.zeros(len(table), dtype=bool), None
    if "group" in report:  # a calibrated head of the encoder's own was trained on nobody here
        speakers = store.segments([report["group"]]).iloc[:, 0]
        heard = speakers.isin([name for fold in report["folds"] for name in fold["groups"]]).to_numpy()
    new = without & ~heard
    if speakers is not None and report["centred"]:
        new &= speakers.notna().to_numpy()  # without a speaker there is nothing to compare with
        scores[new] = head.scores(centred(store.embeddings(), pd.factorize(speakers)[0])[new])
    elif new.any():
        ids = table["segment_id"][new].to_list()
        scores[new] = head.scores(store.embeddings(ids))
    if new.any():
        writer.save_head(
            active,
            weights=head.weights,
            bias=head.bias,
            labels=head.labels,
            temperature=head.temperature,
            scores=score_table(table["segment_id"].to_list(), head.labels, scores),
            report=report,
        )
    waiting = int((without & heard).sum())
    if not waiting:
        return None
    again = " and calibrate it" if "calibration" in report else ""
    return (
        f"{waiting} segments of speakers the head {active} was trained on have no score yet: run "
        f"emoanalytics head fit STORE --target {report['target']}{' --centre' * report['centred']} again{again}"
    )
