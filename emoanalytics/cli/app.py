"""``emoanalytics app``: the app in the browser."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import click

from emoanalytics.cli import options
from emoanalytics.errors import MissingExtraError
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.lines import say


@click.command("app")
@click.argument("store", type=options.PATH, required=False)
@click.option("--port", type=int, default=8501, show_default=True, help="Port on this machine.")
@click.option("--headless", is_flag=True, help="Do not open a browser.")
def command(store: Path | None, port: int, headless: bool) -> int:
    """Open the app on STORE in the browser; it serves this machine only."""
    if store is not None:
        EmotionStore.open(store)
    return open_app(store, port, headless=headless)


def open_app(store: Path | None, port: int = 8501, *, headless: bool = False) -> int:
    """Serve the app to this machine until it ends or Ctrl-C; its exit status."""
    arguments = ["run", str(_app_script()), "--server.headless", str(headless).lower()]
    arguments += ["--server.address", "127.0.0.1", "--server.port", str(port), "--browser.gatherUsageStats", "false"]
    if store is not None:
        arguments += ["--", "--store", str(store.resolve())]
    say(f"The app is at http://127.0.0.1:{port} (Ctrl-C stops it)")
    # In this process: the library is loaded already, and the server ends with its command.
    from streamlit.web import cli as streamlit

    with suppress(click.Abort):  # what click makes of Ctrl-C before the server listens to it
        streamlit.main(arguments, prog_name="streamlit", standalone_mode=False)
    return 0


def _app_script() -> Path:
    if find_spec("streamlit") is None:
        raise MissingExtraError("the app needs Streamlit: pip install 'emoanalytics[app]'")
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_app", package.parent / "app"):
        if (folder / "main.py").is_file():
            return folder / "main.py"
    raise MissingExtraError("the app is not part of this installation: install emoanalytics from a wheel or a clone")
