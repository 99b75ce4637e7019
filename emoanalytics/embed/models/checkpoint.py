"""A model folder, read and checked before FunASR or torch may act on it.

A model folder is code: FunASR evaluates a field of ``config.yaml``, builds whatever class it names,
and a weight file may be a pickle. So the folder is held to what an Emotion2Vec+ checkpoint is, and
anything else is refused in one line.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emoanalytics.errors import EncoderError, MissingExtraError
from emoanalytics.labels import label_rows

CONFIG, TOKENS, WEIGHTS, CONFIGURATION = "config.yaml", "tokens.txt", "model.pt", "configuration.json"
NEEDED = {CONFIG: "the architecture", TOKENS: "the labels", WEIGHTS: "the weights"}
EXTRA = "emotion2vec needs FunASR and torch: pip install 'emoanalytics[emotion2vec]'"

ConvLayer = tuple[int, int, int]  # channels, kernel, stride
FRAME_SAMPLES, FRAME_STEP = 400, 320  # of every Emotion2Vec+: 25 ms of audio a frame, 50 frames a second
_MOST_LAYERS = 64


@dataclass(frozen=True)
class Checkpoint:
    """An Emotion2Vec+ model folder whose text files have been checked; the weights are still unread.

    Attributes:
        folder: where it is.
        model_conf: the architecture, as ``config.yaml`` gives it.
        layers: the strided convolutions over the waveform, first to last.
        tokens: the model's own label list, in its order.
        rows: where each of the nine emotions stands in it.
        prefixes: what may stand before a parameter's name in the weight file.
    """

    folder: Path
    model_conf: Mapping[str, Any]
    layers: tuple[ConvLayer, ...]
    tokens: tuple[str, ...]
    rows: tuple[int, ...]
    prefixes: tuple[str, ...]

    @classmethod
    def open(cls, folder: Path) -> Checkpoint:
        """Reads and checks config.yaml, configuration.json and tokens.txt.

        Raises:
            EncoderError: a file is missing or does not describe an Emotion2Vec+ model.
            MissingExtraError: FunASR's configuration reader is not installed.
        """
        missing = [f"{name} ({what})" for name, what in NEEDED.items() if not (folder / name).is_file()]
        if missing:
            raise EncoderError(f"{folder} is no Emotion2Vec+ model folder: it has no {' and no '.join(missing)}")
        config = _read_config(folder / CONFIG)
        _check_configuration(folder / CONFIGURATION)
        tokens = _read_tokens(folder / TOKENS)
        try:
            rows = label_rows(tokens)
        except EncoderError as error:
            raise EncoderError(f"{folder / TOKENS}: {error}") from error
        conf = config["model_conf"]
        layers = read_layers(conf["modalities"]["audio"]["feature_encoder_spec"], folder / CONFIG)
        _check_frames(layers, folder / CONFIG)
        return cls(
            folder=folder,
            model_conf=conf,
            layers=layers,
            tokens=tokens,
            rows=rows,
            prefixes=_prefixes(config.get("scope_map") or []),
        )


def read_layers(spec: object, where: Path) -> tuple[ConvLayer, ...]:
    """The convolution layers a ``feature_encoder_spec`` lists, read without evaluating it.

    Args:
        spec: a sum of lists of three whole numbers, a list perhaps times a number.
        where: the file, for the message.

    Raises:
        EncoderError: it is anything else; FunASR would have evaluated it as Python.

    >>> read_layers("[(512, 10, 5)] + [(512, 3, 2)] * 2", Path("config.yaml"))
    ((512, 10, 5), (512, 3, 2), (512, 3, 2))
    """
    refused = EncoderError(
        f"{where}: feature_encoder_spec is no plain list of (channels, kernel, stride): {spec!r:.80}"
    )

    def read(node: ast.expr) -> list[ConvLayer]:
        match node:
            case ast.BinOp(left, ast.Add(), right):
                found = read(left) + read(right)
            case ast.BinOp(left, ast.Mult(), ast.Constant(int() as times)) if times <= _MOST_LAYERS:
                found = read(left) * times
            case ast.List(items):
                found = [layer(item) for item in items]
            case _:
                raise refused
        if not 0 < len(found) <= _MOST_LAYERS:
            raise refused
        return found

    def layer(node: ast.expr) -> ConvLayer:
        match node:
            case ast.Tuple(
                [ast.Constant(int() as channels), ast.Constant(int() as kernel), ast.Constant(int() as stride)]
            ) if 0 < channels <= 1 << 16 and 0 < stride <= kernel <= 1 << 16:
                return channels, kernel, stride
        raise refused

    if not isinstance(spec, str) or len(spec) > 1000:
        raise refused
    try:
        tree = ast.parse(spec.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise refused from error
    return tuple(read(tree.body))


def _read_config(path: Path) -> dict[str, Any]:
    try:
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException
        from yaml import YAMLError  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError(EXTRA) from error
    try:
        config = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    except (OmegaConfBaseException, YAMLError, OSError, UnicodeDecodeError, ValueError) as error:
        raise EncoderError(f"{path} cannot be read: {first_line(error)}") from error
    if not isinstance(config, dict) or config.get("model") != "Emotion2vec":
        named = config.get("model") if isinstance(config, dict) else None
        raise EncoderError(f"{path} describes {named!r}, not an Emotion2vec model")
    _check_architecture(path, config)
    return config


def _check_architecture(path: Path, config: dict[str, Any]) -> None:
    conf = config.get("model_conf")
    audio = (conf.get("modalities") or {}).get("audio") if isinstance(conf, dict) else None
    if not isinstance(conf, dict) or not isinstance(audio, dict):
        raise EncoderError(f"{path} has no model_conf.modalities.audio: it is no Emotion2Vec+ configuration")
    numbers = {
        **{k: conf.get(k) for k in ("embed_dim", "num_heads", "depth")},
        "conv_pos_depth": audio.get("conv_pos_depth"),
    }
    wrong = [name for name, value in numbers.items() if not isinstance(value, int) or value < 1]
    if wrong:
        raise EncoderError(f"{path}: {', '.join(wrong)} must be whole numbers above zero")
    if conf["embed_dim"] % conf["num_heads"] or audio.get("num_alibi_heads") != conf["num_heads"]:
        raise EncoderError(f"{path}: num_heads must divide embed_dim and equal num_alibi_heads")
    # The exact batched forward is written for these; another choice would give wrong numbers in silence.
    expected = {"extractor_mode": "layer_norm", "learned_alibi": False, "use_alibi_encoder": True}
    other = [f"{k} is {audio.get(k)!r}, not {v!r}" for k, v in expected.items() if audio.get(k) != v]
    if config.get("tokenizer") != "CharTokenizer":
        other.append(f"tokenizer is {config.get('tokenizer')!r}, not 'CharTokenizer'")
    other += [f"{k} asks for a second model" for k in ("vad_model", "punc_model", "spk_model") if config.get(k)]
    if other:
        raise EncoderError(f"{path} is not an Emotion2Vec+ configuration: {'; '.join(other)}")


def _check_frames(layers: tuple[ConvLayer, ...], path: Path) -> None:
    """Minimum length, frame rate and frame times all rest on these two numbers."""
    samples, step = 1, 1
    for _, kernel, stride in layers:
        samples, step = samples + (kernel - 1) * step, step * stride
    if (samples, step) != (FRAME_SAMPLES, FRAME_STEP):
        raise EncoderError(
            f"{path}: its convolutions make a frame of {samples} samples every {step}, "
            f"those of Emotion2Vec+ one of {FRAME_SAMPLES} every {FRAME_STEP}: fetch it again"
        )


def _check_configuration(path: Path) -> None:
    """FunASR takes the paths this file gives; they must be the files checked here."""
    if not path.exists():
        return
    try:
        metas = json.loads(path.read_text(encoding="utf-8")).get("file_path_metas")
    except (OSError, ValueError, AttributeError) as error:
        raise EncoderError(f"{path} cannot be read: {first_line(error)}") from error
    tokenizer = metas.get("tokenizer_conf") if isinstance(metas, dict) else None
    found = (metas.get("config"), metas.get("init_param")) if isinstance(metas, dict) else (None, None)
    token_list = tokenizer.get("token_list") if isinstance(tokenizer, dict) else None
    if (*found, token_list) != (CONFIG, WEIGHTS, TOKENS):
        raise EncoderError(
            f"{path}: file_path_metas must name {CONFIG}, {WEIGHTS} and {TOKENS}, not {(*found, token_list)}"
        )


def _read_tokens(path: Path) -> tuple[str, ...]:
    try:
        return tuple(line.rstrip() for line in path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise EncoderError(f"{path} cannot be read: {first_line(error)}") from error


def _prefixes(scope_map: object) -> tuple[str, ...]:
    """The source prefixes of FunASR's ``scope_map`` (pairs: source, destination) and its own ``module.``."""
    names = (
        scope_map.split(",") if isinstance(scope_map, str) else list(scope_map) if isinstance(scope_map, list) else []
    )
    sources = [str(name) for name in names[0::2] if str(name).lower() != "none"]
    return tuple(dict.fromkeys(["", *sources, "module."]))


def first_line(error: BaseException) -> str:
    """What an error says, cut to one line of at most 200 characters."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
