"""Warnings: rules that work, but cannot do what they seem to say (R14)."""

import pytest

from cookieproxy.config import parse_config


def warnings(text: str) -> list[str]:
    return [str(warning).removeprefix("f:") for warning in parse_config(text.encode(), "f").warnings]


NO_SECURE = "browsers refuse SameSite=None without Secure: add secure: true"
NEVER = "the rule never applies"
NAME = "browsers refuse a cookie of this name without Secure"
IN_PACK = "rename does nothing to a packed cookie: its name is within the pack"
WEAK = (
    "1:21: clients are told apart by address and user-agent alone: two browsers behind one address may share "
    "what is held; add proxy-user or header:NAME to clients"
)
ONE_RULE = [
    ("set: {samesite: none}", [f"1:26: {NO_SECURE}"]),
    ("set: {samesite: none, secure: false}", [f"1:26: {NO_SECURE}"]),
    ("set: {samesite: none, secure: true}", []),
    ("match: {has: {secure: true}}, set: {samesite: none}", []),
    ("set: {partitioned: true}", ["1:29: browsers refuse Partitioned without Secure: add secure: true"]),
    ("match: {scheme: http}, set: {secure: true}", ["1:47: browsers refuse Secure cookies that come over http"]),
    ("match: {scheme: http, host: localhost}, set: {secure: true}", []),
    ("match: {scheme: [http, https]}, set: {secure: true}", []),
    ("match: {cookie: __Host-a}, set: {domain: a.example}", ["1:51: browsers refuse a __Host- cookie with a Domain"]),
    ("match: {cookie: '__host-*'}, set: {path: /x}", ["1:51: browsers refuse a __Host- cookie with another Path than /"]),
    ("match: {cookie: __Secure-a}, set: {secure: false}", [f"1:53: {NAME}"]),
    ("match: {cookie: a}, rename: __Secure-a", [f"1:38: {NAME}: add set: {{secure: true}}"]),
    ("match: {cookie: a}, rename: __Secure-a, set: {secure: true}", []),
    (
        "match: {cookie: a}, rename: __Host-a",
        [
            "1:38: browsers refuse a __Host- cookie with a Domain: add set: {domain: false}",
            "1:38: browsers refuse a __Host- cookie without Path=/: add set: {path: /}",
            f"1:38: {NAME}: add set: {{secure: true}}",
        ],
    ),
    ("match: {cookie: a}, rename: __Host-a, set: {secure: true, path: /, domain: false}", []),
    ("match: {cookie: a, has: {secure: true, path: /, domain: false}}, rename: __Host-a", []),
    ("match: {cookie: a}, rename: a", ["1:38: this is the name it has already"]),
    ("add: {name: __Host-a, value: x, secure: true}", ["1:22: browsers refuse a __Host- cookie without Path=/: add path: /"]),
    ("add: {name: a, value: x, samesite: none}", [f"1:45: {NO_SECURE}"]),
    ("add: {name: a, value: x, path: y}", ["1:41: browsers ignore a Path that does not begin with /"]),
    ("set: {path: y}", ["1:22: browsers ignore a Path that does not begin with /"]),
    ("set: {}", ["1:10: nothing is set"]),
    ("cap: 0", ["1:15: every cookie with a lifetime is deleted on arrival"]),
    ("match: {cookie: a}", ["1:9: this rule does nothing: it has no action"]),
    ("match: {cookie: a}, stop: true", []),
    ("mode: observe, stop: true, drop: true", ["1:25: a rule that only observes stops nothing"]),
    ("match: {direction: request}, set: {path: /}", ['1:39: "set" does nothing where direction is request']),
    ("match: {direction: request}, drop: response", ['1:39: "drop" does nothing where direction is request']),
    (
        "match: {direction: response}, add: {name: a, value: b, to: request}",
        ['1:40: "add" does nothing where direction is response'],
    ),
    ("match: {cookie: a}, except: {cookie: a}, drop: true", [f"1:30: {NEVER}: except holds wherever match does"]),
    (
        "match: {cookie: a, scheme: http}, except: {scheme: http}, drop: true",
        [f"1:44: {NEVER}: except holds wherever match does"],
    ),
    ("match: {cookie: a}, except: {cookie: b}, drop: true", []),
    ("match: {site: a.example, host: b.example}, drop: true", ["1:41: the rule never applies: no such host lies below site"]),
    ("match: {site: a.example, host: x.a.example}, drop: true", []),
    ("match: {cookie: a}, seal: true", []),
    ("match: {cookie: 'a*'}, pack: jar, seal: true", []),
    ("pack: jar, hold: true", ['1:10: there is nothing to pack: "hold" keeps the cookie from the browser', WEAK]),
    ("match: {cookie: a}, pack: jar, rename: b", [f"1:41: {IN_PACK}"]),
    (
        "match: {cookie: [a, jar]}, pack: jar",
        [
            "1:43: the application has a cookie of this name: what the browser has of it now will be taken for a pack",
        ],
    ),
    ("match: {cookie: a}, seal: true, drop: request", []),
    ("seal: true, drop: true", ['1:10: there is nothing to seal: "drop" keeps the cookie from the browser']),
    ("match: {direction: request}, seal: true", ['1:39: "seal" does nothing where direction is request']),
    ("match: {direction: request}, header: {A: '{cookies}'}", []),
    ("match: {direction: request}, header: {A: '{cookie}'}", ["1:51: did you mean {cookies}?"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "expected"), ONE_RULE, ids=[rule for rule, _ in ONE_RULE])
def test_one_rule(rule: str, expected: list[str]) -> None:
    assert warnings(f"rules: [{{{rule}}}]") == expected


def test_secure_may_come_from_a_rule_for_all_its_cookies() -> None:
    assert (
        warnings(
            "rules: [{match: {site: a.example}, set: {secure: true}}, {match: {site: a.example, cookie: x}, set: {samesite: none}}]"
        )
        == []
    )
    doubts = warnings("rules: [{match: {cookie: y}, set: {secure: true}}, {match: {cookie: x}, set: {samesite: none}}]")
    assert doubts == [f"1:89: {NO_SECURE}"]


HOLD = "clients: [address, proxy-user]\nrules:\n"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param(
            "  - {name: h, hold: true}\n  - {drop: true}\n", ['4:6: drop after hold: "h" holds this cookie'], id="after"
        ),
        pytest.param("  - {drop: true}\n  - {name: h, hold: true}\n", [], id="before"),
        pytest.param(
            "  - {name: h, hold: true, drop: true}\n", ['3:27: drop after hold: "h" holds this cookie'], id="within"
        ),
        pytest.param(
            "  - {match: {cookie: a}, hold: true}\n  - {match: {cookie: b}, drop: true}\n", [], id="other-cookie"
        ),
        pytest.param(
            "  - {match: {host: a.example}, hold: true}\n  - {match: {host: b.example}, drop: true}\n",
            [],
            id="other-host",
        ),
        pytest.param("  - {name: h, hold: true}\n  - {drop: true, mode: observe}\n", [], id="observe"),
    ],
)
def test_drop_after_hold(rules: str, expected: list[str]) -> None:
    assert warnings(HOLD + rules) == expected


@pytest.mark.parametrize(
    ("clients", "doubtful"),
    [
        ("", True),
        ("clients: [address]", True),
        ("clients: [address, user-agent, proxy-user]", False),
        ("clients: ['header:X-User']", False),
    ],
)
def test_held_cookies_need_clients_that_can_be_told_apart(clients: str, doubtful: bool) -> None:
    found = warnings(f"{clients}\nrules: [{{match: {{cookie: a}}, hold: true}}]")
    assert [warning.startswith("2:30: clients are told apart by address") for warning in found] == [True] * doubtful


def test_rules_behind_one_that_stops_all_their_cookies() -> None:
    text = """\
rules:
  - {name: s, match: {site: a.example}, stop: true}
  - {match: {site: a.example, cookie: x}, drop: true}
  - {match: {site: b.example}, drop: true}
  - {match: {site: a.example}, add: {name: a, value: b}}
"""
    assert warnings(text) == ['3:5: the rule never applies: "s" stops all its cookies']


def test_two_rules_of_one_name() -> None:
    assert warnings("rules:\n  - {name: a, drop: true}\n  - {name: a, drop: true}\n") == [
        "3:12: another rule has this name: logs cannot tell them apart"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lists: {a: [x]}", ['1:9: no rule uses the list "a"']),
        ("lists: {a: [x]}\nrules: [{match: {cookie: {list: a}}, drop: true}]", []),
        ("lists: {a: [x]}\nrules: [{keep: [b, {list: a}]}]", []),
        (
            "browsers: {'curl*': curl}",
            ['1:12: a client begins with its address, like "127.0.0.1 Chrome/156 3fa9c1": did you mean "* curl*"?'],
        ),
        ("browsers: {'* curl*': curl, '10.*': chrome, '~Box': ie6}", []),
        ("clients: [user-agent]\nbrowsers: {'curl*': curl}", []),
        ("sessions: {cookies: [a]}", []),
        ("cookieless: [{match: {host: a.example}}]", []),
        ("lists: {a: [x.example]}\ncookieless: [{match: {site: {list: a}}}]", []),
        ("findings: {except: [{code: churn}]}", []),
        ("cookieless: []", []),
    ],
)
def test_the_file(text: str, expected: list[str]) -> None:
    assert warnings(text) == expected
