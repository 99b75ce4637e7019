"""Keys are content: what identifies a row of the store, never a path or a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence


def _digest(*parts: object) -> str:
    return hashlib.blake2b(":".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def content_id(digest: str, start_sample: int, stop_sample: int) -> str:
    """The key of a stretch of audio: the same wherever, and under whatever name, the samples turn up.

    Args:
        digest: digest of the decoded samples of one channel (``Waveform.digest``).
        start_sample: first 16 kHz sample of the segment.
        stop_sample: the sample after its last.

    Returns:
        32 hex digits.

    >>> content_id("ab12", 0, 16000)
    '3e926f85cc1966daf6278fd1b2f0ae3c'
    """
    return _digest(digest, start_sample, stop_sample)


def copy_id(content: str, copy: int) -> str:
    """The key of the copy-th further row with the same content (1 is the first copy)."""
    return content if copy == 0 else _digest(content, copy)


def segment_ids(content_ids: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """A unique key for each row: the content's own for its first row, a derived one for every copy.

    Args:
        content_ids: one a row, in row order; the same content may stand several times.
        taken: segment ids that other rows of the store hold.

    Returns:
        One id a row, none of them in ``taken``; the same input gives the same ids.

    >>> a, b, again = segment_ids(["c1", "c2", "c1"])
    >>> (a, b, again == copy_id("c1", 1))
    ('c1', 'c2', True)
    """
    used = set(taken)
    following: dict[str, int] = {}
    ids = []
    for content in content_ids:
        copy = following.get(content, 0)
        while (key := copy_id(content, copy)) in used:
            copy += 1
        following[content] = copy + 1
        used.add(key)
        ids.append(key)
    return ids
