"""Scores from a store's head: read the head back, and score the rows it has not scored yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from emoanalytics.embed import models
from emoanalytics.embed.encoder import Encoder, Precision
from emoanalytics.embed.heads import Head, centred
from emoanalytics.embed.registry import load_encoder
from emoanalytics.errors import EncoderMismatchError, HeadError, ModelMissingError
from emoanalytics.store.schema import BUILTIN_HEAD
from emoanalytics.store.scores import is_there, read_head, stored_scores
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


def encoder_of(
    store: EmotionStore,
    name: str | None = None,
    *,
    device: str = "auto",
    precision: Precision | str = Precision.AUTO,
) -> Encoder:
    """The encoder a store was built with, in the store's own arithmetic, for clips that are not in the store.

    Args:
        store: the store.
        name: a folder with its checkpoint, or a published name; None: its encoder by its name.
        device: where it runs.
        precision: ``auto`` is the store's.

    Raises:
        ModelMissingError: its weights are not on this machine.
        EncoderMismatchError: what was named is not what the store was built with.
    """
    made = store.info.encoder
    made_by, made_in = str(made["name"]), str(made.get("precision", Precision.EXACT))
    wanted = Precision(made_in) if precision == Precision.AUTO else precision
    try:
        encoder = load_encoder(name or made_by, device=device, precision=str(wanted))
    except ModelMissingError as error:
        if name is not None or models.published_name(made_by):
            raise
        raise ModelMissingError(
            f"{store.path} was built with {made_by}, a model from a folder: name it with --encoder FOLDER"
        ) from error
    if encoder.card.fingerprint != store.info.encoder_fingerprint:
        advice = "name its encoder with --encoder" if precision == Precision.AUTO else "leave out --precision"
        raise EncoderMismatchError(
            f"{store.path} holds embeddings of {made_by} (revision {made['revision']}, {made_in}), which those of "
            f"{encoder.card.name} (revision {encoder.card.revision}, {encoder.card.precision}) cannot be compared "
            f"with: {advice}"
        )
    return encoder


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
    report = saved["report"]
    waiting = _score_rows(store, writer, saved)
    base = report["calibration"]["base"] if "calibration" in report else active
    if base not in (active, BUILTIN_HEAD) and is_there(store.path, base):  # the next calibration starts from it
        earlier = read_head(store.path, base)
        if earlier is not None:
            _score_rows(store, writer, earlier)
    if not waiting:
        return None
    group = "" if report["group"] == "speaker" else f" --group {report['group']}"
    again = ", then emoanalytics head calibrate," if base != active else ""
    return (
        f"{waiting} segments of speakers the head {active} was trained on have no score yet: run "
        f"emoanalytics head fit STORE --target {report['target']}{group}{' --centre' * report['centred']} "
        f"--name {base}{again} again"
    )


def _score_rows(store: EmotionStore, writer: StoreWriter, saved: Mapping[str, Any]) -> int:
    """Score the rows that a head has not scored and whose speakers it never heard; the rest is counted."""
    head, report = _head(saved), saved["report"]
    table = stored_scores(store.path, saved["id"], head.labels).to_pandas()
    scores = table[[f"score_{label}" for label in head.labels]].to_numpy(np.float32).copy()
    without = np.isnan(scores).all(axis=1)
    if not without.any():
        return 0
    heard, speakers = np.zeros(len(table), dtype=bool), None
    if "group" in report:  # a calibrated head of the encoder's own was trained on nobody here
        speakers = store.segments([report["group"]]).iloc[:, 0]
        heard = speakers.isin([name for fold in report["folds"] for name in fold["groups"]]).to_numpy()
    new = without & ~heard
    if speakers is not None and report["centred"]:
        new &= speakers.notna().to_numpy()  # without a speaker there is nothing to compare with
        scores[new] = head.scores(centred(store.embeddings(), pd.factorize(speakers)[0])[new])
    elif new.any():
        scores[new] = head.scores(store.embeddings(table["segment_id"][new].to_list()))
    if new.any():
        writer.save_head(
            saved["id"],
            weights=head.weights,
            bias=head.bias,
            labels=head.labels,
            temperature=head.temperature,
            scores=score_table(table["segment_id"].to_list(), head.labels, scores),
            report=report,
        )
    return int((without & heard).sum())
