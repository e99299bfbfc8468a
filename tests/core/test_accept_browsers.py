"""The same field in seven browsers: where they part ways, row by row (RFC 6265bis 5.6 and 5.7; R5, R6, R8, R20)."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from cookieproxy.core.accept import accept
from cookieproxy.core.access import SameSiteContext
from cookieproxy.core.cookie import Cookie
from cookieproxy.core.profiles import CHROME, IE6, PROFILES, RFC6265BIS, Profile
from cookieproxy.core.syntax import parse_set_cookie
from rig.jars import NOW, PAGE, SUFFIXES, access, judged

HTTP = "http://www.shop.example/dir/page"
DAYS_400 = "+34560000"
AT = "www.shop.example/dir"
"""Where a cookie of PAGE belongs without attributes."""

BROWSERS = ("rfc6265bis", "chrome", "firefox", "safari", "curl", "classic", "ie6")


class Case(NamedTuple):
    """One field in one place and what each browser makes of it; those not named do as the draft does."""

    field: str
    draft: str
    url: str = PAGE
    differs: dict[str, str] = {}


NOT_STORED = {"safari": "nameless", "curl": "nameless"}
OLD = ("classic", "ie6")


def old(becomes: str) -> dict[str, str]:
    return dict.fromkeys(OLD, becomes)


MATRIX = {
    "NUL": Case("a=b\x00c", "control-character", differs=old(f"a=b\x00c {AT}")),
    "CR": Case("a=b\rc", "control-character", differs=old(f"a=b\rc {AT}")),
    "LF": Case("a=b\nc", "control-character", differs={"safari": f"a=b {AT}", **old(f"a=b\nc {AT}")}),
    "LF and attributes": Case(
        "a=b\n; Path=/", "control-character", differs={"safari": f"a=b {AT}", **old("a=b\n www.shop.example/")}
    ),
    "control in name": Case("a\x02=b", "control-character", differs=old(f"a\x02=b {AT}")),
    "control in value": Case("a=\x1fb", "control-character", differs=old(f"a=\x1fb {AT}")),
    "control in an attribute": Case(
        "a=b; x=\x02", "control-character", differs={"safari": f"a=b {AT}", **old(f"a=b {AT}")}
    ),
    "tab in name": Case("a\tb=c", f"a\tb=c {AT}", differs={"chrome": "control-character", "curl": "control-character"}),
    "tab in value": Case(
        "a=b\tc", f"a=b\tc {AT}", differs={"chrome": "control-character", "curl": "control-character"}
    ),
    "tab before =": Case("a\t=b", f"a=b {AT}", differs={"curl": "control-character"}),
    "tab around": Case("\ta=\tb\t", f"a=b {AT}"),
    "tab in Path": Case(
        "a=b; Path=/x\ty",
        "a=b www.shop.example/x\ty",
        differs={"chrome": "control-character", "firefox": "path-invalid"},
    ),
    "tab in an unknown attribute": Case("a=b; x=y\tz", f"a=b {AT}", differs={"chrome": "control-character"}),
    "octets above 0x7f": Case("a=\xff\xc3", f"a=\xff\xc3 {AT}"),
    "no =": Case("foo", f"=foo {AT}", differs=NOT_STORED),
    "empty name": Case("=foo", f"=foo {AT}", differs=NOT_STORED),
    "empty name, = in the value": Case("=a=b", f"=a=b {AT}", differs={**NOT_STORED, "chrome": "nameless-equals"}),
    "neither name nor value": Case("=", "no-content"),
    "nameless, looks like __Host-": Case(
        "__Host-a", "prefix-nameless", differs={**NOT_STORED, **old(f"=__Host-a {AT}")}
    ),
    "nameless, looks like __Http-": Case(
        "__http-a",
        f"=__http-a {AT}",
        differs={**NOT_STORED, "chrome": "prefix-nameless", "firefox": "prefix-nameless"},
    ),
    "quotes": Case('a="b"', f'a="b" {AT}'),
    "semicolon in quotes": Case(
        'a="b;c"; Path=/', 'a="b www.shop.example/', differs={"safari": 'a="b;c" www.shop.example/'}
    ),
    "unclosed quote": Case('a="b;c', f'a="b {AT}'),
    "comma and space": Case("a=1, b=2", f"a=1, b=2 {AT}", differs={"safari": f"a=1,b=2 {AT}"}),
    "space inside": Case("a=b c", f"a=b c {AT}"),
    "4096 octets": Case(f"a={'x' * 4095}", f"a={'x' * 4095} {AT}"),
    "4097 octets": Case(f"a={'x' * 4096}", "too-large", differs={"ie6": f"a={'x' * 4096} {AT}"}),
    "a field of 5001 octets": Case(f"a=b; x={'y' * 4994}", f"a=b {AT}", differs={"curl": "field-too-large"}),
    "a field of 5119 octets": Case(
        f"a=b; x={'y' * 5112}", f"a=b {AT}", differs={"curl": "field-too-large", "ie6": "field-too-large"}
    ),
    "attribute of 1025 octets": Case(
        f"a=b; Path=/{'x' * 1024}",
        f"a=b {AT}",
        differs=dict.fromkeys(("safari", "curl", *OLD), f"a=b www.shop.example/{'x' * 1024}"),
    ),
    "duplicate Path": Case("a=b; Path=/x; Path=/y", "a=b www.shop.example/y"),
    "Secure=false": Case("a=b; Secure=false", f"a=b {AT} secure", differs={"curl": f"a=b {AT}"}),
    "Secure=": Case("a=b; Secure=", f"a=b {AT} secure"),
    "HttpOnly=0": Case("a=b; HttpOnly=0", f"a=b {AT} httponly", differs={"curl": f"a=b {AT}"}),
    "Max-Age over Expires": Case(
        "a=b; Max-Age=100; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        f"a=b {AT} +100",
        differs={"ie6": f"a=b {AT} deletes"},
    ),
    "Max-Age=abc": Case("a=b; Max-Age=abc", f"a=b {AT}", differs={"curl": f"a=b {AT} deletes"}),
    "Max-Age=": Case("a=b; Max-Age=", f"a=b {AT}", differs={"curl": f"a=b {AT} deletes"}),
    "Max-Age=abc and Expires": Case(
        "a=b; Max-Age=abc; Expires=Fri, 15 Jan 2027 08:01:40 GMT",
        f"a=b {AT} +100",
        differs={"curl": f"a=b {AT} deletes"},
    ),
    "Max-Age=100x": Case("a=b; Max-Age=100x", f"a=b {AT}", differs={"curl": f"a=b {AT} +100"}),
    'Max-Age="100"': Case('a=b; Max-Age="100"', f"a=b {AT}", differs={"curl": f"a=b {AT} +100"}),
    "Max-Age=+100": Case(
        "a=b; Max-Age=+100", f"a=b {AT}", differs={"chrome": f"a=b {AT} +100", "curl": f"a=b {AT} deletes"}
    ),
    "Max-Age=-x": Case(
        "a=b; Max-Age=-x", f"a=b {AT}", differs={"firefox": f"a=b {AT} deletes", "curl": f"a=b {AT} deletes"}
    ),
    "Max-Age beyond 64 bits and more": Case(
        "a=b; Max-Age=99999999999999999999x",
        f"a=b {AT}",
        differs={"chrome": f"a=b {AT} {DAYS_400}", "curl": f"a=b {AT} {DAYS_400}"},
    ),
    "Max-Age below 64 bits and more": Case(
        "a=b; Max-Age=-99999999999999999999x",
        f"a=b {AT}",
        differs=dict.fromkeys(("chrome", "firefox", "curl"), f"a=b {AT} deletes"),
    ),
    "a bad last Max-Age": Case(
        "a=b; Max-Age=100; Max-Age=x",
        f"a=b {AT} +100",
        differs={"chrome": f"a=b {AT}", "firefox": f"a=b {AT}", "curl": f"a=b {AT} deletes", "ie6": f"a=b {AT}"},
    ),
    "a bad last Expires": Case(
        "a=b; Expires=Fri, 15 Jan 2027 08:01:40 GMT; Expires=x",
        f"a=b {AT} +100",
        differs={"chrome": f"a=b {AT}", "firefox": f"a=b {AT}"},
    ),
    "two Expires": Case(
        "a=b; Expires=Fri, 15 Jan 2027 08:01:40 GMT; Expires=Fri, 15 Jan 2027 08:00:50 GMT",
        f"a=b {AT} +50",
        differs={"curl": f"a=b {AT} +100"},
    ),
    "a zone in Expires": Case(
        "a=b; Expires=Fri, 15 Jan 2027 10:01:40 +0200",
        f"a=b {AT} +7300",
        differs={"firefox": f"a=b {AT} +100", "curl": f"a=b {AT} +100"},
    ),
    "unparsable Expires": Case("a=b; Expires=tomorrow", f"a=b {AT}"),
    "more than 400 days": Case(
        "a=b; Expires=Wed, 15 Jan 2031 08:00:00 GMT",
        f"a=b {AT} {DAYS_400}",
        differs=dict.fromkeys(("safari", *OLD), f"a=b {AT} +126230400"),
    ),
    "Domain with a dot": Case("a=b; Domain=.shop.example", "a=b .shop.example/dir"),
    "empty Domain": Case("a=b; Domain=", f"a=b {AT}"),
    "an empty last Domain": Case(
        "a=b; Domain=shop.example; Domain=", f"a=b {AT}", differs={"curl": "a=b .shop.example/dir"}
    ),
    "a lone dot": Case("a=b; Domain=.", f"a=b {AT}", differs={"chrome": "domain-invalid", "firefox": "domain-invalid"}),
    "the host as Domain": Case("a=b; Domain=www.shop.example", "a=b .www.shop.example/dir"),
    "the IP address as Domain": Case(
        "a=b; Domain=127.0.0.1",
        "a=b .127.0.0.1/",
        "https://127.0.0.1/",
        dict.fromkeys(("chrome", "firefox", "curl"), "a=b 127.0.0.1/"),
    ),
    "the IP address with a dot": Case(
        "a=b; Domain=.127.0.0.1",
        "a=b .127.0.0.1/",
        "https://127.0.0.1/",
        {**dict.fromkeys(("chrome", "curl"), "a=b 127.0.0.1/"), "firefox": "domain-mismatch"},
    ),
    "another IP address": Case("a=b; Domain=127.0.0.2", "domain-mismatch", "https://127.0.0.1/"),
    "a suffix of the IP address": Case("a=b; Domain=0.0.1", "domain-mismatch", "https://127.0.0.1/"),
    "the IPv6 address": Case(
        "a=b; Domain=[::1]", "a=b .[::1]/", "https://[::1]/", dict.fromkeys(("chrome", "firefox", "curl"), "a=b [::1]/")
    ),
    "localhost on localhost": Case(
        "a=b; Domain=localhost", "a=b localhost/", "http://localhost/", {"curl": "a=b .localhost/"}
    ),
    "a public suffix on itself": Case("a=b; Domain=co.uk", "a=b co.uk/", "http://co.uk/", {"curl": "a=b .co.uk/"}),
    "a public suffix": Case("a=b; Domain=co.uk", "public-suffix", "http://shop.co.uk/"),
    "a foreign Domain": Case("a=b; Domain=other.example", "domain-mismatch"),
    "a percent sign": Case("a=b; Domain=%73hop.example", "domain-invalid"),
    "two dots at the host's end": Case("a=b", "domain-invalid", "http://shop.example../"),
    "Domain in U-labels": Case(
        "a=b; Domain=B\xc3\x9cCHER.example",
        "domain-not-ascii",
        "http://a.xn--bcher-kva.example/",
        {"chrome": "a=b .xn--bcher-kva.example/"},
    ),
    "Domain in broken UTF-8": Case(
        "a=b; Domain=b\xfccher.example",
        "domain-not-ascii",
        "http://a.xn--bcher-kva.example/",
        {"chrome": "domain-invalid"},
    ),
    "relative Path": Case("a=b; Path=x", f"a=b {AT}"),
    "quoted Path": Case('a=b; Path="/x"', f"a=b {AT}", differs={"curl": "a=b www.shop.example/x"}),
    "Path with a slash at its end": Case(
        "a=b; Path=/x/", "a=b www.shop.example/x/", differs={"curl": "a=b www.shop.example/x"}
    ),
    "Secure over http": Case("a=b; Secure", "secure-over-http", HTTP, old(f"a=b {AT} secure")),
    "Secure over http on localhost": Case(
        "a=b; Secure",
        "secure-over-http",
        "http://localhost/",
        dict.fromkeys(("chrome", "firefox", "curl", *OLD), "a=b localhost/ secure"),
    ),
    "Secure over http below localhost": Case(
        "a=b; Secure",
        "secure-over-http",
        "http://a.localhost/",
        dict.fromkeys(("chrome", "firefox", "curl", *OLD), "a=b a.localhost/ secure"),
    ),
    "Secure over http on 127.0.0.1": Case(
        "a=b; Secure",
        "secure-over-http",
        "http://127.0.0.1/",
        dict.fromkeys(("chrome", "firefox", "curl", *OLD), "a=b 127.0.0.1/ secure"),
    ),
    "Secure over http on ::1": Case(
        "a=b; Secure",
        "secure-over-http",
        "http://[::1]/",
        dict.fromkeys(("chrome", "firefox", "curl", *OLD), "a=b [::1]/ secure"),
    ),
    "SameSite=None without Secure": Case(
        "a=b; SameSite=None",
        "same-site-none-insecure",
        differs={"safari": f"a=b {AT} none", "curl": f"a=b {AT}", **old(f"a=b {AT}")},
    ),
    "SameSite=Strict": Case(
        "a=b; SameSite=Strict", f"a=b {AT} strict", differs={"curl": f"a=b {AT}", **old(f"a=b {AT}")}
    ),
    "Partitioned without Secure": Case(
        "a=b; Partitioned",
        f"a=b {AT}",
        differs={"chrome": "partitioned-insecure", "firefox": "partitioned-insecure"},
    ),
    "Partitioned=x": Case(
        "a=b; Partitioned=x; Secure",
        f"a=b {AT} secure",
        differs=dict.fromkeys(("chrome", "firefox"), f"a=b {AT} secure under https://top.example"),
    ),
    "Priority": Case("a=b; Priority=HIGH", f"a=b {AT}", differs={"chrome": f"a=b {AT} high"}),
    "an unknown Priority": Case("a=b; Priority=Low; Priority=x", f"a=b {AT}"),
    "__Secure- without Secure": Case("__Secure-a=b", "prefix-secure", differs=old(f"__Secure-a=b {AT}")),
    "__secure- without Secure": Case(
        "__secure-a=b",
        "prefix-secure",
        differs=dict.fromkeys(("safari", "curl", *OLD), f"__secure-a=b {AT}"),
    ),
    "__Secure- on localhost": Case(
        "__Secure-a=b; Secure",
        "secure-over-http",
        "http://localhost/",
        dict.fromkeys(("chrome", "firefox", "curl", *OLD), "__Secure-a=b localhost/ secure"),
    ),
    "__Host- with Domain": Case(
        "__Host-a=b; Secure; Path=/; Domain=shop.example",
        "prefix-host",
        differs=old("__Host-a=b .shop.example/ secure"),
    ),
    "__Host- without Path in the root": Case(
        "__Host-a=b; Secure",
        "prefix-host",
        "https://shop.example/",
        dict.fromkeys(("firefox", "curl", *OLD), "__Host-a=b shop.example/ secure"),
    ),
    "__Host- with a relative Path in the root": Case(
        "__Host-a=b; Secure; Path=x",
        "__Host-a=b shop.example/ secure",
        "https://shop.example/",
        {"chrome": "prefix-host"},
    ),
    "__Host- with the IP address": Case(
        "__Host-a=b; Secure; Path=/; Domain=127.0.0.1",
        "prefix-host",
        "https://127.0.0.1/",
        {
            **dict.fromkeys(("chrome", "firefox", "curl"), "__Host-a=b 127.0.0.1/ secure"),
            **old("__Host-a=b .127.0.0.1/ secure"),
        },
    ),
    "__Host- with the IP address and a dot": Case(
        "__Host-a=b; Secure; Path=/; Domain=.127.0.0.1",
        "prefix-host",
        "https://127.0.0.1/",
        {
            "firefox": "domain-mismatch",
            "curl": "__Host-a=b 127.0.0.1/ secure",
            **old("__Host-a=b .127.0.0.1/ secure"),
        },
    ),
    "__Host- with the public suffix": Case(
        "__Host-a=b; Secure; Path=/; Domain=co.uk",
        "__Host-a=b co.uk/ secure",
        "https://co.uk/",
        {"chrome": "prefix-host", "curl": "prefix-host"},
    ),
    "__Http- without HttpOnly": Case(
        "__Http-a=b; Secure",
        f"__Http-a=b {AT} secure",
        differs={"chrome": "prefix-http", "firefox": "prefix-http"},
    ),
    "__Http-": Case("__Http-a=b; Secure; HttpOnly", f"__Http-a=b {AT} secure httponly"),
    "__Host-Http- without HttpOnly": Case(
        "__Host-Http-a=b; Secure; Path=/",
        "__Host-Http-a=b www.shop.example/ secure",
        differs={"chrome": "prefix-http"},
    ),
    "__Host-Http- with Domain": Case(
        "__Host-Http-a=b; Secure; HttpOnly; Path=/; Domain=shop.example",
        "prefix-host",
        differs=old("__Host-Http-a=b .shop.example/ secure httponly"),
    ),
    "expired": Case("a=b; Expires=Thu, 01 Jan 1970 00:00:01 GMT", f"a=b {AT} deletes"),
}


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in MATRIX.items()])
def test_browsers_differ(case: Case, browser: str) -> None:
    expected = case.differs.get(browser, case.draft)
    assert judged(case.field, access(case.url, partition="https://top.example"), browser) == expected


@pytest.mark.parametrize("browser", ["ie8", "none"])
@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in MATRIX.items()])
def test_profiles_made_of_others_read_the_same(case: Case, browser: str) -> None:
    model = {"ie8": "ie6", "none": "rfc6265bis"}[browser]
    at = access(case.url)
    assert judged(case.field, at, browser) == judged(case.field, at, model)


@pytest.mark.parametrize(
    ("browser", "field", "becomes"),
    [
        pytest.param("chrome", "a=b; Expires=Fri, 15 Jan 2027 09:01:40 GMT", "+100", id="chrome shifts"),
        pytest.param("firefox", "a=b; Expires=Fri, 15 Jan 2027 09:01:40 GMT", "+100", id="firefox shifts"),
        pytest.param(
            "chrome", "a=b; Expires=Fri, 15 Jan 2027 08:30:00 GMT", "deletes", id="expired by the server's clock"
        ),
        pytest.param("rfc6265bis", "a=b; Expires=Fri, 15 Jan 2027 09:01:40 GMT", "+3700", id="the draft does not"),
        pytest.param("curl", "a=b; Expires=Fri, 15 Jan 2027 09:01:40 GMT", "+3700", id="curl does not"),
        pytest.param("chrome", "a=b; Max-Age=100", "+100", id="Max-Age is never shifted"),
    ],
)
def test_expires_follows_the_servers_clock_where_the_browser_does(browser: str, field: str, becomes: str) -> None:
    """R20: the server's clock is an hour ahead."""
    assert judged(field, access(PAGE, server_time=NOW + 3600), browser) == f"a=b {AT} {becomes}"


def test_same_site_from_another_site_is_refused_where_it_is_lax_by_default() -> None:
    cross_site = access(PAGE, context=SameSiteContext.CROSS_SITE)
    refused = {name for name, profile in PROFILES.items() if judged("a=b", cross_site, profile) == "same-site-default"}
    assert refused == {"rfc6265bis", "none", "chrome"}


@pytest.mark.parametrize(
    ("profile", "field", "becomes"),
    [
        pytest.param(replace(RFC6265BIS, per_cookie_bytes=10), "abcde=12345", f"abcde=12345 {AT}", id="10 octets"),
        pytest.param(replace(RFC6265BIS, per_cookie_bytes=10), "abcde=123456", "too-large", id="11 octets"),
        pytest.param(replace(CHROME, max_age_cap=60.0), "a=b; Max-Age=61", f"a=b {AT} +60", id="a shorter cap"),
        pytest.param(replace(IE6, per_cookie_bytes=2), "a=bc", "too-large", id="a limit where there was none"),
    ],
)
def test_limits_can_be_overridden(profile: Profile, field: str, becomes: str) -> None:
    assert judged(field, access(PAGE), profile) == becomes


def test_a_cookie_of_a_browser_without_a_cap_ends_within_four_digit_years() -> None:
    cookie = accept(
        parse_set_cookie(b"a=b; Max-Age=99999999999999999999"), access(PAGE), PROFILES["safari"], SUFFIXES, 1
    )
    assert isinstance(cookie, Cookie)
    assert cookie.expiry_time == 253_402_300_799.0


def test_safari_reads_quotes_whoever_took_the_field_apart() -> None:
    field = b'a="b;c"; Secure'
    for quotes_protect in (False, True):
        said = parse_set_cookie(field, quotes_protect)
        safari = accept(said, access(PAGE), PROFILES["safari"], SUFFIXES, 1)
        draft = accept(said, access(PAGE), RFC6265BIS, SUFFIXES, 1)
        assert isinstance(safari, Cookie)
        assert isinstance(draft, Cookie)
        assert (safari.value, draft.value) == (b'"b;c"', b'"b')
