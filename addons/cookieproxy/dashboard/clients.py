"""The clients with their jars: those in memory as they are now, and those that only the store knows as it has them.

Asks the store in a thread, and not for more than a page can show.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator

from ..exchange import Browser
from ..record.protocol import Reader, StoreError
from ..report.stored import stored_browser
from .inside import CannotDo, Inside

type Question[T] = Callable[[], T]

MOST_CLIENTS = 200
"""On one page: those seen last."""
MOST_STORED = 50
"""Of these, taken out of the store."""


async def current(inside: Inside) -> None:
    """Wait until the store has what was seen up to now."""
    inside.hand_over()
    await asyncio.to_thread(inside.flush)


async def all_clients(inside: Inside) -> list[Browser]:
    """Those in memory, and then those that only the store has; the last seen first."""
    there = list(inside.browsers)[-MOST_CLIENTS:][::-1]
    store = inside.store
    if store is None or len(there) >= MOST_CLIENTS:
        return there
    known = {browser.name for browser in inside.browsers}
    return there + await in_thread(lambda: list(_stored(store, known)))


async def client(inside: Inside, name: str) -> Browser:
    """The client of this name. Raises CannotDo if nobody has seen it."""
    for browser in inside.browsers:
        if browser.name == name:
            return browser
    store = inside.store
    if store is not None:
        found = await in_thread(lambda: next(_stored(store, frozenset(), name), None))
        if found is not None:
            return found
    raise CannotDo("There is no such client: it may have been forgotten meanwhile.", 404)


async def in_thread[T](question: Question[T]) -> T:
    """What the store answers. Raises CannotDo if it cannot."""
    try:
        return await asyncio.to_thread(question)
    except StoreError as error:
        raise CannotDo(str(error), 503) from error


def _stored(store: Reader, known: Iterable[str], name: str | None = None) -> Iterator[Browser]:
    rows = [row for row in store.questions.clients() if row.client not in known]
    if name is not None:
        rows = [row for row in rows if row.client == name]
    for row in rows[-MOST_STORED:][::-1]:
        yield stored_browser(store, row)
