"""The mirror of profile `chrome` holds exactly what a real Chromium reports: what either makes of Set-Cookie fields.

Hundreds of fields as no sane application says them, over http and https, on every kind of host; after each batch all cookies of its
sites are compared: name, value, domain, host-only, path, Secure, HttpOnly, SameSite, Priority, partition, expiry.
"""

import time
from email.utils import formatdate

import pytest

from cookieproxy.core.events import EventKind
from rig.mirror import Visit, Watched, domain_of, names, predicted_header, redirecting, setting
from rig.set_cookies import Generator

pytestmark = pytest.mark.browser

HOSTS = (
    "shop{0}.example",
    "www.shop{0}.example",
    "a.b.shop{0}.example",
    "me{0}.github.io",
    "www.me{0}.github.io",
    "shop{0}.co.uk",
    "www.shop{0}.co.uk",
    "b{0}.bücher.example",
    "intranet{0}",
)
ODD_HOSTS = (
    "localhost",
    "sub.localhost",
    "127.0.0.1",
    "[::1]",
    "10.0.0.1",
    "[2001:db8::1]",
    "github.io",
    "co.uk",
    "com",
    "x.kawasaki.jp",
    "a.x.kawasaki.jp",
    "city.kawasaki.jp",
    "www.ck",
    "foo.ck",
    "und_er.example",
    "xn--bcher-kva.example",
)


def set_generated(watched: Watched, generator: Generator, hosts: list[str], paths: tuple[str, ...], count: int) -> None:
    for path in paths:
        for scheme in ("http", "https"):
            for host in hosts:
                fields = generator.fields(host, count, controls=scheme == "http")
                watched.visit(setting(f"{scheme}://{host}{path}", *fields))


def explained(watched: Watched, generator: Generator) -> str:
    """The differences, each with the fields it may come from; empty if there are none."""
    return "\n".join(f"{line}\n   {generator.about(line)}" for line in watched.differences())


@pytest.mark.parametrize("seed", [1, 2])
def test_generated_fields_on_every_kind_of_name(watched: Watched, seed: int) -> None:
    generator = Generator(seed)
    hosts = [host.format(seed) for host in HOSTS]
    set_generated(watched, generator, hosts, ("/", "/a/b/c"), 35)
    assert explained(watched, generator) == ""
    assert len(watched.browser_cookies()) > 200


def test_generated_fields_on_loopback_addresses_and_public_suffixes(watched: Watched) -> None:
    generator = Generator(3)
    set_generated(watched, generator, [*ODD_HOSTS], ("/a%20b/x",), 30)
    watched.visit(setting("http://shop.example./", *generator.fields("shop.example.", 30)))
    assert explained(watched, generator) == ""
    assert len(watched.browser_cookies()) > 200


EXPIRIES = [
    b"max=1; Max-Age=1000",
    b"plus=1; Max-Age=+1000",
    b"huge=1; Max-Age=99999999999999999999; Path=/",
    b"edge=1; Max-Age=9223372036854775807x",
    b"under=1; Max-Age=9223372036854775806x",
    b"below=1; Max-Age=-9223372036854775808x",
    b"year=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
    b"two=1; Expires=Wed, 21-Oct-37 07:28:00 GMT",
    b"day=1; Max-Age=86400; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    b"bad=1; Max-Age=soon; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
]
NAMES = [
    b"=nameless",
    b"bare",
    b"=a=b",
    b"==",
    b"a b=1",
    b'"quoted"=1',
    b"\xc3\xa9=1",
    b"\xe9t\xe9=1",
    b"n=\xff\xfe",
    b"tab\tbed=1",
    b"tabbed=1\t2",
    b"attribute=1; x=a\tb",
    b"=__Host-x; Secure",
    b"__host-x; Secure",
]
SIZES = [
    b"s4096=" + b"v" * 4091,
    b"s4097=" + b"v" * 4092,
    b"=" + b"v" * 4096,
    b"n" * 4096 + b"=",
    b"N" * 4097 + b"=",
    b"p1024=1; Path=/" + b"p" * 1023,
    b"p1025=1; Path=/" + b"p" * 1024,
    b"p1025a=1; Path=/a; Path=/" + b"p" * 1024,
    b"d1025=1; Domain=" + b"d" * 1025,
    b"d1025a=1; Domain=rows.example; Domain=" + b"d" * 1025,
    b"many=1" + b"; x=y" * 500 + b"; HttpOnly",
]
PREFIXES = [
    field
    for name in (b"__Secure-a", b"__Host-b", b"__Http-c", b"__Host-Http-d", b"__hOsT-e", b"__sEcUrE-f", b"__hTTp-g")
    for field in (
        name + b"1=1; Secure; Path=/",
        name + b"2=1; Secure; HttpOnly; Path=/",
        name + b"3=1; HttpOnly; Path=/",
        name + b"4=1; Secure; HttpOnly; Path=/a",
        name + b"5=1; Secure; HttpOnly",
        name + b"6=1; Secure; HttpOnly; Path=/; Domain=rows.example",
        name + b"7=1; Secure; HttpOnly; Path=/; Domain=",
    )
]
ATTRIBUTES = [
    b"none=1; SameSite=None",
    b"noneS=1; SameSite=None; Secure",
    b"odd=1; SameSite=Odd",
    b"lax=1; SameSite=Strict; SameSite=Lax",
    b"low=1; Priority=Low",
    b"high=1; priority=HIGH",
    b"part=1; Partitioned",
    b"partS=1; Partitioned; Secure",
    b"false=1; Secure=false; HttpOnly=0",
    b"spaced=1;  Path = /a ;HttpOnly ; Domain = .ROWS.example ",
    b"empty=1;;;=;;Path=;Domain=;SameSite=;Max-Age=;Expires=",
    b"relative=1; Path=a",
    b"twice=1; Path=/a; Path=/",
]
ROWS = {"expiries": EXPIRIES, "names": NAMES, "sizes": SIZES, "prefixes": PREFIXES, "attributes": ATTRIBUTES}


@pytest.mark.parametrize("fields", ROWS.values(), ids=ROWS)
def test_fields_by_hand(watched: Watched, fields: list[bytes]) -> None:
    for scheme in ("http", "https"):
        watched.visit(setting(f"{scheme}://{scheme}.rows.example/x/y", *fields))
    assert watched.differences() == []
    assert watched.browser_cookies()


def test_cookies_are_replaced_and_deleted_and_some_deletions_miss(watched: Watched) -> None:
    url = "https://www.again.example/a/b"
    secure = [b"%s=1; Secure; Path=/" % name for name in (b"kept", b"gone", b"both", b"deep")]
    watched.visit(setting(url, *secure, b"both=2; Domain=again.example", b"deep=3; Path=/a/b/c", b"http=4; HttpOnly"))
    deletions = [b"gone=; Max-Age=0; Path=/; Secure", b"both=; Max-Age=0", b"kept=; Max-Age=0; Domain=again.example"]
    watched.visit(setting(url, *deletions, b"http=5; Path=/a", b"http=6; Max-Age=1000"))
    assert watched.differences() == []
    watched.visit(
        setting(url.replace("https", "http"), *[name + b"=7" for name in (b"kept", b"gone", b"both", b"deep")])
    )
    watched.visit(setting("http://again.example/", b"both=8; Path=/a", b"kept=9; Domain=again.example; Path=/a/b/c"))
    assert watched.differences() == []
    watched.visit(
        setting(
            url, b"both=; Domain=again.example; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/a", b"kept=; Max-Age=-1"
        )
    )
    assert watched.differences() == []
    assert watched.events(EventKind.MISSING, EventKind.UNEXPECTED) == []


def test_the_command_line_lists_what_the_browser_has(watched: Watched) -> None:
    watched.visit(
        setting("https://listed.example/", b"a=1; Secure; Priority=Low", b"b=\xc3\xa9; Domain=listed.example", b"c")
    )
    watched.settle()
    rows = watched.running.cookies_json("jar", "--jar", "mirror", "--values", "--site", "listed.example")
    listed = {
        (row["name"], row["value"], row["domain"], row["host_only"], row["secure"], row["priority"]) for row in rows
    }
    assert listed == {
        (
            one["name"],
            one["value"],
            domain_of(one),
            "." not in one["domain"][:1],
            one["secure"],
            one["priority"].lower(),
        )
        for one in watched.browser_cookies()
    }


def test_the_cookie_header_has_the_mirrors_order(watched: Watched) -> None:
    generator = Generator(4)
    hosts = ["order.example", "www.order.example", "a.www.order.example"]
    set_generated(watched, generator, hosts, ("/a/x", "/"), 20)
    values = [b"v%d=1; Path=/" % number for number in range(20)]
    watched.visit(setting("https://order.example/", *values))
    again = [b"v%d=%d; Path=/" % (number, 1 + number % 2) for number in range(0, 20, 3)]
    watched.visit(
        setting(
            "https://order.example/", *again, b"v5=1; Path=/; Max-Age=1000", b"v7=; Max-Age=0; Path=/", b"v7=1; Path=/"
        )
    )
    cookies = watched.mirror_cookies()
    for path in ("/", "/a/", "/a/b/c/d/e", "/other/x", "/a%20b"):
        for url in [f"{scheme}://{host}{path}" for scheme in ("http", "https") for host in hosts]:
            assert watched.cookie_header(url) == predicted_header(cookies, url), url
    assert watched.events(EventKind.MISSING, EventKind.UNEXPECTED) == []


def test_answers_of_every_status_set_cookies(watched: Watched) -> None:
    for status in (401, 403, 404, 410, 500, 503):
        watched.visit(setting(f"https://s{status}.status.example/", b"a=1")._replace(status=status))
    watched.fetch(setting("https://www.status.example/", b"b=1; Domain=status.example")._replace(status=204, body=b""))
    end = watched.prepared(setting("https://end.status.example/", b"c=1"))
    middle = watched.prepared(redirecting("http://middle.example/", end, b"d=1; SameSite=Strict", b"e=1"))
    watched.visit(redirecting("https://start.status.example/", middle, b"f=1; SameSite=Strict; Secure"))
    assert watched.differences() == []
    assert len(watched.browser_cookies()) == 11


@pytest.mark.parametrize("hours", [-30, 0, 2])
def test_expires_follows_the_servers_clock(watched: Watched, hours: int) -> None:
    now = watched.visit(Visit("https://clock.example/")) and time.time()
    date = formatdate(now + hours * 3600, usegmt=True).encode()
    expiries = [
        b"e%d=1; Expires=%s" % (number, formatdate(now + after * 3600, usegmt=True).encode())
        for number, after in enumerate((-40, -20, -1, 1, 3, 20, 40, 24 * 600))
    ]
    watched.visit(
        Visit(
            f"https://c{hours}.clock.example/", [b"Date: " + date, *setting("", *expiries, b"m=1; Max-Age=1000").lines]
        )
    )
    assert watched.differences() == []


OPEN_SOCKET = """(url) => new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => { socket.close(); resolve(); };
    socket.onerror = reject;
})"""


def test_handshakes_of_websockets_set_cookies(watched: Watched) -> None:
    for scheme in ("http", "https"):
        watched.visit(Visit(f"{scheme}://socket.example/"))
        url = watched.prepared(
            setting(f"{scheme.replace('http', 'ws')}://socket.example/{scheme}", b"%s=1" % scheme.encode())._replace(
                status=101
            )
        )
        watched.page.evaluate(OPEN_SOCKET, url)
    assert watched.differences() == []
    assert names(watched.browser_cookies()) == ["http", "https"]
