"""Emotion2Vec+: the published speech emotion models, loaded by FunASR, run by our own batched forward.

    checkpoint (models/) -> loading -> arithmetic -> layers -> forward -> encoder

The only package that imports torch and FunASR, inside the functions that need them.
"""

from emoanalytics.embed.emotion2vec.budget import RATE_HZ
from emoanalytics.embed.emotion2vec.encoder import Emotion2Vec

__all__ = ["RATE_HZ", "Emotion2Vec"]
