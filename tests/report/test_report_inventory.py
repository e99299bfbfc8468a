"""Cookies as a privacy auditor writes them down: party, purpose, lifetime, flags, who sets them (R10)."""

import pytest

from cookieproxy.record.inventory import SetRow
from cookieproxy.record.listings import JarRow
from cookieproxy.report.inventory import DAY, InventoryLine, inventory, party_of, without_ids
from cookieproxy.report.purposes import purpose_of
from rig.report_rows import NOW, adopted_row, census, set_row


def line(row: SetRow) -> InventoryLine:
    (only,) = inventory(census(row))
    return only


# -- what it says of itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "lifetime", "too_long"),
    [
        (b"; Max-Age=3600", 3600, None),
        (b"; Max-Age=34128000", 395 * DAY, None),
        (b"; Max-Age=34387200", 398 * DAY, "over 13 months"),
        (b"; Max-Age=34560000", 400 * DAY, "over 13 months"),
        (b"; Max-Age=63072000", 730 * DAY, "over 400 days"),
        (b"; Max-Age=3600; Max-Age=60", 60, None),
        (b"; Expires=Fri, 15 Jan 2027 08:00:30 GMT", 30, None),
        (b"; Expires=Fri, 15 Jan 2027 08:00:30 GMT; Max-Age=10", 10, None),
    ],
)
def test_lifetimes_are_those_that_were_meant(said: bytes, lifetime: float, too_long: str | None) -> None:
    found = line(set_row(said=said))
    assert (found.lifetime_seconds, found.is_session, found.too_long) == (lifetime, False, too_long)


@pytest.mark.parametrize("said", [b"", b"; Max-Age=", b"; Expires=soon"])
def test_session_cookies(said: bytes) -> None:
    found = line(set_row(said=said))
    assert (found.lifetime_seconds, found.is_session) == (None, True)


def test_what_is_only_ever_deleted_has_no_lifetime() -> None:
    found = line(set_row(said=b"; Max-Age=0"))
    assert (found.lifetime_seconds, found.is_session) == (None, False)


def test_flags() -> None:
    found = line(set_row(said=b"; secure; HTTPOnly; SameSite=Lax; Partitioned"))
    assert (found.secure, found.http_only, found.same_site, found.partitioned) == (True, True, "lax", True)
    bare = line(set_row())
    assert (bare.secure, bare.http_only, bare.same_site, bare.partitioned) == (False, False, None, False)


@pytest.mark.parametrize(
    ("said", "reach"),
    [
        (b"", "www.shop.example"),
        (b"; Domain=shop.example", ".shop.example"),
        (b"; Domain=.SHOP.example", ".shop.example"),
        (b"; Domain=other.example", "www.shop.example"),
    ],
)
def test_where_it_goes(said: bytes, reach: str) -> None:
    assert line(set_row(said=said)).reach == reach


def test_refusals_and_rules() -> None:
    refused = line(set_row(event="ignored", reason="domain-mismatch", refused=3))
    assert (refused.refused, refused.reason) == (3, "domain-mismatch")
    assert line(set_row(passed=False)).by_rule == "kept back"
    assert line(set_row(changed=True)).by_rule == "changed"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/login", "/login"),
        ("/cart;jsessionid=0A1B2C/x", "/cart;jsessionid=…/x"),
        ("/(S(abcdef123))/a.aspx", "/(S(…))/a.aspx"),
        ("/a;b", "/a;b"),
    ],
)
def test_ids_in_paths_are_left_out(path: str, shown: str) -> None:
    assert without_ids(path) == shown
    assert line(set_row(path=path)).path == shown


# -- party -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parties", "party"),
    [
        ((), "unknown"),
        (("unknown",), "unknown"),
        (("first", "unknown"), "first"),
        (("third",), "third"),
        (("first", "third"), "both"),
    ],
)
def test_the_party_of_a_host(parties: tuple[str, ...], party: str) -> None:
    assert party_of(frozenset(parties)) == party


# -- cookies of scripts ----------------------------------------------------------------------------------------------------


def test_what_no_response_set_is_told_apart() -> None:
    lines = inventory(census(set_row("sid"), adopted_row("js")))
    assert [(one.name, one.set_by, one.secure, one.is_session) for one in lines] == [
        ("js", "unknown", None, None),
        ("sid", "response", False, True),
    ]


@pytest.mark.parametrize("said", [b"", b"; Domain=shop.example"])
def test_what_a_response_was_seen_setting_too_stands_there_once(said: bytes) -> None:
    assert len(inventory(census(set_row("sid", said), adopted_row("sid")))) == 1


def test_no_values_unless_they_are_given() -> None:
    assert line(set_row()).value is None
    jar = JarRow(
        "c", "mirror", None, "shop.example", "www.shop.example", "/", "sid", "v1", True, False, False, None, None, "medium", None,
        NOW, NOW, 5, False,
    )  # fmt: skip
    assert [one.value for one in inventory(census(set_row()), [jar])] == ["v1"]


# -- purposes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("_ga", "analytics"),
        ("_ga_4XJ2K", "analytics"),
        ("__utmz", "analytics"),
        ("_fbp", "advertising"),
        ("IDE", "advertising"),
        ("OptanonConsent", "consent"),
        ("PHPSESSID", "session"),
        ("__Host-sid", "session"),
        ("ASP.NET_SessionId", "session"),
        ("SESS0123456789abcdef0123456789abcdef", "session"),
        ("csrftoken", "csrf"),
        ("__RequestVerificationToken_L2E", "csrf"),
        ("AWSALB", "load balancing"),
        ("BIGipServerpool", "load balancing"),
        ("__cf_bm", "bot protection"),
        ("lang", "preferences"),
        ("whatever", "unknown"),
        ("", "unknown"),
        ("x" * 1_000_000, "unknown"),
        ("\n_ga", "unknown"),
    ],
)
def test_purposes_of_names(name: str, purpose: str) -> None:
    assert purpose_of(name) == purpose
