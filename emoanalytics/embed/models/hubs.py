"""Takes a model's files from a hub with the hub's own client; runs as a process of its own.

The clients draw progress bars, configure logging, read their settings once at import and start
threads: in a process of their own they disturb nobody, and can be stopped at once.
``python -m emoanalytics.embed.models.hubs HUB ID REVISION FOLDER FILE...`` writes JSON lines to standard
output: ``{"total": bytes}``, then ``{"revision": ..., "digests": {file: digest the hub gives}}`` or
``{"failed": [exception names, outermost first], "detail": ...}``. A digest of 64 hex digits is the
file's SHA-256, one of 40 its git blob id.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

Say = Callable[[dict[str, Any]], None]


def take(hub: str, repository: str, revision: str, folder: str, files: Sequence[str], say: Say) -> None:
    """Downloads files of a repository at a revision into a folder, resuming what an earlier try left."""
    source = from_modelscope if hub == "modelscope" else from_huggingface
    resolved, digests = source(repository, revision, folder, files, say)
    say({"revision": resolved, "digests": digests})


def from_modelscope(
    repository: str, revision: str, folder: str, files: Sequence[str], say: Say
) -> tuple[str, dict[str, str]]:
    """ModelScope: the client checks each file against the SHA-256 of the listing."""
    from modelscope.hub.api import HubApi
    from modelscope.hub.snapshot_download import snapshot_download

    entries = HubApi().get_model_files(repository, revision=revision, recursive=True)
    listed = {e["Path"]: e for e in entries if e.get("Path") in files}
    say({"total": sum(int(e.get("Size") or 0) for e in listed.values())})
    snapshot_download(repository, revision=revision, local_dir=folder, allow_patterns=list(files))
    # The listing tells neither a tag's commit nor, in newer clients, the digests they check themselves.
    return revision, {f: str(e["Sha256"]) for f, e in listed.items() if e.get("Sha256")}


def from_huggingface(
    repository: str, revision: str, folder: str, files: Sequence[str], say: Say
) -> tuple[str, dict[str, str]]:
    """Hugging Face: the branch is resolved to its commit first, so that all files are of one commit."""
    from huggingface_hub import HfApi, snapshot_download

    info = HfApi().model_info(repository, revision=revision, files_metadata=True)
    listed = {s.rfilename: s for s in info.siblings or [] if s.rfilename in files}
    say({"total": sum(int(s.size or 0) for s in listed.values())})
    snapshot_download(repository, revision=info.sha, local_dir=folder, allow_patterns=list(files))
    # The client compares sizes alone. Small files are kept in git, not in LFS: they have a blob id.
    digests = {f: s.lfs.sha256 if s.lfs is not None else s.blob_id for f, s in listed.items()}
    return str(info.sha), {f: str(digest) for f, digest in digests.items() if digest}


def main(arguments: Sequence[str]) -> None:
    """Talks on the real standard output; whatever a client prints goes to standard error."""
    # A copy of descriptor 1 made before a client can print: only JSON lines reach the parent.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    def failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        names: list[str] = []
        at: BaseException | None = error
        while at is not None and len(names) < 20:
            names.append(type(at).__name__)
            at = at.__cause__ or at.__context__
        say({"failed": names, "detail": " ".join(str(error).split())[:300]})

    sys.excepthook = failed
    hub, repository, revision, folder, *files = arguments
    take(hub, repository, revision, folder, files, say)


if __name__ == "__main__":
    main(sys.argv[1:])
