"""Fragile labels: does a clip's winner survive small changes of gain, codec, trim and noise?

``changes`` says what is done to the samples, ``work`` takes the clips to the encoder, ``survival`` sees which winners
survive, ``result`` is what comes back, and ``kept`` keeps it beside the store.
"""

from emoanalytics.listening.fragile.changes import CHANGES, Change, ChangeKind
from emoanalytics.listening.fragile.kept import keep_fragility, kept_fragility
from emoanalytics.listening.fragile.result import ChangeResult, ClipFragility, Fragility
from emoanalytics.listening.fragile.survival import fragile

__all__ = [
    "CHANGES",
    "Change",
    "ChangeKind",
    "ChangeResult",
    "ClipFragility",
    "Fragility",
    "fragile",
    "keep_fragility",
    "kept_fragility",
]
