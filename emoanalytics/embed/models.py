"""The published Emotion2Vec+ models: what they are called, where they are on this machine, how to fetch them.

Nothing here downloads by itself: ``fetch`` is called by ``emoanalytics model fetch`` alone.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from emoanalytics.embed.checkpoint import CONFIG, CONFIGURATION, NEEDED, TOKENS, WEIGHTS, Checkpoint
from emoanalytics.errors import EncoderError, ModelMissingError
from emoanalytics.settings import cache_folder

LICENCE = (
    "FunASR Model License 1.1; Emotion2Vec+ by Z. Ma et al. (arXiv:2312.15185), "
    "published by the FunASR team of Alibaba: https://github.com/ddlBoJack/emotion2vec"
)
FILES = (CONFIG, CONFIGURATION, TOKENS, WEIGHTS)
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
        revision: what it stood for: a commit on Hugging Face; on ModelScope the revision the files were taken at.
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


@dataclass(frozen=True)
class Located:
    """A model folder on this machine.

    Attributes:
        name: the published name, or ``emotion2vec`` where the folder does not tell.
        folder: where it is.
        kind: ``fetched``, ``modelscope cache``, ``huggingface cache`` or ``folder``.
        fetched: the record of the fetch, where there is one.
    """

    name: str
    folder: Path
    kind: str
    fetched: Fetched | None = None

    def source(self) -> dict[str, str]:
        """Where the weights came from, for a run record (no path: paths are not facts about a model)."""
        found = {"name": self.name, "kind": self.kind}
        if self.fetched:
            found |= {"hub": self.fetched.hub, "id": self.fetched.id, "revision": self.fetched.revision}
        return found


def model_folder(name: str) -> Path:
    """Where ``fetch`` puts a model."""
    return cache_folder() / "models" / name


def locate(name_or_folder: str | Path, offline: bool = False) -> Path:
    """The folder of a model on this machine; see ``find``."""
    return find(name_or_folder, offline=offline).folder


def find(
    name_or_folder: str | Path, *, revision: str | None = None, hub: str | None = None, offline: bool = False
) -> Located:
    """Finds a model on this machine; never downloads.

    Looks in our own folder, then in the caches of ModelScope, FunASR and Hugging Face, so that
    weights fetched by another tool need no second download.

    Args:
        name_or_folder: a published name, a hub id (``iic/emotion2vec_plus_large``) or a folder.
        revision: only a copy at this revision (as asked for, or as resolved).
        hub: only a copy from this hub.
        offline: words the message for a machine without a network.

    Raises:
        ModelMissingError: it is not here; the message says how to get it or go on without.
    """
    name = published_name(name_or_folder)
    if name is None:
        folder = Path(name_or_folder).expanduser()
        if not folder.is_dir():
            raise ModelMissingError(
                f"no model {str(name_or_folder)!r}: it is neither a folder nor one of {', '.join(MODELS)}"
            )
        fetched = Fetched.read(folder)
        return Located(fetched.name if fetched else _name_in_path(folder), folder, "folder", fetched)
    wanted = None if hub is None else parse_hub(hub)
    for found in _copies(name, revision, wanted):
        return found
    exactly = "".join([f" at revision {revision}" if revision else "", f" from {wanted}" if wanted else ""])
    options = "".join([f" --hub {wanted}" if wanted else "", f" --revision {revision}" if revision else ""])
    get = f"run `emoanalytics model fetch {name}{options}`"
    if offline:
        get += " where there is a network and copy the folder here"
    raise ModelMissingError(
        f"{name} is not on this machine{exactly}: {get}, pass a folder with --encoder FOLDER, "
        "or go on without it: --encoder acoustic"
    )


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


def list_models() -> list[dict[str, str | int | bool | None]]:
    """One row a published model: name, dim, parameters, present, folder, kind, licence."""
    rows: list[dict[str, str | int | bool | None]] = []
    for model in MODELS.values():
        found = next(_copies(model.name, None, None), None)
        rows.append(
            {
                "name": model.name,
                "dim": model.dim,
                "parameters": model.parameters,
                "present": found is not None,
                "folder": str(found.folder) if found else None,
                "kind": found.kind if found else None,
                "licence": LICENCE,
            }
        )
    return rows


def verify(name_or_folder: str | Path, progress: Callable[[int, int, str], None] | None = None) -> list[str]:
    """Checks a model on this machine: files against the record, labels, configuration.

    Args:
        name_or_folder: as for ``find``.
        progress: called with (bytes read, bytes in all, file).

    Returns:
        One line a problem; empty when there is none.

    Raises:
        ModelMissingError: it is not on this machine.
    """
    found = find(name_or_folder)
    problems = []
    if found.fetched is None:
        problems.append(f"{found.folder} has no {RECORD}: the files cannot be compared with what was published")
    else:
        expected = found.fetched.sha256
        total = sum((found.folder / f).stat().st_size for f in expected if (found.folder / f).is_file())
        done = 0
        for file, digest in expected.items():
            path = found.folder / file
            if not path.is_file():
                problems.append(f"{path} is missing")
                continue
            if sha256(path) != digest:
                problems.append(f"{path} is not the file that was fetched (its SHA-256 differs)")
            done += path.stat().st_size
            if progress:
                progress(done, total, file)
    try:
        Checkpoint.open(found.folder)
    except EncoderError as error:
        problems.append(str(error))
    return problems


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copies(name: str, revision: str | None, hub: Hub | None) -> Iterator[Located]:
    """The copies of a model on this machine, best first."""
    own = model_folder(name)
    if _complete(own) and (fetched := Fetched.read(own)) is not None:
        right_hub = hub is None or fetched.hub == hub
        if right_hub and revision in (None, fetched.revision_asked, fetched.revision):
            yield Located(name, own, "fetched", fetched)
    if hub in (None, Hub.MODELSCOPE):
        for folder in _modelscope_folders(name, revision):
            if _complete(folder):
                yield Located(name, folder, "modelscope cache")
    if hub in (None, Hub.HUGGINGFACE):
        for folder in _huggingface_folders(name, revision):
            if _complete(folder):
                yield Located(name, folder, "huggingface cache")


def _complete(folder: Path) -> bool:
    return all((folder / file).is_file() for file in NEEDED)


def _modelscope_folders(name: str, revision: str | None) -> Iterator[Path]:
    """Where ModelScope's client keeps a model: the layout since 1.38, then the older ones FunASR's users have."""
    base = Path(os.environ.get("MODELSCOPE_CACHE") or Path.home() / ".cache" / "modelscope").expanduser()
    snapshots = base / "models" / f"iic--{name}" / "snapshots"
    for wanted in (revision,) if revision else (MODELS[name].modelscope_revision, "master"):
        yield snapshots / wanted
    if revision is None:  # the older layouts do not tell the revision
        for parts in (("hub", "models", "iic"), ("models", "iic"), ("hub", "iic"), ("iic",)):
            yield base.joinpath(*parts, name)


def _huggingface_folders(name: str, revision: str | None) -> Iterator[Path]:
    """Where huggingface_hub keeps a model: ``refs`` names the commit of a branch, ``snapshots`` holds the files."""
    env = os.environ
    home = Path(env.get("HF_HOME") or Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface")
    base = Path(env.get("HF_HUB_CACHE") or env.get("HUGGINGFACE_HUB_CACHE") or home / "hub").expanduser()
    repository = base / f"models--emotion2vec--{name}"
    asked = revision or MODELS[name].huggingface_revision
    ref = repository / "refs" / asked
    commit = ref.read_text(encoding="utf-8").strip() if ref.is_file() else asked
    yield repository / "snapshots" / commit


def _name_in_path(folder: Path) -> str:
    """A published name that is a part of the path, alone or after ``owner--`` as the hubs' caches write it."""
    for part in reversed(folder.resolve().parts):
        name = part.rpartition("--")[2]
        if name in MODELS:
            return name
    return "emotion2vec"
