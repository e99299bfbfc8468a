"""Files as programs write them, and what we take them to say (R38), as the lines that `rig.jars.text` makes of cookies."""

import json

import pytest

from cookieproxy.core.cookie import SameSite
from cookieproxy.formats import FORMATS, Place, place_of, recognise
from cookieproxy.suffixes import load
from rig.jars import NOW, text

AT = Place("https", "www.shop.example", b"/in/page")
LATER = int(NOW) + 1000


def read(name: str, data: str | bytes | list[object] | dict[str, object], at: Place | None = None) -> list[str]:
    """The cookies as lines, `expired` and notes behind a colon."""
    if isinstance(data, list | dict):
        data = json.dumps(data)
    octets = data.encode() if isinstance(data, str) else data
    found = FORMATS[name].read(octets, NOW, at)
    return [": ".join([text(one.cookie), *["expired"] * one.expired, *one.notes]) for one in found]


NETSCAPE = "# Netscape HTTP Cookie File\n"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param(NETSCAPE, [], id="no cookies"),
        pytest.param("", [], id="nothing at all"),
        pytest.param(
            f'{NETSCAPE}# https://curl.se/docs/http-cookies.html\n\nwww.shop.example\tFALSE\t/in/\tTRUE\t{LATER}\tq\t"x y"\n'
            "#HttpOnly_.shop.example\tTRUE\t/\tFALSE\t0\tsid\t1\n",
            ['q="x y" www.shop.example/in/ +1000 secure', "sid=1 .shop.example/ httponly"],
            id="curl",
        ),
        pytest.param(
            "\ufeff# HTTP Cookie File\r\nshop.example\tFALSE\t/\tFALSE\t\ta\t1\r\n",
            ["a=1 shop.example/"],
            id="BOM, CRLF",
        ),
        pytest.param(
            "shop.example\tTRUE\t/\tFALSE\t0\ta\t", ["a= .shop.example/"], id="no dot, no first line, no last line end"
        ),
        pytest.param("shop.example\tFALSE\t/\tFALSE\t0\ta", ["a= shop.example/"], id="an editor took the last TAB"),
        pytest.param("shop.example\tFALSE\t/\tFALSE\t0\t\tbare", ["=bare shop.example/"], id="Python, without a name"),
        pytest.param("Shop.Example\tfalse\t\ttrue\t1800000000.5\ta\t1", ["a=1 shop.example/ +0 secure"], id="by hand"),
        pytest.param("::1\tFALSE\t/\tFALSE\t0\ta\t1", ["a=1 [::1]/"], id="IPv6"),
        pytest.param(
            "shop.example\tFALSE\t/\tFALSE\t1\ta\t1", ["a=1 shop.example/ -1799999999: expired"], id="expired"
        ),
        pytest.param(
            "a.example\tFALSE\t/\tFALSE\t0\ta\t b=c d ", ["a= b=c d  a.example/"], id="spaces belong to the value"
        ),
        pytest.param(b"a.example\tFALSE\t/\tFALSE\t0\ta\t\xe9", ["a=\xe9 a.example/"], id="bytes that are not UTF-8"),
        pytest.param(
            "localhost:8080\tFALSE\t/\tFALSE\t0\ta\t1",
            ["a=1 localhost/: its port is left out: cookies do not know ports"],
            id="wget",
        ),
        pytest.param(
            "shop.example\tFALSE\t/\tFALSE\t-1\ta\t1",
            ["a=1 shop.example/: it expires at -1, and is taken for a session cookie"],
            id="-1",
        ),
        pytest.param(
            ".shop.example\tFALSE\t/\tFALSE\t0\ta\t1",
            [
                "a=1 shop.example/: its dot says that subdomains get it too, field 2 says they do not; "
                "it is taken for this host's alone"
            ],
            id="a dot that is taken back",
        ),
        pytest.param(
            "shop.example\tFALSE\t/\tFALSE\t9223372036854775807\ta\t1",
            [
                "a=1 shop.example/ +251602300799: it expires later than the year 9999, and is taken to expire with it; "
                "if these are milliseconds, the file should say seconds"
            ],
            id="curl's never",
        ),
    ],
)
def test_netscape(file: str | bytes, said: list[str]) -> None:
    assert read("netscape", file) == said


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param({"cookies": []}, [], id="no cookies"),
        pytest.param(
            {
                "cookies": [
                    {
                        "name": "sid",
                        "value": "1",
                        "domain": "shop.example",
                        "path": "/",
                        "expires": -1,
                        "httpOnly": True,
                        "secure": False,
                        "sameSite": "Lax",
                    },
                    {
                        "name": "wide",
                        "value": "ü",
                        "domain": ".shop.example",
                        "path": "/a",
                        "expires": NOW + 10.25,
                        "httpOnly": False,
                        "secure": True,
                        "sameSite": "None",
                        "partitionKey": "https://top.example",
                        "_crHasCrossSiteAncestor": True,
                    },
                ],
                "origins": [{"origin": "https://shop.example", "localStorage": [{"name": "a", "value": "1"}]}],
            },
            [
                "sid=1 shop.example/ httponly lax",
                "wide=\xc3\xbc .shop.example/a +10 secure none under https://top.example",
            ],
            id="Playwright",
        ),
        pytest.param(
            {"cookies": [{"name": "", "value": "1", "domain": "a.example"}]}, ["=1 a.example/"], id="the least"
        ),
        pytest.param(
            {"cookies": [{"name": "a", "value": "", "domain": None}]}, ["a= www.shop.example/"], id="given a place"
        ),
    ],
)
def test_storagestate(file: dict[str, object], said: list[str]) -> None:
    assert read("storagestate", file, AT) == said


DEVTOOLS = {
    "name": "sid",
    "value": "1",
    "domain": ".shop.example",
    "path": "/",
    "expires": NOW + 10.5,
    "size": 4,
    "httpOnly": True,
    "secure": True,
    "session": False,
    "sameSite": "Strict",
    "priority": "High",
    "sourceScheme": "Secure",
    "sourcePort": 443,
    "partitionKey": {"topLevelSite": "https://top.example", "hasCrossSiteAncestor": False},
}
DEVTOOLS_LINE = "sid=1 .shop.example/ +10 secure httponly strict under https://top.example high"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param([DEVTOOLS], [DEVTOOLS_LINE], id="Puppeteer"),
        pytest.param({"cookies": [DEVTOOLS]}, [DEVTOOLS_LINE], id="the protocol's answer"),
        pytest.param([DEVTOOLS | {"session": True}], [DEVTOOLS_LINE.replace(" +10", "")], id="a session cookie"),
        pytest.param(
            [DEVTOOLS | {"partitionKey": "https://top.example"}],
            [DEVTOOLS_LINE],
            id="a partition key of older versions",
        ),
        pytest.param(
            [DEVTOOLS | {"expires": NOW * 1000}],
            [
                f"{DEVTOOLS_LINE.replace('+10', '+251602300799')}: it expires later than the year 9999, and is taken to expire "
                "with it; if these are milliseconds, the file should say seconds"
            ],
            id="milliseconds",
        ),
    ],
)
def test_chrome(file: list[object], said: list[str]) -> None:
    assert read("chrome", file) == said


EXTENSION = {
    "domain": ".shop.example",
    "expirationDate": NOW + 10.5,
    "hostOnly": False,
    "httpOnly": False,
    "name": "sid",
    "path": "/",
    "sameSite": "no_restriction",
    "secure": True,
    "session": False,
    "storeId": "0",
    "value": "1",
    "id": 1,
}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param([EXTENSION], ["sid=1 .shop.example/ +10 secure none"], id="EditThisCookie"),
        pytest.param(
            [EXTENSION | {"sameSite": None, "storeId": None, "domain": "shop.example", "hostOnly": True}],
            ["sid=1 shop.example/ +10 secure"],
            id="Cookie-Editor",
        ),
        pytest.param([EXTENSION | {"sameSite": "unspecified"}], ["sid=1 .shop.example/ +10 secure"], id="unspecified"),
        pytest.param([EXTENSION | {"session": True}], ["sid=1 .shop.example/ secure none"], id="session"),
        pytest.param(
            [EXTENSION | {"hostOnly": True}], ["sid=1 shop.example/ +10 secure none"], id="the flag counts, not the dot"
        ),
        pytest.param(
            {"url": "https://shop.example", "cookies": [EXTENSION]},
            ["sid=1 .shop.example/ +10 secure none"],
            id="with a URL",
        ),
    ],
)
def test_webextension(file: list[object], said: list[str]) -> None:
    assert read("webextension", file) == said


def test_selenium() -> None:
    file = [
        {
            "domain": "shop.example",
            "httpOnly": True,
            "name": "sid",
            "path": "/",
            "sameSite": "Lax",
            "secure": False,
            "value": "1",
        },
        {
            "domain": ".shop.example",
            "expiry": LATER,
            "httpOnly": False,
            "name": "b",
            "path": "/x",
            "secure": True,
            "value": "2",
        },
    ]
    assert read("selenium", file) == ["sid=1 shop.example/ httponly lax", "b=2 .shop.example/x +1000 secure"]


TOUGH = {"key": "a", "value": "1", "domain": "shop.example", "path": "/", "hostOnly": True}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({}, "a=1 shop.example/", id="the least"),
        pytest.param(
            {"hostOnly": False, "secure": True, "httpOnly": True}, "a=1 .shop.example/ secure httponly", id="flags"
        ),
        pytest.param({"hostOnly": None}, "a=1 .shop.example/", id="as tough-cookie matches null"),
        pytest.param({"key": None}, "=1 shop.example/", id="without a name"),
        pytest.param({"domain": "::1"}, "a=1 [::1]/", id="IPv6"),
        pytest.param({"domain": None, "hostOnly": None}, "a=1 www.shop.example/", id="without a domain, given a place"),
        pytest.param({"expires": "2027-01-15T08:00:10.500Z"}, "a=1 shop.example/ +10", id="a date"),
        pytest.param({"expires": "Infinity"}, "a=1 shop.example/", id="never"),
        pytest.param({"expires": (NOW + 10) * 1000}, "a=1 shop.example/ +10", id="milliseconds"),
        pytest.param(
            {"maxAge": 10, "expires": "2000-01-01T00:00:00Z"}, "a=1 shop.example/ +10", id="Max-Age goes first"
        ),
        pytest.param(
            {"maxAge": 10, "lastAccessed": "2027-01-15T07:59:55.000Z"}, "a=1 shop.example/ +5", id="from its last use"
        ),
        pytest.param({"maxAge": "Infinity"}, "a=1 shop.example/", id="forever"),
        pytest.param({"maxAge": "-Infinity"}, "a=1 shop.example/ deletes: expired", id="never at all"),
        pytest.param({"maxAge": 0}, "a=1 shop.example/ deletes: expired", id="no age"),
        pytest.param(
            {"sameSite": "strict", "extensions": ["x", "priority=low"]}, "a=1 shop.example/ strict low", id="priority"
        ),
    ],
)
def test_tough(more: dict[str, object], said: str) -> None:
    assert read("tough", {"storeType": "MemoryCookieStore", "cookies": [TOUGH | more]}, AT) == [said]


def test_tough_keeps_the_times_of_creation_and_use() -> None:
    times = {"creation": "2027-01-15T07:00:00.000Z", "lastAccessed": "2027-01-15T07:30:00.500Z"}
    (one,) = FORMATS["tough"].read(json.dumps([TOUGH | times]).encode(), NOW)
    assert (one.cookie.creation_time, one.cookie.last_access_time) == (NOW - 3600, NOW - 1799.5)


GUESSED = "adopted: the request says only that it was sent there: domain and path are guessed"


def har(*entries: tuple[str, list[object], list[object]]) -> dict[str, object]:
    """A recording: URLs with the cookies of their request and response."""
    made = [{"request": {"url": u, "cookies": sent}, "response": {"cookies": said}} for u, sent, said in entries]
    return {"log": {"version": "1.2", "entries": made}}


def pair(name: str, value: str = "1", **more: object) -> dict[str, object]:
    return {"name": name, "value": value, **more}


SHOP = "https://www.shop.example/in/page?q"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param(har(), [], id="no entries"),
        pytest.param(
            har(
                (
                    SHOP,
                    [pair("a", domain=".shop.example", path="/", expires="2027-01-15T08:00:10.000Z", sameSite="Lax")],
                    [],
                )
            ),
            ["a=1 .shop.example/ +10 lax"],
            id="Chrome's request",
        ),
        pytest.param(har((SHOP, [pair("a")], [])), [f"a=1 www.shop.example/ {GUESSED}"], id="Firefox's request"),
        pytest.param(har((SHOP, [], [pair("a")])), ["a=1 www.shop.example/in"], id="a response without attributes"),
        pytest.param(
            har((SHOP, [], [pair("a", path="/", domain="shop.example")])), ["a=1 .shop.example/"], id="a parent"
        ),
        pytest.param(
            har((SHOP, [], [pair("a", domain="www.shop.example")])), ["a=1 www.shop.example/in"], id="the very host"
        ),
        pytest.param(
            har((SHOP, [], [pair("a", path="/")]), (SHOP, [pair("a")], [])),
            ["a=1 www.shop.example/"],
            id="known and sent",
        ),
        pytest.param(
            har((SHOP, [], [pair("a", path="/")]), (SHOP, [pair("a", "2")], [])),
            ["a=2 www.shop.example/"],
            id="renewed",
        ),
        pytest.param(
            har((SHOP, [], [pair("a", path="/x")]), (SHOP, [pair("a", "2")], [])),
            ["a=1 www.shop.example/x", f"a=2 www.shop.example/ {GUESSED}"],
            id="of another path",
        ),
        pytest.param(
            har(
                (SHOP, [], [pair("a", path="/")]),
                (SHOP, [], [pair("a", "", path="/", expires="1970-01-01T00:00:00.000Z")]),
            ),
            ["a= www.shop.example/ -1800000000: expired"],
            id="deleted in the end",
        ),
        pytest.param(
            har((SHOP, [pair("a", domain="shop.example", expires="1969-12-31T23:59:59.000Z")], [])),
            ["a=1 .shop.example/in"],
            id="a session cookie as some write it",
        ),
        pytest.param(
            har((SHOP, [], [pair("a", path="/", expires="Fri, 15 Jan 2027 08:00:10 GMT")])),
            ["a=1 www.shop.example/ +10"],
            id="a date as in the header",
        ),
        pytest.param(har(("data:text/html,x", [], [])), [], id="no web address, no cookies"),
        pytest.param(
            har(("wss://Shop.Example:444/x", [pair("a")], [])), [f"a=1 shop.example/ {GUESSED}"], id="a WebSocket"
        ),
        pytest.param({"log": {"entries": [{"request": {"url": SHOP}}]}}, [], id="without lists"),
    ],
)
def test_har(file: dict[str, object], said: list[str]) -> None:
    assert read("har", file) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(
            'sid=1; path="/"; domain="www.shop.example"; path_spec; discard; HttpOnly=None; version=0',
            "sid=1 www.shop.example/ httponly",
            id="Python's",
        ),
        pytest.param(
            'a="x \\"y\\" \\\\"; path="/p"; domain=".shop.example"; path_spec; domain_dot; secure; '
            'expires="2027-01-15 08:00:10Z"; SameSite=Lax; Priority=high; version=0',
            'a=x "y" \\ .shop.example/p +10 secure lax high',
            id="quotes and attributes",
        ),
        pytest.param('bare; path="/"; domain=a.example', "=bare a.example/", id="without a name"),
        pytest.param('a=; domain="a.example"', "a= a.example/", id="without a value"),
        pytest.param(
            'a=1; path=/; domain=a.example; port="80,8080"; discard',
            "a=1 a.example/: its port is left out: cookies do not know ports",
            id="ports",
        ),
        pytest.param(
            "a=1; domain=localhost.local",
            "a=1 localhost.local/: Python writes so for a host without a dot: this may be meant for the host without .local",
            id="a host without a dot",
        ),
    ],
)
def test_lwp(line: str, said: str) -> None:
    assert read("lwp", f"#LWP-Cookies-2.0\nSet-Cookie3: {line}\n") == [said]


def test_lwp_with_two_cookies_in_one_line() -> None:
    assert read("lwp", "Set-Cookie3: a=1; domain=a.example, b=2; domain=b.example") == [
        "a=1 a.example/",
        "b=2 b.example/",
    ]


HEADER_NOTE = "adopted: a Cookie header names neither domain nor path: they are guessed"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param("Cookie: a=1; b=x y; c", ["a=1", "b=x y", "=c"], id="a header"),
        pytest.param("cookie:a=1\r\nCookie: b=2\r\n", ["a=1", "b=2"], id="two crumbs"),
        pytest.param("a=1; b=2\n", ["a=1", "b=2"], id="the value alone"),
        pytest.param("a=b=c;; ", ["a=b=c"], id="odd divisions"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_header(file: str, said: list[str]) -> None:
    assert read("header", file, AT) == [f"{one} www.shop.example/ {HEADER_NOTE}" for one in said]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param("-b 'a=1; b=2' https://shop.example/", ["a=1", "b=2"], id="ours"),
        pytest.param(
            "curl 'https://shop.example/x?y#z' \\\n  -H 'accept: */*' \\\n  -b 'a=1' --compressed",
            ["a=1"],
            id="Chrome's",
        ),
        pytest.param(
            "curl 'https://shop.example/' -H 'Cookie: a=1; b=2' --data-raw 'x=1'", ["a=1", "b=2"], id="Firefox's"
        ),
        pytest.param("curl -b $'a=\\'\\u00fc\\x21' https://shop.example", ["a='\xc3\xbc!"], id="$'…'"),
        pytest.param('curl --cookie "a=\\"1\\"" --url https://shop.example -o x', ['a="1"'], id="double quotes"),
        pytest.param("curl -sSLba=1 -Xy -w '%{http_code}' shop.example", ["a=1"], id="short options in one word"),
        pytest.param("/usr/bin/curl shop.example:8080 -b a=1 -b b=2 | jq .", ["a=1", "b=2"], id="two -b, a pipe"),
        pytest.param("curl -b a=1 shop.example && curl -b b=2 shop.example", ["a=1", "b=2"], id="two commands"),
        pytest.param(
            "# comment\n-b a=1 shop.example # more\n;\n-b b=2 shop.example;", ["a=1", "b=2"], id="lines, comments"
        ),
        pytest.param("curl https://shop.example/ -o 'a b'", [], id="no cookies"),
        pytest.param("curl -b '' https://shop.example/", [], id="an empty -b"),
        pytest.param("-H 'Cookie: bare' https://shop.example/", ["=bare"], id="a nameless cookie"),
    ],
)
def test_curl(file: str, said: list[str]) -> None:
    assert read("curl", file) == [f"{one} shop.example/ {HEADER_NOTE}" for one in said]


def test_curl_without_a_url_has_the_place_given() -> None:
    assert read("curl", "-b a=1", AT) == [f"a=1 www.shop.example/ {HEADER_NOTE}"]


def test_cookies_are_created_when_they_are_read() -> None:
    (one,) = FORMATS["header"].read(b"a=1", NOW, AT)
    assert (one.cookie.creation_time, one.cookie.set_time, one.place) == (NOW, NOW, "line 1")
    assert one.cookie.same_site is SameSite.DEFAULT


def test_hosts_that_are_not_ascii_need_somebody_who_knows_them() -> None:
    file = json.dumps([EXTENSION | {"domain": ".Bücher.example"}]).encode()
    (one,) = FORMATS["webextension"].read(file, NOW, to_ascii=load().to_ascii)
    assert one.cookie.domain == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("shop.example", Place("https", "shop.example", b"/")),
        (" http://user:secret@Shop.Example:8080/a%20b?c#d ", Place("http", "shop.example", b"/a%20b")),
        ("ws://localhost", Place("http", "localhost", b"/")),
        ("::1", Place("https", "[::1]", b"/")),
        ("https://[::1]:8080/ü", Place("https", "[::1]", b"/%C3%BC")),
        ("127.0.0.1:80/x", Place("https", "127.0.0.1", b"/x")),
        ("", None),
        ("ftp://shop.example", None),
        ("https://", None),
        ("https://shop.example\\@evil.example/", None),
        ("https://a b/", None),
        ("http://[::1", None),
        ("http://256.256.256.256/", None),
        ("http://bücher.example/", None),
        ("http://a..b/", None),
    ],
)
def test_a_place_is_a_url_or_a_host(said: str, place: Place | None) -> None:
    assert place_of(said) == place


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(b"# HTTP Cookie File\n", "netscape", id="Netscape, the other first line"),
        pytest.param(b"\xef\xbb\xbf\r\n# Netscape HTTP Cookie File\r\n", "netscape", id="BOM and an empty line"),
        pytest.param(
            b"#HttpOnly_a.example\tFALSE\t/\tTRUE\t0\ta\t1\n", "netscape", id="Netscape without its first line"
        ),
        pytest.param(b"#LWP-Cookies-1.0\n", "lwp", id="an older LWP"),
        pytest.param(b'{"cookies": [], "origins": []}', "storagestate", id="an empty storageState"),
        pytest.param(b' {"log": {"entries": []}}', "har", id="an empty HAR"),
        pytest.param(b'{"cookies": [], "storeType": null}', "tough", id="an empty tough-cookie jar"),
        pytest.param(b'[{"key": "a", "value": "1"}]', "tough", id="cookies of tough-cookie alone"),
        pytest.param(
            b'[{"name": "a", "value": "1", "domain": "a.example"}]', "selenium", id="nothing but a pair and a domain"
        ),
        pytest.param(b"a=1; b=2", "header", id="pairs"),
        pytest.param(b"cookie:", "header", id="an empty header"),
        pytest.param(b"curl\\\n -b a=1", "curl", id="a continued line"),
        pytest.param(b"[]", None, id="an empty list"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(b"hello world", None, id="prose"),
        pytest.param(b"a=1\nb=2\n", None, id="settings"),
        pytest.param(b"<html lang=en>", None, id="a page"),
        pytest.param(b"version: 1\nrules: []\n", None, id="rules"),
        pytest.param(b'{"cookies": {"a": "1"}}', None, id="other JSON"),
        pytest.param(b"\x80\x04\x95.", None, id="a pickle"),
        pytest.param(b"PK\x03\x04", None, id="an archive"),
    ],
)
def test_recognising(data: bytes, name: str | None) -> None:
    found = recognise(data)
    assert (found.name if found else None) == name
