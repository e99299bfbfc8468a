"""Requests at the door: whose they are, in which session, what the application sees; none is lost (R15 to R17, R22, R34 to R36)."""

import gc
from collections.abc import Callable, Iterable
from dataclasses import replace
from weakref import ref

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cookieproxy.cookieless import ties
from cookieproxy.cookieless.carriers import Carrier
from cookieproxy.cookieless.door import MOST_SOUGHT, Asked, Door, Stage, Visit
from cookieproxy.cookieless.entry import CarrierKind, Entry, Mode, Place
from cookieproxy.cookieless.fields import Fields, values
from cookieproxy.cookieless.ids import new_id
from cookieproxy.cookieless.probe import PROBE_COOKIE, Answers
from cookieproxy.cookieless.tickets import GRACE_SECONDS, Stored, Ticket, Tickets
from cookieproxy.core.outcome import CookielessReason
from cookieproxy.record.sessions import StoredSession
from rig.jars import NOW, SUFFIXES, access, jar_of, receive, sent

HOST = "www.shop.example"
ME, OTHER = "10.0.0.1 Chrome/143 3fa9c1", "10.0.0.2 Firefox/146 77b0aa"
IDLE = 1_200
PHONE = "Nokia7110/1.0 (05.01)"

NAVIGATION: Fields = (
    (b"Sec-Fetch-Site", b"same-origin"),
    (b"Sec-Fetch-Mode", b"navigate"),
    (b"Sec-Fetch-Dest", b"document"),
)
TYPED: Fields = ((b"Sec-Fetch-Site", b"none"), (b"Sec-Fetch-Mode", b"navigate"), (b"Sec-Fetch-Dest", b"document"))
PART: Fields = ((b"Sec-Fetch-Site", b"same-origin"), (b"Sec-Fetch-Mode", b"cors"), (b"Sec-Fetch-Dest", b"empty"))
CROSS: Fields = ((b"Sec-Fetch-Site", b"cross-site"), (b"Sec-Fetch-Mode", b"navigate"), (b"Sec-Fetch-Dest", b"document"))
CROSS_PART: Fields = (
    (b"Sec-Fetch-Site", b"cross-site"),
    (b"Sec-Fetch-Mode", b"no-cors"),
    (b"Sec-Fetch-Dest", b"image"),
)
FRAME: Fields = ((b"Sec-Fetch-Site", b"same-origin"), (b"Sec-Fetch-Mode", b"navigate"), (b"Sec-Fetch-Dest", b"iframe"))
NO_WORD: Fields = ()


def entry(
    mode: Mode = Mode.URI,
    carrier: CarrierKind = CarrierKind.PATH,
    number: int = 0,
    hosts: Iterable[str] = (HOST, "api.shop.example"),
    below: bytes = b"/",
    but: bytes | None = None,
    **more: object,
) -> Entry:
    """An entry for these hosts below a path, but not below another."""

    def is_site(place: Place, client: str) -> bool:
        return place.host in hosts and place.path.startswith(below)

    def matches(place: Place, client: str) -> bool:
        return is_site(place, client) and (but is None or not place.path.startswith(but))

    return replace(Entry(number, matches, is_site, mode=mode, carrier=carrier), **more)


class World:
    """A door, what is behind it, and the proxy's part in short."""

    def __init__(self, *entries: Entry) -> None:
        self.tickets = Tickets(SUFFIXES, lambda client: jar_of())
        self.answers = Answers()
        self.door = Door(entries or (entry(),), self.tickets, self.answers, SUFFIXES)

    def asked(
        self,
        target: str = "/",
        fields: Fields = TYPED,
        *,
        at: float = 0.0,
        client: str = ME,
        bound: str | None = None,
        host: str = HOST,
        connection: str = "one",
        agent: str = "Chrome/143",
        scheme: str = "https",
        authority: str | None = None,
        others: tuple[str, ...] = (),
        method: str = "GET",
    ) -> Asked:
        return Asked(
            scheme, host, method, target.encode(), fields, client, agent, connection, NOW + at, authority or host,
            lambda parts: bound or client, tuple(one.encode() for one in others),
        )  # fmt: skip

    def enter(self, target: str = "/", fields: Fields = TYPED, **more: object) -> Visit:
        visit = self.door.enter(self.asked(target, fields, **more))
        assert visit is not None
        return visit

    def page(self, target: str = "/", fields: Fields = TYPED, **more: object) -> Visit:
        """A request that a page answers, so that the browser has the id, and the cookie that asks."""
        visit = self.enter(target, fields, **more)
        if visit.holds:
            assert visit.ticket is not None
            self.tickets.keep(visit.ticket)
            self.tickets.note_seen(str(more.get("client", ME)), visit.ticket.id)
            if visit.stage is Stage.ASKING:
                self.answers.ask(visit.ticket)
        return visit

    def session(self, **more: object) -> Ticket:
        """A session that somebody has the id of, with a cookie of the application."""
        connection = more.pop("connection", "elsewhere")
        ticket = self.page(connection=connection, **more).ticket
        assert ticket is not None
        receive(ticket.jar, access(f"https://{more.get('host', HOST)}/"), "sid=1; Path=/")
        return ticket


def with_(fields: Fields, *more: tuple[str, str]) -> Fields:
    return (*((name.encode(), value.encode()) for name, value in more), *fields)


def url(session_id: str, rest: str = "/page") -> str:
    return f"/(S({session_id})){rest}"


def outcome(visit: Visit, own: Ticket | None = None) -> str:
    """The stage, the session, the reasons."""
    whose = "-" if visit.ticket is None else "own" if visit.ticket is own else "new"
    return " ".join([visit.stage.name.lower(), whose, *(reason.value for reason in visit.reasons)])


# -- every mode, id, cookie and kind of request --------------------------------------------------------------------------

KINDS = {"navigation": TYPED, "part": PART, "cross-site": CROSS, "cross-site part": CROSS_PART, "no word": NO_WORD}
PAGES = ("navigation", "cross-site", "no word")
IDS = ("good", "foreign", "expired", "unknown", "none")
CARRIED = ["carried own", "carried new foreign", "carried new expired", "carried new unknown", "carried new"]
IGNORED = ["cookies - ignored"] * 4 + ["cookies -"]
ASKING = ["asking own", "asking new foreign", "asking new expired", "asking new unknown", "asking new"]
PASSING = ["asking own", "cookies - foreign", "cookies - expired", "cookies - unknown", "cookies -"]
WORKING = ["cookies - cookies-work"] * 5
TABLE: dict[tuple[str, bool, str], list[str]] = {
    **{("uri", cookies, kind): CARRIED for cookies in (True, False) for kind in KINDS},
    **{("phone", cookies, kind): CARRIED for cookies in (True, False) for kind in KINDS},
    **{("device", cookies, kind): IGNORED for cookies in (True, False) for kind in KINDS},
    **{("cookies", cookies, kind): IGNORED for cookies in (True, False) for kind in KINDS},
    **{("auto", True, kind): WORKING for kind in KINDS},
    **{("auto", False, kind): ASKING if kind in PAGES else PASSING for kind in KINDS},
}
ROWS = [
    pytest.param(mode, cookies, kind, which, expected, id=f"{mode}-{'cookies' if cookies else 'none'}-{kind}-{which}")
    for (mode, cookies, kind), row in TABLE.items()
    for which, expected in zip(IDS, row, strict=True)
]


def id_that_is(which: str, world: World, at: float) -> tuple[str | None, Ticket | None]:
    """An id of this kind at that time, and the session that it is of, if it is good."""
    issued = entry(Mode.URI)
    if which in ("none", "unknown"):
        return (new_id() if which == "unknown" else None), None
    start = NOW + (at - IDLE - 1 if which == "expired" else at)
    bound = OTHER if which == "foreign" else ME
    ticket = world.tickets.issue(bound, f"https://{HOST}/", HOST, bound, issued, start)
    world.tickets.keep(ticket)
    return ticket.id, ticket if which == "good" else None


@pytest.mark.parametrize(("mode", "cookies", "kind", "which", "expected"), ROWS)
def test_every_request_is_what_it_should_be(mode: str, cookies: bool, kind: str, which: str, expected: str) -> None:
    world = World(entry(Mode.DEVICE if mode == "phone" else Mode(mode)))
    session_id, own = id_that_is(which, world, 5_000)
    target = "/page?x=1" if session_id is None else url(session_id, "/page?x=1")
    fields = with_(KINDS[kind], ("Cookie", "lang=de")) if cookies else KINDS[kind]
    visit = world.enter(target, fields, at=5_000, agent=PHONE if mode == "phone" else "Chrome/143")
    assert outcome(visit, own) == expected
    assert visit.target == b"/page?x=1"
    assert values(visit.fields, b"cookie") == ([b"lang=de"] if cookies else [])
    assert visit.is_navigation is (kind in PAGES)


def test_devices_of_the_user_are_devices_too() -> None:
    world = World(entry(Mode.DEVICE, is_device=lambda agent: "Toaster" in agent))
    assert outcome(world.enter(agent="Toaster/1")) == "carried new"
    assert outcome(world.enter(agent="Chrome/143")) == "cookies -"


# -- ids -----------------------------------------------------------------------------------------------------------------


class TestIds:
    """What comes, from wherever it comes."""

    @pytest.mark.parametrize("kind", CarrierKind)
    def test_each_carrier_s_id_is_found_and_taken_out(self, kind: CarrierKind) -> None:
        world = World(entry(carrier=kind))
        ticket = world.session()
        target = Carrier(kind, "sid").put(b"/a/b?x=1", ticket.id.upper()).decode()
        visit = world.enter(target)
        assert outcome(visit, ticket) == "carried own"
        assert visit.target == b"/a/b?x=1"
        assert visit.ids == (ticket.id.upper().encode(),)

    def test_a_form_s_field_or_the_script_s_word_is_as_good(self) -> None:
        world = World()
        ticket = world.session()
        visit = world.enter("/post", NAVIGATION, others=(ticket.id,), method="POST")
        assert outcome(visit, ticket) == "carried own"
        assert not visit.carries

    def test_the_first_good_one_counts_and_all_are_taken_out(self) -> None:
        world = World()
        good, late = world.session(), world.session()
        target = f"/(S({new_id()}))/(S({good.id}))/page?sid={late.id}&x=1"
        visit = world.enter(target, others=(late.id,))
        assert outcome(visit, good) == "carried own"
        assert visit.target == b"/page?x=1"

    def test_what_was_wrong_with_others_is_told_if_it_is_another_client_s(self) -> None:
        world = World()
        good, foreign = world.session(), world.session(client=OTHER)
        visit = world.enter(url(foreign.id), others=(good.id,))
        assert outcome(visit, good) == "carried own foreign"

    def test_a_page_whose_url_has_another_id_does_not_carry_the_session_s(self) -> None:
        """Relative links would lead back to the bad one."""
        world = World()
        good = world.session()
        assert not world.enter(url(new_id()), others=(good.id,)).carries
        assert not world.enter(f"/page?sid={good.id}").carries, "of which relative links keep nothing"
        assert world.enter(url(good.id)).carries

    def test_nor_does_it_after_the_id_was_renewed(self) -> None:
        world = World()
        ticket = world.session()
        visit = world.enter(url(ticket.id))
        assert visit.carries
        visit.ticket = world.tickets.renew(ticket, NOW + 1)
        assert not visit.carries
        assert visit.said_another_id(visit.ticket.id)
        assert world.enter(url(visit.ticket.id), at=2).carries

    @pytest.mark.parametrize("kind", [CarrierKind.QUERY, CarrierKind.MATRIX])
    def test_other_carriers_carry_it_in_their_places(self, kind: CarrierKind) -> None:
        world = World(entry(carrier=kind))
        ticket = world.session()
        assert world.enter(Carrier(kind, "sid").put(b"/page", ticket.id).decode()).carries
        assert not world.enter("/page", others=(ticket.id,)).carries

    def test_a_former_id_leads_for_a_moment_to_what_there_was_then_to_a_new_session(self) -> None:
        world = World()
        former = world.session()
        ticket = world.tickets.renew(former, NOW)
        receive(ticket.jar, access(f"https://{HOST}/"), "sid=2; Path=/")
        assert outcome(world.enter(url(former.id), at=1, client=OTHER)) == "carried new foreign"
        late = world.enter(url(former.id), at=GRACE_SECONDS)
        assert outcome(late, former) == "carried own"
        assert sent(former.jar, access(f"https://{HOST}/", GRACE_SECONDS)) == "sid=1"
        assert outcome(world.enter(url(former.id), at=GRACE_SECONDS + 1), former) == "carried new expired"
        assert outcome(world.enter(url(ticket.id), at=GRACE_SECONDS + 1), ticket) == "carried own"
        assert sent(ticket.jar, access(f"https://{HOST}/", GRACE_SECONDS + 1)) == "sid=2"

    def test_a_former_id_says_nothing_of_the_new_one(self) -> None:
        world = World()
        former = world.session()
        ticket = world.tickets.renew(former, NOW)
        visit = world.enter(url(former.id), with_(PART, ("Referer", f"https://{HOST}{url(former.id)}")), at=1)
        assert visit.ticket is former
        assert ticket.id not in world.tickets.seen_by(ME)
        assert outcome(world.enter("/x", PART, connection="another", at=1)) == "carried new"

    def test_with_the_new_one_in_the_url_the_former_one_of_the_page_does_not_count(self) -> None:
        world = World()
        former = world.session()
        ticket = world.tickets.renew(former, NOW)
        visit = world.enter(url(ticket.id), with_(NAVIGATION, ("Referer", f"https://{HOST}{url(former.id)}")), at=1)
        assert outcome(visit, ticket) == "carried own"

    def test_with_regenerate_expired_false_a_former_one_begins_anew_and_not_where_the_new_one_is(self) -> None:
        world = World(entry(regenerate_expired=False))
        former = world.session()
        ticket = world.tickets.renew(former, NOW)
        visit = world.page(url(former.id), at=GRACE_SECONDS + 1)
        assert outcome(visit, ticket) == "carried new expired"
        assert visit.ticket is not None
        assert (visit.ticket.id, sent(visit.ticket.jar, access(f"https://{HOST}/"))) == (former.id, "")
        assert sent(ticket.jar, access(f"https://{HOST}/")) == "sid=1"

    def test_an_expired_one_leaves_its_target_and_its_form_as_they_were(self) -> None:
        world = World()
        ticket = world.session()
        visit = world.enter(url(ticket.id, "/post?x=1"), NAVIGATION, at=IDLE + 1, method="POST")
        assert outcome(visit) == "carried new expired"
        assert visit.target == b"/post?x=1"
        assert visit.ticket is not None
        assert visit.ticket.id != ticket.id
        assert sent(visit.ticket.jar, access(f"https://{HOST}/", IDLE + 1)) == ""

    def test_with_regenerate_expired_false_it_is_used_again_by_its_own_client(self) -> None:
        world = World(entry(regenerate_expired=False))
        ticket = world.session()
        mine = world.page(url(ticket.id), at=IDLE + 1)
        assert outcome(mine) == "carried new expired"
        assert mine.ticket is not None
        assert mine.ticket.id == ticket.id
        assert sent(mine.ticket.jar, access(f"https://{HOST}/", IDLE + 1)) == ""
        foreign = world.enter(url(ticket.id), at=IDLE + 2, client=OTHER)
        assert outcome(foreign) == "carried new foreign"
        assert foreign.ticket is not None
        assert foreign.ticket.id != ticket.id

    def test_every_genuine_id_that_a_client_has_is_remembered(self) -> None:
        """So that it is kept from other sites, whoever it was issued to."""
        world = World(entry(hosts=[HOST]), entry(number=1, hosts=["api.shop.example"]))
        mine, foreign, elsewhere = world.session(), world.session(client=OTHER), world.session(host="api.shop.example")
        forged, client = new_id(), "10.0.0.3 curl/8 aaaaaa"
        for one in (mine.id, foreign.id.upper(), elsewhere.id, forged):
            world.enter(url(one), client=client)
        assert set(world.tickets.seen_by(client)) == {mine.id, foreign.id, elsewhere.id}

    def test_a_referrer_s_are_taken_out(self) -> None:
        world = World()
        ticket = world.session()
        visit = world.enter("/", with_(PART, ("Referer", f"https://{HOST}{url(ticket.id, '/p?x')}")))
        assert values(visit.fields, b"referer") == [f"https://{HOST}/p?x".encode()]
        assert visit.ids == (ticket.id.encode(),)

    def test_nothing_of_ours_leaves_the_fields_as_they_are(self) -> None:
        world = World()
        asked = world.asked("/", with_(PART, ("Referer", f"https://{HOST}/p"), ("Cookie", "a=1")))
        visit = world.door.enter(asked)
        assert visit is not None
        assert visit.fields is asked.fields


# -- floods --------------------------------------------------------------------------------------------------------------


class Asking:
    """A store that counts how often it is asked, and knows some sessions."""

    def __init__(self, world: World, *known: Ticket) -> None:
        self.known = {ticket.digest: stored(ticket) for ticket in known}
        self.asked: list[str] = []
        world.tickets.load = self

    def __call__(self, digest: str) -> Stored | None:
        self.asked.append(digest)
        return self.known.get(digest)


def stored(ticket: Ticket) -> Stored:
    """A session as a store has it."""
    return StoredSession(
        client=ticket.client,
        site=ticket.site,
        session=ticket.digest,
        entry=ticket.origin,
        bound=ticket.bound,
        started=ticket.started,
        last_used=ticket.last_used,
        ended=ticket.ended,
        cookies=list(ticket.jar),
    )


def forged(number: int) -> list[str]:
    return [f"{each:024}" for each in range(number)]


def segments(ids: Iterable[str]) -> str:
    return "".join(f"/(S({one}))" for one in ids)


def pairs(ids: Iterable[str]) -> str:
    return "&".join(f"sid={one}" for one in ids)


class TestFloods:
    """A request may bring thousands of ids: the store is asked for a few, whatever there is is taken out."""

    @pytest.mark.parametrize("mode", [Mode.URI, Mode.AUTO])
    @pytest.mark.parametrize("again", [True, False])
    @pytest.mark.parametrize(
        ("kind", "target", "clean"),
        [
            (CarrierKind.PATH, segments(forged(3_000)) + "/page?x=1", b"/page?x=1"),
            (CarrierKind.MATRIX, "/page" + "".join(f";sid={one}" for one in forged(3_000)) + "?x=1", b"/page?x=1"),
            (CarrierKind.QUERY, f"/page?{pairs(forged(3_000))}&x=1", b"/page?x=1"),
            (CarrierKind.PATH, f"/page?{pairs(forged(3_000))}", f"/page?{pairs(forged(3_000))}".encode()),
        ],
        ids=["path", "matrix", "query", "parameters of the application"],
    )
    def test_forged_ids_everywhere(self, kind: CarrierKind, target: str, clean: bytes, again: bool, mode: Mode) -> None:
        others = [entry(number=each, hosts=[f"{each}.example"], parameter=f"p{each}") for each in range(5)]
        world = World(*others, entry(mode, kind, number=5, regenerate_expired=again))
        store = Asking(world)
        fields = with_(TYPED, ("Referer", f"https://{HOST}{target}"))
        body = tuple(reversed(forged(5_000)))
        for method in ("GET", "POST"):
            asked = world.asked(target, fields, others=body, method=method)
            assert world.door.lacks_id(asked)
            assert len(store.asked) <= MOST_SOUGHT
            store.asked.clear()
            visit = world.door.enter(asked)
            assert visit is not None
            assert len(store.asked) == len(set(store.asked)) == MOST_SOUGHT
            store.asked.clear()
            assert visit.target == clean
            assert values(visit.fields, b"referer") == [f"https://{HOST}".encode() + clean]
        assert len(world.tickets) == 0
        assert list(world.tickets.seen_by(ME)) == []

    @pytest.mark.parametrize("where", ["segments", "body", "referrer"])
    def test_the_store_is_asked_for_the_first_few(self, where: str) -> None:
        before = World()
        ticket = before.session()
        for place, is_found in ((0, True), (MOST_SOUGHT - 1, True), (MOST_SOUGHT, False)):
            world = World()
            Asking(world, ticket)
            ids = forged(20)
            ids.insert(place, ticket.id)
            fields = (
                with_(NAVIGATION, ("Referer", f"https://{HOST}{segments(ids)}/p")) if where == "referrer" else TYPED
            )
            visit = world.enter(
                f"{segments(ids)}/" if where == "segments" else "/",
                fields,
                others=tuple(ids) if where == "body" else (),
            )
            assert visit.ticket is not None
            assert (visit.ticket.id == ticket.id) is is_found
            assert visit.target == b"/"

    @pytest.mark.parametrize("kind", CarrierKind)
    def test_one_in_memory_is_found_behind_any_number(self, kind: CarrierKind) -> None:
        """Whoever puts forged ids into a link of the site cannot shut a visitor out of his session."""
        world = World(entry(carrier=kind))
        ticket = world.session()
        store = Asking(world)
        carrier, target = Carrier(kind, "sid"), b"/page?x=1"
        for one in (ticket.id, *forged(100)):
            target = carrier.put(target, one)
        visit = world.enter(f"{target.decode()}&{pairs(forged(100))}")
        assert outcome(visit, ticket) == "carried own"
        assert len(store.asked) == MOST_SOUGHT

    def test_a_parameter_that_has_an_issued_id_is_taken_out_behind_any_number(self) -> None:
        """In a link, where a field of a form puts one; those of the application stay as they are."""
        world = World()
        here, gone = world.session(), World().session()
        store = Asking(world)
        world.tickets.before = frozenset([gone.digest])
        visit = world.enter(f"/page?{pairs(forged(20))}&{pairs([here.id, gone.id.upper()])}&x=1")
        assert visit.target == f"/page?{pairs(forged(20))}&x=1".encode()
        assert outcome(visit, here) == "carried own"
        assert len(store.asked) == MOST_SOUGHT

    def test_the_same_id_is_asked_for_once(self) -> None:
        world = World(entry(regenerate_expired=False))
        store = Asking(world)
        one = new_id()
        world.enter(segments([one, one.upper()] * 50) + "/", with_(TYPED, ("Referer", f"https://{HOST}{url(one)}")))
        assert len(store.asked) == 1

    def test_what_has_not_the_shape_of_an_id_is_not_asked_for(self) -> None:
        world = World()
        store = Asking(world)
        visit = world.enter("/(S(short))/(S(" + "a" * 80 + "))/page", others=("", "\u212a" * 24, "x" * 10_000))
        assert set(visit.reasons) == {CookielessReason.UNKNOWN}
        assert (visit.target, store.asked) == (b"/page", [])

    @pytest.mark.parametrize("mode", [Mode.COOKIES, Mode.DEVICE])
    def test_where_ids_are_ignored_nobody_asks(self, mode: Mode) -> None:
        world = World(entry(mode))
        store = Asking(world)
        assert outcome(world.enter(segments(forged(100)) + "/")) == "cookies - ignored"
        assert store.asked == []

    def test_many_requests_with_forged_ids_leave_nothing_behind(self) -> None:
        world = World()
        store = Asking(world)
        for one in forged(500):
            assert outcome(world.enter(url(one), connection=one)) == "carried new unknown"
        assert len(store.asked) == 500
        assert (len(world.tickets), list(world.tickets.seen_by(ME))) == (0, [])
        assert world.tickets.drain_changes(NOW) == []


# -- sites ---------------------------------------------------------------------------------------------------------------


class TestSites:
    """Where an entry holds."""

    def test_other_sites_are_nothing_of_ours(self) -> None:
        world = World()
        ticket = world.session()
        assert world.door.enter(world.asked(url(ticket.id), host="other.example")) is None

    def test_excepted_paths_lose_their_ids_and_no_more(self) -> None:
        world = World(entry(but=b"/api/"))
        ticket = world.session()
        visit = world.enter(url(ticket.id, "/api/x"), with_(PART, ("Cookie", "a=1")))
        assert (outcome(visit, ticket), visit.target, visit.carries) == ("cookies -", b"/api/x", False)
        assert values(visit.fields, b"cookie") == [b"a=1"]

    def test_the_first_entry_counts(self) -> None:
        shop = entry(number=0, below=b"/shop/", carrier=CarrierKind.QUERY)
        rest = entry(number=1)
        world = World(shop, rest)
        assert world.enter("/shop/x").entry is shop
        assert world.enter("/x").entry is rest
        holds = world.door.is_one_site(rest, ME)
        assert holds(Place("https", HOST, b"/x"))
        assert not holds(Place("https", HOST, b"/shop/x"))
        assert world.door.is_one_site(shop, ME)(Place("https", HOST, b"/shop/x"))

    @pytest.mark.parametrize("mode", [Mode.URI, Mode.AUTO])
    @pytest.mark.parametrize("cookies", [True, False])
    def test_a_session_of_another_entry_s_site_is_unknown_here(self, mode: Mode, cookies: bool) -> None:
        world = World(entry(mode, hosts=[HOST]), entry(mode, number=1, hosts=["api.shop.example"]))
        there = world.session(host="api.shop.example")
        fields = with_(TYPED, ("Cookie", "a=1")) if cookies else TYPED
        visit = world.enter(url(there.id), fields)
        assert visit.ticket is not there
        assert visit.target == b"/page"

    def test_a_session_s_lifetimes_are_its_own_entry_s_whichever_looked_first(self) -> None:
        """A target is looked through by the entries before its own, too; after a restart that loads the session."""
        first = entry(carrier=CarrierKind.MATRIX, hosts=["api.shop.example"], idle_seconds=5)
        own = entry(number=1, carrier=CarrierKind.QUERY, hosts=[HOST])
        before = World(first, own)
        ticket = before.session()
        world = World(first, own)

        Asking(world, ticket)
        visit = world.enter(f"/?sid={ticket.id}", at=60)
        assert outcome(visit, visit.ticket) == "carried own"
        assert visit.ticket is not None
        assert (visit.ticket.id, visit.ticket.idle_seconds) == (ticket.id, IDLE)

    def test_a_changed_lifetime_counts_at_once(self) -> None:
        world = World(entry())
        ticket = world.session()
        world.door = Door([entry(idle_seconds=60)], world.tickets, world.answers, SUFFIXES)
        assert outcome(world.enter(url(ticket.id), at=61)) == "carried new expired"

    @pytest.mark.parametrize(
        ("target", "others", "mode", "lacks"),
        [
            ("/", (), Mode.URI, True),
            ("good", (), Mode.URI, False),
            ("forged", (), Mode.URI, True),
            ("/", (), Mode.COOKIES, False),
            ("/api/x", (), Mode.URI, False),
        ],
    )
    def test_a_body_is_waited_for_if_the_url_says_nothing_good(
        self, target: str, others: tuple[str, ...], mode: Mode, lacks: bool
    ) -> None:
        world = World(entry(mode, but=b"/api/"))
        made = {"good": url(world.session().id) if mode is Mode.URI else "/", "forged": url(new_id())}
        assert world.door.lacks_id(world.asked(made.get(target, target), method="POST")) is lacks
        assert not world.door.lacks_id(world.asked("/", host="other.example", method="POST"))


# -- ties ----------------------------------------------------------------------------------------------------------------


class TestReferer:
    """A request without an id comes from a page with one."""

    @pytest.mark.parametrize("kind", [PART, NAVIGATION, FRAME, NO_WORD], ids=["part", "navigation", "frame", "no word"])
    @pytest.mark.parametrize("host", [HOST, "api.shop.example"])
    def test_of_the_same_entry(self, kind: Fields, host: str) -> None:
        world = World()
        ticket = world.session()
        visit = world.enter("/x", with_(kind, ("Referer", f"https://{host}{url(ticket.id)}")))
        assert outcome(visit, ticket) == "carried own"
        assert not visit.carries

    def refused(self, world: World, referer: str, fields: Fields = PART, **more: object) -> str:
        known = set(world.tickets)
        visit = world.enter("/x", with_(fields, ("Referer", referer)), **more)
        return outcome(visit, visit.ticket if visit.ticket in known else None)

    def test_not_if_another_site_caused_it(self) -> None:
        world = World()
        referer = f"https://{HOST}{url(world.session().id)}"
        assert self.refused(world, referer, CROSS) == "carried new"
        assert self.refused(world, referer, CROSS_PART) == "carried new"

    def test_not_from_another_site_s_page_that_has_the_id_in_its_url(self) -> None:
        world = World()
        session_id = world.session().id
        for page in (
            "https://evil.example",
            "http://shop.example.evil.example",
            f"https://{HOST}@evil.example",
            "//",
            "about:x",
        ):
            assert self.refused(world, page + url(session_id), NO_WORD) == "carried new"

    def test_not_with_another_client_s_id(self) -> None:
        world = World()
        referer = f"https://{HOST}{url(world.session(client=OTHER).id)}"
        assert self.refused(world, referer) == "carried new"

    def test_not_with_one_that_is_over_or_forged(self) -> None:
        world = World()
        assert self.refused(world, f"https://{HOST}{url(world.session().id)}", at=IDLE + 1) == "carried new"
        assert self.refused(world, f"https://{HOST}{url(new_id())}") == "carried new"

    def test_not_from_a_page_of_another_entry(self) -> None:
        world = World(entry(hosts=[HOST]), entry(number=1, hosts=["api.shop.example"]))
        there = world.session(host="api.shop.example")
        assert self.refused(world, f"https://api.shop.example{url(there.id)}") == "carried new"
        assert self.refused(world, f"https://{HOST}{url(there.id)}") == "carried new"
        here = world.session()
        assert self.refused(world, f"https://api.shop.example{url(here.id)}") == "carried new"

    def test_a_link_with_a_bad_id_in_a_page_of_the_site_loses_nobody_s_session(self) -> None:
        world = World()
        ticket = world.session()
        visit = world.enter(url(new_id()), with_(NAVIGATION, ("Referer", f"https://{HOST}{url(ticket.id)}")))
        assert outcome(visit, ticket) == "carried own"

    def test_an_id_in_the_url_counts_before_the_page_s(self) -> None:
        world = World()
        here, there = world.session(), world.session()
        visit = world.enter(url(here.id), with_(NAVIGATION, ("Referer", f"https://{HOST}{url(there.id)}")))
        assert outcome(visit, here) == "carried own"


class TestConnection:
    """A part of a page comes over the connection that carried the page."""

    def test_with_one_session(self) -> None:
        world = World()
        ticket = world.session(connection="one")
        assert outcome(world.enter("/x", PART), ticket) == "carried own"
        assert outcome(world.enter("/x", PART, connection="two"), ticket) == "carried new"

    @pytest.mark.parametrize(
        ("kind", "more", "ties"),
        [
            (PART, {}, True),
            (NAVIGATION, {}, False),
            (FRAME, {}, False),
            (CROSS_PART, {}, False),
            (((b"Sec-Fetch-Site", b"same-site"), (b"Sec-Fetch-Dest", b"empty")), {}, False),
            (((b"Accept", b"image/png"),), {}, False),  # says nothing of where it comes from
            (((b"Accept", b"image/png"), (b"Origin", b"https://www.shop.example")), {}, True),
            (((b"Accept", b"image/png"), (b"Origin", b"https://www.shop.example:443")), {}, True),
            (((b"Accept", b"image/png"), (b"Origin", b"https://www.shop.example:8443")), {}, False),
            (((b"Accept", b"image/png"), (b"Origin", b"http://www.shop.example")), {}, False),
            (((b"Accept", b"image/png"), (b"Origin", b"null")), {}, False),
            (((b"Upgrade", b"websocket"), (b"Origin", b"https://www.shop.example")), {}, True),
            (
                ((b"Upgrade", b"websocket"), (b"Origin", b"https://www.shop.example:8443")),
                {"authority": f"{HOST}:8443"},
                True,
            ),
            ((*PART, (b"Via", b"1.1 office")), {}, False),
            ((*PART, (b"X-Forwarded-For", b"10.1.2.3")), {}, False),
            (PART, {"client": OTHER}, False),
            (PART, {"at": IDLE + 1}, False),
            (PART, {"target": url(new_id())}, False),
        ],
    )
    def test_only_where_a_page_of_the_same_origin_asked(
        self, kind: Fields, more: dict[str, object], ties: bool
    ) -> None:
        world = World()
        ticket = world.session(connection="one")
        target = str(more.pop("target", "/x"))
        assert (world.enter(target, kind, **more).ticket is ticket) is ties

    def test_two_sessions_say_nothing_until_one_is_over(self) -> None:
        world = World()
        one, two = world.session(connection="one"), world.session(connection="one")
        assert world.enter("/x", PART).ticket not in (one, two)
        world.tickets.end(one, NOW)
        assert world.enter("/x", PART).ticket is two
        world.tickets.end(two, NOW)
        assert outcome(world.enter("/x", PART)) == "carried new"

    def test_tries_do_not_count(self) -> None:
        world = World()
        ticket = world.session(connection="one")
        tries = [world.enter("/robots.txt") for _ in range(10)]
        assert world.enter("/x", PART).ticket is ticket
        assert len(tries) == 10

    def test_two_entries_are_told_apart(self) -> None:
        world = World(entry(hosts=[HOST]), entry(number=1, hosts=["api.shop.example"]))
        here, there = world.session(connection="one"), world.session(connection="one", host="api.shop.example")
        assert world.enter("/x", PART).ticket is here
        assert world.enter("/x", PART, host="api.shop.example").ticket is there

    def test_it_keeps_no_session_alive(self) -> None:
        world = World()
        visit = world.enter("/data.json")
        tried = ref(visit.ticket)
        del visit
        gc.collect()
        assert tried() is None

    def test_connections_are_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ties, "MOST_CONNECTIONS", 3)
        world = World()
        first = world.session(connection="first")
        for number in range(5):
            world.page(connection=f"c{number}")
            assert world.enter("/x", PART, connection="first").ticket is first, "one in use stays"
        assert len(world.door._ties) == 3


IMAGE: Fields = (
    (b"Sec-Fetch-Site", b"same-origin"),
    (b"Sec-Fetch-Mode", b"no-cors"),
    (b"Sec-Fetch-Dest", b"image"),
)
CLEAN = f"https://{HOST}/start?q=1"


class TestFirstPage:
    """Browsers look ahead for images, with the URL that the first page was asked with."""

    def first(self, world: World, **more: object) -> Ticket:
        ticket = world.page("/start?q=1", **more).ticket
        assert ticket is not None
        return ticket

    def part(self, world: World, fields: Fields = IMAGE, referer: str = CLEAN, **more: object) -> Visit:
        return world.enter("/x", with_(fields, ("Referer", referer)), connection="another", **more)

    @pytest.mark.parametrize("mode", [Mode.URI, Mode.AUTO])
    def test_its_images_are_of_its_session_and_not_told(self, mode: Mode) -> None:
        world = World(entry(mode))
        ticket = self.first(world)
        visit = self.part(world, at=9)
        assert visit.ticket is ticket
        assert not visit.is_told

    @pytest.mark.parametrize(
        ("fields", "more"),
        [
            (IMAGE, {"at": 11}),
            (IMAGE, {"referer": f"https://{HOST}/start"}),
            (IMAGE, {"bound": OTHER, "client": OTHER}),
            (IMAGE, {"method": "POST"}),
            (PART, {}),
            (NAVIGATION, {}),
            (CROSS_PART, {}),
            (((b"Accept", b"*/*"),), {}),
            (((b"Sec-Fetch-Dest", b"image"),), {}),
        ],
    )
    def test_nothing_else_is(self, fields: Fields, more: dict[str, object]) -> None:
        world = World()
        ticket = self.first(world)
        assert self.part(world, fields, **more).ticket is not ticket

    def test_over_plain_http_images_say_that_they_are_some(self) -> None:
        world = World()
        ticket = self.first(world, scheme="http")
        clean = CLEAN.replace("https", "http")
        assert self.part(world, ((b"Accept", b"image/png,*/*;q=0.5"),), clean, scheme="http").ticket is ticket

    def test_two_that_begin_alike_are_not_told_apart(self) -> None:
        world = World()
        both = self.first(world), self.first(world, connection="elsewhere", at=1)
        assert self.part(world, at=2).ticket not in both

    def test_with_the_next_page_it_is_over(self) -> None:
        world = World()
        ticket = self.first(world)
        world.page(url(ticket.id), NAVIGATION, connection="another one", at=1)
        assert self.part(world, at=2).ticket is not ticket

    def test_one_that_nobody_was_told_of_is_none(self) -> None:
        world = World()
        ticket = world.enter("/start?q=1").ticket
        assert self.part(world).ticket is not ticket

    def test_first_pages_are_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ties, "MOST_FIRST_PAGES", 3)
        world = World()
        for number in range(5):
            world.page(f"/{number}", connection=f"c{number}")
        assert len(world.door._first_pages) == 3


# -- auto ----------------------------------------------------------------------------------------------------------------


class TestAuto:
    """Do cookies come back?"""

    @pytest.fixture
    def world(self) -> World:
        return World(entry(Mode.AUTO))

    def test_a_client_whose_cookies_come_is_not_asked(self, world: World) -> None:
        visit = world.enter("/", with_(TYPED, ("Cookie", "from=before")))
        assert outcome(visit) == "cookies - cookies-work"
        assert outcome(world.enter("/", PART, at=1)) == "cookies -", "what is known is told once"

    @pytest.mark.parametrize("field", ["", " ", ";", "; ;"])
    def test_an_empty_field_is_no_cookie(self, world: World, field: str) -> None:
        assert outcome(world.enter("/", with_(TYPED, ("Cookie", field)))) == "asking new"

    def test_the_cookie_that_asks_comes_back(self, world: World) -> None:
        first = world.page()
        assert outcome(first) == "asking new"
        assert first.ticket is not None
        token = first.ticket.probe
        second = world.enter(url(first.ticket.id), with_(NAVIGATION, ("Cookie", f"cookieproxy_probe={token}; a=1")))
        assert outcome(second, first.ticket) == "cookies own cookies-work"
        assert second.carries, "the browser is sent to the URL without it"
        assert values(second.fields, b"cookie") == [b"a=1"]
        assert world.door.hands_over(second, NOW)

    def test_also_by_itself_and_without_the_id(self, world: World) -> None:
        first = world.page()
        assert first.ticket is not None
        second = world.enter("/other", with_(TYPED, ("Cookie", f"cookieproxy_probe={first.ticket.probe}")))
        assert outcome(second, first.ticket) == "cookies own cookies-work"
        assert not second.carries
        assert values(second.fields, b"cookie") == []

    def test_another_client_s_answer_opens_nothing(self, world: World) -> None:
        first = world.page()
        assert first.ticket is not None
        stolen = with_(TYPED, ("Cookie", f"cookieproxy_probe={first.ticket.probe}"))
        assert outcome(world.enter("/", stolen, client=OTHER), first.ticket) == "cookies - cookies-work"

    def test_it_does_not_come_back(self, world: World) -> None:
        first = world.page()
        assert first.ticket is not None
        second = world.enter(url(first.ticket.id), NAVIGATION)
        assert outcome(second, first.ticket) == "carried own cookies-refused"
        assert outcome(world.enter(url(first.ticket.id), NAVIGATION), first.ticket) == "carried own"
        assert outcome(world.enter("/", TYPED)) == "carried new", "asked once for each client and site"
        assert outcome(world.enter("/", TYPED, host="api.shop.example")) == "carried new"
        assert outcome(world.enter("/", TYPED, client=OTHER)) == "asking new"

    @pytest.mark.parametrize("kind", [CROSS, CROSS_PART, PART, FRAME], ids=["cross", "cross part", "part", "frame"])
    def test_what_may_go_without_cookies_is_no_answer(self, world: World, kind: Fields) -> None:
        first = world.page()
        assert first.ticket is not None
        assert outcome(world.enter(url(first.ticket.id), kind), first.ticket) == "asking own"
        assert world.answers.of(ME, "shop.example") is None

    def test_nor_is_what_was_sent_before_the_page_came(self, world: World) -> None:
        ticket = world.session(connection="one")
        assert outcome(world.enter("/x", PART), ticket) == "asking own"
        old = ((b"Accept", b"image/png"), (b"Origin", f"https://{HOST}".encode()))
        assert outcome(world.enter("/x", old), ticket) == "asking own"
        assert world.answers.of(ME, "shop.example") is None

    def test_a_part_of_somebody_s_page_comes_first(self, world: World) -> None:
        """Its answer could not carry an id, so its cookies would be lost to a browser that takes them."""
        for kind in (CROSS_PART, PART):
            visit = world.enter("/login.json", kind, method="POST")
            assert outcome(visit) == "cookies -"
            assert not visit.holds
        assert outcome(world.enter("/login.json", with_(PART, ("Cookie", "sid=1")))) == "cookies - cookies-work"

    def test_cookies_that_worked_and_are_gone_are_asked_for_again(self, world: World) -> None:
        """Deleted, or forbidden since: who forbade them would never get in again."""
        world.enter("/", with_(TYPED, ("Cookie", "a=1")))
        assert outcome(world.enter("/x", PART, at=1)) == "cookies -", "a part may go without"
        again = world.page("/", TYPED, at=2)
        assert outcome(again) == "asking new"
        assert again.ticket is not None
        assert (
            outcome(world.enter(url(again.ticket.id), NAVIGATION, at=3), again.ticket) == "carried own cookies-refused"
        )

    def test_deleted_ones_work_again(self, world: World) -> None:
        world.enter("/", with_(TYPED, ("Cookie", "a=1")))
        again = world.page("/", TYPED, at=2)
        assert again.ticket is not None
        answer = with_(NAVIGATION, ("Cookie", f"cookieproxy_probe={again.ticket.probe}"))
        assert outcome(world.enter(url(again.ticket.id), answer, at=3), again.ticket) == "cookies own"

    def test_a_question_that_was_answered_proves_no_refusal_later(self, world: World) -> None:
        first = world.page()
        assert first.ticket is not None
        world.enter(url(first.ticket.id), with_(NAVIGATION, ("Cookie", f"cookieproxy_probe={first.ticket.probe}")))
        deleted = world.page(url(first.ticket.id), NAVIGATION, at=60)
        assert outcome(deleted, first.ticket) == "asking own"

    def test_a_host_that_never_had_cookies_is_no_evidence(self, world: World) -> None:
        world.enter("/", with_(TYPED, ("Cookie", "a=1")))
        assert outcome(world.enter("/", TYPED, host="api.shop.example")) == "cookies -"

    def test_a_session_in_the_url_goes_on_where_others_of_the_client_have_cookies(self, world: World) -> None:
        ticket = world.session()
        world.answers.note(ME, "shop.example", works=True)
        assert outcome(world.enter(url(ticket.id), PART), ticket) == "carried own"

    def test_what_is_held_goes_over_for_a_moment(self, world: World) -> None:
        ticket = world.session()
        visit = world.enter("/", with_(TYPED, ("Cookie", f"cookieproxy_probe={ticket.probe}")))
        assert world.door.hands_over(visit, NOW)
        ticket.handed_over = NOW
        assert world.door.hands_over(visit, NOW + GRACE_SECONDS)
        assert not world.door.hands_over(visit, NOW + GRACE_SECONDS + 1)
        ticket.handed_over = None
        world.tickets.end(ticket, NOW)
        assert not world.door.hands_over(visit, NOW)
        assert not world.door.hands_over(world.enter("/", with_(TYPED, ("Cookie", "a=1")), client=OTHER), NOW)

    @pytest.mark.parametrize("mode", Mode)
    @pytest.mark.parametrize("path", ["/app/x", "/app/api/x", "/elsewhere"])
    def test_the_cookie_that_asks_goes_to_no_application(self, mode: Mode, path: str) -> None:
        """It goes to all paths of a host, also to those that the entry is not about."""
        world = World(entry(mode, below=b"/app/", but=b"/app/api/"))
        visit = world.enter(path, with_(TYPED, ("Cookie", "a=1; cookieproxy_probe=t; b=2"), ("X", "1")))
        assert values(visit.fields, b"cookie") == [b"a=1; b=2"]
        assert values(visit.fields, b"x") == [b"1"]
        assert visit.target == path.encode()
        if path != "/app/x":
            assert outcome(visit) == "cookies -"

    def test_what_is_no_site_of_ours_and_has_nothing_of_ours_is_let_alone(self) -> None:
        world = World(entry(Mode.AUTO, below=b"/app/"))
        assert world.door.enter(world.asked("/elsewhere", with_(TYPED, ("Cookie", "a=1")))) is None
        assert not Door((), world.tickets, world.answers, SUFFIXES)


# -- whatever happens ----------------------------------------------------------------------------------------------------

CLIENTS = ["ann", "bob", "cat"]
HOSTS = [HOST, "api.shop.example", "wiki.example"]
ENTRIES = (
    entry(Mode.URI, CarrierKind.PATH, 0, [HOST], but=b"/api/"),
    entry(Mode.AUTO, CarrierKind.QUERY, 1, ["api.shop.example"], regenerate_expired=False),
    entry(Mode.AUTO, CarrierKind.MATRIX, 2, ["wiki.example"]),
)
SPELLINGS: list[Callable[[str], str]] = [str, str.upper]


class Traffic(RuleBasedStateMachine):
    """Clients that have their own ids, each other's and forged ones in all places: none ever gets what is held for another."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(*ENTRIES)
        self.now = 0.0
        self.ids = [new_id()]
        self.owners: dict[int, tuple[Ticket, str]] = {}

    def id_of(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(SPELLINGS))(data.draw(st.sampled_from(self.ids)))

    @rule(
        data=st.data(),
        client=st.sampled_from(CLIENTS),
        host=st.sampled_from(HOSTS),
        path=st.sampled_from(["/", "/a", "/a/b.js", "/api/x"]),
        kind=st.sampled_from([TYPED, NAVIGATION, PART, CROSS, CROSS_PART, FRAME, NO_WORD]),
        connection=st.sampled_from(["one", "two"]),
        places=st.sets(st.sampled_from([*CarrierKind, "body", "referer", "cookie", "probe"]), max_size=3),
        end=st.sampled_from(["page", "other", "renew", "login"]),
    )
    def come(
        self,
        data: st.DataObject,
        client: str,
        host: str,
        path: str,
        kind: Fields,
        connection: str,
        places: set[str],
        end: str,
    ) -> None:
        world, target, fields = self.world, f"{path}?q=1", kind
        own = next(each.carrier for each in ENTRIES if each.is_site(Place("https", host, b"/"), client))
        if own in places:
            target = Carrier(own, "sid").put(target.encode(), self.id_of(data)).decode()
        if "referer" in places:
            page = f"https://{data.draw(st.sampled_from([host, 'evil.example']))}/p"
            fields = with_(fields, ("Referer", Carrier(own, "sid").put(page.encode(), self.id_of(data)).decode()))
        if "cookie" in places:
            fields = with_(fields, ("Cookie", "c=1"))
        if "probe" in places:
            tokens = [ticket.probe for ticket, _ in self.owners.values() if ticket.probe] or ["forged"]
            fields = with_(fields, ("Cookie", f"cookieproxy_probe={data.draw(st.sampled_from(tokens))}"))
        others = (self.id_of(data),) if "body" in places else ()
        visit = world.enter(target, fields, at=self.now, client=client, host=host, connection=connection, others=others)
        self.judge(visit, client, path, host)
        self.answer(visit, client, end)

    def judge(self, visit: Visit, client: str, path: str, host: str) -> None:
        assert visit.target == f"{path}?q=1".encode(), "the request arrives as the application knows it"
        said = b"\n".join(value for name, value in visit.fields if name.lower() in (b"referer", b"cookie")).lower()
        genuine = [ticket.id for ticket, _ in self.owners.values()]
        assert not any(one.encode() in said for one in genuine)
        assert PROBE_COOKIE not in said
        assert visit.place == Place("https", host, path.encode())
        if visit.holds:
            assert visit.ticket is not None
        if visit.ticket is not None:
            assert visit.ticket.bound == client
            cookies = sent(visit.ticket.jar, access(f"https://{host}/", self.now))
            since = f"since={visit.ticket.digest}"
            assert set(cookies.split("; ")) <= {"", f"owner={client}", since}, "one jar is one client's, and one id's"
            assert visit.ticket.ended is None
            assert not visit.ticket.is_over(NOW + self.now)
        if visit.carries:
            assert visit.ids

    def answer(self, visit: Visit, client: str, end: str) -> None:
        """The application sets a cookie; its answer is a page that teaches the id, or something else."""
        ticket, tickets = visit.ticket, self.world.tickets
        if ticket is None or not visit.holds:
            return
        host, at = visit.place.host, NOW + self.now
        if end == "renew":
            ticket = visit.ticket = tickets.renew(ticket, at)
            receive(ticket.jar, access(f"https://{host}/", self.now), f"since={ticket.digest}")
        receive(ticket.jar, access(f"https://{host}/", self.now), f"owner={client}")
        if end != "other" and visit.is_navigation:
            tickets.keep(ticket)
            if visit.stage is Stage.ASKING:
                self.world.answers.ask(ticket)
        if ticket.is_kept:
            tickets.note_seen(client, ticket.id)
            self.owners[id(ticket)] = ticket, client
            if ticket.id not in self.ids:
                self.ids.append(ticket.id)

    @rule(seconds=st.sampled_from([1, 8, 600, 1_300]))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        self.world.tickets.sweep(NOW + self.now)

    @invariant()
    def nobody_has_two_owners(self) -> None:
        live = [ticket for ticket, _ in self.owners.values() if ticket.ended is None]
        assert len({id(ticket.jar) for ticket in live}) == len(live)
        assert all(ticket.bound == client for ticket, client in self.owners.values())


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_reasons_are_those_that_the_store_knows() -> None:
    said = {word for row in TABLE.values() for line in row for word in line.split()[2:]}
    assert said <= {reason.value for reason in CookielessReason}
