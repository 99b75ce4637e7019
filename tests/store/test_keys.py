import hashlib

from hypothesis import given
from hypothesis import strategies as st

from emoanalytics.store.keys import content_id, segment_ids


def test_the_same_samples_have_the_same_key_and_others_another():
    assert content_id("aa", 0, 100) == content_id("aa", 0, 100)
    keys = {
        content_id(d, a, b)
        for d, a, b in [("aa", 0, 100), ("ab", 0, 100), ("aa", 1, 100), ("aa", 0, 10), ("aa", 0, 1000)]
    }
    assert len(keys) == 5
    assert content_id("aa", 0, 100) == hashlib.blake2b(b"aa:0:100", digest_size=16).hexdigest()


@given(st.lists(st.sampled_from("abcde"), max_size=30), st.integers(0, 30))
def test_ids_are_unique_and_do_not_depend_on_how_rows_are_split_into_commits(contents, cut):
    whole = segment_ids(contents)
    first = segment_ids(contents[:cut])
    assert first + segment_ids(contents[cut:], first) == whole
    assert len(set(whole)) == len(whole)
    seen: set[str] = set()
    for content, key in zip(contents, whole, strict=True):
        assert (key == content) == (content not in seen)
        seen.add(content)


def test_a_freed_key_is_used_again():
    first, copy = segment_ids(["c", "c"])
    assert segment_ids(["c"], [copy]) == [first]
    assert segment_ids(["c"], [first]) == [copy]
