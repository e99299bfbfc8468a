"""Who has a client in a store that several processes share: claims, fences, and what a fenced process cannot write (R30)."""

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cookieproxy.core.cookie import Cookie
from cookieproxy.core.events import Event, EventKind, JarChange, JarKind, Observation, SessionChange
from cookieproxy.record.jars import StoredCookie
from cookieproxy.record.leases import CUT_OFF, Claimed, Lease, Leases
from cookieproxy.record.store import Store, open_store
from cookieproxy.record.values import ValuePolicy

if TYPE_CHECKING:
    from rig.postgres import Server

BASE = Path("/")
ALICE, BOB = "10.0.0.1 Chrome/156 3fa9c1", "10.0.0.2 Firefox/150 \0\udce9"


class Process:
    """One of the processes that share a store."""

    def __init__(self, store: Store) -> None:
        assert store.leases is not None
        self.store = store
        self.leases: Leases = store.leases

    def claim(self, client: str = ALICE, by_force: bool = False) -> Claimed:
        claimed = self.leases.claim(client, by_force=by_force)
        assert claimed is not None
        return claimed

    def write(self, *observations: Observation) -> frozenset[Lease]:
        return self.store.write(observations, self.store.masker(ValuePolicy.KEEP))

    def asked_for(self) -> list[str]:
        wake, end = os.pipe()
        words = self.leases.wait(wake, 5.0)
        if words == [CUT_OFF]:
            words = self.leases.wait(wake, 5.0)
        os.close(wake)
        os.close(end)
        return [client for word in words if (client := self.leases.is_wanted(word)) is not None]


@pytest.fixture
def processes(postgres: "Server", postgres_spec: str) -> Iterator[list[Process]]:
    with ExitStack() as opened:
        stores = [opened.enter_context(closing(open_store(postgres_spec, BASE))) for _ in range(2)]
        postgres.empty(postgres_spec)
        yield [Process(store) for store in stores]


def held(value: bytes, fence: int, client: str = ALICE, name: bytes = b"sid", session: str | None = None) -> JarChange:
    cookie = Cookie(name, value, "shop.example", b"/", 100.0, 100.0, 1, set_time=100.0)
    return JarChange(100.0, client, JarKind.HELD, session, "shop.example", cookie.key, cookie, fence)


def session(fence: int, ended: float | None = None, client: str = ALICE) -> SessionChange:
    return SessionChange(100.0, client, "shop.example", "digest", "https://e/", "b", 90.0, 100.0, ended, fence)


def _all_of(stored: StoredCookie) -> str:
    return repr((stored[0], stored[1], asdict(stored[2])))


def values(claimed: Claimed) -> list[bytes]:
    return [cookie.value for _, _, cookie in claimed.cookies]


def test_a_store_that_nobody_shares_has_no_leases_and_refuses_nothing(sqlite_store: Store) -> None:
    assert sqlite_store.leases is None
    assert sqlite_store.write([held(b"1", 7)], sqlite_store.masker(ValuePolicy.KEEP)) == frozenset()


class TestClaims:
    @pytest.mark.parametrize("client", [ALICE, BOB])
    def test_who_claims_gets_all_that_is_in_the_jars(self, processes: list[Process], client: str) -> None:
        one, _ = processes
        first = one.claim(client)
        assert (
            one.leases.keep([session(first.fence, client=client), held(b"\xe9\0", first.fence, client)]) == frozenset()
        )
        one.leases.keep([held(b"2", first.fence, client, b"other", "digest")])
        again = one.claim(client)
        assert again.fence == first.fence
        assert [*map(_all_of, again.cookies)] == [*map(_all_of, one.store.load_jars(client))]
        assert values(again) == [b"\xe9\0", b"2"]

    def test_of_two_one_has_it_and_is_asked_to_release_it(self, processes: list[Process]) -> None:
        one, two = processes
        first = one.claim()
        assert two.leases.claim(ALICE) is None
        assert one.asked_for() == [ALICE]
        one.leases.keep([held(b"last", first.fence)])
        one.leases.release([Lease(ALICE, first.fence)])
        second = two.claim()
        assert second.fence > first.fence
        assert values(second) == [b"last"]

    def test_who_does_not_ask_is_not_heard(self, processes: list[Process]) -> None:
        one, two = processes
        one.claim()
        one.claim(BOB)
        assert two.leases.claim(ALICE, ask=False) is None
        assert two.leases.claim(BOB) is None
        assert one.asked_for() == [BOB]

    def test_those_of_a_process_that_died_can_be_had_at_once(
        self, processes: list[Process], postgres: "Server"
    ) -> None:
        one, two = processes
        first = one.claim()
        one.leases.close()
        assert two.claim().fence > first.fence

    def test_rows_of_processes_that_died_are_forgotten_too(
        self, processes: list[Process], postgres: "Server", postgres_spec: str
    ) -> None:
        one, two = processes
        one.claim()
        bobs = two.claim(BOB)
        one.leases.close()
        open_store(postgres_spec, BASE).close()
        two.store.prune(4e9, 10.0, None, 100)
        schema = postgres_spec.rpartition("=")[2]
        assert postgres.execute(f"SELECT fence FROM {schema}.lease_rows") == [(bobs.fence,)]

    def test_by_force_from_one_that_lives(self, processes: list[Process]) -> None:
        one, two = processes
        assert two.claim().fence < one.claim(by_force=True).fence < two.claim(by_force=True).fence

    def test_of_many_at_once_one_has_it(self, processes: list[Process], postgres_spec: str) -> None:
        with ExitStack() as opened:
            others = [opened.enter_context(closing(open_store(postgres_spec, BASE))) for _ in range(4)]
            found: list[Claimed | None] = []
            threads = [
                threading.Thread(target=lambda each=each: found.append(Process(each).leases.claim(ALICE))) for each in others
            ]  # fmt: skip
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len([each for each in found if each is not None]) <= 1
            assert len(found) == 4

    def test_a_lease_that_was_forgotten_comes_again_with_a_higher_number(self, processes: list[Process]) -> None:
        one, two = processes
        first = one.claim()
        one.leases.release([Lease(ALICE, first.fence)])
        one.store.prune(4e9, 10.0, None, 100)
        assert two.claim().fence > first.fence


class TestFences:
    """Nothing that a process writes under an old lease changes anything."""

    @pytest.mark.parametrize("path", ["keep", "write"])
    def test_what_was_cut_off_cannot_write_over_its_successor(self, processes: list[Process], path: str) -> None:
        one, two = processes
        old, bobs = one.claim().fence, one.claim(BOB).fence
        new = two.claim(by_force=True).fence
        two.leases.keep([held(b"new", new), session(new), held(b"s", new, session="digest")])
        late = [held(b"old", old), held(b"bob", bobs, BOB), session(old, ended=200.0), held(b"x", old, name=b"x")]
        if path == "keep":
            assert one.leases.keep(late) == {Lease(ALICE, old)}
        else:
            missing = Event(100.0, ALICE, "s", "h", b"c", EventKind.MISSING)
            assert one.write(missing, *late) == {Lease(ALICE, old)}
            assert len(one.store.questions.events()) == 1  # what happened, happened
        assert values(two.claim()) == [b"new", b"s"]
        assert values(one.claim(BOB)) == [b"bob"]
        assert [each.ended for each in two.store.load_open_sessions()] == [None]

    def test_one_batch_may_bear_an_old_and_a_new_fence(self, processes: list[Process]) -> None:
        one, two = processes
        old = one.claim().fence
        two.claim(by_force=True)
        new = one.claim(by_force=True).fence
        assert one.write(held(b"old", old), held(b"new", new), held(b"older", old, name=b"b")) == {Lease(ALICE, old)}
        assert values(one.claim()) == [b"new"]

    def test_who_claims_sees_what_was_written_until_then(self, processes: list[Process], postgres: "Server") -> None:
        """Somebody writes: the claim finds the client busy, rather than what was there before."""
        one, two = processes
        fence = one.claim().fence
        one.leases.release([Lease(ALICE, fence)])
        writing = one.store._writing  # type: ignore[attr-defined]  # a transaction that goes on
        lost_of = pytest.importorskip("cookieproxy.record.postgres.leases").lost_of
        with writing.writing() as cursor:
            assert not lost_of(cursor, [held(b"1", fence)])
            assert two.leases.claim(ALICE) is None
        assert two.leases.claim(ALICE) is not None


def test_a_cookieless_session_is_found_with_what_it_holds(processes: list[Process]) -> None:
    one, two = processes
    fence = one.claim().fence
    one.leases.keep([held(b"early", fence, session="digest"), session(fence), held(b"1", fence, session="digest")])
    found = two.store.load_session("digest")
    assert found is not None
    assert (found.client, [cookie.value for cookie in found.cookies]) == (ALICE, [b"1"])
    one.leases.keep([session(fence, ended=150.0), held(b"too late", fence, session="digest")])
    ended = two.store.load_session("digest")
    assert ended is not None
    assert (ended.ended, ended.cookies) == (150.0, [])


def test_a_connection_that_was_lost_is_made_anew_and_its_clients_are_ours_until_somebody_wants_them(
    processes: list[Process], postgres: "Server"
) -> None:
    one, two = processes
    fence = one.claim().fence
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cookie-proxy%'"
    )
    assert one.leases.keep([held(b"1", fence)]) == frozenset()
    assert two.leases.claim(ALICE) is None  # it lives again
    assert one.asked_for() == [ALICE]
