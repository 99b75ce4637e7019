"""How the files of published corpora are named."""

from __future__ import annotations

from collections.abc import Callable

# A column -> its value; None where the name leaves it unsaid.
Fields = dict[str, str | None]


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


# Name, pattern, levels of the path, reader of the groups: the parts of a `Grammar`.
PUBLISHED: tuple[tuple[str, str, int, Callable[[dict[str, str]], Fields | None]], ...] = (
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
