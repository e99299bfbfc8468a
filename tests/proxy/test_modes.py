"""Every way a browser can come to the proxy: the URL the browser knows is what counts for its cookies."""

from cookieproxy.record.store import open_reader
from rig.flows import make_flow, read_flows, write_flows
from rig.messages import Answer

HOLD = 'browser: rfc6265bis\nrules: [{name: keep it, match: {cookie: "*"}, hold: true}]'
SET = "rules: [{name: harden, match: {cookie: sid}, set: {secure: true, httponly: true}}]"


def stored(running):
    """(host, name, secure) of every cookie in a mirror, after the proxy ended."""
    running.stop()
    reader = open_reader(f"sqlite:{running.store_path}", running.home)
    try:
        return [(row.domain, row.name, row.secure) for row in reader.questions.jar() if row.jar == "mirror"]
    finally:
        reader.close()


def test_https_through_a_tunnel(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: __Host-sid=1; Secure; Path=/"])
    running = proxy()
    running.curl("https://shop.example/")
    assert stored(running) == [("shop.example", "__Host-sid", True)]


def test_http2_crumbs_are_one_string_for_rules_and_reach_the_application_whole(proxy, origin):
    origin.http2 = True
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1", b"Set-Cookie: other=2"])
    running = proxy(rules="rules: [{match: {cookie: drop_me}, drop: true}]")
    answer = running.curl("https://shop.example/", "--http2", "-H", "Cookie: a=1; drop_me=2", "-H", "Cookie: b=3")
    assert answer.all(b"set-cookie") == [b"sid=1", b"other=2"]
    assert origin.cookies_at("/") == [b"a=1; b=3"]


def test_reverse_mode_knows_the_browser_s_host_and_scheme(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Domain=shop.example"])
    running = proxy(mode=f"reverse:http://127.0.0.1:{origin.http_port}")
    answer = running.raw(b"GET / HTTP/1.1\r\nHost: www.shop.example\r\nUser-Agent: x/1\r\n\r\n")[0]
    assert answer.all(b"set-cookie") == [b"sid=1; Domain=shop.example"]
    assert origin.received[0].all(b"host") == [b"127.0.0.1:%d" % origin.http_port]
    assert stored(running) == [("shop.example", "sid", False)]


def test_reverse_mode_leaves_the_host_if_the_user_wants_so(proxy, origin):
    origin.answers["*"] = Answer([])
    running = proxy(mode=f"reverse:http://127.0.0.1:{origin.http_port}", options={"keep_host_header": True})
    running.raw(b"GET / HTTP/1.1\r\nHost: www.shop.example\r\n\r\n")
    assert origin.received[0].all(b"host") == [b"www.shop.example"]


def test_upstream_mode(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    behind = proxy(rules="")
    running = proxy(rules=HOLD, mode=f"upstream:{behind.url}")
    assert running.curl("http://shop.example/").all(b"set-cookie") == []
    running.curl("http://shop.example/again")
    assert origin.cookies_at("/again") == [b"sid=1"]


def test_streamed_bodies_do_not_lose_changes(proxy, origin):
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Path=/"], b"x" * 100_000)
    running = proxy(rules=SET, options={"stream_large_bodies": "1"})
    answer = running.curl("http://shop.example/", "-H", "Cookie: a=1")
    assert answer.all(b"set-cookie") == [b"sid=1; Path=/; Secure; HttpOnly"]
    assert len(answer.body) == 100_000


def test_every_status_sets_cookies(proxy, origin):
    hosts = {f"s{status}.example": status for status in (204, 302, 404, 500)}
    running = proxy()
    for host, status in hosts.items():
        origin.answers[f"{host}/"] = Answer([b"Set-Cookie: sid=1"], status=status)
        assert running.curl(f"http://{host}/").all(b"set-cookie") == [b"sid=1"]
    assert sorted(stored(running)) == [(host, "sid", False) for host in hosts]


def test_websocket_handshakes_carry_held_cookies_and_may_set_some(proxy, origin):
    origin.answers["/login"] = Answer([b"Set-Cookie: sid=1; Path=/"])
    origin.answers["/socket"] = Answer([b"Set-Cookie: ws=2; Path=/"], status=101)
    running = proxy(rules=HOLD)
    running.curl("http://shop.example/login")
    handshake = (
        b"GET http://shop.example/socket HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: curl/7.88.1\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    answer = running.raw(handshake)[0]
    assert (answer.status, answer.all(b"set-cookie")) == (101, [])
    assert origin.cookies_at("/socket") == [b"sid=1"]


def test_saved_flows_keep_the_fields_as_they_came(proxy, origin, tmp_path):
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Path=/", b"Set-Cookie: plain=2"])
    saved = tmp_path / "flows"
    running = proxy(rules=SET + "\n", options={"save_stream_file": str(saved)})
    running.curl("http://shop.example/")
    running.stop()
    flow = read_flows(saved)[0]
    assert flow.response.headers.get_all("set-cookie") == ["sid=1; Path=/; Secure; HttpOnly", "plain=2"]
    assert flow.metadata["cookieproxy"]["set-cookie"] == [b"sid=1; Path=/", b"plain=2"]
    assert flow.marked
    assert "harden" in flow.comment


def test_saved_flows_are_watched_in_order_of_time_and_never_rewritten(mitmdump, tmp_path):
    slow = make_flow("http://shop.example/slow", [], [(b"Set-Cookie", b"sid=old")], at=1_800_000_000)
    slow.response.timestamp_start = slow.response.timestamp_end = 1_800_000_010.0
    fast = make_flow("http://shop.example/fast", [], [(b"Set-Cookie", b"sid=new")], at=1_800_000_001)
    flows = write_flows(tmp_path / "flows", [fast, slow])
    again = tmp_path / "again"
    store = tmp_path / "read.db"
    done = mitmdump("-nr", flows, "-w", again, rules=SET, options={"cookies_store": f"sqlite:{store}"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert [flow.response.headers.get_all("set-cookie") for flow in read_flows(again)] == [["sid=new"], ["sid=old"]]
    reader = open_reader(f"sqlite:{store}", tmp_path)
    rows = reader.questions.jar(values=True)
    assert [(row.value, row.created) for row in rows] == [("old", 1_800_000_001.05)]
    assert [row.event for row in reader.questions.events()] == ["changed", "stored", "changed", "replaced"]
    reader.close()
