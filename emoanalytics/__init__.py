"""The workbench for speech emotion embeddings."""
