"""Wrong rules files: every mistake at once, each with its place and a remedy in our own words."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.config import Config, ConfigError, load_config, parse_config


def compile_filter(source: str) -> Callable[[object], bool]:
    if "(" in source:
        raise ValueError(f"Invalid filter expression: {source!r}")
    return lambda flow: True


def error_of(octets: bytes) -> ConfigError | None:
    try:
        parse_config(octets, "f", compile_filter)
    except ConfigError as error:
        return error
    return None


def mistakes(text: str | bytes) -> list[str]:
    """The messages of a file, without its name."""
    error = error_of(text.encode() if isinstance(text, str) else text)
    if error is None:
        return []
    assert str(error) == "\n".join(map(str, error.mistakes))
    assert all("\n" not in mistake.message for mistake in error.mistakes)
    return [str(mistake).removeprefix("f:") for mistake in error.mistakes]


def test_the_message_of_a_mistake() -> None:
    with pytest.raises(ConfigError) as raised:
        parse_config(b"\n\nrules:\n  - name: x\n    set:\n      secur: true\n", "rules.yaml")
    assert str(raised.value) == 'rules.yaml:6:7: unknown action "secur", did you mean "secure"?'


GOOD = [
    "",
    "# nothing\n",
    "---\n",
    "--- # x\n...\n",
    "\ufeff# a BOM\nversion: 1\n",
    "version: 1\nrules:\n",
    "rules: []",
    "~",
    "lists:\n",
]


@pytest.mark.parametrize("text", GOOD)
def test_a_file_that_says_nothing_is_a_good_one(text: str) -> None:
    config = parse_config(text.encode(), "f")
    assert config.rules.is_empty
    assert config.warnings == ()
    assert (config.browser, config.enforce) == (Config.empty().browser, False)


YAML = [
    pytest.param("a: *x", ['1:4: aliases are not allowed; a text that begins with * needs quotes: "*x"'], id="alias"),
    pytest.param("rules: *", ["1:9: a text that begins with * or & needs quotes"], id="star"),
    pytest.param(
        "rules: &x []", ['1:8: anchors are not allowed; a text that begins with & needs quotes: "&x"'], id="anchor"
    ),
    pytest.param("rules: !x []", ["1:8: tags are not allowed; a text that begins with ! needs quotes"], id="tag"),
    pytest.param(
        "browser: !!str auto",
        ["1:10: tags are not allowed; a text that begins with ! needs quotes"],
        id="tag-of-a-scalar",
    ),
    pytest.param("<<: {rules: []}", ["1:1: merge keys are not allowed"], id="merge-key"),
    pytest.param("rules: []\nrules: []", ['2:1: duplicate key "rules"'], id="duplicate"),
    pytest.param("limits: {total: 1, total: 2}", ['1:20: duplicate key "total"'], id="duplicate-in-flow"),
    pytest.param(
        "? [a]\n: 1", ["1:3: a key must be a plain text; one that begins with * [ or { needs quotes"], id="list-as-key"
    ),
    pytest.param(
        "{a: 1}: 2",
        ["1:1: a key must be a plain text; one that begins with * [ or { needs quotes"],
        id="mapping-as-key",
    ),
    pytest.param("rules: []\n---\nrules: []", ["2:1: a second document begins here: one is allowed"], id="documents"),
    pytest.param("rules:\n\t- drop: true", ["2:1: a tab: YAML is indented with spaces"], id="tab"),
    pytest.param("rules: [a, b", ['1:8: this "[" is not closed'], id="bracket"),
    pytest.param("limits: {a: 1", ['1:9: this "{" is not closed'], id="brace"),
    pytest.param("browser: 'x", ["1:10: this quote is not closed"], id="quote"),
    pytest.param("browser: @x", ["1:10: a text that begins with @ needs quotes"], id="at-sign"),
    pytest.param(
        "browser: a: b",
        ['1:11: a ":" is not allowed here: check the indentation, or put the text in quotes'],
        id="colon",
    ),
    pytest.param(
        "rules:\n  - drop: true\n   stop: true", ["3:4: this is not indented like the lines above it"], id="indent"
    ),
    pytest.param(
        'browser: "\\q"',
        ['1:11: "\\" begins an escape in double quotes: use single quotes, or write it twice'],
        id="escape",
    ),
    pytest.param(b"a: \xc3\xa9\xff", ["1:5: byte 0xff is not UTF-8"], id="not-utf8"),
    pytest.param(b"a: 1\nb: \xc3\n", ["2:4: byte 0xc3 is not UTF-8"], id="cut-utf8"),
    pytest.param("version: 1".encode("utf-16"), ["1:1: byte 0xff is not UTF-8"], id="utf16"),
    pytest.param("a: \0", ["1:4: character U+0000 is not allowed in YAML"], id="nul"),
    pytest.param("a: " + "[" * 32, ["1:35: more than 32 levels of lists and keys"], id="levels"),
    pytest.param("a: " + "[" * 100_000, ["1:35: more than 32 levels of lists and keys"], id="very-many-levels"),
    pytest.param("a: " + "[" * 100_000 + "\na: x", ["1:35: more than 32 levels of lists and keys"], id="levels-of-any"),
    pytest.param("#" * 1_048_577, ["1:1048577: the file is larger than 1 MB"], id="large"),
    pytest.param("hello", ['1:1: expected keys like "rules:", not "hello"'], id="scalar"),
    pytest.param("- rules", ['1:1: expected keys like "rules:", not a list'], id="list"),
]


@pytest.mark.parametrize(("text", "expected"), YAML)
def test_yaml(text: str | bytes, expected: list[str]) -> None:
    found = mistakes(text)
    assert [mistake for mistake in found if "unknown key" not in mistake] == expected


RULE = [
    ("name: [x]", "13: expected text, not a list"),
    ("nmae: x", '7: unknown key "nmae", did you mean "name"?'),
    ("Drop: true", '7: unknown action "Drop", did you mean "drop"?'),
    ("secure: true", '7: unknown action "secure": it belongs in set'),
    ("cookie: a", '7: unknown action "cookie": it belongs in match'),
    ("path: /", '7: unknown action "path": it belongs in match or set'),
    ("match: {cokie: a}", '15: unknown condition "cokie", did you mean "cookie"?'),
    ("match: {has: {htponly: true}}", '21: unknown attribute "htponly", did you mean "httponly"?'),
    ("match: {has: 1}", '20: expected keys and values, like {a: b}, not "1"'),
    ("match: [a]", "14: expected keys and values, like {a: b}, not a list"),
    ("match:", "13: a value is missing here"),
    ("match: {cookie: '~[a'}", '23: "~[a" is not a regular expression: unterminated character set'),
    ("match: {cookie: [a, '~(']}", '27: "~(" is not a regular expression: missing ), unterminated subpattern'),
    ("match: {cookie: {list: traker}}", '23: unknown list "traker", did you mean "tracker"?'),
    ("match: {cookie: {lst: a}}", "23: expected a pattern, a list of patterns or {list: NAME}"),
    ("match: {cookie: []}", "23: the list is empty"),
    ("match: {cookie: true}", '23: expected text, not true; if the text is meant, put it in quotes: "true"'),
    ("match: {cookie: ~}", "23: a value is missing here"),
    (
        "match: {site: '*.a.example'}",
        '21: "*.a.example": site takes a domain, which covers all hosts below it; for patterns use host',
    ),
    (
        "match: {site: 'https://a.example/'}",
        '21: "https://a.example/" is not a host: leave out the scheme and the path',
    ),
    ("match: {host: 'localhost:8080'}", '21: "localhost:8080": hosts are written without port, "localhost"'),
    ("match: {host: '::1'}", '21: "::1": IPv6 addresses are written in brackets, "[::1]"'),
    ("match: {host: ''}", '21: "" is not a host'),
    ("match: {scheme: ftp}", '23: "ftp" is not allowed here (one of: http, https)'),
    ("match: {party: thrid}", '22: "thrid" is not allowed here, did you mean "third"?'),
    ("match: {direction: up}", '26: "up" is not allowed here (one of: request, response)'),
    ("match: {when: '~b x'}", "21: ~b looks at bodies, which are not there yet when cookies pass"),
    ("match: {when: '~u \"~s\" & ~bq x'}", "21: ~bq looks at bodies, which are not there yet when cookies pass"),
    ("match: {when: '(('}", '21: "((" is not a filter expression of mitmproxy'),
    ("set:", "11: a value is missing here"),
    ("set: {}", None),
    ("set: {secur: true}", '13: unknown action "secur", did you mean "secure"?'),
    ("set: {SameSite: lax}", '13: unknown action "SameSite", did you mean "samesite"?'),
    ("set: {max-age: 1}", '13: unknown action "max-age", did you mean "max_age"?'),
    ("set: {secure: yes}", '21: expected true or false, not "yes", did you mean true?'),
    ("set: {secure: 'true'}", '21: expected true or false, not "true"'),
    (
        "set: {samesite: null}",
        "23: a value is missing here: write none for SameSite=None, false to remove the attribute",
    ),
    ("set: {samesite: }", "23: a value is missing here: write none for SameSite=None, false to remove the attribute"),
    ("set: {samesite: laxx}", '23: "laxx" is not allowed here, did you mean "lax"?'),
    ("set: {samesite: true}", '23: expected text, not true; if the text is meant, put it in quotes: "true"'),
    ("set: {value: 'a;b'}", '20: a ";" cannot be written into a cookie'),
    ('set: {value: "a\\r\\nX: y"}', "20: a control character cannot be written into a cookie"),
    ("set: {value: false}", '20: expected text, not false; if the text is meant, put it in quotes: "false"'),
    ('set: {path: "/\\0"}', "19: a control character cannot be written into a cookie"),
    ("set: {domain: 'a b'}", '21: "a b" is not a domain'),
    ("set: {domain: 'a;b'}", '21: "a;b" is not a domain'),
    ("set: {max_age: -1}", "22: Max-Age must not be negative here; 0 deletes the cookie"),
    (
        "set: {max_age: 1.5}",
        '22: "1.5" is not a duration: write a whole number with s, m (minutes), h, d or w, like 30d',
    ),
    ("set: {expires: soon}", '22: "soon" is neither a duration like 30d nor a date like Wed, 21 Oct 2026 07:28:00 GMT'),
    ("set: {priority: 1}", '23: "1" is not allowed here (one of: low, medium, high)'),
    ("cap: 7 days", '12: "7 days" is not a duration: write a whole number with s, m (minutes), h, d or w, like 30d'),
    ("cap: true", "12: expected a duration like 30d, 20m or 90, not true"),
    ("drop: requests", '13: expected true, request or response, not "requests", did you mean "request"?'),
    ("drop: false", "13: expected true, request or response, not false; to turn it off, leave it out"),
    ("hold: yes", '13: expected true, not "yes"'),
    ("rename: ''", "15: the new name is empty"),
    ("rename: '{nam}x'", '15: "{nam}" stands for nothing, did you mean {name}?'),
    ("rename: a=b", '15: "=" cannot stand in a name'),
    ("rename: '{name}; x'", '15: ";" cannot stand in a name'),
    ("replace: {find: a}", '16: key "with" is missing'),
    ("replace: {find: '~(', with: a}", '23: "~(" is not a regular expression: missing ), unterminated subpattern'),
    ("replace: {find: a, with: 'x;'}", '32: a ";" cannot be written into a cookie'),
    (r"replace: {find: '~(a)', with: '\2'}", r'37: "\2" is no group of "~(a)"'),
    (r"replace: {find: '~(a)', with: '\n'}", r'37: "\n" is no group of "~(a)"'),
    (r"replace: {find: '~(a)', with: '\g<b>'}", r'37: "\g<b>" is no group of "~(a)"'),
    ("add: {name: 'a b', value: x}", '19: " " cannot stand in a name'),
    ("add: {name: a}", '12: key "value" is missing'),
    ("add: {name: a, value: 'x;'}", '29: a ";" cannot be written into a cookie'),
    ("add: {name: a, value: x, to: both}", '36: "both" is not allowed here (one of: request, response)'),
    ("add: {name: a, value: x, to: request, path: /}", "45: a Cookie header has no attributes"),
    ("mode: dry-run", '13: "dry-run" is not allowed here (one of: apply, observe)'),
    ("stop: 1", '13: expected true or false, not "1"'),
    ("seal: true", None),
    ("seal: false", "13: expected true, not false; to turn it off, leave it out"),
    ("pack: jar", None),
    ("pack: __Host-jar", '13: "__Host-jar": names that begin with __ make promises that a pack cannot keep'),
    ("pack: ''", "13: the name is empty"),
    ("subkey: {set: {a: 1}, remove: [b]}", None),
    ("subkey: {remov: a}", '16: unknown key "remov", did you mean "remove"?'),
    ("subkey: {set: {'a=b': 1}}", '22: "=" cannot stand in the name of a sub-key'),
    ("subkey: {set: {'a&': 1}}", '22: "&" cannot stand in the name of a sub-key'),
    ("subkey: {set: {'': 1}}", "22: the sub-key's name is empty"),
    ("subkey: {set: {'a;b': 1}}", '22: a ";" cannot be written into a cookie'),
    ("subkey: {set: {a: 'b&c'}}", '25: a "&" ends a sub-key: write %26 if the application reads it so'),
    ("subkey: {set: {a: 'b;c'}}", '25: a ";" cannot be written into a cookie'),
    ("subkey: {set: {a: ' b'}}", "25: white space at its ends does not survive in a cookie"),
    ("subkey: {remove: [a, 'b=']}", '28: "=" cannot stand in the name of a sub-key'),
    ("subkey: {set: {a: 1}, remove: a}", '22: "a" is set and removed'),
    ("header: {P3P: 'CP=x', Server: false}", None),
    ("header: {'a b': x}", '16: "a b" is not the name of a header'),
    ("header: {Set-Cookie: x}", '16: "Set-Cookie" is what the other actions are for'),
    ("header: {content-length: 0}", '16: "content-length" belongs to the connection, and cannot be changed here'),
    (
        "header: {Transfer-Encoding: false}",
        '16: "Transfer-Encoding" belongs to the connection, and cannot be changed here',
    ),
    ("header: {Host: x}", '16: "Host" belongs to the connection, and cannot be changed here'),
    (r'header: {P3P: "a\r\nb"}', "21: a control character cannot be written into a header"),
    ("header: {P3P: ''}", "21: the text is empty; to remove the header, write false"),
    ("header: {P3P: true}", '21: expected text, not true; if the text is meant, put it in quotes: "true"'),
    ("header: {P3P: a, p3p: b}", '24: "p3p" is said twice'),
    ("header: {}", "15: no header is named"),
    ("header: {X-Scopes: '{cookies}'}", "26: {cookies} is known of requests only: say direction: request in match"),
    ("pack: a b", '13: " " cannot stand in a name'),
    ("tests: {at: x}", "14: expected a list, not keys and values"),
    ("tests: [{at: ftp://x/, given: a, expect: a}]", '20: "ftp://x/" is not an http or https address'),
    ("tests: [{at: 'http://x/', given: a}]", '15: a test needs "expect" with "given": null if nothing passes'),
    (
        "tests: [{at: 'http://x/', expect_cookie: a}]",
        '15: a test needs "expect_cookie" with "cookie": null if nothing passes',
    ),
    ("tests: [{at: 'http://x/'}]", '15: a test needs "given" and "expect", or "cookie" and "expect_cookie"'),
]


@pytest.mark.parametrize(("rule", "expected"), RULE, ids=[rule for rule, _ in RULE])
def test_rule(rule: str, expected: str | None) -> None:
    """Columns are those of a rule's line, which stands six characters in."""
    text = f"lists: {{tracker: [x]}}\nrules:\n  - name: r\n\n  -   {rule}\n"
    assert mistakes(text) == ([] if expected is None else [f"5:{expected}"])


SECTIONS = [
    ("version: 2", "1:10: this proxy reads version 1"),
    ("version: '1'", "1:10: this proxy reads version 1"),
    ("browser: chrom", '1:10: unknown browser "chrom", did you mean "chrome"?'),
    (
        "browsers: {'*': opera}",
        '1:17: unknown browser "opera" (one of: auto, chrome, firefox, safari, curl, ie6, ie8, classic, rfc6265bis, none)',
    ),
    ("browsers: {'~(': chrome}", '1:12: "~(" is not a regular expression: missing ), unterminated subpattern'),
    ("limits: {per_site: 0}", "1:20: must be at least 1"),
    ("limits: {per_site: '20'}", '1:20: expected a whole number, not "20"'),
    ("limits: {per_cookie: 1}", '1:10: unknown key "per_cookie", did you mean "per_cookie_bytes"?'),
    ("enforce: on", '1:10: expected true or false, not "on", did you mean true?'),
    ("clients: address", '1:10: expected a list like [address, user-agent], not "address"'),
    ("clients: [user_agent]", '1:11: "user_agent" does not tell clients apart, did you mean "user-agent"?'),
    ("clients: ['header:']", "1:11: the name is empty"),
    ("record: {values: hashed}", '1:18: "hashed" is not allowed here, did you mean "hash"?'),
    (
        "record: {keep: 1y}",
        '1:16: "1y" is not a duration: write a whole number with s, m (minutes), h, d or w, like 30d',
    ),
    ("on_store_failure: stop", '1:19: "stop" is not allowed here (one of: pass, refuse)'),
    ("lists: {a: {list: b}}", "1:12: a list holds patterns, not other lists"),
    ("lists: {a: [b, {list: b}]}", "1:16: a list holds patterns, not other lists"),
    ("lists: [a]", "1:8: expected keys and values, like {a: b}, not a list"),
    ("rules: {name: x}", "1:8: expected a list, not keys and values"),
    ("rules: [x]", '1:9: expected keys and values, like {a: b}, not "x"'),
    ("rules: [null]", "1:9: a value is missing here"),
    ("rulez: []", '1:1: unknown key "rulez", did you mean "rules"?'),
    ("cookieless: [{mode: url}]", '1:21: "url" is not allowed here, did you mean "uri"?'),
    (
        "cookieless: [{rewrite: [img]}]",
        '1:25: "img" is neither default nor an element with its attribute, like img[src]',
    ),
    ("sessions: {policy: {a.example: asp}}", '1:32: unknown policy "asp", did you mean "aspnet"?'),
    ("sessions: {policy: {a.example: {idl: 5m}}}", '1:33: unknown key "idl", did you mean "idle"?'),
    ("findings: {except: [{code: churns}]}", '1:28: unknown finding "churns", did you mean "churn"?'),
]


@pytest.mark.parametrize(("text", "expected"), SECTIONS, ids=[text for text, _ in SECTIONS])
def test_section(text: str, expected: str) -> None:
    assert mistakes(text) == [expected]


def test_every_mistake_is_told_at_once_in_the_order_of_the_file() -> None:
    text = """\
browser: chrom
lists: {a: ['~(']}
rules:
  - {match: {cookie: {list: a}}, hold: maybe, hold: true}
  - &x {drop: true, seal: 1}
  - *x
  - {match: {cookie: [a, b]}, rename: c}
  - {match: {cookie: a}, rename: d}
  - {match: {cookie: b}, rename: d}
enforce: maybe
"""
    assert [mistake.split(": ")[0] for mistake in mistakes(text)] == [
        "1:10", "2:13", "4:40", "4:47", "5:5", "5:27", "6:5", "7:39", "9:34", "10:10"
    ]  # fmt: skip


RENAMES = [
    pytest.param("{cookie: a}, rename: x", "{cookie: b}, rename: x", True, id="one-name-of-two"),
    pytest.param("{cookie: a}, rename: x", "{cookie: a, scheme: http}, rename: x", False, id="one-name-of-one"),
    pytest.param(
        "{cookie: a, host: a.example}, rename: x", "{cookie: b, host: b.example}, rename: x", False, id="hosts"
    ),
    pytest.param(
        "{cookie: a, site: a.example}, rename: x",
        "{cookie: b, host: w.a.example}, rename: x",
        True,
        id="host-below-site",
    ),
    pytest.param(
        "{cookie: a, site: a.example}, rename: x",
        "{cookie: b, host: '*.a.example'}, rename: x",
        True,
        id="glob-below-site",
    ),
    pytest.param("{cookie: a, host: 'a*'}, rename: x", "{cookie: b, host: '~b'}, rename: x", None, id="hosts-unknown"),
    pytest.param("{cookie: b_a}, rename: c_a", "{cookie: '*'}, rename: 'c_{name}'", True, id="template-and-name"),
    pytest.param("{cookie: a}, rename: c_a", "{cookie: '*'}, rename: 'c_{name}'", False, id="template-and-same-name"),
    pytest.param("{cookie: '*'}, rename: 'c_{name}'", "{cookie: '*'}, rename: '{name}_c'", None, id="templates"),
    pytest.param("{cookie: 'x*'}, rename: 'c_{name}'", "{cookie: 'y*'}, rename: 'c_{name}'", False, id="same-template"),
    pytest.param("{cookie: a}, rename: b", "{cookie: b}, set: {path: /}", True, id="onto-a-name"),
    pytest.param("{cookie: b}, set: {path: /}", "{cookie: a}, rename: b", True, id="onto-an-earlier-name"),
    pytest.param("{cookie: a}, rename: b", "{cookie: b}, rename: c", True, id="chain"),
    pytest.param("{cookie: a}, rename: b", "{cookie: 'b*'}, set: {path: /}", None, id="onto-a-glob"),
    pytest.param("{cookie: a}, rename: b", "{cookie: '*'}, set: {path: /}", False, id="everything-is-no-name"),
    pytest.param("{cookie: a}, rename: b", "{}, set: {path: /}", False, id="no-name"),
    pytest.param("{cookie: '*'}, rename: 'p_{name}'", "{cookie: p_a}, set: {path: /}", False, id="own-names-move-on"),
    pytest.param(
        "{cookie: [a, c]}, rename: 'p_{name}'", "{cookie: p_a}, set: {path: /}", True, id="listed-onto-a-name"
    ),
]


@pytest.mark.parametrize(("one", "other", "refused"), RENAMES)
def test_colliding_renames(one: str, other: str, refused: bool | None) -> None:
    """Refused (True), doubtful (None) or good (False)."""
    text = f"rules:\n  - {{match: {one}}}\n  - {{match: {other}}}\n"
    found = mistakes(text)
    if refused:
        assert len(found) == 1
        return
    assert found == []
    doubts = [doubt for doubt in parse_config(text.encode(), "f").warnings if "name" in doubt.message]
    assert len(doubts) == (1 if refused is None else 0)


@pytest.mark.parametrize(
    "cookie", ["", "match: {cookie: [a, b]}, ", "match: {cookie: 'a*'}, ", "match: {cookie: '~^a$'}, "]
)
def test_a_rename_of_several_names_to_one_is_refused(cookie: str) -> None:
    (found,) = mistakes(f"rules: [{{{cookie}rename: x}}]")
    assert "could not be told apart on the way up" in found


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ("match: {when: ~s}, drop: true", True),
        ("match: {when: '~c 200'}, hold: true", True),
        ("except: {when: '~ts css'}, add: {name: a, value: b, to: request}", True),
        ("match: {when: '~hs x', direction: [request, response]}, replace: {find: a, with: b}", True),
        ("match: {when: ~s}, drop: response", False),
        ("match: {when: ~s, direction: response}, drop: true", False),
        ("match: {when: '~c 200'}, set: {path: /}", False),
        ("match: {when: '~c 200', cookie: a}, rename: b", False),
        ("match: {when: ~q & ~d x}, drop: true", False),
    ],
)
def test_filters_on_responses_cannot_judge_requests(rule: str, refused: bool) -> None:
    found = mistakes(f"rules: [{{{rule}}}]")
    assert [mistake for mistake in found if "looks at the response" not in mistake] == []
    assert len(found) == refused


def test_a_file_on_the_disk(tmp_path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("browser: x\n")
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    assert str(raised.value).startswith(f"{path}:1:10: ")
    path.write_text("browser: curl\n")
    assert load_config(path).browser == "curl"


@pytest.mark.parametrize(("name", "cause"), [("missing.yaml", "No such file or directory"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read(tmp_path, name: str, cause: str) -> None:
    path = tmp_path / name
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    assert str(raised.value) == f"{path}:1:1: the file cannot be read: {cause}"


PIECES = [
    *(
        "rules:",
        "\n",
        "  ",
        "- ",
        "match:",
        "set:",
        "{",
        "}",
        "[",
        "]",
        ": ",
        ", ",
        "cookie",
        "a",
        "'",
        '"',
        "*",
        "&",
        "!",
    ),
    *("~", "|", "\t", "drop: true", "#", "<<", "null", "true", "1", "{list: a}", "lists", "- - ", "? ", "---", "é"),
    *("\ufeff", "rename", "{name}", "tests", "hold"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join).map(str.encode) | st.binary(max_size=60))
def test_whatever_a_file_holds_it_is_good_or_its_mistakes_have_a_place(octets: bytes) -> None:
    error = error_of(octets)
    if error is None:
        return
    assert error.mistakes
    lines = octets.decode(errors="replace").splitlines() or [""]
    for mistake in error.mistakes:
        assert 1 <= mistake.line <= len(lines) + 1
        assert mistake.column >= 1
        assert "\n" not in mistake.message
        assert "nput should" not in mistake.message
