"""What listeners said, in every form they may say it, and what becomes of ``other`` and ``unknown``."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emoanalytics.embed.heads.policies import OtherPolicy, apply_policy
from emoanalytics.embed.heads.votes import Votes
from emoanalytics.errors import HeadError
from emoanalytics.labels import EMOTION_IDS

LABELS = ("angry", "neutral", "sad")
KEEP, DROP, APART = OtherPolicy


def read(table: dict, labels: tuple[str, ...] = LABELS, policy: OtherPolicy = KEEP) -> Votes:
    return Votes.of(pd.DataFrame(table), labels, policy, where="votes.csv")


def test_one_label_a_row_and_several_listeners_a_clip() -> None:
    votes = read({"file": ["a", "b", "a", "a", "c"], "label": ["sad", "生气", "angry", "Sadness", None]})
    assert (votes.key, votes.clips) == ("file", ("a", "b"))
    np.testing.assert_allclose(votes.shares, [[1 / 3, 0, 2 / 3], [1, 0, 0]])
    assert votes.listeners.tolist() == [3, 1]


def test_columns_of_counts_in_any_order_and_with_other_columns() -> None:
    counts = {"vote_sad": [1, 0], "vote_angry": [3, 0], "vote_neutral": [0, 5]}
    votes = read({"segment_id": ["x", "y"], "label": ["sad", "sad"], "speaker": ["s", "t"], **counts})
    assert (votes.key, votes.labels) == ("segment_id", LABELS)
    np.testing.assert_allclose(votes.shares, [[0.75, 0, 0.25], [0, 1, 0]])
    assert votes.listeners.tolist() == [4, 5]


def test_columns_of_shares_named_like_the_emotions() -> None:
    votes = read({"file": ["a", "b"], "anger": [0.2, 1.0], "neutral": [0.3, 0.0], "难过": [0.5, 0.0]})
    np.testing.assert_allclose(votes.shares, [[0.2, 0.3, 0.5], [1, 0, 0]])
    assert np.isnan(votes.listeners[0]) and votes.listeners[1] == 1


def test_other_is_kept_dropped_or_apart_and_never_neutral() -> None:
    table = {
        "file": ["a", "b", "c"],
        "vote_angry": [2, 0, 1],
        "vote_neutral": [2, 0, 0],
        "vote_sad": [0, 0, 0],
        "vote_other": [4, 3, 0],
    }
    kept = read(table, (*LABELS, "other"))
    np.testing.assert_allclose(kept.shares, [[0.25, 0.25, 0, 0.5], [0, 0, 0, 1], [1, 0, 0, 0]])
    for policy in (DROP, APART):
        for labels in (LABELS, (*LABELS, "other")):
            votes = read(table, labels, policy)
            assert votes.labels == LABELS and votes.clips == ("a", "c")
            np.testing.assert_allclose(votes.shares, [[0.5, 0.5, 0], [1, 0, 0]])
            assert votes.apart == {"other": pytest.approx((0.5 + 1 + 0) / 3), "unknown": 0.0} or votes.apart == {
                "other": pytest.approx(0.5)
            }
    with pytest.raises(HeadError, match=r"votes for other, which it does not know \(choose what becomes of other"):
        read(table)


def test_a_label_other_is_a_clip_without_a_named_emotion() -> None:
    table = {"file": ["a", "b"], "label": ["other", "sad"]}
    assert read(table, policy=DROP).clips == ("b",)
    assert read(table, policy=APART).apart == {"other": 0.5, "unknown": 0.0}
    with pytest.raises(HeadError, match=r"row 2: the head does not know the label 'other'.*--other drop"):
        read(table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"clip": ["a"], "label": ["sad"]}, "no column names the clips; it has clip, label, and needs segment_id or"),
        ({"file": ["a", None], "label": ["sad", "sad"]}, "votes.csv, row 3: no file"),
        ({"file": ["a"], "mood": ["sad"]}, "neither a column label nor a column of votes for each emotion"),
        ({"file": ["a", "b"], "label": ["sad", "calm"]}, "row 3: the head does not know the label 'calm'; it knows"),
        (
            {"file": ["a", "b"], "vote_angry": [1, 0.5], "vote_neutral": [0, 0.1], "vote_sad": [0, 0.2]},
            "votes.csv, row 3: votes sum to 0.8; give whole counts, or shares that sum to 1",
        ),
        (
            {"file": ["a"], "vote_angry": [1], "vote_neutral": [2], "vote_sad": [0], "n_votes": [4]},
            "votes.csv, row 2: votes sum to 3, n_votes says 4",
        ),
        ({"file": ["a"], "vote_angry": [0], "vote_neutral": [0], "vote_sad": [0]}, "row 2: nobody voted"),
        ({"file": ["a"], "vote_angry": [-1], "vote_neutral": [2], "vote_sad": [0]}, "row 2: votes are numbers from 0"),
        ({"file": ["a"], "vote_angry": [None], "vote_neutral": [2], "vote_sad": [0]}, "row 2: votes are numbers"),
        ({"file": ["a"], "vote_angry": ["x"], "vote_neutral": [2], "vote_sad": [0]}, "votes are numbers ("),
        ({"file": ["a"], "vote_angry": [1], "vote_sad": [2]}, "no votes for neutral (a column of zeros where nobody"),
        (
            {"file": ["a"], "vote_angry": [1], "vote_neutral": [1], "vote_sad": [2], "vote_happy": [1]},
            "votes.csv and the head are about different labels: votes for happy, which it does not know",
        ),
        (
            {"file": ["a"], "vote_angry": [1], "vote_anger": [1], "vote_neutral": [1], "vote_sad": [2]},
            "two columns hold the votes for angry",
        ),
    ],
)
def test_what_cannot_be_understood_is_one_line(table: dict, message: str) -> None:
    with pytest.raises(HeadError) as caught:
        read(table)
    assert message in str(caught.value) and "\n" not in str(caught.value)


# Policies on scores


def test_policies_on_the_nine() -> None:
    scores = np.random.default_rng(0).dirichlet(np.ones(9), size=20)
    other, unknown = EMOTION_IDS.index("other"), EMOTION_IDS.index("unknown")
    neutral = EMOTION_IDS.index("neutral")
    assert apply_policy(scores, EMOTION_IDS, KEEP).shares is not None
    np.testing.assert_array_equal(apply_policy(scores, EMOTION_IDS, KEEP).shares, scores)
    dropped, apart = (apply_policy(scores, EMOTION_IDS, p) for p in (DROP, APART))
    assert dropped.labels == tuple(e for e in EMOTION_IDS if e not in ("other", "unknown"))
    assert dropped.apart_labels == () and apart.apart_labels == ("other", "unknown")
    np.testing.assert_allclose(apart.apart, scores[:, [other, unknown]])
    for i, row in enumerate(scores):
        rest = sum(row[j] for j in range(9) if j not in (other, unknown))
        assert dropped.shares[i, dropped.labels.index("neutral")] == pytest.approx(row[neutral] / rest)
    np.testing.assert_allclose(dropped.shares.sum(axis=1), 1)


def test_a_row_that_is_all_other_has_no_named_emotion() -> None:
    named = apply_policy(np.array([[0.0, 1.0], [np.nan, np.nan], [0.5, 0.5]]), ("sad", "unknown"), DROP)
    assert np.isnan(named.shares[:2]).all() and named.shares[2].tolist() == [1]
    with pytest.raises(HeadError, match="without other and unknown no label is left"):
        apply_policy(np.ones((1, 1)), ("unknown",), DROP)
