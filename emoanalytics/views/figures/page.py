"""A figure as one HTML file that needs nothing else."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emoanalytics.errors import StoreError
from emoanalytics.labels import Language

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0 auto; padding: 1rem; max-width: 80rem; font-family: system-ui, sans-serif; color: #222; }}
h1 {{ font-size: 1.2rem; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #0e1117; color: #fafafa; }}
  svg text {{ fill: #fafafa !important; }}
  .annotation .bg {{ fill: #0e1117 !important; }}
}}
</style>
</head>
<body>
<h1>{title}</h1>
{figure}
<ul>
{lines}
</ul>
</body>
</html>
"""


def write_page(
    figure: Any, path: Path, *, title: str, lines: Sequence[str], language: Language | str = Language.EN
) -> None:
    """Write a figure, what it is called and what must be known about it; it loads nothing from elsewhere.

    Args:
        figure: a Plotly figure.
        path: the file; an old one is overwritten.
        title: of the page.
        lines: shown below the figure.
        language: of these texts.

    Raises:
        StoreError: the file cannot be written.
    """
    shown = figure.to_html(full_html=False, include_plotlyjs=True, config={"responsive": True, "displaylogo": False})
    listed = "\n".join(f"<li>{html.escape(line)}</li>" for line in lines)
    text = _PAGE.format(language=language, title=html.escape(title), figure=shown, lines=listed)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror or error}): name another file") from error
