"""The way down: what of a response's Set-Cookie fields the browser gets, and what both jars make of them.

Each field: parsed → rules → mirror or held jar → outcome (`downstream`). Fields that need no change stay byte for byte. Also tells
of servers whose clock is not ours (R20).
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ..core.access import Access
from ..core.dates import parse_firefox
from ..core.events import EventKind, Observation
from ..core.hosts import Suffixes
from ..rules.engine import RuleSet
from ..rules.facts import Facts
from ..rules.sealing import Sealer
from .browser import Browser
from .clearing import clear_cookies, clears_cookies, while_clearing
from .downstream import Downstream, PassedField
from .headers import Edits, response_edits
from .requests import RequestResult
from .tell import Remark, Teller

__all__ = ["DROPPED", "PassedField", "ResponseHead", "ResponseResult", "ResponseSide"]

DROPPED = Remark.DROPPED
SKEW_SECONDS = 5.0
"""A server's clock that differs by less is in step: Date has whole seconds, and responses take time."""


class ResponseHead(NamedTuple):
    """A response as the application sent it."""

    status: int
    fields: tuple[tuple[bytes, bytes], ...]
    time: float
    """Unix seconds at which its head was received."""


@dataclass(slots=True)
class ResponseResult:
    """What a response came to."""

    set_cookies: list[PassedField] | None
    """All Set-Cookie fields the browser gets, in order; None: they stay as they came."""
    observations: list[Observation] = field(default_factory=list)
    headers: Edits = ()
    """What has to be done to its other header fields."""


class ResponseSide:
    """Drives responses through rules and jars; one for each configuration."""

    def __init__(self, rules: RuleSet, suffixes: Suffixes, enforce: bool, sealer: Sealer | None = None) -> None:
        self._rules = rules
        self._suffixes = suffixes
        self._enforce = enforce
        self._sealer = sealer

    def process(
        self,
        browser: Browser,
        request: RequestResult,
        head: ResponseHead,
        flow: object | None = None,
        watch: bool = False,
    ) -> ResponseResult:
        """Take one response through; with `watch` nothing is changed and rules are only observed."""
        told = _read_fields(head.fields)
        rules = self._rules.for_host(request.access.host)
        if not told.set_cookies and rules.is_empty and told.date is None and not told.clears and not browser.leaving:
            return ResponseResult(None)
        own = access = _access_of(request.access, head.time, None if told.date is None else _parse_date(told.date))
        if told.clears:
            access = while_clearing(access, browser.profile)
        tell = Teller(browser.name, request.site, access, self._suffixes)
        facts = Facts(access, tell.site, browser.name, flow, self._sealer, browser.profile.per_cookie_bytes)
        down = Downstream(browser, tell, rules, head.status, self._enforce and not watch, watch, facts, request.session)
        down.take_through(told.set_cookies)
        if told.clears:
            clear_cookies(browser, tell, own, down.observations, request.session)
        edits: Edits = ()
        if rules.edits_response_headers:
            edits = response_edits(rules, facts, head.fields, told.set_cookies, tell, watch, down.observations)
        if access.server_time is not None and not told.cached:
            _observe_skew(browser, tell, access.server_time, down.observations)
        return ResponseResult(None if watch else down.changed(told.set_cookies), down.observations, edits)


class _Told(NamedTuple):
    """What the fields of a response tell."""

    set_cookies: list[bytes]
    date: bytes | None
    cached: bool
    """True if it comes from a cache, so that its date is not of now."""
    clears: bool
    """True if it says Clear-Site-Data of the cookies."""


def _read_fields(fields: tuple[tuple[bytes, bytes], ...]) -> _Told:
    set_cookies = []
    date = None
    cached = False
    clearing = []
    for name, value in fields:
        length = len(name)
        if length == 10 and name.lower() == b"set-cookie":
            set_cookies.append(value)
        elif length == 4 and date is None and name.lower() == b"date":
            date = value
        elif length == 3 and name.lower() == b"age":
            cached = True
        elif length == 15 and name.lower() == b"clear-site-data":
            clearing.append(value)
    return _Told(set_cookies, date, cached, bool(clearing) and clears_cookies(clearing))


def _access_of(asked: Access, time: float, server_time: float | None) -> Access:
    """The attempt to store cookies that a response to this request is."""
    return Access(
        asked.scheme,
        asked.host,
        asked.path,
        time,
        asked.context,
        asked.party,
        asked.http_api,
        asked.partition,
        server_time,
        asked.flow_id,
        asked.storing,
    )


@lru_cache(maxsize=64)
def _parse_date(date: bytes) -> float | None:
    """As Firefox reads dates and Chrome reads this one: with zones, and days that do not exist (tried with Chromium 156)."""
    return parse_firefox(date)


def _observe_skew(browser: Browser, tell: Teller, server_time: float, observations: list[Observation]) -> None:
    """A server whose clock differs from ours, once for each site and again when the difference changes (R20)."""
    skew = server_time - tell.access.time
    host = tell.access.host
    if abs(skew - browser.skew_of(host, tell.site)) < SKEW_SECONDS:
        return
    browser.note_skew(host, tell.site, skew)
    event = tell.remark(EventKind.CLOCK_SKEW, *_skew_words(skew))
    observations.append(event._replace(after=b"%+d" % round(skew)))


def _skew_words(skew: float) -> tuple[str, str]:
    if abs(skew) < SKEW_SECONDS:
        return "in-step", "The server's clock is in step with ours again."
    direction = "ahead of" if skew > 0 else "behind"
    return direction.split()[0], f"The server's clock is {abs(skew):.0f} seconds {direction} ours."
