"""What the sections of rules.yaml come to, and the tests in it."""

import pytest

from cookieproxy.config import Config, parse_config, run_tests
from cookieproxy.suffixes import load

EVERYTHING = """\
version: 1
browser: Chrome
browsers: {"127.0.0.1 curl*": classic, "* Box/?": ie6}
limits: {per_cookie_bytes: 4KB, per_site: 20, total: 300, max_age: 30d, header_bytes: 8190}
enforce: true
clients: [user-agent, "header:X-User", address, address]
record: {values: drop, keep: 1w, max_bytes: 10MB, except: ["bank.example", "*.Bank.example"]}
on_store_failure: refuse
lists: {trackers: ["_ga*"], single: sid}
cookieless:
  - match: {host: shop.example}
    mode: uri
    carrier: matrix
    parameter: sid
    bind: [address]
    idle_timeout: 20m
    absolute_timeout: 8h
    regenerate_expired: false
    rewrite: [default, "IMG[src]"]
    add: {lang: de}
    script: true
    except: {path: ["/api/*"]}
  - match: {site: wap.example}
    mode: device
    devices: ["*Nokia*"]
sessions:
  cookies: [my_sid, {list: single}]
  policy: {shop.example: aspnet, wiki.example: {idle: 24m, absolute: 8h}}
findings:
  except: [{code: missing-samesite, host: intranet.example}]
rules:
  - match: {cookie: {list: trackers}}
    cap: 7d
"""


@pytest.fixture(scope="module")
def everything() -> Config:
    return parse_config(EVERYTHING.encode(), "rules.yaml")


def test_the_sections(everything: Config) -> None:
    assert everything.browser == "chrome"
    assert everything.limits.model_dump() == {
        "per_cookie_bytes": 4096, "per_site": 20, "total": 300, "max_age": 2_592_000, "header_bytes": 8190
    }  # fmt: skip
    assert everything.enforce is True
    assert everything.clients == ("user-agent", "header:x-user", "address")
    assert everything.on_store_failure == "refuse"
    record = everything.record
    assert (record.values, record.keep, record.max_bytes) == ("drop", 604_800, 10 * 1024**2)
    assert [record.excepts(host) for host in ("bank.example", "www.bank.example", "thebank.example")] == [
        True,
        True,
        False,
    ]


def test_cookieless_as_it_is_said(everything: Config) -> None:
    cookieless, wap = everything.cookieless
    assert (cookieless.mode, cookieless.carrier, cookieless.parameter, cookieless.bind) == (
        "uri",
        "matrix",
        "sid",
        ("address",),
    )
    assert (cookieless.idle_timeout, cookieless.absolute_timeout, cookieless.regenerate_expired) == (
        1200,
        28_800,
        False,
    )
    assert (cookieless.rewrite, cookieless.add, cookieless.script) == (("default", "img[src]"), {"lang": "de"}, True)
    assert wap.devices is not None
    assert wap.devices.matches("A Nokia 3310")
    assert [entry.number for entry in everything.entries] == [0, 1]


def test_the_sections_for_later(everything: Config) -> None:
    assert everything.sessions.cookies is not None
    assert everything.sessions.cookies.matches("sid")
    policy = everything.sessions.policy
    assert policy["shop.example"] == "aspnet"
    assert policy["wiki.example"].model_dump() == {"idle": 1440, "absolute": 28_800}
    assert [finding.code for finding in everything.findings.except_] == ["missing-samesite"]


@pytest.mark.parametrize(
    ("client", "profile"),
    [("127.0.0.1 curl/8 3fa9c1", "classic"), ("10.0.0.1 Box/1", "ie6"), ("10.0.0.1 Chrome/156 3fa9c1", "chrome")],
)
def test_the_browser_of_a_client(everything: Config, client: str, profile: str) -> None:
    assert everything.browser_for(client) == profile


def test_what_an_empty_file_means() -> None:
    config = Config.empty()
    assert (config.browser, config.enforce, config.clients) == ("auto", False, ("address", "user-agent"))
    assert set(config.limits.model_dump().values()) == {None}
    assert (config.record.values, config.record.keep, config.record.max_bytes) == ("hash", 2_592_000, 1024**3)
    assert (config.on_store_failure, config.rules.is_empty, config.browser_for("any")) == ("pass", True, "auto")


def test_numbers_keep_their_spelling_where_text_is_meant() -> None:
    config = parse_config(b"rules: [{name: 007, match: {cookie: 08}, drop: true}]", "f")
    assert config.rules.names == ("007",)
    assert not config.rules.for_host("a").is_empty


def results_of(rules: str) -> list[tuple[bool, str]]:
    config = parse_config(rules.encode(), "rules.yaml")
    return [(result.passed, str(result)) for result in run_tests(config, load(), now=1_600_000_000)]


TESTS = [
    pytest.param('{given: "a=1", expect: "b=1"}', True, id="response"),
    pytest.param('{given: "a=1; Path=/", expect: "b=1;  Path=/"}', False, id="byte-for-byte"),
    pytest.param('{given: "x=1", expect: null}', True, id="dropped"),
    pytest.param('{given: "h=1", expect: null}', True, id="held"),
    pytest.param('{given: "x=1", expect: "x=1"}', False, id="not-dropped"),
    pytest.param('{given: "a=1", expect: null}', False, id="not-passed"),
    pytest.param('{given: ["a=1", "x=1"], expect: ["b=1", null]}', True, id="several"),
    pytest.param('{given: ["a=1", "x=1"], expect: null}', False, id="several-and-nothing"),
    pytest.param('{given: "a=1", expect: ["b=1", "own=1"]}', True, id="with-what-is-added"),
    pytest.param('{cookie: "b=1; z=2", expect_cookie: "a=1; z=2"}', True, id="request"),
    pytest.param('{cookie: "x=1", expect_cookie: null}', True, id="nothing-left"),
    pytest.param('{cookie: "x=1", expect_cookie: ""}', False, id="an-empty-header-is-none"),
    pytest.param('{cookie: "b=1", expect_cookie: "a=1", given: "a=2", expect: "b=2"}', True, id="both"),
]


@pytest.mark.parametrize(("test", "passed"), TESTS)
def test_a_rule_test_runs_against_the_whole_file(test: str, passed: bool) -> None:
    text = f"""\
rules:
  - match: {{cookie: a}}
    rename: b
    tests:
      - {{at: "https://www.shop.example:8443/p?q", {test[1:]}
  - {{match: {{cookie: x, path: /p, party: first, scheme: https, site: shop.example}}, drop: true}}
  - {{match: {{cookie: h}}, hold: true}}
  - {{add: {{name: own, value: 1}}}}
"""
    ((result, message),) = results_of(text)
    assert (result, message.startswith("rules.yaml:5:9: ")) == (passed, True)


def test_a_failing_test_says_what_came() -> None:
    text = 'rules:\n  - name: n\n    drop: true\n    tests: [{at: "http://a/", given: "a=1", expect: "a=1"}]\n'
    assert results_of(text) == [(False, 'rules.yaml:4:13: test of "n" at http://a/: expected "a=1", got nothing')]


def test_the_time_of_a_test() -> None:
    expected = "a=1; Expires=Sun, 13 Sep 2020 12:27:40 GMT"
    text = f'rules: [{{set: {{expires: 60}}, tests: [{{at: "http://a/", given: a=1, expect: "{expected}"}}]}}]'
    assert [passed for passed, _ in results_of(text)] == [True]
