"""What file names say: templates such as ``{speaker}_{session}_{emotion}_{take}``, and known corpora."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from emoanalytics.errors import CorpusError

Fields = dict[str, str | None]


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

        >>> named("crema-d").fields("AudioWAV/1001_IEO_ANG_HI.wav")["emotion"]
        'anger'
        """
        parts = PurePosixPath(file).with_suffix("").parts if PurePosixPath(file).name else ()
        if self.levels and len(parts) < self.levels:
            return None
        text = "/".join(parts[-self.levels :] if self.levels else parts)
        match = self.pattern.fullmatch(text) if self.levels else self.pattern.search(text)
        return None if match is None else self.read(match.groupdict())


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


def named(name: str) -> Grammar:
    """The grammar of a known corpus: one of `GRAMMARS`."""
    return GRAMMARS[name]


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


# ------------------------------------------------------------------------------------------ known corpora


def _ravdess(g: dict[str, str]) -> Fields:
    """Seven two-digit codes: modality, vocal channel, emotion, intensity, statement, repetition, actor."""
    emotions = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
    actor = int(g["actor"])
    return {
        "speaker": str(actor),
        "emotion": emotions[int(g["emotion"]) - 1],
        "text": ("Kids are talking by the door", "Dogs are sitting by the door")[int(g["statement"]) - 1],
        "language": "en",
        "intensity": ("normal", "strong")[int(g["intensity"]) - 1],
        "repetition": str(int(g["repetition"])),
        "gender": "m" if actor % 2 else "f",
        "modality": ("audio-video", "video", "audio")[int(g["modality"]) - 1],
        "vocal_channel": ("speech", "song")[int(g["vocal"]) - 1],
    }


_CREMA_TEXTS = {
    "IEO": "It's eleven o'clock",
    "TIE": "That is exactly what happened",
    "IOM": "I'm on my way to the meeting",
    "IWW": "I wonder what this is about",
    "TAI": "The airplane is almost full",
    "MTI": "Maybe tomorrow it will be cold",
    "IWL": "I would like a new alarm clock",
    "ITH": "I think I have a doctor's appointment",
    "DFA": "Don't forget a jacket",
    "ITS": "I think I've seen this before",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}


def _crema_d(g: dict[str, str]) -> Fields:
    """Actor 1001-1091, sentence, emotion, level: ``1001_IEO_ANG_HI``."""
    emotions = {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happiness", "NEU": "neutral", "SAD": "sadness"}
    levels = {"LO": "low", "MD": "medium", "HI": "high"}
    return {
        "speaker": g["actor"],
        "emotion": emotions[g["emotion"]],
        "text": _CREMA_TEXTS[g["sentence"]],
        "language": "en",
        "intensity": levels.get(g["level"], "unspecified"),
    }


_EMODB_TEXTS = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
_EMODB_MEN = frozenset({"03", "10", "11", "12", "15"})


def _emodb(g: dict[str, str]) -> Fields:
    """Speaker, text code, first letter of the German emotion, version: ``03a01Fa``."""
    emotions = {
        "W": "anger",
        "L": "boredom",
        "E": "disgust",
        "A": "fear",
        "F": "happiness",
        "T": "sadness",
        "N": "neutral",
    }
    return {
        "speaker": g["speaker"],
        "emotion": emotions[g["emotion"]],
        "text": _EMODB_TEXTS[g["text"]],
        "language": "de",
        "gender": "m" if g["speaker"] in _EMODB_MEN else "f",
        "version": g["version"],
    }


def _tess(g: dict[str, str]) -> Fields:
    """Older or younger woman, a word, an emotion (``ps``: pleasant surprise): ``OAF_back_angry``."""
    older = g["speaker"].upper().startswith("O")
    emotion = "pleasant_surprise" if g["emotion"].lower() == "ps" else g["emotion"].lower()
    return {
        "speaker": "OAF" if older else "YAF",  # one file of the published set says OA
        "emotion": emotion,
        "text": f"Say the word {g['word'].lower()}",
        "language": "en",
        "gender": "f",
        "age": "64" if older else "26",
        "word": g["word"].lower(),
    }


def _savee(g: dict[str, str]) -> Fields:
    """Speaker as prefix or folder, emotion letters, sentence number: ``DC_sa01`` or ``DC/sa01``."""
    emotions = {"a": "anger", "d": "disgust", "f": "fear", "h": "happiness"}
    emotions |= {"n": "neutral", "sa": "sadness", "su": "surprise"}
    return {
        "speaker": g["speaker"],
        "emotion": emotions[g["emotion"]],
        "language": "en",
        "gender": "m",
        "sentence_number": str(int(g["number"])),
    }


def _esd(g: dict[str, str]) -> Fields | None:
    """Ten Mandarin speakers (0001-0010) and ten English: ``0001/Angry/0001_000351``, or with a folder between."""
    speaker = int(g["speaker"])
    if not 1 <= speaker <= 20:
        return None
    return {
        "speaker": g["speaker"],
        "emotion": g["emotion"].lower(),
        "language": "zh" if speaker <= 10 else "en",
        "utterance": str(int(g["utterance"])),
    }


GRAMMARS: dict[str, Grammar] = {
    name: Grammar(name, re.compile(pattern), levels, read)
    for name, pattern, levels, read in (
        (
            "ravdess",
            r"(?P<modality>0[1-3])-(?P<vocal>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])"
            r"-(?P<statement>0[12])-(?P<repetition>0[12])-(?P<actor>0[1-9]|1\d|2[0-4])",
            1,
            _ravdess,
        ),
        (
            "crema-d",
            rf"(?P<actor>10[0-8]\d|109[01])_(?P<sentence>{'|'.join(_CREMA_TEXTS)})"
            r"_(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<level>LO|MD|HI|XX?)",
            1,
            _crema_d,
        ),
        (
            "emodb",
            rf"(?P<speaker>03|08|09|1[0-6])(?P<text>{'|'.join(_EMODB_TEXTS)})(?P<emotion>[WLEAFTN])(?P<version>[a-f])",
            1,
            _emodb,
        ),
        (
            "tess",
            r"(?i:(?P<speaker>OAF|YAF|OA)_(?P<word>[a-z]+)_(?P<emotion>angry|disgust|fear|happy|neutral|ps|sad))",
            1,
            _tess,
        ),
        (
            "savee",
            r"(?:^|/)(?P<speaker>DC|JE|JK|KL)[_/](?P<emotion>sa|su|[adfhn])(?P<number>0[1-9]|[12]\d|30)$",
            0,
            _savee,
        ),
        (
            "esd",
            r"(?:^|/)(?P<emotion>(?i:angry|happy|neutral|sad|surprise))(?:/[^/]+)?/(?P<speaker>\d{4})_(?P<utterance>\d{6})$",
            0,
            _esd,
        ),
    )
}
