"""A client that goes from one proxy to another, of those that share a store, and finds there what was kept for it (R30, R40)."""

import json
import re
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cookieproxy.core.cookie import Cookie
from cookieproxy.exchange.importing import as_words
from cookieproxy.record.commands import post_and_wait
from cookieproxy.record.store import open_reader
from rig.messages import Answer, Received
from rig.origin import Origin
from rig.process import Proxy, eventually

if TYPE_CHECKING:
    from rig.postgres import Server

RULES = """
browser: classic
cookieless: [{match: {site: carried.example}, mode: uri, carrier: path, script: false}]
rules: [{name: held, match: {cookie: sid}, hold: true}]
"""
ID = re.compile(rb"\(S\(([a-z0-5]{24})")


def ask(proxy: Proxy, url: str, agent: str = "alice") -> bytes:
    """One request of one client; the body of what it got."""
    lines = (f"GET {url} HTTP/1.1", f"Host: {url.split('/')[2]}", f"User-Agent: {agent}", "", "")
    answer = proxy.raw("\r\n".join(lines).encode())[0]
    assert answer.status == 200, answer
    assert not answer.all(b"set-cookie")
    return answer.body


class Counting:
    """An application that sets its cookie anew with each response: n counts what it has set."""

    def __init__(self, origin: Origin) -> None:
        self.n = 0
        self.seen: list[list[bytes]] = []
        origin.answers["*"] = self.answer

    def answer(self, request: Received) -> Answer:
        self.seen.append(request.all(b"cookie"))
        self.n += 1
        return Answer([b"Set-Cookie: sid=%d; Path=/" % self.n], b'<a href="/next">next</a>')


@pytest.fixture
def spec(postgres: "Server") -> str:
    """The name of a store that is not there yet."""
    return postgres.spec()


def test_what_was_kept_goes_with_the_client_from_proxy_to_proxy_also_from_one_that_is_killed(
    spec: str, proxy: Callable[..., Proxy], origin: Origin
) -> None:
    application = Counting(origin)
    proxies = [proxy(rules=RULES, options={"cookies_store": spec}) for _ in range(2)]
    plain = "http://shop.example/"
    found = ID.search(ask(proxies[0], "http://carried.example/login"))
    assert found is not None
    carried = f"http://carried.example/(S({found[1].decode()}))/own"
    for step in range(8):
        ask(proxies[step % 2], plain if step % 4 < 2 else carried)
    ask(proxies[0], plain)
    proxies[0].kill()  # right after its answer
    ask(proxies[1], plain)
    ask(proxies[1], carried)
    # Each request had the latest cookie of its jar: those of the plain site are 2, 3, 6, 7, 10, 11, those of the session 1, 4, …
    assert application.seen == [
        [], [], [b"sid=2"], [b"sid=1"], [b"sid=4"], [b"sid=3"], [b"sid=6"], [b"sid=5"], [b"sid=8"],
        [b"sid=7"], [b"sid=10"], [b"sid=9"],
    ]  # fmt: skip


def test_a_response_that_comes_when_its_client_has_left_finds_it_again(
    spec: str, proxy: Callable[..., Proxy], origin: Origin
) -> None:
    """Both what the other proxy kept meanwhile and what the late response sets are there afterwards."""
    may_go_on = threading.Event()

    def slow(request: Received) -> Answer:
        may_go_on.wait(20)
        return Answer([b"Set-Cookie: sid=late; Path=/late"])

    origin.answers["*"] = Answer()
    origin.answers["/slow"] = slow
    origin.answers["/login"] = Answer([b"Set-Cookie: sid=early; Path=/"])
    one, two = (proxy(rules=RULES, options={"cookies_store": spec}) for _ in range(2))
    waiting = threading.Thread(target=ask, args=(one, "http://shop.example/slow"))
    waiting.start()
    for _ in eventually():
        if origin.at("/slow"):
            break
    ask(two, "http://shop.example/login")
    may_go_on.set()
    waiting.join()
    ask(two, "http://shop.example/late/after")
    assert origin.cookies_at("/late/after") == [b"sid=late; sid=early"]
    assert "WARN" not in (one.log() + two.log()).upper()


def test_a_command_is_carried_out_for_the_clients_of_all_proxies(
    spec: str, proxy: Callable[..., Proxy], origin: Origin
) -> None:
    """Whoever takes it; the answer sums up, and each proxy finds what was done at the client's next request."""
    origin.answers["*"] = Answer()
    origin.answers["/login"] = Answer([b"Set-Cookie: sid=1; Path=/"])
    one, two = (proxy(rules=RULES, options={"cookies_store": spec}) for _ in range(2))
    places = {"alice": one, "bob": two, "carol": two}
    for agent, place in places.items():
        ask(place, "http://shop.example/login", agent)
    with closing(open_reader(spec, Path("/"))) as reader:
        for _ in eventually():
            if len(clients := {row.client.split()[1]: row.client for row in reader.questions.clients()}) == len(places):
                break

        def told(name: str, **arguments: object) -> Any:
            answer = post_and_wait(reader, name, arguments, 20.0)
            assert answer.ok, answer
            return json.loads(answer.result)

        forgotten = told("forget", site="shop.example", client=None)
        assert sorted(forgotten["clients"], key=str) == [
            {"client": name, "mirror": 0, "held": 1} for name in sorted(clients.values())
        ]
        ask(one, "http://shop.example/after", "alice")
        ask(two, "http://shop.example/after", "bob")
        assert origin.cookies_at("/after") == [b"", b""]
        cookie = Cookie(b"sid", b"imported", "shop.example", b"/", 1.0, 1.0, 1, set_time=1.0)
        for agent, place in places.items():
            assert told("import", client=clients[agent], jar="held", cookies=[as_words(cookie)])["stored"] == 1
            ask(place, f"http://shop.example/{agent}", agent)
            assert origin.cookies_at(f"/{agent}") == [b"sid=imported"]
        assert not post_and_wait(reader, "import", {"client": "nobody", "jar": "held", "cookies": []}, 20.0).ok
