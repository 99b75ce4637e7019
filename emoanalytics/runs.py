"""Run records: what was run, when, with which versions, on what machine."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from emoanalytics.workers import cores

_PACKAGES = (
    "emoanalytics", "numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "soundfile", "av", "soxr",
    "librosa", "silero-vad", "onnxruntime", "torch", "funasr", "faiss-cpu", "umap-learn", "openTSNE",
)  # fmt: skip


def run_record(kind: str, **what: Any) -> dict[str, Any]:
    """A record of a finished run: its own facts, then time, versions and machine (no host or user name)."""
    return {
        "kind": kind,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        **what,
        "versions": {"python": platform.python_version(), **dict(_versions())},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": cores()},
    }


def _versions() -> Iterator[tuple[str, str]]:
    for package in _PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue
