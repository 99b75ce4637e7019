"""The errors a user can meet. A message says what, where (path, row) and what to do, in one line."""

from __future__ import annotations


class EmoAnalyticsError(Exception):
    """Any failure the workbench explains; catch this one to catch them all."""


class AudioError(EmoAnalyticsError):
    """A file or array that cannot be read as audio."""


class CorpusError(EmoAnalyticsError):
    """A corpus or manifest that cannot be understood."""


class EncoderError(EmoAnalyticsError):
    """An encoder that cannot be loaded, or output that is not what its card says."""


class ModelMissingError(EncoderError):
    """The encoder's weights are not on this machine."""


class HeadError(EmoAnalyticsError):
    """A head that does not fit its encoder, or labels it cannot be trained on."""


class StoreError(EmoAnalyticsError):
    """A store that cannot be used as asked."""


class SchemaMismatchError(StoreError):
    """The store was written by another schema version."""


class EncoderMismatchError(StoreError):
    """The store holds another encoder's embeddings, or segments cut by another policy."""


class DamagedStoreError(StoreError):
    """A file of the store is missing or cannot be read."""


class LockedStoreError(StoreError):
    """Somebody else is writing to the store."""


class EmptySelectionError(EmoAnalyticsError):
    """A filter or store that leaves no rows to work on."""


class MissingExtraError(EmoAnalyticsError):
    """An optional package is not installed; the message gives the line to type."""
