"""Kaplan-Meier against numbers that others computed, and which lives go into it (R32, R39)."""

import pytest

from cookieproxy.core.events import EndCause
from cookieproxy.report.survival import curves, kaplan_meier, lives, survival_at
from rig.report_rows import session

ENDED = (6, 6, 6, 7, 10, 13, 16, 22, 23)
CENSORED = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
REMISSION = [*((time, True) for time in ENDED), *((time, False) for time in CENSORED)]
"""Weeks of remission under 6-MP (Freireich 1963), the example of most textbooks."""


@pytest.mark.parametrize(
    ("weeks", "at_risk", "survival", "low", "high"),
    [
        (6, 21, 0.8571, 0.6197, 0.9516),
        (7, 17, 0.8067, 0.5631, 0.9228),
        (10, 15, 0.7529, 0.5032, 0.8894),
        (13, 12, 0.6902, 0.4316, 0.8491),
        (16, 11, 0.6275, 0.3675, 0.8049),
        (22, 7, 0.5378, 0.2678, 0.7468),
        (23, 6, 0.4482, 0.1881, 0.6801),
    ],
)
def test_the_textbook_example(weeks: int, at_risk: int, survival: float, low: float, high: float) -> None:
    """The estimate by hand; the band as R's survfit prints it with conf.type = "log-log"."""
    step = next(step for step in kaplan_meier(REMISSION) if step.seconds == weeks)
    assert step.at_risk == at_risk
    assert (step.survival, step.low, step.high) == pytest.approx((survival, low, high), abs=1e-4)


def test_a_small_example_by_hand() -> None:
    steps = kaplan_meier([(10, True), (20, False), (30, True), (40, True)])
    assert [(step.seconds, step.at_risk, step.ends, step.censored) for step in steps] == [
        (10, 4, 1, 0),
        (20, 3, 0, 1),
        (30, 2, 1, 0),
        (40, 1, 1, 0),
    ]
    assert [step.survival for step in steps] == pytest.approx([3 / 4, 3 / 4, 3 / 8, 0])


def test_there_is_no_band_where_nothing_or_all_has_ended() -> None:
    first, last = kaplan_meier([(1, False), (2, True)])
    assert (first.survival, first.low, first.high) == (1, 1, 1)
    assert (last.survival, last.low, last.high) == (0, 0, 0)


def test_nothing_lived() -> None:
    assert kaplan_meier([]) == ()
    assert curves([]) == ()


def test_between_two_steps_the_earlier_one_counts() -> None:
    steps = kaplan_meier([(10, True), (20, True)])
    assert [survival_at(steps, seconds) for seconds in (0, 10, 19, 20, 99)] == [1, 0.5, 0.5, 0, 0]


# -- lives -----------------------------------------------------------------------------------------------------------------


def test_an_open_session_is_censored_where_it_was_seen_last() -> None:
    assert [(life.seconds, life.ended) for life in lives([session(100.0, last_seen=160.0)])] == [(60.0, False)]


def test_a_session_goes_on_under_a_new_id() -> None:
    rows = [
        session(0.0, 50.0, id="a", end_cause=EndCause.ROTATED, rotated_to="b"),
        session(50.0, 70.0, id="b", end_cause=EndCause.ROTATED, rotated_from="a", rotated_to="c"),
        session(70.0, 100.0, id="c", rotated_from="b"),
    ]
    assert [(life.seconds, life.ended) for life in lives(rows)] == [(100.0, True)]


def test_what_took_over_may_not_have_been_seen() -> None:
    rows = [session(0.0, 50.0, id="a", end_cause=EndCause.ROTATED, rotated_to="b")]
    assert [(life.seconds, life.ended) for life in lives(rows)] == [(50.0, False)]


def test_another_client_with_the_same_id_is_another_life() -> None:
    rows = [
        session(0.0, 50.0, id="a", end_cause=EndCause.ROTATED, rotated_to="b"),
        session(60.0, 90.0, id="b", rotated_from="a", client="10.0.0.2 curl/8 77b0aa"),
    ]
    assert sorted((life.seconds, life.ended) for life in lives(rows)) == [(30.0, True), (50.0, False)]


def test_who_was_there_before_does_not_count() -> None:
    assert lives([session(0.0, 50.0, adopted=True)]) == []


def test_hosts_with_enough_ends_have_curves_of_their_own() -> None:
    rows = [session(0.0, 10.0 + number, host="a.example") for number in range(5)]
    rows += [session(0.0, 10.0 + number, host="b.example") for number in range(4)]
    found = curves(rows)
    assert [(curve.host, curve.lives, curve.ends) for curve in found] == [(None, 9, 9), ("a.example", 5, 5)]
    assert found[1].median_seconds == 12.0


def test_one_host_alone_is_all() -> None:
    assert [curve.host for curve in curves([session(0.0, 10.0 + number) for number in range(9)])] == [None]


def test_there_is_no_median_while_more_than_half_live() -> None:
    rows = [session(0.0, 10.0), *(session(0.0, last_seen=100.0) for _ in range(3))]
    assert curves(rows)[0].median_seconds is None
