"""Sealed and packed cookies and headers through the two sides of an exchange, whatever comes (R4, R7, R9, R13)."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.config import parse_config
from cookieproxy.core.profiles import PROFILES
from cookieproxy.exchange import Browser, RequestHead, RequestSide, ResponseHead, ResponseSide
from cookieproxy.exchange.explain import Question, explain
from cookieproxy.rules.sealing import Keyring
from cookieproxy.suffixes import load

SUFFIXES = load()
RULES = parse_config(
    b"""rules:
  - {match: {cookie: 's*'}, seal: true}
  - {match: {cookie: ['c*', sc]}, pack: jar}
  - {match: {cookie: h}, hold: true}
  - {match: {cookie: r}, rename: jar.3}
  - {match: {direction: request}, header: {X-Scopes: '{cookies}', Referer: false}}
  - {match: {cookie: c1}, header: {P3P: x}}
""",
    "f",
).rules
RING = Keyring([b"k" * 32], nonce=bytes)


class Exchanges:
    """One browser, an application, and the proxy's two sides between them."""

    def __init__(self, profile: str, enforce: bool) -> None:
        self.browser = Browser("c", PROFILES[profile], SUFFIXES, enforce)
        self.requests = RequestSide(RULES, SUFFIXES, RING)
        self.responses = ResponseSide(RULES, SUFFIXES, enforce, RING)
        self.time = 1_600_000_000.0

    def exchange(self, cookie: bytes | None, *set_cookies: bytes) -> tuple[bytes | None, list[bytes]]:
        """What the application gets, None if the fields stay as they came, and what the browser gets."""
        self.time += 10
        fields = () if cookie is None else ((b"Cookie", cookie),)
        head = RequestHead("https", "shop.example", "GET", b"/", fields, self.time, "flow")
        request = self.requests.process(self.browser, head)
        answer = ResponseHead(200, tuple((b"Set-Cookie", field) for field in set_cookies), self.time + 1)
        response = self.responses.process(self.browser, request, answer)
        passed = response.set_cookies
        return request.cookie, list(set_cookies) if passed is None else [each.source for each in passed]


PIECES = st.sampled_from(
    [
        *(b"c1=1", b"c2=2", b"s=sealed.AAAA", b"s=1", b"sc=1", b"h=1", b"r=1", b"jar=c1=1&sc=sealed.x", b"jar.3=c1=1"),
        *(b"jar=%0a=&c1=%0d%0a&&=@&@@", b"jar.2=r=1@1&h=1", b"jar", b"=", b"; ", b";", b"c1=%;", b"\xff", b"=jar=c1=1"),
        RING.prefix.join((b"s=", b"")) + RING.seal(b"s", "shop.example", b"x")[7:],
    ]
)
TEXT = st.lists(PIECES | st.binary(max_size=6), max_size=6).map(b"; ".join)
FIELD = st.tuples(
    PIECES, st.sampled_from([b"", b"; Path=/", b"; Max-Age=0", b"; Secure; Max-Age=9", b"; Domain=shop.example"])
)
STEPS = st.lists(st.tuples(st.none() | TEXT, st.lists(FIELD.map(b"".join), max_size=4)), max_size=5)


@settings(deadline=None)
@given(STEPS, st.sampled_from(["rfc6265bis", "classic", "chrome", "safari", "curl", "none"]), st.booleans())
def test_nothing_raises_and_nothing_breaks_a_header(
    steps: list[tuple[bytes | None, list[bytes]]], profile: str, enforce: bool
) -> None:
    exchanges = Exchanges(profile, enforce)
    for cookie, fields in steps:
        up, down = exchanges.exchange(cookie, *fields)
        assert up is None or not re.search(rb"[\r\n\x00]", bytes(set(up) - set(cookie or b"")))
        assert not any(re.search(rb"[\r\n\x00]", bytes(set(field) - set(b"".join(fields)))) for field in down)


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_no_edited_pack_writes_a_line(text: bytes) -> None:
    up, _ = Exchanges("rfc6265bis", False).exchange(b"jar=" + text.replace(b"\r", b"%0D").replace(b"\n", b"%0A"))
    assert up is None or not re.search(rb"[\r\n]", up)


def test_what_the_browser_gets_is_what_comes_back() -> None:
    exchanges = Exchanges("rfc6265bis", False)
    _, down = exchanges.exchange(None, b"sid=a; Path=/", b"c1=b; Path=/", b"sc=c; Path=/", b"h=d; Path=/")
    sent = b"; ".join(field.partition(b";")[0] for field in down)
    assert b"=a" not in sent
    assert [field.partition(b"=")[0] for field in down] == [b"sid", b"jar"]
    up, _ = exchanges.exchange(sent)
    assert up is not None
    assert sorted(up.split(b"; ")) == [b"c1=b", b"h=d", b"sc=c", b"sid=a"]
    swapped, _ = exchanges.exchange(sent.replace(b"sid=", b"s2="))
    assert swapped is not None
    assert sorted(swapped.split(b"; ")) == [b"c1=b", b"h=d", b"sc=c"]


def test_a_member_of_an_edited_pack_that_must_be_sealed_is_dropped() -> None:
    exchanges = Exchanges("rfc6265bis", False)
    exchanges.exchange(None, b"sc=secret; Path=/", b"c1=1; Path=/")
    up, _ = exchanges.exchange(b"jar=sc=forged&c1=2")
    assert up == b"c1=2"
    up, _ = exchanges.exchange(b"jar=sc=forged&c1=2")
    assert up == b"c1=2", "sent twice it is not more authentic"


def test_explained_a_packed_cookie_is_stored_and_its_pack_stands_behind_it() -> None:
    question = Question("https", "shop.example", b"/", (b"c1=1; Path=/", b"sid=x; Path=/"), 1_600_000_000.0)
    member, sealed, pack = explain(question, RULES, PROFILES["chrome"], SUFFIXES)
    assert (member.ending, member.after, member.rules) == ("stored", b"jar=c1=1; Path=/", ("rules[1]",))
    assert sealed.after is not None
    assert sealed.after.startswith(b"sid=sealed.")
    assert (pack.before, pack.after, pack.ending) == (None, b"jar=c1=1; Path=/", "stored")
