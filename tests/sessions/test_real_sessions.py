"""The log of sessions beside real servers whose sessions end after seconds: PHP, Django and Tomcat (R25, R26, R29, R39).

What is in a guest's diary is what the guest saw; what the log says of timeouts must contain the number that the server was given,
and must not be wider than the gaps that the guest left.
"""

from pathlib import Path

import pytest

from rig.evening import Evening, Life, Row, Visit, spend
from rig.guarded_django import Django
from rig.guarded_php import Php
from rig.guarded_tomcat import Tomcat
from rig.guest import Diary

pytestmark = pytest.mark.real

TIMEOUT = 4
"""Seconds, of every server."""
RISING = (1, 2, 3, 6)
"""The last one is too long."""
STEADY = (1, 1.05, 1.1, 1.15, 1.2, 1.25)
"""None is too long, all together are; each is a little longer than what was survived before, as chance may have it."""

SERVERS = {
    "php-strict": (Php, {"is_busy": True}),
    "php-lax": (Php, {"is_busy": True, "is_strict": False, "is_careful": False}),
    "php-reading": (Php, {"is_busy": True, "reads_only": True}),
    "php-lottery": (Php, {"is_busy": True, "lottery": 10}),
    "php-quiet": (Php, {}),
    "php-slow": (Php, {}),
    "php-alive": (Php, {"keeps_alive": True}),
    "django-sliding": (Django, {}),
    "django-fixed": (Django, {"is_sliding": False}),
    "django-closing": (Django, {"until_closed": True}),
    "django-unsaved": (Django, {"until_closed": True, "is_sliding": False}),
    "tomcat": (Tomcat, {}),
}
IDLED = {
    "php-strict": Life("php-strict", RISING),
    "php-lax": Life("php-lax", RISING),
    "django-sliding": Life("django-sliding", RISING),
    "django-sliding, for ever": Life("django-sliding", RISING, forgets=False),
    "django-closing": Life("django-closing", RISING),
    "tomcat": Life("tomcat", RISING),
    "tomcat, by links": Life("tomcat", RISING, keep_cookies=False),
}
"""Their sessions survive three gaps, and die of the fourth."""
AGED = {
    "php-reading": Life("php-reading", STEADY),
    "django-fixed": Life("django-fixed", STEADY),
    "django-fixed, for ever": Life("django-fixed", STEADY, forgets=False),
    "django-unsaved": Life("django-unsaved", STEADY),
    "django-unsaved, too": Life("django-unsaved", (0.5, *STEADY)),
}
"""Their sessions die while they are in use; where two die at the same age, that is why."""
CHANCY = {
    "php-lottery": Life("php-lottery", (1, 3, 5.5, 5.5)),
    "php-lottery, later": Life("php-lottery", (2, 7, 0.5, 5)),
    "php-quiet": Life("php-quiet", (*RISING, 1), alone=True),
    "php-slow": Life("php-slow", (1, 6, 3.5), alone=True),
}
"""Their sessions may survive what is too long."""
CLINGING = {
    "php-strict, again": Life("php-strict", (1,), clings=True),
    "php-alive, again": Life("php-alive", (1,), clings=True),
    "django-closing, again": Life("django-closing", (1,), clings=True),
    "tomcat, again": Life("tomcat", (1,), clings=True),
}
"""They try the old id after logging out."""
LIVES = {**IDLED, **AGED, **CHANCY, **CLINGING}
ENDS = {
    "django-sliding": {"expired"},
    "django-sliding, for ever": {"expired", "timed_out"},
    "django-fixed": {"expired"},
    "django-fixed, for ever": {"expired", "timed_out"},
    "php-reading": {"lost"},
}
"""How a session may have ended in the log, if it has not timed out."""


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory, confdir: Path) -> Evening:
    """All lives, lived at the same time."""
    servers = [kind(tmp_path_factory, name, TIMEOUT, **more) for name, (kind, more) in SERVERS.items()]
    return spend(tmp_path_factory, confdir, servers, LIVES)


@pytest.fixture
def visit(evening: Evening, life: str) -> Visit:
    """One of them, in which nothing went wrong."""
    found = evening.visits[life]
    if isinstance(found, str):
        pytest.skip(found)
    for one in found.lived:
        one.result()
    return found


lives = pytest.mark.parametrize("life", LIVES)
idled = pytest.mark.parametrize("life", IDLED)
aged = pytest.mark.parametrize("life", AGED)
chancy = pytest.mark.parametrize("life", CHANCY)


# -- what the servers do, as guests see it with and without the proxy


@idled
def test_a_server_ends_a_session_that_is_not_used(visit: Visit) -> None:
    for person in visit.people:
        diary = person.diaries[0]
        assert len(diary.good) == len(RISING)
        assert 3 <= diary.survived <= TIMEOUT
        assert diary.killing is not None
        assert TIMEOUT < diary.killing < 7


@aged
def test_a_server_ends_a_session_that_it_was_not_told_to_keep(visit: Visit) -> None:
    for person in visit.people:
        diary = person.diaries[0]
        assert diary.killing is not None
        assert diary.age is not None
        assert diary.survived < 2
        assert diary.killing < 2
        assert TIMEOUT <= diary.age < 7.5


@pytest.mark.parametrize("life", ["php-quiet", "php-slow"])
def test_php_keeps_a_session_for_one_request_more_if_nobody_else_comes(visit: Visit) -> None:
    diary = visit.guest.diaries[0]
    assert diary.survived >= 6
    assert diary.killing is not None
    assert diary.killing < TIMEOUT


@lives
def test_whoever_has_logged_out_is_out(visit: Visit) -> None:
    for person in visit.people:
        assert person.diary.over is None
        assert person.is_in == visit.server.name.endswith("-alive")


# -- what the log says of it


def row_of(evening: Evening, visit: Visit, diary: Diary) -> Row:
    """The session that the log has for what this diary tells: the last that began before the guest was in."""
    return [row for row in evening.sessions(visit) if row["started"] <= diary.good[0]][-1]


def check_bounds(row: Row) -> None:
    """They contain what the server was given."""
    low, high = row["idle_timeout_low"], row["idle_timeout_high"]
    assert low is None or low <= TIMEOUT, (low, high)
    assert high is None or high >= TIMEOUT, (low, high)


@idled
def test_a_session_that_was_not_used_has_timed_out(evening: Evening, visit: Visit, life: str) -> None:
    diary = visit.guest.diaries[0]
    row = row_of(evening, visit, diary)
    assert row["end_cause"] in ENDS.get(life, {"timed_out"})
    assert row["longest_gap_seconds"] == pytest.approx(diary.survived, abs=0.5)
    if row["end_cause"] == "timed_out":
        assert row["ended"] == pytest.approx(diary.over, abs=0.5)
        assert row["lifetime_seconds"] == pytest.approx(diary.age, abs=0.5)


@idled
def test_its_bounds_are_the_gaps_that_were_left(evening: Evening, visit: Visit, life: str) -> None:
    diary = visit.guest.diaries[0]
    row = row_of(evening, visit, diary)
    check_bounds(row)
    assert diary.killing is not None
    assert row["idle_timeout_high"] <= diary.killing + 1
    if not life.startswith("php"):  # what it lets live it may let live by chance
        assert row["idle_timeout_low"] >= diary.survived - 1


@aged
def test_a_session_that_ends_in_use_is_told_from_one_that_idled(evening: Evening, visit: Visit, life: str) -> None:
    diary = visit.guest.diaries[0]
    row = row_of(evening, visit, diary)
    assert row["end_cause"] in ENDS.get(life, {"timed_out"})
    check_bounds(row)


@chancy
def test_bounds_never_exclude_what_chance_let_live(evening: Evening, visit: Visit, life: str) -> None:
    """Only the upper one, where a lottery decides: who is lucky survives more than the timeout, and nothing tells."""
    for diary in visit.guest.diaries:
        row = row_of(evening, visit, diary)
        high = row["idle_timeout_high"]
        assert high is None or high >= TIMEOUT
        if "lottery" not in life:
            check_bounds(row)
        if diary.over is not None:
            assert row["end_cause"] in {"timed_out", "lost"}


@pytest.mark.parametrize("life", ["php-strict", "tomcat", "tomcat, by links"])
def test_a_new_id_at_login_took_over(evening: Evening, visit: Visit) -> None:
    row = row_of(evening, visit, visit.guest.diaries[0])
    (before,) = [each for each in evening.sessions(visit) if each["rotated_to"] == row["id"]]
    assert before["end_cause"] == "rotated"
    assert row["rotated_from"] == before["id"]
    assert before["ended"] == pytest.approx(row["started"], abs=0.5)


@lives
def test_a_logout_is_one(evening: Evening, visit: Visit) -> None:
    row = row_of(evening, visit, visit.guest.diary)
    assert row["end_cause"] == "logout"
    assert row["ended"] == pytest.approx(visit.guest.diary.good[-1], abs=1)


@lives
def test_a_guest_has_one_session_at_a_time(evening: Evening, visit: Visit) -> None:
    going_on = [row for row in evening.sessions(visit) if row["ended"] is None]
    assert len(going_on) <= 1


@pytest.mark.parametrize(
    ("life", "codes"),
    [
        ("php-lax", {"not-rotated", "logout-incomplete"}),
        ("php-alive, again", {"alive-after-logout"}),
        ("php-reading", {"collected-while-active"}),
    ],
)
def test_what_is_wrong_with_an_application_is_found(evening: Evening, visit: Visit, codes: set[str]) -> None:
    assert codes <= evening.findings(visit)


@pytest.mark.parametrize("life", ["php-strict", "php-quiet", "tomcat", "django-closing"])
def test_a_careful_application_is_not_blamed(evening: Evening, visit: Visit) -> None:
    blamed = {"not-rotated", "fixation", "logout-incomplete", "alive-after-logout", "collected-while-active", "churn"}
    assert not blamed & evening.findings(visit)
