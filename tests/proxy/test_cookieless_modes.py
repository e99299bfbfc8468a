"""What the application gets of requests with the session in the URL, with each carrier and in each mode (R15, R16, R22, R23)."""

import re
import socket
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, Message, TextMessage

from rig import http2_client
from rig.clients import SECONDS, exchange
from rig.messages import Answer
from rig.process import eventually
from rig.shared import shared_pair

RULES = """
cookieless:
  - {match: {site: path.example}, mode: uri, carrier: path, script: false}
  - {match: {site: query.example}, mode: uri, carrier: query, script: false}
  - {match: {site: matrix.example}, mode: uri, carrier: matrix, script: false}
  - {match: {site: auto.example}, mode: auto, carrier: path, script: false}
  - {match: {site: device.example}, mode: device, carrier: path, script: false, devices: ["*Brick*"]}
  - {match: {site: cookies.example}, mode: cookies, script: false}
"""
CARRIERS = ("path", "query", "matrix")
ID = re.compile(rb"(?:\(S\(|sid=)([a-z0-5]{24})")
HREF = re.compile(rb'href="([^"]*)"')
FORGED = "a" * 24
LOGIN = Answer([b"Set-Cookie: app=secret; Path=/; HttpOnly"], b'<a href="/next">next</a><form method=post></form>')
TARGETS = (
    "/",
    "/a/b.html",
    "/a?",
    "/a?&",
    "/a?b=2&a=1&a=3",
    "/a?&x=%20+%2B&&y",
    "/a?sid=short&sidx=1&xsid=2",
    "/a?q=(S(x))/&url=http://other.example/?a=b",
    "/a;v=1/b;w=2;sid?c;d",
    "/~me/%7Eme/%2F/a%252Fb",
    "/a//b/./c",
    "/caf%C3%A9?%C3%A9=%ff",
    "/a'b!c*d,e@f:g=h+i?$-_.!*'()",
)


@pytest.fixture(scope="module")
def pair(certificate, confdir, tmp_path_factory):
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("modes"), RULES) as pair:
        yield pair


@pytest.fixture(autouse=True)
def _fresh(request):
    """Nothing of an earlier test is in the way."""
    if "pair" in request.fixturenames:
        one = request.getfixturevalue("pair").origin
        one.answers.clear()
        one.received.clear()
        one.answers["*"] = LOGIN


def ask(proxy, host, target, *lines, method="GET", body=b"", agent="agent/1"):
    """One request over a connection of its own, exactly so."""
    head = [
        f"{method} http://{host}{target} HTTP/1.1".encode(),
        f"Host: {host}".encode(),
        f"User-Agent: {agent}".encode(),
        *lines,
    ]
    if body:
        head.append(b"Content-Length: %d" % len(body))
    return proxy.raw(b"\r\n".join([*head, b"", b""]) + body)[0]


def id_in(answer):
    """The session id that a page or a redirect gave away."""
    found = ID.search(answer.body) or ID.search(b"".join(answer.all(b"location")))
    assert found, answer
    return found[1].decode()


def begin(proxy, host, agent="agent/1"):
    answer = ask(proxy, host, "/login", agent=agent)
    assert answer.all(b"set-cookie") == []
    return id_in(answer)


def with_id(carrier, target, session_id):
    """A request target as the carrier writes it."""
    path, mark, query = target.partition("?")
    if carrier == "path":
        return f"/(S({session_id})){target}"
    if carrier == "matrix":
        return f"{path};sid={session_id}{mark}{query}"
    return f"{target}{'&' if mark else '?'}sid={session_id}"


def heard(request):
    """All the application got of a request."""
    fields = b"\n".join(name + b":" + value for name, value in request.fields)
    return b"\n".join((request.target.encode("latin-1"), fields, request.body))


# -- carriers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_application_gets_the_url_it_made(pair, carrier):
    host = f"{carrier}.example"
    links = "".join(f'<a href="{target.replace("&", "&amp;")}">x</a>' for target in TARGETS)
    pair.origin.answers["/login"] = Answer([b"Set-Cookie: app=secret; Path=/"], links.encode())
    page = ask(pair.proxy, host, "/login")
    session_id = id_in(page)
    followed = [href.decode().replace("&amp;", "&") for href in HREF.findall(page.body)]
    assert len(followed) == len(TARGETS)
    for href, target in zip(followed, TARGETS, strict=True):
        assert session_id in href
        ask(pair.proxy, host, href)
        assert pair.origin.received[-1].target == target
        assert pair.origin.received[-1].all(b"cookie") == [b"app=secret"]


@pytest.mark.parametrize("carrier", CARRIERS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.text("ab/.;=,(S)%41~", max_size=12),
    query=st.none() | st.text("ab&=;?/%20+sid()", max_size=16),
)
def test_any_url_comes_out_as_it_went_in(pair, carrier, path, query):
    host = f"{carrier}.example"
    session_id = begin(pair.proxy, host, "property/1")
    target = "/x" + path.replace("%", "%41") + ("" if query is None else "?" + query.replace("%", "%20"))
    ask(pair.proxy, host, with_id(carrier, target, session_id), agent="property/1")
    assert pair.origin.received[-1].target == target
    assert pair.origin.received[-1].all(b"cookie") == [b"app=secret"]


@pytest.mark.parametrize(
    "segment", ["/(S({}))/p?q=1", "/%28S%28{}%29%29/p?q=1", "/(s({}))/p?q=1", "/%28S({}%29)/p?q=1"]
)
@pytest.mark.parametrize("change", [str, str.upper])
def test_the_segment_may_be_escaped_and_in_any_case(pair, segment, change):
    session_id = begin(pair.proxy, "path.example")
    ask(pair.proxy, "path.example", segment.format(change(session_id)))
    assert pair.origin.received[-1].target == "/p?q=1"
    assert pair.origin.received[-1].all(b"cookie") == [b"app=secret"]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_referrer_is_the_url_the_application_knows_and_origin_stays(pair, carrier):
    host = f"{carrier}.example"
    session_id = begin(pair.proxy, host)
    came_from = f"http://{host}{with_id(carrier, '/page?x=1&y=%20', session_id)}"
    origin_field = f"http://{host}".encode()
    ask(
        pair.proxy,
        host,
        with_id(carrier, "/p", session_id),
        b"Referer: " + came_from.encode(),
        b"Origin: " + origin_field,
        b"X-Requested-With: XMLHttpRequest",
    )
    got = pair.origin.received[-1]
    assert got.all(b"referer") == [f"http://{host}/page?x=1&y=%20".encode()]
    assert got.all(b"origin") == [origin_field]
    assert session_id.encode() not in heard(got)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_id_anywhere_in_the_fields_is_taken_out(pair, carrier):
    host = f"{carrier}.example"
    session_id = begin(pair.proxy, host)
    url = f"http://{host}{with_id(carrier, '/page', session_id)}"
    escaped = url.replace("/", "%2F").replace(":", "%3A").replace("(", "%28").replace(")", "%29").replace("=", "%3D")
    ask(
        pair.proxy,
        host,
        with_id(carrier, "/p", session_id),
        b"HX-Current-URL: " + url.encode(),
        b"X-Url: " + escaped.encode(),
        b"X-Id: " + session_id.upper().encode(),
    )
    assert session_id.encode() not in heard(pair.origin.received[-1]).lower()
    assert pair.origin.received[-1].all(b"hx-current-url") == [f"http://{host}/page".encode()]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_sub_request_without_id_belongs_to_its_page(pair, carrier):
    host = f"{carrier}.example"
    session_id = begin(pair.proxy, host)
    came_from = f"http://{host}{with_id(carrier, '/page', session_id)}"
    ask(pair.proxy, host, "/style.css", b"Accept: text/css", b"Referer: " + came_from.encode())
    got = pair.origin.received[-1]
    assert (got.target, got.all(b"cookie")) == ("/style.css", [b"app=secret"])
    assert got.all(b"referer") == [f"http://{host}/page".encode()]


def test_a_request_that_another_site_caused_is_tied_to_nothing(pair):
    session_id = begin(pair.proxy, "path.example")
    ask(
        pair.proxy,
        "path.example",
        "/transfer",
        b"Referer: http://path.example/(S(" + session_id.encode() + b"))/page",
        b"Sec-Fetch-Site: cross-site",
    )
    assert pair.origin.received[-1].all(b"cookie") == []


def test_a_parameter_of_the_same_name_stays_if_it_is_no_id_of_ours(pair):
    """With the path carrier only hidden fields put `sid=` there, so that an application may have its own."""
    session_id = begin(pair.proxy, "path.example")
    ask(pair.proxy, "path.example", f"/(S({session_id}))/p?sid={FORGED}&a=1")
    assert pair.origin.received[-1].target == f"/p?sid={FORGED}&a=1"
    ask(pair.proxy, "path.example", f"/p?a=1&sid={session_id}")
    assert pair.origin.received[-1].target == "/p?a=1"
    assert pair.origin.received[-1].all(b"cookie") == [b"app=secret"]


def test_the_same_over_http2_on_both_sides(pair):
    pair.origin.http2 = True
    fields = [(b"user-agent", b"two/1")]
    pair.origin.answers["/login"] = Answer([b"Set-Cookie: app=secret; Path=/"], b"", status=302)
    pair.origin.answers["/login"].lines = [*pair.origin.answers["/login"].lines, b"Location: /home"]
    first = http2_client.fetch(pair.proxy.port, "path.example", b"/login", fields)
    location = dict(first)[b"location"]
    assert re.fullmatch(rb"/\(S\([a-z0-5]{24}\)\)/home", location)
    assert b"set-cookie" not in dict(first)
    http2_client.fetch(pair.proxy.port, "path.example", location, fields)
    pair.origin.http2 = False
    got = pair.origin.received[-1]
    assert (got.version, got.target, got.all(b"cookie")) == ("HTTP/2", "/home", [b"app=secret"])


# -- WebSocket ---------------------------------------------------------------------------------------------------------


class Socket:
    """A WebSocket through the proxy."""

    def __init__(self, proxy, host, target, *lines, agent="agent/1"):
        self._stream = socket.create_connection(("127.0.0.1", proxy.port), SECONDS)
        head = [
            f"GET http://{host}{target} HTTP/1.1".encode(),
            f"Host: {host}".encode(),
            f"User-Agent: {agent}".encode(),
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Version: 13",
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *lines,
        ]
        self.answer = exchange(self._stream, b"\r\n".join([*head, b"", b""]))
        self._connection = Connection(ConnectionType.CLIENT)

    def echoed(self, data):
        """What comes back of a message."""
        self._stream.sendall(self._connection.send(Message(data)))
        while True:
            self._connection.receive_data(self._stream.recv(65536))
            for event in self._connection.events():
                if isinstance(event, TextMessage | BytesMessage):
                    return event.data

    def close(self):
        self._stream.close()


@pytest.mark.parametrize("carrier", CARRIERS)
def test_web_sockets_carry_the_session_and_no_id(pair, carrier):
    host = f"{carrier}.example"
    session_id = begin(pair.proxy, host)
    pair.origin.answers["/socket"] = Answer([b"Set-Cookie: ws=2; Path=/"], status=101)
    came_from = f"http://{host}{with_id(carrier, '/page', session_id)}"
    with closing(
        Socket(
            pair.proxy,
            host,
            with_id(carrier, "/socket?room=1", session_id),
            f"Origin: http://{host}".encode(),
            b"Referer: " + came_from.encode(),
        )
    ) as one:
        assert (one.answer.status, one.answer.all(b"set-cookie")) == (101, [])
        got = pair.origin.received[-1]
        assert (got.target, got.all(b"cookie")) == ("/socket?room=1", [b"app=secret"])
        assert got.all(b"origin") == [f"http://{host}".encode()]
        assert session_id.encode() not in heard(got)
        assert one.echoed("hello") == "hello"
        assert one.echoed(f'{{"page":"{came_from}"}}') == f'{{"page":"http://{host}/page"}}'
        binary = bytes(range(256))
        assert one.echoed(binary) == binary
    ask(pair.proxy, host, with_id(carrier, "/after", session_id))
    assert sorted(pair.origin.received[-1].all(b"cookie")[0].split(b"; ")) == [b"app=secret", b"ws=2"]


# -- modes -------------------------------------------------------------------------------------------------------------

COOKIE = re.compile(rb"([^=;]+=[^;]*)")


def pairs_of(answer):
    """What a browser with cookies sends after this response."""
    return [COOKIE.match(value)[1] for value in answer.all(b"set-cookie") if b"Max-Age=0" not in value]


def test_in_mode_auto_a_browser_with_cookies_soon_has_none_but_its_own(pair):
    """The first page asks; the next request answers: one redirect, the held cookies with it, and never an id again."""
    first = ask(pair.proxy, "auto.example", "/login", agent="with/1")
    session_id = id_in(first)
    probe = pairs_of(first)
    assert [cookie.partition(b"=")[0] for cookie in probe] == [b"cookieproxy_probe"]
    jar = b"Cookie: " + b"; ".join(probe)
    second = ask(pair.proxy, "auto.example", f"/(S({session_id}))/next", jar, agent="with/1")
    assert second.status == 302
    assert second.all(b"location") == [b"http://auto.example/next"]
    cookies = pairs_of(second)
    third = ask(pair.proxy, "auto.example", "/next", b"Cookie: " + b"; ".join([*probe, *cookies]), agent="with/1")
    assert (third.status, ID.search(third.body)) == (200, None)
    got = pair.origin.received[-1]
    assert (got.target, got.all(b"cookie")) == ("/next", [b"app=secret"])
    given = pairs_of(second) + pairs_of(third)
    assert b"app=secret" in given
    fourth = ask(
        pair.proxy, "auto.example", "/again", b"Cookie: " + b"; ".join([*probe, b"app=secret"]), agent="with/1"
    )
    assert ID.search(fourth.body) is None
    assert pair.origin.received[-1].all(b"cookie") == [b"app=secret"]
    assert fourth.all(b"set-cookie") == [b"app=secret; Path=/; HttpOnly"]


def test_in_mode_auto_the_cookies_are_given_as_they_were_set(pair):
    lines = [
        b"Set-Cookie: app=secret; Path=/shop; HttpOnly; SameSite=Strict",
        b"Set-Cookie: wide=1; Domain=auto.example; Path=/; Max-Age=3600",
    ]
    pair.origin.answers["/login"] = Answer(lines, b'<a href="/shop/next">next</a>')
    pair.origin.answers["/shop/next"] = Answer([], b"fine")
    first = ask(pair.proxy, "auto.example", "/login", agent="given/1")
    jar = b"Cookie: " + b"; ".join(pairs_of(first))
    seen = [first]
    target = f"/(S({id_in(first)}))/shop/next"
    for _ in range(3):
        seen.append(ask(pair.proxy, "auto.example", target, jar, agent="given/1"))
        if seen[-1].status != 302:
            break
        target = seen[-1].all(b"location")[0].decode().removeprefix("http://auto.example")
    assert [answer.status for answer in seen] == [200, 302, 200]
    given = {value.partition(b";")[0]: value for answer in seen[1:] for value in answer.all(b"set-cookie")}
    assert given[b"app=secret"].lower() == b"app=secret; path=/shop; httponly; samesite=strict"
    assert re.fullmatch(rb"wide=1; Path=/; Domain=auto\.example; Expires=[A-Za-z0-9,: ]+ GMT", given[b"wide=1"])
    assert sorted(pair.origin.received[-1].all(b"cookie")[0].split(b"; ")) == [b"app=secret", b"wide=1"]


def test_in_mode_auto_a_form_that_is_posted_first_is_not_redirected(pair):
    first = ask(pair.proxy, "auto.example", "/login", agent="post/1")
    jar = b"Cookie: " + b"; ".join(pairs_of(first))
    answer = ask(
        pair.proxy,
        "auto.example",
        f"/(S({id_in(first)}))/save",
        jar,
        b"Content-Type: application/x-www-form-urlencoded",
        method="POST",
        body=b"a=1&b=2",
        agent="post/1",
    )
    assert answer.status == 200
    got = pair.origin.received[-1]
    assert (got.method, got.target, got.body, got.all(b"cookie")) == ("POST", "/save", b"a=1&b=2", [b"app=secret"])
    assert pairs_of(answer) == [b"app=secret"]


def test_in_mode_auto_a_client_without_cookies_is_asked_once(pair):
    first = ask(pair.proxy, "auto.example", "/login", agent="without/1")
    session_id = id_in(first)
    assert len(first.all(b"set-cookie")) == 1
    for number in range(3):
        answer = ask(pair.proxy, "auto.example", f"/(S({session_id}))/{number}", agent="without/1")
        assert (answer.status, answer.all(b"set-cookie"), id_in(answer)) == (200, [], session_id)
        assert pair.origin.received[-1].all(b"cookie") == [b"app=secret"]
    again = ask(pair.proxy, "auto.example", "/login", agent="without/1")
    assert again.all(b"set-cookie") == [], "the answer is remembered for new sessions, too"
    assert id_in(again) != session_id


def test_in_mode_auto_a_client_whose_cookies_are_known_gets_no_id(pair):
    answer = ask(pair.proxy, "auto.example", "/login", b"Cookie: own=1", agent="known/1")
    assert ID.search(answer.body) is None
    assert answer.all(b"set-cookie") == [b"app=secret; Path=/; HttpOnly"]
    assert pair.origin.received[-1].all(b"cookie") == [b"own=1"]


def test_the_application_never_sees_the_cookie_that_asks(pair):
    first = ask(pair.proxy, "auto.example", "/login", agent="probe/1")
    (probe,) = pairs_of(first)
    for jar in (probe, b"a=1; " + probe + b"; b=2", probe + b";c=3"):
        ask(pair.proxy, "auto.example", "/x", b"Cookie: " + jar, agent="probe/1")
        assert b"cookieproxy" not in heard(pair.origin.received[-1])


@pytest.mark.parametrize(
    ("agent", "is_carried"),
    [("Nokia3310/1.0 UP.Browser/4.1", True), ("Brick/2", True), ("Mozilla/5.0 Firefox/150", False)],
)
def test_in_mode_device_the_user_agent_decides(pair, agent, is_carried):
    answer = ask(pair.proxy, "device.example", "/login", agent=agent)
    assert (ID.search(answer.body) is not None) == is_carried
    assert (answer.all(b"set-cookie") == []) == is_carried


def test_in_mode_cookies_an_id_is_ignored_and_recorded(pair):
    answer = ask(pair.proxy, "cookies.example", f"/(S({FORGED}))/p?q=1", b"Cookie: own=1", agent="ignored/1")
    assert answer.status == 200
    assert ID.search(answer.body) is None
    assert answer.all(b"set-cookie") == [b"app=secret; Path=/; HttpOnly"]
    got = pair.origin.received[-1]
    assert (got.target, got.all(b"cookie")) == ("/p?q=1", [b"own=1"])
    for _ in eventually():
        events = pair.proxy.cookies_json("events", "--site", "cookies.example")
        if any((event["event"], event["reason"]) == ("cookieless", "ignored") for event in events):
            break


# -- other ways to run it ----------------------------------------------------------------------------------------------


def test_reverse_mode(proxy, origin):
    origin.answers["*"] = LOGIN
    origin.answers["/login"] = Answer([b"Set-Cookie: app=1; Path=/", b"Location: /home"], status=302)
    running = proxy(rules=RULES, mode=f"reverse:http://127.0.0.1:{origin.http_port}")

    def get(target, *lines):
        head = [f"GET {target} HTTP/1.1".encode(), b"Host: path.example:8080", b"User-Agent: agent/1", *lines]
        return running.raw(b"\r\n".join([*head, b"", b""]))[0]

    answer = get("/login")
    (location,) = answer.all(b"location")
    assert re.fullmatch(rb"/\(S\([a-z0-5]{24}\)\)/home", location)
    assert answer.all(b"set-cookie") == []
    session_id = ID.search(location)[1]
    get(location.decode() + "?a=1", b"Referer: http://path.example:8080/(S(" + session_id + b"))/login")
    got = origin.received[-1]
    assert (got.target, got.all(b"cookie")) == ("/home?a=1", [b"app=1"])
    assert got.all(b"referer") == [b"http://path.example:8080/login"]
    assert got.all(b"host") == [b"127.0.0.1:%d" % origin.http_port]
    check_raw_octets(running, origin, session_id)
    origin.answers["/go"] = Answer([b"Location: http://path.example:8080/x"], status=302)
    assert get(f"/(S({session_id.decode()}))/go").all(b"location") == [
        b"http://path.example:8080/(S(" + session_id + b"))/x"
    ]
    # Another port is not the proxy's: the application itself would get the id.
    origin.answers["/itself"] = Answer([b"Location: http://path.example:3000/x"], status=302)
    assert get(f"/(S({session_id.decode()}))/itself").all(b"location") == [b"http://path.example:3000/x"]
    check_https_in_front(running, origin)


def check_raw_octets(running, origin, session_id):
    """Old clients put octets beyond ASCII into targets as they are; so gets them the application."""
    target = b"/(S(" + session_id + b"))/caf\xe9\xff?x=\xe9"
    running.raw(b"GET " + target + b" HTTP/1.1\r\nHost: path.example:8080\r\nUser-Agent: agent/1\r\n\r\n")
    assert origin.received[-1].target == "/caf\xe9\xff?x=\xe9"
    assert origin.received[-1].all(b"cookie") == [b"app=secret"]


def check_https_in_front(running, origin):
    """The browser's side is https, so that Secure cookies are good, and the application's is not."""
    origin.answers["/login"] = Answer([b"Set-Cookie: safe=1; Path=/; Secure"], b'<a href="/x">x</a>')
    session_id = id_in(running.curl("https://path.example/login", "-A", "agent/1"))
    running.curl(f"https://path.example/(S({session_id}))/x", "-A", "agent/1")
    assert (origin.received[-1].target, origin.received[-1].all(b"cookie")) == ("/x", [b"safe=1"])


def test_upstream_mode(proxy, origin):
    """What is behind is another house: no id gets there."""
    origin.answers["*"] = LOGIN
    behind = proxy(rules="")
    running = proxy(rules=RULES, mode=f"upstream:{behind.url}")
    session_id = begin(running, "path.example")
    referer = f"Referer: http://path.example/(S({session_id}))/page".encode()
    ask(running, "path.example", f"/(S({session_id}))/x?y=1", referer)
    got = origin.received[-1]
    assert (got.target, got.all(b"cookie")) == ("/x?y=1", [b"app=secret"])
    assert got.all(b"referer") == [b"http://path.example/page"]
    behind.stop()
    assert session_id not in behind.log()
