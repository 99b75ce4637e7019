"""What a notebook shows of a store: a few facts in a small table that reads in light and dark pages."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from emoanalytics.store.info import StoreInfo
from emoanalytics.store.schema import BUILTIN_HEAD

COLUMNS = ("speaker", "start_s", "end_s", "flags")  # of the segments that the facts are counted in
_MOST = 5
_TABLE = "border-collapse:collapse;border:1px solid rgba(127,127,127,.4);color:inherit;background:transparent"
_NAME = "text-align:left;font-weight:normal;opacity:.75;padding:.15em 1em .15em .6em;vertical-align:top"
_VALUE = "text-align:left;padding:.15em .6em .15em 0;max-width:60em;overflow-wrap:anywhere"
_TITLE = "text-align:left;padding:.3em .6em;caption-side:top;font-weight:bold;color:inherit"


def card(
    name: str,
    info: StoreInfo,
    segments: pd.DataFrame,
    head: Mapping[str, Any] | None,
    head_missing: str | None,
    failures: pd.DataFrame,
) -> str:
    """HTML of a store; every text of it is escaped.

    Args:
        name: of its folder.
        info: what ``store.json`` says.
        segments: its `COLUMNS`.
        head: the active head, or None.
        head_missing: what to do where its files are gone.
        failures: what could not be read.
    """
    hours = float((segments["end_s"] - segments["start_s"]).sum()) / 3600
    encoder = info.encoder
    flags = Counter(flag for flags in segments["flags"] for flag in flags)
    stages = Counter(failures["stage"])
    facts = {
        "clips": f"{len(segments):,}",
        "hours": f"{hours:.2f}",
        "speakers": f"{segments['speaker'].nunique():,}" if segments["speaker"].notna().any() else "none named",
        "encoder": f"{encoder.get('name')}, {info.dim:,} numbers a clip ({encoder.get('precision', 'exact')})",
        "head": _head(info, head),
        "scores": _scores(info, head, head_missing),
        "flags": _counted(flags),
        "failures": _counted(stages),
    }
    rows = "".join(
        f'<tr><th scope="row" style="{_NAME}">{html.escape(what)}</th>'
        f'<td style="{_VALUE}">{html.escape(said)}</td></tr>'
        for what, said in facts.items()
    )
    return f'<table style="{_TABLE}"><caption style="{_TITLE}">{html.escape(name)}</caption>{rows}</table>'


def line(text: str) -> str:
    """HTML of one line, where there is no more to show."""
    return f"<code>{html.escape(text)}</code>"


def _head(info: StoreInfo, head: Mapping[str, Any] | None) -> str:
    if info.head is None:
        return "none"
    labels = ", ".join(info.labels)
    if info.head == BUILTIN_HEAD:
        return f"the encoder's own ({labels})"
    uar = head["report"].get("uar") if head else None
    heard = f"; unweighted average recall {uar:.2f} on speakers it never heard" if isinstance(uar, float) else ""
    return f"{info.head} ({labels}){heard}"


def _scores(info: StoreInfo, head: Mapping[str, Any] | None, missing: str | None) -> str:
    if info.head is None:
        return "none yet: fit a head with train_head(store)"
    if missing is not None:
        return missing
    if head is not None and head["calibrated"]:
        return "calibrated on clips that people listened to"
    return "model scores: not calibrated, no probabilities"


def _counted(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(n for _, n in ordered[_MOST:])
    return (
        ", ".join([*(f"{name} {n:,}" for name, n in ordered[:_MOST]), *([f"other {rest:,}"] if rest else [])]) or "none"
    )
