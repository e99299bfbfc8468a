"""Saved files read without mitmproxy around: the same in the store as `mitmdump -nr` leaves there, whatever is in the files."""

import gzip
import os
import sqlite3
import tracemalloc
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import flow, http, io
from mitmproxy.io import tnetstring
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from cookieproxy.cli.main import main
from cookieproxy.formats.traffic_files import EndsEarly, Unreadable, opened
from cookieproxy.proxy.flow_files import Passed, flows_in
from cookieproxy.proxy.reading_ahead import WORTHWHILE_OCTETS, flows_ahead, is_worthwhile
from cookieproxy.proxy.saved import SavedFlows
from cookieproxy.proxy.taken_ids import TakenIds
from cookieproxy.record.store import open_store
from cookieproxy.record.views import VIEWS
from rig.flows import make_flow, write_flows

START = 1_500_000_000.0
RULES = """
record: {values: keep}
clients: [address, user-agent, proxy-user, header:X-Who]
lists: {trackers: ["_ga*"]}
rules:
  - {name: hold, match: {cookie: held}, hold: true}
  - {name: week, match: {cookie: {list: trackers}}, cap: 7d}
  - {name: prefix, match: {cookie: sid, scheme: https}, rename: __Host-sid, set: {secure: true, path: /, domain: false}}
  - {name: to ten, match: {when: "~dst 10.0.0.1 & ~c 200"}, set: {samesite: lax}}
  - {name: marked, match: {when: "~comment interesting | ~marked | ~websocket | ~e"}, set: {httponly: true}}
"""
AGENT = (b"User-Agent", b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36")


def fields(*values: bytes, name: bytes = b"Set-Cookie") -> list[tuple[bytes, bytes]]:
    return [(name, value) for value in values]


def cookie(*values: bytes) -> list[tuple[bytes, bytes]]:
    return [AGENT, *fields(*values, name=b"Cookie")]


def a_visit(host: str = "shop.example", at: float = START) -> list[http.HTTPFlow]:
    """A login with all that follows, out of order, over http and https."""
    date = (b"Date", b"Thu, 01 Jan 2015 00:00:00 GMT")
    form = (b"Content-Type", b"application/x-www-form-urlencoded")
    login = make_flow(
        f"https://{host}/login", [*cookie(b"sid=aaaaaaaaaaaaaaaa1"), form], fields(b"sid=bbbbbbbbbbbbbbbb2; Path=/"),
        method="POST", status=302, at=at + 2,
    )  # fmt: skip
    login.request.content = b"user=a&password=secret"
    slow = make_flow(f"http://{host}/slow", cookie(b"sid=bbbbbbbbbbbbbbbb2", b"b=2"), [date], at=at + 1)
    slow.response.timestamp_start = at + 30
    return [
        make_flow(f"https://{host}/", [AGENT], fields(b"sid=aaaaaaaaaaaaaaaa1; Path=/", b"held=1; Path=/"), at=at),
        login,
        make_flow(f"https://{host}/in", cookie(b"sid=bbbbbbbbbbbbbbbb2; _ga=1"), fields(b"_ga=2; Max-Age=99999999"), at=at + 3),
        make_flow(f"https://{host}/x;jsessionid=0123456789ABCDEF01", cookie(b"odd\xff=\x80"), fields(b"x=\xfe; Secure"), at=at + 5),
        slow,
        make_flow(f"http://{host}/b", [AGENT, (b"Sec-Fetch-Mode", b"navigate")], [date], at=at + 40),
        make_flow(f"https://{host}/logout", cookie(b"sid=bbbbbbbbbbbbbbbb2"), fields(b"sid=; Path=/; Max-Age=0"), at=at + 50),
    ]  # fmt: skip


def of_all_kinds() -> list[flow.Flow]:
    """Modes, protocols, metadata of ours and of others, broken times, missing parts."""
    reverse = a_visit("reverse.example", START + 100)
    for one in reverse:
        one.client_conn.proxy_mode = ProxyMode.parse("reverse:https://10.0.0.1")
        one.client_conn.tls, one.request.host = True, "10.0.0.1"
        one.server_conn.address = ("10.0.0.1", 443)
    kept = a_visit("kept.example", START + 200)
    kept[0].metadata["cookieproxy"] = {"set-cookie": [b"held=2; Path=/", b"sid=cccccccccccccccc3; Path=/"]}
    kept[1].metadata["cookieproxy"] = {
        "cookie": [b"sid=cccccccccccccccc3"],
        "session": "digest",
        "host": "other.example",
    }
    kept[2].metadata["proxyauth"] = ["alice", "secret"]
    kept[3].metadata["cookieproxy"] = "text"
    kept[4].comment, kept[5].marked = "interesting", ":grapes:"
    broken = a_visit("broken.example", START + 300)
    broken[0].response = None
    broken[1].error = flow.Error("it broke")
    broken[2].request.timestamp_start = float("nan")
    broken[3].response.timestamp_start = 0.0
    broken[4].is_replay, broken[5].is_replay = "request", "response"
    broken[6].client_conn.peername = ("::ffff:10.0.0.9", 5, 0, 0)  # type: ignore[assignment]
    others = [tflow.ttcpflow(), tflow.tudpflow(), tflow.tdnsflow(), tflow.twebsocketflow(), tflow.tflow(err=True)]
    return [*a_visit(), *reverse, *kept, *broken, *others, *a_visit("late.example", START - 50)]


def new_store(place: Path, like: Path | None = None) -> Path:
    """An empty store; `like` another one it hashes as that does."""
    if like is None:
        open_store(f"sqlite:{place}", place.parent).close()
    else:
        place.write_bytes(like.read_bytes())
    return place


def contents(store: Path) -> dict[str, list[Any]]:
    """All that is in the views, but for the numbers of the rows."""
    with closing(sqlite3.connect(store)) as connection:
        connection.create_function("shown", 1, lambda kept: kept.decode("latin-1") if isinstance(kept, bytes) else kept)
        found = {}
        for view in VIEWS:
            columns = ", ".join(f'"{column.name}"' for column in view.columns if column.name != "seq")
            found[view.name] = sorted(connection.execute(f"SELECT {columns} FROM {view.name}").fetchall(), key=repr)
        return found


@pytest.fixture
def stores(tmp_path: Path) -> tuple[Path, Path]:
    first = new_store(tmp_path / "mitmdump.db")
    return first, new_store(tmp_path / "replay.db", like=first)


def replay(file: Path, store: Path, *more: str) -> int:
    return main(["replay", str(file), "--store", f"sqlite:{store}", *more])


def states(flows: Iterable[flow.Flow]) -> list[dict[str, Any]]:
    return [one.get_state() for one in flows]


def written(path: Path, states: Iterable[object]) -> Path:
    path.write_bytes(b"".join(map(tnetstring.dumps, states)))
    return path


# -- the same as mitmdump -nr ------------------------------------------------------------------------------------------


def test_the_store_is_as_mitmdump_leaves_it(mitmdump, tmp_path, stores):
    file = write_flows(tmp_path / "flows", of_all_kinds())
    by_mitmdump, by_replay = stores
    done = mitmdump("-nr", file, rules=RULES, options={"cookies_store": f"sqlite:{by_mitmdump}"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert replay(file, by_replay, "--rules", str(tmp_path / "rules.yaml")) == 0
    found, expected = contents(by_replay), contents(by_mitmdump)
    assert {name for name, rows in expected.items() if rows} >= {"clients", "events", "jars", "sessions", "findings"}
    for view in expected:
        assert found[view] == expected[view], view


def test_reading_again_changes_nothing(tmp_path, stores):
    file = write_flows(tmp_path / "flows", [*a_visit(), *a_visit("late.example", START - 50)])
    _, store = stores
    assert replay(file, store, "--no-rules") == 0
    before = contents(store)
    assert replay(file, store, "--no-rules") == 0
    assert contents(store) == before


def test_files_of_older_versions_of_mitmproxy(tmp_path, capsys):
    """mitmproxy's own conversions lead from any of them to the newest."""
    old = states(a_visit())
    for state in old:
        state["version"] = 20
    file = written(tmp_path / "flows", old)
    with opened(str(file)) as opened_file:
        assert [one.request.host for one in flows_in(opened_file)] == ["shop.example"] * len(old)


def test_light_flows_are_as_mitmproxy_reads_them(tmp_path):
    file = write_flows(tmp_path / "flows", of_all_kinds())
    with file.open("rb") as stream:
        read = [one for one in io.FlowReader(stream).stream() if isinstance(one, http.HTTPFlow)]
    with opened(str(file)) as opened_file:
        light = [one for one in flows_in(opened_file) if not isinstance(one, Passed)]
    assert [seen_of(one) for one in light] == [seen_of(one) for one in read]


def seen_of(one: http.HTTPFlow) -> tuple[object, ...]:
    request, response, client = one.request, one.response, one.client_conn
    return (
        *(
            one.id,
            one.is_replay,
            one.live,
            one.marked,
            one.comment,
            one.metadata,
            one.websocket is None,
            str(one.error),
        ),
        *(
            request.method,
            request.url,
            request.pretty_url,
            request.authority,
            request.http_version,
            request.headers.fields,
        ),
        *(repr(float(request.timestamp_start)), request.timestamp_end, request.raw_content),
        response and (response.status_code, response.headers.fields, response.timestamp_start),
        *(client.peername[:2], client.proxy_mode, client.tls, one.server_conn.address),
    )


# -- files that are broken ---------------------------------------------------------------------------------------------


def read(file: Path) -> tuple[list[str], Exception | None]:
    """What each flow of a file is, and why reading ended early, if it did."""
    found: list[str] = []
    try:
        with opened(str(file)) as opened_file:
            found += (one.name if isinstance(one, Passed) else one.request.path for one in flows_in(opened_file))
    except Unreadable as error:
        return found, error
    return found, None


PATHS = [one.request.path for one in a_visit()]


def test_a_file_that_breaks_off_is_read_up_to_there(tmp_path):
    """At any octet."""
    whole = write_flows(tmp_path / "whole", a_visit()).read_bytes()
    last = len(tnetstring.dumps(states(a_visit())[-1]))
    for cut in (1, 2, 100, last - 5, last - 2, last - 1):
        file = tmp_path / "cut"
        file.write_bytes(whole[:-cut])
        found, error = read(file)
        assert found == PATHS[:-1], cut
        assert isinstance(error, EndsEarly)
        assert "begins at octet" in str(error)


@pytest.mark.parametrize(
    "rubbish", [b"\0" * 100, b"5:hello,", b"99999999999999:", b"12x", b":}", b"999999999999:{"], ids=repr
)
def test_what_came_before_rubbish_is_read(tmp_path, rubbish):
    whole = write_flows(tmp_path / "whole", a_visit()).read_bytes()
    file = tmp_path / "damaged"
    file.write_bytes(whole + rubbish)
    found, error = read(file)
    assert found == PATHS
    assert f"{len(whole):,}" in str(error) or isinstance(error, EndsEarly)


NONSENSE = [
    {},
    {"type": "http"},
    {"version": 21, "type": "http"},
    {"version": 10**30, "type": "http"},
    {"version": 21, "type": "sctp"},
    {b"version": [0, 11], b"type": b"http"},
    {"version": None},
]
CHANGES: list[tuple[tuple[str, ...], object]] = [
    (("request",), None),
    (("request", "headers"), [[b"Cookie"]]),
    (("request", "headers"), [[b"Cookie", "a=1"]]),
    (("request", "headers"), b"Cookie"),
    (("request", "timestamp_start"), "now"),
    (("request", "timestamp_start"), 10**400),
    (("request", "host"), b"shop.example"),
    (("request", "method"), None),
    (("response", "status_code"), 10**30),
    (("response", "headers"), {b"a": b"b"}),
    (("client_conn",), None),
    (("client_conn", "proxy_mode"), "no such mode"),
    (("client_conn", "peername"), "127.0.0.1"),
    (("server_conn", "address"), [1, 2]),
    (("metadata",), []),
    (("id",), 5),
    (("comment",), b"bytes"),
    (("is_replay",), True),
    (("error",), b"error"),
]


@pytest.mark.parametrize("state", NONSENSE, ids=repr)
def test_a_flow_that_is_nonsense_is_passed_over(tmp_path, state):
    found, error = read(written(tmp_path / "flows", [state, *states(a_visit())]))
    assert error is None
    assert found[0] in ("UNREADABLE", "OTHER_PROTOCOL")
    assert found[1:] == PATHS


@pytest.mark.parametrize(("place", "value"), CHANGES, ids=repr)
def test_a_flow_with_nonsense_in_it_is_passed_over(tmp_path, place, value):
    odd = states(a_visit())[0]
    within = odd
    for key in place[:-1]:
        within = within[key]
    within[place[-1]] = value
    assert read(written(tmp_path / "flows", [odd, *states(a_visit())])) == (["UNREADABLE", *PATHS], None)


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param(b"7:version;" + b"1:" * 40, id="no ends"),
        pytest.param(b"8:metadata;" + b"-1:" * 40 + b"]", id="negative lengths, which mitmproxy doubles its work for"),
        pytest.param(
            b"8:metadata;" + b"".join(b"%d:" % (3 * n) for n in range(60, 0, -1)) + b"]" * 60, id="nested deeply"
        ),
        pytest.param(b"8:metadata;3:abc#", id="no number"),
        pytest.param(b"8:metadata;3:abc!", id="neither true nor false"),
        pytest.param(b"8:metadata;3:abc?", id="no type"),
        pytest.param(b"8:metadata;1:\xff;", id="no UTF-8"),
        pytest.param(b"8:metadata;", id="no value"),
    ],
)
def test_octets_within_a_flow_that_are_no_netstrings(tmp_path, inside):
    good = written(tmp_path / "flows", states(a_visit())).read_bytes()
    (tmp_path / "flows").write_bytes(b"%d:%s}" % (len(inside), inside) + good)
    assert read(tmp_path / "flows") == (["UNREADABLE", *PATHS], None)


def test_compressed_files_and_those_that_break_off(tmp_path):
    whole = gzip.compress(write_flows(tmp_path / "flows", a_visit()).read_bytes())
    file = tmp_path / "flows.gz"
    file.write_bytes(whole)
    assert read(file) == (PATHS, None)
    file.write_bytes(whole[:-10])
    found, error = read(file)
    assert isinstance(error, EndsEarly)
    assert found == PATHS[: len(found)]
    file.write_bytes(whole[:200] + b"\0" * 50 + whole[250:])
    assert isinstance(read(file)[1], Unreadable)


# -- read by a second process ------------------------------------------------------------------------------------------


def read_ahead(file: Path) -> tuple[list[str], Exception | None]:
    """As `read`, by another process."""
    found: list[str] = []
    try:
        with opened(str(file)) as opened_file:
            for one in flows_ahead(opened_file):
                found.append(one.name if isinstance(one, Passed) else one.request.path)
            assert opened_file.position() == file.stat().st_size
    except Unreadable as error:
        return found, error
    return found, None


def test_a_second_process_reads_the_same(tmp_path):
    visits = [one for number in range(20) for one in a_visit(at=START + 100 * number)]
    flows = write_flows(tmp_path / "flows", [*visits, tflow.ttcpflow(), *of_all_kinds()])
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(flows.read_bytes()))
    assert read_ahead(flows) == read_ahead(packed) == read(flows)
    with opened(str(flows)) as first, opened(str(flows)) as second:
        ahead = [one for one in flows_ahead(first) if not isinstance(one, Passed)]
        assert [seen_of(one) for one in ahead] == [
            seen_of(one) for one in flows_in(second) if not isinstance(one, Passed)
        ]


@pytest.mark.parametrize(
    "damage", [lambda octets: octets[:-10], lambda octets: octets + b"rubbish"], ids=["cut", "rubbish"]
)
def test_a_second_process_says_how_a_file_ends(tmp_path, damage):
    file = write_flows(tmp_path / "flows", a_visit())
    file.write_bytes(damage(file.read_bytes()))
    (found, error), (expected, expected_error) = read_ahead(file), read(file)
    assert found == expected
    assert (type(error), str(error)) == (type(expected_error), str(expected_error))


def test_a_second_process_ends_with_the_reading(tmp_path):
    file = write_flows(tmp_path / "flows", a_visit() * 200)
    with opened(str(file)) as opened_file:
        flows = flows_ahead(opened_file)
        next(flows)
        flows.close()
    assert not any(str(file) in line or "reading_ahead" in line for line in children())


def children() -> list[str]:
    """The command lines of this process's children."""
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids]


def test_only_large_files_are_read_by_a_second_process(tmp_path):
    file = write_flows(tmp_path / "flows", a_visit())
    with opened(str(file)) as opened_file:
        assert not is_worthwhile(opened_file)
    with file.open("r+b") as stream:
        stream.truncate(WORTHWHILE_OCTETS)
    with opened(str(file)) as opened_file:
        assert is_worthwhile(opened_file) == (len(os.sched_getaffinity(0)) > 1)


# -- memory ------------------------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_file(tmp_path):
    """30 MB of flows with large bodies, and one flow of 100 MB that lies in the file as a hole."""
    one = states(a_visit())[0]
    one["request"]["content"], one["response"]["content"] = b"u" * 5000, b"d" * 300_000
    flows = tnetstring.dumps(one)
    file = tmp_path / "flows"
    with file.open("wb") as stream:
        for _ in range(100):
            stream.write(flows)
        large = 100_000_000
        before, members = b"7:content;%d:" % large, flows.partition(b":")[2]
        stream.write(b"%d:%s" % (len(before) + large + len(members), before))
        stream.seek(large, 1)
        stream.write(b"," + members)
        stream.write(flows)
    tracemalloc.start()
    try:
        with opened(str(file)) as opened_file:
            kinds = [isinstance(each, Passed) for each in flows_in(opened_file)]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kinds == [False] * 102
    assert most < 6_000_000


def test_ids_of_flows_take_little_memory_and_are_told_apart():
    taken = TakenIds()
    tracemalloc.start()
    try:
        assert all(taken.add(f"flow {number}") for number in range(50_000))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 50_000 * 34
    assert len(taken) == 50_000
    assert not any(taken.add(f"flow {number}") for number in range(50_000))


def test_saved_flows_say_whether_one_is_new():
    flows = SavedFlows(lambda flow: None, lambda flow: None)
    flow = make_flow("http://shop.example/")
    assert flows.add(flow)
    assert not flows.add(flow)
