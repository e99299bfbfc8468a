"""The report as data: what is counted, what matters most, what is cut (R2, R10, R32)."""

import pytest

from cookieproxy.core.events import EndCause
from cookieproxy.record.listings import FindingRow, PairRow, RequestRow, SessionRow
from cookieproxy.report.captions import beside_policy, lifetime, of_sessions
from cookieproxy.report.header_sizes import header_lines
from cookieproxy.report.lesson import NOTHING, lesson
from cookieproxy.report.page import MOST_CHARACTERS, Report, Source, clipped, make_report
from cookieproxy.report.timeline import MOST_BARS, MOST_LANES, timeline
from rig.report_rows import ALICE, NOW, census, finding, session, set_row


def made(*rows: SessionRow | FindingRow, **more: object) -> Report:
    sessions = [row for row in rows if isinstance(row, SessionRow)]
    findings = [row for row in rows if isinstance(row, FindingRow)]
    source = Source(**({"census": census(), "sessions": sessions, "findings": findings, "timeouts": ()} | more))
    return make_report(source, NOW, "memory:", {})


# -- summary ---------------------------------------------------------------------------------------------------------------


def test_the_head_counts() -> None:
    report = made(
        session(0.0, 9.0), session(5.0), finding(severity="high"), finding(), finding(), census=census(set_row())
    )
    summary = report.summary
    assert (summary.requests, summary.cookies, summary.sessions) == (10, 1, 2)
    assert summary.end_causes == {"open": 1, "closed": 1}
    assert list(summary.severities.items()) == [("high", 1), ("medium", 2), ("low", 0), ("info", 0)]
    assert of_sessions(report) == "2 sessions of 1 client: 1 open, 1 closed."


def test_the_last_begun_session_comes_first() -> None:
    assert [row.started for row in made(session(0.0, 9.0), session(5.0)).sessions] == [5.0, 0.0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((), "Nothing was found to be wrong with the cookies seen."),
        (
            (finding("not-rotated", "high"), finding()),
            "1 finding of high severity (not-rotated). It is about sid of www.shop.example. Add Secure.",
        ),
        (
            (finding("a", "high"), finding("b", "high", cookie=None), finding()),
            "2 findings of high severity (a, b). Begin with sid of www.shop.example. Add Secure.",
        ),
        ((finding("clock-skew", "info"),), "Nothing serious was found: 1 remark (clock-skew)."),
        (
            (session(0.0, 9.0, end_cause=EndCause.LOST), session(0.0, 9.0)),
            "Nothing was found to be wrong with the cookies seen. 1 session of 2 ended without a gap that explains it.",
        ),
    ],
)
def test_what_matters_most(rows: tuple[SessionRow | FindingRow, ...], said: str) -> None:
    assert made(*rows).summary.sentence == said


def test_an_empty_store_says_what_to_do() -> None:
    assert lesson(0, [], []) == NOTHING
    assert made(census=census(requests=0)).summary.sentence == NOTHING


# -- what others wrote is cut ----------------------------------------------------------------------------------------------


def test_long_texts_are_cut() -> None:
    long = "n" * 1_000_000
    report = made(
        session(cookie=long, client=long), finding(cookie=long, advice=long), census=census(set_row("n" * 5000))
    )
    assert report.sessions[0].cookie == "n" * MOST_CHARACTERS + "… (1,000,000 characters)"
    assert len(report.findings[0].cookie or "") < 200
    assert len(report.findings[0].advice) < 700
    assert len(report.inventory[0].name) < 200
    assert len(report.summary.sentence) < 2000


def test_short_texts_are_not() -> None:
    assert clipped("sid") == "sid"


# -- sessions --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (session(0.0, 100.0), None),
        (session(0.0, expected_end=NOW + 600), "due in 10 min"),
        (session(0.0, expected_end=NOW - 600), "overdue by 10 min"),
        (session(0.0, 1000.0, expected_end=1010.0, end_cause=EndCause.TIMED_OUT), "as expected"),
        (session(0.0, 1000.0, expected_end=400.0, end_cause=EndCause.TIMED_OUT), "10 min later"),
        (session(0.0, 1000.0, expected_end=1600.0, end_cause=EndCause.LOST), "10 min earlier"),
        (session(0.0, 1000.0, expected_end=1600.0, end_cause=EndCause.LOGOUT), None),
    ],
)
def test_the_end_beside_the_policy(row: SessionRow, said: str | None) -> None:
    assert beside_policy(row, NOW) == said


def test_a_lifetime_that_is_not_all_is_at_least() -> None:
    assert lifetime(session(0.0, 45.0)) == "45 s"
    assert lifetime(session(0.0, last_seen=45.0)) == "≥ 45 s"
    assert lifetime(session(0.0, 45.0, adopted=True)) == "≥ 45 s"


def test_one_lane_for_each_client_host_and_cookie_the_last_used_first() -> None:
    found = timeline([session(0.0, 9.0), session(20.0, 30.0), session(0.0, 50.0, cookie="other")])
    assert [(lane.cookie, len(lane.sessions)) for lane in found.lanes] == [("other", 1), ("sid", 2)]


def test_lanes_and_bars_are_limited() -> None:
    rows = [session(float(number), number + 1.0, client=f"client{number}") for number in range(MOST_LANES + 7)]
    rows += [session(1000.0 + number, 1000.5 + number) for number in range(MOST_BARS + 5)]
    found = timeline(rows)
    assert (len(found.lanes), found.lanes_left_out) == (MOST_LANES, 8)
    assert found.sessions_left_out == 8 + 5
    assert found.lanes[0].sessions[-1].started == 1000.0 + MOST_BARS + 4


# -- sizes -----------------------------------------------------------------------------------------------------------------


def request(size: int, cookies: int) -> RequestRow:
    pairs = tuple(PairRow(f"c{number}", None, 10 + number, "sent") for number in range(cookies))
    return RequestRow(
        1, NOW, ALICE, "shop.example", "www.shop.example", "https", "GET", "/", None, "first", size, pairs
    )


@pytest.mark.parametrize(
    ("size", "over"), [(4096, None), (4097, "half of what"), (8191, "nginx"), (16_384, "nginx"), (16_385, "IIS")]
)
def test_what_a_large_header_meets(size: int, over: str | None) -> None:
    (line,) = header_lines([request(size, 3)])
    assert line.over is None if over is None else (line.over or "").startswith(over)


def test_the_largest_contributors_and_what_packing_saves() -> None:
    (line,) = header_lines([request(600, 7)])
    assert [each.name for each in line.largest] == ["c6", "c5", "c4", "c3", "c2"]
    assert (line.cookies, line.packing_saves_bytes) == (7, 300)
