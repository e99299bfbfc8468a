"""Set-Cookie fields taken apart and edited (RFC 6265bis 5.6; R5, R11)."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.octets import has_control, has_control_or_tab, wire_text
from cookieproxy.core.syntax import (
    SetCookie,
    compose,
    mask_set_cookie,
    parse_set_cookie,
    set_cookie_has_control,
    with_attribute,
    with_name,
    with_value,
    without_attribute,
)


@pytest.mark.parametrize(
    ("source", "name", "value"),
    [
        pytest.param(b"sid=abc", b"sid", b"abc", id="pair"),
        pytest.param(b"sid=abc; Path=/", b"sid", b"abc", id="pair and attribute"),
        pytest.param(b" \tsid\t = \tabc \t; Path=/", b"sid", b"abc", id="trimmed of SP and HTAB"),
        pytest.param(b"s i d=a b c", b"s i d", b"a b c", id="inner white space stays"),
        pytest.param(b"sid=\x0babc\x0c", b"sid", b"\x0babc\x0c", id="no other white space is trimmed"),
        pytest.param(b"sid=a=b=c", b"sid", b"a=b=c", id="the first = divides"),
        pytest.param(b"sid=", b"sid", b"", id="empty value"),
        pytest.param(b"=abc", b"", b"abc", id="empty name"),
        pytest.param(b"abc", b"", b"abc", id="no ="),
        pytest.param(b"abc; Path=/", b"", b"abc", id="no = before the first ;"),
        pytest.param(b"==abc", b"", b"=abc", id="two ="),
        pytest.param(b"=", b"", b"", id="only ="),
        pytest.param(b"", b"", b"", id="empty"),
        pytest.param(b" \t ", b"", b"", id="only white space"),
        pytest.param(b";", b"", b"", id="only ;"),
        pytest.param(b";sid=abc", b"", b"", id="the pair is before the first ;"),
        pytest.param(b'sid="a;b"', b"sid", b'"a', id="quotes are ordinary characters"),
        pytest.param(b'sid={"a":1,"b":[2]}', b"sid", b'{"a":1,"b":[2]}', id="JSON"),
        pytest.param(b"sid=a, other=b", b"sid", b"a, other=b", id="a comma divides nothing"),
        pytest.param("sid=中".encode(), b"sid", "中".encode(), id="UTF-8"),
        pytest.param(b"sid=\xff\x00\r\n", b"sid", b"\xff\x00\r\n", id="any octets"),
    ],
)
def test_the_pair_is_what_precedes_the_first_semicolon(source: bytes, name: bytes, value: bytes) -> None:
    parsed = parse_set_cookie(source)
    assert (parsed.name, parsed.value) == (name, value)
    assert parsed.source == source


@pytest.mark.parametrize(
    ("source", "attributes"),
    [
        pytest.param(b"a=b", [], id="none"),
        pytest.param(b"a=b;", [], id="an empty one is none"),
        pytest.param(b"a=b; ;\t;;", [], id="several empty ones"),
        pytest.param(b"a=b; Path=/; Secure", [(b"path", b"/"), (b"secure", None)], id="with and without ="),
        pytest.param(b"a=b;PATH\t=\t/x ;sEcUrE ", [(b"path", b"/x"), (b"secure", None)], id="trimmed, lower case"),
        pytest.param(b"a=b; Path=", [(b"path", b"")], id="empty value"),
        pytest.param(b"a=b; =x", [(b"", b"x")], id="empty name"),
        pytest.param(b"a=b; Path=/a=b", [(b"path", b"/a=b")], id="the first = divides"),
        pytest.param(b"a=b; Path=/A; path=/b", [(b"path", b"/A"), (b"path", b"/b")], id="repetitions stay"),
        pytest.param(b'a=b; Path="/; x"', [(b"path", b'"/'), (b'x"', None)], id="quotes protect nothing"),
        pytest.param(b"a; Path=/", [(b"path", b"/")], id="after a bare word"),
        pytest.param(
            b"a=b; Pa th=/; \xc4=\x00", [(b"pa th", b"/"), (b"\xc4", b"\x00")], id="any octets, ASCII lowered only"
        ),
    ],
)
def test_attributes_are_kept_in_order(source: bytes, attributes: list[tuple[bytes, bytes | None]]) -> None:
    assert [(said.name, said.value) for said in parse_set_cookie(source).attributes] == attributes


def test_the_last_attribute_of_a_name_is_found_and_all_are() -> None:
    parsed = parse_set_cookie(b"a=b; Path=/x; Secure; PATH=/y")
    last = parsed.last(b"path")
    assert last is not None
    assert last.value == b"/y"
    assert [said.value for said in parsed.all(b"path")] == [b"/x", b"/y"]
    assert parsed.last(b"domain") is None
    assert parsed.all(b"domain") == ()


@pytest.mark.parametrize(
    ("source", "value", "attributes"),
    [
        pytest.param(b'a="x;y"; Path=/', b'"x;y"', 1, id="protected"),
        pytest.param(b'a= \t"x;y;z" tail; Path=/', b'"x;y;z" tail', 1, id="up to the next ; after the quotes"),
        pytest.param(b'a="x;y', b'"x', 1, id="an unclosed quote protects nothing"),
        pytest.param(b'a=x"y;z"', b'x"y', 1, id="nor does a quote within the value"),
        pytest.param(b'a="x"; b="y;z"', b'"x"', 2, id="nor one in an attribute"),
        pytest.param(b'"x;y"', b'"x;y"', 0, id="a bare word"),
        pytest.param(b'a=; b="x;y"', b"", 2, id="no value"),
    ],
)
def test_quotes_protect_semicolons_if_asked(source: bytes, value: bytes, attributes: int) -> None:
    parsed = parse_set_cookie(source, quotes_protect=True)
    assert parsed.value == value
    assert len(parsed.attributes) == attributes


@pytest.mark.parametrize(
    ("source", "name", "value", "expected"),
    [
        pytest.param(b"a=b", b"HttpOnly", None, b"a=b; HttpOnly", id="flag appended"),
        pytest.param(b"a=b", b"Max-Age", b"604800", b"a=b; Max-Age=604800", id="value appended"),
        pytest.param(b"a=b", b"Path", b"", b"a=b; Path=", id="empty value appended"),
        pytest.param(b"a=b; httponly", b"HttpOnly", None, b"a=b; httponly", id="flag is there"),
        pytest.param(b"a=b;HTTPONLY=1 ;x", b"HttpOnly", None, b"a=b;HTTPONLY ;x", id="flag loses its value"),
        pytest.param(
            b"a=b; max-AGE = 5 ; x", b"Max-Age", b"7", b"a=b; max-AGE = 7 ; x", id="in place, spelling and spacing kept"
        ),
        pytest.param(b"a=b; path ; x", b"Path", b"/", b"a=b; path=/ ; x", id="a bare name gets a value"),
        pytest.param(b"a=b; path= ; x", b"Path", b"/", b"a=b; path= /; x", id="an empty value is filled"),
        pytest.param(b"a=b; Path=/x; Y; path=/z", b"Path", b"/q", b"a=b; Y; path=/q", id="earlier ones go"),
        pytest.param(b"a=b; Path=/x; Y; path=/z", b"Path", b"/z", b"a=b; Y; path=/z", id="even if the last is right"),
        pytest.param(b"a=b;", b"Secure", None, b"a=b;; Secure", id="after an empty one"),
        pytest.param(b"b", b"Secure", None, b"b; Secure", id="to a bare word"),
    ],
)
def test_with_attribute(source: bytes, name: bytes, value: bytes | None, expected: bytes) -> None:
    assert with_attribute(parse_set_cookie(source), name, value).source == expected


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        pytest.param(b"a=b; Path=/x; Secure", b"Path", b"a=b; Secure", id="in the middle"),
        pytest.param(b"a=b; Secure; Path=/x ", b"path", b"a=b; Secure", id="at the end"),
        pytest.param(b"a=b;path;Path=/x ;  PATH =y;z", b"path", b"a=b;z", id="every occurrence"),
        pytest.param(b"path=b; Secure", b"path", b"path=b; Secure", id="the cookie is no attribute"),
    ],
)
def test_without_attribute(source: bytes, name: bytes, expected: bytes) -> None:
    assert without_attribute(parse_set_cookie(source), name).source == expected


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        pytest.param(b" a = b ; Path=/", b"__Host-a", b" __Host-a = b ; Path=/", id="spacing kept"),
        pytest.param(b"=b", b"a", b"a=b", id="empty name"),
        pytest.param(b" b; Path=/", b"a", b" a=b; Path=/", id="bare word"),
        pytest.param(b"a=b", b"", b"=b", id="name taken away"),
        pytest.param(b"; Path=/", b"a", b"a=; Path=/", id="nothing at all"),
    ],
)
def test_with_name(source: bytes, name: bytes, expected: bytes) -> None:
    assert with_name(parse_set_cookie(source), name).source == expected


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        pytest.param(b" a = b ; Path=/", b"c", b" a = c ; Path=/", id="spacing kept"),
        pytest.param(b"a=; Path=/", b"c", b"a=c; Path=/", id="empty value"),
        pytest.param(b"a=b", b"", b"a=", id="value taken away"),
        pytest.param(b"b; Path=/", b"c", b"c; Path=/", id="bare word"),
        pytest.param(b"b; Path=/", b"c=d", b"=c=d; Path=/", id="a bare word must not become a name"),
    ],
)
def test_with_value(source: bytes, value: bytes, expected: bytes) -> None:
    assert with_value(parse_set_cookie(source), value).source == expected


def test_edits_keep_what_quotes_protect() -> None:
    parsed = parse_set_cookie(b'a="x;y"; Path=/', quotes_protect=True)
    assert with_value(parsed, b"z").source == b"a=z; Path=/"
    assert with_attribute(parsed, b"Path", b"/q").source == b'a="x;y"; Path=/q'
    assert with_attribute(parsed, b"Secure", None).value == b'"x;y"'


@pytest.mark.parametrize(
    ("name", "value", "attributes", "expected"),
    [
        (b"a", b"b", [], b"a=b"),
        (b"a", b"", [(b"Max-Age", b"0"), (b"Secure", None)], b"a=; Max-Age=0; Secure"),
        (b"", b"b", [(b"Path", b"/")], b"b; Path=/"),
        (b"", b"b=c", [], b"=b=c"),
    ],
)
def test_compose(name: bytes, value: bytes, attributes: list[tuple[bytes, bytes | None]], expected: bytes) -> None:
    assert compose(name, value, attributes) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"sid= secret ; Path=/", b"sid= *** ; Path=/"),
        (b"secret; Secure", b"***; Secure"),
        (b"=secret", b"=***"),
        (b'sid="se;cret"; Secure', b"sid=***; Secure"),
        (b"sid=", b"sid=***"),
    ],
)
def test_a_field_is_masked_in_its_value_only(source: bytes, expected: bytes) -> None:
    assert mask_set_cookie(source, lambda value: b"***") == expected


@pytest.mark.parametrize(
    ("source", "control", "tab_too"),
    [
        (b"a=b; Path=/", False, False),
        (b"a=\tb", False, True),
        (b"a=\x00b", True, True),
        (b"a=b; Path=/\x08", True, True),
        (b"a=b\n", True, True),
        (b"a=b\r", True, True),
        (b"a=b\x1f", True, True),
        (b"a=b\x7f", True, True),
        (b"a=b\x80\xff !~", False, False),
        (b"", False, False),
    ],
)
def test_control_characters(source: bytes, control: bool, tab_too: bool) -> None:
    assert has_control(source) is set_cookie_has_control(source) is control
    assert has_control_or_tab(source) is tab_too


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"a=b; Path=/\t", False),
        (b"a=b;\tPath\t=\t/", False),
        (b"\ta\t=\tb\t", False),
        (b"a=b\tc", True),
        (b"a\tb=c", True),
        (b"a=b; Path=/x\ty", True),
        (b"a=b; foo\tbar", True),
        (b"a=b; foo", False),
    ],
)
def test_a_tab_within_a_token_is_told_from_one_around_it(source: bytes, expected: bool) -> None:
    assert parse_set_cookie(source).has_inner_tab is expected


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"sid", "sid"),
        ("中é".encode(), "中é"),
        (b"\xe9", "é"),
        (b"\xe4\xb8", "ä¸"),
        (b"", ""),
        (b"\xff" * 999, "ÿ" * 999),
    ],
)
def test_wire_text_is_utf8_or_latin1(octets: bytes, text: str) -> None:
    assert wire_text(octets) == text


def test_values_are_in_no_repr() -> None:
    parsed = parse_set_cookie(b'sid="secret;secret"; x=secret', quotes_protect=True)
    assert "secret" not in f"{parsed!r} {parsed} {parsed.attributes!r}"


@pytest.mark.parametrize(
    "source", [b";" * 65_536, b";a" * 32_768, b"; Path=/" * 8_192, b"=" * 65_536, b'"' * 65_536 + b";"]
)
@pytest.mark.parametrize("quotes_protect", [False, True])
def test_a_field_of_64_kilobytes_takes_no_time(source: bytes, quotes_protect: bool) -> None:
    """Some 20 ms; were it quadratic, it would be a minute."""
    start = perf_counter()
    parsed = parse_set_cookie(source, quotes_protect)
    with_value(without_attribute(with_attribute(with_attribute(parsed, b"Path", b"/x"), b"A", None), b"path"), b"v")
    assert perf_counter() - start < 3


TOKENS = [
    b";",
    b"; ",
    b"=",
    b" ",
    b"\t",
    b'"',
    b",",
    b"a",
    b"Path",
    b"path",
    b"HttpOnly",
    b"Max-Age",
    b"0",
    b"\xff",
    b"\0",
]
sources = st.one_of(st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join), st.binary(max_size=60))
fields = st.builds(parse_set_cookie, sources, st.booleans())
attribute_names = st.sampled_from([b"Path", b"HttpOnly", b"Max-Age", b"X-New", b"a"])
names = st.binary(max_size=6).map(lambda octets: octets.translate(None, b';="').strip(b" \t"))
values = st.binary(max_size=8).map(lambda octets: octets.translate(None, b';"').strip(b" \t"))
attribute_values = st.one_of(st.none(), values)


def others(set_cookie: SetCookie, name: bytes) -> list[tuple[bytes, bytes | None]]:
    return [(said.name, said.value) for said in set_cookie.attributes if said.name != name.lower()]


@given(fields)
def test_parsing_keeps_the_source_and_its_offsets(field: SetCookie) -> None:
    said = field.source[field.pair_end :]
    for attribute in field.attributes:
        piece = said[attribute.start : attribute.end]
        assert piece.startswith(b";")
        assert b";" not in piece[1:]
        name, equals, value = piece[1:].partition(b"=")
        assert attribute.name == name.strip(b" \t").lower()
        assert attribute.value == (value.strip(b" \t") if equals else None)
    assert field.has_equals is (b"=" in field.source[: field.pair_end])
    assert field == parse_set_cookie(field.source, field.quotes_protect)


@given(fields, attribute_names, attribute_values)
def test_with_attribute_says_it_once_and_changes_nothing_else(
    field: SetCookie, name: bytes, value: bytes | None
) -> None:
    edited = with_attribute(field, name, value)
    assert [said.value for said in edited.all(name.lower())] == [value]
    assert edited.source[: edited.pair_end] == field.source[: field.pair_end]
    assert without_attribute(edited, name).source == without_attribute(field, name).source
    assert others(edited, name) == others(field, name)
    assert with_attribute(edited, name, value) is edited
    if field.last(name.lower()) is None:
        assert without_attribute(edited, name).source == field.source


@given(fields, attribute_names)
def test_without_attribute_leaves_none_and_all_others(field: SetCookie, name: bytes) -> None:
    edited = without_attribute(field, name)
    assert edited.all(name.lower()) == ()
    assert others(edited, name) == others(field, name)
    assert edited.source[: edited.pair_end] == field.source[: field.pair_end]
    assert (edited is field) is (field.all(name.lower()) == ())


@given(fields, names)
def test_with_name_changes_the_name_only(field: SetCookie, name: bytes) -> None:
    edited = with_name(field, name)
    assert (edited.name, edited.value) == (name, field.value)
    assert edited.source[edited.pair_end :] == field.source[field.pair_end :]
    assert (edited is field) is (name == field.name)


@given(fields, values)
def test_with_value_changes_the_value_only(field: SetCookie, value: bytes) -> None:
    edited = with_value(field, value)
    assert (edited.name, edited.value) == (field.name, value)
    assert edited.source[edited.pair_end :] == field.source[field.pair_end :]
    assert (edited is field) is (value == field.value)


@given(names, values, st.lists(st.tuples(attribute_names, attribute_values), max_size=4))
def test_what_is_composed_is_parsed(name: bytes, value: bytes, attributes: list[tuple[bytes, bytes | None]]) -> None:
    parsed = parse_set_cookie(compose(name, value, attributes))
    assert (parsed.name, parsed.value) == (name, value)
    assert [(said.name, said.value) for said in parsed.attributes] == [(n.lower(), v) for n, v in attributes]


@given(sources)
def test_masking_with_the_value_itself_changes_nothing(source: bytes) -> None:
    assert mask_set_cookie(source, lambda value: value) == source


@given(st.binary(max_size=40))
def test_control_characters_are_those_of_the_draft(octets: bytes) -> None:
    controls = {*range(0x00, 0x09), *range(0x0A, 0x20), 0x7F}
    assert has_control(octets) is bool(controls & set(octets))
    assert has_control_or_tab(octets) is bool((controls | {0x09}) & set(octets))
