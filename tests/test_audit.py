"""The audit of a store as a whole: what was decided after listening, and winners that small changes flip."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.audit import audit
from emoanalytics.build import BuildSettings, build
from emoanalytics.errors import StoreError
from emoanalytics.listening.fragile import fragile
from emoanalytics.store.decisions import Decisions
from emoanalytics.store.store import EmotionStore
from emoanalytics.terminal.audit import show_audit
from emoanalytics.views.alerts import alerts
from emoanalytics.views.compare import compare
from emoanalytics.views.trends import trends
from tests.conftest import TinyEncoder, tone
from tests.made_store import make_store

WRONG = 7


def planted(folder: Path) -> EmotionStore:
    """Sixty clips of six speakers in two clear kinds, one under the other kind's label."""
    rng = np.random.default_rng(0)
    kinds = np.arange(60) % 2
    given = np.array(["sad", "angry"])[kinds]
    given[WRONG] = "sad"
    rows = [{"speaker": f"s{i // 10}", "emotion_given": str(label)} for i, label in enumerate(given)]
    return make_store(folder, rows, embeddings=np.eye(2, 12)[kinds] * 3 + 0.3 * rng.normal(size=(60, 12)))


def test_a_label_that_was_decided_on_is_suspicious_no_more_until_that_is_taken_back(tmp_path: Path) -> None:
    store = planted(tmp_path / "store")
    wrong = f"{WRONG:032x}"

    def first() -> tuple[str, int]:
        found = audit(store, target="emotion", listen=False).labels
        return found.labels[0].segment_id, found.decided

    assert first() == (wrong, 0)
    log = Decisions(store.path)
    log.record(wrong, "label-unsure", given="sad", decided=None)
    log.record(f"{8:032x}", "tag:shouts", given=None, decided="yes")
    log.record(wrong, "label", given="happy", decided="neutral")  # of a label the clip no longer has
    assert first() == (wrong, 0)
    made = log.record(wrong, "label", given="sad", decided="angry")
    assert first()[0] != wrong and first()[1] == 1
    log.undo(made.id)
    assert first() == (wrong, 0)


def test_fragile_winners_are_told_where_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["file,speaker,emotion"]
    (tmp_path / "audio").mkdir()
    for i in range(6):
        clip = tone(0.5 + 0.05 * i, hz=120 + 40 * i, level=0.05 + 0.02 * (i % 4), seed=i)
        soundfile.write(tmp_path / "audio" / f"{i}.wav", clip, 16_000, subtype="FLOAT")
        rows.append(f"{i}.wav,s{i % 3},{('happy', 'sad')[i // 3]}")
    (tmp_path / "audio" / "m.csv").write_text("\n".join(rows))
    encoder = TinyEncoder()
    build(open_corpus(tmp_path / "audio" / "m.csv"), tmp_path / "store", encoder, BuildSettings(workers=0))
    store = EmotionStore.open(tmp_path / "store")
    without = audit(store, listen=False)
    assert without.fragile is None and without.as_json()["fragile"] is None
    found = audit(store, listen=False, fragile=True, encoder=encoder)
    alone = fragile(store, encoder=encoder)
    assert found.fragile.clips == alone.clips
    document = json.loads(json.dumps(found.as_json(), allow_nan=False))["fragile"]
    assert document["fragile"] == len(alone.fragile) and len(document["clips"]) == 6
    clip = replace(alone.clips[2], flips={"mp332": "sleepy", "opus24": "sad"})
    show_audit(store, replace(found, fragile=replace(alone, clips=(clip, *alone.clips[:2]))))
    said = capsys.readouterr().out.split("fragile winners:\n")[1]
    assert said.startswith("  1 of 3 winners do not survive every small change.\n")
    assert said.endswith(f"  {clip.file} [mix, 0.00 s]: {clip.winner}, sleepy after mp332, sad after opus24\n")
    show_audit(store, without)
    assert "fragile" not in capsys.readouterr().out


@pytest.mark.parametrize("seed", [-1, 1.5, True])
def test_a_seed_that_is_none_is_one_line(tmp_path: Path, seed: float) -> None:
    store = planted(tmp_path / "store")
    calls = (
        lambda: audit(store, seed=seed),
        lambda: trends(store, seed=seed),
        lambda: compare(store, "speaker", seed=seed),
        lambda: alerts(store, [], seed=seed),
        lambda: fragile(store, seed=seed),
    )
    for call in calls:
        with pytest.raises(StoreError, match=r"^a seed is a whole number from 0 to 2,147,483,646, such as 0, not "):
            call()
