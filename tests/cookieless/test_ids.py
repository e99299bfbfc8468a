"""Ids: 120 bits of which every one counts, in an alphabet that survives URLs and a change of case (R33)."""

import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cookieless.ids import ALPHABET, DIGEST_LENGTH, LENGTH, digest_of, is_id, new_id


def test_an_id_has_120_bits() -> None:
    assert len(set(ALPHABET)) == 32
    assert LENGTH * 5 == 120


def test_ids_are_of_the_alphabet_and_never_the_same() -> None:
    made = {new_id() for _ in range(2_000)}
    assert len(made) == 2_000
    assert {len(one) for one in made} == {LENGTH}
    assert set("".join(made)) == set(ALPHABET)
    assert all(is_id(one.encode()) for one in made)


def test_every_place_has_every_character_about_as_often() -> None:
    """Chi-squared with 31 degrees of freedom: beyond 100 less than once in a hundred million times, and there are 24 places."""
    made = [new_id() for _ in range(6_400)]
    for place in range(LENGTH):
        counts = Counter(one[place] for one in made)
        assert sum((counts[character] - 200) ** 2 / 200 for character in ALPHABET) < 100


def test_the_alphabet_needs_no_encoding_and_has_one_case() -> None:
    assert set(ALPHABET) <= set(string.ascii_lowercase + string.digits)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (b"abcdefghijklmnopqrstuvwx", True),
        (b"ABCDEFGHIJKLMNOPQRSTUVWX", True),
        (b"abcdefghijklmnopqrst9876", True),  # forged: the shape of one all the same
        (b"abcdefghijklmnopqrstuvw", False),
        (b"abcdefghijklmnopqrstuvwxy", False),
        (b"abcdefghijklmnopqrstuvw-", False),
        (b"abcdefghijklmnopqrstuvwx\n", False),
        (b"abcdefghijklmnopqrstuv%41", False),
        (b"", False),
    ],
)
def test_what_looks_like_one(text: bytes, is_one: bool) -> None:
    assert is_id(text) is is_one


@given(st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH), st.data())
def test_case_does_not_count(session_id: str, data: st.DataObject) -> None:
    upper = data.draw(st.lists(st.booleans(), min_size=LENGTH, max_size=LENGTH))
    mixed = "".join(
        character.upper() if is_up else character for character, is_up in zip(session_id, upper, strict=True)
    )
    assert digest_of(mixed) == digest_of(session_id)


def test_a_digest_tells_ids_apart_and_does_not_tell_the_id() -> None:
    one, other = "a" * LENGTH, "a" * (LENGTH - 1) + "b"
    assert digest_of(one) != digest_of(other)
    assert len(digest_of(one)) == DIGEST_LENGTH
    assert one not in digest_of(one)
