"""Calibrating a store: which clips are used, what is saved, what the scores may be called, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from emoanalytics.embed.heads import Head
from emoanalytics.errors import HeadError, StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.notes import Note
from emoanalytics.scoring import head_of, score_new_rows
from emoanalytics.store.store import EmotionStore
from emoanalytics.train import train_head
from emoanalytics.views.calibrate import calibrate
from emoanalytics.views.calibrate.calibrating import _speakers_apart
from emoanalytics.views.calibrate.held_out import calibrated
from tests.made_store import make_store
from tests.test_train import voices

SURE = 3.0
N, DIM, SPEAKERS = 360, 6, 12


def nine(
    path: Path, *, n: int = N, speakers: int = SPEAKERS, sure: float = SURE, seed: int = 0, **rows: list
) -> tuple[EmotionStore, np.ndarray]:
    """A store whose built-in head is three times too sure, and the true distribution of each clip's listeners."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, DIM)).astype(np.float32)
    weights = rng.normal(size=(9, DIM))
    store = make_store(
        path,
        [{"speaker": f"s{i % speakers:02d}", **{k: v[i] for k, v in rows.items()}} for i in range(n)],
        embeddings=x,
        scores=Head(sure * weights, np.zeros(9), EMOTION_IDS).scores(x),
    )
    with store.writer() as writer:
        writer.save_head("builtin", weights=sure * weights, bias=np.zeros(9), labels=EMOTION_IDS)
    return store, Head(weights, np.zeros(9), EMOTION_IDS).scores(x).astype(np.float64)


def votes(truth: np.ndarray, *, listeners: int = 10, seed: int = 1) -> pd.DataFrame:
    counts = np.random.default_rng(seed).multinomial(listeners, truth / truth.sum(axis=1, keepdims=True))
    columns = {f"vote_{e}": counts[:, i] for i, e in enumerate(EMOTION_IDS)}
    return pd.DataFrame({"file": [f"{i}.wav" for i in range(len(truth))], **columns})


def scores_of(store: EmotionStore) -> np.ndarray:
    return store.scores()[[f"score_{e}" for e in store.info.labels]].to_numpy(np.float64)


def test_a_built_in_head_too_sure_becomes_calibrated(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store")
    raw = scores_of(store)
    table = votes(truth).sample(300, random_state=0)
    found = calibrate(store, table)
    at = table.index.to_numpy()
    shares = table.filter(like="vote_").to_numpy(np.float64) / 10
    by_hand = calibrated(EMOTION_IDS, raw[at], shares, at % SPEAKERS)
    assert found.found.after == by_hand.after and found.found.sets == by_hand.sets
    assert found.found.chosen.calibrator.temperature == pytest.approx(SURE, abs=0.4)
    assert found.calibrated and found.active and (found.clips, found.speakers, found.group) == (300, 12, "speaker")
    assert store.info.head == found.head_id == "builtin-calibrated" and store.info.labels == EMOTION_IDS
    assert store.head()["calibrated"] is True
    now = scores_of(store)
    np.testing.assert_allclose(now, found.found.chosen.calibrator.scores(raw), atol=1e-6)
    np.testing.assert_allclose(head_of(store).scores(store.embeddings()), now, atol=1e-4)
    assert head_of(store).calibrated
    assert np.abs(now - truth).mean() < np.abs(raw - truth).mean() / 3


def test_the_nine_stay(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store")
    before = scores_of(store)
    calibrate(store, votes(truth))
    with store.writer() as writer:
        writer.set_head("builtin")
    np.testing.assert_array_equal(scores_of(store), before)
    assert store.head()["calibrated"] is False and not head_of(store).calibrated


def test_a_fitted_head_is_calibrated_on_scores_of_speakers_it_never_heard(tmp_path: Path) -> None:
    rows, x = voices(n=60, speakers=4)
    store = make_store(tmp_path / "store", rows, embeddings=x)
    report = train_head(store)
    labels = store.segments(["segment_id", "emotion_given"]).rename(columns={"emotion_given": "label"})
    path = tmp_path / "labels.csv"
    labels.to_csv(path, index=False, encoding="utf-8-sig")
    found = calibrate(store, path, name="mine", activate=True)
    target = np.eye(3)[[report.classes.index(v) for v in labels["label"]]]
    by_hand = calibrated(report.classes, report.out_of_fold.astype(np.float64), target, np.arange(60) % 4)
    assert found.found.after == by_hand.after and found.base == "emotion_given-made"
    assert store.info.head == "mine"
    kept = store.head()["report"]
    assert kept["uar"] == report.uar and kept["calibration"]["base"] == "emotion_given-made"
    assert kept["calibration"] == json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert store.runs()[-1]["kind"] == "head calibrate"


def test_calibrating_again_starts_from_the_scores_no_vote_has_touched(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store")
    raw = scores_of(store)
    calibrate(store, votes(truth), other="drop", activate=True)
    again = calibrate(store, votes(truth, seed=2))
    shares = votes(truth, seed=2).filter(like="vote_").to_numpy(np.float64) / 10
    by_hand = calibrated(EMOTION_IDS, raw, shares, np.arange(N) % SPEAKERS)
    assert again.found.before == by_hand.before and again.found.after == by_hand.after
    assert (again.base, again.head_id, again.labels) == ("builtin", "builtin-calibrated", EMOTION_IDS)
    np.testing.assert_allclose(
        pd.read_parquet(store.path / "derived/heads/builtin-calibrated/scores.parquet").iloc[:, 1:],
        again.found.chosen.calibrator.scores(raw),
        atol=1e-6,
    )


def test_a_calibration_that_is_renewed_and_not_trusted_leaves_use(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store", speakers=4)
    raw = scores_of(store)
    calibrate(store, votes(truth), other="drop", activate=True)
    assert store.info.head == "builtin-calibrated" and len(store.info.labels) == 7
    again = calibrate(store, votes(truth))
    assert not again.active and (store.info.head, store.info.labels) == ("builtin", EMOTION_IDS)
    np.testing.assert_array_equal(scores_of(store), raw)
    calibrate(store, votes(truth), other="drop", activate=True)
    kept = calibrate(store, votes(truth), activate=False)
    assert kept.active and (store.info.head, store.info.labels) == ("builtin-calibrated", EMOTION_IDS)


def test_a_base_head_that_is_gone_is_said(tmp_path: Path) -> None:
    rows, x = voices(n=60, speakers=4)
    store = make_store(tmp_path / "store", rows, embeddings=x)
    train_head(store, name="mine")
    labels = store.segments(["segment_id", "emotion_given"]).rename(columns={"emotion_given": "label"})
    assert calibrate(store, labels, activate=True).notes[0].en.startswith("4 speakers are too few")
    for file in (store.path / "derived/heads/mine").iterdir():
        file.unlink()
    again = calibrate(store, labels)
    assert again.notes[0].en.startswith(
        "the head mine is gone, so the scores of mine-calibrated were calibrated once more"
    )
    assert (again.base, again.head_id, again.active) == ("mine", "mine-calibrated", True)


@pytest.mark.parametrize("policy", ["drop", "apart"])
def test_other_and_unknown_leave_the_head(tmp_path: Path, policy: str) -> None:
    store, truth = nine(tmp_path / "store")
    raw = scores_of(store)
    table = votes(truth)
    found = calibrate(store, table, other=policy)
    left = [i for i, e in enumerate(EMOTION_IDS) if e not in ("other", "unknown")]
    assert found.labels == store.info.labels == tuple(EMOTION_IDS[i] for i in left)
    named = raw[:, left] / raw[:, left].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scores_of(store), found.found.chosen.calibrator.scores(named), atol=1e-6)
    np.testing.assert_allclose(head_of(store).scores(store.embeddings()), scores_of(store), atol=1e-4)
    counts = table.filter(like="vote_").to_numpy(np.float64)
    heard = counts[:, left].sum(axis=1) > 0
    assert found.clips == heard.sum()
    if policy == "drop":
        assert found.apart == {}
    else:
        assert found.apart["other"]["votes"] == pytest.approx(counts[:, 5].mean() / 10)
        assert found.apart["unknown"]["scores"] == pytest.approx(raw[heard, 8].mean())
        assert any("Shown apart: other" in line for line in found.said())
        assert any("未并入中立" in line for line in found.said("zh"))


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    speaker = [None if i in (3, 5) else f"s{i % SPEAKERS}" for i in range(N)]
    store, truth = nine(tmp_path / "store", speaker=speaker)
    table = pd.concat([votes(truth), votes(truth[:2]).assign(file=["x.wav", "y.wav"])])
    found = calibrate(store, table, save=False)
    assert tuple(map(str, found.notes)) == (
        "not in the store: 2 of 362 labelled clips, the first is x.wav",
        "2 labelled clips without a speaker left out",
    )
    assert found.clips == N - 2 and found.head_id is None and not found.active
    assert store.info.head == "builtin" and not (store.path / "derived/heads/builtin-calibrated").exists()


def test_without_enough_evidence_the_scores_stay_model_scores(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store", speakers=4)
    found = calibrate(store, votes(truth))
    assert not found.calibrated and not found.active and store.info.head == "builtin"
    assert tuple(map(str, found.notes)) == (
        "4 speakers are too few for intervals: not enough evidence to call the scores calibrated",
    )
    assert "Not enough evidence to call the scores calibrated: they remain model scores" in found.said()[1]
    assert "仍只是模型得分" in found.said("zh")[1]
    calibrate(store, votes(truth), activate=True)
    assert store.info.head == "builtin-calibrated" and store.head()["calibrated"] is False
    assert found.as_json()["sets"][0]["low"] is None


def test_new_clips_get_scores_from_a_calibrated_head(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store")
    calibrate(store, votes(truth))
    all_scores = scores_of(store)
    folder = store.path / "derived/heads/builtin-calibrated"
    kept = pd.read_parquet(folder / "scores.parquet")
    head = store.head()
    with store.writer() as writer:
        writer.save_head(
            "builtin-calibrated",
            weights=head["weights"],
            bias=head["bias"],
            labels=head["labels"],
            temperature=head["temperature"],
            scores=pa.Table.from_pandas(kept.iloc[:120], preserve_index=False),
            report=head["report"],
        )
        assert score_new_rows(store, writer) is None
    np.testing.assert_allclose(scores_of(store), all_scores, atol=1e-4)
    assert store.head()["calibrated"] is True


def test_words_say_what_was_measured(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store", speakers=24, n=600)
    found = calibrate(store, votes(truth, listeners=3), wanted=(0.5,))
    english, chinese = found.said(), found.said("zh")
    assert english[0].startswith("Calibrated on 600 clips of 24 speakers: the winner's score was off by 0.")
    assert english[1] == (
        "The winner's score may now be called calibrated: it says which share of listeners hear the winner. "
        "The other scores were not tested."
    )
    assert (
        "Label sets that hold 90% of listeners' answers" in english[2] and "on average over new speakers" in english[2]
    )
    assert english[3].startswith("Abstaining below 0.") and "50% was wanted" in english[3]
    assert chinese[0].startswith("用 24 位说话人的 600 条已听片段校准：胜出情绪的得分与听者判断的偏差由 0.")
    assert "可以把胜出情绪的得分称为校准得分" in chinese[1] and "其余情绪的得分未经检验" in chinese[1]
    assert "对新说话人平均而言" in chinese[2] and "目标 50%" in chinese[3]


def test_scores_that_need_no_correction_are_called_unchanged(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store", sure=1.0)
    found = calibrate(store, votes(truth), save=False)
    assert found.as_json()["method"] == "none"
    english, chinese = found.said()[0], found.said("zh")[0]
    assert "no correction did better, so the scores are unchanged; the winner's score is off by" in english
    assert "now off by" not in english and "得分保持不变；胜出情绪的得分与听者判断的偏差为" in chinese


@pytest.mark.parametrize("method", ["none", "temperature", "vector"])
def test_a_correction_may_be_asked_for(tmp_path: Path, method: str) -> None:
    store, truth = nine(tmp_path / "store")
    found = calibrate(store, votes(truth), method=method, save=False)
    assert found.as_json()["method"] == method and set(found.as_json()["held_out_loss"]) == {"none", method}
    assert not found.found.in_vain and found.as_json()["in_vain"] is False
    assert (
        ("no correction was asked for" in found.said()[0]) == ("未作校正" in found.said("zh")[0]) == (method == "none")
    )
    auto = calibrate(store, votes(truth), save=False).as_json()["held_out_loss"]
    assert auto[method] == pytest.approx(found.as_json()["held_out_loss"][method])


@pytest.mark.parametrize("method", ["temperature", "vector"])
def test_a_correction_asked_for_in_vain_is_said_and_not_used(tmp_path: Path, method: str) -> None:
    """Scores that need none: the automatic choice takes none, so what was asked for waits for a second word."""
    store, truth = nine(tmp_path / "store", sure=1.0)
    raw, table = scores_of(store), votes(truth)
    assert calibrate(store, table, save=False).as_json()["method"] == "none"
    found = calibrate(store, table, method=method)
    assert found.found.in_vain and found.as_json()["in_vain"] is True and found.calibrated and not found.active
    assert found.as_json()["method"] == method and store.info.head == "builtin"
    shares = table.filter(like="vote_").to_numpy(np.float64) / 10
    by_hand = np.mean([-sum(t * np.log(s) for t, s in zip(*row, strict=True)) for row in zip(shares, raw, strict=True)])
    losses = found.as_json()["held_out_loss"]
    assert losses["none"] == pytest.approx(by_hand, abs=1e-6)
    (line,) = [line for line in found.said() if "no correction does" in line]
    better = "better" if losses["none"] < losses[method] else "about as well"
    assert line == (
        f"On speakers left out no correction does {better} (cross-entropy {losses['none']:.3f}, by {method} "
        f"{losses[method]:.3f}): its scores are not used; --activate uses them."
    )
    assert any("不校正" in line and "未启用" in line for line in found.said("zh"))
    forced = calibrate(store, table, method=method, activate=True)
    assert forced.active and store.info.head == "builtin-calibrated"
    assert any(line.endswith("its scores are used all the same, as asked.") for line in forced.said())
    again = calibrate(store, table, method=method)  # and without the word it leaves use again
    assert not again.active and store.info.head == "builtin"


def test_one_clip_without_a_speaker_is_one(tmp_path: Path) -> None:
    speaker = [None if i == 3 else f"s{i % SPEAKERS}" for i in range(N)]
    store, truth = nine(tmp_path / "store", speaker=speaker)
    assert calibrate(store, votes(truth), save=False).notes == (
        Note("1 labelled clip without a speaker left out", "1 个已标注片段没有说话人信息，未计入"),
    )


def test_a_seed_or_method_that_is_none_is_one_line(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store")
    with pytest.raises(StoreError, match="a seed is a whole number from 0 to 2,147,483,646, such as 0, not -1"):
        calibrate(store, votes(truth), seed=-1)
    with pytest.raises(StoreError, match="a seed is a whole number from 0 to 2,147,483,646, such as 0, not -1"):
        train_head(store, seed=-1)
    with pytest.raises(HeadError, match="scores are corrected by auto, none, temperature, vector, not by 'isotonic'"):
        calibrate(store, votes(truth), method="isotonic")


def test_other_groups_than_speakers_are_named(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store")
    found = calibrate(store, votes(truth), group="file", save=False)
    english, chinese = (
        " ".join((*found.said(language), *(note.text(language) for note in found.notes))) for language in ("en", "zh")
    )
    assert english.startswith("Calibrated on 360 clips of 360 values of file: ")
    assert "360 speakers" not in english and "on average over new speakers" not in english
    assert "clips were kept apart by file, not by speaker: the figures say nothing about new speakers" in english
    assert "360 个 file 值" in chinese and "位说话人" not in chinese and "对新说话人" not in chinese
    plain = found.as_json()
    assert found.found.trusted and not found.calibrated and not plain["calibrated"] and not plain["speakers_apart"]
    assert "may not be called calibrated: clips of one speaker stood on both sides" in english
    assert "不能称为已校准：同一说话人" in chinese
    assert plain["group"] == "file" and {sets["holds"] for sets in plain["sets"]} == {"same_speakers"}


def test_calibrated_on_files_is_not_used_unless_each_speaker_has_one(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store")
    assert not calibrate(store, votes(truth), group="file").active
    assert store.info.head == "builtin" and not store.head()["calibrated"]
    rows = pd.DataFrame({"speaker": ["a", "a", "b"], "file": ["1", "1", "2"], "session": ["s", "t", "s"]})
    assert _speakers_apart(rows, "file") and not _speakers_apart(rows, "session")
    assert not _speakers_apart(rows.assign(speaker=["a", None, "b"]), "file")


@pytest.mark.parametrize(("speakers", "trusted"), [(9, False), (10, True)])
def test_ten_speakers_are_needed(tmp_path: Path, speakers: int, trusted: bool) -> None:
    store, truth = nine(tmp_path / "store", speakers=speakers)
    found = calibrate(store, votes(truth), save=False)
    assert found.calibrated is trusted and found.found.after.high < 0.1
    few = "9 speakers are fewer than 10: not enough evidence to call the scores calibrated"
    assert (few in map(str, found.notes)) is not trusted


# What is refused


def test_bad_labels_are_one_line(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store")
    table = votes(truth)
    cut = tmp_path / "cut.csv"
    cut.write_bytes(b"\xff\xfe\x00")
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    for labels, options, message in [
        (table[:49], {}, "at least 50 labelled clips, got 49: listen to 1 more"),
        (table.assign(file="x"), {}, "names no clip of"),
        (table[table.index % SPEAKERS < 1], {}, "at least 50 labelled clips, got 30"),
        (pd.concat([table[table.index % SPEAKERS < 2]]), {}, "at least 3 speakers, got 2"),
        (table.drop(columns="vote_other"), {}, "no votes for other (a column of zeros where nobody chose it)"),
        (table.assign(vote_calm=1), {}, "votes for calm, which it does not know"),
        (tmp_path / "none.csv", {}, "there is no such file; check the path"),
        (cut, {}, "cannot be read as CSV in UTF-8"),
        (empty, {}, "cannot be read as CSV in UTF-8"),
        (table, {"group": "voice"}, "has no column 'voice'; it has segment_id, content_id, corpus, file, "),
        (table, {"group": "voice"}, "more: EmotionStore.columns lists all "),
        (table, {"group": "speeker"}, "has no column 'speeker'; did you mean speaker?"),
        (table, {"group": "role"}, "the column 'role' of"),
        (table, {"other": "neutral"}, "other and unknown are treated by keep, drop, apart, not by 'neutral'"),
        (table, {"sets": "raps"}, "label sets are made by lac, aps, not by 'raps'"),
        (table, {"name": "builtin"}, "builtin is the head to calibrate: give the new one another --name"),
        (table, {"coverage": 90}, "coverage is a share between 0 and 1"),
        (table, {"wanted": (5.0,)}, "the wanted share of right winners lies between 0 and 1, such as 0.8, not 5.0"),
        (table, {"wanted": (0.8, float("nan"))}, "lies between 0 and 1, such as 0.8, not nan"),
        (table[["file"]].assign(label=""), {}, "the labels gives no clip a label: fill in what listeners heard"),
        (table.iloc[:, [0, 1, 1]], {}, "the labels: two columns are called vote_angry; keep one"),
    ]:
        with pytest.raises(HeadError) as caught:
            calibrate(store, labels, **options)
        assert message in str(caught.value) and "\n" not in str(caught.value)
    assert store.info.head == "builtin"


def test_a_file_with_several_segments_needs_segment_ids(tmp_path: Path) -> None:
    store, truth = nine(tmp_path / "store", file=["long.wav" if i < 2 else f"{i}.wav" for i in range(N)])
    assert calibrate(store, votes(truth)[2:], save=False).clips == N - 2
    with pytest.raises(HeadError, match=r"long\.wav has several segments in .*label them by segment_id, not by file"):
        calibrate(store, votes(truth).assign(file=lambda t: t["file"].replace("1.wav", "long.wav")))


def test_a_store_without_scores_says_how_to_get_some(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", [{"speaker": "s"}] * 3)
    with pytest.raises(HeadError, match=r"has no scores to calibrate: fit a head with emoanalytics head fit"):
        calibrate(store, pd.DataFrame({"file": ["0.wav"], "label": ["sad"]}))
