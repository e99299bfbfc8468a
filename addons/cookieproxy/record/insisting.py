"""Asks a store again and again until it does what it is to do; knows since when it has not, and says once that it fails."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from .protocol import StoreError

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
SLOW_SECONDS = 5.0
"""A store that has not answered for so long is in trouble, whatever it will say."""
LAST_TRIES = 3
"""So often it is tried at the end, if what is not written is not lost."""


class Insistence:
    """Used by one thread; what it knows may be asked by any."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.trouble: str | None = None
        """Why the store failed last; None while all is well."""
        self.closing = Event()
        """Set at the end, which makes pauses short."""
        self.give_up_at = float("inf")
        """When nothing is tried again any more (of the monotonic clock)."""
        self.gives_up_soon = False
        """True if what is not written is not lost: then a few tries are enough at the end."""
        self._tell = tell
        self._since: float | None = None

    @property
    def asked_seconds(self) -> float:
        """For how long the store has not answered what it was asked; 0 if it has."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def is_slow(self) -> bool:
        """Whether that is trouble."""
        return self.asked_seconds > SLOW_SECONDS

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While this lasts, the store is asked for something."""
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._since = None

    def insist(self, write: Callable[[], object]) -> bool:
        """Try until it works; False if the end comes before."""
        pause, tries = FIRST_PAUSE_SECONDS, 0
        while True:
            try:
                with self.asking():
                    write()
            except StoreError as error:
                self._begin_trouble(error)
                tries += self.closing.is_set()
                if time.monotonic() >= self.give_up_at or (self.gives_up_soon and tries >= LAST_TRIES):
                    return False
                pause = self._pause(pause)
            else:
                self._end_trouble()
                return True

    def _pause(self, seconds: float) -> float:
        """Wait before the next try, unless the end comes; how long to wait after that one."""
        if self.closing.is_set():
            time.sleep(FIRST_PAUSE_SECONDS)
            return FIRST_PAUSE_SECONDS
        self.closing.wait(seconds)
        return min(2 * seconds, LONGEST_PAUSE_SECONDS)

    def _begin_trouble(self, error: StoreError) -> None:
        if self.trouble is None:
            self.trouble = str(error)
            self._tell(
                f"cannot record: {error} It is tried again until it works, and nothing is lost while there is room."
            )

    def _end_trouble(self) -> None:
        if self.trouble is not None:
            self.trouble = None
            self._tell("recording works again")
