"""The dashboard through real proxies: every way there, who is let in, and that nothing of it reaches applications or the record."""

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tornado.httputil import HTTPHeaders

from cookieproxy.dashboard.gate import Peer
from cookieproxy.dashboard.live import Hub
from cookieproxy.fleet.orders import BALANCERS
from cookieproxy.fleet.orders import read as read_orders
from cookieproxy.proxy.dashboard import Dashboard
from cookieproxy.proxy.inside import RunningProxy
from cookieproxy.record.tally import Tally
from rig.clients import RawAnswer
from rig.messages import Answer
from rig.process import ADDON, Proxy, eventually
from rig.shared import Pair, get, set_option, shared_pair

RULES = "rules:\n  - name: harden   # mine\n    match: {cookie: sid}\n    set: {httponly: true}\n"
CHANGES = (b"X-Cookies: 1", b"Content-Type: application/json")
SECRET = "5ecret-value"


@pytest.fixture(scope="module")
def pair(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with shared_pair(certificate, confdir, tmp_path_factory.mktemp("dashboard"), RULES) as pair:
        pair.origin.answers["*"] = Answer([f"Set-Cookie: sid={SECRET}; Path=/; Max-Age=500".encode()], b"ok")
        yield pair


def api(proxy: Proxy, name: str, *lines: bytes) -> Any:
    """What the dashboard answers, as data."""
    answer = get(proxy, f"http://cookies.mitm/api/{name}", *lines)
    assert answer.status == 200, answer
    return json.loads(answer.body)


def post(proxy: Proxy, name: str, said: object, *lines: bytes, url: str = "http://cookies.mitm") -> RawAnswer:
    """What comes of a change, said as our own page says it."""
    body = json.dumps(said).encode()
    authority = url.split("/")[2].encode()
    head = [f"POST {url}/api/{name} HTTP/1.1".encode(), b"Host: " + authority, *CHANGES, *lines]
    return proxy.raw(b"\r\n".join([*head, b"Content-Length: %d" % len(body), b"", body]))[0]


CLIENT = "127.0.0.1 -"
"""Who sends no User-Agent."""


def held(proxy: Proxy) -> int:
    """How many cookies that client has."""
    return next(each["cookies"] for each in api(proxy, "jars") if each["client"] == CLIENT)


def direct_url(proxy: Proxy) -> str:
    """The address of its own, as it was logged last."""
    proxy.wait_for_log("on this machine")
    return re.findall(r"http://127\.0\.0\.1:\d+(?=/ on this machine)", proxy.log())[-1]


def plain(port: int, *lines: bytes, path: str = "/api/clients") -> RawAnswer:
    """A request straight to a port, without a proxy."""
    from rig.clients import exchange

    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        return exchange(connection, b"\r\n".join([f"GET {path} HTTP/1.1".encode(), *lines, b"", b""]))


# -- the ways there ----------------------------------------------------------------------------------------------------


def test_every_page_is_there_with_the_headers_that_keep_others_out(pair: Pair) -> None:
    for path in ("/", "/jars", "/cookie?client=x", "/sessions", "/findings", "/rules", "/setup", "/login"):
        answer = get(pair.proxy, f"http://cookies.mitm{path}")
        assert answer.status == 200, path
        assert answer.body.startswith(b"<!"), path
        (policy,) = answer.all(b"content-security-policy")
        assert b"default-src 'none'" in policy
        assert b"frame-ancestors 'none'" in policy
        assert b"unsafe" not in policy
        assert answer.all(b"x-frame-options") == [b"DENY"]
        assert answer.all(b"referrer-policy") == [b"no-referrer"]
        assert answer.all(b"cache-control") == [b"no-store"]
        assert not any(name.lower().startswith(b"access-control") for name, _ in answer.fields)
    assert get(pair.proxy, "http://cookies.mitm/nothing").status == 404
    assert get(pair.proxy, "http://cookies.mitm/static/../server.py").status == 404
    assert get(pair.proxy, "http://cookies.mitm/static/%2e%2e%2fserver.py").status == 404


def test_all_files_together_are_small_and_nobody_else_s(pair: Pair) -> None:
    page = get(pair.proxy, "http://cookies.mitm/").body.decode()
    names = set(re.findall(r'(?:src|href)="/?(static/[^"]+)"', page))
    assert names
    size, waiting, seen = len(page), [*names], set(names)
    while waiting:
        name = waiting.pop()
        answer = get(pair.proxy, f"http://cookies.mitm/{name}", b"Accept-Encoding: gzip")
        assert answer.status == 200, name
        size += len(answer.body)
        text = get(pair.proxy, f"http://cookies.mitm/{name}").body.decode()
        if name.endswith(".js"):
            found = {f"static/{part}" for part in re.findall(r'from "\./([^"]+)"', text)} - seen
            seen |= found
            waiting += found
    assert size < 100_000


def test_the_page_needs_no_other_site(pair: Pair) -> None:
    for path in sorted((ADDON.parent / "cookieproxy" / "dashboard" / "static").glob("*.*")):
        if path.suffix in (".js", ".html", ".css"):
            text = re.sub(r"/\*!.*?\*/", "", path.read_text(), flags=re.DOTALL)
            text = text.replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xlink", "")
            assert not re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?https?://(?!mitm\.it|shop\.example)[\w.]+", text), (
                path
            )
            assert not re.findall(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
            ), path


def test_over_https_and_http_2(pair: Pair) -> None:
    answer = pair.proxy.curl("https://cookies.mitm/api/clients", "--http2")
    assert (answer.status, answer.code) == (200, 0)
    assert isinstance(json.loads(answer.body), list)


def test_its_own_address(pair: Pair) -> None:
    port = int(direct_url(pair.proxy).rpartition(":")[2])
    for host in (b"127.0.0.1", b"localhost"):
        assert plain(port, b"Host: %s:%d" % (host, port)).status == 200


def test_upstream_mode(proxy, origin) -> None:
    behind = proxy(options={"cookies_dashboard": ""})
    running = proxy(mode=f"upstream:{behind.url}")
    assert isinstance(api(running, "clients"), list)
    assert running.curl("https://cookies.mitm/api/jars").status == 200
    assert origin.received == []


def test_reverse_mode(proxy, origin) -> None:
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    running = proxy(mode=f"reverse:http://127.0.0.1:{origin.http_port}")
    running.raw(b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
    host = b"cookies.mitm:%d" % running.port
    answer = running.raw(b"GET /api/jars HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")[0]
    assert [site["site"] for site in json.loads(answer.body)[0]["sites"]] == ["shop.example"]
    origins = running.raw(
        b"GET /api/jars HTTP/1.1\r\nHost: " + host + b"\r\nOrigin: http://evil.example\r\n\r\n",
        b"GET /api/jars HTTP/1.1\r\nHost: " + host + b"\r\nOrigin: http://" + host + b"\r\n\r\n",
    )
    assert [each.status for each in origins] == [403, 200]
    assert len(origin.received) == 1


@pytest.mark.parametrize("ui", ["mitmweb", "mitmproxy"])
def test_in_the_other_interfaces(proxy, ui: str) -> None:
    running = proxy(ui=ui, options={"web_open_browser": False} if ui == "mitmweb" else {})
    assert isinstance(api(running, "setup"), dict)


def test_switched_off_the_name_is_an_ordinary_one(proxy, origin) -> None:
    origin.answers["*"] = Answer([], b"the application's own")
    running = proxy(options={"cookies_dashboard": ""})
    assert get(running, "http://cookies.mitm/api/clients").body == b"the application's own"
    assert "Dashboard" not in running.log()


def test_another_name_while_it_runs(pair: Pair) -> None:
    try:
        assert set_option(pair.proxy, "cookies_dashboard=jar.test").status == 200
        assert get(pair.proxy, "http://jar.test/api/clients").status == 200
        assert get(pair.proxy, "http://cookies.mitm/api/clients").body == b"ok"
        for wrong in ("a b", "UPPER.test", "x:80", "http://x"):
            refused = set_option(pair.proxy, f"cookies_dashboard={wrong}")
            assert refused.status == 409, wrong
            assert b"cookies_dashboard" in refused.body
    finally:
        set_option(pair.proxy, "cookies_dashboard=cookies.mitm")
    assert get(pair.proxy, "http://cookies.mitm/api/clients").status == 200


def test_it_is_there_again_after_the_script_was_reloaded(proxy, tmp_path: Path) -> None:
    script = tmp_path / "addons" / "cookies.py"
    script.parent.mkdir()
    script.write_text(ADDON.read_text())
    (script.parent / "cookieproxy").symlink_to(ADDON.parent / "cookieproxy")
    running = proxy(addon=script)
    first = direct_url(running)
    script.write_text(ADDON.read_text() + "\n")
    for _ in eventually(10):
        if direct_url(running) != first:
            break
    assert get(running, "http://cookies.mitm/api/clients").status == 200


def test_nothing_of_it_is_recorded_or_reaches_the_application(pair: Pair) -> None:
    before = len(pair.origin.received)
    get(pair.proxy, "http://cookies.mitm/jars", b"Cookie: own=1", b"User-Agent: visitor/1")
    api(pair.proxy, "jars", b"Cookie: own=1", b"User-Agent: visitor/1")
    post(pair.proxy, "forget", {"site": "nobody.example"}, b"Cookie: own=1", b"User-Agent: visitor/1")
    assert len(pair.origin.received) == before
    assert not any("visitor" in row["client"] for row in api(pair.proxy, "clients"))
    assert not any("own" in str(row["cookie"]) for row in api(pair.proxy, "events?limit=2000"))


# -- who is let in -----------------------------------------------------------------------------------------------------


def test_the_proxy_does_not_lend_its_place_on_this_machine(pair: Pair) -> None:
    port = int(direct_url(pair.proxy).rpartition(":")[2])
    own = b"127.0.0.1:%d" % port
    forwarded = b"X-Forwarded-For: 10.0.0.1"
    for url in (
        f"http://127.0.0.1:{port}/api/clients",
        f"http://localhost:{port}/api/clients",
        "http://cookies.mitm/api/clients",
    ):
        host = None if "cookies" in url else own
        assert get(pair.proxy, url, forwarded, host=host).status == 401, url
        for said in (b"X-Cookies-Peer: x LOCAL", b"x-cookies-peer:  LOCAL", b"X-Cookies-Peer: LOCAL"):
            assert get(pair.proxy, url, forwarded, said, host=host).status == 401, url
    assert plain(port, b"Host: " + own, b"X-Cookies-Peer: guess LOCAL").status == 403


def test_connections_of_the_proxy_itself_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever name led it to the server: what it does not vouch for is not from this machine."""
    dashboard = Dashboard(RunningProxy(SimpleNamespace(), Tally(0.0)), Hub())
    dashboard._port = 4321
    own = SimpleNamespace(server=SimpleNamespace(peername=("127.0.0.1", 4321), sockname=("127.0.0.1", 50_001)))
    other = SimpleNamespace(server=SimpleNamespace(peername=("127.0.0.1", 80), sockname=("127.0.0.1", 50_002)))
    dashboard.server_connected(own)
    dashboard.server_connected(other)

    def peer(port: int, **headers: str) -> Peer:
        stream = SimpleNamespace(socket=SimpleNamespace(getpeername=lambda: ("127.0.0.1", port)))
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        request = SimpleNamespace(
            headers=HTTPHeaders(said), connection=SimpleNamespace(stream=stream), remote_ip="127.0.0.1"
        )
        return dashboard._peer_of(request)

    assert peer(50_001) is Peer.FORGED
    assert peer(50_002) is Peer.LOCAL
    assert peer(50_001, X_Cookies_Peer=f"{dashboard._secret} REMOTE") is Peer.REMOTE
    assert peer(50_001, X_Cookies_Peer=f"{dashboard._secret} LOCAL") is Peer.LOCAL
    assert peer(50_001, X_Cookies_Peer=f"{dashboard._secret} FORGED") is Peer.FORGED
    assert peer(50_001, X_Cookies_Peer=f"{dashboard._secret} nobody") is Peer.REMOTE
    assert peer(50_002, X_Cookies_Peer="guessed LOCAL") is Peer.FORGED
    dashboard.server_disconnected(own)
    assert peer(50_001) is Peer.LOCAL
    dashboard = Dashboard(RunningProxy(SimpleNamespace(), Tally(0.0)), Hub(), read_orders({BALANCERS: "127.1.2.3"}))
    assert peer(50_002) is Peer.FORGED  # behind a balancer that is the proxy beside this one, or may be
    assert peer(50_002, X_Cookies_Peer=f"{dashboard._secret} LOCAL") is Peer.LOCAL


@pytest.mark.parametrize("host", [b"evil.example", b"cookies.mitm.evil.example", b"", b"127.0.0.1:1"])
def test_names_rebound_to_us_are_turned_away(pair: Pair, host: bytes) -> None:
    port = int(direct_url(pair.proxy).rpartition(":")[2])
    answer = plain(port, b"Host: " + host)
    assert answer.status in (400, 403)
    assert b"127.0.0.1 " not in answer.body


def test_foreign_pages_are_turned_away(pair: Pair) -> None:
    pair.get("http://shop.example/")
    for lines in ((b"Origin: http://evil.example",), (b"Origin: null",), (b"Sec-Fetch-Site: cross-site",)):
        for name in ("clients", "jars", "stream", "events", "setup"):
            answer = get(pair.proxy, f"http://cookies.mitm/api/{name}", *lines)
            assert answer.status == 403, name
        assert post(pair.proxy, "forget", {"site": "shop.example"}, *lines).status == 403
    preflight = get(
        pair.proxy,
        "http://cookies.mitm/api/forget",
        b"Origin: http://evil.example",
        b"Access-Control-Request-Method: POST",
        b"Access-Control-Request-Headers: x-cookies",
        method="OPTIONS",
    )
    assert preflight.status in (403, 405)
    assert not any(name.lower().startswith(b"access-control") for name, _ in preflight.fields)
    assert held(pair.proxy) >= 1


def test_clients_on_other_machines_show_the_token(proxy) -> None:
    running = proxy(options={"listen_host": ""})
    token = running.wait_for_log(r"the token (\S+)")[1]
    elsewhere = b"X-Forwarded-For: 10.0.0.1"
    assert get(running, "http://cookies.mitm/", elsewhere).status == 200
    assert get(running, "http://cookies.mitm/api/clients", elsewhere).status == 401
    assert get(running, "http://cookies.mitm/metrics", elsewhere).status == 401
    assert post(running, "login", {"token": "wrong"}, elsewhere).status == 403
    assert post(running, "login", {"token": None}, elsewhere).status == 403
    welcome = post(running, "login", {"token": f" {token}\n"}, elsewhere)
    (cookie,) = welcome.all(b"set-cookie")
    assert b"httponly" in cookie.lower()
    assert b"samesite=strict" in cookie.lower()
    pair = cookie.partition(b";")[0]
    assert get(running, "http://cookies.mitm/api/clients", elsewhere, b"Cookie: " + pair).status == 200
    bearer = b"Authorization: Bearer " + token.encode()
    assert get(running, "http://cookies.mitm/metrics", elsewhere, bearer).status == 200


def test_on_loopback_no_token_is_printed(pair: Pair) -> None:
    assert "token" not in pair.proxy.log()


# -- what it does ------------------------------------------------------------------------------------------------------


def test_values_are_shown_one_by_one_and_only_when_asked_for(pair: Pair) -> None:
    pair.get("http://shop.example/")
    client = CLIENT.replace(" ", "%20")
    rows = api(pair.proxy, f"jar?client={client}&site=shop.example")
    told = [api(pair.proxy, name) for name in ("jars", "events", "clients", "findings", "sessions", "rules", "setup")]
    told += [rows, api(pair.proxy, f"cookie?client={client}&domain=shop.example&name=sid")]
    assert SECRET not in json.dumps(told)
    assert SECRET not in get(pair.proxy, "http://cookies.mitm/metrics").body.decode()
    shown = post(pair.proxy, "reveal", {"id": rows[0]["id"]})
    assert json.loads(shown.body)["value"] == SECRET
    assert get(pair.proxy, f"http://cookies.mitm/api/reveal?id={rows[0]['id']}").status == 405
    assert post(pair.proxy, "reveal", {"id": "x"}).status == 400


def test_events_come_as_they_happen(pair: Pair) -> None:
    with socket.create_connection(("127.0.0.1", pair.proxy.port), 10) as connection:
        connection.sendall(b"GET http://cookies.mitm/api/stream HTTP/1.1\r\nHost: cookies.mitm\r\n\r\n")
        said = b""
        while b"retry" not in said:
            said += connection.recv(65_536)
        began = time.monotonic()
        pair.get("http://live.example/")
        while b"live.example" not in said:
            said += connection.recv(65_536)
        assert time.monotonic() - began < 2
    assert b"text/event-stream" in said
    assert SECRET.encode() not in said


def test_many_events_are_sent_in_bounded_batches(pair: Pair) -> None:
    rows, skipped, largest = 0, 0, 0
    connection = HTTPConnection("127.0.0.1", pair.proxy.port, timeout=10)
    connection.request("GET", "http://cookies.mitm/api/stream", headers={"Host": "cookies.mitm"})
    stream = connection.getresponse()
    stream.readline()
    pair.origin.answers["/many"] = Answer([b"Set-Cookie: m%d=1; Domain=wrong.example" % n for n in range(500)])
    sender = threading.Thread(target=lambda: [pair.get("http://many.example/many") for _ in range(4)])
    sender.start()
    while rows + skipped < 2_000:
        name, _, said = stream.readline().partition(b": ")
        if name == b"data" and b"rows" in said:
            told = json.loads(said)
            rows += sum(row.get("times", 1) for row in told["rows"])
            skipped += told["skipped"]
            largest = max(largest, len(told["rows"]))
    sender.join()
    connection.close()
    assert largest <= 400


def test_a_rule_is_put_into_observe_and_back(proxy, origin) -> None:
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    running = proxy(rules=RULES)
    assert get(running, "http://shop.example/").all(b"set-cookie") == [b"sid=1; HttpOnly"]
    answer = post(running, "rules/mode", {"rule": "harden", "mode": "observe"})
    assert [(each["label"], each["mode"]) for each in json.loads(answer.body)["rules"]] == [("harden", "observe")]
    assert running.rules_path.read_text() == RULES + "    mode: observe\n"
    for _ in eventually(5):
        if get(running, "http://shop.example/").all(b"set-cookie") == [b"sid=1"]:
            break
    counts = api(running, "rules")["rules"][0]
    assert counts["hits"] >= 1
    assert counts["observed"] >= 1
    assert post(running, "rules/mode", {"rule": "harden", "mode": "apply"}).status == 200
    assert running.rules_path.read_text() == RULES + "    mode: apply\n"


def test_mistakes_are_shown_while_the_last_good_rules_stay(proxy, origin) -> None:
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    running = proxy(rules=RULES)
    running.write_rules(RULES.replace("httponly: true", "httponly: perhaps"))
    shown = api(running, "rules")
    assert not shown["good"]
    assert [mistake["line"] for mistake in shown["mistakes"]] == [4]
    running.wait_for_log("last good rules")
    assert get(running, "http://shop.example/").all(b"set-cookie") == [b"sid=1; HttpOnly"]


def test_a_site_is_forgotten(proxy, origin) -> None:
    origin.answers["/set"] = Answer([b"Set-Cookie: sid=1; Path=/"])
    origin.answers["*"] = Answer([])
    running = proxy()
    get(running, "http://shop.example/set")
    answer = post(running, "forget", {"site": "shop.example", "client": None})
    assert "1 client" in json.loads(answer.body)["summary"]
    (deletion,) = get(running, "http://shop.example/", b"Cookie: sid=1").all(b"set-cookie")
    assert deletion.startswith(b"sid=;")
    assert post(running, "forget", {"site": "no host"}).status == 400
    assert post(running, "forget", {}).status == 400


def test_an_export_is_what_the_command_line_writes(pair: Pair) -> None:
    pair.get("http://shop.example/")
    client = CLIENT
    answer = json.loads(
        post(pair.proxy, "export", {"format": "netscape", "client": client, "site": "shop.example"}).body
    )
    written = pair.proxy.cookies("export", "--client", client, "--site", "shop.example", "--format", "netscape")
    assert answer["text"] == written.stdout
    assert SECRET in answer["text"]
    assert answer["name"].endswith(".txt")
    assert get(pair.proxy, "http://cookies.mitm/api/export?format=netscape").status == 405
    assert post(pair.proxy, "export", {"format": "none", "client": client}).status == 400


def test_metrics_are_prometheus_own(pair: Pair) -> None:
    pair.get("http://shop.example/")
    text = get(pair.proxy, "http://cookies.mitm/metrics").body.decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["cookies_clients"].samples[0].value >= 1
    events = {tuple(sample.labels.values()): sample.value for sample in families["cookies_events"].samples}
    assert any("stored" in labels or "replaced" in labels for labels in events)
    hits = {
        (s.labels["rule"], s.labels["mode"]): s.value
        for s in families["cookies_rule_changes"].samples
        if s.name.endswith("_total")
    }
    assert hits["harden", "apply"] >= 1
    assert "shop.example" not in text


def test_nonsense_gets_a_sentence(pair: Pair) -> None:
    for name in (
        "events?event=nope",
        "events?limit=x",
        "jar?client=nobody",
        "whatif?client=nobody&browser=x",
        "cookie",
    ):
        answer = get(pair.proxy, f"http://cookies.mitm/api/{name}")
        assert answer.status in (200, 400, 404), name
        if answer.status != 200:
            assert json.loads(answer.body)["error"].endswith("."), name
    head = b"POST http://cookies.mitm/api/forget HTTP/1.1\r\nHost: cookies.mitm\r\n" + b"\r\n".join(CHANGES)
    for body in (b"", b"[]", b"{", b"null", b"[" * 10_000, b"\xff"):
        answer = pair.proxy.raw(head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)[0]
        assert answer.status == 400
        assert "error" in json.loads(answer.body)


def test_the_certificate_without_its_key_and_the_browsers_own_set_up(pair: Pair) -> None:
    certificate = get(pair.proxy, "http://cookies.mitm/certificate.pem").body
    assert certificate.startswith(b"-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE" not in certificate
    pac = get(pair.proxy, "http://cookies.mitm/proxy.pac").body
    assert b"PROXY 127.0.0.1:%d" % pair.proxy.port in pac


def test_the_proxy_ends_while_pages_are_open(proxy, origin) -> None:
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    running = proxy()
    port = int(direct_url(running).rpartition(":")[2])
    open_ones = []
    for to, target, host in (
        (running.port, b"http://cookies.mitm/api/stream", b"cookies.mitm"),
        (port, b"/api/stream", b"127.0.0.1:%d" % port),
    ):
        connection = socket.create_connection(("127.0.0.1", to), 10)
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target, host))
        assert b"event-stream" in connection.recv(65_536)
        open_ones.append(connection)
    get(running, "http://shop.example/")
    assert running.stop() == 0
    assert not re.search("Traceback|Exception|Error", running.log())
    for connection in open_ones:
        connection.close()
