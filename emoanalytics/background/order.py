"""What is to be built, whole enough to be written down, handed to another process, and taken up again later."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from emoanalytics.audio.corpus import Corpus, open_corpus
from emoanalytics.audio.decode import ChannelPolicy
from emoanalytics.audio.segments import CutPolicy
from emoanalytics.embed.registry import DEFAULT_ENCODER
from emoanalytics.errors import CorpusError
from emoanalytics.pipeline.settings import BuildSettings
from emoanalytics.settings import QualitySettings
from emoanalytics.store.disk import write_json
from emoanalytics.store.schema import DERIVED_FOLDER, STORE_FILE

_KEPT = "build.json"  # below derived/: there while a build is not finished
_DROPPED = ".dropped"  # in a folder that was made for files dropped into the app


@dataclass(frozen=True)
class BuildOrder:
    """A corpus, the store it is to become, and how.

    Attributes:
        corpus: a folder, a manifest or a sound file; made absolute.
        store: the store's folder; made absolute.
        encoder: a published name, ``acoustic``, or a folder.
        template: how file names are read, or None.
        settings: how to cut, measure and run.
        train: afterwards, train a head on the labels the corpus gives.
        discard: afterwards, delete the corpus; only a folder that was made for dropped files (`mark_dropped`).

    Raises:
        CorpusError: the corpus is to be discarded and was not made for dropped files, or corpus and store are one.
    """

    corpus: Path
    store: Path
    encoder: str = DEFAULT_ENCODER
    template: str | None = None
    settings: BuildSettings = field(default_factory=BuildSettings)
    train: bool = False
    discard: bool = False

    def __post_init__(self) -> None:
        for name in ("corpus", "store"):
            object.__setattr__(self, name, Path(getattr(self, name)).expanduser().absolute())
        if self.corpus == self.store:
            raise CorpusError(f"{self.store}: corpus and store are the same folder: give the store another")
        if self.discard and self.dropped is None:
            raise CorpusError(f"{self.corpus} was not made for dropped files: it is not deleted")

    @property
    def dropped(self) -> Path | None:
        """The folder made for dropped files that the corpus is or lies in, or None."""
        return next((p for p in (self.corpus, *self.corpus.parents) if (p / _DROPPED).is_file()), None)

    def open_corpus(self) -> Corpus:
        """Read the corpus, without its audio.

        Raises:
            CorpusError: it cannot be read.
        """
        return open_corpus(self.corpus, template=self.template)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "corpus": str(self.corpus), "store": str(self.store)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> BuildOrder:
        """An order from its plain values.

        Raises:
            CorpusError: they are no order.

        >>> order = BuildOrder(Path("/calls"), Path("/calls-store"), "acoustic")
        >>> BuildOrder.from_json(order.as_json()) == order
        True
        """
        try:
            settings = dict(content["settings"])
            cut = settings.pop("cut")
            made = BuildSettings(
                **{
                    **settings,
                    "channels": ChannelPolicy(settings["channels"]),
                    "cut": None if cut is None else CutPolicy(**cut),
                    "quality": QualitySettings(**settings["quality"]),
                }
            )
            return cls(
                **{**content, "corpus": Path(content["corpus"]), "store": Path(content["store"]), "settings": made}
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CorpusError(f"this is no order for a build ({error})") from error

    def keep(self) -> None:
        """Write it into the store, so that the build can be taken up should it end before its time.

        Raises:
            StoreError: the disk is full or not writable.
        """
        write_json(self.store / DERIVED_FOLDER / _KEPT, self.as_json())

    def forget(self) -> None:
        """The build is done."""
        (self.store / DERIVED_FOLDER / _KEPT).unlink(missing_ok=True)


def unfinished(store: Path) -> BuildOrder | None:
    """The order of a build of a store that was stopped or killed; None where there is none that can be read."""
    if not (store / STORE_FILE).is_file():
        return None
    with contextlib.suppress(OSError, ValueError, CorpusError):
        content = json.loads((store / DERIVED_FOLDER / _KEPT).read_text(encoding="utf-8"))
        # The store may have been moved since, or be a copy.
        return BuildOrder.from_json({**content, "store": str(store)})
    return None


def mark_dropped(folder: Path) -> None:
    """Say of a new folder that it is for files dropped into the app: it may be deleted with all that is in it."""
    (folder / _DROPPED).touch(exist_ok=False)
