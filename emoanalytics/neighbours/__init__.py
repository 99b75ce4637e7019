"""Who is near whom: computed once for a store and a space, kept under ``derived/``, shared by every view.

    space -> vectors (unit, memory-mapped) -> index (FAISS) -> graph (k nearest neighbours of every row)
"""
