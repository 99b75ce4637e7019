"""EmotionStore: open a store, read it lazily, write to it through one writer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.errors import EncoderMismatchError, StoreError
from emoanalytics.store import card
from emoanalytics.store.decisions import DECISIONS_FILE, DECISIONS_LOCK
from emoanalytics.store.disk import TEMPORARY, read_json
from emoanalytics.store.health import problems
from emoanalytics.store.info import StoreInfo
from emoanalytics.store.layout import HINT_ADVICE, SEGMENTS_ADVICE, lay_out
from emoanalytics.store.lock import HOLDER_FILE, LOCK_FILE, WriteLock
from emoanalytics.store.query import to_pandas
from emoanalytics.store.reader import Reader
from emoanalytics.store.schema import (
    BUILTIN_HEAD,
    DERIVED_FOLDER,
    EMBEDDINGS_FOLDER,
    FAILURE_SCHEMA,
    FAILURES_FILE,
    FRAMES_FOLDER,
    RECORDING_SCHEMA,
    RECORDINGS_FILE,
    RUNS_FOLDER,
    SEGMENTS_FILE,
    STORE_FILE,
)
from emoanalytics.store.scores import (
    is_there,
    read_head,
    score_columns,
    write_head,
)
from emoanalytics.store.tables import open_parquet
from emoanalytics.store.writer import StoreWriter

_OURS = {
    SEGMENTS_FILE, FAILURES_FILE, RECORDINGS_FILE, EMBEDDINGS_FOLDER, FRAMES_FOLDER,
    RUNS_FOLDER, DERIVED_FOLDER, LOCK_FILE, HOLDER_FILE, DECISIONS_FILE, DECISIONS_LOCK,
}  # fmt: skip


class EmotionStore:
    """A folder of segments, embeddings and scores. Reading loads only what is asked for and keeps only row numbers.

    Made by ``open`` or ``create``. Each call reads the store as it is at that moment: while a build is writing, take
    the ids once and ask for exactly those (``embeddings(ids)``).

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = Reader(path)

    @classmethod
    def open(cls, path: str | Path) -> EmotionStore:
        """Open a store.

        Raises:
            StoreError: the folder is no store.
            SchemaMismatchError: it was written by another version of the format.
            DamagedStoreError: ``store.json`` cannot be understood.
        """
        store = cls(Path(path))
        _ = store.info
        return store

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        encoder: Mapping[str, Any],
        fingerprint: str,
        cut: Mapping[str, Any],
        channels: str = "mix",
        head: str | None = None,
        labels: Sequence[str] = (),
        head_arrays: Mapping[str, Any] | None = None,
    ) -> EmotionStore:
        """Make an empty store.

        Args:
            path: a folder that does not exist or is empty.
            encoder: the encoder's card; ``dim`` is the length of an embedding.
            fingerprint: the encoder's fingerprint.
            cut: the cut policy.
            channels: the channel policy.
            head: ``builtin`` if the embedding rows will carry the scores of the encoder's own head, else None.
            labels: the label list of that head.
            head_arrays: ``weights`` (labels, d), ``bias`` (labels,) and ``temperature`` of the built-in head, to keep.

        Raises:
            StoreError: the folder holds a store, or other files.
        """
        folder = Path(path)
        info = StoreInfo.new(
            encoder=encoder, fingerprint=fingerprint, cut=cut, channels=channels, head=head, labels=tuple(labels)
        )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make the folder {folder} ({error.strerror})") from error
        _check_free(folder)
        with WriteLock(folder):
            _check_free(folder)
            if head_arrays is not None:
                write_head(
                    folder,
                    BUILTIN_HEAD,
                    weights=head_arrays["weights"],
                    bias=head_arrays["bias"],
                    labels=tuple(labels),
                    temperature=float(head_arrays.get("temperature", 1.0)),
                    report={},
                    dim=info.dim,
                )
            lay_out(folder, info)
        return cls(folder)

    @property
    def info(self) -> StoreInfo:
        """What the store holds, as ``store.json`` says it now."""
        return self._reader.info

    def require(self, *, fingerprint: str, cut: Mapping[str, Any], channels: str = "mix", name: str = "") -> None:
        """Refuse an encoder or a cut that is not this store's.

        Args:
            fingerprint: the encoder's.
            cut: the cut policy.
            channels: the channel policy.
            name: the encoder's name, for the message.

        Raises:
            EncoderMismatchError: one of them differs.
        """
        info = self.info
        if fingerprint != info.encoder_fingerprint:
            raise EncoderMismatchError(
                f"{self.path} holds embeddings of {info.encoder.get('name')} ({info.encoder_fingerprint[:8]}), "
                f"not of {name or 'this encoder'} ({fingerprint[:8]}): use that encoder or choose another --store"
            )
        ours, theirs = dict(info.cut) | {"channels": info.channels}, dict(cut) | {"channels": channels}
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                raise EncoderMismatchError(
                    f"the segments of {self.path} were cut with {key} = {ours.get(key)}, not {theirs.get(key)}: "
                    "use the same cut or choose another --store"
                )

    # Rows -------------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        """How many segments it holds."""
        with open_parquet(self.path / SEGMENTS_FILE, SEGMENTS_ADVICE) as file:
            return int(file.metadata.num_rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the segments: the store's own, then those of the corpus."""
        with open_parquet(self.path / SEGMENTS_FILE, SEGMENTS_ADVICE) as file:
            return tuple(file.schema_arrow.names)

    def segments(self, columns: Sequence[str] | None = None, where: str | None = None) -> pd.DataFrame:
        """The segments, in the order of the store.

        Args:
            columns: which, in this order; None: all.
            where: one SQL condition over segment and score columns; None: all rows.

        Returns:
            One row a segment, perhaps none.

        Raises:
            StoreError: an unknown column or a filter that is not understood.
        """
        return to_pandas(self._reader.selected(columns, where, scores=False))

    def table(self, columns: Sequence[str] | None = None, where: str | None = None) -> pd.DataFrame:
        """The segments with their scores beside them; no embedding is loaded.

        Args:
            columns: segment and score columns, in this order; None: all.
            where: one SQL condition over them; None: all rows.
        """
        return to_pandas(self._reader.selected(columns, where, scores=True))

    def scores(self, where: str | None = None) -> pd.DataFrame:
        """``segment_id``, the nine score columns, and one for each further label of the active head; NaN: no score."""
        return self.table(["segment_id", *score_columns(self.info.labels)], where)

    def embeddings(self, ids: Sequence[str] | None = None) -> np.ndarray:
        """Embeddings as one contiguous, read-only (n, d) float32 array.

        Args:
            ids: segment ids, in any order, also repeated; None: all, in the order of ``segments()``.

        Raises:
            StoreError: an unknown id.
            DamagedStoreError: a part is missing or cannot be read.
        """
        return self._reader.embeddings(ids)

    def iter_embeddings(self, batch: int = 4096) -> Iterator[np.ndarray]:
        """All embeddings in the order of ``segments()``, at most ``batch`` rows at a time, in bounded memory."""
        if batch < 1:
            raise StoreError(f"a batch holds at least one row, not {batch}")
        yield from self._reader.batches(batch)

    def frames(self, ids: Sequence[str] | None = None) -> pd.DataFrame:
        """Per-frame logits (``segment_id, t_s, logit_angry`` ...) of these segments; empty where none were kept."""
        return to_pandas(self._reader.frames(ids))

    def query(self, sql: str) -> pd.DataFrame:
        """Run one read-only SELECT over the tables segments, embeddings, scores, failures and recordings.

        Raises:
            StoreError: it is not one SELECT over these tables; no statement reaches files or settings.
        """
        return to_pandas(self._reader.query(sql))

    def failures(self) -> pd.DataFrame:
        """What could not be read or embedded: ``corpus, file, start_s, end_s, stage, reason``."""
        return to_pandas(self._reader.listed(FAILURES_FILE, FAILURE_SCHEMA))

    def recordings(self) -> pd.DataFrame:
        """What each file held when it was last read: a hint that saves decoding it again."""
        return to_pandas(self._reader.listed(RECORDINGS_FILE, RECORDING_SCHEMA))

    def runs(self) -> list[dict[str, Any]]:
        """The records of the runs that wrote to the store, newest last."""
        return [read_json(p, HINT_ADVICE) for p in sorted((self.path / RUNS_FOLDER).glob("*.json"))]

    def audio_path(self, file: str, corpus: str) -> Path:
        """Where the audio of a row lies: its ``file`` inside its ``corpus``; a relative corpus starts at the store."""
        return Path(os.path.normpath((self.path.resolve() / corpus).joinpath(*PurePosixPath(file).parts)))

    def writer(self) -> StoreWriter:
        """A writer, for ``with``; only one at a time, over all processes.

        Raises:
            LockedStoreError: (on entering) somebody else is writing; the message says who.
        """
        return StoreWriter(self.path)

    # Heads ------------------------------------------------------------------------------------------------------

    def head(self) -> dict[str, Any] | None:
        """The active head: ``id, weights (labels, d), bias, labels, temperature, report``; None: there is none."""
        active = self.info.head
        return None if active is None else read_head(self.path, active)

    @property
    def head_missing(self) -> str | None:
        """One line on what to do when the active head's files were deleted, else None."""
        active = self.info.head
        if active is None or active == BUILTIN_HEAD or is_there(self.path, active):
            return None
        return f"the head {active} is missing from {self.path}: run emoanalytics head fit {self.path} --target COLUMN"

    @property
    def fingerprint(self) -> str:
        """32 hex digits that change whenever rows, metadata or the active head change."""
        return self._reader.fingerprint()

    def check(self) -> list[str]:
        """Read everything once and say what is wrong, one line a problem; an empty list means the store is whole."""
        return problems(self)

    def __repr__(self) -> str:
        """What is in the store, in one line."""
        try:
            few = self.segments(["speaker", "start_s", "end_s"])
            info = self.info
        except StoreError as error:
            return f"EmotionStore({str(self.path)!r}: {error})"
        hours = float((few["end_s"] - few["start_s"]).sum()) / 3600
        return (
            f"EmotionStore({str(self.path)!r}: {len(few)} clips, {few['speaker'].nunique()} speakers, {hours:.2f} h, "
            f"encoder {info.encoder.get('name')}, head {info.head})"
        )

    def _repr_html_(self) -> str:
        """What is in the store, for notebooks."""
        try:
            facts = (self.info, self.segments(card.COLUMNS), self.head(), self.head_missing, self.failures())
        except StoreError:
            return card.line(repr(self))
        return card.card(self.path.resolve().name, *facts)


def _check_free(folder: Path) -> None:
    if (folder / STORE_FILE).exists():
        raise StoreError(f"{folder} is a store already: open it, or choose another --store")
    foreign = sorted(p.name for p in folder.iterdir() if p.name not in _OURS and not p.name.endswith(TEMPORARY))
    if foreign:
        raise StoreError(f"{folder} holds other files ({foreign[0]}): choose an empty or a new folder as --store")
