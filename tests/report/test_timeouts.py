"""The bounds of timeouts, and the documented rows of sessions in which they stand (R39)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.record.listings import GapRow, SessionRow
from cookieproxy.report.timeouts import UNKNOWN, Bounds, bounds, bounds_by_place, listed

HOST = "www.shop.example"


def gap(
    longest: float = 0.0,
    killing: float | None = None,
    age: float | None = None,
    survived: float = 0.0,
    cookie: str = "sid",
    host: str = HOST,
) -> GapRow:
    return GapRow(host, cookie, longest, killing, age, survived, None, False)


BOUNDS = {
    "nothing was seen": ([], UNKNOWN),
    "used once": ([gap()], UNKNOWN),
    "one survived": ([gap(60)], Bounds(60, None, None, None)),
    "the longest of all counts": ([gap(60), gap(1080), gap(0)], Bounds(1080, None, None, None)),
    "the shortest that killed counts": ([gap(killing=4000), gap(killing=1860)], Bounds(None, 1860, None, None)),
    "both": ([gap(1080), gap(60, killing=1860)], Bounds(1080, 1860, None, None)),
    "a server that changed": ([gap(2000), gap(300), gap(900), gap(killing=1200)], Bounds(900, 1200, None, None)),
    "equal is a contradiction": ([gap(1200), gap(killing=1200)], Bounds(None, 1200, None, None)),
    "PHP that was not yet collected": (
        [gap(9000, cookie="PHPSESSID"), gap(900, killing=1500, cookie="PHPSESSID")],
        Bounds(None, 1500, None, None),
    ),
    "in any case": ([gap(9000, cookie="PhpSessID"), gap(killing=1500, cookie="PhpSessID")], Bounds(None, 1500, None, None)),
    "PHP without a contradiction": (
        [gap(900, cookie="PHPSESSID"), gap(killing=1500, cookie="PHPSESSID")],
        Bounds(900, 1500, None, None),
    ),
    "an age survived": ([gap(survived=3600), gap(survived=7200)], Bounds(None, None, 7200, None)),
    "an age that killed": ([gap(survived=3600), gap(age=28_800, survived=28_790)], Bounds(None, None, 28_790, 28_800)),
    "ages that contradict": ([gap(survived=90_000), gap(survived=9), gap(age=28_800)], Bounds(None, None, 9, 28_800)),
}  # fmt: skip


@pytest.mark.parametrize(("gaps", "expected"), BOUNDS.values(), ids=BOUNDS)
def test_bounds(gaps: list[GapRow], expected: Bounds) -> None:
    assert bounds(gaps) == expected
    assert bounds(reversed(gaps)) == expected


def test_each_host_and_cookie_has_its_own() -> None:
    gaps = [gap(60), gap(90, host="api.shop.example"), gap(killing=120, cookie="other"), gap(70)]
    assert bounds_by_place(gaps) == {
        (HOST, "sid"): Bounds(70, None, None, None),
        ("api.shop.example", "sid"): Bounds(90, None, None, None),
        (HOST, "other"): Bounds(None, 120, None, None),
    }


SECONDS = st.floats(0, 1e9)
GAPS = st.lists(
    st.builds(gap, SECONDS, st.none() | SECONDS, st.none() | SECONDS, SECONDS, st.sampled_from(["sid", "PHPSESSID"])),
    max_size=6,
)


@given(GAPS)
def test_a_lower_bound_is_evidence_and_below_the_upper_one(gaps: list[GapRow]) -> None:
    for known in bounds_by_place(gaps).values():
        for low, high in ((known.idle_low, known.idle_high), (known.absolute_low, known.absolute_high)):
            assert low is None or low > 0
            assert low is None or high is None or low < high


def session(cookie: str = "sid", ended: float | None = None) -> SessionRow:
    cause = "open" if ended is None else "timed_out"
    return SessionRow(
        "10.0.0.1 curl/8 77b0aa", "shop.example", HOST, cookie, "1" * 16, 100.0, 200.0, ended, cause, None, None, None, 3, 60.0,
        None, None, "2" * 16, "3" * 16, "aspnet", 1400.0, False, True, None, None, False, "Its name.",
    )  # fmt: skip


def test_rows_have_the_documented_fields_in_their_order() -> None:
    [row] = listed([session(ended=2100.0)], [gap(1080), gap(60, killing=1860)])
    assert list(row.items()) == [
        ("client", "10.0.0.1 curl/8 77b0aa"), ("site", "shop.example"), ("host", HOST), ("cookie", "sid"), ("id", "1" * 16),
        ("started", 100.0), ("last_seen", 200.0), ("ended", 2100.0), ("end_cause", "timed_out"), ("lifetime_seconds", 2000.0),
        ("requests", 3), ("longest_gap_seconds", 60.0), ("idle_timeout_low", 1080), ("idle_timeout_high", 1860),
        ("rotated_from", "2" * 16), ("rotated_to", "3" * 16), ("policy", "aspnet"), ("expected_end", 1400.0),
    ]  # fmt: skip


def test_an_open_session_has_no_lifetime_and_another_cookie_s_bounds_are_not_its_own() -> None:
    [row] = listed([session("other")], [gap(1080)])
    assert (row["lifetime_seconds"], row["ended"], row["idle_timeout_low"], row["idle_timeout_high"]) == (None,) * 4
