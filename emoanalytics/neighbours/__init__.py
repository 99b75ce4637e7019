"""Who is near whom: computed once for a store and a space, kept under ``derived/``, shared by every view.

``space`` says where a clip's point lies; ``vectors`` are the points of a store; ``index`` finds near ones fast,
``exact`` finds them surely; ``graph`` holds the nearest of every row; ``geometry`` makes each once and keeps it.
"""
