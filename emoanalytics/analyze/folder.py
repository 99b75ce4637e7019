"""The folder of results that users of the one-clip web page know."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np

from emoanalytics.analyze.result import ClipResult
from emoanalytics.audio.decode import write_wav
from emoanalytics.errors import StoreError
from emoanalytics.settings import QualitySettings


def write_result(
    result: ClipResult, out: Path, *, embedding: bool = False, settings: QualitySettings | None = None
) -> Path:
    """Write a result's folder: ``processed_audio.wav``, ``result.json`` and, if asked, ``embedding.npy``.

    Args:
        result: one clip's result.
        out: the folder that holds the result folders; made when missing.
        embedding: also write ``embedding.npy`` of shape (1, d) float32.
        settings: thresholds, for the words about quality.

    Returns:
        The new folder ``out/outputs_YYYYMMDD_HHMMSS``, with ``_2`` and so on when that second is taken.

    Raises:
        StoreError: the folder cannot be written.
    """
    stamp = datetime.fromisoformat(result.timestamp).strftime("outputs_%Y%m%d_%H%M%S")
    try:
        folder = _new_folder(out, stamp)
        write_wav(folder / "processed_audio.wav", result.samples)
        text = json.dumps(result.as_json(settings), ensure_ascii=False, indent=2, allow_nan=False)
        # A file name that is no text becomes an escape that JSON knows.
        (folder / "result.json").write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        if embedding:
            np.save(folder / "embedding.npy", result.embedding[None].astype(np.float32), allow_pickle=False)
    except OSError as error:
        raise StoreError(f"cannot write results to {out}: {error.strerror or error}; choose another --out") from error
    return folder


def _new_folder(out: Path, stamp: str) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        folder = out / (stamp if number == 1 else f"{stamp}_{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder
