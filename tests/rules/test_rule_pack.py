"""`pack`: several cookies in one, and every one of them back as it was (R2, R7)."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cookieproxy.config import parse_config
from cookieproxy.core.access import Access
from cookieproxy.core.cookie import Cookie
from cookieproxy.core.jar import Jar
from cookieproxy.core.profiles import PROFILES, Profile
from cookieproxy.core.syntax import CookieString, parse_set_cookie
from cookieproxy.rules.engine import Facts
from cookieproxy.rules.packing import MOST_PACKS, Alone, Packer, Taken
from cookieproxy.rules.packs import Member, is_packable, number_of, open_pack, pack_text, unpack
from cookieproxy.suffixes import load

NOW = 1_600_000_000.0
ACCESS = Access("https", "shop.example", b"/cart/view", NOW)
PROFILE = PROFILES["rfc6265bis"]
SUFFIXES = load()


def packed(
    *fields: bytes, packs: list[Cookie] | None = None, profile: Profile = PROFILE, name: bytes = b"jar"
) -> list[bytes]:
    """The packs that are written when a response says this to a browser that has these packs."""
    packer = Packer(ACCESS, profile, SUFFIXES, packs or [])
    for field in fields:
        assert isinstance(packer.take(name, parse_set_cookie(field)), Taken), field
    return [pack.field(NOW) for pack in packer.changed()]


def in_browser(*fields: bytes) -> list[Cookie]:
    """The cookies that a browser makes of these fields."""
    jar = Jar(PROFILE, SUFFIXES)
    for field in fields:
        jar.receive(parse_set_cookie(field), ACCESS)
    return list(jar)


SOON = b"; Max-Age=60; Expires=Sun, 13 Sep 2020 12:27:40 GMT"
LATER = b"; Max-Age=3600; Expires=Sun, 13 Sep 2020 13:26:40 GMT"
FRESH = [
    pytest.param([b"a=1; Path=/", b"b=2; Path=/"], [b"jar=a=1&b=2; Path=/"], id="two"),
    pytest.param([b"a=1; Path=/", b"a=2; Path=/"], [b"jar=a=2; Path=/"], id="the-last-word-counts"),
    pytest.param([b"a=1"], [b"jar=a=1; Path=/cart"], id="default-path"),
    pytest.param([b"a=1; Domain=.Shop.example; Path=/"], [b"jar=a=1; Path=/; Domain=shop.example"], id="domain"),
    pytest.param([b"a=x=y&z%@; Path=/"], [b"jar=a=x=y%26z%25%40; Path=/"], id="escaped"),
    pytest.param([b'a="x, y"; Path=/'], [b"jar=a=%22x%2C%20y%22; Path=/"], id="what-cookies-may-not-have"),
    pytest.param([b"a=\xff\xc3\xa9; Path=/"], [b"jar=a=%FF%C3%A9; Path=/"], id="octets"),
    pytest.param([b"=x; Path=/"], [b"jar==x; Path=/"], id="nameless"),
    pytest.param([b"a=; Path=/"], [b"jar=a=; Path=/"], id="empty"),
    pytest.param(
        [b"a=1; Path=/; Secure; HttpOnly; SameSite=lax"],
        [b"jar=a=1&@shl; Path=/; Secure; HttpOnly; SameSite=Lax"],
        id="flags",
    ),
    pytest.param(
        [b"a=1; Path=/; Max-Age=60", b"b=2; Path=/; Max-Age=3600"],
        [b"jar=a=1@1600000060&b=2@1600003600; Path=/" + LATER],
        id="the-longest-expiry",
    ),
    pytest.param(
        [b"a=1; Path=/", b"b=2; Path=/; Max-Age=60", b"c=3; Path=/; Secure", b"d=4; Path=/"],
        [b"jar=a=1&d=4; Path=/", b"jar.2=b=2@1600000060; Path=/" + SOON, b"jar.3=c=3&@s; Path=/; Secure"],
        id="each-kind-in-its-own",
    ),
    pytest.param([b"a=1; Path=/", b"b=2; Path=/x"], [b"jar=a=1; Path=/", b"jar=b=2; Path=/x"], id="each-scope-too"),
]


@pytest.mark.parametrize(("fields", "expected"), FRESH)
def test_packs_of_a_browser_that_has_none(fields: list[bytes], expected: list[bytes]) -> None:
    assert packed(*fields) == expected


BEFORE = b"jar=a=1&b=2; Path=/"
AGAIN = [
    pytest.param([BEFORE], [b"b=9; Path=/"], [b"jar=a=1&b=9; Path=/"], id="one-member-set"),
    pytest.param([BEFORE], [b"c=3; Path=/"], [b"jar=a=1&b=2&c=3; Path=/"], id="one-member-more"),
    pytest.param([BEFORE], [b"b=2; Path=/"], [BEFORE], id="set-again-as-it-was"),
    pytest.param([BEFORE], [b"a=; Max-Age=0; Path=/"], [b"jar=b=2; Path=/"], id="one-member-deleted"),
    pytest.param([BEFORE], [b"x=; Max-Age=0; Path=/"], [], id="another-deleted"),
    pytest.param([BEFORE], [b"a=1; Path=/elsewhere"], [b"jar=a=1; Path=/elsewhere"], id="another-scope"),
    pytest.param(
        [b"jar=a=1; Path=/"],
        [b"a=; Max-Age=0; Path=/"],
        [b"jar=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
        id="the-last-member-deleted",
    ),
    pytest.param(
        [BEFORE],
        [b"a=1; Path=/; Max-Age=60"],
        [b"jar=b=2; Path=/", b"jar.2=a=1@1600000060; Path=/" + SOON],
        id="session-to-persistent",
    ),
    pytest.param(
        [b"jar=a=1@1599999999&b=2@1600003600; Path=/; Max-Age=9999"],
        [b"c=3; Max-Age=60; Path=/"],
        [b"jar=b=2@1600003600&c=3@1600000060; Path=/" + LATER],
        id="what-has-expired-goes",
    ),
    pytest.param(
        [b"jar=a=1&@h; Path=/; HttpOnly", b"jar.2=b=2; Path=/"],
        [b"c=3; Path=/"],
        [b"jar.2=b=2&c=3; Path=/"],
        id="only-the-one-it-belongs-to",
    ),
    pytest.param(
        [b"old=a=1&b=2; Path=/"], [b"a=9; Path=/"], [b"old=b=2; Path=/", b"jar=a=9; Path=/"], id="another-name"
    ),
]


@pytest.mark.parametrize(("had", "fields", "expected"), AGAIN)
def test_packs_that_the_browser_has(had: list[bytes], fields: list[bytes], expected: list[bytes]) -> None:
    assert sorted(packed(*fields, packs=in_browser(*had))) == sorted(expected)


def test_a_pack_that_nobody_saw_being_set_keeps_its_members() -> None:
    jar = Jar(PROFILE, SUFFIXES)
    jar.adopt(b"jar", b"a=1&b=2", ACCESS)
    assert packed(b"b=3; Domain=shop.example; Path=/", packs=list(jar)) == [b"jar=a=1&b=3; Path=/; Domain=shop.example"]


ALONE = [
    pytest.param(b"__Host-a=1; Secure; Path=/", Alone.UNFIT, id="a-prefix"),
    pytest.param(b"a=" + b"%" * 2000, Alone.TOO_LARGE, id="too-large-once-escaped"),
    pytest.param(b"a=" + b"x" * 5000, Alone.REFUSED, id="too-large-anyway"),
    pytest.param(b"a=1; Domain=other.example", Alone.REFUSED, id="another-domain"),
    pytest.param(b"a=1; SameSite=None", Alone.REFUSED, id="none-without-secure"),
]


@pytest.mark.parametrize(("field", "why"), ALONE)
def test_what_cannot_be_packed_passes_alone(field: bytes, why: Alone) -> None:
    assert Packer(ACCESS, PROFILE, SUFFIXES, []).take(b"jar", parse_set_cookie(field)) is why


def test_who_passes_alone_leaves_its_pack() -> None:
    packer = Packer(ACCESS, PROFILE, SUFFIXES, in_browser(BEFORE))
    assert packer.take(b"jar", parse_set_cookie(b"a=" + b"%" * 2000 + b"; Path=/")) is Alone.TOO_LARGE
    assert [pack.field(NOW) for pack in packer.changed()] == [b"jar=b=2; Path=/"]


def test_plain_http_leaves_the_members_of_a_secure_pack_alone() -> None:
    packer = Packer(ACCESS._replace(scheme="http"), PROFILE, SUFFIXES, in_browser(b"jar=a=1&@s; Path=/; Secure"))
    assert packer.take(b"jar", parse_set_cookie(b"a=evil; Path=/")) is Alone.REFUSED
    assert packer.take(b"jar", parse_set_cookie(b"a=; Path=/; Max-Age=0")) is Alone.REFUSED
    assert packer.changed() == []


def test_a_full_pack_is_continued_in_another() -> None:
    fields = [b"c%d=%b; Path=/" % (number, b"x" * 500) for number in range(20)]
    written = [parse_set_cookie(field) for field in packed(*fields)]
    assert [field.name for field in written] == [b"jar", b"jar.2", b"jar.3"]
    assert all(len(field.name) + len(field.value) <= 4096 for field in written)
    assert sum(len(open_pack(field.value)[0]) for field in written) == 20


@pytest.mark.parametrize("flags", [b"", b"; Secure; HttpOnly"])
def test_a_pack_may_be_as_large_as_the_browser_allows_and_no_larger(flags: bytes) -> None:
    sizes = set()
    for length in range(30):
        written = packed(
            b"a=1" + flags, b"b=%b%b" % (b"x" * length, flags), profile=replace(PROFILE, per_cookie_bytes=24)
        )
        sizes |= {len(field.name) + len(field.value) for field in map(parse_set_cookie, written)}
        if len(sizes) and len(written) == 2:
            break
    assert max(sizes) == 24


def test_no_more_packs_than_a_site_may_have() -> None:
    packer = Packer(ACCESS, replace(PROFILE, per_cookie_bytes=12), SUFFIXES, [])
    taken = [packer.take(b"jar", parse_set_cookie(b"a%02d=1" % number)) for number in range(60)]
    assert len(packer.changed()) == MOST_PACKS
    assert taken[-1] is Alone.TOO_MANY


def test_a_member_that_grows_moves() -> None:
    full = [b"c%d=%b; Path=/" % (number, b"x" * 500) for number in range(8)]
    (had,) = packed(*full)
    written = packed(b"c0=%b; Path=/" % (b"y" * 700), packs=in_browser(had))
    members = [[member.name for member in open_pack(parse_set_cookie(field).value)[0]] for field in written]
    assert members == [[b"c1", b"c2", b"c3", b"c4", b"c5", b"c6", b"c7"], [b"c0"]]


@pytest.mark.parametrize(
    ("cookie", "number"),
    [
        *((b"jar", 1), (b"jar.2", 2), (b"jar.17", 17), (b"jar.1", None), (b"jar.02", None), (b"jar.", None)),
        *((b"jars", None), (b"jar.x", None), (b"jar.99999", None), (b"Jar", None)),
    ],
)
def test_what_packs_are_called(cookie: bytes, number: int | None) -> None:
    assert number_of(cookie, b"jar") == number


UP = [
    pytest.param(b"jar=a=1&b=2", b"a=1; b=2", id="alone"),
    pytest.param(b"x=1;  jar=a=1&b=2 ;y", b"x=1; a=1; b=2;y", id="between-others"),
    pytest.param(b"jar=a=1@1600000001&b=2@1600000000", b"a=1", id="what-has-expired-stays-out"),
    pytest.param(b"jar=a=1&@s; jar.2=b=2; x=3", b"a=1; b=2; x=3", id="several"),
    pytest.param(b"jar=", b"", id="empty"),
    pytest.param(b"jar=nonsense&&=&x", b"", id="nonsense"),
    pytest.param(b"jar=a=%0D%0AX:%20y&b=%3B&__Host-c=1&d%3De=1&f=1@x&ok=1", b"ok=1", id="nothing-that-breaks-a-header"),
    pytest.param(b"jar=a=%zz%4", b"a=%zz%4", id="no-escape"),
    pytest.param(b"jars=a=1; other=b=2", b"jars=a=1; other=b=2", id="no-packs"),
]


@pytest.mark.parametrize(("cookies", "expected"), UP)
def test_the_way_up(cookies: bytes, expected: bytes) -> None:
    given_cookies = CookieString(cookies)
    rules = parse_config(b"rules: [{pack: jar}]", "f").rules.for_host("shop.example")
    unpacked = unpack(given_cookies, lambda index: rules.is_pack(given_cookies.pairs[index].name), NOW)
    assert [(pair.name, pair.value) for pair in unpacked.cookies.pairs] == [
        (pair.name, pair.value) for pair in CookieString(expected).pairs
    ]
    assert len(unpacked.origins) == len(unpacked.cookies.pairs)
    if cookies == expected:
        assert unpacked.cookies is given_cookies


def test_rules_say_which_field_is_packed() -> None:
    rules = parse_config(b"rules: [{name: p, match: {cookie: 'a*'}, pack: jar}]", "f").rules.for_host("shop.example")
    fields = [parse_set_cookie(field) for field in (b"ab=1; Path=/", b"b=2")]
    verdicts = rules.on_response(fields, Facts(ACCESS, "shop.example", "")).fields
    assert [verdict.pack for verdict in verdicts] == [b"jar", None]
    assert [(change.rule, change.action, change.after) for change in verdicts[0].changes] == [
        ("p", "pack", b"jar=ab=1; Path=/")
    ]
    observed = parse_config(b"rules: [{pack: jar, mode: observe}]", "f").rules.for_host("shop.example")
    assert observed.on_response(fields, Facts(ACCESS, "shop.example", "")).fields[0].pack is None
    assert not observed.packs


OCTETS = st.binary(max_size=12)
MEMBERS = st.dictionaries(OCTETS, st.tuples(OCTETS, st.none() | st.integers(0, 10**11)), max_size=8).map(
    lambda found: tuple(Member(name, *rest) for name, rest in found.items() if is_packable(name, rest[0]))
)


@given(MEMBERS, st.sampled_from([b"", b"s", b"shl"]))
def test_what_is_packed_comes_back_octet_for_octet(members: tuple[Member, ...], flags: bytes) -> None:
    text = pack_text(members, flags)
    assert open_pack(text) == (members, flags)
    assert all(0x21 <= octet < 0x7F and octet not in b'",;\\' for octet in text)


@given(st.binary(max_size=60))
def test_any_text_opens_to_something_harmless(text: bytes) -> None:
    members, _ = open_pack(text)
    assert all(is_packable(member.name, member.value) for member in members)
    assert open_pack(pack_text(members))[0] == members


NAMES = st.sampled_from([b"a", b"b", b"c", b"d"])
ATTRIBUTES = st.sampled_from(
    [b"", b"; Secure", b"; HttpOnly", b"; Max-Age=60", b"; Max-Age=3600; Secure", b"; Max-Age=0"]
)
SETTINGS = st.lists(st.lists(st.tuples(NAMES, st.binary(max_size=6), ATTRIBUTES), min_size=1, max_size=4), max_size=6)


@given(SETTINGS, st.sampled_from([40, 60, 4096]))
@example(
    [[(b"a", b"", b"; Secure"), (b"a", b"!'@\\", b"; Max-Age=3600; Secure"), (b"b", b"", b"; Max-Age=3600; Secure")]],
    40,
)
def test_a_browser_with_packs_has_what_a_browser_without_would_have(
    responses: list[list[tuple[bytes, bytes, bytes]]], most: int
) -> None:
    """Whatever responses say one after the other, values, expiries and flags are the same in the end."""
    profile = replace(PROFILE, per_cookie_bytes=most)
    plain, browser = Jar(profile, SUFFIXES), Jar(profile, SUFFIXES)
    for response in responses:
        packer = Packer(ACCESS, profile, SUFFIXES, [cookie for cookie in browser if cookie.name.startswith(b"jar")])
        for name, value, attributes in response:
            value = bytes(octet for octet in value if octet not in b"; \t" and 0x20 < octet != 0x7F)
            field = parse_set_cookie(b"%b=%b; Path=/%b" % (name, value, attributes))
            plain.receive(field, ACCESS)
            taken = packer.take(b"jar", field)
            if isinstance(taken, Alone) or (taken.pack is None and taken.old is None):
                browser.receive(field, ACCESS)
            elif (alone := browser.get(taken.cookie.key)) is not None:
                browser.receive(parse_set_cookie(b"%b=; Path=/; Max-Age=0" % alone.name), ACCESS)
        for pack in packer.changed():
            browser.receive(parse_set_cookie(pack.field(NOW)), ACCESS)
    has: set[tuple[object, ...]] = set()
    for cookie in browser:
        if cookie.name.startswith(b"jar"):
            members = open_pack(cookie.value)[0]
            has |= {(m.name, m.value, m.expiry, cookie.secure_only, cookie.http_only) for m in members}
            assert len(members) > 0
            assert cookie.expiry_time == max((m.expiry for m in members if m.expiry is not None), default=None)
        else:
            has.add((cookie.name, cookie.value, cookie.expiry_time, cookie.secure_only, cookie.http_only))
    assert has == {(c.name, c.value, c.expiry_time, c.secure_only, c.http_only) for c in plain}
