"""Head: one linear layer from an embedding to scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emoanalytics.errors import HeadError
from emoanalytics.labels import Language


def score_word(calibrated: bool, language: Language | str = Language.EN) -> str:
    """What the winner's score is called: every page, axis and command asks here.

    >>> score_word(False), score_word(True)
    ('model score', 'calibrated score of the winner')
    """
    if language == Language.ZH:
        return "胜出情绪的校准得分" if calibrated else "模型得分"
    return "calibrated score of the winner" if calibrated else "model score"


def any_word(calibrated: bool, language: Language | str = Language.EN) -> str:
    """What the score of any label is called, the winner or not: only the winner's was held against listeners.

    >>> any_word(False), any_word(True)
    ('model score', 'model score (calibrated for the winner only)')
    """
    if language == Language.ZH:
        return "模型得分" + ("（仅胜出情绪的得分经过校准）" if calibrated else "")
    return "model score" + (" (calibrated for the winner only)" if calibrated else "")


def mean_word(calibrated: bool, language: Language | str = Language.EN) -> str:
    """What means over clips are called, of whatever label.

    >>> mean_word(True)
    'mean model score (calibrated for the winner only)'
    """
    return ("平均" if language == Language.ZH else "mean ") + any_word(calibrated, language)


def scores_are(calibrated: bool) -> str:
    """What scores may be called, for ``--json``.

    >>> scores_are(False)
    'model score, not calibrated'
    """
    meaning = ": share of listeners who hear it; other scores were not tested" if calibrated else ", not calibrated"
    return score_word(calibrated) + meaning


@dataclass(frozen=True)
class Head:
    """A linear layer and a softmax: ``scores = softmax((W e + b) / temperature)``.

    Attributes:
        weights: (labels, d) float32.
        bias: (labels,) float32.
        labels: one name a row.
        temperature: divides the logits; 1 leaves them as they are.
        calibrated: its scores were brought in line with what listeners hear, so they may be read as probabilities.

    Raises:
        HeadError: shapes do not agree, a value is not finite, or the temperature is not positive.
    """

    weights: np.ndarray
    bias: np.ndarray
    labels: tuple[str, ...]
    temperature: float = 1.0
    calibrated: bool = False

    def __post_init__(self) -> None:
        for name in ("weights", "bias"):
            array = np.array(getattr(self, name), dtype=np.float32)
            if not np.isfinite(array).all():
                raise HeadError(f"the head's {name} are not finite")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        n = len(self.labels)
        if self.weights.ndim != 2 or len(self.weights) != n or self.bias.shape != (n,) or len(set(self.labels)) != n:
            raise HeadError(
                f"a head needs one row and one bias a label; got weights {self.weights.shape}, "
                f"bias {self.bias.shape}, labels {self.labels}"
            )
        if not (np.isfinite(self.temperature) and self.temperature > 0):
            raise HeadError(f"a head's temperature is a positive number, not {self.temperature}")

    @property
    def dim(self) -> int:
        """Length of the embeddings it reads."""
        return int(self.weights.shape[1])

    def logits(self, embeddings: np.ndarray) -> np.ndarray:
        """(n, d) embeddings -> (n, labels) float32 logits, before the temperature.

        Raises:
            HeadError: the embeddings have another length than the head was made for.
        """
        x = np.asarray(embeddings, dtype=np.float32)
        if x.ndim != 2 or x.shape[1] != self.dim:
            raise HeadError(f"this head reads embeddings of length {self.dim}, got shape {x.shape}")
        return x @ self.weights.T + self.bias

    def scores(self, embeddings: np.ndarray) -> np.ndarray:
        """(n, d) embeddings -> (n, labels) float32 scores in 0..1; each row sums to 1.

        >>> head = Head(np.eye(2), np.zeros(2), ("calm", "angry"))
        >>> head.scores(np.array([[0.0, 0.0]])).tolist()
        [[0.5, 0.5]]
        """
        return self.scores_of(self.logits(embeddings))

    def scores_of(self, logits: np.ndarray) -> np.ndarray:
        """(n, labels) logits (of segments or frames) -> (n, labels) float32 scores."""
        z = logits.astype(np.float64) / self.temperature
        z -= z.max(axis=1, keepdims=True)
        e = np.exp(z)
        return (e / e.sum(axis=1, keepdims=True)).astype(np.float32)
