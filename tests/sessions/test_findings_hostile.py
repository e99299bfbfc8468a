"""Whatever clients and servers say, nothing breaks, nothing takes long, and no finding repeats it."""

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cookieproxy.sessions.catalogue import CHECKS
from cookieproxy.sessions.logins import (
    has_password,
    is_logout_for_sure,
    looks_like_login,
    looks_like_logout,
    looks_private,
)
from cookieproxy.sessions.names import kind_of, recognise
from cookieproxy.sessions.said import said_by
from cookieproxy.sessions.urls import ids_in
from rig.flows import make_flow
from rig.sessions import CHROME, NAVIGATION, START, an_id, tracked

SECONDS = 5.0
"""Longer than any of these takes, even on a busy machine."""
NAMES = st.sampled_from(
    [b"sid", b"PHPSESSID", b"__Host-sid", b"myapp", b"", b"<b>", b"n\0ul", b"\xff\xfe", b"JSESSIONID", b"lang", b"card"]
)
VALUES = st.one_of(
    st.sampled_from(
        [an_id(1).encode(), an_id(2).encode(), b"", b"deleted", b"<script>", b"\0", b"4111111111111111", b"a@b.example"]
    ),
    st.binary(max_size=40),
)
ATTRIBUTES = st.lists(
    st.sampled_from(
        [
            *(
                b"Path=/",
                b"Path=/App",
                b"Path=",
                b"Domain=shop.example",
                b"Domain=.",
                b"Domain=\xff",
                b"Max-Age=0",
                b"Secure",
            ),
            *(
                b"Max-Age=-1",
                b"Max-Age=99999999999999999999",
                b"Max-Age=1e9",
                b"HttpOnly",
                b"SameSite=None",
                b"Partitioned",
            ),
            *(
                b"Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                b"Expires=Fri, 31 Dec 9999 23:59:59 GMT",
                b"SameSite=\0",
                b"Priority=High",
            ),
        ]
    ),
    max_size=5,
)
TARGETS = st.sampled_from(
    [
        *(
            "/",
            "/login",
            "/logout",
            "/app/one",
            "/App",
            f"/;jsessionid={an_id(1)}",
            f"/?PHPSESSID={an_id(2)}",
            "/account",
        ),
        *(
            "/(S(lit3py55t21z5v55vlm25s55))/",
            "/logout?next=<b>",
            "/%00",
            "/?" + "a=b&" * 50,
            "/index.php?action=logout",
        ),
    ]
)
LOCATIONS = st.sampled_from(
    [None, b"/login", b"/account", b"//", b"https://[", f"/;jsessionid={an_id(1)}".encode(), b"\xff:\0"]
)
FIELDS = st.lists(
    st.sampled_from(
        [
            (b"Referer", f"https://other.example/?PHPSESSID={an_id(1)}".encode()),
            (b"Referer", b"https://user@[::1]:99999/?sid=\xff"),
            (b"Sec-Fetch-Dest", b"image"),
            (b"Origin", b"null"),
        ]
    ),
    max_size=2,
)


@st.composite
def exchanges(draw: st.DrawFn) -> list[Any]:
    flows = []
    at = START
    for _ in range(draw(st.integers(1, 12))):
        at += draw(st.sampled_from([0.0, 0.01, 1.0, 3_000.0, 99_999.0]))
        pairs = draw(st.lists(st.tuples(NAMES, VALUES), max_size=4))
        set_cookies = [
            b"; ".join([name + b"=" + value, *attributes])
            for name, value, attributes in draw(st.lists(st.tuples(NAMES, VALUES, ATTRIBUTES), max_size=4))
        ]
        location = draw(LOCATIONS)
        request = [(b"User-Agent", CHROME), *(draw(st.sampled_from([(), NAVIGATION]))), *draw(FIELDS)]
        if pairs:
            request.append((b"Cookie", b"; ".join(name + b"=" + value for name, value in pairs)))
        response = [(b"Set-Cookie", field) for field in set_cookies]
        if location is not None:
            response.append((b"Location", location))
        body = draw(st.sampled_from([b"", b"user=a&password=b", b"\xff" * 50]))
        flow = make_flow(
            draw(st.sampled_from(["https://shop.example", "http://shop.example", "https://www.shop.example"]))
            + draw(TARGETS),
            request,
            response,
            method="POST" if body else draw(st.sampled_from(["GET", "DELETE", "OPTIONS"])),
            status=302 if location is not None else draw(st.sampled_from([200, 204, 401, 404, 431, 500])),
            at=at,
            client=(draw(st.sampled_from(["127.0.0.1", "::1"])), 1),
        )
        flow.request.raw_content = body
        flow.response.timestamp_start = at + draw(st.sampled_from([0.0, 0.05, 30.0]))
        flows.append(flow)
    return flows


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(exchanges(), st.sampled_from(["browser: auto\n", "browser: classic\n", "limits: {per_site: 2}\n"]))
def test_no_conversation_breaks_it(flows: list[Any], rules: str) -> None:
    for finding in tracked(flows, rules).findings:
        assert finding.code in CHECKS
        assert finding.times > 0
        assert finding.evidence
        assert finding.first_seen <= finding.last_seen
        assert {proof.flow_id for proof in finding.evidence} <= {flow.id for flow in flows}
        said = " ".join(proof.said for proof in finding.evidence)
        assert not any(value in said for value in (an_id(1), an_id(2), "4111111111111111", "a@b.example"))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_no_octets_break_the_words(octets: bytes) -> None:
    for ask in (
        has_password,
        looks_like_login,
        looks_like_logout,
        is_logout_for_sure,
        looks_private,
        kind_of,
        ids_in,
        said_by,
    ):
        ask(octets)
    recognise(octets[:20], octets[20:])


def _timed(flows: list[Any]) -> list[str]:
    begun = time.process_time()
    codes = tracked(flows).codes
    assert time.process_time() - begun < SECONDS
    return codes


def _flow(cookie: bytes = b"", sets: list[bytes] | None = None, target: str = "/", at: float = 0.0) -> Any:
    request = [(b"User-Agent", CHROME), *NAVIGATION, *([(b"Cookie", cookie)] if cookie else [])]
    return make_flow(
        f"https://shop.example{target}", request, [(b"Set-Cookie", each) for each in sets or []], at=START + at
    )


def test_ten_thousand_pairs_in_one_request() -> None:
    flows = [_flow(b"; ".join(b"sid=%d" % (10_000 + number) for number in range(10_000)), at=at) for at in (0, 1)]
    assert {"duplicate-name", "header-too-large"} <= set(_timed(flows))


def test_ten_thousand_names_in_one_request() -> None:
    flows = [_flow(b"; ".join(b"a.b-c_%d=%d" % (number, number) for number in range(10_000)))]
    assert "header-too-large" in _timed(flows)


def test_thousands_of_set_cookie_fields() -> None:
    flows = [
        _flow(sets=[f"n{number}={an_id(number)}; HttpOnly".encode() for number in range(1_000)], at=at) for at in (0, 1)
    ]
    _timed(flows)


@pytest.mark.parametrize(
    "octets", [b"a", b"ab", b"\xc3\x28", b"(", b"[{", b"%41", b"--", b"=", b"a.", b"eyJ", b"logout", b"/("]
)
def test_megabytes(octets: bytes) -> None:
    long = octets * (1_000_000 // len(octets))
    target = "/" + "".join(chr(octet) if 33 <= octet < 127 and octet not in b"[]#" else "x" for octet in long[:60_000])
    _timed(
        [
            _flow(b"sid=" + long, [b"sid=" + long + b"; HttpOnly", b"k=v; " + long, long[:4_000] + b"=1"], target),
            _flow(b"token=" + long[:4_090], [b"sid=" + long[:4_000]], target, at=1),
        ]
    )


@pytest.mark.parametrize(
    "octets", [b"log", b"password", b"&action=", b"sign-", b";jsessionid=", b"/(A(", b"pass", b"my-", b"?"]
)
def test_words_are_found_in_bounded_time(octets: bytes) -> None:
    long = octets * 20_000
    begun = time.process_time()
    for ask in (has_password, looks_like_login, looks_like_logout, is_logout_for_sure, looks_private, ids_in):
        ask(long)
        ask(b"/?" + long)
        ask(long[:8_000])
    assert time.process_time() - begun < SECONDS
