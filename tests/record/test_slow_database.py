"""A database that is slow, or gone, in the middle of traffic: who needs it waits or goes without, nobody else notices."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from rig.messages import Answer
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


def ask(proxy: Proxy, url: str, agent: str) -> bytes:
    """One request of one client; the body of what it got."""
    lines = (f"GET {url} HTTP/1.1", f"Host: {url.split('/')[2]}", f"User-Agent: {agent}", "", "")
    answer = proxy.raw("\r\n".join(lines).encode())[0]
    assert answer.status == 200, answer
    return answer.body


@contextmanager
def locked(server: "Server", spec: str, table: str) -> Iterator[None]:
    """Nobody reads a table until this ends."""
    import psycopg

    with psycopg.connect(server.url()) as other:
        other.execute(f"LOCK TABLE {spec.rpartition('=')[2]}.{table} IN ACCESS EXCLUSIVE MODE".encode())
        yield


def waiting(server: "Server", spec: str, count: int) -> None:
    """Returns once that many of the store's connections wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    for _ in eventually(20):
        if int(str(server.execute(query)[0][0])) >= count:
            return


@pytest.fixture
def spec(postgres: "Server") -> str:
    """The name of a store that is not there yet."""
    return postgres.spec()


def test_only_who_appears_waits_for_what_the_store_has_of_it(
    spec: str, postgres: "Server", proxy: Callable[..., Proxy], origin: Origin
) -> None:
    origin.answers["*"] = Answer([], b'<a href="/next">next</a>')
    origin.answers["/login"] = Answer([b"Set-Cookie: sid=1; Path=/"], b'<a href="/next">next</a>')
    before = proxy(rules=RULES, options={"cookies_store": spec})
    ask(before, "http://shop.example/login", "alice")
    found = ID.search(ask(before, "http://carried.example/login", "bob"))
    assert found is not None
    before.stop()

    running = proxy(rules=RULES, options={"cookies_store": spec})
    for agent in ("bob", "carol"):
        ask(running, "http://shop.example/", agent)
    own = f"http://carried.example/(S({found[1].decode()}))/own"
    with ThreadPoolExecutor() as pool:
        with locked(postgres, spec, "jar_rows"):
            late = [pool.submit(ask, running, f"http://shop.example/{n}", "alice") for n in range(3)]
            late.append(pool.submit(ask, running, own, "bob"))
            waiting(postgres, spec, 1)
            for n in range(20):
                ask(running, f"http://shop.example/carol/{n}", "carol")
            assert not origin.at("/0")
            assert not origin.at("/own")
        for each in late:
            each.result()
    for path in ("/0", "/1", "/2", "/own"):
        assert origin.cookies_at(path) == [b"sid=1"]
    running.stop()
    assert "WARN" not in running.log().upper()
