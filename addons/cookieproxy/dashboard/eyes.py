"""Cookies in other browsers' eyes: what each would make of a field, and of all that one browser holds.

Drives the same jars and rules as the proxy, on the side: nothing is changed. Pure but for the time, which is given.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import can_ada

from ..config import Config
from ..core.access import Access
from ..core.cookie import Cookie, CookieKey, Priority, SameSite
from ..core.hosts import Suffixes, canonical_host
from ..core.jar import Jar
from ..core.outcome import Ignored, Reason
from ..core.profiles import PROFILES, Profile
from ..core.syntax import compose, parse_set_cookie, wire_text
from ..exchange.explain import Explanation, Question, explain
from ..report.explained import explanation_fields
from ..report.meaning import meaning
from .inside import CannotDo, Inside
from .jars import Fields

MOST_FIELDS = 50
MOST_FIELD_CHARACTERS = 16_384
MOST_URL_CHARACTERS = 8_192
MOST_WHAT_IF = 2_000
HTTP_SCHEMES = ("http", "https")


# -- one field, tried --------------------------------------------------------------------------------------------------


def tried(inside: Inside, url: object, given: object, now: float) -> list[Fields]:
    """What becomes of each of these Set-Cookie fields of a response from this URL. Raises CannotDo."""
    question = _question(inside, url, given, now)
    config = inside.config or Config.empty()
    answers = [
        (profile, explain(question, config.rules, profile, inside.suffixes))
        for profile in map(inside.profile, PROFILES)
    ]
    first = answers[0][1]
    return [
        _tried(first[place], [(profile, found[place]) for profile, found in answers], now)
        for place in range(len(first))
    ]


def _question(inside: Inside, url: object, given: object, now: float) -> Question:
    if not isinstance(url, str) or len(url) > MOST_URL_CHARACTERS:
        raise CannotDo("The URL is missing or too long: write it like https://shop.example/.")
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise CannotDo("The fields are no list of texts.")
    fields = [each.removeprefix("Set-Cookie:").strip() for each in given if each.strip()]
    if not fields or len(fields) > MOST_FIELDS or any(len(each) > MOST_FIELD_CHARACTERS for each in fields):
        raise CannotDo(f"Give one Set-Cookie field or more, at most {MOST_FIELDS}, each of a sensible length.")
    try:
        parsed = can_ada.parse(url if "://" in url else f"https://{url}")
    except ValueError:
        raise CannotDo("That is no URL: write it like https://shop.example/.") from None
    scheme = parsed.protocol.rstrip(":")
    host = canonical_host(parsed.hostname, inside.suffixes.to_ascii) if parsed.hostname else None
    if scheme not in HTTP_SCHEMES or host is None:
        raise CannotDo("Cookies are set by http and https URLs: write it like https://shop.example/.")
    return Question(scheme, host, parsed.pathname.encode(), tuple(_octets(each) for each in fields), now)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").replace(b"\r", b"").replace(b"\n", b"")


def _tried(each: Explanation, answers: Sequence[tuple[Profile, Explanation]], now: float) -> Fields:
    """What rules make of it is the same for all browsers."""
    return {
        "before": None if each.before is None else wire_text(each.before),
        "after": None if each.after is None else wire_text(each.after),
        "rules": list(each.rules),
        "observing": list(each.observing),
        "changes": [
            {
                "rule": change.rule,
                "action": change.action,
                "before": None if change.before is None else wire_text(change.before),
                "after": None if change.after is None else wire_text(change.after),
                "observed": change.observed,
            }
            for change in each.changes
        ],
        "browsers": [_verdict(profile, answer, now) for profile, answer in answers],
    }


def _verdict(profile: Profile, each: Explanation, now: float) -> Fields:
    fields = explanation_fields(profile, each)
    said = {name: fields[name] for name in ("browser", "outcome", "reason", "sentence")}
    return said | {
        "meaning": None if each.cookie is None else meaning(each.cookie, profile, now, each.capped),
        "evicts": [wire_text(name) for name in each.evicts],
    }


# -- one cookie that is there ------------------------------------------------------------------------------------------


def eyes_on(inside: Inside, cookie: Cookie, now: float) -> list[Fields]:
    """What each browser would make of the field that sets this cookie anew; without rules, which have had their turn."""
    question = Question(
        "https" if cookie.secure_only else "http", cookie.domain, cookie.path, (field_of(cookie, now),), now
    )
    if cookie.partition is not None:
        question = replace(question, scheme="https")
    rules = Config.empty().rules
    return [
        _verdict(profile, explain(question, rules, profile, inside.suffixes)[0], now)
        for profile in map(inside.profile, PROFILES)
    ]


def field_of(cookie: Cookie, now: float) -> bytes:
    """A Set-Cookie field that makes such a cookie; its value is as long, and nobody's."""
    return compose(cookie.name, b"v" * len(cookie.value), _attributes(cookie, now))


def _attributes(cookie: Cookie, now: float) -> Iterator[tuple[bytes, bytes | None]]:
    yield b"Path", cookie.path
    if not cookie.host_only:
        yield b"Domain", cookie.domain.encode()
    if cookie.expiry_time is not None:
        yield b"Max-Age", b"%d" % max(1, round(min(cookie.expiry_time - now, 1e12)))
    if cookie.secure_only:
        yield b"Secure", None
    if cookie.http_only:
        yield b"HttpOnly", None
    if cookie.same_site is not SameSite.DEFAULT:
        yield b"SameSite", cookie.same_site.value.capitalize().encode()
    if cookie.partition is not None:
        yield b"Partitioned", None
    if cookie.priority is not Priority.MEDIUM:
        yield b"Priority", cookie.priority.value.capitalize().encode()


# -- all that a browser holds ------------------------------------------------------------------------------------------


def what_if(mirror: Jar, cookies: Sequence[Cookie], profile: Profile, suffixes: Suffixes, now: float) -> list[Fields]:
    """These cookies of a mirror, set in the same order in a browser of that profile: who is refused, who evicted, who sent."""
    jar = Jar(profile, suffixes)
    told: dict[CookieKey, tuple[str, Reason | None]] = {}
    ordered = sorted(cookies, key=lambda cookie: (cookie.set_time, cookie.sequence))[:MOST_WHAT_IF]
    for cookie in ordered:
        receipt = jar.receive(parse_set_cookie(field_of(cookie, now)), _setting(cookie, now))
        outcome = receipt.outcome
        told[cookie.key] = ("ignored", outcome.reason) if isinstance(outcome, Ignored) else ("stored", None)
        for removal in receipt.removals:
            if removal.cause.is_eviction:
                told[removal.cookie.key] = ("evicted", removal.cause)
    return [_what_if(cookie, *told[cookie.key], (mirror, jar), now) for cookie in ordered]


def _setting(cookie: Cookie, now: float) -> Access:
    scheme = "https" if cookie.secure_only or cookie.partition is not None else "http"
    return Access(scheme, cookie.domain, cookie.path, now, partition=cookie.partition)


def _what_if(cookie: Cookie, outcome: str, reason: Reason | None, jars: tuple[Jar, Jar], now: float) -> Fields:
    mirror, jar = jars
    there = jar.get(cookie.key)
    withheld = None if there is None else jar.withhold(there, _setting(cookie, now))
    return {
        "name": wire_text(cookie.name),
        "domain": cookie.domain,
        "path": wire_text(cookie.path),
        "outcome": outcome,
        "reason": None if reason is None else reason.value,
        "sentence": None if reason is None else reason.sentence,
        "now_sent": mirror.withhold(cookie, _setting(cookie, now)) is None,
        "sent": there is not None and withheld is None,
        "why_not_sent": None if withheld is None else withheld.sentence,
    }
