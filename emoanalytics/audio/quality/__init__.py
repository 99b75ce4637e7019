"""Quality of a segment: what is measured, which flags that raises, and why, in words.

levels                     -> level, silence, noise   } measures -> faults
spectrum -> music, voices  -> band, music, voices     }
"""

from emoanalytics.audio.quality.faults import Flag, flags, name, reason
from emoanalytics.audio.quality.measures import Quality, Samples, measure

__all__ = ["Flag", "Quality", "Samples", "flags", "measure", "name", "reason"]
