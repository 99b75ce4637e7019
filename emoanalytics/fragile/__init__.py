"""Fragile labels: does a clip's winner survive small changes of gain, codec, trim and noise?

changes -> what is done to the samples        survival -> which winners survive it
"""

from emoanalytics.fragile.changes import CHANGES, Change, ChangeKind
from emoanalytics.fragile.survival import ClipFragility, Fragility, fragile

__all__ = ["CHANGES", "Change", "ChangeKind", "ClipFragility", "Fragility", "fragile"]
