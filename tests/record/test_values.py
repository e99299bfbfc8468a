"""What becomes of values before they are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.events import EventKind
from cookieproxy.record.values import Masker, ValuePolicy, length_only, mask_pieces, octets_of, stored

KEY = b"k" * 32

MASKED = {
    "a Set-Cookie field": (b"sid=secret; Path=/; HttpOnly", b"sid=***6; Path=/; HttpOnly"),
    "a pair": (b"sid=secret", b"sid=***6"),
    "odd spacing stays": (b" sid = secret ;Path=/;; HttpOnly ", b" sid = ***6 ;Path=/;; HttpOnly "),
    "an empty value": (b"sid=; Path=/", b"sid=; Path=/"),
    "nameless": (b"secret; Path=/", b"***6; Path=/"),
    "nameless with =": (b"=secret", b"=***6"),
    "more = belong to the value": (b"sid=a=b==", b"sid=***5"),
    "quotes belong to the value": (b'sid="a b"', b"sid=***5"),
    "attributes in any case": (b"a=1; EXPIRES=x; samesite=lax", b"a=***1; EXPIRES=x; samesite=lax"),
    "the rest of a value cut in two": (b'j={"a":1;"token":"xyz"}; Secure', b"j=***6;***14; Secure"),
    "an unknown attribute": (b"a=1; token=xyz", b"a=***1; ***9"),
    "an attribute that only looks known": (b"a=1; domain x=xyz", b"a=***1; ***12"),
    "one that is long": (b"a=1; path=/" + b"x" * 300, b"a=***1; path=/" + b"x" * 300),
    "long and unknown": (b"a=1; x=/" + b"x" * 300, b"a=***1; ***303"),
    "nothing": (b"", b""),
    "not UTF-8": (b"n\xe9=\xff; Path=/\xfe", b"n\xe9=***1; Path=/\xfe"),
}


@pytest.mark.parametrize(("field", "masked"), MASKED.values(), ids=MASKED)
def test_where_a_value_hides(field: bytes, masked: bytes) -> None:
    assert mask_pieces(field, length_only) == masked


FORMS = {
    "keep": (ValuePolicy.KEEP, "secret"),
    "hash": (ValuePolicy.HASH, "#5207a2d0c0d13d49:6"),
    "drop": (ValuePolicy.DROP, "***6"),
}


@pytest.mark.parametrize(("policy", "form"), FORMS.values(), ids=FORMS)
def test_the_form_of_a_value(policy: ValuePolicy, form: str) -> None:
    assert Masker(policy, KEY).value(b"secret") == form


def test_hashes_of_two_stores_differ() -> None:
    assert Masker(ValuePolicy.HASH, KEY).value(b"secret") != Masker(ValuePolicy.HASH, b"l" * 32).value(b"secret")


@pytest.mark.parametrize("length", [0, 1, 256, 257, 100_000])
def test_hashes_of_any_length(length: int) -> None:
    masker = Masker(ValuePolicy.HASH, KEY)
    assert masker.value(b"v" * length) == masker.value(b"v" * length) == masker.hash(b"v" * length).decode()
    assert str(masker.value(b"v" * length)).endswith(f":{length}")


OWN_WORDS = {
    "persistence": (EventKind.PERSISTENCE, b"session", "session"),
    "a number": (EventKind.HEADER_SIZE, b"8190", "8190"),
    "a negative number": (EventKind.CLOCK_SKEW, b"-12.5", "-12.5"),
    "a field all the same": (EventKind.PERSISTENCE, b"sid=secret; Max-Age=1", "sid=***6; Max-Age=1"),
    "a value that is a number": (EventKind.CHANGED, b"8190", "***4"),
}


@pytest.mark.parametrize(("kind", "octets", "kept"), OWN_WORDS.values(), ids=OWN_WORDS)
def test_words_of_our_own_are_no_values(kind: EventKind, octets: bytes, kept: str) -> None:
    assert Masker(ValuePolicy.DROP, KEY).before_after(kind, octets) == kept


@given(st.binary())
def test_stored_bytes_come_back(octets: bytes) -> None:
    assert octets_of(stored(octets)) == octets


@given(
    st.binary().filter(lambda value: b";" not in value),
    st.lists(st.sampled_from([b"Path=/", b" Secure", b"  max-age = 5", b"", b"DOMAIN=a.example"])),
)
def test_known_attributes_stay_byte_for_byte(value: bytes, attributes: list[bytes]) -> None:
    rest = b";".join([b"", *attributes])
    assert mask_pieces(b"sid=" + value + rest, length_only).endswith(rest)


@given(st.text("xyz;= \t", min_size=1).map(str.encode))
def test_no_part_of_a_value_passes(field: bytes) -> None:
    value = field.partition(b"=")[2] if b"=" in field.partition(b";")[0] else field
    masked = mask_pieces(field, length_only)
    assert not any(letter in masked[len(field) - len(value) :] for letter in b"xyz")
