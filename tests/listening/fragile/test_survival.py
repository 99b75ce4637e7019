"""Which winners survive small changes: against encoding the changed samples by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.build import BuildSettings, build
from emoanalytics.embed.heads import Head
from emoanalytics.errors import EmptySelectionError, EncoderError, EncoderMismatchError, HeadError
from emoanalytics.listening.fragile import CHANGES, Change, ChangeKind, fragile
from emoanalytics.scoring import score_table
from emoanalytics.store.store import EmotionStore
from tests.conftest import TinyEncoder, tone

QUICK = (Change(ChangeKind.GAIN, -6), Change(ChangeKind.TRIM, 0.1), Change(ChangeKind.NOISE, 10))


@pytest.fixture
def spoken(tmp_path: Path) -> tuple[EmotionStore, TinyEncoder]:
    """Twelve clips of six speakers, built by the small encoder with a head of its own."""
    rows = ["file,speaker,emotion"]
    (tmp_path / "audio").mkdir()
    for i in range(12):
        clip = tone(0.5 + 0.05 * i, hz=120 + 40 * i, level=0.05 + 0.02 * (i % 4), seed=i)
        soundfile.write(tmp_path / "audio" / f"{i}.wav", clip, 16_000, subtype="FLOAT")
        rows.append(f"{i}.wav,s{i % 6},{('happy', 'sad')[i // 6]}")
    (tmp_path / "audio" / "m.csv").write_text("\n".join(rows))
    encoder = TinyEncoder()
    build(open_corpus(tmp_path / "audio" / "m.csv"), tmp_path / "store", encoder, BuildSettings(workers=0))
    return EmotionStore.open(tmp_path / "store"), encoder


def by_hand(store: EmotionStore, encoder: TinyEncoder, head: Head, i: int, offset: np.ndarray | float = 0.0) -> dict:
    """Winner, flips and movement of the clip i.wav, change by change."""
    row = store.segments(["segment_id", "file", "content_id"], where=f"file = '{i}.wav'").iloc[0]
    clip, _ = soundfile.read(store.path.parent / "audio" / f"{i}.wav", dtype="float32")

    def scores(samples: np.ndarray) -> np.ndarray:
        return head.scores(encoder.encode([samples]).embeddings - offset)[0]

    plain = scores(clip)
    flips, moved = {}, []
    for change in QUICK:
        changed = scores(change.apply(clip, 16_000, [0, int(row["content_id"][:8], 16)]))
        moved.append(np.abs(changed - plain).sum() / 2)
        if changed.argmax() != plain.argmax():
            flips[change.name] = head.labels[changed.argmax()]
    return {
        "segment_id": row["segment_id"],
        "winner": head.labels[plain.argmax()],
        "margin": np.sort(plain)[-1] - np.sort(plain)[-2],
        "flips": flips,
        "survived": 1 - len(flips) / len(QUICK),
        "moved": np.mean(moved),
    }


def own_head(store: EmotionStore, *, centred: bool) -> Head:
    """A head in use that reports what a fitted one does."""
    rng = np.random.default_rng(4)
    head = Head(rng.normal(size=(3, 8)), np.zeros(3), ("calm", "happy", "sad"))
    ids = store.segments(["segment_id"])["segment_id"].to_list()
    with store.writer() as writer:
        writer.save_head(
            "own",
            weights=head.weights,
            bias=head.bias,
            labels=head.labels,
            scores=score_table(ids, head.labels, head.scores(store.embeddings())),
            report={"folds": [{"groups": ["s0"]}], "group": "speaker", "centred": centred},
        )
        writer.set_head("own")
    return head


def test_each_clip_is_what_its_samples_say(spoken: tuple[EmotionStore, TinyEncoder]) -> None:
    store, encoder = spoken
    told: list[tuple[int, int, str]] = []
    found = fragile(store, encoder=encoder, changes=QUICK, progress=lambda *step: told.append(step))
    assert len(found.clips) == 12 and not found.failures and found.notes == ()
    for clip in found.clips:
        expected = by_hand(store, encoder, encoder.head, int(clip.file.removesuffix(".wav")))
        assert (clip.segment_id, clip.winner, clip.flips) == tuple(
            expected[k] for k in ("segment_id", "winner", "flips")
        )
        for name in ("margin", "survived", "moved"):
            assert getattr(clip, name) == pytest.approx(expected[name], abs=1e-4)
    assert 0 < len(found.fragile) < 12
    assert [c.survived for c in found.clips] == sorted(c.survived for c in found.clips)
    for result in found.changes:
        flipped = [result.name in clip.flips for clip in found.clips]
        assert (result.clips, result.flipped, result.share) == (12, sum(flipped), pytest.approx(np.mean(flipped)))
        assert result.low <= result.share <= result.high
    assert sorted(step[0] for step in told) == list(range(1, 13)) and {step[1] for step in told} == {12}
    json.dumps(found.as_json(), allow_nan=False)


def test_a_selection_gives_the_same_as_all(spoken: tuple[EmotionStore, TinyEncoder]) -> None:
    store, encoder = spoken
    whole = {clip.segment_id: clip for clip in fragile(store, encoder=encoder, changes=QUICK).clips}
    ids = store.segments(["segment_id"])["segment_id"].to_list()[3:6][::-1]
    some = fragile(store, ids, encoder=encoder, changes=QUICK)
    assert {c.segment_id for c in some.clips} == set(ids)
    for clip in some.clips:
        twin = whole[clip.segment_id]
        assert (clip.winner, clip.flips) == (twin.winner, twin.flips) and clip.moved == pytest.approx(
            twin.moved, abs=1e-5
        )
    assert all(result.low is None for result in some.changes)
    assert "not enough evidence for an interval" in some.said()[1] and "证据不足" in some.said("zh")[1]


def test_codecs_run_in_memory(spoken: tuple[EmotionStore, TinyEncoder]) -> None:
    store, encoder = spoken
    found = fragile(store, encoder=encoder)
    assert [change.name for change in found.changes] == [change.name for change in CHANGES]
    assert all(result.clips == 12 for result in found.changes)
    assert found.said()[0] == f"{len(found.fragile)} of 12 winners do not survive every small change."
    assert found.said("zh")[0].startswith("12 条片段中有")


def test_a_fitted_head_is_said_to_know_the_clips(spoken: tuple[EmotionStore, TinyEncoder]) -> None:
    store, encoder = spoken
    head = own_head(store, centred=False)
    found = fragile(store, encoder=encoder, changes=QUICK)
    assert "new clips are at least as fragile" in found.notes[0].en and "同样脆弱" in found.notes[0].zh
    for clip in found.clips:
        expected = by_hand(store, encoder, head, int(clip.file.removesuffix(".wav")))
        assert (clip.winner, clip.flips) == (expected["winner"], expected["flips"])


def test_the_winner_the_store_shows_is_told_beside_the_one_tested(spoken: tuple[EmotionStore, TinyEncoder]) -> None:
    store, encoder = spoken
    head = own_head(store, centred=False)
    plain = fragile(store, encoder=encoder, changes=QUICK)
    assert not plain.elsewhere and len(plain.said()) == 1 + len(QUICK)
    scores = store.scores()[["score_calm", "score_happy", "score_sad"]].to_numpy(np.float64).copy()
    scores[:5] = np.roll(scores[:5], 1, axis=1)  # as heads that never heard the speaker may have it
    scores[5] = np.nan
    ids = store.segments(["segment_id"])["segment_id"].to_list()
    with store.writer() as writer:
        table, report = score_table(ids, head.labels, scores), (store.head() or {})["report"]
        kept = {"weights": head.weights, "bias": head.bias, "labels": head.labels}
        writer.save_head("own", **kept, scores=table, report=report)
    found = fragile(store, ids[::-1], encoder=encoder, changes=QUICK)
    by_id = {clip.segment_id: clip for clip in found.clips}
    for i, segment in enumerate(ids):
        clip = by_id[segment]
        moved = head.labels[(head.labels.index(clip.winner) + 1) % 3]
        assert clip.stored == (moved if i < 5 else None if i == 5 else clip.winner)
    assert len(found.elsewhere) == found.as_json()["stored_winner_differs"] == 5
    assert found.said()[1].startswith("For 5 of the 12 clips the store shows another winner")
    assert found.said("zh")[1].startswith("其中 5 条在存储里显示的是另一种胜出情绪")


def test_a_centred_head_hears_clips_centred(spoken: tuple[EmotionStore, TinyEncoder]) -> None:
    store, encoder = spoken
    head = own_head(store, centred=True)
    speakers = store.segments(["speaker"])["speaker"].to_numpy()
    files = store.segments(["file"])["file"].to_list()
    found = fragile(store, encoder=encoder, changes=QUICK)
    assert len(found.clips) == 12
    for clip in found.clips:
        mean = store.embeddings()[speakers == speakers[files.index(clip.file)]].mean(axis=0)
        expected = by_hand(store, encoder, head, int(clip.file.removesuffix(".wav")), mean)
        assert clip.winner == expected["winner"] and clip.moved == pytest.approx(expected["moved"], abs=1e-4)


def test_audio_that_went_or_changed_is_listed(spoken: tuple[EmotionStore, TinyEncoder]) -> None:
    store, encoder = spoken
    audio = store.path.parent / "audio"
    (audio / "2.wav").unlink()
    soundfile.write(audio / "5.wav", tone(0.75, hz=900), 16_000)
    found = fragile(store, encoder=encoder, changes=QUICK)
    assert len(found.clips) == 10
    assert {(f.file, f.reason) for f in found.failures} == {
        ("2.wav", "there is no such file; check the path"),
        ("5.wav", "the audio gives another embedding than the store's; build its corpus again"),
    }
    assert all(result.clips == 10 for result in found.changes)


def test_a_change_that_cannot_be_made_is_skipped(spoken: tuple[EmotionStore, TinyEncoder]) -> None:
    store, encoder = spoken
    found = fragile(store, encoder=encoder, changes=(Change(ChangeKind.TRIM, 0.2), QUICK[0]))
    skipped = {clip.file: clip.skipped for clip in found.clips if clip.skipped}
    assert set(skipped) == {f"{i}.wav" for i in range(6)}  # 0.5 to 0.75 s
    assert skipped["0.wav"] == {"trim0.2": "0.50 s are too short to cut 0.2 s off each end"}
    assert [result.clips for result in found.changes] == [6, 12]


def test_what_cannot_be_done_is_one_line(spoken: tuple[EmotionStore, TinyEncoder], tmp_path: Path) -> None:
    store, encoder = spoken
    for error, call, message in [
        (EncoderMismatchError, {"encoder": TinyEncoder(name="loud")}, "was embedded by tiny (revision 1), not by loud"),
        (EmptySelectionError, {"ids": []}, "is asked for, so none can be fragile"),
        (EmptySelectionError, {"ids": ["f" * 32]}, f"has no segment {'f' * 32}"),
        (EncoderError, {"changes": ()}, "need changes to make, each once"),
        (EncoderError, {"changes": QUICK[:1] * 2}, "need changes to make, each once"),
        (HeadError, {"group": "voice"}, "has no column 'voice'"),
    ]:
        with pytest.raises(error) as caught:
            fragile(store, **({"encoder": encoder} | call))
        assert message in str(caught.value) and "\n" not in str(caught.value)
    with store.writer() as writer:
        writer.set_head(None)
    with pytest.raises(HeadError, match="has no head that names winners: fit one with emoanalytics head fit"):
        fragile(store, encoder=encoder)
