"""Ids stay between the browser and the proxy: nothing of them goes to other sites, and none opens another's session (R17, R34)."""

import base64
import gzip
import json
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from rig import http2_client
from rig.messages import Answer
from rig.shared import shared_pair

RULES = """
cookieless:
  - {match: {site: path.example}, mode: uri, carrier: path, script: false}
  - {match: {site: query.example}, mode: uri, carrier: query, script: false, parameter: s_id}
  - {match: {site: matrix.example}, mode: uri, carrier: matrix, script: false}
  - {match: {site: script.example}, mode: uri, carrier: path}
"""
CARRIERS = ("path", "query", "matrix")
ID = re.compile(rb"(?:\(S\(|s_?id=)([a-z0-5]{24})")


@pytest.fixture(scope="module")
def pair(certificate, confdir, tmp_path_factory):
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("leaks"), RULES) as pair:
        yield pair


@pytest.fixture(autouse=True)
def _fresh(pair):
    pair.origin.answers.clear()
    pair.origin.received.clear()
    pair.origin.answers["*"] = Answer([b"Set-Cookie: app=secret; Path=/"], b'<a href="/next">next</a>')


def ask(pair, url, *lines, method="GET", body=b"", agent="agent/1"):
    host = url.split("/")[2]
    head = [f"{method} {url} HTTP/1.1".encode(), f"Host: {host}".encode(), f"User-Agent: {agent}".encode(), *lines]
    if body:
        head.append(b"Content-Length: %d" % len(body))
    return pair.proxy.raw(b"\r\n".join([*head, b"", b""]) + body)[0]


def begin(pair, carrier, agent="agent/1"):
    """A session, and the URL of a page in it."""
    host = f"{carrier}.example"
    answer = ask(pair, f"http://{host}/login", agent=agent)
    found = ID.search(answer.body)
    assert found, answer
    session_id = found[1].decode()
    pages = {
        "path": f"http://{host}/(S({session_id}))/page?a=1",
        "query": f"http://{host}/page?a=1&s_id={session_id}",
        "matrix": f"http://{host}/page;sid={session_id}?a=1",
    }
    return session_id, pages[carrier]


def heard(request):
    fields = b"\n".join(name + b":" + value for name, value in request.fields)
    return b"\n".join((request.target.encode("latin-1"), fields, request.body))


def clean(carrier):
    return f"http://{carrier}.example/page?a=1"


def twice(text):
    """Percent-encoded as encodeURIComponent does it, and as careless code does: every octet."""
    return (quote(text, safe="-_.!~*'()"), "".join(f"%{octet:02X}" for octet in text.encode()))


# -- to other sites ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carrier", CARRIERS)
def test_targets_of_other_sites(pair, carrier):
    session_id, page = begin(pair, carrier)
    spellings = [quote(page, safe="-_.!~*'()"), quote(page, safe=""), page]
    for spelling in spellings:
        ask(pair, f"http://stats.example/hit?u={spelling}&v=1")
        got = pair.origin.received[-1]
        assert session_id.encode() not in heard(got)
        assert got.target.startswith("/hit?u=http")
        assert got.target.endswith("&v=1")
        assert "page" in got.target
        assert "(S(" not in got.target
        assert "%28S%28" not in got.target
        assert not re.search("s_?id", got.target)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_octet_of_an_id_may_be_escaped(pair, carrier):
    session_id, _ = begin(pair, carrier)
    escaped = "".join(f"%{octet:02x}" for octet in session_id.encode())
    mixed = "".join(f"%{octet:02X}" if place % 2 else chr(octet) for place, octet in enumerate(session_id.encode()))
    for spelling in (escaped, mixed, mixed.upper(), session_id.upper()):
        ask(pair, f"http://stats.example/hit/{spelling}/x?{spelling}")
        assert pair.origin.received[-1].target == "/hit//x?"


@pytest.mark.parametrize("carrier", CARRIERS)
def test_fields_to_other_sites(pair, carrier):
    session_id, page = begin(pair, carrier)
    ask(
        pair,
        "http://stats.example/hit",
        b"Referer: " + page.encode(),
        b"X-Page: " + quote(page, safe="").encode(),
        b"Cookie: last=" + quote(page, safe="").encode() + b"; a=1",
    )
    got = pair.origin.received[-1]
    assert session_id.encode() not in heard(got)
    assert got.all(b"referer") == [clean(carrier).encode()]
    assert got.all(b"x-page") == [quote(clean(carrier), safe="").encode()]
    assert got.all(b"cookie") == [b"last=" + quote(clean(carrier), safe="").encode() + b"; a=1"]


BODIES = {
    "json": (b"application/json", lambda page: json.dumps({"u": page, "t": "x"}).encode()),
    "json with escaped slashes": (
        b"application/json",
        lambda page: json.dumps({"u": page}).replace("/", "\\/").encode(),
    ),
    "json of another name": (b"application/vnd.api+json", lambda page: json.dumps({"u": page}).encode()),
    "form": (b"application/x-www-form-urlencoded", lambda page: b"v=1&u=" + quote(page, safe="").encode() + b"&t=x"),
    "beacon": (b"text/plain;charset=UTF-8", lambda page: b"u=" + page.encode()),
    "nothing said": (None, lambda page: b"u=" + page.encode()),
    "multipart": (
        b"multipart/form-data; boundary=b",
        lambda page: b'--b\r\nContent-Disposition: form-data; name="u"\r\n\r\n' + page.encode() + b"\r\n--b--\r\n",
    ),
    "report": (b"application/reports+json", lambda page: json.dumps([{"url": page}]).encode()),
    "ndjson": (b"application/x-ndjson", lambda page: json.dumps({"url": page}).encode() + b"\n"),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("kind", BODIES)
def test_bodies_to_other_sites(pair, carrier, kind):
    session_id, page = begin(pair, carrier)
    content_type, made = BODIES[kind]
    lines = () if content_type is None else (b"Content-Type: " + content_type,)
    ask(pair, "http://stats.example/hit", *lines, method="POST", body=made(page))
    got = pair.origin.received[-1]
    assert session_id.encode() not in got.body
    assert got.body == made(clean(carrier))
    assert got.all(b"content-length") == [b"%d" % len(got.body)]


CODINGS = {"gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize("coding", CODINGS)
def test_compressed_bodies_to_other_sites(pair, coding):
    _, page = begin(pair, "path")
    body = CODINGS[coding](json.dumps({"u": page}).encode())
    ask(
        pair,
        "http://stats.example/hit",
        b"Content-Type: application/json",
        b"Content-Encoding: " + coding.encode(),
        method="POST",
        body=body,
    )
    got = pair.origin.received[-1]
    back = gzip.decompress(got.body) if coding == "gzip" else zlib.decompress(got.body)
    assert json.loads(back) == {"u": clean("path")}


def test_other_bodies_pass_byte_for_byte(pair):
    begin(pair, "path")
    bodies = [
        (b"application/octet-stream", bytes(range(256))),
        (b"application/json", b'{"b": "%s"}' % base64.b64encode(bytes(range(256)))),
        (b"text/plain", b"a" * 24 + b" (S(" + b"b" * 24 + b"))"),
    ]
    for content_type, body in bodies:
        ask(pair, "http://stats.example/hit", b"Content-Type: " + content_type, method="POST", body=body)
        assert pair.origin.received[-1].body == body


def test_a_compressed_bomb_to_another_site_is_no_bomb_here(pair):
    begin(pair, "path")
    body = gzip.compress(bytes(50_000_000), 9)
    lines = (b"Content-Type: application/json", b"Content-Encoding: gzip")
    ask(pair, "http://stats.example/hit", *lines, method="POST", body=body)
    assert pair.origin.received[-1].body == body


def test_another_site_over_https_and_http2(pair):
    session_id, page = begin(pair, "path", "two/1")
    pair.origin.http2 = True
    fields = [(b"user-agent", b"two/1"), (b"referer", page.encode())]
    target = b"/hit?u=" + quote(page, safe="").encode()
    http2_client.fetch(pair.proxy.port, "stats.example", target, fields)
    pair.origin.http2 = False
    got = pair.origin.received[-1]
    assert (got.version, got.host) == ("HTTP/2", "stats.example")
    assert session_id.encode() not in heard(got)
    assert got.target == "/hit?u=" + quote(clean("path"), safe="")


def test_an_id_of_one_site_is_not_for_another_site_with_sessions(pair):
    session_id, page = begin(pair, "path")
    ask(pair, f"http://matrix.example/p;sid={session_id}", b"Referer: " + page.encode())
    got = pair.origin.received[-1]
    assert got.all(b"cookie") == []
    assert session_id.encode() not in heard(got)


def test_a_page_with_ids_tells_its_address_to_nobody_else(pair):
    answer = ask(pair, "http://path.example/login")
    assert answer.all(b"referrer-policy") == [b"same-origin"]
    pair.origin.answers["*"] = Answer([b"Referrer-Policy: unsafe-url"], b'<a href="/next">next</a>')
    assert ask(pair, "http://path.example/login").all(b"referrer-policy") == [b"same-origin"]
    pair.origin.answers["*"] = Answer([b"Referrer-Policy: no-referrer"], b'<a href="/next">next</a>')
    assert ask(pair, "http://path.example/login").all(b"referrer-policy") == [b"no-referrer"]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_links_to_other_sites_stay_as_they_are(pair, carrier):
    links = (
        b"http://other.example/x",
        b"//other.example/x",
        b"\\\\other.example/x",
        b"http:\\\\other.example\\x",
        b"/\\other.example/x",
        b"/\t/other.example/x",
        b"http://path.example@other.example/",
        b"http://path.example.other.example/",
        b"http://otherpath.example/",
        b"ht\ntp://other.example/",
        b"&#104;ttp://other.example/",
        b"HTTP://OTHER.EXAMPLE/",
        b"mailto:a@path.example",
    )
    page = b"".join(b'<a href="%s">x</a><form action="%s" method=post></form>' % (link, link) for link in links)
    pair.origin.answers["*"] = Answer([], page)
    assert ask(pair, f"http://{carrier}.example/links").body == page


def test_a_client_with_many_sessions_is_as_safe(pair):
    """Many people behind one address with the same browser are one client."""
    session_id, page = begin(pair, "path", "office/1")
    for _ in range(70):
        begin(pair, "path", "office/1")
    ask(pair, "http://stats.example/hit", b"Referer: " + page.encode(), agent="office/1")
    assert session_id.encode() not in heard(pair.origin.received[-1])


def test_the_page_scripts_own_fields_reach_nobody(pair):
    answer = ask(pair, "http://script.example/login", agent="script/1")
    session_id = ID.search(answer.body)[1].decode()
    for url in (f"http://script.example/(S({session_id}))/api", "http://stats.example/api"):
        ask(
            pair,
            url,
            b"X-Cookie-Proxy: " + session_id.encode(),
            b"X-Cookie-Proxy-Path: /(S(" + session_id.encode() + b"))/",
            agent="script/1",
        )
        assert session_id.encode() not in heard(pair.origin.received[-1])


# -- two clients -------------------------------------------------------------------------------------------------------


def per_client(request):
    """An application that gives each user agent a cookie with its name."""
    agent = request.all(b"user-agent")[0]
    page = b'<a href="/next">next</a>'
    return Answer([b"Set-Cookie: who=" + agent.replace(b"/", b"-") + b"; Path=/"], page)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_clients_with_each_others_ids_at_the_same_time(pair, carrier):
    """Whatever ids they present, and in whatever order: each application session is its own client's."""
    pair.origin.answers["*"] = per_client
    agents = [f"client{number}/1" for number in range(4)]
    pages = [begin(pair, carrier, agent)[1] for agent in agents]
    pair.origin.received.clear()

    def roam(place):
        for step in range(12):
            ask(pair, pages[(place + step) % len(pages)], agent=agents[place])

    with ThreadPoolExecutor(len(agents)) as pool:
        list(pool.map(roam, range(len(agents))))
    assert len(pair.origin.received) == 48
    own = 0
    for got in pair.origin.received:
        agent = got.all(b"user-agent")[0].replace(b"/", b"-")
        assert got.all(b"cookie") in ([], [b"who=" + agent])
        own += got.all(b"cookie") == [b"who=" + agent]
        assert ID.search(heard(got)) is None
    assert own == 12


def test_an_id_of_another_client_that_was_tried_is_kept_from_other_sites_too(pair):
    session_id, page = begin(pair, "path", "owner/1")
    ask(pair, page, agent="thief/1")
    ask(pair, "http://stats.example/hit?u=" + quote(page, safe=""), b"Referer: " + page.encode(), agent="thief/1")
    assert session_id.encode() not in heard(pair.origin.received[-1])


@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_id_of_another_client_reaches_nobody_wherever_it_stands(pair, carrier):
    """A link that somebody sent, in the middle of a path, a query, a referrer."""
    session_id, page = begin(pair, carrier, "owner/3")
    for url in (
        f"http://{carrier}.example/deep/(S({session_id}))/x",
        f"http://{carrier}.example/x?from={quote(page, safe='')}",
        f"http://stats.example/x?from={quote(page, safe='')}",
    ):
        ask(pair, url, b"Referer: " + page.encode(), b"X-From: " + page.encode(), agent="friend/3")
        assert session_id.encode() not in heard(pair.origin.received[-1])


def test_a_foreign_id_is_not_told_again(pair):
    session_id, page = begin(pair, "path", "owner/2")
    answer = ask(pair, page, agent="thief/2")
    assert session_id.encode() not in answer.head + answer.body
    assert ID.search(answer.body)
