"""Pseudonyms: the same everywhere in a store, no way back from outside."""

from __future__ import annotations

import hashlib

import pytest

from emoanalytics.privacy import Pseudonyms

NAMES = Pseudonyms.of(["a", "b", "c"])


def test_a_name_has_one_pseudonym_and_two_names_have_two() -> None:
    again = Pseudonyms.of(["c", "a", "b", "a"])
    people = [f"person {i}" for i in range(2000)]
    assert [NAMES.speaker(p) for p in people] == [again.speaker(p) for p in people]
    assert len({NAMES.speaker(p) for p in people}) == 2000
    assert NAMES.session("week1", "anna") != NAMES.session("week1", "ben")
    assert NAMES.file("a.wav", "one") != NAMES.file("a.wav", "two")
    assert (NAMES.speaker(None), NAMES.session(None)) == (None, None)


def test_another_corpus_gives_other_pseudonyms() -> None:
    assert NAMES.speaker("anna") != Pseudonyms.of(["a", "b"]).speaker("anna")


def test_the_kinds_do_not_share_pseudonyms_and_nothing_of_the_name_is_left() -> None:
    given = [NAMES.speaker("anna"), NAMES.session("anna"), NAMES.file("anna"), NAMES.segment("anna")]
    assert [g.split("-")[0] for g in given] == ["speaker", "session", "file", "segment"]
    assert len({g.split("-")[1][:10] for g in given}) == 4
    assert not any("anna" in g for g in given)
    assert NAMES.key.hex() not in repr(NAMES) and repr(NAMES.key) not in repr(NAMES)


def test_a_list_of_names_cannot_be_tried_out_without_the_key() -> None:
    guess = hashlib.blake2b(b"speaker\0anna", digest_size=5).hexdigest()
    assert NAMES.speaker("anna") != f"speaker-{guess}"
    with pytest.raises(ValueError, match="32 bytes"):
        Pseudonyms(b"short")
