"""Segments to embeddings and scores.

    registry -> acoustic/ or emotion2vec/ (weights from models/) -> an encoder
    clips    -> batches -> encoder -> embeddings -> heads/ -> scores

``encoder`` says what every encoder is, so that nothing downstream asks which one it was.
"""
