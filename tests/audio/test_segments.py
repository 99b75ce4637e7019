"""Cutting: windows and chunks cover what they say, speech is what silero-vad's own code finds."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.audio import vad
from emoanalytics.audio.decode import RATE_HZ, decode, from_samples
from emoanalytics.audio.segments import CutMode, CutPolicy, Segment, chunks, cut, outside, speech
from emoanalytics.audio.vad import FRAME, speech_probabilities, speech_spans
from emoanalytics.errors import AudioError, MissingExtraError


def recording(n_samples: int):
    return from_samples(np.zeros(n_samples, np.float32), RATE_HZ)


def windows(seconds: float, window_s: float, hop_s: float) -> list[tuple[float, float]]:
    policy = CutPolicy(CutMode.WINDOWS, window_s=window_s, hop_s=hop_s)
    return [(s.start_s, s.end_s) for s in cut(recording(round(seconds * RATE_HZ)), policy)]


def test_segment():
    assert Segment(0.5, 2.0).samples(RATE_HZ) == (8000, 32_000)
    assert Segment(0, 1).overlap_s(Segment(1, 2)) == 0
    for start, end in [(1, 1), (2, 1), (-1, 1), (0, float("nan")), (0, float("inf"))]:
        with pytest.raises(AudioError, match="is no span of time"):
            Segment(start, end)


def test_whole():
    assert cut(recording(12_345), CutPolicy()) == [Segment(0, 12_345 / RATE_HZ)]


def test_windows_by_example():
    assert windows(10, 4, 4) == [(0, 4), (4, 8), (8, 10)]  # half a window stays
    assert windows(9.9, 4, 4) == [(0, 4), (4, 8)]  # less than half goes
    assert windows(10, 4, 2) == [(0, 4), (2, 6), (4, 8), (6, 10)]  # nothing is left behind the last
    assert windows(11, 4, 2) == [(0, 4), (2, 6), (4, 8), (6, 10), (8, 11)]
    assert windows(11, 4, 5) == [(0, 4), (5, 9)]
    assert windows(3, 4, 4) == [(0, 3)]  # shorter than a window, even than half of one
    assert windows(1, 4, 4) == [(0, 1)]
    assert windows(4, 4, 1) == [(0, 4)]


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 900), st.integers(1, 900))
def test_windows_cover(n_samples, window, hop):
    policy = CutPolicy(CutMode.WINDOWS, window_s=window / RATE_HZ, hop_s=hop / RATE_HZ)
    spans = [s.samples(RATE_HZ) for s in cut(recording(n_samples), policy)]
    assert spans == sorted(spans)
    if n_samples < window:
        assert spans == [(0, n_samples)]
        return
    assert [start for start, _ in spans] == [hop * i for i in range(len(spans))]
    assert all(stop - start == window for start, stop in spans[:-1])
    whole = [start for start in range(0, n_samples, hop) if start + window <= n_samples]  # the obvious twin
    assert len(spans) - len(whole) in (0, 1)
    if len(spans) > len(whole):  # the last one is partial
        start, stop = spans[-1]
        assert stop == n_samples
        assert window / 2 <= stop - start < window
    elif hop <= window:
        assert n_samples - spans[-1][1] < max(window / 2, 1)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 5000), st.integers(1, 700))
def test_chunks_cover_evenly(n_samples, longest):
    pieces = chunks(n_samples, 100, longest / 100)
    assert [i for start, stop in pieces for i in range(start, stop)] == list(range(n_samples))
    lengths = [stop - start for start, stop in pieces]
    assert len(lengths) == -(-n_samples // int(longest / 100 * 100))
    if lengths:
        assert max(lengths) <= longest
        assert max(lengths) - min(lengths) <= 1


def test_chunks_refuse_nothing():
    with pytest.raises(AudioError, match=r"chunks of 0\.001 s at 100 Hz hold no sample"):
        chunks(10, 100, 0.001)


def test_given_segments_are_clipped_and_sorted():
    listed = [Segment(6, 9), Segment(0, 2), Segment(1, 3), Segment(0, 2), Segment(8, 9), Segment(7.99999, 12)]
    ten = recording(8 * RATE_HZ)
    policy = CutPolicy(CutMode.MANIFEST)
    assert cut(ten, policy, listed) == [Segment(0, 2), Segment(1, 3), Segment(6, 8)]
    assert outside(listed, ten.duration_s) == [Segment(8, 9), Segment(7.99999, 12)]
    assert outside([Segment(1, 1.00001)], 8.0) == [Segment(1, 1.00001)]
    assert cut(ten, policy) == [Segment(0, 8)]  # a row without times means the whole file
    assert cut(ten, policy, [Segment(9, 10)]) == []


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 400), st.lists(st.tuples(st.floats(0, 0.03), st.floats(1e-6, 0.02)), max_size=8))
def test_given_segments_are_inside_or_outside(n_samples, rows):
    listed = [Segment(start, start + length) for start, length in rows]
    waveform = recording(n_samples)
    kept = cut(waveform, CutPolicy(CutMode.MANIFEST), listed)
    left_out = outside(listed, waveform.duration_s)
    if listed:
        assert {s.start_s for s in kept} | {s.start_s for s in left_out} == {s.start_s for s in listed}
    for segment in kept:
        start, stop = segment.samples(RATE_HZ)
        assert 0 <= start < stop <= n_samples
        assert segment.end_s <= waveform.duration_s
    for segment in left_out:
        start, stop = segment.samples(RATE_HZ)
        assert start >= n_samples or start == stop


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window_s": 0}, "window_s is 0: it must be a number of at least 6.25e-05"),
        ({"hop_s": -1.0}, r"hop_s is -1\.0"),
        ({"chunk_s": 0.5}, r"chunk_s is 0\.5: it must be a number of at least 1 \(seconds\)"),
        ({"chunk_s": float("nan")}, "chunk_s is nan"),
        ({"window_s": float("inf")}, "window_s is inf"),
        ({"min_silence_s": -0.1}, r"min_silence_s is -0\.1"),
        ({"speech_threshold": 0.3}, r"silence_threshold 0\.35 and speech_threshold 0\.3 must lie between 0 and 1"),
        ({"speech_threshold": 1.0}, "must lie between 0 and 1"),
        ({"max_speech_s": 1.0, "speech_pad_s": 0.5}, r"max_speech_s 1\.0 leaves no room for its padding"),
        ({"mode": "sentences"}, "no way of cutting called 'sentences': choose one of whole, windows, speech, manifest"),
    ],
)
def test_policy_is_checked(settings, message):
    with pytest.raises(AudioError, match=message):
        CutPolicy(**settings)


def test_policy_round_trip():
    policy = CutPolicy(CutMode.SPEECH, max_speech_s=12.0)
    again = CutPolicy(**json.loads(json.dumps(dataclasses.asdict(policy))))
    assert again == policy
    assert again.mode is CutMode.SPEECH


SILERO = {
    "as silero-vad does it": {"min_silence_s": 0.1, "speech_pad_s": 0.03, "max_speech_s": 1000.0},
    "as we do it": {},
    "cut at pauses": {"max_speech_s": 3.0},
    "cut anywhere": {"max_speech_s": 1.5, "min_silence_s": 0.05},
    "strict": {"speech_threshold": 0.9, "silence_threshold": 0.8, "min_speech_s": 1.0, "speech_pad_s": 0.0},
}


def silero_options(policy: CutPolicy) -> dict:
    """The same settings in silero-vad's words."""
    return {
        "threshold": policy.speech_threshold,
        "neg_threshold": policy.silence_threshold,
        "min_speech_duration_ms": round(1000 * policy.min_speech_s),
        "min_silence_duration_ms": round(1000 * policy.min_silence_s),
        "max_speech_duration_s": policy.max_speech_s,
        "speech_pad_ms": round(1000 * policy.speech_pad_s),
    }


@pytest.fixture(scope="module")
def meetings(shared_data):
    return [decode(path)[0] for path in sorted((shared_data / "ami4").glob("*.flac"))]


@pytest.fixture(scope="module")
def silero():
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    package = pytest.importorskip("silero_vad")  # sets torch to one thread
    torch.set_num_threads(threads)
    return package


def test_probabilities_equal_silero(meetings, silero):
    model = silero.load_silero_vad(onnx=True)
    for waveform in [meetings[0], recording(1000), recording(FRAME)]:
        import torch

        expected = model.audio_forward(torch.from_numpy(waveform.read(0, waveform.n_samples).copy()), RATE_HZ)
        np.testing.assert_allclose(speech_probabilities(waveform), expected.numpy()[0], atol=1e-6)


@pytest.mark.parametrize("name", ["as silero-vad does it", "as we do it", "cut at pauses"])
def test_speech_equals_silero(meetings, silero, name):
    policy = CutPolicy(CutMode.SPEECH, **SILERO[name])
    model = silero.load_silero_vad(onnx=True)
    found = 0
    for waveform in meetings[1:3]:
        expected = silero.get_speech_timestamps(
            waveform.read(0, waveform.n_samples).copy(), model, **silero_options(policy)
        )
        segments = cut(waveform, policy)
        assert [s.samples(RATE_HZ) for s in segments] == [(e["start"], e["end"]) for e in expected]
        assert all(s.duration_s <= policy.max_speech_s for s in segments)
        found += len(segments)
    assert found > 2


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.4, 0.6, 1.0]), st.integers(1, 40)), min_size=1, max_size=25),
    st.sampled_from(list(SILERO)),
    st.integers(0, FRAME - 1),
)
def test_spans_equal_silero_on_any_probabilities(silero, runs, name, missing):
    policy = CutPolicy(CutMode.SPEECH, **SILERO[name])
    probabilities = [p for p, length in runs for _ in range(length)]
    n_samples = len(probabilities) * FRAME - missing
    expected = silero.get_speech_timestamps_from_probs(
        probabilities, audio_length_samples=n_samples, **silero_options(policy)
    )
    spans = speech_spans(
        probabilities,
        n_samples,
        threshold=policy.speech_threshold,
        silence_threshold=policy.silence_threshold,
        min_speech_s=policy.min_speech_s,
        min_silence_s=policy.min_silence_s,
        max_speech_s=policy.max_speech_s,
        pad_s=policy.speech_pad_s,
    )
    assert spans == [(e["start"], e["end"]) for e in expected]


def test_blocks_do_not_show(meetings, monkeypatch):
    whole = speech_probabilities(meetings[1])
    monkeypatch.setattr(vad, "_BLOCK_FRAMES", 7)
    np.testing.assert_array_equal(speech_probabilities(meetings[1]), whole)


def test_no_speech_no_segments():
    pytest.importorskip("silero_vad")
    assert speech(recording(5 * RATE_HZ)) == []
    assert speech(recording(1)) == []


def test_missing_packages(monkeypatch):
    vad._session.cache_clear()
    with monkeypatch.context() as without:
        without.setattr(vad, "find_spec", lambda name: None)
        with pytest.raises(MissingExtraError, match=r"needs silero-vad: pip install 'emoanalytics\[speech\]'"):
            speech(recording(1000))
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "onnxruntime", None)
        with pytest.raises(MissingExtraError, match=r"needs onnxruntime: pip install 'emoanalytics\[speech\]'"):
            cut(recording(1000), CutPolicy("speech"))
    with monkeypatch.context() as without:
        without.setattr(vad, "_MODEL", "another.onnx")
        with pytest.raises(MissingExtraError, match=r"lacks another\.onnx: pip install --upgrade"):
            speech(recording(1000))


def test_speech_needs_no_torch():
    pytest.importorskip("silero_vad")
    script = (
        "import sys, numpy as np\n"
        "from emoanalytics.audio.decode import from_samples\n"
        "from emoanalytics.audio.segments import speech\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "speech(from_samples(np.zeros(16000), 16000))\n"
        "print('torch' in sys.modules, 'silero_vad' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
