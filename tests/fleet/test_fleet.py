"""A fleet of two workers on PostgreSQL, with Debian's HAProxy: who goes where, what survives, how it ends.

All of it is one life of one fleet, because a worker takes a second or two of the processor to start.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rig.fleet import Fleet
from rig.messages import Answer
from rig.origin import Origin
from rig.process import ROOT, environment, eventually

if TYPE_CHECKING:
    from rig.postgres import Server

CLIENTS = [f"127.0.0.{number}" for number in range(1, 9)]
HOLD = "clients: [address]\nrules:\n  - {name: keep it, match: {cookie: sid}, hold: true}\n"
MARKED = HOLD + "  - {name: mark it, match: {direction: response}, header: {X-Rule: new}}\n"


@pytest.fixture
def application(certificate: Path) -> Iterator[Origin]:
    server = Origin(certificate)
    server.answers["/login"] = lambda request: Answer([b"Set-Cookie: sid=" + request.all(b"x-client")[0]])
    server.answers["*"] = Answer(body=b"ok")
    yield server
    server.close()


@pytest.fixture
def fleet(haproxy: str, postgres: "Server", certificate_authority: Path, tmp_path: Path) -> Iterator[Fleet]:
    one = Fleet(tmp_path, tmp_path / "mitmproxy", postgres.spec())
    one.start(HOLD)
    yield one
    one.stop()
    assert "Traceback" not in one.log(), one.log()


def test_the_life_of_a_fleet(fleet: Fleet, application: Origin) -> None:
    url = f"http://127.0.0.1:{application.http_port}"
    a_client_meets_the_same_worker_each_time_and_its_address_arrives(fleet, url)
    held_cookies_are_each_client_s_own(fleet, url, application)
    a_worker_that_is_killed_is_stood_in_for_and_comes_back(fleet, url)
    rules_that_are_saved_hold_at_every_worker_and_bad_ones_are_told_once(fleet, url)
    all_are_started_anew_one_after_the_other_and_no_request_fails(fleet, url)
    what_goes_on_ends_well_before_all_end(fleet, url, application)


def a_client_meets_the_same_worker_each_time_and_its_address_arrives(fleet: Fleet, url: str) -> None:
    for client in [*CLIENTS, *CLIENTS]:
        answer = fleet.get(client, f"{url}/login", b"X-Client: " + client.encode())
        assert answer is not None
        assert answer.status == 200
    workers = {client: set(fleet.workers_of(client)) for client in CLIENTS}
    assert all(len(met) == 1 for met in workers.values()), workers
    assert {worker for met in workers.values() for worker in met} == {"w1", "w2"}
    authorities = {answer.body for client in CLIENTS if (answer := fleet.get(client, "http://mitm.it/cert/pem"))}
    assert len(authorities) == 1  # also where there was none yet
    for _ in eventually(20):
        if {row["address"] for row in fleet.rows("clients")} == set(CLIENTS):
            break


def held_cookies_are_each_client_s_own(fleet: Fleet, url: str, application: Origin) -> None:
    assert held(fleet, url, application) == {client: client for client in CLIENTS}


def a_worker_that_is_killed_is_stood_in_for_and_comes_back(fleet: Fleet, url: str) -> None:
    victim = fleet.workers_of(CLIENTS[0])[0]
    fleet.kill(victim)
    for _ in eventually(30):
        if "Worker" in fleet.log() and fleet.get(CLIENTS[0], f"{url}/moved") is not None:
            break
    assert fleet.workers_of(CLIENTS[0])[-1] != victim
    fleet.wait_for_log(f"Worker {victim} is back", 60)
    for _ in eventually(10):
        assert fleet.get(CLIENTS[0], f"{url}/back") is not None
        if fleet.workers_of(CLIENTS[0])[-1] == victim:
            break


def rules_that_are_saved_hold_at_every_worker_and_bad_ones_are_told_once(fleet: Fleet, url: str) -> None:
    fleet.rules_path.write_text(MARKED)
    fleet.wait_for_log("rules.yaml: 2 rules in force")
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
    fleet.wait_for_log("rules.yaml: 2 rules in force", count=2)
    assert fleet.log().count("The last good rules stay in force") == 1


def all_are_started_anew_one_after_the_other_and_no_request_fails(fleet: Fleet, url: str) -> None:
    before = [fleet.pid_of(worker) for worker in ("w1", "w2")]
    fleet.signal(signal.SIGHUP)
    answers = []
    for _ in eventually(90):
        answers += [fleet.get(client, f"{url}/rolling") for client in CLIENTS]
        if "All workers were started anew" in fleet.log():
            break
    assert [answer for answer in answers if answer is None or answer.status != 200] == []
    assert not {fleet.pid_of(worker) for worker in ("w1", "w2")} & set(before)


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


def held(fleet: Fleet, url: str, application: Origin) -> dict[str, str]:
    """Whose cookie the application gets from each client."""
    application.received.clear()
    for client in CLIENTS:
        assert fleet.get(client, f"{url}/whose", b"X-Client: " + client.encode()) is not None
    return {
        request.all(b"x-client")[0].decode(): b"; ".join(request.all(b"cookie")).decode().removeprefix("sid=")
        for request in application.at("/whose")
    }


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
