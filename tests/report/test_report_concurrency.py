"""How many sessions were online, and until when one counts (R28)."""

import pytest

from cookieproxy.core.events import EndCause
from cookieproxy.record.listings import SessionRow
from cookieproxy.report.concurrency import MOST_POINTS, online, online_until
from rig.report_rows import session


def test_steps_of_sessions_that_overlap() -> None:
    (one,) = online([session(0.0, 30.0), session(10.0, 20.0), session(20.0, 40.0)], until=100.0)
    assert [tuple(point) for point in one.points] == [(0, 1), (10, 2), (20, 2), (30, 1), (40, 0)]
    assert (one.sessions, one.peak, one.peak_time) == (3, 2, 10.0)
    assert one.mean == pytest.approx((30 + 10 + 20) / 100)


def test_a_new_id_takes_over_without_a_peak() -> None:
    (one,) = online([session(0.0, 50.0, end_cause=EndCause.ROTATED), session(50.0, 60.0)], until=100.0)
    assert one.peak == 1


def test_sites_are_apart_the_highest_peak_first() -> None:
    rows = [
        session(0.0, 9.0, site="a.example"),
        session(0.0, 9.0, site="b.example"),
        session(1.0, 9.0, site="b.example"),
    ]
    assert [(one.site, one.peak) for one in online(rows, until=10.0)] == [("b.example", 2), ("a.example", 1)]


@pytest.mark.parametrize(
    ("row", "until"),
    [
        pytest.param(session(0.0, 50.0), 50.0, id="ended"),
        pytest.param(session(0.0, last_seen=50.0), 1000.0, id="open"),
        pytest.param(session(0.0, last_seen=50.0, expected_end=90.0), 90.0, id="open, but by its policy it is over"),
        pytest.param(session(0.0, last_seen=50.0, expiry=80.0, expected_end=90.0), 80.0, id="open, its cookie is over"),
        pytest.param(session(0.0, last_seen=50.0, expected_end=40.0), 50.0, id="used longer than its policy allows"),
        pytest.param(
            session(0.0, 900.0, last_seen=50.0, end_cause=EndCause.TIMED_OUT, expected_end=110.0), 110.0, id="timed out"
        ),
        pytest.param(session(0.0, 900.0, last_seen=50.0, end_cause=EndCause.TIMED_OUT), 900.0, id="no policy"),
    ],
)
def test_until_when_it_counts(row: SessionRow, until: float) -> None:
    assert online_until(row, 1000.0) == until


def test_nothing_is_online_without_sessions() -> None:
    assert online([], until=1.0) == ()


def test_many_changes_are_thinned_but_no_peak_is_lost() -> None:
    rows = [session(float(number), number + 0.5) for number in range(3 * MOST_POINTS)]
    rows += [session(777.0, 777.2)]
    (one,) = online(rows, until=1e6)
    assert len(one.points) <= MOST_POINTS
    assert max(point.sessions for point in one.points) == one.peak == 2
