"""What the custody of clients needs of its proxy: who has them in memory, who asks in threads, how a thread answers the loop."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from ..core.events import SessionSeen
from ..record.leases import Lease
from ..record.through import Done, ignore


class Household(Protocol):
    """Whoever has the clients in memory."""

    def let_go(self, client: str) -> None:
        """Hand over what changed of a client, and forget it."""

    def disown(self, client: str) -> None:
        """Forget a client and all that changed."""

    def tell_again(self, since: float) -> None:
        """What was told since then (Unix seconds) may be lost with the store's machine: tell it again."""

    def welcome(self, sessions: Sequence[SessionSeen]) -> None:
        """A client has come with these sessions of applications."""


class Asking(Protocol):
    """Asks questions in threads (`lookups`)."""

    def ask[T](self, question: Callable[[], T]) -> "asyncio.Future[T]":
        """What the question returns or raises."""


def awaited_answer(on_late: Done = ignore) -> tuple["asyncio.Future[frozenset[Lease] | None]", Done]:
    """What is to be waited for on this loop, and what a thread calls with it; `on_late` if nobody waits any more."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[frozenset[Lease] | None] = loop.create_future()

    def settle(lost: frozenset[Lease]) -> None:
        if answer.done():
            on_late(lost)
        else:
            answer.set_result(lost)

    def done(lost: frozenset[Lease]) -> None:
        with suppress(RuntimeError):  # the loop is closed: the proxy has ended
            loop.call_soon_threadsafe(settle, lost)

    return answer, done
