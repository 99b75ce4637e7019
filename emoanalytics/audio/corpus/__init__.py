"""A corpus: which recordings there are, and who, when and which label the people who made it say.

`open_corpus` reads a folder, a manifest or one file, and never guesses in silence: `Corpus.describe` says how
every column came about. What cannot be used becomes a `Problem`; the rest goes on.

    folders    -> the audio files below a folder
    manifests/ -> a sheet: raw columns, whatever the format  } columns, values -> the known columns
    grammars   -> a sheet: what file names say (published)   }
    places     -> the files on the disk that a manifest names
    assembly   -> recordings: the corpus, with the mapping that says how it was read (description)
    opening       does all this
"""

from emoanalytics.audio.corpus.mapping import Kind, Mapping, Problem
from emoanalytics.audio.corpus.opening import open_corpus
from emoanalytics.audio.corpus.recordings import TO_END_S, Corpus, Recording, metadata_of
from emoanalytics.notes import Note

__all__ = [
    "TO_END_S",
    "Corpus",
    "Kind",
    "Mapping",
    "Note",
    "Problem",
    "Recording",
    "metadata_of",
    "open_corpus",
]
