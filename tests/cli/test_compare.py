"""`emoanalytics compare`: sentences, tables, JSON, pictures, mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.compare import compare
from tests.cli.conftest import Said
from tests.made_store import make_store

ANGRY = EMOTION_IDS.index("angry")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten speakers in both shifts, angrier at night; the night is on the telephone; some clips are of no team."""
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    scores = []
    for who in range(10):
        for clip in range(12):
            shift = ("night", "day", "dawn")[clip % 3]
            rows.append(
                {"speaker": f"s{who}", "shift": shift, "end_s": 2.0, "emotion_given": ("sad", "happy")[who % 2]}
            )
            rows[-1] |= {"half": "ab"[(clip + who) % 4 // 2], "third": "abc"[(clip // 3 + who) % 3]}
            rows[-1] |= {"line": "phone" if shift == "night" else "desk", "flags": ["noisy"] if clip == 11 else []}
            angry = {"night": 0.5, "day": 0.2, "dawn": 0.3}[shift] + rng.normal(0, 0.03)
            score = np.full(9, (1 - angry) / 8) * rng.uniform(0.8, 1.2, 9)
            score[ANGRY] = angry
            scores.append(score / score.sum())
    return make_store(tmp_path_factory.mktemp("compare") / "calls", rows, scores=np.array(scores)).path


def test_json_is_what_the_library_says(run: Callable[..., Said], store: Path) -> None:
    options = ("--groups", "night, day", "--normalise-speaker", "--correction", "bh", "--weigh", "duration")
    more = ("--exclude-flag", "noisy", "--where", "speaker <> 's3'", "--role", "all", "--seed", "4")
    said = run("compare", store, "--group", "shift", *options, *more, "--json")
    expected = compare(
        EmotionStore.open(store), "shift", groups=["night", "day"], normalise_speaker=True, correction="bh",
        weigh="duration", exclude_flags=["noisy"], where="speaker <> 's3'", role="all", seed=4,
    )  # fmt: skip
    assert said.status == 0 and said.err == "" and said.json == expected.as_json()
    assert said.json["pairs"][0]["first"] == "night" and len(said.json["groups"]) == 2
    assert said.json["sentences"] == list(expected.said())


def test_two_groups_the_sentences_first_then_every_emotion(run: Callable[..., Said], store: Path) -> None:
    lines = run("compare", store, "--group", "shift", "--groups", "night,day").out.splitlines()
    found = compare(EmotionStore.open(store), "shift", groups=["night", "day"])
    assert tuple(lines[: len(found.said())]) == found.said() and "angry 0.29" in " ".join(found.said())
    row = next(line for line in lines if line.startswith("  😠 angry"))
    d = found.pairs[0].differences[ANGRY]
    assert f"{d.difference:+.3f} ({d.low:+.3f} to {d.high:+.3f})" in row
    for g in found.groups:
        assert f"{g.mean['angry']:.3f} ({g.low['angry']:.3f}-{g.high['angry']:.3f})" in row
    assert row.index("|") < row.index("├") < row.index("●")  # more than nothing
    assert row.split()[-2:] == [f"{d.dominance:+.2f}", f"{d.p_adjusted:.3f}"]
    assert "  line" in "\n".join(lines[lines.index("also tied to the groups:") :])
    assert any("night phone (100%), day desk (100%)" in line for line in lines)


def test_many_groups_have_a_line_each_and_the_pairs_that_differ(run: Callable[..., Said], store: Path) -> None:
    lines = run("compare", store, "--group", "shift", "--correction", "bh").out.splitlines()
    found = compare(EmotionStore.open(store), "shift", correction="bh")
    for group in found.groups:
        row = next(line for line in lines if line.startswith(f"  {group.name} ")).split()
        assert row == [group.name, "40", *(f"{group.mean[label]:.2f}" for label in found.labels)]
    pairs = lines[lines.index("the pairs that differ in an emotion:") + 1 :]
    differing = [(p, d) for p in found.pairs for d in p.differing()]
    assert len(differing) > 20 and f"... and {len(differing) - 20} more: --json gives all" == pairs[20]
    for line, (pair, d) in zip(pairs[:20], differing, strict=False):
        assert line.startswith(f"  {pair.first} - {pair.second}") and f"{d.difference:+.3f}" in line


def test_in_chinese_and_against_baselines(run: Callable[..., Said], store: Path) -> None:
    said = run("compare", store, "--group", "shift", "--groups", "night,day", "--normalise-speaker", "--lang", "zh").out
    expected = compare(EmotionStore.open(store), "shift", groups=["night", "day"], normalise_speaker=True)
    assert said.startswith(expected.said("zh")[0]) and "night 减 day" in said
    assert "平均模型得分（相对说话人自身基线）" in said
    mean, low = (float(v["angry"] or 0) for v in (expected.groups[1].mean, expected.groups[1].low))
    assert mean < 0 and f"{mean:+.3f} ({low:+.3f} to " in said


def test_too_little_evidence_is_said_and_nothing_is_drawn(run: Callable[..., Said], store: Path) -> None:
    said = run("compare", store, "--group", "shift", "--where", "speaker in ('s1', 's2')", "--groups", "night,day").out
    table = said.split("also tied")[0].split("mean model score, every")[1]
    assert "Not enough evidence" in said and "0.000" not in table


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--group", "shift", "--groups", "night,day"), True),
        (("--group", "shift"), True),
        (("--group", "half"), False),  # of clips dealt out by lot: nothing is found
        (("--group", "third"), False),
        (("--group", "shift", "--groups", "night,day", "--where", "speaker < 's6'"), False),  # six: found, no emotion
    ],
)
def test_single_p_values_stand_only_behind_a_finding(
    run: Callable[..., Said], store: Path, options: tuple[str, ...], told: bool
) -> None:
    """What the text does not tell, a table must not: p-values of emotions where the groups as a whole do not differ."""
    said = run("compare", store, *options)
    found = run("compare", store, *options, "--json").json
    reach = found["smallest_p"] * 9 <= 0.05
    assert told == (found["p"] <= 0.05 and reach)
    assert said.status == 0 and ("p (holm)" in said.out) == told
    if not told and len(found["pairs"]) == 1:
        d = found["pairs"][0]["differences"][ANGRY]
        row = next(line for line in said.out.splitlines() if line.startswith("  😠 angry"))
        assert row.split()[-1] == f"{d['dominance']:+.2f}"


def test_emotion_means_the_given_label(run: Callable[..., Said], store: Path) -> None:
    assert run("compare", store, "--group", "emotion", "--json").json["column"] == "emotion_given"


def test_the_picture(run: Callable[..., Said], store: Path, tmp_path: Path) -> None:
    out = tmp_path / "compare.html"
    said = run("compare", store, "--group", "shift", "--out", out)
    page = out.read_text(encoding="utf-8")
    assert said.err == f"written: {out}\n" and "calls: shift" in page and "<script src=" not in page


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--group", "shfit"], "has no column 'shfit' to take as the group (did you mean shift?)"),
        (["--group", "shift", "--groups", "night,noon"], "no clip that is left has shift = 'noon'"),
        (
            ["--group", "shift", "--cluster", "house"],
            "has no column 'house' to take as the cluster (it has segment_id, ",
        ),
        (["--group", "zzz"], "more: EmotionStore.columns lists all "),
        (["--group", "shift", "--correction", "none"], "'none' is not one of 'holm', 'bh'"),
        ([], "Missing option '--group'"),
    ],
)
def test_mistakes_are_one_line(run: Callable[..., Said], store: Path, options: list[str], line: str) -> None:
    said = run("compare", store, *options)
    assert said.status == 2 and line in said.line
