"""Hubs that answer on this machine, and a model to publish there."""

from __future__ import annotations

import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlparse

from tests.embed.checkpoint import LABELS, make_config, write_text_files

NAME = "emotion2vec_plus_large"


COMMIT = "0123456789abcdef0123456789abcdef01234567"


NEEDED = ("config.yaml", "configuration.json", "tokens.txt", "model.pt")


def write_model(folder: Path, weights: bytes = b"weights" * 40_000) -> Path:
    """What a hub publishes, with bytes in place of weights (nothing here loads them)."""
    folder.mkdir(parents=True)
    write_text_files(folder, make_config(), LABELS)
    (folder / "model.pt").write_bytes(weights)
    (folder / "README.md").write_text("not needed")
    (folder / "example").mkdir()
    (folder / "example" / "config.yaml").write_text("not this one")
    return folder


class Hubs(ThreadingHTTPServer):
    """Both hubs' endpoints, as far as their clients ask for them."""

    daemon_threads = True

    def __init__(self, files: Path, revisions: set[str]) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.files, self.revisions = files, revisions
        self.asked: list[str] = []
        self.corrupt = False  # serve other bytes than the listing says

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def listing(self) -> list[tuple[str, bytes]]:
        return [
            (p.relative_to(self.files).as_posix(), p.read_bytes()) for p in sorted(self.files.rglob("*")) if p.is_file()
        ]


class Answers(BaseHTTPRequestHandler):
    server: Hubs

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlparse(self.path)
        path, query = unquote(url.path), parse_qs(url.query)
        self.server.asked.append(self.path)
        for pattern, answer in (
            (r"/api/v1/models/iic/(\w+)/repo/files", self.modelscope_listing),
            (r"/api/v1/models/iic/(\w+)/repo", self.modelscope_file),
            (r"/api/models/emotion2vec/(\w+)/revision/(\w+)", self.huggingface_info),
            (r"/api/models/emotion2vec/(\w+)/tree/(\w+)", self.huggingface_tree),
            (r"/emotion2vec/(\w+)/resolve/(\w+)/(.+)", self.huggingface_file),
        ):
            if found := re.fullmatch(pattern, path):
                return answer(query, *found.groups())
        return self.give(404, b"{}")

    def give(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def give_json(self, value: object, status: int = 200, **headers: str) -> None:
        self.give(status, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def modelscope_listing(self, query: dict[str, list[str]], name: str) -> None:
        if name != NAME or query["Revision"][0] not in self.server.revisions:
            return self.give_json({"Code": 10010205001, "Message": "not exist", "Success": False}, 404)
        rows = [
            {
                "Path": path,
                "Name": path.rpartition("/")[2],
                "Type": "blob",
                "Size": len(body),
                "Sha256": hashlib.sha256(body).hexdigest(),
                "Revision": COMMIT,
            }
            for path, body in self.server.listing()
        ]
        return self.give_json({"Code": 200, "Data": {"Files": rows}, "Success": True})

    def modelscope_file(self, query: dict[str, list[str]], name: str) -> None:
        body = dict(self.server.listing())[query["FilePath"][0]]
        self.give(200, b"x" * len(body) if self.server.corrupt else body)

    def blob(self, body: bytes) -> dict[str, object]:
        """Large files are in LFS and have a SHA-256; small ones are in git."""
        if len(body) < 10_000:
            blob = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()
            return {"size": len(body), "oid": blob, "blobId": blob}
        sha = hashlib.sha256(body).hexdigest()
        lfs = {"sha256": sha, "oid": sha, "size": len(body), "pointerSize": 134}
        return {"size": len(body), "oid": "1" * 40, "blobId": "1" * 40, "lfs": lfs}

    def huggingface_info(self, query: dict[str, list[str]], name: str, revision: str) -> None:
        if name != NAME or revision not in {*self.server.revisions, COMMIT}:
            code = "RepoNotFound" if name != NAME else "RevisionNotFound"
            return self.give_json({"error": "not found"}, 404, X_Error_Code=code)
        siblings = [{"rfilename": path, **self.blob(body)} for path, body in self.server.listing()]
        return self.give_json({"id": f"emotion2vec/{name}", "sha": COMMIT, "siblings": siblings})

    def huggingface_tree(self, query: dict[str, list[str]], name: str, revision: str) -> None:
        assert revision == COMMIT
        self.give_json([{"type": "file", "path": p, **self.blob(b)} for p, b in self.server.listing()])

    def huggingface_file(self, query: dict[str, list[str]], name: str, revision: str, file: str) -> None:
        assert revision == COMMIT
        body = dict(self.server.listing())[file]
        etag = str(self.blob(body).get("lfs", {}).get("sha256") or hashlib.sha1(body).hexdigest())  # type: ignore[union-attr]
        sent = b"x" * len(body) if self.server.corrupt else body
        self.give(200, sent, ETag=f'"{etag}"', X_Repo_Commit=COMMIT, X_Linked_Size=str(len(body)))
