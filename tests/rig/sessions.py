"""Conversations with applications that have sessions: made as flows, and taken through the proxy's own engine in this process.

A `Talk` writes down exchanges as (seconds, request, response); `tracked` gives what the tracker says of them. Knows nothing of how
a session is judged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from mitmproxy import http

from cookieproxy.config import Config, parse_config
from cookieproxy.core.events import FindingSeen, SessionSeen
from cookieproxy.core.hosts import Suffixes
from cookieproxy.proxy.notices import Notices
from cookieproxy.proxy.policy import Policy
from cookieproxy.proxy.saved_traffic import SavedTraffic
from cookieproxy.suffixes import load
from rig.flows import make_flow

START = 1_800_000_000.0
CHROME = b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
FIREFOX = b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NAVIGATION = ((b"Sec-Fetch-Site", b"same-origin"), (b"Sec-Fetch-Mode", b"navigate"), (b"Sec-Fetch-Dest", b"document"))
FONT = ((b"Sec-Fetch-Site", b"same-origin"), (b"Sec-Fetch-Mode", b"cors"), (b"Sec-Fetch-Dest", b"font"))
PREFLIGHT = (
    (b"Access-Control-Request-Method", b"POST"),
    (b"Sec-Fetch-Site", b"cross-site"),
    (b"Sec-Fetch-Mode", b"cors"),
)
FETCH_WITHOUT_CREDENTIALS = (
    *((b"Sec-Fetch-Site", b"cross-site"), (b"Sec-Fetch-Mode", b"cors"), (b"Sec-Fetch-Dest", b"empty")),
    *((b"Origin", b"https://other.example"), (b"Sec-CH-UA", b'"Chromium";v="156"')),
)
LOGIN = b"user=ann&password=letmein"


def an_id(number: int) -> str:
    """An id as a good server makes them: 32 hexadecimal digits; the same for the same number."""
    import random

    return f"{random.Random(number).getrandbits(128):032x}"


@dataclass
class Talk:
    """What passes between clients and one application."""

    base: str = "https://shop.example"
    name: str = "sid"
    flags: str = "; Path=/; Secure; HttpOnly; SameSite=Lax"
    flows: list[http.HTTPFlow] = field(default_factory=list)

    def ask(
        self,
        at: float,
        path: str = "/",
        sid: str | None = None,
        *,
        sets: str | Sequence[str] | None = None,
        cookie: str | None = None,
        method: str = "GET",
        body: bytes = b"",
        status: int = 200,
        to: str | None = None,
        fields: Sequence[tuple[bytes, bytes]] = NAVIGATION,
        agent: bytes = CHROME,
        address: str = "127.0.0.1",
        takes: float = 0.05,
        base: str | None = None,
        says: Sequence[tuple[bytes, bytes]] = (),
    ) -> http.HTTPFlow:
        """One exchange `at` seconds from the start.

        `sid` is what the session's cookie has in the request; `sets` an id for it, or whole Set-Cookie fields; `to` a Location.
        """
        cookies = cookie if cookie is not None else f"{self.name}={sid}" if sid is not None else None
        request = [(b"User-Agent", agent), *fields]
        if cookies is not None:
            request.append((b"Cookie", cookies.encode()))
        if body:
            request.append((b"Content-Type", b"application/x-www-form-urlencoded"))
        given = [] if sets is None else [f"{self.name}={sets}{self.flags}"] if isinstance(sets, str) else sets
        response = [
            (b"Content-Type", b"text/html"),
            *((b"Set-Cookie", each.encode("latin-1")) for each in given),
            *says,
        ]
        if to is not None:
            status = 302
            response.append((b"Location", to.encode()))
        made = make_flow(
            (base or self.base) + path,
            request,
            response,
            method="POST" if body and method == "GET" else method,
            status=status,
            at=START + at,
            client=(address, 50_000),
        )
        made.request.raw_content = body
        assert made.response is not None
        made.response.timestamp_start = START + at + takes
        made.response.timestamp_end = START + at + takes + 0.01
        self.flows.append(made)
        return made

    def login(self, at: float, sid: str | None = None, sets: str | None = None, **more: Any) -> http.HTTPFlow:
        """A login that succeeds."""
        return self.ask(at, "/login", sid, sets=sets, body=LOGIN, to="/account", **more)

    def refuse(self, at: float, sid: str | None = None, path: str = "/account", **more: Any) -> http.HTTPFlow:
        """A page that leads to the login."""
        return self.ask(at, path, sid, to="/login?next=/account", **more)

    def delete(self, at: float, sid: str | None = None, path: str = "/logout", **more: Any) -> http.HTTPFlow:
        """A response that deletes the session's cookie."""
        return self.ask(at, path, sid, sets=[f"{self.name}=; Path=/; Max-Age=0"], to="/", **more)

    def uses(self, times: Iterable[float], sid: str, path: str = "/account", **more: Any) -> None:
        """Pages that it is good for."""
        for at in times:
            self.ask(at, path, sid, **more)


@dataclass
class Tracked:
    """What came of a talk."""

    sessions: list[SessionSeen]
    findings: list[FindingSeen]

    def causes(self) -> list[str]:
        """The end cause of each session, by when they began."""
        return [session.end_cause.value for session in self.sessions]

    @property
    def codes(self) -> list[str]:
        """The codes of all findings, sorted."""
        return sorted(finding.code for finding in self.findings)

    def finding(self, code: str) -> FindingSeen:
        """The one finding of this code."""
        (found,) = [finding for finding in self.findings if finding.code == code]
        return found


@lru_cache(maxsize=1)
def suffixes() -> Suffixes:
    return load()


def configured(rules: str) -> Config:
    return parse_config(rules.encode(), "rules.yaml", lambda _: lambda _: True) if rules else Config.empty()


def traffic_of(config: Config) -> SavedTraffic:
    """The engine for saved flows, without a store."""
    traffic = SavedTraffic(suffixes(), Notices())
    traffic.follow(Policy(config, suffixes()))
    return traffic


def tracked(flows: Iterable[http.HTTPFlow] | Talk, rules: str = "browser: chrome\n") -> Tracked:
    """What the tracker says of these flows."""
    traffic = traffic_of(configured(rules))
    for flow in flows.flows if isinstance(flows, Talk) else flows:
        traffic.add(flow)
    traffic.drain()
    traffic.sessions.finish()
    everything = list(traffic.sessions.drain())
    sessions = [seen for seen in everything if isinstance(seen, SessionSeen)]
    findings = [seen for seen in everything if isinstance(seen, FindingSeen) and not seen.withdrawn]
    return Tracked(sorted(sessions, key=lambda seen: (seen.started, seen.client)), findings)
