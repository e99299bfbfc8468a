"""Cookie fields taken apart and edited pair by pair (RFC 6265bis 5.8.3; R7)."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.cookie_string import CookieString, join_fields, mask_cookie, parse_cookie, serialise


@pytest.mark.parametrize(
    ("source", "pairs"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b" ; ;\t", [], id="only empty pieces"),
        pytest.param(b"a=1", [(b"a", b"1")], id="one"),
        pytest.param(b"a=1; b=2", [(b"a", b"1"), (b"b", b"2")], id="two"),
        pytest.param(b"a=1;b=2;", [(b"a", b"1"), (b"b", b"2")], id="without spaces, with a last ;"),
        pytest.param(b"a=1; ; b=2", [(b"a", b"1"), (b"b", b"2")], id="an empty piece"),
        pytest.param(b"a=1; a=2", [(b"a", b"1"), (b"a", b"2")], id="same name twice"),
        pytest.param(b"a=b=c", [(b"a", b"b=c")], id="the first = divides"),
        pytest.param(b"a", [(b"", b"a")], id="no ="),
        pytest.param(b"=a", [(b"", b"a")], id="empty name"),
        pytest.param(b"a=", [(b"a", b"")], id="empty value"),
        pytest.param(b"=", [(b"", b"")], id="only ="),
        pytest.param(b" a = 1 2\t", [(b"a", b"1 2")], id="trimmed"),
        pytest.param(b'a="1; 2"', [(b"a", b'"1'), (b"", b'2"')], id="quotes protect nothing"),
        pytest.param(b'a={"x":1,"y":2}, b=3', [(b"a", b'{"x":1,"y":2}, b=3')], id="commas divide nothing"),
        pytest.param(b"a=\xff\x00\r", [(b"a", b"\xff\x00\r")], id="any octets"),
        pytest.param(b"$Version=1; a=1; $Path=/", [(b"$Version", b"1"), (b"a", b"1"), (b"$Path", b"/")], id="RFC 2109"),
    ],
)
def test_pairs(source: bytes, pairs: list[tuple[bytes, bytes]]) -> None:
    assert [(pair.name, pair.value) for pair in parse_cookie(source)] == pairs
    assert CookieString(source).pairs == parse_cookie(source)


def test_a_pair_keeps_its_own_bytes() -> None:
    assert [pair.source for pair in parse_cookie(b" a = 1 ;=2; 3")] == [b"a = 1", b"=2", b"3"]


@pytest.mark.parametrize(
    ("source", "indexes", "expected"),
    [
        pytest.param(b"a=1; b=2;c=3", [], b"a=1; b=2;c=3", id="none"),
        pytest.param(b"a=1; b=2;c=3", [0], b"b=2;c=3", id="the first, and the space after it"),
        pytest.param(b"a=1; b=2;c=3", [1], b"a=1;c=3", id="the middle"),
        pytest.param(b"a=1; b=2;c=3", [2], b"a=1; b=2", id="the last"),
        pytest.param(b"a=1; b=2;c=3", [0, 2], b"b=2", id="two"),
        pytest.param(b"a=1; b=2;c=3", [0, 1, 2], b"", id="all"),
        pytest.param(b"; a=1; b=2; ", [0], b"; b=2; ", id="empty pieces stay"),
        pytest.param(b"; a=1; ", [0], b"", id="but not alone"),
    ],
)
def test_without(source: bytes, indexes: list[int], expected: bytes) -> None:
    assert CookieString(source).without(indexes).source == expected


@pytest.mark.parametrize(
    ("source", "index", "pair", "expected"),
    [
        pytest.param(b"a=1;  b = 2 ;c=3", 1, (b"b", b"x"), b"a=1;  b = x ;c=3", id="another value, spacing kept"),
        pytest.param(b"a=1;  b = 2 ;c=3", 1, (b"x", b"2"), b"a=1;  x = 2 ;c=3", id="another name, spacing kept"),
        pytest.param(b"a=1; b", 1, (b"", b"x"), b"a=1; x", id="a bare word"),
        pytest.param(b"a=1; b", 1, (b"x", b"b"), b"a=1; x=b", id="a bare word gets a name"),
        pytest.param(b"a=1; b=2", 0, (b"", b"x"), b"x; b=2", id="a name is taken away"),
        pytest.param(b"a=; b=2", 0, (b"a", b"x"), b"a=x; b=2", id="an empty value"),
        pytest.param(b"a=1", 0, (b"a", b""), b"a=", id="a value is taken away"),
    ],
)
def test_with_pair(source: bytes, index: int, pair: tuple[bytes, bytes], expected: bytes) -> None:
    assert CookieString(source).with_pair(index, *pair).source == expected


def test_changes_are_made_at_once() -> None:
    string = CookieString(b"a=1; b=2; c=3; d=4")
    assert string.changed({0: None, 1: (b"b", b"x"), 3: (b"e", b"4")}).source == b"b=x; c=3; e=4"


@pytest.mark.parametrize(
    ("source", "added", "expected"),
    [
        pytest.param(b"a=1;b=2", [], b"a=1;b=2", id="none"),
        pytest.param(b"", [(0, b"x", b"9"), (0, b"y", b"8")], b"x=9; y=8", id="to nothing"),
        pytest.param(b" ; ", [(0, b"x", b"9")], b"x=9", id="to nothing but separators"),
        pytest.param(b"a=1;b=2", [(0, b"x", b"9")], b"x=9; a=1;b=2", id="first"),
        pytest.param(b" a=1;b=2", [(0, b"x", b"9")], b" x=9; a=1;b=2", id="first, after the white space"),
        pytest.param(b"a=1;b=2", [(1, b"x", b"9")], b"a=1; x=9;b=2", id="second"),
        pytest.param(b"a=1;b=2", [(2, b"x", b"9")], b"a=1;b=2; x=9", id="last"),
        pytest.param(b"a=1; b=2; ", [(9, b"x", b"9")], b"a=1; b=2; x=9; ", id="last, before an empty piece"),
        pytest.param(
            b"a=1", [(1, b"x", b"9"), (0, b"", b"8"), (1, b"y", b"7")], b"8; a=1; x=9; y=7", id="in given order"
        ),
    ],
)
def test_merged(source: bytes, added: list[tuple[int, bytes, bytes]], expected: bytes) -> None:
    assert CookieString(source).merged(added).source == expected


def test_appended_keeps_the_given_order() -> None:
    assert CookieString(b"a=1").appended([(b"x", b"9"), (b"y", b"8")]).source == b"a=1; x=9; y=8"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [([b"a=1"], b"a=1"), ([b"a=1", b"b=2; c=3"], b"a=1; b=2; c=3"), ([], b""), ([b"a=1;"], b"a=1;")],
)
def test_crumbs_are_joined(fields: list[bytes], expected: bytes) -> None:
    assert join_fields(fields) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"a= secret ;b=secret; secret ; ;=secret", b"a= *** ;b=***; *** ; ;=***"),
        (b"", b""),
        (b"a=", b"a=***"),
    ],
)
def test_masked_in_the_values_only(source: bytes, expected: bytes) -> None:
    assert mask_cookie(source, lambda value: b"***") == expected


def test_values_are_in_no_repr() -> None:
    string = CookieString(b"sid=secret; secret")
    assert "secret" not in f"{string!r} {string} {string.pairs!r}"


@pytest.mark.parametrize("source", [b";" * 65_536, b"a;" * 32_768, b"a=1; " * 13_107, b"=" * 65_536])
def test_a_field_of_64_kilobytes_takes_no_time(source: bytes) -> None:
    """Some 100 ms; were it quadratic, it would be a minute."""
    start = perf_counter()
    string = CookieString(source)
    string.changed(dict.fromkeys(range(len(string.pairs)), (b"b", b"2"))).appended([(b"c", b"3")])
    string.without(range(0, len(string.pairs), 2))
    assert perf_counter() - start < 3


TOKENS = [b";", b"; ", b"=", b" ", b"\t", b'"', b"a", b"b", b"sid", b"\xff", b"\0"]
sources = st.one_of(st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join), st.binary(max_size=60))
names = st.sampled_from([b"n", b"__Host-sid", b"\xff"])
values = st.binary(max_size=8).map(lambda octets: octets.translate(None, b";").strip(b" \t"))
changes = st.dictionaries(st.integers(0, 8), st.one_of(st.none(), st.tuples(names, values)))


@given(sources)
def test_what_is_not_changed_is_the_same(source: bytes) -> None:
    string = CookieString(source)
    same = {index: (pair.name, pair.value) for index, pair in enumerate(string.pairs)}
    assert string.changed(same) is string
    assert string.without([]) is string
    assert string.appended([]) is string
    assert mask_cookie(source, lambda value: value) == source


@given(sources, changes)
def test_changed_pairs_say_the_change_and_the_others_keep_their_bytes(
    source: bytes, changes: dict[int, tuple[bytes, bytes] | None]
) -> None:
    string = CookieString(source)
    wanted = {index: change for index, change in changes.items() if index < len(string.pairs)}
    expected = [wanted.get(index, (pair.name, pair.value)) for index, pair in enumerate(string.pairs)]
    changed = string.changed(wanted)
    assert [(pair.name, pair.value) for pair in changed.pairs] == [pair for pair in expected if pair is not None]
    remaining = [index for index in range(len(expected)) if expected[index] is not None]
    for index, pair in zip(remaining, changed.pairs, strict=True):
        assert index in wanted or pair.source == string.pairs[index].source


@given(sources, st.lists(st.tuples(st.integers(0, 8), names, values), max_size=5))
def test_merged_pairs_stand_where_they_were_told_to(source: bytes, added: list[tuple[int, bytes, bytes]]) -> None:
    string = CookieString(source)
    expected: list[tuple[bytes, bytes]] = []
    for index in range(len(string.pairs) + 1):
        last = index == len(string.pairs)
        expected += [
            (name, value)
            for at, name, value in sorted(added, key=lambda a: a[0])
            if at == index or (last and at > index)
        ]
        expected += [] if last else [(string.pairs[index].name, string.pairs[index].value)]
    assert [(pair.name, pair.value) for pair in string.merged(added).pairs] == expected


@given(sources, st.lists(st.tuples(names, values), min_size=1, max_size=4))
def test_what_is_appended_can_be_taken_away(source: bytes, added: list[tuple[bytes, bytes]]) -> None:
    string = CookieString(source)
    appended = string.appended(added)
    count = len(string.pairs)
    restored = appended.without(range(count, count + len(added)))
    assert restored.source == (source if count else b"")


@given(st.lists(st.tuples(names, values), min_size=1, max_size=5))
def test_what_is_serialised_is_parsed(pairs: list[tuple[bytes, bytes]]) -> None:
    source = join_fields([serialise(name, value) for name, value in pairs])
    assert [(pair.name, pair.value) for pair in parse_cookie(source)] == pairs
