"""What is written, to the byte where others depend on it, and what is said to be lost (R10, R38)."""

import csv
import io
import json
import subprocess
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.cookie import Cookie, Priority, SameSite
from cookieproxy.formats import FORMATS, Format, Written, as_markdown, place_of
from cookieproxy.formats.jsonl import row
from cookieproxy.formats.shell import commands, quote
from cookieproxy.formats.spreadsheet import DANGEROUS, defused
from cookieproxy.record.listings import JarRow
from rig.jars import NOW

EVERY = list(FORMATS.values())


def cookie(name: bytes = b"sid", value: bytes = b"s3cret", domain: str = "shop.example", **more: object) -> Cookie:
    said = Cookie(name, value, domain, b"/", NOW, NOW, 1)
    for attribute, of in more.items():
        setattr(said, attribute, of)
    return said


FULL = cookie(
    path=b"/app",
    expiry_time=NOW + 0.5,
    host_only=False,
    secure_only=True,
    http_only=True,
    same_site=SameSite.NONE,
    partition="https://top.example",
    priority=Priority.HIGH,
)
PLAIN = cookie(b"a", b"1")

HEADER_LOSSES = [
    "domain",
    "path",
    "host_only",
    "secure",
    "http_only",
    "same_site",
    "partition_key",
    "priority",
    "expires",
]


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("netscape", ["same_site", "partition_key", "priority", "expires"]),
        ("storagestate", ["priority"]),
        ("chrome", []),
        ("webextension", ["priority"]),
        ("har", ["partition_key", "priority"]),
        ("lwp", ["partition_key", "expires"]),
        ("selenium", ["partition_key", "priority", "expires"]),
        ("tough", ["partition_key"]),
        ("header", HEADER_LOSSES),
        ("curl", [field for field in HEADER_LOSSES[1:] if field != "host_only"] + ["host_only"]),
        ("jsonl", []),
        ("csv", []),
    ],
)
def test_what_each_format_loses_of_a_cookie_with_everything(name: str, lost: list[str]) -> None:
    losses = FORMATS[name].write([FULL], NOW).losses
    assert [loss.field.value for loss in losses] == lost
    assert not any(loss.left_out for loss in losses)


@pytest.mark.parametrize("of", [of for of in EVERY if of.name != "header"], ids=lambda of: of.name)
def test_a_cookie_that_says_little_loses_nothing(of: Format) -> None:
    written = of.write([PLAIN], NOW)
    assert (written.losses, written.notes) == ((), ())


@pytest.mark.parametrize(
    ("name", "of", "lost"),
    [
        pytest.param(
            "netscape",
            cookie(value=b"a\tb"),
            "sid (shop.example): value: it has a TAB, which divides fields here",
            id="a TAB",
        ),
        pytest.param(
            "netscape",
            cookie(name=b""),
            "(nameless) (shop.example): name: it has no name, and curl would take the value for one",
            id="nameless",
        ),
        pytest.param(
            "lwp",
            cookie(name=b"a b"),
            "a b (shop.example): name: here a name, or what stands for it, has no spaces, commas, semicolons and equals signs",
            id="a name with a space",
        ),
        pytest.param(
            "lwp",
            cookie(name="a\u00a0b".encode()),
            "a\u00a0b (shop.example): name: here a name, or what stands for it, has no spaces, commas, semicolons and equals signs",
            id="a space beyond ASCII",
        ),
        pytest.param("chrome", cookie(value=b"\xe9"), "sid (shop.example): value: it is not UTF-8", id="not UTF-8"),
        pytest.param(
            "header",
            cookie(b"", b"a=b"),
            "(nameless) (shop.example): value: in a header it would be taken for something else",
            id="a pair as value",
        ),
        pytest.param(
            "header",
            cookie(value=b'"a;b"'),
            "sid (shop.example): value: in a header it would be taken for something else",
            id="Safari's semicolon",
        ),
        pytest.param(
            "header",
            cookie(expiry_time=NOW),
            "sid (shop.example): expires: it has expired, which the format cannot say",
            id="expired",
        ),
        pytest.param(
            "jsonl", cookie(value=b"a\r\nb"), "sid (shop.example): value: it has a control character", id="control"
        ),
        pytest.param(
            "csv",
            cookie(path=b"x"),
            "sid (shop.example): path: a path begins with a slash and holds no semicolon",
            id="no path",
        ),
    ],
)
def test_what_cannot_be_carried_is_left_out_and_said(name: str, of: Cookie, lost: str) -> None:
    written = FORMATS[name].write([of, PLAIN], NOW)
    assert [str(loss) for loss in written.losses if loss.left_out] == [f"{lost}; the cookie is left out"]
    assert written.data == FORMATS[name].write([PLAIN], NOW).data


@pytest.mark.parametrize(
    ("expiry", "said", "why"),
    [
        (NOW, 1800000000, None),
        (NOW + 0.75, 1800000000, "it is written in whole seconds"),
        (0.0, 1, "it is not later than 1970 began, and is written as one second after that"),
        (-5.0, 1, "it is not later than 1970 began, and is written as one second after that"),
        (1e15, 253402300799, "it is later than the year 9999, and is written as its end"),
        (float("inf"), 253402300799, "it is later than the year 9999, and is written as its end"),
        (float("nan"), 253402300799, "it is later than the year 9999, and is written as its end"),
    ],
)
def test_expiries_in_whole_seconds(expiry: float, said: int, why: str | None) -> None:
    written = FORMATS["netscape"].write([cookie(expiry_time=expiry)], NOW)
    assert written.data.split(b"\t")[4] == b"%d" % said
    assert [loss.why for loss in written.losses] == ([] if why is None else [why])


def test_netscape() -> None:
    written = FORMATS["netscape"].write([FULL, PLAIN, cookie(domain="[::1]"), cookie(value=b"")], NOW)
    assert written.data.splitlines()[0] == b"# Netscape HTTP Cookie File"
    assert [line for line in written.data.splitlines()[1:] if line and not line.startswith(b"# ")] == [
        b"#HttpOnly_.shop.example\tTRUE\t/app\tTRUE\t1800000000\tsid\ts3cret",
        b"shop.example\tFALSE\t/\tFALSE\t0\ta\t1",
        b"::1\tFALSE\t/\tFALSE\t0\tsid\ts3cret",
        b"shop.example\tFALSE\t/\tFALSE\t0\tsid\t",
    ]


def test_netscape_keeps_bytes_and_says_who_minds() -> None:
    written = FORMATS["netscape"].write([cookie(value=b"\xe9")], NOW)
    assert written.data.endswith(b"\t\xe9\n")
    assert [str(note) for note in written.notes] == [
        "sid (shop.example): it is not UTF-8: curl and wget can use the file, Python and yt-dlp refuse it"
    ]


def test_lwp() -> None:
    written = FORMATS["lwp"].write([FULL, cookie(b"b", b'a "b" \\')], NOW)
    assert written.data.decode().splitlines() == [
        "#LWP-Cookies-2.0",
        'Set-Cookie3: sid=s3cret; path="/app"; domain=".shop.example"; path_spec; domain_dot; secure; '
        'expires="2027-01-15 08:00:00Z"; HttpOnly=None; Priority=High; SameSite=None; version=0',
        'Set-Cookie3: b="a \\"b\\" \\\\"; path="/"; domain="shop.example"; path_spec; discard; version=0',
    ]


def test_storagestate() -> None:
    written = json.loads(FORMATS["storagestate"].write([FULL, PLAIN], NOW).data)
    assert written == {
        "cookies": [
            {
                "name": "sid",
                "value": "s3cret",
                "domain": ".shop.example",
                "path": "/app",
                "expires": NOW + 0.5,
                "httpOnly": True,
                "secure": True,
                "sameSite": "None",
                "partitionKey": "https://top.example",
                "_crHasCrossSiteAncestor": True,
            },
            {
                "name": "a",
                "value": "1",
                "domain": "shop.example",
                "path": "/",
                "expires": -1,
                "httpOnly": False,
                "secure": False,
            },
        ],
        "origins": [],
    }


def test_a_partition_of_the_cookies_own_site_has_no_other_site_above_it() -> None:
    own = cookie(domain="www.shop.example", partition="https://shop.example")
    (said,) = json.loads(FORMATS["chrome"].write([own], NOW).data)
    assert said["partitionKey"] == {"topLevelSite": "https://shop.example", "hasCrossSiteAncestor": False}


HAR_KEYS = {
    "log": {"version", "creator", "entries"},
    "entry": {"startedDateTime", "time", "request", "response", "cache", "timings"},
    "request": {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"},
    "response": {
        *("status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize"),
        "bodySize",
    },
}
"""What HAR 1.2 requires."""


def test_har_has_what_its_readers_require() -> None:
    log = json.loads(FORMATS["har"].write([FULL, cookie(domain="localhost"), PLAIN], NOW).data)["log"]
    assert set(log) == HAR_KEYS["log"]
    for entry in log["entries"]:
        assert set(entry) == HAR_KEYS["entry"]
        assert set(entry["request"]) == HAR_KEYS["request"]
        assert set(entry["response"]) == HAR_KEYS["response"]
    urls = [entry["request"]["url"] for entry in log["entries"]]
    assert urls == ["https://shop.example/", "http://localhost/"]
    assert log["entries"][0]["response"]["cookies"][0]["expires"] == "2027-01-15T08:00:00.500Z"
    assert log["entries"][0]["startedDateTime"] == "2027-01-15T08:00:00.000Z"


def test_header() -> None:
    of = FORMATS["header"]
    assert (
        of.write([FULL, cookie(b"", b"bare"), cookie(b"b", b"\xe9")], NOW).data == b"Cookie: sid=s3cret; bare; b=\xe9\n"
    )
    assert of.write([], NOW).data == b""


def wide(name: bytes, domain: str) -> Cookie:
    return cookie(name, b"1", domain, host_only=False)


@pytest.mark.parametrize(
    ("cookies", "lines", "lost"),
    [
        pytest.param([], [], [], id="none"),
        pytest.param(
            [PLAIN, cookie(b"b", b"it's")], ["-b 'a=1; b=it'\\''s' 'https://shop.example/'"], [], id="one host"
        ),
        pytest.param([cookie(domain="localhost")], ["-b 'sid=s3cret' 'http://localhost/'"], [], id="this machine"),
        pytest.param([cookie(b"", b"bare")], ["-H 'Cookie: bare' 'https://shop.example/'"], [], id="no equals sign"),
        pytest.param(
            [cookie(b"@/etc/x", b"1")], ["-H 'Cookie: @/etc/x=1' 'https://shop.example/'"], [], id="a file's name"
        ),
        pytest.param(
            [wide(b"w", "shop.example")],
            ["-b 'w=1' 'https://shop.example/'"],
            ["w (shop.example): host_only: the format cannot say that subdomains get it too"],
            id="a domain",
        ),
        pytest.param(
            [wide(b"w", "shop.example"), cookie(b"a", b"1", "a.shop.example"), cookie(b"b", b"1", "b.shop.example")],
            ["-b 'w=1; a=1' 'https://a.shop.example/'", "-b 'w=1; b=1' 'https://b.shop.example/'"],
            [
                "w (shop.example): host_only: the format cannot say that subdomains get it too",
                "w (shop.example): domain: it is written for a.shop.example, b.shop.example",
            ],
            id="a domain and hosts below it",
        ),
        pytest.param(
            [wide(b"w", "shop.example"), PLAIN],
            ["-b 'w=1; a=1' 'https://shop.example/'"],
            ["w (shop.example): host_only: the format cannot say that subdomains get it too"],
            id="a domain and its host",
        ),
    ],
)
def test_curl(cookies: list[Cookie], lines: list[str], lost: list[str]) -> None:
    written = FORMATS["curl"].write(cookies, NOW)
    assert written.data.decode().splitlines() == lines
    assert [str(loss) for loss in written.losses] == lost


def test_json_lines_have_the_fields_of_the_jar_listing() -> None:
    assert list(row(FULL)) == [field.name for field in fields(JarRow)]
    said = json.loads(FORMATS["jsonl"].write([FULL], NOW).data)
    assert said == {
        **dict.fromkeys(["client", "jar", "session", "site"]),
        "domain": "shop.example",
        "path": "/app",
        "name": "sid",
        "value": "s3cret",
        "host_only": False,
        "secure": True,
        "http_only": True,
        "same_site": "none",
        "partition_key": "https://top.example",
        "priority": "high",
        "expires": NOW + 0.5,
        "created": NOW,
        "last_access": NOW,
        "size_bytes": 9,
        "adopted": False,
    }
    assert row(PLAIN, {"client": "c", "jar": "held"})["jar"] == "held"


@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_what_is_not_utf_8_is_shown_as_latin_1_and_said(name: str) -> None:
    written = FORMATS[name].write([cookie(value=b"\xe9")], NOW)
    assert "é" in written.data.decode()
    assert [str(loss) for loss in written.losses] == [
        "sid (shop.example): value: it is not UTF-8, and is written as if it were latin-1"
    ]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (b"=HYPERLINK(1)", "'=HYPERLINK(1)"),
        (b"+1", "'+1"),
        (b"-1", "'-1"),
        (b"@SUM(A1)", "'@SUM(A1)"),
        (b"\t=1", "'\t=1"),
        ("＝1".encode(), "'＝1"),
        (b'a,"b"', 'a,"b"'),
        (b" =1", " =1"),
        (b"a=1", "a=1"),
        (b"'", "'"),
    ],
)
def test_csv_has_no_formulas(value: bytes, cell: str) -> None:
    written = FORMATS["csv"].write([cookie(value=value)], NOW)
    header, line = csv.reader(io.StringIO(written.data.decode(), newline=""))
    assert dict(zip(header, line, strict=True))["value"] == cell
    assert [loss.field.value for loss in written.losses] == (
        ["value"] if cell.startswith("'") and value != b"'" else []
    )


@given(st.text())
def test_no_cell_begins_dangerously(cell: str) -> None:
    assert not defused(cell).startswith(DANGEROUS)
    assert defused(cell).endswith(cell)


def test_csv_says_flags_numbers_and_absence_plainly() -> None:
    lines = FORMATS["csv"].write([FULL, PLAIN], NOW).data.decode().split("\r\n")
    head = "client,jar,session,site,domain,path,name,value,host_only,secure,http_only,same_site,partition_key,priority,expires"
    assert lines == [
        f"{head},created,last_access,size_bytes,adopted",
        ",,,,shop.example,/app,sid,s3cret,false,true,true,none,https://top.example,high,"
        "1800000000.5,1800000000.0,1800000000.0,9,false",
        ",,,,shop.example,/,a,1,true,false,false,,,medium,,1800000000.0,1800000000.0,2,false",
        "",
    ]


@pytest.mark.parametrize("of", EVERY, ids=lambda of: of.name)
def test_values_are_in_what_is_written_and_nowhere_else(of: Format) -> None:
    written = of.write([FULL, cookie(value=b"s3cret\t"), cookie(value=b"s3cret\xe9"), cookie(value=b"s3cret\r")], NOW)
    assert b"s3cret" in written.data
    told = [*map(str, written.losses), *map(repr, written.losses), *map(str, written.notes), repr(written), repr(of)]
    assert not any("s3cret" in one for one in told)
    if of.is_read:
        back = of.read(written.data, NOW, place_of("shop.example"))
        assert "s3cret" not in repr(back)


def test_names_are_the_keys_and_no_two_formats_are_alike() -> None:
    assert [of.name for of in EVERY] == list(FORMATS)
    assert len({of.title for of in EVERY}) == len(EVERY)
    assert all(of.endings for of in EVERY)
    assert [of.name for of in EVERY if not of.is_read] == ["jsonl", "csv"]
    assert repr(Written(b"s3cret")) == "Written(6 bytes, 0 losses, 0 notes)"


def test_the_table_for_readers_has_every_format_and_what_it_cannot_say() -> None:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in as_markdown().splitlines()]
    assert {len(row) for row in rows} == {5}
    assert [row[0] for row in rows[2:]] == [f"`{of.name}`" for of in EVERY]
    assert rows[2][3] == "same_site, partition_key, priority, parts of seconds"


# -- command lines ---------------------------------------------------------------------------------------------------------

words = st.binary(max_size=12).map(lambda said: said.replace(b"\0", b"")).filter(lambda said: b"\r\n" not in said)


@given(st.lists(words, min_size=1, max_size=4))
def test_what_is_quoted_is_one_word(said: list[bytes]) -> None:
    (command,) = commands(b" ".join(map(quote, said)))
    assert command.words == tuple(said)


@pytest.mark.parametrize(
    "line",
    [
        b"a 'b c' \"d e\" f\\ g",
        b"a'b'\"c\"d '' \"\"",
        b'"a\\"b\\\\c\\$d\\`e\\n"',
        b"$'a\\'b\\n\\t\\\\\\x41\\u00fc\\101\\q' $'\\xe9'",
        b"a#b 'c'#d # e",
        b"a\\\nb c \\\n d 'e\\\nf' \"g\\\nh\"",
        b"\xe9 'x\xff'",
        b"--a=b -c'd' e=\"f g\"",
    ],
)
def test_words_are_those_of_a_shell(line: bytes) -> None:
    script = b"export LC_ALL=C.UTF-8; f() { printf '%s\\0' \"$@\"; }; f " + line
    said = subprocess.run(["bash", "-c", script], capture_output=True, check=True, timeout=10).stdout
    (command,) = commands(line)
    assert command.words == tuple(said.split(b"\0")[:-1])
