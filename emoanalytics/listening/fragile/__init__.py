"""Fragile labels: does a clip's winner survive small changes of gain, codec, trim and noise?

``changes`` says what is done to the samples, ``work`` takes the clips to the encoder, ``survival`` sees which winners
survive, and ``result`` is what comes back.
"""

from emoanalytics.listening.fragile.changes import CHANGES, Change, ChangeKind
from emoanalytics.listening.fragile.result import ChangeResult, ClipFragility, Fragility
from emoanalytics.listening.fragile.survival import fragile

__all__ = ["CHANGES", "Change", "ChangeKind", "ChangeResult", "ClipFragility", "Fragility", "fragile"]
