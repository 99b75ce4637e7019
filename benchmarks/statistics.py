"""All that the statistics must show, as one JSON document.

    python benchmarks/statistics.py [--quick] [--parts trends,compare,labels,calibration] [--out FILE]

Joins ``measure`` of ``statistics_trends.py``, ``statistics_compare.py``, ``statistics_labels.py`` and
``statistics_calibration.py`` (each runs alone too), with the machine, the date and the versions. Seeds are fixed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from sysconfig import get_path
from typing import Any

PARTS = ("trends", "compare", "labels", "calibration")
PACKAGES = ("emoanalytics", "numpy", "scipy", "pandas", "pyarrow", "scikit-learn")


def machine() -> dict[str, Any]:
    """What the seconds depend on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cpus": os.cpu_count(),
        "system": platform.system(),
    }


def measure(parts: Sequence[str] = PARTS, *, quick: bool = False) -> dict[str, Any]:
    """The parts asked for, and how long each took.

    Args:
        parts: some of ``PARTS``.
        quick: a hundredth of the work, to see that it runs.
    """
    document: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "seconds": {},
    }
    for part in parts:
        print(f"{part} ...", file=sys.stderr, flush=True)
        start = time.perf_counter()
        document[part] = import_module(f"statistics_{part}").measure(quick)
        document["seconds"][part] = round(time.perf_counter() - start, 1)
    return document


def main() -> None:
    """Print the document, or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the work, to see that it runs")
    parser.add_argument("--parts", default=",".join(PARTS), help="some of them, with commas between")
    parser.add_argument("--out", type=Path, help="write the document here instead of printing it")
    given = parser.parse_args()
    parts = [part.strip() for part in given.parts.split(",") if part.strip()]
    unknown = [part for part in parts if part not in PARTS]
    if unknown or not parts:
        parser.error(f"--parts takes some of {', '.join(PARTS)}, not {', '.join(unknown) or 'nothing'}")
    text = json.dumps(measure(parts, quick=given.quick), indent=1, ensure_ascii=False, allow_nan=False)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)


def _give_way() -> None:
    """Be the standard library's module of this name to whoever imports it.

    Python looks for modules beside the script first, so that this file hides that one from every script here and
    from the packages (PyTorch, protobuf) that these import.
    """
    spec = spec_from_file_location("statistics", Path(get_path("stdlib")) / "statistics.py")
    if spec is None or spec.loader is None:
        raise ImportError("the standard library has no module statistics")
    sys.modules["statistics"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["statistics"])


if __name__ == "__main__":
    main()
elif __name__ == "statistics":
    _give_way()
