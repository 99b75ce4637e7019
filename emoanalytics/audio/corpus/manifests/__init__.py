"""Manifests as people have them: a reader a format turns a file into a `Sheet`, raw values and the row of each.

`read_manifest` chooses the reader. What the columns mean is decided later, see `emoanalytics.audio.corpus.columns`.
"""

from emoanalytics.audio.corpus.manifests.audformat import audformat_tables
from emoanalytics.audio.corpus.manifests.formats import TABLE_SUFFIXES, read_manifest
from emoanalytics.audio.corpus.manifests.rttm import read_rttm
from emoanalytics.audio.corpus.manifests.sheets import Sheet

__all__ = ["TABLE_SUFFIXES", "Sheet", "audformat_tables", "read_manifest", "read_rttm"]
