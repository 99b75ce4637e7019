"""What file names say: templates such as ``{speaker}_{session}_{emotion}_{take}``, and known corpora."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from emoanalytics.audio.corpus.published import PUBLISHED, Fields
from emoanalytics.errors import CorpusError


@dataclass(frozen=True)
class Grammar:
    """A way to read metadata from a file's path.

    Attributes:
        name: the template, or the name of a known corpus.
        pattern: matched against the path without its suffix.
        levels: how many last parts of the path the pattern is matched against; 0: it searches the whole path.
        read: turns the pattern's groups into columns; None where they name nothing that exists.
    """

    name: str
    pattern: re.Pattern[str]
    levels: int
    read: Callable[[dict[str, str]], Fields | None]

    def fields(self, file: str) -> Fields | None:
        """The columns that a file's path gives, or None when it does not match.

        Args:
            file: POSIX path relative to the corpus folder.

        >>> GRAMMARS["crema-d"].fields("AudioWAV/1001_IEO_ANG_HI.wav")["emotion"]
        'anger'
        """
        parts = PurePosixPath(file).with_suffix("").parts if PurePosixPath(file).name else ()
        if self.levels and len(parts) < self.levels:
            return None
        text = "/".join(parts[-self.levels :] if self.levels else parts)
        match = self.pattern.fullmatch(text) if self.levels else self.pattern.search(text)
        return None if match is None else self.read(match.groupdict())


GRAMMARS: dict[str, Grammar] = {
    name: Grammar(name, re.compile(pattern), levels, read) for name, pattern, levels, read in PUBLISHED
}

_FIELD = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"([A-Za-z]\w*)?(?::([1-9]\d*))?")


def template(text: str) -> Grammar:
    """A grammar from a template.

    ``{name}`` stands for one or more characters other than ``/`` and those that stand beside it in the template;
    ``{name:3}`` for exactly three characters; ``{}`` for something to pass over. ``{file}`` is the name of the file
    itself and becomes no column. A template with ``/`` is matched against as many last parts of the path as it has;
    one without, against the file's name. Suffixes are left out.

    Raises:
        CorpusError: no field, braces that do not pair, or two fields with nothing between them to part them.

    >>> template("{speaker}_{session}_{emotion}_{take}").fields("calls/anna_w03_angry_2.wav")
    {'speaker': 'anna', 'session': 'w03', 'emotion': 'angry', 'take': '2'}
    >>> template("{speaker}/{file}").fields("calls/anna/0001.wav")
    {'speaker': 'anna'}
    >>> template("{speaker:2}{take:3}").fields("03a01.wav")
    {'speaker': '03', 'take': 'a01'}
    """
    literals = _FIELD.split(text)[::2]
    found = list(_FIELD.finditer(text))
    if not found or any(c in literal for literal in literals for c in "{}"):
        raise CorpusError(
            f"template {text!r}: no field in braces; write for example {{speaker}}_{{session}}_{{emotion}}_{{take}}"
            f" or a known corpus: {', '.join(GRAMMARS)}"
        )
    pattern, seen = re.escape(literals[0]), list[str]()
    for position, field in enumerate(found):
        inside = _NAME.fullmatch(field[1])
        if inside is None:
            raise CorpusError(f"template {text!r}: {field[0]} is no field: a name of letters, digits and _, or name:3")
        name, width = inside[1], inside[2]
        before, after = literals[position], literals[position + 1]
        last = position + 1 == len(found)
        if not (width or after or last):
            raise CorpusError(f"template {text!r}: nothing parts {field[0]} from the field after it; give widths")
        beside = re.escape(before[-1:] + after[:1] + "/")
        body = f"[^/]{{{width}}}" if width else f"[^{beside}]+"
        if name is None:
            pattern += body
        elif name in seen:
            pattern += f"(?P={name})"
        else:
            pattern += f"(?P<{name}>{body})"
            seen.append(name)
        pattern += re.escape(after)
    return Grammar(
        text,
        re.compile(pattern, re.DOTALL),
        text.count("/") + 1,
        lambda groups: {k: v for k, v in groups.items() if k != "file"},
    )


def grammar(text: str) -> Grammar:
    """A template, or a known corpus by its name.

    Raises:
        CorpusError: neither.
    """
    known = GRAMMARS.get(text.strip().lower())
    return known if known else template(text)


def detect(files: Sequence[str], share: float = 0.9) -> Grammar | None:
    """The known corpus whose grammar reads at least a share of the files, if any.

    >>> detect(["wav/03a01Fa.wav", "wav/03a01Nc.wav"]).name
    'emodb'
    """
    if not files:
        return None
    scored = [(sum(g.fields(f) is not None for f in files) / len(files), g) for g in GRAMMARS.values()]
    best, found = max(scored, key=lambda s: s[0])
    return found if best >= share else None


# ------------------------------------------------------------------------------------- speakers as folders

_SPEAKER_FOLDER = re.compile(r"(?:(?:speaker|spk|actor|s|p|id)[-_ ]?)?\d+", re.IGNORECASE)
FOLDER_TEMPLATE = "{speaker}/{file}"


def one_level(files: Iterable[str]) -> dict[str, int]:
    """How many files each folder holds; nothing unless every file lies just one folder deep.

    Two folders at least must hold two files or more.
    """
    counts: dict[str, int] = {}
    for file in files:
        parts = file.split("/")
        if len(parts) != 2:
            return {}
        counts[parts[0]] = counts.get(parts[0], 0) + 1
    return counts if sum(n >= 2 for n in counts.values()) >= 2 else {}


def are_speakers(folders: Iterable[str]) -> bool:
    """Whether every folder is named as speakers are.

    >>> are_speakers(["Actor_01", "Actor_02"]), are_speakers(["1688", "id7"]), are_speakers(["angry", "sad"])
    (True, True, False)
    """
    return all(_SPEAKER_FOLDER.fullmatch(f) for f in folders)
