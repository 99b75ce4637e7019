"""From sections to one HTML document: our own template, then sections of the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from emoanalytics.errors import MissingExtraError, StoreError
from emoanalytics.report.speech import Speech

# Whatever a name or a template smuggles in: the browser runs no script and asks nobody for anything.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; "
    "base-uri 'none'; form-action 'none'; frame-src 'none'"
)


def rendered(facts: Mapping[str, Any], speech: Speech, sections: Sequence[Path]) -> str:
    """The page.

    Args:
        facts: the sections by name, as `docs/report.md` lists them.
        speech: the language of the page's own texts.
        sections: template files that are shown after the checks, in this order.

    Raises:
        StoreError: a template file cannot be read, or does not work; the message says where.
        MissingExtraError: Jinja is not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise MissingExtraError("reports need Jinja: pip install 'emoanalytics[report]'") from error
    ours = resources.files("emoanalytics.report") / "templates"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string((ours / "report.html").read_text(encoding="utf-8"))
    own = [_own(path, facts, speech) for path in sections]
    style = (ours / "report.css").read_text(encoding="utf-8")
    return str(page.render(**facts, t=speech, policy=POLICY, style=style, own_sections=own))


def _own(path: Path, facts: Mapping[str, Any], speech: Speech) -> Any:
    """A user's section: in a sandbox, escaped as everything is, with the facts and nothing else."""
    from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from markupsafe import Markup

    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "it is no UTF-8 text"
        raise StoreError(f"the section {path} cannot be read ({why})") from error
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    environment.globals.clear()  # range(10**9) and the like
    try:
        template = environment.from_string(source)
        return Markup(template.render(**facts, language=str(speech.language)))  # noqa: S704 - escaped by Jinja
    except TemplateSyntaxError as error:
        raise StoreError(f"{path}, line {error.lineno}: {error.message}") from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise StoreError(f"{path}, line {_line(error)}: {error}") from error


def _line(error: BaseException) -> int:
    """The line of the template that was at work: Jinja puts it into the traceback."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
