"""What store.json says: which schema, which encoder, which cut, which head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from emoanalytics.errors import DamagedStoreError, SchemaMismatchError, StoreError
from emoanalytics.store.disk import read_json, write_json
from emoanalytics.store.schema import SCHEMA_VERSION, STORE_FILE

_ADVICE = "restore it from a copy, or build again into another --store"


def package_version() -> str:
    """The installed version of this package, e.g. ``0.1.0``."""
    try:
        return version("emoanalytics")
    except PackageNotFoundError:  # pragma: no cover - run from a bare checkout
        return "unknown"


@dataclass(frozen=True)
class StoreInfo:
    """What a store holds, as ``store.json`` says it.

    Attributes:
        schema_version: version of the file format.
        encoder: the encoder's card.
        encoder_fingerprint: hex digits over what decides an embedding's value.
        cut: the cut policy.
        channels: the channel policy, e.g. ``mix``.
        head: ``builtin``, the id of a fitted head, or None: which scores the store gives.
        labels: the label list of that head, empty when there is none.
        written_by: package and version that made the store.
        created: ISO 8601, UTC.

    Raises:
        StoreError: the encoder's card names no dimension.
    """

    schema_version: int
    encoder: Mapping[str, Any]
    encoder_fingerprint: str
    cut: Mapping[str, Any]
    channels: str
    head: str | None
    labels: tuple[str, ...]
    written_by: str
    created: str

    def __post_init__(self) -> None:
        dim = self.encoder.get("dim")
        if not isinstance(dim, int) or isinstance(dim, bool) or dim < 1:
            raise StoreError(f"the encoder's card gives no dimension (dim: {dim!r})")
        object.__setattr__(self, "labels", tuple(self.labels))

    @property
    def dim(self) -> int:
        """Length of an embedding."""
        return int(self.encoder["dim"])

    @classmethod
    def new(
        cls,
        *,
        encoder: Mapping[str, Any],
        fingerprint: str,
        cut: Mapping[str, Any],
        channels: str,
        head: str | None,
        labels: tuple[str, ...],
    ) -> StoreInfo:
        """The info of a store made now, by this version."""
        return cls(
            schema_version=SCHEMA_VERSION,
            encoder=dict(encoder),
            encoder_fingerprint=fingerprint,
            cut=dict(cut),
            channels=channels,
            head=head,
            labels=labels,
            written_by=f"emoanalytics {package_version()}",
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    @classmethod
    def read(cls, folder: Path) -> StoreInfo:
        """Read ``store.json``.

        Raises:
            StoreError: the folder is no store.
            SchemaMismatchError: it was written by another version of the format.
            DamagedStoreError: ``store.json`` cannot be understood.
        """
        path = folder / STORE_FILE
        if not folder.is_dir():
            what = "is a file" if folder.exists() else "does not exist"
            raise StoreError(f"{folder} {what}: make a store with: emoanalytics build CORPUS --store {folder}")
        if not path.exists() and not any((folder / name).exists() for name in ("segments.parquet", "embeddings")):
            raise StoreError(
                f"{folder} is no store (it has no {STORE_FILE}): make one with: "
                f"emoanalytics build CORPUS --store {folder}"
            )
        content = read_json(path, _ADVICE)
        found = content.get("schema_version")
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            raise DamagedStoreError(f"{path} gives no schema version: {_ADVICE}")
        if found > SCHEMA_VERSION:
            raise SchemaMismatchError(
                f"{folder} was written by a newer version (schema {found}, this is {SCHEMA_VERSION}): "
                "upgrade emoanalytics (pip install -U emoanalytics)"
            )
        if found < SCHEMA_VERSION:  # pragma: no cover - version 1 is the first
            raise SchemaMismatchError(
                f"{folder} was written by an older version (schema {found}, this is {SCHEMA_VERSION}): "
                "build it again into another --store"
            )
        try:
            return cls(**{name: content[name] for name in cls.__dataclass_fields__})
        except (KeyError, TypeError, AttributeError, StoreError) as error:
            raise DamagedStoreError(f"{path} lacks or garbles an entry ({error}): {_ADVICE}") from error

    def write(self, folder: Path) -> None:
        """Put ``store.json`` in place in one step."""
        write_json(folder / STORE_FILE, asdict(self))
