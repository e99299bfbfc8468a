"""Clients that appear where the store is on another machine: who waits for it, for how long, and what is newer than what it has."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import pytest

from cookieproxy.core.cookie import CookieKey
from cookieproxy.core.events import JarKind
from cookieproxy.core.profiles import PROFILES
from cookieproxy.exchange import Browser
from cookieproxy.proxy import arrivals
from cookieproxy.proxy.arrivals import Arrivals
from cookieproxy.proxy.lookups import Lookups
from cookieproxy.record.protocol import StoreError
from cookieproxy.suffixes import load

PLACE = (JarKind.HELD, CookieKey(b"sid", "shop.example", True, b"/"))
GONE = StoreError("store", "no server listens there", "Start it.")


def client(name: str) -> Browser:
    return Browser(name, PROFILES["chrome"], load(), False)


class Store:
    """Answers when a test says so; remembers who was asked for, welcomed, and what was told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, asyncio.Future[list[object]]]] = []
        self.welcomed: list[tuple[str, set[object]]] = []
        self.told: list[str | None] = []
        self.arrivals = Arrivals(
            self._ask, lambda browser, _, changed: self.welcomed.append((browser.name, changed)), self.told.append
        )

    def _ask(self, browser: Browser) -> asyncio.Future[list[object]]:
        answer = asyncio.get_running_loop().create_future()
        self.asked.append((browser.name, answer))
        return answer

    async def answer(self, error: Exception | None = None) -> str:
        """Answers what was asked first; for whom."""
        name, answer = self.asked.pop(0)
        if error is None:
            answer.set_result([])
        else:
            answer.set_exception(error)
        await asyncio.sleep(0)
        return name


def run(play: Callable[[Store], Awaitable[None]]) -> None:
    async def played() -> None:
        await play(Store())

    asyncio.run(played())


def test_exchanges_wait_until_the_store_has_told_of_their_client() -> None:
    async def play(store: Store) -> None:
        alice, bob = client("alice"), client("bob")
        store.arrivals.add(alice)
        assert store.arrivals.waiting_for(bob) is None
        waits = store.arrivals.waiting_for(alice)
        assert waits is not None
        assert not waits.done()
        store.arrivals.note(alice, {PLACE})
        await store.answer()
        assert waits.done()
        assert store.arrivals.waiting_for(alice) is None
        assert len(store.arrivals) == 0
        assert store.welcomed == [("alice", {PLACE})]
        assert store.told == []

    run(play)


def test_who_could_not_be_looked_up_is_asked_for_again_one_after_the_other() -> None:
    async def play(store: Store) -> None:
        clients = [client(name) for name in "abc"]
        for each in clients:
            store.arrivals.add(each)
        for _ in clients:
            await store.answer(GONE)
        assert all(store.arrivals.is_unknown(each) and not store.arrivals.waiting_for(each) for each in clients)
        assert store.told == [str(GONE)]
        store.arrivals.note(clients[1], {PLACE})
        store.arrivals.retry()
        store.arrivals.retry()
        assert [name for name, _ in store.asked] == ["a"]
        assert [await store.answer() for _ in clients] == ["a", "b", "c"]
        assert store.welcomed == [("a", set()), ("b", {PLACE}), ("c", set())]
        assert store.told == [str(GONE), None]
        assert not store.asked

    run(play)


def test_once_the_store_was_too_slow_nobody_waits_before_it_has_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "PATIENCE_SECONDS", 0.01)

    async def play(store: Store) -> None:
        alice, bob, carol = map(client, ("alice", "bob", "carol"))
        store.arrivals.add(alice)
        waits = store.arrivals.waiting_for(alice)
        assert waits is not None
        await waits
        store.arrivals.add(bob)
        assert store.arrivals.waiting_for(bob) is None
        assert store.arrivals.is_unknown(bob)
        assert await store.answer() == "alice"
        assert await store.answer() == "bob"
        assert store.told == ["the database is slow to answer", None]
        store.arrivals.add(carol)
        assert store.arrivals.waiting_for(carol) is not None

    run(play)


def test_who_leaves_memory_is_not_welcomed() -> None:
    async def play(store: Store) -> None:
        alice = client("alice")
        store.arrivals.add(alice)
        waits = store.arrivals.waiting_for(alice)
        store.arrivals.drop(alice)
        assert waits is not None
        assert waits.done()
        await store.answer()
        assert store.welcomed == []

    run(play)


def test_questions_are_answered_beside_each_other_and_errors_come_back() -> None:
    async def play(_: Store) -> None:
        lookups = Lookups()
        first = SimpleNamespace(may_end=asyncio.Event())
        loop = asyncio.get_running_loop()

        def slow() -> str:
            asyncio.run_coroutine_threadsafe(first.may_end.wait(), loop).result(10)
            return "slow"

        def fails() -> str:
            raise GONE

        waits = lookups.ask(slow)
        assert await lookups.ask(lambda: "quick") == "quick"
        with pytest.raises(StoreError):
            await lookups.ask(fails)
        assert not waits.done()
        first.may_end.set()
        assert await waits == "slow"
        lookups.close()

    run(play)
