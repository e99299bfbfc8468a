"""The cookies of a record as a privacy auditor writes them down: who sets what, what for, for how long, with which flags (R10).

What a cookie says is taken from the application's own field, whatever browsers or rules made of it: a lifetime that a browser cuts
to 400 days is told as it was meant. Pure.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..core.access import Access
from ..core.attributes import EXPIRED, Attributes, counted_attributes, expiry_time
from ..core.profiles import PROFILES
from ..core.syntax import parse_set_cookie, wire_text
from ..record.inventory import AdoptedRow, CensusRows, SetRow
from ..record.listings import JarRow
from .purposes import purpose_of

DAY = 86_400
THIRTEEN_MONTHS = 397 * DAY
"""Seconds, the longest thirteen months: France's CNIL wants consent and audience cookies to live no longer."""
BROWSERS_CAP = 400 * DAY
"""Seconds, RFC 6265bis 5.5: what browsers cut longer lifetimes to."""

_AS_MEANT = replace(PROFILES["rfc6265bis"], max_age_cap=None, attribute_bytes=None)
_IDS_IN_PATHS = re.compile(r"(;[^=;/]{0,60}=)[^;/]*|(\([A-Za-z]\()[^)/]*")


@dataclass(frozen=True, slots=True)
class InventoryLine:
    """One cookie of one host."""

    name: str
    host: str
    """That sets it; if nobody saw that, the one it was sent to."""
    site: str
    reach: str
    """Where it goes: that host, or with a dot before it all below too."""
    party: str
    """first, third, both or unknown: whether requests to that host went to the site in the address bar."""
    purpose: str
    set_by: str
    """response, or unknown if no response set it: a script, or one that was not recorded."""
    path: str | None
    """Of the response that set it last; None if none did."""
    lifetime_seconds: float | None
    """As it was set last; None for a session cookie, or if it is not known."""
    is_session: bool | None
    """True if it ends with the browser; None if that is not known."""
    too_long: str | None
    """`over 13 months` or `over 400 days`."""
    secure: bool | None
    http_only: bool | None
    same_site: str | None
    """As it was said: none, lax, strict; None if it says nothing."""
    partitioned: bool | None
    first_seen: float
    last_seen: float
    times: int
    """How often it was set."""
    clients: int
    refused: int
    """How often a browser would not take it."""
    reason: str | None
    """Why not, if it was so the last time."""
    by_rule: str | None
    """What a rule did with it the last time: changed or kept back."""
    value: str | None = None
    """Of one client, if values were asked for."""


def inventory(rows: CensusRows, jar: Iterable[JarRow] = ()) -> tuple[InventoryLine, ...]:
    """All of them by site, host and name. `jar`: cookies with their values, if these are wanted."""
    values = {(row.name, row.domain): row.value for row in sorted(jar, key=lambda row: row.last_access)}
    lines = [_set(row, rows.parties) for row in rows.cookies_set]
    known = {(line.name, line.reach.removeprefix(".")) for line in lines}
    lines += [_adopted(row, rows.parties) for row in rows.adopted if not _is_among(row, known)]
    lines.sort(key=lambda line: (line.site, line.host, line.name))
    return tuple(replace(line, value=_value_of(line, values)) for line in lines) if values else tuple(lines)


def _is_among(row: AdoptedRow, known: set[tuple[str, str]]) -> bool:
    """True if a response was seen setting it too, now or at another time."""
    labels = row.domain.split(".")
    return any((row.cookie, ".".join(labels[start:])) in known for start in range(len(labels)))


def _value_of(line: InventoryLine, values: Mapping[tuple[str, str], str | None]) -> str | None:
    return values.get((line.name, line.reach.removeprefix(".")))


def _set(row: SetRow, parties: Mapping[str, frozenset[str]]) -> InventoryLine:
    said = parse_set_cookie(row.field)
    attributes = counted_attributes(said, _AS_MEANT)
    access = Access(row.scheme, row.host, row.path.encode("utf-8", "replace"), row.time)
    expiry = expiry_time(said, attributes, access, _AS_MEANT)
    lifetime = None if expiry is None or expiry == EXPIRED else expiry - row.time
    return InventoryLine(
        name=row.cookie,
        host=row.host,
        site=row.site,
        reach=_reach(attributes, row.host),
        party=party_of(parties.get(row.host, frozenset())),
        purpose=purpose_of(row.cookie).value,
        set_by="response",
        path=without_ids(row.path),
        lifetime_seconds=lifetime,
        is_session=expiry is None,
        too_long=_too_long(lifetime),
        secure=b"secure" in attributes,
        http_only=b"httponly" in attributes,
        same_site=wire_text(attributes[b"samesite"][:20]).lower() or None if b"samesite" in attributes else None,
        partitioned=b"partitioned" in attributes,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        times=row.times,
        clients=row.clients,
        refused=row.refused,
        reason=row.reason if row.event == "ignored" else None,
        by_rule="kept back" if not row.passed else "changed" if row.changed else None,
    )


def _adopted(row: AdoptedRow, parties: Mapping[str, frozenset[str]]) -> InventoryLine:
    return InventoryLine(
        name=row.cookie,
        host=row.domain,
        site=row.site,
        reach=row.domain,
        party=party_of(parties.get(row.domain, frozenset())),
        purpose=purpose_of(row.cookie).value,
        set_by="unknown",
        path=None,
        lifetime_seconds=None,
        is_session=None,
        too_long=None,
        secure=None,
        http_only=None,
        same_site=None,
        partitioned=None,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        times=0,
        clients=row.clients,
        refused=0,
        reason=None,
        by_rule=None,
    )


def _reach(attributes: Attributes, host: str) -> str:
    domain = wire_text(attributes.get(b"domain", b"")).lower().removeprefix(".")
    return f".{domain}" if domain and (host == domain or host.endswith(f".{domain}")) else host


def _too_long(lifetime: float | None) -> str | None:
    if lifetime is None or lifetime <= THIRTEEN_MONTHS:
        return None
    return "over 400 days" if lifetime > BROWSERS_CAP else "over 13 months"


def party_of(parties: frozenset[str]) -> str:
    """One word for what all requests to a host were."""
    known = parties - {"unknown"}
    if not known:
        return "unknown"
    return "both" if len(known) > 1 else next(iter(known))


def without_ids(path: str) -> str:
    """A path without what ids of sessions look like in it: `/a;jsessionid=…`, `/(S(…))/b`.

    >>> without_ids("/cart;jsessionid=0A1B?x")
    '/cart;jsessionid=…'
    """
    return _IDS_IN_PATHS.sub(lambda found: f"{found[1] or found[2]}…", path)
