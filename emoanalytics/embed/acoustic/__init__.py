"""Acoustic: the encoder that needs no download, documented measurements instead of a trained model.

    clip -> contours (pitch) -> descriptors -> standardised by reference.csv: the encoder

``contours`` measures a clip frame by frame, ``pitch`` its fundamental frequency; ``descriptors`` are statistics of
the contours, and ``encoder`` says by how much each differs from neutral read speech.
"""

from emoanalytics.embed.acoustic.encoder import LIMIT, Acoustic

__all__ = ["LIMIT", "Acoustic"]
