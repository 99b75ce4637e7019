"""Finding, verifying and fetching published models, against hubs that answer on this machine."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import runpy
import shutil
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlparse

import pytest

from emoanalytics.embed import models
from emoanalytics.embed.models import MODELS, Fetched, fetching
from emoanalytics.errors import EncoderError, MissingExtraError, ModelMissingError
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


@pytest.fixture
def hubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hubs]:
    server = Hubs(write_model(tmp_path / "published"), {"v2.0.5", "master", "main"})
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    for name in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
        monkeypatch.setenv(name, server.url)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No model anywhere: every cache is below a new folder."""
    monkeypatch.setenv("EMOANALYTICS_HOME", str(tmp_path / "ours"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path


@pytest.mark.parametrize("hub", ["modelscope", "huggingface"])
def test_fetch(hubs, hub, capfd):
    told = []
    folder = models.fetch(NAME, hub=hub, progress=lambda done, total, note: told.append((done, total, note)))
    assert folder == models.model_folder(NAME)
    assert sorted(p.name for p in folder.iterdir()) == sorted([*NEEDED, "fetched.json"])
    for file in NEEDED:
        assert (folder / file).read_bytes() == (hubs.files / file).read_bytes()
    record = Fetched.read(folder)
    assert (record.name, record.hub) == (NAME, hub)
    assert record.id == ("iic/" if hub == "modelscope" else "emotion2vec/") + NAME
    expected = ("v2.0.5", "v2.0.5") if hub == "modelscope" else ("main", COMMIT)
    assert (record.revision_asked, record.revision) == expected
    assert record.sha256["model.pt"] == hashlib.sha256((hubs.files / "model.pt").read_bytes()).hexdigest()
    assert "FunASR Model License 1.1" in record.licence
    assert "arXiv:2312.15185" in record.licence
    total = sum((hubs.files / file).stat().st_size for file in NEEDED)
    assert told[-1] == (total, total, NAME)
    assert capfd.readouterr() == ("", "")
    assert [p.name for p in folder.parent.iterdir() if not p.name.endswith(".lock")] == [NAME]

    assert models.verify(NAME) == []
    found = models.find(NAME)
    assert (found.folder, found.kind, found.source()["revision"]) == (folder, "fetched", expected[1])
    before = len(hubs.asked)
    assert models.fetch(NAME, hub=hub) == folder  # already there
    assert len(hubs.asked) == before


def test_fetch_again_when_a_file_is_damaged(hubs):
    folder = models.fetch(NAME, hub="hf")
    (folder / "model.pt").write_bytes(b"damaged")
    assert models.verify(NAME) == [f"{folder / 'model.pt'} is not the file that was fetched (its SHA-256 differs)"]
    assert models.fetch(NAME, hub="hf") == folder
    assert models.verify(NAME) == []


def test_another_revision_replaces_the_model_whole(hubs):
    folder = models.fetch(NAME)
    (hubs.files / "model.pt").write_bytes(b"newer weights")
    assert models.fetch(NAME, revision="master") == folder
    assert (folder / "model.pt").read_bytes() == b"newer weights"
    assert Fetched.read(folder).revision_asked == "master"
    assert models.find(NAME, revision="master", hub="ms").folder == folder
    with pytest.raises(
        ModelMissingError, match=r"is not on this machine at revision v9 .*--hub modelscope --revision v9"
    ):
        models.find(NAME, revision="v9", hub="ms")


def test_a_tag_the_hub_no_longer_has(hubs):
    hubs.revisions.discard("v2.0.5")
    record = Fetched.read(models.fetch(NAME))
    assert (record.revision_asked, record.revision) == ("v2.0.5", "master")
    with pytest.raises(EncoderError, match=r"modelscope\.cn has no iic/emotion2vec_plus_large at revision 'v7'"):
        models.fetch(NAME, revision="v7")
    with pytest.raises(EncoderError, match=r"huggingface\.co has no emotion2vec/.* at revision 'v7'.*--hub modelscope"):
        models.fetch(NAME, hub="huggingface", revision="v7")


@pytest.mark.parametrize("hub", ["modelscope", "huggingface"])
def test_a_damaged_download_never_looks_complete(hubs, hub):
    hubs.corrupt = True
    with pytest.raises(EncoderError, match=r"(modelscope\.cn did not give|arrived damaged)") as caught:
        models.fetch(NAME, hub=hub)
    assert "\n" not in str(caught.value)
    assert not models.model_folder(NAME).exists()
    with pytest.raises(ModelMissingError):
        models.find(NAME)
    hubs.corrupt = False
    assert models.verify(models.fetch(NAME, hub=hub)) == []


@pytest.mark.parametrize("hub", ["modelscope", "huggingface"])
def test_no_network(hubs, hub, monkeypatch):
    closed = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    closed.server_close()
    for name in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed.server_port}")
    site, other = ("modelscope.cn", "huggingface") if hub == "modelscope" else ("huggingface.co", "modelscope")
    with pytest.raises(EncoderError, match=rf"cannot reach {site} .*--hub {other}.*--encoder FOLDER") as caught:
        models.fetch(NAME, hub=hub)
    assert "\n" not in str(caught.value)


def test_offline_by_the_clients_own_switch(hubs, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderError, match=r"cannot reach huggingface\.co"):
        models.fetch(NAME, hub="huggingface")


def test_what_fetch_refuses(hubs, tmp_path, monkeypatch):
    with pytest.raises(EncoderError, match="no published model 'emotion3vec': emotion2vec_plus_large, "):
        models.fetch("emotion3vec")
    with pytest.raises(EncoderError, match="no hub 'github': modelscope or huggingface"):
        models.fetch(NAME, hub="github")
    (tmp_path / "file").write_text("a file")
    with pytest.raises(EncoderError, match=r"cannot write .*file: Not a directory"):
        models.fetch(NAME, folder=tmp_path / "file")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("precious")
    with pytest.raises(EncoderError, match="mine is not empty and holds no fetched model"):
        models.fetch(NAME, folder=mine)
    assert (mine / "thesis.txt").read_text() == "precious"
    usage = type(shutil.disk_usage(tmp_path))(10, 9, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(EncoderError, match=r"the model needs 0\.0 GB more in .*, but only 0\.0 GB are free"):
        models.fetch(NAME, hub="hf")


def test_fetch_into_a_folder_of_the_users(hubs, tmp_path):
    folder = models.fetch(NAME, hub="hf", folder=tmp_path / "一 folder" / "e2v")
    assert folder == tmp_path / "一 folder" / "e2v"
    found = models.find(folder)
    assert (found.name, found.kind) == (NAME, "folder")
    assert models.verify(folder) == []


def test_a_repository_without_weights(hubs):
    (hubs.files / "model.pt").unlink()
    with pytest.raises(EncoderError, match=r"gave no model\.pt"):
        models.fetch(NAME, hub="hf")


def test_a_stopped_fetch_goes_on_later(hubs):
    class Stop(Exception):
        pass

    def stop(done: int, total: int, note: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        models.fetch(NAME, hub="hf", progress=stop)
    with pytest.raises(ModelMissingError):
        models.find(NAME)
    assert models.verify(models.fetch(NAME, hub="hf")) == []


@pytest.mark.parametrize(
    ("failed", "detail", "message"),
    [
        (["OSError"], "[Errno 28] No space left on device", "no space left on the device while fetching"),
        (["ReadTimeout"], "slow", r"cannot reach modelscope\.cn \(slow\): check the network, try the other hub"),
        (["HTTPError"], "404 Client Error", r"modelscope\.cn has no iic/emotion2vec_plus_large at revision 'v1'"),
        (
            ["HTTPError"],
            "500 Server Error",
            r"modelscope\.cn did not give .* \(HTTPError: 500 Server Error\): try again",
        ),
        (["OfflineModeIsEnabled", "NotFoundError"], "HF_HUB_OFFLINE=1", "cannot reach"),
    ],
)
def test_each_failure_of_a_client_becomes_one_line(failed, detail, message):
    answer = {"failed": failed, "detail": detail}
    error = fetching._explain(MODELS[NAME], models.Hub.MODELSCOPE, "v1", answer)
    assert re.match(message, str(error)), str(error)


def test_fetching_twice_at_once(hubs):
    from filelock import FileLock

    place = models.model_folder(NAME)
    place.parent.mkdir(parents=True)
    with FileLock(place.with_name(f".{NAME}.lock")), pytest.raises(EncoderError, match="another process is fetching"):
        models.fetch(NAME)


def test_without_the_hubs_client(hubs, tmp_path, monkeypatch):
    """A package of that name that cannot be imported stands in the way of the real one."""
    (tmp_path / "shadow" / "modelscope").mkdir(parents=True)
    (tmp_path / "shadow" / "modelscope" / "__init__.py").write_text("raise ModuleNotFoundError('No module named x')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "shadow"))
    with pytest.raises(MissingExtraError, match=r"pip install 'emoanalytics\[emotion2vec\]'"):
        models.fetch(NAME)


# Finding


def caches(base: Path) -> dict[str, tuple[Path, str]]:
    return {
        "modelscope now": (base / "modelscope/models/iic--emotion2vec_plus_large/snapshots/master", "modelscope cache"),
        "modelscope tag": (base / "modelscope/models/iic--emotion2vec_plus_large/snapshots/v2.0.5", "modelscope cache"),
        "funasr": (base / "modelscope/hub/models/iic/emotion2vec_plus_large", "modelscope cache"),
        "funasr old": (base / "modelscope/hub/iic/emotion2vec_plus_large", "modelscope cache"),
        "huggingface": (
            base / f"huggingface/hub/models--emotion2vec--emotion2vec_plus_large/snapshots/{COMMIT}",
            "huggingface cache",
        ),
    }


@pytest.mark.parametrize("which", ["modelscope now", "modelscope tag", "funasr", "funasr old", "huggingface"])
def test_weights_another_tool_fetched_are_found(empty_machine, which):
    folder, kind = caches(empty_machine)[which]
    write_model(folder)
    if which == "huggingface":
        ref = folder.parents[1] / "refs" / "main"
        ref.parent.mkdir()
        ref.write_text(COMMIT)
    for name in (NAME, f"iic/{NAME}", f"emotion2vec/{NAME}"):
        found = models.find(name)
        assert (found.name, found.folder, found.kind) == (NAME, folder, kind)
    assert models.locate(NAME) == folder
    assert models.find(folder).name == NAME  # given as a folder, the path tells the name
    (folder / "model.pt").unlink()  # a download that was interrupted
    with pytest.raises(ModelMissingError):
        models.find(NAME)


def test_the_clients_agree_where_their_caches_are(hubs, empty_machine):
    """What the clients themselves download into their own caches, we find."""
    import subprocess

    program = """
from huggingface_hub import snapshot_download
snapshot_download("emotion2vec/emotion2vec_plus_large")
from modelscope.hub.snapshot_download import snapshot_download
snapshot_download("iic/emotion2vec_plus_large", revision="v2.0.5")
"""
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=120, env=dict(os.environ))
    assert models.find(NAME, hub="huggingface").kind == "huggingface cache"
    assert models.find(NAME, hub="huggingface", revision=COMMIT).kind == "huggingface cache"
    assert models.find(NAME, hub="modelscope").kind == "modelscope cache"
    assert models.find(NAME, hub="modelscope", revision="v2.0.5").kind == "modelscope cache"


def test_what_is_missing_says_what_to_do(tmp_path):
    with pytest.raises(ModelMissingError) as caught:
        models.find(NAME)
    assert str(caught.value) == (
        "emotion2vec_plus_large is not on this machine: run `emoanalytics model fetch emotion2vec_plus_large`, "
        "pass a folder with --encoder FOLDER, or go on without it: --encoder acoustic"
    )
    with pytest.raises(ModelMissingError, match="where there is a network and copy the folder here"):
        models.find(NAME, offline=True)
    with pytest.raises(
        ModelMissingError, match="no model 'nowhere': it is neither a folder nor one of emotion2vec_plus"
    ):
        models.find("nowhere")


def test_list_models(hubs):
    rows = models.list_models()
    assert [r["name"] for r in rows] == list(MODELS)
    assert [r["dim"] for r in rows] == [1024, 768, 768]
    assert not any(r["present"] for r in rows)
    folder = models.fetch(NAME, hub="hf")
    first = models.list_models()[0]
    assert (first["present"], first["folder"], first["kind"]) == (True, str(folder), "fetched")


def test_names_and_ids_are_those_of_funasrs_own_table():
    """Read from the file alone: importing FunASR takes seconds."""
    package = importlib.util.find_spec("funasr")
    table = runpy.run_path(str(Path(package.origin).parent / "download" / "name_maps_from_hub.py"))
    for model in MODELS.values():
        assert model.id(models.Hub.MODELSCOPE) == table["name_maps_ms"][model.name]
        assert model.id(models.Hub.HUGGINGFACE) == table["name_maps_hf"][model.name]


# Verifying


def test_verify_names_each_problem(hubs, tmp_path):
    folder = models.fetch(NAME, hub="hf")
    (folder / "tokens.txt").write_text("\n".join(LABELS[:5]), encoding="utf-8")
    (folder / "configuration.json").unlink()
    problems = models.verify(folder)
    assert len(problems) == 3
    assert "configuration.json is missing" in problems[0]
    assert "tokens.txt is not the file that was fetched" in problems[1]
    assert "the model's labels are not the nine emotions (found 5" in problems[2]
    plain = write_model(tmp_path / "plain")
    assert models.verify(plain) == [
        f"{plain} has no fetched.json: the files cannot be compared with what was published"
    ]
    (folder / "fetched.json").write_text("{")
    with pytest.raises(EncoderError, match=r"fetched\.json is damaged: fetch the model again"):
        models.verify(folder)
