"""Ctrl-C and SIGTERM during a long command that has something to finish: the first waits until that can be, a second does not."""

import signal
from collections.abc import Callable
from types import FrameType


class Interrupting:
    """Takes both signals while it is entered."""

    def __init__(self, must_not_wait: Callable[[], bool]) -> None:
        """`must_not_wait` is asked when a signal comes: whether what goes on may never end by itself."""
        self.by: int | None = None
        """The signal that came."""
        self.may_break = False
        """True while nothing is lost by KeyboardInterrupt."""
        self._must_not_wait = must_not_wait

    def __enter__(self) -> "Interrupting":
        self._before = {each: signal.signal(each, self._take) for each in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, _: FrameType | None) -> None:
        is_second, self.by = self.by is not None, number
        if self.may_break or is_second or self._must_not_wait():
            raise KeyboardInterrupt

    @property
    def exit_code(self) -> int | None:
        """As a shell says it; None if no signal came."""
        return None if self.by is None else 128 + self.by
