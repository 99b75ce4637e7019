from __future__ import annotations

import pytest

from emoanalytics.audio.corpus import grammars
from emoanalytics.audio.corpus.grammars import GRAMMARS, detect, grammar, template
from emoanalytics.errors import CorpusError
from emoanalytics.labels import parse_emotion

# One file of each corpus as its documentation explains it, and what it says.
DOCUMENTED = [
    # Zenodo 1188976: "03-01-06-01-02-01-12.wav" is audio-only, speech, fearful, normal, "dogs", 1st repetition,
    # 12th actor, female as the number is even.
    (
        "ravdess",
        "Actor_12/03-01-06-01-02-01-12.wav",
        {
            "speaker": "12",
            "emotion": "fearful",
            "text": "Dogs are sitting by the door",
            "language": "en",
            "intensity": "normal",
            "repetition": "1",
            "gender": "f",
            "modality": "audio",
            "vocal_channel": "speech",
        },
    ),
    (
        "ravdess",
        "02-02-08-02-01-02-23.mp4",
        {
            "speaker": "23",
            "emotion": "surprised",
            "text": "Kids are talking by the door",
            "language": "en",
            "intensity": "strong",
            "repetition": "2",
            "gender": "m",
            "modality": "video",
            "vocal_channel": "song",
        },
    ),
    (
        "crema-d",
        "AudioWAV/1001_IEO_ANG_HI.wav",
        {
            "speaker": "1001",
            "emotion": "anger",
            "text": "It's eleven o'clock",
            "language": "en",
            "intensity": "high",
        },
    ),
    (
        "crema-d",
        "1091_WSI_SAD_XX.flac",
        {
            "speaker": "1091",
            "emotion": "sadness",
            "text": "We'll stop in a couple of minutes",
            "language": "en",
            "intensity": "unspecified",
        },
    ),
    # emodb.bilderbar.info: "03a01Fa.wav" is speaker 03, text a01, Freude (happiness), version a.
    (
        "emodb",
        "wav/03a01Fa.wav",
        {
            "speaker": "03",
            "emotion": "happiness",
            "text": "Der Lappen liegt auf dem Eisschrank.",
            "language": "de",
            "gender": "m",
            "version": "a",
        },
    ),
    (
        "tess",
        "OAF_Pleasant_surprise/OAF_back_ps.wav",
        {
            "speaker": "OAF",
            "emotion": "pleasant_surprise",
            "text": "Say the word back",
            "language": "en",
            "gender": "f",
            "age": "64",
            "word": "back",
        },
    ),
    (
        "savee",
        "ALL/DC_sa07.wav",
        {"speaker": "DC", "emotion": "sadness", "language": "en", "gender": "m", "sentence_number": "7"},
    ),
    (
        "savee",
        "AudioData/KL/n30.wav",
        {"speaker": "KL", "emotion": "neutral", "language": "en", "gender": "m", "sentence_number": "30"},
    ),
    (
        "esd",
        "0001/Angry/0001_000351.wav",
        {"speaker": "0001", "emotion": "angry", "language": "zh", "utterance": "351"},
    ),
    (
        "esd",
        "ESD/0011/Surprise/train/0011_001421.wav",
        {"speaker": "0011", "emotion": "surprise", "language": "en", "utterance": "1421"},
    ),
]


@pytest.mark.parametrize(("name", "file", "said"), DOCUMENTED)
def test_named_grammar_reads_what_the_corpus_documents(name: str, file: str, said: dict[str, str]) -> None:
    assert GRAMMARS[name].fields(file) == said
    assert [g for g in GRAMMARS if GRAMMARS[g].fields(file) is not None] == [name]  # and no other claims it


@pytest.mark.parametrize(
    ("name", "codes", "emotions"),
    [
        (
            "ravdess",
            [f"03-01-{i:02d}-01-01-01-01.wav" for i in range(1, 9)],
            ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgusted", "surprised"],
        ),
        (
            "crema-d",
            [f"1001_DFA_{e}_MD.wav" for e in ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")],
            ["angry", "disgusted", "fearful", "happy", "neutral", "sad"],
        ),
        (
            "emodb",
            [f"16b10{e}b.wav" for e in "WLEAFTN"],
            ["angry", "boredom", "disgusted", "fearful", "happy", "sad", "neutral"],
        ),
        (
            "tess",
            [f"YAF_dog_{e}.wav" for e in ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")],
            ["angry", "disgusted", "fearful", "happy", "neutral", "surprised", "sad"],
        ),
        (
            "savee",
            [f"JE_{e}01.wav" for e in ("a", "d", "f", "h", "n", "sa", "su")],
            ["angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised"],
        ),
        (
            "esd",
            [f"0020/{e}/0020_000001.wav" for e in ("Angry", "Happy", "Neutral", "Sad", "Surprise")],
            ["angry", "happy", "neutral", "sad", "surprised"],
        ),
    ],
)
def test_every_emotion_code_of_a_named_grammar(name: str, codes: list[str], emotions: list[str]) -> None:
    given = [(GRAMMARS[name].fields(code) or {})["emotion"] or "" for code in codes]
    assert [parse_emotion(e) or e for e in given] == emotions


@pytest.mark.parametrize(
    "file",
    [
        "03-01-09-01-01-01-01.wav",  # RAVDESS has eight emotions
        "03-01-01-01-01-01-25.wav",  # and 24 actors
        "1092_IEO_ANG_HI.wav",
        "1001_XXX_ANG_HI.wav",
        "03a01Xa.wav",
        "04a01Fa.wav",  # EmoDB has no speaker 04
        "a01.wav",  # SAVEE without its speaker
        "DC_n31.wav",
        "0021/Angry/0021_000351.wav",
        "0001/Bored/0001_000351.wav",
        "x03a01Fa.wav",
        "03a01Fa_copy.wav",
    ],
)
def test_names_that_no_grammar_knows(file: str) -> None:
    assert [g for g in GRAMMARS if GRAMMARS[g].fields(file) is not None] == []


def test_detect_needs_nine_in_ten() -> None:
    known = [f"1001_{s}_ANG_HI.wav" for s in ("IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA")]
    found = detect([*known, "readme.wav"])
    assert found is not None and found.name == "crema-d"
    assert detect([*known[:8], "readme.wav", "noise.wav"]) is None
    assert detect([]) is None


@pytest.mark.parametrize(
    ("text", "file", "said"),
    [
        (
            "{speaker}_{session}_{emotion}_{take}",
            "a_b_c_d.wav",
            dict(zip(("speaker", "session", "emotion", "take"), "abcd", strict=True)),
        ),
        ("{speaker}_{session}_{emotion}_{take}", "a_b_c_d_e.wav", None),  # five parts: no guess which belong together
        ("{speaker}_{session}_{emotion}_{take}", "a_b_c.wav", None),
        ("{speaker}/{file}", "x/anna/1.wav", {"speaker": "anna"}),
        ("{speaker}/{file}", "1.wav", None),
        ("{emotion}/{speaker}/{take}", "deep/er/sad/bob/7.flac", {"emotion": "sad", "speaker": "bob", "take": "7"}),
        ("{speaker}/{speaker}_{take}", "s1/s1_4.wav", {"speaker": "s1", "take": "4"}),
        ("{speaker}/{speaker}_{take}", "s1/s2_4.wav", None),
        ("{speaker}_{}_{emotion}", "s1_junk_sad.wav", {"speaker": "s1", "emotion": "sad"}),
        (
            "{speaker:2}{text_code:3}{emotion:1}{version:1}",
            "03a01Fa.wav",
            {"speaker": "03", "text_code": "a01", "emotion": "F", "version": "a"},
        ),
        ("call.{session} ({speaker})", "call.12 (李雷).mp3", {"session": "12", "speaker": "李雷"}),
        ("{speaker}-{take}", "line\nbreak-😀.wav", {"speaker": "line\nbreak", "take": "😀"}),
    ],
)
def test_template(text: str, file: str, said: dict[str, str] | None) -> None:
    assert template(text).fields(file) == said


def test_template_keeps_dots_inside_a_name() -> None:
    assert template("{speaker}_{take}").fields("dr.who_1.5.wav") == {"speaker": "dr.who", "take": "1.5"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("speaker", "no field in braces"),
        ("{speaker", "no field in braces"),
        ("{speaker}}_{a}", "no field in braces"),
        ("{speaker}{take}", "nothing parts {speaker} from the field after it"),
        ("{my name}_{x}", "{my name} is no field"),
        ("", "no field in braces"),
    ],
)
def test_template_that_cannot_be_read(text: str, complaint: str) -> None:
    with pytest.raises(CorpusError) as caught:
        template(text)
    assert complaint in str(caught.value)


def test_a_wrong_name_lists_the_known_corpora() -> None:
    assert grammar("RAVDESS") is GRAMMARS["ravdess"]
    with pytest.raises(CorpusError, match="ravdess, crema-d, emodb, tess, savee, esd"):
        grammar("iemocap")


def test_folders_of_speakers() -> None:
    assert grammars.one_level(["a/1.wav", "a/2.wav", "b/1.wav", "b/2.wav"]) == {"a": 2, "b": 2}
    assert grammars.one_level(["a/1.wav", "a/2.wav", "b/1.wav"]) == {}  # only one folder of two files
    assert grammars.one_level(["a/1.wav", "a/2.wav", "b/1.wav", "b/2.wav", "c.wav"]) == {}
    assert grammars.one_level(["a/x/1.wav", "a/x/2.wav", "b/1.wav", "b/2.wav"]) == {}
    assert grammars.are_speakers(["spk-1", "SPK_2", "p 3", "id4", "5", "Speaker6"])
    assert not grammars.are_speakers(["spk1", "anna"])
