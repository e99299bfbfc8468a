"""A store full of what a week with several applications leaves: sessions with every end, findings, cookies, hostile names.

The same each time: times count back from NOW, chances come from a seeded generator. For tests of what is made of a store.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

from cookieproxy.core.cookie import Cookie
from cookieproxy.core.events import (
    ClientSeen,
    EndCause,
    EventKind,
    FindingSeen,
    JarChange,
    JarKind,
    Observation,
    Proof,
    RequestSeen,
    SentPair,
    SessionSeen,
    SetCookieSeen,
)
from cookieproxy.record.store import Store, open_store
from cookieproxy.record.values import ValuePolicy

NOW = 1_795_600_000.0
"""Unix seconds, in November 2026."""
DAY, HOUR, MINUTE = 86_400.0, 3_600.0, 60.0
VALUE = b"topsecretvalue"
"""Of every cookie."""
HOSTILE = (
    b"<img src=x onerror=alert(1)>",
    b"</script><script>alert(1)</script>",
    b"\x1b]0;own\x07\xe2\x80\xaegnp.exe",
    b"=HYPERLINK(1)|`x`|[a](javascript:1)",
    b"n" * 1_000_000,
    b"\xff\xfe\x00raw",
    b"{{ 7 * 7 }}{% raw %}",
    "Ω≈ç√ שלום 你好 é́́́́".encode(),
)
"""Names that try what names can."""


class Application(NamedTuple):
    """How one application treats its sessions."""

    host: str
    cookie: bytes
    idle: float
    """Seconds."""
    policy: str | None
    life: float | None
    """Max-Age of its cookie in seconds; None for a session cookie."""
    renewal: str | None
    rotates: bool = False


APPLICATIONS = (
    Application("www.shop.example", b"JSESSIONID", 30 * MINUTE, "tomcat", None, None),
    Application("wiki.example", b"PHPSESSID", 24 * MINUTE, "php", None, None),
    Application("intranet.example", b"ASP.NET_SessionId", 20 * MINUTE, "aspnet", 14 * DAY, "sliding"),
    Application("api.news.example", b"__Host-sid", 8 * HOUR, None, DAY, "fixed", rotates=True),
    Application("bank.example", b"SESSION", 5 * MINUTE, "idle 5m, absolute 8h", HOUR, "half-sliding"),
)
CLIENTS = tuple(f"10.0.0.{number} {browser}" for number, browser in enumerate(
    ("Chrome/156 3fa9c1", "Firefox/150 77b0aa", "Safari/26 0c1d2e", "Edge/156 9a8b7c", "curl/8 4b2c7f", "Chrome/155 aa00ff"), 2
))  # fmt: skip
MOZILLA = "Mozilla/5.0 (X11; Linux x86_64)"


def rich_store(directory: Path, sessions: int = 240, policy: ValuePolicy = ValuePolicy.HASH) -> Store:
    """The store `cookies.db` in that directory, open for writing."""
    store = open_store("sqlite:cookies.db", directory)
    store.write([*traffic(), *tracked(sessions), *found()], store.masker(policy))
    return store


# -- sessions --------------------------------------------------------------------------------------------------------------


def tracked(sessions: int) -> Iterator[SessionSeen]:
    """Sessions of all applications over the last week, of which one in four with a login."""
    chance, ids = Random(7), count(1)
    ends = (
        [EndCause.TIMED_OUT] * 8
        + [EndCause.LOGOUT] * 4
        + [EndCause.CLOSED] * 3
        + [EndCause.LOST, EndCause.EXPIRED, EndCause.EVICTED]
    )
    for _ in range(sessions):
        application, client = chance.choice(APPLICATIONS), chance.choice(CLIENTS)
        start = NOW - chance.uniform(0, 7 * DAY)
        lasted = chance.expovariate(1 / (50 * MINUTE)) + 30
        if start + lasted > NOW - HOUR:
            yield _session(application, client, next(ids), start, min(start + lasted, NOW - 60), EndCause.OPEN, chance)
        elif application.rotates:
            yield from _rotating(application, client, ids, start, lasted, chance)
        else:
            yield _session(application, client, next(ids), start, start + lasted, chance.choice(ends), chance)
    for name in (HOSTILE[0], HOSTILE[4]):
        hostile = APPLICATIONS[0]._replace(cookie=name)
        yield _session(hostile, CLIENTS[0], next(ids), NOW - DAY, NOW - DAY + 60, EndCause.LOST, chance)


def used_once() -> SessionSeen:
    """A session of which hardly anything is known."""
    seen = _session(APPLICATIONS[0], CLIENTS[0], 1, NOW, NOW, EndCause.OPEN, Random(1))
    return seen._replace(longest_gap=0.0, requests=1, adopted=False, policy=None, expected_end=None, renewal="fixed")


def _rotating(
    application: Application, client: str, ids: Iterator[int], start: float, lasted: float, chance: Random
) -> Iterator[SessionSeen]:
    first, second = next(ids), next(ids)
    middle = start + lasted / 2
    begun = _session(application, client, first, start, middle, EndCause.ROTATED, chance)
    yield begun._replace(rotated_to=_id(second), end_sentence="A new id took over after a login.")
    going_on = _session(application, client, second, middle, start + lasted, EndCause.LOGOUT, chance)
    yield going_on._replace(rotated_from=_id(first), logged_in=True)


def _session(
    application: Application, client: str, number: int, start: float, last: float, cause: EndCause, chance: Random
) -> SessionSeen:
    host, cookie, idle, policy, life, renewal, _ = application
    gap = min(last - start, chance.uniform(0.05, 0.95) * idle)
    killing = idle * chance.uniform(1.02, 6) if cause is EndCause.TIMED_OUT else None
    ended = None if cause is EndCause.OPEN else last + (killing or 0)
    return SessionSeen(
        client=client, site=_site(host), host=host, cookie=cookie, id=_id(number),
        started=start, last_seen=last, ended=ended, end_cause=cause, end_sentence=_WHY.get(cause),
        end_flow=None if ended is None else f"flow{number}", start_flow=f"start{number}", requests=chance.randrange(2, 400),
        longest_gap=gap, killing_gap=killing, rotated_from=None, rotated_to=None, policy=policy,
        killing_age=8 * HOUR + 400 if cause is EndCause.LOST and host == "bank.example" else None,
        expected_end=None if policy is None else last + idle, adopted=chance.random() < 0.05,
        logged_in=chance.random() < 0.25, expiry=None if life is None else last + life, renewal=renewal, in_url=False,
        recognised="its name is JSESSIONID", state="{}",
    )  # fmt: skip


_WHY = {
    EndCause.LOGOUT: "The server deleted the cookie in its answer to /logout.",
    EndCause.TIMED_OUT: "The server answered a dead id with a new one after a gap.",
    EndCause.LOST: "The server gave a new id although the old one was in use.",
    EndCause.EXPIRED: "The cookie's Max-Age was over.",
    EndCause.EVICTED: "Chrome's limit of 180 cookies a site threw it out.",
    EndCause.CLOSED: "The browser came back without it.",
}


def _site(host: str) -> str:
    return ".".join(host.split(".")[-2:])


def _id(number: int) -> str:
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"


# -- findings --------------------------------------------------------------------------------------------------------------


def found() -> Iterator[FindingSeen]:
    """Findings of every severity."""
    rows = (
        (
            "alive-after-logout",
            "high",
            "wiki.example",
            b"PHPSESSID",
            "End the session on the server too.",
            "ASVS 7.4.1",
        ),
        ("not-rotated", "high", "www.shop.example", b"JSESSIONID", "Give a new id at login.", "ASVS 7.2.4"),
        (
            "missing-secure",
            "medium",
            "intranet.example",
            b"ASP.NET_SessionId",
            "Add Secure.",
            "ASVS 3.3.1, RFC 6265bis 5.6.5",
        ),
        (
            "missing-httponly",
            "medium",
            "wiki.example",
            b"PHPSESSID",
            "Add HttpOnly: scripts can read it.",
            "ASVS 3.3.4",
        ),
        ("id-in-url", "medium", "www.shop.example", HOSTILE[0], "Take the id out of the URL.", "ASVS 7.2.1"),
        ("lifetime-long", "low", "www.shop.example", b"_ga", "Shorten its lifetime to 13 months.", "CNIL"),
        ("missing-samesite", "low", "api.news.example", b"tracker", "Say SameSite=Lax.", ""),
        (
            "near-eviction",
            "info",
            "www.shop.example",
            None,
            "The site has 160 of Chrome's 180 cookies.",
            "RFC 6265bis 5.7",
        ),
        ("clock-skew", "info", "wiki.example", None, "Set the server's clock.", ""),
    )
    for number, (code, severity, host, cookie, advice, references) in enumerate(rows):
        proofs = tuple(
            Proof(
                f"{number}f{place}a-77aa-4411",
                NOW - 3 * DAY + place * HOUR,
                f"GET /account was answered with 200 although {code}",
            )
            for place in range(3)
        )
        yield FindingSeen(
            code, severity, _site(host), host, cookie, CLIENTS[number % 3] if number % 2 else None,
            3 + 40 * (number % 4), NOW - 5 * DAY, NOW - HOUR * (number + 1), proofs, advice, references,
        )  # fmt: skip


# -- traffic ---------------------------------------------------------------------------------------------------------------


def traffic() -> Iterator[Observation]:
    """Requests and Set-Cookie fields, first and third parties, and cookies that scripts made."""
    for number, client in enumerate(CLIENTS):
        yield ClientSeen(NOW - number * HOUR, client, client.partition(" ")[0], MOZILLA, "chrome")
    fields = (
        ("www.shop.example", b"JSESSIONID", b"; Path=/; HttpOnly"),
        ("www.shop.example", b"_ga", b"; Domain=shop.example; Path=/; Max-Age=63072000"),
        ("www.shop.example", b"lang", b"; Path=/; Max-Age=34300000; SameSite=Lax"),
        ("wiki.example", b"PHPSESSID", b"; Path=/"),
        ("wiki.example", b"theme", b"; Path=/; Max-Age=2592000; Secure; SameSite=Strict"),
        ("intranet.example", b"ASP.NET_SessionId", b"; Path=/; HttpOnly; SameSite=Lax"),
        ("api.news.example", b"__Host-sid", b"; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"),
        ("bank.example", b"SESSION", b"; Path=/app; Secure; HttpOnly; SameSite=Strict; Max-Age=3600"),
        ("ads.tracker.example", b"IDE", b"; Domain=tracker.example; Path=/; Max-Age=34560001; Secure; SameSite=None"),
        ("ads.tracker.example", b"uuid2", b"; Path=/; Expires=Fri, 31 Dec 9999 23:59:59 GMT; Secure; SameSite=None"),
        *(("www.shop.example", name, b"; Path=/") for name in HOSTILE),
    )
    for number, (host, name, rest) in enumerate(fields):
        for place, client in enumerate(CLIENTS[: 1 + number % len(CLIENTS)]):
            yield _set(NOW - 6 * DAY + number * 600 + place, client, host, name, rest)
    for number in range(400):
        host = fields[number % 10][0]
        party = "third" if host.startswith("ads.") else "first"
        yield _asked(NOW - 6.5 * DAY + number * 1400, CLIENTS[number % 6], host, party, 1 + number % 12)
    yield _asked(NOW - HOUR, CLIENTS[0], "www.shop.example", "first", 90)
    for name in (b"_fbp", b"OptanonConsent", b"jsmade"):
        cookie = Cookie(
            name, VALUE, "shop.example", b"/", NOW - DAY, NOW - HOUR, sequence=1, adopted=True, host_only=False
        )  # fmt: skip
        yield JarChange(NOW - DAY, CLIENTS[0], JarKind.MIRROR, None, "shop.example", cookie.key, cookie)
    known = Cookie(b"JSESSIONID", VALUE, "www.shop.example", b"/", NOW - DAY, NOW - HOUR, sequence=2)
    yield JarChange(NOW - DAY, CLIENTS[0], JarKind.MIRROR, None, "shop.example", known.key, known)


def _set(time: float, client: str, host: str, name: bytes, rest: bytes) -> SetCookieSeen:
    field = name + b"=" + VALUE + rest
    return SetCookieSeen(
        time, client, _site(host), host, "https", b"/login;jsessionid=" + VALUE, "f1",
        200, name, VALUE, field, field, EventKind.STORED, JarKind.MIRROR,
    )  # fmt: skip


def _asked(time: float, client: str, host: str, party: str, cookies: int) -> RequestSeen:
    pairs = tuple(
        SentPair(b"cookie%d" % number, VALUE * (1 + number % 9), EventKind.SENT, host, True, b"/")
        for number in range(cookies)
    )
    size = 8 + sum(len(pair.name) + len(pair.value) + 3 for pair in pairs)
    return RequestSeen(time, client, _site(host), host, "https", "GET", b"/", "f2", party, size, pairs)
