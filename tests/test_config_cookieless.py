"""The section `cookieless`: what its entries come to, and every contradiction in one of them at its place."""

import pytest

from cookieproxy.config import ConfigError, parse_config
from cookieproxy.cookieless.entry import CarrierKind, Entry, Mode, Place


def entry(said: str) -> Entry:
    """The one entry of these keys."""
    (made,) = parse_config(f"cookieless: [{{{said}}}]".encode(), "f").entries
    return made


def told(said: str) -> list[str]:
    """Mistakes, or else warnings with a question mark, of an entry in the lines from 2 on."""
    lines = "\n".join(f"    {line.strip()}" for line in said.splitlines())
    try:
        config = parse_config(f"cookieless:\n  -\n{lines}\n".encode(), "f")
    except ConfigError as error:
        return [str(mistake).removeprefix("f:") for mistake in error.mistakes]
    return ["?" + str(warning).removeprefix("f:") for warning in config.warnings]


def test_what_is_left_out() -> None:
    made = entry("match: {host: a.example}")
    assert (made.number, made.mode, made.carrier, made.parameter) == (0, Mode.AUTO, CarrierKind.PATH, "sid")
    assert (made.bind, made.idle_seconds, made.absolute_seconds) == (("address", "user-agent"), 1200, 28_800)
    assert (made.regenerate_expired, made.rewrites, made.rewrites_default) == (True, frozenset(), True)
    assert (made.additions, made.script, made.script_hosts) == ((), True, ())
    assert not made.is_device("Nokia")


def test_what_is_said() -> None:
    made = entry(
        "match: {site: [A.example, b.example]}, mode: URI, carrier: query, parameter: my_sid, bind: ['header: X-User'], "
        "idle_timeout: 5m, absolute_timeout: 300, regenerate_expired: false, rewrite: ['IMG[data-src]', 'a[xlink:href]', "
        "'img[DATA-SRC]'], add: {lang: 'ü & ;', v: 007}, script: false"
    )
    assert (made.mode, made.carrier, made.parameter) == (Mode.URI, CarrierKind.QUERY, "my_sid")
    assert (made.bind, made.idle_seconds, made.absolute_seconds) == (("header:x-user",), 300, 300)
    assert (made.regenerate_expired, made.script) == (False, False)
    assert made.rewrites == {(b"img", b"data-src"), (b"a", b"xlink:href")}
    assert not made.rewrites_default
    assert made.additions == (("lang", "ü & ;"), ("v", "007"))
    assert made.script_hosts == ("a.example", "b.example")


@pytest.mark.parametrize(("mode", "script"), [("uri", True), ("auto", True), ("device", False), ("cookies", False)])
def test_the_script_unless_it_is_said(mode: str, script: bool) -> None:
    assert entry(f"mode: {mode}").script is script
    assert entry("mode: device, script: true").script


def test_the_devices_of_the_user() -> None:
    made = entry("mode: device, devices: ['*Nokia*', '~^Fridge/[0-9]']")
    assert [made.is_device(agent) for agent in ("A Nokia 3310", "Fridge/2", "A Fridge/2")] == [True, True, False]


def test_hosts_beyond_ascii() -> None:
    assert entry("match: {site: bücher.example}").script_hosts == ("xn--bcher-kva.example",)


PLACES = [
    pytest.param("mode: uri", "http://any.example/", True, id="every-site"),
    pytest.param("match: {}", "http://any.example/", True, id="no-conditions"),
    pytest.param("match: {site: shop.example}", "http://www.shop.example/", True, id="below-the-site"),
    pytest.param("match: {site: shop.example}", "http://myshop.example/", False, id="not-below-the-site"),
    pytest.param("match: {site: a.example, host: 'w*'}", "http://w.a.example/", True, id="site-and-host"),
    pytest.param("match: {site: a.example, host: 'w*'}", "http://a.example/", False, id="site-without-host"),
    pytest.param("match: {scheme: https}", "https://a.example/", True, id="https"),
    pytest.param("match: {scheme: https}", "http://a.example/", False, id="http"),
    pytest.param("match: {path: '/a/*'}", "http://a.example/a/b", True, id="path"),
    pytest.param("match: {path: '/a/*'}", "http://a.example/A/b", False, id="path-case"),
    pytest.param("match: {path: '/ü'}", "http://a.example/ü", True, id="path-as-text"),
    pytest.param("match: {client: '10.*'}", "http://a.example/", True, id="client"),
    pytest.param("match: {client: '11.*'}", "http://a.example/", False, id="other-client"),
]


@pytest.mark.parametrize(("said", "url", "holds"), PLACES)
def test_where_an_entry_holds(said: str, url: str, holds: bool) -> None:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    place = Place(scheme, host, f"/{path}".encode())
    made = entry(said)
    assert (made.matches(place, "10.0.0.1 curl/8"), made.is_site(place, "10.0.0.1 curl/8")) == (holds, holds)


def test_except_leaves_it_the_site() -> None:
    made = entry("match: {host: a.example}, except: {path: '/api/*', client: '10.*'}")
    api = Place("http", "a.example", b"/api/x")
    assert (made.matches(api, "10.0.0.1 curl"), made.is_site(api, "10.0.0.1 curl")) == (False, True)
    assert (made.matches(api, "11.0.0.1 curl"), made.is_site(api, "11.0.0.1 curl")) == (True, True)
    assert entry("match: {host: a.example}, except: {}").matches(api, "10.0.0.1 curl")


@pytest.mark.parametrize("name", ["sid", "a", "007", "my-sid_2.x", "A" * 64, "charset"])
def test_a_name_that_fits(name: str) -> None:
    assert entry(f"parameter: {name}").parameter == name
    assert entry(f"add: {{{name}: x}}, parameter: other").additions == ((name, "x"),)


NAMES = [
    ("''", "the name is empty"),
    ("a b", '" " cannot stand in the name: use letters, digits, -, _ and .'),
    ("a=b", '"=" cannot stand in the name: use letters, digits, -, _ and .'),
    ("a&", '"&" cannot stand in the name: use letters, digits, -, _ and .'),
    ("sü", '"ü" cannot stand in the name: use letters, digits, -, _ and .'),
    ("'a%20'", '"%" cannot stand in the name: use letters, digits, -, _ and .'),
    ("A" * 65, '"' + "A" * 37 + '..." has 65 characters: use 64 at most'),
    ("_charset_", '"_charset_" has a meaning of its own in forms: choose another name'),
    ("IsIndex", '"IsIndex" has a meaning of its own in forms: choose another name'),
]


@pytest.mark.parametrize(("name", "message"), NAMES)
def test_a_name_that_does_not_fit(name: str, message: str) -> None:
    assert told(f"parameter: {name}") == [f"3:16: {message}"]
    assert told(f"add: {{{name}: x}}") == [f"3:11: {message}"]


ITEMS = [
    (
        "*",
        " is neither default nor an element with its attribute, like img[src]; there is no * here, name each element",
    ),
    (
        "*[href]",
        " is neither default nor an element with its attribute, like img[src]; there is no * here, name each element",
    ),
    ("img", " is neither default nor an element with its attribute, like img[src]"),
    ("img[src", " is neither default nor an element with its attribute, like img[src]"),
    ("img[]", " is neither default nor an element with its attribute, like img[src]"),
    ("img[a b]", " is neither default nor an element with its attribute, like img[src]"),
    ("img[SrcSet]", " cannot be rewritten, srcset holds several URLs: leave it out"),
    ("link[imagesrcset]", " cannot be rewritten, imagesrcset holds several URLs: leave it out"),
    ("p[style]", " cannot be rewritten, style holds style rules, not a URL: leave it out"),
    ("p[onclick]", " cannot be rewritten, onclick holds code, not a URL: leave it out"),
    ("iframe[srcdoc]", " cannot be rewritten, srcdoc holds a page, not a URL: leave it out"),
    ("script[integrity]", " cannot be rewritten, integrity holds a hash, not a URL: leave it out"),
]


@pytest.mark.parametrize(("item", "message"), ITEMS)
def test_an_item_of_rewrite_that_is_refused(item: str, message: str) -> None:
    assert told(f"rewrite: [default, '{item}']") == [f'3:24: "{item}"{message}']


HOST = "match: {host: a.example}\n"
NOTHING_PUT = "does nothing in mode cookies, which puts nothing into URLs: leave it out, or say mode: auto"
UNASKED = "cannot be asked of a link: use site, host, path, scheme or client"
CONTRADICTIONS = [
    pytest.param("parameter: a\nadd: {a: x}", ['4:16: "a" is a name in add too: one of them needs another name'], id="name"),
    pytest.param(
        "add: {b: y, sid: x}",
        ['4:17: "sid" is the name of the id\'s parameter: choose another one, or say another parameter'],
        id="name-unsaid",
    ),
    pytest.param("parameter: Sid\nadd: {sid: x}", [], id="name-in-another-case"),
    pytest.param("add: {a: \"x\\ty\"}", ["4:14: a control character cannot stand in a URL"], id="control-character"),
    pytest.param("idle_timeout: 0", ["4:19: no session would live: write at least 1s"], id="idle-zero"),
    pytest.param("absolute_timeout: 0h", ["4:23: no session would live: write at least 1s"], id="absolute-zero"),
    pytest.param("idle_timeout: 8h", [], id="as-long"),
    pytest.param(
        "idle_timeout: 9h",
        ["4:19: longer than absolute_timeout, which is 8h unless said: shorten it, or say a longer absolute_timeout"],
        id="idle-longer",
    ),
    pytest.param(
        "absolute_timeout: 90\nidle_timeout: 2m",
        ["5:19: longer than absolute_timeout, which is 90s: shorten it, or say a longer absolute_timeout"],
        id="idle-longer-than-said",
    ),
    pytest.param(
        "absolute_timeout: 10m",
        ["4:23: shorter than idle_timeout, which is 20m unless said: say a shorter idle_timeout too"],
        id="absolute-shorter",
    ),
    pytest.param("mode: uri\ndevices: x", ["?5:5: devices does nothing unless mode is device"], id="devices"),
    pytest.param("devices: x", ["?4:5: devices does nothing unless mode is device"], id="devices-in-the-default-mode"),
    pytest.param("mode: cookies\ncarrier: query", [f'5:5: "carrier" {NOTHING_PUT}'], id="cookies-carrier"),
    pytest.param("mode: cookies\nrewrite: [default]", [f'5:5: "rewrite" {NOTHING_PUT}'], id="cookies-rewrite"),
    pytest.param("mode: cookies\nadd: {a: b}", [f'5:5: "add" {NOTHING_PUT}'], id="cookies-add"),
    pytest.param("mode: cookies\nscript: true", [f'5:5: "script" {NOTHING_PUT}'], id="cookies-script"),
    pytest.param(
        "mode: cookies\nparameter: a\nadd: {}\nscript: false\nregenerate_expired: false\nrewrite: []",
        [],
        id="cookies-and-what-is-ignored",
    ),
    pytest.param(
        "carrier: query\nrewrite: []",
        ["5:14: no link would carry the id with carrier: query: add default, or say carrier: path"],
        id="query-without-links",
    ),
    pytest.param(
        "carrier: matrix\nrewrite: []",
        ["5:14: no link would carry the id with carrier: matrix: add default, or say carrier: path"],
        id="matrix-without-links",
    ),
    pytest.param(
        "rewrite: []",
        ["?4:14: only links relative to their page will carry the id, none that begins with / or a scheme"],
        id="path-without-links",
    ),
    pytest.param("carrier: path\nparameter: a", [], id="parameter-of-hidden-fields"),
    pytest.param(
        "bind: [user-agent]",
        ["?4:11: anybody with the same browser may use a leaked link: add address"],
        id="bound-to-the-browser",
    ),
    pytest.param("bind: [user-agent, proxy-user]", [], id="bound-to-more"),
    pytest.param("bind: ['header:X']", [], id="bound-to-a-header"),
    pytest.param("bind: [adress]", ['4:12: "adress" does not tell clients apart, did you mean "address"?'], id="bind"),
    pytest.param(
        "mode: device\nscript: true",
        ["?5:13: devices without cookies seldom run scripts: leave it out unless yours do"],
        id="device-script",
    ),
    pytest.param(
        "except: {host: a.example}", ["?4:5: the entry never applies: except holds wherever match does"], id="never"
    ),
    pytest.param("except: {site: example}", ["?4:5: the entry never applies: except holds wherever match does"], id="below"),
    pytest.param("except: {path: '/a/*'}", [], id="sometimes"),
    pytest.param(
        "except: {cookie: a, value: b, has: {secure: true}, party: third, direction: request, when: '~b x'}",
        [
            f'4:14: "cookie" {UNASKED}', f'4:25: "value" {UNASKED}', f'4:35: "has" {UNASKED}', f'4:56: "party" {UNASKED}',
            f'4:70: "direction" {UNASKED}', f'4:90: "when" {UNASKED}',
        ],
        id="what-links-cannot-tell",
    ),
    pytest.param(
        "except: {cooky: a}", ['4:14: unknown condition "cooky" (one of: site, host, path, scheme, client)'], id="unknown"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), CONTRADICTIONS)
def test_keys_of_one_entry(said: str, expected: list[str]) -> None:
    assert told(HOST + said) == expected


EVERY_SITE = "every site of the web gets ids in its URLs: name yours with site or host"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("mode: uri", [f"?3:5: {EVERY_SITE}"]),
        ("regenerate_expired: true", [f"?3:5: {EVERY_SITE}"]),
        ("mode: auto\nmatch: {path: /x, host: '*'}", [f"?4:5: {EVERY_SITE}"]),
        ("mode: device", []),
        ("mode: cookies", []),
        ("match: {host: '*.example'}", []),
        (
            "match: {site: a.example, host: b.example}",
            ["?3:36: the entry never applies: no such host lies below site"],
        ),
        ("match: {when: ~q}", [f'3:13: "when" {UNASKED}']),
        ("match: x", ['3:12: expected keys and values, like {a: b}, not "x"']),
        ("moda: uri", ['3:5: unknown key "moda", did you mean "mode"?']),
    ],
)
def test_where_an_entry_is_to_hold(said: str, expected: list[str]) -> None:
    assert told(said) == expected


def test_every_mistake_of_all_entries_is_told_at_once() -> None:
    text = """\
browser: chrom
cookieless:
  - {mode: url}
  - {match: {host: a.example}, idle_timeout: 0}
  - {match: {host: a.example}}
  - x
rules: [{cap: soon}]
"""
    with pytest.raises(ConfigError) as raised:
        parse_config(text.encode(), "f")
    assert [(mistake.line, mistake.column) for mistake in raised.value.mistakes] == [
        (1, 10), (3, 12), (4, 46), (6, 5), (7, 15)
    ]  # fmt: skip


def test_a_section_that_is_no_list() -> None:
    with pytest.raises(ConfigError, match="1:13: expected a list, not keys and values"):
        parse_config(b"cookieless: {mode: uri}", "f")
