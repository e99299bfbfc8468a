"""What a browser without cookies gets: links with the session, nothing that is kept, all else byte for byte (R16, R24)."""

import gzip
import re
import socket
import threading
import zlib
from concurrent import futures
from contextlib import closing
from pathlib import Path

import brotli
import pytest
import zstandard

from rig import http2_client
from rig.clients import SECONDS
from rig.messages import Answer
from rig.shared import shared_pair

RULES = """
cookieless:
  - {match: {site: path.example}, mode: uri, carrier: path, script: false}
  - {match: {site: query.example}, mode: uri, carrier: query, script: false}
  - {match: {site: matrix.example}, mode: uri, carrier: matrix, script: false}
  - {match: {site: script.example}, mode: uri, carrier: path}
"""
CARRIERS = ("path", "query", "matrix")
ID = re.compile(rb"(?:\(S\(|sid=)([a-z0-5]{24})")
PAGE = b"<!DOCTYPE html><title>x</title>" + b'<p>text <a href="/next?a=1">next</a></p>\n' * 50
SECRET = b"Set-Cookie: app=secret; Path=/"


@pytest.fixture(scope="module")
def pair(certificate, confdir, tmp_path_factory):
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("responses"), RULES) as pair:
        yield pair


@pytest.fixture(autouse=True)
def _fresh(pair):
    pair.origin.answers.clear()
    pair.origin.received.clear()


def ask(pair, url, *lines, method="GET", agent="agent/1", version="1.1"):
    host = url.split("/")[2]
    tunnel = f"{host}:443" if url.startswith("https:") else None
    target = "/" + url.split("/", 3)[3] if tunnel else url
    head = [f"{method} {target} HTTP/{version}".encode(), f"Host: {host}".encode(), f"User-Agent: {agent}".encode()]
    return pair.proxy.raw(b"\r\n".join([*head, *lines, b"", b""]), tunnel=tunnel)[0]


def without_id(text):
    """The text as the application wrote it, and the ids that were in it."""
    ids = set(ID.findall(text))
    for one in ids:
        for before, after in ((b"/(S(", b"))"), (b"?sid=", b""), (b"&amp;sid=", b""), (b"&sid=", b""), (b";sid=", b"")):
            text = text.replace(before + one + after, b"")
    return text, ids


# -- where it leads ----------------------------------------------------------------------------------------------------

HOME = {
    "/x?a=1#f": {
        "path": r"/\(S\(ID\)\)/x\?a=1#f",
        "query": r"/x\?a=1&sid=ID#f",
        "matrix": r"/x;sid=ID\?a=1#f",
    },
    "x": {"path": r"/\(S\(ID\)\)/dir/x", "query": r"x\?sid=ID", "matrix": r"x;sid=ID"},
    "?a=1": {"path": r"/\(S\(ID\)\)/dir/page\?a=1", "query": r"\?a=1&sid=ID", "matrix": r"page;sid=ID\?a=1"},
    "http://HOST": {
        "path": r"http://HOST/\(S\(ID\)\)/",
        "query": r"http://HOST/?\?sid=ID",
        "matrix": r"http://HOST/;sid=ID",
    },
    "http://HOST/x": {
        "path": r"http://HOST/\(S\(ID\)\)/x",
        "query": r"http://HOST/x\?sid=ID",
        "matrix": r"http://HOST/x;sid=ID",
    },
    "//HOST/x": {"path": r"//HOST/\(S\(ID\)\)/x", "query": r"//HOST/x\?sid=ID", "matrix": r"//HOST/x;sid=ID"},
    "HTTP://HOST/x": {
        "path": r"HTTP://HOST/\(S\(ID\)\)/x",
        "query": r"HTTP://HOST/x\?sid=ID",
        "matrix": r"HTTP://HOST/x;sid=ID",
    },
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("location", HOME)
@pytest.mark.parametrize("status", [201, 301, 302, 303, 307, 308])
def test_redirects_within_the_site_carry_the_id(pair, carrier, location, status):
    host = f"{carrier}.example"
    said = location.replace("HOST", host).encode()
    pair.origin.answers["*"] = Answer([SECRET, b"Location: " + said, b"Content-Location: " + said], status=status)
    answer = ask(pair, f"http://{host}/dir/page")
    pattern = HOME[location][carrier].replace("HOST", host).replace("ID", "([a-z0-5]{24})").encode()
    for name in (b"location", b"content-location"):
        (value,) = answer.all(name)
        assert re.fullmatch(pattern, value), value
    assert (answer.status, answer.all(b"set-cookie"), answer.all(b"cache-control")) == (
        status,
        [],
        [b"private, no-store"],
    )


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(
    "location",
    [
        "http://other.example/x",
        "//other.example/x",
        "http://HOST.other.example/",
        "http://HOST@other.example/",
        "/\\other.example/",
        "mailto:a@b",
        "app://HOST/x",
    ],
)
def test_redirects_to_other_sites_stay(pair, carrier, location):
    host = f"{carrier}.example"
    said = location.replace("HOST", host).encode()
    pair.origin.answers["*"] = Answer([SECRET, b"Location: " + said], status=302)
    answer = ask(pair, f"http://{host}/page")
    assert (answer.all(b"location"), answer.all(b"set-cookie")) == ([said], [])


@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_id_goes_up_to_https_and_never_down(pair, carrier):
    host = f"{carrier}.example"
    pair.origin.answers["*"] = Answer([f"Location: http://{host}/x".encode()], status=302)
    assert ask(pair, f"https://{host}/page").all(b"location") == [f"http://{host}/x".encode()]
    pair.origin.answers["*"] = Answer([f"Location: https://{host}/x".encode()], status=302)
    assert ID.search(ask(pair, f"http://{host}/page").all(b"location")[0])


@pytest.mark.parametrize(
    ("said", "pattern"),
    [
        (b"0;url=/x", rb"0;url=/\(S\(ID\)\)/x"),
        (b'5; URL="/x"', rb'5; URL="/\(S\(ID\)\)/x"'),
        (b"3", rb"3;url=(?:http://path\.example)?/\(S\(ID\)\)/page"),
        (b"0, /x", rb"0, /\(S\(ID\)\)/x"),
        (b"0;url=http://other.example/", rb"0;url=http://other\.example/"),
    ],
)
def test_refresh(pair, said, pattern):
    pair.origin.answers["*"] = Answer([b"Refresh: " + said], b"x")
    (value,) = ask(pair, "http://path.example/page").all(b"refresh")
    assert re.fullmatch(pattern.replace(b"ID", b"[a-z0-5]{24}"), value), value


def test_link_fields(pair):
    said = b'</next?a=1>; rel="next"; title="a, <b>", <http://other.example/>; rel=author, </s.css>; rel=stylesheet'
    pair.origin.answers["*"] = Answer([b"Link: " + said], b"{}")
    (value,) = ask(pair, "http://path.example/page").all(b"link")
    assert without_id(value)[0] == said
    assert re.match(rb"</\(S\([a-z0-5]{24}\)\)/next\?a=1>;", value)
    assert value.endswith(b"<http://other.example/>; rel=author, </s.css>; rel=stylesheet")


# -- cookies and caches ------------------------------------------------------------------------------------------------

CACHEABLE = [
    b'ETag: "1"',
    b"Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT",
    b"Cache-Control: public, max-age=60",
    b"Expires: Wed, 21 Oct 2035 07:28:00 GMT",
    b"Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
    b"Digest: sha-256=abc=",
    b"Accept-Ranges: bytes",
    b"Age: 3",
]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_rewritten_page_is_kept_by_nobody(pair, carrier):
    pair.origin.answers["*"] = Answer([SECRET, *CACHEABLE, b"X-Own: yes"], PAGE)
    answer = ask(pair, f"http://{carrier}.example/page")
    names = {name.lower() for name, _ in answer.fields}
    assert not names & {b"etag", b"last-modified", b"expires", b"content-md5", b"digest", b"accept-ranges", b"age"}
    assert (answer.all(b"cache-control"), answer.all(b"x-own")) == ([b"private, no-store"], [b"yes"])


@pytest.mark.parametrize(
    "content_type", [b"image/png", b"application/json", b"text/plain", b"application/pdf", b"application/javascript"]
)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_has_no_links_keeps_its_caching_and_its_bytes(pair, carrier, content_type):
    body = b'{"a": "/x", "b": "<a href=\\"/x\\">"}' + bytes(range(256))
    pair.origin.answers["*"] = Answer([*CACHEABLE, b"Content-Type: " + content_type], body)
    answer = ask(pair, f"http://{carrier}.example/thing")
    assert answer.body == body
    for line in CACHEABLE:
        name, _, value = line.partition(b": ")
        assert answer.all(name.lower()) == [value]


@pytest.mark.parametrize("status", [200, 204, 302, 304, 401, 404, 500])
def test_set_cookie_never_passes(pair, status):
    pair.origin.answers["*"] = Answer(
        [SECRET, b"set-cookie: b=2", b"Set-Cookie: bad=1; Domain=other.example"], b"", status=status
    )
    assert ask(pair, "http://path.example/page").all(b"set-cookie") == []


def test_a_page_is_asked_for_whole_and_fresh(pair):
    pair.origin.answers["*"] = Answer([SECRET], PAGE)
    lines = (b'If-None-Match: "1"', b"If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT", b"Accept: text/html")
    ask(pair, "http://path.example/page", *lines)
    names = {name.lower() for name, _ in pair.origin.received[-1].fields}
    assert not names & {b"if-none-match", b"if-modified-since"}
    picture = (b'If-None-Match: "1"', b"Accept: image/*", b"Sec-Fetch-Dest: image", b"Range: bytes=0-5")
    ask(pair, "http://path.example/picture", *picture)
    assert pair.origin.received[-1].all(b"if-none-match") == [b'"1"']
    assert pair.origin.received[-1].all(b"range") == [b"bytes=0-5"]


# -- bodies that pass --------------------------------------------------------------------------------------------------

UNTOUCHED = {
    "attachment": Answer([b'Content-Disposition: attachment; filename="p.html"'], PAGE),
    "part": Answer([b"Content-Range: bytes 0-9/100"], PAGE, status=206),
    "event stream": Answer([b"Content-Type: text/event-stream"], [b"data: /x\n\n", b"data: <a href='/x'>\n\n"]),
    "utf-16": Answer([b"Content-Type: text/html; charset=utf-16"], PAGE.decode().encode("utf-16")),
    "unknown coding": Answer([b"Content-Encoding: x-own"], PAGE),
    "two types": Answer([b"Content-Type: text/html", b"Content-Type: text/plain"], PAGE),
    "empty": Answer([], b""),
    "xml": Answer([b"Content-Type: application/xml"], b'<?xml version="1.0"?><a href="/x"/>'),
    "script": Answer([b"Content-Type: text/javascript"], b"location='/x'; document.write('<a href=\"/x\">')"),
}


@pytest.mark.parametrize("kind", UNTOUCHED)
def test_other_bodies_pass_byte_for_byte(pair, kind):
    said = UNTOUCHED[kind]
    pair.origin.answers["*"] = Answer([*said.lines, SECRET, b'ETag: "1"'], said.body, status=said.status)
    answer = ask(pair, "http://path.example/page")
    assert answer.body == b"".join(said.chunks())
    assert (answer.status, answer.all(b"etag"), answer.all(b"set-cookie")) == (said.status, [b'"1"'], [])


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_body(pair, status):
    pair.origin.answers["*"] = Answer([b'ETag: "1"', SECRET], status=status)
    answer = ask(pair, "http://path.example/page")
    assert (answer.status, answer.body, answer.all(b"etag")) == (status, b"", [b'"1"'])


@pytest.mark.parametrize("carrier", CARRIERS)
def test_head_passes_but_for_its_cookies_and_where_it_leads(pair, carrier):
    host = f"{carrier}.example"
    pair.origin.answers["*"] = Answer([SECRET, b"X-Own: yes"], PAGE)
    answer = ask(pair, f"http://{host}/page", method="HEAD")
    assert (answer.status, answer.body, answer.all(b"set-cookie"), answer.all(b"x-own")) == (200, b"", [], [b"yes"])
    pair.origin.answers["*"] = Answer([SECRET, b"Location: /x"], status=302)
    assert ID.search(ask(pair, f"http://{host}/page", method="HEAD").all(b"location")[0])


# -- codings -----------------------------------------------------------------------------------------------------------


def raw_deflate(data):
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


CODINGS = {
    "identity": (b"", lambda data: data, lambda data: data),
    "gzip": (b"gzip", gzip.compress, gzip.decompress),
    "x-gzip": (b"x-gzip", gzip.compress, gzip.decompress),
    "deflate": (b"deflate", zlib.compress, zlib.decompress),
    "raw deflate": (b"deflate", raw_deflate, lambda data: zlib.decompress(data, -15)),
    "br": (b"br", lambda data: brotli.compress(data, quality=3), brotli.decompress),
    "zstd": (
        b"zstd",
        zstandard.ZstdCompressor().compress,
        lambda data: zstandard.ZstdDecompressor().stream_reader(data).read(),
    ),
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("pieces", [None, 13])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_pages_in_every_coding(pair, carrier, coding, pieces):
    name, encode, decode = CODINGS[coding]
    body = encode(PAGE)
    chunks = body if pieces is None else [body[at : at + pieces] for at in range(0, len(body), pieces)]
    lines = [SECRET] + ([b"Content-Encoding: " + name] if name else [])
    pair.origin.answers["*"] = Answer(lines, chunks)
    answer = ask(pair, f"http://{carrier}.example/page", b"Accept-Encoding: gzip, deflate, br, zstd")
    assert answer.all(b"content-encoding") == ([name] if name else [])
    page, ids = without_id(decode(answer.body))
    assert page == PAGE
    assert len(ids) == 1


def test_a_broken_page_loses_nothing_that_was_readable(pair):
    whole = gzip.compress(PAGE * 20)
    for body, readable in ((whole[: len(whole) // 2], 2), (whole[:-4], 18), (whole + b"trailing", 20)):
        pair.origin.answers["*"] = Answer([b"Content-Encoding: gzip"], body)
        answer = ask(pair, "http://path.example/page", b"Accept-Encoding: gzip")
        page = zlib.decompressobj(wbits=31).decompress(answer.body)
        assert answer.status == 200
        assert without_id(page)[0].startswith(PAGE * readable)


def test_what_is_not_coded_as_it_says_passes_as_it_came(pair):
    body = b"no gzip at all " * 20
    pair.origin.answers["*"] = Answer([b"Content-Encoding: gzip"], body)
    assert ask(pair, "http://path.example/page", b"Accept-Encoding: gzip").body == body


def most_memory(pair):
    """The most octets of memory that the proxy has had since `forget_most_memory`."""
    with open(f"/proc/{pair.proxy.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def forget_most_memory(pair):
    """Begin anew; how much it has now."""
    Path(f"/proc/{pair.proxy.pid}/clear_refs").write_text("5")
    return most_memory(pair)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_bomb_is_bounded(pair, coding):
    name, encode, _ = CODINGS[coding]
    pair.origin.answers["*"] = Answer([b"Content-Encoding: " + name], encode(bytes(100_000_000)))
    before = forget_most_memory(pair)
    answer = ask(pair, "http://path.example/bomb", b"Accept-Encoding: gzip, br, zstd")
    assert answer.status == 200
    assert most_memory(pair) - before < 20_000_000
    pair.origin.answers["*"] = Answer([], PAGE)
    assert ask(pair, "http://path.example/page").status == 200


# -- protocols ---------------------------------------------------------------------------------------------------------


def test_a_client_of_http_1_0(pair):
    pair.origin.answers["*"] = Answer([SECRET], PAGE)
    answer = ask(pair, "http://path.example/page", version="1.0")
    assert answer.all(b"transfer-encoding") == []
    assert without_id(answer.body)[0] == PAGE


def test_an_application_of_http_1_0(pair):
    pair.origin.answers["*"] = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: app=secret\r\n\r\n" + PAGE
    answer = ask(pair, "http://path.example/page")
    assert (without_id(answer.body)[0], answer.all(b"set-cookie")) == (PAGE, [])


@pytest.mark.parametrize("upstream", [False, True])
def test_http2(pair, upstream):
    pair.origin.http2 = upstream
    pair.origin.answers["*"] = Answer([SECRET, b'ETag: "1"', b"Refresh: 5;url=/x"], PAGE)
    fields = http2_client.fetch(pair.proxy.port, "path.example", b"/page", [(b"user-agent", b"two/1")])
    pair.origin.http2 = False
    said = dict(fields)
    assert said[b":status"] == b"200"
    assert not said.keys() & {b"transfer-encoding", b"set-cookie", b"etag", b"content-length"}
    assert said[b"cache-control"] == b"private, no-store"
    assert ID.search(said[b"refresh"])
    assert all(name == name.lower() for name, _ in fields)


# -- large pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_large_page_is_on_its_way_before_its_end_was_sent(pair, coding):
    """The application says the second half only when the browser has the beginning of the first."""
    half = PAGE * (2_500_000 // len(PAGE))
    has_begun = threading.Event()
    coder = zlib.compressobj(wbits=31)

    def coded(data, flush):
        return data if coding == "identity" else coder.compress(data) + coder.flush(flush)

    def chunks():
        yield coded(half, zlib.Z_SYNC_FLUSH)
        assert has_begun.wait(SECONDS)
        yield coded(half, zlib.Z_FINISH)

    lines = [b"Content-Encoding: gzip"] if coding == "gzip" else []
    pair.origin.answers["*"] = Answer([], PAGE)
    ask(pair, "http://path.example/small")
    pair.origin.answers["/large"] = lambda request: Answer(lines, chunks())
    before = forget_most_memory(pair)
    got = bytearray()
    with socket.create_connection(("127.0.0.1", pair.proxy.port), SECONDS) as browser:
        browser.sendall(
            b"GET http://path.example/large HTTP/1.1\r\nHost: path.example\r\nUser-Agent: large/1\r\n"
            b"Accept-Encoding: gzip\r\n\r\n"
        )
        while b"\r\n\r\n" not in got or len(got) < 4_000:
            got += browser.recv(65536)
        assert not has_begun.is_set()
        has_begun.set()
        while not got.endswith(b"0\r\n\r\n"):
            got += browser.recv(262_144)
    assert ID.search(got) if coding == "identity" else got
    assert most_memory(pair) - before < 1_000_000


def test_a_small_beginning_does_not_wait(pair):
    """A page that comes slowly, as progress pages do, is seen as it comes."""
    goes_on = threading.Event()

    def chunks():
        yield b'<html><head><meta charset="utf-8"></head><body>' + b"<p>half-way</p>" * 100
        assert goes_on.wait(SECONDS)
        yield b"<p>FINISHED</p></body></html>"

    pair.origin.answers["/slow"] = lambda request: Answer([], chunks())
    got = bytearray()
    with socket.create_connection(("127.0.0.1", pair.proxy.port), SECONDS) as browser:
        browser.sendall(b"GET http://script.example/slow HTTP/1.1\r\nHost: script.example\r\n\r\n")
        while b"half-way" not in got:
            got += browser.recv(65536)
        assert b"FINISHED" not in got
        goes_on.set()
        while b"FINISHED" not in got:
            got += browser.recv(65536)


def test_many_pages_at_once(pair):
    """Each gets its own id and all of its own page."""
    pair.origin.answers["*"] = lambda request: Answer([SECRET], PAGE + request.target.encode())
    with futures.ThreadPoolExecutor(8) as pool:
        numbers = range(48)
        pages = list(pool.map(lambda number: ask(pair, f"http://query.example/{number}"), numbers))
    seen = set()
    for number, answer in zip(numbers, pages, strict=True):
        page, ids = without_id(answer.body)
        assert page == PAGE + b"/%d" % number
        seen |= ids
    assert len(seen) == len(pages)


def test_a_browser_that_hangs_up_breaks_nothing(pair):
    pair.origin.answers["*"] = Answer([SECRET], PAGE * 500)
    for _ in range(5):
        with closing(socket.create_connection(("127.0.0.1", pair.proxy.port), SECONDS)) as browser:
            browser.sendall(b"GET http://path.example/page HTTP/1.1\r\nHost: path.example\r\n\r\n")
            assert browser.recv(1000)
    assert ask(pair, "http://path.example/page").status == 200
