"""Who has to leave a full jar, browser by browser, down to the last cookie (RFC 6265bis 5.7; R1, R21)."""

from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.cookie import Cookie, Priority
from cookieproxy.core.evict import (
    DAY,
    PARTITION_BYTES,
    Counts,
    chrome_rounds,
    firefox_make_room,
    first_received_out,
    insecure_first,
    lenient_partition,
    oldest_out,
    strict_partition,
    total_idle,
    total_idle_insecure_first,
    total_least_recent,
    total_oldest_created,
)
from cookieproxy.core.jar import Jar
from cookieproxy.core.outcome import Ignored, RemovalCause
from cookieproxy.core.profiles import CHROME, CLASSIC, FIREFOX, IE6, RFC6265BIS, SAFARI, Overrides, Profile
from rig.jars import access, jar_of, names, outcome, receive

PAGE = "https://shop.example/"


def cookie(
    number: int, secure: bool = False, used: float | None = None, priority: Priority = Priority.MEDIUM
) -> Cookie:
    """The cookie that was set as the n-th and has not been used since, or was at that time."""
    time = float(number)
    made = Cookie(b"%d" % number, b"v", "shop.example", b"/", time, time if used is None else used, number)
    made.secure_only, made.priority, made.set_time = secure, priority, time
    return made


def numbers(cookies: Iterable[Cookie]) -> list[int]:
    return [int(victim.name) for victim in cookies]


def filled(profile: Profile, fields: Iterable[str]) -> tuple[Jar, list[str]]:
    """A jar after so many responses a second apart, one field each, and what became of the last one."""
    jar = jar_of(profile)
    said: list[str] = []
    for second, field in enumerate(fields):
        said = [outcome(receipt) for receipt in receive(jar, access(PAGE, second), field)]
    return jar, said


def fields(first: int, last: int, attributes: str = "") -> list[str]:
    return [f"{number}=v{attributes}" for number in range(first, last + 1)]


def span(*ends: tuple[int, int]) -> list[str]:
    return [str(number) for first, last in ends for number in range(first, last + 1)]


SECURE = "; Secure"
LOW = "; Priority=Low"

VECTORS: dict[str, tuple[Profile, list[str], list[str]]] = {
    "classic": (CLASSIC, fields(1, 21), span((2, 21))),
    "C1": (CHROME, fields(1, 181), span((32, 181))),
    "C2": (CHROME, fields(1, 100, SECURE) + fields(101, 181), span((1, 100), (132, 181))),
    "C3": (CHROME, fields(1, 180, SECURE) + fields(181, 181), span((31, 180))),
    "C4": (CHROME, fields(1, 141) + fields(142, 181, LOW), span((22, 141), (152, 181))),
    "C5": (CHROME, fields(1, 170, SECURE) + fields(171, 181), span((21, 170))),
    "F1": (FIREFOX, fields(1, 181), span((32, 181))),
    "F2": (
        FIREFOX,
        fields(1, 175, SECURE) + fields(176, 180) + fields(181, 181, SECURE),
        span((1, 175), (181, 181)),
    ),
    "F3": (FIREFOX, fields(1, 180, SECURE) + fields(181, 181), span((1, 180))),
    "F4": (FIREFOX, fields(1, 181, SECURE), span((32, 181))),
    "draft, non-secure go first": (RFC6265BIS, fields(1, 49, SECURE) + fields(50, 51), span((1, 49), (51, 51))),
    "draft, then the others": (RFC6265BIS, fields(1, 51, SECURE), span((2, 51))),
    "draft, the newcomer itself": (RFC6265BIS, fields(1, 50, SECURE) + fields(51, 51), span((1, 50))),
    "ie6": (IE6, fields(1, 21), span((2, 21))),
    "ie6, set again": (IE6, [*fields(1, 20), "1=w", "21=v"], ["1", *span((3, 21))]),
    "classic, set again keeps the place": (CLASSIC, [*fields(1, 20), "1=w", "21=v"], span((2, 21))),
    "safari, not known": (SAFARI, fields(1, 400), span((1, 400))),
}


@pytest.mark.parametrize(
    ("profile", "set_in_order", "left"), [pytest.param(*vector, id=name) for name, vector in VECTORS.items()]
)
def test_worked_vectors(profile: Profile, set_in_order: list[str], left: list[str]) -> None:
    jar, _ = filled(profile, set_in_order)
    assert sorted(names(jar), key=int) == left


def test_the_refused_newcomer_is_told_so() -> None:
    """Vector F3."""
    _, said = filled(FIREFOX, fields(1, 180, SECURE) + fields(181, 181))
    assert said == ["no-room"]


def test_every_victim_has_its_cause_and_the_cookie_that_caused_it() -> None:
    """R1, R21."""
    jar = jar_of(CLASSIC)
    receive(jar, access(PAGE), *fields(1, 20))
    (receipt,) = receive(jar, access(PAGE), "21=v")
    (removal,) = receipt.removals
    assert removal.cookie.name == b"1"
    assert removal.cause is RemovalCause.EVICTED_SITE
    assert removal.by is not None
    assert removal.by.name == b"21"


@pytest.mark.parametrize("profile", [CHROME, FIREFOX, RFC6265BIS], ids=lambda profile: profile.name)
def test_what_a_response_set_again_earlier_goes_earlier(profile: Profile) -> None:
    """Tried with Chromium 156: the fields of one response arrive one after the other."""
    jar = jar_of(profile.with_limits(Overrides(per_site=3)))
    receive(jar, access(PAGE), "a=1", "b=1", "c=1")
    receipts = receive(jar, access(PAGE, 5), "b=1", "c=1", "a=1", "d=1")
    assert outcome(receipts[-1]) == "stored, b: evicted-site"


# -- limits of the user's own ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "per_site", "left"),
    [
        pytest.param(CHROME, 18, 15, id="chrome: purge depth in proportion"),
        pytest.param(CHROME, 20, 17, id="chrome: rounded down"),
        pytest.param(CHROME, 5, 5, id="chrome: the excess at least"),
        pytest.param(CHROME, 1, 1, id="chrome: one"),
        pytest.param(CHROME, 360, 300, id="chrome: a larger one"),
        pytest.param(FIREFOX, 18, 15, id="firefox: purge depth in proportion"),
        pytest.param(FIREFOX, 5, 5, id="firefox: the excess at least"),
        pytest.param(RFC6265BIS, 7, 7, id="draft"),
        pytest.param(CLASSIC, 3, 3, id="classic"),
        pytest.param(SAFARI, 6, 6, id="safari has one now"),
    ],
)
def test_an_overridden_count_scales_the_purge(profile: Profile, per_site: int, left: int) -> None:
    limited = profile.with_limits(Overrides(per_site=per_site))
    full, said = filled(limited, fields(1, per_site))
    assert (len(full), said) == (per_site, ["stored"])
    jar, _ = filled(limited, fields(1, per_site + 1))
    assert len(jar) == left
    assert names(jar) == span((per_site + 2 - left, per_site + 1))


def test_scaled_quotas_protect_as_many_as_they_say() -> None:
    """18 instead of 180: of Low 3 stay, of Medium 5."""
    limited = CHROME.with_limits(Overrides(per_site=18))
    jar, _ = filled(limited, fields(1, 14) + fields(15, 19, LOW))
    assert names(jar) == span((3, 14), (17, 19))


@pytest.mark.parametrize(
    ("profile", "left"),
    [
        pytest.param(CLASSIC, 5, id="classic"),
        pytest.param(RFC6265BIS, 5, id="draft"),
        pytest.param(CHROME, 5, id="chrome: however recent"),
        pytest.param(FIREFOX, 5, id="firefox: however recent"),
    ],
)
def test_an_overridden_total_is_kept_without_the_30_days(profile: Profile, left: int) -> None:
    jar = jar_of(profile.with_limits(Overrides(total=5)))
    for number in range(1, 9):
        receive(jar, access(f"https://s{number}.example/", number), f"{number}=v")
    assert names(jar) == span((9 - left, 8))


def test_firefox_keeps_an_overridden_total_when_only_ghosts_make_room_on_the_site() -> None:
    jar = jar_of(FIREFOX.with_limits(Overrides(per_site=3, total=3)))
    receive(jar, access("https://a.example/"), "1=v", "2=v", "ghost=v; Max-Age=1")
    receive(jar, access("https://b.example/", 2), "3=v")
    receive(jar, access("https://a.example/", 3), "4=v")
    assert names(jar) == ["2", "3", "4"]


@pytest.mark.parametrize("profile", [CHROME, FIREFOX, RFC6265BIS, CLASSIC])
def test_a_limit_of_nothing_keeps_nothing(profile: Profile) -> None:
    for limits in (Overrides(per_site=0), Overrides(total=0)):
        jar, _ = filled(profile.with_limits(limits), fields(1, 3) + fields(4, 6, SECURE))
        assert len(jar) == 0


# -- the rules one by one --------------------------------------------------------------------------------------------

type Evict = Callable[[Sequence[Cookie], Counts], list[Cookie]]


@pytest.mark.parametrize(
    ("evict", "cookies", "counts", "victims"),
    [
        pytest.param(oldest_out, [cookie(2), cookie(1), cookie(3)], Counts(2), [1], id="oldest: first created"),
        pytest.param(oldest_out, [cookie(1), cookie(2)], Counts(2), [], id="oldest: not full"),
        pytest.param(oldest_out, [cookie(1, used=9.0), cookie(2)], Counts(1), [1], id="oldest: use does not matter"),
        pytest.param(
            insecure_first, [cookie(1, True), cookie(2), cookie(3)], Counts(2), [2], id="draft: non-secure first"
        ),
        pytest.param(
            insecure_first, [cookie(1, used=9.0), cookie(2), cookie(3)], Counts(2), [2], id="draft: least recently used"
        ),
        pytest.param(
            insecure_first,
            [cookie(1, used=5.0), cookie(2, used=5.0)],
            Counts(1),
            [1],
            id="draft: used at once, the older one",
        ),
        pytest.param(
            insecure_first, [cookie(1, True), cookie(2, True), cookie(3)], Counts(1), [3, 1], id="draft: then Secure"
        ),
        pytest.param(chrome_rounds, [cookie(1), cookie(2)], Counts(2, 1), [], id="chrome: not full"),
        pytest.param(
            chrome_rounds, [cookie(i) for i in range(3)], Counts(2, 1), [0, 1], id="chrome: down to the purge"
        ),
        pytest.param(
            chrome_rounds,
            [cookie(1, priority=Priority.HIGH), cookie(2, priority=Priority.LOW), cookie(3)],
            Counts(2),
            [2],
            id="chrome: Low first",
        ),
        pytest.param(
            chrome_rounds,
            [cookie(1, True, priority=Priority.LOW), cookie(2), cookie(3, priority=Priority.HIGH)],
            Counts(2),
            [1],
            id="chrome: Low even if Secure before Medium",
        ),
        pytest.param(
            chrome_rounds,
            [cookie(1, True), cookie(2, priority=Priority.HIGH), cookie(3, True)],
            Counts(2),
            [2],
            id="chrome: High without Secure before Medium with",
        ),
    ],
)
def test_a_site_is_purged(evict: Evict, cookies: list[Cookie], counts: Counts, victims: list[int]) -> None:
    assert numbers(evict(cookies, counts)) == victims


def test_internet_explorer_keeps_what_was_received_last() -> None:
    again = cookie(1)
    again.set_time = 9.0
    assert numbers(first_received_out([again, cookie(2), cookie(3)], Counts(2))) == [2]


NEW = cookie(99)
NEW_SECURE = cookie(99, secure=True)


@pytest.mark.parametrize(
    ("cookies", "expired", "new", "victims"),
    [
        pytest.param([1, 2], [], NEW, [], id="not full"),
        pytest.param([1, 2, 3], [], NEW, [1, 2], id="one more than the purge depth, for the newcomer"),
        pytest.param([1, 2, 3], [4], NEW, [4, 1, 2], id="the expired count, and go first"),
        pytest.param([-1, 2, -3], [], NEW, [2], id="Secure ones stay, even if too few go"),
        pytest.param([-1, -2, -3], [4], NEW, [4], id="an expired one is enough"),
        pytest.param([-1, -2, -3], [], NEW, None, id="a newcomer without Secure evicts no Secure one"),
        pytest.param([-1, -2, -3], [], NEW_SECURE, [1, 2], id="one with Secure does"),
        pytest.param([-1, -2, 3], [], NEW_SECURE, [3], id="but non-secure ones first and alone"),
    ],
)
def test_firefox_makes_room(cookies: list[int], expired: list[int], new: Cookie, victims: list[int] | None) -> None:
    """Three a site, purged to two; negative numbers are Secure."""
    counts = Counts(per_site=3, site_purge=1)
    room = firefox_make_room([cookie(abs(n), n < 0) for n in cookies], [cookie(n) for n in expired], new, counts)
    assert (None if room is None else numbers(room)) == victims


# -- partitions --------------------------------------------------------------------------------------------------------


def sized(number: int, octets: int, name: bytes | None = None) -> Cookie:
    made = cookie(number, secure=True)
    made.name = made.name if name is None else name
    made.value = b"x" * (octets - len(made.name))
    return made


@pytest.mark.parametrize(
    ("sizes", "per_site", "victims"),
    [
        pytest.param([5120, 5120], 180, [], id="10,240 octets fit"),
        pytest.param([5120, 5121], 180, [0], id="one octet more does not"),
        pytest.param([100, 5120, 5120, 100], 180, [0, 1], id="until they fit, the least recent first"),
        pytest.param([1, 1, 1], 2, [0], id="the count, without slack"),
        pytest.param([1, 10_000, 1, 300], 3, [0, 1], id="both"),
        pytest.param([20_000], 180, [0], id="the newcomer itself"),
    ],
)
def test_chrome_keeps_a_partition_small(sizes: list[int], per_site: int, victims: list[int]) -> None:
    cookies = [sized(number, size) for number, size in enumerate(sizes)]
    assert numbers(strict_partition(cookies, Counts(per_site))) == victims


@pytest.mark.parametrize(
    ("sizes", "new", "victims"),
    [
        pytest.param([4096, 4096], sized(9, 4096), [], id="12,288 octets are let be"),
        pytest.param([4096, 4096], sized(9, 4097), [0], id="past it, down to 10,240"),
        pytest.param([1000, 1000, 6000, 4000], sized(9, 1000), [0, 1, 2], id="as many as it takes"),
        pytest.param([4096, 4096, 4096], sized(9, 4096, b"0"), [], id="namesakes do not count"),
        pytest.param([4096, 4096, 4096, 4096], sized(9, 4096, b"0"), [0, 1], id="but may have to go"),
    ],
)
def test_firefox_keeps_a_partition_small(sizes: list[int], new: Cookie, victims: list[int]) -> None:
    cookies = [sized(number, size) for number, size in enumerate(sizes)]
    assert numbers(lenient_partition(cookies, new)) == victims


def test_partitions_are_counted_one_by_one() -> None:
    jar = jar_of(CHROME)
    for top in ("https://one.example", "https://two.example"):
        for number in range(3):
            to = access(PAGE, number, partition=top)
            receive(jar, to, f"{number}={'x' * 4000}; Secure; Partitioned")
    receive(jar, access(PAGE, 9), f"plain={'x' * 4000}; Secure")
    assert [(c.partition, c.name) for c in jar] == [
        ("https://one.example", b"1"),
        ("https://one.example", b"2"),
        ("https://two.example", b"1"),
        ("https://two.example", b"2"),
        (None, b"plain"),
    ]


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        pytest.param(CHROME, ["stored", "stored", "stored, a: evicted-bytes"], id="chrome"),
        pytest.param(FIREFOX, ["stored", "stored", "stored"], id="firefox"),
    ],
)
def test_the_third_large_partitioned_cookie(profile: Profile, words: list[str]) -> None:
    jar = jar_of(profile)
    large = [f"{name}={'x' * 4000}; Secure; Partitioned" for name in "abc"]
    assert [outcome(r) for r in receive(jar, access(PAGE, partition="https://top.example"), *large)] == words


def test_a_crowded_partition_has_its_own_cause() -> None:
    jar = jar_of(CHROME.with_limits(Overrides(per_site=2)))
    to = access(PAGE, partition="https://top.example")
    said = [outcome(receipt) for receipt in receive(jar, to, *fields(1, 3, "; Secure; Partitioned"))]
    assert said == ["stored", "stored", "stored, 1: evicted-site"]


def test_firefox_looks_at_a_partition_when_a_cookie_is_set_again() -> None:
    jar = jar_of(FIREFOX)
    to = access(PAGE, partition="https://top.example")
    receive(jar, to, *[f"{name}={'x' * 2000}; Secure; Partitioned" for name in "abcde"], "f=1; Secure; Partitioned")
    (receipt,) = receive(jar, to, f"f={'x' * 3000}; Secure; Partitioned")
    assert outcome(receipt) == "replaced, a: evicted-bytes, b: evicted-bytes"


# -- the whole jar -----------------------------------------------------------------------------------------------------


def idle(days: float, number: int, secure: bool = False) -> Cookie:
    return cookie(number, secure, used=NOW - days * DAY)


NOW = 1_000 * DAY
FIVE = Counts(total=4, total_purge=2, safe_days=30)


@pytest.mark.parametrize(
    ("cookies", "victims"),
    [
        pytest.param([idle(40, i) for i in range(4)], [], id="not full"),
        pytest.param([idle(40, i) for i in range(5)], [0, 1, 2], id="down to the purge"),
        pytest.param([idle(29, i) for i in range(5)], [], id="none idle for 30 days"),
        pytest.param([idle(30, i) for i in range(5)], [], id="exactly 30 days are not more"),
        pytest.param([idle(40, 0), *[idle(1, i) for i in range(1, 5)]], [0], id="only those that are idle"),
        pytest.param([idle(50, 0, True), *[idle(40, i) for i in range(1, 5)]], [1, 2, 3], id="non-secure ones first"),
        pytest.param(
            [idle(50, 0, True), idle(45, 1, True), *[idle(40, i) for i in range(2, 5)], idle(1, 5)],
            [2, 3, 4, 0],
            id="then Secure ones",
        ),
        pytest.param(
            [*[idle(i, i) for i in range(4)], idle(40, 9, True)], [9], id="Secure ones where the others are in use"
        ),
    ],
)
def test_chrome_purges_the_whole_jar_of_idle_cookies(cookies: list[Cookie], victims: list[int]) -> None:
    assert numbers(total_idle_insecure_first(cookies, FIVE, NOW)) == victims


def expired(days: float, number: int) -> Cookie:
    made = idle(days, number)
    made.expiry_time = NOW - 1
    return made


@pytest.mark.parametrize(
    ("cookies", "victims"),
    [
        pytest.param([idle(40, i) for i in range(10)], [], id="not a tenth over"),
        pytest.param([idle(40, i) for i in range(11)], [0], id="down to the total"),
        pytest.param([idle(32, i) for i in range(11)], [], id="not idle for 33 days"),
        pytest.param([idle(33, 0), *[idle(31, i) for i in range(1, 12)]], [0, 1], id="one is, then 30 days are enough"),
        pytest.param([idle(33, 0), *[idle(29, i) for i in range(1, 12)]], [0], id="only those that are idle"),
        pytest.param([idle(33, 0), expired(1, 1), *[idle(29, i) for i in range(2, 12)]], [1, 0], id="and the expired"),
        pytest.param(
            [idle(33, 0), expired(1, 1), expired(1, 2), *[idle(29, i) for i in range(3, 11)]], [1, 2], id="alone"
        ),
    ],
)
def test_firefox_purges_the_whole_jar_of_idle_cookies(cookies: list[Cookie], victims: list[int]) -> None:
    """Ten in all."""
    went = total_idle(cookies, Counts(total=10, safe_days=30), NOW)
    assert sorted(numbers(went)) == sorted(victims)


def test_the_first_browsers_and_the_draft_purge_without_a_grace() -> None:
    used_long_ago_but_newer = [cookie(1, used=9.0), cookie(2, used=3.0), cookie(3, used=4.0)]
    assert numbers(total_oldest_created(used_long_ago_but_newer, Counts(total=2), NOW)) == [1]
    assert numbers(total_least_recent(used_long_ago_but_newer, Counts(total=2), NOW)) == [2]


@pytest.mark.parametrize(("profile", "most"), [(CLASSIC, 300), (RFC6265BIS, 3000)], ids=["classic", "draft"])
def test_the_whole_jar_has_room_for(profile: Profile, most: int) -> None:
    """R1: 300 cookies in all, one site's after the other's."""
    jar = jar_of(profile)
    for number in range(most + 7):
        receive(jar, access(f"https://s{number // 15}.example/", number), f"{number}=v")
    assert names(jar) == span((7, most + 6))


def test_chrome_has_room_for_more_than_3300_that_are_in_use_and_purges_when_they_are_not() -> None:
    jar = jar_of(CHROME)
    for number in range(3400):
        receive(jar, access(f"https://s{number // 100}.example/", number), f"{number}=v")
    assert len(jar) == 3400
    (receipt,) = receive(jar, access("https://late.example/", 31 * DAY), "late=v")
    assert len(jar) == 3000
    assert {removal.cause for removal in receipt.removals} == {RemovalCause.EVICTED_TOTAL}
    assert names(jar)[0] == "401"


def test_an_idle_cookie_that_is_put_in_later_is_purged_all_the_same() -> None:
    """As when a jar is read back after a restart."""
    jar = jar_of(CHROME)
    for number in range(3310):
        receive(jar, access(f"https://s{number // 100}.example/", number), f"{number}=v")
    old = Cookie(b"old", b"v", "old.example", b"/", 1.0, 1.0, 9999)
    jar.place(old)
    (receipt,) = receive(jar, access("https://late.example/", 4000), "late=v")
    assert [removal.cookie for removal in receipt.removals] == [old]


def test_firefox_has_room_for_more_than_3300_that_are_in_use_and_purges_when_they_are_not() -> None:
    jar = jar_of(FIREFOX)
    for number in range(3400):
        receive(jar, access(f"https://s{number // 100}.example/", number), f"{number}=v")
    assert len(jar) == 3400
    receive(jar, access("https://late.example/", 32 * DAY), "soon=v")
    assert len(jar) == 3401
    receive(jar, access("https://late.example/", 34 * DAY), "late=v")
    assert len(jar) == 3001


# -- ghosts ----------------------------------------------------------------------------------------------------------


def test_expired_cookies_take_a_place_in_firefox_until_the_purge() -> None:
    limited = FIREFOX.with_limits(Overrides(per_site=12))  # purged to 10
    jar = jar_of(limited)
    receive(jar, access(PAGE), *[f"ghost{n}=v; Max-Age=10" for n in range(6)], *fields(1, 6))
    (receipt,) = receive(jar, access(PAGE, 20), "7=v")
    assert {removal.cause for removal in receipt.removals} == {RemovalCause.EXPIRED}
    assert names(jar) == span((1, 7))
    receive(jar, access(PAGE, 21), *fields(8, 10))
    assert names(jar) == span((1, 10))
    assert [outcome(r) for r in receive(jar, access(PAGE, 22), *fields(11, 12))] == ["stored", "stored"]


def test_a_ghost_leaves_when_its_cookie_comes_back() -> None:
    jar = jar_of(FIREFOX.with_limits(Overrides(per_site=2)))
    receive(jar, access(PAGE), "ghost=v; Max-Age=10", "1=v")
    receive(jar, access(PAGE, 20), "ghost=w")
    assert names(jar) == ["1", "ghost"]
    assert [outcome(r) for r in receive(jar, access(PAGE, 21), "2=v")] == ["stored, 1: evicted-site"]


@pytest.mark.parametrize("field", ["ghost=w", "ghost=; Max-Age=0"], ids=["comes back", "is deleted"])
def test_a_ghost_that_leaves_takes_no_place(field: str) -> None:
    jar = jar_of(FIREFOX.with_limits(Overrides(per_site=12)))  # purged to 10
    receive(jar, access(PAGE), "ghost=v; Max-Age=10", *fields(1, 10))
    receive(jar, access(PAGE, 20), field)
    (receipt,) = receive(jar, access(PAGE, 21), "11=v")
    assert outcome(receipt) == "stored"


def test_expired_cookies_take_no_place_in_chrome() -> None:
    jar = jar_of(CHROME.with_limits(Overrides(per_site=3)))
    receive(jar, access(PAGE), "ghost=v; Max-Age=10", "1=v", "2=v")
    assert [outcome(r) for r in receive(jar, access(PAGE, 20), "3=v")] == ["stored, ghost: expired"]


# -- properties --------------------------------------------------------------------------------------------------------

COOKIES = st.lists(
    st.builds(
        cookie,
        st.integers(0, 50),
        st.booleans(),
        st.one_of(st.none(), st.floats(0, 60)),
        st.sampled_from(list(Priority)),
    ),
    max_size=60,
)


@pytest.mark.parametrize("evict", [oldest_out, first_received_out, insecure_first, chrome_rounds])
@given(cookies=COOKIES, per_site=st.integers(0, 60), depth=st.integers(0, 180))
def test_a_purge_goes_exactly_as_deep_as_it_says(
    evict: Evict, cookies: list[Cookie], per_site: int, depth: int
) -> None:
    counts = Counts(per_site=180, site_purge=30).overridden(per_site, None)
    victims = evict(cookies, counts)
    assert len(set(victims)) == len(victims)
    expected = len(cookies) - per_site + counts.site_purge if len(cookies) > per_site else 0
    assert len(victims) == min(expected, len(cookies))


@given(COOKIES, st.integers(1, 60), st.booleans())
def test_firefox_makes_room_for_the_newcomer_or_refuses_it(cookies: list[Cookie], per_site: int, secure: bool) -> None:
    counts = Counts(per_site=180, site_purge=30).overridden(per_site, None)
    new = NEW_SECURE if secure else NEW
    room = firefox_make_room(cookies[:per_site], [], new, counts)
    if room is None:
        assert not secure
        return
    assert len(cookies[:per_site]) - len(room) + 1 <= per_site


@given(st.lists(st.integers(1, 4096), max_size=30), st.integers(1, 4096))
def test_a_partition_never_exceeds_its_octets(sizes: list[int], new_size: int) -> None:
    cookies = [sized(number, size + 2) for number, size in enumerate(sizes)]
    left = set(cookies) - set(strict_partition(cookies, Counts(180)))
    assert sum(c.size_bytes for c in left) <= PARTITION_BYTES
    new = sized(99, new_size + 2)
    left = set(cookies) - set(lenient_partition(cookies, new))
    assert sum(c.size_bytes for c in left) + new.size_bytes <= 1.2 * PARTITION_BYTES


def test_an_adopted_cookie_that_is_set_needs_room_in_firefox() -> None:
    jar, _ = filled(FIREFOX.with_limits(Overrides(per_site=2)), fields(1, 2))
    jar.adopt(b"3", b"v", access(PAGE, 5))
    assert [outcome(r) for r in receive(jar, access(PAGE, 9), "3=w")] == ["replaced, 1: evicted-site"]


def test_refusal_is_an_outcome() -> None:
    jar, _ = filled(FIREFOX.with_limits(Overrides(per_site=2)), fields(1, 2, SECURE))
    (receipt,) = receive(jar, access(PAGE, 9), "3=v")
    assert isinstance(receipt.outcome, Ignored)
