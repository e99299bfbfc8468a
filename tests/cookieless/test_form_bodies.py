"""Fields taken out of form bodies: exactly ours, and not a byte of the others."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cookieless.form_bodies import is_textual, take_fields

URLENCODED = b"application/x-www-form-urlencoded"
MULTIPART = b"multipart/form-data; boundary=B"


def is_ours(value: bytes) -> bool:
    return value.startswith(b"id")


@pytest.mark.parametrize(
    ("body", "kept", "values"),
    [
        (b"a=1&sid=id7&b=2", b"a=1&b=2", [b"id7"]),
        (b"sid=id7", b"", [b"id7"]),
        (b"sid=id7&", b"", [b"id7"]),
        (b"&&sid=id7&&a=1&", b"&&&a=1&", [b"id7"]),
        (b"a=1&sid=id7", b"a=1", [b"id7"]),
        (b"sid=id1&sid=other&sid=id2", b"sid=other", [b"id1", b"id2"]),
        (b"%73i%64=%69d7&x=%zz", b"x=%zz", [b"id7"]),
        (b"sid=id+7%21&a=+", b"a=+", [b"id 7!"]),
        (b"a=1&sid=other&b=2", None, []),
        (b"SID=id7", None, []),
        (b"sid", None, []),
        (b"sid=", None, []),
        (b"a=sid=id7;sid=id7", None, []),
        (b"sid+=id7", None, []),
        (b"\xff\x00=%", None, []),
        (b"", None, []),
    ],
)
def test_urlencoded(body: bytes, kept: bytes | None, values: list[bytes]) -> None:
    rest, taken = take_fields(body, URLENCODED, "sid", is_ours)
    assert taken == values
    assert rest == (body if kept is None else kept)
    assert kept is not None or rest is body


def test_a_name_is_compared_decoded() -> None:
    assert take_fields(b"s+%C3%A9=id7&a", URLENCODED + b";charset=utf-8", "s é", is_ours) == (b"a", [b"id7"])


def part(name: bytes, value: bytes, more: bytes = b"", newline: bytes = b"\r\n") -> bytes:
    head = b'Content-Disposition: form-data; name="' + name + b'"' + more
    return b"--B" + newline + head + newline * 2 + value + newline


A, SID, C = part(b"a", b"1\r\n--x\r\n"), part(b"sid", b"id7"), part(b"c", b"")
FILE = part(b"sid", b"id7", b'; filename="x"')
TYPED = part(b"sid", b"id9", b"\r\nContent-Type: text/plain; charset=utf-8")


@pytest.mark.parametrize(
    ("body", "kept", "values"),
    [
        pytest.param(A + SID + C + b"--B--\r\n", A + C + b"--B--\r\n", [b"id7"], id="between"),
        pytest.param(SID + b"--B--", b"--B--", [b"id7"], id="alone"),
        pytest.param(b"pre\r\n" + SID + b"--B--\r\npost", b"pre\r\n--B--\r\npost", [b"id7"], id="preamble"),
        pytest.param(SID + A + TYPED + b"--B--\r\n", A + b"--B--\r\n", [b"id7", b"id9"], id="twice"),
        pytest.param(b"--B \t" + SID[3:] + b"--B-- \r\n", b"--B-- \r\n", [b"id7"], id="padding"),
        pytest.param(
            part(b"a", b"1", newline=b"\n") + part(b"sid", b"id7", newline=b"\n") + b"--B--\n",
            part(b"a", b"1", newline=b"\n") + b"--B--\n",
            [b"id7"],
            id="LF",
        ),
        pytest.param(SID.replace(b'"sid"', b"sid") + b"--B--", b"--B--", [b"id7"], id="unquoted"),
        pytest.param(
            b"--B\r\nx: y\r\ncontent-DISPOSITION:form-data;NAME=sid\r\n\r\nid7\r\n--B--",
            b"--B--",
            [b"id7"],
            id="case",
        ),
        pytest.param(b"--B\r\n\r\nbare\r\n" + SID + b"--B--", b"--B\r\n\r\nbare\r\n--B--", [b"id7"], id="no headers"),
        pytest.param(part(b"a", b"--Bx\r\n--B-\r\nx--B") + SID + b"--B--", None, [b"id7"], id="nearly a boundary"),
        pytest.param(A + FILE + b"--B--\r\n", None, [], id="file"),
        pytest.param(part(b"sid", b"id7", b"; filename*=utf-8''x") + b"--B--", None, [], id="extended file name"),
        pytest.param(part(b"sid", b"other") + b"--B--", None, [], id="not ours"),
        pytest.param(part(b"a", SID.replace(b"--B", b"--C")) + b"--B--", None, [], id="inside a value"),
        pytest.param(part(b"a", b'x"; name="sid') + b"--B--", None, [], id="other name"),
        pytest.param(A + SID, None, [], id="no end"),
        pytest.param(b"--B\r\nno blank line\r\n" + SID + b"--B--", None, [], id="no blank line"),
        pytest.param(A.replace(b"--B", b"--X") + SID.replace(b"--B", b"--X"), None, [], id="other boundary"),
        pytest.param(b"", None, [], id="empty"),
        pytest.param(b"--B", None, [], id="only a delimiter"),
        pytest.param(b"--B--", None, [], id="only an end"),
    ],
)
def test_multipart(body: bytes, kept: bytes | None, values: list[bytes]) -> None:
    rest, taken = take_fields(body, MULTIPART, "sid", is_ours)
    assert taken == values
    assert rest == (kept if kept is not None else body.replace(SID, b"") if values else body)
    assert values or rest is body


@pytest.mark.parametrize(
    "content_type",
    [
        b"multipart/form-data; boundary=B",
        b'Multipart/Form-Data;charset=utf-8; Boundary = "B"',
        b'multipart/form-data; x="; boundary=C"; boundary="\\B"; boundary=C',
    ],
)
def test_the_boundary_is_found(content_type: bytes) -> None:
    assert take_fields(SID + b"--B--", content_type, "sid", is_ours) == (b"--B--", [b"id7"])


def test_a_boundary_is_not_a_pattern() -> None:
    body = SID.replace(b"B", b"a.(b+c") + b"--a.(b+c--"
    assert take_fields(body, b'multipart/form-data; boundary="a.(b+c"', "sid", is_ours)[1] == [b"id7"]


@pytest.mark.parametrize(
    "content_type", [b"", b"text/plain", b"application/json", b"multipart/mixed; boundary=B", b"multipart/form-data"]
)
def test_other_bodies_are_left_alone(content_type: bytes) -> None:
    for body in (b"sid=id7", SID + b"--B--"):
        assert take_fields(body, content_type, "sid", is_ours)[0] is body


@given(st.lists(st.sampled_from([A, SID, C, FILE, TYPED, part(b"sid", b"other")]), max_size=8), st.binary(max_size=30))
def test_what_is_left_are_the_other_parts(parts: list[bytes], epilogue: bytes) -> None:
    end = b"--B--\r\n" + epilogue
    kept = b"".join(one for one in parts if one not in (SID, TYPED))
    assert take_fields(b"".join(parts) + end, MULTIPART, "sid", is_ours)[0] == kept + end


@given(st.lists(st.sampled_from([b"sid=id7", b"a=1", b"", b"sid=%69d", b"%", b"sid=x", b"=", b"\xfe=+"])))
def test_what_is_left_are_the_other_fields(fields: list[bytes]) -> None:
    kept = [field for field in fields if field not in (b"sid=id7", b"sid=%69d")]
    assert take_fields(b"&".join(fields), URLENCODED, "sid", is_ours)[0] == b"&".join(kept)


PIECES = [b"--B", b"--", b"\r\n", b"\n", b"\r", b" ", b'content-disposition: form-data; name="sid"', b"id7", b";", b'"']


@given(
    st.lists(st.sampled_from(PIECES), max_size=40), st.sampled_from([MULTIPART, URLENCODED, b'multipart/form-data;"'])
)
def test_garbage_never_raises_and_nothing_is_invented(pieces: list[bytes], content_type: bytes) -> None:
    body = b"".join(pieces)
    rest, taken = take_fields(body, content_type, "sid", is_ours)
    assert len(rest) <= len(body)
    assert rest is body or taken


HOSTILE = {
    "delimiters": (MULTIPART, b"\r\n--B" * 100_000),
    "nearly delimiters": (MULTIPART, b"--B--B" * 100_000),
    "parts": (MULTIPART, SID * 30_000),
    "padding": (MULTIPART, b"--B" + b" " * 1_000_000),
    "fields": (URLENCODED, b"sid=i&" * 200_000),
    "parameters": (MULTIPART + b";" + b'a="\\";' * 20_000, b""),
    "white space": (MULTIPART + b"; " * 20_000 + b"a" * 20_000, b""),
}


@pytest.mark.parametrize(("content_type", "body"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bodies_take_linear_time(content_type: bytes, body: bytes) -> None:
    start = time.process_time()
    take_fields(body, content_type, "sid", is_ours)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (None, True),
        (b"", True),
        (b"text/plain", True),
        (b"TEXT/html; charset=ISO-8859-1", True),
        (b"application/json", True),
        (b"application/vnd.api+json; charset=utf-8", True),
        (b"application/reports+json", True),
        (b"application/csp-report", True),
        (b"application/xml", True),
        (b"application/soap+xml;charset=utf-8", True),
        (b"application/javascript", True),
        (b"application/x-www-form-urlencoded", True),
        (b"multipart/form-data; boundary=x", True),
        (b"application/graphql", True),
        (b"text/plain; charset=utf-16", False),
        (b'text/xml; charset="UTF-16LE"', False),
        (b"application/json;charset=utf-32", False),
        (b"application/octet-stream", False),
        (b"application/x-protobuf", False),
        (b"image/png", False),
        (b"json", False),
        (b"application/jsonx", True),
        (b"application/x-ndjson", True),
        (b"application/x-sentry-envelope", True),
        (b"image/svg+xml", True),
        (b"application/zip", False),
    ],
)
def test_which_bodies_may_be_searched(content_type: bytes | None, expected: bool) -> None:
    assert is_textual(content_type) is expected
