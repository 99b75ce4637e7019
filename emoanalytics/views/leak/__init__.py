"""How much of the neighbour structure of a space is speaker, recording, channel, duration or emotion.

    factors (what clips have in common) + neighbours -> purity against chance, with intervals -> meter

``apart`` finds the nearest clips of other speakers, for the precision of emotion when the same voice does not count.
"""

from emoanalytics.views.leak.meter import Gain, Leak, Precision, leak_meter, precision_gain
from emoanalytics.views.leak.purity import Purity

__all__ = ["Gain", "Leak", "Precision", "Purity", "leak_meter", "precision_gain"]
