"""The Emotion2Vec+ models on this machine: find, list, verify and fetch them.

    published  -> fetching (hubs, a process of its own) -> places -> checkpoint

``published`` names the models, ``fetching`` brings one here, ``places`` finds and verifies what is here, and
``checkpoint`` holds a folder to what an Emotion2Vec+ model is before anything in it may act. Nothing downloads by
itself: ``fetch`` is called by ``emoanalytics model fetch`` alone.
"""

from emoanalytics.embed.models.fetching import fetch
from emoanalytics.embed.models.places import Located, find, list_models, verify
from emoanalytics.embed.models.published import (
    LICENCE,
    MODELS,
    Fetched,
    Hub,
    PublishedModel,
    model_folder,
    parse_hub,
    published_name,
)

__all__ = [
    "LICENCE",
    "MODELS",
    "Fetched",
    "Hub",
    "Located",
    "PublishedModel",
    "fetch",
    "find",
    "list_models",
    "model_folder",
    "parse_hub",
    "published_name",
    "verify",
]
