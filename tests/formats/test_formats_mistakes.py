"""Files that are wrong: each mistake with its place and its remedy, and nothing read of the whole file (R38)."""

import json

import pytest

from cookieproxy.formats import FORMATS, FormatError, Place, expect
from cookieproxy.formats import format as format_module
from cookieproxy.formats.document import MOST_LEVELS
from cookieproxy.formats.values import MOST_MISTAKES
from rig.jars import NOW

READ = [one for one in FORMATS.values() if one.is_read]
JSON = ["storagestate", "chrome", "webextension", "selenium", "tough", "har"]


def mistakes(name: str, data: str | bytes | object, at: Place | None = None) -> list[str]:
    """What is said to be wrong, without the remedies."""
    if not isinstance(data, str | bytes):
        data = json.dumps(data)
    with pytest.raises(FormatError) as caught:
        FORMATS[name].read(data.encode() if isinstance(data, str) else data, NOW, at)
    assert caught.value.format == name
    assert all(mistake.remedy for mistake in caught.value.mistakes)
    return [f"{mistake.place}: {mistake.message}" for mistake in caught.value.mistakes]


def line(**fields: str) -> str:
    said = {
        "domain": "a.example",
        "wide": "FALSE",
        "path": "/",
        "secure": "FALSE",
        "expires": "0",
        "name": "a",
        "value": "1",
    }
    return "\t".join((said | fields).values())


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param("a.example FALSE / FALSE 0 a 1", ["line 1: it has 1 fields, not 7"], id="spaces"),
        pytest.param(line(value="1\t2"), ["line 1: it has 8 fields, not 7"], id="a TAB in the value"),
        pytest.param(line(wide="yes"), ["line 1: field 2 is neither TRUE nor FALSE"], id="a flag"),
        pytest.param(line(secure="0"), ["line 1: field 4 is neither TRUE nor FALSE"], id="another flag"),
        pytest.param(line(expires="soon"), ["line 1: field 5 is no time"], id="a time"),
        pytest.param(line(expires="nan"), ["line 1: field 5 is no time"], id="a number that is none"),
        pytest.param(line(expires="9" * 30), ["line 1: field 5 is no time"], id="a number without end"),
        pytest.param(line(domain="https://a.example"), ["line 1: the domain is no host name"], id="a URL"),
        pytest.param(line(domain="b\u00fccher.example"), ["line 1: the domain is no host name"], id="not ASCII"),
        pytest.param(line(domain=""), ["line 1: the domain is no host name"], id="no domain"),
        pytest.param(line(domain="."), ["line 1: the domain is no host name"], id="a dot"),
        pytest.param(line(path="x"), ["line 1: a path begins with a slash and holds no semicolon"], id="a path"),
        pytest.param(line(name="", value=""), ["line 1: it has neither name nor value"], id="an empty cookie"),
        pytest.param(line(value="1;2"), ["line 1: a value cannot hold a semicolon"], id="two cookies in one"),
        pytest.param(line(name="a=b"), ["line 1: a name cannot hold an equals sign or a semicolon"], id="a name"),
        pytest.param(line(value="1\r2"), ["line 1: it has a control character"], id="a line end in the value"),
        pytest.param(
            f"# c\n{line(wide='x')}\r\n{line()}\r\n{line(expires='x')}",
            ["line 2: field 2 is neither TRUE nor FALSE", "line 4: field 5 is no time"],
            id="all at once",
        ),
    ],
)
def test_netscape(file: str, said: list[str]) -> None:
    assert mistakes("netscape", file) == said


ITEM = {"name": "a", "value": "1", "domain": "a.example", "path": "/"}


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        pytest.param("storagestate", [], ["$: this is a list, not an object"], id="a list"),
        pytest.param("storagestate", {"cookies": {}}, ["$.cookies: it is an object, not a list"], id="cookies by name"),
        pytest.param(
            "storagestate", {"cookies": [], "origins": 1}, ["$.origins: it is a number, not a list"], id="origins"
        ),
        pytest.param("chrome", 7, ["$: this is a number, not an object"], id="a number"),
        pytest.param(
            "chrome",
            [ITEM, None, "x"],
            ["$[1]: this is null, not an object", "$[2]: this is text, not an object"],
            id="items",
        ),
        pytest.param("chrome", [{"name": "a"}], ["$[0].value: it is missing"], id="no value"),
        pytest.param("chrome", [{"value": "a"}], ["$[0].name: it is missing"], id="no name"),
        pytest.param(
            "chrome", [{"name": "a", "value": "b"}], ["$[0].domain: nothing says whose cookie it is"], id="no domain"
        ),
        pytest.param("chrome", [ITEM | {"name": 1}], ["$[0].name: it is a number, not text"], id="a name that is none"),
        pytest.param(
            "chrome", [ITEM | {"value": ["x"]}], ["$[0].value: it is a list, not text"], id="a value that is none"
        ),
        pytest.param(
            "chrome", [ITEM | {"expires": "soon"}], ["$[0].expires: it is text, not a number"], id="a date as text"
        ),
        pytest.param(
            "chrome",
            [ITEM | {"expires": True}],
            ["$[0].expires: it is true or false, not a number"],
            id="a flag as date",
        ),
        pytest.param(
            "chrome", [ITEM | {"secure": 1}], ["$[0].secure: it is a number, not true or false"], id="a number as flag"
        ),
        pytest.param(
            "chrome",
            [ITEM | {"sameSite": "loose"}],
            ["$[0].sameSite: it is none of the words that are known here"],
            id="a word",
        ),
        pytest.param(
            "chrome",
            [ITEM | {"partitionKey": {"topLevelSite": 1}}],
            ["$[0].partitionKey.topLevelSite: it is a number, not text"],
            id="a partition",
        ),
        pytest.param("chrome", [ITEM | {"domain": "a b"}], ["$[0].domain: the domain is no host name"], id="a domain"),
        pytest.param(
            "chrome",
            [ITEM | {"path": "x"}],
            ["$[0].path: a path begins with a slash and holds no semicolon"],
            id="a path",
        ),
        pytest.param(
            "chrome",
            [ITEM | {"value": "1\r\nX-Evil: 1"}],
            ["$[0].value: it has a control character"],
            id="a header in it",
        ),
        pytest.param("chrome", [ITEM | {"name": "\x00"}], ["$[0].name: it has a control character"], id="NUL"),
        pytest.param(
            "chrome",
            '[{"name": "\\ud800", "value": ""}]',
            ["$[0].name: it has half a character (a lone surrogate)"],
            id="surrogate",
        ),
        pytest.param(
            "chrome",
            '[{"name": "a", "value": "1", "domain": "a.example", "name": "b"}]',
            ["$[0].name: this key comes twice"],
            id="twice",
        ),
        pytest.param(
            "chrome",
            '[{"name": "a", "value": "1", "domain": "a.example", "a b": 1, "a b": 2}]',
            ['$[0]["a b"]: this key comes twice'],
            id="an odd key",
        ),
        pytest.param(
            "chrome",
            '[{"name": "a", "value": "1", "domain": "a.example", "expires": NaN}]',
            ["$[0].expires: it is no finite number"],
            id="NaN",
        ),
        pytest.param(
            "chrome",
            '[{"name": "a", "value": "1", "domain": "a.example", "expires": -Infinity}]',
            ["$[0].expires: it is no finite number"],
            id="Infinity",
        ),
        pytest.param(
            "chrome",
            '[{"name": "a", "value": "1", "domain": "a.example", "expires": 1e999}]',
            ["$[0].expires: it is no finite number"],
            id="1e999",
        ),
        pytest.param(
            "chrome",
            f'[{{"name": "a", "value": "1", "domain": "a.example", "expires": {"9" * 9999}}}]',
            ["$[0].expires: it is no finite number"],
            id="digits",
        ),
        pytest.param(
            "webextension",
            [ITEM | {"expirationDate": "1"}],
            ["$[0].expirationDate: it is text, not a number"],
            id="extension's date",
        ),
        pytest.param(
            "webextension",
            [ITEM | {"hostOnly": "no"}],
            ["$[0].hostOnly: it is text, not true or false"],
            id="extension's flag",
        ),
        pytest.param(
            "selenium", [ITEM | {"expiry": []}], ["$[0].expiry: it is a list, not a number"], id="WebDriver's date"
        ),
        pytest.param(
            "tough",
            {"cookies": [{"key": "a", "domain": "a.example", "expires": "soon"}]},
            ["$.cookies[0].expires: it is no date"],
            id="tough's date",
        ),
        pytest.param(
            "tough",
            {"cookies": [{"key": "a", "domain": "a.example", "maxAge": "soon"}]},
            ["$.cookies[0].maxAge: it is none of the words that are known here"],
            id="tough's age",
        ),
        pytest.param(
            "tough",
            {"cookies": [{"key": "a;", "domain": "a.example"}]},
            ["$.cookies[0].key: a name cannot hold an equals sign or a semicolon"],
            id="tough's key",
        ),
        pytest.param(
            "tough",
            {"cookies": [{"key": "a", "domain": "a.example", "extensions": [1]}]},
            ["$.cookies[0].extensions: not all in it is text"],
            id="tough's extensions",
        ),
        pytest.param(
            "tough",
            {"cookies": [{"domain": "a.example"}]},
            ["$.cookies[0].key: it has neither name nor value"],
            id="tough's nothing",
        ),
        pytest.param("har", {"log": {}}, ["$.log.entries: it is missing"], id="no entries"),
        pytest.param("har", {"log": []}, ["$.log: this is a list, not an object"], id="log"),
        pytest.param(
            "har",
            {"log": {"entries": [{"request": 1}]}},
            ["$.log.entries[0].request: this is a number, not an object"],
            id="a request",
        ),
        pytest.param(
            "har",
            {"log": {"entries": [{"response": {"cookies": [ITEM | {"expires": "soon"}]}}]}},
            ["$.log.entries[0].response.cookies[0].expires: it is no date"],
            id="a date in HAR",
        ),
        pytest.param(
            "har",
            {"log": {"entries": [{"request": {"url": "data:,", "cookies": [{"name": "a", "value": "1"}]}}]}},
            ["$.log.entries[0].request.cookies[0].domain: nothing says whose cookie it is"],
            id="no address",
        ),
        pytest.param(
            "chrome",
            [ITEM | {"expires": "x", "secure": 0}, ITEM, ITEM | {"value": 1}],
            [
                "$[0].expires: it is text, not a number",
                "$[0].secure: it is a number, not true or false",
                "$[2].value: it is a number, not text",
            ],
            id="all at once",
        ),
    ],
)
def test_json(name: str, file: object, said: list[str]) -> None:
    assert mistakes(name, file) == said


@pytest.mark.parametrize("name", JSON)
@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param(b"", "line 1, column 1: this is not JSON: Expecting value", id="empty"),
        pytest.param(
            b'{"cookies": [\n  {"name": }', "line 2, column 12: this is not JSON: Expecting value", id="cut short"
        ),
        pytest.param(b"[] []", "line 1, column 4: this is not JSON: Extra data", id="more behind"),
        pytest.param(
            b'["\n"]', "line 1, column 3: this is not JSON: Invalid control character at", id="a bare line end"
        ),
        pytest.param(b'[\n"\xff"]', "line 2: this is not UTF-8", id="not UTF-8"),
        pytest.param(b"\n" + b"[" * 100_000, f"line 2: it is nested deeper than {MOST_LEVELS} levels", id="deep"),
        pytest.param(b'{"a":' * 100_000, f"line 1: it is nested deeper than {MOST_LEVELS} levels", id="deep objects"),
        pytest.param('["ä"]'.encode("utf-16"), ": this is UTF-16 or UTF-32", id="UTF-16"),
        pytest.param('["ä"]'.encode("utf-16-le"), ": this is UTF-16 or UTF-32", id="UTF-16 without a mark"),
    ],
)
def test_text_that_is_no_json(name: str, file: bytes, said: str) -> None:
    assert mistakes(name, file) == [said]


def test_brackets_in_text_are_no_levels() -> None:
    value = '[{"' * 1000 + '\\"'
    (one,) = FORMATS["chrome"].read(json.dumps([ITEM | {"value": value.replace(";", "")}]).encode(), NOW)
    assert one.cookie.value == value.encode()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param("hello", ["line 1: it is no Set-Cookie3: line"], id="something else"),
        pytest.param("Set-Cookie3: a=1; path=/", ["line 1: nothing says whose cookie it is"], id="no domain"),
        pytest.param(
            "#\nSet-Cookie3: a=1; domain=a.example; expires=soon", ["line 2: expires is no date"], id="a date"
        ),
        pytest.param(
            'Set-Cookie3: a="1; domain=a.example',
            ["line 1: the attributes cannot be told apart from character 13 on"],
            id="an open quote",
        ),
        pytest.param(
            "Set-Cookie3: a=1; domain=a.example; =x",
            ["line 1: the attributes cannot be told apart from character 36 on"],
            id="no name",
        ),
        pytest.param(
            "Set-Cookie3: a=1; domain=a b",
            ["line 1: the attributes cannot be told apart from character 18 on"],
            id="a space",
        ),
        pytest.param(
            'Set-Cookie3: a="1;2"; domain=a.example', ["line 1: a value cannot hold a semicolon"], id="a semicolon"
        ),
    ],
)
def test_lwp(file: str, said: list[str]) -> None:
    assert mistakes("lwp", file) == said


PLACE = Place("https", "a.example")


@pytest.mark.parametrize(
    ("file", "at", "said"),
    [
        pytest.param(
            "Cookie: a=1", None, ["line 1: a Cookie header does not say whose cookies they are"], id="no site"
        ),
        pytest.param("Cookie: a=1\nHost: x", PLACE, ["line 2: it does not begin with Cookie:"], id="other headers"),
        pytest.param("Cookie: a=\x01", PLACE, ["line 1: it has a control character"], id="control"),
        pytest.param("Cookie: =", PLACE, ["line 1: it has neither name nor value"], id="an empty cookie"),
    ],
)
def test_header(file: str, at: Place | None, said: list[str]) -> None:
    assert mistakes("header", file, at) == said


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param("-b a=1", ["line 1: a Cookie header does not say whose cookies they are"], id="no URL"),
        pytest.param(
            "\n\ncurl -b cookies.txt https://a.example", ["line 3: its -b names a file of cookies"], id="a file"
        ),
        pytest.param("curl -b @a=b https://a.example", ["line 1: its -b names a file of cookies"], id="another file"),
        pytest.param("curl \\\n -b 'a=1", ["line 2: a quotation mark is not closed"], id="an open quote"),
        pytest.param('curl "a\\"', ["line 1: a quotation mark is not closed"], id="an open double quote"),
        pytest.param("curl $'a\\'", ["line 1: a quotation mark is not closed"], id="an open $'"),
        pytest.param("curl -b a=1 ftp://a.example", ["line 1: it has an argument that is no URL"], id="not the web"),
        pytest.param(
            "wget a.example\n\nrm -r b",
            ["line 1: this is no curl command", "line 3: this is no curl command"],
            id="others",
        ),
    ],
)
def test_curl(file: str, said: list[str]) -> None:
    assert mistakes("curl", file) == said


def test_many_mistakes_are_counted() -> None:
    with pytest.raises(FormatError) as caught:
        FORMATS["netscape"].read(b"x\n" * 1000, NOW)
    assert len(caught.value.mistakes) == MOST_MISTAKES
    assert str(caught.value).endswith("netscape: and 900 more mistakes")


def test_a_mistake_is_one_line_with_place_and_remedy() -> None:
    with pytest.raises(FormatError) as caught:
        FORMATS["netscape"].read(line(wide="perhaps").encode(), NOW)
    error = caught.value
    assert str(error) == "netscape: line 1: field 2 is neither TRUE nor FALSE; write TRUE or FALSE there"
    assert (error.place, error.message) == ("line 1", "field 2 is neither TRUE nor FALSE")
    assert error.remedy == "write TRUE or FALSE there"


@pytest.mark.parametrize("of", READ, ids=lambda of: of.name)
def test_a_file_that_is_too_large_is_refused_unread(of: format_module.Format) -> None:
    data = bytes(format_module.MOST_BYTES + 1)
    assert mistakes(of.name, data) == [": it is larger than 64 MB"]
    with pytest.raises(FormatError, match="larger than 64 MB"):
        expect(data)


@pytest.mark.parametrize("name", ["jsonl", "csv"])
def test_what_is_only_written_says_so(name: str) -> None:
    assert mistakes(name, b"") == [": this format is only written, not read"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param(b" \n", "the file is empty", id="empty"),
        pytest.param("a\tb".encode("utf-16"), "this is UTF-16 or UTF-32", id="UTF-16"),
        pytest.param(b"[]", "this is JSON, but nothing in it tells which format it is", id="an empty list"),
        pytest.param(b'{"a":\n1', "line 2, column 2: this is not JSON", id="broken JSON"),
        pytest.param(b"hello", "no format is recognised by its content", id="prose"),
    ],
)
def test_why_nothing_is_recognised(file: bytes, said: str) -> None:
    with pytest.raises(FormatError) as caught:
        expect(file)
    assert caught.value.message.startswith(said)
    assert caught.value.remedy
