"""Where Emotion2Vec+ models are on this machine: find, list and verify them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from emoanalytics.embed.models.checkpoint import NEEDED, Checkpoint
from emoanalytics.embed.models.published import (
    LICENCE,
    MODELS,
    RECORD,
    Fetched,
    Hub,
    model_folder,
    parse_hub,
    published_name,
    sha256,
)
from emoanalytics.errors import EncoderError, ModelMissingError


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
                f"no model {str(name_or_folder)!r}: it is neither a folder nor one of {', '.join(MODELS)} (or acoustic)"
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
