"""Emotion2Vec+: the published speech emotion models, loaded by FunASR, run by our own exact batched forward.

    checkpoint (models/) -> loading -> forward -> encoder

The only package that imports torch and FunASR, inside the functions that need them.
"""

from emoanalytics.embed.emotion2vec.encoder import RATE_HZ, Emotion2Vec

__all__ = ["RATE_HZ", "Emotion2Vec"]
