"""Sessions in the URL beyond one exchange: restarts, reloads, other rules, what is recorded of them (R22, R31, R36).

Most tests share a proxy that was restarted once, each with a site of its own.
"""

import json
import re
import secrets
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from cookieproxy.cookieless.ids import digest_of
from rig.flows import read_flows
from rig.messages import Answer
from rig.origin import Origin
from rig.process import ADDON, Proxy, Site, eventually
from rig.shared import CONTROL, get

RULES = """
browser: classic
enforce: true
cookieless:
  - {match: {host: "*.short.example"}, mode: uri, carrier: path, script: false, idle_timeout: 1s}
  - {match: {site: api.example}, mode: uri, carrier: path, script: false, except: {path: ["/api/*"]}}
  - {match: {site: shop.example}, mode: uri, carrier: path, script: false}
rules:
  - {name: dropped, match: {cookie: dropped}, drop: true}
  - {name: renamed, match: {cookie: plain}, rename: "x-{name}"}
  - {name: set, match: {cookie: narrow}, set: {path: /deep}}
  - {name: held, match: {cookie: held}, hold: true}
  - {name: sealed, match: {cookie: sealed}, seal: true}
  - {name: short, match: {cookie: short}, cap: 60s}
"""
ONE = "cookieless: [{match: {site: shop.example}, mode: uri, carrier: path, script: false}]\n"
ID = re.compile(rb"(?:\(S\(|sid=)([a-z0-5]{24})")
PAGE = b'<a href="/next">next</a>'
VALUE = b"PLANTED" + secrets.token_hex(8).encode()
LOGIN = Answer([b"Set-Cookie: app=" + VALUE + b"; Path=/", b"Set-Cookie: b=2; Path=/deep"], PAGE)


def prepare(origin):
    origin.answers.clear()
    origin.received.clear()
    origin.answers["*"] = Answer([], PAGE)
    origin.answers["/login"] = LOGIN


def ask(proxy, url, *lines, agent="agent/1", method="GET", body=b""):
    """One request over a connection of its own, exactly so."""
    host = url.split("/")[2]
    head = [f"{method} {url} HTTP/1.1".encode(), f"Host: {host}".encode(), f"User-Agent: {agent}".encode(), *lines]
    if body:
        head.append(b"Content-Length: %d" % len(body))
    return proxy.raw(b"\r\n".join([*head, b"", b""]) + body)[0]


def id_in(answer):
    found = ID.search(answer.body)
    assert found, answer
    return found[1].decode()


def begin(proxy, host="www.shop.example", agent="agent/1"):
    return id_in(ask(proxy, f"http://{host}/login", agent=agent))


def cookie(origin):
    """The cookies of the last request, as the application got them."""
    return b"; ".join(origin.received[-1].all(b"cookie"))


def said_on_a_page(session_id, host="www.shop.example"):
    """The address of a page with the id, as a Referer."""
    return f"Referer: http://{host}/(S({session_id}))/page".encode()


def held(proxy, site="shop.example"):
    return [row for row in proxy.cookies_json("jar", "--site", site) if row["jar"] == "held"]


def wait_until_held(proxy, *names, site="shop.example"):
    for _ in eventually():
        if sorted(row["name"] for row in held(proxy, site)) == sorted(names):
            break


def store_bytes(proxy):
    return b"".join(path.read_bytes() for path in sorted(proxy.home.glob("cookies.db*")))


# -- restarts ----------------------------------------------------------------------------------------------------------


@dataclass
class Restarted:
    """A proxy that runs for the second time, and the ids of sessions that began in the first run."""

    proxy: Proxy
    origin: Origin
    ids: dict[str, str]


def first_run(proxy, origin):
    """What happened before the restart."""
    hosts = ("leak.shop.example", "plain.shop.example", "changed.shop.example", "timed.short.example")
    ids = {host: begin(proxy, host, f"{host}/1") for host in (*hosts, "renewed.shop.example")}
    origin.answers["/change"] = Answer(
        [b"Set-Cookie: app=other; Path=/", b"Set-Cookie: b=; Path=/deep; Max-Age=0", b"Set-Cookie: c=3; Path=/"], PAGE
    )
    changed = "changed.shop.example"
    ask(proxy, f"http://{changed}/(S({ids[changed]}))/change", agent=f"{changed}/1")
    origin.answers["/enter"] = Answer([b"Set-Cookie: PHPSESSID=" + b"1f" * 16 + b"; Path=/"], PAGE)
    renewed = "renewed.shop.example"
    answer = ask(proxy, f"http://{renewed}/(S({ids[renewed]}))/enter", agent=f"{renewed}/1")
    return ids | {"renewed": id_in(answer)}


@pytest.fixture(scope="module")
def restarted(certificate, confdir, tmp_path_factory):
    origin = Origin(certificate)
    proxy = Proxy(Site(origin.http_port, origin.https_port, confdir), tmp_path_factory.mktemp("restart"))
    proxy.write_rules(RULES)
    prepare(origin)
    proxy.start()
    ids = first_run(proxy, origin)
    assert proxy.stop() == 0
    proxy.start()
    yield Restarted(proxy, origin, ids)
    assert proxy.stop() == 0
    origin.close()
    assert "Traceback" not in proxy.log()


@pytest.fixture
def second(restarted):
    prepare(restarted.origin)
    return restarted


def use(second, host, target, session_id=None):
    """A request of a session that began before the restart."""
    session_id = session_id or second.ids[host]
    return ask(second.proxy, f"http://{host}/(S({session_id})){target}", agent=f"{host}/1")


def test_after_a_restart_ids_are_kept_from_other_sites_at_once(second):
    """A page that stayed open tells an analytics site its address before it asks its own site for anything."""
    host = "leak.shop.example"
    ask(second.proxy, "http://stats.example/hit", said_on_a_page(second.ids[host], host), agent=f"{host}/1")
    assert second.ids[host].encode() not in second.origin.received[-1].head


def test_a_session_goes_on_after_a_restart(second):
    host = "plain.shop.example"
    answer = use(second, host, "/deep/x")
    assert cookie(second.origin) == b"b=2; app=" + VALUE
    assert id_in(answer) == second.ids[host]
    ask(second.proxy, f"http://{host}/(S({second.ids[host]}))/", agent="thief/1")
    assert cookie(second.origin) == b"", "nor does it belong to anybody else now"


def test_what_was_set_and_deleted_before_the_restart_stays_so(second):
    use(second, "changed.shop.example", "/deep/x")
    assert cookie(second.origin) == b"app=other; c=3"


def test_a_renewed_session_goes_on_after_a_restart_under_its_new_id_alone(second):
    host = "renewed.shop.example"
    use(second, host, "/")
    assert cookie(second.origin) == b""
    use(second, host, "/", second.ids["renewed"])
    assert cookie(second.origin) == b"app=" + VALUE + b"; PHPSESSID=" + b"1f" * 16


def test_a_session_that_times_out_leaves_no_values_in_the_store(second):
    """Whether it began before the restart or after it, and whether anybody asked for it again."""
    host = "timed.short.example"
    value = b"PLANTED" + secrets.token_hex(8).encode()
    second.origin.answers["/login"] = Answer([b"Set-Cookie: app=" + value + b"; Path=/"], PAGE)
    session_id = begin(second.proxy, host)
    ask(second.proxy, f"http://{host}/(S({session_id}))/x")
    assert cookie(second.origin) == b"app=" + value
    for _ in eventually():
        if digest_of(session_id) in {row["session"] for row in held(second.proxy, "short.example")}:
            break
    for _ in eventually(12):
        if not held(second.proxy, "short.example"):
            break
    use(second, host, "/")
    assert cookie(second.origin) == b""
    with closing(sqlite3.connect(second.proxy.store_path)) as store:
        rows = store.execute("select value, valid_to from jars where site = 'short.example'").fetchall()
        ended = store.execute("select ended from cookieless_sessions where site = 'short.example'").fetchall()
    assert {row[0] for row in rows} <= {None}
    assert all(row[0] for row in ended[:2])
    assert value not in second.proxy.store_path.read_bytes()


def test_a_session_goes_on_after_the_proxy_was_killed(proxy, origin):
    prepare(origin)
    first = proxy(rules=ONE)
    session_id = begin(first)
    wait_until_held(first, "app", "b")
    first.kill()
    again = proxy(home=first.home)
    ask(again, f"http://www.shop.example/(S({session_id}))/deep/x")
    assert cookie(origin) == b"b=2; app=" + VALUE


# -- other rules, the script anew --------------------------------------------------------------------------------------


def test_a_session_goes_on_under_another_carrier(proxy, origin):
    """Rules saved while it runs: each carrier in its turn, and the session that began before the section was there never."""
    prepare(origin)
    running = proxy(rules="version: 1\n")
    assert ask(running, "http://www.shop.example/login").all(b"set-cookie") != []
    session_id = None
    for carrier, target in (("query", "/x?a=1&sid={}"), ("matrix", "/x;sid={}?a=1"), ("path", "/(S({}))/x?a=1")):
        running.write_rules(ONE.replace("path", carrier))
        sign = {"query": b"?sid=", "matrix": b";sid=", "path": b"/(S("}[carrier]
        for _ in eventually():
            answer = ask(running, "http://www.shop.example/login", agent="other/1")
            if sign in answer.body:
                break
        session_id = session_id or begin(running)
        answer = ask(running, "http://www.shop.example" + target.format(session_id))
        assert (origin.received[-1].target, cookie(origin)) == ("/x?a=1", b"app=" + VALUE)
        assert id_in(answer) == session_id
    running.write_rules("version: 1\n")
    for _ in eventually():
        if ask(running, "http://www.shop.example/login", agent="other/1").all(b"set-cookie"):
            break


def test_without_the_section_no_id_reaches_another_site(proxy, origin):
    """The entry is gone; pages in browsers still say ids, which are credentials until their sessions end."""
    prepare(origin)
    running = proxy(rules=ONE)
    session_id = begin(running)
    running.write_rules("version: 1\n")
    for _ in eventually():
        if ask(running, "http://www.shop.example/login", agent="other/1").all(b"set-cookie"):
            break
    ask(running, "http://stats.example/hit", said_on_a_page(session_id))
    assert session_id.encode() not in origin.received[-1].head


def script_of_its_own(place):
    """The script and its package where they can be saved."""
    shutil.copytree(ADDON.parent / "cookieproxy", place / "addons" / "cookieproxy")
    return Path(shutil.copy(ADDON, place / "addons" / "cookies.py"))


def reload(running, script):
    """Save the script, and wait until it was loaded anew."""
    before = running.log().count("Loading script " + str(script))
    get(running, "http://control.test/", b"X-Touch: " + str(script).encode())
    for _ in eventually(10):
        if running.log().count("Loading script " + str(script)) > before:
            break


def test_the_script_loaded_anew_keeps_the_sessions_and_what_is_on_its_way(proxy, origin, tmp_path):
    prepare(origin)
    script = script_of_its_own(tmp_path)
    (tmp_path / "rules.yaml").write_text(ONE)
    running = proxy(addon=script, arguments=CONTROL)
    session_id = begin(running)
    released = threading.Event()
    origin.answers["/slow"] = lambda request: Answer([b"Set-Cookie: c=3"], PAGE) if released.wait(20) else b""
    with ThreadPoolExecutor(1) as pool:
        on_its_way = pool.submit(ask, running, f"http://www.shop.example/(S({session_id}))/slow")
        for _ in eventually():
            if origin.at("/slow"):
                break
        reload(running, script)
        ask(running, f"http://www.shop.example/(S({session_id}))/")
        assert cookie(origin) == b"app=" + VALUE
        released.set()
        answer = on_its_way.result()
    assert (answer.status, answer.all(b"set-cookie")) == (200, [])
    ask(running, f"http://www.shop.example/(S({session_id}))/")
    assert cookie(origin) == b"app=" + VALUE + b"; c=3"


# -- together with rules -----------------------------------------------------------------------------------------------


def test_rules_hold_for_cookies_that_never_reach_a_browser(second):
    names = ("dropped", "plain", "narrow", "held", "sealed", "short")
    lines = [f"Set-Cookie: {name}={name}-value; Path=/; Max-Age=3600".encode() for name in names]
    second.origin.answers["/login"] = Answer(lines, PAGE)
    host = "rules.shop.example"
    answer = ask(second.proxy, f"http://{host}/login")
    assert answer.all(b"set-cookie") == []
    session_id = id_in(answer)
    always = {b"plain", b"held", b"sealed", b"short"}
    for target, expected in {"/x": always, "/deep/x": always | {b"narrow"}}.items():
        ask(second.proxy, f"http://{host}/(S({session_id}))" + target)
        pairs = dict(pair.split(b"=", 1) for pair in cookie(second.origin).split(b"; "))
        assert pairs == {name: name + b"-value" for name in expected}


def test_a_cap_shortens_what_a_session_holds(second):
    lines = [b"Set-Cookie: short=1; Path=/; Max-Age=3600"]
    second.origin.answers["/login"] = Answer(lines, PAGE)
    begin(second.proxy, "cap.shop.example", "cap/1")
    for _ in eventually():
        rows = [row for row in held(second.proxy) if row["domain"] == "cap.shop.example"]
        if rows:
            break
    assert [round(row["expires"] - row["created"]) for row in rows] == [60]


def test_except_is_served_as_if_there_were_no_entry(second):
    host = "http://www.api.example"
    session_id = begin(second.proxy, "www.api.example")
    second.origin.answers["/api/x"] = Answer([b"Set-Cookie: api=1"], PAGE)
    answer = ask(second.proxy, f"{host}/api/x", agent="other/1")
    assert (answer.body, answer.all(b"set-cookie")) == (PAGE, [b"api=1"])
    ask(second.proxy, f"{host}/(S({session_id}))/api/x?a=1")
    assert (second.origin.received[-1].target, cookie(second.origin)) == ("/api/x?a=1", b"")
    second.origin.answers["/page"] = Answer([], b'<a href="/api/x">api</a><a href="/x">x</a>')
    page = ask(second.proxy, f"{host}/(S({session_id}))/page").body
    assert page == f'<a href="/api/x">api</a><a href="/(S({session_id}))/x">x</a>'.encode()


def test_enforced_limits_hold_for_what_a_session_holds(second):
    lines = [b"Set-Cookie: c%d=x; Path=/" % number for number in range(30)]
    second.origin.answers["/login"] = Answer(lines, PAGE)
    session_id = begin(second.proxy, "limits.shop.example")
    ask(second.proxy, f"http://limits.shop.example/(S({session_id}))/")
    assert len(cookie(second.origin).split(b"; ")) == 20


# -- what is recorded --------------------------------------------------------------------------------------------------


def listings(proxy):
    """All that the command line says."""
    subjects = ("events", "jar", "clients")
    return json.dumps(
        [proxy.cookies_json(subject, "--values") for subject in subjects[:2]] + [proxy.cookies_json("clients")]
    )


def test_no_id_is_recorded_anywhere(second):
    """Not in the store, the log, the command line's answers; the listings tell sessions apart by a digest."""
    proxy, host = second.proxy, "record.shop.example"
    session_id = begin(proxy, host, "record/1")
    referer = said_on_a_page(session_id, host)
    form = b"Content-Type: application/x-www-form-urlencoded"
    for target in ("/x?y=1", "/deep/x"):
        ask(proxy, f"http://{host}/(S({session_id}))" + target, referer, agent="record/1")
        ask(proxy, f"http://{host}/(S({session_id}))" + target, agent="thief/1")
        ask(proxy, "http://stats.example/hit?u=" + session_id, referer, b"Cookie: a=1", agent="record/1")
        ask(proxy, f"http://{host}/form", form, method="POST", body=b"sid=" + session_id.encode(), agent="record/1")
    ask(proxy, f"http://{host}/(S({'a' * 24}))/x")
    for _ in eventually():
        rows = [row for row in held(proxy) if row["domain"] == host]
        if {row["name"] for row in rows} == {"app", "b"}:
            break
    digests = {row["session"] for row in rows}
    assert len(digests) == 1
    assert not digests & {None, session_id}
    for _ in eventually():
        events = [event for event in proxy.cookies_json("events") if event["event"] == "cookieless"]
        if {event["reason"] for event in events} >= {"started", "foreign", "unknown", "leak-stopped"}:
            break
    assert session_id not in listings(proxy).lower()
    assert session_id.encode() not in store_bytes(proxy).lower()
    assert session_id not in proxy.log().lower(), "mitmproxy's own lines have the URL that the application gets"


@pytest.mark.parametrize("where", ["cookie", "path"])
def test_what_a_page_tells_of_ids_is_recorded_without_them(second, where):
    agent = f"told-{where}/1"
    session_id = begin(second.proxy, "told.shop.example", agent)
    value = f"Cookie: last=http://told.shop.example/(S({session_id}))/x" if where == "cookie" else "Cookie: told=1"
    path = "/hit" if where == "cookie" else f"/hit/{session_id}"
    ask(second.proxy, f"http://{where}.example{path}", value.encode(), agent=agent)
    for _ in eventually():
        if second.proxy.cookies_json("jar", "--site", f"{where}.example"):
            break
    assert session_id.encode() not in store_bytes(second.proxy)


def test_saved_flows_tell_the_session_and_no_id(proxy, origin, mitmdump, tmp_path):
    prepare(origin)
    saved = tmp_path / "flows"
    running = proxy(rules=ONE, arguments=("-w", str(saved)))
    session_id = begin(running)
    for _ in range(2):
        ask(running, f"http://www.shop.example/(S({session_id}))/x?y=1", said_on_a_page(session_id))
    running.stop()
    flows = read_flows(saved)
    assert [flow.request.path for flow in flows] == ["/login", "/x?y=1", "/x?y=1"]
    assert len({flow.metadata["cookieproxy"]["session"] for flow in flows}) == 1
    for flow in flows:
        assert session_id not in repr(flow.metadata)
        assert session_id.encode() not in b"\n".join(value for _, value in flow.request.headers.fields)
    store = tmp_path / "read.db"
    done = mitmdump("-nr", saved, rules=ONE, options={"cookies_store": f"sqlite:{store}"})
    assert done.returncode == 0, done.stdout + done.stderr
    rows = running.cookies_json("events", "--store", f"sqlite:{store}")
    assert not {row["event"] for row in rows if row["site"] == "shop.example"} & {"missing", "unexpected"}
