"""Failures of what the proxy stands on: stores that cannot be opened or written, that vanish or come late, and sudden ends.

Traffic is unharmed unless the rules say `on_store_failure: refuse`, messages name a place and a remedy, and nothing is lost that
could be kept.
"""

import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import threading
from dataclasses import dataclass

import pytest

from cookieproxy.record.store import open_reader
from rig.messages import Answer
from rig.process import Proxy, Site, eventually
from rig.shared import CONTROL, errors, get

HOLD = "browser: rfc6265bis\nrules: [{name: keep it, match: {cookie: held}, hold: true}]\n"
REFUSE = "on_store_failure: refuse\n"
ROOM_BYTES = 400_000
"""Enough for a new store, not for the traffic of a test."""


def names_set(path):
    """The names of all Set-Cookie fields in a store, in order."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [name for (name,) in store.execute("SELECT cookie FROM set_cookies ORDER BY seq")]


def in_jar(proxy, jar):
    """The names in one kind of jar, after the proxy ended."""
    reader = open_reader(f"sqlite:{proxy.store_path}", proxy.home)
    try:
        return sorted(row.name for row in reader.questions.jar() if row.jar == jar)
    finally:
        reader.close()


def limit_files(pid, size):
    """Let a process write no file larger than that; None takes the limit away."""
    hard = resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))


# -- stores that cannot be opened --------------------------------------------------------------------------------------


def newer_schema(path):
    with contextlib.closing(sqlite3.connect(path)) as store:
        store.execute("CREATE TABLE future (x)")
        store.execute("PRAGMA application_id = 1131106424")
        store.execute("PRAGMA user_version = 999")


BROKEN = [
    pytest.param(
        lambda path: path.write_text("no database\n" * 500), r"it is not a SQLite file.*new file", id="not SQLite"
    ),
    pytest.param(lambda path: path.mkdir(), r"it is a folder.*Name a file in it", id="a folder"),
    pytest.param(newer_schema, r"a newer Cookie Proxy wrote it.*version 999.*another path", id="newer schema"),
    pytest.param(lambda path: path.parent.rmdir(), r"there is no folder .*mkdir -p", id="no folder"),
]


@pytest.mark.parametrize(("spoil", "message"), BROKEN)
def test_a_store_that_cannot_be_opened_leaves_traffic_alone(proxy, origin, tmp_path, spoil, message):
    folder = tmp_path / "stores"
    folder.mkdir()
    path = folder / "cookies.db"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Path=/"])
    running = proxy(rules=HOLD, options={"cookies_store": f"sqlite:{path}"}, arguments=CONTROL)
    assert get(running, "http://shop.example/").all(b"set-cookie") == [b"sid=1; Path=/"]
    running.wait_for_log(f"sqlite:.*{message}.*traffic passes unrecorded")
    assert running.stop() == 0
    assert not errors(running.log())
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_store_that_cannot_be_opened_stops_the_start_if_the_rules_say_so(mitmdump, tmp_path):
    done = mitmdump(rules=REFUSE, options={"cookies_store": f"sqlite:{tmp_path / 'none' / 'cookies.db'}"})
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "there is no folder" in said
    assert "mkdir -p" in said
    assert "Traceback" not in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(proxy, origin, tmp_path):
    folder = tmp_path / "stores"
    folder.mkdir(mode=0o500)
    running = proxy(options={"cookies_store": f"sqlite:{folder / 'cookies.db'}"})
    running.wait_for_log("Check the permissions")
    assert get(running, "http://shop.example/").status == 404


def test_a_store_that_can_be_opened_later_gets_what_was_seen_before(proxy, origin, tmp_path):
    folder = tmp_path / "later"
    path = folder / "cookies.db"
    origin.answers["/login"] = Answer([b"Set-Cookie: held=1; Path=/", b"Set-Cookie: sid=2; Path=/"])
    origin.answers["/next"] = Answer()
    running = proxy(rules=HOLD, options={"cookies_store": f"sqlite:{path}"})
    get(running, "http://shop.example/login", b"User-Agent: x/1")
    folder.mkdir()
    running.wait_for_log("the store is open now")
    get(running, "http://shop.example/next", b"User-Agent: x/1")
    assert running.stop() == 0
    assert origin.cookies_at("/next") == [b"held=1"]
    assert names_set(path) == ["held", "sid"]


def test_two_proxies_on_one_store(proxy, origin):
    """The second names the first, goes on unrecorded, and takes over when the first ends, with the jars as they are then."""
    origin.answers["/first"] = Answer([b"Set-Cookie: held=first; Path=/"])
    origin.answers["/second"] = Answer([b"Set-Cookie: sid=second; Path=/"])
    origin.answers["/last"] = Answer()
    first = proxy(rules=HOLD)
    second = proxy(home=first.home, arguments=CONTROL)
    second.wait_for_log(rf"process {first.pid} writes into it. Stop that proxy \(`kill {first.pid}`\)")
    get(second, "http://shop.example/second")
    get(first, "http://shop.example/first")
    assert first.stop() == 0
    second.wait_for_log("the store is open now")
    get(second, "http://shop.example/last", b"Cookie: sid=second")
    assert second.stop() == 0
    assert origin.cookies_at("/last") == [b"sid=second; held=first"]
    assert sorted(names_set(first.store_path)) == ["held", "sid"]
    assert (in_jar(second, "held"), in_jar(second, "mirror")) == (["held"], ["sid"])


# -- stores that fail while they are used ------------------------------------------------------------------------------


def test_a_disk_that_is_full_for_a_while(proxy, origin):
    fields = [b"Set-Cookie: c%d=%s; Path=/" % (number, b"v" * 2_000) for number in range(100)]
    origin.answers["*"] = Answer(fields)
    running = proxy(rules="browser: none\nrecord: {values: keep}\n", arguments=CONTROL)
    limit_files(running.pid, ROOM_BYTES)
    for _ in range(4):
        assert len(get(running, "http://shop.example/").all(b"set-cookie")) == 100
    running.wait_for_log("LEVEL WARNING cookies_store: cannot record: .*(disk is full|failed).*nothing is lost")
    limit_files(running.pid, None)
    running.wait_for_log("recording works again")
    assert running.stop() == 0
    assert len(names_set(running.store_path)) == 400
    assert not errors(running.log())


def test_requests_are_refused_while_nothing_can_be_recorded_if_the_rules_say_so(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: c=" + b"v" * 100_000])
    running = proxy(rules=REFUSE + "browser: none\nrecord: {values: keep}\n", options={"stream_large_bodies": "1"})
    assert get(running, "http://shop.example/").status == 200
    limit_files(running.pid, ROOM_BYTES)
    for _ in eventually(20):
        if (answer := get(running, "http://shop.example/")).status == 503:
            break
    assert b"on_store_failure: refuse" in answer.body
    assert b"cookies.db: " in answer.body
    upload = b"POST http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\n\r\nhello"
    assert running.raw(upload)[0].head == b""
    limit_files(running.pid, None)
    for _ in eventually(20):
        if get(running, "http://shop.example/").status == 200:
            break
    running.wait_for_log("Requests pass again")
    assert running.log().count("answered with 503 until recording works") == 1


@dataclass
class FullDisk(Proxy):
    """A proxy that can write next to nothing from its start on."""

    def command(self):
        return ["prlimit", "--fsize=1000:unlimited", *super().command()]


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="there is no prlimit on this machine")
def test_a_disk_that_is_full_at_the_start(origin, confdir, tmp_path):
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    running = FullDisk(Site(origin.http_port, origin.https_port, confdir), tmp_path, arguments=CONTROL)
    running.write_rules("")
    running.start()
    assert get(running, "http://shop.example/").all(b"set-cookie") == [b"sid=1"]
    limit_files(running.pid, None)
    running.wait_for_log("the store is open now")
    assert running.stop() == 0
    assert names_set(running.store_path) == ["sid"]
    assert not errors(running.log())


def test_a_store_that_is_deleted_while_it_is_used_is_made_anew(proxy, origin):
    origin.answers["/login"] = Answer([b"Set-Cookie: held=1; Path=/", b"Set-Cookie: sid=2; Path=/"])
    origin.answers["/later"] = Answer([b"Set-Cookie: later=3; Path=/"])
    running = proxy(rules=HOLD)
    get(running, "http://shop.example/login")
    for _ in eventually():
        if running.cookies_json("jar"):
            break
    for path in running.home.glob("cookies.db*"):
        path.unlink()
    running.wait_for_log("the file was moved or deleted")
    get(running, "http://shop.example/later", b"Cookie: sid=2")
    assert running.stop() == 0
    assert names_set(running.store_path) == ["later"]
    assert (in_jar(running, "held"), in_jar(running, "mirror")) == (["held"], ["later", "sid"])


# -- ends --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["stop", "interrupt"])
def test_everything_seen_is_in_the_store_after_a_clean_end(proxy, origin, end):
    origin.answers["*"] = Answer([b"Set-Cookie: c%d=1; Path=/" % number for number in range(150)])
    running = proxy(rules="browser: none")
    for _ in range(20):
        get(running, "http://shop.example/")
    assert getattr(running, end)() == 0
    assert len(names_set(running.store_path)) == 3_000
    assert len(in_jar(running, "mirror")) == 150


def test_a_sudden_end_loses_the_last_batch_at_most(proxy, origin):
    origin.answers["*"] = lambda request: Answer(
        [b"Set-Cookie: c%s=1; Path=/" % request.target[1:].encode()], close=True
    )
    origin.answers["/login"] = Answer([b"Set-Cookie: held=1; Path=/"])
    origin.answers["/again"] = Answer()
    running = proxy(rules=HOLD)
    get(running, "http://shop.example/login")
    answered = []

    def browse():
        with contextlib.suppress(OSError, EOFError):
            for number in range(100_000):
                if not get(running, f"http://shop.example/{number}").head:
                    return
                answered.append(f"c{number}")

    browsing = threading.Thread(target=browse)
    browsing.start()
    for _ in eventually(30):
        if len(answered) > 100 and len(running.cookies_json("events")) > 50:
            break
    running.kill()
    browsing.join()
    recorded = names_set(running.store_path)
    assert recorded[0] == "held"
    assert recorded[1:] == answered[: len(recorded) - 1]
    again = proxy(home=running.home)
    get(again, "http://shop.example/again")
    assert origin.cookies_at("/again") == [b"held=1"]
    assert again.stop() == 0


def test_a_second_signal_during_the_end_harms_nothing(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    running = proxy()
    get(running, "http://shop.example/")
    os.kill(running.pid, signal.SIGTERM)
    running.interrupt()
    assert names_set(running.store_path) == ["sid"]
