"""Who may ask the dashboard what: pages of other sites, names that are not ours, clients on other machines."""

import pytest
from tornado.httputil import HTTPHeaders

from cookieproxy.dashboard.gate import Asked, Gate, Peer, is_local

TOKEN = "the-token"
GATE = Gate("cookies.mitm", 4321, TOKEN)
OWN = {"Host": "cookies.mitm"}
CHANGES = {**OWN, "X-Cookies": "1", "Content-Type": "application/json", "Origin": "http://cookies.mitm"}


def status(method: str = "GET", headers: dict[str, str] = OWN, peer: Peer = Peer.LOCAL, **more: object) -> int:
    """What a request is answered with; 0 if it may pass."""
    public = bool(more.pop("public", False))
    token = more.pop("token", None)
    assert not more
    refusal = GATE.refusal(Asked(method, HTTPHeaders(headers), peer, token), public)
    return 0 if refusal is None else refusal.status


@pytest.mark.parametrize(
    "host", ["cookies.mitm", "COOKIES.mitm", "cookies.mitm:8080", "127.0.0.1:4321", "localhost:4321", "[::1]:4321"]
)
def test_names_that_are_ours(host: str) -> None:
    assert status(headers={"Host": host}) == 0


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:4321",
        "cookies.mitm.evil.example",
        "evilcookies.mitm",
        "cookies.mitm:",
        "cookies.mitm:x",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost",
        "[::1]",
        "127.0.0.1.evil.example:4321",
        "cookies.mitm@evil.example",
    ],
)
def test_names_that_are_not(host: str) -> None:
    assert status(headers={"Host": host}) == 403
    assert status(headers={"Host": host}, public=True) == 403


ATTACKS = [
    pytest.param("GET", {**OWN, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, id="image"),
    pytest.param("GET", {**OWN, "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, id="fetch of a sibling"),
    pytest.param(
        "GET",
        {**OWN, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        id="frame",
    ),
    pytest.param("GET", {**OWN, "Origin": "http://evil.example"}, id="fetch over plain http"),
    pytest.param("GET", {**OWN, "Origin": "null"}, id="sandboxed frame"),
    pytest.param("POST", {**CHANGES, "Origin": "http://evil.example"}, id="post"),
    pytest.param("POST", {**CHANGES, "Origin": "null"}, id="post of a sandbox"),
    pytest.param("POST", {**CHANGES, "Origin": "http://cookies.mitm.evil.example"}, id="a name that begins alike"),
    pytest.param("POST", {**CHANGES, "Origin": "http://cookies.mitm:81"}, id="another port"),
    pytest.param("POST", {**CHANGES, "Origin": "file://cookies.mitm"}, id="another scheme"),
    pytest.param("POST", {**CHANGES, "Origin": "http://[cookies.mitm"}, id="no origin"),
    pytest.param("POST", {**CHANGES, "Sec-Fetch-Site": "cross-site"}, id="post, and it says so"),
    pytest.param(
        "POST",
        {**CHANGES, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        id="a form that navigates",
    ),
    pytest.param("POST", {**OWN, "Content-Type": "application/json"}, id="without our header"),
    pytest.param("POST", {**CHANGES, "Content-Type": "text/plain"}, id="a form's plain text"),
    pytest.param("POST", {**CHANGES, "Content-Type": "application/x-www-form-urlencoded"}, id="a form"),
]


@pytest.mark.parametrize(("method", "headers"), ATTACKS)
def test_a_foreign_page_is_turned_away(method: str, headers: dict[str, str]) -> None:
    assert status(method, headers) == 403


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE", ""])
def test_other_methods_are_none(method: str) -> None:
    assert status(method, CHANGES) == 405


def test_what_our_own_page_asks_passes() -> None:
    assert status("POST", CHANGES) == 0
    assert status("POST", {**CHANGES, "Sec-Fetch-Site": "same-origin"}) == 0
    assert status("GET", {**OWN, "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}) == 0


def test_a_link_from_elsewhere_opens_the_page() -> None:
    visit = {**OWN, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert status("GET", visit) == 0


def test_curl_needs_no_origin() -> None:
    assert status("POST", {**OWN, "X-Cookies": "1", "Content-Type": "application/json; charset=utf-8"}) == 0


def test_other_machines_need_the_token() -> None:
    assert status(peer=Peer.REMOTE) == 401
    assert status(peer=Peer.REMOTE, token="wrong") == 401
    assert status(peer=Peer.REMOTE, token="") == 401
    assert status(peer=Peer.REMOTE, token=TOKEN) == 0
    assert status(peer=Peer.REMOTE, public=True) == 0
    assert status("POST", {**CHANGES, "Origin": "http://evil.example"}, Peer.REMOTE, token=TOKEN) == 403


def test_the_proxy_without_its_word_is_nobody() -> None:
    assert status(peer=Peer.FORGED) == 403
    assert status(peer=Peer.FORGED, token=TOKEN, public=True) == 403


@pytest.mark.parametrize(
    ("address", "fields", "local"),
    [
        ("127.0.0.1", (), True),
        ("127.8.9.1", (), True),
        ("::1", (), True),
        ("::ffff:127.0.0.1", (), True),
        ("10.0.0.1", (), False),
        ("128.0.0.1", (), False),
        ("::2", (), False),
        ("::ffff:10.0.0.1", (), False),
        ("127.0.0.1", ("x-forwarded-for",), False),
        ("127.0.0.1", ("via",), False),
        ("::1", ("forwarded",), False),
        ("", (), False),
    ],
)
def test_who_is_on_this_machine(address: str, fields: tuple[str, ...], local: bool) -> None:
    assert is_local(address, fields) is local


def test_without_a_name_only_the_direct_address_is_ours() -> None:
    gate = Gate("", 4321, TOKEN)
    for host, wanted in (("127.0.0.1:4321", None), ("cookies.mitm", 403), (":80", 403), ("", 403)):
        refusal = gate.refusal(Asked("GET", HTTPHeaders({"Host": host}), Peer.LOCAL, None), False)
        assert (None if refusal is None else refusal.status) == wanted
