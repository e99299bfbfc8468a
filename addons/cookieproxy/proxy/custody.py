"""Which clients this process has of a store that it shares, from the claim to the hand-over (`record.leases`, R30, R40).

A client is claimed when it appears, with all that is in its jars. When another process wants it, its changes are written, it
leaves this memory and is released; when a write says that it was lost, it leaves this memory unwritten, but for what an exchange
waits for: that is the latest, and is written under a new claim. What changes while the store cannot be asked waits for the claim.
Everything happens on the event loop but for `claim` and what its docstring says of.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from threading import Event

from ..core.events import SessionSeen
from ..record.jars import StoredCookie
from ..record.leases import CUT_OFF, NOTHING_LOST, Change, Claimed, Lease, Leases, not_older
from ..record.protocol import StoreError
from ..record.through import Insisting, Through
from .household import Asking, Household, awaited_answer

logger = logging.getLogger(__name__)

HAND_OVER_SECONDS = 1.0
"""How long the process that has a client is given to release it, until it is taken."""
BUSY_SECONDS = 2.0
"""After so long more it is said that the client cannot be had."""
FIRST_PAUSE_SECONDS = 0.005
LONGEST_PAUSE_SECONDS = 0.04
ASKED_AGAIN_AFTER = 8
"""Tries: whoever has the client may not have known so itself when it was asked."""
PATIENCE_SECONDS = 0.5
"""How long an exchange waits until what it changed is in the store."""
FLUSH_SECONDS = 0.8
"""How long what is to be written of a client that is wanted may take."""
UNSAFE_SECONDS = 5.0
"""What was written so shortly before the store was gone may not have been on its disk."""
COURTESY_SECONDS = 0.1
"""How long a client that somebody wanted is not claimed again, so that whoever asked gets it."""
TRIES = 3
"""Of writing what an exchange waits for, each under a new claim."""
MOST_UNCLAIMED = 20_000
"""Changes that wait until their clients are claimed."""


class Custody:
    """The clients of one process in one store."""

    def __init__(self, leases: Leases, writer: Insisting, asking: Asking, household: Household) -> None:
        self._leases = leases
        self._writer = writer
        self._asking = asking
        self._household = household
        self._through = Through(leases, writer, self._on_word)
        self._fences: dict[str, int] = {}
        self._going: dict[str, asyncio.Future[None]] = {}
        """Clients that are on their way out: they can be claimed when that is done."""
        self._unclaimed: dict[str, list[Change]] = {}
        self._number_unclaimed = 0
        self._is_slow = False
        self._looking: asyncio.Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.on_word: Callable[[str], None] = lambda word: None
        """Is told on the loop what is no matter of leases."""
        self._through.start()

    # -- claims --------------------------------------------------------------------------------------------------------

    def fence_of(self, client: str) -> int:
        """The number of our lease; 0 if the client is not ours."""
        return self._fences.get(client, 0)

    def claim(self, client: str) -> Claimed:
        """Have a client; waits for whoever has it. Called in any thread. Raises StoreError."""
        claimed = self._leases.claim(client)
        start, pause = time.monotonic(), FIRST_PAUSE_SECONDS
        for number in count(1):
            if claimed is not None:
                return claimed
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            waited = time.monotonic() - start
            if waited > HAND_OVER_SECONDS + BUSY_SECONDS:
                raise StoreError("the store", f"another process has {client} and does not let go", "It is tried again.")
            ask, by_force = number % ASKED_AGAIN_AFTER == 0, waited > HAND_OVER_SECONDS
            claimed = self._leases.claim(client, ask, by_force)
        raise AssertionError("there is no end to numbers")

    def claim_if_free(self, client: str) -> Claimed | None:
        """Have a client that no living process has; None if one has it. Called in any thread. Raises StoreError."""
        return self._leases.claim(client, ask=False)

    def settled(self, client: str) -> "asyncio.Future[None] | None":
        """What a claim of this client has to wait for: it is on its way out. None if nothing."""
        return self._going.get(client)

    def followed(self, client: str) -> list[SessionSeen]:
        """The sessions of applications of a client that was claimed. Called in any thread. Raises StoreError."""
        return self._leases.followed(client)

    def note(
        self,
        client: str,
        fence: int,
        followed: Sequence[SessionSeen] = (),
        stored: Sequence[StoredCookie] = (),
    ) -> None:
        """The client is ours; what waited for that is written, where what is stored is not newer."""
        if followed and self._fences.get(client) != fence:
            self._household.welcome(followed)
        with suppress(RuntimeError):  # there is no loop where files are read without one
            self._loop = asyncio.get_running_loop()
        self._fences[client] = fence
        waiting = self._unclaimed.pop(client, None)
        if waiting:
            self._number_unclaimed -= len(waiting)
            self.put(not_older(waiting, client, stored))

    def is_settled(self, seconds: float) -> bool:
        """Wait, in a thread, until what was put is in the store or with the writer; False if that takes too long."""
        done = Event()
        self._through.keep((), lambda _: done.set())
        return done.wait(seconds)

    # -- changes -------------------------------------------------------------------------------------------------------

    def put(self, changes: Iterable[Change]) -> None:
        """Have these written, in their order, when their clients are ours. Never waits."""
        if stamped := self._stamped(changes):
            self._through.keep(stamped, self._tell_lost)

    def keep(self, changes: Iterable[Change]) -> Awaitable[None] | None:
        """Have these written; what is to be waited for until they are, None if nothing."""
        stamped = self._stamped(changes)
        if not stamped:
            return None
        if self._is_slow or self._through.is_down:
            self._through.keep(stamped, self._tell_lost)
            return None
        answer, done = awaited_answer(lambda lost: self._come_late(stamped, lost))
        self._through.keep(stamped, done)
        return self._wait(stamped, answer)

    def _stamped(self, changes: Iterable[Change]) -> list[Change]:
        """These under our leases; those of clients that are not ours wait."""
        stamped: list[Change] = []
        for change in changes:
            fence = self._fences.get(change.client, 0)
            if fence:
                stamped.append(change._replace(fence=fence))
            elif self._number_unclaimed < MOST_UNCLAIMED:
                self._unclaimed.setdefault(change.client, []).append(change)
                self._number_unclaimed += 1
            else:
                logger.warning(f"A change of {change.client} is lost: its jars were unknown for too long.")
        return stamped

    async def _wait(self, changes: list[Change], answer: "asyncio.Future[frozenset[Lease] | None]") -> None:
        """Until it is in the store, at most so long; while the store is slow, nobody waits."""
        timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._lose_patience, answer)
        lost = await answer
        timer.cancel()
        if lost:
            kept = asyncio.ensure_future(self._kept(changes, lost))
            if kept in (await asyncio.wait([kept], timeout=PATIENCE_SECONDS))[0]:
                kept.result()

    def _lose_patience(self, answer: "asyncio.Future[frozenset[Lease] | None]") -> None:
        if not answer.done():
            self._is_slow = True
            answer.set_result(None)

    def _come_late(self, changes: list[Change], lost: frozenset[Lease]) -> None:
        """What an exchange did not wait for any more is in the store, or refused."""
        self._is_slow = False
        if lost:
            self._looking = asyncio.ensure_future(self._kept(changes, lost))

    async def _kept(self, changes: list[Change], lost: frozenset[Lease] | None) -> None:
        """What was made under leases that are lost is written under new ones."""
        for _ in range(TRIES):
            changes = [change for change in changes if Lease(change.client, change.fence) in (lost or ())]
            if not changes:
                return
            self._lose(lost or ())
            lost = await self._kept_anew(changes)

    async def _kept_anew(self, changes: list[Change]) -> frozenset[Lease] | None:
        """The same under new claims. The clients are in no memory meanwhile: who claims them too waits until this is done."""
        clients = list(dict.fromkeys(change.client for change in changes))
        going = [client for client in clients if client not in self._going]
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._going |= dict.fromkeys(going, done)
        try:
            for client in clients:
                claimed = await self._asking.ask(partial(self.claim, client))
                self._fences[client] = claimed.fence
                changes[:] = not_older(changes, client, claimed.cookies)
            changes[:] = [change._replace(fence=self._fences[change.client]) for change in changes]
            answer, kept = awaited_answer()
            self._through.keep(changes, kept)
            return await answer
        except StoreError:
            self.put(changes)
            return NOTHING_LOST
        finally:
            for client in going:
                self._going.pop(client, None)
            done.set_result(None)

    # -- giving away ---------------------------------------------------------------------------------------------------

    def lose(self, lost: frozenset[Lease]) -> None:
        """A write said that these are not ours any more. Called in any thread."""
        self._tell_lost(lost)

    def _tell_lost(self, lost: frozenset[Lease]) -> None:
        if lost and self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: the proxy has ended
                self._loop.call_soon_threadsafe(self._lose, lost)

    def _lose(self, lost: Iterable[Lease]) -> None:
        for lease in lost:
            if self._fences.get(lease.client) == lease.fence:
                del self._fences[lease.client]
                self._household.disown(lease.client)

    def _on_word(self, word: str) -> None:
        """Somebody says something to this process; in the thread."""
        client, taken = self._leases.is_wanted(word), self._leases.is_taken(word)
        if taken is not None:
            self._tell_lost(frozenset((taken,)))
        elif self._loop is not None:
            since = self._through.well_at - UNSAFE_SECONDS
            with suppress(RuntimeError):  # the loop is closed: the proxy has ended
                self._loop.call_soon_threadsafe(self._heard, word, client, since)

    def _heard(self, word: str, client: str | None, since: float) -> None:
        if word == CUT_OFF:
            self._looking = asyncio.ensure_future(self._look_after_all(since))
        elif client is None:
            self.on_word(word)
        elif client not in self._going:
            self.give_away(client, COURTESY_SECONDS)

    async def _look_after_all(self, since: float) -> None:
        """What others asked for meanwhile was not heard: they have it by now. What was written last may be lost (`leases`)."""
        leases = [Lease(*each) for each in self._fences.items()]
        with suppress(StoreError):
            self._lose(await self._asking.ask(lambda: self._leases.lost(leases)))
            self._household.tell_again(since)

    def give_away(self, client: str, pause_seconds: float = 0.0) -> None:
        """Write what there is of a client, forget and release it; for a while it is not claimed again."""
        fence = self._fences.get(client)
        if fence is None:
            return
        self._household.let_go(client)
        del self._fences[client]
        self._going[client] = asyncio.ensure_future(self._gone(Lease(client, fence), pause_seconds))

    async def _gone(self, lease: Lease, pause_seconds: float) -> None:
        released, done = awaited_answer()
        try:
            await self._asking.ask(lambda: self._writer.flush(FLUSH_SECONDS))
            self._through.release([lease], done)
            await released
            await asyncio.sleep(pause_seconds)
        finally:
            self._going.pop(lease.client, None)

    def drain_unclaimed(self) -> list[Change]:
        """What waits for claims, which will not come any more."""
        unclaimed = [change for changes in self._unclaimed.values() for change in changes]
        self._unclaimed.clear()
        self._number_unclaimed = 0
        return unclaimed

    def close(self) -> None:
        """Write what there is and let all clients go; the writer is done by then, or is not any more."""
        self._through.release([Lease(*each) for each in self._fences.items()])
        self._fences.clear()
        self._through.close()
