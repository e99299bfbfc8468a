"""A client is made to forget every cookie of a site: the held jar at once, the browser by deletions on its next responses (R11).

Knows what belongs to a site and what has to happen to it; how deletions go out, and when a cookie is gone, is known by `leaving`
and `compare`. A cookie that is set again while its deletion waits is a new one, and stays.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..core.access import Access
from ..core.cookie import Cookie
from ..core.events import JarChange, JarKind, Observation
from ..core.hosts import Suffixes, site_of
from ..core.outcome import Removal, RemovalCause, WithholdReason
from .browser import Browser
from .tell import Teller


class Forgotten(NamedTuple):
    """What one client was made to forget."""

    client: str
    mirror: int
    """Cookies that the browser will be told to delete."""
    held: int
    """Cookies that the proxy held for it, and holds no more."""


def forget(browser: Browser, site: str, now: float, suffixes: Suffixes) -> tuple[Forgotten, list[Observation]]:
    """Let go of every cookie of this host and all below it; `now` in Unix seconds."""
    tell = Teller(browser.name, site, Access("https", site, b"/", now), suffixes)
    for leaving in [leaving for leaving in browser.leaving if belongs_to(leaving.cookie, site)]:
        if leaving.why is not WithholdReason.FORGOTTEN:
            browser.leaving.expel(leaving.cookie, WithholdReason.FORGOTTEN)
    observations: list[Observation] = []
    mirrored, held = (_of_site(jar, site, now) for jar in (browser.mirror, browser.held))
    for cookie in mirrored:
        observations.append(tell.removal(browser.mirror.remove(cookie, RemovalCause.FORGOTTEN)))
        browser.leaving.expel(cookie, WithholdReason.FORGOTTEN)
    for cookie in held:
        observations.append(tell.removal(browser.held.remove(cookie, RemovalCause.FORGOTTEN), JarKind.HELD))
    return Forgotten(browser.name, len(mirrored), len(held)), observations


def belongs_to(cookie: Cookie, site: str) -> bool:
    """Whether it is a cookie of this host or one below it, as listings have it."""
    return cookie.domain == site or cookie.domain.endswith(f".{site}")


def _of_site(jar: Iterable[Cookie], site: str, now: float) -> list[Cookie]:
    """Its cookies that a browser still has: what has expired is taken out for that cause, by whoever comes next."""
    return [cookie for cookie in jar if _is_of_site(cookie, site, now)]


def _is_of_site(cookie: Cookie, site: str, now: float) -> bool:
    return belongs_to(cookie, site) and (cookie.expiry_time is None or cookie.expiry_time > now)


def held_for_sessions(
    stored: Iterable[tuple[JarKind, str | None, Cookie]], site: str, now: float
) -> Iterator[tuple[str, Cookie]]:
    """Of what a store has of a client, what is held of the site for its sessions without cookies, each with its session."""
    for _, session, cookie in stored:
        if session is not None and _is_of_site(cookie, site, now):
            yield session, cookie


def let_go(client: str, session: str, cookie: Cookie, now: float, suffixes: Suffixes) -> Iterator[Observation]:
    """A session's cookie is held no more."""
    tell = Teller(client, cookie.domain, Access("https", cookie.domain, b"/", now), suffixes)
    yield tell.removal(Removal(cookie, RemovalCause.FORGOTTEN), JarKind.HELD)
    yield JarChange(now, client, JarKind.HELD, session, site_of(cookie.domain, suffixes), cookie.key, None)
