"""A fleet in one process: thousands of clients over tens of proxies that share a store, with moves, kills, cut-offs and outages.

The store is a model of the database's leases, or the database itself; each proxy has the real thread's work (`record.through`)
without the thread, and a memory of what it holds for its clients. A client has one cookie, whose value says whose it is and counts
what the application has set. What must hold, and raises `Broken` if it does not:

- a response that passed while its proxy was in touch with the store is never forgotten, whoever is killed afterwards;
- nobody is sent another client's cookie, or one that was never set;
- a client's fences rise, and a client is in the memory of one proxy that is in touch, at most.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from cookieproxy.core.cookie import Cookie
from cookieproxy.core.events import JarChange, JarKind, Observation, SessionSeen
from cookieproxy.record.leases import NOTHING_LOST, Change, Claimed, Lease, Leases
from cookieproxy.record.protocol import StoreError
from cookieproxy.record.through import Through

PATIENCE_SECONDS = 5.0
"""How long a question to another process may be on its way."""


class Broken(AssertionError):
    """Something that must hold did not."""


# -- the store ---------------------------------------------------------------------------------------------------------


@dataclass
class Database:
    """What PostgreSQL keeps of it, in memory: each call is a transaction."""

    is_down: bool = False
    transactions: int = 0
    fences: dict[str, int] = field(default_factory=dict)
    owners: dict[str, int] = field(default_factory=dict)
    cookies: dict[str, dict[object, Cookie]] = field(default_factory=lambda: defaultdict(dict))
    alive: set[int] = field(default_factory=set)
    asked: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    last_fence: int = 0


class ModelLeases:
    """The leases of one process in that database."""

    def __init__(self, database: Database, owner: int) -> None:
        self.is_cut_off = False
        self._database = database
        self._owner = owner
        database.alive.add(owner)

    def _transaction(self) -> Database:
        if self._database.is_down or self.is_cut_off:
            raise StoreError("the model", "nobody answers", "Wait.")
        self._database.transactions += 1
        return self._database

    def claim(self, client: str, ask: bool = True, by_force: bool = False) -> Claimed | None:
        there = self._transaction()
        owner = there.owners.get(client)
        if owner != self._owner:
            if owner is not None and owner in there.alive and not by_force:
                if ask:
                    there.asked[owner].append(client)
                return None
            there.last_fence += 1
            there.fences[client], there.owners[client] = there.last_fence, self._owner
        cookies = [(JarKind.HELD, None, cookie) for cookie in there.cookies[client].values()]
        return Claimed(there.fences[client], list(cookies))

    def followed(self, client: str) -> list[SessionSeen]:
        return []

    def release(self, leases: Sequence[Lease]) -> None:
        there = self._transaction()
        for lease in leases:
            if there.fences.get(lease.client) == lease.fence:
                there.owners.pop(lease.client, None)

    def lost(self, leases: Sequence[Lease]) -> frozenset[Lease]:
        there = self._transaction()
        return frozenset(lease for lease in leases if there.fences.get(lease.client) != lease.fence)

    def keep(self, changes: Sequence[Change]) -> frozenset[Lease]:
        lost = self.lost([Lease(change.client, change.fence) for change in changes])
        for change in changes:
            if isinstance(change, JarChange) and Lease(change.client, change.fence) not in lost:
                cookies = self._database.cookies[change.client]
                if change.cookie is None:
                    cookies.pop(change.key, None)
                else:
                    cookies[change.key] = change.cookie
        return lost

    def wait(self, wake: int, seconds: float) -> list[str]:
        return self._transaction().asked.pop(self._owner, [])

    def is_wanted(self, word: str) -> str | None:
        return word

    def close(self) -> None:
        self._database.alive.discard(self._owner)


class Insister:
    """The writer: it has what could not be written, and writes it in its order when that works again."""

    def __init__(self, leases: Leases) -> None:
        self.trouble: str | None = None
        self.refused: set[Lease] = set()
        self._leases = leases
        self._waiting: list[Change] = []

    def put(self, observations: list[Observation]) -> None:
        self._waiting += [each for each in observations if isinstance(each, JarChange)]

    def flush(self, timeout_seconds: float | None = None) -> bool:
        try:
            self.refused |= self._leases.keep(self._waiting) if self._waiting else NOTHING_LOST
        except StoreError:
            return False
        self._waiting.clear()
        return True


# -- a proxy -----------------------------------------------------------------------------------------------------------


class Proxy:
    """One process: which clients it has, under which fence, and what it holds for them."""

    def __init__(self, number: int, leases: Leases) -> None:
        self.number = number
        self.is_cut_off = False
        self.is_behind = False
        """It stood still, and has not heard yet what others asked for."""
        self.leases = leases
        self._wake, self._waker = os.pipe()
        self.writer = Insister(leases)
        self.through = Through(leases, self.writer)
        self.memory: dict[str, dict[object, Cookie]] = {}
        self.fences: dict[str, int] = {}

    @property
    def is_in_touch(self) -> bool:
        """Whether it hears what others ask for."""
        return not (self.is_cut_off or self.is_behind)

    def close(self) -> None:
        """It is not there any more; what it did not write is not either."""
        self.through.close()
        self.leases.close()
        os.close(self._wake)
        os.close(self._waker)

    def hear(self, seconds: float = 0) -> None:
        """Give away what others asked for, or ask for within that time."""
        self.is_behind = False
        try:
            words = self.leases.wait(self._wake, seconds)
        except StoreError:
            return
        for word in words:
            if (client := self.leases.is_wanted(word)) is not None:
                self.give_away(client)

    def give_away(self, client: str) -> None:
        fence = self.fences.get(client)
        if fence is not None:
            self.memory.pop(client, None)
            self.through.release([Lease(client, fence)])
            self.through.work()
            del self.fences[client]

    def wake(self) -> None:
        """It is in touch again: what it has not heard of, it asks."""
        self.lose(self.leases.lost([Lease(*each) for each in self.fences.items()]))
        self.through.keep(())
        self.through.work()

    def lose(self, lost: Iterable[Lease]) -> None:
        for lease in lost:
            if self.fences.get(lease.client) == lease.fence:
                del self.fences[lease.client]
                self.memory.pop(lease.client, None)


# -- the fleet ---------------------------------------------------------------------------------------------------------


def change_of(client: str, value: bytes, fence: int) -> JarChange:
    """The client's cookie has this value."""
    cookie = Cookie(b"sid", value, "shop.example", b"/", 1.0, 1.0, 1, set_time=1.0)
    return JarChange(1.0, client, JarKind.HELD, None, "shop.example", cookie.key, cookie, fence)


class Fleet:
    """All of it, and what is true of each client."""

    def __init__(
        self,
        proxies: int,
        make_leases: Callable[[int], Leases],
        on_outage: Callable[[bool], None],
    ) -> None:
        self._make_leases = make_leases
        self._on_outage = on_outage
        self._started = 0
        self.is_down = False
        self.exchanges = self.moves = self.kills = self.cut_offs = self.taken = self.rewritten = 0
        self.proxies = [self._new() for _ in range(proxies)]
        self.kept: dict[str, int] = defaultdict(int)
        """Of each client the count of the latest cookie whose response has passed for certain."""
        self.set: dict[str, int] = defaultdict(int)
        """Of the latest that the application has set."""
        self.highest_fence: dict[str, int] = defaultdict(int)

    def _new(self) -> Proxy:
        self._started += 1
        return Proxy(self._started, self._make_leases(self._started))

    def close(self) -> None:
        """Let go of everything."""
        for proxy in self.proxies:
            proxy.close()

    def exchange(self, client: str, place: int, dies: str = "") -> None:
        """A request of a client at a proxy, which may die `before` or `after` what its response changed is written."""
        proxy = self.proxies[place]
        if client not in proxy.memory and not self._claim(proxy, client):
            return  # it cannot be looked up now: such an exchange goes without, or is refused
        self.exchanges += 1
        self._check(proxy, client)
        self.set[client] += 1
        value = b"%s %d" % (client.encode(), self.set[client])
        if dies == "before":
            self.kill(place)
            return
        is_certain = self._write(proxy, client, value)
        if dies == "after":
            self.kill(place)
        elif is_certain:
            self.kept[client] = self.set[client]

    def _claim(self, proxy: Proxy, client: str) -> bool:
        try:
            claimed = proxy.leases.claim(client)
            for other in self.proxies if claimed is None else ():
                if other.is_in_touch and client in other.fences:
                    other.hear(PATIENCE_SECONDS)
            if claimed is None:
                claimed = proxy.leases.claim(client, ask=False)
            if claimed is None:
                self.taken += 1
                claimed = proxy.leases.claim(client, ask=False, by_force=True)
        except StoreError:
            return False
        if claimed is None:
            return False
        self._raise_fence(client, claimed.fence, proxy)
        proxy.memory[client] = {cookie.key: cookie for _, _, cookie in claimed.cookies}
        return True

    def _raise_fence(self, client: str, fence: int, proxy: Proxy) -> None:
        is_again = proxy.fences.get(client) == fence
        if fence < self.highest_fence[client] or (fence == self.highest_fence[client] and not is_again):
            raise Broken(f"{client}: fence {fence} after {self.highest_fence[client]}")
        self.highest_fence[client] = proxy.fences[client] = fence
        others = [each for each in self.proxies if each is not proxy and each.is_in_touch and client in each.memory]
        if others:
            raise Broken(f"{client} is in the memory of two proxies")

    def _check(self, proxy: Proxy, client: str) -> None:
        cookies = proxy.memory[client].values()
        whose, count = client, 0
        for cookie in cookies:
            name, _, number = cookie.value.decode().rpartition(" ")
            whose, count = name, int(number)
        if whose != client or count > self.set[client]:
            raise Broken(f"{client} is sent what is {whose}'s, {count} of {self.set[client]}")
        if count < self.kept[client] and proxy.is_in_touch:
            raise Broken(f"{client} is sent {count}, and {self.kept[client]} was kept")

    def _write(self, proxy: Proxy, client: str, value: bytes) -> bool:
        """True if it is in the store."""
        for _ in range(3):
            change = change_of(client, value, proxy.fences[client])
            proxy.memory[client][change.key] = change.cookie  # type: ignore[assignment]  # it has one
            lost: list[frozenset[Lease]] = []
            proxy.through.keep([change], lost.append)
            proxy.through.work()
            if not lost[0]:
                return not proxy.through.is_down
            proxy.lose(lost[0])
            self.rewritten += 1
            if not self._claim(proxy, client):
                return False
        raise Broken(f"{client} is taken again and again")

    # -- what fails ----------------------------------------------------------------------------------------------------

    def kill(self, place: int) -> None:
        """A proxy dies, and another is started in its place. What did not reach the store by then is lost with it."""
        self.kills += 1
        self.proxies[place].close()
        self.proxies[place] = self._new()

    def cut_off(self, place: int) -> None:
        """A proxy and the store do not reach each other any more; for the store it lives on."""
        proxy = self.proxies[place]
        if isinstance(proxy.leases, ModelLeases) and not proxy.is_cut_off and not self.is_down:
            self.cut_offs += 1
            proxy.is_cut_off = proxy.leases.is_cut_off = True

    def reconnect(self, place: int, is_behind: bool = False) -> None:
        """They do again; a proxy that only stood still does not notice, and is behind."""
        proxy = self.proxies[place]
        if isinstance(proxy.leases, ModelLeases) and proxy.is_cut_off and not self.is_down:
            proxy.leases.is_cut_off = proxy.is_cut_off = False
            proxy.is_behind = is_behind
            if not is_behind:
                proxy.wake()

    def outage(self, is_down: bool) -> None:
        """The store is gone, for all; or there again."""
        if is_down != self.is_down:
            self.is_down = is_down
            self._on_outage(is_down)
            for proxy in () if is_down else self.proxies:
                if not proxy.is_cut_off:
                    proxy.wake()

    def drain(self, place: int) -> None:
        """A proxy ends in peace: everything is written and released."""
        proxy = self.proxies[place]
        if proxy.is_cut_off or self.is_down:
            return
        for client in list(proxy.fences):
            proxy.give_away(client)
        proxy.close()
        self.proxies[place] = self._new()


def in_memory(proxies: int) -> tuple[Fleet, Database]:
    """A fleet over the model."""
    database = Database()

    def on_outage(is_down: bool) -> None:
        database.is_down = is_down

    return Fleet(proxies, lambda owner: ModelLeases(database, owner), on_outage), database
