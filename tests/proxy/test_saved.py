"""Flows that are not live: files read once, again, in part or broken; replays; and responses that other addons make."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from cookieproxy.record.store import open_reader
from rig.flows import make_flow, read_flows, write_flows
from rig.messages import Answer
from rig.process import ADDON, MITMDUMP, OPTIONS, environment, eventually, set_arguments
from rig.shared import errors, get

HOLD = "browser: rfc6265bis\nrules: [{name: keep it, match: {cookie: held}, hold: true}]\n"
YEARS_AGO = 1_500_000_000.0
UUID = rb"[0-9a-f]{8}((?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


def opened(store):
    return open_reader(f"sqlite:{store}", store.parent)


def events_in(store):
    """(event, cookie, reason) of everything a store has."""
    reader = opened(store)
    try:
        return [(row.event, row.cookie, row.reason) for row in reader.questions.events()]
    finally:
        reader.close()


def jar_in(store):
    reader = opened(store)
    try:
        return sorted((row.jar, row.name, row.value) for row in reader.questions.jar(values=True))
    finally:
        reader.close()


def some_flows(at=YEARS_AGO, count=4):
    """A visit: a cookie set, sent, changed; a page without any; a server whose clock is wrong."""
    date = (b"Date", b"Thu, 01 Jan 2015 00:00:00 GMT")
    visit = [
        make_flow("http://shop.example/", [], [(b"Set-Cookie", b"sid=1; Path=/"), date], at=at),
        make_flow("http://shop.example/a", [(b"Cookie", b"sid=1")], [(b"Set-Cookie", b"sid=2; Path=/")], at=at + 1),
        make_flow("http://shop.example/b", [(b"Sec-Fetch-Mode", b"navigate")], [date], at=at + 2),
        make_flow("http://shop.example/c", [(b"Cookie", b"other=1")], [(b"Set-Cookie", b"x=1; Secure")], at=at + 3),
    ]
    return visit[:count]


@pytest.fixture
def read(mitmdump, tmp_path):
    """Reads a file into a store and gives what was said."""

    def run(flows, store=None, rules="", *arguments):
        options = {} if store is None else {"cookies_store": f"sqlite:{store}"}
        done = mitmdump("-nr", flows, *arguments, rules=rules, options=options)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        assert "Traceback" not in said
        return said

    return run


def test_reading_a_file_again_into_the_same_store_changes_nothing(read, tmp_path):
    flows = write_flows(tmp_path / "flows", some_flows())
    store = tmp_path / "read.db"
    read(flows, store)
    events, jar = events_in(store), jar_in(store)
    assert {event for event, _, _ in events} >= {
        "stored",
        "sent",
        "replaced",
        "missing",
        "unexpected",
        "clock-skew",
        "ignored",
    }
    read(flows, store)
    assert (events_in(store), jar_in(store)) == (events, jar)


def test_a_file_with_some_flows_that_were_read_before_adds_the_others(read, tmp_path):
    flows = some_flows()
    store, whole = tmp_path / "read.db", tmp_path / "whole.db"
    read(write_flows(tmp_path / "first", flows[:2]), store)
    read(write_flows(tmp_path / "all", flows), store)
    read(write_flows(tmp_path / "all", flows), whole)
    assert jar_in(store) == jar_in(whole)
    told = [event for event in events_in(store) if event[0] != "clock-skew"]  # which each reading tells anew
    assert told == [event for event in events_in(whole) if event[0] != "clock-skew"]


def test_flows_that_were_recorded_live_are_not_counted_twice(proxy, origin, read, tmp_path):
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Path=/"])
    saved = tmp_path / "flows"
    running = proxy(options={"save_stream_file": str(saved)})
    get(running, "http://shop.example/")
    running.stop()
    events = events_in(running.store_path)
    read(saved, running.store_path)
    assert events_in(running.store_path) == events


def test_old_flows_are_not_thrown_away_for_their_age(read, tmp_path):
    store = tmp_path / "read.db"
    read(write_flows(tmp_path / "flows", some_flows()), store, "record: {keep: 1d}")
    assert ("stored", "sid", None) in events_in(store)


def test_reading_without_a_store_of_its_own_leaves_no_file(read, tmp_path):
    assert "sid: missing" in read(write_flows(tmp_path / "flows", some_flows()))
    assert not list(tmp_path.glob("*.db"))


def test_what_we_changed_is_read_as_it_came(proxy, origin, read, tmp_path):
    """Held and renamed cookies: the file's messages are those on the wire, the flow's metadata has what was said."""
    origin.answers["/set"] = Answer([b"Set-Cookie: held=1; Path=/", b"Set-Cookie: open=2; Path=/"])
    origin.answers["/get"] = Answer()
    saved, store = tmp_path / "flows", tmp_path / "read.db"
    running = proxy(rules=HOLD, options={"save_stream_file": str(saved)})
    get(running, "http://shop.example/set")
    get(running, "http://shop.example/get", b"Cookie: open=2")
    running.stop()
    up = [flow.request.headers.get("cookie", "") for flow in read_flows(saved)]
    assert [sorted(cookies.split("; ")) for cookies in up] == [[""], ["held=1", "open=2"]]
    read(saved, store)
    assert jar_in(store) == [("mirror", "open", "2")]
    assert {event[:2] for event in events_in(store)} >= {("stored", "held"), ("missing", "held"), ("sent", "open")}
    assert ("sent", "held", None) not in events_in(store)


METADATA = [
    "text",
    {"cookie": 5, "set-cookie": {"a": 1}, "host": 7},
    {"cookie": [1, "x", None, b"sid=1"], "set-cookie": [[b"x"]], "host": ""},
    {"host": "%\x00" * 5000},
]
MOMENTS = [0.0, -1e300, 1e300, float("inf"), float("-inf"), float("nan")]


def test_what_nobody_of_us_wrote_into_a_file(read, tmp_path):
    """Metadata of other types, and times that are none: such flows may be passed over, the others are not."""
    odd = []
    for number, metadata in enumerate(METADATA):
        odd += some_flows(at=YEARS_AGO - 1000 * number)
        for flow in odd[-4:]:
            flow.metadata["cookieproxy"] = metadata
    for moment in MOMENTS:
        odd += some_flows(at=YEARS_AGO - 10_000)[:2]
        odd[-2].request.timestamp_start = odd[-1].response.timestamp_start = moment
    store = tmp_path / "read.db"
    read(write_flows(tmp_path / "flows", [*odd, *some_flows()]), store)
    assert ("unexpected", "other", "unknown") in events_in(store)


def test_flows_without_response_and_of_other_protocols(read, tmp_path):
    from mitmproxy.test import tflow

    flows = some_flows()
    flows[1].response = None
    others = [tflow.ttcpflow(), tflow.tudpflow(), tflow.tdnsflow(), tflow.twebsocketflow(), tflow.tflow(err=True)]
    read(write_flows(tmp_path / "flows", [*flows, *others]), tmp_path / "read.db")


def test_a_file_that_breaks_off(mitmdump, tmp_path):
    flows = write_flows(tmp_path / "flows", some_flows())
    flows.write_bytes(flows.read_bytes()[:-100])
    store = tmp_path / "read.db"
    done = mitmdump("-nr", flows, options={"cookies_store": f"sqlite:{store}"})
    assert "cookieproxy" not in done.stdout + done.stderr
    assert ("stored", "sid", None) in events_in(store)


@pytest.mark.parametrize("octets", [b"", b"\x00" * 1000, b"5:hello,"], ids=repr)
def test_files_that_are_none(mitmdump, tmp_path, octets):
    flows = tmp_path / "flows"
    flows.write_bytes(octets)
    done = mitmdump("-nr", flows)
    assert "cookieproxy" not in done.stdout + done.stderr


def har(url, cookies):
    """A HAR file with one exchange, as browsers export it."""
    pair = [{"name": "Cookie", "value": "a=1"}, {"name": "User-Agent", "value": "HAR/1"}]
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "test", "version": "1"},
            "entries": [
                {
                    "startedDateTime": "2024-05-01T10:00:00.000Z",
                    "time": 12,
                    "request": {
                        **{"method": "GET", "url": url, "httpVersion": "HTTP/2.0", "headers": pair},
                        **{"queryString": [], "cookies": [], "headersSize": -1, "bodySize": 0},
                    },
                    "response": {
                        **{"status": 200, "statusText": "OK", "httpVersion": "HTTP/2.0", "cookies": []},
                        "headers": [{"name": "set-cookie", "value": cookie} for cookie in cookies],
                        "content": {"size": 0, "mimeType": "text/html", "text": ""},
                        **{"redirectURL": "", "headersSize": -1, "bodySize": 0},
                    },
                    "cache": {},
                    "timings": {"send": 1, "wait": 10, "receive": 1},
                }
            ],
        }
    }


def test_har_files(read, tmp_path):
    file, store = tmp_path / "visit.har", tmp_path / "read.db"
    file.write_text(json.dumps(har("https://shop.example/a/b", ["sid=1; Secure; HttpOnly", "p=2; Path=/"])))
    read(file, store)
    assert jar_in(store) == [("mirror", "a", "1"), ("mirror", "p", "2"), ("mirror", "sid", "1")]


def test_a_signal_while_a_file_is_read_ends_it_with_what_was_read(confdir, tmp_path):
    """mitmproxy does nothing else while it reads, not even notice a signal."""
    flows = [
        make_flow(
            f"http://h{n % 50}.example/{n}", [(b"Cookie", b"a=1")], [(b"Set-Cookie", b"c%d=1" % n)], at=YEARS_AGO + n
        )
        for n in range(500)
    ]
    once = write_flows(tmp_path / "once", flows)
    many = tmp_path / "many"
    with many.open("wb") as file:
        for number in range(60):
            file.write(re.sub(UUID, b"%08x\\1" % number, once.read_bytes()))
    rules, store = tmp_path / "rules.yaml", tmp_path / "read.db"
    rules.write_text("browser: none\n")
    settings = {"confdir": str(confdir), "cookies_rules": str(rules), "cookies_store": f"sqlite:{store}"} | OPTIONS
    command = [MITMDUMP, "-q", "-s", ADDON, *set_arguments(settings), "-nr", many]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            for _ in eventually(60):
                if store.exists() and opened_events(store):
                    break
            assert process.poll() is None, process.stdout.read()
            os.kill(process.pid, signal.SIGTERM)
            said, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert "Traceback" not in said
    stored = [event for event, _, _ in events_in(store)].count("stored")
    assert 0 < stored < 30_000


def opened_events(store):
    """Events in a store that may not be ready to be read yet."""
    from cookieproxy.record.protocol import StoreError

    try:
        return events_in(store)
    except StoreError:
        return []


# -- replays and other addons ------------------------------------------------------------------------------------------


def test_replayed_requests_are_neither_rewritten_nor_recorded(proxy, origin, tmp_path):
    origin.answers["*"] = Answer([b"Set-Cookie: held=2; Path=/"])
    flow = make_flow("http://shop.example/replayed", [(b"Cookie", b"held=1")])
    saved = write_flows(tmp_path / "flows", [flow])
    running = proxy(rules=HOLD, options={"client_replay": str(saved), "keepserving": True})
    for _ in eventually():
        if origin.at("/replayed"):
            break
    assert get(running, "http://shop.example/live").all(b"set-cookie") == []
    running.stop()
    assert origin.cookies_at("/replayed") == [b"held=1"]
    assert [row["flow_id"] for row in running.cookies_json("events") if row["event"] == "sent"] == []
    assert [row["name"] for row in running.cookies_json("jar")] == ["held"]
    assert not errors(running.log())


def test_responses_from_a_file_reach_the_browser_and_its_jar(proxy, tmp_path):
    """server_replay answers in the application's place: the browser gets those cookies."""
    flow = make_flow("http://shop.example/", [], [(b"Set-Cookie", b"held=1; Path=/"), (b"Set-Cookie", b"open=2")])
    saved = write_flows(tmp_path / "flows", [flow])
    running = proxy(rules=HOLD, options={"server_replay": str(saved), "server_replay_refresh": False})
    assert get(running, "http://shop.example/").all(b"set-cookie") == [b"open=2"]
    running.stop()
    assert jar_in(running.store_path) == [("held", "held", "1"), ("mirror", "open", "2")]


def test_responses_of_other_addons(proxy, origin, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("mapped")
    script = tmp_path / "other.py"
    script.write_text(
        "from mitmproxy import http\n\n\n"
        "def request(flow):\n"
        "    if flow.request.path == '/made':\n"
        "        flow.response = http.Response.make(200, b'made', {'Set-Cookie': 'held=1; Path=/'})\n"
    )
    origin.answers["*"] = Answer()
    running = proxy(
        rules=HOLD,
        arguments=("-s", str(script)),
        options={"map_local": f"|/mapped|{page}", "block_list": "|~u /blocked|444", "modify_headers": "|~q|X-Mine|1"},
    )
    assert get(running, "http://shop.example/mapped").body == b"mapped"
    assert get(running, "http://shop.example/blocked", b"Cookie: a=1").head == b""
    assert get(running, "http://shop.example/made").all(b"set-cookie") == []
    get(running, "http://shop.example/next")
    running.stop()
    assert origin.cookies_at("/next") == [b"held=1"]
    assert not errors(running.log())


def test_a_file_loaded_while_the_proxy_runs_changes_nothing_of_todays_browsers(proxy, origin, tmp_path):
    old = make_flow("http://shop.example/", [], [(b"Set-Cookie", b"held=old; Path=/")], at=time.time() + 3600)
    saved = write_flows(tmp_path / "flows", [old])
    origin.answers["/login"] = Answer([b"Set-Cookie: held=new; Path=/"])
    origin.answers["/next"] = Answer()
    running = proxy(rules=HOLD + "clients: [address]\n", options={"rfile": str(saved)}, ui="mitmweb")
    get(running, "http://shop.example/login")
    for _ in eventually():
        get(running, "http://shop.example/next")
        if len(origin.at("/next")) > 5:
            break
    assert set(origin.cookies_at("/next")) == {b"held=new"}
    running.stop()
