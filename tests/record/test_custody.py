"""Which clients a process has: asked for by others, lost to them, and what exchanges wait for (R30, R40)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cookieproxy.core.cookie import Cookie
from cookieproxy.core.events import EndCause, JarChange, JarKind, Observation, SessionChange, SessionSeen
from cookieproxy.proxy.custody import Custody
from cookieproxy.proxy.elsewhere import Elsewhere
from cookieproxy.record.leases import Lease, Leases
from cookieproxy.record.protocol import StoreError
from cookieproxy.record.sessions import StoredSession
from cookieproxy.record.store import Store, open_store
from cookieproxy.record.values import ValuePolicy
from cookieproxy.record.writer import Writer

if TYPE_CHECKING:
    from rig.postgres import Server

ALICE, BOB = "10.0.0.1 Chrome/156 3fa9c1", "10.0.0.2 Firefox/150 77b0aa"


def held(value: bytes, client: str = ALICE, fence: int = 0, session: str | None = None, at: float = 100.0) -> JarChange:
    cookie = Cookie(b"sid", value, "shop.example", b"/", 100.0, at, 1, set_time=at)
    return JarChange(at, client, JarKind.HELD, session, "shop.example", cookie.key, cookie, fence)


def session(last_used: float = 100.0) -> SessionChange:
    return SessionChange(last_used, ALICE, "shop.example", "digest", "https://e/", "b", 90.0, last_used, None)


@dataclass
class Process:
    """One of the processes that share a store, with nothing in memory but what it was told."""

    store: Store
    told: list[tuple[str, str]] = field(default_factory=list)
    unwritten: list[JarChange | SessionChange] = field(default_factory=list)
    name = "the store"

    def __post_init__(self) -> None:
        self.writer = Writer(self.store)
        self.elsewhere = Elsewhere(self)
        self.elsewhere.household = self
        self.elsewhere.share(self.store, self.writer)
        assert self.elsewhere.custody is not None
        self.custody: Custody = self.elsewhere.custody

    def let_go(self, client: str) -> None:
        self.told.append(("let go", client))
        self.custody.put(self.unwritten)

    def disown(self, client: str) -> None:
        self.told.append(("disown", client))

    def welcome(self, sessions: Sequence[SessionSeen]) -> None:
        self.told += [("welcome", each.id) for each in sessions]

    def has_unwritten(self, name: str) -> bool:
        return False

    def put_back(self, *_: object) -> None:
        raise AssertionError("nobody appears here")

    async def claim(self, client: str = ALICE) -> list[bytes]:
        claimed = await asyncio.to_thread(self.custody.claim, client)
        followed = await asyncio.to_thread(self.custody.followed, client)
        self.custody.note(client, claimed.fence, followed, claimed.cookies)
        return [cookie.value for _, _, cookie in claimed.cookies]

    @property
    def leases(self) -> Leases:
        assert self.store.leases is not None
        return self.store.leases

    def take_by_force(self) -> int:
        """Have Alice without waiting for whoever has her; the fence."""
        claimed = self.leases.claim(ALICE, by_force=True)
        assert claimed is not None
        return claimed.fence

    async def keep(self, *changes: JarChange | SessionChange) -> None:
        waits = self.custody.keep(changes)
        assert waits is not None
        await waits

    def close(self) -> None:
        self.writer.close()
        self.elsewhere.unshare()
        self.elsewhere.close()


@pytest.fixture
def two(postgres: "Server", postgres_spec: str) -> Iterator[tuple[Process, Process]]:
    with ExitStack() as opened:
        stores = [opened.enter_context(closing(open_store(postgres_spec, Path("/")))) for _ in range(2)]
        postgres.empty(postgres_spec)
        yield (
            opened.enter_context(closing(Process(stores[0]))),
            opened.enter_context(closing(Process(stores[1]))),
        )


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await scenario()

    asyncio.run(bounded())


def test_who_is_wanted_is_let_go_with_all_that_was_not_written(two: tuple[Process, Process]) -> None:
    one, other = two

    async def scenario() -> None:
        assert await one.claim() == []
        await one.keep(held(b"1"))
        one.unwritten = [held(b"2")]
        assert await other.claim() == [b"2"]
        assert one.told == [("let go", ALICE)]
        assert one.custody.fence_of(ALICE) == 0
        assert await one.claim() == [b"2"]  # and back

    run(scenario)


def test_what_an_exchange_waits_for_is_kept_also_if_its_client_was_taken_meanwhile(
    two: tuple[Process, Process],
) -> None:
    one, other = two

    async def scenario() -> None:
        await one.claim()
        fence = other.take_by_force()
        other.custody.note(ALICE, fence)
        other.leases.keep([held(b"meanwhile", fence=fence)])
        await one.keep(held(b"latest"))
        assert one.told == [("disown", ALICE)]
        assert other.told[:1] == [("let go", ALICE)]
        assert await other.claim() == [b"latest"]

    run(scenario)


def test_who_loses_a_client_by_force_hears_of_it(two: tuple[Process, Process]) -> None:
    """Without a write that is refused, it would go on with what it has."""
    one, other = two

    async def scenario() -> None:
        await one.claim()
        other.take_by_force()
        while not one.told:
            await asyncio.sleep(0.01)
        assert one.told == [("disown", ALICE)]
        assert not one.custody.fence_of(ALICE)

    run(scenario)


def test_what_was_set_elsewhere_since_is_not_written_over(two: tuple[Process, Process]) -> None:
    """Neither by an exchange whose client was taken meanwhile, nor by what waited for a claim."""
    one, other = two

    async def scenario() -> None:
        await one.claim()
        other.leases.keep([held(b"newer", fence=other.take_by_force(), at=101.0)])
        await one.keep(held(b"older"))
        assert await other.claim() == [b"newer"]
        one.custody.put([held(b"older still")])
        assert await one.claim() == [b"newer"]
        assert await asyncio.to_thread(one.custody.is_settled, 5.0)
        assert [cookie.value for _, _, cookie in one.store.load_jars(ALICE)] == [b"newer"]

    run(scenario)


def test_who_asked_for_a_client_gets_it_though_it_is_wanted_back_at_once(two: tuple[Process, Process]) -> None:
    one, other = two

    async def scenario() -> None:
        await one.claim()
        asked = asyncio.ensure_future(other.claim())
        while (going := one.custody.settled(ALICE)) is None:
            await asyncio.sleep(0.001)
        await asyncio.wait([going])
        back = asyncio.ensure_future(one.claim())
        assert await asked == []
        assert await back == []
        assert other.told == [("let go", ALICE)], "it was asked for, and not taken by force"

    run(scenario)


def test_what_changes_before_the_claim_is_written_after_it(two: tuple[Process, Process]) -> None:
    one, _ = two

    async def scenario() -> None:
        one.custody.put([held(b"1"), held(b"2", BOB)])
        assert await one.claim() == []
        assert await asyncio.to_thread(one.custody.is_settled, 5.0)
        assert [cookie.value for _, _, cookie in one.store.load_jars(ALICE)] == [b"1"]
        assert one.store.load_jars(BOB) == []

    run(scenario)


def test_who_was_cut_off_learns_what_it_has_lost(two: tuple[Process, Process], postgres: "Server") -> None:
    one, other = two

    async def scenario() -> None:
        await one.claim()
        await one.claim(BOB)
        one.leases.claim(ALICE)  # it has a connection
        other.take_by_force()
        postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'cookie-proxy%'"
        )
        while not one.told:
            await asyncio.sleep(0.01)
        assert one.told == [("disown", ALICE)]
        assert one.custody.fence_of(BOB)

    run(scenario)


def test_a_write_of_the_record_that_finds_a_client_lost_says_so(two: tuple[Process, Process]) -> None:
    one, other = two

    async def scenario() -> None:
        await one.claim()
        fence = one.custody.fence_of(ALICE)
        other.take_by_force()
        one.custody.lose(one.store.write([held(b"old", fence=fence)], one.store.masker(ValuePolicy.KEEP)))
        await asyncio.sleep(0)
        while not one.told:
            await asyncio.sleep(0.01)
        assert one.told == [("disown", ALICE)]

    run(scenario)


def test_while_the_store_fails_nobody_waits_and_nothing_is_lost_or_out_of_order(
    two: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = two

    async def scenario() -> None:
        await one.claim()
        writes, works = one.store.write, asyncio.Event()

        def failing(*_: object) -> frozenset[Lease]:
            if works.is_set():
                return writes(*_)  # type: ignore[arg-type]  # what write gets
            raise StoreError("the store", "it is gone", "Wait.")

        with monkeypatch.context() as patched:
            patched.setattr(one.store.leases, "keep", failing)
            patched.setattr(one.store, "write", failing)
            await one.keep(held(b"1"))
            assert one.custody.keep([held(b"2")]) is None
        works.set()
        while (waits := one.custody.keep([held(b"3")])) is None:
            await asyncio.sleep(0.05)
        await waits
        assert await asyncio.to_thread(one.custody.is_settled, 5.0)
        assert await one.claim() == [b"3"]

    run(scenario)


@pytest.mark.parametrize("whose", ["nobody", "ours", "theirs", "used since"])
def test_a_session_that_timed_out_is_ended_unless_it_may_go_on_elsewhere(
    two: tuple[Process, Process], whose: str
) -> None:
    one, other = two
    going_on: list[StoredSession] = []

    async def scenario() -> None:
        await other.claim()
        await other.keep(session(), held(b"1", session="digest"))
        if whose == "used since":
            await other.keep(session(last_used=200.0))
        if whose != "theirs":
            other.custody.give_away(ALICE)
            await one.claim()
        if whose in ("nobody", "used since"):
            one.custody.give_away(ALICE)
            await asyncio.wait([waiting] if (waiting := one.custody.settled(ALICE)) else [])
        one.elsewhere.end_sessions([session()], lambda digest: False, going_on.append)
        assert one.elsewhere._ending is not None
        await one.elsewhere._ending
        assert await asyncio.to_thread(one.custody.is_settled, 5.0)
        stored = one.store.load_session("digest")
        assert stored is not None
        assert (stored.ended is not None) == (whose in ("nobody", "ours"))
        assert bool(going_on) == (whose == "used since")
        assert bool(one.custody.fence_of(ALICE)) == (whose == "ours")

    run(scenario)


def test_sessions_of_applications_come_with_their_client(two: tuple[Process, Process]) -> None:
    one, other = two
    now = time.time()
    seen = SessionSeen(
        ALICE, "shop.example", "shop.example", b"sid", "0123456789abcdef", now, now, None, EndCause.OPEN, None, None, None,
        1, 0.0, None, None, None, None, None, None, False, False, None, None, False, "its name", "{}",
    )  # fmt: skip
    observations: list[Observation] = [seen, seen._replace(client=BOB, id="b" * 16)]
    one.store.write(observations, one.store.masker(ValuePolicy.KEEP))

    async def scenario() -> None:
        await other.claim()
        assert other.told == [("welcome", "0123456789abcdef")]

    run(scenario)
