"""What nothing changes leaves as it came, and random traffic keeps mirror, browser and application in agreement (R1, R5, R21)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.core.profiles import PROFILES, Overrides
from cookieproxy.core.syntax import parse_cookie
from rig.conversation import (
    CROSS_SITE_IMAGE,
    CROSS_SITE_NAVIGATION,
    OWN_NAVIGATION,
    SAME_ORIGIN_FETCH,
    Conversation,
    Headers,
    Surfer,
    fetch,
)

SHOP = "https://shop.example/"

# Every kind of rule, each about cookies that the traffic below never has.
IDLE_RULES = "\n".join(
    f"- {{match: {{cookie: idle{index}}}, {action}}}"
    for index, action in enumerate(
        (
            "set: {httponly: true}",
            "cap: 60",
            "drop: true",
            "keep: [nothing]",
            "rename: 'x-{name}'",
            "replace: {find: '*', with: x}",
            "hold: true",
            "hold: true, mode: observe",
        )
    )
)
OBSERVING_RULES = (
    "- {match: {cookie: '*'}, drop: true, mode: observe}\n- {match: {cookie: '*'}, hold: true, mode: observe}"
)

SOURCES = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [
            b'prefs={"a":1,"b":[2,3]}; Path=/; HttpOnly',
            b'quoted="x; y" ;  secure ;PATH=/a,b;;',
            b"odd=\xe9\xff; Expires=Wed, 21-Oct-2035 07:28:00 GMT; max-age=60",
            b"=nameless",
            b"bare",
            b" \t ",
            b"a=1;;;;",
            b"a==;=;b",
            b"a=1; Domain=.shop.example; Domain=",
            b"nul=\x00",
            b"n" * 5000,
        ]
    ),
)


@pytest.mark.parametrize("rules", ["", IDLE_RULES, OBSERVING_RULES], ids=["none", "idle", "observing"])
@settings(deadline=None)
@given(fields=st.lists(SOURCES, max_size=5), sent=st.lists(SOURCES, max_size=4), watch=st.booleans())
def test_what_no_rule_changes_leaves_as_it_came(
    rules: str, fields: list[bytes], sent: list[bytes], watch: bool
) -> None:
    talk = Conversation(rules)
    for _ in range(2):
        asked = talk.request(SHOP, *sent, watch=watch)
        assert (asked.fields, asked.changed) == (sent, False)
        answered = talk.response(asked, *fields, watch=watch)
        assert (answered.fields, answered.changed) == (fields, False)


@settings(deadline=None)
@given(fields=st.lists(SOURCES, max_size=5), sent=st.lists(SOURCES, max_size=4))
def test_watching_leaves_everything_as_it_came_whatever_the_rules(fields: list[bytes], sent: list[bytes]) -> None:
    rules = "- {match: {cookie: '*'}, hold: true}\n- {match: {cookie: '*'}, set: {secure: true}}\n- {add: {name: own, value: x}}"
    talk = Conversation(rules, browser="classic", enforce=True)
    for _ in range(2):
        asked = talk.request(SHOP, *sent, watch=True)
        assert not asked.changed
        assert not talk.response(asked, *fields, watch=True).changed


@settings(deadline=None)
@given(field=SOURCES)
def test_a_set_changes_its_attribute_only(field: bytes) -> None:
    (passed,) = Conversation("- {match: {cookie: '*'}, set: {priority: high}}").answer(SHOP, field).fields
    if b"priority" not in field.lower():
        assert passed == field + b"; Priority=High" or passed == field + b"; Priority=high"


@settings(deadline=None)
@given(sent=st.binary(max_size=60))
def test_a_rule_about_one_cookie_leaves_the_others_bytes(sent: bytes) -> None:
    talk = Conversation("- {match: {cookie: gone}, drop: true}")
    (up,) = talk.request(SHOP, b"first=1 ;gone=1;  " + sent + b";last = 2").fields
    assert up.startswith(b"first=1 ")
    assert up.endswith(b";last = 2")
    names = [pair.name for pair in parse_cookie(sent)]
    assert [pair.name for pair in parse_cookie(up)] == [b"first", *[n for n in names if n != b"gone"], b"last"]


# -- random traffic --------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from([b"a", b"b", b"sid", b"x-b", b"__Host-h", b"__Secure-s", b"", b"A"])
ATTRIBUTES = st.sampled_from(
    [
        b"Path=/",
        b"Path=/x",
        b"Domain=shop.example",
        b"Domain=www.shop.example",
        b"Domain=other.example",
        b"Secure",
        b"HttpOnly",
        b"SameSite=Lax",
        b"SameSite=Strict",
        b"SameSite=None",
        b"Max-Age=3",
        b"Max-Age=100",
        b"Max-Age=0",
        b"Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        b"Partitioned",
        b"Priority=Low",
        b"junk",
    ]
)
FIELDS = st.builds(
    lambda name, value, attributes: b"; ".join([name + b"=" + value, *attributes]),
    NAMES,
    st.sampled_from([b"1", b"2", b"", b"SECRET" * 9]),
    st.lists(ATTRIBUTES, max_size=4),
)
URLS = st.sampled_from(
    [SHOP, SHOP + "x", SHOP + "x/y?q", "http://shop.example/", "https://www.shop.example/", "https://other.example/x"]
)
RULES = st.sampled_from(
    [
        "- {match: {cookie: sid}, hold: true}",
        "- {match: {cookie: '*', site: shop.example}, hold: true}",
        "- {match: {cookie: b}, rename: 'x-{name}'}",
        "- {match: {cookie: a}, rename: __Host-a, set: {secure: true, path: /, domain: false}}",
        "- {match: {cookie: a}, drop: response}",
        "- {match: {cookie: A}, drop: true}",
        "- {match: {cookie: [a, b]}, set: {path: /x, samesite: none, secure: true}}",
        "- {match: {cookie: '*'}, cap: 50}",
        "- {add: {name: own, value: z, path: /}}",
        "- {add: {name: own, value: z, to: request}}",
        "- {match: {has: {httponly: true}}, keep: [a, sid]}",
        "- {match: {cookie: a, path: '/x*'}, hold: true}",
    ]
)
ALL_HEADERS: list[Headers] = [
    (),
    OWN_NAVIGATION,
    SAME_ORIGIN_FETCH,
    CROSS_SITE_NAVIGATION,
    CROSS_SITE_IMAGE,
    fetch("same-origin", "navigate", "iframe"),
    ((b"Origin", b"null"),),
    ((b"Referer", b"https://news.example/"),),
]


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    browser=st.sampled_from(sorted(PROFILES)),
    enforce=st.booleans(),
    per_site=st.sampled_from([None, 1, 3]),
)
def test_random_traffic_with_random_rules_never_raises(
    data: st.DataObject, browser: str, enforce: bool, per_site: int | None
) -> None:
    talk = Conversation(browser=browser, enforce=enforce, limits=Overrides(per_site=per_site))
    for _ in range(data.draw(st.integers(1, 12))):
        match data.draw(st.integers(0, 5)):
            case 0:
                talk.configure("\n".join(data.draw(st.lists(RULES, max_size=1))))
            case 1:
                talk.restart()
        headers = data.draw(st.sampled_from(ALL_HEADERS))
        cookies = data.draw(st.lists(FIELDS | SOURCES, max_size=2))
        method = data.draw(st.sampled_from(["GET", "POST", "OPTIONS"]))
        watch = data.draw(st.integers(0, 5)) == 0
        asked = talk.request(data.draw(URLS), *cookies, headers=headers, method=method, watch=watch)
        assert asked.changed or asked.fields == cookies
        fields = data.draw(st.lists(FIELDS | SOURCES, max_size=3))
        answered = talk.response(asked, *fields, watch=watch)
        assert answered.changed or answered.fields == fields
        assert not (watch and (asked.changed or answered.changed))
        assert all("SECRET" not in (event.sentence or "") for event in asked.events + answered.events)


NOT_PASSED = frozenset(("dropped-by-rule", "evicted"))
AGREEING = ("chrome", "firefox", "classic", "ie8", "rfc6265bis", "none")
PASSING_RULES = [
    "",
    "- {match: {cookie: [a, b]}, set: {path: /x, samesite: lax}}",
    "- {match: {cookie: b}, rename: 'y-{name}'}",
    "- {match: {cookie: a}, drop: true}\n- {match: {cookie: sid}, cap: 2}",
    "- {match: {cookie: sid}, hold: true}",
    "- {match: {cookie: '*'}, replace: {find: '1', with: '9'}}\n- {add: {name: own, value: z}}",
]


@pytest.mark.parametrize("enforce", [False, True], ids=["predicting", "enforcing"])
@settings(max_examples=60, deadline=None)
@given(
    browser=st.sampled_from(AGREEING),
    rules=st.sampled_from(PASSING_RULES),
    per_site=st.sampled_from([None, 4, 6]),
    visits=st.lists(st.tuples(URLS, st.lists(FIELDS, max_size=3)), max_size=12),
)
def test_a_browser_that_lives_by_the_profile_always_agrees_with_the_mirror(
    enforce: bool, browser: str, rules: str, per_site: int | None, visits: list[tuple[str, list[bytes]]]
) -> None:
    """But for what is on its way out, and while no response alone fills a site: the browser sees only what is left of it."""
    limits = Overrides(per_site=per_site)
    talk = Conversation(rules, browser, enforce, limits)
    surfer = Surfer(talk)
    surfer.jar.profile = talk.profile
    for url, fields in visits:
        asked, _ = surfer.visit(url, *fields)
        leaving = {each.cookie.key for each in talk.client.leaving}
        assert {key: value for key, value in surfer.has().items() if key not in leaving} == surfer.should_have()
        assert all(pair.event.value == "sent" or pair.reason in NOT_PASSED for pair in asked.pairs)
        assert not [said for said in asked.said() if said.startswith("missing")]


@settings(max_examples=60, deadline=None)
@given(
    per_site=st.sampled_from([1, 2, 5]),
    visits=st.lists(st.tuples(URLS, st.lists(FIELDS, max_size=6)), min_size=1, max_size=10),
)
def test_enforced_limits_are_kept_by_a_browser_that_has_none(
    per_site: int, visits: list[tuple[str, list[bytes]]]
) -> None:
    talk = Conversation(browser="rfc6265bis", enforce=True, limits=Overrides(per_site=per_site))
    surfer = Surfer(talk, "none")
    for url, fields in visits:
        asked, _ = surfer.visit(url, *fields)
        assert sum(len(parse_cookie(field)) for field in asked.fields) <= 3 * per_site
    for url in (SHOP, SHOP + "x", "https://www.shop.example/x", "https://other.example/x/y"):
        surfer.visit(url)
    assert surfer.has() == surfer.should_have()
    by_domain: dict[str, int] = {}
    for key in surfer.has():
        by_domain[key.domain] = by_domain.get(key.domain, 0) + 1
    assert max(by_domain.values(), default=0) <= per_site


@settings(max_examples=40, deadline=None)
@given(fields=st.lists(FIELDS, max_size=8), urls=st.lists(URLS, min_size=1, max_size=6))
def test_a_browser_that_sees_no_cookie_is_the_same_to_the_application(fields: list[bytes], urls: list[str]) -> None:
    """With everything held, the application gets what it would have got from a browser."""
    held = Conversation("- {match: {cookie: '*'}, hold: true}", browser="none")
    plain = Conversation(browser="none")
    surfer = Surfer(plain)
    for index, url in enumerate(urls):
        some = fields[index :: len(urls)]
        asked_of_held = held.request(url, headers=OWN_NAVIGATION)
        assert held.response(asked_of_held, *some).fields == []
        asked, _ = surfer.visit(url, *some)
        assert asked_of_held.fields == asked.fields
