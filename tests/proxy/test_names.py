"""What clients are called, and that two of them are never called the same by what was cut off or replaced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.test import tflow

from cookieproxy.proxy.names import MAX_PART, bounded, namer, plain, short_user_agent, user_agent_of
from rig.messages import Answer
from rig.shared import get

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
    " Mobile/15E148 Safari/604.1"
)

PRODUCTS = [
    pytest.param(CHROME, "Chrome/156", id="Chrome"),
    pytest.param(CHROME + " Edg/156.0.0.0", "Edg/156", id="Edge is not Chrome"),
    pytest.param(CHROME + " OPR/120.0", "OPR/120", id="Opera is not Chrome"),
    pytest.param(CHROME.replace("Chrome", "HeadlessChrome"), "HeadlessChrome/156", id="headless"),
    pytest.param(IPHONE, "Safari/18", id="Safari by its Version"),
    pytest.param(IPHONE.replace("Version/18.5", "CriOS/156.0"), "CriOS/156", id="Chrome on iOS"),
    pytest.param("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox/140", id="Firefox"),
    pytest.param("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", "MSIE/6", id="Internet Explorer 6"),
    pytest.param(
        "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "Trident/7", id="Internet Explorer 11"
    ),
    pytest.param("curl/8.14.1", "curl/8", id="curl"),
    pytest.param("python-requests/2.32", "python-requests/2", id="a library"),
    pytest.param("Wget", "Wget", id="no version"),
    pytest.param("(none)", "-", id="no product"),
    pytest.param("\udcff\udcfe", "-", id="no text"),
    pytest.param("Chrome/" + "9" * 1000, "Chrome/999999", id="a version without end"),
    pytest.param("x" * 1000, "x" * MAX_PART, id="a product without end"),
]


@pytest.mark.parametrize(("user_agent", "product"), PRODUCTS)
def test_a_user_agent_is_its_product_and_six_digits(user_agent, product):
    name, _, digits = short_user_agent(user_agent).rpartition(" ")
    assert name == product
    assert len(digits) == 6
    assert int(digits, 16) >= 0


def test_the_six_digits_tell_versions_apart():
    assert short_user_agent("curl/8.14.1") != short_user_agent("curl/8.14.2")


def named(parts, fields=(), address=("127.0.0.1", 50000), **metadata):
    flow = tflow.tflow()
    flow.client_conn.peername = address
    flow.request.headers.fields = tuple(fields)
    flow.metadata.update(metadata)
    return namer(parts)(flow)


NAMES = [
    pytest.param(
        ["address", "user-agent"], [(b"User-Agent", b"curl/8.14.1")], {}, "127.0.0.1 curl/8 65839b", id="default"
    ),
    pytest.param(["address", "user-agent"], [], {}, "127.0.0.1 -", id="no user agent"),
    pytest.param(["address", "user-agent"], [(b"User-Agent", b"")], {}, "127.0.0.1 -", id="an empty user agent"),
    pytest.param(["address"], [], {"address": ("2001:db8::1", 1, 0, 0)}, "2001:db8::1", id="IPv6"),
    pytest.param(["address"], [], {"address": ("::ffff:10.0.0.1", 1, 0, 0)}, "10.0.0.1", id="IPv4 over IPv6"),
    pytest.param(["address"], [], {"address": None}, "-", id="no address"),
    pytest.param(["header:x-who"], [(b"X-Who", b"alice")], {}, "alice", id="a header"),
    pytest.param(["header:x-who"], [], {}, "-", id="no such header"),
    pytest.param(["header:x-who"], [(b"X-Who", "zoë".encode())], {}, "zoë", id="letters"),
    pytest.param(["proxy-user"], [], {"proxyauth": ("bob", "secret")}, "bob", id="proxy user"),
    pytest.param(["proxy-user"], [], {"proxyauth": ["bob", "secret"]}, "bob", id="proxy user in a saved flow"),
    pytest.param(["proxy-user"], [], {}, "-", id="no proxy user"),
    pytest.param(["proxy-user"], [], {"proxyauth": {"x": 1}}, "-", id="nonsense in a saved flow"),
    pytest.param(["proxy-user", "address"], [], {"proxyauth": ("bob", "")}, "bob 127.0.0.1", id="in the given order"),
]


@pytest.mark.parametrize(("parts", "fields", "more", "name"), NAMES)
def test_a_client_is_the_values_of_clients_joined_by_a_space(parts, fields, more, name):
    assert named(parts, fields, **more) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(b"Bearer " + b"e" * 100 + b"1", b"Bearer " + b"e" * 100 + b"2", id="tokens that begin alike"),
        pytest.param(b"a b", b"a_b", id="a space and what stands for it"),
        pytest.param(b"a\x01", b"a\x02", id="controls"),
        pytest.param(b"a\xff", b"a\xfe", id="no UTF-8"),
    ],
)
def test_what_is_shortened_or_escaped_still_tells_clients_apart(one, other):
    names = {named(["header:authorization"], [(b"Authorization", value)]) for value in (one, other)}
    assert len(names) == 2


def test_a_long_token_is_not_shown_whole():
    token = b"Bearer " + b"secret" * 20
    assert "secret" * 5 not in named(["header:authorization"], [(b"Authorization", token)])


@given(st.text(max_size=100))
def test_parts_are_short_and_move_no_cursor(text):
    part = plain(text)
    assert 0 < len(part) <= MAX_PART
    assert " " not in part
    assert all(character.isprintable() or ord(character) > 0xA0 for character in part)


@given(st.binary(max_size=3000))
def test_user_agents_are_kept_to_a_length_and_stay_two(user_agent):
    assert len(bounded(user_agent)) <= 1200
    assert bounded(user_agent + b"x") != bounded(user_agent)
    flow = tflow.tflow()
    flow.request.headers.fields = ((b"USER-AGENT", user_agent),)
    assert user_agent_of(flow).encode("utf-8", "surrogateescape") == bounded(user_agent)


def test_clients_as_they_are_recorded(proxy, origin):
    """With the password of the proxy, which is nobody's business but the proxy's."""
    origin.answers["*"] = Answer([b"Set-Cookie: sid=1; Path=/"])
    running = proxy(rules="clients: [proxy-user, header:X-Who, user-agent]", options={"proxyauth": "bob:opensesame"})
    who = (b"X-Who: desk 4", b"User-Agent: curl/8.14.1", b"Cookie: a=1")
    assert get(running, "http://shop.example/", *who).status == 407
    login = b"Proxy-Authorization: Basic Ym9iOm9wZW5zZXNhbWU="
    assert get(running, "http://shop.example/", login, *who).all(b"set-cookie") == [b"sid=1; Path=/"]
    running.stop()
    assert [row["client"] for row in running.cookies_json("clients")] == ["bob desk_4~c0e4f45ffa9d curl/8 65839b"]
    assert not origin.received[0].all(b"proxy-authorization")
    assert "opensesame" not in running.log()
