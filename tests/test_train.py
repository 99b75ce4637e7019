"""Heads trained on a store's labels: what is kept, which head is used, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.build import BuildSettings, build
from emoanalytics.embed.heads import fit
from emoanalytics.errors import HeadError, LockedStoreError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.scoring import head_of
from emoanalytics.store.store import EmotionStore
from emoanalytics.train import summary, train_head
from tests.conftest import TinyEncoder, tone
from tests.made_store import make_store

LABELS = ("angry", "happy", "sad")


def voices(n: int = 60, speakers: int = 3, dim: int = 5, seed: int = 0) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Labelled rows whose first three dimensions tell the label, noisily."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    x = rng.normal(size=(n, dim))
    x[np.arange(n), y] += 2.0
    rows = [{"speaker": f"s{i % speakers}", "emotion_given": LABELS[y[i]]} for i in range(n)]
    return rows, x.astype(np.float32)


@pytest.fixture
def store(tmp_path: Path) -> EmotionStore:
    rows, x = voices()
    return make_store(tmp_path / "store", rows, embeddings=x)


def scores_of(store: EmotionStore, labels: tuple[str, ...] = LABELS) -> np.ndarray:
    return store.scores()[[f"score_{label}" for label in labels]].to_numpy(np.float32)


def test_stored_scores_are_those_of_heads_that_never_heard_the_speaker(store: EmotionStore) -> None:
    report = train_head(store, "emotion")
    rows = store.segments(["speaker", "emotion_given"])
    by_hand = fit(store.embeddings(), rows["emotion_given"].tolist(), rows["speaker"].tolist(), seed=0)
    assert np.array_equal(scores_of(store), by_hand.out_of_fold)
    assert np.array_equal(report.out_of_fold, by_hand.out_of_fold)
    assert not np.allclose(scores_of(store), report.head.scores(store.embeddings()), atol=1e-3)
    assert store.scores()["score_neutral"].isna().all()
    assert report.uar > 0.6


def test_scores_stand_beside_their_own_rows_in_any_order(tmp_path: Path) -> None:
    rows, x = voices(seed=4)
    back = np.arange(len(rows))[::-1]
    names = [{**row, "segment_id": f"{i:032x}", "content_id": f"{i:032x}"} for i, row in enumerate(rows)]
    forward = make_store(tmp_path / "a", names, embeddings=x)
    reverse = make_store(tmp_path / "b", [names[i] for i in back], embeddings=x[back])
    for store in (forward, reverse):
        train_head(store)
    one, other = (s.scores().set_index("segment_id")["score_sad"] for s in (forward, reverse))
    assert np.allclose(one, other.loc[one.index], atol=1e-4)


def test_memory_of_a_voice_gives_no_recall(tmp_path: Path) -> None:
    """Embeddings that only say who speaks, of speakers who mostly have one label: a head that heard them is right."""
    rng = np.random.default_rng(2)
    n, speakers = 240, 9
    who = np.arange(n) % speakers
    label = np.where(rng.random(n) < 0.9, who % 3, rng.integers(3, size=n))
    x = rng.normal(size=(speakers, 40))[who] + 0.01 * rng.normal(size=(n, 40))
    rows = [{"speaker": f"s{w}", "emotion_given": LABELS[k]} for w, k in zip(who, label, strict=True)]
    store = make_store(tmp_path / "store", rows, embeddings=x)
    report = train_head(store)
    heard = report.head.scores(store.embeddings()).argmax(axis=1)
    assert (heard == label).mean() > 0.85
    assert (scores_of(store).argmax(axis=1) == label).mean() < 0.6
    assert report.uar < 0.6


def test_rows_nobody_is_known_for_are_scored_by_the_head_that_never_heard_them(tmp_path: Path) -> None:
    rows, x = voices()
    for i in (0, 7):
        rows[i]["speaker"] = None
    rows[11]["emotion_given"] = None
    store = make_store(tmp_path / "store", rows, embeddings=x)
    report = train_head(store)
    found = scores_of(store)
    assert np.isfinite(found).all()
    assert np.allclose(found[[0, 7]], report.head.scores(x[[0, 7]]), atol=1e-6)
    assert np.array_equal(found[11], report.out_of_fold[11])
    assert report.rows == 57


def test_the_store_says_what_the_head_is(store: EmotionStore) -> None:
    report = train_head(store, "emotion")
    assert store.info.head == "emotion_given-made"
    assert store.info.labels == LABELS
    kept = store.head()
    assert kept is not None
    assert np.array_equal(kept["weights"], report.head.weights)
    told = kept["report"]
    assert (told["target"], told["group"], told["seed"]) == ("emotion_given", "speaker", 0)
    assert told["uar"] == report.uar
    assert told["not_known"] == [e for e in EMOTION_IDS if e not in LABELS]
    run = store.runs()[-1]
    assert (run["kind"], run["head"], run["report"]["rows"]) == ("head fit", "emotion_given-made", 60)
    json.dumps(told, allow_nan=False)


def test_a_fold_that_could_not_be_tested_is_plain_json(tmp_path: Path) -> None:
    rows, x = voices()
    rows = [{**r, "speaker": "s9" if r["emotion_given"] == "sad" else r["speaker"]} for r in rows]
    report = train_head(make_store(tmp_path / "store", rows, embeddings=x))
    assert any(np.isnan(f.uar) for f in report.folds)
    folds = json.loads(json.dumps(summary(report), allow_nan=False))["folds"]
    assert [f["uar"] for f in folds if f["groups"] == ["s9"]] == [None]


def test_progress_is_told_fold_by_fold(store: EmotionStore) -> None:
    told: list[tuple[int, int]] = []
    train_head(store, progress=lambda done, total, _: told.append((done, total)))
    assert told == [(i, 4) for i in range(1, 5)]


# Which head is used


def builtin_store(path: Path) -> EmotionStore:
    rows, x = voices()
    scores = np.full((len(rows), 9), 1 / 9)
    return make_store(path, rows, embeddings=x, scores=scores)


def test_a_head_of_the_encoder_stays_in_use(tmp_path: Path) -> None:
    store = builtin_store(tmp_path / "store")
    train_head(store)
    assert store.info.head == "builtin"
    assert np.allclose(scores_of(store), 1 / 9)
    train_head(store, activate=True)
    assert store.info.head == "emotion_given-made"
    assert scores_of(store).max() > 0.5


def test_a_head_can_be_kept_out_of_use(store: EmotionStore) -> None:
    train_head(store, activate=False)
    assert store.info.head is None
    assert store.scores()["score_angry"].isna().all()


def test_a_second_head_does_not_push_out_the_first(store: EmotionStore) -> None:
    train_head(store)
    before = scores_of(store)
    train_head(store, name="other", seed=3)
    assert store.info.head == "emotion_given-made"
    assert np.array_equal(scores_of(store), before)


def test_training_again_renews_the_head_in_use(tmp_path: Path) -> None:
    rows, x = voices()
    store = make_store(tmp_path / "store", rows, embeddings=x)
    train_head(store)
    before, fingerprint = scores_of(store), store.fingerprint
    with store.writer() as writer:
        swapped = ["happy" if v == "sad" else v for v in writer.segments["emotion_given"].to_pylist()]
        at = writer.segments.schema.get_field_index("emotion_given")
        writer.replace_segments(writer.segments.set_column(at, "emotion_given", [swapped]))
    train_head(store, activate=False)
    assert store.info.labels == ("angry", "happy")
    assert store.fingerprint != fingerprint
    assert not np.array_equal(scores_of(store, ("angry",)), before[:, :1])


def test_a_head_whose_files_were_deleted_is_replaced(store: EmotionStore) -> None:
    train_head(store, name="first")
    for file in (store.path / "derived" / "heads" / "first").iterdir():
        file.unlink()
    assert "emoanalytics head fit" in (store.head_missing or "")
    train_head(store, name="second")
    assert store.info.head == "second"
    assert np.isfinite(scores_of(store)).all()


def test_the_name_of_the_built_in_head_is_taken(tmp_path: Path) -> None:
    store = builtin_store(tmp_path / "store")
    with pytest.raises(HeadError, match="builtin is the encoder's own head: give the new one another --name"):
        train_head(store, name="builtin")
    kept = store.head()
    assert kept is not None
    assert len(kept["labels"]) == 9


def test_a_name_that_is_a_path_is_refused(store: EmotionStore) -> None:
    with pytest.raises(StoreError, match="a head's id is made of letters"):
        train_head(store, name="../../elsewhere")


def test_columns_named_in_any_script_get_heads_of_their_own(tmp_path: Path) -> None:
    rows, x = voices()
    rows = [{**r, "情绪": r["emotion_given"], "心情": r["emotion_given"]} for r in rows]
    store = make_store(tmp_path / "store", rows, embeddings=x)
    train_head(store, "情绪")
    first = store.info.head
    train_head(store, "心情", activate=True)
    assert first is not None
    assert store.info.head not in (None, first)
    assert {p.name for p in (store.path / "derived" / "heads").iterdir()} == {first, store.info.head}


def test_whole_numbers_with_gaps_are_labels_without_fractions(tmp_path: Path) -> None:
    rows, x = voices()
    rows = [{**r, "class": None if i == 5 else LABELS.index(r["emotion_given"])} for i, r in enumerate(rows)]
    store = make_store(tmp_path / "store", rows, embeddings=x)
    assert train_head(store, "class").classes == ("0", "1", "2")


# What is refused


def refused(store: EmotionStore, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(HeadError) as caught:
        train_head(store, *args, **kwargs)
    assert "\n" not in str(caught.value)
    assert store.info.head is None
    assert not (store.path / "derived" / "heads").exists()
    return str(caught.value)


@pytest.mark.parametrize("where", ["target", "group"])
def test_a_missing_column_is_named_with_those_there_are(store: EmotionStore, where: str) -> None:
    message = refused(store, **{where: "mood"})
    assert "has no column 'mood'; it has segment_id" in message
    assert "emotion_given" in message


def test_an_empty_store_asks_for_a_corpus(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", [])
    assert refused(store) == f"{store.path} is empty: build a corpus into it first"


def test_a_column_without_a_label(tmp_path: Path) -> None:
    rows, x = voices()
    store = make_store(tmp_path / "store", [{**r, "emotion_given": None} for r in rows], embeddings=x)
    assert "the column 'emotion_given' of" in refused(store)
    assert "is empty: nothing to learn from" in refused(store)


def test_a_corpus_that_names_no_speaker(tmp_path: Path) -> None:
    rows, x = voices()
    rows = [{**r, "speaker": None, "session": f"w{i % 3}"} for i, r in enumerate(rows)]
    store = make_store(tmp_path / "store", rows, embeddings=x)
    assert "no speaker can be kept apart for testing" in refused(store)
    assert "--group" in refused(store)
    assert train_head(store, group="session").groups == 3


def test_one_label_only(tmp_path: Path) -> None:
    rows, x = voices()
    store = make_store(tmp_path / "store", [{**r, "emotion_given": "sad"} for r in rows], embeddings=x)
    assert refused(store) == "a fit needs at least 2 different labels, got only 'sad'"


def test_one_speaker_only(tmp_path: Path) -> None:
    rows, x = voices(speakers=1)
    assert "at least 2 groups (speakers), got only 's0'" in refused(make_store(tmp_path / "s", rows, embeddings=x))


@pytest.mark.parametrize("column", ["text", "start_s"])
def test_free_text_and_measurements_are_no_labels(tmp_path: Path, column: str) -> None:
    rows, x = voices()
    values = {"text": "sentence number {}", "start_s": None}
    made = values[column]
    rows = [{**r, column: made.format(i) if made else i / 7, "end_s": 99.0} for i, r in enumerate(rows)]
    message = refused(make_store(tmp_path / "store", rows, embeddings=x), column)
    assert f"the column {column!r} has 60 different values in 60 rows" in message


def test_a_store_somebody_writes_to(store: EmotionStore) -> None:
    with store.writer(), pytest.raises(LockedStoreError):
        train_head(EmotionStore.open(store.path))
    assert store.info.head is None


def test_a_centred_head_ignores_who_speaks_and_scores_later_clips_of_new_speakers(tmp_path: Path) -> None:
    """Twin: subtract each speaker's mean by hand, then fit; later speakers are scored against their own mean."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    rows = []
    for i in range(24):
        speaker, mood = i % 4, i // 4 % 2
        name = f"{i:02d}.wav"
        soundfile.write(corpus / name, tone(0.6, hz=120 + 60 * speaker + 15 * mood, seed=i), 16_000)
        rows.append({"file": name, "speaker": f"s{speaker}", "emotion": ["sad", "happy"][mood]})
    pd.DataFrame(rows).to_csv(corpus / "m.csv", index=False)
    here = BuildSettings(workers=0)
    build(open_corpus(corpus), tmp_path / "store", TinyEncoder(with_head=False), here)
    report = train_head(tmp_path / "store", "emotion", centre=True)
    store = EmotionStore.open(tmp_path / "store")
    table, x = store.segments(), store.embeddings().astype(float)
    for speaker in set(table["speaker"]):
        mine = (table["speaker"] == speaker).to_numpy()
        x[mine] -= x[mine].mean(axis=0)
    twin = fit(x, table["emotion_given"].to_list(), table["speaker"].to_list())
    np.testing.assert_allclose(report.out_of_fold, twin.out_of_fold, atol=1e-4)
    assert store.head()["report"]["centred"] is True
    with pytest.raises(HeadError, match="without --centre"):
        head_of(store)

    later = [("same.wav", "s0", 135), ("new1.wav", "s9", 400), ("new2.wav", "s9", 415), ("stranger.wav", None, 140)]
    for i, (name, speaker, hz) in enumerate(later):
        soundfile.write(corpus / name, tone(0.6, hz=hz, seed=90 + i), 16_000)
        rows.append({"file": name, "speaker": speaker})
    pd.DataFrame(rows).to_csv(corpus / "m.csv", index=False)
    again = build(open_corpus(corpus), tmp_path / "store", TinyEncoder(with_head=False), here)
    store = EmotionStore.open(tmp_path / "store")
    table = store.table().set_index("file")
    vectors = store.embeddings()[[list(table.index).index(f"new{n}.wav") for n in (1, 2)]]
    expected = report.head.scores(vectors - vectors.mean(axis=0))
    found = table.loc[["new1.wav", "new2.wav"], [f"score_{label}" for label in report.head.labels]].to_numpy(float)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    # The head has heard s0, and has nothing to compare the stranger with: neither is scored.
    assert table.loc[["same.wav", "stranger.wav"], ["score_sad", "score_happy"]].isna().all().all()
    assert again.notes[-1].startswith("1 segments of speakers the head emotion_given-tiny-centred was trained on")
