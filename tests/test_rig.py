"""The rig itself, with a script of three lines instead of the one under test: what it promises the other tests is true."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rig import flows
from rig.messages import Answer, Received
from rig.origin import Origin
from rig.process import Proxy, ProxyFailed

pytestmark = pytest.mark.once


@pytest.fixture
def bare(proxy: Callable[..., Proxy], tmp_path: Path) -> Callable[..., Proxy]:
    """The proxy with a script that only says hello."""
    script = tmp_path / "hello.py"
    script.write_text("import logging\ndef running():\n    logging.info('hello from the script')\n")

    def start(**options: Any) -> Proxy:
        return proxy(**{"addon": script, **options})

    return start


def test_bytes_reach_both_sides_as_they_were_sent(bare: Callable[..., Proxy], origin: Origin) -> None:
    origin.answers["/a"] = Answer([b'Set-Cookie: j={"a":1,"b":2};Path=/ ; X', b"set-cookie: \xe9=\xff"], b"hello")
    head = b'GET http://shop.example/a?q HTTP/1.1\r\nHost: shop.example\r\ncOOkie: a="1, 2";  b=\xff\r\n\r\n'
    [answer] = bare().raw(head)
    assert answer.all(b"set-cookie") == [b'j={"a":1,"b":2};Path=/ ; X', b"\xe9=\xff"]
    assert answer.body == b"hello"
    assert b'\r\ncOOkie: a="1, 2";  b=\xff\r\n' in origin.at("/a")[0].head
    assert origin.at("/a")[0].host == "shop.example"


def test_every_host_leads_to_the_origin_over_both_schemes(bare: Callable[..., Proxy], origin: Origin) -> None:
    origin.answers |= {"one.example/": Answer(body=b"1"), "two.example/": Answer(body=b"2")}
    running = bare()
    assert running.curl("http://one.example/").body == b"1"
    assert running.curl("https://two.example/").body == b"2"
    assert running.curl("https://two.example:8443/").body == b"2"
    assert running.curl("http://localhost:8123/").status == 404
    assert [request.scheme for request in origin.received] == ["http", "https", "https", "http"]


def test_requests_in_a_tunnel_on_one_connection(bare: Callable[..., Proxy], origin: Origin) -> None:
    origin.answers["*"] = lambda request: Answer(body=request.path.encode())
    request = b"GET /%d HTTP/1.1\r\nHost: shop.example\r\n\r\n"
    answers = bare().raw(request % 1, request % 2, tunnel="shop.example:443")
    assert [answer.body for answer in answers] == [b"/1", b"/2"]


def test_http2_to_both_sides(bare: Callable[..., Proxy], origin: Origin) -> None:
    origin.http2 = True
    origin.answers["/"] = Answer([b"Set-Cookie: a=1", b"Set-Cookie: b=2"], b"x" * 200_000)
    answer = bare().curl("https://shop.example/", "--http2", "-H", "Cookie: a=1; b=2")
    assert answer.head.startswith(b"HTTP/2 200")
    assert (answer.all(b"set-cookie"), len(answer.body)) == ([b"a=1", b"b=2"], 200_000)
    assert (origin.received[0].version, origin.cookies_at("/")) == ("HTTP/2", [b"a=1; b=2"])


def test_bodies_stream(bare: Callable[..., Proxy], origin: Origin) -> None:
    origin.answers["/"] = lambda request: Answer(body=iter([b"one ", b"two"]))
    assert bare(options={"stream_large_bodies": "1"}).curl("http://shop.example/").body == b"one two"


def test_posts_heads_and_exact_bytes(bare: Callable[..., Proxy], origin: Origin) -> None:
    def said(request: Received) -> bytes:
        return b"HTTP/1.1 404 Gone  Away\r\nX:y\r\nContent-Length: 2\r\n\r\n" + request.body[:2]

    origin.answers["/"] = said
    running = bare()
    answer = running.curl("http://shop.example/", "-d", "hi there")
    assert (answer.status, answer.body, answer.all(b"x")) == (404, b"hi", [b"y"])
    origin.answers["/"] = Answer(body=b"long")
    assert running.curl("http://shop.example/", "-I").all(b"content-length") == [b"4"]


def test_reverse_and_upstream_mode(bare: Callable[..., Proxy], origin: Origin) -> None:
    origin.answers["/"] = Answer(body=b"here")
    reverse = bare(mode=f"reverse:http://127.0.0.1:{origin.http_port}")
    upstream = bare(mode=f"upstream:{bare().url}")
    assert reverse.curl("http://shop.example/").body == b"here"
    assert upstream.curl("http://shop.example/").body == b"here"
    assert upstream.curl("https://shop.example/").body == b"here"


@pytest.mark.parametrize("ui", ["mitmdump", "mitmweb", "mitmproxy"])
def test_every_interface_starts_and_ends(bare: Callable[..., Proxy], origin: Origin, ui: str) -> None:
    running = bare(ui=ui, fresh=True)
    assert running.curl("http://shop.example/").status == 404
    assert running.stop() == 0


def test_the_log_is_heard(bare: Callable[..., Proxy]) -> None:
    running = bare()
    running.wait_for_log("hello from the script")
    assert running.kill() == -9


SELF_PORTRAIT = """
import gc, json, logging, os, resource, signal, sys, threading

def running():
    streams = [(one.encoding, one.errors, one.write_through) for one in (sys.stdin, sys.stdout, sys.stderr)]
    handlers = [getattr(one, "__name__", one) for one in map(signal.getsignal, sorted(signal.valid_signals()))]
    environment = {name: value for name, value in os.environ.items() if name != "RIG_READY"}
    places = filter(os.path.lexists, (f"/proc/self/fd/{number}" for number in range(256)))
    descriptors = sorted(os.readlink(place).partition(":")[0] for place in places)
    limits = [resource.getrlimit(number) for number in range(16)]
    collector = gc.isenabled(), gc.get_threshold(), gc.callbacks
    own = sys.argv, sys.path, sys.warnoptions, sys.getswitchinterval(), sys.getrecursionlimit()
    place = os.getcwd(), os.getpgrp(), os.getsid(0), os.umask(0o22), [each.name for each in threading.enumerate()]
    said = own, place, environment, streams, handlers, descriptors, limits, collector, sys.flags[:-2]
    logging.info("PORTRAIT " + json.dumps([list(sys.modules), said], default=str))
"""


def test_a_fork_of_the_nursery_is_as_a_start_of_its_own(bare: Callable[..., Proxy], tmp_path: Path) -> None:
    """Handlers, descriptors, limits and so on; only of the modules there are more, and none of ours."""
    script = tmp_path / "portrait.py"
    script.write_text(SELF_PORTRAIT)
    portraits = []
    for fresh in (True, False):
        running = bare(addon=script, home=tmp_path, fresh=fresh)
        portraits.append(json.loads(running.wait_for_log("PORTRAIT (.*)")[1]))
        assert running.stop() == 0
    (started_with, started), (forked_with, forked) = portraits
    assert forked == started
    assert set(started_with) < set(forked_with)
    assert not any(name.startswith(("cookies", "cookieproxy", "rig")) for name in forked_with)


def test_a_start_that_fails_says_why(bare: Callable[..., Proxy], tmp_path: Path) -> None:
    with pytest.raises(ProxyFailed) as failure:
        bare(addon=tmp_path / "missing.py")
    assert failure.value.code == 1
    assert "missing.py" in failure.value.log


def test_saved_flows_come_back(tmp_path: Path) -> None:
    pairs = [(b"Set-Cookie", b"a=\xff"), (b"Set-Cookie", b"b=2")]
    made = flows.make_flow("https://shop.example/x", [(b"Cookie", b"c=3")], pairs, at=1000.5)
    [read] = flows.read_flows(flows.write_flows(tmp_path / "flows", [made]))
    assert read.response is not None
    assert read.response.headers.fields[:2] == tuple(pairs)
    assert read.request.headers.fields == ((b"Host", b"shop.example"), (b"Cookie", b"c=3"))
    assert (read.request.pretty_url, read.request.timestamp_start) == ("https://shop.example/x", 1000.5)


@pytest.mark.browser
def test_chromium_speaks_to_nobody_but_the_origin(
    bare: Callable[..., Proxy], origin: Origin, chromium: Callable[..., Any]
) -> None:
    from rig.browser import devtools_cookies

    origin.http2 = True
    origin.answers["/"] = Answer(
        [b"Set-Cookie: plain=1", b"Set-Cookie: lasting=2; Max-Age=1000; HttpOnly"], b"<title>T</title>"
    )
    context = chromium(bare())
    page = context.new_page()
    for url in ("http://shop.example/", "https://secure.example/", "http://localhost/"):
        page.goto(url)
    assert page.title() == "T"
    assert {(c["domain"], c["name"]) for c in devtools_cookies(context)} == {
        (host, name) for host in ("shop.example", "secure.example", "localhost") for name in ("plain", "lasting")
    }
    assert {request.host for request in origin.received} == {"shop.example", "secure.example", "localhost"}


@pytest.mark.browser
def test_chromium_can_refuse_cookies_and_open_websockets(
    bare: Callable[..., Proxy], origin: Origin, chromium: Callable[..., Any]
) -> None:
    origin.answers |= {"/": Answer([b"Set-Cookie: a=1"]), "/socket": Answer([b"Set-Cookie: b=2"], status=101)}
    context = chromium(bare(), cookies_blocked=True)
    page = context.new_page()
    page.goto("http://shop.example/")
    script = """() => new Promise((resolve, reject) => {
        const socket = new WebSocket("ws://shop.example/socket");
        socket.onopen = () => socket.send("echo this");
        socket.onmessage = (event) => { resolve(event.data); socket.close(); };
        socket.onerror = reject;
    })"""
    assert page.evaluate(script) == "echo this"
    assert context.cookies() == []
