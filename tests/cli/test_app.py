"""`emoanalytics app`: it starts, for this machine only, and ends with its command."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from emoanalytics.cli import app
from tests.cli.conftest import COMMAND, Said


def test_the_app_is_started_for_this_machine_only(
    run: Callable[..., Said], built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr("streamlit.web.cli.main", lambda arguments, **_: calls.append(arguments))
    assert run("app", built, "--port", "9123", "--headless").status == 0
    (command,) = calls
    assert command[command.index("--server.address") + 1] == "127.0.0.1"
    assert command[command.index("--server.port") + 1] == "9123"
    assert command[command.index("--browser.gatherUsageStats") + 1] == "false"
    assert command[command.index("--server.headless") + 1] == "true"
    assert command[-2:] == ["--store", str(built.resolve())]
    assert command[0] == "run" and Path(command[1]).name == "main.py"


def test_the_app_is_found_in_an_installation_too(
    run: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "__file__", str(tmp_path / "emoanalytics" / "cli" / "app.py"))
    assert "the app is not part of this installation: install emoanalytics from a wheel or a clone" in run("app").line
    inside = tmp_path / "emoanalytics" / "_app"  # where a wheel carries it
    inside.mkdir(parents=True)
    (inside / "main.py").write_text("")
    assert app._app_script() == inside / "main.py"


def test_without_streamlit_the_app_names_the_extra(run: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "find_spec", lambda _: None)
    said = run("app")
    assert said.status == 2
    assert said.line == "emoanalytics: the app needs Streamlit: pip install 'emoanalytics[app]'"


def test_ending_the_app_command_ends_its_server(built: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*COMMAND, "app", str(built), "--headless", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            assert until(lambda: answers(port)), "the server never came up"
        finally:
            running.terminate()
        running.wait(30)
    assert until(lambda: not answers(port)), "the server outlived its command"


def test_ctrl_c_before_the_server_is_there_is_no_mistake(
    run: Callable[..., Said], built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise click.Abort

    monkeypatch.setattr("streamlit.web.cli.main", stopped)
    assert run("app", built, "--headless").status == 0


def test_a_port_that_is_taken_is_said(built: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [*COMMAND, "app", str(built), "--headless", "--port", str(taken.getsockname()[1])]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "not available" in ended.stdout + ended.stderr


def answers(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], bool]) -> bool:
    """Wait for something, a minute at most."""
    for _ in range(300):
        if true():
            return True
        time.sleep(0.2)
    return False
