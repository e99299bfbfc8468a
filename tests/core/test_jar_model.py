"""The jar against a naive list of cookies, and whatever Hypothesis thinks of doing to both (RFC 6265bis 5.7, 5.8; R1).

The model follows the draft step by step and looks at every cookie each time; the jar finds the same in its shelves. Beside it,
the shelves are held to each other, and every profile to its limits.
"""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cookieproxy.core.accept import EXPIRED, accept
from cookieproxy.core.access import Access, SameSiteContext
from cookieproxy.core.cookie import Cookie, SameSite
from cookieproxy.core.evict import PARTITION_BYTES
from cookieproxy.core.habits import SiteKey
from cookieproxy.core.hosts import domain_match, site_of
from cookieproxy.core.jar import Bounds, Jar
from cookieproxy.core.outcome import Ignored, IgnoreReason, Receipt, RemovalCause, Removed, Replaced, Stored
from cookieproxy.core.paths import path_match
from cookieproxy.core.profiles import PROFILES, RFC6265BIS, Overrides, Profile
from cookieproxy.core.syntax import parse_set_cookie
from cookieproxy.core.withhold import sendable, sendable_of_many, withhold_reason
from rig.jars import NOW, SUFFIXES, access, contents, jar_of, text

NAMES = st.sampled_from(["a", "b", "c", "__Host-d", ""])
ATTRIBUTES = st.sampled_from(
    [
        "Path=/", "Path=/x", "Path=/x/y", "Path=/x/", "Path=", "Domain=shop.example", "Domain=www.shop.example",
        "Domain=example", "Domain=other.example", "Secure", "Secure", "HttpOnly", "Max-Age=0", "Max-Age=5", "Max-Age=50",
        "SameSite=None", "SameSite=Lax", "SameSite=Strict", "Partitioned", "Priority=Low", "Priority=High",
    ]
)  # fmt: skip
FIELDS = st.builds(
    lambda name, value, attributes: "; ".join([f"{name}={value}", *attributes]).encode(),
    NAMES,
    st.sampled_from(["1", "2", "3" * 3000, ""]),
    st.lists(ATTRIBUTES, max_size=5),
)
URLS = st.sampled_from(
    [
        "https://shop.example/", "https://www.shop.example/x/y", "https://a.www.shop.example/x", "http://www.shop.example/x/y",
        "http://shop.example/", "http://localhost/", "https://localhost/x", "https://127.0.0.1/", "https://me.github.io/x/",
        "https://github.io/", "https://other.example/xy",
    ]
)  # fmt: skip
CONTEXTS = st.sampled_from([SameSiteContext.SAME_SITE] * 3 + list(SameSiteContext))
PARTITIONS = st.sampled_from([None, "https://one.example", "https://two.example"])


FEW_FIELDS = st.builds(
    lambda name, value, attributes: "; ".join([f"{name}={value}", *attributes]).encode(),
    st.sampled_from(["a", "a", "b"]),
    st.sampled_from(["1", "2"]),
    st.lists(
        st.sampled_from(
            ["Path=/", "Path=/x", "Domain=shop.example", "Secure", "HttpOnly", "Max-Age=0", "Max-Age=5", "SameSite=Lax"]
        ),
        max_size=3,
    ),
)
FEW_URLS = st.sampled_from(["https://shop.example/", "http://shop.example/", "https://www.shop.example/x/y"])
"""Few enough that they meet."""


# -- the draft, word by word -------------------------------------------------------------------------------------------


@dataclass
class Model:
    """5.7 steps 15, 16 and 23 and 5.8.3 as they are written, over a list."""

    cookies: list[Cookie]

    def store(self, cookie: Cookie, to: Access) -> str:
        self.cookies = [c for c in self.cookies if c.expiry_time is None or c.expiry_time > to.time]
        if not cookie.secure_only and to.scheme != "https" and any(map(cookie_alone(cookie), self.cookies)):
            return IgnoreReason.OVERWRITES_SECURE.value
        old = [c for c in self.cookies if identity(c) == identity(cookie)]
        if old and old[0].http_only and not to.http_api:
            return IgnoreReason.HTTP_ONLY_FROM_SCRIPT.value
        self.cookies = [c for c in self.cookies if c not in old]
        if cookie.expiry_time == EXPIRED:
            return "removed" if old else IgnoreReason.ALREADY_EXPIRED.value
        if old:
            cookie.creation_time, cookie.sequence = old[0].creation_time, old[0].sequence
        self.cookies.append(cookie)
        return "replaced" if old else "stored"

    def retrieve(self, to: Access) -> list[Cookie]:
        chosen = [c for c in self.cookies if goes_along(c, to)]
        return sorted(chosen, key=lambda c: (-len(c.path), c.creation_time, c.sequence))


def identity(cookie: Cookie) -> tuple[object, ...]:
    return (cookie.name, cookie.domain, cookie.host_only, cookie.path)


def cookie_alone(new: Cookie):  # type: ignore[no-untyped-def]  # a predicate over cookies
    """5.7 step 16."""

    def is_protected(old: Cookie) -> bool:
        return (
            old.name == new.name
            and old.secure_only
            and (domain_match(old.domain, new.domain) or domain_match(new.domain, old.domain))
            and path_match(new.path, old.path)
        )

    return is_protected


def goes_along(cookie: Cookie, to: Access) -> bool:
    """5.8.3 step 1."""
    if cookie.host_only and to.host != cookie.domain:
        return False
    if not cookie.host_only and not domain_match(to.host, cookie.domain):
        return False
    if not path_match(to.path, cookie.path) or (cookie.secure_only and to.scheme != "https"):
        return False
    if (cookie.http_only and not to.http_api) or (cookie.expiry_time is not None and cookie.expiry_time <= to.time):
        return False
    if cookie.same_site is SameSite.NONE or to.context is SameSiteContext.SAME_SITE:
        return True
    return to.context is SameSiteContext.CROSS_SITE_SAFE_NAVIGATION and cookie.same_site is not SameSite.STRICT


def word(receipt: Receipt) -> str:
    match receipt.outcome:
        case Stored():
            return "stored"
        case Replaced():
            return "replaced"
        case Removed():
            return "removed"
        case Ignored(reason):
            return reason.value


class JarAndModel(RuleBasedStateMachine):
    """The draft without counts: whatever is set and asked, jar and model say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.jar = jar_of("none")
        self.model = Model([])
        self.now = 0.0
        self.sequence = 0

    @rule(seconds=st.sampled_from([0.5, 4, 5, 60]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(url=FEW_URLS, field=FEW_FIELDS, http_api=st.sampled_from([True, True, True, False]))
    def a_response(self, url: str, field: bytes, http_api: bool) -> None:
        to = access(url, self.now, http_api=http_api)
        said = word(self.jar.receive(parse_set_cookie(field), to))
        self.sequence += 1
        cookie = accept(parse_set_cookie(field), to, RFC6265BIS, SUFFIXES, self.sequence)
        expected = cookie.value if isinstance(cookie, IgnoreReason) else self.model.store(cookie, to)
        assert said == expected

    @rule(url=FEW_URLS, context=CONTEXTS, http_api=st.sampled_from([True, True, False]))
    def a_request(self, url: str, context: SameSiteContext, http_api: bool) -> None:
        to = access(url, self.now, context, http_api=http_api)
        ours = [text(cookie, to.time) for cookie in self.jar.retrieve(to)]
        assert ours == [text(cookie, to.time) for cookie in self.model.retrieve(to)]

    @rule()
    def time_is_up(self) -> None:
        now = NOW + self.now
        expired = [
            cookie for cookie in self.model.cookies if cookie.expiry_time is not None and cookie.expiry_time <= now
        ]
        self.model.cookies = [cookie for cookie in self.model.cookies if cookie not in expired]
        gone = self.jar.expire(now)
        assert {removal.cause for removal in gone} <= {RemovalCause.EXPIRED}

    @rule()
    def the_browser_closes(self) -> None:
        self.jar.end_session()
        self.model.cookies = [cookie for cookie in self.model.cookies if cookie.expiry_time is not None]

    @invariant()
    def nothing_live_is_lost(self) -> None:
        now = NOW + self.now
        live = [c for c in self.jar if c.expiry_time is None or c.expiry_time > now]
        model = [c for c in self.model.cookies if c.expiry_time is None or c.expiry_time > now]
        assert sorted(map(text, live)) == sorted(map(text, model))


TestJarAndModel = JarAndModel.TestCase
TestJarAndModel.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


# -- every profile within its limits, the shelves in agreement ---------------------------------------------------------

SMALL = Overrides(per_site=4, total=7)
BOUNDS = Bounds(cookies=10, size_bytes=14_000)


class AnyJar(RuleBasedStateMachine):
    """Every profile with small counts of the user's own, adopted cookies, partitions, scripts and restarts."""

    profile: Profile = RFC6265BIS

    def __init__(self) -> None:
        super().__init__()
        self.limits = self.profile.with_limits(SMALL)
        self.jar = Jar(self.limits, SUFFIXES, BOUNDS)
        self.now = 0.0
        self.known: dict[object, Cookie] = {}
        """The jar as whoever follows its changes knows it."""

    @rule(seconds=st.sampled_from([0.0, 1.0, 5.0, 61.0, 40 * 86_400.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(
        url=URLS, fields=st.lists(FIELDS, max_size=4), number=st.integers(0, 12), partition=PARTITIONS, context=CONTEXTS
    )
    def a_response(
        self, url: str, fields: list[bytes], number: int, partition: str | None, context: SameSiteContext
    ) -> None:
        to = access(url, self.now, context, partition=partition)
        for position, field in enumerate([*fields, b"n%d=v" % number]):
            before = set(self.jar)
            receipt = self.jar.receive(parse_set_cookie(field), to, position)
            self.hold_to_its_word(before, receipt)

    def hold_to_its_word(self, before: set[Cookie], receipt: Receipt) -> None:
        """What a receipt says is exactly what changed."""
        came, went = set(), {removal.cookie for removal in receipt.removals}
        match receipt.outcome:
            case Stored(cookie):
                came.add(cookie)
            case Replaced(cookie, old):
                came.add(cookie)
                went.add(old)
            case Removed(old):
                went.add(old)
        assert set(self.jar) == (before | came) - went

    @rule(url=URLS, context=CONTEXTS, partition=PARTITIONS, http_api=st.booleans())
    def a_request(self, url: str, context: SameSiteContext, partition: str | None, http_api: bool) -> None:
        to = access(url, self.now, context, http_api=http_api, partition=partition)
        chosen = self.jar.retrieve(to)
        may_go = [cookie for cookie in self.jar if self.jar.withhold(cookie, to) is None]
        assert set(chosen) == set(may_go)
        assert chosen == sorted(chosen, key=self.limits.order)
        assert sendable_together(self.jar, to) == sorted(may_go, key=self.limits.order)

    @rule(url=URLS, name=NAMES, value=st.sampled_from(["1", "2"]))
    def adopt(self, url: str, name: str, value: str) -> None:
        cookie, _ = self.jar.adopt(name.encode(), value.encode(), access(url, self.now))
        assert self.jar.get(cookie.key) is cookie

    @rule(pick=st.integers(0, 50), value=st.sampled_from([b"1", b"new"]))
    def a_script_changes(self, pick: int, value: bytes) -> None:
        cookies = list(self.jar)
        if cookies:
            self.jar.renew(cookies[pick % len(cookies)], value, NOW + self.now)

    @rule(pick=st.integers(0, 50))
    def the_browser_loses_one(self, pick: int) -> None:
        cookies = list(self.jar)
        if cookies:
            self.jar.remove(cookies[pick % len(cookies)], RemovalCause.GONE)

    @rule()
    def time_is_up(self) -> None:
        self.jar.expire(NOW + self.now)
        assert all(cookie.expiry_time is None or cookie.expiry_time > NOW + self.now for cookie in self.jar)

    @rule()
    def the_proxy_restarts(self) -> None:
        restarted = Jar(self.limits, SUFFIXES, BOUNDS)
        for cookie in self.known.values():
            restarted.place(replace(cookie))
        assert contents(restarted) == contents(self.jar)
        restarted.drain_changes()
        self.jar = restarted
        self.known = {cookie.key: cookie for cookie in restarted}

    @invariant()
    def changes_tell_the_jar(self) -> None:
        for key, cookie in self.jar.drain_changes().items():
            if cookie is None:
                self.known.pop(key, None)
            else:
                assert cookie.key == key
                self.known[key] = cookie
        assert set(self.known.values()) == set(self.jar)

    @invariant()
    def limits_hold(self) -> None:
        counted = [cookie for cookie in self.jar if not cookie.adopted]
        shared: dict[object, list[Cookie]] = {}
        for cookie in counted:
            shared.setdefault(bucket(cookie, self.limits), []).append(cookie)
        assert all(len(cookies) <= 4 for cookies in shared.values())
        total = [c for c in counted if c.partition is None] if self.limits.name == "chrome" else counted
        assert len(total) <= 7
        assert len(self.jar) <= BOUNDS.cookies
        assert self.jar.size_bytes <= BOUNDS.size_bytes
        slack = 1.2 if self.limits.name == "firefox" else 1.0
        for cookies in shared.values():
            if cookies[0].partition is not None and len({c.name for c in cookies}) == len(cookies):
                assert sum(c.size_bytes for c in cookies) <= PARTITION_BYTES * slack

    @invariant()
    def shelves_agree(self) -> None:
        agree(self.jar)


def bucket(cookie: Cookie, profile: Profile) -> object:
    match profile.site_key:
        case SiteKey.REGISTRABLE_DOMAIN:
            return (site_of(cookie.domain, SUFFIXES), cookie.partition)
        case SiteKey.DOMAIN:
            return cookie.domain
        case SiteKey.EXACT_DOMAIN:
            return (cookie.domain, cookie.host_only)


def sendable_together(jar: Jar, to: Access) -> list[Cookie]:
    """What may be sent, judged as it is for many cookies."""
    shelves = jar._shelves
    return [] if shelves is None else sendable_of_many(shelves.merged(to.host), to, jar.profile, shelves.first_end)


def agree(jar: Jar) -> None:
    """Every shelf holds what the list of all cookies says it should."""
    everyone = list(jar)
    assert jar.size_bytes == sum(cookie.size_bytes for cookie in everyone)
    assert all(jar.get(cookie.key) is cookie for cookie in everyone)
    shelves = jar._shelves
    if shelves is None:
        assert everyone == []
        return
    assert shelves.adopted == sum(cookie.adopted for cookie in everyone)
    assert set(shelves.domains) == {cookie.domain for cookie in everyone}
    for domain, shelf in shelves.domains.items():
        expected = [cookie for cookie in everyone if cookie.domain == domain]
        assert shelf.cookies == sorted(expected, key=jar.profile.order)
        assert shelf in shelf.site.domains
        assert shelf.adopted == sum(cookie.adopted for cookie in expected)
    assert set(shelves.sites) == {site_of(cookie.domain, SUFFIXES) for cookie in everyone}
    for name, site in shelves.sites.items():
        expected = [cookie for cookie in everyone if site_of(cookie.domain, SUFFIXES) == name]
        assert (site.count, site.adopted) == (len(expected), sum(cookie.adopted for cookie in expected))
        assert set(site) == set(expected)
        guarded = {cookie for cookies in (site.guarded or {}).values() for cookie in cookies}
        assert guarded == {cookie for cookie in expected if cookie.secure_only or cookie.adopted}
    for host in ("www.shop.example", "a.www.shop.example", "127.0.0.1", "x.localhost"):
        expected = [c for c in everyone if host == c.domain or host.endswith(f".{c.domain}")]
        assert list(jar.candidates(host)) == sorted(expected, key=jar.profile.order)


def machine(name: str) -> type:
    """The machine's test case for one profile."""
    made = type(f"AnyJarOf{name.title()}", (AnyJar,), {"profile": PROFILES[name]}).TestCase  # type: ignore[attr-defined]
    made.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
    return made


TestChrome = machine("chrome")
TestFirefox = machine("firefox")
TestSafari = machine("safari")
TestCurl = machine("curl")
TestInternetExplorer = machine("ie6")
TestClassic = machine("classic")
TestDraft = machine("rfc6265bis")


# -- bulk --------------------------------------------------------------------------------------------------------------

COUNTED = ("classic", "ie6", "ie8", "rfc6265bis", "chrome", "firefox")


@pytest.mark.parametrize("name", COUNTED)
@given(
    cookies=st.lists(
        st.tuples(st.integers(0, 400), st.booleans(), st.sampled_from(["", "; Priority=Low"])), max_size=500
    ),
    per_site=st.one_of(st.none(), st.integers(0, 40)),
)
@settings(max_examples=15, deadline=None)
def test_a_site_never_has_more_cookies_than_its_browser_keeps(
    name: str, cookies: list[tuple[int, bool, str]], per_site: int | None
) -> None:
    """R1."""
    profile = PROFILES[name].with_limits(Overrides(per_site=per_site))
    most = profile.counts.per_site
    assert most is not None
    jar = jar_of(profile)
    for second, (number, secure, more) in enumerate(cookies):
        field = f"{number}=v{'; Secure' if secure else ''}{more}".encode()
        jar.receive(parse_set_cookie(field), access("https://shop.example/", second / 10))
        assert len(jar) <= most


@given(st.lists(st.binary(max_size=60), max_size=12), URLS, st.sampled_from(list(PROFILES)), CONTEXTS, st.booleans())
def test_nothing_raises_on_any_octets(
    fields: list[bytes], url: str, name: str, context: SameSiteContext, http_api: bool
) -> None:
    jar = jar_of(name)
    to = access(url, 0, context, http_api=http_api, partition="https://top.example")
    for position, field in enumerate(fields):
        jar.receive(parse_set_cookie(field), to, position)
        jar.adopt(field[:5], field[5:], to)
    for cookie in jar.retrieve(to):
        assert jar.withhold(cookie, to) is None
    agree(jar)


@given(st.lists(FIELDS, max_size=8), URLS, URLS, CONTEXTS, st.booleans(), PARTITIONS, st.sampled_from(list(PROFILES)))
def test_what_is_sendable_is_what_there_is_no_reason_to_withhold(
    fields: list[bytes],
    url: str,
    other: str,
    context: SameSiteContext,
    http_api: bool,
    partition: str | None,
    name: str,
) -> None:
    jar = jar_of(name)
    for position, field in enumerate(fields):
        jar.receive(parse_set_cookie(field), access(url, 0, partition="https://one.example"), position)
    to = access(other, 5, context, http_api=http_api, partition=partition)
    found = jar.candidates(to.host)
    expected = [cookie for cookie in found if withhold_reason(cookie, to, jar.profile) is None]
    assert sendable(found, to, jar.profile) == expected
    assert sendable_together(jar, to) == expected
