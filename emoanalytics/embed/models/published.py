"""The published Emotion2Vec+ models by name, and the record kept of a fetched one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from emoanalytics.embed.models.checkpoint import CONFIG, CONFIGURATION, TOKENS, WEIGHTS
from emoanalytics.errors import EncoderError
from emoanalytics.settings import cache_folder

LICENCE = (
    "FunASR Model License 1.1; Emotion2Vec+ by Z. Ma et al. (arXiv:2312.15185), "
    "published by the FunASR team of Alibaba: https://github.com/ddlBoJack/emotion2vec"
)
FILES = (CONFIG, CONFIGURATION, TOKENS, WEIGHTS)  # all that is fetched
RECORD = "fetched.json"


class Hub(StrEnum):
    """Where models are published."""

    MODELSCOPE = "modelscope"
    HUGGINGFACE = "huggingface"

    @property
    def host(self) -> str:
        """The site to name in a message."""
        return "modelscope.cn" if self is Hub.MODELSCOPE else "huggingface.co"

    @property
    def other(self) -> Hub:
        """The other one."""
        return Hub.HUGGINGFACE if self is Hub.MODELSCOPE else Hub.MODELSCOPE


@dataclass(frozen=True)
class PublishedModel:
    """A model by its published name.

    Attributes:
        name: e.g. ``emotion2vec_plus_large``.
        dim: length of its embeddings.
        parameters: how many (as published, rounded; counted for large).
        modelscope_revision: tag or branch asked for on ModelScope.
        huggingface_revision: branch asked for on Hugging Face; the commit it stands for is recorded.
    """

    name: str
    dim: int
    parameters: int
    modelscope_revision: str
    huggingface_revision: str = "main"

    def id(self, hub: Hub) -> str:
        """Its id on a hub; the names are those of FunASR's own table (``name_maps_from_hub.py``)."""
        return f"{'iic' if hub is Hub.MODELSCOPE else 'emotion2vec'}/{self.name}"

    def revision(self, hub: Hub) -> str:
        """The revision to ask a hub for."""
        return self.modelscope_revision if hub is Hub.MODELSCOPE else self.huggingface_revision


# v2.0.5 is the tag that public code asks ModelScope for with the large model (read in several public
# repositories; the hub itself could not be asked). No tag was seen in use for base and seed, so they
# follow the branch. Either way the digest of the weights is what an encoder's fingerprint holds.
MODELS: dict[str, PublishedModel] = {
    m.name: m
    for m in (
        PublishedModel("emotion2vec_plus_large", 1024, 313_000_000, "v2.0.5"),
        PublishedModel("emotion2vec_plus_base", 768, 90_000_000, "master"),
        PublishedModel("emotion2vec_plus_seed", 768, 90_000_000, "master"),
    )
}


@dataclass(frozen=True)
class Fetched:
    """What was fetched, as ``fetched.json`` in the model's folder records it.

    Attributes:
        name: the published name.
        hub: ``modelscope`` or ``huggingface``.
        id: the id on that hub.
        revision_asked: tag, branch or commit asked for.
        revision: what was taken: the commit on Hugging Face, the tag or branch on ModelScope.
        sha256: digest of each file, by name.
        fetched_at: ISO 8601, UTC.
        licence: licence and attribution, to be shown to whoever fetches.
    """

    name: str
    hub: str
    id: str
    revision_asked: str
    revision: str
    sha256: Mapping[str, str]
    fetched_at: str
    licence: str = LICENCE

    @classmethod
    def read(cls, folder: Path) -> Fetched | None:
        """The record in a folder; None when there is none.

        Raises:
            EncoderError: the record is damaged.
        """
        path = folder / RECORD
        if not path.is_file():
            return None
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise EncoderError(f"{path} is damaged: fetch the model again (emoanalytics model fetch)") from error

    def write(self, folder: Path) -> None:
        """Writes the record."""
        (folder / RECORD).write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def model_folder(name: str) -> Path:
    """Where ``fetch`` puts a model."""
    return cache_folder() / "models" / name


def published_name(name: str | Path) -> str | None:
    """The published name a string means, or None.

    >>> published_name("iic/emotion2vec_plus_base"), published_name("somewhere/else")
    ('emotion2vec_plus_base', None)
    """
    text = str(name)
    for model in MODELS.values():
        if text in (model.name, *(model.id(hub) for hub in Hub)):
            return model.name
    return None


def parse_hub(hub: str) -> Hub:
    """A hub by name.

    Raises:
        EncoderError: there is no such hub.
    """
    try:
        return Hub({"ms": "modelscope", "hf": "huggingface"}.get(hub, hub))
    except ValueError:
        raise EncoderError(f"no hub {hub!r}: modelscope or huggingface") from None


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
