"""Hostile traffic: whatever comes off the wire, no hook fails, what no rule changes passes as it came, time and memory are bounded.

The log of the shared proxy is looked through when the module's tests are over: an ERROR or a traceback anywhere fails them.
"""

import asyncio
import logging
import os
import random
import socket
import struct
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mitmproxy import hooks as mitmproxy_hooks
from mitmproxy.addons import readfile, stickycookie
from mitmproxy.test import taddons, tflow

from cookieproxy.config import Config
from cookieproxy.core.access import Access
from cookieproxy.core.syntax import parse_set_cookie
from cookieproxy.proxy.addon import Cookies
from cookieproxy.proxy.browsers import Browsers
from cookieproxy.proxy.policy import Policy
from cookieproxy.suffixes import load
from rig import http2_client
from rig.clients import exchange
from rig.messages import Answer
from rig.shared import errors, shared_pair

RULES = """
rules:
  - name: harden
    match: {site: ruled.example, cookie: "*"}
    set: {secure: true, httponly: true, path: /, domain: false, max_age: 60}
  - name: shorten
    match: {site: ruled.example}
    cap: 1d
  - name: prefix
    match: {site: ruled.example, cookie: "~^[a-m]"}
    rename: "x-{name}"
  - name: held
    match: {site: ruled.example, cookie: "h*"}
    hold: true
  - name: seen only
    match: {cookie: "*a*"}
    drop: true
    mode: observe
"""
LONG = 65_536
MEMORY_BYTES = 250_000_000
"""Far above what the proxy needs (some 100 MB), far below what a leak would take."""
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def pair(certificate, confdir, tmp_path_factory):
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("hostile"), RULES) as pair:
        yield pair


def rss(pid):
    """Bytes of memory a process has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def is_well(pair):
    """Whether the proxy answers as it should, whatever was before."""
    pair.origin.answers["well.example/"] = Answer([b"Set-Cookie: sid=1"])
    return pair.get("http://well.example/", b"Cookie: a=1").all(b"set-cookie") == [b"sid=1"]


FIELDS = [
    pytest.param(b"sid=" + b"v" * LONG + b"; Path=/", id="a value of 64 KB"),
    pytest.param(b"n" * LONG + b"=1", id="a name of 64 KB"),
    pytest.param(b"sid=1; Path=/" + b"p" * LONG, id="a path of 64 KB"),
    pytest.param(b"sid=1; Domain=" + b"a." * (LONG // 2) + b"example", id="a domain of 32,000 labels"),
    pytest.param(b"sid=1; Domain=." + b"." * LONG, id="a domain of dots"),
    pytest.param(b"sid=1; Expires=" + b"1 " * (LONG // 2), id="a date without end"),
    pytest.param(b"sid=1; Expires=" + b"Wed, 01-Jan-2030 00:00:00 GMT " * 2000, id="two thousand dates in one"),
    pytest.param(b"sid=1; Max-Age=" + b"9" * LONG, id="an age of 65,536 digits"),
    pytest.param(b"sid=1; Max-Age=-" + b"9" * LONG, id="a negative age of 65,536 digits"),
    pytest.param(b"sid=1" + b"; Path=/; Secure" * 8000, id="16,000 attributes"),
    pytest.param(b"sid=1" + b";" * LONG, id="semicolons only"),
    pytest.param(b"=" * LONG, id="equals signs only"),
    pytest.param(b'"' * LONG, id="quotes only"),
    pytest.param(b"sid=1" + b"; a b" * 9000 + b"=", id="attributes with spaces"),
    pytest.param(b"sid=1; " + b" \t" * (LONG // 2) + b"; Secure", id="white space without end"),
    pytest.param(b"=", id="a lone equals sign"),
    pytest.param(b";", id="a lone semicolon"),
    pytest.param(b"", id="nothing"),
    pytest.param(b"a=b\xff\xfe\xed\xa0\x80; Path=/\xff", id="invalid UTF-8"),
    pytest.param("ü=ö; Domain=bücher.example; Path=/ß".encode(), id="UTF-8"),
    pytest.param(b"a=b; Domain=xn--zzzzzzzz.example", id="a broken A-label"),
    pytest.param(b"a=b; Domain=[::1]; Path=//", id="an address as domain"),
    pytest.param(b"a=b; Domain=%00%2e%2e", id="percent signs in the domain"),
    pytest.param(b"a=1, b=2; Path=/, c=3; Path=/", id="fields folded by a comma"),
    pytest.param(b"__Host-=1; SameSite=x; Priority=; Partitioned=", id="a bare prefix and empty attributes"),
]
HOSTS = ["plain.example", "ruled.example"]
CONTROLS = [byte for byte in range(256) if byte not in (0x0A, 0x0D)]


@pytest.mark.parametrize("field", FIELDS)
def test_set_cookie_fields_pass_as_they_came(pair, field):
    pair.origin.answers["plain.example/set"] = Answer([b"Set-Cookie: " + field, b"Set-Cookie: last=1"])
    answer = pair.get("http://plain.example/set")
    assert answer.all(b"set-cookie") == [field.strip(b" \t"), b"last=1"]


@pytest.mark.parametrize("field", FIELDS)
def test_cookie_fields_reach_the_application_as_they_came(pair, field):
    pair.origin.answers["plain.example/get"] = Answer()
    del pair.origin.received[:]
    pair.get("http://plain.example/get", b"Cookie: " + field)
    assert pair.origin.cookies_at("/get") == [field.strip(b" \t")]


@pytest.mark.parametrize("field", FIELDS)
def test_fields_that_rules_change_are_answered(pair, field):
    pair.origin.answers["ruled.example/both"] = Answer([b"Set-Cookie: " + field, b"Set-Cookie: zz=1"])
    answer = pair.get("http://ruled.example/both", b"Cookie: " + field)
    assert answer.status == 200
    assert answer.all(b"set-cookie")[-1].startswith(b"zz=1; ")


@pytest.mark.parametrize("host", HOSTS)
def test_every_octet_everywhere(pair, host):
    fields = [b"a%cb=%cv%c; Path=/%c; Domain=%c; X%c=%c." % ((octet,) * 7) for octet in CONTROLS]
    pair.origin.answers[f"{host}/octets"] = Answer([b"Set-Cookie: " + field for field in fields])
    answer = pair.get(f"http://{host}/octets", *(b"Cookie: a%cb=%cv%c" % ((octet,) * 3) for octet in CONTROLS))
    assert answer.status == 200
    if host == "plain.example":
        assert answer.all(b"set-cookie") == [field.strip(b" \t") for field in fields]


def test_carriage_returns_within_a_field_harm_nobody(pair):
    pair.origin.answers["plain.example/cr"] = (
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\rSet-Cookie: c=d\r\nContent-Length: 0\r\n\r\n"
    )
    pair.get("http://plain.example/cr", b"Cookie: a=b\rX: y")
    assert is_well(pair)


@pytest.mark.parametrize("host", HOSTS)
def test_ten_thousand_cookies_in_a_response(pair, host):
    fields = [
        b"c%d=v%d; Path=/; Domain=%s" % (n, n, [b"elsewhere.example", host.encode()][n % 2]) for n in range(10_000)
    ]
    pair.origin.answers[f"{host}/many"] = Answer([b"Set-Cookie: " + field for field in fields])
    began = time.monotonic()
    answer = pair.get(f"http://{host}/many")
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert len(answer.all(b"set-cookie")) == 10_000
    if host == "plain.example":
        assert answer.all(b"set-cookie") == fields


@pytest.mark.parametrize("host", HOSTS)
def test_ten_thousand_cookies_in_a_request(pair, host):
    pair.origin.answers[f"{host}/carry"] = Answer()
    del pair.origin.received[:]
    cookies = b"; ".join(b"k%d=v" % n for n in range(10_000))
    began = time.monotonic()
    for _ in range(2):
        pair.get(f"http://{host}/carry", b"Cookie: " + cookies)
    assert time.monotonic() - began < PATIENCE_SECONDS
    if host == "plain.example":
        assert pair.origin.cookies_at("/carry") == [cookies, cookies]


def test_one_message_says_a_bounded_number_of_lines(pair):
    before = pair.proxy.log()
    fields = [b"Set-Cookie: flood%d=1; Domain=elsewhere.example" % number for number in range(2_000)]
    pair.origin.answers["flood.example/"] = Answer(fields)
    pair.get("http://flood.example/")
    said = [line for line in pair.proxy.log()[len(before) :].splitlines() if "flood.example" in line]
    assert 0 < len(said) < 10
    assert any("flood0, flood1, " in line and " and 1980 more: refused" in line for line in said)


URLS = [
    pytest.param("http://%/", id="a percent sign"),
    pytest.param("http://%00/", id="an escaped NUL"),
    pytest.param("http://a%20b/", id="an escaped space"),
    pytest.param("http://..../", id="dots"),
    pytest.param("http://-/", id="a hyphen"),
    pytest.param("http://a..b/", id="an empty label"),
    pytest.param("http://" + "a." * 300 + "example/", id="300 labels"),
    pytest.param("http://" + "a" * 5000 + ".example/", id="a label of 5,000"),
    pytest.param("http://xn--/", id="an empty A-label"),
    pytest.param("http://xn--a-ecp.ru/", id="a broken A-label"),
    pytest.param("http://[::1]:80/", id="an IPv6 address"),
    pytest.param("http://[fe80::1%25eth0]/", id="an IPv6 zone"),
    pytest.param("http://[::ffff:127.0.0.1]/", id="an IPv4 address in an IPv6 one"),
    pytest.param("http://1.2.3/", id="a short IPv4 address"),
    pytest.param("http://0x7f.1/", id="a hexadecimal IPv4 address"),
    pytest.param("http://4294967295/", id="a number"),
    pytest.param("http://com/", id="a public suffix"),
    pytest.param("http://localhost/", id="localhost"),
    pytest.param("http://user:password@shop.example/", id="a user and a password"),
    pytest.param("http://shop.example:99999/", id="a port that is none"),
    pytest.param("http://a_b.example/", id="an underscore"),
    pytest.param("http://shop.example/" + "p" * 100_000, id="a path of 100 KB"),
    pytest.param("http://shop.example/" + "/.." * 20_000, id="a path that climbs"),
    pytest.param("http://shop.example/;;;?;=;#;", id="a path of semicolons"),
    pytest.param("http://shop.example/%%%ff%", id="a path of percent signs"),
]


@pytest.mark.parametrize("url", URLS)
def test_urls_that_are_odd_or_none(pair, url):
    pair.origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Path=/"])
    answer = pair.get(url, b"Cookie: a=1")
    if answer.head and answer.status == 200:
        assert answer.all(b"set-cookie") == [b"sid=1; Path=/"]
    assert is_well(pair)


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b"%",
        b" ",
        b"a b",
        b"\xff\xfe",
        b"other.example",
        b"a,b",
        b"[",
        b"]",
        b"[::1",
        b"x" * LONG,
        b"a\x00b",
        b"xn--\xfc",
    ],
    ids=repr,
)
def test_a_host_field_that_is_odd_or_another_one_changes_nothing(pair, host):
    """With a whole URL in the request line that URL is what counts (RFC 9112 3.2.2)."""
    pair.origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Path=/"])
    answer = pair.get("http://mismatch.example/", b"Cookie: a=1", host=host)
    assert not answer.head or answer.status in (200, 400)
    relative = pair.proxy.raw(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")[0]
    assert not relative.head or relative.status in (200, 400, 502)


REQUEST_LINES = [
    [b"Origin: null"],
    [b"Origin: http://[::1"],
    [b"Origin: \xff://\xfe"],
    [b"Origin: https://" + b"a." * 30_000],
    [b"Referer: ://"],
    [b"Referer: http://" + b"@" * LONG],
    [b"Referer: http://xn--/"],
    [b"Sec-Fetch-Site: \xff", b"Sec-Fetch-Mode: navigate", b"Sec-Fetch-Dest: "],
    [b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Mode: " + b"x" * LONG, b"Referer: http://%/"],
    [b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Mode: navigate", b"Sec-Fetch-Dest: iframe", b"Origin: https://:@:"],
    [b"User-Agent: "],
    [b"User-Agent: " + b"Chrome/" + b"9" * LONG],
    [b"User-Agent: \xff\xfe\x01\x1b[2J Chrome/1"],
    [b"Accept: " + b"text/html," * 6_000, b"Upgrade-Insecure-Requests: \xff"],
    [b"Cookie: a=1"] * 3_000,
]
RESPONSE_LINES = [
    [b"Date: "],
    [b"Date: Wed, 99 Foo 9999 99:99:99"],
    [b"Date: " + b"Mon, 01 Jan 2024 00:00:00 GMT" * 2_000],
    [b"Date: Thu, 01 Jan 1601 00:00:00 GMT", b"Age: \xff"],
    [b"Date: Fri, 31 Dec 9999 23:59:59 GMT"],
    [b"Age: " + b"9" * LONG],
    [b"Date: \x00", b"Date: \xff"],
]


@pytest.mark.parametrize("lines", REQUEST_LINES, ids=lambda lines: repr(lines[0][:40]))
def test_fields_of_a_request_that_tell_nonsense(pair, lines):
    pair.origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Path=/"])
    answer = pair.get("http://telling.example/", *lines)
    assert answer.all(b"set-cookie") == [b"sid=1; Path=/"]


@pytest.mark.parametrize("lines", RESPONSE_LINES, ids=lambda lines: repr(lines[0][:40]))
def test_fields_of_a_response_that_tell_nonsense(pair, lines):
    pair.origin.answers["telling.example/said"] = Answer([*lines, b"Set-Cookie: sid=1; Max-Age=10"])
    assert pair.get("http://telling.example/said").all(b"set-cookie") == [b"sid=1; Max-Age=10"]


def test_a_response_that_breaks_off(pair):
    broken = [
        b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=1\r\nContent-Length: 1000\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nshort",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: si",
        b"",
        b"\xff\xfe\x00",
        b"HTTP/1.1 999 \xff\r\n: nameless\r\nSet-Cookie\r\n\r\n",
    ]
    for number, said in enumerate(broken):
        pair.origin.answers[f"broken.example/{number}"] = said
        answer = pair.get(f"http://broken.example/{number}", b"Cookie: sid=1")
        assert not answer.head or answer.status in (200, 502, 999)
    assert is_well(pair)


def test_clients_that_go_away(pair):
    """In the middle of a request, and while its response is on its way."""
    pair.origin.answers["gone.example/"] = Answer([b"Set-Cookie: sid=1"], [b"x" * 100_000] * 50)
    request = b"GET http://gone.example/ HTTP/1.1\r\nHost: gone.example\r\nCookie: a=1\r\n\r\n"
    for said in (request[:30], request, b"POST" + request[3:-2] + b"Content-Length: 1000\r\n\r\nx"):
        with socket.create_connection(("127.0.0.1", pair.proxy.port), 10) as connection:
            connection.sendall(said)
            if said == request:
                connection.recv(1000)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert is_well(pair)


def test_pipelined_requests_and_leftover_bytes(pair):
    pair.origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    request = b"GET http://plain.example/pipe HTTP/1.1\r\nHost: plain.example\r\n\r\n"
    with socket.create_connection(("127.0.0.1", pair.proxy.port), 10) as connection:
        assert exchange(connection, request * 3 + b"\x00\xff\r\n\r\n").status == 200
    assert is_well(pair)


@pytest.mark.parametrize("size", [LONG, 10])
def test_http2_carries_what_it_can(pair, size):
    pair.origin.http2 = True
    odd = [b"a=\x01\x7f\xff; Path=/", b"\xff=\xfe", b"b=" + b"v" * size, b"=", b"c=1; Expires=\xff"]
    pair.origin.answers["*"] = Answer([b"Set-Cookie: " + field for field in odd])
    crumbs = [(b"cookie", b"k%d=v" % n) for n in range(2_000 if size == LONG else 200)]
    got = http2_client.fetch(pair.proxy.port, "two.example", b"/crumbs", [*crumbs, (b"cookie", b"last=\xff\x01")])
    if got:
        assert [value for name, value in got if name == b"set-cookie"] == odd
    assert is_well(pair)


@pytest.mark.parametrize("value", [b"a\x00b", b"a\r\nX: y", b"a\nb"], ids=repr)
def test_http2_with_octets_no_field_may_have(pair, value):
    pair.origin.http2 = True
    pair.origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    http2_client.fetch(pair.proxy.port, "two.example", b"/octets", [(b"cookie", value)])
    assert is_well(pair)


def test_memory_stays_within_bounds(pair):
    """After everything above and hundreds of clients more, which is the last of the shared proxy's tests."""
    pair.origin.answers["*"] = Answer([b"Set-Cookie: sid=" + b"v" * 3_000], close=True)
    for host in range(20):
        head = b"GET http://h%d.example/ HTTP/1.1\r\nHost: h%d.example\r\n" % (host, host)
        answers = pair.proxy.raw(*(head + b"User-Agent: agent%d/%d\r\n\r\n" % (host, number) for number in range(20)))
        assert {answer.status for answer in answers} == {200}
    assert rss(pair.proxy.pid) < MEMORY_BYTES
    assert not errors(pair.proxy.log())
    assert "vvvvvvvv" not in pair.proxy.log()


# -- the hooks alone ---------------------------------------------------------------------------------------------------


@pytest.fixture
def hooks(tmp_path):
    """The addon in a mitmproxy without a network: `hooks.requestheaders(flow)`."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    addon = Cookies()
    with taddons.context(readfile.ReadFile(), stickycookie.StickyCookie()) as context:
        context.options.set(f"cookies_rules={rules}", "cookies_store=memory:", "cookies_fast=false", defer=True)
        context.master.addons.add(addon)
        context.master.addons.invoke_addon_sync(addon, mitmproxy_hooks.ConfigureHook(set(context.options.keys())))
        yield addon
        addon.done()


def live_flow(host, path, request, response):
    """A flow of live traffic with these fields; the response has come already."""
    flow = tflow.tflow(resp=True)
    flow.live = True
    flow.request.host = host
    flow.request.data.path = path
    flow.request.headers.fields = tuple(request)
    flow.response.headers.fields = tuple(response)
    flow.request.timestamp_start = flow.response.timestamp_start = time.time()
    return flow


def pass_through(addon, flow):
    """What the hooks make of one exchange: the fields as they go."""
    response, flow.response = flow.response, None
    addon.requestheaders(flow)
    flow.response = response
    addon.responseheaders(flow)
    addon.response(flow)
    return flow.request.headers.fields, flow.response.headers.fields


PIECES = [
    *(
        b"a",
        b"=",
        b";",
        b" ",
        b"\t",
        b'"',
        b",",
        b"\xff",
        b"\x00",
        b"Path=/",
        b"; Domain=",
        b"plain.example",
        b"; Secure",
    ),
    *(b"Expires=", b"Wed, 01 Jan 2031 00:00:00 GMT", b"Max-Age=", b"-1", b"__Host-", b"SameSite=None", b"Partitioned"),
]
NAMES = [
    *(b"Cookie", b"cookie", b"COOKIE", b"Set-Cookie", b"set-cookie", b"Date", b"Age", b"Origin", b"Referer"),
    *(b"User-Agent", b"Sec-Fetch-Site", b"Sec-Fetch-Mode", b"Sec-Fetch-Dest", b"Host", b"", b"\xff", b"X-Other"),
]
octets = st.one_of(st.binary(max_size=40), st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
names = st.sampled_from(NAMES)
fields = st.lists(st.tuples(names, octets), max_size=8)
hosts = st.one_of(
    st.sampled_from(
        ["plain.example", "www.plain.example", "ruled.example", "com", "127.0.0.1", "::1", "[::1]", "", "%", "."]
    ),
    st.text(max_size=30),
)


async def test_no_octets_make_a_hook_fail_and_what_no_rule_is_about_stays(hooks):
    """Not in parallel with others: the addon's options are those of one process."""

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(hosts, octets, fields, fields)
    def property_holds(host, path, request, response):
        flow = live_flow(host, path, request, response)
        up, down = pass_through(hooks, flow)
        others = [field for field in request if field[0].lower() != b"cookie"]
        assert [field for field in up if field[0].lower() != b"cookie"] == others
        assert [field for field in down if field[0].lower() != b"set-cookie"] == [
            field for field in response if field[0].lower() != b"set-cookie"
        ]
        if not host.lower().rstrip(".").endswith("ruled.example"):
            assert up == tuple(request)
            assert down == tuple(response)

    property_holds()
    recorder = hooks._recorder
    recorder.hand_over()
    assert recorder.writer.flush(60)
    assert (recorder.writer.lost, recorder.storage.trouble) == (0, None)


def test_clients_with_much_in_their_jars_leave_memory_for_the_store():
    left = []
    browsers = Browsers(load(), lambda browser: None, lambda browser: left.append(browser.name))
    browsers.follow(Policy(Config.empty(), load()))
    access = Access("http", "shop.example", b"/", 1.0)
    for number in range(10):
        flow = live_flow("shop.example", b"/", [(b"User-Agent", b"agent/%d" % number)], [])
        browsers.of(flow).mirror.receive(parse_set_cookie(b"sid=" + b"v" * 1_000), access)
    browsers.shed(1_000_000)
    assert left == []
    browsers.shed(10_000)
    assert [name.split()[1] for name in left] == ["agent/0", "agent/1", "agent/2", "agent/3", "agent/4", "agent/5"]
    browsers.shed(0)
    assert len(left) == 9


async def test_ten_thousand_clients_and_hosts_take_bounded_time_and_memory(hooks, caplog):
    caplog.set_level(logging.WARNING)  # pytest keeps each line with its record
    picked = random.Random(1)
    before, began = rss(os.getpid()), time.monotonic()
    for number in range(10_000):
        agent = (b"User-Agent", b"agent/%d %s" % (number, b"x" * picked.randrange(3000)))
        flow = live_flow(
            f"h{number}.example", b"/", [agent, (b"Cookie", b"a=1; b=2")], [(b"Set-Cookie", b"sid=%d" % number)]
        )
        pass_through(hooks, flow)
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert rss(os.getpid()) - before < MEMORY_BYTES
    await asyncio.sleep(0)
