"""Sessions: only issued ids open one, for whom and as long as they were issued; the store; bounds (R17, R33, R35, R36)."""

import gc
import hmac
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import ref

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cookieproxy.cookieless import seen_ids, tickets
from cookieproxy.cookieless.entry import Entry
from cookieproxy.cookieless.ids import digest_of, new_id
from cookieproxy.cookieless.probe import Answers
from cookieproxy.cookieless.tickets import GRACE_SECONDS, Ticket, Tickets
from cookieproxy.core.events import JarChange, Observation, SessionChange
from cookieproxy.core.outcome import CookielessReason
from cookieproxy.record.store import Store, open_store
from cookieproxy.record.values import ValuePolicy
from rig.jars import NOW, SUFFIXES, access, jar_of, receive, sent

ME, OTHER = "10.0.0.1 Chrome/143 3fa9c1", "10.0.0.2 Firefox/146 77b0aa"
HOST = "www.shop.example"
ORIGIN, URL = f"https://{HOST}/app/", f"https://{HOST}/app/page"
IDLE, ABSOLUTE = 1_200, 8 * 3_600
ENTRY = Entry(0, lambda place, client: True, lambda place, client: True)
FOREIGN, EXPIRED, UNKNOWN = CookielessReason.FOREIGN, CookielessReason.EXPIRED, CookielessReason.UNKNOWN


class World:
    """Tickets with a store behind them, which is told when a test says so."""

    def __init__(self, store: Store, entry: Entry | None = ENTRY) -> None:
        self.store = store
        self.entry = entry
        self.tickets = self.restarted()

    def restarted(self) -> Tickets:
        """Another run of the program: what it knows is what the store knows."""
        self.tickets = Tickets(SUFFIXES, lambda client: jar_of(), self.store.load_session)
        return self.tickets

    def entry_of(self, origin: str, client: str) -> Entry | None:
        return self.entry

    def session(self, at: float = NOW, bound: str = "me", client: str = ME, kept: bool = True) -> Ticket:
        ticket = self.tickets.issue(client, ORIGIN, HOST, bound, ENTRY, at)
        if kept:
            self.tickets.keep(ticket)
        return ticket

    def find(self, session_id: str | bytes, at: float = NOW) -> Ticket | None:
        octets = session_id if isinstance(session_id, bytes) else session_id.encode()
        return self.tickets.find(octets, self.entry_of, at)

    def judged(self, session_id: str, bound: str = "me", at: float = NOW) -> CookielessReason | None:
        return self.tickets.judge(self.find(session_id, at), bound, at)

    def tell(self, at: float = NOW) -> list[Observation]:
        """Write what changed."""
        changes = self.tickets.drain_changes(at)
        self.store.write(changes, self.store.masker(ValuePolicy.HASH))
        return changes


@pytest.fixture
def world() -> Iterator[World]:
    with closing(open_store("memory:", Path("/"))) as store:
        yield World(store)


def hold(ticket: Ticket, *fields: str, after: float = 0.0) -> None:
    receive(ticket.jar, access(URL, after), *fields)


def cookie(ticket: Ticket | None, after: float = 0.0) -> str:
    assert ticket is not None
    return sent(ticket.jar, access(URL, after))


def told(changes: list[Observation]) -> list[str]:
    """What the store is told, a word or two each, ids by their digests' beginnings."""
    lines = []
    for change in changes:
        if isinstance(change, SessionChange):
            lines.append(f"{change.session[:4]} {'goes on' if change.ended is None else 'ends'}")
        else:
            assert isinstance(change, JarChange)
            value = "gone" if change.cookie is None else change.cookie.value.decode()
            lines.append(f"{str(change.session)[:4]} {change.key.name.decode()}={value}")
    return lines


# -- honouring -----------------------------------------------------------------------------------------------------------


class TestHonouring:
    """Who may come in with an id."""

    def test_an_issued_id_is_good_in_any_case(self, world: World) -> None:
        ticket = world.session()
        assert world.find(ticket.id) is ticket
        assert world.find(ticket.id.upper()) is ticket
        assert world.judged(ticket.id.swapcase()) is None

    @pytest.mark.parametrize(
        "forged",
        [b"a" * 24, b"", b"a", b"\xff" * 24, b"A" * 5_000, "\u212a".encode() * 8],
        ids=["shape", "empty", "short", "octets", "long", "kelvin"],
    )
    def test_a_forged_one_is_not(self, world: World, forged: bytes) -> None:
        world.session()
        assert world.find(forged) is None
        assert world.tickets.judge(None, "me", NOW) is UNKNOWN
        assert len(world.tickets) == 1, "nothing is adopted"

    def test_nor_one_that_differs_in_a_character(self, world: World) -> None:
        ticket = world.session()
        other = ("b" if ticket.id[0] == "a" else "a") + ticket.id[1:]
        assert world.judged(other) is UNKNOWN

    def test_nor_the_digest_which_the_store_and_the_log_show(self, world: World) -> None:
        assert world.judged(world.session().digest) is UNKNOWN

    def test_somebody_else_s_is_not(self, world: World) -> None:
        ticket = world.session(bound="10.0.0.1 Chrome/143")
        assert world.judged(ticket.id, "10.0.0.1 Chrome/143") is None
        for bound in ("10.0.0.2 Chrome/143", "10.0.0.1 Chrome/144", "", "10.0.0.1 chrome/143", "10.0.0.1 Chrom\u00e9"):
            assert world.judged(ticket.id, bound) is FOREIGN

    def test_somebody_else_s_that_is_over_is_foreign_before_all(self, world: World) -> None:
        ticket = world.session()
        world.tickets.end(ticket, NOW)
        assert world.judged(ticket.id, "other") is FOREIGN

    @pytest.mark.parametrize(
        ("uses", "at", "reason"),
        [
            ([], IDLE, None),
            ([], IDLE + 0.5, EXPIRED),
            ([IDLE], IDLE + 600, None),
            ([IDLE], 2 * IDLE, None),
            ([IDLE], 2 * IDLE + 0.5, EXPIRED),
            ([*range(1_000, ABSOLUTE, 1_000)], ABSOLUTE, None),
            ([*range(1_000, ABSOLUTE, 1_000)], ABSOLUTE + 0.5, EXPIRED),
            ([600, 300], IDLE + 600, None),  # two requests arrive in another order: the later one counts
            ([], -5, None),  # the clock was set back
        ],
    )
    def test_for_as_long_as_it_is_used_and_no_longer_than_in_all(
        self, world: World, uses: list[int], at: float, reason: CookielessReason | None
    ) -> None:
        ticket = world.session()
        for after in uses:
            world.tickets.use(ticket, NOW + after)
        assert world.judged(ticket.id, at=NOW + at) is reason

    def test_lifetimes_follow_the_entry(self, world: World) -> None:
        ticket = world.session()
        ticket.lives_by(replace(ENTRY, idle_seconds=60))
        assert world.judged(ticket.id, at=NOW + 61) is EXPIRED
        ticket.lives_by(ENTRY)
        assert world.judged(ticket.id, at=NOW + 61) is None

    def test_not_after_its_end(self, world: World) -> None:
        ticket = world.session()
        world.tickets.end(ticket, NOW + 1)
        assert world.judged(ticket.id, at=NOW + 1) is EXPIRED

    def test_not_before_anybody_was_told_it(self, world: World) -> None:
        ticket = world.session(kept=False)
        assert world.find(ticket.id) is None
        assert world.tickets.keep(ticket)
        assert not world.tickets.keep(ticket)
        assert world.find(ticket.id) is ticket

    def test_secrets_are_compared_in_constant_time(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """An id is looked up by its digest, whose place in a table says nothing about the id."""
        ticket = world.session()
        compared = []

        class Watched:
            @staticmethod
            def compare_digest(one: str | bytes, other: str | bytes) -> bool:
                compared.append((one, other))
                return hmac.compare_digest(one, other)  # type: ignore[type-var]

        monkeypatch.setattr(tickets, "hmac", Watched)
        world.judged(ticket.id, "you")
        assert compared == [(ticket.id.encode(), ticket.id.encode()), (b"me", b"you")]
        assert ticket.id not in world.tickets._by_digest

    def test_the_id_is_in_no_repr(self, world: World) -> None:
        assert world.session().id not in repr(world.session())


# -- renewal -------------------------------------------------------------------------------------------------------------


class TestRenewal:
    """The application's session id changed: the session goes on under another id, and who has the old one is left behind."""

    def renewed(self, world: World, ticket: Ticket, at: float = 0.0, *fields: str) -> Ticket:
        """The session under its new id, with the cookies of the response that caused it."""
        new = world.tickets.renew(ticket, NOW + at)
        hold(new, *fields, after=at)
        world.tickets.touch(new)
        return new

    def test_both_ids_are_good_for_a_moment_then_the_new_one(self, world: World) -> None:
        ticket = world.session()
        new = world.tickets.renew(ticket, NOW)
        assert new.id != ticket.id
        for at in (NOW, NOW + GRACE_SECONDS):
            assert world.find(ticket.id, at) is ticket
            assert world.find(new.id, at) is new
            assert world.judged(ticket.id, at=at) is world.judged(new.id, at=at) is None
            assert world.judged(ticket.id, "other", at) is world.judged(new.id, "other", at) is FOREIGN
        at = NOW + GRACE_SECONDS + 0.1
        assert world.judged(ticket.id, at=at) is EXPIRED
        assert world.judged(new.id, at=at) is None

    def test_it_is_the_same_session_for_its_client(self, world: World) -> None:
        ticket = world.session()
        world.tickets.use(ticket, NOW + 600)
        new = world.tickets.renew(ticket, NOW + 600)
        assert (new.client, new.site, new.origin, new.bound) == (
            ticket.client,
            ticket.site,
            ticket.origin,
            ticket.bound,
        )
        assert (new.started, new.last_used, new.is_kept, new.until) == (NOW, NOW + 600, True, None)
        for after in range(1_200, ABSOLUTE + 1, 600):
            world.tickets.use(new, NOW + after)
        assert world.judged(new.id, at=NOW + ABSOLUTE) is None
        assert world.judged(new.id, at=NOW + ABSOLUTE + 1) is EXPIRED, "renewals do not make it live longer in all"

    def test_who_has_the_old_id_sees_what_there_was_and_nothing_that_comes_after(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "PHPSESSID=1", "lang=de")
        new = self.renewed(world, ticket, 1, "PHPSESSID=2", "user=ann", "lang=; Max-Age=0")
        assert cookie(world.find(ticket.id, NOW + 2), 2) == "PHPSESSID=1; lang=de"
        assert cookie(world.find(new.id, NOW + 2), 2) == "PHPSESSID=2; user=ann"

    def test_nor_does_what_he_does_with_it_touch_the_new_one(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "PHPSESSID=1")
        new = self.renewed(world, ticket, 1)
        hold(ticket, "PHPSESSID=fixed", "planted=1", after=2)
        world.tickets.touch(ticket)
        assert cookie(new, 2) == "PHPSESSID=1"
        world.tickets.end(ticket, NOW + 3)
        assert cookie(new, 3) == "PHPSESSID=1"
        assert world.judged(new.id, at=NOW + 3) is None

    def test_no_cookie_is_one_of_both(self, world: World) -> None:
        """A jar changes its cookies: each has copies of its own, in the same order."""
        ticket = world.session()
        hold(ticket, "b=1; Path=/app", "a=1; Path=/app", "c=1; Path=/app; Max-Age=60")
        new = self.renewed(world, ticket)
        assert cookie(new, 30) == "b=1; a=1; c=1"
        assert max(one.last_access_time for one in ticket.jar) < NOW + 1
        assert cookie(ticket, 31) == "b=1; a=1; c=1"
        assert not {id(one) for one in ticket.jar} & {id(one) for one in new.jar}

    def test_the_cookie_that_asks_whether_cookies_come_back_leads_to_the_old_one_only(self, world: World) -> None:
        """Who began the session, and gave its id away, has that cookie."""
        ticket = world.session()
        answers = Answers()
        token = answers.ask(ticket)
        new = world.tickets.renew(ticket, NOW)
        assert answers.ask(new) != token
        assert answers.asked_with(token) is ticket

    def test_each_renewal_is_another_session_each_with_its_own_moment(self, world: World) -> None:
        first = world.session()
        hold(first, "n=1")
        second = self.renewed(world, first, 0, "n=2")
        third = self.renewed(world, second, 8, "n=3")
        assert [cookie(world.find(one.id, NOW + 9), 9) for one in (first, second, third)] == ["n=1", "n=2", "n=3"]
        assert [world.judged(one.id, at=NOW + 11) for one in (first, second, third)] == [EXPIRED, None, None]
        assert [world.judged(one.id, at=NOW + 19) for one in (first, second, third)] == [EXPIRED, EXPIRED, None]

    def test_two_requests_in_flight_make_a_session_each(self, world: World) -> None:
        """Both answers set the application's session id: neither sees what the other set, and the old moment gets no longer."""
        ticket = world.session()
        hold(ticket, "n=0")
        one = self.renewed(world, ticket, 1, "n=1")
        other = self.renewed(world, ticket, 9, "n=2")
        assert len({ticket.id, one.id, other.id}) == 3
        assert [cookie(each, 9) for each in (ticket, one, other)] == ["n=0", "n=1", "n=2"]
        at = NOW + 1 + GRACE_SECONDS + 0.1
        assert [world.judged(each.id, at=at) for each in (ticket, one, other)] == [EXPIRED, None, None]

    def test_an_end_is_the_end_of_one_of_them(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "n=1")
        new = self.renewed(world, ticket)
        world.tickets.end(new, NOW + 1)
        assert world.judged(new.id, at=NOW + 1) is EXPIRED
        assert world.judged(ticket.id, at=NOW + 1) is None
        world.tell(NOW + 1)
        world.restarted()
        assert world.judged(new.id, at=NOW + 1) is world.judged(ticket.id, at=NOW + 1) is EXPIRED

    def test_a_sweep_ends_the_old_one_when_its_moment_is_over(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "n=1")
        new = self.renewed(world, ticket)
        world.tickets.sweep(NOW + GRACE_SECONDS)
        assert ticket.ended is None
        world.tickets.sweep(NOW + GRACE_SECONDS + 1)
        assert (ticket.ended, len(ticket.jar)) == (NOW + GRACE_SECONDS, 0)
        assert (new.ended, cookie(new, 11)) == (None, "n=1")

    def test_of_many_nothing_is_held_longer_than_it_must(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "n=1")
        for after in range(200):
            ticket = world.tickets.renew(ticket, NOW + after)
        world.tickets.sweep(NOW + 200 + GRACE_SECONDS)
        assert sum(len(each.jar) for each in world.tickets) == 1
        world.tickets.use(ticket, NOW + ABSOLUTE)
        world.tickets.sweep(NOW + ABSOLUTE + 300 + GRACE_SECONDS)
        assert list(world.tickets) == [ticket]

    def test_one_that_is_over_or_only_tried_is_not_renewed(self, world: World) -> None:
        tried, over = world.session(kept=False), world.session()
        world.tickets.end(over, NOW)
        assert world.tickets.renew(tried, NOW) is tried
        assert world.tickets.renew(over, NOW) is over
        assert tried.until is over.until is None

    def test_with_regenerate_expired_false_an_id_that_was_renewed_begins_with_nothing(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "n=1")
        new = self.renewed(world, ticket, 0, "n=2")
        at = NOW + GRACE_SECONDS + 1
        again = world.tickets.issue_again(ticket, ME, ORIGIN, ENTRY, at)
        world.tickets.keep(again)
        assert (again.id, cookie(again), cookie(new)) == (ticket.id, "", "n=2")
        world.tell(at)
        world.restarted()
        assert [cookie(world.find(one.id, at), 11) for one in (again, new)] == ["", "n=2"]
        assert [world.judged(one.id, at=at) for one in (again, new)] == [None, None]


class TestRenewalInTheStore:
    """The store knows two sessions: one that is over, and holds nothing, and one that has all."""

    def renewed(self, world: World) -> tuple[Ticket, Ticket]:
        """A session before and after, of which the store knows what was before."""
        ticket = world.session()
        hold(ticket, "sid=1", "lang=de")
        world.tell()
        return ticket, world.tickets.renew(ticket, NOW + 1)

    def stored(self, world: World, ticket: Ticket) -> tuple[float | None, list[str]]:
        """When it ended, and what it holds."""
        known = world.store.load_session(ticket.digest)
        assert known is not None
        return known.ended, sorted(f"{one.name.decode()}={one.value.decode()}" for one in known.cookies)

    def test_an_end_then_a_beginning_with_all_then_only_changes(self, world: World) -> None:
        ticket, new = self.renewed(world)
        old, digest = ticket.digest[:4], new.digest[:4]
        hold(new, "sid=2", after=1)
        world.tickets.touch(new)
        lines = [f"{old} ends", f"{digest} goes on", f"{digest} sid=1", f"{digest} lang=de", f"{digest} sid=2"]
        assert told(world.tell(NOW + 1)) == lines
        assert told(world.tell(NOW + 2)) == []
        assert self.stored(world, ticket) == (NOW + 1, [])
        assert self.stored(world, new) == (None, ["lang=de", "sid=2"])

    def test_what_was_not_told_yet_of_the_old_one_is_told_of_the_new_one(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "sid=1")
        world.tickets.touch(ticket)
        new = world.tickets.renew(ticket, NOW + 1)
        lines = [f"{ticket.digest[:4]} ends", f"{new.digest[:4]} goes on", f"{new.digest[:4]} sid=1"]
        assert told(world.tell(NOW + 1)) == lines

    def test_nothing_more_is_told_of_the_old_one(self, world: World) -> None:
        """Whatever happens in its moment: the store would think that it goes on."""
        ticket, _ = self.renewed(world)
        world.tell(NOW + 1)
        hold(ticket, "late=1", after=2)
        world.tickets.use(ticket, NOW + 2)
        world.tickets.touch(ticket)
        world.tickets.keep(ticket)
        assert told(world.tell(NOW + 2)) == []
        again = world.tickets.renew(ticket, NOW + 3)
        assert {line[:4] for line in told(world.tell(NOW + 3))} == {again.digest[:4]}
        world.tickets.end(ticket, NOW + 4)
        world.tickets.sweep(NOW + GRACE_SECONDS + 5)
        assert told(world.tell(NOW + 5)) == []
        assert self.stored(world, ticket) == (NOW + 1, [])

    def test_after_a_restart_only_the_new_one_opens_anything(self, world: World) -> None:
        ticket, new = self.renewed(world)
        world.tell(NOW + 1)
        world.restarted()
        assert world.judged(ticket.id, at=NOW + 2) is EXPIRED
        assert cookie(world.find(ticket.id, NOW + 2), 2) == ""
        assert world.judged(new.id, at=NOW + 2) is None
        assert cookie(world.find(new.id, NOW + 2), 2) == "sid=1; lang=de"

    def test_a_store_that_has_nothing_is_told_of_the_new_one_only(self, world: World) -> None:
        _, new = self.renewed(world)
        digest = new.digest[:4]
        told_of = told(list(world.tickets.everything(NOW + 2)))
        assert told_of == [f"{digest} goes on", f"{digest} sid=1", f"{digest} lang=de"]

    @pytest.mark.parametrize("is_told", [True, False])
    def test_it_leaves_memory_in_its_moment_and_does_not_come_back_to_life(
        self, world: World, is_told: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Used since then, so that its last use is news; or before the store was told, which still thinks that it goes on."""
        monkeypatch.setattr(tickets, "MOST_TICKETS", 2)
        ticket, new = self.renewed(world)
        session_id, digest = ticket.id, ticket.digest
        if is_told:
            world.tell(NOW + 1)
        ticket.last_used = NOW + 2
        world.session(NOW + 3)
        assert ticket not in set(world.tickets)
        del ticket
        gc.collect()
        found = world.find(session_id, NOW + 4)
        assert world.tickets.judge(found, "me", NOW + 1 + GRACE_SECONDS + 1) is EXPIRED
        world.tell(NOW + 4)
        world.tell(NOW + 4)
        known = world.store.load_session(digest)
        assert known is not None
        assert (known.ended, known.cookies) == (NOW + 1, [])
        assert self.stored(world, new) == (None, ["lang=de", "sid=1"])

    def test_the_new_one_leaves_memory_before_it_was_told_and_is_found(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tickets, "MOST_TICKETS", 2)
        session_id = self.renewed(world)[1].id
        for after in (2, 3):
            world.session(NOW + after)
        gc.collect()
        assert cookie(world.find(session_id, NOW + 4), 4) == "sid=1; lang=de"
        for after in (5, 6):
            world.session(NOW + after)
        world.tell(NOW + 6)
        gc.collect()
        assert cookie(world.find(session_id, NOW + 7), 7) == "sid=1; lang=de"


# -- ending --------------------------------------------------------------------------------------------------------------


class TestEnding:
    """What is over is let go."""

    def test_what_it_held_is_nowhere(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "PHPSESSID=secret")
        world.tell()
        assert len(ticket.jar) == 1
        world.tickets.end(ticket, NOW + 1)
        world.tell(NOW + 1)
        assert len(ticket.jar) == 0
        stored = world.store.load_session(ticket.digest)
        assert stored is not None
        assert (stored.ended, stored.cookies) == (NOW + 1, [])

    def test_a_late_answer_s_cookies_are_not_kept(self, world: World) -> None:
        ticket = world.session()
        world.tell()
        world.tickets.end(ticket, NOW + 1)
        hold(ticket, "late=1", after=2)
        world.tickets.touch(ticket)
        assert told(world.tell(NOW + 2)) == [f"{ticket.digest[:4]} ends"]

    def test_it_ends_once(self, world: World) -> None:
        ticket = world.session()
        world.tickets.end(ticket, NOW + 1)
        world.tickets.end(ticket, NOW + 2)
        assert ticket.ended == NOW + 1
        assert told(world.tell(NOW + 2)) == [f"{ticket.digest[:4]} ends"]

    def test_those_that_timed_out_are_ended_at_the_time_they_did(self, world: World) -> None:
        idle, used = world.session(), world.session()
        for after in range(1_000, ABSOLUTE + 1, 1_000):
            world.tickets.use(used, NOW + after)
        world.tickets.sweep(NOW + IDLE)
        assert idle.ended is None
        world.tickets.sweep(NOW + IDLE + 1)
        assert (idle.ended, used.ended) == (NOW + IDLE, None)
        world.tickets.sweep(NOW + ABSOLUTE + 60)
        assert used.ended == NOW + ABSOLUTE

    def test_for_a_while_it_is_known_that_they_were(self, world: World) -> None:
        session_id = world.session().id
        world.tickets.sweep(NOW + IDLE + 1)
        world.tickets.drain_changes(NOW + IDLE + 1)
        assert world.judged(session_id, at=NOW + IDLE + 1) is EXPIRED
        world.tickets.sweep(NOW + IDLE + ABSOLUTE + 1)
        assert len(world.tickets) == 0
        gc.collect()
        assert world.judged(session_id, at=NOW + IDLE + ABSOLUTE + 1) is UNKNOWN


class TestAgain:
    """With regenerate_expired: false, an id is used again by whom it belonged to."""

    def again(self, world: World, over: Ticket, at: float) -> Ticket:
        return world.tickets.issue_again(over, ME, ORIGIN, ENTRY, at)

    def test_it_has_nothing_of_what_was_before(self, world: World) -> None:
        over = world.session()
        hold(over, "PHPSESSID=1")
        world.tell()
        ticket = self.again(world, over, NOW + IDLE + 1)
        assert (ticket.id, ticket.started, cookie(ticket)) == (over.id, NOW + IDLE + 1, "")
        world.tickets.keep(ticket)
        hold(ticket, "PHPSESSID=2", after=IDLE + 1)
        world.tickets.touch(ticket)
        assert told(world.tell(NOW + IDLE + 1)) == [
            f"{over.digest[:4]} {what}" for what in ("ends", "goes on", "PHPSESSID=2")
        ]
        assert world.find(over.id, NOW + IDLE + 2) is ticket
        world.restarted()
        assert cookie(world.find(over.id, NOW + IDLE + 2), IDLE + 2) == "PHPSESSID=2"

    def test_requests_that_come_at_once_share_it(self, world: World) -> None:
        over = world.session()
        one = self.again(world, over, NOW + IDLE + 1)
        assert world.find(over.id, NOW + IDLE + 1) is over, "nobody was told of the new one yet"
        assert self.again(world, over, NOW + IDLE + 1) is one

    def test_one_that_nobody_was_told_of_is_gone_with_its_request(self, world: World) -> None:
        over = world.session()
        hold(self.again(world, over, NOW + IDLE + 1), "tried=1", after=IDLE + 1)
        gc.collect()
        assert cookie(self.again(world, over, NOW + IDLE + 2), IDLE + 2) == ""


# -- the store -----------------------------------------------------------------------------------------------------------


class TestStore:
    """What it is told, in order; and back from it."""

    def test_a_session_then_what_it_holds_then_only_changes(self, world: World) -> None:
        ticket = world.session()
        digest = ticket.digest[:4]
        hold(ticket, "a=1", "b=2")
        assert told(world.tell()) == [f"{digest} goes on", f"{digest} a=1", f"{digest} b=2"]
        assert told(world.tell()) == []
        hold(ticket, "a=; Max-Age=0", "b=3", after=1)
        world.tickets.touch(ticket)
        assert told(world.tell(NOW + 1)) == [f"{digest} a=gone", f"{digest} b=3"]

    def test_its_last_use_is_written_now_and_then(self, world: World) -> None:
        ticket = world.session()
        world.tell()
        lines = []
        for after in range(1, 100):
            world.tickets.use(ticket, NOW + after)
            world.tickets.touch(ticket)
            lines += told(world.tell(NOW + after))
        assert len(lines) == 3

    def test_one_that_is_only_tried_is_told_to_nobody(self, world: World) -> None:
        ticket = world.session(kept=False)
        hold(ticket, "a=1")
        world.tickets.touch(ticket)
        world.tickets.end(ticket, NOW)
        assert world.tell() == []
        assert list(world.tickets.everything(NOW)) == []

    def test_after_a_restart_it_goes_on_for_its_client(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "sid=1; HttpOnly", "theme=dark; Path=/app")
        world.tell()
        world.restarted()
        again = world.find(ticket.id.upper())
        assert again is not None
        assert again is not ticket
        assert (again.id, again.client, again.site, again.origin, again.bound, again.started, again.last_used) == (
            ticket.id, ME, "shop.example", ORIGIN, "me", NOW, NOW,
        )  # fmt: skip
        assert sorted(cookie(again).split("; ")) == ["sid=1", "theme=dark"]
        assert world.judged(ticket.id, "other") is FOREIGN
        assert world.judged(ticket.id, at=NOW + IDLE + 1) is EXPIRED
        assert world.find(ticket.id) is again, "it is loaded once"
        assert world.tell() == [], "and not written for it"

    def test_one_that_ended_stays_so(self, world: World) -> None:
        ticket = world.session()
        world.tickets.end(ticket, NOW)
        world.tell()
        world.restarted()
        assert world.judged(ticket.id) is EXPIRED

    def test_one_for_which_no_entry_holds_any_more_is_left_where_it_is(self, world: World) -> None:
        ticket = world.session()
        world.tell()
        world.restarted()
        world.entry = None
        assert world.find(ticket.id) is None

    def test_its_lifetimes_are_those_of_its_own_entry(self, world: World) -> None:
        ticket = world.session()
        world.tell()
        world.restarted()
        world.entry = replace(ENTRY, idle_seconds=60)
        assert world.judged(ticket.id, at=NOW + 61) is EXPIRED

    def test_everything_is_what_goes_on(self, world: World) -> None:
        over, ticket = world.session(), world.session()
        hold(ticket, "a=1")
        world.tickets.end(over, NOW)
        digest = ticket.digest[:4]
        assert told(list(world.tickets.everything(NOW))) == [f"{digest} goes on", f"{digest} a=1"]


# -- bounds --------------------------------------------------------------------------------------------------------------


class TestBounds:
    """Memory is bounded, and nothing is lost by it."""

    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tickets, "MOST_TICKETS", 3)

    def test_the_longest_unused_leaves_and_comes_back(self, world: World) -> None:
        made = [world.session(NOW + after) for after in range(3)]
        hold(made[1], "a=1", after=3)
        world.tickets.touch(made[1])
        world.tickets.use(made[0], NOW + 5)
        world.session(NOW + 6)
        assert len(world.tickets) == 3
        assert made[1] not in set(world.tickets)
        world.tell(NOW + 6)
        session_id, gone = made[1].id, ref(made[1])
        del made
        gc.collect()
        assert gone() is None
        assert cookie(world.find(session_id, NOW + 7), 7) == "a=1"
        assert len(world.tickets) == 3

    def test_one_that_ended_does_not_come_back_to_life_before_the_store_was_told(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "sid=1")
        world.tell()
        world.tickets.end(ticket, NOW + 1)
        session_id = ticket.id
        del ticket
        for after in (2, 3, 4):
            world.session(NOW + after)
        gc.collect()
        assert world.judged(session_id, at=NOW + 5) is EXPIRED

    def test_a_cookie_that_was_deleted_does_not_come_back_with_it(self, world: World) -> None:
        ticket = world.session()
        hold(ticket, "sid=1")
        world.tell()
        hold(ticket, "sid=; Max-Age=0", after=1)
        world.tickets.touch(ticket)
        session_id = ticket.id
        del ticket
        for after in (2, 3, 4):
            world.session(NOW + after)
        world.tell(NOW + 4)
        gc.collect()
        assert cookie(world.find(session_id, NOW + 5), 5) == ""

    def test_its_last_use_is_known_to_the_store(self, world: World) -> None:
        ticket = world.session()
        world.tell()
        world.tickets.use(ticket, NOW + 20)
        for after in (21, 22, 23):
            world.session(NOW + after)
        world.tell(NOW + 23)
        stored = world.store.load_session(ticket.digest)
        assert stored is not None
        assert stored.last_used == NOW + 20

    def test_one_that_somebody_still_has_is_not_made_twice(self, world: World) -> None:
        ticket = world.session()
        for after in (1, 2, 3):
            world.session(NOW + after)
        assert ticket not in set(world.tickets)
        assert world.find(ticket.id, NOW + 4) is ticket
        assert ticket in set(world.tickets)

    def test_ids_of_a_client_are_bounded_the_latest_stay(self, world: World) -> None:
        made = [new_id() for _ in range(seen_ids.MOST_SEEN + 10)]
        for session_id in made:
            world.tickets.note_seen(ME, session_id)
            world.tickets.note_seen(ME, made[0])
        assert set(world.tickets.seen_by(ME)) == {made[0], *made[-seen_ids.MOST_SEEN + 1 :]}
        assert list(world.tickets.seen_by(OTHER)) == []

    def test_clients_whose_ids_are_known_are_bounded_the_latest_stay(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(seen_ids, "MOST_CLIENTS", 3)
        for client in ("a", "b", "c", "a", "d"):
            world.tickets.note_seen(client, client * 24)
        assert [client for client in "abcd" if world.tickets.seen_by(client)] == ["a", "c", "d"]


# -- any history ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Known:
    """One session of a naive list."""

    whose: str
    started: float
    used: float
    value: str = ""
    """Of the cookie that it holds."""
    until: float | None = None

    def is_over(self, now: float) -> bool:
        """By its lifetimes and by the renewal of its id."""
        times_out = min(self.used + IDLE, self.started + ABSOLUTE)
        return now > (times_out if self.until is None else min(times_out, self.until))


class Histories(RuleBasedStateMachine):
    """Whatever happens in whatever order, memory and store together know each session as a naive list of them does."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(open_store("memory:", Path("/")))
        self.most, tickets.MOST_TICKETS = tickets.MOST_TICKETS, 3
        self.now = NOW
        self.model: dict[str, Known] = {}

    def teardown(self) -> None:
        tickets.MOST_TICKETS = self.most
        self.world.store.close()

    @rule(bound=st.sampled_from(["me", "you"]), kept=st.booleans())
    def begin(self, bound: str, kept: bool) -> None:
        ticket = self.world.session(self.now, bound, kept=kept)
        if kept:
            self.model[ticket.id] = Known(bound, self.now, self.now)

    @precondition(lambda self: self.model)
    @rule(
        data=st.data(),
        bound=st.sampled_from(["me", "you"]),
        value=st.sampled_from(["1", "2", ""]),
        end=st.sampled_from(["stays", "renew", "renew twice", "is over"]),
    )
    def come(self, data: st.DataObject, bound: str, value: str, end: str) -> None:
        """A request with an id, whose response sets a cookie or deletes it."""
        session_id = data.draw(st.sampled_from(list(self.model)))  # in the order in which they began: ids are random
        ticket, known = self.world.find(session_id, self.now), self.model[session_id]
        reason = self.world.tickets.judge(ticket, bound, self.now)
        if known.whose != bound:
            assert reason is FOREIGN
        elif known.is_over(self.now):
            assert reason is EXPIRED
        elif known.until is not None and reason is EXPIRED:
            known.until = 0.0  # its moment may be cut short, as memory is short; but it has no second one
        else:
            assert reason is None
            assert ticket is not None
            assert cookie(ticket, self.now - NOW) == (f"a={known.value}" if known.value else "")
            self.go_on(ticket, known, value, end)

    def go_on(self, ticket: Ticket, known: Known, value: str, end: str) -> None:
        """What the response does to a session that is good."""
        all_tickets = self.world.tickets
        all_tickets.use(ticket, self.now)
        known.used = self.now
        if end == "is over":
            all_tickets.end(ticket, self.now)
            known.used = 0.0
            return
        for _ in range({"stays": 0, "renew": 1, "renew twice": 2}[end]):
            renewed = all_tickets.renew(ticket, self.now)
            assert renewed.id not in self.model
            self.model[renewed.id] = replace(known, value=value, until=None)
            known.until = self.now + GRACE_SECONDS if known.until is None else known.until
            self.set_cookie(renewed, value)
        if end == "stays":
            known.value = value
            self.set_cookie(ticket, value)

    def set_cookie(self, ticket: Ticket, value: str) -> None:
        hold(ticket, f"a={value}" if value else "a=; Max-Age=0", after=self.now - NOW)
        self.world.tickets.touch(ticket)

    @rule(seconds=st.sampled_from([0.5, 8, 15, 600, 1_100]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def tell(self) -> None:
        self.world.tell(self.now)
        assert not self.renewed & {change.session for change in self.world.store.load_open_sessions()}

    @rule()
    def sweep(self) -> None:
        self.world.tickets.sweep(self.now)

    @rule()
    def restart(self) -> None:
        """After a clean stop; those who stayed in memory have told their last use within half a minute."""
        for ticket in self.world.tickets:
            self.world.tickets._told.leave(ticket)
        self.tell()
        self.world.restarted()

    @invariant()
    def bounded(self) -> None:
        assert len(self.world.tickets) <= 3

    @property
    def renewed(self) -> set[str]:
        """The digests of the ids that were."""
        return {digest_of(session_id) for session_id, known in self.model.items() if known.until is not None}

    @invariant()
    def a_new_store_hears_of_none_that_was_renewed(self) -> None:
        everything = self.world.tickets.everything(self.now)
        assert not self.renewed & {change.session for change in everything if isinstance(change, SessionChange)}


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
