"""A fleet of two and of four workers on PostgreSQL, with Debian's HAProxy: who goes where, what survives, how it ends.

All of it is one life of one fleet, because a worker takes a second or two of the processor to start.
"""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from rig.clients import RawAnswer, exchange
from rig.fleet import Fleet
from rig.messages import Answer, Received
from rig.origin import Origin
from rig.process import ROOT, environment, eventually

if TYPE_CHECKING:
    from rig.postgres import Server

CLIENTS = [f"127.0.0.{number}" for number in range(1, 9)]
NEWCOMER = "127.0.0.9"
RULES = """\
clients: [address]
cookieless:
  - {match: {host: localhost}, mode: uri, carrier: path, bind: [address]}
rules:
  - {name: keep it, match: {host: 127.0.0.1, cookie: sid}, hold: true}
"""
MARKED = RULES + "  - {name: mark it, match: {direction: response}, header: {X-Rule: new}}\n"
PUBLIC = ("/", "/login", "/slow", "/late", "/long", "/turn", "/at")
"""Where nobody says who asks, or has a session yet, or another one each time."""
TURNING = "127.0.0.10"
LONG_SECONDS = 6
"""More than HAProxy takes to find a worker ill."""


@pytest.fixture
def application(certificate: Path) -> Iterator[Origin]:
    """A login gives a session that is named after who logs in."""
    server = Origin(certificate)
    link = b'<a href="/account">Your account</a>'
    server.answers["/login"] = lambda request: Answer([b"Set-Cookie: sid=" + whose(request)], body=link)
    server.answers["/long"] = lambda request: Answer(body=long_body())
    server.answers["*"] = Answer(body=b"ok")
    yield server
    server.close()


def long_body() -> Iterator[bytes]:
    yield b"first"
    time.sleep(LONG_SECONDS)
    yield b"last"


def whose(request: Received) -> bytes:
    """The session of whoever sends a request: each client has one at each host, one in a cookie and one in the URL."""
    return b"-".join((request.host.partition(":")[0].encode(), *request.all(b"x-client")))


class People:
    """All clients, logged in at two hosts: at one the proxy holds their cookie, at the other it puts an id into URLs."""

    def __init__(self, fleet: Fleet, application: Origin) -> None:
        self._fleet = fleet
        self._application = application
        self._places: dict[str, list[str]] = {client: [] for client in (*CLIENTS, NEWCOMER)}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self.failed: list[str] = []
        """Clients whose requests came to nothing, in order."""

    def log_in(self, *clients: str) -> None:
        for client in clients:
            for host in ("127.0.0.1", "localhost"):
                place = f"http://{host}:{self._application.http_port}"
                answer = self._fleet.get(client, f"{place}/login", b"X-Client: " + client.encode())
                assert answer is not None
                assert (answer.status, answer.all(b"set-cookie")) == (200, [])
                found = re.search(rb'href="(.*)/account"', answer.body)
                assert found is not None
                self._places[client].append(place + found[1].decode())

    def ask(self, client: str, path: str) -> bool:
        """Whether the client got an answer at both hosts."""
        lines = b"X-Client: " + client.encode()
        answers = [self._fleet.get(client, place + path, lines) for place in self._places[client]]
        return all(answer is not None and answer.status == 200 for answer in answers)

    def start(self) -> None:
        """Go on asking until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(60)

    def check(self) -> None:
        """Every request that the application saw came with its own client's session."""
        asked = [request for request in self._application.received if request.path not in PUBLIC]
        wrong = [
            (request.target, whose(request), request.all(b"cookie"))
            for request in asked
            if request.all(b"cookie") != [b"sid=" + whose(request)]
        ]
        assert len(asked) > len(CLIENTS)
        assert wrong == []

    def _go_on(self) -> None:
        while not self._stopped.wait(0.1):
            self.failed += [client for client in CLIENTS if not self.ask(client, "/all-along")]


class Came(NamedTuple):
    """The state of a session that a request had, and the latest that the client had been given before."""

    had: int
    had_to: int


class Turning:
    """One client whose session cookie counts up."""

    def __init__(self, application: Origin) -> None:
        self._url = f"http://127.0.0.1:{application.http_port}"
        self._turns = count(1)
        self._given = 0
        self.came: list[Came] = []
        application.answers["/at"] = application.answers["/turn"] = self._answer

    def ask(self, connection: socket.socket, path: str) -> bool:
        """Whether an answer came."""
        lines = (f"GET {self._url}{path} HTTP/1.1", "Host: x", f"X-Given: {self._given}", "", "")
        try:
            answer = exchange(connection, "\r\n".join(lines).encode())
        except OSError:
            return False
        if path == "/turn" and answer.head:
            self._given = int(answer.body)
        return bool(answer.head)

    def go_on(self, connection: socket.socket, paths: Sequence[str], until: float) -> None:
        for path in cycle(paths):
            if time.monotonic() > until or not self.ask(connection, path):
                return

    def _answer(self, request: Received) -> Answer:
        had = b"".join(request.all(b"cookie")).removeprefix(b"sid=") or b"0"
        self.came.append(Came(int(had), int(request.all(b"x-given")[0])))
        if request.path != "/turn":
            return Answer(body=b"ok")
        turn = b"%d" % next(self._turns)
        return Answer([b"Set-Cookie: sid=" + turn], body=turn)


@pytest.fixture(params=[2, 4], ids=["two workers", "four workers"])
def fleet(
    request: pytest.FixtureRequest,
    haproxy: str,
    postgres: "Server",
    certificate_authority: Path,
    tmp_path: Path,
) -> Iterator[Fleet]:
    one = Fleet(tmp_path, tmp_path / "mitmproxy", postgres.spec(), workers=request.param)
    one.start(RULES)
    yield one
    one.stop()
    assert "Traceback" not in one.log(), one.log()


def test_the_life_of_a_fleet(fleet: Fleet, application: Origin) -> None:
    url = f"http://127.0.0.1:{application.http_port}"
    people = People(fleet, application)
    people.log_in(*CLIENTS)
    a_client_meets_the_same_worker_each_time_and_its_address_arrives(fleet, people)
    people.start()
    a_worker_that_is_killed_is_stood_in_for_and_comes_back(fleet, people)
    a_client_that_two_workers_have_connections_of_has_one_jar(fleet, application)
    nobody_gets_to_the_balancer_through_a_worker(fleet)
    rules_that_are_saved_hold_at_every_worker_and_bad_ones_are_told_once(fleet, url)
    all_are_started_anew_one_after_the_other_and_no_request_fails(fleet, people, url)
    people.stop()
    what_goes_on_ends_well_before_all_end(fleet, url, application)
    people.check()


def a_client_meets_the_same_worker_each_time_and_its_address_arrives(fleet: Fleet, people: People) -> None:
    assert all(people.ask(client, "/first") for client in CLIENTS)
    workers = {client: set(fleet.workers_of(client)) for client in CLIENTS}
    assert all(len(met) == 1 for met in workers.values()), workers
    all_met = {worker for met in workers.values() for worker in met}
    assert all_met == set(fleet.names) or (len(fleet.names), len(all_met)) == (4, 3)
    authorities = {answer.body for client in CLIENTS if (answer := fleet.get(client, "http://mitm.it/cert/pem"))}
    assert len(authorities) == 1  # also where there was none yet
    for _ in eventually(20):
        if {row["address"] for row in fleet.rows("clients")} == set(CLIENTS):
            break


def a_worker_that_is_killed_is_stood_in_for_and_comes_back(fleet: Fleet, people: People) -> None:
    """What a client was answered is in the store: it may die the moment after."""
    client = NEWCOMER
    people.log_in(client)
    victim = fleet.workers_of(client)[0]
    fleet.kill(victim)
    for _ in eventually(30):
        if people.ask(client, "/elsewhere") and fleet.workers_of(client)[-1] != victim:
            break
    fleet.wait_for_log(f"Worker {victim} is back", 60)
    for _ in eventually(10):
        if people.ask(client, "/back") and fleet.workers_of(client)[-1] == victim:
            break


def a_client_that_two_workers_have_connections_of_has_one_jar(fleet: Fleet, application: Origin) -> None:
    """A connection that was made while its worker was away stays where it is. No request has an older cookie than was given."""
    with ExitStack() as connections:
        turning = Turning(application)

        def connection() -> socket.socket:
            return connections.enter_context(fleet.connection(TURNING))

        assert turning.ask(connection(), "/turn")
        home = fleet.workers_of(TURNING)[-1]
        fleet.kill(home)
        for _ in eventually(30):
            away = connection()
            if turning.ask(away, "/at") and fleet.workers_of(TURNING)[-1] != home:
                break
        fleet.wait_for_log(f"Worker {home} is back", 60, count=fleet.log().count(f"Worker {home} ended"))
        for _ in eventually(30):
            back = connection()
            if turning.ask(back, "/at") and fleet.workers_of(TURNING)[-1] == home:
                break
        ends = time.monotonic() + 3
        asking = threading.Thread(target=lambda: turning.go_on(back, ("/at",), ends))
        asking.start()
        turning.go_on(away, ("/at", "/at", "/turn"), ends)
        asking.join(30)
    assert len(turning.came) > 10
    assert [each for each in turning.came if each.had < each.had_to] == []


def nobody_gets_to_the_balancer_through_a_worker(fleet: Fleet) -> None:
    """It would be told that this machine is the client."""
    for host in ("127.0.0.1", "localhost", "127.9.9.9", "0.0.0.0", "[::ffff:127.0.0.1]"):
        answer = fleet.get(CLIENTS[0], f"http://{host}:{fleet.port}/")
        assert answer is not None
        assert (answer.status, b"this proxy itself" in answer.body) == (502, True), host


def rules_that_are_saved_hold_at_every_worker_and_bad_ones_are_told_once(fleet: Fleet, url: str) -> None:
    fleet.rules_path.write_text(MARKED)
    fleet.wait_for_log(r"rules.yaml: 2 rules")
    for client in CLIENTS:
        for _ in eventually(10):
            answer = fleet.get(client, f"{url}/")
            if answer is not None and answer.all(b"x-rule") == [b"new"]:
                break
    fleet.rules_path.write_text("rules: [")
    fleet.wait_for_log("The last good rules stay in force")
    fleet.signal(signal.SIGHUP)
    fleet.wait_for_log("Nothing is started anew")
    fleet.rules_path.write_text(MARKED)
    fleet.wait_for_log(r"rules.yaml: 2 rules", count=2)
    assert fleet.log().count("The last good rules stay in force") == 1


def all_are_started_anew_one_after_the_other_and_no_request_fails(fleet: Fleet, people: People, url: str) -> None:
    """Nor one that takes longer than HAProxy to find out that its worker is about to end."""
    before = {fleet.pid_of(worker) for worker in fleet.names}
    people.failed.clear()
    answers: list[RawAnswer | None] = []
    long = [
        threading.Thread(target=lambda client=client: answers.append(fleet.get(client, f"{url}/long")))
        for client in CLIENTS[:4]
    ]
    for each in long:
        each.start()
    fleet.signal(signal.SIGHUP)
    fleet.wait_for_log("All workers were started anew", 120)
    for each in long:
        each.join(30)
    assert [None if answer is None else answer.body for answer in answers] == [b"firstlast"] * len(long)
    assert people.failed == []
    assert not {fleet.pid_of(worker) for worker in fleet.names} & before


def what_goes_on_ends_well_before_all_end(fleet: Fleet, url: str, application: Origin) -> None:
    """SIGTERM: nobody new gets in, a response that is on its way arrives whole, everything is in the record."""
    begun, released = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        yield b"first"
        begun.set()
        released.wait(30)
        yield b"last"

    application.answers["/slow"] = Answer([b"Set-Cookie: slow=1"], body=slow())
    answers = []
    asking = threading.Thread(target=lambda: answers.append(fleet.get(CLIENTS[1], f"{url}/slow")))
    asking.start()
    assert begun.wait(30)
    fleet.signal(signal.SIGTERM)
    fleet.wait_for_log("nobody new gets in")
    for _ in eventually(10):
        if fleet.get(CLIENTS[2], f"{url}/late") is None:
            break
    released.set()
    asking.join(30)
    assert answers[0] is not None
    assert answers[0].body == b"firstlast"
    assert fleet.wait() == 0
    assert "All have ended." in fleet.log()
    assert {row["cookie"] for row in fleet.rows("events", "--client", CLIENTS[1])} >= {"slow"}


def test_without_haproxy_nothing_starts(tmp_path: Path) -> None:
    code = "import sys, cookieproxy.fleet.__main__ as one; one.PLACES = (); sys.exit(one.main())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "--workers", "1", "--set", f"confdir={tmp_path}"],
        env={**environment(), "PYTHONPATH": str(ROOT / "addons"), "PATH": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "apt-get install haproxy" in done.stderr


def test_a_fleet_whose_workers_cannot_start_ends(haproxy: str, tmp_path: Path, certificate_authority: Path) -> None:
    """The rules are looked at first; what only a worker finds is its own to say."""
    one = Fleet(tmp_path, certificate_authority, "sqlite:cookies.db", workers=1, arguments=("--set", "stickycookie=."))
    with pytest.raises(AssertionError, match=r"(?s)stickycookie keeps cookies of its own.*ended before it was ready"):
        one.start()
    assert one.wait() == 1
    broken = Fleet(tmp_path, certificate_authority, "sqlite:cookies.db", workers=1)
    with pytest.raises(AssertionError, match=r"rules.yaml:1:1: "):
        broken.start("rulez: []")
    assert broken.wait() == 1
    assert "Starting" not in broken.log()


def test_nothing_is_left_when_the_supervisor_is_killed(
    haproxy: str, tmp_path: Path, certificate_authority: Path
) -> None:
    """One worker needs no PostgreSQL."""
    one = Fleet(tmp_path, certificate_authority, f"sqlite:{tmp_path / 'cookies.db'}", workers=1)
    one.start("")
    children = one.children()
    assert len(children) == 2
    one.signal(signal.SIGKILL)
    assert one.wait() == -signal.SIGKILL
    for _ in eventually(30):
        if not any(map(runs, children)):
            break


def runs(pid: int) -> bool:
    """Whether that process is there, and not only because nobody has asked how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
