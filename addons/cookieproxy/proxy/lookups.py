"""Questions to a store on another machine, asked in threads of their own, so that the event loop never waits for an answer.

The threads are daemons: a database that does not answer must not keep the proxy from ending.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

MOST_THREADS = 8
"""Questions that wait for their answers at once; others wait for those."""

type Asked = tuple[Callable[[], Any], asyncio.Future[Any], asyncio.AbstractEventLoop]


class Lookups:
    """The threads of one store."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[Asked | None] = SimpleQueue()
        self._threads = 0
        self._going_on = 0

    def ask[T](self, question: Callable[[], T]) -> asyncio.Future[T]:
        """What the question returns or raises, on the loop that runs now."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._going_on += 1
        answer.add_done_callback(self._is_done)
        if self._going_on > self._threads < MOST_THREADS:
            self._threads += 1
            Thread(target=self._run, name="cookies-lookup", daemon=True).start()
        self._asked.put((question, answer, loop))
        return answer

    def close(self) -> None:
        """End the threads when they are done with what was asked."""
        for _ in range(self._threads):
            self._asked.put(None)
        self._threads = 0

    def _is_done(self, answer: asyncio.Future[Any]) -> None:
        self._going_on -= 1
        if not answer.cancelled():
            answer.exception()  # whoever asked may not wait for it any more

    def _run(self) -> None:
        while (asked := self._asked.get()) is not None:
            question, answer, loop = asked
            try:
                settle = _given(answer, question())
            except Exception as error:  # noqa: BLE001  whoever asked is told of it
                settle = _failed(answer, error)
            with suppress(RuntimeError):  # the loop is closed: the proxy has ended
                loop.call_soon_threadsafe(settle)


def _given[T](answer: asyncio.Future[T], result: T) -> Callable[[], None]:
    return lambda: None if answer.done() else answer.set_result(result)


def _failed[T](answer: asyncio.Future[T], error: Exception) -> Callable[[], None]:
    return lambda: None if answer.done() else answer.set_exception(error)
