"""Who would have to leave next: what a jar foretells is what happens when the cookies do come (R1)."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.core.cookie import Cookie
from cookieproxy.core.jar import Jar
from cookieproxy.core.outcome import Removal
from cookieproxy.core.profiles import CHROME, CLASSIC, FIREFOX, IE6, RFC6265BIS, SAFARI, Overrides, Profile
from rig.jars import access, jar_of, names, receive, sent

PAGE = "https://shop.example/"
SMALL = Overrides(per_site=12)


def filled(profile: Profile, fields: Sequence[str]) -> tuple[Jar, Cookie]:
    """A jar after so many responses a second apart, one field each, and the cookie that came last."""
    jar = jar_of(profile)
    for second, field in enumerate(fields):
        receive(jar, access(PAGE, second), field)
    return jar, max(jar, key=lambda cookie: cookie.set_time)


def foretold(jar: Jar, like: Cookie) -> list[str]:
    return [victim.name.decode() for victim in jar.next_victims(like)]


def befallen(jar: Jar, field: str, later: float) -> list[str]:
    """Who leaves first when cookies like this one go on coming."""
    before = set(names(jar))
    for number in range(400):
        (receipt,) = receive(jar, access(PAGE, later + number), field.replace("=", f"-{number}=", 1))
        gone = [removal for removal in receipt.removals if _is_eviction(removal)]
        if gone or type(receipt.outcome).__name__ == "Ignored":
            return [name for name in (removal.cookie.name.decode() for removal in gone) if name in before]
    return []


def _is_eviction(removal: Removal) -> bool:
    return removal.cause.is_eviction


@pytest.mark.parametrize(
    ("profile", "fields", "victims"),
    [
        pytest.param(CLASSIC, [f"c{n}=1" for n in range(18)], ["c0"], id="classic: the first that came"),
        pytest.param(IE6, [*(f"c{n}=1" for n in range(18)), "c0=2"], ["c1"], id="ie6: the one received longest ago"),
        pytest.param(
            CHROME,
            [f"c{n}=1" for n in range(165)],
            [f"c{n}" for n in range(31)],
            id="chrome: thirty-one at once",
        ),
        pytest.param(
            CHROME,
            ["sid=1; Secure", *(f"c{n}=1" for n in range(165))],
            [f"c{n}" for n in range(31)],
            id="chrome: those without Secure first",
        ),
        pytest.param(
            CHROME,
            ["sid=1; Secure", *(f"c{n}=1; Secure; Priority=High" for n in range(165))],
            [f"c{n}" for n in range(31)],
            id="chrome: what few have of a priority stays",
        ),
        pytest.param(
            FIREFOX, ["sid=1; Secure", "a=1", *(f"c{n}=1; Secure" for n in range(165))], ["a"], id="firefox: no Secure"
        ),
        pytest.param(FIREFOX, [f"c{n}=1; Secure" for n in range(165)], [f"c{n}" for n in range(31)], id="firefox: all"),
        pytest.param(SAFARI, [f"c{n}=1" for n in range(165)], [], id="safari has no limit for a site"),
        pytest.param(
            RFC6265BIS.with_limits(Overrides(per_site=20)), [f"c{n}=1" for n in range(20)], ["c0"], id="a full site"
        ),
    ],
)
def test_who_would_leave(profile: Profile, fields: list[str], victims: list[str]) -> None:
    jar, latest = filled(profile, fields)
    there = names(jar)
    assert foretold(jar, latest) == victims
    assert names(jar) == there


def test_what_was_used_of_late_stays_longer_in_chrome() -> None:
    jar, latest = filled(CHROME, ["sid=1; Path=/shop", *(f"c{n}=1; Path=/other" for n in range(165))])
    assert "sid" in foretold(jar, latest)
    assert sent(jar, access(PAGE + "shop", 500)) == "sid=1"
    assert "sid" not in foretold(jar, latest)


def test_other_sites_and_partitions_are_not_looked_at() -> None:
    jar, latest = filled(CLASSIC, [f"c{n}=1" for n in range(18)])
    receive(jar, access("https://other.example/", 50), "there=1")
    assert foretold(jar, latest) == ["c0"]
    assert jar.next_victims(replace(latest, partition="https://top.example")) == []
    assert jar_of(CLASSIC).next_victims(latest) == []


ATTRIBUTES = st.sampled_from(["", "; Secure", "; Priority=Low", "; Secure; Priority=Low", "; Secure; Priority=High"])


@settings(max_examples=60, deadline=None)
@given(
    profile=st.sampled_from([CHROME, FIREFOX, CLASSIC, IE6, RFC6265BIS]),
    attributes=st.lists(ATTRIBUTES, min_size=2, max_size=12),
    used=st.sets(st.integers(0, 11)),
)
def test_what_is_foretold_happens(profile: Profile, attributes: list[str], used: set[int]) -> None:
    fields = [f"c{number}=1; Path=/{number}{said}" for number, said in enumerate(attributes)]
    jar, latest = filled(profile.with_limits(SMALL), fields)
    for number in sorted(used):
        sent(jar, access(f"{PAGE}{number}", 100 + 100 * number))
    expected = foretold(jar, latest)
    assert befallen(jar, fields[-1], 5_000) == expected
