"""What the arguments of the command line mean as values: points in time, sites, URLs, fields, kinds of events.

Every reader ends with argparse's error on what it cannot read, which becomes exit code 2. Imports little, because `--help` must
be quick.
"""

import argparse
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, NoReturn

BASE = Path(__file__).resolve().parents[3]
"""The folder beside `addons/`, where relative paths of stores start and rules.yaml lies."""
DEFAULT_STORE = "sqlite:cookies.db"
EVENTS = (
    "stored",
    "replaced",
    "ignored",
    "removed",
    "sent",
    "withheld",
    "unexpected",
    "missing",
    "changed",
    "persistence",
    "header-size",
    "clock-skew",
    "cookieless",
)
BROWSERS = ("chrome", "firefox", "safari", "curl", "ie6", "ie8", "classic", "rfc6265bis", "none")
SEVERITIES = ("info", "low", "medium", "high")
TABLE_EVENTS = 1_000
"""Events in a table, unless the user says another number."""
FOLLOWED_EVENTS = 10
"""Events of the past that `--follow` begins with, likewise."""

_DURATION = re.compile(r"(\d{1,9})([smhdw])", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NUMBER = re.compile(r"\d{1,12}(\.\d*)?")


class Url(NamedTuple):
    """What cookies care about in a URL."""

    source: str
    scheme: str
    """http or https."""
    host: str
    """Canonical, without port; IPv6 addresses in brackets."""
    path: bytes
    """Percent-encoded, without the query."""


class Arguments(argparse.Namespace):
    """One command line; a command reads what it has declared."""

    command: str
    now: float
    json: bool
    store: str
    site: str | None
    client: str | None
    cookie: str | None
    since: float | None
    values: bool
    kinds: frozenset[str] | None
    follow: bool
    limit: int | None
    jar: str | None
    moment: float | None
    file: str | None
    files: list[str]
    format: str | None
    output: str | None
    strict: bool
    url: Url
    given: list[bytes]
    over: str | None
    caused_by: Url | None
    browsers: list[str] | None
    rules: str | None
    without_rules: bool
    severity: str | None
    codes: frozenset[str] | None
    fail_on: str | None


def time_before(now: float) -> Callable[[str], float]:
    """Reads a point in time: Unix seconds, ISO 8601 (local unless it says otherwise), or a duration, meaning that long ago."""

    def read(text: str) -> float:
        said = text.strip()
        if found := _DURATION.fullmatch(said):
            return now - int(found[1]) * _SECONDS[found[2].lower()]
        if _NUMBER.fullmatch(said):
            return float(said)
        try:
            return datetime.fromisoformat(said).astimezone().timestamp()
        except (ValueError, OverflowError, OSError):
            _wrong(f"{text!r} is no time: write 10m (that long ago), 2026-11-20T13:00 or Unix seconds")

    return read


def site(text: str) -> str:
    """Reads a site as hosts are recorded: lower-case A-labels without port; a whole URL will do."""
    from ..core.hosts import canonical_host
    from ..suffixes import host_to_ascii

    host = text.strip()
    if "://" in host:
        return url(host).host
    if host.count(":") == 1:
        host = host.partition(":")[0]
    canonical = canonical_host(host.removeprefix("."), host_to_ascii)
    return canonical if canonical is not None else _wrong(f"{text!r} is no host: write it like shop.example")


def url(text: str) -> Url:
    """Reads an http or https URL as browsers do."""
    import can_ada

    try:
        parsed = can_ada.parse(text)
    except (ValueError, TypeError):  # TypeError: bytes that are not UTF-8
        parsed = None
    if parsed is None or parsed.protocol not in ("http:", "https:") or not parsed.hostname:
        hint = "" if "://" in text else f", like https://{text or 'shop.example/'}"
        _wrong(f"{text!r} is no http or https URL: write it whole{hint}")
    return Url(parsed.href, parsed.protocol.rstrip(":"), parsed.hostname, parsed.pathname.encode())


def set_cookie(text: str) -> bytes:
    """Reads a Set-Cookie field, with or without its name, as the bytes that were typed."""
    field = text.encode("utf-8", "surrogateescape")
    name, colon, value = field.partition(b":")
    return (value if colon and name.strip().lower() == b"set-cookie" else field).strip(b" \t")


def kinds(text: str) -> frozenset[str]:
    """Reads kinds of events."""
    said = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    unknown = said.difference(EVENTS)
    if unknown or not said:
        _wrong(f"{', '.join(sorted(unknown)) or repr(text)} is no kind of event: choose from {', '.join(EVENTS)}")
    return said


def codes(text: str) -> frozenset[str]:
    """Reads codes of findings."""
    from ..sessions.catalogue import CODES

    said = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    unknown = said.difference(CODES)
    if unknown or not said:
        _wrong(f"{', '.join(sorted(unknown)) or repr(text)} is no code of a finding: choose from {', '.join(CODES)}")
    return said


def count(text: str) -> int:
    """Reads a whole number from 0."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        _wrong(f"{text!r} is no whole number")
    return int(text)


def _wrong(message: str) -> NoReturn:
    raise argparse.ArgumentTypeError(message)
