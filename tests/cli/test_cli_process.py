"""The command line as a process: against a running proxy, in pipes, on terminals, in the C locale, and interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cookieproxy.core.events import Event, EventKind
from cookieproxy.record.store import open_store
from cookieproxy.record.values import ValuePolicy
from rig.messages import Answer
from rig.process import ROOT, Proxy, environment, eventually, read, terminal

EXPLAIN = ["explain", "--no-rules", "--at", "https://shop.example/", "--given", "a=1; Domain=b.example"]

type Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def cookies(tmp_path: Path) -> Iterator[Start]:
    """Starts the command line: `cookies("jar", env={…}, **Popen's arguments)`; what still runs ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*argv: str, env: dict[str, str] | None = None, **more: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "cookieproxy.cli", *argv],
            env=environment(PYTHONPATH=str(ROOT / "addons")) | (env or {}),
            **{"cwd": tmp_path, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdout, process.stderr)):
            pipe.close()


@pytest.fixture
def shop(proxy: Callable[..., Proxy], origin: Any) -> Proxy:
    """A proxy in front of a shop that logs in and out."""
    origin.answers["/login"] = Answer([b"Set-Cookie: sid=topsecret; Path=/; HttpOnly"])
    origin.answers["/"] = Answer([])
    origin.answers["/logout"] = Answer([b"Set-Cookie: sid=; Path=/; Max-Age=0"])
    return proxy()


def test_a_cookie_through_the_proxy_is_in_the_jar_masked(shop: Proxy) -> None:
    shop.curl("http://shop.example/login")
    for _ in eventually():
        if shop.cookies_json("jar"):
            break
    table = shop.cookies("jar").stdout
    assert "sid" in table
    assert "***9" in table
    assert "topsecret" not in table + shop.cookies("events").stdout + shop.cookies("events", "--json").stdout
    assert "topsecret" in shop.cookies("jar", "--values").stdout
    [client] = shop.cookies_json("clients")
    assert str(client["client"]).startswith("127.0.0.1 curl/")


def lines_of(process: subprocess.Popen[bytes]) -> Iterator[str]:
    assert process.stdout is not None
    return (line.decode() for line in process.stdout)


def test_follow_tells_why_i_was_logged_out_while_it_happens(shop: Proxy, cookies: Start) -> None:
    """R21: the removal is told within a second of the response, without the command being run again."""
    shop.curl("http://shop.example/login")
    follow = cookies("events", "--cookie", "sid", "--follow", "--store", f"sqlite:{shop.store_path}", cwd=shop.home)
    lines = lines_of(follow)
    assert next(lines).split() == ["time", "client", "host", "cookie", "event", "why"]
    assert " stored" in next(lines)
    shop.curl("http://shop.example/", "-H", "Cookie: sid=topsecret")
    assert " sent" in next(lines)
    begun = time.monotonic()
    shop.curl("http://shop.example/logout", "-H", "Cookie: sid=topsecret")
    said = [next(lines), next(lines)]
    assert time.monotonic() - begun < 3
    assert " removed      deleted: The server deleted it with an expired Set-Cookie." in said[-1]
    follow.send_signal(signal.SIGINT)
    assert follow.communicate()[1] == b""
    assert follow.returncode == 0


def test_follow_as_json_is_one_object_a_line(shop: Proxy, cookies: Start) -> None:
    shop.curl("http://shop.example/login")
    for _ in eventually():
        if shop.cookies_json("events"):
            break
    store = ("--store", f"sqlite:{shop.store_path}")
    follow = cookies("events", "--follow", "--json", "--event", "stored,removed", *store)
    lines = lines_of(follow)
    assert json.loads(next(lines))["event"] == "stored"
    shop.curl("http://shop.example/logout", "-H", "Cookie: sid=topsecret")
    row = json.loads(next(lines))
    assert (row["event"], row["reason"], row["before"]) == ("removed", "deleted", None)
    assert list(row)[:3] == ["time", "client", "site"]


def test_follow_misses_nothing_of_a_busy_proxy(shop: Proxy, cookies: Start, origin: Any) -> None:
    names = [b"c%d" % number for number in range(400)]
    origin.answers["/first"] = Answer([b"Set-Cookie: first=1"])
    shop.curl("http://shop.example/first")
    follow = cookies("events", "--follow", "--json", "--event", "stored", "--store", f"sqlite:{shop.store_path}")
    lines = lines_of(follow)
    while json.loads(next(lines))["cookie"] != "first":
        pass
    for start in range(0, len(names), 40):
        origin.answers["/many"] = Answer([b"Set-Cookie: " + name + b"=1" for name in names[start : start + 40]])
        shop.curl("http://shop.example/many")
    assert sorted(json.loads(next(lines))["cookie"].encode() for _ in names) == sorted(names)


@pytest.mark.parametrize("argv", [EXPLAIN, [*EXPLAIN, "--json"], ["--help"]], ids=["table", "json", "help"])
def test_a_pipe_closed_early_is_no_mistake(cookies: Start, argv: list[str]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    process = cookies(*argv, stdout=theirs)
    os.close(theirs)
    assert process.communicate()[1] == b""
    assert process.returncode == 0


def test_a_full_disk_is_said_in_a_line(cookies: Start) -> None:
    with open("/dev/full", "wb") as full:
        process = cookies(*EXPLAIN, stdout=full)
        err = process.communicate()[1].decode()
    assert (process.returncode, err.count("\n")) == (1, 1)
    assert "No space left" in err


def test_utf_8_also_in_the_c_locale(cookies: Start) -> None:
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    given = "naïve=日本"
    out, err = cookies("explain", "--no-rules", "--at", "https://a.example", "--given", given, env=env).communicate()
    assert err == b""
    assert out.decode().startswith(f"given  {given}\n")


def on_terminal(cookies: Start, *argv: str, **env: str) -> str:
    """What the command says to a terminal."""
    ours, theirs = terminal()
    process = cookies(*argv, stdout=theirs, env=env)
    os.close(theirs)
    said = b"".join(iter(lambda: read(ours), b""))
    os.close(ours)
    process.communicate()
    return said.decode()


def test_colour_where_the_terminal_has_it(cookies: Start) -> None:
    plain, coloured = on_terminal(cookies, *EXPLAIN, NO_COLOR="1"), on_terminal(cookies, *EXPLAIN)
    assert "\x1b[31mignored" in coloured
    assert "\x1b[3" not in plain
    assert "domain-mismatch: Its Domain does not cover" in plain
    assert b"\x1b" not in cookies(*EXPLAIN).communicate()[0]


def event(time: float, name: bytes, **fields: Any) -> Event:
    given = {
        "client": "127.0.0.1 curl/8 c3ab8f",
        "site": "shop.example",
        "host": "shop.example",
        "event": EventKind.MISSING,
    }
    return Event(time, cookie=name, **(given | fields))


def test_events_on_a_terminal_leave_room_for_the_reasons(tmp_path: Path, cookies: Start) -> None:
    store = open_store("sqlite:new.db", tmp_path)
    why = {"reason": "gone", "sentence": "The browser no longer has it: a script or the user deleted it."}
    seen = [event(1.0, b"sid", **why), event(2.0, b"lang", **why), event(3.0, b"x" * 60, host="bank.example", **why)]
    store.write(seen, store.masker(ValuePolicy.DROP))
    store.close()
    spec = f"sqlite:{tmp_path}/new.db"
    said = on_terminal(cookies, "events", "--store", spec, NO_COLOR="1", COLUMNS="80").splitlines()
    assert "\x1b" not in "".join(said)
    assert [line.strip() for line in said if " at " in line] == [
        "127.0.0.1 curl/8 c3ab8f at shop.example",
        "127.0.0.1 curl/8 c3ab8f at bank.example",
    ]
    assert len({line.index("missing") for line in said if "missing" in line}) == 1, "the groups are in line"
    assert "".join("".join(said).split()).count("gone:Thebrowser") == 3


def test_wire_text_is_no_markup_and_no_escape_on_a_terminal(cookies: Start) -> None:
    hostile = "[red]x[/red]=\x1b]0;own\x07"
    said = on_terminal(cookies, "explain", "--no-rules", "--at", "https://a.example", "--given", hostile, NO_COLOR="1")
    assert "[red]x[/red]=\\x1b]0;own\\x07" in said
    assert "\x1b]" not in said


def test_interrupted_while_it_follows_an_empty_store(tmp_path: Path, cookies: Start) -> None:
    open_store("sqlite:new.db", tmp_path).close()
    follow = cookies("events", "--follow", "--store", f"sqlite:{tmp_path}/new.db")
    assert next(lines_of(follow)).startswith("time")
    follow.send_signal(signal.SIGINT)
    assert (follow.communicate(), follow.returncode) == ((b"", b""), 0)
