"""Bodies of requests to sites with sessions in the URL: forms with our hidden field, uploads, streamed ones (R16, R34)."""

import gzip
import re

import pytest

from cookieproxy.cookieless.script import ASK_HEADER, PATH_HEADER, SET_HEADER
from rig.clients import RawAnswer
from rig.messages import Answer
from rig.shared import shared_pair

RULES = """
cookieless:
  - {match: {site: path.example}, mode: uri, carrier: path, script: false}
  - {match: {site: query.example}, mode: uri, carrier: query, script: false}
  - {match: {site: matrix.example}, mode: uri, carrier: matrix, script: false}
  - {match: {site: script.example}, mode: uri, carrier: path}
  - {match: {site: auto.example}, mode: auto, carrier: path}
"""
CARRIERS = ("path", "query", "matrix")
ID = re.compile(rb"(?:\(S\(|sid=)([a-z0-5]{24})")
URLENCODED = b"Content-Type: application/x-www-form-urlencoded"
MULTIPART = b'Content-Type: multipart/form-data; boundary="b"'
BINARY = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def whole(certificate, confdir, tmp_path_factory):
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("whole"), RULES) as pair:
        yield pair


@pytest.fixture(scope="module")
def streaming(certificate, confdir, tmp_path_factory):
    options = {"stream_large_bodies": "1"}
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("streaming"), RULES, options) as pair:
        yield pair


@pytest.fixture(params=["whole", "streaming"])
def pair(request):
    """The proxy as it is, and one that lets every body stream."""
    return prepared(request.getfixturevalue(request.param))


def prepared(pair):
    pair.origin.answers.clear()
    pair.origin.received.clear()
    pair.origin.answers["*"] = Answer([b"Set-Cookie: app=secret; Path=/"], b'<a href="/next">next</a>')
    return pair


@pytest.fixture
def buffered(whole):
    return prepared(whole)


@pytest.fixture
def streamed(streaming):
    return prepared(streaming)


def post(proxy, host, target, body, *lines, agent="agent/1", chunks=0) -> RawAnswer:
    """One POST; with `chunks` the body goes in chunks of so many octets."""
    head = [
        f"POST http://{host}{target} HTTP/1.1".encode(),
        f"Host: {host}".encode(),
        f"User-Agent: {agent}".encode(),
        *lines,
    ]
    if not chunks:
        return proxy.raw(b"\r\n".join([*head, b"Content-Length: %d" % len(body), b"", b""]) + body)[0]
    pieces = (body[start : start + chunks] for start in range(0, len(body), chunks))
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return proxy.raw(b"\r\n".join([*head, b"Transfer-Encoding: chunked", b"", b""]) + framed)[0]


def begin(pair, host, agent="agent/1"):
    lines = [f"GET http://{host}/login HTTP/1.1", f"Host: {host}", f"User-Agent: {agent}", "", ""]
    answer = pair.proxy.raw("\r\n".join(lines).encode())[0]
    found = ID.search(answer.body)
    assert found, answer
    return found[1].decode()


def with_id(carrier, target, session_id):
    path, mark, query = target.partition("?")
    if carrier == "path":
        return f"/(S({session_id})){target}"
    if carrier == "matrix":
        return f"{path};sid={session_id}{mark}{query}"
    return f"{target}{'&' if mark else '?'}sid={session_id}"


def multipart(*parts: tuple[bytes, bytes]) -> bytes:
    """Parts as (disposition after `form-data; `, content)."""
    made = [
        b"--b\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (disposition, content)
        for disposition, content in parts
    ]
    return b"".join(made) + b"--b--\r\n"


def heard(request):
    fields = b"\n".join(name + b":" + value for name, value in request.fields)
    return b"\n".join((request.target.encode("latin-1"), fields, request.body))


def check_framing(request):
    """The application can tell where the body ends, in one way only."""
    lengths = request.all(b"content-length")
    codings = request.all(b"transfer-encoding")
    assert (len(lengths), len(codings)) in {(1, 0), (0, 1)}
    assert not lengths or int(lengths[0]) == len(request.body)


# -- the hidden field --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("chunks", [0, 7])
@pytest.mark.parametrize("body", [b"sid={}&a=%20+1&b", b"a=%20+1&sid={}&b", b"a=%20+1&b&sid={}", b"a=%20+1&%73id={}&b"])
def test_a_hidden_field_says_the_session_and_goes_no_further(buffered, carrier, body, chunks):
    host = f"{carrier}.example"
    session_id = begin(buffered, host).encode()
    post(buffered.proxy, host, "/save?x=1", body.replace(b"{}", session_id), URLENCODED, chunks=chunks)
    got = buffered.origin.received[-1]
    assert (got.target, got.body, got.all(b"cookie")) == ("/save?x=1", b"a=%20+1&b", [b"app=secret"])
    check_framing(got)


@pytest.mark.parametrize("chunks", [0, 7])
def test_a_hidden_field_of_a_multipart_form(buffered, chunks):
    session_id = begin(buffered, "query.example").encode()
    others = ((b'name="a"', b"1"), (b'name="f"; filename="f.bin"', BINARY))
    body = multipart(others[0], (b'name="sid"', session_id), others[1])
    post(buffered.proxy, "query.example", "/save", body, MULTIPART, chunks=chunks)
    got = buffered.origin.received[-1]
    assert (got.body, got.all(b"cookie")) == (multipart(*others), [b"app=secret"])
    check_framing(got)


def test_a_field_with_another_value_is_the_applications(buffered):
    begin(buffered, "path.example")
    body = b"sid=mine&a=1"
    post(buffered.proxy, "path.example", "/save", body, URLENCODED)
    assert buffered.origin.received[-1].body == body


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("field", [b"", b"&sid={}"])
def test_a_form_with_the_id_in_its_url(buffered, carrier, field):
    host = f"{carrier}.example"
    session_id = begin(buffered, host)
    body = b"a=1" + field.replace(b"{}", session_id.encode())
    post(buffered.proxy, host, with_id(carrier, "/save?x=1", session_id), body, URLENCODED)
    got = buffered.origin.received[-1]
    assert (got.target, got.body, got.all(b"cookie")) == ("/save?x=1", b"a=1", [b"app=secret"])
    check_framing(got)


# -- bodies that are not ours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunks", [0, 1000])
@pytest.mark.parametrize(
    "content_type",
    [b"Content-Type: application/octet-stream", b"Content-Type: application/json", URLENCODED, MULTIPART],
)
def test_bodies_without_an_id_arrive_byte_for_byte(pair, content_type, chunks):
    session_id = begin(pair, "path.example")
    body = BINARY * 20
    answer = post(pair.proxy, "path.example", with_id("path", "/save", session_id), body, content_type, chunks=chunks)
    got = pair.origin.received[-1]
    assert (answer.status, got.target, got.body) == (200, "/save", body)
    assert got.all(b"cookie") == [b"app=secret"]
    check_framing(got)


def test_expect_100_continue(pair):
    """curl waits for it with a body of more than a megabyte, or if told so."""
    session_id = begin(pair, "path.example", "curl/x")
    url = f"http://path.example/(S({session_id}))/save"
    answer = pair.proxy.curl(url, "-A", "curl/x", "-H", "Expect: 100-continue", "--data-raw", "a=1&b=2")
    got = pair.origin.received[-1]
    assert (answer.code, answer.status) == (0, 200)
    assert (got.target, got.body, got.all(b"cookie")) == ("/save", b"a=1&b=2", [b"app=secret"])


def test_expect_100_continue_with_a_hidden_field(buffered):
    session_id = begin(buffered, "path.example", "curl/x")
    answer = buffered.proxy.curl(
        "http://path.example/save", "-A", "curl/x", "-H", "Expect: 100-continue", "--data-raw", f"a=1&sid={session_id}"
    )
    got = buffered.origin.received[-1]
    assert (answer.code, got.body, got.all(b"cookie")) == (0, b"a=1", [b"app=secret"])


def test_put_and_delete_have_sessions_too(pair):
    session_id = begin(pair, "path.example", "curl/x")
    for method in ("PUT", "PATCH", "DELETE"):
        url = f"http://path.example/(S({session_id}))/thing"
        pair.proxy.curl(url, "-A", "curl/x", "-X", method, "-H", "Content-Type: application/json", "-d", '{"a": 1}')
        got = pair.origin.received[-1]
        assert (got.method, got.target, got.body, got.all(b"cookie")) == (
            method,
            "/thing",
            b'{"a": 1}',
            [b"app=secret"],
        )


# -- streamed bodies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carrier", CARRIERS)
def test_streamed_pages_and_requests_have_sessions(streamed, carrier):
    host = f"{carrier}.example"
    session_id = begin(streamed, host)
    post(streamed.proxy, host, with_id(carrier, "/save?x=1", session_id), b"a=1", URLENCODED)
    got = streamed.origin.received[-1]
    assert (got.target, got.body, got.all(b"cookie")) == ("/save?x=1", b"a=1", [b"app=secret"])


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_streamed_form_keeps_no_id(streamed, carrier):
    """The head goes before the body is there: it must be without id then, and the body with as many octets as it said."""
    host = f"{carrier}.example"
    session_id = begin(streamed, host).encode()
    referer = with_id(carrier, "/page", session_id.decode())
    post(
        streamed.proxy,
        host,
        "/save",
        b"a=1&sid=" + session_id,
        URLENCODED,
        f"Referer: http://{host}{referer}".encode(),
    )
    got = streamed.origin.received[-1]
    assert session_id not in heard(got)
    assert got.all(b"referer") == [f"http://{host}/page".encode()]
    check_framing(got)


def test_a_streamed_form_without_id_in_its_url_is_tied_by_its_referrer(streamed):
    session_id = begin(streamed, "path.example").encode()
    referer = b"Referer: http://path.example/(S(" + session_id + b"))/page"
    post(streamed.proxy, "path.example", "/save", b"a=1&b=2", URLENCODED, referer)
    got = streamed.origin.received[-1]
    assert (got.target, got.body, got.all(b"cookie")) == ("/save", b"a=1&b=2", [b"app=secret"])


def test_a_large_streamed_upload_with_the_id_in_its_text(streamed):
    session_id = begin(streamed, "path.example").encode()
    body = b"x" * 70_000 + b" http://path.example/(S(" + session_id + b"))/ " + b"y" * 70_000
    post(
        streamed.proxy,
        "path.example",
        f"/(S({session_id.decode()}))/note",
        body,
        b"Content-Type: text/plain",
        chunks=4_096,
    )
    got = streamed.origin.received[-1]
    assert session_id not in got.body
    assert len(got.body) == len(body)
    assert got.body.startswith(body[:70_000])
    assert got.body.endswith(body[-70_000:])


# -- coded bodies ------------------------------------------------------------------------------------------------------


def test_a_compressed_body_without_an_id_is_not_coded_again(buffered):
    session_id = begin(buffered, "path.example")
    body = gzip.compress(b'{"a": 1}', 1)
    post(
        buffered.proxy,
        "path.example",
        f"/(S({session_id}))/api",
        body,
        b"Content-Type: application/json",
        b"Content-Encoding: gzip",
    )
    assert buffered.origin.received[-1].body == body


def test_a_compressed_body_with_an_id_is_without_it(buffered):
    session_id = begin(buffered, "path.example")
    text = b'{"page": "http://path.example/(S(%s))/x?a=1"}' % session_id.encode()
    post(
        buffered.proxy,
        "path.example",
        f"/(S({session_id}))/api",
        gzip.compress(text),
        b"Content-Type: application/json",
        b"Content-Encoding: gzip",
    )
    got = buffered.origin.received[-1]
    assert gzip.decompress(got.body) == b'{"page": "http://path.example/x?a=1"}'
    check_framing(got)


def test_a_form_in_chunks_that_begins_to_stream_late(streamed):
    """Its length is not known when its head is judged; mitmproxy lets it stream once enough of it is there."""
    session_id = begin(streamed, "path.example").encode()
    referer = b"Referer: http://path.example/(S(" + session_id + b"))/page"
    post(streamed.proxy, "path.example", "/save", b"a=1&b=2", URLENCODED, referer, chunks=3)
    got = streamed.origin.received[-1]
    assert session_id not in heard(got)
    assert (got.body, got.all(b"cookie")) == (b"a=1&b=2", [b"app=secret"])


@pytest.mark.parametrize("length", [(), ("-H", "Content-Length:")])
def test_forms_over_http2(pair, length):
    """Which need not say how long they are."""
    pair.origin.http2 = True
    session_id = begin(pair, "path.example", "curl/2")
    fields = ("--http2", "-A", "curl/2", "--data-raw", f"a=1&sid={session_id}&b=2", *length)
    answer = pair.proxy.curl(f"https://path.example/(S({session_id}))/save", *fields)
    pair.origin.http2 = False
    got = pair.origin.received[-1]
    assert (answer.status, got.version, got.target, got.all(b"cookie")) == (200, "HTTP/2", "/save", [b"app=secret"])
    assert session_id.encode() not in heard(got)
    assert got.body.startswith(b"a=1&")
    assert got.body.endswith(b"b=2")


# -- answers of our own ------------------------------------------------------------------------------------------------


def ask_endpoint(pair, session_id, body=b""):
    """What a page does that says `document.cookie = "mine=1; Path=/"`."""
    lines = (
        ASK_HEADER.encode() + b": " + session_id.encode(),
        PATH_HEADER.encode() + b": /",
        SET_HEADER.encode() + b": mine=1%3B%20Path=/",
    )
    return post(pair.proxy, "script.example", "/.cookieproxy/cookies", body, *lines)


def test_what_the_page_script_writes_goes_to_no_application(pair):
    session_id = begin(pair, "script.example")
    answer = ask_endpoint(pair, session_id)
    assert (answer.status, sorted(answer.body.split(b"; "))) == (200, [b"app=secret", b"mine=1"])
    assert [request.path for request in pair.origin.received] == ["/login"]


def test_a_body_to_the_page_scripts_place_tells_nobody_the_id(pair):
    """No page of ours sends one. Where it streams it cannot be answered here, so it goes on as any other request does."""
    session_id = begin(pair, "script.example")
    assert ask_endpoint(pair, session_id, b"odd body").status == 200
    assert all(session_id.encode() not in heard(request) for request in pair.origin.received)


def test_a_redirect_of_our_own_for_a_request_with_a_body_that_streams(proxy):
    """GET with a body is odd, but nothing may break of it, nor anybody wait."""
    running = proxy(rules=RULES, options={"stream_large_bodies": "1"}, allow_traceback=True)
    url = f"http://auto.example/(S({'a' * 24}))/x"
    answer = running.curl(url, "-X", "GET", "-H", "Cookie: own=1", "--data-raw", "odd body", "--max-time", "3")
    assert "timed out" not in answer.stderr
    assert "Traceback" not in running.log()
