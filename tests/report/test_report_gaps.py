"""What gaps say of timeouts, in words (R25, R39)."""

import pytest

from cookieproxy.core.events import EndCause
from cookieproxy.record.listings import SessionRow
from cookieproxy.report.gaps import Timeout, timeouts
from cookieproxy.report.timeouts import Bounds
from rig.report_rows import session

DAY, MINUTE = 86_400.0, 60.0


def one(*rows: SessionRow, known: Bounds = Bounds(None, None, None, None)) -> Timeout:
    (found,) = timeouts(rows, {("www.shop.example", "sid"): known})
    return found


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (Bounds(18 * MINUTE, 31 * MINUTE, None, None), "The idle timeout lies between 18 min and 31 min."),
        (
            Bounds(None, 31 * MINUTE, None, None),
            "The idle timeout is at most 31 min: a session was dead after such a gap.",
        ),
        (
            Bounds(18 * MINUTE, None, None, None),
            "The idle timeout is at least 18 min, if there is one: such a gap was survived.",
        ),
        (
            Bounds(None, None, 7 * 3600.0, 8 * 3600.0),
            "A session lives between 7 h and 8 h in all, however much it is used (absolute timeout).",
        ),
        (
            Bounds(None, None, None, 8 * 3600.0),
            "A session lives at most 8 h in all, however much it is used (absolute timeout).",
        ),
    ],
)
def test_bounds_in_words(known: Bounds, sentence: str) -> None:
    assert one(session(0.0, 10.0, longest_gap=5.0), known=known).sentences == (sentence,)


def test_an_age_that_was_only_survived_says_nothing() -> None:
    assert one(session(0.0, 10.0, longest_gap=5.0), known=Bounds(None, None, 900.0, None)).sentences == ()


@pytest.mark.parametrize("renewal", ["sliding", "half-sliding", "fixed"])
def test_how_the_end_of_the_cookie_is_pushed_out(renewal: str) -> None:
    (sentence,) = one(session(0.0, 10.0, renewal=renewal)).sentences
    assert f"({renewal})" in sentence


def test_a_browser_keeps_a_dead_cookie() -> None:
    dead = one(session(0.0, DAY, end_cause=EndCause.TIMED_OUT, expiry=14 * DAY))
    assert dead.dead_cookie_seconds == 13 * DAY
    assert dead.sentences == ("The browser keeps a dead cookie for up to 13 days.",)


def test_a_deleted_cookie_is_not_kept() -> None:
    assert timeouts([session(0.0, DAY, end_cause=EndCause.LOGOUT, expiry=14 * DAY)], {}) == ()


def test_gaps_survived_and_not() -> None:
    found = one(
        session(0.0, 10.0, longest_gap=5.0),
        session(0.0, 10.0, longest_gap=8.0),
        session(0.0, 99.0, killing_gap=20.0, end_cause=EndCause.TIMED_OUT),
    )
    assert (found.survived_gaps, found.killing_gaps) == ((8.0, 5.0), (20.0,))


def test_a_contradiction_is_told() -> None:
    found = one(
        session(0.0, 99.0, longest_gap=50.0), session(0.0, 99.0, killing_gap=20.0), known=Bounds(None, 20.0, None, None)
    )
    assert any("not strict" in sentence for sentence in found.sentences)


def test_of_what_nothing_is_known_nothing_is_said() -> None:
    assert timeouts([session(0.0, 10.0)], {}) == ()
