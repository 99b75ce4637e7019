"""``emoanalytics audit``: the clips of a store to look at twice."""

from __future__ import annotations

from pathlib import Path

import click

from emoanalytics.cli import options
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.same_audio import Checked, check
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.audit import show_audit
from emoanalytics.terminal.lines import one_line, print_json, say
from emoanalytics.terminal.progress import progress_bar
from emoanalytics.views.audit import Duplicates, duplicates, flagged, hubs, outliers
from emoanalytics.views.audit.duplicates import How


@click.command("audit")
@options.store
@click.option("--listen/--no-listen", default=True, help="Compare the waveforms of near pairs.  [default: --listen]")
@options.as_json
def command(store: Path, listen: bool, as_json: bool) -> None:
    """The segments of STORE to look at twice: copies, outliers, hubs, quality flags."""
    opened = EmotionStore.open(store)
    with progress_bar("step") as tell:
        geometry = Geometry(opened, progress=tell)
        pairs = duplicates(geometry)
        near = [pair for pair in pairs.pairs if pair.how is How.NEAR]
        checked = check(opened, near, progress=tell) if listen else []
        far, crowded = outliers(geometry), hubs(geometry)
    for note in geometry.notes:
        say(f"note: {one_line(note)}")
    if not as_json:
        show_audit(opened, pairs, checked, far, crowded, flagged(opened))
        return
    far_json, crowded_json = far.as_json(), crowded.as_json()
    print_json(
        {
            **_copies(pairs, checked),
            "outliers": far_json.pop("outliers"),
            "outlier_limits": far_json,
            "hubs": crowded_json,
            "quality": flagged(opened),
        }
    )


def _copies(pairs: Duplicates, checked: list[Checked]) -> dict[str, object]:
    """The pairs with what listening says of them; ``duplicates`` leaves out those that sound different."""
    heard = {(c.pair.first, c.pair.second): c for c in checked}
    document = pairs.as_json()
    listed = []
    for pair in document["pairs"]:
        found = heard.get((pair["first"], pair["second"]))
        agreement = None if found is None else found.agreement
        same = True if pair["how"] == How.IDENTICAL else None if agreement is None else agreement.same
        listed.append(pair | {"same": same, "correlation": None if agreement is None else agreement.correlation})
    kept = [d for d, pair in zip(document["duplicates"], listed, strict=True) if pair["same"] is not False]
    return {"duplicates": kept, "pairs": listed, "near_from": document["limit"], "more_pairs": document["more"]}
