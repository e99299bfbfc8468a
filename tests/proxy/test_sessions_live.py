"""Sessions of applications in a real proxy: in the log, in the store, over a restart, whatever rules do to cookies (R32, R39)."""

import json
import re
import subprocess
import sys
import time
from typing import Any

from rig.messages import Answer
from rig.process import ROOT, eventually
from rig.sessions import an_id

NAVIGATION = (b"Sec-Fetch-Mode: navigate", b"Sec-Fetch-Dest: document", b"Sec-Fetch-Site: same-origin")
RULES = """
browser: chrome
rules:
  - {name: held, match: {host: held.example, cookie: sid}, hold: true}
  - {name: renamed, match: {host: renamed.example, cookie: sid}, rename: "app-{name}"}
  - {name: sealed, match: {host: sealed.example, cookie: sid}, seal: true}
sessions:
  cookies: [my_key]
  policy: {shop.example: {idle: 10m, absolute: 1h}}
findings:
  except: [{code: plain-http}, {code: missing-samesite, host: "*.example"}, {code: missing-httponly, cookie: sid}]
record: {except: [bank.example]}
"""
A, B = an_id(1).encode(), an_id(2).encode()


def listed(proxy: Any, what: str, *arguments: str) -> list[dict[str, Any]]:
    """What scripts/cookies says of the proxy's store."""
    done = subprocess.run(
        [sys.executable, "-m", "cookieproxy.cli", what, "--json", "--store", f"sqlite:{proxy.store_path}", *arguments],
        env={"PYTHONPATH": str(ROOT / "addons")},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return json.loads(done.stdout)


def ask(proxy: Any, url: str, *lines: bytes, body: bytes = b"") -> list[bytes]:
    """One request as a browser navigates; the Set-Cookie fields of its answer."""
    host = url.split("/")[2].encode()
    method = b"POST" if body else b"GET"
    head = [b"%s %s HTTP/1.1" % (method, url.encode()), b"Host: " + host, b"User-Agent: agent/1", *NAVIGATION, *lines]
    if body:
        head += [b"Content-Type: application/x-www-form-urlencoded", b"Content-Length: %d" % len(body)]
    return proxy.raw(b"\r\n".join([*head, b"", b""]) + body)[0].all(b"set-cookie")


def test_sessions_go_on_over_a_restart_and_end_where_they_end(proxy: Any, origin: Any) -> None:
    """R32: begun, used, logged in, over a restart still the same, ended at the logout; the log has a line for each."""
    origin.answers["/"] = Answer([b"Set-Cookie: sid=" + A + b"; Path=/; HttpOnly"])
    origin.answers["/login"] = Answer(
        [b"Set-Cookie: sid=" + B + b"; Path=/; HttpOnly", b"Location: /account"], status=302
    )
    origin.answers["/account"] = Answer()
    origin.answers["/logout"] = Answer([b"Set-Cookie: sid=; Path=/; Max-Age=0"])
    origin.answers["/short"] = Answer([b"Set-Cookie: my_key=abcdefghijkl; Max-Age=1"])
    first = proxy(rules=RULES)
    ask(first, "http://shop.example/")
    ask(first, "http://shop.example/login", b"Cookie: sid=" + A, body=b"user=ann&password=letmein")
    ask(first, "http://shop.example/account", b"Cookie: sid=" + B)
    ask(first, "http://bank.example/")
    ask(first, "http://short.example/short")
    assert first.stop() == 0
    (before, after, _) = sorted(listed(first, "sessions"), key=lambda row: (row["site"], row["started"]))
    assert (before["end_cause"], before["rotated_to"]) == ("rotated", after["id"])
    assert (after["end_cause"], after["ended"], after["lifetime_seconds"]) == ("open", None, None)
    assert (after["rotated_from"], after["requests"], after["policy"]) == (before["id"], 1, "idle: 10m, absolute: 1h")
    assert after["expected_end"] == after["last_seen"] + 600

    time.sleep(1)  # as long as the short one lives
    second = proxy(home=first.home)
    ask(second, "http://shop.example/account", b"Cookie: sid=" + B)
    ask(second, "http://shop.example/logout", b"Cookie: sid=" + B)
    assert second.stop() == 0
    rows = listed(second, "sessions", "--site", "shop.example")
    assert [row["end_cause"] for row in rows] == ["rotated", "logout"]
    assert rows[1]["requests"] == 3
    assert rows[1]["id"] == after["id"]
    assert rows[1]["lifetime_seconds"] > after["last_seen"] - after["started"]
    (short,) = listed(second, "sessions", "--site", "short.example")
    assert (short["end_cause"], short["cookie"]) == ("expired", "my_key")
    assert 0.9 < short["lifetime_seconds"] < 1.1
    assert listed(second, "findings", "--site", "shop.example") == []
    assert listed(second, "sessions", "--site", "bank.example") == []

    log = first.log() + second.log()
    said = re.findall(r"shop\.example sid: session (\w+) (began|was replaced by|ended)", log)
    assert [what for _, what in said] == ["began", "was replaced by", "began", "ended"]
    assert A.decode() not in log
    assert B.decode() not in log


def test_what_rules_do_for_the_browser_does_not_change_the_session(proxy: Any, origin: Any) -> None:
    """Held, renamed and sealed cookies are the application's own to the log."""
    origin.answers["/"] = Answer([b"Set-Cookie: sid=" + A + b"; Path=/; HttpOnly"])
    origin.answers["/page"] = Answer()
    origin.answers["/logout"] = Answer([b"Set-Cookie: sid=; Path=/; Max-Age=0"])
    running = proxy(rules=RULES)
    for host in ("held", "renamed", "sealed"):
        given = ask(running, f"http://{host}.example/")
        sent = [b"Cookie: " + given[0].partition(b";")[0]] if given else []
        for path in ("page", "page", "logout"):
            ask(running, f"http://{host}.example/{path}", *sent)
            assert origin.received[-1].all(b"cookie") == [b"sid=" + A]
    assert running.stop() == 0
    rows = listed(running, "sessions")
    assert [(row["host"], row["cookie"], row["end_cause"], row["requests"]) for row in rows] == [
        (f"{host}.example", "sid", "logout", 3) for host in ("held", "renamed", "sealed")
    ]


def test_a_cookie_that_ends_while_nobody_asks_ends_its_session(proxy: Any, origin: Any) -> None:
    origin.answers["/"] = Answer([b"Set-Cookie: my_key=abcdefghijkl; Max-Age=1"])
    running = proxy(rules=RULES)
    ask(running, "http://shop.example/")
    for _ in eventually(15):
        if [row["end_cause"] for row in listed(running, "sessions")] == ["expired"]:
            break
