"""Fetching published models, against hubs that answer on this machine."""

from __future__ import annotations

import hashlib
import re
import shutil
from http.server import ThreadingHTTPServer

import pytest

from emoanalytics.embed import models
from emoanalytics.embed.models import MODELS, Fetched, fetching
from emoanalytics.errors import EncoderError, MissingExtraError, ModelMissingError
from tests.embed.models.local_hubs import COMMIT, NAME, NEEDED, Answers


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
