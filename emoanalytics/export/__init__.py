"""A store for other tools: one format a file, all of the same flat rows.

    store -> rows (which, with or without names and embeddings) -> one format -> placing (wholly there, or not at all)

``exporting`` picks the format; ``delimited`` is CSV and TSV, ``lines`` JSONL, ``arrays`` NumPy, ``database`` SQL;
``flat`` turns values into what formats without lists and times can hold.
"""

from emoanalytics.export.exporting import export
from emoanalytics.export.formats import Format
from emoanalytics.export.result import Exported

__all__ = ["Exported", "Format", "export"]
