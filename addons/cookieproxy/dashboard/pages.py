"""What each address of the dashboard answers: plain data made of what the proxy has inside. Knows no HTTP.

Questions to the store are asked in a thread. Values are in nothing but `revealed` and `exported`.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from ..core.cookie import Cookie
from ..core.events import EventKind, JarKind
from ..core.profiles import PROFILES
from ..core.syntax import wire_text
from ..exchange import Browser
from ..formats import FORMATS
from ..record.filters import Filter
from ..record.listings import SessionRow
from ..record.protocol import Reader
from ..report.concurrency import online_until
from ..report.decoded import decodings
from ..report.gaps import timeouts
from ..report.listed import event_fields, finding_fields
from ..report.survival import curves
from ..report.timeouts import bounds_by_place, listed
from . import clients
from .eyes import eyes_on, tried, what_if
from .inside import CannotDo, Inside
from .jars import Fields, Place, is_of, jar_of, listing, overview, row, victims
from .rules import RulesPage

MOST_EVENTS = 2_000
USUAL_EVENTS = 300
MOST_LIFE = 500
"""Events of one cookie."""
MOST_SESSIONS = 2_000
MOST_STEPS = 200
EVERY_HOST = "every host"
"""The line of all sessions together."""
MOST_FINDINGS = 1_000

type Asked = Mapping[str, str]
"""The query of a URL."""


class Pages:
    """The answers of one dashboard."""

    def __init__(self, inside: Inside, rules: RulesPage) -> None:
        self._inside = inside
        self._rules = rules

    # -- events and clients --------------------------------------------------------------------------------------------

    async def events(self, asked: Asked) -> list[Fields]:
        """The latest, by time; narrowed by site, client, cookie and event."""
        kind, limit = asked.get("event"), _number(asked.get("limit"), USUAL_EVENTS, MOST_EVENTS)
        if kind and kind not in list(EventKind):
            raise CannotDo(f"There is no such event: {', '.join(EventKind)}.")
        kinds = [EventKind(kind)] if kind else None
        store = await self._store()
        wanted = _wanted(asked)
        rows = await clients.in_thread(lambda: store.questions.events(wanted, kinds, None, limit))
        return [event_fields(each, False) | {"seq": each.seq} for each in rows]

    async def clients(self, asked: Asked) -> list[Fields]:
        """Who was seen."""
        store = await self._store()
        wanted = _wanted(asked)
        return [asdict(each) for each in await clients.in_thread(lambda: store.questions.clients(wanted))]

    # -- jars ----------------------------------------------------------------------------------------------------------

    async def jars(self, asked: Asked) -> list[Fields]:
        """Each client with its sites."""
        now, suffixes = time.time(), self._inside.suffixes
        return [overview(browser, suffixes, now) for browser in await clients.all_clients(self._inside)]

    async def jar(self, asked: Asked) -> list[Fields]:
        """The cookies of one client, of one site if it is said; with those that are held for sessions in URLs."""
        browser = await self._client(asked)
        site = asked.get("site") or None
        rows = listing(browser, site, self._inside.suffixes, time.time())
        store = self._inside.store
        if store is None:
            return rows
        wanted = Filter(site=site, client=browser.name)
        stored = await clients.in_thread(lambda: store.questions.jar(wanted))
        of_sessions = [each for each in stored if each.session is not None and each.client == browser.name]
        return rows + [{"id": None, **asdict(each), "next_out": False} for each in of_sessions]

    async def whatif(self, asked: Asked) -> Fields:
        """What another browser would have of all that this one holds."""
        browser = await self._client(asked)
        name, site = asked.get("browser", ""), asked.get("site") or None
        if name not in PROFILES:
            raise CannotDo(f"There is no such browser: {', '.join(PROFILES)}.")
        suffixes = self._inside.suffixes
        cookies = [cookie for cookie in browser.mirror if is_of(cookie, site, suffixes)]
        return {
            "browser": name,
            "cookies": what_if(browser.mirror, cookies, self._inside.profile(name), suffixes, time.time()),
        }

    async def profiles(self, asked: Asked) -> list[Fields]:
        """The browsers there are."""
        return [{"name": profile.name, "help": profile.help} for profile in PROFILES.values()]

    # -- one cookie ----------------------------------------------------------------------------------------------------

    async def cookie(self, asked: Asked) -> Fields:
        """One cookie's whole life, as far as it was recorded."""
        browser, now = await self._client(asked), time.time()
        name = asked.get("name", "")
        found = self._find(browser, asked)
        store = self._inside.store
        events: list[Fields] = []
        if store is not None:
            await clients.current(self._inside)
            wanted = Filter(
                asked.get("domain") or asked.get("site") or None, browser.name.replace("*", "?"), name or None
            )
            rows = await clients.in_thread(lambda: store.questions.events(wanted, None, None, MOST_LIFE))
            events = [
                event_fields(each, False) | {"seq": each.seq}
                for each in rows
                if each.client == browser.name and each.cookie == name
            ]
        if found is None:
            return {"cookie": None, "events": events, "browsers": [], "evicts_first": []}
        place, cookie = found
        first = [] if place.jar is JarKind.HELD else [wire_text(each.name) for each in victims(browser, cookie)]
        shown = row(browser, place.jar, cookie, self._inside.suffixes) | {
            "next_out": wire_text(cookie.name) in first[:1]
        }
        return {
            "cookie": shown | {"set_by": cookie.set_by, "set_time": cookie.set_time},
            "events": events,
            "browsers": eyes_on(self._inside, cookie, now),
            "evicts_first": first,
        }

    def _find(self, browser: Browser, asked: Asked) -> tuple[Place, Cookie] | None:
        kind = JarKind.HELD if asked.get("jar") == JarKind.HELD else JarKind.MIRROR
        place = Place.of(asked["id"]) if "id" in asked else None
        if place is not None and place.client == browser.name:
            cookie = place.cookie_of(browser)
            return None if cookie is None else (place, cookie)
        site = asked.get("domain") or asked.get("site") or None
        for cookie in jar_of(browser, kind):
            path = wire_text(cookie.path)
            if wire_text(cookie.name) != asked.get("name", "") or path != (asked.get("path") or path):
                continue
            if is_of(cookie, site, self._inside.suffixes):
                return Place(browser.name, kind, cookie.key), cookie
        return None

    async def reveal(self, said: Mapping[str, object]) -> Fields:
        """One value."""
        place = Place.of(said.get("id"))
        if place is None:
            raise CannotDo("Which cookie? Load the page again.")
        cookie = place.cookie_of(await clients.client(self._inside, place.client))
        if cookie is None:
            raise CannotDo("The cookie is not there any more.", 404)
        value = wire_text(cookie.value)
        decoded = decodings(value)
        return {"value": value, "decoded": decoded.split(" → ") if decoded else []}

    # -- sessions and findings -----------------------------------------------------------------------------------------

    async def sessions(self, asked: Asked) -> Fields:
        """How long sessions lived, and what ended them."""
        store = await self._store()
        wanted = _wanted(asked)
        return await clients.in_thread(lambda: _sessions(store, wanted, time.time()))

    async def findings(self, asked: Asked) -> list[Fields]:
        """What is wrong."""
        store = await self._store()
        wanted = _wanted(asked)
        rows = await clients.in_thread(lambda: store.questions.findings(wanted))
        return [finding_fields(each) for each in rows[:MOST_FINDINGS]]

    # -- rules ---------------------------------------------------------------------------------------------------------

    async def rules(self, asked: Asked) -> Fields:
        """The file, its mistakes, and what each rule has done."""
        self._inside.hand_over()
        return await clients.in_thread(self._rules.fields)

    async def set_mode(self, said: Mapping[str, object]) -> Fields:
        """Let a rule apply or observe."""
        await clients.in_thread(lambda: self._rules.set_mode(said.get("rule"), said.get("mode")))
        return await self.rules({})

    async def explain(self, said: Mapping[str, object]) -> Fields:
        """What rules and browsers would make of a response."""
        return {"fields": tried(self._inside, said.get("url"), said.get("set_cookie"), time.time())}

    # -- doing ---------------------------------------------------------------------------------------------------------

    async def forget(self, said: Mapping[str, object]) -> Fields:
        """Make clients forget a site."""
        site, client = said.get("site"), said.get("client")
        if not isinstance(site, str) or not site:
            raise CannotDo("Which site? Say it like shop.example.")
        return {"summary": self._inside.forget(site, client if isinstance(client, str) and client else None)}

    async def formats(self, asked: Asked) -> list[Fields]:
        """The formats of exports."""
        return [{"name": each.name, "help": each.title} for each in FORMATS.values()]

    async def export(self, said: Mapping[str, object]) -> Fields:
        """The cookies of one client with their values, in the format of another tool."""
        chosen = FORMATS.get(str(said.get("format")))
        if chosen is None:
            raise CannotDo(f"There is no such format: {', '.join(FORMATS)}.")
        browser = await clients.client(self._inside, str(said.get("client")))
        site, now = said.get("site"), time.time()
        site = site if isinstance(site, str) and site else None
        cookies = {
            cookie.key: cookie
            for jar in (browser.mirror, browser.held)
            for cookie in jar
            if is_of(cookie, site, self._inside.suffixes) and (cookie.expiry_time is None or cookie.expiry_time > now)
        }
        written = chosen.write(list(cookies.values()), now)
        ending = chosen.endings[0] if chosen.endings else "txt"
        return {
            "name": f"cookies-{site or 'all'}.{ending}",
            "text": written.data.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode(),
            "lost": [*map(str, written.losses), *map(str, written.notes)],
        }

    # -- parts ---------------------------------------------------------------------------------------------------------

    async def _client(self, asked: Asked) -> Browser:
        return await clients.client(self._inside, asked.get("client", ""))

    async def _store(self) -> Reader:
        store = self._inside.store
        if store is None:
            raise CannotDo(self._inside.setup().trouble or "Nothing is recorded: there is no store.", 503)
        await clients.current(self._inside)
        return store


def _sessions(store: Reader, wanted: Filter, now: float) -> Fields:
    rows = sorted(store.questions.sessions(wanted), key=lambda row: -row.started)
    gaps = store.questions.gaps()
    known = bounds_by_place(gaps)
    last = max((each.last_seen for each in rows), default=now)
    until = max(now, last)
    documented = list(listed(rows, gaps))
    shown = [
        fields
        | {
            "end_sentence": each.end_sentence,
            "adopted": each.adopted,
            "in_url": each.in_url,
            "logged_in": each.logged_in,
        }
        for fields, each in zip(documented, rows, strict=True)
    ]
    return {
        "until": until,
        "sessions": shown[:MOST_SESSIONS],
        "timeouts": [asdict(each) for each in timeouts(rows, known)],
        "online": _online(rows, now),
        "survival": [
            {
                "host": curve.host or EVERY_HOST,
                "cookie": "all sessions",
                "sessions": curve.lives,
                "median_seconds": curve.median_seconds,
                "steps": [{"seconds": step.seconds, "share": step.survival} for step in curve.steps[:MOST_STEPS]],
            }
            for curve in curves(rows)
        ],
    }


def _online(rows: Sequence[SessionRow], now: float) -> list[Fields]:
    """Of each host the sessions that are not over, as far as one can tell, and of how many clients; the most first."""
    there: defaultdict[str, list[str]] = defaultdict(list)
    for each in rows:
        if each.ended is None and online_until(each, now) >= now:
            there[each.host].append(each.client)
    ordered = sorted(there.items(), key=lambda item: (-len(item[1]), item[0]))
    return [{"host": host, "sessions": len(whose), "people": len(set(whose))} for host, whose in ordered]


def _wanted(asked: Asked) -> Filter:
    return Filter(asked.get("site") or None, asked.get("client") or None, asked.get("cookie") or None)


def _number(text: str | None, usual: int, most: int) -> int:
    try:
        return min(max(1, int(text or usual)), most)
    except ValueError:
        return usual
