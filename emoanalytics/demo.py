"""The bundled demo: synthetic speech, built with the embedded encoder and scored by a head trained on its labels."""

from __future__ import annotations

import filecmp
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emoanalytics.audio.corpus import Corpus, open_corpus
from emoanalytics.build import BuildReport, BuildSettings, build
from emoanalytics.embed.heads import FitReport
from emoanalytics.embed.registry import ACOUSTIC, load_encoder
from emoanalytics.errors import CorpusError
from emoanalytics.store.store import EmotionStore
from emoanalytics.train import train_head

DEMO_STORE = Path("demo-store")


@dataclass(frozen=True)
class Demo:
    """The demo store, freshly built or brought up to date.

    Attributes:
        corpus: the corpus as it was read.
        build: what the build did.
        head: how the head trained on the corpus's labels does; None when it was there already.
    """

    corpus: Corpus
    build: BuildReport
    head: FitReport | None


def demo_folder() -> Path:
    """Where the demo corpus lies: inside an installed package, or in ``data/demo`` of a checkout.

    Raises:
        CorpusError: it is in neither place.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_demo", package.parent / "data" / "demo"):
        if (folder / "metadata.csv").is_file():
            return folder
    raise CorpusError("the demo corpus is not part of this installation: install emoanalytics from a wheel or a clone")


def is_demo(folder: Path) -> bool:
    """Whether this corpus is the bundled demo, wherever it lies: the same list of the same clips.

    >>> is_demo(demo_folder()), is_demo(Path("elsewhere"))
    (True, False)
    """
    listed = folder / "metadata.csv"
    try:
        return listed.is_file() and filecmp.cmp(listed, demo_folder() / "metadata.csv", shallow=False)
    except (CorpusError, OSError):  # an installation without it, a folder that may not be read
        return False


def build_demo(
    store: Path = DEMO_STORE, *, workers: int | None = None, progress: Callable[[int, int, str], None] | None = None
) -> Demo:
    """Build the demo corpus with the acoustic encoder and train a head on the labels its voices acted.

    Args:
        store: the store's folder.
        workers: worker processes; one a core by default.
        progress: called while building.
    """
    corpus = open_corpus(demo_folder())
    encoder = load_encoder(ACOUSTIC)
    report = build(corpus, store, encoder, BuildSettings(workers=workers), progress=progress)
    opened = EmotionStore.open(store)
    head = train_head(opened) if opened.head() is None else None
    return Demo(corpus, report, head)
