"""A proxy behind a balancer: clients, rules, records and the dashboard see whose connection it is, in every mode."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cookieproxy.fleet.orders import BALANCERS, HEALTH_PATH
from rig import clients
from rig.balancer import Balancer, line
from rig.messages import Answer
from rig.process import Proxy, environment
from rig.shared import Pair, shared_pair

HOLD = "clients: [address]\nrules: [{name: keep it, match: {cookie: sid}, hold: true}]"
ASKED = f"GET {HEALTH_PATH} HTTP/1.0\r\n\r\n".encode()
GET = b"GET http://shop.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n"
TOLD = {BALANCERS: "127.0.0.1"}

type Through = Callable[..., Balancer]


@pytest.fixture(scope="module")
def pair(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    place = tmp_path_factory.mktemp("balanced")
    options = {"block_global": False}  # the addresses of documentation count as such
    with shared_pair(certificate, confdir, place, HOLD, options, env=TOLD) as pair:
        pair.origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Path=/", b"Set-Cookie: seen=2"], b"ok")
        yield pair


@pytest.fixture
def through() -> Iterator[Through]:
    """Puts a balancer before a proxy: `through(proxy, line("192.0.2.9"))`."""
    made: list[Balancer] = []

    def start(proxy: Proxy, *says: bytes) -> Balancer:
        made.append(Balancer(proxy.port, says or (line(),)))
        return made[-1]

    yield start
    for each in made:
        each.close()


def said_by(proxy: Proxy, octets: bytes, *more: bytes, source: str = "127.0.0.1") -> bytes:
    """All that the proxy says to these octets, piece by piece, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", proxy.port), 10, (source, 0)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (octets, *more):
            connection.sendall(piece)
        heard = b""
        try:
            while piece := connection.recv(4096):
                heard += piece
        except ConnectionResetError:
            pass
        return heard


def curl(port: int, proxy: Proxy, url: str, *arguments: str) -> clients.CurlAnswer:
    route = ("--proxy", f"http://127.0.0.1:{port}", "--cacert", str(proxy.site.ca))
    return clients.curl(proxy.home, environment(), *route, *arguments, url)


def addresses(proxy: Proxy) -> set[object]:
    """Of all clients that were recorded."""
    proxy.stop()
    return {row["address"] for row in proxy.cookies_json("clients")}


def test_a_held_cookie_is_that_of_the_client_s_address(pair: Pair, through: Through) -> None:
    one, other = through(pair.proxy, line("192.0.2.8")), through(pair.proxy, line("2001:db8::8"))
    clients.raw(one.port, [GET])
    for balancer in (one, other):
        pair.origin.received.clear()
        clients.raw(balancer.port, [GET])
        assert pair.origin.cookies_at("/") == ([b"sid=1"] if balancer is one else [b""])
    pair.proxy.wait_for_log(r"seen: stored.* \[2001:db8::8\]|\[2001:db8::8\]")


def test_https_and_http2_have_the_address_too(pair: Pair, through: Through) -> None:
    port = through(pair.proxy, line("192.0.2.10")).port
    pair.origin.http2 = True
    for version in ("--http2", "--http1.1"):
        pair.origin.received.clear()
        answer = curl(port, pair.proxy, "https://tls.example/", version)
        assert (answer.code, answer.all(b"set-cookie")) == (0, [b"seen=2"])
    assert pair.origin.cookies_at("/") == [b"sid=1"]
    pair.origin.http2 = False
    pair.proxy.wait_for_log(r"192\.0\.2\.10:40000")


@pytest.mark.parametrize("cut", [1, 6, 20, len(line()) - 1])
def test_the_line_may_come_in_pieces(pair: Pair, through: Through, cut: int) -> None:
    whole = line() + GET[:5]
    balancer = through(pair.proxy, *(whole[at : at + cut] for at in range(0, len(whole), cut)))
    assert clients.raw(balancer.port, [GET[5:]])[0].status == 200


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        pytest.param(GET, "begins with something else", id="a request"),
        pytest.param(b"\x16\x03\x01\x00\xa5", "begins with something else", id="a TLS handshake"),
        pytest.param(b"PROXY TCP4 here there 1 2\r\n" + GET, "no two addresses", id="malformed"),
        pytest.param(b"PROXY " + b"x" * 300, "no end within 107 octets", id="too long"),
        pytest.param(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + b"\0" * 12, "of version 2", id="version 2"),
    ],
)
def test_a_connection_that_does_not_say_whose_it_is_is_closed(pair: Pair, octets: bytes, why: str) -> None:
    assert said_by(pair.proxy, octets) == b""
    pair.proxy.wait_for_log(f"Connection from 127.0.0.1 closed, it does not say whose it is: .*{why}")


def test_nobody_but_the_balancer_may_say_whose_it_is(pair: Pair) -> None:
    assert said_by(pair.proxy, line() + GET, source="127.0.0.2") == b""
    pair.proxy.wait_for_log("Connection from 127.0.0.2 closed: only balancers")


def test_a_balancer_asks_after_its_health_and_no_exchange_comes_of_it(pair: Pair, through: Through) -> None:
    flows = pair.proxy.log().count("cookies.mitm/health")
    assert said_by(pair.proxy, b"PROXY UNKNOWN\r\n", ASKED[:9], ASKED[9:]).startswith(b"HTTP/1.0 200 OK\r\n")
    assert said_by(pair.proxy, b"PROXY UNKNOWN\r\n" + ASKED).endswith(b"It does its work.\n")
    assert pair.proxy.log().count("cookies.mitm/health") == flows
    assert clients.raw(through(pair.proxy).port, [ASKED])[0].status != 200  # a client may not


def test_the_dashboard_judges_the_client_and_not_the_balancer(pair: Pair, through: Through) -> None:
    asked = b"GET http://cookies.mitm/api/clients HTTP/1.1\r\nHost: cookies.mitm\r\n\r\n"
    for said, status in ((line("127.0.0.9"), 200), (line("::1"), 200), (line(), 401), (b"PROXY UNKNOWN\r\n", 401)):
        answer = clients.raw(through(pair.proxy, said).port, [asked])[0]
        assert (said, answer.status) == (said, status)


def test_who_has_connected_is_logged_and_not_who_handed_it_on(proxy, origin, through: Through) -> None:
    """A client from a public address is turned away as without a balancer, and so is told which address that was."""
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    running = proxy(env=TOLD)
    assert said_by(running, b"PROXY UNKNOWN\r\n" + ASKED)
    assert said_by(running, line("8.8.8.8") + GET) == b""
    assert clients.raw(through(running, line("10.0.0.7")).port, [GET])[0].status == 200
    assert addresses(running) == {"10.0.0.7"}
    assert "from 8.8.8.8 killed by block_global" in running.log()
    assert "10.0.0.7:40000] client connect" in running.log()
    assert "127.0.0.1:" not in "".join(each for each in running.log().splitlines() if "client connect" in each)
    assert running.log().count("client connect") == 2


def test_reverse_and_upstream_mode(proxy, origin, through: Through) -> None:
    """In reverse mode the application hears of exchanges alone, and of nobody who asks after the proxy's health."""
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1"])
    eager = {"connection_strategy": "eager"}
    reverse = proxy(env=TOLD, mode=f"reverse:http://127.0.0.1:{origin.http_port}", options=eager)
    assert said_by(reverse, b"PROXY UNKNOWN\r\n" + ASKED)
    assert "server connect" not in reverse.log()
    upstream = proxy(env=TOLD, mode=f"upstream:http://127.0.0.1:{through(reverse, line('10.0.0.8')).port}")
    assert clients.raw(through(upstream, line("10.0.0.9")).port, [GET])[0].status == 200
    assert (addresses(upstream), addresses(reverse)) == ({"10.0.0.9"}, {"10.0.0.8"})


def test_what_cannot_be_meant_is_said_at_the_start(mitmdump, monkeypatch) -> None:
    monkeypatch.setenv(BALANCERS, "balancer.example")
    done = mitmdump()
    assert done.returncode == 1
    assert f'{BALANCERS}: "balancer.example" is no IP address' in done.stdout + done.stderr
