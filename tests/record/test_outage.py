"""PostgreSQL is stopped and started in the middle of traffic: nobody fails who need not, and every record is there once."""

import os
import re
import signal
import stat
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from rig.clients import RawAnswer
from rig.messages import Answer, Received
from rig.origin import Origin
from rig.process import Option, Proxy, eventually

if TYPE_CHECKING:
    from rig.postgres import Server

RULES = """
browser: classic
rules: [{name: held, match: {cookie: held}, hold: true}]
"""
REFUSE = "on_store_failure: refuse\n"
SHORT_SECONDS, LONG_SECONDS = 1.5, 60.0
HANGING_SECONDS = 4.0
"""Far more than an exchange waits until it goes on without the database, which is half a second, and less than any time limit."""
PAUSE_SECONDS = 0.02
"""Between two requests of a client: some hundred exchanges a second in all."""
KNOWN = ("alice", "bob")
FOLDER = "cookies.waiting"


@pytest.fixture
def server() -> "Iterator[Server]":
    """A PostgreSQL of its own, because it is stopped."""
    pytest.importorskip("psycopg", reason="there is no psycopg (it is in requirements.lock)")
    from rig.postgres import Server

    one = Server()
    yield one
    one.remove()


class Application:
    """Counts what it set, for each client."""

    def __init__(self, origin: Origin) -> None:
        self.set: Counter[str] = Counter()
        self.came: dict[str, list[bytes]] = {}
        self._guard = threading.Lock()
        origin.answers["*"] = self.answer

    def answer(self, request: Received) -> Answer:
        client = request.all(b"user-agent")[0].decode()
        with self._guard:
            self.set[client] += 1
            self.came.setdefault(client, []).append(b"; ".join(request.all(b"cookie")))
            number = self.set[client]
        return Answer([b"Set-Cookie: n%d=1; Path=/none" % number, b"Set-Cookie: held=%d; Path=/" % number])


def ask(proxy: Proxy, client: str) -> RawAnswer:
    lines = ("GET http://shop.example/ HTTP/1.1", "Host: shop.example", f"User-Agent: {client}", "", "")
    return proxy.raw("\r\n".join(lines).encode())[0]


@contextmanager
def traffic(proxy: Proxy) -> Iterator[list[int]]:
    """Requests of all known clients until this ends, one after the other for each; the status of all answers."""
    statuses: list[int] = []
    ends = threading.Event()

    def go_on(client: str) -> None:
        while not ends.wait(PAUSE_SECONDS):
            statuses.append(ask(proxy, client).status)

    with ThreadPoolExecutor() as pool:
        going = [pool.submit(go_on, client) for client in KNOWN]
        try:
            yield statuses
        finally:
            ends.set()
        for each in going:
            each.result()


def set_cookies(server: "Server", spec: str) -> Counter[tuple[object, object]]:
    """How often each client's cookies are in the record."""
    schema = spec.rpartition("=")[2]
    rows = server.execute(f"SELECT split_part(client, ' ', 2), cookie FROM {schema}.set_cookies WHERE cookie <> 'held'")
    return Counter((client, cookie) for client, cookie in rows)


def expected(application: Application) -> Counter[tuple[object, object]]:
    return Counter(
        (client, f"n{number}") for client, count in application.set.items() for number in range(1, count + 1)
    )


def wait_until_recorded(server: "Server", spec: str, application: Application) -> None:
    wanted = expected(application).total()
    for _ in eventually(30):
        if set_cookies(server, spec).total() >= wanted:
            break
    assert set_cookies(server, spec) == expected(application)


def held_in_order(application: Application, client: str) -> bool:
    """Whether each request of a client carried what the response before had set."""
    came = application.came[client]
    return came == [b"", *(b"held=%d" % number for number in range(1, len(came)))]


def metrics(proxy: Proxy) -> dict[str, float]:
    page = proxy.curl("http://cookies.mitm/metrics").body.decode()
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", page, re.MULTILINE)}


@pytest.mark.parametrize(
    "seconds", [SHORT_SECONDS, pytest.param(LONG_SECONDS, marks=[pytest.mark.real, pytest.mark.once])]
)
def test_it_is_stopped_and_started_while_clients_go_on(
    server: "Server", proxy: Callable[..., Proxy], origin: Origin, seconds: float
) -> None:
    application = Application(origin)
    spec = server.spec()
    running = proxy(rules=RULES, options={"cookies_store": spec})
    for client in KNOWN:
        assert ask(running, client).status == 200
    with traffic(running) as statuses:
        server.stop()
        time.sleep(seconds)
        unknown = ask(running, "carol")
        assert (unknown.status, application.came["carol"]) == (200, [b""])
        before = len(statuses)
        server.start()
        for _ in eventually(20):
            if len(statuses) > before + 20:
                break
    assert set(statuses) == {200}
    running.wait_for_log("recording works again", 20)
    wait_until_recorded(server, spec, application)
    assert all(held_in_order(application, client) for client in KNOWN)
    running.wait_for_log("jars of clients that appear are loaded again", 20)
    ask(running, "carol")
    assert application.came["carol"] == [b"", b"held=1"]
    log = running.log()
    assert log.count("cannot record") == log.count("recording works again") == 1
    assert running.stop() == 0


@pytest.mark.once
def test_what_a_crash_of_the_server_takes_with_it_is_written_again(
    server: "Server", proxy: Callable[..., Proxy], origin: Origin
) -> None:
    """It forgets what it has committed a moment ago; we do not, not even that the client is ours."""
    application = Application(origin)
    spec = server.spec()
    options: dict[str, Option] = {"cookies_store": spec}
    first = proxy(rules=RULES, options=options)
    server.execute("CHECKPOINT")  # the tables themselves are no matter of this
    for number, client in enumerate(KNOWN, 1):
        ask(first, client)
        server.crash()
        server.start()
        for _ in eventually(20):
            rows = server.execute(
                f"SELECT split_part(client, ' ', 2) FROM {spec.rpartition('=')[2]}.jar_rows WHERE jar = 'held'"
            )
            if {each for (each,) in rows} == set(KNOWN[:number]):
                break
    first.kill()
    second = proxy(home=first.home, options=options)
    for client in KNOWN:
        ask(second, client)
    assert all(held_in_order(application, client) for client in KNOWN)


@pytest.mark.once
def test_who_ends_meanwhile_leaves_what_it_knows_to_the_next_and_rules_may_refuse_who_is_not_known(
    server: "Server", proxy: Callable[..., Proxy], origin: Origin
) -> None:
    application = Application(origin)
    spec = server.spec()
    first = proxy(rules=RULES + REFUSE, options={"cookies_store": spec})
    for client in KNOWN:
        ask(first, client)
    server.stop()
    for client in (*KNOWN, *KNOWN):
        assert ask(first, client).status == 200
    refused = ask(first, "carol")
    assert refused.status == 503
    assert b"on_store_failure: refuse" in refused.body
    assert "carol" not in application.came
    assert first.stop() == 0
    files = list((first.home / FOLDER).iterdir())
    assert len(files) >= 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    server.start()
    second = proxy(home=first.home, options={"cookies_store": spec})
    for client in (*KNOWN, "carol"):
        assert ask(second, client).status == 200
    assert all(held_in_order(application, client) for client in KNOWN)
    wait_until_recorded(server, spec, application)
    assert metrics(second)["cookies_loaded_observations_total"] > 0
    assert second.stop() == 0
    assert list((first.home / FOLDER).iterdir()) == []


@pytest.mark.once
def test_who_starts_meanwhile_gets_everything_when_it_is_back(
    server: "Server", proxy: Callable[..., Proxy], origin: Origin
) -> None:
    """Also what one left of a client that it could not look up; and nothing is written over what is newer."""
    application = Application(origin)
    spec = server.spec()
    first = proxy(rules=RULES, options={"cookies_store": spec})
    ask(first, "alice")
    server.stop()
    for _ in range(2):
        assert ask(first, "carol").status == 200
    assert held_in_order(application, "carol")
    assert first.stop() == 0
    second = proxy(home=first.home, options={"cookies_store": spec})
    second.wait_for_log("traffic passes unrecorded")
    assert ask(second, "alice").status == 200
    server.start()
    second.wait_for_log("the store is open now", 20)
    for client in ("alice", "carol"):
        for _ in eventually(20):
            ask(second, client)
            if application.came[client][-1]:
                break
    assert application.came["alice"][:2] == [b"", b""]
    for client in ("alice", "carol"):
        assert application.came[client][-1] == b"held=%d" % (application.set[client] - 1)
    wait_until_recorded(server, spec, application)
    assert second.stop() == 0


@contextmanager
def hanging(server: "Server") -> Iterator[None]:
    """The server is there and answers nobody, until this ends."""
    processes = {int(str(pid)) for (pid,) in server.execute("SELECT pid FROM pg_stat_activity")} | {server.pid}
    stopped = [pid for pid in processes if send(pid, signal.SIGSTOP)]
    try:
        yield
    finally:
        for pid in stopped:
            send(pid, signal.SIGCONT)


def send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.once
def test_it_does_not_answer_any_more(server: "Server", proxy: Callable[..., Proxy], origin: Origin) -> None:
    """Nobody who is known waits for it, and who ends then ends soon, with all that it knows in files."""
    application = Application(origin)
    spec = server.spec()
    first = proxy(rules=RULES, options={"cookies_store": spec})
    for client in KNOWN:
        ask(first, client)
    with hanging(server):
        slowest = 0.0
        for client in KNOWN * 20:
            start = time.monotonic()
            assert ask(first, client).status == 200
            slowest = max(slowest, time.monotonic() - start)
        first.wait_for_log("it does not answer", 30)
        assert first.stop() == 0
    assert slowest < HANGING_SECONDS
    second = proxy(home=first.home, options={"cookies_store": spec})
    for client in KNOWN:
        ask(second, client)
    assert all(held_in_order(application, client) for client in KNOWN)
    wait_until_recorded(server, spec, application)
    assert second.stop() == 0


@pytest.mark.once
def test_who_is_killed_meanwhile_leaves_files_that_the_next_loads_once(
    server: "Server", proxy: Callable[..., Proxy], origin: Origin
) -> None:
    large = [b"Set-Cookie: c%d=%s" % (number, b"v" * 60_000) for number in range(16)]
    origin.answers["*"] = Answer(large)
    spec = server.spec()
    options = {"cookies_store": spec, "cookies_dashboard": "cookies.mitm"}
    first = proxy(rules="browser: none\n", options=options)
    ask(first, "alice")
    server.stop()
    for _ in eventually(60):
        assert ask(first, "alice").status == 200
        if (count := metrics(first)["cookies_spilled_observations_total"]) > 0:
            break
    first.wait_for_log("waits to be recorded goes to files in .*cookies.waiting")
    assert metrics(first)["cookies_spilled_bytes"] > 0
    first.kill()
    server.start()
    second = proxy(home=first.home, options=options)
    for _ in eventually(30):
        if not list((first.home / FOLDER).iterdir()):
            break
    assert metrics(second)["cookies_loaded_observations_total"] >= count
    schema = spec.rpartition("=")[2]
    rows = server.execute(f"SELECT flow_id, cookie, count(*) FROM {schema}.set_cookies GROUP BY 1, 2")
    assert {times for *_, times in rows} == {1}
    assert len(rows) > 16
    assert second.stop() == 0
