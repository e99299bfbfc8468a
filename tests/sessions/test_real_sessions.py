"""The log of sessions beside real servers whose sessions end after seconds: PHP, Django and Tomcat (R25, R26, R29, R39).

What is in a guest's diary is what the guest saw; what the log says of timeouts must contain the number that the server was given,
and must not be wider than the gaps that the guest left.
"""

from pathlib import Path

import pytest

from rig.evening import Evening, Life, Visit, spend
from rig.guarded_django import Django
from rig.guarded_php import Php
from rig.guarded_tomcat import Tomcat

pytestmark = pytest.mark.real

TIMEOUT = 4
"""Seconds, of every server."""
RISING = (1, 2, 3, 6)
"""The last one is too long."""
STEADY = (1,) * 7
"""None is too long, all together are."""

SERVERS = {
    "php-strict": (Php, {"is_busy": True}),
    "php-lax": (Php, {"is_busy": True, "is_strict": False, "is_careful": False}),
    "php-reading": (Php, {"is_busy": True, "reads_only": True}),
    "php-lottery": (Php, {"is_busy": True, "lottery": 10}),
    "php-quiet": (Php, {}),
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
}
"""Their sessions die while they are in use."""
CHANCY = {
    "php-lottery": Life("php-lottery", (1, 3, 5.5, 5.5)),
    "php-lottery, later": Life("php-lottery", (2, 7, 0.5, 5)),
    "php-quiet": Life("php-quiet", (*RISING, 1), alone=True),
}
"""Their sessions may survive what is too long."""
LIVES = {**IDLED, **AGED, **CHANCY}
COOKIES_END = {"django-sliding", "django-fixed"}
"""Lives of guests who do not send what is over."""


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


@pytest.mark.parametrize("life", ["php-quiet"])
def test_php_keeps_a_session_for_one_request_more_if_nobody_else_comes(visit: Visit) -> None:
    diary = visit.guest.diaries[0]
    assert diary.survived >= 6
    assert diary.killing is not None
    assert diary.killing < 2


@lives
def test_whoever_has_logged_out_is_out(visit: Visit) -> None:
    for person in visit.people:
        assert person.diary.over is None
        assert not person.is_in
