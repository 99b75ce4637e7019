"""Names: what was planted in a cluster's sound is said of it, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from emoanalytics.embed.acoustic import Acoustic
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.statistics.effects import cliffs_delta as two_samples
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.clusters import Portrait, Verdict, portraits, unheard_words
from emoanalytics.views.clusters.departures import Departure, cliffs_delta, departures, less_own_mean
from emoanalytics.views.clusters.facets import Facet
from emoanalytics.views.clusters.heard import Heard, heard
from emoanalytics.views.clusters.medoids import medoids
from tests.conftest import tone
from tests.made_store import make_store
from tests.views.clusters.made import divided, geometry, grouped


def described(tmp_path: Path, **planted: object) -> tuple[Portrait, ...]:
    """Two groups of 30 clips and 20 strays; what is planted is in the first group alone."""
    embeddings, groups = grouped((30, 30), stray=20)
    rng = np.random.default_rng(1)
    rows = [
        {
            "level_dbfs": float(rng.normal(-25, 2)),
            "snr_db": 40.0,
            "silence_share": 0.1,
            "speaker": f"s{i % 4}",
            "language": "en",
            **(planted if group == 0 else {}),
        }
        for i, group in enumerate(groups)
    ]
    place = geometry(tmp_path / "store", embeddings, rows)
    return portraits(divided(place, groups), place)


def test_a_quiet_cluster_is_called_quiet_in_both_languages(tmp_path: Path) -> None:
    first, second = described(tmp_path, level_dbfs=-40.0)
    assert first.name() == "quiet; 4 speakers"
    assert first.name("zh") == "音量低；4 位说话人"
    (level,) = [d for d in first.departures if d.facet.id == "level_dbfs"]
    assert level.effect == -1
    assert level.inside == -40
    assert -27 < level.outside < -23
    assert second.name() in ("loud; 4 speakers", "nothing heard sets it apart; 4 speakers")


def test_json_says_what_a_p_value_is_not(tmp_path: Path) -> None:
    first, _ = described(tmp_path, level_dbfs=-40.0)
    (level,) = first.as_json()["departures"]
    assert 0 < level["p"] < 0.001
    assert level["p_note"].startswith("of clips, as if independent, corrected by Holm")
    assert "the clusters were drawn from the same clips before" in level["p_note"]


def test_nothing_planted_is_nothing_said(tmp_path: Path) -> None:
    for portrait in described(tmp_path):
        assert portrait.name() == "nothing heard sets it apart; 4 speakers"
        assert portrait.name("zh") == "听不出与其他片段有何不同；4 位说话人"


def test_flags_and_languages_are_said_and_one_word_a_family(tmp_path: Path) -> None:
    first, _ = described(tmp_path, flags=["quiet", "noisy"], level_dbfs=-50.0, language="zh", snr_db=1.0)
    assert set(first.words()) == {"quiet", "noisy", "language zh"}
    assert set(first.words("zh")) == {"音量低", "噪声大", "语言 zh"}
    shares = {d.facet.id: (d.effect, d.inside, d.outside) for d in first.departures}
    assert shares["flag_noisy"] == (1.0, 1.0, 0.0)


def test_a_cleaner_or_noisier_cluster_without_a_flag_is_not_called_noisy(tmp_path: Path) -> None:
    first, _ = described(tmp_path, snr_db=30.0)
    assert "snr_db" in [d.facet.id for d in first.departures if d.clear]
    assert first.words() == ()


def test_scores_are_said_by_their_means(tmp_path: Path) -> None:
    embeddings, groups = grouped((30, 30))
    scores = np.random.default_rng(0).dirichlet(np.ones(9), 60)
    scores[groups == 0, 6] += 2  # sad
    place = geometry(tmp_path / "store", embeddings, scores=scores / scores.sum(axis=1, keepdims=True))
    first, second = portraits(divided(place, groups), place)
    assert first.name() == "sad; no speaker named"
    assert first.name("zh") == "难过；未标明说话人"
    assert "sad" not in second.words()


def test_one_voice_and_one_recording_are_warned_of(tmp_path: Path) -> None:
    first, second = described(tmp_path, speaker="amy", file="long.wav")
    assert first.speakers == first.recordings == 1
    assert [m.words() for m in first.mostly] == [
        "100 % of it is one speaker (amy): it may be a voice, not a way of speaking",
        "100 % of it is one recording (long.wav): it may be a recording, not a way of speaking",
    ]
    assert first.mostly[1].words("zh").startswith("其中 100% 来自同一录音（long.wav）")
    assert second.mostly == ()


def test_without_the_acoustic_encoder_it_says_what_it_cannot_hear(tmp_path: Path) -> None:
    first, _ = described(tmp_path)
    assert first.whispered is None
    assert first.as_json()["unheard"][0] == "pitch_hz"
    assert unheard_words(first.unheard).startswith("not compared, since the encoder does not measure it: pitch, ")
    assert unheard_words(first.unheard, "zh").startswith("未作比较（编码器不测量）：音高、")


def test_effects_and_p_values_equal_pairs_counted_and_scipy() -> None:
    rng = np.random.default_rng(0)
    values = np.round(rng.normal(size=80), 1)  # with ties
    values[rng.random(80) < 0.1] = np.nan
    labels = rng.integers(-1, 3, 80)
    delta, p = cliffs_delta(values, labels, 3)
    for c in range(3):
        one = values[(labels == c) & ~np.isnan(values)]
        two = values[(labels != c) & ~np.isnan(values)]
        counted = np.mean([np.sign(a - b) for a in one for b in two])
        assert delta[c] == pytest.approx(counted)
        assert delta[c] == pytest.approx(two_samples(one, two))
        assert p[c] == pytest.approx(mannwhitneyu(one, two, method="asymptotic").pvalue)


def test_few_values_and_equal_values_say_nothing() -> None:
    labels = np.array([0] * 4 + [1] * 10)
    delta, p = cliffs_delta(np.arange(14.0), labels, 2)
    assert np.isnan([delta, p]).all()
    delta, p = cliffs_delta(np.ones(20), np.repeat([0, 1], 10), 2)
    assert delta.tolist() == [0, 0]
    assert p.tolist() == [1, 1]


def test_a_voice_is_compared_with_itself_where_speakers_are_given() -> None:
    # Two voices, 10 dB apart; a cluster holds each one's quieter clips.
    speakers = np.repeat([0, 1], 20)
    values = np.where(speakers == 0, -20.0, -30.0) + np.tile([-2.0, 0.0], 20) + 0.01 * np.arange(40)
    labels = np.tile([0, -1], 20)
    sound = Heard((Facet("level_dbfs", "loudness", "dBFS", ("level", ""), personal=True),), values[:, None], ())
    ((together,),) = departures(sound, labels, None)
    ((own,),) = departures(sound, labels, speakers)
    assert own.effect == -1
    assert -0.6 < together.effect < -0.4
    assert own.inside == together.inside == pytest.approx(np.median(values[labels == 0]))
    assert (own.own, together.own) == (True, False)
    assert own.apart == pytest.approx(-2, abs=0.1)


def test_own_means_equal_a_loop() -> None:
    rng = np.random.default_rng(0)
    values, speakers = rng.normal(size=30), rng.integers(-1, 4, 30)
    values[3] = np.nan
    expected = [
        v - (np.nanmean(values[speakers == s]) if s >= 0 else np.nanmean(values))
        for v, s in zip(values, speakers, strict=True)
    ]
    assert np.allclose(less_own_mean(values, speakers), expected, equal_nan=True)


def test_correction_counts_all_clusters_and_facets() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 30)
    facets = tuple(Facet(f"f{i}", f"f{i}", "1", ("f", ""), ("more", ""), ("less", "")) for i in range(40))
    values = rng.normal(size=(90, 40))
    found = departures(Heard(facets, values, ()), labels, None)
    raw = min(cliffs_delta(values[:, j], labels, 3)[1].min() for j in range(40))
    least = min(d.p for own in found for d in own)
    assert least == pytest.approx(min(raw * 120, 1))
    assert not any(d.clear for own in found for d in own)


@pytest.mark.parametrize(
    ("effect", "p", "apart", "clear"),
    [
        (0.34, 0.01, 2.1, True),
        (-0.34, 0.05, -2.1, True),
        (0.32, 1e-12, 9.0, False),
        (0.9, 0.06, 9.0, False),
        (0.9, 1e-12, 1.9, False),
    ],
)
def test_only_what_is_consistent_noticeable_and_sure_is_said(
    effect: float, p: float, apart: float, clear: bool
) -> None:
    facet = Facet("level_dbfs", "loudness", "dBFS", ("level", ""), ("loud", ""), least=2.0)
    assert Departure(facet, effect, p, 1, 0, apart, own=False).clear is clear


def test_pitch_is_compared_in_semitones() -> None:
    facet = Facet("pitch_hz", "pitch", "Hz", ("pitch", ""), by_ratio=True)
    values = np.repeat([[200.0], [100.0]], 8, axis=0)
    ((found,), _) = departures(Heard((facet,), values, ()), np.repeat([0, 1], 8), None)
    assert (found.inside, found.outside) == (200, 100)
    assert found.apart == pytest.approx(12)


@pytest.fixture
def tones(tmp_path: Path) -> tuple[EmotionStore, np.ndarray]:
    """Low tones, high tones and hiss through the acoustic encoder, whose embeddings are descriptors."""
    clips = [tone(1.0, hz=120 + i, seed=i) for i in range(8)]
    clips += [tone(1.0, hz=300 + 2 * i, seed=i) for i in range(8)]
    clips += [(0.01 * np.random.default_rng(i).normal(size=16_000)).astype(np.float32) for i in range(8)]
    encoder = Acoustic()
    embeddings = encoder.encode(clips).embeddings
    store = make_store(tmp_path / "store", [{"speaker": f"s{i % 3}"} for i in range(24)], embeddings=embeddings)
    card = {"name": "acoustic", "revision": encoder.card.revision, "dim": encoder.card.dim}
    text = json.loads((store.path / "store.json").read_text())
    text["encoder"] |= card
    (store.path / "store.json").write_text(json.dumps(text))
    return EmotionStore.open(store.path), np.repeat([0, 1, 2], 8)


def test_pitch_and_whispers_are_read_from_the_acoustic_embedding(
    tones: tuple[EmotionStore, np.ndarray],
) -> None:
    store, labels = tones
    place = Geometry(store, Space.RAW)
    low, high, hiss = portraits(divided(place, labels), place)
    assert low.unheard == ()
    assert "low" in low.words()
    assert "high" in high.words()
    pitch = {d.facet.id: d for d in high.departures}["pitch_hz"]
    assert pitch.inside == pytest.approx(307, abs=4)
    assert (low.whispered, high.whispered, hiss.whispered) == (False, False, True)
    assert hiss.words()[0] == "whispered"
    assert hiss.words("zh")[0] == "耳语"
    assert not {"high", "low", "lively", "monotone", "breathy"} & set(hiss.words())
    assert [d.facet.id for d in hiss.evidence][:2] in (["voiced_share", "harmonicity"], ["harmonicity", "voiced_share"])
    assert hiss.evidence[2:] == hiss.said


def test_heard_values_are_those_the_encoder_measures(
    tones: tuple[EmotionStore, np.ndarray],
) -> None:
    store, _ = tones
    sound = heard(store, Geometry(store).vectors)
    pitch = sound.column("pitch_hz")
    assert pitch[:16] == pytest.approx([120 + i for i in range(8)] + [300 + 2 * i for i in range(8)], rel=0.01)
    assert np.isnan(pitch[16:]).all()
    assert sound.column("duration_s").tolist() == [1.0] * 24
    assert sound.column("nothing of the kind") is None


def test_a_foreign_revision_is_not_read(tones: tuple[EmotionStore, np.ndarray]) -> None:
    store, _ = tones
    text = json.loads((store.path / "store.json").read_text())
    text["encoder"]["revision"] = "999"
    (store.path / "store.json").write_text(json.dumps(text))
    assert heard(EmotionStore.open(store.path), Geometry(store).vectors).unheard


def test_medoids_are_nearest_the_centre_each_voice_in_turn(tmp_path: Path) -> None:
    embeddings, groups = grouped((12, 20), seed=2)
    speakers = ["amy", "amy", "amy", "bo", "bo", "cy", None, "amy"] * 4
    place = geometry(tmp_path / "store", embeddings, [{"speaker": s} for s in speakers])
    rows = np.flatnonzero(groups == 1)
    points = np.asarray(place.vectors.points(rows), np.float64)
    near = points @ points.mean(axis=0)
    order = [int(rows[i]) for i in np.argsort(-near)]
    expected, left = [], order.copy()
    while left:
        turn = set()
        for row in left.copy():
            if speakers[row] not in turn:
                turn.add(speakers[row])
                expected.append(row)
                left.remove(row)
    found = medoids(place.vectors, rows, np.arange(32), 20)
    assert found.tolist() == expected
    assert medoids(place.vectors, rows, np.arange(32), 3).tolist() == expected[:3]


def test_identical_clips_stand_for_a_cluster_once(tmp_path: Path) -> None:
    embeddings = np.ones((6, 4), np.float32)
    place = geometry(tmp_path / "store", embeddings)
    assert medoids(place.vectors, np.arange(6), np.array([0, 0, 1, 1, 2, 0]), 5).tolist() == [0, 2, 4]


def test_json_is_plain(tmp_path: Path) -> None:
    first, _ = described(tmp_path, level_dbfs=-40.0, speaker="amy")
    document = json.loads(json.dumps(first.as_json(), allow_nan=False))
    assert document["name"] == "quiet; 1 speaker"
    assert document["departures"][0]["word"] == "quiet"
    assert document["mostly"] == [{"what": "speaker", "name": "amy", "share": 1.0}]
    assert len(document["medoids"]) == 5
    assert document["verdict"] == str(Verdict.STABLE)
