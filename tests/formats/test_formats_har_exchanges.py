"""Exchanges of HAR files: as browsers write them, as nobody should, and in pieces (R38)."""

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from cookieproxy.formats.har_exchanges import MOST_BODY, HarExchange, exchanges_in
from cookieproxy.formats.traffic_files import EndsEarly, Kind, Unreadable, opened

STARTED = "2026-11-20T13:00:00.250+01:00"
AT = 1_795_176_000.25 - 0.0


def entry(**changes: Any) -> dict[str, Any]:
    """An entry as Chromium writes it."""
    made: dict[str, Any] = {
        "_initiator": {"type": "script", "stack": {"callFrames": [{"functionName": "f", "lineNumber": 7}]}},
        "_priority": "High",
        "_resourceType": "document",
        "cache": {},
        "connection": "443",
        "pageref": "page_1",
        "request": {
            "method": "POST",
            "url": "https://shop.example/login?next=%2F#top",
            "httpVersion": "http/2.0",
            "headers": [
                {"name": ":authority", "value": "shop.example"},
                {"name": ":method", "value": "POST"},
                {"name": "cookie", "value": "a=1; b=2"},
                {"name": "user-agent", "value": "Mozilla/5.0 Chrome/140.0.0.0"},
            ],
            "queryString": [{"name": "next", "value": "/"}],
            "cookies": [{"name": "a", "value": "1", "httpOnly": False}],
            "headersSize": -1,
            "bodySize": 20,
            "postData": {"mimeType": "application/x-www-form-urlencoded", "text": "user=a&password=b", "params": []},
        },
        "response": {
            "status": 302,
            "statusText": "",
            "httpVersion": "http/2.0",
            "headers": [
                {"name": "location", "value": "/"},
                {"name": "set-cookie", "value": "sid=1; Path=/; Secure\nlang=de; Path=/"},
            ],
            "cookies": [{"name": "sid", "value": "1"}],
            "content": {"size": 5, "mimeType": "text/html", "text": "aGVsbG8=", "encoding": "base64"},
            "redirectURL": "/",
            "headersSize": -1,
            "bodySize": -1,
            "_transferSize": 100,
            "_error": None,
        },
        "serverIPAddress": "[2001:db8::1]",
        "startedDateTime": STARTED,
        "time": 999.0,
        "timings": {"blocked": 1.5, "dns": -1, "ssl": 3, "connect": 10, "send": 0.5, "wait": 100, "receive": 50},
    }
    for path, value in changes.items():
        *parents, name = path.split("__")
        within = made
        for parent in parents:
            within = within[parent]
        if value is ...:
            del within[name]
        else:
            within[name] = value
    return made


def har(*entries: object) -> bytes:
    log = {
        "version": "1.2",
        "creator": {"name": "WebInspector"},
        "pages": [{"id": "page_1"}],
        "entries": entries,
        "comment": "",
    }
    return json.dumps({"log": log}, ensure_ascii=False).encode()


def read(place: Path, octets: bytes) -> list[HarExchange | None]:
    file = place / "file"
    file.write_bytes(octets)
    with opened(str(file)) as opened_file:
        assert opened_file.kind is Kind.HAR
        return list(exchanges_in(opened_file))


def read_one(place: Path, **changes: Any) -> HarExchange:
    [found] = read(place, har(entry(**changes)))
    assert found is not None
    return found


def test_what_chromium_writes(tmp_path: Path) -> None:
    found = read_one(tmp_path)
    assert found.started == pytest.approx(1_795_176_000.25)
    assert (found.method, found.scheme, found.host, found.port) == ("POST", "https", "shop.example", 443)
    assert found.path == b"/login?next=%2F"
    assert found.fields == ((b"cookie", b"a=1; b=2"), (b"user-agent", b"Mozilla/5.0 Chrome/140.0.0.0"))
    assert found.body == b"user=a&password=b"
    response = found.response
    assert response is not None
    assert response.status == 302
    assert response.fields == (
        (b"location", b"/"),
        (b"set-cookie", b"sid=1; Path=/; Secure"),
        (b"set-cookie", b"lang=de; Path=/"),
    )
    assert response.answered - found.started == pytest.approx(0.112)


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        pytest.param({"timings": ...}, 0.999, id="no timings: all of the time"),
        pytest.param({"timings": {"send": -1, "wait": -1}}, 0, id="timings that do not apply"),
        pytest.param({"timings": {"wait": "soon", "send": None, "dns": 1e300}}, 0, id="timings that are none"),
        pytest.param({"timings": ..., "time": ...}, 0, id="no time at all"),
    ],
)
def test_when_the_head_of_the_response_came(tmp_path: Path, changes: dict[str, Any], seconds: float) -> None:
    found = read_one(tmp_path, **changes)
    assert found.response is not None
    assert found.response.answered - found.started == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-11-20T12:00:00.250Z", 1_795_176_000.25),
        ("2026-11-20T12:00:00", 1_795_176_000.0),
        ("2026-11-20T04:00:00.123456789-0800", 1_795_176_000.123457),
    ],
)
def test_times_with_and_without_a_zone(tmp_path: Path, said: str, at: float) -> None:
    assert read_one(tmp_path, startedDateTime=said).started == pytest.approx(at)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://Shop.Example:8080/a b?x=ü", ("http", "shop.example", 8080, b"/a%20b?x=%C3%BC")),
        ("wss://shop.example/socket", ("https", "shop.example", 443, b"/socket")),
        ("ws://[::1]/", ("http", "[::1]", 80, b"/")),
        ("https://bücher.example", ("https", "xn--bcher-kva.example", 443, b"/")),
    ],
)
def test_where_requests_go(tmp_path: Path, url: str, place: tuple[object, ...]) -> None:
    found = read_one(tmp_path, request__url=url)
    assert (found.scheme, found.host, found.port, found.path) == place


def test_cookies_that_are_written_only_as_such(tmp_path: Path) -> None:
    said = [{"name": "a", "value": "1"}, {"name": "", "value": "x"}, {"value": "no name"}, "a=1", None]
    found = read_one(tmp_path, request__headers=[{"name": "Accept", "value": "*/*"}], request__cookies=said)
    assert found.fields == ((b"Accept", b"*/*"), (b"Cookie", b"a=1; x"))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"response": ...}, id="none"),
        pytest.param({"response": None}, id="null"),
        pytest.param({"response__status": 0}, id="status 0: blocked or broken off"),
        pytest.param({"response__status": "200"}, id="a status that is no number"),
        pytest.param({"response__status": 10**15}, id="a status that nobody has"),
    ],
)
def test_there_may_be_no_response(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert read_one(tmp_path, **changes).response is None


def test_what_else_may_be_missing_or_odd(tmp_path: Path) -> None:
    changes = {
        "request__postData": {"mimeType": "multipart/form-data", "params": []},
        "request__httpVersion": ...,
        "request__headers": [
            [[[{"name": "deep", "value": "1"}]]],
            {"name": 5, "value": "x"},
            {"name": "n", "value": None},
        ],
        "request__cookies": "none",
        "_webSocketMessages": [{"type": "send", "time": 1.5, "opcode": 1, "data": "x" * 1000}] * 100,
        "response__content": {"size": -1, "text": None},
        "unknown": [[[[]]], {"request": {}}],
    }
    found = read_one(tmp_path, **changes)
    assert (found.body, found.version, found.fields) == (b"", "", ((b"n", b""),))


@pytest.mark.parametrize(
    "odd",
    [
        *(None, 5, [], "text", {}, {"request": {}}, {"request": [], "startedDateTime": STARTED}),
        *(entry(startedDateTime="yesterday"), entry(startedDateTime=...), entry(request__method=["GET"] * 2)),
        *(
            entry(request__url="data:text/html,x"),
            entry(request__url="chrome-extension://abc/x"),
            entry(request__url=""),
        ),
        *(entry(request__url="https://"), entry(request__method="GE\nT"), entry(request__method="ÜBER")),
    ],
    ids=lambda odd: repr(odd)[:30],
)
def test_entries_that_are_none_are_passed_over(tmp_path: Path, odd: object) -> None:
    first, second = read(tmp_path, har(odd, entry()))
    assert second is not None
    assert first is None


def test_long_bodies_are_cut(tmp_path: Path) -> None:
    assert len(read_one(tmp_path, request__postData={"text": "ü" * MOST_BODY}).body) == MOST_BODY


# -- ids ---------------------------------------------------------------------------------------------------------------


def test_ids_are_the_same_in_every_file_and_twins_have_their_own(tmp_path: Path) -> None:
    other = entry(request__url="https://shop.example/other")
    first = [each.id for each in read(tmp_path, har(entry(), other, entry())) if each is not None]
    second = [each.id for each in read(tmp_path, har(other, entry(), entry(), entry())) if each is not None]
    assert len(set(first)) == 3
    assert len(set(second)) == 4
    assert set(first) <= set(second)


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b" \n\t", b"\xef\xbb\xbf\r\n"], ids=repr)
def test_a_byte_order_mark_and_white_space_in_front(tmp_path: Path, before: bytes) -> None:
    assert len(read(tmp_path, before + har(entry(), entry()))) == 2


def test_compressed_files(tmp_path: Path) -> None:
    assert len(read(tmp_path, gzip.compress(b"\xef\xbb\xbf" + har(entry(), entry())))) == 2


def test_a_file_that_breaks_off_is_read_up_to_there(tmp_path: Path) -> None:
    octets = har(entry(), entry(), entry())
    third = octets.rindex(b'{"_initiator')
    for cut in (third, third + 50, len(octets) - 300, octets.rindex(b', "comment"') - 1):
        found, error = as_far_as_it_goes(tmp_path, octets[:cut])
        assert len(found) in (2, 3), cut
        assert isinstance(error, EndsEarly)


def as_far_as_it_goes(place: Path, octets: bytes) -> tuple[list[HarExchange | None], Exception | None]:
    file = place / "file"
    file.write_bytes(octets)
    found = []
    try:
        with opened(str(file)) as opened_file:
            for each in exchanges_in(opened_file):
                found.append(each)
    except Unreadable as error:
        return found, error
    return found, None


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        pytest.param(b'{"log": {"pages": []}}', "no `entries`", id="no entries"),
        pytest.param(b'{"log": {"entries": {"a": 1}}}', "no `entries`", id="entries that are no list"),
        pytest.param(b'{"cookies": [], "origins": []}', "no `log`", id="another format"),
        pytest.param(b"{}", "no `log`", id="empty"),
        pytest.param(b'{"log": {"entries": [{"topsecret": nope}]}}', "invalid string", id="no JSON"),
        pytest.param(b'{"log": {"entries": [{"topsecret": "\xff"}]}}', "invalid bytes in UTF8 string", id="no UTF-8"),
        pytest.param(b'{"log": {"entries": [{"topsecret": 1e999}]}}', "overflow", id="a number that is none"),
    ],
)
def test_what_is_no_har_file_is_said_without_quoting_it(tmp_path: Path, octets: bytes, why: str) -> None:
    _, error = as_far_as_it_goes(tmp_path, octets)
    assert error is not None
    assert why in str(error)
    assert "topsecret" not in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    "nested", [b"[" * 200_000, b'{"log":' * 100_000, b'{"log":{"entries":[' + b"[" * 200_000], ids=len
)
def test_what_is_nested_deeply_ends_without_a_traceback(tmp_path: Path, nested: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"{" + nested if nested.startswith(b"[") else nested)
    with pytest.raises(Unreadable), opened(str(file)) as opened_file:
        list(exchanges_in(opened_file))


@pytest.mark.parametrize(
    "octets", [b"\x00" * 100, b"hello", b"<html>", b"[1]", har(entry()).decode().encode("utf-16")], ids=len
)
def test_what_is_neither_says_what_to_do(tmp_path: Path, octets: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(octets)
    with pytest.raises(Unreadable, match=r"neither a flow file|UTF-16"), opened(str(file)):
        pass


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    one = json.dumps(
        entry(response__content={"text": "x" * 100_000}, _webSocketMessages=[{"data": "y" * 100}] * 500)
    ).encode()
    with file.open("wb") as stream:
        stream.write(b'{"log": {"entries": [' + one)
        for _ in range(150):
            stream.write(b"," + one)
        stream.write(b"]}}")
    assert file.stat().st_size > 20_000_000
    tracemalloc.start()
    try:
        with opened(str(file)) as opened_file:
            assert sum(1 for _ in exchanges_in(opened_file)) == 151
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4_000_000
