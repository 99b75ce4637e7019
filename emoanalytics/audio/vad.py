"""Voice activity: silero-vad's network run by onnxruntime, and silero-vad's rule that turns it into spans."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics.audio.decode import RATE_HZ, Waveform
from emoanalytics.errors import MissingExtraError

FRAME = 512  # samples the network judges at once (32 ms)
_CONTEXT = 64  # samples before them that it also sees
_MODEL = "silero_vad_16k_op15.onnx"
_BLOCK_FRAMES = 2000  # frames read at once (64 s)
_PAUSE = RATE_HZ * 98 // 1000  # the shortest pause at which overlong speech may be cut: silero-vad's default


def speech_probabilities(waveform: Waveform) -> np.ndarray:
    """Probability of speech for each 32 ms frame: ``(ceil(n_samples / 512),)`` float32.

    Raises:
        MissingExtraError: silero-vad or onnxruntime is not installed.
    """
    session = _session()
    state = np.zeros((2, 1, 128), np.float32)
    rate = np.array(RATE_HZ, np.int64)
    heard = np.zeros((1, _CONTEXT + FRAME), np.float32)
    probabilities = []
    for start in range(0, waveform.n_samples, _BLOCK_FRAMES * FRAME):
        block = waveform.read(start, min(start + _BLOCK_FRAMES * FRAME, waveform.n_samples))
        frames = np.pad(block, (0, -len(block) % FRAME)).reshape(-1, FRAME)
        for frame in frames:
            heard[:, :_CONTEXT] = heard[:, -_CONTEXT:]
            heard[:, _CONTEXT:] = frame
            output, state = session.run(None, {"input": heard, "state": state, "sr": rate})
            probabilities.append(output[0, 0])
    return np.array(probabilities, np.float32)


@cache
def _session() -> Any:
    """The network on one thread, loaded once a process."""
    # The package itself is not imported: that would load torch.
    spec = find_spec("silero_vad")
    if spec is None or spec.origin is None:
        raise MissingExtraError("finding speech needs silero-vad: pip install 'emoanalytics[speech]'")
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("finding speech needs onnxruntime: pip install 'emoanalytics[speech]'") from None
    model = Path(spec.origin).parent / "data" / _MODEL
    if not model.is_file():
        raise MissingExtraError(f"silero-vad lacks {_MODEL}: pip install --upgrade 'emoanalytics[speech]'")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def speech_spans(
    probabilities: Iterable[float],
    n_samples: int,
    *,
    threshold: float,
    silence_threshold: float,
    min_speech_s: float,
    min_silence_s: float,
    max_speech_s: float,
    pad_s: float,
) -> list[tuple[int, int]]:
    """Spans of speech from the probabilities of its frames, by silero-vad's rule.

    Speech starts with a frame at ``threshold`` and ends where frames below ``silence_threshold`` begin, if
    none at ``threshold`` follows within ``min_silence_s``. Speech about to outlast ``max_speech_s`` is cut at
    its longest pause of at least 98 ms, else where it is. The source of the rule is
    ``silero_vad.get_speech_timestamps`` (MIT), which the tests compare with.

    Returns:
        First sample and the sample after the last of each span, at 16 kHz, in order, without overlap.
    """
    min_speech, min_silence, pad = (round(s * RATE_HZ) for s in (min_speech_s, min_silence_s, pad_s))
    longest = round(max_speech_s * RATE_HZ) - FRAME - 2 * pad
    spans: list[tuple[int, int]] = []
    start: int | None = None  # of the speech that goes on
    quiet: int | None = None  # where its current pause began
    pauses: list[tuple[int, int]] = []  # where it might be cut: begin, length
    for index, probability in enumerate(probabilities):
        now = index * FRAME
        if probability >= threshold:
            if quiet is not None and now - quiet > _PAUSE:
                pauses.append((quiet, now - quiet))
            quiet = None
            if start is None:
                start = now
                continue
        if start is None:
            continue
        if now - start > longest:
            if not pauses:
                spans.append((start, now))
                start, quiet = None, None
                continue
            begin, length = max(pauses, key=lambda pause: pause[1])
            spans.append((start, begin))
            start, quiet, pauses = begin + length, None, []
        if probability < silence_threshold:
            quiet = now if quiet is None else quiet
            if now - quiet >= min_silence:
                if quiet - start > min_speech:
                    spans.append((start, quiet))
                start, quiet, pauses = None, None, []
    if start is not None and n_samples - start > min_speech:
        spans.append((start, n_samples))
    return _padded(spans, n_samples, pad)


def _padded(spans: list[tuple[int, int]], n_samples: int, pad: int) -> list[tuple[int, int]]:
    """Each span with ``pad`` samples more on both sides, or half the pause where pauses are too short for both."""
    starts = [start for start, _ in spans]
    stops = [stop for _, stop in spans]
    for i in range(len(spans) - 1):
        pause = starts[i + 1] - stops[i]
        room = pause // 2 if pause < 2 * pad else pad
        stops[i] += room
        starts[i + 1] -= room
    if spans:
        starts[0] = max(0, starts[0] - pad)
        stops[-1] = min(n_samples, stops[-1] + pad)
    return list(zip(starts, stops, strict=True))
