"""Segments to embeddings and scores."""
