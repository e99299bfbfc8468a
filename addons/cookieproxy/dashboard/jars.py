"""What the page of the jars shows: for each client and site what its browser holds, what we hold, and how near to which limit.

Sizes are octets, times Unix seconds. Pure: whoever asks gives the clients and the time. No values; a cookie is named by an id
that says which it is, and is of use to nobody who may not ask.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..core.access import Access
from ..core.cookie import Cookie, CookieKey, Priority, SameSite
from ..core.events import JarKind
from ..core.hosts import Suffixes, site_of
from ..core.jar import Jar
from ..core.syntax import wire_text
from ..exchange import Browser
from ..exchange.forgetting import belongs_to
from ..exchange.requests import COOKIE_NAME_BYTES, HEADER_THRESHOLDS
from ..record.listings import JarRow

NEAR = 0.75
"""Of a server's limit, from which it is worth telling."""
MOST_SITES = 500
MOST_HOSTS = 12
"""Of one site, whose header is weighed: the largest count."""
MOST_VICTIMS = 5
MOST_ROWS = 4_000

type Fields = dict[str, object]


class Place(NamedTuple):
    """Which cookie of which jar of which client."""

    client: str
    jar: JarKind
    key: CookieKey

    @property
    def id(self) -> str:
        """As text for URLs and JSON."""
        key = self.key
        said: list[object] = [self.client, self.jar.value, key.name.decode("latin-1"), key.domain, key.host_only]
        said += [key.path.decode("latin-1"), key.partition]
        return urlsafe_b64encode(json.dumps(said, separators=(",", ":")).encode()).decode().rstrip("=")

    @classmethod
    def of(cls, said: object) -> "Place | None":
        """The place that such an id names; None if it is none."""
        try:
            text = str(said)
            parts = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            client, jar, name, domain, host_only, path, partition = parts
            if not all(isinstance(part, str) for part in (client, name, domain, path)):
                return None
            octets = name.encode("latin-1"), path.encode("latin-1")
            partition = partition if isinstance(partition, str) else None
            return cls(client, JarKind(jar), CookieKey(octets[0], domain, bool(host_only), octets[1], partition))
        except (ValueError, TypeError, RecursionError):
            return None

    def cookie_of(self, browser: Browser) -> Cookie | None:
        """The cookie, if the client has it."""
        return jar_of(browser, self.jar).get(self.key)


def jar_of(browser: Browser, kind: JarKind) -> Jar:
    """What the browser holds, or what we hold for it."""
    return browser.held if kind is JarKind.HELD else browser.mirror


def overview(browser: Browser, suffixes: Suffixes, now: float) -> Fields:
    """One client with all its sites, those with the most cookies first."""
    profile = browser.profile
    sites: defaultdict[str, tuple[list[Cookie], list[Cookie]]] = defaultdict(lambda: ([], []))
    for index, jar in enumerate((browser.mirror, browser.held)):
        for cookie in jar:
            if _lives(cookie, now):
                sites[site_of(cookie.domain, suffixes)][index].append(cookie)
    ordered = sorted(sites.items(), key=lambda item: (-len(item[1][0]) - len(item[1][1]), item[0]))
    return {
        "client": browser.name,
        "profile": profile.name,
        "enforce": browser.enforce,
        "address": browser.address,
        "user_agent": browser.user_agent,
        "cookies": len(browser.mirror),
        "held": len(browser.held),
        "total_limit": profile.counts.total,
        "size_bytes": browser.mirror.size_bytes + browser.held.size_bytes,
        "sites": [_site(browser, site, *cookies, now) for site, cookies in ordered[:MOST_SITES]],
    }


def _site(browser: Browser, site: str, mirror: Sequence[Cookie], held: Sequence[Cookie], now: float) -> Fields:
    fullest = max(mirror, key=browser.mirror.fullness, default=None)
    together = [*mirror, *held]
    return {
        "site": site,
        "mirror": len(mirror),
        "held": len(held),
        "size_bytes": sum(cookie.size_bytes for cookie in together),
        "fullness": 0.0 if fullest is None else round(browser.mirror.fullness(fullest), 4),
        "per_site_limit": browser.profile.counts.per_site,
        "next_out": [] if fullest is None else [wire_text(each.name) for each in victims(browser, fullest)],
        "soonest_expiry": min((c.expiry_time for c in together if c.expiry_time is not None), default=None),
        "headers": list(_headers(browser, together, now)),
    }


def victims(browser: Browser, like: Cookie) -> list[Cookie]:
    """Who would be evicted next if the site went on getting cookies like this one."""
    return browser.mirror.next_victims(like)[:MOST_VICTIMS]


def _headers(browser: Browser, cookies: Sequence[Cookie], now: float) -> Iterator[Fields]:
    """The Cookie header that a request to each host would carry, the largest first, with the servers' limits it is near (R2)."""
    sizes = []
    for host in dict.fromkeys(cookie.domain for cookie in cookies):
        size = header_bytes(cookies, Access("https", host, b"/", now), browser)
        if size:
            sizes.append((size, host))
    for size, host in sorted(sizes, reverse=True)[:MOST_HOSTS]:
        limits = [{"limit": most, "who": who} for most, who in reversed(HEADER_THRESHOLDS) if size >= most * NEAR]
        yield {"host": host, "scheme": "https", "header_bytes": size, "refused_by": limits}


def header_bytes(cookies: Iterable[Cookie], access: Access, browser: Browser) -> int:
    """Octets of the Cookie header with these cookies, its name included; 0 if none of them goes along."""
    sent = [cookie for cookie in cookies if browser.mirror.withhold(cookie, access) is None]
    pairs = sum(cookie.size_bytes + (1 if cookie.name else 0) for cookie in sent)
    return COOKIE_NAME_BYTES + pairs + 2 * (len(sent) - 1) if sent else 0


def listing(browser: Browser, site: str | None, suffixes: Suffixes, now: float) -> list[Fields]:
    """The cookies of one client, of a site or host if one is given, in the order of their domains and paths."""
    doomed = {id(each) for each in _doomed(browser, site, suffixes)}
    rows = []
    for kind in (JarKind.MIRROR, JarKind.HELD):
        cookies = [c for c in jar_of(browser, kind) if _lives(c, now) and is_of(c, site, suffixes)]
        for cookie in sorted(cookies, key=lambda c: (c.domain, c.path, c.name, c.sequence)):
            rows.append(row(browser, kind, cookie, suffixes) | {"next_out": id(cookie) in doomed})
    return rows[:MOST_ROWS]


def _doomed(browser: Browser, site: str | None, suffixes: Suffixes) -> list[Cookie]:
    ofsite = [cookie for cookie in browser.mirror if is_of(cookie, site, suffixes)]
    like = max(ofsite, key=browser.mirror.fullness, default=None) if site is not None else None
    return [] if like is None else victims(browser, like)


def is_of(cookie: Cookie, site: str | None, suffixes: Suffixes) -> bool:
    """Whether it belongs to this host or one below it, or to the site of that name."""
    return site is None or belongs_to(cookie, site) or site_of(cookie.domain, suffixes) == site


def row(browser: Browser, kind: JarKind, cookie: Cookie, suffixes: Suffixes) -> Fields:
    """A cookie with the documented fields, without its value."""
    fields = JarRow(
        client=browser.name,
        jar=kind.value,
        session=None,
        site=site_of(cookie.domain, suffixes),
        domain=cookie.domain,
        path=wire_text(cookie.path),
        name=wire_text(cookie.name),
        value=None,
        host_only=cookie.host_only,
        secure=cookie.secure_only,
        http_only=cookie.http_only,
        same_site=None if cookie.same_site is SameSite.DEFAULT else cookie.same_site.value,
        partition_key=cookie.partition,
        priority=(cookie.priority or Priority.MEDIUM).value,
        expires=cookie.expiry_time,
        created=cookie.creation_time,
        last_access=cookie.last_access_time,
        size_bytes=cookie.size_bytes,
        adopted=cookie.adopted,
    )
    named = {name: getattr(fields, name) for name in JarRow.__dataclass_fields__}
    return {"id": Place(browser.name, kind, cookie.key).id, **named}


def _lives(cookie: Cookie, now: float) -> bool:
    return cookie.expiry_time is None or cookie.expiry_time > now
